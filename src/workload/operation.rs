//! One piece of demand as it is drawn: everything about it that no policy can change.
//!
//! Drawn once for its arrival and kept through every attempt, so that all policies meet the same demand.

use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

/// How an operation ends if nothing stops it earlier.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Fate {
    /// Every part is done.
    #[default]
    Completes,
    /// Fails in part `ends_in_part`, `ends_after` into it; that part is not finished.
    Fails,
    /// Cancelled by its user in part `ends_in_part`, `ends_after` into it.
    Cancelled,
}

/// One piece of demand.
///
/// A simple operation has no parts (`part_count == 0`): one step of `cost` and `duration`. A run has its parts in
/// the batch's `parts`, from `part_start`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Operation {
    /// Arrival.
    pub at: SimTime,
    /// True cost if every part completes, without a plan's minimum (credits).
    pub cost: Credits,
    /// Full work time of a simple operation, as if nothing struck; or the time from start to end of a whole run, pauses
    /// included, already shortened by a failure or cancellation.
    pub duration: SimSpan,
    /// Time into part `ends_in_part` at which a failure or cancellation strikes.
    pub ends_after: SimSpan,
    /// Number within (organization, feature), from 0.
    pub sequence: u32,
    /// First part in the batch (or in the account once the operation has been taken over).
    pub part_start: u32,
    /// Parts of a run; 0 for a simple operation.
    pub part_count: u16,
    /// Part in which a failure or cancellation strikes, from 0.
    pub ends_in_part: u16,
    /// The feature, in file order.
    pub feature: FeatureIndex,
    /// The member who asks, an index into the organization's members; [`crate::units::NO_MEMBER`] if no person does.
    pub member: u16,
    /// The project it is for, an index into the organization's projects.
    pub project: u16,
    /// How it ends.
    pub fate: Fate,
    /// One standard normal, for blurred estimates.
    pub blur: f32,
}

/// What a part of a run is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum PartKind {
    /// A step that costs credits (possibly 0 drawn).
    #[default]
    Work,
    /// A helper step: free, never refused.
    Helper,
    /// A pause for a human; costs nothing. The run pauses when it is entered.
    Review,
}

/// One step of a run, repeats written out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct RunPart {
    /// True cost (credits); 0 for helpers and reviews.
    pub cost: Credits,
    /// Full duration, as if nothing struck.
    pub duration: SimSpan,
    /// Index of the step in the feature's file order (for reports).
    pub step: u16,
    /// What it is.
    pub kind: PartKind,
}

/// A batch of arrivals of one feature of one organization, recycled between asker and drawer.
#[derive(Debug, Default)]
pub struct Batch {
    /// In order of `at`, then `sequence`.
    pub operations: Vec<Operation>,
    /// Parts of the runs among them.
    pub parts: Vec<RunPart>,
    /// Values of the feature's quantities, `quantity_count` for each operation in its order: sums over the steps of a run,
    /// what is drawn once for a run counted once, NaN where a value is not known.
    pub quantities: Vec<f64>,
    /// Quantities kept of each operation; 0 if nobody reads them.
    pub quantity_count: usize,
    /// What each operation costs by the rates of its feature, `rate_count` for each in its order.
    pub prices: Vec<Credits>,
    /// What each of `parts` costs by them, `rate_count` for each in its order.
    pub part_prices: Vec<Credits>,
    /// Rates that price each operation besides the feature's own; 0 if no policy has another.
    pub rate_count: usize,
    /// Nothing of this feature will arrive before this instant, other than what is in the batch.
    pub upto: SimTime,
}

/// What one operation costs by other rates than its feature's own, if there are any, and what it consists of, if somebody keeps
/// that.
#[derive(Debug, Clone, Copy, Default)]
pub struct OtherPrices<'b> {
    /// By rate.
    pub whole: &'b [Credits],
    /// Of each part by rate, part by part.
    pub parts: &'b [Credits],
    /// Its quantities, in the order in which the source keeps them.
    pub quantities: &'b [f64],
}

impl Operation {
    /// From its start to where it ends: by itself, or where it is struck.
    #[must_use]
    pub fn time_to_end(&self) -> SimSpan {
        // The duration of a run is already shortened.
        let struck_simple = self.part_count == 0 && self.fate != Fate::Completes;
        if struck_simple { self.ends_after } else { self.duration }
    }
}

impl Batch {
    /// Empties the buffers, keeping their memory.
    pub fn clear(&mut self) {
        self.operations.clear();
        self.parts.clear();
        self.quantities.clear();
        self.prices.clear();
        self.part_prices.clear();
    }

    /// Forgets the first `count` operations and their parts, which are no longer needed.
    pub fn forget(&mut self, count: usize) {
        let count = count.min(self.operations.len());
        let mut with_parts = self.operations[count..].iter().filter(|operation| operation.part_count > 0);
        // Operations stand in the order of their parts.
        let parts = with_parts.next().map_or(self.parts.len(), |operation| operation.part_start as usize);
        self.parts.drain(..parts);
        self.part_prices.drain(..parts * self.rate_count);
        self.quantities.drain(..count * self.quantity_count);
        self.prices.drain(..count * self.rate_count);
        self.operations.drain(..count);
        for operation in self.operations.iter_mut().filter(|operation| operation.part_count > 0) {
            operation.part_start -= parts as u32;
        }
    }

    /// Values of the quantities of the operation at a place in the batch; none if nobody reads them.
    #[must_use]
    pub fn quantities_of(&self, place: usize) -> &[f64] {
        let count = self.quantity_count;
        self.quantities.get(place * count..(place + 1) * count).unwrap_or_default()
    }

    /// What the operation at a place in the batch costs by the rates of its feature.
    #[must_use]
    pub fn prices_of(&self, place: usize) -> OtherPrices<'_> {
        let count = self.rate_count;
        let quantities = self.quantities_of(place);
        let (Some(operation), true) = (self.operations.get(place), count > 0) else {
            return OtherPrices { quantities, ..OtherPrices::default() };
        };
        let start = if operation.part_count == 0 { 0 } else { operation.part_start as usize };
        let parts = start * count..(start + usize::from(operation.part_count)) * count;
        OtherPrices {
            whole: self.prices.get(place * count..(place + 1) * count).unwrap_or_default(),
            parts: self.part_prices.get(parts).unwrap_or_default(),
            quantities,
        }
    }

    /// The parts of `operation`, which must come from this batch.
    #[must_use]
    pub fn parts_of(&self, operation: &Operation) -> &[RunPart] {
        // A simple operation's place among the parts means nothing.
        let start = if operation.part_count == 0 { 0 } else { operation.part_start as usize };
        &self.parts[start..start + usize::from(operation.part_count)]
    }
}
