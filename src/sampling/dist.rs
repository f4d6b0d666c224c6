//! Distributions as a scenario names them.
//!
//! Values are plain numbers in the unit of their use: credits, seconds, tokens, counts. Parameters are checked by the
//! constructors; a value that exists can be drawn.

use std::sync::Arc;

use rand_distr::{Distribution as _, Triangular};

use super::elementary::{exp, exp_each, ln, power};
use super::families::{TruncatedNormal, poisson, standard_gamma, standard_weibull};
use super::generator::Rng;
use super::law::weibull_shape;
use super::point::Draws;
use super::tables::{Discrete, Mixture, QuantileTable};
use super::two_level::TwoLevel;
use super::ziggurat::{
    standard_exponential, standard_exponentials, standard_normal, standard_normals, uniform,
};

/// A distribution of one number.
#[derive(Debug, Clone, PartialEq)]
#[non_exhaustive]
pub enum Dist {
    /// Always the same.
    Fixed(f64),
    /// Any number of `[low, high)` alike.
    Uniform {
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// `low`, `low + step`, … alike.
    Stepped {
        /// Smallest value.
        low: f64,
        /// Distance of neighbours.
        step: f64,
        /// How many values; at least one.
        count: u32,
    },
    /// Rises in a straight line from `low` to `mode`, falls in one to `high`; `low < high`.
    Triangular {
        /// Smallest value.
        low: f64,
        /// Likeliest value.
        mode: f64,
        /// Largest value.
        high: f64,
    },
    /// Exponential.
    Exponential {
        /// Mean.
        mean: f64,
    },
    /// Lognormal.
    LogNormal {
        /// Mean of the logarithm.
        mu: f64,
        /// Standard deviation of the logarithm.
        sigma: f64,
    },
    /// Normal, restricted to an interval.
    Normal(TruncatedNormal),
    /// Gamma.
    Gamma {
        /// Shape; 1 is exponential.
        shape: f64,
        /// Scale; the mean is shape × scale.
        scale: f64,
    },
    /// Weibull.
    Weibull {
        /// Shape; 1 is exponential.
        shape: f64,
        /// Scale.
        scale: f64,
    },
    /// Pareto between `minimum` and `cap`; nothing lies above the cap (clamping instead would pile up mass there).
    Pareto {
        /// Smallest value.
        minimum: f64,
        /// Tail exponent α of P(X > x) ∝ x^−α.
        exponent: f64,
        /// Largest value; may be ∞.
        cap: f64,
    },
    /// Poisson count.
    Poisson {
        /// Mean.
        mean: f64,
    },
    /// One of some values, by weight.
    Discrete(Arc<Discrete>),
    /// One of the values observed, all alike; sorted.
    Empirical(Arc<[f64]>),
    /// Linear between quantiles.
    Quantiles(Arc<QuantileTable>),
    /// One of several distributions, by weight.
    Mixture(Arc<Mixture>),
    /// Another distribution whose draws are moved into `[low, high]`.
    Clamped {
        /// The distribution.
        of: Box<Dist>,
        /// Smallest value.
        low: f64,
        /// Largest value.
        high: f64,
    },
    /// Another distribution rounded half-up to multiples.
    Rounded {
        /// The distribution.
        of: Box<Dist>,
        /// The multiple; positive.
        to: f64,
    },
    /// Another distribution times a constant.
    Scaled {
        /// The distribution.
        of: Box<Dist>,
        /// The constant; not negative.
        factor: f64,
    },
    /// Parameters drawn once per organization, then a draw per operation.
    TwoLevel(Box<TwoLevel>),
}

impl Default for Dist {
    fn default() -> Self {
        Dist::Fixed(0.0)
    }
}

/// A parameter that no distribution can have.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
#[error("`{parameter}` is {found}, wanted {wanted}")]
pub struct DistError {
    /// Its name in a scenario.
    pub parameter: &'static str,
    /// What was given.
    pub found: f64,
    /// What would do.
    pub wanted: &'static str,
}

/// Accepts a parameter that satisfies a condition and is a finite number.
pub(super) fn wanted(
    parameter: &'static str,
    found: f64,
    holds: bool,
    wanted: &'static str,
) -> Result<(), DistError> {
    if holds && found.is_finite() { Ok(()) } else { Err(DistError { parameter, found, wanted }) }
}

/// Constructors by the names a scenario uses.
impl Dist {
    /// Always `value`.
    pub fn fixed(value: f64) -> Result<Dist, DistError> {
        wanted("value", value, true, "a number")?;
        Ok(Dist::Fixed(value))
    }

