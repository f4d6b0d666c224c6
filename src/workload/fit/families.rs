//! Distributions fitted to weighted samples: the family by likelihood, or a table of quantiles where none fits.

use crate::sampling::Dist;

/// Most knots of a table of quantiles.
pub(super) const KNOTS: usize = 64;
/// A family is taken if its Kolmogorov-Smirnov distance is at most this, or what chance does to so small a sample;
/// else a table of quantiles.
const FAMILY_DISTANCE: (f64, f64) = (0.06, 0.8);
/// A sample of at most so many different values is taken as it is.
const DISCRETE_VALUES: usize = 16;

/// Values with weights, sorted by value.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct WeightedSample {
    values: Vec<(f64, f64)>,
    /// Weight up to and including each value.
    upto: Vec<f64>,
    total: f64,
}

impl WeightedSample {
    /// From pairs (value, weight); what is no finite number or has no weight is left out.
    #[must_use]
    pub fn new(pairs: impl IntoIterator<Item = (f64, f64)>) -> WeightedSample {
        let mut values: Vec<(f64, f64)> =
            pairs.into_iter().filter(|(value, weight)| value.is_finite() && *weight > 0.0).collect();
        values.sort_by(|a, b| a.0.total_cmp(&b.0));
        let mut total = 0.0;
        let upto = values.iter().map(|(_, weight)| {
            total += weight;
            total
        });
        let upto = upto.collect();
        WeightedSample { values, upto, total }
    }

    /// Number of values.
    #[must_use]
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// How many equally heavy values would say as much.
    #[must_use]
    pub fn effective(&self) -> f64 {
        let squares: f64 = self.values.iter().map(|(_, weight)| weight * weight).sum();
        if squares > 0.0 { self.total * self.total / squares } else { 0.0 }
    }

    /// True without any value.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// The weighted mean of a function of the values.
    pub fn mean_of(&self, function: impl Fn(f64) -> f64) -> f64 {
        self.values.iter().map(|(value, weight)| function(*value) * weight).sum::<f64>() / self.total
    }

    /// Kolmogorov-Smirnov distance from a law; ties count once.
    #[must_use]
    pub fn distance(&self, dist: &Dist) -> f64 {
        self.distance_from(|x| dist.cdf(x).unwrap_or(0.0))
    }

    /// As [`WeightedSample::distance`], from another sample.
    #[must_use]
    pub fn distance_from_sample(&self, other: &WeightedSample) -> f64 {
        self.distance_from(|x| other.share_upto(x)).max(other.distance_from(|x| self.share_upto(x)))
    }

    fn distance_from(&self, cdf: impl Fn(f64) -> f64) -> f64 {
        let mut worst: f64 = 0.0;
        for (index, (value, _)) in self.values.iter().enumerate() {
            if self.values.get(index + 1).is_none_or(|next| next.0 > *value) {
                worst = worst.max((self.upto[index] / self.total - cdf(*value)).abs());
            }
        }
        worst
    }

    fn share_upto(&self, x: f64) -> f64 {
        match self.values.partition_point(|(value, _)| *value <= x) {
            0 => 0.0,
            count => self.upto[count - 1] / self.total,
        }
    }

    /// The weighted quantile.
    #[must_use]
    pub fn quantile(&self, p: f64) -> f64 {
        let index = self.upto.partition_point(|upto| *upto < p * self.total);
        self.values.get(index).or(self.values.last()).map_or(0.0, |(value, _)| *value)
    }

    /// The values with their weights as they are, if at most so many differ.
    #[must_use]
    pub fn table_of_values(&self, most: usize) -> Option<Dist> {
        let few = self.few_values(most)?;
        if few.len() == 1 { Some(Dist::Fixed(few[0].0)) } else { Dist::discrete(&few).ok() }
    }

    /// The different values with their weights, if there are few.
    fn few_values(&self, most: usize) -> Option<Vec<(f64, f64)>> {
        let mut distinct: Vec<(f64, f64)> = Vec::new();
        for (value, weight) in &self.values {
            if let Some(last) = distinct.last_mut().filter(|last| last.0 == *value) {
                last.1 += weight;
            } else if distinct.len() == most {
                return None;
            } else {
                distinct.push((*value, *weight));
            }
        }
        Some(distinct)
    }
}

/// A fitted distribution, what it is, and how far it lies from the sample.
#[derive(Debug, Clone, PartialEq)]
pub struct Fitted {
    /// The distribution.
    pub dist: Dist,
    /// In words.
    pub family: &'static str,
    /// Kolmogorov-Smirnov distance.
    pub distance: f64,
}

