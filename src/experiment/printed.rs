//! Which outcomes are printed, and so make up the family whose verdicts hold together.
//!
//! Owns the list alone: `report` draws its tables from it, `comparison` corrects for it, so that nobody pays for outcomes
//! that nobody reads.

/// Tables of a run and the outcomes in each, over all organizations; a column that applies to no policy is left out. What most
/// decisions hang on comes first.
pub const PRINTED_TABLES: [(&str, &[&str]); 5] = [
    ("Service", &["refusal_rate", "loss_rate", "undelivered_rate", "lost_credits", "wait_s_p50"]),
    ("Undelivered", &["operations_lost", "operations_degraded", "operations_killed", "operations_failed"]),
    (
        "Money",
        &[
            "cash_money",
            "overage_cash_money",
            "recognized_money",
            "revenue_per_organization_month_money",
            "breakage_money",
            "deferred_end_money",
            "receivable_end_money",
            "margin_money",
        ],
    ),
    ("Credits", &["utilisation", "expiry_rate", "purchases", "auto_top_ups"]),
    (
        "Overdraft and load",
        &["overspend_credits", "overdraft_credits_max", "in_flight_mean", "in_flight_max"],
    ),
];

/// Outcomes of the table by plan, which is printed where there are several plans.
pub const PLAN_OUTCOMES: [&str; 6] =
    ["refusal_rate", "loss_rate", "lost_credits", "cash_money", "recognized_money", "margin_money"];

/// Outcomes of the table by feature, which is printed where rules differ by features.
pub const FEATURE_OUTCOMES: [&str; 5] =
    ["refusal_rate", "loss_rate", "undelivered_rate", "lost_credits", "wait_s_p50"];

/// True if the outcome is printed over all organizations.
#[must_use]
pub fn is_printed(metric: &str) -> bool {
    PRINTED_TABLES.iter().any(|(_, names)| names.contains(&metric))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::metric;

    #[test]
    fn what_is_printed_is_an_outcome_and_stands_in_one_table() {
        let names: Vec<&str> = PRINTED_TABLES.iter().flat_map(|(_, names)| names.iter().copied()).collect();
        for (index, name) in names.iter().enumerate() {
            assert!(metric(name).is_some(), "{name}");
            assert!(!names[..index].contains(name), "{name}");
        }
        assert!(is_printed("loss_rate") && !is_printed("operations_served"));
    }
}
