//! Who waits for room in a limit, and who wakes when (docs/semantics.md §15.6, §15.7).

use super::harness::check;

#[test]
fn whoever_queues_at_a_limit_starts_as_what_waits_does() {
    check(&[
        (
            "starting at the instant at which patience ends still counts",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"queue\", patience = \"23 h\", window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             => served 2, lost-patience 0",
        ),
        (
            "restarts keep their distance",
            "resume = \"1 h\"
             limits = [{ name = \"day\", amount = 2, unit = \"operations\", on_limit = \"queue\", window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             use 1 at 2 Jan 01:00
             => served 4, start-days 2025-01-02T00:00:00Z+2025-01-02T00:00:00Z+2025-01-03T00:00:00Z+2025-01-03T01:00:00Z",
        ),
        (
            "what starts does at once what it does without delay, before the next is checked",
            "admission = \"positive\"
             limits = [{ name = \"day\", amount = 10, on_limit = \"queue\", window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             use 10 at 2 Jan 01:00
             use 10 at 2 Jan 02:00
             => served 2, lost-patience 1, charged 20",
        ),
        (
            "the head is checked again when an outage ends",
            "outage of work from 2 Jan 20:00 to 3 Jan 02:00
             limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"queue\", patience = \"2 days\", window = { every = \"day\" } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             => served 2, start-days 2025-01-02T00:00:00Z+2025-01-03T02:00:00Z",
        ),
        (
            "nobody queues at a link of a chain that does not ask",
            "members 2, billing 1
             admission = \"positive\"
             limits = [{ name = \"own\", chain = \"c\", amount = { members = { \"2\" = 5 } }, unit = \"operations\", per = \"member\" }, { name = \"all\", chain = \"c\", amount = 1, unit = \"operations\", on_limit = \"queue\", window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             => served 3, start-days 2025-01-02T00:00:00Z+2025-01-02T02:00:00Z+2025-01-03T00:00:00Z",
        ),
        (
            "patience is counted from the first wait, wherever somebody waits then",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"30 h\"
             limits = [{ name = \"day\", amount = 10, on_limit = \"queue\", patience = \"2 days\", window = { every = \"day\" } }]
             grant 1: 10 purchased
             grant 2: 10 purchased, from 3 Jan 08:00
             use 10 at 2 Jan
             use 10 at 2 Jan 01:00
             => served 1, lost-patience 1",
        ),
        (
            "who waits for credits and finds a limit full moves there, though credits are short too",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             limits = [{ name = \"life\", amount = 10 }]
             grant 1: 4 purchased
             grant 2: 2 purchased, from 2 Jan 03:00
             feature other: cost = 1
             features.other = { admission = \"positive\", short = \"allow\" }
             use 5 at 2 Jan
             use 8 of other at 2 Jan 01:00
             => served 1, refused-limit 1",
        ),
    ]);
}

#[test]
fn who_waits_after_a_refusal_wakes_when_there_may_be_room() {
    check(&[
        (
            "as work ends",
            "customer reactions = { wait = 1.0 }
             limits = [{ name = \"one\", unit = \"in-flight\", amount = 1 }]
             use 1 at 2 Jan 09:00 for 2 h
             use 1 at 2 Jan 10:00
             => served 2, refusals 1, start-days 2025-01-02T09:00:00Z+2025-01-02T11:00:00Z",
        ),
        (
            "whom something else has refused goes on waiting for credits",
            "customer reactions = { wait = 1.0 }
             admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, features = [\"work\"], window = { every = \"day\" } }]
             grant 1: 100 purchased
             use 9 at 2 Jan
             use 5 at 2 Jan 01:00
             use 200 of other at 2 Jan 02:00
             => served 2, refusals 2, lost-patience 1, start-days 2025-01-02T00:00:00Z+2025-01-03T00:00:00Z",
        ),
        (
            "once an instant, however many have waited for it",
            "customer reactions = { wait = 1.0 }
             limits = [{ name = \"day\", amount = 1, unit = \"operations\", on_limit = \"queue\", window = { every = \"day\" } }, { name = \"life\", amount = 1, unit = \"operations\" }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             use 1 at 2 Jan 02:00
             => served 1, refusals 2, lost-patience 2",
        ),
        (
            "as a bucket fills beside what is reserved",
            "customer reactions = { wait = 1.0 }
             admission = { hold = { estimate = \"exact\" } }
             limits = [{ name = \"bucket\", window = { refill = \"1/h\", burst = 10 } }]
             grant 1: 100 purchased
             use 3 at 2 Jan 09:00
             use 4 at 2 Jan 09:00 for 10 h
             use 5 at 2 Jan 09:00
             => served 3, refusals 1, start-days 2025-01-02T09:00:00Z+2025-01-02T09:00:00Z+2025-01-02T11:00:00Z",
        ),
    ]);
}

#[test]
fn holds_grow_as_far_as_limits_have_room() {
    check(&[
        (
            "an extension is a new check of the limits too",
            "admission = { hold = { estimate = 5, overrun = \"extend\" } }
             charge = \"step\"
             limits = [{ name = \"life\", amount = 8 }]
             grant 1: 100 purchased
             run of work at 2 Jan: step 4 for 1 h; step 6 for 1 h
             => killed 1, charged 5",
        ),
        (
            "what a timeout has charged is not given back into the meter",
            "admission = { hold = { estimate = 4, timeout = \"90 min\", on_timeout = \"charge\" } }
             charge = \"step\"
             on_cancel = \"free\"
             limits = [{ name = \"day\", amount = 4, window = { every = \"day\" } }]
             grant 1: 100 purchased
             run of work at 2 Jan 23:00: step 2 for 30 min; step 2 for 5 h; cancelled in 2 after 2 h
             use 1 at 3 Jan 03:00
             => cancelled 1, charged 2, refused-limit 1",
        ),
    ]);
}

#[test]
fn a_fallback_is_an_attempt_as_the_other_feature() {
    check(&[
        (
            "a free one is in no limit",
            "feature other: free = true
             limits = [{ name = \"all\", amount = 1, unit = \"operations\", on_limit = { fallback = \"other\" } }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             => served 1, substituted 2, refused-limit 0",
        ),
        (
            "an outage of the other feature stops it",
            "outage of other from 2 Jan to 5 Jan
             feature other: cost = 1
             limits = [{ name = \"best\", amount = 1, unit = \"operations\", features = [\"work\"], on_limit = { fallback = \"other\" } }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 6 Jan
             => served 1, substituted 1, refused-outage 1, refused-limit 0",
        ),
    ]);
}

#[test]
fn a_banked_reset_begins_all_limits_anew_that_it_names() {
    check(&[
        (
            "of those that the operation is outside of, too",
            "limits = [{ name = \"work\", amount = 1, unit = \"operations\", features = [\"work\"] }, { name = \"other\", amount = 1, unit = \"operations\", features = [\"other\"] }]
             resets = [{ limits = [\"work\", \"other\"], banked = { number = 1 } }]
             use 1 at 2 Jan
             use 1 of other at 2 Jan 01:00
             use 1 at 2 Jan 02:00
             use 1 of other at 2 Jan 03:00
             use 1 of other at 2 Jan 04:00
             => served 4, refused-limit 1, limit-refused 0+1",
        ),
        (
            "the bank is the organization's if the first of them is, though a member's limit refuses",
            "members 2, billing 1
             limits = [{ name = \"own\", amount = 1, unit = \"operations\", per = \"member\" }, { name = \"all\", amount = 9, unit = \"operations\" }]
             resets = [{ limits = [\"all\", \"own\"], banked = { number = 1 } }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             use 1 at 2 Jan 03:00 by 1
             => served 3, refused-limit 1",
        ),
        (
            "it is each member's if the first of them is a member's, though the organization's refuses; nobody has none",
            "members 2, billing 1
             limits = [{ name = \"own\", amount = 9, unit = \"operations\", per = \"member\" }, { name = \"all\", amount = 1, unit = \"operations\" }]
             resets = [{ limits = [\"own\", \"all\"], banked = { number = 1 } }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             use 1 at 2 Jan 03:00 by 1
             => served 3, refused-limit 1",
        ),
    ]);
}

#[test]
fn nobody_buys_behind_a_head_that_a_limit_stops() {
    // The head has to wait for credits as it joins; then others fill the day.
    check(&[(
        "who joins the queue waits for what its head waits for",
        "admission = { estimate = \"exact\" }
         short = \"queue\"
         features.other = { short = \"reject\" }
         packages = [{ name = \"p\", credits = 10, price = \"5 USD\" }]
         customer budget = { money = \"1 USD\", per = \"month\" }
         customer buyer = { on_wait = 1.0, on_refusal = 0.0 }
         limits = [{ name = \"day\", amount = 2, unit = \"operations\", window = { every = \"day\" } }]
         grant 1: 10 purchased
         use 8 at 2 Jan
         use 5 at 2 Jan 01:00
         use 1 of other at 2 Jan 02:00 for 2 h
         use 5 at 2 Jan 03:00
         => served 2, blocked 1, refused-limit 2",
    )]);
}

#[test]
fn windows_end_before_what_waits_starts_again() {
    check(&[(
        "who begins to wait as its window has ended is not woken by that",
        "charge = \"start\"
         customer reactions = { wait = 1.0 }
         limits = [{ name = \"five\", amount = 1, window = { first_use = \"6 h\" }, on_limit = \"queue\" }, { name = \"all\", amount = 1, unit = \"operations\" }]
         use 1 at 2 Jan for 6 h
         use 1 at 2 Jan 02:00
         => served 1, refused-limit 1, lost-patience 1",
    )]);
}
