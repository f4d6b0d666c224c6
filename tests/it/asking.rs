//! Commands that answer questions, and what `run` can be asked to leave out, compress or end.

use std::collections::BTreeMap;
use std::io::Read;
use std::path::PathBuf;

use flate2::read::GzDecoder;

use crate::common::{Place, find, records, run};

const SCENARIO: &str = r#"
version = 1
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
seed = 3
replications = 5
[[cohorts]]
name = "solo"
organizations = 3
[[cohorts]]
name = "teams"
organizations = 8
activity = { lognormal = { mean = 1.0, cv = 1.0 } }
[features.chat]
arrivals = { poisson = "9/day" }
cost = { lognormal = { median = 2.0, sigma = 0.8 } }
duration = "5 min"
[policy]
allowance = { credits = 300, every = "month" }
[policies.block]
admission = "positive"
[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 50 }
"#;

/// The folder that a run below `output` has written.
fn folder_of(place: &Place, output: &str, arguments: &[&str]) -> PathBuf {
    let (code, _, stderr) = place.creditsim(&[arguments, &["--output", output]].concat());
    assert_eq!(code, 0, "{arguments:?}: {stderr}");
    let manifest = find(&place.path(output), "manifest.json");
    manifest.parent().expect("a folder").to_owned()
}

#[test]
fn outcomes_are_listed_told_and_guessed() {
    let (code, stdout, stderr) = run(&["metrics"]);
    assert_eq!((code, stderr.as_str()), (0, ""));
    assert!(stdout.lines().all(|line| line.chars().count() <= 100), "{stdout}");
    assert!(stdout.contains("loss_rate") && stdout.contains("surprise_refusal_share"), "{stdout}");
    let (code, stdout, _) = run(&["metrics", "loss_rate"]);
    assert!(code == 0 && stdout.contains("less is better") && stdout.contains("--threshold"), "{stdout}");
    let (code, _, stderr) = run(&["metrics", "los_rate"]);
    assert!(code == 2 && stderr.contains("did you mean `loss_rate`?"), "{stderr}");
}

#[test]
fn shells_and_man_get_what_they_read() {
    for shell in ["bash", "zsh", "fish", "powershell", "elvish"] {
        let (code, stdout, stderr) = run(&["completions", shell]);
        assert_eq!(code, 0, "{stderr}");
        assert!(stdout.contains("sensitivity"), "{shell}");
    }
    let (code, stdout, _) = run(&["man", "run"]);
    assert!(code == 0 && stdout.contains(".TH creditsim-run 1"), "{stdout}");
    assert_eq!(run(&["man", "rnu"]).0, 2);
}

#[test]
fn compressed_rows_are_the_same_rows() {
    let place = Place::with(SCENARIO);
    let rows = ["run", "small.toml", "--rows", "operations,journal"];
    let plain = folder_of(&place, "plain", &rows);
    let packed = folder_of(&place, "packed", &[&rows[..], &["--rows-format", "csv.gz"]].concat());
    let again = folder_of(
        &place,
        "again",
        &[&rows[..], &["--rows-format", "csv.gz", "--threads", "2", "--chunk", "1"]].concat(),
    );
    for name in ["operations.csv", "journal.csv"] {
        let bytes = std::fs::read(packed.join(format!("{name}.gz"))).expect("a file");
        assert!(bytes == std::fs::read(again.join(format!("{name}.gz"))).expect("a file"), "{name}");
        let mut text = Vec::new();
        GzDecoder::new(bytes.as_slice()).read_to_end(&mut text).expect("gzip");
        assert!(text == std::fs::read(plain.join(name)).expect("a file"), "{name}");
        assert!(!packed.join(name).exists());
    }
}

