//! Means, intervals, differences and their p-values a second time, for `--audit`: by definitions and plain numerical integration.
//!
//! Shares no formula's code with `estimate`, `skew`, `student` and `family`. An interval is not computed again but put into the
//! equation that it solves. Leaves the values of replications to `Measurements`, and verdicts to `comparison`.

use std::collections::BTreeMap;
use std::f64::consts::PI;

use crate::outcome::{METRICS, Scope};

use super::{Difference, Estimate, FEWEST_RARE, Findings};

/// How far two ways to the same number may lie apart, relatively.
const ROUNDING: f64 = 1e-6;

/// Steps of an integral.
const STEPS: u32 = 256;

/// How far an integral goes, in multiples of the width of what is integrated.
const WIDTHS: f64 = 12.0;

/// Below this number of values a sample says nothing about its skewness.
const FEWEST_SKEWED: usize = 5;

/// Hypotheses of which it is told which are one and the same; of more, none is looked at.
const MOST_HYPOTHESES: usize = 600;

/// A sample by its definitions.
struct Sample {
    n: f64,
    mean: f64,
    sd: f64,
    skew: f64,
}

impl Sample {
    /// Of at least two values that differ; none otherwise.
    fn of(values: &[f64]) -> Option<Sample> {
        let n = values.len() as f64;
        if values.iter().all(|value| *value == values[0]) {
            return None;
        }
        // Welford's recurrences, in the reverse order.
        let (mut mean, mut squares, mut count) = (0.0, 0.0, 0.0);
        for value in values.iter().rev() {
            count += 1.0;
            let off = value - mean;
            mean += off / count;
            squares += off * (value - mean);
        }
        let third: f64 = values.iter().map(|value| libm::pow(value - mean, 3.0)).sum();
        let known = values.len() >= FEWEST_SKEWED;
        let skew = if known { third / n / libm::pow(squares / n, 1.5) } else { 0.0 };
        Some(Sample { n, mean, sd: libm::sqrt(squares / (n - 1.0)), skew })
    }

    /// Hall's statistic of the hypothesis that the mean is `value`: Student's, less its skewness.
    fn statistic(&self, value: f64) -> f64 {
        let s = (self.mean - value) / self.sd;
        let g = self.skew;
        libm::sqrt(self.n) * (s + g * s * s / 3.0 + g * g * s * s * s / 27.0 + g / (6.0 * self.n))
    }
}

/// Student's distribution, by integrating its density.
struct Student {
    df: f64,
    constant: f64,
}

impl Student {
    fn new(df: f64) -> Student {
        let log = libm::lgamma((df + 1.0) / 2.0) - libm::lgamma(df / 2.0) - 0.5 * libm::log(df * PI);
        Student { df, constant: libm::exp(log) }
    }

    /// Probability beyond ±t, by Simpson's rule in the angle whose tangent is t / √df, where the density is a power of a cosine.
    fn tail(&self, t: f64) -> f64 {
        let end = libm::atan(t.abs() / libm::sqrt(self.df));
        let power = |angle: f64| libm::pow(libm::cos(angle), self.df - 1.0);
        let width = (PI / 2.0 - end).min(WIDTHS / libm::sqrt(self.df)) / f64::from(STEPS);
        let weight = |step: u32| match step {
            0 | STEPS => 1.0,
            odd if odd % 2 == 1 => 4.0,
            _ => 2.0,
        };
        let sum: f64 = (0..=STEPS).map(|step| weight(step) * power(end + width * f64::from(step))).sum();
        2.0 * self.constant * libm::sqrt(self.df) * sum * width / 3.0
    }
}

/// Whether two ways to a number agree, where numbers are as large as `size`.
fn agree(one: f64, other: f64, size: f64) -> bool {
    (one - other).abs() <= ROUNDING * size.max(one.abs()).max(1e-12)
}

/// What is looked at again of one run.
struct Recomputation {
    /// Student's distribution by degrees of freedom, and the tails that were integrated.
    students: BTreeMap<usize, Student>,
    /// Statistics at the ends of intervals that have been looked at, by number of values.
    ends: BTreeMap<usize, f64>,
}

impl Recomputation {
    fn tail(&mut self, n: usize, t: f64) -> f64 {
        self.students.entry(n).or_insert_with(|| Student::new(n as f64 - 1.0)).tail(t)
    }

