//! `creditsim run`: read, check, run, summarise, report.

use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use crate::engine::{
    self, Cause, Expected, Failure, Interrupt, Job, JobCohort, JobOptions, Keep, Layout, Planned, Progress,
    Ran, RunSpec, TakenUp,
};
use crate::experiment::{
    Family, Findings, Judgement, Measurements, ResampledCohort, Resamples, Ruling, judge, recompute, worst,
};
use crate::organization::DetailOptions;
use crate::report::{
    self, Answer, Formats, Grounds, HistoryRecord, Look, Manifest, Page, Printed, RowFile, RunFolder,
    SCRATCH, Status, Table, TakenUpRecord,
};
use crate::scenario::{self, Provenance, Scenario, ScenarioSource};
use crate::workload::{PreparedHistory, Pseudonyms};

use super::arguments::{FormatOption, LayoutArguments, RowsOption, RunArguments};
use super::asked::Asked;
use super::diagnosis::diagnosis;
use super::exit::{CommandProblem, Exit};
use super::gathering::{GatheredRun, Gathering, GatheringWriter};
use super::progress::{Meter, count, span};
use super::terminal::number_of;
use super::{
    anonymous, estimate, interrupt, keeping, limits, organizations, reading, replayed, resuming, select,
    terminal,
};

/// More replications than this fit into no time that anybody waits.
const MOST_IN_TIME: u32 = 100_000;

/// Runs a scenario and reports on it.
pub(super) fn carry_out(arguments: &RunArguments) -> Result<Exit, CommandProblem> {
    let interrupt = interrupt::listen();
    limits::enforce(&arguments.limits, &interrupt)?;
    let mut matter = read_and_check(arguments)?;
    let scenario = &matter.scenario;
    let expected = expected(scenario, arguments)?;
    let stem = format!("seed-{}", scenario.seed);
    let (mut folder, unfinished) = keeping::begin(&arguments.output, &scenario.name, &stem)?;
    let kept = (arguments.quiet, replayed::shelf(arguments));
    let histories = replayed::read_or_take_up(scenario, kept, &folder, &interrupt)?;
    replayed::run_once(&mut matter.scenario, &histories, arguments);
    let scenario = &matter.scenario;
    let records = replayed::records(scenario, histories.iter().map(|read| (&read.content, &read.counts)));
    let question = matter.question(&records);
    folder
        .asks(&question)
        .map_err(|source| CommandProblem::File { path: folder.path().to_owned(), source })?;
    let asked = question.clone();
    let unfinished = keeping::of_question(unfinished, &question);
    let files = row_files(arguments).into_iter().map(|file| file.name().to_owned()).collect();
    let (parts, outdone) = resuming::begin(arguments.resume, (&folder, &question), files, unfinished)?;
    let mut cuts = Vec::new();
    let told = Told { expected, pseudonyms: matter.pseudonyms.clone(), cuts: &mut cuts };
    let simulated = simulate(scenario, arguments, &histories, &folder, (told, parts, &interrupt));
    let (ran, gathered, failure) = simulated.map_err(|problem| name_the_key(problem, scenario))?;
    let mut summary = summarise(scenario, ran, gathered, failure.is_some(), &mut folder)?;
    if arguments.audit {
        recompute(&summary.findings).map_err(CommandProblem::Internal)?;
    }
    summary.grounds = Some(matter.grounds(&summary.findings, &histories, &arguments.scenario));
    if arguments.quick {
        summary.answer.caution_first(select::first_look(summary.finished));
    }
    terminal::say_drawn(&tables(scenario, (arguments.format.into(), terminal::stdout_look()), &summary));
    if let Some(file) = &arguments.junit {
        write_junit(file, scenario, &summary)?;
    }
    if summary.is_worth_keeping() {
        keep(
            &matter,
            arguments,
            &summary,
            folder,
            Manifest { cut_draws: cuts.clone(), ..manifest(&matter, arguments, &summary, question, records) },
        )?;
    }
    for cut in &cuts {
        terminal::tell(&format!("note: {cut}"));
    }
    if let Some(shortfall) = &summary.shortfall {
        terminal::tell(&format!("warning: {shortfall}"));
    }
    if let Some(failure) = failure {
        return Err(name_the_key(CommandProblem::Run(failure), scenario));
    }
    if !summary.partial {
        keeping::discard(outdone);
        resuming::outdo(&arguments.output.join(&scenario.name), &asked);
    }
    Ok(summary.exit())
}

