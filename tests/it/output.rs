//! What a run leaves behind: who may replace what, how it is repeated, and that no text in it does harm.

use std::fs;
use std::process::Command;

use crate::common::{HISTORY, Place, csvs, files, manifest};

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
organizations = 6

[features.chat]
arrivals = { poisson = "6/day" }
cost = { uniform = [1, 5], step = 1 }
duration = "10 min"

[policy]
allowance = { credits = 300, every = "month" }

[policies.block]
admission = "positive"

[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 50 }
"#;

#[test]
fn every_option_that_reaches_a_file_reaches_the_name_and_none_of_the_layout_does() {
    let place = Place::with(SCENARIO);
    let options: [&[&str]; 12] = [
        &[],
        &["--rows", "journal"],
        &["--rows", "cycles"],
        &["--no-organizations"],
        &["--audit"],
        &["--quick"],
        &["--seed", "8"],
        &["--replications", "3"],
        &["--policy", "overdraft"],
        &["--threshold", "block: runaway_top_up_organizations == 0"],
        &["--set", "policies.overdraft.overdraft.limit=60"],
        &["--set", "horizon=\"2 weeks\""],
    ];
    for (index, option) in options.iter().enumerate() {
        place.run(option);
        assert_eq!(place.results().len(), index + 1, "{option:?}: {:?}", place.results());
    }
    let layouts: [&[&str]; 5] = [
        &["--threads", "1"],
        &["--batch", "3", "--wave", "2", "--chunk", "2", "--shuffle", "1"],
        &["--format", "json"],
        &["--seed", "7"],
        &["--replications", "2", "--policy", "block", "--policy", "overdraft"],
    ];
    for layout in layouts {
        place.run(layout);
        assert_eq!(place.results().len(), options.len(), "{layout:?}: {:?}", place.results());
    }
}

#[test]
fn a_file_of_the_users_survives_the_same_run() {
    let place = Place::with(SCENARIO);
    place.run(&[]);
    let first = place.result();
    fs::write(first.join("notes.txt"), "mine").unwrap();
    let (code, _, stderr) = place.creditsim(&["run", "small.toml", "--output", "out"]);
    assert_eq!(code, 0, "{stderr}");
    assert!(stderr.contains("`notes.txt`"), "{stderr}");
    assert_eq!(fs::read_to_string(first.join("notes.txt")).unwrap(), "mine");
    assert_eq!(place.results().len(), 2);
}

fn usage(rows: &[&str]) -> String {
    let mut text = String::from("timestamp,team,feature,credits\n");
    rows.iter().for_each(|row| text += &format!("2025-01-02T00:00:00Z,{row}\n"));
    text
}

#[test]
fn other_contents_of_a_history_are_another_question_and_the_manifest_has_their_hash() {
    let place = Place::with(HISTORY);
    let mut hashes = Vec::new();
    for rows in [vec!["a,chat,3"], vec!["a,chat,3", "b,chat,4"]] {
        fs::write(place.path("usage.csv"), usage(&rows)).unwrap();
        place.run(&[]);
        let names = place.results();
        hashes.extend(names.iter().map(|name| {
            let manifest = manifest(&place.path("out/small").join(name));
            manifest["histories"][0]["sha256"].as_str().unwrap().to_owned()
        }));
    }
    hashes.sort();
    hashes.dedup();
    assert_eq!((place.results().len(), hashes.len()), (2, 2));
    // As any other program computes it.
    let expected = Command::new("sha256sum").arg(place.path("usage.csv")).output().unwrap().stdout;
    let expected = String::from_utf8(expected).unwrap();
    assert!(hashes.iter().any(|hash| expected.starts_with(hash.as_str())), "{expected}{hashes:?}");
}

