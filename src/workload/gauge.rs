//! Features whose cost is a gauge: what is stored, reserved, open (docs/semantics.md §13.10).
//!
//! Owns what an operation owes of the value that it says. Leaves drawing and reading values to `supply`. Invariant: what is owed
//! depends on the demand alone, never on what a policy has let pass.

use crate::units::Credits;

use super::operation::Batch;
use super::rates::FeatureRates;

/// The newest value of an organization's gauge: by the feature's own cost, then by every other rate.
#[derive(Debug, Clone, Default)]
pub(super) struct Gauge(Vec<Credits>);

impl Gauge {
    /// What a value owes: how far it is above the one before it. It is the newest from now on.
    fn rise(&mut self, place: usize, value: Credits) -> Credits {
        if place >= self.0.len() {
            self.0.resize(place + 1, Credits::ZERO);
        }
        let before = std::mem::replace(&mut self.0[place], value);
        (value - before).positive_part()
    }

    /// Has every operation of a batch from a place on owe the rise of its value, by every rate; what measures a quantity stays.
    pub(super) fn keep_rises(&mut self, batch: &mut Batch, from: usize, rates: &FeatureRates) {
        let count = batch.rate_count;
        for place in from..batch.operations.len() {
            let operation = &mut batch.operations[place];
            operation.cost = self.rise(0, operation.cost);
            let prices = batch.prices.iter_mut().skip(place * count).take(count);
            for (rate, price) in prices.enumerate().filter(|(rate, _)| !rates.is_measure(*rate)) {
                *price = self.rise(rate + 1, *price);
            }
        }
    }
}
