//! The summary files of a run, in full precision and in a fixed order.

use std::io::{self, Write};

use crate::experiment::{Findings, OrganizationSpread};
use crate::outcome::{METRICS, Scope};

use super::cell::Records;
use super::number::{ESTIMATE_COLUMNS, estimate_cells, exact, exact_or_empty, half_width_cell};

/// Writes `summary.csv`: every outcome of every policy and scope; one that does not apply has empty values.
///
/// # Errors
/// If the writer fails.
pub fn write_summary(out: impl Write, findings: &Findings, scenario: &str) -> io::Result<()> {
    let mut csv = Records::new(out);
    let lead = ["scenario", "policy", "scope", "metric", "unit"];
    csv.write(lead.into_iter().chain(ESTIMATE_COLUMNS).chain(["half_width"]))?;
    let shape = findings.shape();
    let currency = shape.currency.as_deref();
    for (policy, name) in shape.policies.iter().enumerate() {
        for &scope in findings.measurements.scopes() {
            let scope_name = shape.scope_name(scope);
            for (index, metric) in METRICS.iter().enumerate().filter(|(_, metric)| metric.applies_to(scope)) {
                let estimate = findings.measurements.estimate(policy, scope, index);
                let (cells, half) = (estimate_cells(estimate.as_ref()), half_width_cell(estimate.as_ref()));
                let unit = metric.unit(currency);
                let lead = [scenario, name, &scope_name, metric.name, &unit];
                csv.write(lead.into_iter().chain(cells.iter().map(String::as_str)).chain([half.as_str()]))?;
            }
        }
    }
    csv.flush()
}

/// Writes `comparison.csv`: every difference to the baseline, paired by replication, with its verdict.
///
/// # Errors
/// If the writer fails.
pub fn write_comparison(out: impl Write, findings: &Findings, scenario: &str) -> io::Result<()> {
    let mut csv = Records::new(out);
    csv.write([
        "scenario",
        "baseline",
        "policy",
        "scope",
        "metric",
        "unit",
        "difference",
        "ci_low",
        "ci_high",
        "sd",
        "relative",
        "verdict",
        "half_width",
        "relevant",
        "family",
    ])?;
    let shape = findings.shape();
    for difference in &findings.differences {
        let metric = &METRICS[difference.metric];
        let (low, high) = difference.interval().unzip();
        csv.write([
            scenario,
            &shape.policies[findings.baseline],
            &shape.policies[difference.policy],
            &shape.scope_name(difference.scope),
            metric.name,
            &metric.unit(shape.currency.as_deref()),
            &exact(difference.estimate.mean),
            &exact_or_empty(low),
            &exact_or_empty(high),
            &exact_or_empty(difference.estimate.sd),
            &exact_or_empty(difference.relative),
            difference.verdict.name(),
            &exact_or_empty(difference.interval().and(difference.estimate.half_width)),
            &exact(difference.margin),
            if difference.asked { "asked" } else { "written" },
        ])?;
    }
    csv.flush()
}

/// Name of the file with a row a replication.
pub const REPLICATIONS: &str = "replications.csv";

/// Writes `replications.csv`: every outcome of every replication and policy, over all organizations.
///
/// # Errors
/// If the writer fails.
pub fn write_replications(out: impl Write, findings: &Findings) -> io::Result<()> {
    let mut csv = Records::new(out);
    let names = METRICS.iter().map(|metric| metric.name);
    csv.write(["replication", "policy"].into_iter().chain(names))?;
    for replication in 0..findings.measurements.replications() {
        for (policy, name) in findings.shape().policies.iter().enumerate() {
            let value = |metric: usize| {
                let value = findings.measurements.value(policy, Scope::All, metric, replication);
                exact_or_empty(value)
            };
            let values = (0..METRICS.len()).map(value);
            csv.write([replication.to_string(), name.clone()].into_iter().chain(values))?;
        }
    }
    csv.flush()
}

