//! How often calls fail, how failures cluster, and whom they meet.

use std::collections::BTreeMap;

use crate::sampling::Dist;
use crate::units::Probability;

use super::families::{WeightedSample, fit_values, four_digits};
use super::observe::{End, ObservedRow};

/// Calls after a failure that support a persistence.
const ENOUGH_AFTER: f64 = 20.0;
/// Runs of failures that support a share of organizations affected.
const ENOUGH_STARTS: f64 = 10.0;
/// Durations of failed calls that support a distribution.
const ENOUGH_DURATIONS: usize = 20;

/// Fitted failures of a feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct FailureModel {
    /// Share of calls that fail.
    pub rate: Probability,
    /// Share that fails after a failure of the same organization.
    pub persistence: Option<Probability>,
    /// Share of organizations that see failures at all.
    pub affected: Probability,
    /// Time until a failure strikes (seconds).
    pub after: Option<Dist>,
    /// Share of calls that are cancelled.
    pub cancels: Probability,
}

/// One organization's record.
#[derive(Default)]
struct FailureRecord {
    calls: f64,
    failed: f64,
    /// Failures that do not follow a failure.
    starts: f64,
    last: bool,
}

/// Fits failures to the rows of one feature, in order of time.
pub(super) fn fit_failures<'a>(rows: impl Iterator<Item = &'a ObservedRow>) -> FailureModel {
    let mut records: BTreeMap<u32, FailureRecord> = BTreeMap::new();
    let (mut after, mut again, mut cancelled) = (0.0, 0.0, 0.0);
    let mut durations = Vec::new();
    for row in rows {
        let record = records.entry(row.organization).or_default();
        let failed = row.end == End::Failed;
        record.calls += row.calls;
        cancelled += if row.end == End::Cancelled { row.calls } else { 0.0 };
        if record.last {
            after += 1.0;
            again += f64::from(u8::from(failed));
        }
        if failed {
            record.failed += row.calls;
            record.starts += f64::from(u8::from(!record.last));
            durations.push((row.duration, 1.0));
        }
        record.last = failed;
    }
    let calls: f64 = records.values().map(|record| record.calls).sum();
    let share = records.values().map(|record| record.failed).sum::<f64>() / calls.max(1e-9);
    let durations = WeightedSample::new(durations);
    FailureModel {
        rate: probability(share),
        persistence: (share > 0.0 && after >= ENOUGH_AFTER).then(|| probability(again / after)),
        affected: probability(if share > 0.0 { affected(&records).max(share) } else { 1.0 }),
        after: (durations.len() >= ENOUGH_DURATIONS)
            .then(|| fit_values(&durations).map(|fitted| fitted.dist))
            .flatten(),
        cancels: probability(cancelled / calls.max(1e-9)),
    }
}

fn probability(value: f64) -> Probability {
    Probability::new(four_digits(value).clamp(0.0, 1.0)).unwrap_or_default()
}

/// The most likely share of organizations that see failures at all: those with few calls see none by luck.
fn affected(records: &BTreeMap<u32, FailureRecord>) -> f64 {
    let calls: f64 = records.values().map(|record| record.calls).sum();
    let starts: f64 = records.values().map(|record| record.starts).sum();
    if starts < ENOUGH_STARTS {
        return 1.0;
    }
    let hit = records.values().filter(|record| record.starts > 0.0).count() as f64 / records.len() as f64;
    let likelihood = |share: f64| -> f64 {
        let rate = (starts / calls / share).min(0.999);
        let one = |record: &FailureRecord| {
            let calls = record.calls.max(record.starts);
            if record.starts > 0.0 {
                libm::log(share)
                    + record.starts * libm::log(rate)
                    + (calls - record.starts) * libm::log1p(-rate)
            } else {
                libm::log(1.0 - share + share * libm::pow(1.0 - rate, calls))
            }
        };
        records.values().map(one).sum()
    };
    let shares = (1..=100).map(|step| f64::from(step) / 100.0).filter(|share| *share >= hit);
    let best =
        shares.map(|share| (share, likelihood(share))).filter(|(_, likelihood)| likelihood.is_finite());
    best.max_by(|a, b| a.1.total_cmp(&b.1)).map_or(1.0, |(share, _)| share)
}
