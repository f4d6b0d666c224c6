//! What must never happen to results, done to folders.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use super::*;

fn question(seed: u64) -> Question {
    Question::new("run", seed).with("options", vec!["--quick"])
}

fn manifest(question: &Question, status: Status, replications: u32) -> Manifest {
    Manifest {
        version: "0.1.0".to_owned(),
        scenario: "made-up".to_owned(),
        content_hash: String::new(),
        command: Vec::new(),
        scenario_text: String::new(),
        formats: Formats::CURRENT,
        question: question.clone(),
        seed: 1,
        replications,
        exact: false,
        resamples: None,
        threads: 1,
        operations: u64::from(replications) * 10,
        operations_per_second: 5.0,
        policy_operations_per_second: 10.0,
        wall_s: 2.0,
        peak_memory_bytes: None,
        histories: Vec::new(),
        reactive_features: Vec::new(),
        cut_draws: Vec::new(),
        stopped: None,
        notes: Vec::new(),
        ended_by: None,
        taken_up: None,
        status,
    }
}

fn begin(home: &Path) -> RunFolder {
    RunFolder::begin(home, "test").unwrap().0
}

/// Finishes a folder with one file.
fn finish(mut folder: RunFolder, contents: &str, status: Status, replications: u32) -> Placed {
    folder.write("summary.csv", contents.as_bytes()).unwrap();
    folder.finish(&manifest(&question(1), status, replications)).unwrap()
}

fn finished(home: &Path, contents: &str) -> Placed {
    finish(begin(home), contents, Status::Finished, 4)
}

fn partial(home: &Path, contents: &str, replications: u32) -> Placed {
    finish(begin(home), contents, Status::Partial, replications)
}

/// The contents of `summary.csv` by folder; folders without one are there too.
fn found(home: &Path) -> BTreeMap<String, Option<String>> {
    let entries = fs::read_dir(home).unwrap().map(|entry| entry.unwrap());
    let read = |entry: fs::DirEntry| {
        let name = entry.file_name().to_string_lossy().replace(&question(1).folder_name(), "NAME");
        (name, fs::read_to_string(entry.path().join("summary.csv")).ok())
    };
    entries.map(read).collect()
}

/// `found`, as pairs.
fn pairs(home: &Path) -> Vec<(String, String)> {
    found(home).into_iter().map(|(name, contents)| (name, contents.unwrap_or_default())).collect()
}

fn owned(pairs: &[(&str, &str)]) -> Vec<(String, String)> {
    pairs.iter().map(|(name, contents)| ((*name).to_owned(), (*contents).to_owned())).collect()
}

#[test]
fn a_finished_folder_lists_its_files_with_their_hashes() {
    let home = tempfile::tempdir().unwrap();
    let mut folder = begin(home.path());
    folder.write("plots/a.svg", b"abc").unwrap();
    assert!(found(home.path()).keys().all(|name| name.starts_with('.')), "nothing has a name before the end");
    let question = question(1);
    let placed = folder.finish(&manifest(&question, Status::Finished, 2)).unwrap();
    assert_eq!(placed.path, home.path().join(question.folder_name()));
    assert_eq!(placed.remarks, Vec::<String>::new());
    let text = fs::read_to_string(placed.path.join(MANIFEST)).unwrap();
    let value: serde_json::Value = serde_json::from_str(&text).unwrap();
    assert_eq!(value["files"][0]["name"], "plots/a.svg");
    let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
    assert_eq!(value["files"][0]["sha256"], abc);
    assert_eq!((&value["status"], value["files"][0]["bytes"].as_u64()), (&"finished".into(), Some(3)));
    assert_eq!(value["question_hash"], question.hash());
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 1, "nothing is left aside");
}

#[test]
fn a_dropped_folder_leaves_nothing() {
    let home = tempfile::tempdir().unwrap();
    let mut folder = begin(home.path());
    folder.write("summary.csv", b"half").unwrap();
    drop(folder);
    assert_eq!(fs::read_dir(home.path()).unwrap().count(), 0);
}

