//! An organization's accounts before the judge: what it asked for is written down beside its course, and at the end every account
//! whose journal was heard is held to docs/semantics.md by `judge`.
//!
//! Owns what was asked for, and how many accounts were judged. Leaves the rules to `judge`. Invariants: an organization that nobody
//! judges writes nothing down; nothing of it reaches a result.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use crate::judge::{
    AskedOperation, CountedEnd, JudgeCase, JudgeFeature, LotLeft, MOST_OPERATIONS, compare, compare_ends,
    judge, not_judged,
};
use crate::outcome::{Entry, Tally};
use crate::policy::Terms;
use crate::sampling::{Dist, StreamKey};
use crate::units::{FeatureIndex, PolicyIndex, SimTime};
use crate::workload::{Batch, Traits};

use super::{FeatureFacts, LawViolation, Outages, World};

/// What is said of accounts whose admission the user's own code decides.
const OWN_RULE: &str = "rules of the user's own";

/// What is said of accounts that only `--audit` holds to the rules.
const LEFT_TO_AUDIT: &str = "left to --audit";

/// Most operations of an account that is judged though nobody has asked for it.
const MOST_UNASKED: usize = 1_000;

/// How many accounts of a run were judged, and how many were not and why.
#[derive(Debug, Default)]
pub struct JudgedAccounts(Mutex<BTreeMap<Option<&'static str>, u64>>);

impl JudgedAccounts {
    /// One was judged, or was not for a reason.
    fn count(&self, why_not: Option<&'static str>) {
        // A number that is there is right, whoever has panicked elsewhere.
        let mut counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *counts.entry(why_not).or_default() += 1;
    }

    /// Accounts that agreed with the judge.
    #[must_use]
    pub fn judged(&self) -> u64 {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&None).copied().unwrap_or(0)
    }

    /// Accounts that were not judged, by reason, most first.
    #[must_use]
    pub fn not_judged(&self) -> Vec<(&'static str, u64)> {
        let counts = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let mut found: Vec<_> = counts.iter().filter_map(|(why, count)| Some(((*why)?, *count))).collect();
        found.sort_by_key(|(_, count)| std::cmp::Reverse(*count));
        found
    }
}

/// What the judge must know besides the journals.
#[derive(Debug)]
pub(super) struct Judging {
    key: StreamKey,
    outages: Arc<Outages>,
    asked: Vec<AskedOperation>,
    /// Operations of each feature that have been written down.
    taken: Vec<u32>,
}

/// What an account tells of itself at its end.
#[derive(Debug, Clone, Copy)]
pub(super) struct EndedAccount<'a> {
    /// What happened, entry by entry; no journal is one that was not kept.
    pub(super) journal: Option<&'a [Entry]>,
    /// What it counted.
    pub(super) tally: &'a Tally,
    /// Lots with something left.
    pub(super) lots: &'a [LotLeft],
}

/// What the judge must know of the features of a world.
#[must_use]
pub fn judged_features(world: &World) -> Vec<JudgeFeature<'_>> {
    let judged = |(facts, source)| {
        let FeatureFacts { name, free, expected_cost, expected_by_rate, .. }: &FeatureFacts = facts;
        JudgeFeature { name, free: *free, expected_cost: *expected_cost, expected_by_rate, source }
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
        let new = batch.operations.iter().enumerate().filter(|(_, operation)| operation.sequence >= *taken);
        self.asked.extend(new.map(|(place, _)| AskedOperation::of(batch, place)));
        *taken = batch.operations.last().map_or(*taken, |last| (*taken).max(last.sequence + 1));
    }

    /// Everything that was asked for is in order.
    pub(super) fn sort(&mut self) {
        self.asked
            .sort_by_key(|asked| (asked.operation.at, asked.operation.feature, asked.operation.sequence));
    }

    /// True if more was asked for than the judge goes through: nobody has to keep a journal any more.
    pub(super) fn has_too_much(&self) -> bool {
        self.asked.len() > MOST_OPERATIONS
    }

    /// Holds what the account under a policy tells to the rules.
    ///
    /// # Errors
    /// The first fact in which the two differ, or the first thing that is otherwise at the end.
    pub(super) fn judge(
        &self,
        world: &World,
        traits: &Traits,
        policy: PolicyIndex,
        told: EndedAccount<'_>,
    ) -> Result<(), LawViolation> {
        let EndedAccount { journal, tally, lots } = told;
        let features = judged_features(world);
        let outage = |feature: FeatureIndex, at: SimTime| self.outages.until(feature, at);
        // What the user's own rule says stands on no page.
        let own_rule = world.rules.contains_key(&policy).then_some(OWN_RULE);
        let policy = &world.policy_of(policy, traits);
        let customers = world.customers_of(traits);
        let case = JudgeCase {
            start: world.start,
            end: world.end,
            measure_from: world.measure_from,
            zone: &world.zone,
            features: &features,
            policy,
            customers: &customers,
            traits,
            key: self.key,
            outage: &outage,
            demand: &self.asked,
        };
        let long = journal.is_none().then_some("accounts of long journals");
        let unasked = (!world.detail.audit && !is_settled(&case)).then_some(LEFT_TO_AUDIT);
        let why_not = own_rule.or_else(|| not_judged(&case)).or(unasked).or(long);
        world.judged.count(why_not);
        let Some(journal) = journal.filter(|_| why_not.is_none()) else { return Ok(()) };
        let findings = judge(&case);
        let violation = |at: SimTime, what: String| LawViolation {
            policy: policy.name.clone(),
            organization: world.name_of(traits.id, &traits.label),
            at,
            what: format!("the rules of docs/semantics.md and the account part:\n{what}"),
        };
        if let Some(difference) = compare(&findings.facts, journal) {
            return Err(violation(difference.at, difference.to_string()));
        }
        let cycles = tally.detail.as_ref().map(|detail| detail.cycles.as_slice());
        let counted = CountedEnd { tally, lots, cycles };
        compare_ends(&findings, counted, &features).map_or(Ok(()), |what| Err(violation(world.end, what)))
    }
}

/// True of kinds on which judge and account agree in every random case: a run that nobody has asked to audit holds these alone to the
/// rules, so that it does not end over a sentence that can be read in two ways; and none that would take long (docs/trust.md).
fn is_settled(case: &JudgeCase<'_>) -> bool {
    let short = case.demand.len() <= MOST_UNASKED;
    short && case.policy.never_changes() && case.policy.plans.iter().all(has_settled_terms)
}

fn has_settled_terms(terms: &Terms) -> bool {
    let late = terms.metering_lag != Dist::Fixed(0.0);
    let dated = terms.subscription.as_ref().is_some_and(|subscription| !subscription.dated.is_empty())
        || terms.packages.iter().any(|package| !package.when.is_always());
    !late && !dated && !terms.falls_back() && terms.limits.is_empty() && terms.rates.is_empty()
}
