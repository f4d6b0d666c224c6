//! The compiled source of one feature's operations, shared by every organization.
//!
//! Owns the order of draws of an operation and the state that travels with a batch. Invariant: batches of any size
//! give the same operations.

use std::sync::{Arc, OnceLock};

use crate::calendar::Zone;
use crate::sampling::{Purpose, Rng, StreamKey, standard_normal, uniform};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

use super::arrivals::{Clock, ClockPlan, ClockTraits};
use super::demand::{Arrivals, Demand, Drift, Listed, Shape, Variation};
use super::failure::{FailurePlan, FailureState};
use super::history::{CostSketch, HistoryOrganization, PreparedHistory, ReplayRows};
use super::operation::{Batch, Fate, Operation, Part};
use super::plan::{Values, WorkPlan, WorkStreams, credits, span};
use super::profile::Profile;
use super::run::{RunDraw, Strike};
use super::traits::{OwnDemand, Population, Traits};

/// What a source is compiled from.
#[derive(Debug, Clone, Copy)]
pub struct SourceSpec<'a> {
    /// The feature.
    pub feature: FeatureIndex,
    /// Its name (streams are keyed by it).
    pub name: &'a str,
    /// Free features cost nothing, whatever their demand says.
    pub free: bool,
    /// Its demand.
    pub demand: &'a Demand,
    /// Seed of the run (estimates over the population are keyed by it).
    pub seed: u64,
    /// Start of the horizon.
    pub start: SimTime,
    /// End of the horizon.
    pub end: SimTime,
    /// Zone of profiles and schedules.
    pub zone: &'a Zone,
    /// The cohorts in file order.
    pub populations: &'a [Population],
    /// Per cohort in file order: operations written down, which replace the arrivals (missing cohorts have none).
    pub listed: &'a [Option<Vec<Listed>>],
    /// Whether any policy blurs estimates; the normals are a stream of their own, so leaving them out moves nothing.
    pub blurred: bool,
}

/// The compiled source of one feature's operations.
#[derive(Debug)]
pub struct Source {
    feature: FeatureIndex,
    name: String,
    seed: u64,
    start: SimTime,
    end: SimTime,
    pub(super) arrivals: Arrivals,
    clock: ClockPlan,
    pub(super) work: Arc<WorkPlan>,
    failures: FailurePlan,
    variation: Variation,
    /// Weights of the hours, per cohort.
    profiles: Vec<Option<Profile>>,
    /// What cohorts say differently.
    own: Vec<CohortDemand>,
    /// Operations written down, per cohort, in order of time.
    listed: Vec<Option<Arc<[Listed]>>>,
    /// Costs of a history that feeds this feature.
    pub(super) history: Option<CostSketch>,
    /// Whether operations carry a normal for blurred estimates.
    blurred: bool,
    /// Sorted costs drawn over the population, made on first use.
    pub(super) estimates: OnceLock<Vec<Credits>>,
}

/// What a cohort says differently about a feature's demand, compiled; its profile stands with the others.
#[derive(Debug)]
struct CohortDemand {
    drift: Option<Drift>,
    cv: Option<f64>,
    /// With the cohort's quantities, if it names any.
    work: Option<Arc<WorkPlan>>,
}

impl CohortDemand {
    fn new(demand: &Demand, own: OwnDemand, free: bool) -> Self {
        let work = (!own.quantities.is_empty()).then(|| {
            let mut work = demand.work.clone();
            for quantity in &mut work.quantities {
                if let Some((_, dist)) = own.quantities.iter().find(|(name, _)| *name == quantity.name) {
                    quantity.dist = dist.clone();
                }
            }
            WorkPlan::new(&work, free)
        });
        CohortDemand { drift: own.drift, cv: own.cv, work }
    }
}

/// The generator's state for one (organization, feature); travels with the recycled batch.
#[derive(Debug)]
pub struct SourceState(Box<State>);

