//! The merged result of one replication: every policy, every scope, no organization kept.

use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Serialize};

use crate::deliberate::Deliberate;
use crate::units::{OrganizationId, SimTime};

use super::{
    ChangesBySize, CustomerSide, LimitBooks, MonthBooks, OrganizationChange, OverspendByPeak, Tally,
    Timeline, Totals, WEEK_HOURS, WeekHours,
};

/// Room that a packed outcome gets to begin with (bytes), so that it seldom moves while it grows.
const PACKED_BYTES: usize = 1 << 16;

/// Names and instants that give the numbers of a run their meaning.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct RunShape {
    /// Names of the policies, in file order.
    pub policies: Vec<String>,
    /// Names of the plans of all policies, each once.
    pub plan_names: Vec<String>,
    /// Names of the plans of each policy.
    pub plans: Vec<Vec<String>>,
    /// Where they stand among the names of all.
    pub plan_places: Vec<Vec<usize>>,
    /// The policy the others are compared with, in file order.
    pub baseline: usize,
    /// Names of the cohorts, in file order.
    pub cohorts: Vec<String>,
    /// Names of the features, in file order.
    pub features: Vec<String>,
    /// Outcomes count from here.
    pub measure_from: SimTime,
    /// Instants of the timeline, ascending.
    pub instants: Vec<SimTime>,
    /// ISO code of the currency; without one no outcome of money is available.
    pub currency: Option<String>,
    /// Per feature: names of the quantities of its operations.
    pub quantities: Vec<Vec<String>>,
    /// Per policy: names of its limits.
    pub limits: Vec<Vec<String>>,
    /// Names of groups of members, by their numbers.
    pub groups: Vec<String>,
    /// Name of the zone whose clocks show hours of the day; empty for UTC.
    pub zone: String,
}

/// Over which organizations and features an outcome is summed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Scope {
    /// Everything.
    All,
    /// The organizations of a cohort, by its index.
    Cohort(usize),
    /// One feature over all organizations, by its index.
    Feature(usize),
    /// The organizations that begin on a plan, by its index among the plans of all policies.
    Plan(usize),
}

impl RunShape {
    /// Every scope: `all`, the cohorts, the features, and the plans if there are several.
    pub fn scopes(&self) -> impl Iterator<Item = Scope> + '_ {
        let cohorts = (0..self.cohorts.len()).map(Scope::Cohort);
        let features = (0..self.features.len()).map(Scope::Feature);
        let plans = (0..self.told_plans()).map(Scope::Plan);
        std::iter::once(Scope::All).chain(cohorts).chain(features).chain(plans)
    }

    /// Plans that are told apart: none if all organizations are on the same.
    fn told_plans(&self) -> usize {
        if self.plan_names.len() > 1 { self.plan_names.len() } else { 0 }
    }

    /// A policy's plan by its name; none of another shape.
    #[must_use]
    pub fn plan_name(&self, policy: usize, plan: usize) -> &str {
        self.plans.get(policy).and_then(|plans| plans.get(plan)).map_or("", String::as_str)
    }

    /// `all`, `cohort:NAME`, `feature:NAME` or `plan:NAME`; a scope of another shape has no name.
    #[must_use]
    pub fn scope_name(&self, scope: Scope) -> String {
        let named = |kind: &str, names: &[String], index: usize| {
            format!("{kind}:{}", names.get(index).map_or("?", String::as_str))
        };
        match scope {
            Scope::All => "all".to_owned(),
            Scope::Cohort(index) => named("cohort", &self.cohorts, index),
            Scope::Feature(index) => named("feature", &self.features, index),
            Scope::Plan(index) => named("plan", &self.plan_names, index),
        }
    }

    /// The scope of a name as a threshold writes it; `None` if there is none of that name.
    #[must_use]
    pub fn scope(&self, name: &str) -> Option<Scope> {
        self.scopes().find(|&scope| self.scope_name(scope) == name)
    }

    /// `COHORT/NUMBER`, or `COHORT/LABEL` for an organization from a usage history.
    #[must_use]
    pub fn organization_name(&self, organization: &OrganizationOutcome) -> String {
        OrganizationName { shape: self, organization }.to_string()
    }
}

