//! The command line: one file a subcommand.
//!
//! Owns arguments, what is written to the terminal and when, Ctrl-C, exit codes. Leaves everything else to the rooms it
//! calls. Invariants: results go to stdout, everything else to stderr; nobody else writes to the terminal.

mod alongside;
mod anonymous;
mod arguments;
mod asked;
mod backtest;
mod bench;
mod changed;
mod check;
mod compare;
mod diagnosis;
mod estimate;
mod examples;
mod exit;
mod explain;
mod fit;
mod followed;
mod gathering;
mod interrupt;
mod keeping;
mod lanes;
mod limits;
mod manual;
mod merging;
mod metrics;
mod new;
mod optimize;
mod organizations;
mod presets;
mod progress;
mod reading;
mod replayed;
mod resuming;
mod rows;
mod run;
mod scenarios;
mod schema;
mod select;
mod sensitivity;
mod sharding;
mod shards;
mod show;
mod sweep;
mod terminal;
mod trying;
mod verify;

use std::borrow::Cow;
use std::process::ExitCode;

use clap::{ColorChoice, Parser, ValueEnum};

use crate::engine::{Said, caught, record_panics};
use crate::report;
use crate::units::visible_lines;

pub use arguments::{Arguments, Command};
pub use exit::{CommandProblem, Exit};

/// The command line as it was typed.
///
/// # Errors
/// How the process ends on `--help`, `--version` and mistakes, once they have been answered.
pub fn read_command_line() -> Result<Arguments, ExitCode> {
    let parsed = Arguments::try_parse().map_err(|said| {
        terminal::colour(colour_asked_for(std::env::args()));
        let plain = said.render().to_string();
        // What was typed is quoted: it must not bring colours, or worse, of its own.
        let drawn = |look: report::Look| match visible_lines(&plain) {
            Cow::Borrowed(_) if look.colour => said.render().ansi().to_string(),
            safe => safe.into_owned(),
        };
        if said.use_stderr() {
            terminal::tell_drawn(drawn(terminal::stderr_look()).trim_end());
            return ExitCode::from(2);
        }
        terminal::say_drawn(&drawn(terminal::stdout_look()));
        Exit::report(Ok(Exit::Fine))
    })?;
    terminal::colour(parsed.color);
    Ok(parsed)
}

/// What `--color` says on a command line that cannot be read as a whole.
fn colour_asked_for(mut words: impl Iterator<Item = String>) -> ColorChoice {
    while let Some(word) = words.next() {
        let value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(value) => value.strip_prefix('=').map(str::to_owned),
            None => None,
        };
        if let Some(choice) = value.and_then(|value| ColorChoice::from_str(&value, true).ok()) {
            return choice;
        }
    }
    ColorChoice::Auto
}

impl Command {
    /// Does what was asked.
    ///
    /// # Errors
    /// What kept it from being done, with the exit code that says so.
    pub fn carry_out(&self) -> Result<Exit, CommandProblem> {
        record_panics();
        caught(|| self.dispatch()).unwrap_or_else(|said| {
            Err(match said {
                Said::Impossible(what) => CommandProblem::Impossible(what),
                Said::Panicked(what) => CommandProblem::Internal(what),
            })
        })
    }

    fn dispatch(&self) -> Result<Exit, CommandProblem> {
        match self {
            Command::Run(arguments) => run::carry_out(arguments),
            Command::Check(arguments) => check::carry_out(arguments),
            Command::Explain(arguments) => explain::carry_out(arguments),
            Command::Scenarios(arguments) => scenarios::carry_out(arguments),
            Command::Fit(arguments) => fit::carry_out(arguments),
            Command::Presets(arguments) => presets::carry_out(arguments),
            Command::Show(arguments) => show::carry_out(arguments),
            Command::Schema => schema::carry_out(),
            Command::Sweep(arguments) => sweep::carry_out(arguments),
            Command::Optimize(arguments) => optimize::carry_out(arguments),
            Command::Sensitivity(arguments) => sensitivity::carry_out(arguments),
            Command::Bench(arguments) => bench::carry_out(arguments),
            Command::Verify(arguments) => verify::carry_out(arguments),
            Command::Merge(arguments) => merging::carry_out(arguments),
            Command::Compare(arguments) => compare::carry_out(arguments),
            Command::BackTest(arguments) => backtest::carry_out(arguments),
            Command::New(arguments) => new::carry_out(arguments),
            Command::Metrics(arguments) => metrics::carry_out(arguments),
            Command::Completions(arguments) => manual::completions(arguments),
            Command::Man(arguments) => manual::man(arguments),
        }
    }
}
