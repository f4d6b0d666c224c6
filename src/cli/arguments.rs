//! What can be typed.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::report;

/// What does a credit policy do to customers and to the books? Simulates organizations that spend prepaid credits
/// under several policies at once and shows which policy does what.
#[derive(Debug, Parser)]
#[command(name = "creditsim", version, about, arg_required_else_help = true, max_term_width = 100)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
}

/// What to do.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Simulate a scenario under its policies and compare them.
    Run(Box<RunArguments>),
    /// Find every problem of a scenario without running it.
    Check(CheckArguments),
    /// List the bundled scenarios and the question each answers.
    Scenarios(ScenariosArguments),
    /// List the presets a policy can start from.
    Presets(PresetsArguments),
    /// Print the JSON Schema of scenario files, so that editors complete and check them.
    Schema,
    /// Prove the simulator: closed forms of theory, and the same bytes on every layout.
    Verify(VerifyArguments),
}

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
    pub format: Format,
    /// A quick look: 2 replications, the first 50 organizations of each cohort, the file's thresholds not judged.
    #[arg(long)]
    pub quick: bool,
    /// No progress on stderr.
    #[arg(long, short)]
    pub quiet: bool,
    /// A condition to judge, such as `hold: loss_rate < 0.08`; exit code 3 if it fails. May be given several times.
    #[arg(long = "threshold", value_name = "CONDITION")]
    pub thresholds: Vec<String>,
    /// Recompute every account from its journal and end with an error at the first difference.
    #[arg(long)]
    pub audit: bool,
    /// Write these rows too.
    #[arg(long, value_enum, value_delimiter = ',')]
    pub rows: Vec<Rows>,
    /// The same as `--rows cycles`.
    #[arg(long)]
    pub cycles: bool,
    /// The same as `--rows operations`.
    #[arg(long)]
    pub operations: bool,
    /// The same as `--rows journal`.
    #[arg(long)]
    pub journal: bool,
    /// Leave `organizations.csv` out.
    #[arg(long)]
    pub no_organizations: bool,
    /// How work is laid out; never reaches results.
    #[command(flatten)]
    pub layout: LayoutArguments,
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
}

/// Rows on request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum Rows {
    /// `cycles.csv`: one row per organization and cycle.
    Cycles,
    /// `operations.csv`: one row per attempt.
    Operations,
    /// `journal.csv`: one row per ledger entry.
    Journal,
}

/// Form of a table.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, ValueEnum)]
pub enum Format {
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

impl From<Format> for report::Format {
    fn from(format: Format) -> Self {
        match format {
            Format::Text => report::Format::Text,
            Format::Json => report::Format::Json,
            Format::Csv => report::Format::Csv,
            Format::Markdown => report::Format::Markdown,
        }
    }
}

impl RunArguments {
    /// True if these rows were asked for, in either way.
    #[must_use]
    pub fn wants(&self, rows: Rows) -> bool {
        let short = match rows {
            Rows::Cycles => self.cycles,
            Rows::Operations => self.operations,
            Rows::Journal => self.journal,
        };
        short || self.rows.contains(&rows)
    }
}

/// Arguments of `creditsim check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A scenario file, or the name of a bundled scenario.
    pub scenario: String,
    /// Set a value over the scenario, as in `run`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
}

/// Arguments of `creditsim scenarios`.
#[derive(Debug, Args)]
pub struct ScenariosArguments {
    /// Print this scenario's file instead of the list.
    pub name: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `creditsim presets`.
#[derive(Debug, Args)]
pub struct PresetsArguments {
    /// Print this preset's text instead of the list.
    pub name: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// Arguments of `creditsim verify`.
#[derive(Debug, Args)]
pub struct VerifyArguments {
    /// Run the closed forms through the engine: formula, expected, observed, z.
    #[arg(long)]
    pub analytic: bool,
    /// Run a scenario on different layouts and name the first organization that differs.
    #[arg(long, value_name = "SCENARIO")]
    pub determinism: Option<String>,
    /// Large samples and whole scenarios instead of the short form.
    #[arg(long)]
    pub full: bool,
    /// Only the closed form with this number; may be given several times.
    #[arg(long, value_name = "NUMBER")]
    pub only: Vec<u32>,
}
