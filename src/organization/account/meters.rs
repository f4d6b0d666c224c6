//! Meters: what limits have counted, in their windows (docs/semantics.md §15).
//!
//! Owns, for each limit and each of its owners, what is used, the window that is open, what work in the trace reserves, and
//! the queue of those who wait for room. Leaves who is inside a limit to `meter_rules`, and what follows from a lack of room
//! to the conductor. Invariants: a meter moves on to the present before it is read; what is given back is taken off only in
//! the window of its charge.

mod anew;
mod trace;
mod waiting;

use std::collections::{BTreeMap, VecDeque};

use crate::deliberate::Deliberate;
use crate::policy::LimitWindow;
use crate::units::{Credits, SimTime};

use super::gate::NeedOfRoom;
use super::meter::{EndedWindows, FixedWindow, LimitMeter};
use super::meter_prices::to_nanos;
use super::meter_rules::{MeterRule, WindowClock};
use super::past_windows::{EnteredAt, TraceEntries};

/// What a count did to a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeterRise {
    /// Used before, and after.
    pub(super) used: (Credits, Credits),
    /// By how much what is used beyond the amount has risen.
    pub(super) overrun: Credits,
    /// It counts in a window that has ended, or in none.
    pub(super) past: Option<PastRise>,
}

impl MeterRise {
    /// The same of a limit that is not overrun, because another one is asked in its place.
    pub(super) fn unless(self, stands_behind: bool) -> MeterRise {
        if stands_behind { MeterRise { overrun: Credits::ZERO, ..self } } else { self }
    }
}

/// The window that something counts in that has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PastRise {
    pub(super) until: SimTime,
    /// What is used of it has reached the amount.
    pub(super) fills: bool,
}

/// What a meter loses.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum GivenBack {
    /// So much of what it counts.
    Counted(Credits),
    /// What charges were worth (millionths of a nano-unit).
    Worth(i128),
}

/// What somebody says who was asked to raise a meter's amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct RaiseAnswer {
    pub(super) limit: u16,
    pub(super) owner: u16,
    /// By how much; none is a no.
    pub(super) raise: Option<Credits>,
}

/// What is the same for all meters of a limit.
#[derive(Debug, Clone, Default)]
struct MetersOfLimit {
    /// By owner, as far as anybody has been looked at.
    by_owner: Vec<LimitMeter>,
    fixed: FixedWindow,
}

/// What lasts of a meter, alike whichever way an account has gone: limit, owner, what is used, until when a window is open
/// that the first use has opened, and what counts in a rolling window.
pub(super) type MeterStanding = (usize, usize, i128, Option<SimTime>, VecDeque<(SimTime, Credits)>);

/// All meters of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Meters {
    /// By limit.
    limits: Vec<MetersOfLimit>,
    /// Who waits for a meter's room, by limit and owner; nothing empty.
    queues: BTreeMap<(u16, u16), VecDeque<u32>>,
    /// How many banked resets of each issue are used, by the first limit that they reset, which of the resets that name it first
    /// it is, and the owner.
    banked: BTreeMap<(u16, u16, u16), Vec<u32>>,
    /// What people will say whom somebody has asked to raise an amount, or have said.
    answers: Vec<RaiseAnswer>,
    /// Operations that end in the trace.
    pub(super) entries: TraceEntries,
    /// How often a first use has opened a window, or a limit has begun anew.
    turn: u32,
    /// The turn at which windows that have ended were forgotten last, and how many were left.
    forgot: (u32, usize),
    /// Somebody whom a limit has refused waits for something to change.
    waits: bool,
    /// When time has brought room last.
    opened_at: Option<SimTime>,
    /// What lasts of each meter where the account was stopped.
    standing: Vec<MeterStanding>,
}

/// So many windows are opened at least before any that have ended are forgotten.
const FORGET_FROM: usize = 256;

/// How much of an amount is counted: all of it.
#[inline]
fn to_count(amount: Credits) -> Credits {
    if Deliberate::LimitsCountNothing.is_made() { Credits::ZERO } else { amount }
}

/// Changes what is used of a meter, and says what that did.
#[inline]
fn counted(
    meter: &mut LimitMeter,
    (rule, owner): (&MeterRule, u16),
    change: impl FnOnce(&mut LimitMeter),
) -> MeterRise {
    let before = meter.used(rule.window);
    change(meter);
    let after = meter.used(rule.window);
    let most = rule.most_of(owner).map(|most| most + meter.raised);
    MeterRise { used: (before, after), overrun: overrun((before, after), most), past: None }
}

/// The rise of what is used beyond an amount.
#[inline]
fn overrun((before, after): (Credits, Credits), most: Option<Credits>) -> Credits {
    let beyond = |used: Credits| most.map_or(Credits::ZERO, |most| (used - most).positive_part());
    (beyond(after) - beyond(before)).positive_part()
}

