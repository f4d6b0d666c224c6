//! `creditsim merge`: the parts of sharded runs, put together.
//!
//! Owns which parts belong together and what is said about those that do not. Leaves what they come to to the command whose
//! shards they are. Invariant: nothing is written unless every part is there, whole, and of one question.

use std::path::{Path, PathBuf};

use clap::Parser;

use crate::engine::MergeError;
use crate::parts::{Catalogue, Header, PartError, PartFault};
use crate::report::{Question, quoted};

use super::arguments::{Arguments, Command, MergeArguments};
use super::exit::{CommandProblem, Exit};
use super::shards::folder_name;
use super::terminal::number_of;
use super::{run, sweep, terminal};

/// Puts parts together and reports on them.
pub(super) fn carry_out(arguments: &MergeArguments) -> Result<Exit, CommandProblem> {
    let found = Catalogue::of(&arguments.parts).map_err(|source| CommandProblem::File {
        path: arguments.parts.first().cloned().unwrap_or_default(),
        source,
    })?;
    let catalogue = match found {
        (Some(catalogue), _) => catalogue,
        (None, faults) if faults.is_empty() => {
            return Err(CommandProblem::Usage {
                what: format!("there is no part in {}", named(&arguments.parts)),
                hint: Some(String::from("parts are written by `creditsim run SCENARIO --shard FROM-TO/N`")),
            });
        }
        (None, faults) => return Err(CommandProblem::Parts { what: told(&faults, None), misplaced: false }),
    };
    for copy in &catalogue.copies {
        terminal::tell(&format!("note: `{}` is a copy of another part, and is left out", copy.display()));
    }
    // With `--until` there are batches of so many.
    let highest = catalogue.parts.last_key_value().map_or(1, |(number, _)| *number);
    whole(&catalogue, highest.next_multiple_of(catalogue.shard.of))?;
    let words = std::iter::once("creditsim").chain(catalogue.shard.command.iter().map(String::as_str));
    let asked = Arguments::try_parse_from(words).map_err(|error| {
        CommandProblem::usage(format!(
            "the parts are of a command that this creditsim does not know: {error}"
        ))
    })?;
    match asked.command {
        Command::Run(asked) => run::merged::carry_out(*asked, arguments, &catalogue),
        Command::Sweep(asked) => sweep::merged::carry_out(*asked, arguments, &catalogue),
        _ => Err(CommandProblem::usage("the parts are of a command that has no shards")),
    }
}

/// Refuses parts that are not all there, or not all of one question; everything that is wrong is said together, and what is
/// missing is printed as commands that make it.
fn whole(catalogue: &Catalogue, last: u32) -> Result<(), CommandProblem> {
    let missing = catalogue.missing(last);
    if missing.is_empty() && catalogue.faults.is_empty() {
        return Ok(());
    }
    for (from, to) in &missing {
        terminal::say(&command_for(catalogue, (*from, *to)));
    }
    let mut lines = told(&catalogue.faults, Some(&catalogue.header));
    if !missing.is_empty() {
        let count: u64 = missing.iter().map(|(from, to)| u64::from(to - from) + 1).sum();
        let what = number_of(count, "shard is", "shards are");
        let ranges: Vec<String> = missing.iter().take(10).map(|&range| shown(range)).collect();
        let more = if missing.len() > ranges.len() { ", …" } else { "" };
        lines.push(format!("{what} missing of {last}: {}{more}", ranges.join(", ")));
    }
    let misplaced = catalogue.faults.iter().any(|fault| {
        !matches!(fault, PartFault::Broken(PartError::Broken { .. } | PartError::Unreadable { .. }))
    });
    Err(CommandProblem::Parts { what: lines, misplaced })
}

/// What there is does not do: prints the command that runs the next batch.
pub(super) fn more(catalogue: &Catalogue, batches: u32, told: String) -> CommandProblem {
    let of = catalogue.shard.of;
    terminal::say(&command_for(catalogue, (batches * of + 1, (batches + 1) * of)));
    CommandProblem::Parts { what: vec![told], misplaced: false }
}

