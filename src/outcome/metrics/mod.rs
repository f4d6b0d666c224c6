//! Every outcome by name: its unit, its direction, its scopes and its formula.
//!
//! The names are those of docs/outcomes.md and the same in code, files, plots and messages. A value that does not apply is absent,
//! never 0. The formulas read [`Totals`] alone, so one organization, a cohort and the whole follow the same ones.

mod credits;
mod customers;
mod money;
mod range;
mod service;
#[cfg(test)]
mod tests;

use std::sync::LazyLock;

use super::{Scope, Totals};
pub use range::OutcomeRange;

/// One outcome.
#[derive(Debug, Clone, Copy)]
pub struct Metric {
    /// Its name, units last.
    pub name: &'static str,
    /// Its unit; `¤` stands for the scenario's currency.
    unit: &'static str,
    /// Which way is better.
    pub direction: Direction,
    /// Where it is defined.
    pub reach: DefinedFor,
    /// What it says, in one sentence.
    pub about: &'static str,
    formula: fn(&Totals) -> Option<f64>,
}

/// Which way is better.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Direction {
    /// Less is better.
    Lower,
    /// More is better.
    Higher,
    /// Neither.
    Neutral,
}

/// Where an outcome is defined, besides plans: for each of them, where there are several.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum DefinedFor {
    /// For all, a cohort, a feature, and one organization.
    Features,
    /// For all, a cohort and one organization: what features share has no feature scope.
    Accounts,
    /// For all, a cohort and a feature, but not for one organization: shares of organizations and Ginis.
    FeaturesOnly,
    /// For all and a cohort.
    AccountsOnly,
}

impl DefinedFor {
    /// True if the outcome is defined for one feature.
    #[must_use]
    pub const fn has_features(self) -> bool {
        matches!(self, DefinedFor::Features | DefinedFor::FeaturesOnly)
    }

    /// True if the outcome is defined for one organization.
    #[must_use]
    pub const fn has_organizations(self) -> bool {
        matches!(self, DefinedFor::Features | DefinedFor::Accounts)
    }
}

impl Metric {
    const fn new(
        name: &'static str,
        unit: &'static str,
        direction: Direction,
        reach: DefinedFor,
        formula: fn(&Totals) -> Option<f64>,
        about: &'static str,
    ) -> Self {
        Metric { name, unit, direction, reach, about, formula }
    }

    /// Its value over a scope's totals; `None` where it does not apply.
    #[must_use]
    pub fn value(&self, totals: &Totals) -> Option<f64> {
        // Adding zero turns a negative zero into a plain one, so that files never show `-0`.
        (totals.organizations > 0).then(|| (self.formula)(totals)).flatten().map(|value| value + 0.0)
    }

    /// True if it is defined over a scope.
    #[must_use]
    pub fn applies_to(&self, scope: Scope) -> bool {
        self.reach.has_features() || !matches!(scope, Scope::Feature(_))
    }

    /// True if it is an amount of money and so needs a currency.
    #[must_use]
    pub fn is_money(&self) -> bool {
        self.unit.contains('¤')
    }

    /// True if it lies between 0 and 1 and reads best in per cent.
    #[must_use]
    pub fn is_share(&self) -> bool {
        self.unit == "share"
    }

    /// Its unit, with the currency's code for money; empty for money without a currency.
    #[must_use]
    pub fn unit(&self, currency: Option<&str>) -> String {
        self.unit.replace('¤', currency.unwrap_or(""))
    }
}

/// Every outcome, in the order of docs/outcomes.md.
pub static METRICS: LazyLock<Vec<Metric>> = LazyLock::new(|| {
    [service::METRICS, credits::METRICS, customers::METRICS, money::METRICS]
        .into_iter()
        .flatten()
        .copied()
        .collect()
});

/// Position of a name in [`METRICS`].
#[must_use]
pub fn metric_index(name: &str) -> Option<usize> {
    METRICS.iter().position(|metric| metric.name == name)
}

/// The outcome of that name.
#[must_use]
pub fn metric(name: &str) -> Option<&'static Metric> {
    METRICS.iter().find(|metric| metric.name == name)
}

/// A count.
fn count(value: impl Into<i128>) -> Option<f64> {
    Some(value.into() as f64)
}

/// Credits from micro-credits.
fn in_credits(micros: i128) -> Option<f64> {
    Some(micros as f64 / 1e6)
}

/// A quotient; absent over zero.
fn ratio(numerator: i128, denominator: i128) -> Option<f64> {
    (denominator != 0).then(|| numerator as f64 / denominator as f64)
}

/// Seconds, from what a histogram knows in microseconds.
fn seconds(micros: Option<f64>) -> Option<f64> {
    micros.map(|micros| micros / 1e6)
}

/// Hours, from what a histogram knows in microseconds.
fn hours(micros: Option<f64>) -> Option<f64> {
    micros.map(|micros| micros / 3.6e9)
}

/// Months of 30 days lived by all organizations together.
fn organization_months(totals: &Totals) -> Option<f64> {
    (totals.life > 0).then(|| totals.life as f64 / (30.0 * 86_400e6))
}

#[cfg(test)]
mod table_tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn names_are_unique_and_end_in_their_unit() {
        let names: BTreeSet<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(names.len(), METRICS.len());
        for metric in METRICS.iter() {
            assert_eq!(metric.is_money(), metric.name.ends_with("_money"), "{}", metric.name);
            assert!(!metric.about.is_empty() && metric.about.ends_with('.'), "{}", metric.name);
        }
    }

    #[test]
    fn nothing_is_known_about_nobody() {
        for metric in METRICS.iter() {
            assert_eq!(metric.value(&Totals::default()), None, "{}", metric.name);
        }
    }

    #[test]
    fn every_name_of_the_contract_is_there_and_no_other() {
        let contract = include_str!("names.txt").lines().filter(|line| !line.is_empty());
        let built: Vec<&str> = METRICS.iter().map(|metric| metric.name).collect();
        assert_eq!(built, contract.collect::<Vec<_>>());
    }
}
