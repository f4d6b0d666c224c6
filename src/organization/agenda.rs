//! What comes next: a short sorted list for the near future, a heap for the rest.
//!
//! An organization rarely has more than a few dozen operations in flight, and a sorted list of that size beats a heap; with
//! thousands in flight the heap keeps insertion cheap. Invariant: nothing in `far` comes before anything in `near`.

use std::collections::BinaryHeap;

/// Something with a place in time. Its order is that of a max-heap which yields the earliest: the later comes before.
pub(super) trait Timed: Copy + Ord {
    /// True if this comes before `other`.
    fn precedes(&self, other: &Self) -> bool;
}

/// Longest near list; half of it is refilled at once.
const NEAR: usize = 64;

/// Events, earliest first.
#[derive(Debug, Clone)]
pub(super) struct Agenda<T> {
    /// Sorted, the earliest last.
    near: Vec<T>,
    far: BinaryHeap<T>,
}

impl<T: Timed> Default for Agenda<T> {
    fn default() -> Self {
        Agenda { near: Vec::new(), far: BinaryHeap::new() }
    }
}

impl<T: Timed> Agenda<T> {
    /// The earliest event.
    #[inline]
    pub(super) fn peek(&self) -> Option<&T> {
        self.near.last()
    }

    /// Takes the earliest event.
    #[inline]
    pub(super) fn pop(&mut self) -> Option<T> {
        let due = self.near.pop();
        if self.near.is_empty() && !self.far.is_empty() {
            self.refill();
        }
        due
    }

    /// Adds an event. (Inlined always: handed over in memory, an event that has just been put together stalls its reader.)
    #[inline(always)]
    pub(super) fn push(&mut self, due: T) {
        if !self.far.is_empty() && self.is_far(&due) {
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

    #[cold]
    fn is_far(&self, due: &T) -> bool {
        self.far.peek().is_some_and(|first| first.precedes(due))
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

    #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
    struct At(std::cmp::Reverse<u64>);

    impl Timed for At {
        fn precedes(&self, other: &At) -> bool {
            self.0.0 < other.0.0
        }
    }

    /// Pushes and pops at random and compares with a plain heap.
    fn check(seed: u64, pushes_in_ten: u64) {
        let (mut agenda, mut heap, mut state) = (Agenda::default(), BinaryHeap::new(), seed);
        for _ in 0..20_000 {
            state = mix(state);
            if state % 10 < pushes_in_ten {
                let event = At(std::cmp::Reverse(mix(state) % 5_000));
                agenda.push(event);
                heap.push(event);
            } else {
                assert_eq!(agenda.peek(), heap.peek());
                assert_eq!(agenda.pop(), heap.pop());
            }
        }
        while let Some(expected) = heap.pop() {
            assert_eq!(agenda.pop(), Some(expected));
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
