//! `creditsim explain`: the ledger of one organization as a statement.

use std::sync::Arc;

use serde_json::json;

use crate::engine::{self, Failure, Job, JobOptions, NoRows};
use crate::organization::{DetailOptions, OrganizationProgress, Workspace};
use crate::outcome::{Detail, Entry};
use crate::policy::{ChargeMoment, FeatureTerms, InFlight, OnCancel, OnFailure};
use crate::report::{
    self, Cell, Column, FeatureWords, PlanWords, Statement, StatementFacts, StatementLine, Table, UsageKey,
};
use crate::scenario::Scenario;
use crate::units::{CohortIndex, SimTime};
use crate::workload::{PreparedHistory, Pseudonyms};

use super::arguments::{ExplainArguments, FormatOption, UsageOption};
use super::exit::{CommandProblem, Exit};
use super::select::unknown_policy;
use super::{anonymous, interrupt, organizations, reading, terminal};

/// Most arrivals drawn at once.
const BATCH: usize = 4096;

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
    let under = |policy: usize| Followed::under(&scenario, policy, (&histories, &pseudonyms), arguments);
    let followed = under(policy)?;
    let format = arguments.format.into();
    let show = |at| scenario.zone.show(at);
    if let Some(other) = against {
        let other = under(other)?;
        let table = divergence(&followed, &other, &show);
        terminal::say_drawn(&report::render_tables(&[table], format, terminal::stdout_look()));
        return Ok(Exit::Fine);
    }
    if !arguments.usage.is_empty() {
        let keys: Vec<UsageKey> = arguments.usage.iter().map(|key| (*key).into()).collect();
        let table = report::usage_table(&followed.facts, &followed.journal, &keys, &show);
        terminal::say_drawn(&report::render_tables(&[table], format, terminal::stdout_look()));
        return Ok(Exit::Fine);
    }
    let mut statement = Statement::new(&followed.facts, &followed.journal);
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

/// An organization that was followed under one policy.
struct Followed {
    policy: String,
    facts: StatementFacts,
    journal: Vec<Entry>,
}

impl Followed {
    fn under(
        scenario: &Scenario,
        policy: usize,
        (histories, pseudonyms): (&[Arc<PreparedHistory>], &Option<Pseudonyms>),
        arguments: &ExplainArguments,
    ) -> Result<Self, CommandProblem> {
        let mut scenario = scenario.clone();
        let policy = scenario.policies.swap_remove(policy);
        scenario.policies = vec![policy.clone()];
        scenario.baseline = 0;
        let detail = DetailOptions { journal: true, audit: true, ..DetailOptions::default() };
        let options = JobOptions { detail, first: None };
        let mut job = engine::prepare_with(&scenario, options, Arc::new(NoRows), histories);
        job.pseudonyms.clone_from(pseudonyms);
        let (name, cohort, detail) = followed(&job, arguments)?;
        let facts = StatementFacts {
            title: format!(
                "{name} under `{}`, replication {}, seed {}, times in {}",
                policy.name,
                arguments.replication,
                scenario.seed,
                scenario.zone.name()
            ),
            features: scenario.features.iter().map(|feature| feature.name.clone()).collect(),
            limits: policy.limit_names.clone(),
            plans: policy.plans.iter().map(|plan| plan_words(&plan.plan, &plan.features)).collect(),
            currency: scenario.currency.clone().unwrap_or_default(),
            quantities: job.shape.quantities.clone(),
            measured: detail.quantities,
            groups: job.shape.groups.get(cohort.index()).cloned().unwrap_or_default(),
        };
        Ok(Followed { policy: policy.name, facts, journal: detail.journal })
    }
}

