//! What an operation costs by every rate of the feature that serves it, and which of them holds.
//!
//! Leaves which rate is in force to the conductor. Invariant: the costs of an operation are those of the rate that it is priced
//! by; only operations that some card of the policy prices remember the others.

use crate::units::Credits;
use crate::workload::{OtherPrices, RunPart};

use super::operation::{EndDecision, LiveOperation};

/// What an operation costs by every rate of the feature that serves it, the feature's own first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct OperationPrices {
    /// The one that it is priced by.
    rate: u16,
    /// By each.
    costs: Vec<Credits>,
    /// Of each part by each rate, part by part.
    parts: Vec<Credits>,
    /// What earlier operations let expect by each; empty unless the estimate looks back.
    earlier: Vec<Credits>,
}

impl OperationPrices {
    /// Of an operation that costs `own` by the feature's own rate, and `others` by the others.
    pub(in super::super) fn new(
        own: Credits,
        own_parts: &[RunPart],
        others: OtherPrices<'_>,
    ) -> OperationPrices {
        let rates = others.whole.len();
        let of_part = |(place, part): (usize, &RunPart)| {
            let others = others.parts.get(place * rates..(place + 1) * rates).unwrap_or_default();
            std::iter::once(part.cost).chain(others.iter().copied())
        };
        OperationPrices {
            rate: 0,
            costs: std::iter::once(own).chain(others.whole.iter().copied()).collect(),
            parts: own_parts.iter().enumerate().flat_map(of_part).collect(),
            earlier: Vec::new(),
        }
    }

    /// What earlier operations let expect, by each rate.
    pub(in super::super) fn expecting(self, earlier: Vec<Credits>) -> OperationPrices {
        OperationPrices { earlier, ..self }
    }

    /// By each rate, the feature's own first.
    pub(in super::super) fn costs(&self) -> &[Credits] {
        &self.costs
    }

    /// By one of the rates; by the feature's own where nobody has priced it otherwise.
    pub(in super::super) fn cost(&self, rate: u16) -> Credits {
        self.costs.get(usize::from(rate)).copied().unwrap_or(self.costs[0])
    }

    /// What earlier operations let expect by the rate that it is priced by, if the estimate looks back.
    pub(in super::super) fn earlier(&self) -> Option<Credits> {
        self.earlier.get(usize::from(self.rate)).copied()
    }

    /// The number of the rate that it is priced by.
    pub(in super::super) fn rate(&self) -> u16 {
        self.rate
    }

    /// It is priced by this rate from now on: what it costs, its parts included.
    pub(in super::super) fn price_by(&mut self, rate: u16, parts: &mut [RunPart]) -> Credits {
        self.rate = rate;
        let rates = self.costs.len();
        for (part, prices) in parts.iter_mut().zip(self.parts.chunks_exact(rates)) {
            part.cost = prices.get(usize::from(rate)).copied().unwrap_or(prices[0]);
        }
        self.cost(rate)
    }
}

impl LiveOperation {
    /// It is served by a feature that some card prices, by this rate.
    pub(in super::super) fn price(&mut self, prices: OperationPrices) {
        self.prices = Some(Box::new(prices));
    }

    /// What it consists of, for whoever prices it as another feature's.
    pub(in super::super) fn keep_quantities(&mut self, quantities: &[f64]) {
        self.quantities = quantities.to_vec();
    }

    /// What is known of that, by the names of these quantities.
    pub(in super::super) fn given<'n>(&self, names: &'n [String]) -> Vec<(&'n str, f64)> {
        let known = names.iter().zip(&self.quantities).filter(|(_, value)| !value.is_nan());
        known.map(|(name, value)| (name.as_str(), *value)).collect()
    }

    /// What it costs by each rate of the feature that serves it, if some card prices that.
    pub(in super::super) fn prices(&self) -> Option<&OperationPrices> {
        self.prices.as_deref()
    }

    /// Nothing but the feature's own rate prices it.
    pub(in super::super) fn has_one_price(&mut self) {
        self.prices = None;
    }

    /// Another rate prices it from now on.
    pub(in super::super) fn price_by(&mut self, rate: u16) {
        if let Some(prices) = &mut self.prices {
            self.cost = prices.price_by(rate, &mut self.parts);
        }
    }

    /// What it costs by its own feature's own rate: as it arrived.
    pub(in super::super) fn list_cost(&self) -> Credits {
        self.list_cost
    }

    /// So much it costs by its own feature's own rate.
    pub(in super::super) fn set_list_cost(&mut self, cost: Credits) {
        self.list_cost = cost;
    }

    /// How much more it costs as it starts than as it arrived, by the cards of then; nothing for a substitute.
    pub(in super::super) fn repriced(&self) -> Credits {
        match &self.prices {
            Some(_) if !self.is_substituted() => self.cost - self.operation.cost,
            _ => Credits::ZERO,
        }
    }

    /// What it had done when it ended, by the feature's own rate: a price list changes nothing of what the vendor pays.
    pub(in super::super) fn done_at_list(&self) -> Credits {
        let (done, Some(prices)) = (self.done(), &self.prices) else { return self.done() };
        let list = prices.costs[0];
        match self.verdict {
            EndDecision::Served => list,
            _ if self.cost.is_positive() => {
                Credits::from_micros(share(list.micros(), done.micros(), self.cost.micros()))
            }
            _ => done,
        }
    }
}

/// `whole · part / of`, rounded down.
fn share(whole: i64, part: i64, of: i64) -> i64 {
    (i128::from(whole) * i128::from(part) / i128::from(of)) as i64
}
