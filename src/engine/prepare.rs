//! From a scenario to a job: sources compiled, estimates resolved, instants and outages laid out.

use std::collections::BTreeMap;
use std::path::Path;
use std::sync::Arc;

use crate::actors::{Job, JobCohort, OpenHistory, RowWriter};
use crate::organization::{AdmissionRule, DetailOptions, FeatureFacts, Outages, World};
use crate::outcome::RunShape;
use crate::policy::{Admission, Estimator, OwnAccount, Policy};
use crate::sampling::{Dist, Purpose, StreamKey, poisson, standard_exponential};
use crate::scenario::{Cohort, Feature, Outage, OutageWindows, Scenario};
use crate::units::{Credits, FeatureIndex, PolicyIndex, SimSpan, SimTime};
use crate::workload::{
    Demand, DemandSource, HistoryError, HistoryProblems, HistorySpec, KeptAs, Listed, Population,
    Preparation, PreparedHistory, ReadingWatch, Source, SourceSpec,
};

/// What a run adds to its scenario.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct JobOptions {
    /// Rows to keep.
    pub detail: DetailOptions,
    /// At most this many organizations of each cohort; their outcomes are those of the whole run.
    pub first: Option<u32>,
}

/// The names behind a scenario's outcomes.
#[must_use]
pub fn shape(scenario: &Scenario) -> Arc<RunShape> {
    let mut plan_names: Vec<String> = Vec::new();
    for plan in scenario.policies.iter().flat_map(plans_of) {
        if !plan_names.iter().any(|name| name == plan) {
            plan_names.push(plan.to_owned());
        }
    }
    Arc::new(RunShape {
        plans: scenario.policies.iter().map(|policy| plans_of(policy).map(str::to_owned).collect()).collect(),
        plan_places: scenario.policies.iter().map(|policy| places(policy, &plan_names)).collect(),
        plan_names,
        baseline: scenario.baseline,
        policies: scenario.policies.iter().map(|policy| policy.name.clone()).collect(),
        cohorts: scenario.cohorts.iter().map(|cohort| cohort.name.clone()).collect(),
        features: scenario.features.iter().map(|feature| feature.name.clone()).collect(),
        measure_from: scenario.measure_from,
        instants: instants(scenario),
        currency: scenario.currency.clone(),
        quantities: (0..scenario.features.len())
            .map(|feature| scenario.quantities_of(FeatureIndex(feature as u16)))
            .collect(),
        limits: scenario.policies.iter().map(|policy| policy.limit_names.clone()).collect(),
        groups: scenario.groups.clone(),
        zone: Some(scenario.zone.name()).filter(|name| name != "UTC").unwrap_or_default(),
    })
}

/// The plans of a policy as it names them, whatever edition of its rules is in force.
fn plans_of(policy: &Policy) -> impl Iterator<Item = &str> {
    policy.plans.iter().take(policy.named_plans()).map(|plan| plan.plan.as_str())
}

/// Where a policy's plans stand among the names of all.
fn places(policy: &Policy, names: &[String]) -> Vec<usize> {
    plans_of(policy).filter_map(|plan| names.iter().position(|name| name == plan)).collect()
}

/// As [`prepare_histories`], with sorted histories kept below `shelf`: taken up from there if they are the same. Says how each
/// came to be ready.
///
/// # Errors
/// As [`prepare_histories`].
pub fn prepare_kept_histories(
    scenario: &Scenario,
    shelf: &Path,
    folder: &Path,
    watch: ReadingWatch<'_>,
) -> Result<Vec<(Arc<PreparedHistory>, KeptAs)>, HistoryProblems> {
    let demands: Vec<&Demand> = scenario.features.iter().map(|feature| &feature.demand).collect();
    let (start, end) = (scenario.start, scenario.end);
    let preparation = Preparation { demands: &demands, start, end, folder, watch };
    let prepare = |spec: &HistorySpec| {
        let (history, how) = PreparedHistory::prepare_or_take_up(spec, &preparation, shelf)?;
        Ok((Arc::new(history), how))
    };
    scenario.histories.iter().map(prepare).collect()
}

