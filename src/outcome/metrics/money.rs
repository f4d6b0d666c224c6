//! Money; absent where a price that was needed is missing.

use super::credits::burned;
use super::{DefinedFor::*, Direction::*, Metric, organization_months, ratio};
use crate::outcome::Totals;

pub(super) const METRICS: &[Metric] = &[
    Metric::new(
        "cash_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, cash(t)),
        "Money received, net of refunds.",
    ),
    Metric::new(
        "subscription_cash_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.subscription_cash),
        "Money received for subscriptions.",
    ),
    Metric::new(
        "package_cash_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.package_cash),
        "Money received for packages.",
    ),
    Metric::new(
        "overage_cash_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.overage_cash),
        "Money received for invoiced debt and fees.",
    ),
    Metric::new(
        "credit_notes_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.credit_notes),
        "Credit notes given for unused parts of plans that were left, and for invoiced debt of work that then was not owed; \
         they lower the next bill or invoice.",
    ),
    Metric::new(
        "recognized_money",
        "¤",
        Higher,
        Accounts,
        |t| money(t, t.money.recognized),
        "Revenue earned.",
    ),
    Metric::new(
        "breakage_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.breakage),
        "Revenue earned from paid credits that expired unused.",
    ),
    Metric::new(
        "deferred_end_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.deferred_end),
        "Paid and still owed in credits or time at the end.",
    ),
    Metric::new(
        "deferred_max_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.deferred.iter().copied().max()?),
        "Largest deferred revenue at an instant of the timeline.",
    ),
    Metric::new(
        "receivable_end_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.receivable_end),
        "Invoices open at the end.",
    ),
    Metric::new(
        "uninvoiced_end_money",
        "¤",
        Neutral,
        Accounts,
        |t| (t.uninvoiced_unpriced == 0).then(|| t.money.uninvoiced_end as f64 / 1e9),
        "Price of the debt at the end that the next close would invoice.",
    ),
    Metric::new(
        "payable_beyond_horizon_money",
        "¤",
        Neutral,
        Accounts,
        |t| money(t, t.money.payable_beyond),
        "Invoices issued before the end that are paid after it.",
    ),
    Metric::new(
        "revenue_per_organization_month_money",
        "¤",
        Neutral,
        Accounts,
        |t| Some(money(t, t.money.recognized)? / organization_months(t)?),
        "Revenue earned from an organization in 30 days.",
    ),
    Metric::new(
        "price_per_credit_money",
        "¤",
        Neutral,
        Accounts,
        |t| {
            priced(t)
                .then(|| ratio(cash(t), burned(t).iter().sum()))
                .flatten()
                .map(|nanos_per_micro| nanos_per_micro / 1e3)
        },
        "`cash_money` / `burned_credits`.",
    ),
    Metric::new(
        "provider_cost_money",
        "¤",
        Neutral,
        Accounts,
        |t| t.service.provider_cost.map(|nanos| nanos as f64 / 1e9),
        "Money the vendor paid its providers.",
    ),
    Metric::new(
        "margin_money",
        "¤",
        Higher,
        Accounts,
        |t| money(t, margin(t)?),
        "Revenue earned less what providers cost.",
    ),
    Metric::new(
        "margin_rate",
        "share",
        Higher,
        Accounts,
        |t| priced(t).then(|| ratio(margin(t)?, t.money.recognized)).flatten(),
        "`margin_money` / `recognized_money`.",
    ),
];

/// True if no price that was needed is missing.
fn priced(totals: &Totals) -> bool {
    totals.unpriced == 0
}

fn money(totals: &Totals, nanos: i128) -> Option<f64> {
    priced(totals).then(|| nanos as f64 / 1e9)
}

fn cash(totals: &Totals) -> i128 {
    totals.money.subscription_cash + totals.money.package_cash + totals.money.overage_cash
}

fn margin(totals: &Totals) -> Option<i128> {
    Some(totals.money.recognized - totals.service.provider_cost?)
}
