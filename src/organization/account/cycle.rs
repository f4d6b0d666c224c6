//! Billing cycles: closes, rollover, the debt rule, new allowances.

use crate::calendar::MonthEnd;
use crate::ledger::{LotKind, LotSerial, RollRule, Take};
use crate::outcome::{CycleRow, EntryKind, Reason};
use crate::policy::{DebtAtCycle, Opening, Rollover};
use crate::units::{Category, Credits, Money, SimTime};

use super::env::Env;
use super::events::{Class, TimerKind};
use super::grants::{NewLot, rounded_end};
use super::note::Note;
use super::refund::Cleared;
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
        let before = self.views(env.terms(self.plan));
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
            self.end_subscription(env);
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
        self.changed(env, before, None);
    }

    /// Rolled lots end, allowances roll over or expire, debt meets its rule, the cycle's row is written.
    /// A close forced by a change of plan is not one of a rollover's periods.
    pub(super) fn end_cycle(&mut self, env: &Env, forced: bool) {
        self.note(env, EntryKind::Close, Note::default());
        self.ledger.clear_takes();
        self.ledger.end_rolled_lots(forced);
        self.count_lapsed(env);
        self.roll_over(env, forced);
        if !forced {
            self.roll_own_lots(env);
        }
        self.ledger.end_spent_allowances();
        self.debt_rule(env);
        self.usable_since_close = self.ledger.remaining();
        self.watch_stale = true;
        let carried = self.ledger.remaining_by_category()[Category::Included.index()];
        self.write_cycle(env, self.now, carried);
    }

    /// Keeps the cycle's row if somebody asked for it, and begins the next one.
    pub(super) fn write_cycle(&mut self, env: &Env, to: SimTime, carried: Credits) {
        let row =
            CycleRow { cycle: self.cycle.number, to, carried, debt: self.ledger.debt(), ..self.cycle.row };
        self.cycle.row = CycleRow { from: to, ..CycleRow::default() };
        if env.world.detail.cycles
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
        let (moved, issued) = self.ledger.roll_allowance(rule, || grants.new_id());
        self.count_rolled(env, &moved, &issued);
    }

    fn roll_own_lots(&mut self, env: &Env) {
        let own: Vec<(LotSerial, u32)> = self
            .ledger
            .lots()
            .iter()
            .filter_map(|lot| match lot.kind {
                LotKind::Own { rule } => Some((lot.serial, rule)),
                _ => None,
            })
            .collect();
        for (serial, rule) in own {
            let Some(rollover) = self.grants.spec(rule).rollover.clone() else { continue };
            let grants = &mut self.grants;
            let (moved, issued) = self.ledger.roll_own(serial, &rollover, self.now, || grants.new_id());
            self.count_rolled(env, &moved, issued.as_slice());
        }
    }

    /// Minimums come first, since `max_total` may trim them at once.
    fn count_rolled(&mut self, env: &Env, moved: &[Take], issued: &[Take]) {
        for take in issued {
            self.count_issue(env, EntryKind::IssueRolloverMinimum, Note::of(take));
        }
        self.count_lapsed(env);
        for take in moved {
            self.tally.credits.rolled_over += take.amount;
            self.note(env, EntryKind::Rollover, Note::of(take));
        }
    }

    /// What a close does with debt: carry, forgive, invoice; and the fee.
    fn debt_rule(&mut self, env: &Env) {
        let overdraft = &env.terms(self.plan).overdraft;
        let debt = self.ledger.debt();
        if debt.is_zero() {
            return;
        }
        let mut owed = overdraft.fee;
        if overdraft.fee != Money::ZERO {
            self.note(env, EntryKind::Fee, Note::money(overdraft.fee));
        }
        match overdraft.at_cycle {
            DebtAtCycle::Carry => {}
            DebtAtCycle::Forgive => {
                self.remove_debt();
                self.refunds.clear(Cleared::Forgiven);
                self.tally.debt.forgiven += debt;
                self.note(env, EntryKind::DebtForgiven, Note::credits(debt));
            }
            DebtAtCycle::Invoice => {
                self.remove_debt();
                self.tally.debt.invoiced += debt;
                let priced = overdraft.price_per_credit.is_some();
                let reason = if priced { Reason::None } else { Reason::Unpriced };
                let price = overdraft.price_per_credit.unwrap_or_else(|| {
                    self.tally.money.complete = false;
                    Money::ZERO
                });
                self.refunds.clear(Cleared::Invoiced(price));
                let overage = overage(price, debt);
                owed += overage;
                self.note(
                    env,
                    EntryKind::DebtInvoiced,
                    Note { credits: debt, money: overage, reason, ..Note::default() },
                );
            }
        }
        if owed != Money::ZERO {
            self.invoice(env, owed);
        }
    }

    fn remove_debt(&mut self) {
        self.debt_changes();
        self.ledger.clear_debt();
        self.debt_changed();
    }

    /// Issues the allowance of the cycle that begins now, `share` of it (numerator, denominator).
    pub(super) fn issue_allowance(&mut self, env: &Env, share: (i64, i64)) {
        (self.cycle.allowance, self.cycle.amount, self.cycle.used_before) =
            (None, Credits::ZERO, Credits::ZERO);
        if self.has_left(env) {
            self.end_subscription(env);
            return;
        }
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let credits = allowance.credits.scale_half_up(share.0, share.1);
        self.cycle.amount = credits;
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
        self.cycle.allowance = Some(self.issue_quietly(env, EntryKind::IssueAllowance, lot));
    }

    /// True once the organization has churned or its life has ended.
    pub(super) fn has_left(&self, env: &Env) -> bool {
        self.churned || self.now >= env.traits.leaves
    }
}

/// Price of invoiced debt, rounded half-up to a nano-unit.
pub(super) fn overage(price_per_credit: Money, debt: Credits) -> Money {
    price_per_credit.scale_half_up(debt.micros(), crate::units::MICROS_PER_CREDIT)
}
