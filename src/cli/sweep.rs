//! `creditsim sweep`: many settings of a scenario on the same demand.

pub(super) mod merged;
mod sharded;

use std::path::PathBuf;

use serde_json::json;

use crate::experiment::design::{self, Axis};
use crate::experiment::{
    Aim, Candidate, Measurements, Objective, PolicyAt, Setting, Sweep, SweepPoint, Trials,
};
use crate::outcome::{METRICS, Scope, metric_index};
use crate::report::{
    self, Look, PageBlock, PageSection, PageTable, Picture, Printed, RunFolder, Scopes, Status,
};
use crate::scenario::SweepPlan;

use super::arguments::{SweepArguments, picture_forms};
use super::asked::Asked;
use super::exit::{CommandProblem, Exit};
use super::terminal;
use super::trying::{Overall, Workshop};

/// Shown where nobody names outcomes.
const TELLING: [&str; 5] =
    ["refusal_rate", "loss_rate", "overspend_credits", "overdraft_credits_max", "cash_money"];

/// More rows than this are left to the file.
const MOST_ROWS: usize = 60;

/// Runs every point and reports on them.
pub(super) fn carry_out(arguments: &SweepArguments) -> Result<Exit, CommandProblem> {
    let mut workshop = Workshop::open(&arguments.trial, &arguments.policies, arguments.replications)?;
    let question = SweepQuestion::of(arguments, &workshop)?;
    let trials = workshop.trials(question.settings())?;
    let asked = Asked::sweep(arguments, &workshop.base, workshop.of_file);
    let (folder, conditions) = workshop.folder("sweep")?;
    if let Some(shard) = &arguments.shard {
        return sharded::carry_out((arguments, shard), (&workshop, &trials), &asked, (&folder, &conditions));
    }
    let replications = workshop.base.replications;
    let every: u64 = (0..trials.groups())
        .map(|group| trials.work(group, trials.accounts(group).len(), conditions.first))
        .sum();
    let headline = headline(&workshop, &trials);
    let mut total = Overall::start(&arguments.trial, &headline, every * u64::from(replications));
    let mut measured = Vec::new();
    let mut whole = true;
    for group in 0..trials.groups() {
        let keep: Vec<usize> = trials.accounts(group).collect();
        let run = total.run(&trials, (group, &keep), 0..replications, &conditions)?;
        measured.push(run.measurements);
        if run.interrupted.is_some() {
            whole = false;
            break;
        }
    }
    total.end();
    let sweep = gathered(&question, &trials, measured, whole);
    report_on((arguments, &asked), (&workshop, &question), &sweep, (folder, &total))?;
    Ok(ending(&sweep, trials.points.len()))
}

