//! Conditions on outcomes, judged on their intervals.

use crate::outcome::metric_index;
use crate::scenario::Threshold;

use super::ruling::{Doubt, Ruling, TAIL, rule_on};
use super::{Estimate, Measurements};

/// One threshold judged for one policy.
#[derive(Debug, Clone, PartialEq)]
pub struct Judgement {
    /// Index into the thresholds that were judged.
    pub threshold: usize,
    /// The policy, in file order.
    pub policy: usize,
    /// The outcome; absent if it applies in no replication.
    pub estimate: Option<Estimate>,
    /// What it comes to.
    pub ruling: Ruling,
}

/// Judges every threshold for every policy it names, in the order given.
#[must_use]
pub fn judge(measurements: &Measurements, thresholds: &[Threshold]) -> Vec<Judgement> {
    let policies = 0..measurements.shape().policies.len();
    let named = |threshold: &Threshold, policy: usize| threshold.policy.is_none_or(|wanted| wanted == policy);
    let mut judgements = Vec::new();
    for (index, threshold) in thresholds.iter().enumerate() {
        for policy in policies.clone().filter(|&policy| named(threshold, policy)) {
            let (estimate, ruling) = judge_one(measurements, threshold, policy);
            judgements.push(Judgement { threshold: index, policy, estimate, ruling });
        }
    }
    judgements
}

/// The worst ruling; `None` if nothing was judged.
#[must_use]
pub fn worst(judgements: &[Judgement]) -> Option<Ruling> {
    judgements.iter().map(|judgement| judgement.ruling).max()
}

fn judge_one(
    measurements: &Measurements,
    threshold: &Threshold,
    policy: usize,
) -> (Option<Estimate>, Ruling) {
    const UNKNOWN: (Option<Estimate>, Ruling) = (None, Ruling::undecided(Doubt::Absent, None));
    let (scope, metric) = (measurements.shape().scope(&threshold.scope), metric_index(&threshold.metric));
    let (Some(scope), Some(metric)) = (scope, metric) else { return UNKNOWN };
    let Some(estimate) = measurements.estimate(policy, scope, metric) else { return UNKNOWN };
    let values: Vec<Option<f64>> = measurements.values(policy, scope, metric).collect();
    let reach = measurements.unseen_reach(policy, scope, metric);
    let condition = (threshold.comparison, threshold.value);
    (Some(estimate), rule_on(&values, &estimate, condition, reach, TAIL))
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::synthetic;
    use crate::scenario::Comparison;

    #[test]
    fn a_threshold_without_a_policy_is_judged_for_each_and_an_unclear_one_says_what_it_needs() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..6).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
        let metric = metric_index("refusal_rate").unwrap();
        let mean = measurements.estimate(0, crate::outcome::Scope::All, metric).unwrap();
        let nearby = mean.mean + mean.half_width.unwrap() / 2.0;
        let threshold = |policy, value| Threshold {
            policy,
            scope: "all".to_owned(),
            metric: "refusal_rate".to_owned(),
            comparison: Comparison::Less,
            value,
            text: String::new(),
        };
        let judgements = judge(&measurements, &[threshold(None, 1.0), threshold(Some(0), nearby)]);
        let rulings: Vec<&str> = judgements.iter().map(|judgement| judgement.ruling.name()).collect();
        assert_eq!(rulings, ["pass", "pass", "undecided"]);
        let Ruling::Undecided { replications: Some(needed), .. } = judgements[2].ruling else {
            panic!("{:?}", judgements[2])
        };
        assert!(needed > 6, "{needed}");
        assert_eq!(worst(&judgements), Some(judgements[2].ruling));
    }
}
