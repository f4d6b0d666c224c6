//! Plans inside a policy, and changes of plan.

use super::harness::check;

#[test]
fn a_change_of_plan_closes_one_cycle_and_opens_another() {
    check(&[
        (
            "at the next close",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\" }]
             => allowances 10+100+100, expired 110",
        ),
        (
            "or at once",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowances 10+100+100+100, close-days 2025-01-15T00:00:00Z+2025-02-01T00:00:00Z+2025-03-01T00:00:00Z",
        ),
        (
            "some time after sign-up",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ after = \"10 days\", to = \"b\", effective = \"now\" }]
             => allowance-days 2025-01-01T00:00:00Z+2025-01-11T00:00:00Z+2025-02-01T00:00:00Z+2025-03-01T00:00:00Z",
        ),
        (
            "decided exactly at a close it takes effect there",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-02-01T00:00:00Z, to = \"b\" }]
             => allowances 10+100+100",
        ),
        (
            "at once, exactly at a close: one close",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-02-01T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowances 10+100+100, close-days 2025-02-01T00:00:00Z+2025-03-01T00:00:00Z",
        ),
        (
            "by a share of the organizations: here by none",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", share = 0.0 }]
             => allowances 10+10+10",
        ),
        (
            "the old plan's rollover and debt rule apply to the cycle that closes",
            "plan a: allowance = 10
             plan a: overdraft = { limit = 0, at_cycle = \"forgive\" }
             plan b: allowance = 100
             plan b: rollover = \"all\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             use 15 at 5 Jan
             => forgiven 5, repaid 0, remaining 300",
        ),
        (
            "the new plan's burn order applies from then on",
            "plan a: burn_order = [\"id\"]
             plan b: burn_order = [{ category = [\"purchased\", \"included\", \"promotional\"] }]
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             grant 1: 10 included
             grant 2: 10 purchased
             use 1 at 5 Jan
             use 1 at 20 Jan
             => burns 1:1+2:1",
        ),
        (
            "credits that the new plan lets repay do so at once",
            "plan a: overdraft = { limit = 0, repay = \"purchase\" }
             plan b: overdraft = { limit = 0, repay = \"any-credit\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             debt 4
             grant 1: 10 included
             at 14 Jan: debt 4
             at 16 Jan: debt 0
             => repaid 4",
        ),
    ]);
}

#[test]
fn each_plan_is_billed_while_it_lasts() {
    check(&[
        (
            "the plan that is left at a close is not billed again",
            "plan a: allowance = 10
             plan a: subscription = \"10 USD\"
             plan b: allowance = 100
             plan b: subscription = \"20 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\" }]
             => cash 50, recognized 30, deferred 20",
        ),
        (
            "what a plan that is left at once still owed is earned then",
            "plan a: subscription = \"31 USD\"
             plan b: max_in_flight = 5
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-16T00:00:00Z, to = \"b\", effective = \"now\" }]
             => cash 31, recognized 31, deferred 0",
        ),
        (
            "a change at once bills the new plan at once",
            "plan a: allowance = 10
             plan a: subscription = \"10 USD\"
             plan b: allowance = 100
             plan b: subscription = \"20 USD\"
             customer plan = \"a\"
             until 20 Jan
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             => cash 30, recognized 10, deferred 20",
        ),
        (
            "a plan may lack a price",
            "plan a: allowance = 10
             plan b: allowance = 100
             plan b: subscription = \"20 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\" }]
             => cash 40",
        ),
    ]);
}
