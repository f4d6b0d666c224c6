//! A history against fresh simulations of its fit.
//!
//! What is simulated is the scenario as it was written and read again, by the ordinary sources; costs are put aside
//! for the sizes, so that sizes are seen as operations have them. Several seeds, none of them the scenario's, because
//! one simulation may be lucky.

use crate::calendar::Zone;
use crate::sampling::StreamKey;
use crate::units::{FeatureIndex, SimTime};
use crate::workload::demand::{Amount, Demand, Shape as WorkShape, Work};
use crate::workload::formula::Formula;
use crate::workload::operation::{Batch, Fate};
use crate::workload::source::{Source, SourceSpec};
use crate::workload::traits::Population;

use super::families::{Sample, six_digits};
use super::measure::{Arrival, Looks, looks, thinned};
use super::model::Model;
use super::observe::Observed;

/// The first of the seeds of simulations; not the scenario's.
const SEED: u64 = 20_250_101;
/// What agrees: distance of sizes, difference of shares, factors of dispersion and of the busiest hour.
pub const LIMITS: (f64, f64, f64, f64) = (0.15, 0.08, 2.0, 1.5);
/// Calls below which a shape of the day is chance.
const ENOUGH_CALLS: f64 = 48.0;
/// Simulated calls below which a distance is chance.
const ENOUGH_VALUES: f64 = 48.0;
/// Values of a size that a distance looks at.
const MOST_VALUES: usize = 50_000;

/// A scenario's demand, as it was read from its text.
#[derive(Debug, Clone)]
pub struct Written {
    /// Begin of the horizon.
    pub start: SimTime,
    /// Its end.
    pub end: SimTime,
    /// Zone of profiles.
    pub zone: Zone,
    /// Features in file order.
    pub features: Vec<(String, Demand)>,
    /// Cohorts in file order, and their organizations.
    pub cohorts: Vec<(Population, u32)>,
}

/// One measure of one feature: history against simulations.
#[derive(Debug, Clone, PartialEq)]
pub struct Goodness {
    /// The feature.
    pub feature: String,
    /// What is measured.
    pub measure: Measure,
    /// In the history, thinned like the model; absent for distances.
    pub history: Option<f64>,
    /// In each simulation that supports it.
    pub simulated: Vec<f64>,
    /// How many simulations agree; absent if the history is too small to tell.
    pub agree: Option<usize>,
}

/// What is compared.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Measure {
    /// Number of calls.
    Calls,
    /// Kolmogorov-Smirnov distance of a size.
    Size(String),
    /// Kolmogorov-Smirnov distance of the work time.
    Duration,
    /// Share of calls of the busiest tenth of the organizations.
    TopTenth,
    /// Variance by mean of the calls per hour.
    Dispersion,
    /// Busiest hour of the day by the mean hour.
    Peak,
    /// Share of calls that fail.
    Failures,
}

impl Goodness {
    /// Mean over the simulations; absent without any.
    #[must_use]
    pub fn mean(&self) -> Option<f64> {
        let count = self.simulated.len();
        (count > 0).then(|| self.simulated.iter().sum::<f64>() / count as f64)
    }

    /// Whether nearly all simulations agree: four of five.
    #[must_use]
    pub fn is_fine(&self) -> Option<bool> {
        self.agree.map(|agree| 5 * agree >= 4 * self.simulated.len())
    }
}

/// Simulates the scenario with so many seeds and compares it with the history, feature by feature.
#[must_use]
pub fn goodness(observed: &Observed, model: &Model, written: &Written, seeds: u64) -> Vec<Goodness> {
    (0..model.features.len().min(written.features.len()))
        .flat_map(|feature| judge(observed, model, written, feature, seeds))
        .collect()
}