    /// What is wrong with an estimate from these values.
    fn estimate(&mut self, values: &[f64], found: &Estimate) -> Option<String> {
        if values.len() != found.replications as usize {
            return Some(format!(
                "it is over {} replications, and {} have one",
                found.replications,
                values.len()
            ));
        }
        let Some(sample) = Sample::of(values) else {
            return (found.mean != values[0]).then(|| format!("the mean is {}, of one value", found.mean));
        };
        let size = values.iter().fold(0.0_f64, |size, value| size.max(value.abs()));
        if !agree(sample.mean, found.mean, size) {
            return Some(format!("the mean is {}, and {} again", found.mean, sample.mean));
        }
        let sd = found.sd.unwrap_or(0.0);
        // Where nearly all is rounding, nothing is to be learnt from it: each order of summing rounds in its own way.
        if sample.sd.max(sd) <= 1e-9 * size {
            return None;
        }
        if !agree(sample.sd, sd, sample.sd) {
            return Some(format!("the standard deviation is {sd}, and {} again", sample.sd));
        }
        self.interval(values.len(), &sample, found)
    }

    /// An end of the interval is where Hall's statistic has 2.5 % beyond it, unless the outcome cannot be there.
    fn interval(&mut self, n: usize, sample: &Sample, found: &Estimate) -> Option<String> {
        let (low, high) = found.interval()?;
        let range = found.range();
        for (end, limit) in [(low, range.low), (high, range.high)] {
            if end == limit {
                continue;
            }
            let statistic = sample.statistic(end).abs();
            if self.ends.get(&n).is_some_and(|known| agree(*known, statistic, statistic)) {
                continue;
            }
            let beyond = self.tail(n, statistic);
            if (beyond - 0.05).abs() > 1e-5 {
                return Some(format!("the interval from {low} to {high} leaves {beyond} out, not 0.05"));
            }
            self.ends.insert(n, statistic);
        }
        let wider = (found.mean - low).max(high - found.mean);
        let half = found.half_width.unwrap_or(0.0);
        let clipped = low == range.low || high == range.high;
        (!clipped && !agree(half, wider, wider))
            .then(|| format!("the half-width is {half}, and {wider} again"))
    }

    /// What is wrong with the p-value of a difference.
    fn p_value(&mut self, values: &[f64], found: f64) -> Option<String> {
        let sample = Sample::of(values)?;
        let plain = sample.mean / (sample.sd / libm::sqrt(sample.n));
        let p = self.tail(values.len(), plain).max(self.tail(values.len(), sample.statistic(0.0)));
        ((found - p).abs() > 1e-6 + 1e-3 * p).then(|| format!("its p-value is {found}, and {p} again"))
    }
}

/// The first number that comes out differently when it is computed again.
///
/// # Errors
/// The number, both ways.
pub fn recompute(findings: &Findings) -> Result<(), String> {
    let mut again = Recomputation { students: BTreeMap::new(), ends: BTreeMap::new() };
    let (measured, shape) = (&findings.measurements, findings.shape());
    let told = |policy: usize, scope: Scope, metric: usize, what: String| {
        let (policy, scope, name) = (&shape.policies[policy], shape.scope_name(scope), METRICS[metric].name);
        format!(
            "a number comes out differently when it is computed again: policy `{policy}`, {scope}, `{name}`: {what}"
        )
    };
    // Resamples stand around a run's value and not around their own mean; only their family is looked at again.
    let single = !measured.is_resampled();
    // What nothing is drawn for counts as often as every rule asks.
    let times = if measured.is_exact() && measured.replications() == 1 { FEWEST_RARE as usize } else { 1 };
    let often = |values: Vec<f64>| values.repeat(times);
    for policy in (0..shape.policies.len()).filter(|_| single) {
        for &scope in measured.scopes() {
            for metric in 0..METRICS.len() {
                let values = often(measured.values(policy, scope, metric).flatten().collect());
                let Some(found) = measured.estimate(policy, scope, metric) else { continue };
                if let Some(what) = again.estimate(&values, &found) {
                    return Err(told(policy, scope, metric, what));
                }
            }
        }
    }
    for difference in findings.differences.iter().filter(|_| single) {
        let Difference { policy, scope, metric, estimate, .. } = difference;
        let values = often(paired(findings, difference).into_iter().flatten().collect());
        let p = estimate.p_value();
        let what = again.estimate(&values, estimate).or_else(|| again.p_value(&values, p?));
        if let Some(what) = what {
            return Err(told(*policy, *scope, *metric, format!("of the difference to the baseline {what}")));
        }
    }
    match wrong_family(findings) {
        Some((wrong, what)) => Err(told(wrong.policy, wrong.scope, wrong.metric, what)),
        None => Ok(()),
    }
}

/// The differences of each replication.
fn paired(findings: &Findings, difference: &Difference) -> Vec<Option<f64>> {
    let Difference { policy, scope, metric, .. } = *difference;
    let measured = &findings.measurements;
    let value = |policy: usize, at: u32| measured.value(policy, scope, metric, at);
    (0..measured.replications()).map(|at| Some(value(policy, at)? - value(findings.baseline, at)?)).collect()
}

