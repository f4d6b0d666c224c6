//! When a grant can be used: `[effective_at, expires_at)`, voids, remainders, validity.

use super::harness::check;

#[test]
fn a_grant_is_usable_from_its_start_to_before_its_end() {
    check(&[
        (
            "at the expiry instant it is gone",
            "admission = \"positive\"
             grant 1: 10 included, expires 10 Jan
             use 1 at 9 Jan 23:59:59
             use 1 at 10 Jan
             => burned 1, expired 9, served 1, refused 1, expiry-days 2025-01-10T00:00:00Z",
        ),
        (
            "under an inclusive boundary it can still be used at that instant",
            "admission = \"positive\"
             expiry_boundary = \"inclusive\"
             grant 1: 10 included, expires 10 Jan
             use 1 at 10 Jan
             use 1 at 10 Jan 00:00:00.001
             => burned 1, expired 9, refused 1",
        ),
        (
            "an inclusive boundary does not change the burn order of equal ends",
            "expiry_boundary = \"inclusive\"
             allowance = { credits = 10, anchor = \"calendar-month\" }
             grant 1: 10 promotional, expires 1 Feb
             use 4 at 2 Jan
             => burns 1:4",
        ),
        (
            "before its start it is not there",
            "admission = \"positive\"
             grant 1: 10 included, from 10 Jan
             use 1 at 9 Jan 23:59:59
             use 1 at 10 Jan
             => refused 1, served 1, issue-days 2025-01-10T00:00:00Z",
        ),
        (
            "a grant that ended before the start is nothing",
            "grant 1: 10 included, from 1 Dec 2024, expires 31 Dec 2024
             => issued 0, expired 0",
        ),
        (
            "nor one that ends at the start",
            "grant 1: 10 included, from 1 Dec 2024, expires 1 Jan
             => issued 0, expired 0",
        ),
        (
            "what would end at the end of the horizon stays",
            "grant 1: 10 included, expires 1 Apr
             => expired 0, remaining 10",
        ),
        (
            "an expired grant cannot cover a late charge",
            "grant 1: 10 included, expires 2 Jan 00:30
             use 4 at 2 Jan for 1 h
             => burned 0, expired 10, debt 4",
        ),
    ]);
}

#[test]
fn opening_remainders_and_voids() {
    check(&[
        (
            "of a grant older than the start only what is left counts",
            "grant 1: 10 included, from 1 Dec 2024, left 4
             => issued 4, remaining 4",
        ),
        (
            "all of it if nothing is said",
            "grant 1: 10 included, from 1 Dec 2024
             => issued 10, remaining 10",
        ),
        (
            "a grant may be voided: what remains becomes voided",
            "grant 1: 10 included, voided 5 Jan
             use 3 at 2 Jan
             => burned 3, voided 7, expired 0, remaining 0",
        ),
        (
            "a grant voided before the start is nothing",
            "grant 1: 10 included, from 1 Dec 2024, voided 31 Dec 2024
             => issued 0, voided 0",
        ),
        (
            "at one instant voiding comes before expiring",
            "grant 1: 10 included, expires 5 Jan, voided 5 Jan
             => voided 10, expired 0",
        ),
        (
            "a grant that expired first has nothing left to void",
            "grant 1: 10 included, expires 4 Jan, voided 5 Jan
             => voided 0, expired 10",
        ),
        (
            "voiding a used grant voids nothing, never less",
            "grant 1: 10 included, voided 5 Jan
             use 12 at 2 Jan
             => burned 10, voided 0, debt 2",
        ),
    ]);
}

#[test]
fn validity_is_calendar_time_in_the_scenarios_zone() {
    check(&[
        (
            "a month from 31 January ends on 28 February",
            "grant 1: 10 included, from 31 Jan, valid 1 month
             => expiry-days 2025-02-28T00:00:00Z",
        ),
        (
            "in a leap year on the 29th",
            "from 1 Jan 2024
             until 1 Apr 2024
             grant 1: 10 included, from 31 Jan 2024, valid 1 month
             => expiry-days 2024-02-29T00:00:00Z",
        ),
        (
            "where month ends overflow, on 3 March",
            "month_end = \"overflow\"
             grant 1: 10 included, from 31 Jan, valid 1 month
             => expiry-days 2025-03-03T00:00:00Z",
        ),
        (
            "where the last day stays the last day, 28 February becomes 31 March",
            "month_end = \"last-day\"
             grant 1: 10 included, from 28 Feb, valid 1 month
             => expiry-days 2025-03-31T00:00:00Z",
        ),
        (
            "a year from 29 February ends on 28 February",
            "from 1 Jan 2024
             until 1 Apr
             grant 1: 10 included, from 29 Feb 2024, valid 1 year
             => expiry-days 2025-02-28T00:00:00Z",
        ),
        (
            "a day is a local day: 23 hours when the clocks go forward",
            "zone Europe/Berlin
             grant 1: 10 included, from 29 Mar 12:00, valid 1 day
             => expiry-days 2025-03-30T10:00:00Z",
        ),
        (
            "a date is local midnight",
            "zone America/New_York
             grant 1: 10 included, expires 10 Jan
             => expiry-days 2025-01-10T05:00:00Z",
        ),
        (
            "a local time that does not exist moves forward by the gap",
            "zone America/New_York
             grant 1: 10 included, from 8 Mar 02:30, valid 1 day
             => expiry-days 2025-03-09T07:30:00Z",
        ),
    ]);
}
