//! Grids of shades: darker is more.

use super::super::picture::{AxisTick, PicturePanel, PictureSeries};
use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, TextAnchor, cut, width_of};
use super::{Area, paint};

const HEAD: f64 = 26.0;
const FOOT: f64 = 44.0;
const ROW: f64 = 17.0;

/// The height of a panel of so many rows.
pub(super) fn height(rows: usize) -> f64 {
    HEAD + ROW * rows as f64 + FOOT
}

pub(super) fn draw(
    canvas: &Canvas,
    (series, panel): (&PictureSeries, &PicturePanel),
    (values, most): (&[Vec<f64>], f64),
    area: Area,
) -> DrawingResult {
    let left = area.left + 40.0;
    let columns = values.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let wide = (area.right - left) / columns as f64;
    let top = area.top + HEAD;
    canvas.text(
        &cut(&panel.title, Font::HEAD, area.width()),
        (area.left, area.top + 10.0),
        TextAnchor::Left,
        Font::HEAD,
    )?;
    for (row, own) in values.iter().enumerate() {
        for (column, value) in own.iter().enumerate() {
            let corner = (left + wide * column as f64, top + ROW * row as f64);
            let opposite = (corner.0 + wide - 1.0, corner.1 + ROW - 1.0);
            let share = if most > 0.0 { (value / most).clamp(0.0, 1.0) } else { 0.0 };
            canvas.bar(corner, opposite, paint::shade(paint::color_of(series), share))?;
            canvas.frame(corner, opposite, GRID)?;
        }
    }
    let bottom = top + ROW * values.len() as f64;
    for AxisTick { at, label } in &panel.y.ticks {
        let y = top + ROW * (at + 0.5);
        canvas.text(label, (left - 8.0, y), TextAnchor::Right, Font::TICK)?;
    }
    let mut free_from = f64::NEG_INFINITY;
    for AxisTick { at, label } in &panel.x.ticks {
        let x = left + wide * at;
        let half = width_of(label, Font::TICK) / 2.0;
        canvas.line((x, bottom), (x, bottom + 3.0), GREY, 1.0)?;
        if x - half > free_from {
            canvas.text(label, (x, bottom + 13.0), TextAnchor::Middle, Font::TICK)?;
            free_from = x + half + 6.0;
        }
    }
    Ok(())
}
