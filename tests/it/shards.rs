//! Shards through the binary: pieces of a run, put together, are the run; what is missing or wrong is named.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Place, told};
use crate::interrupts::{history, scenario};

/// Files of the one folder of results below a folder, but for the manifest, whose times differ.
fn results(home: &Path) -> BTreeMap<String, Vec<u8>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home).expect("results").map(|entry| entry.expect("readable").path()) {
        let name = entry.file_name().unwrap_or_default().to_string_lossy().into_owned();
        if !name.ends_with("-shards") && !name.starts_with('.') {
            found.push(entry);
        }
    }
    let [folder] = &found[..] else { panic!("{found:?}") };
    let mut files = BTreeMap::new();
    read_all(folder, folder, &mut files);
    assert!(files.remove("manifest.json").is_some() && files.len() > 5, "{:?}", files.keys());
    files
}

fn read_all(root: &Path, folder: &Path, files: &mut BTreeMap<String, Vec<u8>>) {
    for entry in fs::read_dir(folder).expect("a folder").map(|entry| entry.expect("readable").path()) {
        if entry.is_dir() {
            read_all(root, &entry, files);
        } else {
            let name = entry.strip_prefix(root).expect("below").display().to_string();
            files.insert(name, fs::read(&entry).expect("readable"));
        }
    }
}

/// A scenario small enough for a second, with rows of every kind asked for.
const ASKED: [&str; 4] = ["run", "small.toml", "--quiet", "--rows=cycles,operations,journal"];

fn small() -> String {
    scenario(3).replace("organizations = 120", "organizations = 7").replace("2 months", "1 month")
}

struct Study(Place);

impl Study {
    fn new(text: &str, prepare: &dyn Fn(&Path)) -> Self {
        let study = Study(Place::with(text));
        prepare(study.0.0.path());
        study
    }

    /// Runs with the usual question; what it said.
    fn run(&self, more: &[&str], code: i32) -> (String, String) {
        self.told(&[&ASKED, more].concat(), &[], code)
    }

    fn told(&self, arguments: &[&str], set: &[(&str, &str)], code: i32) -> (String, String) {
        let mut command = self.0.command(arguments);
        command.envs(set.iter().copied());
        let (ended, out, said) = told(&command.output().expect("it starts"));
        assert_eq!(ended, code, "{arguments:?}: {out}{said}");
        (out, said)
    }

    /// The folder of parts.
    fn parts(&self, name: &str) -> PathBuf {
        let home = self.0.path("output").join(name);
        let entries = fs::read_dir(home).expect("a home").map(|entry| entry.expect("readable").path());
        let mut found: Vec<PathBuf> =
            entries.filter(|path| path.to_string_lossy().ends_with("-shards")).collect();
        assert_eq!(found.len(), 1);
        found.remove(0)
    }
}

fn shards_are_the_run(text: &str, name: &str, prepare: &dyn Fn(&Path)) {
    let study = Study::new(text, prepare);
    let (printed, _) = study.run(&["--output", "plain"], 0);
    let expected = results(&study.0.path("plain").join(name));
    // In any order, on any layout, some by number and some by the numbers of tasks.
    study.run(&["--shard", "8-9/9", "--threads", "3"], 0);
    let task = |number: &str| {
        let shard = ["--shard", "auto/9", "--shards-per-task", "3", "--task-offset", "1", "--threads", "1"];
        study.told(&[&ASKED[..], &shard].concat(), &[("JOB_COMPLETION_INDEX", number)], 0);
    };
    task("0");
    study.run(&["--shard", "2/9", "--threads", "2", "--batch", "7"], 0);
    let (missing, said) = study.told(&["merge", "output", "--quiet"], &[], 5);
    assert!(said.contains("3 shards are missing of 9: 1, 3, 7"), "{said}");
    let commands: Vec<&str> = missing.lines().collect();
    assert!(commands.len() == 3 && commands[2].ends_with("--shard 7/9"), "{missing}");
    for command in commands {
        let words: Vec<&str> = command.split(' ').skip(1).collect();
        study.told(&words, &[], 0);
    }
    let (merged, _) = study.told(&["merge", "output", "--quiet", "--output", "merged"], &[], 0);
    assert_eq!(merged, printed);
    assert!(results(&study.0.path("merged").join(name)) == expected, "other bytes than a plain run's");
}

