//! Limits in bulk intervals: how far an interval may go before a meter is asked, or meters asked about every event.
//!
//! Leaves what meters have counted to `meters`, and intervals to `bulk`. Invariants: an interval ends before an event with
//! which a limit has no room, is full, or tells anybody; meters end it as the loop over instants would have left them.

use crate::policy::{LimitOwner, LimitUnit, LimitWindow};
use crate::units::{Credits, FeatureIndex, SimTime};

use super::super::bulk::{AsksMeters, BulkReach, Joining};
use super::super::counts::{BulkCount, Counts};
use super::super::env::Env;
use super::super::gate::NeedOfRoom;
use super::super::meter_rules::{ChainsAsked, MeterRule, ONE, RoomAsker, WindowClock};
use super::super::meters::Meters;
use super::super::past_windows::EnteredAt;
use super::State;
use super::fast::asker_of;
use super::in_bulk::constant_estimate;
use crate::organization::{BatchSlice, EventKind, TraceEvent};

/// An interval that ended sooner was not worth its beginning: meters are asked about the next events.
const SHORT: usize = 32;
/// So many events are asked about before another interval is tried.
const ASKED: usize = 96;

/// What is known of limits before any operation has come.
#[derive(Debug, Clone, Default)]
pub(super) struct LimitsAhead {
    /// Per feature: the room that its operations need, if they are part of intervals.
    needs: Vec<Option<NeedOfRoom>>,
    /// Sums over an interval tell all that every limit counts.
    sums_suffice: bool,
    /// Some limit asks whose project an operation that ends in the trace was of, or in which window it started.
    keeps_entries: bool,
    /// The last interval was short.
    was_short: bool,
}

impl LimitsAhead {
    pub(super) fn new(env: &Env, joinings: &[Joining]) -> LimitsAhead {
        let rules = env.meter_rules(env.first_plan);
        if rules.is_empty() {
            return LimitsAhead::default();
        }
        let need = |(index, joining): (usize, &Joining)| {
            let feature = FeatureIndex(index as u16);
            let estimate = constant_estimate(env, env.terms(env.first_plan), feature).unwrap_or_default();
            let joins = matches!(joining, Joining::Always { .. });
            joins.then(|| env.check(env.first_plan, feature).room_needed(estimate))
        };
        let held = joinings.iter().any(|joining| matches!(joining, Joining::Always { held: Some(_), .. }));
        LimitsAhead {
            needs: joinings.iter().enumerate().map(need).collect(),
            sums_suffice: !held && rules.iter().all(sums_suffice),
            keeps_entries: rules.iter().any(asks_of_entries),
            was_short: false,
        }
    }

    /// True if some limit asks of operations that end in the trace what that does not tell.
    pub(super) fn keeps_entries(&self) -> bool {
        self.keeps_entries
    }

    /// An interval of so many events has ended in which meters were asked, or not.
    pub(super) fn ended(&mut self, taken: usize, asked: bool) {
        self.was_short = !asked && taken < SHORT;
    }
}

/// True if a limit asks of an operation that ends in the trace what that does not tell.
fn asks_of_entries(rule: &MeterRule) -> bool {
    rule.per == LimitOwner::Project || rule.charges_past_windows()
}

/// True if all that a limit counts in one window is told by sums over its events.
fn sums_suffice(rule: &MeterRule) -> bool {
    let in_order = matches!(rule.window, LimitWindow::Rolling(_) | LimitWindow::Refill { .. });
    rule.per == LimitOwner::Organization && rule.holds_everybody() && !in_order && !rule.is_chained()
}

impl State {
    /// Keeps an interval within what every limit has room for, or has meters asked about its events.
    pub(super) fn keep_within_limits(&mut self, env: &Env, reach: &mut BulkReach) {
        if env.meter_rules(self.plan).is_empty() {
            return;
        }
        self.forget_past_windows();
        if !self.limits_ahead.sums_suffice {
            reach.asks_meters = true;
        } else if self.limits_ahead.was_short || self.bound_by_room(env, reach).is_none() {
            (reach.asks_meters, reach.events) = (true, ASKED);
        }
    }

