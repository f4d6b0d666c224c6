//! Keeps what is finished: parts of a run, written while it goes on.
//!
//! Owns one open part an arbiter. An arbiter sends rows as each unit ends, and the outcome of several units together; its
//! part is closed when a stretch of time is over and everything in it is covered. So the cost of parts is bounded by time,
//! not by units. Leaves the form of parts to `parts`.

use std::collections::{BTreeMap, BTreeSet};
use std::fs::File;
use std::io;
use std::path::{Path, PathBuf};

use crate::parts::{ENDING, Header, PartWriter, Span};

use super::messages::Contribution;
use super::plan::Plan;
use super::rows::{RowParts, SpillError};

/// Stretches of time after which the disk is asked to hold the parts for good: asking for each would cost more than
/// writing it, and a part that a power cut has spoilt is told by its checksum and simulated again.
const SYNC_EVERY: u64 = 10;

/// Writes parts into a folder.
pub(super) struct PartKeeper {
    folder: PathBuf,
    header: Header,
    /// Names are numbers; those of an earlier run are taken.
    next: u64,
    open: BTreeMap<usize, OpenPart>,
    synced: u64,
    unsynced: Vec<File>,
}

struct OpenPart {
    writer: PartWriter,
    /// Units whose rows are in it and whose outcome is not.
    uncovered: BTreeSet<u64>,
    epoch: u64,
}

impl PartKeeper {
    pub fn new(folder: PathBuf, header: Header, next: u64) -> Self {
        PartKeeper { folder, header, next, open: BTreeMap::new(), synced: 0, unsynced: Vec::new() }
    }

    fn failed(&self) -> impl Fn(io::Error) -> SpillError + use<> {
        let path = self.folder.clone();
        move |source| SpillError { path: path.clone(), source }
    }

    fn part_of(&mut self, arbiter: usize, epoch: u64) -> Result<&mut OpenPart, SpillError> {
        let failed = self.failed();
        match self.open.entry(arbiter) {
            std::collections::btree_map::Entry::Occupied(open) => Ok(open.into_mut()),
            std::collections::btree_map::Entry::Vacant(free) => {
                let name = format!("{:08}{ENDING}", self.next);
                self.next += 1;
                let writer = PartWriter::begin(&self.folder, &name, &self.header).map_err(failed)?;
                Ok(free.insert(OpenPart { writer, uncovered: BTreeSet::new(), epoch }))
            }
        }
    }

    /// Copies the rows of a unit that an arbiter has finished.
    pub fn rows(
        &mut self,
        (arbiter, epoch): (usize, u64),
        (unit, span): (u64, Span),
        rows: &RowParts,
    ) -> Result<(), SpillError> {
        let folder = self.folder.clone();
        let part = self.part_of(arbiter, epoch)?;
        part.uncovered.insert(unit);
        for (file, length) in rows.lengths().enumerate() {
            let copied = part.writer.rows(span, file as u32, length?, |put| rows.copy(file, put));
            copied.map_err(|error: SpillError| named(error, &folder))?;
        }
        Ok(())
    }

    /// Adds what an arbiter's finished units came to, and closes its part if it is time.
    pub fn outcome(&mut self, plan: &Plan, epoch: u64, of: &Contribution) -> Result<(), SpillError> {
        let failed = self.failed();
        let part = self.part_of(of.arbiter, epoch)?;
        if of.whole && !of.units.is_empty() {
            let spans = of.units.iter().map(|&unit| plan.span(unit)).collect();
            part.writer.outcome(0, spans, of.operations, &of.outcome).map_err(failed)?;
            of.units.iter().for_each(|unit| _ = part.uncovered.remove(unit));
        }
        if part.uncovered.is_empty() && part.epoch != epoch { self.close(of.arbiter, epoch) } else { Ok(()) }
    }

    fn close(&mut self, arbiter: usize, epoch: u64) -> Result<(), SpillError> {
        let failed = self.failed();
        let Some(part) = self.open.remove(&arbiter) else { return Ok(()) };
        if part.writer.is_empty() {
            return Ok(());
        }
        self.unsynced.push(part.writer.finish().map_err(&failed)?);
        if epoch >= self.synced + SYNC_EVERY {
            self.synced = epoch;
            self.unsynced.drain(..).try_for_each(|file| file.sync_data()).map_err(&failed)?;
        }
        Ok(())
    }

    /// Closes every part: the run has ended before its end.
    pub fn close_all(&mut self) -> Result<(), SpillError> {
        let arbiters: Vec<usize> = self.open.keys().copied().collect();
        arbiters.into_iter().try_for_each(|arbiter| self.close(arbiter, u64::MAX - SYNC_EVERY))
    }
}

impl From<io::Error> for SpillError {
    /// Of a part that is being written; whoever writes it knows where.
    fn from(source: io::Error) -> Self {
        SpillError { path: PathBuf::new(), source }
    }
}

fn named(error: SpillError, folder: &Path) -> SpillError {
    let path = if error.path.as_os_str().is_empty() { folder.to_owned() } else { error.path };
    SpillError { path, ..error }
}
