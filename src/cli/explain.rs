//! `creditsim explain`: the ledger of one organization as a statement.

use std::sync::Arc;

use serde_json::json;

use crate::engine::{self, Failure, Job, JobOptions, RowWriter};
use crate::organization::{DetailOptions, OrganizationOutcome, OrganizationProgress, Workspace};
use crate::outcome::Detail;
use crate::policy::{ChargeMoment, FeatureTerms, InFlight, OnCancel, OnFailure, Policy};
use crate::report::{self, FeatureWords, PlanWords, Statement, StatementFacts};
use crate::scenario::Scenario;
use crate::units::{CohortIndex, SimTime};

use super::arguments::{ExplainArguments, FormatOption};
use super::exit::{CommandProblem, Exit};
use super::{interrupt, organizations, reading, terminal};

/// Most arrivals drawn at once.
const BATCH: usize = 4096;

/// Runs one organization under one policy and tells its ledger.
pub(super) fn carry_out(arguments: &ExplainArguments) -> Result<Exit, CommandProblem> {
    interrupt::end_on_signal();
    let mut scenario = reading::scenario(&arguments.scenario, &arguments.set)?;
    if let Some(seed) = arguments.seed {
        scenario.seed = seed;
    }
    let policy = keep_policy(&mut scenario, arguments.policy.as_deref())?;
    let folder = tempfile::Builder::new().prefix("creditsim-").tempdir();
    let folder = folder.map_err(|source| CommandProblem::File { path: std::env::temp_dir(), source })?;
    // For partitions of usage histories: nobody else can have made it, and it goes whatever happens.
    let scratch = interrupt::Scratch::new(folder.keep());
    let histories = engine::prepare_histories(&scenario, scratch.path(), &|_| true)
        .map_err(|error| CommandProblem::Run(Failure::History(error)))?;
    let detail = DetailOptions { journal: true, audit: true, ..DetailOptions::default() };
    let options = JobOptions { detail, first: None };
    let job = engine::prepare_with(&scenario, options, Arc::new(NoExplainRows), &histories);
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
        plans: policy.plans.iter().map(|plan| plan_words(&plan.plan, &plan.features)).collect(),
        currency: scenario.currency.clone().unwrap_or_default(),
        quantities: job.shape.quantities.clone(),
        measured: detail.quantities,
        groups: job.shape.groups.get(cohort.index()).cloned().unwrap_or_default(),
    };
    let mut statement = Statement::new(&facts, &detail.journal);
    let instant = |text: &Option<String>, otherwise: SimTime| match text {
        None => Ok(otherwise),
        Some(text) => scenario.zone.parse(text).ok_or_else(|| CommandProblem::Usage {
            what: format!("`{text}` is no instant"),
            hint: Some(String::from("write a date such as 2025-01-31, or 2025-01-31T10:00:00")),
        }),
    };
    let from = instant(&arguments.from, SimTime::MIN)?;
    let to = instant(&arguments.to, SimTime::MAX)?;
    if (from, to) != (SimTime::MIN, SimTime::MAX) {
        statement.keep(from, to);
    }
    terminal::say(&shown(&statement, &scenario, arguments.format));
    Ok(Exit::Fine)
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

/// Leaves the policy that is asked for, or the baseline, alone in the scenario.
fn keep_policy(scenario: &mut Scenario, named: Option<&str>) -> Result<Policy, CommandProblem> {
    let index = match named {
        None => scenario.baseline,
        Some(named) => scenario.policies.iter().position(|policy| policy.name == named).ok_or_else(|| {
            let known: Vec<&str> = scenario.policies.iter().map(|policy| policy.name.as_str()).collect();
            let what = format!("`--policy {named}`: the scenario has no such policy");
            CommandProblem::Usage { what, hint: Some(format!("policies: {}", known.join(", "))) }
        })?,
    };
    let policy = scenario.policies.swap_remove(index);
    scenario.policies = vec![policy.clone()];
    scenario.baseline = 0;
    Ok(policy)
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
    let name = run.name();
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

struct NoExplainRows;

impl RowWriter for NoExplainRows {
    fn files(&self) -> usize {
        0
    }

    fn write(&self, _replication: u32, _outcome: &OrganizationOutcome, _rows: &mut [Vec<u8>]) {}
}