    /// Bounds an interval by the room of every limit, as if each of its events were inside; none if that lets nothing pass.
    fn bound_by_room(&mut self, env: &Env, reach: &mut BulkReach) -> Option<()> {
        let clock = self.window_clock(env);
        let (mut credits, mut events, mut until) = (reach.credits, reach.events, reach.until);
        for rule in env.meter_rules(self.plan) {
            let used = self.meters.used(rule, 0, clock);
            match rule.window {
                LimitWindow::Fixed { .. } | LimitWindow::FirstUse(_) => {
                    until = until.min(self.meters.open_until(rule, 0, clock)?);
                }
                LimitWindow::Life | LimitWindow::Rolling(_) | LimitWindow::Refill { .. } => {}
            }
            let Some(most) = rule.most_of(0) else { continue };
            let reserved = self.reserved(rule, 0) + self.meters.in_trace(rule.id, 0);
            let counted = if rule.unit == LimitUnit::InFlight { reserved } else { used };
            // What is in flight falls and rises, so that it may reach again what it has passed.
            let passed = if rule.unit == LimitUnit::InFlight { Credits::ZERO } else { used };
            let to_level = rule.next_level(0, passed).map_or(Credits::MAX, |level| level - counted);
            if rule.unit == LimitUnit::Credits {
                let room =
                    if rule.is_hard() { self.room_left(rule, most - used - reserved) } else { Credits::MAX };
                credits = credits.min(room.min(to_level));
                continue;
            }
            let room = if rule.is_hard() { most - counted } else { Credits::MAX };
            // What reaches a level is told of, what reaches the amount has had room.
            let before = Credits::from_micros(to_level.micros() - 1);
            let starts = room.min(before).micros().div_euclid(ONE.micros());
            events = events.min(usize::try_from(starts).unwrap_or(0));
        }
        if events == 0 || !credits.is_positive() {
            return None;
        }
        (reach.credits, reach.events, reach.until) = (credits, events, until);
        Some(())
    }

    /// What may be charged, exclusively, so that every operation of an interval has room, if there is so much room now.
    fn room_left(&self, rule: &MeterRule, room: Credits) -> Credits {
        let inside = |index: usize| rule.holds(FeatureIndex(index as u16));
        let needs = self.limits_ahead.needs.iter().enumerate().filter(|(index, _)| inside(*index));
        let most = |need: &NeedOfRoom| match *need {
            NeedOfRoom::Any => room,
            NeedOfRoom::Whole(need) | NeedOfRoom::Newest(need) => room - need + Credits::EPSILON,
        };
        needs.filter_map(|(_, need)| need.as_ref()).map(most).min().unwrap_or(Credits::MAX)
    }

    /// Counts what an interval that asked no meter comes to of a feature.
    pub(super) fn count_within_limits(&mut self, env: &Env, feature: FeatureIndex, count: BulkCount) {
        let clock = self.window_clock(env);
        for rule in env.meter_rules(self.plan).iter().filter(|rule| rule.holds(feature)) {
            let amount = match rule.unit {
                LimitUnit::Credits => count.ended_credits,
                LimitUnit::Quantity(_) | LimitUnit::Money => continue,
                LimitUnit::Operations => Credits::from_whole(count.arrived as i64),
                LimitUnit::InFlight => {
                    let more = Credits::from_whole(count.arrived as i64 - count.ended as i64);
                    self.meters.reserve_in_trace(rule, 0, more, clock);
                    continue;
                }
            };
            if count.arrived > 0 {
                self.meters.open(rule, 0, clock);
            }
            // What ends in the interval ends in the window that is open.
            let overrun = self.meters.count((rule, 0), (amount, EnteredAt::NOWHERE), clock).overrun;
            if overrun.is_positive() {
                self.counts.limit(rule.id).overran(overrun);
            }
        }
    }

    /// Keeps where operations have started that an interval which asked no meter leaves at work. No window has been opened in it.
    pub(super) fn keep_entries(&mut self, events: &[TraceEvent]) {
        if !self.limits_ahead.keeps_entries {
            return;
        }
        let turn = self.meters.turn();
        for event in events.iter().filter(|event| self.bulk.counts(event)) {
            match event.class.kind() {
                EventKind::End => self.meters.entries.ends(event.slot),
                // Where projects are asked for every event is.
                EventKind::Arrival | EventKind::Special => self.meters.entries.starts(event.slot, 0, turn),
            }
        }
    }

    /// What operations that are followed reserve of limits, by place of the limit and owner.
    pub(super) fn reserved_by_followed(&self, env: &Env) -> Vec<(u16, u16, Credits)> {
        let rules = env.meter_rules(self.plan);
        let mut reserved = Vec::new();
        for (slot, work) in self.flight.slots() {
            let held = work.hold().map(|hold| self.books.ledger().hold(hold).amount);
            if held.is_none() && !work.is_in_flight() {
                continue;
            }
            for rule in rules {
                let amount = match rule.unit {
                    LimitUnit::Operations | LimitUnit::Quantity(_) | LimitUnit::Money => continue,
                    LimitUnit::InFlight => Credits::from_whole(i64::from(work.is_in_flight())),
                    LimitUnit::Credits => held.unwrap_or_default(),
                };
                if let Some(owner) = rule.owner_of(self.asker(slot)) {
                    reserved.push((rule.id, owner, amount));
                }
            }
        }
        reserved
    }