/// Says what the points have come to, and keeps it; nothing without a point.
fn report_on(
    (arguments, asked): (&SweepArguments, &Asked),
    (workshop, question): (&Workshop<'_>, &SweepQuestion),
    sweep: &Sweep,
    (mut folder, total): (RunFolder, &Overall),
) -> Result<(), CommandProblem> {
    if sweep.points.is_empty() {
        return Ok(());
    }
    let replications = workshop.base.replications;
    let ran = total.replications(replications);
    let tables = write((arguments, asked), (workshop, ran), question, sweep, &mut folder)?;
    terminal::say_drawn(&tables);
    let status = if sweep.complete { Status::Finished } else { Status::Partial };
    workshop.finish(folder, asked, total, (status, replications))
}

fn ending(sweep: &Sweep, asked: usize) -> Exit {
    if sweep.complete {
        return Exit::Fine;
    }
    let kept = if sweep.points.is_empty() { ", so no results are written" } else { "" };
    let done = sweep.points.len();
    terminal::tell(&format!("warning: interrupted; {done} of {asked} points have results{kept}"));
    Exit::Interrupted
}

/// What was asked.
struct SweepQuestion {
    keys: Vec<String>,
    points: Vec<Vec<String>>,
    objectives: Vec<Objective>,
    /// The only policies that compete for the front, if some were named.
    competing: Vec<String>,
    outcomes: Vec<usize>,
}

impl SweepQuestion {
    fn of(arguments: &SweepArguments, workshop: &Workshop<'_>) -> Result<Self, CommandProblem> {
        let nothing = SweepPlan { vary: Vec::new(), matched: false, lhs: None, objectives: Vec::new() };
        let planned = workshop.base.sweep.clone().unwrap_or(nothing);
        let axes: Vec<Axis> = match arguments.vary.as_slice() {
            [] => planned.vary.iter().map(Axis::of).collect::<Result<_, _>>()?,
            typed => typed.iter().map(|text| Axis::parse(text)).collect::<Result<_, _>>()?,
        };
        if axes.is_empty() {
            return Err(CommandProblem::Usage {
                what: String::from("nothing to vary: no `--vary`, and the scenario has no `[sweep]`"),
                hint: Some(String::from("write `--vary policies.hold.overdraft.limit=0..500:100`")),
            });
        }
        let from_file = arguments.vary.is_empty();
        let lhs = arguments.lhs.or(planned.lhs.filter(|_| from_file && !arguments.matched));
        let points = match lhs {
            Some(count) => design::latin_hypercube(&axes, count, workshop.base.seed),
            None if arguments.matched || (from_file && planned.matched) => design::matched(&axes)?,
            None => design::grid(&axes)?,
        };
        let keys = axes.into_iter().map(|axis| axis.key).collect();
        let texts = if arguments.objectives.is_empty() { &planned.objectives } else { &arguments.objectives };
        let (objectives, competing) = objectives(texts, workshop)?;
        let outcomes = outcomes(&arguments.outcomes, &objectives)?;
        Ok(SweepQuestion { keys, points, objectives, competing, outcomes })
    }

    fn settings(&self) -> Vec<Vec<Setting>> {
        let point = |point: &Vec<String>| self.keys.iter().cloned().zip(point.iter().cloned()).collect();
        self.points.iter().map(point).collect()
    }
}

fn objectives(
    texts: &[String],
    workshop: &Workshop<'_>,
) -> Result<(Vec<Objective>, Vec<String>), CommandProblem> {
    if texts.len() == 1 || texts.len() > 3 {
        return Err(CommandProblem::usage("a Pareto front has two or three objectives"));
    }
    let (mut objectives, mut competing) = (Vec::new(), Vec::new());
    for text in texts {
        let wanted = workshop.outcome("--objectives", text)?;
        let objective = match wanted.more {
            Some(more) => {
                let aim = if more { Aim::Maximize } else { Aim::Minimize };
                Some(Objective { metric: wanted.metric, scope: wanted.scope, aim })
            }
            None => Objective::by_direction(wanted.metric, wanted.scope),
        };
        objectives.push(objective.ok_or_else(|| CommandProblem::Usage {
            what: format!("`--objectives {text}`: more of it is neither better nor worse"),
            hint: Some(format!("write `max {text}` or `min {text}`")),
        })?);
        competing.extend(wanted.policy.filter(|name| !competing.contains(name)));
    }
    Ok((objectives, competing))
}

fn outcomes(names: &[String], objectives: &[Objective]) -> Result<Vec<usize>, CommandProblem> {
    let known = |name: &str| {
        metric_index(name)
            .ok_or_else(|| CommandProblem::usage(format!("`--outcomes {name}`: there is no such outcome")))
    };
    if !names.is_empty() {
        let mut indices = Vec::new();
        for name in names {
            let index = known(name)?;
            // Named twice, an outcome is shown and drawn once.
            indices.extend((!indices.contains(&index)).then_some(index));
        }
        return Ok(indices);
    }
    let mut own: Vec<usize> = objectives.iter().map(|objective| objective.metric).collect();
    own.dedup();
    if own.is_empty() { TELLING.iter().map(|name| known(name)).collect() } else { Ok(own) }
}

fn headline(workshop: &Workshop<'_>, trials: &Trials) -> String {
    let accounts: usize = (0..trials.groups()).map(|group| trials.accounts(group).len()).sum();
    format!(
        "{}: {} points, {accounts} accounts in {} runs, {} replications, seed {}",
        workshop.base.name,
        trials.points.len(),
        trials.groups(),
        workshop.base.replications,
        workshop.base.seed
    )
}

/// The points of the groups that ran; groups of which no replication was finished have none.
fn gathered(question: &SweepQuestion, trials: &Trials, measured: Vec<Measurements>, complete: bool) -> Sweep {
    let has_results = |group: usize| measured.get(group).is_some_and(|found| found.replications() > 0);
    let points = trials.points.iter().enumerate().filter(|(_, trial)| has_results(trial.group));
    let points = points.map(|(number, trial)| SweepPoint {
        number,
        settings: trial.settings.iter().map(|(_, value)| value.clone()).collect(),
        measurements: trial.group,
        policies: trial
            .policies
            .iter()
            .map(|(name, index)| PolicyAt { name: name.clone(), index: *index })
            .collect(),
    });
    Sweep { keys: question.keys.clone(), points: points.collect(), measurements: measured, complete }
}

/// Writes the files and returns what stdout gets.
fn write(
    (arguments, asked): (&SweepArguments, &Asked),
    (workshop, replications): (&Workshop<'_>, u32),
    question: &SweepQuestion,
    sweep: &Sweep,
    folder: &mut RunFolder,
) -> Result<String, CommandProblem> {
    let home: PathBuf = folder.path().to_owned();
    let broken = |source| CommandProblem::File { path: home.clone(), source };
    let scopes = if arguments.scopes { Scopes::Every } else { Scopes::All };
    let mut csv = Vec::new();
    report::write_sweep(&mut csv, sweep, &workshop.base.name, scopes).map_err(broken)?;
    report::attempt(folder, "sweep.csv", || Ok(csv.clone()));
    let candidates = candidates(question, sweep);
    let front = (!question.objectives.is_empty())
        .then(|| report::front_table(sweep, &question.objectives, &candidates));
    if let Some(front) = &front {
        report::attempt(folder, "front.csv", || Ok(front.to_csv().into_bytes()));
    }
    let drawn = report::draw(folder, picture_forms(arguments.trial.png), || {
        pictures(workshop, question, sweep, &candidates)
    });
    let points = report::points_table(sweep, &shown(question, sweep));
    let form = |format: report::Format, look: Look| match format {
        report::Format::Csv => String::from_utf8_lossy(&csv).into_owned(),
        report::Format::Json => report::pretty(&json!({
            "scenario": workshop.base.name,
            "seed": workshop.base.seed,
            "replications": replications,
            "partial": !sweep.complete,
            "points": points.to_json(),
            "front": front.as_ref().map(|front| front.to_json()),
        })),
        report::Format::Text | report::Format::Markdown => {
            let mut points = report::points_for_people(sweep, &shown(question, sweep));
            if points.rows.len() > MOST_ROWS {
                points.notes.push(format!("{} more rows in sweep.csv", points.rows.len() - MOST_ROWS));
                points.rows.truncate(MOST_ROWS);
            }
            let tables: Vec<_> = std::iter::once(points).chain(front.clone()).collect();
            report::render_tables(&tables, format, look)
        }
    };
    Printed::keep(folder, Some("sweep.csv"), |format| form(format, Look::PLAIN));
    let outcomes = shown(question, sweep);
    let table = |table: &report::Table| PageBlock::Table(PageTable::from(table));
    let results = vec![
        PageSection::new("front", "Pareto front", front.iter().map(table).collect()),
        PageSection::new("pictures", "Pictures", vec![PageBlock::Pictures(drawn)]),
        PageSection::new("points", "Every point", vec![table(&report::points_for_people(sweep, &outcomes))]),
    ];
    let verdict = report::sweep_verdict(sweep, &outcomes, if front.is_some() { &candidates } else { &[] });
    workshop.page(folder, (asked, replications), verdict, results);
    Ok(form(arguments.trial.format.into(), terminal::stdout_look()))
}

/// The front, and each outcome against each key.
fn pictures(
    workshop: &Workshop<'_>,
    question: &SweepQuestion,
    sweep: &Sweep,
    candidates: &[Candidate],
) -> Vec<Picture> {
    let policies: Vec<String> = workshop.base.policies.iter().map(|policy| policy.name.clone()).collect();
    let front = report::front_picture(sweep, &question.objectives, candidates, &policies);
    let keys = 0..sweep.keys.len();
    let each = keys.flat_map(|key| question.outcomes.iter().map(move |&metric| (key, metric))).map(
        |(key, metric)| {
            let name = format!("{}-{}", METRICS[metric].name, file_name(&sweep.keys[key]));
            report::sweep_picture(sweep, (key, metric), &policies, &name)
        },
    );
    report::gathered(front.into_iter().map(Ok).chain(each))
}

/// Outcomes that apply somewhere.
fn shown(question: &SweepQuestion, sweep: &Sweep) -> Vec<usize> {
    let applies = |metric: usize| {
        let mut accounts =
            sweep.points.iter().flat_map(|point| point.policies.iter().map(move |policy| (point, policy)));
        accounts.any(|(point, policy)| sweep.estimate(point, policy, Scope::All, metric).is_some())
    };
    question.outcomes.iter().copied().filter(|&metric| applies(metric)).collect()
}

/// The competitors of the front; policies that were not named stay away from it.
fn candidates(question: &SweepQuestion, sweep: &Sweep) -> Vec<Candidate> {
    if question.competing.is_empty() {
        return sweep.candidates(&question.objectives);
    }
    let mut limited = sweep.clone();
    for point in &mut limited.points {
        point.policies.retain(|policy| question.competing.contains(&policy.name));
    }
    limited.candidates(&question.objectives)
}

/// A key as part of a file's name.
pub(super) fn file_name(key: &str) -> String {
    key.chars()
        .map(|c| if c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_') { c } else { '-' })
        .collect()
}
