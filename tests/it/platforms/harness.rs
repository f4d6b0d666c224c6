//! Runs one policy of a bundled platform for a few organizations and keeps everything that was written down.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex};

use creditsim::engine::{
    Interrupt, JobOptions, Layout, NoOutcomes, RowWriter, RunSpec, prepare, run as run_engine,
};
use creditsim::organization::{DetailOptions, OrganizationOutcome};
use creditsim::outcome::{AttemptRow, Entry, EntryKind, Tally};
use creditsim::scenario::{Scenario, ScenarioSource, read};
use creditsim::units::{FeatureIndex, OrganizationId};

/// A platform's scenario and what its first organizations did under one policy.
pub struct Ran {
    /// As it was read, with the one policy.
    pub scenario: Scenario,
    /// One an organization, in the order of cohorts and numbers.
    pub accounts: Vec<Tally>,
}

/// Runs `policy` of the bundled scenario for the first ten organizations of each cohort, once.
pub fn run(name: &str, policy: &str) -> Ran {
    run_with(name, policy, &[])
}

/// As [`run`], with values over the scenario's as `--set` writes them.
pub fn run_with(name: &str, policy: &str, set: &[(&str, &str)]) -> Ran {
    run_first(10, name, policy, set)
}

/// As [`run_with`], for the first `organizations` of each cohort: for what few of them meet.
pub fn run_first(organizations: u32, name: &str, policy: &str, set: &[(&str, &str)]) -> Ran {
    let set: Vec<(String, String)> =
        set.iter().map(|(path, value)| ((*path).to_owned(), (*value).to_owned())).collect();
    let source = ScenarioSource::from_bundled(name).expect("the platform is bundled").with_overrides(&set);
    let mut scenario = read(&source).unwrap_or_else(|problems| panic!("{problems:#?}"));
    scenario.policies.retain(|other| other.name == policy);
    (scenario.baseline, scenario.thresholds, scenario.precision) = (0, Vec::new(), None);
    let detail = DetailOptions { cycles: true, operations: true, journal: true, ..DetailOptions::default() };
    let kept = Arc::new(Keeper::default());
    let writer: Arc<dyn RowWriter> = kept.clone();
    let job = prepare(&scenario, JobOptions { detail, first: Some(organizations) }, writer);
    let spec = RunSpec {
        job: Arc::new(job),
        replications: 0..1,
        layout: Layout { threads: 1, ..Layout::default() },
        spill: std::env::temp_dir().join(format!("creditsim-platforms-{}", std::process::id())),
        sink: Box::new(NoOutcomes),
        interrupt: Interrupt::default(),
        keep: None,
    };
    run_engine(spec, &mut |_| {}).expect("the run ends well");
    let accounts = std::mem::take(&mut *kept.0.lock().expect("nobody panicked"));
    assert!(!accounts.is_empty(), "organizations were kept");
    Ran { scenario, accounts: accounts.into_values().collect() }
}

impl Ran {
    /// The feature named so.
    pub fn feature(&self, name: &str) -> FeatureIndex {
        let index = self.scenario.features.iter().position(|feature| feature.name == name);
        FeatureIndex(index.unwrap_or_else(|| panic!("{name} is a feature")) as u16)
    }

    /// Accounts of a cohort: at most ten of each, in file order.
    pub fn cohort(&self, name: &str) -> &[Tally] {
        let index = self.scenario.cohorts.iter().position(|cohort| cohort.name == name);
        let index = index.unwrap_or_else(|| panic!("{name} is a cohort"));
        let size = |cohort: usize| (self.scenario.cohorts[cohort].organizations as usize).min(10);
        let before: usize = (0..index).map(size).sum();
        &self.accounts[before..before + size(index)]
    }

    /// The journal of every organization.
    pub fn journals(&self) -> impl Iterator<Item = &[Entry]> {
        self.accounts.iter().map(|tally| tally.detail.as_ref().map_or(&[][..], |detail| &detail.journal))
    }

    /// Every entry of every journal.
    pub fn entries(&self) -> impl Iterator<Item = &Entry> {
        self.journals().flatten()
    }

    /// Every attempt of every organization.
    pub fn attempts(&self) -> impl Iterator<Item = &AttemptRow> {
        self.accounts.iter().flat_map(|tally| tally.detail.iter().flat_map(|detail| &detail.attempts))
    }

    /// How many entries of a kind there are.
    pub fn count(&self, kind: EntryKind) -> usize {
        self.entries().filter(|entry| entry.kind == kind).count()
    }

    /// How many entries of a kind belong to a feature.
    pub fn count_of(&self, kind: EntryKind, feature: &str) -> usize {
        let feature = Some(self.feature(feature));
        self.entries().filter(|entry| entry.kind == kind && entry.feature == feature).count()
    }
}

/// The journal of one organization.
pub fn journal(tally: &Tally) -> &[Entry] {
    tally.detail.as_ref().map_or(&[][..], |detail| &detail.journal)
}

/// The attempts of one organization.
pub fn attempts(tally: &Tally) -> &[AttemptRow] {
    tally.detail.as_ref().map_or(&[][..], |detail| &detail.attempts)
}

/// Keeps the tallies that pass by.
#[derive(Default)]
struct Keeper(Mutex<BTreeMap<OrganizationId, Tally>>);

impl RowWriter for Keeper {
    fn files(&self) -> usize {
        0
    }

    fn write(&self, _replication: u32, organization: &OrganizationOutcome, _into: &mut [Vec<u8>]) {
        let tally = organization.tallies[0].clone();
        self.0.lock().expect("nobody panicked").insert(organization.id, tally);
    }
}
