//! Debt that is not paid back in credits: what closes do with it, what they forgive, what is invoiced before them
//! (docs/semantics.md §6.20, §18.5, §18.6).
//!
//! Leaves invoices to `billing`, and the debt itself to the books. Invariant: with `invoice_at`, less than that is owed after
//! every event, but for what the coming close forgives.

use crate::deliberate::Deliberate;
use crate::outcome::EntryKind;
use crate::policy::DebtAtCycle;
use crate::units::{Credits, MICROS_PER_CREDIT, Money, SimSpan, SimTime};

use super::super::books::{Note, Posting, overage};
use super::super::env::Env;
use super::State;

impl State {
    /// What a close does with debt: grace first, then carry, forgive, invoice; and the fee.
    pub(super) fn debt_rule(&mut self, env: &Env) {
        let overdraft = &env.terms(self.plan).overdraft;
        self.absorb_overrun();
        self.grant_grace(env);
        let debt = self.books.ledger().debt();
        if debt.is_zero() {
            return;
        }
        let mut owed = if Deliberate::FeeForgotten.is_made() { Money::ZERO } else { overdraft.fee };
        if owed != Money::ZERO {
            self.note(EntryKind::Fee, Note::money(owed));
        }
        match overdraft.at_cycle {
            DebtAtCycle::Carry => {}
            DebtAtCycle::Forgive => self.books.forgive(self.timers.now(), debt).as_part(),
            DebtAtCycle::Invoice => {
                let price = overdraft.price_per_credit;
                self.money.count_priced(price.is_some());
                let (overage, posting) = self.books.invoice(self.timers.now(), price);
                posting.as_part();
                owed += overage;
            }
        }
        if owed != Money::ZERO {
            self.invoice(env, owed);
        }
    }

    /// A close forgives debt that lies beyond a limit whose overrun is absorbed.
    fn absorb_overrun(&mut self) {
        let part = self.books.beyond_limits();
        self.books.absorbed_beyond();
        if part.is_positive() {
            self.books.forgive(self.timers.now(), part).as_part();
        }
    }

    /// A close forgives debt as far as its grace goes.
    fn grant_grace(&mut self, env: &Env) {
        let now = self.timers.now();
        let part = self.grace_at(env, now).min(self.books.ledger().debt());
        if part.is_positive() {
            self.money.use_grace(now);
            self.books.forgive(now, part).as_part();
        }
    }

    /// The most that a close at an instant forgives.
    fn grace_at(&self, env: &Env, close: SimTime) -> Credits {
        let Some(grace) = env.terms(self.plan).overdraft.grace.filter(|_| close < SimTime::MAX) else {
            return Credits::ZERO;
        };
        let left = self.money.graces_used(self.grace_period(env, close)) < grace.times
            || Deliberate::GraceWithoutEnd.is_made();
        if left { grace.of(self.books.allowance_amount()) } else { Credits::ZERO }
    }

    /// Start of the calendar period that a close belongs to: the one that it ends in.
    fn grace_period(&self, env: &Env, close: SimTime) -> SimTime {
        let Some(grace) = env.terms(self.plan).overdraft.grace else { return SimTime::MIN };
        env.world.zone.start_of(close - SimSpan::from_micros(1), grace.per)
    }

    /// The same event, with what is invoiced because of it before the close.
    #[inline]
    pub(super) fn invoiced_ahead(&mut self, env: &Env, posting: Posting) -> Posting {
        self.invoice_ahead(env);
        Posting { after: self.views(), ..posting }
    }

    /// Invoices overage in whole multiples of what the terms say, if so much is owed.
    #[inline]
    pub(super) fn invoice_ahead(&mut self, env: &Env) {
        if env.terms(self.plan).overdraft.invoice_at.is_some() {
            self.invoice_multiples(env);
        }
    }

    fn invoice_multiples(&mut self, env: &Env) {
        let overdraft = &env.terms(self.plan).overdraft;
        let (Some(unit), Some(price)) = (overdraft.invoice_at, overdraft.price_per_credit) else { return };
        let debt = self.debt_to_invoice(env);
        let times = overage(price, debt).nanos() / unit.nanos();
        if times == 0 || Deliberate::OverageWaitsForClose.is_made() {
            return;
        }
        let money = unit.scale_floor(times, 1);
        let part = worth(money, price).min(debt);
        self.books.invoice_ahead(self.timers.now(), (part, price), money).as_part();
        self.invoice(env, money);
    }

    /// Debt less what the coming close forgives.
    fn debt_to_invoice(&self, env: &Env) -> Credits {
        let debt = self.books.ledger().debt();
        if debt.is_zero() {
            return debt;
        }
        let close = self.cycle.closes_at();
        // A life without another close forgives nothing.
        let beyond = if close < SimTime::MAX { self.books.beyond_limits() } else { Credits::ZERO };
        (debt - beyond - self.grace_at(env, close)).positive_part()
    }

    /// Other terms, or the opening, may find more owed than may be.
    pub(super) fn invoice_what_is_owed(&mut self, env: &Env) {
        let before = self.views();
        self.invoice_ahead(env);
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
    }

    /// Debt that the next close would invoice, had the horizon not ended.
    pub(super) fn count_uninvoiced(&mut self, env: &Env) {
        let overdraft = &env.terms(self.plan).overdraft;
        let debt = self.debt_to_invoice(env);
        if overdraft.at_cycle != DebtAtCycle::Invoice || debt.is_zero() {
            return;
        }
        self.books.count_uninvoiced(debt);
        self.money.count_uninvoiced(overdraft.price_per_credit.map(|price| overage(price, debt)));
    }
}

/// The fewest credits that are worth so much at a price each.
fn worth(money: Money, price: Money) -> Credits {
    let micros = i128::from(money.nanos()) * i128::from(MICROS_PER_CREDIT);
    let price = i128::from(price.nanos());
    Credits::from_micros(i64::try_from((micros + price - 1) / price).unwrap_or(i64::MAX))
}
