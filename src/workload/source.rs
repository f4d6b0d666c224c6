//! The compiled source of one feature's operations, shared by every organization.

use crate::sampling::{Rng, StreamKey};
use crate::units::{Credits, SimSpan};

use super::{Batch, Operation, Part, Traits};

/// The compiled source of one feature's operations.
#[derive(Debug)]
pub struct Source {}

/// The generator's state for one (organization, feature); travels with the recycled batch.
#[derive(Debug)]
pub struct SourceState {}

impl Source {
    /// The state before the first arrival. `key` is the organization's key.
    #[must_use]
    pub fn begin(&self, _key: StreamKey, _traits: &Traits) -> SourceState {
        SourceState {}
    }

    /// Empties `batch` and appends up to `limit` arrivals in order; at least one, or sets `batch.upto` to the end.
    pub fn fill(&self, _state: &mut SourceState, _batch: &mut Batch, _limit: usize) {}

    /// Cost and duration of one operation of this feature that stands in for another feature's.
    #[must_use]
    pub fn substitute(&self, _rng: &mut Rng) -> (Credits, SimSpan) {
        (Credits::ZERO, SimSpan::ZERO)
    }

    /// Number of reactive closed-loop clients an organization has of this feature; 0 if it is not reactive.
    #[must_use]
    pub fn reactive_clients(&self, _traits: &Traits) -> u32 {
        0
    }

    /// The `number`-th operation of a reactive client: think time before it, the operation (arrival unset), and its
    /// parts appended to `parts`; `None` when the client is done. Keyed by (organization, feature, client, number).
    pub fn client_operation(
        &self,
        _key: StreamKey,
        _traits: &Traits,
        _client: u32,
        _number: u32,
        _parts: &mut Vec<Part>,
    ) -> Option<(SimSpan, Operation)> {
        None
    }
}
