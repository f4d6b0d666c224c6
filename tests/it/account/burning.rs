//! Which grant a charge burns.

use super::harness::check;

#[test]
fn the_default_order_is_priority_expiry_category_unit_price_start_id() {
    check(&[
        (
            "a charge burns the grant that expires first",
            "grant 1: 100 included
             grant 2: 10 included, expires 10 Jan
             use 4 at 2 Jan
             use 8 at 3 Jan
             => burned 12, expired 0, grant 1 98, grant 2 0, burns 2:4+2:6+1:2",
        ),
        (
            "priority comes before expiry, lower first",
            "grant 1: 10 included, expires 10 Jan
             grant 2: 10 included, priority -1
             use 4 at 2 Jan
             => grant 1 0, grant 2 6, expired 10",
        ),
        (
            "a grant that never ends burns last",
            "grant 1: 10 promotional
             grant 2: 10 purchased, expires 31 Mar
             use 4 at 2 Jan
             => burns 2:4",
        ),
        (
            "at equal expiry promotional burns before included before purchased",
            "grant 1: 2 purchased
             grant 2: 2 included
             grant 3: 2 promotional
             use 5 at 2 Jan
             => burns 3:2+2:2+1:1",
        ),
        (
            "at equal category the cheaper credit burns first",
            "grant 1: 10 purchased, price 2
             grant 2: 20 purchased, price 1
             use 5 at 2 Jan
             => burns 2:5",
        ),
        (
            "at equal price the earlier start burns first",
            "grant 1: 10 included, from 20 Dec 2024
             grant 2: 10 included, from 10 Dec 2024
             use 5 at 2 Jan
             => burns 2:5",
        ),
        (
            "the lower id closes the order",
            "grant 7: 10 included
             grant 3: 10 included
             use 5 at 2 Jan
             => burns 3:5",
        ),
        (
            "one charge may burn several grants",
            "grant 1: 2 included
             grant 2: 2 included
             grant 3: 2 included
             use 5 at 2 Jan
             => burns 1:2+2:2+3:1, charges 5",
        ),
        (
            "grants without an id are numbered in file order after the highest id",
            "grant -: 10 included
             grant 5: 10 included
             grant -: 10 included
             use 25 at 2 Jan
             => burns 5:10+6:10+7:5",
        ),
        (
            "a running allowance burns by the close that ends it",
            "allowance = { credits = 10, anchor = \"calendar-month\" }
             grant 1: 10 included, expires 31 Jan
             grant 2: 10 included, expires 2 Feb
             use 25 at 2 Jan
             => burns 1:10+3:10+2:5",
        ),
    ]);
}

#[test]
fn a_policy_may_reorder_the_keys() {
    check(&[
        (
            "category before expiry",
            "burn_order = [\"category\", \"expires_at\"]
             grant 1: 10 purchased, expires 10 Jan
             grant 2: 10 included
             use 4 at 2 Jan
             => burns 2:4",
        ),
        (
            "categories in an order of one's own",
            "burn_order = [{ category = [\"purchased\", \"included\", \"promotional\"] }]
             grant 1: 2 promotional
             grant 2: 2 included
             grant 3: 2 purchased
             use 5 at 2 Jan
             => burns 3:2+2:2+1:1",
        ),
        (
            "oldest creation first",
            "burn_order = [\"created_at\"]
             grant 1: 10 included, created 2 Dec 2024
             grant 2: 10 included, created 1 Dec 2024
             use 4 at 2 Jan
             => burns 2:4",
        ),
        (
            "smaller original amounts first",
            "burn_order = [\"amount\"]
             grant 1: 10 included, from 31 Dec 2024, left 1
             grant 2: 5 included
             use 4 at 2 Jan
             => burns 2:4",
        ),
        (
            "what is paid later for a lot counts from then on",
            "burn_order = [\"unit_price\"]
             allowance = { credits = 10, every = \"2 months\", anchor = \"calendar-month\" }
             subscription = \"10 USD\"
             grant 9: 10 purchased, price 15
             use 4 at 5 Jan
             use 4 at 5 Feb
             => burns 10:4+9:4",
        ),
        (
            "larger original amounts first",
            "burn_order = [{ amount = \"larger-first\" }]
             grant 1: 5 included
             grant 2: 10 included
             use 4 at 2 Jan
             => burns 2:4",
        ),
        (
            "expiry to the day: the order inside a day is left to the next key",
            "burn_order = [{ expires_at = \"day\" }, \"category\"]
             grant 1: 10 purchased, expires 10 Jan 08:00
             grant 2: 10 included, expires 10 Jan 20:00
             use 4 at 2 Jan
             => burns 2:4",
        ),
        (
            "expiry to the second",
            "burn_order = [{ expires_at = \"second\" }, \"category\"]
             grant 1: 10 purchased, expires 10 Jan 08:00:00.1
             grant 2: 10 included, expires 10 Jan 08:00:00.9
             grant 3: 10 promotional, expires 10 Jan 08:00:01
             use 14 at 2 Jan
             => burns 2:10+1:4",
        ),
        (
            "an empty order is by id",
            "burn_order = []
             grant 2: 10 included, expires 10 Jan
             grant 1: 10 included
             use 4 at 2 Jan
             => burns 1:4",
        ),
    ]);
}
