//! Limits: meters beside the balance, in their windows (docs/semantics.md §15).

use super::harness::check;

#[test]
fn all_limits_must_have_room() {
    check(&[
        (
            "five hours and a week",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"five-hours\", amount = 30, window = { every = \"5 h\", anchor = 2025-01-06 } }, { name = \"week\", amount = 60, window = { every = \"7 days\", anchor = 2025-01-06 } }]
             grant 1: 1000 purchased
             use 25 at 6 Jan 10:00
             use 10 at 6 Jan 11:00
             use 10 at 6 Jan 16:00
             use 30 at 7 Jan 16:00
             => served 2, refused-limit 2, charged 35, limit-refused 1+1",
        ),
        (
            "the need may use the room up to the last credit",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"life\", amount = 30 }]
             grant 1: 1000 purchased
             use 10 at 2 Jan
             use 20 at 3 Jan
             use 0.000001 at 4 Jan
             => served 2, refused-limit 1",
        ),
        (
            "who is checked for a positive balance finds room as long as any is left",
            "admission = \"positive\"
             limits = [{ name = \"life\", amount = 30 }]
             grant 1: 1000 purchased
             use 29 at 2 Jan
             use 20 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused-limit 1, charged 49, limit-overrun 19",
        ),
        (
            "a limit asks before the balance, which decides about what it lets through",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"life\", amount = 30 }]
             grant 1: 10 purchased
             use 31 at 2 Jan
             use 11 at 3 Jan
             => refused-limit 1, refused-short 1",
        ),
        (
            "what is open as a hold is in use",
            "admission = { hold = { estimate = \"exact\" } }
             limits = [{ name = \"life\", amount = 30 }]
             grant 1: 1000 purchased
             use 20 at 2 Jan for 2 h
             use 20 at 2 Jan 01:00
             use 10 at 2 Jan 01:30
             => served 2, refused-limit 1",
        ),
        (
            "operations of other features are outside",
            "admission = \"positive\"
             limits = [{ name = \"work\", amount = 1, unit = \"operations\", features = [\"work\"] }]
             grant 1: 1000 purchased
             use 1 at 2 Jan
             use 1 of other at 2 Jan 01:00
             use 1 at 2 Jan 02:00
             => served 2, refused-limit 1",
        ),
        (
            "free operations are in no limit",
            "admission = \"positive\"
             feature other: free = true
             limits = [{ name = \"all\", amount = 1, unit = \"operations\" }]
             grant 1: 1000 purchased
             use 0 of other at 2 Jan
             use 1 at 2 Jan 02:00
             => served 1, free 1, refused-limit 0",
        ),
    ]);
}

#[test]
fn windows_begin_where_they_say() {
    check(&[
        (
            "of the calendar: local midnight",
            "zone America/New_York
             limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { every = \"day\" } }]
             use 1 at 6 Jan 23:00
             use 1 at 6 Jan 23:59
             use 1 at 7 Jan 00:00
             => served 2, refused-limit 1",
        ),
        (
            "weeks begin on Mondays",
            "limits = [{ name = \"week\", amount = 1, unit = \"operations\", window = { every = \"week\" } }]
             use 1 at 11 Jan
             use 1 at 12 Jan 23:59
             use 1 at 13 Jan
             => served 2, refused-limit 1",
        ),
        (
            "months at their ends, from an anchor",
            "limits = [{ name = \"month\", amount = 1, unit = \"operations\", window = { every = \"month\", anchor = 2024-12-31 } }]
             use 1 at 30 Jan 23:00
             use 1 at 31 Jan
             use 1 at 27 Feb
             use 1 at 28 Feb
             => served 3, refused-limit 1",
        ),
        (
            "from the sign-up",
            "signed up 3 Jan 2025
             limits = [{ name = \"week\", amount = 1, unit = \"operations\", window = { every = \"week\", anchor = \"sign-up\" } }]
             use 1 at 9 Jan
             use 1 at 10 Jan
             use 1 at 16 Jan 23:00
             => served 2, refused-limit 1",
        ),
        (
            "with the billing cycle",
            "allowance = { credits = 10, every = \"month\", anchor = { day = 15 } }
             limits = [{ name = \"cycle\", amount = 1, unit = \"operations\", window = { every = \"month\", anchor = \"cycle\" } }]
             use 1 at 14 Jan
             use 1 at 15 Jan
             use 1 at 14 Feb 23:00
             => served 2, refused-limit 1",
        ),
        (
            "opened by the first use, and again by the first after its end",
            "limits = [{ name = \"five\", amount = 2, unit = \"operations\", window = { first_use = \"5 h\" } }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 13:59
             use 1 at 2 Jan 13:59:59
             use 1 at 2 Jan 14:00
             use 1 at 2 Jan 18:59
             use 1 at 2 Jan 18:59:59
             => served 4, refused-limit 2",
        ),
        (
            "what an operation that started in an ended window is charged is in none",
            "limits = [{ name = \"five\", amount = 10, window = { first_use = \"1 h\" } }]
             grant 1: 100 purchased
             admission = \"positive\"
             use 10 at 2 Jan 09:00 for 2 h
             use 1 at 2 Jan 11:30
             => served 2, refused-limit 0",
        ),
        (
            "rolling: what was counted so long ago has left",
            "limits = [{ name = \"hour\", amount = 2, unit = \"operations\", window = { rolling = \"1 h\" } }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 09:30
             use 1 at 2 Jan 09:59
             use 1 at 2 Jan 10:00
             use 1 at 2 Jan 10:29
             use 1 at 2 Jan 10:30
             => served 4, refused-limit 2",
        ),
        (
            "a bucket fills up evenly",
            "limits = [{ name = \"bucket\", unit = \"operations\", window = { refill = \"1/h\", burst = 2 } }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 09:59
             use 1 at 2 Jan 10:00
             use 1 at 2 Jan 10:59
             use 1 at 3 Jan 10:00
             use 1 at 3 Jan 10:00
             use 1 at 3 Jan 10:00
             => served 5, refused-limit 3",
        ),
        (
            "work in flight",
            "limits = [{ name = \"two\", unit = \"in-flight\", amount = 2 }]
             use 1 at 2 Jan 09:00 for 2 h
             use 1 at 2 Jan 10:00 for 2 h
             use 1 at 2 Jan 10:30 for 2 h
             use 1 at 2 Jan 11:00 for 2 h
             => served 3, refused-limit 1, refused-concurrency 0",
        ),
    ]);
}

#[test]
fn members_have_meters_and_amounts_of_their_own() {
    check(&[
        (
            "each member",
            "members 3, billing 1
             limits = [{ name = \"seat\", amount = 1, unit = \"operations\", per = \"member\" }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 1
             use 1 at 2 Jan 02:00 by 1
             => served 2, refused-limit 1",
        ),
        (
            "the most specific amount applies; members are numbers from 1",
            "members 3, billing 1
             limits = [{ name = \"seat\", amount = { default = 1, members = { \"2\" = 2, \"3\" = \"none\" } }, unit = \"operations\", per = \"member\" }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             use 1 at 2 Jan 03:00 by 1
             use 1 at 2 Jan 04:00 by 1
             use 1 at 2 Jan 05:00 by 2
             use 1 at 2 Jan 06:00 by 2
             use 1 at 2 Jan 07:00 by 2
             => served 6, refused-limit 2",
        ),
        (
            "of a chain only the first with an amount is asked; the others count",
            "members 2, billing 1
             limits = [{ name = \"own\", chain = \"c\", amount = { members = { \"2\" = 3 } }, unit = \"operations\", per = \"member\" }, { name = \"all\", chain = \"c\", amount = 1, unit = \"operations\" }]
             use 1 at 2 Jan by 1
             use 1 at 2 Jan 01:00 by 1
             use 1 at 2 Jan 02:00 by 0
             use 1 at 2 Jan 03:00 by 1
             use 1 at 2 Jan 04:00 by 1
             => served 3, refused-limit 2, limit-refused 1+1",
        ),
    ]);
}

#[test]
fn what_meets_an_operation_without_room_is_the_limits_own() {
    check(&[
        (
            "it is served without AI",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"degrade\", window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             => served 1, degraded 1, refused 0",
        ),
        (
            "a soft limit counts and goes on",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"allow\", window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             => served 2, refused 0, limit-overrun 1",
        ),
        (
            "it waits until the window ends",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"queue\", window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             use 1 at 2 Jan 02:00
             use 1 at 3 Jan 03:00
             => served 3, lost-patience 1, start-days 2025-01-02T00:00:00Z+2025-01-03T00:00:00Z+2025-01-04T00:00:00Z",
        ),
        (
            "or until enough has left a rolling window",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"hour\", amount = 10, on_limit = \"queue\", window = { rolling = \"1 h\" } }]
             grant 1: 1000 purchased
             use 6 at 2 Jan 09:00
             use 4 at 2 Jan 09:20
             use 8 at 2 Jan 09:30
             => served 3, start-days 2025-01-02T09:00:00Z+2025-01-02T09:20:00Z+2025-01-02T10:20:00Z",
        ),
        (
            "or a bucket has filled far enough",
            "limits = [{ name = \"bucket\", unit = \"operations\", on_limit = \"queue\", window = { refill = \"2/h\", burst = 1 } }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 09:10
             => served 2, start-days 2025-01-02T09:00:00Z+2025-01-02T09:30:00Z",
        ),
        (
            "or work has ended",
            "limits = [{ name = \"one\", unit = \"in-flight\", amount = 1, on_limit = \"queue\" }]
             use 1 at 2 Jan 09:00 for 2 h
             use 1 at 2 Jan 10:00 for 1 h
             => served 2, start-days 2025-01-02T09:00:00Z+2025-01-02T11:00:00Z",
        ),
        (
            "or a hold has ended",
            "admission = { hold = { estimate = 10 } }
             limits = [{ name = \"life\", amount = 15, on_limit = \"queue\" }]
             grant 1: 1000 purchased
             use 1 at 2 Jan 09:00 for 2 h
             use 1 at 2 Jan 10:00
             => served 2, start-days 2025-01-02T09:00:00Z+2025-01-02T11:00:00Z",
        ),
        (
            "or a hold has ended that takes a bucket's room",
            "admission = { hold = { estimate = 10 } }
             limits = [{ name = \"bucket\", on_limit = \"queue\", window = { refill = \"1/h\", burst = 15 } }]
             grant 1: 1000 purchased
             use 1 at 2 Jan 09:00 for 2 h
             use 1 at 2 Jan 10:00
             => served 2, start-days 2025-01-02T09:00:00Z+2025-01-02T11:00:00Z",
        ),
        (
            "with the limit's own patience and length",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"queue\", patience = \"1 h\", max = 1, window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             use 1 at 2 Jan 01:30
             => served 1, lost-patience 1, lost-full 1",
        ),
        (
            "who waits at a limit and then lacks credits moves on to what meets that",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, on_limit = \"queue\", window = { every = \"day\" } }]
             grant 1: 10 purchased
             use 10 at 2 Jan
             use 5 at 2 Jan 01:00
             => served 1, refused-short 1",
        ),
        (
            "a refusal by a limit prompts no purchase",
            "limits = [{ name = \"life\", amount = 1, unit = \"operations\" }]
             admission = \"positive\"
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, after_purchase = \"resume\" }
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             => purchases 0, refused-limit 1",
        ),
        (
            "what is given back leaves the window of its charge while that is open",
            "admission = { estimate = \"exact\" }
             charge = \"start\"
             on_failure = \"free\"
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan 10:00 for 1 h fails after 1 h
             use 10 at 2 Jan 10:30
             use 10 at 2 Jan 11:30
             use 10 at 3 Jan 23:30 for 1 h fails after 1 h
             use 10 at 4 Jan 01:00
             use 1 at 4 Jan 02:00
             => served 2, failed 2, refused-limit 2, charged 20",
        ),
        (
            "people are told of shares of the amount",
            "limits = [{ name = \"month\", amount = 10, window = { every = \"month\" }, alerts = [\"50%\", \"100%\"] }]
             grant 1: 100 purchased
             use 4 at 2 Jan
             use 2 at 3 Jan
             use 4 at 4 Jan
             use 6 at 5 Feb
             => warnings 2, criticals 1",
        ),
    ]);
}
