//! Usage histories of a run: read, told about, recorded.

use std::sync::Arc;

use serde_json::json;

use crate::engine;
use crate::report::{HistoryRecord, RunFolder, SCRATCH};
use crate::scenario::Scenario;
use crate::workload::{Content, HistoryCounts, HistorySpec, PreparedHistory};

use super::exit::Problem;
use super::terminal;
use super::terminal::number_of;

/// Reads usage histories into partitions beside the results, and says what was found.
pub(super) fn read_histories(
    scenario: &Scenario,
    quiet: bool,
    folder: &RunFolder,
) -> Result<Vec<Arc<PreparedHistory>>, Problem> {
    for spec in scenario.histories.iter().filter(|_| !quiet) {
        announce(spec, folder);
    }
    let histories = engine::prepare_histories(scenario, &folder.path().join(SCRATCH))
        .map_err(|error| Problem::Run(engine::Failure::History(error)))?;
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
