//! Rates: what an operation costs belongs to the terms (docs/semantics.md §13).

use super::harness::check;

#[test]
fn a_rate_replaces_what_the_feature_says() {
    check(&[
        (
            "a number, whatever the operation costs; a feature without a rate keeps its own",
            "rates = { work = 4 }
             grant 1: 100 purchased
             use 10 at 2 Jan
             use 3 at 3 Jan
             use 5 of other at 4 Jan
             => charged 13, demand-credits 13, demand-list-credits 18, repricing 0",
        ),
        (
            "a formula over the cost, in a run over that of each step",
            "rates = { work = \"cost * 1.5 + 1\" }
             charge = \"step\"
             grant 1: 100 purchased
             use 10 at 2 Jan
             run of work at 3 Jan: step 2 for 10 min; helper for 1 min; step 4 for 10 min
             => charged 27, demand-list-credits 16",
        ),
        (
            "over the duration in seconds, and the turn among the steps",
            "rates = { work = \"duration / 60 + turn\" }
             grant 1: 100 purchased
             use 10 at 2 Jan for 10 min
             run of work at 3 Jan: step 2 for 1 min; step 4 for 2 min
             => charged 17",
        ),
        (
            "is rounded by itself",
            "rates = { work = \"cost / 3\" }
             round = { up = 1 }
             grant 1: 100 purchased
             use 10 at 2 Jan
             => charged 4, demand-credits 3.333333",
        ),
    ]);
}

