//! `creditsim check`: every problem of a scenario, without running it.

use crate::scenario;

use super::arguments::CheckArguments;
use super::exit::{Exit, Problem};
use super::{reading, terminal};

/// Lists problems and warnings.
pub(super) fn carry_out(arguments: &CheckArguments) -> Result<Exit, Problem> {
    let source = reading::source(&arguments.scenario, &arguments.set)?;
    let (scenario, problems) = scenario::examine(&source);
    let Some(scenario) = scenario.filter(|_| !problems.iter().any(scenario::Problem::is_error)) else {
        return Err(Problem::Scenario(problems));
    };
    for warning in &problems {
        terminal::tell(&warning.to_string());
    }
    let organizations: u64 = scenario.cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
    terminal::say(&format!(
        "`{}` can be run: {organizations} organizations, {} features, {} policies, {} replications",
        source.name(),
        scenario.features.len(),
        scenario.policies.len(),
        scenario.replications
    ));
    Ok(Exit::Fine)
}
