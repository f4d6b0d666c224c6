//! The event trace of an organization's operations: arrivals, and the ends of those that any account may take as they come.
//!
//! Whoever admits a plain operation at its arrival sees it end at the same instant, whatever the policy. So arrivals of
//! all features are merged once for all accounts, and with them the ends, as if everybody admitted everything at once;
//! an account passes over the end of what it has not. Leaves to the accounts what an arrival or an end means.
//! Invariants: events are in the order of docs/semantics.md §10; how arrivals are cut into batches changes nothing; a slot
//! belongs to one operation from its arrival to its end.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Batch, Fate, Operation};

use super::event::{EventClass, EventKind, TraceEvent};
use super::flights::{Flight, Flights, OperationEnd};
use super::sums::RunningSums;

/// How the operations of a feature enter the trace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct EntryRule {
    /// Costs nothing: arrivals are plain and have no end.
    pub free: bool,
    /// Plain operations up to this long end in the trace; none do if no account would look.
    pub longest: Option<SimSpan>,
}

impl EntryRule {
    /// The entry that serves whoever either serves.
    #[must_use]
    pub fn or(self, other: EntryRule) -> EntryRule {
        let longest = match (self.longest, other.longest) {
            (Some(one), Some(two)) => Some(one.min(two)),
            (one, two) => one.or(two),
        };
        EntryRule { free: self.free, longest }
    }
}

/// Operations of a batch that arrive before the trace's next frontier.
#[derive(Debug, Clone, Copy)]
pub struct BatchSlice<'b> {
    /// The batch, in order of arrival.
    pub batch: &'b Batch,
    /// Place of the first of them.
    pub from: usize,
    /// Place after the last.
    pub to: usize,
}

impl<'b> BatchSlice<'b> {
    /// The operations.
    #[must_use]
    pub fn operations(&self) -> &'b [Operation] {
        &self.batch.operations[self.from..self.to]
    }
}

/// A piece of the trace, as the accounts read it.
#[derive(Debug, Clone, Copy)]
pub struct TraceSlice<'a> {
    /// In order.
    pub events: &'a [TraceEvent],
    /// What the sources of arrivals have given to this piece.
    pub given: &'a [BatchSlice<'a>],
    /// Sums over the events.
    pub sums: &'a RunningSums,
    /// How each feature's operations entered.
    pub entries: &'a [EntryRule],
    /// Everything before this instant is in the trace so far.
    pub upto: SimTime,
    /// Slots of the trace are below this.
    pub slots: u32,
}

/// The greatest cost of a plain operation [credits]: sums over a piece of the trace stay far from overflowing.
const MAX_BULK_COST: Credits = Credits::from_whole(10_000_000);

/// How the operations of a feature enter, made ready to be asked for each of them.
#[derive(Debug, Clone, Copy)]
struct ClassRule {
    /// Plain operations up to this long end in the trace; less than nothing if none do.
    longest: SimSpan,
    /// The class of arrivals that do not end in it.
    other: EventClass,
}

impl ClassRule {
    fn new(feature: usize, entry: &EntryRule) -> ClassRule {
        let never = SimSpan::from_micros(-1);
        let longest = if entry.free { never } else { entry.longest.unwrap_or(never) };
        let kind = if entry.free { EventKind::Arrival } else { EventKind::Special };
        ClassRule { longest, other: EventClass::new(FeatureIndex(feature as u16), kind) }
    }
}

/// Merges the arrivals of an organization and lets its plain operations end.
#[derive(Debug, Clone, Default)]
pub struct EventTrace {
    entries: Vec<EntryRule>,
    ways: Vec<ClassRule>,
    flights: Flights,
    /// The first `len` are the events of the last piece; the others are memory.
    events: Vec<TraceEvent>,
    len: usize,
    sums: RunningSums,
}

impl EventTrace {
    /// Starts over for another organization, keeping the memory.
    pub fn begin(&mut self, entries: impl Iterator<Item = EntryRule>) {
        self.entries.clear();
        self.entries.extend(entries);
        let ways = self.entries.iter().enumerate().map(|(feature, entry)| ClassRule::new(feature, entry));
        self.ways.clear();
        self.ways.extend(ways);
        self.flights.clear();
        self.len = 0;
    }

    /// The last piece, of what was `given` to it.
    #[must_use]
    pub fn slice<'a>(&'a self, given: &'a [BatchSlice<'a>], upto: SimTime) -> TraceSlice<'a> {
        let EventTrace { entries, flights, events, len, sums, .. } = self;
        TraceSlice { events: &events[..*len], given, sums, entries, upto, slots: flights.slots() }
    }

    /// Goes on to `upto`, before which everything that is `given` arrives and nothing else will; of operations at one
    /// instant those of the earlier source come first.
    pub fn extend(&mut self, given: &[BatchSlice<'_>], upto: SimTime) {
        let arrivals: usize = given.iter().map(|given| given.to - given.from).sum();
        let most = 2 * arrivals + self.flights.slots() as usize;
        if self.events.len() < most {
            self.events.resize(most, TraceEvent::default());
        }
        self.sums.clear(self.entries.len());
        let EventTrace { ways, flights, events, sums, .. } = self;
        let mut writer = TraceWriter { ways, flights, events, len: 0, sums };
        match given.len() {
            0..=4 => writer.merge::<4>(given, arrivals),
            5..=8 => writer.merge::<8>(given, arrivals),
            _ => writer.merge_many(given),
        }
        writer.end_before(upto);
        self.len = writer.len;
    }
}

