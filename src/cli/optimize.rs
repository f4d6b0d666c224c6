//! `creditsim optimize`: the setting that makes an outcome small or large under conditions.
//!
//! Every setting starts with a few replications on the same demand; those shown to be worse, or to break a condition,
//! leave; the rest double their replications until one is left or the budget is spent.

mod answer;

use std::collections::{BTreeMap, BTreeSet};

use crate::experiment::design::{self, Axis};
use crate::experiment::{
    Aim, Conditions, Entrant, FEWEST, GroupRun, Limit, Limited, Objective, Rules, Ruling, SearchResult,
    Setting, Standing, Trials, by_promise, choose, screen,
};
use crate::outcome::{METRICS, Scope, metric_index};
use crate::report::Status;
use crate::scenario::parse_threshold;

use super::arguments::OptimizeArguments;
use super::asked::Asked;
use super::exit::{CommandProblem, Exit};
use super::terminal;
use super::trying::{Overall, Workshop};

/// Replications of a setting in the default budget.
const USUAL: u64 = 40;

/// Settings of one key without a step.
const USUAL_POINTS: u32 = 16;

/// Searches and reports.
pub(super) fn carry_out(arguments: &OptimizeArguments) -> Result<Exit, CommandProblem> {
    let mut workshop = Workshop::open(&arguments.trial, &arguments.policies, None)?;
    let question = OptimizeQuestion::of(arguments, &workshop)?;
    let trials = workshop.trials(question.settings.clone())?;
    let mut search = Search::new(&question, &trials, arguments.budget)?;
    let asked = Asked::optimize(arguments, &workshop.base, workshop.of_file);
    let (mut folder, conditions) = workshop.folder("optimize")?;
    let headline = format!(
        "{}: {} settings, up to {} replications over all, seed {}",
        workshop.base.name,
        search.entrants.len(),
        search.budget,
        workshop.base.seed
    );
    let each = trials.work(0, 1, conditions.first);
    let mut total = Overall::start(&arguments.trial, &headline, search.budget * each);
    search.run(&question, &trials, &conditions, &mut total)?;
    total.end();
    let choice = choose(&search.field(&question), &search.rules);
    if search.rounds == 0 && workshop.interrupted() {
        terminal::tell("warning: interrupted before anything could be compared, so no results are written");
        return Ok(Exit::Interrupted);
    }
    let found = (&search, choice.as_ref());
    terminal::say_drawn(&answer::write(&workshop, (&question, &asked), found, &mut folder));
    let status = if workshop.interrupted() { Status::Partial } else { Status::Finished };
    workshop.finish(folder, &asked, &total, (status, search.reached))?;
    Ok(match choice {
        _ if workshop.interrupted() => Exit::Interrupted,
        None => Exit::ThresholdFailed,
        Some(SearchResult { feasible: Ruling::Pass, .. }) => Exit::Fine,
        Some(SearchResult { feasible: Ruling::Fail, .. }) => Exit::ThresholdFailed,
        Some(_) => Exit::Undecided,
    })
}

/// What was asked.
#[derive(Debug)]
struct OptimizeQuestion {
    keys: Vec<String>,
    settings: Vec<Vec<Setting>>,
    objective: Objective,
    conditions: Vec<Condition>,
    within: f64,
}

/// A condition on the settings.
#[derive(Debug)]
struct Condition {
    /// The policy it is judged for; the one that competes if absent.
    policy: Option<String>,
    metric: usize,
    scope: Scope,
    limit: Limit,
    text: String,
}

