//! Everything a report is written from: the measurements, and every policy against the baseline.

use std::collections::BTreeMap;

use crate::outcome::{METRICS, RunShape, Scope};

use super::{Difference, Estimate, Family, Measurements, compare};

/// Measurements with their comparison.
#[derive(Debug, Clone)]
pub struct Findings {
    /// What was measured.
    pub measurements: Measurements,
    /// The policy the others are compared with, in file order.
    pub baseline: usize,
    /// Every difference to it, by policy, scope and metric.
    pub differences: Vec<Difference>,
    positions: BTreeMap<(usize, Scope, usize), usize>,
}

impl Findings {
    /// Compares every policy with the baseline, as if nothing but what is printed were asked for.
    #[must_use]
    pub fn new(measurements: Measurements, baseline: usize) -> Self {
        Findings::of_family(measurements, baseline, &Family::default())
    }

    /// Compares every policy with the baseline.
    #[must_use]
    pub fn of_family(measurements: Measurements, baseline: usize, family: &Family) -> Self {
        let differences = compare(&measurements, baseline, family);
        let key = |difference: &Difference| (difference.policy, difference.scope, difference.metric);
        let positions = differences.iter().enumerate().map(|(index, found)| (key(found), index)).collect();
        Findings { measurements, baseline, differences, positions }
    }

    /// The names behind the numbers.
    #[must_use]
    pub fn shape(&self) -> &RunShape {
        self.measurements.shape()
    }

    /// The mean of an outcome by name; `None` if there is no such outcome or it does not apply.
    #[must_use]
    pub fn estimate(&self, policy: usize, scope: Scope, metric: &str) -> Option<Estimate> {
        self.measurements.estimate(policy, scope, position(metric)?)
    }

    /// The difference to the baseline by name; `None` for the baseline itself.
    #[must_use]
    pub fn difference(&self, policy: usize, scope: Scope, metric: &str) -> Option<&Difference> {
        self.positions.get(&(policy, scope, position(metric)?)).map(|&index| &self.differences[index])
    }

    /// The unit of an outcome by name, money in the scenario's currency.
    #[must_use]
    pub fn unit(&self, metric: &str) -> String {
        let currency = self.shape().currency.as_deref();
        position(metric).map(|index| METRICS[index].unit(currency)).unwrap_or_default()
    }
}

fn position(metric: &str) -> Option<usize> {
    crate::outcome::metric_index(metric)
}
