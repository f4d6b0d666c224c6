//! Lots of single members, projects and groups: who burns them, who owes, who repays (docs/semantics.md §14).

use super::harness::check;

#[test]
fn every_owner_has_the_full_amount_and_burns_its_own() {
    check(&[
        (
            "3 members have 10 each; 12 of member 1 burn his 10 and 2 of the pool",
            "members 3, billing 3
             grant 1: 10 included, per member
             grant 2: 50 included
             use 4 at 2 Jan by 0
             use 12 at 3 Jan by 1
             => issued 80, grant 1 of 0 6, grant 1 of 1 0, grant 1 of 2 10, grant 2 48",
        ),
        (
            "a bot burns what is the organization's",
            "admission = { estimate = \"exact\" }
             members 2, billing 2
             grant 1: 10 included, per member
             grant 2: 3 included
             use 4 at 2 Jan by 65535
             use 3 at 3 Jan by 65535
             => refused 1, served 1, grant 1 20, grant 2 0",
        ),
        (
            "two projects; who asks does not matter",
            "members 2, billing 2
             customer projects = 2
             grant 1: 10 included, per project
             use 4 at 2 Jan by 0 in 1
             use 5 at 2 Jan by 1 in 1
             use 1 at 2 Jan by 65535 in 0
             => grant 1 of 0 9, grant 1 of 1 1",
        ),
        (
            "groups that have members: 2 of 3 are in `law`",
            "members 3, billing 3
             groups sales, law, law
             grant 1: 10 included, per group
             use 4 at 2 Jan by 1
             use 5 at 2 Jan by 2
             => issued 20, grant 1 11",
        ),
        (
            "members of `law` alone",
            "members 3, billing 3
             groups sales, law, law
             grant 1: 10 included, per member, of law
             grant 2: 5 included
             use 4 at 2 Jan by 0
             use 4 at 2 Jan by 2
             => issued 25, grant 1 of 1 10, grant 1 of 2 6, grant 2 1",
        ),
    ]);
}

#[test]
fn checks_and_holds_see_the_lots_of_their_own_owner() {
    check(&[
        (
            "what a colleague has is no help",
            "admission = { estimate = \"exact\" }
             members 2, billing 2
             grant 1: 10 included, per member
             use 8 at 2 Jan by 0
             use 3 at 3 Jan by 0
             use 3 at 3 Jan by 1
             => refused 1, served 2",
        ),
        (
            "a hold reserves of its own: 10 of member 0, whose next 5 wait in vain; member 1 goes on",
            "admission = { hold = { estimate = \"exact\" } }
             members 2, billing 2
             grant 1: 10 included, per member
             use 10 at 2 Jan for 2 h by 0
             use 5 at 2 Jan 01:00 by 0
             use 5 at 2 Jan 01:00 by 1
             => refused 1, served 2, remaining 5",
        ),
        (
            "the head of the queue starts when its own owner gets credits",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             members 2, billing 2
             grant 1: 10 included, per member
             grant 2: 10 included, per member, from 4 Jan
             use 8 at 2 Jan by 0
             use 5 at 3 Jan by 0
             => served 2, grant 1 10, grant 2 17",
        ),
        (
            "time in which a check fails is the mean over members",
            "until 12 Jan
             admission = \"positive\"
             members 2, billing 2
             feature other: free = true
             grant 1: 4 included, per member
             use 4 at 2 Jan by 1
             => blocked-h 120, served 1",
        ),
    ]);
}

