//! Quotas per period: blocked demand, breakage, rollover, denial.

use crate::engine::Failure;
use crate::outcome::{CycleRow, Tally};

use super::evidence::{EvidenceRows, simulate};
use super::statistics::{mean, poisson_cdf, proportion, sample_mean, variance};
use super::{Observation, Size};

const QUOTA: u32 = 100;
const DEMAND: f64 = 110.0;

/// Closed form 2 as a scenario: unit costs against a quota per 30 days, blocked hard.
pub(super) fn quota_text(organizations: u32, replications: u32, periods: u32, policies: &str) -> String {
    format!(
        r#"
version = 1
name = "quota"
start = 2025-01-01T00:00:00Z
horizon = "{days} days"
seed = 2
replications = {replications}

[features.work]
arrivals = {{ poisson = "110/month" }}
cost = 1

[[cohorts]]
name = "alike"
organizations = {organizations}

[policy]
admission = "positive"
charge = "start"
short = "reject"
{policies}
"#,
        days = 30 * periods
    )
}

/// A policy that grants `quota` credits per 30 days.
pub(super) fn quota_policy(name: &str, quota: u32) -> String {
    format!("[policies.{name}]\nallowance = {{ credits = {quota}, every = \"30 days\" }}\n")
}

/// E(N − q)⁺ for N ~ Poisson(mean).
fn expected_excess(q: u32, mean: f64) -> f64 {
    mean * (1.0 - poisson_cdf(q - 1, mean)) - f64::from(q) * (1.0 - poisson_cdf(q, mean))
}

fn served(tally: &Tally) -> f64 {
    tally.features.iter().map(|feature| feature.served).sum::<u64>() as f64
}

fn lost(tally: &Tally) -> f64 {
    tally.features.iter().map(|feature| feature.lost_refused).sum::<u64>() as f64
}

pub(super) fn hard_block(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(4_000, 100_000);
    let text = quota_text(n, 1, 1, &quota_policy("block", QUOTA));
    let evidence = simulate("quota", &text, EvidenceRows::default(), None)?;
    let blocked: Vec<f64> = evidence.of_policy(0).map(lost).collect();
    let served: Vec<f64> = evidence.of_policy(0).map(served).collect();
    let any = blocked.iter().filter(|blocked| **blocked > 0.0).count();
    let excess = expected_excess(QUOTA, DEMAND);
    Ok(vec![
        sample_mean("blocked a period", &blocked, excess),
        proportion("P(any blocked)", any, n as usize, 1.0 - poisson_cdf(QUOTA, DEMAND)),
        sample_mean("served a period", &served, DEMAND - excess),
        variance("variance of served", &served, 7.476),
    ])
}

pub(super) fn breakage(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(4_000, 100_000);
    // The first period closes inside the horizon; what it leaves has expired.
    let text = quota_text(n, 1, 2, &quota_policy("block", QUOTA));
    let evidence = simulate("quota", &text, EvidenceRows { cycles: true, operations: false }, None)?;
    let expired: Vec<f64> =
        evidence.of_policy(0).filter_map(|tally| Some(cycles(tally).next()?.expired.as_f64())).collect();
    let expected = f64::from(QUOTA) - DEMAND + expected_excess(QUOTA, DEMAND);
    Ok(vec![sample_mean("expired a period [credits]", &expired, expected)])
}

fn cycles(tally: &Tally) -> impl Iterator<Item = &CycleRow> + '_ {
    tally.detail.iter().flat_map(|detail| detail.cycles.iter())
}

pub(super) fn rollover(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(150, 3_000);
    let text = format!(
        r#"
version = 1
name = "rollover"
start = 2025-01-01T00:00:00Z
horizon = "900 days"
measure_from = 2026-05-16T00:00:00Z
seed = 16
replications = 1

[features.work]
arrivals = {{ poisson = "95/day" }}
cost = 1

[[cohorts]]
name = "alike"
organizations = {n}

[policies.capped]
admission = "positive"
charge = "start"
short = "reject"
allowance = {{ credits = 100, every = "1 day" }}
rollover = {{ max_total = 50, burns = "before" }}
"#
    );
    let evidence = simulate("rollover", &text, EvidenceRows { cycles: true, operations: false }, None)?;
    // Days of one organization depend on each other; organizations do not, so each gives one value.
    let per_organization = |value: &dyn Fn(&CycleRow) -> f64| -> Vec<f64> {
        let mean = |tally: &Tally| {
            let closed: Vec<f64> = cycles(tally)
                .filter(|cycle| cycle.to < evidence.start + crate::units::SimSpan::from_seconds(900 * 86_400))
                .map(value)
                .collect();
            closed.iter().sum::<f64>() / closed.len().max(1) as f64
        };
        evidence.of_policy(0).map(mean).collect()
    };
    let is = |holds: bool| if holds { 1.0 } else { 0.0 };
    let carried = per_organization(&|cycle| cycle.carried.as_f64());
    let blocked = per_organization(&|cycle| cycle.refused as f64);
    let expired = per_organization(&|cycle| cycle.expired.as_f64());
    let empty = per_organization(&|cycle| is(cycle.carried.is_zero()));
    let full = per_organization(&|cycle| is(cycle.carried.as_f64() == 50.0));
    Ok(vec![
        sample_mean("E[R] carried [credits]", &carried, 45.040),
        sample_mean("blocked a day", &blocked, 0.009_516_5),
        sample_mean("expired a day [credits]", &expired, 5.009_52),
        sample_mean("P(R = 0)", &empty, 0.001_941_4),
        sample_mean("P(R = 50)", &full, 0.558_84),
    ])
}

pub(super) fn denial(size: Size) -> Result<Vec<Observation>, Failure> {
    let n = size.of(200, 2_000);
    let text = format!(
        r#"
version = 1
name = "denial"
start = 2025-01-01T00:00:00Z
horizon = "30 days"
seed = 17
replications = 1

[features.work]
arrivals = {{ poisson = "10/day" }}
cost = 1

[[cohorts]]
name = "alike"
organizations = {n}
reactions = {{ retry = {{ probability = 0.7, delay = "0s", attempts = 1000 }} }}

[policies.rate-limit]
admission = "none"
charge = "start"
denial = 0.2
"#
    );
    let evidence = simulate("denial", &text, EvidenceRows::default(), None)?;
    let (mut demanded, mut attempts, mut lost) = (0, 0, 0);
    for feature in evidence.of_policy(0).flat_map(|tally| &tally.features) {
        demanded += feature.demanded;
        attempts += feature.attempts;
        lost += feature.lost_refused + feature.lost_abandoned;
    }
    let (b, p) = (0.2, 0.7);
    // The number of attempts is geometric: it goes on with probability p·b.
    let go_on: f64 = p * b;
    let sd = libm::sqrt(go_on) / (1.0 - go_on);
    let mut attempts =
        mean("attempts an operation", &[attempts as f64 / demanded as f64], 1.0 / (1.0 - go_on), sd);
    attempts.standard_error = sd / libm::sqrt(demanded as f64);
    Ok(vec![attempts, proportion("lost", lost as usize, demanded as usize, b * (1.0 - p) / (1.0 - go_on))])
}
