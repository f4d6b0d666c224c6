//! Messages a person can act on, layers, short forms, defaults.

mod declared;
mod layers;
mod limits;
mod messages;
mod rates;
mod relevance;
mod scopes;
mod terms;

use super::{Problem, Scenario, ScenarioSource, examine, read};
use crate::policy::{Policy, Terms};

/// A scenario that reads; tests put their lines in the place of `{…}` marks.
const BASE: &str = r#"# Question: does it read?
start = 2025-01-01T00:00:00Z
horizon = "12 months"
{top}
[[cohorts]]
name = "teams"
{cohort}
[features.post]
{feature}
[features.view]
free = true
{policies}
"#;

fn text_with(mark: &str, lines: &str) -> String {
    let mut text = BASE.replace(&format!("{{{mark}}}"), lines);
    for mark in ["top", "cohort", "feature", "policies"] {
        text = text.replace(&format!("{{{mark}}}"), "");
    }
    text
}

fn problems_of(text: &str) -> Vec<Problem> {
    examine(&ScenarioSource::from_text("team.toml", text)).1.into_iter().filter(Problem::is_error).collect()
}

fn read_with(mark: &str, lines: &str) -> Scenario {
    let text = text_with(mark, lines);
    read(&ScenarioSource::from_text("team.toml", text))
        .unwrap_or_else(|problems| panic!("{lines}: {problems:#?}"))
}

fn policy_with(lines: &str) -> Policy {
    read_with("policies", &format!("[policies.p]\n{lines}")).policies.remove(0)
}

fn terms_with(lines: &str) -> Terms {
    policy_with(lines).plans.remove(0)
}

/// The first message about `lines` at `mark`, as it is printed.
fn check_message(mark: &str, lines: &str, expected: &str) {
    let problems = problems_of(&text_with(mark, lines));
    let messages: Vec<String> = problems.iter().map(ToString::to_string).collect();
    assert!(
        messages.iter().any(|message| message == expected),
        "{lines}\n{}\nwanted\n{expected}",
        messages.join("\n")
    );
}