/// Writes an organization's name without an allocation of its own.
struct OrganizationName<'a> {
    shape: &'a RunShape,
    organization: &'a OrganizationOutcome,
}

impl fmt::Display for OrganizationName<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let OrganizationOutcome { id, label, .. } = self.organization;
        let cohort = self.shape.cohorts.get(id.cohort.index()).map_or("?", String::as_str);
        if label.is_empty() { write!(f, "{cohort}/{}", id.number) } else { write!(f, "{cohort}/{label}") }
    }
}

/// What all accounts of one organization did in one replication.
#[derive(Debug, Clone, Default)]
pub struct OrganizationOutcome {
    /// The organization.
    pub id: OrganizationId,
    /// Its label (for organizations from a usage history); else empty.
    pub label: String,
    /// One tally a policy, in file order.
    pub tallies: Vec<Tally>,
}

/// One replication's result over all organizations folded into it; its size does not depend on their number.
///
/// Folding and merging are sums of integers: any order and any grouping give the same value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Outcome {
    shape: Arc<RunShape>,
    /// One a policy, in file order.
    policies: Vec<PolicyOutcome>,
}

/// One policy's part of an outcome.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
struct PolicyOutcome {
    /// One a cohort, in file order.
    cohorts: Vec<Totals>,
    /// One a plan that is told apart, in the order of their names.
    plans: Vec<Totals>,
    timeline: Timeline,
    /// Against the baseline; nothing for the baseline itself.
    changes: ChangesBySize,
    /// Money by month and plan.
    months: MonthBooks,
    /// What limits met.
    limits: LimitBooks,
    /// Refused operations by hour of the week.
    refused_hours: WeekHours,
    /// Overspend by operations in flight at once.
    peaks: OverspendByPeak,
}

impl Outcome {
    /// Nothing happened yet.
    #[must_use]
    pub fn new(shape: Arc<RunShape>) -> Self {
        let policy = PolicyOutcome {
            cohorts: vec![Totals::default(); shape.cohorts.len()],
            plans: vec![Totals::default(); shape.told_plans()],
            timeline: Timeline::default(),
            changes: ChangesBySize::default(),
            months: MonthBooks::default(),
            limits: LimitBooks::default(),
            refused_hours: WeekHours::default(),
            peaks: OverspendByPeak::default(),
        };
        let policies = vec![policy; shape.policies.len()];
        Outcome { shape, policies }
    }

    /// The names behind the numbers.
    #[must_use]
    pub fn shape(&self) -> &Arc<RunShape> {
        &self.shape
    }

    /// Adds one organization.
    pub fn fold(&mut self, organization: &OrganizationOutcome) {
        let cohort = organization.id.cohort.index();
        let baseline = self.shape.baseline;
        let several = organization.tallies.len() > 1;
        let before = organization.tallies.get(baseline).filter(|_| several).map(CustomerSide::of);
        for (index, (policy, tally)) in self.policies.iter_mut().zip(&organization.tallies).enumerate() {
            policy.timeline.add(&tally.samples);
            policy.months.add(&tally.months);
            policy.limits.add(&tally.limits, self.shape.measure_from);
            policy.refused_hours.add(&tally.refused_hours);
            policy.peaks.add(tally);
            if let Some(before) = before.filter(|_| index != baseline) {
                let after = CustomerSide::of(tally);
                policy.changes.add(organization, OrganizationChange { before, after });
            }
            let own = Totals::of(tally, self.shape.measure_from);
            let plan =
                self.shape.plan_places.get(index).and_then(|places| places.get(usize::from(tally.plan)));
            if let Some(totals) = plan.and_then(|&plan| policy.plans.get_mut(plan)) {
                totals.merge(&own);
                if Deliberate::PlansCountedTwice.is_made() {
                    totals.merge(&own);
                }
            }
            if let Some(totals) = policy.cohorts.get_mut(cohort) {
                totals.merge(&own);
            }
        }
    }

