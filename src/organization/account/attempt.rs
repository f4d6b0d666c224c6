//! Arrivals and admission: the check before work starts, and the queue.

use crate::outcome::{AttemptOutcome, AttemptRow, EntryKind, Reason};
use crate::policy::{Admission, Estimator, FeatureTerms, HistoryEstimate, HoldTerms, Terms, WhenShort};
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Operation, Part};

use super::env::{Env, buffered, estimator, room};
use super::events::{Class, DueKind, TimerKind};
use super::note::Note;
use super::state::{CostHistory, Phase, State};

/// What a check found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Check {
    /// It may start; `hold` is the amount to reserve.
    Passes { hold: Option<Credits> },
    /// Credits do not suffice.
    Short { need: Credits },
    /// Too many in flight.
    Full,
}

impl State {
    /// A piece of demand arrives; `slot` is its place in the course if it may end there. True if it will.
    pub(super) fn arrive(
        &mut self,
        env: &Env,
        operation: &Operation,
        parts: &[Part],
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
        let blind = self.short_ways[feature.index()].blind && slot.is_some();
        let estimate = if blind { Credits::ZERO } else { self.estimate_at_arrival(env, operation) };
        if slot.is_some_and(|slot| self.start_light(env, operation, estimate, slot)) {
            return true;
        }
        let estimate = if blind { self.estimate_at_arrival(env, operation) } else { estimate };
        let slot = self.take_slot();
        self.work[slot as usize].begin(operation, parts, estimate, self.client_arriving);
        self.note(env, EntryKind::Demanded, Note { credits: operation.cost, ..Note::work(slot) });
        if self.churned {
            self.lose(env, slot, Reason::Churned);
        } else {
            self.attempt(env, slot);
        }
        false
    }

    /// The estimate of an operation at its arrival, and the operation's place in the feature's history.
    fn estimate_at_arrival(&mut self, env: &Env, operation: &Operation) -> Credits {
        let feature = operation.feature;
        let estimate = self.estimate(env, feature, operation, operation.cost);
        if let Some(depth) = env.looks_back[feature.index()] {
            self.history[feature.index()].add(depth, operation.cost);
        }
        let ahead = self.client_arriving == 0 && self.estimates_ahead[feature.index()].is_some();
        if !ahead && estimator(&env.terms(self.plan).features[feature.index()]).is_some() {
            self.tally.features[feature.index()].count_estimate(estimate, operation.cost);
        }
        estimate
    }

    /// What `feature` is expected to cost for this operation; `cost` is its true cost there.
    pub(super) fn estimate(
        &self,
        env: &Env,
        feature: FeatureIndex,
        operation: &Operation,
        cost: Credits,
    ) -> Credits {
        let facts = env.facts(feature);
        match estimator(&env.terms(self.plan).features[feature.index()]) {
            Some(Estimator::Exact) => cost,
            Some(Estimator::Fixed(credits)) => *credits,
            Some(Estimator::Expected | Estimator::Quantile(_)) | None => facts.expected_cost,
            Some(Estimator::History(rule)) => {
                self.history[feature.index()].estimate(*rule).unwrap_or(facts.expected_cost)
            }
            Some(Estimator::Blur { bias, cv }) => blurred(cost, operation.blur, *bias, *cv),
        }
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
            self.warn_would_exceed(env, slot, feature);
        }
        if !self.queue.is_empty() && may_queue(terms, feature) {
            self.join_queue(env, slot);
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
        match self.check(terms, slot) {
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
            WhenShort::Queue => self.join_queue(env, slot),
        }
    }

    /// Whether an operation may start now.
    fn check(&self, terms: &Terms, slot: u32) -> Check {
        let work = &self.work[slot as usize];
        let feature = &terms.features[work.serves.index()];
        let full = terms.max_in_flight.is_some_and(|most| self.in_flight >= most)
            || feature.max_in_flight.is_some_and(|most| self.in_flight_of[work.serves.index()] >= most);
        if full && terms.at_max_in_flight != WhenShort::Allow {
            return Check::Full;
        }
        let (need, hold) = match &feature.admission {
            Admission::None => return Check::Passes { hold: None },
            Admission::Positive => (Credits::EPSILON, None),
            Admission::Estimate(_) => (work.estimate, None),
            Admission::Hold(hold) => {
                let need = buffered(work.estimate, hold.buffer);
                (need, Some(need))
            }
        };
        let Some(room) = room(terms, feature) else { return Check::Passes { hold } };
        if self.views(terms).get(feature.view) + room >= need {
            Check::Passes { hold }
        } else {
            Check::Short { need }
        }
    }

    /// An operation passes: its hold is opened and its work begins.
    fn admit(&mut self, env: &Env, slot: u32, hold: Option<Credits>) {
        if let Some(amount) = hold {
            let serves = self.work[slot as usize].serves;
            if let Some(rules) = super::charging::hold_terms(&env.terms(self.plan).features[serves.index()]) {
                self.open_hold(env, slot, amount, rules);
            }
        }
        self.start(env, slot);
    }

