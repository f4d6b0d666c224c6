//! What can be typed.

use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ColorChoice, Parser, Subcommand, ValueEnum};

use crate::report::{self, PictureForms};

use super::examples;
use super::rows::RowsForm;
use super::sharding::ShardAsked;

mod aside;
mod backtest;
mod merge;

pub use aside::*;
pub use backtest::BackTestArguments;
pub use merge::MergeArguments;

/// What does a credit policy do to customers and to the books? Simulates organizations that spend prepaid credits
/// under several policies at once and shows which policy does what.
#[derive(Debug, Parser)]
#[command(name = "creditsim", version, about, arg_required_else_help = true, max_term_width = 100)]
pub struct Arguments {
    /// Colour on the terminal; `auto` heeds NO_COLOR, CLICOLOR_FORCE and whether there is a terminal.
    #[arg(long, global = true, value_name = "WHEN", default_value = "auto", hide_default_value = true)]
    pub color: ColorChoice,
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario under its policies and compare them.
    #[command(after_help = examples::RUN)]
    Run(Box<RunArguments>),
    /// Find every problem of a scenario without running it.
    #[command(after_help = examples::CHECK)]
    Check(CheckArguments),
    /// Print what a run printed, from its folder, and the command that makes it again.
    #[command(after_help = examples::SHOW)]
    Show(ShowArguments),
    /// Show the ledger of one organization: every grant, charge, hold, refusal, purchase, with the balances after each.
    #[command(after_help = examples::EXPLAIN)]
    Explain(ExplainArguments),
    /// List the bundled scenarios and the question each answers.
    #[command(after_help = examples::SCENARIOS)]
    Scenarios(ScenariosArguments),
    /// Write a scenario that makes demand like a usage history, and say how good the likeness is.
    #[command(after_help = examples::FIT)]
    Fit(FitArguments),
    /// List the presets a policy can start from.
    #[command(after_help = examples::PRESETS)]
    Presets(PresetsArguments),
    /// Print the JSON Schema of scenario files, so that editors complete and check them.
    #[command(after_help = examples::SCHEMA)]
    Schema,
    /// Simulate a scenario at many settings on the same demand.
    #[command(after_help = examples::SWEEP)]
    Sweep(Box<SweepArguments>),
    /// Find the setting that makes an outcome small or large under conditions.
    #[command(after_help = examples::OPTIMIZE)]
    Optimize(Box<OptimizeArguments>),
    /// Find which assumptions move an outcome, and whether any changes the ranking of policies.
    #[command(after_help = examples::SENSITIVITY)]
    Sensitivity(Box<SensitivityArguments>),
    /// Measure this machine: operations a second by policy and threads, the cost of actors, memory.
    #[command(after_help = examples::BENCH)]
    Bench(BenchArguments),
    /// Check against theory (closed forms) and across layouts (the same bytes).
    #[command(after_help = examples::VERIFY)]
    Verify(VerifyArguments),
    /// Write a scenario to begin with: your usage, your prices, the policies that you want to compare.
    #[command(after_help = examples::NEW)]
    New(NewArguments),
    /// Put the parts of sharded runs together: the results of the whole run, and its thresholds judged.
    #[command(after_help = examples::MERGE)]
    Merge(MergeArguments),
    /// Compare two runs from their folders: which outcomes changed, and whether that is more than noise.
    #[command(after_help = examples::COMPARE)]
    Compare(CompareArguments),
    /// Replay your own past under the policy in force and compare it with what was really billed.
    #[command(name = "backtest", after_help = examples::BACKTEST)]
    BackTest(Box<BackTestArguments>),
    /// List every outcome with its unit and what it says; they are named in conditions, sweeps and files.
    #[command(after_help = examples::METRICS)]
    Metrics(MetricsArguments),
    /// Print what a shell needs to complete commands and options.
    #[command(after_help = examples::COMPLETIONS)]
    Completions(CompletionsArguments),
    /// Print the manual page of the program or of one command.
    #[command(after_help = examples::MAN)]
    Man(ManArguments),
}

