//! Where results are kept: the folder of a run is begun, finds its place, and whatever is unusual about it is said.

use std::path::{Path, PathBuf};

use serde_json::{Map, Value};

use crate::report::{HistoryRecord, Manifest, MissingFile, Question, Remains, RunFolder, Unfinished};

use super::exit::CommandProblem;
use super::terminal;
use super::terminal::number_of;

/// Begins a work folder in `OUTPUT/SCENARIO`, and says what was found of dead runs there. Gives their unfinished work too.
pub(super) fn begin(
    output: &Path,
    scenario: &str,
    stem: &str,
) -> Result<(RunFolder, Vec<Unfinished>), CommandProblem> {
    let home = output.join(scenario);
    let (folder, remains) =
        RunFolder::begin(&home, stem).map_err(|source| CommandProblem::File { path: home, source })?;
    let Remains { removed, placed, stuck, unfinished } = remains;
    if removed > 0 {
        let folders = number_of(u64::from(removed), "work folder", "work folders");
        terminal::tell(&format!("note: {folders} of killed runs removed"));
    }
    for found in placed {
        let path = found.path.display();
        terminal::tell(&format!(
            "note: results of a run that was killed at its last step are now in `{path}`"
        ));
    }
    for (path, error) in stuck {
        terminal::tell(&format!(
            "warning: `{}`, of a killed run, cannot be removed: {error}",
            path.display()
        ));
    }
    Ok((folder, unfinished))
}

/// The unfinished work of dead runs that asked the same, and what others' differs in. That is kept.
pub(super) fn of_question(
    unfinished: Vec<Unfinished>,
    question: &Question,
) -> (Vec<Unfinished>, Vec<String>) {
    let (same, others): (Vec<_>, Vec<_>) =
        unfinished.into_iter().partition(|found| found.question() == question);
    let name = |other: &Unfinished| {
        let differences = other.question().differences(question).join(", ");
        format!("`{}` keeps finished parts of another run: {differences}", other.path().display())
    };
    let others = others.iter().map(name).collect();
    (same, others)
}

/// Gives a folder its place and says so if that is not the usual one.
pub(super) fn finish(folder: RunFolder, manifest: &Manifest) -> Result<PathBuf, CommandProblem> {
    let placed = folder.finish(manifest).map_err(CommandProblem::Unplaced)?;
    for remark in &placed.remarks {
        terminal::tell(&format!("note: {remark}"));
    }
    Ok(placed.path)
}

/// Removes unfinished work that a finished run of the same question has outdone.
pub(super) fn discard(outdone: Vec<Unfinished>) {
    for work in outdone {
        let path = work.path().display().to_string();
        if let Err(error) = work.discard() {
            terminal::tell(&format!("warning: `{path}` cannot be removed: {error}"));
        }
    }
}

/// Says which files a folder lacks, and why. Plots and pages can be done without; rows and summaries cannot.
pub(super) fn complain_of(folder: &Path, missing: &[MissingFile]) -> Result<(), CommandProblem> {
    for file in missing {
        terminal::tell(&format!("warning: `{}` could not be written: {}", file.name, file.why));
    }
    match missing.iter().find(|file| file.name.ends_with(".csv")) {
        None => Ok(()),
        Some(file) => Err(CommandProblem::File {
            path: folder.join(&file.name),
            source: std::io::Error::other(format!("{}; everything else is in the folder", file.why)),
        }),
    }
}

/// The fact of a question that names usage histories by what is in them.
pub(super) fn histories_fact(histories: &[HistoryRecord]) -> Value {
    let fact = |history: &HistoryRecord| (history.name.clone(), Value::from(history.sha256.clone()));
    Value::Object(histories.iter().map(fact).collect::<Map<_, _>>())
}
