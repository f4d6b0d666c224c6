//! Invoices: what is owed of them, and which of them suspend the account.
//!
//! Leaves when each is paid to the conductor, and cash to `money`. Invariant: an invoice ends once.

use crate::units::Money;

/// Overage and fees owed.
#[derive(Debug, Clone, Copy)]
struct Invoice {
    amount: Money,
    /// False: it will be written off instead.
    pays: bool,
    /// Neither paid nor written off.
    open: bool,
    /// The account is suspended as long as it is unpaid.
    suspends: bool,
}

/// Every invoice of the account.
#[derive(Debug, Clone, Default)]
pub(super) struct InvoiceBook {
    sent: Vec<Invoice>,
    /// How many of them suspend the account.
    overdue: u32,
    receivable: Money,
}

impl InvoiceBook {
    /// How many there are.
    pub(super) fn len(&self) -> usize {
        self.sent.len()
    }

    /// Neither paid nor written off.
    pub(super) fn receivable(&self) -> Money {
        self.receivable
    }

    /// Of it: what will be paid.
    pub(super) fn payable(&self) -> Money {
        self.sent.iter().filter(|invoice| invoice.open && invoice.pays).map(|invoice| invoice.amount).sum()
    }

    /// An invoice is sent, which will be paid or written off.
    pub(super) fn send(&mut self, amount: Money, pays: bool) {
        self.receivable += amount;
        self.sent.push(Invoice { amount, pays, open: true, suspends: false });
    }

    /// An invoice is paid (true) or written off.
    pub(super) fn end(&mut self, index: u32) -> (Money, bool) {
        let invoice = &mut self.sent[index as usize];
        debug_assert!(invoice.open, "an invoice ends once");
        invoice.open = false;
        self.receivable -= invoice.amount;
        (invoice.amount, invoice.pays)
    }

    /// An invoice is overdue; true if it is the first.
    pub(super) fn suspend(&mut self, index: u32) -> bool {
        self.sent[index as usize].suspends = true;
        self.overdue += 1;
        self.overdue == 1
    }

    /// An invoice is overdue no longer; true if it was the last.
    pub(super) fn lift(&mut self, index: u32) -> bool {
        let lifts = std::mem::take(&mut self.sent[index as usize].suspends);
        self.overdue -= u32::from(lifts);
        lifts && self.overdue == 0
    }

    /// Some invoice is overdue.
    #[inline]
    pub(super) fn is_overdue(&self) -> bool {
        self.overdue > 0
    }
}
