//! `creditsim run`: read, check, run, summarise, report.

mod affected;
mod kept;
pub(super) mod merged;
mod sharded;
mod simulation;
mod summary;

use std::sync::Arc;
use std::time::Duration;

use crate::engine::{self, Expected, Failure, Interrupt, Layout, Planned};
use crate::experiment::{Findings, recompute};
use crate::organization::JudgedAccounts;
use crate::report::{Grounds, HistoryRecord, Manifest, Question, RowFile, RunFolder, Unfinished};
use crate::scenario::{self, Provenance, Scenario, ScenarioSource};
use crate::workload::{PreparedHistory, Pseudonyms};

use super::arguments::{LayoutArguments, RowsOption, RunArguments};
use super::asked::Asked;
use super::diagnosis::diagnosis;
use super::exit::{CommandProblem, Exit};
use super::terminal::number_of;
use super::{anonymous, estimate, interrupt, keeping, limits, reading, replayed, resuming, select, terminal};
use kept::{keep, manifest};
use simulation::{Told, simulate};
use summary::{Summary, summarise, tables, write_junit};

/// Runs a scenario and reports on it.
pub(super) fn carry_out(arguments: &RunArguments) -> Result<Exit, CommandProblem> {
    arguments.rows_format.is_built()?;
    let interrupt = interrupt::listen();
    limits::enforce(&arguments.limits, &interrupt)?;
    let matter = read_and_check(arguments, source(arguments)?)?;
    let expected = expected(&matter.scenario, arguments)?;
    if let Some(asked) = &arguments.shard {
        return sharded::carry_out(matter, arguments, asked, &interrupt);
    }
    let (mut begun, unfinished) = Begun::with(matter, arguments, &interrupt)?;
    let Begun { matter, folder, histories, question, .. } = &mut begun;
    let unfinished = keeping::of_question(unfinished, question);
    let files = row_files(arguments).into_iter().map(|file| file.name().to_owned()).collect();
    let (parts, outdone) = resuming::begin(arguments.resume, (&*folder, &*question), files, unfinished)?;
    let (mut cuts, mut judged) = (Vec::new(), Arc::default());
    let pseudonyms = matter.pseudonyms.clone();
    let told = Told { expected, pseudonyms, cuts: &mut cuts, judged: &mut judged };
    let simulated = simulate(&matter.scenario, arguments, histories, folder, (told, parts, &interrupt));
    let (ran, gathered, failure) = simulated.map_err(|problem| name_the_key(problem, &matter.scenario))?;
    let summary = summarise(&matter.scenario, ran, gathered, failure.is_some(), folder)?;
    let asked = begun.question.clone();
    let (summary, scenario) = begun.report(arguments, summary, &cuts)?;
    if arguments.audit {
        terminal::tell(&judgement(&judged));
    }
    if let Some(failure) = failure {
        return Err(name_the_key(CommandProblem::Run(failure), &scenario));
    }
    if !summary.partial {
        keeping::discard(outdone);
        resuming::outdo(&arguments.output.join(&scenario.name), &asked);
    }
    Ok(summary.exit())
}

fn source(arguments: &RunArguments) -> Result<ScenarioSource, CommandProblem> {
    reading::source_in(arguments.sandboxed, &arguments.scenario, &arguments.set)
}

/// A run whose question is known: its histories are read, and it has a work folder.
struct Begun {
    matter: Matter,
    folder: RunFolder,
    histories: Vec<Arc<PreparedHistory>>,
    records: Vec<HistoryRecord>,
    question: Question,
}

impl Begun {
    /// Begins the folder and reads usage histories. Gives the unfinished work of dead runs too.
    fn with(
        mut matter: Matter,
        arguments: &RunArguments,
        interrupt: &Interrupt,
    ) -> Result<(Self, Vec<Unfinished>), CommandProblem> {
        let stem = format!("seed-{}", matter.scenario.seed);
        let (folder, unfinished) = keeping::begin(&arguments.output, &matter.scenario.name, &stem)?;
        let kept = (arguments.quiet, replayed::shelf(arguments));
        let histories = replayed::read_or_take_up(&matter.scenario, kept, &folder, interrupt)?;
        replayed::run_once(&mut matter.scenario, &histories, arguments);
        let read = histories.iter().map(|read| (&read.content, &read.counts));
        let records = replayed::records(&matter.scenario, read);
        let question = matter.question(&records);
        folder
            .asks(&question)
            .map_err(|source| CommandProblem::File { path: folder.path().to_owned(), source })?;
        Ok((Begun { matter, folder, histories, records, question }, unfinished))
    }

