//! Usage histories of a run: read, told about, recorded.

use std::cell::RefCell;
use std::path::PathBuf;
use std::sync::Arc;

use serde_json::json;

use crate::engine::{self, Interrupt};
use crate::experiment::replays_exactly;
use crate::report::{HistoryRecord, RunFolder, SCRATCH};
use crate::scenario::Scenario;
use crate::workload::{
    Content, HistoryCounts, HistorySpec, KeptAs, PreparedHistory, ReadingProgress, text_size,
};

use super::arguments::{BELOW_OUTPUT, RunArguments};
use super::exit::CommandProblem;
use super::progress::ReadingMeter;
use super::terminal::number_of;
use super::{interrupt, terminal};

/// Reads usage histories into partitions beside the results, and says what was found.
pub(super) fn read_histories(
    scenario: &Scenario,
    quiet: bool,
    folder: &RunFolder,
    interrupt: &Interrupt,
) -> Result<Vec<Arc<PreparedHistory>>, CommandProblem> {
    read_or_take_up(scenario, (quiet, None), folder, interrupt)
}

/// The same, with sorted histories kept below `shelf` and taken up from there, if there is one.
pub(super) fn read_or_take_up(
    scenario: &Scenario,
    (quiet, shelf): (bool, Option<PathBuf>),
    folder: &RunFolder,
    interrupt: &Interrupt,
) -> Result<Vec<Arc<PreparedHistory>>, CommandProblem> {
    for spec in scenario.histories.iter().filter(|_| !quiet) {
        announce(spec, folder);
    }
    let scratch = interrupt::Scratch::new(folder.path().join(SCRATCH));
    let meter = RefCell::new(ReadingMeter::start(quiet));
    let watch = |reading: &ReadingProgress<'_>| {
        meter.borrow_mut().show(reading);
        !interrupt.is_asked()
    };
    let (histories, kept) = match shelf {
        None => (engine::prepare_histories(scenario, scratch.path(), &watch), Vec::new()),
        Some(shelf) => {
            let found = engine::prepare_kept_histories(scenario, &shelf, scratch.path(), &watch);
            let found = found.map(|found| found.into_iter().unzip::<_, _, Vec<_>, Vec<_>>());
            found.map_or_else(|error| (Err(error), Vec::new()), |(histories, kept)| (Ok(histories), kept))
        }
    };
    meter.into_inner().end();
    let histories = histories.map_err(|error| CommandProblem::Run(engine::Failure::History(error)))?;
    for (spec, kept) in scenario.histories.iter().zip(&kept).filter(|_| !quiet) {
        terminal::tell(&about_kept(&spec.name, kept));
    }
    // The run goes on with it and removes it.
    scratch.release();
    for (spec, history) in scenario.histories.iter().zip(&histories).filter(|_| !quiet) {
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
        if let Some(unread) = about_unread(&history.unread) {
            terminal::tell(&format!("history `{}`: nothing is taken from the columns {unread}", spec.name));
        }
    }
    Ok(histories)
}

/// Where sorted histories are kept, if they are.
pub(super) fn shelf(arguments: &RunArguments) -> Option<PathBuf> {
    let shelf = arguments.keep_sorted.as_ref()?;
    Some(if shelf.as_os_str() == BELOW_OUTPUT { arguments.output.join("sorted") } else { shelf.clone() })
}

fn about_kept(name: &str, kept: &KeptAs) -> String {
    match kept {
        KeptAs::TakenUp(folder) => {
            format!("history `{name}`: sorted before, taken from `{}`", folder.display())
        }
        KeptAs::Sorted(folder, None) => format!("history `{name}`: kept sorted in `{}`", folder.display()),
        KeptAs::Sorted(folder, Some(why)) => {
            format!(
                "history `{name}`: what was kept in `{}` is refused ({why}) and sorted anew",
                folder.display()
            )
        }
    }
}

/// A replay in which nothing is drawn is one run, whatever number of replications is asked for; says so.
pub(super) fn run_once(
    scenario: &mut Scenario,
    histories: &[Arc<PreparedHistory>],
    arguments: &RunArguments,
) {
    if !replays_exactly(scenario, histories) {
        return;
    }
    scenario.replays_exactly = arguments.bootstrap.is_none();
    let asked = std::mem::replace(&mut scenario.replications, 1);
    (scenario.precision, scenario.until) = (None, None);
    if asked > 1 && !arguments.quiet {
        terminal::tell(&format!(
            "note: nothing is drawn here, so that {asked} replications would be one and the same run: it runs once \
             (`--bootstrap 200` says how well it speaks for other customers like these)"
        ));
    }
}

/// The columns that nothing reads, the first of many.
fn about_unread(columns: &[String]) -> Option<String> {
    const MOST_NAMED: usize = 24;
    let (named, rest) = columns.split_at(columns.len().min(MOST_NAMED));
    let more = if rest.is_empty() { String::new() } else { format!(" and {} more", rest.len()) };
    (!named.is_empty()).then(|| named.join(", ") + &more)
}

/// A file that is worth knowing of before it is read, and what its partitions take on disk.
fn announce(spec: &HistorySpec, folder: &RunFolder) {
    const LARGE: u64 = 64 << 20;
    // What cannot be read is told by whoever reads it.
    let Ok(size) = text_size(spec) else { return };
    if size.bytes >= LARGE {
        terminal::tell(&format!(
            "history `{}`: sorting {} MiB of text, about {} rows; about {} MiB on disk below `{}` until the end of the run",
            spec.name,
            size.bytes >> 20,
            super::progress::count(size.lines as f64),
            size.sorting_bytes(spec.priced_by(), spec.columns.place_rows()) >> 20,
            folder.path().display()
        ));
    }
}

/// What the manifest says about the scenario's histories, as they were read.
pub(super) fn records<'r>(
    scenario: &Scenario,
    read: impl Iterator<Item = (&'r Content, &'r HistoryCounts)>,
) -> Vec<HistoryRecord> {
    let record = |(spec, (content, counts)): (&HistorySpec, (&Content, &HistoryCounts))| HistoryRecord {
        name: spec.name.clone(),
        file: spec.path.display().to_string(),
        bytes: content.bytes,
        sha256: content.sha256.clone(),
        counts: json!(counts),
    };
    scenario.histories.iter().zip(read).map(record).collect()
}
