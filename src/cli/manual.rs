//! `creditsim completions` and `creditsim man`: what shells and `man` read, made from the declaration of the arguments.

use clap::CommandFactory;

use super::Arguments;
use super::arguments::{CompletionsArguments, ManArguments};
use super::exit::{CommandProblem, Exit};
use super::terminal;

/// The program's name, as it is typed.
const PROGRAM: &str = "creditsim";

/// Prints completions for a shell.
pub(super) fn completions(arguments: &CompletionsArguments) -> Result<Exit, CommandProblem> {
    let mut script = Vec::new();
    clap_complete::generate(arguments.shell, &mut Arguments::command(), PROGRAM, &mut script);
    terminal::say(&String::from_utf8_lossy(&script));
    Ok(Exit::Fine)
}

/// Prints a page for `man`.
pub(super) fn man(arguments: &ManArguments) -> Result<Exit, CommandProblem> {
    let mut program = Arguments::command();
    // Gives each command its full name.
    program.build();
    let page = match &arguments.command {
        None => program,
        Some(name) => {
            let found = program.find_subcommand(name).cloned();
            found.ok_or_else(|| CommandProblem::Usage {
                what: format!("`{name}` is no command"),
                hint: Some(String::from("`creditsim help` lists them")),
            })?
        }
    };
    let mut text = Vec::new();
    let written = clap_mangen::Man::new(page).render(&mut text);
    written.map_err(|source| CommandProblem::File { path: "standard output".into(), source })?;
    terminal::say(&String::from_utf8_lossy(&text));
    Ok(Exit::Fine)
}
