//! What cannot be judged yet, said and not skipped.

use crate::policy::Terms;
use crate::sampling::Dist;

use super::JudgeCase;

/// Most operations of an account that is judged: it is gone through slowly, with searches along plain vectors.
pub const MOST_OPERATIONS: usize = 5_000;

/// Why an account is not judged, if it is not.
#[must_use]
pub fn not_judged(case: &JudgeCase<'_>) -> Option<&'static str> {
    let reactive = case.features.iter().any(|feature| feature.source.reactive_clients(case.traits) > 0);
    let of_customers = [
        (case.demand.len() > MOST_OPERATIONS, "accounts of more than 5,000 operations"),
        (reactive, "reactive clients"),
        (case.measure_from > case.start, "outcomes that begin to count later"),
        (case.traits.leaves < case.end, "organizations that leave"),
        (!case.policy.never_changes(), "changes of plan and rules"),
    ];
    let found = of_customers.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what));
    found.or_else(|| case.policy.plans.iter().find_map(of_terms))
}

fn of_terms(terms: &Terms) -> Option<&'static str> {
    let unjudged = [
        (terms.subscription.is_some(), "subscriptions"),
        (terms.metering_lag != Dist::Fixed(0.0), "metering lag"),
        (!terms.limits.is_empty(), "limits"),
        (!terms.rates.is_empty(), "rates"),
        (terms.packages.iter().any(|package| !package.when.is_always()), "packages with dates"),
        (terms.falls_back(), "operations that fall back on another feature"),
    ];
    unjudged.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what))
}
