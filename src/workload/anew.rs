//! Work of a feature that nobody asked it for: substitutes, operations that fall back on it, draws over the population.
//!
//! Leaves operations that arrive to `supply`. Invariant: everything is drawn from the generator that is given, so that it depends
//! on whatever that is keyed by.

use std::sync::Arc;

use crate::sampling::Rng;
use crate::units::{Credits, SimSpan, SimTime};

use super::demand::{Amount, Listed, StepShape};
use super::operation::{Batch, Operation};
use super::plan::{Mishap, QuantityValues, WorkPlan, WorkStreams, credits};
use super::rates::PricedStep;
use super::run::RunDraw;
use super::source::Source;
use super::supply::total;

/// Work that is drawn in the place of another feature's.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DrawnWork {
    /// True cost by the feature's own rate (credits).
    pub cost: Credits,
    /// How long it takes.
    pub duration: SimSpan,
    /// What it costs by every other rate of the feature.
    pub prices: Vec<Credits>,
}

impl Source {
    /// Prices the operations of a batch that this source has not drawn, by their costs, durations and parts: of what else
    /// they consist nobody has said, but for the quantities that stand beside them.
    pub fn price_batch(&self, batch: &mut Batch) {
        batch.rate_count = self.rates.len();
        (batch.prices, batch.part_prices) =
            (Vec::new(), vec![Credits::ZERO; batch.parts.len() * batch.rate_count]);
        for place in 0..batch.operations.len() {
            let operation = batch.operations[place];
            let mut row = Listed::plain(operation.at, operation.cost, operation.duration);
            row.parts = batch.parts_of(&operation).to_vec();
            let said = self.kept.iter().cloned().zip(batch.quantities_of(place).iter().copied());
            row.quantities = said.filter(|(_, value)| !value.is_nan()).collect();
            let (mut parts, mut mishap) = (Vec::new(), Mishap::default());
            self.rates.price_listed(&row, (&mut batch.prices, &mut parts), &mut mishap);
            self.settle(&mut mishap, || operation.at);
            let start = operation.part_start as usize * batch.rate_count;
            if operation.part_count > 0 {
                batch.part_prices[start..start + parts.len()].copy_from_slice(&parts);
            }
        }
    }

    /// One operation of this feature that stands in for another feature's.
    #[must_use]
    pub fn substitute(&self, rng: &mut Rng, at: SimTime) -> DrawnWork {
        let mut values = QuantityValues::default();
        values.stands_in = true;
        let (operation, prices) = self.draw_anew(rng, &mut values);
        self.settle(&mut values.mishap, || at);
        DrawnWork { cost: operation.cost, duration: operation.duration, prices }
    }

    /// What an operation that says so much of itself costs as one of this feature: its quantities by name, those that it
    /// lacks being 0; a cost that the feature draws is drawn as [`Source::substitute`] does.
    #[must_use]
    pub fn price_as(
        &self,
        rng: &mut Rng,
        at: SimTime,
        given: &[(&str, f64)],
        duration: SimSpan,
    ) -> DrawnWork {
        let StepShape::Simple { cost: Amount::Formula(formula), .. } = &self.work.shape else {
            let drawn = self.substitute(rng, at);
            return self.reprice(at, given, duration, drawn.cost.as_f64());
        };
        let of = |name: &str| given.iter().find(|(known, _)| *known == name).map_or(0.0, |(_, value)| *value);
        let mut values: Vec<f64> = self.declared.iter().map(|name| of(name)).collect();
        values.extend([1.0, duration.as_seconds_f64()]);
        let whole = if self.work.free { 0.0 } else { formula.evaluate(&values) };
        self.reprice(at, given, duration, whole)
    }

    /// An operation of a known cost and known quantities, priced by every rate of the feature.
    fn reprice(&self, at: SimTime, given: &[(&str, f64)], duration: SimSpan, cost: f64) -> DrawnWork {
        let quantities = self.rates.quantities().iter();
        let of =
            |name: &String| given.iter().find(|(known, _)| known == name).map_or(0.0, |(_, value)| *value);
        let values: Vec<f64> = quantities.map(of).collect();
        let (mut buffer, mut prices, mut mishap) = (Vec::new(), Vec::new(), Mishap::default());
        let step = PricedStep { cost, unknown: 0.0, share: 1.0, seconds: duration.as_seconds_f64(), turn: 1 };
        self.rates.price(&values, step, (&mut buffer, &mut prices), &mut mishap);
        if !(cost >= 0.0 && cost.is_finite()) {
            let formula = "the feature's `cost`".to_owned();
            mishap.broken.get_or_insert_with(|| Box::new(("cost", formula, cost)));
        }
        self.settle(&mut mishap, || at);
        DrawnWork { cost: credits(cost), duration, prices }
    }

    /// One operation of an organization drawn anew; neither fails nor is cancelled. A formula that gives no cost counts
    /// as 0: the operations themselves tell of it.
    pub(super) fn draw_over_population(&self, rng: &mut Rng) -> (Operation, Vec<Credits>) {
        let work = self.work.for_organization(rng);
        let values = &mut QuantityValues::default();
        let (mut operation, mut prices) = self.draw_of(&work, rng, values);
        if work.gauge {
            // What is owed is the rise from one value of an organization to the next.
            let (before, prices_before) = self.draw_of(&work, rng, values);
            operation.cost = (operation.cost - before.cost).positive_part();
            for (price, before) in prices.iter_mut().zip(prices_before) {
                *price = (*price - before).positive_part();
            }
        }
        (operation, prices)
    }

    fn draw_anew(&self, rng: &mut Rng, values: &mut QuantityValues) -> (Operation, Vec<Credits>) {
        let work = self.work.for_organization(rng);
        self.draw_of(&work, rng, values)
    }

    /// One operation of an organization.
    fn draw_of(
        &self,
        work: &Arc<WorkPlan>,
        rng: &mut Rng,
        values: &mut QuantityValues,
    ) -> (Operation, Vec<Credits>) {
        let mut streams = WorkStreams::split(rng);
        let mut parts = Vec::new();
        let mut operation = Operation::default();
        match &work.shape {
            StepShape::Simple { cost, duration } => {
                (operation.cost, operation.duration) = work.draw_simple(cost, duration, &mut streams, values);
            }
            StepShape::Run(steps) => {
                let _ = RunDraw::draw(work, steps, &mut streams, values, &mut parts);
                operation.cost = parts.iter().map(|part| part.cost).sum();
                operation.duration = total(&parts);
            }
        }
        let mut prices = Vec::new();
        self.rates.add_up(&values.prices, &mut prices);
        (operation, prices)
    }
}
