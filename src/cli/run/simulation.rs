//! The simulation of a run: its job, its replications on actors, and what is gathered of them.
//!
//! Leaves what they come to to `summary`. Invariant: a failure that leaves finished replications as they are comes with them.

use std::sync::Arc;
use std::time::Duration;

use crate::engine::{
    self, Expected, Failure, Interrupt, Job, JobCohort, JobOptions, Keep, Progress, Ran, RunSpec,
};
use crate::experiment::{Measurements, ResampledCohort, Resamples};
use crate::organization::{DetailOptions, JudgedAccounts};
use crate::report::{RunFolder, SCRATCH};
use crate::scenario::Scenario;
use crate::workload::{PreparedHistory, Pseudonyms};

use super::super::arguments::{RowsOption, RunArguments};
use super::super::exit::CommandProblem;
use super::super::gathering::{GatheredRun, Gathering, GatheringWriter};
use super::super::progress::Meter;
use super::super::{estimate, limits, organizations, select};
use super::{layout, row_files};

/// More replications than this fit into no time that anybody waits.
const MOST_IN_TIME: u32 = 100_000;

/// What a run is told before it begins, and where it leaves what it has to tell.
pub(super) struct Told<'t> {
    pub(super) expected: Expected,
    /// What stands for labels in everything that is written.
    pub(super) pseudonyms: Option<Pseudonyms>,
    /// Draws that met a bound.
    pub(super) cuts: &'t mut Vec<String>,
    /// Accounts that the judge was asked about.
    pub(super) judged: &'t mut Arc<JudgedAccounts>,
}

/// Runs all replications on actors; rows stream into the folder. A failure that leaves finished replications as they are
/// comes with them.
pub(super) fn simulate(
    scenario: &Scenario,
    arguments: &RunArguments,
    histories: &[Arc<PreparedHistory>],
    folder: &RunFolder,
    (told, keep, interrupt): (Told<'_>, Keep, &Interrupt),
) -> Result<(Ran, GatheredRun, Option<Failure>), CommandProblem> {
    let shape = engine::shape(scenario);
    let writer = GatheringWriter::new(row_files(arguments), shape.clone());
    // Of parts that are taken up no account is there to be counted again.
    let recounts = arguments.audit && keep.is_empty();
    let writer = if recounts { writer.recounting() } else { writer };
    let resamples = writer.resamples();
    let gathering =
        Gathering::begin(&writer, scenario, shape, folder, (arguments.rows_format, arguments.time))?;
    let job = Arc::new(job(scenario, arguments, writer, (histories, told.pseudonyms))?);
    *told.judged = job.world.judged.clone();
    let layout = layout(arguments.threads, &arguments.layout);
    if let Some(count) = arguments.bootstrap {
        let drawn = Resamples::draw((scenario.seed, count, layout.threads), &resampled(&job), &job.shape);
        // Nobody else sets it.
        let _ = resamples.set(drawn.map_err(|error| CommandProblem::usage(error.to_string()))?);
    }
    let mut meter =
        Meter::start(arguments.quiet, &estimate::headline(scenario, &job, &layout, arguments.time));
    let replications = match (&scenario.precision, arguments.time) {
        _ if scenario.replays_exactly => 1,
        (Some(precision), _) => precision.max_replications,
        (None, Some(_)) if arguments.replications.is_none() => MOST_IN_TIME,
        _ => scenario.replications,
    };
    let replications = scenario.until.as_ref().map_or(replications, |until| until.most);
    let spec = RunSpec {
        job: job.clone(),
        replications: 0..replications,
        layout,
        // Histories lie beside it, and the page follows an organization once more.
        spill: folder.path().join(SCRATCH).join("rows"),
        sink: Box::new(gathering.clone()),
        interrupt: interrupt.clone(),
        // Finished parts hold sums, and resamples want every organization.
        keep: arguments.bootstrap.is_none().then_some(keep),
    };
    let mut last = None;
    let ran = engine::run(spec, &mut |progress| {
        last = Some(progress);
        meter.show(in_time(arguments.time, told.expected.operations as u64, progress));
        let new = progress.operations - progress.taken_up.operations;
        limits::count(arguments.limits.max_operations, new, interrupt);
    });
    meter.end();
    told.cuts.extend(cut_draws(&job, scenario));
    match (ran, last) {
        (Ok(ran), _) => {
            let mut gathered = gathering.finish()?;
            if let Some(resamples) = resamples.get().filter(|_| gathered.finished() > 0) {
                gathered.measurements = Measurements::resampled(&resamples.finish());
            }
            Ok((ran, gathered, None))
        }
        // A broken law speaks against every replication; anything else only against those that were not finished.
        (Err(failure), Some(progress)) if !matches!(failure, Failure::Fault { .. }) => {
            let gathered = gathering.finish()?;
            if gathered.measurements.replications() == 0 {
                return Err(CommandProblem::Run(failure));
            }
            Ok((Ran { progress, interrupted: None }, gathered, Some(failure)))
        }
        (Err(failure), _) => Err(CommandProblem::Run(failure)),
    }
}

/// What is simulated, with the rows that were asked for.
pub(super) fn job(
    scenario: &Scenario,
    arguments: &RunArguments,
    writer: GatheringWriter,
    (histories, pseudonyms): (&[Arc<PreparedHistory>], Option<Pseudonyms>),
) -> Result<Job, CommandProblem> {
    let detail = DetailOptions {
        cycles: arguments.wants(RowsOption::Cycles),
        limit_accounts: arguments.wants(RowsOption::LimitAccounts),
        operations: arguments.wants(RowsOption::Operations),
        journal: arguments.wants(RowsOption::Journal),
        free: arguments.free,
        audit: arguments.audit,
        meters: false,
        followed: false,
    };
    // An organization that is asked for may be any of them.
    let quick = arguments.quick && arguments.organization.is_none();
    let options = JobOptions { detail, first: quick.then_some(select::QUICK_ORGANIZATIONS) };
    let mut job = engine::prepare_with(scenario, options, Arc::new(writer), histories);
    job.pseudonyms = pseudonyms;
    if let Some(name) = &arguments.organization {
        let only = organizations::find(&job, name)?;
        job.keep_only(only);
    }
    Ok(job)
}

/// What draws that met a bound come to, a sentence each.
pub(super) fn cut_draws(job: &Job, scenario: &Scenario) -> Vec<String> {
    let sources = job.world.sources.iter().zip(&scenario.features);
    sources.flat_map(|(source, feature)| source.cuts().remarks(&feature.name)).collect()
}

/// The cohorts of a run, as they are resampled.
fn resampled(job: &Job) -> Vec<ResampledCohort> {
    let cohort = |cohort: &JobCohort| ResampledCohort {
        name: cohort.name.clone(),
        first: cohort.first,
        organizations: cohort.organizations,
    };
    job.cohorts.iter().map(cohort).collect()
}

/// How far a run is: by its time, if that ends it.
fn in_time(time: Option<Duration>, operations_expected: u64, progress: Progress) -> Progress {
    let Some(time) = time else { return Progress { operations_expected, ..progress } };
    let (elapsed, whole) = (progress.elapsed.as_millis() as u64, time.as_millis() as u64);
    Progress { organizations: elapsed.min(whole), organizations_total: whole.max(1), ..progress }
}
