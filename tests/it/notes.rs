//! The notes under the tables and the warnings of `check`, as the command tells them.

use super::told::told;

/// A scenario with one policy and three operations: 15 of 10 credits, then 5 and 5.
fn short(policy: &str) -> String {
    format!(
        "[features.work]\n[[cohorts]]\nname = \"one\"\ngrants = [{{ id = 1, credits = 10, category = \"purchased\" }}]\n\
         operations = [\n{}]\n[policies.case]\n{policy}",
        [("3", 15), ("4", 5), ("5", 5)]
            .map(|(day, credits)| format!(
                " {{ at = 2025-01-0{day}, feature = \"work\", credits = {credits}, duration = \"10 min\" }},\n"
            ))
            .concat()
    )
}

#[test]
fn a_note_says_what_a_default_decided_what_is_still_to_come_and_what_has_no_price() {
    let overage = "short = \"allow\"\noverdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"2 USD\" }\n";
    for (policy, note) in [
        (
            "admission = \"positive\"\nshort = \"queue\"",
            "2 operations lost after waiting too long, by a default; write `patience`",
        ),
        (overage, "15 credits (30 USD) owed at the end, to be invoiced after it"),
        (
            "short = \"allow\"\noverdraft = { limit = \"unlimited\", at_cycle = \"invoice\" }",
            "15 credits (without a price) owed at the end",
        ),
        (
            &format!(
                "{overage}cycle = {{ every = \"15 days\" }}\ninvoices = {{ pay = \"terms\", delay = \"30 days\" }}"
            ),
            "30 USD of invoices are paid after the end",
        ),
        (
            "admission = \"positive\"\npackages = [{ name = \"p\", credits = 100 }]\ntop_up = { threshold = 5, package = \"p\" }",
            "something sold has no price, so money is not available",
        ),
    ] {
        let wanted = format!("`case`: {note}");
        let (text, errors) = told(&["run"], &short(policy));
        assert!(text.contains(&wanted), "{policy}\n{text}\n{errors}");
        let (json, errors) = told(&["run", "--format", "json"], &short(policy));
        let value: serde_json::Value =
            serde_json::from_str(&json).unwrap_or_else(|_| panic!("{json}\n{errors}"));
        let notes = value["notes"].as_array().expect("a list");
        assert!(
            notes.iter().any(|found| found.as_str().is_some_and(|found| found.starts_with(&wanted))),
            "{json}"
        );
    }
    let lost_by_default =
        "limits = [{ name = \"one\", amount = 1, unit = \"operations\", on_limit = \"queue\", max = 9 }]";
    let (text, _) = told(&["run"], &short(lost_by_default));
    assert!(text.contains("lost after waiting too long, by a default"), "{text}");
    for quiet in [
        "admission = \"positive\"\nshort = \"queue\"\npatience = \"1 day\"",
        "limits = [{ name = \"one\", amount = 1, unit = \"operations\", on_limit = \"queue\", patience = \"1 h\" }]",
        "limits = [{ name = \"one\", amount = 1, unit = \"operations\", on_limit = \"queue\", max = 0 }]",
    ] {
        let (text, _) = told(&["run"], &short(quiet));
        assert!(text.contains("lost") && !text.contains("by a default"), "{quiet}\n{text}");
    }
}

/// Notes of a run, those of one policy without its name.
fn notes(body: &str) -> Vec<String> {
    let (json, errors) = told(&["run", "--format", "json"], body);
    let value: serde_json::Value = serde_json::from_str(&json).unwrap_or_else(|_| panic!("{json}\n{errors}"));
    let notes = value["notes"].as_array().expect("a list");
    notes.iter().filter_map(|note| note.as_str()).map(|note| note.replace("`case`: ", "")).collect()
}

#[track_caller]
fn decides(body: &str, written: &str, note: &str) {
    let left_out = notes(body);
    assert!(left_out.iter().any(|found| found == note), "{body}\n{left_out:#?}");
    let said = notes(&format!("{body}{written}\n"));
    assert!(!said.iter().any(|found| found.contains("by a default")), "{body}{written}\n{said:#?}");
}

#[test]
fn a_queue_cap_that_nobody_wrote_is_named_when_it_decides() {
    // 1,003 operations wait for credits that never come: a thousand fit the queue.
    let operation = " { at = 2025-01-03, feature = \"work\", credits = 1 },\n";
    let body = format!(
        "[features.work]\n[[cohorts]]\nname = \"one\"\noperations = [\n{}]\n[policies.case]\n\
         admission = \"positive\"\nshort = \"queue\"\npatience = \"90 days\"\n",
        operation.repeat(1_003)
    );
    let note = "3 operations lost in a full queue, by a default; write `queue_max` to decide it";
    decides(&body, "queue_max = 1000", note);
}

