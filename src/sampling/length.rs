//! Intervals that a fixed instant falls into: a long one is met more often than a short one, in proportion to its length.
//!
//! Owns draws by length (x f(x) / E[X] in the place of f) and what is left of such an interval: that is how a process in
//! steady state begins. Exact for every family of one level whose parts have means in closed form; else one of
//! [`CANDIDATES`] draws is taken by its length, which is too short where a few in a thousand hold most of the time.
//! Invariant: one word of the stream.

use super::dist::{Dist, pareto_quantile, round_to};
use super::elementary::{exp, ln, power};
use super::families::{TruncatedNormal, poisson, standard_gamma};
use super::generator::Rng;
use super::ziggurat::{standard_exponential, standard_normal, uniform};

/// Draws among which one is chosen where no exact way is known.
const CANDIDATES: usize = 1_024;
/// Attempts of a rejection; all of them fail once in a lifetime, or where nearly all draws are zero.
const ATTEMPTS: u32 = 10_000;
/// Standard deviations beyond which a normal draw does not come.
const FAR: f64 = 8.5;

impl Dist {
    /// What is left of an interval into which a fixed instant falls; a draw below 0 counts as 0. One word.
    #[must_use]
    pub fn residual(&self, rng: &mut Rng) -> f64 {
        match self {
            Dist::Fixed(value) => value.max(0.0) * uniform(rng),
            Dist::Exponential { mean } => mean * standard_exponential(rng),
            _ => {
                let mut rng = rng.fork();
                self.met(&mut rng) * uniform(&mut rng)
            }
        }
    }

    /// The whole length of an interval into which a fixed instant falls; a draw below 0 counts as 0. One word.
    #[must_use]
    pub fn sample_by_length(&self, rng: &mut Rng) -> f64 {
        self.met(&mut rng.fork())
    }

    /// True if [`Dist::mean`] is a closed form, so that asking for it costs nothing.
    #[must_use]
    pub fn knows_mean(&self) -> bool {
        match self {
            Dist::Clamped { .. } | Dist::Rounded { .. } | Dist::TwoLevel(_) => false,
            Dist::Scaled { of, .. } => of.knows_mean(),
            Dist::Mixture(mixture) => mixture.parts().all(|(_, part)| part.knows_mean()),
            _ => true,
        }
    }

    fn met(&self, rng: &mut Rng) -> f64 {
        self.met_exactly(rng).unwrap_or_else(|| self.met_among(rng))
    }

    fn met_exactly(&self, rng: &mut Rng) -> Option<f64> {
        Some(match self {
            Dist::Fixed(value) => value.max(0.0),
            Dist::Exponential { mean } => mean * (standard_exponential(rng) + standard_exponential(rng)),
            Dist::LogNormal { mu, sigma } => exp(mu + sigma * sigma + sigma * standard_normal(rng)),
            Dist::Gamma { shape, scale } => scale * standard_gamma(shape + 1.0, rng),
            Dist::Weibull { shape, scale } => {
                scale * power(standard_gamma(1.0 + 1.0 / shape, rng), 1.0 / shape)
            }
            Dist::Pareto { minimum, exponent, cap } => pareto_met(*minimum, *exponent, *cap, uniform(rng)),
            // The size of the group to which one of many belongs: itself, and as many others as ever.
            Dist::Poisson { mean } if *mean > 0.0 => 1.0 + poisson(*mean, rng),
            Dist::Poisson { .. } => 0.0,
            Dist::Uniform { low, high } => rising(low.max(0.0), high.max(0.0), uniform(rng)),
            Dist::Stepped { low, step, count } => {
                return self.accepted(low + step * f64::from(count - 1), rng);
            }
            Dist::Triangular { high, .. } => return self.accepted(*high, rng),
            Dist::Normal(TruncatedNormal { mean, sd, low, high, .. }) => {
                return self.accepted(high.min(mean.max(*low) + FAR * sd), rng);
            }
            Dist::Discrete(table) => {
                let lengths = || table.pairs().map(|(value, share)| (value.max(0.0) * share, value));
                by_weight(lengths, uniform(rng))?
            }
            Dist::Empirical(values) => {
                let lengths = || values.iter().map(|value| (value.max(0.0), *value));
                by_weight(lengths, uniform(rng))?
            }
            Dist::Quantiles(table) => {
                let pieces = || table.knots().windows(2).map(piece);
                let (low, high) = by_weight(pieces, uniform(rng))?;
                rising(low, high, uniform(rng))
            }
            Dist::Mixture(mixture) => {
                if !self.knows_mean() || self.can_be_negative() {
                    return None;
                }
                let lengths = || mixture.parts().map(|(share, part)| (share * part.mean(), part));
                by_weight(lengths, uniform(rng))?.met(rng)
            }
            Dist::Clamped { of, low, high } => {
                let moved = |x: f64| x.clamp(*low, *high);
                let near = !of.can_be_negative() && of.knows_mean();
                if near && of.mean() + low.max(0.0) < *high {
                    return of.accepted_above(low.max(0.0), moved, rng);
                }
                return self.accepted(*high, rng);
            }
            Dist::Rounded { of, to } => {
                if of.can_be_negative() || !of.knows_mean() {
                    return None;
                }
                return of.accepted_above(0.5 * to, |x| round_to(x, *to), rng);
            }
            Dist::Scaled { of, factor } => factor * of.met(rng),
            Dist::TwoLevel(_) => return None,
        })
    }

