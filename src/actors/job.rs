//! What is simulated: everything needed to start any organization of any replication.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, PoisonError};

use crate::organization::{LawViolation, OrganizationRun, Outages, Workspace, World};
use crate::outcome::RunShape;
use crate::sampling::{Purpose, StreamKey, TraitPoint};
use crate::units::{CohortIndex, OrganizationId};
use crate::workload::{
    AccountBook, HistoryBlock, HistoryError, HistoryOrganization, Population, PreparedHistory, Pseudonyms,
    Traits,
};

use super::control::Failure;
use super::rows::RowWriter;

/// Blocks of a history's organizations that are kept open: arbiters work near each other, so few are enough.
const OPEN_BLOCKS: usize = 8;

/// One cohort of a job.
#[derive(Debug)]
pub struct JobCohort {
    /// Its name, part of every key.
    pub name: String,
    /// How its organizations differ.
    pub population: Population,
    /// Number of the first that is simulated.
    pub first: u32,
    /// How many are simulated.
    pub organizations: u32,
    /// The usage history that they replay.
    pub history: Option<OpenHistory>,
    /// The accounts that a file tells of; without a history these are the organizations.
    pub accounts: Option<Arc<AccountBook>>,
}

impl JobCohort {
    /// The label of an organization that a file of accounts alone tells of.
    #[must_use]
    pub fn written(&self, number: u32) -> Option<&str> {
        let book = self.accounts.as_ref().filter(|_| self.history.is_none())?;
        Some(book.accounts.get(number as usize)?.label.as_str())
    }

    /// True if its organizations have labels.
    #[must_use]
    pub fn is_labelled(&self) -> bool {
        self.history.is_some() || self.accounts.is_some()
    }

    /// Puts what a file of accounts says in the place of what was drawn.
    fn place(&self, label: &str, traits: &mut Traits) {
        let Some(book) = &self.accounts else { return };
        if let Some(number) = book.number_of(label) {
            book.accounts[number as usize].place(number, &self.population, traits);
        }
    }
}

/// A history with the blocks of organizations that are being replayed.
#[derive(Debug)]
pub struct OpenHistory {
    prepared: Arc<PreparedHistory>,
    open: Mutex<VecDeque<(HistoryBlock, Arc<Vec<HistoryOrganization>>)>>,
}

impl OpenHistory {
    /// A history of which no block is open yet.
    #[must_use]
    pub fn new(prepared: Arc<PreparedHistory>) -> Self {
        OpenHistory { prepared, open: Mutex::default() }
    }

    fn organization(&self, number: u32) -> Result<HistoryOrganization, Failure> {
        let (block, place) = self.prepared.place_of(number);
        let organizations = self.block(block).map_err(|error| Failure::History(error.into()))?;
        Ok(organizations[place].clone())
    }

    fn block(&self, block: HistoryBlock) -> Result<Arc<Vec<HistoryOrganization>>, HistoryError> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, organizations)) = open.iter().find(|(which, _)| *which == block) {
            return Ok(Arc::clone(organizations));
        }
        let organizations = Arc::new(self.prepared.open(block)?);
        open.push_front((block, Arc::clone(&organizations)));
        open.truncate(OPEN_BLOCKS);
        Ok(organizations)
    }
}

/// Everything that every arbiter reads and nobody changes.
pub struct Job {
    /// Shared by all accounts.
    pub world: Arc<World>,
    /// Names of the outcome's parts.
    pub shape: Arc<RunShape>,
    /// Seed of every stream.
    pub seed: u64,
    /// Cohorts in file order.
    pub cohorts: Vec<JobCohort>,
    /// Draws the outages of a replication; the same each time it is asked.
    pub outages: Box<dyn Fn(u32) -> Outages + Send + Sync>,
    /// Writes the rows of an organization.
    pub rows: Arc<dyn RowWriter>,
    /// Labels are replaced by these before anything is told or written.
    pub pseudonyms: Option<Pseudonyms>,
}

impl fmt::Debug for Job {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Job").field("shape", &self.shape).field("seed", &self.seed).finish_non_exhaustive()
    }
}

