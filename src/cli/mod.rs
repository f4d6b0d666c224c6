//! The command line: one file a subcommand.
//!
//! Owns arguments, what is written to the terminal and when, Ctrl-C, exit codes. Leaves everything else to the rooms it
//! calls. Invariants: results go to stdout, everything else to stderr; nobody else writes to the terminal.

mod arguments;
mod asked;
mod bench;
mod changed;
mod check;
mod estimate;
mod exit;
mod explain;
mod fit;
mod gathering;
mod interrupt;
mod keeping;
mod limits;
mod optimize;
mod presets;
mod progress;
mod reading;
mod replayed;
mod resuming;
mod run;
mod scenarios;
mod schema;
mod select;
mod sensitivity;
mod show;
mod sweep;
mod terminal;
mod trying;
mod verify;

use std::process::ExitCode;

use clap::Parser;

use crate::engine::{Said, caught, record_panics};

pub use arguments::{Arguments, Command};
pub use exit::{CommandProblem, Exit};

/// The command line as it was typed.
///
/// # Errors
/// How the process ends on `--help`, `--version` and mistakes, once they have been answered.
pub fn read_command_line() -> Result<Arguments, ExitCode> {
    Arguments::try_parse().map_err(|said| {
        let text = said.render().to_string();
        if said.use_stderr() {
            terminal::complain(text.trim_end());
            return ExitCode::from(2);
        }
        terminal::say(&text);
        Exit::report(Ok(Exit::Fine))
    })
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
        }
    }
}
