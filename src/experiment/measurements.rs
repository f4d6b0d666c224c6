//! One value per replication for every policy, scope and outcome, kept small.

use std::sync::Arc;

use crate::deliberate::Deliberate;
use crate::outcome::{
    Histogram, LimitBooks, METRICS, Outcome, OutcomeRange, RunShape, Scope, Totals, WeekHours, metric_index,
};

use super::progress::TimelineMeans;
use super::{CustomerFindings, Estimate, PeakFindings, Resampled};

/// What all replications so far have measured, in the order of replications.
///
/// An outcome that never varies costs one number, whatever the replications; another eight bytes a replication.
#[derive(Debug, Clone)]
pub struct Measurements {
    shape: Arc<RunShape>,
    scopes: Vec<Scope>,
    replications: u32,
    /// Organizations of each scope in a replication; the most there were.
    organizations: Vec<u64>,
    /// By policy, then scope, then metric.
    columns: Vec<OutcomeColumn>,
    /// None of them has varied.
    unvaried: bool,
    /// Nothing in the scenario is drawn: what was measured once is exact.
    exact: bool,
    /// Replications are resamples of one run's organizations: what the run itself measured, as the columns.
    of_run: Option<Vec<f64>>,
    /// By policy.
    progress: Vec<TimelineMeans>,
    /// Who wins and who loses.
    customers: CustomerFindings,
    /// Refused operations by hour of the week, summed over replications, by policy.
    refused_hours: Vec<WeekHours>,
    /// What limits met, summed over replications, by policy.
    limits: Vec<LimitBooks>,
    /// What concurrency costs.
    peaks: PeakFindings,
    /// Largest debt of each organization in every replication (micro-credits), by policy.
    largest_debts: Vec<Histogram>,
}

/// The values of one outcome; not-a-number stands for an absent one.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum OutcomeColumn {
    /// The same in every replication so far.
    Alike(f64),
    /// One a replication.
    Varied(Vec<f64>),
}

impl OutcomeColumn {
    pub(super) fn push(&mut self, value: f64, earlier: u32) {
        match self {
            OutcomeColumn::Varied(values) => values.push(value),
            OutcomeColumn::Alike(own) if earlier == 0 => *own = value,
            OutcomeColumn::Alike(own) if own.to_bits() == value.to_bits() => {}
            OutcomeColumn::Alike(own) => {
                let mut values = vec![*own; earlier as usize];
                values.push(value);
                *self = OutcomeColumn::Varied(values);
            }
        }
    }

    /// The mean over so many replications; `None` if it is absent in all of them.
    pub(super) fn estimate(&self, replications: u32, range: OutcomeRange) -> Option<Estimate> {
        match self {
            OutcomeColumn::Alike(value) if value.is_nan() || replications == 0 => None,
            OutcomeColumn::Alike(value) => Some(Estimate::alike(*value, replications).possible(range)),
            OutcomeColumn::Varied(values) => {
                let from = usize::from(Deliberate::FirstReplicationForgotten.is_made());
                let values = values[from..].iter().copied();
                let present: Vec<f64> = values.filter(|value| !value.is_nan()).collect();
                Estimate::within(&present, range)
            }
        }
    }

    fn get(&self, replication: u32) -> Option<f64> {
        let value = match self {
            OutcomeColumn::Alike(value) => *value,
            OutcomeColumn::Varied(values) => values[replication as usize],
        };
        (!value.is_nan()).then_some(value)
    }
}

/// Every policy's totals of every scope.
fn totals_of(outcome: &Outcome) -> Vec<Vec<Totals>> {
    (0..outcome.shape().policies.len()).map(|policy| outcome.totals(policy)).collect()
}

impl Measurements {
    /// Nothing measured yet.
    #[must_use]
    pub fn new(shape: Arc<RunShape>) -> Self {
        let scopes: Vec<Scope> = shape.scopes().collect();
        let policies = shape.policies.len();
        Measurements {
            columns: vec![OutcomeColumn::Alike(f64::NAN); policies * scopes.len() * METRICS.len()],
            progress: vec![TimelineMeans::default(); policies],
            largest_debts: vec![Histogram::default(); policies],
            customers: CustomerFindings::new(&shape),
            refused_hours: vec![WeekHours::default(); policies],
            limits: vec![LimitBooks::default(); policies],
            peaks: PeakFindings::new(policies),
            organizations: vec![0; scopes.len()],
            replications: 0,
            unvaried: true,
            exact: false,
            of_run: None,
            scopes,
            shape,
        }
    }

    /// One run and the resamples of its organizations. Timelines and customers are those of the run.
    #[must_use]
    pub fn resampled(Resampled { run, resamples }: &Resampled) -> Self {
        let mut measurements = Measurements::new(Arc::clone(run.shape()));
        measurements.push(run);
        let value = |column: &OutcomeColumn| column.get(0).unwrap_or(f64::NAN);
        measurements.of_run = Some(measurements.columns.iter().map(value).collect());
        measurements.columns.fill(OutcomeColumn::Alike(f64::NAN));
        measurements.replications = 0;
        for resample in resamples {
            measurements.push_values(&totals_of(resample));
        }
        measurements
    }