    /// Meters, asked about the events of a piece of the trace.
    pub(super) fn asked_meters<'a>(
        meters: &'a mut Meters,
        counts: &'a mut Counts,
        ahead: &'a LimitsAhead,
        (rules, given, clock): (&'a [MeterRule], &'a [BatchSlice<'a>], WindowClock<'a>),
        reserved: Vec<(u16, u16, Credits)>,
    ) -> AskedMeters<'a> {
        let LimitsAhead { needs, keeps_entries, .. } = ahead;
        AskedMeters { meters, counts, needs, rules, keeps_entries: *keeps_entries, given, clock, reserved }
    }
}

/// Meters that are asked about every event of an interval.
pub(super) struct AskedMeters<'a> {
    meters: &'a mut Meters,
    counts: &'a mut Counts,
    needs: &'a [Option<NeedOfRoom>],
    rules: &'a [MeterRule],
    /// Some limit asks whose project an operation that ends was of, or in which window it started.
    keeps_entries: bool,
    given: &'a [BatchSlice<'a>],
    clock: WindowClock<'a>,
    /// By operations that are followed: limit, owner, how much.
    reserved: Vec<(u16, u16, Credits)>,
}

impl AsksMeters for AskedMeters<'_> {
    fn take(&mut self, event: &TraceEvent, held: Credits) -> bool {
        self.at(event.at);
        match event.class.kind() {
            EventKind::End => self.ends(event, held),
            EventKind::Arrival | EventKind::Special => self.arrives(event, held),
        }
    }
}

impl AskedMeters<'_> {
    fn at(&mut self, now: SimTime) {
        self.clock.now = now;
    }

    fn reserved(&self, rule: &MeterRule, owner: u16) -> Credits {
        let same = |(limit, who, _): &&(u16, u16, Credits)| (*limit, *who) == (rule.id, owner);
        self.reserved.iter().filter(same).map(|(.., amount)| *amount).sum()
    }

    fn arrives(&mut self, event: &TraceEvent, held: Credits) -> bool {
        let batch = self.given[usize::from(event.source)].batch;
        let asker = RoomAsker::of(&batch.operations[event.number as usize]);
        if !self.let_in(asker) {
            return false;
        }
        for rule in self.rules {
            let Some(owner) = rule.owner_of(asker) else { continue };
            let overrun = self.meters.enters((rule, owner), held, self.clock);
            if !rule.stands_behind(self.rules, asker) {
                overran(self.counts, rule, overrun);
            }
        }
        if self.keeps_entries {
            self.meters.entries.starts(event.slot, asker.project, self.meters.turn());
        }
        true
    }

    /// True if every limit has room for an operation that arrives, and none tells anybody of it.
    fn let_in(&mut self, asker: RoomAsker) -> bool {
        let mut chains = ChainsAsked::default();
        for rule in self.rules {
            let Some(owner) = rule.owner_of(asker) else { continue };
            let need = || match rule.unit {
                LimitUnit::Credits => self.needs[asker.serves.index()].unwrap_or(NeedOfRoom::Any),
                // Limits of quantities and of money leave nothing to the trace.
                LimitUnit::Operations | LimitUnit::InFlight | LimitUnit::Quantity(_) | LimitUnit::Money => {
                    NeedOfRoom::Whole(ONE)
                }
            };
            let asked = chains.ask(rule, owner).map(|most| (most, need()));
            let reserved = self.reserved(rule, owner);
            if !self.meters.lets_in((rule, owner), asked, reserved, self.clock) {
                return false;
            }
        }
        true
    }

    fn ends(&mut self, event: &TraceEvent, held: Credits) -> bool {
        let entry = if self.keeps_entries { self.meters.entries.of(event.slot) } else { (0, 0) };
        let (asker, cost, clock) = (asker_of(event, entry), event.cost, self.clock);
        let mut of_credits = self.rules.iter().filter(|rule| rule.unit == LimitUnit::Credits);
        let tells = of_credits.any(|rule| {
            rule.owner_of(asker).is_some_and(|owner| self.meters.would_tell((rule, owner), cost, clock))
        });
        if tells {
            return false;
        }
        for rule in self.rules {
            let Some(owner) = rule.owner_of(asker) else { continue };
            let Some(rise) = self.meters.leaves((rule, owner), (cost, held), entry.1, clock) else {
                continue;
            };
            if !rule.stands_behind(self.rules, asker) {
                overran(self.counts, rule, rise.overrun);
            }
            if rise.past.is_some_and(|past| past.fills) {
                self.counts.limit(rule.id).filled(clock.now);
            }
        }
        if self.keeps_entries {
            self.meters.entries.ends(event.slot);
        }
        true
    }
}

fn overran(counts: &mut Counts, rule: &MeterRule, rise: Credits) {
    if rise.is_positive() {
        counts.limit(rule.id).overran(rise);
    }
}
