//! Threads, the wall clock, and the way from a scenario to replications.
//!
//! Owns arbiters (one pinned thread each), the layout of a run, progress, cancellation and the end of a run, however it
//! comes. Leaves what actors do to `actors`, what results mean to `experiment`.
//!
//! Invariants: nothing of the layout reaches a result; a run ends with all its results, with those finished before it
//! was interrupted and marked so, or with an error that names who failed: never with a hang or a hole.

mod cut;
mod expect;
mod interrupt;
mod keep;
mod layout;
mod machine;
mod merge;
mod prepare;
mod pure;
mod run;
mod shard;

pub use crate::actors::{
    Enough, Failure, InjectedFault, Job, JobCohort, NoOutcomes, NoRows, RowParts, RowWriter, Said, Sink,
    SpillError, caught, record_panics,
};
pub use cut::{Cut, GroupSize, Slice, TooManyShards};
pub use expect::{Expected, MOST, MOST_SANDBOXED, Planned, expect};
pub use interrupt::{Cause, Interrupt};
pub use keep::{Keep, LeftAlone, TakenUp};
pub use layout::Layout;
pub use machine::{Stopwatch, machine, memory_bytes, peak_memory_bytes, reset_peak_memory};
pub use merge::{MergeError, Merger};
pub use prepare::{
    JobOptions, OwnParts, prepare, prepare_histories, prepare_kept_histories, prepare_own, prepare_with,
    shape,
};
pub use pure::run_pure;
pub use run::{Progress, Ran, RunSpec, run, run_slice};
pub use shard::ShardWriter;

#[cfg(test)]
mod tests;
