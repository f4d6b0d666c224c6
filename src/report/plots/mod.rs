//! Pictures as SVG, drawn without any system font.
//!
//! Owns pixels, fonts and colours. Leaves what is drawn to `picture`. Invariant: the same picture gives the same bytes.

mod bars;
mod canvas;
mod curves;
mod foot;
mod paint;
mod plane;
mod png;
mod rows;
mod scale;
mod shades;
mod stacks;
#[cfg(test)]
mod tests;

use std::io;

use super::picture::{PanelContent, Picture, PicturePanel, description};

use canvas::{Canvas, DrawingResult, Font, Place, Sheet, TextAnchor, cut, sheet, width_of, wrap, wrap_words};

pub use png::png;

const WIDTH: f64 = 960.0;
const MARGIN: f64 = 24.0;
/// Between panels that stand side by side.
const GAP: f64 = 30.0;

/// A rectangle of the sheet.
#[derive(Debug, Clone, Copy)]
struct Area {
    left: f64,
    right: f64,
    top: f64,
    bottom: f64,
}

impl Area {
    fn width(&self) -> f64 {
        self.right - self.left
    }
}

/// Draws a picture as SVG, with its title and description for those who do not see it.
///
/// # Errors
/// If drawing fails, which it does not in memory.
pub fn svg(picture: &Picture) -> io::Result<String> {
    let drawn = draw(picture)?.svg;
    let escaped = |text: &str| {
        let text = crate::units::visible_lines(text);
        text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;")
    };
    let name = escaped(&picture.name);
    let begin = format!("<svg role=\"img\" aria-labelledby=\"{name}-title {name}-description\"");
    let said = format!(
        "<title id=\"{name}-title\">{}</title>\n<desc id=\"{name}-description\">{}</desc>",
        escaped(&plain(&picture.title)),
        escaped(&description(picture))
    );
    let open = drawn.replacen("<svg", &begin, 1);
    let at = open.find(">\n").map_or(open.len(), |at| at + 2);
    Ok(format!("{}{said}\n{}", &open[..at], &open[at..]))
}

/// Text without the signs that mark names.
fn plain(text: &str) -> String {
    text.replace('`', "")
}

fn draw(picture: &Picture) -> io::Result<Sheet> {
    let title = wrap_words(&plain(&picture.title), Font::TITLE, WIDTH - 2.0 * MARGIN);
    let subtitle = wrap_words(&plain(&picture.subtitle), Font::SUBTITLE, WIDTH - 2.0 * MARGIN);
    let below_title = 16.0 + 24.0 * title.len() as f64;
    let below_subtitle = below_title + 4.0 + 17.0 * subtitle.len() as f64;
    let legend = foot::legend(picture, WIDTH - 2.0 * MARGIN);
    let top = below_subtitle + 8.0 + 22.0 * legend.len() as f64 + 8.0;
    let (areas, bottom) = arrange(picture, top);
    let foot = foot::lines(picture, WIDTH - 2.0 * MARGIN);
    let height = bottom + 10.0 + 16.0 * foot.len() as f64 + 10.0;
    sheet((WIDTH, height.ceil()), |canvas| {
        let lines = |lines: &[String], first: f64, step: f64, font: Font| -> DrawingResult {
            lines.iter().enumerate().try_for_each(|(index, line)| {
                canvas.text(line, (MARGIN, first + step * index as f64), TextAnchor::Left, font)
            })
        };
        lines(&title, 28.0, 24.0, Font::TITLE)?;
        lines(&subtitle, below_title + 12.0, 17.0, Font::SUBTITLE)?;
        foot::draw_legend(canvas, &legend, (MARGIN, below_subtitle + 18.0))?;
        for (panel, area) in picture.panels.iter().zip(&areas) {
            draw_panel(canvas, picture, panel, *area)?;
        }
        lines(&foot, bottom + 18.0, 16.0, Font::TICK)
    })
}

