//! Charges recorded late and billed to what was usable when they were incurred.

use super::harness::check;

#[test]
fn a_late_charge_burns_what_was_usable_when_it_was_incurred() {
    check(&[
        (
            "as it is recorded, if nothing else is said",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             metering_lag = \"1 h\"
             use 60 at 31 Jan 23:30
             => expired 100, remaining 40, late 60",
        ),
        (
            "what expired at the close is taken back",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             use 60 at 31 Jan 23:30
             at 1 Feb 00:15: settled 100, ongoing 40
             at 1 Feb 01:00: settled 100, ongoing 100
             => expired 40, remaining 100, late 60, taken-back 1:60",
        ),
        (
            "then what has rolled over: 70 expired, 30 rolled",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             rollover = { max_credits = 30 }
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             use 90 at 31 Jan 23:30
             => expired 0, remaining 110, rolled-used 20",
        ),
        (
            "then what was usable then and still is, then what is usable now",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             grant 7: 15 purchased
             use 120 at 31 Jan 23:30
             => expired 0, remaining 95, burns 8:100+7:15+9:5",
        ),
        (
            "what has come since burns last, although it is first in the burn order",
            "metering_lag = \"2 days\"
             billed_to = \"incurred\"
             grant 1: 10 purchased
             grant 2: 10 promotional, from 3 Jan
             use 4 at 2 Jan
             => burns 1:4, late 0",
        ),
        (
            "a lot that has ended by itself is taken back too",
            "metering_lag = \"1 h\"
             billed_to = \"incurred\"
             grant 1: 10 included, expires 2 Jan 00:30
             grant 2: 10 included
             use 4 at 2 Jan
             => burns 1:4, expired 6, remaining 10",
        ),
        (
            "one that was voided is not",
            "metering_lag = \"1 h\"
             billed_to = \"incurred\"
             grant 1: 10 included, voided 2 Jan 00:30
             grant 2: 10 included
             use 4 at 2 Jan
             => burns 2:4, voided 10, expired 0",
        ),
        (
            "two charges share what expired",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             metering_lag = \"2 h\"
             billed_to = \"incurred\"
             use 60 at 31 Jan 23:00
             use 60 at 31 Jan 23:30
             => taken-back 1:60+1:40, expired 0, remaining 80, late 120",
        ),
        (
            "nothing of a lot that had ended before it was incurred",
            "until 10 Feb
             metering_lag = \"2 h\"
             billed_to = \"incurred\"
             grant 1: 10 included, expires 2 Jan
             grant 2: 10 included
             use 1 at 1 Jan 23:00
             use 1 at 2 Jan 00:00
             => burns 1:1+2:1, expired 9",
        ),
        (
            "later than the grace it burns what is usable as it is recorded",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             late_grace = \"59 min\"
             use 60 at 31 Jan 23:30
             => expired 100, remaining 40, late 60",
        ),
    ]);
}

#[test]
fn a_late_charge_takes_breakage_back_and_leaves_invoices_alone() {
    check(&[
        (
            "6 of the 10 that January's allowance had earned by expiring",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             subscription = \"10 USD\"
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             use 60 at 31 Jan 23:30
             => breakage 4, recognized 10, deferred 10, expired 40",
        ),
        (
            "what was invoiced at the close stays invoiced",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             use 130 at 5 Jan
             use 5 at 31 Jan 23:30
             => invoices 30, remaining 95, cash 30",
        ),
    ]);
}

#[test]
fn holds_and_refunds_of_late_charges() {
    check(&[
        (
            "a reservation that ended under its hold is taken back as it is settled",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             admission = { hold = { estimate = 60, pins_expiry = false } }
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             use 60 at 31 Jan 22:00 for 90 min
             => taken-back 1:60, expired 40, remaining 100, holds-settled 1",
        ),
        (
            "given back, it is issued anew: its lot has ended",
            "until 10 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             charge = \"start\"
             on_failure = \"free\"
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             use 60 at 31 Jan 23:30 for 2 h fails after 2 h
             => expired 40, refunded 60, remaining 160, charged 0",
        ),
    ]);
}

#[test]
fn limits_count_a_late_charge_when_it_was_incurred() {
    check(&[
        (
            "not at all once the day has ended",
            "until 10 Jan
             limits = [{ name = \"day\", amount = 60, window = { every = \"day\" } }]
             admission = \"positive\"
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             grant 1: 200 included
             use 60 at 2 Jan 23:30
             use 60 at 3 Jan 12:00
             => refused-limit 0, served 2, late 60",
        ),
        (
            "as it is recorded, if nothing else is said",
            "until 10 Jan
             limits = [{ name = \"day\", amount = 60, window = { every = \"day\" } }]
             admission = \"positive\"
             metering_lag = \"1 h\"
             grant 1: 200 included
             use 60 at 2 Jan 23:30
             use 60 at 3 Jan 12:00
             => refused-limit 1, served 1, late 0",
        ),
        (
            "in a rolling window from then on",
            "until 10 Jan
             limits = [{ name = \"two-hours\", amount = 60, window = { rolling = \"2 h\" } }]
             admission = \"positive\"
             metering_lag = \"1 h\"
             billed_to = \"incurred\"
             grant 1: 300 included
             use 60 at 2 Jan 10:00
             use 60 at 2 Jan 11:59
             use 60 at 2 Jan 12:00
             => refused-limit 1, served 2, late 0",
        ),
    ]);
}
