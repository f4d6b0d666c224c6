//! Every policy against the baseline on the same demand, with a verdict.
//!
//! Differences are paired by replication. No verdict is given below five replications. The verdicts of what is printed or
//! asked for hold together: the chance that any of them is false is at most 5 %, four for differences (Holm) and one for
//! practical equality (Bonferroni). What is only written to files is a family of its own, held together likewise.
//! Intervals are not corrected.

use crate::outcome::{Direction, METRICS, Scope};

use super::estimate::unseen;
use super::family::{Hypothesis, holm};
use super::ruling::doubt;
use super::{Estimate, FEWEST, FEWEST_RARE, Family, Measurements, fewest_alike};

/// Chance that any difference shown in a family is none.
const DIFFERENCE_ERROR: f64 = 0.04;

/// Chance that any practical equality shown in a family is none. With the above, 5 % for a family.
const EQUALITY_ERROR: f64 = 0.01;

/// Standard deviations of a replication that must lie between a difference and what matters, at twenty replications: few
/// hide how long a tail is. It is fewer, the more there are, and more, the fewer.
const ROOM: f64 = 10.0;

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
    /// The smallest difference that matters, in the outcome's unit.
    pub margin: f64,
    /// It is printed or was asked for: its verdict holds together with all others of these.
    pub asked: bool,
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
    /// Shown to differ by less than what matters.
    PracticallyEqual,
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
            Verdict::PracticallyEqual => "practically equal",
            Verdict::Equal => "=",
            Verdict::Undecided => "undecided",
        }
    }

    /// The verdict on a difference that has been shown.
    pub(super) fn on(difference: f64, direction: Direction) -> Self {
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
pub fn compare(measurements: &Measurements, baseline: usize, family: &Family) -> Vec<Difference> {
    let mut differences = all_differences(measurements, baseline, family);
    let (asked, others): (Vec<&mut Difference>, Vec<_>) =
        differences.iter_mut().partition(|difference| difference.asked);
    let same: Vec<bool> =
        (0..measurements.shape().policies.len()).map(|policy| measurements.same(policy, baseline)).collect();
    for mut family in [asked, others] {
        let count = adjust(measurements, baseline, &mut family);
        for difference in family {
            difference.verdict =
                verdict(measurements, baseline, difference, (same[difference.policy], count));
        }
    }
    differences
}

/// Corrects the p-values of a family; how many hypotheses are in it.
fn adjust(measurements: &Measurements, baseline: usize, family: &mut [&mut Difference]) -> usize {
    let (mut tested, mut hypotheses) = (Vec::new(), Vec::new());
    for difference in family {
        let Some(p) = difference.estimate.p_value() else { continue };
        let Difference { policy, scope, metric, .. } = **difference;
        let values = measurements.differences(policy, baseline, scope, metric).collect();
        hypotheses.push(Hypothesis { p, policy, values });
        tested.push(difference);
    }
    let (adjusted, count) = holm(&hypotheses);
    for (difference, adjusted) in tested.into_iter().zip(adjusted) {
        difference.adjusted_p = Some(adjusted);
    }
    count
}

fn all_differences(measurements: &Measurements, baseline: usize, family: &Family) -> Vec<Difference> {
    let mut differences = Vec::new();
    let shape = measurements.shape();
    for policy in (0..shape.policies.len()).filter(|&policy| policy != baseline) {
        for &scope in measurements.scopes() {
            for metric in 0..METRICS.len() {
                let Some(estimate) = measurements.difference(policy, baseline, scope, metric) else {
                    continue;
                };
                let base = measurements.estimate(baseline, scope, metric).map_or(0.0, |base| base.mean);
                let relative = (base != 0.0).then(|| estimate.mean / base.abs());
                let name = METRICS[metric].name;
                differences.push(Difference {
                    policy,
                    scope,
                    metric,
                    estimate,
                    relative,
                    margin: family.relevance.of(name, base),
                    asked: family.holds(shape, scope, name),
                    adjusted_p: None,
                    verdict: Verdict::Undecided,
                });
            }
        }
    }
    differences
}

/// What a difference comes to in a family of `count` hypotheses.
fn verdict(
    measurements: &Measurements,
    baseline: usize,
    difference: &Difference,
    (same, count): (bool, usize),
) -> Verdict {
    let Difference { estimate, adjusted_p, metric, scope, .. } = difference;
    let (n, metric) = (estimate.replications, &METRICS[*metric]);
    let organizations = u64::from(n) * measurements.organizations(*scope);
    let equal = estimate.constant && estimate.mean == 0.0;
    if equal && (metric.of_demand() || (n >= FEWEST && (same || organizations >= FEWEST_EQUAL))) {
        return Verdict::Equal;
    }
    let enough = n >= fewest_alike(measurements.deterministic());
    let alike = estimate.constant && !equal && enough;
    if enough && is_small(measurements, baseline, difference, count) {
        return Verdict::PracticallyEqual;
    }
    let shown = adjusted_p.map_or(alike, |p| p < DIFFERENCE_ERROR);
    if n >= FEWEST && shown { Verdict::on(estimate.mean, metric.direction) } else { Verdict::Undecided }
}

/// True if the difference is shown to be smaller than what matters: it lies inside the margin, and both ends of the margin
/// are rejected, as strictly as the family is large. Of what is rare nothing is known that exactly.
fn is_small(measurements: &Measurements, baseline: usize, difference: &Difference, count: usize) -> bool {
    let Difference { policy, scope, metric, estimate, margin, .. } = difference;
    if estimate.constant {
        // What no replication has shown may lie this far off (the rule of three).
        let reach = [*policy, baseline].map(|policy| measurements.unseen_reach(policy, *scope, *metric));
        let reach = reach[0].max(reach[1]);
        let off = if reach == 0.0 { 0.0 } else { unseen(estimate.replications, EQUALITY_ERROR) * reach };
        return estimate.mean.abs() + off < *margin;
    }
    let error = EQUALITY_ERROR / count.max(1) as f64;
    let rejected = |end: f64| estimate.p_value_of(end).is_some_and(|p| p < error);
    let scarce = f64::from(FEWEST_RARE) / f64::from(estimate.replications);
    let room = estimate.sd.unwrap_or(f64::INFINITY) * ROOM * scarce;
    doubt(estimate).is_none()
        && !estimate.rare()
        && estimate.mean.abs() + room < *margin
        && rejected(*margin)
        && rejected(-margin)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::{metric_index, synthetic};

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
        let found = compare(&measurements, 0, &Family::default())
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

    /// The verdict on the loss rates of two policies that are `apart` by a share of the baseline's mean, in a family of
    /// their own size.
    fn verdict_apart(apart: f64, noise: f64, replications: u32) -> Verdict {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let index = metric_index("loss_rate").unwrap();
        let mut turn = 0_u32;
        let value = |policy: usize, column: usize| {
            turn += u32::from(policy == 0 && column == 0);
            let wobble = if policy == 1 { noise * f64::from(turn % 5) - 2.0 * noise } else { 0.0 };
            0.2 * (1.0 + (apart + wobble) * f64::from(u8::from(policy == 1)))
        };
        let measurements = Measurements::made_up(shape, replications, value);
        let found = compare(&measurements, 0, &Family::default());
        let found = found.iter().find(|found| found.metric == index && found.scope == Scope::All);
        found.unwrap().verdict
    }

    #[test]
    fn what_is_shown_to_be_small_is_practically_equal_and_nothing_is_that_is_only_unknown() {
        // The margin is 1 % of the baseline's mean.
        assert_eq!(verdict_apart(0.002, 0.0005, 20), Verdict::PracticallyEqual);
        assert_eq!(verdict_apart(-0.000_17, 0.000_01, 10), Verdict::PracticallyEqual);
        assert_eq!(verdict_apart(0.02, 0.0005, 20), Verdict::Worse);
        assert_eq!(verdict_apart(0.000_1, 0.03, 20), Verdict::Undecided);
        assert_eq!(verdict_apart(0.002, 0.0005, 4), Verdict::Undecided);
    }
}
