//! Credits for some features as they are written: what is refused, and what is pointed out.

use super::messages::warnings_of;
use super::{problems_of, terms_with, text_with};
use crate::policy::BurnKey;

#[test]
fn mistakes_in_scopes_are_named() {
    let cases = [
        ("grants = [{ credits = 5, features = [\"pots\"] }]", "grants.0.features.0", "names no feature"),
        (
            "grants = [{ credits = 5, features = [] }]",
            "grants.0.features",
            "names no feature, so that nobody",
        ),
        ("grants = [{ credits = 5, features = \"post\" }]", "grants.0.features", "is \"post\""),
        ("allowance = { credits = 5, features = [\"pots\"] }", "allowance.features.0", "names no feature"),
        (
            "packages = [{ name = \"a\", credits = 5, features = [\"pots\"] }]",
            "packages.a.features.0",
            "names no feature",
        ),
        ("grants = [{ credits = 5, groups = [\"sales\"] }]", "grants.0.groups.0", "is \"sales\""),
        ("grants = [{ credits = 5, groups = [] }]", "grants.0.groups", "names no group, so that nobody"),
        ("grants = [{ credits = 5, per = \"seat\" }]", "grants.0.per", "is \"seat\""),
        (
            "allowance = { credits = 5, per = \"group\" }",
            "allowance.per",
            "is \"group\", and no cohort has `groups`",
        ),
        ("allowance = 5\nrollover = { across = \"seats\" }", "rollover.across", "is \"seats\""),
    ];
    for (lines, key, what) in cases {
        let text = text_with("policies", &format!("[policies.p]\n{lines}"));
        let problems = problems_of(&text);
        let keys: Vec<&str> = problems.iter().map(|problem| problem.key.as_str()).collect();
        assert_eq!(keys.first(), Some(&format!("policies.p.{key}").as_str()), "{lines}: {keys:?}");
        assert!(problems[0].what.contains(what), "{lines}: {}", problems[0].what);
    }
}

#[test]
fn the_check_points_out_credits_that_are_not_meant() {
    let cases = [
        (
            "[policies.p]\ngrants = [{ credits = 5, features = [\"view\"] }]",
            "are for `view` alone, which nobody pays for",
        ),
        (
            "[policies.p]\npackages = [{ name = \"a\", credits = 5, price = \"1 USD\", features = [\"post\"] }]\n\
             top_up = { threshold = 1 }",
            "which is for `post`, when all credits together are low",
        ),
        (
            "[policies.p]\nallowance = { credits = 5, features = [\"post\"] }\nshort = \"allow\"\noverdraft = 9",
            "permits debt that nothing repays",
        ),
        (
            "[policies.p]\ngrants = [{ credits = 5, groups = [\"law\"] }]\n[[cohorts]]\nname = \"firm\"\n\
             groups = { law = 0, sales = 1 }",
            "are for `law` alone, which nobody is in",
        ),
        (
            "[policies.p]\nallowance = 5\nrollover = { max_total = 9, across = \"organization\" }",
            "has `across`, which changes nothing here",
        ),
        (
            "[policies.p]\npackages = [{ name = \"a\", credits = 5, price = \"1 USD\", per = \"member\" }]\n\
             top_up = { threshold = 1 }",
            "which is for one member, when all credits together are low",
        ),
        (
            "[policies.p]\nallowance = 5\nseats = \"at-once\"",
            "follows members at once, and no cohort's come and go",
        ),
        (
            "[policies.p]\nallowance = 5\non_leave = \"keep\"",
            "is about members who leave, and no cohort's do",
        ),
    ];
    for (lines, what) in cases {
        let warnings = warnings_of(lines);
        assert!(warnings.iter().any(|warning| warning.contains(what)), "{lines}: {warnings:?}");
    }
}

#[test]
fn the_narrower_burns_right_behind_the_priority_where_nothing_else_is_said() {
    let cases = [
        ("", 1),
        ("burn_order = [\"category\", \"priority\", \"expires_at\"]", 2),
        ("burn_order = [\"scope\", \"priority\"]", 0),
        ("burn_order = [\"created_at\"]", 2),
    ];
    for (lines, place) in cases {
        let order = terms_with(lines).burn_order;
        assert_eq!(order.iter().position(|key| *key == BurnKey::Scope), Some(place), "{lines}: {order:?}");
    }
}
