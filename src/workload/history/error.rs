//! What can go wrong with a usage history, and what was found in it.

use std::path::{Path, PathBuf};

/// A usage history that cannot be replayed.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file, or the folder for its partitions, cannot be read or written.
    #[error("`{}`: {source}", path.display())]
    World {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// A row, or the header, is not what the scenario says.
    #[error("`{}` line {line}: {what}{}", path.display(), hint.as_ref().map(|hint| format!("\nhint: {hint}")).unwrap_or_default())]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// What is wrong.
        what: String,
        /// What would repair it.
        hint: Option<String>,
    },
}

impl HistoryError {
    /// A failure of the disk.
    pub(super) fn world(path: &Path, source: std::io::Error) -> Self {
        HistoryError::World { path: path.to_owned(), source }
    }

    /// A failure of a row.
    pub(in crate::workload) fn row(path: &Path, line: u64, what: impl Into<String>) -> Self {
        HistoryError::Row { path: path.to_owned(), line, what: what.into(), hint: None }
    }

    /// With what would repair it.
    pub(in crate::workload) fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let HistoryError::Row { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// True if the disk is to blame, not the scenario or the file's content.
    #[must_use]
    pub fn is_world(&self) -> bool {
        matches!(self, HistoryError::World { .. })
    }
}

/// What became of every row of a history; the manifest shows it. All numbers are of rows unless they say otherwise.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize)]
pub struct HistoryCounts {
    /// Rows in the file, header apart.
    pub rows: u64,
    /// Rows that are replayed.
    pub replayed: u64,
    /// Operations that the replayed rows stand for (more than rows in a history of buckets).
    pub operations: u64,
    /// Micro-credits that the replayed rows demand.
    pub demanded_micros: i128,
    /// Rows without a size: left out, or replayed at no cost if the scenario says so.
    pub sizeless: u64,
    /// Rows that repeat another: left out only if the scenario says so.
    pub duplicates: u64,
    /// Left out: their feature is in no map.
    pub other_features: u64,
    /// Left out: their organization was not chosen.
    pub not_chosen: u64,
    /// Left out: after moving they lie outside the horizon.
    pub outside_horizon: u64,
    /// Left out: buckets without any operation.
    pub empty_buckets: u64,
    /// Replayed with an earlier time than the row before them.
    pub unsorted: u64,
    /// Replayed under the label `(none)`, their organization being empty.
    pub without_organization: u64,
    /// Replayed as failed.
    pub failed: u64,
    /// Replayed as cancelled.
    pub cancelled: u64,
    /// Instants with an offset or `Z`.
    pub times_with_zone: u64,
    /// Instants without, read in the history's zone.
    pub times_without_zone: u64,
    /// Instants as numbers since 1970.
    pub times_as_numbers: u64,
    /// Organizations found.
    pub organizations: u32,
}
