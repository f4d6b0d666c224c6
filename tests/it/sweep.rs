//! Sweeps, searches and sensitivity through the binary: exact agreement with plain runs, and exit codes.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Output;

use crate::common::Place;

const SCENARIO: &str = r#"
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "60 days"
replications = 4
seed = 3
currency = "USD"
[[cohorts]]
name = "teams"
organizations = 8
activity = { lognormal = { mean = 1.0, cv = 0.5 } }
reactions = { retry = { probability = 0.3, delay = "2 h", attempts = 3 } }
[features.post]
arrivals = { poisson = "6/day" }
cost = { uniform = [1, 3] }
duration = "20 min"
[policy]
allowance = { credits = 300, anchor = "sign-up" }
subscription = "10.00 USD"
[policies.block]
admission = { estimate = "expected" }
[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 40, at_cycle = "forgive" }
"#;

struct Home(Place);

impl Home {
    fn new() -> Self {
        Home(Place::with(SCENARIO))
    }

    fn path(&self) -> &Path {
        self.0.0.path()
    }

    fn creditsim(&self, arguments: &[&str]) -> Output {
        self.0.command(arguments).output().expect("the command starts")
    }

    /// Runs, wants this exit code, and returns the one folder written below `output`.
    fn folder_of(&self, output: &str, code: i32, arguments: &[&str]) -> PathBuf {
        let arguments = [arguments, &["--output", output, "--quiet"]].concat();
        let (ended, _, said) = self.0.creditsim(&arguments);
        assert_eq!(ended, code, "{arguments:?}: {said}");
        let runs = self.0.path(output).join("small");
        let found: Vec<PathBuf> =
            fs::read_dir(runs).expect("a run").map(|entry| entry.expect("readable").path()).collect();
        assert_eq!(found.len(), 1, "{found:?}");
        found[0].clone()
    }
}

/// Rows of a CSV by the values of some columns, with the values of others.
fn rows(file: &Path, by: &[&str], values: &[&str]) -> BTreeMap<Vec<String>, Vec<String>> {
    let mut reader = csv::Reader::from_path(file).expect("a CSV");
    let header = reader.headers().expect("a head").clone();
    let places = |names: &[&str]| -> Vec<usize> {
        names.iter().map(|name| header.iter().position(|own| own == *name).expect("a column")).collect()
    };
    let (by, values) = (places(by), places(values));
    let pick = |row: &csv::StringRecord, places: &[usize]| -> Vec<String> {
        places.iter().map(|&place| row[place].to_owned()).collect()
    };
    reader
        .records()
        .map(|row| row.expect("a row"))
        .map(|row| (pick(&row, &by), pick(&row, &values)))
        .collect()
}

const BY: [&str; 3] = ["policy", "scope", "metric"];
const VALUES: [&str; 6] = ["unit", "mean", "ci_low", "ci_high", "sd", "replications"];

/// Every row of the point must be the row of a plain run with `--set`, text for text.
fn check_point(home: &Home, sweep: &Path, number: usize, key: &str, value: &str) {
    let set = format!("{key}={value}");
    let plain = home.folder_of(&format!("plain-{number}"), 0, &["run", "small.toml", "--set", &set]);
    let plain = rows(&plain.join("summary.csv"), &BY, &VALUES);
    let by = ["point", key, "policy", "scope", "metric"];
    let point = rows(&sweep.join("sweep.csv"), &by, &VALUES);
    let point: Vec<_> =
        point.into_iter().filter(|(by, _)| by[0] == number.to_string() && by[1] == value).collect();
    // The plain file has a row for outcomes that do not apply, the tidy one has none.
    assert_eq!(point.len(), plain.values().filter(|values| !values[1].is_empty()).count(), "{set}");
    for (by, values) in point {
        assert_eq!(plain[&by[2..].to_vec()], values, "{set} {by:?}");
    }
}

#[test]
fn a_point_in_a_policy_key_is_the_plain_run_with_that_key_set() {
    let home = Home::new();
    let key = "policies.overdraft.overdraft.limit";
    let vary = format!("{key}=0..80:40");
    let sweep = home.folder_of("swept", 0, &["sweep", "small.toml", "--scopes", "--vary", &vary]);
    for (number, value) in ["0", "40", "80"].into_iter().enumerate() {
        check_point(&home, &sweep, number, key, value);
    }
}

#[test]
fn a_point_in_a_key_of_demand_is_the_plain_run_with_that_key_set() {
    let home = Home::new();
    let key = "features.post.arrivals.poisson";
    let vary = format!("{key}=5/day,7/day");
    let sweep = home.folder_of("swept", 0, &["sweep", "small.toml", "--scopes", "--vary", &vary]);
    for (number, value) in ["5/day", "7/day"].into_iter().enumerate() {
        check_point(&home, &sweep, number, key, value);
    }
}

