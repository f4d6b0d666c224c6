//! The past beside bills: what comes out, what differs and why, and that nothing on either side is lost.
//!
//! Bills are written by hand, from the rows of the history below, in the comments beside them.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::common::{Place, records, table};

/// Ten credits a month, what is beyond them invoiced at the end of each calendar month; 20 USD a month.
const SCENARIO: &str = r#"
version = 1
name = "small"
start = 2025-01-01T00:00:00Z
end = 2025-04-01T00:00:00Z
seed = 1
replications = 1
baseline = "invoice"

[histories.usage]
file = "usage.csv"
time = "at"
organization = "org"
feature = "kind"
cost = "units"
status = { column = "status", failed = ["failed"] }

[[cohorts]]
name = "customers"
history = "usage"

[features.chat]

[policy]
allowance = { credits = 10, every = "month", anchor = "calendar-month" }
subscription = "20.00 USD"
short = "allow"
overdraft = { limit = 1000, at_cycle = "invoice", price_per_credit = "0.10 USD" }

[policies.invoice]
"#;

/// Charged: a 16, 5, 12; b 3, 0 (both calls of February failed), 1.
const USAGE: &str = "\
at,org,kind,units,status
2025-01-05T10:00:00Z,a,chat,6,ok
2025-01-20T10:00:00Z,a,chat,8,ok
2025-01-31T23:30:00Z,a,chat,2,ok
2025-02-10T10:00:00Z,a,chat,5,ok
2025-03-03T10:00:00Z,a,chat,12,ok
2025-01-10T10:00:00Z,b,chat,3,ok
2025-02-11T10:00:00Z,b,chat,4,failed
2025-02-12T10:00:00Z,b,chat,5,failed
2025-03-12T10:00:00Z,b,chat,1,ok
";

/// As the books have it: 0.60 USD for six credits of January are invoiced by the close on 1 February; the two of March by
/// one that the replay does not reach.
const BILLS: &str = "\
customer,month,charged,invoiced
a,2025-01,16,20.00
a,2025-02,5,20.60
a,2025-03,12,20.00
b,2025-01,3,20.00
b,2025-02,0,20.00
b,2025-03,1,20.00
";

/// A folder with a scenario, its history and bills.
struct Past(Place);

impl Past {
    fn of(scenario: &str, usage: &str, bills: &str) -> Past {
        Past(Place::of(&[("small.toml", scenario), ("usage.csv", usage), ("bills.csv", bills)]))
    }

    fn test(&self, more: &[&str]) -> (i32, String, String) {
        let all = ["backtest", "small.toml", "--actual", "bills.csv", "--quiet", "--output", "out"];
        self.0.creditsim(&[&all, more].concat())
    }

    fn json(&self, more: &[&str]) -> Value {
        let (code, stdout, stderr) = self.test(&[&["--json"], more].concat());
        assert_eq!(code, 0, "{stderr}");
        serde_json::from_str(&stdout).expect("JSON")
    }

    /// Every explanation in words.
    fn words(&self) -> String {
        let lines = self.json(&[])["differences"].as_array().expect("lines").clone();
        lines.iter().map(|line| line["why"].as_str().unwrap_or_default().to_owned() + "\n").collect()
    }

    /// Explanations by organization, month and quantity; `-` where there is none.
    fn why(&self, more: &[&str]) -> BTreeMap<String, String> {
        let found = self.json(more);
        let lines = found["differences"].as_array().expect("lines");
        let text = |line: &Value, key: &str| line[key].as_str().unwrap_or("-").to_owned();
        let open =
            lines.iter().filter(|line| ["different", "within"].contains(&line["standing"].as_str().unwrap()));
        open.map(|line| {
            let name = ["organization", "month", "quantity"].map(|key| text(line, key)).join(" ");
            let why = Some(text(line, "explanation")).filter(|why| !why.is_empty());
            (name, why.unwrap_or_else(|| "-".to_owned()))
        })
        .collect()
    }
}

fn explained(pairs: &[(&str, &str)]) -> BTreeMap<String, String> {
    pairs.iter().map(|(line, why)| ((*line).to_owned(), (*why).to_owned())).collect()
}

