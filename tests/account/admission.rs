//! The check before work starts: needs, views, limits, estimates.

use super::harness::check;

#[test]
fn each_check_has_a_need() {
    check(&[
        ("none refuses nothing", "use 5 at 2 Jan\n=> served 1, refused 0, debt 5"),
        (
            "positive needs more than nothing",
            "admission = \"positive\"
             grant 1: 1 included
             use 1 at 2 Jan
             use 1 at 3 Jan
             => served 1, refused 1, refused-short 1, lost-refused 1, lost-credits 1",
        ),
        (
            "positive lets an expensive operation through",
            "admission = \"positive\"
             grant 1: 0.000001 included
             use 10 at 2 Jan
             => served 1, burned 0.000001, debt 9.999999",
        ),
        (
            "an estimate passes when it is just there",
            "admission = { estimate = \"exact\" }
             grant 1: 10 included
             use 10 at 2 Jan
             => served 1, remaining 0, debt 0",
        ),
        (
            "and fails by a micro-credit",
            "admission = { estimate = \"exact\" }
             grant 1: 9.999999 included
             use 10 at 2 Jan
             => refused 1",
        ),
        (
            "a hold needs its estimate and the buffer",
            "admission = { hold = { estimate = 10, buffer = 0.2 } }
             grant 1: 11.999999 included
             use 1 at 2 Jan
             => refused 1, holds 0",
        ),
        (
            "and holds both",
            "admission = { hold = { estimate = 10, buffer = 0.2 } }
             grant 1: 12 included
             use 1 at 2 Jan
             => served 1, holds-opened 12",
        ),
        (
            "a feature may have a check of its own",
            "admission = \"positive\"
             features = { other = { admission = \"none\" } }
             use 5 of work at 2 Jan
             use 5 of other at 2 Jan
             => served 1, refused 1",
        ),
        (
            "a free feature is never refused and costs nothing",
            "admission = \"positive\"
             feature other: free = true
             use 5 of other at 2 Jan
             => free 1, demanded 0, refused 0, charged 0",
        ),
        (
            "an attempt may be refused at random",
            "denial = 1.0
             grant 1: 10 included
             use 1 at 2 Jan
             => refused-denial 1, refused 1, served 0",
        ),
        (
            "or because the vendor is out",
            "outage of work from 2 Jan to 3 Jan
             grant 1: 10 included
             use 1 at 2 Jan
             use 1 at 3 Jan
             use 1 of other at 2 Jan
             => refused-outage 1, served 2",
        ),
    ]);
}

#[test]
fn the_limit_counts_where_short_operations_are_allowed() {
    check(&[
        (
            "an estimate may reach into the overdraft",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = 5
             grant 1: 10 included
             use 15 at 2 Jan
             => served 1, debt 5, overspend 0",
        ),
        (
            "but not beyond its limit",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = 5
             grant 1: 10 included
             use 15.000001 at 2 Jan
             => refused 1",
        ),
        (
            "where short operations are rejected the limit gives no room",
            "admission = { estimate = \"exact\" }
             overdraft = 5
             grant 1: 10 included
             use 11 at 2 Jan
             => refused 1",
        ),
        (
            "positive passes as long as view and limit are above nothing",
            "admission = \"positive\"
             short = \"allow\"
             overdraft = 10
             grant 1: 5 included
             use 8 at 2 Jan
             use 8 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused 1, debt 11, overspend 1",
        ),
        (
            "at exactly the limit nothing passes",
            "admission = \"positive\"
             short = \"allow\"
             overdraft = 5
             debt 5
             use 1 at 2 Jan
             => refused 1",
        ),
        (
            "an unlimited overdraft lets everything pass",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             overdraft = \"unlimited\"
             use 100 at 2 Jan
             => served 1, debt 100, overspend 0",
        ),
        (
            "beyond the limit an operation may be degraded",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             beyond_limit = \"degrade\"
             use 1 at 2 Jan
             => degraded 1, refused 0, charged 0",
        ),
        (
            "beyond the limit an operation may queue",
            "admission = { estimate = \"exact\" }
             short = \"allow\"
             beyond_limit = \"queue\"
             grant 1: 1 included, from 2 Jan 01:00
             use 1 at 2 Jan
             => served 1, start-days 2025-01-02T01:00:00Z",
        ),
        (
            "short operations may be degraded: served without a charge",
            "admission = \"positive\"
             short = \"degrade\"
             use 7 at 2 Jan
             => degraded 1, refused 0, lost 0, charged 0",
        ),
    ]);
}

#[test]
fn checks_name_the_view_they_read() {
    check(&[
        (
            "available by default: holds count",
            "admission = { hold = { estimate = 10 } }
             grant 1: 10 included
             use 1 at 2 Jan for 1 h
             use 1 at 2 Jan 00:30 for 1 h
             => served 1, refused 1, hold-induced 1",
        ),
        (
            "settled: they do not",
            "admission = { hold = { estimate = 10 } }
             view = \"settled\"
             grant 1: 10 included
             use 1 at 2 Jan for 1 h
             use 1 at 2 Jan 00:30 for 1 h
             => served 2",
        ),
        (
            "the recorded view passes what usage under way would forbid",
            "admission = \"positive\"
             metering_lag = \"1 h\"
             grant 1: 5 included
             use 5 at 2 Jan
             use 5 at 2 Jan 00:30
             => served 2, debt 5, overspend 5",
        ),
        (
            "the ongoing view does not",
            "admission = \"positive\"
             view = \"ongoing\"
             metering_lag = \"1 h\"
             grant 1: 5 included
             use 5 at 2 Jan
             use 5 at 2 Jan 00:30
             => served 1, refused 1, debt 0",
        ),
    ]);
}

#[test]
fn estimates_look_at_the_population_the_past_or_the_operation() {
    check(&[
        (
            "a fixed estimate",
            "admission = { estimate = 5 }
             grant 1: 4 included
             use 1 at 2 Jan
             => refused 1",
        ),
        (
            "the mean of the population",
            "admission = { estimate = \"expected\" }
             feature work: cost = 5
             grant 1: 4 included
             use 1 at 2 Jan
             => refused 1",
        ),
        (
            "the last cost, of refused demand too; the population's mean before the first",
            "admission = { estimate = { history = \"last\" } }
             feature work: cost = 4
             grant 1: 10 included
             use 8 at 2 Jan
             use 1 at 3 Jan
             use 2 at 4 Jan
             => served 2, refused 1, burned 10",
        ),
        (
            "the first cost",
            "admission = { estimate = { history = \"first\" } }
             feature work: cost = 4
             grant 1: 10 included
             use 1 at 2 Jan
             use 8 at 3 Jan
             use 2 at 4 Jan
             => served 3, debt 1",
        ),
        (
            "the mean of the last two",
            "admission = { estimate = { history = { mean = 2 } } }
             feature work: cost = 0
             grant 1: 10 included
             use 1 at 2 Jan
             use 5 at 3 Jan
             use 1 at 4 Jan
             use 1 at 5 Jan
             => served 4, burned 8",
        ),
        (
            "a mean above what is left refuses",
            "admission = { estimate = { history = { mean = 2 } } }
             feature work: cost = 0
             grant 1: 8 included
             use 1 at 2 Jan
             use 5 at 3 Jan
             use 1 at 4 Jan
             => served 2, refused 1",
        ),
        (
            "the true cost with an error",
            "admission = { estimate = { blur = { bias = 0.5 } } }
             grant 1: 10 included
             use 8 at 2 Jan
             use 6 at 3 Jan
             => refused 1, served 1",
        ),
    ]);
}
