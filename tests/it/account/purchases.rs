//! Credits bought by people.

use super::harness::check;

#[test]
fn a_refused_customer_may_buy_and_the_operation_resumes() {
    check(&[
        (
            "the smallest package that covers the need",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             use 5 at 2 Jan
             => purchases 1, packages 1, attempts 2, refused 1, served 1, remaining 5, start-days 2025-01-02T00:00:00Z",
        ),
        (
            "a larger need, a larger package",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             use 30 at 2 Jan
             => purchases 1, packages 4, remaining 20",
        ),
        (
            "what is there counts towards the need",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             grant 1: 20 included
             use 30 at 2 Jan
             => packages 1, remaining 0",
        ),
        (
            "if none covers, the largest, and again",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             use 80 at 2 Jan
             => purchases 2, packages 8, attempts 3, remaining 20",
        ),
        (
            "after a human delay",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, human_delay = \"1 h\" }
             use 5 at 2 Jan
             => order-days 2025-01-02T01:00:00Z, landing-days 2025-01-02T01:00:00Z, served 1",
        ),
        (
            "and the processing of the payment",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, human_delay = \"1 h\", processing = \"2 h\" }
             use 5 at 2 Jan
             => order-days 2025-01-02T01:00:00Z, landing-days 2025-01-02T03:00:00Z, start-days 2025-01-02T03:00:00Z",
        ),
        (
            "who cannot buy must ask",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, human_delay = \"1 h\", ask_delay = \"3 h\" }
             use 5 at 2 Jan by 1
             => landing-days 2025-01-02T04:00:00Z",
        ),
        (
            "at most one purchase is under way; later refusals join it",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, human_delay = \"1 h\" }
             use 5 at 2 Jan
             use 4 at 2 Jan 00:30
             => purchases 1, served 2, remaining 1",
        ),
        (
            "the operation may be dropped all the same",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, after_purchase = \"drop\" }
             use 5 at 2 Jan
             => purchases 1, lost-refused 1, remaining 10",
        ),
        (
            "a declined payment buys nothing; who waits loses patience",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, declined = 1.0 }
             use 5 at 2 Jan
             => declined 1, purchases 0, lost-patience 1, cash 0",
        ),
        (
            "a policy may say that nobody buys",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             buyer = \"none\"
             customer buyer = { on_refusal = 1.0 }
             use 5 at 2 Jan
             => purchases 0, lost-refused 1",
        ),
    ]);
}

#[test]
fn people_choose_a_package_and_other_moments_to_buy() {
    check(&[
        (
            "the cheapest credit",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0, choice = \"cheapest-per-credit\" }
             use 5 at 2 Jan
             => packages 4",
        ),
        (
            "always the same",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0, choice = { fixed = \"l\" } }
             use 5 at 2 Jan
             => packages 4",
        ),
        (
            "by weight",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0, choice = { weighted = { s = 0.0, l = 1.0 } } }
             use 5 at 2 Jan
             => packages 4",
        ),
        (
            "as the balance reaches zero",
            "packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_zero = 1.0 }
             grant 1: 5 included
             use 4 at 2 Jan
             use 1 at 3 Jan
             => purchases 1, order-days 2025-01-03T00:00:00Z",
        ),
        (
            "on a warning",
            "packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             alerts = [{ below = 5 }]
             customer buyer = { on_warning = 1.0 }
             grant 1: 10 included
             use 5 at 2 Jan
             use 1 at 3 Jan
             => purchases 1, order-days 2025-01-03T00:00:00Z, remaining 14",
        ),
        (
            "on a schedule",
            "packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { every = \"10 days\" }
             => purchases 8, packages 8, remaining 80",
        ),
        (
            "credits bought are valid from the instant they land",
            "packages = [{ name = \"s\", credits = 10, price = \"1 USD\", expires_after = \"1 month\" }]
             alerts = [{ below = 5 }]
             customer buyer = { on_warning = 1.0, processing = \"2 days\" }
             until 5 Feb
             grant 1: 5 included
             use 1 at 2 Jan
             => landing-days 2025-01-04T00:00:00Z, expiry-days 2025-02-04T00:00:00Z",
        ),
        (
            "credits without a price: money is not available, not zero",
            "packages = [{ name = \"s\", credits = 10 }]
             alerts = [{ below = 5 }]
             customer buyer = { on_warning = 1.0 }
             grant 1: 5 included
             use 1 at 2 Jan
             => purchases 1, priced false",
        ),
        (
            "credits that land repay debt before anything else",
            "packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_zero = 1.0 }
             grant 1: 5 included
             use 8 at 2 Jan
             => repaid 3, debt 0, remaining 7",
        ),
    ]);
}

#[test]
fn the_organizations_budget_caps_its_purchases() {
    check(&[
        (
            "a purchase that would exceed it is not made, and counted",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             customer budget = { money = \"1.5 USD\" }
             use 10 at 2 Jan
             use 10 at 3 Jan
             => purchases 1, refused-budget 1, blocked 1, served 1, lost-refused 1",
        ),
        (
            "the next calendar month has a budget of its own",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             customer budget = { money = \"1.5 USD\" }
             use 10 at 2 Jan
             use 10 at 2 Feb
             => purchases 2, blocked 0, served 2",
        ),
        (
            "of equally large packages that do not cover the first in the file is bought",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 10, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0, after_purchase = \"drop\" }
             use 30 at 2 Jan
             => purchases 1, cash 1",
        ),
        (
            "a package that fits may be too small; the chosen one is blocked",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             customer budget = { money = \"2 USD\" }
             use 30 at 2 Jan
             => purchases 0, blocked 1, lost-patience 1",
        ),
    ]);
}