impl OptimizeQuestion {
    fn of(arguments: &OptimizeArguments, workshop: &Workshop<'_>) -> Result<Self, CommandProblem> {
        let axes: Vec<Axis> =
            arguments.over.iter().map(|text| Axis::parse(text)).collect::<Result<_, _>>()?;
        let keys: Vec<String> = axes.iter().map(|axis| axis.key.clone()).collect();
        let points = points(&axes, arguments.points, workshop.base.seed)?;
        let settings = points.into_iter().map(|point| keys.iter().cloned().zip(point).collect()).collect();
        let (option, text, aim) = match (&arguments.minimize, &arguments.maximize) {
            (Some(text), _) => ("--minimize", text, Aim::Minimize),
            (None, Some(text)) => ("--maximize", text, Aim::Maximize),
            (None, None) => return Err(CommandProblem::usage("nothing to minimize or maximize")),
        };
        let wanted = workshop.outcome(option, text)?;
        let objective = Objective { metric: wanted.metric, scope: wanted.scope, aim };
        let conditions = arguments.conditions.iter().map(|text| Condition::of(text, workshop));
        let conditions = conditions.collect::<Result<_, _>>()?;
        if !arguments.within.is_finite() || arguments.within < 0.0 {
            return Err(CommandProblem::usage("`--within` is a difference of 0 or more"));
        }
        Ok(OptimizeQuestion { keys, settings, objective, conditions, within: arguments.within })
    }

    /// What an outcome costs: less is better.
    fn cost(&self, value: f64) -> f64 {
        if self.objective.aim == Aim::Minimize { value } else { -value }
    }
}

/// Every combination of steps and lists; evenly spaced settings of a single range; a hypercube over several.
fn points(axes: &[Axis], count: Option<u32>, seed: u64) -> Result<Vec<Vec<String>>, CommandProblem> {
    let ranges = axes.iter().any(|axis| matches!(axis.settings, design::Settings::Between(_)));
    match axes {
        [axis] => Ok(design::evenly(axis, count.unwrap_or(USUAL_POINTS))
            .into_iter()
            .map(|value| vec![value])
            .collect()),
        _ if ranges => {
            Ok(design::latin_hypercube(axes, count.unwrap_or(USUAL_POINTS * axes.len() as u32), seed))
        }
        _ => Ok(design::grid(axes)?),
    }
}

impl Condition {
    fn of(text: &str, workshop: &Workshop<'_>) -> Result<Self, CommandProblem> {
        let names: Vec<String> = workshop.base.policies.iter().map(|policy| policy.name.clone()).collect();
        let usage = |what: String, hint| CommandProblem::Usage {
            what: format!("`--subject-to \"{text}\"` {what}"),
            hint,
        };
        let threshold = parse_threshold(text, &names)
            .map_err(|error| usage(format!("is no condition\n  wanted {}", error.wanted), error.hint))?;
        let scope = crate::engine::shape(&workshop.base).scope(&threshold.scope);
        let (Some(scope), Some(metric)) = (scope, metric_index(&threshold.metric)) else {
            return Err(usage(
                format!("names the scope `{}`, which the scenario lacks", threshold.scope),
                None,
            ));
        };
        let limit = Limit {
            comparison: threshold.comparison,
            value: threshold.value,
            range: METRICS[metric].range(),
        };
        Ok(Condition {
            policy: threshold.policy.map(|index| names[index].clone()),
            metric,
            scope,
            limit,
            text: threshold.text,
        })
    }
}

/// (group, account).
type AccountIndex = (usize, usize);

/// A setting that competes, by the accounts that measure it.
struct Competitor {
    /// Settings in words; `any` for a key that does not reach the policy.
    settings: Vec<String>,
    policy: String,
    account: AccountIndex,
    /// By condition, the account it is judged on.
    judged_on: Vec<AccountIndex>,
    standing: Standing,
}

/// A search under way.
struct Search {
    entrants: Vec<Competitor>,
    rules: Rules,
    budget: u64,
    rounds: u32,
    /// Replications of those that still compete.
    reached: u32,
    /// What was measured of each account.
    series: BTreeMap<AccountIndex, MeasuredSeries>,
    /// Nothing was drawn in any setting so far: what was measured is no estimate.
    exact: bool,
}

/// What was measured of an account, a value a replication.
#[derive(Default)]
struct MeasuredSeries {
    /// Replications that were run: one, which stands for all, where nothing is drawn.
    simulated: u32,
    objective: Vec<Option<f64>>,
    /// By condition.
    limited: Vec<Limited>,
}

