//! Scenario files: reading, validation gathering all problems, presets, schema, bundled examples.
//!
//! Owns the file format and its messages. Leaves simulation to everyone else.
//! Invariants: beyond `read` nobody checks a value again.

mod model;

pub use model::*;
