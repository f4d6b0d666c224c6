//! Families of gaps by likelihood, and the slow drift of rates.

use crate::sampling::Dist;
use crate::workload::demand::Drift;

use super::families::{WeightedSample, families, four_digits};
use super::shape::{Exposure, HOUR, HorizonGrid};

/// Gaps that support a coefficient of variation.
pub(super) const ENOUGH_GAPS: usize = 50;
/// Gaps of a block over which the rate is taken as steady: at least, at most, and the longest time they may take.
const BLOCK: (usize, usize, i64) = (15, 100, 2 * HOUR);
/// As `BLOCK`, for histories without such blocks.
const SMALL_BLOCK: (usize, usize, i64) = (4, 100, 2 * HOUR);
/// Units that clocks tell (microseconds), the coarsest first.
const CLOCKS: [i64; 4] = [60_000_000, 1_000_000, 1_000, 1];
/// Largest standard deviation of a drift.
pub(super) const MOST_DRIFT: f64 = 1.5;
/// Hours that support a drift.
pub(super) const ENOUGH_HOURS: f64 = 48.0;

/// Days that support a drift where dates are all there is.
const ENOUGH_DAYS: f64 = 14.0;
/// Below this relative variance, the shape of the week and chance explain what is seen.
const LEAST_VARIANCE: f64 = 0.02;

/// Family of gaps, chosen by likelihood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GapFamily {
    /// Exponential gaps.
    Poisson,
    /// Gamma gaps with this coefficient of variation.
    Gamma(f64),
    /// Weibull gaps with this coefficient of variation.
    Weibull(f64),
}

impl GapFamily {
    /// Coefficient of variation.
    #[must_use]
    pub fn cv(self) -> f64 {
        match self {
            GapFamily::Poisson => 1.0,
            GapFamily::Gamma(cv) | GapFamily::Weibull(cv) => cv,
        }
    }

    /// The family after keeping a share of the calls: what lies beyond Poisson shrinks with the share.
    #[must_use]
    pub(super) fn thinned(self, share: f64) -> GapFamily {
        let thin = |cv: f64| four_digits(libm::sqrt((1.0 + share * (cv * cv - 1.0)).max(0.01)));
        match self {
            GapFamily::Gamma(cv) if share < 1.0 => GapFamily::Gamma(thin(cv)),
            GapFamily::Weibull(cv) if share < 1.0 => GapFamily::Weibull(thin(cv)),
            same => same,
        }
    }
}

/// The family of gaps by likelihood, from times of calls per organization; `None` if the gaps are too few.
///
/// Gaps count relative to the mean gap of their block, so that the shape of the day is not mistaken for burstiness.
pub(super) fn gap_family(organizations: &[Vec<i64>]) -> Option<GapFamily> {
    let told = |unit: &i64| organizations.iter().flatten().all(|at| at % unit == 0);
    // A tie is a gap below what the clock tells, not none at all.
    let tie = CLOCKS.into_iter().find(told).unwrap_or(1) as f64 / 2.0;
    let sample = [BLOCK, SMALL_BLOCK]
        .into_iter()
        .map(|block| {
            WeightedSample::new(organizations.iter().flat_map(|times| relative_gaps(times, block, tie)))
        })
        .find(|sample| sample.len() >= ENOUGH_GAPS)?;
    let by_moments = libm::sqrt((sample.mean_of(|gap| gap * gap) - 1.0).max(0.0));
    let best = families(&sample)
        .into_iter()
        .filter(|(name, ..)| ["exponential", "gamma", "weibull"].contains(name))
        .max_by(|a, b| a.2.total_cmp(&b.2))?;
    // The likelihood's own coefficient where it is near the moments'; counts depend on moments.
    let cv = |own: f64| four_digits(own.clamp(0.8 * by_moments, 1.6 * by_moments).clamp(0.05, 20.0));
    Some(match best.1 {
        Dist::Gamma { shape, .. } => GapFamily::Gamma(cv(1.0 / libm::sqrt(shape))),
        Dist::Weibull { shape, .. } => GapFamily::Weibull(cv(weibull_cv(shape))),
        _ => GapFamily::Poisson,
    })
}

