//! Drawing in pixels on an SVG, with the few shapes the plots need.
//!
//! plotters draws in whole units, so everything is drawn twice as large and shown at half the size. Every text is remembered
//! with the room that it takes, so that a test can hold texts apart.

use std::cell::RefCell;
use std::io;

use plotters::drawing::DrawingAreaErrorKind;
use plotters::prelude::*;
use plotters::style::text_anchor::{HPos, Pos, VPos};

use crate::units::visible;

/// What drawing returns; writing into memory does not fail, but plotters cannot know.
pub(super) type DrawingResult = Result<(), DrawingAreaErrorKind<io::Error>>;

/// A place in pixels from the upper left corner.
pub(super) type Place = (f64, f64);

/// Units a pixel.
const FINENESS: f64 = 2.0;
/// plotters writes fonts smaller than asked by this factor.
const FONT_FACTOR: f64 = 1.24;
/// Pixels between the lines of a hatch.
const HATCH: f64 = 6.0;

/// Text and axes.
pub(super) const INK: RGBColor = RGBColor(31, 41, 55);
/// Secondary text.
pub(super) const GREY: RGBColor = RGBColor(100, 108, 122);
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
    pub(super) const VALUE: Font = Font { size: 11.5, color: INK, bold: false };
    pub(super) const TICK: Font = Font { size: 11.5, color: GREY, bold: false };
}

/// The width of a text in pixels, roughly: no font is at hand, so that of a wide one is taken (DejaVu Sans).
pub(super) fn width_of(text: &str, font: Font) -> f64 {
    let width = |character: char| match character {
        'i' | 'j' | 'l' | '\'' | '|' => 0.28,
        ' ' | '.' | ',' | ':' | ';' | '!' | '/' | '\\' | '`' => 0.33,
        'f' | 't' | 'r' | 'I' | 'J' | '(' | ')' | '[' | ']' | '-' | '"' => 0.4,
        's' | 'z' | 'c' | 'k' | 'v' | 'x' | 'y' | '_' | '?' | '*' => 0.55,
        'm' | 'M' | 'W' | '%' | '@' | '…' => 0.96,
        'w' | 'N' | 'O' | 'Q' | 'G' | 'D' | 'H' | 'U' | '±' | '+' | '=' | '<' | '>' | '~' | '≈' | '↑'
        | '↓' | '→' | '−' | '×' => 0.82,
        upper if upper.is_uppercase() => 0.68,
        // East Asian characters are as wide as high.
        wide if u32::from(wide) >= 0x1100 => 1.0,
        _ => 0.63,
    };
    text.chars().map(width).sum::<f64>() * font.size * if font.bold { 1.12 } else { 1.0 }
}

/// A text cut to a width, with an ellipsis where something is missing.
pub(super) fn cut(text: &str, font: Font, width: f64) -> String {
    if width_of(text, font) <= width {
        return text.to_owned();
    }
    let mut kept = String::new();
    for character in text.chars() {
        if width_of(&format!("{kept}{character}…"), font) > width {
            break;
        }
        kept.push(character);
    }
    kept + "…"
}

/// A text in lines that fit a width, broken behind spaces, dashes, dots and underscores where possible.
pub(super) fn wrap(text: &str, font: Font, width: f64) -> Vec<String> {
    broken(text, font, width, &[' ', '-', '_', '.'])
}

/// The same, broken behind spaces alone.
pub(super) fn wrap_words(text: &str, font: Font, width: f64) -> Vec<String> {
    // A number stays with its sign.
    let glued = text.replace(" %", "\u{a0}%");
    broken(&glued, font, width, &[' ']).into_iter().map(|line| line.replace('\u{a0}', " ")).collect()
}

fn broken(text: &str, font: Font, width: f64, behind: &[char]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for piece in text.split_inclusive(behind) {
        let line = lines.last_mut().expect("there is always a line");
        if !line.is_empty() && width_of(format!("{line}{piece}").trim_end(), font) > width {
            lines.push(piece.to_owned());
        } else {
            line.push_str(piece);
        }
    }
    lines.iter().map(|line| cut(line.trim_end(), font, width)).collect()
}

