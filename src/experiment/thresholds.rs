//! Conditions on outcomes, judged on their intervals.

use crate::outcome::metric_index;
use crate::scenario::{Comparison, Threshold};

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

/// What a threshold comes to, from good to bad: the worst one decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// Holds on the whole interval (or in every replication).
    Pass,
    /// The interval holds values on both sides, or there is none.
    Undecided {
        /// How many replications in all would probably decide it, if that can be foreseen.
        replications: Option<u32>,
    },
    /// Fails on the whole interval (or in some replication).
    Fail,
}

impl Ruling {
    /// The word used in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Ruling::Pass => "pass",
            Ruling::Undecided { .. } => "undecided",
            Ruling::Fail => "fail",
        }
    }
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
    const UNKNOWN: (Option<Estimate>, Ruling) = (None, Ruling::Undecided { replications: None });
    let (scope, metric) = (measurements.shape().scope(&threshold.scope), metric_index(&threshold.metric));
    let (Some(scope), Some(metric)) = (scope, metric) else { return UNKNOWN };
    let Some(estimate) = measurements.estimate(policy, scope, metric) else { return UNKNOWN };
    let values: Vec<Option<f64>> = measurements.values(policy, scope, metric).collect();
    let ruling = rule_on(&values, &estimate, threshold.comparison, threshold.value);
    (Some(estimate), ruling)
}

fn on_every(values: impl Iterator<Item = Option<f64>>, holds: impl Fn(f64) -> bool) -> Ruling {
    if values.flatten().all(holds) { Ruling::Pass } else { Ruling::Fail }
}

/// The ruling on one outcome's values, one a replication.
pub(super) fn rule_on(
    values: &[Option<f64>],
    estimate: &Estimate,
    comparison: Comparison,
    limit: f64,
) -> Ruling {
    let values = values.iter().copied();
    match comparison {
        Comparison::Equal => on_every(values, |value| value == limit),
        Comparison::NotEqual => on_every(values, |value| value != limit),
        ordered => on_interval(estimate, ordered, limit),
    }
}

fn on_interval(estimate: &Estimate, comparison: Comparison, limit: f64) -> Ruling {
    let Some((low, high)) = estimate.interval() else { return Ruling::Undecided { replications: None } };
    let (passes, fails) = match comparison {
        Comparison::Less => (high < limit, low >= limit),
        Comparison::LessOrEqual => (high <= limit, low > limit),
        Comparison::Greater => (low > limit, high <= limit),
        _ => (low >= limit, high < limit),
    };
    match (passes, fails) {
        (true, _) => Ruling::Pass,
        (_, true) => Ruling::Fail,
        _ => Ruling::Undecided { replications: estimate.replications_to_separate(limit) },
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::synthetic;

    fn estimate(mean: f64, half_width: f64) -> Estimate {
        Estimate {
            mean,
            sd: Some(1.0),
            half_width: Some(half_width),
            replications: 10,
            constant: half_width == 0.0,
        }
    }

    #[test]
    fn an_order_is_judged_on_the_whole_interval() {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let cases = [
            (estimate(4.0, 0.5), Less, 5.0, "pass"),
            (estimate(4.0, 1.5), Less, 5.0, "undecided"),
            (estimate(6.0, 0.5), Less, 5.0, "fail"),
            (estimate(5.0, 0.0), Less, 5.0, "fail"),
            (estimate(5.0, 0.0), LessOrEqual, 5.0, "pass"),
            (estimate(6.0, 0.5), Greater, 5.0, "pass"),
            (estimate(5.0, 0.0), Greater, 5.0, "fail"),
            (estimate(5.0, 0.0), GreaterOrEqual, 5.0, "pass"),
            (estimate(4.0, 0.5), GreaterOrEqual, 5.0, "fail"),
            (Estimate::alike(4.0, 1), Less, 5.0, "undecided"),
        ];
        for (estimate, comparison, limit, expected) in cases {
            assert_eq!(
                on_interval(&estimate, comparison, limit).name(),
                expected,
                "{estimate:?} {comparison:?}"
            );
        }
    }

    #[test]
    fn equality_is_judged_on_every_replication() {
        let zero = |values: &[f64]| on_every(values.iter().map(|&value| Some(value)), |value| value == 0.0);
        assert_eq!(zero(&[0.0, 0.0]), Ruling::Pass);
        assert_eq!(zero(&[0.0, 0.0, 0.1]), Ruling::Fail);
    }

    #[test]
    fn a_threshold_without_a_policy_is_judged_for_each_and_an_unclear_one_says_what_it_needs() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..4).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
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
        let Ruling::Undecided { replications: Some(needed) } = judgements[2].ruling else {
            panic!("{:?}", judgements[2])
        };
        assert!(needed > 4, "{needed}");
        assert_eq!(worst(&judgements), Some(judgements[2].ruling));
    }
}
