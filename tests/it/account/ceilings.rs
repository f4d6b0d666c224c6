//! Ceilings: limits that cover parts of charges (docs/semantics.md §15.14 to §15.18).

use super::harness::check;

#[test]
fn a_check_counts_of_lots_what_ceilings_leave() {
    check(&[
        (
            "10 of 100 included and 5 purchased cover 12; then 3 are left though 90 remain",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             grant 2: 5 purchased
             use 12 at 2 Jan
             use 4 at 3 Jan
             use 3 at 4 Jan
             => served 2, refused-limit 1, refused-short 0, grant 1 90, grant 2 0, limit-overrun 0",
        ),
        (
            "credits are short if there are too few without ceilings too",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 12 included
             use 13 at 2 Jan
             use 11 at 3 Jan
             => served 0, refused-limit 1, refused-short 1",
        ),
        (
            "of two the one with less room turns away, and both lack it",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"a\", covers = [\"included\"], amount = 10 }, { name = \"b\", covers = [\"included\", \"promotional\"], amount = 4 }]
             grant 1: 100 included
             use 11 at 2 Jan
             use 5 at 3 Jan
             use 4 at 4 Jan
             use 1 at 5 Jan
             => served 1, refused-limit 3, limit-refused 0+3, limit-lacks 2025-01-02T00:00:00Z+2025-01-02T00:00:00Z",
        ),
        (
            "each member has a ceiling",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             limits = [{ name = \"seat\", covers = [\"included\"], amount = 10, per = \"member\" }]
             grant 1: 100 included
             use 10 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 10 at 4 Jan by 1
             => served 2, refused-limit 1, limit-members-met 1",
        ),
        (
            "what open holds reserve of covered lots is in use",
            "admission = { hold = { estimate = \"exact\" } }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             grant 2: 5 purchased
             use 12 at 2 Jan for 2 h
             use 3 at 2 Jan 01:00 for 1 min
             use 1 at 2 Jan 01:30
             => served 2, refused-limit 1, grant 1 90, grant 2 0",
        ),
        (
            "a limit of the whole asks before",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }, { name = \"all\", amount = 8 }]
             grant 1: 100 included
             use 11 at 2 Jan
             => refused-limit 1, limit-refused 0+1, limit-lacks 2025-01-02T00:00:00Z+2025-01-02T00:00:00Z",
        ),
        (
            "a soft ceiling closes nothing",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10, on_limit = \"allow\" }]
             grant 1: 100 included
             use 12 at 2 Jan
             => served 1, grant 1 88, limit-overrun 2",
        ),
    ]);
}

#[test]
fn overage_is_owed_as_far_as_meters_of_overage_allow() {
    check(&[
        (
            "8 may be owed, in one or two",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8 }]
             grant 1: 10 included
             use 15 at 2 Jan
             use 4 at 3 Jan
             use 3 at 4 Jan
             use 0.000001 at 5 Jan
             => served 2, refused-limit 2, debt 8, overspend 0, limit-overrun 0",
        ),
        (
            "the overdraft's limit is no meter: what it stops is short",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 5, at_cycle = \"carry\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8 }]
             grant 1: 10 included
             use 16 at 2 Jan
             use 15 at 3 Jan
             => served 1, refused-short 1, debt 5",
        ),
        (
            "a window of overage begins anew; the debt stays",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8, window = { every = \"day\" } }]
             use 8 at 2 Jan
             use 1 at 2 Jan 01:00
             use 8 at 3 Jan
             => served 2, refused-limit 1, debt 16",
        ),
        (
            "the uncovered part of a hold is reserved",
            "until 20 Jan
             admission = { hold = { estimate = \"exact\" } }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8 }]
             grant 1: 2 included
             use 7 at 2 Jan for 2 h
             use 4 at 2 Jan 01:00
             use 3 at 2 Jan 01:30
             => served 2, refused-limit 1, debt 8",
        ),
        (
            "members have overage of their own",
            "until 20 Jan
             members 2, billing 1
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8, per = \"member\" }]
             use 8 at 2 Jan by 0
             use 1 at 3 Jan by 0
             use 8 at 4 Jan by 1
             => served 2, refused-limit 1, debt 16",
        ),
    ]);
}

#[test]
fn charges_take_shares_then_debt_then_what_was_closed() {
    check(&[
        (
            "without a permission to be in debt what ceilings had closed is burned",
            "until 20 Jan
             admission = \"positive\"
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             use 25 at 2 Jan
             use 1 at 3 Jan
             => served 1, refused-limit 1, grant 1 75, debt 0, limit-overrun 15",
        ),
        (
            "10 within the share, 5 owed, 10 of what was closed",
            "until 20 Jan
             admission = \"positive\"
             short = \"allow\"
             overdraft = { limit = 5, at_cycle = \"carry\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             use 25 at 2 Jan
             => grant 1 80, debt 5, repaid 0, limit-overrun 10, burns 1:10+1:10",
        ),
        (
            "before the close lots that a ceiling covers repay nothing; others do",
            "until 20 Jan
             admission = \"positive\"
             short = \"allow\"
             overdraft = { limit = 5, at_cycle = \"carry\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             grant 2: 2 purchased, from 5 Jan
             use 15 at 2 Jan
             => grant 1 90, grant 2 0, repaid 2, debt 3",
        ),
        (
            "at the close all lots do",
            "until 5 Feb
             admission = \"positive\"
             short = \"allow\"
             overdraft = { limit = 5, at_cycle = \"carry\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             use 15 at 2 Jan
             => grant 1 85, repaid 5, debt 0",
        ),
        (
            "from each lot at most the least share of the ceilings that cover it, in burn order",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             limits = [{ name = \"a\", covers = [\"promotional\", \"included\"], amount = 7 }, { name = \"b\", covers = [\"included\", \"purchased\"], amount = 9 }]
             grant 1: 5 promotional
             grant 2: 100 included
             grant 3: 100 purchased
             use 14 at 2 Jan
             use 1 at 3 Jan
             => served 1, refused-limit 1, grant 1 0, grant 2 98, grant 3 93",
        ),
        (
            "a share is fixed as the operation starts, and all its charges take of it",
            "admission = \"positive\"
             charge = \"step\"
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10, window = { every = \"day\" } }]
             grant 1: 100 included
             grant 2: 5 purchased
             run at 2 Jan 20:00: step 6 for 1 h; step 6 for 6 h
             => grant 1 90, grant 2 3",
        ),
        (
            "without any check shares bound charges, and debt goes up to the overdraft's limit",
            "until 20 Jan
             admission = \"none\"
             overdraft = { limit = 5, at_cycle = \"carry\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             use 25 at 2 Jan
             => grant 1 80, debt 5",
        ),
    ]);
}

#[test]
fn ceilings_have_reactions_of_their_own() {
    check(&[
        (
            "degrade",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10, on_limit = \"degrade\" }]
             grant 1: 100 included
             use 11 at 2 Jan
             => degraded 1, refused 0",
        ),
        (
            "who queues starts as the window ends",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10, on_limit = \"queue\", window = { every = \"day\" } }]
             grant 1: 100 included
             use 10 at 2 Jan
             use 5 at 2 Jan 01:00
             => served 2, limit-queued 1, waited-h 23",
        ),
        (
            "new operations that others suit do not queue behind",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10, on_limit = \"queue\", window = { every = \"day\" } }]
             grant 1: 100 included
             grant 2: 3 purchased
             use 10 at 2 Jan
             use 5 at 2 Jan 01:00
             use 3 at 2 Jan 02:00
             => served 3, limit-queued 1, waited-h 23, grant 1 85, grant 2 0",
        ),
        (
            "people buy after its refusal: 10 included and 2 of what they buy",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             packages = [{ name = \"p\", credits = 20, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             grant 1: 100 included
             use 12 at 2 Jan
             => served 1, purchases 1, refusals 1, grant 1 90, remaining 108",
        ),
        (
            "they buy what covers what is lacking within it: 30 less 10 are 20, and the smaller package is too small",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             packages = [{ name = \"p\", credits = 15, price = \"1 USD\" }, { name = \"q\", credits = 40, price = \"3 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             grant 1: 100 included
             use 30 at 2 Jan
             => served 1, purchases 1, refusals 1, grant 1 90, landings 40",
        ),
        (
            "who stands behind in a chain closes nothing and does not overrun",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             limits = [{ name = \"own\", chain = \"c\", covers = [\"included\"], amount = { members = { \"1\" = 20 } }, per = \"member\" }, { name = \"all\", chain = \"c\", covers = [\"included\"], amount = 5 }]
             grant 1: 100 included
             use 15 at 2 Jan by 0
             use 6 at 3 Jan by 1
             => served 1, refused-limit 1, limit-refused 0+1, limit-overrun 0+0, grant 1 85",
        ),
        (
            "a banked reset of it prevents the refusal",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             resets = [{ limits = [\"pool\"], banked = { number = 1 } }]
             grant 1: 100 included
             use 10 at 2 Jan
             use 10 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused-limit 1",
        ),
    ]);
}

#[test]
fn meters_count_the_parts_that_they_say() {
    check(&[
        (
            "a window of included credits, of which purchased ones are none",
            "until 20 Jan
             admission = \"positive\"
             limits = [{ name = \"day\", amount = 10, counts = [\"included\"], window = { every = \"day\" } }]
             grant 1: 10 included
             grant 2: 100 purchased
             use 8 at 2 Jan
             use 10 at 2 Jan 01:00
             use 1 at 2 Jan 02:00
             => served 2, refused-limit 1, limit-overrun 0, grant 1 0, grant 2 92",
        ),
        (
            "what is given back leaves the meter by the parts that it was",
            "admission = { estimate = \"exact\" }
             charge = \"start\"
             on_failure = \"free\"
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             grant 2: 1 purchased
             use 9 at 2 Jan for 1 h fails after 30 min
             use 10 at 3 Jan
             => served 1, failed 1, refused 0, grant 1 90, grant 2 1",
        ),
        (
            "an extension of a hold is checked at the rooms of then",
            "until 20 Jan
             admission = { hold = { estimate = { fixed = 4 }, overrun = \"extend\" } }
             limits = [{ name = \"pool\", covers = [\"included\"], amount = 10 }]
             grant 1: 100 included
             run at 2 Jan: step 4 for 1 h; step 5 for 1 h
             run at 3 Jan: step 1 for 1 h; step 4 for 1 h
             => served 1, refused-limit 1, grant 1 91",
        ),
    ]);
}

#[test]
fn money_counts_what_charges_are_worth() {
    check(&[
        (
            "of overage: 0.32 USD at 0.04 a credit are 8 credits",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\", price_per_credit = \"0.04 USD\" }
             limits = [{ name = \"over\", covers = [\"overage\"], unit = \"money\", amount = \"0.32 USD\" }]
             grant 1: 10 included
             use 15 at 2 Jan
             use 4 at 3 Jan
             use 3 at 4 Jan
             use 0.000001 at 5 Jan
             => served 2, refused-limit 2, debt 8",
        ),
        (
            "the room in credits is rounded down to a micro-credit: 0.1 / 0.03 = 3.333333",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\", price_per_credit = \"0.03 USD\" }
             limits = [{ name = \"over\", covers = [\"overage\"], unit = \"money\", amount = \"0.1 USD\" }]
             use 3.333334 at 2 Jan
             use 3.333333 at 3 Jan
             => served 1, refused-limit 1, debt 3.333333",
        ),
        (
            "counted in all and then rounded: 3 times 0.000001 at 0.0005 USD are 0.0000000015, half-up 2 nano-units",
            "until 20 Jan
             admission = \"positive\"
             overdraft = { limit = 50, price_per_credit = \"0.0005 USD\" }
             limits = [{ name = \"day\", unit = \"money\", amount = \"1 USD\" }]
             grant 1: 10 included
             use 0.000001 at 2 Jan
             use 0.000001 at 3 Jan
             use 0.000001 at 4 Jan
             => served 3, limit-rows 0.000002/999.999998",
        ),
        (
            "lots at their list price, the rest at that of overage: 10 · 0.01 + 5 · 0.04 = 0.3",
            "until 20 Jan
             admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"carry\", price_per_credit = \"0.04 USD\" }
             limits = [{ name = \"all\", unit = \"money\", amount = \"0.3 USD\", list_price = \"0.01 USD\" }]
             grant 1: 10 included
             use 15.000001 at 2 Jan
             use 15 at 3 Jan
             => served 1, refused-limit 1, debt 5",
        ),
        (
            "a ceiling over lots at their list price: 0.05 / 0.01 = 5 credits",
            "admission = { estimate = \"exact\" }
             limits = [{ name = \"pool\", covers = [\"included\"], unit = \"money\", amount = \"0.05 USD\", list_price = \"0.01 USD\" }]
             grant 1: 100 included
             use 6 at 2 Jan
             use 5 at 3 Jan
             => served 1, refused-limit 1, grant 1 95",
        ),
        (
            "given back as it was counted",
            "admission = { estimate = \"exact\" }
             charge = \"start\"
             on_failure = \"free\"
             limits = [{ name = \"pool\", covers = [\"included\"], unit = \"money\", amount = \"0.05 USD\", list_price = \"0.01 USD\" }]
             grant 1: 100 included
             use 5 at 2 Jan for 1 h fails after 30 min
             use 5 at 3 Jan
             => served 1, failed 1, refused 0, grant 1 95",
        ),
    ]);
}

#[test]
fn overage_beyond_an_absorbing_ceiling_is_forgiven_at_the_close() {
    check(&[
        (
            "20 owed, of which 12 beyond 8 are forgiven; 8 are invoiced",
            "until 5 Feb
             admission = \"positive\"
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8, overrun = \"absorb\" }]
             grant 1: 1 included
             use 21 at 2 Jan
             => debt 0, forgiven 12, invoiced 8, overage 0.8",
        ),
        (
            "billed by default",
            "until 5 Feb
             admission = \"positive\"
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             limits = [{ name = \"over\", covers = [\"overage\"], amount = 8 }]
             grant 1: 1 included
             use 21 at 2 Jan
             => debt 0, forgiven 0, invoiced 20, overage 2",
        ),
        (
            "in money: 0.8 USD at 0.1 are 8",
            "until 5 Feb
             admission = \"positive\"
             short = \"allow\"
             overdraft = { limit = 50, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             limits = [{ name = \"over\", covers = [\"overage\"], unit = \"money\", amount = \"0.8 USD\", overrun = \"absorb\" }]
             grant 1: 1 included
             use 21 at 2 Jan
             => debt 0, forgiven 12, invoiced 8, overage 0.8",
        ),
    ]);
}
