//! Runs a scenario at many settings on the same demand.
//!
//! Points that differ in the terms of policies alone become further accounts of the same organizations, so that demand
//! is drawn once for all of them; points that differ in anything else are run one after the other with the same seed.
//! Whether two points differ in policies alone is read off the finished scenarios, not off the names of keys.

use std::ops::Range;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{
    self, Cause, Enough, Failure, Interrupt, Job, JobOptions, Layout, NoRows, Progress, RunSpec, Sink,
    SpillError,
};
use crate::outcome::{Outcome, RunShape};
use crate::policy::Policy;
use crate::scenario::{Problem, Scenario, ScenarioSource, read};
use crate::workload::{Content, HistoryCounts, PreparedHistory, ReadingProgress};

use super::{FEWEST_RARE, Measurements};

/// Most accounts of an organization in one run: beyond it points wait for the next run, so that memory stays small and
/// what an interrupt can lose stays little.
const MOST_ACCOUNTS: usize = 128;

/// A key set to a value.
pub type Setting = (String, String);

/// Points that were read and laid out in groups.
#[derive(Debug, Clone)]
pub struct Trials {
    /// The points, in the order in which they were asked for.
    pub points: Vec<Trial>,
    groups: Vec<DemandGroup>,
}

/// One point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Trial {
    /// What was set.
    pub settings: Vec<Setting>,
    /// The run it belongs to.
    pub group: usize,
    /// Every policy's name and its account in the group, in file order. Policies that are the same at two points are
    /// one account.
    pub policies: Vec<(String, usize)>,
    /// Index of the baseline among them.
    pub baseline: usize,
}

/// Points that share their demand.
#[derive(Debug, Clone)]
struct DemandGroup {
    scenario: Scenario,
    /// The debug form of the scenario without its policies: equal where demand and customers are.
    world: String,
    /// The policies before they were renamed.
    accounts: Vec<Policy>,
}

/// How trials are run.
#[derive(Debug, Clone)]
pub struct Conditions {
    /// Threads; never reaches results.
    pub layout: Layout,
    /// At most this many organizations of each cohort.
    pub first: Option<u32>,
    /// Asked by whoever wants the trials to end early.
    pub interrupt: Interrupt,
    /// A folder for what lives no longer than a run; made where it is needed and removed after each.
    pub scratch: PathBuf,
}

/// What a group's run came to.
#[derive(Debug)]
pub struct GroupRun {
    /// What was measured; the accounts are those that were kept, in their order.
    pub measurements: Measurements,
    /// Where the run ended.
    pub progress: Progress,
    /// Why it ended before its end, if it did.
    pub interrupted: Option<Cause>,
    /// The files of the group's usage histories as they were read, in the scenario's order.
    pub histories: Vec<(Content, HistoryCounts)>,
    /// Replications that were simulated: one of however many, where nothing is drawn.
    pub simulated: u32,
}

/// True if the scenario replays usage histories and nothing in it is drawn: every replication would be the same run.
#[must_use]
pub fn replays_exactly(scenario: &Scenario, histories: &[Arc<PreparedHistory>]) -> bool {
    let by_chance = histories.is_empty()
        || scenario.leaves_room_for_chance()
        || histories.iter().any(|history| history.places_by_chance());
    !by_chance
}

impl Trials {
    /// Reads the scenario at every point; `choose` applies what the command line chooses (policies, seed, replications).
    ///
    /// # Errors
    /// The problems of the first point that cannot be read, or what `choose` finds wrong.
    pub fn prepare<E: From<Vec<Problem>>>(
        source: &ScenarioSource,
        points: Vec<Vec<Setting>>,
        choose: impl Fn(&mut Scenario) -> Result<(), E>,
    ) -> Result<Self, E> {
        let mut trials = Trials { points: Vec::with_capacity(points.len()), groups: Vec::new() };
        for settings in points {
            let mut scenario = read(&source.clone().with_overrides(&settings)).map_err(E::from)?;
            choose(&mut scenario)?;
            trials.add(settings, scenario);
        }
        trials.groups.iter_mut().for_each(DemandGroup::name_accounts);
        for point in &trials.points {
            trials.groups[point.group].rename(point);
        }
        Ok(trials)
    }

