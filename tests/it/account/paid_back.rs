//! Purchased credits that are paid back, and prices that are earned over time.

use super::harness::check;

#[test]
fn purchased_credits_are_paid_back() {
    check(&[
        (
            "as the organization leaves: half of what was paid for the 6 of 10 that are left",
            "leaves 15 Jan
             refund_on = { leave = 0.5 }
             grant 1: 10 purchased, price 5
             grant 2: 7 promotional
             burn_order = [\"id\"]
             use 4 at 2 Jan
             => paid-back 2025-01-15T00:00:00Z, cash 3.5, voided 6, voided-money 1.5, recognized 2, deferred 0, remaining 7",
        ),
        (
            "if the terms say so",
            "leaves 15 Jan
             refund_on = { downgrade = 1.0 }
             grant 1: 10 purchased, price 5
             use 4 at 2 Jan
             => paid-back none, cash 5, voided 0, deferred 3",
        ),
        (
            "at a change to a plan that costs less",
            "customer plan = \"pro\"
             plan pro: subscription = \"20 USD\"
             plan small: subscription = \"10 USD\"
             refund_on = { downgrade = 1.0 }
             plan_changes = [{ at = 2025-01-15, to = \"small\", effective = \"now\" }]
             grant 1: 10 purchased, price 5
             use 4 at 2 Jan
             => paid-back 2025-01-15T00:00:00Z, packages 2, voided 6, voided-money 0",
        ),
        (
            "when it takes effect; a yearly plan is compared by what it costs a day",
            "customer plan = \"pro\"
             plan pro: subscription = \"20 USD\"
             plan year: subscription = { price = \"120 USD\", every = \"year\" }
             refund_on = { downgrade = 1.0 }
             plan_changes = [{ at = 2025-01-15, to = \"year\" }]
             grant 1: 10 purchased, price 5
             => paid-back 2025-02-01T00:00:00Z, packages 0",
        ),
        (
            "not at a change to one that costs more",
            "customer plan = \"small\"
             plan pro: subscription = \"20 USD\"
             plan small: subscription = \"10 USD\"
             refund_on = { downgrade = 1.0 }
             plan_changes = [{ at = 2025-01-15, to = \"pro\" }]
             grant 1: 10 purchased, price 5
             => paid-back none, packages 5, voided 0",
        ),
        (
            "an account that is terminated leaves",
            "refund_on = { leave = 1.0 }
             overdraft = { at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"10 USD\", repay = \"never\" }
             invoices = { declined = 1.0, terminate_after = \"5 days\" }
             grant 1: 10 purchased, price 5, from 11 Jan
             use 10 at 10 Jan
             => left 2025-01-15T00:00:00Z, paid-back 2025-01-15T00:00:00Z, cash 0, receivable 10",
        ),
        (
            "a share of nothing voids all the same",
            "leaves 15 Jan
             refund_on = { leave = 0.0 }
             grant 1: 10 purchased, price 5
             => paid-back none, cash 5, voided 10, voided-money 5",
        ),
    ]);
}

#[test]
fn what_was_paid_is_earned_over_time() {
    check(&[
        (
            "a lot over its life: half of ten days, although nine of ten credits are used",
            "until 6 Jan
             recognition = \"ratable\"
             grant 1: 10 purchased, price 10, expires 11 Jan
             use 9 at 2 Jan
             => cash 10, recognized 5, deferred 5",
        ),
        (
            "all of it at its end: nothing is breakage",
            "recognition = \"ratable\"
             grant 1: 10 purchased, price 10, expires 11 Jan
             use 9 at 2 Jan
             => recognized 10, deferred 0, breakage 0, expired 1",
        ),
        (
            "as credits are used or expire, if nothing else is said",
            "until 6 Jan
             grant 1: 10 purchased, price 10, expires 11 Jan
             use 9 at 2 Jan
             => recognized 9, deferred 1",
        ),
        (
            "a subscription over its period, although it has an allowance",
            "until 16 Jan 12:00
             recognition = \"ratable\"
             allowance = 10
             subscription = \"10 USD\"
             use 10 at 2 Jan
             => recognized 5, deferred 5",
        ),
        (
            "what is voided is earned no further",
            "recognition = \"ratable\"
             grant 1: 10 purchased, price 10, expires 11 Jan, voided 6 Jan
             => recognized 5, voided-money 5, deferred 0",
        ),
        (
            "what is paid back is so by credits: 1 of 10, of the 5 that are still to be earned",
            "leaves 6 Jan
             recognition = \"ratable\"
             refund_on = { leave = 1.0 }
             grant 1: 10 purchased, price 10, expires 11 Jan
             use 9 at 2 Jan
             => cash 9, recognized 5, voided-money 4, deferred 0",
        ),
        (
            "a package that lands, over its validity from then on",
            "until 22 Jan
             recognition = \"ratable\"
             packages = [{ name = \"p\", credits = 10, price = \"10 USD\", expires_after = \"20 days\" }]
             top_up = { threshold = 5, processing = \"11 days\" }
             => cash 10, recognized 5, deferred 5",
        ),
    ]);
}
