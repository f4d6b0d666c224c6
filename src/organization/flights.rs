//! Operations of the trace that are in flight: when they end, in order, and the slot that each has meanwhile.
//!
//! An organization rarely has more than a few dozen in flight, and a sorted list of that size beats a heap; with
//! thousands in flight the heap keeps insertion cheap. Invariants: nothing in `far` ends before anything in `near`; the
//! slots in use are exactly those of the operations in flight.

use std::cmp::Ordering;
use std::collections::BinaryHeap;

use crate::units::{Credits, FeatureIndex, SimTime};

/// Longest near list; half of it is refilled at once.
const NEAR: usize = 64;
/// Slots that are given out by the bits of one word.
const BITS: usize = u64::BITS as usize;

/// The end of an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct OperationEnd {
    pub(super) at: SimTime,
    pub(super) slot: u32,
    pub(super) flight: Flight,
}

/// What is remembered of an operation in flight.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) struct Flight {
    /// Feature, then sequence: those that end at one instant do so in this order; then who asked. (In one number, because
    /// a structure of small parts that has just been put together stalls whoever copies it.)
    rank: u64,
    pub(super) cost: Credits,
}

impl Flight {
    #[inline(always)]
    pub(super) fn new(feature: FeatureIndex, sequence: u32, member: u16, cost: Credits) -> Flight {
        Flight { rank: u64::from(feature.0) << 48 | u64::from(sequence) << 16 | u64::from(member), cost }
    }

    #[inline(always)]
    pub(super) fn feature(self) -> FeatureIndex {
        FeatureIndex((self.rank >> 48) as u16)
    }

    #[inline(always)]
    pub(super) fn sequence(self) -> u32 {
        (self.rank >> 16) as u32
    }

    #[inline(always)]
    pub(super) fn member(self) -> u16 {
        self.rank as u16
    }
}

impl PartialOrd for OperationEnd {
    fn partial_cmp(&self, other: &OperationEnd) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

impl Ord for OperationEnd {
    /// Reversed, so that a max-heap yields the earliest.
    fn cmp(&self, other: &OperationEnd) -> Ordering {
        (other.at, other.flight).cmp(&(self.at, self.flight))
    }
}

/// Operations in flight.
#[derive(Debug, Clone)]
pub(super) struct Flights {
    /// Ends of the operations in the first `len` slots of `near`, sorted, the earliest last. (Short arrays of plain
    /// numbers: moving whole structures that have just been written would stall on every move.)
    ends: [SimTime; NEAR],
    near: [u32; NEAR],
    len: usize,
    far: BinaryHeap<OperationEnd>,
    /// A bit for each of the first slots that is free.
    free: u64,
    /// Further slots that are free.
    spare: Vec<u32>,
    /// By slot.
    flights: Vec<Flight>,
}

impl Default for Flights {
    fn default() -> Self {
        Flights {
            ends: [SimTime::MAX; NEAR],
            near: [0; NEAR],
            len: 0,
            far: BinaryHeap::new(),
            free: u64::MAX,
            spare: Vec::new(),
            flights: vec![Flight::default(); BITS],
        }
    }
}

impl Flights {
    /// Nothing is in flight any more.
    pub(super) fn clear(&mut self) {
        self.len = 0;
        self.far.clear();
        self.free = u64::MAX;
        self.spare.clear();
        self.flights.truncate(BITS);
    }

    /// All slots are below this.
    pub(super) fn slots(&self) -> u32 {
        self.flights.len() as u32
    }

    /// When the next of them ends; `SimTime::MAX` if nothing is in flight.
    #[inline(always)]
    pub(super) fn next(&self) -> SimTime {
        if self.len == 0 { SimTime::MAX } else { self.ends[(self.len - 1) % NEAR] }
    }

    /// Ends the next of them.
    #[inline(always)]
    pub(super) fn end(&mut self) -> OperationEnd {
        self.len -= 1;
        let (at, slot) = (self.ends[self.len % NEAR], self.near[self.len % NEAR]);
        if slot < BITS as u32 {
            self.free |= 1 << slot;
        } else {
            self.spare.push(slot);
        }
        if self.len == 0 && !self.far.is_empty() {
            self.refill();
        }
        OperationEnd { at, slot, flight: self.flights[slot as usize] }
    }