    fn add(&mut self, settings: Vec<Setting>, mut scenario: Scenario) {
        let (policies, baseline) = (std::mem::take(&mut scenario.policies), scenario.baseline);
        scenario.thresholds.clear();
        // Amounts of policies, for messages only: they tell no two worlds apart.
        scenario.largest = (None, None);
        (scenario.baseline, scenario.precision, scenario.content_hash) = (0, None, String::new());
        let world = format!("{scenario:?}");
        let fits = |group: &DemandGroup| {
            group.world == world && group.accounts.len() + group.unknown(&policies) <= MOST_ACCOUNTS
        };
        let group = self.groups.iter().rposition(fits).unwrap_or_else(|| {
            self.groups.push(DemandGroup { scenario, world, accounts: Vec::new() });
            self.groups.len() - 1
        });
        let policies =
            policies.into_iter().map(|policy| (policy.name.clone(), self.groups[group].account(policy)));
        let policies = policies.collect();
        self.points.push(Trial { settings, group, policies, baseline });
    }

    /// How many runs there are.
    #[must_use]
    pub fn groups(&self) -> usize {
        self.groups.len()
    }

    /// The accounts of a group.
    #[must_use]
    pub fn accounts(&self, group: usize) -> Range<usize> {
        0..self.groups[group].accounts.len()
    }

    /// The scenario of a group, with every account as a policy.
    #[must_use]
    pub fn scenario(&self, group: usize) -> &Scenario {
        &self.groups[group].scenario
    }

    /// Organizations times accounts of one replication: what the time it takes is about proportional to.
    #[must_use]
    pub fn work(&self, group: usize, accounts: usize, first: Option<u32>) -> u64 {
        let limited = |organizations: u32| first.map_or(organizations, |first| organizations.min(first));
        let cohorts = &self.groups[group].scenario.cohorts;
        let organizations: u64 = cohorts.iter().map(|cohort| u64::from(limited(cohort.organizations))).sum();
        // The organizations of usage histories are counted when the files are read.
        organizations.max(1) * accounts as u64
    }

    /// Organizations of one replication of a group that replays no history.
    #[must_use]
    pub fn organizations(&self, group: usize, first: Option<u32>) -> u64 {
        let limited = |organizations: u32| first.map_or(organizations, |first| organizations.min(first));
        let cohorts = &self.groups[group].scenario.cohorts;
        cohorts.iter().map(|cohort| u64::from(limited(cohort.organizations))).sum()
    }

    /// What is simulated of a group that replays no history, all of its accounts.
    #[must_use]
    pub fn job(&self, group: usize, first: Option<u32>) -> Job {
        let options = JobOptions { first, ..JobOptions::default() };
        engine::prepare_with(&self.groups[group].scenario, options, Arc::new(NoRows), &[])
    }

