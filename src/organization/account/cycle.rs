//! Billing cycles: closes, rollover, the debt rule, new allowances.

use crate::calendar::MonthEnd;
use crate::ledger::{LotKind, RollRule};
use crate::outcome::{CycleRow, EntryKind};
use crate::policy::{DebtAtCycle, Opening, Rollover};
use crate::units::{Credits, Money, SimTime};

use super::books::Note;
use super::env::Env;
use super::events::{Class, TimerKind};
use super::grants::{NewLot, rounded_end};
use super::state::State;
use super::views::Views;

impl State {
    /// The `k`-th close from now on (1 is the next).
    pub(super) fn close_ahead(&self, env: &Env, k: u32) -> SimTime {
        let every = self.cycle.every;
        let zone = &env.world.zone;
        let Some(closes) = &env.customers().cycle_closes else {
            return zone.nth(self.cycle.anchor, every, self.cycle.index + i64::from(k), MonthEnd::Clamp);
        };
        let written = &closes[self.cycle.explicit.min(closes.len())..];
        let beyond = match written.get(k as usize - 1) {
            Some(close) => return *close,
            None => i64::from(k) - written.len() as i64 - 1,
        };
        if !env.terms(self.plan).cycle.written {
            return SimTime::MAX;
        }
        // Behind the last written one the plan's own boundaries count again.
        let last = written.last().copied().unwrap_or(self.cycle.row.from);
        let first = zone.first_after(self.cycle.anchor, every, last, MonthEnd::Clamp);
        zone.nth(self.cycle.anchor, every, first + beyond, MonthEnd::Clamp)
    }

    /// Start of the running period, which may lie before the account's life.
    pub(super) fn cycle_begins(&self, env: &Env) -> SimTime {
        if env.customers().cycle_closes.is_some() {
            return self.cycle.row.from;
        }
        env.world.zone.nth(self.cycle.anchor, self.cycle.every, self.cycle.index, MonthEnd::Clamp)
    }

    /// Share of the running period that is still to come.
    pub(super) fn share_left(&self, env: &Env) -> (i64, i64) {
        if self.cycle.closes_at == SimTime::MAX {
            return (1, 1);
        }
        let (begins, closes) = (self.cycle_begins(env), self.cycle.closes_at);
        ((closes - self.now).micros(), (closes - begins).micros().max(1))
    }

    /// Share of the allowance that a first period gets.
    pub(super) fn opening_share(&self, env: &Env) -> (i64, i64) {
        match env.terms(self.plan).cycle.opening {
            Opening::Full => (1, 1),
            Opening::Prorated => self.share_left(env),
        }
    }

    pub(super) fn schedule_close(&mut self, env: &Env) {
        self.cycle.closes_at = self.close_ahead(env, 1);
        let at = self.cycle.closes_at;
        // Bills, invoices and changes of plan of the same instant come before the close.
        self.at(env, at, Class::Close, 0xfff, TimerKind::Close);
    }

    /// The running cycle closes and the next one opens.
    pub(super) fn close_cycle(&mut self, env: &Env) {
        // A close scheduled by a plan that has been left since.
        if self.now != self.cycle.closes_at {
            return;
        }
        let before = self.views();
        self.end_cycle(env, false);
        self.cycle.number += 1;
        let other_rules = self.rules_due();
        if other_rules {
            self.take_up_rules(env);
        }
        let decided = self.cycle.next_plan.take().filter(|_| !self.has_left(env));
        if let Some(decided) = decided {
            self.begin_under(env, decided);
        } else if self.cycle.lags && !self.has_left(env) {
            self.catch_up(env);
        } else {
            self.cycle.index += 1;
            self.cycle.explicit += 1;
            self.schedule_close(env);
            self.issue_allowance(env, (1, 1));
        }
        self.cycle_begun(env, before);
        if decided.is_some() || other_rules {
            self.terms_changed(env);
        }
    }

    /// The plan has changed inside the cycle that has closed: what is billed and when cycles close are the new plan's.
    fn catch_up(&mut self, env: &Env) {
        self.cycle.sign_up = self.sign_up_after(env, env.terms(self.plan), self.now);
        let rebills = self.cycle.rebills;
        if rebills {
            self.end_subscription();
        }
        self.begin_cycle(env, self.now);
        if rebills {
            self.start_subscription(env, self.now, false);
        }
        self.issue_allowance(env, self.opening_share(env));
    }

    /// The close and the grants it brings are one event: nobody is warned, charged or killed for the gap between the
    /// old allowance and the new.
    pub(super) fn cycle_begun(&mut self, env: &Env, before: Views) {
        self.repay_last(env);
        self.check_laws(env);
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
    }

