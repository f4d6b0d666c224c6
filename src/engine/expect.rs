//! What a run will take, from means alone: operations, organizations, time, memory, output.
//!
//! Owns rough figures, right within a small factor, that keep nobody waiting for what never ends. Leaves what happens
//! under a policy aside: retries, purchases and refusals change little of it. Reads no usage history.

use crate::outcome::{AccountSample, FeatureTally, METRICS};
use crate::policy::{CycleRule, LimitOwner, Terms};
use crate::sampling::Dist;
use crate::scenario::{Cohort, Feature, Scenario};
use crate::units::{MICROS_PER_SECOND, SimSpan};
use crate::workload::{
    Amount, Arrivals, FeatureUse, Population, ScheduleTimes, SignUp, Step, StepKind, StepShape,
};

/// How a scenario is going to be run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Planned {
    /// At most this many organizations of each cohort.
    pub first: Option<u32>,
    /// Threads.
    pub threads: u32,
    /// A row for each organization.
    pub organization_rows: bool,
    /// A row for each cycle.
    pub cycle_rows: bool,
    /// A row for each meter of a limit.
    pub limit_rows: bool,
    /// A row for each operation.
    pub operation_rows: bool,
    /// A row for each entry of the journal.
    pub journal_rows: bool,
}

/// What a run is expected to take, all replications together.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Expected {
    /// Organizations, each once a replication.
    pub organizations: f64,
    /// Operations, each once whatever the number of policies.
    pub operations: f64,
    /// Operations, closes and recurring grants under every policy.
    pub events: f64,
    /// Time on the machine at hand (s).
    pub seconds: f64,
    /// Memory (bytes).
    pub memory: f64,
    /// Files (bytes).
    pub output: f64,
}

/// Beyond any of these a run is refused unless it is forced.
pub const MOST: Expected = Expected {
    organizations: 1e9,
    operations: 1e11,
    events: 1e12,
    seconds: 7.0 * 86_400.0,
    memory: 16e9,
    output: 200e9,
};

/// The same for scenarios that are somebody else's; nothing forces those.
pub const MOST_SANDBOXED: Expected =
    Expected { organizations: 1e8, operations: 1e8, events: 1e9, seconds: 600.0, memory: 1e9, output: 1e9 };

/// Measured on one core, rounded up: time for an operation drawn, an event under one policy, an organization begun.
const DRAW_S: f64 = 60e-9;
const EVENT_S: f64 = 150e-9;
const BEGIN_S: f64 = 3e-6;
/// Measured: memory for an outcome of a policy in a scope with its statistics, and for the program itself.
const CELL_BYTES: f64 = 3_000.0;
const BASE_BYTES: f64 = 40e6;
/// Bytes of a row of each file.
const ROW_BYTES: f64 = 200.0;
const ORGANIZATION_ROW_BYTES: f64 = 700.0;
/// Entries that an operation leaves in a journal.
const ENTRIES: f64 = 3.0;
/// Organizations that a thread keeps alive at once.
const ALIVE: f64 = 4.0;

/// What running `scenario` will take.
#[must_use]
pub fn expect(scenario: &Scenario, planned: Planned) -> Expected {
    // Few runs that stop by themselves take more.
    const USUAL_MOST: u32 = 100;
    let replications = f64::from(match (&scenario.until, &scenario.precision) {
        (Some(until), _) => until.most.min(USUAL_MOST.max(until.batch)),
        (None, Some(precision)) => precision.max_replications.min(USUAL_MOST),
        (None, None) => scenario.replications,
    });
    let policies = scenario.policies.len() as f64;
    let threads = f64::from(planned.threads.max(1));
    let (mut organizations, mut operations, mut periods) = (0.0, 0.0, 0.0);
    for cohort in scenario.cohorts.iter().filter(|cohort| cohort.history.is_none()) {
        let own =
            f64::from(planned.first.map_or(cohort.organizations, |first| first.min(cohort.organizations)));
        organizations += own;
        operations += own * operations_of(scenario, cohort);
        periods += own * periods_of(scenario, cohort);
    }
    let (organizations, operations) = (organizations * replications, operations * replications);
    let periods = periods * replications;
    let events = operations * policies + periods;
    let work = operations * DRAW_S + events * EVENT_S + organizations * policies * BEGIN_S;
    let rows = [
        (planned.organization_rows, organizations * policies * ORGANIZATION_ROW_BYTES),
        (planned.cycle_rows, periods * ROW_BYTES),
        (planned.limit_rows, organizations * meters(scenario) * ROW_BYTES),
        (planned.operation_rows, operations * policies * ROW_BYTES),
        (planned.journal_rows, (operations * policies * ENTRIES + periods) * ROW_BYTES),
    ];
    let cells = policies * scopes(scenario) * METRICS.len() as f64;
    let output =
        cells * ROW_BYTES + rows.iter().filter(|(wanted, _)| *wanted).map(|(_, bytes)| bytes).sum::<f64>();
    let memory = memory(scenario, cells, threads);
    Expected { organizations, operations, events, seconds: work / threads, memory, output }
}

