//! What can be typed for `creditsim backtest`.

use std::path::PathBuf;

use clap::Args;

use crate::scenario::parse_share;

use super::{FormatOption, LayoutArguments, LimitArguments};

/// Arguments of `creditsim backtest`.
#[derive(Debug, Args)]
pub struct BackTestArguments {
    /// A scenario that replays a usage history; or, with `--scenario`, the file of the usage history.
    pub history: String,
    /// What was really billed: a CSV or JSONL with a row an organization and month (`invoiced`, `charged`, `refused`,
    /// `top_ups`, `topped_up`); columns are recognized by their names.
    #[arg(long, value_name = "FILE")]
    pub actual: PathBuf,
    /// The scenario with the policy, whose usage history is replaced.
    #[arg(long, value_name = "SCENARIO")]
    pub scenario: Option<String>,
    /// The policy that was in force [default: the only one, else the baseline].
    #[arg(long, value_name = "NAME")]
    pub policy: Option<String>,
    /// Set a value over the scenario, as in `run`; may be given several times.
    #[arg(long = "set", value_name = "KEY=VALUE")]
    pub set: Vec<String>,
    /// Name a column of the bills: `invoiced='Total due'`, `organization=cust`; may be given several times.
    #[arg(long = "column", value_name = "USE=COLUMN", value_parser = column)]
    pub columns: Vec<(String, String)>,
    /// Differences up to this share of a bill count as within.
    #[arg(long, value_name = "SHARE", default_value = "1%", value_parser = within)]
    pub within: f64,
    /// What a close invoices at 00:00 on the 1st is billed for the month before [default: as the books have it, in the new one].
    #[arg(long)]
    pub closed_month: bool,
    /// A condition such as `exact_share >= 95%` or `within_share in charged > 0.99`; exit code 3 if it fails, 4 if there is
    /// nothing to compare. May be given several times.
    #[arg(long = "require", visible_alias = "threshold", value_name = "CONDITION")]
    pub require: Vec<String>,
    /// How many of the largest differences are shown; all of them are in `backtest.csv`.
    #[arg(long, value_name = "NUMBER", default_value_t = 10)]
    pub differences: usize,
    /// Seed of what is drawn beside the history [default: the scenario's].
    #[arg(long)]
    pub seed: Option<u64>,
    /// Worker threads; results do not depend on it [default: every core].
    #[arg(long, value_parser = clap::value_parser!(u32).range(1..=1024))]
    pub threads: Option<u32>,
    /// Write the folder below this one.
    #[arg(long, value_name = "FOLDER", default_value = "output")]
    pub output: PathBuf,
    /// Form of the comparison on stdout.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
    /// The same as `--format json`.
    #[arg(long, conflicts_with = "format")]
    pub json: bool,
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

impl BackTestArguments {
    /// The form that was asked for, in either way.
    #[must_use]
    pub fn form(&self) -> FormatOption {
        if self.json { FormatOption::Json } else { self.format }
    }
}

/// `USE=COLUMN`.
fn column(text: &str) -> Result<(String, String), String> {
    let form = || String::from("wanted `USE=COLUMN`, such as `invoiced=Total`");
    let (own, column) = text.split_once('=').ok_or_else(form)?;
    if own.trim().is_empty() || column.trim().is_empty() {
        return Err(form());
    }
    Ok((own.trim().to_owned(), column.trim().to_owned()))
}

/// A share from 0 to 1.
fn within(text: &str) -> Result<f64, String> {
    let share = parse_share(text).filter(|share| (0.0..=1.0).contains(share));
    share.ok_or_else(|| String::from("wanted a share from 0 to 100 %, such as `1%` or `0.01`"))
}
