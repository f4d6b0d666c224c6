//! What `sweep`, `optimize` and `sensitivity` share: the scenario, the folder, progress over many runs.

use std::path::Path;
use std::time::Duration;

use crate::engine::{self, Cause, Interrupt, Layout, Progress, TakenUp};
use crate::experiment::{Conditions, GroupRun, Setting, Trials};
use crate::outcome::{Scope, metric_index};
use crate::report::{
    self, Formats, HistoryRecord, Manifest, PageSection, PageVerdict, Question, RunFolder, SCRATCH, Status,
    TrialMatter,
};
use crate::scenario::{
    OutcomeWanted, Provenance, Scenario, ScenarioSource, ThresholdError, parse_wanted, policy_settings, read,
};

use super::arguments::{FormatOption, TrialArguments};
use super::asked::Asked;
use super::exit::CommandProblem;
use super::progress::{Meter, count, span};
use super::run::layout;
use super::select::{self, SimulationChoice};
use super::{interrupt, keeping, limits, reading, replayed, terminal};

/// A scenario that is going to be run at many settings.
pub(super) struct Workshop<'a> {
    pub arguments: &'a TrialArguments,
    pub source: ScenarioSource,
    /// The scenario at its own settings, with the choices of the command line.
    pub base: Scenario,
    /// Policies in the file.
    pub of_file: usize,
    policies: &'a [String],
    replications: Option<u32>,
    interrupt: Interrupt,
}

impl<'a> Workshop<'a> {
    /// Reads the scenario. `policies` are the only ones that run; all if there are none.
    pub fn open(
        arguments: &'a TrialArguments,
        policies: &'a [String],
        replications: Option<u32>,
    ) -> Result<Self, CommandProblem> {
        let source = reading::source(&arguments.scenario, &arguments.set)?;
        Workshop::of(source, arguments, policies, replications)
    }

    /// The same from a source that was read before.
    pub fn of(
        source: ScenarioSource,
        arguments: &'a TrialArguments,
        policies: &'a [String],
        replications: Option<u32>,
    ) -> Result<Self, CommandProblem> {
        let interrupt = interrupt::listen();
        limits::enforce(&arguments.limits, &interrupt)?;
        let base = read(&source).map_err(CommandProblem::Scenario)?;
        let of_file = base.policies.len();
        let mut workshop = Workshop { arguments, source, base, of_file, policies, replications, interrupt };
        let mut base = workshop.base.clone();
        workshop.choose(&mut base)?;
        workshop.base = base;
        Ok(workshop)
    }

    fn choose(&self, scenario: &mut Scenario) -> Result<(), CommandProblem> {
        let TrialArguments { seed, quick, .. } = *self.arguments;
        let choice =
            SimulationChoice { policies: self.policies, seed, quick, replications: self.replications };
        select::choose(scenario, &choice)?;
        scenario.precision = None;
        Ok(())
    }

    /// The scenario at every point.
    pub fn trials(&self, points: Vec<Vec<Setting>>) -> Result<Trials, CommandProblem> {
        Trials::prepare(&self.source, points, |scenario| self.choose(scenario))
    }

    /// True once somebody has asked for an end.
    pub fn interrupted(&self) -> bool {
        self.interrupt.is_asked()
    }

    /// Begins a work folder in `OUTPUT/SCENARIO`.
    pub fn folder(&mut self, command: &str) -> Result<(RunFolder, Conditions), CommandProblem> {
        let stem = format!("{command}-seed-{}", self.base.seed);
        let (folder, _) = keeping::begin(&self.arguments.output, &self.base.name, &stem)?;
        let conditions = Conditions {
            layout: self.layout(),
            first: self.first(),
            interrupt: self.interrupt.clone(),
            scratch: folder.path().join(SCRATCH),
        };
        Ok((folder, conditions))
    }

    /// How many organizations of each cohort run.
    pub fn first(&self) -> Option<u32> {
        self.arguments.quick.then_some(select::QUICK_ORGANIZATIONS_OF_MANY)
    }

    fn layout(&self) -> Layout {
        layout(self.arguments.threads, &self.arguments.layout)
    }

