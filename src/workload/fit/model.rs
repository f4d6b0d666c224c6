//! From a history to a model: cohorts of similar size, arrivals, sizes, durations, failures.

use std::collections::BTreeMap;

use crate::sampling::Dist;
use crate::units::{Probability, SimTime};
use crate::workload::demand::{Drift, Failures};

use super::families::{Fitted, Sample, fit_values, four_digits, likeliest};
use super::measure::HOUR;
use super::observe::{Observed, Row};

const DAY: i64 = 24 * HOUR;
/// An organization seen for less than this in a much longer history is a visitor.
const VISIT: i64 = 12 * HOUR;
/// An organization with more than this share of all calls is a cohort of its own; at most so many are.
const OWN_COHORT: (f64, usize) = (0.02, 12);
/// Ends of the bands of similar organizations, as shares of their ranks.
const BANDS: [f64; 4] = [0.03, 0.12, 0.4, 1.0];
/// Gaps that support a coefficient of variation.
const ENOUGH_GAPS: usize = 50;
/// Largest standard deviation of a drift.
pub(super) const MOST_DRIFT: f64 = 1.5;
/// Hours that support a drift.
const ENOUGH_HOURS: usize = 48;

/// A fitted model of a history; typed, before it is written as a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// Begin of the horizon: a midnight, or a whole hour for histories shorter than a day.
    pub start: SimTime,
    /// Length of the horizon.
    pub hours: usize,
    /// Share of the history's calls that the model makes.
    pub scale: f64,
    /// Features in order of first use.
    pub features: Vec<FeatureModel>,
    /// Cohorts, the largest organizations first.
    pub cohorts: Vec<CohortModel>,
    /// What the data cannot support.
    pub warnings: Vec<String>,
}

/// A fitted feature. Its base rate is one call a day; cohorts multiply it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureModel {
    /// Its name.
    pub name: String,
    /// Family of the gaps and their coefficient of variation.
    pub gaps: GapFamily,
    /// Slow random drift of the rate.
    pub drift: Option<Drift>,
    /// Sizes per call, by the history's size columns.
    pub sizes: Vec<(String, Fitted)>,
    /// Work time (seconds).
    pub duration: Option<Fitted>,
    /// Failures.
    pub failures: Failures,
}

/// Family of gaps, chosen by likelihood.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum GapFamily {
    /// Exponential gaps.
    Poisson,
    /// Gamma gaps with this coefficient of variation.
    Gamma(f64),
    /// Weibull gaps with this coefficient of variation.
    Weibull(f64),
}

/// A fitted cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortModel {
    /// Its name.
    pub name: String,
    /// Its organizations.
    pub organizations: u32,
    /// For visitors: first use [seconds after the start] and length of a visit (seconds).
    pub visit: Option<(Dist, f64)>,
    /// Weights of the hours of a day and of the days of a week.
    pub profile: Option<([f64; 24], [f64; 7])>,
    /// Per feature: share of organizations that have it, and calls a day while alive.
    pub uses: Vec<(f64, Dist)>,
}

/// One organization of the history.
struct Seen {
    calls: f64,
    first: i64,
    last: i64,
    by_feature: Vec<f64>,
}

/// Fits a model; `scale` is the share of calls to keep.
#[must_use]
pub fn model(observed: &Observed, scale: f64) -> Model {
    let (first, last) = observed.span();
    let whole = if (last - first).micros() >= DAY { DAY } else { HOUR };
    let start = SimTime::from_micros(first.micros().div_euclid(whole) * whole);
    let length = (last - start).micros() + 1;
    let hours = (length.div_euclid(whole) + i64::from(length.rem_euclid(whole) > 0)) as usize
        * (whole / HOUR) as usize;
    let mut warnings = Vec::new();
    if hours < 24 {
        warnings
            .push(format!("the history covers {hours} h: no shape of the day or week can be told from it"));
    } else if hours < 168 {
        warnings.push("the history is shorter than a week: weekdays count alike".to_owned());
    }
    if observed.guess.calls.is_some() {
        warnings.push(
            "rows are buckets: gaps and sizes of single calls inside a bucket are not in the data".to_owned(),
        );
    }
    let features = (0..observed.features.len() as u16)
        .map(|feature| feature_model(observed, feature, start, hours, &mut warnings))
        .collect();
    let cohorts = cohorts(observed, start, hours, scale);
    Model { start, hours, scale, features, cohorts, warnings }
}

fn rows_of(observed: &Observed, feature: u16) -> impl Iterator<Item = &Row> {
    observed.rows.iter().filter(move |row| row.feature == feature)
}

