//! A comparison of policies on a fit, beside the same on the history it was fitted to.
//!
//! Owns whether the one may stand for the other, and what a comparison on the fit may be used for. The history is replayed
//! once: its calls are what they are. The fit is simulated with seeds of its own. Both meet the file's policies at several
//! allowances, because a fit that is right at one may be wrong at another. Invariant: "agrees" is said only if every
//! outcome lies within its limit and policies stand in the same order.

use std::collections::BTreeSet;
use std::fs::File;
use std::io::{BufWriter, Write as _};
use std::path::Path;
use std::sync::Arc;

use crate::engine::{
    Enough, JobOptions, NoRows, Sink, SpillError, prepare_histories, prepare_with, run_pure,
};
use crate::outcome::{Outcome, metric};
use crate::report::number::{brief, short};
use crate::report::{Cell, Column, Table, Tone};
use crate::scenario::{self, ScenarioSource};
use crate::workload::fit::{Fit, POLICIES, policies_at};

use super::exit::CommandProblem;
use super::interrupt;

/// An outcome that is held to the replay.
struct HeldOutcome {
    name: &'static str,
    /// Relative difference that agrees; more is a miss.
    limit: f64,
    /// Both below this are too little to judge.
    least: f64,
    /// Policies must stand in the same order by it.
    orders: bool,
}

/// The outcomes.
const OUTCOMES: [HeldOutcome; 7] = [
    HeldOutcome { name: "refusal_rate", limit: 0.1, least: 0.002, orders: false },
    HeldOutcome { name: "loss_rate", limit: 0.1, least: 0.002, orders: true },
    HeldOutcome { name: "lost_credits", limit: 0.3, least: 0.0, orders: false },
    HeldOutcome { name: "overspend_credits", limit: 0.3, least: 0.0, orders: true },
    HeldOutcome { name: "auto_top_ups", limit: 0.3, least: 3.0, orders: false },
    HeldOutcome { name: "expired_credits", limit: 0.3, least: 0.0, orders: false },
    HeldOutcome { name: "utilisation", limit: 0.1, least: 0.002, orders: false },
];
/// Operations under policies that the simulations may take, and how many simulations there are at least and at most.
const WORK: f64 = 1e7;
const SIMULATIONS: (f64, f64) = (4.0, 20.0);
/// Operations that an organization is worth in time.
const ORGANIZATION: f64 = 40.0;
/// Operations taken from a source at once.
const BATCH: usize = 256;

/// Replay and fit side by side.
pub(super) struct Alongside {
    allowances: Vec<(&'static str, f64)>,
    /// Outcomes of the replay, and means of those of the fit: by allowance, policy, outcome.
    replay: Vec<Vec<Vec<f64>>>,
    fit: Vec<Vec<Vec<f64>>>,
    simulations: u32,
}

/// Compares policies on both.
pub(super) fn alongside(fit: &Fit) -> Result<Alongside, CommandProblem> {
    let folder = tempfile::Builder::new().prefix("creditsim-").tempdir();
    let folder = folder.map_err(|source| CommandProblem::File { path: std::env::temp_dir(), source })?;
    let scratch = interrupt::Scratch::new(folder.path().to_owned());
    let allowances = fit.model.tried_allowances(&fit.observed);
    let terms = policies_at(&allowances.iter().map(|(_, credits)| *credits).collect::<Vec<f64>>());
    let file = scratch.path().join("calls.csv");
    write_calls(fit, &file).map_err(|source| CommandProblem::File { path: file.clone(), source })?;
    let replay = fit.model.replay_text(&fit.observed, "calls.csv") + &terms;
    let fitted = fit.model.demand_toml("fit", "history", &[]) + &terms;
    let policies = (allowances.len() * POLICIES.len()) as f64;
    let organizations = ORGANIZATION * f64::from(fit.observed.organizations);
    let work = (fit.observed.calls() * fit.model.scale + organizations) * policies;
    let simulations = (WORK / work.max(1.0)).clamp(SIMULATIONS.0, SIMULATIONS.1) as u32;
    Ok(Alongside {
        replay: outcomes(&replay, scratch.path(), 1, allowances.len())?,
        fit: outcomes(&fitted, scratch.path(), simulations, allowances.len())?,
        allowances,
        simulations,
    })
}

fn write_calls(fit: &Fit, file: &Path) -> std::io::Result<()> {
    let mut out = BufWriter::new(File::create(file)?);
    fit.model.write_calls(&fit.observed, &mut out)?;
    out.flush()
}

/// Mean outcomes of a scenario by allowance, policy and outcome; what does not apply is 0.
fn outcomes(
    text: &str,
    folder: &Path,
    replications: u32,
    allowances: usize,
) -> Result<Vec<Vec<Vec<f64>>>, CommandProblem> {
    let mut scenario = scenario::read(&ScenarioSource::from_text("fitted.toml", text).in_folder(folder))?;
    // Nobody looks at its course, which would take longer than everything else.
    scenario.timeline_instants = 1;
    let histories = prepare_histories(&scenario, &folder.join("partitions"), &|_| true);
    let histories = histories.map_err(|error| CommandProblem::Run(crate::engine::Failure::History(error)))?;
    let job = prepare_with(&scenario, JobOptions::default(), Arc::new(NoRows), &histories);
    let mut sums = OutcomeSums { of_policy: vec![vec![0.0; OUTCOMES.len()]; scenario.policies.len()] };
    run_pure(&job, 0..replications, BATCH, &mut sums)?;
    let mean = |of: &Vec<f64>| of.iter().map(|sum| sum / f64::from(replications)).collect();
    let means: Vec<Vec<f64>> = sums.of_policy.iter().map(mean).collect();
    Ok(means.chunks(means.len() / allowances.max(1)).map(<[_]>::to_vec).collect())
}

/// Adds outcomes up over replications.
struct OutcomeSums {
    of_policy: Vec<Vec<f64>>,
}

impl Sink for OutcomeSums {
    fn complete(&mut self, _: u32, outcome: Outcome) -> Enough {
        for (policy, sums) in self.of_policy.iter_mut().enumerate() {
            let totals = outcome.totals(policy);
            for (sum, held) in sums.iter_mut().zip(&OUTCOMES) {
                let value = metric(held.name).zip(totals.first()).and_then(|(metric, all)| metric.value(all));
                *sum += value.unwrap_or(0.0);
            }
        }
        Enough::No
    }

