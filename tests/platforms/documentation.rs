//! docs/platforms.md leaves nothing out, and what it names exists.

use std::collections::BTreeSet;

/// Behaviours by platform: 0.1 to 0.15, 1.1 to 1.11 and so on.
const LAST: [u32; 5] = [15, 11, 17, 11, 11];

struct Row {
    number: String,
    keys: Vec<String>,
    test: String,
}

fn rows() -> Vec<Row> {
    let page = include_str!("../../docs/platforms.md");
    let row = |line: &str| {
        let cells: Vec<&str> = line.trim_matches('|').split(" | ").map(str::trim).collect();
        let [number, _, keys, test] = cells.as_slice() else { return None };
        let quoted = |cell: &str| cell.split('`').skip(1).step_by(2).map(str::to_owned).collect::<Vec<_>>();
        number.contains('.').then(|| Row {
            number: (*number).to_owned(),
            keys: quoted(keys),
            test: quoted(test).concat(),
        })
    };
    page.lines().filter(|line| line.starts_with("| ")).filter_map(row).collect()
}

#[test]
fn every_behaviour_has_its_row() {
    let found: Vec<String> = rows().into_iter().map(|row| row.number).collect();
    let wanted: Vec<String> = LAST
        .iter()
        .enumerate()
        .flat_map(|(platform, last)| (1..=*last).map(move |number| format!("{platform}.{number}")))
        .collect();
    assert_eq!(found, wanted);
}

#[test]
fn every_key_is_one_of_the_format() {
    let schema = creditsim::scenario::schema();
    let shapes = schema["$defs"].as_object().expect("definitions");
    let keys: BTreeSet<&str> = shapes
        .values()
        .filter_map(|shape| shape["properties"].as_object())
        .flat_map(|properties| properties.keys().map(String::as_str))
        .collect();
    for row in rows() {
        for key in row.keys.iter().filter(|key| !key.ends_with(".csv")) {
            assert!(keys.contains(key.as_str()), "{}: `{key}` is no key", row.number);
        }
    }
}

#[test]
fn every_test_exists() {
    let sources = [
        include_str!("workforce.rs"),
        include_str!("credits.rs"),
        include_str!("campaign_platform.rs"),
        include_str!("ampere.rs"),
        include_str!("ai_engine.rs"),
    ];
    for row in rows() {
        let head = format!("fn {}()", row.test);
        let platform: usize =
            row.number.split('.').next().and_then(|text| text.parse().ok()).expect("a number");
        assert!(sources[platform].contains(&head), "{}: no test `{}`", row.number, row.test);
    }
}
