//! Bulk intervals: plain operations arrive and end, no balance comes near a threshold, no timer is due.
//!
//! That is most of most accounts' lives, and in it nothing can be told from the order of charges. So the events of the
//! trace are only summed, in a loop without calls. Owns how each class of events is taken, what an interval sums up to,
//! and the account's side of the trace: ends to pass over, holds of operations that end in it. Leaves how far an account
//! may go, and the books, to the conductor. Invariant: an interval takes only what gate and watch say nothing about; it
//! stops before whatever it cannot do.

use crate::deliberate::Deliberate;
use crate::ledger::{HoldId, Ledger, LotSerial};
use crate::units::{Credits, FeatureIndex, SimTime};

use super::super::sums::most_in_flight;
use super::super::{Count, EntryRule, EventClass, EventKind, TraceEvent, TraceSlice};
use super::counts::BulkCount;
use super::slot_set::SlotSet;

/// How the operations of a feature are part of bulk intervals.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Joining {
    /// They are free.
    Free,
    /// They are not; they may end in the trace or not.
    Never { ends_in_trace: bool },
    /// They are: their check passes at balances above `floor`, and reserves `held`, if there are holds.
    Always { floor: Credits, held: Option<Credits>, pins: bool },
}

/// How far an account may go in bulk.
#[derive(Debug, Clone, Copy)]
pub(super) struct BulkReach {
    /// May be charged, exclusively.
    pub(super) credits: Credits,
    /// Events before this instant only.
    pub(super) until: SimTime,
    /// The first lot with unreserved credits, which burns and is reserved next.
    pub(super) lot: LotSerial,
    /// Its unreserved credits.
    pub(super) free: Credits,
    /// They must stay above this …
    pub(super) least: Credits,
    /// … and below this.
    pub(super) most: Credits,
    /// Some balance is below some threshold: each is kept to by itself.
    pub(super) low: bool,
    /// At most so many events.
    pub(super) events: usize,
    /// Meters are asked about every event, so that running sums do not tell enough.
    pub(super) asks_meters: bool,
}

/// What meters of limits say of an event, in whose order they are asked.
pub(super) trait AsksMeters {
    /// True if the event is part of the interval, which has then been counted; `held` is what it reserves, or reserved.
    fn take(&mut self, event: &TraceEvent, held: Credits) -> bool;
}

/// What an interval needs to know of the account as it begins.
#[derive(Debug, Clone, Copy)]
pub(super) struct BulkStart<'a> {
    pub(super) now: SimTime,
    pub(super) in_flight: u32,
    /// Most operations in flight so far.
    pub(super) most_in_flight: u32,
    pub(super) ledger: &'a Ledger,
}

/// What an interval came to.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BulkSum {
    /// Events taken.
    pub(super) taken: usize,
    /// Charged (micro-credits).
    burned: i64,
    /// Held and not needed (micro-credits).
    unused: i64,
    /// Holds begun in the interval and not ended in it.
    left_open: usize,
    pub(super) in_flight: i64,
    pub(super) most_in_flight: i64,
    /// Σ steps · (time since the interval began) (µs).
    pub(super) area: i64,
}

impl BulkSum {
    /// Charged in all.
    pub(super) fn burned(&self) -> Credits {
        Credits::from_micros(self.burned)
    }

    /// Held and not needed.
    pub(super) fn unused(&self) -> Credits {
        Credits::from_micros(self.unused)
    }
}

/// How an interval takes the events of a class.
#[derive(Debug, Clone, Copy, Default)]
struct BulkRule {
    /// May be part of an interval.
    joins: bool,
    /// An end; of one that was not admitted at its arrival it has to be passed over.
    ends: bool,
    /// What it adds to the number of operations in flight.
    step: i64,
    /// All ones where the cost is charged, else 0.
    burns: i64,
    /// The amount of the hold that an operation of the feature is admitted by (micro-credits), or 0.
    hold: i64,
    /// What the event adds to unreserved credits besides its charge (micro-credits).
    frees: i64,
    pins: bool,
}

