//! What customers do about refusals.

use super::harness::check;

#[test]
fn a_refused_customer_gives_up_retries_waits_or_takes_something_else() {
    check(&[
        ("gives up", "admission = \"positive\"\nuse 1 at 2 Jan\n=> lost-refused 1, attempts 1, refused 1"),
        (
            "retries, so many attempts in all",
            "admission = \"positive\"
             customer reactions = { retry = { delay = \"1 h\", attempts = 3 } }
             use 1 at 2 Jan
             => attempts 3, refusals 3, refused 1, lost-abandoned 1, loss-days 2025-01-02T02:00:00Z",
        ),
        (
            "and may succeed",
            "admission = \"positive\"
             customer reactions = { retry = { delay = \"1 h\", attempts = 3 } }
             grant 1: 1 included, from 2 Jan 01:30
             use 1 at 2 Jan
             => attempts 3, served 1, lost 0, start-days 2025-01-02T02:00:00Z",
        ),
        (
            "a retry waiting at the end is waiting",
            "until 2 Jan 00:30
             admission = \"positive\"
             customer reactions = { retry = { delay = \"1 h\", attempts = 3 } }
             use 1 at 2 Jan
             => waiting 1, attempts 1",
        ),
        (
            "waits until credits arrive",
            "admission = \"positive\"
             customer reactions = { wait = 1.0 }
             grant 1: 1 included, from 2 Jan 05:00
             use 1 at 2 Jan
             => served 1, attempts 2, start-days 2025-01-02T05:00:00Z",
        ),
        (
            "waits again if they do not suffice",
            "admission = { estimate = \"exact\" }
             customer reactions = { wait = 1.0 }
             grant 1: 1 included, from 2 Jan 05:00
             grant 2: 1 included, from 2 Jan 06:00
             use 2 at 2 Jan
             => served 1, attempts 3, start-days 2025-01-02T06:00:00Z",
        ),
        (
            "as long as patience lasts, counted from the first wait",
            "admission = { estimate = \"exact\" }
             customer reactions = { wait = 1.0 }
             grant 1: 1 included, from 2 Jan 05:00
             use 2 at 2 Jan
             => lost-patience 1, loss-days 2025-01-03T00:00:00Z",
        ),
        (
            "takes another feature, at its cost",
            "admission = { estimate = 100 }
             features = { other = { admission = \"none\" } }
             feature other: cost = 1
             customer reactions = { substitute = { pairs = { work = \"other\" } } }
             grant 1: 10 included
             use 5 at 2 Jan
             => substituted 1, served 0, charged 1, attempts 2, lost 0",
        ),
        (
            "the substitute meets the check of its own feature",
            "admission = { estimate = 100 }
             feature other: cost = 1
             customer reactions = { substitute = { pairs = { work = \"other\" } } }
             grant 1: 10 included
             use 5 at 2 Jan
             => substituted 0, attempts 2, refusals 2, lost-abandoned 1",
        ),
    ]);
}

#[test]
fn too_many_refusals_make_an_organization_leave() {
    check(&[
        (
            "after so many in a window; later demand is lost",
            "admission = \"positive\"
             customer churn = { refusals = 2, within = \"1 day\" }
             grant 1: 5 included, from 3 Jan
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             use 1 at 4 Jan
             => churned 1, refusals 2, lost-refused 1, lost-churned 2, served 0, demanded 3",
        ),
        (
            "refusals further apart do not count together",
            "admission = \"positive\"
             customer churn = { refusals = 2, within = \"1 h\" }
             use 1 at 2 Jan
             use 1 at 2 Jan 02:00
             use 1 at 2 Jan 04:00
             => churned 0, refusals 3",
        ),
        (
            "who has left gets no allowance at the next close",
            "admission = { estimate = \"exact\" }
             allowance = 10
             customer churn = { refusals = 1, within = \"1 h\" }
             use 20 at 5 Jan
             => allowances 10, expired 10, remaining 0",
        ),
        (
            "nor pays for it",
            "admission = { estimate = \"exact\" }
             allowance = 10
             subscription = \"5 USD\"
             customer churn = { refusals = 1, within = \"1 h\" }
             use 20 at 5 Jan
             => cash 5, recognized 5, deferred 0",
        ),
        (
            "nor buys",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { every = \"10 days\" }
             customer churn = { refusals = 1, within = \"1 h\" }
             use 20 at 5 Jan
             => purchases 0",
        ),
        (
            "one that has left before its account opens is billed nothing and has no allowance",
            "allowance = { credits = 10, every = \"month\" }
             subscription = \"5 USD\"
             signed up 1 Dec 2024
             leaves 15 Dec 2024
             => subscriptions 0, deferred-start 0, remaining 0",
        ),
        (
            "the end of a life ends the subscription at its close",
            "allowance = 10
             subscription = \"5 USD\"
             leaves 15 Feb
             => allowances 10+10, cash 10, expired 20, recognized 10",
        ),
    ]);
}

#[test]
fn a_refusal_without_an_alert_before_it_is_a_surprise() {
    check(&[
        (
            "nobody was told",
            "admission = \"positive\"
             use 1 at 2 Jan
             => surprises 1",
        ),
        (
            "within seven days of an alert it is none",
            "admission = \"positive\"
             alerts = [{ below = 5 }]
             grant 1: 10 included
             use 10 at 2 Jan
             use 1 at 9 Jan
             use 1 at 9 Jan 00:01
             => warnings 1, refusals 2, surprises 1",
        ),
    ]);
}

#[test]
fn what_waits_for_credits_is_woken_by_those_that_come_then() {
    check(&[
        (
            "credits that come as patience ends still count",
            "admission = { estimate = \"exact\" }
             customer reactions = { wait = 1.0 }
             grant 1: 10 included, from 3 Jan
             use 8 at 2 Jan
             => served 1, lost-patience 0",
        ),
        (
            "credits that came before it began to wait do not wake it",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 15, cooldown = \"1 day\", reevaluate = \"on-check\" }
             customer reactions = { wait = 1.0 }
             use 30 at 2 Jan 12:00
             => top-ups 2, attempts 1, lost-patience 1",
        ),
        (
            "with a distance between restarts, in the order of features, then numbers",
            "admission = { estimate = \"exact\" }
             resume = \"1 h\"
             customer reactions = { wait = 1.0 }
             feature other: free = false
             grant 1: 10 included, from 2 Jan 12:00
             use 4 of other at 2 Jan
             use 3 at 2 Jan 01:00
             at 2 Jan 12:30: settled 7
             => served 2",
        ),
        (
            "a substitute that a free feature serves owes no minimum",
            "admission = { estimate = \"exact\" }
             minimum = 8
             customer reactions = { substitute = { pairs = { work = \"other\" } } }
             feature other: free = true
             use 5 at 2 Jan
             => substituted 1, debt 0",
        ),
        (
            "lost by a purchase after several attempts is abandoned",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, after_purchase = \"drop\" }
             customer budget = { money = \"1 USD\", per = \"day\" }
             customer reactions = { retry = { delay = \"1 h\", attempts = 3 } }
             use 15 at 2 Jan 20:00
             use 40 at 2 Jan 23:30
             => purchases 2, lost-refused 1, lost-abandoned 1",
        ),
    ]);
}
