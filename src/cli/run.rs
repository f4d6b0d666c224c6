//! `creditsim run`: read, check, run, summarise, report.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde_json::json;
use sha2::{Digest, Sha256};

use crate::engine::{self, JobOptions, Layout, Ran, RunSpec};
use crate::experiment::{Findings, Judgement, Ruling, judge, worst};
use crate::organization::DetailOptions;
use crate::report::{self, HistoryRecord, Manifest, Page, RowFile, RunFolder, Status, Table};
use crate::scenario::Scenario;
use crate::workload::{Arrivals, Demand, HistorySpec, PreparedHistory};

use super::arguments::{Format, LayoutArguments, Rows, RunArguments};
use super::exit::{Exit, Problem};
use super::gathering::{Gathered, Gathering, Writer};
use super::progress::{Meter, count, span};
use super::terminal::number_of;
use super::{interrupt, reading, select, terminal};

/// Runs a scenario and reports on it.
pub(super) fn carry_out(arguments: &RunArguments) -> Result<Exit, Problem> {
    let scenario = read_and_check(arguments)?;
    let mut folder = open_folder(&scenario, arguments)?;
    let histories = read_histories(&scenario, arguments, &folder)?;
    let (ran, gathered) = simulate(&scenario, arguments, &histories, &folder)?;
    let summary = summarise(&scenario, ran, gathered, records(&scenario, &histories), &mut folder)?;
    report(&scenario, arguments, &summary, folder)?;
    if let Some(file) = &arguments.junit {
        write_junit(file, &scenario, &summary)?;
    }
    Ok(summary.exit())
}

/// What a run came to.
struct Summary {
    findings: Findings,
    judgements: Vec<Judgement>,
    /// The judgements as a table.
    rulings: Table,
    ran: Ran,
    /// What became of the rows of usage histories.
    histories: Vec<HistoryRecord>,
    /// Why the numbers are fewer than asked for, if they are.
    shortfall: Option<String>,
    precision_missed: bool,
}

impl Summary {
    fn exit(&self) -> Exit {
        match worst(&self.judgements) {
            _ if self.ran.interrupted => Exit::Interrupted,
            Some(Ruling::Fail) => Exit::ThresholdFailed,
            Some(Ruling::Undecided { .. }) => Exit::Undecided,
            _ if self.precision_missed => Exit::Undecided,
            _ => Exit::Fine,
        }
    }
}

fn read_and_check(arguments: &RunArguments) -> Result<Scenario, Problem> {
    let mut scenario = reading::scenario(&arguments.scenario, &arguments.set)?;
    select::apply(&mut scenario, arguments)?;
    Ok(scenario)
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
        ..usual
    }
}

/// `OUTPUT/SCENARIO/seed-SEED-HASH`: the same question writes the same folder, another question another one.
fn open_folder(scenario: &Scenario, arguments: &RunArguments) -> Result<RunFolder, Problem> {
    let policies: Vec<&str> = scenario.policies.iter().map(|policy| policy.name.as_str()).collect();
    let asked = format!(
        "{} {:?} {} {:?} {}",
        scenario.content_hash, policies, scenario.replications, scenario.precision, arguments.quick
    );
    let hash: String = Sha256::digest(asked).iter().take(4).map(|byte| format!("{byte:02x}")).collect();
    let run = format!("seed-{}-{hash}", scenario.seed);
    let target = arguments.output.join(&scenario.name).join(run);
    RunFolder::create(&target).map_err(|source| Problem::File { path: target, source })
}

/// Rows that wait for their turn and partitions of histories; the engine removes it.
fn scratch(folder: &RunFolder) -> PathBuf {
    folder.path().join(".scratch")
}

/// Reads usage histories into partitions beside the results, and says what was found.
fn read_histories(
    scenario: &Scenario,
    arguments: &RunArguments,
    folder: &RunFolder,
) -> Result<Vec<Arc<PreparedHistory>>, Problem> {
    for spec in scenario.histories.iter().filter(|_| !arguments.quiet) {
        announce(spec, folder);
    }
    let histories = engine::prepare_histories(scenario, &scratch(folder))
        .map_err(|error| Problem::Run(engine::Failure::History(error)))?;
    for (spec, history) in scenario.histories.iter().zip(&histories).filter(|_| !arguments.quiet) {
        let counts = &history.counts;
        let mut told = format!(
            "history `{}`: {} of {}, {} replayed",
            spec.name,
            number_of(counts.rows, "row", "rows"),
            number_of(u64::from(counts.organizations), "organization", "organizations"),
            counts.replayed
        );
        for remark in counts.remarks() {
            told = told + ", " + &remark;
        }
        terminal::tell(&told);
    }
    Ok(histories)
}

