//! What is known about a distribution without drawing: mean, quantiles, distribution function, scaling.

use std::sync::Arc;

use super::dist::{Dist, pareto_quantile, pick, round_to, triangular_quantile};
use super::elementary::{exp, ln, power};
use super::families::TruncatedNormal;
use super::law::{gamma_cdf, gamma_quantile, normal_cdf, normal_quantile, poisson_cdf, poisson_quantile};
use super::streams::{Purpose, StreamKey};

/// Draws behind a mean that has no closed form. The key is fixed, so the number is a constant of the distribution.
const MEAN_DRAWS: usize = 16_384;

impl Dist {
    /// The mean: exact where a closed form exists, else from stratified quantiles or 16,384 keyed draws.
    #[must_use]
    pub fn mean(&self) -> f64 {
        match self {
            Dist::Fixed(value) => *value,
            Dist::Uniform { low, high } => 0.5 * (low + high),
            Dist::Stepped { low, step, count } => low + 0.5 * step * f64::from(count - 1),
            Dist::Triangular { low, mode, high } => (low + mode + high) / 3.0,
            Dist::Exponential { mean } | Dist::Poisson { mean } => *mean,
            Dist::LogNormal { mu, sigma } => exp(mu + 0.5 * sigma * sigma),
            Dist::Normal(normal) => normal.mean(),
            Dist::Gamma { shape, scale } => shape * scale,
            Dist::Weibull { shape, scale } => scale * libm::tgamma(1.0 + 1.0 / shape),
            Dist::Pareto { minimum, exponent, cap } => pareto_mean(*minimum, *exponent, *cap),
            Dist::Discrete(discrete) => discrete.pairs().map(|(value, share)| value * share).sum(),
            Dist::Empirical(values) => values.iter().sum::<f64>() / values.len() as f64,
            Dist::Quantiles(table) => table.mean(),
            Dist::Mixture(mixture) => mixture.parts().map(|(share, part)| share * part.mean()).sum(),
            Dist::Scaled { of, factor } => factor * of.mean(),
            Dist::Clamped { .. } | Dist::Rounded { .. } | Dist::TwoLevel(_) => self.mean_by_draws(),
        }
    }

    fn mean_by_draws(&self) -> f64 {
        let count = MEAN_DRAWS as f64;
        if !self.has_two_levels() {
            let quantile = |n: usize| self.quantile((n as f64 + 0.5) / count);
            if let Some(sum) = (0..MEAN_DRAWS).map(quantile).sum::<Option<f64>>() {
                return sum / count;
            }
        }
        let mut rng = StreamKey::root(0).name("mean").stream(Purpose::Estimate);
        (0..MEAN_DRAWS).map(|_| self.for_organization(&mut rng).inner_mean(&mut rng)).sum::<f64>() / count
    }

    /// The mean of a resolved distribution, or one draw where a mean would itself need draws.
    fn inner_mean(&self, rng: &mut super::generator::Rng) -> f64 {
        match self {
            Dist::Clamped { .. } | Dist::Rounded { .. } | Dist::TwoLevel(_) => self.sample(rng),
            closed => closed.mean(),
        }
    }

    /// The value below which a share `p` lies; `None` for two-level distributions, which have none of their own.
    #[must_use]
    pub fn quantile(&self, p: f64) -> Option<f64> {
        let p = p.clamp(0.0, 1.0);
        let value = match self {
            Dist::Fixed(value) => *value,
            Dist::Uniform { low, high } => low + (high - low) * p,
            Dist::Stepped { low, step, count } => {
                low + step * libm::floor(p * f64::from(*count)).min(f64::from(count - 1))
            }
            Dist::Triangular { low, mode, high } => triangular_quantile(*low, *mode, *high, p),
            Dist::Exponential { mean } => -mean * libm::log1p(-p),
            Dist::LogNormal { mu, sigma } => exp(mu + sigma * normal_quantile(p)),
            Dist::Normal(normal) => normal.quantile(p),
            Dist::Gamma { shape, scale } => scale * gamma_quantile(*shape, p),
            Dist::Weibull { shape, scale } => scale * power(-libm::log1p(-p), 1.0 / shape),
            Dist::Pareto { minimum, exponent, cap } => pareto_quantile(*minimum, *exponent, *cap, p),
            Dist::Poisson { mean } => poisson_quantile(*mean, p),
            Dist::Discrete(discrete) => discrete.at(p),
            Dist::Empirical(values) => pick(values, p),
            Dist::Quantiles(table) => table.at(p),
            Dist::Mixture(_) => return self.mixture_quantile(p),
            Dist::Clamped { of, low, high } => of.quantile(p)?.clamp(*low, *high),
            Dist::Rounded { of, to } => round_to(of.quantile(p)?, *to),
            Dist::Scaled { of, factor } => factor * of.quantile(p)?,
            Dist::TwoLevel(_) => return None,
        };
        Some(value)
    }