fn judge(observed: &Observed, model: &Model, written: &Written, index: usize, seeds: u64) -> Vec<Goodness> {
    let feature = &model.features[index];
    let rows = || observed.rows.iter().filter(|row| usize::from(row.feature) == index);
    let arrivals: Vec<Arrival> = rows().map(|row| (row.at, row.organization, row.calls)).collect();
    let history = thinned(&arrivals, &model.frame, model.scale);
    let mut simulated: Vec<Looks> = Vec::new();
    let mut sizes: Vec<Vec<f64>> = vec![Vec::new(); feature.sizes.len()];
    let (mut durations, mut failed) = (Vec::new(), Vec::new());
    let known: Vec<Sample> = feature
        .sizes
        .iter()
        .map(|size| sampled(rows().map(|row| (row.sizes[size.column], row.calls))))
        .collect();
    let fine = |row: &&super::observe::Row| row.end == super::observe::End::Fine;
    let known_durations = sampled(rows().filter(fine).map(|row| (row.duration, row.calls)));
    for seed in SEED..SEED + seeds {
        for (size, distances) in sizes.iter_mut().enumerate() {
            let unit = known[size].quantile(1.0).max(1e-12) / 1e6;
            let drawn = simulate(written, index, seed, Some((&feature.sizes[size].name, unit)));
            let drawn = sampled(drawn.iter().map(|call| (six_digits(call.cost * unit), 1.0)));
            distances.extend(apart(&known[size], &drawn));
        }
        let calls = simulate(written, index, seed, None);
        let seen: Vec<Arrival> = calls.iter().map(|call| (call.at, call.organization, 1.0)).collect();
        simulated.push(looks(&seen, &model.frame));
        let lengths = calls
            .iter()
            .filter(|call| call.fate == Fate::Completes)
            .map(|call| (six_digits(call.duration), 1.0));
        durations.extend(apart(&known_durations, &sampled(lengths)));
        let failures = calls.iter().filter(|call| call.fate == Fate::Fails).count() as f64;
        failed.push(failures / (calls.len() as f64).max(1.0));
    }
    let (limit, top, factor, peak) = LIMITS;
    let near = |limit: f64| move |wanted: f64, found: f64| (wanted - found).abs() <= limit;
    let within =
        |factor: f64| move |wanted: f64, found: f64| found <= factor * wanted && wanted <= factor * found;
    let name = || feature.name.clone();
    let of = |measure: Measure, wanted: Option<f64>, found: Vec<f64>, agrees: &dyn Fn(f64, f64) -> bool| {
        Goodness {
            feature: name(),
            measure,
            history: wanted,
            agree: wanted
                .filter(|_| !found.is_empty())
                .map(|wanted| found.iter().filter(|found| agrees(wanted, **found)).count()),
            simulated: found,
        }
    };
    let pick = |of: fn(&Looks) -> Option<f64>| simulated.iter().filter_map(of).collect::<Vec<f64>>();
    // Distances of a handful of calls are chance.
    let enough = simulated.iter().all(|looks| looks.calls >= ENOUGH_VALUES);
    let distance = |measure: Measure, found: Vec<f64>| Goodness {
        feature: name(),
        measure,
        history: None,
        agree: enough.then(|| found.iter().filter(|distance| **distance <= limit).count()),
        simulated: found,
    };
    let mut all = vec![Goodness {
        agree: None,
        ..of(Measure::Calls, Some(history.calls), pick(|l| Some(l.calls)), &|_, _| true)
    }];
    for (size, found) in feature.sizes.iter().zip(sizes).filter(|(_, found)| !found.is_empty()) {
        all.push(distance(Measure::Size(size.name.clone()), found));
    }
    if !durations.is_empty() && feature.duration.is_some() {
        all.push(distance(Measure::Duration, durations));
    }
    all.push(of(Measure::TopTenth, history.top_tenth, pick(|l| l.top_tenth), &near(top)));
    all.push(of(Measure::Dispersion, history.dispersion, pick(|l| l.dispersion), &within(factor)));
    let day = history.peak.filter(|_| history.calls >= ENOUGH_CALLS);
    all.push(of(Measure::Peak, day, pick(|l| l.peak), &within(peak)));
    if !feature.failures.rate.is_never() {
        let rate = feature.failures.rate.get();
        all.push(Goodness { agree: None, ..of(Measure::Failures, Some(rate), failed, &|_, _| true) });
    }
    all.retain(|good| good.history.is_some() || matches!(good.measure, Measure::Size(_) | Measure::Duration));
    all
}

/// A sample of at most so many values, evenly picked.
fn sampled(pairs: impl Iterator<Item = (f64, f64)>) -> Sample {
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let step = pairs.len().div_ceil(MOST_VALUES).max(1);
    Sample::new(pairs.into_iter().step_by(step))
}

fn apart(history: &Sample, simulated: &Sample) -> Option<f64> {
    (!history.is_empty() && !simulated.is_empty()).then(|| history.distance_from_sample(simulated))
}

/// One simulated call.
#[derive(Debug, Clone, Copy)]
pub(super) struct Call {
    pub at: i64,
    pub organization: u32,
    pub cost: f64,
    /// Seconds.
    pub duration: f64,
    pub fate: Fate,
}

/// One replication of one feature; its cost is a quantity in some unit, if one is named.
pub(super) fn simulate(
    written: &Written,
    index: usize,
    seed: u64,
    quantity: Option<(&str, f64)>,
) -> Vec<Call> {
    let (name, demand) = &written.features[index];
    let mut demand = demand.clone();
    if let Some((name, unit)) = quantity {
        price_by(&mut demand, name, unit);
    }
    let populations: Vec<Population> =
        written.cohorts.iter().map(|(population, _)| population.clone()).collect();
    let source = Source::new(&SourceSpec {
        feature: FeatureIndex(index as u16),
        name,
        free: false,
        demand: &demand,
        seed,
        start: written.start,
        end: written.end,
        zone: &written.zone,
        populations: &populations,
        listed: &[],
        blurred: false,
    });
    let (mut calls, mut batch, mut organization) = (Vec::new(), Batch::default(), 0);
    for (population, count) in &written.cohorts {
        for number in 0..*count {
            let key = StreamKey::organization(seed, 0, &population.name, number);
            let mut state = source.begin(key, &population.draw(key, number));
            // Nothing is read from a disk, so nothing can fail.
            while source.fill(&mut state, &mut batch, 256).is_ok() && !batch.operations.is_empty() {
                calls.extend(batch.operations.iter().map(|operation| Call {
                    at: operation.at.micros(),
                    organization,
                    cost: operation.cost.micros() as f64 * 1e-6,
                    duration: operation.duration.as_seconds_f64(),
                    fate: operation.fate,
                }));
            }
            organization += 1;
        }
    }
    calls
}

/// Lets operations cost what a quantity is, in a unit.
fn price_by(demand: &mut Demand, name: &str, unit: f64) {
    let names = Work::formula_names(demand.work.quantities.iter().map(|quantity| quantity.name.as_str()));
    let formula = Formula::compile(&format!("{name} / {unit:?}"), &names).map(Amount::Formula);
    if let (WorkShape::Simple { cost, .. }, Ok(formula)) = (&mut demand.work.shape, formula) {
        *cost = formula;
    }
}