/// The scenario as it is going to be run, and where it came from.
struct Matter {
    pseudonyms: Option<Pseudonyms>,
    source: ScenarioSource,
    scenario: Scenario,
    asked: Asked,
}

impl Matter {
    fn question(&self, histories: &[HistoryRecord]) -> report::Question {
        let mut question = self.asked.question(&self.source, &self.scenario);
        if let Some(pseudonyms) = &self.pseudonyms {
            question = question.with("pseudonyms", pseudonyms.key_name());
        }
        if histories.is_empty() {
            return question;
        }
        question.with("histories", keeping::histories_fact(histories))
    }
}

impl Matter {
    /// What the verdict rests on, once it is known which features the histories feed.
    fn grounds(&self, findings: &Findings, histories: &[Arc<PreparedHistory>], named: &str) -> Grounds {
        let fed = |feature| histories.iter().any(|history| history.feeds(feature));
        Grounds::new(findings, &Provenance::of(&self.source, &self.scenario, &fed), named)
    }
}

/// What a run came to.
struct Summary {
    findings: Findings,
    /// What they come to, in sentences.
    answer: Answer,
    /// Which numbers they rest on.
    grounds: Option<Grounds>,
    judgements: Vec<Judgement>,
    /// The judgements as a table.
    rulings: Table,
    ran: Ran,
    /// True if not all that was asked for is in.
    partial: bool,
    /// Replications that were finished.
    finished: u32,
    /// Why the numbers are fewer than asked for, if they are.
    shortfall: Option<String>,
    precision_missed: bool,
    /// Why a precision ended the run where it did.
    stopped: Option<String>,
}

impl Summary {
    /// Without a finished replication there is no result.
    fn is_worth_keeping(&self) -> bool {
        self.finished > 0
    }

    /// What a reader must know before acting on it, in sentences.
    fn notes(&self) -> Vec<String> {
        let grounds = self.grounds.as_ref().map(Grounds::sentence);
        self.answer.notes().into_iter().chain(grounds).collect()
    }

    fn exit(&self) -> Exit {
        match worst(&self.judgements) {
            _ if self.ran.interrupted.is_some() => Exit::Interrupted,
            Some(Ruling::Fail) => Exit::ThresholdFailed,
            Some(Ruling::Undecided { .. }) => Exit::Undecided,
            _ if self.precision_missed => Exit::Undecided,
            _ => Exit::Fine,
        }
    }
}

fn read_and_check(arguments: &RunArguments) -> Result<Matter, CommandProblem> {
    let source = reading::source(&arguments.scenario, &arguments.set)?;
    let (mut scenario, cautions) = scenario::read_with_cautions(&source).map_err(CommandProblem::Scenario)?;
    if !cautions.is_empty() && !arguments.quiet {
        terminal::tell_drawn(&diagnosis(&cautions, terminal::stderr_look()));
    }
    let of_file = scenario.policies.len();
    select::apply(&mut scenario, arguments)?;
    let asked = Asked::run(arguments, &scenario, of_file);
    let pseudonyms = anonymous::pseudonyms(arguments.anonymize.as_deref())?;
    Ok(Matter { source, scenario, asked, pseudonyms })
}

pub(super) fn layout(threads: Option<u32>, arguments: &LayoutArguments) -> Layout {
    let usual = Layout::default();
    Layout {
        threads: threads.map_or(usual.threads, |threads| threads as usize),
        batch: arguments.batch.unwrap_or(usual.batch),
        wave: arguments.wave.unwrap_or(usual.wave),
        chunk: arguments.chunk,
        shuffle: arguments.shuffle,
        pin: !arguments.no_pin,
        part_every: arguments.part_every.map_or(usual.part_every, Duration::from_millis),
        ..usual
    }
}