    /// Bisection between the smallest and the largest quantile of the parts.
    fn mixture_quantile(&self, p: f64) -> Option<f64> {
        let Dist::Mixture(mixture) = self else { return None };
        let bounds: Option<Vec<f64>> = mixture.parts().map(|(_, part)| part.quantile(p)).collect();
        let bounds = bounds?;
        let mut low = bounds.iter().copied().fold(f64::INFINITY, f64::min);
        let mut high = bounds.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        if self.cdf(low)? >= p {
            return Some(low);
        }
        for _ in 0..200 {
            let middle = 0.5 * (low + high);
            if middle <= low || middle >= high {
                break;
            }
            if self.cdf(middle)? < p { low = middle } else { high = middle }
        }
        Some(high)
    }

    /// Share at or below `x`; `None` for two-level distributions.
    #[must_use]
    pub fn cdf(&self, x: f64) -> Option<f64> {
        let step = |holds: bool| if holds { 1.0 } else { 0.0 };
        let share = match self {
            Dist::Fixed(value) => step(x >= *value),
            Dist::Uniform { low, high } => ((x - low) / (high - low)).clamp(0.0, 1.0),
            Dist::Stepped { low, step, count } => {
                (libm::floor((x - low) / step + 1e-9) + 1.0).clamp(0.0, f64::from(*count)) / f64::from(*count)
            }
            Dist::Triangular { low, mode, high } => triangular_cdf(*low, *mode, *high, x),
            Dist::Exponential { mean } => -libm::expm1(-x.max(0.0) / mean),
            Dist::LogNormal { mu, .. } if x > 0.0 && self.sigma() == 0.0 => step(ln(x) >= *mu),
            Dist::LogNormal { mu, sigma } if x > 0.0 => normal_cdf((ln(x) - mu) / sigma),
            Dist::LogNormal { .. } => 0.0,
            Dist::Normal(normal) => normal.cdf(x),
            Dist::Gamma { shape, scale } => gamma_cdf(*shape, x / scale),
            Dist::Weibull { shape, scale } => -libm::expm1(-power(x.max(0.0) / scale, *shape)),
            Dist::Pareto { minimum, exponent, cap } => pareto_cdf(*minimum, *exponent, *cap, x),
            Dist::Poisson { mean } => poisson_cdf(*mean, x),
            Dist::Discrete(discrete) => discrete.cdf(x),
            Dist::Empirical(values) => {
                values.partition_point(|value| *value <= x) as f64 / values.len() as f64
            }
            Dist::Quantiles(table) => table.cdf(x),
            Dist::Mixture(mixture) => mixture
                .parts()
                .map(|(share, part)| part.cdf(x).map(|cdf| share * cdf))
                .sum::<Option<f64>>()?,
            Dist::Clamped { low, .. } if x < *low => 0.0,
            Dist::Clamped { high, .. } if x >= *high => 1.0,
            Dist::Clamped { of, .. } => of.cdf(x)?,
            Dist::Rounded { of, to } => of.cdf((libm::floor(x / to + 1e-9) + 0.5) * to)?,
            Dist::Scaled { of, factor } => of.cdf(x / factor)?,
            Dist::TwoLevel(_) => return None,
        };
        Some(share)
    }

    fn sigma(&self) -> f64 {
        if let Dist::LogNormal { sigma, .. } = self { *sigma } else { 0.0 }
    }

