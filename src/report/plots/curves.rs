//! Curves over a horizontal axis with bands; beside a single panel the legend, with what is said of each curve.

use super::super::picture::{
    AxisScale, CurvePoint, CurveStyle, Picture, PictureAxis, PictureCurve, PicturePanel,
};
use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, INK, Place, TextAnchor, cut, width_of};
use super::scale::PixelScale;
use super::{Area, foot, paint};

const LEGEND: f64 = 250.0;
const AXIS: f64 = 52.0;
const FOOT: f64 = 52.0;

/// The height of a panel with so many panels beside each other and so many curves in it.
pub(super) fn height(columns: usize, curves: usize) -> f64 {
    match columns {
        1 => (380.0_f64).max(60.0 + 36.0 * curves as f64 + FOOT),
        2 => 340.0,
        _ => 230.0,
    }
}

pub(super) fn draw(
    canvas: &Canvas,
    picture: &Picture,
    (panel, curves): (&PicturePanel, &[PictureCurve]),
    (area, single): (Area, bool),
) -> DrawingResult {
    let right = if single { area.right - LEGEND } else { area.right - 6.0 };
    let plot =
        Area { left: area.left + AXIS, right, top: area.top + top_of(panel), bottom: area.bottom - FOOT };
    let (x, y) = draw_axes(canvas, panel, area, plot)?;
    let several = foot::series_of(&panel.content).len() > 1;
    for curve in curves {
        draw_curve(canvas, picture, (curve, several), (&x, &y))?;
    }
    if single { draw_legend(canvas, picture, curves, (right + 22.0, plot.top)) } else { Ok(()) }
}

/// Room for the title, if there is one, and for the name of the vertical axis.
pub(super) fn top_of(panel: &PicturePanel) -> f64 {
    if panel.title.is_empty() { 28.0 } else { 44.0 }
}

/// Grid, ticks, title and names of both axes.
pub(super) fn draw_axes(
    canvas: &Canvas,
    panel: &PicturePanel,
    area: Area,
    plot: Area,
) -> Result<(PixelScale, PixelScale), plotters::drawing::DrawingAreaErrorKind<std::io::Error>> {
    let x = PixelScale::of(&panel.x, plot.left, plot.right);
    let y = PixelScale::of(&panel.y, plot.bottom, plot.top);
    let title = cut(&panel.title, Font::HEAD, area.width());
    canvas.text(&title, (area.left, area.top + 10.0), TextAnchor::Left, Font::HEAD)?;
    let caption = cut(&panel.y.caption(), Font::SUBTITLE, area.width());
    canvas.text(&caption, (area.left, plot.top - 16.0), TextAnchor::Left, Font::SUBTITLE)?;
    for tick in &panel.y.ticks {
        let at = y.at(tick.at);
        let zero = tick.at == 0.0 && panel.y.low < 0.0;
        canvas.line(
            (plot.left, at),
            (plot.right, at),
            if zero { INK } else { GRID },
            if zero { 1.2 } else { 1.0 },
        )?;
        let label = cut(&tick.label, Font::TICK, AXIS - 10.0);
        canvas.text(&label, (plot.left - 8.0, at), TextAnchor::Right, Font::TICK)?;
    }
    canvas.line((plot.left, plot.bottom), (plot.right, plot.bottom), GREY, 1.0)?;
    draw_ticks(canvas, &panel.x, &x, plot, area.right + 14.0)?;
    let caption = cut(&panel.x.caption(), Font::LABEL, plot.right - plot.left + AXIS);
    canvas.text(
        &caption,
        ((plot.left + plot.right) / 2.0, plot.bottom + 34.0),
        TextAnchor::Middle,
        Font::LABEL,
    )?;
    Ok((x, y))
}

