//! Arrivals alone: a diurnal rate, superposition.

use crate::engine::Failure;
use crate::units::SimTime;

use super::evidence::{EvidenceRows, simulate};
use super::statistics::{mean, proportion, uniformity, variance};
use super::{Observation, Size};

pub(super) fn diurnal(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(1_000, 20_000);
    let text = format!(
        r#"
version = 1
name = "diurnal"
start = 2025-01-01T00:00:00Z
horizon = "24 h"
seed = 12
replications = 1

[features.work]
arrivals = {{ poisson = "10/h", sine = {{ amplitude = 0.8, period = "24 h" }} }}
cost = 1

[[cohorts]]
name = "alike"
organizations = {n}
cycle_closes = [2025-01-01T12:00:00Z]

[policies.open]
admission = "none"
"#
    );
    let evidence = simulate("diurnal", &text, EvidenceRows { cycles: true, operations: false }, None)?;
    let half = |index: usize| -> Vec<f64> {
        evidence
            .of_policy(0)
            .filter_map(|tally| Some(tally.detail.as_ref()?.cycles.get(index)?.demanded as f64))
            .collect()
    };
    let (day, night) = (half(0), half(1));
    // ∫ 10 (1 ± 0.8 sin) over half a period: 120 ± 192/π.
    let swing = 192.0 / std::f64::consts::PI;
    let (high, low) = (120.0 + swing, 120.0 - swing);
    Ok(vec![
        mean("N(0 h, 12 h)", &day, high, libm::sqrt(high)),
        variance("variance of it", &day, high),
        mean("N(12 h, 24 h)", &night, low, libm::sqrt(low)),
        variance("variance of it", &night, low),
    ])
}

pub(super) fn superposition(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(4, 40);
    let text = format!(
        r#"
version = 1
name = "superposition"
start = 2025-01-01T00:00:00Z
horizon = "1000 h"
seed = 20
replications = 1

[features.two]
arrivals = {{ poisson = "2/h" }}
cost = 1

[features.three]
arrivals = {{ poisson = "3/h" }}
cost = 1

[features.five]
arrivals = {{ poisson = "5/h" }}
cost = 1

[[cohorts]]
name = "alike"
organizations = {n}

[policies.open]
admission = "none"
"#
    );
    let evidence = simulate("superposition", &text, EvidenceRows { cycles: false, operations: true }, None)?;
    let mut counts = [0_usize; 3];
    let mut uniforms = Vec::new();
    for tally in evidence.of_policy(0) {
        let mut previous: SimTime = evidence.start;
        for attempt in tally.detail.iter().flat_map(|detail| &detail.attempts) {
            counts[usize::from(attempt.feature)] += 1;
            let gap = (attempt.arrived - previous).as_seconds_f64() / 3600.0;
            previous = attempt.arrived;
            uniforms.push(1.0 - libm::exp(-10.0 * gap));
        }
    }
    let total: usize = counts.iter().sum();
    Ok(vec![
        proportion("share of rate 2", counts[0], total, 0.2),
        proportion("share of rate 3", counts[1], total, 0.3),
        proportion("share of rate 5", counts[2], total, 0.5),
        uniformity("KS distance of merged gaps", uniforms),
    ])
}