#[test]
fn debt_has_an_owner() {
    check(&[
        (
            "6 of member 0 are his own: member 1's check does not see them",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 6 }
             members 2, billing 2
             grant 1: 4 included, per member
             use 10 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 4 at 3 Jan by 1
             => refused 1, served 2, debt 6",
        ),
        (
            "without lots of his own it is the organization's, and everybody sees it",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 6 }
             members 2, billing 2
             groups sales, law
             grant 1: 10 included, of law
             use 6 at 2 Jan by 0
             use 11 at 3 Jan by 1
             use 10 at 3 Jan by 1
             => refused 1, served 2, debt 6",
        ),
        (
            "lots of a project beside his own: the organization owes",
            "admission = \"none\"
             members 2, billing 2
             grant 1: 1 included, per member
             grant 2: 1 included, per project
             grant 3: 9 included, per member, from 5 Jan
             use 8 at 2 Jan by 0
             => debt 6, grant 3 18",
        ),
        (
            "repaid by what anybody may burn first, then by what its owner gets: 8 owed, 3 of the pool, 5 of his 9",
            "admission = \"none\"
             members 2, billing 2
             grant 1: 1 included, per member
             grant 2: 9 included, per member, from 5 Jan
             grant 3: 3 included, from 5 Jan
             use 9 at 2 Jan by 0
             => debt 0, grant 3 0, grant 2 of 0 4, grant 2 of 1 9, grant 1 of 1 1",
        ),
        (
            "not by lots that are bound to features",
            "admission = \"none\"
             members 2, billing 2
             grant 1: 1 included, per member
             grant 2: 9 included, per member, for work, from 5 Jan
             use 9 at 2 Jan by 0
             => debt 8, grant 2 18",
        ),
        (
            "the oldest first, whoever owes it: 5 of member 1, then 2 of 4 of member 0",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 5 }
             members 2, billing 2
             grant 1: 1 included, per member
             grant 2: 7 included, from 5 Jan
             use 6 at 2 Jan by 1
             use 5 at 3 Jan by 0
             use 3 at 6 Jan by 0
             use 6 at 6 Jan by 1
             => refused 1, served 3, debt 5",
        ),
        (
            "overspend is beyond the limit of each: 8 and 8, not 16, are held to 10",
            "admission = \"none\"
             overdraft = { limit = 10 }
             members 2, billing 2
             grant 1: 1 included, per member
             use 9 at 2 Jan by 0
             use 9 at 2 Jan by 1
             => debt 16, overspend 0",
        ),
        (
            "spent lots count: his own debt, though nothing of them is left",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 3 }
             members 2, billing 2
             grant 1: 2 included, per member
             use 2 at 2 Jan by 0
             use 3 at 3 Jan by 0
             use 5 at 4 Jan by 1
             => served 3, debt 6",
        ),
        (
            "what is given back of it lowers his own",
            "admission = { estimate = \"exact\" }
             charge = \"start\"
             on_failure = \"free\"
             short = \"allow\"
             overdraft = { limit = 5 }
             members 2, billing 2
             grant 1: 2 included, per member
             use 7 at 2 Jan for 1 h by 0 fails after 30 min
             use 7 at 3 Jan by 0
             => served 1, failed 1, debt 5, grant 1 of 1 2",
        ),
        (
            "an invoice at the close takes all of it",
            "admission = \"none\"
             overdraft = { limit = 50, at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             members 2, billing 2
             allowance = { credits = 1, per = \"member\" }
             use 5 at 2 Jan by 0
             use 6 at 3 Jan by 1
             => invoiced 9, debt 0",
        ),
    ]);
}