#[test]
fn shards_of_a_run_put_together_are_the_run() {
    shards_are_the_run(&small(), "studied", &|_| {});
}

#[test]
fn shards_of_a_replayed_history_put_together_are_the_replay() {
    let text = history(tempfile::tempdir().expect("a folder").path(), 1);
    shards_are_the_run(&text, "replayed", &|folder| drop(history(folder, 1_500)));
}

#[test]
fn thresholds_are_judged_once_all_is_there_and_make_the_same_question() {
    let study = Study::new(&small(), &|_| {});
    let failing = ["--threshold", "block: loss_rate < 0"];
    study.run(&["--shard", "1-4/4", "--replications", "5"], 0);
    study.run(&[&failing[..], &["--output", "plain", "--replications", "5"]].concat(), 3);
    study.told(&[&["merge", "output", "--quiet", "--output", "merged"], &failing[..]].concat(), &[], 3);
    let names = |home: &str| {
        let found = fs::read_dir(study.0.path(home).join("studied")).expect("results");
        found.map(|entry| entry.expect("readable").file_name()).collect::<Vec<_>>()
    };
    assert_eq!(names("plain"), names("merged"));
    let plain = results(&study.0.path("plain").join("studied"));
    assert!(results(&study.0.path("merged").join("studied")) == plain);
}

#[test]
fn spoilt_and_foreign_and_different_parts_are_all_named_and_nothing_is_written() {
    let study = Study::new(&small(), &|_| {});
    study.run(&["--shard", "1-3/4"], 0);
    let parts = study.parts("studied");
    let part = |number: u32| parts.join(format!("shard-{number:08}.part"));
    // Only spoilt: the world's fault, and the command writes it again.
    let whole = fs::read(part(2)).expect("readable");
    fs::write(part(2), &whole[..whole.len() / 2]).expect("writable");
    let (_, said) = study.told(&["merge", "output", "--quiet"], &[], 5);
    assert!(said.contains("shard-00000002.part` is cut off"), "{said}");
    assert!(said.contains("2 shards are missing of 4: 2, 4"), "{said}");
    let (_, said) = study.run(&["--shard", "1-3/4"], 0);
    assert!(said.contains("is cut off; it is written again"), "{said}");
    assert!(fs::read(part(2)).expect("readable") == whole, "a part is the same bytes each time");
    // Of another seed, and under another's number.
    study.run(&["--shard", "4/4", "--seed", "8", "--output", "other"], 0);
    fs::copy(part(1), part(4)).expect("copied");
    let (out, said) = study.told(&["merge", "output", "other", "--quiet"], &[], 2);
    assert!(said.contains("is of another run than most") && said.contains("seed (8, not 7)"), "{said}");
    assert!(said.contains("1 shard is missing of 4: 4"), "{said}");
    assert!(said.contains("shard-00000004.part` is a copy of another part"), "{said}");
    assert!(out.trim_end().ends_with("--shard 4/4"), "{out}");
    let homes = fs::read_dir(study.0.path("output").join("studied")).expect("a home");
    let left: Vec<_> = homes.map(|entry| entry.expect("readable").file_name()).collect();
    assert_eq!(left.len(), 1, "nothing but parts: {left:?}");
}

#[test]
fn what_cannot_be_sharded_is_refused() {
    let study = Study::new(&small(), &|_| {});
    let (_, said) = study.run(&["--shard", "1/22"], 2);
    assert!(said.contains("21 shards are the most there can be"), "{said}");
    let (_, said) = study.run(&["--shard", "5/4"], 2);
    assert!(said.contains("the last shard is 4"), "{said}");
    let (_, said) = study.run(&["--shard", "1/4", "--resume"], 2);
    assert!(said.contains("cannot be used with"), "{said}");
    let (_, said) = study.told(&["merge", "."], &[], 2);
    assert!(said.contains("there is no part in `.`"), "{said}");
}

