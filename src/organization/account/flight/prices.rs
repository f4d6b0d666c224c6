//! What an operation costs by every rate of the feature that serves it, and which of them holds.
//!
//! Leaves which rate is in force to the conductor, and the operation to `priced`.

use crate::policy::HistoryEstimate;
use crate::units::Credits;
use crate::workload::{OtherPrices, RunPart};

/// What an operation costs by every rate of the feature that serves it, the feature's own first.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct OperationPrices {
    /// The one that it is priced by.
    rate: u16,
    /// By each.
    costs: Vec<Credits>,
    /// Of each part by each rate, part by part.
    parts: Vec<Credits>,
    /// What the operations that were earlier as it was tried first let expect by each, for every way in which estimates of the
    /// policy look back: rules that come into force while it waits may look back in another way.
    earlier: Vec<(HistoryEstimate, Vec<Credits>)>,
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

    /// What earlier operations let expect, by each rate, in each way of looking back.
    pub(in super::super) fn expecting(
        self,
        earlier: Vec<(HistoryEstimate, Vec<Credits>)>,
    ) -> OperationPrices {
        OperationPrices { earlier, ..self }
    }

    /// By each rate, the feature's own first.
    pub(in super::super) fn costs(&self) -> &[Credits] {
        &self.costs
    }

    /// By the feature's own.
    pub(in super::super) fn list(&self) -> Credits {
        self.costs[0]
    }

    /// By one of the rates; by the feature's own where nobody has priced it otherwise.
    pub(in super::super) fn cost(&self, rate: u16) -> Credits {
        self.costs.get(usize::from(rate)).copied().unwrap_or(self.costs[0])
    }

    /// What earlier operations let expect by the rate that it is priced by, looked back at in one of the policy's ways.
    pub(in super::super) fn earlier(&self, rule: HistoryEstimate) -> Option<Credits> {
        let (_, by_rate) = self.earlier.iter().find(|(known, _)| *known == rule)?;
        by_rate.get(usize::from(self.rate)).copied()
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
