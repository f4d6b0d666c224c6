//! `creditsim backtest`: the customer's own past under the policy in force, beside what was really billed.
//!
//! Owns what is asked, the folder and the exit code. Leaves bills to `workload`, the comparison to `experiment`, looks to
//! `report`. A past is replayed once: a command that is ended early has nothing to keep.

use std::path::Path;
use std::sync::Arc;

use crate::engine::{self, Failure, Interrupt, Progress};
use crate::experiment::Ruling;
use crate::experiment::backtest::{
    BackTest, BackTestCondition, BackTestJudgement, BackTestSetting, BackTestSides, BilledInvoices,
    OtherRule, ReplayConditions, ReplayedOrganization, ReplayedTime, other_rules, replay_past,
};
use crate::policy::Policy;
use crate::report::{
    self, BACKTEST_FILE, BackTestReport, Format, Formats, HistoryRecord, Look, Manifest, Printed, Question,
    RunFolder, SCRATCH, Status,
};
use crate::scenario::{self, Scenario, ScenarioSource};
use crate::workload::{InvoiceReading, PreparedHistory, RowCost};

use super::arguments::{BackTestArguments, FormatOption};
use super::asked::Asked;
use super::exit::{CommandProblem, Exit};
use super::progress::Meter;
use super::run::layout;
use super::select::unknown_policy;
use super::terminal::number_of;
use super::{interrupt, keeping, limits, reading, replayed, terminal};

/// Replays, compares, explains, says and keeps.
pub(super) fn carry_out(arguments: &BackTestArguments) -> Result<Exit, CommandProblem> {
    let interrupt = interrupt::listen();
    limits::enforce(&arguments.limits, &interrupt)?;
    let matter = PastMatter::read(arguments)?;
    let invoices = matter.invoices(arguments)?;
    let stem = format!("backtest-seed-{}", matter.scenario.seed);
    let (mut folder, _) = keeping::begin(&arguments.output, &matter.scenario.name, &stem)?;
    let histories = replayed::read_histories(&matter.scenario, arguments.quiet, &folder, &interrupt)?;
    let mut replays = Replays {
        arguments,
        matter: &matter,
        histories: &histories,
        folder: &folder,
        interrupt,
        done: Progress::default(),
    };
    let Some(past) = replays.of(&matter.policy, 0, 1)? else { return Ok(ended_early()) };
    let sides = matter.sides(&invoices, &past);
    let mut test = BackTest::new(&sides);
    if test.differs() {
        let Some(others) = replays.of_others()? else { return Ok(ended_early()) };
        test.explain(&sides, &others);
    }
    let done = replays.done;
    let report = matter.report(arguments, &test, (&invoices, &past));
    terminal::say_drawn(&report.render(arguments.form().into(), terminal::stdout_look()));
    let csv = || Ok(report.render(Format::Csv, Look::PLAIN).into_bytes());
    report::attempt(&mut folder, BACKTEST_FILE, csv);
    Printed::keep(&mut folder, Some(BACKTEST_FILE), |format| report.render(format, Look::PLAIN));
    let records = replayed::records(
        &matter.scenario,
        histories.iter().map(|history| (&history.content, &history.counts)),
    );
    matter.keep(arguments, folder, (&invoices, records), (done, &report))?;
    Ok(exit(&report.judgements))
}

fn ended_early() -> Exit {
    terminal::tell("warning: ended before the past was replayed, so no results are written");
    Exit::Interrupted
}

fn exit(judgements: &[BackTestJudgement]) -> Exit {
    match judgements.iter().map(|own| own.ruling).max() {
        Some(Ruling::Fail) => Exit::ThresholdFailed,
        Some(Ruling::Undecided { .. }) => Exit::Undecided,
        Some(Ruling::Pass) | None => Exit::Fine,
    }
}

/// What is replayed, and under which policy.
struct PastMatter {
    /// As it was named and set, without the history that takes another's place.
    source: ScenarioSource,
    scenario: Scenario,
    policy: Policy,
    conditions: Vec<BackTestCondition>,
    features: Vec<String>,
    time: ReplayedTime,
    setting: BackTestSetting,
}

