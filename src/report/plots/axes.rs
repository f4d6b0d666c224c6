//! A frame with grid, ticks and names for two linear axes, shared by the plots that have one.

use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, TextAnchor};
use super::scale::{PixelScale, tick_label};

/// Okabe and Ito's colours, told apart by colour-blind readers; yellow is left out, it vanishes on white.
pub(super) const COLORS: [plotters::style::RGBColor; 7] = [
    plotters::style::RGBColor(0, 114, 178),
    plotters::style::RGBColor(213, 94, 0),
    plotters::style::RGBColor(0, 158, 115),
    plotters::style::RGBColor(204, 121, 167),
    plotters::style::RGBColor(230, 159, 0),
    plotters::style::RGBColor(86, 180, 233),
    plotters::style::RGBColor(31, 41, 55),
];

/// The rectangle of a plot.
#[derive(Debug, Clone, Copy)]
pub(super) struct PlotFrame {
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl PlotFrame {
    pub(super) fn x(&self, low: f64, high: f64) -> PixelScale {
        PixelScale::new(low, high, self.left, self.right)
    }

    pub(super) fn y(&self, low: f64, high: f64) -> PixelScale {
        PixelScale::new(low, high, self.bottom, self.top)
    }

    /// Horizontal grid lines with labels at the left.
    pub(super) fn draw_y(&self, canvas: &Canvas, y: &PixelScale) -> DrawingResult {
        for tick in y.ticks(6) {
            let at = y.at(tick);
            canvas.line((self.left, at), (self.right, at), if tick == 0.0 { GREY } else { GRID }, 1.0)?;
            canvas.text(&tick_label(tick), (self.left - 8.0, at), TextAnchor::Right, Font::TICK)?;
        }
        canvas.line((self.left, self.bottom), (self.right, self.bottom), GREY, 1.0)
    }

    /// Ticks with labels below.
    pub(super) fn draw_x(&self, canvas: &Canvas, ticks: &[(f64, String)]) -> DrawingResult {
        for (at, label) in ticks {
            canvas.line((*at, self.bottom), (*at, self.bottom + 4.0), GREY, 1.0)?;
            canvas.text(label, (*at, self.bottom + 14.0), TextAnchor::Middle, Font::TICK)?;
        }
        Ok(())
    }

    /// The names of the axes: the horizontal one below, the vertical one above its labels.
    pub(super) fn draw_names(&self, canvas: &Canvas, x: &str, y: &str) -> DrawingResult {
        let middle = (self.left + self.right) / 2.0;
        canvas.text(x, (middle, self.bottom + 36.0), TextAnchor::Middle, Font::LABEL)?;
        canvas.text(y, (self.left - 40.0, self.top - 16.0), TextAnchor::Left, Font::LABEL)
    }
}

/// A range a little wider than its values; `None` without values.
pub(super) fn range(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    let join = |range: Option<(f64, f64)>, value: f64| match range {
        Some((low, high)) => Some((f64::min(low, value), f64::max(high, value))),
        None => Some((value, value)),
    };
    let (low, high) = values.into_iter().fold(None, join)?;
    let room = if high > low { (high - low) * 0.05 } else { high.abs().max(1.0) * 0.1 };
    // An axis that starts near zero starts at zero.
    let from = if low >= 0.0 && low < high * 0.35 { 0.0 } else { low - room };
    Some((from, high + room))
}
