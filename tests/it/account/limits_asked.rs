//! Limits that a person raises where they stop somebody (docs/semantics.md §15.12).

use super::harness::check;

#[test]
fn a_person_raises_the_amount() {
    check(&[
        (
            "at once: the third of two operations starts, and the fourth; the fifth is asked for again",
            "limits = [{ name = \"ops\", amount = 2, unit = \"operations\", on_limit = { ask = { raise = 2 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             use 1 at 5 Jan
             use 1 at 6 Jan
             => served 5, refused-limit 0, limit-asked 2, limit-raised 2, limit-raised-by 4, limit-refused 0",
        ),
        (
            "after a day: who asked is refused, and so is whoever comes before; one asks, later ones do not",
            "limits = [{ name = \"ops\", amount = 1, unit = \"operations\", on_limit = { ask = { delay = \"1 day\", raise = 1 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan 12:00
             use 1 at 4 Jan 11:00
             use 1 at 4 Jan 12:00
             => served 2, refused-limit 2, limit-asked 1, limit-raised 1",
        ),
        (
            "who waits wakes at the raise: asked at 3 Jan 12:00, answered a day later, served then",
            "customer reactions = { wait = 1 }
             limits = [{ name = \"ops\", amount = 1, unit = \"operations\", on_limit = { ask = { delay = \"1 day\", raise = 1 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan 12:00
             => served 2, refused-limit 1, start-days 2025-01-02T00:00:00Z+2025-01-04T12:00:00Z",
        ),
        (
            "a share of the amount that is stated: half of 10 credits each time, for good",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" }, on_limit = { ask = { raise = \"50%\" } } }]
             grant 1: 100 purchased
             use 15 at 2 Jan
             use 15 at 3 Jan
             use 20 at 4 Jan
             => served 3, charged 50, limit-asked 2, limit-raised-by 10, limit-overrun 0",
        ),
        (
            "a raise that is too small for what is asked for: 15 of 10 + 1 do not fit, 11 do",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"life\", amount = 10, on_limit = { ask = { raise = 1 } } }]
             grant 1: 100 purchased
             use 15 at 2 Jan
             use 11 at 3 Jan
             => served 1, refused-limit 1, limit-asked 1, limit-raised 1, limit-refused 1",
        ),
        (
            "a no holds until the window ends: asked on the 2nd and on the 3rd, never twice a day",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { every = \"day\" }, on_limit = { ask = { probability = 0, raise = 1 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan 10:00
             use 1 at 2 Jan 11:00
             use 1 at 2 Jan 12:00
             use 1 at 3 Jan 10:00
             use 1 at 3 Jan 11:00
             => served 2, refused-limit 3, limit-asked 2, limit-raised 0",
        ),
        (
            "one answer is awaited, though the day ends in which it was asked: the one of the 2nd comes on the 4th",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { every = \"day\" }, on_limit = { ask = { delay = \"2 days\", raise = 1 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan 10:00
             use 1 at 2 Jan 11:00
             use 1 at 3 Jan 10:00
             use 1 at 3 Jan 11:00
             use 1 at 4 Jan 11:00
             use 1 at 4 Jan 12:00
             => served 4, refused-limit 2, limit-asked 1, limit-raised 1",
        ),
        (
            "and for good where no window ends",
            "limits = [{ name = \"life\", amount = 1, unit = \"operations\", on_limit = { ask = { probability = 0, raise = 1 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Feb
             => served 1, refused-limit 2, limit-asked 1",
        ),
        (
            "each member's own: raised for the one who asked, stopped for the other",
            "members 2, billing 1
             limits = [{ name = \"seat\", amount = { default = 1, members = { \"2\" = 0 } }, unit = \"operations\", per = \"member\", on_limit = { ask = { delay = \"1 h\", raise = 1 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan 10:00 by 0
             use 1 at 2 Jan 11:00 by 0
             use 1 at 2 Jan 11:30 by 1
             use 1 at 2 Jan 12:00 by 0
             use 1 at 2 Jan 12:15 by 1
             use 1 at 2 Jan 12:30 by 1
             => served 3, refused-limit 3, limit-asked 2, limit-raised 2",
        ),
        (
            "another limit that refuses besides is asked for itself: 3 of 2 pass, then 3 of the other's 3 are used",
            "limits = [{ name = \"asked\", amount = 2, unit = \"operations\", on_limit = { ask = { raise = 10 } } }, { name = \"hard\", amount = 3, unit = \"operations\" }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             use 1 at 5 Jan
             => served 3, refused-limit 1, limit-asked 1+0, limit-refused 0+1",
        ),
        (
            "alerts are shares of the raised amount: 75 % of 4 are reached once, of 8 once more",
            "limits = [{ name = \"ops\", amount = 4, unit = \"operations\", alerts = [\"75%\"], on_limit = { ask = { raise = 4 } } }]
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             use 1 at 5 Jan
             use 1 at 6 Jan
             use 1 at 7 Jan
             => served 6, warnings 2, alert-days 2025-01-04T00:00:00Z+2025-01-07T00:00:00Z",
        ),
    ]);
}