impl PastMatter {
    fn read(arguments: &BackTestArguments) -> Result<Self, CommandProblem> {
        let named = arguments.scenario.as_deref().unwrap_or(&arguments.history);
        if arguments.scenario.is_none() && is_usage(named) {
            return Err(CommandProblem::Usage {
                what: format!(
                    "`{named}` is a usage history, and no scenario says what its rows cost and which policy was in force"
                ),
                hint: Some(String::from(
                    "name the scenario with `--scenario`; `creditsim new --from` writes one to begin with",
                )),
            });
        }
        let source = reading::source(named, &arguments.set)?;
        let full = match &arguments.scenario {
            None => source.clone(),
            Some(_) => source.clone().with_overrides(&[replaced(&source, named, &arguments.history)?]),
        };
        let mut scenario = scenario::read(&full).map_err(CommandProblem::Scenario)?;
        if let Some(seed) = arguments.seed {
            scenario.seed = seed;
        }
        if scenario.histories.is_empty() {
            return Err(without_history(named));
        }
        let policy = match &arguments.policy {
            None => &scenario.policies[scenario.baseline],
            Some(name) => {
                let found = scenario.policies.iter().find(|policy| policy.name == *name);
                found.ok_or_else(|| unknown_policy(&scenario, "--policy", name))?
            }
        };
        let conditions = arguments.require.iter().map(|text| condition(text)).collect::<Result<_, _>>()?;
        Ok(PastMatter {
            policy: policy.clone(),
            conditions,
            features: scenario.features.iter().map(|feature| feature.name.clone()).collect(),
            time: ReplayedTime { zone: scenario.zone.clone(), from: scenario.measure_from, to: scenario.end },
            setting: BackTestSetting { within: arguments.within, closed_month: arguments.closed_month },
            source,
            scenario,
        })
    }

    fn invoices(&self, arguments: &BackTestArguments) -> Result<BilledInvoices, CommandProblem> {
        let packages = self.policy.plans.iter().flat_map(|plan| &plan.packages);
        let reading = InvoiceReading {
            zone: &self.scenario.zone,
            currency: self.scenario.currency.as_deref(),
            named: &arguments.columns,
            package: packages.map(|package| i128::from(package.credits.micros())).min(),
        };
        BilledInvoices::read(&arguments.actual, &reading)
            .map_err(|problems| CommandProblem::Run(Failure::History(problems)))
    }