    fn partial(&mut self, _: u32, _: Outcome) {}

    fn rows(&mut self, _: usize, _: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}

impl Alongside {
    /// What does not agree at an allowance, by outcome: policies, or their order.
    fn misses(&self, allowance: usize, outcome: usize) -> Vec<String> {
        let held = &OUTCOMES[outcome];
        let of = |all: &[Vec<Vec<f64>>], policy: usize| all[allowance][policy][outcome];
        let far = |policy: &usize| is_far(held, of(&self.replay, *policy), of(&self.fit, *policy));
        let mut misses: Vec<String> = (0..POLICIES.len())
            .filter(far)
            .map(|policy| format!("{} of {}", held.name, POLICIES[policy].name))
            .collect();
        let pairs = (0..POLICIES.len()).flat_map(|a| (0..a).map(move |b| (a, b)));
        let turned = |(a, b): (usize, usize)| {
            turns(of(&self.replay, a) - of(&self.replay, b), of(&self.fit, a) - of(&self.fit, b))
        };
        if held.orders && pairs.into_iter().any(turned) {
            misses.push(format!("the order by {}", held.name));
        }
        misses
    }

    /// Whether everything agrees.
    pub fn agrees(&self) -> bool {
        (0..self.allowances.len())
            .all(|at| (0..OUTCOMES.len()).all(|outcome| self.misses(at, outcome).is_empty()))
    }

    /// Both side by side.
    pub fn table(&self) -> Table {
        let mut columns = vec![Column::words("allowance"), Column::words("outcome")];
        columns.extend(POLICIES.iter().map(|policy| Column::words(policy.name)));
        columns.push(Column::words("agrees"));
        let title = format!(
            "policies: the history replayed, and the mean of {} simulations of the scenario",
            self.simulations
        );
        let mut table = Table::new(title, columns);
        for (at, (_, credits)) in self.allowances.iter().enumerate() {
            for (outcome, held) in OUTCOMES.iter().enumerate() {
                let name = match outcome {
                    0 => short(*credits),
                    _ => String::new(),
                };
                let mut row = vec![Cell::text(name), Cell::text(held.name)];
                row.extend((0..POLICIES.len()).map(|policy| {
                    Cell::text(both(self.replay[at][policy][outcome], self.fit[at][policy][outcome]))
                }));
                row.push(match self.misses(at, outcome).is_empty() {
                    true => Cell::toned(None, "yes".to_owned(), Tone::Good),
                    false => Cell::toned(None, "NO".to_owned(), Tone::Bad),
                });
                table.rows.push(row);
            }
        }
        let allowances: Vec<String> =
            self.allowances.iter().map(|(what, credits)| format!("{} ({what})", short(*credits))).collect();
        table.notes.push(format!("credits a month: {}", allowances.join(", ")));
        table
    }

