//! `creditsim explain`: the statement of one organization, and that it agrees with `organizations.csv`.

use std::collections::BTreeMap;
use std::path::Path;

use serde_json::Value;

use crate::common::{folder as written, records, run as creditsim, table};

const SCENARIO: &str = r#"
version = 1
name = "told"
start = 2025-01-01T00:00:00Z
horizon = "2 months"
measure_from = 2025-01-08T00:00:00Z
seed = 3
replications = 2

[[cohorts]]
name = "teams"
organizations = 3
signed_up = { before = "1 month" }
members = 3
buyer = { on_refusal = 0.5, human_delay = { exponential = "2 h" } }
reactions = { retry = { delay = "1 h", attempts = 2 } }

[features.chat]
arrivals = { poisson = "4/day" }
cost = { lognormal = { median = 2.0, sigma = 0.8 } }
duration = "20 min"

[features.flow]
arrivals = { poisson = "1/day" }
cancels = 0.2
steps = [
  { cost = { uniform = [1, 4] }, duration = "10 min" },
  { review = { wait = "2 h", cancel = 0.3 } },
  { cost = 2.5, duration = "30 min" },
]

[policy]
allowance = 120
rollover = { fraction = 0.5, min_credits = 5 }
subscription = "30 USD"
packages = [{ name = "p", credits = 40, price = "9.99 USD", expires_after = "1 month" }]
alerts = [{ below = 20 }]
features = { flow = { charge = "segment", minimum = 1.5 } }

[policies.block]
admission = "positive"

[policies.hold]
admission = { hold = { estimate = 3, buffer = 0.1, timeout = "1 h", on_timeout = "charge", overrun = "absorb" } }
metering_lag = "10 min"

[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 30, at_cycle = "invoice", price_per_credit = "0.5 USD", fee = "1 USD" }
top_up = { threshold = 10, cooldown = "3 days", processing = "30 min" }
"#;

fn explain(scenario: &Path, more: &[&str]) -> String {
    let mut arguments = vec!["explain", scenario.to_str().expect("UTF-8")];
    arguments.extend(more);
    let (code, out, err) = creditsim(&arguments);
    assert_eq!(code, 0, "{err}");
    out
}

/// Millionths of a decimal number.
fn micros(text: &str) -> i64 {
    let value: f64 =
        text.split(' ').next().and_then(|number| number.parse().ok()).unwrap_or_else(|| panic!("{text}"));
    (value * 1e6).round() as i64
}

#[test]
fn a_statement_agrees_with_the_row_of_its_organization() {
    let (folder, path) = written(SCENARIO);
    let output = folder.path().join("output");
    let (code, _, err) = creditsim(&[
        "run",
        path.to_str().expect("UTF-8"),
        "--quiet",
        "--audit",
        "--output",
        output.to_str().expect("UTF-8"),
    ]);
    assert_eq!(code, 0, "{err}");
    let mut compared = 0;
    for row in table(&output, "organizations.csv") {
        let said = explain(
            &path,
            &[
                "--organization",
                &row["organization"],
                "--policy",
                &row["policy"],
                "--replication",
                &row["replication"],
                "--format",
                "json",
            ],
        );
        let said: Value = serde_json::from_str(&said).expect("JSON");
        for total in said["totals"]["rows"].as_array().expect("totals") {
            let (name, value) =
                (total["outcome"].as_str().expect("a name"), total["value"].as_str().expect("a value"));
            // Refusals of later attempts have no column of their own.
            let Some(counted) = row.get(name) else { continue };
            assert_eq!(micros(value), micros(counted), "{name} of {row:?}");
            compared += 1;
        }
        // The last line's balances are the end state.
        let last = said["lines"]["rows"].as_array().and_then(|lines| lines.last()).expect("lines");
        let settled = micros(last["settled"].as_str().expect("a balance"));
        assert_eq!(settled, micros(&row["remaining_credits_end"]) - micros(&row["debt_end_credits"]));
    }
    assert!(compared > 18 * 14, "{compared} outcomes were compared");
}

#[test]
fn a_cancelled_run_with_a_review_can_be_followed() {
    let scenario = r#"
version = 1
name = "one-run"
start = 2025-01-01T00:00:00Z
horizon = "1 day"
seed = 1

[[cohorts]]
name = "team"

[features.flow]
arrivals = { schedule = "0 9 * * *" }
steps = [
  { cost = 3, duration = "10 min" },
  { review = { wait = "2 h", cancel = 1.0 } },
  { cost = 2, duration = "30 min" },
]

[policies.platform]
charge = "segment"
allowance = 100
"#;
    let (_folder, path) = written(scenario);
    let said = explain(&path, &["--organization", "team/0"]);
    let expected = "\
team/0 under `platform`, replication 0, seed 1, times in UTC

          credits  settled  available  ongoing
2025-01-01
00:00:00                 0          0        0  account opened on plan `default`
00:00:00     +100      100        100      100  grant 1, allowance of the cycle
09:00:00               100        100      100  flow 0 asked for by member 0, project 0; it would cost 5 and starts
09:10:00       -3       97         97       97  flow 0 charged, segment 1 (charge = segment): 3 of grant 1
09:10:00                97         97       97  flow 0 pauses for a human
11:10:00                97         97       97  flow 0 cancelled by its user; it owes 3 in all (on_cancel = \
charge-recorded: what it did after its last pause is not charged)
";
    assert!(said.starts_with(expected), "{said}");
    assert!(said.contains("charged_credits"), "{said}");
}

