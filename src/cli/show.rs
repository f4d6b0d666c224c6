//! `creditsim show`: what a run printed, again, from its folder; the command that makes it again; where its files are.

use std::path::{Path, PathBuf};

use serde_json::Value;

use crate::report::{self, Earlier, MANIFEST, Printed, Status};

use super::arguments::{FormatOption, ShowArguments};
use super::exit::{CommandProblem, Exit};
use super::terminal;

/// Prints a run's tables, or its scenario's text.
pub(super) fn carry_out(arguments: &ShowArguments) -> Result<Exit, CommandProblem> {
    let folder = folder(&arguments.run);
    let manifest = manifest(&folder)?;
    if arguments.scenario {
        terminal::say(text(&manifest, "scenario_text"));
        return Ok(Exit::Fine);
    }
    if arguments.command {
        terminal::say(&command(&manifest));
        return Ok(Exit::Fine);
    }
    let printed = Printed::read(&folder, arguments.format.into());
    let broken = |source| CommandProblem::File { path: folder.join(crate::report::PRINTED), source };
    terminal::say(&printed.map_err(broken)?);
    let about = about(&folder, &manifest);
    match arguments.format {
        FormatOption::Text => terminal::say(&about),
        _ => terminal::tell(&about),
    }
    let earlier = Earlier::read(&folder)
        .map_err(|source| CommandProblem::File { path: folder.join(MANIFEST), source })?;
    match earlier.touched(&folder) {
        Ok(None) => {}
        Ok(Some(what)) => terminal::tell(&format!("note: the folder {what}")),
        Err(error) => terminal::tell(&format!("warning: its files cannot all be read: {error}")),
    }
    for file in earlier.absent(&folder) {
        terminal::tell(&format!("warning: `{file}` is gone"));
    }
    Ok(Exit::Fine)
}

/// A folder may be named by its manifest too.
pub(super) fn folder(named: &Path) -> PathBuf {
    let is_manifest = named.file_name().is_some_and(|name| name == MANIFEST);
    match named.parent() {
        Some(parent) if is_manifest && parent.as_os_str().is_empty() => PathBuf::from("."),
        Some(parent) if is_manifest => parent.to_owned(),
        _ => named.to_owned(),
    }
}

pub(super) fn manifest(folder: &Path) -> Result<Value, CommandProblem> {
    let path = folder.join(MANIFEST);
    let bytes = std::fs::read(&path).map_err(|source| match source.kind() {
        std::io::ErrorKind::NotFound | std::io::ErrorKind::NotADirectory => CommandProblem::Usage {
            what: format!("`{}` is no run: it has no `{MANIFEST}`", folder.display()),
            hint: Some(String::from(
                "name the folder that a run has written, such as output/NAME/seed-1-1a2b3c4d",
            )),
        },
        _ => CommandProblem::File { path: path.clone(), source },
    })?;
    let broken = |source: serde_json::Error| CommandProblem::Usage {
        what: format!("`{}` is no manifest: {source}", path.display()),
        hint: None,
    };
    serde_json::from_slice(&bytes).map_err(broken)
}

fn text<'m>(manifest: &'m Value, key: &str) -> &'m str {
    manifest[key].as_str().unwrap_or_default()
}

/// The command as a shell takes it.
fn command(manifest: &Value) -> String {
    let words = manifest["command"].as_array().map(Vec::as_slice).unwrap_or_default();
    let words = words.iter().filter_map(Value::as_str).map(report::quoted);
    std::iter::once(String::from("creditsim")).chain(words).collect::<Vec<_>>().join(" ")
}

fn about(folder: &Path, manifest: &Value) -> String {
    let status = match serde_json::from_value(manifest["status"].clone()) {
        Ok(Status::Finished) => "finished",
        _ => "partial: it was stopped before its end",
    };
    let mut lines = vec![
        format!("\nrun        {} ({status})", text(manifest, "scenario")),
        format!("command    {}", command(manifest)),
        format!("program    creditsim {}", text(manifest, "version")),
    ];
    for history in manifest["histories"].as_array().map(Vec::as_slice).unwrap_or_default() {
        let (name, file) = (text(history, "name"), text(history, "file"));
        lines.push(format!("history    {name}: {file}, SHA-256 {}", text(history, "sha256")));
    }
    for missing in manifest["missing_files"].as_array().map(Vec::as_slice).unwrap_or_default() {
        lines.push(format!("missing    {}: {}", text(missing, "name"), text(missing, "why")));
    }
    lines.push(format!("files      {}", folder.display()));
    lines.join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_survives_a_shell() {
        let words = serde_json::json!({ "command": ["run", "a b.toml", "--threshold", "it's < 5", ""] });
        assert_eq!(command(&words), r"creditsim run 'a b.toml' --threshold 'it'\''s < 5' ''");
    }
}
