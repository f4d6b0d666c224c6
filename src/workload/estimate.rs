//! What an operation of a feature costs over the population: for estimates that look at no single customer.

use crate::sampling::Purpose;
use crate::units::Credits;

use super::demand::{Amount, StepShape};
use super::history::CostSketch;
use super::plan::credits;
use super::source::Source;

/// Draws behind an estimate without a closed form.
const DRAWS: usize = 4_096;

impl Source {
    /// Mean true cost over the population by the feature's own rate (credits).
    #[must_use]
    pub fn expected_cost(&self) -> Credits {
        self.expected_cost_by(0)
    }

    /// Quantile `q` of the true cost over the population by the feature's own rate (credits).
    #[must_use]
    pub fn cost_quantile(&self, q: f64) -> Credits {
        self.cost_quantile_by(q, 0)
    }

    /// Mean true cost over the population (credits) by a rate, 0 being the feature's own: exact for one drawn cost, and what
    /// a rate adds to it and multiplies it by; else from 4,096 keyed draws.
    #[must_use]
    pub fn expected_cost_by(&self, rate: usize) -> Credits {
        if let Some(history) = self.history_by(rate) {
            return history.mean();
        }
        if let (Some(dist), Some((base, slope))) = (self.plain_cost(), self.in_costs(rate)) {
            return credits(base + slope * dist.mean());
        }
        let sum: i128 = self.estimates(rate).iter().map(|cost| i128::from(cost.micros())).sum();
        Credits::from_micros((sum / DRAWS as i128) as i64)
    }

    /// Quantile `q` of the true cost over the population (credits) by a rate, 0 being the feature's own.
    #[must_use]
    pub fn cost_quantile_by(&self, q: f64, rate: usize) -> Credits {
        if let Some(history) = self.history_by(rate) {
            return history.quantile(q);
        }
        if let (Some(cost), Some((base, slope))) =
            (self.plain_cost().and_then(|dist| dist.quantile(q)), self.in_costs(rate))
            && slope >= 0.0
        {
            return credits(base + slope * cost);
        }
        let estimates = self.estimates(rate);
        estimates[((q * DRAWS as f64) as usize).min(DRAWS - 1)]
    }

    /// What a rate adds to the feature's own cost, and what it multiplies it by, if it does nothing else.
    fn in_costs(&self, rate: usize) -> Option<(f64, f64)> {
        match rate.checked_sub(1) {
            None => Some((0.0, 1.0)),
            Some(place) => {
                let (base, slope) = self.rates.linear_in_cost(place)?;
                (base >= 0.0 && slope >= 0.0).then_some((base, slope))
            }
        }
    }

    /// Costs by a rate in the history that feeds the feature.
    fn history_by(&self, rate: usize) -> Option<&CostSketch> {
        self.history.get(rate)
    }

    /// The distribution of the cost, if it is nothing but one drawn number.
    fn plain_cost(&self) -> Option<&crate::sampling::Dist> {
        let StepShape::Simple { cost: Amount::Drawn(dist), .. } = &self.work.shape else { return None };
        let plain =
            !(self.work.free || self.work.gauge || self.work.cache.is_some() || self.work.has_two_levels());
        (plain && !dist.can_be_negative()).then_some(dist)
    }

    fn estimates(&self, rate: usize) -> &[Credits] {
        let all = self.estimates.get_or_init(|| {
            let mut rng = self.estimate_key().stream(Purpose::Estimate);
            let mut costs = vec![Vec::with_capacity(DRAWS); 1 + self.rates.len()];
            for _ in 0..DRAWS {
                let (operation, prices) = self.draw_over_population(&mut rng);
                let drawn = std::iter::once(operation.cost).chain(prices);
                costs.iter_mut().zip(drawn).for_each(|(costs, cost)| costs.push(cost));
            }
            costs.iter_mut().for_each(|costs| costs.sort_unstable());
            costs
        });
        &all[rate.min(all.len() - 1)]
    }
}
