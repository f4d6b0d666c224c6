//! Rules that change at an instant, without a close.

use super::harness::check;

#[test]
fn rules_change_at_an_instant_without_a_close() {
    check(&[
        (
            "checks at once, the allowance from the next close on",
            "allowance = { credits = 10, anchor = \"calendar-month\" }
             changes = [{ at = 2025-01-15T00:00:00Z, set = { admission = \"positive\", allowance.credits = 30 } }]
             until 1 Mar
             use 15 at 10 Jan
             use 1 at 20 Jan
             => refused 1, allowances 10+30, close-days 2025-02-01T00:00:00Z",
        ),
        (
            "at a close after it and before the new allowance",
            "allowance = { credits = 10, anchor = \"calendar-month\" }
             subscription = \"5 USD\"
             rollover = \"all\"
             changes = [{ at = 2025-02-01T00:00:00Z, set = { allowance.credits = 30, subscription = \"9 USD\", rollover = \"none\" } }]
             => allowances 10+30+30, rolled 10, expired 40, cash 23",
        ),
        (
            "for those who signed up then: others keep their rules",
            "signed up 15 Dec 2024
             allowance = { credits = 10, anchor = \"calendar-month\" }
             changes = [{ at = 2025-01-15T00:00:00Z, signed_up = { from = 2025-01-01T00:00:00Z }, set = { allowance.credits = 30 } }]
             => allowances 10+10+10",
        ),
        (
            "who signs up behind a change opens with it",
            "signed up 1 Feb
             allowance = { credits = 10, anchor = \"calendar-month\" }
             changes = [{ at = 2025-01-15T00:00:00Z, signed_up = { from = 2025-01-01T00:00:00Z }, set = { allowance.credits = 30 } }]
             => allowances 30+30",
        ),
        (
            "one after the other, with changes of plan between them",
            "plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 20, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-20T00:00:00Z, to = \"b\" }]
             changes = [{ at = 2025-01-15T00:00:00Z, set = { plans.b.allowance.credits = 25 } }, { at = 2025-02-15T00:00:00Z, set = { plans.b.allowance.credits = 27 } }]
             => allowances 10+25+27",
        ),
        (
            "a plan's own key stands over the policy's",
            "overdraft = 5
             admission = { estimate = \"exact\" }
             short = \"allow\"
             plan a: overdraft = 1
             customer plan = \"a\"
             changes = [{ at = 2025-01-15T00:00:00Z, set = { overdraft = 9 } }]
             use 3 at 20 Jan
             => refused 1",
        ),
        (
            "more room wakes who waits in the queue",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"30 days\"
             changes = [{ at = 2025-01-15T00:00:00Z, set = { short = \"allow\", overdraft = 9 } }]
             use 3 at 10 Jan
             => served 1, start-days 2025-01-15T00:00:00Z",
        ),
        (
            "a raised threshold is looked at at once",
            "packages = [{ name = \"p\", credits = 20, price = \"4 USD\" }]
             top_up = { threshold = 5 }
             grant 1: 10 included
             changes = [{ at = 2025-01-15T00:00:00Z, set = { top_up.threshold = 12 } }]
             => top-ups 1, landing-days 2025-01-15T00:00:00Z",
        ),
        (
            "the burn order compares the ends of lots that are there as precisely as it says now",
            "burn_order = [\"expires_at\"]
             changes = [{ at = 2025-01-15T00:00:00Z, set = { burn_order = [{ expires_at = \"day\" }] } }]
             grant 1: 5 included, expires 10 Feb 18:00
             grant 2: 5 included, expires 10 Feb 06:00
             until 1 Feb
             use 1 at 10 Jan
             use 3 at 20 Jan
             => grant 1 2, grant 2 4",
        ),
    ]);
}
