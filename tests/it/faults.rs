//! The table of docs/faults.md, row by row: what happens, what is kept, which exit code.
#![cfg(target_os = "linux")]

use std::fs;
use std::io::{Read, Write};
use std::process::{Command, Output, Stdio};

use crate::common::{HISTORY, Place, code, stderr, stdout};
use flate2::Compression;
use flate2::write::GzEncoder;

const SCENARIO: &str = r#"
version = 1
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
seed = 7
replications = 2
baseline = "block"

[[cohorts]]
name = "teams"
organizations = 20

[features.chat]
arrivals = { poisson = "2/day" }
cost = { uniform = [1, 5], step = 1 }

[policy]
allowance = { credits = 300, every = "month" }

[policies.block]
admission = "positive"

[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 50 }
"#;

/// A scenario that replays `usage.csv.gz`.
fn packed_history() -> String {
    HISTORY.replace("usage.csv", "usage.csv.gz")
}

/// Runs behind commands of a shell that set limits.
fn limited(place: &Place, limits: &str, arguments: &[&str]) -> Output {
    let mut shell = Command::new("sh");
    shell.args(["-c", &format!("{limits}; exec \"$0\" \"$@\""), env!("CARGO_BIN_EXE_creditsim")]);
    shell.args(arguments).current_dir(place.0.path()).stdin(Stdio::null()).output().expect("a shell")
}

#[test]
fn full_disk_keeps_finished_replications_and_the_table() {
    // A file that may not grow is what a full disk looks like to its writer, without being root.
    let place = Place::with(&SCENARIO.replace("replications = 2", "replications = 2000"));
    let output = limited(&place, "trap '' XFSZ; ulimit -f 1000", &["run", "small.toml", "--threads", "1"]);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    // Parts of finished work are what grows first.
    assert!(stderr(&output).contains("parts`: File too large"), "{}", stderr(&output));
    assert!(stdout(&output).contains("overdraft"), "the table is printed: {}", stdout(&output));
    let names = place.results();
    assert!(names.len() == 1 && names[0].ends_with("-partial"), "{names:?}");
    let manifest = place.manifest(&names[0]);
    let replications = manifest["replications"].as_u64().unwrap();
    assert!(manifest["status"] == "partial" && replications > 0 && replications < 2000, "{replications}");
    assert!(manifest["missing_files"].is_null(), "{}", manifest["missing_files"]);
    let folder = place.path("output/small").join(&names[0]);
    assert!(folder.join("summary.csv").exists() && folder.join("organizations.csv").exists());
}

#[test]
fn full_disk_in_the_first_replication_leaves_the_earlier_result_and_nothing_else() {
    let place = Place::with(SCENARIO);
    let before = place.command(&["run", "small.toml"]).output().unwrap();
    assert_eq!(code(&before), 0, "{}", stderr(&before));
    let names = place.results();
    let manifest = place.manifest(&names[0]);
    let output = limited(&place, "trap '' XFSZ; ulimit -f 4", &["run", "small.toml"]);
    assert_eq!(code(&output), 5, "{}", stderr(&output));
    let left = place.results();
    assert!(left.contains(&names[0]) && left.iter().all(|name| !name.starts_with('.')), "{left:?}");
    assert_eq!(place.manifest(&names[0]), manifest);
}

#[test]
fn stdout_that_takes_nothing_is_told_by_every_command_and_costs_no_result() {
    let place = Place::with(SCENARIO);
    let commands: [&[&str]; 11] = [
        &["run", "small.toml", "--format", "json", "--quiet"],
        &["run", "small.toml", "--seed", "2"],
        &["check", "small.toml"],
        &["explain", "small.toml", "--organization", "teams/0"],
        &["scenarios"],
        &["scenarios", "policy-shootout"],
        &["presets"],
        &["schema"],
        &["sweep", "small.toml", "--vary", "policies.overdraft.overdraft.limit=0,50", "--quiet"],
        &["--help"],
        &["--version"],
    ];
    for command in commands {
        let full = fs::OpenOptions::new().write(true).open("/dev/full").unwrap();
        let output = place.command(command).stdout(full).output().unwrap();
        assert_eq!(code(&output), 5, "{command:?}: {}", stderr(&output));
        assert!(stderr(&output).contains("standard output"), "{command:?}: {}", stderr(&output));
    }
    assert_eq!(place.results().len(), 3, "the results are kept: {:?}", place.results());
}

#[test]
fn a_reader_who_has_left_is_no_error() {
    let place = Place::with(SCENARIO);
    for command in [&["run", "small.toml"][..], &["schema"], &["scenarios", "policy-shootout"]] {
        let mut child = place.command(command).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        drop(child.stdout.take());
        let mut said = String::new();
        child.stderr.take().unwrap().read_to_string(&mut said).unwrap();
        assert_eq!(child.wait().unwrap().code(), Some(0), "{command:?}: {said}");
    }
    assert_eq!(place.results().len(), 1);
}

