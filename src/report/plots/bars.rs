//! Panels of horizontal bars: one row a policy, one panel an outcome, whiskers for the interval, colours for verdicts.

use std::io;

use plotters::style::RGBColor;

use crate::experiment::{Estimate, Findings, Verdict};
use crate::outcome::{Scope, metric};
use crate::report::number;

use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, INK, TextAnchor, cut, picture, width_of, wrap};
use super::scale::{PixelScale, tick_label};

const WIDTH: f64 = 960.0;
const ROW: f64 = 34.0;
const HEAD: f64 = 112.0;
const FOOT: f64 = 68.0;
const MARGIN: f64 = 24.0;
const GAP: f64 = 26.0;

/// The colours of verdicts; told apart by colour-blind readers too.
const BASELINE: RGBColor = RGBColor(100, 112, 128);
const BETTER: RGBColor = RGBColor(0, 158, 115);
const WORSE: RGBColor = RGBColor(213, 94, 0);
const OTHER: RGBColor = RGBColor(86, 160, 211);

/// What a picture of bars shows.
pub(super) struct BarPlot<'a> {
    pub title: &'a str,
    /// Outcomes, one panel each; those that apply to no policy are left out.
    pub metrics: &'a [&'a str],
    /// Whether all panels have the same scale.
    pub same_scale: bool,
}

/// One bar.
#[derive(Clone, Copy)]
struct Bar {
    estimate: Estimate,
    color: RGBColor,
}

/// One panel: an outcome with a bar for each policy.
struct Panel {
    name: String,
    unit: String,
    bars: Vec<Option<Bar>>,
}

/// Draws the panels; `None` if no outcome applies to any policy.
pub(super) fn draw(findings: &Findings, plot: &BarPlot) -> io::Result<Option<String>> {
    let panels: Vec<Panel> = plot.metrics.iter().filter_map(|name| panel(findings, name)).collect();
    if panels.is_empty() {
        return Ok(None);
    }
    let policies = &findings.shape().policies;
    let labels = label_width(policies);
    let height = HEAD + ROW * policies.len() as f64 + FOOT;
    let svg = picture(WIDTH, height, |canvas| {
        canvas.title(plot.title, &subtitle(findings))?;
        draw_labels(canvas, policies, labels)?;
        let ranges = ranges(&panels, plot.same_scale);
        let left = MARGIN + labels + 12.0;
        let width = (WIDTH - MARGIN - left + GAP) / panels.len() as f64 - GAP;
        for (index, (panel, range)) in panels.iter().zip(ranges).enumerate() {
            draw_panel(canvas, panel, range, left + index as f64 * (width + GAP), width)?;
        }
        draw_legend(canvas, findings, left, height - 18.0)
    })?;
    Ok(Some(svg))
}

fn panel(findings: &Findings, name: &str) -> Option<Panel> {
    let share = metric(name)?.is_share();
    let factor = if share { 100.0 } else { 1.0 };
    let bar = |policy: usize| {
        let estimate = findings.estimate(policy, Scope::All, name)?;
        Some(Bar { estimate: estimate.scaled(factor), color: color(findings, policy, name) })
    };
    let bars: Vec<Option<Bar>> = (0..findings.shape().policies.len()).map(bar).collect();
    let unit = if share { "%".to_owned() } else { findings.unit(name) };
    bars.iter().any(Option::is_some).then(|| Panel { name: name.to_owned(), unit, bars })
}

fn color(findings: &Findings, policy: usize, name: &str) -> RGBColor {
    if policy == findings.baseline {
        return BASELINE;
    }
    match findings.difference(policy, Scope::All, name).map(|difference| difference.verdict) {
        Some(Verdict::Better) => BETTER,
        Some(Verdict::Worse) => WORSE,
        _ => OTHER,
    }
}

fn subtitle(findings: &Findings) -> String {
    match findings.measurements.replications() {
        _ if findings.measurements.is_exact() => {
            "one exact run: nothing is drawn; colours: comparison with the baseline".to_owned()
        }
        resamples if findings.measurements.is_resampled() => format!(
            "one run; whiskers: 95 % interval by {resamples} resamples of the organizations; colours: paired comparison with the baseline"
        ),
        1 => "one replication, all organizations".to_owned(),
        replications => format!(
            "mean of {replications} replications; whiskers: 95 % interval; colours: paired comparison with the baseline"
        ),
    }
}

/// Room for the longest name in at most two lines.
fn label_width(policies: &[String]) -> f64 {
    let widest = policies.iter().map(|name| width_of(name, Font::LABEL)).fold(60.0, f64::max);
    if widest <= 190.0 { widest } else { (widest / 2.0 + 30.0).clamp(150.0, 210.0) }
}

fn draw_labels(canvas: &Canvas, policies: &[String], width: f64) -> DrawingResult {
    for (row, name) in policies.iter().enumerate() {
        let mut lines = wrap(name, Font::LABEL, width + 4.0);
        if lines.len() > 2 {
            lines = vec![lines[0].clone(), lines[1..].concat()];
        }
        let first = middle(row) - 7.0 * (lines.len() - 1) as f64;
        for (index, line) in lines.iter().enumerate() {
            let line = cut(line.trim_end(), Font::LABEL, width + 8.0);
            canvas.text(
                &line,
                (MARGIN + width, first + 14.0 * index as f64),
                TextAnchor::Right,
                Font::LABEL,
            )?;
        }
    }
    Ok(())
}

