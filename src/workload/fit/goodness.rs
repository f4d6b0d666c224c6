//! A history against a fresh simulation of its fit.

use crate::calendar::Zone;
use crate::sampling::{Purpose, StreamKey};
use crate::units::FeatureIndex;
use crate::workload::operation::Batch;
use crate::workload::source::{Source, SourceSpec};
use crate::workload::traits::Population;

use super::families::Sample;
use super::measure::{Arrival, Looks, looks};
use super::model::Model;
use super::observe::Observed;

/// Draws that stand for the sizes of a simulation.
const SIZE_DRAWS: usize = 20_000;
/// The seed of the simulation that a fit is judged by; not the scenario's.
const SEED: u64 = 20_250_101;

/// One feature's history against its simulation.
#[derive(Debug, Clone, PartialEq)]
pub struct Goodness {
    /// The feature.
    pub feature: String,
    /// Kolmogorov-Smirnov distance of each size: (column, distance).
    pub sizes: Vec<(String, f64)>,
    /// Kolmogorov-Smirnov distance of the work time.
    pub duration: Option<f64>,
    /// The history, its dispersion thinned like the model.
    pub history: Looks,
    /// The simulation.
    pub simulated: Looks,
}

/// Simulates the model once and compares it with the history, feature by feature.
#[must_use]
pub fn goodness(observed: &Observed, model: &Model) -> Vec<Goodness> {
    let populations: Vec<Population> =
        model.cohorts.iter().enumerate().map(|(index, cohort)| cohort.population(model, index)).collect();
    (0..model.features.len()).map(|index| judge(observed, model, &populations, index)).collect()
}

fn judge(observed: &Observed, model: &Model, populations: &[Population], index: usize) -> Goodness {
    let feature = &model.features[index];
    let rows = || observed.rows.iter().filter(|row| usize::from(row.feature) == index);
    let arrivals: Vec<Arrival> =
        rows().map(|row| (row.at - model.start.micros(), row.organization, row.calls)).collect();
    let mut history = looks(&arrivals, model.hours);
    // Thinning by s leaves s of the dispersion beyond Poisson.
    history.dispersion = history.dispersion.map(|dispersion| 1.0 + model.scale * (dispersion - 1.0));
    history.calls *= model.scale;
    let sizes = feature.sizes.iter().enumerate().map(|(size, (column, fitted))| {
        let seen = Sample::new(rows().map(|row| (row.sizes[size], row.calls)));
        (column.clone(), seen.distance_from_sample(&drawn(&fitted.dist, column)))
    });
    let seen = Sample::new(rows().map(|row| (f64::from(row.duration), row.calls)));
    Goodness {
        feature: feature.name.clone(),
        sizes: sizes.collect(),
        duration: feature
            .duration
            .as_ref()
            .map(|fitted| seen.distance_from_sample(&drawn(&fitted.dist, "duration"))),
        history,
        simulated: looks(&simulate(model, populations, index), model.hours),
    }
}

fn drawn(dist: &crate::sampling::Dist, name: &str) -> Sample {
    let mut rng = StreamKey::root(SEED).name(name).stream(Purpose::Estimate);
    Sample::new((0..SIZE_DRAWS).map(|_| (dist.sample(&mut rng), 1.0)))
}

/// Arrivals of one feature in one replication.
fn simulate(model: &Model, populations: &[Population], index: usize) -> Vec<Arrival> {
    let feature = &model.features[index];
    let source = Source::new(&SourceSpec {
        feature: FeatureIndex(index as u16),
        name: &feature.name,
        free: false,
        demand: &feature.demand(),
        seed: SEED,
        start: model.start,
        end: model.end(),
        zone: &Zone::default(),
        populations,
        blurred: false,
        listed: &[],
    });
    let mut arrivals = Vec::new();
    let mut batch = Batch::default();
    let mut organization = 0;
    for (cohort, population) in model.cohorts.iter().zip(populations) {
        for number in 0..cohort.organizations {
            let key = StreamKey::organization(SEED, 0, &cohort.name, number);
            let traits = population.draw(key, number);
            let mut state = source.begin(key, &traits);
            loop {
                // Nothing is read from a disk, so nothing can fail.
                if source.fill(&mut state, &mut batch, 256).is_err() || batch.operations.is_empty() {
                    break;
                }
                let offset = |at: crate::units::SimTime| (at - model.start).micros();
                arrivals.extend(
                    batch.operations.iter().map(|operation| (offset(operation.at), organization, 1.0)),
                );
            }
            organization += 1;
        }
    }
    arrivals
}