#[derive(Debug)]
struct State {
    supply: Supply,
    work: Arc<WorkPlan>,
    failure: FailureState,
    gap: Rng,
    streams: WorkStreams,
    people: People,
    blur: Rng,
    values: Values,
    sequence: u32,
}

impl State {
    #[inline]
    fn next_sequence(&mut self) -> u32 {
        let sequence = self.sequence;
        self.sequence += 1;
        sequence
    }
}

/// Where an organization's operations come from.
#[derive(Debug)]
enum Supply {
    Drawn(Clock),
    Listed { next: usize, until: SimTime, rows: Arc<[Listed]> },
    Replay(ReplayRows),
}

/// Draws who asks, and for which project.
#[derive(Debug)]
struct People {
    members: Box<[f64]>,
    projects: Box<[f64]>,
    member: Rng,
    project: Rng,
}

impl Source {
    /// Compiles a feature's demand.
    #[must_use]
    pub fn new(spec: &SourceSpec<'_>) -> Source {
        let demand = spec.demand;
        let own = |population: &Population| {
            population
                .features
                .get(spec.feature.index())
                .map_or_else(OwnDemand::default, |used| used.own.clone())
        };
        let profile = |population: &Population| {
            let cohorts = || population.profile.clone();
            own(population).profile.or_else(|| demand.profile.clone()).or_else(cohorts)
        };
        let profiles: Vec<Option<Profile>> = spec
            .populations
            .iter()
            .map(|population| profile(population).filter(|profile| !profile.is_flat()))
            .collect();
        let profiled = profiles.iter().any(Option::is_some);
        let sorted = |rows: &Option<Vec<Listed>>| {
            rows.as_ref().map(|rows| {
                let mut rows = rows.clone();
                rows.retain(|row| row.at >= spec.start && row.at < spec.end);
                rows.sort_by_key(|row| row.at);
                Arc::from(rows)
            })
        };
        Source {
            feature: spec.feature,
            name: spec.name.to_owned(),
            seed: spec.seed,
            start: spec.start,
            end: spec.end,
            arrivals: demand.arrivals.clone(),
            clock: ClockPlan::new(demand, profiled, spec.zone, spec.start, spec.end),
            work: WorkPlan::new(&demand.work, spec.free),
            failures: FailurePlan::new(&demand.failures, demand.cancels),
            variation: demand.variation.clone(),
            profiles,
            own: spec
                .populations
                .iter()
                .map(|population| CohortDemand::new(demand, own(population), spec.free))
                .collect(),
            listed: spec.listed.iter().map(sorted).collect(),
            history: None,
            estimates: OnceLock::new(),
            blurred: spec.blurred,
        }
    }

    /// Lets estimates over the population follow the costs of a history that feeds this feature.
    pub fn set_history(&mut self, costs: CostSketch) {
        self.history = Some(costs);
    }

    /// The state before the first arrival. `key` is the organization's key.
    #[must_use]
    pub fn begin(&self, key: StreamKey, traits: &Traits) -> SourceState {
        let listed = self.listed.get(traits.id.cohort.index()).and_then(Option::as_ref);
        self.begin_with(key, traits, |drawn| match listed {
            Some(rows) => {
                let from = traits.signed_up;
                let next = rows.partition_point(|row| row.at < from);
                Supply::Listed { next, until: traits.leaves, rows: Arc::clone(rows) }
            }
            None => Supply::Drawn(drawn()),
        })
    }

    /// The state of an organization of a history: rows of this feature if the history feeds it, else drawn arrivals.
    #[must_use]
    pub fn begin_history(
        &self,
        key: StreamKey,
        traits: &Traits,
        history: &PreparedHistory,
        organization: &HistoryOrganization,
    ) -> SourceState {
        if history.feeds(self.feature) {
            self.begin_replay(key, traits, organization.rows(self.feature, key))
        } else {
            self.begin(key, traits)
        }
    }

    /// The state before the first row of an organization's history.
    #[must_use]
    pub fn begin_replay(&self, key: StreamKey, traits: &Traits, rows: ReplayRows) -> SourceState {
        self.begin_with(key, traits, |_| Supply::Replay(rows))
    }

