//! Fitting a scenario to a usage history.
//!
//! Owns the guess of columns, the choice of families by likelihood, cohorts of similar size, and the comparison of the
//! history with a fresh simulation of the fit. Leaves running the scenario to the engine.
//! Invariant: what the data cannot support is said, not invented.

mod families;
mod goodness;
mod guess;
mod measure;
mod model;
mod observe;
mod scenario;
#[cfg(test)]
mod tests;

use std::path::Path;

use super::history::HistoryError;

use families::four_digits;

pub use families::{Fitted, Sample, fit_values, quantile_table};
pub use goodness::{Goodness, goodness};
pub use guess::{Guess, guess};
pub use measure::Looks;
pub use model::{CohortModel, FeatureModel, GapFamily, Model, model};
pub use observe::{Observed, Row};

/// Calls of a fit that is not told its scale.
const MOST_CALLS: f64 = 1e6;

/// A fitted history and how good the fit is.
#[derive(Debug, Clone, PartialEq)]
pub struct Fit {
    /// The model; [`Model::to_toml`] writes it.
    pub model: Model,
    /// History against simulation, per feature.
    pub goodness: Vec<Goodness>,
}

/// Fits a history whose columns are told by their names; `scale` is the share of calls that the scenario makes (by
/// default all, or as many as make a million).
///
/// # Errors
/// A file that cannot be read or understood, with its line.
pub fn fit(path: &Path, scale: Option<f64>) -> Result<Fit, HistoryError> {
    let observed = Observed::read(path)?;
    let calls = observed.calls();
    let chosen = scale.unwrap_or((MOST_CALLS / calls).min(1.0));
    let mut model = model(&observed, chosen);
    if scale.is_none() && chosen < 1.0 {
        let warning = format!(
            "{calls:.0} calls are too many to simulate one by one: the scenario makes {chosen:.2e} of them"
        );
        model.warnings.push(warning);
    }
    if observed.sizeless > 0 {
        model.warnings.push(format!("{} rows carry no size", observed.sizeless));
    }
    let goodness = calibrated(&observed, &mut model);
    Ok(Fit { model, goodness })
}

/// Rounds of simulation by which drifts are calibrated.
const ROUNDS: usize = 4;

/// Simulates the model; where the dispersion of the whole is far from the history's, the drift is corrected by what is
/// missing or too much (drifts of organizations are not independent, as the first guess takes them to be).
fn calibrated(observed: &Observed, model: &mut Model) -> Vec<Goodness> {
    let mut found = goodness(observed, model);
    for _ in 1..ROUNDS {
        let mut changed = false;
        for (feature, good) in model.features.iter_mut().zip(&found) {
            let (Some(wanted), Some(is)) = (good.history.dispersion, good.simulated.dispersion) else {
                continue;
            };
            let Some(drift) = &mut feature.drift else { continue };
            if (wanted / is).max(is / wanted) < 1.3 || wanted <= 1.0 {
                continue;
            }
            let variance = libm::expm1(drift.sd * drift.sd) * (wanted / is).clamp(0.1, 3.0);
            drift.sd = four_digits(libm::sqrt(libm::log1p(variance)).min(model::MOST_DRIFT));
            changed = true;
        }
        if !changed {
            break;
        }
        found = goodness(observed, model);
    }
    found
}