    /// The same histories under another question.
    fn asked_anew(self, mut matter: Matter) -> Result<Self, CommandProblem> {
        let Begun { matter: before, folder, histories, records, .. } = self;
        matter.scenario.replays_exactly = before.scenario.replays_exactly;
        matter.scenario.replications = before.scenario.replications;
        let question = matter.question(&records);
        folder
            .asks(&question)
            .map_err(|source| CommandProblem::File { path: folder.path().to_owned(), source })?;
        Ok(Begun { matter, folder, histories, records, question })
    }

    /// Says what the run came to, and keeps it.
    fn report(
        self,
        arguments: &RunArguments,
        mut summary: Summary,
        cuts: &[String],
    ) -> Result<(Summary, Scenario), CommandProblem> {
        let Begun { matter, folder, histories, records, question } = self;
        let scenario = &matter.scenario;
        if arguments.audit {
            recompute(&summary.findings).map_err(CommandProblem::Internal)?;
        }
        summary.grounds = Some(matter.grounds(&summary.findings, &histories, &arguments.scenario));
        if arguments.quick {
            summary.answer.caution_first(select::first_look(summary.finished));
        }
        terminal::say_drawn(&tables(scenario, (arguments.format.into(), terminal::stdout_look()), &summary));
        if let Some(file) = &arguments.junit {
            write_junit(file, scenario, &summary)?;
        }
        if summary.is_worth_keeping() {
            let manifest = manifest(&matter, arguments, &summary, question, records);
            let manifest = Manifest { cut_draws: cuts.to_vec(), ..manifest };
            keep(&matter, arguments, &summary, &histories, (folder, manifest))?;
        }
        for cut in cuts {
            terminal::tell(&format!("note: {cut}"));
        }
        if let Some(shortfall) = &summary.shortfall {
            terminal::tell(&format!("warning: {shortfall}"));
        }
        Ok((summary, matter.scenario))
    }
}

/// How many accounts were held to the rules, and how many were not and why.
fn judgement(accounts: &JudgedAccounts) -> String {
    let not_judged = accounts.not_judged();
    let why = |(why, number): &(&str, u64)| format!("{number} {why}");
    let reasons = not_judged.iter().map(why).collect::<Vec<_>>().join(", ");
    let rest = match not_judged.iter().map(|(_, number)| number).sum::<u64>() {
        0 => String::from("none was left out"),
        number => format!("{number} not judged ({reasons})"),
    };
    format!(
        "audit: {} judged by docs/semantics.md, {rest}",
        number_of(accounts.judged(), "account", "accounts")
    )
}

/// The scenario as it is going to be run, and where it came from.
struct Matter {
    pseudonyms: Option<Pseudonyms>,
    source: ScenarioSource,
    scenario: Scenario,
    asked: Asked,
}

impl Matter {
    fn question(&self, histories: &[HistoryRecord]) -> Question {
        let mut question = self.asked.question(&self.source, &self.scenario);
        if let Some(pseudonyms) = &self.pseudonyms {
            question = question.with("pseudonyms", pseudonyms.key_name());
        }
        if histories.is_empty() {
            return question;
        }
        question.with("histories", keeping::histories_fact(histories))
    }

    /// What the verdict rests on, once it is known which features the histories feed.
    fn grounds(&self, findings: &Findings, histories: &[Arc<PreparedHistory>], named: &str) -> Grounds {
        let fed = |feature| histories.iter().any(|history| history.feeds(feature));
        let provenance = Provenance::of(&self.source, &self.scenario, &fed);
        Grounds::new(findings, &provenance, (named, self.scenario.lost_work()))
    }
}