    fn open_hold(&mut self, env: &Env, slot: u32, amount: Credits, rules: &HoldTerms) {
        let before = self.views(env.terms(self.plan));
        let hold = self.ledger.open_hold(amount, rules.pins_expiry);
        let work = &mut self.work[slot as usize];
        work.hold = Some(hold);
        work.had_hold = true;
        work.held = amount;
        let (feature, operation) = (work.operation.feature, work.operation);
        self.tally.holds.opened += 1;
        self.note(env, EntryKind::HoldOpen, Note { credits: amount, ..Note::work(slot) });
        if let Some(timeout) = rules.timeout {
            // A simple operation that settles before the timeout needs no event for it.
            let settles_first = self.work[slot as usize].parts.is_empty()
                && operation.duration <= timeout
                && rules.leak.is_never()
                && env.policy.plan_changes.is_empty()
                && env.terms(self.plan).metering_lag.is_zero();
            if !settles_first {
                self.due_at(env, self.now + timeout, Class::HoldExpiry, slot, DueKind::HoldTimeout);
            }
        }
        self.changed(env, before, Some(feature));
    }

    /// Served without AI: no charge, the value is lost.
    fn degrade(&mut self, env: &Env, slot: u32, reason: Reason) {
        let feature = self.work[slot as usize].operation.feature;
        self.tally.features[feature.index()].degraded += 1;
        self.note(env, EntryKind::Degraded, Note { reason, ..Note::work(slot) });
        self.finish_row(slot, AttemptOutcome::Degraded);
        self.client_done(env, slot);
        self.free_slot(slot);
    }

    /// An operation waits its turn at the queue's tail.
    fn join_queue(&mut self, env: &Env, slot: u32) {
        let terms = env.terms(self.plan);
        if self.queue.len() >= terms.queue_max as usize {
            self.lose(env, slot, Reason::QueueFull);
            return;
        }
        self.work[slot as usize].phase = Phase::Queued;
        self.queue.push_back(slot);
        self.note(env, EntryKind::Queued, Note::work(slot));
        self.finish_row(slot, AttemptOutcome::Queued);
        let at = self.patience_ends(env, slot);
        self.due_at(env, at, Class::Resume, slot, DueKind::Patience);
        if let Some(until) = env.outages.until(self.work[slot as usize].serves, self.now) {
            self.at(env, until, Class::Resume, 0, TimerKind::Look);
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

    /// Class 8: the head of the queue is checked again; if it fails, nothing behind it passes. Then operations that
    /// wait for credits retry, if credits have arrived.
    pub(super) fn run_resumption(&mut self, env: &Env) {
        self.resume = false;
        while let Some(&slot) = self.queue.front() {
            let terms = env.terms(self.plan);
            let serves = self.work[slot as usize].serves;
            if let Some(until) = env.outages.until(serves, self.now) {
                self.at(env, until, Class::Resume, 0, TimerKind::Look);
                break;
            }
            let Check::Passes { hold } = self.check(terms, slot) else { break };
            self.queue.pop_front();
            self.reopen_row(slot);
            self.admit(env, slot, hold);
        }
        if std::mem::take(&mut self.arrived) {
            for slot in std::mem::take(&mut self.waiting) {
                if self.work[slot as usize].phase == Phase::Waiting {
                    self.due_at(env, self.now, Class::Retry, slot, DueKind::Retry);
                }
            }
        }
    }

    fn warn_would_exceed(&mut self, env: &Env, slot: u32, feature: &FeatureTerms) {
        let work = &self.work[slot as usize];
        let need = match &feature.admission {
            Admission::Hold(hold) => buffered(work.estimate, hold.buffer),
            _ => work.estimate,
        };
        if self.views(env.terms(self.plan)).get(feature.view) < need {
            self.tally.customer.alerts_would_exceed += 1;
            self.alerted(env, Reason::WouldExceed, Some(slot));
        }
    }

    fn begin_row(&mut self, env: &Env, slot: u32) {
        if !env.world.detail.operations {
            return;
        }
        let work = &self.work[slot as usize];
        let estimated = matches!(
            env.terms(self.plan).features[work.serves.index()].admission,
            Admission::Estimate(_) | Admission::Hold(_)
        );
        let row = AttemptRow {
            feature: work.operation.feature.0,
            operation: work.operation.sequence,
            attempt: work.attempt,
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
    fn reopen_row(&mut self, slot: u32) {
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

/// Whether an operation of this feature may have to queue, so that it must not overtake those that do.
pub(super) fn may_queue(terms: &Terms, feature: &FeatureTerms) -> bool {
    let short = match feature.short {
        WhenShort::Allow => feature.beyond_limit,
        other => other,
    };
    let capped = terms.max_in_flight.is_some() || feature.max_in_flight.is_some();
    short == WhenShort::Queue || (capped && terms.at_max_in_flight == WhenShort::Queue)
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
    let error = libm::exp(libm::sqrt(variance) * f64::from(normal) - variance / 2.0);
    let micros = cost.micros() as f64 * (1.0 + bias) * error;
    Credits::from_micros(crate::units::round_half_up(micros.max(0.0), 1.0))
}
