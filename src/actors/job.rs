//! What is simulated: everything needed to start any organization of any replication.

use std::fmt;
use std::sync::Arc;

use crate::organization::{Fault, OrganizationRun, Outages, Workspace, World};
use crate::outcome::Shape;
use crate::sampling::StreamKey;
use crate::units::OrganizationId;
use crate::workload::Population;

use super::rows::RowWriter;

/// One cohort of a job.
#[derive(Debug, Clone)]
pub struct JobCohort {
    /// Its name, part of every key.
    pub name: String,
    /// How its organizations differ.
    pub population: Population,
    /// How many are simulated.
    pub organizations: u32,
}

/// Everything that every arbiter reads and nobody changes.
pub struct Job {
    /// Shared by all accounts.
    pub world: Arc<World>,
    /// Names of the outcome's parts.
    pub shape: Arc<Shape>,
    /// Seed of every stream.
    pub seed: u64,
    /// Cohorts in file order.
    pub cohorts: Vec<JobCohort>,
    /// Draws the outages of a replication; the same each time it is asked.
    pub outages: Box<dyn Fn(u32) -> Outages + Send + Sync>,
    /// Writes the rows of an organization.
    pub rows: Arc<dyn RowWriter>,
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
    /// What an account finds wrong at the start.
    pub fn start(
        &self,
        replication: u32,
        id: OrganizationId,
        outages: &Arc<Outages>,
        space: Workspace,
    ) -> Result<OrganizationRun, Fault> {
        let cohort = &self.cohorts[id.cohort.index()];
        let key = StreamKey::organization(self.seed, replication, &cohort.name, id.number);
        let traits = cohort.population.draw(key, id.number);
        OrganizationRun::new(&self.world, key, traits, outages, space)
    }

    /// `COHORT/NUMBER`.
    #[must_use]
    pub fn organization_name(&self, id: OrganizationId) -> String {
        self.world.name_of(id, "")
    }
}