    /// A draw kept with a chance in proportion to its length; `highest` is above every draw.
    fn accepted(&self, highest: f64, rng: &mut Rng) -> Option<f64> {
        if !highest.is_finite() || highest <= 0.0 {
            return None;
        }
        (0..ATTEMPTS).find_map(|_| {
            let drawn = self.sample(rng);
            (uniform(rng) * highest < drawn).then_some(drawn)
        })
    }

    /// A changed draw by its length, given that a draw x changes to at most x + `more`: proposed by x + `more`.
    fn accepted_above(&self, more: f64, changed: impl Fn(f64) -> f64, rng: &mut Rng) -> Option<f64> {
        let mean = self.mean();
        (0..ATTEMPTS).find_map(|_| {
            let drawn =
                if uniform(rng) * (mean + more) < mean { self.met(rng) } else { self.sample(rng).max(0.0) };
            let length = changed(drawn);
            (uniform(rng) * (drawn + more) < length).then_some(length)
        })
    }

    fn met_among(&self, rng: &mut Rng) -> f64 {
        let drawn: [f64; CANDIDATES] = std::array::from_fn(|_| self.sample(rng).max(0.0));
        pick_by_length(&drawn, uniform(rng))
    }
}

/// One of some lengths, chosen by its length at share `p`; 0 if none is above 0.
#[must_use]
pub fn pick_by_length(lengths: &[f64], p: f64) -> f64 {
    by_weight(|| lengths.iter().map(|length| (*length, *length)), p).unwrap_or_default()
}

/// The item at share `p` of the weights; `None` if they are all 0.
fn by_weight<T, I: Iterator<Item = (f64, T)>>(items: impl Fn() -> I, p: f64) -> Option<T> {
    let total: f64 = items().map(|(weight, _)| weight).sum();
    let mut left = p * total;
    let mut last = None;
    for (weight, item) in items().filter(|(weight, _)| *weight > 0.0) {
        if left < weight {
            return Some(item);
        }
        left -= weight;
        last = Some(item);
    }
    last
}

/// The value at share `p` of a density that rises in proportion to its value over `[low, high]`, `low ≥ 0`.
fn rising(low: f64, high: f64, p: f64) -> f64 {
    libm::sqrt(low * low + p * (high * high - low * low)).clamp(low, high)
}

/// Time in the part above 0 of a piece between two knots of a quantile function, and that part's bounds.
fn piece(knots: &[(f64, f64)]) -> (f64, (f64, f64)) {
    let ((p0, v0), (p1, v1)) = (knots[0], knots[1]);
    let (low, high) = (v0.max(0.0), v1.max(0.0));
    let share = if v1 > v0 { (p1 - p0) * (high - low) / (v1 - v0) } else { p1 - p0 };
    (share * 0.5 * (low + high), (low, high))
}

