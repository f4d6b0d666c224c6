//! `creditsim sensitivity`: which assumption moves the answer, and whether any turns the ranking of policies.

use std::collections::BTreeSet;

use serde_json::json;

use crate::experiment::{
    Assumed, Conditions, FEWEST, GroupRun, Measurements, Morris, Setting, Swap, Swing, Trajectory, Trial,
    Trials, assumed, morris, swaps, trajectory, widest_first,
};
use crate::outcome::{Direction, METRICS, Scope};
use crate::report::{
    self, Format, Look, PageBlock, PageSection, PageTable, PageVerdict, Printed, RunFolder, Status, Table,
};
use crate::scenario::assumptions;

use crate::units::visible_lines;

use super::arguments::{SensitivityArguments, picture_forms};
use super::asked::Asked;
use super::exit::{CommandProblem, Exit};
use super::terminal;
use super::trying::{Overall, Workshop};

/// Rows of a printed table.
const MOST_ROWS: usize = 25;

/// Moves every assumption and reports.
pub(super) fn carry_out(arguments: &SensitivityArguments) -> Result<Exit, CommandProblem> {
    if !(arguments.factor > 1.0 && arguments.factor.is_finite()) {
        return Err(CommandProblem::usage("`--factor` is a number above 1"));
    }
    let mut workshop = Workshop::open(&arguments.trial, &[], arguments.replications)?;
    let question = SensitivityQuestion::of(arguments, &workshop)?;
    let points = question.points();
    let trials = workshop.trials(points)?;
    let asked = Asked::sensitivity(arguments, &workshop.base);
    let (mut folder, conditions) = workshop.folder("sensitivity")?;
    let replications = workshop.base.replications;
    let mut total = begin(arguments, &workshop, &question, &trials, &conditions);
    let mut groups = Vec::new();
    for group in 0..trials.groups() {
        let keep: Vec<usize> = trials.accounts(group).collect();
        let GroupRun { measurements, interrupted, .. } =
            total.run(&trials, (group, &keep), 0..replications, &conditions)?;
        groups.push(measurements);
        if interrupted.is_some() {
            break;
        }
    }
    total.end();
    let exact = total.is_exact();
    let answers = Answers { question: &question, trials: &trials, groups, replications, exact };
    let partial = workshop.interrupted();
    if answers.at(0).is_none() {
        terminal::tell("warning: interrupted before the base was measured, so no results are written");
        return Ok(Exit::Interrupted);
    }
    terminal::say_drawn(&write((arguments, &asked), &workshop, &answers, &mut folder));
    let status = if partial { Status::Partial } else { Status::Finished };
    workshop.finish(folder, &asked, &total, (status, replications))?;
    Ok(if partial { Exit::Interrupted } else { Exit::Fine })
}

fn begin(
    arguments: &SensitivityArguments,
    workshop: &Workshop<'_>,
    question: &SensitivityQuestion,
    trials: &Trials,
    conditions: &Conditions,
) -> Overall {
    let work =
        (0..trials.groups()).map(|group| trials.work(group, trials.accounts(group).len(), conditions.first));
    let replications = workshop.base.replications;
    let headline = format!(
        "{}: {} assumptions, {} settings in {} runs, {replications} replications, seed {}",
        workshop.base.name,
        question.assumed.len(),
        trials.points.len(),
        trials.groups(),
        workshop.base.seed
    );
    Overall::start(&arguments.trial, &headline, work.sum::<u64>() * u64::from(replications))
}

/// What was asked.
struct SensitivityQuestion {
    metric: usize,
    scope: Scope,
    /// Policies that are shown, by name.
    shown: Vec<String>,
    assumed: Vec<Assumed>,
    /// Keys of assumptions that cannot be moved, because the scenario would be wrong.
    stiff: Vec<String>,
    trajectories: Vec<Trajectory>,
}

