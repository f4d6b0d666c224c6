//! Golden summaries: what every bundled scenario says in a quick run, held still to the last digit.
//!
//! A change of results must be wanted: `CREDITSIM_UPDATE=1 cargo test --test it golden` writes the new ones, and the
//! difference is reviewed like any other.

use std::fmt::Write as _;
use std::fs;
use std::path::{Path, PathBuf};

use crate::common::{Place, find};

/// Outcomes that show what each platform's text says.
const METRICS: [&str; 28] = [
    "operations_demanded",
    "operations_served",
    "operations_degraded",
    "operations_killed",
    "operations_failed",
    "operations_cancelled",
    "refusal_rate",
    "loss_rate",
    "demand_credits",
    "charged_credits",
    "issued_credits",
    "burned_credits",
    "expired_credits",
    "rolled_over_credits",
    "debt_end_credits",
    "overspend_credits",
    "overdraft_credits_max",
    "hold_unused_share",
    "in_flight_mean",
    "in_flight_max",
    "purchases",
    "auto_top_ups",
    "alerts",
    "surprise_refusal_share",
    "cash_money",
    "recognized_money",
    "breakage_money",
    "deferred_end_money",
];

fn summary(name: &str) -> String {
    let place = Place::of(&[]);
    let arguments = ["run", name, "--quick", "--replications", "2", "--quiet", "--output", "out"];
    let (code, _, stderr) = place.creditsim(&arguments);
    assert_eq!(code, 0, "{name}: {stderr}");
    let text = fs::read_to_string(find(&place.path("out"), "summary.csv")).expect("a summary");
    let mut kept = String::from("policy,metric,unit,mean\n");
    for row in csv::Reader::from_reader(text.as_bytes()).records() {
        let row = row.expect("a row");
        if &row[2] == "all" && METRICS.contains(&&row[3]) {
            writeln!(kept, "{},{},{},{}", &row[1], &row[3], &row[4], &row[5]).unwrap();
        }
    }
    kept
}

fn check(name: &str) {
    let golden: PathBuf =
        Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/it/golden").join(format!("{name}.csv"));
    let found = summary(name);
    if std::env::var_os("CREDITSIM_UPDATE").is_some() {
        fs::write(&golden, &found).expect("writable");
        return;
    }
    let wanted = fs::read_to_string(&golden).unwrap_or_default();
    for (found, wanted) in found.lines().zip(wanted.lines()) {
        assert_eq!(found, wanted, "{name}");
    }
    assert_eq!(found.lines().count(), wanted.lines().count(), "{name}");
}

/// Short scenarios that people argue about; the head of each says its answer.
const QUESTIONS: [&str; 10] = [
    "five-hours-and-a-week",
    "first-use-windows",
    "banked-resets",
    "months-to-days",
    "rescue-model",
    "parallel-calls",
    "worst-case-reservations",
    "rollover-on-top",
    "grace-in-flight",
    "recharge-loops",
];

/// The same about price lists.
const PRICE_LISTS: [&str; 3] = ["requests-to-tokens", "price-change", "peak-hours"];

/// The same about what is owed and earned.
const MONEY: [&str; 3] = ["grace-once-a-year", "ratable-or-on-use", "suspension-of-the-unpaid"];

/// The same about budgets.
const BUDGETS: [&str; 4] =
    ["budgets-of-a-company", "consent-before-purchased", "unused-seats-pooled", "seat-plan-to-pool"];

#[test]
fn budgets_block_whom_they_blocked() {
    BUDGETS.iter().for_each(|question| check(&format!("questions/{question}")));
}

#[test]
fn what_is_owed_and_earned_is_as_it_was() {
    MONEY.iter().for_each(|question| check(&format!("questions/{question}")));
}

#[test]
fn price_lists_compare_as_they_did() {
    PRICE_LISTS.iter().for_each(|question| check(&format!("questions/{question}")));
}

#[test]
fn the_questions_are_answered_as_they_were() {
    QUESTIONS.iter().for_each(|question| check(&format!("questions/{question}")));
}

/// Products whose limits people argue about.
const PRODUCTS: [&str; 11] = [
    "claude", "codex", "windsurf", "litellm", "kiro", "replit", "copilot", "cursor", "figma", "warp",
    "lovable",
];

#[test]
fn the_products_say_what_they_said() {
    PRODUCTS.iter().for_each(|product| check(product));
}

#[test]
fn the_policy_shootout_says_what_it_said() {
    check("policy-shootout");
}

/// Load is what the main job is about: policies must differ in what runs at once and in what that overspends.
#[test]
fn the_policy_shootout_shows_load() {
    let text = summary("policy-shootout");
    let value = |policy: &str, metric: &str| -> f64 {
        let head = format!("{policy},{metric},");
        let row = text.lines().find(|row| row.starts_with(&head)).unwrap_or_else(|| panic!("no {head}"));
        row.rsplit(',').next().unwrap().parse().unwrap_or_else(|_| panic!("{row}"))
    };
    let overspend = |policy: &str| value(policy, "overspend_credits");
    assert!(
        overspend("block") > 0.01 * value("block", "charged_credits"),
        "a check alone overspends under load"
    );
    assert!(overspend("hold") < 0.2 * overspend("block"), "a hold ends most of that");
    assert!(
        overspend("packages") > 0.5 * overspend("block"),
        "purchases keep nothing from starting together"
    );
    let unused = value("hold", "hold_unused_share");
    assert!((0.2..0.8).contains(&unused), "a hold blocks credits it does not need: {unused}");
    for metric in ["in_flight_mean", "in_flight_max"] {
        assert!(value("hold", metric) < value("block", metric), "{metric}");
        assert!(value("packages", metric) > value("block", metric), "{metric}");
    }
}

#[test]
fn the_five_platforms_say_what_they_said() {
    for name in ["amplience-workforce", "amplience-credits", "campaign-platform", "ampere", "ai-engine"] {
        check(name);
    }
}

#[test]
fn the_usage_history_says_what_it_said() {
    check("usage-history");
}

#[test]
fn agents_say_what_they_said() {
    check("agents");
}
