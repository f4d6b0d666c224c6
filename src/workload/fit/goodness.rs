//! A history against fresh simulations of its fit.
//!
//! What is simulated is the scenario as it was written and read again, by the ordinary sources; costs are put aside
//! for the sizes, so that sizes are seen as operations have them. Several seeds, none of them the scenario's, because
//! one simulation may be lucky.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::calendar::Zone;
use crate::sampling::{StreamKey, TraitPoint};
use crate::units::{FeatureIndex, SimTime};
use crate::workload::demand::{Amount, Demand, StepShape as WorkShape, Work};
use crate::workload::formula::Formula;
use crate::workload::operation::{Batch, Fate};
use crate::workload::source::{Source, SourceSpec};
use crate::workload::traits::Population;

use super::families::{WeightedSample, six_digits};
use super::measure::{Arrival, CallMeasures, kept, looks, measured_sums, thinned};
use super::model::{FeatureModel, Model};
use super::observe::{End, Observed};
use super::prices::demand_of_rows;

/// The first of the seeds of simulations; not the scenario's.
pub(super) const SEED: u64 = 20_250_101;
/// What agrees.
pub const LIMITS: Limits = Limits {
    calls: 0.02,
    organizations: 0.05,
    distance: 0.15,
    calls_of_top: 0.08,
    credits_of_top: 0.05,
    near: 0.1,
    dispersion: 2.0,
    peak: 1.5,
};
/// Calls nearer than this to the one before them are near (microseconds).
const NEAR: i64 = 60_000_000;
/// The rows of all features together.
const ALL: &str = "all";
/// Calls below which a shape of the day is chance.
const ENOUGH_CALLS: f64 = 48.0;
/// Simulated calls below which a distance is chance.
const ENOUGH_VALUES: f64 = 48.0;
/// Values of a size that a distance looks at.
const MOST_VALUES: usize = 50_000;

/// How far a simulation may lie from the history.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limits {
    /// Calls: relative difference, or what chance does to so few: one by their root.
    pub calls: f64,
    /// As `calls`, for organizations that are seen.
    pub organizations: f64,
    /// Kolmogorov-Smirnov distance of sizes and times.
    pub distance: f64,
    /// Difference of the busiest tenth's share of the calls.
    pub calls_of_top: f64,
    /// Difference of the dearest tenth's share of the credits.
    pub credits_of_top: f64,
    /// Difference of the share of calls that follow another within a minute.
    pub near: f64,
    /// Factor of the dispersion of hours.
    pub dispersion: f64,
    /// Factor of the busiest hour.
    pub peak: f64,
}

/// A scenario's demand, as it was read from its text.
#[derive(Debug, Clone)]
pub struct WrittenScenario {
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
    /// Organizations with any call.
    Organizations,
    /// Share of the credits that the dearest tenth of the organizations spends.
    CreditsOfTopTenth,
    /// Share of calls that follow another of their organization within a minute.
    WithinMinute,
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

/// Simulates the scenario with so many seeds and compares it with the history: all of it, then feature by feature.
#[must_use]
pub fn goodness(observed: &Observed, model: &Model, written: &WrittenScenario, seeds: u64) -> Vec<Goodness> {
    let mut trials: Vec<GoodnessTrial> = (0..model.features.len().min(written.features.len()))
        .map(|feature| judge(observed, model, written, feature, seeds))
        .collect();
    let mut found = if trials.len() > 1 || trials.iter().any(|trial| !trial.feature.sizes.is_empty()) {
        whole(observed, model, &trials)
    } else {
        Vec::new()
    };
    found.extend(trials.drain(..).flat_map(GoodnessTrial::compare));
    found
}

/// Calls and credits by organization.
type OrganizationSums = BTreeMap<u32, (f64, f64)>;

/// One feature's history and simulations of it.
struct GoodnessTrial<'a> {
    feature: &'a FeatureModel,
    /// Thinned like the model.
    history: CallMeasures,
    simulated: Vec<CallMeasures>,
    /// Distances of each size, and of the work time, by simulation.
    sizes: Vec<Vec<f64>>,
    durations: Vec<f64>,
    /// Shares that fail.
    failed: Vec<f64>,
    /// What each organization asks for, by simulation.
    sums: Vec<OrganizationSums>,
}

