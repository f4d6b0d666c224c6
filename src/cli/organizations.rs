//! Which organization a name on the command line means: as `organizations.csv` prints it, or its label alone.

use crate::engine::{Job, JobCohort};
use crate::units::{CohortIndex, OrganizationId};

use super::exit::CommandProblem;

/// The organization of that name: `COHORT/NUMBER` with numbers from 0, `COHORT/LABEL`, or a label of a usage history.
///
/// # Errors
/// A name that means none, with those that there are.
pub(super) fn find(job: &Job, name: &str) -> Result<OrganizationId, CommandProblem> {
    if let Some(id) = labelled(job, name)?.or_else(|| numbered(job, name)) {
        return Ok(id);
    }
    let known = job.cohorts.iter().filter(|cohort| cohort.organizations > 0).map(|cohort| {
        match cohort.organizations {
            1 => format!("{}/0", cohort.name),
            many => format!("{0}/0 to {0}/{1}", cohort.name, many - 1),
        }
    });
    Err(CommandProblem::Usage {
        what: format!("`--organization {name}`: the scenario has no such organization"),
        hint: Some(format!("organizations: {}", known.collect::<Vec<_>>().join(", "))),
    })
}

/// `COHORT/NUMBER`.
fn numbered(job: &Job, text: &str) -> Option<OrganizationId> {
    let (cohort, number) = text.rsplit_once('/')?;
    let number: u32 = number.parse().ok()?;
    let index = job.cohorts.iter().position(|known| known.name == cohort)?;
    let cohort = CohortIndex(u16::try_from(index).ok()?);
    (number < job.cohorts[index].organizations).then_some(OrganizationId { cohort, number })
}

/// An organization of a usage history, or of a file of accounts, by its label, alone or behind its cohort.
fn labelled(job: &Job, text: &str) -> Result<Option<OrganizationId>, CommandProblem> {
    if !job.cohorts.iter().any(JobCohort::is_labelled) {
        return Ok(None);
    }
    for (index, cohort) in job.cohorts.iter().enumerate().filter(|(_, cohort)| cohort.is_labelled()) {
        let alone = text.strip_prefix(cohort.name.as_str()).and_then(|rest| rest.strip_prefix('/'));
        let meant = alone.unwrap_or(text);
        // Who has the key may name an organization by its label too.
        let pseudonym = job.pseudonyms.as_ref().map(|pseudonyms| pseudonyms.of(meant));
        for number in 0..cohort.organizations {
            let id = OrganizationId { cohort: CohortIndex(index as u16), number };
            let name = job.label_of(id)?;
            if name == text || name == meant || Some(&name) == pseudonym.as_ref() {
                return Ok(Some(id));
            }
        }
    }
    Ok(None)
}
