//! Ceilings against a model of docs/semantics.md §15.14 to §15.18 that shares nothing with the program: plain loops over a list of
//! lots, for operations that take no time, without holds and closes.

use std::fmt::Write as _;

use super::harness::Stage;
use super::language::parse;

/// Numbers that look random and are the same everywhere.
struct Dice(u64);

impl Dice {
    fn below(&mut self, bound: u64) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % bound) as usize
    }

    /// Thirds of a credit, in micro-credits.
    fn credits(&mut self, most: u64) -> i64 {
        (1 + self.below(most * 3)) as i64 * 333_333
    }
}

/// Parts in the order in which lots of them burn, and in which the program counts them; the last is overage.
const PARTS: [&str; 4] = ["promotional", "included", "purchased", "overage"];
const OVERAGE: usize = 3;

#[derive(Debug)]
struct Limit {
    /// Which of the parts it covers; all of a whole operation.
    covers: Option<[bool; 4]>,
    amount: Option<i64>,
    only_other: bool,
    soft: bool,
    chained: bool,
    daily: bool,
}

#[derive(Debug)]
struct Case {
    limits: Vec<Limit>,
    /// Category and credits, in burn order.
    lots: Vec<(usize, i64)>,
    /// `exact`, `positive` or no check.
    admission: usize,
    /// The overdraft's limit where operations may be in debt; none is unlimited.
    overdraft: Option<Option<i64>>,
    /// Hour, whether of `other`, cost.
    work: Vec<(usize, bool, i64)>,
}

fn drawn(dice: &mut Dice) -> Case {
    let limit = |dice: &mut Dice| {
        let bits = 1 + dice.below(15);
        Limit {
            covers: (dice.below(5) > 0).then(|| [0, 1, 2, 3].map(|part| bits & 1 << part != 0)),
            amount: (dice.below(8) > 0).then(|| dice.credits(30)),
            only_other: dice.below(4) == 0,
            soft: dice.below(7) == 0,
            chained: dice.below(3) == 0,
            daily: dice.below(2) == 0,
        }
    };
    let mut lots: Vec<(usize, i64)> =
        (0..1 + dice.below(5)).map(|_| (dice.below(3), dice.credits(40))).collect();
    lots.sort_by_key(|(category, _)| *category);
    let overdraft = (dice.below(3) > 0).then(|| (dice.below(4) > 0).then(|| dice.credits(30)));
    Case {
        limits: (0..1 + dice.below(4)).map(|_| limit(dice)).collect(),
        lots,
        admission: dice.below(5).min(2),
        overdraft,
        work: (0..20).map(|at| (at * 11, dice.below(3) == 0, dice.credits(12))).collect(),
    }
}

fn credits(micros: i64) -> String {
    format!("{}.{:06}", micros / 1_000_000, micros % 1_000_000)
}

fn text(case: &Case) -> String {
    let mut text = String::from("until 20 Jan\n");
    let admission = ["{ estimate = \"exact\" }", "\"positive\"", "\"none\""][case.admission];
    writeln!(text, "admission = {admission}").unwrap();
    if let Some(limit) = case.overdraft {
        let limit = limit.map_or("\"unlimited\"".to_owned(), credits);
        writeln!(text, "short = \"allow\"\noverdraft = {{ limit = {limit}, at_cycle = \"carry\" }}").unwrap();
    }
    let limits = case.limits.iter().enumerate().map(|(place, limit)| {
        let mut keys = format!("name = \"limit-{place}\"");
        if let Some(covers) = limit.covers {
            let named: Vec<String> =
                (0..4).filter(|part| covers[*part]).map(|part| format!("\"{}\"", PARTS[part])).collect();
            write!(keys, ", covers = [{}]", named.join(", ")).unwrap();
        }
        write!(keys, ", amount = {}", limit.amount.map_or("\"none\"".to_owned(), credits)).unwrap();
        let said = [
            (limit.only_other, ", features = [\"other\"]"),
            (limit.soft, ", on_limit = \"allow\""),
            (limit.chained, ", chain = \"c\""),
            (limit.daily, ", window = { every = \"day\" }"),
        ];
        said.iter().filter(|(holds, _)| *holds).for_each(|(_, key)| keys.push_str(key));
        format!("{{ {keys} }}")
    });
    writeln!(text, "limits = [{}]", limits.collect::<Vec<_>>().join(", ")).unwrap();
    for (number, (category, amount)) in case.lots.iter().enumerate() {
        writeln!(text, "grant {}: {} {}", number + 1, credits(*amount), PARTS[*category]).unwrap();
    }
    for (hour, other, cost) in &case.work {
        let feature = if *other { " of other" } else { "" };
        let (day, hour) = (hour / 24 + 1, hour % 24);
        writeln!(text, "use {}{feature} at {day} Jan {hour:02}:00", credits(*cost)).unwrap();
    }
    text + "=> held 0\n"
}

