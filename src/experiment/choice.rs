//! What a question changes about a scenario before it is run: which policies, which seed, how many replications.
//!
//! Leaves how it is asked (options, a builder) to whoever asks. Invariant: what is left out is as if the file had not named it.

use crate::policy::Policy;
use crate::scenario::Scenario;

use super::FEWEST;

/// Replications of a quick look: the fewest that a verdict needs.
const QUICK_REPLICATIONS: u32 = FEWEST;

/// Organizations of each cohort in a quick look.
pub const QUICK_ORGANIZATIONS: u32 = 50;

/// What every question that simulates can choose.
#[derive(Debug, Clone, Copy, Default)]
pub struct SimulationChoice<'a> {
    /// The policies that run, by name; all of them if none is named.
    pub policies: &'a [String],
    /// In the place of the file's seed.
    pub seed: Option<u64>,
    /// A first look: few replications; no thresholds, no precision.
    pub quick: bool,
    /// In the place of the file's, and of its precision.
    pub replications: Option<u32>,
}

/// Applies a choice to the scenario.
///
/// # Errors
/// The name of a policy that the scenario lacks.
pub fn choose_run(scenario: &mut Scenario, choice: &SimulationChoice<'_>) -> Result<(), String> {
    keep_policies(scenario, choice.policies)?;
    if let Some(seed) = choice.seed {
        scenario.seed = seed;
    }
    if choice.quick {
        scenario.replications = QUICK_REPLICATIONS;
        scenario.thresholds.clear();
        scenario.precision = None;
    }
    if let Some(replications) = choice.replications {
        scenario.replications = replications;
        scenario.precision = None;
    }
    Ok(())
}

/// Leaves the named policies, in file order; all of them if none is named.
///
/// # Errors
/// The first name that the scenario lacks.
pub fn keep_policies(scenario: &mut Scenario, names: &[String]) -> Result<(), String> {
    if names.is_empty() {
        return Ok(());
    }
    if let Some(unknown) = names.iter().find(|name| position(&scenario.policies, name).is_none()) {
        return Err(unknown.clone());
    }
    let kept: Vec<usize> = (0..scenario.policies.len())
        .filter(|&index| names.contains(&scenario.policies[index].name))
        .collect();
    let moved = |index: usize| kept.iter().position(|&old| old == index);
    scenario.baseline = moved(scenario.baseline).unwrap_or(0);
    scenario.thresholds.retain_mut(|threshold| match threshold.policy {
        None => true,
        Some(policy) => {
            threshold.policy = moved(policy);
            threshold.policy.is_some()
        }
    });
    scenario.precision = scenario.precision.take().and_then(|mut precision| {
        let watched_some = !precision.policies.is_empty();
        precision.policies = precision.policies.iter().filter_map(|&policy| moved(policy)).collect();
        let watches_none = kept.len() < 2 || (watched_some && precision.policies.is_empty());
        (!watches_none).then_some(precision)
    });
    scenario.policies = kept.iter().map(|&index| scenario.policies[index].clone()).collect();
    Ok(())
}

fn position(policies: &[Policy], name: &str) -> Option<usize> {
    policies.iter().position(|policy| policy.name == name)
}