#[test]
fn a_past_that_comes_out_passes_what_is_required() {
    let past = Past::of(SCENARIO, USAGE, BILLS);
    let required = ["--require", "exact_share >= 95%", "--require", "exact_rows_share in charged == 1"];
    let (code, stdout, stderr) = past.test(&required);
    assert_eq!(code, 0, "{stdout}{stderr}");
    assert!(stdout.contains("100 % of the bill comes out exactly (6 of 6 organization-months)"), "{stdout}");
    let written = table(&past.0.path("out"), "backtest.csv");
    assert_eq!(written.len(), 12);
    assert!(
        written.iter().all(|line| line["standing"] == "exact" && line["difference"] == "0"),
        "{written:?}"
    );
    let found = past.json(&[]);
    assert_eq!(found["bill"], "invoiced");
    assert_eq!(found["scores"][0]["billed"], "120.6");
    assert_eq!(found["scores"][0]["measures"]["exact_share"], 1.0);
}

#[test]
fn a_threshold_fails_with_3_and_what_cannot_be_compared_is_undecided() {
    // 140 of 160.60 USD come out.
    let past = Past::of(SCENARIO, USAGE, &BILLS.replace("a,2025-01,16,20.00", "a,2025-01,16,60.00"));
    let (code, stdout, _) = past.test(&["--require", "exact_share >= 95%"]);
    assert_eq!(code, 3, "{stdout}");
    assert!(stdout.contains("fail") && stdout.contains("63 %"), "{stdout}");
    assert_eq!(past.test(&["--require", "within_share in charged >= 95%"]).0, 0);
    assert_eq!(past.test(&["--require", "exact_share in refused >= 95%"]).0, 4);
    let (code, _, stderr) = past.test(&["--require", "exakt_share >= 95%"]);
    assert!(code == 2 && stderr.contains("did you mean `exact_share`?"), "{stderr}");
}

#[test]
fn what_a_close_invoices_may_be_billed_for_the_month_that_it_closes() {
    // 0.60 USD for January in January, 0.20 for March in March.
    let bills =
        BILLS.replace("16,20.00", "16,20.60").replace("5,20.60", "5,20.00").replace("12,20.00", "12,20.20");
    let past = Past::of(SCENARIO, USAGE, &bills);
    let wanted = explained(&[
        ("a 2025-01 invoiced", "closed_month"),
        ("a 2025-02 invoiced", "closed_month"),
        ("a 2025-03 invoiced", "closed_month"),
    ]);
    assert_eq!(past.why(&[]), wanted);
    assert_eq!(past.why(&["--closed-month"]), BTreeMap::new());
}

#[test]
fn late_usage_is_shown_where_the_next_month_has_it() {
    // The call of 31 January, 23:30, is billed in February.
    let bills = BILLS.replace("a,2025-01,16", "a,2025-01,14").replace("a,2025-02,5", "a,2025-02,7");
    let past = Past::of(SCENARIO, USAGE, &bills);
    let wanted = explained(&[("a 2025-01 charged", "cut_off"), ("a 2025-02 charged", "cut_off")]);
    assert_eq!(past.why(&[]), wanted);
    // The same in January alone is no late usage: two credits are missing.
    let alone = Past::of(SCENARIO, USAGE, &BILLS.replace("a,2025-01,16", "a,2025-01,14"));
    assert_eq!(alone.why(&[]), explained(&[("a 2025-01 charged", "-")]));
    // With a lag the policy charges it in February, and a bill by arrival has it in January.
    let lagging = format!("{SCENARIO}metering_lag = \"2 days\"\n");
    let past = Past::of(&lagging, USAGE, BILLS);
    let why = past.why(&[]);
    assert_eq!(why["a 2025-01 charged"], "late_usage", "{why:?}");
    assert_eq!(why["a 2025-02 charged"], "late_usage", "{why:?}");
}

#[test]
fn failed_operations_that_are_billed_are_found_by_their_cost() {
    let all = Past::of(SCENARIO, USAGE, &BILLS.replace("b,2025-02,0", "b,2025-02,9"));
    assert_eq!(all.why(&[]), explained(&[("b 2025-02 charged", "other_rule")]));
    let words = all.words();
    assert!(words.contains("failed operations were charged (`on_failure = \"charge-all\"`)"), "{words}");
    let one = Past::of(SCENARIO, USAGE, &BILLS.replace("b,2025-02,0", "b,2025-02,5"));
    assert_eq!(one.why(&[]), explained(&[("b 2025-02 charged", "failed_operation")]));
    let none = Past::of(SCENARIO, USAGE, &BILLS.replace("b,2025-02,0", "b,2025-02,7"));
    assert_eq!(none.why(&[]), explained(&[("b 2025-02 charged", "-")]));
}

