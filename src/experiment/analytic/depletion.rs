//! How long a balance lasts, and how deep the last request cuts.

use crate::engine::Failure;
use crate::outcome::Tally;

use super::evidence::{Evidence, EvidenceRows, simulate};
use super::statistics::{mean, poisson_cdf, proportion, variance};
use super::{Observation, Size};

/// Closed form 1 as a scenario; also used by the coverage of intervals.
pub(super) fn poisson_text(organizations: u32, replications: u32) -> String {
    format!(
        r#"
version = 1
name = "poisson-depletion"
start = 2025-01-01T00:00:00Z
horizon = "4 days"
seed = 1
replications = {replications}

[features.work]
arrivals = {{ poisson = "5/h" }}
cost = 10

[[cohorts]]
name = "alike"
organizations = {organizations}
grants = [{{ credits = 1000, category = "included" }}]

[policies.block]
admission = "positive"
charge = "start"
short = "reject"
"#
    )
}

/// Depletion times (hours) of one policy.
pub(super) fn depletion_hours(evidence: &Evidence, policy: usize) -> Vec<f64> {
    let hours =
        |tally: &Tally| Some((tally.customer.depleted_at? - evidence.start).as_seconds_f64() / 3600.0);
    evidence.of_policy(policy).filter_map(hours).collect()
}

pub(super) fn poisson(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(2_000, 40_000);
    let evidence = simulate("poisson-depletion", &poisson_text(n, 1), EvidenceRows::default(), None)?;
    let hours = depletion_hours(&evidence, 0);
    let within = |limit: f64| hours.iter().filter(|t| **t <= limit).count();
    let total = n as usize;
    Ok(vec![
        proportion("organizations depleted in 4 days", hours.len(), total, 1.0 - poisson_cdf(99, 480.0)),
        mean("mean time to depletion [h]", &hours, 20.0, 2.0),
        variance("variance of it [h²]", &hours, 4.0),
        proportion("P(T <= 16.828 h)", within(16.828), total, 0.05),
        proportion("P(T <= 23.399 h)", within(23.399), total, 0.95),
        proportion("P(T <= 24 h)", within(24.0), total, 1.0 - poisson_cdf(99, 120.0)),
    ])
}

pub(super) fn compound(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(2_000, 40_000);
    let text = poisson_text(n, 1)
        .replace("poisson-depletion", "compound-depletion")
        .replace("cost = 10", "cost = { exponential = 10 }");
    let evidence = simulate("compound-depletion", &text, EvidenceRows::default(), None)?;
    let hours = depletion_hours(&evidence, 0);
    let depth: Vec<f64> = evidence.of_policy(0).map(|tally| tally.debt.max.as_f64()).collect();
    let total = n as usize;
    let deep = depth.iter().filter(|depth| **depth > 30.0).count();
    let early = hours.iter().filter(|t| **t <= 20.0).count();
    Ok(vec![
        mean("mean time to depletion [h]", &hours, 20.2, 2.8355),
        variance("variance of it [h²]", &hours, 2.8355 * 2.8355),
        proportion("P(T <= 20 h)", early, total, 0.48589),
        mean("mean overdraft [credits]", &depth, 10.0, 10.0),
        proportion("P(overdraft > 30)", deep, total, libm::exp(-3.0)),
    ])
}
