//! A simulation: where its scenario comes from, what is chosen, what is put in the place of its parts, and the run.

use std::collections::BTreeMap;
use std::fmt;
use std::ops::ControlFlow;
use std::path::Path;
use std::sync::Arc;

use crate::engine::{
    self, Cause, Failure, Interrupt, JobOptions, Layout, OwnParts, Progress, Ran, RunSpec, Said, caught,
};
use crate::experiment::{QUICK_ORGANIZATIONS, SimulationChoice, choose_run, replays_exactly};
use crate::organization::{AdmissionRule, DetailOptions};
use crate::outcome::RunShape;
use crate::scenario::{Problem, Scenario, ScenarioSource, parse_threshold, read, read_with_cautions};
use crate::units::{FeatureIndex, PolicyIndex};
use crate::workload::{Arrivals, DemandSource, PreparedHistory};

use super::findings::RunFindings;
use super::gather::{Gatherings, Harvest, KindsWriter};
use super::{RowSink, Rows, SimulationError};

/// A scenario with what is chosen about its run.
///
/// ```
/// use creditsim::Simulation;
///
/// let findings = Simulation::from_bundled("policy-shootout").expect("it comes along").quick().run()?;
/// println!("{}", findings.verdict());
/// # Ok::<(), creditsim::SimulationError>(())
/// ```
pub struct Simulation {
    source: ScenarioSource,
    policies: Vec<String>,
    seed: Option<u64>,
    replications: Option<u32>,
    quick: bool,
    audit: bool,
    layout: Layout,
    thresholds: Vec<String>,
    rows: Vec<Rows>,
    sink: Option<Box<dyn RowSink>>,
    rules: BTreeMap<String, Arc<dyn AdmissionRule>>,
    demand: BTreeMap<String, Arc<dyn DemandSource>>,
    observer: Option<Observer>,
}

type Observer = Box<dyn FnMut(RunStep) -> ControlFlow<()>>;

/// How far a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub struct RunStep {
    /// Organizations finished so far, over all replications.
    pub organizations: u64,
    /// Organizations to finish, unless a precision ends the run before.
    pub organizations_total: u64,
    /// Operations so far, each once whatever the number of policies.
    pub operations: u64,
}

impl fmt::Debug for Simulation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut shown = f.debug_struct("Simulation");
        shown.field("source", &self.source.name()).field("policies", &self.policies);
        shown.field("seed", &self.seed).field("replications", &self.replications);
        shown.field("quick", &self.quick).field("rows", &self.rows);
        shown.field("rules", &self.rules).field("demand", &self.demand).finish_non_exhaustive()
    }
}

