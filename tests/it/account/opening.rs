//! How accounts begin, where cycles start, where outcomes begin to count.

use super::harness::check;

#[test]
fn cycles_start_at_their_anchor() {
    check(&[
        (
            "sign-up: the day clamped to the month's end",
            "signed up 31 Jan
             allowance = 10
             => allowance-days 2025-01-31T00:00:00Z+2025-02-28T00:00:00Z+2025-03-31T00:00:00Z",
        ),
        (
            "a day of the month",
            "allowance = { credits = 10, anchor = { day = 15 } }
             => allowance-days 2025-01-01T00:00:00Z+2025-01-15T00:00:00Z+2025-02-15T00:00:00Z+2025-03-15T00:00:00Z",
        ),
        (
            "the calendar month, local midnight",
            "zone Europe/Berlin
             until 1 May
             allowance = { credits = 10, anchor = \"calendar-month\" }
             => close-days 2025-01-31T23:00:00Z+2025-02-28T23:00:00Z+2025-03-31T22:00:00Z",
        ),
        (
            "a day and a month",
            "allowance = { credits = 10, every = \"year\", anchor = { day = 15, month = 2 } }
             => allowance-days 2025-01-01T00:00:00Z+2025-02-15T00:00:00Z",
        ),
        (
            "every fourteen days",
            "until 1 Feb
             allowance = { credits = 10, every = \"14 days\" }
             => allowance-days 2025-01-01T00:00:00Z+2025-01-15T00:00:00Z+2025-01-29T00:00:00Z",
        ),
        (
            "explicit closes take the place of the plan's",
            "close 10 Jan
             close 20 Jan
             close 1 Apr
             allowance = 10
             => allowance-days 2025-01-01T00:00:00Z+2025-01-10T00:00:00Z+2025-01-20T00:00:00Z, expired 20",
        ),
        (
            "behind the last of them the plan's own boundaries count again",
            "close 10 Jan
             allowance = { credits = 10, anchor = \"calendar-month\" }
             => close-days 2025-01-10T00:00:00Z+2025-02-01T00:00:00Z+2025-03-01T00:00:00Z",
        ),
        (
            "so that closes written as the plan has them change nothing",
            "close 1 Feb
             close 1 Mar
             allowance = { credits = 30, anchor = \"calendar-month\" }
             grant 1: 50 promotional, expires 1 Jun
             use 20 at 10 Mar
             => burned included 20, burned promotional 0",
        ),
        (
            "a close written at or behind the end says how long the last allowance lives",
            "close 1 Feb
             close 1 Mar
             close 1 Jul
             allowance = { credits = 30, anchor = \"calendar-month\" }
             grant 1: 50 promotional, expires 1 Jun
             use 20 at 10 Mar
             => burned included 0, burned promotional 20",
        ),
        (
            "without an allowance or a cycle the written closes are all there are",
            "close 10 Jan
             grant 1: 8 included, rolls { fraction = 0.5 }
             => close-days 2025-01-10T00:00:00Z, remaining 4",
        ),
        (
            "a day of 23 hours is a day",
            "zone Europe/Berlin
             from 29 Mar
             until 1 Apr
             allowance = { credits = 10, every = \"1 day\" }
             => allowance-days 2025-03-28T23:00:00Z+2025-03-29T23:00:00Z+2025-03-30T22:00:00Z",
        ),
    ]);
}

#[test]
fn an_account_begins_at_the_start_or_at_its_sign_up() {
    check(&[
        (
            "signed up during the horizon",
            "signed up 1 Feb
             allowance = 10
             grant 1: 5 promotional
             at 31 Jan: settled 0
             => allowance-days 2025-02-01T00:00:00Z+2025-03-01T00:00:00Z, issue-days 2025-02-01T00:00:00Z, issued 25",
        ),
        (
            "signed up before: the running period's allowance is issued at the start",
            "signed up 15 Dec 2024
             allowance = 10
             => allowance-days 2025-01-01T00:00:00Z+2025-01-15T00:00:00Z+2025-02-15T00:00:00Z+2025-03-15T00:00:00Z",
        ),
        (
            "in full or pro rata to what is still to come",
            "signed up 15 Dec 2024
             allowance = { credits = 31, opening = \"prorated\" }
             => allowances 14+31+31+31",
        ),
        (
            "nothing is prorated that begins with the horizon",
            "allowance = { credits = 31, opening = \"prorated\" }
             => allowances 31+31+31",
        ),
    ]);
}

#[test]
fn outcomes_count_from_measure_from() {
    check(&[
        (
            "balances are opening terms",
            "measured from 1 Feb
             grant 1: 100 included
             use 10 at 5 Jan
             use 5 at 5 Feb
             => opening 90, issued 0, burned 5, demanded 1, remaining 85",
        ),
        (
            "an instant on the boundary counts",
            "measured from 1 Feb
             allowance = 10
             => opening 10, issued 20, expired 20, remaining 10",
        ),
        (
            "debt too",
            "measured from 1 Feb
             debt 5
             => debt-start 5, debt 5",
        ),
        (
            "work in flight too",
            "measured from 1 Feb
             grant 1: 10 included
             use 3 at 31 Jan 23:00 for 2 h
             => in-flight-start 1, demanded 0, served 1, burned 3, due 3",
        ),
        (
            "what a paid lot still owes too",
            "measured from 1 Feb
             grant 1: 10 purchased, price 5
             use 4 at 5 Jan
             use 2 at 5 Feb
             => deferred-start 3, cash 0, recognized 1, deferred 2",
        ),
        (
            "an invoice still open too",
            "measured from 5 Feb
             overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             invoices = { pay = \"terms\", delay = \"10 days\" }
             debt 5
             => recognized 0, overage 0.5, receivable 0",
        ),
    ]);
}
