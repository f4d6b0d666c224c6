//! Named rows: dots with intervals, and bars around a base.

use plotters::style::RGBColor;

use super::super::picture::{AxisTick, DotRow, Picture, PicturePanel, SwingRow};
use super::bars::{draw_caption, draw_grid, draw_whisker};
use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, INK, Place, TextAnchor, cut, width_of, wrap};
use super::scale::PixelScale;
use super::{Area, paint};

const ROW: f64 = 24.0;
const HEAD: f64 = 34.0;
const FOOT: f64 = 48.0;
const SWING: f64 = 36.0;
const LOW: RGBColor = RGBColor(160, 166, 176);
const HIGH: RGBColor = RGBColor(55, 65, 81);

/// The height of a panel of so many dots.
pub(super) fn height(rows: usize) -> f64 {
    HEAD + ROW * rows as f64 + FOOT
}

/// The height of a panel of so many swings.
pub(super) fn swings_height(rows: usize) -> f64 {
    HEAD + SWING * rows as f64 + FOOT
}

pub(super) fn draw(
    canvas: &Canvas,
    picture: &Picture,
    (panel, rows, lines): (&PicturePanel, &[DotRow], &[AxisTick]),
    area: Area,
) -> DrawingResult {
    let widest = |of: fn(&DotRow) -> &str, font: Font, least: f64| {
        rows.iter().map(|row| width_of(of(row), font)).fold(least, f64::max)
    };
    let labels = widest(|row| &row.label, Font::LABEL, 60.0).min(380.0);
    let remarks = widest(|row| &row.remark, Font::VALUE, 0.0).min(160.0);
    let values = widest(|row| row.value.as_ref().map_or("", |value| &value.text), Font::VALUE, 40.0);
    let plot = Area {
        left: area.left + labels + 40.0,
        right: area.right - remarks - values - 36.0,
        top: area.top + HEAD,
        bottom: area.bottom - FOOT,
    };
    let scale = PixelScale::of(&panel.x, plot.left, plot.right);
    canvas.text(&panel.title, (area.left, area.top + 14.0), TextAnchor::Left, Font::HEAD)?;
    draw_grid(canvas, &panel.x, &scale, plot)?;
    draw_caption(canvas, &panel.x, plot, area.width())?;
    for line in lines {
        let x = scale.at(line.at);
        canvas.dashed(&[(x, plot.top - 6.0), (x, plot.bottom)], INK, 1.2, (5.0, 3.0))?;
        let (left, right) = (area.left, area.right);
        canvas.text_if_free(
            &line.label,
            (x, plot.top - 14.0),
            TextAnchor::Middle,
            Font::TICK,
            (left, right),
        )?;
    }
    for (index, row) in rows.iter().enumerate() {
        let y = plot.top + ROW * (index as f64 + 0.5);
        let series = &picture.series[row.series];
        let bold = row.marked;
        let font = Font { bold, ..Font::LABEL };
        canvas.text(&cut(&row.label, font, labels + 16.0), (plot.left - 14.0, y), TextAnchor::Right, font)?;
        let value_at = plot.right + 14.0 + values;
        match &row.value {
            Some(value) => {
                draw_whisker(canvas, value, &scale, y)?;
                let at = (scale.at(value.mean), y);
                if row.marked {
                    paint::draw_mark(canvas, series, at, 5.5)?
                } else {
                    paint::draw_ring(canvas, series, at, 4.5)?
                }
                canvas.text(&value.text, (value_at, y), TextAnchor::Right, Font { bold, ..Font::VALUE })?;
            }
            None => canvas.text("not measured", (value_at, y), TextAnchor::Right, Font::TICK)?,
        }
        let remark = cut(&row.remark, Font::VALUE, remarks + 8.0);
        canvas.text(&remark, (value_at + 14.0, y), TextAnchor::Left, Font { bold, ..Font::TICK })?;
    }
    Ok(())
}