/// Stands for the usual folder of sorted histories.
pub(super) const BELOW_OUTPUT: &str = "-";

/// Arguments of `creditsim run`.
#[derive(Debug, Args)]
pub struct RunArguments {
    /// A scenario file, or the name of a bundled scenario (see `creditsim scenarios`).
    pub scenario: String,
    /// Set a value over the scenario: `policies.hold.overdraft.limit=200`; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Seed of every random stream [default: the scenario's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Independent repetitions [default: the scenario's].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub replications: Option<u32>,
    /// How well a replay speaks for other customers like these: so many resamples of its organizations, drawn with
    /// replacement, the same for every policy (200 is a good number). The history is replayed once.
    #[arg(
        long,
        value_name = "RESAMPLES",
        value_parser = clap::value_parser!(u32).range(20..=10_000),
        conflicts_with_all = ["replications", "time", "resume", "organization"]
    )]
    pub bootstrap: Option<u32>,
    /// Keep sorted usage histories in this folder (`sorted` below `--output` if none is named), so that the next run over the
    /// same file, read in the same way, starts at once.
    #[arg(
        long,
        value_name = "FOLDER",
        num_args = 0..=1,
        require_equals = true,
        // An empty one is refused; this is a place below the output.
        default_missing_value = BELOW_OUTPUT,
        // Its labels lie there as they are.
        conflicts_with = "anonymize"
    )]
    pub keep_sorted: Option<PathBuf>,
    /// Worker threads; results do not depend on it [default: every core].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Run this policy only; may be given several times.
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// Write the run's folder below this one.
    #[arg(long, value_name = "FOLDER", default_value = "output")]
    pub output: PathBuf,
    /// Form of the comparison on stdout.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
    /// A first look: 5 replications, the first 50 organizations of each cohort, the file's thresholds not judged.
    #[arg(long)]
    pub quick: bool,
    /// No progress on stderr, only where the results are.
    #[arg(long, short)]
    pub quiet: bool,
    /// A condition to judge, such as `hold: loss_rate < 0.08`; exit code 3 if it fails. May be given several times.
    #[arg(long = "threshold", value_name = "CONDITION")]
    pub thresholds: Vec<String>,
    /// Write the thresholds and their verdicts to this file too, in the JUnit form that CI systems show.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Follow every account one operation at a time beside the shortcuts of the program, recompute it from its journal, and
    /// end with an error at the first difference.
    #[arg(long)]
    pub audit: bool,
    /// Write these rows too.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub rows: Vec<RowsOption>,
    /// Form of those rows; `csv.gz` and `parquet` take about a tenth.
    #[arg(long, value_enum, default_value_t, value_name = "FORM")]
    pub rows_format: RowsForm,
    /// Write pictures as PNG too, beside the SVG.
    #[arg(long)]
    pub png: bool,
    /// Operations of free features in `operations.csv` too.
    #[arg(long)]
    pub free: bool,
    /// Run this organization only: `COHORT/NUMBER`, or its label in a usage history. Its outcomes are those of the whole run.
    #[arg(long, value_name = "NAME", conflicts_with = "quick")]
    pub organization: Option<String>,
    /// Add replications for this long (`30s`, `5 min`) and stop with the one that is under way; at most `--replications`.
    #[arg(long, value_name = "TIME", value_parser = crate::cli::limits::time)]
    pub time: Option<Duration>,
    /// Add replications, `--replications` at a time, until outcomes are known as well as this: `half_width(loss_rate) < 0.1%`, of
    /// the 95 % interval, of every policy or of the one before a colon. May be given several times; all must hold.
    #[arg(long, value_name = "CONDITION", conflicts_with_all = ["time", "bootstrap"])]
    pub until: Vec<String>,
    /// Most replications of `--until`, in whole batches; exit code 4 if they do not do.
    #[arg(
        long,
        value_name = "REPLICATIONS",
        default_value_t = 1000,
        requires = "until",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub most_replications: u32,
    /// The same as `--rows cycles`.
    #[arg(long)]
    pub cycles: bool,
    /// The same as `--rows operations`.
    #[arg(long)]
    pub operations: bool,
    /// The same as `--rows journal`.
    #[arg(long)]
    pub journal: bool,
    /// Leave `organizations.csv` and `organizations-change.csv` out.
    #[arg(long)]
    pub no_organizations: bool,
    /// Write pseudonyms instead of the labels of a usage history, made with the key in this file (made if it is not there):
    /// the same key gives the same pseudonyms.
    #[arg(long, value_name = "KEY-FILE")]
    pub anonymize: Option<PathBuf>,
    /// Run even if the estimate of operations, time, memory or output is absurd.
    #[arg(long)]
    pub force: bool,
    /// The scenario is somebody else's: read files of its own folder alone, hold it to bounds, and end after 10 minutes, at 2 GB
    /// of memory or at 200 million operations unless other limits are named (docs/untrusted-input.md).
    #[arg(long, conflicts_with_all = ["force", "keep_sorted"])]
    pub sandboxed: bool,
    /// Go on from what a killed or partial run of the same question has finished; the results are the same bytes.
    #[arg(long)]
    pub resume: bool,
    /// Run these shards only, `FROM-TO/N` of N equal pieces of the work, and write each into a part that `creditsim merge` puts
    /// together; those that are there already are passed over. `auto/N`: the one of the scheduler's task.
    #[arg(
        long,
        value_name = "SHARDS",
        value_parser = crate::cli::sharding::shard,
        conflicts_with_all = ["bootstrap", "time", "resume", "organization", "junit", "chunk"]
    )]
    pub shard: Option<ShardAsked>,
    /// How tasks of a scheduler stand for shards.
    #[command(flatten)]
    pub tasks: TaskArguments,
    /// What the run may cost.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// How work is laid out; never reaches results.
    #[command(flatten)]
    pub layout: LayoutArguments,
}

