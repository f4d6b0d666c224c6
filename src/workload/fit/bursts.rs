//! Bursts: calls that follow one another within a visit.
//!
//! Owns where a visit is cut, how many calls it has, how far they are apart, and whether a group of organizations comes in
//! bursts at all. Leaves streams, whose gaps have a coefficient of variation, to `arrivals`.

use crate::sampling::{Dist, Purpose, Rng, StreamKey, poisson};

use super::customers::Seen;
use super::families::{KNOTS, WeightedSample, fit_values, quantile_table};
use super::observe::Observed;

/// A pause that ends a visit (microseconds): half an hour, as for sessions of a web site.
const PAUSE: i64 = 30 * 60 * 1_000_000;
/// Gaps within visits that say how far calls are apart.
const ENOUGH: usize = 20;
/// Share of calls that follow another within a visit, by which bursts are more than chance.
const FOLLOW: f64 = 0.25;
/// Visits of more calls than this, as a call sees them, are a stream.
const LONGEST: f64 = 150.0;
/// Calls within a visit are so many times nearer to each other than a mean gap.
const NEARER: f64 = 15.0;

/// Visits of some organizations in one feature.
#[derive(Debug, Clone, Default)]
pub(super) struct Visits {
    /// Calls of each visit.
    pub calls: Vec<f64>,
    /// From one call of a visit to the next (seconds).
    pub gaps: Vec<f64>,
    /// Mean gap that calls would have if they were spread over their organization's time (seconds), as a call sees it.
    pub spread: f64,
}

impl Visits {
    /// Those of some organizations.
    pub fn of<'a>(
        observed: &Observed,
        organizations: impl Iterator<Item = &'a Seen>,
        feature: usize,
    ) -> Visits {
        let mut visits = Visits::default();
        let (mut spread, mut all) = (0.0, 0.0);
        for seen in organizations {
            let mut last: Option<i64> = None;
            let mut calls = 0.0;
            let before = visits.calls.len();
            for row in seen.rows(observed).filter(|row| usize::from(row.feature) == feature) {
                match last.map(|last| row.at - last) {
                    Some(gap) if gap <= PAUSE => visits.gaps.push(gap as f64 / 1e6),
                    Some(_) => visits.calls.push(std::mem::take(&mut calls)),
                    None => {}
                }
                calls += 1.0;
                last = Some(row.at);
            }
            if calls > 0.0 {
                visits.calls.push(calls);
                let own: f64 = visits.calls[before..].iter().sum();
                spread += (seen.until - seen.first).max(crate::workload::fit::observe::DAY) as f64 / 1e6;
                all += own;
            }
        }
        visits.spread = if all > 0.0 { spread / all } else { 0.0 };
        visits
    }

    /// Whether they are bursts, not a stream and not chance.
    pub fn are_bursts(&self) -> bool {
        let all: f64 = self.calls.iter().sum();
        let sample = WeightedSample::new(self.calls.iter().map(|calls| (*calls, *calls)));
        let gaps = WeightedSample::new(self.gaps.iter().map(|gap| (*gap, 1.0)));
        self.gaps.len() >= ENOUGH
            && self.gaps.len() as f64 >= FOLLOW * all
            && sample.quantile(0.5) <= LONGEST
            && NEARER * gaps.quantile(0.5) <= self.spread
    }

    /// Calls of a visit after keeping a share of all calls.
    pub fn sizes(&self, share: f64) -> Option<Dist> {
        let mut rng: Rng = StreamKey::root(1).name("thinned visits").stream(Purpose::Estimate);
        let mut kept =
            |calls: f64| if share < 1.0 { poisson(calls * share, &mut rng).min(calls) } else { calls };
        let calls: Vec<(f64, f64)> =
            self.calls.iter().map(|calls| (kept(*calls), 1.0)).filter(|(calls, _)| *calls > 0.0).collect();
        let sample = WeightedSample::new(calls);
        if sample.is_empty() {
            return None;
        }
        sample.table_of_values(KNOTS).or_else(|| quantile_table(&sample))
    }

    /// From one call of a visit to the next, after keeping a share of all calls.
    pub fn apart(&self, share: f64) -> Option<Dist> {
        let gaps = self.gaps.iter().map(|gap| ((gap / share).min(PAUSE as f64 / 1e6), 1.0));
        fit_values(&WeightedSample::new(gaps)).map(|fitted| fitted.dist)
    }

    /// Variance by mean of counts that bursts alone give: of a visit's calls, their mean square by their mean.
    pub fn dispersion(&self) -> f64 {
        let sum: f64 = self.calls.iter().sum();
        self.calls.iter().map(|calls| calls * calls).sum::<f64>() / sum.max(1.0)
    }
}