impl Expected {
    /// True if it is more than `most` in any way; what is no number is.
    #[must_use]
    pub fn exceeds(&self, most: &Expected) -> bool {
        let within = |own: f64, most: f64| own <= most;
        !(within(self.organizations, most.organizations)
            && within(self.operations, most.operations)
            && within(self.events, most.events)
            && within(self.seconds, most.seconds)
            && within(self.memory, most.memory)
            && within(self.output, most.output))
    }
}

/// Limits of all policies, those of members as if each organization had ten.
fn meters(scenario: &Scenario) -> f64 {
    let limits =
        scenario.policies.iter().flat_map(|policy| policy.plans.first()).flat_map(|terms| &terms.limits);
    limits.map(|limit| if limit.per == LimitOwner::Organization { 1.0 } else { 10.0 }).sum()
}

fn scopes(scenario: &Scenario) -> f64 {
    (1 + scenario.cohorts.len() + scenario.features.len()) as f64
}

fn memory(scenario: &Scenario, cells: f64, threads: f64) -> f64 {
    let (policies, features) = (scenario.policies.len() as f64, scenario.features.len() as f64);
    let instants = f64::from(scenario.timeline_instants);
    let sampled = instants * size_of::<AccountSample>() as f64;
    let account = features * size_of::<FeatureTally>() as f64 + sampled;
    let outcome = policies * (features + scenario.cohorts.len() as f64 + 1.0) * (1_000.0 + 2.0 * sampled);
    let terms: usize =
        scenario.policies.iter().flat_map(|policy| &policy.plans).map(|plan| plan.features.len()).sum();
    let uses: f64 = scenario.cohorts.len() as f64 * features * size_of::<FeatureUse>() as f64;
    BASE_BYTES
        + cells * CELL_BYTES
        + threads * (ALIVE * policies * account + 2.0 * outcome)
        + terms as f64 * 200.0
        + uses
}

/// Seconds of the horizon that an organization of a cohort is there, on average.
fn presence(scenario: &Scenario, population: &Population) -> f64 {
    let whole = (scenario.end - scenario.start).as_seconds_f64();
    let from = |offset: f64| (whole - offset.max(0.0)).max(0.0);
    let average = |offsets: &[f64]| {
        offsets.iter().map(|offset| from(*offset)).sum::<f64>() / offsets.len().max(1) as f64
    };
    let there = match &population.signed_up {
        SignUp::AtStart | SignUp::AtFirstUse | SignUp::Before(_) => whole,
        SignUp::During(span) if span.is_zero() => whole,
        SignUp::During(span) => {
            let span = span.as_seconds_f64();
            let come = whole.min(span);
            (whole * come - come * come / 2.0) / span
        }
        SignUp::At(at) => from((*at - scenario.start).as_seconds_f64()),
        SignUp::After(offset) => from(offset.mean()),
        SignUp::Dealt(offsets) => average(offsets),
    };
    let life = match &population.lifetime {
        _ if !population.lifetimes.is_empty() => {
            population.lifetimes.iter().sum::<f64>() / population.lifetimes.len() as f64
        }
        Some(lifetime) => lifetime.mean(),
        None => f64::INFINITY,
    };
    let active = match &population.active {
        _ if !population.actives.is_empty() => {
            population.actives.iter().sum::<f64>() / population.actives.len() as f64
        }
        Some(active) => active.mean(),
        None => f64::INFINITY,
    };
    let later = match &population.active_from {
        _ if !population.actives_from.is_empty() => {
            population.actives_from.iter().sum::<f64>() / population.actives_from.len() as f64
        }
        Some(from) => from.mean(),
        None => 0.0,
    };
    (there.min(life) - later).max(0.0).min(active)
}

