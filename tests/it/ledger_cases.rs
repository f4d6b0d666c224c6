//! Ledger cases written as scenarios of a few lines, their end state read from `organizations.csv`.

use crate::common::{Place, table};

/// Runs a scenario with these keys of the cohort and of the policy; compares columns of `organizations.csv` as text.
#[track_caller]
fn check(cohort: &str, policy: &str, expected: &[(&str, &str)]) {
    let scenario = format!(
        "version = 1\nname = \"case\"\nstart = 2025-01-01\nend = 2025-04-01\nseed = 1\nreplications = 1\n\
         [features.work]\n[features.other]\n[[cohorts]]\nname = \"one\"\n{cohort}\n[policies.case]\n{policy}\n"
    );
    let place = Place::with(&scenario);
    place.run(&["--audit"]);
    let rows = table(&place.path("out"), "organizations.csv");
    let row = rows.first().expect("one organization");
    for (name, wanted) in expected {
        let found = row.get(*name).unwrap_or_else(|| panic!("no column {name}"));
        assert_eq!(found, *wanted, "{name}");
    }
}

#[test]
fn priorities_come_before_ends_and_ends_before_categories() {
    check(
        r#"grants = [
             { id = 1, credits = 10, category = "included", priority = 1 },
             { id = 2, credits = 10, category = "purchased", expires_at = 2025-02-01 },
             { id = 3, credits = 10, category = "promotional" },
           ]
           operations = [{ at = 2025-01-02, feature = "work", credits = 15 }]"#,
        "",
        &[
            ("burned_credits_purchased", "10"),
            ("burned_credits_promotional", "5"),
            ("burned_credits_included", "0"),
            ("remaining_credits_end", "15"),
        ],
    );
}

#[test]
fn a_tie_is_broken_by_id() {
    check(
        r#"grants = [
             { id = 9, credits = 10, category = "included", expires_at = 2025-02-01 },
             { id = 4, credits = 6, category = "included", expires_at = 2025-02-01 },
           ]
           operations = [{ at = 2025-01-02, feature = "work", credits = 7 }]"#,
        "",
        &[("burned_credits", "7"), ("expired_credits", "9"), ("remaining_credits_end", "0")],
    );
}

#[test]
fn an_expiry_at_a_close_comes_before_the_rollover() {
    check(
        r#"grants = [{ id = 1, credits = 10, expires_at = 2025-02-01, rollover = { min_credits = 20 } }]
           cycle_closes = [2025-02-01]"#,
        "",
        &[("issued_credits", "10"), ("expired_credits", "10"), ("remaining_credits_end", "0")],
    );
}

#[test]
fn a_recurrence_at_a_close_belongs_to_the_new_cycle() {
    check(
        r#"grants = [{ id = 1, credits = 10, effective_at = 2025-01-01, recurrence = { every = "month", anchor = 2025-01-01 }, rollover = "none" }]
           cycle_closes = [2025-02-01, 2025-03-01]
           operations = [{ at = 2025-02-01, feature = "work", credits = 4 }]"#,
        "",
        &[
            ("issued_credits", "30"),
            ("burned_credits", "4"),
            ("expired_credits", "16"),
            ("remaining_credits_end", "10"),
        ],
    );
}

#[test]
fn a_rollover_has_a_minimum_and_a_maximum() {
    check(
        r#"grants = [
             { id = 1, credits = 10, category = "promotional", rollover = { min_credits = 3, max_credits = 8 } },
             { id = 2, credits = 20, category = "purchased", rollover = { max_credits = 8 } },
           ]
           cycle_closes = [2025-02-01]
           operations = [{ at = 2025-01-02, feature = "work", credits = 9 }]"#,
        "",
        &[
            ("issued_credits_included", "2"),
            ("expired_credits_purchased", "12"),
            ("rolled_over_credits", "9"),
            ("remaining_credits_end", "11"),
        ],
    );
}

#[test]
fn debt_is_carried_over_a_close_and_repaid_by_the_next_grant() {
    check(
        r#"debt_at_start = 5
           grants = [{ id = 1, credits = 12, effective_at = 2025-02-15 }]
           cycle_closes = [2025-02-01]
           operations = [{ at = 2025-01-02, feature = "work", credits = 4 }]"#,
        "overdraft = 6",
        &[
            ("debt_incurred_credits", "4"),
            ("debt_repaid_credits", "9"),
            ("debt_end_credits", "0"),
            ("overspend_credits", "3"),
            ("remaining_credits_end", "3"),
        ],
    );
}

#[test]
fn a_voided_grant_leaves_nothing_negative() {
    check(
        r#"grants = [{ id = 1, credits = 10, voided_at = 2025-01-10 }, { id = 2, credits = 5, effective_at = 2025-01-05, expires_at = 2025-01-20 }]
           operations = [{ at = 2025-01-06, feature = "work", credits = 7 }, { at = 2025-01-12, feature = "other", credits = 1 }]"#,
        "",
        &[
            ("burned_credits", "7"),
            ("voided_credits", "8"),
            ("debt_end_credits", "1"),
            ("remaining_credits_end", "0"),
        ],
    );
}