/// A file that is worth knowing of before it is read, and what its partitions take on disk.
fn announce(spec: &HistorySpec, folder: &RunFolder) {
    const LARGE: u64 = 64 << 20;
    let Ok(size) = std::fs::metadata(&spec.path).map(|found| found.len()) else { return };
    // Packed text is about a sixth of its size; rows of numbers grow by their fixed width, runs of the sort included.
    let packed = spec.path.extension().is_some_and(|extension| extension == "gz");
    let bytes = if packed { size.saturating_mul(6) } else { size };
    if bytes >= LARGE {
        terminal::tell(&format!(
            "history `{}`: sorting {} MiB on disk; up to {} MiB below `{}` until the end of the run",
            spec.name,
            bytes >> 20,
            bytes.saturating_mul(SCRATCH) >> 20,
            folder.path().display()
        ));
    }
}

/// Largest size of a history's partitions and runs relative to its text.
const SCRATCH: u64 = 8;

fn records(scenario: &Scenario, histories: &[Arc<PreparedHistory>]) -> Vec<HistoryRecord> {
    let record = |(spec, history): (&HistorySpec, &Arc<PreparedHistory>)| HistoryRecord {
        name: spec.name.clone(),
        counts: json!(history.counts),
    };
    scenario.histories.iter().zip(histories).map(record).collect()
}

/// Runs all replications on actors; rows stream into the folder.
fn simulate(
    scenario: &Scenario,
    arguments: &RunArguments,
    histories: &[Arc<PreparedHistory>],
    folder: &RunFolder,
) -> Result<(Ran, Gathered), Problem> {
    let detail = DetailOptions {
        cycles: arguments.wants(Rows::Cycles),
        operations: arguments.wants(Rows::Operations),
        journal: arguments.wants(Rows::Journal),
        audit: arguments.audit,
    };
    let first = arguments.quick.then_some(select::QUICK_ORGANIZATIONS);
    let shape = engine::shape(scenario);
    let writer = Writer::new(row_files(arguments), shape.clone());
    let gathering = Gathering::begin(&writer, scenario, shape, folder)?;
    let options = JobOptions { detail, first };
    let job = Arc::new(engine::prepare_with(scenario, options, Arc::new(writer), histories));
    let layout = layout(arguments.threads, &arguments.layout);
    let mut meter = Meter::start(arguments.quiet, &headline(scenario, &job, &layout));
    let replications = scenario.precision.as_ref().map_or(scenario.replications, |p| p.max_replications);
    let spec = RunSpec {
        job,
        replications: 0..replications,
        layout,
        spill: scratch(folder),
        sink: Box::new(gathering.clone()),
        interrupt: interrupt::listen(),
    };
    let ran = engine::run(spec, &mut |progress| meter.show(progress));
    meter.end();
    Ok((ran?, gathering.finish()?))
}

fn row_files(arguments: &RunArguments) -> Vec<RowFile> {
    let asked = [
        (!arguments.no_organizations, RowFile::Organizations),
        (arguments.wants(Rows::Cycles), RowFile::Cycles),
        (arguments.wants(Rows::Operations), RowFile::Operations),
        (arguments.wants(Rows::Journal), RowFile::Journal),
    ];
    asked.into_iter().filter_map(|(wanted, file)| wanted.then_some(file)).collect()
}

fn headline(scenario: &Scenario, job: &engine::Job, layout: &Layout) -> String {
    let organizations: u64 = job.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
    let replications = match &scenario.precision {
        Some(precision) => format!("up to {} replications", precision.max_replications),
        None => number_of(u64::from(scenario.replications), "replication", "replications"),
    };
    format!(
        "{}: {}, {}, {replications}, seed {}, {}",
        scenario.name,
        number_of(organizations, "organization", "organizations"),
        number_of(scenario.policies.len() as u64, "policy", "policies"),
        scenario.seed,
        number_of(layout.threads as u64, "thread", "threads")
    )
}

/// Compares, judges, and writes the files of the folder.
fn summarise(
    scenario: &Scenario,
    ran: Ran,
    gathered: Gathered,
    histories: Vec<HistoryRecord>,
    folder: &mut RunFolder,
) -> Result<Summary, Problem> {
    let broken = |folder: &RunFolder, name: &str| {
        let path = folder.path().join(name);
        move |source| Problem::File { path, source }
    };
    let shortfall = gathered.shortfall(scenario);
    for (file, open) in gathered.files {
        folder.close(open).map_err(broken(folder, file.name()))?;
    }
    let findings = Findings::new(gathered.measurements, scenario.baseline);
    let judgements = judge(&findings.measurements, &scenario.thresholds);
    let rulings = report::rulings(&findings, &scenario.thresholds, &judgements);
    let page = Page {
        scenario: scenario.name.clone(),
        question: scenario.question.clone(),
        remarks: reactive_remark(scenario).into_iter().collect(),
        seed: scenario.seed,
        finished: !ran.interrupted,
        thresholds: (!judgements.is_empty()).then(|| rulings.clone()),
    };
    report::write_findings(folder, &findings, &page).map_err(broken(folder, ""))?;
    let Gathered { precision_missed, .. } = gathered;
    Ok(Summary { findings, judgements, rulings, ran, shortfall, histories, precision_missed })
}

