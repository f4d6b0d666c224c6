//! Sorting labelled records in memory, or by merging runs on disk.
//!
//! Our own, because crates for sorting on disk bring a format, threads and a temporary folder of theirs: here runs have the
//! records' own format, lie in the run's folder so that they go with it, and the memory they take is counted.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::fs::{self, File};
use std::io::{self, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use super::clean::Labelled;
use super::record::{CleanRow, read_labelled, write_labelled};

/// What records are sorted by, behind their label.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum SortOrder {
    /// Feature, time, row: as they are replayed.
    Replay,
    /// What tells repetitions, row.
    Twins,
}

/// A label and what follows it.
type SortKey = (String, Rest);
type Rest = (u64, i64, u64);

impl SortOrder {
    fn rest(self, record: &CleanRow) -> Rest {
        match self {
            SortOrder::Replay => (u64::from(record.feature.0), record.at.micros(), record.line),
            SortOrder::Twins => (record.twin, i64::from(record.has_id), record.line),
        }
    }

    fn key(self, (label, record): &Labelled) -> SortKey {
        (label.clone(), self.rest(record))
    }

    fn compare(self, a: &Labelled, b: &Labelled) -> std::cmp::Ordering {
        a.0.cmp(&b.0).then_with(|| self.rest(&a.1).cmp(&self.rest(&b.1)))
    }
}

/// Records in order; at most `limit` are held in memory, the rest in files beside `path`.
pub(super) fn sorted(
    order: SortOrder,
    limit: usize,
    path: &Path,
    mut next: impl FnMut() -> io::Result<Option<Labelled>>,
) -> io::Result<Sorted> {
    let mut runs: Vec<PathBuf> = Vec::new();
    let mut held: Vec<Labelled> = Vec::new();
    while let Some(labelled) = next()? {
        held.push(labelled);
        if held.len() >= limit {
            held.sort_unstable_by(|a, b| order.compare(a, b));
            runs.push(write_run(path, runs.len(), held.drain(..))?);
        }
    }
    held.sort_unstable_by(|a, b| order.compare(a, b));
    if runs.is_empty() {
        return Ok(Sorted::Memory(held.into_iter()));
    }
    runs.push(write_run(path, runs.len(), held.into_iter())?);
    let mut merge = Merge { order, inputs: Vec::new(), heads: BinaryHeap::new(), runs };
    for (index, run) in merge.runs.iter().enumerate() {
        merge.inputs.push(BufReader::new(File::open(run)?));
        if let Some(head) = read_labelled(&mut merge.inputs[index])? {
            merge.heads.push(Reverse((order.key(&head), index, Head(head.1))));
        }
    }
    Ok(Sorted::Merge(merge))
}

fn write_run(path: &Path, number: usize, records: impl Iterator<Item = Labelled>) -> io::Result<PathBuf> {
    let run = path.with_extension(format!("run-{number}"));
    let mut out = BufWriter::new(File::create(&run)?);
    for (label, record) in records {
        write_labelled(&mut out, &label, record)?;
    }
    out.flush()?;
    Ok(run)
}

/// Sorted records.
pub(super) enum Sorted {
    Memory(std::vec::IntoIter<Labelled>),
    Merge(Merge),
}

/// A record that takes no part in comparisons: keys are unique by their row.
#[derive(Debug, Clone, Copy)]
pub(super) struct Head(CleanRow);

impl PartialEq for Head {
    fn eq(&self, _: &Head) -> bool {
        true
    }
}
impl Eq for Head {}
impl PartialOrd for Head {
    fn partial_cmp(&self, other: &Head) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}
impl Ord for Head {
    fn cmp(&self, _: &Head) -> std::cmp::Ordering {
        std::cmp::Ordering::Equal
    }
}

/// Runs being merged; their files are removed when it is dropped.
pub(super) struct Merge {
    order: SortOrder,
    inputs: Vec<BufReader<File>>,
    heads: BinaryHeap<Reverse<(SortKey, usize, Head)>>,
    runs: Vec<PathBuf>,
}

impl Merge {
    fn pop(&mut self) -> io::Result<Option<Labelled>> {
        let Some(Reverse(((label, ..), run, Head(record)))) = self.heads.pop() else { return Ok(None) };
        if let Some(head) = read_labelled(&mut self.inputs[run])? {
            self.heads.push(Reverse((self.order.key(&head), run, Head(head.1))));
        }
        Ok(Some((label, record)))
    }
}

impl Drop for Merge {
    fn drop(&mut self) {
        for run in &self.runs {
            // The folder is removed with the run; a file left behind does no harm.
            let _ = fs::remove_file(run);
        }
    }
}

impl Iterator for Sorted {
    type Item = io::Result<Labelled>;

    fn next(&mut self) -> Option<Self::Item> {
        match self {
            Sorted::Memory(records) => records.next().map(Ok),
            Sorted::Merge(merge) => merge.pop().transpose(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
    use crate::workload::operation::Fate;

    fn record(at: i64, line: u64) -> Labelled {
        let record = CleanRow {
            at: SimTime::from_micros(at),
            cost: Credits::ZERO,
            duration: SimSpan::ZERO,
            length: SimSpan::ZERO,
            line,
            feature: FeatureIndex((line % 2) as u16),
            fate: Fate::Completes,
            requests: 1,
            member: None,
            twin: line % 7,
            has_id: line.is_multiple_of(2),
            ..CleanRow::mark(SimTime::default(), 0)
        };
        (format!("org-{}", line % 3), record)
    }

    #[test]
    fn merging_runs_equals_sorting_in_memory() {
        let folder = tempfile::tempdir().expect("a folder");
        let path = folder.path().join("part.rows");
        let rows = || (0..100_u64).map(|line| record((line as i64 * 37) % 10, line));
        let read = |order: SortOrder, limit: usize| -> Vec<Labelled> {
            let mut rows = rows();
            let found = sorted(order, limit, &path, || Ok(rows.next())).expect("a disk");
            found.collect::<io::Result<_>>().expect("a disk")
        };
        for order in [SortOrder::Replay, SortOrder::Twins] {
            let wanted = read(order, 1_000);
            assert!(wanted.windows(2).all(|pair| order.compare(&pair[0], &pair[1]).is_lt()));
            for limit in [1, 7, 50, 99, 100] {
                assert_eq!(read(order, limit), wanted, "{order:?}, limit {limit}");
            }
        }
        assert_eq!(fs::read_dir(folder.path()).expect("a folder").count(), 0, "runs are removed");
    }
}
