//! Which verdicts hold together, and how hypotheses that are one and the same are counted.
//!
//! Owns the family (what is printed or asked for), its merging of outcomes that say the same, and Holm's correction.
//! Leaves what a difference comes to, once its p-value is adjusted, to `comparison`.

use crate::deliberate::Deliberate;
use crate::outcome::{RunShape, Scope};
use crate::scenario::{Relevance, Scenario};

use super::{FEATURE_OUTCOMES, PLAN_OUTCOMES, is_printed};

/// Differences between two proportional outcomes agree this well, relatively: what is left is rounding.
const ROUNDING: f64 = 1e-9;

/// What readers are told or have asked about, and how large a difference must be for them.
#[derive(Debug, Clone, Default)]
pub struct Family {
    /// The smallest difference that matters.
    pub relevance: Relevance,
    /// Outcomes with their scopes that thresholds and the precision name.
    asked: Vec<(String, String)>,
    /// There is a table by feature.
    by_feature: bool,
}

impl Family {
    /// What a scenario prints and asks for.
    #[must_use]
    pub fn of(scenario: &Scenario) -> Self {
        let thresholds = scenario.thresholds.iter();
        let conditions = thresholds.map(|threshold| (threshold.scope.clone(), threshold.metric.clone()));
        let watched = scenario.precision.iter().map(|precision| ("all".to_owned(), precision.metric.clone()));
        Family {
            relevance: scenario.relevance.clone(),
            asked: conditions.chain(watched).collect(),
            by_feature: scenario.rules_differ_by_feature(),
        }
    }

    /// True if the outcome is printed or was asked for.
    #[must_use]
    pub fn holds(&self, shape: &RunShape, scope: Scope, metric: &str) -> bool {
        let printed = match scope {
            Scope::All => is_printed(metric),
            Scope::Plan(_) => PLAN_OUTCOMES.contains(&metric),
            Scope::Feature(_) => self.by_feature && FEATURE_OUTCOMES.contains(&metric),
            Scope::Cohort(_) => false,
        };
        if printed {
            return true;
        }
        let asks = |(of, name): &(String, String)| name == metric && *of == shape.scope_name(scope);
        self.asked.iter().any(asks)
    }
}

/// A hypothesis that there is no difference.
#[derive(Debug, Clone)]
pub(super) struct Hypothesis {
    /// The p-value of its difference.
    pub p: f64,
    /// The policy, in file order.
    pub policy: usize,
    /// The differences, one a replication; of two runs the values of both, those of the second negated.
    pub values: Vec<Option<f64>>,
}

/// Holm's adjusted p-values, and how many hypotheses there really are: outcomes of one policy whose differences are
/// proportional in every replication (refused operations and their rate) are one. Ordered by p, the k-th smallest of m
/// is multiplied by m − k + 1, and never lies below one before it.
pub(super) fn holm(hypotheses: &[Hypothesis]) -> (Vec<f64>, usize) {
    let mut order: Vec<usize> = (0..hypotheses.len()).collect();
    order.sort_by(|&a, &b| hypotheses[a].p.total_cmp(&hypotheses[b].p));
    // Proportional differences have the same p-value, so their group is near in the order.
    let mut groups: Vec<Vec<usize>> = Vec::new();
    for index in order {
        let own = &hypotheses[index];
        let near = |group: &&mut Vec<usize>| own.p - hypotheses[group[0]].p <= ROUNDING * own.p;
        let same = groups.iter_mut().rev().take_while(near).find(|group| same(own, &hypotheses[group[0]]));
        match same {
            Some(group) => group.push(index),
            None => groups.push(vec![index]),
        }
    }
    let mut adjusted = vec![1.0; hypotheses.len()];
    let mut floor: f64 = 0.0;
    for (place, group) in groups.iter().enumerate() {
        let single = Deliberate::FamilyIgnored.is_made();
        let behind = if single { 1.0 } else { (groups.len() - place) as f64 };
        floor = floor.max((hypotheses[group[0]].p * behind).min(1.0));
        group.iter().for_each(|&index| adjusted[index] = floor);
    }
    (adjusted, groups.len())
}

/// True if one's differences are a multiple of the other's in every replication.
fn same(a: &Hypothesis, b: &Hypothesis) -> bool {
    let size = |values: &[Option<f64>]| values.iter().flatten().map(|value| value.abs()).fold(0.0, f64::max);
    let (whole_a, whole_b) = (size(&a.values), size(&b.values));
    let alike = |sign: f64| {
        a.values.iter().zip(&b.values).all(|pair| match pair {
            (Some(a), Some(b)) => (a / whole_a - sign * b / whole_b).abs() <= ROUNDING,
            (None, None) => true,
            _ => false,
        })
    };
    a.policy == b.policy && (alike(1.0) || alike(-1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn hypothesis(p: f64, policy: usize, values: &[f64]) -> Hypothesis {
        Hypothesis { p, policy, values: values.iter().copied().map(Some).collect() }
    }

    #[test]
    fn holm_multiplies_the_smallest_most_and_stays_monotone() {
        let cases: [(&[f64], &[f64]); 3] =
            [(&[0.01, 0.04, 0.03], &[0.03, 0.06, 0.06]), (&[0.02], &[0.02]), (&[0.9, 0.8], &[1.0, 1.0])];
        for (given, expected) in cases {
            let made = |(index, &p): (usize, &f64)| hypothesis(p, index, &[1.0, 2.0]);
            let (adjusted, count) = holm(&given.iter().enumerate().map(made).collect::<Vec<_>>());
            assert_eq!(count, given.len());
            for (found, wanted) in adjusted.iter().zip(expected) {
                assert!((found - wanted).abs() < 1e-12, "{given:?}: {adjusted:?}");
            }
        }
    }

    #[test]
    fn outcomes_that_say_the_same_count_once() {
        let rates = [0.01, 0.02, 0.04].map(|rate| rate * 1.000_000_000_01);
        let all = [
            hypothesis(0.01, 0, &[10.0, 20.0, 40.0]),
            hypothesis(0.01, 0, &rates),
            hypothesis(0.01, 0, &[-1.0, -2.0, -4.0]),
            // The same p-value by chance, the same numbers under another policy.
            hypothesis(0.01, 0, &[20.0, 10.0, 40.0]),
            hypothesis(0.01, 1, &[10.0, 20.0, 40.0]),
        ];
        let (adjusted, count) = holm(&all);
        assert_eq!(count, 3);
        assert!(adjusted.iter().all(|p| (p - 0.03).abs() < 1e-12), "{adjusted:?}");
    }
}
