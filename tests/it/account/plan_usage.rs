//! What a change of plan does to work in flight, and what counts as used of an allowance that it changes.

use super::harness::check;

#[test]
fn a_change_at_once_kills_what_the_new_plan_kills() {
    check(&[
        (
            "in a cycle of its own, though no balance moves",
            "plan a: allowance = 10
             plan b: in_flight = \"kill\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             use 10 of other at 5 Jan
             use 4 at 14 Jan 23:00 for 2 h
             => killed 1, charges 10+2, debt 2, kill-days 2025-01-15T00:00:00Z",
        ),
        (
            "and in the running cycle",
            "plan a: allowance = 10
             plan b: in_flight = \"kill\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"none\" }]
             use 10 of other at 5 Jan
             use 4 at 14 Jan 23:00 for 2 h
             => killed 1, charges 10+2, debt 2, kill-days 2025-01-15T00:00:00Z",
        ),
    ]);
}

#[test]
fn what_is_used_of_an_allowance_is_counted_once_through_every_change() {
    check(&[
        (
            "two changes, the first of which changes no amount",
            "plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan c: allowance = { credits = 20, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-10T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }, { at = 2025-01-22T00:00:00Z, to = \"c\", effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             until 1 Feb
             use 4 at 5 Jan
             => remaining 16",
        ),
        (
            "the first of which converts at par",
            "plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan c: allowance = { credits = 20, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-10T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"none\", convert = { factor = 1 } }, { at = 2025-01-22T00:00:00Z, to = \"c\", effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             until 1 Feb
             use 4 at 5 Jan
             => remaining 16",
        ),
        (
            "from a reset on it counts anew",
            "plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan c: allowance = { credits = 20, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-10T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", usage = \"reset\" }, { at = 2025-01-22T00:00:00Z, to = \"c\", effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             until 1 Feb
             use 4 at 5 Jan
             use 3 at 15 Jan
             => remaining 17",
        ),
        (
            "what a refund gives back behind a change has not been used",
            "charge = \"start\"
             on_failure = \"free\"
             plan a: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 62, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }, { at = 2025-01-27T00:00:00Z, to = \"a\", effective = \"now\", cycle = \"keep\" }]
             until 1 Feb
             use 20 at 10 Jan for 15 days fails after 15 days
             at 23 Jan: available 21
             at 26 Jan: available 41
             => remaining 36, charged 0",
        ),
        (
            "with a price that the change has moved too",
            "charge = \"start\"
             on_failure = \"free\"
             plan a: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan a: subscription = \"31 USD\"
             plan b: allowance = { credits = 62, anchor = \"calendar-month\" }
             plan b: subscription = \"62 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }, { at = 2025-01-27T00:00:00Z, to = \"a\", effective = \"now\", cycle = \"keep\" }]
             until 1 Feb
             use 20 at 10 Jan for 15 days fails after 15 days
             => remaining 36, charged 0, cash 41, credit-notes 5",
        ),
    ]);
}

#[test]
fn an_allowance_that_has_ended_stays_ended() {
    check(&[
        (
            "whatever a change of plan would make of it",
            "until 20 Jan
             plan a: allowance = 10
             plan b: allowance = 20
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-05T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"none\", convert = { factor = 1, expires_after = \"2 days\" } }, { at = 2025-01-10T00:00:00Z, to = \"a\", effective = \"now\", cycle = \"keep\", prorate = \"none\", usage = \"reset\" }]
             => expired 10, issued 10, remaining 0",
        ),
        (
            "though a hold keeps some of it",
            "until 20 Jan
             admission = { hold = { estimate = 4, pins_expiry = true } }
             plan a: allowance = 10
             plan b: allowance = 20
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-05T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"none\", convert = { factor = 1, expires_after = \"2 days\" } }, { at = 2025-01-10T00:00:00Z, to = \"a\", effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             use 4 at 6 Jan for 10 days
             => expired 6, voided 0, burned 4, incurred 0",
        ),
    ]);
}
