//! The queue of an organization: first in, first out, with patience.

use super::harness::check;

#[test]
fn the_queue_is_first_in_first_out() {
    check(&[
        (
            "an operation waits for credits; it is not refused",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             grant 1: 5 included
             grant 2: 10 included, from 2 Jan 12:00
             use 8 at 2 Jan
             => served 1, refused 0, start-days 2025-01-02T12:00:00Z",
        ),
        (
            "if the head fails, nothing behind it passes",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             grant 1: 5 included
             grant 2: 10 included, from 2 Jan 12:00
             use 8 at 2 Jan
             use 1 at 2 Jan 01:00
             => served 2, start-days 2025-01-02T12:00:00Z+2025-01-02T12:00:00Z",
        ),
        (
            "a feature that never queues passes by",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             features = { other = { short = \"reject\" } }
             grant 1: 5 included
             use 8 at 2 Jan
             use 1 of other at 2 Jan 01:00
             => served 1, start-days 2025-01-02T01:00:00Z, lost-patience 1",
        ),
        (
            "one that queues beyond its limit does not",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             features = { other = { short = \"allow\", beyond_limit = \"queue\" } }
             grant 1: 5 included
             grant 2: 10 included, from 2 Jan 12:00
             use 8 at 2 Jan
             use 1 of other at 2 Jan 01:00
             => served 2, start-days 2025-01-02T12:00:00Z+2025-01-02T12:00:00Z",
        ),
        (
            "free operations always go through",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             feature other: free = true
             use 8 at 2 Jan
             use 1 of other at 2 Jan 01:00
             => free 1, lost-patience 1",
        ),
        (
            "when the head gives up, the next is checked",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             grant 1: 5 included
             use 8 at 2 Jan
             use 1 at 2 Jan 12:00
             => lost-patience 1, served 1, start-days 2025-01-03T00:00:00Z",
        ),
        (
            "the head is checked again after every rise of the view, a released hold among them",
            "admission = { hold = { estimate = 10 } }
             short = \"queue\"
             grant 1: 10 included
             use 0 at 2 Jan for 2 h
             use 1 at 2 Jan 01:00
             => served 2, start-days 2025-01-02T00:00:00Z+2025-01-02T02:00:00Z",
        ),
    ]);
}

#[test]
fn patience_and_length_are_limited() {
    check(&[
        (
            "patience is 24 hours",
            "admission = \"positive\"
             short = \"queue\"
             use 1 at 2 Jan
             => lost-patience 1, loss-days 2025-01-03T00:00:00Z, lost 1",
        ),
        (
            "or what the policy says",
            "admission = \"positive\"
             short = \"queue\"
             patience = \"1 h\"
             use 1 at 2 Jan
             => loss-days 2025-01-02T01:00:00Z",
        ),
        (
            "credits that come as patience ends still count",
            "admission = \"positive\"
             short = \"queue\"
             grant 1: 10 included, from 3 Jan
             use 1 at 2 Jan
             => served 1, lost 0",
        ),
        (
            "a queue that is full loses who comes",
            "admission = \"positive\"
             short = \"queue\"
             queue_max = 1
             use 1 at 2 Jan
             use 1 at 2 Jan 01:00
             => lost-full 1, lost-patience 1, refused 0",
        ),
        (
            "who waits at the end is waiting",
            "until 2 Jan 12:00
             admission = \"positive\"
             short = \"queue\"
             use 1 at 2 Jan
             => waiting 1, lost 0",
        ),
    ]);
}