#[test]
fn one_organization_alone_is_what_it_is_among_all() {
    let place = Place::with(SCENARIO);
    let rows = |folder: &str, more: &[&str]| -> Vec<String> {
        let found = folder_of(&place, folder, &[&["run", "small.toml"], more].concat());
        let text = std::fs::read_to_string(found.join("organizations.csv")).expect("a file");
        let own = |line: &&str| line.split(',').nth(3) == Some("teams/5");
        text.lines().filter(own).map(str::to_owned).collect()
    };
    let among = rows("among", &[]);
    assert_eq!(among.len(), 10);
    assert_eq!(rows("alone", &["--organization", "teams/5"]), among);
    let (code, _, stderr) = place.creditsim(&["run", "small.toml", "--organization", "teams/8"]);
    assert!(code == 2 && stderr.contains("solo/0 to solo/2, teams/0 to teams/7"), "{stderr}");
}

#[test]
fn time_ends_a_run_between_replications_and_says_so() {
    let place = Place::with(SCENARIO);
    let found = folder_of(&place, "timed", &["run", "small.toml", "--time", "300 ms"]);
    let manifest = std::fs::read_to_string(found.join("manifest.json")).expect("a manifest");
    let manifest: serde_json::Value = serde_json::from_str(&manifest).expect("JSON");
    let (done, stopped) =
        (manifest["replications"].as_u64().expect("a number"), manifest["stopped"].as_str());
    assert!(done >= 1 && manifest["status"] == "finished", "{manifest}");
    assert!(stopped.is_some_and(|said| said.contains(&format!("--replications {done}"))), "{stopped:?}");
}

/// Ten days of eight customers, one of whom uses as much as all others together.
fn usage() -> String {
    let mut text = String::from("timestamp,customer,model,input_tokens,output_tokens,latency_ms,status\n");
    for hour in 0..240 {
        for customer in 0..8 {
            for call in 0..if customer == 0 { 7 } else { 1 } {
                let (day, hour) = (1 + hour / 24, hour % 24);
                let status = if (hour + customer) % 20 == 0 { "error" } else { "ok" };
                text += &format!(
                    "2025-06-{day:02}T{hour:02}:{:02}:00Z,cust-{customer},large,{},{},900,{status}\n",
                    call * 7,
                    300 + 10 * customer,
                    80 + hour
                );
            }
        }
    }
    text
}