/// Reads the scenario's usage histories once and leaves sorted partitions of them in `folder`, which is made. `watch` is
/// told how far it is, and says false to end it.
///
/// # Errors
/// All rows of the first bad history that are not what the scenario says, with file, line and column; or the disk's.
pub fn prepare_histories(
    scenario: &Scenario,
    folder: &Path,
    watch: ReadingWatch<'_>,
) -> Result<Vec<Arc<PreparedHistory>>, HistoryProblems> {
    let demands: Vec<&Demand> = scenario.features.iter().map(|feature| &feature.demand).collect();
    let prepare = |(index, spec): (usize, &HistorySpec)| {
        let folder = folder.join(format!("history-{index}"));
        let world = |source| HistoryError::World { path: folder.clone(), source };
        std::fs::create_dir_all(&folder).map_err(world)?;
        let (start, end) = (scenario.start, scenario.end);
        let preparation = Preparation { demands: &demands, start, end, folder: &folder, watch };
        PreparedHistory::prepare(spec, &preparation).map(Arc::new)
    };
    scenario.histories.iter().enumerate().map(prepare).collect()
}

/// Everything that is the same in every replication of a scenario without usage histories.
///
/// # Panics
/// If the scenario has histories: [`prepare_with`] takes them.
#[must_use]
pub fn prepare(scenario: &Scenario, options: JobOptions, rows: Arc<dyn RowWriter>) -> Job {
    assert!(scenario.histories.is_empty(), "a scenario with histories needs them prepared");
    prepare_with(scenario, options, rows, &[])
}

/// Everything that is the same in every replication; `histories` are the scenario's, prepared.
#[must_use]
pub fn prepare_with(
    scenario: &Scenario,
    options: JobOptions,
    rows: Arc<dyn RowWriter>,
    histories: &[Arc<PreparedHistory>],
) -> Job {
    prepare_own(scenario, options, rows, histories, OwnParts::default())
}

/// What a program puts in the place of what a scenario says.
#[derive(Debug, Clone, Default)]
pub struct OwnParts {
    /// Rules of admission, by policy.
    pub rules: BTreeMap<PolicyIndex, Arc<dyn AdmissionRule>>,
    /// Sources of demand, by feature.
    pub demand: BTreeMap<FeatureIndex, Arc<dyn DemandSource>>,
}

/// As [`prepare_with`], with parts of the user's own.
#[must_use]
pub fn prepare_own(
    scenario: &Scenario,
    options: JobOptions,
    rows: Arc<dyn RowWriter>,
    histories: &[Arc<PreparedHistory>],
    own: OwnParts,
) -> Job {
    let populations: Vec<Population> =
        scenario.cohorts.iter().map(|cohort| cohort.population.clone()).collect();
    let sources: Vec<Arc<Source>> = (0..scenario.features.len())
        .map(|feature| {
            let feature = FeatureIndex(feature as u16);
            let mut source = source(scenario, feature, &populations, options.detail);
            if let Some(costs) = histories.iter().find_map(|history| history.costs(feature)) {
                source.set_history(costs.to_vec());
            }
            if let Some(demand) = own.demand.get(&feature) {
                source.set_demand(Arc::clone(demand));
            }
            Arc::new(source)
        })
        .collect();
    let facts = |(feature, source): (&Feature, &Arc<Source>)| {
        let expected_by_rate: Vec<Credits> =
            (0..=source.rates()).map(|rate| source.expected_cost_by(rate)).collect();
        FeatureFacts {
            name: feature.name.clone(),
            free: feature.free,
            expected_cost: expected_by_rate[0],
            expected_by_rate,
            provider_cost: feature.provider_cost,
        }
    };
    let features: Vec<FeatureFacts> = scenario.features.iter().zip(&sources).map(facts).collect();
    let shape = shape(scenario);
    let world = World {
        start: scenario.start,
        end: scenario.end,
        measure_from: scenario.measure_from,
        zone: scenario.zone.clone(),
        policies: scenario
            .policies
            .iter()
            .map(|policy| Arc::new(resolved(policy, scenario, &sources, &features)))
            .collect(),
        features,
        rules: own.rules,
        sources,
        cohort_names: scenario.cohorts.iter().map(|cohort| cohort.name.clone()).collect(),
        cohorts: scenario.cohorts.iter().map(|cohort| cohort.customers.clone()).collect(),
        accounts: scenario.cohorts.iter().map(own_accounts).collect(),
        instants: shape.instants.clone(),
        detail: options.detail,
        abandon: Arc::default(),
        heartbeat: Arc::default(),
        judged: Arc::default(),
    };
    let limited = |organizations: u32| options.first.map_or(organizations, |first| organizations.min(first));
    let cohorts = scenario.cohorts.iter().zip(populations).map(|(cohort, population)| {
        let history = cohort.history.map(|index| &histories[index]);
        JobCohort {
            name: cohort.name.clone(),
            population,
            first: 0,
            organizations: limited(history.map_or(cohort.organizations, |history| history.organizations())),
            history: history.map(|history| OpenHistory::new(history.clone())),
            accounts: cohort.accounts.as_ref().map(|accounts| Arc::clone(&accounts.book)),
        }
    });
    Job {
        pseudonyms: None,
        world: Arc::new(world),
        shape,
        seed: scenario.seed,
        cohorts: cohorts.collect(),
        outages: outages(scenario),
        rows,
    }
}