    /// Runs the accounts `keep` of a group. The same replication meets the same demand in every call and every group
    /// whose keys leave demand alone. Where nothing is drawn, the first replication is run and stands for all: measured
    /// values are as many as were asked for, and enough for every rule that counts replications.
    ///
    /// # Errors
    /// What the run finds wrong.
    pub fn run(
        &self,
        group: usize,
        keep: &[usize],
        replications: Range<u32>,
        conditions: &Conditions,
        observe: &mut dyn FnMut(Progress),
    ) -> Result<GroupRun, Failure> {
        let mut scenario = self.groups[group].scenario.clone();
        scenario.policies = keep.iter().map(|&index| scenario.policies[index].clone()).collect();
        let options = JobOptions { first: conditions.first, ..JobOptions::default() };
        let go_on = |_: &ReadingProgress<'_>| !conditions.interrupt.is_asked();
        let histories = match engine::prepare_histories(&scenario, &conditions.scratch, &go_on) {
            Err(problems) if problems.is_stopped() => {
                // Nothing was measured; what earlier groups measured is kept.
                let measurements = Measurements::new(engine::shape(&scenario));
                let (progress, interrupted) = (Progress::default(), conditions.interrupt.cause());
                return Ok(GroupRun {
                    measurements,
                    progress,
                    interrupted,
                    histories: Vec::new(),
                    simulated: 0,
                });
            }
            prepared => prepared.map_err(Failure::History)?,
        };
        let asked = replications.len() as u32;
        let exact = asked > 0 && replays_exactly(&scenario, &histories);
        let replications = if exact { replications.start..replications.start + 1 } else { replications };
        let job = engine::prepare_with(&scenario, options, Arc::new(NoRows), &histories);
        let gathered = Gatherer::new(job.shape.clone());
        let spec = RunSpec {
            job: Arc::new(job),
            replications,
            layout: conditions.layout.clone(),
            spill: conditions.scratch.clone(),
            sink: Box::new(gathered.clone()),
            interrupt: conditions.interrupt.clone(),
            keep: None,
        };
        let ran = engine::run(spec, observe)?;
        let mut measurements = gathered.finish();
        let simulated = measurements.replications();
        if exact && simulated == 1 {
            measurements.stand_for(asked.max(FEWEST_RARE));
        }
        let histories = histories.iter().map(|read| (read.content.clone(), read.counts.clone())).collect();
        Ok(GroupRun {
            measurements,
            progress: ran.progress,
            interrupted: ran.interrupted,
            histories,
            simulated,
        })
    }
}

impl DemandGroup {
    fn unknown(&self, policies: &[Policy]) -> usize {
        policies.iter().filter(|policy| !self.accounts.contains(policy)).count()
    }

    fn account(&mut self, policy: Policy) -> usize {
        self.accounts.iter().position(|known| *known == policy).unwrap_or_else(|| {
            self.accounts.push(policy);
            self.accounts.len() - 1
        })
    }

    fn name_accounts(&mut self) {
        self.scenario.policies.clone_from(&self.accounts);
    }

    /// Several versions of a policy are told apart by what was set: `hold @ policies.hold.overdraft.limit=100`.
    fn rename(&mut self, point: &Trial) {
        for (name, account) in &point.policies {
            let versions = self.accounts.iter().filter(|policy| policy.name == *name).count();
            let own = &mut self.scenario.policies[*account].name;
            if versions > 1 && own == name {
                let settings: Vec<String> =
                    point.settings.iter().map(|(key, value)| format!("{key}={value}")).collect();
                *own = format!("{name} @ {}", settings.join(" "));
            }
        }
    }
}

/// Takes replications into measurements; what is unfinished is not measured.
#[derive(Debug, Clone)]
pub struct Gatherer(Arc<Mutex<Option<Measurements>>>);

impl Gatherer {
    /// Measures outcomes of this shape.
    #[must_use]
    pub fn new(shape: Arc<RunShape>) -> Self {
        Gatherer(Arc::new(Mutex::new(Some(Measurements::new(shape)))))
    }

    /// What was measured; once.
    ///
    /// # Panics
    /// If it was asked before.
    #[must_use]
    pub fn finish(self) -> Measurements {
        let measured = self.0.lock().unwrap_or_else(PoisonError::into_inner).take();
        measured.expect("it is asked once")
    }
}

impl Sink for Gatherer {
    fn complete(&mut self, _replication: u32, outcome: Outcome) -> Enough {
        if let Some(measurements) = self.0.lock().unwrap_or_else(PoisonError::into_inner).as_mut() {
            measurements.push(&outcome);
        }
        Enough::No
    }

    fn partial(&mut self, _replication: u32, _outcome: Outcome) {}