    /// Adds the organizations folded into another outcome of the same shape.
    pub fn merge(&mut self, other: &Outcome) {
        debug_assert_eq!(self.shape, other.shape, "outcomes of two scenarios cannot be merged");
        for (own, other) in self.policies.iter_mut().zip(&other.policies) {
            own.timeline.merge(&other.timeline);
            own.changes.merge(&other.changes);
            own.months.merge(&other.months);
            own.limits.merge(&other.limits);
            own.refused_hours.merge(&other.refused_hours);
            own.peaks.merge(&other.peaks);
            let (cohorts, plans) = (own.cohorts.iter_mut(), own.plans.iter_mut());
            for (own, other) in cohorts.zip(&other.cohorts).chain(plans.zip(&other.plans)) {
                own.merge(other);
            }
        }
    }

    /// One policy's totals of every scope, in the order of [`RunShape::scopes`].
    #[must_use]
    pub fn totals(&self, policy: usize) -> Vec<Totals> {
        let cohorts = &self.policies[policy].cohorts;
        let mut all = Totals::default();
        cohorts.iter().for_each(|cohort| all.merge(cohort));
        let features: Vec<Totals> = (0..self.shape.features.len()).map(|index| all.feature(index)).collect();
        let plans = self.policies[policy].plans.iter().cloned();
        std::iter::once(all).chain(cohorts.iter().cloned()).chain(features).chain(plans).collect()
    }

    /// One policy's timeline over all organizations.
    #[must_use]
    pub fn timeline(&self, policy: usize) -> &Timeline {
        &self.policies[policy].timeline
    }

    /// What a policy changes for organizations against the baseline.
    #[must_use]
    pub fn changes(&self, policy: usize) -> &ChangesBySize {
        &self.policies[policy].changes
    }

    /// One policy's money by month and plan.
    #[must_use]
    pub fn months(&self, policy: usize) -> &MonthBooks {
        &self.policies[policy].months
    }

    /// What one policy's limits met.
    #[must_use]
    pub fn limits(&self, policy: usize) -> &LimitBooks {
        &self.policies[policy].limits
    }

    /// One policy's refused operations by hour of the week.
    #[must_use]
    pub fn refused_hours(&self, policy: usize) -> &WeekHours {
        &self.policies[policy].refused_hours
    }

    /// One policy's overspend by operations in flight at once.
    #[must_use]
    pub fn peaks(&self, policy: usize) -> &OverspendByPeak {
        &self.policies[policy].peaks
    }

    /// Its numbers as bytes; the names are those of its shape.
    ///
    /// # Errors
    /// Memory, at worst.
    pub fn pack(&self) -> Result<Vec<u8>, postcard::Error> {
        postcard::to_extend(&self.policies, Vec::with_capacity(PACKED_BYTES))
    }

    /// What [`Outcome::pack`] made of an outcome of the same shape.
    ///
    /// # Errors
    /// Bytes that are no such thing.
    pub fn unpack(shape: Arc<RunShape>, bytes: &[u8]) -> Result<Self, postcard::Error> {
        let (policies, rest) = postcard::take_from_bytes::<Vec<PolicyOutcome>>(bytes)?;
        let fits = |policy: &PolicyOutcome| {
            let feature_counts = policy.cohorts.iter().map(|totals| totals.features.len());
            policy.cohorts.len() == shape.cohorts.len()
                && policy.plans.len() == shape.told_plans()
                && feature_counts.into_iter().all(|count| count == 0 || count == shape.features.len())
                && policy.timeline.instants.len() <= shape.instants.len()
                && matches!(policy.refused_hours.hours().len(), 0 | WEEK_HOURS)
        };
        if !rest.is_empty() || policies.len() != shape.policies.len() || !policies.iter().all(fits) {
            return Err(postcard::Error::SerdeDeCustom);
        }
        Ok(Outcome { shape, policies })
    }

