//! What people decide by: every number of the verdict stands in a file, winners and losers are those of the rows, the books
//! add up, and pseudonyms hide who is who.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use crate::common::{Place, csvs, files, table};

const SCENARIO: &str = r#"
start = 2025-01-10T00:00:00Z
horizon = "100 days"
measure_from = "5 days"
time_zone = "Europe/Berlin"
replications = 8
baseline = "block"
name = "small"

[[cohorts]]
name = "teams"
organizations = 30
activity = { lognormal = { mean = 1.0, cv = 1.0 } }
plan = "lite"

[features.chat]
arrivals = { poisson = "4/day" }
cost = { uniform = [1, 5], step = 1 }
duration = "10 min"
failures = 0.02

[policy]
plan_changes = [{ at = 2025-02-19T10:00:00Z, to = "pro", effective = "now" }]

[policy.plans.lite]
allowance = { credits = 200, every = "month" }
subscription = "20.00 USD"

[policy.plans.pro]
allowance = { credits = 400, every = "month" }
subscription = "50.00 USD"

[policies.block]
admission = "positive"

[policies.overdraft]
admission = "positive"
short = "allow"
overdraft = { limit = 500, at_cycle = "invoice", price_per_credit = "0.30 USD" }
invoices = { pay = "terms", delay = "20 days" }

[policies.top-up]
admission = "positive"
packages = [{ name = "p", credits = 100, price = "22.00 USD", expires_after = "1 month" }]
top_up = { threshold = 10, package = "p", processing = "1 min" }

[policies.rollover]
admission = "positive"
rollover = { max_periods = 2 }
"#;

fn number(text: &str) -> f64 {
    text.parse().unwrap_or_else(|_| panic!("`{text}` is no number"))
}

/// What a person reads as a number, and half a unit of its last digit.
fn read(written: &str) -> (f64, f64) {
    let plain: String = written.chars().filter(|c| !matches!(c, ',' | '±' | '+')).collect();
    let (digits, factor) = match plain.strip_suffix('M') {
        Some(digits) => (digits, 1e6),
        None => (plain.as_str(), 1.0),
    };
    let decimals = digits.split_once('.').map_or(0, |(_, fraction)| fraction.len());
    (number(digits) * factor, 0.5 * factor / 10_f64.powi(decimals as i32))
}

/// True if `written` is `value`, in its unit or in per cent, up to its last digit.
fn says(written: &str, value: f64) -> bool {
    let (read, half) = read(written);
    // Digits beyond the fourth are left out; a half-width too small to be seen is rounded up to the last digit.
    [1.0, 100.0].into_iter().any(|unit| {
        let off = (read.abs() - (value * unit).abs()).abs();
        off <= half * 1.000_001 || (written.starts_with('±') && off <= 2.0 * half)
    })
}

#[test]
fn every_number_of_the_verdict_stands_in_the_file_that_it_names() {
    let place = Place::with(SCENARIO);
    let printed: serde_json::Value = serde_json::from_str(&place.run(&["--format", "json"])).expect("JSON");
    let folder = place.result();
    let verdict = &printed["verdict"];
    let policies = verdict["policies"].as_array().expect("a list");
    assert_eq!(policies.len(), 4);
    assert!(policies[3]["baseline"] == true, "the baseline comes last: {verdict:#}");
    let mut cited = 0;
    for sentence in policies.iter().chain(verdict["cautions"].as_array().expect("a list")) {
        let text = sentence["text"].as_str().expect("text");
        let mut rest = text.to_owned();
        for found in sentence["numbers"].as_array().expect("a list") {
            let word = |key: &str| found[key].as_str().expect("a word").to_owned();
            let (written, file, column) = (word("written"), word("file"), word("column"));
            let (policy, metric) = (word("policy"), word("metric"));
            let fits = |row: &&BTreeMap<String, String>| {
                let scope = row.get("scope").or(row.get("size")).is_none_or(|scope| scope == "all");
                let named = row.get("metric").or(row.get("list")) == Some(&metric);
                row["policy"] == policy && named && scope
            };
            let rows = table(&folder, &file);
            let row = rows.iter().find(fits).unwrap_or_else(|| panic!("{file}: {policy} {metric}"));
            let value = number(&row[&column]);
            let kept = found["value"].as_f64().expect("a number");
            assert!((value - kept).abs() <= 1e-12 * value.abs(), "{text}: {found}");
            assert!(says(&written, value), "{text}: {written} is not {value}");
            rest = rest.replacen(&written, "", 1);
            cited += 1;
        }
        // What is left holds no number but those of names.
        let names: Vec<&str> = rest.split('`').step_by(2).collect();
        assert!(!names.concat().contains(|c: char| c.is_ascii_digit()), "{text}: {rest}");
    }
    assert!(cited > 20, "{verdict:#}");
    let text = place.creditsim(&["show", folder.to_str().unwrap()]).1;
    assert!(
        text.starts_with(
            "Verdict (30 organizations, 2025-01-15 to 2025-04-20, against `block`, 8 replications)"
        ),
        "{text}"
    );
}

