//! When people buy, who has to ask, and how what waits starts again.

use super::harness::{Stage, check};
use super::language::parse;

#[test]
fn every_moment_of_shortage_may_make_people_buy() {
    check(&[
        (
            "an operation that would exceed the view is an alert, and an alert may make people buy",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             alerts = [{ would_exceed = true }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_warning = 1.0, human_delay = \"1 h\" }
             grant 1: 5 included
             use 10 at 2 Jan
             => purchases 1, order-days 2025-01-02T01:00:00Z, served 1, remaining 5, exceeds 1",
        ),
        (
            "the purchase covers what would be exceeded, not merely what is missing to nothing",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             alerts = [{ would_exceed = true }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_warning = 1.0, human_delay = \"1 h\" }
             grant 1: 5 included
             use 40 at 2 Jan
             => purchases 1, packages 4, served 1, remaining 15",
        ),
        (
            "beginning to wait in the queue may",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\" }
             use 10 at 2 Jan
             => purchases 1, served 1, refusals 0",
        ),
        (
            "and waiting for credits",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\" }
             customer reactions = { wait = 1.0 }
             use 10 at 2 Jan
             => purchases 1, served 1, attempts 2",
        ),
        (
            "and waiting to retry",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\" }
             customer reactions = { retry = { delay = \"2 h\", attempts = 3 } }
             use 10 at 2 Jan
             => purchases 1, served 1, attempts 2",
        ),
        (
            "nobody buys because a cap on operations in flight makes work wait",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             max_in_flight = 1
             at_max_in_flight = \"queue\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0 }
             grant 1: 20 included
             use 5 at 2 Jan for 1 h
             use 5 at 2 Jan 00:10 for 1 h
             use 5 at 2 Jan 00:20 for 1 h
             => purchases 0, served 3",
        ),
        (
            "who joins the queue behind credits that are short waits for credits too",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\" }
             grant 1: 5 included
             use 8 at 2 Jan
             use 4 at 2 Jan 00:30
             => purchases 1, served 2, remaining 3",
        ),
        (
            "an operation served without AI may make people buy, for the next one",
            "admission = { estimate = \"exact\" }
             short = \"degrade\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_degraded = 1.0, human_delay = \"1 h\" }
             use 10 at 2 Jan
             use 10 at 3 Jan
             => degraded 1, purchases 1, served 1",
        ),
        (
            "what is degraded for another reason does not",
            "admission = { estimate = \"exact\" }
             max_in_flight = 1
             at_max_in_flight = \"degrade\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_degraded = 1.0 }
             grant 1: 20 included
             use 10 at 2 Jan for 1 h
             use 10 at 2 Jan 00:30
             => degraded 1, purchases 0",
        ),
    ]);
}

#[test]
fn people_are_asked_again_while_the_account_refuses() {
    check(&[
        (
            "a payment that was declined is asked for again",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, declined = 1.0, while_short = \"1 day\" }
             use 10 at 2 Jan
             until 6 Jan
             => declined 4, purchases 0",
        ),
        (
            "once without it",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, declined = 1.0 }
             use 10 at 2 Jan
             until 6 Jan
             => declined 1",
        ),
        (
            "no longer than what was refused would be refused still",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, declined = 1.0, while_short = \"1 day\" }
             grant 1: 10 included, from 3 Jan 12:00
             use 10 at 2 Jan
             until 9 Jan
             => declined 2",
        ),
        (
            "packages that do not cover are bought until they do, while the operation waits",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             patience = \"10 days\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, while_short = \"1 day\" }
             use 25 at 2 Jan
             until 9 Jan
             => purchases 3, landing-days 2025-01-02T00:00:00Z+2025-01-03T00:00:00Z+2025-01-04T00:00:00Z, served 1, remaining 5",
        ),
        (
            "an operation that was degraded keeps asking too",
            "admission = { estimate = \"exact\" }
             short = \"degrade\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_degraded = 1.0, declined = 1.0, while_short = \"12 h\" }
             use 10 at 2 Jan
             until 4 Jan
             => declined 4",
        ),
    ]);
}

#[test]
fn a_purchase_covers_everything_that_is_short() {
    check(&[
        (
            "the operation and all that waits",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0, human_delay = \"1 h\" }
             use 8 at 2 Jan
             use 8 at 2 Jan 00:10
             use 8 at 2 Jan 00:20
             => purchases 1, packages 4, served 3, remaining 26",
        ),
        (
            "in the queue",
            "admission = { estimate = \"exact\" }
             short = \"queue\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\" }
             use 8 at 2 Jan
             use 8 at 2 Jan 00:10
             => purchases 1, packages 4, served 2",
        ),
        (
            "what waits to retry",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\" }
             customer reactions = { retry = { delay = \"2 h\", attempts = 3 } }
             use 8 at 2 Jan
             use 8 at 2 Jan 00:10
             => purchases 1, packages 4, served 2",
        ),
        (
            "debt",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0 }
             debt 5
             use 8 at 2 Jan
             => purchases 1, packages 4, served 1, remaining 37",
        ),
        (
            "an operation that no longer waits counts once if it made people buy",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_refusal = 1.0, human_delay = \"1 h\", after_purchase = \"drop\" }
             use 12 at 2 Jan
             use 8 at 2 Jan 00:10
             => purchases 1, packages 4, served 0",
        ),
    ]);
}

#[test]
fn a_member_who_cannot_buy_has_to_ask() {
    check(&[
        (
            "after the balance has reached nothing by his work",
            "members 2, billing 1
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_zero = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             grant 1: 5 included
             use 5 at 2 Jan by 1
             => order-days 2025-01-02T09:00:00Z",
        ),
        (
            "one who can buy has not",
            "members 2, billing 1
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_zero = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             grant 1: 5 included
             use 5 at 2 Jan by 0
             => order-days 2025-01-02T01:00:00Z",
        ),
        (
            "after a warning that his work caused",
            "members 2, billing 1
             alerts = [{ below = 5 }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_warning = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             grant 1: 10 included
             use 6 at 2 Jan for 1 h by 1
             => order-days 2025-01-02T10:00:00Z",
        ),
        (
            "a hold that he opened warns as well",
            "members 2, billing 1
             admission = { hold = { estimate = \"exact\" } }
             alerts = [{ below = 5 }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_warning = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             grant 1: 10 included
             use 6 at 2 Jan for 1 h by 1
             => order-days 2025-01-02T09:00:00Z",
        ),
        (
            "of an operation that would exceed the view",
            "members 2, billing 1
             alerts = [{ would_exceed = true }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             feature work: cost = 6
             customer buyer = { on_warning = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             grant 1: 5 included
             use 6 at 2 Jan by 1
             => order-days 2025-01-02T09:00:00Z",
        ),
        (
            "while his operation waits",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             short = \"queue\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             use 6 at 2 Jan by 1
             => order-days 2025-01-02T09:00:00Z",
        ),
        (
            "after one was degraded",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             short = \"degrade\"
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_degraded = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             use 6 at 2 Jan by 1
             => order-days 2025-01-02T09:00:00Z",
        ),
        (
            "each time",
            "members 2, billing 1
             admission = { estimate = \"exact\" }
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, ask_delay = \"8 h\", declined = 1.0, while_short = \"1 day\" }
             use 6 at 2 Jan by 1
             until 4 Jan
             => declined 2",
        ),
        (
            "what nobody's work caused nobody has to ask for",
            "members 2, billing 1
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_zero = 1.0, human_delay = \"1 h\", ask_delay = \"8 h\" }
             grant 1: 5 included, expires 2 Jan
             use 1 at 1 Jan by 1
             => order-days 2025-01-02T01:00:00Z",
        ),
    ]);
}

#[test]
fn what_waits_starts_again_at_a_distance() {
    check(&[
        (
            "at once, if nothing is said",
            "admission = \"positive\"
             short = \"queue\"
             grant 1: 10 included, from 3 Jan
             use 10 at 2 Jan 12:00 for 1 h
             use 10 at 2 Jan 12:10 for 1 h
             use 10 at 2 Jan 12:20 for 1 h
             => start-days 2025-01-03T00:00:00Z+2025-01-03T00:00:00Z+2025-01-03T00:00:00Z, overspend 20, debt 20, bunched-overspend 20",
        ),
        (
            "each is checked as it starts",
            "admission = \"positive\"
             short = \"queue\"
             resume = \"2 h\"
             grant 1: 10 included, from 3 Jan
             use 10 at 2 Jan 12:00 for 1 h
             use 10 at 2 Jan 12:10 for 1 h
             use 10 at 2 Jan 12:20 for 1 h
             => start-days 2025-01-03T00:00:00Z, overspend 0, debt 0, lost-patience 2, bunched-overspend 0",
        ),
        (
            "the distance is kept while credits last",
            "admission = \"positive\"
             short = \"queue\"
             resume = \"30 min\"
             grant 1: 100 included, from 3 Jan
             use 10 at 2 Jan 12:00 for 1 h
             use 10 at 2 Jan 12:10 for 1 h
             use 10 at 2 Jan 12:20 for 1 h
             => start-days 2025-01-03T00:00:00Z+2025-01-03T00:30:00Z+2025-01-03T01:00:00Z, served 3",
        ),
        (
            "those who wait for credits outside a queue keep it too",
            "admission = \"positive\"
             resume = \"30 min\"
             customer reactions = { wait = 1.0 }
             grant 1: 12 included, from 3 Jan
             use 10 at 2 Jan 12:00
             use 10 at 2 Jan 12:10
             use 10 at 2 Jan 12:20
             => start-days 2025-01-03T00:00:00Z+2025-01-03T00:30:00Z, attempts 6, served 2, lost-patience 1",
        ),
        (
            "what was said to start at once is nobody's default",
            "admission = \"positive\"
             short = \"queue\"
             resume = \"0s\"
             grant 1: 10 included, from 3 Jan
             use 10 at 2 Jan 12:00 for 1 h
             use 10 at 2 Jan 12:10 for 1 h
             => overspend 10, bunched-overspend 0",
        ),
        (
            "work lost to a default cap or a default patience is counted, work lost to a written one is not",
            "admission = \"positive\"
             short = \"queue\"
             queue_max = 1
             use 10 at 2 Jan 12:00
             use 10 at 2 Jan 12:10
             => lost-full 1, lost-patience 1, default-queue-full 0, default-patience 1",
        ),
    ]);
}

#[test]
fn what_people_buy_for() {
    check(&[
        (
            "an operation that is just starting does not wait any more",
            "admission = { hold = { estimate = \"exact\" } }
             short = \"queue\"
             alerts = [{ below = 10 }]
             packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             customer buyer = { on_warning = 1.0 }
             grant 1: 30 included, from 2 Jan 12:00
             use 25 at 2 Jan
             => purchases 1, packages 1, served 1",
        ),
        (
            "somebody is asked again after a refusal that the budget forbade to prevent",
            "admission = { estimate = \"exact\" }
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_refusal = 1.0, while_short = \"12 h\" }
             customer budget = { money = \"1 USD\", per = \"day\" }
             use 5 at 2 Jan
             use 14 at 2 Jan 13:00
             => purchases 2, order-days 2025-01-02T00:00:00Z+2025-01-03T01:00:00Z",
        ),
        (
            "where no check is made nothing is short",
            "short = \"queue\"
             features = { other = { admission = \"none\" } }
             admission = { estimate = \"exact\" }
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             customer buyer = { on_wait = 1.0, while_short = \"2 h\", human_delay = \"1 h\", declined = 1.0 }
             debt 1
             use 5 at 2 Jan
             use 5 of other at 2 Jan
             => declined 1",
        ),
    ]);
}

#[test]
fn people_who_buy_without_end_end_the_run() {
    // Asked again every few seconds for credits that end before the next ones come.
    let asked = |every: u32| {
        format!(
            "until 4 Jan
             admission = {{ estimate = \"exact\" }}
             packages = [{{ name = \"p\", credits = 1, price = \"1 USD\", expires_after = \"1 s\" }}]
             customer buyer = {{ on_refusal = 1.0, after_purchase = \"drop\", while_short = \"{every} s\" }}
             use 100 at 1 Jan
             => remaining 0"
        )
    };
    let ran = std::panic::catch_unwind(|| Stage::of(&parse(&asked(8))).finish());
    let said = ran.map(|_| ()).expect_err("nobody buys so often").downcast::<creditsim::units::Impossible>();
    let said = said.expect("it is said as what cannot be").0;
    assert!(
        said.starts_with("people set out to buy more than 10000 times within a day, at 2025-01-01T"),
        "{said}"
    );
    assert_eq!(
        Stage::of(&parse(&asked(9))).finish().customer.purchases,
        28_800,
        "9,600 a day are not too many"
    );
}
