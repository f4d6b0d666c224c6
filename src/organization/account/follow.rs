//! Following the course: arrivals and ends of plain operations, with what is due of the account's own between them.
//!
//! Owns the loop over a stretch of the course. Leaves calm parts of it to `calm`, arrivals to `attempt`, ends to
//! `light`. Invariant: what happens at one instant happens in the order of docs/semantics.md §10, whoever it belongs to.

use crate::units::Credits;
use crate::workload::{Batch, Operation};

use super::super::{EventKind, TraceEvent, TraceSlice};
use super::calm::CourseHold;
use super::env::Env;
use super::events::{Class, order_of};
use super::state::State;

/// Slots of the course whose operations this account has not admitted as they arrived.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotSet {
    words: Vec<u64>,
    size: usize,
}

impl SlotSet {
    fn make_room(&mut self, slots: u32) {
        self.words.resize((slots as usize).div_ceil(64).max(self.words.len()), 0);
    }

    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    pub(super) fn contains(&self, slot: u32) -> bool {
        self.words[slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    pub(super) fn insert(&mut self, slot: u32) {
        debug_assert!(!self.contains(slot));
        self.words[slot as usize / 64] |= 1 << (slot % 64);
        self.size += 1;
    }

    /// Takes a slot out; false if it was not in.
    pub(super) fn remove(&mut self, slot: u32) -> bool {
        if self.size == 0 || !self.contains(slot) {
            return false;
        }
        self.words[slot as usize / 64] &= !(1 << (slot % 64));
        self.size -= 1;
        true
    }
}

impl State {
    /// Handles every event of a stretch, and everything due of the account's own before its end.
    pub(super) fn follow(&mut self, env: &Env, stretch: &TraceSlice<'_>) {
        self.passed_over.make_room(stretch.slots);
        self.holds_in_course.resize(stretch.slots as usize, CourseHold::None);
        self.calm.meet(stretch.entries);
        self.ways.events += stretch.events.len() as u64;
        let mut next = 0;
        loop {
            if self.is_called_off(env) {
                return;
            }
            next += self.advance_calmly(env, stretch, next);
            let Some(event) = stretch.events.get(next) else {
                self.timers.expect_nothing_in_trace();
                break;
            };
            next += 1;
            self.take_event(env, stretch, event, stretch.events.get(next));
        }
        self.drain(env, stretch.upto, 0);
        if self.pace.left_early {
            return;
        }
        self.count_ahead(env, stretch);
    }

    /// Handles one event of the course after everything that is due before it.
    fn take_event(
        &mut self,
        env: &Env,
        stretch: &TraceSlice<'_>,
        event: &TraceEvent,
        next: Option<&TraceEvent>,
    ) {
        let feature = event.lane.feature();
        if event.lane.kind() == EventKind::End {
            if self.short_ways[feature.index()].open && !self.passed_over.remove(event.slot) {
                self.drain_before(env, event, order_of(Class::Charge, feature.0, event.number, 0), next);
                if !self.pace.left_early {
                    self.end_light(env, event);
                }
            }
            return;
        }
        let batch = stretch.given[usize::from(event.source)].batch;
        let operation = &batch.operations[event.number as usize];
        let order = order_of(Class::Arrival, feature.0, operation.sequence, 0);
        self.drain_before(env, event, order, next);
        if self.pace.left_early {
            return;
        }
        self.keep_quantities(env, operation, batch.quantities_of(event.number as usize));
        let slot = (event.lane.kind() == EventKind::Arrival).then_some(event.slot);
        self.arrive_in_course(env, batch, operation, slot);
    }

    /// Keeps what an operation consists of for those who read rows; there is nothing to keep if nobody does.
    #[inline]
    pub(super) fn keep_quantities(&mut self, env: &Env, operation: &Operation, quantities: &[f64]) {
        if quantities.is_empty() || !(env.detail.operations || env.detail.journal) {
            return;
        }
        if let Some(detail) = self.counts.detail() {
            detail.quantities.insert((operation.feature, operation.sequence), quantities.into());
        }
    }

    fn drain_before(&mut self, env: &Env, event: &TraceEvent, order: u64, next: Option<&TraceEvent>) {
        self.timers.expect_in_trace(event.at, order);
        self.drain(env, event.at, order);
        // Arrivals come last at any instant, so nothing waits for them.
        match next.filter(|next| next.lane.kind() == EventKind::End) {
            Some(next) => {
                let order = order_of(Class::Charge, next.lane.feature().0, next.number, 0);
                self.timers.expect_in_trace(next.at, order);
            }
            None => self.timers.expect_nothing_in_trace(),
        }
    }

    fn arrive_in_course(&mut self, env: &Env, batch: &Batch, operation: &Operation, slot: Option<u32>) {
        let open = self.short_ways[operation.feature.index()].open;
        let slot = slot.filter(|_| open);
        let light = self.arrive(env, operation, batch.parts_of(operation), slot);
        if let (false, Some(slot)) = (light, slot) {
            self.passed_over.insert(slot);
        }
    }

    /// Counts what is alike for every operation that has arrived, whatever became of it: whose demand it was, and how
    /// far it lay from an estimate that is the same for all.
    fn count_ahead(&mut self, env: &Env, stretch: &TraceSlice<'_>) {
        // What comes before the instant from which outcomes count is forgotten at that instant. One member is whoever
        // asks, and is counted at the end.
        let looks = self.counts.counts_members() || self.estimates_ahead.iter().any(Option::is_some);
        if !self.counts.is_measuring() || !looks {
            return;
        }
        for given in stretch.given {
            let operations = given.operations();
            let from = operations.partition_point(|operation| operation.at < env.world.measure_from);
            for operation in &operations[from..] {
                self.count_member(env, operation);
                let feature = operation.feature.index();
                if let Some(estimate) = self.estimates_ahead[feature] {
                    self.counts.estimated(operation.feature, estimate, operation.cost);
                }
            }
        }
    }

    /// Counts whose demand an operation is.
    pub(super) fn count_member(&mut self, env: &Env, operation: &Operation) {
        let cost = if env.facts(operation.feature).free { Credits::ZERO } else { operation.cost };
        self.counts.demanded_by(operation.member, cost);
    }
}