    fn begin_with(
        &self,
        key: StreamKey,
        traits: &Traits,
        supply: impl FnOnce(&mut dyn FnMut() -> Clock) -> Supply,
    ) -> SourceState {
        let key = key.name(&self.name);
        let mut own = key.stream(Purpose::FeatureTraits);
        let factor = self.draw_factor(traits, &mut own);
        let profile = self.draw_profile(traits, &mut own);
        let failure = self.failures.begin(&mut own);
        let cohort = self.own.get(traits.id.cohort.index());
        let work = self.work_of(cohort).for_organization(&mut own);
        let mut gap = key.stream(Purpose::Gap);
        let offset = |at: SimTime| (at - self.start).micros() as f64;
        let supply = supply(&mut || {
            self.clock.begin(ClockTraits {
                factor,
                profile: profile.clone(),
                drift: cohort.and_then(|cohort| cohort.drift),
                cv: cohort.and_then(|cohort| cohort.cv),
                from: offset(traits.signed_up.max(self.start)),
                until: offset(traits.leaves.min(self.end)),
                traits: &mut own,
                gap: &mut gap,
                modulation: key.stream(Purpose::Modulation),
            })
        });
        SourceState(Box::new(State {
            supply,
            work,
            failure,
            gap,
            streams: WorkStreams::new(key),
            people: People::new(key, traits),
            blur: key.stream(Purpose::Blur),
            values: Values::default(),
            sequence: 0,
        }))
    }

    /// The work of a cohort's operations.
    fn work_of<'a>(&'a self, cohort: Option<&'a CohortDemand>) -> &'a Arc<WorkPlan> {
        cohort.and_then(|cohort| cohort.work.as_ref()).unwrap_or(&self.work)
    }

    /// What multiplies the rate of an organization; 0 if it does not have the feature.
    fn draw_factor(&self, traits: &Traits, own: &mut Rng) -> f64 {
        let index = self.feature.index();
        let varied = self.variation.activity.sample(own).max(0.0);
        let enabled = traits.enabled.get(index).copied().unwrap_or(true);
        let factor = traits.factors.get(index).copied().unwrap_or(1.0);
        if enabled { traits.activity * factor * varied } else { 0.0 }
    }

    fn draw_profile(&self, traits: &Traits, own: &mut Rng) -> Option<Profile> {
        let phase = traits.phase + self.variation.phase.sample(own);
        let stretch = self.variation.stretch.as_ref().map_or(1.0, |stretch| stretch.sample(own).max(0.0));
        let profile = self.profiles.get(traits.id.cohort.index())?.as_ref()?;
        if phase == 0.0 && stretch == 1.0 {
            Some(profile.clone())
        } else {
            Some(profile.personal(phase, stretch))
        }
    }

    /// Empties `batch` and extends it.
    ///
    /// # Errors
    /// As [`Source::extend`].
    pub fn fill(
        &self,
        state: &mut SourceState,
        batch: &mut Batch,
        limit: usize,
    ) -> Result<(), std::io::Error> {
        batch.clear();
        self.extend(state, batch, limit)
    }

    /// Appends up to `limit` arrivals in order to `batch`; at least one, or sets `batch.upto` to the end.
    ///
    /// # Errors
    /// Only the replay of a history can fail, when its partition on disk cannot be read.
    pub fn extend(
        &self,
        state: &mut SourceState,
        batch: &mut Batch,
        limit: usize,
    ) -> Result<(), std::io::Error> {
        let state = &mut *state.0;
        let limit = batch.operations.len() + limit;
        while batch.operations.len() < limit {
            let more = match &mut state.supply {
                Supply::Drawn(clock)
                    if clock.is_deaf() && self.failures.is_never() && state.work.columns().is_some() =>
                {
                    self.push_columns(state, batch, limit)
                }
                Supply::Drawn(_) => self.push_drawn(state, batch),
                Supply::Listed { .. } => self.push_listed(state, batch),
                Supply::Replay(_) => self.push_replayed(state, batch)?,
            };
            if !more {
                batch.upto = self.end;
                return Ok(());
            }
        }
        if let Some(last) = batch.operations.last() {
            batch.upto = last.at;
        }
        Ok(())
    }