/// The vertical middle of a policy's row.
fn middle(row: usize) -> f64 {
    HEAD + ROW * (row as f64 + 0.5)
}

/// Each panel's lowest and highest value, whiskers and zero included.
fn ranges(panels: &[Panel], same: bool) -> Vec<(f64, f64)> {
    let own = panels.iter().map(|panel| {
        let ends = panel
            .bars
            .iter()
            .flatten()
            .map(|bar| bar.estimate.interval().unwrap_or((bar.estimate.mean, bar.estimate.mean)));
        ends.fold((0.0, 0.0), join)
    });
    let own: Vec<(f64, f64)> = own.collect();
    if same { vec![own.iter().copied().fold((0.0, 0.0), join); own.len()] } else { own }
}

fn join(a: (f64, f64), b: (f64, f64)) -> (f64, f64) {
    (f64::min(a.0, b.0), f64::max(a.1, b.1))
}

fn draw_panel(
    canvas: &Canvas,
    panel: &Panel,
    (low, high): (f64, f64),
    left: f64,
    width: f64,
) -> DrawingResult {
    let bottom = HEAD + ROW * panel.bars.len() as f64;
    let values = panel.bars.iter().flatten().map(value_label);
    let room = values.map(|label| width_of(&label, Font::TICK)).fold(20.0, f64::max) + 10.0;
    let room_left = if low < 0.0 { room } else { 0.0 };
    let scale = PixelScale::new(low, high, left + room_left, left + width - room);
    canvas.text(&cut(&panel.name, Font::HEAD, width), (left, HEAD - 30.0), TextAnchor::Left, Font::HEAD)?;
    canvas.text(&format!("[{}]", panel.unit), (left, HEAD - 13.0), TextAnchor::Left, Font::SUBTITLE)?;
    let mut free_from = f64::NEG_INFINITY;
    for tick in scale.ticks(4) {
        let (x, label) = (scale.at(tick), tick_label(tick));
        canvas.line((x, HEAD), (x, bottom), GRID, 1.0)?;
        let half = width_of(&label, Font::TICK) / 2.0;
        if x - half > free_from {
            canvas.text(&label, (x, bottom + 13.0), TextAnchor::Middle, Font::TICK)?;
            free_from = x + half + 6.0;
        }
    }
    for (row, bar) in panel.bars.iter().enumerate() {
        draw_bar(canvas, bar.as_ref(), &scale, middle(row))?;
    }
    canvas.line((scale.at(0.0), HEAD), (scale.at(0.0), bottom), GREY, 1.0)
}

fn draw_bar(canvas: &Canvas, bar: Option<&Bar>, scale: &PixelScale, y: f64) -> DrawingResult {
    let Some(bar) = bar else {
        return canvas.text("n/a", (scale.at(0.0) + 6.0, y), TextAnchor::Left, Font::TICK);
    };
    let mean = bar.estimate.mean;
    let (from, to) = bar.estimate.interval().unwrap_or((mean, mean));
    canvas.bar((scale.at(0.0), y - 9.5), (scale.at(mean), y + 9.5), bar.color)?;
    let (low, high) = (scale.at(from), scale.at(to));
    if from < to {
        canvas.line((low, y), (high, y), INK, 1.2)?;
        canvas.line((low, y - 4.0), (low, y + 4.0), INK, 1.2)?;
        canvas.line((high, y - 4.0), (high, y + 4.0), INK, 1.2)?;
    }
    let label = value_label(bar);
    let font = Font { color: INK, ..Font::TICK };
    if mean < 0.0 {
        canvas.text(&label, (low - 6.0, y), TextAnchor::Right, font)
    } else {
        canvas.text(&label, (high + 6.0, y), TextAnchor::Left, font)
    }
}

fn value_label(bar: &Bar) -> String {
    number::brief(bar.estimate.mean)
}

fn draw_legend(canvas: &Canvas, findings: &Findings, left: f64, y: f64) -> DrawingResult {
    let baseline = &findings.shape().policies[findings.baseline];
    let mut entries = vec![(BASELINE, format!("baseline: {}", cut(baseline, Font::TICK, 220.0)))];
    if findings.measurements.replications() > 1 || findings.measurements.is_exact() {
        entries.push((BETTER, "better".to_owned()));
        entries.push((WORSE, "worse".to_owned()));
        entries.push((OTHER, "no side is better, equal, or undecided".to_owned()));
    }
    let mut x = left;
    for (color, text) in entries {
        canvas.bar((x, y - 5.0), (x + 12.0, y + 5.0), color)?;
        canvas.text(&text, (x + 18.0, y), TextAnchor::Left, Font::TICK)?;
        x += 18.0 + width_of(&text, Font::TICK) + 18.0;
    }
    Ok(())
}
