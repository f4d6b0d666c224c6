//! The past once more: every organization of a scenario under one policy, once.

use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use crate::engine::{self, Failure, Interrupt, JobOptions, Layout, NoOutcomes, Progress, RowWriter, RunSpec};
use crate::organization::DetailOptions;
use crate::outcome::{OrganizationOutcome, RunShape};
use crate::policy::Policy;
use crate::scenario::Scenario;
use crate::units::OrganizationId;
use crate::workload::PreparedHistory;

use super::past::{ReplayedOrganization, ReplayedTime};

/// How the past is replayed.
pub struct ReplayConditions<'c> {
    /// The scenario's histories, prepared.
    pub histories: &'c [Arc<PreparedHistory>],
    /// Threads.
    pub layout: Layout,
    /// Asked by whoever wants it to end early.
    pub interrupt: Interrupt,
    /// A folder for the run's own use.
    pub scratch: &'c Path,
}

/// Organizations by cohort and number, from whichever thread has finished one.
type Finished = Mutex<Vec<(OrganizationId, ReplayedOrganization)>>;

/// Reads every organization's months as soon as it is finished.
struct PastReader {
    shape: Arc<RunShape>,
    time: ReplayedTime,
    finished: Arc<Finished>,
}

impl RowWriter for PastReader {
    fn files(&self) -> usize {
        0
    }

    fn write(&self, _: u32, organization: &OrganizationOutcome, _: &mut [Vec<u8>]) {
        let Some(tally) = organization.tallies.first() else { return };
        let name = self.shape.organization_name(organization);
        let priced = self.shape.currency.is_some();
        let read = ReplayedOrganization::of(name, organization, tally, &self.time, priced);
        self.finished.lock().unwrap_or_else(PoisonError::into_inner).push((organization.id, read));
    }
}

/// Every organization's months under the policy, in order; `None` if somebody has ended it before.
///
/// # Errors
/// The first failure: it names the organization, the actor or the file.
pub fn replay_past(
    scenario: &Scenario,
    policy: Policy,
    conditions: &ReplayConditions<'_>,
    observe: &mut dyn FnMut(Progress),
) -> Result<Option<Vec<ReplayedOrganization>>, Failure> {
    let mut scenario = scenario.clone();
    (scenario.policies, scenario.baseline) = (vec![policy], 0);
    let time = ReplayedTime { zone: scenario.zone.clone(), from: scenario.measure_from, to: scenario.end };
    let finished = Arc::new(Finished::default());
    let reader = PastReader { shape: engine::shape(&scenario), time, finished: finished.clone() };
    let detail = DetailOptions { journal: true, ..DetailOptions::default() };
    let options = JobOptions { detail, first: None };
    let job = engine::prepare_with(&scenario, options, Arc::new(reader), conditions.histories);
    let spec = RunSpec {
        job: Arc::new(job),
        replications: 0..1,
        layout: conditions.layout.clone(),
        // The run removes its folder, and histories are needed again.
        spill: conditions.scratch.join("replay"),
        sink: Box::new(NoOutcomes),
        interrupt: conditions.interrupt.clone(),
        keep: None,
    };
    let ran = engine::run(spec, observe)?;
    if ran.interrupted.is_some() {
        return Ok(None);
    }
    let mut all = std::mem::take(&mut *finished.lock().unwrap_or_else(PoisonError::into_inner));
    all.sort_by_key(|(id, _)| *id);
    Ok(Some(all.into_iter().map(|(_, organization)| organization).collect()))
}