#[test]
fn rules_that_differ_are_found_by_the_bill_that_they_make() {
    // A minimum of a credit and rounding up make 7 of 6.4, and 1 of 0.3.
    let usage = USAGE.replace("a,chat,6,", "a,chat,6.4,").replace("b,chat,3,", "b,chat,0.3,");
    // a: 6.4 + 8 + 2 = 16.4 credits, billed 17 with 0.70 USD beyond ten; b: 0.3, billed 1.
    let bills = BILLS
        .replace("a,2025-01,16", "a,2025-01,17")
        .replace("5,20.60", "5,20.70")
        .replace("b,2025-01,3", "b,2025-01,1");
    let past = Past::of(SCENARIO, &usage, &bills.replace("charged", "credits"));
    let found = past.json(&[]);
    let causes: Vec<&str> = found["causes"]
        .as_array()
        .expect("causes")
        .iter()
        .map(|cause| cause["explanation"].as_str().unwrap())
        .collect();
    assert!(causes.contains(&"as if each operation were rounded up to 1 credits"), "{causes:?}");
    assert!(!causes.contains(&"unexplained"), "{causes:?}");
}

#[test]
fn another_anchor_is_found_by_the_bill_that_it_makes() {
    // Signed up on 10 January: under cycles from the sign-up, 4 credits beyond ten are invoiced on 10 February, not on the
    // 1st; both in February, so that the second period shows it: 12 credits from 10 January to 10 February.
    let scenario = SCENARIO
        .replace("name = \"customers\"", "name = \"customers\"\nsigned_up = \"at first use\"")
        .replace("subscription = \"20.00 USD\"\n", "");
    let usage = "at,org,kind,units,status\n2025-01-10T10:00:00Z,a,chat,8,ok\n2025-02-05T10:00:00Z,a,chat,6,ok\n2025-03-20T10:00:00Z,a,chat,1,ok\n";
    // Calendar months: 8 in January, 6 in February: nothing beyond ten. From the sign-up: 14, so 0.40 USD on 10 February.
    let bills = "org,month,invoiced\na,2025-01,0\na,2025-02,0.40\na,2025-03,0\n";
    let past = Past::of(&scenario, usage, bills);
    assert_eq!(past.why(&[]), explained(&[("a 2025-02 invoiced", "other_rule")]));
    let words = past.words();
    assert!(words.contains("cycles began at the sign-up"), "{words}");
}

#[test]
fn a_change_of_plan_is_found_by_its_price() {
    let scenario = SCENARIO.replace("subscription = \"20.00 USD\"\n", "plan = \"lite\"\n")
        + "\n[policy.plans.lite]\nsubscription = \"20.00 USD\"\n[policy.plans.pro]\nsubscription = \"50.00 USD\"\n";
    // b is on the dearer plan from 15 February on: 14 of 28 days at 30 USD more, then all of it.
    let bills = BILLS
        .replace("b,2025-02,0,20.00", "b,2025-02,0,35.00")
        .replace("b,2025-03,1,20.00", "b,2025-03,1,50.00");
    let past = Past::of(&scenario, USAGE, &bills);
    let why = past.why(&[]);
    assert_eq!(why["b 2025-02 invoiced"], "plan_price", "{why:?}");
    assert_eq!(why["b 2025-03 invoiced"], "other_plan", "{why:?}");
    assert_eq!(why.len(), 2, "{why:?}");
}

#[test]
fn whole_packages_are_found_by_their_price() {
    let scenario =
        format!("{SCENARIO}packages = [{{ name = \"extra\", credits = 100, price = \"9.00 USD\" }}]\n");
    let bills = BILLS.replace("b,2025-03,1,20.00", "b,2025-03,1,38.00");
    let past = Past::of(&scenario, USAGE, &bills);
    assert_eq!(past.why(&[]), explained(&[("b 2025-03 invoiced", "packages")]));
    let words = past.words();
    assert!(words.contains("2 of package `extra` more"), "{words}");
}

