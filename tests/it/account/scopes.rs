//! Credits for some features: only their operations see, reserve and burn them (docs/semantics.md §14).

use super::harness::check;

#[test]
fn operations_burn_what_is_for_them() {
    check(&[
        (
            "3 of its own 25, then 5 of its own and 3 of everybody's",
            "grant 1: 5 promotional, for work
             grant 2: 25 promotional, for other
             grant 3: 100 included
             use 3 of other at 2 Jan
             use 8 at 3 Jan
             => grant 1 0, grant 2 22, grant 3 97",
        ),
        (
            "the narrower first, whatever ends sooner, unless the order says otherwise",
            "until 20 Jan
             grant 1: 10 included, for work, expires 1 Mar
             grant 2: 10 included, expires 1 Feb
             use 4 at 2 Jan
             => grant 1 6, grant 2 10",
        ),
        (
            "a priority comes before the scope",
            "grant 1: 10 included, for work, priority 1
             grant 2: 10 included
             use 4 at 2 Jan
             => grant 1 10, grant 2 6",
        ),
        (
            "where the order puts the scope",
            "until 20 Jan
             burn_order = [\"expires_at\", \"scope\"]
             grant 1: 10 included, for work, expires 1 Mar
             grant 2: 10 included, expires 1 Feb
             use 4 at 2 Jan
             => grant 1 10, grant 2 6",
        ),
        (
            "what is for others is no help: 6 are owed though 50 remain",
            "admission = \"none\"
             grant 1: 50 included, for other
             grant 2: 4 included
             use 10 at 2 Jan
             => grant 1 50, grant 2 0, debt 6, remaining 50",
        ),
        (
            "for two of three features",
            "feature chat: free = false
             grant 1: 9 included, for work+chat
             admission = \"none\"
             use 2 at 2 Jan
             use 3 of chat at 3 Jan
             use 1 of other at 4 Jan
             => grant 1 4, debt 1",
        ),
    ]);
}

#[test]
fn checks_read_the_lots_that_the_operation_may_burn() {
    check(&[
        (
            "10 needed: `work` has 12, `other` 8",
            "admission = { estimate = \"exact\" }
             grant 1: 4 included, for work
             grant 2: 8 included
             use 10 of other at 2 Jan
             use 10 at 3 Jan
             => refused 1, served 1, grant 1 0, grant 2 2",
        ),
        (
            "holds subtract what they reserve of these lots: 10 of 12, of which `other` sees 6 of 8",
            "admission = { hold = { estimate = \"exact\" } }
             grant 1: 4 included, for work
             grant 2: 8 included
             use 10 at 2 Jan for 1 h
             use 3 of other at 2 Jan 00:10
             use 2 of other at 2 Jan 00:20
             => refused 1, served 2, remaining 0",
        ),
        (
            "a hold on lots of another feature takes nothing from the view",
            "admission = { hold = { estimate = \"exact\" } }
             grant 1: 10 included, for work
             grant 2: 8 included, for other
             use 10 at 2 Jan for 1 h
             use 8 of other at 2 Jan 00:10
             => refused 0, served 2, remaining 0",
        ),
        (
            "the uncovered part of a hold counts for everybody: 5 of it leave `other` 3 + 5 - 5",
            "admission = { hold = { estimate = \"exact\" } }
             short = \"allow\"
             overdraft = { limit = 5 }
             grant 1: 10 included, for work
             grant 2: 3 included, for other
             use 15 at 2 Jan for 1 h
             use 4 of other at 2 Jan 00:10
             use 3 of other at 2 Jan 00:20
             => refused 1, served 2, debt 5, remaining 0",
        ),
        (
            "debt counts for everybody: 8 less 3 leave `other` 5",
            "admission = { estimate = \"exact\" }
             grant 1: 8 included, for other
             debt 3
             use 6 of other at 2 Jan
             use 5 of other at 3 Jan
             => refused 1, served 1, debt 3, remaining 3",
        ),
        (
            "a hold is enlarged from what its operation may burn",
            "admission = { hold = { estimate = { fixed = 2 }, overrun = \"extend\" } }
             charge = \"step\"
             grant 1: 3 included, for work
             grant 2: 9 included, for other
             run of work at 2 Jan: step 2 for 10 min; step 2 for 10 min
             => grant 2 9, served 0, killed 1",
        ),
    ]);
}

#[test]
fn debt_is_repaid_by_what_is_everybodys() {
    check(&[
        (
            "nothing of a later grant for the very feature that owes",
            "admission = \"none\"
             grant 1: 20 included, for work, from 10 Jan
             use 6 at 2 Jan
             => debt 6, grant 1 20",
        ),
        (
            "4 of a grant for everybody",
            "admission = \"none\"
             grant 1: 20 included, for work, from 10 Jan
             grant 2: 4 included, from 12 Jan
             use 6 at 2 Jan
             => debt 2, grant 1 20, grant 2 0",
        ),
    ]);
}

#[test]
fn what_is_given_back_stays_for_whom_it_was() {
    check(&[
        (
            "back to the lot",
            "charge = \"start\"
             on_failure = \"free\"
             grant 1: 10 included, for work
             use 6 at 2 Jan for 1 h fails after 30 min
             => grant 1 10, refunded 0",
        ),
        (
            "its lot has ended: 6 come as a promotion for `work`, which `other` cannot burn",
            "until 20 Jan
             charge = \"start\"
             on_failure = \"free\"
             admission = { estimate = \"exact\" }
             grant 1: 10 included, for work, expires 2 Jan 00:30
             use 6 at 2 Jan for 1 h fails after 1 h
             use 1 of other at 3 Jan
             use 5 at 3 Jan
             => refunded 6, refused 1, served 1, remaining 1",
        ),
    ]);
}

#[test]
fn closes_and_purchases_keep_the_scope() {
    check(&[
        (
            "an allowance that rolls over",
            "allowance = { credits = 10, features = [\"work\"] }
             rollover = \"all\"
             admission = { estimate = \"exact\" }
             use 4 at 2 Jan
             use 1 of other at 5 Feb
             use 16 at 6 Feb
             until 1 Mar
             => served 2, refused 1, remaining 0",
        ),
        (
            "and what makes up its minimum",
            "allowance = { credits = 10, features = [\"work\"] }
             rollover = { min_credits = 5 }
             admission = { estimate = \"exact\" }
             use 10 at 2 Jan
             use 1 of other at 5 Feb
             use 15 at 6 Feb
             until 1 Mar
             => served 2, refused 1, remaining 0",
        ),
        (
            "a package for `work` lands by a top-up rule, which reads the sum of all lots",
            "packages = [{ name = \"extra\", credits = 10, features = [\"work\"] }]
             top_up = { threshold = 3 }
             admission = { estimate = \"exact\" }
             grant 1: 5 included
             use 4 at 2 Jan
             use 2 of other at 3 Jan
             use 11 at 4 Jan
             => top-ups 2, refused 1, served 2, remaining 10",
        ),
    ]);
}

#[test]
fn work_is_killed_when_nothing_is_left_that_it_may_burn() {
    check(&[(
        "`work` has had its 4 when `other` still has 50",
        "admission = \"positive\"
         in_flight = \"kill\"
         grant 1: 4 included, for work
         grant 2: 50 included, for other
         use 4 at 2 Jan for 1 h
         use 9 at 2 Jan for 3 h
         use 9 of other at 2 Jan for 3 h
         => killed 1, served 2, grant 2 41",
    )]);
}

#[test]
fn the_time_in_which_a_check_fails_is_that_of_its_own_lots() {
    check(&[(
        "`work` has nothing from 2 Jan on, `other` never lacks",
        "until 12 Jan
         admission = \"positive\"
         grant 1: 4 included, for work
         grant 2: 50 included, for other
         use 4 at 2 Jan
         use 1 of other at 3 Jan
         => blocked-h 240, served 2",
    )]);
}

#[test]
fn members_of_a_group_burn_what_is_for_it() {
    check(&[
        (
            "20 for `law`: 8 of member 1, 2 of member 2; member 0 has everybody's",
            "members 3, billing 3
             groups sales, law, law
             grant 1: 20 included, of law
             grant 2: 10 included
             use 8 at 2 Jan by 1
             use 2 at 3 Jan by 2
             use 3 at 4 Jan by 0
             => grant 1 10, grant 2 7",
        ),
        (
            "nobody is in no group: a bot has what is everybody's",
            "admission = { estimate = \"exact\" }
             members 2, billing 2
             groups sales, law
             grant 1: 20 included, of law
             grant 2: 4 included
             use 5 at 2 Jan by 65535
             use 4 at 3 Jan by 65535
             use 20 at 4 Jan by 1
             => refused 1, served 2, remaining 0",
        ),
        (
            "a group is narrower than features, and with features narrower still",
            "until 20 Jan
             members 1, billing 1
             groups law
             grant 1: 5 included, for work
             grant 2: 5 included, of law
             grant 3: 5 included, for work, of law
             use 7 at 2 Jan by 0
             => grant 1 5, grant 2 3, grant 3 0",
        ),
        (
            "time in which a check fails is the mean over members: two of three for 240 h",
            "until 12 Jan
             admission = \"positive\"
             members 3, billing 3
             groups sales, law, law
             grant 1: 50 included, of sales, for work
             grant 2: 4 included, of law
             grant 3: 9 included, for other
             use 4 at 2 Jan by 1
             => blocked-h 160, served 1",
        ),
    ]);
}
