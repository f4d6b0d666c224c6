//! Amounts by heads and drawn, and operations that fall back on another feature for other reasons than a limit
//! (docs/semantics.md §15).

use super::harness::check;

#[test]
fn amounts_grow_with_the_heads_of_an_organization() {
    check(&[
        (
            "two a member: four of two members",
            "members 2, billing 1
             limits = [{ name = \"seats\", amount = \"2 * members\", unit = \"operations\" }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             use 1 at 5 Jan
             use 1 at 6 Jan
             => served 4, refused-limit 1",
        ),
        (
            "2 / 1 projects for the first member, 1 of its own for the second",
            "members 2, billing 1
             limits = [{ name = \"seat\", amount = { default = \"2 / projects\", members = { \"2\" = 1 } }, unit = \"operations\", per = \"member\" }]
             use 1 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 1 at 4 Jan by 0
             use 1 at 5 Jan by 1
             use 1 at 6 Jan by 1
             => served 3, refused-limit 2",
        ),
        (
            "of operations an amount is whole: 5 / 2 are two, and the second fills it",
            "limits = [{ name = \"half\", amount = \"5 / 2\", unit = \"operations\", alerts = [\"100%\"] }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused-limit 1, criticals 1",
        ),
        (
            "a formula of nobody is a number: 1 + 1",
            "limits = [{ name = \"two\", amount = \"1 + 1\", unit = \"operations\" }]
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused-limit 1",
        ),
        (
            "a distribution of one value is drawn as that value: 1.5 credits let one of 1 pass and then another, not a third",
            "limits = [{ name = \"drawn\", amount = { uniform = [1.5, 1.5] } }]
             admission = \"positive\"
             grant 1: 100 purchased
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused-limit 1, limit-overrun 0.5",
        ),
    ]);
}

#[test]
fn a_lack_of_credits_falls_back_on_another_feature() {
    check(&[
        (
            "at its cost: 10 of 15 for the first, 1 for the second",
            "admission = { estimate = \"exact\" }
             short = { fallback = \"other\" }
             feature other: cost = 1
             grant 1: 15 purchased
             use 10 at 2 Jan
             use 10 at 3 Jan
             => served 1, substituted 1, refused-short 0, charged 11",
        ),
        (
            "once: the fallback of the fallback is a refusal",
            "admission = { estimate = \"exact\" }
             short = { fallback = \"other\" }
             feature other: cost = 8
             grant 1: 15 purchased
             use 10 at 2 Jan
             use 10 at 3 Jan
             => served 1, substituted 0, refused-short 1, charged 10",
        ),
        (
            "beyond the limit of an overdraft: 10 + 4 pass, 10 more do not, 1 does",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 5 }
             beyond_limit = { fallback = \"other\" }
             feature other: cost = 1
             grant 1: 10 purchased
             use 10 at 2 Jan
             use 4 at 3 Jan
             use 10 at 4 Jan
             => served 2, substituted 1, refused-short 0, charged 15",
        ),
        (
            "where too many are in flight, into whatever the other feature has room for",
            "max_in_flight = 1
             at_max_in_flight = { fallback = \"other\" }
             feature other: cost = 1
             use 10 at 2 Jan for 2 h
             use 10 at 2 Jan 01:00 for 2 h
             => served 1, substituted 0, refused-concurrency 1",
        ),
    ]);
}

#[test]
fn every_limit_without_room_is_met_and_one_decides() {
    check(&[
        (
            "both have one operation: the first in file order refuses the second, and both lack room then",
            "limits = [{ name = \"day\", amount = 1, unit = \"operations\", window = { every = \"day\" } }, { name = \"life\", amount = 1, unit = \"operations\" }]
             use 1 at 2 Jan
             use 1 at 2 Jan 06:00
             => refused-limit 1, limit-refused 1+0, limit-lacks 2025-01-02T06:00:00Z+2025-01-02T06:00:00Z",
        ),
        (
            "one that is not asked, behind another of its chain, is not met",
            "limits = [{ name = \"a\", amount = 1, unit = \"operations\", chain = \"c\" }, { name = \"b\", amount = 1, unit = \"operations\", chain = \"c\" }, { name = \"soft\", amount = 1, unit = \"operations\", on_limit = \"allow\" }]
             use 1 at 2 Jan
             use 1 at 2 Jan 06:00
             => refused-limit 1, limit-refused 1+0+0, limit-lacks 2025-01-02T06:00:00Z+never+never",
        ),
        (
            "of two members the second meets the limit, twice",
            "members 2, billing 1
             limits = [{ name = \"seat\", amount = 1, unit = \"operations\", per = \"member\" }]
             use 1 at 2 Jan by 0
             use 1 at 3 Jan by 1
             use 1 at 4 Jan by 1
             use 1 at 5 Jan by 1
             => refused-limit 2, limit-members-met 1, limit-members 2",
        ),
        (
            "a second limit that falls back refuses, and counts as that: no room for either feature",
            "admission = { estimate = \"exact\" }
             feature other: cost = 1
             limits = [{ name = \"best\", amount = 0, features = [\"work\"], on_limit = { fallback = \"other\" } }, { name = \"rescue\", amount = 0, features = [\"other\"], on_limit = { fallback = \"work\" } }]
             grant 1: 100 purchased
             use 10 at 2 Jan
             => refused-limit 1, limit-refused 0+1",
        ),
    ]);
}
