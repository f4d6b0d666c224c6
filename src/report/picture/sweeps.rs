//! An outcome against a varied key, a line a policy: the outcome itself, and its paired difference to the first setting.

use std::collections::BTreeMap;

use crate::experiment::{Estimate, Measurements, PolicyAt, Sweep, SweepPoint, paired};
use crate::outcome::{METRICS, Scope};

use super::super::figures::OutcomeScale;
use super::super::number;
use super::{
    AxisScale, AxisTick, CurvePoint, CurveStyle, LeftOut, PanelContent, Picture, PictureAxis, PictureCurve,
    PicturePanel, PictureSeries, PictureValue,
};

/// Panels where several keys are varied; more are left to the table.
const MOST_PANELS: usize = 9;

/// Policies as series, a colour each by their place in the scenario.
pub(super) fn policy_series(policies: &[String], baseline: usize) -> Vec<PictureSeries> {
    let series = |(color, name): (usize, &String)| PictureSeries {
        name: name.clone(),
        color,
        baseline: color == baseline,
    };
    policies.iter().enumerate().map(series).collect()
}

/// The last two parts of a dotted key: enough to tell keys apart.
pub(super) fn short_key(key: &str) -> &str {
    key.rmatch_indices('.').nth(1).map_or(key, |(at, _)| &key[at + 1..])
}

/// By key, whether it reaches a policy: whether the policy is another account at another setting of it.
pub(super) fn reached_keys(sweep: &Sweep, policy: &str) -> Vec<bool> {
    let account = |point: &SweepPoint| {
        let own = point.policies.iter().find(|own| own.name == policy);
        own.map(|own| (point.measurements, own.index))
    };
    let varies = sweep.points.iter().any(|point| account(point) != account(&sweep.points[0]));
    let reached = |key: usize| {
        if !others_repeat(sweep, key) {
            // No two points differ in this key alone: any key may have done it.
            return varies;
        }
        let mut seen: BTreeMap<Vec<&String>, Option<(usize, usize)>> = BTreeMap::new();
        sweep.points.iter().any(|point| {
            let others = point.settings.iter().enumerate().filter(|(index, _)| *index != key);
            let others: Vec<&String> = others.map(|(_, setting)| setting).collect();
            *seen.entry(others).or_insert_with(|| account(point)) != account(point)
        })
    };
    (0..sweep.keys.len()).map(reached).collect()
}

/// A line: a policy at every setting of the key, others as they are.
struct SweepLine<'s> {
    policy: usize,
    /// Settings of the other keys.
    others: Vec<String>,
    /// (position on the axis, point, policy there), in the order of the axis.
    points: Vec<(f64, &'s SweepPoint, &'s PolicyAt)>,
}

impl SweepLine<'_> {
    /// True if all its points are the same account.
    fn is_flat(&self) -> bool {
        let account = |(_, point, at): &(f64, &SweepPoint, &PolicyAt)| (point.measurements, at.index);
        self.points.windows(2).all(|pair| account(&pair[0]) == account(&pair[1]))
    }
}

