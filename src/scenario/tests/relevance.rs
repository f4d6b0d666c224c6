//! The smallest difference that matters.

use super::{problems_of, read_with, text_with};

#[test]
fn margins_are_shares_of_the_baseline_or_amounts() {
    let cases = [
        ("", "loss_rate", 0.01 * 0.2),
        ("relevant = \"5 %\"", "loss_rate", 0.05 * 0.2),
        ("relevant = { loss_rate = 0.02, cash_money = \"3%\" }", "loss_rate", 0.02),
        ("relevant = { loss_rate = 0.02, cash_money = \"3%\" }", "cash_money", 0.03 * 0.2),
        ("relevant = { default = \"0%\" }", "refusal_rate", 0.0),
    ];
    for (text, outcome, margin) in cases {
        let scenario = read_with("top", text);
        assert!((scenario.relevance.of(outcome, -0.2) - margin).abs() < 1e-15, "{text}");
    }
}

#[test]
fn margins_of_nothing_are_refused() {
    let cases = [
        ("relevant = { los_rate = \"1%\" }", "did you mean `loss_rate`?"),
        ("relevant = { default = 1 }", "a percentage"),
        ("relevant = \"-1%\"", "a percentage, 0 or more"),
        ("relevant = 0.01", "like \"20%\""),
    ];
    for (text, wanted) in cases {
        let said: Vec<String> =
            problems_of(&text_with("top", text)).iter().map(ToString::to_string).collect();
        let said = said.join("\n");
        assert!(said.contains(wanted), "{text}: {said}");
    }
}