#[test]
fn finished_results_of_the_same_question_are_replaced_and_nothing_else_is() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    finished(home, "old");
    finished(home, "new");
    assert_eq!(pairs(home), owned(&[("NAME", "new")]));
    let name = home.join(question(1).folder_name());

    // A file of the user's own.
    fs::write(name.join("notes.txt"), "mine").unwrap();
    let placed = finished(home, "third");
    assert!(placed.remarks[0].contains("`notes.txt`"), "{:?}", placed.remarks);
    assert_eq!(pairs(home), owned(&[("NAME", "new"), ("NAME-2", "third")]));
    assert_eq!(fs::read_to_string(name.join("notes.txt")).unwrap(), "mine");

    // A file that the user changed, in the same size.
    fs::write(home.join(format!("{}-2", question(1).folder_name())).join("summary.csv"), "edits").unwrap();
    finished(home, "fourth");
    assert_eq!(pairs(home), owned(&[("NAME", "new"), ("NAME-2", "edits"), ("NAME-3", "fourth")]));
}

#[test]
fn whatever_else_has_the_name_stays() {
    let spoilers: [fn(&Path); 4] = [
        |name| {
            fs::create_dir(name).unwrap();
            fs::write(name.join("thesis.txt"), "years of work").unwrap();
        },
        |name| fs::write(name, "a file").unwrap(),
        |name| {
            fs::create_dir(name).unwrap();
            fs::write(name.join(MANIFEST), "{}").unwrap();
        },
        #[cfg(unix)]
        |name| std::os::unix::fs::symlink("/tmp", name).unwrap(),
        #[cfg(not(unix))]
        |name| fs::write(name, "a file").unwrap(),
    ];
    for spoil in spoilers {
        let home = tempfile::tempdir().unwrap();
        let name = home.path().join(question(1).folder_name());
        spoil(&name);
        let look = || fs::symlink_metadata(&name).map(|found| (found.file_type(), found.modified().unwrap()));
        let before = look().unwrap();
        let placed = finished(home.path(), "results");
        assert!(placed.path.ends_with(format!("{}-2", question(1).folder_name())), "{placed:?}");
        assert_eq!(placed.remarks.len(), 1);
        assert_eq!(look().unwrap(), before);
    }
    // An empty folder is nobody's work.
    let home = tempfile::tempdir().unwrap();
    fs::create_dir(home.path().join(question(1).folder_name())).unwrap();
    finished(home.path(), "results");
    assert_eq!(pairs(home.path()), owned(&[("NAME", "results")]));
}

#[test]
fn results_that_turn_foreign_while_a_run_goes_on_stay() {
    let home = tempfile::tempdir().unwrap();
    finished(home.path(), "old");
    let running = begin(home.path());
    let name = home.path().join(question(1).folder_name());
    fs::remove_file(name.join(MANIFEST)).unwrap();
    finish(running, "new", Status::Finished, 4);
    assert_eq!(pairs(home.path()), owned(&[("NAME", "old"), ("NAME-2", "new")]));
}

#[test]
fn a_partial_result_replaces_only_partial_ones_with_no_more_in_them() {
    let home = tempfile::tempdir().unwrap();
    let home = home.path();
    finished(home, "whole");
    partial(home, "one", 1);
    assert_eq!(pairs(home), owned(&[("NAME", "whole"), ("NAME-partial", "one")]));
    partial(home, "three", 3);
    assert_eq!(pairs(home), owned(&[("NAME", "whole"), ("NAME-partial", "three")]));
    let placed = partial(home, "two", 2);
    assert!(placed.remarks[0].contains("has more in it"), "{placed:?}");
    let all = [("NAME", "whole"), ("NAME-partial", "three"), ("NAME-partial-2", "two")];
    assert_eq!(pairs(home), owned(&all));
    finished(home, "again");
    assert_eq!(found(home)["NAME"].as_deref(), Some("again"));
    assert_eq!(found(home)["NAME-partial"].as_deref(), Some("three"));
}

