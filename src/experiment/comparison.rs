//! Every policy against the baseline on the same demand, with a verdict.
//!
//! Differences are paired by replication. No verdict is given below five replications, and all verdicts of a run hold
//! together: the chance that any of them is false is at most 5 %, by Holm's correction over every policy, scope and
//! outcome whose difference varies between replications. Half of the 5 % is for what is printed first, the outcomes over
//! all organizations; cohorts and features share the other half. Intervals are not corrected.

use crate::outcome::{Direction, METRICS, Scope};

use super::{Estimate, FEWEST, FEWEST_ALIKE, Measurements};

/// Chance of any false verdict of a run.
const FAMILY_ERROR: f64 = 0.05;

/// Share of that chance for the outcomes over all organizations.
const FOR_THE_WHOLE: f64 = 0.5;

/// Organizations, over all replications, of which none was seen to differ before two policies count as equal: fewer than
/// one in a hundred differs (the rule of three).
const FEWEST_EQUAL: u64 = 300;

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
    /// Equal by construction: no policy reaches the outcome, or these two do the same.
    Equal,
    /// Not enough is known to say.
    Undecided,
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
            Verdict::Equal => "=",
            Verdict::Undecided => "undecided",
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

impl Difference {
    /// The 95 % interval, not corrected for its family; absent for a single replication and where differences are alike
    /// in replications that are too few to show that.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        let by_chance = self.estimate.constant && self.verdict == Verdict::Undecided;
        self.estimate.interval().filter(|_| !by_chance)
    }
}

/// Every difference of every other policy to the baseline, by policy, scope and metric.
#[must_use]
pub fn compare(measurements: &Measurements, baseline: usize) -> Vec<Difference> {
    let mut differences = all_differences(measurements, baseline);
    let tested = |whole: bool| {
        let tested = |difference: &&Difference| difference.estimate.p_value().is_some();
        let count =
            differences.iter().filter(tested).filter(|found| (found.scope == Scope::All) == whole).count();
        count as f64
    };
    let (whole, parts) = (tested(true), tested(false));
    let share = if parts > 0.0 { FOR_THE_WHOLE } else { 1.0 };
    let weight = |scope| if scope == Scope::All { share / whole } else { (1.0 - share) / parts };
    let hypotheses: Vec<(Option<f64>, f64)> =
        differences.iter().map(|found| (found.estimate.p_value(), weight(found.scope))).collect();
    let same: Vec<bool> =
        (0..measurements.shape().policies.len()).map(|policy| measurements.same(policy, baseline)).collect();
    for (difference, adjusted) in differences.iter_mut().zip(holm(&hypotheses)) {
        difference.adjusted_p = adjusted;
        difference.verdict = verdict(measurements, difference, same[difference.policy]);
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
                let verdict = Verdict::Undecided;
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

fn verdict(measurements: &Measurements, difference: &Difference, same: bool) -> Verdict {
    let Difference { estimate, adjusted_p, metric, scope, .. } = difference;
    let (n, metric) = (estimate.replications, &METRICS[*metric]);
    let organizations = u64::from(n) * measurements.organizations(*scope);
    let equal = estimate.constant && estimate.mean == 0.0;
    if equal && (metric.of_demand() || (n >= FEWEST && (same || organizations >= FEWEST_EQUAL))) {
        return Verdict::Equal;
    }
    let shown = match adjusted_p {
        Some(p) => *p < FAMILY_ERROR,
        None => estimate.constant && !equal && (n >= FEWEST_ALIKE || measurements.deterministic()),
    };
    if n >= FEWEST && shown { Verdict::on(estimate.mean, metric.direction) } else { Verdict::Undecided }
}

/// Holm's adjusted p-values of weighted hypotheses (weights sum to 1): ordered by p / weight, each is multiplied by the
/// weight of itself and all behind it over its own, and never lies below one before it. With equal weights the k-th
/// smallest of m is multiplied by m − k + 1.
fn holm(hypotheses: &[(Option<f64>, f64)]) -> Vec<Option<f64>> {
    let tested = |(index, &(p, weight)): (usize, &(Option<f64>, f64))| Some((index, p?, weight));
    let mut order: Vec<(usize, f64, f64)> = hypotheses.iter().enumerate().filter_map(tested).collect();
    order.sort_by(|a, b| (a.1 / a.2).total_cmp(&(b.1 / b.2)));
    let mut behind: f64 = order.iter().map(|(_, _, weight)| weight).sum();
    let mut adjusted = vec![None; hypotheses.len()];
    let mut floor: f64 = 0.0;
    for (index, p, weight) in order {
        floor = floor.max((p * behind / weight).min(1.0));
        adjusted[index] = Some(floor);
        behind -= weight;
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
        type Values = &'static [(Option<f64>, f64)];
        let cases: [(Values, &[Option<f64>]); 4] = [
            (
                &[(Some(0.01), 1.0 / 3.0), (Some(0.04), 1.0 / 3.0), (Some(0.03), 1.0 / 3.0)],
                &[Some(0.03), Some(0.06), Some(0.06)],
            ),
            (&[(None, 0.5), (Some(0.02), 1.0)], &[None, Some(0.02)]),
            (&[(Some(0.9), 0.5), (Some(0.8), 0.5)], &[Some(1.0), Some(1.0)]),
            // The first has half of the chance for itself.
            (
                &[(Some(0.02), 0.5), (Some(0.02), 0.25), (Some(0.5), 0.25)],
                &[Some(0.04), Some(0.04), Some(0.5)],
            ),
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
        for replications in 1..FEWEST {
            assert_eq!(verdict_on("refusal_rate", u64::from(replications)).0, Verdict::Undecided);
        }
    }

    #[test]
    fn equal_demand_is_no_difference() {
        let (verdict, estimate) = verdict_on("operations_demanded", 5);
        assert_eq!((verdict, estimate.mean, estimate.constant), (Verdict::Equal, 0.0, true));
    }
}