    /// Uniform over `[low, high]`: continuous, or by steps counted from `low`.
    pub fn uniform(low: f64, high: f64, step: Option<f64>) -> Result<Dist, DistError> {
        wanted("low", low, true, "a number")?;
        wanted("high", high, high >= low, "a number not below `low`")?;
        let Some(step) = step else {
            return Ok(if low == high { Dist::Fixed(low) } else { Dist::Uniform { low, high } });
        };
        wanted("step", step, step > 0.0, "a number above 0")?;
        // A relative nudge, so that 0.1 + 2 × 0.1 reaches 0.3.
        let count = libm::floor((high - low) / step * (1.0 + 1e-12) + 1e-9) + 1.0;
        wanted("step", step, count <= f64::from(u32::MAX), "a step that makes fewer than 2^32 values")?;
        Ok(Dist::Stepped { low, step, count: count as u32 })
    }

    /// Triangular over `[low, high]` with the likeliest value `mode`.
    pub fn triangular(low: f64, mode: f64, high: f64) -> Result<Dist, DistError> {
        wanted("min", low, true, "a number")?;
        wanted("max", high, high >= low, "a number not below `min`")?;
        wanted("mode", mode, (low..=high).contains(&mode), "a number from `min` to `max`")?;
        wanted("max", high, (high - low).is_finite(), "a number within 1.8e308 of `min`")?;
        Ok(if low == high { Dist::Fixed(low) } else { Dist::Triangular { low, mode, high } })
    }

    /// Exponential with `mean`.
    pub fn exponential(mean: f64) -> Result<Dist, DistError> {
        wanted("mean", mean, mean >= 0.0, "a number not below 0")?;
        Ok(if mean == 0.0 { Dist::Fixed(0.0) } else { Dist::Exponential { mean } })
    }

    /// Lognormal with `mean` and coefficient of variation `cv`.
    pub fn lognormal(mean: f64, cv: f64) -> Result<Dist, DistError> {
        wanted("mean", mean, mean > 0.0, "a number above 0")?;
        wanted("cv", cv, cv >= 0.0, "a number not below 0")?;
        let variance = libm::log1p(cv * cv);
        Ok(Dist::LogNormal { mu: ln(mean) - 0.5 * variance, sigma: libm::sqrt(variance) })
    }

    /// Lognormal with `median` and standard deviation `sigma` of the logarithm.
    pub fn lognormal_median(median: f64, sigma: f64) -> Result<Dist, DistError> {
        wanted("median", median, median > 0.0, "a number above 0")?;
        wanted("sigma", sigma, sigma >= 0.0, "a number not below 0")?;
        Ok(Dist::LogNormal { mu: ln(median), sigma })
    }

    /// Normal with `mean` and `sd`, restricted to `[low, high]` (either may be infinite).
    pub fn normal(mean: f64, sd: f64, low: f64, high: f64) -> Result<Dist, DistError> {
        wanted("mean", mean, true, "a number")?;
        wanted("sd", sd, sd >= 0.0, "a number not below 0")?;
        if high.is_nan() || low.is_nan() || high <= low {
            return Err(DistError { parameter: "max", found: high, wanted: "a number above `min`" });
        }
        if sd == 0.0 {
            return Ok(Dist::Fixed(mean.clamp(low, high)));
        }
        Ok(Dist::Normal(TruncatedNormal::new(mean, sd, low, high)))
    }

    /// Gamma with `mean` and coefficient of variation `cv`.
    pub fn gamma(mean: f64, cv: f64) -> Result<Dist, DistError> {
        wanted("mean", mean, mean > 0.0, "a number above 0")?;
        wanted("cv", cv, cv >= 0.0, "a number not below 0")?;
        if cv == 0.0 {
            return Ok(Dist::Fixed(mean));
        }
        Ok(Dist::Gamma { shape: 1.0 / (cv * cv), scale: mean * cv * cv })
    }

    /// Gamma with `shape` and `scale`.
    pub fn gamma_shape(shape: f64, scale: f64) -> Result<Dist, DistError> {
        wanted("shape", shape, shape > 0.0, "a number above 0")?;
        wanted("scale", scale, scale > 0.0, "a number above 0")?;
        Ok(Dist::Gamma { shape, scale })
    }

    /// Weibull with `mean` and coefficient of variation `cv` (between 0.002 and 40).
    pub fn weibull(mean: f64, cv: f64) -> Result<Dist, DistError> {
        wanted("mean", mean, mean > 0.0, "a number above 0")?;
        wanted("cv", cv, (0.002..=40.0).contains(&cv), "a number between 0.002 and 40")?;
        let shape = weibull_shape(cv);
        Ok(Dist::Weibull { shape, scale: mean / libm::tgamma(1.0 + 1.0 / shape) })
    }

    /// Weibull with `shape` and `scale`.
    pub fn weibull_shape(shape: f64, scale: f64) -> Result<Dist, DistError> {
        wanted("shape", shape, shape > 0.0, "a number above 0")?;
        wanted("scale", scale, scale > 0.0, "a number above 0")?;
        Ok(Dist::Weibull { shape, scale })
    }

