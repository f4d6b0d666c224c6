//! From replications to numbers one can decide on.
//!
//! Owns everything over replications: means with intervals, paired comparisons and verdicts, thresholds, the rule
//! that stops, sweeps with their Pareto front, sensitivity. Leaves running to `engine`, formulas to `outcome`, looks
//! to `report`.
//! Invariants: replications enter in their order, so the same replications give the same floats; nothing here draws.

pub mod analytic;
mod assumed;
mod comparison;
pub mod design;
pub mod determinism;
mod estimate;
mod findings;
mod measurements;
mod progress;
mod screening;
mod sensitivity;
mod stopping;
pub mod student;
mod sweep;
mod thresholds;
mod trials;

/// Thresholds as scenarios state them, for those who report on judgements.
pub use crate::scenario::{Comparison, Threshold};
pub use assumed::{Assumed, Step, Trajectory, assumed, trajectory};
pub use comparison::{Difference, Verdict, compare};
pub use estimate::Estimate;
pub use findings::Findings;
pub use measurements::Measurements;
pub use progress::{Point, Progress, Spread};
pub use screening::{Choice, Entrant, Limit, Rules, Standing, by_promise, choose, paired, screen};
pub use sensitivity::{Morris, Swap, Swing, morris, ranking_changes, swaps, widest_first};
pub use stopping::{FEWEST, Stop, stop};
pub use sweep::{Aim, Candidate, Objective, PolicyAt, Sweep, SweepPoint, pareto_front};
pub use thresholds::{Judgement, Ruling, judge, worst};
pub use trials::{Conditions, GroupRun, Setting, Trial, Trials};
