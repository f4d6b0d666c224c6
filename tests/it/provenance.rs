//! What a verdict rests on: typed numbers are named where people and programs read, with a command that tests them, and a
//! number that a fit wrote counts as estimated until somebody changes it.

use std::fs;

use serde_json::Value;

use crate::common::Place;

const SCENARIO: &str = r#"
name = "small"
start = 2025-01-01T00:00:00Z
horizon = "1 month"
replications = 5
baseline = "block"

[[cohorts]]
name = "teams"
organizations = 6

[features.chat]
arrivals = { poisson = "4/day" }
cost = { uniform = [1, 5], step = 1 }

[policy]
allowance = { credits = 100, every = "month" }
admission = "positive"

[policies.block]

[policies.top-up]
packages = [{ name = "extra", credits = 50, price = "9 USD" }]
top_up = { threshold = 5, processing = "5 min" }

[policies.ignored]
packages = [{ name = "extra", credits = 50, price = "9 USD" }]
buyer = { on_refusal = 0.01 }
"#;

fn json(place: &Place, arguments: &[&str]) -> Value {
    serde_json::from_str(&place.run(&[&["--format", "json"], arguments].concat())).expect("JSON")
}

fn keys(rests_on: &Value, of: &str) -> Vec<String> {
    let numbers = rests_on[of].as_array().expect("a list").iter();
    numbers.map(|number| number["key"].as_str().expect("a key").to_owned()).collect()
}

#[test]
fn typed_numbers_are_named_wherever_a_run_is_read_with_a_command_that_tests_them() {
    let place = Place::with(SCENARIO);
    let printed = json(&place, &[]);
    let rests_on = &printed["rests_on"];
    // The top-up saves most work; what another policy assumes of its buyers has no part in that.
    assert_eq!(rests_on["policy"], "top-up");
    let wanted =
        ["features.chat.cost", "features.chat.arrivals.poisson", "policies.top-up.top_up.processing"];
    assert_eq!(keys(rests_on, "assumed"), wanted);
    let test = "creditsim sensitivity small.toml --metric lost_credits --policy top-up";
    assert_eq!(rests_on["test"], test);
    let said = rests_on["text"].as_str().expect("text");
    assert!(said.contains("3 numbers that somebody typed") && said.contains(test), "{said}");
    let folder = place.result();
    let page = fs::read_to_string(folder.join("report.html")).expect("a page");
    assert!(page.contains("3 numbers that somebody typed"), "the page lacks it");
    let notes = &place.manifest(&place.results()[0])["notes"];
    assert!(notes.as_array().expect("notes").iter().any(|note| note == said), "{notes}");
    let (_, shown, _) = place.creditsim(&["show", folder.to_str().expect("text")]);
    assert!(shown.contains("rests on 3 numbers"), "{shown}");
    let words: Vec<&str> = test.split(' ').skip(1).collect();
    let (code, _, stderr) =
        place.creditsim(&[words.as_slice(), &["--quick", "--quiet", "--output", "tested"]].concat());
    assert_eq!(code, 0, "{stderr}");
}

#[test]
fn what_a_fit_estimates_is_estimated_until_somebody_changes_it() {
    let mut usage = "timestamp,org,feature,units\n".to_owned();
    for call in 0..400_u64 {
        let minutes = call * 97;
        let (day, hour, minute) = (1 + minutes / 1_440, minutes / 60 % 24, minutes % 60);
        usage += &format!(
            "2025-01-{day:02}T{hour:02}:{minute:02}:00Z,o{},chat,{}\n",
            call % 7,
            1 + call * 31 % 11
        );
    }
    let place = Place::of(&[("usage.csv", &usage)]);
    let (code, _, stderr) = place.creditsim(&["fit", "usage.csv", "--output", "small.toml"]);
    assert_eq!(code, 0, "{stderr}");
    let fitted = fs::read_to_string(place.path("small.toml")).expect("a scenario");
    let named = fitted.replacen("name         = \"fit-usage\"", "name         = \"small\"", 1);
    fs::write(place.path("small.toml"), &named).expect("writable");
    let before = json(&place, &["--replications", "1"]);
    let estimated = keys(&before["rests_on"], "estimated");
    assert!(estimated.iter().any(|key| key.starts_with("features.chat.quantities")), "{estimated:?}");
    assert_eq!(before["rests_on"]["estimated_from"], "usage.csv");
    // Prices are in no history: whatever is typed of them is not estimated.
    assert!(!estimated.iter().any(|key| key.ends_with(".cost")), "{estimated:?}");
    let key = estimated.iter().find(|key| key.contains(".arrivals.")).expect("a rate");
    let typed = json(&place, &["--replications", "1", "--set", &format!("{key}=2/day")]);
    assert!(keys(&typed["rests_on"], "assumed").contains(key), "{typed:#}");
    assert_eq!(keys(&typed["rests_on"], "estimated").len() + 1, estimated.len());
}
