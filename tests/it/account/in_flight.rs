//! Work in flight: exhaustion, kills, the concurrency cap.

use super::harness::check;

#[test]
fn exhaustion_lets_work_finish_stop_or_die() {
    check(&[
        (
            "finish: it goes on below zero",
            "charge = \"step\"
             grant 1: 3 included
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             => served 1, debt 2",
        ),
        (
            "stop-at-step: the running step is the last",
            "charge = \"step\"
             in_flight = \"stop-at-step\"
             grant 1: 3 included
             run at 2 Jan: step 3 for 1 h; step 2 for 1 h
             => killed 1, charges 3, debt 0, kill-days 2025-01-02T01:00:00Z",
        ),
        (
            "stop-at-step: what the step did is charged",
            "in_flight = \"stop-at-step\"
             grant 1: 3 included
             run at 2 Jan: step 4 for 2 h; step 1 for 1 h
             use 3 of other at 2 Jan 01:00
             => killed 1, charges 3+4, debt 4, kill-days 2025-01-02T02:00:00Z",
        ),
        (
            "stop-at-step: a simple operation has no next step",
            "in_flight = \"stop-at-step\"
             grant 1: 3 included
             use 4 at 2 Jan for 2 h
             use 3 of other at 2 Jan 01:00
             => served 2, killed 0, debt 4",
        ),
        (
            "kill: at once, pro rata to the elapsed time",
            "in_flight = \"kill\"
             grant 1: 3 included
             run at 2 Jan: step 4 for 2 h; step 1 for 1 h
             use 3 of other at 2 Jan 01:00
             => killed 1, charges 3+2, debt 2, kill-days 2025-01-02T01:00:00Z, killed-work 2",
        ),
        (
            "kill: rounded down",
            "in_flight = \"kill\"
             grant 1: 3 included
             use 1 at 2 Jan for 3 s
             use 3 of other at 2 Jan 00:00:01
             => killed 1, charges 3+0.333333",
        ),
        (
            "kill: or the vendor absorbs what was done",
            "in_flight = \"kill\"
             killed = \"absorb\"
             grant 1: 3 included
             run at 2 Jan: step 4 for 2 h; step 1 for 1 h
             use 3 of other at 2 Jan 01:00
             => killed 1, charges 3, absorbed 2, due 5, debt 0",
        ),
        (
            "kill: what was charged before is given back",
            "in_flight = \"kill\"
             killed = \"absorb\"
             charge = \"step\"
             grant 1: 4 included
             run at 2 Jan: step 1 for 1 h; step 2 for 2 h
             use 3 of other at 2 Jan 02:00
             => killed 1, charges 1+3, charged 3, absorbed 2, due 5",
        ),
        (
            "kill: a step that has just ended is counted once",
            "in_flight = \"kill\"
             charge = \"step\"
             grant 1: 4 included
             run at 2 Jan: step 2 for 1 h; step 2 for 1 h
             run at 2 Jan: step 2 for 1 h; step 2 for 1 h
             => killed 2, charges 2+2, debt 0, killed-work 4",
        ),
        (
            "a pause costs nothing",
            "in_flight = \"kill\"
             charge = \"segment\"
             grant 1: 5 included
             run at 2 Jan: step 2 for 1 h; review for 8 h; step 2 for 1 h
             use 3 of other at 2 Jan 04:00
             => killed 1, charges 2+3, debt 0",
        ),
        (
            "exhausted is settled at minus the limit",
            "in_flight = \"kill\"
             overdraft = 5
             grant 1: 3 included
             use 4 at 2 Jan for 2 h
             use 7 of other at 2 Jan 01:00
             use 1 of other at 2 Jan 01:30
             => killed 1, charges 7+1+3, kill-days 2025-01-02T01:30:00Z",
        ),
        (
            "an unlimited overdraft is never exhausted",
            "in_flight = \"kill\"
             overdraft = \"unlimited\"
             use 4 at 2 Jan for 2 h
             use 7 of other at 2 Jan 01:00
             => killed 0, served 2",
        ),
        (
            "work that starts while the account is exhausted is killed at once",
            "in_flight = \"kill\"
             use 3 at 2 Jan for 1 h
             => killed 1, charged 0, kill-days 2025-01-02T00:00:00Z",
        ),
        (
            "credits that land inside the change spare it",
            "in_flight = \"kill\"
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 1 }
             grant 1: 3 included
             use 4 at 2 Jan for 2 h
             use 3 of other at 2 Jan 01:00
             => killed 0, served 2, top-ups 1",
        ),
        (
            "the gap between an old allowance and the new kills nobody",
            "in_flight = \"kill\"
             allowance = 10
             use 4 at 31 Jan 23:00 for 2 h
             => killed 0, served 1",
        ),
    ]);
}

#[test]
fn the_concurrency_cap_has_the_reactions_of_a_short_operation() {
    check(&[
        (
            "reject",
            "max_in_flight = 1
             use 1 at 2 Jan for 1 h
             use 1 of other at 2 Jan 00:30 for 1 h
             use 1 at 2 Jan 01:00 for 1 h
             => served 2, refused-concurrency 1, most-in-flight 1",
        ),
        (
            "of one feature",
            "features = { work = { max_in_flight = 1 } }
             use 1 at 2 Jan for 1 h
             use 1 at 2 Jan 00:30 for 1 h
             use 1 of other at 2 Jan 00:30 for 1 h
             => served 2, refused-concurrency 1, most-in-flight 2",
        ),
        (
            "degrade",
            "max_in_flight = 1
             at_max_in_flight = \"degrade\"
             use 1 at 2 Jan for 1 h
             use 1 at 2 Jan 00:30 for 1 h
             => served 1, degraded 1",
        ),
        (
            "queue, until work ends",
            "max_in_flight = 1
             at_max_in_flight = \"queue\"
             use 1 at 2 Jan for 1 h
             use 1 at 2 Jan 00:30 for 1 h
             => served 2, start-days 2025-01-02T00:00:00Z+2025-01-02T01:00:00Z",
        ),
        (
            "nobody overtakes who waits for the cap",
            "max_in_flight = 1
             at_max_in_flight = \"queue\"
             use 1 at 2 Jan for 1 h
             use 2 at 2 Jan 00:30 for 1 h
             use 3 of other at 2 Jan 01:00
             => served 3, charges 1+2+3",
        ),
        (
            "allow: the cap is no cap, the check remains",
            "max_in_flight = 1
             at_max_in_flight = \"allow\"
             admission = { estimate = \"exact\" }
             grant 1: 2 included
             use 1 at 2 Jan for 1 h
             use 1 at 2 Jan 00:30 for 1 h
             use 3 at 2 Jan 00:30 for 1 h
             => served 2, refused-short 1",
        ),
    ]);
}

#[test]
fn what_was_charged_at_its_start_and_ends_now_has_made_its_last_charge() {
    check(&[(
        "charges of an instant come before kills that they cause, in their order",
        "features = { work = { charge = \"start\", in_flight = \"kill\" }, other = { admission = \"none\" } }
             grant 1: 10 included
             use 4 at 2 Jan for 1 h
             use 20 of other at 2 Jan for 1 h
             => served 2, killed 0",
    )]);
}
