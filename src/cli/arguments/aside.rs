//! What can be typed for commands that run no scenario as a whole.

use std::path::PathBuf;

use clap::{Args, ValueEnum};
use clap_complete::Shell;

use super::FormatOption;

/// Arguments of `creditsim bench`.
#[derive(Debug, Args)]
pub struct BenchArguments {
    /// A scenario file, or the name of a bundled scenario.
    #[arg(default_value = "throughput")]
    pub scenario: String,
    /// Operations of one measurement, about; in millions.
    #[arg(long, value_name = "MILLIONS", default_value_t = 1.0)]
    pub millions: f64,
    /// Measurements of each kind, in turn; the table has their medians.
    #[arg(long, default_value_t = 3, value_parser = clap::value_parser!(u32).range(1..=99))]
    pub rounds: u32,
    /// Print one object instead of the table.
    #[arg(long)]
    pub json: bool,
}

/// Arguments of `creditsim show`.
#[derive(Debug, Args)]
pub struct ShowArguments {
    /// The folder that a run, sweep, search or sensitivity has written.
    pub run: PathBuf,
    /// Form of the tables on stdout.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
    /// Print the scenario's text instead.
    #[arg(long, conflicts_with = "command")]
    pub scenario: bool,
    /// Print the command alone, as a shell takes it.
    #[arg(long)]
    pub command: bool,
}

/// Arguments of `creditsim check`.
#[derive(Debug, Args)]
pub struct CheckArguments {
    /// A scenario file, or the name of a bundled scenario.
    pub scenario: String,
    /// Set a value over the scenario, as in `run`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// The scenario is somebody else's: read files of its own folder alone, and hold it to the bounds of `run --sandboxed`.
    #[arg(long)]
    pub sandboxed: bool,
}

/// Arguments of `creditsim explain`.
#[derive(Debug, Args)]
pub struct ExplainArguments {
    /// A scenario file, or the name of a bundled scenario.
    pub scenario: String,
    /// Which organization: `COHORT/NUMBER`, numbers from 0, or its label in a usage history.
    #[arg(long, value_name = "COHORT/N")]
    pub organization: String,
    /// Under this policy [default: the baseline].
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Find the first instant at which this policy does something else, and say what.
    #[arg(long, value_name = "NAME", conflicts_with = "usage")]
    pub against: Option<String>,
    /// Credits charged, grouped by these, instead of the statement.
    #[arg(long, value_enum, value_delimiter = ',', value_name = "KEYS")]
    pub usage: Vec<UsageOption>,
    /// From this instant on.
    #[arg(long, value_name = "INSTANT")]
    pub from: Option<String>,
    /// Up to this instant, without it.
    #[arg(long, value_name = "INSTANT")]
    pub to: Option<String>,
    /// In this replication.
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub replication: u32,
    /// Seed of every random stream [default: the scenario's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Set a value over the scenario, as in `run`.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Name the organization by the pseudonym that `run --anonymize` writes; the organization may be named by it or by its label.
    #[arg(long, value_name = "KEY-FILE")]
    pub anonymize: Option<PathBuf>,
    /// Form of the statement.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
}

/// By what `explain --usage` groups.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum UsageOption {
    /// The feature.
    Feature,
    /// The member who asked.
    Member,
    /// The member's group.
    Group,
    /// The project.
    Project,
    /// The category of the lots that paid, or `debt`.
    Category,
    /// The month.
    Month,
}

/// Arguments of `creditsim scenarios`.
#[derive(Debug, Args)]
pub struct ScenariosArguments {
    /// Print this scenario's file instead of the list, or a history that one replays (`data/usage.csv`).
    pub name: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
}

/// Arguments of `creditsim fit`.
#[derive(Debug, Args)]
pub struct FitArguments {
    /// A usage history, CSV or JSONL, plain or gzip; its columns are recognized by their names.
    pub usage: PathBuf,
    /// Write the scenario to this file instead of stdout.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
    /// Share of the history's calls that the scenario makes [default: all, or as many as make 300,000].
    #[arg(long, value_parser = share)]
    pub scale: Option<f64>,
    /// Write the goodness of fit, the policies and the parameters to this HTML page too.
    #[arg(long, value_name = "FILE")]
    pub report: Option<PathBuf>,
    /// Form of the goodness of fit.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
}

/// A share above 0 and at most 1.
fn share(text: &str) -> Result<f64, String> {
    let share: f64 = text.parse().map_err(|_| String::from("wanted a number such as 0.01"))?;
    if share > 0.0 && share <= 1.0 {
        Ok(share)
    } else {
        Err(String::from("wanted a number above 0 and at most 1"))
    }
}

/// Arguments of `creditsim presets`.
#[derive(Debug, Args)]
pub struct PresetsArguments {
    /// Print this preset's text instead of the list.
    pub name: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
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

/// Arguments of `creditsim new`.
#[derive(Debug, Args)]
pub struct NewArguments {
    /// A usage history that the scenario replays, CSV or JSONL, plain or gzip; demand is made up if left out.
    #[arg(long, value_name = "USAGE")]
    pub from: Option<PathBuf>,
    /// Policies to compare; the first is the one that others are compared with.
    #[arg(long, value_enum, value_delimiter = ',', default_value = "block,overdraft,top-up,rollover")]
    pub policies: Vec<NewPolicy>,
    /// Credits that every customer has a month [default: those beyond which a quarter of the usage lies].
    #[arg(long, value_name = "CREDITS")]
    pub allowance: Option<f64>,
    /// Price of a month, such as `29 USD`; asked for on a terminal.
    #[arg(long, value_name = "MONEY")]
    pub subscription: Option<String>,
    /// Price of a credit beyond the allowance, such as `0.10 USD`; asked for on a terminal.
    #[arg(long, value_name = "MONEY")]
    pub credit_price: Option<String>,
    /// Write the scenario to this file instead of stdout; a file that is there is left alone.
    #[arg(long, value_name = "FILE")]
    pub output: Option<PathBuf>,
}

/// A policy to begin with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum NewPolicy {
    /// Refuses once no credits are left.
    Block,
    /// Lets customers go a quarter of the allowance below zero and invoices that.
    Overdraft,
    /// Buys a package by itself when credits run low.
    TopUp,
    /// Keeps what is left for three months.
    Rollover,
    /// Reserves the expected cost before work starts.
    Hold,
}

/// Arguments of `creditsim compare`.
#[derive(Debug, Args)]
pub struct CompareArguments {
    /// The folder of the first run.
    pub before: PathBuf,
    /// The folder of the second run.
    pub after: PathBuf,
    /// Form of the comparison on stdout.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
}

/// Arguments of `creditsim metrics`.
#[derive(Debug, Args)]
pub struct MetricsArguments {
    /// Show this outcome alone: what it says, its unit, where it is defined.
    pub name: Option<String>,
    /// Form of the list.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
}

/// Arguments of `creditsim completions`.
#[derive(Debug, Args)]
pub struct CompletionsArguments {
    /// The shell they are for.
    pub shell: Shell,
}

/// Arguments of `creditsim man`.
#[derive(Debug, Args)]
pub struct ManArguments {
    /// The page of this command instead of the program's.
    pub command: Option<String>,
}