/// What a case comes to.
#[derive(Debug, PartialEq, Default)]
struct Outcome {
    /// By limit.
    refused: Vec<u64>,
    overrun: Vec<i64>,
    /// Hour of the first lack of room.
    lacking: Vec<Option<usize>>,
    short: u64,
    debt: i64,
    /// By category, in the order in which they burn.
    remaining: [i64; 3],
}

/// A ceiling by its place, and the parts that it covers.
type Asked = (usize, [bool; 4]);

/// What a ceiling covers, and how much room it has.
type Room = ([bool; 4], i64);

/// What is without bound.
const ENDLESS: i64 = 1 << 50;

/// What lots and debt come to for an operation within rooms: Σ − d + L.
fn reach(case: &Case, (lots, debt): (&[(usize, i64)], i64), rooms: &[Room]) -> i64 {
    let mut rooms = rooms.to_vec();
    let mut sum = 0;
    for (category, left) in lots {
        let covering = rooms.iter().filter(|(covers, _)| covers[*category]).map(|(_, room)| *room);
        let part = covering.min().unwrap_or(ENDLESS).min(*left);
        rooms.iter_mut().filter(|(covers, _)| covers[*category]).for_each(|(_, room)| *room -= part);
        sum += part;
    }
    let overage = rooms.iter().filter(|(covers, _)| covers[OVERAGE]).map(|(_, room)| *room).min();
    let below = case
        .overdraft
        .map_or(0, |limit| limit.unwrap_or(ENDLESS).min(overage.map_or(ENDLESS, |room| debt + room)));
    sum - debt + below
}

/// Takes a charge; returns what it took of each part.
fn charge(
    case: &Case,
    (lots, debt): (&mut [(usize, i64)], &mut i64),
    mut shares: Vec<Room>,
    cost: i64,
) -> [i64; 4] {
    let (mut left, mut taken) = (cost, [0; 4]);
    for (category, remaining) in lots.iter_mut() {
        let covering = shares.iter().filter(|(covers, _)| covers[*category]).map(|(_, share)| *share);
        let part = covering.min().unwrap_or(ENDLESS).min(*remaining).min(left);
        shares.iter_mut().filter(|(covers, _)| covers[*category]).for_each(|(_, share)| *share -= part);
        (*remaining, left, taken[*category]) = (*remaining - part, left - part, taken[*category] + part);
    }
    let limit = match (case.overdraft, case.admission) {
        (Some(limit), _) => limit.unwrap_or(ENDLESS),
        // Without an overdraft there is none to go into, checked or not.
        (None, _) => 0,
    };
    let overage = shares.iter().filter(|(covers, _)| covers[OVERAGE]).map(|(_, share)| *share).min();
    let owed = left.min((limit - *debt).max(0)).min(overage.unwrap_or(ENDLESS));
    left -= owed;
    for (category, remaining) in lots.iter_mut() {
        let part = left.min(*remaining);
        (*remaining, left, taken[*category]) = (*remaining - part, left - part, taken[*category] + part);
    }
    taken[OVERAGE] = owed + left;
    *debt += owed + left;
    taken
}

