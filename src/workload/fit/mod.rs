//! Fitting a scenario to a usage history.
//!
//! Owns the guess of columns, the choice of families by likelihood, cohorts of similar size, the text of the scenario,
//! and the comparison of the history with fresh simulations of that text. Leaves reading the text to whoever calls
//! (this room may not know how), and running it to the engine.
//! Invariants: what the data cannot support is said, not invented; what is judged is what was written.

mod arrivals;
mod bursts;
mod calendar;
mod cohorts;
mod customers;
mod failures;
mod families;
mod goodness;
mod guess;
mod intervals;
mod levels;
mod measure;
mod model;
mod observe;
mod outline;
mod prices;
mod recorded;
mod scenario;
mod shape;
mod sizes;
mod strata;
#[cfg(test)]
mod tests;
mod text;
mod words;

use std::collections::BTreeSet;
use std::path::Path;

use super::history::HistoryProblems;

use families::four_digits;
use model::deal_sizes;
use sizes::EntryForm;

pub use arrivals::GapFamily;
pub use cohorts::{CohortModel, Rates, UseModel, Visit};
pub use failures::FailureModel;
pub use families::{Fitted, WeightedSample, fit_values, quantile_table};
pub use goodness::{Goodness, LIMITS, Limits, Measure, WrittenScenario, goodness};
pub use guess::{Guess, guess};
pub use intervals::{Interval, Intervals};
pub use measure::CallMeasures;
pub use model::{FeatureModel, Model, SizeModel, model};
pub use observe::{End, Observed, ObservedRow, OtherRows};
pub use outline::{Outline, outline};
pub use prices::{POLICIES, StarterPolicy, policies_at};
pub use shape::{HorizonGrid, WeekShape};

/// Calls of a fit that is not told its scale.
const MOST_CALLS: f64 = 3e5;
/// Simulated calls that a judgement may take, over all seeds and sizes.
const MOST_SIMULATED: f64 = 1e7;
/// Seeds of a judgement: at least, at most.
const SEEDS: (f64, f64) = (2.0, 5.0);
/// Seeds of a round of calibration.
const CALIBRATION_SEEDS: u64 = 2;
/// Rounds of simulation by which drifts are calibrated, and the factor of dispersion that is near enough.
const ROUNDS: usize = 5;
const NEAR: f64 = 1.15;
/// Distance of sizes beyond which they are told in another form.
const LEVELS_MISS: f64 = 0.12;

/// A fitted history and how good the fit is.
#[derive(Debug, Clone)]
pub struct Fit {
    /// The history.
    pub observed: Observed,
    /// The model; [`Model::to_toml`] writes it.
    pub model: Model,
    /// History against simulations, per feature and measure.
    pub goodness: Vec<Goodness>,
    /// Seeds of the simulations.
    pub seeds: u64,
    /// What was estimated, and how far chance moves it.
    pub intervals: Intervals,
}

