//! Bars of parts that add up: a row a policy, parts told apart by shade and hatch.

use plotters::style::RGBColor;

use super::super::picture::{Picture, PicturePanel, StackRow};
use super::bars::{draw_caption, draw_grid};
use super::canvas::{Canvas, DrawingResult, Font, GREY, Place, TextAnchor, width_of};
use super::scale::PixelScale;
use super::{Area, draw_name, label_width, paint};

const ROW: f64 = 32.0;
const HEAD: f64 = 28.0;
const FOOT: f64 = 50.0;
const WHITE: RGBColor = RGBColor(255, 255, 255);

/// The height of a panel of so many rows.
pub(super) fn height(rows: usize) -> f64 {
    HEAD + ROW * rows as f64 + FOOT
}

pub(super) fn draw(
    canvas: &Canvas,
    picture: &Picture,
    (panel, parts, rows): (&PicturePanel, &[String], &[StackRow]),
    area: Area,
) -> DrawingResult {
    let labels = label_width(picture.series.iter().map(|series| series.name.as_str()), 200.0);
    let totals = rows.iter().map(|row| width_of(&row.total, Font::VALUE)).fold(40.0, f64::max);
    let left = area.left + labels + 12.0;
    let plot =
        Area { left, right: area.right - totals - 16.0, top: area.top + HEAD, bottom: area.bottom - FOOT };
    let scale = PixelScale::of(&panel.x, plot.left, plot.right);
    canvas.text(&panel.title, (area.left, area.top + 12.0), TextAnchor::Left, Font::HEAD)?;
    draw_grid(canvas, &panel.x, &scale, plot)?;
    draw_caption(canvas, &panel.x, plot, area.width())?;
    for (index, row) in rows.iter().enumerate() {
        let y = plot.top + ROW * (index as f64 + 0.5);
        let series = &picture.series[row.series];
        draw_name(canvas, &series.name, (left - 10.0, y), labels)?;
        let mut sum = 0.0;
        for (part, value) in row.parts.iter().enumerate().take(parts.len()) {
            let (from, to) = (scale.at(sum), scale.at(sum + value.mean));
            sum += value.mean;
            let style = (part, parts.len());
            draw_part(canvas, paint::color_of(series), style, (from, y - 11.0), (to, y + 11.0))?;
            draw_share(canvas, &value.text, (from, to), (part, y))?;
        }
        canvas.text(&row.total, (scale.at(sum) + 8.0, y), TextAnchor::Left, Font::VALUE)?;
    }
    canvas.line((scale.at(0.0), plot.top), (scale.at(0.0), plot.bottom), GREY, 1.0)
}

/// A part's value inside of it, where it fits.
fn draw_share(canvas: &Canvas, text: &str, (from, to): (f64, f64), (part, y): (usize, f64)) -> DrawingResult {
    let width = width_of(text, Font::VALUE);
    if to - from < width + 12.0 {
        return Ok(());
    }
    let middle = (from + to) / 2.0;
    if part == 0 {
        return canvas.text(text, (middle, y), TextAnchor::Middle, Font { color: WHITE, ..Font::VALUE });
    }
    canvas.bar((middle - width / 2.0 - 3.0, y - 7.5), (middle + width / 2.0 + 3.0, y + 7.5), WHITE)?;
    canvas.text(text, (middle, y), TextAnchor::Middle, Font::VALUE)
}

/// The first part full, others lighter and hatched, the last white.
fn draw_part(
    canvas: &Canvas,
    color: RGBColor,
    (part, count): (usize, usize),
    corner: Place,
    opposite: Place,
) -> DrawingResult {
    if opposite.0 - corner.0 < 0.25 {
        return Ok(());
    }
    match part {
        0 => canvas.bar(corner, opposite, color)?,
        last if last + 1 == count => canvas.bar(corner, opposite, WHITE)?,
        1 => {
            canvas.bar(corner, opposite, paint::shade(color, 0.65))?;
            canvas.hatch(corner, opposite, WHITE, true)?;
        }
        2 => {
            canvas.bar(corner, opposite, paint::shade(color, 0.12))?;
            canvas.hatch(corner, opposite, color, false)?;
        }
        _ => {
            canvas.bar(corner, opposite, paint::shade(color, 0.12))?;
            canvas.hatch(corner, opposite, color, true)?;
            canvas.hatch(corner, opposite, color, false)?;
        }
    }
    canvas.frame(corner, opposite, color)
}

/// A sample of a part.
pub(super) fn draw_sample(canvas: &Canvas, style: (usize, usize), (x, y): Place) -> DrawingResult {
    draw_part(canvas, RGBColor(75, 85, 99), style, (x - 9.0, y - 7.0), (x + 9.0, y + 7.0))
}