impl Job {
    /// An organization before its first arrival.
    ///
    /// # Errors
    /// What an account finds wrong at the start; a history on disk that cannot be read.
    pub fn start(
        &self,
        replication: u32,
        id: OrganizationId,
        outages: &Arc<Outages>,
        space: Workspace,
    ) -> Result<OrganizationRun, Failure> {
        let mut run = self.open(replication, id, outages, space)?;
        if replication == 0 && self.witness() == Some(id) {
            run.scrutinize();
        }
        Ok(run)
    }

    /// The organization that every run looks at in full in its first replication, so that there is one; nobody else is
    /// chosen here, but by keys of their own.
    fn witness(&self) -> Option<OrganizationId> {
        let total: u64 = self.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
        let uniform = StreamKey::root(self.seed).uniform(Purpose::Audit, 0, 0);
        let mut left = (uniform * total as f64) as u64;
        for (index, cohort) in self.cohorts.iter().enumerate() {
            match u32::try_from(left) {
                Ok(number) if number < cohort.organizations => {
                    let number = cohort.first + number;
                    return Some(OrganizationId { cohort: CohortIndex(index as u16), number });
                }
                _ => left -= u64::from(cohort.organizations),
            }
        }
        None
    }

    fn open(
        &self,
        replication: u32,
        id: OrganizationId,
        outages: &Arc<Outages>,
        space: Workspace,
    ) -> Result<OrganizationRun, Failure> {
        let cohort = &self.cohorts[id.cohort.index()];
        let fault = |fault: LawViolation| Failure::Fault { replication, fault };
        let cohort_key = StreamKey::cohort(self.seed, replication, &cohort.name);
        if let Some(history) = &cohort.history {
            let replayed = history.organization(id.number)?;
            let point = replayed.point(cohort_key);
            let (key, mut traits) = (point.key(), replayed.traits(&cohort.population, point));
            cohort.place(replayed.label(), &mut traits);
            traits.label = self.shown(std::mem::take(&mut traits.label));
            return OrganizationRun::new(&self.world, key, traits, outages, space, |source, traits| {
                source.begin_history(traits, &history.prepared, &replayed)
            })
            .map_err(fault);
        }
        let label = cohort.written(id.number);
        let point = match label {
            Some(label) => TraitPoint::labelled(cohort_key, label),
            None => TraitPoint::numbered(cohort_key, id.number),
        };
        let (key, mut traits) = (point.key(), cohort.population.draw(point, id.number));
        if let Some(label) = label {
            cohort.place(label, &mut traits);
            traits.label = self.shown(label.to_owned());
        }
        OrganizationRun::new(&self.world, key, traits, outages, space, |source, traits| source.begin(traits))
            .map_err(fault)
    }

    /// How an organization is named by its usage history, or `COHORT/NUMBER` if it is none of one's.
    ///
    /// # Errors
    /// A history that cannot be read.
    pub fn label_of(&self, id: OrganizationId) -> Result<String, Failure> {
        let cohort = &self.cohorts[id.cohort.index()];
        if let Some(label) = cohort.written(id.number) {
            return Ok(self.world.name_of(id, &self.shown(label.to_owned())));
        }
        let Some(history) = &cohort.history else { return Ok(self.organization_name(id)) };
        let replayed = history.organization(id.number)?;
        Ok(self.world.name_of(id, &self.shown(replayed.label().to_owned())))
    }

    /// A label as it is written: itself, or its pseudonym.
    fn shown(&self, label: String) -> String {
        match &self.pseudonyms {
            Some(pseudonyms) => pseudonyms.of(&label),
            None => label,
        }
    }

    /// Leaves one organization; its outcomes stay what they are among all.
    pub fn keep_only(&mut self, id: OrganizationId) {
        for (index, cohort) in self.cohorts.iter_mut().enumerate() {
            let is_its = index == id.cohort.index();
            cohort.first = if is_its { id.number } else { 0 };
            cohort.organizations = u32::from(is_its);
        }
    }

    /// `COHORT/NUMBER`.
    #[must_use]
    pub fn organization_name(&self, id: OrganizationId) -> String {
        self.world.name_of(id, "")
    }
}
