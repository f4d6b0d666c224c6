//! Usage histories: files of past usage that are replayed.
//!
//! Owns reading (CSV, JSONL, plain or gzip), cleaning, partitioning on disk and replay. Leaves which features and
//! cohorts there are to the scenario. Invariants: every row of a file is counted once, under one heading; memory
//! depends on the size of a chunk, never on the number of rows.

mod belonging;
mod cells;
mod check;
mod clean;
mod columns;
mod content;
mod counts;
mod csv_rows;
mod error;
mod grid;
mod index;
mod json_rows;
mod kept;
mod lines;
mod mapping;
mod outcomes;
mod partition;
mod pass;
mod prepare;
mod prices;
mod rates;
mod reading;
mod record;
mod replay;
mod sketch;
mod sort;
mod spec;
mod strangers;
mod table;
#[cfg(test)]
mod tests;
mod units_seen;

pub(in crate::workload) use cells::{Number, number, time};
pub use check::{check_history, read_column};
pub(in crate::workload) use clean::hashed_id;
pub use clean::{NO_ORGANIZATION, ONE_ORGANIZATION};
pub(in crate::workload) use columns::{ChosenColumns, its_columns, last_word, plain};
pub use content::Content;
pub use counts::HistoryCounts;
pub(in crate::workload) use error::GatheredProblems;
pub use error::{HistoryError, HistoryProblems};
pub use kept::KeptAs;
pub use mapping::{MAPPINGS, Mapping, looks_like, mapping};
pub(in crate::workload) use outcomes::{WordedOutcome, outcome};
pub use prepare::{HistoryBlock, Preparation, PreparedHistory};
pub(in crate::workload) use prices::CREDITS_PER_MONEY;
pub use reading::{ReadingProgress, ReadingWatch, TextSize, text_size};
pub use replay::{HistoryOrganization, ReplayRows};
pub use sketch::CostSketch;
pub use spec::*;
pub(in crate::workload) use table::HistoryTable;