impl SensitivityQuestion {
    fn of(arguments: &SensitivityArguments, workshop: &Workshop<'_>) -> Result<Self, CommandProblem> {
        let wanted = workshop.outcome("--metric", &arguments.metric)?;
        let names: Vec<String> = workshop.base.policies.iter().map(|policy| policy.name.clone()).collect();
        if let Some(unknown) = arguments.policies.iter().find(|name| !names.contains(name)) {
            let what = format!("`--policy {unknown}`: the scenario has no such policy");
            return Err(CommandProblem::Usage {
                what,
                hint: Some(format!("policies: {}", names.join(", "))),
            });
        }
        let asked = |name: &String| arguments.policies.is_empty() || arguments.policies.contains(name);
        let shown: Vec<String> = names.into_iter().filter(asked).collect();
        let (mut moved, mut stiff) = (Vec::new(), Vec::new());
        for assumption in assumptions(&workshop.source) {
            if arguments.only.is_empty()
                || arguments.only.iter().any(|text| assumption.key.contains(text.as_str()))
            {
                match assumed(&workshop.source, &assumption, arguments.factor) {
                    Some(own) => moved.push(own),
                    None => stiff.push(assumption.key),
                }
            }
        }
        if moved.is_empty() {
            return Err(CommandProblem::usage(
                "the scenario has no assumption to move, or none whose key holds `--only`",
            ));
        }
        let walks = 0..arguments.morris.unwrap_or(0);
        let trajectories = walks.map(|number| trajectory(&moved, workshop.base.seed, number)).collect();
        Ok(SensitivityQuestion {
            metric: wanted.metric,
            scope: wanted.scope,
            shown,
            assumed: moved,
            stiff,
            trajectories,
        })
    }

    /// The base, then low and high of each assumption, then the trajectories.
    fn points(&self) -> Vec<Vec<Setting>> {
        let mut points = vec![Vec::new()];
        for own in &self.assumed {
            points.extend([&own.low, &own.high].map(|setting| vec![(own.key.clone(), setting.clone())]));
        }
        points.extend(self.trajectories.iter().flat_map(|walk| walk.points.iter().cloned()));
        points
    }
}

/// What was measured.
struct Answers<'a> {
    question: &'a SensitivityQuestion,
    trials: &'a Trials,
    groups: Vec<Measurements>,
    replications: u32,
    /// Nothing is drawn: one run a setting is all there is to know.
    exact: bool,
}

