//! One value per replication for every policy, scope and outcome, kept small.

use std::sync::Arc;

use crate::outcome::{Histogram, METRICS, Outcome, Scope, Shape};

use super::Estimate;
use super::progress::Progress;

/// What all replications so far have measured, in the order of replications.
///
/// An outcome that never varies costs one number, whatever the replications; another eight bytes a replication.
#[derive(Debug, Clone)]
pub struct Measurements {
    shape: Arc<Shape>,
    scopes: Vec<Scope>,
    replications: u32,
    /// By policy, then scope, then metric.
    columns: Vec<Column>,
    /// By policy.
    progress: Vec<Progress>,
    /// Largest debt of each organization in every replication (micro-credits), by policy.
    largest_debts: Vec<Histogram>,
}

/// The values of one outcome; not-a-number stands for an absent one.
#[derive(Debug, Clone, PartialEq)]
enum Column {
    /// The same in every replication so far.
    Alike(f64),
    /// One a replication.
    Varied(Vec<f64>),
}

impl Column {
    fn push(&mut self, value: f64, earlier: u32) {
        match self {
            Column::Varied(values) => values.push(value),
            Column::Alike(own) if earlier == 0 => *own = value,
            Column::Alike(own) if own.to_bits() == value.to_bits() => {}
            Column::Alike(own) => {
                let mut values = vec![*own; earlier as usize];
                values.push(value);
                *self = Column::Varied(values);
            }
        }
    }

    fn get(&self, replication: u32) -> Option<f64> {
        let value = match self {
            Column::Alike(value) => *value,
            Column::Varied(values) => values[replication as usize],
        };
        (!value.is_nan()).then_some(value)
    }
}

impl Measurements {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(shape: Arc<Shape>) -> Self {
        let scopes: Vec<Scope> = shape.scopes().collect();
        let policies = shape.policies.len();
        Measurements {
            columns: vec![Column::Alike(f64::NAN); policies * scopes.len() * METRICS.len()],
            progress: vec![Progress::default(); policies],
            largest_debts: vec![Histogram::default(); policies],
            replications: 0,
            scopes,
            shape,
        }
    }

    /// Adds a replication. Replications must come in their order, whatever the order in which they ended.
    pub fn push(&mut self, outcome: &Outcome) {
        let mut columns = self.columns.iter_mut();
        let with_money = self.shape.currency.is_some();
        for policy in 0..self.shape.policies.len() {
            let totals = outcome.totals(policy);
            for (&scope, totals) in self.scopes.iter().zip(&totals) {
                for (metric, column) in METRICS.iter().zip(columns.by_ref()) {
                    let known = metric.applies_to(scope) && (with_money || !metric.is_money());
                    let value = known.then(|| metric.value(totals)).flatten();
                    column.push(value.unwrap_or(f64::NAN), self.replications);
                }
            }
            self.largest_debts[policy].merge(&totals[0].debt_max);
            self.progress[policy].push(outcome.timeline(policy));
        }
        self.replications += 1;
    }

    /// The names behind the numbers.
    #[must_use]
    pub fn shape(&self) -> &Arc<Shape> {
        &self.shape
    }

    /// Every scope, in the order of [`Shape::scopes`].
    #[must_use]
    pub fn scopes(&self) -> &[Scope] {
        &self.scopes
    }

    /// How many replications were added.
    #[must_use]
    pub fn replications(&self) -> u32 {
        self.replications
    }

    /// The means over replications of one policy's timeline.
    #[must_use]
    pub fn progress(&self, policy: usize) -> &Progress {
        &self.progress[policy]
    }

    /// The largest debts of one policy's organizations, over all replications (micro-credits).
    #[must_use]
    pub fn largest_debts(&self, policy: usize) -> &Histogram {
        &self.largest_debts[policy]
    }

    /// One value a replication; `None` where the outcome does not apply. `metric` is an index into `METRICS`.
    pub fn values(
        &self,
        policy: usize,
        scope: Scope,
        metric: usize,
    ) -> impl Iterator<Item = Option<f64>> + '_ {
        let column = self.column(policy, scope, metric);
        (0..self.replications).map(move |replication| column.and_then(|column| column.get(replication)))
    }

    /// The mean over replications; `None` if the outcome applies in none.
    #[must_use]
    pub fn estimate(&self, policy: usize, scope: Scope, metric: usize) -> Option<Estimate> {
        match self.column(policy, scope, metric)? {
            Column::Alike(value) if value.is_nan() || self.replications == 0 => None,
            Column::Alike(value) => Some(Estimate::alike(*value, self.replications)),
            Column::Varied(values) => {
                let present: Vec<f64> = values.iter().copied().filter(|value| !value.is_nan()).collect();
                Estimate::of(&present)
            }
        }
    }

    /// The mean difference of a policy to another on the same demand, paired by replication.
    #[must_use]
    pub fn difference(&self, policy: usize, other: usize, scope: Scope, metric: usize) -> Option<Estimate> {
        let pairs = self.values(policy, scope, metric).zip(self.values(other, scope, metric));
        let differences: Vec<f64> = pairs.filter_map(|(own, other)| Some(own? - other?)).collect();
        Estimate::of(&differences)
    }

    fn column(&self, policy: usize, scope: Scope, metric: usize) -> Option<&Column> {
        let scope = match scope {
            Scope::All => 0,
            Scope::Cohort(index) => 1 + index,
            Scope::Feature(index) => 1 + self.shape.cohorts.len() + index,
        };
        let index = (policy * self.scopes.len() + scope) * METRICS.len() + metric;
        (scope < self.scopes.len()).then(|| self.columns.get(index)).flatten()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{metric_index, synthetic};

    #[test]
    fn a_column_keeps_one_number_until_it_varies() {
        let mut column = Column::Alike(f64::NAN);
        column.push(2.0, 0);
        column.push(2.0, 1);
        assert_eq!(column, Column::Alike(2.0));
        column.push(f64::NAN, 2);
        column.push(3.0, 3);
        let values: Vec<Option<f64>> = (0..4).map(|replication| column.get(replication)).collect();
        assert_eq!(values, [Some(2.0), Some(2.0), None, Some(3.0)]);
    }

    #[test]
    fn estimates_are_over_replications_and_differences_are_paired() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..5).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
        let refusals = metric_index("operations_refused").unwrap();
        for &scope in measurements.scopes() {
            let own = measurements.estimate(1, scope, refusals).unwrap();
            let base = measurements.estimate(0, scope, refusals).unwrap();
            let paired = measurements.difference(1, 0, scope, refusals).unwrap();
            assert_eq!(paired.replications, 5);
            assert!((paired.mean - (own.mean - base.mean)).abs() < 1e-9);
        }
        let demand = metric_index("operations_demanded").unwrap();
        let same = measurements.difference(1, 0, Scope::All, demand).unwrap();
        assert_eq!((same.mean, same.constant), (0.0, true), "both policies meet the same demand");
    }

    #[test]
    fn money_and_debt_have_no_feature_scope_and_money_needs_a_currency() {
        let mut shape = (*synthetic::shape(&["block"])).clone();
        let cash = metric_index("cash_money").unwrap();
        for (currency, in_all) in [(Some("EUR".to_owned()), true), (None, false)] {
            shape.currency = currency;
            let shape = Arc::new(shape.clone());
            let mut measurements = Measurements::new(Arc::clone(&shape));
            measurements.push(&synthetic::replication(&shape, 1, 4));
            assert_eq!(measurements.estimate(0, Scope::All, cash).is_some(), in_all);
            assert_eq!(measurements.estimate(0, Scope::Feature(0), cash), None);
        }
    }
}
