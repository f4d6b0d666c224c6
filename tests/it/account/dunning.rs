//! Invoices that are not paid: tried again, the account suspended, then terminated.

use super::harness::check;

#[test]
fn an_invoice_that_was_declined_is_tried_again() {
    check(&[
        (
            "so long after it was due, until it is paid",
            "until 1 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, dunning = [{ after = \"3 days\", paid = 0.0 }, { after = \"7 days\", paid = 1.0 }] }
             use 120 at 5 Jan
             => payments 2025-02-08T00:00:00Z, cash 20, receivable 0",
        ),
        (
            "on terms it is due later",
            "until 1 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { pay = \"terms\", delay = \"10 days\", declined = 1.0, dunning = [{ after = \"3 days\", paid = 1.0 }] }
             use 120 at 5 Jan
             => payments 2025-02-14T00:00:00Z, cash 20",
        ),
        (
            "not once it is written off",
            "until 1 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, write_off_after = \"6 days\", dunning = [{ after = \"7 days\", paid = 1.0 }] }
             use 120 at 5 Jan
             => payments none, cash 0, written-off 20, receivable 0",
        ),
    ]);
}

#[test]
fn a_suspended_account_starts_nothing_paid() {
    check(&[
        (
            "from so long after the due date until a payment, which lifts it at once",
            "until 1 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, dunning = [{ after = \"10 days\", paid = 1.0 }], suspend_after = \"5 days\" }
             use 120 at 5 Jan
             use 1 at 5 Feb
             use 1 at 6 Feb
             use 1 at 10 Feb 23:59
             use 1 at 11 Feb
             => suspensions 2025-02-06T00:00:00Z, resumptions 2025-02-11T00:00:00Z, refused-suspended 2, served 3, refused 2",
        ),
        (
            "work in flight finishes, and free features go on",
            "until 1 Mar
             feature other: free = true
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, suspend_after = \"5 days\" }
             use 120 at 5 Jan
             use 1 at 5 Feb 23:00 for 3 h
             use 1 of other at 7 Feb
             => served 2, free 1, refused-suspended 0",
        ),
        (
            "what waits for its turn goes on waiting",
            "until 1 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             max_in_flight = 1
             at_max_in_flight = \"queue\"
             patience = \"30 days\"
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, dunning = [{ after = \"10 days\", paid = 1.0 }], suspend_after = \"5 days\" }
             use 120 at 5 Jan
             use 1 at 5 Feb 23:00 for 3 h
             use 2 at 5 Feb 23:30
             at 10 Feb: settled 99
             at 12 Feb: settled 97
             => served 3, refused-suspended 0",
        ),
        (
            "cycles go on; what was written off lifts nothing",
            "until 15 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, write_off_after = \"10 days\", suspend_after = \"5 days\" }
             use 120 at 5 Jan
             use 1 at 10 Mar
             => issued 300, expired 100, refused-suspended 1, resumptions none",
        ),
        (
            "as long as one invoice is overdue",
            "until 1 Mar
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\", invoice_at = \"10 USD\" }
             invoices = { declined = 1.0, dunning = [{ after = \"10 days\", paid = 1.0 }], suspend_after = \"5 days\" }
             use 10 at 1 Jan
             use 10 at 4 Jan
             => suspensions 2025-01-06T00:00:00Z, payments 2025-01-11T00:00:00Z+2025-01-14T00:00:00Z, resumptions 2025-01-14T00:00:00Z",
        ),
    ]);
}

#[test]
fn an_account_is_terminated_over_an_invoice() {
    check(&[
        (
            "it leaves, and the subscription ends at the next close",
            "until 15 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, terminate_after = \"20 days\" }
             use 120 at 5 Jan
             use 1 at 20 Feb
             use 1 at 25 Feb
             => left 2025-02-21T00:00:00Z, served 2, lost-churned 1, issued 200",
        ),
        (
            "unless it is paid by then",
            "until 15 Mar
             allowance = { credits = 100, every = \"month\", anchor = \"calendar-month\" }
             overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             invoices = { declined = 1.0, dunning = [{ after = \"20 days\", paid = 1.0 }], terminate_after = \"20 days\" }
             use 120 at 5 Jan
             use 1 at 25 Feb
             => left none, served 2, issued 300",
        ),
    ]);
}