impl Answers<'_> {
    /// The point's measurements, if every replication of them is there.
    fn at(&self, point: usize) -> Option<(&Trial, &Measurements)> {
        let trial = &self.trials.points[point];
        let measured = self.groups.get(trial.group)?;
        (measured.is_exact() || measured.replications() == self.replications).then_some((trial, measured))
    }

    fn values(&self, point: usize, policy: usize) -> Option<Vec<Option<f64>>> {
        let (trial, measured) = self.at(point)?;
        let SensitivityQuestion { metric, scope, .. } = *self.question;
        Some(measured.values(trial.policies[policy].1, scope, metric).collect())
    }

    fn mean(&self, point: usize, policy: usize) -> Option<f64> {
        let (trial, measured) = self.at(point)?;
        let SensitivityQuestion { metric, scope, .. } = *self.question;
        measured.estimate(trial.policies[policy].1, scope, metric).map(|estimate| estimate.mean)
    }

    /// Pairs of policies that change places between the base and a point.
    fn swapped(&self, point: usize) -> Vec<Swap> {
        let (Some(base), Some(other)) = (self.at(0), self.at(point)) else { return Vec::new() };
        let SensitivityQuestion { metric, scope, .. } = *self.question;
        let difference = |(trial, measured): (&Trial, &Measurements), a: usize, b: usize| {
            measured.difference(trial.policies[a].1, trial.policies[b].1, scope, metric)
        };
        let policies = base.0.policies.len();
        // All pairs at all settings hold together.
        let pairs = policies * policies.saturating_sub(1) / 2 * 2 * self.question.assumed.len();
        let tail = 0.05 / pairs.max(1) as f64;
        swaps(&|a, b| difference(base, a, b), &|a, b| difference(other, a, b), policies, tail)
    }

    /// The swings of one policy, widest first.
    fn swings(&self, policy: usize) -> Vec<Swing> {
        let swing = |(index, own): (usize, &Assumed)| {
            let (low, high) = (1 + 2 * index, 2 + 2 * index);
            let (base, at_low, at_high) =
                (self.mean(0, policy)?, self.mean(low, policy)?, self.mean(high, policy)?);
            let mut points = [(base, 0), (at_low, low), (at_high, high)];
            points.sort_by(|a, b| a.0.total_cmp(&b.0));
            let difference = |point: usize, other: usize| {
                crate::experiment::paired(&self.values(point, policy)?, &self.values(other, policy)?)
            };
            let around_base = |point: usize| {
                let (below, above) = difference(point, 0)?.interval()?;
                Some((base + below, base + above))
            };
            Some(Swing {
                key: own.key.clone(),
                low_setting: own.low.clone(),
                high_setting: own.high.clone(),
                base,
                low: at_low,
                high: at_high,
                low_interval: around_base(low),
                high_interval: around_base(high),
                half_width: difference(points[2].1, points[0].1).and_then(|estimate| estimate.half_width),
                ranking_changes: [low, high].iter().any(|&point| !self.swapped(point).is_empty()),
            })
        };
        widest_first(self.question.assumed.iter().enumerate().filter_map(swing).collect())
    }

    /// Morris' summaries of one policy, the strongest first.
    fn elementary(&self, policy: usize) -> Vec<(String, Morris)> {
        let mut effects: Vec<Vec<f64>> = vec![Vec::new(); self.question.assumed.len()];
        let mut first = 1 + 2 * self.question.assumed.len();
        for walk in &self.question.trajectories {
            for (index, step) in walk.steps.iter().enumerate() {
                let (from, to) = (self.mean(first + index, policy), self.mean(first + index + 1, policy));
                if let (Some(from), Some(to)) = (from, to) {
                    effects[step.assumption].push(if step.up { to - from } else { from - to });
                }
            }
            first += walk.points.len();
        }
        let named = self.question.assumed.iter().zip(&effects);
        let mut rows: Vec<(String, Morris)> =
            named.filter_map(|(own, effects)| Some((own.key.clone(), morris(effects)?))).collect();
        rows.sort_by(|a, b| b.1.mean_absolute.total_cmp(&a.1.mean_absolute));
        rows
    }

    /// Whether the ranking changes, and by what: sentences.
    fn ranking(&self) -> Vec<String> {
        let name = METRICS[self.question.metric].name;
        let Some((trial, _)) = self.at(0) else {
            return vec![String::from("interrupted before the base was measured")];
        };
        let policy = |index: usize| trial.policies[index].0.as_str();
        if trial.policies.len() < 2 {
            return vec![String::from("one policy has no ranking")];
        }
        if self.replications < FEWEST && !self.exact {
            return vec![format!("fewer than {FEWEST} replications show no ranking")];
        }
        let mut order: Vec<usize> =
            (0..trial.policies.len()).filter(|&index| self.mean(0, index).is_some()).collect();
        let mean = |index: usize| self.mean(0, index).unwrap_or(f64::NAN);
        order.sort_by(|&a, &b| mean(a).total_cmp(&mean(b)));
        if METRICS[self.question.metric].direction == Direction::Higher {
            order.reverse();
        }
        let names: Vec<&str> = order.into_iter().map(policy).collect();
        let mut said = vec![format!("ranking by {name} as assumed: {}", names.join(", "))];
        let mut changes = Vec::new();
        for (index, own) in self.question.assumed.iter().enumerate() {
            for (point, setting) in [(1 + 2 * index, &own.low), (2 + 2 * index, &own.high)] {
                changes.extend(self.swapped(point).into_iter().map(|swap| {
                    let (after, before) = (policy(swap.lower_after), policy(swap.lower_before));
                    format!("  {} = {setting}: {after} comes below {before}", own.key)
                }));
            }
        }
        match changes.len() {
            0 => said.push(String::from(
                "no assumption is shown to change it (paired intervals, 95 % for all together)",
            )),
            _ => said.push(String::from(
                "assumptions shown to change it (paired intervals, 95 % for all together):",
            )),
        }
        said.extend(changes);
        said
    }
}