fn weibull_cv(shape: f64) -> f64 {
    libm::sqrt(
        (libm::exp(libm::lgamma(1.0 + 2.0 / shape) - 2.0 * libm::lgamma(1.0 + 1.0 / shape)) - 1.0).max(0.0),
    )
}

/// Gaps by the mean gap of their block; `tie` is the shortest gap.
fn relative_gaps(times: &[i64], (least, most, longest): (usize, usize, i64), tie: f64) -> Vec<(f64, f64)> {
    let mut relative = Vec::new();
    let mut from = 0;
    while from + 1 < times.len() {
        let mut to = from + 1;
        while to + 1 < times.len() && to - from < most && times[to + 1] - times[from] <= longest {
            to += 1;
        }
        let mean = (times[to] - times[from]) as f64 / (to - from) as f64;
        if to - from >= least && mean > 0.0 && times[to] - times[from] <= longest {
            let gap = |pair: &[i64]| (((pair[1] - pair[0]) as f64).max(tie) / mean, 1.0);
            relative.extend(times[from..=to].windows(2).map(gap));
        }
        from = to;
    }
    relative
}

/// One organization's calls per cell while it is alive, and what its rate and shape let expect.
pub(super) struct CallSeries {
    pub counts: Vec<f64>,
    pub expected: Vec<f64>,
}

impl CallSeries {
    /// From counts per cell and the exposure of each, from a first to a last cell.
    pub fn new(counts: &[f64], exposure: &Exposure, first: usize, last: usize) -> CallSeries {
        let counts: Vec<f64> = counts[first..=last].to_vec();
        let exposed: Vec<f64> = (first..=last).map(|cell| exposure.of(cell)).collect();
        let rate = counts.iter().sum::<f64>() / exposed.iter().sum::<f64>().max(1e-12);
        CallSeries { expected: exposed.into_iter().map(|days| rate * days).collect(), counts }
    }
}

/// Drift of hourly (or daily) rates around their shapes, by moments over several organizations: busy hours weigh most, because
/// that is how they weigh in the dispersion of the whole. `noise` is the variance by mean that bursts give. `None` where chance explains what is seen.
pub(super) fn drift(
    series: &[CallSeries],
    noise: f64,
    frame: &HorizonGrid,
    least_calls: f64,
) -> Option<Drift> {
    let enough = if frame.is_hourly() { ENOUGH_HOURS } else { ENOUGH_DAYS };
    if (frame.cells as f64) < enough {
        return None;
    }
    let (mut calls, mut own, mut squares, mut product, mut products) = (0.0, 0.0, 0.0, 0.0, 0.0);
    for series in series.iter().filter(|series| series.counts.len() as f64 >= enough) {
        let off: Vec<f64> =
            series.counts.iter().zip(&series.expected).map(|(count, mean)| count - mean).collect();
        for (off, mean) in off.iter().zip(&series.expected) {
            calls += mean;
            own += off * off - noise * mean;
            squares += mean * mean;
        }
        for (off, mean) in off.windows(2).zip(series.expected.windows(2)) {
            product += off[0] * off[1];
            products += mean[0] * mean[1];
        }
    }
    let variance = own / squares;
    if calls < least_calls || !variance.is_finite() || variance < LEAST_VARIANCE {
        return None;
    }
    // A lognormal factor of mean 1 has the variance exp(s²) − 1, and exp(s² φ) − 1 from one hour to the next.
    let squared = libm::log1p(variance);
    let next = libm::log1p((product / products.max(1e-12)).max(0.0));
    let persistence = next / squared;
    // From one day to the next, in steps of an hour.
    let hourly =
        if frame.is_hourly() { persistence } else { libm::pow(persistence.clamp(0.1, 0.95), 1.0 / 24.0) };
    Some(Drift {
        persistence: four_digits(hourly.clamp(0.0, 0.998)),
        sd: four_digits(libm::sqrt(squared).min(MOST_DRIFT)),
    })
}