#[test]
fn allowances_and_closes_of_owners() {
    check(&[
        (
            "10 a member and month; what is left expires",
            "until 15 Feb
             members 3, billing 3
             allowance = { credits = 10, per = \"member\" }
             use 4 at 2 Jan by 0
             use 12 at 2 Feb by 0
             => issued 60, expired 26, debt 2",
        ),
        (
            "every bound of a rollover is each owner's: 4 and 5 of 10 and 5 left",
            "until 15 Feb
             members 2, billing 2
             allowance = { credits = 10, per = \"member\" }
             rollover = { max_total = 5, fraction = 0.4 }
             use 5 at 2 Jan by 1
             => rolled 6, expired 9",
        ),
        (
            "max_total of each: 5 and 5 of 10 and 7",
            "until 15 Feb
             members 2, billing 2
             allowance = { credits = 10, per = \"member\" }
             rollover = { max_total = 5 }
             use 3 at 2 Jan by 1
             => rolled 10, expired 7",
        ),
        (
            "or of all: 5 of 17, the first member's trimmed first",
            "until 15 Feb
             members 2, billing 2
             allowance = { credits = 10, per = \"member\" }
             rollover = { max_total = 5, across = \"organization\" }
             use 3 at 2 Jan by 1
             admission = \"none\"
             use 15 at 2 Feb by 1
             => rolled 5, expired 12, debt 0",
        ),
        (
            "a minimum is made up for each",
            "until 15 Feb
             members 2, billing 2
             allowance = { credits = 10, per = \"member\" }
             rollover = { min_credits = 4, fraction = 0 }
             => rolled 0, expired 20, issued 48",
        ),
        (
            "recurring grants: set anew for each",
            "until 15 Feb
             members 2, billing 2
             grant 1: 10 included, per member, every month from 1 Jan
             use 4 at 2 Jan by 0
             => issued 40, expired 16, grant 1 20",
        ),
        (
            "a price is shared by the lots: 10 USD over 3, and 4 of 10 credits earned",
            "until 20 Jan
             members 3, billing 3
             allowance = { credits = 10, per = \"member\" }
             subscription = { price = \"10 USD\" }
             use 4 at 2 Jan by 0
             => cash 10, recognized 1.333333333",
        ),
    ]);
}

#[test]
fn plans_change_for_each_owner() {
    check(&[
        (
            "upgrade in mid-cycle: 6 of 10 used, then 20 in full: 14 and 20 left",
            "until 20 Jan
             members 2, billing 2
             plan small: allowance = { credits = 10, per = \"member\" }
             plan large: allowance = { credits = 20, per = \"member\" }
             customer plan = \"small\"
             plan_changes = [{ at = 2025-01-10, to = \"large\", share = 1.0, effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             use 6 at 2 Jan by 0
             => remaining 34, issued 40",
        ),
        (
            "seats to a pool as the cycle restarts: what was each one's expires",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             members 2, billing 2
             plan seats: allowance = { credits = 10, per = \"member\" }
             plan team: allowance = 20
             customer plan = \"seats\"
             plan_changes = [{ at = 2025-01-10, to = \"team\", share = 1.0, effective = \"now\" }]
             use 6 at 2 Jan by 0
             use 15 at 11 Jan by 0
             => expired 14, served 2, remaining 5",
        ),
        (
            "credits are converted owner by owner",
            "until 20 Jan
             members 2, billing 2
             plan seats: rollover = \"all\"
             plan seats: allowance = { credits = 10, per = \"member\" }
             plan team: allowance = 1
             customer plan = \"seats\"
             plan_changes = [{ at = 2025-01-10, to = \"team\", share = 1.0, effective = \"now\", convert = { factor = 2 } }]
             use 6 at 2 Jan by 0
             => remaining 29, issued 35",
        ),
    ]);
}

#[test]
fn purchases_are_of_whose_operation_caused_them() {
    check(&[
        (
            "member 1 lacks credits: what is bought is hers",
            "admission = { estimate = \"exact\" }
             members 2, billing 2
             packages = [{ name = \"own\", credits = 10, price = \"1 USD\", per = \"member\" }]
             buyer = { on_refusal = 1.0 }
             grant 1: 2 included, per member
             use 5 at 2 Jan by 1
             use 5 at 3 Jan by 0
             use 5 at 4 Jan by 1
             => purchases 2, served 3, remaining 9",
        ),
        (
            "a top-up that nobody's operation caused is the organization's",
            "members 2, billing 2
             packages = [{ name = \"own\", credits = 10, per = \"member\" }]
             top_up = { threshold = 3 }
             grant 1: 5 included, expires 5 Jan
             admission = { estimate = \"exact\" }
             use 4 at 6 Jan by 0
             use 4 at 7 Jan by 1
             => top-ups 2, served 2, remaining 12",
        ),
    ]);
}

#[test]
fn unused_seats_help_the_others_before_the_close() {
    check(&[
        (
            "from 29 Jan on what member 1 has left is for all: 6 of member 0 are short before, not after",
            "until 31 Jan
             admission = { estimate = \"exact\" }
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", pool_before_close = \"3 days\" }
             use 8 at 2 Jan by 0
             use 6 at 28 Jan by 0
             use 6 at 29 Jan by 0
             => refused 1, served 2, remaining 6",
        ),
        (
            "the queue moves at that instant",
            "until 31 Jan
             admission = { estimate = \"exact\" }
             short = \"queue\"
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", pool_before_close = \"3 days\" }
             use 8 at 2 Jan by 0
             use 6 at 28 Jan 18:00 by 0
             => served 2, waited-h 6, remaining 6",
        ),
        (
            "what is pooled repays debt, whoever owes it",
            "until 31 Jan
             admission = \"none\"
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", pool_before_close = \"3 days\" }
             use 13 at 2 Jan by 0
             => repaid 3, debt 0, remaining 7",
        ),
        (
            "the next period's lots are each one's again",
            "until 15 Feb
             admission = { estimate = \"exact\" }
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", pool_before_close = \"3 days\" }
             use 11 at 2 Feb by 0
             use 10 at 3 Feb by 0
             => refused 1, served 1, expired 20, remaining 10",
        ),
        (
            "rolled lots stay what they were pooled to",
            "until 15 Feb
             admission = { estimate = \"exact\" }
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", pool_before_close = \"3 days\" }
             rollover = \"all\"
             use 30 at 2 Feb by 0
             => served 1, rolled 20, remaining 10",
        ),
        (
            "features stay: `other` burns none of what `work` has pooled",
            "until 31 Jan
             admission = { estimate = \"exact\" }
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", features = [\"work\"], pool_before_close = \"3 days\" }
             use 12 at 29 Jan by 0
             use 1 of other at 29 Jan by 0
             => served 1, refused 1, remaining 8",
        ),
        (
            "a hold keeps what it reserves of a lot that is pooled",
            "until 31 Jan
             admission = { hold = { estimate = \"exact\" } }
             members 2, billing 2
             allowance = { credits = 10, per = \"member\", pool_before_close = \"3 days\" }
             use 10 at 28 Jan 23:00 for 2 h by 0
             use 11 at 29 Jan by 1
             use 10 at 29 Jan by 1
             => refused 1, served 2, remaining 0",
        ),
    ]);
}

#[test]
fn amounts_are_by_the_heads_that_a_lot_is_for() {
    check(&[
        (
            "19 a member of 3, for everybody",
            "until 20 Jan
             members 3, billing 3
             allowance = { credits = \"19 * members\" }
             => issued 57",
        ),
        (
            "each group by its own members, and the organization's projects",
            "until 20 Jan
             members 3, billing 3
             groups sales, law, law
             customer projects = 2
             grant 1: \"10*members+projects\" included, per group
             => issued 34, grant 1 of 0 22, grant 1 of 1 12",
        ),
        (
            "of the groups that it names alone",
            "until 20 Jan
             members 3, billing 3
             groups sales, law, law
             grant 1: \"10*members\" included, of law
             => issued 20",
        ),
        (
            "a change of plan takes the difference: 3 · 20 instead of 3 · 10, 6 used",
            "until 20 Jan
             members 3, billing 3
             plan small: allowance = { credits = \"10 * members\" }
             plan large: allowance = { credits = \"20 * members\" }
             customer plan = \"small\"
             plan_changes = [{ at = 2025-01-10, to = \"large\", share = 1.0, effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             use 6 at 2 Jan by 0
             => remaining 54, issued 60",
        ),
    ]);
}
