//! Lengths of time as a calendar counts them.

use crate::units::SimSpan;

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

impl Period {
    /// Roughly how long it is, with months of 30 days and years of 365: for rates and lints, never for dates.
    #[must_use]
    pub fn about(self) -> SimSpan {
        let days = |days: u32| SimSpan::from_micros(SimSpan::DAY.micros() * i64::from(days));
        match self {
            Period::Months(months) => days(months / 12 * 365 + months % 12 * 30),
            Period::Days(count) => days(count),
            Period::Span(span) => span,
        }
    }
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

/// A calendar period in the scenario's time zone.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CalendarUnit {
    /// Local hour.
    Hour,
    /// Local day.
    Day,
    /// Monday to Sunday.
    Week,
    /// Calendar month.
    Month,
    /// Calendar year.
    Year,
}