impl Simulation {
    /// The scenario of a file. Files that it names are relative to its folder.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn from_path(path: impl AsRef<Path>) -> Result<Self, SimulationError> {
        let source = ScenarioSource::from_path(path.as_ref());
        source.map(Simulation::of).map_err(|problem| SimulationError::Scenario(vec![problem]))
    }

    /// A scenario as text, in the format of a file (`docs/scenario-format.md`). Files that it names are relative to
    /// the working folder.
    #[must_use]
    pub fn from_text(text: impl Into<String>) -> Self {
        Simulation::of(ScenarioSource::from_text("scenario", text))
    }

    /// A scenario that comes along (`creditsim scenarios` lists them); none if there is none of that name.
    #[must_use]
    pub fn from_bundled(name: &str) -> Option<Self> {
        ScenarioSource::from_bundled(name).map(Simulation::of)
    }

    fn of(source: ScenarioSource) -> Self {
        Simulation {
            source,
            policies: Vec::new(),
            seed: None,
            replications: None,
            quick: false,
            audit: false,
            layout: Layout::default(),
            thresholds: Vec::new(),
            rows: Vec::new(),
            sink: None,
            rules: BTreeMap::new(),
            demand: BTreeMap::new(),
            observer: None,
        }
    }

    /// Sets a key over what the file says, as `--set` does: a dotted path (`policies.hold.overdraft.limit`) and a TOML
    /// value (`200`); a text that is no TOML value is taken as a string.
    #[must_use]
    pub fn set(mut self, key: impl Into<String>, value: impl ToString) -> Self {
        self.source = self.source.with_overrides(&[(key.into(), value.to_string())]);
        self
    }

    /// Leaves one policy, or with every further call one more; without any all of them run.
    #[must_use]
    pub fn policy(mut self, name: impl Into<String>) -> Self {
        self.policies.push(name.into());
        self
    }

    /// In the place of the file's seed. The same scenario and seed give the same findings, to the last bit.
    #[must_use]
    pub fn seed(self, seed: u64) -> Self {
        Simulation { seed: Some(seed), ..self }
    }

    /// In the place of the file's number of replications, and of its precision. At least 1.
    #[must_use]
    pub fn replications(self, replications: u32) -> Self {
        Simulation { replications: Some(replications), ..self }
    }

    /// A first look: five replications of the first 50 organizations of each cohort.
    #[must_use]
    pub fn quick(self) -> Self {
        Simulation { quick: true, ..self }
    }

    /// How many threads work; as many as the machine has, if it is not said. No result depends on it.
    #[must_use]
    pub fn threads(mut self, threads: usize) -> Self {
        self.layout.threads = threads.max(1);
        self
    }

    /// Holds every account to the laws a second time, by its journal (`docs/trust.md`); takes several times as long.
    #[must_use]
    pub fn audit(self) -> Self {
        Simulation { audit: true, ..self }
    }

    /// Adds a condition on an outcome, written as for `--threshold`: `hold: loss_rate < 20%`.
    #[must_use]
    pub fn threshold(mut self, condition: impl Into<String>) -> Self {
        self.thresholds.push(condition.into());
        self
    }

    /// Hands rows of the kinds that are named to a sink while the run goes on.
    #[must_use]
    pub fn rows(mut self, kinds: &[Rows], sink: impl RowSink + 'static) -> Self {
        self.rows = kinds.to_vec();
        self.rows.sort_unstable();
        self.rows.dedup();
        self.sink = Some(Box::new(sink));
        self
    }

    /// Puts a rule in the place of what a policy's `admission` compares.
    #[must_use]
    pub fn admission(mut self, policy: impl Into<String>, rule: impl AdmissionRule + 'static) -> Self {
        self.rules.insert(policy.into(), Arc::new(rule));
        self
    }

    /// Puts a source in the place of what the scenario says about who asks for a feature, and when; in every cohort.
    #[must_use]
    pub fn demand(mut self, feature: impl Into<String>, source: impl DemandSource + 'static) -> Self {
        self.demand.insert(feature.into(), Arc::new(source));
        self
    }

    /// Is told several times a second how far the run is. [`ControlFlow::Break`] ends it with the replications that are
    /// finished by then.
    #[must_use]
    pub fn observe(mut self, observer: impl FnMut(RunStep) -> ControlFlow<()> + 'static) -> Self {
        self.observer = Some(Box::new(observer));
        self
    }

    /// Reads the scenario without running it: what is doubtful about it, though it can be run.
    ///
    /// # Errors
    /// Every problem that keeps it from being run.
    pub fn check(&self) -> Result<Vec<Problem>, SimulationError> {
        read_with_cautions(&self.source).map(|(_, cautions)| cautions).map_err(SimulationError::Scenario)
    }

    /// Runs every policy on the same demand and compares them.
    ///
    /// # Errors
    /// Every problem of the scenario at once; a name that it does not have; what ended the run before its end.
    pub fn run(self) -> Result<RunFindings, SimulationError> {
        match caught(|| self.carry_out()) {
            Ok(done) => done,
            Err(Said::Impossible(what) | Said::Panicked(what)) => Err(SimulationError::Run(what.into())),
        }
    }

    fn carry_out(mut self) -> Result<RunFindings, SimulationError> {
        let mut scenario = read(&self.source).map_err(SimulationError::Scenario)?;
        self.choose(&mut scenario)?;
        let own = self.own_parts(&scenario)?;
        let scratch = tempfile::tempdir().map_err(|error| SimulationError::Run(Box::new(error)))?;
        let histories = engine::prepare_histories(&scenario, scratch.path(), &|_| true)
            .map_err(|error| SimulationError::Run(Box::new(Failure::History(error))))?;
        run_once_if_nothing_is_drawn(&mut scenario, &histories, &own);
        let (interrupt, shape) = (Interrupt::default(), engine::shape(&scenario));
        let kinds = (self.rows.as_slice(), self.sink.take());
        let gatherings = Gatherings::new((&scenario, shape.clone()), kinds, &interrupt);
        let spec = RunSpec {
            job: Arc::new(self.job((&scenario, shape), &histories, own)),
            replications: 0..replications(&scenario),
            layout: self.layout.clone(),
            spill: scratch.path().join("spill"),
            sink: Box::new(gatherings.clone()),
            interrupt: interrupt.clone(),
            keep: None,
        };
        let mut observer = self.observer.take();
        let ran = engine::run(spec, &mut |progress| tell(&mut observer, progress, &interrupt));
        let partial = matches!(ran, Ok(Ran { interrupted: Some(_), .. }));
        let harvest = gatherings.harvest().ok_or(SimulationError::NothingFinished)?;
        let Harvest { mut measurements, stopped, broken } = harvest;
        if let Some(broken) = broken {
            return Err(SimulationError::Sink(broken));
        }
        ran.map_err(|failure| SimulationError::Run(Box::new(failure)))?;
        if measurements.replications() == 0 {
            return Err(SimulationError::NothingFinished);
        }
        if scenario.replays_exactly {
            measurements.declare_exact();
        }
        Ok(RunFindings::new(scenario, measurements, partial, stopped))
    }

    fn choose(&self, scenario: &mut Scenario) -> Result<(), SimulationError> {
        if self.replications == Some(0) {
            let what = "0 replications say nothing: wanted 1 or more";
            return Err(SimulationError::Refused(what.to_owned()));
        }
        let choice = SimulationChoice {
            policies: &self.policies,
            seed: self.seed,
            quick: self.quick,
            replications: self.replications,
        };
        choose_run(scenario, &choice).map_err(|name| unknown_policy(scenario, &name))?;
        let names: Vec<String> = scenario.policies.iter().map(|policy| policy.name.clone()).collect();
        for text in &self.thresholds {
            let threshold = parse_threshold(text, &names).map_err(|error| {
                let hint = error.hint.map(|hint| format!("\nhint: {hint}")).unwrap_or_default();
                SimulationError::Refused(format!("`{text}` is no condition\n  wanted {}{hint}", error.wanted))
            })?;
            scenario.thresholds.push(threshold);
        }
        Ok(())
    }

    /// What the user puts in the place of the scenario's parts, by number.
    fn own_parts(&self, scenario: &Scenario) -> Result<OwnParts, SimulationError> {
        let mut own = OwnParts::default();
        for (name, rule) in &self.rules {
            let place = scenario.policies.iter().position(|policy| policy.name == *name);
            let place = place.ok_or_else(|| unknown_policy(scenario, name))?;
            own.rules.insert(PolicyIndex(place as u16), Arc::clone(rule));
        }
        for (name, source) in &self.demand {
            let place = scenario.features.iter().position(|feature| feature.name == *name);
            let place = place.ok_or_else(|| SimulationError::UnknownName {
                kind: "feature",
                name: name.clone(),
                known: scenario.features.iter().map(|feature| feature.name.clone()).collect(),
            })?;
            if matches!(scenario.features[place].demand.arrivals, Arrivals::ClosedLoop { reactive: true, .. })
            {
                return Err(SimulationError::Refused(format!(
                    "the clients of feature `{name}` are reactive: what they ask for follows from what they get, so that no \
                     other demand can stand in its place\nhint: leave `reactive` out"
                )));
            }
            own.demand.insert(FeatureIndex(place as u16), Arc::clone(source));
        }
        Ok(own)
    }

    fn job(
        &self,
        (scenario, shape): (&Scenario, Arc<RunShape>),
        histories: &[Arc<PreparedHistory>],
        own: OwnParts,
    ) -> engine::Job {
        let detail = DetailOptions {
            operations: self.rows.contains(&Rows::Operations),
            journal: self.rows.contains(&Rows::Journal),
            audit: self.audit,
            ..DetailOptions::default()
        };
        let options = JobOptions { detail, first: self.quick.then_some(QUICK_ORGANIZATIONS) };
        let writer = Arc::new(KindsWriter::new(&self.rows, shape));
        engine::prepare_own(scenario, options, writer, histories, own)
    }
}

