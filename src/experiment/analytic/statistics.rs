//! Comparing a sample with what theory says.

use crate::experiment::Estimate;

/// One number of a closed form: what theory expects and what the simulation shows.
#[derive(Debug, Clone, PartialEq)]
pub struct Observation {
    /// What it is, with its unit.
    pub what: String,
    /// By theory.
    pub expected: f64,
    /// In the simulation.
    pub observed: f64,
    /// Standard error of the observed value; 0 for an exact law.
    pub standard_error: f64,
    /// Lowest and highest value accepted where the check is an interval instead of a z.
    pub interval: Option<(f64, f64)>,
}

impl Observation {
    /// (observed − expected) / standard error.
    #[must_use]
    pub fn z(&self) -> f64 {
        let difference = self.observed - self.expected;
        if difference == 0.0 { 0.0 } else { difference / self.standard_error }
    }

    /// Whether the observation agrees with theory.
    #[must_use]
    pub fn agrees(&self) -> bool {
        match self.interval {
            Some((low, high)) => (low..=high).contains(&self.observed),
            None => self.z().abs() < super::Z_LIMIT,
        }
    }
}

/// The mean of a sample whose standard deviation theory knows.
pub(super) fn mean(what: &str, sample: &[f64], expected: f64, sd: f64) -> Observation {
    let n = sample.len() as f64;
    Observation {
        what: what.to_owned(),
        expected,
        observed: sample.iter().sum::<f64>() / n,
        standard_error: sd / libm::sqrt(n),
        interval: None,
    }
}

/// The mean of a sample whose standard deviation is estimated from it.
pub(super) fn sample_mean(what: &str, sample: &[f64], expected: f64) -> Observation {
    mean(what, sample, expected, libm::sqrt(variance_of(sample)))
}

/// A proportion.
pub(super) fn proportion(what: &str, hits: usize, n: usize, expected: f64) -> Observation {
    let n = n as f64;
    Observation {
        what: what.to_owned(),
        expected,
        observed: hits as f64 / n,
        standard_error: libm::sqrt(expected * (1.0 - expected) / n),
        interval: None,
    }
}

/// A variance; its standard error comes from the sample's fourth moment.
pub(super) fn variance(what: &str, sample: &[f64], expected: f64) -> Observation {
    let n = sample.len() as f64;
    let center = sample.iter().sum::<f64>() / n;
    let fourth = sample.iter().map(|x| (x - center).powi(4)).sum::<f64>() / n;
    let observed = variance_of(sample);
    let standard_error = libm::sqrt((fourth - observed * observed).max(0.0) / n);
    Observation { what: what.to_owned(), expected, observed, standard_error, interval: None }
}

/// Unbiased sample variance.
pub(super) fn variance_of(sample: &[f64]) -> f64 {
    let n = sample.len() as f64;
    let center = sample.iter().sum::<f64>() / n;
    sample.iter().map(|x| (x - center) * (x - center)).sum::<f64>() / (n - 1.0)
}

/// A Kolmogorov–Smirnov distance of values that should be uniform on [0, 1], against its 99.99 % point
/// (Stephens' asymptotic form, √n D ≤ 2.2253).
pub(super) fn uniformity(what: &str, mut values: Vec<f64>) -> Observation {
    values.sort_unstable_by(f64::total_cmp);
    let n = values.len() as f64;
    let distance = values
        .iter()
        .enumerate()
        .map(|(index, x)| (x - index as f64 / n).abs().max(((index + 1) as f64 / n - x).abs()))
        .fold(0.0, f64::max);
    let limit = 2.2253 / libm::sqrt(n);
    Observation {
        what: what.to_owned(),
        expected: 0.0,
        observed: distance,
        standard_error: limit,
        interval: Some((0.0, limit)),
    }
}

/// P(N ≤ k) for N ~ Poisson(mean).
pub(super) fn poisson_cdf(k: u32, mean: f64) -> f64 {
    let log_mean = libm::log(mean);
    (0..=k).map(|i| libm::exp(f64::from(i) * log_mean - mean - libm::lgamma(f64::from(i) + 1.0))).sum()
}

/// Whether the 95 % interval of a sample contains a value: the one that is printed.
pub(super) fn covers(sample: &[f64], value: f64) -> bool {
    let interval = Estimate::of(sample).and_then(|estimate| estimate.interval());
    interval.is_some_and(|(low, high)| (low..=high).contains(&value))
}
