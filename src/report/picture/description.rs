//! A picture in words, for those who do not see it.

use super::{PanelContent, Picture, PictureCurve, PicturePanel};

/// Rows or points that are spelled out of a panel; more are counted.
const MOST: usize = 40;

/// What a picture shows: how to read it, and the values of every panel.
#[must_use]
pub fn description(picture: &Picture) -> String {
    let mut said = vec![picture.subtitle.clone()];
    said.extend(picture.panels.iter().map(|panel| of_panel(picture, panel)));
    said.extend(picture.notes.iter().cloned());
    said.extend(picture.left_out.iter().map(|left| format!("not drawn: {}, {}", left.what, left.why)));
    let said: Vec<String> = said.into_iter().filter(|text| !text.is_empty()).collect();
    said.join(".\n").replace('`', "")
}

fn of_panel(picture: &Picture, panel: &PicturePanel) -> String {
    let name = |series: usize| picture.series.get(series).map_or("", |own| own.name.as_str());
    let parts: Vec<String> = match &panel.content {
        PanelContent::Bars { rows, .. } => rows
            .iter()
            .map(|row| {
                let value = row.value.as_ref().map_or("does not apply", |value| &value.text);
                let judged = row.difference.as_ref();
                let judged = judged
                    .map(|found| format!(", difference {}: {}", found.value.text, found.verdict.name()));
                format!("{} {value}{}", name(row.series), judged.unwrap_or_default())
            })
            .collect(),
        PanelContent::Dots { rows, .. } => rows
            .iter()
            .map(|row| {
                let value = row.value.as_ref().map_or("not measured", |value| &value.text);
                let remark = if row.remark.is_empty() { String::new() } else { format!(" ({})", row.remark) };
                format!("{} {value}{remark}", row.label)
            })
            .collect(),
        PanelContent::Swings { rows, .. } => rows
            .iter()
            .map(|row| {
                let turns = if row.ranking_changes { ", turns the ranking of policies" } else { "" };
                format!(
                    "{} from {} to {} moves it by {}{turns}",
                    row.label, row.low.text, row.high.text, row.width.text
                )
            })
            .collect(),
        PanelContent::Curves { curves } => {
            curves.iter().map(|curve| of_curve(name(curve.series), curve)).collect()
        }
        PanelContent::Points { points, .. } => points
            .iter()
            .map(|point| {
                format!("{} {}: {}, {}", name(point.series), point.label, point.x.text, point.y.text)
            })
            .collect(),
        PanelContent::Stacks { parts, rows } => rows
            .iter()
            .map(|row| {
                let parts = parts.iter().zip(&row.parts);
                let parts: Vec<String> =
                    parts.map(|(part, value)| format!("{} {part}", value.text)).collect();
                format!("{} {}: {}", name(row.series), row.total, parts.join(", "))
            })
            .collect(),
        PanelContent::Shades { most, .. } => vec![format!("darkest {most:.1}")],
    };
    let more = parts.len().saturating_sub(MOST);
    let shown: Vec<String> = parts.into_iter().take(MOST).collect();
    let rest = if more > 0 { format!("; and {more} more") } else { String::new() };
    let title = if panel.title.is_empty() { panel.y.caption() } else { panel.title.clone() };
    format!("{title}: {}{rest}", shown.join("; "))
}

fn of_curve(name: &str, curve: &PictureCurve) -> String {
    let label = if curve.label.is_empty() { String::new() } else { format!(" ({})", curve.label) };
    match (curve.points.first(), curve.points.last()) {
        (Some(first), Some(last)) => {
            format!("{name}{label} from {} to {}", first.value.text, last.value.text)
        }
        _ => name.to_owned(),
    }
}
