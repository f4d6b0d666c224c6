//! Outcomes as people read them: shares in %, times in the unit that suits them, and each unit said once.
//!
//! Owns heads and cells of columns of outcomes. Leaves verdicts to their callers. Files keep METRICS' units; a head without a
//! unit has it in its name.

use crate::experiment::Estimate;
use crate::outcome::Metric;

use super::number;
use super::table::{Cell, Column, Tone};

/// How an outcome is written for people: its numbers times a factor, in a unit.
#[derive(Debug, Clone, PartialEq)]
pub struct OutcomeScale {
    /// What values are multiplied by.
    pub factor: f64,
    /// The unit after that; empty if the name says it.
    pub unit: String,
    /// The name for people.
    pub name: String,
}

impl OutcomeScale {
    /// For values whose largest is `largest`, in the outcome's own unit.
    #[must_use]
    pub fn of(metric: &Metric, currency: Option<&str>, largest: f64) -> Self {
        let unit = metric.unit(currency);
        let seconds = match unit.as_str() {
            "s" => Some(1.0),
            "h" => Some(3_600.0),
            _ => None,
        };
        let (factor, shown) = match seconds {
            _ if metric.is_share() => (100.0, "%"),
            Some(own) => {
                let (length, shown) = clock_unit(largest.abs() * own);
                (own / length, shown)
            }
            None => (1.0, unit.as_str()),
        };
        let part = |part: &str| Some(part) != seconds.map(|_| unit.as_str());
        let name: Vec<&str> = metric.name.split('_').filter(|word| part(word)).collect();
        let said = name.contains(&shown) || unit == "count";
        let unit = if said { String::new() } else { shown.to_owned() };
        OutcomeScale { factor, unit, name: name.join("_") }
    }

    /// For these estimates.
    pub fn of_estimates<'e>(
        metric: &Metric,
        currency: Option<&str>,
        estimates: impl IntoIterator<Item = &'e Estimate>,
    ) -> Self {
        let largest = estimates.into_iter().map(|estimate| estimate.mean.abs()).fold(0.0, f64::max);
        OutcomeScale::of(metric, currency, largest)
    }

    /// The head of its column: a long name in two lines, then the unit.
    #[must_use]
    pub fn column(&self, metric: &Metric) -> Column {
        let unit = if self.unit.is_empty() { String::new() } else { format!("\n{}", self.unit) };
        Column::numbers(metric.name).headed(format!("{}{unit}", broken(&self.name)))
    }

    /// The head of a column of another name in the same unit.
    #[must_use]
    pub fn column_of(&self, name: &str) -> Column {
        match self.unit.as_str() {
            "" => Column::numbers(name),
            unit => Column::numbers(name).headed(format!("{name}\n{unit}")),
        }
    }

    /// A mean with its half-width; the cell's number stays in the outcome's own unit.
    #[must_use]
    pub fn cell(&self, estimate: Option<Estimate>) -> Cell {
        estimate.map_or(Cell::Absent, |own| Cell::estimate(&own, self.factor))
    }

    /// A number without its uncertainty.
    #[must_use]
    pub fn plain_cell(&self, value: f64) -> Cell {
        Cell::Number { value, text: number::short(value * self.factor) }
    }
}

/// The unit in which a number of seconds reads best, and its length.
fn clock_unit(seconds: f64) -> (f64, &'static str) {
    match seconds {
        long if long >= 2.0 * 86_400.0 => (86_400.0, "days"),
        long if long >= 2.0 * 3_600.0 => (3_600.0, "h"),
        long if long >= 120.0 => (60.0, "min"),
        _ => (1.0, "s"),
    }
}

/// A long name in two lines, broken at the underscore that makes the longer one shortest.
fn broken(name: &str) -> String {
    const LONG: usize = 13;
    let widest = |at: usize| (at + 1).max(name.len() - at - 1);
    let best = name.match_indices('_').map(|(at, _)| at).min_by_key(|&at| widest(at));
    match best {
        Some(at) if name.len() > LONG => format!("{}\n{}", &name[..=at], &name[at + 1..]),
        _ => name.to_owned(),
    }
}