fn read_and_check(arguments: &RunArguments, source: ScenarioSource) -> Result<Matter, CommandProblem> {
    let (mut scenario, cautions) = scenario::read_with_cautions(&source).map_err(CommandProblem::Scenario)?;
    if !cautions.is_empty() && !arguments.quiet {
        terminal::tell_drawn(&diagnosis(&cautions, terminal::stderr_look()));
    }
    let of_file = scenario.policies.len();
    select::apply(&mut scenario, arguments)?;
    let asked = Asked::run(arguments, &scenario, of_file);
    let pseudonyms = anonymous::pseudonyms(arguments.anonymize.as_deref())?;
    Ok(Matter { source, scenario, asked, pseudonyms })
}

pub(super) fn layout(threads: Option<u32>, arguments: &LayoutArguments) -> Layout {
    let usual = Layout::default();
    let threads = threads.map_or(usual.threads, |threads| threads as usize);
    // Runs that leave cores to others would all take the same ones.
    let takes_all_cores = threads >= usual.threads;
    Layout {
        threads,
        batch: arguments.batch.unwrap_or(usual.batch),
        wave: arguments.wave.unwrap_or(usual.wave),
        chunk: arguments.chunk,
        shuffle: arguments.shuffle,
        pin: takes_all_cores && !arguments.no_pin,
        part_every: arguments.part_every.map_or(usual.part_every, Duration::from_millis),
        ..usual
    }
}

/// Adds the key that sums beyond 64 bits most likely come from.
fn name_the_key(problem: CommandProblem, scenario: &Scenario) -> CommandProblem {
    let CommandProblem::Run(Failure::Impossible { replication, organization, what }) = problem else {
        return problem;
    };
    let (credits, money) = &scenario.largest;
    let key = match what.as_str() {
        sum if sum.contains("sum of credits") => credits.as_ref(),
        sum if sum.contains("sum of money") => money.as_ref(),
        _ => None,
    };
    let what = match key {
        Some(key) => format!("{what}\nhint: the largest is `{key}`; draws and formulas add to it"),
        None => what,
    };
    CommandProblem::Run(Failure::Impossible { replication, organization, what })
}

/// What the run will take; says so unless it is quiet.
///
/// # Errors
/// If it is absurd and nobody forces it.
fn expected(scenario: &Scenario, arguments: &RunArguments) -> Result<Expected, CommandProblem> {
    let planned = Planned {
        first: match arguments.organization {
            Some(_) => Some(1),
            None => arguments.quick.then_some(select::QUICK_ORGANIZATIONS),
        },
        threads: layout(arguments.threads, &arguments.layout).threads as u32,
        organization_rows: !arguments.no_organizations,
        cycle_rows: arguments.wants(RowsOption::Cycles),
        limit_rows: arguments.wants(RowsOption::LimitAccounts),
        operation_rows: arguments.wants(RowsOption::Operations),
        journal_rows: arguments.wants(RowsOption::Journal),
    };
    let expected = engine::expect(scenario, planned);
    if !arguments.force {
        estimate::refuse(&expected, scenario, arguments.sandboxed)?;
    }
    if !arguments.quiet {
        terminal::tell(&format!("{} takes {}", scenario.name, estimate::sentence(&expected, scenario)));
    }
    if let Some(warning) = estimate::large_files(&expected, arguments.rows_format) {
        terminal::tell(&warning);
    }
    Ok(expected)
}

fn row_files(arguments: &RunArguments) -> Vec<RowFile> {
    let asked = [
        (!arguments.no_organizations, RowFile::Organizations),
        (!arguments.no_organizations, RowFile::Changes),
        (arguments.wants(RowsOption::Cycles), RowFile::Cycles),
        (arguments.wants(RowsOption::LimitAccounts), RowFile::LimitAccounts),
        (arguments.wants(RowsOption::Operations), RowFile::Operations),
        (arguments.wants(RowsOption::Journal), RowFile::Journal),
    ];
    asked.into_iter().filter_map(|(wanted, file)| wanted.then_some(file)).collect()
}