/// The room of a text that was drawn.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct TextRoom {
    pub text: String,
    pub left: f64,
    pub right: f64,
    pub top: f64,
    pub bottom: f64,
}

impl TextRoom {
    fn of(text: &str, (x, y): Place, anchor: TextAnchor, font: Font) -> Self {
        let width = width_of(text, font);
        let left = match anchor {
            TextAnchor::Left => x,
            TextAnchor::Middle => x - width / 2.0,
            TextAnchor::Right => x - width,
        };
        let half = font.size * 0.55;
        TextRoom { text: text.to_owned(), left, right: left + width, top: y - half, bottom: y + half }
    }

    /// True if two texts lie on each other.
    pub(super) fn meets(&self, other: &TextRoom) -> bool {
        self.left < other.right
            && other.left < self.right
            && self.top < other.bottom
            && other.top < self.bottom
    }
}

/// An area to draw on; all lengths in pixels from the upper left corner.
pub(super) struct Canvas<'a> {
    area: DrawingArea<SVGBackend<'a>, plotters::coord::Shift>,
    texts: RefCell<Vec<TextRoom>>,
}

/// What was drawn.
pub(super) struct Sheet {
    pub svg: String,
    /// Every text with its room, in the order of drawing.
    #[cfg_attr(not(test), expect(dead_code, reason = "tests hold texts apart"))]
    pub texts: Vec<TextRoom>,
}

/// Draws a picture of a size and returns its SVG.
pub(super) fn sheet(
    (width, height): (f64, f64),
    draw: impl FnOnce(&Canvas) -> DrawingResult,
) -> io::Result<Sheet> {
    let (wide, high) = ((width * FINENESS) as u32, (height * FINENESS) as u32);
    let mut svg = String::new();
    let (drawn, texts) = {
        let area = SVGBackend::with_string(&mut svg, (wide, high)).into_drawing_area();
        let canvas = Canvas { area, texts: RefCell::default() };
        let drawn =
            canvas.area.fill(&WHITE).and_then(|()| draw(&canvas)).and_then(|()| canvas.area.present());
        (drawn, canvas.texts.take())
    };
    drawn.map_err(|error| io::Error::other(error.to_string()))?;
    let drawn_size = format!("width=\"{wide}\" height=\"{high}\" viewBox");
    let svg = svg.replacen(&drawn_size, &format!("width=\"{width}\" height=\"{height}\" viewBox"), 1);
    Ok(Sheet { svg, texts })
}

fn unit(pixels: f64) -> i32 {
    (pixels * FINENESS).round() as i32
}

fn point((x, y): Place) -> (i32, i32) {
    (unit(x), unit(y))
}

fn points(places: &[Place]) -> Vec<(i32, i32)> {
    places.iter().copied().map(point).collect()
}

