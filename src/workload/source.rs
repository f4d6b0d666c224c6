//! The compiled source of one feature's operations, shared by every organization.
//!
//! Owns what a scenario says about it, cohort by cohort, and how an organization begins. Leaves drawing to `supply`.
//! Invariant: nothing of it changes during a run.

use std::sync::{Arc, OnceLock};

use crate::calendar::Zone;
use crate::sampling::{Dist, Draws as _, Purpose, StreamKey, TraitPoint, standard_normal, uniform};
use crate::units::{Credits, FeatureIndex, NO_MEMBER, SimSpan, SimTime};

use super::arrivals::{Clock, ClockPlan, ClockTraits};
use super::cuts::{Counters, Cuts};
use super::demand::{Arrivals, Demand, Drift, Listed, StepShape, Variation};
use super::failure::{FailurePlan, FailureState};
use super::gauge::Gauge;
use super::history::{CostSketch, HistoryOrganization, PreparedHistory, ReplayRows};
use super::operation::{Batch, Operation};
use super::own::{DemandAsker, DemandSource, OwnOperations};
use super::plan::{QuantityValues, WorkPlan, WorkStreams, span};
use super::profile::Profile;
use super::rates::FeatureRates;
use super::seats::Askers;
use super::stretch::{DRAWN, DurationLaw, first_of_client};
use super::supply::{ListedRows, People, SourceState, Supply, SupplyState, pick, shares_of};
use super::traits::{OwnDemand, Population, Traits};

/// What a reactive client draws once, keyed as if by the number of an operation that it never makes.
const NUMBER_OF_CALLS: u64 = u64::MAX;
/// As [`NUMBER_OF_CALLS`].
const FIRST_REQUEST: u64 = u64::MAX - 1;

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
    /// Names of the quantities that operations keep, those of the demand or those that are written down; none if nobody
    /// reads them.
    pub kept: &'a [String],
    /// What prices its operations besides its own `cost`.
    pub rates: &'a Arc<FeatureRates>,
    /// Whether any policy blurs estimates; the normals are a stream of their own, so leaving them out moves nothing.
    pub blurred: bool,
}

/// The compiled source of one feature's operations.
#[derive(Debug)]
pub struct Source {
    pub(super) feature: FeatureIndex,
    name: String,
    seed: u64,
    pub(super) start: SimTime,
    pub(super) end: SimTime,
    pub(super) arrivals: Arrivals,
    pub(super) clock: ClockPlan,
    pub(super) work: Arc<WorkPlan>,
    pub(super) failures: FailurePlan,
    variation: Variation,
    /// Weights of the hours, per cohort.
    profiles: Vec<Option<Profile>>,
    /// What cohorts say differently.
    own: Vec<CohortDemand>,
    /// Operations written down, per cohort, in order of time.
    listed: Vec<Option<Arc<[Listed]>>>,
    /// The user's own source in the place of arrivals, rows and what is written down.
    given: Option<Arc<dyn DemandSource>>,
    /// Costs of a history that feeds this feature: by its own rate, then by every other; empty without one.
    pub(super) history: Vec<CostSketch>,
    /// Names of the quantities that operations keep.
    pub(super) kept: Vec<String>,
    /// Names of the quantities that its work draws.
    pub(super) declared: Vec<String>,
    /// What prices operations besides the feature's own `cost`.
    pub(super) rates: Arc<FeatureRates>,
    /// Whether operations carry a normal for blurred estimates.
    pub(super) blurred: bool,
    /// Its operations have no member.
    pub(super) by_nobody: bool,
    /// Sorted costs drawn over the population, made on first use: by the feature's own rate, then by every other.
    pub(super) estimates: OnceLock<Vec<Vec<Credits>>>,
    /// Draws that met a bound.
    pub(super) cuts: Counters,
}

/// What a cohort says differently about a feature's demand, compiled; its profile stands with the others.
#[derive(Debug)]
struct CohortDemand {
    drift: Option<Drift>,
    cv: Option<f64>,
    calls: Option<Dist>,
    /// With the cohort's quantities, dealt by number; empty if it names none.
    work: Vec<Arc<WorkPlan>>,
}

