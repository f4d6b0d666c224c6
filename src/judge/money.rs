//! Money as far as facts tell of it: bills, invoices, credit notes (docs/semantics.md §11).

use crate::calendar::MonthEnd;
use crate::sampling::Purpose;
use crate::units::{Money, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
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
    /// The running billing period.
    pub billed: Option<(SimTime, SimTime)>,
    /// Of its price: what has not been given to an allowance, in how many parts, and each.
    pub unspread: Money,
    pub parts: u32,
    pub each: Money,
}

impl Judged<'_> {
    /// The billing period around an instant (docs/semantics.md §11.3).
    pub fn billing_period(&self, t: SimTime) -> Option<(SimTime, SimTime)> {
        let terms = self.terms();
        let every = terms.subscription.as_ref()?.every;
        let anchor = self.anchor_of(terms);
        let nth = self.case.zone.first_after(anchor, every, t, MonthEnd::Clamp);
        let at = |n| self.case.zone.nth(anchor, every, n, MonthEnd::Clamp);
        Some((at(nth - 1), at(nth)))
    }

    /// The first bill of the account or of a plan.
    pub fn begin_billing(&mut self) {
        self.to_come.call_off(|what| what == Coming::Bill);
        self.till.billed = None;
        if self.terms().subscription.is_some() {
            self.bill();
        }
    }

    pub fn bill_comes(&mut self) {
        if self.has_left() || self.plans.at_close.is_some() && self.cycle.next == Some(self.now) {
            return;
        }
        self.bill();
    }

    /// A period's price is paid in advance (docs/semantics.md §11.3, §11.4).
    fn bill(&mut self) {
        let Some(period) = self.billing_period(self.now) else { return };
        let Some(subscription) = self.terms().subscription.clone() else { return };
        self.till.billed = Some(period);
        self.to_come.add(period.1, (0, 0, 0), Coming::Bill);
        let price = subscription.price;
        self.say(Fact::new(self.now, EntryKind::Subscription).paid(price));
        let used = self.till.credit.min(price);
        if used != Money::ZERO {
            self.till.credit -= used;
            self.say(Fact::new(self.now, EntryKind::CreditOnBill).paid(used));
        }
        let mut parts = 0;
        let mut close = Some(self.now);
        while let Some(at) = close.filter(|&at| at < period.1) {
            parts += 1;
            close = self.close_after(at);
        }
        self.till.unspread = price;
        self.till.parts = parts;
        self.till.each = if parts == 0 { Money::ZERO } else { price.scale_floor(1, i64::from(parts)) };
    }

    /// The part of the price that an allowance carries (docs/semantics.md §11.4).
    pub fn price_of_allowance(&mut self) -> Money {
        if self.till.parts == 0 {
            return Money::ZERO;
        }
        self.till.parts -= 1;
        let part = if self.till.parts == 0 { self.till.unspread } else { self.till.each };
        self.till.unspread -= part;
        part
    }

    /// The organization has left at a close (docs/semantics.md §1.5, §11.5).
    pub fn end_subscription(&mut self) {
        self.to_come.call_off(|what| what == Coming::Bill);
    }

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
