//! Whether chance decides anything in a scenario whose demand is what a history says.
//!
//! Invariant: "no" is certain; where something might be drawn and might not, the answer is "yes".

use crate::policy::{Admission, Buyer, Customers, Estimator, FeatureTerms, PackageChoice, Policy, Terms};
use crate::sampling::Dist;
use crate::units::Probability;
use crate::workload::{Arrivals, Population, SignUp};

use super::Scenario;

impl Scenario {
    /// True if something beside the replayed histories may be drawn: then replications differ. How a history's rows are laid
    /// out in their buckets is the history's to say.
    #[must_use]
    pub fn leaves_room_for_chance(&self) -> bool {
        let demand = self.features.iter().any(|feature| {
            !matches!(feature.demand.arrivals, Arrivals::None) || feature.demand.work.cache.is_some()
        });
        let cohorts = self.cohorts.iter().any(|cohort| {
            cohort.history.is_none() || traits_vary(&cohort.population) || customers_vary(&cohort.customers)
        });
        !self.outages.is_empty() || demand || cohorts || self.policies.iter().any(policy_varies)
    }
}

/// Neither surely nor never.
fn may_turn(probability: Probability) -> bool {
    !probability.is_never() && probability != Probability::ONE
}

fn varies(dist: &Dist) -> bool {
    !matches!(dist, Dist::Fixed(_))
}

/// Traits that a replay takes from the cohort.
fn traits_vary(population: &Population) -> bool {
    !matches!(population.signed_up, SignUp::AtStart | SignUp::AtFirstUse)
        || population.lifetime.as_ref().is_some_and(varies)
        || !population.lifetimes.is_empty()
        || varies(&population.members)
        || varies(&population.projects)
        || population.groups.len() > 1
}

fn customers_vary(customers: &Customers) -> bool {
    let reactions = &customers.reactions;
    customers.buyer.as_ref().is_some_and(buyer_varies)
        || reactions.retry.as_ref().is_some_and(|retry| may_turn(retry.probability) || varies(&retry.delay))
        || may_turn(reactions.wait)
        || reactions.substitute.as_ref().is_some_and(|substitute| may_turn(substitute.probability))
        || customers.churn.as_ref().is_some_and(|churn| may_turn(churn.probability))
}

fn buyer_varies(buyer: &Buyer) -> bool {
    let moments =
        [buyer.on_refusal, buyer.on_warning, buyer.on_zero, buyer.on_wait, buyer.on_degraded, buyer.declined];
    let delays = [&buyer.human_delay, &buyer.ask_delay, &buyer.processing];
    moments.into_iter().any(may_turn)
        || delays.into_iter().any(varies)
        || matches!(buyer.choice, PackageChoice::Weighted(_))
}

fn policy_varies(policy: &Policy) -> bool {
    policy.plan_shares.iter().any(|shares| shares.len() > 1)
        || policy.plan_changes.iter().any(|change| may_turn(change.share))
        || policy.plans.iter().any(terms_vary)
}

fn terms_vary(terms: &Terms) -> bool {
    let top_ups = terms
        .top_ups
        .iter()
        .any(|rule| may_turn(rule.declined) || may_turn(rule.adopted) || varies(&rule.processing));
    let times = [&terms.patience, &terms.resume, &terms.metering_lag, &terms.invoices.delay];
    top_ups
        || may_turn(terms.overdraft.adopted)
        || may_turn(terms.invoices.declined)
        || times.into_iter().any(varies)
        || terms.buyer.as_ref().is_some_and(buyer_varies)
        || terms.features.iter().any(feature_varies)
}

fn feature_varies(terms: &FeatureTerms) -> bool {
    let blurred = |estimator: &Estimator| matches!(estimator, Estimator::Blur { .. });
    may_turn(terms.denial)
        || match &terms.admission {
            Admission::None | Admission::Positive => false,
            Admission::Estimate(estimator) => blurred(estimator),
            Admission::Hold(hold) => blurred(&hold.estimate) || may_turn(hold.leak),
        }
}
