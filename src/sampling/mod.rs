//! Random numbers: named streams and distributions.
//!
//! Owns the one generator, its keys, and every sampler. Leaves what the numbers mean to `workload` and `policy`.
//! Invariants: no wall clock, no system entropy; draws use the mathematics of `elementary` alone, and no function of the
//! platform. What is known about a distribution without drawing (means, quantiles, parameters) uses `libm` besides: a port
//! of FreeBSD's library to plain IEEE operations in a fixed order. The functions for which it asks the processor (root,
//! floor, rounding, fused product) are exact, so that it gives the same bytes everywhere, too.

mod dist;
mod elementary;
mod families;
mod generator;
mod law;
mod length;
mod point;
mod streams;
mod summary;
mod tables;
mod two_level;
mod ziggurat;

pub use dist::{Dist, DistError};
pub use elementary::{exp, ln, power};
pub use families::{TruncatedNormal, poisson, standard_gamma, standard_weibull};
pub use generator::{Rng, mix};
pub use law::{gamma_cdf, normal_cdf, normal_quantile, poisson_cdf, weibull_shape};
pub use length::pick_by_length;
pub use point::{Draws, TraitPoint, TraitUniforms, trait_uniform};
pub use streams::{Purpose, StreamKey, hash_name};
pub use tables::{Discrete, Mixture, QuantileTable};
pub use two_level::TwoLevel;
pub use ziggurat::{
    standard_exponential, standard_exponentials, standard_normal, standard_normals, uniform, uniform_open,
};

#[cfg(test)]
mod tests;
