//! Months of the calendar, as bills name them.

use std::fmt;

use jiff::civil::Date;

use crate::units::SimTime;

use super::Zone;

/// A month of a year, such as `2025-01`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct YearMonth {
    year: i16,
    month: i8,
}

impl YearMonth {
    /// That month of that year; `None` if the calendar has none.
    #[must_use]
    pub fn new(year: i64, month: i64) -> Option<Self> {
        let (year, month) = (i16::try_from(year).ok()?, i8::try_from(month).ok()?);
        Date::new(year, month, 1).ok().map(|_| YearMonth { year, month })
    }

    /// The month that contains an instant; `None` beyond the years −9999 to 9999.
    #[must_use]
    pub fn of(zone: &Zone, at: SimTime) -> Option<Self> {
        let local = zone.local(at)?;
        Some(YearMonth { year: local.year(), month: local.month() })
    }

    /// Its first instant.
    #[must_use]
    pub fn start(self, zone: &Zone) -> SimTime {
        // Every month that exists has a first day.
        let first = Date::new(self.year, self.month, 1).unwrap_or(Date::MIN);
        zone.instant(first.at(0, 0, 0, 0))
    }

    /// The month after it; itself at the end of the calendar.
    #[must_use]
    pub fn next(self) -> Self {
        self.moved(1)
    }

    /// The month before it; itself at the beginning of the calendar.
    #[must_use]
    pub fn previous(self) -> Self {
        self.moved(-1)
    }

    fn moved(self, by: i64) -> Self {
        let months = i64::from(self.year) * 12 + i64::from(self.month) - 1 + by;
        YearMonth::new(months.div_euclid(12), months.rem_euclid(12) + 1).unwrap_or(self)
    }

    /// How many days it has.
    #[must_use]
    pub fn days(self) -> u32 {
        Date::new(self.year, self.month, 1).map_or(30, |first| first.days_in_month() as u32)
    }
}

impl fmt::Display for YearMonth {
    /// `2025-01`.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&format!("{:04}-{:02}", self.year, self.month))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_follow_each_other_and_begin_where_the_zone_says() {
        let berlin = Zone::named("Europe/Berlin").expect("a zone");
        let december = YearMonth::new(2024, 12).expect("a month");
        let january = december.next();
        assert_eq!(
            (january.to_string().as_str(), january.previous(), january.days()),
            ("2025-01", december, 31)
        );
        assert_eq!(january.start(&berlin), berlin.parse("2025-01-01").expect("a date"));
        let before = january.start(&berlin) - crate::units::SimSpan::from_micros(1);
        assert_eq!(YearMonth::of(&berlin, before), Some(december));
        assert_eq!(YearMonth::of(&berlin, january.start(&berlin)), Some(january));
        assert_eq!(YearMonth::new(2025, 13), None);
    }
}