fn judge<'a>(
    observed: &Observed,
    model: &'a Model,
    written: &WrittenScenario,
    index: usize,
    seeds: u64,
) -> GoodnessTrial<'a> {
    let feature = &model.features[index];
    let rows = || observed.rows.iter().filter(|row| usize::from(row.feature) == index);
    let arrivals: Vec<Arrival> = rows().map(|row| (row.at, row.organization, row.calls)).collect();
    let size = |column: usize| sampled(rows().map(|row| (row.sizes[column], row.calls)));
    let sizes: Vec<WeightedSample> = feature.sizes.iter().map(|of| size(of.column)).collect();
    let fine = rows().filter(|row| row.end == End::Fine);
    let durations = sampled(fine.map(|row| (row.duration, row.calls)));
    let tells_near = !observed.is_buckets() && observed.resolution == 0;
    let mut trial = GoodnessTrial {
        feature,
        history: thinned(&arrivals, &model.frame, model.scale, tells_near.then_some(NEAR)),
        simulated: Vec::new(),
        sizes: vec![Vec::new(); sizes.len()],
        durations: Vec::new(),
        failed: Vec::new(),
        sums: Vec::new(),
    };
    for seed in SEED..SEED + seeds {
        trial.simulate_sizes(written, index, seed, &sizes);
        let calls = simulate(written, index, seed, None);
        let seen: Vec<Arrival> = calls.iter().map(|call| (call.at, call.organization, 1.0)).collect();
        trial.simulated.push(looks(&seen, &model.frame, tells_near.then_some(NEAR)));
        let completed = calls.iter().filter(|call| call.fate == Fate::Completes);
        let lengths = sampled(completed.map(|call| (six_digits(call.duration), 1.0)));
        trial.durations.extend(apart(&durations, &lengths));
        let failures = calls.iter().filter(|call| call.fate == Fate::Fails).count() as f64;
        trial.failed.push(failures / (calls.len() as f64).max(1.0));
        let mut sums = OrganizationSums::new();
        for call in &calls {
            let sum = sums.entry(call.organization).or_default();
            (sum.0, sum.1) = (sum.0 + 1.0, sum.1 + call.cost);
        }
        trial.sums.push(sums);
    }
    trial
}

/// What all features come to: calls, organizations that are seen, who spends the credits.
fn whole(observed: &Observed, model: &Model, trials: &[GoodnessTrial]) -> Vec<Goodness> {
    let mut history = vec![(0.0, 0.0); observed.organizations as usize];
    for (row, credits) in observed.rows.iter().zip(demand_of_rows(observed, model)) {
        let sum = &mut history[row.organization as usize];
        (sum.0, sum.1) = (sum.0 + row.calls, sum.1 + credits);
    }
    let history = kept(&history, model.scale);
    let seeds = trials.first().map_or(0, |trial| trial.sums.len());
    let simulated: Vec<(f64, f64, Option<f64>)> = (0..seeds)
        .map(|seed| {
            let mut sums = OrganizationSums::new();
            for (organization, (calls, credits)) in trials.iter().flat_map(|trial| &trial.sums[seed]) {
                let sum = sums.entry(*organization).or_default();
                (sum.0, sum.1) = (sum.0 + calls, sum.1 + credits);
            }
            measured_sums(sums.into_values())
        })
        .collect();
    let pick = |of: fn(&(f64, f64, Option<f64>)) -> f64| simulated.iter().map(of).collect::<Vec<f64>>();
    let tops: Vec<f64> = simulated.iter().filter_map(|sums| sums.2).collect();
    vec![
        measured(ALL, Measure::Calls, Some(history.0), pick(|sums| sums.0), &|wanted, found| {
            alike(LIMITS.calls, wanted, found)
        }),
        measured(ALL, Measure::Organizations, Some(history.1), pick(|sums| sums.1), &|wanted, found| {
            alike(LIMITS.organizations, wanted, found)
        }),
        measured(ALL, Measure::CreditsOfTopTenth, history.2, tops, &|wanted, found| {
            (wanted - found).abs() <= LIMITS.credits_of_top
        }),
    ]
    .into_iter()
    .filter(|good| good.history.is_some())
    .collect()
}

