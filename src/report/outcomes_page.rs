//! The page `docs/outcomes.md`, from the outcomes and files that the program writes, so that it cannot drift.

use std::fmt::Write as _;
use std::sync::Arc;

use super::{
    BOOKS_FILE, BY_SIZE_FILE, LARGEST_FILE, REPLICATIONS, RowFile, write_books_header, write_by_size,
    write_comparison, write_largest, write_summary, write_timeline,
};
use crate::experiment::{Findings, Measurements};
use crate::outcome::{DefinedFor, Direction, METRICS, synthetic};

/// What stands before the tables.
const HEAD: &str = include_str!("outcomes_head.md");

/// Where a part of the page begins: its heading and its first outcome.
const PARTS: [(&str, &str); 4] = [
    ("Demand and service", "operations_demanded"),
    ("Credits, overdraft, holds", "issued_credits"),
    ("Purchases, alerts, customers", "purchases"),
    ("Money", "cash_money"),
];

fn outcomes() -> String {
    let mut page = HEAD.to_owned();
    for metric in METRICS.iter() {
        if let Some((heading, _)) = PARTS.iter().find(|(_, first)| *first == metric.name) {
            page += &format!(
                "\n## {heading}\n\n| outcome | unit | better | where | meaning |\n|---|---|---|---|---|\n"
            );
        }
        let better = match metric.direction {
            Direction::Lower => "lower",
            Direction::Higher => "higher",
            Direction::Neutral => "–",
        };
        let defined = match metric.reach {
            DefinedFor::Features => "C F O",
            DefinedFor::Accounts => "C O",
            DefinedFor::FeaturesOnly => "C F",
            DefinedFor::AccountsOnly => "C",
        };
        let unit = metric.unit(Some("currency"));
        // Writing to a string cannot fail.
        let _ = writeln!(page, "| `{}` | {unit} | {better} | {defined} | {} |", metric.name, metric.about);
    }
    page += "\n## Columns\n\n| file | a row is | columns |\n|---|---|---|\n";
    for (file, row, columns) in files() {
        let _ = writeln!(page, "| `{file}` | {row} | {columns} |");
    }
    page
}

/// Every file of a run's tables: its name, what a row is, its columns as they are written.
fn files() -> Vec<(&'static str, &'static str, String)> {
    let shape = synthetic::shape(&["a", "b"]);
    let mut measurements = Measurements::new(Arc::clone(&shape));
    (0..2).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 4)));
    let findings = Findings::new(measurements, 0);
    let written = |write: &dyn Fn(&mut Vec<u8>)| {
        let mut bytes = Vec::new();
        write(&mut bytes);
        first_line(&String::from_utf8(bytes).expect("UTF-8"))
    };
    let rows = |file: RowFile| match file {
        RowFile::Organizations => {
            let own = file.header().split(',').take(4).map(str::to_owned).collect::<Vec<_>>();
            format!("{}, then every outcome with O, then `plan`", first_line(&own.join(",")))
        }
        _ => first_line(&file.header()),
    };
    let summary = |out: &mut Vec<u8>| write_summary(out, &findings, "x").expect("a buffer takes every byte");
    let comparison =
        |out: &mut Vec<u8>| write_comparison(out, &findings, "x").expect("a buffer takes every byte");
    let timeline = |out: &mut Vec<u8>| write_timeline(out, &findings).expect("a buffer takes every byte");
    let by_size = |out: &mut Vec<u8>| write_by_size(out, &findings, "x").expect("a buffer takes every byte");
    let largest = |out: &mut Vec<u8>| write_largest(out, &findings).expect("a buffer takes every byte");
    let books = |out: &mut Vec<u8>| write_books_header(out).expect("a buffer takes every byte");
    vec![
        ("summary.csv", "policy × scope × outcome", written(&summary)),
        (
            "comparison.csv",
            "policy × scope × outcome, against the baseline, paired by replication",
            written(&comparison),
        ),
        ("timeline.csv", "policy × instant of the timeline", written(&timeline)),
        ("organizations.csv", "replication × policy × organization", rows(RowFile::Organizations)),
        (
            REPLICATIONS,
            "replication × policy, over all organizations",
            "`replication`, `policy`, then every outcome".to_owned(),
        ),
        (
            "organizations-change.csv",
            "replication × organization × policy but the baseline",
            rows(RowFile::Changes),
        ),
        (BY_SIZE_FILE, "policy but the baseline × class of size × measure", written(&by_size)),
        (LARGEST_FILE, "one of the ten largest changes each way (first replication)", written(&largest)),
        (BOOKS_FILE, "replication × policy × month × plan", written(&books)),
        (
            "cycles.csv",
            "replication × policy × organization × cycle (`--rows cycles`)",
            rows(RowFile::Cycles),
        ),
        (
            "operations.csv",
            "an attempt to start an operation (`--rows operations`)",
            rows(RowFile::Operations),
        ),
        ("journal.csv", "an entry of an account's ledger (`--rows journal`)", rows(RowFile::Journal)),
    ]
}

/// The first line of a CSV file as a list of names.
fn first_line(text: &str) -> String {
    let names = text.lines().next().unwrap_or_default().split(',');
    names.map(|name| format!("`{name}`")).collect::<Vec<_>>().join(", ")
}

/// `CREDITSIM_UPDATE=1 cargo test --lib outcomes_page` writes the page anew.
#[test]
fn the_page_of_outcomes_is_up_to_date() {
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/docs/outcomes.md");
    if std::env::var_os("CREDITSIM_UPDATE").is_some() {
        std::fs::write(path, outcomes()).expect("the page can be written");
    }
    let page = std::fs::read_to_string(path).expect("the page is there");
    assert!(
        page == outcomes(),
        "docs/outcomes.md is old; write it with CREDITSIM_UPDATE=1 cargo test --lib outcomes_page"
    );
    for (heading, first) in PARTS {
        assert!(METRICS.iter().any(|metric| metric.name == first), "{heading} begins with no outcome");
    }
}
