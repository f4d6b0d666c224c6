//! One instant, one order (docs/semantics.md §10): whatever falls together happens in the order of its class, then of its id.

use creditsim::outcome::{Entry, EntryKind};
use creditsim::units::SimTime;

use super::harness::{Stage, check};
use super::language::parse;

/// Everything that can fall on 1 February, and what leads up to it.
const TOGETHER: &[&str] = &[
    "grant 1: 2 included, expires 1 Feb",
    "grant 2: 1 included, voided 1 Feb",
    "grant 3: 3 included, every month",
    "grant 4: 4 promotional, from 1 Feb",
    "use 2 of other at 31 Jan 23:00 for 1 h",
    "use 1 of work at 31 Jan 23:30 for 3 h",
    "use 20 of slow at 31 Jan 20:00 for 1 h",
    "use 1 of again at 31 Jan 23:10",
    "use 1 of other at 1 Feb for 1 h",
    "use 1 of again at 1 Feb",
    "run of other at 31 Jan 22:00: step 1 for 2 h; step 1 for 1 h",
];

const RULES: &str = r#"
    until 15 Feb
    allowance = 10
    packages = [{ name = "p", credits = 10, price = "1 USD" }]
    feature slow: duration = "1 h"
    feature again: duration = "1 h"
    features = { work = { admission = { hold = { estimate = 1, timeout = "30 min" } } }, slow = { admission = { estimate = "exact" }, short = "queue" }, again = { admission = { estimate = 30 } } }
    customer buyer = { every = "31 days" }
    customer reactions = { retry = { delay = "50 min", attempts = 2 } }
    => demanded 7
"#;

fn journal(lines: &[&str]) -> Vec<Entry> {
    let text = format!("{}\n{RULES}", lines.join("\n"));
    let tally = Stage::of(&parse(&text)).finish();
    tally.detail.expect("a journal was asked for").journal
}

#[test]
fn classes_come_in_their_order() {
    use EntryKind::*;
    let first: SimTime = creditsim::calendar::Zone::default().parse("2025-02-01").unwrap();
    let kinds: Vec<EntryKind> =
        journal(TOGETHER).iter().filter(|entry| entry.at == first).map(|entry| entry.kind).collect();
    let expected = [
        // (1) voids and expiries
        Void,
        HoldUncovered,
        Expire, //
        // (2) the close: the old allowance goes; (3) the new one, the recurrence (old out, new in), the grant
        Close,
        Expire,
        IssueAllowance,
        Expire,
        Issue,
        Issue, //
        // (4) a purchase lands
        PurchaseOrdered,
        Land, //
        // (5) the charge of work that ends now
        Charge,
        Burn, //
        // (6) a hold times out
        HoldExpire, //
        // (7) the work ends; the run beside it goes on with its next step in silence
        Served, //
        // (8) the queue moves on
        Start, //
        // (9) a retry, then arrivals by feature
        Refused,
        Lost,
        Demanded,
        Start,
        Demanded,
        Refused,
    ];
    assert_eq!(kinds, expected);
}

#[test]
fn the_order_of_writing_does_not_matter() {
    let reference = journal(TOGETHER);
    let mut lines = TOGETHER.to_vec();
    // A walk through many orders: rotations of rotations of a reversal.
    for round in 0..60 {
        let half = 1 + round % (lines.len() - 1);
        lines[..half].rotate_left(1 + round % 3 % half);
        lines.rotate_left(1);
        if round % 2 == 0 {
            lines.reverse();
        }
        assert_eq!(journal(&lines), reference, "{lines:#?}");
    }
}