#[test]
fn a_run_is_shown_and_repeated_from_its_folder() {
    let place = Place::with(SCENARIO);
    let options =
        ["--set", "policies.overdraft.overdraft.limit=60", "--rows", "journal,cycles", "--seed", "9"];
    let more = [
        "--threshold",
        "overdraft: runaway_top_up_organizations == 0",
        "--policy",
        "overdraft",
        "--threads",
        "2",
    ];
    let typed = [&options[..], &more[..]].concat();
    let printed = place.run(&typed);
    let folder = place.result();
    let shown = |arguments: &[&str]| {
        let all = [&["show", folder.to_str().unwrap()], arguments].concat();
        let (code, stdout, stderr) = place.creditsim(&all);
        assert_eq!(code, 0, "{stderr}");
        stdout
    };
    // Without `--quiet` a run says more behind its tables; with it, the tables alone.
    assert!(shown(&[]).starts_with(&printed), "{}\n{printed}", shown(&[]));
    for format in ["json", "csv", "markdown"] {
        let printed = place.run(&[&typed[..], &["--format", format]].concat());
        assert_eq!(shown(&["--format", format]), printed, "{format}");
    }
    let command = shown(&["--command"]);
    assert!(!command.contains("--threads") && !command.contains("--output"), "{command}");

    // Elsewhere, with nothing but what the folder holds.
    let elsewhere = Place::with(&shown(&["--scenario"]));
    let words: Vec<String> = manifest(&folder)["command"]
        .as_array()
        .unwrap()
        .iter()
        .map(|word| word.as_str().unwrap().to_owned())
        .collect();
    let mut words: Vec<&str> = words.iter().map(String::as_str).collect();
    words.extend(["--quiet", "--output", "out", "--threads", "1"]);
    let (code, _, stderr) = elsewhere.creditsim(&words);
    assert_eq!(code, 0, "{stderr}");
    assert_eq!(elsewhere.result().file_name(), folder.file_name(), "the same question has the same name");
    let (first, second) = (csvs(&folder), csvs(&elsewhere.result()));
    assert_eq!(first.keys().collect::<Vec<_>>(), second.keys().collect::<Vec<_>>());
    assert!(first.len() >= 6 && first == second);
}

#[test]
fn sweeps_searches_and_sensitivities_are_shown_too() {
    let place = Place::with(SCENARIO);
    let key = "policies.overdraft.overdraft.limit=0,50";
    let commands: [&[&str]; 3] = [
        &["sweep", "small.toml", "--vary", key, "--outcomes", "loss_rate"],
        &["optimize", "small.toml", "--minimize", "loss_rate", "--policy", "overdraft", "--over", key],
        &["sensitivity", "small.toml", "--metric", "loss_rate", "--only", "arrivals"],
    ];
    for command in commands {
        let out = place.path(command[0]);
        for format in ["text", "json", "csv", "markdown"] {
            let all = [command, &["--quiet", "--format", format, "--output", out.to_str().unwrap()]].concat();
            let (code, printed, stderr) = place.creditsim(&all);
            assert!(code == 0 || code == 4, "{command:?}: {stderr}");
            let folder = fs::read_dir(out.join("small")).unwrap().next().unwrap().unwrap().path();
            assert_eq!(fs::read_dir(out.join("small")).unwrap().count(), 1, "{command:?}");
            let (code, shown, stderr) =
                place.creditsim(&["show", folder.to_str().unwrap(), "--format", format]);
            assert_eq!(code, 0, "{stderr}");
            assert!(shown.starts_with(&printed), "{command:?} {format}:\n{shown}\n---\n{printed}");
        }
    }
}

#[test]
fn show_says_what_is_no_run_and_what_was_changed() {
    let place = Place::with(SCENARIO);
    let (code, _, stderr) = place.creditsim(&["show", "."]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("manifest.json") && stderr.contains("hint"), "{stderr}");
    place.run(&[]);
    let folder = place.result();
    fs::write(folder.join("summary.csv"), "edited").unwrap();
    fs::remove_file(folder.join("timeline.csv")).unwrap();
    let (code, _, stderr) = place.creditsim(&["show", folder.to_str().unwrap()]);
    assert_eq!(code, 0, "{stderr}");
    assert!(
        stderr.contains("`summary.csv` there was changed") && stderr.contains("`timeline.csv` is gone"),
        "{stderr}"
    );
}

