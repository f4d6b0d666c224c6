//! Shadow accounts (law 8): the account that takes shortcuts and the account that is followed are the same account.
//!
//! Owns the second account that goes the other way beside the one whose numbers are reported, the comparison of the two
//! at the end of every piece of the trace and at the end, and the search for the instant at which they part. Leaves
//! what an account does to the account, and the recomputation from the journal to the auditor, which listens to
//! whichever of the two is followed. Invariant: nothing of a shadow reaches a result; a run with it and without it has
//! the same bytes, or ends with an error.

use std::borrow::Cow;
use std::collections::BTreeMap;
use std::mem;
use std::sync::Arc;

use smallvec::SmallVec;

use crate::ledger::Lot;
use crate::outcome::{AttemptRow, Detail, Entry, Tally};
use crate::sampling::{Purpose, StreamKey};
use crate::units::{Credits, FeatureIndex, SimTime};

use super::super::books::{Journal, LastingBooks};
use super::super::counts::Alive;
use super::super::env::Env;
use super::super::meters::MeterStanding;
use super::State;
use crate::organization::{BatchSlice, EntryRule, LawViolation, TraceSlice};

/// Share of the accounts that are followed one operation at a time beside their shortcuts.
const FOLLOWED: f64 = 0.01;
/// Share of the accounts that are recomputed from their journals; they are followed too.
const RECOMPUTED: f64 = 0.001;

/// How closely an account is looked at while it runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Scrutiny {
    /// Followed one operation at a time beside its shortcuts.
    pub followed: bool,
    /// Recomputed from its journal.
    pub recomputed: bool,
}

impl Scrutiny {
    /// Both.
    pub const FULL: Scrutiny = Scrutiny { followed: true, recomputed: true };

    /// What an organization's key decides in every run, alike under every policy.
    #[must_use]
    pub fn keyed(key: StreamKey) -> Scrutiny {
        let uniform = key.uniform(Purpose::Audit, 0, 0);
        Scrutiny { followed: uniform < FOLLOWED, recomputed: uniform < RECOMPUTED }
    }
}

/// The account beside the account.
#[derive(Debug, Clone)]
pub(in super::super) struct Shadow {
    env: Arc<Env>,
    state: State,
    /// The instant up to which both were alike, and both at it: first the account, then its shadow.
    alike: Box<(SimTime, State, State)>,
}

impl Shadow {
    /// A shadow of an account that has just been opened.
    pub(in super::super) fn new(env: Arc<Env>, state: State, of: &State) -> Shadow {
        let alike = Box::new((state.timers.now(), of.clone(), state.clone()));
        Shadow { env, state, alike }
    }

    /// Its journal as it was heard so far.
    pub(in super::super) fn take_heard(&mut self) -> Option<Vec<Entry>> {
        self.state.take_heard()
    }

    /// How the operations of a feature have to enter the trace for it.
    pub(in super::super) fn entry(&self, feature: usize) -> EntryRule {
        self.state.entry(&self.env, feature)
    }

    /// Follows a piece of the trace that the account `of` has gone through, and compares.
    ///
    /// # Errors
    /// A law that the shadow breaks, or what it has differently and since when.
    pub(in super::super) fn follow(
        &mut self,
        env: &Env,
        of: &mut State,
        slice: &TraceSlice<'_>,
    ) -> Result<(), LawViolation> {
        self.state.follow(&self.env, slice);
        if self.state.pace.left_early && self.env.world.is_abandoned() {
            return Ok(());
        }
        self.state.take_fault(&self.env)?;
        let upto = slice.upto;
        let pair = (of.stopped_at(env, upto), self.state.stopped_at(env, upto));
        let same_books = upto < env.world.end || same_books(&pair.0, &pair.1);
        if !same_books || !same_counters(&pair.0, &pair.1) {
            return Err(self.search(env, slice, pair).told(env));
        }
        *self.alike = (upto, pair.0, pair.1);
        Ok(())
    }

    /// Closes the shadow's books and compares them with the account's.
    ///
    /// # Errors
    /// A law that the shadow breaks, or what it has differently.
    pub(in super::super) fn finish(self, env: &Env, of: &mut Tally) -> Result<(), LawViolation> {
        let Shadow { env: own_env, mut state, .. } = self;
        state.finish(&own_env);
        state.take_fault(&own_env)?;
        let mut own = state.into_report();
        take_rows(own.detail.as_deref_mut());
        let rows = take_rows(of.detail.as_deref_mut());
        let found = (*of != own).then(|| {
            let what = difference(&format!("{of:#?}"), &format!("{own:#?}"));
            Parting { at: env.world.end, what }
        });
        put_rows(of.detail.as_deref_mut(), rows);
        found.map_or(Ok(()), |found| Err(found.told(env)))
    }

