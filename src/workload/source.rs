//! The compiled source of one feature's operations, shared by every organization.

use crate::calendar::Zone;
use crate::sampling::{Rng, StreamKey};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

use super::{Batch, Demand, Listed, Operation, Part, Population, Traits};

/// What a source is compiled from.
#[derive(Debug, Clone, Copy)]
pub struct SourceSpec<'a> {
    /// The feature.
    pub feature: FeatureIndex,
    /// Its name (streams are keyed by it).
    pub name: &'a str,
    /// Free features cost nothing, whatever their demand says.
    pub free: bool,
    /// Its demand.
    pub demand: &'a Demand,
    /// Seed of the run (estimates over the population are keyed by it).
    pub seed: u64,
    /// Start of the horizon.
    pub start: SimTime,
    /// End of the horizon.
    pub end: SimTime,
    /// Zone of profiles and schedules.
    pub zone: &'a Zone,
    /// The cohorts in file order.
    pub populations: &'a [Population],
    /// Per cohort in file order: operations written down, which replace the arrivals (missing cohorts have none).
    pub listed: &'a [Option<Vec<Listed>>],
}

/// The compiled source of one feature's operations.
#[derive(Debug)]
pub struct Source {}

/// The generator's state for one (organization, feature); travels with the recycled batch.
#[derive(Debug)]
pub struct SourceState {}

impl Source {
    /// Compiles a feature's demand.
    #[must_use]
    pub fn new(_spec: &SourceSpec<'_>) -> Source {
        Source {}
    }

    /// The state before the first arrival. `key` is the organization's key.
    #[must_use]
    pub fn begin(&self, _key: StreamKey, _traits: &Traits) -> SourceState {
        SourceState {}
    }

    /// Empties `batch` and appends up to `limit` arrivals in order; at least one, or sets `batch.upto` to the end.
    ///
    /// # Errors
    /// Only the replay of a history can fail, when its partition on disk cannot be read.
    pub fn fill(
        &self,
        _state: &mut SourceState,
        _batch: &mut Batch,
        _limit: usize,
    ) -> Result<(), std::io::Error> {
        Ok(())
    }

    /// Mean true cost over the population [credits].
    #[must_use]
    pub fn expected_cost(&self) -> Credits {
        Credits::ZERO
    }

    /// Quantile `q` of the true cost over the population [credits].
    #[must_use]
    pub fn cost_quantile(&self, _q: f64) -> Credits {
        Credits::ZERO
    }

    /// Cost and duration of one operation of this feature that stands in for another feature's.
    #[must_use]
    pub fn substitute(&self, _rng: &mut Rng) -> (Credits, SimSpan) {
        (Credits::ZERO, SimSpan::ZERO)
    }

    /// Number of reactive closed-loop clients an organization has of this feature; 0 if it is not reactive.
    #[must_use]
    pub fn reactive_clients(&self, _key: StreamKey, _traits: &Traits) -> u32 {
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
