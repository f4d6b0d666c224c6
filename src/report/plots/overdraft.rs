//! The distribution of overdraft: how many organizations were ever deeper in debt than x.

use std::io;

use plotters::style::RGBColor;

use crate::experiment::Findings;
use crate::outcome::{Histogram, Scope, metric_index};
use crate::report::number;

use super::axes::COLORS;
use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, TextAnchor, cut, picture, wrap};
use super::scale::{PixelScale, tick_label};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 76.0;
const RIGHT: f64 = 650.0;
const TOP: f64 = 78.0;
const BOTTOM: f64 = 400.0;
const HEIGHT: f64 = 458.0;
const LEGEND: f64 = 676.0;

/// One policy that let somebody into debt.
struct Curve<'a> {
    name: &'a str,
    color: RGBColor,
    /// (debt (credits), share of organizations deeper in debt), debt ascending.
    steps: Vec<(f64, f64)>,
    /// Share of organizations ever in debt.
    overdrawn: f64,
    /// Largest debt (credits).
    largest: f64,
}

/// Draws the curves; a sentence if nobody was ever in debt.
pub(super) fn draw(findings: &Findings) -> io::Result<String> {
    let mut curves: Vec<Curve> = Vec::new();
    let mut without: Vec<&str> = Vec::new();
    for (policy, name) in findings.shape().policies.iter().enumerate() {
        match curve(name, COLORS[curves.len() % COLORS.len()], findings.measurements.largest_debts(policy)) {
            Some(curve) => {
                curves.push(Curve { largest: largest(findings, policy).unwrap_or(curve.largest), ..curve })
            }
            None => without.push(name),
        }
    }
    let height = HEIGHT.max(TOP + 42.0 * curves.len() as f64 + 70.0);
    picture(WIDTH, height, |canvas| {
        canvas.title(
            "How deep organizations went into debt",
            "share of organizations whose largest debt exceeded x, over all replications",
        )?;
        if curves.is_empty() {
            let text = "No organization was in debt under any policy.";
            return canvas.text(text, (LEFT, 120.0), TextAnchor::Left, Font::LABEL);
        }
        let (x, y) = axes(&curves);
        draw_axes(canvas, &x, &y, &curves)?;
        for curve in &curves {
            draw_curve(canvas, curve, &x, &y)?;
        }
        draw_legend(canvas, &curves, &without)
    })
}

/// The exact largest debt of any organization in any replication (credits).
fn largest(findings: &Findings, policy: usize) -> Option<f64> {
    let metric = metric_index("overdraft_credits_max")?;
    findings.measurements.values(policy, Scope::All, metric).flatten().reduce(f64::max)
}

fn curve<'a>(name: &'a str, color: RGBColor, debts: &Histogram) -> Option<Curve<'a>> {
    let organizations = debts.count() as f64;
    let mut deeper: u64 = debts.cells().filter(|&(debt, _)| debt > 0.0).map(|(_, count)| count).sum();
    if deeper == 0 {
        return None;
    }
    let overdrawn = deeper as f64 / organizations;
    let mut steps = Vec::new();
    for (debt, count) in debts.cells().filter(|&(debt, _)| debt > 0.0) {
        deeper -= count;
        steps.push((debt / 1e6, deeper as f64 / organizations));
    }
    let largest = steps.last().map_or(0.0, |step| step.0);
    Some(Curve { name, color, steps, overdrawn, largest })
}

/// A logarithmic axis of debt over whole decades and a linear one of shares [%].
fn axes(curves: &[Curve]) -> (PixelScale, PixelScale) {
    let largest = curves.iter().map(|curve| curve.largest).fold(0.0, f64::max);
    // A few tiny debts must not stretch the axis: three decades below the largest tell the story.
    let smallest =
        curves.iter().filter_map(|curve| curve.steps.first()).map(|step| step.0).fold(largest, f64::min);
    let low = libm::log10(smallest.max(largest / 1e3)) - 0.05;
    let high = libm::log10(largest) + 0.05;
    let deepest = curves.iter().map(|curve| curve.overdrawn).fold(0.0, f64::max);
    let top = (deepest * 105.0).clamp(1.0, 100.0);
    (PixelScale::new(low, high, LEFT, RIGHT), PixelScale::new(0.0, top, BOTTOM, TOP))
}