    /// The first instant after whose events the two differ, looked for between the last one at which they were alike
    /// and the end of the piece, by going there again and again from where they were alike.
    fn search(&self, env: &Env, slice: &TraceSlice<'_>, last: (State, State)) -> Parting {
        let (mut low, mut high, mut last) = (self.alike.0, slice.upto, last);
        while (high - low).micros() > 1 {
            let middle = SimTime::from_micros(low.micros().midpoint(high.micros()));
            let (mut one, mut other) = (self.alike.1.clone(), self.alike.2.clone());
            let given = given_before(slice, middle);
            let piece = before(slice, &given, middle);
            one.follow(env, &piece);
            other.follow(&self.env, &piece);
            let pair = (one.stopped_at(env, middle), other.stopped_at(env, middle));
            if same_counters(&pair.0, &pair.1) && same_books(&pair.0, &pair.1) {
                low = middle;
            } else {
                (high, last) = (middle, pair);
            }
        }
        let (one, other) = (shown(&last.0), shown(&last.1));
        Parting { at: low, what: difference(&one, &other) }
    }
}

/// What the sources gave to a piece of the trace, as far as it arrives before an instant.
fn given_before<'a>(slice: &TraceSlice<'a>, upto: SimTime) -> SmallVec<[BatchSlice<'a>; 8]> {
    let cut = |given: &BatchSlice<'a>| {
        let arrived = given.operations().partition_point(|operation| operation.at < upto);
        BatchSlice { to: given.from + arrived, ..*given }
    };
    slice.given.iter().map(cut).collect()
}

/// The part of a piece of the trace that comes before an instant.
fn before<'a>(slice: &TraceSlice<'a>, given: &'a [BatchSlice<'a>], upto: SimTime) -> TraceSlice<'a> {
    let events = &slice.events[..slice.events.partition_point(|event| event.at < upto)];
    TraceSlice { events, given, upto, ..*slice }
}

/// Where two accounts part.
struct Parting {
    at: SimTime,
    what: String,
}

impl Parting {
    fn told(self, env: &Env) -> LawViolation {
        let features = env.world.features.iter().enumerate();
        let whose = features
            .filter(|(index, _)| self.what.starts_with(&format!("`features[{index}].")))
            .map(|(_, facts)| format!(" (feature `{}`)", facts.name));
        let whose: String = whose.collect();
        let what = format!(
            "law 8 is broken: the account goes other ways than one that is followed, and differs: {}{whose}",
            self.what
        );
        env.violation(self.at, what)
    }
}

/// What is compared of an account besides its counters: everything that lasts and is not a place in memory.
#[derive(Debug, PartialEq)]
struct AccountStanding<'a> {
    plan: usize,
    lots: &'a [Lot],
    debt: Credits,
    held: Credits,
    holds: u64,
    books: LastingBooks,
    in_flight: u32,
    queue: usize,
    alive: Vec<Alive>,
    watch: (&'a [bool], Vec<bool>, Option<SimTime>),
    closes_at: SimTime,
    counts: (Credits, (u64, u64)),
    next_timer: SimTime,
    meters: &'a [MeterStanding],
}

impl AccountStanding<'_> {
    fn of(state: &State) -> AccountStanding<'_> {
        let ledger = state.books.ledger();
        AccountStanding {
            plan: state.plan,
            lots: ledger.lots(),
            debt: ledger.debt(),
            held: ledger.held(),
            holds: ledger.open_holds(),
            books: state.books.lasting(),
            in_flight: state.gate.in_flight(),
            queue: state.gate.queue_len(),
            alive: state.alive(),
            watch: state.watch.lasting(),
            closes_at: state.cycle.closes_at(),
            counts: state.counts.lasting(),
            next_timer: state.timers.next_timer(),
            meters: state.meters.standing(),
        }
    }
}

/// Books without places in memory, compared as they print.
fn books(state: &State) -> impl std::fmt::Debug + '_ {
    let State { issuance, money, shop, customer, changes, cycle, .. } = state;
    (issuance, money, shop.lasting(), customer.lasting(), changes, cycle)
}

fn same_counters(one: &State, other: &State) -> bool {
    one.report() == other.report() && AccountStanding::of(one) == AccountStanding::of(other)
}

fn same_books(one: &State, other: &State) -> bool {
    format!("{:?}", books(one)) == format!("{:?}", books(other))
}