    fn sides<'a>(
        &'a self,
        invoices: &'a BilledInvoices,
        past: &'a [ReplayedOrganization],
    ) -> BackTestSides<'a> {
        let PastMatter { time, policy, features, setting, .. } = self;
        BackTestSides { invoices, past, time, policy, features, setting: *setting }
    }

    fn report<'t>(
        &self,
        arguments: &BackTestArguments,
        test: &'t BackTest,
        (invoices, past): (&'t BilledInvoices, &[ReplayedOrganization]),
    ) -> BackTestReport<'t> {
        let date = |at| self.scenario.zone.show(at).split(' ').next().unwrap_or_default().to_owned();
        BackTestReport {
            test,
            invoices,
            scenario: self.scenario.name.clone(),
            policy: self.policy.name.clone(),
            file: arguments.actual.display().to_string(),
            span: (date(self.time.from), date(self.time.to)),
            organizations: past.len() as u64,
            currency: self.scenario.currency.clone(),
            judgements: self.conditions.iter().map(|condition| condition.judge(test)).collect(),
            cautions: self.cautions(arguments, invoices, test),
            shown: arguments.differences,
        }
    }

    /// What to know before relying on the comparison.
    fn cautions(
        &self,
        arguments: &BackTestArguments,
        invoices: &BilledInvoices,
        test: &BackTest,
    ) -> Vec<String> {
        let mut said = Vec::new();
        let scenario = &self.scenario;
        if arguments.policy.is_none() && scenario.policies.len() > 1 {
            let others = scenario.policies.iter().filter(|policy| policy.name != self.policy.name);
            let others: Vec<&str> = others.map(|policy| policy.name.as_str()).collect();
            said.push(format!(
                "`{}` is taken for the policy in force because it is the baseline; `--policy` names another ({})",
                self.policy.name,
                others.join(", ")
            ));
        }
        let drawn: Vec<&str> = scenario
            .cohorts
            .iter()
            .filter(|cohort| cohort.history.is_none())
            .map(|cohort| cohort.name.as_str())
            .collect();
        if !drawn.is_empty() {
            said.push(format!("no history is behind cohort {}: its demand is one draw", drawn.join(", ")));
        }
        for history in &scenario.histories {
            if history.cost == RowCost::Drawn || history.replay.thin < 1.0 {
                said.push(format!(
                    "history `{}` is not replayed as it was: costs or rows are drawn",
                    history.name
                ));
            } else if history.buckets.is_some() {
                said.push(format!("history `{}` has buckets: times within them are drawn", history.name));
            }
        }
        if invoices.added > 0 {
            let rows = number_of(invoices.added, "row was", "rows were");
            said.push(format!("{rows} added to another of its organization and month"));
        }
        if !invoices.unread.is_empty() {
            said.push(format!("columns of the bills that are not compared: {}", invoices.unread.join(", ")));
        }
        if test.renamed > 0 {
            let names = number_of(test.renamed, "organization is", "organizations are");
            said.push(format!("{names} matched without regard to case"));
        }
        said
    }

    fn keep(
        &self,
        arguments: &BackTestArguments,
        folder: RunFolder,
        (invoices, histories): (&BilledInvoices, Vec<HistoryRecord>),
        (done, report): (Progress, &BackTestReport<'_>),
    ) -> Result<(), CommandProblem> {
        let asked = Asked::backtest(arguments, &self.scenario, &self.policy.name);
        let question = asked
            .question(&self.source, &self.scenario)
            .with("histories", keeping::histories_fact(&histories))
            .with("actual", invoices.content.sha256.clone());
        let missing = folder.missing().to_vec();
        let mut manifest = self.manifest(arguments, question, (done, histories));
        manifest.command = asked.words(&arguments.history, &self.source);
        manifest.notes.clone_from(&report.cautions);
        let target = keeping::finish(folder, &manifest)?;
        let written = format!("written to {}", target.display());
        match arguments.form() {
            FormatOption::Text if !arguments.quiet => terminal::say(&format!("\n{written}")),
            _ => terminal::tell(&written),
        }
        keeping::complain_of(&target, &missing)
    }

    fn manifest(
        &self,
        arguments: &BackTestArguments,
        question: Question,
        (done, histories): (Progress, Vec<HistoryRecord>),
    ) -> Manifest {
        let wall_s = done.elapsed.as_secs_f64();
        let per_second = done.operations as f64 / wall_s.max(1e-9);
        Manifest {
            version: String::from(env!("CARGO_PKG_VERSION")),
            scenario: self.scenario.name.clone(),
            content_hash: self.scenario.content_hash.clone(),
            command: Vec::new(),
            scenario_text: self.source.text().to_owned(),
            formats: Formats::CURRENT,
            question,
            seed: self.scenario.seed,
            replications: 1,
            exact: false,
            resamples: None,
            threads: layout(arguments.threads, &arguments.layout).threads as u32,
            operations: done.operations,
            operations_per_second: per_second,
            policy_operations_per_second: per_second,
            wall_s,
            peak_memory_bytes: engine::peak_memory_bytes(),
            histories,
            reactive_features: self.scenario.reactive_features().into_iter().map(str::to_owned).collect(),
            cut_draws: Vec::new(),
            stopped: None,
            notes: Vec::new(),
            ended_by: None,
            taken_up: None,
            status: Status::Finished,
        }
    }
}