fn draw_ticks(
    canvas: &Canvas,
    axis: &PictureAxis,
    scale: &PixelScale,
    plot: Area,
    right: f64,
) -> DrawingResult {
    let mut free_from = f64::NEG_INFINITY;
    let room = (plot.right - plot.left) / axis.ticks.len().max(1) as f64;
    for tick in &axis.ticks {
        let x = scale.at(tick.at);
        canvas.line((x, plot.bottom), (x, plot.bottom + 4.0), GREY, 1.0)?;
        if axis.scale == AxisScale::Logarithmic {
            canvas.line((x, plot.top), (x, plot.bottom), GRID, 0.8)?;
        }
        let label = if axis.scale == AxisScale::Names {
            cut(&tick.label, Font::TICK, room.max(40.0))
        } else {
            tick.label.clone()
        };
        let half = width_of(&label, Font::TICK) / 2.0;
        if x - half > free_from && x + half <= right {
            canvas.text(&label, (x, plot.bottom + 14.0), TextAnchor::Middle, Font::TICK)?;
            free_from = x + half + 6.0;
        }
    }
    Ok(())
}

fn draw_curve(
    canvas: &Canvas,
    picture: &Picture,
    (curve, several): (&PictureCurve, bool),
    (x, y): (&PixelScale, &PixelScale),
) -> DrawingResult {
    let series = &picture.series[curve.series];
    let color = paint::color_of(series);
    let along = |of: fn(&CurvePoint) -> f64| -> Vec<Place> {
        curve.points.iter().map(|point| (x.at(point.x), y.at(of(point)))).collect()
    };
    let mut line = along(|point| point.value.mean);
    if curve.style == CurveStyle::Steps {
        line = line
            .windows(2)
            .flat_map(|pair| [pair[0], (pair[1].0, pair[0].1)])
            .chain(line.last().copied())
            .collect();
    }
    let banded = curve.points.iter().any(|point| point.value.low.is_some());
    if banded && curve.style != CurveStyle::Aside {
        let mut band = along(|point| point.value.highest());
        band.extend(along(|point| point.value.lowest()).into_iter().rev());
        canvas.polygon(&band, color, 0.16)?;
    }
    match curve.style {
        CurveStyle::Aside => canvas.dashed(&line, color, 1.2, (4.0, 3.0))?,
        _ if paint::is_repeated(series) => canvas.dashed(&line, color, 2.2, (9.0, 4.0))?,
        _ => canvas.path(&line, color, 2.2)?,
    }
    match curve.style {
        CurveStyle::Dotted => line.iter().try_for_each(|at| paint::draw_mark(canvas, series, *at, 3.8)),
        CurveStyle::Steps => line.last().map_or(Ok(()), |at| paint::draw_mark(canvas, series, *at, 4.5)),
        // A few marks along a line tell it without its colour.
        CurveStyle::Line if several => {
            let every = (line.len() / 5).max(1);
            let offset = (curve.series * 2) % every.max(1);
            line.iter()
                .skip(offset)
                .step_by(every)
                .try_for_each(|at| paint::draw_mark(canvas, series, *at, 3.2))
        }
        CurveStyle::Aside if several => {
            line.last().map_or(Ok(()), |at| paint::draw_mark(canvas, series, *at, 3.8))
        }
        _ => Ok(()),
    }
}

fn draw_legend(
    canvas: &Canvas,
    picture: &Picture,
    curves: &[PictureCurve],
    (left, top): Place,
) -> DrawingResult {
    let mut y = top + 6.0;
    let room = LEGEND - 22.0 - 22.0;
    for curve in curves.iter().filter(|curve| curve.style != CurveStyle::Aside) {
        let series = &picture.series[curve.series];
        let color = paint::color_of(series);
        canvas.line((left - 6.0, y), (left + 14.0, y), color, 2.2)?;
        paint::draw_mark(canvas, series, (left + 4.0, y), 4.5)?;
        canvas.text(
            &cut(&series.name, Font::LABEL, room),
            (left + 22.0, y),
            TextAnchor::Left,
            Font::LABEL,
        )?;
        let label = cut(&curve.label, Font::TICK, room);
        canvas.text(&label, (left + 22.0, y + 16.0), TextAnchor::Left, Font::TICK)?;
        y += if curve.label.is_empty() { 22.0 } else { 38.0 };
    }
    Ok(())
}
