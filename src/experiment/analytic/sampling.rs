//! What the statistics promise: common random numbers pair, intervals cover.

use crate::engine::Failure;

use super::blocking::{quota_policy, quota_text};
use super::depletion::{depletion_hours, poisson_text};
use super::evidence::{EvidenceRows, simulate};
use super::statistics::{covers, mean, variance, variance_of};
use super::{Observation, Size};

pub(super) fn common_random_numbers(size: Size) -> Result<Vec<Observation>, Failure> {
    let replications = size.of(10_000, 10_000);
    let policies = quota_policy("q105", 105) + &quota_policy("q100", 100);
    let evidence =
        simulate("quota", &quota_text(1, replications, 1, &policies), EvidenceRows::default(), None)?;
    let served = |policy: usize| -> Vec<f64> {
        evidence.of_policy(policy).map(|tally| tally.features[0].served as f64).collect()
    };
    let (more, less) = (served(0), served(1));
    let paired: Vec<f64> = more.iter().zip(&less).map(|(more, less)| more - less).collect();
    let independent = variance_of(&more) + variance_of(&less);
    let ratio = independent / variance_of(&paired);
    Ok(vec![
        mean("E[served(105) - served(100)]", &paired, 3.791_75, libm::sqrt(3.976_96)),
        variance("variance of the paired difference", &paired, 3.976_96),
        Observation {
            what: "independent / paired variance (±9 %)".to_owned(),
            expected: 6.494,
            observed: ratio,
            standard_error: 6.494 * 0.09,
            interval: Some((6.494 * 0.91, 6.494 * 1.09)),
        },
    ])
}

pub(super) fn coverage(size: Size) -> Result<Vec<Observation>, Failure> {
    // Binomial(n, 0.95) at 99.9 %: [926, 971] of 1,000 and [178, 199] of 200.
    let (experiments, low, high) = match size {
        Size::Short => (200_u32, 178.0, 199.0),
        Size::Full => (1_000, 926.0, 971.0),
    };
    let mut covered = 0;
    for seed in 0..experiments {
        let text = poisson_text(1, 20);
        let evidence = simulate("poisson-depletion", &text, EvidenceRows::default(), Some(u64::from(seed)))?;
        covered += u32::from(covers(&depletion_hours(&evidence, 0), 20.0));
    }
    Ok(vec![Observation {
        what: format!("covered of {experiments}"),
        expected: 0.95 * f64::from(experiments),
        observed: f64::from(covered),
        standard_error: libm::sqrt(f64::from(experiments) * 0.95 * 0.05),
        interval: Some((low, high)),
    }])
}
