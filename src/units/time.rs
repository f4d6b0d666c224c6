//! Simulated time: microseconds since the Unix epoch, and spans of them.

use std::fmt;
use std::ops::{Add, AddAssign, Sub};
use std::str::FromStr;

use super::money::NotWritten;

/// Microseconds in one second.
pub const MICROS_PER_SECOND: i64 = 1_000_000;

/// An instant [microseconds since 1970-01-01T00:00:00Z].
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimTime(i64);

impl SimTime {
    /// Later than everything that happens.
    pub const MAX: SimTime = SimTime(i64::MAX);
    /// Earlier than everything that happens.
    pub const MIN: SimTime = SimTime(i64::MIN);

    /// From microseconds since the Unix epoch.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        SimTime(micros)
    }

    /// In microseconds since the Unix epoch.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// The instant `span` later; stays at [`SimTime::MAX`] instead of overflowing.
    #[must_use]
    pub const fn saturating_add(self, span: SimSpan) -> Self {
        SimTime(self.0.saturating_add(span.0))
    }
}

impl Add<SimSpan> for SimTime {
    type Output = SimTime;
    fn add(self, span: SimSpan) -> SimTime {
        self.saturating_add(span)
    }
}

impl Sub<SimSpan> for SimTime {
    type Output = SimTime;
    fn sub(self, span: SimSpan) -> SimTime {
        SimTime(self.0.saturating_sub(span.0))
    }
}

impl Sub for SimTime {
    type Output = SimSpan;
    fn sub(self, earlier: SimTime) -> SimSpan {
        SimSpan(self.0.saturating_sub(earlier.0))
    }
}

impl fmt::Display for SimTime {
    /// ISO 8601 in UTC with as many decimals as needed.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match jiff::Timestamp::from_microsecond(self.0) {
            Ok(timestamp) => f.pad(&timestamp.to_string()),
            Err(_) => f.pad("never"),
        }
    }
}

impl FromStr for SimTime {
    type Err = NotWritten;

    /// Reads what [`SimTime`] is written as.
    fn from_str(text: &str) -> Result<Self, NotWritten> {
        if text == "never" {
            return Ok(SimTime::MAX);
        }
        let read: jiff::Timestamp = text.parse().map_err(|_| NotWritten)?;
        Ok(SimTime(read.as_microsecond()))
    }
}

/// A length of time (microseconds).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct SimSpan(i64);

impl SimSpan {
    /// No time.
    pub const ZERO: SimSpan = SimSpan(0);
    /// Longer than everything that happens.
    pub const FOREVER: SimSpan = SimSpan(i64::MAX);
    /// One hour.
    pub const HOUR: SimSpan = SimSpan(3_600 * MICROS_PER_SECOND);
    /// Twenty-four hours.
    pub const DAY: SimSpan = SimSpan(86_400 * MICROS_PER_SECOND);

    /// From microseconds.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        SimSpan(micros)
    }

    /// From whole seconds.
    #[must_use]
    pub const fn from_seconds(seconds: i64) -> Self {
        SimSpan(seconds * MICROS_PER_SECOND)
    }

    /// From drawn seconds, rounded half-up to a microsecond; negative draws become zero.
    #[must_use]
    pub fn from_seconds_f64(seconds: f64) -> Self {
        SimSpan(super::round_half_up(seconds.max(0.0), MICROS_PER_SECOND as f64))
    }

    /// In microseconds.
    #[must_use]
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// In seconds, for statistics and plots.
    #[must_use]
    pub fn as_seconds_f64(self) -> f64 {
        self.0 as f64 / MICROS_PER_SECOND as f64
    }

    /// True at exactly zero.
    #[must_use]
    pub const fn is_zero(self) -> bool {
        self.0 == 0
    }
}

impl Add for SimSpan {
    type Output = SimSpan;
    fn add(self, other: SimSpan) -> SimSpan {
        SimSpan(self.0.saturating_add(other.0))
    }
}

impl AddAssign for SimSpan {
    fn add_assign(&mut self, other: SimSpan) {
        *self = *self + other;
    }
}

impl Sub for SimSpan {
    type Output = SimSpan;
    fn sub(self, other: SimSpan) -> SimSpan {
        SimSpan(self.0.saturating_sub(other.0))
    }
}
