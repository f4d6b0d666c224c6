//! Demand: arrival processes, costs, durations, runs, traits of organizations.
//!
//! Owns everything that is drawn without knowing a policy. Leaves decisions to `policy` and `organization`.
//! Invariants: a draw depends on (seed, replication, cohort name, organization, feature name, purpose) alone.

mod demand;
mod history;
mod operation;
mod source;
mod traits;

pub use demand::*;
pub use history::*;
pub use operation::*;
pub use source::*;
pub use traits::*;
