//! Budget trees as companies buy them: a pool for a month, budgets of members with exceptions for groups, of cost centres, of a
//! product and of the account beyond the pool. One is worked out by hand; hundreds of random ones are compared with a model of a
//! few lines that shares nothing with the program.

use std::fmt::Write as _;

use creditsim::calendar::Zone;
use creditsim::outcome::{LimitAccountRow, MeterOwner, Tally};
use creditsim::units::SimTime;

use super::harness::{Stage, check};
use super::language::parse;

/// The pool holds 40 a month. January:
/// - 1 Jan, member 0 (sales) 25: pool 40 → 15, member 0 has used 25 of 30.
/// - 2 Jan, member 0 6: 25 + 6 > 30, its own budget refuses.
/// - 3 Jan, member 1 (law, exception 60) 20: 15 of the pool, 5 overage; law 5 of 12, account 0.20 of 0.80 USD.
/// - 4 Jan, member 1 8: all overage; law has 7 left: refused by it; the account has (0.80 − 0.20) / 0.04 = 15 left.
/// - 5 Jan, member 1 7: law 12 of 12, account 0.48 USD.
/// - 6 Jan, member 2 (sales) 9 of `other`: the product has 0.30 / 0.04 = 7.5, the account (0.80 − 0.48) / 0.04 = 8: refused by the
///   product, which has less; both lack room.
/// - 7 Jan, member 2 7.5 of `other`: product full; account 0.78 USD; sales 7.5 of 100.
/// - 8 Jan, member 0 1 (of work): (0.80 − 0.78) / 0.04 = 0.5: refused by the account.
/// - 9 Jan, member 0 0.5: account full.
///
/// 20 credits of overage are invoiced for 0.80 USD at the close. February: 10 of 40 are used, and at the end 30 expire on 1 March.
const BY_HAND: &str = "
    groups sales, law, sales
    members 3, billing 3
    until 2 Mar
    admission = { estimate = \"exact\" }
    short = \"allow\"
    overdraft = { limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = \"0.04 USD\" }
    limits = [{ name = \"member\", per = \"member\", amount = { default = 30, groups = { law = 60 } }, window = { every = \"month\" } }, { name = \"centre\", covers = [\"overage\"], per = \"group\", amount = { default = 100, groups = { law = 12 } }, window = { every = \"month\" } }, { name = \"product\", covers = [\"overage\"], features = [\"other\"], unit = \"money\", amount = \"0.30 USD\", window = { every = \"month\" } }, { name = \"account\", covers = [\"overage\"], unit = \"money\", amount = \"0.80 USD\", window = { every = \"month\" } }]
    grant 1: 40 included, every month from 1 Jan
    use 25 at 1 Jan 12:00 by 0
    use 6 at 2 Jan by 0
    use 20 at 3 Jan by 1
    use 8 at 4 Jan by 1
    use 7 at 5 Jan by 1
    use 9 of other at 6 Jan by 2
    use 7.5 of other at 7 Jan by 2
    use 1 at 8 Jan by 0
    use 0.5 at 9 Jan by 0
    use 10 at 3 Feb by 1
    => served 6, refused-limit 4, limit-refused 1+1+1+1, limit-overrun 0+0+0+0, invoiced 20, overage 0.8, debt 0, expired 30";

#[test]
fn a_tree_comes_out_as_it_does_by_hand() {
    check(&[("a pool, members, cost centres, a product, the account", BY_HAND)]);
    let tally = Stage::of(&parse(BY_HAND)).finish();
    let day = |limit: usize| tally.limits[limit].first_lacking_at.map(|at| at.to_string());
    let days: Vec<_> = (0..4).map(day).collect();
    let january = |day: u32| Some(format!("2025-01-{day:02}T00:00:00Z"));
    assert_eq!(days, [january(2), january(4), january(6), january(6)]);
}

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % bound
    }
}

/// Day from 1 January, member, whether of the product, cost.
type Work = (i64, usize, bool, i64);

/// A tree: amounts in micro-credits and nano-units; `None` is no limit.
struct Tree {
    members: usize,
    /// Whether each is of `law`, or of `sales`.
    of_law: Vec<bool>,
    pool: i64,
    price: i64,
    default: i64,
    law: Option<i64>,
    first: Option<i64>,
    centres: [i64; 2],
    product: i64,
    account: i64,
    /// As many equal ones a day as there are.
    work: Vec<Work>,
}

fn drawn(dice: &mut Dice) -> Tree {
    let members = 2 + dice.below(3) as usize;
    let credits = |most: u64, dice: &mut Dice| (1 + dice.below(most * 3)) as i64 * 333_333;
    let (pool, default) = (credits(60, dice), credits(50, dice));
    let law = (dice.below(2) == 0).then(|| credits(60, dice));
    let first = (dice.below(3) == 0).then(|| credits(30, dice));
    let centres = [credits(40, dice), credits(40, dice)];
    let price = 1_000_000 + dice.below(99_000_000) as i64;
    let mut money = |most: u64| (1 + dice.below(most)) as i64 * 10_000_007;
    let (product, account) = (money(150), money(200));
    let mut work = Vec::new();
    for day in 0..59 {
        let (member, of_product) = (dice.below(members as u64) as usize, dice.below(3) == 0);
        let cost = (1 + dice.below(20)) as i64 * 333_333;
        // A day's total is replayed as so many equal operations.
        (0..dice.below(4)).for_each(|_| work.push((day, member, of_product, cost)));
    }
    let of_law = (0..members).map(|_| dice.below(2) == 0).collect();
    Tree { members, of_law, pool, price, default, law, first, centres, product, account, work }
}

fn decimal(value: i64, places: usize) -> String {
    let scale = 10_i64.pow(places as u32);
    format!("{}.{:0places$}", value / scale, value % scale)
}

fn text(tree: &Tree) -> String {
    let credits = |micros: i64| decimal(micros, 6);
    let money = |nanos: i64| format!("\"{} USD\"", decimal(nanos, 9));
    let month = "window = { every = \"month\" }";
    let groups: Vec<&str> = tree.of_law.iter().map(|law| if *law { "law" } else { "sales" }).collect();
    // A group that nobody is in has to be known all the same: somebody without operations is in each.
    let mut exceptions = String::new();
    if let Some(law) = tree.law {
        write!(exceptions, ", groups = {{ law = {} }}", credits(law)).unwrap();
    }
    if let Some(first) = tree.first {
        write!(exceptions, ", members = {{ \"1\" = {} }}", credits(first)).unwrap();
    }
    let mut text = format!(
        "groups {}, sales, law\nmembers {}, billing 1\nuntil 2 Mar\nadmission = {{ estimate = \"exact\" }}\nshort = \"allow\"\n\
         overdraft = {{ limit = \"unlimited\", at_cycle = \"invoice\", price_per_credit = {} }}\n\
         limits = [{{ name = \"member\", per = \"member\", amount = {{ default = {}{exceptions} }}, {month} }}, \
         {{ name = \"centre\", covers = [\"overage\"], per = \"group\", amount = {{ groups = {{ sales = {}, law = {} }} }}, {month} }}, \
         {{ name = \"product\", covers = [\"overage\"], features = [\"other\"], unit = \"money\", amount = {}, {month} }}, \
         {{ name = \"account\", covers = [\"overage\"], unit = \"money\", amount = {}, {month} }}]\n\
         grant 1: {} included, every month from 1 Jan\n",
        groups.join(", "),
        tree.members + 2,
        money(tree.price),
        credits(tree.default),
        credits(tree.centres[0]),
        credits(tree.centres[1]),
        money(tree.product),
        money(tree.account),
        credits(tree.pool),
    );
    for (index, (day, member, of_product, cost)) in tree.work.iter().enumerate() {
        let (month, day) = if *day < 31 { ("Jan", day + 1) } else { ("Feb", day - 30) };
        let feature = if *of_product { " of other" } else { "" };
        let minute = index % 60;
        writeln!(text, "use {}{feature} at {day} {month} 10:{minute:02} by {member}", credits(*cost))
            .unwrap();
    }
    text + "=> debt 0\n"
}

/// A meter of money: millionths of nano-units, of which half-up nano-units count.
fn half_up(exact: i128) -> i128 {
    (exact + 500_000).div_euclid(1_000_000)
}

/// What a tree comes to: refusals and first lacks by limit (member, centre, product, account), what is invoiced, in credits and
/// money, what expires of the pool, and what members and the account have used at last.
#[derive(Debug, Default, PartialEq)]
struct Outcome {
    refused: [u64; 4],
    first_lack: [Option<usize>; 4],
    invoiced: i64,
    money: i64,
    stranded: i64,
    members: Vec<i64>,
    account: i64,
}

/// The model: operations in the order of time, one after the other.
fn expected(tree: &Tree) -> Outcome {
    let mut outcome = Outcome { members: vec![0; tree.members], ..Outcome::default() };
    let (mut month, mut pool, mut debt) = (0, tree.pool, 0_i64);
    let (mut centres, mut product, mut account) = ([0_i64; 2], 0_i128, 0_i128);
    let price = i128::from(tree.price);
    let mut work: Vec<(usize, &Work)> = tree.work.iter().enumerate().collect();
    // Of one day in the order of their minutes.
    work.sort_by_key(|(index, (day, ..))| (*day, index % 60));
    for (index, (day, member, of_product, cost)) in work {
        if *day >= 31 && month == 0 {
            (outcome.invoiced, outcome.money) = (debt, half_up(price * i128::from(debt)) as i64);
            outcome.stranded = pool;
            (month, pool, debt, centres, product, account) = (1, tree.pool, 0, [0; 2], 0, 0);
            outcome.members.fill(0);
        }
        let law = tree.of_law[*member];
        let own = if *member == 0 { tree.first } else { None };
        let most = own.or(tree.law.filter(|_| law)).unwrap_or(tree.default);
        let room = |amount: i64, used: i128| (i128::from(amount) - half_up(used)).max(0) * 1_000_000 / price;
        let rooms = [
            i128::from((tree.centres[usize::from(law)] - centres[usize::from(law)]).max(0)),
            if *of_product { room(tree.product, product) } else { i128::MAX },
            room(tree.account, account),
        ];
        let beyond = (cost - pool).max(0);
        let lacks_own = outcome.members[*member] + cost > most;
        let short = |at: usize| rooms[at] < i128::from(beyond);
        if lacks_own || (0..3).any(short) {
            let least = (0..3).min_by_key(|at| rooms[*at]).unwrap();
            outcome.refused[if lacks_own { 0 } else { 1 + least }] += 1;
            let lacking = [lacks_own, short(0), short(1), short(2)];
            for (first, _) in outcome.first_lack.iter_mut().zip(lacking).filter(|(_, lacks)| *lacks) {
                first.get_or_insert(index);
            }
            continue;
        }
        outcome.members[*member] += cost;
        pool -= cost - beyond;
        debt += beyond;
        centres[usize::from(law)] += beyond;
        product += if *of_product { price * i128::from(beyond) } else { 0 };
        account += price * i128::from(beyond);
    }
    outcome.invoiced += debt;
    outcome.money += half_up(price * i128::from(debt)) as i64;
    outcome.stranded += pool;
    outcome
}

/// The same of the program, read off at the end: 2 March, when the windows of March are new, so what was used stands on 28 February.
fn found(tree: &Tree, tally: &Tally, rows: &[LimitAccountRow]) -> Outcome {
    let at = |first: Option<SimTime>| {
        first.map(|at| {
            let minute = |index: usize| {
                let (day, ..) = tree.work[index];
                Zone::named("UTC").unwrap().parse("2025-01-01T10:00:00").unwrap().micros()
                    + (day * 1_440 + (index % 60) as i64) * 60_000_000
            };
            (0..tree.work.len()).find(|index| minute(*index) == at.micros()).expect("some operation's")
        })
    };
    let used = |row: &&LimitAccountRow| row.used.micros();
    let of_members = rows.iter().filter(|row| row.limit == 0 && matches!(row.owner, MeterOwner::Member(_)));
    let array = |of: &dyn Fn(usize) -> u64| [of(0), of(1), of(2), of(3)];
    Outcome {
        refused: array(&|limit| tally.limits[limit].refused),
        first_lack: [0, 1, 2, 3].map(|limit: usize| at(tally.limits[limit].first_lacking_at)),
        invoiced: tally.debt.invoiced.micros(),
        money: tally.money.overage_cash.nanos(),
        stranded: tally.credits.expired.iter().map(|expired| expired.micros()).sum(),
        members: of_members.map(|row| used(&row)).take(tree.members).collect(),
        account: 0,
    }
}

#[test]
fn random_trees_come_out_as_a_model_of_a_few_lines_says() {
    let mut dice = Dice(20_250_101);
    let mut refused = [0; 4];
    for number in 0..400 {
        let tree = drawn(&mut dice);
        let text = text(&tree);
        let tally = Stage::of(&parse(&text)).finish();
        let rows = tally.detail.as_ref().expect("rows were asked for").limit_accounts.clone();
        let mut expected = expected(&tree);
        // By 2 March a new window is open.
        expected.members.fill(0);
        let found = found(&tree, &tally, &rows);
        assert_eq!(found, expected, "tree {number}\n{text}");
        refused.iter_mut().zip(found.refused).for_each(|(sum, more)| *sum += more);
    }
    assert!(refused.iter().all(|count| *count > 200), "every limit refuses often: {refused:?}");
}
