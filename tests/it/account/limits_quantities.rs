//! Limits of quantities: what operations consist of, counted at their start, at their end, or as a gauge (docs/semantics.md §15).

use super::harness::check;

#[test]
fn a_quantity_is_counted_as_an_operation_starts() {
    check(&[
        (
            "100 tokens a day: 60 and 40 pass whatever they cost, one more does not, the next day it does",
            "feature work: quantities = { tokens = 1 }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\", window = { every = \"day\" } }]
             admission = \"positive\"
             grant 1: 1000 purchased
             use 5 with 60 tokens at 2 Jan 10:00
             use 5 with 41 tokens at 2 Jan 11:00
             use 5 with 40 tokens at 2 Jan 12:00
             use 5 with 1 tokens at 2 Jan 13:00
             use 5 with 1 tokens at 3 Jan
             => served 3, refused-limit 2, charged 15",
        ),
        (
            "counted at the start: what runs for two hours counts at once, and is not given back if it fails",
            "feature work: quantities = { tokens = 1 }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\" }]
             grant 1: 1000 purchased
             use 5 with 60 tokens at 2 Jan 10:00 for 2 h fails after 1 h
             use 5 with 60 tokens at 2 Jan 10:30
             use 5 with 60 tokens at 2 Jan 14:00
             use 5 with 40 tokens at 2 Jan 15:00
             => served 1, failed 1, refused-limit 2",
        ),
        (
            "features without the quantity are outside",
            "feature work: quantities = { tokens = 1 }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\" }]
             grant 1: 1000 purchased
             use 5 with 100 tokens at 2 Jan
             use 5 of other at 3 Jan
             use 5 with 1 tokens at 4 Jan
             => served 2, refused-limit 1",
        ),
        (
            "fractions count: 0.25 and 0.25 of 0.5",
            "feature work: quantities = { hours = 1 }
             limits = [{ name = \"hours\", amount = 0.5, unit = \"hours\" }]
             grant 1: 1000 purchased
             use 5 with 0.25 hours at 2 Jan
             use 5 with 0.25 hours at 3 Jan
             use 5 with 0.000001 hours at 4 Jan
             => served 2, refused-limit 1",
        ),
        (
            "60 tokens a minute in bursts of 100: at 10:00:30 30 have come back, at 10:01 60",
            "feature work: quantities = { tokens = 1 }
             limits = [{ name = \"tokens\", unit = \"tokens\", window = { refill = \"60/min\", burst = 100 } }]
             grant 1: 1000 purchased
             use 1 with 100 tokens at 2 Jan 10:00
             use 1 with 31 tokens at 2 Jan 10:00:30
             use 1 with 60 tokens at 2 Jan 10:01
             => served 2, refused-limit 1",
        ),
        (
            "a limit of credits beside it asks for itself: 20 of 25 credits and 90 of 100 tokens",
            "feature work: quantities = { tokens = 1 }
             admission = { estimate = \"exact\" }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\" }, { name = \"credits\", amount = 25 }]
             grant 1: 1000 purchased
             use 20 with 50 tokens at 2 Jan
             use 6 with 1 tokens at 3 Jan
             use 1 with 51 tokens at 4 Jan
             use 1 with 40 tokens at 5 Jan
             => served 2, limit-refused 1+1",
        ),
        (
            "told at half: 50 of 100 tokens is a warning, 100 critical",
            "feature work: quantities = { tokens = 1 }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\", alerts = [\"50%\", \"100%\"] }]
             grant 1: 1000 purchased
             use 1 with 49 tokens at 2 Jan
             use 1 with 1 tokens at 3 Jan
             use 1 with 50 tokens at 4 Jan
             => warnings 1, criticals 1",
        ),
        (
            "a fallback counts its own quantity by name: 80 tokens as the other feature's, of which 20 are left of 100",
            "feature work: quantities = { tokens = 1 }
             feature other: quantities = { tokens = 1 }
             feature other: cost = \"tokens * 0.1\"
             limits = [{ name = \"best\", amount = 0, unit = \"operations\", features = [\"work\"], on_limit = { fallback = \"other\" } }, { name = \"tokens\", amount = 100, unit = \"tokens\", features = [\"other\"] }]
             grant 1: 1000 purchased
             use 50 with 80 tokens at 2 Jan
             use 50 with 21 tokens at 3 Jan
             use 50 with 20 tokens at 4 Jan
             => substituted 2, charged 10, refused-limit 1",
        ),
    ]);
}

#[test]
fn a_quantity_may_be_counted_as_an_operation_ends() {
    check(&[
        (
            "nothing is known of it before: with a positive balance any room is enough, two at once take 120 of 100",
            "feature work: quantities = { tokens = 1 }
             admission = \"positive\"
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\", counted = \"end\" }]
             grant 1: 1000 purchased
             use 5 with 60 tokens at 2 Jan 10:00 for 1 h
             use 5 with 60 tokens at 2 Jan 10:30 for 1 h
             use 5 with 1 tokens at 2 Jan 11:15
             use 5 with 1 tokens at 2 Jan 12:00
             => served 3, refused-limit 1, limit-overrun 21",
        ),
        (
            "the estimate's share is what it needs: half the cost expected, half of 120 tokens needed, all counted",
            "feature work: quantities = { tokens = 1 }
             admission = { estimate = { fixed = 5 } }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\", counted = \"end\" }]
             grant 1: 1000 purchased
             use 10 with 202 tokens at 2 Jan
             use 10 with 120 tokens at 3 Jan
             use 10 with 1 tokens at 4 Jan
             => served 1, refused-limit 2, limit-overrun 20",
        ),
        (
            "open holds reserve their share: 8 held of 10, 48 of 60 tokens; 53 more do not fit, 52 do",
            "feature work: quantities = { tokens = 1 }
             admission = { hold = { estimate = { fixed = 8 } } }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\", counted = \"end\" }]
             grant 1: 1000 purchased
             use 10 with 60 tokens at 2 Jan 10:00 for 2 h
             use 8 with 53 tokens at 2 Jan 10:30
             use 8 with 52 tokens at 2 Jan 11:00
             => served 2, refused-limit 1, limit-overrun 12",
        ),
        (
            "of what fails half-way half is counted: 30 of 60; 70 fit then",
            "feature work: quantities = { tokens = 1 }
             admission = { estimate = \"exact\" }
             limits = [{ name = \"tokens\", amount = 100, unit = \"tokens\", counted = \"end\" }]
             grant 1: 1000 purchased
             use 10 with 60 tokens at 2 Jan 10:00 for 2 h fails after 1 h
             use 5 with 71 tokens at 2 Jan 11:30
             use 5 with 70 tokens at 2 Jan 11:45
             => served 1, charged 5, failed 1, refused-limit 1, limit-rows 100/0",
        ),
        (
            "and all of what is cancelled at its end, or fails in its last step: 60 and 40 of 100",
            "feature work: quantities = { tokens = 1 }
             limits = [{ name = \"tokens\", amount = 200, unit = \"tokens\", counted = \"end\" }]
             grant 1: 1000 purchased
             use 10 with 60 tokens at 2 Jan 10:00 for 2 h cancelled after 2 h
             use 10 with 40 tokens at 2 Jan 13:00 for 2 h fails after 2 h
             => cancelled 1, failed 1, limit-rows 100/100",
        ),
    ]);
}

#[test]
fn a_gauge_is_the_newest_value() {
    check(&[
        (
            "of 100 seats: 80, then 100, then 101 is refused, 20 again",
            "feature work: quantities = { seats = 1 }
             limits = [{ name = \"seats\", amount = 100, unit = \"seats\", counted = \"latest\" }]
             grant 1: 1000 purchased
             use 1 with 80 seats at 2 Jan
             use 1 with 100 seats at 3 Jan
             use 1 with 101 seats at 4 Jan
             use 1 with 20 seats at 5 Jan
             => served 3, refused-limit 1",
        ),
        (
            "a soft gauge tells each time it rises past the amount: 120 (20 over), 90, 130 (30 over)",
            "feature work: quantities = { seats = 1 }
             limits = [{ name = \"seats\", amount = 100, unit = \"seats\", counted = \"latest\", on_limit = \"allow\", alerts = [\"100%\"] }]
             grant 1: 1000 purchased
             use 1 with 120 seats at 2 Jan
             use 1 with 90 seats at 3 Jan
             use 1 with 130 seats at 4 Jan
             use 1 with 125 seats at 5 Jan
             => served 4, criticals 2, limit-overrun 50",
        ),
        (
            "each member's own value",
            "members 2, billing 1
             feature work: quantities = { open = 1 }
             limits = [{ name = \"open\", amount = 5, unit = \"open\", counted = \"latest\", per = \"member\" }]
             grant 1: 1000 purchased
             use 1 with 5 open at 2 Jan by 0
             use 1 with 5 open at 3 Jan by 1
             use 1 with 6 open at 4 Jan by 1
             => served 2, refused-limit 1, limit-members-met 1",
        ),
    ]);
}
