//! Refusals by hour and weekday: a grid a policy.

use crate::experiment::Findings;
use crate::outcome::WEEK_HOURS;

use super::super::number;
use super::{AxisTick, LeftOut, PanelContent, Picture, PictureAxis, PicturePanel, policies};

const DAYS: [&str; 7] = ["Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun"];
const WEEKDAYS: [&str; 7] =
    ["Mondays", "Tuesdays", "Wednesdays", "Thursdays", "Fridays", "Saturdays", "Sundays"];
const HOURS: usize = 24;

/// The picture, or why there is none.
pub(super) fn picture(findings: &Findings) -> Result<Picture, LeftOut> {
    let shape = findings.shape();
    // Of resamples the hours are those of the run itself.
    let resampled = findings.measurements.is_resampled();
    let replications = if resampled { 1 } else { findings.measurements.replications().max(1) };
    let hours: Vec<Vec<f64>> = (0..shape.policies.len())
        .map(|policy| {
            let sums = findings.measurements.refused_hours(policy).hours().iter();
            sums.map(|sum| *sum as f64 / f64::from(replications)).collect()
        })
        .collect();
    let most = hours.iter().flatten().copied().fold(0.0, f64::max);
    if most == 0.0 {
        let why = "nothing was refused under any policy".to_owned();
        return Err(LeftOut { what: "refusals by hour".to_owned(), why });
    }
    let (mut panels, mut left_out) = (Vec::new(), Vec::new());
    for (policy, own) in hours.iter().enumerate() {
        let what = shape.policies[policy].clone();
        let why = match (0..policy).find(|&other| hours[other] == *own) {
            _ if own.is_empty() => "nothing was refused".to_owned(),
            Some(other) => format!("hour by hour the same as `{}`", shape.policies[other]),
            None => {
                panels.push(panel(&what, policy, own, most));
                continue;
            }
        };
        left_out.push(LeftOut { what, why });
    }
    let zone = if shape.zone.is_empty() { "UTC" } else { &shape.zone };
    Ok(Picture {
        name: "hours".to_owned(),
        title: title(findings, &hours),
        subtitle: format!(
            "operations refused at their first attempt by hour and weekday ({zone}), mean of a replication; darkest: {}",
            number::short(most)
        ),
        series: policies(findings),
        panels,
        notes: Vec::new(),
        left_out,
    })
}

fn panel(name: &str, policy: usize, hours: &[f64], most: f64) -> PicturePanel {
    let total: f64 = hours.iter().sum();
    let days: Vec<String> = DAYS.map(str::to_owned).to_vec();
    let hour = |hour: usize| AxisTick { at: hour as f64, label: format!("{hour:02}") };
    let x = PictureAxis::linear("hour", "", (0.0, HOURS as f64));
    PicturePanel {
        title: format!("{name}: {} refused", number::short(total)),
        x: PictureAxis { ticks: (0..=HOURS).step_by(6).map(hour).collect(), ..x },
        y: PictureAxis::names("", &days),
        content: PanelContent::Shades {
            series: policy,
            values: hours.chunks(HOURS).map(<[f64]>::to_vec).collect(),
            most,
        },
    }
}

/// The busiest hour of the policy that refuses most, against an even week.
fn title(findings: &Findings, hours: &[Vec<f64>]) -> String {
    let total = |policy: usize| hours[policy].iter().sum::<f64>();
    let busiest = (0..hours.len()).rev().max_by(|a, b| total(*a).total_cmp(&total(*b))).unwrap_or(0);
    let own = &hours[busiest];
    let peak = (0..own.len()).rev().max_by(|a, b| own[*a].total_cmp(&own[*b])).unwrap_or(0);
    let share = own.get(peak).copied().unwrap_or(0.0) / total(busiest).max(1.0) * 100.0;
    format!(
        "Refusals are densest on {} at {:02}:00: {} % of all under `{}`, where an even week has {} %",
        WEEKDAYS[peak / HOURS],
        peak % HOURS,
        number::rough(share),
        findings.shape().policies[busiest],
        number::rough(100.0 / WEEK_HOURS as f64)
    )
}