impl CohortDemand {
    fn new(demand: &Demand, own: OwnDemand, free: bool, rates: &Arc<FeatureRates>) -> Self {
        let dealt = |number: usize| {
            let mut work = demand.work.clone();
            for quantity in &mut work.quantities {
                if let Some((_, dists)) = own.quantities.iter().find(|(name, _)| *name == quantity.name) {
                    quantity.dist = dists[number % dists.len()].clone();
                }
            }
            WorkPlan::new(&work, free, rates)
        };
        let count = own.quantities.iter().map(|(_, dists)| dists.len()).max().unwrap_or(0);
        let work = (0..count).map(dealt).collect();
        CohortDemand { drift: own.drift, cv: own.cv, calls: own.calls, work }
    }
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
            work: WorkPlan::new(&demand.work, spec.free, spec.rates),
            failures: FailurePlan::new(&demand.failures, demand.cancels),
            variation: demand.variation.clone(),
            profiles,
            own: spec
                .populations
                .iter()
                .map(|population| CohortDemand::new(demand, own(population), spec.free, spec.rates))
                .collect(),
            listed: spec.listed.iter().map(sorted).collect(),
            given: None,
            history: Vec::new(),
            estimates: OnceLock::new(),
            cuts: Counters::default(),
            kept: spec.kept.to_vec(),
            declared: demand.work.quantities.iter().map(|quantity| quantity.name.clone()).collect(),
            rates: Arc::clone(spec.rates),
            blurred: spec.blurred,
            by_nobody: demand.by_nobody,
        }
    }

    /// Names of the quantities that its operations keep.
    #[must_use]
    pub fn kept(&self) -> &[String] {
        &self.kept
    }

    /// Rates that price its operations besides its own.
    #[must_use]
    pub fn rates(&self) -> usize {
        self.rates.len()
    }

    /// Its name.
    pub(super) fn name(&self) -> &str {
        &self.name
    }

    /// Draws so far that met a bound.
    #[must_use]
    pub fn cuts(&self) -> Cuts {
        self.cuts.read()
    }

    /// Lets estimates over the population follow the costs of a history that feeds this feature.
    pub fn set_history(&mut self, costs: Vec<CostSketch>) {
        self.history = costs;
    }

    /// Puts the user's own source in the place of everything that the scenario says about who asks for what.
    pub fn set_demand(&mut self, source: Arc<dyn DemandSource>) {
        self.given = Some(source);
    }

    /// The state before the first operation of the user's own source.
    fn begin_given(&self, traits: &Traits, source: &dyn DemandSource) -> SourceState {
        let asker = DemandAsker {
            organization: traits.id,
            feature: &self.name,
            from: traits.signed_up.max(traits.asks_from).max(self.start),
            until: traits.leaves.min(traits.quiet).min(self.end),
            activity: self.draw_factor(traits, traits.point.within(&self.name)),
            members: traits.members.len() as u16,
        };
        let draws = traits.point.key().name(&self.name).stream(Purpose::Own);
        self.begin_with(traits, |_, _| Supply::Own(OwnOperations::begin(source, &asker, draws)))
    }

    /// The state before the first arrival.
    #[must_use]
    pub fn begin(&self, traits: &Traits) -> SourceState {
        if let Some(source) = &self.given {
            return self.begin_given(traits, source.as_ref());
        }
        let listed = self.listed.get(traits.id.cohort.index()).and_then(Option::as_ref);
        self.begin_with(traits, |first, drawn| match listed {
            Some(rows) => {
                let from = traits.signed_up;
                let next = rows.partition_point(|row| row.at < from);
                let key = traits.point.key().name(&self.name);
                let (until, rows) = (traits.leaves, Arc::clone(rows));
                Supply::Listed(ListedRows { next, until, rows, key, first })
            }
            None => Supply::Drawn(drawn()),
        })
    }

    /// The state of an organization of a history: rows of this feature if the history feeds it, else drawn arrivals.
    #[must_use]
    pub fn begin_history(
        &self,
        traits: &Traits,
        history: &PreparedHistory,
        organization: &HistoryOrganization,
    ) -> SourceState {
        if history.feeds(self.feature) && self.given.is_none() {
            self.begin_replay(traits, organization.rows(self.feature, traits.point.key()))
        } else {
            self.begin(traits)
        }
    }

    /// The state before the first row of an organization's history.
    #[must_use]
    pub fn begin_replay(&self, traits: &Traits, rows: ReplayRows) -> SourceState {
        self.begin_with(traits, |_, _| Supply::Replay(rows))
    }

    fn begin_with(
        &self,
        traits: &Traits,
        supply: impl FnOnce(FailureState, &mut dyn FnMut() -> Clock) -> Supply,
    ) -> SourceState {
        let key = traits.point.key().name(&self.name);
        let own = traits.point.within(&self.name);
        let factor = self.draw_factor(traits, own);
        let profile = self.draw_profile(traits, own);
        let failure = self.failures.begin(&mut own.group("failures"));
        let cohort = self.own.get(traits.id.cohort.index());
        let work = self.work_of(cohort, traits).for_organization(&mut own.group("work"));
        let mut gap = key.stream(Purpose::Gap);
        let offset = |at: SimTime| (at - self.start).micros() as f64;
        let supply = supply(failure, &mut || {
            self.clock.begin(ClockTraits {
                factor,
                profile: profile.clone(),
                drift: cohort.and_then(|cohort| cohort.drift),
                cv: cohort.and_then(|cohort| cohort.cv),
                calls: cohort.and_then(|cohort| cohort.calls.as_ref()),
                from: offset(traits.signed_up.max(traits.asks_from).max(self.start)),
                until: offset(traits.leaves.min(traits.quiet).min(self.end)),
                steady: traits.signed_up.max(traits.asks_from) <= self.start,
                service: if self.clock.asks_service() {
                    self.service(&work, failure, key)
                } else {
                    DurationLaw::none()
                },
                traits: own,
                gap: &mut gap,
                modulation: key.stream(Purpose::Modulation),
            })
        });
        SourceState(Box::new(SupplyState {
            supply,
            work,
            failure,
            gap,
            streams: WorkStreams::new(key),
            people: People::new(key, traits, self.by_nobody),
            blur: key.stream(Purpose::Blur),
            values: QuantityValues::keeping(!self.kept.is_empty()),
            gauge: Gauge::default(),
            sequence: 0,
        }))
    }

    /// How long an organization's operations take, the ones that fail included.
    fn service(&self, work: &WorkPlan, mut failure: FailureState, key: StreamKey) -> DurationLaw {
        if let StepShape::Simple { duration, .. } = &work.shape
            && let Some(law) = duration.drawn().filter(|law| law.knows_mean())
            && self.failures.is_never()
        {
            return DurationLaw::Law(law.clone());
        }
        let mut streams = WorkStreams::new(key.name("service"));
        let (mut values, mut parts) = (QuantityValues::default(), Vec::new());
        let drawn = (0..DRAWN).map(|_| {
            parts.clear();
            let operation = self.draw_work(work, &mut failure, &mut streams, &mut values, &mut parts);
            operation.time_to_end().micros() as f64 / 1e6
        });
        DurationLaw::Drawn(drawn.collect())
    }

    /// The work of an organization's operations.
    fn work_of<'a>(&'a self, cohort: Option<&'a CohortDemand>, traits: &Traits) -> &'a Arc<WorkPlan> {
        let dealt = cohort.map_or(&[][..], |cohort| &cohort.work);
        dealt.get(traits.id.number as usize % dealt.len().max(1)).unwrap_or(&self.work)
    }

    /// What multiplies the rate of an organization; 0 if it does not have the feature.
    fn draw_factor(&self, traits: &Traits, own: TraitPoint) -> f64 {
        let index = self.feature.index();
        let varied = own.group("activity").value(&self.variation.activity).max(0.0);
        let enabled = traits.enabled.get(index).copied().unwrap_or(true);
        let factor = traits.factors.get(index).copied().unwrap_or(1.0);
        if enabled { traits.activity * factor * varied } else { 0.0 }
    }

    fn draw_profile(&self, traits: &Traits, own: TraitPoint) -> Option<Profile> {
        let profile = self.profiles.get(traits.id.cohort.index())?.as_ref()?;
        let phase = traits.phase + own.group("phase").value(&self.variation.phase);
        let stretch = self.variation.stretch.as_ref();
        let stretch = stretch.map_or(1.0, |stretch| own.group("stretch").value(stretch).max(0.0));
        if phase == 0.0 && stretch == 1.0 {
            Some(profile.clone())
        } else {
            Some(profile.personal(phase, stretch))
        }
    }

    /// When each reactive client of an organization makes its first request, after the organization's begin: each is
    /// found somewhere in its cycle there, as if it had always been served at once. Who signs up later begins thinking.
    pub fn first_requests(&self, traits: &Traits) -> impl Iterator<Item = SimSpan> + use<> {
        let (key, own) = (traits.point.key().name(&self.name), traits.point.within(&self.name));
        let haste = self.draw_factor(traits, own).max(1e-12);
        let begin = match &self.arrivals {
            Arrivals::ClosedLoop { think, reactive: true, .. } => {
                let work = self.work_of(self.own.get(traits.id.cohort.index()), traits);
                let work = work.for_organization(&mut own.group("work"));
                let failure = self.failures.begin(&mut own.group("failures"));
                let think = think.for_organization(&mut own.group("think"));
                Some((think, self.service(&work, failure, key)))
            }
            _ => None,
        };
        let steady = traits.signed_up <= self.start;
        (0..self.reactive_clients(traits)).filter_map(move |client| {
            let (think, service) = begin.as_ref()?;
            let mut rng = key.keyed(Purpose::Client, u64::from(client), FIRST_REQUEST);
            Some(span(first_of_client(think, haste, service, steady, &mut rng)))
        })
    }

    /// Number of reactive closed-loop clients an organization has of this feature; 0 if it is not reactive.
    #[must_use]
    pub fn reactive_clients(&self, traits: &Traits) -> u32 {
        let Arrivals::ClosedLoop { clients, reactive: true, .. } = &self.arrivals else { return 0 };
        let own = traits.point.within(&self.name);
        if self.draw_factor(traits, own) <= 0.0 {
            return 0;
        }
        super::arrivals::clients_of(clients, own)
    }

    /// The `number`-th operation of a reactive client: think time before it (the first one comes as
    /// [`Source::first_requests`] says), the operation (arrival unset), and its parts and quantities appended to those of
    /// `batch`; `None` when the client is done. Keyed by (organization, feature, client, number).
    ///
    /// `at` is when it arrives, unless it is only asked for the think time before it.
    ///
    /// Failures cluster along each client's operations: theirs is the only order that every policy shares.
    #[must_use]
    pub fn client_operation(
        &self,
        traits: &Traits,
        client: u32,
        number: u32,
        at: Option<SimTime>,
        batch: &mut Batch,
    ) -> Option<(SimSpan, Operation)> {
        let Arrivals::ClosedLoop { think, calls, reactive: true, .. } = &self.arrivals else { return None };
        let key = traits.point.key().name(&self.name);
        let own = traits.point.within(&self.name);
        let factor = self.draw_factor(traits, own);
        let first = self.failures.begin(&mut own.group("failures"));
        let cohort = self.own.get(traits.id.cohort.index());
        let work = self.work_of(cohort, traits).for_organization(&mut own.group("work"));
        let think = think.for_organization(&mut own.group("think"));
        if let Some(calls) = calls {
            let mut rng = key.keyed(Purpose::Client, u64::from(client), NUMBER_OF_CALLS);
            if number >= super::arrivals::count_of(calls.sample(&mut rng)) {
                return None;
            }
        }
        let mut rng = key.keyed(Purpose::Client, u64::from(client), u64::from(number));
        let seconds = think.sample(&mut rng).max(0.0) / factor.max(1e-12);
        let mut streams = WorkStreams::split(&mut rng);
        let mut failure = self.failures.nth_of_chain(first, number, |number| {
            // Two numbers an operation: its own and the one before the first.
            key.uniform(Purpose::Failure, u64::from(client), number.map_or(0, |number| u64::from(number) + 1))
        });
        let mut values = QuantityValues::keeping(!self.kept.is_empty());
        let mut operation = self.draw_work(&work, &mut failure, &mut streams, &mut values, &mut batch.parts);
        self.keep_drawn(batch, &values);
        self.keep_prices(batch, &values);
        if let Some(at) = at {
            self.cuts.count_operations(1);
            self.settle(&mut values.mishap, || at);
        }
        operation.feature = self.feature;
        operation.blur = standard_normal(&mut rng) as f32;
        let asker = match at {
            Some(at) if !traits.seats.is_empty() => Askers::new(traits).pick(at, uniform(&mut rng)),
            _ => pick(&shares_of(traits).0, &mut rng),
        };
        (operation.member, operation.project) = (asker, pick(&shares_of(traits).1, &mut rng));
        if self.by_nobody {
            operation.member = NO_MEMBER;
        }
        Some((span(seconds), operation))
    }

    /// The key of estimates over the population.
    pub(super) fn estimate_key(&self) -> StreamKey {
        StreamKey::root(self.seed).name(&self.name).name("estimate")
    }
}
