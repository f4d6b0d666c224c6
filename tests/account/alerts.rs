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
