//! The table from a pricing page to keys: each line of TOML in it is one that a policy takes.

use crate::common::Place;

use super::{page, quoted};

const SCENARIO: &str = r#"
name = "small"
start = 2025-01-01
horizon = "1 month"
baseline = "case"

[[cohorts]]
name = "teams"
organizations = 1

[features.chat]
arrivals = { poisson = "1/day" }
cost = 1

[policy]
packages = [{ name = "hundred", credits = 100, price = "10 USD" }]

[policies.case]
"#;

#[test]
fn what_a_pricing_page_says_can_be_written() {
    let page = page("docs/how-to/write-a-policy.md");
    let rows = page.lines().filter(|line| line.starts_with("| "));
    let keys = rows.filter_map(|row| row.trim_end_matches(" |").rsplit(" | ").next());
    let mut lines = 0;
    for key in keys.flat_map(quoted).filter(|key| key.contains(" = ")) {
        let (code, _, stderr) =
            Place::with(&format!("{SCENARIO}{key}\n")).creditsim(&["check", "small.toml"]);
        assert_eq!(code, 0, "{key}: {stderr}");
        lines += 1;
    }
    assert!(lines >= 20, "{lines} lines");
}
