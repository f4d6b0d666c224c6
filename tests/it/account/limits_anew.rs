//! Limits that begin anew, and operations that fall back on another feature (docs/semantics.md §15).

use super::harness::check;

#[test]
fn what_was_charged_before_a_reset_is_not_given_back_into_the_meter() {
    check(&[(
        "nor at its own instant: 10 charged at 10:00, then a banked reset, then 10 more; the first fails at 11:00 and is free, \
         and 1 more does not fit",
        "admission = { estimate = \"exact\" }
         charge = \"start\"
         on_failure = \"free\"
         limits = [{ name = \"life\", amount = 10 }]
         resets = [{ limits = [\"life\"], banked = { number = 1 } }]
         grant 1: 100 purchased
         use 10 at 2 Jan 10:00 for 2 h fails after 1 h
         use 10 at 2 Jan 10:00
         use 1 at 2 Jan 12:00
         => served 1, failed 1, refused-limit 1",
    )]);
}

#[test]
fn written_resets_begin_limits_anew() {
    check(&[
        (
            "nothing is used any more, the window stays",
            "limits = [{ name = \"week\", amount = 2, unit = \"operations\", window = { every = \"week\" } }]
             resets = [{ limits = [\"week\"], at = [2025-01-08T12:00:00Z] }]
             use 1 at 7 Jan
             use 1 at 8 Jan
             use 1 at 8 Jan 11:00
             use 1 at 8 Jan 12:00
             use 1 at 9 Jan
             use 1 at 10 Jan
             => served 4, refused-limit 2",
        ),
        (
            "of several only the named ones",
            "limits = [{ name = \"five\", amount = 1, unit = \"operations\" }, { name = \"all\", amount = 2, unit = \"operations\" }]
             resets = [{ limits = [\"five\"], at = [2025-01-03, 2025-01-05] }]
             use 1 at 2 Jan
             use 1 at 4 Jan
             use 1 at 6 Jan
             => served 2, refused-limit 1, limit-refused 0+1",
        ),
        (
            "a window opened by the first use goes on, or the next use opens another",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { first_use = \"24 h\" } }]
             resets = [{ limits = [\"day\"], at = [2025-01-02T12:00:00Z] }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 13:00
             use 1 at 3 Jan 09:00
             => served 3, refused-limit 0",
        ),
        (
            "with another window the third comes too early",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { first_use = \"24 h\" } }]
             resets = [{ limits = [\"day\"], at = [2025-01-02T12:00:00Z], window = \"restart\" }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 13:00
             use 1 at 3 Jan 09:00
             use 1 at 3 Jan 13:00
             => served 3, refused-limit 1",
        ),
        (
            "who waits for room starts",
            "limits = [{ name = \"life\", amount = 1, unit = \"operations\", on_limit = \"queue\" }]
             resets = [{ limits = [\"life\"], at = [2025-01-02T12:00:00Z] }]
             use 1 at 2 Jan 09:00
             use 1 at 2 Jan 10:00
             => served 2, start-days 2025-01-02T09:00:00Z+2025-01-02T12:00:00Z",
        ),
        (
            "what was charged before is not given back into the meter",
            "admission = { estimate = \"exact\" }
             charge = \"start\"
             on_failure = \"free\"
             limits = [{ name = \"life\", amount = 10 }]
             resets = [{ limits = [\"life\"], at = [2025-01-02T12:00:00Z] }]
             grant 1: 100 purchased
             use 10 at 2 Jan 10:00 for 4 h fails after 4 h
             use 10 at 2 Jan 13:00
             use 1 at 2 Jan 15:00
             => served 1, failed 1, refused-limit 1, charged 10",
        ),
    ]);
}

#[test]
fn banked_resets_prevent_refusals() {
    check(&[
        (
            "one a refusal, until none is left",
            "limits = [{ name = \"life\", amount = 1, unit = \"operations\" }]
             resets = [{ limits = [\"life\"], banked = { number = 2 } }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             use 1 at 5 Jan
             => served 3, refused-limit 1",
        ),
        (
            "they are given again, and end",
            "signed up 1 Jan 2025
             limits = [{ name = \"life\", amount = 1, unit = \"operations\" }]
             resets = [{ limits = [\"life\"], banked = { number = 1, every = \"7 days\", expires_after = \"5 days\" } }]
             use 1 at 6 Jan
             use 1 at 7 Jan
             use 1 at 8 Jan
             use 1 at 9 Jan
             use 1 at 14 Jan
             use 1 at 19 Jan 23:59
             => served 3, refused-limit 3",
        ),
        (
            "none is used where another limit refuses all the same",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { every = \"day\" } }, { name = \"life\", amount = 1, unit = \"operations\" }]
             resets = [{ limits = [\"day\"], banked = { number = 1 } }]
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             => served 1, refused-limit 1",
        ),
        (
            "nor where credits do not suffice",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"day\", amount = 10, window = { every = \"day\" } }]
             resets = [{ limits = [\"day\"], banked = { number = 1 } }]
             grant 1: 15 purchased
             use 10 at 2 Jan
             use 10 at 2 Jan 01:00
             use 5 at 2 Jan 02:00
             => served 2, refused-limit 1",
        ),
        (
            "each member has its own",
            "members 2, billing 1
             limits = [{ name = \"seat\", amount = 1, unit = \"operations\", per = \"member\" }]
             resets = [{ limits = [\"seat\"], banked = { number = 1 } }]
             use 1 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 1 at 4 Jan by 0
             use 1 at 5 Jan by 1
             use 1 at 6 Jan by 1
             => served 4, refused-limit 1",
        ),
    ]);
}

#[test]
fn operations_fall_back_on_another_feature() {
    check(&[
        (
            "at its cost, counted into its limits and as substituted",
            "admission = { estimate = \"exact\" }
             feature other: cost = 1
             limits = [{ name = \"best\", amount = 20, features = [\"work\"], on_limit = { fallback = \"other\" } }, { name = \"rescue\", amount = 2, features = [\"other\"] }]
             grant 1: 100 purchased
             use 20 at 2 Jan
             use 10 at 3 Jan
             use 10 at 4 Jan
             use 10 at 5 Jan
             => served 1, substituted 2, refused-limit 1, charged 22, limit-refused 0+1",
        ),
        (
            "duration and fate stay",
            "admission = { estimate = \"exact\" }
             feature other: cost = 1
             limits = [{ name = \"best\", amount = 1, unit = \"operations\", features = [\"work\"], on_limit = { fallback = \"other\" } }, { name = \"one\", amount = 1, unit = \"in-flight\", features = [\"other\"] }]
             grant 1: 100 purchased
             use 20 at 2 Jan
             use 10 at 3 Jan 10:00 for 2 h
             use 10 at 3 Jan 11:59
             use 10 at 3 Jan 12:00
             => served 1, substituted 2, refused-limit 1, charged 22",
        ),
        (
            "a second limit that falls back refuses",
            "admission = { estimate = \"exact\" }
             feature other: cost = 1
             limits = [{ name = \"best\", amount = 0, features = [\"work\"], on_limit = { fallback = \"other\" } }, { name = \"rescue\", amount = 0, features = [\"other\"], on_limit = { fallback = \"work\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             => served 0, substituted 0, refused-limit 1",
        ),
        (
            "so does one whose fallback is the feature itself",
            "limits = [{ name = \"all\", amount = 1, unit = \"operations\", on_limit = { fallback = \"work\" } }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             => served 1, substituted 0, refused-limit 1",
        ),
        (
            "what is free is never refused: limits with everything inside do not hold it back",
            "feature other: free = true
             limits = [{ name = \"day\", amount = 10, on_limit = { fallback = \"other\" } }, { name = \"week\", amount = 10, on_limit = { fallback = \"other\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             use 5 at 3 Jan
             use 5 at 4 Jan
             => served 1, substituted 2, refused-limit 0, charged 10",
        ),
        (
            "a lack of credits then meets what it meets",
            "admission = { estimate = \"exact\" }
             feature other: cost = 6
             limits = [{ name = \"best\", amount = 1, unit = \"operations\", features = [\"work\"], on_limit = { fallback = \"other\" } }]
             grant 1: 10 purchased
             use 5 at 2 Jan
             use 1 at 3 Jan
             => served 1, refused-short 1, refused-limit 0",
        ),
    ]);
}
