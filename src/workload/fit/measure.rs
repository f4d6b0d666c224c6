//! What calls look like from afar: skew between organizations, dispersion, shape of the day.

use std::collections::BTreeMap;

use crate::sampling::{Purpose, StreamKey, poisson};

use super::shape::HorizonGrid;

/// Calls of one feature: (microseconds since 1970, organization, calls).
pub(super) type Arrival = (i64, u32, f64);

/// Organizations below which a top tenth means nothing.
const ENOUGH_ORGANIZATIONS: usize = 10;
/// Cells that support a dispersion.
const ENOUGH_CELLS: usize = 12;

/// How one feature's calls look.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct CallMeasures {
    /// All calls.
    pub calls: f64,
    /// Organizations with any call.
    pub organizations: f64,
    /// Share of the calls made by the busiest tenth of the organizations; absent below ten organizations.
    pub top_tenth: Option<f64>,
    /// Variance by mean of the calls per hour (per day, if dates are all there is); absent below 12 of them.
    pub dispersion: Option<f64>,
    /// Share of calls that follow another of their organization within a minute; absent where times are coarser.
    pub near: Option<f64>,
    /// Calls in the busiest hour of the day by the mean hour; absent below a day.
    pub peak: Option<f64>,
}

/// Measures calls within a frame, those of each organization in order of time. `near` is how near calls are to be counted,
/// where the times of single calls are known.
pub(super) fn looks(arrivals: &[Arrival], frame: &HorizonGrid, near: Option<i64>) -> CallMeasures {
    let mut volumes: BTreeMap<u32, f64> = BTreeMap::new();
    for (_, organization, calls) in arrivals {
        *volumes.entry(*organization).or_default() += calls;
    }
    let counts = per_cell(arrivals, frame);
    let volumes: Vec<f64> = volumes.into_values().collect();
    CallMeasures {
        calls: volumes.iter().sum(),
        organizations: volumes.len() as f64,
        top_tenth: top_tenth(volumes),
        dispersion: (frame.cells >= ENOUGH_CELLS).then(|| dispersion(&counts)).flatten(),
        near: near.and_then(|within| near_share(arrivals, within)),
        peak: (frame.is_hourly() && frame.hours() >= 24.0).then(|| peak(&counts, frame)).flatten(),
    }
}

/// A history's looks after keeping a share of its calls: thinning by s leaves s of the dispersion beyond Poisson, and
/// organizations of few calls vanish.
pub(super) fn thinned(
    arrivals: &[Arrival],
    frame: &HorizonGrid,
    share: f64,
    near: Option<i64>,
) -> CallMeasures {
    let all = looks(arrivals, frame, near);
    if share >= 1.0 {
        return all;
    }
    let mut volumes: BTreeMap<u32, f64> = BTreeMap::new();
    for (_, organization, calls) in arrivals {
        *volumes.entry(*organization).or_default() += calls * share;
    }
    let mut rng = StreamKey::root(1).name("thinned history").stream(Purpose::Estimate);
    let kept: Vec<f64> =
        volumes.into_values().map(|mean| poisson(mean, &mut rng)).filter(|calls| *calls > 0.0).collect();
    CallMeasures {
        calls: all.calls * share,
        organizations: kept.len() as f64,
        top_tenth: top_tenth(kept),
        dispersion: all.dispersion.map(|dispersion| 1.0 + share * (dispersion - 1.0)),
        near: near.and_then(|within| {
            let kept: Vec<Arrival> =
                arrivals.iter().copied().filter(|_| crate::sampling::uniform(&mut rng) < share).collect();
            near_share(&kept, within)
        }),
        peak: all.peak,
    }
}

/// Share of calls that follow another of their organization within so many microseconds.
fn near_share(arrivals: &[Arrival], within: i64) -> Option<f64> {
    let mut last: BTreeMap<u32, i64> = BTreeMap::new();
    let follows = |(at, organization, _): &&Arrival| {
        last.insert(*organization, *at).is_some_and(|before| (0..=within).contains(&(at - before)))
    };
    let near = arrivals.iter().filter(follows).count() as f64;
    (!arrivals.is_empty()).then(|| near / arrivals.len() as f64)
}

/// What organizations' calls and credits come to: calls, organizations with any, share of the credits that the dearest
/// tenth spends.
pub(super) fn measured_sums(sums: impl Iterator<Item = (f64, f64)>) -> (f64, f64, Option<f64>) {
    let seen: Vec<(f64, f64)> = sums.filter(|(calls, _)| *calls > 0.0).collect();
    let spends: Vec<f64> =
        seen.iter().map(|(_, credits)| *credits).filter(|credits| *credits > 0.0).collect();
    (seen.iter().map(|(calls, _)| calls).sum(), seen.len() as f64, top_tenth(spends))
}

/// As [`measured_sums`], after keeping a share of all calls.
pub(super) fn kept(sums: &[(f64, f64)], share: f64) -> (f64, f64, Option<f64>) {
    if share >= 1.0 {
        return measured_sums(sums.iter().copied());
    }
    let mut rng = StreamKey::root(1).name("thinned organizations").stream(Purpose::Estimate);
    let all: f64 = sums.iter().map(|(calls, _)| calls * share).sum();
    let kept = sums.iter().filter(|(calls, _)| *calls > 0.0).map(|(calls, credits)| {
        let left = poisson(calls * share, &mut rng);
        (left, credits * left / calls)
    });
    let (_, organizations, top) = measured_sums(kept);
    (all, organizations, top)
}

fn top_tenth(mut volumes: Vec<f64>) -> Option<f64> {
    if volumes.len() < ENOUGH_ORGANIZATIONS {
        return None;
    }
    volumes.sort_by(|a, b| b.total_cmp(a));
    Some(volumes[..volumes.len().div_ceil(10)].iter().sum::<f64>() / volumes.iter().sum::<f64>())
}

/// Calls per cell.
pub(super) fn per_cell(arrivals: &[Arrival], frame: &HorizonGrid) -> Vec<f64> {
    let mut counts = vec![0.0; frame.cells];
    for (at, _, calls) in arrivals {
        counts[frame.cell_of(*at)] += calls;
    }
    counts
}

/// Variance by mean; absent without any call.
pub(super) fn dispersion(counts: &[f64]) -> Option<f64> {
    let mean = counts.iter().sum::<f64>() / counts.len() as f64;
    let variance =
        counts.iter().map(|count| (count - mean) * (count - mean)).sum::<f64>() / counts.len() as f64;
    (mean > 0.0).then(|| variance / mean)
}

/// The busiest hour of the day by the mean hour.
fn peak(counts: &[f64], frame: &HorizonGrid) -> Option<f64> {
    let mut day = [0.0; 24];
    for (cell, count) in counts.iter().enumerate() {
        day[frame.hour_of_week(cell) % 24] += count;
    }
    let mean = day.iter().sum::<f64>() / 24.0;
    (mean > 0.0).then(|| day.iter().copied().fold(0.0, f64::max) / mean)
}
