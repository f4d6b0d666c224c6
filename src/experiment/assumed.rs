//! Settings of assumptions: one at a time, and along Morris' trajectories.

use crate::sampling::{Purpose, StreamKey};
use crate::scenario::{Assumption, ScenarioSource, read};

use super::Setting;

/// An assumption with the two settings it is moved between.
#[derive(Debug, Clone, PartialEq)]
pub struct Assumed {
    /// Its key.
    pub key: String,
    /// As written in the scenario.
    pub base: String,
    /// Divided by the factor; the base where that cannot be.
    pub low: String,
    /// Times the factor, a probability at most 1; the base where that cannot be.
    pub high: String,
}

/// The assumption's low and high setting, both such that the scenario can be read; `None` if it cannot move at all.
#[must_use]
pub fn assumed(source: &ScenarioSource, assumption: &Assumption, factor: f64) -> Option<Assumed> {
    let Assumption { key, text, .. } = assumption;
    let reads = |setting: &String| {
        let set = [(key.clone(), setting.clone())];
        setting != text && read(&source.clone().with_overrides(&set)).is_ok()
    };
    let settled =
        |factor: f64| assumption.scaled(factor).into_iter().find(&reads).unwrap_or_else(|| text.clone());
    let (low, high) = (settled(1.0 / factor), settled(factor));
    (low != *text || high != *text).then(|| Assumed { key: key.clone(), base: text.clone(), low, high })
}

/// A step of a trajectory: which assumption moves, and in which direction.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct TrajectoryStep {
    /// Index of the assumption.
    pub assumption: usize,
    /// True from low to high.
    pub up: bool,
}

/// A walk through the corners: a start, then every assumption moves once.
#[derive(Debug, Clone, PartialEq)]
pub struct Trajectory {
    /// The settings of each point; one more than there are steps.
    pub points: Vec<Vec<Setting>>,
    /// The steps between them.
    pub steps: Vec<TrajectoryStep>,
}

/// Trajectory `number`: starts at a random corner of low and high settings and moves each assumption once, in a random
/// order. The same seed gives the same walk.
#[must_use]
pub fn trajectory(assumptions: &[Assumed], seed: u64, number: u32) -> Trajectory {
    let key = StreamKey::root(seed).name("morris").number(u64::from(number));
    let mut high: Vec<bool> =
        assumptions.iter().map(|own| key.name(&own.key).uniform(Purpose::Traits, 0, 0) < 0.5).collect();
    let mut order: Vec<usize> = (0..assumptions.len()).collect();
    order.sort_by_key(|&index| key.name(&assumptions[index].key).value(Purpose::Traits, 1, 0));
    let settings = |high: &[bool]| {
        let setting = |(own, high): (&Assumed, &bool)| {
            (own.key.clone(), if *high { own.high.clone() } else { own.low.clone() })
        };
        assumptions.iter().zip(high).map(setting).collect::<Vec<Setting>>()
    };
    let (mut points, mut steps) = (vec![settings(&high)], Vec::new());
    for assumption in order {
        high[assumption] = !high[assumption];
        steps.push(TrajectoryStep { assumption, up: high[assumption] });
        points.push(settings(&high));
    }
    Trajectory { points, steps }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::scenario::assumptions;

    const SCENARIO: &str = r#"
        start = 2025-01-01T00:00:00Z
        horizon = "20 days"
        [[cohorts]]
        name = "small"
        organizations = 4
        reactions = { retry = { probability = 0.9, delay = "2 h", attempts = 3 } }
        [features.post]
        arrivals = { poisson = "6/day" }
        [policies.block]
        allowance = 60
    "#;

    #[test]
    fn probabilities_stop_at_one_and_counts_stay_whole() {
        let source = ScenarioSource::from_text("made-up", SCENARIO);
        let found: Vec<Assumed> =
            assumptions(&source).iter().filter_map(|assumption| assumed(&source, assumption, 1.25)).collect();
        let shown: Vec<(&str, &str, &str)> =
            found.iter().map(|own| (own.base.as_str(), own.low.as_str(), own.high.as_str())).collect();
        assert_eq!(
            shown,
            [
                ("0.9", "0.72", "1"),
                ("2 h", "1.6 h", "2.5 h"),
                ("3", "2", "4"),
                ("6/day", "4.8/day", "7.5/day")
            ]
        );
    }

    #[test]
    fn a_trajectory_moves_every_assumption_once() {
        let own = |key: &str| Assumed {
            key: key.to_owned(),
            base: "2".to_owned(),
            low: "1".to_owned(),
            high: "3".to_owned(),
        };
        let assumptions = [own("a"), own("b"), own("c")];
        let walk = trajectory(&assumptions, 7, 0);
        assert_eq!((walk.points.len(), walk.steps.len()), (4, 3));
        for (step, pair) in walk.steps.iter().zip(walk.points.windows(2)) {
            let changed: Vec<usize> = (0..3).filter(|&index| pair[0][index] != pair[1][index]).collect();
            assert_eq!(changed, [step.assumption]);
            assert_eq!(pair[1][step.assumption].1, if step.up { "3" } else { "1" });
        }
        assert_eq!(walk, trajectory(&assumptions, 7, 0));
        assert!((1..20).any(|number| trajectory(&assumptions, 7, number).steps != walk.steps));
    }
}
