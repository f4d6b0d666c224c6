//! Sums over a piece of the trace, made once for the accounts of all policies.
//!
//! An account that takes the events of a slice as they come needs to know only what they sum up to, which is the
//! difference of two running sums. Owns those sums; leaves to the accounts how far a slice reaches.
//! Invariant: what two places differ by is exactly what the events between them add.

use crate::units::{Credits, SimTime};

use super::event::{EventClass, EventKind, TraceEvent};

/// Events between two places at which the counts of all classes are kept.
const STEP: usize = 32;

/// What events of a class add up to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Count {
    /// Events.
    pub events: u64,
    /// Their costs (credits).
    pub credits: Credits,
    /// Their instants, modulo 2^64 (µs).
    times: i64,
}

impl Count {
    /// Counts an event.
    #[inline(always)]
    pub(super) fn add(&mut self, event: &TraceEvent) {
        self.events = self.events.wrapping_add(1);
        self.credits = Credits::from_micros(self.credits.micros().wrapping_add(event.cost.micros()));
        self.times = self.times.wrapping_add(event.at.micros());
    }

    /// Counts the events that `after` has and `before` has not.
    fn add_between(&mut self, before: &Count, after: &Count) {
        self.events += after.events - before.events;
        let credits = after.credits.micros().wrapping_sub(before.credits.micros());
        self.credits = Credits::from_micros(self.credits.micros().wrapping_add(credits));
        self.times = self.times.wrapping_add(after.times.wrapping_sub(before.times));
    }

    /// Σ (instant − `since`) (µs).
    pub(super) fn time_since(&self, since: SimTime) -> i64 {
        self.times.wrapping_sub((self.events as i64).wrapping_mul(since.micros()))
    }
}

/// Running sums over a piece of the trace.
#[derive(Debug, Clone, Default)]
pub struct RunningSums {
    /// By class, so far.
    counts: Vec<Count>,
    /// Costs of ends so far, modulo 2^64 (micro-credits).
    charged: i64,
    /// `counts` after every [`STEP`]th event.
    marks: Vec<Count>,
    /// `charged` there.
    charged_at: Vec<i64>,
    /// Places of arrivals that need to be looked at in full.
    special: Vec<usize>,
}

impl RunningSums {
    /// Starts over for a piece of the trace of so many features.
    pub(super) fn clear(&mut self, features: usize) {
        self.counts.clear();
        self.counts.resize(EventClass::count(features), Count::default());
        self.charged = 0;
        self.marks.clear();
        self.charged_at.clear();
        self.special.clear();
        self.mark();
    }

    /// Counts an event, with which there are `len`.
    #[inline(always)]
    pub(super) fn add(&mut self, event: &TraceEvent, len: usize) {
        self.counts[event.class.index()].add(event);
        if len.is_multiple_of(STEP) {
            self.mark();
        }
    }

    /// An end is charged, before it is counted.
    #[inline(always)]
    pub(super) fn charge(&mut self, cost: Credits) {
        self.charged = self.charged.wrapping_add(cost.micros());
    }

    pub(super) fn note_special(&mut self, place: usize) {
        self.special.push(place);
    }

    fn mark(&mut self) {
        self.marks.extend_from_slice(&self.counts);
        self.charged_at.push(self.charged);
    }

    /// The first place at or after `from` whose event needs to be looked at in full, or `end`.
    pub(super) fn next_special(&self, from: usize, end: usize) -> usize {
        let next = self.special.partition_point(|place| *place < from);
        self.special.get(next).map_or(end, |&place| place.min(end))
    }

    /// The first place in `from..to` whose event comes at `until` or later, or with which `credits` or more have been
    /// charged since `from`; `to` if there is none.
    pub(super) fn reach(
        &self,
        events: &[TraceEvent],
        from: usize,
        to: usize,
        until: SimTime,
        credits: Credits,
    ) -> usize {
        let (mut place, mut left) = (from, credits.micros());
        let cost =
            |event: &TraceEvent| event.cost.micros() & -i64::from(event.class.kind() == EventKind::End);
        let walk = |place: &mut usize, to: usize, left: &mut i64| {
            while *place < to && events[*place].at < until && cost(&events[*place]) < *left {
                *left -= cost(&events[*place]);
                *place += 1;
            }
            *place == to
        };
        let mut mark = from.div_ceil(STEP);
        if !walk(&mut place, (mark * STEP).min(to), &mut left) {
            return place;
        }
        while (mark + 1) * STEP <= to && events[(mark + 1) * STEP - 1].at < until {
            let charged = self.charged_at[mark + 1].wrapping_sub(self.charged_at[mark]);
            if charged >= left {
                break;
            }
            left -= charged;
            mark += 1;
            place = mark * STEP;
        }
        walk(&mut place, to, &mut left);
        place
    }