    /// Lets an operation take off that ends at `at`; returns its slot.
    #[inline(always)]
    pub(super) fn begin(&mut self, at: SimTime, flight: Flight) -> u32 {
        if self.free == 0 || self.len == NEAR || !self.far.is_empty() {
            return self.begin_among_many(at, flight);
        }
        let slot = self.free.trailing_zeros();
        self.free &= self.free - 1;
        self.flights[slot as usize] = flight;
        // Most end among the first, so moving up those before it beats a search.
        let mut place = self.len;
        self.len += 1;
        while place > 0 && self.comes_before(place - 1, at, flight.rank) {
            self.ends[place % NEAR] = self.ends[(place - 1) % NEAR];
            self.near[place % NEAR] = self.near[(place - 1) % NEAR];
            place -= 1;
        }
        self.ends[place % NEAR] = at;
        self.near[place % NEAR] = slot;
        slot
    }

    /// True if the operation at `place` of the near list ends before another one.
    #[inline(always)]
    fn comes_before(&self, place: usize, at: SimTime, rank: u64) -> bool {
        let own = self.ends[place % NEAR];
        own < at || (own == at && self.flights[self.near[place % NEAR] as usize].rank < rank)
    }

    fn take_slot(&mut self, flight: Flight) -> u32 {
        let slot = if self.free != 0 {
            let slot = self.free.trailing_zeros();
            self.free &= self.free - 1;
            slot
        } else {
            self.spare.pop().unwrap_or_else(|| {
                self.flights.push(Flight::default());
                self.flights.len() as u32 - 1
            })
        };
        self.flights[slot as usize] = flight;
        slot
    }

    #[cold]
    #[inline(never)]
    fn begin_among_many(&mut self, at: SimTime, flight: Flight) -> u32 {
        let ending = OperationEnd { at, slot: self.take_slot(flight), flight };
        if self.len == NEAR {
            for place in 0..NEAR / 2 {
                let slot = self.near[place];
                self.far.push(OperationEnd {
                    at: self.ends[place],
                    slot,
                    flight: self.flights[slot as usize],
                });
            }
            self.ends.copy_within(NEAR / 2.., 0);
            self.near.copy_within(NEAR / 2.., 0);
            self.len = NEAR / 2;
        }
        if self.far.peek().is_some_and(|first| *first > ending) {
            self.far.push(ending);
            return ending.slot;
        }
        let mut place = self.len;
        while place > 0 && self.comes_before(place - 1, ending.at, ending.flight.rank) {
            place -= 1;
        }
        self.ends.copy_within(place..self.len, place + 1);
        self.near.copy_within(place..self.len, place + 1);
        (self.ends[place], self.near[place]) = (ending.at, ending.slot);
        self.len += 1;
        ending.slot
    }

    #[cold]
    fn refill(&mut self) {
        while self.len < NEAR / 2 {
            let Some(ending) = self.far.pop() else { break };
            (self.ends[self.len], self.near[self.len]) = (ending.at, ending.slot);
            self.len += 1;
        }
        self.ends[..self.len].reverse();
        self.near[..self.len].reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;

    /// Begins and ends at random and compares with a plain heap; no slot is given twice.
    fn check(seed: u64, begins_in_ten: u64) {
        let (mut flights, mut heap, mut state) = (Flights::default(), BinaryHeap::new(), seed);
        let mut used = std::collections::BTreeSet::new();
        for number in 0..20_000 {
            state = mix(state);
            if state % 10 < begins_in_ten {
                let at = SimTime::from_micros((mix(state) % 5_000) as i64);
                let (feature, cost) =
                    (FeatureIndex((state % 3) as u16), Credits::from_micros(i64::from(number)));
                let flight = Flight::new(feature, number, 0, cost);
                let slot = flights.begin(at, flight);
                assert!(used.insert(slot), "slot {slot} is given twice");
                heap.push(OperationEnd { at, slot, flight });
            } else if let Some(expected) = heap.pop() {
                assert_eq!(flights.next(), expected.at);
                assert_eq!(flights.end(), expected);
                assert!(used.remove(&expected.slot));
            }
        }
        while let Some(expected) = heap.pop() {
            assert_eq!(flights.end(), expected);
        }
        assert_eq!(flights.next(), SimTime::MAX);
    }

    #[test]
    fn operations_end_in_order_however_many_are_in_flight() {
        check(1, 4);
        check(2, 5);
        check(3, 7);
        check(4, 9);
    }
}
