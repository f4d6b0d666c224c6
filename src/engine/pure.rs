//! The same organizations in a plain loop on one thread: for tests, and to measure what actors cost.

use std::ops::Range;
use std::sync::Arc;

use crate::actors::{Enough, Failure, Job, Sink};
use crate::organization::{OrganizationProgress, WaysTaken, Workspace};
use crate::outcome::Outcome;
use crate::units::{CohortIndex, OrganizationId};

/// Runs every organization of every replication, one after the other; writes no rows. Returns the operations applied,
/// and which ways the accounts of all policies went with them.
///
/// # Errors
/// What an account finds wrong.
pub fn run_pure(
    job: &Job,
    replications: Range<u32>,
    batch: usize,
    sink: &mut dyn Sink,
) -> Result<(u64, WaysTaken), Failure> {
    let (mut operations, mut ways) = (0, WaysTaken::default());
    for replication in replications {
        let outages = Arc::new((job.outages)(replication));
        let mut outcome = Outcome::new(job.shape.clone());
        let mut space = Workspace::default();
        for (cohort, size) in job.cohorts.iter().map(|cohort| cohort.organizations).enumerate() {
            for number in 0..size {
                let id = OrganizationId { cohort: CohortIndex(cohort as u16), number };
                let fault = |fault| Failure::Fault { replication, fault };
                let mut run = job.start(replication, id, &outages, space)?;
                loop {
                    while let Some(mut refill) = run.take_want() {
                        refill.draw(&job.world, batch).map_err(|source| {
                            let organization = job.organization_name(id);
                            Failure::Unreadable { organization, source }
                        })?;
                        run.accept(refill).map_err(fault)?;
                    }
                    if run.advance().map_err(fault)? != OrganizationProgress::Wants {
                        break;
                    }
                }
                operations += run.operations();
                ways.add(&run.ways());
                let (done, left) = run.finish().map_err(fault)?;
                outcome.fold(&done);
                space = left;
            }
        }
        if sink.complete(replication, outcome) == Enough::Yes {
            break;
        }
    }
    Ok((operations, ways))
}
