//! From what was typed to a scenario.

use std::path::Path;

use crate::scenario::{self, Scenario, ScenarioSource};

use super::exit::CommandProblem;

/// The source that `named` means: a bundled scenario's name, or a file.
pub(super) fn source(named: &str, set: &[String]) -> Result<ScenarioSource, CommandProblem> {
    let overrides: Vec<(String, String)> =
        set.iter().map(|text| key_and_value(text)).collect::<Result<_, _>>()?;
    let source = match ScenarioSource::from_bundled(named) {
        Some(bundled) => bundled,
        None => ScenarioSource::from_path(Path::new(named)).map_err(|problem| unreadable(named, problem))?,
    };
    Ok(source.with_overrides(&overrides))
}

/// The source that `named` means, as somebody else's if it is to be `sandboxed`.
pub(super) fn source_in(
    sandboxed: bool,
    named: &str,
    set: &[String],
) -> Result<ScenarioSource, CommandProblem> {
    let source = source(named, set)?;
    Ok(if sandboxed { source.enclosed() } else { source })
}

/// The source that `named` meant when this was its text.
pub(super) fn kept(named: &str, text: &str, set: &[String]) -> Result<ScenarioSource, CommandProblem> {
    let overrides: Vec<(String, String)> =
        set.iter().map(|text| key_and_value(text)).collect::<Result<_, _>>()?;
    let folder = Path::new(named).parent().unwrap_or(Path::new(""));
    let source = match ScenarioSource::from_bundled(named).filter(|bundled| bundled.text() == text) {
        Some(bundled) => bundled,
        None => ScenarioSource::from_text(named, text).in_folder(folder),
    };
    Ok(source.with_overrides(&overrides))
}

/// A scenario that can be run.
pub(super) fn scenario(named: &str, set: &[String]) -> Result<Scenario, CommandProblem> {
    scenario::read(&source(named, set)?).map_err(CommandProblem::Scenario)
}

/// A file that is there but cannot be read is the world's fault; a name that means nothing is a typing mistake.
fn unreadable(named: &str, problem: scenario::Problem) -> CommandProblem {
    let path = Path::new(named);
    match std::fs::File::open(path) {
        Err(source) if source.kind() != std::io::ErrorKind::NotFound => {
            CommandProblem::File { path: path.to_owned(), source }
        }
        _ => CommandProblem::Scenario(vec![problem]),
    }
}

fn key_and_value(text: &str) -> Result<(String, String), CommandProblem> {
    let form = || CommandProblem::Usage {
        what: format!("`--set {text}` is no `KEY=VALUE`"),
        hint: Some(String::from("write `--set policies.hold.overdraft.limit=200`")),
    };
    let (key, value) = text.split_once('=').ok_or_else(form)?;
    if key.trim().is_empty() { Err(form()) } else { Ok((key.trim().to_owned(), value.trim().to_owned())) }
}
