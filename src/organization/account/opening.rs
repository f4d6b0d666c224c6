//! How an account begins: sign-up, opening remainders, first allowance.

use crate::calendar::MonthEnd;
use crate::outcome::EntryKind;
use crate::policy::{Anchor, Opening, PlanChangeTime};
use crate::sampling::Purpose;
use crate::units::{Credits, SimTime};

use super::env::Env;
use super::events::{Class, TimerKind};
use super::note::Note;
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
        self.debt_since = self.now;
        self.overdrawn_since = self.now;
        self.blocked_since = self.now;
        self.note(env, EntryKind::Opened, Note { grant: self.plan as u32, ..Note::default() });
        if customers.debt_at_start.is_positive() {
            self.ledger.open_with_debt(customers.debt_at_start);
            self.tally.debt.start = customers.debt_at_start;
            self.tally.debt.max = customers.debt_at_start;
            self.note(env, EntryKind::OpeningDebt, Note::credits(customers.debt_at_start));
        }
        // The opening is one event at which nothing fires: all its grants are there before anything looks at them.
        self.opening = true;
        self.number_grants(env);
        self.open_cycle(env, self.now, true);
        self.schedule_grants(env);
        self.schedule_plan_changes(env);
        self.start_buying(env);
        self.start_clients(env);
        self.repay(env);
        self.opening = false;
        self.refresh_watch(env);
        self.recompute_blocked(env);
        if self.views(env.terms(self.plan)).settled <= Credits::ZERO
            && self.tally.customer.depleted_at.is_none()
        {
            self.tally.customer.depleted_at = Some(self.now);
        }
        // Nothing fires at the start: alerts are armed only where the view is on their high side.
        self.arm_alerts(env);
        self.evaluate_top_ups(env);
        self.arrived = false;
        self.resume = false;
    }

    /// Starts counting cycles under the present plan at `at`; `first` for the account's first cycle.
    pub(super) fn open_cycle(&mut self, env: &Env, at: SimTime, first: bool) {
        let terms = env.terms(self.plan);
        let world = &env.world;
        let anchor = match terms.cycle.anchor {
            Anchor::SignUp => env.traits.signed_up,
            Anchor::DayOfMonth(day) => world.zone.day_of_month(at, day),
            Anchor::DayAndMonth { day, month } => world.zone.day_and_month(at, month, day),
            Anchor::CalendarMonth => world.zone.day_of_month(at, 1),
            Anchor::At(instant) => instant,
        };
        self.cycle.anchor = anchor;
        self.cycle.index = world.zone.first_after(anchor, terms.cycle.every, at, MonthEnd::Clamp) - 1;
        self.cycle.row.from = at;
        if let Some(closes) = &env.customers().cycle_closes {
            self.cycle.explicit = closes.partition_point(|close| *close <= at);
        }
        self.schedule_close(env);
        let older = first && env.traits.signed_up < at;
        self.start_subscription(env, at, older);
        let share = self.opening_share(env, at, older);
        self.issue_allowance(env, share);
    }

    /// Share of the allowance that the running period of an older organization gets: (numerator, denominator).
    fn opening_share(&self, env: &Env, at: SimTime, older: bool) -> (i64, i64) {
        let prorated =
            env.terms(self.plan).allowance.as_ref().is_some_and(|a| a.opening == Opening::Prorated);
        if !older || !prorated || self.cycle.closes_at == SimTime::NEVER {
            return (1, 1);
        }
        let begins = self.cycle_begins(env);
        ((self.cycle.closes_at - at).micros(), (self.cycle.closes_at - begins).micros().max(1))
    }

    fn schedule_plan_changes(&mut self, env: &Env) {
        for (index, change) in env.policy.plan_changes.iter().enumerate() {
            let number = index as u64;
            if !change.share.holds(env.key.uniform(Purpose::PlanChange, number, 0)) {
                continue;
            }
            let at = match change.when {
                PlanChangeTime::At(instant) => instant,
                PlanChangeTime::After(span) => env.traits.signed_up + span,
            };
            if at >= self.now {
                self.at_ranked(env, at, (Class::Close, 1, index as u32), TimerKind::PlanChange(index as u32));
            }
        }
    }

    /// Outcomes begin to count: balances, debt, deferred revenue, work in flight and waiting become opening terms.
    pub(super) fn begin_measuring(&mut self, env: &Env) {
        let mut tally = super::finish::empty_tally(env);
        tally.detail = self.tally.detail.take();
        tally.samples = std::mem::take(&mut self.tally.samples);
        tally.credits.remaining_start = self.ledger.remaining_by_category();
        tally.debt.start = self.ledger.debt();
        tally.debt.max = self.ledger.debt();
        tally.holds.open_start = self.ledger.open_holds();
        tally.in_flight_max = self.in_flight;
        tally.money.deferred_start = self.deferred(self.now);
        tally.money.receivable_start = self.receivable();
        tally.money.complete = self.tally.money.complete;
        self.money.recognized_before = self.recognized(self.now);
        self.money.breakage_before = self.ledger.breakage();
        self.money.voided_before = self.ledger.voided_value();
        self.money.start_over();
        self.count_alive(&mut tally, true);
        if self.views(env.terms(self.plan)).settled <= Credits::ZERO {
            tally.customer.depleted_at = Some(self.now);
        }
        self.tally = tally;
        self.ended_paid = Credits::ZERO;
        self.measuring = true;
        self.note(env, EntryKind::Measure, Note::default());
        self.in_flight_since = self.now;
        self.debt_since = self.now;
        self.overdrawn_since = self.now;
        self.blocked_since = self.now;
        self.alerted_at = None;
        self.refusals.episode = None;
    }
}
