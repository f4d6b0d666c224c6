//! The command: read what is asked, carry it out, say how it ended. `creditsim run` is told in `cli/run.rs`.

use std::process::ExitCode;

use creditsim::cli::{CommandProblem, Exit, read_command_line};

fn main() -> ExitCode {
    if let Err(unknown) = creditsim::deliberate::Deliberate::asked_for() {
        return Exit::report(Err(CommandProblem::usage(unknown)));
    }
    match read_command_line() {
        Ok(asked) => Exit::report(asked.command.carry_out()),
        Err(ended) => ended,
    }
}
