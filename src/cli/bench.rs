//! `creditsim bench`: what this machine does, by policy and threads, and what actors cost.
//!
//! Every measurement simulates the same organizations and compares the sum of their outcomes, so that no figure is of
//! something else. Kinds alternate, so that a machine that slows down slows all of them.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use serde_json::{Value, json};

use crate::engine::{
    self, Enough, Interrupt, Job, JobOptions, Layout, NoRows, RunSpec, Sink, SpillError, Stopwatch, run,
    run_pure,
};
use crate::organization::WaysTaken;
use crate::outcome::{METRICS, Outcome};
use crate::report::{self, Cell, Column, Table};
use crate::sampling::mix;
use crate::scenario::Scenario;

use super::arguments::BenchArguments;
use super::exit::{CommandProblem, Exit};
use super::{interrupt, reading, select, terminal};

/// Measures and prints.
pub(super) fn carry_out(arguments: &BenchArguments) -> Result<Exit, CommandProblem> {
    interrupt::end_on_signal();
    let scenario = reading::scenario(&arguments.scenario, &[])?;
    if !scenario.histories.is_empty() {
        return Err(CommandProblem::usage(format!(
            "`{}` replays a history, which measures the disk",
            arguments.scenario
        )));
    }
    let first = organizations_for(&scenario, arguments.millions * 1e6)?;
    let mut rows = Vec::new();
    for policies in subsets(&scenario) {
        terminal::tell(&format!("measuring {}", policies.label));
        rows.push(measure(&scenario, &policies.names, policies.label, first, arguments.rounds)?);
    }
    let memory = memory_per_organization(&scenario, first)?;
    terminal::say(&if arguments.json {
        report::pretty(&as_json(&scenario, &rows, memory))
    } else {
        report::draw_tables(&[table(&scenario, &rows, memory)], report::Look::PLAIN)
    });
    Ok(Exit::Fine)
}

/// Policies that are measured together.
struct Subset {
    label: String,
    names: Vec<String>,
}

/// Each policy alone, then all of them.
fn subsets(scenario: &Scenario) -> Vec<Subset> {
    let names: Vec<String> = scenario.policies.iter().map(|policy| policy.name.clone()).collect();
    let alone = |name: &String| Subset { label: format!("`{name}`"), names: vec![name.clone()] };
    let mut subsets: Vec<Subset> = names.iter().map(alone).collect();
    if names.len() > 1 {
        subsets.push(Subset { label: format!("all {} together", names.len()), names });
    }
    subsets
}

/// Medians of one subset [policy-operations per second].
struct MedianRow {
    label: String,
    policies: usize,
    operations: u64,
    ways: WaysTaken,
    pure: f64,
    /// By threads.
    actors: BTreeMap<usize, f64>,
}

impl MedianRow {
    /// What an operation costs more on actors, one arbiter (s).
    fn overhead(&self) -> f64 {
        self.policies as f64 * (1.0 / self.actors[&1] - 1.0 / self.pure)
    }
}

fn threads() -> Vec<usize> {
    let cores = std::thread::available_parallelism().map_or(1, usize::from);
    let doubled = std::iter::successors(Some(1), |threads| Some(threads * 2));
    let mut threads: Vec<usize> = doubled.take_while(|&threads| threads < cores).collect();
    threads.push(cores);
    threads
}

fn measure(
    scenario: &Scenario,
    policies: &[String],
    label: String,
    first: u32,
    rounds: u32,
) -> Result<MedianRow, CommandProblem> {
    let job = job(scenario, policies, first)?;
    let PureLoop { operations, ways, checksum: expected, .. } = pure(&job)?;
    let mut seconds: BTreeMap<Option<usize>, Vec<f64>> = BTreeMap::new();
    for _ in 0..rounds {
        seconds.entry(None).or_default().push(pure(&job)?.seconds);
        for threads in threads() {
            let (_, sum, took) = on_actors(&job, Layout { threads, ..Layout::default() })?;
            if sum != expected {
                return Err(CommandProblem::Verification { wrong: 1 });
            }
            seconds.entry(Some(threads)).or_default().push(took);
        }
    }
    let rate = |took: &mut Vec<f64>| operations as f64 * policies.len() as f64 / median(took);
    let mut rates = seconds.into_iter().map(|(kind, mut took)| (kind, rate(&mut took)));
    let pure = rates.next().map_or(f64::NAN, |(_, rate)| rate);
    let actors = rates.filter_map(|(kind, rate)| Some((kind?, rate))).collect();
    Ok(MedianRow { label, policies: policies.len(), operations, ways, pure, actors })
}

fn median(values: &mut [f64]) -> f64 {
    values.sort_by(f64::total_cmp);
    values[values.len() / 2]
}

fn job(scenario: &Scenario, policies: &[String], first: u32) -> Result<Arc<Job>, CommandProblem> {
    let mut scenario = scenario.clone();
    select::keep_policies(&mut scenario, policies)?;
    for cohort in &mut scenario.cohorts {
        cohort.organizations = first;
    }
    Ok(Arc::new(engine::prepare(&scenario, JobOptions::default(), Arc::new(NoRows))))
}

/// Organizations of each cohort that make about as many operations as wanted.
fn organizations_for(scenario: &Scenario, operations: f64) -> Result<u32, CommandProblem> {
    const SAMPLE: u32 = 20;
    let names: Vec<String> = scenario.policies.iter().take(1).map(|policy| policy.name.clone()).collect();
    let sample = job(scenario, &names, SAMPLE)?;
    let each = pure(&sample)?.operations as f64 / f64::from(SAMPLE);
    Ok((operations / each.max(1.0)).ceil().clamp(1.0, 1e6) as u32)
}

