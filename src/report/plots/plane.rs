//! Points in the plane with intervals along both axes.

use super::super::picture::{Picture, PicturePanel, PlanePoint};
use super::canvas::{Canvas, DrawingResult, Font, GREY, INK, Place, TextAnchor, cut};
use super::curves::{draw_axes, top_of};
use super::foot::series_of;
use super::scale::PixelScale;
use super::{Area, paint};

const LEGEND: f64 = 220.0;

/// The height of a panel with so many panels beside each other.
pub(super) fn height(picture: &Picture, columns: usize) -> f64 {
    if columns == 1 { (430.0_f64).max(120.0 + 22.0 * picture.series.len() as f64) } else { 360.0 }
}

pub(super) fn draw(
    canvas: &Canvas,
    picture: &Picture,
    (panel, points, joined): (&PicturePanel, &[PlanePoint], bool),
    (area, single): (Area, bool),
) -> DrawingResult {
    let right = if single { area.right - LEGEND } else { area.right - 6.0 };
    let plot =
        Area { left: area.left + 52.0, right, top: area.top + top_of(panel), bottom: area.bottom - 52.0 };
    let (x, y) = draw_axes(canvas, panel, area, plot)?;
    if joined {
        let mut front: Vec<&PlanePoint> = points.iter().filter(|point| point.marked).collect();
        front.sort_by(|a, b| a.x.mean.total_cmp(&b.x.mean).then(a.y.mean.total_cmp(&b.y.mean)));
        let front: Vec<Place> = front.iter().map(|point| (x.at(point.x.mean), y.at(point.y.mean))).collect();
        if front.len() > 1 {
            canvas.path(&front, GREY, 1.2)?;
        }
    }
    // Crosses lie below all points.
    points.iter().try_for_each(|point| draw_cross(canvas, picture, point, (&x, &y)))?;
    // Of many, none stands out: they are small.
    let size = if points.len() > 24 { 2.6 } else { 5.0 };
    for point in points {
        let (at, series) = ((x.at(point.x.mean), y.at(point.y.mean)), &picture.series[point.series]);
        if point.marked {
            paint::draw_mark(canvas, series, at, size)?
        } else {
            paint::draw_ring(canvas, series, at, size * 0.85)?
        }
    }
    if single {
        draw_legend(canvas, picture, panel, (right + 24.0, plot.top))?;
    }
    for point in points.iter().filter(|point| !point.label.is_empty()) {
        draw_label(canvas, point, (x.at(point.x.mean), y.at(point.y.mean)), plot)?;
    }
    Ok(())
}

fn draw_cross(
    canvas: &Canvas,
    picture: &Picture,
    point: &PlanePoint,
    (x, y): (&PixelScale, &PixelScale),
) -> DrawingResult {
    let color = paint::shade(paint::color_of(&picture.series[point.series]), 0.6);
    let at = (x.at(point.x.mean), y.at(point.y.mean));
    if let (Some(low), Some(high)) = (point.x.low, point.x.high) {
        canvas.line((x.at(low), at.1), (x.at(high), at.1), color, 1.2)?;
    }
    match (point.y.low, point.y.high) {
        (Some(low), Some(high)) => canvas.line((at.0, y.at(low)), (at.0, y.at(high)), color, 1.2),
        _ => Ok(()),
    }
}

/// A label where it meets no other text: to the right, to the left, above or below.
fn draw_label(canvas: &Canvas, point: &PlanePoint, at: Place, plot: Area) -> DrawingResult {
    let font = if point.marked { Font { color: INK, ..Font::VALUE } } else { Font::TICK };
    let text = cut(&point.label, font, 200.0);
    let places = [
        ((at.0 + 9.0, at.1 - 9.0), TextAnchor::Left),
        ((at.0 - 9.0, at.1 - 9.0), TextAnchor::Right),
        ((at.0 + 9.0, at.1 + 10.0), TextAnchor::Left),
        ((at.0 - 9.0, at.1 + 10.0), TextAnchor::Right),
        ((at.0 + 9.0, at.1 - 22.0), TextAnchor::Left),
        ((at.0 + 9.0, at.1 + 23.0), TextAnchor::Left),
    ];
    for (place, anchor) in places {
        if place.1 > plot.top - 8.0
            && place.1 < plot.bottom - 4.0
            && canvas.text_if_free(&text, place, anchor, font, (plot.left, plot.right + 10.0))?
        {
            break;
        }
    }
    Ok(())
}

fn draw_legend(
    canvas: &Canvas,
    picture: &Picture,
    panel: &PicturePanel,
    (left, top): Place,
) -> DrawingResult {
    for (index, series) in series_of(&panel.content).into_iter().enumerate() {
        let (series, y) = (&picture.series[series], top + 6.0 + 22.0 * index as f64);
        paint::draw_mark(canvas, series, (left, y), 5.0)?;
        let name = cut(&series.name, Font::LABEL, LEGEND - 44.0);
        canvas.text(&name, (left + 16.0, y), TextAnchor::Left, Font::LABEL)?;
    }
    Ok(())
}