#[test]
fn a_history_and_two_prices_make_a_scenario_that_decides() {
    let place = Place::of(&[("usage.csv", &usage())]);
    let new = ["new", "--from", "usage.csv", "--output", "decide.toml"];
    let (code, _, stderr) = place.creditsim(&new);
    assert!(code == 2 && stderr.contains("--credit-price '0.10 USD'"), "{stderr}");
    assert!(!place.path("decide.toml").exists());
    let priced = [&new[..], &["--credit-price", "0.10 USD", "--subscription", "29 USD"]].concat();
    let (code, stdout, stderr) = place.creditsim(&priced);
    assert!(code == 0 && stdout.contains("creditsim run decide.toml"), "{stderr}");
    let (code, stdout, stderr) = place.creditsim(&["run", "decide.toml", "--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    for policy in ["block (baseline)", "overdraft", "top-up", "rollover", "cash_money"] {
        assert!(stdout.contains(policy), "{policy}\n{stdout}");
    }
    // Every row is replayed.
    let summary = std::fs::read_to_string(find(&place.path("output"), "summary.csv")).expect("a summary");
    let demanded = summary.lines().find(|line| line.contains(",block,all,operations_demanded,"));
    assert!(demanded.is_some_and(|line| line.contains(",3360,")), "{demanded:?}");
    let (code, _, stderr) = place.creditsim(&priced);
    assert!(code == 2 && stderr.contains("is there already"), "{stderr}");
    let (code, _, stderr) = place.creditsim(&["new", "--credit-price", "a dime"]);
    assert!(code == 2 && stderr.contains("`--credit-price a dime` is no price"), "{stderr}");
}

#[test]
fn demand_to_begin_with_needs_a_price_alone() {
    let policies = "block,overdraft,top-up,rollover,hold";
    let (code, stdout, stderr) = run(&["new", "--credit-price", "0.05 EUR", "--policies", policies]);
    assert_eq!(code, 0, "{stderr}");
    let place = Place::of(&[("new.toml", &stdout)]);
    let (code, stdout, stderr) = place.creditsim(&["check", "new.toml"]);
    assert!(code == 0 && stdout.contains("5 policies"), "{stdout}{stderr}");
    assert!(!stderr.contains("error"), "{stderr}");
}

#[test]
fn two_runs_are_paired_where_they_met_the_same_demand() {
    let place = Place::with(SCENARIO);
    let run = |output: &str, more: &[&str]| {
        let found =
            folder_of(&place, output, &[&["run", "small.toml", "--replications", "8"], more].concat());
        found.to_string_lossy().into_owned()
    };
    let (base, larger) =
        (run("base", &[]), run("larger", &["--set", "policies.overdraft.overdraft.limit=200"]));
    let other = run("other", &["--seed", "4"]);
    let (code, stdout, stderr) = place.creditsim(&["compare", &base, &larger]);
    assert_eq!(code, 0, "{stderr}");
    let row = |policy: &str, outcome: &str| {
        let of_it = |line: &&str| line.contains(policy) && line.contains(outcome);
        stdout.lines().find(of_it).unwrap_or_else(|| panic!("{policy} {outcome}\n{stdout}")).to_owned()
    };
    assert!(stdout.contains("both runs met the same demand") && stdout.contains("overrides"), "{stdout}");
    assert!(row("overdraft", "loss_rate").ends_with("better"), "{stdout}");
    assert!(!stdout.lines().any(|line| line.starts_with("block ")), "block did not change\n{stdout}");
    let (code, stdout, _) = place.creditsim(&["compare", &base, &other]);
    assert!(code == 0 && stdout.contains("seed (3, not 4)"), "{stdout}");
    assert!(stdout.contains("not paired") && !stdout.contains("better"), "{stdout}");
    let (code, stdout, _) = place.creditsim(&["compare", &base, &base, "--format", "json"]);
    let found: serde_json::Value = serde_json::from_str(&stdout).expect("JSON");
    let verdicts = found["outcomes"].as_array().expect("rows").iter().map(|row| &row["verdict"]);
    assert!(code == 0 && verdicts.into_iter().all(|verdict| verdict == "="), "{stdout}");
    let (code, _, stderr) = place.creditsim(&["compare", &base, "small.toml"]);
    assert!(code == 2 && stderr.contains("is no run"), "{stderr}");
}

#[test]
fn free_operations_have_rows_on_request() {
    let place = Place::with(&format!(
        "{SCENARIO}\n[features.view]\nfree = true\narrivals = {{ poisson = \"4/day\" }}\n"
    ));
    let rows = |output: &str, more: &[&str]| {
        let found =
            folder_of(&place, output, &[&["run", "small.toml", "--rows", "operations"], more].concat());
        let free = |name: &str, of: fn(&str) -> usize| {
            of(&std::fs::read_to_string(found.join(name)).expect("a file"))
        };
        let listed =
            free("operations.csv", |text| text.lines().filter(|line| line.contains(",view,")).count());
        (listed, free("replications.csv", free_of_all))
    };
    assert_eq!(rows("plain", &[]).0, 0);
    let (listed, counted) = rows("free", &["--free"]);
    assert!(listed > 100 && listed == counted, "{listed} {counted}");
    let (code, _, stderr) = place.creditsim(&["run", "small.toml", "--free"]);
    assert!(code == 2 && stderr.contains("--rows operations"), "{stderr}");
}

/// The sum of `operations_free` over replications and policies.
fn free_of_all(text: &str) -> usize {
    let number = |row: BTreeMap<String, String>| row["operations_free"].parse::<usize>().expect("a number");
    records(text.as_bytes()).into_iter().map(number).sum()
}
