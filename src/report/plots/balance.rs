//! The available balance over time, one panel a policy on one scale: a band over organizations, median and mean.

use std::io;

use plotters::style::RGBColor;

use crate::experiment::{Findings, Point};
use crate::units::SimTime;

use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, TextAnchor, cut, picture, width_of};
use super::scale::{PixelScale, tick_label, time_ticks};

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
const AXIS: f64 = 46.0;
const GAP: f64 = 26.0;
const TOP: f64 = 92.0;
const PLOT: f64 = 140.0;
const PANEL: f64 = PLOT + 62.0;

const MEDIAN: RGBColor = RGBColor(0, 114, 178);
const MEAN: RGBColor = RGBColor(213, 94, 0);

/// A panel's frame.
struct PanelFrame {
    x: PixelScale,
    y: PixelScale,
    left: f64,
    right: f64,
    top: f64,
}

/// Draws the panels; `None` without a timeline.
pub(super) fn draw(findings: &Findings) -> io::Result<Option<String>> {
    let Some(&last) = findings.shape().instants.last() else { return Ok(None) };
    let first = findings.shape().measure_from;
    let policies = &findings.shape().policies;
    let points: Vec<Vec<Point>> =
        (0..policies.len()).map(|policy| findings.measurements.progress(policy).points().collect()).collect();
    let columns = if policies.len() == 4 { 2 } else { policies.len().min(3) };
    let rows = policies.len().div_ceil(columns);
    let width = (WIDTH - 2.0 * MARGIN - AXIS + GAP) / columns as f64 - GAP;
    let (low, high) = range(&points);
    let svg = picture(WIDTH, TOP + PANEL * rows as f64, |canvas| {
        canvas.title(
            "Available credits of an organization over time",
            "settled balance less open holds [credits]",
        )?;
        draw_legend(canvas)?;
        for (index, (name, points)) in policies.iter().zip(&points).enumerate() {
            let (column, row) = (index % columns, index / columns);
            let left = MARGIN + AXIS + column as f64 * (width + GAP);
            let top = TOP + PANEL * row as f64 + 24.0;
            let x = PixelScale::new(first.micros() as f64, last.micros() as f64, left, left + width);
            let y = PixelScale::new(low, high, top + PLOT, top);
            let frame = PanelFrame { x, y, left, right: left + width, top };
            draw_panel(canvas, &frame, name, (first, last), column == 0)?;
            draw_curves(canvas, &frame, &findings.shape().instants, points)?;
        }
        Ok(())
    })?;
    Ok(Some(svg))
}

/// One scale for all panels, zero included.
fn range(points: &[Vec<Point>]) -> (f64, f64) {
    let all = points.iter().flatten().map(|point| point.available);
    let (low, high) = all.fold((0.0, 0.0), |(low, high): (f64, f64), spread| {
        (low.min(spread.p10).min(spread.mean), high.max(spread.p90).max(spread.mean))
    });
    let room = (high - low) * 0.04;
    (if low < 0.0 { low - room } else { 0.0 }, high + room)
}

fn draw_panel(
    canvas: &Canvas,
    frame: &PanelFrame,
    name: &str,
    span: (SimTime, SimTime),
    first: bool,
) -> DrawingResult {
    let width = frame.right - frame.left;
    canvas.text(
        &cut(name, Font::HEAD, width),
        (frame.left, frame.top - 13.0),
        TextAnchor::Left,
        Font::HEAD,
    )?;
    for tick in frame.y.ticks(4) {
        let y = frame.y.at(tick);
        canvas.line((frame.left, y), (frame.right, y), if tick == 0.0 { GREY } else { GRID }, 1.0)?;
        if first {
            canvas.text(&tick_label(tick), (frame.left - 8.0, y), TextAnchor::Right, Font::TICK)?;
        }
    }
    let bottom = frame.top + PLOT;
    canvas.line((frame.left, bottom), (frame.right, bottom), GREY, 1.0)?;
    for (at, label) in time_ticks(span.0, span.1, (width / 62.0) as usize) {
        let x = frame.x.at(at.micros() as f64);
        canvas.line((x, bottom), (x, bottom + 4.0), GREY, 1.0)?;
        let half = width_of(&label, Font::TICK) / 2.0;
        if x + half <= frame.right + GAP / 2.0 {
            canvas.text(&label, (x, bottom + 14.0), TextAnchor::Middle, Font::TICK)?;
        }
    }
    Ok(())
}

fn draw_curves(canvas: &Canvas, frame: &PanelFrame, instants: &[SimTime], points: &[Point]) -> DrawingResult {
    let curve = |of: fn(&Point) -> f64| -> Vec<(f64, f64)> {
        let pairs = instants.iter().zip(points);
        pairs.map(|(at, point)| (frame.x.at(at.micros() as f64), frame.y.at(of(point)))).collect()
    };
    let mut band = curve(|point| point.available.p90);
    band.extend(curve(|point| point.available.p10).into_iter().rev());
    canvas.polygon(&band, MEDIAN, 0.18)?;
    canvas.path(&curve(|point| point.available.p50), MEDIAN, 2.2)?;
    canvas.path(&curve(|point| point.available.mean), MEAN, 1.1)
}

fn draw_legend(canvas: &Canvas) -> DrawingResult {
    let y = 74.0;
    let mut x = MARGIN;
    for (text, color) in [("median", MEDIAN), ("mean", MEAN)] {
        canvas.line((x, y), (x + 20.0, y), color, 2.0)?;
        canvas.text(text, (x + 26.0, y), TextAnchor::Left, Font::TICK)?;
        x += 26.0 + width_of(text, Font::TICK) + 18.0;
    }
    let corners = [(x, y - 6.0), (x + 20.0, y - 6.0), (x + 20.0, y + 6.0), (x, y + 6.0)];
    canvas.polygon(&corners, MEDIAN, 0.18)?;
    canvas.text("10th to 90th percentile of organizations", (x + 26.0, y), TextAnchor::Left, Font::TICK)
}
