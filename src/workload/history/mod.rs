//! Usage histories: files of past usage that are replayed.
//!
//! Owns reading (CSV, JSONL, plain or gzip), cleaning, partitioning on disk and replay. Leaves which features and
//! cohorts there are to the scenario. Invariants: every row of a file is counted once, under one heading; memory
//! depends on the size of a chunk, never on the number of rows.

mod replay;
mod spec;

pub use replay::{CostSketch, ReplayRows};
pub use spec::*;
