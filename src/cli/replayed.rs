//! Usage histories of a run: read, told about, recorded.

use std::cell::RefCell;
use std::sync::Arc;

use serde_json::json;

use crate::engine::{self, Interrupt};
use crate::report::{HistoryRecord, RunFolder, SCRATCH};
use crate::scenario::Scenario;
use crate::workload::{Content, HistoryCounts, HistorySpec, PreparedHistory, ReadingProgress, text_size};

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
    for spec in scenario.histories.iter().filter(|_| !quiet) {
        announce(spec, folder);
    }
    let scratch = interrupt::Scratch::new(folder.path().join(SCRATCH));
    let meter = RefCell::new(ReadingMeter::start(quiet));
    let watch = |reading: &ReadingProgress<'_>| {
        meter.borrow_mut().show(reading);
        !interrupt.is_asked()
    };
    let histories = engine::prepare_histories(scenario, scratch.path(), &watch);
    meter.into_inner().end();
    let histories = histories.map_err(|error| CommandProblem::Run(engine::Failure::History(error)))?;
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
    let Ok(bytes) = text_size(spec) else { return };
    // Rows of numbers grow by their fixed width, runs of the sort included.
    if bytes >= LARGE {
        terminal::tell(&format!(
            "history `{}`: sorting about {} MiB of text on disk; up to {} MiB below `{}` until the end of the run",
            spec.name,
            bytes >> 20,
            bytes.saturating_mul(GROWTH) >> 20,
            folder.path().display()
        ));
    }
}

/// Largest size of a history's partitions and runs relative to its text.
const GROWTH: u64 = 8;

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