fn tell(observer: &mut Option<Observer>, progress: Progress, interrupt: &Interrupt) {
    let Some(observer) = observer else { return };
    let Progress { organizations, organizations_total, operations, .. } = progress;
    if observer(RunStep { organizations, organizations_total, operations }).is_break() {
        interrupt.ask(Cause::Signal);
    }
}

fn replications(scenario: &Scenario) -> u32 {
    match &scenario.precision {
        _ if scenario.replays_exactly => 1,
        Some(precision) => precision.max_replications,
        None => scenario.replications,
    }
}

/// A replay in which nothing is drawn is one run, whatever number of replications is asked for.
fn run_once_if_nothing_is_drawn(scenario: &mut Scenario, histories: &[Arc<PreparedHistory>], own: &OwnParts) {
    let own_parts = !own.demand.is_empty() || !own.rules.is_empty();
    if !own_parts && replays_exactly(scenario, histories) {
        scenario.replays_exactly = true;
        scenario.replications = 1;
        scenario.precision = None;
    }
}

fn unknown_policy(scenario: &Scenario, name: &str) -> SimulationError {
    SimulationError::UnknownName {
        kind: "policy",
        name: name.to_owned(),
        known: scenario.policies.iter().map(|policy| policy.name.clone()).collect(),
    }
}
