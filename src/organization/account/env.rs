//! What one account reads and never changes.

use std::sync::Arc;

use crate::policy::{Admission, Customers, FeatureTerms, Policy, Terms, WhenShort};
use crate::sampling::StreamKey;
use crate::units::{Credits, FeatureIndex, OrganizationId, PolicyIndex, SimTime};
use crate::workload::Traits;

use super::super::{FeatureFacts, Outages, World};

/// Read-only surroundings of one account.
#[derive(Debug)]
pub(super) struct Env {
    pub(super) world: Arc<World>,
    pub(super) policy: Arc<Policy>,
    pub(super) outages: Arc<Outages>,
    pub(super) key: StreamKey,
    /// Key of (organization, feature), in file order.
    pub(super) feature_keys: Vec<StreamKey>,
    pub(super) traits: Traits,
    /// Life begins: the later of sign-up and the start of the horizon.
    pub(super) birth: SimTime,
    /// First plan (index into the policy's plans).
    pub(super) first_plan: usize,
}

impl Env {
    pub(super) fn new(
        world: Arc<World>,
        policy: PolicyIndex,
        key: StreamKey,
        traits: &Traits,
        outages: Arc<Outages>,
    ) -> Env {
        let policy = Arc::clone(&world.policies[policy.index()]);
        let feature_keys = world.features.iter().map(|feature| key.name(&feature.name)).collect();
        let birth = traits.signed_up.max(world.start);
        let first_plan = pick_plan(&policy, traits);
        Env { policy, outages, key, feature_keys, traits: traits.clone(), birth, first_plan, world }
    }

    pub(super) fn terms(&self, plan: usize) -> &Terms {
        &self.policy.plans[plan]
    }

    pub(super) fn customers(&self) -> &Customers {
        &self.world.cohorts[self.traits.id.cohort.index()]
    }

    pub(super) fn facts(&self, feature: FeatureIndex) -> &FeatureFacts {
        &self.world.features[feature.index()]
    }

    pub(super) fn key_of(&self, feature: FeatureIndex) -> StreamKey {
        self.feature_keys[feature.index()]
    }

    pub(super) fn id(&self) -> OrganizationId {
        self.traits.id
    }
}

/// One uniform picks the plan by weight, alike under every policy.
fn pick_plan(policy: &Policy, traits: &Traits) -> usize {
    let Some(shares) = policy.plan_shares.get(traits.id.cohort.index()) else { return 0 };
    let total: f64 = shares.iter().map(|(_, weight)| weight).sum();
    let mut left = traits.plan_uniform * total;
    for (plan, weight) in shares {
        if left < *weight {
            return *plan;
        }
        left -= weight;
    }
    shares.last().map_or(0, |(plan, _)| *plan)
}

/// Room below zero that a check grants: the overdraft's limit if `short = allow`, else nothing; `None` is unlimited.
pub(super) fn room(terms: &Terms, feature: &FeatureTerms) -> Option<Credits> {
    match feature.short {
        WhenShort::Allow => terms.overdraft.limit,
        _ => Some(Credits::ZERO),
    }
}

/// `amount · (1 + buffer)`, rounded half-up to a micro-credit.
pub(super) fn buffered(amount: Credits, buffer: f64) -> Credits {
    if buffer == 0.0 {
        return amount;
    }
    amount + Credits::from_micros(crate::units::round_half_up(amount.micros() as f64 * buffer, 1.0))
}

/// What the check of a feature needs for its expected cost; `None` without a check or with unlimited room.
pub(super) fn blocking_view(terms: &Terms, feature: &FeatureTerms, facts: &FeatureFacts) -> Option<Credits> {
    if facts.free {
        return None;
    }
    let need = match &feature.admission {
        Admission::None => return None,
        Admission::Positive => Credits::EPSILON,
        Admission::Estimate(_) => facts.expected_cost,
        Admission::Hold(hold) => buffered(facts.expected_cost, hold.buffer),
    };
    room(terms, feature).map(|room| need - room)
}