/// Fits a distribution to a sample of values that are not negative; `None` without any.
#[must_use]
pub fn fit_values(sample: &WeightedSample) -> Option<Fitted> {
    if sample.is_empty() {
        return None;
    }
    if let Some(few) = sample.few_values(DISCRETE_VALUES) {
        let dist = if few.len() == 1 { Dist::Fixed(few[0].0) } else { Dist::discrete(&few).ok()? };
        let family = if few.len() == 1 { "constant" } else { "discrete" };
        return Some(Fitted { distance: sample.distance(&dist), dist, family });
    }
    let best = families(sample).into_iter().max_by(|a, b| a.2.total_cmp(&b.2));
    if let Some((family, dist, _)) = best {
        let distance = sample.distance(&dist);
        if distance <= FAMILY_DISTANCE.0.max(FAMILY_DISTANCE.1 / libm::sqrt(sample.effective())) {
            return Some(Fitted { dist, family, distance });
        }
    }
    let dist = quantile_table(sample)?;
    Some(Fitted { distance: sample.distance(&dist), dist, family: "quantiles" })
}

/// The families by maximum likelihood: (name, distribution, mean log-likelihood less the price of its parameters).
pub(super) fn families(sample: &WeightedSample) -> Vec<(&'static str, Dist, f64)> {
    // Logarithms need positive values; a zero is half of the smallest positive one.
    let smallest = sample.values.iter().map(|(value, _)| *value).find(|value| *value > 0.0).unwrap_or(1.0);
    let positive = |x: f64| if x > 0.0 { x } else { 0.5 * smallest };
    let mean = sample.mean_of(positive);
    let mean_log = sample.mean_of(|x| libm::log(positive(x)));
    let sigma = libm::sqrt(sample.mean_of(|x| {
        let log = libm::log(positive(x)) - mean_log;
        log * log
    }));
    let mut found = Vec::new();
    if sigma > 1e-9 {
        let likelihood = -mean_log - libm::log(sigma) - 0.5 * libm::log(2.0 * std::f64::consts::PI) - 0.5;
        found.push(("lognormal", Dist::LogNormal { mu: mean_log, sigma }, likelihood));
    }
    found.push(("exponential", Dist::Exponential { mean }, -libm::log(mean) - 1.0));
    if let Some(shape) = gamma_shape(libm::log(mean) - mean_log) {
        let scale = mean / shape;
        let likelihood = (shape - 1.0) * mean_log - shape - shape * libm::log(scale) - libm::lgamma(shape);
        found.push(("gamma", Dist::Gamma { shape, scale }, likelihood));
    }
    if let Some((shape, scale)) = weibull(sample, mean_log, positive) {
        let powers = sample.mean_of(|x| libm::pow(positive(x) / scale, shape));
        let likelihood = libm::log(shape / scale) + (shape - 1.0) * (mean_log - libm::log(scale)) - powers;
        found.push(("weibull", Dist::Weibull { shape, scale }, likelihood));
    }
    found.retain(|(_, _, likelihood)| likelihood.is_finite());
    // By BIC: the exponential has one parameter less than the others.
    let price = libm::log(sample.effective().max(2.0)) / (2.0 * sample.effective().max(1.0));
    for (name, _, likelihood) in &mut found {
        *likelihood -= if *name == "exponential" { price } else { 2.0 * price };
    }
    found
}

/// The gamma shape with `ln k − ψ(k) = s`, by bisection.
fn gamma_shape(s: f64) -> Option<f64> {
    if s <= 1e-9 {
        return None;
    }
    let (mut low, mut high) = (1e-4_f64, 1e7_f64);
    for _ in 0..200 {
        let middle = libm::sqrt(low * high);
        if libm::log(middle) - digamma(middle) > s { low = middle } else { high = middle }
    }
    Some(libm::sqrt(low * high))
}

/// The derivative of ln Γ.
fn digamma(mut x: f64) -> f64 {
    let mut sum = 0.0;
    while x < 8.0 {
        sum -= 1.0 / x;
        x += 1.0;
    }
    let inverse = 1.0 / (x * x);
    sum + libm::log(x) - 0.5 / x - inverse * (1.0 / 12.0 - inverse * (1.0 / 120.0 - inverse / 252.0))
}

/// Values that the search for a Weibull looks at; the sample is sorted, so every so many stand for all.
const WEIBULL_VALUES: usize = 20_000;
/// Halvings of the logarithm of a Weibull's shape.
const WEIBULL_HALVINGS: usize = 32;

