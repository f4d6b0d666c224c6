//! Cycles and validity from an anchor, in a time zone.
//!
//! Owns calendar arithmetic (month ends, leap years, clock changes). Leaves what a period means to its users.
//! Invariants: the n-th instant is computed from the original anchor, never from the previous one.

use crate::units::{SimSpan, SimTime};

/// A calendar length: an allowance's period, a package's validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Period {
    /// Calendar months; a year is twelve.
    Months(u32),
    /// Local days.
    Days(u32),
    /// An exact span.
    Span(SimSpan),
}

/// What becomes of a day that its month does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum MonthEnd {
    /// The month's last day: 31 Jan → 28 Feb.
    #[default]
    Clamp,
    /// Counted on into the next month: 31 Jan → 3 Mar.
    Overflow,
    /// An anchor on its month's last day stays on last days: 28 Feb → 31 Mar.
    LastDay,
}

/// An IANA time zone.
#[derive(Debug, Clone)]
pub struct Zone(jiff::tz::TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Zone(jiff::tz::TimeZone::UTC)
    }
}

impl Zone {
    /// The `n`-th instant of `every` counted from `anchor` (n may be negative; 0 is the anchor itself).
    #[must_use]
    pub fn nth(&self, anchor: SimTime, every: Period, n: i64, rule: MonthEnd) -> SimTime {
        let _ = (every, n, rule);
        anchor
    }
}