#[test]
fn two_runs_at_once_both_keep_their_results() {
    for with_earlier in [false, true] {
        let home = tempfile::tempdir().unwrap();
        if with_earlier {
            finished(home.path(), "before");
        }
        let (first, second) = (begin(home.path()), begin(home.path()));
        assert_eq!(finish(first, "first", Status::Finished, 4).remarks, Vec::<String>::new());
        finish(second, "second", Status::Finished, 4);
        assert_eq!(pairs(home.path()), owned(&[("NAME", "first"), ("NAME-2", "second")]));
    }
}

#[test]
fn many_runs_that_end_at_the_same_instant_lose_nothing() {
    const RUNS: usize = 8;
    let home = tempfile::tempdir().unwrap();
    for round in 0..10 {
        let folders: Vec<RunFolder> = (0..RUNS).map(|_| begin(home.path())).collect();
        let start = std::sync::Barrier::new(RUNS);
        std::thread::scope(|scope| {
            for (number, folder) in folders.into_iter().enumerate() {
                let start = &start;
                scope.spawn(move || {
                    start.wait();
                    finish(folder, &format!("{round}.{number}"), Status::Finished, 4);
                });
            }
        });
        let contents: Vec<Option<String>> = found(home.path()).into_values().collect();
        for number in 0..RUNS {
            assert!(contents.contains(&Some(format!("{round}.{number}"))), "{contents:?}");
        }
        assert!(found(home.path()).keys().all(|name| !name.starts_with('.')), "{:?}", found(home.path()));
    }
}

/// Leaves a work folder as a killed run does.
fn killed(folder: RunFolder) -> PathBuf {
    let path = folder.path().to_owned();
    let copy = path.with_file_name("copy");
    let copied = std::process::Command::new("cp").arg("-r").arg(&path).arg(&copy).status().unwrap();
    assert!(copied.success());
    drop(folder);
    // One with parts keeps them even where it ends in an orderly way.
    let _ = fs::remove_dir_all(&path);
    fs::rename(copy, &path).unwrap();
    path
}

#[cfg(unix)]
#[test]
fn work_folders_of_the_dead_go_and_those_of_the_living_stay() {
    let home = tempfile::tempdir().unwrap();
    let mut dead = begin(home.path());
    dead.write("organizations.csv", b"half").unwrap();
    let dead = killed(dead);
    let (living, remains) = RunFolder::begin(home.path(), "test").unwrap();
    assert_eq!((remains.removed, dead.exists()), (1, false));
    let (_other, remains) = RunFolder::begin(home.path(), "test").unwrap();
    assert_eq!((remains.removed, living.path().exists()), (0, true));
}

#[cfg(unix)]
#[test]
fn results_of_a_run_killed_at_its_last_step_get_their_name() {
    let home = tempfile::tempdir().unwrap();
    let complete = |contents: &str| {
        let mut folder = begin(home.path());
        folder.write("summary.csv", contents.as_bytes()).unwrap();
        let text = manifest(&question(1), Status::Finished, 4);
        let name = home.path().join("sealed");
        let placed = folder.finish(&text).unwrap().path;
        fs::rename(placed, &name).unwrap();
        name
    };
    let sealed = complete("results");
    fs::rename(sealed, home.path().join(".test.1-0.writing")).unwrap();
    let (folder, remains) = RunFolder::begin(home.path(), "test").unwrap();
    assert_eq!(remains.placed.len(), 1);
    drop(folder);
    assert_eq!(pairs(home.path()), owned(&[("NAME", "results")]));

    // The earlier results that a kill left behind while they were being removed go, because their question is answered.
    let name = home.path().join(question(1).folder_name());
    fs::rename(&name, home.path().join("aside")).unwrap();
    let sealed = complete("replaced");
    fs::rename(home.path().join("aside"), &name).unwrap();
    fs::rename(sealed, home.path().join(".test.1-0.writing")).unwrap();
    drop(RunFolder::begin(home.path(), "test").unwrap());
    assert_eq!(pairs(home.path()), owned(&[("NAME", "results")]));
}

