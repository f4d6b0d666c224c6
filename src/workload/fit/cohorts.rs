//! From groups of organizations to cohorts: when they come, how much they call, in what shape of the week, how their
//! rates drift.

use crate::sampling::Dist;
use crate::workload::demand::Drift;

use super::arrivals::{CallSeries, GapFamily, drift, gap_family};
use super::bursts::Visits;
use super::customers::{CustomerGroup, Seen, Stay};
use super::families::{KNOTS, WeightedSample, four_digits, quantile_table};
use super::observe::{DAY, Observed};
use super::shape::{Exposure, HOUR, HorizonGrid, WeekShape};
use super::strata::{PlacedOrganization, strata};

/// Calls of a feature in a cohort that support a shape of their own.
const OWN_SHAPE: f64 = 100.0;
/// Calls of a feature in all that support a shape.
const FEATURE_SHAPE: f64 = 48.0;
/// Calls an organization must make on average for gaps burstier than Poisson.
const BURSTY_CALLS: f64 = 10.0;
/// Organizations that may share an entry and still have one time of theirs stand for all.
const ALIKE: usize = 8;
/// Share of the calls in entries that use a feature more often than not, beyond which rates are dealt.
const TOLD: f64 = 0.9;
/// Calls that support a coefficient of variation of one organization's own.
const OWN_CV: usize = 200;
/// Calls that support a drift; in histories of fewer than so many organizations, so many calls.
const DRIFT_CALLS: f64 = 200.0;
const FEW: (usize, f64) = (10, 30.0);
/// Share of a group that must use a feature for its rates to be dealt by rank.
const MOST_USE_IT: f64 = 0.9;

/// A fitted cohort.
#[derive(Debug, Clone, PartialEq)]
pub struct CohortModel {
    /// Its name.
    pub name: String,
    /// Who they are, for people.
    pub about: String,
    /// Its organizations.
    pub organizations: u32,
    /// When those who come and go do so.
    pub visit: Option<Visit>,
    /// Weights of the hours of a week.
    pub profile: Option<WeekShape>,
    /// Members of an organization and their skew.
    pub members: Option<(Dist, f64)>,
    /// Per feature.
    pub uses: Vec<UseModel>,
    /// The organizations' numbers in the history.
    pub(super) numbers: Vec<u32>,
    /// Who shares an entry of the lists that the cohort deals.
    pub(super) entries: Vec<Vec<u32>>,
}

/// Sign-ups [seconds after the start] and for how long organizations ask for something (seconds).
#[derive(Debug, Clone, PartialEq)]
pub enum Visit {
    /// Dealt, an entry each.
    Dealt(Vec<f64>, Vec<f64>),
    /// Drawn, and one length for all.
    Drawn(Dist, f64),
}

/// A cohort's use of a feature.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct UseModel {
    /// Calls a day, per organization.
    pub rates: Rates,
    /// Weights of the hours, if other than the cohort's.
    pub profile: Option<WeekShape>,
    /// Drift of the rate.
    pub drift: Option<Drift>,
    /// Coefficient of variation of gaps, if other than the feature's.
    pub cv: Option<f64>,
    /// Calls of a burst; absent where calls do not come in bursts.
    pub calls: Option<Dist>,
    /// Sizes, if other than the feature's: one for all, or dealt as rates are.
    pub quantities: Vec<(String, Vec<Dist>)>,
}

impl UseModel {
    /// True if the cohort never uses the feature.
    pub(super) fn is_never(&self) -> bool {
        match &self.rates {
            Rates::Dealt(rates) => rates.iter().all(|rate| *rate == 0.0),
            Rates::Drawn(share, _) => *share == 0.0,
        }
    }
}

impl Default for Rates {
    fn default() -> Self {
        Rates::Dealt(Vec::new())
    }
}

/// Calls a day of a cohort's organizations.
#[derive(Debug, Clone, PartialEq)]
pub enum Rates {
    /// Dealt: the rate of each entry.
    Dealt(Vec<f64>),
    /// A share of the organizations, at drawn rates.
    Drawn(f64, Dist),
}

