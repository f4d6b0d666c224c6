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
             => allowances 10+100+100+100, close-days 2025-01-15T00:00:00Z+2025-02-15T00:00:00Z+2025-03-15T00:00:00Z",
        ),
        (
            "some time after sign-up",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ after = \"10 days\", to = \"b\", effective = \"now\" }]
             => allowance-days 2025-01-01T00:00:00Z+2025-01-11T00:00:00Z+2025-02-11T00:00:00Z+2025-03-11T00:00:00Z",
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

#[test]
fn a_change_at_once_begins_a_cycle_of_its_own() {
    check(&[
        (
            "billed once, and not again at the old anchor",
            "signed up 1 Jan
             until 20 Feb
             plan a: allowance = 60
             plan a: subscription = \"10 USD\"
             plan b: allowance = 100
             plan b: subscription = \"25 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-20T00:00:00Z, to = \"b\", effective = \"now\" }]
             use 15 at 5 Jan
             => cash 35, issued 160, expired 45",
        ),
        (
            "a calendar anchor stays: the first period is the rest of the running one, in full",
            "until 15 Feb
             plan a: allowance = { credits = 60, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 100, anchor = \"calendar-month\" }
             plan b: subscription = \"31 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-21T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowances 60+100+100, cash 62",
        ),
        (
            "or prorated, the price too",
            "until 15 Feb
             plan a: allowance = { credits = 60, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 93, anchor = \"calendar-month\", opening = \"prorated\" }
             plan b: subscription = \"31 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-21T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowances 60+33+93, cash 42",
        ),
        (
            "the unused share of the old price may come off the new one's bill",
            "until 15 Feb
             plan a: allowance = 60
             plan a: subscription = \"31 USD\"
             plan b: allowance = 100
             plan b: subscription = \"50 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-21T00:00:00Z, to = \"b\", effective = \"now\", prorate = \"price\" }]
             => cash 70, credit-notes 11, credit-owed 0",
        ),
        (
            "what a cheap plan does not use of a credit note comes off the bills behind it",
            "until 25 Feb
             plan a: allowance = 60
             plan a: subscription = \"310 USD\"
             plan b: allowance = 10
             plan b: subscription = \"30 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-21T00:00:00Z, to = \"b\", effective = \"now\", prorate = \"price\" }]
             => cash 310, credit-notes 110, credit-owed 50",
        ),
        (
            "a change to the plan that one is on is nothing",
            "plan a: allowance = 10
             plan a: subscription = \"10 USD\"
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"a\", effective = \"now\" }]
             => allowances 10+10+10, cash 30",
        ),
        (
            "who asks for it calls off what was decided",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\" }, { at = 2025-01-20T00:00:00Z, to = \"a\" }]
             => allowances 10+10+10",
        ),
        (
            "at the very close too: nothing has changed, nothing is billed anew",
            "plan a: allowance = 10
             plan a: subscription = { price = \"12 USD\", every = \"year\" }
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\" }, { at = 2025-02-01T00:00:00Z, to = \"a\" }]
             => allowances 10+10+10, cash 12",
        ),
        (
            "from says whom a change is for",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, from = \"b\", to = \"a\", effective = \"now\" }, { at = 2025-02-10T00:00:00Z, from = \"a\", to = \"b\" }]
             => allowances 10+10+100",
        ),
        (
            "several changes of an instant are one",
            "until 1 Feb
             plan a: subscription = \"10 USD\"
             plan b: subscription = \"20 USD\"
             plan c: subscription = \"40 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }, { at = 2025-01-15T00:00:00Z, to = \"c\", effective = \"now\" }]
             => cash 50",
        ),
        (
            "one dated at the start is one event with the opening",
            "until 1 Feb
             plan a: allowance = 10
             plan a: subscription = \"10 USD\"
             plan b: allowance = 100
             plan b: subscription = \"20 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-01T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowances 100, cash 20",
        ),
        (
            "one from before the start has happened, and its anchor counts",
            "signed up 10 Dec 2024
             plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ after = \"14 days\", to = \"b\", effective = \"now\" }]
             until 30 Jan
             => allowances 100+100, close-days 2025-01-24T00:00:00Z",
        ),
        (
            "before its sign-up nobody changes plans",
            "signed up 1 Feb
             plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowances 10+10",
        ),
        (
            "days of a year count from the year in which the account opens, whenever the plan is entered",
            "until 1 Feb 2026
             plan a: cycle = { every = \"2 years\" }
             plan b: allowance = { credits = 1, every = \"7 days\", anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2026-01-20T00:00:00Z, to = \"b\", effective = \"now\" }]
             => allowance-days 2026-01-20T00:00:00Z+2026-01-21T00:00:00Z+2026-01-28T00:00:00Z",
        ),
        (
            "a forced close is none of a rollover's periods",
            "until 1 May
             plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan a: rollover = { max_periods = 2 }
             plan b: allowance = { credits = 20, anchor = \"calendar-month\" }
             plan b: rollover = { max_periods = 2 }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-02-10T00:00:00Z, to = \"b\", effective = \"now\" }]
             => expiry-days 2025-04-01T00:00:00Z+2025-04-01T00:00:00Z",
        ),
    ]);
}

#[test]
fn a_change_may_leave_the_cycle_running() {
    check(&[
        (
            "the difference of a whole period: what is used counts against the smaller allowance",
            "plan a: allowance = { credits = 1000, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 250, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-10T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             until 1 Mar
             use 400 at 5 Jan
             at 11 Jan: available 0
             at 2 Feb: available 250
             => voided 600, close-days 2025-02-01T00:00:00Z",
        ),
        (
            "both prorated is the default",
            "plan a: allowance = { credits = 10000, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 2500, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-10T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             until 1 Feb
             use 4000 at 5 Jan
             => remaining 677.419355",
        ),
        (
            "more is issued and billed at once, and the whole price at the close",
            "plan a: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan a: subscription = \"31 USD\"
             plan b: allowance = { credits = 62, anchor = \"calendar-month\" }
             plan b: subscription = \"93 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             until 15 Feb
             use 11 at 10 Jan
             at 23 Jan: available 30
             => cash 144, issued 103",
        ),
        (
            "less is a credit note on the next bill",
            "plan a: allowance = { credits = 62, anchor = \"calendar-month\" }
             plan a: subscription = \"93 USD\"
             plan b: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan b: subscription = \"31 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             until 15 Feb
             => cash 104, credit-notes 20, credit-owed 0, voided 10",
        ),
        (
            "none: the rules change now, price and allowance at the close",
            "plan a: allowance = { credits = 62, anchor = \"calendar-month\" }
             plan a: subscription = \"93 USD\"
             plan b: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan b: subscription = \"31 USD\"
             plan b: admission = { estimate = \"exact\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"none\" }]
             until 15 Feb
             use 80 at 25 Jan
             => cash 124, refused 1, allowances 62+31",
        ),
        (
            "where nothing is billed any more a credit note lowers the next invoice",
            "overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"1 USD\" }
             plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan a: subscription = \"31 USD\"
             plan b: allowance = { credits = 10, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"price\" }]
             until 15 Feb
             use 15 at 25 Jan
             => cash 31, overage 0, credit-notes 10, credit-owed 5",
        ),
        (
            "usage may be forgotten",
            "plan a: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 62, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", usage = \"reset\" }]
             until 1 Feb
             use 20 at 10 Jan
             => remaining 41",
        ),
        (
            "up and down again on one day",
            "plan a: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 62, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }, { at = 2025-01-27T00:00:00Z, to = \"a\", effective = \"now\", cycle = \"keep\" }]
             until 1 Feb
             use 20 at 10 Jan
             => remaining 16",
        ),
        (
            "what is issued more repays debt",
            "plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan b: allowance = { credits = 30, anchor = \"calendar-month\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\", prorate = \"full\" }]
             until 1 Feb
             use 15 at 10 Jan
             => repaid 5, debt 0, remaining 15",
        ),
        (
            "the new plan's grants and what they repay are one event with it: nobody is warned in between",
            "debt_counts = false
             overdraft = { repay = \"any-credit\" }
             alerts = [{ below = 10 }]
             plan b: grants = [{ credits = 20 }]
             plan a: max_in_flight = 5
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             debt 13
             => repaid 13, remaining 7, warnings 0",
        ),
        (
            "where no close comes any more what is paid is earned at once",
            "until 10 Feb 12:00
             customer cycle_closes = [2025-01-10T00:00:00Z]
             plan a: max_in_flight = 5
             plan b: max_in_flight = 4
             customer plan = \"a\"
             changes = [{ at = 2025-02-01T00:00:00Z, set = { allowance = { credits = 35, every = \"1 day\" }, subscription = { price = \"30 USD\", every = \"30 days\" } } }]
             plan_changes = [{ at = 2025-02-10T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             => cash 20, recognized 20, deferred 0",
        ),
        (
            "exactly at a close there is nothing to prorate",
            "plan a: allowance = { credits = 10, anchor = \"calendar-month\" }
             plan a: subscription = \"10 USD\"
             plan b: allowance = { credits = 30, anchor = \"calendar-month\" }
             plan b: subscription = \"30 USD\"
             customer plan = \"a\"
             plan_changes = [{ at = 2025-02-01T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             until 15 Feb
             => allowances 10+30, cash 40, credit-notes 0",
        ),
        (
            "a yearly price and a monthly allowance each by their own period",
            "from 1 Jan
             plan a: allowance = { credits = 31, anchor = \"calendar-month\" }
             plan a: subscription = { price = \"365 USD\", every = \"year\" }
             plan b: allowance = { credits = 62, anchor = \"calendar-month\" }
             plan b: subscription = { price = \"730 USD\", every = \"year\" }
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-22T00:00:00Z, to = \"b\", effective = \"now\", cycle = \"keep\" }]
             until 1 Feb
             => cash 709, remaining 41",
        ),
    ]);
}

#[test]
fn lots_that_survive_may_be_converted_and_plans_give_their_own_grants() {
    check(&[
        (
            "multiplied",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\", convert = { factor = 2.5 } }]
             grant 1: 10 purchased, price 5
             until 1 Feb
             use 13 at 5 Jan
             => grant 1 17.5, issued purchased 20.5, deferred 3.5, recognized 1.5",
        ),
        (
            "or divided, with another end",
            "plan a: allowance = 10
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\", convert = { factor = 0.5, expires_after = \"10 days\" } }]
             grant 1: 10 purchased, price 5
             until 1 Feb
             => voided 5, expired purchased 5, recognized 5",
        ),
        (
            "what a close would end later burns by the end that it was given",
            "plan a: allowance = 10
             plan a: rollover = { max_periods = 3 }
             plan b: allowance = 100
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\", convert = { factor = 1, expires_after = \"10 days\" } }]
             until 24 Jan
             use 4 at 20 Jan
             => grant 1 6, grant 2 100",
        ),
        (
            "a plan's own grants come with it, once",
            "plan a: allowance = 10
             plan b: grants = [{ credits = 7, category = \"promotional\", expires_after = \"5 days\" }]
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }, { at = 2025-02-15T00:00:00Z, to = \"a\", effective = \"now\" }, { at = 2025-02-20T00:00:00Z, to = \"b\", effective = \"now\" }]
             => issued promotional 7, expired promotional 7",
        ),
        (
            "unless it says that a change gives none",
            "plan a: allowance = 10
             plan b: grants = [{ credits = 7, category = \"promotional\" }]
             plan b: grants_on_change = false
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             => issued promotional 0",
        ),
        (
            "what the policy gives to all is not given again",
            "grants = [{ credits = 7, category = \"promotional\" }]
             plan a: allowance = 10
             plan b: allowance = 20
             customer plan = \"a\"
             plan_changes = [{ at = 2025-01-15T00:00:00Z, to = \"b\", effective = \"now\" }]
             => issued promotional 7",
        ),
    ]);
}

#[test]
fn every_first_period_may_be_prorated() {
    check(&[
        (
            "of a sign-up during the horizon, allowance and price",
            "signed up 17 Jan
             until 15 Feb
             allowance = { credits = 62, anchor = \"calendar-month\", opening = \"prorated\" }
             subscription = \"31 USD\"
             => allowances 30+62, cash 46",
        ),
        (
            "of a plan without an allowance too",
            "signed up 17 Jan
             until 15 Feb
             cycle = { every = \"month\", opening = \"prorated\" }
             subscription = \"31 USD\"
             => cash 46",
        ),
        (
            "rounded half-up to a micro-credit",
            "signed up 2 Jan
             until 1 Feb
             allowance = { credits = 1, anchor = \"calendar-month\", opening = \"prorated\" }
             => allowances 0.967742",
        ),
    ]);
}
