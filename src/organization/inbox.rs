//! The inbox of one organization: arrivals of its features, released when nothing that precedes them can still come.
//!
//! Owns one slot a feature and the promise that how arrivals are cut into batches changes nothing. Leaves who draws and
//! carries the batches to its driver, and the order among features to the trace.
//!
//! Invariants: at most one refill of a feature is under way; an operation leaves the inbox only when nothing that
//! must precede it can still arrive.

use smallvec::SmallVec;

use crate::units::{FeatureIndex, SimTime};
use crate::workload::{Batch, SourceState};

use super::trace::{BatchSlice, EventTrace, head};

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
    /// Place in the batch of what the last merge took.
    from: usize,
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
        Inbox { slots, outstanding: 0, reached: SimTime::MIN, end }
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

    /// Lets the trace go on by everything that nothing can precede any more; returns the instant that it has reached,
    /// which is the horizon's end once every feature is done.
    pub fn merge(&mut self, trace: &mut EventTrace) -> SimTime {
        debug_assert!(self.is_ready(), "an organization goes on only with no demand outstanding");
        let upto = self.slots.iter().map(|slot| slot.upto).min().unwrap_or(self.end);
        let frontier = upto.min(self.end);
        self.slots.iter_mut().for_each(|slot| slot.take_before(frontier));
        trace.extend(&self.given(), frontier);
        self.reached = frontier;
        frontier
    }

    /// What each slot gave to the last merge.
    #[must_use]
    pub fn given(&self) -> SmallVec<[BatchSlice<'_>; 8]> {
        self.slots.iter().filter_map(Slot::given).collect()
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

impl<S> Slot<S> {
    fn new(refill: Refill<S>) -> Self {
        Slot {
            feature: refill.feature,
            carried: 0,
            refill: Some(Box::new(refill)),
            from: 0,
            next: 0,
            upto: SimTime::MIN,
        }
    }

    /// True if everything that has arrived is merged.
    fn is_empty(&self) -> bool {
        self.refill.as_ref().is_none_or(|refill| refill.batch.operations.len() == self.next)
    }

    /// What the last merge took.
    fn given(&self) -> Option<BatchSlice<'_>> {
        let batch = &self.refill.as_ref()?.batch;
        Some(BatchSlice { batch, from: self.from, to: self.next })
    }

    /// Takes the operations before `frontier` that are not merged yet; they count as merged from here on.
    fn take_before(&mut self, frontier: SimTime) {
        let Some(refill) = &self.refill else { return };
        let left = &refill.batch.operations[self.next..];
        self.from = self.next;
        self.next += left.partition_point(|operation| operation.at < frontier);
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
        (self.from, self.next) = (0, 0);
        Some(refill)
    }

    fn accept(&mut self, refill: Box<Refill<S>>, end: SimTime) -> Result<(), &'static str> {
        let batch = &refill.batch;
        let Some(drawn) = batch.operations.get(self.carried..) else {
            return Err("lost operations that it was given");
        };
        let first = head(drawn);
        let last = drawn.last().map_or(SimTime::MIN, |operation| operation.at);
        if first == SimTime::MAX && batch.upto < end {
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

#[cfg(test)]
mod tests {
    use crate::workload::{Operation, RunPart};

    use super::super::{EntryRule, EventKind};
    use super::*;

    const END: i64 = 1_000;

    /// A feature's whole demand and how it is cut: batches of `size`, `upto` either tight or one gap ahead.
    #[derive(Clone)]
    struct FeatureDemand {
        arrivals: Vec<i64>,
        size: usize,
        tight: bool,
    }

    fn operation(feature: u16, sequence: usize, at: i64, parts: &mut Vec<RunPart>) -> Operation {
        let part_count = (sequence % 3) as u16;
        let part_start = parts.len() as u32;
        parts.extend((0..part_count).map(|step| RunPart { step: step + 10 * feature, ..RunPart::default() }));
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

    fn answer(demand: &FeatureDemand, refill: &mut Refill<usize>) {
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
    fn merged(demands: &[FeatureDemand]) -> Vec<(i64, u16, u32, Vec<u16>)> {
        let refills = (0..demands.len()).map(|feature| Refill {
            feature: FeatureIndex(feature as u16),
            batch: Batch::default(),
            state: 0_usize,
        });
        let end = SimTime::from_micros(END);
        let mut inbox = Inbox::new(refills, end);
        let (mut trace, mut seen) = (EventTrace::default(), Vec::new());
        trace.begin(demands.iter().map(|_| EntryRule { free: false, longest: None }));
        loop {
            while let Some(mut refill) = inbox.take_want() {
                answer(&demands[refill.feature.index()], &mut refill);
                inbox.accept(refill).expect("the answer is in order");
            }
            let before = inbox.reached();
            let upto = inbox.merge(&mut trace);
            let given = inbox.given();
            for event in trace.slice(&given, upto).events {
                assert_eq!(event.class.kind(), EventKind::Special);
                let batch = given[usize::from(event.source)].batch;
                let operation = &batch.operations[event.number as usize];
                assert!(before <= operation.at && operation.at < upto && operation.at == event.at);
                let steps = batch.parts_of(operation).iter().map(|part| part.step).collect();
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
            let demand = |list: &&[i64]| FeatureDemand { arrivals: list.to_vec(), size, tight };
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
        let slow = FeatureDemand { arrivals: vec![500, 600], size: 1, tight: true };
        let fast = FeatureDemand { arrivals: (0..100).collect(), size: 2, tight: false };
        let (mut asked_slow, mut trace) = (0, EventTrace::default());
        trace.begin([EntryRule { free: false, longest: None }; 2].into_iter());
        while inbox.reached() < SimTime::from_micros(90) {
            while let Some(mut refill) = inbox.take_want() {
                asked_slow += usize::from(refill.feature.0 == 0);
                answer(if refill.feature.0 == 0 { &slow } else { &fast }, &mut refill);
                inbox.accept(refill).expect("in order");
            }
            inbox.merge(&mut trace);
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
