//! An organization's accounts before the judge: what it asked for is written down beside its course, and at the end every account
//! whose journal was heard is held to docs/semantics.md by `judge`.
//!
//! Owns what was asked for. Leaves the rules to `judge`. Invariant: an organization that nobody judges writes nothing down.

use std::sync::Arc;

use crate::judge::{AskedOperation, JudgeCase, JudgeFeature, MOST_OPERATIONS, compare, judge, not_judged};
use crate::outcome::Entry;
use crate::sampling::StreamKey;
use crate::units::{FeatureIndex, PolicyIndex, SimTime};
use crate::workload::{Batch, Traits};

use super::{FeatureFacts, LawViolation, Outages, World};

/// What the judge must know besides the journals.
#[derive(Debug)]
pub(super) struct Judging {
    key: StreamKey,
    outages: Arc<Outages>,
    asked: Vec<AskedOperation>,
    /// Operations of each feature that have been written down.
    taken: Vec<u32>,
}

/// What the judge must know of the features of a world.
#[must_use]
pub fn judged_features(world: &World) -> Vec<JudgeFeature<'_>> {
    let judged = |(facts, source)| {
        let FeatureFacts { name, free, expected_cost, .. }: &FeatureFacts = facts;
        JudgeFeature { name, free: *free, expected_cost: *expected_cost, source }
    };
    world.features.iter().zip(world.sources.iter().map(AsRef::as_ref)).map(judged).collect()
}

impl Judging {
    pub(super) fn new(key: StreamKey, outages: &Arc<Outages>, features: usize) -> Judging {
        Judging { key, outages: Arc::clone(outages), asked: Vec::new(), taken: vec![0; features] }
    }

    /// Writes down what of a batch is new.
    pub(super) fn hear(&mut self, feature: FeatureIndex, batch: &Batch) {
        // Of more the judge says nothing.
        if self.asked.len() > MOST_OPERATIONS {
            return;
        }
        let taken = &mut self.taken[feature.index()];
        for operation in batch.operations.iter().filter(|operation| operation.sequence >= *taken) {
            self.asked
                .push(AskedOperation { operation: *operation, parts: batch.parts_of(operation).to_vec() });
        }
        *taken = batch.operations.last().map_or(*taken, |last| (*taken).max(last.sequence + 1));
    }

    /// Everything that was asked for is in order.
    pub(super) fn sort(&mut self) {
        self.asked
            .sort_by_key(|asked| (asked.operation.at, asked.operation.feature, asked.operation.sequence));
    }

    /// Holds the journal of the account under a policy to the rules.
    ///
    /// # Errors
    /// The first fact in which the two differ.
    pub(super) fn judge(
        &self,
        world: &World,
        traits: &Traits,
        policy: PolicyIndex,
        journal: &[Entry],
    ) -> Result<(), LawViolation> {
        // What the user's own rule says stands on no page.
        if world.rules.contains_key(&policy) {
            return Ok(());
        }
        let features = judged_features(world);
        let outage = |feature: FeatureIndex, at: SimTime| self.outages.until(feature, at);
        let policy = &world.policies[policy.index()];
        let case = JudgeCase {
            start: world.start,
            end: world.end,
            measure_from: world.measure_from,
            zone: &world.zone,
            features: &features,
            policy,
            customers: &world.cohorts[traits.id.cohort.index()],
            traits,
            key: self.key,
            outage: &outage,
            demand: &self.asked,
        };
        if not_judged(&case).is_some() {
            return Ok(());
        }
        compare(&judge(&case), journal).map_or(Ok(()), |difference| {
            Err(LawViolation {
                policy: policy.name.clone(),
                organization: world.name_of(traits.id, &traits.label),
                at: difference.at,
                what: format!("the rules of docs/semantics.md and the account part:\n{difference}"),
            })
        })
    }
}