impl Search {
    fn new(
        question: &OptimizeQuestion,
        trials: &Trials,
        budget: Option<u64>,
    ) -> Result<Self, CommandProblem> {
        let entrants = competitors(question, trials);
        let accounts = (0..trials.groups()).map(|group| trials.accounts(group).len() as u64).sum::<u64>();
        let (least, budget) = (u64::from(FEWEST) * accounts, budget.unwrap_or(USUAL * accounts));
        if budget < least {
            let what =
                format!("a budget of {budget} replications is too small for {} settings", entrants.len());
            let hint = format!("{FEWEST} replications of each need {least}; or try fewer settings");
            return Err(CommandProblem::Usage { what, hint: Some(hint) });
        }
        // Replications double each round; with two left, no more rounds than these fit into the budget.
        let doublings = (budget / (2 * u64::from(FEWEST))).max(1).ilog2();
        let limits = question.conditions.iter().map(|condition| condition.limit).collect();
        // One more, for what is left of the budget at the end.
        let rules = Rules { limits, entrants: entrants.len(), rounds: 2 + doublings };
        Ok(Search { entrants, rules, budget, rounds: 0, reached: 0, series: BTreeMap::new(), exact: true })
    }

    fn run(
        &mut self,
        question: &OptimizeQuestion,
        trials: &Trials,
        conditions: &Conditions,
        total: &mut Overall,
    ) -> Result<(), CommandProblem> {
        let mut next = FEWEST;
        while self.rounds < self.rules.rounds {
            next = self.affordable(question, next);
            let needed = self.needed(next);
            if needed.is_empty() {
                return Ok(());
            }
            for ((group, done), keep) in self.by_group(&needed) {
                let run = total.run(trials, (group, &keep), done..next, conditions)?;
                if run.interrupted.is_some() {
                    // A round counts whole or not at all: entrants are compared over the same replications.
                    return Ok(());
                }
                self.exact &= run.measurements.is_exact();
                self.take(question, group, &keep, &run);
            }
            (self.reached, self.rounds) = (next, self.rounds + 1);
            let mut field = self.field(question);
            screen(&mut field, &self.rules);
            for (competitor, entrant) in self.entrants.iter_mut().zip(&field) {
                competitor.standing = entrant.standing;
            }
            if self.settled(question) {
                return Ok(());
            }
            next = self.reached.saturating_mul(2);
        }
        Ok(())
    }