    /// Adds what every class counts in `from..to` to `counts`.
    pub(super) fn add_counts(&self, events: &[TraceEvent], from: usize, to: usize, counts: &mut [Count]) {
        let (first, last) = (from.div_ceil(STEP), to / STEP);
        if first >= last {
            events[from..to].iter().for_each(|event| counts[event.class.index()].add(event));
            return;
        }
        let classes = self.counts.len();
        let mark = |number: usize| &self.marks[number * classes..][..classes];
        events[from..first * STEP].iter().for_each(|event| counts[event.class.index()].add(event));
        for ((count, before), after) in counts.iter_mut().zip(mark(first)).zip(mark(last)) {
            count.add_between(before, after);
        }
        events[last * STEP..to].iter().for_each(|event| counts[event.class.index()].add(event));
    }
}

/// What an event adds to the number in flight.
#[inline(always)]
fn step(event: &TraceEvent) -> i64 {
    i64::from(event.slot != u32::MAX) - 2 * i64::from(event.class.kind() == EventKind::End)
}

/// The largest number in flight after any of the events, above that before the first.
pub(super) fn most_in_flight(events: &[TraceEvent]) -> i64 {
    let (mut steps, mut most) = (0, 0);
    for event in events {
        steps += step(event);
        most = most.max(steps);
    }
    most
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;
    use crate::units::FeatureIndex;

    /// Events of three features at random, one in thirty special.
    fn events(count: usize) -> Vec<TraceEvent> {
        let mut state = count as u64;
        let mut draw = |below: u64| {
            state = mix(state);
            state % below
        };
        let mut at = 1_000;
        let event = |number| {
            at += draw(50) as i64;
            let kind = match draw(30) {
                0 => EventKind::Special,
                1..15 => EventKind::Arrival,
                _ => EventKind::End,
            };
            let feature = FeatureIndex(draw(3) as u16);
            let slot = if kind == EventKind::Special { u32::MAX } else { number };
            let cost = Credits::from_micros(draw(1_000) as i64);
            TraceEvent {
                at: SimTime::from_micros(at),
                cost,
                number,
                slot,
                class: EventClass::new(feature, kind),
                source: 0,
            }
        };
        (0..count as u32).map(event).collect()
    }

    #[test]
    fn differences_of_running_sums_are_what_the_events_between_add() {
        for count in [0, 1, 31, 32, 33, 64, 200] {
            let (events, mut sums) = (events(count), RunningSums::default());
            sums.clear(3);
            for (place, event) in events.iter().enumerate() {
                match event.class.kind() {
                    EventKind::Arrival => {}
                    EventKind::End => sums.charge(event.cost),
                    EventKind::Special => sums.note_special(place),
                }
                sums.add(event, place + 1);
            }
            for from in 0..=count {
                for to in from..=count {
                    check(&events, &sums, from, to);
                }
            }
        }
    }

    fn check(events: &[TraceEvent], sums: &RunningSums, from: usize, to: usize) {
        let (mut counts, mut added) = (vec![Count::default(); 12], vec![Count::default(); 12]);
        events[from..to].iter().for_each(|event| counts[event.class.index()].add(event));
        sums.add_counts(events, from, to, &mut added);
        assert_eq!(added, counts);
        let since = SimTime::from_micros(700);
        let times = |class: EventClass| events[from..to].iter().filter(move |event| event.class == class);
        for event in events {
            let times: i64 = times(event.class).map(|event| (event.at - since).micros()).sum();
            assert_eq!(counts[event.class.index()].time_since(since), times);
        }
        let special = events[from..].iter().position(|event| event.class.kind() == EventKind::Special);
        let expected = special.map_or(events.len(), |place| from + place);
        assert_eq!(sums.next_special(from, events.len()), expected);
        let (until, credits) = (SimTime::from_micros(2_500), Credits::from_micros(7_000));
        let mut charged = Credits::ZERO;
        let within = |event: &&TraceEvent| {
            charged += if event.class.kind() == EventKind::End { event.cost } else { Credits::ZERO };
            event.at < until && charged < credits
        };
        let reach = from + events[from..to].iter().take_while(within).count();
        assert_eq!(sums.reach(events, from, to, until, credits), reach);
    }
}
