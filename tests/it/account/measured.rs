//! What is measured over time: waits, debt, and time in which the check fails.

use super::harness::check;

#[test]
fn clocks_run_from_the_instant_that_starts_them_to_the_one_that_stops_them() {
    check(&[
        (
            "a wait is from the arrival to the start",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             grant 1: 5 included
             grant 2: 10 included, from 2 Jan 12:00
             use 8 at 2 Jan
             => served 1, waited-h 12",
        ),
        (
            // 6 credits for the two days until they are repaid.
            "debt counts by its size and its time",
            "overdraft = 6
             grant 1: 4 included
             grant 2: 10 included, from 4 Jan
             use 10 at 2 Jan
             => debt 0, debt-h 288",
        ),
        (
            // A day of both features.
            "a check fails from the charge that leaves too little to the grant that brings enough",
            "admission = \"positive\"
             grant 1: 4 included
             grant 2: 5 included, from 3 Jan
             use 4 at 2 Jan
             => served 1, blocked-h 48",
        ),
        (
            // 2 January 2025 is a Thursday. The grant comes in between; summer time moves an hour of UTC.
            "refusals are counted by the hour that clocks of the scenario's zone show",
            "zone America/New_York
             admission = \"positive\"
             until 1 Aug
             use 1 at 2 Jan 14:00
             use 1 at 2 Jan 14:59:59
             use 1 at 2 Jan 15:00
             use 1 at 3 Jul 15:10
             => refused 4, refused-hours Thu-14+Thu-14+Thu-15+Thu-15",
        ),
        (
            "refusals before outcomes count are in no hour",
            "measured from 3 Jan
             admission = \"positive\"
             use 1 at 2 Jan 14:00
             use 1 at 3 Jan 23:30
             => refused 1, refused-hours Fri-23",
        ),
    ]);
}
