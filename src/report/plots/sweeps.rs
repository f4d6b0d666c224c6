//! An outcome against a varied key, a line a policy with its interval as a band; and the Pareto front.

use std::collections::BTreeMap;
use std::io;

use plotters::style::RGBColor;

use crate::experiment::{Aim, Candidate, Estimate, Objective, Sweep};
use crate::outcome::{METRICS, Scope};

use super::axes::{COLORS, PlotFrame, range};
use super::canvas::{Canvas, DrawingResult, Font, GREY, TextAnchor, cut, picture};
use super::scale::{PixelScale, tick_label};

const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 440.0;
const FRAME: PlotFrame = PlotFrame { left: 84.0, right: 670.0, top: 96.0, bottom: 380.0 };
const LEGEND: f64 = 696.0;

/// A line of a sweep: one policy, and one setting of the keys that are not on the axis.
struct SweepLine {
    name: String,
    color: RGBColor,
    /// (position on the axis, estimate), in the order of the axis.
    points: Vec<(f64, Estimate)>,
}

/// Draws an outcome against one key; `None` if the outcome applies nowhere. With several keys there is a line for
/// each policy and setting of the others.
///
/// # Errors
/// If drawing fails, which it does not in memory.
pub fn sweep_plot(sweep: &Sweep, key: usize, metric: usize) -> io::Result<Option<String>> {
    let axis = HorizontalAxis::of(sweep, key);
    let lines = lines(sweep, key, metric, &axis);
    let share = METRICS[metric].is_share();
    let factor = if share { 100.0 } else { 1.0 };
    let ends = lines.iter().flat_map(|line| &line.points).flat_map(|(_, estimate)| {
        let (low, high) = estimate.interval().unwrap_or((estimate.mean, estimate.mean));
        [low * factor, high * factor]
    });
    let Some((low, high)) = range(ends) else { return Ok(None) };
    let height = HEIGHT.max(FRAME.top + 22.0 * lines.len() as f64 + 40.0);
    let svg = picture(WIDTH, height, |canvas| {
        let title = format!("{} against {}", METRICS[metric].name, sweep.keys[key]);
        let partial = if sweep.complete { "" } else { "; the sweep was interrupted" };
        canvas.title(&cut(&title, Font::TITLE, WIDTH - 48.0), &format!("bands: 95 % interval{partial}"))?;
        let (x, y) = (axis.scale(), FRAME.y(low, high));
        FRAME.draw_y(canvas, &y)?;
        FRAME.draw_x(canvas, &axis.ticks(&x))?;
        FRAME.draw_names(
            canvas,
            &sweep.keys[key],
            &format!("{} [{}]", METRICS[metric].name, unit(sweep, metric)),
        )?;
        for line in &lines {
            draw_line(canvas, line, &x, &y, factor)?;
        }
        let names: Vec<(&str, RGBColor)> =
            lines.iter().map(|line| (line.name.as_str(), line.color)).collect();
        draw_legend(canvas, &names)
    })?;
    Ok(Some(svg))
}

/// The horizontal axis: numbers at their value, words evenly in their order.
struct HorizontalAxis {
    /// Settings in the order of the axis with their positions.
    settings: Vec<(String, f64)>,
    numeric: bool,
}

impl HorizontalAxis {
    fn of(sweep: &Sweep, key: usize) -> Self {
        let mut words: Vec<String> = Vec::new();
        for point in &sweep.points {
            if !words.contains(&point.settings[key]) {
                words.push(point.settings[key].clone());
            }
        }
        let numbers: Option<Vec<f64>> = words.iter().map(|word| number(word)).collect();
        let numeric = numbers.is_some();
        let positions = numbers.unwrap_or_else(|| (0..words.len()).map(|index| index as f64).collect());
        let mut settings: Vec<(String, f64)> = words.into_iter().zip(positions).collect();
        settings.sort_by(|a, b| a.1.total_cmp(&b.1));
        HorizontalAxis { settings, numeric }
    }

    fn position(&self, setting: &str) -> Option<f64> {
        self.settings.iter().find(|(word, _)| word == setting).map(|(_, position)| *position)
    }

    fn scale(&self) -> PixelScale {
        let low = self.settings.first().map_or(0.0, |first| first.1);
        let high = self.settings.last().map_or(1.0, |last| last.1);
        let room = if high > low { (high - low) * 0.03 } else { 0.5 };
        FRAME.x(low - room, high + room)
    }