#[test]
fn overlapping_grants_burn_one_after_the_other() {
    check(
        r#"grants = [
             { id = 1, credits = 10, effective_at = 2025-01-01, expires_at = 2025-01-15 },
             { id = 2, credits = 10, effective_at = 2025-01-10, expires_at = 2025-01-25 },
             { id = 3, credits = 10, effective_at = 2025-01-20, expires_at = 2025-02-05 },
           ]
           operations = [
             { at = 2025-01-12, feature = "work", credits = 12 },
             { at = 2025-01-22, feature = "work", credits = 9 },
           ]"#,
        "",
        &[("burned_credits", "21"), ("expired_credits", "9"), ("debt_incurred_credits", "0")],
    );
}

#[test]
fn an_opening_remainder_is_what_is_left() {
    check(
        r#"grants = [{ id = 1, credits = 100, effective_at = 2024-12-01, expires_at = 2025-03-01, remaining = 37.25, price = "50 USD" }]
           operations = [{ at = 2025-01-02, feature = "work", credits = 7.25 }]"#,
        "",
        &[
            ("issued_credits", "37.25"),
            ("burned_credits", "7.25"),
            ("expired_credits", "30"),
            ("cash_money", "0"),
            ("recognized_money", "18.625"),
            ("breakage_money", "15"),
        ],
    );
}

#[test]
fn a_month_end_is_clamped_and_a_leap_year_known() {
    check(
        r#"grants = [{ id = 1, credits = 10, effective_at = 2025-01-31, recurrence = { every = "month", anchor = 2025-01-31, mode = "add", valid = "month" } }]"#,
        "",
        // 31 January, 28 February (ends 28 March), 31 March.
        &[("issued_credits", "30"), ("expired_credits", "10"), ("remaining_credits_end", "20")],
    );
}

#[test]
fn work_in_flight_at_the_end_is_not_charged() {
    check(
        r#"grants = [{ id = 1, credits = 10 }]
           operations = [{ at = 2025-03-31T23:00:00, feature = "work", credits = 4, duration = "1 h" }]"#,
        "",
        &[("operations_in_flight_end", "1"), ("charged_credits", "0"), ("remaining_credits_end", "10")],
    );
}

#[test]
fn what_the_vendor_absorbs_counts_before_the_work_has_ended() {
    check(
        r#"grants = [{ id = 1, credits = 40 }]
           operations = [{ at = 2025-03-31T20:00:00, feature = "work", credits = 9, duration = "4 h" }]"#,
        "admission = { hold = { estimate = 7, overrun = \"absorb\" } }\ncharge = \"start\"",
        &[
            ("operations_in_flight_end", "1"),
            ("charged_credits", "7"),
            ("absorbed_credits", "2"),
            ("remaining_credits_end", "33"),
        ],
    );
}

#[test]
fn a_recurrence_leaves_a_grant_its_place() {
    check(
        r#"grants = [
             { id = 2, credits = 60, category = "promotional", created_at = 2024-11-01, effective_at = 2025-01-01, recurrence = { every = "10 days" } },
             { id = 1, credits = 60, category = "included", created_at = 2024-11-20, effective_at = 2025-01-01 },
           ]
           operations = [
             { at = 2025-01-03, feature = "work", credits = 5 },
             { at = 2025-03-03, feature = "work", credits = 5 },
           ]"#,
        "preset = \"openmeter\"",
        &[("burned_credits_promotional", "10"), ("burned_credits_included", "0")],
    );
}

#[test]
fn the_opening_and_what_recurs_at_the_start_are_one_event() {
    check(
        r#"debt_at_start = 12
           grants = [{ id = 1, credits = 50, effective_at = 2024-12-01, remaining = 3, recurrence = { every = "month" } }]"#,
        "overdraft = \"unlimited\"\npackages = [{ name = \"p\", credits = 20, price = \"4 USD\" }]\ntop_up = { threshold = 8 }",
        &[("debt_repaid_credits", "12"), ("debt_end_credits", "0"), ("auto_top_ups", "0")],
    );
}

#[test]
fn a_hold_keeps_others_out_until_it_is_settled() {
    check(
        r#"grants = [{ id = 1, credits = 10 }]
           operations = [
             { at = 2025-01-02T00:00:00, feature = "work", credits = 4, duration = "1 h" },
             { at = 2025-01-02T00:30:00, feature = "work", credits = 4, duration = "1 h" },
             { at = 2025-01-02T01:00:00, feature = "work", credits = 4, duration = "1 h" },
           ]"#,
        "admission = { hold = { estimate = 6 } }",
        &[
            ("operations_served", "2"),
            ("operations_refused", "1"),
            ("hold_induced_refusals", "1"),
            ("remaining_credits_end", "2"),
        ],
    );
}
