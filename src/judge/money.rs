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
        let index = self.till.invoices.len();
        self.till.invoices.push(JudgedInvoice { amount });
        if invoices.declined.holds(self.case.key.uniform(Purpose::Invoice, number, 0)) {
            if let Some(after) = invoices.write_off_after {
                self.to_come.add(
                    self.now + after,
                    (index as u32, 0, 0),
                    Coming::InvoiceWrittenOff { invoice: index },
                );
            }
            return;
        }
        let mut delay = SimSpan::ZERO;
        if !invoices.auto_pay {
            let mut stream = self.case.key.keyed(Purpose::Invoice, number, 1);
            delay = SimSpan::from_seconds_f64(invoices.delay.sample(&mut stream));
        }
        if delay.is_zero() {
            self.invoice_paid(index);
        } else {
            self.to_come.add(self.now + delay, (index as u32, 0, 0), Coming::InvoicePaid { invoice: index });
        }
    }

    pub fn invoice_paid(&mut self, invoice: usize) {
        let amount = self.till.invoices[invoice].amount;
        self.say(Fact::new(self.now, EntryKind::InvoicePaid).paid(amount));
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
