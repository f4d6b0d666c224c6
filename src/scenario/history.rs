//! Reads `[histories.NAME]`: a file of past usage and how its columns are read.

use crate::workload::HistorySpec;

use super::reading::{Section, Shape};
use super::source::Base;

/// The keys of a history.
pub(crate) static HISTORY: Shape =
    Shape { name: "history", doc: "A file of past usage that a cohort replays.", tags: &[], parts: &[] };

/// Reads them; `base` is what file names are relative to, `features` are the scenario's in file order.
pub(crate) fn read(_section: Section<'_>, _name: &str, _base: &Base, _features: &[String]) -> HistorySpec {
    HistorySpec::default()
}