/// An outcome against one key; why there is none if it applies nowhere or is 0 everywhere. With several keys there is a panel
/// for each setting of the others. `policies` are those of the scenario, in file order.
///
/// # Errors
/// Why there is nothing to draw.
pub fn sweep_picture(
    sweep: &Sweep,
    (key, metric): (usize, usize),
    policies: &[String],
    name: &str,
) -> Result<Picture, LeftOut> {
    let axis = settings_axis(sweep, key);
    let lines = lines(sweep, key, policies, &axis);
    let left_out = |why: &str| LeftOut { what: METRICS[metric].name.to_owned(), why: why.to_owned() };
    let estimate =
        |(_, point, at): &(f64, &SweepPoint, &PolicyAt)| sweep.estimate(point, at, Scope::All, metric);
    let estimates: Vec<Estimate> = lines.iter().flat_map(|line| &line.points).filter_map(estimate).collect();
    if estimates.is_empty() {
        return Err(left_out("it applies nowhere"));
    }
    if estimates.iter().all(|own| own.mean == 0.0 && own.half_width.unwrap_or(0.0) == 0.0) {
        return Err(left_out("0 at every setting"));
    }
    if lines.iter().all(SweepLine::is_flat) {
        return Err(left_out("the key reaches no policy"));
    }
    let currency = sweep.measurements.first().and_then(|own| own.shape().currency.as_deref());
    let scale = OutcomeScale::of_estimates(&METRICS[metric], currency, &estimates);
    let view = SweepView { sweep, key, metric, axis, scale };
    let (panels, mut missing) = view.panels(&lines);
    missing.extend(lines.iter().filter(|line| line.is_flat()).map(|line| LeftOut {
        what: policies[line.policy].clone(),
        why: "the key does not reach it, so that it has no difference".to_owned(),
    }));
    missing.dedup();
    let partial = if sweep.complete { "" } else { "; the sweep was interrupted" };
    Ok(Picture {
        name: name.to_owned(),
        title: view.title(&lines, policies),
        subtitle: match view.is_exact() {
            true => format!("each setting ran once, exactly: nothing is drawn{partial}"),
            false => format!("bands: 95 % intervals; differences are paired by replication{partial}"),
        },
        series: policy_series(policies, usize::MAX),
        panels,
        notes: Vec::new(),
        left_out: missing,
    })
}

/// What is drawn of a sweep.
struct SweepView<'s> {
    sweep: &'s Sweep,
    key: usize,
    metric: usize,
    axis: PictureAxis,
    scale: OutcomeScale,
}

