//! Arrivals and admission: the check before work starts, and the queue.

use crate::outcome::{AttemptOutcome, AttemptRow, EntryKind, Reason};
use crate::policy::{Estimator, HistoryEstimate, HoldTerms, WhenShort};
use crate::sampling::{Purpose, exp};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Operation, RunPart};

use super::books::Note;
use super::charging::charged_in_full;
use super::env::{Env, to_be_charged};
use super::events::{Class, DueKind, TimerKind};
use super::gate::{Check, InFlightNow, estimator, hold_terms};
use super::purchase::{PurchaseReason, Shortage};
use super::state::{CostHistory, Phase, State};

impl State {
    /// A piece of demand arrives; `slot` is its place in the course if it may end there. True if it will.
    pub(super) fn arrive(
        &mut self,
        env: &Env,
        operation: &Operation,
        parts: &[RunPart],
        slot: Option<u32>,
    ) -> bool {
        self.now = operation.at;
        let feature = operation.feature;
        let facts = env.facts(feature);
        let tally = &mut self.tally.features[feature.index()];
        if facts.free {
            tally.free += 1;
            return true;
        }
        tally.demanded += 1;
        tally.demand_credits += operation.cost;
        self.cycle.row.demanded += 1;
        let needs_no_estimate = self.short_ways[feature.index()].needs_no_estimate && slot.is_some();
        let estimate =
            if needs_no_estimate { Credits::ZERO } else { self.estimate_at_arrival(env, operation, parts) };
        if slot.is_some_and(|slot| self.start_light(env, operation, estimate, slot)) {
            return true;
        }
        self.ways.slow += 1;
        let estimate =
            if needs_no_estimate { self.estimate_at_arrival(env, operation, parts) } else { estimate };
        let slot = self.take_slot();
        self.work[slot as usize].begin(operation, parts, estimate, self.client_arriving);
        self.note(EntryKind::Demanded, Note { credits: operation.cost, ..Note::by(self.whose(slot)) });
        if self.churned {
            self.lose(env, slot, Reason::Churned);
        } else {
            self.attempt(env, slot);
        }
        false
    }

    /// The estimate of an operation at its arrival, and the operation's place in the feature's history.
    fn estimate_at_arrival(&mut self, env: &Env, operation: &Operation, parts: &[RunPart]) -> Credits {
        let feature = operation.feature;
        let terms = env.terms(self.plan);
        let rules = &terms.features[feature.index()];
        let charged = charged_in_full(terms, rules, parts, operation.cost);
        let estimate = self.estimate(env, feature, operation, (operation.cost, charged));
        if let Some(depth) = env.history_depth[feature.index()] {
            self.history[feature.index()].add(depth, operation.cost);
        }
        let ahead = self.client_arriving == 0 && self.estimates_ahead[feature.index()].is_some();
        if !ahead && estimator(rules).is_some() {
            self.tally.features[feature.index()].count_estimate(estimate, charged);
        }
        estimate
    }

    /// What `feature` is expected to charge for this operation, given its true cost there and what that comes to if it
    /// completes. A guess of the cost becomes one of the charge by the minimum and the rounding.
    pub(super) fn estimate(
        &self,
        env: &Env,
        feature: FeatureIndex,
        operation: &Operation,
        (cost, charged): (Credits, Credits),
    ) -> Credits {
        let facts = env.facts(feature);
        let terms = env.terms(self.plan);
        let rules = &terms.features[feature.index()];
        let guessed = match estimator(rules) {
            Some(Estimator::Exact) => return charged,
            Some(Estimator::Fixed(credits)) => *credits,
            Some(Estimator::Expected | Estimator::Quantile(_)) | None => facts.expected_cost,
            Some(Estimator::History(rule)) => {
                self.history[feature.index()].estimate(*rule).unwrap_or(facts.expected_cost)
            }
            Some(Estimator::Blur { bias, cv }) => blurred(cost, operation.blur, *bias, *cv),
        };
        to_be_charged(terms, rules, guessed)
    }

