//! Following the trace: arrivals and ends of plain operations, with what is due of the account's own between them.
//!
//! Owns the loop over a slice of the trace. Leaves bulk intervals of it to `in_bulk`, arrivals to `attempt`, ends to
//! `fast`. Invariant: what happens at one instant happens in the order of docs/semantics.md §10, whoever it belongs to.

use crate::units::Credits;
use crate::workload::{Batch, Operation};

use super::super::env::Env;
use super::super::events::{Class, order_of};
use super::State;
use crate::organization::{EventKind, TraceEvent, TraceSlice};

impl State {
    /// Handles every event of a slice of the trace, and everything due of the account's own before its end.
    pub(in super::super) fn follow(&mut self, env: &Env, slice: &TraceSlice<'_>) {
        self.bulk.meet(slice);
        self.ways.events += slice.events.len() as u64;
        let mut next = 0;
        loop {
            if self.is_called_off(env) {
                return;
            }
            next += self.advance_in_bulk(env, slice, next);
            let Some(event) = slice.events.get(next) else {
                self.timers.expect_nothing_in_trace();
                break;
            };
            next += 1;
            self.take_event(env, slice, event, slice.events.get(next));
        }
        self.drain(env, slice.upto, 0);
        if self.pace.left_early {
            return;
        }
        self.count_ahead(env, slice);
    }

    /// Handles one event of the trace after everything that is due before it.
    fn take_event(
        &mut self,
        env: &Env,
        slice: &TraceSlice<'_>,
        event: &TraceEvent,
        next: Option<&TraceEvent>,
    ) {
        let feature = event.class.feature();
        if event.class.kind() == EventKind::End {
            if self.fast_paths[feature.index()].open && !self.bulk.passes_over(event.slot) {
                self.drain_before(env, event, order_of(Class::Charge, feature.0, event.number, 0), next);
                if !self.pace.left_early {
                    self.end_fast(env, event);
                }
            }
            return;
        }
        let batch = slice.given[usize::from(event.source)].batch;
        let operation = &batch.operations[event.number as usize];
        let order = order_of(Class::Arrival, feature.0, operation.sequence, 0);
        self.drain_before(env, event, order, next);
        if self.pace.left_early {
            return;
        }
        self.keep_quantities(env, operation, || batch.quantities_of(event.number as usize));
        let slot = (event.class.kind() == EventKind::Arrival).then_some(event.slot);
        self.arrive_in_trace(env, batch, event.number as usize, slot);
    }

    /// Keeps what an operation consists of for those who read rows; there is nothing to keep if nobody does.
    #[inline]
    pub(super) fn keep_quantities<'b>(
        &mut self,
        env: &Env,
        operation: &Operation,
        quantities: impl FnOnce() -> &'b [f64],
    ) {
        if !(env.detail.operations || env.detail.journal) {
            return;
        }
        let quantities = quantities();
        if quantities.is_empty() {
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
        match next.filter(|next| next.class.kind() == EventKind::End) {
            Some(next) => {
                let order = order_of(Class::Charge, next.class.feature().0, next.number, 0);
                self.timers.expect_in_trace(next.at, order);
            }
            None => self.timers.expect_nothing_in_trace(),
        }
    }

    fn arrive_in_trace(&mut self, env: &Env, batch: &Batch, place: usize, slot: Option<u32>) {
        let operation = &batch.operations[place];
        let open = self.fast_paths[operation.feature.index()].open;
        let slot = slot.filter(|_| open);
        let arrival = (operation, batch.parts_of(operation));
        let fast = self.arrive(env, arrival, || batch.prices_of(place), slot);
        if let (false, Some(slot)) = (fast, slot) {
            self.bulk.pass_over(slot);
        }
    }

    /// Counts what is alike for every operation that has arrived, whatever became of it: whose demand it was, and how
    /// far it lay from an estimate that is the same for all.
    fn count_ahead(&mut self, env: &Env, slice: &TraceSlice<'_>) {
        // What comes before the instant from which outcomes count is forgotten at that instant. One member is whoever
        // asks, and is counted at the end.
        let looks = self.counts.counts_members() || self.estimates_ahead.iter().any(Option::is_some);
        if !self.counts.is_measuring() || !looks {
            return;
        }
        for given in slice.given {
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

    /// Counts whose demand an operation is; of one that cards price its arrival does.
    pub(super) fn count_member(&mut self, env: &Env, operation: &Operation) {
        if env.is_priced(operation.feature) {
            return;
        }
        let cost = if env.facts(operation.feature).free { Credits::ZERO } else { operation.cost };
        self.counts.demanded_by(operation.member, cost);
    }
}