/// The lines behind the last one that both policies have alike.
fn divergence(one: &Followed, other: &Followed, show: &dyn Fn(SimTime) -> String) -> Table {
    /// Lines that are shown of each.
    const SHOWN: usize = 3;
    let statements = [one, other].map(|own| Statement::new(&own.facts, &own.journal));
    let [first, second] = statements.each_ref().map(Statement::lines);
    let same = |(a, b): &(&StatementLine, &StatementLine)| (a.at, &a.what) == (b.at, &b.what);
    let alike = first.iter().zip(second).take_while(same).count();
    let words = ["policy", "at", "what"].map(Column::words);
    let numbers = ["settled", "available", "debt"].map(Column::numbers);
    let mut table = Table::new("", words.into_iter().chain(numbers).collect());
    for (own, lines) in [(one, first), (other, second)] {
        for line in lines.iter().skip(alike).take(SHOWN) {
            table.rows.push(vec![
                Cell::text(&own.policy),
                Cell::text(show(line.at)),
                Cell::text(&line.what),
                Cell::text(line.settled.to_string()),
                Cell::text(line.available.to_string()),
                Cell::text(line.debt.to_string()),
            ]);
        }
    }
    let at = [first, second].iter().filter_map(|lines| lines.get(alike)).map(|line| line.at).min();
    table.title = match at {
        None => format!("`{}` and `{}` never do anything different", one.policy, other.policy),
        Some(at) => format!("`{}` and `{}` part at {}", one.policy, other.policy, show(at)),
    };
    if at.is_some() {
        let before = alike.checked_sub(1).and_then(|last| first.get(last));
        let balances =
            before.map(|line| format!(", with {} settled and {} available", line.settled, line.available));
        table.notes.push(format!(
            "alike before: {}{}",
            terminal::number_of(alike as u64, "line", "lines"),
            balances.unwrap_or_default()
        ));
    }
    table
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

/// Runs the organization; gives its name, its cohort and its journal.
fn followed(
    job: &Job,
    arguments: &ExplainArguments,
) -> Result<(String, CohortIndex, Box<Detail>), CommandProblem> {
    let wanted = &arguments.organization;
    let id = organizations::find(job, wanted)?;
    let fault = |fault| CommandProblem::Run(Failure::Fault { replication: arguments.replication, fault });
    let outages = Arc::new((job.outages)(arguments.replication));
    let mut run = job.start(arguments.replication, id, &outages, Workspace::default())?;
    let label = run.name();
    let cohort = &job.cohorts[id.cohort.index()];
    // As `organizations.csv` prints it.
    let name = if cohort.history.is_some() { format!("{}/{label}", cohort.name) } else { label };
    loop {
        while let Some(mut refill) = run.take_want() {
            refill
                .draw(&job.world, BATCH)
                .map_err(|source| Failure::Unreadable { organization: name.clone(), source })?;
            run.accept(refill).map_err(fault)?;
        }
        if run.advance().map_err(fault)? != OrganizationProgress::Wants {
            break;
        }
    }
    let (mut outcome, _) = run.finish().map_err(fault)?;
    let detail = outcome.tallies.pop().and_then(|tally| tally.detail);
    Ok((name, id.cohort, detail.unwrap_or_default()))
}

fn plan_words(name: &str, features: &[FeatureTerms]) -> PlanWords {
    let words = |feature: &FeatureTerms| FeatureWords {
        charge: match feature.charge {
            ChargeMoment::Start => "start",
            ChargeMoment::Step => "step",
            ChargeMoment::Segment => "segment",
            ChargeMoment::Completion => "completion",
        },
        on_cancel: match feature.on_cancel {
            OnCancel::ChargeRecorded => "charge-recorded",
            OnCancel::ChargeAll => "charge-all",
            OnCancel::Free => "free",
        },
        on_failure: match feature.on_failure {
            OnFailure::ChargeFinished => "charge-finished",
            OnFailure::ChargeAll => "charge-all",
            OnFailure::Free => "free",
        },
        in_flight: match feature.in_flight {
            InFlight::Finish => "finish",
            InFlight::StopAtStep(_) => "stop-at-step",
            InFlight::Kill(_) => "kill",
        },
    };
    PlanWords { name: name.to_owned(), features: features.iter().map(words).collect() }
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
