//! `--resume`: what a killed or partial run of the same question has finished is taken up.
//!
//! Owns where parts are looked for and what is said about them. Parts are linked into the run's own folder first, so that
//! they are never in less than one place; then what they came from goes. Leaves which of their organizations count to
//! `engine`.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use crate::engine::{Keep, LeftAlone};
use crate::parts::{ENDING, parts_in};
use crate::report::{Earlier, PARTS, Question, RunFolder, Unfinished};

use super::exit::CommandProblem;
use super::keeping;
use super::terminal;
use super::terminal::number_of;

/// Where a run keeps what it has finished, and with `resume` what it goes on from. The unfinished work that it leaves
/// alone is to be discarded once the run has finished.
pub(super) fn begin(
    resume: bool,
    (folder, question): (&RunFolder, &Question),
    files: Vec<String>,
    (same, others): (Vec<Unfinished>, Vec<String>),
) -> Result<(Keep, Vec<Unfinished>), CommandProblem> {
    let parts = folder.path().join(PARTS);
    let broken = |source| CommandProblem::File { path: parts.clone(), source };
    let text = serde_json::to_string(question).map_err(|error| broken(error.into()))?;
    let mut keep = Keep::new(&parts, &text, files);
    let home = folder.path().parent().unwrap_or(Path::new("."));
    let mut found: Vec<PathBuf> = same.iter().map(|work| work.path().join(PARTS)).collect();
    found.extend(partial_results(home, question).map_err(broken)?);
    if !resume {
        others.iter().for_each(|other| terminal::tell(&format!("note: {other}")));
        hint(&found);
        return Ok((keep, same));
    }
    let mut number = 0;
    for from in &found {
        adopt(from, &parts, &mut number).map_err(broken)?;
    }
    for left in keep.take_up().map_err(broken)? {
        leave_alone(left, question);
    }
    if keep.is_empty() {
        nothing_to_take_up(home, question, others)?;
    } else {
        let organizations = number_of(keep.organizations(), "organization", "organizations");
        terminal::tell(&format!(
            "resuming: {} of {organizations} are taken up",
            number_of(keep.parts() as u64, "finished part", "finished parts")
        ));
    }
    // Everything in it has a second name in this run's folder by now.
    keeping::discard(same);
    Ok((keep, Vec::new()))
}

/// Says what `--resume` would do.
fn hint(found: &[PathBuf]) {
    let parts: usize = found.iter().map(|folder| parts_in(folder).map_or(0, |parts| parts.len())).sum();
    if parts > 0 {
        let parts = number_of(parts as u64, "finished part", "finished parts");
        terminal::tell(&format!(
            "note: a run of the same question left {parts}; `--resume` would take them up, and they are kept until this run \
             has finished"
        ));
    }
}

/// Parts of partial results of the same question.
fn partial_results(home: &Path, question: &Question) -> io::Result<Vec<PathBuf>> {
    let name = format!("{}-partial", question.folder_name());
    let mut found = Vec::new();
    for entry in fs::read_dir(home)? {
        let path = entry?.path();
        let is_named = path.file_name().is_some_and(|own| own.to_string_lossy().starts_with(&name));
        if is_named && Earlier::read(&path).is_ok_and(|earlier| earlier.question == *question) {
            found.push(path.join(PARTS));
        }
    }
    found.sort();
    Ok(found)
}

/// Gives every part in a folder a second name in another one; what cannot be linked is copied.
fn adopt(from: &Path, to: &Path, number: &mut u64) -> io::Result<()> {
    for part in parts_in(from)? {
        fs::create_dir_all(to)?;
        *number += 1;
        let name = format!("{number:08}{ENDING}");
        if fs::hard_link(&part, to.join(&name)).is_err() {
            let aside = to.join(format!(".{name}.writing"));
            fs::copy(&part, &aside)?;
            fs::rename(&aside, to.join(&name))?;
        }
    }
    Ok(())
}

fn leave_alone(left: LeftAlone, question: &Question) {
    match left {
        LeftAlone::Broken(error) => {
            terminal::tell(&format!("warning: {error}; its organizations are simulated again"));
        }
        LeftAlone::Foreign { path, question: other } => {
            let differences = serde_json::from_str::<Question>(&other)
                .map(|other| other.differences(question).join(", "))
                .unwrap_or_else(|_| String::from("what it answers cannot be read"));
            terminal::tell(&format!("warning: `{}` is of another run: {differences}", path.display()));
        }
    }
}

/// With parts of other questions alone a run is refused: whoever asks for `--resume` means one of them.
fn nothing_to_take_up(
    home: &Path,
    question: &Question,
    mut others: Vec<String>,
) -> Result<(), CommandProblem> {
    for path in fs::read_dir(home).into_iter().flatten().flatten().map(|entry| entry.path()) {
        let has_parts = parts_in(&path.join(PARTS)).is_ok_and(|parts| !parts.is_empty());
        let is_named = path.file_name().is_some_and(|own| !own.to_string_lossy().starts_with('.'));
        if let (true, true, Ok(earlier)) = (has_parts, is_named, Earlier::read(&path)) {
            let differences = earlier.question.differences(question).join(", ");
            others.push(format!("`{}` keeps finished parts of another run: {differences}", path.display()));
        }
    }
    if others.is_empty() {
        terminal::tell(
            "note: no killed or partial run of this question has finished anything; it begins at its beginning",
        );
        return Ok(());
    }
    Err(CommandProblem::Usage {
        what: format!("`--resume`: nothing can be taken up\n  {}", others.join("\n  ")),
        hint: Some(String::from("ask the same question again, or run without `--resume`")),
    })
}

/// Removes parts of partial results that a finished run of the same question has outdone.
pub(super) fn outdo(home: &Path, question: &Question) {
    for parts in partial_results(home, question).unwrap_or_default() {
        // They are of no use any more, and of no harm.
        let _ = fs::remove_dir_all(parts);
    }
}
