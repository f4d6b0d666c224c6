//! What each assumption moves, widest first, around the outcome at the base setting.

use std::io;

use plotters::style::RGBColor;

use crate::experiment::Swing;
use crate::outcome::METRICS;
use crate::report::number;

use super::canvas::{Canvas, DrawingResult, Font, GREY, GRID, INK, TextAnchor, cut, picture, width_of};
use super::scale::{PixelScale, tick_label};

const WIDTH: f64 = 960.0;
const LEFT: f64 = 320.0;
const RIGHT: f64 = 880.0;
const TOP: f64 = 84.0;
const ROW: f64 = 36.0;
const LOW: RGBColor = RGBColor(0, 114, 178);
const HIGH: RGBColor = RGBColor(230, 159, 0);

/// Draws the swings in the order given; `None` without swings. `base` is the outcome at the base setting.
///
/// # Errors
/// If drawing fails, which it does not in memory.
pub fn tornado_plot(metric: usize, unit: &str, base: f64, swings: &[Swing]) -> io::Result<Option<String>> {
    if swings.is_empty() {
        return Ok(None);
    }
    let share = METRICS[metric].is_share();
    let (factor, unit) = if share { (100.0, "%") } else { (1.0, unit) };
    let ends =
        swings.iter().flat_map(|swing| [swing.low, swing.high]).chain([base]).map(|value| value * factor);
    let (low, high) =
        ends.fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
    // Room for the settings written outside of the bars.
    let room = (high - low).max(high.abs() * 1e-6) * 0.18;
    let scale = PixelScale::new(low - room, high + room, LEFT, RIGHT);
    let bottom = TOP + ROW * swings.len() as f64;
    let svg = picture(WIDTH, bottom + 76.0, |canvas| {
        let title = format!("What moves {}", METRICS[metric].name);
        let subtitle = format!("one assumption at a time; base: {} {unit}", number::short(base * factor));
        canvas.title(&title, &subtitle)?;
        draw_axis(canvas, &scale, bottom, &format!("{} [{unit}]", METRICS[metric].name))?;
        for (row, swing) in swings.iter().enumerate() {
            draw_swing(canvas, swing, &scale, (base * factor, factor), TOP + ROW * (row as f64 + 0.5))?;
        }
        canvas.line((scale.at(base * factor), TOP), (scale.at(base * factor), bottom), INK, 1.2)?;
        draw_legend(canvas, bottom + 60.0)
    })?;
    Ok(Some(svg))
}

fn draw_axis(canvas: &Canvas, scale: &PixelScale, bottom: f64, name: &str) -> DrawingResult {
    for tick in scale.ticks(7) {
        let x = scale.at(tick);
        canvas.line((x, TOP), (x, bottom), GRID, 1.0)?;
        canvas.text(&tick_label(tick), (x, bottom + 13.0), TextAnchor::Middle, Font::TICK)?;
    }
    canvas.line((LEFT, bottom), (RIGHT, bottom), GREY, 1.0)?;
    canvas.text(name, ((LEFT + RIGHT) / 2.0, bottom + 35.0), TextAnchor::Middle, Font::LABEL)
}

fn draw_swing(
    canvas: &Canvas,
    swing: &Swing,
    scale: &PixelScale,
    (base, factor): (f64, f64),
    y: f64,
) -> DrawingResult {
    let name = end_of(&swing.key, LEFT - 44.0);
    let name_y = if swing.ranking_changes { y - 7.0 } else { y };
    canvas.text(&name, (LEFT - 14.0, name_y), TextAnchor::Right, Font::LABEL)?;
    if swing.ranking_changes {
        canvas.text("ranking of policies changes", (LEFT - 14.0, y + 9.0), TextAnchor::Right, Font::TICK)?;
    }
    let origin = scale.at(base);
    for (value, setting, color) in
        [(swing.low, &swing.low_setting, LOW), (swing.high, &swing.high_setting, HIGH)]
    {
        let x = scale.at(value * factor);
        canvas.bar((origin, y - 10.0), (x, y + 10.0), color)?;
        // A label stands outside of its bar; where both ends lie on one side, the inner one stays silent.
        let outermost = match value * factor >= base {
            true => value >= swing.low.max(swing.high),
            false => value <= swing.low.min(swing.high),
        };
        if outermost {
            let right = value * factor >= base;
            let (at, anchor) = if right { (x + 6.0, TextAnchor::Left) } else { (x - 6.0, TextAnchor::Right) };
            canvas.text(&cut(setting, Font::TICK, 90.0), (at, y), anchor, Font::TICK)?;
        }
    }
    Ok(())
}

/// The end of a key, which says more than its beginning.
fn end_of(key: &str, width: f64) -> String {
    let backwards = |text: &str| text.chars().rev().collect::<String>();
    backwards(&cut(&backwards(key), Font::LABEL, width))
}

fn draw_legend(canvas: &Canvas, y: f64) -> DrawingResult {
    let mut x = LEFT;
    for (text, color) in [("low setting", LOW), ("high setting", HIGH)] {
        canvas.bar((x, y - 5.0), (x + 12.0, y + 5.0), color)?;
        canvas.text(text, (x + 18.0, y), TextAnchor::Left, Font::TICK)?;
        x += 18.0 + width_of(text, Font::TICK) + 18.0;
    }
    Ok(())
}
