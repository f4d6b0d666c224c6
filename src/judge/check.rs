//! An attempt to start an operation, its estimate and its check (docs/semantics.md §6.1 to §6.5).

use crate::policy::{
    Admission, ChargeMoment, Estimator, FeatureTerms, HistoryEstimate, HoldNeed, InFlight, WhenShort,
};
use crate::sampling::{Purpose, exp};
use crate::units::{Credits, FeatureIndex, round_half_up};
use crate::workload::PartKind;

use super::account::Judged;
use super::facts::{EntryKind, Reason};
use super::limits_check::RoomNeed;
use super::work::{JudgedWork, Stands};

/// A surcharge, rounded half-up to a micro-credit (docs/semantics.md §6.2).
pub(super) fn with_buffer(credits: Credits, buffer: f64) -> Credits {
    if buffer == 0.0 { credits } else { Credits::from_f64(credits.as_f64() * (1.0 + buffer)) }
}

impl Judged<'_> {
    /// Demand arrives (docs/semantics.md §1.4, §1.5, §9.2).
    pub fn arrives(&mut self, work: usize) {
        let feature = self.work[work].operation.feature;
        if self.case.features[feature.index()].free {
            return;
        }
        let rate = self.rate(feature);
        self.price_by(work, rate);
        let cost = self.work[work].cost();
        self.work[work].cost_at_arrival = cost;
        let fact = self.fact_of(work, EntryKind::Demanded).of(cost);
        self.say(fact);
        self.work[work].estimate = self.estimate(work, feature);
        self.work[work].arrived = true;
        if self.churned {
            self.lose(work, Reason::Churned);
            return;
        }
        self.attempt(work);
    }

    /// The estimator of a feature's check.
    fn estimator(rules: &FeatureTerms) -> Option<&Estimator> {
        match &rules.admission {
            Admission::None | Admission::Positive => None,
            Admission::Estimate(estimator) => Some(estimator),
            Admission::Hold(hold) => Some(&hold.estimate),
        }
    }

    /// What an operation is guessed to be charged as it is tried (docs/semantics.md §6.5).
    pub fn estimate(&mut self, work: usize, feature: FeatureIndex) -> Option<Credits> {
        self.work[work].earlier = self.arrivals_of(feature).count();
        self.estimate_from_the_same(work)
    }

    /// The estimate by the rules of now, from the arrivals before the first (docs/semantics.md §6.5, §13.6).
    pub fn estimate_from_the_same(&self, work: usize) -> Option<Credits> {
        let feature = self.work[work].serving;
        let rules = &self.terms().features[feature.index()];
        let expected = self.expected(feature);
        let guess = match Self::estimator(rules) {
            Some(Estimator::Exact) => return Some(self.charged_in_full(work, rules)),
            Some(Estimator::Fixed(credits)) => *credits,
            Some(Estimator::Quantile(_)) => {
                rules.quantile_by_rate.get(self.rate(feature)).copied().unwrap_or(expected)
            }
            Some(Estimator::Expected) | None => expected,
            Some(Estimator::History(which)) => self.history_estimate(work, *which).unwrap_or(expected),
            Some(Estimator::Blur { bias, cv }) => {
                let variance = libm::log1p(cv * cv);
                let normal = f64::from(self.work[work].operation.blur);
                let error = exp(libm::sqrt(variance) * normal - variance / 2.0);
                let micros = self.work[work].cost().micros() as f64 * (1.0 + bias) * error;
                Credits::from_micros(round_half_up(micros.max(0.0), 1.0))
            }
        };
        Some(self.rounded(guess.max(rules.minimum)))
    }

    /// What has arrived of a feature, in order.
    fn arrivals_of(&self, feature: FeatureIndex) -> impl Iterator<Item = &JudgedWork> {
        self.work.iter().filter(move |other| other.arrived && other.operation.feature == feature)
    }

    /// True costs of the organization's earlier arrivals of the feature, by the rate in force.
    fn history_estimate(&self, work: usize, which: HistoryEstimate) -> Option<Credits> {
        let serving = self.work[work].serving;
        let (rate, earlier) = (self.rate(serving), self.arrivals_of(serving).take(self.work[work].earlier));
        let costs: Vec<Credits> = earlier.map(|other| other.asked_prices.whole(rate)).collect();
        match which {
            HistoryEstimate::First => costs.first().copied(),
            HistoryEstimate::Last => costs.last().copied(),
            HistoryEstimate::Mean(count) => {
                let last = &costs[costs.len().saturating_sub(count as usize)..];
                let sum: Credits = last.iter().copied().sum();
                (!last.is_empty()).then(|| sum.scale_floor(1, last.len() as i64))
            }
        }
    }

    /// What the operation is charged if it completes, charge by charge (docs/semantics.md §6.5).
    fn charged_in_full(&self, work: usize, rules: &FeatureTerms) -> Credits {
        let state = &self.work[work];
        let owed = state.cost().max(rules.minimum);
        let Some(rounding) = self.terms().rounding.filter(|rounding| rounding.per_charge) else {
            return self.rounded(owed);
        };
        let (mut charged, mut incurred, mut finished) = (Credits::ZERO, Credits::ZERO, Credits::ZERO);
        let mut charge = |owed: Credits| {
            if owed > incurred {
                charged += rounding.apply(owed - incurred);
                incurred = owed;
            }
        };
        match rules.charge {
            ChargeMoment::Start => charge(state.cost()),
            ChargeMoment::Completion => {}
            moment => {
                for (index, part) in state.parts.iter().enumerate() {
                    if part.kind == PartKind::Review && moment == ChargeMoment::Segment {
                        charge(finished);
                    }
                    finished += part.cost;
                    let more = index + 1 < state.parts.len();
                    if part.kind == PartKind::Work && moment == ChargeMoment::Step && more {
                        charge(finished);
                    }
                }
            }
        }
        charge(owed);
        charged
    }

    /// What the check needs (docs/semantics.md §6.2, §6.3).
    pub fn need(&self, work: usize) -> Credits {
        match &self.rules_of(work).admission {
            Admission::None => Credits::from_micros(i64::MIN / 4),
            Admission::Positive => Credits::EPSILON,
            Admission::Estimate(_) => self.work[work].estimate.unwrap_or(Credits::ZERO),
            Admission::Hold(hold) if hold.need == HoldNeed::Positive => Credits::EPSILON,
            Admission::Hold(hold) => {
                with_buffer(self.work[work].estimate.unwrap_or(Credits::ZERO), hold.buffer)
            }
        }
    }

    /// view + L ≥ need (docs/semantics.md §6.2).
    pub fn passes(&self, work: usize, need: Credits) -> bool {
        self.rules_of(work).admission == Admission::None || self.finds(work, need)
    }

    /// A new check for an addition to a hold (docs/semantics.md §6.16).
    pub fn extension_passes(&self, work: usize, addition: Credits) -> bool {
        let positive = self.hold_terms(work).is_some_and(|terms| terms.need == HoldNeed::Positive);
        self.finds(work, if positive { Credits::EPSILON } else { addition })
            && self
                .limits_have_room_for(work, if positive { RoomNeed::Any } else { RoomNeed::Much(addition) })
    }

    /// One try to start an operation (docs/semantics.md §6.1).
    pub fn attempt(&mut self, work: usize) {
        self.work[work].attempt += 1;
        self.work[work].stands = Stands::Tries;
        if self.case.features[self.work[work].serving.index()].free {
            self.start(work);
            return;
        }
        self.price_now(work);
        if self.work[work].attempt == 1 {
            self.warn_would_exceed(work);
        }
        if self.is_suspended() {
            self.refuse(work, Reason::Suspended);
            return;
        }
        self.tries(work);
    }

    /// The attempt as the feature that serves it now.
    pub fn tries(&mut self, work: usize) {
        if !self.queue.line.is_empty() && self.may_queue(work) {
            self.join_queue(work);
            return;
        }
        if let Some(place) = self.queues_behind(work) {
            self.join_limit_queue(work, place);
            return;
        }
        let (feature, now) = (self.work[work].serving, self.now);
        if (self.case.outage)(feature, now).is_some() {
            self.refuse(work, Reason::Outage);
            return;
        }
        let operation = self.work[work].operation;
        let attempt = u64::from(self.work[work].attempt);
        let uniform =
            self.key_of(operation.feature).uniform(Purpose::Denial, u64::from(operation.sequence), attempt);
        if self.rules_of(work).denial.holds(uniform) {
            self.refuse(work, Reason::Denial);
            return;
        }
        self.look_at_checks(work);
        match self.stopped(work) {
            None => self.admit(work),
            Some(stop) => self.meets(work, stop),
        }
    }

    /// What meets an operation for which the caps of operations in flight are full (docs/semantics.md §6.4).
    pub fn cap_is_full(&self, work: usize) -> Option<(WhenShort, Reason)> {
        let terms = self.terms();
        let rules = self.rules_of(work);
        let serving = self.work[work].serving;
        let in_flight = |of: Option<FeatureIndex>| {
            let counts = |other: &&JudgedWork| {
                other.stands == Stands::InFlight && of.is_none_or(|feature| other.serving == feature)
            };
            self.work.iter().filter(counts).count()
        };
        let full = terms.max_in_flight.is_some_and(|most| in_flight(None) >= most as usize)
            || rules.max_in_flight.is_some_and(|most| in_flight(Some(serving)) >= most as usize);
        if full && terms.at_max_in_flight != WhenShort::Allow {
            return Some((terms.at_max_in_flight, Reason::Concurrency));
        }
        None
    }

    /// What meets an operation whose check fails (docs/semantics.md §6.4).
    pub fn short_of_credits(&self, work: usize) -> (WhenShort, Reason) {
        let rules = self.rules_of(work);
        let reaction = if rules.short == WhenShort::Allow { rules.beyond_limit } else { rules.short };
        (reaction, Reason::Short)
    }

    /// An operation passes its check.
    pub fn admit(&mut self, work: usize) {
        if self.work[work].stands == Stands::Queued {
            self.has_its_turn(work);
        }
        self.take_shares(work);
        if let Some(terms) = self.hold_terms_of_now(work) {
            let amount = with_buffer(self.work[work].estimate.unwrap_or(Credits::ZERO), terms.buffer);
            self.work[work].stands = Stands::InFlight;
            self.open_hold(work, amount, terms);
        }
        self.start(work);
    }

    /// Served without AI (docs/semantics.md §6.4, §7.2).
    pub fn degrade(&mut self, work: usize, reason: Reason) {
        self.work[work].stands = Stands::Tries;
        let fact = self.fact_of(work, EntryKind::Degraded).because(reason);
        self.say(fact);
        self.client_thinks(work);
        if reason == Reason::Short {
            self.buy_when_degraded(work);
        }
        self.work[work].stands = Stands::Ended;
    }

    /// True if work of this feature is stopped by a kill.
    pub fn is_killable(&self, work: usize) -> bool {
        matches!(self.rules_of(work).in_flight, InFlight::Kill(_))
    }
}
