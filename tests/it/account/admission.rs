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

#[test]
fn an_estimate_is_what_will_be_charged() {
    check(&[
        (
            "rounding is in it: of three operations with credits for one, one starts",
            "admission = { hold = { estimate = \"exact\" } }
             round = { up = 1 }
             grant 1: 1 included
             use 0.3 at 2 Jan for 1 h
             use 0.3 at 2 Jan for 1 h
             use 0.3 at 2 Jan for 1 h
             => served 1, refused 2, overspend 0, remaining 0, holds-opened 1",
        ),
        (
            "rounding down too",
            "admission = { estimate = \"exact\" }
             round = \"down\"
             use 0.9 at 2 Jan
             => served 1, charges none",
        ),
        (
            "and the minimum",
            "admission = { estimate = \"exact\" }
             minimum = 2
             grant 1: 1.999999 included
             use 0.5 at 2 Jan
             => refused 1",
        ),
        (
            "of an operation that costs nothing",
            "admission = { estimate = \"expected\" }
             minimum = 1
             feature work: cost = 0
             use 0 at 2 Jan
             => refused 1, refused-short 1",
        ),
        (
            "whoever guesses the cost guesses the charge",
            "admission = { estimate = { history = \"last\" } }
             round = \"up\"
             feature work: cost = 1
             grant 1: 1.5 included
             use 0.2 at 2 Jan
             use 0.2 at 3 Jan
             => served 1, refused 1",
        ),
        (
            "a written number as well",
            "admission = { hold = { estimate = 0.5 } }
             round = \"up\"
             grant 1: 10 included
             use 0.2 at 2 Jan
             => holds-opened 1, served 1",
        ),
        (
            "the buffer comes on top",
            "admission = { hold = { estimate = \"exact\", buffer = 0.5 } }
             round = \"up\"
             minimum = 3
             grant 1: 10 included
             use 0.2 at 2 Jan
             => holds-opened 4.5, charges 3",
        ),
        (
            "each charge of a run is rounded by itself where each charge is",
            "admission = { hold = { estimate = \"exact\" } }
             charge = \"step\"
             round = \"up\"
             round_per = \"charge\"
             grant 1: 10 included
             run of work at 2 Jan: step 0.3 for 1 min; helper for 1 min; step 0.3 for 1 min; step 0.3 for 1 min
             => holds-opened 3, charges 1+1+1",
        ),
        (
            "by segments there are fewer",
            "admission = { hold = { estimate = \"exact\" } }
             charge = \"segment\"
             round = \"up\"
             round_per = \"charge\"
             grant 1: 10 included
             run of work at 2 Jan: step 0.3 for 1 min; step 0.3 for 1 min; review for 1 h; step 0.3 for 1 min
             => holds-opened 2, charges 1+1",
        ),
        (
            "a minimum owed at the end is a charge of its own",
            "admission = { hold = { estimate = \"exact\" } }
             charge = \"start\"
             round = \"up\"
             round_per = \"charge\"
             minimum = 2.5
             grant 1: 10 included
             use 0.3 at 2 Jan for 1 h
             => holds-opened 4, charges 1+3",
        ),
        (
            "what would exceed the view is a charge",
            "alerts = [{ would_exceed = true }]
             admission = { estimate = \"exact\" }
             minimum = 5
             grant 1: 4 included
             use 1 at 2 Jan
             => exceeds 1, refused 1",
        ),
    ]);
}

#[test]
fn a_hold_may_need_less_than_it_holds() {
    check(&[
        (
            "more than nothing admits, and the whole is reserved",
            "admission = { hold = { estimate = \"exact\", need = \"positive\" } }
             grant 1: 1 included
             use 10 at 2 Jan for 1 h
             at 2 Jan 00:30: held 10, available -9, settled 1
             => served 1, holds-opened 10, debt 9, overspend 9",
        ),
        (
            "what is not covered counts against the limit",
            "admission = { hold = { estimate = \"exact\", need = \"positive\" } }
             short = \"allow\"
             overdraft = 9
             grant 1: 1 included
             use 10 at 2 Jan for 1 h
             use 10 at 2 Jan 00:10 for 1 h
             => served 1, refused 1, overspend 0, debt 9",
        ),
        (
            "nothing is not enough",
            "admission = { hold = { estimate = \"exact\", need = \"positive\" } }
             use 10 at 2 Jan
             => refused 1, holds 0",
        ),
        (
            "an extension asks for as little",
            "admission = { hold = { estimate = 4, need = \"positive\", overrun = \"extend\" } }
             grant 1: 5 included
             run of work at 2 Jan: step 4 for 1 min; step 4 for 1 min
             => served 1, holds-opened 4, extensions 4, debt 3",
        ),
    ]);
}
