//! Debt: how it arises, is measured, repaid, and what a close does with it.

use super::harness::check;

#[test]
fn what_grants_do_not_cover_becomes_debt_and_beyond_the_limit_overspend() {
    check(&[
        (
            "a charge never fails",
            "grant 1: 4 included
             use 10 at 2 Jan
             => burned 4, charged 10, incurred 6, debt 6, overspend 6, served 1",
        ),
        (
            "a limit measures overspend",
            "overdraft = 4
             grant 1: 4 included
             use 10 at 2 Jan
             => debt 6, overspend 2",
        ),
        (
            "debt within the limit is none",
            "overdraft = 6
             grant 1: 4 included
             use 10 at 2 Jan
             => debt 6, overspend 0",
        ),
        (
            "an unlimited overdraft has no overspend",
            "overdraft = \"unlimited\"
             use 1000 at 2 Jan
             => debt 1000, overspend 0",
        ),
        (
            "overspend is what each charge adds beyond the limit",
            "overdraft = 1
             use 3 at 2 Jan
             use 2 at 3 Jan
             => debt 5, overspend 4, overspend-operations 2, max-debt 5",
        ),
        (
            "an operation with several charges overspends once",
            "charge = \"step\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             => charges 3+2, overspend 5, overspend-operations 1",
        ),
        (
            "debt at the start beyond the limit is no overspend",
            "debt 5
             use 1 at 2 Jan
             => debt 6, overspend 1",
        ),
        (
            "overspend that is repaid and arises again counts again",
            "grant 1: 5 included, from 3 Jan
             use 5 at 2 Jan
             use 5 at 4 Jan
             => overspend 10, debt 5, repaid 5",
        ),
    ]);
}

#[test]
fn debt_is_repaid_at_once_as_the_policy_permits() {
    check(&[
        (
            "from the next grant",
            "grant 1: 10 included, from 5 Jan
             use 6 at 2 Jan
             => repaid 6, debt 0, remaining 4, burned 0",
        ),
        (
            "in burn order",
            "debt 5
             grant 1: 10 included
             grant 2: 3 included, expires 10 Jan
             => repayments 2:3+1:2",
        ),
        (
            "from purchased credits alone",
            "overdraft = { limit = 0, repay = \"purchase\" }
             debt 5
             grant 1: 10 included
             grant 2: 3 purchased
             => repayments 2:3, debt 2, grant 1 10",
        ),
        (
            "never; then debt does not lower the views",
            "overdraft = { limit = 0, repay = \"never\" }
             debt 5
             grant 1: 10 included
             at 2 Jan: settled 10, available 10, debt 5
             => debt 5, repaid 0",
        ),
        (
            "unless it is said to",
            "overdraft = { limit = 0, repay = \"never\" }
             debt_counts = true
             debt 5
             grant 1: 10 included
             at 2 Jan: settled 5, available 5",
        ),
        (
            "reserved credits do not repay; what their hold releases does",
            "admission = { hold = { estimate = 10 } }
             features = { other = { admission = \"none\" } }
             grant 1: 10 included
             use 4 at 2 Jan for 2 h
             use 3 of other at 2 Jan 01:00
             at 2 Jan 01:30: debt 3, settled 7, available -3
             => burned 4, repaid 3, debt 0, remaining 3",
        ),
        (
            "debt at the start is repaid at the start",
            "debt 4
             grant 1: 10 included
             at 1 Jan 00:00:01: debt 0, settled 6
             => repaid 4, debt-start 4",
        ),
        (
            "a grant that begins and is owed is used in part, the rest is usable",
            "admission = \"positive\"
             grant 1: 10 included, from 5 Jan
             debt 9
             use 1 at 5 Jan
             use 1 at 6 Jan
             => served 1, refused 1, repaid 9, burned 1",
        ),
    ]);
}

#[test]
fn a_close_carries_forgives_or_invoices_debt_before_its_grants_come() {
    check(&[
        ("carried by default", "debt 5\n=> debt 5, forgiven 0, invoiced 0"),
        (
            "forgiven",
            "overdraft = { limit = 0, at_cycle = \"forgive\" }
             debt 5
             => forgiven 5, debt 0, cash 0",
        ),
        (
            "invoiced at a price per credit",
            "overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             debt 5
             => invoiced 5, debt 0, overage 0.5, recognized 0.5, paid-days 2025-02-01T00:00:00Z",
        ),
        (
            "without a price money is not available",
            "overdraft = { limit = 0, at_cycle = \"invoice\" }
             debt 5
             => invoiced 5, priced false, cash 0",
        ),
        (
            "a fee is money, never debt, at every close with debt",
            "overdraft = { limit = 0, fee = \"2 USD\" }
             debt 5
             => debt 5, overage 4, recognized 4",
        ),
        (
            "a close without debt has no fee",
            "overdraft = { limit = 0, fee = \"2 USD\" }
             grant 1: 5 included
             => overage 0",
        ),
        (
            "the debt rule comes before the new allowance",
            "allowance = 10
             overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.1 USD\" }
             use 15 at 5 Jan
             => invoiced 5, repaid 0, overage 0.5",
        ),
        (
            "carried debt is repaid from the new allowance",
            "allowance = 10
             use 15 at 5 Jan
             => repaid 5, expired 5, remaining 10, debt 0",
        ),
        (
            "what rolls over does not repay before the debt rule",
            "overdraft = { limit = 0, repay = \"purchase\", at_cycle = \"forgive\" }
             allowance = 10
             rollover = \"all\"
             debt 5
             => forgiven 5, repaid 0, remaining 30",
        ),
        (
            "repayment waits for every grant of the instant, then follows the burn order",
            "allowance = 10
             grant 1: 4 promotional, from 1 Feb, expires 10 Feb
             use 15 at 5 Jan
             => repayments 1:4+3:1",
        ),
        (
            "the price of overage is rounded half-up to a nano-unit",
            "overdraft = { limit = 0, at_cycle = \"invoice\", price_per_credit = \"0.000000001 USD\" }
             debt 0.5
             => overage 0.000000001",
        ),
    ]);
}
