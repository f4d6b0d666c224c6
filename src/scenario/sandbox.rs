//! The bounds of scenarios that somebody else has written (`--sandboxed`).
//!
//! Owns how large what they say may be. Leaves which files they read to `base`, and what a run may cost to the command.

use crate::units::SimSpan;

use super::model::Scenario;
use super::reading::{Problem, Section};

/// Largest scenario file (bytes).
pub const SCENARIO_BYTES: u64 = 1 << 20;
/// Largest file that a scenario names, packed or not (bytes).
pub const FILE_BYTES: u64 = 256 << 20;
/// Most text in such a file, unpacked (bytes).
pub const TEXT_BYTES: u64 = 1 << 30;
/// Longest horizon (days).
pub const HORIZON_DAYS: i64 = 3_660;
/// Most organizations of all cohorts together.
pub const ORGANIZATIONS: u64 = 100_000;
/// Most replications, also of those that a precision asks for.
pub const REPLICATIONS: u32 = 1_000;
/// Most cohorts, features, policies and histories, each.
pub const NAMES: usize = 100;
/// Most files whose columns are values of distributions, and most text in each of them, unpacked (bytes): all are in memory.
pub const COLUMNS: usize = 10;
pub const COLUMN_BYTES: u64 = 16 << 20;
/// Most entries of lists that say what single organizations do.
pub const OPERATIONS_LISTED: usize = 100_000;

/// Reports every bound that a scenario exceeds.
pub(super) fn check(section: Section<'_>, scenario: &Scenario) {
    const HINT: &str =
        "docs/untrusted-input.md lists the bounds of `--sandboxed`; without it there are none of these";
    let refuse = |key: &str, found: String, most: String| {
        let place = section.get(key).map_or_else(|| section.place().child(key), |item| item.place().clone());
        let problem = section.reader().problem_at(&place, found);
        section.reader().report(Problem { wanted: Some(most), hint: Some(String::from(HINT)), ..problem });
    };
    let days = (scenario.end - scenario.start).micros() / SimSpan::DAY.micros();
    if days > HORIZON_DAYS {
        let key = if section.has("end") { "end" } else { "horizon" };
        refuse(key, format!("makes a horizon of {days} days"), format!("at most {HORIZON_DAYS} days"));
    }
    let organizations: u64 = scenario.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
    if organizations > ORGANIZATIONS {
        refuse("cohorts", format!("hold {organizations} organizations"), format!("at most {ORGANIZATIONS}"));
    }
    let most = scenario.precision.as_ref().map_or(0, |precision| precision.max_replications);
    for (key, replications) in [("replications", scenario.replications), ("precision", most)] {
        if replications > REPLICATIONS {
            refuse(key, format!("asks for {replications} replications"), format!("at most {REPLICATIONS}"));
        }
    }
    let listed: usize = scenario.cohorts.iter().map(|cohort| cohort.operations.len()).sum();
    if listed > OPERATIONS_LISTED {
        refuse("cohorts", format!("list {listed} operations"), format!("at most {OPERATIONS_LISTED}"));
    }
}
