//! Every policy against the baseline on the same demand, with a verdict.
//!
//! Differences are paired by replication. A verdict holds against chance with 95 % confidence for all comparisons of
//! one scope together: Holm's correction over every policy and outcome of that scope whose difference varies between
//! replications. Intervals are not corrected.

use crate::outcome::{Direction, METRICS, Scope};

use super::{Estimate, Measurements};

/// Chance of any false verdict in a scope.
const FAMILY_ERROR: f64 = 0.05;

/// A policy's difference to the baseline in one outcome.
#[derive(Debug, Clone, PartialEq)]
pub struct Difference {
    /// The policy, in file order.
    pub policy: usize,
    /// The scope.
    pub scope: Scope,
    /// Index into `METRICS`.
    pub metric: usize,
    /// Policy less baseline, paired by replication.
    pub estimate: Estimate,
    /// The mean difference as a share of the baseline's mean; absent over 0.
    pub relative: Option<f64>,
    /// The p-value after Holm's correction; absent where nothing can be tested.
    pub adjusted_p: Option<f64>,
    /// What it comes to.
    pub verdict: Verdict,
}

/// What a difference comes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Verdict {
    /// Shown to be better than the baseline.
    Better,
    /// Shown to be worse.
    Worse,
    /// Shown to be higher, of an outcome that has no better side.
    Higher,
    /// Shown to be lower, likewise.
    Lower,
    /// The data do not show a difference.
    NoDifferenceShown,
}

impl Verdict {
    /// The words used in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Verdict::Better => "better",
            Verdict::Worse => "worse",
            Verdict::Higher => "higher",
            Verdict::Lower => "lower",
            Verdict::NoDifferenceShown => "no difference shown",
        }
    }

    /// The verdict on a difference that has been shown.
    fn on(difference: f64, direction: Direction) -> Self {
        match (direction, difference > 0.0) {
            (Direction::Higher, true) | (Direction::Lower, false) => Verdict::Better,
            (Direction::Higher, false) | (Direction::Lower, true) => Verdict::Worse,
            (Direction::Neutral, true) => Verdict::Higher,
            (Direction::Neutral, false) => Verdict::Lower,
        }
    }
}

/// Every difference of every other policy to the baseline, by policy, scope and metric.
#[must_use]
pub fn compare(measurements: &Measurements, baseline: usize) -> Vec<Difference> {
    let mut differences = all_differences(measurements, baseline);
    for &scope in measurements.scopes() {
        let mut family: Vec<&mut Difference> =
            differences.iter_mut().filter(|difference| difference.scope == scope).collect();
        let p_values: Vec<Option<f64>> =
            family.iter().map(|difference| difference.estimate.p_value()).collect();
        for (difference, adjusted) in family.iter_mut().zip(holm(&p_values)) {
            difference.adjusted_p = adjusted;
            difference.verdict = verdict(difference);
        }
    }
    differences
}

fn all_differences(measurements: &Measurements, baseline: usize) -> Vec<Difference> {
    let mut differences = Vec::new();
    for policy in (0..measurements.shape().policies.len()).filter(|&policy| policy != baseline) {
        for &scope in measurements.scopes() {
            for metric in 0..METRICS.len() {
                let Some(estimate) = measurements.difference(policy, baseline, scope, metric) else {
                    continue;
                };
                let base = measurements.estimate(baseline, scope, metric).map_or(0.0, |base| base.mean);
                let relative = (base != 0.0).then(|| estimate.mean / base.abs());
                let verdict = Verdict::NoDifferenceShown;
                differences.push(Difference {
                    policy,
                    scope,
                    metric,
                    estimate,
                    relative,
                    adjusted_p: None,
                    verdict,
                });
            }
        }
    }
    differences
}

/// A difference that is the same in every replication needs no test; a single replication shows nothing.
fn verdict(difference: &Difference) -> Verdict {
    let Difference { estimate, adjusted_p, metric, .. } = difference;
    let shown = match adjusted_p {
        Some(p) => *p < FAMILY_ERROR,
        None => estimate.constant && estimate.mean != 0.0,
    };
    if shown { Verdict::on(estimate.mean, METRICS[*metric].direction) } else { Verdict::NoDifferenceShown }
}

/// Holm's adjusted p-values: the k-th smallest of m times m − k + 1, never below a smaller one's.
fn holm(p_values: &[Option<f64>]) -> Vec<Option<f64>> {
    let mut order: Vec<(usize, f64)> =
        p_values.iter().enumerate().filter_map(|(index, p)| Some((index, (*p)?))).collect();
    order.sort_by(|(_, a), (_, b)| a.total_cmp(b));
    let mut adjusted = vec![None; p_values.len()];
    let mut floor: f64 = 0.0;
    for (rank, &(index, p)) in order.iter().enumerate() {
        floor = floor.max((p * (order.len() - rank) as f64).min(1.0));
        adjusted[index] = Some(floor);
    }
    adjusted
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::{metric_index, synthetic};

    #[test]
    fn holm_multiplies_the_smallest_most_and_stays_monotone() {
        type Values = &'static [Option<f64>];
        let cases: [(Values, Values); 3] = [
            (&[Some(0.01), Some(0.04), Some(0.03)], &[Some(0.03), Some(0.06), Some(0.06)]),
            (&[None, Some(0.02)], &[None, Some(0.02)]),
            (&[Some(0.9), Some(0.8)], &[Some(1.0), Some(1.0)]),
        ];
        for (given, expected) in cases {
            let adjusted = holm(given);
            for (found, wanted) in adjusted.iter().zip(expected) {
                assert!(
                    (found.unwrap_or(-1.0) - wanted.unwrap_or(-1.0)).abs() < 1e-12,
                    "{given:?}: {adjusted:?}"
                );
            }
        }
    }

    #[test]
    fn verdicts_know_which_way_is_better() {
        let cases = [
            (1.0, Direction::Lower, Verdict::Worse),
            (-1.0, Direction::Lower, Verdict::Better),
            (1.0, Direction::Higher, Verdict::Better),
            (-1.0, Direction::Higher, Verdict::Worse),
            (1.0, Direction::Neutral, Verdict::Higher),
            (-1.0, Direction::Neutral, Verdict::Lower),
        ];
        for (difference, direction, expected) in cases {
            assert_eq!(Verdict::on(difference, direction), expected);
        }
    }

    fn verdict_on(metric: &str, replications: u64) -> (Verdict, Estimate) {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..replications).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 60)));
        let index = metric_index(metric).unwrap();
        let found = compare(&measurements, 0)
            .into_iter()
            .find(|difference| difference.metric == index && difference.scope == Scope::All);
        let found = found.unwrap();
        (found.verdict, found.estimate)
    }

    #[test]
    fn a_clear_difference_is_shown_and_a_single_replication_shows_none() {
        // The made-up overdraft refuses about 3/5 of what the made-up block refuses.
        let (verdict, estimate) = verdict_on("refusal_rate", 20);
        assert_eq!(verdict, Verdict::Better);
        assert!(estimate.mean < 0.0);
        assert_eq!(verdict_on("refusal_rate", 1).0, Verdict::NoDifferenceShown);
    }

    #[test]
    fn equal_demand_is_no_difference() {
        let (verdict, estimate) = verdict_on("operations_demanded", 5);
        assert_eq!((verdict, estimate.mean, estimate.constant), (Verdict::NoDifferenceShown, 0.0, true));
    }
}
