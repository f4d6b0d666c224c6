//! Random numbers: named streams and distributions.
//!
//! Owns the one generator, its keys, and every sampler. Leaves what the numbers mean to `workload` and `policy`.
//! Invariants: no wall clock, no system entropy; samplers use one mathematical library, so that bytes do not depend
//! on the platform.

mod dist;
mod streams;

pub use dist::Dist;
pub use streams::{Purpose, Rng, StreamKey, hash_name, mix};
