//! Debt before and at closes: what is invoiced as soon as it is owed, and what closes forgive (docs/semantics.md §18.5, §18.6).
//!
//! Leaves what a close does with the rest to `repay`, and what becomes of invoices to `money` and `dunning`.

use crate::policy::DebtAtCycle;
use crate::units::{Credits, MICROS_PER_CREDIT, Money, SimSpan, SimTime};

use super::account::Judged;
use super::facts::{EntryKind, Fact};
use super::repay::{DebtPart, price_of};

impl Judged<'_> {
    /// The most that a close at an instant forgives, if it still may in the calendar period in which its own period ends.
    fn grace_at(&self, close: SimTime) -> Option<Credits> {
        let grace = self.overdraft().grace?;
        let last_instant = |close: SimTime| close - SimSpan::from_micros(1);
        let period = |close: SimTime| self.case.zone.start_of(last_instant(close), grace.per);
        let so_often = self.cycle.graces.iter().filter(|&&at| period(at) == period(close)).count();
        (so_often < grace.times as usize).then(|| grace.of(self.cycle.amount()))
    }

    /// Debt beyond limits whose overrun the next close forgives, as far as it is still owed (docs/semantics.md §15.21).
    fn beyond_limits(&self) -> Credits {
        self.debts.iter().map(|debt| debt.beyond).sum::<Credits>().min(self.debt())
    }

    /// A close forgives it, the oldest debt first.
    pub fn overrun_is_forgiven(&mut self) {
        let beyond = self.beyond_limits();
        self.debts.iter_mut().for_each(|debt| debt.beyond = Credits::ZERO);
        if beyond.is_positive() {
            self.end_debts(beyond, |credits| DebtPart::Forgiven { credits });
            self.tell(Fact::new(self.now, EntryKind::DebtForgiven).of(beyond));
            self.stamp();
        }
    }

    /// What is owed but for what the coming close will forgive (docs/semantics.md §18.6).
    pub fn owed_for_good(&self) -> Credits {
        let forgiven = self.cycle.next.and_then(|close| self.grace_at(close));
        let beyond = if self.cycle.next.is_some() { self.beyond_limits() } else { Credits::ZERO };
        (self.debt() - beyond - forgiven.unwrap_or(Credits::ZERO)).positive_part()
    }

    /// A close with debt forgives some of it, the oldest first.
    pub fn grace_forgives(&mut self) {
        if !self.debt().is_positive() {
            return;
        }
        let forgiven = self.grace_at(self.now).unwrap_or(Credits::ZERO).min(self.debt());
        if !forgiven.is_positive() {
            return;
        }
        self.cycle.graces.push(self.now);
        self.end_debts(forgiven, |credits| DebtPart::Forgiven { credits });
        self.tell(Fact::new(self.now, EntryKind::DebtForgiven).of(forgiven));
        self.stamp();
    }

    /// So much of the debts ends in some way, the oldest first.
    fn end_debts(&mut self, credits: Credits, how: impl Fn(Credits) -> DebtPart) {
        let mut left = credits;
        for debt in &mut self.debts {
            let part = debt.owed.min(left);
            if part.is_positive() {
                debt.owed -= part;
                debt.parts.push(how(part));
                left -= part;
            }
        }
    }

    /// Overage is invoiced as soon as so much is owed, in whole multiples (docs/semantics.md §18.5).
    pub fn invoice_what_is_due(&mut self) {
        let overdraft = self.overdraft();
        let (Some(step), Some(price)) = (overdraft.invoice_at, overdraft.price_per_credit) else { return };
        if overdraft.at_cycle != DebtAtCycle::Invoice || !self.opened {
            return;
        }
        let wide = |number: i64| i128::from(number);
        let owed = self.owed_for_good();
        let multiples = wide(price_of(owed, price).nanos()) / wide(step.nanos());
        if multiples == 0 {
            return;
        }
        let parts = multiples * wide(step.nanos()) * wide(MICROS_PER_CREDIT);
        let credits = (parts + wide(price.nanos()) - 1) / wide(price.nanos());
        self.stamp();
        let narrow = |number: i128| i64::try_from(number).unwrap_or(i64::MAX);
        let credits = Credits::from_micros(narrow(credits)).min(owed);
        let amount = Money::from_nanos(narrow(multiples * wide(step.nanos())));
        self.end_debts(credits, |credits| DebtPart::Invoiced { credits, price: Some(price) });
        self.tell(Fact::new(self.now, EntryKind::DebtInvoiced).of(credits).paid(amount));
        self.stamp();
        self.invoice(amount);
    }
}
