//! Grants that are issued again, computed from their anchor.

use super::harness::check;

#[test]
fn a_recurring_grant_is_replaced_or_added() {
    check(&[
        (
            "replaced by default: what remains expires, the full amount is issued",
            "grant 1: 10 included, every month
             use 3 at 5 Jan
             => issued 30, burned 3, expired 17, remaining 10, grant 1 10",
        ),
        (
            "or added, each amount a lot of its own",
            "grant 1: 10 included, every month add
             use 3 at 5 Jan
             => issued 30, burned 3, expired 0, remaining 27, grant 1 7, grant 2 10, grant 3 10",
        ),
        (
            "later amounts may have a validity of their own",
            "grant 1: 10 included, every month add valid 10 days
             => issued 30, expired 20, expiry-days 2025-02-11T00:00:00Z+2025-03-11T00:00:00Z",
        ),
        (
            "nothing recurs at or after the end of the grant",
            "grant 1: 10 included, expires 1 Mar, every month
             => issue-days 2025-01-01T00:00:00Z+2025-02-01T00:00:00Z, issued 20, expired 20",
        ),
        (
            "a voided grant recurs no more",
            "grant 1: 10 included, voided 15 Feb, every month
             => issued 20, expired 10, voided 10",
        ),
        (
            "replacing is one event: the gap between old and new warns nobody",
            "alerts = [{ below = 5 }]
             grant 1: 10 included, every month
             => warnings 0, issued 30",
        ),
        (
            "what recurs repays debt",
            "grant 1: 10 included, every month
             use 15 at 5 Jan
             => repaid 5, expired 5, debt 0, remaining 10",
        ),
        (
            "a replaced grant keeps the instant of its creation, and so its place in the burn order",
            "burn_order = [\"created_at\", \"id\"]
             grant 2: 10 included, from 1 Jan, created 1 Dec 2024, every 1 day
             grant 1: 10 included, from 1 Jan, created 15 Dec 2024
             until 3 Jan
             use 1 at 1 Jan 06:00
             use 1 at 2 Jan 06:00
             => burns 2:1+2:1",
        ),
        (
            "and the start of its validity",
            "grant 1: 10 included, from 2 Jan, every 1 day
             grant 2: 10 included, from 2 Jan 12:00
             until 5 Jan
             use 1 at 2 Jan 18:00
             use 1 at 4 Jan 18:00
             => burns 1:1+1:1",
        ),
        (
            "an added amount is new",
            "grant 1: 10 included, from 2 Jan, every 1 day add
             grant 2: 10 included, from 2 Jan 12:00
             until 4 Jan
             use 15 at 3 Jan 18:00
             => burns 1:10+2:5",
        ),
        (
            "a replaced grant with a rollover of its own rolls again",
            "grant 1: 10 included, every month from 10 Jan, rolls { max_credits = 2 }
             => issued 40, expired 30, remaining 10",
        ),
    ]);
}

#[test]
fn occurrences_are_counted_from_the_anchor() {
    check(&[
        (
            "31 January, 28 February, 31 March",
            "grant 1: 10 included, from 31 Jan, every month
             => issue-days 2025-01-31T00:00:00Z+2025-02-28T00:00:00Z+2025-03-31T00:00:00Z",
        ),
        (
            "29 February in a leap year",
            "from 1 Jan 2024
             until 1 Apr 2024
             grant 1: 10 included, from 31 Jan 2024, every month
             => issue-days 2024-01-31T00:00:00Z+2024-02-29T00:00:00Z+2024-03-31T00:00:00Z",
        ),
        (
            "29 February and a year is 28 February",
            "from 1 Jan 2024
             until 1 Apr
             grant 1: 10 included, from 29 Feb 2024, every year
             => issue-days 2024-02-29T00:00:00Z+2025-02-28T00:00:00Z",
        ),
        (
            "an anchor apart from the start: the first amount comes at the start",
            "grant 1: 10 included, every month from 15 Dec 2024
             => issue-days 2025-01-01T00:00:00Z+2025-01-15T00:00:00Z+2025-02-15T00:00:00Z+2025-03-15T00:00:00Z",
        ),
        (
            "thirty days are thirty days",
            "grant 1: 10 included, every 30 days
             => issue-days 2025-01-01T00:00:00Z+2025-01-31T00:00:00Z+2025-03-02T00:00:00Z",
        ),
        (
            "recurrences before the start are not applied",
            "grant 1: 10 included, from 15 Nov 2024, left 4, every month
             => issued 34, expired 24, issue-days 2025-01-15T00:00:00Z+2025-02-15T00:00:00Z+2025-03-15T00:00:00Z",
        ),
        (
            "one at the start is",
            "grant 1: 10 included, from 1 Dec 2024, left 4, every month
             => issued 34, expired 24, remaining 10",
        ),
        (
            "at the start what recurs is there before debt is repaid",
            "debt 15
             grant 1: 50 included, from 31 Dec 2024, every 1 day
             until 2 Jan
             => repaid 15, debt 0, grant 1 35",
        ),
        (
            "and before an automatic top-up looks",
            "packages = [{ name = \"p\", credits = 20, price = \"40 USD\" }]
             top_up = { threshold = 8 }
             grant 1: 30 included, from 31 Dec 2024, left 0, every 1 day
             until 1 Jan 12:00
             => top-ups 0, issued 30",
        ),
        (
            "at a sign-up during the horizon too",
            "signed up 10 Jan
             debt 15
             grant 1: 50 included, from 9 Jan, every 1 day
             until 11 Jan
             => repaid 15, debt 0, grant 1 35",
        ),
        (
            "without an anchor they are counted from the grant's start",
            "grant 1: 10 included, from 10 Jan, every month
             => issue-days 2025-01-10T00:00:00Z+2025-02-10T00:00:00Z+2025-03-10T00:00:00Z",
        ),
        (
            "or from the sign-up, if the grant names no start",
            "signed up 15 Dec 2024
             grant 1: 10 included, every month
             => issue-days 2025-01-01T00:00:00Z+2025-01-15T00:00:00Z+2025-02-15T00:00:00Z+2025-03-15T00:00:00Z",
        ),
        (
            "midnight stays local midnight across a change of clocks",
            "zone America/New_York
             grant 1: 10 included, from 31 Jan, every month
             => issue-days 2025-01-31T05:00:00Z+2025-02-28T05:00:00Z+2025-03-31T04:00:00Z",
        ),
        (
            "an overflowing month end is a rule of validity, not of recurrence",
            "month_end = \"overflow\"
             grant 1: 10 included, from 31 Jan, every month
             => issue-days 2025-01-31T00:00:00Z+2025-02-28T00:00:00Z+2025-03-31T00:00:00Z",
        ),
    ]);
}