/// What a file says of the cohort's single organizations.
fn own_accounts(cohort: &Cohort) -> Arc<[OwnAccount]> {
    cohort
        .accounts
        .as_ref()
        .map_or_else(|| Arc::new([]) as Arc<[OwnAccount]>, |accounts| Arc::clone(&accounts.own))
}

/// Whether any policy blurs its estimates.
fn blurs(scenario: &Scenario) -> bool {
    let blurred = |admission: &Admission| {
        let estimator = match admission {
            Admission::Estimate(estimator) => estimator,
            Admission::Hold(hold) => &hold.estimate,
            Admission::None | Admission::Positive => return false,
        };
        matches!(estimator, Estimator::Blur { .. })
    };
    let plans = scenario.policies.iter().flat_map(|policy| &policy.plans);
    plans.flat_map(|plan| &plan.features).any(|feature| blurred(&feature.admission))
}

fn source(
    scenario: &Scenario,
    feature: FeatureIndex,
    populations: &[Population],
    detail: DetailOptions,
) -> Source {
    let read = detail.operations || detail.journal || scenario.policies.iter().any(Policy::falls_back);
    let kept = if read { scenario.quantities_of(feature) } else { Vec::new() };
    let own = &scenario.features[feature.index()];
    let listed: Vec<Option<Vec<Listed>>> = scenario
        .cohorts
        .iter()
        .map(|cohort| {
            let of_feature = cohort.operations.iter().filter(|operation| operation.feature == feature);
            let listed: Vec<Listed> = of_feature.map(|operation| operation.work.clone()).collect();
            (!listed.is_empty()).then_some(listed)
        })
        .collect();
    Source::new(&SourceSpec {
        feature,
        name: &own.name,
        free: own.free,
        demand: &own.demand,
        seed: scenario.seed,
        start: scenario.start,
        end: scenario.end,
        zone: &scenario.zone,
        populations,
        listed: &listed,
        kept: &kept,
        rates: &scenario.rates[feature.index()],
        blurred: blurs(scenario),
    })
}

/// The policy with every estimate that depends on the population alone made a number, or a number by each rate, and its
/// cards laid out.
fn resolved(policy: &Policy, scenario: &Scenario, sources: &[Arc<Source>], facts: &[FeatureFacts]) -> Policy {
    let mut policy = policy.clone();
    let priced: Vec<bool> =
        (0..facts.len()).map(|feature| policy.prices(FeatureIndex(feature as u16))).collect();
    for terms in &mut policy.plans {
        terms.rates.lay_out(&scenario.zone, scenario.start, scenario.end);
        for (feature, rules) in terms.features.iter_mut().enumerate() {
            if scenario.features[feature].free {
                // A substitute that it serves owes nothing either.
                rules.minimum = Credits::ZERO;
            }
            let estimator = match &mut rules.admission {
                Admission::Estimate(estimator) => estimator,
                Admission::Hold(hold) => &mut hold.estimate,
                Admission::None | Admission::Positive => continue,
            };
            let source = &sources[feature];
            match *estimator {
                Estimator::Quantile(q) if priced[feature] => {
                    let rates = 0..=source.rates();
                    rules.quantile_by_rate = rates.map(|rate| source.cost_quantile_by(q, rate)).collect();
                }
                Estimator::Expected if !priced[feature] => {
                    *estimator = Estimator::Fixed(facts[feature].expected_cost);
                }
                Estimator::Quantile(q) => *estimator = Estimator::Fixed(source.cost_quantile(q)),
                _ => {}
            }
        }
    }
    policy
}