#[test]
fn every_number_of_the_printed_tables_stands_in_a_file() {
    let place = Place::with(SCENARIO);
    let markdown = place.run(&["--format", "markdown"]);
    let folder = place.result();
    let tables = ["summary.csv", "organizations-by-size.csv", "organizations-largest.csv"];
    // By policy: every number of its rows.
    let mut known: BTreeMap<String, Vec<f64>> = BTreeMap::new();
    for name in tables {
        for row in table(&folder, name) {
            if row.get("scope").is_some_and(|scope| scope.starts_with("cohort:")) {
                continue;
            }
            let numbers = row.iter().filter(|(head, _)| *head != "replications" && *head != "rank");
            known
                .entry(row["policy"].clone())
                .or_default()
                .extend(numbers.filter_map(|(_, cell)| cell.parse::<f64>().ok()));
        }
    }
    let mut found = 0;
    for line in markdown.lines().filter(|line| line.starts_with("| ")) {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let policy = cells[0].trim_end_matches(" (baseline)").trim_matches('*');
        let Some(known) = known.get(policy) else { continue };
        let words =
            cells[1..].iter().filter(|cell| !cell.contains(['/', '%'])).flat_map(|cell| cell.split(' '));
        for written in words.filter(|word| word.contains(|c: char| c.is_ascii_digit())) {
            // Spans are written in the unit that reads best.
            let units = [1.0, 1.0 / 60.0, 1.0 / 3_600.0, 1.0 / 86_400.0, 24.0];
            let stands = units.iter().any(|unit| known.iter().any(|value| says(written, value * unit)));
            assert!(stands, "{written} of {line}");
            found += 1;
        }
    }
    assert!(found > 200, "{found}\n{markdown}");
    assert!(markdown.contains("### By first plan") && !markdown.contains("### By feature"), "{markdown}");
    // Organizations of the plans are all of them, and every one is on the plan that its row says.
    let organizations = table(&folder, "organizations.csv");
    let (mut plans, mut lost) = (0.0, 0.0);
    for row in table(&folder, "summary.csv").iter().filter(|row| row["policy"] == "block") {
        match (row["scope"].as_str(), row["metric"].as_str()) {
            ("plan:lite" | "plan:pro", "lost_credits") if !row["mean"].is_empty() => {
                plans += number(&row["mean"])
            }
            ("all", "lost_credits") => lost = number(&row["mean"]),
            _ => {}
        }
    }
    assert!((plans - lost).abs() < 1e-6 * lost, "{plans} {lost}");
    assert!(organizations.iter().all(|row| row["plan"] == "lite"), "everybody begins there");
}

/// An exact decimal in thousand-millionths.
fn nanos(text: &str) -> i128 {
    if text.is_empty() { 0 } else { (number(text) * 1e9).round() as i128 }
}