/// A Pareto by length is one whose exponent is smaller by 1.
fn pareto_met(minimum: f64, exponent: f64, cap: f64, p: f64) -> f64 {
    let exponent = exponent - 1.0;
    if cap.is_finite() && exponent.abs() < 1e-9 {
        return minimum * exp(p * ln(cap / minimum));
    }
    pareto_quantile(minimum, exponent, cap, p)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::{Purpose, StreamKey};

    const DRAWS: usize = 20_000;

    fn families() -> Vec<(&'static str, Dist)> {
        let clamped = |low, high| Dist::lognormal(10.0, 1.0).and_then(|dist| dist.clamped(low, high));
        let parts = [(0.3, Dist::lognormal_median(1.0, 0.5)), (0.7, Dist::gamma(8.0, 0.4))];
        let mixture =
            Dist::mixture(parts.into_iter().map(|(weight, part)| (weight, part.expect("a part"))).collect());
        let infinite = f64::INFINITY;
        let all = vec![
            ("fixed", Dist::fixed(3.0)),
            ("uniform", Dist::uniform(2.0, 5.0, None)),
            ("uniform across 0", Dist::uniform(-2.0, 5.0, None)),
            ("stepped", Dist::uniform(1.0, 4.0, Some(1.0))),
            ("triangular", Dist::triangular(1.0, 2.0, 6.0)),
            ("triangular across 0", Dist::triangular(-3.0, -1.0, 2.0)),
            ("exponential", Dist::exponential(7.0)),
            ("lognormal", Dist::lognormal_median(20.0, 1.2)),
            ("normal", Dist::normal(5.0, 2.0, 0.0, infinite)),
            ("normal far in its tail", Dist::normal(0.0, 1.0, 10.0, infinite)),
            ("normal of both signs", Dist::normal(1.0, 2.0, -infinite, infinite)),
            ("gamma", Dist::gamma(3.0, 1.7)),
            ("weibull", Dist::weibull_shape(0.62, 808.0)),
            ("pareto", Dist::pareto(1.0, 2.5, None)),
            ("pareto of exponent 1", Dist::pareto(2.0, 1.0, Some(500.0))),
            ("pareto below exponent 1", Dist::pareto(2.0, 0.6, Some(500.0))),
            ("poisson", Dist::poisson(3.5)),
            ("discrete", Dist::discrete(&[(8.0, 14.5), (1.0, 58.3), (0.0, 7.5), (4.0, 19.7)])),
            ("empirical", Dist::empirical(vec![3.0, 1.0, 0.0, 2.0, 9.0])),
            ("quantiles", Dist::quantiles(&[(0.0, -1.0), (0.5, 2.0), (0.9, 10.0), (1.0, 50.0)])),
            ("mixture", mixture),
            ("clamped on both sides", clamped(5.0, 12.0)),
            ("clamped far away", clamped(5.0, 1e6)),
            ("clamped below", clamped(5.0, infinite)),
            ("clamped above", clamped(0.0, 3.0)),
            ("rounded", Dist::gamma(2.0, 0.8).and_then(|dist| dist.rounded(1.0))),
            ("scaled", Dist::poisson(3.0).map(|dist| dist.scaled(2.5))),
        ];
        all.into_iter().map(|(name, dist)| (name, dist.expect(name))).collect()
    }

    /// Share of all time that lies in intervals of at most the quantile at `p` (the Lorenz curve), and that quantile.
    fn share_of_time(dist: &Dist, p: f64) -> (f64, f64) {
        const STEPS: usize = 20_000;
        let at = dist.quantile(p).expect("one level");
        let below = dist.cdf(at).expect("one level");
        let quantile = |n: usize, upto: f64| {
            dist.quantile(upto * (n as f64 + 0.5) / STEPS as f64).expect("one level").max(0.0)
        };
        let sum = |upto: f64| (0..STEPS).map(|n| quantile(n, upto)).sum::<f64>() * upto / STEPS as f64;
        let mean = if dist.can_be_negative() { sum(1.0) } else { dist.mean() };
        (sum(below) / mean, at)
    }

    #[test]
    fn intervals_are_met_in_proportion_to_their_length() {
        for (name, dist) in families() {
            let mut rng = StreamKey::root(77).name(name).stream(Purpose::Gap);
            let drawn: Vec<f64> = (0..DRAWS).map(|_| dist.sample_by_length(&mut rng)).collect();
            for p in [0.05, 0.3, 0.6, 0.9, 0.99] {
                let (wanted, at) = share_of_time(&dist, p);
                let found = drawn.iter().filter(|x| **x <= at * (1.0 + 1e-12)).count() as f64 / DRAWS as f64;
                let error = libm::sqrt((wanted * (1.0 - wanted)).max(0.0) / DRAWS as f64);
                assert!(
                    (found - wanted).abs() < 4.3 * error + 2e-3,
                    "{name}: {found} of the intervals are at most {at}, wanted {wanted}"
                );
            }
        }
    }

    #[test]
    fn what_is_left_has_half_the_second_moment_by_the_mean() {
        // E[residual] = E[X²] / (2 E[X]) (Cox, Renewal Theory, 1962).
        let cases = [
            ("fixed", Dist::fixed(3.0), 1.5),
            ("uniform", Dist::uniform(0.0, 6.0, None), 2.0),
            ("exponential", Dist::exponential(7.0), 7.0),
            ("lognormal", Dist::lognormal(10.0, 1.0), 10.0),
            ("gamma", Dist::gamma(4.0, 2.0), 10.0),
            ("poisson", Dist::poisson(3.0), 2.0),
        ];
        for (name, dist, wanted) in cases {
            let dist = dist.expect(name);
            let mut rng = StreamKey::root(78).name(name).stream(Purpose::Gap);
            let drawn: Vec<f64> = (0..DRAWS).map(|_| dist.residual(&mut rng)).collect();
            let mean = drawn.iter().sum::<f64>() / DRAWS as f64;
            let variance = drawn.iter().map(|x| (x - mean) * (x - mean)).sum::<f64>() / DRAWS as f64;
            assert!((mean - wanted).abs() < 4.3 * libm::sqrt(variance / DRAWS as f64), "{name}: {mean}");
        }
    }

    #[test]
    fn every_interval_met_takes_one_word() {
        for (name, dist) in families() {
            let stream = StreamKey::root(79).name(name).stream(Purpose::Gap);
            for draw in [Dist::residual, Dist::sample_by_length] {
                let (mut drawn, mut passed) = (stream.clone(), stream.clone());
                let _ = draw(&dist, &mut drawn);
                passed.skip(1);
                assert_eq!(drawn, passed, "{name}");
            }
        }
    }
}
