//! What the command line changes about a scenario: policies, seed, replications, thresholds.

use crate::experiment::{self, choose_run};
use crate::scenario::{HalfWidthWanted, Scenario, Threshold, Until, parse_half_width, parse_threshold};

use super::arguments::{RowsOption, RunArguments};
use super::exit::CommandProblem;
use super::terminal::number_of;

pub(super) use crate::experiment::{QUICK_ORGANIZATIONS, SimulationChoice};

/// Organizations of each cohort in a quick look where many settings run.
pub(super) const QUICK_ORGANIZATIONS_OF_MANY: u32 = 20;

/// What is said below the verdicts of a quick look.
pub(super) fn first_look(replications: u32) -> String {
    format!(
        "first look: {} of the first {QUICK_ORGANIZATIONS} organizations of each cohort; verdicts may turn when all of \
         them run (leave `--quick` out)",
        number_of(u64::from(replications), "replication", "replications")
    )
}

/// Applies a choice to the scenario.
///
/// # Errors
/// A policy that the scenario lacks.
pub(super) fn choose(scenario: &mut Scenario, choice: &SimulationChoice<'_>) -> Result<(), CommandProblem> {
    choose_run(scenario, choice).map_err(|name| unknown_policy(scenario, "--policy", &name))
}

/// Applies the arguments to the scenario.
///
/// # Errors
/// A policy or a condition that cannot be meant.
pub(super) fn apply(scenario: &mut Scenario, arguments: &RunArguments) -> Result<(), CommandProblem> {
    let RunArguments { policies, seed, quick, replications, .. } = arguments;
    choose(
        scenario,
        &SimulationChoice { policies, seed: *seed, quick: *quick, replications: *replications },
    )?;
    if let Some(resamples) = arguments.bootstrap {
        if scenario.cohorts.iter().all(|cohort| cohort.history.is_none()) {
            let what = format!(
                "`--bootstrap {resamples}` resamples the organizations of a usage history, and no cohort has one"
            );
            let hint =
                Some(String::from("what is drawn anew in each replication needs none: `--replications`"));
            return Err(CommandProblem::Usage { what, hint });
        }
        scenario.replications = 1;
        scenario.precision = None;
    }
    if arguments.free && !arguments.wants(RowsOption::Operations) {
        return Err(CommandProblem::usage(
            "`--free` adds rows to `operations.csv`; ask for that with `--rows operations`",
        ));
    }
    let names: Vec<String> = scenario.policies.iter().map(|policy| policy.name.clone()).collect();
    for text in &arguments.thresholds {
        scenario.thresholds.push(threshold(text, &names)?);
    }
    if !arguments.until.is_empty() {
        let conditions = arguments.until.iter().map(|text| half_width(text, &names));
        let (batch, conditions) = (scenario.replications, conditions.collect::<Result<_, _>>()?);
        let most = (arguments.most_replications / batch).max(1).saturating_mul(batch);
        scenario.until = Some(Until { conditions, batch, most });
        scenario.precision = None;
    }
    Ok(())
}

fn half_width(text: &str, policies: &[String]) -> Result<HalfWidthWanted, CommandProblem> {
    parse_half_width(text, policies).map_err(|error| CommandProblem::Usage {
        what: format!("`--until \"{text}\"` is no condition\n  wanted {}", error.wanted),
        hint: error.hint,
    })
}

fn threshold(text: &str, policies: &[String]) -> Result<Threshold, CommandProblem> {
    parse_threshold(text, policies).map_err(|error| CommandProblem::Usage {
        what: format!("`--threshold \"{text}\"` is no condition\n  wanted {}", error.wanted),
        hint: error.hint,
    })
}

/// A policy that the scenario does not have, as an option names it.
pub(super) fn unknown_policy(scenario: &Scenario, option: &str, name: &str) -> CommandProblem {
    let known: Vec<&str> = scenario.policies.iter().map(|policy| policy.name.as_str()).collect();
    let what = format!("`{option} {name}`: the scenario has no such policy");
    CommandProblem::Usage { what, hint: Some(format!("policies: {}", known.join(", "))) }
}

/// Leaves the named policies, in file order; all of them if none is named.
pub(super) fn keep_policies(scenario: &mut Scenario, names: &[String]) -> Result<(), CommandProblem> {
    experiment::keep_policies(scenario, names).map_err(|name| unknown_policy(scenario, "--policy", &name))
}
