//! The command: read what is asked, carry it out, say how it ended. `creditsim run` is told in `cli/run.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    match creditsim::cli::read_command_line() {
        Ok(asked) => creditsim::cli::Exit::report(asked.command.carry_out()),
        Err(ended) => ended,
    }
}
