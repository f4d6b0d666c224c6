//! Costs of a feature over a whole history, in little memory.

use std::collections::BTreeMap;

use crate::units::Credits;

/// Bits of a cost that tell its cell: quantiles are exact to one part in 256.
const PRECISION: u32 = 8;

/// A log-linear histogram of costs with an exact mean.
#[derive(Debug, Clone, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct CostSketch {
    /// Operations per cell; the key is a cost without its lower bits.
    cells: BTreeMap<i64, u64>,
    operations: u64,
    total_micros: i128,
}

impl CostSketch {
    /// Counts a row of `requests` operations that cost `total` together.
    pub(super) fn add(&mut self, total: Credits, requests: u32) {
        let requests = u64::from(requests);
        let each = total.micros() / requests.max(1) as i64;
        let spare = (64 - each.leading_zeros()).saturating_sub(PRECISION);
        *self.cells.entry(each >> spare << spare).or_default() += requests;
        self.operations += requests;
        self.total_micros += i128::from(total.micros());
    }

    /// Number of operations.
    #[must_use]
    pub fn operations(&self) -> u64 {
        self.operations
    }

    /// The mean, rounded down to a micro-credit.
    #[must_use]
    pub fn mean(&self) -> Credits {
        let mean = self.total_micros / i128::from(self.operations.max(1));
        Credits::from_micros(i64::try_from(mean).unwrap_or(i64::MAX))
    }

    /// The smallest cost at or below which a share `q` of the operations lies, rounded down by less than one part in
    /// 128.
    #[must_use]
    pub fn quantile(&self, q: f64) -> Credits {
        let wanted = q.clamp(0.0, 1.0) * self.operations as f64;
        let mut below = 0;
        for (cost, count) in &self.cells {
            below += count;
            if below as f64 >= wanted {
                return Credits::from_micros(*cost);
            }
        }
        Credits::from_micros(self.cells.last_key_value().map_or(0, |(cost, _)| *cost))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn quantiles_are_close_and_the_mean_is_exact() {
        let mut sketch = CostSketch::default();
        for cost in 1..=1_000 {
            sketch.add(Credits::from_whole(cost), 1);
        }
        assert_eq!(sketch.mean(), Credits::from_micros(500_500_000));
        for q in [0.01, 0.5, 0.95, 1.0] {
            let found = sketch.quantile(q).as_f64() / (1_000.0 * q);
            assert!((0.99..=1.0).contains(&found), "{q}: {found}");
        }
        sketch.add(Credits::from_whole(1_000_000), 1_000);
        assert_eq!(sketch.operations(), 2_000);
        assert_eq!(CostSketch::default().mean(), Credits::ZERO);
    }
}
