//! From a history to a model: the assembly of everything that is fitted.

use crate::sampling::Dist;
use crate::units::{SimSpan, SimTime};
use crate::workload::demand::CalendarFactor;

use super::arrivals::{ENOUGH_GAPS, ENOUGH_HOURS, GapFamily, gap_family};
use super::calendar::fit_calendar;
use super::cohorts::{CohortModel, FitWorld};
use super::customers::{CustomerGroup, Seen, Stay, customers, groups};
use super::failures::{FailureModel, fit_failures};
use super::families::{Fitted, WeightedSample, fit_values, four_digits};
use super::guess::SizeColumns;
use super::levels::{WeightedValues, correlation, differ, fit_levels};
use super::observe::{Observed, ObservedRow};
use super::prices::unit;
use super::shape::{HorizonGrid, factors_of};
use super::sizes::{EntryForm, deal, values_by_organization};

/// Share of a feature's calls that organizations which stay must make for a calendar of its own.
const STAYERS: f64 = 0.6;
/// Weakest correlation of sizes that is written.
const LEAST_CORRELATION: f64 = 0.25;

/// A fitted model of a history, before it is written as a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct Model {
    /// The horizon.
    pub frame: HorizonGrid,
    /// Share of the history's calls that the model makes.
    pub scale: f64,
    /// What a credit costs, in what the sizes are worth: a power of ten.
    pub unit: f64,
    /// Features in order of first use.
    pub features: Vec<FeatureModel>,
    /// Cohorts, the largest organizations first.
    pub cohorts: Vec<CohortModel>,
    /// What the data cannot support.
    pub warnings: Vec<String>,
    /// Feature and size in which organizations differ, though all draw from one distribution.
    pub(super) pooled: Vec<(String, String)>,
}

/// A fitted feature. Its base rate is one call a day; cohorts multiply it.
#[derive(Debug, Clone, PartialEq)]
pub struct FeatureModel {
    /// Its name.
    pub name: String,
    /// Calls in the history.
    pub calls: f64,
    /// Family of the gaps and their coefficient of variation.
    pub gaps: GapFamily,
    /// From one call of a burst to the next (seconds), where some cohort comes in bursts.
    pub gap: Option<Dist>,
    /// Growth and odd days.
    pub calendar: Vec<CalendarFactor>,
    /// Sizes per call.
    pub sizes: Vec<SizeModel>,
    /// The size that is a cost: its index, and credits in one of it.
    pub spend: Option<(usize, f64)>,
    /// Work time (seconds).
    pub duration: Option<Fitted>,
    /// Failures and cancellations.
    pub failures: FailureModel,
}

/// A fitted size.
#[derive(Debug, Clone, PartialEq)]
pub struct SizeModel {
    /// Its name in formulas.
    pub name: String,
    /// Its index among the history's sizes.
    pub column: usize,
    /// Its distribution over all calls.
    pub fitted: Fitted,
    /// Organizations differ in it, so that cohorts deal sizes of their own, in this form.
    pub(super) differs: Option<EntryForm>,
    /// Its correlation with the first size.
    pub correlation: Option<f64>,
}

impl Model {
    /// Begin of the horizon.
    #[must_use]
    pub fn start(&self) -> SimTime {
        SimTime::from_micros(self.frame.start)
    }

    /// End of the horizon.
    #[must_use]
    pub fn end(&self) -> SimTime {
        self.start() + SimSpan::from_micros(self.frame.length)
    }
}

/// Fits a model; `scale` is the share of calls to keep.
#[must_use]
pub fn model(observed: &Observed, scale: f64) -> Model {
    let frame = HorizonGrid::of(observed);
    let customers = customers(observed, &frame);
    let groups = groups(&customers, &frame);
    let fitting = Fitting { observed, frame, customers: &customers, scale };
    let calendars: Vec<Vec<CalendarFactor>> =
        (0..observed.features.len()).map(|feature| fitting.calendar(&groups, feature)).collect();
    let factors: Vec<Vec<f64>> = calendars.iter().map(|calendar| factors_of(calendar, &frame)).collect();
    let found: Vec<Option<GapFamily>> =
        (0..observed.features.len()).map(|feature| fitting.gaps(feature)).collect();
    let mut gaps: Vec<GapFamily> = found.iter().map(|gaps| gaps.unwrap_or(GapFamily::Poisson)).collect();
    let world =
        FitWorld { observed, frame: &frame, customers: &customers, scale, factors: &factors, gaps: &gaps };
    let apart: Vec<Option<Dist>> =
        (0..observed.features.len()).map(|feature| world.apart(&groups, feature)).collect();
    // Bursts are what made the gaps uneven.
    for (gaps, _) in gaps.iter_mut().zip(&apart).filter(|(_, apart)| apart.is_some()) {
        *gaps = GapFamily::Poisson;
    }
    let world =
        FitWorld { observed, frame: &frame, customers: &customers, scale, factors: &factors, gaps: &gaps };
    let mut cohorts: Vec<CohortModel> = groups.iter().map(|group| world.cohort(group)).collect();
    let features: Vec<FeatureModel> = calendars
        .into_iter()
        .zip(apart)
        .enumerate()
        .map(|(feature, (calendar, apart))| fitting.feature(feature, (gaps[feature], apart), calendar))
        .collect();
    for (index, feature) in features.iter().enumerate() {
        for size in &feature.sizes {
            deal_sizes(observed, &mut cohorts, index, size);
        }
    }
    let mut warnings = horizon_warnings(observed, &frame, &groups);
    warnings.extend(fitting.arrival_warnings(&found));
    warnings.extend(fitting.size_warnings(&features));
    let unit = unit(observed, &features);
    if unit != 1.0 {
        warnings.push(format!(
            "sizes are far from a credit: the `cost` lines count in units of {unit:e} of them"
        ));
    }
    Model { frame, scale, unit, features, cohorts, warnings, pooled: Vec::new() }
}