    /// The distribution of `factor` times a draw; `factor ≥ 0`.
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Dist {
        if factor == 0.0 {
            return Dist::Fixed(0.0);
        }
        match self {
            Dist::Fixed(value) => Dist::Fixed(value * factor),
            Dist::Uniform { low, high } => Dist::Uniform { low: low * factor, high: high * factor },
            Dist::Stepped { low, step, count } => {
                Dist::Stepped { low: low * factor, step: step * factor, count: *count }
            }
            Dist::Triangular { low, mode, high } => {
                Dist::Triangular { low: low * factor, mode: mode * factor, high: high * factor }
            }
            Dist::Exponential { mean } => Dist::Exponential { mean: mean * factor },
            Dist::LogNormal { mu, sigma } => Dist::LogNormal { mu: mu + ln(factor), sigma: *sigma },
            Dist::Normal(n) => Dist::Normal(TruncatedNormal::new(
                n.mean * factor,
                n.sd * factor,
                n.low * factor,
                n.high * factor,
            )),
            Dist::Gamma { shape, scale } => Dist::Gamma { shape: *shape, scale: scale * factor },
            Dist::Weibull { shape, scale } => Dist::Weibull { shape: *shape, scale: scale * factor },
            Dist::Pareto { minimum, exponent, cap } => {
                Dist::Pareto { minimum: minimum * factor, exponent: *exponent, cap: cap * factor }
            }
            Dist::Empirical(values) => Dist::Empirical(values.iter().map(|value| value * factor).collect()),
            Dist::Mixture(mixture) => Dist::Mixture(Arc::new(mixture.map(|part| part.scaled(factor)))),
            Dist::Clamped { of, low, high } => {
                Dist::Clamped { of: Box::new(of.scaled(factor)), low: low * factor, high: high * factor }
            }
            Dist::Rounded { of, to } => Dist::Rounded { of: Box::new(of.scaled(factor)), to: to * factor },
            Dist::Discrete(table) => Dist::Discrete(Arc::new(table.scaled(factor))),
            Dist::Quantiles(table) => Dist::Quantiles(Arc::new(table.scaled(factor))),
            // A count scaled is no count: the factor is applied to each draw.
            Dist::Poisson { .. } | Dist::TwoLevel(_) => Dist::Scaled { of: Box::new(self.clone()), factor },
            Dist::Scaled { of, factor: first } => of.scaled(first * factor),
        }
    }

    /// True if a draw can lie below 0.
    #[must_use]
    pub fn can_be_negative(&self) -> bool {
        match self {
            Dist::Clamped { low, .. } if *low >= 0.0 => false,
            Dist::TwoLevel(levels) => {
                matches!(**levels, super::TwoLevel::Constant(_) | super::TwoLevel::Scaled { .. })
                    && levels.inner().iter().any(|dist| dist.can_be_negative())
            }
            Dist::Mixture(mixture) => mixture.parts().any(|(_, part)| part.can_be_negative()),
            Dist::Clamped { of, .. } | Dist::Rounded { of, .. } | Dist::Scaled { of, .. } => {
                of.can_be_negative()
            }
            Dist::Normal(normal) => normal.low < 0.0,
            _ => self.quantile(0.0).is_some_and(|low| low < 0.0),
        }
    }
}

fn triangular_cdf(low: f64, mode: f64, high: f64, x: f64) -> f64 {
    let x = x.clamp(low, high);
    if x < mode {
        (x - low) / (high - low) * ((x - low) / (mode - low))
    } else if x < high {
        1.0 - (high - x) / (high - low) * ((high - x) / (high - mode))
    } else {
        1.0
    }
}

fn pareto_mean(minimum: f64, exponent: f64, cap: f64) -> f64 {
    let beyond = power(minimum / cap, exponent);
    if exponent == 1.0 {
        return minimum * ln(cap / minimum) / (1.0 - beyond);
    }
    let tail = if cap.is_finite() { power(minimum / cap, exponent - 1.0) } else { 0.0 };
    minimum * exponent / (exponent - 1.0) * (1.0 - tail) / (1.0 - beyond)
}

fn pareto_cdf(minimum: f64, exponent: f64, cap: f64, x: f64) -> f64 {
    if x <= minimum {
        return 0.0;
    }
    let beyond = |x: f64| power(minimum / x, exponent);
    ((1.0 - beyond(x)) / (1.0 - beyond(cap))).min(1.0)
}
