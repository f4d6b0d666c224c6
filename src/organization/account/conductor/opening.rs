//! How an account begins: sign-up, opening remainders, first allowance.

use crate::ledger::LotKind;
use crate::outcome::EntryKind;
use crate::policy::{Anchor, Terms};
use crate::units::{Credits, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::meter_rules::closed_by_ceilings;
use super::State;
use super::answering::OpenAnswer;
use super::top_up::adopted;

impl State {
    /// Schedules the birth, or lives it at once for an organization that is older than the horizon.
    pub(super) fn open(&mut self, env: &Env) {
        let world = &env.world;
        if world.measure_from > world.start {
            self.timers.schedule(world.measure_from, (Class::Measure, 0, 0), TimerKind::Measure);
        }
        self.schedule_month(env, world.measure_from.max(env.birth));
        self.timers.refresh(&env.world.instants);
        if env.birth > world.start {
            self.timers.schedule(env.birth, (Class::Close, 0, 0), TimerKind::SignUp);
        } else {
            self.sign_up(env);
        }
    }

    /// The first instant of the account's life.
    pub(super) fn sign_up(&mut self, env: &Env) {
        let customers = env.customers();
        let now = self.timers.now();
        self.gate.start_clock(now);
        self.books.start_clocks(now);
        self.watch.start_clock(now);
        self.schedule_plan_changes(env);
        self.schedule_rule_changes(env);
        if self.plan != env.first_plan {
            let terms = env.terms(self.plan);
            self.books.go_by(terms);
            self.books.keep_from_debt(closed_by_ceilings(env.meter_rules(self.plan)));
            self.watch.watch_alerts(terms.alerts.len());
            self.shop.take_rules(adopted(env, self.plan));
        }
        self.note(EntryKind::Opened, Note { grant: self.plan as u32, ..Note::default() });
        self.schedule_seats(env);
        if customers.debt_at_start.is_positive() {
            self.books.open_with_debt(self.timers.now(), customers.debt_at_start);
        }
        // The opening is one event at which nothing fires: all its grants are there before anything looks at them.
        self.answering.begin(OpenAnswer::Opening);
        self.number_grants(env);
        self.open_cycle(env, self.timers.now(), true);
        self.schedule_grants(env);
        self.schedule_resets(env);
        self.schedule_leaving(env);
        self.schedule_rates(env);
        self.start_buying(env);
        self.start_clients(env);
        self.repay(env);
        self.invoice_what_is_owed(env);
        self.answering.end(OpenAnswer::Opening);
        self.refresh_watch(env);
        self.look_at_usable(env);
        self.look_at_checks(env);
        if self.views().settled <= Credits::ZERO {
            self.counts.depleted(self.timers.now(), None);
        }
        // Nothing fires at the start: alerts are armed only where the view is on their high side.
        self.arm_alerts(env);
        self.look_at_all_owners(env);
        self.evaluate_top_ups(env, None);
        self.timers.forget_resumption();
    }

    /// Starts counting cycles under the present plan at `at`, billing it and issuing its allowance; `first` for the
    /// account's first cycle.
    pub(super) fn open_cycle(&mut self, env: &Env, at: SimTime, first: bool) {
        self.begin_cycle(env, at);
        let older = first && env.traits.signed_up < at;
        self.start_subscription(env, at, older);
        match env.customers().allowance_left.filter(|_| first) {
            Some(left) => self.issue_allowance_left(env, left),
            None => self.issue_allowance(env, self.opening_share(env)),
        }
    }

    /// Lots that have rolled end at closes of the cycles that begin now.
    pub(super) fn rekey_rolled(&mut self, env: &Env) {
        let most = self.books.ledger().lots().iter().filter_map(|lot| match lot.kind {
            LotKind::Rolled { closes_left } => closes_left,
            _ => None,
        });
        let Some(most) = most.max() else { return };
        let closes: Vec<SimTime> = (1..=most).map(|k| self.close_ahead(env, k)).collect();
        self.books.close_rolled_at(|left| closes[(left.max(1) - 1) as usize]);
        self.rekey_lots(env);
    }

    /// Where periods under these terms count from: a day of the month or year in the year in which the account opens.
    pub(super) fn anchor_of(&self, env: &Env, terms: &Terms) -> SimTime {
        let (zone, at) = (&env.world.zone, env.birth);
        match terms.cycle.anchor {
            Anchor::SignUp => self.cycle.sign_up(),
            Anchor::DayOfMonth(day) => zone.day_of_month(at, day),
            Anchor::DayAndMonth { day, month } => zone.day_and_month(at, month, day),
            Anchor::CalendarMonth => zone.day_of_month(at, 1),
            Anchor::At(instant) => instant,
        }
    }

    /// Outcomes begin to count: balances, debt, deferred revenue, work in flight and waiting become opening terms.
    pub(super) fn begin_measuring(&mut self, env: &Env) {
        let now = self.timers.now();
        self.counts.begin_measuring(&self.alive());
        self.money.begin_measuring(self.books.ledger(), now);
        self.books.begin_measuring(now);
        self.gate.begin_measuring(now);
        self.watch.begin_measuring(now);
        let clock = self.window_clock(env);
        self.meters.begin_measuring(env.meter_rules(self.plan), clock);
        if self.views().settled <= Credits::ZERO {
            self.counts.depleted(now, None);
        }
        self.note(EntryKind::Measure, Note::default());
        self.customer.end_refusals();
    }
}
