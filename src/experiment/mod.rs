//! From replications to numbers one can decide on.
//!
//! Owns everything over replications: means with intervals, paired comparisons and verdicts, thresholds, the rule
//! that stops, sweeps with their Pareto front, sensitivity. Leaves running to `engine`, formulas to `outcome`, looks
//! to `report`.
//! Invariants: replications enter in their order, so the same replications give the same floats; nothing here draws but settings
//! to try and organizations to resample.

pub mod analytic;
mod assumed;
pub mod backtest;
mod between;
mod choice;
mod comparison;
mod customers;
pub mod design;
pub mod determinism;
mod estimate;
mod family;
mod findings;
mod measurements;
mod peaks;
mod printed;
mod progress;
mod recompute;
mod resampling;
mod ruling;
mod screening;
mod sensitivity;
mod skew;
mod stopping;
pub mod student;
mod sweep;
#[cfg(test)]
mod tests;
mod thresholds;
mod trials;
pub mod until;

/// Fewest replications before anything counts as known: a few alike, or a few far apart, can be chance.
pub const FEWEST: u32 = 5;

/// Fewest replications before what most replications do not show counts as known, and before `precision` stops.
pub const FEWEST_RARE: u32 = 20;

/// Fewest replications before one and the same difference in all of them counts as shown. Of two policies that do the
/// same, either is ahead with even chance; it is the same one in eight replications with a chance of 0.8 % at most.
const FEWEST_ALIKE: u32 = 8;

/// Fewest replications that must show one and the same difference before it is taken for one: where nothing is drawn, as in
/// a replay, as many as show that.
const fn fewest_alike(nothing_drawn: bool) -> u32 {
    if nothing_drawn { FEWEST } else { FEWEST_ALIKE }
}

/// Thresholds as scenarios state them, for those who report on judgements.
pub use crate::scenario::{Comparison, Relevance, Threshold};
pub use assumed::{Assumed, Trajectory, TrajectoryStep, assumed, trajectory};
pub use between::{Contrast, Contrasts, RunValues, contrast};
pub use choice::{QUICK_ORGANIZATIONS, SimulationChoice, choose_run, keep_policies};
pub use comparison::{Difference, Verdict, compare};
pub use customers::{CUSTOMER_MEASURES, CustomerFindings, CustomerMeasure, SizeClass};
pub use estimate::Estimate;
pub use family::Family;
pub use findings::Findings;
pub use measurements::Measurements;
pub use peaks::PeakFindings;
pub use printed::{FEATURE_OUTCOMES, PLAN_OUTCOMES, PRINTED_TABLES, is_printed};
pub use progress::{OrganizationSpread, Point, TimelineMeans};
pub use recompute::recompute;
pub use resampling::{FEWEST_RESAMPLED, Resampled, ResampledCohort, Resamples, ResamplingError};
pub use ruling::{Doubt, Ruling};
pub use screening::{
    Entrant, Limit, Limited, Rules, SearchResult, Standing, by_promise, choose, paired, screen,
};
pub use sensitivity::{Morris, Swap, Swing, morris, ranking_changes, swaps, widest_first};
pub use stopping::{StopDecision, reason, stop};
pub use sweep::{Aim, Candidate, Membership, Objective, PolicyAt, Sweep, SweepPoint, pareto_front};
pub use thresholds::{Judgement, judge, worst};
pub use trials::{Conditions, Gatherer, GroupRun, Setting, Trial, Trials, replays_exactly};
