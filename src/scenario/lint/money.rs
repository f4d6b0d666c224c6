//! What is pointed out about overage: thresholds that no debt reaches, grace that changes nothing.

use crate::policy::DebtAtCycle;

use super::About;

pub(super) fn invoices_never_sent_ahead(about: &About<'_>) {
    let overdraft = &about.terms.overdraft;
    let (Some(at), Some(price), Some(limit)) =
        (overdraft.invoice_at, overdraft.price_per_credit, overdraft.limit)
    else {
        return;
    };
    let most = price.scale_floor(limit.micros(), crate::units::MICROS_PER_CREDIT);
    if most < at {
        let what = format!("invoices at {at}, and debt within the limit of {limit} comes to {most} at most");
        about.warn("overdraft", what, "only overspend can reach it; lower `invoice_at`, or raise `limit`");
    }
}

pub(super) fn grace_beside_forgiving(about: &About<'_>) {
    let overdraft = &about.terms.overdraft;
    if overdraft.grace.is_some() && overdraft.at_cycle == DebtAtCycle::Forgive {
        let hint = "closes forgive all debt anyway; write `at_cycle = \"invoice\"` or `\"carry\"`, or leave `grace` out";
        about.warn("overdraft", "has a `grace` without effect", hint);
    }
}
