//! Holds: reserve named lots, then settle, release or expire, exactly once.

use super::harness::check;

#[test]
fn a_hold_reserves_and_its_settle_burns_the_reservation_first() {
    check(&[
        (
            "held credits are not available, the rest of a hold is released by its settle",
            "admission = { hold = { estimate = 10 } }
             grant 1: 20 included
             use 4 at 2 Jan for 1 h
             at 2 Jan 00:30: settled 20, available 10, held 10
             at 2 Jan 02:00: settled 16, available 16, held 0
             => burned 4, holds 1, holds-settled 1, unused 6, holds-open 0",
        ),
        (
            "the reservation is of named lots: one that ends sooner but came later is left alone",
            "admission = { hold = { estimate = 10 } }
             grant 1: 20 included
             grant 2: 5 included, from 2 Jan 00:30, expires 10 Jan
             use 4 at 2 Jan for 1 h
             => burns 1:4",
        ),
        (
            "after its reservation unreserved credits burn, then debt arises",
            "admission = { hold = { estimate = 10 } }
             grant 1: 12 included
             use 14 at 2 Jan for 1 h
             => burned 12, debt 2, overrun 4, overspend 2, holds-settled 1",
        ),
        (
            "the part that no lot covers counts against the limit",
            "admission = { hold = { estimate = 10 } }
             short = \"allow\"
             overdraft = 5
             grant 1: 6 included
             use 10 at 2 Jan for 1 h
             at 2 Jan 00:30: available -4, held 10
             => burned 6, debt 4, overspend 0",
        ),
        (
            "reserved credits are burned by their hold alone",
            "admission = { hold = { estimate = 10 } }
             features = { other = { admission = \"none\" } }
             grant 1: 10 included
             use 10 at 2 Jan for 1 h
             use 3 of other at 2 Jan 00:30
             => burned 10, debt 3",
        ),
        (
            "charges before the end draw on the hold",
            "admission = { hold = { estimate = 10 } }
             charge = \"step\"
             grant 1: 20 included
             run at 2 Jan: step 3 for 1 h; step 3 for 1 h
             at 2 Jan 01:30: settled 17, held 7, available 10
             => charges 3+3, holds-settled 1, unused 4, remaining 14",
        ),
        (
            "a charge at the start settles at the start",
            "admission = { hold = { estimate = 10 } }
             charge = \"start\"
             grant 1: 20 included
             use 4 at 2 Jan for 1 h
             at 2 Jan 00:30: settled 16, held 0
             => holds-settled 1",
        ),
        (
            "a cancelled operation that owes nothing releases its hold",
            "admission = { hold = { estimate = 10 } }
             grant 1: 20 included
             use 4 at 2 Jan for 1 h cancelled after 30 min
             => cancelled 1, holds-released 1, burned 0, unused 10",
        ),
        (
            "a failed one too",
            "admission = { hold = { estimate = 10 } }
             grant 1: 20 included
             use 4 at 2 Jan for 1 h fails after 30 min
             => failed 1, holds-released 1, burned 0",
        ),
        (
            "a hold in flight at the end is open",
            "admission = { hold = { estimate = 10 } }
             until 3 Jan
             grant 1: 20 included
             use 4 at 2 Jan for 2 days
             => holds-open 1, in-flight 1, remaining 20",
        ),
    ]);
}

#[test]
fn cost_above_the_hold_is_charged_absorbed_stopped_or_held_too() {
    check(&[
        (
            "charged",
            "admission = { hold = { estimate = 10, overrun = \"charge\" } }
             grant 1: 20 included
             use 14 at 2 Jan for 1 h
             => charged 14, absorbed 0, overrun 4",
        ),
        (
            "absorbed by the vendor",
            "admission = { hold = { estimate = 10, overrun = \"absorb\" } }
             grant 1: 20 included
             use 14 at 2 Jan for 1 h
             => charged 10, absorbed 4, due 14, overrun 4",
        ),
        (
            "by the rules under which the hold was opened",
            "admission = { hold = { estimate = 10, overrun = \"absorb\" } }
             changes = [{ at = 2025-01-02T00:30:00Z, set = { admission = { hold = { estimate = 10 } } } }]
             grant 1: 20 included
             use 14 at 2 Jan for 1 h
             => charged 10, absorbed 4",
        ),
        (
            "stop ends the work when its cost reaches the hold",
            "admission = { hold = { estimate = 10, overrun = \"stop\" } }
             grant 1: 20 included
             use 20 at 2 Jan for 2 h
             => killed 1, due 10, charged 10, absorbed 0, kill-days 2025-01-02T01:00:00Z",
        ),
        (
            "inside the step of a run that reaches it",
            "admission = { hold = { estimate = 10, overrun = \"stop\" } }
             grant 1: 20 included
             run at 2 Jan: step 6 for 1 h; step 8 for 1 h
             => killed 1, charged 10, kill-days 2025-01-02T01:30:00Z",
        ),
        (
            "not if it costs just the hold",
            "admission = { hold = { estimate = 10, overrun = \"stop\" } }
             grant 1: 20 included
             use 10 at 2 Jan for 2 h
             => served 1, charged 10",
        ),
        (
            "extend enlarges the hold before the step is charged",
            "admission = { hold = { estimate = 10, overrun = \"extend\" } }
             charge = \"step\"
             grant 1: 20 included
             run at 2 Jan: step 6 for 1 h; step 8 for 1 h; step 1 for 1 h
             => extensions 4+1, charges 6+8+1, absorbed 0, served 1, overrun 0",
        ),
        (
            "extend asks for its buffer while the work goes on",
            "admission = { hold = { estimate = 5, buffer = 0.2, overrun = \"extend\" } }
             grant 1: 20 included
             run at 2 Jan: step 8 for 1 h; step 2 for 1 h
             => extensions 3.6+0.4, charged 10, served 1",
        ),
        (
            "if the new check fails the work stops at what it holds",
            "admission = { hold = { estimate = 10, overrun = \"extend\" } }
             charge = \"step\"
             grant 1: 12 included
             run at 2 Jan: step 6 for 1 h; step 8 for 1 h; step 1 for 1 h
             => killed 1, due 10, charges 6+4, kill-days 2025-01-02T02:00:00Z, remaining 2",
        ),
    ]);
}

#[test]
fn a_hold_that_times_out_is_released_or_charged() {
    check(&[
        (
            "released; the later settle is an ordinary charge",
            "admission = { hold = { estimate = 10, timeout = \"1 h\" } }
             grant 1: 20 included
             use 4 at 2 Jan for 2 h
             at 2 Jan 01:30: settled 20, held 0
             => holds-expired 1, holds-settled 0, burned 4, unused 10",
        ),
        (
            "or charged its own amount; what was charged too much is an overcharge",
            "admission = { hold = { estimate = 10, timeout = \"1 h\", on_timeout = \"charge\" } }
             grant 1: 20 included
             use 4 at 2 Jan for 2 h
             => charges 10, due 4, overcharged 6, holds-expired 1",
        ),
        (
            "what was charged counts towards what is owed",
            "admission = { hold = { estimate = 10, timeout = \"1 h\", on_timeout = \"charge\" } }
             grant 1: 20 included
             use 15 at 2 Jan for 2 h
             => charges 10+5, due 15, overcharged 0",
        ),
        (
            "work whose hold has timed out is exempt no longer: exhausted by that, it is killed then",
            "admission = { hold = { estimate = 10, timeout = \"1 h\", on_timeout = \"charge\" } }
             in_flight = \"kill\"
             grant 1: 10 included
             use 15 at 2 Jan for 3 h
             => killed 1, charges 10",
        ),
        (
            "also where the account was exhausted before",
            "admission = { hold = { estimate = 10, timeout = \"1 h\" } }
             in_flight = \"kill\"
             grant 1: 10 included, expires 2 Jan 00:30
             use 4 at 2 Jan for 3 h
             => killed 1, holds-expired 1",
        ),
        (
            "a settle at the timeout instant still counts",
            "admission = { hold = { estimate = 10, timeout = \"1 h\" } }
             grant 1: 20 included
             run at 2 Jan: step 4 for 1 h
             => holds-settled 1, holds-expired 0",
        ),
        (
            "once the hold has ended nothing is absorbed",
            "admission = { hold = { estimate = 10, timeout = \"1 h\", overrun = \"absorb\" } }
             grant 1: 20 included
             use 14 at 2 Jan for 2 h
             => charged 14, absorbed 0",
        ),
        (
            "a settle that is never sent leaves the hold open and the cost to the vendor",
            "admission = { hold = { estimate = 10, leak = 1.0 } }
             grant 1: 20 included
             use 4 at 2 Jan for 1 h
             at 31 Mar: held 10, available 10
             => served 1, charged 0, absorbed 4, holds-open 1",
        ),
        (
            "until its timeout",
            "admission = { hold = { estimate = 10, leak = 1.0, timeout = \"3 h\" } }
             grant 1: 20 included
             use 4 at 2 Jan for 1 h
             at 3 Jan: held 0, available 20
             => absorbed 4, holds-expired 1, holds-open 0",
        ),
        (
            "which may charge it although the vendor had given the work up",
            "admission = { hold = { estimate = 10, leak = 1.0, timeout = \"3 h\", on_timeout = \"charge\" } }
             grant 1: 20 included
             use 4 at 2 Jan for 1 h
             => due 4, absorbed 4, charged 10, overcharged 10",
        ),
    ]);
}

#[test]
fn a_lot_that_ends_under_a_hold_is_pinned_or_gone() {
    check(&[
        (
            "gone: the hold keeps its amount, uncovered",
            "admission = { hold = { estimate = 10 } }
             grant 1: 10 included, expires 2 Jan 00:30
             use 4 at 2 Jan for 1 h
             at 2 Jan 00:45: settled 0, held 10, available -10
             => expired 10, debt 4",
        ),
        (
            "its settle then burns unreserved credits",
            "admission = { hold = { estimate = 10 } }
             grant 1: 10 included, expires 2 Jan 00:30
             grant 2: 10 included
             use 4 at 2 Jan for 1 h
             => burns 2:4, expired 10",
        ),
        (
            "pinned: they stay until the hold ends, then the rest expires",
            "admission = { hold = { estimate = 10, pins_expiry = true } }
             grant 1: 10 included, expires 2 Jan 00:30
             use 4 at 2 Jan for 1 h
             at 2 Jan 00:45: settled 10, held 10
             => burned 4, expired 6, debt 0, expiry-days 2025-01-02T01:00:00Z",
        ),
        (
            "only the reserved part is pinned",
            "admission = { hold = { estimate = 4, pins_expiry = true } }
             grant 1: 10 included, expires 2 Jan 00:30
             use 4 at 2 Jan for 1 h
             at 2 Jan 00:45: settled 4
             => burned 4, expired 6",
        ),
        (
            "a close under a pinned hold keeps the reserved allowance alive, not rolled over",
            "allowance = 10
             admission = { hold = { estimate = 10, pins_expiry = true } }
             until 3 Feb
             use 4 at 31 Jan 23:00 for 2 h
             at 1 Feb 00:30: settled 20, held 10
             => burned 4, expired 6, rolled 0, remaining 10",
        ),
        (
            "a voided grant is gone, pinned or not",
            "admission = { hold = { estimate = 10, pins_expiry = true } }
             grant 1: 10 included, voided 2 Jan 00:30
             use 4 at 2 Jan for 1 h
             => voided 10, debt 4, expired 0",
        ),
        (
            "held work is spared by a kill",
            "admission = { hold = { estimate = 10 } }
             in_flight = \"kill\"
             features = { other = { admission = \"none\", in_flight = \"finish\" } }
             grant 1: 10 included
             use 10 at 2 Jan for 2 h
             use 10 of other at 2 Jan 01:00
             => served 2, killed 0",
        ),
    ]);
}

#[test]
fn what_a_hold_covers_and_what_goes_first_of_it() {
    check(&[
        (
            "an extension covers what is charged, as it is rounded",
            "round = { nearest = 1 }
             admission = { hold = { estimate = \"exact\", overrun = \"extend\" } }
             grant 1: 9 included
             use 9.4 at 2 Jan for 1 h
             => served 1, burned 9, killed 0",
        ),
        (
            "of pinned credits those are used first that would expire",
            "until 1 Mar
             allowance = { credits = 10, anchor = \"calendar-month\" }
             rollover = { max_credits = 4 }
             admission = { hold = { estimate = 8, pins_expiry = true } }
             use 6 at 31 Jan for 2 days
             => burned 6, expired 2, remaining 12",
        ),
    ]);
}
