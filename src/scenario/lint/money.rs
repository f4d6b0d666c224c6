//! What is pointed out about what is owed: thresholds that no debt reaches, keys that change nothing.

use crate::policy::{BilledTo, DebtAtCycle};
use crate::units::Probability;

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

pub(super) fn late_billing_without_lag(about: &About<'_>) {
    let terms = about.terms;
    if terms.billed_to != BilledTo::Recorded && terms.metering_lag.is_zero() {
        let hint = "every charge is recorded as it is incurred; write `metering_lag = \"1 h\"`, or leave `billed_to` out";
        about.warn("billed_to", "has no effect without a metering lag", hint);
    }
    if about.is_own("late_grace") && terms.billed_to == BilledTo::Recorded {
        let hint = "write `billed_to = \"incurred\"`, or leave `late_grace` out";
        about.warn("late_grace", "has no effect where charges are billed as they are recorded", hint);
    }
}

pub(super) fn dunning_of_paid_invoices(about: &About<'_>) {
    let invoices = &about.terms.invoices;
    let overdue = [invoices.suspend_after, invoices.terminate_after];
    let dunned = !invoices.dunning.is_empty() || overdue.iter().any(Option::is_some);
    if dunned && invoices.declined == Probability::ZERO {
        let hint = "write `declined = 0.05`: without it every invoice is paid when it is due";
        about.warn("invoices", "say what becomes of unpaid ones, and none is declined", hint);
    }
    if let [Some(suspended), Some(terminated)] = overdue
        && terminated <= suspended
    {
        let hint = "an account is terminated before it is suspended; write a longer `terminate_after`";
        about.warn("invoices", "terminate accounts no later than they suspend them", hint);
    }
}