    /// The settings themselves where they fit, else round numbers.
    fn ticks(&self, scale: &PixelScale) -> Vec<(f64, String)> {
        if self.numeric && self.settings.len() > 9 {
            return scale.ticks(8).into_iter().map(|value| (scale.at(value), tick_label(value))).collect();
        }
        let room = (FRAME.right - FRAME.left) / self.settings.len().max(1) as f64;
        let label = |word: &String| cut(word, Font::TICK, room.max(40.0));
        self.settings.iter().map(|(word, position)| (scale.at(*position), label(word))).collect()
    }
}

/// A setting as a number: `200`, `0.2`, `5%`; nothing with another unit.
fn number(setting: &str) -> Option<f64> {
    let bare = setting.trim().trim_matches('"');
    bare.strip_suffix('%').unwrap_or(bare).trim().parse().ok().filter(|value: &f64| value.is_finite())
}

fn lines(sweep: &Sweep, key: usize, metric: usize, axis: &HorizontalAxis) -> Vec<SweepLine> {
    let mut names: Vec<String> = Vec::new();
    let mut points: BTreeMap<usize, Vec<(f64, Estimate)>> = BTreeMap::new();
    let repeats = others_repeat(sweep, key);
    for point in &sweep.points {
        let others = sweep.keys.iter().zip(&point.settings).enumerate();
        let others = others.filter(|(index, _)| repeats && *index != key);
        let suffix: Vec<String> =
            others.map(|(_, (name, setting))| format!("{}={setting}", last_part(name))).collect();
        for policy in &point.policies {
            let name = [std::slice::from_ref(&policy.name), suffix.as_slice()].concat().join(" ");
            let Some(estimate) = sweep.estimate(point, policy, Scope::All, metric) else { continue };
            let Some(position) = axis.position(&point.settings[key]) else { continue };
            let line = names.iter().position(|known| *known == name).unwrap_or_else(|| {
                names.push(name);
                names.len() - 1
            });
            points.entry(line).or_default().push((position, estimate));
        }
    }
    let line = |(index, mut points): (usize, Vec<(f64, Estimate)>)| {
        points.sort_by(|a, b| a.0.total_cmp(&b.0));
        SweepLine { name: names[index].clone(), color: COLORS[index % COLORS.len()], points }
    };
    points.into_iter().map(line).collect()
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

/// The last part of a dotted key: enough to tell lines apart.
fn last_part(key: &str) -> &str {
    key.rsplit('.').next().unwrap_or(key)
}

fn unit(sweep: &Sweep, metric: usize) -> String {
    if METRICS[metric].is_share() {
        return "%".to_owned();
    }
    let currency =
        sweep.measurements.first().and_then(|measurements| measurements.shape().currency.as_deref());
    METRICS[metric].unit(currency)
}

fn draw_line(
    canvas: &Canvas,
    line: &SweepLine,
    x: &PixelScale,
    y: &PixelScale,
    factor: f64,
) -> DrawingResult {
    let at = |side: fn(&Estimate) -> f64| {
        let point =
            move |(position, estimate): &(f64, Estimate)| (x.at(*position), y.at(side(estimate) * factor));
        line.points.iter().map(point).collect::<Vec<(f64, f64)>>()
    };
    let mut band = at(|estimate| estimate.interval().map_or(estimate.mean, |(_, high)| high));
    band.extend(at(|estimate| estimate.interval().map_or(estimate.mean, |(low, _)| low)).into_iter().rev());
    canvas.polygon(&band, line.color, 0.15)?;
    let means = at(|estimate| estimate.mean);
    canvas.path(&means, line.color, 2.0)?;
    means.into_iter().try_for_each(|point| canvas.dot(point, 3.0, line.color))
}

fn draw_legend(canvas: &Canvas, names: &[(&str, RGBColor)]) -> DrawingResult {
    for (index, (name, color)) in names.iter().enumerate() {
        let y = FRAME.top + 6.0 + 22.0 * index as f64;
        canvas.line((LEGEND, y), (LEGEND + 22.0, y), *color, 3.0)?;
        let text = cut(name, Font::LABEL, WIDTH - LEGEND - 46.0);
        canvas.text(&text, (LEGEND + 30.0, y), TextAnchor::Left, Font::LABEL)?;
    }
    Ok(())
}

/// Draws two objectives against each other, a line through the candidates of the front; `None` without
/// candidates or with fewer than two objectives. A third objective is in the table only.
///
/// # Errors
/// If drawing fails, which it does not in memory.
pub fn front_plot(
    sweep: &Sweep,
    objectives: &[Objective],
    candidates: &[Candidate],
) -> io::Result<Option<String>> {
    let &[first, second, ..] = objectives else { return Ok(None) };
    let factors =
        [first, second].map(|objective| if METRICS[objective.metric].is_share() { 100.0 } else { 1.0 });
    let place = |candidate: &Candidate| {
        (candidate.estimates[0].mean * factors[0], candidate.estimates[1].mean * factors[1])
    };
    let places: Vec<(f64, f64)> = candidates.iter().map(place).collect();
    let ranges = (range(places.iter().map(|place| place.0)), range(places.iter().map(|place| place.1)));
    let (Some((x_low, x_high)), Some((y_low, y_high))) = ranges else { return Ok(None) };
    let mut policies: Vec<&str> = candidates.iter().map(|candidate| candidate.policy.as_str()).collect();
    policies.sort_unstable();
    policies.dedup();
    let color =
        |policy: &str| COLORS[policies.iter().position(|known| *known == policy).unwrap_or(0) % COLORS.len()];
    // With more points than this their labels would lie on each other.
    let few = candidates.iter().filter(|candidate| candidate.on_front).count() <= 16;
    let height = HEIGHT.max(FRAME.top + 22.0 * policies.len() as f64 + 40.0);
    let svg = picture(WIDTH, height, |canvas| {
        let name = |objective: Objective| METRICS[objective.metric].name;
        canvas
            .title(&format!("{} against {}", name(second), name(first)), &subtitle(sweep, first, second))?;
        let (x, y) = (FRAME.x(x_low, x_high), FRAME.y(y_low, y_high));
        FRAME.draw_y(canvas, &y)?;
        FRAME.draw_x(
            canvas,
            &x.ticks(8).into_iter().map(|tick| (x.at(tick), tick_label(tick))).collect::<Vec<_>>(),
        )?;
        let axis = |objective: Objective| format!("{} [{}]", name(objective), unit(sweep, objective.metric));
        FRAME.draw_names(canvas, &axis(first), &axis(second))?;
        canvas.path(&front_line(candidates, &places, &x, &y), GREY, 1.2)?;
        for (candidate, place) in candidates.iter().zip(&places) {
            let at = (x.at(place.0), y.at(place.1));
            let color = color(&candidate.policy);
            if candidate.on_front {
                canvas.dot(at, 5.5, color)?;
                let settings = sweep.points[candidate.point].settings.join(", ");
                let label = cut(if few { &settings } else { "" }, Font::TICK, 120.0);
                canvas.text(&label, (at.0 + 9.0, at.1 - 9.0), TextAnchor::Left, Font::TICK)?;
            } else {
                canvas.ring(at, 4.0, color)?;
            }
        }
        let names: Vec<(&str, RGBColor)> = policies.iter().map(|name| (*name, color(name))).collect();
        draw_legend(canvas, &names)
    })?;
    Ok(Some(svg))
}

fn subtitle(sweep: &Sweep, first: Objective, second: Objective) -> String {
    let wanted = |objective: Objective| match objective.aim {
        Aim::Minimize => format!("less {}", METRICS[objective.metric].name),
        Aim::Maximize => format!("more {}", METRICS[objective.metric].name),
    };
    let partial = if sweep.complete { "" } else { "; the sweep was interrupted" };
    format!("wanted: {} and {}; full dots: nothing is better in both{partial}", wanted(first), wanted(second))
}

/// The candidates of the front from left to right.
fn front_line(
    candidates: &[Candidate],
    places: &[(f64, f64)],
    x: &PixelScale,
    y: &PixelScale,
) -> Vec<(f64, f64)> {
    let mut front: Vec<(f64, f64)> = candidates
        .iter()
        .zip(places)
        .filter(|(candidate, _)| candidate.on_front)
        .map(|(_, place)| *place)
        .collect();
    front.sort_by(|a, b| a.0.total_cmp(&b.0).then(a.1.total_cmp(&b.1)));
    front.into_iter().map(|(a, b)| (x.at(a), y.at(b))).collect()
}
