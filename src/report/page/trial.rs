//! Pages of `sweep`, `optimize` and `sensitivity`: what was found, then what it rests on.
//!
//! Owns what these pages have in common, and the verdict of a sweep. Leaves tables and other sentences to the commands.

use crate::experiment::{Candidate, Estimate, FEWEST, Membership, PolicyAt, Sweep, SweepPoint};
use crate::outcome::{METRICS, Scope};
use crate::scenario::{PolicySetting, Provenance, Scenario};

use super::super::figures::OutcomeScale;
use super::super::number;
use super::run::{assumptions_section, method_and_limits};
use super::settings::settings_section;
use super::{Page, PageBlock, PageSection, PageVerdict};

/// What the page of many settings is made of.
#[derive(Debug, Clone)]
pub struct TrialMatter<'m> {
    /// The command: `sweep`.
    pub made_by: &'static str,
    /// The scenario at its own settings.
    pub scenario: &'m Scenario,
    /// The settings of its policies.
    pub settings: &'m [PolicySetting],
    /// Where the numbers of the world come from; absent where histories are replayed.
    pub provenance: Option<&'m Provenance>,
    /// Replications of what was tried longest.
    pub replications: u32,
    /// It was interrupted.
    pub partial: bool,
    /// The command line that gives the same.
    pub command: &'m str,
}

/// The page, but for files: the verdict, the results in their sections, and what they rest on.
#[must_use]
pub fn trial_page(matter: &TrialMatter<'_>, verdict: PageVerdict, results: Vec<PageSection>) -> Page {
    let scenario = matter.scenario;
    let policies: Vec<String> = scenario.policies.iter().map(|policy| policy.name.clone()).collect();
    let mut sections = results;
    sections.push(settings_section(matter.settings, &policies, scenario.baseline));
    sections.extend(matter.provenance.map(|provenance| assumptions_section(provenance, None)));
    sections.push(method(matter));
    sections.push(PageSection::new(
        "repeat",
        "Repeat it",
        vec![PageBlock::Command(matter.command.to_owned())],
    ));
    let plural = if matter.replications == 1 { "" } else { "s" };
    Page {
        made_by: matter.made_by.to_owned(),
        scenario: scenario.name.clone(),
        question: scenario.question.clone(),
        facts: vec![
            format!("seed {}", scenario.seed),
            format!("{} replication{plural}", matter.replications),
        ],
        partial: matter.partial.then(|| "It was interrupted: what is missing was not measured.".to_owned()),
        verdict,
        sections,
    }
}

fn method(matter: &TrialMatter<'_>) -> PageSection {
    let scenario = matter.scenario;
    let date = |at| scenario.zone.show(at);
    let how = match matter.made_by {
        "optimize" => {
            "Every setting starts with a few replications. Those shown to be worse, or to break a condition, leave; the rest go on until one is left or the budget is spent. What is said of the chosen one holds with 95 %."
        }
        "sensitivity" => {
            "One assumption is moved at a time, down and up by the factor of the command, the others stay. Differences are paired by replication; changes of the ranking hold together with 95 %."
        }
        _ => {
            "Every point is measured with the same replications; differences are paired by replication. What is on the Pareto front holds with 95 % for all candidates together."
        }
    };
    let mut said = vec![
        format!(
            "From {} to {} ({}), outcomes counted from {}.",
            date(scenario.start),
            date(scenario.end),
            scenario.zone.name(),
            date(scenario.measure_from)
        ),
        "All settings meet the same demand, operation by operation, as far as they leave it alone."
            .to_owned(),
        how.to_owned(),
        "± is the wider side of a 95 % interval.".to_owned(),
    ];
    if matter.replications < FEWEST {
        said.push(format!("Fewer than {FEWEST} replications decide nothing."));
    }
    let limits = [
        "Nobody's demand reacts to prices or balances, beyond what `reactions`, `budget` and `churn` say; settings that sell more look better than they are.",
        "What was not tried may be better, and what lies between two points need not lie between their values.",
        "An interval holds what chance does within this model. Whether the model is right, it does not know.",
    ];
    method_and_limits(said, &limits, scenario)
}