/// Policies whose names differ in signs that no file's name has are told apart by a number.
fn free_name(taken: &mut BTreeSet<String>, name: String) -> String {
    let numbered = (2..).map(|number| format!("{name}-{number}"));
    let free = std::iter::once(name.clone()).chain(numbered).find(|name| !taken.contains(name));
    let free = free.unwrap_or(name);
    taken.insert(free.clone());
    free
}

/// Writes the files and returns what stdout gets.
fn write(
    (arguments, asked): (&SensitivityArguments, &Asked),
    workshop: &Workshop<'_>,
    answers: &Answers<'_>,
    folder: &mut RunFolder,
) -> String {
    let SensitivityQuestion { metric, stiff, shown, .. } = answers.question;
    let currency = workshop.base.currency.as_deref();
    let names: Vec<String> = workshop.base.policies.iter().map(|policy| policy.name.clone()).collect();
    let mut made = Vec::new();
    let policies = answers.trials.points[0].policies.iter().enumerate();
    let mut tables: Vec<Table> = Vec::new();
    let mut taken = BTreeSet::new();
    for (index, (name, _)) in policies.filter(|(_, (name, _))| shown.contains(name)) {
        let outcome = format!("{} under {name}", METRICS[*metric].name);
        let swings = answers.swings(index);
        let swing_table = report::swing_table(&outcome, (*metric, currency), &swings);
        let file = free_name(&mut taken, super::sweep::file_name(name));
        let csv = || Ok(swing_table.to_csv().into_bytes());
        report::attempt(folder, &format!("sensitivity-{file}.csv"), csv);
        let base = answers.mean(0, index).unwrap_or(f64::NAN);
        let name = format!("tornado-{file}");
        made.extend(report::swings_picture((index, &names), (*metric, currency), base, &swings, &name));
        tables.push(swing_table);
        if !answers.question.trajectories.is_empty() {
            let table = report::morris_table(&outcome, (*metric, currency), &answers.elementary(index));
            report::attempt(folder, &format!("morris-{file}.csv"), || Ok(table.to_csv().into_bytes()));
            tables.push(table);
        }
    }
    let pictures = report::draw(folder, picture_forms(arguments.trial.png), || made);
    let mut ranking = answers.ranking();
    if !stiff.is_empty() {
        ranking.push(format!("left alone, because the scenario would be wrong: {}", stiff.join(", ")));
    }
    report::attempt(folder, "ranking.txt", || Ok((ranking.join("\n") + "\n").into_bytes()));
    let form = |format: Format, look: Look| match format {
        Format::Json => report::pretty(&json!({
            "scenario": workshop.base.name,
            "seed": workshop.base.seed,
            "replications": if answers.exact { 1 } else { answers.replications },
            "partial": workshop.interrupted(),
            "tables": tables.iter().map(Table::to_json).collect::<Vec<_>>(),
            "ranking": ranking,
        })),
        Format::Csv => tables.iter().map(Table::to_csv).collect::<Vec<_>>().join("\n"),
        Format::Text | Format::Markdown => {
            let cut = |mut table: Table| {
                let hidden = table.rows.len().saturating_sub(MOST_ROWS);
                table.rows.truncate(MOST_ROWS);
                table.notes.extend((hidden > 0).then(|| format!("{hidden} smaller ones in the folder")));
                table
            };
            let tables: Vec<Table> = tables.iter().cloned().map(cut).collect();
            let said = report::wrapped(&visible_lines(&ranking.join("\n")), look.width);
            format!("{}\n{said}", report::render_tables(&tables, format, look))
        }
    };
    Printed::keep(folder, None, |format| form(format, Look::PLAIN));
    let verdict = PageVerdict {
        heading: format!("{} assumptions moved, one at a time", answers.question.assumed.len()),
        lines: ranking.iter().map(|sentence| (None, sentence.trim().to_owned())).collect(),
        cautions: Vec::new(),
    };
    let all = tables.iter().map(|table| PageBlock::Table(PageTable::from(table))).collect();
    let results = vec![
        PageSection::new("pictures", "Pictures", vec![PageBlock::Pictures(pictures)]),
        PageSection::new("moves", "What moves it", all),
    ];
    workshop.page(folder, (asked, answers.replications), verdict, results);
    form(arguments.trial.format.into(), terminal::stdout_look())
}