/// The thresholds for a CI system, in a file of the user's choice.
fn write_junit(file: &Path, scenario: &Scenario, summary: &Summary) -> Result<(), Problem> {
    let Summary { findings, judgements, .. } = summary;
    let text = report::junit(findings, &scenario.name, &scenario.thresholds, judgements);
    std::fs::write(file, text).map_err(|source| Problem::File { path: file.to_owned(), source })
}

/// Names the folder and says what was found, and where it is.
fn report(
    scenario: &Scenario,
    arguments: &RunArguments,
    summary: &Summary,
    folder: RunFolder,
) -> Result<(), Problem> {
    let aside = folder.path().to_owned();
    let manifest = manifest(scenario, arguments, summary);
    let target = folder.finish(&manifest).map_err(|source| Problem::File { path: aside, source })?;
    terminal::say(&tables(scenario, arguments.format, summary));
    let written = written(&target, summary);
    match arguments.format {
        Format::Text if !arguments.quiet => terminal::say(&written),
        _ if !arguments.quiet => terminal::tell(&written),
        _ => {}
    }
    if let Some(shortfall) = &summary.shortfall {
        terminal::tell(&format!("warning: {shortfall}"));
    }
    Ok(())
}

fn tables(scenario: &Scenario, format: Format, summary: &Summary) -> String {
    let Summary { findings, judgements, rulings, .. } = summary;
    let judged = !judgements.is_empty();
    match format {
        Format::Csv => report::flat(findings).render(format.into()),
        Format::Json => {
            let value = json!({
                "scenario": scenario.name,
                "seed": scenario.seed,
                "replications": findings.measurements.replications(),
                "baseline": scenario.policies[scenario.baseline].name,
                "partial": summary.ran.interrupted,
                "outcomes": report::flat(findings).to_json(),
                "thresholds": rulings.to_json(),
            });
            report::pretty(&value)
        }
        Format::Text | Format::Markdown => {
            let mut tables = report::overview(findings);
            if let Some(last) = tables.last_mut() {
                last.notes.extend(reactive_remark(scenario));
            }
            tables.extend(judged.then(|| rulings.clone()));
            tables.iter().map(|table| table.render(format.into())).collect::<Vec<_>>().join("\n")
        }
    }
}

/// Features whose clients wait for what their operations really meet.
fn reactive_features(scenario: &Scenario) -> Vec<String> {
    let reactive = |demand: &Demand| matches!(demand.arrivals, Arrivals::ClosedLoop { reactive: true, .. });
    let features = scenario.features.iter().filter(|feature| reactive(&feature.demand));
    features.map(|feature| feature.name.clone()).collect()
}

fn reactive_remark(scenario: &Scenario) -> Option<String> {
    let features = reactive_features(scenario);
    let names: Vec<String> = features.iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!("clients of {} wait for their operations, so that demand differs by policy", names.join(", "))
    })
}

fn written(target: &Path, summary: &Summary) -> String {
    let progress = summary.ran.progress;
    let seconds = progress.elapsed.as_secs_f64();
    format!(
        "\n{} operations under {} in {} ({}/s)\nwritten to {}",
        count(progress.operations as f64),
        number_of(summary.findings.shape().policies.len() as u64, "policy", "policies"),
        span(seconds),
        count(progress.operations as f64 / seconds.max(1e-9)),
        target.display()
    )
}

fn manifest(scenario: &Scenario, arguments: &RunArguments, summary: &Summary) -> Manifest {
    let progress = summary.ran.progress;
    let wall_s = progress.elapsed.as_secs_f64();
    let operations_per_second = progress.operations as f64 / wall_s.max(1e-9);
    let threads = layout(arguments.threads, &arguments.layout).threads as u32;
    Manifest {
        version: String::from(env!("CARGO_PKG_VERSION")),
        scenario: scenario.name.clone(),
        content_hash: scenario.content_hash.clone(),
        seed: scenario.seed,
        replications: summary.findings.measurements.replications(),
        threads,
        operations: progress.operations,
        operations_per_second,
        policy_operations_per_second: operations_per_second * scenario.policies.len() as f64,
        wall_s,
        peak_memory_bytes: engine::peak_memory_bytes(),
        reactive_features: reactive_features(scenario),
        histories: summary.histories.clone(),
        status: if summary.ran.interrupted { Status::Partial } else { Status::Finished },
    }
}
