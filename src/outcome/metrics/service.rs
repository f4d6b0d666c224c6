//! Demand and service.

use super::{DefinedFor::*, Direction::*, Metric, count, hours, in_credits, ratio, seconds};
use crate::outcome::{FeatureSums, Service, Totals};

pub(super) const METRICS: &[Metric] = &[
    Metric::new(
        "operations_demanded",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).demanded),
        "Demand for paid features.",
    ),
    Metric::new(
        "operations_free",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).free),
        "Demand for free features, in no rate.",
    ),
    Metric::new(
        "operations_served",
        "operations",
        Higher,
        Features,
        |t| count(sums(t).served),
        "Operations done as asked.",
    ),
    Metric::new(
        "operations_degraded",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).degraded),
        "Operations served without AI.",
    ),
    Metric::new(
        "operations_substituted",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).substituted),
        "Operations served as another feature, counted at the original one.",
    ),
    Metric::new(
        "operations_lost",
        "operations",
        Lower,
        Features,
        |t| count(lost(t)),
        "Operations that never ran.",
    ),
    Metric::new(
        "operations_lost_refused",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).lost_refused),
        "Lost because they were refused for good.",
    ),
    Metric::new(
        "operations_lost_abandoned",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).lost_abandoned),
        "Lost because the customer gave up.",
    ),
    Metric::new(
        "operations_lost_patience",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).lost_patience),
        "Lost because they waited too long.",
    ),
    Metric::new(
        "operations_lost_queue_full",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).lost_queue_full),
        "Lost because the queue was full.",
    ),
    Metric::new(
        "operations_lost_churned",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).lost_churned),
        "Lost because the organization had left.",
    ),
    Metric::new(
        "operations_killed",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).killed),
        "Operations ended by the policy.",
    ),
    Metric::new(
        "operations_failed",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).failed),
        "Operations that failed by themselves.",
    ),
    Metric::new(
        "operations_cancelled",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).cancelled),
        "Operations cancelled by their users.",
    ),
    Metric::new(
        "operations_in_flight_end",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).in_flight_end),
        "Operations running at the end.",
    ),
    Metric::new(
        "operations_waiting_end",
        "operations",
        Neutral,
        Features,
        |t| count(sums(t).waiting_end),
        "Operations awaiting a retry, credits or a purchase at the end.",
    ),
    Metric::new(
        "operations_refused",
        "operations",
        Lower,
        Features,
        |t| count(sums(t).refused),
        "Operations whose first attempt was turned away.",
    ),
    Metric::new(
        "attempts",
        "attempts",
        Neutral,
        Features,
        |t| count(sums(t).attempts),
        "Tries to start an operation.",
    ),
    Metric::new(
        "attempts_refused_short",
        "attempts",
        Lower,
        Features,
        |t| count(sums(t).attempts_refused_short),
        "Attempts refused for lack of credits.",
    ),
    Metric::new(
        "attempts_refused_concurrency",
        "attempts",
        Lower,
        Features,
        |t| count(sums(t).attempts_refused_concurrency),
        "Attempts refused because too many operations were in flight.",
    ),
    Metric::new(
        "attempts_refused_budget",
        "attempts",
        Lower,
        Features,
        |t| count(sums(t).attempts_refused_budget),
        "Attempts refused because the organization's budget was spent.",
    ),
    Metric::new(
        "attempts_refused_outage",
        "attempts",
        Lower,
        Features,
        |t| count(sums(t).attempts_refused_outage),
        "Attempts refused during an outage of the vendor.",
    ),
    Metric::new(
        "attempts_refused_denial",
        "attempts",
        Lower,
        Features,
        |t| count(sums(t).attempts_refused_denial),
        "Attempts refused at random, as rate limits do.",
    ),
    Metric::new(
        "refusal_rate",
        "share",
        Lower,
        Features,
        |t| ratio(sums(t).refused, sums(t).demanded),
        "`operations_refused` / `operations_demanded`.",
    ),
    Metric::new(
        "loss_rate",
        "share",
        Lower,
        Features,
        |t| ratio(lost(t), sums(t).demanded),
        "`operations_lost` / `operations_demanded`.",
    ),
    Metric::new(
        "demand_credits",
        "credits",
        Neutral,
        Features,
        |t| in_credits(sums(t).demand_credits),
        "True cost of all demand.",
    ),
    Metric::new(
        "lost_credits",
        "credits",
        Lower,
        Features,
        |t| in_credits(sums(t).lost_credits),
        "True cost of what was lost.",
    ),
    Metric::new(
        "wait_s_mean",
        "s",
        Lower,
        Features,
        |t| seconds(t.service.waits.mean()),
        "Mean wait of operations served after waiting.",
    ),
    Metric::new(
        "wait_s_p50",
        "s",
        Lower,
        Features,
        |t| seconds(t.service.waits.quantile(0.5)),
        "Median wait of operations served after waiting.",
    ),
    Metric::new(
        "wait_s_p95",
        "s",
        Lower,
        Features,
        |t| seconds(t.service.waits.quantile(0.95)),
        "95th percentile of the wait of operations served after waiting.",
    ),
    Metric::new(
        "in_flight_mean",
        "operations",
        Neutral,
        Accounts,
        |t| ratio(t.in_flight_micros, t.life),
        "Operations running at once in an organization, mean over time and organizations.",
    ),
    Metric::new(
        "in_flight_max",
        "operations",
        Neutral,
        Accounts,
        |t| count(t.in_flight_max),
        "Most operations running at once in any organization.",
    ),
    Metric::new(
        "organizations_refused_share",
        "share",
        Lower,
        FeaturesOnly,
        |t| ratio(t.service.organizations_refused.into(), t.organizations.into()),
        "Organizations with a refused operation.",
    ),
    Metric::new(
        "blocked_time_share",
        "share",
        Neutral,
        Features,
        blocked_time_share,
        "Time in which the check would fail for the feature's expected cost; features weighted by demand.",
    ),
    Metric::new(
        "restore_h_p50",
        "h",
        Neutral,
        Accounts,
        |t| hours(t.restores.quantile(0.5)),
        "Median time from the first refusal for credits to the next paid operation served; open ones are left out.",
    ),
    Metric::new(
        "restore_open_episodes",
        "episodes",
        Lower,
        Accounts,
        |t| count(t.customer.restores_open),
        "Refusals for credits after which no paid operation has been served until the end.",
    ),
    Metric::new(
        "depleted_h",
        "h",
        Neutral,
        Accounts,
        |t| hours(t.depleted.mean()),
        "Mean time until the settled balance first reached zero, of the organizations where it did.",
    ),
    Metric::new(
        "killed_work_credits",
        "credits",
        Lower,
        Features,
        |t| in_credits(sums(t).killed_work_credits),
        "Work done by operations that the policy ended.",
    ),
    Metric::new(
        "surprise_refusal_share",
        "share",
        Lower,
        Features,
        |t| ratio(sums(t).surprise_refusals, sums(t).attempts_refused),
        "Refused attempts with no alert in the seven days before.",
    ),
    Metric::new(
        "churned_organizations_share",
        "share",
        Lower,
        AccountsOnly,
        |t| ratio(t.churned.into(), t.organizations.into()),
        "Organizations that left after refusals.",
    ),
    Metric::new(
        "operations_per_100_credits",
        "operations",
        Neutral,
        Features,
        |t| ratio(sums(t).served * 100_000_000, sums(t).charged_credits),
        "Operations served for each 100 credits charged.",
    ),
];

fn sums(totals: &Totals) -> &FeatureSums {
    &totals.service.sums
}

/// Operations that never ran, whatever the reason.
fn lost(totals: &Totals) -> i128 {
    let sums = sums(totals);
    sums.lost_refused + sums.lost_abandoned + sums.lost_patience + sums.lost_queue_full + sums.lost_churned
}

/// Each feature's blocked time over the life of the organizations that demand it, weighted by demand.
fn blocked_time_share(totals: &Totals) -> Option<f64> {
    let share = |service: &Service| ratio(service.demanding_blocked, service.demanding_life);
    if totals.features.is_empty() {
        return share(&totals.service);
    }
    let weighted =
        totals.features.iter().filter_map(|feature| Some((share(feature)?, feature.sums.demanded as f64)));
    let (sum, weight) =
        weighted.fold((0.0, 0.0), |(sum, all), (share, weight)| (sum + share * weight, all + weight));
    (weight > 0.0).then(|| sum / weight)
}
