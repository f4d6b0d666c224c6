//! Metering lag and the three balances.

use super::harness::check;

#[test]
fn usage_is_incurred_before_it_is_recorded() {
    check(&[
        (
            "in between it lowers the ongoing balance alone",
            "metering_lag = \"1 h\"
             grant 1: 10 included
             use 4 at 2 Jan
             at 2 Jan 00:30: settled 10, available 10, ongoing 6
             at 2 Jan 01:30: settled 6, available 6, ongoing 6
             => charge-days 2025-01-02T01:00:00Z",
        ),
        (
            "nobody is warned again as it is recorded",
            "metering_lag = \"1 h\"
             alerts = [{ below = 15, view = \"ongoing\" }]
             grant 1: 20 included
             use 10 at 2 Jan
             => warnings 1",
        ),
        (
            "it burns the lots usable when it is recorded",
            "metering_lag = \"1 h\"
             grant 1: 10 included, expires 2 Jan 00:30
             grant 2: 10 included
             use 4 at 2 Jan
             => burns 2:4, expired 10",
        ),
        (
            "what is not recorded by the end is not charged",
            "until 2 Jan 00:30
             metering_lag = \"1 h\"
             grant 1: 10 included
             use 4 at 2 Jan
             => served 1, due 4, charged 0, remaining 10",
        ),
        (
            "a hold stays open until its settle is recorded",
            "metering_lag = \"1 h\"
             admission = { hold = { estimate = 4 } }
             grant 1: 10 included
             use 4 at 2 Jan for 1 h
             at 2 Jan 01:30: held 4, settled 10
             at 2 Jan 02:30: held 0, settled 6
             => holds-settled 1",
        ),
        (
            "a hold that times out before the settle is recorded releases its credits",
            "metering_lag = \"2 h\"
             admission = { hold = { estimate = 4, timeout = \"90 min\" } }
             grant 1: 10 included
             use 4 at 2 Jan for 1 h
             at 2 Jan 02:00: held 0, settled 10
             => holds-expired 1, charged 4",
        ),
        (
            "every segment of a run has its own lag",
            "metering_lag = \"90 min\"
             charge = \"step\"
             grant 1: 10 included
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             at 2 Jan 02:00: ongoing 7
             at 2 Jan 02:10: ongoing 5, settled 10
             at 2 Jan 03:00: settled 7
             => charge-days 2025-01-02T02:30:00Z+2025-01-02T03:30:00Z",
        ),
        (
            "work is stopped for what is recorded, not for what is incurred",
            "metering_lag = \"90 min\"
             charge = \"step\"
             in_flight = \"stop-at-step\"
             grant 1: 3 included
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; step 2 for 1 h
             => killed 0, served 1, debt 4",
        ),
    ]);
}
