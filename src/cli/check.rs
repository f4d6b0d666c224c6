//! `creditsim check`: every problem of a scenario, without running it.

use crate::engine::{Layout, Planned, expect};
use crate::scenario::{self, Scenario};

use super::arguments::CheckArguments;
use super::diagnosis::diagnosis;
use super::exit::{CommandProblem, Exit};
use super::terminal::number_of;
use super::{estimate, reading, terminal};

/// Lists problems and warnings.
pub(super) fn carry_out(arguments: &CheckArguments) -> Result<Exit, CommandProblem> {
    let source = reading::source_in(arguments.sandboxed, &arguments.scenario, &arguments.set)?;
    let (scenario, problems) = scenario::examine(&source);
    let Some(scenario) = scenario.filter(|_| !problems.iter().any(scenario::Problem::is_error)) else {
        return Err(CommandProblem::Scenario(problems));
    };
    if !problems.is_empty() {
        terminal::tell_drawn(&diagnosis(&problems, terminal::stderr_look()));
    }
    terminal::say(&format!(
        "`{}` can be run: {}, {}, {}, {}",
        source.name(),
        organizations(&scenario),
        number_of(scenario.features.len() as u64, "feature", "features"),
        number_of(scenario.policies.len() as u64, "policy", "policies"),
        estimate::replications(&scenario, None)
    ));
    let planned =
        Planned { threads: Layout::default().threads as u32, organization_rows: true, ..Planned::default() };
    let expected = expect(&scenario, planned);
    estimate::refuse(&expected, &scenario, arguments.sandboxed)?;
    terminal::say(&format!("it takes {}", estimate::sentence(&expected, &scenario)));
    Ok(Exit::Fine)
}

/// The organizations of all cohorts; how many a history has is known only once it has been read.
fn organizations(scenario: &Scenario) -> String {
    let drawn = scenario.cohorts.iter().filter(|cohort| cohort.history.is_none());
    let drawn: u64 = drawn.map(|cohort| u64::from(cohort.organizations)).sum();
    let replayed = scenario.cohorts.iter().filter_map(|cohort| scenario.histories.get(cohort.history?));
    let mut told: Vec<String> = replayed.map(|spec| format!("those of history `{}`", spec.name)).collect();
    if drawn > 0 || told.is_empty() {
        told.insert(0, number_of(drawn, "organization", "organizations"));
    } else {
        told[0] = told[0].replacen("those", "the organizations", 1);
    }
    told.join(" and ")
}
