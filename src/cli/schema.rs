//! `creditsim schema`: the JSON Schema of scenario files, for editors.

use crate::report;
use crate::scenario;

use super::exit::{CommandProblem, Exit};
use super::terminal;

/// Prints the schema.
pub(super) fn carry_out() -> Result<Exit, CommandProblem> {
    terminal::say(&report::pretty(&scenario::schema()));
    Ok(Exit::Fine)
}
