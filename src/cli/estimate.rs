//! Says what a run will take before it begins, and refuses what nobody can want.

use std::time::Duration;

use crate::engine::{Expected, Job, Layout, MOST, MOST_SANDBOXED};
use crate::scenario::Scenario;

use super::exit::CommandProblem;
use super::progress::{count, span};
use super::rows::RowsForm;
use super::terminal::number_of;

/// `about 12.3 M operations of 400 organizations, 20 s, 60 MB of memory, 1.2 MB of files`.
pub(super) fn sentence(expected: &Expected, scenario: &Scenario) -> String {
    let replayed = scenario.cohorts.iter().any(|cohort| cohort.history.is_some());
    let drawn = scenario.cohorts.iter().any(|cohort| cohort.history.is_none());
    let organizations = match expected.organizations {
        few if few < 10_000.0 => number_of(few as u64, "organization", "organizations"),
        many => format!("{} organizations", count(many)),
    };
    let demand = match (replayed, drawn) {
        (true, false) => "what its usage histories hold".to_owned(),
        _ => format!(
            "about {} operations of {organizations} in all replications{}",
            count(expected.operations),
            if replayed { " beside usage histories" } else { "" }
        ),
    };
    format!(
        "{demand}, {}, {} of memory, {} of files",
        duration(expected.seconds),
        bytes(expected.memory),
        bytes(expected.output)
    )
}

/// Refuses a run beyond the bounds; those of scenarios that are somebody else's are narrower.
///
/// # Errors
/// If it is absurd, with the numbers and the bounds.
pub(super) fn refuse(
    expected: &Expected,
    scenario: &Scenario,
    sandboxed: bool,
) -> Result<(), CommandProblem> {
    let most = if sandboxed { &MOST_SANDBOXED } else { &MOST };
    if !expected.exceeds(most) {
        return Ok(());
    }
    let otherwise = if sandboxed { "without `--sandboxed`" } else { "with `--force`" };
    let hint = format!(
        "the bounds are {} operations, {} events under all policies, {} organizations, {}, {} of memory, {} of files; \
         make `horizon`, `organizations`, `replications`, a rate, a cycle or the rows smaller, or run {otherwise}",
        count(most.operations),
        count(most.events),
        count(most.organizations),
        duration(most.seconds),
        bytes(most.memory),
        bytes(most.output)
    );
    let what = format!(
        "`{}` would take {}, and {} events under all policies",
        scenario.name,
        sentence(expected, scenario),
        count(expected.events)
    );
    Err(CommandProblem::Usage { what, hint: Some(hint) })
}

/// `policy-shootout: 200 organizations, 6 policies, 10 replications, seed 1, 2 threads`.
pub(super) fn headline(scenario: &Scenario, job: &Job, layout: &Layout, time: Option<Duration>) -> String {
    let organizations: u64 = job.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
    format!(
        "{}: {}, {}, {}, seed {}, {}",
        scenario.name,
        number_of(organizations, "organization", "organizations"),
        number_of(scenario.policies.len() as u64, "policy", "policies"),
        replications(scenario, time),
        scenario.seed,
        number_of(layout.threads as u64, "thread", "threads")
    )
}

/// How many replications there will be: at most, if a precision ends them, or as many as a time allows.
pub(super) fn replications(scenario: &Scenario, time: Option<Duration>) -> String {
    if let Some(until) = &scenario.until {
        return format!(
            "batches of {}, at most {}",
            until.batch,
            number_of(u64::from(until.most), "replication", "replications")
        );
    }
    match (&scenario.precision, time) {
        (Some(precision), _) => format!("up to {} replications", precision.max_replications),
        (None, Some(time)) => format!("replications for {}", span(time.as_secs_f64())),
        (None, None) => number_of(u64::from(scenario.replications), "replication", "replications"),
    }
}

/// A warning before gigabytes are written.
pub(super) fn large_files(expected: &Expected, form: RowsForm) -> Option<String> {
    /// Bytes that are worth a thought.
    const LARGE: f64 = 1e9;
    /// What gzip and Parquet leave of rows, about.
    const LEFT: f64 = 0.12;
    if expected.output < LARGE {
        return None;
    }
    Some(match form {
        RowsForm::Csv => format!(
            "warning: the rows will take about {} on the disk\nhint: `--rows-format csv.gz` makes that about {}; \
             `--organization NAME`, `--quick` or fewer replications make them fewer",
            bytes(expected.output),
            bytes(expected.output * LEFT)
        ),
        RowsForm::CsvGz | RowsForm::Parquet => {
            format!("warning: the rows will take about {} on the disk", bytes(expected.output * LEFT))
        }
    })
}

fn duration(seconds: f64) -> String {
    match seconds {
        short if short < 1.0 => "less than 1 s".to_owned(),
        long if long >= 2.0 * 86_400.0 => format!("{} days", count(long / 86_400.0)),
        seconds => span(seconds),
    }
}

/// `12 MB`.
fn bytes(bytes: f64) -> String {
    let (scale, unit) = match bytes {
        bytes if bytes >= 1e12 => (1e12, "TB"),
        bytes if bytes >= 1e9 => (1e9, "GB"),
        bytes if bytes >= 1e6 => (1e6, "MB"),
        _ => (1e3, "kB"),
    };
    let scaled = bytes / scale;
    if scaled < 10.0 { format!("{scaled:.1} {unit}") } else { format!("{} {unit}", count(scaled.round())) }
}