impl SweepView<'_> {
    /// True if nothing is drawn at any setting, so that what is measured needs no interval.
    fn is_exact(&self) -> bool {
        self.sweep.measurements.iter().all(Measurements::is_exact)
    }

    fn unit(&self) -> &str {
        &self.scale.unit
    }

    /// Differences of shares are points.
    fn apart(&self) -> &str {
        if METRICS[self.metric].is_share() { "points" } else { self.unit() }
    }

    fn panels(&self, lines: &[SweepLine<'_>]) -> (Vec<PicturePanel>, Vec<LeftOut>) {
        let mut others: Vec<&Vec<String>> = lines.iter().map(|line| &line.others).collect();
        others.dedup();
        let mut seen: Vec<&Vec<String>> = Vec::new();
        for other in others {
            if !seen.contains(&other) {
                seen.push(other);
            }
        }
        if seen.len() == 1 {
            let own: Vec<&SweepLine<'_>> = lines.iter().collect();
            let differences = self.differences(lines);
            return (
                vec![Some(self.values("", &own)), differences].into_iter().flatten().collect(),
                Vec::new(),
            );
        }
        let panel = |other: &&Vec<String>| {
            let own: Vec<&SweepLine<'_>> = lines.iter().filter(|line| line.others == ***other).collect();
            self.values(&other.join(" "), &own)
        };
        let mut left_out: Vec<LeftOut> = seen
            .iter()
            .skip(MOST_PANELS)
            .map(|other| LeftOut { what: other.join(" "), why: "in sweep.csv".to_owned() })
            .collect();
        left_out.push(LeftOut {
            what: "paired differences".to_owned(),
            why: "where several keys are varied".to_owned(),
        });
        (seen.iter().take(MOST_PANELS).map(panel).collect(), left_out)
    }

    fn values(&self, title: &str, lines: &[&SweepLine<'_>]) -> PicturePanel {
        let curve = |line: &&SweepLine<'_>| PictureCurve {
            series: line.policy,
            label: String::new(),
            // What the key does not reach stands aside.
            style: if line.is_flat() { CurveStyle::Aside } else { CurveStyle::Dotted },
            points: line
                .points
                .iter()
                .filter_map(|(x, point, at)| {
                    let estimate = self.sweep.estimate(point, at, Scope::All, self.metric)?;
                    Some(CurvePoint {
                        x: *x,
                        value: PictureValue::of(&estimate, self.scale.factor, self.unit()),
                    })
                })
                .collect(),
        };
        let curves: Vec<PictureCurve> = lines.iter().map(curve).collect();
        let metric = &METRICS[self.metric];
        let y = PictureAxis::around(
            metric.name,
            self.unit(),
            ends(&curves),
            metric.range().low * self.scale.factor,
        );
        PicturePanel {
            title: title.to_owned(),
            x: self.axis.clone(),
            y,
            content: PanelContent::Curves { curves },
        }
    }

    /// Each line's differences to its first setting, paired by replication; `None` without any.
    fn differences(&self, lines: &[SweepLine<'_>]) -> Option<PicturePanel> {
        let curve = |line: &SweepLine<'_>| PictureCurve {
            series: line.policy,
            label: String::new(),
            style: CurveStyle::Dotted,
            points: (0..line.points.len())
                .filter_map(|index| {
                    let found = self.moved(line, index)?;
                    let value = PictureValue::of(&found, self.scale.factor, self.apart());
                    Some(CurvePoint { x: line.points[index].0, value })
                })
                .collect(),
        };
        let curves: Vec<PictureCurve> = lines.iter().filter(|line| !line.is_flat()).map(curve).collect();
        let first = self.axis.ticks.first().map_or("the first setting", |tick| tick.label.as_str());
        let y = PictureAxis::around(
            &format!("difference to {first}"),
            self.apart(),
            ends(&curves),
            f64::NEG_INFINITY,
        );
        let y = if y.low > 0.0 || y.high < 0.0 {
            PictureAxis::from_zero(&y.label, &y.unit, [y.low, y.high])
        } else {
            y
        };
        curves.iter().any(|curve| curve.points.len() > 1).then(|| PicturePanel {
            title: String::new(),
            x: self.axis.clone(),
            y,
            content: PanelContent::Curves { curves },
        })
    }

    /// The paired difference of a line's point to its first.
    fn moved(&self, line: &SweepLine<'_>, index: usize) -> Option<Estimate> {
        let values = |index: usize| -> Option<Vec<Option<f64>>> {
            let (_, point, at) = line.points.get(index)?;
            Some(
                self.sweep
                    .measurements
                    .get(point.measurements)?
                    .values(at.index, Scope::All, self.metric)
                    .collect(),
            )
        };
        paired(&values(index)?, &values(0)?)
    }

    /// The largest move that is shown, from the first to the last setting.
    fn title(&self, lines: &[SweepLine<'_>], policies: &[String]) -> String {
        let name = METRICS[self.metric].name;
        let exact = self.is_exact();
        let shown = |estimate: &Estimate| {
            let alike = (estimate.constant || exact) && estimate.mean != 0.0;
            alike || estimate.interval().is_some_and(|(low, high)| low > 0.0 || high < 0.0)
        };
        let moves = lines.iter().filter(|line| !line.is_flat());
        let moves =
            moves.filter_map(|line| Some((line, self.moved(line, line.points.len().checked_sub(1)?)?)));
        let largest =
            moves.filter(|(_, found)| shown(found)).max_by(|a, b| a.1.mean.abs().total_cmp(&b.1.mean.abs()));
        let (from, to) = (self.axis.ticks.first(), self.axis.ticks.last());
        let settings = |text: fn(&AxisTick) -> &str| [from, to].map(|tick| tick.map_or("", text).to_owned());
        let [from, to] = settings(|tick| tick.label.as_str());
        let key = short_key(&self.sweep.keys[self.key]);
        match largest {
            None => format!("{name} is not shown to move with {key} from {from} to {to}"),
            Some((line, found)) => {
                let word = if found.mean > 0.0 { "raises" } else { "lowers" };
                let size = number::brief(found.mean.abs() * self.scale.factor);
                let unit = if self.apart().is_empty() { String::new() } else { format!(" {}", self.apart()) };
                let others = if line.others.is_empty() {
                    String::new()
                } else {
                    format!(" ({})", line.others.join(" "))
                };
                format!(
                    "{key} from {from} to {to} {word} {name} by {size}{unit} under `{}`{others}",
                    policies[line.policy]
                )
            }
        }
    }
}

/// Where the intervals of curves end.
pub(super) fn ends(curves: &[PictureCurve]) -> impl Iterator<Item = f64> + '_ {
    let points = curves.iter().flat_map(|curve| &curve.points);
    points.flat_map(|point| [point.value.lowest(), point.value.highest()])
}