#[test]
fn pairs_at_one_instant() {
    check(&[
        (
            "an expiry comes before a charge",
            "grant 1: 10 included, expires 2 Jan 01:00
             use 4 at 2 Jan for 1 h
             => expired 10, debt 4",
        ),
        (
            "a grant comes before a charge",
            "grant 1: 10 included, from 2 Jan 01:00
             use 4 at 2 Jan for 1 h
             => burned 4, incurred 0",
        ),
        (
            "a close comes before the grant of its instant: that belongs to the new cycle",
            "overdraft = { limit = 0, at_cycle = \"forgive\" }
             debt 5
             grant 1: 10 included, from 1 Feb
             => forgiven 5, repaid 0",
        ),
        (
            "an expiry comes before the close: what is gone does not roll over",
            "grant 1: 10 included, expires 1 Feb, rolls all
             => expired 10, rolled 0",
        ),
        (
            "a rolled lot that ends at a close does not make room under max_total for itself",
            "allowance = 10
             rollover = { max_periods = 1, max_total = 10 }
             => expiries 1:10, remaining 20",
        ),
        (
            "a landing comes before a charge",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { every = \"10 days\" }
             until 12 Jan
             use 4 at 10 Jan for 1 day
             => burned 4, incurred 0",
        ),
        (
            "a charge comes before a retry and an arrival",
            "admission = \"positive\"
             grant 1: 4 included
             use 4 at 2 Jan for 1 h
             use 1 of other at 2 Jan 01:00
             => served 1, refused 1",
        ),
        (
            "a charge comes before the settle of a later feature, features in file order",
            "admission = \"none\"
             grant 1: 4 included
             use 3 of other at 2 Jan for 1 h
             use 3 of work at 2 Jan 00:30 for 30 min
             => charges 3+3, burns 1:3+1:1, overspend-operations 1",
        ),
        (
            "a settle at the timeout instant comes before the timeout",
            "admission = { hold = { estimate = 10, timeout = \"1 h\", on_timeout = \"charge\" } }
             grant 1: 20 included
             run at 2 Jan: step 4 for 1 h
             => charged 4, holds-settled 1",
        ),
        (
            "a charge that is recorded late comes before what the same work charges: without its hold it is killed as it ends",
            "metering_lag = \"6 h\"
             charge = \"start\"
             in_flight = \"kill\"
             admission = { hold = { estimate = 3 } }
             grant 1: 10 included
             use 17 of work at 2 Jan for 1 h
             run of other at 2 Jan: helper for 6 h
             => served 1, killed 1, kill-days 2025-01-02T06:00:00Z, debt 7",
        ),
        (
            "work that ends makes room for an arrival",
            "max_in_flight = 1
             use 1 at 2 Jan for 1 h
             use 1 of other at 2 Jan 01:00 for 1 h
             => served 2",
        ),
        (
            "who queues comes before who arrives",
            "max_in_flight = 1
             at_max_in_flight = \"queue\"
             use 1 of other at 2 Jan for 1 h
             use 2 of other at 2 Jan 00:30 for 1 h
             use 3 of work at 2 Jan 01:00 for 1 h
             => charges 1+2+3",
        ),
        (
            "resumption comes before the end of patience",
            "max_in_flight = 1
             at_max_in_flight = \"queue\"
             patience = \"30 min\"
             use 1 at 2 Jan for 1 h
             use 2 at 2 Jan 00:30
             => served 2, lost 0",
        ),
        (
            "arrivals of one instant come by feature",
            "admission = \"positive\"
             grant 1: 1 included
             use 1 of other at 2 Jan
             use 1 of work at 2 Jan
             => charges 1, refused 1, burns 1:1",
        ),
        (
            "an effect without delay is carried out inside its cause, before the next arrival",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             use 8 of work at 2 Jan
             use 2 of other at 2 Jan
             => purchases 1, served 2, remaining 0",
        ),
        (
            "nothing happens at the end",
            "until 2 Jan 01:00
             grant 1: 10 included, expires 2 Jan 01:00
             grant 2: 10 included, from 2 Jan 01:00
             use 4 at 2 Jan for 1 h
             => expired 0, issued 10, charged 0, in-flight 1, served 0",
        ),
    ]);
}