/// What cohorts are fitted from.
pub(super) struct FitWorld<'a> {
    pub observed: &'a Observed,
    pub frame: &'a HorizonGrid,
    pub customers: &'a [Seen],
    pub scale: f64,
    /// Calendar factors per feature and cell.
    pub factors: &'a [Vec<f64>],
    /// Gaps of each feature, before thinning.
    pub gaps: &'a [GapFamily],
}

impl FitWorld<'_> {
    /// The cohort of a group.
    pub fn cohort(&self, group: &CustomerGroup) -> CohortModel {
        let seen = || group.members.iter().map(|number| &self.customers[*number as usize]);
        let entries = self.entries(group);
        let life = self.life(group, &entries);
        let presence = self.presence(group, &life);
        let profile = self.shape(group, None, &presence);
        let uses = (0..self.observed.features.len())
            .map(|feature| self.usage(group, feature, (&entries, &life, &presence), profile.as_ref()))
            .collect();
        let calls: f64 = seen().map(|seen| seen.calls).sum();
        CohortModel {
            name: group.name.clone(),
            about: format!(
                "{calls:.0} calls in the history, {:.1} % of all",
                100.0 * calls / self.observed.calls()
            ),
            organizations: group.members.len() as u32,
            visit: life.written,
            profile,
            members: self.members(group),
            uses,
            numbers: group.members.clone(),
            entries,
        }
    }

    /// Who shares an entry of the cohort's lists.
    fn entries(&self, group: &CustomerGroup) -> Vec<Vec<u32>> {
        let placed = |number: &u32| {
            let seen = &self.customers[*number as usize];
            let mut place: Vec<f64> = seen.by_feature.iter().map(|calls| libm::log1p(*calls)).collect();
            place.push(libm::log(seen.credits.max(1e-9) / seen.calls));
            PlacedOrganization { number: *number, place }
        };
        strata(group.members.iter().map(placed).collect())
    }

    /// When the organizations come and how long they ask for something: each its own time where they are few, drawn where
    /// many.
    fn life(&self, group: &CustomerGroup, entries: &[Vec<u32>]) -> Life {
        let seen: Vec<&Seen> = group.members.iter().map(|number| &self.customers[*number as usize]).collect();
        let weights = || seen.iter().map(|seen| seen.calls);
        if group.stay == Stay::Always {
            return Life {
                times: weights().map(|calls| (0, self.frame.length, calls)).collect(),
                written: None,
            };
        }
        let offset = |seen: &Seen| (seen.first - self.frame.start).clamp(0, self.frame.length - 1);
        let daily = group.stay == Stay::Visit;
        if seen.len() <= KNOTS || (!daily && seen.len() <= KNOTS * ALIKE) {
            // Whole minutes, but never an end before the last call.
            let minute = HOUR / 60;
            let time = |stratum: &Vec<u32>| {
                let calls: f64 = stratum.iter().map(|number| self.customers[*number as usize].calls).sum();
                let seen = &self.customers[stratum[stratum.len() / 2] as usize];
                let start = offset(seen) / minute * minute;
                let length = (seen.until - self.frame.start - start + minute - 1) / minute * minute;
                (start, length.max(minute), calls)
            };
            let times: Vec<(i64, i64, f64)> = entries.iter().map(time).collect();
            let seconds = |pick: fn(&(i64, i64, f64)) -> i64| {
                times.iter().map(|time| pick(time) as f64 / 1e6).collect()
            };
            let written = Some(Visit::Dealt(seconds(|time| time.0), seconds(|time| time.1)));
            return Life { times, written };
        }
        // Visits of many are taken as whole days with the hours of a profile: a day's visitors come at all hours.
        let calls: f64 = weights().sum();
        let mean = seen.iter().map(|seen| (seen.until - seen.first) as f64 * seen.calls).sum::<f64>() / calls;
        let length = if daily { DAY } else { (mean as i64).clamp(HOUR, self.frame.length) };
        let start = |seen: &Seen| {
            if daily { offset(seen) / DAY * DAY } else { offset(seen).min(self.frame.length - length) }
        };
        let times: Vec<(i64, i64, f64)> = seen.iter().map(|seen| (start(seen), length, seen.calls)).collect();
        let sample =
            WeightedSample::new(times.iter().map(|(at, _, weight)| (libm::floor(*at as f64 / 1e6), *weight)));
        let after = sample.table_of_values(KNOTS).or_else(|| quantile_table(&sample)).unwrap_or_default();
        Life { times, written: Some(Visit::Drawn(after, libm::floor(length as f64 / 1e6))) }
    }

    /// How much of a group is there in each cell, weighted by calls; its mean over all cells is 1 at most.
    fn presence(&self, group: &CustomerGroup, life: &Life) -> Vec<f64> {
        if group.stay == Stay::Always {
            return vec![1.0; self.frame.cells];
        }
        let total: f64 = life.times.iter().map(|(_, _, weight)| weight).sum();
        let mut presence = vec![0.0; self.frame.cells];
        for (start, length, weight) in &life.times {
            // Spread over its life, an organization's calls come at this rate.
            let rate = weight / total * self.frame.length as f64 / *length as f64;
            let (cell, end) = (self.frame.cell, (start + length).min(self.frame.length));
            for index in start / cell..=((end - 1) / cell).min(self.frame.cells as i64 - 1) {
                let (from, to) = ((index * cell).max(*start), ((index + 1) * cell).min(end));
                presence[index as usize] += rate * (to - from).max(0) as f64 / cell as f64;
            }
        }
        presence
    }

    /// Calls per cell of a group: of one feature, or of all.
    fn counts(&self, group: &CustomerGroup, feature: Option<usize>) -> Vec<f64> {
        let mut counts = vec![0.0; self.frame.cells];
        for number in &group.members {
            for row in self.customers[*number as usize].rows(self.observed) {
                if feature.is_none_or(|feature| usize::from(row.feature) == feature) {
                    counts[self.frame.cell_of(row.at)] += row.calls;
                }
            }
        }
        counts
    }

    /// The shape of a group's week. Who comes for a day has no weekdays: when they come says it.
    fn shape(&self, group: &CustomerGroup, feature: Option<usize>, presence: &[f64]) -> Option<WeekShape> {
        let counts = self.counts(group, feature);
        // The calendar of the feature they use most stands for all.
        let main = feature.unwrap_or_else(|| self.main_feature(group));
        let factors: Vec<f64> =
            presence.iter().zip(&self.factors[main]).map(|(here, factor)| here * factor).collect();
        let shape = WeekShape::fit(&counts, &factors, self.frame, group.alone)?;
        match shape {
            WeekShape::Day(day, _) if group.stay == Stay::Visit => Some(WeekShape::Day(day, [1.0; 7])),
            shape => Some(shape),
        }
    }

    fn main_feature(&self, group: &CustomerGroup) -> usize {
        let calls = |feature: usize| -> f64 {
            group.members.iter().map(|number| self.customers[*number as usize].by_feature[feature]).sum()
        };
        (0..self.observed.features.len()).max_by(|a, b| calls(*a).total_cmp(&calls(*b))).unwrap_or(0)
    }

    /// A feature's shape in a group, if it differs from the group's by more than chance.
    fn own_shape(
        &self,
        group: &CustomerGroup,
        feature: usize,
        presence: &[f64],
        common: Option<&WeekShape>,
    ) -> Option<WeekShape> {
        let calls: f64 =
            group.members.iter().map(|number| self.customers[*number as usize].by_feature[feature]).sum();
        let (shape, support) = if calls >= OWN_SHAPE {
            (self.shape(group, Some(feature), presence)?, calls)
        } else {
            let everyone = (0..self.customers.len() as u32).filter(|number| {
                self.customers[*number as usize].by_feature.get(feature).is_some_and(|calls| *calls > 0.0)
            });
            let all = CustomerGroup { members: everyone.collect(), alone: false, ..group.clone() };
            let counts = self.counts(&all, Some(feature));
            let calls: f64 = counts.iter().sum();
            if calls < FEATURE_SHAPE {
                return None;
            }
            (WeekShape::fit(&counts, &vec![1.0; self.frame.cells], self.frame, false)?, calls)
        };
        let shape = match shape {
            WeekShape::Day(day, _) if group.stay != Stay::Always => WeekShape::Day(day, [1.0; 7]),
            shape => shape,
        };
        let common = common.map_or([1.0; 168], WeekShape::weights);
        let apart: f64 =
            shape.weights().iter().zip(common).map(|(own, other)| (own - other).abs()).sum::<f64>() / 336.0;
        (apart > 0.1 + 0.4 * libm::sqrt(24.0 / support)).then_some(shape)
    }

    fn usage(
        &self,
        group: &CustomerGroup,
        feature: usize,
        (entries, life, presence): (&[Vec<u32>], &Life, &[f64]),
        common: Option<&WeekShape>,
    ) -> UseModel {
        let calls = |number: &u32| self.customers[*number as usize].by_feature[feature];
        let all: f64 = group.members.iter().map(calls).sum();
        let users = group.members.iter().filter(|number| calls(number) > 0.0).count();
        if users == 0 {
            return UseModel { rates: Rates::Drawn(0.0, Dist::Fixed(0.0)), ..UseModel::default() };
        }
        let profile = self.own_shape(group, feature, presence, common);
        let exposure = Exposure::new(profile.as_ref().or(common), &self.factors[feature], self.frame);
        let rate = |entry: usize, calls: f64| {
            four_digits(calls * self.scale / life.exposure(entry, &exposure).max(1e-9))
        };
        let visits = self.visits(group, feature).filter(Visits::are_bursts);
        let noise = match &visits {
            Some(visits) => visits.dispersion(),
            None => libm::pow(self.gaps[feature].cv().clamp(1.0, 3.0), 2.0),
        };
        UseModel {
            rates: self.rates(group, entries, users, calls, rate),
            drift: self.drift(group, feature, &exposure, noise),
            cv: if visits.is_some() { None } else { self.cv(group, feature, all / users as f64) },
            calls: visits.and_then(|visits| visits.sizes(self.scale)),
            profile,
            quantities: Vec::new(),
        }
    }

    /// Visits of a group, where the history tells single calls by the second.
    pub fn visits(&self, group: &CustomerGroup, feature: usize) -> Option<Visits> {
        if self.observed.is_buckets() || self.observed.resolution > 0 {
            return None;
        }
        let seen = group.members.iter().map(|number| &self.customers[*number as usize]);
        Some(Visits::of(self.observed, seen, feature))
    }

    /// How far calls of a burst are apart, over all groups that come in bursts.
    pub fn apart(&self, groups: &[CustomerGroup], feature: usize) -> Option<Dist> {
        let bursts = groups.iter().filter_map(|group| self.visits(group, feature)).filter(Visits::are_bursts);
        let gaps = bursts.flat_map(|visits| visits.gaps).collect();
        Visits { gaps, ..Visits::default() }.apart(self.scale)
    }

    fn rates(
        &self,
        group: &CustomerGroup,
        entries: &[Vec<u32>],
        users: usize,
        calls: impl Fn(&u32) -> f64,
        rate: impl Fn(usize, f64) -> f64,
    ) -> Rates {
        let count = group.members.len();
        let sums: Vec<f64> = entries.iter().map(|stratum| stratum.iter().map(&calls).sum()).collect();
        let means: Vec<f64> =
            sums.iter().zip(entries).map(|(sum, stratum)| sum / stratum.len() as f64).collect();
        // A call now and then of many would be dealt to more organizations than have any.
        let told: f64 = sums.iter().zip(&means).filter(|(_, mean)| **mean >= 0.5).map(|(sum, _)| sum).sum();
        let share = users as f64 / count as f64;
        if share < MOST_USE_IT && told < TOLD * sums.iter().sum::<f64>() {
            let rates = group
                .members
                .iter()
                .map(&calls)
                .filter(|calls| *calls > 0.0)
                .map(|calls| (rate(0, calls), 1.0));
            let sample = WeightedSample::new(rates);
            let dist = sample.table_of_values(KNOTS).or_else(|| quantile_table(&sample)).unwrap_or_default();
            return Rates::Drawn(four_digits(share).min(1.0), dist);
        }
        Rates::Dealt(means.into_iter().enumerate().map(|(entry, mean)| rate(entry, mean)).collect())
    }

    fn drift(&self, group: &CustomerGroup, feature: usize, exposure: &Exposure, noise: f64) -> Option<Drift> {
        if group.stay == Stay::Visit {
            return None;
        }
        let series: Vec<CallSeries> = group
            .members
            .iter()
            .filter(|number| self.customers[**number as usize].by_feature[feature] > 0.0)
            .map(|number| {
                let seen = &self.customers[*number as usize];
                let one = CustomerGroup { members: vec![*number], ..group.clone() };
                let last = self.frame.cell_of(seen.until - 1);
                let (first, last) = if group.stay == Stay::Always {
                    (0, self.frame.cells - 1)
                } else {
                    (self.frame.cell_of(seen.first), last)
                };
                CallSeries::new(&self.counts(&one, Some(feature)), exposure, first, last.max(first))
            })
            .collect();
        // Among many organizations, a drift of one with few calls would move its weight, which is known.
        let least = if self.customers.len() < FEW.0 { FEW.1 } else { DRIFT_CALLS };
        drift(&series, noise, self.frame, least)
    }

    /// An own coefficient of variation: of a large organization, or of those who call too rarely to tell one.
    fn cv(&self, group: &CustomerGroup, feature: usize, calls: f64) -> Option<f64> {
        let common = self.gaps[feature];
        if group.alone && !self.observed.is_buckets() && self.observed.resolution == 0 {
            let rows = self.customers[group.members[0] as usize].rows(self.observed);
            let times: Vec<i64> =
                rows.filter(|row| usize::from(row.feature) == feature).map(|row| row.at).collect();
            if times.len() >= OWN_CV {
                let own = gap_family(&[times]).map(|own| own.thinned(self.scale).cv());
                return own.filter(|cv| *cv != common.cv());
            }
        }
        (calls * self.scale < BURSTY_CALLS && common.cv() > 1.0).then_some(1.0)
    }

    /// Members per organization, and the exponent of their shares.
    fn members(&self, group: &CustomerGroup) -> Option<(Dist, f64)> {
        let mut counts = Vec::new();
        let mut tops = (0.0, 0.0);
        for number in &group.members {
            let mut calls: std::collections::BTreeMap<u32, f64> = std::collections::BTreeMap::new();
            for row in self.customers[*number as usize].rows(self.observed).filter(|row| row.member != 0) {
                *calls.entry(row.member).or_default() += row.calls;
            }
            let (count, total) = (calls.len() as f64, calls.values().sum::<f64>());
            if count >= 1.0 {
                counts.push((count, 1.0));
            }
            if count >= 2.0 {
                tops.0 += total;
                tops.1 += (0..=30)
                    .map(|step| f64::from(step) / 10.0)
                    .min_by(|a, b| {
                        let top = calls.values().copied().fold(0.0, f64::max) / total;
                        (zipf_top(*a, count) - top).abs().total_cmp(&(zipf_top(*b, count) - top).abs())
                    })
                    .unwrap_or(0.0)
                    * total;
            }
        }
        let sample = WeightedSample::new(counts);
        if sample.is_empty() || sample.quantile(1.0) <= 1.0 {
            return None;
        }
        let dist = sample.table_of_values(KNOTS).or_else(|| quantile_table(&sample))?;
        Some((dist, four_digits(if tops.0 > 0.0 { tops.1 / tops.0 } else { 0.0 })))
    }
}

/// Share of the first of so many parts whose shares are Zipf.
fn zipf_top(exponent: f64, count: f64) -> f64 {
    1.0 / (1..=count.min(10_000.0) as u32).map(|rank| libm::pow(f64::from(rank), -exponent)).sum::<f64>()
}

/// When organizations of a group come and how long they stay (microseconds from the start), and their calls.
struct Life {
    times: Vec<(i64, i64, f64)>,
    written: Option<Visit>,
}

impl Life {
    /// Exposure of the life of an entry (days): its own, or that of a mean member where lives are drawn.
    fn exposure(&self, entry: usize, exposure: &Exposure) -> f64 {
        let one = |(start, length, _): &(i64, i64, f64)| exposure.between(*start, start + length);
        match self.written {
            None => exposure.total(),
            Some(Visit::Dealt(..)) => one(&self.times[entry]),
            Some(Visit::Drawn(..)) => {
                let total: f64 = self.times.iter().map(|(_, _, weight)| weight).sum();
                self.times.iter().map(|time| time.2 * one(time)).sum::<f64>() / total
            }
        }
    }
}