    /// An outcome by name in this scenario.
    pub fn outcome(&self, option: &str, text: &str) -> Result<WantedOutcome, CommandProblem> {
        let names: Vec<String> = self.base.policies.iter().map(|policy| policy.name.clone()).collect();
        let usage = |error: ThresholdError| CommandProblem::Usage {
            what: format!("`{option} \"{text}\"` names no outcome\n  wanted {}", error.wanted),
            hint: error.hint,
        };
        let OutcomeWanted { policy, more, metric, scope: named } =
            parse_wanted(text, &names).map_err(usage)?;
        let scope = engine::shape(&self.base).scope(&named).ok_or_else(|| {
            CommandProblem::usage(format!("`{option} \"{text}\"`: the scenario has no scope `{named}`"))
        })?;
        let metric =
            metric_index(&metric).ok_or_else(|| CommandProblem::usage(format!("no outcome `{metric}`")))?;
        Ok(WantedOutcome { policy: policy.map(|index| names[index].clone()), more, metric, scope })
    }

    /// Writes the page: the verdict, the results, and what they rest on.
    pub fn page(
        &self,
        folder: &mut RunFolder,
        (asked, replications): (&Asked, u32),
        verdict: PageVerdict,
        results: Vec<PageSection>,
    ) {
        let scenario = &self.base;
        let policies: Vec<String> = scenario.policies.iter().map(|policy| policy.name.clone()).collect();
        let features: Vec<String> = scenario.features.iter().map(|feature| feature.name.clone()).collect();
        let settings = policy_settings(&self.source, &policies, &features);
        let provenance = Provenance::of(&self.source, scenario, &|_| false);
        let words = asked.words(&self.arguments.scenario, &self.source);
        let words = std::iter::once("creditsim".to_owned()).chain(words);
        let command: Vec<String> = words.map(|word| report::quoted(&word)).collect();
        let matter = TrialMatter {
            made_by: asked.command(),
            scenario,
            settings: &settings,
            // Which numbers a history takes the place of is known only once it is read.
            provenance: scenario.histories.is_empty().then_some(&provenance),
            replications,
            partial: self.interrupted(),
            command: &command.join(" "),
        };
        report::write_page(folder, report::trial_page(&matter, verdict, results));
    }

    /// Gives the folder its place and says where it is. Its tables have been printed by then. Nothing is kept if nothing
    /// was finished.
    pub fn finish(
        &self,
        folder: RunFolder,
        asked: &Asked,
        total: &Overall,
        (status, replications): (Status, u32),
    ) -> Result<(), CommandProblem> {
        let mut question = asked.question(&self.source, &self.base);
        if !total.histories.is_empty() {
            question = question.with("histories", keeping::histories_fact(&total.histories));
        }
        let missing = folder.missing().to_vec();
        let command = asked.words(&self.arguments.scenario, &self.source);
        let mut manifest = self.manifest(question, total, status, replications);
        manifest.command = command;
        let target = keeping::finish(folder, &manifest)?;
        self.say_written(&target, total);
        keeping::complain_of(&target, &missing)
    }

    fn manifest(&self, question: Question, total: &Overall, status: Status, replications: u32) -> Manifest {
        let wall_s = total.elapsed.as_secs_f64();
        Manifest {
            version: String::from(env!("CARGO_PKG_VERSION")),
            scenario: self.base.name.clone(),
            content_hash: self.base.content_hash.clone(),
            command: Vec::new(),
            scenario_text: self.source.text().to_owned(),
            formats: Formats::CURRENT,
            question,
            seed: self.base.seed,
            replications: total.replications(replications),
            exact: total.is_exact(),
            resamples: None,
            threads: self.layout().threads as u32,
            operations: total.operations,
            operations_per_second: total.operations as f64 / wall_s.max(1e-9),
            policy_operations_per_second: total.policy_operations as f64 / wall_s.max(1e-9),
            wall_s,
            peak_memory_bytes: engine::peak_memory_bytes(),
            histories: total.histories.clone(),
            reactive_features: Vec::new(),
            cut_draws: Vec::new(),
            stopped: None,
            notes: Vec::new(),
            ended_by: (status == Status::Partial).then(|| self.interrupt.cause().map(Cause::name)).flatten(),
            taken_up: None,
            status,
        }
    }

    /// Says what was done, where the tables have been printed.
    fn say_written(&self, target: &Path, total: &Overall) {
        if self.arguments.quiet {
            terminal::tell(&format!("written to {}", target.display()));
            return;
        }
        let text = format!(
            "\n{} operations drawn, {} decided under policies, in {}\nwritten to {}",
            count(total.operations as f64),
            count(total.policy_operations as f64),
            span(total.elapsed.as_secs_f64()),
            target.display()
        );
        match self.arguments.format {
            FormatOption::Text => terminal::say(&text),
            _ => terminal::tell(&text),
        }
    }
}

