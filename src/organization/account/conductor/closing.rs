//! Billing cycles: closes, rollover, new allowances.

use crate::deliberate::Deliberate;
use crate::ledger::{LotKind, RollRule, ScopeId};
use crate::outcome::{CycleRow, EntryKind};
use crate::policy::{Opening, Rollover};
use crate::units::{Credits, Money, SimTime};

use super::super::books::Note;
use super::super::cycle::Closes;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::views::Views;
use super::State;
use super::grants::NewLot;

impl State {
    /// What says when cycles close, besides the cycle itself.
    fn closes<'a>(&self, env: &'a Env) -> Closes<'a> {
        let written = env.customers().cycle_closes.as_deref();
        Closes { zone: &env.world.zone, written, goes_on: env.terms(self.plan).cycle.written }
    }

    /// The `k`-th close from now on (1 is the next).
    pub(super) fn close_ahead(&self, env: &Env, k: u32) -> SimTime {
        self.cycle.close_ahead(self.closes(env), k)
    }

    /// Share of the running period that is still to come.
    pub(super) fn share_left(&self, env: &Env) -> (i64, i64) {
        self.cycle.share_left(self.closes(env), self.timers.now())
    }

    /// Starts counting cycles under the present plan at `at`.
    pub(super) fn begin_cycle(&mut self, env: &Env, at: SimTime) {
        let terms = env.terms(self.plan);
        let anchor = self.anchor_of(env, terms);
        self.cycle.begin(self.closes(env), anchor, terms.cycle.every, at);
        self.schedule_close(env);
        self.rekey_rolled(env);
    }

    /// Share of the allowance that a first period gets.
    pub(super) fn opening_share(&self, env: &Env) -> (i64, i64) {
        match env.terms(self.plan).cycle.opening {
            Opening::Prorated if !Deliberate::OpeningNotProrated.is_made() => self.share_left(env),
            Opening::Full | Opening::Prorated => (1, 1),
        }
    }

    pub(super) fn schedule_close(&mut self, env: &Env) {
        let at = self.close_ahead(env, 1);
        self.cycle.close_at(at);
        // Bills, invoices and changes of plan of the same instant come before the close.
        self.timers.schedule(at, (Class::Close, 0xfff, 0), TimerKind::Close);
    }

    /// The running cycle closes and the next one opens.
    pub(super) fn close_cycle(&mut self, env: &Env) {
        // A close scheduled by a plan that has been left since.
        if self.timers.now() != self.cycle.closes_at() {
            return;
        }
        let before = self.views();
        self.end_cycle(env, false);
        self.cycle.close();
        let other_rules = self.rules_due();
        if other_rules {
            self.take_up_rules(env);
        }
        let decided = self.cycle.decided().filter(|_| !self.has_left(env));
        self.cycle.decide(None);
        if let Some(decided) = decided {
            self.begin_under(env, decided);
        } else if self.cycle.lags() && !self.has_left(env) {
            self.catch_up(env);
        } else {
            self.cycle.go_on();
            self.schedule_close(env);
            self.issue_allowance(env, (1, 1));
        }
        if decided.is_some() || other_rules {
            self.repay_last();
            self.follow_new_terms(env, before);
        } else {
            self.cycle_begun(env, before);
        }
    }

    /// The plan has changed inside the cycle that has closed: what is billed and when cycles close are the new plan's.
    fn catch_up(&mut self, env: &Env) {
        self.sign_up_after(env, self.timers.now());
        let rebills = self.cycle.rebills();
        if rebills {
            self.end_subscription();
        }
        self.begin_cycle(env, self.timers.now());
        if rebills {
            self.start_subscription(env, self.timers.now(), false);
        }
        self.issue_allowance(env, self.opening_share(env));
    }

    /// The close and the grants it brings are one event: nobody is warned, charged or killed for the gap between the
    /// old allowance and the new.
    pub(super) fn cycle_begun(&mut self, env: &Env, before: Views) {
        self.repay_last();
        self.check_laws(env);
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
    }

    /// Rolled lots end, allowances roll over or expire, debt meets its rule, the cycle's row is written.
    /// A close forced by a change of plan is not one of a rollover's periods.
    pub(super) fn end_cycle(&mut self, env: &Env, forced: bool) {
        self.note(EntryKind::Close, Note::default());
        self.books.close_at(self.timers.now());
        let is_period = !forced || Deliberate::ForcedCloseIsAPeriod.is_made();
        self.books.end_rolled(self.timers.now(), !is_period).as_part();
        self.roll_over(env, forced);
        if !forced {
            self.roll_own_lots();
        }
        self.books.end_spent_allowances();
        self.debt_rule(env);
        let carried = self.books.closed();
        self.watch.thresholds_move();
        self.write_cycle(env, self.timers.now(), carried);
    }

    /// Keeps the cycle's row if somebody asked for it, and begins the next one.
    pub(super) fn write_cycle(&mut self, env: &Env, to: SimTime, carried: Credits) {
        let (demanded, refused) = self.counts.take_row();
        let ((cycle, from), money) = (self.cycle.end_row(to), self.money.take_row());
        let row = CycleRow { cycle, from, to, carried, demanded, refused, money, ..self.books.take_row() };
        if env.detail.cycles {
            self.counts.keep_cycle(row);
        }
    }

    fn roll_over(&mut self, env: &Env, forced: bool) {
        let terms = env.terms(self.plan);
        let nothing = Rollover::nothing();
        let rollover = terms.allowance.as_ref().map_or(&nothing, |allowance| &allowance.rollover);
        // At a regular close the next close ahead is this one.
        let this = u32::from(!forced);
        let end = rollover.max_periods.map_or(SimTime::MAX, |periods| self.close_ahead(env, periods + this));
        let rule = RollRule { rollover, at: self.timers.now(), closes_at: end, forced };
        let issuance = &mut self.issuance;
        let posting = self.books.roll_allowance(self.timers.now(), rule, || issuance.new_id());
        self.rekey_lots(env);
        self.count_issue(posting);
    }

    fn roll_own_lots(&mut self) {
        for (serial, rule) in self.books.own_lots() {
            let Some(rollover) = self.issuance.spec(rule).rollover.clone() else { continue };
            let issuance = &mut self.issuance;
            let posting = self.books.roll_own(self.timers.now(), serial, &rollover, || issuance.new_id());
            self.count_issue(posting);
        }
    }

    /// Issues the allowance of the cycle that begins now, `share` of it (numerator, denominator).
    pub(super) fn issue_allowance(&mut self, env: &Env, share: (i64, i64)) {
        self.books.begin_without_allowance();
        if self.has_left(env) {
            self.end_subscription();
            return;
        }
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let share = if Deliberate::AllowanceShort.is_made() { (share.0 * 9, share.1 * 10) } else { share };
        let (amounts, owners) = (
            env.allowance_of(self.plan, self.timers.now()),
            env.owners_of(&allowance.scope, self.timers.now()),
        );
        let amounts: Vec<Credits> =
            amounts.into_iter().map(|amount| amount.scale_half_up(share.0, share.1)).collect();
        self.issue_allowance_amounts(env, &amounts, &owners);
    }

    /// Issues what is left of the running period's allowance as the account opens: equal parts where it has several lots.
    pub(super) fn issue_allowance_left(&mut self, env: &Env, left: Credits) {
        self.books.begin_without_allowance();
        if self.has_left(env) {
            self.end_subscription();
            return;
        }
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let owners = env.owners_of(&allowance.scope, self.timers.now());
        let count = owners.len() as i64;
        let upto = |parts: i64| {
            if parts == count { left } else { left.scale_floor(1, count).scale_floor(parts, 1) }
        };
        let amounts: Vec<Credits> = (1..=count).map(|part| upto(part) - upto(part - 1)).collect();
        self.issue_allowance_amounts(env, &amounts, &owners);
    }

    fn issue_allowance_amounts(&mut self, env: &Env, amounts: &[Credits], owners: &[u16]) {
        self.books.begin_allowance(amounts, owners);
        let price = self.allowance_price(env);
        if amounts.is_empty() {
            // Nobody has a lot that it could pay for.
            return self.earn_subscription(price);
        }
        self.issue_allowance_lots(env, amounts, price);
    }

    /// The lots of the running allowance, if the plan has one; an allowance that begins within a period costs nothing more.
    /// What is paid is split among owners, equal parts rounded down and the rest to the last.
    pub(super) fn issue_allowance_lots(&mut self, env: &Env, amounts: &[Credits], price: Money) {
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let lot = NewLot {
            id: None,
            category: allowance.category,
            kind: LotKind::Allowance,
            credits: Credits::ZERO,
            remaining: Credits::ZERO,
            priority: allowance.priority,
            created_at: self.timers.now(),
            effective_at: self.timers.now(),
            expires_at: SimTime::MAX,
            price,
            scope: ScopeId::default(),
        };
        let prices = split(price, amounts.len());
        let amounts = amounts.iter().zip(prices);
        let given: Vec<NewLot> = amounts
            .map(|(credits, price)| NewLot { credits: *credits, remaining: *credits, price, ..lot })
            .collect();
        let lots = self.issue_given(env, EntryKind::IssueAllowance, given, &allowance.scope);
        self.books.set_allowance_lots(&lots);
        self.schedule_pooling(env);
    }

    /// Before the close unused lots of single owners help the others, if the terms say so; at once, if that is now.
    fn schedule_pooling(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        let Some(before) = terms.allowance.as_ref().and_then(|allowance| allowance.pool_before_close) else {
            return;
        };
        let (now, closes_at) = (self.timers.now(), self.cycle.closes_at());
        if closes_at == SimTime::MAX || Deliberate::PoolingForgotten.is_made() {
            return;
        }
        let at = closes_at - before;
        if at <= now {
            return self.books.pool_allowances(now).as_part();
        }
        self.books.pool_at(at);
        // Behind what ends at the same instant.
        self.timers.schedule(at, (Class::Expiry, 2, 0), TimerKind::Pool);
    }

    /// Unused allowances of single owners become everybody's, repay debt, and wake what waits for credits.
    pub(super) fn pool_unused(&mut self, env: &Env) {
        if self.books.pools_at() != Some(self.timers.now()) {
            return;
        }
        let posting = self.books.pool_allowances(self.timers.now());
        self.repay_last();
        self.wake_waiting();
        self.follow_up(env, posting, None);
    }

    /// True once the organization has churned or its life has ended.
    pub(super) fn has_left(&self, env: &Env) -> bool {
        self.customer.has_churned() || self.timers.now() >= env.traits.leaves
    }
}

/// Money in so many equal parts, rounded down, and the rest in the last.
pub(super) fn split(money: Money, parts: usize) -> Vec<Money> {
    let count = parts.max(1) as i64;
    let each = money.scale_floor(1, count);
    let last = money - each.scale_floor(count - 1, 1);
    (1..=parts).map(|part| if part == parts { last } else { each }).collect()
}
