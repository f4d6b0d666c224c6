//! What each assumption moves under one policy, widest first, around the outcome as assumed.

use crate::experiment::Swing;
use crate::outcome::METRICS;

use super::super::figures::OutcomeScale;
use super::super::number;
use super::sweeps::policy_series;
use super::{LeftOut, PanelContent, Picture, PictureAxis, PicturePanel, PictureValue, SwingRow};

/// Rows of a picture; the others are in the file.
const MOST_ROWS: usize = 20;

/// The swings of a policy in the order given; `None` without swings or without a base. `policies` are those of the scenario.
#[must_use]
pub fn swings_picture(
    (policy, policies): (usize, &[String]),
    (metric, currency): (usize, Option<&str>),
    base: f64,
    swings: &[Swing],
    name: &str,
) -> Option<Picture> {
    let first = swings.first().filter(|_| base.is_finite())?;
    let ends = swings.iter().flat_map(|swing| [swing.low, swing.high]).chain([base]);
    let scale = OutcomeScale::of(&METRICS[metric], currency, ends.map(f64::abs).fold(0.0, f64::max));
    let (still, moving): (Vec<&Swing>, Vec<&Swing>) = swings.iter().partition(|swing| swing.width() == 0.0);
    let rows: Vec<SwingRow> = moving.iter().take(MOST_ROWS).map(|swing| row(swing, metric, &scale)).collect();
    let own = &policies[policy];
    let outcome = METRICS[metric].name;
    let said = |value: f64| {
        let unit = if scale.unit.is_empty() { String::new() } else { format!(" {}", scale.unit) };
        format!("{}{unit}", number::brief(value * scale.factor))
    };
    let title = match moving.is_empty() {
        true => format!("No assumption moves {outcome} of `{own}`: {} at every setting", said(base)),
        // The interval of the widest move reaches over nothing.
        false if first.half_width.is_some_and(|half| half >= first.width()) => format!(
            "No assumption is shown to move {outcome} of `{own}` ({} as assumed); {} perhaps most",
            said(base),
            first.key
        ),
        false => format!(
            "{} moves {outcome} of `{own}` most: {} at {}, {} at {}, {} as assumed",
            first.key,
            said(first.low),
            first.low_setting,
            said(first.high),
            first.high_setting,
            said(base)
        ),
    };
    let values = rows.iter().flat_map(|row| [&row.low, &row.high]);
    let ends = values.flat_map(|value| [value.lowest(), value.highest()]).chain([base * scale.factor]);
    let x = PictureAxis::around(outcome, &scale.unit, ends, METRICS[metric].range().low * scale.factor);
    let mut left_out: Vec<LeftOut> = still
        .iter()
        .map(|swing| LeftOut { what: swing.key.clone(), why: "moves nothing".to_owned() })
        .collect();
    let hidden = moving.len().saturating_sub(MOST_ROWS);
    if hidden > 0 {
        left_out.push(LeftOut {
            what: format!("{hidden} smaller ones"),
            why: format!("in sensitivity-{}.csv", name.trim_start_matches("tornado-")),
        });
    }
    Some(Picture {
        name: name.to_owned(),
        title,
        subtitle: "one assumption at a time, from its low to its high setting; whiskers and ±: 95 % interval, paired by replication"
            .to_owned(),
        series: policy_series(policies, usize::MAX),
        panels: vec![PicturePanel {
            title: String::new(),
            x,
            y: PictureAxis::names("", &rows.iter().map(|row| row.label.clone()).collect::<Vec<_>>()),
            content: PanelContent::Swings { rows, base: base * scale.factor },
        }],
        notes: Vec::new(),
        left_out,
    })
}

fn row(swing: &Swing, metric: usize, scale: &OutcomeScale) -> SwingRow {
    let end = |mean: f64, interval: Option<(f64, f64)>, setting: &str| PictureValue {
        mean: mean * scale.factor,
        low: interval.map(|(low, _)| low * scale.factor),
        high: interval.map(|(_, high)| high * scale.factor),
        text: setting.trim_matches('"').to_owned(),
    };
    let unit = if METRICS[metric].is_share() { "points" } else { &scale.unit };
    let width = PictureValue::plain(swing.width() * scale.factor, unit);
    let half = swing.half_width.filter(|half| *half > 0.0).map(|half| half * scale.factor);
    let unit = if unit.is_empty() { String::new() } else { format!(" {unit}") };
    SwingRow {
        label: swing.key.clone(),
        low: end(swing.low, swing.low_interval, &swing.low_setting),
        high: end(swing.high, swing.high_interval, &swing.high_setting),
        width: match half {
            Some(half) => PictureValue {
                low: Some(width.mean - half),
                high: Some(width.mean + half),
                text: format!("{} ±{}{unit}", number::brief(width.mean), number::rough(half)),
                ..width
            },
            None => width,
        },
        ranking_changes: swing.ranking_changes,
    }
}
