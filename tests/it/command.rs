//! The command as its users meet it: exit codes, messages, files, the same bytes on every layout.

#![expect(clippy::disallowed_methods, reason = "an interrupt has to end a run in time")]

use std::fs;
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

use crate::common::{HISTORY, Place, creditsim, csvs, folder, run, told, trace};

const SCENARIO: &str = r#"
version = 1
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "2 months"
seed = 7
replications = 4
baseline = "block"

[[cohorts]]
name = "teams"
organizations = 25
activity = { lognormal = { mean = 1.0, cv = 1.0 } }
buyer = { on_refusal = 0.4, human_delay = { exponential = "2 h" } }

[features.chat]
arrivals = { gamma = "6/day", cv = 2.0 }
cost = { lognormal = { median = 2.0, sigma = 0.8 } }
duration = { lognormal = { median = "10 min", sigma = 1.0 } }

[features.report]
arrivals = { poisson = "1/day" }
cost = { uniform = [5, 20], step = 1 }
duration = "40 min"

[policy]
allowance = { credits = 300, every = "month" }
packages = [{ name = "hundred", credits = 100, price = "10.00 USD", expires_after = "12 months" }]

[policies.block]
admission = "positive"

[policies.hold]
admission = { hold = { estimate = "expected", timeout = "1 h" } }

[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 50 }
"#;

#[test]
fn every_layout_writes_the_same_bytes() {
    let (folder, path) = folder(SCENARIO);
    let written = |name: &str, layout: &[&str]| {
        let out = folder.path().join(name);
        let mut arguments =
            vec!["run", path.to_str().unwrap(), "--quiet", "--rows", "cycles,operations,journal"];
        arguments.extend(["--output", out.to_str().unwrap()]);
        arguments.extend(layout);
        let (code, _, stderr) = run(&arguments);
        assert_eq!(code, 0, "{layout:?}: {stderr}");
        csvs(&out)
    };
    let one = written("one", &["--threads", "1"]);
    let names: Vec<&str> = one.keys().map(String::as_str).collect();
    let expected = [
        "books.csv",
        "comparison.csv",
        "cycles.csv",
        "journal.csv",
        "operations.csv",
        "organizations-by-size.csv",
        "organizations-change.csv",
        "organizations-largest.csv",
        "organizations.csv",
        "replications.csv",
        "summary.csv",
        "timeline.csv",
    ];
    assert_eq!(names, expected);
    let layouts: [&[&str]; 5] = [
        &["--threads", "2"],
        &["--threads", "8", "--batch", "1"],
        &["--threads", "2", "--batch", "4096", "--chunk", "3", "--shuffle", "5"],
        &["--threads", "1", "--batch", "7", "--wave", "1"],
        &["--threads", "2", "--audit"],
    ];
    for (index, layout) in layouts.iter().enumerate() {
        let other = written(&format!("other-{index}"), layout);
        for (name, bytes) in &one {
            assert!(other[name] == *bytes, "{name} differs with {layout:?}");
        }
    }
}

#[test]
fn locale_time_zone_and_folder_of_the_system_reach_no_byte() {
    let scenario = SCENARIO.replace("seed = 7", "time_zone = \"Europe/Berlin\"\nseed = 7");
    assert_ne!(scenario, SCENARIO);
    let (folder, path) = folder(&scenario);
    let written = |name: &str, environment: &[(&str, &str)], from: &Path| {
        let out = folder.path().join(name);
        let mut command = creditsim();
        command.args(["run", path.to_str().unwrap(), "--quiet", "--rows", "cycles,operations,journal"]);
        command.args(["--output", out.to_str().unwrap()]).current_dir(from);
        command.envs(environment.iter().copied());
        let (code, stdout, stderr) = told(&command.output().expect("the command starts"));
        assert_eq!(code, 0, "{environment:?}: {stderr}");
        (csvs(&out), stdout)
    };
    let plain = written("plain", &[("TZ", "UTC"), ("LC_ALL", "C")], folder.path());
    let there = [("TZ", "Pacific/Apia"), ("LC_ALL", "de_DE.UTF-8"), ("LANG", "tr_TR"), ("TZDIR", "/nowhere")];
    assert!(plain == written("there", &there, Path::new("/")), "something of the system is in the results");
}

