//! Two-level distributions: parameters drawn once per organization, then a draw per operation.
//!
//! Organizations send templated prompts: sizes vary little within one and a lot between them, so one pooled
//! distribution would make every organization average.

use super::dist::Dist;
use super::point::Draws;

/// A distribution whose parameters are drawn per organization.
#[derive(Debug, Clone, PartialEq)]
pub enum TwoLevel {
    /// Lognormal; both parameters of the logarithm drawn. A negative sigma counts as 0.
    LogNormal {
        /// Mean of the logarithm.
        mu: Dist,
        /// Standard deviation of the logarithm.
        sigma: Dist,
    },
    /// Gamma by mean and coefficient of variation.
    Gamma {
        /// Mean.
        mean: Dist,
        /// Coefficient of variation.
        cv: Dist,
    },
    /// Exponential by mean.
    Exponential {
        /// Mean.
        mean: Dist,
    },
    /// A common shape times a factor of the organization.
    Scaled {
        /// The factor.
        by: Dist,
        /// The shape.
        of: Dist,
    },
    /// One draw per organization, then always the same.
    Constant(Dist),
}

/// Smallest mean and coefficient of variation that a drawn parameter may have.
const TINY: f64 = 1e-9;

impl TwoLevel {
    /// Draws an organization's parameters.
    #[must_use]
    pub fn resolve(&self, draws: &mut impl Draws) -> Dist {
        match self {
            TwoLevel::LogNormal { mu, sigma } => {
                let mu = draws.value(mu);
                Dist::LogNormal { mu, sigma: draws.value(sigma).max(0.0) }
            }
            TwoLevel::Gamma { mean, cv } => {
                let mean = draws.value(mean).max(TINY);
                let cv = draws.value(cv).max(TINY);
                Dist::Gamma { shape: 1.0 / (cv * cv), scale: mean * cv * cv }
            }
            TwoLevel::Exponential { mean } => Dist::Exponential { mean: draws.value(mean).max(0.0) },
            TwoLevel::Scaled { by, of } => {
                let factor = draws.value(by).max(0.0);
                of.for_organization(draws).scaled(factor)
            }
            TwoLevel::Constant(dist) => Dist::Fixed(draws.value(dist)),
        }
    }

    /// The distributions of the parameters and of the shape.
    pub(super) fn inner(&self) -> Vec<&Dist> {
        match self {
            TwoLevel::LogNormal { mu, sigma } => vec![mu, sigma],
            TwoLevel::Gamma { mean, cv } => vec![mean, cv],
            TwoLevel::Exponential { mean } => vec![mean],
            TwoLevel::Scaled { by, of } => vec![by, of],
            TwoLevel::Constant(dist) => vec![dist],
        }
    }
}