    /// How many organizations were folded in.
    #[must_use]
    pub fn organizations(&self) -> u64 {
        let cohorts = self.policies.first().map_or(&[][..], |policy| &policy.cohorts);
        cohorts.iter().map(|totals| totals.organizations).sum()
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::outcome::synthetic;

    /// Folds organizations one by one into as many outcomes as there are parts, then merges these in order.
    fn in_parts(shape: &Arc<RunShape>, parts: &[Vec<u32>]) -> Outcome {
        let mut whole = Outcome::new(Arc::clone(shape));
        for part in parts {
            let mut outcome = Outcome::new(Arc::clone(shape));
            part.iter().for_each(|&number| outcome.fold(&synthetic::organization(shape, 1, number)));
            whole.merge(&outcome);
        }
        whole
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(24))]
        #[test]
        fn any_order_and_any_grouping_of_organizations_give_the_same_outcome(
            numbers in Just((0..24_u32).collect::<Vec<_>>()).prop_shuffle(),
            first in 0..24_usize,
            second in 0..24_usize,
        ) {
            let shape = synthetic::shape(&["block", "overdraft"]);
            let (low, high) = (first.min(second), first.max(second));
            let parts = [numbers[..low].to_vec(), numbers[low..high].to_vec(), numbers[high..].to_vec()];
            let nested = {
                let mut tail = in_parts(&shape, &parts[1..]);
                tail.merge(&in_parts(&shape, &parts[..1]));
                tail
            };
            let expected = synthetic::replication(&shape, 1, 24);
            prop_assert_eq!(&in_parts(&shape, &parts), &expected);
            prop_assert_eq!(&nested, &expected);
        }
    }

    #[test]
    fn all_is_the_sum_of_its_cohorts_and_its_features() {
        let shape = synthetic::shape(&["block"]);
        let outcome = synthetic::replication(&shape, 3, 40);
        let totals = outcome.totals(0);
        let scopes: Vec<Scope> = shape.scopes().collect();
        assert_eq!(totals.len(), scopes.len());
        let refused_in = |wanted: fn(&Scope) -> bool| -> i128 {
            let parts = scopes.iter().zip(&totals).filter(|(scope, _)| wanted(scope));
            parts.map(|(_, totals)| totals.service.sums.refused).sum()
        };
        let all = totals[0].service.sums.refused;
        assert!(all > 0);
        assert_eq!(refused_in(|scope| matches!(scope, Scope::Cohort(_))), all);
        assert_eq!(refused_in(|scope| matches!(scope, Scope::Feature(_))), all);
    }

    #[test]
    fn an_organization_counts_once_in_the_scope_of_its_plan() {
        let mut shape = (*synthetic::shape(&["block"])).clone();
        shape.plan_names = vec!["small".to_owned(), "large".to_owned()];
        shape.plans = vec![shape.plan_names.clone()];
        shape.plan_places = vec![vec![0, 1]];
        let shape = Arc::new(shape);
        let totals = synthetic::replication(&shape, 3, 40).totals(0);
        let in_scope = |name: &str| {
            let place = shape.scopes().position(|scope| shape.scope_name(scope) == name);
            totals[place.expect("a scope")].organizations
        };
        assert_eq!(["all", "plan:small", "plan:large"].map(in_scope), [40, 40, 0]);
    }

    #[test]
    fn an_outcome_comes_back_from_its_bytes_and_from_no_others() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let outcome = synthetic::replication(&shape, 3, 40);
        let bytes = outcome.pack().expect("packed");
        assert_eq!(Outcome::unpack(Arc::clone(&shape), &bytes).expect("unpacked"), outcome);
        let nothing = Outcome::new(Arc::clone(&shape));
        let packed = nothing.pack().expect("packed");
        assert_eq!(Outcome::unpack(Arc::clone(&shape), &packed).expect("unpacked"), nothing);
        assert!(Outcome::unpack(Arc::clone(&shape), &bytes[..bytes.len() - 1]).is_err());
        assert!(Outcome::unpack(Arc::clone(&shape), &[&bytes[..], &[0]].concat()).is_err());
        assert!(Outcome::unpack(synthetic::shape(&["block"]), &bytes).is_err(), "it has other policies");
    }

    #[test]
    fn scopes_are_found_by_their_names() {
        let shape = synthetic::shape(&["block"]);
        let cases = [
            ("all", Some(Scope::All)),
            ("cohort:studios", Some(Scope::Cohort(1))),
            ("feature:post", Some(Scope::Feature(0))),
            ("feature:studios", None),
        ];
        for (name, scope) in cases {
            assert_eq!(shape.scope(name), scope, "{name}");
        }
    }
}
