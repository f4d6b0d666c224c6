//! Groups of members: drawn by weight or written, alike under every policy; operations that no member asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::common::records;
use super::told::told;

const TEAMS: &str = r#"
[features.chat]
arrivals = { poisson = "20/day" }
[features.bot]
arrivals = { poisson = "2/day" }
by = "nobody"
[[cohorts]]
name = "teams"
organizations = 10
members = 20
groups = { engineering = 0.6, marketing = 0.4 }
[policies.open]
grants = [{ credits = 100000 }]
[policies.seats]
grants = [{ credits = 100000, groups = ["engineering"] }, { credits = 100000 }]
"#;

/// The rows of operations behind what the command says.
fn csv_of(told: &str) -> &[u8] {
    let begin = told.find("replication,policy,").unwrap_or_else(|| panic!("no rows in {told}"));
    &told.as_bytes()[begin..]
}

#[test]
fn every_member_is_in_one_group_and_nobody_in_none() {
    let (rows, errors) = told(&["run", "--rows", "operations", "--quiet", "--audit"], TEAMS);
    let rows = records(csv_of(&rows));
    assert!(rows.len() > 1_000, "{errors}");
    let mut groups: BTreeMap<(String, String), BTreeSet<String>> = BTreeMap::new();
    for row in &rows {
        if row["feature"] == "bot" {
            assert_eq!((row["member"].as_str(), row["group"].as_str()), ("none", ""));
            continue;
        }
        let member = (row["organization"].clone(), row["member"].clone());
        groups.entry(member).or_default().insert(row["group"].clone());
    }
    assert_eq!(groups.len(), 200, "every member has asked for something");
    assert!(groups.values().all(|own| own.len() == 1), "one group, under both policies: {groups:?}");
    let engineers = groups.values().filter(|own| own.contains("engineering")).count();
    // 120 of 200 are expected, with a standard deviation of 7.
    assert!((90..=150).contains(&engineers), "{engineers}");
}

#[test]
fn a_written_group_is_one_of_the_cohorts() {
    let text = r#"
[features.chat]
[[cohorts]]
name = "one"
members = 2
groups = { law = 1, sales = 0 }
grants = [{ id = 1, credits = 9, groups = ["sales"] }, { id = 2, credits = 9 }]
operations = [
 { at = 2025-01-03, feature = "chat", credits = 2, member = 0, group = "sales" },
 { at = 2025-01-04, feature = "chat", credits = 3, member = 1 },
]
[policies.case]
"#;
    let (rows, errors) = told(&["run", "--rows", "operations", "--quiet", "--audit"], text);
    let found: Vec<String> = records(csv_of(&rows)).iter().map(|row| row["group"].clone()).collect();
    assert_eq!(found, ["sales", "law"], "{errors}");
    let (_, errors) =
        told(&["run", "--rows", "operations", "--quiet"], &text.replace("\"sales\" }", "\"sails\" }"));
    assert!(errors.contains("is none of the cohort's groups"), "{errors}");
}
