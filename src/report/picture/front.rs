//! The Pareto front of a sweep: two objectives against each other, with the intervals of both.

use crate::experiment::{Aim, Candidate, Estimate, Objective, Sweep};
use crate::outcome::METRICS;

use super::super::figures::OutcomeScale;
use super::sweeps::{policy_series, reached_keys, short_key};
use super::{PanelContent, Picture, PictureAxis, PicturePanel, PictureValue, PlanePoint};

/// Points with a label; more would lie on each other, and say nothing.
const MOST_LABELS: usize = 40;

/// Two objectives of every candidate; `None` without candidates or with fewer than two objectives. `policies` are those of
/// the scenario, in file order. A third objective is in the table only.
#[must_use]
pub fn front_picture(
    sweep: &Sweep,
    objectives: &[Objective],
    candidates: &[Candidate],
    policies: &[String],
) -> Option<Picture> {
    let &[first, second, ..] = objectives else { return None };
    let currency = sweep.measurements.first()?.shape().currency.clone();
    let scale = |index: usize| {
        let estimates = candidates.iter().map(|candidate| &candidate.estimates[index]);
        OutcomeScale::of_estimates(&METRICS[objectives[index].metric], currency.as_deref(), estimates)
    };
    let (x_scale, y_scale) = (scale(0), scale(1));
    let value =
        |estimate: &Estimate, scale: &OutcomeScale| PictureValue::of(estimate, scale.factor, &scale.unit);
    let count = candidates.iter().filter(|candidate| candidate.on_front).count();
    let point = |candidate: &Candidate| {
        let series = policies.iter().position(|name| *name == candidate.policy)?;
        let labelled = candidate.on_front && count <= MOST_LABELS;
        Some(PlanePoint {
            series,
            label: if labelled { setting(sweep, candidate) } else { String::new() },
            marked: candidate.on_front,
            x: value(&candidate.estimates[0], &x_scale),
            y: value(&candidate.estimates[1], &y_scale),
        })
    };
    let points: Vec<PlanePoint> = candidates.iter().filter_map(point).collect();
    if points.is_empty() {
        return None;
    }
    let axis = |objective: Objective, scale: &OutcomeScale, of: fn(&PlanePoint) -> &PictureValue| {
        let metric = &METRICS[objective.metric];
        let unit = if scale.unit.is_empty() { "" } else { &scale.unit };
        let ends = points.iter().map(of).flat_map(|value| [value.lowest(), value.highest()]);
        PictureAxis::around(metric.name, unit, ends, metric.range().low * scale.factor)
    };
    let names: Vec<&str> = sweep.keys.iter().map(|key| short_key(key)).collect();
    let partial = if sweep.complete { "" } else { "; the sweep was interrupted" };
    Some(Picture {
        name: "front".to_owned(),
        title: title(sweep, candidates, (first, second)),
        subtitle: format!(
            "wanted: {} and {}; full: nothing is better in both means; crosses: 95 % intervals; labels: {}{partial}",
            wanted(first),
            wanted(second),
            names.join(", ")
        ),
        series: policy_series(policies, usize::MAX),
        panels: vec![PicturePanel {
            title: String::new(),
            x: axis(first, &x_scale, |point| &point.x),
            y: axis(second, &y_scale, |point| &point.y),
            content: PanelContent::Points { points, joined: true },
        }],
        notes: Vec::new(),
        left_out: Vec::new(),
    })
}

fn wanted(objective: Objective) -> String {
    let aim = if objective.aim == Aim::Minimize { "less" } else { "more" };
    format!("{aim} {}", METRICS[objective.metric].name)
}

fn extreme(objective: Objective) -> String {
    let aim = if objective.aim == Aim::Minimize { "least" } else { "most" };
    format!("{aim} {}", METRICS[objective.metric].name)
}

/// The settings of the keys that reach the candidate's policy; its name if none does.
fn setting(sweep: &Sweep, candidate: &Candidate) -> String {
    let point = &sweep.points[candidate.point];
    let reached = reached_keys(sweep, &candidate.policy);
    let own: Vec<&str> = point
        .settings
        .iter()
        .zip(reached)
        .filter(|(_, reached)| *reached)
        .map(|(text, _)| text.as_str())
        .collect();
    if own.is_empty() { candidate.policy.clone() } else { own.join(", ") }
}

/// What is best in both, or between what there is to choose.
fn title(sweep: &Sweep, candidates: &[Candidate], (first, second): (Objective, Objective)) -> String {
    let front: Vec<&Candidate> = candidates.iter().filter(|candidate| candidate.on_front).collect();
    let named = |candidate: &Candidate| {
        let setting = setting(sweep, candidate);
        match setting == candidate.policy {
            true => format!("`{setting}`"),
            false => format!("`{}` at {setting}", candidate.policy),
        }
    };
    let best = |index: usize, objective: Objective| {
        let cost = |candidate: &&&Candidate| match objective.aim {
            Aim::Minimize => candidate.estimates[index].mean,
            Aim::Maximize => -candidate.estimates[index].mean,
        };
        front.iter().min_by(|a, b| cost(a).total_cmp(&cost(b))).copied()
    };
    match (best(0, first), best(1, second)) {
        (Some(only), _) if front.len() == 1 => {
            format!("{} is best in both, of {} settings", named(only), candidates.len())
        }
        (Some(one), Some(other)) => format!(
            "{} of {} settings are worth a choice: from {} ({}) to {} ({})",
            front.len(),
            candidates.len(),
            named(one),
            extreme(first),
            named(other),
            extreme(second)
        ),
        _ => format!("{} against {}", METRICS[second.metric].name, METRICS[first.metric].name),
    }
}
