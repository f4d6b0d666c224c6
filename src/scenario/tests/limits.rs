//! Limits as they are written: what is refused, and what is pointed out.

use super::messages::warnings_of;
use super::{problems_of, text_with};

#[test]
fn mistakes_in_limits_are_named() {
    let cases = [
        ("limits = [{ name = \"a\" }]", "limits.a.amount"),
        (
            "limits = [{ name = \"a\", amount = 1, on_limit = { fallback = \"nothing\" } }]",
            "limits.a.on_limit.fallback",
        ),
        ("limits = [{ name = \"a\", amount = -1 }]", "limits.a.amount"),
        ("limits = [{ name = \"a\", amount = \"5 * seats\" }]", "limits.a.amount"),
        ("short = { fallback = \"nothing\" }", "short.fallback"),
        ("limits = [{ name = \"a\", amount = { members = { \"1\" = 2 } } }]", "limits.a.amount.members"),
        (
            "limits = [{ name = \"a\", amount = 1, unit = \"in-flight\", window = { rolling = \"1 h\" } }]",
            "limits.a.window",
        ),
        ("limits = [{ name = \"a\", remove = true }]", "limits.a.remove"),
        ("resets = [{ limits = [\"a\"], at = [2025-01-02] }]", "resets.0.limits.0"),
        (
            "limits = [{ name = \"a\", amount = 1 }]\nresets = [{ limits = [\"a\"], banked = { number = 0 } }]",
            "resets.0.banked.number",
        ),
    ];
    for (lines, key) in cases {
        let text = text_with("policies", &format!("[policies.p]\n{lines}"));
        let keys: Vec<String> = problems_of(&text).into_iter().map(|problem| problem.key).collect();
        assert_eq!(keys.first(), Some(&format!("policies.p.{key}")), "{lines}: {keys:?}");
    }
}

#[test]
fn the_check_points_out_limits_that_are_not_meant() {
    let operations = "unit = \"operations\", window = { every = ";
    let cases = [
        ("[{ name = \"a\", amount = 0 }]".to_owned(), "`a` has room for nothing"),
        (
            "[{ name = \"a\", amount = 1, chain = \"c\" }, { name = \"b\", amount = 1, chain = \"c\" }]"
                .to_owned(),
            "`b` is never asked: `a` stands before it in the chain",
        ),
        (
            "[{ name = \"a\", amount = 1, on_limit = \"queue\" }]".to_owned(),
            "`a` lets operations wait for room that never comes back",
        ),
        (
            format!(
                "[{{ name = \"d\", amount = 10, {operations}\"day\" }} }}, {{ name = \"w\", amount = 90, {operations}\"week\" }} }}]"
            ),
            "`w` can never be met: `d` stops work before",
        ),
        (
            "[{ name = \"a\", amount = 1, covers = [\"overage\"] }]".to_owned(),
            "`a` bounds overage, and nothing may be owed",
        ),
        (
            "[{ name = \"a\", amount = 1, covers = [\"included\"], counts = [\"purchased\"] }]".to_owned(),
            "`a` counts nothing of what it covers, so that it never fills",
        ),
        (
            "[{ name = \"a\", amount = 1, on_limit = { ask = { probability = 0, raise = 1 } } }]".to_owned(),
            "`a` asks a person who never says yes",
        ),
        (
            "[{ name = \"a\", amount = 1, on_limit = { ask = { delay = \"400 days\", raise = 1 } } }]"
                .to_owned(),
            "`a` asks a person who answers after the end",
        ),
        (
            "[{ name = \"a\", amount = 3, unit = \"in-flight\" }]\nmax_in_flight = 3".to_owned(),
            "`a` can never be met: `max_in_flight` is 3",
        ),
    ];
    for (limits, what) in cases {
        let lines = format!(
            "[policies.p]\nadmission = \"positive\"\ngrants = [{{ credits = 1 }}]\nlimits = {limits}"
        );
        let found = warnings_of(&lines);
        assert!(found.contains(&format!("policies.p.limits {what}")), "{lines}: {found:?}");
    }
    let sound = format!(
        "[policies.p]\nadmission = \"positive\"\ngrants = [{{ credits = 1 }}]\nlimits = [{{ name = \"d\", amount = 10, {operations}\"day\" }} }}, \
         {{ name = \"w\", amount = 60, {operations}\"week\" }} }}, {{ name = \"few\", chain = \"c\", per = \"member\", \
         amount = {{ members = {{ \"1\" = 5 }} }} }}, {{ name = \"rest\", chain = \"c\", amount = 50 }}]"
    );
    let found = warnings_of(&sound);
    assert!(!found.iter().any(|warning| warning.contains("limits")), "{found:?}");
}