/// How tasks of a scheduler stand for shards, with `--shard auto/N`.
#[derive(Debug, Args)]
pub struct TaskArguments {
    /// Shards that each task of a scheduler runs: with `--shard auto/1000 --shards-per-task 50` twenty tasks are enough.
    #[arg(
        long,
        value_name = "SHARDS",
        default_value_t = 1,
        hide_default_value = true,
        requires = "shard",
        value_parser = clap::value_parser!(u32).range(1..)
    )]
    pub shards_per_task: u32,
    /// Added to the number of a task: how many earlier arrays have run, where a scheduler caps the size of one.
    #[arg(long, value_name = "TASKS", default_value_t = 0, hide_default_value = true, requires = "shard")]
    pub task_offset: u32,
}

/// The forms of pictures that `--png` asks for.
pub(super) fn picture_forms(png: bool) -> PictureForms {
    if png { PictureForms::SvgAndPng } else { PictureForms::Svg }
}

/// What the commands that simulate many settings have in common.
#[derive(Debug, Args)]
pub struct TrialArguments {
    /// A scenario file, or the name of a bundled scenario (see `creditsim scenarios`).
    pub scenario: String,
    /// Set a value over the scenario, as in `run`; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Seed of every random stream, the same at every setting [default: the scenario's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Worker threads; results do not depend on it [default: every core].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Write the folder below this one.
    #[arg(long, value_name = "FOLDER", default_value = "output")]
    pub output: PathBuf,
    /// Form of the tables on stdout.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
    /// A first look: 5 replications (a search begins with them), the first 20 organizations of each cohort.
    #[arg(long)]
    pub quick: bool,
    /// Write pictures as PNG too, beside the SVG.
    #[arg(long)]
    pub png: bool,
    /// No progress on stderr, only where the results are.
    #[arg(long, short)]
    pub quiet: bool,
    /// What the command may cost.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// How work is laid out; never reaches results.
    #[command(flatten)]
    pub layout: LayoutArguments,
}

