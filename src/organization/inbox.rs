//! The inbox of one organization: arrivals of its features merged in the order in which accounts must see them.
//!
//! Owns one slot a feature, the merge, and the promise that how arrivals are cut into batches changes nothing. Leaves
//! who draws and carries the batches to its driver, and what arrivals mean to the accounts.
//!
//! Invariants: at most one refill of a feature is under way; an operation leaves the inbox only when nothing that
//! must precede it can still arrive.

use std::cmp::Reverse;
use std::collections::BinaryHeap;
use std::collections::binary_heap::PeekMut;

use smallvec::SmallVec;

use crate::units::{FeatureIndex, SimTime};
use crate::workload::{Batch, Operation, Part, SourceState};

/// The buffer that travels between an organization and the drawer of a feature, with the generator's state in it.
#[derive(Debug)]
pub struct Refill<S = SourceState> {
    /// The feature asked.
    pub feature: FeatureIndex,
    /// Arrivals; in the answer new ones stand behind those of the question.
    pub batch: Batch,
    /// Where the generator stands.
    pub state: S,
}

/// An answer that broke the drawer's promises.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BrokenPromise {
    /// The feature that answered.
    pub feature: FeatureIndex,
    /// What it did.
    pub what: &'static str,
}

/// Operations of all features in order of (at, feature, sequence), and the parts of the runs among them.
#[derive(Debug, Default)]
pub struct Block {
    /// In order; `part_start` counts in `parts`.
    pub operations: Vec<Operation>,
    /// Parts of the runs.
    pub parts: Vec<Part>,
}

/// One slot a feature.
#[derive(Debug)]
pub struct Inbox<S = SourceState> {
    slots: Vec<Slot<S>>,
    outstanding: usize,
    reached: SimTime,
    end: SimTime,
}

/// The inbox of one feature.
#[derive(Debug)]
struct Slot<S> {
    feature: FeatureIndex,
    /// Operations that were in the batch when it was sent out: those at exactly the instant up to which everything had
    /// arrived. New ones come after them.
    carried: usize,
    /// What has arrived; `None` while a refill is under way.
    refill: Option<Box<Refill<S>>>,
    /// Operations of the batch already merged.
    next: usize,
    /// Nothing arrives before this instant besides what is in the slot.
    upto: SimTime,
}

impl<S> Inbox<S> {
    /// Empty slots for the features of `refills`, which come in file order and with empty batches.
    #[must_use]
    pub fn new(refills: impl Iterator<Item = Refill<S>>, end: SimTime) -> Self {
        let slots = refills.map(Slot::new).collect();
        Inbox { slots, outstanding: 0, reached: SimTime::DAWN, end }
    }

    /// Takes the buffer of a feature that must be asked before anything can go on; `None` if every such feature has
    /// been asked. The buffer comes back through [`Inbox::accept`].
    pub fn take_want(&mut self) -> Option<Box<Refill<S>>> {
        let (reached, end) = (self.reached, self.end);
        let refill = self.slots.iter_mut().find_map(|slot| slot.take_if_wanted(reached, end))?;
        self.outstanding += 1;
        Some(refill)
    }

    /// Takes an answer in.
    ///
    /// # Errors
    /// An answer that nobody asked for, that holds nothing although the end is not reached, or that is out of order.
    pub fn accept(&mut self, refill: Box<Refill<S>>) -> Result<(), BrokenPromise> {
        let feature = refill.feature;
        let slot = self.slots.iter_mut().find(|slot| slot.feature == feature && slot.refill.is_none());
        let Some(slot) = slot else {
            return Err(BrokenPromise { feature, what: "answered without having been asked" });
        };
        slot.accept(refill, self.end).map_err(|what| BrokenPromise { feature, what })?;
        self.outstanding -= 1;
        Ok(())
    }

    /// True if no answer is under way, so that [`Inbox::merge`] can do something.
    #[must_use]
    pub fn is_ready(&self) -> bool {
        self.outstanding == 0
    }

    /// The instant up to which everything has been merged (exclusive).
    #[must_use]
    pub fn reached(&self) -> SimTime {
        self.reached
    }