impl Canvas<'_> {
    pub(super) fn text(&self, text: &str, at: Place, anchor: TextAnchor, font: Font) -> DrawingResult {
        if text.is_empty() {
            return Ok(());
        }
        let horizontal = match anchor {
            TextAnchor::Left => HPos::Left,
            TextAnchor::Middle => HPos::Center,
            TextAnchor::Right => HPos::Right,
        };
        let shown = visible(text);
        self.texts.borrow_mut().push(TextRoom::of(&shown, at, anchor, font));
        let style = if font.bold { FontStyle::Bold } else { FontStyle::Normal };
        let desc = FontDesc::new(FontFamily::SansSerif, font.size * FINENESS * FONT_FACTOR, style);
        let style = TextStyle::from(desc).color(&font.color).pos(Pos::new(horizontal, VPos::Center));
        self.area.draw(&Text::new(shown, point(at), style))
    }

    /// The same, unless it would lie on a text that is there already or leave what is between `left` and `right`; true if
    /// it was drawn.
    pub(super) fn text_if_free(
        &self,
        text: &str,
        at: Place,
        anchor: TextAnchor,
        font: Font,
        (left, right): (f64, f64),
    ) -> Result<bool, DrawingAreaErrorKind<io::Error>> {
        let room = TextRoom::of(text, at, anchor, font);
        let outside = room.left < left || room.right > right;
        if outside || self.texts.borrow().iter().any(|other| other.meets(&room)) {
            return Ok(false);
        }
        self.text(text, at, anchor, font).map(|()| true)
    }

    pub(super) fn line(&self, from: Place, to: Place, color: RGBColor, width: f64) -> DrawingResult {
        self.path(&[from, to], color, width)
    }

    pub(super) fn path(&self, places: &[Place], color: RGBColor, width: f64) -> DrawingResult {
        let stroke = color.stroke_width(unit(width).max(1) as u32);
        self.area.draw(&PathElement::new(points(places), stroke))
    }

    /// A path of dashes of a length and the gaps between them.
    pub(super) fn dashed(
        &self,
        places: &[Place],
        color: RGBColor,
        width: f64,
        (dash, gap): (f64, f64),
    ) -> DrawingResult {
        let (mut left, mut drawing) = (dash, true);
        for pair in places.windows(2) {
            let ((x0, y0), (x1, y1)) = (pair[0], pair[1]);
            let length = libm::hypot(x1 - x0, y1 - y0);
            let at = |along: f64| (x0 + (x1 - x0) * along / length, y0 + (y1 - y0) * along / length);
            let mut along = 0.0;
            while length - along > 1e-9 {
                let step = left.min(length - along);
                if drawing {
                    self.line(at(along), at(along + step), color, width)?;
                }
                along += step;
                left -= step;
                if left <= 1e-9 {
                    drawing = !drawing;
                    left = if drawing { dash } else { gap };
                }
            }
        }
        Ok(())
    }

    pub(super) fn polygon(&self, places: &[Place], color: RGBColor, opacity: f64) -> DrawingResult {
        self.area.draw(&Polygon::new(points(places), color.mix(opacity)))
    }

    pub(super) fn bar(&self, corner: Place, opposite: Place, color: RGBColor) -> DrawingResult {
        let (low, high) = corners(corner, opposite);
        self.area.draw(&Rectangle::new([point(low), point(high)], color.filled()))
    }

    pub(super) fn frame(&self, corner: Place, opposite: Place, color: RGBColor) -> DrawingResult {
        let ((x0, y0), (x1, y1)) = corners(corner, opposite);
        self.path(&[(x0, y0), (x1, y0), (x1, y1), (x0, y1), (x0, y0)], color, 1.0)
    }

    /// Lines across a rectangle: rising to the right, or falling.
    pub(super) fn hatch(
        &self,
        corner: Place,
        opposite: Place,
        color: RGBColor,
        rising: bool,
    ) -> DrawingResult {
        let ((x0, y0), (x1, y1)) = corners(corner, opposite);
        let height = y1 - y0;
        let mut start = x0 - height + HATCH / 2.0;
        while start < x1 {
            // Clipped at the left and the right edge; along the way the line moves up as much as to the right.
            let (from, to) = (start.max(x0), (start + height).min(x1));
            let y = |x: f64| if rising { y1 - (x - start) } else { y0 + (x - start) };
            if to - from > 0.5 {
                self.line((from, y(from)), (to, y(to)), color, 1.2)?;
            }
            start += HATCH;
        }
        Ok(())
    }

    pub(super) fn dot(&self, center: Place, radius: f64, color: RGBColor) -> DrawingResult {
        self.area.draw(&Circle::new(point(center), unit(radius), color.filled()))
    }
}

fn corners(a: Place, b: Place) -> (Place, Place) {
    ((a.0.min(b.0), a.1.min(b.1)), (a.0.max(b.0), a.1.max(b.1)))
}
