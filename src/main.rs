//! The command: read what is asked, carry it out, say how it ended. `creditsim run` is told in `cli/run.rs`.

use std::process::ExitCode;

fn main() -> ExitCode {
    let asked = creditsim::cli::read_command_line();
    let ended = asked.command.carry_out();
    creditsim::cli::Exit::report(ended)
}