    /// Each of these appends the next operation, or says that there is none. Operations are built where they stand:
    /// copies of them would cost as much as their draws.
    #[inline]
    fn push_drawn(&self, state: &mut State, batch: &mut Batch) -> bool {
        let Supply::Drawn(clock) = &mut state.supply else { return false };
        let Some(at) = clock.next(&self.clock, &mut state.gap) else { return false };
        let drawn = self.draw_work(
            &state.work,
            &mut state.failure,
            &mut state.streams,
            &mut state.values,
            &mut batch.parts,
        );
        let failed_simple = drawn.part_count == 0 && drawn.fate != Fate::Completes;
        let ends = if failed_simple { drawn.ends_after } else { drawn.duration };
        clock.served(at, ends.micros(), &mut state.gap);
        let (member, project) = state.people.draw();
        batch.operations.push(Operation {
            at: self.start + SimSpan::from_micros(at),
            feature: self.feature,
            sequence: state.next_sequence(),
            member,
            project,
            blur: self.blur(&mut state.blur),
            ..drawn
        });
        true
    }

    /// Appends up to `limit` operations that are nothing but an arrival, a cost and a duration: each is drawn for many
    /// operations at once, which their streams cannot tell.
    fn push_columns(&self, state: &mut State, batch: &mut Batch, limit: usize) -> bool {
        const COLUMN: usize = 64;
        let (mut at, mut cost, mut duration) = ([0; COLUMN], [0.0; COLUMN], [0.0; COLUMN]);
        let (Supply::Drawn(clock), Some((costs, durations))) = (&mut state.supply, state.work.columns())
        else {
            return false;
        };
        let wanted = COLUMN.min(limit - batch.operations.len());
        let count = clock.next_each(&self.clock, &mut state.gap, &mut at[..wanted]);
        if !state.work.free {
            costs.sample_each(&mut state.streams.cost, &mut cost[..count]);
        }
        durations.sample_each(&mut state.streams.duration, &mut duration[..count]);
        let (first, sequence) = (batch.operations.len(), state.sequence);
        let columns = at[..count].iter().zip(&cost).zip(&duration).zip(sequence..);
        batch.operations.extend(columns.map(|(((&at, &cost), &duration), sequence)| Operation {
            at: self.start + SimSpan::from_micros(at),
            cost: credits(cost),
            duration: span(duration),
            sequence,
            feature: self.feature,
            ..Operation::default()
        }));
        state.sequence += count as u32;
        if !state.people.is_one() || self.blurred {
            for operation in &mut batch.operations[first..] {
                (operation.member, operation.project) = state.people.draw();
                operation.blur = self.blur(&mut state.blur);
            }
        }
        count == wanted
    }

    fn push_listed(&self, state: &mut State, batch: &mut Batch) -> bool {
        let Supply::Listed { next, until, rows } = &mut state.supply else { return false };
        let Some(row) = rows.get(*next).copied().filter(|row| row.at < *until) else { return false };
        *next += 1;
        let cost = if self.work.free { Credits::ZERO } else { row.credits };
        let operation = Operation { at: row.at, cost, duration: row.duration, ..Operation::default() };
        batch.operations.push(self.signed(state, operation));
        true
    }

    fn push_replayed(&self, state: &mut State, batch: &mut Batch) -> Result<bool, std::io::Error> {
        let Supply::Replay(rows) = &mut state.supply else { return Ok(false) };
        let (draws_work, names_members) = (rows.draws_work(), rows.names_members());
        let Some(row) = rows.next_row()? else { return Ok(false) };
        let mut operation = row;
        if draws_work {
            let (failure, streams, values) = (&mut state.failure, &mut state.streams, &mut state.values);
            let drawn = self.draw_work(&state.work, failure, streams, values, &mut batch.parts);
            operation = Operation { at: row.at, ..drawn };
        }
        if self.work.free {
            operation.cost = Credits::ZERO;
        }
        let mut operation = self.signed(state, operation);
        if names_members {
            operation.member = row.member;
        }
        batch.operations.push(operation);
        Ok(true)
    }