/// Writes a piece of the trace.
struct TraceWriter<'a> {
    ways: &'a [ClassRule],
    flights: &'a mut Flights,
    /// Long enough for everything that can happen in the piece.
    events: &'a mut [TraceEvent],
    len: usize,
    sums: &'a mut RunningSums,
}

impl TraceWriter<'_> {
    /// Merges up to `N` sources, a multiple of four. Which of them comes next cannot be foreseen, so nothing branches on
    /// it: heads are compared in pairs, and what they tell is used as an index.
    fn merge<const N: usize>(&mut self, given: &[BatchSlice<'_>], arrivals: usize) {
        let mut sources: [&[Operation]; N] = [&[]; N];
        let mut next = [0; N];
        let mut heads = [SimTime::MAX; N];
        for (source, given) in given.iter().enumerate() {
            sources[source] = &given.batch.operations[..given.to];
            next[source] = given.from;
            heads[source] = head(given.operations());
        }
        for _ in 0..arrivals {
            let from = earliest(&heads);
            let place = next[from];
            let operations = sources[from];
            next[from] = place + 1;
            heads[from] = operations.get(place + 1).map_or(SimTime::MAX, |next| next.at);
            self.arrive(&operations[place], from, place);
        }
    }

    /// Merges any number of sources.
    fn merge_many(&mut self, given: &[BatchSlice<'_>]) {
        let mut left: Vec<&[Operation]> = given.iter().map(BatchSlice::operations).collect();
        let mut heads: BinaryHeap<Reverse<(SimTime, usize)>> =
            left.iter().enumerate().map(|(source, operations)| Reverse((head(operations), source))).collect();
        while let Some(mut first) = heads.peek_mut() {
            let from = first.0.1;
            let Some((operation, rest)) = left[from].split_first() else {
                PeekMut::pop(first);
                continue;
            };
            (left[from], first.0.0) = (rest, head(rest));
            drop(first);
            self.arrive(operation, from, given[from].to - rest.len() - 1);
        }
    }

    /// An arrival, after the ends that come before it.
    #[inline(always)]
    fn arrive(&mut self, operation: &Operation, source: usize, place: usize) {
        let &Operation { at, cost, duration, feature, sequence, member, part_count, fate, .. } = operation;
        self.end_before(SimTime::from_micros(at.micros() + 1));
        let way = self.ways[feature.index()];
        let simple = part_count == 0 && fate == Fate::Completes;
        let (number, source) = (place as u32, source as u16);
        let mut event = TraceEvent { at, cost, number, slot: u32::MAX, class: way.other, source };
        if simple && duration <= way.longest && cost <= MAX_BULK_COST {
            event.slot = self.flights.begin(at + duration, Flight::new(feature, sequence, member, cost));
            event.class = EventClass::new(feature, EventKind::Arrival);
        } else if way.other.kind() == EventKind::Special {
            self.sums.note_special(self.len);
        }
        self.write(event);
    }

    /// Ends whatever ends before `upto`.
    #[inline(always)]
    fn end_before(&mut self, upto: SimTime) {
        while self.flights.next() < upto {
            let OperationEnd { at, slot, flight } = self.flights.end();
            let (cost, number, source) = (flight.cost, flight.sequence(), flight.member());
            let class = EventClass::new(flight.feature(), EventKind::End);
            self.sums.charge(cost);
            self.write(TraceEvent { at, cost, number, slot, class, source });
        }
    }

    #[inline(always)]
    fn write(&mut self, event: TraceEvent) {
        self.events[self.len] = event;
        self.len += 1;
        self.sums.add(&event, self.len);
    }
}

/// The place of the earliest head, the first of those at one instant.
#[inline(always)]
fn earliest<const N: usize>(heads: &[SimTime; N]) -> usize {
    let mut first = 0;
    for four in (0..N).step_by(4) {
        let low = four + usize::from(heads[four + 1] < heads[four]);
        let high = four + 2 + usize::from(heads[four + 3] < heads[four + 2]);
        let of_four = if heads[high] < heads[low] { high } else { low };
        first = if heads[of_four] < heads[first] { of_four } else { first };
    }
    first
}

/// Arrival of the first of `operations`; `SimTime::MAX` if there is none.
#[inline(always)]
pub(super) fn head(operations: &[Operation]) -> SimTime {
    operations.first().map_or(SimTime::MAX, |first| first.at)
}