    fn rows(&mut self, _file: usize, _rows: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SCENARIO: &str = r#"
        start = 2025-01-01T00:00:00Z
        horizon = "20 days"
        replications = 3
        [[cohorts]]
        name = "small"
        organizations = 4
        [features.post]
        arrivals = { poisson = "6/day" }
        cost = { uniform = [1, 3] }
        [policy]
        allowance = 60
        [policies.block]
        [policies.overdraft]
        admission = "positive"
        overdraft = 10
    "#;

    fn points(pairs: &[&[(&str, &str)]]) -> Vec<Vec<Setting>> {
        let owned = |pair: &(&str, &str)| (pair.0.to_owned(), pair.1.to_owned());
        pairs.iter().map(|point| point.iter().map(owned).collect()).collect()
    }

    fn prepared(pairs: &[&[(&str, &str)]]) -> Trials {
        let source = ScenarioSource::from_text("made-up", SCENARIO);
        Trials::prepare::<Vec<Problem>>(&source, points(pairs), |_| Ok(())).unwrap_or_else(|problems| {
            panic!("{}", problems.iter().map(ToString::to_string).collect::<String>())
        })
    }

    #[test]
    fn points_that_differ_in_policies_are_accounts_of_one_run() {
        let limit = "policies.overdraft.overdraft";
        let trials = prepared(&[&[(limit, "0")], &[(limit, "10")], &[("policy.allowance", "90")]]);
        assert_eq!(trials.groups(), 1);
        // Block is the same at two limits; the allowance changes both.
        assert_eq!(trials.accounts(0).len(), 3 + 2);
        assert_eq!(trials.points[0].policies[0], trials.points[1].policies[0]);
        let names: Vec<&str> =
            trials.scenario(0).policies.iter().map(|policy| policy.name.as_str()).collect();
        assert!(names.contains(&"overdraft @ policies.overdraft.overdraft=10"), "{names:?}");
    }

    #[test]
    fn points_that_differ_in_demand_are_runs_of_their_own() {
        let rate = "features.post.arrivals.poisson";
        let limit = "policies.overdraft.overdraft";
        let trials = prepared(&[
            &[(rate, "6/day"), (limit, "0")],
            &[(rate, "9/day"), (limit, "0")],
            &[(rate, "6/day"), (limit, "5")],
        ]);
        assert_eq!(trials.points.iter().map(|point| point.group).collect::<Vec<_>>(), [0, 1, 0]);
    }

    #[test]
    fn too_many_accounts_wait_for_the_next_run() {
        let values: Vec<String> = (0..200).map(|limit| limit.to_string()).collect();
        let points: Vec<Vec<(&str, &str)>> =
            values.iter().map(|value| vec![("policies.overdraft.overdraft", value.as_str())]).collect();
        let points: Vec<&[(&str, &str)]> = points.iter().map(Vec::as_slice).collect();
        let trials = prepared(&points);
        assert_eq!(trials.groups(), 2);
        assert!((0..2).all(|group| trials.accounts(group).len() <= MOST_ACCOUNTS));
    }

    #[test]
    fn an_account_measures_what_it_would_measure_alone() {
        let limit = "policies.overdraft.overdraft";
        let trials = prepared(&[&[(limit, "0")], &[(limit, "40")]]);
        let conditions = Conditions {
            layout: Layout { threads: 1, pin: false, ..Layout::default() },
            first: None,
            interrupt: Interrupt::default(),
            scratch: std::env::temp_dir().join("creditsim-no-rows-no-folder"),
        };
        let all: Vec<usize> = trials.accounts(0).collect();
        let together = trials.run(0, &all, 0..3, &conditions, &mut |_| {}).unwrap().measurements;
        let account = trials.points[1].policies[1].1;
        let alone = trials.run(0, &[account], 0..3, &conditions, &mut |_| {}).unwrap().measurements;
        for &scope in together.scopes() {
            for metric in 0..crate::outcome::METRICS.len() {
                let values: Vec<_> = together.values(account, scope, metric).collect();
                assert_eq!(values, alone.values(0, scope, metric).collect::<Vec<_>>());
            }
        }
    }
}
