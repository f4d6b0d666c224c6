//! Automatic top-ups and their guards.

use super::harness::check;

#[test]
fn a_rule_buys_when_its_view_is_low() {
    check(&[
        (
            "strictly below its threshold",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             grant 1: 10 included
             use 5 at 2 Jan
             use 1 at 3 Jan
             => top-ups 1, order-days 2025-01-03T00:00:00Z, packages 1, remaining 14",
        ),
        (
            "or at it",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, compare = \"at-or-below\" }
             grant 1: 10 included
             use 5 at 2 Jan
             => top-ups 1, order-days 2025-01-02T00:00:00Z",
        ),
        (
            "at the start too, once all opening grants are there",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             grant 1: 3 included
             grant 2: 1 included
             => top-ups 1, remaining 14",
        ),
        (
            "a package smaller than the gap is bought again and again, at once",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25 }
             grant 1: 30 included
             use 28 at 2 Jan
             => landings 10+10+10, top-ups 3, remaining 32",
        ),
        (
            "or as one purchase of several packages until the view lies above",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, amount = \"multiple\" }
             grant 1: 30 included
             use 28 at 2 Jan
             => landings 30, packages 3, top-ups 1",
        ),
        (
            "above, not at",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, amount = \"multiple\" }
             grant 1: 30 included
             use 25 at 2 Jan
             => landings 30, remaining 35",
        ),
        (
            "or up to a target, at the package's unit price",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, amount = { up_to = 40 } }
             grant 1: 30 included
             use 28 at 2 Jan
             => landings 38, packages 3.8, remaining 40",
        ),
        (
            "settled ignores holds",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, view = \"settled\" }
             admission = { hold = { estimate = 8 } }
             grant 1: 10 included
             use 1 at 2 Jan for 1 h
             => top-ups 0",
        ),
        (
            "available does not",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             admission = { hold = { estimate = 8 } }
             grant 1: 10 included
             use 1 at 2 Jan for 1 h
             => top-ups 1",
        ),
        (
            "credits that land repay debt first; what the charge overspent stays counted",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             grant 1: 10 included
             use 14 at 2 Jan
             => overspend 4, repaid 4, remaining 6, top-ups 1",
        ),
        (
            "rules are looked at in file order",
            "packages = [{ name = \"s\", credits = 10, price = \"1 USD\" }, { name = \"l\", credits = 50, price = \"4 USD\" }]
             top_ups = [{ threshold = 2, package = \"l\" }, { threshold = 5, package = \"s\" }]
             grant 1: 10 included
             use 9 at 2 Jan
             => landings 50, top-ups 1",
        ),
        (
            "who has left buys nothing",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             leaves 3 Jan
             grant 1: 10 included
             use 9 at 2 Jan for 2 days
             => top-ups 0",
        ),
        (
            "a renewal is no dip",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             allowance = 10
             => top-ups 0, expired 20",
        ),
    ]);
}

