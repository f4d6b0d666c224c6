//! The front door for programs: a simulation is put together, run, and its findings are asked for by name.
//!
//! Owns the types that a user of the library meets first, and what they put in the place of a scenario's parts. Leaves
//! everything that happens behind the door to the rooms that the command uses too, so that both give the same numbers.
//! Invariants: writes to no terminal; leaves no file behind; a run is the same whatever the number of threads.

mod error;
mod findings;
mod gather;
mod outcome_name;
pub mod outcomes;
mod rows;
mod simulation;

pub use error::SimulationError;
pub use findings::{PolicyFindings, RunFindings as Findings, Within};
pub use outcome_name::OutcomeName;
pub use rows::{JournalRow, OperationRow, OrganizationRow, RowSink, Rows};
pub use simulation::{RunStep, Simulation};

#[cfg(test)]
mod tests;