#[test]
fn rows_on_request_and_the_audit_change_no_outcome() {
    // Without rows plain operations take shortcuts through the account; with a journal they take the slow path.
    let (folder, path) = folder(SCENARIO);
    let organizations = |name: &str, extra: &[&str]| {
        let out = folder.path().join(name);
        let mut arguments = vec!["run", path.to_str().unwrap(), "--quiet", "--output", out.to_str().unwrap()];
        arguments.extend(extra);
        assert_eq!(run(&arguments).0, 0);
        csvs(&out)["organizations.csv"].clone()
    };
    let short = organizations("short", &[]);
    assert!(short == organizations("long", &["--rows", "journal"]), "the journal changes an outcome");
    assert!(short == organizations("audit", &["--audit"]), "the audit changes an outcome");
}

#[test]
fn a_policy_that_is_left_out_changes_nothing_for_the_others() {
    let (folder, path) = folder(SCENARIO);
    let rows = |name: &str, extra: &[&str]| {
        let out = folder.path().join(name);
        let mut arguments = vec!["run", path.to_str().unwrap(), "--quiet", "--output", out.to_str().unwrap()];
        arguments.extend(extra);
        assert_eq!(run(&arguments).0, 0);
        let text = String::from_utf8(csvs(&out)["organizations.csv"].clone()).unwrap();
        text.lines()
            .filter(|line| line.split(',').nth(1) == Some("hold"))
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    let (all, alone) = (rows("all", &[]), rows("alone", &["--policy", "hold"]));
    assert_eq!(all.len(), 100);
    assert_eq!(all, alone);
}

/// A scenario with one thing changed must give `code` and a message with every one of `words`.
fn refuses(change: (&str, &str), code: i32, words: &[&str]) {
    assert!(SCENARIO.contains(change.0), "{}", change.0);
    let (_folder, path) = folder(&SCENARIO.replacen(change.0, change.1, 1));
    let (found, stdout, stderr) = run(&["check", path.to_str().unwrap()]);
    assert_eq!(found, code, "{change:?}\n{stdout}{stderr}");
    for word in words.iter().chain(&["small.toml"]) {
        assert!(stderr.contains(word), "{change:?}: `{word}` is not in\n{stderr}");
    }
}

#[test]
fn mistakes_are_named_with_line_key_found_wanted_and_hint() {
    let cases: [((&str, &str), &[&str]); 8] = [
        (
            ("overdraft = { limit = 50 }", "overdraft = { limt = 50 }"),
            &["`policies.overdraft.overdraft.limt`", "did you mean `limit`?"],
        ),
        (("gamma = \"6/day\"", "gamma = \"-6/day\""), &["features.chat.arrivals.gamma", "-6/day"]),
        (("horizon = \"2 months\"", "horizon = \"-2 months\""), &["horizon"]),
        (("horizon = \"2 months\"", "end = 2024-01-01T00:00:00Z"), &["end"]),
        (("[policies.hold]", "[policies.block]"), &["block"]),
        (("every = \"month\"", "every = \"montly\""), &["`policy.allowance.every`", "montly", "month"]),
        (("on_refusal = 0.4", "on_refusal = 1.4"), &["on_refusal", "1.4"]),
        (("baseline = \"block\"", "baseline = \"blok\""), &["baseline", "blok", "did you mean \"block\"?"]),
    ];
    for (change, words) in cases {
        refuses(change, 2, words);
    }
}

#[test]
fn all_problems_are_reported_at_once() {
    let broken = SCENARIO
        .replace("limit = 50", "limt = 50")
        .replace("on_refusal = 0.4", "on_refusal = 1.4")
        .replace("\"40 min\"", "\"40 minits\"");
    let (_folder, path) = folder(&broken);
    let (code, _, stderr) = run(&["run", path.to_str().unwrap()]);
    assert_eq!(code, 2);
    for word in ["limt", "1.4", "40 minits"] {
        assert!(stderr.contains(word), "`{word}` is not in\n{stderr}");
    }
}

#[test]
fn a_file_that_is_not_there_is_named_and_a_folder_is_the_worlds_fault() {
    let (code, _, stderr) = run(&["run", "policy-shotout"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("policy-shotout") && stderr.contains("policy-shootout"), "{stderr}");
    let (folder, path) = folder(SCENARIO);
    let (code, _, stderr) = run(&["run", folder.path().to_str().unwrap()]);
    assert!(code == 2 || code == 5, "{code}: {stderr}");
    // The output folder is a file: nothing can be written below it.
    let (code, _, stderr) =
        run(&["run", path.to_str().unwrap(), "--quick", "--output", path.to_str().unwrap()]);
    assert_eq!(code, 5, "{stderr}");
    assert!(stderr.contains("small.toml"), "{stderr}");
}

fn replay(csv: &str) -> (i32, String, String) {
    Place::of(&[("small.toml", HISTORY), ("usage.csv", csv)]).creditsim(&[
        "run",
        "small.toml",
        "--output",
        "out",
    ])
}

#[test]
fn a_history_with_a_missing_column_or_a_bad_row_is_refused_with_file_and_line() {
    let (code, _, stderr) = replay("timestamp,team,feature,credits\n2025-01-02T00:00:00Z,a,chat,3\n");
    assert_eq!(code, 0, "{stderr}");
    let (code, _, stderr) = replay("timestamp,team,feature\n2025-01-02T00:00:00Z,a,chat\n");
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("usage.csv") && stderr.contains("credits"), "{stderr}");
    let (code, _, stderr) =
        replay("timestamp,team,feature,credits\n2025-01-02T00:00:00Z,a,chat,3\nyesterday,a,chat,3\n");
    assert!(code == 2 || code == 5, "{code}: {stderr}");
    assert!(stderr.contains("usage.csv") && stderr.contains('3') && stderr.contains("yesterday"), "{stderr}");
}

#[test]
fn thresholds_decide_the_exit_code() {
    let (folder, path) = folder(SCENARIO);
    let out = folder.path().join("out");
    let judge = |condition: &str, extra: &[&str]| {
        let mut arguments = vec!["run", path.to_str().unwrap(), "--quiet", "--output", out.to_str().unwrap()];
        arguments.extend(["--replications", "8", "--threshold", condition]);
        arguments.extend(extra);
        run(&arguments)
    };
    assert_eq!(judge("hold: loss_rate < 100%", &[]).0, 0);
    assert_eq!(judge("hold: loss_rate > 100%", &[]).0, 3);
    let (code, stdout, stderr) = judge("block: overspend_credits < 0", &[]);
    assert_eq!(code, 3, "{stdout}{stderr}");
    // A value inside the interval: the mean itself.
    let (code, stdout, _) = judge("block: loss_rate < 100%", &["--format", "json"]);
    assert_eq!(code, 0);
    let json: serde_json::Value = serde_json::from_str(&stdout).expect("one object");
    let rows = json["outcomes"]["rows"].as_array().expect("rows");
    let mean = rows
        .iter()
        .find(|row| row["policy"] == "block" && row["metric"] == "loss_rate")
        .and_then(|row| row["mean"].as_f64())
        .expect("the mean loss rate");
    let (code, stdout, stderr) = judge(&format!("block: loss_rate < {mean}"), &[]);
    assert_eq!(code, 4, "{stdout}{stderr}");
    assert!(stdout.contains("undecided") && stdout.contains("replications"), "{stdout}");
    // Four replications decide on nothing, however clear it looks.
    let few = ["run", path.to_str().unwrap(), "--quiet", "--output", out.to_str().unwrap(), "--threshold"];
    let (code, stdout, _) = run(&[&few[..], &["hold: loss_rate < 99%"]].concat());
    assert_eq!(code, 4, "{stdout}");
    assert!(stdout.contains("fewer than 5"), "{stdout}");
    let (code, _, stderr) = judge("block: los_rate < 1", &[]);
    assert_eq!(code, 2);
    assert!(stderr.contains("loss_rate"), "{stderr}");
}

#[test]
fn an_interrupt_keeps_partial_results_and_marks_them() {
    let (folder, path) = folder(&SCENARIO.replace("replications = 4", "replications = 100000"));
    let out = folder.path().join("out");
    let child = creditsim()
        .args(["run", path.to_str().unwrap(), "--output", out.to_str().unwrap()])
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .expect("the command starts");
    std::thread::sleep(Duration::from_millis(1500));
    let told = Command::new("kill").args(["-INT", &child.id().to_string()]).status().expect("kill is there");
    assert!(told.success());
    let started = Instant::now();
    let output = child.wait_with_output().expect("it ends");
    assert_eq!(output.status.code(), Some(130), "{}", String::from_utf8_lossy(&output.stderr));
    assert!(started.elapsed() < Duration::from_secs(20));
    let run = fs::read_dir(out.join("small")).unwrap().next().unwrap().unwrap().path();
    let manifest = fs::read_to_string(run.join("manifest.json")).expect("a manifest");
    assert!(manifest.contains("\"partial\""), "{manifest}");
}

#[test]
fn a_real_history_is_replayed_to_the_last_micro_credit_under_every_policy() {
    let Some(trace) = trace("genai-images.csv") else { return };
    // Independent of the reader: every row split at its commas, the sum in integers.
    let text = fs::read_to_string(&trace).unwrap();
    let (mut wanted, mut sizeless) = (0_i128, 0);
    for line in text.lines().skip(1) {
        let cells: Vec<&str> = line.split(',').collect();
        match (cells[3].parse::<i128>(), cells[6].parse::<i128>()) {
            (Ok(units), Ok(steps)) => wanted += (2_000_000 * units * steps + 30) / 60,
            _ => sizeless += 1,
        }
    }
    assert_eq!(sizeless, 15);
    let scenario = format!(
        r#"
version = 1
name = "images"
start = 2024-11-16T00:00:00Z
horizon = "16 days"
seed = 1
replications = 1
baseline = "block"
[histories.images]
file = "{}"
time = "timestamp"
organization = "org"
feature = "feature"
cost = "units * steps / 30"
duration = {{ column = "duration_ms", unit = "1 ms" }}
[[cohorts]]
name = "groups"
history = "images"
[features.txt_2_img]
[features.img_2_img]
[features.inpainting]
[policy]
allowance = {{ credits = 20, every = "month" }}
admission = "positive"
[policies.block]
[policies.overdraft]
short = "allow"
overdraft = {{ limit = 10 }}
[policies.hold]
admission = {{ hold = {{ estimate = "expected" }} }}
[policies.queue]
short = "queue"
[policies.open]
admission = "none"
"#,
        trace.canonicalize().unwrap().display()
    );
    let (folder, path) = folder(&scenario);
    let out = folder.path().join("out");
    let (code, _, stderr) =
        run(&["run", path.to_str().unwrap(), "--output", out.to_str().unwrap(), "--audit"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("14460 rows of 2409 organizations") && stderr.contains("15 without a size"),
        "{stderr}"
    );
    let summary = String::from_utf8(csvs(&out)["summary.csv"].clone()).unwrap();
    let credits = format!("{}.{:06}", wanted / 1_000_000, wanted % 1_000_000);
    for policy in ["block", "overdraft", "hold", "queue", "open"] {
        let row = format!("images,{policy},all,demand_credits,credits,{credits},");
        assert!(summary.contains(&row), "`{row}` is not in summary.csv");
    }
}
