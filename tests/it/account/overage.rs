//! Overage invoiced before the close, and debt that closes forgive.

use super::harness::check;

#[test]
fn overage_is_invoiced_as_soon_as_so_much_is_owed() {
    check(&[
        (
            "in whole multiples; the rest waits for the close",
            "until 15 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 175 at 10 Jan
             at 11 Jan: debt 15
             at 31 Jan: debt 15
             => invoices 60+15, cash 75, debt 0, invoiced 75, incurred 75",
        ),
        (
            "what is owed adds up over charges",
            "until 25 Jan
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 15 at 10 Jan
             use 4 at 11 Jan
             use 1 at 12 Jan
             at 12 Jan: debt 19
             => invoices 20, cash 20, debt 0",
        ),
        (
            "what is repaid in between is owed no longer",
            "until 25 Jan
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             grant 1: 6 purchased, from 11 Jan
             use 15 at 10 Jan
             use 10 at 12 Jan
             at 13 Jan: debt 19
             use 2 at 14 Jan
             => invoices 20, repaid 6, debt 1",
        ),
        (
            "a price that does not divide it: the fewest credits that are worth so much, 20 / 3 = 6.666667",
            "until 25 Jan
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"3 USD\", invoice_at = \"20 USD\" }
             use 7 at 10 Jan
             => invoices 6.666667, cash 20, debt 0.333333",
        ),
        (
            "as invoices are paid: after a delay",
            "until 25 Jan
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             invoices = { pay = \"terms\", delay = \"10 days\" }
             use 25 at 10 Jan
             use 20 at 20 Jan
             => invoices 20+20, cash 20, receivable 20, recognized 40, debt 5",
        ),
        (
            "debt that the account begins with is owed too",
            "until 25 Jan
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             debt 50
             => invoices 40, cash 40, debt 10",
        ),
        (
            "when the charge is recorded, not when it is incurred",
            "until 25 Jan
             metering_lag = \"2 days\"
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 25 at 10 Jan
             at 11 Jan: debt 0
             => invoice-days 2025-01-12T00:00:00Z, debt 5",
        ),
        (
            "when a hold that times out is charged",
            "until 25 Jan
             admission = { hold = { estimate = 20, timeout = \"1 h\", on_timeout = \"charge\" } }
             short = \"allow\"
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 20 at 10 Jan for 5 h
             => invoice-days 2025-01-10T01:00:00Z, debt 0",
        ),
        (
            "rules that change find what is owed",
            "until 25 Jan
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             changes = [{ at = 2025-01-20, set = { overdraft = { invoice_at = \"20 USD\" } } }]
             use 45 at 10 Jan
             => invoice-days 2025-01-20T00:00:00Z, cash 40, debt 5",
        ),
        (
            "what was invoiced and is given back is a credit note",
            "until 25 Jan
             charge = \"start\"
             on_failure = \"free\"
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 25 at 10 Jan for 1 h fails after 1 h
             => cash 20, credit-notes 20, credit-owed 20, debt 0, charged 0, invoiced 0",
        ),
    ]);
}

#[test]
fn an_invoice_is_part_of_the_charge_that_made_it_due() {
    check(&[
        (
            "it leaves room under the limit for the next operation",
            "until 25 Jan
             admission = \"estimate\"
             short = \"allow\"
             overdraft = { limit = 20, at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 20 at 10 Jan
             use 20 at 11 Jan
             => refused 0, cash 40, overspend 0",
        ),
        (
            "the charge overspends nevertheless",
            "until 25 Jan
             overdraft = { limit = 20, at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 25 at 10 Jan
             => overspend 5, max-debt 25, debt 5",
        ),
        (
            "work in flight is looked at after it",
            "until 25 Jan
             in_flight = \"kill\"
             overdraft = { limit = 20, at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\" }
             use 1 at 10 Jan for 5 h
             use 20 at 10 Jan 01:00
             => killed 0, served 2, debt 1",
        ),
        (
            "the fee is for closes alone",
            "until 15 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"20 USD\", fee = \"5 USD\" }
             use 120 at 10 Jan
             use 101 at 10 Feb
             => cash 20, debt 1",
        ),
    ]);
}

#[test]
fn closes_forgive_a_share_of_the_allowance_so_often() {
    check(&[
        (
            "once a year, if nothing else is said",
            "allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", grace = { share = \"10%\" } }
             use 108 at 5 Jan
             use 108 at 5 Feb
             => forgiven 8, invoiced 8, cash 8, debt 0",
        ),
        (
            "what is beyond it is invoiced",
            "until 15 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", grace = { share = 0.1 } }
             use 115 at 5 Jan
             => forgiven 10, invoiced 5, cash 5",
        ),
        (
            "more often",
            "until 15 Apr
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", grace = { share = 0.1, times = 2 } }
             use 108 at 5 Jan
             use 108 at 5 Feb
             use 108 at 5 Mar
             => forgiven 16, invoiced 8",
        ),
        (
            "a close without debt uses none of it",
            "allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", grace = { share = 0.1 } }
             use 100 at 5 Jan
             use 108 at 5 Feb
             => forgiven 8, invoiced 0",
        ),
        (
            "the close at the turn of the year is the old year's",
            "from 1 Dec 2024
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", grace = { share = 0.1 } }
             use 108 at 5 Dec 2024
             use 107 at 5 Jan
             use 106 at 5 Feb
             => forgiven 15, invoiced 6",
        ),
        (
            "debt that is carried is forgiven first; there is a fee for what is left alone",
            "allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", fee = \"3 USD\", grace = { share = 0.1, per = \"month\" } }
             use 110 at 5 Jan
             use 115 at 5 Feb
             => forgiven 20, repaid 5, cash 3",
        ),
        (
            "what the coming close forgives is not owed before it",
            "until 15 Feb
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"5 USD\", grace = { share = 0.1 } }
             use 114 at 5 Jan
             at 6 Jan: debt 14
             use 1 at 7 Jan
             at 8 Jan: debt 10
             => invoices 5, forgiven 10, cash 5",
        ),
    ]);
}