fn expected(case: &Case) -> Outcome {
    let count = case.limits.len();
    let mut found = Outcome {
        refused: vec![0; count],
        overrun: vec![0; count],
        lacking: vec![None; count],
        ..Outcome::default()
    };
    let (mut lots, mut debt) = (case.lots.clone(), 0);
    let mut used = vec![0_i64; count];
    let mut day = 0;
    for (hour, other, cost) in &case.work {
        if hour / 24 != day {
            day = hour / 24;
            case.limits
                .iter()
                .zip(&mut used)
                .filter(|(limit, _)| limit.daily)
                .for_each(|(_, used)| *used = 0);
        }
        let inside = |limit: &Limit| *other || !limit.only_other;
        // Of a chain the first that the operation is inside of; "none" ends it.
        let first = case.limits.iter().position(|limit| limit.chained && inside(limit));
        let in_turn = |place: usize| !case.limits[place].chained || first == Some(place);
        let asked: Vec<usize> = (0..count)
            .filter(|place| inside(&case.limits[*place]) && in_turn(*place))
            .filter(|place| !case.limits[*place].soft && case.limits[*place].amount.is_some())
            .collect();
        let room = |place: usize| (case.limits[place].amount.unwrap() - used[place]).max(0);
        let need = [Some(*cost), Some(1), None][case.admission];
        let full = |place: usize| match case.admission {
            0 => used[place] + cost > case.limits[place].amount.unwrap(),
            _ => used[place] >= case.limits[place].amount.unwrap(),
        };
        let whole: Vec<usize> =
            asked.iter().copied().filter(|place| case.limits[*place].covers.is_none()).collect();
        let ceilings: Vec<Asked> =
            asked.iter().filter_map(|place| Some((*place, case.limits[*place].covers?))).collect();
        let rooms = |but: &dyn Fn(&Asked) -> bool| -> Vec<Room> {
            ceilings.iter().filter(|ceiling| !but(ceiling)).map(|(at, covers)| (*covers, room(*at))).collect()
        };
        let reaches =
            |but: &dyn Fn(&Asked) -> bool, need: i64| reach(case, (&lots, debt), &rooms(but)) >= need;
        let mut stopped = whole.iter().copied().find(|place| full(*place)).map(Some);
        if stopped.is_none()
            && let Some(need) = need
            && !reaches(&|_| false, need)
        {
            let of_lots = |ceiling: &Asked| ceiling.1[..OVERAGE].contains(&true);
            let of_overage = |ceiling: &Asked| ceiling.1[OVERAGE];
            let least = |of: &dyn Fn(&Asked) -> bool| {
                let kind = ceilings.iter().filter(|ceiling| of(ceiling));
                kind.min_by_key(|(place, _)| room(*place)).map(|(place, _)| *place)
            };
            let lots_first = least(&of_lots).filter(|_| reaches(&of_lots, need));
            let blamed = lots_first.or_else(|| least(&of_overage).filter(|_| reaches(&of_overage, need)));
            stopped = Some(blamed);
        }
        if let Some(decides) = stopped {
            match decides {
                Some(place) => found.refused[place] += 1,
                None => found.short += 1,
            }
            let lacks = |place: &usize| {
                if case.limits[*place].covers.is_none() {
                    return full(*place);
                }
                // What needs nothing lacks nothing.
                let Some(need) = need else { return false };
                let mut closed = rooms(&|_| false);
                let own = ceilings.iter().position(|(at, _)| at == place).unwrap();
                closed[own].1 = 0;
                (need - reach(case, (&lots, debt), &closed)).max(0) > room(*place)
            };
            let noted: Vec<usize> =
                asked.iter().copied().filter(|place| Some(*place) == decides || lacks(place)).collect();
            for place in noted {
                found.lacking[place].get_or_insert(*hour);
            }
            continue;
        }
        let taken = charge(case, (&mut lots, &mut debt), rooms(&|_| false), *cost);
        for (place, limit) in case.limits.iter().enumerate().filter(|(_, limit)| inside(limit)) {
            let parts = limit.covers.unwrap_or([true; 4]);
            let counted: i64 = (0..4).filter(|part| parts[*part]).map(|part| taken[part]).sum();
            let over = |used: i64| limit.amount.map_or(0, |amount| (used - amount).max(0));
            if in_turn(place) {
                found.overrun[place] += over(used[place] + counted) - over(used[place]);
            }
            used[place] += counted;
        }
    }
    for (category, left) in &lots {
        found.remaining[*category] += left;
    }
    Outcome { debt, ..found }
}

#[test]
fn ceilings_do_what_a_model_of_the_rules_does() {
    let mut dice = Dice(15);
    let (mut refused, mut overran, mut owed) = (0, 0, 0);
    for number in 0..600 {
        let case = drawn(&mut dice);
        // A list of the whole alone is not what this is about.
        if case.limits.iter().all(|limit| limit.covers.is_none()) {
            continue;
        }
        let text = text(&case);
        let tally = Stage::of(&parse(&text)).finish();
        let start = 1_735_689_600_000_000;
        let by_limit =
            || (0..case.limits.len()).map(|place| tally.limits.get(place).cloned().unwrap_or_default());
        let hour = |micros: i64| ((micros - start) / 3_600_000_000) as usize;
        let found = Outcome {
            refused: by_limit().map(|limit| limit.refused).collect(),
            overrun: by_limit().map(|limit| limit.overrun.micros()).collect(),
            lacking: by_limit().map(|limit| limit.first_lacking_at.map(|at| hour(at.micros()))).collect(),
            short: tally.features.iter().map(|feature| feature.attempts_refused_short).sum(),
            debt: tally.debt.end.micros(),
            remaining: tally.credits.remaining_end.map(|left| left.micros()),
        };
        assert_eq!(found, expected(&case), "case {number}\n{text}");
        refused += found.refused.iter().sum::<u64>();
        overran += u64::from(found.overrun.iter().any(|over| *over > 0));
        owed += u64::from(found.debt > 0);
    }
    assert!(refused > 800 && overran > 50 && owed > 50, "{refused} {overran} {owed}");
}
