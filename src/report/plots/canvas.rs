//! Drawing in pixels on an SVG, with the few shapes the plots need.
//!
//! plotters draws in whole units, so everything is drawn twice as large and shown at half the size.

use std::io;

use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::units::visible;

/// What drawing returns; writing into memory does not fail, but plotters cannot know.
pub(super) type DrawingResult = Result<(), DrawingAreaErrorKind<io::Error>>;

/// Units a pixel.
const FINENESS: f64 = 2.0;
/// plotters writes fonts smaller than asked by this factor.
const FONT_FACTOR: f64 = 1.24;
/// Width of an average character, as a share of the font's size.
const CHARACTER: f64 = 0.56;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(31, 41, 55);
/// Secondary text.
pub(super) const GREY: RGBColor = RGBColor(107, 114, 128);
/// Grid lines.
pub(super) const GRID: RGBColor = RGBColor(229, 231, 235);

/// Where text stands relative to its point.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum TextAnchor {
    Left,
    Middle,
    Right,
}

/// A font.
#[derive(Debug, Clone, Copy)]
pub(super) struct Font {
    pub size: f64,
    pub color: RGBColor,
    pub bold: bool,
}

impl Font {
    pub(super) const TITLE: Font = Font { size: 18.0, color: INK, bold: true };
    pub(super) const SUBTITLE: Font = Font { size: 12.5, color: GREY, bold: false };
    pub(super) const HEAD: Font = Font { size: 13.5, color: INK, bold: true };
    pub(super) const LABEL: Font = Font { size: 13.0, color: INK, bold: false };
    pub(super) const TICK: Font = Font { size: 11.5, color: GREY, bold: false };
}

/// The width of a text in pixels, roughly: no font is at hand.
pub(super) fn width_of(text: &str, font: Font) -> f64 {
    text.chars().count() as f64 * font.size * CHARACTER * if font.bold { 1.12 } else { 1.0 }
}

/// A text cut to a width, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, font: Font, width: f64) -> String {
    let room = (width / width_of("x", font)) as usize;
    if text.chars().count() <= room {
        return text.to_owned();
    }
    text.chars().take(room.saturating_sub(1)).chain(['…']).collect()
}

/// A text in lines that fit a width, broken behind spaces, dashes and underscores where possible.
pub(super) fn wrap(text: &str, font: Font, width: f64) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive([' ', '-', '_']) {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && width_of(&format!("{line}{piece}"), font) > width {
            lines.push(piece.to_owned());
        } else {
            line.push_str(piece);
        }
    }
    lines
}

/// An area to draw on; all lengths in pixels from the upper left corner.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
}

/// Draws a picture of a size and returns its SVG.
pub(super) fn picture(
    width: f64,
    height: f64,
    draw: impl FnOnce(&Canvas) -> DrawingResult,
) -> io::Result<String> {
    let (wide, high) = ((width * FINENESS) as u32, (height * FINENESS) as u32);
    let mut svg = String::new();
    let drawn = {
        let canvas = Canvas { area: SVGBackend::with_string(&mut svg, (wide, high)).into_drawing_area() };
        canvas.area.fill(&WHITE).and_then(|()| draw(&canvas)).and_then(|()| canvas.area.present())
    };
    drawn.map_err(|error| io::Error::other(error.to_string()))?;
    let drawn_size = format!("width=\"{wide}\" height=\"{high}\" viewBox");
    Ok(svg.replacen(&drawn_size, &format!("width=\"{width}\" height=\"{height}\" viewBox"), 1))
}

fn unit(pixels: f64) -> i32 {
    (pixels * FINENESS).round() as i32
}

fn point((x, y): (f64, f64)) -> (i32, i32) {
    (unit(x), unit(y))
}

impl Canvas<'_> {
    pub(super) fn text(&self, text: &str, at: (f64, f64), anchor: TextAnchor, font: Font) -> DrawingResult {
        let horizontal = match anchor {
            TextAnchor::Left => HPos::Left,
            TextAnchor::Middle => HPos::Center,
            TextAnchor::Right => HPos::Right,
        };
        let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let desc = FontDesc::new(FontFamily::SansSerif, font.size * FINENESS * FONT_FACTOR, style);
        let style = TextStyle::from(desc).color(&font.color).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw(&Text::new(visible(text), point(at), style))
    }

    pub(super) fn line(
        &self,
        from: (f64, f64),
        to: (f64, f64),
        color: RGBColor,
        width: f64,
    ) -> DrawingResult {
        self.path(&[from, to], color, width)
    }

    pub(super) fn path(&self, points: &[(f64, f64)], color: RGBColor, width: f64) -> DrawingResult {
        let points: Vec<(i32, i32)> = points.iter().copied().map(point).collect();
        self.area.draw(&PathElement::new(points, color.stroke_width(unit(width).max(1) as u32)))
    }

    pub(super) fn polygon(&self, points: &[(f64, f64)], color: RGBColor, opacity: f64) -> DrawingResult {
        let points: Vec<(i32, i32)> = points.iter().copied().map(point).collect();
        self.area.draw(&Polygon::new(points, color.mix(opacity)))
    }

    pub(super) fn bar(&self, corner: (f64, f64), opposite: (f64, f64), color: RGBColor) -> DrawingResult {
        let (x0, x1) = (corner.0.min(opposite.0), corner.0.max(opposite.0));
        let (y0, y1) = (corner.1.min(opposite.1), corner.1.max(opposite.1));
        self.area.draw(&Rectangle::new([point((x0, y0)), point((x1, y1))], color.filled()))
    }

    pub(super) fn dot(&self, center: (f64, f64), radius: f64, color: RGBColor) -> DrawingResult {
        self.area.draw(&Circle::new(point(center), unit(radius), color.filled()))
    }

    /// A circle with a white middle.
    pub(super) fn ring(&self, center: (f64, f64), radius: f64, color: RGBColor) -> DrawingResult {
        self.dot(center, radius, color)?;
        self.dot(center, radius - 1.3, WHITE)
    }

    /// The head of a picture: what it shows, and how to read it.
    pub(super) fn title(&self, title: &str, subtitle: &str) -> DrawingResult {
        self.text(title, (24.0, 28.0), TextAnchor::Left, Font::TITLE)?;
        self.text(subtitle, (24.0, 50.0), TextAnchor::Left, Font::SUBTITLE)
    }
}