/// Arguments of `creditsim sweep`.
#[derive(Debug, Args)]
pub struct SweepArguments {
    /// Scenario, output and layout.
    #[command(flatten)]
    pub trial: TrialArguments,
    /// A key and its values, `KEY=a,b,c` or `KEY=lo..hi:step` (`KEY=lo..hi` with `--lhs`); may be given several times
    /// [default: the scenario's `[sweep]`].
    #[arg(long, value_name = "KEY=VALUES")]
    pub vary: Vec<String>,
    /// Take lists side by side instead of every combination.
    #[arg(long = "match", conflicts_with = "lhs")]
    pub matched: bool,
    /// This many points of a Latin hypercube instead of every combination.
    #[arg(long, value_name = "POINTS", value_parser = clap::value_parser!(u32).range(1..=100_000))]
    pub lhs: Option<u32>,
    /// Two or three outcomes of the Pareto front, `[POLICY:] [min|max] OUTCOME [in SCOPE]`, separated by commas.
    #[arg(long, value_name = "OUTCOMES", value_delimiter = ',')]
    pub objectives: Vec<String>,
    /// Outcomes that are printed and drawn against each key [default: the objectives, or a small default set].
    #[arg(long, value_name = "OUTCOMES", value_delimiter = ',')]
    pub outcomes: Vec<String>,
    /// Run this policy only; may be given several times.
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// Independent repetitions [default: the scenario's].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub replications: Option<u32>,
    /// Write rows for every cohort and feature too.
    #[arg(long)]
    pub scopes: bool,
    /// Run these shards only, `FROM-TO/N` or `auto/N`, as in `run`; `creditsim merge` puts them together.
    #[arg(
        long,
        value_name = "SHARDS",
        value_parser = crate::cli::sharding::shard,
        conflicts_with = "chunk"
    )]
    pub shard: Option<ShardAsked>,
    /// How tasks of a scheduler stand for shards.
    #[command(flatten)]
    pub tasks: TaskArguments,
}

/// Arguments of `creditsim optimize`.
#[derive(Debug, Args)]
#[command(group(clap::ArgGroup::new("aim").required(true).args(["minimize", "maximize"])))]
pub struct OptimizeArguments {
    /// Scenario, output and layout.
    #[command(flatten)]
    pub trial: TrialArguments,
    /// The outcome to make small, `OUTCOME [in SCOPE]`.
    #[arg(long, value_name = "OUTCOME")]
    pub minimize: Option<String>,
    /// The outcome to make large.
    #[arg(long, value_name = "OUTCOME")]
    pub maximize: Option<String>,
    /// The policy that is set; every policy of the scenario competes if left out. May be given several times.
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// A condition that the setting must keep, such as `loss_rate < 8%`; may be given several times.
    #[arg(long = "subject-to", value_name = "CONDITION")]
    pub conditions: Vec<String>,
    /// A key and what it can be, `KEY=lo..hi`, `KEY=lo..hi:step` or `KEY=a,b,c`; may be given several times.
    #[arg(long, value_name = "KEY=VALUES", required = true)]
    pub over: Vec<String>,
    /// Settings to try if a range has no step [default: 16 for one key, 16 times the keys for several].
    #[arg(long, value_parser = clap::value_parser!(u32).range(2..=10_000))]
    pub points: Option<u32>,
    /// Most replications over all settings [default: 40 a setting].
    #[arg(long, value_name = "REPLICATIONS", value_parser = clap::value_parser!(u64).range(2..))]
    pub budget: Option<u64>,
    /// Good enough: stop when the chosen setting is within this of the best, in the outcome's unit.
    #[arg(long, value_name = "DIFFERENCE", default_value_t = 0.0)]
    pub within: f64,
}

