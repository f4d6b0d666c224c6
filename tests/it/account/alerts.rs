//! Alerts: crossings, re-arming, silence.

use super::harness::check;

#[test]
fn an_alert_fires_once_per_downward_crossing() {
    check(&[
        (
            "below: not at the threshold",
            "alerts = [{ below = 5 }]
             grant 1: 10 included
             use 5 at 2 Jan
             use 1 at 3 Jan
             use 1 at 4 Jan
             => warnings 1, alert-days 2025-01-03T00:00:00Z",
        ),
        (
            "at or below: at it",
            "alerts = [{ at_or_below = 5 }]
             grant 1: 10 included
             use 5 at 2 Jan
             => warnings 1",
        ),
        (
            "it re-arms on the way up",
            "alerts = [{ below = 5 }]
             grant 1: 10 included
             grant 2: 10 included, from 5 Jan
             use 6 at 2 Jan
             use 10 at 6 Jan
             => warnings 2",
        ),
        (
            "nothing fires at the start, and being low is no crossing",
            "alerts = [{ below = 5 }]
             grant 1: 3 included
             use 1 at 2 Jan
             => warnings 0",
        ),
        (
            "not even with debt at the start",
            "alerts = [{ below = 5 }]
             debt 20
             allowance = 10
             until 15 Jan
             use 1 at 2 Jan
             => warnings 0",
        ),
        (
            "a fall through several thresholds fires each",
            "alerts = [{ below = 5 }, { below = 2, level = \"critical\" }]
             grant 1: 10 included
             use 9 at 2 Jan
             => warnings 1, criticals 1",
        ),
        (
            "a crossing fires all its alerts before what they cause",
            "alerts = [{ below = 5 }, { below = 2, level = \"critical\" }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_warning = 1.0 }
             grant 1: 10 included
             use 9 at 2 Jan
             use 20 at 3 Jan
             => warnings 2, criticals 2, purchases 4",
        ),
        (
            "expiries cross too",
            "alerts = [{ below = 5 }]
             grant 1: 10 included, expires 10 Jan
             => warnings 1, alert-days 2025-01-10T00:00:00Z",
        ),
        (
            "a renewal crosses nothing",
            "alerts = [{ below = 5 }]
             allowance = 10
             => warnings 0",
        ),
        (
            "one view may be low and another not",
            "alerts = [{ below = 5 }, { below = 5, level = \"critical\", view = \"settled\" }]
             admission = { hold = { estimate = 8 } }
             grant 1: 10 included
             use 1 at 2 Jan for 1 h
             => warnings 1, criticals 0",
        ),
    ]);
}

#[test]
fn a_share_is_of_all_credits_issued_since_the_last_close() {
    check(&[
        (
            "a fifth of a hundred is twenty",
            "alerts = [{ below = \"20%\" }]
             grant 1: 100 included
             use 80 at 2 Jan
             use 1 at 3 Jan
             => warnings 1, alert-days 2025-01-03T00:00:00Z",
        ),
        (
            "after a close only what came since counts",
            "alerts = [{ below = \"20%\" }]
             grant 1: 100 included
             grant 2: 50 included, from 10 Feb
             use 85 at 5 Jan
             use 56 at 11 Feb
             => warnings 2, alert-days 2025-01-05T00:00:00Z+2025-02-11T00:00:00Z",
        ),
        (
            "an alert re-arms when the threshold moves below the balance",
            "alerts = [{ below = \"20%\" }]
             allowance = 100
             grant 1: 200 promotional
             use 250 at 5 Jan
             use 135 at 5 Feb
             => warnings 2, alert-days 2025-01-05T00:00:00Z+2025-02-05T00:00:00Z",
        ),
    ]);
}

