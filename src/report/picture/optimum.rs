//! What a search tried: each setting's objective, its paired difference to the chosen one, and its conditions.

use crate::experiment::Estimate;
use crate::outcome::METRICS;

use super::super::figures::OutcomeScale;
use super::sweeps::{policy_series, short_key};
use super::{AxisTick, DotRow, LeftOut, PanelContent, Picture, PictureAxis, PicturePanel, PictureValue};

/// Settings of a picture; the others are in the file.
const MOST_ROWS: usize = 20;

/// A setting that was tried.
#[derive(Debug, Clone)]
pub struct TriedSetting {
    /// Its policy, in the order of the scenario.
    pub policy: usize,
    /// Values of the keys.
    pub settings: Vec<String>,
    /// What became of it, in a word: `chosen`, `breaks a condition`.
    pub standing: String,
    /// It is the answer.
    pub chosen: bool,
    /// The objective.
    pub objective: Option<Estimate>,
    /// Its difference to the chosen one, paired by replication.
    pub to_chosen: Option<Estimate>,
    /// By condition, the outcome that it limits.
    pub limited: Vec<Option<Estimate>>,
}

/// A condition as it is drawn.
#[derive(Debug, Clone)]
pub struct DrawnCondition {
    /// As written.
    pub text: String,
    /// Index into `METRICS`.
    pub metric: usize,
    /// Its limit, in the outcome's unit.
    pub limit: f64,
}

/// A search as it is drawn.
#[derive(Debug, Clone)]
pub struct DrawnSearch<'s> {
    /// The policies of the scenario, in file order.
    pub policies: &'s [String],
    /// Keys that were searched over.
    pub keys: &'s [String],
    /// Index into `METRICS`.
    pub metric: usize,
    /// ISO code of the currency.
    pub currency: Option<&'s str>,
    /// The chosen one first, then by the objective.
    pub tried: Vec<TriedSetting>,
    /// Conditions on the settings.
    pub conditions: Vec<DrawnCondition>,
    /// What can be said of the chosen one, a clause.
    pub said: String,
}

/// The picture of a search; `None` if nothing was measured.
#[must_use]
pub fn optimum_picture(search: &DrawnSearch<'_>) -> Option<Picture> {
    let shown = &search.tried[..search.tried.len().min(MOST_ROWS)];
    let metric = &METRICS[search.metric];
    let scale = OutcomeScale::of_estimates(
        metric,
        search.currency,
        shown.iter().filter_map(|own| own.objective.as_ref()),
    );
    let objective = dots(search, shown, (&scale, metric.range().low), metric.name, |own| own.objective)?;
    let (mut panels, mut left_out) = (vec![objective], Vec::new());
    let apart = if metric.is_share() { "points".to_owned() } else { scale.unit.clone() };
    let differences = OutcomeScale { unit: apart, ..scale };
    let to_chosen = "paired difference to the chosen setting";
    // The chosen one differs from itself by nothing.
    let difference = |own: &TriedSetting| {
        own.to_chosen.or_else(|| {
            own.objective.filter(|_| own.chosen).map(|own| Estimate::alike(0.0, own.replications))
        })
    };
    // Where the chosen one is at 0 its differences are the values once more.
    let chosen = shown.iter().find(|own| own.chosen).and_then(|own| own.objective);
    let equal = chosen.is_some_and(|own| own.mean == 0.0 && own.half_width.unwrap_or(0.0) == 0.0);
    if equal {
        left_out.push(LeftOut {
            what: to_chosen.to_owned(),
            why: "the values themselves, as it is 0".to_owned(),
        });
    } else if let Some(mut panel) =
        dots(search, shown, (&differences, f64::NEG_INFINITY), to_chosen, difference)
    {
        panel.x = PictureAxis::from_zero(&panel.x.label, &panel.x.unit, [panel.x.low, panel.x.high]);
        add_line(&mut panel, 0.0, "");
        panels.push(panel);
    }
    for (index, condition) in search.conditions.iter().enumerate() {
        let metric = &METRICS[condition.metric];
        let unit = if metric.is_share() { "%".to_owned() } else { metric.unit(search.currency) };
        let factor = if metric.is_share() { 100.0 } else { 1.0 };
        let scale = OutcomeScale { factor, unit, name: metric.name.to_owned() };
        let of = |own: &TriedSetting| own.limited.get(index).copied().flatten();
        if let Some(mut panel) = dots(search, shown, (&scale, metric.range().low), metric.name, of) {
            let limit = condition.limit * factor;
            let (low, high) = (panel.x.low.min(limit), panel.x.high.max(limit));
            panel.x = PictureAxis::linear(&panel.x.label, &panel.x.unit, (low, high + (high - low) * 0.03));
            panel.title.clone_from(&condition.text);
            add_line(&mut panel, limit, &format!("condition: {}", condition.text));
            panels.push(panel);
        }
    }
    let hidden = search.tried.len() - shown.len();
    if hidden > 0 {
        let what = format!("{hidden} more settings");
        left_out.push(LeftOut { what, why: "in optimum.csv".to_owned() });
    }
    let keys: Vec<&str> = search.keys.iter().map(|key| short_key(key)).collect();
    Some(Picture {
        name: "optimum".to_owned(),
        title: title(search),
        subtitle: format!("settings of {}; whiskers: 95 % intervals; full: the chosen one", keys.join(", ")),
        series: policy_series(search.policies, usize::MAX),
        panels,
        notes: Vec::new(),
        left_out,
    })
}

fn add_line(panel: &mut PicturePanel, at: f64, label: &str) {
    if let PanelContent::Dots { lines, .. } = &mut panel.content {
        lines.push(AxisTick { at, label: label.to_owned() });
    }
}

/// A panel of one number a setting; `None` if none has it.
fn dots(
    search: &DrawnSearch<'_>,
    shown: &[TriedSetting],
    (scale, least): (&OutcomeScale, f64),
    label: &str,
    of: impl Fn(&TriedSetting) -> Option<Estimate>,
) -> Option<PicturePanel> {
    let row = |own: &TriedSetting| DotRow {
        series: own.policy,
        label: format!("{} {}", search.policies[own.policy], own.settings.join(", ")),
        remark: own.standing.clone(),
        marked: own.chosen,
        value: of(own).map(|estimate| PictureValue::of(&estimate, scale.factor, &scale.unit)),
    };
    let rows: Vec<DotRow> = shown.iter().map(row).collect();
    let values: Vec<&PictureValue> = rows.iter().filter_map(|row| row.value.as_ref()).collect();
    if values.is_empty() {
        return None;
    }
    let ends = values.iter().flat_map(|value| [value.lowest(), value.highest()]);
    let x = PictureAxis::around(label, &scale.unit, ends, least * scale.factor);
    let names: Vec<String> = rows.iter().map(|row| row.label.clone()).collect();
    Some(PicturePanel {
        title: String::new(),
        x,
        y: PictureAxis::names("", &names),
        content: PanelContent::Dots { rows, lines: Vec::new() },
    })
}

fn title(search: &DrawnSearch<'_>) -> String {
    let chosen = search.tried.iter().find(|own| own.chosen);
    match chosen {
        None => format!("No setting is chosen: {}", search.said),
        Some(own) => {
            let settings: Vec<String> = search
                .keys
                .iter()
                .zip(&own.settings)
                .map(|(key, value)| format!("{} = {value}", short_key(key)))
                .collect();
            format!(
                "`{}` with {} is chosen: {}",
                search.policies[own.policy],
                settings.join(", "),
                search.said
            )
        }
    }
}