struct Fitting<'a> {
    observed: &'a Observed,
    frame: HorizonGrid,
    customers: &'a [Seen],
    scale: f64,
}

impl Fitting<'_> {
    fn rows(&self, feature: usize) -> impl Iterator<Item = &ObservedRow> {
        self.observed.rows.iter().filter(move |row| usize::from(row.feature) == feature)
    }

    fn calendar(&self, groups: &[CustomerGroup], feature: usize) -> Vec<CalendarFactor> {
        let mut counts = vec![0.0; self.frame.cells];
        let stayers =
            groups.iter().filter(|group| group.stay == Stay::Always).flat_map(|group| &group.members);
        for row in stayers.flat_map(|number| self.customers[*number as usize].rows(self.observed)) {
            if usize::from(row.feature) == feature {
                counts[self.frame.cell_of(row.at)] += row.calls;
            }
        }
        let all: f64 = self.rows(feature).map(|row| row.calls).sum();
        if counts.iter().sum::<f64>() < STAYERS * all {
            Vec::new()
        } else {
            fit_calendar(&counts, &self.frame)
        }
    }

    fn gaps(&self, feature: usize) -> Option<GapFamily> {
        if self.observed.is_buckets() || self.observed.resolution > 0 {
            return None;
        }
        let times = self.customers.iter().map(|seen| {
            let rows = seen.rows(self.observed).filter(|row| usize::from(row.feature) == feature);
            rows.map(|row| row.at).collect()
        });
        gap_family(&times.collect::<Vec<Vec<i64>>>())
    }

    fn feature(
        &self,
        feature: usize,
        (gaps, gap): (GapFamily, Option<Dist>),
        calendar: Vec<CalendarFactor>,
    ) -> FeatureModel {
        let everyone = 0..self.customers.len() as u32;
        let guess = &self.observed.guess;
        let mut sizes: Vec<SizeModel> = Vec::new();
        for (column, SizeColumns { name, .. }) in guess.sizes.iter().enumerate() {
            let values = values_by_organization(self.observed, feature, column);
            let pooled = WeightedSample::new(values.iter().flatten().copied());
            let Some(fitted) = fit_values(&pooled) else { continue };
            let differs = differ(&values).then(EntryForm::default);
            let correlation =
                sizes.first().and_then(|first| self.correlation(feature, first, column, &fitted));
            sizes.push(SizeModel { name: name.clone(), column, fitted, differs, correlation });
        }
        let spend = guess.spend.filter(|(column, _)| sizes.iter().any(|size| size.column == *column));
        FeatureModel {
            name: self.observed.features[feature].clone(),
            calls: self.rows(feature).map(|row| row.calls).sum(),
            gaps: gaps.thinned(self.scale),
            gap,
            calendar,
            spend: spend.and_then(|(column, worth)| {
                Some((sizes.iter().position(|size| size.column == column)?, worth))
            }),
            sizes,
            duration: fit_levels(
                &everyone.map(|number| self.durations(number, feature)).collect::<Vec<WeightedValues>>(),
            ),
            failures: fit_failures(self.rows(feature)),
        }
    }

    /// Work times of calls that did not fail; those fail at a time of their own.
    fn durations(&self, number: u32, feature: usize) -> WeightedValues {
        let rows = self.customers[number as usize].rows(self.observed);
        rows.filter(|row| usize::from(row.feature) == feature && row.duration.is_finite())
            .filter(|row| row.end == super::observe::End::Fine)
            .map(|row| (row.duration, row.calls))
            .collect()
    }

    /// Correlation with the first size, where both are drawn in a form that can follow it cheaply.
    fn correlation(&self, feature: usize, first: &SizeModel, column: usize, fitted: &Fitted) -> Option<f64> {
        let follows = |fitted: &Fitted| matches!(fitted.dist, Dist::LogNormal { .. } | Dist::Quantiles(_));
        if self.observed.is_buckets() || !follows(&first.fitted) || !follows(fitted) {
            return None;
        }
        let pairs: Vec<Vec<(f64, f64)>> = self
            .customers
            .iter()
            .map(|seen| {
                let rows = seen.rows(self.observed).filter(|row| usize::from(row.feature) == feature);
                rows.map(|row| (row.sizes[first.column], row.sizes[column])).collect()
            })
            .collect();
        let found = correlation(&pairs)?;
        (found.abs() >= LEAST_CORRELATION).then(|| four_digits(found.clamp(-0.99, 0.99)))
    }

    fn arrival_warnings(&self, gaps: &[Option<GapFamily>]) -> Vec<String> {
        let mut warnings = Vec::new();
        let name = |feature: usize| format!("`{}`", self.observed.features[feature]);
        let few: Vec<String> = (0..gaps.len()).filter(|feature| gaps[*feature].is_none()).map(name).collect();
        if !few.is_empty() && !self.observed.is_buckets() && self.observed.resolution == 0 {
            warnings.push(format!(
                "fewer than {ENOUGH_GAPS} gaps, arrivals taken as Poisson: {}",
                few.join(", ")
            ));
        }
        if self.frame.hours() < ENOUGH_HOURS || !self.frame.is_hourly() {
            warnings.push("too short or too coarse for a drift of the rates: none is written".to_owned());
        }
        warnings
    }

    fn size_warnings(&self, features: &[FeatureModel]) -> Vec<String> {
        let mut warnings = Vec::new();
        let sized = |row: &ObservedRow| row.sizes.iter().any(|size| *size > 0.0);
        if !self.observed.guess.sizes.is_empty() && !self.observed.rows.iter().any(sized) {
            warnings
                .push("no size is above 0: calls cost nothing until the `cost` lines are changed".to_owned());
        }
        for feature in features {
            if feature.sizes.is_empty() && !self.observed.guess.sizes.is_empty() {
                warnings.push(format!("`{}` has no size in any row: each call costs 1 credit", feature.name));
            }
        }
        if self.observed.guess.sizes.is_empty() {
            warnings.push("no column looks like a size: each call costs 1 credit".to_owned());
        }
        warnings
    }
}

