//! When work is charged, and how much: moments, minimums, rounding, cancellations, failures.

use super::harness::check;

#[test]
fn a_run_is_charged_at_its_moment() {
    check(&[
        (
            "on completion",
            "charge = \"completion\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h
             => charges 5, charge-days 2025-01-02T04:00:00Z, pauses 1, served 1",
        ),
        (
            "at the start",
            "charge = \"start\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h
             => charges 5, charge-days 2025-01-02T00:00:00Z",
        ),
        (
            "as each step ends",
            "charge = \"step\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h
             => charges 3+2, charge-days 2025-01-02T01:00:00Z+2025-01-02T04:00:00Z",
        ),
        (
            "whenever it pauses or stops",
            "charge = \"segment\"
             run at 2 Jan: step 1 for 1 h; step 2 for 1 h; review for 2 h; step 4 for 1 h
             => charges 3+4, charge-days 2025-01-02T02:00:00Z+2025-01-02T05:00:00Z",
        ),
        (
            "a pause after a helper step charges what came before it",
            "charge = \"segment\"
             run at 2 Jan: step 1 for 1 h; helper for 1 h; review for 2 h; step 4 for 1 h
             => charges 1+4, charge-days 2025-01-02T02:00:00Z+2025-01-02T05:00:00Z",
        ),
        (
            "helper steps cost nothing",
            "charge = \"step\"
             run at 2 Jan: helper for 1 h; step 3 for 1 h; helper for 1 h
             => charges 3, served 1",
        ),
        (
            "work without length is charged at once",
            "grant 1: 5 included
             admission = \"positive\"
             use 5 at 2 Jan
             use 5 at 2 Jan
             => served 1, refused 1",
        ),
        (
            "an operation without cost is served without a charge",
            "grant 1: 5 included\nuse 0 at 2 Jan\n=> charges none, served 1",
        ),
        (
            "what is in flight at the end is reported so",
            "until 2 Jan 02:00
             charge = \"step\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             => charges 3, in-flight 1, served 0, due 0",
        ),
    ]);
}

#[test]
fn a_cancelled_run_owes_what_its_rule_says() {
    check(&[
        (
            "segment: what was done up to the last pause; cancelled at the review",
            "charge = \"segment\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h; cancelled in 2 after 1 h
             => charges 3, cancelled 1, due 3",
        ),
        (
            "segment: cancelled in a later step",
            "charge = \"segment\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h; cancelled in 3 after 30 min
             => charges 3",
        ),
        (
            "segment: cancelled in a first segment of several steps",
            "charge = \"segment\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; cancelled in 2 after 30 min
             => charges none, due 0",
        ),
        (
            "step: the steps that ended",
            "charge = \"step\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; cancelled in 2 after 30 min
             => charges 3",
        ),
        (
            "completion: nothing",
            "run at 2 Jan: step 3 for 1 h; step 2 for 1 h; cancelled in 2 after 30 min
             => charges none, cancelled 1",
        ),
        (
            "start: everything, it was charged before",
            "charge = \"start\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; cancelled in 2 after 30 min
             => charges 5, due 5",
        ),
        (
            "charge-all: all work done, pro rata to the time of the step",
            "on_cancel = \"charge-all\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; cancelled in 2 after 30 min
             => charges 4",
        ),
        (
            "free: nothing more, and what was charged is not given back",
            "charge = \"step\"
             on_cancel = \"free\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; cancelled in 2 after 30 min
             => charges 3",
        ),
        (
            "a simple operation is done pro rata too",
            "on_cancel = \"charge-all\"
             use 10 at 2 Jan for 1 h cancelled after 15 min
             => charges 2.5, cancelled 1",
        ),
    ]);
}