/// Counts for an operation, in the window that is open or in the one in which it started.
#[inline]
fn counted_of(
    meter: &mut LimitMeter,
    (rule, owner): (&MeterRule, u16),
    (amount, entered): (Credits, EnteredAt),
    now: SimTime,
) -> MeterRise {
    if meter.counts_in_past(rule.window, now) {
        return counted_in_past(meter, (amount, entered), now);
    }
    counted(meter, (rule, owner), |meter| meter.count(rule.window, amount, now))
}

#[cold]
fn counted_in_past(
    meter: &mut LimitMeter,
    (amount, entered): (Credits, EnteredAt),
    now: SimTime,
) -> MeterRise {
    let Some((before, window)) = meter.count_in_past(entered, amount, now) else {
        let nowhere = Some(PastRise { until: now, fills: false });
        return MeterRise { used: (Credits::ZERO, Credits::ZERO), overrun: Credits::ZERO, past: nowhere };
    };
    let used = (before, window.used);
    let past = PastRise { until: window.until, fills: window.is_filled_from(before) };
    MeterRise { used, overrun: overrun(used, window.most), past: Some(past) }
}

impl MetersOfLimit {
    /// An owner's meter at the present.
    #[inline]
    fn at(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) -> &mut LimitMeter {
        let place = usize::from(owner);
        if place >= self.by_owner.len() {
            self.by_owner.resize(place + 1, LimitMeter::default());
        }
        let meter = &mut self.by_owner[place];
        meter.move_on(rule.window, &mut self.fixed, clock, || rule.most_of(owner));
        meter
    }

    /// Every owner's meter at the present.
    fn all(
        &mut self,
        rule: &MeterRule,
        clock: WindowClock<'_>,
    ) -> impl Iterator<Item = (usize, &mut LimitMeter)> {
        let MetersOfLimit { by_owner, fixed } = self;
        by_owner.iter_mut().enumerate().map(move |(owner, meter)| {
            meter.move_on(rule.window, fixed, clock, || rule.most_of(owner as u16));
            (owner, meter)
        })
    }
}

impl Meters {
    #[inline]
    fn of(&mut self, limit: u16) -> &mut MetersOfLimit {
        let limit = usize::from(limit);
        if limit >= self.limits.len() {
            self.limits.resize(limit + 1, MetersOfLimit::default());
        }
        &mut self.limits[limit]
    }

    #[inline]
    fn at(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) -> &mut LimitMeter {
        self.of(rule.id).at(rule, owner, clock)
    }

    /// True if an owner's meter has room besides what is reserved outside the trace.
    #[inline]
    pub(super) fn has_room(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        most: Credits,
        (need, reserved): (NeedOfRoom, Credits),
        clock: WindowClock<'_>,
    ) -> bool {
        let meter = self.at(rule, owner, clock);
        meter.has_room(rule.window, most + meter.raised, need, reserved + meter.in_trace)
    }

    /// What is left of an owner's amount besides what is used, and reserved outside the trace.
    pub(super) fn room_left(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        most: Credits,
        reserved: Credits,
        clock: WindowClock<'_>,
    ) -> Credits {
        let meter = self.at(rule, owner, clock);
        meter.room_left(rule.window, most + meter.raised, reserved + meter.in_trace)
    }

    /// What an owner has used, at the present.
    #[inline]
    pub(super) fn used(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) -> Credits {
        self.at(rule, owner, clock).used(rule.window)
    }

    /// An owner's meter has no room for an operation, which its limit refuses or not; true the first time.
    pub(super) fn lacks(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        refuses: bool,
        clock: WindowClock<'_>,
    ) -> bool {
        self.at(rule, owner, clock).lacks(clock.now, refuses)
    }

    /// All of an owner's amount is used.
    pub(super) fn fills(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) {
        self.at(rule, owner, clock).fills(clock.now);
    }

    /// An owner's meter as it stands; none if nobody has looked at it yet.
    pub(super) fn meter(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        clock: WindowClock<'_>,
    ) -> Option<&LimitMeter> {
        let known = self.limits.get(usize::from(rule.id))?.by_owner.len() > usize::from(owner);
        known.then(|| &*self.at(rule, owner, clock))
    }

    /// Takes what became of the windows of all owners that have ended by now.
    pub(super) fn take_ended_windows(&mut self, rule: &MeterRule, clock: WindowClock<'_>) -> EndedWindows {
        let mut all = EndedWindows::default();
        for (_, meter) in self.of(rule.id).all(rule, clock) {
            let ended = std::mem::take(&mut meter.ended);
            all.windows += ended.windows;
            all.exhausted += ended.exhausted;
            all.unused += ended.unused;
            all.offered += ended.offered;
        }
        all
    }

    /// Windows that have ended by now have ended by these rules, whether or not anybody has looked at their meters since.
    pub(super) fn settle(&mut self, rules: &[MeterRule], clock: WindowClock<'_>) {
        for rule in rules {
            self.of(rule.id).all(rule, clock).for_each(drop);
        }
    }

