//! What cannot be judged yet, said and not skipped.

use crate::policy::{BilledTo, Recognition, RefundOn, Terms};

use super::JudgeCase;

/// Most operations of an account that is judged: it is gone through slowly, with searches along plain vectors.
pub const MOST_OPERATIONS: usize = 5_000;

/// Why an account is not judged, if it is not.
#[must_use]
pub fn not_judged(case: &JudgeCase<'_>) -> Option<&'static str> {
    let has = |wanted: fn(&Terms) -> bool| case.policy.plans.iter().any(wanted);
    let unjudged = [
        (case.demand.len() > MOST_OPERATIONS, "accounts of more than 5,000 operations"),
        (case.policy.splits_charges(), "ceilings over parts of charges"),
        (
            has(|terms| terms.billed_to != BilledTo::Recorded),
            "charges billed to what was usable when they were incurred",
        ),
        (has(|terms| terms.refund_on != RefundOn::default()), "purchased credits that are paid back"),
        (has(|terms| terms.recognition != Recognition::OnUse), "prices earned over time"),
        (has(is_dunned), "invoices that are tried again, and accounts suspended over them"),
        (has(|terms| terms.overdraft.invoice_at.is_some()), "invoices before the close"),
        (has(|terms| terms.overdraft.grace.is_some()), "debt that closes forgive so often"),
        (!case.policy.scopes(&case.customers.grants).is_empty(), "credits for some operations"),
    ];
    unjudged.into_iter().find_map(|(unjudged, what)| unjudged.then_some(what))
}

fn is_dunned(terms: &Terms) -> bool {
    let invoices = &terms.invoices;
    !invoices.dunning.is_empty() || invoices.suspend_after.is_some() || invoices.terminate_after.is_some()
}
