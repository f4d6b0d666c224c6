//! What is due next: a short sorted list for the near future, a heap for the rest.
//!
//! An account rarely has more than a few dozen operations in flight, and a sorted list of that size beats a heap; with
//! thousands in flight the heap keeps insertion cheap. Invariant: nothing in `far` comes before anything in `near`.

use std::collections::BinaryHeap;

use crate::units::SimTime;

use super::events::{Due, DueKind};

/// Longest near list; half of it is refilled at once.
const NEAR: usize = 64;

/// Events of operations, earliest first.
#[derive(Debug, Clone, Default)]
pub(super) struct Agenda {
    /// Sorted, the earliest last. (`Due` orders the later before the earlier, for max-heaps.)
    near: Vec<Due>,
    far: BinaryHeap<Due>,
}

impl Agenda {
    /// The earliest event.
    #[inline]
    pub(super) fn peek(&self) -> Option<&Due> {
        self.near.last()
    }

    /// Takes the earliest event.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<Due> {
        let due = self.near.pop();
        if self.near.is_empty() && !self.far.is_empty() {
            self.refill();
        }
        due
    }

    /// Adds an event.
    #[inline]
    pub(super) fn push(&mut self, due: Due) {
        if self.far.peek().is_some_and(|first| first.precedes(&due)) {
            self.far.push(due);
            return;
        }
        // Most events end up close to the back of a short list, so moving up those before it beats a binary search.
        let mut at = self.near.len();
        self.near.push(due);
        while at > 0 && self.near[at - 1].precedes(&due) {
            self.near[at] = self.near[at - 1];
            at -= 1;
        }
        self.near[at] = due;
        if self.near.len() > NEAR {
            self.overflow();
        }
    }

    /// An instant before which nothing of any other kind is due.
    pub(super) fn first_other_than(&self, kind: DueKind) -> SimTime {
        let other = self.near.iter().rev().find(|due| due.what != kind);
        other.or_else(|| self.far.peek()).map_or(SimTime::NEVER, |due| due.at)
    }

    /// Every event, in no order.
    pub(super) fn iter(&self) -> impl Iterator<Item = &Due> {
        self.near.iter().chain(&self.far)
    }

    #[cold]
    fn overflow(&mut self) {
        self.far.extend(self.near.drain(..NEAR / 2));
    }

    #[cold]
    fn refill(&mut self) {
        for _ in 0..NEAR / 2 {
            let Some(due) = self.far.pop() else { break };
            self.near.push(due);
        }
        self.near.reverse();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::sampling::mix;
    use crate::units::FeatureIndex;

    fn due(at: i64) -> Due {
        let at = SimTime::from_micros(at);
        Due { at, order: 0, tag: 0, slot: 0, feature: FeatureIndex(0), what: DueKind::End }
    }

    /// Pushes and pops at random and compares with a plain heap.
    fn check(seed: u64, pushes_in_ten: u64) {
        let (mut agenda, mut heap, mut state) = (Agenda::default(), BinaryHeap::new(), seed);
        for _ in 0..20_000 {
            state = mix(state);
            if state % 10 < pushes_in_ten {
                let event = due((mix(state) % 5_000) as i64);
                agenda.push(event);
                heap.push(event);
            } else {
                assert_eq!(agenda.peek().map(|due| due.at), heap.peek().map(|due| due.at));
                assert_eq!(agenda.pop().map(|due| due.at), heap.pop().map(|due| due.at));
            }
        }
        while let Some(expected) = heap.pop() {
            assert_eq!(agenda.pop().map(|due| due.at), Some(expected.at));
        }
        assert!(agenda.pop().is_none());
    }

    #[test]
    fn events_come_out_in_order_however_many_there_are() {
        check(1, 4);
        check(2, 5);
        check(3, 7);
        check(4, 9);
    }
}
