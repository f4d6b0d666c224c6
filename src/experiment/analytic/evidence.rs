//! Runs a scenario and keeps what every account did, in the order of (replication, organization).

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{Failure, Interrupt, JobOptions, Layout, NoOutcomes, RowWriter, RunSpec, prepare, run};
use crate::organization::{DetailOptions, OrganizationOutcome};
use crate::outcome::Tally;
use crate::scenario::{Problem, ScenarioSource, read};
use crate::units::{OrganizationId, SimTime};

/// Rows the accounts keep for the evidence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct EvidenceRows {
    /// One row a billing cycle.
    pub cycles: bool,
    /// One row an attempt.
    pub operations: bool,
}

/// What every account of a run did.
#[derive(Debug)]
pub struct Evidence {
    /// Start of the horizon.
    pub start: SimTime,
    /// Per (replication, organization): one tally a policy.
    pub accounts: BTreeMap<(u32, OrganizationId), Vec<Tally>>,
}

impl Evidence {
    /// The tallies of one policy, in the order of (replication, organization).
    pub fn of_policy(&self, policy: usize) -> impl Iterator<Item = &Tally> + '_ {
        self.accounts.values().map(move |tallies| &tallies[policy])
    }
}

/// Runs a scenario written as text on the ordinary engine.
///
/// # Errors
/// What the run finds wrong; a scenario that cannot be read is a [`Failure`] too, since these texts are ours.
pub fn simulate(name: &str, text: &str, rows: EvidenceRows, seed: Option<u64>) -> Result<Evidence, Failure> {
    let mut scenario =
        read(&ScenarioSource::from_text(name, text)).map_err(|problems| unreadable(name, &problems))?;
    scenario.seed = seed.unwrap_or(scenario.seed);
    let kept = Arc::new(TallyKeeper::default());
    let detail =
        DetailOptions { cycles: rows.cycles, operations: rows.operations, ..DetailOptions::default() };
    let writer: Arc<dyn RowWriter> = kept.clone();
    let job = prepare(&scenario, JobOptions { detail, first: None }, writer);
    let spec = RunSpec {
        job: Arc::new(job),
        replications: 0..scenario.replications,
        layout: Layout::default(),
        // Nothing is spilled where no rows are written: the folder never comes to be.
        spill: PathBuf::from("never-made"),
        sink: Box::new(NoOutcomes),
        interrupt: Interrupt::default(),
        keep: None,
    };
    run(spec, &mut |_| {})?;
    let accounts = std::mem::take(&mut *kept.accounts.lock().unwrap_or_else(PoisonError::into_inner));
    Ok(Evidence { start: scenario.start, accounts })
}

fn unreadable(name: &str, problems: &[Problem]) -> Failure {
    let said: Vec<String> = problems.iter().map(ToString::to_string).collect();
    Failure::Unreadable {
        organization: name.to_owned(),
        source: std::io::Error::new(std::io::ErrorKind::InvalidData, said.join("\n")),
    }
}

/// Keeps the tallies that pass by on their way to the row files.
#[derive(Default)]
struct TallyKeeper {
    accounts: Mutex<BTreeMap<(u32, OrganizationId), Vec<Tally>>>,
}

impl RowWriter for TallyKeeper {
    fn files(&self) -> usize {
        0
    }

    fn write(&self, replication: u32, organization: &OrganizationOutcome, _into: &mut [Vec<u8>]) {
        let mut accounts = self.accounts.lock().unwrap_or_else(PoisonError::into_inner);
        accounts.insert((replication, organization.id), organization.tallies.clone());
    }
}