#[test]
fn the_same_sweep_gives_the_same_bytes_on_other_threads() {
    let home = Home::new();
    let sweep = |output: &str, threads: &str| {
        let vary = ["--vary", "policy.allowance.credits=200..400", "--lhs", "4", "--threads", threads];
        let folder = home.folder_of(output, 0, &[&["sweep", "small.toml"], &vary[..]].concat());
        fs::read(folder.join("sweep.csv")).expect("the file")
    };
    assert_eq!(sweep("one", "1"), sweep("two", "2"));
}

#[test]
fn a_sweep_in_the_file_is_swept_with_its_front() {
    let home = Home::new();
    let text = format!(
        "{SCENARIO}\n[sweep]\nobjectives = [\"loss_rate\", \"overspend_credits\"]\nmatched = true\n[sweep.vary]\n\
         policies.overdraft.overdraft.limit = [0, 100]\n\"policy.allowance.credits\" = [250, 350]\n"
    );
    fs::write(home.path().join("small.toml"), text).expect("written");
    let folder = home.folder_of("swept", 0, &["sweep", "small.toml"]);
    let by = ["point", "policies.overdraft.overdraft.limit", "policy.allowance.credits"];
    let points: Vec<Vec<String>> = rows(&folder.join("sweep.csv"), &by, &["status"]).into_keys().collect();
    assert_eq!(points, [["0", "0", "250"], ["1", "100", "350"]]);
    for file in ["front.csv", "plots/front.svg", "plots/loss_rate-policy.allowance.credits.svg"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    // The second policy has one colour, whatever else is drawn.
    let second = "#D55E00";
    for file in ["plots/front.svg", "plots/loss_rate-policy.allowance.credits.svg"] {
        assert!(fs::read_to_string(folder.join(file)).expect("readable").contains(second), "{file}");
    }
    assert_eq!(home.creditsim(&["run", "small.toml", "--quiet"]).status.code(), Some(0));
}

#[test]
fn what_cannot_be_swept_is_a_mistake_of_the_command_line() {
    let home = Home::new();
    let cases: [&[&str]; 6] = [
        &["sweep", "small.toml"],
        &["sweep", "small.toml", "--vary", "policy.allowance.credits"],
        &["sweep", "small.toml", "--vary", "policy.allowance.credits=1..9"],
        &["sweep", "small.toml", "--vary", "policy.alowance=1,2"],
        &["sweep", "small.toml", "--vary", "policy.allowance.credits=1,2", "--objectives", "loss_rate"],
        &["optimize", "small.toml", "--over", "policy.allowance.credits=1,2"],
    ];
    for case in cases {
        let ended = home.creditsim(case);
        assert_eq!(ended.status.code(), Some(2), "{case:?}: {}", String::from_utf8_lossy(&ended.stderr));
        assert!(!home.path().join("output").exists(), "{case:?} wrote something");
    }
}

#[test]
fn the_search_finds_the_end_of_the_range_that_loses_least_and_says_how_sure_it_is() {
    let home = Home::new();
    let over = ["--over", "policies.overdraft.overdraft.limit=0..120:40", "--policy", "overdraft"];
    let search = ["optimize", "small.toml", "--minimize", "loss_rate"];
    let ended = home.creditsim(&[&search[..], &over[..]].concat());
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(0), "{said}");
    assert!(said.contains("chosen: overdraft with policies.overdraft.overdraft.limit=120"), "{said}");
    assert!(said.contains("with 95 % confidence"), "{said}");
    // Its settings are drawn; as PNG too where that is asked for, under another name because it is another question.
    let folder = home.folder_of("drawn", 0, &[&search[..], &over[..], &["--png"]].concat());
    let drawn = fs::read_to_string(folder.join("plots/optimum.svg")).expect("readable");
    assert!(drawn.contains("overdraft with overdraft.limit = 120 is chosen"), "{drawn}");
    let pixels = fs::read(folder.join("plots/optimum.png")).expect("readable");
    assert!(pixels.starts_with(b"\x89PNG"), "it is a PNG");
    // Nothing overspends less than nothing.
    let impossible = ["--subject-to", "overspend_credits < 0", "--output", "impossible"];
    let ended = home.creditsim(&[&search[..], &over[..], &impossible[..]].concat());
    assert_eq!(ended.status.code(), Some(3), "{}", String::from_utf8_lossy(&ended.stdout));
}

/// A history in which nothing is drawn, under two policies.
const REPLAY: &str = r#"
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
[histories.use]
file = "use.csv"
organization = "organization"
cost = "credits"
[[cohorts]]
name = "real"
history = "use"
[features.chat]
[policy]
allowance = 60
[policies.block]
admission = { estimate = "expected" }
[policies.overdraft]
admission = "positive"
overdraft = 40
"#;

const USE: &str = "timestamp,organization,credits
2025-01-02T10:00:00Z,a,5
2025-01-03T10:00:00Z,a,50
2025-01-04T10:00:00Z,b,70
2025-01-05T10:00:00Z,c,20
2025-01-09T10:00:00Z,c,90
";