    /// One try to start an operation.
    pub(super) fn attempt(&mut self, env: &Env, slot: u32) {
        let terms = env.terms(self.plan);
        let work = &self.work[slot as usize];
        let (operation, serves, attempt) = (work.operation, work.serves, work.attempt);
        let feature = &terms.features[serves.index()];
        self.tally.features[operation.feature.index()].attempts += 1;
        self.begin_row(env, slot);
        if self.is_free(env, serves) {
            self.admit(env, slot, None);
            return;
        }
        if attempt == 1 && terms.alert_would_exceed && feature.notify {
            self.warn_would_exceed(env, slot);
        }
        if !self.queue.is_empty() && env.check(self.plan, serves).may_queue() {
            self.join_queue(env, slot, self.reason_of_queue(env));
            return;
        }
        if env.outages.until(serves, self.now).is_some() {
            self.refuse(env, slot, Reason::Outage, Credits::ZERO);
            return;
        }
        let sequence = u64::from(operation.sequence);
        if !feature.denial.is_never()
            && feature.denial.holds(env.key_of(operation.feature).uniform(
                Purpose::Denial,
                sequence,
                u64::from(attempt),
            ))
        {
            self.refuse(env, slot, Reason::Denial, Credits::ZERO);
            return;
        }
        self.top_up_before_check(env);
        match self.check(env, slot) {
            Check::Passes { hold } => self.admit(env, slot, hold),
            Check::Full => self.meet(env, slot, terms.at_max_in_flight, Reason::Concurrency, Credits::ZERO),
            Check::Short { need } => {
                let reaction = match feature.short {
                    WhenShort::Allow => feature.beyond_limit,
                    other => other,
                };
                self.meet(env, slot, reaction, Reason::Short, need);
            }
        }
    }

    fn is_free(&self, env: &Env, feature: FeatureIndex) -> bool {
        env.facts(feature).free
    }

    /// What a failed check meets.
    fn meet(&mut self, env: &Env, slot: u32, reaction: WhenShort, reason: Reason, need: Credits) {
        match reaction {
            WhenShort::Allow => self.admit(env, slot, None),
            WhenShort::Reject => self.refuse(env, slot, reason, need),
            WhenShort::Degrade => self.degrade(env, slot, reason),
            WhenShort::Queue => self.join_queue(env, slot, reason),
        }
    }

    /// Whether an operation may start now.
    pub(super) fn check(&self, env: &Env, slot: u32) -> Check {
        let work = &self.work[slot as usize];
        let in_flight =
            InFlightNow { all: self.in_flight, of_feature: self.in_flight_of[work.serves.index()] };
        let views = self.views();
        env.check(self.plan, work.serves).check(views, work.estimate, in_flight)
    }

    /// An operation passes: its hold is opened and its work begins.
    pub(super) fn admit(&mut self, env: &Env, slot: u32, hold: Option<Credits>) {
        if matches!(self.work[slot as usize].phase, Phase::Queued | Phase::Waiting) {
            self.restarted(slot);
        }
        if self.work[slot as usize].waits() {
            self.stop_asking(slot);
        }
        if let Some(amount) = hold {
            let serves = self.work[slot as usize].serves;
            if let Some(rules) = hold_terms(&env.terms(self.plan).features[serves.index()]) {
                self.open_hold(env, slot, amount, rules);
            }
        }
        self.start(env, slot);
    }

    fn open_hold(&mut self, env: &Env, slot: u32, amount: Credits, rules: &HoldTerms) {
        let (hold, posting) = self.books.hold(self.now, self.whose(slot), amount, rules.pins_expiry);
        let work = &mut self.work[slot as usize];
        work.hold = Some(hold);
        work.had_hold = true;
        work.held = amount;
        let (cause, operation) = (work.cause(), work.operation);
        if let Some(timeout) = rules.timeout {
            // A simple operation that settles before the timeout needs no event for it.
            let settles_first = self.work[slot as usize].parts.is_empty()
                && operation.duration <= timeout
                && rules.leak.is_never()
                && env.policy.never_changes()
                && env.terms(self.plan).metering_lag.is_zero();
            if !settles_first {
                self.due_at(env, self.now + timeout, Class::HoldExpiry, slot, DueKind::HoldTimeout);
            }
        }
        self.follow_up(env, posting, Some(cause));
    }

    /// Served without AI: no charge, the value is lost.
    fn degrade(&mut self, env: &Env, slot: u32, reason: Reason) {
        let feature = self.work[slot as usize].operation.feature;
        self.tally.features[feature.index()].degraded += 1;
        self.note(EntryKind::Degraded, Note { reason, ..Note::by(self.whose(slot)) });
        self.finish_row(slot, AttemptOutcome::Degraded);
        if reason == Reason::Short {
            self.buy_when_short(env, slot, Shortage::Degraded);
        }
        self.client_done(env, slot);
        self.free_slot(slot);
    }

    /// What holds the head of the queue up.
    fn reason_of_queue(&self, env: &Env) -> Reason {
        match self.queue.front().map(|&head| self.check(env, head)) {
            Some(Check::Full) => Reason::Concurrency,
            Some(Check::Short { .. }) => Reason::Short,
            Some(Check::Passes { .. }) | None => Reason::None,
        }
    }