#[test]
fn pending_purchases_count_unless_they_do_not() {
    check(&[
        (
            "they count",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, processing = \"1 h\" }
             grant 1: 10 included
             use 6 at 2 Jan
             use 1 at 2 Jan 00:30
             => top-ups 1, landing-days 2025-01-02T01:00:00Z",
        ),
        (
            "purchases of people and of other rules too",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_ups = [{ threshold = 5, processing = \"1 h\" }, { threshold = 6, processing = \"1 h\" }]
             grant 1: 10 included
             use 6 at 2 Jan
             => top-ups 1",
        ),
        (
            "without that guard every change of the view buys again",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, processing = \"1 h\", count_pending = false }
             grant 1: 10 included
             use 6 at 2 Jan
             use 1 at 2 Jan 00:30
             use 1 at 2 Jan 00:40
             => top-ups 3, remaining 32",
        ),
    ]);
}

#[test]
fn guards_hold_a_rule_back() {
    check(&[
        (
            "a cooldown; the rule is looked at again when it ends",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, cooldown = \"1 day\" }
             grant 1: 30 included
             use 28 at 2 Jan 12:00
             => order-days 2025-01-02T12:00:00Z+2025-01-03T12:00:00Z+2025-01-04T12:00:00Z",
        ),
        (
            "on changes only, if it says so",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, cooldown = \"1 day\", reevaluate = \"on-change\" }
             grant 1: 30 included
             use 28 at 2 Jan 12:00
             use 1 at 3 Jan 06:00
             use 1 at 5 Jan
             => order-days 2025-01-02T12:00:00Z+2025-01-05T00:00:00Z",
        ),
        (
            "a cap on the number per calendar day",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, cap = { count = 1, per = \"day\" } }
             grant 1: 30 included
             use 28 at 2 Jan 12:00
             => order-days 2025-01-02T12:00:00Z+2025-01-03T00:00:00Z+2025-01-04T00:00:00Z",
        ),
        (
            "a day of the scenario's zone",
            "zone America/New_York
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 15, cap = { count = 1, per = \"day\" } }
             grant 1: 30 included
             use 28 at 2 Jan 12:00
             => order-days 2025-01-02T17:00:00Z+2025-01-03T05:00:00Z",
        ),
        (
            "a cap on the money per month",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 25, cap = { money = \"1.5 USD\", per = \"month\" } }
             grant 1: 30 included
             use 28 at 2 Jan
             => order-days 2025-01-02T00:00:00Z+2025-02-01T00:00:00Z+2025-03-01T00:00:00Z",
        ),
        (
            "a purchase that just reaches the cap is made",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 15, cap = { money = \"2 USD\", per = \"month\" } }
             grant 1: 30 included
             use 28 at 2 Jan
             => top-ups 2, packages 2",
        ),
        (
            "a declined payment",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, declined = 1.0 }
             grant 1: 10 included
             use 6 at 2 Jan
             use 1 at 3 Jan
             => declined 2, top-ups 0, cash 0",
        ),
        (
            "back-off after it, and another try when that ends",
            "until 5 Jan
             packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, declined = 1.0, backoff = \"1 day\" }
             grant 1: 10 included
             use 6 at 2 Jan
             use 1 at 2 Jan 12:00
             => declined 3",
        ),
        (
            "too many in a row end the rule",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, declined = 1.0, backoff = \"1 day\", disable_after = 2 }
             grant 1: 10 included
             use 6 at 2 Jan
             => declined 2",
        ),
        (
            "the organization's budget, until its next period",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             customer budget = { money = \"0.5 USD\" }
             grant 1: 10 included
             use 6 at 2 Jan
             use 1 at 3 Jan
             => blocked 3, top-ups 0",
        ),
    ]);
}

#[test]
fn a_rule_without_a_guard_runs_until_its_ceiling() {
    check(&[
        (
            "then it stops for the account and is counted",
            "packages = [{ name = \"p\", credits = 1, price = \"1 USD\" }]
             top_up = { threshold = 100, ceiling = 3 }
             grant 1: 100 included
             use 50 at 2 Jan
             use 1 at 5 Jan
             => top-ups 3, ceilings 1, runaway 1",
        ),
        (
            "five within a day are a runaway",
            "packages = [{ name = \"p\", credits = 1, price = \"1 USD\" }]
             top_up = { threshold = 5 }
             => top-ups 5, runaway 1, ceilings 0",
        ),
        (
            "four are none",
            "packages = [{ name = \"p\", credits = 1, price = \"1 USD\" }]
             top_up = { threshold = 4 }
             => top-ups 4, runaway 0",
        ),
        (
            "a rule whose credits vanish in debt that does not count loops to its ceiling, not for ever",
            "packages = [{ name = \"p\", credits = 1, price = \"1 USD\" }]
             top_up = { threshold = 5, ceiling = 50 }
             debt_counts = false
             debt 100
             => top-ups 50, ceilings 1, repaid 50",
        ),
    ]);
}

#[test]
fn a_rule_may_be_armed_by_a_crossing_and_read_a_share() {
    check(&[
        (
            "armed by a crossing: it fires when the view falls below after having been at the threshold",
            "packages = [{ name = \"five\", credits = 5, price = \"5 USD\" }]
             top_up = { threshold = 5, package = \"five\", armed = \"crossing\" }
             grant 1: 5 purchased
             use 0.01 at 2 Jan
             => top-ups 1, remaining 9.99",
        ),
        (
            "never if it never was",
            "packages = [{ name = \"five\", credits = 5, price = \"5 USD\" }]
             top_up = { threshold = 5, package = \"five\", armed = \"crossing\" }
             grant 1: 3 purchased
             use 0.01 at 2 Jan
             use 1 at 3 Jan
             => top-ups 0",
        ),
        (
            "once, if what it buys does not lift the view above the threshold",
            "packages = [{ name = \"two\", credits = 2, price = \"5 USD\" }]
             top_up = { threshold = 5, package = \"two\", armed = \"crossing\" }
             grant 1: 6 purchased
             use 4 at 2 Jan
             use 1 at 3 Jan
             => top-ups 1, remaining 3",
        ),
        (
            "and again after other credits have lifted it",
            "packages = [{ name = \"two\", credits = 2, price = \"5 USD\" }]
             top_up = { threshold = 5, package = \"two\", armed = \"crossing\" }
             grant 1: 6 purchased
             grant 2: 10 included, from 4 Jan
             use 4 at 2 Jan
             use 10 at 5 Jan
             => top-ups 2",
        ),
        (
            "a crossing that the cooldown holds back is kept",
            "packages = [{ name = \"ten\", credits = 10, price = \"5 USD\" }]
             top_up = { threshold = 5, armed = \"crossing\", cooldown = \"1 day\" }
             grant 1: 6 purchased
             use 4 at 2 Jan
             use 10 at 2 Jan 12:00
             => top-ups 2, landing-days 2025-01-02T00:00:00Z+2025-01-03T00:00:00Z",
        ),
        (
            "a share is of the running period's allowance",
            "allowance = { credits = 100, anchor = \"calendar-month\" }
             packages = [{ name = \"ten\", credits = 10, price = \"5 USD\" }]
             top_up = { threshold = \"20%\" }
             until 1 Feb
             use 80 at 2 Jan
             use 1 at 3 Jan
             => top-ups 1, landing-days 2025-01-03T00:00:00Z, remaining 29",
        ),
    ]);
}

#[test]
fn a_rule_may_be_looked_at_when_an_attempt_is_checked() {
    let case = "packages = [{ name = \"refill\", credits = 3500 }]
             admission = \"positive\"
             grant 1: 3500 included
             use 4000 at 7 Jan 10:00
             use 3200 at 7 Jan 15:00
             use 1 at 7 Jan 16:00
             use 1 at 8 Jan 09:59
             use 50 at 8 Jan 10:30
             ";
    let rule = |more: &str| {
        format!(
            "{case}top_up = {{ threshold = 0, compare = \"at-or-below\", package = \"refill\", {more} }}\n"
        )
    };
    let rows = [
        (
            "at the end of the cooldown",
            rule("cooldown = \"1 day\"")
                + "=> top-ups 2, landing-days 2025-01-07T10:00:00Z+2025-01-08T10:00:00Z, served 3",
        ),
        (
            "not then, but before the next check",
            rule("cooldown = \"1 day\", reevaluate = \"on-check\"")
                + "=> top-ups 2, landing-days 2025-01-07T10:00:00Z+2025-01-08T10:30:00Z, served 3, refused 2, remaining 3250",
        ),
        (
            "on changes only nobody is let in again",
            rule("cooldown = \"1 day\", reevaluate = \"on-change\"") + "=> top-ups 1, served 2, refused 3",
        ),
        (
            "a cap holds it back as well",
            rule("cap = { count = 1, per = \"month\" }, reevaluate = \"on-check\"")
                + "=> top-ups 1, served 2, refused 3",
        ),
        (
            "declines are made at each check",
            rule("declined = 1.0, reevaluate = \"on-check\"")
                + "=> top-ups 0, declined 5, served 1, refused 4",
        ),
    ];
    let rows = rows.map(|(sentence, text)| (sentence, &*text.leak()));
    check(&rows);
}

#[test]
fn a_rule_is_looked_at_as_often_as_it_says() {
    check(&[
        (
            "at the end of each cooldown, whatever is under way",
            "packages = [{ name = \"p\", credits = 10, price = \"1 USD\" }]
             top_up = { threshold = 5, cooldown = \"1 h\", processing = \"150 min\", count_pending = false }
             grant 1: 6 purchased
             use 4 at 2 Jan
             => top-ups 3",
        ),
        (
            "what others buy first does not arm it again",
            "packages = [{ name = \"p\", credits = 4, price = \"1 USD\" }]
             top_up = { threshold = 15, armed = \"crossing\" }
             customer buyer = { on_zero = 1.0 }
             grant 1: 20 included
             use 20 at 2 Jan
             => top-ups 1, purchases 1, remaining 8",
        ),
    ]);
}
