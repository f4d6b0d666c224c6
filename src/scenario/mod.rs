//! Scenario files: reading, validation gathering all problems, presets, schema, bundled examples.
//!
//! Owns the file format and its messages. Leaves simulation to everyone else.
//! Invariants: beyond `read` nobody checks a value again.

pub mod bundled;
mod demand;
mod distribution;
mod history;
mod model;
mod population;
mod reading;
mod source;

pub use model::*;
pub use reading::{Level, Problem};
pub use source::ScenarioSource;
