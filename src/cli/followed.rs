//! One organization followed under a policy: its journal, and the words to tell it with.
//!
//! Owns the run of a single organization and where two policies part. Leaves the statement to `report`.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::engine::{self, Failure, Job, JobOptions, NoRows};
use crate::organization::{DetailOptions, OrganizationProgress, Workspace};
use crate::outcome::{Detail, Entry};
use crate::policy::{
    ChargeMoment, CreditScope, FeatureTerms, InFlight, LotOwner, OnCancel, OnFailure, Policy,
};
use crate::report::{
    Cell, Column, FeatureWords, PlanWords, ScopeWords, Statement, StatementFacts, StatementLine, Table,
};
use crate::scenario::Scenario;
use crate::units::{CohortIndex, FeatureIndex, OrganizationId, SimTime};
use crate::workload::{FeatureRates, PreparedHistory, Pseudonyms};

use super::exit::CommandProblem;
use super::terminal;

/// Most arrivals drawn at once.
const BATCH: usize = 4096;

/// An organization that was followed under one policy.
pub(super) struct Followed {
    pub(super) policy: String,
    pub(super) facts: StatementFacts,
    pub(super) journal: Vec<Entry>,
}

/// Whom to follow.
#[derive(Clone, Copy)]
pub(super) struct Following<'f> {
    /// Finds the organization in the job.
    pub(super) find: &'f dyn Fn(&Job) -> Result<OrganizationId, CommandProblem>,
    pub(super) replication: u32,
    /// The account is compared with its second ways.
    pub(super) audit: bool,
}

impl Followed {
    pub(super) fn under(
        scenario: &Scenario,
        policy: usize,
        (histories, pseudonyms): (&[Arc<PreparedHistory>], &Option<Pseudonyms>),
        following: Following<'_>,
    ) -> Result<Self, CommandProblem> {
        let mut scenario = scenario.clone();
        let policy = scenario.policies.swap_remove(policy);
        scenario.policies = vec![policy.clone()];
        scenario.baseline = 0;
        let detail =
            DetailOptions { journal: true, meters: true, audit: following.audit, ..DetailOptions::default() };
        let options = JobOptions { detail, first: None };
        let mut job = engine::prepare_with(&scenario, options, Arc::new(NoRows), histories);
        job.pseudonyms.clone_from(pseudonyms);
        let (name, cohort, detail) = followed(&job, following)?;
        let facts = StatementFacts {
            title: format!(
                "{name} under `{}`, replication {}, seed {}, times in {}",
                policy.name,
                following.replication,
                scenario.seed,
                scenario.zone.name()
            ),
            features: scenario.features.iter().map(|feature| feature.name.clone()).collect(),
            scopes: scope_words(&scenario, policy.scopes(&scenario.cohorts[cohort.index()].customers.grants)),
            limits: policy.limit_names.clone(),
            rates: rate_words(&scenario, &policy),
            plans: policy.plans.iter().map(|plan| plan_words(&plan.plan, &plan.features)).collect(),
            currency: scenario.currency.clone().unwrap_or_default(),
            quantities: job.shape.quantities.clone(),
            measured: detail.quantities,
            groups: member_groups(&scenario.groups, &detail.groups),
            group_names: scenario.groups.clone(),
        };
        Ok(Followed { policy: policy.name, facts, journal: detail.journal })
    }

    /// Its journal as people read it.
    pub(super) fn statement(&self) -> Statement {
        Statement::new(&self.facts, &self.journal)
    }
}

/// The lines behind the last one that both policies have alike, of policies by name and their statements.
pub(super) fn divergence(
    (one, first): (&str, &Statement),
    (other, second): (&str, &Statement),
    show: &dyn Fn(SimTime) -> String,
) -> Table {
    /// Lines that are shown of each.
    const SHOWN: usize = 3;
    let [first, second] = [first, second].map(Statement::lines);
    let same = |(a, b): &(&StatementLine, &StatementLine)| (a.at, &a.what) == (b.at, &b.what);
    let alike = first.iter().zip(second).take_while(same).count();
    let words = ["policy", "at", "what"].map(Column::words);
    let numbers = ["settled", "available", "debt"].map(Column::numbers);
    let mut table = Table::new("", words.into_iter().chain(numbers).collect());
    for (policy, lines) in [(one, first), (other, second)] {
        for line in lines.iter().skip(alike).take(SHOWN) {
            table.rows.push(vec![
                Cell::text(policy),
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
        None => format!("`{one}` and `{other}` never do anything different"),
        Some(at) => format!("`{one}` and `{other}` part at {}", show(at)),
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

/// Runs the organization; gives its name, its cohort and its journal.
fn followed(
    job: &Job,
    Following { find, replication, .. }: Following<'_>,
) -> Result<(String, CohortIndex, Box<Detail>), CommandProblem> {
    let id = find(job)?;
    let fault = |fault| CommandProblem::Run(Failure::Fault { replication, fault });
    let outages = Arc::new((job.outages)(replication));
    let mut run = job.start(replication, id, &outages, Workspace::default())?;
    let label = run.name();
    let cohort = &job.cohorts[id.cohort.index()];
    // As `organizations.csv` prints it.
    let name = if cohort.is_labelled() { format!("{}/{label}", cohort.name) } else { label };
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

/// Names of the groups of members, by their numbers.
fn member_groups(names: &[String], groups: &[Option<u16>]) -> BTreeMap<u16, String> {
    let named = |(member, group): (usize, &Option<u16>)| {
        Some((u16::try_from(member).ok()?, names.get(usize::from((*group)?))?.clone()))
    };
    groups.iter().enumerate().filter_map(named).collect()
}

/// Whom credits are for, in the words of the scenario.
fn scope_words(scenario: &Scenario, scopes: Vec<CreditScope>) -> Vec<ScopeWords> {
    let words = |scope: CreditScope| {
        let name = |index: &FeatureIndex| format!("`{}`", scenario.features[index.index()].name);
        let features: Vec<String> = scope.features.iter().flatten().map(name).collect();
        let group = |group: &u16| format!("`{}`", scenario.groups[usize::from(*group)]);
        let groups: Vec<String> = scope.groups.iter().flatten().map(group).collect();
        let whom = match (features.is_empty(), groups.is_empty()) {
            (true, true) => String::new(),
            (false, true) => format!(" for {}", features.join(", ")),
            (true, false) => format!(" for group {}", groups.join(", ")),
            (false, false) => format!(" for {} of group {}", features.join(", "), groups.join(", ")),
        };
        let (owner, names) = match scope.per {
            LotOwner::Organization => ("", Vec::new()),
            LotOwner::Group => ("group", scenario.groups.clone()),
            LotOwner::Member => ("member", Vec::new()),
            LotOwner::Project => ("project", Vec::new()),
        };
        ScopeWords { whom, owner, names }
    };
    scopes.into_iter().map(words).collect()
}

/// Per feature: what prices its operations, by the number of the rate; nothing of features that no card prices.
fn rate_words(scenario: &Scenario, policy: &Policy) -> Vec<Vec<String>> {
    let of = |(index, rates): (usize, &Arc<FeatureRates>)| {
        let priced = policy.prices(FeatureIndex(index as u16));
        let formulas = rates.formulas().iter().map(ToString::to_string);
        if priced { formulas.collect() } else { Vec::new() }
    };
    scenario.rates.iter().enumerate().map(of).collect()
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