/// Operations of one organization in one replication.
fn operations_of(scenario: &Scenario, cohort: &Cohort) -> f64 {
    let seconds = presence(scenario, &cohort.population);
    let activity = cohort.population.activity.mean();
    let of_feature = |(index, feature): (usize, &Feature)| {
        let listed = cohort.operations.iter().filter(|operation| operation.feature.index() == index).count();
        if listed > 0 {
            return listed as f64;
        }
        let factor = cohort.population.features.get(index).map_or(1.0, |used| match &*used.dealt {
            [] => used.share.get() * used.factor.mean(),
            dealt => dealt.iter().sum::<f64>() / dealt.len() as f64,
        });
        let varied = feature.demand.variation.activity.mean();
        arrivals(feature, seconds, activity * factor * varied)
    };
    scenario.features.iter().enumerate().map(of_feature).sum()
}

/// Operations of a feature in so many seconds, its rate times `factor`.
fn arrivals(feature: &Feature, seconds: f64, factor: f64) -> f64 {
    match &feature.demand.arrivals {
        Arrivals::None => 0.0,
        Arrivals::Poisson { rate }
        | Arrivals::Gamma { rate, .. }
        | Arrivals::Weibull { rate, .. }
        | Arrivals::Exact { rate, .. }
        | Arrivals::Hawkes { rate, .. } => rate * factor * seconds,
        Arrivals::Mmpp { rates: [a, b], sojourns: [stay, other] } => {
            (a * stay + b * other) / (stay + other) * factor * seconds
        }
        Arrivals::Sessions { rate, calls, .. } => rate * calls.mean().max(1.0) * factor * seconds,
        Arrivals::Schedule(schedule) => {
            let every = match &schedule.when {
                ScheduleTimes::Every(span) => span.as_seconds_f64(),
                // Most cron lines mean a time of the day; the most frequent mean every minute.
                ScheduleTimes::Cron(_) => 3_600.0,
            };
            seconds / every * (schedule.count.mean() * factor).min(1e6)
        }
        Arrivals::ClosedLoop { clients, think, calls, .. } => {
            // Time is counted in microseconds, so a loop without any pause makes a million turns a second.
            let turn =
                (think.mean() / factor.max(1e-12) + duration(feature)).max(1.0 / MICROS_PER_SECOND as f64);
            let turns = seconds / turn;
            clients.mean() * calls.as_ref().map_or(turns, |calls| turns.min(calls.mean()))
        }
    }
}

/// Mean work time of an operation (s), as far as it is no formula.
fn duration(feature: &Feature) -> f64 {
    match &feature.demand.work.shape {
        StepShape::Simple { duration, .. } => drawn(duration),
        StepShape::Run(steps) => steps.iter().map(step_duration).sum(),
    }
}

fn step_duration(step: &Step) -> f64 {
    let once = match &step.kind {
        StepKind::Work { duration, .. } | StepKind::Helper { duration } => drawn(duration),
        StepKind::Review { probability, wait, .. } => probability.get() * wait.mean(),
        StepKind::Group(steps) => steps.iter().map(step_duration).sum(),
    };
    once * step.repeat.mean()
}

/// A formula's mean is not known; it takes some time.
fn drawn(amount: &Amount) -> f64 {
    match amount {
        Amount::Drawn(dist) => Dist::mean(dist),
        Amount::Formula(_) => 1.0,
    }
}

/// Closes, recurring grants and regular purchases of one organization under all policies.
fn periods_of(scenario: &Scenario, cohort: &Cohort) -> f64 {
    let seconds = presence(scenario, &cohort.population);
    let often = |every: SimSpan| seconds / every.as_seconds_f64().max(1.0 / MICROS_PER_SECOND as f64);
    let of_terms = |terms: &Terms| {
        let CycleRule { every, .. } = &terms.cycle;
        let grants = terms.grants.iter().chain(&cohort.customers.grants);
        let again: f64 = grants
            .filter_map(|grant| grant.recurrence.as_ref())
            .map(|again| often(again.every.about()))
            .sum();
        let bought = terms.buyer.iter().filter_map(|buyer| buyer.every).map(often).sum::<f64>();
        let own = cohort.customers.buyer.iter().filter_map(|buyer| buyer.every).map(often).sum::<f64>();
        often(every.about()) + again + bought + own
    };
    let of_policy = |plans: &[Terms]| plans.iter().map(of_terms).fold(0.0, f64::max);
    scenario.policies.iter().map(|policy| of_policy(&policy.plans)).sum()
}
