//! Thin actix shells around pure state machines, and the messages between them.
//!
//! One feature actor per feature and arbiter draws arrivals, one organization actor per organization merges them and
//! advances its accounts, one wave actor per arbiter keeps a few organizations alive and folds what they did, one
//! collector puts parts back into order. Leaves domain logic to `organization`, drawing to `workload`, threads and the
//! wall clock to `engine`.
//!
//! Invariants: at most one demand per organization and feature is under way, so mailboxes are bounded by construction;
//! a wave takes no new unit while the collector is behind; no actor ends before its work without a failure being
//! reported; neither batch size, wave size, unit size nor order reaches a result.

mod collector;
mod control;
mod feature;
mod job;
mod keeper;
mod messages;
mod organization;
mod panics;
mod plan;
mod rows;
mod wave;

pub use collector::{Collector, CollectorSpec, Enough, Kept, NoOutcomes, Sink};
pub use control::{ActorName, Control, ControlEvent, Failure, InjectedFault, Sentinel};
pub use feature::FeatureActor;
pub use job::{Job, JobCohort, OpenHistory};
pub use messages::{Close, Start};
pub use panics::{Said, caught, record_panics};
pub use plan::{Plan, WorkUnit};
pub use rows::{NoRows, RowParts, RowWriter, SpillError};
pub use wave::{WaveActor, WaveSpec};