#[test]
fn some_alerts_are_silent_or_look_ahead() {
    check(&[
        (
            "a silent feature crosses without an alert, and the crossing is over",
            "alerts = [{ below = 5 }]
             features = { work = { notify = false } }
             grant 1: 10 included
             use 6 at 2 Jan
             use 1 of other at 3 Jan
             => warnings 0",
        ),
        (
            "another feature's crossing fires",
            "alerts = [{ below = 5 }]
             features = { work = { notify = false } }
             grant 1: 10 included
             use 4 at 2 Jan
             use 2 of other at 3 Jan
             => warnings 1",
        ),
        (
            "would-exceed: an operation whose need is not there",
            "alerts = [{ would_exceed = true }]
             admission = { estimate = \"exact\" }
             grant 1: 10 included
             use 20 at 2 Jan
             use 10 at 3 Jan
             => exceeds 1, refused 1, warnings 0, surprises 0",
        ),
        (
            "would-exceed can be silent too",
            "alerts = [{ would_exceed = true }]
             admission = { estimate = \"exact\" }
             notify = false
             grant 1: 10 included
             use 20 at 2 Jan
             => exceeds 0, surprises 1",
        ),
    ]);
}

#[test]
fn a_share_is_of_what_was_usable_after_the_close_and_issued_since() {
    check(&[
        (
            "prepaid credits keep their share month after month",
            "alerts = [{ below = \"20%\" }]
             grant 1: 1000 purchased
             use 300 at 20 Jan
             use 600 at 20 Feb
             use 50 at 10 Mar
             => warnings 1, alert-days 2025-02-20T00:00:00Z",
        ),
        (
            "what a close leaves is the new base: a smaller rest fires lower",
            "alerts = [{ below = \"50%\" }]
             grant 1: 1000 purchased
             use 600 at 20 Jan
             use 150 at 20 Feb
             use 100 at 21 Feb
             => warnings 2, alert-days 2025-01-20T00:00:00Z+2025-02-21T00:00:00Z",
        ),
        (
            "an allowance and what is bought beside it count together",
            "allowance = { credits = 100, anchor = \"calendar-month\" }
             alerts = [{ below = \"20%\" }]
             until 1 Feb
             grant 1: 100 purchased, from 10 Jan
             use 75 at 5 Jan
             use 84 at 12 Jan
             use 2 at 13 Jan
             => warnings 1, alert-days 2025-01-13T00:00:00Z, remaining 39",
        ),
        (
            "rolled credits are usable after the close",
            "allowance = { credits = 100, anchor = \"calendar-month\" }
             rollover = \"all\"
             alerts = [{ below = \"50%\" }]
             until 1 Mar
             use 20 at 5 Jan
             use 85 at 5 Feb
             use 10 at 6 Feb
             => warnings 1, alert-days 2025-02-06T00:00:00Z",
        ),
        (
            "a share of nothing is never reached",
            "alerts = [{ at_or_below = \"20%\" }]
             use 5 at 5 Jan
             use 5 at 5 Feb
             => warnings 0, debt 10",
        ),
        (
            "and fires once there is something to be a share of",
            "alerts = [{ at_or_below = \"20%\" }]
             use 5 at 5 Jan
             grant 1: 100 purchased, from 5 Feb
             use 80 at 6 Feb
             => warnings 1, alert-days 2025-02-06T00:00:00Z",
        ),
        (
            "credits that expire at the close are no base",
            "allowance = { credits = 100, anchor = \"calendar-month\" }
             alerts = [{ below = \"20%\" }]
             until 1 Mar
             use 10 at 5 Jan
             use 81 at 5 Feb
             => warnings 1, alert-days 2025-02-05T00:00:00Z",
        ),
        (
            "an alert of a share may make people buy",
            "alerts = [{ below = \"20%\" }]
             packages = [{ name = \"s\", credits = 100, price = \"1 USD\" }]
             customer buyer = { on_warning = 1.0 }
             grant 1: 1000 purchased
             use 300 at 20 Jan
             use 600 at 20 Feb
             => purchases 1, landing-days 2025-02-20T00:00:00Z, remaining 200",
        ),
    ]);
}

#[test]
fn a_substitute_is_as_silent_as_the_feature_that_serves_it() {
    check(&[(
        "the rules are those of what is served",
        "admission = { estimate = \"exact\" }
             features = { other = { notify = false } }
             alerts = [{ below = 5 }]
             customer reactions = { substitute = { pairs = { work = \"other\" } } }
             feature other: cost = 9
             grant 1: 10 included
             use 20 at 2 Jan
             => substituted 1, warnings 0",
    )]);
}