    /// One standard normal, if some estimate is blurred.
    #[inline]
    fn blur(&self, stream: &mut Rng) -> f32 {
        if self.blurred { standard_normal(stream) as f32 } else { 0.0 }
    }

    /// The operation with feature, number, people and blur.
    fn signed(&self, state: &mut State, operation: Operation) -> Operation {
        let (member, project) = state.people.draw();
        Operation {
            feature: self.feature,
            sequence: state.next_sequence(),
            member,
            project,
            blur: self.blur(&mut state.blur),
            ..operation
        }
    }

    /// Draws what an operation consists of and how it ends.
    #[inline(always)]
    fn draw_work(
        &self,
        work: &WorkPlan,
        failure: &mut FailureState,
        streams: &mut WorkStreams,
        values: &mut Values,
        parts: &mut Vec<Part>,
    ) -> Operation {
        let first = parts.len();
        let mut operation = Operation::default();
        let mut strike = None;
        match &work.shape {
            Shape::Simple { cost, duration } => {
                (operation.cost, operation.duration) = work.draw_simple(cost, duration, streams, values);
            }
            Shape::Run(steps) => {
                strike = RunDraw::draw(work, steps, streams, values, parts);
                operation.part_start = first as u32;
                operation.part_count = (parts.len() - first) as u16;
                operation.cost = parts[first..].iter().map(|part| part.cost).sum();
                operation.duration = total(&parts[first..]);
            }
        }
        if !self.failures.is_never() {
            let rng = &mut streams.failure;
            strike = self.failures.strike(failure, strike, &parts[first..], operation.duration, rng);
        }
        if let Some(strike) = strike {
            apply(&mut operation, strike, &parts[first..]);
        }
        operation
    }

    /// Cost and duration of one operation of this feature that stands in for another feature's.
    #[must_use]
    pub fn substitute(&self, rng: &mut Rng) -> (Credits, SimSpan) {
        let operation = self.draw_over_population(rng);
        (operation.cost, operation.duration)
    }

    /// One operation of an organization drawn anew; neither fails nor is cancelled.
    pub(super) fn draw_over_population(&self, rng: &mut Rng) -> Operation {
        let work = self.work.for_organization(rng);
        let mut streams = WorkStreams::split(rng);
        let (mut values, mut parts) = (Values::default(), Vec::new());
        let mut operation = Operation::default();
        match &work.shape {
            Shape::Simple { cost, duration } => {
                (operation.cost, operation.duration) =
                    work.draw_simple(cost, duration, &mut streams, &mut values);
            }
            Shape::Run(steps) => {
                let _ = RunDraw::draw(&work, steps, &mut streams, &mut values, &mut parts);
                operation.cost = parts.iter().map(|part| part.cost).sum();
                operation.duration = total(&parts);
            }
        }
        operation
    }

    /// Number of reactive closed-loop clients an organization has of this feature; 0 if it is not reactive.
    #[must_use]
    pub fn reactive_clients(&self, key: StreamKey, traits: &Traits) -> u32 {
        let Arrivals::ClosedLoop { clients, reactive: true, .. } = &self.arrivals else { return 0 };
        let key = key.name(&self.name);
        if self.draw_factor(traits, &mut key.stream(Purpose::FeatureTraits)) <= 0.0 {
            return 0;
        }
        super::arrivals::clients_of(clients, &mut key.name("clients").stream(Purpose::FeatureTraits))
    }