/// True for a character that a terminal or a page would act on.
fn acts(c: char) -> bool {
    (c.is_control() && c != '\n') || matches!(c, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[test]
fn names_that_act_are_refused_and_not_acted_on() {
    let names = [r"\u001b]0;pwn\u0007\u001b[2Jx", r"\u009b2J", r"a\nb", r"\u0000", r"\u202Egnp", "", "  "];
    for name in names {
        for place in ["[policies.block]", "[features.chat]", "name = \"teams\"", "name = \"small\""] {
            if place.starts_with("name") && (name.trim().is_empty() || name == r"a\nb") {
                continue;
            }
            let written = match place {
                "[policies.block]" => format!("[policies.\"{name}\"]"),
                "[features.chat]" => format!("[features.\"{name}\"]"),
                _ => format!("name = \"{name}\""),
            };
            let place = Place::with(&SCENARIO.replacen(place, &written, 1));
            let (code, stdout, stderr) = place.creditsim(&["check", "small.toml"]);
            assert_eq!(code, 2, "{written}: {stdout}{stderr}");
            assert!(stderr.contains("small.toml:"), "{written}: {stderr}");
            assert!(!stderr.contains(acts) && !stdout.contains(acts), "{written}: {stderr:?}");
        }
    }
    // What is typed and refused is quoted as it is shown.
    let place = Place::with(SCENARIO);
    for arguments in
        [["run", "small.toml", "--policy", "\u{1b}[31mred"], ["explain", "small.toml", "--\u{1b}x", "y"]]
    {
        let (code, stdout, stderr) = place.creditsim(&arguments);
        assert_eq!(code, 2, "{stderr}");
        assert!(!stderr.contains(acts) && !stdout.contains(acts), "{stderr:?}");
    }
}

#[test]
fn labels_of_a_history_act_nowhere() {
    let place = Place::with(HISTORY);
    let labels = ["\u{1b}[31mred", "=1+1", "@SUM(1)", "-2+3", "\u{202e}abc", "plain", "'quoted", "-7"];
    let rows: Vec<String> = labels.iter().map(|label| format!("{label},chat,3")).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    fs::write(place.path("usage.csv"), usage(&rows)).unwrap();
    let stdout = place.run(&["--rows", "cycles,operations,journal"]);
    assert!(!stdout.contains(acts));
    for (name, bytes) in files(&place.result()) {
        let text = String::from_utf8(bytes).unwrap();
        assert!(!text.contains(acts), "{name}");
        if name.ends_with(".csv") {
            let mut reader = csv::Reader::from_reader(text.as_bytes());
            for record in reader.records() {
                for field in record.unwrap().iter().filter(|field| field.parse::<f64>().is_err()) {
                    assert!(!field.starts_with(['=', '+', '-', '@', '\t', '\r']), "{name}: {field}");
                }
            }
        }
    }
    // The documented way back: one leading apostrophe goes.
    let text = fs::read_to_string(place.result().join("organizations.csv")).unwrap();
    let mut reader = csv::Reader::from_reader(text.as_bytes());
    let mut found: Vec<String> = reader.records().map(|record| record.unwrap()[3].to_owned()).collect();
    found.sort();
    found.dedup();
    let mut read: Vec<&str> = found.iter().map(|name| name.strip_prefix('\'').unwrap_or(name)).collect();
    read.sort_unstable();
    let shown = |label: &&str| label.replace('\u{1b}', r"\u{1b}").replace('\u{202e}', r"\u{202e}");
    let mut wanted: Vec<String> = labels.iter().map(|label| format!("teams/{}", shown(label))).collect();
    wanted.sort();
    assert_eq!(read, wanted);
    // A feature that no map knows is quoted in the message as it is shown.
    fs::write(place.path("usage.csv"), usage(&["a,\u{1b}[31mchat\u{7},3"])).unwrap();
    let (code, _, stderr) = place.creditsim(&["run", "small.toml", "--output", "out"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains(r"\u{1b}") && !stderr.contains(acts), "{stderr:?}");
}

#[test]
fn policies_that_look_like_formulas_are_guarded_in_every_file() {
    let formula = SCENARIO.replace("[policies.overdraft]", "[policies.\"=HYPERLINK(1)\"]");
    let place = Place::with(&formula);
    place.run(&["--rows", "journal"]);
    let mut seen = 0;
    for (name, bytes) in csvs(&place.result()) {
        let mut reader = csv::Reader::from_reader(bytes.as_slice());
        for record in reader.records() {
            for field in record.unwrap().iter().filter(|field| field.contains("HYPERLINK")) {
                assert_eq!(field, "'=HYPERLINK(1)", "{name}");
                seen += 1;
            }
        }
    }
    assert!(seen > 100, "{seen}");
}

#[test]
fn nothing_stays_in_the_temporary_folder_and_a_fit_keeps_its_neighbours() {
    let place = Place::with(HISTORY);
    let rows: Vec<String> = (0..400).map(|row| format!("team{},chat,{}", row % 7, 1 + row % 5)).collect();
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    fs::write(place.path("usage.csv"), usage(&rows)).unwrap();
    let temporary = place.path("tmp");
    fs::create_dir(&temporary).unwrap();
    let commands: [&[&str]; 3] = [
        &["explain", "small.toml", "--organization", "teams/0"],
        &["verify", "--determinism", "small.toml"],
        &["fit", "usage.csv", "--output", "fitted.toml"],
    ];
    // A file that an older way of writing aside would have overwritten.
    fs::write(place.path("fitted.toml.part"), "mine").unwrap();
    for command in commands {
        let output = place.command(command).env("TMPDIR", &temporary).output().unwrap();
        assert!(output.status.success(), "{command:?}: {}", String::from_utf8_lossy(&output.stderr));
        assert_eq!(fs::read_dir(&temporary).unwrap().count(), 0, "{command:?}");
    }
    assert_eq!(fs::read_to_string(place.path("fitted.toml.part")).unwrap(), "mine");
    let mut names: Vec<String> = fs::read_dir(place.0.path())
        .unwrap()
        .map(|entry| entry.unwrap().file_name().to_string_lossy().into_owned())
        .collect();
    names.sort();
    assert_eq!(names, ["fitted.toml", "fitted.toml.part", "small.toml", "tmp", "usage.csv"]);
}