    /// Rolled lots end, allowances roll over or expire, debt meets its rule, the cycle's row is written.
    /// A close forced by a change of plan is not one of a rollover's periods.
    pub(super) fn end_cycle(&mut self, env: &Env, forced: bool) {
        self.note(EntryKind::Close, Note::default());
        self.books.end_rolled(self.now, forced).as_part();
        self.roll_over(env, forced);
        if !forced {
            self.roll_own_lots();
        }
        self.books.end_spent_allowances();
        self.debt_rule(env);
        let carried = self.books.closed();
        self.watch_stale = true;
        self.write_cycle(env, self.now, carried);
    }

    /// Keeps the cycle's row if somebody asked for it, and begins the next one.
    pub(super) fn write_cycle(&mut self, env: &Env, to: SimTime, carried: Credits) {
        let CycleRow { from, demanded, refused, money, .. } = self.cycle.row;
        let cycle = self.cycle.number;
        let row = CycleRow { cycle, from, to, carried, demanded, refused, money, ..self.books.take_row() };
        self.cycle.row = CycleRow { from: to, ..CycleRow::default() };
        if env.detail.cycles
            && self.measuring
            && let Some(detail) = &mut self.tally.detail
        {
            detail.cycles.push(row);
        }
    }

    fn roll_over(&mut self, env: &Env, forced: bool) {
        let terms = env.terms(self.plan);
        let nothing = Rollover::nothing();
        let rollover = terms.allowance.as_ref().map_or(&nothing, |allowance| &allowance.rollover);
        // At a regular close the next close ahead is this one.
        let this = u32::from(!forced);
        let end = rollover.max_periods.map_or(SimTime::MAX, |periods| self.close_ahead(env, periods + this));
        let rule = RollRule { rollover, at: self.now, ends_key: rounded_end(env, terms, end), forced };
        let grants = &mut self.grants;
        let posting = self.books.roll_allowance(self.now, rule, || grants.new_id());
        self.count_issue(posting);
    }

    fn roll_own_lots(&mut self) {
        for (serial, rule) in self.books.own_lots() {
            let Some(rollover) = self.grants.spec(rule).rollover.clone() else { continue };
            let grants = &mut self.grants;
            let posting = self.books.roll_own(self.now, serial, &rollover, || grants.new_id());
            self.count_issue(posting);
        }
    }

    /// What a close does with debt: carry, forgive, invoice; and the fee.
    fn debt_rule(&mut self, env: &Env) {
        let overdraft = &env.terms(self.plan).overdraft;
        if self.books.ledger().debt().is_zero() {
            return;
        }
        let mut owed = overdraft.fee;
        if overdraft.fee != Money::ZERO {
            self.note(EntryKind::Fee, Note::money(overdraft.fee));
        }
        match overdraft.at_cycle {
            DebtAtCycle::Carry => {}
            DebtAtCycle::Forgive => self.books.forgive(self.now).as_part(),
            DebtAtCycle::Invoice => {
                let price = overdraft.price_per_credit;
                self.tally.money.complete &= price.is_some();
                let (overage, posting) = self.books.invoice(self.now, price);
                posting.as_part();
                owed += overage;
            }
        }
        if owed != Money::ZERO {
            self.invoice(env, owed);
        }
    }

    /// Issues the allowance of the cycle that begins now, `share` of it (numerator, denominator).
    pub(super) fn issue_allowance(&mut self, env: &Env, share: (i64, i64)) {
        self.books.begin_allowance(Credits::ZERO);
        if self.has_left(env) {
            self.end_subscription();
            return;
        }
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let credits = allowance.credits.scale_half_up(share.0, share.1);
        self.books.begin_allowance(credits);
        let price = self.allowance_price(env);
        self.issue_allowance_lot(env, credits, price);
    }

    /// The lot of the running allowance, if the plan has one; an allowance that begins within a period costs nothing more.
    pub(super) fn issue_allowance_lot(&mut self, env: &Env, credits: Credits, price: Money) {
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let lot = NewLot {
            id: None,
            category: allowance.category,
            kind: LotKind::Allowance,
            credits,
            remaining: credits,
            priority: allowance.priority,
            created_at: self.now,
            effective_at: self.now,
            expires_at: SimTime::MAX,
            price,
        };
        let serial = self.issue_quietly(env, EntryKind::IssueAllowance, lot);
        self.books.set_allowance_lot(serial);
    }

    /// True once the organization has churned or its life has ended.
    pub(super) fn has_left(&self, env: &Env) -> bool {
        self.churned || self.now >= env.traits.leaves
    }
}