#[test]
fn the_books_add_up_to_the_money_of_every_replication_to_the_last_digit() {
    let place = Place::with(SCENARIO);
    place.run(&["--audit"]);
    let folder = place.result();
    let (books, organizations) = (table(&folder, "books.csv"), table(&folder, "organizations.csv"));
    let last = "2025-04";
    let columns = [
        ("cash_money", "cash_money"),
        ("recognized_money", "recognized_money"),
        ("breakage_money", "breakage_money"),
        ("credit_notes_money", "credit_notes_money"),
        ("closing_deferred_money", "deferred_end_money"),
        ("closing_receivable_money", "receivable_end_money"),
    ];
    let mut compared = 0;
    for policy in ["block", "overdraft", "top-up", "rollover"] {
        for replication in 0..8 {
            let of = |row: &&BTreeMap<String, String>| {
                row["policy"] == policy && row["replication"] == replication.to_string()
            };
            for (month_column, column) in columns {
                let whole: i128 = organizations.iter().filter(of).map(|row| nanos(&row[column])).sum();
                let stock = month_column.starts_with("closing");
                let months = books.iter().filter(of).filter(|row| !stock || row["month"] == last);
                let sum: i128 = months.map(|row| nanos(&row[month_column])).sum();
                assert_eq!(sum, whole, "{policy} {replication} {column}");
                compared += usize::from(whole != 0);
            }
        }
    }
    assert!(compared > 100, "{compared}");
    // What a month ends with is what the next begins with, plan by plan, and each row adds up in itself.
    let value = |row: &BTreeMap<String, String>, column: &str| nanos(&row[column]);
    for row in &books {
        let made = value(row, "opening_deferred_money")
            + value(row, "moved_deferred_money")
            + value(row, "cash_money")
            + value(row, "credit_notes_used_money")
            - value(row, "credit_notes_money")
            + value(row, "written_off_money")
            + value(row, "closing_receivable_money")
            - value(row, "opening_receivable_money")
            - value(row, "moved_receivable_money")
            - value(row, "recognized_money")
            - value(row, "voided_money");
        // Credit notes lower what is recognized as they are given.
        assert_eq!(made, value(row, "closing_deferred_money"), "{row:?}");
    }
    for policy in ["block", "overdraft", "top-up", "rollover"] {
        for plan in ["lite", "pro"] {
            let of = |row: &&BTreeMap<String, String>| {
                row["policy"] == policy && row["plan"] == plan && row["replication"] == "3"
            };
            let rows: Vec<_> = books.iter().filter(of).collect();
            for pair in rows.windows(2) {
                assert_eq!(
                    value(pair[0], "closing_deferred_money"),
                    value(pair[1], "opening_deferred_money"),
                    "{pair:?}"
                );
            }
        }
    }
    let plans: Vec<&str> = books.iter().map(|row| row["plan"].as_str()).collect();
    assert!(plans.contains(&"lite") && plans.contains(&"pro"));
    // The Money table is the mean over replications.
    for row in table(&folder, "summary.csv")
        .iter()
        .filter(|row| row["scope"] == "all" && row["metric"] == "cash_money")
    {
        let cash: i128 = books
            .iter()
            .filter(|book| book["policy"] == row["policy"])
            .map(|book| nanos(&book["cash_money"]))
            .sum();
        assert!((number(&row["mean"]) - cash as f64 / 8e9).abs() < 1e-9, "{row:?}");
    }
}

#[test]
fn changes_are_those_of_the_organizations_on_every_layout() {
    let place = Place::with(SCENARIO);
    place.run(&["--threads", "1"]);
    let folder = place.result();
    let rows = table(&folder, "organizations.csv");
    let key = |row: &BTreeMap<String, String>| {
        (row["replication"].clone(), row["policy"].clone(), row["organization"].clone())
    };
    let own: BTreeMap<_, _> = rows.iter().map(|row| (key(row), row)).collect();
    let changes = table(&folder, "organizations-change.csv");
    assert_eq!(changes.len(), 8 * 3 * 30);
    let mut less = 0;
    for row in &changes {
        let (replication, policy, organization) = key(row);
        let before = own[&(replication.clone(), "block".to_owned(), organization.clone())];
        let after = own[&(replication.clone(), policy.clone(), organization)];
        let pairs =
            [("lost_change_credits", "lost_credits"), ("operations_refused_change", "operations_refused")];
        for (change, column) in pairs {
            assert!(
                (number(&row[change]) - number(&after[column]) + number(&before[column])).abs() < 1e-6,
                "{row:?}"
            );
        }
        let bill = |row: &BTreeMap<String, String>| {
            number(&row["cash_money"])
                + number(&row["receivable_end_money"])
                + number(&row["uninvoiced_end_money"])
        };
        // Invoices open when measuring began were not billed in this time; nobody has any here.
        assert!((number(&row["bill_money"]) - bill(after)).abs() < 1e-6, "{row:?}");
        less += usize::from(policy == "overdraft" && number(&row["lost_change_credits"]) < 0.0);
    }
    let counted = table(&folder, "organizations-by-size.csv").into_iter().find(|row| {
        row["policy"] == "overdraft" && row["size"] == "all" && row["metric"] == "lost_less_organizations"
    });
    assert!((number(&counted.unwrap()["mean"]) - less as f64 / 8.0).abs() < 1e-9);
    let first = csvs(&folder);
    let other = Place::with(SCENARIO);
    other.run(&["--threads", "2", "--wave", "3", "--batch", "7"]);
    assert!(first == csvs(&other.result()));
}

