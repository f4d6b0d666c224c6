//! What a page shows of a command is what the command says.
//!
//! Every `console` block of a page runs, from its first to its last, in one folder that is empty at first. A block whose
//! first line names a file behind its language (```` ```toml plans.toml ````) is written there. A line that begins with
//! `$ ` goes to a shell, which must be content unless it says `error:` first; what it says on both streams stands below
//! it. A line `…` stands for any lines; what stands above it is the beginning of the output (as many lines as are shown),
//! what stands below it begins with a line of the output and goes on from there.
//!
//! `CREDITSIM_UPDATE=1 cargo test --test it pages::shown` writes pages anew, as many lines as they had.

use std::ffi::OsString;
use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};

use crate::common::Place;

use super::{ROOT, page};

/// What stands for lines that are not shown.
const MORE: &str = "…";

/// Which commands of a page run.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Runs {
    /// All of them.
    All,
    /// Those of blocks that show output.
    Shown,
}

/// What a command says on both streams, as a terminal has it; it must end well, or begin with the error that it ends with.
fn said(place: &Place, command: &str) -> Vec<String> {
    let program = Path::new(env!("CARGO_BIN_EXE_creditsim"));
    let mut path = OsString::from(program.parent().expect("a folder"));
    path.push(":");
    path.push(std::env::var_os("PATH").unwrap_or_default());
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("exec 2>&1; {command}")]).current_dir(place.0.path());
    shell.env("PATH", path).env("LC_ALL", "C.UTF-8").stdin(Stdio::null());
    let output = shell.output().expect("a shell");
    let text = String::from_utf8_lossy(&output.stdout).into_owned();
    assert!(
        output.status.success() || text.starts_with("error: "),
        "`{command}` ends with {}:\n{text}",
        output.status
    );
    text.lines().map(str::to_owned).collect()
}

/// Where a line stands, or else the one that begins most like it.
fn nearest(wanted: &str, lines: &[String]) -> Option<usize> {
    let alike = |line: &String| line.chars().zip(wanted.chars()).take_while(|(a, b)| a == b).count();
    let best = lines.iter().map(alike).max().filter(|&best| best > 0)?;
    lines.iter().position(|line| line == wanted).or_else(|| lines.iter().position(|line| alike(line) == best))
}

/// The lines of an output that take the place of those that a page shows.
fn fitted(command: &str, shown: &[&str], output: &[String]) -> Vec<String> {
    let mut fitted = Vec::new();
    let mut at = 0;
    let groups: Vec<&[&str]> = shown.split(|line| *line == MORE).collect();
    for (index, group) in groups.iter().enumerate() {
        if index > 0 {
            fitted.push(MORE.to_owned());
            let Some(first) = group.first() else { continue };
            at += nearest(first, &output[at..])
                .unwrap_or_else(|| panic!("`{command}` says `{first}` nowhere:\n{}", output.join("\n")));
        }
        let last = index + 1 == groups.len();
        let end = if last { output.len() } else { (at + group.len()).min(output.len()) };
        fitted.extend_from_slice(&output[at..end]);
        at = end;
    }
    fitted
}

/// The lines of a block of commands with what the commands really say; `place` is where they run.
fn told(place: &Place, block: &[&str]) -> Vec<String> {
    let mut told = Vec::new();
    let mut lines = block.iter().copied().peekable();
    while let Some(line) = lines.next() {
        let mut command = line.strip_prefix("$ ").unwrap_or_else(|| panic!("no command: {line}")).to_owned();
        told.push(line.to_owned());
        while command.ends_with('\\') {
            let more = lines.next().expect("a command goes on");
            told.push(more.to_owned());
            command = format!("{command}\n{more}");
        }
        let mut shown = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with("$ ")) {
            shown.push(line);
        }
        let output: Vec<String> =
            said(place, &command).iter().map(|line| line.trim_end().to_owned()).collect();
        told.extend(fitted(&command, &shown, &output));
    }
    told
}

/// A page with what its commands say in the place of what it shows of them.
fn rewritten(text: &str, runs: Runs) -> String {
    let place = Place::of(&[]);
    let mut written = Vec::new();
    let mut lines = text.lines();
    while let Some(line) = lines.next() {
        written.push(line.to_owned());
        let Some(kind) = line.strip_prefix("```") else { continue };
        let block: Vec<&str> = lines.by_ref().take_while(|line| *line != "```").collect();
        if let Some((_, name)) = kind.split_once(' ') {
            fs::write(place.path(name), block.join("\n") + "\n").expect("writable");
        }
        // A line that a backslash continues belongs to its command.
        let continued = |index: usize| index > 0 && block[index - 1].ends_with('\\');
        let shows = (0..block.len()).any(|index| !block[index].starts_with("$ ") && !continued(index));
        if kind == "console" && (runs == Runs::All || shows) {
            written.extend(told(&place, &block));
        } else {
            written.extend(block.iter().map(|line| (*line).to_owned()));
        }
        written.push("```".to_owned());
    }
    written.join("\n") + "\n"
}

fn check(name: &str, runs: Runs) {
    let text = page(name);
    let written = rewritten(&text, runs);
    if std::env::var_os("CREDITSIM_UPDATE").is_some() {
        fs::write(Path::new(ROOT).join(name), &written).expect("the page can be written");
        return;
    }
    let differs = text.lines().zip(written.lines()).enumerate().find(|(_, (old, new))| old != new);
    if let Some((index, (old, new))) = differs {
        panic!("{name}:{}: the page shows\n{old}\nand the command says\n{new}", index + 1);
    }
    assert_eq!(text, written, "{name}");
}

#[test]
fn the_readme_shows_what_commands_say() {
    check("README.md", Runs::Shown);
}

#[test]
fn the_tutorial_shows_what_commands_say() {
    check("docs/tutorial.md", Runs::All);
}

#[test]
fn the_page_of_concepts_shows_what_commands_say() {
    check("docs/concepts.md", Runs::All);
}

#[test]
fn how_to_replay_shows_what_commands_say() {
    check("docs/how-to/replay-a-usage-history.md", Runs::All);
}

#[test]
fn how_to_write_a_policy_shows_what_commands_say() {
    check("docs/how-to/write-a-policy.md", Runs::All);
}

#[test]
fn how_to_gate_shows_what_commands_say() {
    check("docs/how-to/gate-a-pull-request.md", Runs::All);
}

#[test]
fn how_to_sweep_shows_what_commands_say() {
    check("docs/how-to/sweep-and-optimize.md", Runs::All);
}

#[test]
fn how_to_compare_price_lists_shows_what_commands_say() {
    check("docs/how-to/compare-price-lists.md", Runs::All);
}

#[test]
fn how_to_resume_shows_what_commands_say() {
    check("docs/how-to/resume-and-limit.md", Runs::All);
}

#[test]
fn what_is_left_out_of_an_output_is_found_again() {
    let output = ["a 2", "b", "c", "d", "e"].map(str::to_owned);
    let fit = |shown: &[&str]| fitted("x", shown, &output).join(" ");
    assert_eq!(fit(&["a 1"]), "a 2 b c d e");
    assert_eq!(fit(&["a 1", MORE]), "a 2 …");
    assert_eq!(fit(&["a 1", MORE, "c", "x", MORE]), "a 2 … c d …");
    assert_eq!(fit(&[MORE, "d", "x"]), "… d e");
    assert_eq!(fit(&["a 1", MORE, "e 1"]), "a 2 … e");
    assert_eq!(fit(&[]), "a 2 b c d e");
}