#[test]
fn a_failed_run_owes_what_its_rule_says() {
    check(&[
        (
            "its finished steps, whatever the moment",
            "run at 2 Jan: step 3 for 1 h; step 2 for 1 h; fails in 2 after 30 min
             => charges 3, failed 1",
        ),
        (
            "once",
            "charge = \"step\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; fails in 2 after 30 min
             => charges 3",
        ),
        (
            "all work done, the failed step included",
            "on_failure = \"charge-all\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; fails in 2 after 30 min
             => charges 4",
        ),
        (
            "nothing",
            "on_failure = \"free\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h; fails in 2 after 30 min
             => charges none",
        ),
        (
            "a simple operation that fails has no finished step",
            "use 10 at 2 Jan for 1 h fails after 15 min
             => charges none, failed 1",
        ),
        (
            "all of a simple operation is what was done of it",
            "on_failure = \"charge-all\"
             use 10 at 2 Jan for 1 h fails after 15 min
             => charges 2.5",
        ),
    ]);
}

#[test]
fn the_minimum_is_owed_at_the_end() {
    check(&[
        ("on completion", "minimum = 6\nrun at 2 Jan: step 3 for 1 h; step 2 for 1 h\n=> charges 6"),
        (
            "as what is missing after the steps",
            "minimum = 6
             charge = \"step\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             => charges 3+3",
        ),
        (
            "as what is missing after the start",
            "minimum = 6
             charge = \"start\"
             use 5 at 2 Jan for 1 h
             => charges 5+1, charge-days 2025-01-02T00:00:00Z+2025-01-02T01:00:00Z",
        ),
        ("not above a larger cost", "minimum = 6\nuse 7 at 2 Jan\n=> charges 7"),
        (
            "not after a failure",
            "minimum = 6
             charge = \"start\"
             use 5 at 2 Jan for 1 h fails after 30 min
             => charges 5, failed 1",
        ),
        (
            "unless the policy says so",
            "minimum = 6
             minimum_on_failure = true
             use 5 at 2 Jan for 1 h fails after 30 min
             => charges 6, failed 1",
        ),
        (
            "nor after a cancellation",
            "minimum = 6
             charge = \"segment\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h; cancelled in 2 after 1 h
             => charges 3",
        ),
        (
            "unless the policy says so",
            "minimum = 6
             minimum_on_cancel = true
             charge = \"segment\"
             run at 2 Jan: step 3 for 1 h; review for 2 h; step 2 for 1 h; cancelled in 2 after 1 h
             => charges 3+3",
        ),
        (
            "not by work that is killed",
            "minimum = 6
             in_flight = \"stop-at-step\"
             charge = \"step\"
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             => killed 1, charges 3",
        ),
    ]);
}

#[test]
fn charges_are_rounded_per_operation_or_each() {
    check(&[
        (
            "up, cumulatively: round(sum so far) less what was charged",
            "round = \"up\"
             charge = \"step\"
             run at 2 Jan: step 1.4 for 1 h; step 1.4 for 1 h
             => charges 2+1, due 3",
        ),
        (
            "up, each charge on its own",
            "round = \"up\"
             round_per = \"charge\"
             charge = \"step\"
             run at 2 Jan: step 1.4 for 1 h; step 1.4 for 1 h
             => charges 2+2, due 4",
        ),
        (
            "to the nearest",
            "round = \"nearest\"
             charge = \"step\"
             run at 2 Jan: step 1.4 for 1 h; step 1.4 for 1 h
             => charges 1+2",
        ),
        ("half goes up", "round = \"nearest\"\nuse 2.5 at 2 Jan\n=> charges 3"),
        ("down to a hundredth", "round = { down = 0.01 }\nuse 1.239 at 2 Jan\n=> charges 1.23"),
        (
            "what rounds to nothing is no charge",
            "round = \"nearest\"\nuse 0.4 at 2 Jan\n=> charges none, served 1",
        ),
        ("a whole unit stays", "round = \"up\"\nuse 2 at 2 Jan\n=> charges 2"),
        (
            "the minimum is rounded with the rest",
            "round = \"up\"
             minimum = 2.5
             use 1 at 2 Jan
             => charges 3",
        ),
    ]);
}