#[test]
fn settings_of_a_replay_run_once_and_their_differences_are_known() {
    let home = Home::new();
    fs::write(home.path().join("replay.toml"), REPLAY).expect("writable");
    fs::write(home.path().join("use.csv"), USE).expect("writable");
    let limit = "policies.overdraft.overdraft";
    let asked = |words: &str, output: &str| {
        let words: Vec<&str> = words.split(' ').collect();
        let place = ["--output", output, "--format", "json"];
        let ended = home.creditsim(&[&words[..], &place[..]].concat());
        let said = String::from_utf8_lossy(&ended.stderr).into_owned();
        assert_eq!(ended.status.code(), Some(0), "{said}");
        assert!(said.contains("each setting ran once"), "{said}");
        assert!(said.contains("5 operations drawn"), "{said}");
        serde_json::from_slice::<serde_json::Value>(&ended.stdout).expect("JSON")
    };
    let over = format!("{limit}=0,20,40");
    let objectives = "--objectives loss_rate --objectives overspend_credits";
    let swept = asked(&format!("sweep replay.toml --vary {over} {objectives}"), "swept");
    assert_eq!(swept["replications"], 1);
    let found = asked(
        &format!("optimize replay.toml --minimize overspend_credits --policy overdraft --over {over}"),
        "found",
    );
    assert_eq!(found["spent"], 3, "{found}");
    let statement = found["statement"].to_string();
    assert!(
        statement.contains("it is the best of the settings") && !statement.contains("95 %"),
        "{statement}"
    );
}

#[test]
fn sensitivity_moves_what_is_assumed_and_leaves_decisions_alone() {
    let home = Home::new();
    let asked = ["sensitivity", "small.toml", "--metric", "loss_rate", "--morris", "2"];
    let folder = home.folder_of("moved", 0, &asked);
    let swings =
        rows(&folder.join("sensitivity-block.csv"), &["assumption"], &["low", "high", "at_low", "at_high"]);
    let rate = &swings[&vec!["features.post.arrivals.poisson".to_owned()]];
    assert_eq!(rate[..2], ["4.8/day", "7.5/day"]);
    let number = |text: &String| text.parse::<f64>().expect("a number");
    assert!(number(&rate[2]) < number(&rate[3]), "more demand loses more: {rate:?}");
    assert!(swings.keys().all(|key| !key[0].starts_with("polic")), "{swings:?}");
    for file in ["morris-block.csv", "plots/tornado-overdraft.svg", "ranking.txt"] {
        assert!(folder.join(file).is_file(), "{file}");
    }
    // The low end of the rate is the plain run with that rate.
    let set = "features.post.arrivals.poisson=4.8/day";
    let plain = home.folder_of("plain", 0, &["run", "small.toml", "--set", set]);
    let plain = rows(&plain.join("summary.csv"), &BY, &["mean"]);
    let key: Vec<String> = ["block", "all", "loss_rate"].map(str::to_owned).to_vec();
    assert_eq!(plain[&key][0], rate[2]);
}

#[test]
fn an_undecided_threshold_exits_with_4_says_what_it_needs_and_reaches_junit() {
    let home = Home::new();
    let plain = home.folder_of("plain", 0, &["run", "small.toml"]);
    let found = rows(&plain.join("summary.csv"), &BY, &["mean", "ci_low", "ci_high"]);
    let key: Vec<String> = ["block", "all", "loss_rate"].map(str::to_owned).to_vec();
    let number = |index: usize| found[&key][index].parse::<f64>().expect("a number");
    let inside = format!("block: loss_rate < {}", (number(0) + number(2)) / 2.0);
    let ended = home.creditsim(&["run", "small.toml", "--threshold", &inside, "--junit", "verdicts.xml"]);
    let said = String::from_utf8_lossy(&ended.stdout).into_owned();
    assert_eq!(ended.status.code(), Some(4), "{said}");
    // The note is wrapped inside of its column.
    let words = said.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(words.contains("replications would probably decide it"), "{said}");
    let verdicts = fs::read_to_string(home.path().join("verdicts.xml")).expect("the file");
    assert!(verdicts.contains("tests=\"1\" skipped=\"0\" errors=\"1\" failures=\"0\""), "{verdicts}");
}

#[test]
fn the_replications_that_a_precision_took_reproduce_the_run() {
    let home = Home::new();
    let precise = format!(
        "{SCENARIO}\n[precision]\nmetric = \"loss_rate\"\nhalf_width = 0.02\nmax_replications = 60\n"
    );
    fs::write(home.path().join("precise.toml"), precise).expect("written");
    let stopped = home.folder_of("stopped", 0, &["run", "precise.toml"]);
    let manifest = fs::read_to_string(stopped.join("manifest.json")).expect("the manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let replications = manifest["replications"].as_u64().expect("a number");
    assert!((5..60).contains(&replications), "{replications}");
    let again =
        home.folder_of("again", 0, &["run", "precise.toml", "--replications", &replications.to_string()]);
    for file in ["summary.csv", "comparison.csv", "organizations.csv"] {
        let read = |folder: &Path| fs::read(folder.join(file)).expect("the file");
        assert!(read(&stopped) == read(&again), "{file} differs");
    }
}