fn tables(home: &Path) -> BTreeMap<String, Vec<u8>> {
    results(home).into_iter().filter(|(name, _)| name.ends_with(".csv")).collect()
}

#[test]
fn batches_are_added_until_it_holds_and_the_result_is_that_of_its_replications() {
    let study = Study::new(&small(), &|_| {});
    let until = ["--replications", "5", "--until", "half_width(loss_rate) < 60%"];
    let (printed, _) = study.run(&[&until[..], &["--output", "plain"]].concat(), 0);
    assert!(
        printed.contains("stopped after 20 replications: `half_width(loss_rate) < 60%` holds"),
        "{printed}"
    );
    study.run(&["--replications", "20", "--output", "counted"], 0);
    let expected = results(&study.0.path("plain/studied"));
    assert!(tables(&study.0.path("plain/studied")) == tables(&study.0.path("counted/studied")));
    // The same with shards: each batch of replications is so many more of them.
    study.run(&[&until[..], &["--shard", "1-3/3"]].concat(), 0);
    let mut batches = 1;
    loop {
        let merged = study.0.command(&["merge", "output", "--quiet", "--output", "merged"]).output();
        let (code, out, said) = told(&merged.expect("it starts"));
        if code == 0 {
            break;
        }
        assert!(code == 5 && said.contains("does not hold"), "{code}: {said}");
        let command: Vec<String> =
            out.trim_end().replace('\'', "\u{0}").split('\u{0}').map(str::to_owned).collect();
        let shards = format!("--shard {}-{}/3", 3 * batches + 1, 3 * (batches + 1));
        assert!(command.last().is_some_and(|last| last.contains(&shards)), "{out}");
        study.run(&[&until[..], &["--shard", &shards[8..]]].concat(), 0);
        batches += 1;
    }
    assert_eq!(batches, 4);
    assert!(results(&study.0.path("merged/studied")) == expected, "other bytes than one machine's");
}

#[test]
fn at_the_most_replications_a_condition_is_undecided() {
    let study = Study::new(&small(), &|_| {});
    let asked =
        ["--replications", "4", "--until", "half_width(loss_rate) < 0.0001%", "--most-replications", "9"];
    let (printed, _) = study.run(&asked, 4);
    assert!(printed.contains("after 8 replications") && printed.contains("does not hold"), "{printed}");
    let (_, said) = study.run(&["--until", "loss_rate < 1%"], 2);
    assert!(said.contains("half_width(loss_rate) < 0.1%"), "{said}");
    let (_, said) = study.run(&[&asked[..], &["--shard", "7/3"]].concat(), 2);
    assert!(said.contains("the last shard is 6"), "{said}");
}

#[test]
fn shards_of_a_sweep_put_together_are_the_sweep() {
    let study = Study::new(&small(), &|_| {});
    // Two groups of settings, because one key is of demand.
    let sweep = ["sweep", "small.toml", "--quiet", "--vary", "features.chat.arrivals.poisson=10/day,20/day"];
    let sweep = [&sweep[..], &["--vary", "policy.allowance.credits=300,900"]].concat();
    let (printed, _) = study.told(&[&sweep[..], &["--output", "plain"]].concat(), &[], 0);
    let expected = results(&study.0.path("plain/studied"));
    for shards in ["4-5/5", "1-3/5"] {
        study.told(&[&sweep[..], &["--shard", shards, "--threads", "3"]].concat(), &[], 0);
    }
    let (merged, _) = study.told(&["merge", "output", "--quiet", "--output", "merged"], &[], 0);
    assert_eq!(merged, printed);
    assert!(results(&study.0.path("merged/studied")) == expected, "other bytes than a plain sweep's");
    let (_, said) = study.told(&["merge", "output", "--threshold", "loss_rate < 1%"], &[], 2);
    assert!(said.contains("a sweep judges no thresholds"), "{said}");
}