    /// Replaces the content of `block` by everything that nothing can precede any more; returns the instant before
    /// which it all lies. That instant is the horizon's end once every feature is done.
    pub fn merge(&mut self, block: &mut Block) -> SimTime {
        debug_assert!(self.is_ready(), "an organization goes on only with no demand outstanding");
        let frontier = self.slots.iter().map(|slot| slot.upto).min().unwrap_or(self.end).min(self.end);
        block.operations.clear();
        block.parts.clear();
        let sources = self.slots.iter_mut().filter_map(|slot| slot.take_before(frontier));
        block.fill(&sources.collect::<SmallVec<[Given<'_>; 8]>>());
        self.reached = frontier;
        frontier
    }

    /// The buffers, emptied, for the next organization.
    pub fn into_batches(self) -> impl Iterator<Item = Batch> {
        self.slots.into_iter().filter_map(|slot| slot.refill).map(|refill| {
            let mut batch = refill.batch;
            batch.clear();
            batch
        })
    }
}

/// What one slot gives to a block: operations in order, and the batch that holds their parts.
type Given<'b> = (&'b [Operation], &'b Batch);

impl Block {
    /// Merges what the slots give; of operations at one instant those of the earlier slot come first.
    fn fill(&mut self, sources: &[Given<'_>]) {
        let total = sources.iter().map(|(operations, _)| operations.len()).sum();
        self.operations.reserve(total);
        match sources.len() {
            0..=4 => self.fill_from::<4>(sources, total),
            5..=8 => self.fill_from::<8>(sources, total),
            _ => self.fill_from_many(sources),
        }
    }

    /// Merges up to `N` slots. Which of them comes next cannot be foreseen, so there is nothing to branch on: all heads
    /// are compared and all are updated.
    fn fill_from<const N: usize>(&mut self, sources: &[Given<'_>], total: usize) {
        let mut left: [&[Operation]; N] = [&[]; N];
        let mut parts: [&[Part]; N] = [&[]; N];
        for (slot, (operations, batch)) in sources.iter().enumerate() {
            (left[slot], parts[slot]) = (operations, &batch.parts);
        }
        let mut heads = left.map(head);
        for _ in 0..total {
            let (mut earliest, mut from) = (heads[0], 0);
            for (slot, &at) in heads.iter().enumerate().skip(1) {
                from = if at < earliest { slot } else { from };
                earliest = if at < earliest { at } else { earliest };
            }
            let Some((operation, rest)) = left[from].split_first() else { break };
            left[from] = rest;
            let next = head(rest);
            for (slot, at) in heads.iter_mut().enumerate() {
                *at = if slot == from { next } else { *at };
            }
            self.operations.push(moved(operation, parts[from], &mut self.parts));
        }
    }

    /// Merges any number of slots.
    fn fill_from_many(&mut self, sources: &[Given<'_>]) {
        let mut left: Vec<&[Operation]> = sources.iter().map(|(operations, _)| *operations).collect();
        let mut heads: BinaryHeap<Reverse<(SimTime, usize)>> =
            left.iter().enumerate().map(|(slot, operations)| Reverse((head(operations), slot))).collect();
        while let Some(mut first) = heads.peek_mut() {
            let from = first.0.1;
            let Some((operation, rest)) = left[from].split_first() else {
                PeekMut::pop(first);
                continue;
            };
            (left[from], first.0.0) = (rest, head(rest));
            self.operations.push(moved(operation, &sources[from].1.parts, &mut self.parts));
        }
    }
}

/// Arrival of the first of `operations`; `SimTime::NEVER` if there is none.
#[inline(always)]
fn head(operations: &[Operation]) -> SimTime {
    operations.first().map_or(SimTime::NEVER, |first| first.at)
}

impl<S> Slot<S> {
    fn new(refill: Refill<S>) -> Self {
        Slot {
            feature: refill.feature,
            carried: 0,
            refill: Some(Box::new(refill)),
            next: 0,
            upto: SimTime::DAWN,
        }
    }

    /// True if everything that has arrived is merged.
    fn is_empty(&self) -> bool {
        self.refill.as_ref().is_none_or(|refill| refill.batch.operations.len() == self.next)
    }

    /// The operations before `frontier` that are not merged yet; they count as merged from here on.
    fn take_before(&mut self, frontier: SimTime) -> Option<Given<'_>> {
        let batch = &self.refill.as_ref()?.batch;
        let left = &batch.operations[self.next..];
        let taken = &left[..left.partition_point(|operation| operation.at < frontier)];
        self.next += taken.len();
        Some((taken, batch))
    }

    /// The buffer, without what has been merged, if this slot has to be asked: it holds nothing, or it is the one that
    /// everybody waits for and holds only operations at the very instant before which nothing more can arrive.
    fn take_if_wanted(&mut self, reached: SimTime, end: SimTime) -> Option<Box<Refill<S>>> {
        if self.upto >= end || (!self.is_empty() && self.upto > reached) {
            return None;
        }
        let mut refill = self.refill.take()?;
        refill.batch.forget(self.next);
        self.carried = refill.batch.operations.len();
        self.next = 0;
        Some(refill)
    }

    fn accept(&mut self, refill: Box<Refill<S>>, end: SimTime) -> Result<(), &'static str> {
        let batch = &refill.batch;
        let Some(drawn) = batch.operations.get(self.carried..) else {
            return Err("lost operations that it was given");
        };
        let first = head(drawn);
        let last = drawn.last().map_or(SimTime::DAWN, |operation| operation.at);
        if first == SimTime::NEVER && batch.upto < end {
            return Err("drew nothing before the end of the horizon");
        }
        let ordered = drawn.is_sorted_by_key(|operation| operation.at);
        if !ordered || first < self.upto || batch.upto < last.max(self.upto) {
            return Err("came out of order");
        }
        self.upto = batch.upto;
        self.refill = Some(refill);
        Ok(())
    }
}

/// A copy of `operation` with its parts appended to `parts`.
#[inline]
fn moved(operation: &Operation, from: &[Part], parts: &mut Vec<Part>) -> Operation {
    if operation.part_count == 0 {
        return Operation { part_start: 0, ..*operation };
    }
    let start = operation.part_start as usize;
    let part_start = u32::try_from(parts.len()).expect("a block holds fewer than 2^32 parts");
    parts.extend_from_slice(&from[start..start + usize::from(operation.part_count)]);
    Operation { part_start, ..*operation }
}

#[cfg(test)]
mod tests {
    use super::*;

    const END: i64 = 1_000;

    /// A feature's whole demand and how it is cut: batches of `size`, `upto` either tight or one gap ahead.
    #[derive(Clone)]
    struct Demand {
        arrivals: Vec<i64>,
        size: usize,
        tight: bool,
    }

    fn operation(feature: u16, sequence: usize, at: i64, parts: &mut Vec<Part>) -> Operation {
        let part_count = (sequence % 3) as u16;
        let part_start = parts.len() as u32;
        parts.extend((0..part_count).map(|step| Part { step: step + 10 * feature, ..Part::default() }));
        let (at, sequence) = (SimTime::from_micros(at), sequence as u32);
        Operation {
            at,
            sequence,
            feature: FeatureIndex(feature),
            part_start,
            part_count,
            ..Operation::default()
        }
    }

    fn answer(demand: &Demand, refill: &mut Refill<usize>) {
        let from = refill.state;
        let to = (from + demand.size).min(demand.arrivals.len());
        for sequence in from..to {
            let at = demand.arrivals[sequence];
            refill.batch.operations.push(operation(refill.feature.0, sequence, at, &mut refill.batch.parts));
        }
        let next = demand.arrivals.get(to).copied();
        let upto = if demand.tight && to > from { demand.arrivals[to - 1] } else { next.unwrap_or(END) };
        refill.batch.upto = SimTime::from_micros(if to == from { END } else { upto });
        refill.state = to;
    }

    /// (at, feature, sequence, steps of the parts) of everything merged, in order.
    fn merged(demands: &[Demand]) -> Vec<(i64, u16, u32, Vec<u16>)> {
        let refills = (0..demands.len()).map(|feature| Refill {
            feature: FeatureIndex(feature as u16),
            batch: Batch::default(),
            state: 0_usize,
        });
        let end = SimTime::from_micros(END);
        let mut inbox = Inbox::new(refills, end);
        let (mut block, mut seen) = (Block::default(), Vec::new());
        loop {
            while let Some(mut refill) = inbox.take_want() {
                answer(&demands[refill.feature.index()], &mut refill);
                inbox.accept(refill).expect("the answer is in order");
            }
            let before = inbox.reached();
            let upto = inbox.merge(&mut block);
            for operation in &block.operations {
                assert!(before <= operation.at && operation.at < upto);
                let start = operation.part_start as usize;
                let own = &block.parts[start..start + usize::from(operation.part_count)];
                let steps = own.iter().map(|part| part.step).collect();
                seen.push((operation.at.micros(), operation.feature.0, operation.sequence, steps));
            }
            if upto >= end {
                return seen;
            }
        }
    }

    fn check(arrivals: &[&[i64]]) {
        let mut expected: Vec<_> = Vec::new();
        for (feature, list) in arrivals.iter().enumerate() {
            for (sequence, &at) in list.iter().enumerate() {
                let steps =
                    (0..(sequence % 3) as u16).map(|step| step + 10 * feature as u16).collect::<Vec<_>>();
                expected.push((at, feature as u16, sequence as u32, steps));
            }
        }
        expected.sort();
        for (size, tight) in
            [(1, true), (1, false), (2, true), (2, false), (7, true), (7, false), (4096, true)]
        {
            let demand = |list: &&[i64]| Demand { arrivals: list.to_vec(), size, tight };
            let demands: Vec<_> = arrivals.iter().map(demand).collect();
            assert_eq!(merged(&demands), expected, "batches of {size}, tight {tight}: {arrivals:?}");
        }
    }

    #[test]
    fn the_order_is_time_then_feature_then_sequence_however_arrivals_are_cut() {
        check(&[]);
        check(&[&[]]);
        check(&[&[1, 2, 3]]);
        check(&[&[], &[5], &[]]);
        check(&[&[1, 4, 6, 900], &[2, 3, 5, 999]]);
        check(&[&[5, 5, 5, 5, 5], &[5, 5, 5], &[1, 5, 9]]);
        check(&[&[0, 0, 0, 0], &[0, 0], &[0]]);
        check(&[&[999, 999], &[999], &[]]);
        check(&[&[7], &[1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12], &[7, 7, 12]]);
    }

    #[test]
    fn a_slow_feature_is_not_asked_again_while_a_fast_one_is_drained() {
        let feature =
            |index| Refill { feature: FeatureIndex(index), batch: Batch::default(), state: 0_usize };
        let mut inbox = Inbox::new([feature(0), feature(1)].into_iter(), SimTime::from_micros(END));
        let slow = Demand { arrivals: vec![500, 600], size: 1, tight: true };
        let fast = Demand { arrivals: (0..100).collect(), size: 2, tight: false };
        let (mut asked_slow, mut block) = (0, Block::default());
        while inbox.reached() < SimTime::from_micros(90) {
            while let Some(mut refill) = inbox.take_want() {
                asked_slow += usize::from(refill.feature.0 == 0);
                answer(if refill.feature.0 == 0 { &slow } else { &fast }, &mut refill);
                inbox.accept(refill).expect("in order");
            }
            inbox.merge(&mut block);
        }
        assert_eq!(asked_slow, 1);
    }

    #[test]
    fn a_drawer_that_breaks_its_promises_is_named() {
        let broken = |upto: i64, at: &[i64]| {
            let mut batch = Batch::default();
            let start = Refill { feature: FeatureIndex(3), batch: Batch::default(), state: () };
            let mut inbox = Inbox::new([start].into_iter(), SimTime::from_micros(END));
            let mut refill = inbox.take_want().expect("an empty slot is asked");
            for (sequence, &at) in at.iter().enumerate() {
                let operation = operation(3, sequence, at, &mut batch.parts);
                batch.operations.push(operation);
            }
            batch.upto = SimTime::from_micros(upto);
            refill.batch = batch;
            inbox.accept(refill).map_err(|broken| (broken.feature.0, broken.what))
        };
        assert_eq!(broken(END, &[]), Ok(()));
        assert_eq!(broken(20, &[10, 20]), Ok(()));
        assert_eq!(broken(20, &[]), Err((3, "drew nothing before the end of the horizon")));
        assert_eq!(broken(20, &[10, 5]), Err((3, "came out of order")));
        assert_eq!(broken(20, &[10, 30]), Err((3, "came out of order")));
    }
}