#[test]
fn rows_that_are_missing_on_either_side_are_named() {
    let bills = "customer,month,charged\nA,2025-01,16\na,2025-04,4\nbb,2025-01,4\nb,2025-02,8\n";
    let usage = USAGE
        .lines()
        .filter(|line| !line.contains("2025-02-1"))
        .map(|line| format!("{line}\n"))
        .collect::<String>();
    let past = Past::of(SCENARIO, &usage, bills);
    let found = past.json(&[]);
    let standing = |organization: &str, month: &str| {
        let lines = found["differences"].as_array().expect("lines").iter();
        let own: Vec<&str> = lines
            .filter(|line| line["organization"] == organization && line["month"] == month)
            .map(|line| line["standing"].as_str().unwrap())
            .collect();
        own.join(" ")
    };
    assert_eq!(standing("bb", "2025-01"), "unknown_organization");
    assert_eq!(standing("a", "2025-04"), "outside_replay");
    assert_eq!(standing("a", "2025-03"), "not_billed");
    assert_eq!(past.why(&[]), explained(&[("b 2025-02 charged", "history_absent")]));
    let (_, stdout, _) = past.test(&[]);
    for wanted in [
        "not in the replay: `bb`",
        "matched without regard to case",
        "of the file outside the replay: 2025-04",
    ] {
        assert!(stdout.contains(wanted), "{wanted}\n{stdout}");
    }
    // Of 32 credits billed 16 come out, and 8 are of nobody and no month that the replay has.
    let measures = &found["scores"][0]["measures"];
    assert_eq!(measures["exact_share"], 0.5);
    assert_eq!(measures["unreplayed_share"], 0.25);
}

#[test]
fn a_history_may_take_the_place_of_a_scenarios_own() {
    let past = Past::of(&SCENARIO.replace("usage.csv", "nowhere.csv"), USAGE, BILLS);
    let arguments =
        ["backtest", "usage.csv", "--scenario", "small.toml", "--actual", "bills.csv", "--output", "out"];
    let (code, stdout, stderr) = past.0.creditsim(&arguments);
    assert!(code == 0 && stdout.contains("100 % of the bill"), "{stdout}{stderr}");
    let (code, _, stderr) = past.0.creditsim(&["backtest", "usage.csv", "--actual", "bills.csv"]);
    assert!(code == 2 && stderr.contains("--scenario"), "{stderr}");
}

#[test]
fn every_problem_of_the_bills_is_told_at_once() {
    let past = Past::of(SCENARIO, USAGE, "customer,month,charged\na,2025-01,lots\n,2025-02,1\nb,someday,1\n");
    let (code, _, stderr) = past.test(&[]);
    assert_eq!(code, 2);
    for wanted in [
        "bills.csv:2`: `charged` is `lots`",
        "bills.csv:3`: `customer` is empty",
        "bills.csv:4`: `month` is `someday`",
    ] {
        assert!(stderr.contains(wanted), "{wanted}\n{stderr}");
    }
    let past = Past::of(SCENARIO, USAGE, "who,when,how_much\na,2025-01,1\n");
    let (code, _, stderr) = past.test(&[]);
    assert!(code == 2 && stderr.contains("--column organization=COLUMN"), "{stderr}");
    let named = ["--column", "organization=who", "--column", "month=when", "--column", "charged=how_much"];
    assert_eq!(past.test(&named).0, 0);
}

