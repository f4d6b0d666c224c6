//! Work in flight: loss at a cap, debt at depletion.

use crate::engine::Failure;

use super::evidence::{EvidenceRows, simulate};
use super::statistics::{mean, poisson_cdf, proportion, sample_mean, variance};
use super::{Observation, Size};

/// Laws of service time with mean one hour: the loss depends on the mean alone.
const SERVICE: [(&str, &str); 3] = [
    ("exponential", r#"{ exponential = "1 h" }"#),
    ("fixed", r#""1 h""#),
    ("lognormal", r#"{ lognormal = { mean = "1 h", cv = 1.5 } }"#),
];

pub(super) fn erlang_loss(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(60, 1_000);
    let expected = erlang_b(10, 8.0);
    let mut observations = Vec::new();
    for (law, duration) in SERVICE {
        let text = format!(
            r#"
version = 1
name = "erlang"
start = 2025-01-01T00:00:00Z
horizon = "20 days"
measure_from = 2025-01-03T00:00:00Z
seed = 8
replications = 1

[features.work]
arrivals = {{ poisson = "8/h" }}
cost = 1
duration = {duration}

[[cohorts]]
name = "alike"
organizations = {n}

[policies.cap]
admission = "none"
max_in_flight = 10
at_max_in_flight = "reject"
"#
        );
        let evidence = simulate("erlang", &text, EvidenceRows::default(), None)?;
        let loss: Vec<f64> = evidence
            .of_policy(0)
            .map(|tally| tally.features[0].lost_refused as f64 / tally.features[0].demanded as f64)
            .collect();
        observations.push(sample_mean(&format!("blocked share, {law} service"), &loss, expected));
    }
    Ok(observations)
}

/// Erlang B by its recursion.
fn erlang_b(servers: u32, load: f64) -> f64 {
    (1..=servers).fold(1.0, |blocked, c| load * blocked / (f64::from(c) + load * blocked))
}

pub(super) fn in_flight_overdraft(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(1_000, 20_000);
    let mut observations = Vec::new();
    for (law, duration) in
        [("fixed", r#""30s""#), ("lognormal", r#"{ lognormal = { mean = "30s", cv = 1.0 } }"#)]
    {
        // Ten minutes on a large grant make the work in flight stationary; then 500 credits are all there is.
        let text = format!(
            r#"
version = 1
name = "in-flight"
start = 2025-01-01T00:00:00Z
horizon = "60 min"
measure_from = 2025-01-01T00:10:00Z
seed = 10
replications = 1

[features.work]
arrivals = {{ poisson = "1/s" }}
cost = 1
duration = {duration}

[[cohorts]]
name = "alike"
organizations = {n}
grants = [
  {{ credits = 1000000, category = "included", effective_at = 2025-01-01T00:00:00Z, expires_at = 2025-01-01T00:10:00Z }},
  {{ credits = 500, category = "included", effective_at = 2025-01-01T00:10:00Z }},
]

[policies.block]
admission = "positive"
view = "settled"
charge = "completion"
short = "reject"
"#
        );
        let evidence = simulate("in-flight", &text, EvidenceRows::default(), None)?;
        let debt: Vec<f64> = evidence.of_policy(0).map(|tally| tally.debt.end.as_f64()).collect();
        let deep = debt.iter().filter(|debt| **debt > 40.0).count();
        observations.push(mean(&format!("mean overdraft, {law} service"), &debt, 30.0, libm::sqrt(30.0)));
        observations.push(variance(&format!("variance of it, {law} service"), &debt, 30.0));
        let tail = 1.0 - poisson_cdf(40, 30.0);
        observations.push(proportion(&format!("P(> 40), {law} service"), deep, n as usize, tail));
    }
    Ok(observations)
}
