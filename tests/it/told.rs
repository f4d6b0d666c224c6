//! What the command tells of a short scenario.

use std::collections::BTreeMap;
use std::fs;

use crate::common::{Place, table};

const HEAD: &str = r#"
version = 1
name = "told"
start = 2025-01-01
end = 2025-01-20
replications = 1
"#;

fn place(body: &str) -> Place {
    Place::of(&[("case.toml", &format!("{HEAD}{body}"))])
}

/// What the command says of a scenario: stdout (and `operations.csv` behind it, if there is one) and stderr.
pub fn told(command: &[&str], body: &str) -> (String, String) {
    let place = place(body);
    let (_, stdout, stderr) = place.creditsim(&[&[command[0], "case.toml"], &command[1..]].concat());
    let rows = fs::read_dir(place.path("output/told"))
        .into_iter()
        .flatten()
        .filter_map(|entry| fs::read_to_string(entry.ok()?.path().join("operations.csv")).ok());
    (stdout + &rows.collect::<String>(), stderr)
}

/// Rows of `organizations.csv` of a run by the names of their columns.
pub fn organizations(body: &str) -> Vec<BTreeMap<String, String>> {
    let place = place(body);
    let (code, _, stderr) = place.creditsim(&["run", "case.toml", "--quiet"]);
    assert_eq!(code, 0, "{stderr}");
    table(&place.path("output/told"), "organizations.csv")
}
