//! Who has switched something on has it switched on under every policy.

use std::collections::{BTreeMap, BTreeSet};

use super::told::organizations;

const BODY: &str = r#"
[features.work]
cost = 1
arrivals = { poisson = "20/day" }
[[cohorts]]
name = "one"
organizations = 60
[policy]
packages = [{ name = "p", credits = 100, price = "10 USD" }]
[policies.low]
top_up = { threshold = 5, package = "p", adopted = 0.5 }
[policies.high]
admission = { estimate = "exact" }
top_up = { threshold = 50, compare = "at-or-below", package = "p", adopted = 0.5, processing = "1 h" }
[policies.debt]
admission = { estimate = "exact" }
short = "allow"
overdraft = { limit = 50, adopted = 0.5 }
[policies.more-debt]
admission = { hold = { estimate = "exact" } }
short = "allow"
overdraft = { limit = 200, adopted = 0.5, at_cycle = "forgive" }
[policies.rare]
top_up = { threshold = 5, package = "p", adopted = 0.1 }
"#;

#[test]
fn the_same_customers_adopt_under_every_policy() {
    let table = organizations(BODY);
    let with = |policy: &str, column: &str| -> BTreeSet<String> {
        let rows = table.iter().filter(|row: &&BTreeMap<String, String>| row["policy"] == policy);
        let used = rows.filter(|row| row[column].parse::<f64>().is_ok_and(|value| value > 0.0));
        used.map(|row| row["organization"].clone()).collect()
    };
    let (low, high) = (with("low", "auto_top_ups"), with("high", "auto_top_ups"));
    assert!((15..46).contains(&low.len()), "about half of sixty: {}", low.len());
    assert_eq!(low, high);
    let (debt, more) = (with("debt", "debt_incurred_credits"), with("more-debt", "debt_incurred_credits"));
    assert!((15..46).contains(&debt.len()), "about half of sixty: {}", debt.len());
    assert_eq!(debt, more);
    assert_ne!(low, debt, "a rule and an overdraft are two things");
    let rare = with("rare", "auto_top_ups");
    assert!(rare.len() < low.len() && rare.is_subset(&low), "who adopts at a tenth does at a half");
}
