//! Arrivals and admission: the check before work starts, and the queue.

use crate::deliberate::Deliberate;
use crate::outcome::{AttemptOutcome, AttemptRow, EntryKind, Reason};
use crate::policy::{Estimator, HoldTerms, UsageLimit, WhenShort};
use crate::sampling::{Purpose, exp};
use crate::units::{Credits, FeatureIndex, SimSpan};
use crate::workload::{Operation, OtherPrices, RunPart};

use super::super::books::Note;
use super::super::env::{Env, to_be_charged};
use super::super::events::{Class, DueKind, TimerKind};
use super::super::flight::{OperationPrices, Phase};
use super::super::gate::{Check, estimator, hold_terms};
use super::State;
use super::charging::charged_in_full;
use super::purchase::{PurchaseReason, Shortage};
use super::rates::PricedArrival;

impl State {
    /// A piece of demand arrives, which costs `others` by other rates than its feature's own: looked up only where the policy
    /// asks. `slot` is its place in the trace if it may end there. True if it will.
    pub(super) fn arrive<'b>(
        &mut self,
        env: &Env,
        (operation, parts): (&Operation, &[RunPart]),
        others: impl FnOnce() -> OtherPrices<'b>,
        slot: Option<u32>,
    ) -> bool {
        self.timers.advance(operation.at);
        let feature = operation.feature;
        let facts = env.facts(feature);
        if facts.free {
            self.counts.free(feature);
            self.keep_free(env, operation);
            return true;
        }
        if env.is_priced(feature) {
            let others = others();
            let priced = self.price_arrival(env, operation, parts, others);
            self.arrive_priced(env, priced, others.quantities);
            return false;
        }
        self.counts.demanded(feature, operation.cost);
        let needs_no_estimate = self.fast_paths[feature.index()].needs_no_estimate && slot.is_some();
        let estimate = if needs_no_estimate {
            Credits::ZERO
        } else {
            self.estimate_at_arrival(env, operation, parts, None)
        };
        if slot.is_some_and(|slot| self.start_fast(env, operation, estimate, slot)) {
            return true;
        }
        self.ways.slow += 1;
        let estimate =
            if needs_no_estimate { self.estimate_at_arrival(env, operation, parts, None) } else { estimate };
        let slot = self.flight.take_slot();
        self.flight[slot].begin(operation, parts, estimate, self.customer.arriving());
        if env.falls_back || env.measures {
            let others = others();
            self.flight[slot].keep_quantities(others.quantities);
            self.flight[slot].keep_measured(others.whole);
        }
        self.begin_operation(env, slot);
        false
    }

    /// As `arrive`, of an operation that some card of the policy prices: it is followed step by step.
    fn arrive_priced(&mut self, env: &Env, arrival: PricedArrival, quantities: &[f64]) {
        let PricedArrival { operation, parts, prices, list_cost } = arrival;
        self.counts.demanded(operation.feature, operation.cost);
        self.counts.demanded_otherwise(operation.feature, operation.cost - list_cost);
        self.counts.demanded_by(operation.member, operation.cost);
        self.ways.slow += 1;
        let estimate = self.estimate_at_arrival(env, &operation, &parts, Some(&prices));
        let slot = self.flight.take_slot();
        self.flight[slot].begin(&operation, &parts, estimate, self.customer.arriving());
        if env.measures {
            self.flight[slot].keep_measured(&prices.costs()[1..]);
        }
        self.flight[slot].price(prices);
        self.flight[slot].set_list_cost(list_cost);
        if env.falls_back {
            self.flight[slot].keep_quantities(quantities);
        }
        self.begin_operation(env, slot);
    }

    /// An operation has arrived and is tried, unless the organization has left.
    fn begin_operation(&mut self, env: &Env, slot: u32) {
        if self.books.is_read() {
            let (credits, rate) = (self.flight[slot].operation().cost, self.flight[slot].rate());
            self.note_by(EntryKind::Demanded, slot, |note| Note { credits, rate, ..note });
        }
        if self.customer.has_churned() {
            self.lose(env, slot, Reason::Churned);
        } else {
            self.attempt(env, slot);
        }
    }

    /// The estimate of an operation at its arrival, and the operation's place in the feature's history.
    fn estimate_at_arrival(
        &mut self,
        env: &Env,
        operation: &Operation,
        parts: &[RunPart],
        prices: Option<&OperationPrices>,
    ) -> Credits {
        let feature = operation.feature;
        let terms = env.terms(self.plan);
        let rules = &terms.features[feature.index()];
        let charged = charged_in_full(terms, rules, parts, operation.cost);
        let estimate = self.estimate(env, feature, operation, (operation.cost, charged), prices);
        if let Some(depth) = env.history_depth[feature.index()] {
            let costs = prices.map_or(std::slice::from_ref(&operation.cost), OperationPrices::costs);
            self.customer.remember_cost(feature, depth, costs);
        }
        let ahead = self.customer.arriving() == 0 && self.estimates_ahead[feature.index()].is_some();
        if !ahead && estimator(rules).is_some() {
            self.counts.estimated(feature, estimate, charged);
        }
        estimate
    }

    /// What `feature` is expected to charge for this operation, given its true cost there and what that comes to if it
    /// completes. A guess of the cost is one at the price that the operation has now, and becomes one of the charge by the
    /// minimum and the rounding.
    pub(super) fn estimate(
        &self,
        env: &Env,
        feature: FeatureIndex,
        operation: &Operation,
        (cost, charged): (Credits, Credits),
        prices: Option<&OperationPrices>,
    ) -> Credits {
        let rate = prices.map_or(0, OperationPrices::rate);
        let rate = if Deliberate::EstimatesByOwnRate.is_made() { 0 } else { rate };
        let expected = || env.expected_cost(feature, rate);
        let terms = env.terms(self.plan);
        let rules = &terms.features[feature.index()];
        let guessed = match estimator(rules) {
            Some(Estimator::Exact) => return charged,
            Some(Estimator::Fixed(credits)) => *credits,
            Some(Estimator::Quantile(_)) => {
                rules.quantile_by_rate.get(usize::from(rate)).copied().unwrap_or_else(expected)
            }
            Some(Estimator::Expected) | None => expected(),
            Some(Estimator::History(rule)) => {
                let earlier = prices.and_then(|prices| prices.earlier(*rule));
                earlier.or_else(|| self.customer.estimate(feature, *rule, rate)).unwrap_or_else(expected)
            }
            Some(Estimator::Blur { bias, cv }) => blurred(cost, operation.blur, *bias, *cv),
        };
        to_be_charged(terms, rules, guessed)
    }

    /// One try to start an operation.
    pub(super) fn attempt(&mut self, env: &Env, slot: u32) {
        self.price_now(env, slot);
        let terms = env.terms(self.plan);
        let work = &self.flight[slot];
        let (arrived_as, serves, attempt) = (work.operation().feature, work.serves(), work.attempt());
        let feature = &terms.features[serves.index()];
        self.counts.attempted(arrived_as);
        self.begin_row(env, slot);
        if self.is_free(env, serves) {
            self.admit(env, slot, None);
            return;
        }
        if attempt == 1 && terms.alert_would_exceed && feature.notify {
            self.warn_would_exceed(env, slot);
        }
        self.try_now(env, slot);
    }

    /// The attempt as the feature that serves the operation now.
    pub(super) fn try_now(&mut self, env: &Env, slot: u32) {
        let terms = env.terms(self.plan);
        let work = &self.flight[slot];
        let Operation { feature: arrived_as, sequence, .. } = *work.operation();
        let (serves, attempt) = (work.serves(), work.attempt());
        let feature = &terms.features[serves.index()];
        if self.money.is_overdue() {
            return self.refuse(env, slot, Reason::Suspended, Credits::ZERO);
        }
        if self.gate.has_queue() && env.check(self.plan, serves).may_queue() {
            if let Some(head) = self.gate.head() {
                self.price_now(env, head);
            }
            let reason = self.reason_of_queue(env);
            self.join_queue(env, slot, reason);
            return;
        }
        if let Some(lacking) = self.waits_behind(env, slot) {
            self.queue_for_room(env, slot, lacking);
            return;
        }
        let is_out = env.outages.until(serves, self.timers.now()).is_some();
        if is_out && !Deliberate::OutagesIgnored.is_made() {
            self.refuse(env, slot, Reason::Outage, Credits::ZERO);
            return;
        }
        let drawn = || {
            let key = env.key_of(arrived_as);
            key.uniform(Purpose::Denial, u64::from(sequence), u64::from(attempt))
        };
        if !feature.denial.is_never() && feature.denial.holds(drawn()) {
            self.refuse(env, slot, Reason::Denial, Credits::ZERO);
            return;
        }
        self.top_up_before_check(env, slot);
        self.check_and_start(env, slot);
    }

    /// The caps on work in flight, the limits and the balance are asked, in this order; the first that turns an operation
    /// away decides what meets it.
    pub(super) fn check_and_start(&mut self, env: &Env, slot: u32) {
        let terms = env.terms(self.plan);
        let checked = self.check(env, slot);
        if checked == Check::Full {
            self.meet(env, slot, terms.at_max_in_flight, Reason::Concurrency, Credits::ZERO);
            return;
        }
        let mut checked = checked;
        if let Some(lacking) = self.stopped_by_limit(env, slot, checked) {
            let starts = matches!(checked, Check::Passes { .. }) || env.splits_charges;
            if !starts || !self.resets_instead(env, slot, lacking) {
                self.meet_limit(env, slot, lacking);
                return;
            }
            if env.splits_charges {
                checked = self.check(env, slot);
            }
        }
        match checked {
            Check::Passes { hold } => self.admit(env, slot, hold),
            Check::Full => {}
            Check::Short { need } => {
                let feature = &terms.features[self.flight[slot].serves().index()];
                let reaction = match feature.short {
                    WhenShort::Allow => feature.beyond_limit,
                    other => other,
                };
                self.note_lacking_ceilings(env, slot, None);
                self.meet(env, slot, reaction, Reason::Short, need);
            }
        }
    }

    pub(super) fn is_free(&self, env: &Env, feature: FeatureIndex) -> bool {
        env.facts(feature).free
    }

    /// What a failed check meets.
    fn meet(&mut self, env: &Env, slot: u32, reaction: WhenShort, reason: Reason, need: Credits) {
        match reaction {
            WhenShort::Allow => self.admit(env, slot, None),
            WhenShort::Reject => self.refuse(env, slot, reason, need),
            WhenShort::Degrade => self.degrade(env, slot, reason),
            WhenShort::Queue => self.join_queue(env, slot, reason),
            WhenShort::Fallback(other) => {
                if self.may_fall_back(slot, other) {
                    self.fall_back(env, slot, other);
                } else {
                    self.refuse(env, slot, reason, need);
                }
            }
        }
    }

    /// Whether an operation may start now.
    pub(super) fn check(&mut self, env: &Env, slot: u32) -> Check {
        let within = if env.splits_charges { self.check_within(env, slot) } else { None };
        let work = &self.flight[slot];
        let check = env.check(self.plan, work.serves());
        let found = within
            .unwrap_or_else(|| self.gate.check(check, work.serves(), self.views_for(slot), work.estimate()));
        if check.asks() && found != Check::Full { self.ask_rule(env, slot, found) } else { found }
    }

    /// An operation passes: its hold is opened and its work begins.
    pub(super) fn admit(&mut self, env: &Env, slot: u32, hold: Option<Credits>) {
        let phase = self.flight[slot].phase();
        if matches!(phase, Phase::Queued | Phase::Waiting) {
            self.restarted(slot);
        }
        if phase == Phase::Queued {
            self.queued_starts(env, slot);
        }
        self.stop_asking(slot);
        self.flight[slot].waits_no_more();
        self.take_shares(env, slot);
        if let Some(amount) = hold
            && let Some(rules) = hold_terms(self.feature_of(env, slot))
        {
            self.open_hold(env, slot, amount, rules);
        }
        self.count_start(env, slot);
        self.start(env, slot);
    }

    fn open_hold(&mut self, env: &Env, slot: u32, amount: Credits, rules: &HoldTerms) {
        let bounded = self.bind_to_shares(env, slot);
        let (hold, posting) = self.books.hold(self.timers.now(), self.whose(slot), amount, rules.pins_expiry);
        if bounded {
            // What is reserved has not been taken yet.
            self.books.unbound();
        }
        let plan = self.plan;
        let work = &mut self.flight[slot];
        work.hold_opens(hold, amount, plan);
        let (cause, operation) = (work.cause(), *work.operation());
        if let Some(timeout) = rules.timeout {
            // A simple operation that settles before the timeout needs no event for it.
            let settles_first = self.flight[slot].is_plain()
                && operation.duration <= timeout
                && rules.leak.is_never()
                && env.policy.never_changes()
                && env.terms(self.plan).metering_lag.is_zero();
            if !settles_first && !Deliberate::HoldsNeverTimeOut.is_made() {
                self.due_at(self.timers.now() + timeout, Class::HoldExpiry, slot, DueKind::HoldTimeout);
            }
        }
        self.follow_up(env, posting, Some(cause));
    }

    /// Served without AI: no charge, the value is lost.
    pub(super) fn degrade(&mut self, env: &Env, slot: u32, reason: Reason) {
        let feature = self.flight[slot].operation().feature;
        self.counts.degraded(feature);
        let meter = self.meter_of_reason(env, slot, reason);
        self.note_by(EntryKind::Degraded, slot, |note| Note { reason, meter, ..note });
        self.finish_row(slot, AttemptOutcome::Degraded);
        if reason == Reason::Short {
            self.buy_when_short(env, slot, Shortage::Degraded);
        }
        self.client_done(env, slot);
        self.free_slot(slot);
    }

    /// What holds the head of the queue up; limits are asked before the balance.
    fn reason_of_queue(&mut self, env: &Env) -> Reason {
        let Some(head) = self.gate.head() else { return Reason::None };
        let checked = self.check(env, head);
        match checked {
            Check::Full => Reason::Concurrency,
            Check::Short { .. } if self.stopped_by_limit(env, head, checked).is_none() => Reason::Short,
            Check::Short { .. } | Check::Passes { .. } => Reason::None,
        }
    }

    /// An operation waits its turn at the queue's tail.
    fn join_queue(&mut self, env: &Env, slot: u32, reason: Reason) {
        let terms = env.terms(self.plan);
        let full = self.gate.queue_len() >= terms.queue_max as usize;
        if full && !Deliberate::QueueNeverFull.is_made() {
            self.lose(env, slot, Reason::QueueFull);
            return;
        }
        self.flight[slot].queue();
        self.gate.join(slot);
        self.note_by(EntryKind::Queued, slot, |note| note);
        self.finish_row(slot, AttemptOutcome::Queued);
        self.begin_patience(env, slot, None);
        if let Some(until) = env.outages.until(self.flight[slot].serves(), self.timers.now()) {
            self.timers.schedule(until, (Class::Resume, 0, 0), TimerKind::Look);
        }
        if reason == Reason::Short {
            self.buy_when_short(env, slot, Shortage::Waits);
        }
    }

    /// An operation waits, for room in a limit or for its turn and credits: it gives up when its patience there is over, which is
    /// counted from its first wait.
    pub(super) fn begin_patience(&mut self, env: &Env, slot: u32, limit: Option<&UsageLimit>) {
        let (now, place) = (self.timers.now(), limit.map(|limit| limit.id));
        let (since, before) = self.flight[slot].first_wait(now, place);
        let until = before.unwrap_or_else(|| {
            let operation = self.flight[slot].operation();
            let key = env.key_of(operation.feature);
            let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 0);
            let patience = limit.map_or(&env.terms(self.plan).patience, |limit| &limit.patience);
            let patience = SimSpan::from_seconds_f64(patience.sample(&mut stream));
            let doubled = if Deliberate::PatienceDoubled.is_made() { patience } else { SimSpan::ZERO };
            since + patience + doubled
        });
        let until = until.max(now);
        self.flight[slot].has_patience_until(until, place);
        self.due_at(until, Class::Patience, slot, DueKind::Patience);
    }

    fn warn_would_exceed(&mut self, env: &Env, slot: u32) {
        let work = &self.flight[slot];
        let check = env.check(self.plan, work.serves());
        let (need, cause) = (check.exceeds_with(work.estimate()), work.cause());
        if self.views_for(slot).get(check.view()) < need {
            self.alerted(Reason::WouldExceed, Some(self.whose(slot)), None);
            self.buy_after_warning(
                env,
                PurchaseReason { lack: self.lack_of(slot, need), ..PurchaseReason::by(Some(cause)) },
            );
        }
    }

    /// A row of an operation that nobody checks or charges, for those who ask for it.
    fn keep_free(&mut self, env: &Env, operation: &Operation) {
        if !(env.detail.operations && env.detail.free) {
            return;
        }
        self.counts.keep_attempt(AttemptRow {
            feature: operation.feature.0,
            operation: operation.sequence,
            attempt: 1,
            member: operation.member,
            project: operation.project,
            plan: env.named(self.plan) as u16,
            arrived: operation.at,
            decided: operation.at,
            outcome: AttemptOutcome::Served,
            reason: Reason::None,
            estimate: None,
            cost: Credits::ZERO,
            charged: Credits::ZERO,
            ended: None,
        });
    }

    fn begin_row(&mut self, env: &Env, slot: u32) {
        if !env.detail.operations {
            return;
        }
        let work = &self.flight[slot];
        let (operation, serves) = (work.operation(), work.serves());
        let estimated = env.check(self.plan, serves).estimates();
        let row = AttemptRow {
            feature: operation.feature.0,
            operation: operation.sequence,
            attempt: work.attempt(),
            member: operation.member,
            project: operation.project,
            plan: env.named(self.plan) as u16,
            arrived: operation.at,
            decided: self.timers.now(),
            outcome: AttemptOutcome::InFlight,
            reason: Reason::None,
            estimate: estimated.then_some(work.estimate()),
            cost: work.cost(),
            charged: Credits::ZERO,
            ended: None,
        };
        let row = self.counts.keep_attempt(row).unwrap_or(0);
        self.flight[slot].set_row(row);
    }

    /// A queued operation starts after all.
    pub(super) fn reopen_row(&mut self, slot: u32) {
        let now = self.timers.now();
        if let Some(row) = self.row(slot) {
            row.outcome = AttemptOutcome::InFlight;
            row.decided = now;
            row.ended = None;
        }
    }

    pub(super) fn row(&mut self, slot: u32) -> Option<&mut AttemptRow> {
        self.counts.attempt_row(self.flight[slot].row())
    }

    pub(super) fn finish_row(&mut self, slot: u32, outcome: AttemptOutcome) {
        let (now, charged) = (self.timers.now(), self.flight[slot].charged());
        if let Some(row) = self.row(slot) {
            row.outcome = outcome;
            row.charged = charged;
            row.ended = Some(now);
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