/// Shape and scale of the most likely Weibull, by bisection of the shape's equation.
fn weibull(sample: &WeightedSample, mean_log: f64, positive: impl Fn(f64) -> f64) -> Option<(f64, f64)> {
    // Logarithms relative to their mean, so that powers stay in range.
    let step = sample.len().div_ceil(WEIBULL_VALUES).max(1);
    let values = sample.values.iter().step_by(step);
    let logs: Vec<(f64, f64)> =
        values.map(|(value, weight)| (libm::log(positive(*value)) - mean_log, *weight)).collect();
    let total: f64 = logs.iter().map(|(_, weight)| weight).sum();
    let sums = |shape: f64| {
        logs.iter().fold((0.0, 0.0), |(powers, products), (log, weight)| {
            let power = weight * libm::exp(shape * log);
            (powers + power, products + power * log)
        })
    };
    let miss = |shape: f64| {
        let (powers, products) = sums(shape);
        products / powers - 1.0 / shape
    };
    let (mut low, mut high) = (0.05_f64, 50.0_f64);
    if !(miss(low) < 0.0 && miss(high) > 0.0) {
        return None;
    }
    for _ in 0..WEIBULL_HALVINGS {
        let middle = libm::sqrt(low * high);
        if miss(middle) < 0.0 { low = middle } else { high = middle }
    }
    let shape = libm::sqrt(low * high);
    let scale = libm::exp(mean_log) * libm::pow(sums(shape).0 / total, 1.0 / shape);
    (scale.is_finite() && scale > 0.0).then_some((shape, scale))
}

/// At most 64 knots of the sample's quantile function, closer in the tails; values to six digits.
#[must_use]
pub fn quantile_table(sample: &WeightedSample) -> Option<Dist> {
    let mut knots: Vec<(f64, f64)> = Vec::new();
    let middle = KNOTS - 12;
    let tails = [0.0, 0.001, 0.003, 0.006, 0.01];
    let mut shares: Vec<f64> = tails.to_vec();
    shares.extend((1..middle).map(|step| 0.01 + 0.98 * step as f64 / middle as f64));
    shares.extend(tails.iter().rev().map(|share| 1.0 - share));
    for share in shares {
        let value = six_digits(sample.quantile(share));
        let last = knots.last().map_or(f64::NEG_INFINITY, |(_, value)| *value);
        knots.push((share, value.max(last)));
    }
    if knots.iter().all(|(_, value)| *value == knots[0].1) {
        return Some(Dist::Fixed(knots[0].1));
    }
    Dist::quantiles(&knots).ok()
}

/// A number to six significant digits, in which sizes are compared: coarser rounding would tear values that many rows
/// share from the knots that stand for them.
#[must_use]
pub fn six_digits(value: f64) -> f64 {
    format!("{value:.5e}").parse().unwrap_or(value)
}

/// A number to four significant digits, as it is written into a scenario.
#[must_use]
pub fn four_digits(value: f64) -> f64 {
    format!("{value:.3e}").parse().unwrap_or(value)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::{Purpose, StreamKey};

    fn drawn(dist: &Dist) -> WeightedSample {
        let mut rng = StreamKey::root(5).name("fit").stream(Purpose::Cost);
        WeightedSample::new((0..5_000).map(|_| (dist.sample(&mut rng), 1.0)))
    }

    #[test]
    fn the_family_of_a_sample_is_found() {
        let cases = [
            ("lognormal", Dist::lognormal_median(500.0, 1.1)),
            ("gamma", Dist::gamma_shape(4.0, 300.0)),
            ("weibull", Dist::weibull_shape(0.6, 800.0)),
            ("discrete", Dist::discrete(&[(1.0, 5.0), (2.0, 1.0), (8.0, 1.0)])),
            ("constant", Dist::fixed(3.0)),
            (
                "quantiles",
                Dist::mixture(vec![
                    (0.5, Dist::Uniform { low: 10.0, high: 12.0 }),
                    (0.5, Dist::Uniform { low: 4_000.0, high: 4_100.0 }),
                ]),
            ),
        ];
        for (family, dist) in cases {
            let dist = dist.expect(family);
            let found = fit_values(&drawn(&dist)).expect(family);
            assert_eq!(found.family, family);
            assert!(found.distance < 0.03, "{family}: {}", found.distance);
            assert!((found.dist.mean() / dist.mean() - 1.0).abs() < 0.1, "{family}: {}", found.dist.mean());
        }
    }

    #[test]
    fn distances_of_samples_agree_with_laws() {
        let dist = Dist::lognormal_median(500.0, 1.1).expect("a lognormal");
        let other = Dist::lognormal_median(800.0, 1.1).expect("a lognormal");
        // Two normals of equal spread are furthest apart half way: 2Φ(d/2σ) − 1 with d = ln 1.6.
        let wanted = 2.0 * crate::sampling::normal_cdf(libm::log(1.6) / 2.2) - 1.0;
        assert!((drawn(&dist).distance(&other) - wanted).abs() < 0.02);
        assert!((drawn(&dist).distance_from_sample(&drawn(&other)) - wanted).abs() < 0.02);
    }
}
