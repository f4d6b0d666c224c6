//! What can be typed behind `creditsim merge`.

use std::path::PathBuf;

use clap::Args;

use super::{BELOW_OUTPUT, FormatOption};

/// Arguments of `creditsim merge`. What was simulated is in the parts.
#[derive(Debug, Args)]
pub struct MergeArguments {
    /// Parts that `--shard` wrote, or folders of them.
    #[arg(value_name = "PART", required = true)]
    pub parts: Vec<PathBuf>,
    /// Write the folder below this one.
    #[arg(long, value_name = "FOLDER", default_value = "output")]
    pub output: PathBuf,
    /// Form of the tables on stdout.
    #[arg(long, value_enum, default_value_t)]
    pub format: FormatOption,
    /// A condition to judge besides those of the shards; exit code 3 if it fails. May be given several times.
    #[arg(long = "threshold", value_name = "CONDITION")]
    pub thresholds: Vec<String>,
    /// Write the thresholds and their verdicts to this file too, in the JUnit form that CI systems show.
    #[arg(long, value_name = "FILE")]
    pub junit: Option<PathBuf>,
    /// Keep sorted usage histories in this folder, as in `run`; shards that did so have sorted them already.
    #[arg(long, value_name = "FOLDER", num_args = 0..=1, require_equals = true, default_missing_value = BELOW_OUTPUT)]
    pub keep_sorted: Option<PathBuf>,
    /// No progress on stderr, only where the results are.
    #[arg(long, short)]
    pub quiet: bool,
}