fn feature_model(
    observed: &Observed,
    feature: u16,
    start: SimTime,
    hours: usize,
    warnings: &mut Vec<String>,
) -> FeatureModel {
    let name = observed.features[usize::from(feature)].clone();
    let sizes = observed.guess.sizes.iter().enumerate().filter_map(|(index, column)| {
        let values = rows_of(observed, feature).map(|row| (row.sizes[index], row.calls));
        Some((column.clone(), fit_values(&Sample::new(values))?))
    });
    let sizes: Vec<(String, Fitted)> = sizes.collect();
    let durations = rows_of(observed, feature).map(|row| (f64::from(row.duration), row.calls));
    let by_organization = times_by_organization(observed, feature);
    let gaps = if observed.guess.calls.is_some() { None } else { gap_family(&by_organization) };
    if gaps.is_none() && observed.guess.calls.is_none() {
        warnings
            .push(format!("`{name}`: no organization has {ENOUGH_GAPS} gaps; arrivals are taken as Poisson"));
    }
    let drift = drift(observed, feature, start, hours);
    if drift.is_none() && hours < ENOUGH_HOURS {
        warnings.push(format!("`{name}`: {hours} h are too few for a drift of the rate"));
    }
    FeatureModel {
        gaps: gaps.unwrap_or(GapFamily::Poisson),
        drift,
        sizes,
        duration: fit_values(&Sample::new(durations)),
        failures: failures(observed, feature),
        name,
    }
}

/// Times of calls per organization.
fn times_by_organization(observed: &Observed, feature: u16) -> Vec<Vec<i64>> {
    let mut times: BTreeMap<u32, Vec<i64>> = BTreeMap::new();
    for row in rows_of(observed, feature) {
        times.entry(row.organization).or_default().push(row.at);
    }
    times.into_values().collect()
}

/// The family of gaps by likelihood, over gaps relative to the mean gap of their hour, so that the shape of the day is
/// not mistaken for burstiness.
fn gap_family(organizations: &[Vec<i64>]) -> Option<GapFamily> {
    let mut relative: Vec<(f64, f64)> = Vec::new();
    for times in organizations.iter().filter(|times| times.len() > ENOUGH_GAPS) {
        for hour in
            times.chunk_by(|a, b| a.div_euclid(HOUR) == b.div_euclid(HOUR)).filter(|hour| hour.len() > 4)
        {
            let mean = (hour[hour.len() - 1] - hour[0]) as f64 / (hour.len() - 1) as f64;
            if mean > 0.0 {
                // Ties are gaps below the clock's resolution, not none at all.
                relative
                    .extend(hour.windows(2).map(|pair| (((pair[1] - pair[0]) as f64 / mean).max(1e-6), 1.0)));
            }
        }
    }
    let sample = Sample::new(relative);
    if sample.len() < ENOUGH_GAPS {
        return None;
    }
    let cv = libm::sqrt((sample.mean_of(|gap| gap * gap) - 1.0).max(0.0));
    let cv = four_digits(cv.clamp(0.2, 20.0));
    // The family by likelihood; the coefficient of variation by moments, because counts depend on moments.
    Some(match likeliest(&sample, &["exponential", "gamma", "weibull"]) {
        Some("gamma") => GapFamily::Gamma(cv),
        Some("weibull") => GapFamily::Weibull(cv),
        _ => GapFamily::Poisson,
    })
}

/// Drift of the hourly rate around the shape of the week, of the organizations that are there all the time. Busy ones
/// weigh by the square of their calls, because that is how they weigh in the dispersion of the whole.
fn drift(observed: &Observed, feature: u16, start: SimTime, hours: usize) -> Option<Drift> {
    if hours < ENOUGH_HOURS {
        return None;
    }
    let mut counts: BTreeMap<u32, Vec<f64>> = BTreeMap::new();
    for row in rows_of(observed, feature) {
        let hour = ((row.at - start.micros()) / HOUR) as usize;
        if let Some(count) = counts.entry(row.organization).or_insert_with(|| vec![0.0; hours]).get_mut(hour)
        {
            *count += row.calls;
        }
    }
    let (mut weight, mut variance, mut product) = (0.0, 0.0, 0.0);
    for counts in counts.into_values() {
        let calls: f64 = counts.iter().sum();
        let present = counts.iter().filter(|count| **count > 0.0).count();
        if calls < 2.0 * hours as f64 || present * 2 < hours {
            continue;
        }
        let shape = day_shape(&counts);
        let expected: Vec<f64> = (0..hours).map(|hour| (calls / hours as f64) * shape[hour % 24]).collect();
        // Relative counts, not their logarithms: a few empty hours would rule the logarithms, but hardly the counts.
        let ratios: Vec<f64> =
            counts.iter().zip(&expected).map(|(count, expected)| (count + 0.5) / (expected + 0.5)).collect();
        let mean = ratios.iter().sum::<f64>() / hours as f64;
        let noise = expected.iter().map(|expected| 1.0 / (expected + 0.5)).sum::<f64>() / hours as f64;
        let own = ratios.iter().map(|r| (r - mean) * (r - mean)).sum::<f64>() / hours as f64 - noise;
        let lag =
            ratios.windows(2).map(|pair| (pair[0] - mean) * (pair[1] - mean)).sum::<f64>() / hours as f64;
        weight += calls * calls;
        variance += calls * calls * own.max(0.0);
        product += calls * calls * lag.max(0.0);
    }
    let variance = variance / weight;
    // Below this, the shape of the week and chance explain what is seen.
    if !variance.is_finite() || variance < 0.01 {
        return None;
    }
    // A lognormal factor of mean 1 has the variance exp(s²) − 1, and exp(s² φ) − 1 from one hour to the next.
    let squared = libm::log1p(variance);
    let persistence = (libm::log1p(product / weight) / squared).clamp(0.0, 0.98);
    Some(Drift {
        persistence: four_digits(persistence),
        sd: four_digits(libm::sqrt(squared).min(MOST_DRIFT)),
    })
}