    /// How many replications those that compete can have, at most `wanted`, within the budget. The least promising are set
    /// aside where it does not reach for another round of all; with two left they share what is left of it.
    fn affordable(&mut self, question: &OptimizeQuestion, wanted: u32) -> u32 {
        let order =
            if self.rounds == 0 { Vec::new() } else { by_promise(&self.field(question), &self.rules) };
        for (place, index) in order.into_iter().enumerate().rev() {
            if place < 2 || self.spent() + self.cost(wanted) <= self.budget {
                break;
            }
            self.entrants[index].standing = Standing::SetAside;
        }
        let (mut low, mut high) = (self.reached, wanted + 1);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if self.spent() + self.cost(middle) <= self.budget { low = middle } else { high = middle }
        }
        low
    }

    /// True if more replications would not change what is said.
    fn settled(&self, question: &OptimizeQuestion) -> bool {
        match choose(&self.field(question), &self.rules) {
            None => true,
            Some(choice) => {
                let decided = choice.feasible == Ruling::Pass;
                decided && (choice.gap <= question.within || choice.rivals.is_empty())
            }
        }
    }

    /// Accounts that still have to run to have `next` replications. One whose setting came back catches up.
    fn needed(&self, next: u32) -> BTreeSet<AccountIndex> {
        let competing = self.entrants.iter().filter(|entrant| entrant.standing == Standing::In);
        let accounts =
            competing.flat_map(|entrant| entrant.judged_on.iter().copied().chain([entrant.account]));
        accounts.filter(|account| self.done(account) < next).collect()
    }

    /// Replications of an account so far.
    fn done(&self, account: &AccountIndex) -> u32 {
        self.series.get(account).map_or(0, |series| series.objective.len() as u32)
    }

    /// Replications that are missing until those that compete have `next`.
    fn cost(&self, next: u32) -> u64 {
        self.needed(next).iter().map(|account| u64::from(next - self.done(account))).sum()
    }

    /// Replications of a competitor that were run.
    fn simulated(&self, competitor: &Competitor) -> u32 {
        self.series.get(&competitor.account).map_or(0, |series| series.simulated)
    }

    /// Replications so far.
    fn spent(&self) -> u64 {
        self.series.values().map(|series| u64::from(series.simulated)).sum()
    }

    /// Accounts that run together: of one group, with as many replications so far.
    fn by_group(&self, accounts: &BTreeSet<AccountIndex>) -> BTreeMap<(usize, u32), Vec<usize>> {
        let mut groups: BTreeMap<(usize, u32), Vec<usize>> = BTreeMap::new();
        for account in accounts {
            groups.entry((account.0, self.done(account))).or_default().push(account.1);
        }
        groups
    }

    fn take(&mut self, question: &OptimizeQuestion, group: usize, keep: &[usize], run: &GroupRun) {
        for (index, &account) in keep.iter().enumerate() {
            let series = self.series.entry((group, account)).or_default();
            series.simulated += run.simulated;
            let Objective { metric, scope, .. } = question.objective;
            series.objective.extend(run.measurements.values(index, scope, metric));
            let empty = || Limited { values: Vec::new(), reach: 0.0 };
            series.limited.resize_with(question.conditions.len(), empty);
            for (limited, &Condition { metric, scope, .. }) in
                series.limited.iter_mut().zip(&question.conditions)
            {
                limited.values.extend(run.measurements.values(index, scope, metric));
                limited.reach = limited.reach.max(run.measurements.unseen_reach(index, scope, metric));
            }
        }
    }

    /// The entrants as the comparison sees them.
    fn field(&self, question: &OptimizeQuestion) -> Vec<Entrant> {
        let costs = |account: AccountIndex| {
            let series = self.series.get(&account).map(|series| series.objective.as_slice());
            let cost = |value: &Option<f64>| value.map(|value| question.cost(value));
            series.unwrap_or_default().iter().map(cost).collect()
        };
        let limited = |(index, on): (usize, &AccountIndex)| {
            let found = self.series.get(on).and_then(|series| series.limited.get(index));
            found.cloned().unwrap_or(Limited { values: Vec::new(), reach: f64::INFINITY })
        };
        let entrant = |competitor: &Competitor| Entrant {
            costs: costs(competitor.account),
            limited: competitor.judged_on.iter().enumerate().map(limited).collect(),
            standing: competitor.standing,
        };
        self.entrants.iter().map(entrant).collect()
    }
}

/// One competitor an account; a policy that a key does not reach competes once.
fn competitors(question: &OptimizeQuestion, trials: &Trials) -> Vec<Competitor> {
    let mut known: BTreeMap<(AccountIndex, Vec<AccountIndex>), usize> = BTreeMap::new();
    let mut competitors: Vec<Competitor> = Vec::new();
    for point in &trials.points {
        let account_of =
            |name: &str| point.policies.iter().find(|(known, _)| known == name).map(|(_, index)| *index);
        for (policy, index) in &point.policies {
            let account = (point.group, *index);
            let judged_on = question.conditions.iter().map(|condition| {
                let named = condition.policy.as_deref().and_then(account_of);
                (point.group, named.unwrap_or(*index))
            });
            let judged_on: Vec<AccountIndex> = judged_on.collect();
            let settings: Vec<String> = point.settings.iter().map(|(_, value)| value.clone()).collect();
            match known.get(&(account, judged_on.clone())) {
                Some(&index) => {
                    for (own, other) in competitors[index].settings.iter_mut().zip(settings) {
                        if *own != other {
                            *own = String::from("any");
                        }
                    }
                }
                None => {
                    known.insert((account, judged_on.clone()), competitors.len());
                    let policy = policy.clone();
                    competitors.push(Competitor {
                        settings,
                        policy,
                        account,
                        judged_on,
                        standing: Standing::In,
                    });
                }
            }
        }
    }
    competitors
}