    /// What is counted begins anew: nobody has met any limit, and windows that have ended by now do not count, whether or not
    /// anybody has looked at their meters since.
    pub(super) fn begin_measuring(&mut self, rules: &[MeterRule], clock: WindowClock<'_>) {
        self.settle(rules, clock);
        self.limits.iter_mut().flat_map(|of| &mut of.by_owner).for_each(LimitMeter::begin_measuring);
    }

    /// An operation inside the limit starts: a window that the first use opens is open.
    #[inline]
    pub(super) fn open(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) {
        if rule.window.has_ends() && self.at(rule, owner, clock).enter(rule.window, clock.now) {
            self.window_opens(rule, owner);
        }
    }

    /// A first use has opened a window.
    #[cold]
    fn window_opens(&mut self, rule: &MeterRule, owner: u16) {
        self.turn += 1;
        self.of(rule.id).by_owner[usize::from(owner)].opened = self.turn;
    }

    /// The end of the window that is open at the present: fixed, or opened by the first use. None if none is open, or there
    /// is no end.
    pub(super) fn open_until(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        clock: WindowClock<'_>,
    ) -> Option<SimTime> {
        let meter = self.at(rule, owner, clock);
        meter.is_open(clock.now).then_some(meter.window.1)
    }

    /// Counts for an owner, of an operation that has entered then.
    #[inline]
    pub(super) fn count(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        (amount, entered): (Credits, EnteredAt),
        clock: WindowClock<'_>,
    ) -> MeterRise {
        let meter = self.at(rule, owner, clock);
        counted_of(meter, (rule, owner), (to_count(amount), entered), clock.now)
    }

    /// What counts of charges of an owner that are worth so much.
    pub(super) fn money_counted(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        exact: i128,
        clock: WindowClock<'_>,
    ) -> Credits {
        let meter = self.at(rule, owner, clock);
        // What adds to a window after its end is rounded by itself.
        if meter.counts_in_past(rule.window, clock.now) {
            to_nanos(exact)
        } else {
            meter.money_counted(exact)
        }
    }

    /// The newest value of an owner takes the place of what is used.
    pub(super) fn replace(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        value: Credits,
        clock: WindowClock<'_>,
    ) -> MeterRise {
        self.change(rule, owner, clock, |meter| meter.replace(value))
    }

    /// Counts what was incurred at an earlier instant in the window of that instant; none if that has ended.
    pub(super) fn count_late(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        (at, amount): (SimTime, Credits),
        clock: WindowClock<'_>,
    ) -> Option<MeterRise> {
        let mut counted = false;
        let rise = self.change(rule, owner, clock, |meter| {
            counted = meter.count_late(rule.window, amount, (at, clock.now));
        });
        counted.then_some(rise)
    }

    #[inline]
    fn change(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        clock: WindowClock<'_>,
        change: impl FnOnce(&mut LimitMeter),
    ) -> MeterRise {
        counted(self.at(rule, owner, clock), (rule, owner), change)
    }

    /// How often a first use has opened a window, or a limit has begun anew: an operation that starts now has entered then.
    #[inline]
    pub(super) fn turn(&self) -> u32 {
        self.turn
    }

    /// Windows have been opened since those that have ended were forgotten last, as many as that is worth looking at.
    #[inline]
    pub(super) fn remember_many(&self) -> bool {
        (self.turn - self.forgot.0) as usize > self.forgot.1.max(FORGET_FROM)
    }

    /// Forgets windows that have ended in which nothing started that can still be charged: all that is alive besides the trace
    /// has started at this turn or later.
    pub(super) fn forget_before(&mut self, turn: u32) {
        let turn = turn.min(self.entries.oldest());
        let mut left = 0;
        for meter in self.limits.iter_mut().flat_map(|of| &mut of.by_owner) {
            meter.past.forget_before(turn, meter.opened);
            left += meter.past.len();
        }
        self.forgot = (self.turn, left);
    }

    /// The account is stopped: notes what lasts of all meters of these limits at the present.
    pub(super) fn stop_at(&mut self, rules: &[MeterRule], clock: WindowClock<'_>) {
        let mut standing = Vec::new();
        for rule in rules {
            for (owner, meter) in self.of(rule.id).all(rule, clock) {
                let first_use = matches!(rule.window, LimitWindow::FirstUse(_));
                let until = (first_use && meter.is_open(clock.now)).then_some(meter.window.1);
                if meter.used != 0 || until.is_some() || !meter.recent.is_empty() {
                    let id = usize::from(rule.id);
                    standing.push((id, owner, meter.used, until, meter.recent.clone()));
                }
            }
        }
        self.standing = standing;
    }

    /// What lasts of each meter where the account was stopped.
    pub(super) fn standing(&self) -> &[MeterStanding] {
        &self.standing
    }
}