#[cfg(unix)]
#[test]
fn finished_parts_outlive_their_run_until_somebody_takes_them_up() {
    let home = tempfile::tempdir().unwrap();
    let with_part = |seed: u64| {
        let folder = begin(home.path());
        folder.asks(&question(seed)).unwrap();
        fs::create_dir(folder.path().join(PARTS)).unwrap();
        fs::write(folder.path().join(PARTS).join("0"), "part").unwrap();
        fs::create_dir(folder.path().join(SCRATCH)).unwrap();
        folder
    };
    // One was killed, one failed in an orderly way.
    let killed = killed(with_part(1));
    let failed = with_part(2);
    let failed_path = failed.path().to_owned();
    drop(failed);
    let (folder, remains) = RunFolder::begin(home.path(), "test").unwrap();
    let found: BTreeMap<&Path, &Question> =
        remains.unfinished.iter().map(|left| (left.path(), left.question())).collect();
    let (first, second) = (question(1), question(2));
    assert_eq!(found, BTreeMap::from([(killed.as_path(), &first), (failed_path.as_path(), &second)]));
    assert_eq!(question(2).differences(&question(1)), ["seed (2, not 1)"]);
    // Held by the first, they are nobody else's.
    let (_, others) = RunFolder::begin(home.path(), "test").unwrap();
    assert_eq!(others.unfinished.len(), 0);
    for left in remains.unfinished {
        left.discard().unwrap();
    }
    assert!(!killed.exists() && !failed_path.exists());
    drop(folder);
}

#[test]
fn a_partial_result_keeps_its_parts_and_a_finished_one_does_not() {
    for (status, kept) in [(Status::Partial, true), (Status::Finished, false)] {
        let home = tempfile::tempdir().unwrap();
        let folder = begin(home.path());
        folder.asks(&question(1)).unwrap();
        fs::create_dir(folder.path().join(PARTS)).unwrap();
        fs::write(folder.path().join(PARTS).join("0"), "part").unwrap();
        fs::create_dir(folder.path().join(SCRATCH)).unwrap();
        let placed = finish(folder, "results", status, 1);
        assert_eq!(placed.path.join(PARTS).join("0").exists(), kept);
        assert!(!placed.path.join(SCRATCH).exists());
        // Its own parts are no work of the user's.
        let again = finish(begin(home.path()), "again", status, 1);
        assert_eq!(again.path, placed.path);
    }
}

#[test]
fn a_last_step_that_fails_keeps_the_work_under_a_visible_name() {
    let home = tempfile::tempdir().unwrap();
    let mut folder = begin(home.path());
    folder.write("summary.csv", b"results").unwrap();
    // The manifest cannot be written.
    fs::create_dir(folder.path().join(MANIFEST)).unwrap();
    fs::create_dir(folder.path().join(MANIFEST).join("in the way")).unwrap();
    fs::write(folder.path().join(MANIFEST).join("in the way").join("x"), "").unwrap();
    folder.files_for_test().push(FileRecord {
        name: format!("{MANIFEST}/in the way/x"),
        bytes: 0,
        sha256: String::new(),
    });
    let unplaced = folder.finish(&manifest(&question(1), Status::Finished, 4)).unwrap_err();
    assert_eq!(unplaced.kept, home.path().join(format!("{}-kept", question(1).folder_name())));
    assert_eq!(fs::read_to_string(unplaced.kept.join("summary.csv")).unwrap(), "results");
}

#[test]
fn every_fact_of_a_question_reaches_its_name() {
    let base = || Question::new("run", 1).with("options", vec!["--audit"]).with("scenario", "a");
    let others = [
        base().with("seed", 2),
        base().with("options", Vec::<String>::new()),
        base().with("scenario", "b"),
        base().with("histories", "c"),
        base().with("command", "sweep"),
    ];
    for other in &others {
        assert_ne!(other.folder_name(), base().folder_name());
        assert_eq!(base().differences(other).len(), 1, "{:?}", base().differences(other));
    }
    assert_eq!(base().folder_name(), base().with("scenario", "a").folder_name());
    assert!(others[4].folder_name().starts_with("sweep-seed-1-"));
}
