//! Limits of groups of members (docs/semantics.md §15.1, §15.2).

use super::harness::check;

#[test]
fn groups_are_inside_or_have_meters_or_amounts_of_their_own() {
    check(&[
        (
            "each group has a meter; nobody's operations are in none",
            "groups sales, law, law
             members 3, billing 3
             limits = [{ name = \"team\", amount = 1, unit = \"operations\", per = \"group\" }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 1
             use 1 at 2 Jan 02:00 by 2
             => served 2, refused-limit 1",
        ),
        (
            "only members of a group are inside: 1 and 2 share one meter, 0 is outside",
            "groups sales, law, law
             members 3, billing 3
             limits = [{ name = \"law\", amount = 1, unit = \"operations\", groups = [\"law\"] }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             use 1 at 2 Jan 03:00 by 2
             => served 3, refused-limit 1",
        ),
        (
            "of members: their own amount, that of their group, what is left",
            "groups sales, law, law
             members 3, billing 3
             limits = [{ name = \"seat\", amount = { default = 1, groups = { law = 2 }, members = { \"3\" = 0 } }, unit = \"operations\", per = \"member\" }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             use 1 at 2 Jan 03:00 by 1
             use 1 at 2 Jan 04:00 by 1
             use 1 at 2 Jan 05:00 by 2
             => served 3, refused-limit 3",
        ),
        (
            "of groups: one is bounded, the other is not",
            "groups sales, law, law
             members 3, billing 3
             limits = [{ name = \"centre\", amount = { default = \"none\", groups = { law = 1 } }, unit = \"operations\", per = \"group\" }]
             use 1 at 2 Jan by 0
             use 1 at 2 Jan 01:00 by 0
             use 1 at 2 Jan 02:00 by 1
             use 1 at 2 Jan 03:00 by 2
             => served 3, refused-limit 1",
        ),
        (
            "a formula counts the members inside: 2 · 3 of law",
            "groups sales, law, law
             members 3, billing 3
             limits = [{ name = \"law\", amount = \"3 * members\", groups = [\"law\"] }]
             admission = { estimate = \"exact\" }
             grant 1: 100 included
             use 7 at 2 Jan by 1
             use 6 at 3 Jan by 1
             => served 1, refused-limit 1",
        ),
    ]);
}
