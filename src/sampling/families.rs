//! Samplers of the families that are more than a scaled uniform, exponential or normal.

use super::elementary::{exp, ln, ln_gamma};
use super::generator::Rng;
use super::law::{normal_cdf, normal_density, normal_quantile};
use super::ziggurat::{standard_exponential, standard_normal, uniform, uniform_open};

/// A gamma of scale 1, by Marsaglia and Tsang's squeeze; shapes below 1 by the boost `u^(1/shape)`. One word.
#[must_use]
pub fn standard_gamma(shape: f64, rng: &mut Rng) -> f64 {
    let mut rng = rng.fork();
    if shape < 1.0 {
        // u^(1/shape) without a power: the logarithm of a uniform is an exponential.
        let boost = exp(-standard_exponential(&mut rng) / shape);
        return gamma_from_one(shape + 1.0, &mut rng) * boost;
    }
    gamma_from_one(shape, &mut rng)
}

/// A gamma of scale 1 and a shape of at least 1.
fn gamma_from_one(shape: f64, rng: &mut Rng) -> f64 {
    let d = shape - 1.0 / 3.0;
    let c = 1.0 / libm::sqrt(9.0 * d);
    loop {
        let x = standard_normal(rng);
        let root = 1.0 + c * x;
        if root <= 0.0 {
            continue;
        }
        let v = root * root * root;
        let u = uniform_open(rng);
        let square = x * x;
        if u < 1.0 - 0.0331 * square * square || ln(u) < 0.5 * square + d * (1.0 - v + ln(v)) {
            return d * v;
        }
    }
}

/// A Weibull of scale 1. One word.
#[must_use]
pub fn standard_weibull(shape: f64, rng: &mut Rng) -> f64 {
    exp(ln(standard_exponential(rng)) / shape)
}

/// A Poisson count: products of uniforms below 10, Hörmann's transformed rejection above. One word, unless the mean is 0.
#[must_use]
pub fn poisson(mean: f64, rng: &mut Rng) -> f64 {
    if mean <= 0.0 {
        return 0.0;
    }
    let mut rng = rng.fork();
    if mean >= 10.0 {
        return poisson_rejection(mean, &mut rng);
    }
    let limit = exp(-mean);
    let mut product = uniform_open(&mut rng);
    let mut count = 0.0;
    while product > limit {
        product *= uniform_open(&mut rng);
        count += 1.0;
    }
    count
}

fn poisson_rejection(mean: f64, rng: &mut Rng) -> f64 {
    let log_mean = ln(mean);
    let b = 0.931 + 2.53 * libm::sqrt(mean);
    let a = -0.059 + 0.024_83 * b;
    let inverse_alpha = 1.1239 + 1.1328 / (b - 3.4);
    let v_r = 0.9277 - 3.6224 / (b - 2.0);
    loop {
        let u = uniform(rng) - 0.5;
        let v = uniform_open(rng);
        let us = 0.5 - u.abs();
        let k = libm::floor((2.0 * a / us + b) * u + mean + 0.43);
        if us >= 0.07 && v <= v_r {
            return k;
        }
        if k < 0.0 || (us < 0.013 && v > us) {
            continue;
        }
        let bound = k * log_mean - mean - ln_gamma(k + 1.0);
        if ln(v * inverse_alpha / (a / (us * us) + b)) <= bound {
            return k;
        }
    }
}

/// A normal restricted to `[low, high]`.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct TruncatedNormal {
    /// Mean before truncation.
    pub mean: f64,
    /// Standard deviation before truncation; positive.
    pub sd: f64,
    /// Smallest value; may be −∞.
    pub low: f64,
    /// Largest value; may be ∞.
    pub high: f64,
    /// Whether the mass is drawn mirrored, because it lies in the upper tail where `1 − p` loses digits.
    mirrored: bool,
    low_p: f64,
    high_p: f64,
}

impl TruncatedNormal {
    /// The restricted normal; `low < high` and `sd > 0` are the caller's.
    #[must_use]
    pub fn new(mean: f64, sd: f64, low: f64, high: f64) -> Self {
        let (a, b) = ((low - mean) / sd, (high - mean) / sd);
        let mirrored = a > 0.0;
        let (a, b) = if mirrored { (-b, -a) } else { (a, b) };
        TruncatedNormal { mean, sd, low, high, mirrored, low_p: normal_cdf(a), high_p: normal_cdf(b) }
    }

    /// One draw; one uniform, unless nothing is cut off.
    #[must_use]
    pub fn sample(&self, rng: &mut Rng) -> f64 {
        if self.low_p == 0.0 && self.high_p == 1.0 {
            return self.mean + self.sd * standard_normal(rng);
        }
        self.quantile(uniform_open(rng))
    }

    /// The value below which a share `p` lies.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let p = if self.mirrored { 1.0 - p } else { p };
        let z = normal_quantile(self.low_p + p * (self.high_p - self.low_p));
        let z = if self.mirrored { -z } else { z };
        (self.mean + self.sd * z).clamp(self.low, self.high)
    }

    /// Share at or below `x`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        let z = (x.clamp(self.low, self.high) - self.mean) / self.sd;
        let mass = self.high_p - self.low_p;
        if self.mirrored {
            (self.high_p - normal_cdf(-z)) / mass
        } else {
            (normal_cdf(z) - self.low_p) / mass
        }
    }

    /// The mean after truncation.
    #[must_use]
    pub fn mean(&self) -> f64 {
        let density = |x: f64| if x.is_finite() { normal_density((x - self.mean) / self.sd) } else { 0.0 };
        let shift = (density(self.low) - density(self.high)) / (self.high_p - self.low_p);
        (self.mean + self.sd * shift).clamp(self.low, self.high)
    }
}
