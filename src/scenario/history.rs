//! Reads `[histories.NAME]`: a file of past usage and how its columns are read.

use crate::workload::HistorySpec;

use super::read::Facts;
use super::reading::{Section, Shape};

/// The keys of a history.
pub(crate) static HISTORY: Shape =
    Shape { name: "history", doc: "A file of past usage that a cohort replays.", tags: &[], parts: &[] };

/// Reads them.
pub(super) fn read(_section: Section<'_>, _name: &str, _facts: Facts<'_>) -> HistorySpec {
    HistorySpec::default()
}