    /// What a comparison on this fit may be used for; `demand_fits` if the demand agrees in every row.
    pub fn uses(&self, demand_fits: bool) -> Vec<String> {
        let limits = "refusals, losses and utilisation within 10 %, credits and top-ups within 30 %, and by loss and \
                      overspend in the same order";
        let mut said = Vec::new();
        if self.agrees() {
            said.push(format!(
                "policies: the fit agrees. At these allowances policies come out on it as on a replay: {limits}"
            ));
            said.push(
                "use it to compare policies of these kinds near these allowances, and for more or fewer such \
                 customers; not to tell what one customer does, nor for allowances or policies far from these: replay \
                 the history for them (`creditsim new --from`)"
                    .to_owned(),
            );
        } else {
            let missed: BTreeSet<String> = (0..self.allowances.len())
                .flat_map(|at| {
                    (0..OUTCOMES.len())
                        .flat_map(move |outcome| self.misses(at, outcome))
                        .map(move |what| format!("{what} (at {})", short(self.allowances[at].1)))
                })
                .collect();
            let missed = missed.into_iter().collect::<Vec<String>>().join("; ");
            said.push(format!("policies: the fit does not agree. Wanted: {limits}. Not so: {missed}"));
            said.push(
                "do not choose between policies on it where it says NO: replay the history (`creditsim new --from`)"
                    .to_owned(),
            );
        }
        if !demand_fits {
            said.push(
                "demand: some rows do not agree; what depends on them (load, waiting, single sizes) is not to be read off this fit"
                    .to_owned(),
            );
        }
        said
    }
}

/// Whether a value of the fit is too far from the replay's.
fn is_far(held: &HeldOutcome, replay: f64, fit: f64) -> bool {
    let both_little = replay.max(fit) <= held.least;
    !both_little && (fit - replay).abs() > held.limit * replay.abs()
}

/// Whether what came first on the replay comes last on the fit.
fn turns(replay: f64, fit: f64) -> bool {
    replay != 0.0 && replay * fit <= 0.0
}

/// Replay and fit in one cell.
fn both(replay: f64, fit: f64) -> String {
    let number = |value: f64| if value.abs() >= 1e4 { short(value) } else { brief(value) };
    if replay == 0.0 && fit == 0.0 {
        "–".to_owned()
    } else {
        format!("{} | {}", number(replay), number(fit))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn with(replay: [f64; 4], fit: [f64; 4]) -> Alongside {
        let outcomes = |values: [f64; 4]| {
            vec![
                values
                    .iter()
                    .map(|value| vec![*value, *value, 100.0 * value, 10.0 * value, 0.0, 0.0, 0.5])
                    .collect(),
            ]
        };
        Alongside {
            allowances: vec![("a quarter beyond", 100.0)],
            replay: outcomes(replay),
            fit: outcomes(fit),
            simulations: 4,
        }
    }

    #[test]
    fn a_fit_agrees_only_within_limits_and_in_order() {
        let replay = [0.3, 0.2, 0.25, 0.1];
        let all = with(replay, [0.31, 0.19, 0.26, 0.1]);
        assert!(all.agrees(), "{:?}", all.uses(true));
        assert!(all.uses(true)[0].contains("the fit agrees"));
        let far = with(replay, [0.34, 0.2, 0.25, 0.1]);
        assert!(!far.agrees() && far.uses(true)[0].contains("refusal_rate of block (at 100)"));
        assert!(!far.uses(true)[0].contains("lost_credits"), "13 % are within 30 %");
        let turned = with([0.3, 0.29, 0.25, 0.1], [0.29, 0.3, 0.25, 0.1]);
        assert!(!turned.agrees() && turned.uses(true)[0].contains("the order by overspend_credits"));
        // A tie of the history is no order; one of the fit is no order where the history has one.
        assert!(with([0.3, 0.3, 0.25, 0.1], [0.3, 0.301, 0.25, 0.1]).agrees());
        assert!(!with([0.3, 0.29, 0.25, 0.1], [0.3, 0.3, 0.25, 0.1]).agrees());
    }

    #[test]
    fn what_is_missing_on_one_side_does_not_agree() {
        assert!(!with([0.0; 4], [0.01; 4]).agrees());
        assert!(with([0.0; 4], [0.0; 4]).agrees());
    }
}
