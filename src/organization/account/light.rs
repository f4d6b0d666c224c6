//! The short way of operations that need a check, a duration and one charge, and nothing else.
//!
//! Most operations of most policies are of this kind, so they carry three numbers instead of a whole `Work`. Invariant:
//! whoever takes the short way does exactly what the long way would have done; tests compare the two.

use crate::policy::{Admission, ChargeMoment, FeatureTerms, InFlight, Terms};
use crate::units::{Credits, FeatureIndex};
use crate::workload::{Fate, Operation};

use super::attempt::may_queue;
use super::env::{Env, room};
use super::events::{CLASS_MASK, Class, Due, DueKind, class_bits};
use super::state::State;

/// A simple operation in flight that nothing but its completion can end.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Light {
    cost: Credits,
    sequence: u32,
    feature: FeatureIndex,
}

/// Which features may take the short way under these terms: whatever would look into a `Work` forbids it.
pub(super) fn light_features(env: &Env, journal: bool) -> Vec<bool> {
    let looked_into = journal || env.world.detail.operations || env.policy.plans.len() > 1;
    let terms = env.terms(env.first_plan);
    let plain = !looked_into
        && terms.rounding.is_none()
        && terms.metering_lag.is_zero()
        && terms.max_in_flight.is_none()
        && !terms.alert_would_exceed;
    let allows = |(index, feature): (usize, &FeatureTerms)| {
        plain
            && env.world.features[index].provider_cost.is_none()
            && env.world.sources[index].reactive_clients(env.key, &env.traits) == 0
            && is_light(feature)
    };
    terms.features.iter().enumerate().map(allows).collect()
}

/// Features on the short way whose check looks at no estimate, so that none has to be made.
pub(super) fn without_estimate(env: &Env) -> Vec<bool> {
    let terms = env.terms(env.first_plan);
    let blind = |feature: &FeatureTerms| matches!(feature.admission, Admission::None | Admission::Positive);
    terms
        .features
        .iter()
        .zip(&env.looks_back)
        .map(|(feature, back)| blind(feature) && back.is_none())
        .collect()
}

fn is_light(feature: &FeatureTerms) -> bool {
    feature.charge == ChargeMoment::Completion
        && feature.in_flight == InFlight::Finish
        && feature.max_in_flight.is_none()
        && feature.minimum.is_zero()
        && feature.denial.is_never()
        && !matches!(feature.admission, Admission::Hold(_))
}

impl State {
    /// Starts an operation the short way; false if it has to take the long one.
    #[inline]
    pub(super) fn start_light(&mut self, env: &Env, operation: &Operation, estimate: Credits) -> bool {
        let feature = operation.feature;
        let simple = operation.part_count == 0 && operation.fate == Fate::Completes && !self.churned;
        if !self.light_features[feature.index()] || !simple {
            return false;
        }
        let terms = env.terms(self.plan);
        let rules = &terms.features[feature.index()];
        let queued = !self.queue.is_empty() && may_queue(terms, rules);
        if queued || env.outages.until(feature, self.now).is_some() || !self.passes(terms, rules, estimate) {
            return false;
        }
        self.tally.features[feature.index()].attempts += 1;
        self.in_flight_changes();
        self.in_flight += 1;
        self.tally.in_flight_max = self.tally.in_flight_max.max(self.in_flight);
        self.in_flight_of[feature.index()] += 1;
        self.light_in_flight[feature.index()] += 1;
        let at = self.now + operation.duration;
        if at < env.world.end {
            let light = Light { cost: operation.cost, sequence: operation.sequence, feature };
            let slot = self.take_light(light);
            let order = super::events::order_of(Class::Charge, feature.0, operation.sequence, 0);
            self.due.push(Due { at, order, slot, generation: 0, what: DueKind::Light });
        }
        true
    }

    fn take_light(&mut self, light: Light) -> u32 {
        match self.free_light.pop() {
            Some(slot) => {
                self.light[slot as usize] = light;
                slot
            }
            None => {
                self.light.push(light);
                u32::try_from(self.light.len() - 1).expect("fewer than 2^32 operations alive")
            }
        }
    }

    #[inline]
    fn passes(&self, terms: &Terms, rules: &FeatureTerms, estimate: Credits) -> bool {
        let need = match &rules.admission {
            Admission::None => return true,
            Admission::Positive => Credits::EPSILON,
            Admission::Estimate(_) => estimate,
            Admission::Hold(_) => return false,
        };
        room(terms, rules).is_none_or(|room| self.views(terms).get(rules.view) + room >= need)
    }

    /// Class 5 of a completion: the charge; then class 7, at once unless something else of this instant comes first.
    pub(super) fn light_due(&mut self, env: &Env, due: Due) {
        let Light { cost, sequence, feature } = self.light[due.slot as usize];
        if !self.burn_quickly(feature, cost) {
            self.charge_slowly(env, feature, sequence, cost);
        }
        let order = (due.order & !CLASS_MASK) | class_bits(Class::Work);
        if self.others_now(order) {
            self.due.push(Due { order, what: DueKind::LightEnd, ..due });
        } else {
            self.light_ends(due.slot);
        }
    }

    /// Class 7 of a completion.
    pub(super) fn light_ends(&mut self, slot: u32) {
        let Light { cost, feature, .. } = self.light[slot as usize];
        self.free_light.push(slot);
        self.in_flight_changes();
        self.in_flight -= 1;
        self.in_flight_of[feature.index()] -= 1;
        self.light_in_flight[feature.index()] -= 1;
        let tally = &mut self.tally.features[feature.index()];
        tally.served += 1;
        tally.due_credits += cost;
        self.ended_charged += cost;
        if let Some(since) = self.refusals.episode.take() {
            self.tally.customer.restores.record((self.now - since).micros());
        }
        self.resume |= !self.queue.is_empty();
    }

    /// Takes a charge out of the first lot if that crosses nothing and ends nothing.
    #[inline]
    fn burn_quickly(&mut self, feature: FeatureIndex, cost: Credits) -> bool {
        let undisturbed = self.unrecorded.is_zero() && !self.watch_stale;
        if !undisturbed || self.ledger.remaining() - cost <= self.watch {
            return false;
        }
        let Some((category, rolled)) = self.ledger.burn_first(cost) else { return false };
        self.tally.credits.burned[category.index()] += cost;
        if rolled {
            self.tally.credits.rolled_over_used += cost;
        }
        self.tally.features[feature.index()].charged_credits += cost;
        self.cycle.row.burned += cost;
        self.cycle.row.charged += cost;
        true
    }

    /// The charge by the long way, with a `Work` for as long as it takes.
    #[cold]
    fn charge_slowly(&mut self, env: &Env, feature: FeatureIndex, sequence: u32, cost: Credits) {
        let slot = self.take_slot();
        let operation = Operation { at: self.now, cost, feature, sequence, ..Operation::default() };
        self.work[slot as usize].begin(&operation, &[], Credits::ZERO, 0);
        self.record(env, slot, cost, true, 0);
        self.free_slot(slot);
    }
}