/// A command that writes a range of shards where the others lie.
fn command_for(catalogue: &Catalogue, range: (u32, u32)) -> String {
    let shard = &catalogue.shard;
    let mut words = vec![String::from("creditsim")];
    words.extend(shard.command.clone());
    words.extend([String::from("--shard"), format!("{}/{}", shown(range), shard.of)]);
    if let Some(output) = output_of(catalogue) {
        words.extend([String::from("--output"), output]);
    }
    words.iter().map(|word| quoted(word)).collect::<Vec<_>>().join(" ")
}

/// The output folder of the first part, if it lies in one that is not the usual.
fn output_of(catalogue: &Catalogue) -> Option<String> {
    let (_, part) = catalogue.parts.first_key_value()?;
    let folder = part.parent()?;
    let question: Question = serde_json::from_str(&catalogue.header.question).ok()?;
    let usual = folder_name(&question, catalogue.shard.of);
    let is_own = folder.file_name().is_some_and(|name| *name == *usual);
    let output = folder.parent()?.parent()?.display().to_string();
    (is_own && output != "output" && !output.is_empty()).then_some(output)
}

fn shown((from, to): (u32, u32)) -> String {
    if from == to { from.to_string() } else { format!("{from}-{to}") }
}

/// What is wrong with each file, in words.
fn told(faults: &[PartFault], own: Option<&Header>) -> Vec<String> {
    let question = |header: &Header| serde_json::from_str::<Question>(&header.question).ok();
    let tell = |fault: &PartFault| match fault {
        PartFault::Broken(error) => error.to_string(),
        PartFault::NoShard(path) => {
            format!("`{}` is a part of an unfinished run, of no shard", path.display())
        }
        PartFault::Foreign { path, header } => {
            let differences = match (question(header), own.and_then(question)) {
                (Some(other), Some(own)) => other.differences(&own),
                _ => Vec::new(),
            };
            let of = |header: &Header| header.shard.as_ref().map_or(0, |shard| shard.of);
            let told = match own.map(of) {
                _ if !differences.is_empty() => differences.join(", "),
                Some(own) if own != of(header) => format!("it is of {} shards, not of {own}", of(header)),
                _ => String::from("what it says of itself"),
            };
            format!("`{}` is of another run than most: {told}", path.display())
        }
        PartFault::Twice { number, taken, other } => {
            format!("shard {number} is in `{}` and, different, in `{}`", taken.display(), other.display())
        }
    };
    faults.iter().map(tell).collect()
}

fn named(paths: &[PathBuf]) -> String {
    let shown: Vec<String> = paths.iter().take(3).map(|path| format!("`{}`", path.display())).collect();
    shown.join(", ") + if paths.len() > 3 { ", …" } else { "" }
}

impl From<MergeError> for CommandProblem {
    fn from(error: MergeError) -> Self {
        match error {
            MergeError::Part(part) => {
                CommandProblem::Parts { what: vec![part.to_string()], misplaced: false }
            }
            MergeError::Io { path, source } => CommandProblem::File { path, source },
        }
    }
}

/// A foreign question, named by what it differs in from one's own.
pub(super) fn refuse_other(path: &Path, theirs: &str, own: &Question) -> Result<(), CommandProblem> {
    let Ok(theirs) = serde_json::from_str::<Question>(theirs) else {
        return Err(CommandProblem::usage(format!("`{}`: what it answers cannot be read", path.display())));
    };
    let differences = theirs.differences(own);
    if differences.is_empty() {
        return Ok(());
    }
    Err(CommandProblem::Usage {
        what: format!("`{}` was made from something else: {}", path.display(), differences.join(", ")),
        hint: Some(String::from(
            "shards are put together by the creditsim that made them, where their usage histories lie",
        )),
    })
}
