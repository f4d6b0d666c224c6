//! `creditsim explain`: the ledger of one organization as a statement.

use serde_json::json;

use crate::engine::{self, Failure, Job};
use crate::report::{self, Statement, UsageKey};
use crate::scenario::Scenario;
use crate::units::SimTime;

use super::arguments::{ExplainArguments, FormatOption, UsageOption};
use super::exit::{CommandProblem, Exit};
use super::followed::{Followed, Following, divergence};
use super::select::unknown_policy;
use super::{anonymous, interrupt, organizations, reading, terminal};

/// Runs one organization under one policy, or two, and shows its ledger.
pub(super) fn carry_out(arguments: &ExplainArguments) -> Result<Exit, CommandProblem> {
    interrupt::end_on_signal();
    let mut scenario = reading::scenario(&arguments.scenario, &arguments.set)?;
    if let Some(seed) = arguments.seed {
        scenario.seed = seed;
    }
    let span = span(&scenario, arguments)?;
    let policy = policy_at(&scenario, "--policy", arguments.policy.as_deref())?;
    let against = arguments.against.as_deref();
    let against = against.map(|name| policy_at(&scenario, "--against", Some(name))).transpose()?;
    let pseudonyms = anonymous::pseudonyms(arguments.anonymize.as_deref())?;
    let folder = tempfile::Builder::new().prefix("creditsim-").tempdir();
    let folder = folder.map_err(|source| CommandProblem::File { path: std::env::temp_dir(), source })?;
    // For partitions of usage histories: nobody else can have made it, and it goes whatever happens.
    let scratch = interrupt::Scratch::new(folder.keep());
    let histories = engine::prepare_histories(&scenario, scratch.path(), &|_| true)
        .map_err(|error| CommandProblem::Run(Failure::History(error)))?;
    let find = |job: &Job| organizations::find(job, &arguments.organization);
    let following = Following { find: &find, replication: arguments.replication, audit: true };
    let under = |policy: usize| Followed::under(&scenario, policy, (&histories, &pseudonyms), following);
    let followed = under(policy)?;
    let format = arguments.format.into();
    let show = |at| scenario.zone.show(at);
    if let Some(other) = against {
        let other = under(other)?;
        let [own, against] = [&followed, &other].map(Followed::statement);
        let table = divergence((&followed.policy, &own), (&other.policy, &against), &show);
        terminal::say_drawn(&report::render_tables(&[table], format, terminal::stdout_look()));
        return Ok(Exit::Fine);
    }
    if !arguments.usage.is_empty() {
        let keys: Vec<UsageKey> = arguments.usage.iter().map(|key| (*key).into()).collect();
        let table = report::usage_table(&followed.facts, &followed.journal, &keys, &show);
        terminal::say_drawn(&report::render_tables(&[table], format, terminal::stdout_look()));
        return Ok(Exit::Fine);
    }
    let mut statement = followed.statement();
    if span != (SimTime::MIN, SimTime::MAX) {
        statement.keep(span.0, span.1);
    }
    terminal::say(&shown(&statement, &scenario, arguments.format));
    Ok(Exit::Fine)
}

/// The part of the time that is asked for.
fn span(scenario: &Scenario, arguments: &ExplainArguments) -> Result<(SimTime, SimTime), CommandProblem> {
    let instant = |text: &Option<String>, otherwise: SimTime| match text {
        None => Ok(otherwise),
        Some(text) => scenario.zone.parse(text).ok_or_else(|| CommandProblem::Usage {
            what: format!("`{text}` is no instant"),
            hint: Some(String::from("write a date such as 2025-01-31, or 2025-01-31T10:00:00")),
        }),
    };
    Ok((instant(&arguments.from, SimTime::MIN)?, instant(&arguments.to, SimTime::MAX)?))
}

fn shown(statement: &Statement, scenario: &Scenario, format: FormatOption) -> String {
    let (lines, totals) = (statement.to_table(), statement.totals_table());
    match format {
        FormatOption::Text => statement.to_text(&|at| scenario.zone.show(at)),
        FormatOption::Csv => lines.render(format.into()),
        FormatOption::Markdown => {
            format!("{}\n{}", lines.render(format.into()), totals.render(format.into()))
        }
        FormatOption::Json => {
            report::pretty(&json!({ "lines": lines.to_json(), "totals": totals.to_json() }))
        }
    }
}

/// The policy that an option names, or the baseline.
fn policy_at(scenario: &Scenario, option: &str, named: Option<&str>) -> Result<usize, CommandProblem> {
    let Some(named) = named else { return Ok(scenario.baseline) };
    let found = scenario.policies.iter().position(|policy| policy.name == named);
    found.ok_or_else(|| unknown_policy(scenario, option, named))
}

impl From<UsageOption> for UsageKey {
    fn from(option: UsageOption) -> Self {
        match option {
            UsageOption::Feature => UsageKey::Feature,
            UsageOption::Member => UsageKey::Member,
            UsageOption::Group => UsageKey::Group,
            UsageOption::Project => UsageKey::Project,
            UsageOption::Category => UsageKey::Category,
            UsageOption::Month => UsageKey::Month,
        }
    }
}