    /// The `number`-th operation of a reactive client: think time before it, the operation (arrival unset), and its
    /// parts appended to `parts`; `None` when the client is done. Keyed by (organization, feature, client, number).
    ///
    /// Failures cluster along each client's operations: theirs is the only order that every policy shares.
    #[must_use]
    pub fn client_operation(
        &self,
        key: StreamKey,
        traits: &Traits,
        client: u32,
        number: u32,
        parts: &mut Vec<Part>,
    ) -> Option<(SimSpan, Operation)> {
        let Arrivals::ClosedLoop { think, calls, reactive: true, .. } = &self.arrivals else { return None };
        let key = key.name(&self.name);
        let mut own = key.stream(Purpose::FeatureTraits);
        let factor = self.draw_factor(traits, &mut own);
        let first = self.failures.begin(&mut own);
        let work = self.work_of(self.own.get(traits.id.cohort.index())).for_organization(&mut own);
        let think = think.for_organization(&mut own);
        if let Some(calls) = calls {
            let mut rng = key.keyed(Purpose::Client, u64::from(client), u64::MAX);
            if number >= super::arrivals::count_of(calls.sample(&mut rng)) {
                return None;
            }
        }
        let mut rng = key.keyed(Purpose::Client, u64::from(client), u64::from(number));
        let mut seconds = think.sample(&mut rng).max(0.0) / factor.max(1e-12);
        if number == 0 {
            // Clients begin somewhere in their think time, not all at once.
            seconds *= uniform(&mut rng);
        }
        let mut streams = WorkStreams::split(&mut rng);
        let mut failure = self.failures.nth_of_chain(first, number, |number| {
            // Two numbers an operation: its own and the one before the first.
            key.uniform(Purpose::Failure, u64::from(client), number.map_or(0, |number| u64::from(number) + 1))
        });
        let mut operation = self.draw_work(&work, &mut failure, &mut streams, &mut Values::default(), parts);
        operation.feature = self.feature;
        operation.blur = standard_normal(&mut rng) as f32;
        (operation.member, operation.project) =
            (pick(&shares_of(traits).0, &mut rng), pick(&shares_of(traits).1, &mut rng));
        Some((span(seconds), operation))
    }

    /// The key of estimates over the population.
    pub(super) fn estimate_key(&self) -> StreamKey {
        StreamKey::root(self.seed).name(&self.name).name("estimate")
    }
}

/// Sum of the durations of parts.
fn total(parts: &[Part]) -> SimSpan {
    parts.iter().fold(SimSpan::ZERO, |sum, part| sum + part.duration)
}

/// Ends an operation where it was struck.
fn apply(operation: &mut Operation, strike: Strike, parts: &[Part]) {
    operation.fate = strike.fate;
    operation.ends_in_part = strike.part as u16;
    operation.ends_after = strike.after;
    // A simple operation keeps its full duration, so that what was done of it can be told pro rata.
    if !parts.is_empty() {
        operation.duration = total(&parts[..strike.part.min(parts.len())]) + strike.after;
    }
    debug_assert_ne!(strike.fate, Fate::Completes, "a strike ends an operation");
}

/// Cumulative shares of members and projects.
fn shares_of(traits: &Traits) -> (Box<[f64]>, Box<[f64]>) {
    let members = traits.members.iter().map(|member| member.cumulative_share).collect();
    (members, traits.project_shares.iter().copied().collect())
}

/// Index of a share; draws nothing if there is only one.
#[inline]
fn pick(cumulative: &[f64], rng: &mut Rng) -> u16 {
    if cumulative.len() < 2 {
        return 0;
    }
    let point = uniform(rng);
    cumulative.partition_point(|share| *share <= point).min(cumulative.len() - 1) as u16
}

impl People {
    fn new(key: StreamKey, traits: &Traits) -> Self {
        let (members, projects) = shares_of(traits);
        People {
            members,
            projects,
            member: key.stream(Purpose::Member),
            project: key.name("project").stream(Purpose::Member),
        }
    }

    /// True if nothing has to be drawn: there is one member at most, and one project.
    fn is_one(&self) -> bool {
        self.members.len() < 2 && self.projects.len() < 2
    }

    #[inline]
    fn draw(&mut self) -> (u16, u16) {
        (pick(&self.members, &mut self.member), pick(&self.projects, &mut self.project))
    }
}
