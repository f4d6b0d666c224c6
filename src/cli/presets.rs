//! `creditsim presets`: what a policy can start from.

use crate::report::{self, Cell, Column, Table};
use crate::scenario::presets;

use super::arguments::PresetsArguments;
use super::exit::{CommandProblem, Exit};
use super::terminal;

/// Lists the presets, or prints one.
pub(super) fn carry_out(arguments: &PresetsArguments) -> Result<Exit, CommandProblem> {
    let Some(name) = &arguments.name else {
        let mut table = Table::new("", vec![Column::words("preset"), Column::words("stands_for")]);
        let row = |preset: &presets::Preset| vec![Cell::text(preset.name), Cell::text(preset.summary())];
        table.rows = presets::list().iter().map(row).collect();
        table
            .notes
            .push(String::from("`preset = \"NAME\"` in a policy; `creditsim presets NAME` prints its keys"));
        let look = terminal::stdout_look();
        terminal::say_drawn(&report::render_tables(&[table], arguments.format.into(), look));
        return Ok(Exit::Fine);
    };
    let preset = presets::list().iter().find(|preset| preset.name == name);
    let preset = preset.ok_or_else(|| CommandProblem::Usage {
        what: format!("`{name}` is no preset"),
        hint: Some(String::from("`creditsim presets` lists them")),
    })?;
    terminal::say(preset.text);
    Ok(Exit::Fine)
}