const HISTORY: &str = r#"
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "5 days"
replications = 2
baseline = "block"
[histories.usage]
file = "usage.csv"
time = "timestamp"
organization = "team"
feature = "feature"
cost = "credits"
[[cohorts]]
name = "teams"
history = "usage"
[features.chat]
[policy]
allowance = { credits = 5, every = "5 days" }
[policies.block]
admission = "positive"
[policies.allow]
admission = "positive"
short = "allow"
overdraft = { limit = "unlimited" }
"#;

#[test]
fn pseudonyms_stand_in_everything_that_is_written_and_the_key_in_nothing() {
    let labels = ["acme-corp", "globex", "initech", "umbrella"];
    let mut usage = "timestamp,team,feature,credits\n".to_owned();
    for (index, label) in labels.iter().enumerate() {
        for hour in 0..=index * 3 {
            usage += &format!("2025-01-01T{:02}:00:00Z,{label},chat,3\n", hour + 1);
        }
    }
    let place =
        Place::of(&[("small.toml", HISTORY), ("usage.csv", &usage), ("key", "a secret of sixteen\n")]);
    let options = ["--rows", "cycles,operations,journal", "--anonymize", "key"];
    let printed = place.run(&options);
    let folder = place.result();
    for (name, bytes) in files(&folder).into_iter().chain([("stdout".to_owned(), printed.into_bytes())]) {
        let text = String::from_utf8(bytes).expect("text");
        assert!(labels.iter().all(|label| !text.contains(label)), "{name}");
        assert!(!text.contains("a secret of sixteen"), "{name}");
    }
    let names = |folder: &Path| -> Vec<String> {
        let rows = table(folder, "organizations.csv");
        let mut names: Vec<String> = rows.iter().map(|row| row["organization"].clone()).collect();
        names.sort();
        names.dedup();
        names
    };
    let first = names(&folder);
    assert_eq!(first.len(), 4);
    assert!(
        first.iter().all(|name| name.starts_with("teams/") && name.len() == "teams/".len() + 16),
        "{first:?}"
    );
    // The same key elsewhere gives the same names; another one is another question.
    let elsewhere =
        Place::of(&[("small.toml", HISTORY), ("usage.csv", &usage), ("mine", "a secret of sixteen")]);
    elsewhere.run(&["--rows", "cycles,operations,journal", "--anonymize", "mine"]);
    assert_eq!(elsewhere.result().file_name(), folder.file_name());
    assert_eq!(names(&elsewhere.result()), first);
    place.run(&["--anonymize", "made"]);
    assert_eq!(place.results().len(), 2);
    let made = fs::read_to_string(place.path("made")).expect("a key was made");
    assert_eq!(made.trim().len(), 64);
    // By label or by pseudonym, a statement tells the pseudonym.
    let bare = first[0].strip_prefix("teams/").unwrap();
    for wanted in ["globex", bare] {
        let asked = ["explain", "small.toml", "--organization", wanted, "--anonymize", "key"];
        let (code, stdout, stderr) = place.creditsim(&asked);
        assert_eq!(code, 0, "{stderr}");
        assert!(
            !stdout.contains("globex") && first.iter().any(|name| stdout.contains(&name[6..])),
            "{stdout}"
        );
    }
    fs::write(place.path("short"), "abc").unwrap();
    let (code, _, stderr) = place.creditsim(&["run", "small.toml", "--anonymize", "short"]);
    assert!(code == 2 && stderr.contains("fewer than 16 bytes"), "{stderr}");
}
