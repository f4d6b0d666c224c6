//! How an account begins: sign-up, opening remainders, first allowance.

use crate::calendar::MonthEnd;
use crate::ledger::LotKind;
use crate::outcome::EntryKind;
use crate::policy::{Anchor, Terms};
use crate::units::{Credits, SimTime};

use super::books::Note;
use super::env::Env;
use super::events::{Class, TimerKind};
use super::grants::rounded_end;
use super::state::State;

impl State {
    /// Schedules the birth, or lives it at once for an organization that is older than the horizon.
    pub(super) fn open(&mut self, env: &Env) {
        let world = &env.world;
        if world.measure_from > world.start {
            self.measuring = false;
            self.at(env, world.measure_from, Class::Measure, 0, TimerKind::Measure);
        }
        self.refresh_next_timer(env);
        if env.birth > world.start {
            self.at(env, env.birth, Class::Close, 0, TimerKind::SignUp);
        } else {
            self.sign_up(env);
        }
    }

    /// The first instant of the account's life.
    pub(super) fn sign_up(&mut self, env: &Env) {
        let customers = env.customers();
        self.in_flight_since = self.now;
        self.books.start_clocks(self.now);
        self.blocked_since = self.now;
        self.schedule_plan_changes(env);
        self.schedule_rule_changes(env);
        if self.plan != env.first_plan {
            let terms = env.terms(self.plan);
            self.books.go_by(terms);
            self.alerts_armed = vec![true; terms.alerts.len()];
            self.top_ups = super::top_up::fresh(env, self.plan);
        }
        self.note(EntryKind::Opened, Note { grant: self.plan as u32, ..Note::default() });
        if customers.debt_at_start.is_positive() {
            self.books.open_with_debt(self.now, customers.debt_at_start);
        }
        // The opening is one event at which nothing fires: all its grants are there before anything looks at them.
        self.opening = true;
        self.number_grants(env);
        self.open_cycle(env, self.now, true);
        self.schedule_grants(env);
        self.start_buying(env);
        self.start_clients(env);
        self.repay(env);
        self.opening = false;
        self.refresh_watch(env);
        self.recompute_blocked(env);
        if self.views().settled <= Credits::ZERO && self.tally.customer.depleted_at.is_none() {
            self.tally.customer.depleted_at = Some(self.now);
        }
        // Nothing fires at the start: alerts are armed only where the view is on their high side.
        self.arm_alerts(env);
        self.evaluate_top_ups(env);
        self.arrived = false;
        self.resume = false;
    }

    /// Starts counting cycles under the present plan at `at`, billing it and issuing its allowance; `first` for the
    /// account's first cycle.
    pub(super) fn open_cycle(&mut self, env: &Env, at: SimTime, first: bool) {
        self.begin_cycle(env, at);
        let older = first && env.traits.signed_up < at;
        self.start_subscription(env, at, older);
        self.issue_allowance(env, self.opening_share(env));
    }

    /// Starts counting cycles under the present plan at `at`.
    pub(super) fn begin_cycle(&mut self, env: &Env, at: SimTime) {
        let terms = env.terms(self.plan);
        self.cycle.anchor = self.anchor_of(env, terms, at);
        self.cycle.every = terms.cycle.every;
        let zone = &env.world.zone;
        self.cycle.index = zone.first_after(self.cycle.anchor, self.cycle.every, at, MonthEnd::Clamp) - 1;
        self.cycle.row.from = at;
        (self.cycle.lags, self.cycle.rebills) = (false, false);
        if let Some(closes) = &env.customers().cycle_closes {
            self.cycle.explicit = closes.partition_point(|close| *close <= at);
        }
        self.schedule_close(env);
        self.rekey_rolled(env);
    }

    /// Lots that have rolled end at closes of the cycles that begin now.
    fn rekey_rolled(&mut self, env: &Env) {
        let most = self.books.ledger().lots().iter().filter_map(|lot| match lot.kind {
            LotKind::Rolled { closes_left } => closes_left,
            _ => None,
        });
        let Some(most) = most.max() else { return };
        let terms = env.terms(self.plan);
        let ends: Vec<SimTime> =
            (1..=most).map(|k| rounded_end(env, terms, self.close_ahead(env, k))).collect();
        self.books.rekey_rolled(|left| ends[(left.max(1) - 1) as usize]);
    }

    /// Where periods under these terms count from, for a period that contains `at`.
    pub(super) fn anchor_of(&self, env: &Env, terms: &Terms, at: SimTime) -> SimTime {
        let zone = &env.world.zone;
        match terms.cycle.anchor {
            Anchor::SignUp => self.cycle.sign_up,
            Anchor::DayOfMonth(day) => zone.day_of_month(at, day),
            Anchor::DayAndMonth { day, month } => zone.day_and_month(at, month, day),
            Anchor::CalendarMonth => zone.day_of_month(at, 1),
            Anchor::At(instant) => instant,
        }
    }

    /// Outcomes begin to count: balances, debt, deferred revenue, work in flight and waiting become opening terms.
    pub(super) fn begin_measuring(&mut self, env: &Env) {
        let mut tally = super::finish::empty_tally(env);
        tally.detail = self.tally.detail.take();
        tally.samples = std::mem::take(&mut self.tally.samples);
        tally.in_flight_max = self.in_flight;
        tally.money.deferred_start = self.deferred(self.now);
        tally.money.receivable_start = self.receivable();
        tally.money.credit_notes_owed_start = self.money.credit_owed;
        tally.money.complete = self.tally.money.complete;
        self.money.recognized_before = self.recognized(self.now);
        self.money.breakage_before = self.books.ledger().breakage();
        self.money.voided_before = self.books.ledger().voided_value();
        self.money.start_over();
        self.count_alive(&mut tally, true);
        if self.views().settled <= Credits::ZERO {
            tally.customer.depleted_at = Some(self.now);
        }
        self.tally = tally;
        self.books.begin_measuring(self.now);
        self.ended_paid = Credits::ZERO;
        self.measuring = true;
        self.note(EntryKind::Measure, Note::default());
        self.in_flight_since = self.now;
        self.blocked_since = self.now;
        self.alerted_at = None;
        self.refusals.episode = None;
    }
}
