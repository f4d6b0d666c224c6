//! Colours and marks: of series, and of verdicts.

use plotters::style::RGBColor;

use crate::experiment::Verdict;

use super::super::picture::{PictureSeries, sign};
use super::canvas::{Canvas, DrawingResult, Font, GREY, INK, Place, TextAnchor};

/// Okabe and Ito's colours, told apart by colour-blind readers; yellow is left out, it vanishes on white.
const PALETTE: [RGBColor; 7] = [
    RGBColor(0, 114, 178),
    RGBColor(213, 94, 0),
    RGBColor(0, 158, 115),
    RGBColor(204, 121, 167),
    RGBColor(230, 159, 0),
    RGBColor(86, 180, 233),
    RGBColor(75, 85, 99),
];

const WHITE: RGBColor = RGBColor(255, 255, 255);
/// Of what is better; no policy has it.
const BETTER: RGBColor = RGBColor(6, 78, 59);
/// Of what is worse; no policy has it.
const WORSE: RGBColor = RGBColor(159, 18, 57);

/// Half the side of a verdict's box.
pub(super) const BOX: f64 = 8.0;

/// The colour of a series.
pub(super) fn color_of(series: &PictureSeries) -> RGBColor {
    PALETTE[series.color % PALETTE.len()]
}

/// True for every other round of the palette: lines are dashed and marks hollow.
pub(super) fn is_repeated(series: &PictureSeries) -> bool {
    (series.color / PALETTE.len()) % 2 == 1
}

/// A lighter shade of a colour: `share` of it on white.
pub(super) fn shade(RGBColor(r, g, b): RGBColor, share: f64) -> RGBColor {
    let mix = |part: u8| (255.0 + (f64::from(part) - 255.0) * share).round() as u8;
    RGBColor(mix(r), mix(g), mix(b))
}

/// The mark of a series: a shape of its own, so that it is known without its colour.
pub(super) fn draw_mark(canvas: &Canvas, series: &PictureSeries, at: Place, size: f64) -> DrawingResult {
    draw_shape(canvas, series, at, size, color_of(series))?;
    if is_repeated(series) { draw_hollow(canvas, series, at, size) } else { Ok(()) }
}

/// The same with a white middle.
pub(super) fn draw_ring(canvas: &Canvas, series: &PictureSeries, at: Place, size: f64) -> DrawingResult {
    draw_shape(canvas, series, at, size, color_of(series))?;
    draw_hollow(canvas, series, at, size)
}

fn draw_hollow(canvas: &Canvas, series: &PictureSeries, at: Place, size: f64) -> DrawingResult {
    draw_shape(canvas, series, at, size * 0.55, WHITE)
}

fn draw_shape(
    canvas: &Canvas,
    series: &PictureSeries,
    (x, y): Place,
    size: f64,
    color: RGBColor,
) -> DrawingResult {
    let around = |corners: &[(f64, f64)]| -> Vec<Place> {
        corners.iter().map(|(dx, dy)| (x + dx * size, y + dy * size)).collect()
    };
    match series.color % PALETTE.len() {
        0 => canvas.dot((x, y), size, color),
        1 => canvas.bar((x - size * 0.88, y - size * 0.88), (x + size * 0.88, y + size * 0.88), color),
        2 => canvas.polygon(&around(&[(0.0, -1.25), (1.15, 0.85), (-1.15, 0.85)]), color, 1.0),
        3 => canvas.polygon(&around(&[(0.0, -1.3), (1.3, 0.0), (0.0, 1.3), (-1.3, 0.0)]), color, 1.0),
        4 => canvas.polygon(&around(&[(0.0, 1.25), (1.15, -0.85), (-1.15, -0.85)]), color, 1.0),
        5 => canvas.polygon(&around(&[(-1.25, 0.0), (0.85, -1.15), (0.85, 1.15)]), color, 1.0),
        _ => canvas.polygon(
            &around(&[(-0.6, -1.15), (0.6, -1.15), (1.2, 0.0), (0.6, 1.15), (-0.6, 1.15), (-1.2, 0.0)]),
            color,
            1.0,
        ),
    }
}

/// The hatch of a bar whose policy was judged, over what is drawn already.
pub(super) fn draw_hatch(canvas: &Canvas, verdict: Verdict, corner: Place, opposite: Place) -> DrawingResult {
    match verdict {
        Verdict::Better => canvas.hatch(corner, opposite, WHITE, true),
        Verdict::Worse => canvas.hatch(corner, opposite, WHITE, false),
        _ => Ok(()),
    }
}

/// A verdict in a box: better dark, worse hatched, neither side light, undecided and equal without.
pub(super) fn draw_verdict(canvas: &Canvas, verdict: Verdict, (x, y): Place) -> DrawingResult {
    let (corner, opposite) = ((x - BOX, y - BOX), (x + BOX, y + BOX));
    let color = match verdict {
        Verdict::Better => {
            canvas.bar(corner, opposite, BETTER)?;
            WHITE
        }
        Verdict::Worse => {
            canvas.bar(corner, opposite, WHITE)?;
            canvas.hatch(corner, opposite, shade(WORSE, 0.35), false)?;
            canvas.frame(corner, opposite, WORSE)?;
            WORSE
        }
        Verdict::Higher | Verdict::Lower => {
            canvas.bar(corner, opposite, shade(INK, 0.12))?;
            INK
        }
        Verdict::PracticallyEqual | Verdict::Equal | Verdict::Undecided => GREY,
    };
    let shown = if verdict == Verdict::Worse { "−" } else { sign(verdict) };
    canvas.text(shown, (x, y), TextAnchor::Middle, Font { size: 13.5, color, bold: true })
}

/// What a verdict's box means.
pub(super) fn verdict_words(verdict: Verdict) -> &'static str {
    match verdict {
        Verdict::Better => "better (bar hatched /)",
        Verdict::Worse => "worse (bar hatched \\)",
        Verdict::Equal => "equal",
        other => other.name(),
    }
}