    /// An operation waits its turn at the queue's tail.
    fn join_queue(&mut self, env: &Env, slot: u32, reason: Reason) {
        let terms = env.terms(self.plan);
        if self.queue.len() >= terms.queue_max as usize {
            self.tally.defaults.queue_full += u64::from(!terms.written.queue_max);
            self.lose(env, slot, Reason::QueueFull);
            return;
        }
        self.work[slot as usize].phase = Phase::Queued;
        self.queue.push_back(slot);
        self.note(EntryKind::Queued, Note::by(self.whose(slot)));
        self.finish_row(slot, AttemptOutcome::Queued);
        let at = self.patience_ends(env, slot);
        self.due_at(env, at, Class::Resume, slot, DueKind::Patience);
        if let Some(until) = env.outages.until(self.work[slot as usize].serves, self.now) {
            self.at(env, until, Class::Resume, 0, TimerKind::Look);
        }
        if reason == Reason::Short {
            self.buy_when_short(env, slot, Shortage::Waits);
        }
    }

    /// When a waiting operation gives up: patience is counted from its first wait.
    pub(super) fn patience_ends(&self, env: &Env, slot: u32) -> SimTime {
        let operation = &self.work[slot as usize].operation;
        let key = env.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 0);
        let patience = SimSpan::from_seconds_f64(env.terms(self.plan).patience.sample(&mut stream));
        self.now + patience
    }

    fn warn_would_exceed(&mut self, env: &Env, slot: u32) {
        let work = &self.work[slot as usize];
        let check = env.check(self.plan, work.serves);
        let (need, cause) = (check.exceeds_with(work.estimate), work.cause());
        if self.views().get(check.view()) < need {
            self.tally.customer.alerts_would_exceed += 1;
            self.alerted(Reason::WouldExceed, Some(self.whose(slot)));
            self.buy_after_warning(
                env,
                PurchaseReason { need, slot: Some(slot), ..PurchaseReason::by(Some(cause)) },
            );
        }
    }

    fn begin_row(&mut self, env: &Env, slot: u32) {
        if !env.detail.operations {
            return;
        }
        let work = &self.work[slot as usize];
        let estimated = env.check(self.plan, work.serves).estimates();
        let row = AttemptRow {
            feature: work.operation.feature.0,
            operation: work.operation.sequence,
            attempt: work.attempt,
            member: work.operation.member,
            project: work.operation.project,
            arrived: work.operation.at,
            decided: self.now,
            outcome: AttemptOutcome::InFlight,
            reason: Reason::None,
            estimate: estimated.then_some(work.estimate),
            cost: work.cost,
            charged: Credits::ZERO,
            ended: None,
        };
        if let Some(detail) = &mut self.tally.detail {
            detail.attempts.push(row);
            self.work[slot as usize].row = detail.attempts.len() as u32;
        }
    }

    /// A queued operation starts after all.
    pub(super) fn reopen_row(&mut self, slot: u32) {
        let now = self.now;
        if let Some(row) = self.row(slot) {
            row.outcome = AttemptOutcome::InFlight;
            row.decided = now;
            row.ended = None;
        }
    }

    pub(super) fn row(&mut self, slot: u32) -> Option<&mut AttemptRow> {
        let index = (self.work[slot as usize].row as usize).checked_sub(1)?;
        self.tally.detail.as_mut()?.attempts.get_mut(index)
    }

    pub(super) fn finish_row(&mut self, slot: u32, outcome: AttemptOutcome) {
        let (now, charged) = (self.now, self.work[slot as usize].charged);
        if let Some(row) = self.row(slot) {
            row.outcome = outcome;
            row.charged = charged;
            row.ended = Some(now);
        }
    }
}

impl CostHistory {
    fn estimate(&self, rule: HistoryEstimate) -> Option<Credits> {
        match rule {
            HistoryEstimate::First => self.first,
            HistoryEstimate::Last => self.last.back().copied(),
            HistoryEstimate::Mean(n) => {
                let recent = self.last.iter().rev().take(n as usize);
                let count = i64::try_from(recent.len()).ok().filter(|count| *count > 0)?;
                Some(recent.copied().sum::<Credits>().scale_floor(1, count))
            }
        }
    }

    fn add(&mut self, depth: usize, cost: Credits) {
        self.first.get_or_insert(cost);
        self.last.push_back(cost);
        while self.last.len() > depth {
            self.last.pop_front();
        }
    }
}

/// The true cost times (1 + bias) and a lognormal error of mean 1, from the operation's own standard normal.
fn blurred(cost: Credits, normal: f32, bias: f64, cv: f64) -> Credits {
    let variance = libm::log1p(cv * cv);
    let error = exp(libm::sqrt(variance) * f64::from(normal) - variance / 2.0);
    let micros = cost.micros() as f64 * (1.0 + bias) * error;
    Credits::from_micros(crate::units::round_half_up(micros.max(0.0), 1.0))
}