impl GoodnessTrial<'_> {
    fn simulate_sizes(
        &mut self,
        written: &WrittenScenario,
        index: usize,
        seed: u64,
        known: &[WeightedSample],
    ) {
        for (size, distances) in self.sizes.iter_mut().enumerate() {
            // The largest size is a million credits, so that none is cut and the smallest are not rounded away.
            let unit = known[size].quantile(1.0).max(1e-12) / 1e6;
            let calls = simulate(written, index, seed, Some((&self.feature.sizes[size].name, unit)));
            let drawn = sampled(calls.iter().map(|call| (six_digits(call.cost * unit), 1.0)));
            distances.extend(apart(&known[size], &drawn));
        }
    }

    fn compare(self) -> Vec<Goodness> {
        let near = |wanted: f64, found: f64| (wanted - found).abs() <= LIMITS.near;
        let top = |wanted: f64, found: f64| (wanted - found).abs() <= LIMITS.calls_of_top;
        // A dispersion below that of chance counts as chance: there is no factor between next to nothing and nothing.
        let even = |wanted: f64, found: f64| within(LIMITS.dispersion, wanted.max(1.0), found.max(1.0));
        let high = |wanted: f64, found: f64| within(LIMITS.peak, wanted, found);
        let many = |wanted: f64, found: f64| alike(LIMITS.calls, wanted, found);
        let pick =
            |of: fn(&CallMeasures) -> Option<f64>| self.simulated.iter().filter_map(of).collect::<Vec<f64>>();
        let name = &self.feature.name;
        let mut all =
            vec![measured(name, Measure::Calls, Some(self.history.calls), pick(|l| Some(l.calls)), &many)];
        for (size, found) in self.feature.sizes.iter().zip(&self.sizes) {
            all.extend(self.distance(Measure::Size(size.name.clone()), found));
        }
        if self.feature.duration.is_some() {
            all.extend(self.distance(Measure::Duration, &self.durations));
        }
        let enough = self.history.calls >= ENOUGH_CALLS;
        let (day, minute) = (self.history.peak.filter(|_| enough), self.history.near.filter(|_| enough));
        let rate = self.feature.failures.rate;
        let failing = (!rate.is_never()).then_some(rate.get());
        let always = |_: f64, _: f64| true;
        all.push(measured(name, Measure::TopTenth, self.history.top_tenth, pick(|l| l.top_tenth), &top));
        all.push(measured(name, Measure::WithinMinute, minute, pick(|l| l.near), &near));
        all.push(measured(name, Measure::Dispersion, self.history.dispersion, pick(|l| l.dispersion), &even));
        all.push(measured(name, Measure::Peak, day, pick(|l| l.peak), &high));
        all.push(measured(name, Measure::Failures, failing, self.failed.clone(), &always));
        for good in &mut all {
            // Shares of failures are shown, not judged.
            good.agree = good.agree.filter(|_| good.measure != Measure::Failures);
        }
        all.retain(|good| {
            good.history.is_some() || matches!(good.measure, Measure::Size(_) | Measure::Duration)
        });
        all
    }

    /// A distance; those of a handful of calls are chance and not judged.
    fn distance(&self, measure: Measure, found: &[f64]) -> Option<Goodness> {
        let enough = self.simulated.iter().all(|looks| looks.calls >= ENOUGH_VALUES);
        let agree = enough.then(|| found.iter().filter(|distance| **distance <= LIMITS.distance).count());
        let (feature, simulated) = (self.feature.name.clone(), found.to_vec());
        (!found.is_empty()).then_some(Goodness { feature, measure, history: None, simulated, agree })
    }
}

fn measured(
    feature: &str,
    measure: Measure,
    history: Option<f64>,
    simulated: Vec<f64>,
    agrees: &dyn Fn(f64, f64) -> bool,
) -> Goodness {
    let count = |wanted: f64| simulated.iter().filter(|found| agrees(wanted, **found)).count();
    let agree = history.filter(|_| !simulated.is_empty()).map(count);
    Goodness { feature: feature.to_owned(), measure, history, simulated, agree }
}

