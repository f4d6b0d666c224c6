//! Cash, recognized and deferred revenue, invoices.

use super::harness::check;

#[test]
fn what_was_paid_for_a_lot_is_earned_as_its_credits_go() {
    check(&[
        (
            "burned",
            "grant 1: 10 purchased, price 5
             use 4 at 2 Jan
             => cash 5, recognized 2, deferred 3, breakage 0",
        ),
        (
            "rounded down, so that the parts sum exactly",
            "grant 1: 3 purchased, price 1
             use 1 at 2 Jan
             => recognized 0.333333333, deferred 0.666666667",
        ),
        (
            "expired: breakage",
            "grant 1: 10 purchased, price 5, expires 10 Jan
             use 4 at 2 Jan
             => recognized 5, breakage 3, deferred 0",
        ),
        (
            "voided: earned no more, refunded neither",
            "grant 1: 10 purchased, price 5, voided 10 Jan
             use 4 at 2 Jan
             => recognized 2, voided-money 3, deferred 0",
        ),
        (
            "repaid debt earns it too",
            "debt 4
             grant 1: 10 purchased, price 5
             => recognized 2, deferred 3",
        ),
        (
            "an older lot brings what it still owes",
            "grant 1: 10 purchased, price 5, from 1 Dec 2024, left 4
             use 4 at 2 Jan
             => cash 0, deferred-start 2, recognized 2, deferred 0",
        ),
        (
            "a top-up paid and not landed is owed",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, processing = \"100 days\" }
             => cash 1, recognized 0, deferred 1",
        ),
        (
            "work costs the provider, charged or not: 5 credits, and a quarter of 10 that are cancelled",
            "feature work: provider_cost = { per_operation = \"0.1 USD\", per_credit = \"0.01 USD\" }
             use 5 at 2 Jan
             use 10 at 2 Jan for 1 h cancelled after 15 min
             => provider-cost 0.275, charged 5",
        ),
    ]);
}

#[test]
fn a_subscription_is_spread_over_its_allowance_or_else_over_time() {
    check(&[
        (
            "over the allowance of its month",
            "allowance = 10
             subscription = \"10 USD\"
             use 4 at 5 Jan
             => subscriptions 30, recognized 20, breakage 16, deferred 10",
        ),
        (
            "a yearly price over twelve allowances",
            "allowance = 10
             subscription = { price = \"12 USD\", every = \"year\" }
             => cash 12, recognized 2, deferred 10",
        ),
        (
            "a monthly price over a yearly allowance: in instalments",
            "allowance = { credits = 12, every = \"year\" }
             subscription = \"1 USD\"
             use 6 at 5 Jan
             => cash 3, recognized 1.5, deferred 1.5",
        ),
        (
            "over time where there is no allowance",
            "until 16 Jan
             subscription = \"31 USD\"
             => cash 31, recognized 15, deferred 16",
        ),
        (
            "billed at every start of a period inside the horizon",
            "subscription = \"31 USD\"
             => cash 93, recognized 93, deferred 0",
        ),
        (
            "an allowance of nothing carries no money",
            "allowance = 0
             subscription = \"1 USD\"
             => cash 3, recognized 3, deferred 0",
        ),
        (
            "who signed up before has paid for the running period",
            "signed up 15 Dec 2024
             allowance = 10
             subscription = \"31 USD\"
             => deferred-start 31, cash 93, allowances 10+10+10+10, recognized 93, deferred 31",
        ),
        (
            "and for the running year",
            "signed up 1 Jul 2024
             allowance = { credits = 10, anchor = \"calendar-month\" }
             subscription = { price = \"12 USD\", every = \"year\" }
             until 1 Feb
             => cash 12, deferred-start 0",
        ),
        (
            "time already gone is earned already",
            "signed up 22 Dec 2024
             cycle = { every = \"month\", anchor = \"sign-up\" }
             subscription = \"31 USD\"
             until 22 Jan
             => deferred-start 21, cash 0, recognized 21, deferred 0",
        ),
    ]);
}

#[test]
fn overage_is_recognized_when_invoiced_and_paid_or_not() {
    check(&[
        (
            "paid at once",
            "overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             debt 5
             => recognized 0.5, overage 0.5, receivable 0",
        ),
        (
            "on terms: paid later",
            "overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             invoices = { pay = \"terms\", delay = \"10 days\" }
             debt 5
             => recognized 0.5, overage 0.5, paid-days 2025-02-11T00:00:00Z",
        ),
        (
            "until then receivable",
            "until 5 Feb
             overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             invoices = { pay = \"terms\", delay = \"10 days\" }
             debt 5
             => recognized 0.5, overage 0, receivable 0.5",
        ),
        (
            "not paid: written off",
            "overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             invoices = { declined = 1.0, write_off_after = \"10 days\" }
             debt 5
             => recognized 0.5, overage 0, receivable 0, written-off 0.5",
        ),
        (
            "not paid and never written off: receivable for ever",
            "overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             invoices = { declined = 1.0 }
             debt 5
             => receivable 0.5, written-off 0",
        ),
    ]);
}