/// Gives every cohort its own sizes where organizations differ in them.
pub(super) fn deal_sizes(observed: &Observed, cohorts: &mut [CohortModel], feature: usize, size: &SizeModel) {
    let Some(form) = size.differs else { return };
    let values = values_by_organization(observed, feature, size.column);
    for cohort in cohorts {
        let dealt = deal(cohort, &cohort.uses[feature].rates, &values, form, &size.fitted.dist);
        let own = &mut cohort.uses[feature].quantities;
        own.retain(|(name, _)| *name != size.name);
        if !dealt.is_empty() {
            own.push((size.name.clone(), dealt));
        }
    }
}

fn horizon_warnings(observed: &Observed, frame: &HorizonGrid, groups: &[CustomerGroup]) -> Vec<String> {
    let mut warnings = Vec::new();
    let (hours, days) = (frame.hours(), frame.hours() / 24.0);
    if !frame.is_hourly() {
        warnings.push(
            "times are dates: calls are spread over the whole day, no hour differs from another".to_owned(),
        );
    } else if hours < 6.0 {
        warnings.push(format!("covers {hours:.1} h: no shape of the day or week can be told from it"));
    } else if hours < 24.0 {
        warnings.push(format!("covers {hours:.0} h: other hours of the day are unknown, they weigh 1"));
    } else if days < 7.0 {
        warnings.push(format!("covers {hours:.0} h: a weekday is told from one day at most, others weigh 1"));
    } else if days < 14.0 && groups.iter().any(|group| group.alone && group.stay == Stay::Always) {
        warnings.push(
            "covers about one week: the hours of large organizations are told from one week, chance included"
                .to_owned(),
        );
    }
    if observed.is_buckets() {
        warnings.push(
            "rows are buckets: gaps of single calls are unknown (Poisson), sizes are means of buckets"
                .to_owned(),
        );
    }
    let left = &observed.left;
    let counted = [
        (left.sizeless, "rows carry no size"),
        (left.timeless, "rows without a time are left out"),
        (left.empty, "rows without calls are left out"),
        (left.other_kinds, "rows of kinds that are no usage (taxes, fees, discounts) are left out"),
        (left.uncharged, "rows were not charged, says the file; they carry no size"),
        (left.repeated, "rows that repeat an id of their organization are left out"),
        (left.twins, "rows are alike in every cell to another; they are kept as calls"),
        (left.negative, "sizes below 0 are read as 0"),
        (left.homeless, "rows without an organization are taken as those of one"),
        (left.pooled, "rare features are pooled"),
    ];
    warnings.extend(
        counted.into_iter().filter(|(count, _)| *count > 0).map(|(count, what)| format!("{count} {what}")),
    );
    warnings.extend(observed.guess.remarks());
    if observed.organizations == 1 && observed.guess.organization.is_empty() {
        warnings.push("no column of organizations: all calls are those of one organization".to_owned());
    }
    warnings
}