/// Runs all replications on actors; rows stream into the folder. A failure that leaves finished replications as they are
/// comes with them.
fn simulate(
    scenario: &Scenario,
    arguments: &RunArguments,
    histories: &[Arc<PreparedHistory>],
    folder: &RunFolder,
    (told, keep, interrupt): (Told<'_>, Keep, &Interrupt),
) -> Result<(Ran, GatheredRun, Option<Failure>), CommandProblem> {
    let detail = DetailOptions {
        cycles: arguments.wants(RowsOption::Cycles),
        operations: arguments.wants(RowsOption::Operations),
        journal: arguments.wants(RowsOption::Journal),
        free: arguments.free,
        audit: arguments.audit,
        followed: false,
    };
    // An organization that is asked for may be any of them.
    let quick = arguments.quick && arguments.organization.is_none();
    let first = quick.then_some(select::QUICK_ORGANIZATIONS);
    let shape = engine::shape(scenario);
    let writer = GatheringWriter::new(row_files(arguments), shape.clone());
    // Of parts that are taken up no account is there to be counted again.
    let recounts = arguments.audit && keep.is_empty();
    let writer = if recounts { writer.recounting() } else { writer };
    let resamples = writer.resamples();
    let gathering =
        Gathering::begin(&writer, scenario, shape, folder, (arguments.rows_format, arguments.time))?;
    let options = JobOptions { detail, first };
    let mut job = engine::prepare_with(scenario, options, Arc::new(writer), histories);
    job.pseudonyms = told.pseudonyms;
    if let Some(name) = &arguments.organization {
        let only = organizations::find(&job, name)?;
        job.keep_only(only);
    }
    let job = Arc::new(job);
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
    let sources = job.world.sources.clone();
    let spec = RunSpec {
        job,
        replications: 0..replications,
        layout,
        spill: folder.path().join(SCRATCH),
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
    let cut =
        sources.iter().zip(&scenario.features).map(|(source, feature)| source.cuts().remarks(&feature.name));
    told.cuts.extend(cut.flatten());
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

/// Adds the key that sums beyond 64 bits most likely come from.
fn name_the_key(problem: CommandProblem, scenario: &Scenario) -> CommandProblem {
    let CommandProblem::Run(Failure::Impossible { replication, organization, what }) = problem else {
        return problem;
    };
    let (credits, money) = &scenario.largest;
    let key = match what.as_str() {
        sum if sum.contains("sum of credits") => credits.as_ref(),
        sum if sum.contains("sum of money") => money.as_ref(),
        _ => None,
    };
    let what = match key {
        Some(key) => format!("{what}\nhint: the largest is `{key}`; draws and formulas add to it"),
        None => what,
    };
    CommandProblem::Run(Failure::Impossible { replication, organization, what })
}

/// What a run is told before it begins, and where it leaves what it has to tell.
struct Told<'t> {
    expected: Expected,
    /// What stands for labels in everything that is written.
    pseudonyms: Option<Pseudonyms>,
    /// Draws that met a bound.
    cuts: &'t mut Vec<String>,
}

/// What the run will take; says so unless it is quiet.
///
/// # Errors
/// If it is absurd and nobody forces it.
fn expected(scenario: &Scenario, arguments: &RunArguments) -> Result<Expected, CommandProblem> {
    let planned = Planned {
        first: match arguments.organization {
            Some(_) => Some(1),
            None => arguments.quick.then_some(select::QUICK_ORGANIZATIONS),
        },
        threads: layout(arguments.threads, &arguments.layout).threads as u32,
        organization_rows: !arguments.no_organizations,
        cycle_rows: arguments.wants(RowsOption::Cycles),
        operation_rows: arguments.wants(RowsOption::Operations),
        journal_rows: arguments.wants(RowsOption::Journal),
    };
    let expected = engine::expect(scenario, planned);
    if !arguments.force {
        estimate::refuse(&expected, scenario)?;
    }
    if !arguments.quiet {
        terminal::tell(&format!("{} takes {}", scenario.name, estimate::sentence(&expected, scenario)));
    }
    if let Some(warning) = estimate::large_files(&expected, arguments.rows_format) {
        terminal::tell(&warning);
    }
    Ok(expected)
}

fn row_files(arguments: &RunArguments) -> Vec<RowFile> {
    let asked = [
        (!arguments.no_organizations, RowFile::Organizations),
        (!arguments.no_organizations, RowFile::Changes),
        (arguments.wants(RowsOption::Cycles), RowFile::Cycles),
        (arguments.wants(RowsOption::Operations), RowFile::Operations),
        (arguments.wants(RowsOption::Journal), RowFile::Journal),
    ];
    asked.into_iter().filter_map(|(wanted, file)| wanted.then_some(file)).collect()
}

/// Compares and judges. Files of rows are closed; one that the disk did not take is done without.
fn summarise(
    scenario: &Scenario,
    ran: Ran,
    gathered: GatheredRun,
    failed: bool,
    folder: &mut RunFolder,
) -> Result<Summary, CommandProblem> {
    let shortfall = gathered.shortfall(scenario);
    // Resamples are of the one replication that was run.
    let finished = if gathered.measurements.is_resampled() { 1 } else { gathered.finished() };
    for (file, open) in gathered.files {
        match open {
            Ok(open) => drop(folder.close(open)),
            Err(why) => folder.give_up(&file, &why),
        }
    }
    if let Some(books) = gathered.books {
        report::attempt(folder, report::BOOKS_FILE, || Ok(books));
    }
    let mut measurements = gathered.measurements;
    if scenario.replays_exactly {
        measurements.declare_exact();
    }
    let findings = Findings::of_family(measurements, scenario.baseline, &Family::of(scenario));
    let judgements = judge(&findings.measurements, &scenario.thresholds);
    let rulings = report::rulings(&findings, &scenario.thresholds, &judgements);
    let partial = ran.interrupted.is_some() || failed;
    let GatheredRun { precision_missed, stopped, .. } = gathered;
    Ok(Summary {
        answer: Answer::new(&findings, scenario),
        grounds: None,
        findings,
        judgements,
        rulings,
        ran,
        partial,
        finished,
        shortfall,
        precision_missed,
        stopped,
    })
}

/// The thresholds for a CI system, in a file of the user's choice.
fn write_junit(file: &Path, scenario: &Scenario, summary: &Summary) -> Result<(), CommandProblem> {
    let Summary { findings, judgements, .. } = summary;
    let text = report::junit(findings, &scenario.name, &scenario.thresholds, judgements);
    std::fs::write(file, text).map_err(|source| CommandProblem::File { path: file.to_owned(), source })
}

/// Writes the files of the folder, gives it its place and says where it is. What was found has been printed by then.
fn keep(
    matter: &Matter,
    arguments: &RunArguments,
    summary: &Summary,
    mut folder: RunFolder,
    manifest: Manifest,
) -> Result<(), CommandProblem> {
    let scenario = &matter.scenario;
    let page = Page {
        scenario: scenario.name.clone(),
        question: scenario.question.clone(),
        remarks: [summary.notes(), Vec::from_iter(summary.stopped.clone())].concat(),
        seed: scenario.seed,
        finished: !summary.partial,
        thresholds: (!summary.judgements.is_empty()).then(|| summary.rulings.clone()),
    };
    report::write_findings(&mut folder, &summary.findings, &page);
    Printed::keep(&mut folder, None, |format| tables(scenario, (format, Look::PLAIN), summary));
    let missing = folder.missing().to_vec();
    let target = keeping::finish(folder, &manifest)?;
    let written = written(&target, summary);
    match arguments.format {
        _ if arguments.quiet => terminal::tell(&format!("written to {}", target.display())),
        FormatOption::Text => terminal::say(&written),
        _ => terminal::tell(&written),
    }
    keeping::complain_of(&target, &missing)
}

fn tables(scenario: &Scenario, (format, look): (report::Format, Look), summary: &Summary) -> String {
    let Summary { findings, answer, judgements, rulings, .. } = summary;
    let judged = !judgements.is_empty();
    match format {
        report::Format::Csv => report::flat(findings).render(format),
        report::Format::Json => {
            let value = json!({
                "scenario": scenario.name,
                "seed": scenario.seed,
                "replications": summary.finished,
                "exact": findings.measurements.is_exact(),
                "resamples": findings.measurements.is_resampled().then(|| findings.measurements.replications()),
                "baseline": scenario.policies[scenario.baseline].name,
                "partial": summary.partial,
                "stopped": summary.stopped,
                "verdict": answer.to_json(),
                "customers": report::customer_tables(findings).iter().map(Table::to_json).collect::<Vec<_>>(),
                "outcomes": report::flat(findings).to_json(),
                "rests_on": summary.grounds.as_ref().map(Grounds::to_json),
                "notes": summary.notes(),
                "thresholds": rulings.to_json(),
            });
            report::pretty(&value)
        }
        report::Format::Text | report::Format::Markdown => {
            let mut tables = report::overview(findings);
            tables.extend(report::customer_tables(findings));
            tables.extend(report::scope_tables(findings, scenario));
            if let Some(last) = tables.last_mut() {
                last.notes.extend(summary.stopped.clone());
                last.notes.extend(super::changed::remark(scenario));
                last.notes.extend(summary.grounds.as_ref().map(Grounds::sentence));
            }
            tables.extend(judged.then(|| rulings.clone()));
            let verdict = match format {
                report::Format::Text => answer.draw(look),
                _ => answer.to_markdown(),
            };
            format!("{verdict}\n{}", report::render_tables(&tables, format, look))
        }
    }
}

fn written(target: &Path, summary: &Summary) -> String {
    let progress = summary.ran.progress;
    let seconds = progress.elapsed.as_secs_f64();
    let new = progress.operations.saturating_sub(progress.taken_up.operations) as f64;
    let before = match progress.taken_up.operations {
        0 => String::new(),
        operations => format!(" after {} that were taken up", count(operations as f64)),
    };
    format!(
        "\n{} operations{before} under {} in {} ({}/s)\nwritten to {}",
        count(new),
        number_of(summary.findings.shape().policies.len() as u64, "policy", "policies"),
        span(seconds),
        count(new / seconds.max(1e-9)),
        target.display()
    )
}

/// The command that asks the same question.
fn command(matter: &Matter, arguments: &RunArguments) -> Vec<String> {
    let key_file = arguments.anonymize.iter().map(|file| file.display().to_string());
    let anonymize = key_file.flat_map(|file| [String::from("--anonymize"), file]);
    matter.asked.words(&arguments.scenario, &matter.source).into_iter().chain(anonymize).collect()
}

fn manifest(
    matter: &Matter,
    arguments: &RunArguments,
    summary: &Summary,
    question: report::Question,
    histories: Vec<HistoryRecord>,
) -> Manifest {
    let scenario = &matter.scenario;
    let progress = summary.ran.progress;
    let wall_s = progress.elapsed.as_secs_f64();
    // What was taken up took none of the time.
    let taken_up = progress.taken_up;
    let new = progress.operations.saturating_sub(taken_up.operations);
    let operations_per_second = new as f64 / wall_s.max(1e-9);
    let threads = layout(arguments.threads, &arguments.layout).threads as u32;
    Manifest {
        version: String::from(env!("CARGO_PKG_VERSION")),
        scenario: scenario.name.clone(),
        content_hash: scenario.content_hash.clone(),
        command: command(matter, arguments),
        scenario_text: matter.source.text().to_owned(),
        formats: Formats::CURRENT,
        question,
        seed: scenario.seed,
        replications: summary.finished,
        exact: summary.findings.measurements.is_exact(),
        resamples: arguments.bootstrap,
        threads,
        operations: progress.operations,
        operations_per_second,
        policy_operations_per_second: operations_per_second * scenario.policies.len() as f64,
        wall_s,
        peak_memory_bytes: engine::peak_memory_bytes(),
        reactive_features: scenario.reactive_features().into_iter().map(str::to_owned).collect(),
        cut_draws: Vec::new(),
        histories,
        ended_by: summary.ran.interrupted.map(Cause::name),
        taken_up: (taken_up != TakenUp::default()).then_some(TakenUpRecord {
            organizations: taken_up.organizations,
            operations: taken_up.operations,
        }),
        status: if summary.partial { Status::Partial } else { Status::Finished },
        stopped: summary.stopped.clone(),
        notes: summary.notes(),
    }
}