/// The verdict of a sweep: between which values each outcome lies, and which settings nobody would give up.
#[must_use]
pub fn sweep_verdict(sweep: &Sweep, outcomes: &[usize], front: &[Candidate]) -> PageVerdict {
    let mut policies: Vec<&str> = Vec::new();
    for policy in sweep.points.iter().flat_map(|point| &point.policies) {
        if !policies.contains(&policy.name.as_str()) {
            policies.push(&policy.name);
        }
    }
    let mut lines: Vec<(Option<String>, String)> = Vec::new();
    for policy in policies {
        let said: Vec<String> =
            outcomes.iter().filter_map(|&metric| between(sweep, policy, metric)).collect();
        if !said.is_empty() {
            lines.push((Some(policy.to_owned()), said.join("; ")));
        }
    }
    lines.extend(on_front(sweep, front).map(|said| (None, said)));
    let keys: Vec<String> = sweep.keys.iter().map(|key| format!("`{key}`")).collect();
    let points = sweep.points.len();
    let heading = format!("{points} point{} of {}", if points == 1 { "" } else { "s" }, keys.join(" and "));
    PageVerdict { heading, lines, cautions: Vec::new() }
}

/// Between which values an outcome of a policy lies, and where; `None` if the keys do not touch it.
fn between(sweep: &Sweep, policy: &str, metric: usize) -> Option<String> {
    let mut accounts: Vec<(usize, usize)> = Vec::new();
    let mut found: Vec<(&SweepPoint, Estimate)> = Vec::new();
    for point in &sweep.points {
        let at = |own: &&PolicyAt| own.name == policy;
        let Some(own) = point.policies.iter().find(at) else { continue };
        if accounts.contains(&(point.measurements, own.index)) {
            continue;
        }
        accounts.push((point.measurements, own.index));
        found.extend(sweep.estimate(point, own, Scope::All, metric).map(|estimate| (point, estimate)));
    }
    if found.len() < 2 {
        return None;
    }
    let currency = sweep.measurements.first().and_then(|own| own.shape().currency.clone());
    let largest = found.iter().map(|(_, own)| own.mean.abs()).fold(0.0, f64::max);
    let scale = OutcomeScale::of(&METRICS[metric], currency.as_deref(), largest);
    let unit = if scale.unit.is_empty() { String::new() } else { format!(" {}", scale.unit) };
    let low = found.iter().min_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?;
    let high = found.iter().max_by(|a, b| a.1.mean.total_cmp(&b.1.mean))?;
    let amount = |(point, own): &(&SweepPoint, Estimate)| {
        format!("{}{unit} at {}", number::estimated(&own.scaled(scale.factor)), setting(sweep, point))
    };
    Some(match low.1.mean == high.1.mean {
        true => format!(
            "{} is {}{unit} at every point",
            scale.name,
            number::estimated(&low.1.scaled(scale.factor))
        ),
        false => format!("{} lies between {} and {}", scale.name, amount(low), amount(high)),
    })
}

/// `limit = 200`, with the last word of each key.
fn setting(sweep: &Sweep, point: &SweepPoint) -> String {
    let own = sweep.keys.iter().zip(&point.settings);
    let word =
        |(key, value): (&String, &String)| format!("{} = {value}", key.rsplit('.').next().unwrap_or(key));
    own.map(word).collect::<Vec<_>>().join(", ")
}

fn on_front(sweep: &Sweep, front: &[Candidate]) -> Option<String> {
    const NAMED: usize = 6;
    let on: Vec<&Candidate> = front.iter().filter(|own| own.membership == Membership::On).collect();
    let off = front.iter().filter(|own| own.membership == Membership::Off).count();
    if front.is_empty() {
        return None;
    }
    let name =
        |own: &&Candidate| format!("`{}` with {}", own.policy, setting(sweep, &sweep.points[own.point]));
    let names: Vec<String> = on.iter().take(NAMED).map(name).collect();
    let more = on.len().saturating_sub(NAMED);
    let more = if more > 0 { format!(" and {more} more") } else { String::new() };
    let undecided = front.len() - on.len() - off;
    Some(match names.is_empty() {
        true => format!(
            "Of {} candidates {off} are shown to be beaten; none is shown to be on the Pareto front",
            front.len()
        ),
        false => format!(
            "On the Pareto front: {}{more}; {off} others are shown to be beaten, {undecided} are undecided",
            names.join("; ")
        ),
    })
}