    /// Says that nothing is drawn in the scenario, so that further replications would be this one again.
    pub fn declare_exact(&mut self) {
        self.exact = true;
    }

    /// Says that nothing is drawn in the scenario, and counts the one replication that was run as so many: comparisons with
    /// others that are paired by replication then find its values in each.
    ///
    /// # Panics
    /// Unless exactly one replication was added.
    pub fn stand_for(&mut self, replications: u32) {
        assert_eq!(self.replications, 1, "one run stands for its repetitions");
        self.declare_exact();
        self.replications = replications;
    }

    /// True if nothing is drawn in the scenario.
    #[must_use]
    pub fn is_exact(&self) -> bool {
        self.exact
    }

    /// True if replications are resamples of one run's organizations.
    #[must_use]
    pub fn is_resampled(&self) -> bool {
        self.of_run.is_some()
    }

    /// How often what was measured once would be the same: often enough for every rule, if nothing is drawn.
    fn counted(&self) -> u32 {
        if self.exact { self.replications.max(super::FEWEST_RARE) } else { self.replications }
    }

    /// Adds a replication. Replications must come in their order, whatever the order in which they ended.
    pub fn push(&mut self, outcome: &Outcome) {
        let totals = totals_of(outcome);
        for (policy, totals) in totals.iter().enumerate() {
            self.largest_debts[policy].merge(&totals[0].debt_max);
            self.progress[policy].push(outcome.timeline(policy));
            self.refused_hours[policy].merge(outcome.refused_hours(policy));
            self.limits[policy].merge(outcome.limits(policy));
        }
        self.customers.push(outcome);
        self.peaks.push(outcome);
        self.push_values(&totals);
    }

    fn push_values(&mut self, totals: &[Vec<Totals>]) {
        let mut columns = self.columns.iter_mut();
        let with_money = self.shape.currency.is_some();
        for totals in totals {
            let most = self.organizations.iter_mut();
            for ((&scope, totals), most) in self.scopes.iter().zip(totals).zip(most) {
                *most = (*most).max(totals.organizations);
                for (metric, column) in METRICS.iter().zip(columns.by_ref()) {
                    let known = metric.applies_to(scope) && (with_money || !metric.is_money());
                    let value = known.then(|| metric.value(totals)).flatten();
                    column.push(value.unwrap_or(f64::NAN), self.replications);
                }
            }
        }
        self.replications += 1;
        self.note_variety();
    }

    fn note_variety(&mut self) {
        let alike = |column: &OutcomeColumn| matches!(column, OutcomeColumn::Alike(_));
        self.unvaried = self.unvaried && self.columns.iter().all(alike);
    }

    /// Made-up values, asked for by replication, then policy, scope and metric; one organization in every scope.
    #[cfg(test)]
    pub(crate) fn made_up(
        shape: Arc<RunShape>,
        replications: u32,
        mut value: impl FnMut(usize, usize) -> f64,
    ) -> Self {
        let mut made = Measurements::new(shape);
        made.organizations.fill(1);
        let width = made.scopes.len() * METRICS.len();
        for replication in 0..replications {
            for (index, column) in made.columns.iter_mut().enumerate() {
                column.push(value(index / width, index % width), replication);
            }
        }
        made.replications = replications;
        made.note_variety();
        made
    }

    /// The names behind the numbers.
    #[must_use]
    pub fn shape(&self) -> &Arc<RunShape> {
        &self.shape
    }

    /// Every scope, in the order of [`RunShape::scopes`].
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
    pub fn progress(&self, policy: usize) -> &TimelineMeans {
        &self.progress[policy]
    }

    /// Who wins and who loses.
    #[must_use]
    pub fn customers(&self) -> &CustomerFindings {
        &self.customers
    }

    /// Operations of one policy that were refused, by hour of the week, over all replications.
    #[must_use]
    pub fn refused_hours(&self, policy: usize) -> &WeekHours {
        &self.refused_hours[policy]
    }

    /// What limits of one policy met, over all replications.
    #[must_use]
    pub fn limits(&self, policy: usize) -> &LimitBooks {
        &self.limits[policy]
    }