    /// Pareto from `minimum` with tail `exponent`, restricted to at most `cap` if there is one.
    pub fn pareto(minimum: f64, exponent: f64, cap: Option<f64>) -> Result<Dist, DistError> {
        wanted("min", minimum, minimum > 0.0, "a number above 0")?;
        wanted("exponent", exponent, exponent > 0.0, "a number above 0")?;
        if let Some(cap) = cap {
            wanted("cap", cap, cap > minimum, "a number above `min`")?;
        } else {
            wanted(
                "exponent",
                exponent,
                exponent > 1.0,
                "a number above 1, or a `cap` (else the mean is infinite)",
            )?;
        }
        Ok(Dist::Pareto { minimum, exponent, cap: cap.unwrap_or(f64::INFINITY) })
    }

    /// Poisson count with `mean`.
    pub fn poisson(mean: f64) -> Result<Dist, DistError> {
        wanted("mean", mean, (0.0..=1e12).contains(&mean), "a number between 0 and 1e12")?;
        Ok(Dist::Poisson { mean })
    }

    /// 1 with `probability`, else 0.
    pub fn bernoulli(probability: f64) -> Result<Dist, DistError> {
        wanted("probability", probability, (0.0..=1.0).contains(&probability), "a number between 0 and 1")?;
        Dist::discrete(&[(0.0, 1.0 - probability), (1.0, probability)])
    }

    /// One of the values by weight: pairs (value, weight).
    pub fn discrete(pairs: &[(f64, f64)]) -> Result<Dist, DistError> {
        Ok(Dist::Discrete(Arc::new(Discrete::new(pairs)?)))
    }

    /// One of the values observed.
    pub fn empirical(mut values: Vec<f64>) -> Result<Dist, DistError> {
        wanted("values", values.len() as f64, !values.is_empty(), "at least one value")?;
        for value in &values {
            wanted("values", *value, true, "numbers")?;
        }
        values.sort_by(f64::total_cmp);
        Ok(Dist::Empirical(values.into()))
    }

    /// Linear between knots (probability, value); the probabilities rise from 0 to 1.
    pub fn quantiles(knots: &[(f64, f64)]) -> Result<Dist, DistError> {
        Ok(Dist::Quantiles(Arc::new(QuantileTable::new(knots)?)))
    }

    /// One of several distributions: pairs (weight, distribution).
    pub fn mixture(parts: Vec<(f64, Dist)>) -> Result<Dist, DistError> {
        Ok(Dist::Mixture(Arc::new(Mixture::new(parts)?)))
    }

    /// This distribution with draws moved into `[low, high]` (either may be infinite).
    pub fn clamped(self, low: f64, high: f64) -> Result<Dist, DistError> {
        if high.is_nan() || low.is_nan() || high < low {
            return Err(DistError { parameter: "max", found: high, wanted: "a number not below `min`" });
        }
        Ok(Dist::Clamped { of: Box::new(self), low, high })
    }

    /// This distribution rounded half-up to multiples of `to`.
    pub fn rounded(self, to: f64) -> Result<Dist, DistError> {
        wanted("round", to, to > 0.0, "a number above 0")?;
        Ok(Dist::Rounded { of: Box::new(self), to })
    }

    /// Parameters drawn per organization.
    #[must_use]
    pub fn two_level(levels: TwoLevel) -> Dist {
        Dist::TwoLevel(Box::new(levels))
    }
}

/// Drawing.
impl Dist {
    /// One draw: one word of `rng`, or none if the distribution is a constant. A two-level distribution that was not
    /// resolved draws its parameters anew each time.
    #[inline]
    #[must_use]
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        match self {
            Dist::Fixed(value) => *value,
            Dist::Uniform { low, high } => low + (high - low) * uniform(rng),
            Dist::Exponential { mean } => mean * standard_exponential(rng),
            Dist::LogNormal { mu, sigma } => exp(mu + sigma * standard_normal(rng)),
            other => other.sample_rarer(rng),
        }
    }

    /// Fills `out` with draws, as so many calls of [`Dist::sample`] would.
    pub fn sample_each(&self, rng: &mut Rng, out: &mut [f64]) {
        match self {
            Dist::Fixed(value) => out.fill(*value),
            Dist::Exponential { mean } => {
                standard_exponentials(rng, out);
                out.iter_mut().for_each(|x| *x *= *mean);
            }
            Dist::LogNormal { mu, sigma } => {
                standard_normals(rng, out);
                out.iter_mut().for_each(|x| *x = mu + sigma * *x);
                exp_each(out);
            }
            other => out.iter_mut().for_each(|x| *x = other.sample(rng)),
        }
    }