/// A fit that cannot be made.
#[derive(Debug, thiserror::Error)]
pub enum FitError {
    /// The history cannot be read.
    #[error(transparent)]
    History(#[from] HistoryProblems),
    /// The scenario that was written cannot be read: a mistake of the fit.
    #[error("the fitted scenario is not valid: {0}")]
    Written(String),
}

/// Fits a history whose columns are recognized by their names; `scale` is the share of calls that the scenario makes (by
/// default all, or as many as make 300,000). `read` reads the text of a scenario.
///
/// # Errors
/// A file that cannot be read or understood, with its lines.
pub fn fit(
    path: &Path,
    scale: Option<f64>,
    read: &dyn Fn(&str) -> Result<WrittenScenario, String>,
) -> Result<Fit, FitError> {
    let observed = Observed::read(path)?;
    let calls = observed.calls();
    let chosen = scale.unwrap_or_else(|| four_digits((MOST_CALLS / calls).min(1.0)));
    let mut model = model(&observed, chosen);
    if scale.is_none() && chosen < 1.0 {
        let warning = format!(
            "{} calls are too many to simulate one by one: the scenario makes a share of {chosen} of them (--scale)",
            grouped(calls)
        );
        model.warnings.insert(0, warning);
    }
    let sizes = 1 + observed.guess.sizes.len();
    let seeds = (MOST_SIMULATED / (calls * chosen * sizes as f64).max(1.0)).clamp(SEEDS.0, SEEDS.1) as u64;
    let goodness = calibrated(&observed, &mut model, seeds, read)?;
    let pooled = std::mem::take(&mut model.pooled);
    let names: BTreeSet<&String> = pooled.iter().map(|(feature, _)| feature).collect();
    for name in names {
        let sizes: Vec<&str> =
            pooled.iter().filter(|(feature, _)| feature == name).map(|(_, size)| size.as_str()).collect();
        model.warnings.push(format!(
            "`{name}`: organizations differ in {}, but too few of them to draw it on two levels: one for all",
            sizes.join(", ")
        ));
    }
    let written = read(&model.demand_toml("fit", "history", &[])).map_err(FitError::Written)?;
    let intervals = intervals::intervals(&observed, &model, &written);
    Ok(Fit { observed, model, goodness, seeds, intervals })
}

/// Judges the written model; where the dispersion of the whole is far from the history's, drifts are corrected by what
/// is missing or too much (drifts of organizations are not independent, as the first guess takes them to be), and
/// sizes and work times that miss the whole are told in another form.
fn calibrated(
    observed: &Observed,
    model: &mut Model,
    seeds: u64,
    read: &dyn Fn(&str) -> Result<WrittenScenario, String>,
) -> Result<Vec<Goodness>, FitError> {
    let judge = |model: &Model, seeds: u64| {
        let written = read(&model.to_toml(observed, "fit", "history", &[])).map_err(FitError::Written)?;
        Ok::<_, FitError>(goodness(observed, model, &written, seeds))
    };
    let mut found = judge(model, CALIBRATION_SEEDS)?;
    for _ in 1..ROUNDS {
        let mut changed = false;
        for good in &found {
            let Some(feature) = model.features.iter().position(|feature| feature.name == good.feature) else {
                continue;
            };
            changed |= match &good.measure {
                Measure::Dispersion => correct_drift(model, feature, good),
                Measure::Size(name) => by_quantiles(observed, model, feature, name, good),
                Measure::Duration => one_duration(observed, model, feature, good),
                _ => false,
            };
        }
        if !changed {
            break;
        }
        found = judge(model, CALIBRATION_SEEDS)?;
    }
    judge(model, seeds)
}

/// Corrects the drifts of a feature; false if they are near enough, or there is none to correct.
fn correct_drift(model: &mut Model, feature: usize, good: &Goodness) -> bool {
    let (Some(wanted), Some(is)) = (good.history, good.mean()) else { return false };
    let off = (wanted - 1.0) / (is - 1.0);
    if !off.is_finite() || off <= 0.0 || (1.0 / NEAR..=NEAR).contains(&(wanted / is)) {
        return false;
    }
    let mut changed = false;
    for cohort in &mut model.cohorts {
        let Some(drift) = &mut cohort.uses[feature].drift else { continue };
        let variance = libm::expm1(drift.sd * drift.sd) * off.clamp(0.2, 3.0);
        let sd = four_digits(libm::sqrt(libm::log1p(variance)).min(arrivals::MOST_DRIFT));
        changed |= sd != drift.sd;
        drift.sd = sd;
    }
    changed
}

/// Tells the sizes of organizations by quantiles where lognormals miss the whole.
fn by_quantiles(observed: &Observed, model: &mut Model, feature: usize, name: &str, good: &Goodness) -> bool {
    let Some(size) = model.features[feature].sizes.iter_mut().find(|size| size.name == name) else {
        return false;
    };
    if size.differs != Some(EntryForm::Lognormal)
        || !good.simulated.iter().any(|distance| *distance > LEVELS_MISS)
    {
        return false;
    }
    size.differs = Some(EntryForm::Quantiles);
    let size = size.clone();
    deal_sizes(observed, &mut model.cohorts, feature, &size);
    true
}

/// Takes the work time as one level if two levels miss the whole.
fn one_duration(observed: &Observed, model: &mut Model, feature: usize, good: &Goodness) -> bool {
    let rows = observed.rows.iter().filter(|row| usize::from(row.feature) == feature && row.end == End::Fine);
    let pooled = || fit_values(&WeightedSample::new(rows.map(|row| (row.duration, row.calls))));
    let two_levels = model.features[feature].duration.as_ref().filter(|fitted| misses(fitted, good));
    let Some(pooled) = two_levels.and_then(|_| pooled()) else { return false };
    model.features[feature].duration = Some(pooled);
    warn_of_one_level(model, feature, "duration");
    true
}

/// Whether two levels miss the whole in some simulation.
fn misses(fitted: &Fitted, good: &Goodness) -> bool {
    let two_levels = matches!(fitted.dist, crate::sampling::Dist::TwoLevel(_));
    two_levels && good.simulated.iter().any(|distance| *distance > LEVELS_MISS)
}

/// Remembers a size whose organizations differ, but share one distribution.
fn warn_of_one_level(model: &mut Model, feature: usize, name: &str) {
    let feature = model.features[feature].name.clone();
    model.pooled.push((feature, name.to_owned()));
}

/// A whole number with its thousands apart.
fn grouped(number: f64) -> String {
    let digits = format!("{number:.0}");
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index) % 3 == 0 && digit.is_ascii_digit() {
            text.push(',');
        }
        text.push(digit);
    }
    text
}
