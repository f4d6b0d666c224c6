//! Gaps of renewal processes with mean 1, and the first one seen from an arbitrary instant.

use crate::sampling::{
    Rng, power, standard_exponential, standard_gamma, standard_weibull, uniform, weibull_shape,
};

/// A family of gaps with mean 1.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::workload) enum Gaps {
    /// Poisson.
    Exponential,
    /// All alike.
    Regular,
    /// Gamma of a shape; the scale is its inverse.
    Gamma {
        /// The shape.
        shape: f64,
    },
    /// Weibull.
    Weibull {
        /// The shape.
        shape: f64,
        /// The scale that makes the mean 1.
        scale: f64,
    },
}

/// Range of coefficients of variation that gaps may have; a drawn one is moved into it.
const CV: (f64, f64) = (0.01, 40.0);

impl Gaps {
    /// Gamma gaps with a coefficient of variation.
    pub fn gamma(cv: f64) -> Self {
        if cv == 1.0 {
            return Gaps::Exponential;
        }
        if cv <= 0.0 {
            return Gaps::Regular;
        }
        let cv = cv.clamp(CV.0, CV.1);
        Gaps::Gamma { shape: 1.0 / (cv * cv) }
    }

    /// Weibull gaps with a coefficient of variation.
    pub fn weibull(cv: f64) -> Self {
        if cv == 1.0 {
            return Gaps::Exponential;
        }
        if cv <= 0.0 {
            return Gaps::Regular;
        }
        let shape = weibull_shape(cv.clamp(CV.0, CV.1));
        Gaps::Weibull { shape, scale: 1.0 / libm::tgamma(1.0 + 1.0 / shape) }
    }

    /// One gap.
    #[inline]
    pub fn draw(self, rng: &mut Rng) -> f64 {
        match self {
            Gaps::Exponential => standard_exponential(rng),
            Gaps::Regular => 1.0,
            Gaps::Gamma { shape } => standard_gamma(shape, rng) / shape,
            Gaps::Weibull { shape, scale } => scale * standard_weibull(shape, rng),
        }
    }

    /// The time to the next arrival from an arbitrary instant, so that the process is stationary from there on: a
    /// uniform share of a gap drawn in proportion to its length.
    pub fn first(self, rng: &mut Rng) -> f64 {
        match self {
            Gaps::Exponential => standard_exponential(rng),
            Gaps::Regular => uniform(rng),
            Gaps::Gamma { shape } => standard_gamma(shape + 1.0, rng) / shape * uniform(rng),
            Gaps::Weibull { shape, scale } => {
                let length = power(standard_gamma(1.0 + 1.0 / shape, rng), 1.0 / shape);
                scale * length * uniform(rng)
            }
        }
    }
}