/// Holm's procedure by its definition, over what is printed: the first hypothesis whose adjusted p-value is another one.
fn wrong_family(findings: &Findings) -> Option<(&Difference, String)> {
    let tested = findings.differences.iter().filter(|found| found.asked && found.adjusted_p.is_some());
    let mut tested: Vec<(&Difference, f64, Vec<Option<f64>>)> = tested
        .map(|found| (found, found.estimate.p_value().unwrap_or(1.0), paired(findings, found)))
        .collect();
    if tested.len() > MOST_HYPOTHESES {
        return None;
    }
    tested.sort_by(|one, other| one.1.total_cmp(&other.1));
    // Outcomes of one policy that are proportional in every replication are one hypothesis, that of the first of them.
    let first_of = |index: usize| {
        let (own, _, values) = &tested[index];
        let same = |(other, _, others): &(&Difference, f64, Vec<Option<f64>>)| {
            other.policy == own.policy && proportional(values, others)
        };
        tested.iter().position(same).unwrap_or(index)
    };
    let firsts: Vec<usize> = (0..tested.len()).map(first_of).collect();
    let hypotheses = (0..tested.len()).filter(|&index| firsts[index] == index).count();
    let (mut rank, mut floor, mut adjusted) = (0, 0.0_f64, vec![1.0; tested.len()]);
    for (index, &first) in firsts.iter().enumerate() {
        if first == index {
            floor = floor.max((tested[index].1 * (hypotheses - rank) as f64).min(1.0));
            adjusted[index] = floor;
            rank += 1;
        } else {
            adjusted[index] = adjusted[first];
        }
    }
    let wrong = tested.iter().zip(adjusted).find(|((found, ..), adjusted)| {
        let given = found.adjusted_p.unwrap_or(1.0);
        (given - adjusted).abs() > 1e-9 + 1e-3 * adjusted
    });
    wrong.map(|((found, p, _), adjusted)| {
        let given = found.adjusted_p.unwrap_or(1.0);
        (*found, format!("the p-value {p} is adjusted to {given}, and to {adjusted} again, of {hypotheses}"))
    })
}

/// Whether one list is a multiple of the other.
fn proportional(one: &[Option<f64>], other: &[Option<f64>]) -> bool {
    let largest = |values: &[Option<f64>]| {
        values
            .iter()
            .flatten()
            .copied()
            .fold(0.0_f64, |most, value| if value.abs() > most.abs() { value } else { most })
    };
    // By the place at which one of them is largest, so that the sign of the factor follows.
    let (most, place) = (largest(one), one.iter().position(|value| *value == Some(largest(one))));
    let Some(at) = place.and_then(|place| other[place]) else { return false };
    one.iter().zip(other).all(|pair| match pair {
        (Some(one), Some(other)) => (one / most - other / at).abs() <= 1e-9,
        (None, None) => true,
        _ => false,
    })
}

#[cfg(test)]
mod tests {
    use super::super::{Family, Measurements};
    use super::*;
    use crate::outcome::synthetic;

    #[test]
    fn the_integral_is_the_tail_of_the_table() {
        // t for 5 % on both sides: 12.7062 (1), 2.7764 (4), 2.0452 (29).
        for (df, t) in [(1.0, 12.706_205), (4.0, 2.776_445), (29.0, 2.045_230)] {
            assert!((Student::new(df).tail(t) - 0.05).abs() < 1e-6, "{df}");
        }
    }

    #[test]
    fn a_spread_that_is_rounding_is_no_fault() {
        let mut again = Recomputation { students: BTreeMap::new(), ends: BTreeMap::new() };
        let spread = |ulp: f64| [0.7, 0.7 + ulp, 0.7, 0.7 - ulp, 0.7];
        let other = |values: &[f64]| {
            let mut found = Estimate::of(values).expect("values");
            found.sd = Some(7e-16);
            found
        };
        assert_eq!(again.estimate(&spread(1e-15), &other(&spread(1e-15))), None);
        let told = again.estimate(&spread(1e-3), &other(&spread(1e-3))).expect("it is no rounding");
        assert!(told.contains("standard deviation"), "{told}");
    }

    #[test]
    fn what_was_measured_comes_out_the_same_again() {
        let shape = synthetic::shape(&["block", "overdraft", "third"]);
        let mut measured = Measurements::new(std::sync::Arc::clone(&shape));
        for seed in 0..7 {
            measured.push(&synthetic::replication(&shape, seed, 12));
        }
        let findings = Findings::of_family(measured, 0, &Family::default());
        assert_eq!(recompute(&findings), Ok(()));
        let mut wrong = findings.clone();
        let tested = wrong.differences.iter_mut().find(|found| found.asked && found.adjusted_p.is_some());
        tested.expect("something is tested").adjusted_p = Some(0.5);
        assert!(recompute(&wrong).unwrap_err().contains("is adjusted to 0.5"));
    }
}
