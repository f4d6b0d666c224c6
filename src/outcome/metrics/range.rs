//! Where an outcome can lie at all, for intervals and for what few replications cannot have shown.

use super::Metric;

/// Lowest and highest possible value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct OutcomeRange {
    /// Lowest.
    pub low: f64,
    /// Highest.
    pub high: f64,
}

impl OutcomeRange {
    /// Every number.
    pub const ANY: OutcomeRange = OutcomeRange { low: f64::NEG_INFINITY, high: f64::INFINITY };
    /// What cannot be negative.
    pub const NOT_NEGATIVE: OutcomeRange = OutcomeRange { low: 0.0, high: f64::INFINITY };
    /// Shares.
    pub const SHARE: OutcomeRange = OutcomeRange { low: 0.0, high: 1.0 };
}

/// Outcomes that can be negative: margins, and money that refunds can turn round.
const SIGNED: [&str; 5] = [
    "repricing_credits",
    "cash_money",
    "revenue_per_organization_month_money",
    "price_per_credit_money",
    "margin_money",
];

/// Shares with a denominator that does not hold their numerator: credits from before `measure_from` are used or expire in it.
const OPEN_SHARES: [&str; 3] = ["utilisation", "expiry_rate", "rollover_used_share"];

impl Metric {
    /// Where it can lie: shares between 0 and 1, amounts from 0.
    #[must_use]
    pub fn range(&self) -> OutcomeRange {
        match self.name {
            "margin_rate" => OutcomeRange { low: f64::NEG_INFINITY, high: 1.0 },
            "estimate_error_mean" | "estimate_error_p95" => OutcomeRange { low: -1.0, high: f64::INFINITY },
            name if SIGNED.contains(&name) => OutcomeRange::ANY,
            name if OPEN_SHARES.contains(&name) => OutcomeRange::NOT_NEGATIVE,
            _ if self.is_share() => OutcomeRange::SHARE,
            _ => OutcomeRange::NOT_NEGATIVE,
        }
    }

    /// An outcome that it hardly exceeds in the same replication, by name: what a replication that nobody has seen could
    /// hold at most. Absent where there is none, and for shares, which have [`Metric::range`].
    #[must_use]
    pub fn ceiling(&self) -> Option<&'static str> {
        match self.unit {
            "credits" if self.of_demand() || self.name == "repricing_credits" => None,
            "credits" if self.name == "lost_list_credits" => Some("demand_list_credits"),
            "credits" if !self.name.starts_with("issued") && !self.name.starts_with("remaining") => {
                Some("demand_credits")
            }
            "operations" if self.name.starts_with("operations_") && !self.of_demand() => {
                Some("operations_demanded")
            }
            "attempts" if self.name.starts_with("attempts_") => Some("attempts"),
            _ => None,
        }
    }

    /// True if no policy reaches it: it counts what is asked for, whatever the answer. Clients that wait for answers
    /// are the exception.
    #[must_use]
    pub fn of_demand(&self) -> bool {
        matches!(
            self.name,
            "operations_demanded" | "operations_free" | "demand_credits" | "demand_list_credits"
        )
    }
}

#[cfg(test)]
mod tests {
    use super::super::{METRICS, metric};
    use super::*;

    #[test]
    fn every_outcome_has_a_range_and_every_ceiling_is_an_outcome() {
        for own in METRICS.iter() {
            let OutcomeRange { low, high } = own.range();
            assert!(low < high, "{}", own.name);
            if let Some(ceiling) = own.ceiling() {
                assert!(metric(ceiling).is_some_and(|other| other.unit == own.unit), "{}", own.name);
            }
        }
        assert_eq!(metric("loss_rate").map(Metric::range), Some(OutcomeRange::SHARE));
        assert_eq!(metric("overspend_credits").and_then(Metric::ceiling), Some("demand_credits"));
        assert_eq!(metric("margin_money").map(Metric::range), Some(OutcomeRange::ANY));
    }
}