/// Arguments of `creditsim sensitivity`.
#[derive(Debug, Args)]
pub struct SensitivityArguments {
    /// Scenario, output and layout.
    #[command(flatten)]
    pub trial: TrialArguments,
    /// The outcome whose causes are sought, `OUTCOME [in SCOPE]`.
    #[arg(long, value_name = "OUTCOME")]
    pub metric: String,
    /// Show this policy; all of them take part in the ranking. May be given several times [default: every policy].
    #[arg(long = "policy", value_name = "NAME")]
    pub policies: Vec<String>,
    /// Each assumption is divided by this and multiplied by it.
    #[arg(long, default_value_t = 1.25)]
    pub factor: f64,
    /// Only assumptions whose key holds this text; may be given several times.
    #[arg(long = "only", value_name = "TEXT")]
    pub only: Vec<String>,
    /// Besides, this many Morris trajectories: shows which assumptions act together.
    #[arg(long, value_name = "TRAJECTORIES", value_parser = clap::value_parser!(u32).range(2..=1000))]
    pub morris: Option<u32>,
    /// Independent repetitions of every run [default: the scenario's].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..))]
    pub replications: Option<u32>,
}

/// What a command may cost. At a limit it ends as if it were interrupted: what is finished is kept and marked partial, and
/// the exit code is 130.
#[derive(Debug, Args)]
pub struct LimitArguments {
    /// End after this wall time (`30m`, `1 h 30 min`) and keep what is finished.
    #[arg(long, value_name = "TIME", value_parser = crate::cli::limits::time, default_value_if("sandboxed", "true", "10 min"))]
    pub time_limit: Option<Duration>,
    /// End before the process takes more memory than this (`500MB`, `2 GiB`) and keep what is finished.
    #[arg(long, value_name = "SIZE", value_parser = crate::cli::limits::size, default_value_if("sandboxed", "true", "2 GB"))]
    pub max_memory: Option<u64>,
    /// End after about this many operations and keep what is finished.
    #[arg(
        long,
        value_name = "NUMBER",
        value_parser = clap::value_parser!(u64).range(1..),
        default_value_if("sandboxed", "true", "200000000")
    )]
    pub max_operations: Option<u64>,
}

/// How work is laid out on threads. Hidden: results do not depend on it, and tests hold that.
#[derive(Debug, Args)]
pub struct LayoutArguments {
    /// Most operations in a batch.
    #[arg(long, hide = true)]
    pub batch: Option<usize>,
    /// Most organizations alive per thread.
    #[arg(long, hide = true)]
    pub wave: Option<usize>,
    /// Organizations in a unit of work.
    #[arg(long, hide = true)]
    pub chunk: Option<u32>,
    /// Start organizations in an order that depends on this number.
    #[arg(long, hide = true)]
    pub shuffle: Option<u64>,
    /// Let threads move between cores.
    #[arg(long, hide = true)]
    pub no_pin: bool,
    /// Milliseconds between two parts of what is finished.
    #[arg(long, hide = true, value_name = "MILLISECONDS", value_parser = clap::value_parser!(u64).range(1..))]
    pub part_every: Option<u64>,
}

/// Rows on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum RowsOption {
    /// `cycles.csv`: one row per organization and cycle.
    Cycles,
    /// `limit-accounts.csv`: one row per organization and meter of a limit.
    LimitAccounts,
    /// `operations.csv`: one row per attempt.
    Operations,
    /// `journal.csv`: one row per ledger entry.
    Journal,
}

/// Form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum FormatOption {
    /// For a terminal.
    #[default]
    Text,
    /// One object.
    Json,
    /// With full precision.
    Csv,
    /// For documents.
    Markdown,
}

impl From<FormatOption> for report::Format {
    fn from(format: FormatOption) -> Self {
        match format {
            FormatOption::Text => report::Format::Text,
            FormatOption::Json => report::Format::Json,
            FormatOption::Csv => report::Format::Csv,
            FormatOption::Markdown => report::Format::Markdown,
        }
    }
}

impl RunArguments {
    /// True if these rows were asked for, in either way.
    #[must_use]
    pub fn wants(&self, rows: RowsOption) -> bool {
        let short = match rows {
            RowsOption::Cycles => self.cycles,
            RowsOption::LimitAccounts => false,
            RowsOption::Operations => self.operations,
            RowsOption::Journal => self.journal,
        };
        short || self.rows.contains(&rows)
    }
}