/// Where panels lie, and where the last one ends.
fn arrange(picture: &Picture, top: f64) -> (Vec<Area>, f64) {
    let columns = columns(picture);
    let width = (WIDTH - 2.0 * MARGIN + GAP) / columns as f64 - GAP;
    let (mut areas, mut top) = (Vec::new(), top);
    for row in picture.panels.chunks(columns) {
        let height = row.iter().map(|panel| height(picture, panel)).fold(0.0, f64::max);
        for index in 0..row.len() {
            let left = MARGIN + index as f64 * (width + GAP);
            areas.push(Area { left, right: left + width, top, bottom: top + height });
        }
        top += height;
    }
    (areas, top)
}

/// How many panels stand side by side.
fn columns(picture: &Picture) -> usize {
    let count = picture.panels.len();
    match picture.panels.first().map(|panel| &panel.content) {
        Some(PanelContent::Curves { .. } | PanelContent::Points { .. }) => match count {
            0 | 1 => 1,
            2 | 4 => 2,
            _ => 3,
        },
        Some(PanelContent::Shades { .. }) => count.clamp(1, 2),
        _ => 1,
    }
}

fn height(picture: &Picture, panel: &PicturePanel) -> f64 {
    match &panel.content {
        PanelContent::Bars { rows, .. } => bars::height(rows.len()),
        PanelContent::Dots { rows, .. } => rows::height(rows.len()),
        PanelContent::Swings { rows, .. } => rows::swings_height(rows.len()),
        PanelContent::Curves { curves } => curves::height(columns(picture), curves.len()),
        PanelContent::Points { .. } => plane::height(picture, columns(picture)),
        PanelContent::Stacks { rows, .. } => stacks::height(rows.len()),
        PanelContent::Shades { values, .. } => shades::height(values.len()),
    }
}

fn draw_panel(canvas: &Canvas, picture: &Picture, panel: &PicturePanel, area: Area) -> DrawingResult {
    let single = columns(picture) == 1;
    match &panel.content {
        PanelContent::Bars { rows, difference } => {
            bars::draw(canvas, picture, (panel, rows, difference.as_ref()), area)
        }
        PanelContent::Dots { rows, lines } => rows::draw(canvas, picture, (panel, rows, lines), area),
        PanelContent::Swings { rows, base } => rows::draw_swings(canvas, (panel, rows, *base), area),
        PanelContent::Curves { curves } => curves::draw(canvas, picture, (panel, curves), (area, single)),
        PanelContent::Points { points, joined } => {
            plane::draw(canvas, picture, (panel, points, *joined), (area, single))
        }
        PanelContent::Stacks { parts, rows } => stacks::draw(canvas, picture, (panel, parts, rows), area),
        PanelContent::Shades { series, values, most } => {
            shades::draw(canvas, (&picture.series[*series], panel), (values, *most), area)
        }
    }
}

/// A name left of a row: in two smaller lines if it is longer than `width`.
fn draw_name(canvas: &Canvas, name: &str, at: Place, width: f64) -> DrawingResult {
    if width_of(name, Font::LABEL) <= width {
        return canvas.text(name, at, TextAnchor::Right, Font::LABEL);
    }
    let small = Font { size: 11.0, ..Font::LABEL };
    let lines = wrap(name, small, width);
    let rest = cut(&lines[1..].concat(), small, width);
    let half = if rest.is_empty() { 0.0 } else { 6.5 };
    canvas.text(&lines[0], (at.0, at.1 - half), TextAnchor::Right, small)?;
    canvas.text(&rest, (at.0, at.1 + half), TextAnchor::Right, small)
}

/// Room for the longest of some names, at most `most`.
fn label_width<'n>(names: impl Iterator<Item = &'n str>, most: f64) -> f64 {
    names.map(|name| width_of(name, Font::LABEL)).fold(60.0, f64::max).min(most)
}