/// An outcome with its place, as asked for on the command line.
pub(super) struct WantedOutcome {
    pub policy: Option<String>,
    pub more: Option<bool>,
    pub metric: usize,
    pub scope: Scope,
}

/// Progress over many runs.
pub(super) struct Overall {
    meter: Meter,
    max_operations: Option<u64>,
    total: u64,
    done: u64,
    /// Operations drawn so far.
    pub operations: u64,
    /// Operations times accounts so far.
    pub policy_operations: u64,
    /// Wall time of the runs so far.
    pub elapsed: Duration,
    /// Usage histories, a record a file.
    pub histories: Vec<HistoryRecord>,
    /// True until a setting is run in which something is drawn.
    exact: bool,
    quiet: bool,
}

impl Overall {
    /// `total` is the work of all runs, in the unit of [`Trials::work`].
    pub fn start(arguments: &TrialArguments, first: &str, total: u64) -> Self {
        let meter = Meter::start(arguments.quiet, first);
        let max_operations = arguments.limits.max_operations;
        let (elapsed, histories) = (Duration::ZERO, Vec::new());
        Overall {
            meter,
            max_operations,
            total,
            done: 0,
            operations: 0,
            policy_operations: 0,
            elapsed,
            histories,
            exact: true,
            quiet: arguments.quiet,
        }
    }

    /// Runs that shards have been: operations, operations times accounts, the time it took to put them together.
    pub fn merged((operations, policy_operations): (u64, u64), elapsed: Duration, quiet: bool) -> Self {
        let (meter, histories) = (Meter::Silent, Vec::new());
        let (total, done, max_operations, exact) = (0, 0, None, false);
        Overall {
            meter,
            max_operations,
            total,
            done,
            operations,
            policy_operations,
            elapsed,
            histories,
            exact,
            quiet,
        }
    }

    /// True if nothing is drawn in any setting that ran: each ran once, however many replications were asked for.
    pub fn is_exact(&self) -> bool {
        self.exact && self.operations > 0
    }

    /// Runs accounts of a group and shows how far all runs are.
    pub fn run(
        &mut self,
        trials: &Trials,
        (group, keep): (usize, &[usize]),
        replications: std::ops::Range<u32>,
        conditions: &Conditions,
    ) -> Result<GroupRun, CommandProblem> {
        let work = trials.work(group, keep.len(), conditions.first) * replications.len() as u64;
        let run = trials.run(group, keep, replications, conditions, &mut |progress| {
            let done =
                work as f64 * progress.organizations as f64 / progress.organizations_total.max(1) as f64;
            limits::count(self.max_operations, self.operations + progress.operations, &conditions.interrupt);
            self.meter.show(Progress {
                operations: self.operations + progress.operations,
                operations_expected: 0,
                organizations: self.done + done as u64,
                organizations_total: self.total.max(self.done + work),
                taken_up: TakenUp::default(),
                elapsed: self.elapsed + progress.elapsed,
            });
        })?;
        self.done += work;
        self.exact &= run.measurements.is_exact();
        self.operations += run.progress.operations;
        self.policy_operations += run.progress.operations * keep.len() as u64;
        self.elapsed += run.progress.elapsed;
        let read = run.histories.iter().map(|(content, counts)| (content, counts));
        self.remember(replayed::records(trials.scenario(group), read))?;
        Ok(run)
    }

    /// Settings are compared on the same demand, so a history must be the same file in every run.
    fn remember(&mut self, records: Vec<HistoryRecord>) -> Result<(), CommandProblem> {
        for record in records {
            match self.histories.iter().find(|known| known.name == record.name && known.file == record.file) {
                None => self.histories.push(record),
                Some(known) if known.sha256 == record.sha256 => {}
                Some(known) => {
                    let changed = "changed between two runs, so that settings cannot be compared";
                    let source = std::io::Error::other(changed);
                    return Err(CommandProblem::File { path: known.file.clone().into(), source });
                }
            }
        }
        Ok(())
    }

    /// Removes the line, and says if every setting was run once.
    pub fn end(&mut self) {
        std::mem::replace(&mut self.meter, Meter::Silent).end();
        if self.is_exact() && !self.quiet {
            terminal::tell(
                "note: nothing is drawn here, so that replications would be one and the same run: each setting ran once",
            );
        }
    }

    /// How many replications of a setting are behind the results, of those asked for.
    pub fn replications(&self, asked: u32) -> u32 {
        if self.is_exact() { asked.min(1) } else { asked }
    }
}