/// Heads that stand on one line: units in the last line of all, names above it.
pub(super) fn level(columns: &mut [Column], scales: &[OutcomeScale]) {
    let names: Vec<String> = scales.iter().map(|scale| broken(&scale.name)).collect();
    let most = names.iter().map(|name| name.lines().count()).max().unwrap_or(1);
    let with_units = scales.iter().any(|scale| !scale.unit.is_empty());
    for ((column, name), scale) in columns.iter_mut().zip(&names).zip(scales) {
        let above = "\n".repeat(most - name.lines().count());
        let unit = if with_units { format!("\n{}", scale.unit) } else { String::new() };
        column.heading = Some(format!("{above}{name}{unit}"));
    }
}

/// A mean with its verdict, in pieces that are aligned with those of its column.
#[derive(Debug, Clone)]
pub(super) struct Figure {
    /// In the outcome's unit.
    pub mean: f64,
    /// As it is written.
    pub value: String,
    /// Its half-width; may be empty.
    pub half: String,
    /// One character.
    pub mark: &'static str,
    /// What the mark means.
    pub tone: Tone,
}

/// One column: values, half-widths and marks each aligned among themselves.
pub(super) fn aligned(figures: &[Option<Figure>]) -> Vec<Cell> {
    let widest = |of: fn(&Figure) -> &str| {
        figures.iter().flatten().map(|figure| of(figure).chars().count()).max().unwrap_or(0)
    };
    let (value_width, half_width) = (widest(|figure| &figure.value), widest(|figure| &figure.half));
    let gap = if half_width > 0 { " " } else { "" };
    let cell = |Figure { mean, value, half, mark, tone }: &Figure| {
        Cell::toned(*mean, format!("{value:>value_width$}{gap}{half:<half_width$} {mark}"), *tone)
    };
    figures.iter().map(|figure| figure.as_ref().map_or(Cell::Absent, cell)).collect()
}

/// A course of values as bars, all courses of one table to the same scale: `▁▂▅█`. Empty if nothing ever happens.
pub(super) fn sparklines(courses: &[Vec<f64>], bars: usize) -> Vec<String> {
    const BARS: [char; 8] = ['▁', '▂', '▃', '▄', '▅', '▆', '▇', '█'];
    let most = courses.iter().flatten().copied().fold(0.0, f64::max);
    if most <= 0.0 || courses.iter().any(|course| course.len() < bars) {
        return Vec::new();
    }
    let bar = |value: f64| BARS[((value / most * 8.0).ceil() as usize).clamp(1, 8) - 1];
    let drawn = |course: &Vec<f64>| {
        let part = |index: usize| {
            let (from, to) = (index * course.len() / bars, (index + 1) * course.len() / bars);
            course[from..to].iter().sum::<f64>() / (to - from) as f64
        };
        (0..bars).map(|index| bar(part(index))).collect()
    };
    courses.iter().map(drawn).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::metric;

    fn scale(name: &str, largest: f64) -> (String, String, String) {
        let scale = OutcomeScale::of(metric(name).unwrap(), Some("USD"), largest);
        (scale.name, scale.unit, number::short(largest * scale.factor))
    }

    #[test]
    fn units_are_human_and_said_once() {
        let cases = [
            ("wait_s_p50", 3_884.0, ("wait_p50", "min", "64.73")),
            ("wait_s_p50", 12.0, ("wait_p50", "s", "12")),
            ("restore_h_p50", 60.0, ("restore_p50", "days", "2.5")),
            ("restore_h_p50", 0.5, ("restore_p50", "min", "30")),
            ("loss_rate", 0.132, ("loss_rate", "%", "13.2")),
            ("lost_credits", 5.0, ("lost_credits", "", "5")),
            ("purchases", 5.0, ("purchases", "", "5")),
            ("cash_money", 5.0, ("cash_money", "USD", "5")),
        ];
        for (name, largest, (shown, unit, value)) in cases {
            assert_eq!(scale(name, largest), (shown.to_owned(), unit.to_owned(), value.to_owned()), "{name}");
        }
    }

    #[test]
    fn sparklines_share_a_scale_and_need_something_to_show() {
        let courses = [vec![0.0, 0.0, 1.0, 1.0], vec![0.5, 0.5, 0.25, 0.0]];
        assert_eq!(sparklines(&courses, 2), ["▁█", "▄▁"]);
        assert!(sparklines(&[vec![0.0; 4]], 2).is_empty());
        assert!(sparklines(&[vec![1.0]], 2).is_empty());
    }
}