/// Writes `timeline.csv`: balances over organizations, demand since the instant before, and sums so far.
///
/// # Errors
/// If the writer fails.
pub fn write_timeline(out: impl Write, findings: &Findings) -> io::Result<()> {
    let mut csv = Records::new(out);
    let mut header = vec!["policy".to_owned(), "at".to_owned()];
    for balance in ["available_credits", "debt_credits", "held_credits"] {
        header.extend(["mean", "p10", "p50", "p90"].map(|part| format!("{balance}_{part}")));
    }
    let counters = [
        "operations_demanded",
        "operations_refused",
        "cash_money",
        "recognized_money",
        "expired_credits",
        "purchases",
    ];
    header.extend(counters.map(str::to_owned));
    csv.write(&header)?;
    let shape = findings.shape();
    for (policy, name) in shape.policies.iter().enumerate() {
        let priced = findings.estimate(policy, Scope::All, "cash_money").is_some();
        for (at, point) in shape.instants.iter().zip(findings.measurements.progress(policy).points()) {
            let mut record = vec![name.clone(), at.to_string()];
            for OrganizationSpread { mean, p10, p50, p90 } in [point.available, point.debt, point.held] {
                record.extend([mean, p10, p50, p90].map(exact));
            }
            record.extend([point.demanded, point.refused].map(exact));
            record
                .extend([point.cash, point.recognized].map(|money| exact_or_empty(priced.then_some(money))));
            record.extend([point.expired, point.purchases].map(exact));
            csv.write(&record)?;
        }
    }
    csv.flush()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::experiment::Measurements;
    use crate::outcome::synthetic;

    fn findings() -> Findings {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..4).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 12)));
        Findings::new(measurements, 0)
    }

    fn rows(write: impl FnOnce(&mut Vec<u8>) -> io::Result<()>) -> Vec<csv::StringRecord> {
        let mut bytes = Vec::new();
        write(&mut bytes).unwrap();
        csv::Reader::from_reader(bytes.as_slice()).records().map(|record| record.unwrap()).collect()
    }

    #[test]
    fn the_summary_has_every_outcome_of_every_scope() {
        let findings = findings();
        let rows = rows(|out| write_summary(out, &findings, "made-up"));
        let per_policy: usize = findings
            .measurements
            .scopes()
            .iter()
            .map(|&scope| METRICS.iter().filter(|metric| metric.applies_to(scope)).count())
            .sum();
        assert_eq!(rows.len(), 2 * per_policy);
        let find = |scope: &str, metric: &str| {
            let found = rows.iter().find(|row| &row[1] == "block" && &row[2] == scope && &row[3] == metric);
            found.cloned().unwrap()
        };
        assert_eq!(&find("cohort:studios", "cash_money")[4], "USD");
        let demanded = find("all", "operations_demanded");
        assert!(demanded[6].parse::<f64>().unwrap() < demanded[5].parse().unwrap());
        assert_eq!(
            find("all", "alert_lead_h_p50").iter().skip(5).collect::<Vec<_>>(),
            ["", "", "", "", "0", ""]
        );
    }

    #[test]
    fn the_comparison_leaves_the_baseline_out_and_its_interval_holds_the_difference() {
        let findings = findings();
        let rows = rows(|out| write_comparison(out, &findings, "made-up"));
        assert!(rows.iter().all(|row| &row[1] == "block" && &row[2] == "overdraft"));
        for row in &rows {
            if row[7].is_empty() {
                assert_eq!(&row[11], "undecided", "alike in a few replications says nothing: {row:?}");
                continue;
            }
            let value = |column: usize| row[column].parse::<f64>().unwrap();
            assert!(value(7) <= value(6) && value(6) <= value(8), "{row:?}");
        }
    }

    #[test]
    fn the_timeline_has_a_row_for_every_policy_and_instant() {
        let findings = findings();
        let rows = rows(|out| write_timeline(out, &findings));
        assert_eq!(rows.len(), 2 * findings.shape().instants.len());
        assert_eq!(&rows[0][1], "2025-01-07T00:00:00Z");
        let demanded: f64 = rows.iter().take(60).map(|row| row[14].parse::<f64>().unwrap()).sum();
        let all = findings.estimate(0, Scope::All, "operations_demanded").unwrap().mean;
        assert!((demanded - all).abs() < 1e-6, "intervals add up to the whole: {demanded} {all}");
    }
}
