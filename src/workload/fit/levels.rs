//! Sizes on two levels: parameters per organization, then per operation.
//!
//! Owns the choice between one distribution for everybody and two levels, by BIC of the two lognormal models (one
//! variance, or one within and one between organizations).

use crate::sampling::{Dist, TwoLevel};

use super::families::{Fitted, WeightedSample, fit_values, four_digits};

/// Values of an organization that support parameters of its own.
const ENOUGH_VALUES: usize = 5;
/// Organizations with parameters that support a second level.
const ENOUGH_ORGANIZATIONS: usize = 5;
/// Share of the variance of logarithms that must lie between organizations.
const LEAST_BETWEEN: f64 = 0.1;

/// One organization's values with their weights.
pub(super) type WeightedValues = Vec<(f64, f64)>;

/// Logarithms of an organization's values.
struct Own {
    count: f64,
    mean: f64,
    squares: f64,
}

/// Fits values of organizations: on two levels where they differ, else as one sample. `None` without any value.
pub(super) fn fit_levels(organizations: &[WeightedValues]) -> Option<Fitted> {
    let pooled = WeightedSample::new(organizations.iter().flatten().copied());
    let one = fit_values(&pooled)?;
    if matches!(one.dist, Dist::Fixed(_) | Dist::Discrete(_)) {
        return Some(one);
    }
    Some(two_levels(organizations).unwrap_or(one))
}

/// Whether organizations differ in a size: some by themselves, which only those with several calls can tell.
pub(super) fn differ(organizations: &[WeightedValues]) -> bool {
    let values = || organizations.iter().flatten().map(|(value, _)| *value);
    let floor = 0.5 * values().filter(|value| *value > 0.0).fold(f64::INFINITY, f64::min);
    let log = |value: f64| libm::log(if value > 0.0 { value } else { floor });
    let known: Vec<Own> =
        organizations.iter().filter(|values| values.len() >= 2).map(|values| own(values, log)).collect();
    if !floor.is_finite() || known.len() < ENOUGH_ORGANIZATIONS {
        return false;
    }
    variances(&known).is_some_and(|(between, within, mean)| {
        between >= LEAST_BETWEEN * (between + within) && bic_prefers(&known, between, within, mean)
    })
}

/// The two-level model, if BIC prefers it.
pub(super) fn two_levels(organizations: &[WeightedValues]) -> Option<Fitted> {
    let smallest = organizations.iter().flatten().map(|(value, _)| *value).filter(|value| *value > 0.0);
    let floor = 0.5 * smallest.fold(f64::INFINITY, f64::min);
    let log = |value: f64| libm::log(if value > 0.0 { value } else { floor });
    if !floor.is_finite() {
        return None;
    }
    let known: Vec<&WeightedValues> =
        organizations.iter().filter(|values| values.len() >= ENOUGH_VALUES).collect();
    if known.len() < ENOUGH_ORGANIZATIONS {
        return None;
    }
    let owns: Vec<Own> = known.iter().map(|values| own(values, log)).collect();
    let (between, within, mean) = variances(&owns)?;
    if between < LEAST_BETWEEN * (between + within) || !bic_prefers(&owns, between, within, mean) {
        return None;
    }
    let medians = WeightedSample::new(owns.iter().map(|own| (libm::exp(own.mean), 1.0)));
    let ratio = |(value, weight): &(f64, f64), own: &Own| (libm::exp(log(*value) - own.mean), *weight);
    let ratios = known.iter().zip(&owns).flat_map(|(values, own)| {
        // Every organization counts alike: the shape within is that of a typical one.
        let total: f64 = values.iter().map(|(_, weight)| weight).sum();
        values.iter().map(move |pair| ratio(pair, own)).map(move |(value, weight)| (value, weight / total))
    });
    let (by, of) = (fit_values(&medians)?, fit_values(&WeightedSample::new(ratios))?);
    let (dist, family) = match (&by.dist, &of.dist) {
        (Dist::LogNormal { mu, sigma }, Dist::LogNormal { .. }) => {
            let mu =
                Dist::normal(four_digits(*mu), four_digits(*sigma), f64::NEG_INFINITY, f64::INFINITY).ok()?;
            (TwoLevel::LogNormal { mu, sigma: spreads(&owns) }, "two-level lognormal")
        }
        _ => (TwoLevel::Scaled { by: by.dist, of: of.dist }, "two-level"),
    };
    Some(Fitted { dist: Dist::two_level(dist), family, distance: by.distance.max(of.distance) })
}

