//! Rows of bars with paired differences beside them: a row a policy.

use crate::experiment::Verdict;

use super::super::picture::{BarRow, Picture, PictureAxis, PicturePanel, PictureValue};
use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, INK, TextAnchor, cut, width_of};
use super::scale::PixelScale;
use super::{Area, draw_name, label_width, paint};

const ROW: f64 = 26.0;
const HEAD: f64 = 34.0;
const FOOT: f64 = 34.0;

/// The height of a panel of so many rows.
pub(super) fn height(rows: usize) -> f64 {
    HEAD + ROW * rows as f64 + FOOT
}

pub(super) fn draw(
    canvas: &Canvas,
    picture: &Picture,
    (panel, rows, difference): (&PicturePanel, &[BarRow], Option<&PictureAxis>),
    area: Area,
) -> DrawingResult {
    let labels = label_width(picture.series.iter().map(|series| series.name.as_str()), 200.0);
    let left = area.left + labels + 12.0;
    let middle = if difference.is_some() { left + (area.right - left) * 0.5 } else { area.right };
    let bars = Area { left, right: middle - 16.0, top: area.top + HEAD, bottom: area.bottom - FOOT };
    canvas.text(&panel.title, (area.left, area.top + 14.0), TextAnchor::Left, Font::HEAD)?;
    draw_bars(canvas, picture, panel, rows, bars)?;
    for (index, row) in rows.iter().enumerate() {
        let series = &picture.series[row.series];
        draw_name(canvas, &series.name, (left - 10.0, middle_of(bars, index)), labels)?;
    }
    match difference {
        Some(axis) => draw_differences(
            canvas,
            picture,
            (axis, rows),
            Area { left: middle + 8.0, right: area.right, ..bars },
        ),
        None => Ok(()),
    }
}

/// The vertical middle of a row.
fn middle_of(area: Area, row: usize) -> f64 {
    area.top + ROW * (row as f64 + 0.5)
}

fn draw_bars(
    canvas: &Canvas,
    picture: &Picture,
    panel: &PicturePanel,
    rows: &[BarRow],
    area: Area,
) -> DrawingResult {
    let widest = rows.iter().filter_map(|row| row.value.as_ref());
    let room = widest.map(|value| width_of(&value.text, Font::VALUE)).fold(30.0, f64::max) + 8.0;
    let room_left = if panel.x.low < 0.0 { room } else { 0.0 };
    let scale = PixelScale::of(&panel.x, area.left + room_left, area.right - room);
    draw_grid(canvas, &panel.x, &scale, area)?;
    for (index, row) in rows.iter().enumerate() {
        let y = middle_of(area, index);
        let Some(value) = &row.value else {
            canvas.text("does not apply", (scale.at(0.0) + 6.0, y), TextAnchor::Left, Font::TICK)?;
            continue;
        };
        let (from, to) = ((scale.at(0.0), y - 8.0), (scale.at(value.mean), y + 8.0));
        canvas.bar(from, to, paint::color_of(&picture.series[row.series]))?;
        let verdict = row.difference.as_ref().map_or(Verdict::Undecided, |found| found.verdict);
        paint::draw_hatch(canvas, verdict, from, to)?;
        draw_whisker(canvas, value, &scale, y)?;
        let (low, high) = (scale.at(value.lowest()), scale.at(value.highest()));
        if value.mean < 0.0 {
            canvas.text(&value.text, (low - 6.0, y), TextAnchor::Right, Font::VALUE)?;
        } else {
            canvas.text(&value.text, (high + 6.0, y), TextAnchor::Left, Font::VALUE)?;
        }
    }
    canvas.line((scale.at(0.0), area.top), (scale.at(0.0), area.bottom), GREY, 1.0)
}

fn draw_differences(
    canvas: &Canvas,
    picture: &Picture,
    (axis, rows): (&PictureAxis, &[BarRow]),
    area: Area,
) -> DrawingResult {
    let texts = rows.iter().filter_map(|row| row.difference.as_ref());
    let column = texts.map(|found| width_of(&found.value.text, Font::VALUE)).fold(40.0, f64::max);
    let verdicts = area.right - paint::BOX;
    let values = verdicts - paint::BOX - 10.0;
    let plot = Area { right: values - column - 14.0, ..area };
    let scale = PixelScale::of(axis, plot.left, plot.right);
    let caption = cut(&axis.caption(), Font::SUBTITLE, area.width());
    canvas.text(&caption, (area.left, area.top - HEAD + 14.0), TextAnchor::Left, Font::SUBTITLE)?;
    draw_grid(canvas, axis, &scale, plot)?;
    canvas.line((scale.at(0.0), plot.top), (scale.at(0.0), plot.bottom), INK, 1.2)?;
    for (index, row) in rows.iter().enumerate() {
        let y = middle_of(area, index);
        let series = &picture.series[row.series];
        let Some(found) = &row.difference else {
            if series.baseline {
                canvas.text("baseline", (values, y), TextAnchor::Right, Font::TICK)?;
            }
            continue;
        };
        draw_whisker(canvas, &found.value, &scale, y)?;
        paint::draw_mark(canvas, series, (scale.at(found.value.mean), y), 4.5)?;
        canvas.text(&found.value.text, (values, y), TextAnchor::Right, Font::VALUE)?;
        paint::draw_verdict(canvas, found.verdict, (verdicts, y))?;
    }
    Ok(())
}

/// The axis' caption in the middle below its labels, cut to a width.
pub(super) fn draw_caption(canvas: &Canvas, axis: &PictureAxis, plot: Area, width: f64) -> DrawingResult {
    let caption = cut(&axis.caption(), Font::LABEL, width);
    canvas.text(
        &caption,
        ((plot.left + plot.right) / 2.0, plot.bottom + 32.0),
        TextAnchor::Middle,
        Font::LABEL,
    )
}

/// Vertical lines at ticks, labelled below where labels fit.
pub(super) fn draw_grid(
    canvas: &Canvas,
    axis: &PictureAxis,
    scale: &PixelScale,
    area: Area,
) -> DrawingResult {
    let mut free_from = f64::NEG_INFINITY;
    for tick in &axis.ticks {
        let x = scale.at(tick.at);
        canvas.line((x, area.top), (x, area.bottom), GRID, 1.0)?;
        let half = width_of(&tick.label, Font::TICK) / 2.0;
        if x - half > free_from {
            canvas.text(&tick.label, (x, area.bottom + 12.0), TextAnchor::Middle, Font::TICK)?;
            free_from = x + half + 6.0;
        }
    }
    Ok(())
}

/// An interval along the horizontal axis.
pub(super) fn draw_whisker(
    canvas: &Canvas,
    value: &PictureValue,
    scale: &PixelScale,
    y: f64,
) -> DrawingResult {
    let (Some(low), Some(high)) = (value.low, value.high) else { return Ok(()) };
    let (low, high) = (scale.at(low), scale.at(high));
    canvas.line((low, y), (high, y), INK, 1.2)?;
    canvas.line((low, y - 4.0), (low, y + 4.0), INK, 1.2)?;
    canvas.line((high, y - 4.0), (high, y + 4.0), INK, 1.2)
}
