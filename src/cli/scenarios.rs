//! `creditsim scenarios`: what is bundled.

use crate::report::{self, Cell, Column, Table};
use crate::scenario::bundled;

use super::arguments::ScenariosArguments;
use super::exit::{CommandProblem, Exit};
use super::terminal;

/// Lists the bundled scenarios, or prints one, or a usage history that one replays.
pub(super) fn carry_out(arguments: &ScenariosArguments) -> Result<Exit, CommandProblem> {
    let Some(name) = &arguments.name else {
        let mut table = Table::new("", vec![Column::words("scenario"), Column::words("question")]);
        let row = |example: &bundled::Example| vec![Cell::text(example.name), Cell::text(example.question())];
        table.rows = bundled::list().iter().map(row).collect();
        table
            .notes
            .push(String::from("`creditsim run NAME` runs one; `creditsim scenarios NAME` prints its file"));
        let look = terminal::stdout_look();
        terminal::say_drawn(&report::render_tables(&[table], arguments.format.into(), look));
        return Ok(Exit::Fine);
    };
    if let Some(history) = bundled::file(name) {
        terminal::say(&String::from_utf8_lossy(history));
        return Ok(Exit::Fine);
    }
    let example = bundled::find(name).ok_or_else(|| CommandProblem::Usage {
        what: format!("`{name}` is no bundled scenario"),
        hint: Some(String::from("`creditsim scenarios` lists them")),
    })?;
    terminal::say(example.text);
    Ok(Exit::Fine)
}
