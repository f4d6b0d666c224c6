//! Distributions as a scenario names them.
//!
//! Values are plain numbers in the unit of their use: credits, seconds, tokens, counts.

use super::streams::Rng;

/// A distribution of one number.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Dist {
    /// Always the same.
    Fixed(f64),
}

impl Dist {
    /// One draw.
    pub fn sample(&self, _rng: &mut Rng) -> f64 {
        match self {
            Dist::Fixed(value) => *value,
        }
    }

    /// True if every draw is exactly zero, so that nothing needs to be drawn.
    #[must_use]
    pub fn is_zero(&self) -> bool {
        matches!(self, Dist::Fixed(value) if *value == 0.0)
    }
}
