//! What cannot be judged yet, said and not skipped.

use crate::policy::{Admission, FeatureTerms, InFlight, Terms, WhenShort};
use crate::sampling::Dist;

use super::JudgeCase;

/// Most operations of an account that is judged: it is gone through slowly, with searches along plain vectors.
pub const MOST_OPERATIONS: usize = 5_000;

/// Why an account is not judged, if it is not.
#[must_use]
pub fn not_judged(case: &JudgeCase<'_>) -> Option<&'static str> {
    let customers = case.customers;
    let reactive = case.features.iter().any(|feature| feature.source.reactive_clients(case.traits) > 0);
    let reactions = &customers.reactions;
    let reacts = reactions.retry.is_some() || reactions.substitute.is_some() || !reactions.wait.is_never();
    let of_customers = [
        (case.demand.len() > MOST_OPERATIONS, "accounts of more than 5,000 operations"),
        (reactive, "reactive clients"),
        (case.measure_from > case.start, "outcomes that begin to count later"),
        (customers.buyer.is_some(), "people who buy"),
        (reacts, "reactions to refusals"),
        (customers.churn.is_some(), "churn"),
        (case.traits.leaves < case.end, "organizations that leave"),
        (!case.policy.never_changes(), "changes of plan and rules"),
    ];
    let found = of_customers.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what));
    found.or_else(|| case.policy.plans.iter().find_map(of_terms))
}

fn of_terms(terms: &Terms) -> Option<&'static str> {
    let unjudged = [
        (terms.buyer.is_some(), "people who buy"),
        (!terms.top_ups.is_empty(), "automatic top-ups"),
        (terms.subscription.is_some(), "subscriptions"),
        (terms.metering_lag != Dist::Fixed(0.0), "metering lag"),
        (terms.max_in_flight.is_some(), "caps of operations in flight"),
        (!terms.limits.is_empty(), "limits"),
    ];
    let found = unjudged.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what));
    found.or_else(|| terms.features.iter().find_map(of_rules))
}

fn of_rules(rules: &FeatureTerms) -> Option<&'static str> {
    let unjudged = [
        (matches!(rules.admission, Admission::Hold(_)), "holds"),
        (rules.short == WhenShort::Queue || rules.beyond_limit == WhenShort::Queue, "queues"),
        (rules.in_flight != InFlight::Finish, "work that is killed"),
        (rules.max_in_flight.is_some(), "caps of operations in flight"),
    ];
    unjudged.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what))
}