fn shown(state: &State) -> String {
    format!("{:#?}\n{:#?}\n{:#?}", state.report(), AccountStanding::of(state), books(state))
}

/// Rows that one of two accounts keeps and the other lacks.
type OneSided = (Vec<AttemptRow>, BTreeMap<(FeatureIndex, u32), Box<[f64]>>, Vec<Entry>);

fn take_rows(detail: Option<&mut Detail>) -> OneSided {
    let Some(Detail { attempts, quantities, journal, .. }) = detail else { return OneSided::default() };
    (mem::take(attempts), mem::take(quantities), mem::take(journal))
}

fn put_rows(detail: Option<&mut Detail>, rows: OneSided) {
    if let Some(detail) = detail {
        (detail.attempts, detail.quantities, detail.journal) = rows;
    }
}

impl State {
    /// A copy whose clocks stand at an instant before which everything has been handled, without what only one of two
    /// accounts has.
    fn stopped_at(&mut self, env: &Env, at: SimTime) -> State {
        let (rows, journal) = (take_rows(self.counts.detail()), self.books.put_journal(Journal::default()));
        let mut copy = self.clone();
        put_rows(self.counts.detail(), rows);
        self.books.put_journal(journal);
        copy.timers.advance(at);
        copy.gate.count(at);
        copy.watch.count_blocked(at);
        copy.books.stop_clocks(at);
        let clock = copy.window_clock(env);
        copy.meters.stop_at(env.meter_rules(copy.plan), clock);
        copy
    }
}

/// The first thing that two values print differently, with the path to it.
fn difference(one: &str, other: &str) -> String {
    /// A value whose parts follow.
    struct Open<'a> {
        indent: usize,
        name: Cow<'a, str>,
        /// The place of the next part, of a list.
        next: Option<usize>,
    }
    let mut open: Vec<Open<'_>> = Vec::new();
    for (line, otherwise) in one.lines().zip(other.lines()) {
        let text = line.trim();
        let indent = line.len() - text.len();
        let (name, value) = text.split_once(": ").unwrap_or(("", text));
        let closes = |line: &str| line.trim_start().starts_with(['}', ']', ')']);
        if line != otherwise && closes(line) != closes(otherwise) {
            let path = path_of(open.iter().map(|open| &*open.name));
            return format!("`{path}` has more in it {}", if closes(line) { "there" } else { "here" });
        }
        open.retain(|open| open.indent < indent);
        if closes(line) {
            continue;
        }
        let name = match open.last_mut().and_then(|open| open.next.as_mut()) {
            Some(place) => {
                *place += 1;
                Cow::from(format!("[{}]", *place - 1))
            }
            None => Cow::from(name),
        };
        if line != otherwise {
            let path = path_of(open.iter().map(|open| &*open.name).chain([&*name]));
            let otherwise = otherwise.trim();
            let otherwise = otherwise.split_once(": ").map_or(otherwise, |(_, value)| value);
            let [here, there] = [value, otherwise].map(|value| value.trim_end_matches(','));
            return format!("`{path}` is {here}, and {there} there");
        }
        if text.ends_with(['{', '[', '(']) {
            open.push(Open { indent, name, next: text.ends_with('[').then_some(0) });
        }
    }
    String::from("one of them has more in it")
}

fn path_of<'a>(names: impl Iterator<Item = &'a str>) -> String {
    names.filter(|name| !name.is_empty()).collect::<Vec<_>>().join(".").replace(".[", "[")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[derive(Debug)]
    #[expect(dead_code, reason = "printed")]
    struct Outer {
        name: u32,
        parts: Vec<Inner>,
    }

    #[derive(Debug)]
    #[expect(dead_code, reason = "printed")]
    struct Inner {
        count: u32,
        last: Option<u32>,
    }

    #[test]
    fn the_first_difference_is_told_with_its_path() {
        let value = |count, last| Outer {
            name: 7,
            parts: vec![Inner { count: 1, last: None }, Inner { count, last }],
        };
        let told = |one: Outer, other: Outer| difference(&format!("{one:#?}"), &format!("{other:#?}"));
        let short = |mut outer: Outer| {
            outer.parts.truncate(1);
            outer
        };
        assert_eq!(told(value(1, None), value(2, None)), "`parts[1].count` is 1, and 2 there");
        assert_eq!(told(value(1, None), value(1, Some(3))), "`parts[1].last` is None, and Some( there");
        assert_eq!(told(value(1, None), short(value(1, None))), "`parts` has more in it here");
        assert_eq!(told(short(value(1, None)), value(1, None)), "`parts` has more in it there");
    }
}