#[test]
fn a_folder_that_takes_nothing_is_an_error_of_the_world() {
    let place = Place::with(SCENARIO);
    fs::write(place.path("a-file"), "").unwrap();
    // A file in the way, and (for root too) a file system that takes no folders.
    for folder in ["a-file", "/proc/creditsim"] {
        let output = place.command(&["run", "small.toml", "--output", folder]).output().unwrap();
        assert_eq!(code(&output), 5, "{folder}: {}", stderr(&output));
        assert!(stderr(&output).contains(folder), "{}", stderr(&output));
    }
    let output = place.command(&["fit", "nothing.csv", "--output", "/proc/creditsim.toml"]).output().unwrap();
    assert_ne!(code(&output), 0);
}

#[test]
fn two_runs_at_once_both_keep_theirs() {
    let place = Place::with(&SCENARIO.replace("replications = 2", "replications = 60"));
    let start = || {
        let mut command = place.command(&["run", "small.toml", "--quiet", "--threads", "1"]);
        command.stdout(Stdio::null()).stderr(Stdio::null()).spawn().unwrap()
    };
    for mut child in [start(), start(), start()] {
        assert_eq!(child.wait().unwrap().code(), Some(0));
    }
    let names = place.results();
    assert!(names.iter().all(|name| !name.starts_with('.')), "{names:?}");
    let mut summaries = Vec::new();
    for name in &names {
        assert_eq!(place.manifest(name)["status"], "finished");
        summaries.push(fs::read(place.path("output/small").join(name).join("summary.csv")).unwrap());
    }
    assert!(summaries.windows(2).all(|pair| pair[0] == pair[1]), "the same question has the same answer");
    // One that began behind another's end replaces it; those that overlapped lie side by side.
    assert!((1..=3).contains(&names.len()));
}

#[test]
fn little_to_work_with_is_enough() {
    let place = Place::with(SCENARIO);
    for (limits, seed) in [("ulimit -n 12", "1"), ("ulimit -v 46080", "2"), ("unset HOME PATH TMPDIR", "3")] {
        let arguments = ["run", "small.toml", "--quiet", "--threads", "1", "--seed", seed];
        let output = limited(&place, limits, &arguments);
        assert_eq!(code(&output), 0, "{limits}: {}", stderr(&output));
    }
    assert_eq!(place.results().len(), 3);
}

fn packed(text: &str) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

fn usage(rows: usize) -> String {
    let mut text = String::from("timestamp,team,feature,credits\n");
    (0..rows).for_each(|row| text += &format!("2025-01-02T00:00:00Z,team{},chat,3\n", row % 10));
    text
}

#[test]
fn a_truncated_history_is_refused_by_name_and_leaves_nothing() {
    let place = Place::with(&packed_history());
    let whole = packed(&usage(5_000));
    fs::write(place.path("usage.csv.gz"), &whole[..whole.len() / 2]).unwrap();
    let output = place.command(&["run", "small.toml"]).output().unwrap();
    assert!(matches!(code(&output), 2 | 5), "{}", stderr(&output));
    assert!(stderr(&output).contains("usage.csv.gz"), "{}", stderr(&output));
    assert_eq!(place.results(), Vec::<String>::new());
}

#[test]
fn a_history_that_is_not_there_is_named_and_leaves_nothing() {
    let place = Place::with(&packed_history());
    let output = place.command(&["run", "small.toml"]).output().unwrap();
    assert!(matches!(code(&output), 2 | 5), "{}", stderr(&output));
    assert!(stderr(&output).contains("usage.csv.gz"), "{}", stderr(&output));
    assert_eq!(place.results(), Vec::<String>::new());
}

#[test]
fn a_history_that_changes_between_runs_is_another_question() {
    let place = Place::with(&packed_history());
    for rows in [100, 101, 100] {
        fs::write(place.path("usage.csv.gz"), packed(&usage(rows))).unwrap();
        let output = place.command(&["run", "small.toml"]).output().unwrap();
        assert_eq!(code(&output), 0, "{}", stderr(&output));
    }
    assert_eq!(place.results().len(), 2);
}

#[test]
fn a_history_without_lines_is_refused_in_little_memory() {
    let place = Place::with(&packed_history());
    // 400 MB of one letter, 400 kB packed.
    let mut encoder = GzEncoder::new(Vec::new(), Compression::fast());
    encoder.write_all(usage(1).as_bytes()).unwrap();
    let block = vec![b'a'; 1 << 20];
    (0..400).for_each(|_| encoder.write_all(&block).unwrap());
    fs::write(place.path("usage.csv.gz"), encoder.finish().unwrap()).unwrap();
    let output = limited(&place, "ulimit -v 200000", &["run", "small.toml", "--threads", "1"]);
    assert_eq!(code(&output), 2, "{}", stderr(&output));
    let said = stderr(&output);
    assert!(said.contains("usage.csv.gz:") && said.contains("is longer than"), "{said}");
    assert_eq!(place.results(), Vec::<String>::new());
}

#[test]
fn a_bomb_of_rows_is_sorted_in_little_memory() {
    let place = Place::with(&packed_history());
    // 43 MB of rows, 100 kB packed.
    fs::write(place.path("usage.csv.gz"), packed(&usage(1_200_000))).unwrap();
    let output = limited(&place, "ulimit -v 300000", &["run", "small.toml", "--threads", "1", "--quiet"]);
    assert_eq!(code(&output), 0, "{}", stderr(&output));
    assert_eq!(place.results().len(), 1);
}