    /// What concurrency costs.
    #[must_use]
    pub fn peaks(&self) -> &PeakFindings {
        &self.peaks
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

    /// The value of one replication; `None` where the outcome does not apply.
    #[must_use]
    pub fn value(&self, policy: usize, scope: Scope, metric: usize, replication: u32) -> Option<f64> {
        self.column(policy, scope, metric)?.get(replication)
    }

    /// The mean over replications; `None` if the outcome applies in none.
    #[must_use]
    pub fn estimate(&self, policy: usize, scope: Scope, metric: usize) -> Option<Estimate> {
        let range = METRICS.get(metric)?.range();
        let Some(of_run) = &self.of_run else {
            return self.column(policy, scope, metric)?.estimate(self.counted(), range);
        };
        let value = *of_run.get(self.place_of(policy, scope, metric)?)?;
        let resamples: Vec<f64> = self.values(policy, scope, metric).flatten().collect();
        (!value.is_nan()).then(|| Estimate::resampled(value, &resamples, range)).flatten()
    }

    /// Organizations of a scope in a replication.
    #[must_use]
    pub fn organizations(&self, scope: Scope) -> u64 {
        self.place(scope).map_or(0, |place| self.organizations[place])
    }

    /// True if nothing at all has differed between the replications although there are enough to show it: nothing in
    /// the scenario is drawn.
    #[must_use]
    pub fn deterministic(&self) -> bool {
        // Resamples that are alike say that customers are, not that others would be.
        self.exact || self.of_run.is_none() && self.unvaried && self.replications >= super::FEWEST
    }

    /// How far from all others a replication that nobody has seen could lie, where all that were seen are alike: the
    /// outcome's ceiling in the same replication, its range, or its own size, carried by a few organizations. One that
    /// differs is taken to weigh at most the square root of their number times an average one. Infinite where nothing
    /// is known about it; 0 if nothing is drawn.
    #[must_use]
    pub fn unseen_reach(&self, policy: usize, scope: Scope, metric: usize) -> f64 {
        if self.deterministic() {
            return 0.0;
        }
        let Some(own) = METRICS.get(metric) else { return f64::INFINITY };
        let organizations = self.organizations(scope).max(1) as f64;
        let largest = |metric: usize| self.values(policy, scope, metric).flatten().fold(0.0, f64::max);
        let size = match own.ceiling().and_then(metric_index) {
            Some(ceiling) => largest(ceiling),
            None if own.range() == OutcomeRange::SHARE => 1.0,
            None if own.unit(None) == "organizations" => organizations,
            None => self.values(policy, scope, metric).flatten().map(f64::abs).fold(0.0, f64::max),
        };
        if size > 0.0 { size / libm::sqrt(organizations) } else { f64::INFINITY }
    }

    /// The mean difference of a policy to another on the same demand, paired by replication.
    #[must_use]
    pub fn difference(&self, policy: usize, other: usize, scope: Scope, metric: usize) -> Option<Estimate> {
        let differences: Vec<f64> = self.differences(policy, other, scope, metric).flatten().collect();
        let range = METRICS.get(metric)?.range();
        let range = OutcomeRange { low: range.low - range.high, high: range.high - range.low };
        if let Some(of_run) = &self.of_run {
            let value = |policy| Some(*of_run.get(self.place_of(policy, scope, metric)?)?);
            let value = value(policy)? - value(other)?;
            return (!value.is_nan()).then(|| Estimate::resampled(value, &differences, range)).flatten();
        }
        match differences.as_slice() {
            [only] if self.exact => Some(Estimate::alike(*only, self.counted()).possible(range)),
            differences => Estimate::within(differences, range),
        }
    }

    /// The differences of a policy to another, one a replication; `None` where the outcome does not apply to both.
    pub(super) fn differences(
        &self,
        policy: usize,
        other: usize,
        scope: Scope,
        metric: usize,
    ) -> impl Iterator<Item = Option<f64>> + '_ {
        let off = usize::from(Deliberate::DifferencesUnpaired.is_made());
        let others = self.values(other, scope, metric);
        let others = others.skip(off).chain(self.values(other, scope, metric).take(off));
        let pairs = self.values(policy, scope, metric).zip(others);
        pairs.map(|(own, other)| Some(own? - other?))
    }

    /// True if two policies do the same in every outcome of every scope and replication: they differ in name only.
    #[must_use]
    pub fn same(&self, policy: usize, other: usize) -> bool {
        let width = self.scopes.len() * METRICS.len();
        let columns = |policy: usize| &self.columns[policy * width..(policy + 1) * width];
        let bits = |column: &OutcomeColumn, replication: u32| column.get(replication).map(f64::to_bits);
        let alike = |(a, b): (&OutcomeColumn, &OutcomeColumn)| {
            (0..self.replications).all(|at| bits(a, at) == bits(b, at))
        };
        columns(policy).iter().zip(columns(other)).all(alike)
    }

    fn column(&self, policy: usize, scope: Scope, metric: usize) -> Option<&OutcomeColumn> {
        self.columns.get(self.place_of(policy, scope, metric)?)
    }

    /// Where an outcome's column stands.
    fn place_of(&self, policy: usize, scope: Scope, metric: usize) -> Option<usize> {
        Some((policy * self.scopes.len() + self.place(scope)?) * METRICS.len() + metric)
    }

    /// Where a scope stands among all.
    fn place(&self, scope: Scope) -> Option<usize> {
        let place = match scope {
            Scope::All => 0,
            Scope::Cohort(index) => 1 + index,
            Scope::Feature(index) => 1 + self.shape.cohorts.len() + index,
            Scope::Plan(index) => 1 + self.shape.cohorts.len() + self.shape.features.len() + index,
        };
        (place < self.scopes.len()).then_some(place)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::{metric_index, synthetic};

    #[test]
    fn a_column_keeps_one_number_until_it_varies() {
        let mut column = OutcomeColumn::Alike(f64::NAN);
        column.push(2.0, 0);
        column.push(2.0, 1);
        assert_eq!(column, OutcomeColumn::Alike(2.0));
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