fn draw_axes(canvas: &Canvas, x: &PixelScale, y: &PixelScale, curves: &[Curve]) -> DrawingResult {
    for tick in y.ticks(6) {
        canvas.line((LEFT, y.at(tick)), (RIGHT, y.at(tick)), if tick == 0.0 { GREY } else { GRID }, 1.0)?;
        canvas.text(
            &format!("{}%", tick_label(tick)),
            (LEFT - 8.0, y.at(tick)),
            TextAnchor::Right,
            Font::TICK,
        )?;
    }
    let largest = curves.iter().map(|curve| curve.largest).fold(0.0, f64::max);
    for decade in -7..=13 {
        for factor in [1.0, 2.0, 5.0] {
            let debt = factor * libm::pow(10.0, f64::from(decade));
            let at = x.at(libm::log10(debt));
            if at < LEFT || debt > largest * 1.1 {
                continue;
            }
            canvas.line((at, TOP), (at, BOTTOM), GRID, if factor == 1.0 { 1.2 } else { 0.6 })?;
            let few_decades = x.at(1.0) - x.at(0.0) > 110.0;
            if factor == 1.0 || few_decades {
                canvas.text(&tick_label(debt), (at, BOTTOM + 14.0), TextAnchor::Middle, Font::TICK)?;
            }
        }
    }
    canvas.text(
        "largest debt [credits]",
        ((LEFT + RIGHT) / 2.0, BOTTOM + 38.0),
        TextAnchor::Middle,
        Font::LABEL,
    )
}

fn draw_curve(canvas: &Canvas, curve: &Curve, x: &PixelScale, y: &PixelScale) -> DrawingResult {
    let place = |debt: f64| x.at(libm::log10(debt));
    // What lies left of the axis only lowers the height at which the curve comes in.
    let hidden = curve.steps.iter().take_while(|step| place(step.0) < LEFT).count();
    let mut share = if hidden == 0 { curve.overdrawn } else { curve.steps[hidden - 1].1 };
    let mut points = vec![(LEFT, y.at(100.0 * share))];
    for &(debt, below) in &curve.steps[hidden..] {
        points.push((place(debt), y.at(100.0 * share)));
        points.push((place(debt), y.at(100.0 * below)));
        share = below;
    }
    canvas.path(&points, curve.color, 2.0)?;
    canvas.dot((place(curve.largest).max(LEFT), y.at(0.0)), 3.5, curve.color)
}

fn draw_legend(canvas: &Canvas, curves: &[Curve], without: &[&str]) -> DrawingResult {
    let mut at = TOP + 6.0;
    let room = WIDTH - LEGEND - 46.0;
    for curve in curves {
        canvas.line((LEGEND, at), (LEGEND + 22.0, at), curve.color, 3.0)?;
        canvas.text(
            &cut(curve.name, Font::LABEL, room),
            (LEGEND + 30.0, at),
            TextAnchor::Left,
            Font::LABEL,
        )?;
        let facts = format!(
            "{} % ever in debt, at most {}",
            number::short((curve.overdrawn * 1000.0).round() / 10.0),
            number::short(curve.largest)
        );
        canvas.text(&facts, (LEGEND + 30.0, at + 16.0), TextAnchor::Left, Font::TICK)?;
        at += 42.0;
    }
    if !without.is_empty() {
        for (index, line) in wrap(&format!("never in debt: {}", without.join(", ")), Font::TICK, room + 24.0)
            .iter()
            .enumerate()
        {
            canvas.text(line, (LEGEND, at + 15.0 * index as f64), TextAnchor::Left, Font::TICK)?;
        }
    }
    Ok(())
}