/// Weights of the hours of a day with mean 1.
fn day_shape(counts: &[f64]) -> [f64; 24] {
    let mut day = [0.0; 24];
    for (hour, count) in counts.iter().enumerate() {
        day[hour % 24] += count;
    }
    let mean = day.iter().sum::<f64>() / 24.0;
    day.map(|count| if mean > 0.0 { count / mean } else { 1.0 })
}

fn failures(observed: &Observed, feature: u16) -> Failures {
    let mut last: BTreeMap<u32, bool> = BTreeMap::new();
    let mut affected: BTreeMap<u32, bool> = BTreeMap::new();
    let (mut calls, mut failed, mut after, mut again) = (0.0, 0.0, 0.0, 0.0);
    for row in rows_of(observed, feature) {
        calls += 1.0;
        failed += f64::from(u8::from(row.failed));
        *affected.entry(row.organization).or_default() |= row.failed;
        if last.insert(row.organization, row.failed) == Some(true) {
            after += 1.0;
            again += f64::from(u8::from(row.failed));
        }
    }
    let probability = |value: f64| Probability::new(four_digits(value)).unwrap_or_default();
    let hit = affected.values().filter(|hit| **hit).count() as f64 / affected.len().max(1) as f64;
    Failures {
        rate: probability(failed / f64::max(calls, 1.0)),
        persistence: (after >= 20.0).then(|| probability(again / after)),
        // Organizations with few calls see no failure by luck: the share seen is a lower bound, doubled as a guess.
        affected: probability((2.0 * hit).clamp(failed / f64::max(calls, 1.0), 1.0)),
        fail_fast: None,
    }
}

fn cohorts(observed: &Observed, start: SimTime, hours: usize, scale: f64) -> Vec<CohortModel> {
    let mut seen: Vec<(u32, Seen)> = organizations(observed).into_iter().collect();
    // Ties by number, so that the order does not depend on the sort.
    seen.sort_by(|a, b| b.1.calls.total_cmp(&a.1.calls).then(a.0.cmp(&b.0)));
    let total: f64 = seen.iter().map(|(_, seen)| seen.calls).sum();
    let length = hours as i64 * HOUR;
    let is_visitor = |seen: &Seen| length >= 6 * VISIT && seen.last - seen.first < VISIT;
    let (visitors, regulars): (Vec<_>, Vec<_>) = seen.into_iter().partition(|(_, seen)| is_visitor(seen));
    let world = CohortWorld { observed, start, hours, scale, total };
    let mut cohorts = world.bands("regulars", &regulars, false);
    cohorts.extend(world.bands("visitors", &visitors, true));
    cohorts
}

fn organizations(observed: &Observed) -> BTreeMap<u32, Seen> {
    let mut all: BTreeMap<u32, Seen> = BTreeMap::new();
    for row in &observed.rows {
        let seen = all.entry(row.organization).or_insert_with(|| Seen {
            calls: 0.0,
            first: row.at,
            last: row.at,
            by_feature: vec![0.0; observed.features.len()],
        });
        seen.calls += row.calls;
        seen.last = row.at;
        seen.by_feature[usize::from(row.feature)] += row.calls;
    }
    all
}

struct CohortWorld<'a> {
    observed: &'a Observed,
    start: SimTime,
    hours: usize,
    scale: f64,
    total: f64,
}

