//! Groups of members: drawn by weight or written, alike under every policy; operations that no member asks for.

use std::collections::{BTreeMap, BTreeSet};

use super::common::{Place, records};
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

const EXPORT: &str = "date,firm,kind,units,user,cost_center,repo
2025-01-03,acme,chat,6,ann,R&D,web
2025-01-04,acme,chat,5,bob,R&D,app
2025-01-05,acme,chat,7,cat,law,web
2025-01-06,acme,chat,8,cat,law,web
2025-01-07,acme,chat,9,,,app
2025-01-08,acme,chat,4,ann,R&D,web
";

const BUDGETS: &str = r#"
version = 1
name = "budgets"
start = 2025-01-01
end = 2025-02-01
replications = 1
[histories.export]
file = "export.csv"
time = "date"
organization = "firm"
feature = "kind"
member = "user"
group = "cost_center"
groups = { "R&D" = "engineering", law = "law" }
project = "repo"
cost = "units"
[features.chat]
[[cohorts]]
name = "firms"
history = "export"
[policy]
admission = { estimate = "exact" }
grants = [{ credits = 1000 }]
[policies.centres]
limits = [{ name = "centre", per = "group", amount = { groups = { engineering = 12, law = 10 } } }]
[policies.repos]
limits = [{ name = "repo", per = "project", amount = 20 }]
[policies.people]
limits = [{ name = "person", per = "member", amount = { default = 10, groups = { law = 20 }, members = { bob = 4 } } }]
"#;

/// Costs of the operations that a policy refused.
fn refused(rows: &[BTreeMap<String, String>], policy: &str) -> Vec<String> {
    let own = rows.iter().filter(|row| row["policy"] == policy && row["outcome"] == "refused");
    own.map(|row| row["cost"].clone()).collect()
}

#[test]
fn an_export_says_who_is_in_which_cost_centre() {
    let place = Place::of(&[("budgets.toml", BUDGETS), ("export.csv", EXPORT)]);
    let (code, _, errors) = place.creditsim(&["run", "budgets.toml", "--rows", "operations", "--audit"]);
    assert_eq!(code, 0, "{errors}");
    let file = crate::common::find(&place.path("output"), "operations.csv");
    let rows = records(std::fs::File::open(file).expect("it is there"));
    let groups: Vec<&str> = rows.iter().take(6).map(|row| row["group"].as_str()).collect();
    assert_eq!(groups, ["engineering", "engineering", "law", "law", "", "engineering"], "{rows:?}");
    // Engineering has used 11 of 12 and law 7 of 10, so what costs 4 and 8 is too much; nobody's 9 are in no group.
    assert_eq!(refused(&rows, "centres"), ["8", "4"]);
    // The project `web` has used 13 of 20, `app` 14.
    assert_eq!(refused(&rows, "repos"), ["8"]);
    // Bob may have 4, Ann 10 as anybody, Cat 20 as law does.
    assert_eq!(refused(&rows, "people"), ["5"]);
}
