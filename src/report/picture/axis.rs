//! Axes: what they measure, how far they reach, and round ticks.

use serde::Serialize;

use crate::units::SimTime;

use super::ticks::{round_ticks, tick_label, time_ticks};

/// An axis.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct PictureAxis {
    /// What it measures; may be empty.
    pub label: String,
    /// Its unit; empty if the label says it.
    pub unit: String,
    /// How values lie on it.
    pub scale: AxisScale,
    /// The value at its beginning.
    pub low: f64,
    /// The value at its end, above `low`.
    pub high: f64,
    /// Where to write what, ascending; who draws leaves out those that would overlap.
    pub ticks: Vec<AxisTick>,
}

/// How values lie on an axis.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum AxisScale {
    /// Evenly.
    Linear,
    /// By their logarithm; all are above 0.
    Logarithmic,
    /// Instants in seconds since 1970, evenly.
    Time,
    /// Names at whole numbers from 0.
    Names,
}

/// A place on an axis and what is written there.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct AxisTick {
    /// Where.
    pub at: f64,
    /// What.
    pub label: String,
}

/// Ticks of an axis of numbers, about.
const MOST_TICKS: usize = 6;

impl PictureAxis {
    /// An axis over values from `low` to `high`; an empty range is widened.
    #[must_use]
    pub fn linear(label: &str, unit: &str, (low, high): (f64, f64)) -> Self {
        let high = if high > low { high } else { low + 1.0 };
        let ticks = round_ticks(low, high, MOST_TICKS);
        let ticks = ticks.into_iter().map(|at| AxisTick { at, label: tick_label(at) }).collect();
        PictureAxis {
            label: label.to_owned(),
            unit: unit.to_owned(),
            scale: AxisScale::Linear,
            low,
            high,
            ticks,
        }
    }

    /// A linear axis a little wider than these values, but not below `least`; one that starts near zero starts there.
    pub fn around(label: &str, unit: &str, values: impl IntoIterator<Item = f64>, least: f64) -> Self {
        let (low, high) = values
            .into_iter()
            .filter(|value| value.is_finite())
            .fold((f64::INFINITY, f64::NEG_INFINITY), |(low, high), value| (low.min(value), high.max(value)));
        let (low, high) = if low <= high { (low, high) } else { (0.0, 1.0) };
        let room = if high > low { (high - low) * 0.05 } else { high.abs().max(1.0) * 0.1 };
        let from = if low >= 0.0 && low < high * 0.35 { 0.0 } else { low - room };
        PictureAxis::linear(label, unit, (from.max(least), high + room))
    }

    /// A linear axis over zero and a little more than all of these.
    pub fn over_zero(label: &str, unit: &str, values: impl IntoIterator<Item = f64>) -> Self {
        let (low, high) = reach(values);
        let room = (high - low) * 0.04;
        PictureAxis::linear(label, unit, (low - room, high + room))
    }

    /// A linear axis over zero and all of these.
    pub fn from_zero(label: &str, unit: &str, values: impl IntoIterator<Item = f64>) -> Self {
        PictureAxis::linear(label, unit, reach(values))
    }

    /// An axis of time.
    #[must_use]
    pub fn time(from: SimTime, to: SimTime) -> Self {
        let tick = |(at, label): (SimTime, String)| AxisTick { at: seconds(at), label };
        PictureAxis {
            label: String::new(),
            unit: String::new(),
            scale: AxisScale::Time,
            low: seconds(from),
            high: seconds(to).max(seconds(from) + 1.0),
            ticks: time_ticks(from, to, MOST_TICKS).into_iter().map(tick).collect(),
        }
    }

    /// An axis of names at 0, 1, 2 …
    #[must_use]
    pub fn names(label: &str, names: &[String]) -> Self {
        let tick = |(at, name): (usize, &String)| AxisTick { at: at as f64, label: name.clone() };
        PictureAxis {
            label: label.to_owned(),
            unit: String::new(),
            scale: AxisScale::Names,
            low: -0.5,
            high: names.len().max(1) as f64 - 0.5,
            ticks: names.iter().enumerate().map(tick).collect(),
        }
    }

    /// An axis over values above 0 by their logarithm, with ticks at 1, 2 and 5 times powers of ten.
    #[must_use]
    pub fn logarithmic(label: &str, unit: &str, (low, high): (f64, f64)) -> Self {
        let high = if high > low { high } else { low * 10.0 };
        let decades = libm::log10(high / low);
        let factors: &[f64] = if decades > 3.0 { &[1.0] } else { &[1.0, 2.0, 5.0] };
        let powers = -9..=15;
        let values = powers
            .flat_map(|power| factors.iter().map(move |factor| factor * libm::pow(10.0, f64::from(power))));
        let ticks = values.filter(|at| (low..=high).contains(at));
        PictureAxis {
            label: label.to_owned(),
            unit: unit.to_owned(),
            scale: AxisScale::Logarithmic,
            low,
            high,
            ticks: ticks.map(|at| AxisTick { at, label: tick_label(at) }).collect(),
        }
    }

    /// Label and unit as they are written: `refusal_rate [%]`.
    #[must_use]
    pub fn caption(&self) -> String {
        match (self.label.as_str(), self.unit.as_str()) {
            (label, "") => label.to_owned(),
            ("", unit) => format!("[{unit}]"),
            (label, unit) => format!("{label} [{unit}]"),
        }
    }
}

/// Seconds since 1970.
pub(super) fn seconds(at: SimTime) -> f64 {
    at.micros() as f64 / 1e6
}

/// From the lowest to the highest value, zero included.
pub(super) fn reach(values: impl IntoIterator<Item = f64>) -> (f64, f64) {
    values.into_iter().fold((0.0, 0.0), |(low, high): (f64, f64), value| (low.min(value), high.max(value)))
}