fn own(values: &WeightedValues, log: impl Fn(f64) -> f64) -> Own {
    let count = values.len() as f64;
    let total: f64 = values.iter().map(|(_, weight)| weight).sum();
    let mean = values.iter().map(|(value, weight)| log(*value) * weight).sum::<f64>() / total;
    let squared = |(value, weight): &(f64, f64)| (log(*value) - mean) * (log(*value) - mean) * weight;
    Own { count, mean, squares: count * values.iter().map(squared).sum::<f64>() / total }
}

/// Variance between organizations and within, and the mean of their means; by the analysis of variance.
fn variances(owns: &[Own]) -> Option<(f64, f64, f64)> {
    let groups = owns.len() as f64;
    let total: f64 = owns.iter().map(|own| own.count).sum();
    let within = owns.iter().map(|own| own.squares).sum::<f64>() / (total - groups).max(1.0);
    let mean = owns.iter().map(|own| own.mean).sum::<f64>() / groups;
    let spread = owns.iter().map(|own| (own.mean - mean) * (own.mean - mean)).sum::<f64>() / (groups - 1.0);
    let noise = within * owns.iter().map(|own| 1.0 / own.count).sum::<f64>() / groups;
    let between = (spread - noise).max(0.0);
    (between.is_finite() && within.is_finite() && between + within > 1e-12).then_some((
        between,
        within.max(1e-9),
        mean,
    ))
}

/// Whether two variances explain the values better than one, at the price of one more parameter.
fn bic_prefers(owns: &[Own], between: f64, within: f64, mean: f64) -> bool {
    let total: f64 = owns.iter().map(|own| own.count).sum();
    let centre = owns.iter().map(|own| own.count * own.mean).sum::<f64>() / total;
    let spread = |own: &Own| own.squares + own.count * (own.mean - centre) * (own.mean - centre);
    let one = (owns.iter().map(spread).sum::<f64>() / total).max(1e-12);
    let one_level = -total * (libm::log(one) + 1.0);
    let two_level: f64 = owns
        .iter()
        .map(|own| {
            let joint = within + own.count * between;
            let off = own.mean - mean;
            -((own.count - 1.0) * libm::log(within)
                + libm::log(joint)
                + own.squares / within
                + own.count * off * off / joint)
        })
        .sum();
    two_level - one_level > libm::log(total)
}

/// The spread within an organization: one for all, or drawn where they differ.
fn spreads(owns: &[Own]) -> Dist {
    let sigma = |own: &Own| libm::sqrt(own.squares / (own.count - 1.0).max(1.0));
    let known: Vec<f64> = owns.iter().filter(|own| own.count >= 10.0).map(sigma).collect();
    let all =
        owns.iter().map(|own| own.squares).sum::<f64>() / owns.iter().map(|own| own.count - 1.0).sum::<f64>();
    let common = Dist::Fixed(four_digits(libm::sqrt(all.max(0.0))));
    if known.len() < ENOUGH_ORGANIZATIONS {
        return common;
    }
    let sample = WeightedSample::new(known.into_iter().map(|sigma| (four_digits(sigma.max(1e-3)), 1.0)));
    let mean = sample.mean_of(|sigma| sigma);
    let varies = libm::sqrt(sample.mean_of(|sigma| (sigma - mean) * (sigma - mean))) > 0.2 * mean;
    if varies { fit_values(&sample).map_or(common, |fitted| fitted.dist) } else { common }
}

/// Correlation of the logarithms of two sizes within organizations; `None` if too few calls have both.
pub(super) fn correlation(organizations: &[Vec<(f64, f64)>]) -> Option<f64> {
    let (mut xx, mut yy, mut xy, mut count) = (0.0, 0.0, 0.0, 0.0);
    for pairs in organizations {
        let logs: Vec<(f64, f64)> = pairs
            .iter()
            .filter(|(x, y)| *x > 0.0 && *y > 0.0)
            .map(|(x, y)| (libm::log(*x), libm::log(*y)))
            .collect();
        if logs.len() < ENOUGH_VALUES {
            continue;
        }
        let n = logs.len() as f64;
        let (x, y) = (
            logs.iter().map(|pair| pair.0).sum::<f64>() / n,
            logs.iter().map(|pair| pair.1).sum::<f64>() / n,
        );
        for pair in &logs {
            xx += (pair.0 - x) * (pair.0 - x);
            yy += (pair.1 - y) * (pair.1 - y);
            xy += (pair.0 - x) * (pair.1 - y);
        }
        count += n;
    }
    let found = xy / libm::sqrt(xx * yy);
    (count >= 200.0 && found.is_finite()).then_some(found)
}