/// Whether two counts are alike: by a relative difference, or one that chance makes of so few.
fn alike(limit: f64, wanted: f64, found: f64) -> bool {
    (found - wanted).abs() <= wanted * limit.max(1.0 / libm::sqrt(wanted.max(1.0)))
}

/// Whether two numbers are within a factor.
fn within(factor: f64, a: f64, b: f64) -> bool {
    a <= factor * b && b <= factor * a
}

/// A sample of at most so many values, evenly picked.
fn sampled(pairs: impl Iterator<Item = (f64, f64)>) -> WeightedSample {
    let pairs: Vec<(f64, f64)> = pairs.collect();
    let step = pairs.len().div_ceil(MOST_VALUES).max(1);
    WeightedSample::new(pairs.into_iter().step_by(step))
}

fn apart(history: &WeightedSample, simulated: &WeightedSample) -> Option<f64> {
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
    written: &WrittenScenario,
    index: usize,
    seed: u64,
    quantity: Option<(&str, f64)>,
) -> Vec<Call> {
    let mut demand = written.features[index].1.clone();
    if let Some((name, unit)) = quantity {
        price_by(&mut demand, name, unit);
    }
    let mut calls = Vec::new();
    walk(written, (index, &demand), seed, &[], |call, _| calls.push(call));
    calls
}

/// As [`simulate`], with the quantities of each call in the order of the feature's.
pub(super) fn simulate_whole(written: &WrittenScenario, index: usize, seed: u64) -> Vec<(Call, Vec<f64>)> {
    let demand = &written.features[index].1;
    let names: Vec<String> = demand.work.quantities.iter().map(|quantity| quantity.name.clone()).collect();
    let mut calls = Vec::new();
    walk(written, (index, demand), seed, &names, |call, quantities| calls.push((call, quantities.to_vec())));
    calls
}

/// Draws every call of a feature; `kept` names the quantities that each comes with.
fn walk(
    written: &WrittenScenario,
    (index, demand): (usize, &Demand),
    seed: u64,
    kept: &[String],
    mut each: impl FnMut(Call, &[f64]),
) {
    let populations: Vec<Population> =
        written.cohorts.iter().map(|(population, _)| population.clone()).collect();
    let source = Source::new(&SourceSpec {
        feature: FeatureIndex(index as u16),
        name: &written.features[index].0,
        free: false,
        demand,
        seed,
        start: written.start,
        end: written.end,
        zone: &written.zone,
        populations: &populations,
        listed: &[],
        kept,
        rates: &Arc::default(),
        blurred: false,
    });
    let (mut batch, mut organization) = (Batch::default(), 0);
    for (population, count) in &written.cohorts {
        for number in 0..*count {
            let point = TraitPoint::numbered(StreamKey::cohort(seed, 0, &population.name), number);
            let mut state = source.begin(&population.draw(point, number));
            // Nothing is read from a disk, so nothing can fail.
            while source.fill(&mut state, &mut batch, 256).is_ok() && !batch.operations.is_empty() {
                for (place, operation) in batch.operations.iter().enumerate() {
                    let call = Call {
                        at: operation.at.micros(),
                        organization,
                        cost: operation.cost.micros() as f64 * 1e-6,
                        duration: operation.duration.as_seconds_f64(),
                        fate: operation.fate,
                    };
                    each(call, batch.quantities_of(place));
                }
            }
            organization += 1;
        }
    }
}

/// Lets operations cost what a quantity is, in a unit.
fn price_by(demand: &mut Demand, name: &str, unit: f64) {
    let names = Work::formula_names(demand.work.quantities.iter().map(|quantity| quantity.name.as_str()));
    let formula = Formula::compile(&format!("{name} / {unit:?}"), &names).map(Amount::Formula);
    if let (WorkShape::Simple { cost, .. }, Ok(formula)) = (&mut demand.work.shape, formula) {
        *cost = formula;
    }
}