#[test]
fn a_part_of_a_statement_brings_its_balances_forward() {
    let (_folder, path) = written(SCENARIO);
    let whole = explain(&path, &["--organization", "teams/1", "--format", "csv"]);
    let part = explain(
        &path,
        &["--organization", "teams/1", "--format", "csv", "--from", "2025-01-10", "--to", "2025-01-12"],
    );
    let lines: Vec<&str> = part.lines().collect();
    assert!(
        lines[1].starts_with("2025-01-10T00:00:00Z,,") && lines[1].ends_with("brought forward"),
        "{part}"
    );
    let before = whole.lines().skip(1).take_while(|line| *line < "2025-01-10").last().expect("lines before");
    let balances = |line: &str| line.split(',').skip(2).take(4).map(str::to_owned).collect::<Vec<_>>();
    assert_eq!(balances(lines[1]), balances(before));
    let inside: Vec<&str> =
        whole.lines().filter(|line| *line >= "2025-01-10" && *line < "2025-01-12").collect();
    assert_eq!(lines[2..], inside[..]);
}

#[test]
fn mistakes_are_answered_with_what_there_is() {
    let (_folder, path) = written(SCENARIO);
    let path = path.to_str().expect("UTF-8");
    let cases: &[(&[&str], &str)] = &[
        (&["--organization", "teams/3"], "organizations: teams/0 to teams/2"),
        (&["--organization", "teams/0", "--policy", "free"], "policies: block, hold, overdraft"),
        (&["--organization", "teams/0", "--from", "soon"], "write a date such as 2025-01-31"),
    ];
    for (more, hint) in cases {
        let mut arguments = vec!["explain", path];
        arguments.extend(*more);
        let (code, out, err) = creditsim(&arguments);
        assert_eq!((code, out.as_str()), (2, ""), "{err}");
        assert!(err.contains(hint), "{err}");
    }
}

/// Lines of a statement as CSV, by the names of their columns.
fn lines(path: &Path, more: &[&str]) -> Vec<BTreeMap<String, String>> {
    let said = explain(path, &[more, &["--format", "csv"]].concat());
    records(said.as_bytes())
}

#[test]
fn balances_add_up_line_by_line_and_by_category() {
    let (_folder, path) = written(SCENARIO);
    for policy in ["block", "hold", "overdraft"] {
        for organization in ["teams/0", "teams/1", "teams/2"] {
            let mut before = 0;
            let rows = lines(&path, &["--organization", organization, "--policy", policy]);
            for row in &rows {
                let of = |name: &str| if row[name].is_empty() { 0 } else { micros(&row[name]) };
                assert_eq!(before + of("credits"), of("settled"), "{policy} {organization} {row:?}");
                before = of("settled");
                let lots: i64 = ["promotional", "included", "purchased"].into_iter().map(of).sum();
                assert_eq!(lots - of("debt"), of("settled"), "{policy} {organization} {row:?}");
            }
            let charges = rows.iter().filter(|row| row["kind"] == "charge");
            assert!(charges.clone().count() > 0);
            for row in charges.filter(|row| !row["credits"].is_empty()) {
                let known =
                    !row["feature"].is_empty() && !row["operation"].is_empty() && !row["member"].is_empty();
                assert!(known && (!row["grant"].is_empty() || micros(&row["debt"]) > 0), "{row:?}");
            }
        }
    }
}

#[test]
fn usage_by_any_keys_sums_to_what_was_charged() {
    let (_folder, path) = written(SCENARIO);
    let whole = explain(&path, &["--organization", "teams/1", "--policy", "overdraft", "--format", "json"]);
    let whole: Value = serde_json::from_str(&whole).expect("JSON");
    let totals = whole["totals"]["rows"].as_array().expect("totals");
    let charged = totals.iter().find(|total| total["outcome"] == "charged_credits").expect("it is there");
    let charged = micros(charged["value"].as_str().expect("a value"));
    for keys in ["feature", "month,member", "category,project,group", "feature,month,category"] {
        let rows = lines(&path, &["--organization", "teams/1", "--policy", "overdraft", "--usage", keys]);
        assert_eq!(rows.iter().map(|row| micros(&row["credits"])).sum::<i64>(), charged, "{keys}");
        assert!(rows.iter().all(|row| keys.split(',').all(|key| row.contains_key(key))), "{keys}");
    }
}

#[test]
fn two_policies_part_where_their_ledgers_do() {
    let (_folder, path) = written(SCENARIO);
    let common = ["--organization", "teams/1", "--policy", "block", "--against", "overdraft"];
    let said = explain(&path, &common);
    assert!(said.contains("`block` and `overdraft` part at ") && said.contains("alike before: "), "{said}");
    let rows = lines(&path, &common);
    let first = |policy: &str| rows.iter().find(|row| row["policy"] == policy).expect("a line").clone();
    assert_ne!(first("block")["what"], first("overdraft")["what"]);
    let same = ["--organization", "teams/1", "--policy", "block", "--against", "block"];
    assert!(explain(&path, &same).contains("never do anything different"));
}
