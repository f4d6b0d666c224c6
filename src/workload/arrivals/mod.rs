//! When operations arrive: one clock a process, all asked the same question.
//!
//! Owns every arrival process and what moves its rate. Leaves what an operation costs to `plan`.
//! Invariants: arrivals of a clock never go back in time; none lies at or after the end. Organizations that signed up by
//! the start begin in steady state.

mod chains;
mod clock;
mod exact;
mod gaps;
mod hawkes;
mod pace;
mod schedule;

pub(in crate::workload) use chains::count_of;
pub(in crate::workload) use clock::{Clock, ClockPlan, ClockTraits, clients_of};

#[cfg(test)]
mod steady;
#[cfg(test)]
mod tests;
#[cfg(test)]
mod theory;