/// What came of a plain loop.
struct PureLoop {
    operations: u64,
    ways: WaysTaken,
    checksum: u64,
    seconds: f64,
}

fn pure(job: &Job) -> Result<PureLoop, CommandProblem> {
    let mut checksum = Checksum::default();
    let watch = Stopwatch::start();
    let (operations, ways) = run_pure(job, 0..1, Layout::default().batch, &mut checksum)?;
    Ok(PureLoop { operations, ways, checksum: checksum.get(), seconds: watch.elapsed().as_secs_f64() })
}

/// (operations, checksum, seconds) on actors.
fn on_actors(job: &Arc<Job>, layout: Layout) -> Result<(u64, u64, f64), CommandProblem> {
    let checksum = Checksum::default();
    let spec = RunSpec {
        job: job.clone(),
        replications: 0..1,
        layout,
        // Nothing is spilled where no rows are written: the folder never comes to be.
        spill: Path::new("never-made").to_owned(),
        sink: Box::new(checksum.clone()),
        interrupt: Interrupt::default(),
        keep: None,
    };
    let ran = run(spec, &mut |_| {})?;
    Ok((ran.progress.operations, checksum.get(), ran.progress.elapsed.as_secs_f64()))
}

/// A sum over every outcome.
#[derive(Clone, Default)]
struct Checksum(Arc<Mutex<u64>>);

impl Checksum {
    fn get(&self) -> u64 {
        *self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Sink for Checksum {
    fn complete(&mut self, _replication: u32, outcome: Outcome) -> Enough {
        let mut sum = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        for policy in 0..outcome.shape().policies.len() {
            for totals in outcome.totals(policy) {
                for metric in METRICS.iter() {
                    *sum = mix(*sum ^ metric.value(&totals).map_or(0, f64::to_bits));
                }
            }
        }
        Enough::No
    }

    fn partial(&mut self, _replication: u32, _outcome: Outcome) {}

    fn rows(&mut self, _file: usize, _rows: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}

/// Memory of an organization that is alive, with its accounts and batches (bytes); `None` where the system does not
/// say.
fn memory_per_organization(scenario: &Scenario, first: u32) -> Result<Option<f64>, CommandProblem> {
    const ALIVE: usize = 1_000;
    let names: Vec<String> = scenario.policies.iter().map(|policy| policy.name.clone()).collect();
    let job = job(scenario, &names, first.max(ALIVE as u32))?;
    let peak = |wave: usize| {
        if !engine::reset_peak_memory() {
            return Ok(None);
        }
        let chunk = Some(4 * ALIVE as u32);
        on_actors(&job, Layout { threads: 1, wave, chunk, ..Layout::default() })?;
        Ok::<_, CommandProblem>(engine::peak_memory_bytes())
    };
    let (few, many) = (peak(1)?, peak(ALIVE)?);
    let each = |few: u64, many: u64| many.saturating_sub(few) as f64 / (ALIVE - 1) as f64;
    Ok(few.zip(many).map(|(few, many)| each(few, many)))
}

fn table(scenario: &Scenario, rows: &[MedianRow], memory: Option<f64>) -> Table {
    let rate = |name: &str, head: &str| Column::numbers(name).headed(format!("{head}\nM/s"));
    let mut columns = vec![Column::words("policies"), rate("pure_loop", "plain loop")];
    for threads in threads() {
        let head = if threads == 1 { String::from("1 arbiter") } else { format!("{threads} arbiters") };
        columns.push(rate(&format!("actors_{threads}"), &head));
    }
    columns.push(Column::numbers("actors_ns").headed(String::from("actors\nns/operation")));
    columns.push(Column::numbers("ratio").headed(String::from("1 arbiter /\nplain loop")));
    for (name, head) in [("bulk", "in bulk"), ("fast", "fast path"), ("slow", "slow path")] {
        columns.push(Column::numbers(name).headed(format!("{head}\n%")));
    }
    let mut table = Table::new(format!("Policy-operations per second, `{}`", scenario.name), columns);
    for row in rows {
        let mut cells = vec![Cell::text(&row.label), Cell::number(row.pure / 1e6)];
        cells.extend(row.actors.values().map(|rate| Cell::number(rate / 1e6)));
        cells.push(Cell::number(row.overhead() * 1e9));
        cells.push(Cell::number(row.actors[&1] / row.pure));
        let shares = row.ways.shares().unwrap_or_default();
        cells.extend(shares.map(|share| Cell::number(100.0 * share)));
        table.rows.push(cells);
    }
    table.notes.push(match memory {
        Some(bytes) => format!("an organization alive takes {:.1} kB with all its accounts", bytes / 1e3),
        None => String::from("memory: n/a on this system"),
    });
    table.notes.push(engine::machine());
    table
}

fn as_json(scenario: &Scenario, rows: &[MedianRow], memory: Option<f64>) -> Value {
    let row = |row: &MedianRow| {
        let actors: BTreeMap<String, f64> =
            row.actors.iter().map(|(threads, rate)| (threads.to_string(), *rate)).collect();
        json!({
            "policies": row.label.trim_matches('`'),
            "operations": row.operations,
            "policy_operations_by_way": {
                "bulk": row.ways.bulk,
                "fast_path": row.ways.fast,
                "slow_path": row.ways.slow,
            },
            "pure_policy_operations_per_second": row.pure,
            "actors_policy_operations_per_second": actors,
            "actor_overhead_ns_per_operation": row.overhead() * 1e9,
        })
    };
    json!({
        "scenario": scenario.name,
        "version": env!("CARGO_PKG_VERSION"),
        "machine": engine::machine(),
        "memory_per_organization_bytes": memory,
        "rows": rows.iter().map(row).collect::<Vec<_>>(),
    })
}