pub(super) fn draw_swings(
    canvas: &Canvas,
    (panel, rows, base): (&PicturePanel, &[SwingRow], f64),
    area: Area,
) -> DrawingResult {
    let labels = rows.iter().map(|row| width_of(&row.label, Font::VALUE)).fold(80.0, f64::max).min(330.0);
    let values = rows.iter().map(|row| width_of(&row.width.text, Font::VALUE)).fold(60.0, f64::max);
    let plot = Area {
        left: area.left + labels + 16.0,
        right: area.right - values - 20.0,
        top: area.top + HEAD,
        bottom: area.bottom - FOOT,
    };
    let settings = rows.iter().flat_map(|row| [&row.low.text, &row.high.text]);
    let room = settings.map(|text| width_of(text, Font::TICK)).fold(20.0, f64::max).min(110.0) + 10.0;
    let scale = PixelScale::of(&panel.x, plot.left + room, plot.right - room);
    canvas.text("moves it by", (area.right, area.top + 18.0), TextAnchor::Right, Font::SUBTITLE)?;
    draw_grid(canvas, &panel.x, &scale, plot)?;
    draw_caption(canvas, &panel.x, plot, area.width())?;
    for (index, row) in rows.iter().enumerate() {
        let y = plot.top + SWING * (index as f64 + 0.5);
        draw_swing_label(canvas, row, (plot.left - 12.0, y), labels)?;
        draw_swing(canvas, row, (base, &scale), (y, room))?;
        canvas.text(&row.width.text, (area.right, y), TextAnchor::Right, Font::VALUE)?;
    }
    canvas.line((scale.at(base), plot.top), (scale.at(base), plot.bottom), INK, 1.2)
}

/// A key in at most two lines; below it, that the ranking of policies turns.
fn draw_swing_label(canvas: &Canvas, row: &SwingRow, (x, y): Place, width: f64) -> DrawingResult {
    let mut lines = wrap(&row.label, Font::VALUE, width + 2.0);
    if lines.len() > 2 {
        lines = vec![lines[0].clone(), cut(&lines[1..].concat(), Font::VALUE, width)];
    }
    let turns = "turns the ranking of policies".to_owned();
    let count = lines.len() + usize::from(row.ranking_changes);
    let first = y - 6.5 * (count - 1) as f64;
    for (index, line) in lines.iter().enumerate() {
        canvas.text(line, (x, first + 13.0 * index as f64), TextAnchor::Right, Font::VALUE)?;
    }
    let small = Font { bold: true, size: 10.5, ..Font::TICK };
    if row.ranking_changes {
        canvas.text(&turns, (x, first + 13.0 * lines.len() as f64), TextAnchor::Right, small)
    } else {
        Ok(())
    }
}

fn draw_swing(
    canvas: &Canvas,
    row: &SwingRow,
    (base, scale): (f64, &PixelScale),
    (y, room): (f64, f64),
) -> DrawingResult {
    let origin = scale.at(base);
    let ends = [(&row.low, false), (&row.high, true)];
    for (value, high) in ends {
        let x = scale.at(value.mean);
        // Where both ends lie on one side, the lower half is the low setting's.
        let (top, bottom) = if high { (y - 10.0, y) } else { (y, y + 10.0) };
        let overlap = (row.low.mean - base) * (row.high.mean - base) > 0.0;
        let (top, bottom) = if overlap { (top, bottom) } else { (y - 9.0, y + 9.0) };
        canvas.bar((origin, top), (x, bottom), if high { HIGH } else { LOW })?;
        if !high {
            canvas.hatch((origin, top), (x, bottom), RGBColor(255, 255, 255), true)?;
        }
        let middle = (top + bottom) / 2.0;
        draw_whisker(canvas, value, scale, middle)?;
        let text = cut(&value.text, Font::TICK, room);
        let right = value.mean > base || (value.mean == base && high);
        let at = if right { value.highest().max(base) } else { value.lowest().min(base) };
        let (at, anchor) = if right {
            (scale.at(at) + 6.0, TextAnchor::Left)
        } else {
            (scale.at(at) - 6.0, TextAnchor::Right)
        };
        canvas.text_if_free(&text, (at, middle), anchor, Font::TICK, (0.0, f64::INFINITY))?;
    }
    canvas.line((origin, y - 12.0), (origin, y + 12.0), GRID, 0.5)
}

/// A sample of the bar of a low or a high setting.
pub(super) fn draw_sample(canvas: &Canvas, high: bool, (x, y): Place) -> DrawingResult {
    let (corner, opposite) = ((x - 8.0, y - 6.0), (x + 8.0, y + 6.0));
    canvas.bar(corner, opposite, if high { HIGH } else { LOW })?;
    if high { Ok(()) } else { canvas.hatch(corner, opposite, RGBColor(255, 255, 255), true) }?;
    canvas.frame(corner, opposite, GREY)
}
