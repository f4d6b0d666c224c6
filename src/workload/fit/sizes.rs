//! Sizes of organizations that differ: each entry of a cohort's lists has its own.
//!
//! Owns when organizations differ in a size and what an entry draws it from. Invariant: the mean of an entry is that of its
//! organizations' calls, so that sums come out whatever the form.

use crate::sampling::Dist;

use super::cohorts::{CohortModel, Rates};
use super::families::{WeightedSample, four_digits, six_digits};
use super::levels::WeightedValues;
use super::observe::Observed;

/// An entry of at most so many different values has them as they are.
const FEW: usize = 8;
/// Shares at which an entry's quantiles are told.
const SHARES: [f64; 9] = [0.0, 0.05, 0.15, 0.3, 0.5, 0.7, 0.85, 0.95, 1.0];

/// What entries with more than a few values draw from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EntryForm {
    /// A lognormal of the mean and the spread of the logarithms.
    #[default]
    Lognormal,
    /// Nine quantiles, moved to the mean.
    Quantiles,
}

/// Values of one size by organization.
pub(super) fn values_by_organization(
    observed: &Observed,
    feature: usize,
    column: usize,
) -> Vec<WeightedValues> {
    let mut values = vec![WeightedValues::new(); observed.organizations as usize];
    for row in &observed.rows {
        if usize::from(row.feature) == feature && row.sizes[column].is_finite() {
            values[row.organization as usize].push((row.sizes[column], row.calls));
        }
    }
    values
}

/// Deals the sizes of a cohort, an entry each; nothing where the cohort's calls carry none.
pub(super) fn deal(
    cohort: &CohortModel,
    rates: &Rates,
    values: &[WeightedValues],
    form: EntryForm,
    common: &Dist,
) -> Vec<Dist> {
    let of_entry = |stratum: &Vec<u32>| {
        let own = stratum.iter().flat_map(|number| values[*number as usize].iter().copied());
        entry(&WeightedSample::new(own), form)
    };
    let found: Vec<Option<Dist>> = cohort.entries.iter().map(of_entry).collect();
    if found.iter().all(Option::is_none) {
        return Vec::new();
    }
    let used = |entry: usize| match rates {
        Rates::Dealt(rates) => rates.get(entry).is_some_and(|rate| *rate > 0.0),
        Rates::Drawn(share, _) => *share > 0.0,
    };
    let dealt = found.into_iter().enumerate().map(|(entry, own)| match own {
        Some(own) => own,
        None if used(entry) => common.clone(),
        // Nothing is ever drawn from it.
        None => Dist::Fixed(0.0),
    });
    let dealt: Vec<Dist> = dealt.collect();
    // One for everybody says the same in fewer words.
    if dealt.iter().all(|dist| *dist == dealt[0]) { vec![dealt[0].clone()] } else { dealt }
}

/// What one entry draws from; `None` without any value.
fn entry(sample: &WeightedSample, form: EntryForm) -> Option<Dist> {
    if sample.is_empty() {
        return None;
    }
    if let Some(dist) = sample.table_of_values(FEW) {
        return Some(dist);
    }
    let mean = sample.mean_of(|value| value);
    let smallest = sample.quantile(0.0);
    if form == EntryForm::Lognormal && smallest > 0.0 {
        let log = sample.mean_of(libm::log);
        let sigma = libm::sqrt(sample.mean_of(|value| (libm::log(value) - log) * (libm::log(value) - log)));
        let mu = libm::log(mean) - 0.5 * sigma * sigma;
        return Some(Dist::LogNormal { mu: four_digits(mu), sigma: four_digits(sigma) });
    }
    let knots = |factor: f64| -> Option<Dist> {
        let knots = SHARES.map(|share| (share, six_digits(sample.quantile(share) * factor)));
        Dist::quantiles(&knots).ok()
    };
    let plain = knots(1.0)?;
    if plain.mean() > 0.0 { knots(mean / plain.mean()) } else { Some(plain) }
}