impl CohortWorld<'_> {
    /// The heaviest organizations alone, the rest in bands of similar rank.
    fn bands(&self, name: &str, organizations: &[(u32, Seen)], visitors: bool) -> Vec<CohortModel> {
        let heavy = |seen: &Seen| !visitors && seen.calls > OWN_COHORT.0 * self.total;
        let alone = organizations.iter().take(OWN_COHORT.1).take_while(|(_, seen)| heavy(seen)).count();
        let mut cohorts: Vec<CohortModel> = (0..alone)
            .map(|rank| self.cohort(format!("large-{}", rank + 1), &organizations[rank..=rank], visitors))
            .collect();
        let rest = &organizations[alone..];
        let mut from = 0;
        for (number, end) in BANDS.iter().enumerate() {
            let to = ((rest.len() as f64 * end).round() as usize).min(rest.len());
            // A band of fewer than four joins the next one.
            if to - from >= 4 || (*end == 1.0 && to > from) {
                cohorts.push(self.cohort(format!("{name}-{}", number + 1), &rest[from..to], visitors));
                from = to;
            }
        }
        cohorts
    }

    fn cohort(&self, name: String, members: &[(u32, Seen)], visitors: bool) -> CohortModel {
        let calls: f64 = members.iter().map(|(_, seen)| seen.calls).sum();
        let visit = visitors.then(|| self.visit(members, calls));
        let life_days = visit.as_ref().map_or(self.hours as f64 / 24.0, |(_, seconds)| seconds / 86_400.0);
        let uses = (0..self.observed.features.len())
            .map(|feature| {
                let rates: Vec<f64> = members
                    .iter()
                    .map(|(_, seen)| seen.by_feature[feature])
                    .filter(|calls| *calls > 0.0)
                    .map(|calls| calls * self.scale / life_days)
                    .collect();
                let share = four_digits(rates.len() as f64 / members.len() as f64).min(1.0);
                (share, rates_as_dist(rates))
            })
            .collect();
        let profile = if visitors { None } else { self.profile(members) };
        CohortModel { name, organizations: members.len() as u32, visit, profile, uses }
    }

    /// When visitors come (weighted by their calls) and how long they stay.
    fn visit(&self, members: &[(u32, Seen)], calls: f64) -> (Dist, f64) {
        let offsets = members.iter().map(|(_, seen)| {
            let offset = (seen.first - self.start.micros()) as f64 / 1e6;
            (libm::floor(offset), seen.calls)
        });
        let first = super::families::stratified(&Sample::new(offsets)).unwrap_or_default();
        // n calls over a length have n − 1 gaps; the visit lasts one gap longer.
        let stay =
            |seen: &Seen| (seen.last - seen.first) as f64 / 1e6 * seen.calls / (seen.calls - 1.0).max(1.0);
        let mean = members.iter().map(|(_, seen)| stay(seen) * seen.calls).sum::<f64>() / calls;
        (first, four_digits(mean.clamp(600.0, 86_400.0)))
    }

    /// Weights of hours and weekdays of the members' calls, with a little of everything so that no hour is impossible.
    fn profile(&self, members: &[(u32, Seen)]) -> Option<([f64; 24], [f64; 7])> {
        if self.hours < 24 {
            return None;
        }
        let numbers: Vec<u32> = {
            let mut numbers: Vec<u32> = members.iter().map(|(number, _)| *number).collect();
            numbers.sort_unstable();
            numbers
        };
        let (mut day, mut week, mut days) = ([0.0; 24], [0.0; 7], [0.0; 7]);
        let monday = |hour: usize| {
            ((self.start.micros().div_euclid(DAY) + hour as i64 / 24 + 3).rem_euclid(7)) as usize
        };
        for hour in (0..self.hours).step_by(24) {
            days[monday(hour)] += 1.0;
        }
        for row in self.observed.rows.iter().filter(|row| numbers.binary_search(&row.organization).is_ok()) {
            let hour = ((row.at - self.start.micros()) / HOUR) as usize;
            day[hour % 24] += row.calls;
            week[monday(hour)] += row.calls;
        }
        let whole_weeks = self.hours >= 168;
        let mean: f64 = week.iter().sum::<f64>() / days.iter().sum::<f64>();
        let mut weekday = [1.0; 7];
        for index in 0..7 {
            if whole_weeks && days[index] > 0.0 && mean > 0.0 {
                weekday[index] = four_digits((week[index] / days[index] / mean).max(0.01));
            }
        }
        let total: f64 = day.iter().sum::<f64>() / 24.0;
        (total > 0.0).then(|| (day.map(|calls| four_digits((calls / total).max(0.005))), weekday))
    }
}

/// Calls a day of the members of a cohort, as a distribution to draw from.
fn rates_as_dist(rates: Vec<f64>) -> Dist {
    match rates.len() {
        0 => Dist::Fixed(0.0),
        1 => Dist::Fixed(four_digits(rates[0])),
        2..=64 => Dist::empirical(rates.into_iter().map(four_digits).collect()).unwrap_or_default(),
        _ => super::families::quantile_table(&Sample::new(rates.into_iter().map(|rate| (rate, 1.0))))
            .unwrap_or_default(),
    }
}
