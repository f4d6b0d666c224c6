//! An operation at its price: by which rate it is priced, and what it would cost by the others (docs/semantics.md §13).
//!
//! Leaves which rate is in force to the conductor. Invariant: the costs of an operation are those of the rate that it is priced
//! by; only operations that some card of the policy prices remember the others.

use crate::units::Credits;

use super::operation::{EndDecision, LiveOperation};
use super::prices::OperationPrices;

impl LiveOperation {
    /// It is served by a feature that some card prices, by this rate.
    pub(in super::super) fn price(&mut self, prices: OperationPrices) {
        self.terms.get_or_insert_default().prices = Some(prices);
    }

    /// What it consists of, for whoever prices it as another feature's.
    pub(in super::super) fn keep_quantities(&mut self, quantities: &[f64]) {
        self.terms.get_or_insert_default().quantities = quantities.to_vec();
    }

    /// What it comes to by every rate of the feature that serves it but that feature's own, for limits that count quantities.
    pub(in super::super) fn keep_measured(&mut self, by_rate: &[Credits]) {
        self.terms.get_or_insert_default().measured = by_rate.to_vec();
    }

    /// What the rate of a number measures of it.
    pub(in super::super) fn measured(&self, number: u16) -> Credits {
        let place = usize::from(number).checked_sub(1);
        place.and_then(|place| self.terms.as_ref()?.measured.get(place)).copied().unwrap_or(Credits::ZERO)
    }

    /// What is known of that, by the names of these quantities.
    pub(in super::super) fn given<'n>(&self, names: &'n [String]) -> Vec<(&'n str, f64)> {
        let quantities = self.terms.as_ref().map_or(&[][..], |terms| &terms.quantities);
        let known = names.iter().zip(quantities).filter(|(_, value)| !value.is_nan());
        known.map(|(name, value)| (name.as_str(), *value)).collect()
    }

    /// What it costs by each rate of the feature that serves it, if some card prices that.
    pub(in super::super) fn prices(&self) -> Option<&OperationPrices> {
        self.terms.as_ref()?.prices.as_ref()
    }

    /// The number of the rate that prices it.
    pub(in super::super) fn rate(&self) -> u16 {
        self.prices().map_or(0, OperationPrices::rate)
    }

    /// Nothing but the feature's own rate prices it.
    pub(in super::super) fn has_one_price(&mut self) {
        if let Some(terms) = &mut self.terms {
            terms.prices = None;
        }
    }

    /// Another rate prices it from now on.
    pub(in super::super) fn price_by(&mut self, rate: u16) {
        if let Some(prices) = self.terms.as_mut().and_then(|terms| terms.prices.as_mut()) {
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
        match self.prices() {
            Some(_) if !self.is_substituted() => self.cost - self.operation.cost,
            _ => Credits::ZERO,
        }
    }

    /// What it had done when it ended, by the feature's own rate: a price list changes nothing of what the vendor pays.
    pub(in super::super) fn done_at_list(&self) -> Credits {
        let (done, Some(prices)) = (self.done(), self.prices()) else { return self.done() };
        let list = prices.list();
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
