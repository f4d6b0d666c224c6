//! What cannot be judged yet, said and not skipped.

use crate::policy::{BilledTo, LotOwner, Rollover, Terms};

use super::JudgeCase;

/// Most operations of an account that is judged: it is gone through slowly, with searches along plain vectors.
pub const MOST_OPERATIONS: usize = 5_000;

/// Why an account is not judged, if it is not.
#[must_use]
pub fn not_judged(case: &JudgeCase<'_>) -> Option<&'static str> {
    let has = |wanted: fn(&Terms) -> bool| case.policy.plans.iter().any(wanted);
    let late = has(|terms| terms.billed_to != BilledTo::Recorded);
    let own_by_heads = case.customers.grants.iter().any(|grant| grant.by_heads.is_some());
    let unjudged = [
        (case.demand.len() > MOST_OPERATIONS, "accounts of more than 5,000 operations"),
        (case.policy.splits_charges(), "ceilings over parts of charges"),
        // What a trim expires comes back in no settled order, and windows that are over count late charges in no settled way
        // (docs/semantics.md §4.9, §15.4, §18.7, §18.8).
        (
            late && (has(trims) || has(|terms| !terms.limits.is_empty())),
            "charges billed to what was usable when they were incurred, beside limits or a cap of what rolls over",
        ),
        (
            case.policy
                .scopes(&case.customers.grants)
                .iter()
                .any(|scope| scope.per != LotOwner::Organization),
            "lots of single groups, members and projects",
        ),
        (has(gives_by_heads) || own_by_heads, "credits by the heads of an organization"),
    ];
    unjudged.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what))
}

/// What all rolled lots hold together has a cap.
fn trims(terms: &Terms) -> bool {
    let caps = |rollover: &Rollover| rollover.max_total.is_some();
    terms.allowance.as_ref().is_some_and(|allowance| caps(&allowance.rollover))
}

/// What a plan gives depends on how many members or projects there are.
fn gives_by_heads(terms: &Terms) -> bool {
    let allowance = terms.allowance.as_ref().is_some_and(|allowance| allowance.by_heads.is_some());
    allowance || terms.grants.iter().any(|grant| grant.by_heads.is_some())
}
