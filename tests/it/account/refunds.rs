//! What was charged early is given back to work that fails, is cancelled, or is killed at the vendor's cost.

use super::harness::check;

#[test]
fn work_that_breaks_is_given_back_what_it_does_not_owe() {
    check(&[
        (
            "charged at the start and failed, free of charge",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 100 purchased
             use 30 at 2 Jan for 10 min
             use 10 at 3 Jan for 10 min fails after 10 min
             => remaining 70, charged 30, burned 30, failed 1, issued 100, due 30, refunded 0",
        ),
        (
            "only finished steps are owed: a single step that fails has none",
            "charge = \"start\"
             grant 1: 100 purchased
             use 10 at 3 Jan for 10 min fails after 5 min
             => remaining 100, charged 0, due 0",
        ),
        (
            "all work done is owed: half of it",
            "charge = \"start\"
             on_failure = \"charge-all\"
             grant 1: 100 purchased
             use 10 at 3 Jan for 10 min fails after 5 min
             => remaining 95, charged 5, due 5",
        ),
        (
            "with the minimum, if it is owed after a failure",
            "charge = \"start\"
             on_failure = \"free\"
             minimum = 3
             minimum_on_failure = true
             grant 1: 100 purchased
             use 10 at 3 Jan for 10 min fails after 5 min
             => remaining 97, charged 3",
        ),
        (
            "rounded as charges are",
            "charge = \"start\"
             on_failure = \"charge-all\"
             round = \"up\"
             grant 1: 100 purchased
             use 9.5 at 3 Jan for 10 min fails after 5 min
             => charges 10, remaining 95, charged 5",
        ),
        (
            "what the charge moment has recorded stays with a cancelled operation",
            "charge = \"start\"
             grant 1: 100 purchased
             use 10 at 3 Jan for 10 min cancelled after 5 min
             => remaining 90, charged 10",
        ),
        (
            "unless cancelling is free",
            "charge = \"start\"
             on_cancel = \"free\"
             grant 1: 100 purchased
             use 10 at 3 Jan for 10 min cancelled after 5 min
             => remaining 100, charged 0",
        ),
        (
            "steps that were charged",
            "charge = \"step\"
             on_failure = \"free\"
             grant 1: 100 purchased
             run of work at 2 Jan: step 3 for 10 min; step 4 for 10 min; step 5 for 10 min; fails in 3 after 5 min
             => charges 3+4, remaining 100, charged 0",
        ),
        (
            "a rolled lot whose last close has ended it takes nothing back, though it was not used up",
            "allowance = { credits = 10, every = \"10 days\" }
             rollover = { max_periods = 1, burns = \"before\" }
             charge = \"start\"
             on_cancel = \"free\"
             use 9 at 12 Jan for 240 h cancelled after 230 h
             => refunded 9",
        ),
        (
            "segments",
            "charge = \"segment\"
             on_cancel = \"free\"
             grant 1: 100 purchased
             run of work at 2 Jan: step 3 for 10 min; review for 1 h; step 4 for 10 min; cancelled in 3 after 5 min
             => charges 3, remaining 100, charged 0",
        ),
        (
            "and under a hold, whose rest is released",
            "admission = { hold = { estimate = \"exact\" } }
             charge = \"step\"
             on_failure = \"free\"
             grant 1: 100 purchased
             run of work at 2 Jan: step 3 for 10 min; step 4 for 10 min; fails in 2 after 5 min
             => charges 3, remaining 100, charged 0, holds-released 1",
        ),
        (
            "killed at the vendor's cost it owes nothing, and the vendor bears what was done",
            "charge = \"step\"
             in_flight = \"kill\"
             killed = \"absorb\"
             grant 1: 4 purchased
             run of work at 2 Jan: step 4 for 10 min; step 4 for 10 min
             => killed 1, charges 4, remaining 4, charged 0, absorbed 4, due 4",
        ),
        (
            "charged under one plan and killed at the vendor's cost under the next",
            "charge = \"start\"
             killed = \"absorb\"
             plan a: in_flight = \"finish\"
             plan b: in_flight = \"kill\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-03T00:00:00Z, to = \"b\", effective = \"now\" }]
             grant 1: 6 purchased
             use 6 at 2 Jan for 72 h
             use 1 at 4 Jan for 10 min
             => killed 1, kill-days 2025-01-03T00:00:00Z, grant 1 5, remaining 5, charged 1, absorbed 2",
        ),
        (
            "killed at its own cost it keeps what it was charged",
            "charge = \"start\"
             in_flight = \"kill\"
             grant 1: 4 purchased
             use 4 at 2 Jan for 10 min
             => killed 1, remaining 0, charged 4",
        ),
        (
            "what a hold's timeout has charged stays charged",
            "admission = { hold = { estimate = 5, timeout = \"1 h\", on_timeout = \"charge\" } }
             on_failure = \"free\"
             grant 1: 10 purchased
             use 5 at 2 Jan for 2 h fails after 2 h
             => charged 5, overcharged 5, remaining 5",
        ),
        (
            "with a metering lag the charge is recorded first",
            "charge = \"start\"
             on_failure = \"free\"
             metering_lag = \"1 h\"
             grant 1: 10 purchased
             use 10 at 2 Jan for 30 min fails after 30 min
             at 2 Jan 00:45: settled 10
             => charge-days 2025-01-02T01:00:00Z, remaining 10, charged 0",
        ),
        (
            "who waits for credits is woken by a refund",
            "admission = { estimate = \"exact\" }
             charge = \"start\"
             on_failure = \"free\"
             customer reactions = { wait = 1.0 }
             grant 1: 10 purchased
             use 10 at 2 Jan for 1 h fails after 1 h
             use 8 at 2 Jan 00:10
             => served 1, failed 1, remaining 2, start-days 2025-01-02T00:00:00Z+2025-01-02T01:00:00Z",
        ),
    ]);
}

#[test]
fn entries_are_undone_in_reverse() {
    check(&[
        (
            "the last grant first",
            "charge = \"start\"
             on_failure = \"charge-all\"
             grant 1: 6 purchased
             grant 2: 4 purchased, priority 1
             use 10 at 2 Jan for 10 min fails after 5 min
             => grant 1 1, grant 2 4, burned 5",
        ),
        (
            "debt before credits",
            "charge = \"start\"
             on_failure = \"charge-all\"
             grant 1: 4 purchased
             use 10 at 2 Jan for 10 min fails after 5 min
             => grant 1 0, debt 1, incurred 1, burned 4, charged 5",
        ),
        (
            "all of both",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 4 purchased
             use 10 at 2 Jan for 10 min fails after 5 min
             => remaining 4, debt 0, incurred 0, charged 0",
        ),
        (
            "debt still owed, then what was repaid of it, to the grant that repaid",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 4 purchased
             grant 2: 3 purchased, from 2 Jan 01:00
             use 10 at 2 Jan for 2 h fails after 2 h
             at 2 Jan 01:30: debt 3, settled -3
             => grant 1 4, grant 2 3, debt 0, incurred 0, repaid 0",
        ),
        (
            "the oldest debt is repaid first: another operation's is not given back",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 6 purchased, from 2 Jan 01:00
             use 6 at 2 Jan for 10 min
             use 6 at 2 Jan 00:30 for 2 h fails after 2 h
             => grant 1 0, debt 0, incurred 6, repaid 6, charged 6",
        ),
        (
            "credits come back to work that is charged later, and repay its debt",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 10 purchased
             use 10 at 2 Jan for 2 h fails after 2 h
             use 4 at 2 Jan 01:00 for 10 min
             => remaining 6, debt 0, repaid 4, incurred 4, burned 0",
        ),
        (
            "debt forgiven meanwhile leaves nothing to give",
            "charge = \"start\"
             on_failure = \"free\"
             overdraft = { limit = \"unlimited\", at_cycle = \"forgive\" }
             close 3 Jan
             use 6 at 2 Jan 23:00 for 2 h fails after 2 h
             => debt 0, forgiven 0, incurred 0, charged 0, remaining 0",
        ),
        (
            "debt invoiced meanwhile is a credit note",
            "charge = \"start\"
             on_failure = \"free\"
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"2 USD\" }
             close 3 Jan
             use 6 at 2 Jan 23:00 for 2 h fails after 2 h
             => debt 0, invoiced 0, incurred 0, charged 0, overage 12, recognized 0, credit-notes 12",
        ),
    ]);
}

#[test]
fn what_has_ended_meanwhile_is_issued_anew() {
    check(&[
        (
            "as a promotion for thirty days",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 10 purchased, expires 2 Jan 01:00
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 10, issued 20, burned 10, charged 0, expired 10, expiry-days 2025-02-01T02:00:00Z",
        ),
        (
            "or as long as the policy says",
            "charge = \"start\"
             on_failure = \"free\"
             refund_valid = \"never\"
             grant 1: 10 purchased, expires 2 Jan 01:00
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 10, remaining 10, expired 0",
        ),
        (
            "what is left of the grant expires as ever",
            "charge = \"start\"
             on_failure = \"free\"
             refund_valid = \"never\"
             grant 1: 15 purchased, expires 2 Jan 01:00
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 10, remaining 10, expired 5",
        ),
        (
            "at the instant at which the grant ends it has ended",
            "charge = \"start\"
             on_failure = \"free\"
             refund_valid = \"never\"
             grant 1: 10 purchased, expires 2 Jan 02:00
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 10, remaining 10",
        ),
        (
            "a spent grant that has not ended is filled again, and its price is owed again",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 10 purchased, price 5
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 0, grant 1 10, recognized 0, deferred 5",
        ),
        (
            "an allowance ends at its close",
            "charge = \"start\"
             on_failure = \"free\"
             allowance = { credits = 100, anchor = \"calendar-month\" }
             until 15 Feb
             use 10 at 31 Jan 23:00 for 2 h fails after 2 h
             => refunded 10, expired 90, remaining 110",
        ),
        (
            "unless it rolls",
            "charge = \"start\"
             on_failure = \"free\"
             allowance = { credits = 100, anchor = \"calendar-month\" }
             rollover = \"all\"
             until 15 Feb
             use 10 at 31 Jan 23:00 for 2 h fails after 2 h
             => refunded 0, remaining 200",
        ),
        (
            "an allowance used up at its close has nothing that rolls",
            "charge = \"start\"
             on_failure = \"free\"
             allowance = { credits = 100, anchor = \"calendar-month\" }
             rollover = \"all\"
             until 15 Feb
             use 100 at 31 Jan 23:00 for 2 h fails after 2 h
             => refunded 100, remaining 200",
        ),
        (
            "what made up a grant's minimum and was used up at a close is another lot than the next minimum",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 10 included, rolls { fraction = 0.0, min_credits = 3 }
             close 1 Feb
             close 5 Feb
             close 8 Feb
             until 1 Mar
             use 3 at 4 Feb for 48 h fails after 48 h
             => refunded 3, minimums 3+3+3, expired 13, remaining included 3, remaining promotional 3",
        ),
        (
            "a voided grant as one that has ended",
            "charge = \"start\"
             on_failure = \"free\"
             refund_valid = \"never\"
             grant 1: 15 purchased, voided 2 Jan 01:00
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 10, voided 5, remaining 10",
        ),
        (
            "and one that had repaid debt",
            "charge = \"start\"
             on_failure = \"free\"
             refund_valid = \"never\"
             grant 1: 10 included, from 2 Jan 00:30, expires 2 Jan 01:00
             use 10 at 2 Jan for 2 h fails after 2 h
             => refunded 10, remaining 10, repaid 10, incurred 10, debt 0",
        ),
    ]);
}

#[test]
fn what_is_charged_early_is_given_back_under_whatever_rules_come_later() {
    check(&[
        (
            "recorded after a change of rules to charging at the end",
            "charge = \"start\"
             on_failure = \"free\"
             metering_lag = \"2 h\"
             changes = [{ at = 2025-01-02T01:00:00Z, set = { charge = \"completion\", on_failure = \"free\" } }]
             grant 1: 10 purchased
             use 10 at 2 Jan for 30 min fails after 30 min
             => charge-days 2025-01-02T02:00:00Z, remaining 10, charged 0",
        ),
        (
            "and after a change of plan",
            "on_failure = \"free\"
             metering_lag = \"2 h\"
             plan a: charge = \"start\"
             plan b: charge = \"completion\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-02T01:00:00Z, to = \"b\", effective = \"now\" }]
             grant 1: 10 purchased
             use 10 at 2 Jan for 30 min fails after 30 min
             => remaining 10, charged 0",
        ),
    ]);
}

#[test]
fn a_lot_that_ended_under_a_hold_and_was_used_up_takes_nothing_back() {
    check(&[(
        "what it gave is issued anew",
        "until 1 Feb
             charge = \"step\"
             on_failure = \"free\"
             admission = { hold = { estimate = 10, pins_expiry = true } }
             grant 1: 10 included, expires 3 Jan
             run at 2 Jan: step 6 for 2 days; step 4 for 1 day; step 1 for 1 day; fails in 3 after 1 h
             => refunded 10, remaining 10, grant 1 0",
    )]);
}

#[test]
fn a_lot_that_a_hold_kept_to_the_last_takes_nothing_back() {
    check(&[(
        "a close has ended the allowance; its last charge, recorded late, ends the hold and the rest",
        "until 15 Feb
             allowance = { credits = 10, anchor = \"calendar-month\" }
             admission = { hold = { estimate = 10, pins_expiry = true } }
             charge = \"start\"
             on_failure = \"free\"
             metering_lag = \"24 h\"
             use 6 at 31 Jan 12:00 for 48 h fails after 48 h
             at 1 Feb: settled 10, available 0
             at 2 Feb: settled 10, available 10
             => expired 4, refunded 6, remaining 16, charged 0",
    )]);
}