    fn sample_rarer(&self, rng: &mut Rng) -> f64 {
        match self {
            Dist::Stepped { low, step, count } => low + step * libm::floor(uniform(rng) * f64::from(*count)),
            Dist::Triangular { low, mode, high } => {
                // Its parameters were checked when it was made.
                Triangular::new(*low, *high, *mode).map_or(*mode, |triangular| triangular.sample(rng))
            }
            Dist::Normal(normal) => normal.sample(rng),
            Dist::Gamma { shape, scale } => scale * standard_gamma(*shape, rng),
            Dist::Weibull { shape, scale } => scale * standard_weibull(*shape, rng),
            Dist::Pareto { minimum, exponent, cap } => {
                pareto_quantile(*minimum, *exponent, *cap, uniform(rng))
            }
            Dist::Poisson { mean } => poisson(*mean, rng),
            Dist::Discrete(discrete) => discrete.at(uniform(rng)),
            Dist::Empirical(values) => pick(values, uniform(rng)),
            Dist::Quantiles(table) => table.at(uniform(rng)),
            Dist::Mixture(mixture) => {
                let mut rng = rng.fork();
                mixture.choose(uniform(&mut rng)).sample(&mut rng)
            }
            Dist::Clamped { of, low, high } => of.sample(rng).clamp(*low, *high),
            Dist::Rounded { of, to } => round_to(of.sample(rng), *to),
            Dist::Scaled { of, factor } => factor * of.sample(rng),
            Dist::TwoLevel(levels) => {
                let mut rng = rng.fork();
                levels.resolve(&mut rng).sample(&mut rng)
            }
            common => common.sample(rng),
        }
    }

    /// Draws the parameters that belong to an organization; the result has one level. Draws nothing without any.
    #[must_use]
    pub fn for_organization(&self, draws: &mut impl Draws) -> Dist {
        match self {
            Dist::TwoLevel(levels) => levels.resolve(draws),
            Dist::Clamped { of, low, high } => {
                Dist::Clamped { of: Box::new(of.for_organization(draws)), low: *low, high: *high }
            }
            Dist::Rounded { of, to } => Dist::Rounded { of: Box::new(of.for_organization(draws)), to: *to },
            Dist::Scaled { of, factor } => of.for_organization(draws).scaled(*factor),
            Dist::Mixture(mixture) if self.has_two_levels() => {
                Dist::Mixture(Arc::new(mixture.map(|part| part.for_organization(draws))))
            }
            one_level => one_level.clone(),
        }
    }

    /// True if some parameters belong to an organization.
    #[must_use]
    pub fn has_two_levels(&self) -> bool {
        match self {
            Dist::TwoLevel(_) => true,
            Dist::Clamped { of, .. } | Dist::Rounded { of, .. } | Dist::Scaled { of, .. } => {
                of.has_two_levels()
            }
            Dist::Mixture(mixture) => mixture.parts().any(|(_, part)| part.has_two_levels()),
            _ => false,
        }
    }

    /// True if every draw is exactly zero, so that nothing needs to be drawn.
    #[must_use]
    #[inline]
    pub fn is_zero(&self) -> bool {
        match self {
            Dist::Fixed(value) => *value == 0.0,
            other => other.is_zero_whatever_is_drawn(),
        }
    }

    fn is_zero_whatever_is_drawn(&self) -> bool {
        match self {
            Dist::Poisson { mean } => *mean == 0.0,
            Dist::Clamped { of, low, high } => {
                (of.is_zero() && *low <= 0.0 && *high >= 0.0) || (*low == 0.0 && *high == 0.0)
            }
            Dist::Rounded { of, .. } => of.is_zero(),
            Dist::Scaled { of, factor } => *factor == 0.0 || of.is_zero(),
            _ => false,
        }
    }
}

/// The value of a sorted sample at share `p`.
pub(super) fn pick(values: &[f64], p: f64) -> f64 {
    let last = values.len() - 1;
    values[((p * values.len() as f64) as usize).min(last)]
}

/// Rounds half-up to a multiple.
pub(super) fn round_to(value: f64, to: f64) -> f64 {
    libm::floor(value / to + 0.5) * to
}

/// Inverse of the distribution function of a triangular distribution.
pub(super) fn triangular_quantile(low: f64, mode: f64, high: f64, p: f64) -> f64 {
    let below = p * (high - low);
    if below < mode - low {
        low + libm::sqrt(below * (mode - low))
    } else {
        high - libm::sqrt((high - low - below) * (high - mode))
    }
}

/// Inverse of the distribution function of a Pareto on `[minimum, cap]`.
pub(super) fn pareto_quantile(minimum: f64, exponent: f64, cap: f64, p: f64) -> f64 {
    let beyond = power(minimum / cap, exponent);
    minimum * power(1.0 - p * (1.0 - beyond), -1.0 / exponent)
}
