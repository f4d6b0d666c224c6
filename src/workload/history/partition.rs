//! A partition on disk: its files, its writer, and rows alike in every cell.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::PathBuf;

use crate::units::SimTime;

use super::error::HistoryError;
use super::index::{IndexWriter, OrganizationEntry};
use super::record::CleanRow;

/// A partition's files.
#[derive(Debug, Clone)]
pub(super) struct PartitionFiles {
    pub records: PathBuf,
    pub index: PathBuf,
    /// Number of its first organization, and how many it has.
    pub first: u32,
    pub organizations: u32,
    /// Where each block of organizations begins in the index (bytes).
    pub blocks: Vec<u64>,
}

/// Writes sorted records and the index of their organizations.
pub(super) struct PartitionWriter {
    records: BufWriter<File>,
    path: PathBuf,
    index: IndexWriter,
    current: Option<OrganizationEntry>,
    /// People whose rows name more than one group.
    pub regrouped: u64,
    /// Bytes so far.
    written: u64,
}

impl PartitionWriter {
    pub fn create(files: &PartitionFiles) -> Result<Self, HistoryError> {
        let file =
            File::create(&files.records).map_err(|error| HistoryError::world(&files.records, error))?;
        Ok(PartitionWriter {
            records: BufWriter::with_capacity(1 << 16, file),
            path: files.records.clone(),
            index: IndexWriter::create(&files.index)?,
            current: None,
            regrouped: 0,
            written: 0,
        })
    }

    /// The entry of an organization, the last one's being written when another begins.
    fn entry(&mut self, label: &str) -> Result<&mut OrganizationEntry, HistoryError> {
        if self.current.as_ref().is_none_or(|entry| entry.label != label)
            && let Some(done) = self.current.replace(OrganizationEntry::new(label))
        {
            self.regrouped += done.regrouped();
            self.index.write(&done)?;
        }
        Ok(self.current.get_or_insert_with(|| OrganizationEntry::new(label)))
    }

    pub fn mark(&mut self, label: &str, record: CleanRow) -> Result<(), HistoryError> {
        let entry = self.entry(label)?;
        entry.first = entry.first.min(record.at.micros());
        Ok(())
    }

    pub fn write(&mut self, label: &str, record: CleanRow) -> Result<(), HistoryError> {
        let offset = self.written;
        self.entry(label)?.add(&record, offset);
        self.written += record.bytes() as u64;
        record.write(&mut self.records).map_err(|error| HistoryError::world(&self.path, error))
    }

    /// The number of organizations written, and where their blocks begin in the index; people who were regrouped.
    pub fn finish(mut self) -> Result<(u32, Vec<u64>, u64), HistoryError> {
        if let Some(done) = self.current.take() {
            self.regrouped += done.regrouped();
            self.index.write(&done)?;
        }
        self.records.flush().map_err(|error| HistoryError::world(&self.path, error))?;
        let (organizations, blocks) = self.index.finish()?;
        Ok((organizations, blocks, self.regrouped))
    }
}

/// Finds rows that repeat another in every cell. They stand at one instant, so only the rows of an instant are held.
#[derive(Default)]
pub(super) struct DuplicateFinder {
    label: String,
    at: SimTime,
    seen: BTreeSet<u64>,
}

impl DuplicateFinder {
    pub fn seen(&mut self, label: &str, record: &CleanRow) -> bool {
        if self.label != label || self.at != record.at {
            self.seen.clear();
            label.clone_into(&mut self.label);
            self.at = record.at;
        }
        !self.seen.insert(record.twin)
    }
}
