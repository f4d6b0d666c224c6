//! Where each organization's rows lie in its partition.

use std::fs::File;
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use super::error::HistoryError;
use super::record::CleanRow;

/// Most people that an organization may name; further ones share the last number.
const MOST_MEMBERS: usize = 65_535;

/// One organization of a partition.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OrganizationEntry {
    pub label: String,
    /// Earliest row in the file [microseconds since 1970].
    pub first: i64,
    /// (feature, byte offset, rows), by feature.
    pub ranges: Vec<(u16, u64, u64)>,
    /// Hashes of the people named, in order of hash; empty if nobody is.
    pub members: Vec<u64>,
}

impl OrganizationEntry {
    pub fn new(label: &str) -> Self {
        OrganizationEntry {
            label: label.to_owned(),
            first: i64::MAX,
            ranges: Vec::new(),
            members: Vec::new(),
        }
    }

    /// Counts a row that stands at `offset`.
    pub fn add(&mut self, record: &CleanRow, offset: u64) {
        self.first = self.first.min(record.at.micros());
        match self.ranges.last_mut() {
            Some((feature, _, rows)) if *feature == record.feature.0 => *rows += 1,
            _ => self.ranges.push((record.feature.0, offset, 1)),
        }
        if let Some(member) = record.member
            && let Err(place) = self.members.binary_search(&member)
            && self.members.len() < MOST_MEMBERS
        {
            self.members.insert(place, member);
        }
    }
}

/// Writes entries, one line each.
pub(super) struct IndexWriter {
    out: BufWriter<File>,
    path: PathBuf,
    count: u32,
}

impl IndexWriter {
    pub fn create(path: &Path) -> Result<Self, HistoryError> {
        let file = File::create(path).map_err(|error| HistoryError::world(path, error))?;
        Ok(IndexWriter { out: BufWriter::new(file), path: path.to_owned(), count: 0 })
    }

    pub fn write(&mut self, entry: &OrganizationEntry) -> Result<(), HistoryError> {
        let world = |error| HistoryError::world(&self.path, error);
        serde_json::to_writer(&mut self.out, entry).map_err(|error| world(error.into()))?;
        self.out.write_all(b"\n").map_err(world)?;
        self.count += 1;
        Ok(())
    }

    /// The number of entries.
    pub fn finish(mut self) -> Result<u32, HistoryError> {
        self.out.flush().map_err(|error| HistoryError::world(&self.path, error))?;
        Ok(self.count)
    }
}

/// Reads all entries of a partition, in order of label.
pub(super) fn read_index(path: &Path) -> Result<Vec<OrganizationEntry>, HistoryError> {
    let world = |error| HistoryError::world(path, error);
    let reader = BufReader::new(File::open(path).map_err(world)?);
    reader
        .lines()
        .map(|line| serde_json::from_str(&line.map_err(world)?).map_err(|error| world(error.into())))
        .collect()
}