#[test]
fn cards_apply_by_date_clock_and_sign_up() {
    check(&[
        (
            "the last card that applies wins, feature by feature; the first instant counts, the last does not",
            "rates = [{ work = 2, other = 1 }, { from = 2025-01-05, until = 2025-01-07, work = 3 }]
             grant 1: 1000 purchased
             use 10 at 4 Jan 23:59
             use 10 at 5 Jan
             use 10 at 6 Jan 23:59
             use 10 at 7 Jan
             use 10 of other at 6 Jan
             => charged 11",
        ),
        (
            "hours that pass midnight belong to the day on which they begin",
            "rates = [{ hours = \"22-06\", weekdays = [\"Fri\"], work = 1 }]
             grant 1: 1000 purchased
             use 100 at 3 Jan 21:59
             use 100 at 3 Jan 22:00
             use 100 at 4 Jan 05:59
             use 100 at 4 Jan 06:00
             use 100 at 4 Jan 22:00
             => charged 302",
        ),
        (
            "a doubled hour counts twice: 26 October 2025 has 02:30 at 00:30 and at 01:30 UTC",
            "zone Europe/Berlin
             from 25 Oct
             until 28 Oct
             rates = [{ hours = \"2-3\", work = 1 }]
             grant 1: 1000 purchased
             use 100 at 2025-10-26T00:30:00Z
             use 100 at 2025-10-26T01:30:00Z
             use 100 at 2025-10-26T02:30:00Z
             => charged 102",
        ),
        (
            "a missing hour never does: 30 March 2025 goes from 02:00 to 03:00",
            "zone Europe/Berlin
             from 29 Mar
             until 1 Apr
             rates = [{ hours = \"2-3\", work = 1 }]
             grant 1: 1000 purchased
             use 10 at 2025-03-30T00:59:00Z
             use 10 at 2025-03-30T01:00:00Z
             use 10 at 2025-03-31T00:30:00Z
             => charged 21",
        ),
        (
            "who signed up before keeps the old prices",
            "rates = [{ work = 5 }, { signed_up = { before = 2025-01-01 }, work = 2 }]
             signed up 31 Dec 2024
             grant 1: 1000 purchased
             use 10 at 4 Jan
             => charged 2",
        ),
        (
            "who signed up at that instant does not",
            "rates = [{ work = 5 }, { signed_up = { before = 2025-01-01 }, work = 2 }]
             signed up 1 Jan
             grant 1: 1000 purchased
             use 10 at 4 Jan
             => charged 5",
        ),
    ]);
}

#[test]
fn the_price_of_the_start_is_fixed_for_life() {
    check(&[
        (
            "what starts before a change of price is charged the old one, step by step",
            "rates = [{ from = 2025-01-03, work = \"cost * 2\" }]
             charge = \"step\"
             grant 1: 1000 purchased
             run of work at 2 Jan 23:55: step 2 for 10 min; step 4 for 10 min
             => charged 6, demand-credits 6, repricing 0",
        ),
        (
            "what waits through it is charged the new one, and counted as demand at the old one",
            "rates = [{ from = 2025-01-03, work = \"cost * 2\" }]
             admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"10 days\"
             grant 1: 5 purchased
             grant 2: 100 purchased, from 4 Jan
             use 10 at 2 Jan
             => served 1, charged 20, demand-credits 10, demand-list-credits 10, repricing 10",
        ),
        (
            "a check asks for the price of its instant: at night the head of the queue passes",
            "rates = [{ hours = \"22-06\", work = \"cost / 2\" }]
             admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"10 days\"
             grant 1: 5 purchased
             use 10 at 2 Jan 12:00
             at 2 Jan 22:00: available 5
             at 2 Jan 22:01: available 0
             => served 1, charged 5, demand-credits 10, repricing -5",
        ),
        (
            "what is lost is lost at the price of its arrival",
            "rates = [{ from = 2025-01-03, work = \"cost * 2\" }]
             admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"2 days\"
             grant 1: 5 purchased
             use 10 at 2 Jan
             use 10 at 3 Jan
             => served 0, lost-credits 30, lost-list-credits 20, demand-credits 30, repricing 0",
        ),
        (
            "killed work is charged pro rata of the price of its start",
            "rates = [{ work = \"cost * 2\" }]
             in_flight = \"kill\"
             admission = \"positive\"
             grant 1: 10 purchased
             use 5 at 2 Jan 00:00 for 10 min
             use 10 at 2 Jan 00:00 for 20 min
             => served 1, killed 1, charged 20, killed-work 10",
        ),
    ]);
}

#[test]
fn estimates_go_through_the_card() {
    check(&[
        (
            "expected: the mean of the feature's cost by the rate of the check",
            "feature work: cost = { uniform = [1, 3] }
             rates = { work = \"cost * 2 + 1\" }
             admission = { hold = { estimate = \"expected\" } }
             grant 1: 100 purchased
             use 1 at 2 Jan for 10 min
             at 2 Jan 00:05: held 5
             => charged 3",
        ),
        (
            "a quantile, too",
            "feature work: cost = { uniform = [1, 3] }
             rates = { work = \"cost * 2\" }
             admission = { hold = { estimate = { quantile = 0.75 } } }
             grant 1: 100 purchased
             use 1 at 2 Jan for 10 min
             at 2 Jan 00:05: held 5
             => charged 2",
        ),
        (
            "history prices what was used before by the card of the check",
            "rates = [{ from = 2025-01-03, work = \"cost * 3\" }]
             admission = { hold = { estimate = { history = \"last\" } } }
             grant 1: 100 purchased
             use 4 at 2 Jan
             use 1 at 3 Jan for 10 min
             at 3 Jan 00:05: held 12
             => charged 7",
        ),
        (
            "a fixed estimate is never scaled",
            "rates = { work = \"cost * 3\" }
             admission = { hold = { estimate = { fixed = 2 } } }
             grant 1: 100 purchased
             use 4 at 2 Jan for 10 min
             at 2 Jan 00:05: held 2
             => charged 12",
        ),
    ]);
}

#[test]
fn plans_and_rules_change_the_card() {
    check(&[
        (
            "a change of plan brings the plan's rates",
            "plan basic: rates = { work = 1 }
             plan pro: rates = { work = 2 }
             customer plan = \"basic\"
             plan_changes = [{ at = 2025-01-05, to = \"pro\", effective = \"now\" }]
             grant 1: 100 purchased
             use 10 at 4 Jan
             use 10 at 5 Jan
             => charged 3",
        ),
        (
            "a change of rules too, feature by feature",
            "rates = { work = 1, other = 3 }
             changes = [{ at = 2025-01-05, set = { rates = { work = 2 } } }]
             grant 1: 100 purchased
             use 10 at 4 Jan
             use 10 at 5 Jan
             use 10 of other at 6 Jan
             => charged 6",
        ),
    ]);
}
