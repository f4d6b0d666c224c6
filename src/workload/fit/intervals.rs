//! Intervals of what a fit estimates, by a parametric bootstrap: the scenario is simulated, and fitted again as the history
//! was, several times.
//!
//! Owns which numbers are told and how far they move from refit to refit. Organizations are those of the history in every
//! simulation, so that intervals hold what chance does to their calls; other customers would differ by more. Invariant: a
//! refit sees what the history showed: the same columns, times as coarse.

use crate::sampling::Dist;
use crate::workload::operation::Fate;

use super::bursts::Visits;
use super::customers::customers;
use super::families::{WeightedSample, six_digits};
use super::goodness::{SEED, WrittenScenario, simulate_whole};
use super::guess::MOST_SIZES;
use super::model::{Model, model};
use super::observe::{End, Observed, ObservedRow};

/// Simulated calls that refits may take, and how many refits there are at least and at most.
const WORK: f64 = 1e6;
const REFITS: (f64, f64) = (10.0, 40.0);
/// Seeds of refits lie beyond those of the judgement.
const BEYOND_JUDGED: u64 = 1_000;
/// Values that tell a mean.
const ENOUGH: usize = 20;

/// A number that a fit estimates.
#[derive(Debug, Clone, PartialEq)]
pub struct Interval {
    /// The feature it belongs to.
    pub feature: String,
    /// What it is.
    pub parameter: String,
    /// As fitted to the history.
    pub estimate: f64,
    /// Half of the 95 % interval.
    pub half_width: f64,
    /// Mean over the refits: how far it lies from the estimate is what the way of fitting adds.
    pub refitted: f64,
}

/// Intervals, and from how many refits they are.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Intervals {
    /// By feature and parameter.
    pub found: Vec<Interval>,
    /// Refits.
    pub refits: u64,
    /// Calls that were simulated and fitted in all of them.
    pub calls: f64,
}

/// Simulates the scenario and fits the simulations.
pub(super) fn intervals(observed: &Observed, fitted: &Model, written: &WrittenScenario) -> Intervals {
    let calls = observed.calls() * fitted.scale;
    let refits = (WORK / calls.max(1.0)).clamp(REFITS.0, REFITS.1) as u64;
    let estimates = match fitted.scale < 1.0 {
        // Thinning moves gaps and visits: what refits are held to is thinned as well.
        true => parameters_of(&simulated(observed, fitted, written, SEED)),
        false => parameters_of(observed),
    };
    let mut values: Vec<Vec<f64>> = vec![Vec::new(); estimates.len()];
    let mut all = 0.0;
    for seed in 0..refits {
        let again = simulated(observed, fitted, written, SEED + BEYOND_JUDGED + seed);
        all += again.calls();
        if again.rows.is_empty() {
            continue;
        }
        for (feature, parameter, value) in parameters_of(&again) {
            let place = estimates.iter().position(|known| known.0 == feature && known.1 == parameter);
            if let Some(values) = place.and_then(|place| values.get_mut(place)) {
                values.push(value);
            }
        }
    }
    let told = |((feature, parameter, estimate), values): (NamedEstimate, Vec<f64>)| {
        let count = values.len() as f64;
        // What hardly any refit has tells nothing of its spread.
        if count < REFITS.0 / 2.0 {
            return None;
        }
        let mean = values.iter().sum::<f64>() / count;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let half_width = student(count - 1.0) * libm::sqrt(squares / (count - 1.0));
        Some(Interval { feature, parameter, estimate, half_width, refitted: mean })
    };
    Intervals { found: estimates.into_iter().zip(values).filter_map(told).collect(), refits, calls: all }
}

/// A feature, what is estimated of it, and the estimate.
type NamedEstimate = (String, String, f64);

/// Student's 97.5 % quantile, from four degrees of freedom on to about one in a hundred.
fn student(freedom: f64) -> f64 {
    1.96 + 2.4 / freedom + 3.3 / (freedom * freedom)
}

/// What is told of a history.
fn parameters_of(observed: &Observed) -> Vec<NamedEstimate> {
    let fitted = model(observed, 1.0);
    let seen = customers(observed, &fitted.frame);
    let mut found = Vec::new();
    for (index, feature) in fitted.features.iter().enumerate() {
        let mut tell = |parameter: String, value: Option<f64>| {
            if let Some(value) = value.filter(|value| value.is_finite()) {
                found.push((feature.name.clone(), parameter, value));
            }
        };
        let rows = || observed.rows.iter().filter(|row| usize::from(row.feature) == index);
        if let Some(gap) = &feature.gap {
            let visits = Visits::of(observed, seen.iter().filter(|seen| !seen.by_feature.is_empty()), index);
            let calls: f64 = visits.calls.iter().sum();
            tell("calls of a visit".to_owned(), Some(calls / visits.calls.len() as f64));
            tell("gap within a visit (s)".to_owned(), median(gap));
        } else if !observed.is_buckets() && observed.resolution == 0 {
            tell("variation of gaps".to_owned(), Some(feature.gaps.cv()));
        }
        for size in &feature.sizes {
            tell(format!("mean {}", size.name), mean(rows().map(|row| (row.sizes[size.column], row.calls))));
        }
        let fine = rows().filter(|row| row.end == End::Fine);
        tell("mean duration (s)".to_owned(), mean(fine.map(|row| (row.duration, row.calls))));
        let failures = &feature.failures;
        if !failures.rate.is_never() {
            tell("share that fails".to_owned(), Some(failures.rate.get()));
            tell("fails again".to_owned(), failures.persistence.map(|persistence| persistence.get()));
        }
        let drifts = fitted.cohorts.iter().map(|cohort| {
            (cohort.uses[index].drift.map_or(0.0, |drift| drift.sd), f64::from(cohort.organizations))
        });
        let drifts = WeightedSample::new(drifts);
        tell("drift of rates (sd)".to_owned(), Some(drifts.mean_of(|sd| sd)).filter(|sd| *sd > 0.0));
    }
    found
}

fn mean(pairs: impl Iterator<Item = (f64, f64)>) -> Option<f64> {
    let sample = WeightedSample::new(pairs);
    (sample.len() >= ENOUGH).then(|| sample.mean_of(|value| value))
}

fn median(dist: &Dist) -> Option<f64> {
    dist.quantile(0.5)
}

/// One simulation as a history.
fn simulated(observed: &Observed, fitted: &Model, written: &WrittenScenario, seed: u64) -> Observed {
    let mut found = Observed { rows: Vec::new(), left: Default::default(), ..observed.clone() };
    found.organizations = written.cohorts.iter().map(|(_, count)| count).sum();
    for (index, feature) in fitted.features.iter().enumerate().take(written.features.len()) {
        for (call, quantities) in simulate_whole(written, index, seed) {
            let mut sizes = [f64::NAN; MOST_SIZES];
            for (size, value) in feature.sizes.iter().zip(&quantities) {
                sizes[size.column] = six_digits(*value);
            }
            let coarse = observed.resolution.max(1);
            let end = match call.fate {
                Fate::Completes => End::Fine,
                Fate::Fails => End::Failed,
                Fate::Cancelled => End::Cancelled,
            };
            let duration = if feature.duration.is_some() { call.duration } else { f64::NAN };
            found.rows.push(ObservedRow {
                at: call.at - (call.at - fitted.frame.start) % coarse,
                organization: call.organization,
                feature: index as u16,
                end,
                calls: 1.0,
                sizes,
                duration,
                member: 0,
            });
        }
    }
    found.rows.sort_by_key(|row| row.at);
    found
}
