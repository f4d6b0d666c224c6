//! Price lists as the command tells them: histories by their columns, quantities, equal lists (docs/semantics.md §13).

use std::fs;

use crate::common::{Place, find};

const HEAD: &str = "version = 1\nname = \"case\"\nstart = 2025-01-01\nend = 2025-02-01\nreplications = 2\n";

/// Values of an outcome by policy, as `summary.csv` has them.
fn outcome(summary: &str, metric: &str) -> Vec<String> {
    let of = format!(",all,{metric},");
    summary.lines().filter_map(|row| row.split_once(&of)).map(|(_, rest)| mean(rest)).collect()
}

fn mean(rest: &str) -> String {
    rest.split(',').nth(1).unwrap_or_default().to_owned()
}

/// `summary.csv` and what the command printed.
fn summary(place: &Place) -> (String, String) {
    let (code, stdout, stderr) = place.creditsim(&["run", "case.toml", "--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    (fs::read_to_string(find(&place.path("output"), "summary.csv")).expect("a summary"), stdout)
}

const HISTORY: &str = "at,who,model,in,out,credits,seconds
2025-01-02T10:00:00Z,acme,chat,1000,100,2,30
2025-01-04T10:00:00Z,acme,chat,3000,500,4,60
2025-01-06T10:00:00Z,zeta,image,0,8,5,90
";

#[test]
fn rows_of_a_history_are_priced_by_their_columns() {
    let body = r#"
[histories.usage]
file = "usage.csv"
time = "at"
organization = "who"
feature = "model"
duration = "seconds"
cost = "credits"
[[cohorts]]
name = "all"
history = "usage"
[features.chat]
[features.image]
[policies.today]
[policies.tokens]
rates = { chat = "in * 0.002 + out * 0.01", image = "out * 2 + duration / 90" }
[policies.weekend]
rates = [{ weekdays = ["Sat"], chat = "cost / 2" }]
"#;
    let place = Place::of(&[("usage.csv", HISTORY), ("case.toml", &format!("{HEAD}{body}"))]);
    let (summary, printed) = summary(&place);
    // Tokens: 2 + 1, 6 + 5, 16 + 1. The fourth of January is a Saturday.
    assert_eq!(outcome(&summary, "demand_credits"), ["11", "31", "9"]);
    assert_eq!(outcome(&summary, "demand_list_credits"), ["11", "11", "11"]);
    assert_eq!(outcome(&summary, "charged_credits"), ["11", "31", "9"]);
    let said = printed.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(said.contains("`tokens`, `weekend` price operations by other rates than `today`"), "{printed}");
    assert!(said.contains("at list rates") || said.contains("loses no work"), "{printed}");
    let lacking = body.replace("out * 2", "outs * 2");
    let place = Place::of(&[("usage.csv", HISTORY), ("case.toml", &format!("{HEAD}{lacking}"))]);
    let (code, _, stderr) = place.creditsim(&["run", "case.toml", "--quiet"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(stderr.contains("has no column `outs`") && stderr.contains("did you mean `out`?"), "{stderr}");
}

#[test]
fn rows_of_a_history_are_counted_by_their_columns() {
    let body = r#"
[histories.usage]
file = "usage.csv"
time = "at"
organization = "who"
feature = "model"
cost = "credits"
[[cohorts]]
name = "all"
history = "usage"
[features.chat]
[features.image]
[policies.free]
[policies.out]
limits = [{ name = "out", amount = 599, unit = "out", features = ["chat"] }]
[policies.in]
limits = [{ name = "in", amount = 4000, unit = "in" }]
"#;
    let place = Place::of(&[("usage.csv", HISTORY), ("case.toml", &format!("{HEAD}{body}"))]);
    let (summary, _) = summary(&place);
    // Of acme's 100 + 500 of `out` the second does not fit into 599; its 1,000 + 3,000 of `in` fit into 4,000.
    assert_eq!(outcome(&summary, "attempts_refused_limit"), ["0", "1", "0"]);
    assert_eq!(outcome(&summary, "charged_credits"), ["11", "7", "11"]);
}

const DRAWN: &str = r#"
[[cohorts]]
name = "all"
organizations = 5
[features.chat]
arrivals = { poisson = "5/day" }
quantities = { tokens = { lognormal = { mean = 1000, cv = 1.0 } } }
cost = "tokens * 0.001"
cache = { hits = 0.2, factor = 0.5 }
[features.image]
arrivals = { poisson = "2/day" }
cost = { uniform = [1, 4] }
duration = "20s"
[policy]
allowance = 30
admission = { estimate = "expected" }
[policies.one]
"#;

#[test]
fn a_list_that_says_what_the_features_say_changes_no_byte() {
    let run = |rates: &str| summary(&Place::of(&[("case.toml", &format!("{HEAD}{DRAWN}{rates}"))])).0;
    let plain = run("");
    assert_eq!(run("rates = { chat = \"tokens * 0.001\", image = \"cost\" }\n"), plain);
    // What is not the same text, but the same number, is priced step by step.
    let followed = run("rates = { chat = \"cost * 1\", image = \"cost * 1\" }\n");
    for metric in ["demand_credits", "charged_credits", "lost_credits", "operations_served", "refusal_rate"] {
        assert_eq!(outcome(&followed, metric), outcome(&plain, metric), "{metric}");
    }
}

#[test]
fn quantities_that_are_written_down_are_priced_and_missing_ones_told() {
    let body = |quantities: &str| {
        format!(
            "{HEAD}[features.chat]\n[[cohorts]]\nname = \"one\"\noperations = [\n \
             {{ at = 2025-01-03, feature = \"chat\", credits = 9, quantities = {{ tokens = 400 }} }},\n \
             {{ at = 2025-01-04, feature = \"chat\", credits = 9{quantities} }},\n]\n\
             [policies.list]\n[policies.tokens]\nrates = {{ chat = \"tokens / 100\" }}\n"
        )
    };
    let place = Place::of(&[("case.toml", &body(", quantities = { tokens = 250 }"))]);
    assert_eq!(outcome(&summary(&place).0, "demand_credits"), ["18", "6.5"]);
    let place = Place::of(&[("case.toml", &body(""))]);
    let (code, _, stderr) = place.creditsim(&["check", "case.toml"]);
    assert_eq!(code, 2, "{stderr}");
    assert!(
        stderr.contains("reads `tokens`, which an operation written down in cohort `one` does not say"),
        "{stderr}"
    );
}

#[test]
fn a_gauge_owes_how_far_it_rises() {
    let body = r#"
[[cohorts]]
name = "all"
organizations = 1
operations = [
  { at = 2025-01-02, feature = "storage", credits = 10, quantities = { gigabytes = 100 } },
  { at = 2025-01-03, feature = "storage", credits = 15, quantities = { gigabytes = 150 } },
  { at = 2025-01-04, feature = "storage", credits = 12, quantities = { gigabytes = 120 } },
  { at = 2025-01-05, feature = "storage", credits = 20, quantities = { gigabytes = 200 } },
]
[features.storage]
unit = "latest"
[policies.own]
[policies.double]
rates = { storage = "cost * 2" }
[policies.capped]
limits = [{ name = "disk", amount = 150, unit = "gigabytes", counted = "latest" }]
"#;
    let place = Place::of(&[("case.toml", &format!("{HEAD}{body}"))]);
    let (summary, _) = summary(&place);
    // 10 + 5 + 0 + 8, twice that, and without the 8 of what does not fit into 150 gigabytes.
    assert_eq!(outcome(&summary, "charged_credits"), ["23", "46", "15"]);
    assert_eq!(outcome(&summary, "demand_list_credits"), ["23", "23", "23"]);
    assert_eq!(outcome(&summary, "attempts_refused_limit"), ["0", "0", "1"]);
}
