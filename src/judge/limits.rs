//! What cannot be judged yet, said and not skipped.

use crate::policy::{BilledTo, LotOwner, Rollover, Terms};

use super::JudgeCase;

/// Most operations of an account that is judged: it is gone through slowly, with searches along plain vectors.
pub const MOST_OPERATIONS: usize = 5_000;

/// Most work on an account of which members, projects or groups have lots of their own: its operations times the square of its
/// members, since each event looks at everybody's balances over everybody's lots.
const MOST_OWNERS_WORK: usize = 100_000;

/// Why an account is not judged, if it is not.
#[must_use]
pub fn not_judged(case: &JudgeCase<'_>) -> Option<&'static str> {
    let has = |wanted: fn(&Terms) -> bool| case.policy.plans.iter().any(wanted);
    let owned =
        case.policy.scopes(&case.customers.grants).iter().any(|scope| scope.per != LotOwner::Organization);
    let people = case.traits.members.len() + 1;
    let late = has(|terms| terms.billed_to != BilledTo::Recorded);
    let unjudged = [
        (case.demand.len() > MOST_OPERATIONS, "accounts of more than 5,000 operations"),
        (
            owned && case.demand.len() * people * people > MOST_OWNERS_WORK,
            "accounts whose owners' lots are looked at too often",
        ),
        (!case.traits.seats.is_empty(), "members who come and go"),
        (has(looks_at_owners), "alerts, rules and caps of single owners"),
        // What a trim expires comes back in no settled order, and windows that are over count late charges in no settled way
        // (docs/semantics.md §4.9, §15.4, §18.7, §18.8).
        (
            late && (has(trims) || has(|terms| !terms.limits.is_empty())),
            "charges billed to what was usable when they were incurred, beside limits or a cap of what rolls over",
        ),
    ];
    unjudged.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what))
}

/// What all rolled lots hold together has a cap.
fn trims(terms: &Terms) -> bool {
    let caps = |rollover: &Rollover| rollover.max_total.is_some();
    terms.allowance.as_ref().is_some_and(|allowance| caps(&allowance.rollover))
}

/// Alerts, automatic rules or caps look at owners by themselves.
fn looks_at_owners(terms: &Terms) -> bool {
    let mut caps = terms.top_ups.iter().flat_map(|rule| &rule.caps);
    terms.looks_at_owners() || caps.any(|cap| cap.each != LotOwner::Organization)
}
