//! What happened, in integers that merge exactly.
//!
//! Owns the counters of one account ([`Tally`]), their sums over organizations, histograms, timelines, the names and
//! formulas of METRICS, the journal's entry type and the auditor. Leaves decisions to `organization`.
//! Invariants: `merge` is associative and commutative; floats appear only in the last step.

mod histogram;
mod journal;
mod tally;

pub use histogram::Histogram;
pub use journal::*;
pub use tally::*;
