//! What survives a close.

use super::harness::check;

#[test]
fn an_allowance_rolls_over_or_expires_at_its_close() {
    check(&[
        (
            "none by default: the rest expires",
            "allowance = 10
             use 3 at 5 Jan
             => allowances 10+10+10, burned 3, expired 17, rolled 0, remaining 10",
        ),
        (
            "all: nothing expires, nothing is issued for it",
            "allowance = 10
             rollover = \"all\"
             use 3 at 5 Jan
             => issued 30, expired 0, rolled 24, remaining 27",
        ),
        (
            "a fraction of what is left, again at every close",
            "allowance = 10
             rollover = { fraction = 0.5 }
             => expired 12.5, remaining 17.5",
        ),
        (
            "a fraction of the original amount",
            "allowance = 10
             rollover = { fraction = 0.5, base = \"original\" }
             use 6 at 5 Jan
             => expired 5, remaining 19",
        ),
        (
            "at most max_credits of each lot",
            "allowance = 10
             rollover = { max_credits = 3 }
             => expired 14, remaining 16",
        ),
        (
            "at least min_credits: the difference is issued",
            "allowance = 10
             rollover = { fraction = 0.0, min_credits = 4 }
             => minimums 4+4, issued 38, expired 24, remaining 14",
        ),
        (
            "a minimum above the maximum yields the maximum",
            "allowance = 10
             rollover = { min_credits = 8, max_credits = 5 }
             => minimums none, expired 10, remaining 20",
        ),
        (
            "minimum and maximum at the amount refill to full",
            "allowance = 10
             rollover = { min_credits = 10, max_credits = 10 }
             use 6 at 5 Jan
             => minimums 6, expired 0, remaining 30",
        ),
        (
            "an allowance used up still has its minimum",
            "allowance = 10
             rollover = { fraction = 0.0, min_credits = 4 }
             use 10 at 5 Jan
             => minimums 4+4, remaining 14",
        ),
        (
            "fractions of a credit round down to a micro-credit",
            "allowance = 0.000003
             rollover = { fraction = 0.5 }
             close 1 Feb
             close 1 Apr
             => expired 0.000002, remaining 0.000004",
        ),
    ]);
}

#[test]
fn rolled_lots_are_capped_end_and_burn_by_rule() {
    check(&[
        (
            "max_total trims the oldest",
            "allowance = 10
             rollover = { max_total = 12 }
             => expiries 1:8, remaining 22, rolled 22",
        ),
        (
            "or the newest",
            "allowance = 10
             rollover = { max_total = 12, trim = \"newest\" }
             => expiries 2:8, remaining 22",
        ),
        (
            "after one period a rolled lot ends",
            "allowance = 10
             rollover = { max_periods = 1 }
             => expiries 1:10, expiry-days 2025-03-01T00:00:00Z, remaining 20",
        ),
        (
            "up to three months needs lots, not one number",
            "until 1 Jun
             allowance = 10
             rollover = { max_periods = 3 }
             => expiries 1:10, expiry-days 2025-05-01T00:00:00Z, remaining 40",
        ),
        (
            "a lot with a last close does not roll again",
            "allowance = 10
             rollover = { fraction = 0.5, max_periods = 2 }
             => expired 10, remaining 20",
        ),
        (
            "lots that roll without end burn after the fresh allowance, which ends",
            "allowance = 10
             rollover = \"all\"
             use 4 at 5 Feb
             => burns 2:4",
        ),
        (
            "unless they burn before it",
            "allowance = 10
             rollover = { burns = \"before\" }
             use 4 at 5 Feb
             => burns 1:4, rolled-used 4",
        ),
        (
            "at equal ends the older lot burns first",
            "allowance = 10
             rollover = { max_periods = 1 }
             use 4 at 5 Feb
             => burns 1:4",
        ),
        (
            "unless rolled lots burn after the fresh one",
            "allowance = 10
             rollover = { max_periods = 1, burns = \"after\" }
             use 4 at 5 Feb
             => burns 2:4, rolled-used 0",
        ),
        (
            "after the fresh one, and still before credits that never end",
            "allowance = 30
             rollover = { max_credits = 20, max_periods = 1, burns = \"after\" }
             grant 1: 50 purchased
             until 1 Mar
             use 40 at 10 Feb
             => burns 3:30+2:10, burned purchased 0, rolled 20",
        ),
        (
            "before the fresh one, and behind what ends earlier",
            "allowance = 30
             rollover = { max_periods = 3, burns = \"before\" }
             grant 1: 5 promotional, expires 20 Feb
             grant 2: 5 promotional, expires 5 Apr
             use 40 at 10 Feb
             => burns 1:5+3:30+4:5",
        ),
        (
            "with or without `burns` in the burn order",
            "allowance = 30
             burn_order = [\"priority\", \"expires_at\"]
             rollover = { max_periods = 3, burns = \"after\" }
             grant 1: 5 promotional, expires 5 Mar
             use 40 at 10 Feb
             => burns 3:30+2:10",
        ),
        (
            "elsewhere in the order `burns` compares all lots",
            "allowance = 30
             burn_order = [\"burns\", \"priority\", \"expires_at\"]
             rollover = { max_periods = 3, burns = \"after\" }
             grant 1: 5 purchased
             use 40 at 10 Feb
             => burns 3:30+1:5+2:5",
        ),
        (
            "of several rolled lots the one that ends first burns first, whatever it cost",
            "allowance = { credits = 30, opening = \"prorated\" }
             subscription = \"30 USD\"
             signed up 15 Dec 2024
             rollover = { max_periods = 2, burns = \"before\" }
             until 16 Mar
             use 10 at 20 Feb
             => burns 1:10",
        ),
        (
            "a lot that has rolled twice keeps beside the allowance of the day",
            "allowance = 30
             rollover = { max_periods = 3, burns = \"before\" }
             grant 1: 100 promotional, expires 10 Mar
             use 70 at 5 Mar
             => burns 1:70",
        ),
        (
            "purchased and promotional grants without a rule of their own are untouched",
            "allowance = 10
             grant 1: 7 purchased
             grant 2: 8 promotional
             => grant 1 7, grant 2 8, expired 20",
        ),
        (
            "one that expires exactly at a close is already gone",
            "grant 1: 10 included, expires 1 Feb, rolls { min_credits = 20 }
             => expired 10, minimums none",
        ),
        (
            "one that begins exactly at a close belongs to the new cycle",
            "grant 1: 10 included, from 1 Feb, rolls none
             close 1 Feb
             => expired 0, remaining 10",
        ),
    ]);
}

#[test]
fn what_only_a_hold_keeps_counts_in_the_cap_of_rolled_lots() {
    check(&[(
        "an allowance of which nothing is kept otherwise, too",
        "allowance = { credits = 4, anchor = \"calendar-month\" }
         rollover = { fraction = 0.0, min_credits = 6, max_total = 7, trim = \"newest\" }
         admission = { hold = { estimate = 4, pins_expiry = true } }
         until 15 Feb
         use 1 at 31 Jan 23:00 for 2 h
         => minimums 6, expired 6, burned 1, remaining 7",
    )]);
}

#[test]
fn a_grants_own_rollover_applies_in_place_at_every_close() {
    check(&[
        (
            "at most max_credits stay",
            "grant 1: 10 included, rolls { max_credits = 4 }
             close 1 Feb
             => expired 6, grant 1 4",
        ),
        (
            "at every calendar month if there is no plan",
            "grant 1: 8 included, rolls { fraction = 0.5 }
             => close-days 2025-02-01T00:00:00Z+2025-03-01T00:00:00Z, remaining 2",
        ),
        (
            "the minimum is issued beside it, included and free",
            "grant 1: 10 promotional, rolls { fraction = 0.0, min_credits = 3 }
             close 1 Feb
             => expired promotional 10, remaining included 3, minimums 3",
        ),
        (
            "and made up again at the next close",
            "grant 1: 10 included, rolls { fraction = 0.0, min_credits = 3 }
             close 1 Feb
             close 1 Mar
             => minimums 3+3, expired 13, remaining 3",
        ),
        (
            "min(max, max(min, old))",
            "grant 1: 10 included, rolls { min_credits = 3, max_credits = 8 }
             use 9 at 2 Jan
             close 1 Feb
             => minimums 2, expired 0, remaining 3",
        ),
        (
            "what made up the minimum ends with its grant",
            "grant 1: 10 included, expires 15 Feb, rolls { min_credits = 2, max_credits = 2 }
             use 10 at 2 Jan
             => minimums 2, expired 2, remaining 0, expiry-days 2025-02-15T00:00:00Z",
        ),
        (
            "and is voided with it",
            "grant 1: 10 included, voided 15 Feb, rolls { min_credits = 2, max_credits = 2 }
             use 10 at 2 Jan
             => voided 2, remaining 0",
        ),
        (
            "the plan's own rollover leaves it alone",
            "allowance = 10
             grant 1: 10 included, rolls all
             => expired 20, grant 1 10",
        ),
    ]);
}