/// Evenly spaced instants in `(measure_from, end]`, ascending, none twice.
fn instants(scenario: &Scenario) -> Vec<SimTime> {
    let (from, count) = (scenario.measure_from, i128::from(scenario.timeline_instants));
    let span = i128::from((scenario.end - from).micros());
    let offset = |k: i128| SimSpan::from_micros((span * k / count.max(1)) as i64);
    let mut instants: Vec<SimTime> = (1..=count).map(|k| from + offset(k)).filter(|&at| at > from).collect();
    instants.dedup();
    instants
}

/// Draws a replication's outages: keyed by name, so that another outage in the scenario changes nothing.
fn outages(scenario: &Scenario) -> Box<dyn Fn(u32) -> Outages + Send + Sync> {
    let (outages, seed) = (scenario.outages.clone(), scenario.seed);
    let (start, end) = (scenario.start, scenario.end);
    let paid: Vec<bool> = scenario.features.iter().map(|feature| !feature.free).collect();
    Box::new(move |replication| {
        let mut windows = vec![Vec::new(); paid.len()];
        for outage in &outages {
            let key = StreamKey::root(seed).number(u64::from(replication)).name(&outage.name);
            let drawn = windows_of(outage, key, start, end);
            let hit = |feature: usize| match outage.features.as_slice() {
                [] => paid[feature],
                features => features.contains(&FeatureIndex(feature as u16)),
            };
            for feature in (0..paid.len()).filter(|&feature| hit(feature)) {
                windows[feature].extend_from_slice(&drawn);
            }
        }
        Outages::new(windows)
    })
}

fn windows_of(outage: &Outage, key: StreamKey, start: SimTime, end: SimTime) -> Vec<(SimTime, SimTime)> {
    match &outage.windows {
        OutageWindows::Explicit(windows) => windows.clone(),
        OutageWindows::Random { rate, length } => {
            let mut windows = under_way(*rate, length, key, start);
            let mut rng = key.stream(Purpose::Outage);
            let mut at = start;
            loop {
                at = at + SimSpan::from_seconds_f64(standard_exponential(&mut rng) / rate);
                if at >= end {
                    return windows;
                }
                windows.push((at, at + SimSpan::from_seconds_f64(length.sample(&mut rng))));
            }
        }
    }
}

/// Outages that began before the start and last beyond it: the queue M/G/∞ in steady state has a Poisson number of
/// customers, each with what is left of a length met by chance.
fn under_way(rate: f64, length: &Dist, key: StreamKey, start: SimTime) -> Vec<(SimTime, SimTime)> {
    let mut rng = key.name("under way").stream(Purpose::Outage);
    let count = poisson(rate * length.mean().max(0.0), &mut rng) as u64;
    let left = |_| SimSpan::from_seconds_f64(length.residual(&mut rng));
    (0..count).map(left).map(|left| (start, start + left)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn outages_are_under_way_at_the_start() {
        // One a day of three hours on the average: a share 1 − e^(−1/8) of replications begins within one, and as many
        // are within one an hour, or half a day later.
        let (start, day) = (SimTime::default(), SimSpan::from_seconds(86_400));
        let length = Dist::lognormal(3.0 * 3_600.0, 1.5).expect("a lognormal");
        let outage = Outage {
            name: "vendor".to_owned(),
            features: Vec::new(),
            windows: OutageWindows::Random { rate: 1.0 / 86_400.0, length },
        };
        let wanted = 1.0 - libm::exp(-0.125);
        let windows: Vec<_> = (0..20_000)
            .map(|replication| {
                windows_of(&outage, StreamKey::root(3).number(replication), start, start + day)
            })
            .collect();
        for seconds in [0, 3_600, 43_200] {
            let at = start + SimSpan::from_seconds(seconds);
            let inside = |windows: &&Vec<(SimTime, SimTime)>| {
                windows.iter().any(|(from, to)| (*from..*to).contains(&at))
            };
            let share = windows.iter().filter(inside).count() as f64 / windows.len() as f64;
            let error = libm::sqrt(wanted * (1.0 - wanted) / windows.len() as f64);
            assert!((share - wanted).abs() < 4.3 * error, "{share} after {seconds} s, wanted {wanted}");
        }
    }
}
