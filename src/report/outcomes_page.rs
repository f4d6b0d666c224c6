//! The page `docs/outcomes.md`, from the program's own outcomes, so that it cannot drift.

use std::fmt::Write as _;

use crate::outcome::{DefinedFor, Direction, METRICS};

use super::page::OUTCOME_PARTS;

/// What stands before the tables.
const HEAD: &str = include_str!("outcomes_head.md");

fn outcomes() -> String {
    let mut page = HEAD.to_owned();
    for metric in METRICS.iter() {
        if let Some((heading, _)) = OUTCOME_PARTS.iter().find(|(_, first)| *first == metric.name) {
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
    page
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
    for (heading, first) in OUTCOME_PARTS {
        assert!(METRICS.iter().any(|metric| metric.name == first), "{heading} begins with no outcome");
    }
}