/// The horizontal axis: numbers at their value, words evenly in their order; every setting has a tick.
fn settings_axis(sweep: &Sweep, key: usize) -> PictureAxis {
    let mut words: Vec<String> = Vec::new();
    for point in &sweep.points {
        if !words.contains(&point.settings[key]) {
            words.push(point.settings[key].clone());
        }
    }
    let numbers: Option<Vec<f64>> = words.iter().map(|word| number_of(word)).collect();
    let label = sweep.keys[key].as_str();
    let Some(numbers) = numbers.filter(|numbers| numbers.len() > 1) else {
        return PictureAxis::names(label, &words);
    };
    let mut ticks: Vec<AxisTick> = words
        .into_iter()
        .zip(numbers)
        .map(|(label, at)| AxisTick { at, label: label.trim_matches('"').to_owned() })
        .collect();
    ticks.sort_by(|a, b| a.at.total_cmp(&b.at));
    let (low, high) = (ticks[0].at, ticks[ticks.len() - 1].at);
    let room = (high - low) * 0.03;
    let axis = PictureAxis::linear(label, "", (low - room, high + room));
    PictureAxis { ticks, scale: AxisScale::Linear, ..axis }
}

/// A setting as a number: `200`, `0.2`, `5%`; nothing with another unit.
fn number_of(setting: &str) -> Option<f64> {
    let bare = setting.trim().trim_matches('"');
    bare.strip_suffix('%').unwrap_or(bare).trim().parse().ok().filter(|value: &f64| value.is_finite())
}

fn lines<'s>(sweep: &'s Sweep, key: usize, policies: &[String], axis: &PictureAxis) -> Vec<SweepLine<'s>> {
    let mut lines: Vec<SweepLine<'s>> = Vec::new();
    let repeats = others_repeat(sweep, key);
    for point in &sweep.points {
        let others = sweep.keys.iter().zip(&point.settings).enumerate();
        let others = others.filter(|(index, _)| repeats && *index != key);
        let others: Vec<String> =
            others.map(|(_, (name, setting))| format!("{}={setting}", short_key(name))).collect();
        let bare = point.settings[key].trim_matches('"');
        let Some(tick) = axis.ticks.iter().find(|tick| tick.label.trim_matches('"') == bare) else {
            continue;
        };
        for at in &point.policies {
            let Some(policy) = policies.iter().position(|name| *name == at.name) else { continue };
            let known = lines.iter().position(|line| line.policy == policy && line.others == others);
            let line = known.unwrap_or_else(|| {
                lines.push(SweepLine { policy, others: others.clone(), points: Vec::new() });
                lines.len() - 1
            });
            lines[line].points.push((tick.at, point, at));
        }
    }
    lines.iter_mut().for_each(|line| line.points.sort_by(|a, b| a.0.total_cmp(&b.0)));
    lines
}

/// True if some points differ in `key` alone. In matched lists and hypercubes none do, and a line for each setting of
/// the others would have a single point.
fn others_repeat(sweep: &Sweep, key: usize) -> bool {
    let mut others: Vec<Vec<&String>> = sweep
        .points
        .iter()
        .map(|point| {
            let others = point.settings.iter().enumerate().filter(|(index, _)| *index != key);
            others.map(|(_, setting)| setting).collect()
        })
        .collect();
    let count = others.len();
    others.sort();
    others.dedup();
    others.len() < count
}