/// The past under each of several other rules.
type OtherPasts = Vec<(OtherRule, Vec<ReplayedOrganization>)>;

/// Replays of one past, one after another, so that no more than one policy's journals are in memory.
struct Replays<'r> {
    arguments: &'r BackTestArguments,
    matter: &'r PastMatter,
    histories: &'r [Arc<PreparedHistory>],
    folder: &'r RunFolder,
    interrupt: Interrupt,
    /// What all of them took so far.
    done: Progress,
}

impl Replays<'_> {
    /// The past under a policy, the `number`-th of so many; `None` if somebody has ended it.
    fn of(
        &mut self,
        policy: &Policy,
        number: usize,
        of: usize,
    ) -> Result<Option<Vec<ReplayedOrganization>>, CommandProblem> {
        let scratch = self.folder.path().join(SCRATCH);
        let conditions = ReplayConditions {
            histories: self.histories,
            layout: layout(self.arguments.threads, &self.arguments.layout),
            interrupt: self.interrupt.clone(),
            scratch: &scratch,
        };
        let said = match number {
            0 => format!("{}: the past under `{}`", self.matter.scenario.name, policy.name),
            _ => format!("looking for explanations, rule {number} of {of}"),
        };
        let mut meter = Meter::start(self.arguments.quiet || (number > 1), &said);
        let (before, limit) = (self.done, self.arguments.limits.max_operations);
        let interrupt = self.interrupt.clone();
        let mut last = Progress::default();
        let past = replay_past(&self.matter.scenario, policy.clone(), &conditions, &mut |progress| {
            last = progress;
            meter.show(progress);
            limits::count(limit, before.operations + progress.operations, &interrupt);
        });
        meter.end();
        self.done.operations += last.operations;
        self.done.elapsed += last.elapsed;
        Ok(past?)
    }

    /// The past under every other rule.
    fn of_others(&mut self) -> Result<Option<OtherPasts>, CommandProblem> {
        let rules = other_rules(&self.matter.policy);
        let count = rules.len();
        let mut others = Vec::new();
        for (index, rule) in rules.into_iter().enumerate() {
            let Some(past) = self.of(&rule.policy, index + 1, count)? else { return Ok(None) };
            others.push((rule, past));
        }
        Ok(Some(others))
    }
}

fn condition(text: &str) -> Result<BackTestCondition, CommandProblem> {
    BackTestCondition::parse(text).map_err(|error| CommandProblem::Usage {
        what: format!("`--require \"{text}\"` is no condition\n  wanted {}", error.wanted),
        hint: error.hint,
    })
}

/// True of what is no scenario by its name.
fn is_usage(named: &str) -> bool {
    let bare = named.strip_suffix(".gz").unwrap_or(named);
    ["csv", "tsv", "jsonl", "ndjson", "json"].iter().any(|ending| bare.ends_with(&format!(".{ending}")))
}

/// The setting that puts a file in the place of a scenario's history.
fn replaced(source: &ScenarioSource, named: &str, history: &str) -> Result<(String, String), CommandProblem> {
    let names = source.histories();
    match names.as_slice() {
        [] => Err(without_history(named)),
        [name] => {
            // The scenario's own files are relative to its folder, this one to where the user is.
            let path = std::path::absolute(Path::new(history)).unwrap_or_else(|_| history.into());
            Ok((format!("histories.{name}.file"), format!("{:?}", path.display().to_string())))
        }
        several => Err(CommandProblem::Usage {
            what: format!("`{named}` has several usage histories: {}", several.join(", ")),
            hint: Some(String::from(
                "name the scenario alone, and set each file with `--set histories.NAME.file=FILE`",
            )),
        }),
    }
}

fn without_history(named: &str) -> CommandProblem {
    CommandProblem::Usage {
        what: format!("`{named}` replays no usage history, so there is no past to compare"),
        hint: Some(String::from(
            "`creditsim new --from USAGE --output FILE` writes a scenario that does; put the policy in force into it",
        )),
    }
}