#[test]
fn restarts_at_one_instant_that_nobody_wrote_are_named_when_they_overspend() {
    // Two operations of 8 wait; 10 credits come, and both start on more than nothing: 6 beyond the limit.
    let body = "[features.work]\n[[cohorts]]\nname = \"one\"\n\
                grants = [{ id = 1, credits = 10, category = \"purchased\", effective_at = 2025-01-04 }]\n\
                operations = [\n { at = 2025-01-03T20:00:00Z, feature = \"work\", credits = 8, duration = \"1 h\" },\n \
                { at = 2025-01-03T21:00:00Z, feature = \"work\", credits = 8, duration = \"1 h\" },\n]\n\
                [policies.case]\nadmission = \"positive\"\nshort = \"queue\"\n";
    let note = "6 credits overspent by restarts at one instant, by a default; write `resume` to decide it";
    decides(body, "resume = \"0s\"", note);
    let apart = notes(&format!("{body}resume = \"2 h\"\n"));
    assert!(!apart.iter().any(|note| note.contains("overspent")), "{apart:#?}");
}

/// A scenario whose customers sign up during the horizon, with two plans.
fn plans(start: &str, next: &str, policy: &str) -> String {
    format!(
        "[features.work]\ncost = 1\narrivals = {{ poisson = \"1/day\" }}\n[[cohorts]]\nname = \"one\"\nplan = \"a\"\n\
         signed_up = {{ during = \"10 days\" }}\n[policies.case]\nplan_changes = [{{ after = \"5 days\", to = \"b\", {policy} }}]\n\
         [policies.case.plans.a]\n{start}\n[policies.case.plans.b]\n{next}\n"
    )
}

#[test]
fn a_file_whose_result_differs_from_the_first_release_is_told_so() {
    const SIGN_UP: &str = "allowance = 10";
    let differ = |body: &str| {
        let (text, errors) = told(&["run"], body);
        assert!(text.contains("operations_demanded") || text.contains("baseline"), "{text}{errors}");
        let words: Vec<&str> = text.split_whitespace().collect();
        words.join(" ")
    };
    for (next, policy, causes) in [
        (SIGN_UP, "", vec![]),
        (SIGN_UP, "effective = \"now\", cycle = \"keep\"", vec![]),
        (
            SIGN_UP,
            "effective = \"now\"",
            vec!["a change of plan at once begins a cycle of its own and is billed once (`case`)"],
        ),
        (
            "allowance = { credits = 10, anchor = \"calendar-month\", opening = \"prorated\" }\n\
             grants = [{ credits = 5, category = \"promotional\" }]",
            "effective = \"now\"",
            vec![
                "a change of plan at once begins a cycle of its own and is billed once (`case`)",
                "a change of plan gives the new plan's own grants (`case`)",
                "every first period on fixed dates is prorated, and so is its price (`case`)",
            ],
        ),
    ] {
        let said = differ(&plans(SIGN_UP, next, policy));
        let wanted = format!("results differ from release 0.1: {}", causes.join("; "));
        assert_eq!(said.contains(&wanted), !causes.is_empty(), "{next} {policy}\n{said}");
        assert_eq!(said.contains("results differ"), !causes.is_empty(), "{next} {policy}\n{said}");
    }
}

#[test]
fn a_first_period_billed_in_full_is_warned_of_unless_it_is_written() {
    let fixed = |opening: &str| {
        format!(
            "allowance = {{ credits = 10, anchor = \"calendar-month\"{opening} }}\nsubscription = \"10 USD\""
        )
    };
    for (start, warns) in [
        (fixed(""), true),
        (fixed(", opening = \"full\""), false),
        (fixed(", opening = \"prorated\""), false),
        ("allowance = 10\nsubscription = \"10 USD\"".to_owned(), false),
        ("allowance = { credits = 10, anchor = \"calendar-month\" }".to_owned(), false),
    ] {
        let (text, errors) = told(&["check"], &plans(&start, "allowance = 1", ""));
        let told: Vec<String> = (text + &errors).split_whitespace().map(str::to_owned).collect();
        let told = told.join(" ");
        assert!(!told.contains("error"), "{told}");
        assert_eq!(told.contains("bills the first period in full"), warns, "{start}\n{told}");
        assert_eq!(told.contains("pays and gets a whole one for the rest of it"), warns, "{told}");
    }
}