/// Top-ups, invoices on terms, plan changes, failures and a time zone; every month of everybody is billed nothing, so that
/// all that the replay has is a difference.
#[test]
fn what_is_replayed_is_what_the_books_and_the_rows_of_a_run_say() {
    let scenario = r#"
        name = "small"
        start = 2025-01-10T00:00:00Z
        end = 2025-05-05T00:00:00Z
        time_zone = "Europe/Berlin"
        replications = 1
        seed = 3
        [histories.usage]
        file = "usage.csv"
        time = "at"
        organization = "org"
        feature = "kind"
        cost = "units"
        status = { column = "status", failed = ["failed"] }
        [[cohorts]]
        name = "customers"
        history = "usage"
        reactions = { retry = { probability = 0.5, delay = "1 h", attempts = 3 } }
        [features.chat]
        [policies.all]
        admission = "positive"
        metering_lag = "3 h"
        short = "reject"
        overdraft = { limit = 20, at_cycle = "invoice", price_per_credit = "0.30 USD", fee = "1.50 USD" }
        invoices = { pay = "terms", delay = "20 days" }
        packages = [{ name = "p", credits = 30, price = "7.00 USD", expires_after = "1 month" }]
        top_up = { threshold = 2, package = "p", processing = "1 min", cap = { count = 1, per = "month" } }
        plan = "lite"
        plan_changes = [{ at = 2025-02-19T10:00:00Z, to = "pro", effective = "now" }]
        [policies.all.plans.lite]
        allowance = { credits = 40, every = "month" }
        subscription = "20.00 USD"
        [policies.all.plans.pro]
        allowance = { credits = 60, every = "month" }
        subscription = "50.00 USD"
    "#;
    let (mut usage, mut bills) =
        ("at,org,kind,units,status\n".to_owned(), "org,month,charged,invoiced,refused,top_ups\n".to_owned());
    for organization in 0..4_u64 {
        for call in 0..150_u64 {
            let minutes = (call * 1_091 + organization * 377) % 165_000;
            let (day, minute) = (9 + minutes / 1_440, minutes % 1_440);
            let (month, day) = [(1, 31), (2, 28), (3, 31), (4, 30)].into_iter().fold(
                (1, day),
                |(month, day), (own, days)| {
                    if month == own && day >= days { (own + 1, day - days) } else { (month, day) }
                },
            );
            let status = if call % 17 == 3 { "failed" } else { "ok" };
            let units = (call * 7 + organization * 3) % 23;
            usage += &format!(
                "2025-{month:02}-{:02}T{:02}:{:02}:00Z,o{organization},chat,{}.25,{status}\n",
                day + 1,
                minute / 60,
                minute % 60,
                units / 4
            );
        }
        for month in 1..=5 {
            bills += &format!("o{organization},2025-{month:02},0,0,0,0\n");
        }
    }
    let past = Past::of(scenario, &usage, &bills);
    past.0.run(&[]);
    let home = past.0.result();
    let found = past.json(&[]);
    let mut months: BTreeMap<String, f64> = BTreeMap::new();
    let mut of: BTreeMap<(String, String), f64> = BTreeMap::new();
    for line in found["differences"].as_array().expect("lines") {
        let text = |key: &str| line[key].as_str().expect("text").to_owned();
        let replayed: f64 = text("replayed").parse().expect("a number");
        if text("quantity") == "invoiced" {
            *months.entry(text("month")).or_default() += replayed;
        }
        *of.entry((text("organization"), text("quantity"))).or_default() += replayed;
    }
    let mut books: BTreeMap<String, f64> = BTreeMap::new();
    for row in table(&home, "books.csv") {
        let money = |name: &str| row[name].parse::<f64>().expect("money");
        let open = money("closing_receivable_money")
            - money("opening_receivable_money")
            - money("moved_receivable_money");
        *books.entry(row["month"].clone()).or_default() +=
            money("cash_money") + open + money("written_off_money");
    }
    books.retain(|_, money| money.abs() > 1e-9);
    assert!(books.len() >= 4, "{books:?}");
    assert_eq!(months.keys().collect::<Vec<_>>(), books.keys().collect::<Vec<_>>());
    for (month, money) in &books {
        assert!((months[month] - money).abs() < 1e-6, "{month}: {} and {money}", months[month]);
    }
    let organizations = records(std::fs::File::open(home.join("organizations.csv")).expect("rows"));
    for row in organizations {
        let name = row["organization"].rsplit('/').next().expect("a label").to_owned();
        let sum = |quantity: &str| of.get(&(name.clone(), quantity.to_owned())).copied().unwrap_or(0.0);
        let value = |column: &str| row[column].parse::<f64>().expect("a number");
        assert!((sum("charged") - value("charged_credits")).abs() < 1e-9, "{name}");
        assert_eq!(sum("refused"), value("operations_refused"), "{name}");
        assert_eq!(sum("top_ups"), value("auto_top_ups") + value("purchases"), "{name}");
        assert!(value("operations_refused") > 0.0 && value("auto_top_ups") > 0.0, "{name} shows nothing");
    }
}
