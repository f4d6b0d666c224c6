//! Invoices and credit notes (docs/semantics.md §11.6, §11.7).

use crate::sampling::Purpose;
use crate::units::{Money, SimSpan};

use super::account::Judged;
use super::agenda::Coming;
use super::billing::BilledPeriod;
use super::facts::{EntryKind, Fact};

/// An invoice of overage or a fee.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedInvoice {
    /// Counted from the first invoice of the account.
    pub number: u64,
    pub amount: Money,
}

/// What is billed, invoiced and owed back.
#[derive(Debug, Default)]
pub(super) struct Till {
    pub invoices: Vec<JudgedInvoice>,
    /// Credit notes not yet used.
    pub credit: Money,
    /// The running billing period of the subscription.
    pub billing: Option<BilledPeriod>,
    /// Invoices that suspend the account (docs/semantics.md §18.10).
    pub suspended_by: Vec<usize>,
    /// Credits were paid back as the organization left.
    pub has_paid_back: bool,
}

impl Judged<'_> {
    /// docs/semantics.md §11.6, §11.7.
    pub fn invoice(&mut self, amount: Money) {
        let invoices = self.terms().invoices.clone();
        let number = self.till.invoices.len() as u64;
        let used = self.till.credit.min(amount);
        if used != Money::ZERO {
            self.till.credit -= used;
            self.say(Fact::new(self.now, EntryKind::CreditOnInvoice).paid(used));
        }
        let amount = amount - used;
        if amount == Money::ZERO {
            return;
        }
        let invoice = self.till.invoices.len();
        self.till.invoices.push(JudgedInvoice { number, amount });
        let mut delay = SimSpan::ZERO;
        if !invoices.auto_pay {
            let mut stream = self.case.key.keyed(Purpose::Invoice, number, 1);
            delay = SimSpan::from_seconds_f64(invoices.delay.sample(&mut stream));
        }
        let (due, tie) = (self.now + delay, (invoice as u32, 0, 0));
        if invoices.declined.holds(self.case.key.uniform(Purpose::Invoice, number, 0)) {
            if let Some(after) = invoices.write_off_after {
                let last = (invoice as u32, 1, 0);
                self.to_come.add(self.now + after, last, Coming::InvoiceWrittenOff { invoice });
            }
            self.will_be_tried(invoice, due, &invoices);
            self.may_suspend(invoice, due, &invoices);
        } else if delay.is_zero() {
            self.invoice_paid(invoice);
        } else {
            self.to_come.add(due, tie, Coming::InvoicePaid { invoice });
        }
    }

    pub fn invoice_paid(&mut self, invoice: usize) {
        let amount = self.till.invoices[invoice].amount;
        self.say(Fact::new(self.now, EntryKind::InvoicePaid).paid(amount));
        self.no_more_unpaid(invoice);
    }

    pub fn invoice_written_off(&mut self, invoice: usize) {
        let amount = self.till.invoices[invoice].amount;
        self.say(Fact::new(self.now, EntryKind::WrittenOff).paid(amount));
    }

    /// What the customer is owed lowers what is billed or invoiced next.
    pub fn credit_note(&mut self, amount: Money) {
        if amount != Money::ZERO {
            self.till.credit += amount;
            self.tell(Fact::new(self.now, EntryKind::CreditNote).paid(amount));
        }
    }
}
