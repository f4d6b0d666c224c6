//! Random numbers: named streams and distributions.
//!
//! Owns the one generator, its keys, and every sampler. Leaves what the numbers mean to `workload` and `policy`.
//! Invariants: no wall clock, no system entropy; samplers use one mathematical library, so that bytes do not depend
//! on the platform.

mod dist;
mod exponential;
mod families;
mod law;
mod streams;
mod summary;
mod tables;
mod two_level;
mod ziggurat;

pub use dist::{Dist, DistError};
pub use exponential::exp;
pub use families::{TruncatedNormal, poisson, standard_gamma, standard_weibull};
pub use law::{gamma_cdf, normal_cdf, normal_quantile, poisson_cdf, weibull_shape};
pub use streams::{Purpose, Rng, StreamKey, hash_name, mix};
pub use tables::{Discrete, Mixture, QuantileTable};
pub use two_level::TwoLevel;
pub use ziggurat::{
    standard_exponential, standard_exponentials, standard_normal, standard_normals, uniform, uniform_open,
};

#[cfg(test)]
mod tests;
