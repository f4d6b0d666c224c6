//! Hostile inputs: whatever is typed, written or set, the command ends by itself with an exit code of the README's table
//! and, if it refuses, with a message that names what is to blame.
//!
//! No panic (101), no abort (134), no hang (a limit each), no internal error (1), within 4 GB of address space.

#![cfg(unix)]

mod cases;
mod corpus;
mod fed;
mod sandbox;

use std::path::Path;
use std::process::{Command, Output};
use std::sync::Mutex;

use cases::Case;

/// Seconds that a case may take; the machine may be busy.
const SECONDS: &str = "60";
/// Address space of a case (KiB).
const MEMORY: u32 = 4_000_000;

/// Exit codes that a hostile input may end with, and what is said then.
fn judge(case: &Case, output: &Output) -> Result<(), String> {
    let said = String::from_utf8_lossy(&output.stderr);
    let code = output.status.code();
    let Some(code) = code else { return Err(format!("was killed: {}\n{said}", output.status)) };
    if !case.codes.contains(&code) {
        let end: String = said.chars().take(600).collect();
        return Err(format!("ended with {code}, not {:?}: {end}", case.codes));
    }
    if said.contains("panicked") || said.contains("RUST_BACKTRACE") {
        return Err(format!("speaks of a panic: {said}"));
    }
    if code == 2 || code == 5 {
        if !said.contains("error") && !said.contains("Usage") {
            return Err(format!("refuses without a word: {said}"));
        }
        // Numbers that are possible and absurd together are refused together.
        let absurd = said.contains("--force");
        if let Some(missing) = case.names.iter().find(|name| !absurd && !said.contains(name.as_str())) {
            return Err(format!("does not name `{missing}`: {said}"));
        }
    }
    Ok(())
}

fn run(case: &Case, folder: &Path) -> Output {
    let limits = format!("ulimit -v {MEMORY}; exec timeout {SECONDS} \"$@\"");
    let mut command = Command::new("/bin/bash");
    command.args(["-c", &limits, "hostile", env!("CARGO_BIN_EXE_creditsim")]);
    command.args(&case.arguments).current_dir(folder);
    for (name, value) in &case.environment {
        match value {
            Some(value) => command.env(name, value),
            None => command.env_remove(name),
        };
    }
    command.output().expect("bash is there")
}

#[test]
fn no_input_breaks_the_command() {
    let folder = tempfile::tempdir().expect("a folder");
    let cases = cases::all(folder.path());
    assert!(cases.len() >= 300, "{} cases", cases.len());
    let (next, wrong) = (Mutex::new(cases.iter().enumerate()), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..std::thread::available_parallelism().map_or(2, usize::from) {
            scope.spawn(|| {
                loop {
                    let Some((number, case)) = next.lock().expect("nobody panics").next() else { return };
                    if let Err(what) = judge(case, &run(case, folder.path())) {
                        let told = format!("{number}: creditsim {}\n  {what}", case.arguments.join(" "));
                        wrong.lock().expect("nobody panics").push(told);
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().expect("nobody panics");
    assert!(wrong.is_empty(), "{} of {} cases:\n{}", wrong.len(), cases.len(), wrong.join("\n"));
}