/// The hold of an operation that ends in the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum TraceHold {
    /// It has none.
    #[default]
    None,
    /// It has one that the ledger has not heard of, because the interval in which it began is not over.
    Open,
    /// It has this one.
    Booked(HoldId),
}

/// What an interval needs to know, and what it counts.
#[derive(Debug, Clone, Default)]
pub(super) struct BulkInterval {
    /// Per class of events.
    rules: Vec<BulkRule>,
    /// Per class, since the interval began.
    counts: Vec<Count>,
    /// Every check passes at balances above this.
    floor: Credits,
    /// Some paid feature joins.
    any: bool,
    /// Some feature that joins is admitted by holds.
    holds: bool,
    /// Every feature that ends in the trace has joined.
    takes_all: bool,
    /// Slots of the trace whose operations are followed or were turned away: their ends mean nothing here.
    passed_over: SlotSet,
    /// Per slot of the trace: the hold of its operation.
    trace_holds: Vec<TraceHold>,
    /// Scratch: holds from before the interval that have ended in it.
    ended: Vec<HoldId>,
    /// Scratch: slots of operations that the interval leaves in flight, and what holds them.
    left: Vec<(u32, EventClass)>,
}

#[cfg(test)]
thread_local! {
    /// Bulk intervals of accounts on this thread are wrong by a credit, to test that this does not go unnoticed.
    pub(crate) static SPOILS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// A test asks for wrong bulk intervals, or they are an error that is made on purpose.
#[inline]
fn is_spoilt() -> bool {
    #[cfg(test)]
    if SPOILS.get() {
        return true;
    }
    Deliberate::BulkIntervalChargesMore.is_made()
}

fn classes(feature: FeatureIndex) -> [usize; 2] {
    [EventKind::Arrival, EventKind::End].map(|kind| EventClass::new(feature, kind).index())
}

impl BulkInterval {
    /// Of features that join so, in file order.
    pub(super) fn new(features: &[Joining]) -> BulkInterval {
        let classes = EventClass::count(features.len());
        let (rules, counts) = (vec![BulkRule::default(); classes], vec![Count::default(); classes]);
        let mut interval = BulkInterval { rules, counts, ..BulkInterval::default() };
        for (index, joining) in features.iter().enumerate() {
            interval.join(FeatureIndex(index as u16), *joining);
        }
        interval
    }

    /// Lets a feature's operations be part of intervals, if they can.
    fn join(&mut self, feature: FeatureIndex, joining: Joining) {
        let [arrives, ends] = classes(feature);
        match joining {
            Joining::Free => self.rules[arrives].joins = true,
            // What never ends in the trace need not stop an interval there.
            Joining::Never { ends_in_trace } => self.rules[ends].joins = !ends_in_trace,
            Joining::Always { floor, held, pins } => {
                self.floor = self.floor.max(floor);
                self.any = true;
                self.holds |= held.is_some();
                let held = held.unwrap_or_default().micros();
                let plain = BulkRule { joins: true, hold: held, pins, ..BulkRule::default() };
                self.rules[arrives] = BulkRule { step: 1, frees: -held, ..plain };
                self.rules[ends] = BulkRule { ends: true, step: -1, burns: -1, frees: held, ..plain };
            }
        }
    }

    /// Looks at a piece of the trace before its first event.
    pub(super) fn meet(&mut self, slice: &TraceSlice<'_>) {
        self.passed_over.make_room(slice.slots);
        self.trace_holds.resize(slice.slots as usize, TraceHold::None);
        let ends = |index: usize| classes(FeatureIndex(index as u16))[1];
        let enters = |entry: &EntryRule| !entry.free && entry.longest.is_some();
        let mut entering = slice.entries.iter().enumerate().filter(|(_, entry)| enters(entry));
        self.takes_all = entering.all(|(index, _)| self.rules[ends(index)].ends);
    }

    /// Some paid feature is part of intervals.
    pub(super) fn is_possible(&self) -> bool {
        self.any
    }

    /// Some feature that joins is admitted by holds.
    pub(super) fn has_holds(&self) -> bool {
        self.holds
    }

    /// Every check passes at balances above this.
    pub(super) fn floor(&self) -> Credits {
        self.floor
    }

    /// True if an event may be part of an interval.
    #[inline]
    pub(super) fn joins(&self, event: &TraceEvent) -> bool {
        self.rules[event.class.index()].joins
    }

    /// True if an event of an interval is of an operation that is checked and charged.
    #[inline]
    pub(super) fn counts(&self, event: &TraceEvent) -> bool {
        self.rules[event.class.index()].step != 0
    }

    /// The end of an operation in the trace means nothing here.
    pub(super) fn pass_over(&mut self, slot: u32) {
        self.passed_over.insert(slot);
    }

    /// True if the end of an operation means nothing here; it comes once.
    pub(super) fn passes_over(&mut self, slot: u32) -> bool {
        self.passed_over.remove(slot)
    }

    /// The operation in a slot of the trace is admitted by a hold.
    pub(super) fn hold_opens(&mut self, slot: u32, hold: HoldId) {
        self.trace_holds[slot as usize] = TraceHold::Booked(hold);
    }

    /// The hold of the operation in a slot, which ends.
    pub(super) fn take_hold(&mut self, slot: u32) -> TraceHold {
        std::mem::take(&mut self.trace_holds[slot as usize])
    }

    /// Takes as many events as it can from place `from` of a piece of the trace. `admits` is asked in debug builds whether
    /// an operation passes that reserves so much, after so much was charged and so much was freed of what is reserved
    /// [micro-credits]; `meters` about every event, if the reach says so.
    pub(super) fn take(
        &mut self,
        slice: &TraceSlice<'_>,
        from: usize,
        reach: &BulkReach,
        start: BulkStart<'_>,
        admits: impl Fn(EventClass, i64, i64, i64) -> bool,
        meters: &mut impl AsksMeters,
    ) -> BulkSum {
        let events = &slice.events[from..];
        let events = &events[..events.len().min(reach.events)];
        let unasked = &mut NoMeters;
        match (self.holds, self.passed_over.is_empty(), reach.asks_meters) {
            (false, true, false) if self.takes_all => self.stride(slice, from, reach, start, admits),
            (false, true, false) => self.walk::<false, false>(events, reach, start, admits, unasked),
            (false, false, false) => self.walk::<false, true>(events, reach, start, admits, unasked),
            (true, true, false) => self.walk::<true, false>(events, reach, start, admits, unasked),
            (true, false, false) => self.walk::<true, true>(events, reach, start, admits, unasked),
            (false, _, true) => self.walk::<false, true>(events, reach, start, admits, meters),
            (true, _, true) => self.walk::<true, true>(events, reach, start, admits, meters),
        }
    }

    /// An interval in which the account takes every event as it comes, so that running sums tell all about it.
    fn stride(
        &mut self,
        slice: &TraceSlice<'_>,
        from: usize,
        reach: &BulkReach,
        start: BulkStart<'_>,
        admits: impl Fn(EventClass, i64, i64, i64) -> bool,
    ) -> BulkSum {
        let TraceSlice { events, sums, .. } = *slice;
        let end = events.len().min(from.saturating_add(reach.events));
        let to = sums.reach(events, from, sums.next_special(from, end), reach.until, reach.credits);
        let in_flight = i64::from(start.in_flight);
        let mut sum = BulkSum { taken: to - from, in_flight, ..BulkSum::default() };
        if to == from {
            return sum;
        }
        debug_assert!(self.admitted(&events[from..to], admits), "the check refuses what an interval admits");
        sums.add_counts(events, from, to, &mut self.counts);
        let mut begun = 0;
        for (rule, count) in self.rules.iter().zip(&self.counts).filter(|(rule, _)| rule.step != 0) {
            let events = count.events as i64;
            begun += events * i64::from(rule.step > 0);
            sum.in_flight += rule.step * events;
            sum.burned += count.credits.micros() & rule.burns;
            // Modulo 2^64, as the sums of instants are; what they come to in the end is small.
            sum.area = sum.area.wrapping_add(rule.step.wrapping_mul(count.time_since(start.now)));
        }
        // Mostly the number of arrivals tells that there was no new maximum to look for.
        sum.most_in_flight = in_flight;
        if in_flight + begun > i64::from(start.most_in_flight) {
            sum.most_in_flight += most_in_flight(&events[from..to]);
        }
        sum
    }

    /// True if every operation of an interval without holds is admitted in which everything happens as it comes.
    fn admitted(&self, events: &[TraceEvent], admits: impl Fn(EventClass, i64, i64, i64) -> bool) -> bool {
        let mut burned = 0;
        events.iter().all(|event| {
            let rule = &self.rules[event.class.index()];
            burned += event.cost.micros() & rule.burns;
            rule.step <= 0 || admits(event.class, 0, burned, -burned)
        })
    }

    /// The loop over the events of an interval. With `PICKY` some ends have to be passed over.
    #[inline(always)]
    fn walk<const HOLDS: bool, const PICKY: bool>(
        &mut self,
        events: &[TraceEvent],
        reach: &BulkReach,
        start: BulkStart<'_>,
        admits: impl Fn(EventClass, i64, i64, i64) -> bool,
        meters: &mut impl AsksMeters,
    ) -> BulkSum {
        let BulkInterval { rules, counts, ended, passed_over, trace_holds, .. } = self;
        let in_flight = i64::from(start.in_flight);
        let mut sum = BulkSum { in_flight, most_in_flight: in_flight, ..BulkSum::default() };
        let mut free = reach.free.micros();
        for event in events {
            let rule = &rules[event.class.index()];
            if event.at >= reach.until || !rule.joins {
                break;
            }
            if PICKY && rule.ends && passed_over.contains(event.slot) {
                passed_over.remove(event.slot);
                sum.taken += 1;
                continue;
            }
            let cost = event.cost.micros() & rule.burns;
            let burned = sum.burned + cost;
            if burned >= reach.credits.micros() {
                break;
            }
            let freed = if HOLDS { free - reach.free.micros() } else { -sum.burned };
            debug_assert!(
                rule.step <= 0 || admits(event.class, rule.hold, sum.burned, freed),
                "the check refuses what an interval admits"
            );
            let left = free + rule.frees - cost;
            let mut ends = None;
            if HOLDS {
                if left <= reach.least.micros() || left >= reach.most.micros() {
                    break;
                }
                if rule.hold > 0 && rule.ends {
                    ends = match trace_holds[event.slot as usize] {
                        TraceHold::Booked(hold)
                            if !start.ledger.reserves_only(hold, reach.lot, rule.hold) =>
                        {
                            break;
                        }
                        TraceHold::Booked(hold) => Some(hold),
                        TraceHold::Open | TraceHold::None => None,
                    };
                }
            }
            if rule.step != 0 && !meters.take(event, Credits::from_micros(rule.hold)) {
                break;
            }
            if HOLDS {
                if rule.hold > 0 {
                    let slot = &mut trace_holds[event.slot as usize];
                    match ends {
                        _ if !rule.ends => (*slot, sum.left_open) = (TraceHold::Open, sum.left_open + 1),
                        Some(hold) => ended.push(hold),
                        None => sum.left_open -= 1,
                    }
                    if rule.ends {
                        *slot = TraceHold::None;
                        sum.unused += (rule.hold - cost).max(0);
                    }
                }
                free = left;
            }
            sum.burned = burned;
            sum.in_flight += rule.step;
            sum.most_in_flight = sum.most_in_flight.max(sum.in_flight);
            sum.area += rule.step * (event.at - start.now).micros();
            counts[event.class.index()].add(event);
            sum.taken += 1;
        }
        sum
    }

    /// Charges less holds of all operations that ended in the interval after they had been held.
    pub(super) fn beyond_holds(&self) -> Credits {
        let held = self.rules.iter().zip(&self.counts).filter(|(rule, _)| rule.ends && rule.hold > 0);
        held.map(|(rule, count)| count.credits - Credits::from_micros(rule.hold * count.events as i64)).sum()
    }

    /// What the interval counted of a feature, which is then forgotten, and the amount of the hold of each of its
    /// operations; none if there was nothing. Free operations have only arrived.
    pub(super) fn take_counts(&mut self, feature: FeatureIndex) -> Option<(BulkCount, BulkKind)> {
        let [arrives, ends] = classes(feature);
        if self.counts[arrives].events + self.counts[ends].events == 0 {
            return None;
        }
        let [arrived, ended] = [arrives, ends].map(|class| std::mem::take(&mut self.counts[class]));
        let rule = &self.rules[arrives];
        let kind = match rule.step {
            // Ends of a feature that has not joined count for nothing.
            0 => BulkKind::Free,
            _ => BulkKind::Paid { hold: Credits::from_micros(rule.hold) },
        };
        let count = BulkCount {
            arrived: arrived.events,
            arrived_credits: arrived.credits,
            ended: ended.events,
            ended_credits: ended.credits,
        };
        Some((count, kind))
    }

    /// Holds from before the interval that have ended in it.
    pub(super) fn ended_holds(&mut self) -> impl Iterator<Item = HoldId> + '_ {
        self.ended.drain(..)
    }

    /// Holds that began in the interval and have not ended in it, in the order in which they began: `open` opens one over
    /// an amount, which pins its lots or not. Those that began and ended in it are never opened.
    pub(super) fn open_left(
        &mut self,
        events: &[TraceEvent],
        sum: &BulkSum,
        mut open: impl FnMut(Credits, bool) -> HoldId,
    ) {
        let BulkInterval { rules, left, trace_holds, .. } = self;
        let mut later = events.iter().rev();
        while left.len() < sum.left_open {
            let Some(event) = later.next() else { break };
            if rules[event.class.index()].hold > 0 && trace_holds[event.slot as usize] == TraceHold::Open {
                // Each slot only once: an earlier operation may have had it too.
                trace_holds[event.slot as usize] = TraceHold::None;
                left.push((event.slot, event.class));
            }
        }
        for (slot, class) in left.drain(..).rev() {
            let BulkRule { hold, pins, .. } = rules[class.index()];
            trace_holds[slot as usize] = TraceHold::Booked(open(Credits::from_micros(hold), pins));
        }
    }

    /// The interval with one credit too many in it, charged, owed and paid, if that is asked for and `remaining` covers it.
    /// No law of the account's own can tell.
    #[inline]
    pub(super) fn spoil(&mut self, sum: &mut BulkSum, remaining: Credits) {
        if !is_spoilt() {
            return;
        }
        let mut classes = self.rules.iter().zip(&mut self.counts);
        let ended = classes.find(|(rule, count)| rule.burns != 0 && count.events > 0);
        let enough = remaining > sum.burned() + Credits::from_whole(1);
        if let (true, false, Some((_, count))) = (enough, self.holds, ended) {
            sum.burned += Credits::from_whole(1).micros();
            count.credits += Credits::from_whole(1);
        }
    }
}

/// Nobody limits anything.
struct NoMeters;

impl AsksMeters for NoMeters {
    #[inline(always)]
    fn take(&mut self, _: &TraceEvent, _: Credits) -> bool {
        true
    }
}

/// What the operations of a feature are that an interval counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BulkKind {
    /// They cost nothing, or are not part of intervals.
    Free,
    /// Each was admitted as it arrived, by a hold over so much or by none, and charged as it ended.
    Paid { hold: Credits },
}
