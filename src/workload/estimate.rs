//! What an operation of a feature costs over the population: for estimates that look at no single customer.

use crate::sampling::Purpose;
use crate::units::Credits;

use super::demand::{Amount, StepShape};
use super::plan::credits;
use super::source::Source;

/// Draws behind an estimate without a closed form.
const DRAWS: usize = 4_096;

impl Source {
    /// Mean true cost over the population (credits): exact for one drawn cost, else from 4,096 keyed draws.
    #[must_use]
    pub fn expected_cost(&self) -> Credits {
        if let Some(history) = &self.history {
            return history.mean();
        }
        if let Some(dist) = self.plain_cost() {
            return credits(dist.mean());
        }
        let sum: i128 = self.estimates().iter().map(|cost| i128::from(cost.micros())).sum();
        Credits::from_micros((sum / DRAWS as i128) as i64)
    }

    /// Quantile `q` of the true cost over the population (credits).
    #[must_use]
    pub fn cost_quantile(&self, q: f64) -> Credits {
        if let Some(history) = &self.history {
            return history.quantile(q);
        }
        if let Some(cost) = self.plain_cost().and_then(|dist| dist.quantile(q)) {
            return credits(cost);
        }
        let estimates = self.estimates();
        estimates[((q * DRAWS as f64) as usize).min(DRAWS - 1)]
    }

    /// The distribution of the cost, if it is nothing but one drawn number.
    fn plain_cost(&self) -> Option<&crate::sampling::Dist> {
        let StepShape::Simple { cost: Amount::Drawn(dist), .. } = &self.work.shape else { return None };
        let plain = !self.work.free && self.work.cache.is_none() && !self.work.has_two_levels();
        (plain && !dist.can_be_negative()).then_some(dist)
    }

    fn estimates(&self) -> &[Credits] {
        self.estimates.get_or_init(|| {
            let mut rng = self.estimate_key().stream(Purpose::Estimate);
            let mut costs: Vec<Credits> =
                (0..DRAWS).map(|_| self.draw_over_population(&mut rng).cost).collect();
            costs.sort_unstable();
            costs
        })
    }
}
