//! Packages and subscriptions with dates (docs/semantics.md §13).

use super::harness::check;

#[test]
fn a_package_is_sold_as_the_last_one_of_its_name_that_is_on_sale() {
    check(&[
        (
            "an automatic top-up pays the price of its day",
            "packages = [{ name = \"p\", credits = 10, price = \"5 USD\" }, { name = \"p\", credits = 10, price = \"7 USD\", from = 2025-01-05, until = 2025-01-07 }]
             top_up = { threshold = 5, package = \"p\" }
             grant 1: 10 purchased
             use 8 at 4 Jan
             use 10 at 5 Jan
             use 10 at 7 Jan
             => top-ups 3, cash 17",
        ),
        (
            "who signed up before keeps it",
            "packages = [{ name = \"p\", credits = 10, price = \"5 USD\" }, { name = \"p\", credits = 10, price = \"7 USD\", signed_up = { from = 2025-01-01 } }]
             top_up = { threshold = 5, package = \"p\" }
             signed up 15 Dec 2024
             grant 1: 10 purchased
             use 8 at 4 Jan
             => top-ups 1, cash 5",
        ),
    ]);
}

#[test]
fn a_subscription_is_billed_at_the_price_of_the_day() {
    check(&[
        (
            "from the next bill on",
            "subscription = [{ price = \"30 USD\" }, { price = \"36 USD\", from = 2025-02-15 }]
             => cash 96",
        ),
        (
            "and not to those who came before",
            "subscription = [{ price = \"30 USD\" }, { price = \"36 USD\", from = 2025-02-15, signed_up = { from = 2025-02-01 } }]
             => cash 90",
        ),
        (
            "a customer of the last hour before a change pays the old price once",
            "subscription = [{ price = \"30 USD\" }, { price = \"36 USD\", from = 2025-03-01 }]
             signed up 28 Feb
             => cash 66",
        ),
        (
            "by the price that is billed, not by one that follows at the next close",
            "cycle = \"year\"
             subscription = [{ price = \"30 USD\" }, { price = \"36 USD\", from = 2025-02-15 }]
             changes = [{ at = 2025-01-10, set = { subscription = { price = \"5 USD\", every = \"year\" } } }]
             => cash 96",
        ),
        (
            "who came earlier has paid the price of the day on which the period began",
            "subscription = [{ price = \"30 USD\" }, { price = \"60 USD\", from = 2025-01-01 }]
             cycle = { every = \"month\", anchor = \"sign-up\" }
             signed up 17 Dec 2024
             => cash 180, recognized 164.516129032",
        ),
    ]);
}
