//! A time zone and what can be computed in it.

use jiff::Timestamp;
use jiff::civil::{Date, DateTime, Time};
use jiff::tz::TimeZone;

use crate::units::{SimSpan, SimTime};

use super::{CalendarUnit, MonthEnd, Period};

/// An IANA time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

impl Default for Zone {
    fn default() -> Self {
        Zone(TimeZone::UTC)
    }
}

impl Zone {
    /// The zone of an IANA name such as `Europe/Berlin`; `None` if there is none.
    #[must_use]
    pub fn named(name: &str) -> Option<Zone> {
        TimeZone::get(name).ok().map(Zone)
    }

    /// Every IANA name, for "did you mean".
    #[must_use]
    pub fn names() -> Vec<String> {
        jiff::tz::db().available().map(|name| name.to_string()).collect()
    }

    /// An instant as people write it: with an offset, or local to this zone, or a date that means its midnight.
    #[must_use]
    pub fn parse(&self, text: &str) -> Option<SimTime> {
        if let Ok(timestamp) = text.parse::<Timestamp>() {
            return Some(SimTime::from_micros(timestamp.as_microsecond()));
        }
        let local: DateTime = text.parse().ok()?;
        Some(self.instant(local))
    }

    /// Its IANA name.
    #[must_use]
    pub fn name(&self) -> String {
        self.0.iana_name().unwrap_or("UTC").to_owned()
    }

    /// An instant as clocks of this zone show it: `2025-01-02 10:30:00`, with as many decimals as needed.
    #[must_use]
    pub fn show(&self, t: SimTime) -> String {
        self.local(t).map_or_else(|| t.to_string(), |local| local.to_string().replace('T', " "))
    }

    /// The `n`-th instant of `every` counted from `anchor` (n may be negative; 0 is the anchor itself).
    ///
    /// Stops at [`SimTime::MAX`] and [`SimTime::MIN`] beyond the years −9999 to 9999.
    #[must_use]
    pub fn nth(&self, anchor: SimTime, every: Period, n: i64, rule: MonthEnd) -> SimTime {
        let beyond = if n < 0 { SimTime::MIN } else { SimTime::MAX };
        let steps = |step: u32| n.checked_mul(i64::from(step));
        let date = |date: Option<Date>, local: DateTime| match date {
            Some(date) => self.instant(date.to_datetime(local.time())),
            None => beyond,
        };
        match every {
            Period::Span(span) => match n.checked_mul(span.micros()) {
                Some(micros) => anchor + SimSpan::from_micros(micros),
                None => beyond,
            },
            // The anchor itself may lie in the second pass of a repeated hour, which local arithmetic would lose.
            Period::Months(_) | Period::Days(_) if n == 0 => anchor,
            Period::Days(days) => match self.local(anchor) {
                Some(local) => date(steps(days).and_then(|days| plus_days(local.date(), days)), local),
                None => beyond,
            },
            Period::Months(months) => match self.local(anchor) {
                Some(local) => {
                    date(steps(months).and_then(|months| plus_months(local.date(), months, rule)), local)
                }
                None => beyond,
            },
        }
    }

    /// `from` and one `period` later: the end of a validity.
    #[must_use]
    pub fn add(&self, from: SimTime, period: Period, rule: MonthEnd) -> SimTime {
        self.nth(from, period, 1, rule)
    }

    /// The smallest n whose [`Zone::nth`] instant lies after `t` (n ≤ 0 if the anchor does).
    #[must_use]
    pub fn first_after(&self, anchor: SimTime, every: Period, t: SimTime, rule: MonthEnd) -> i64 {
        if t == SimTime::MAX {
            return i64::MAX;
        }
        // Months and local days differ from their longest length by little: start below and walk up.
        let longest = match every {
            Period::Months(months) => i64::from(months) * 31 * SimSpan::DAY.micros(),
            Period::Days(days) => i64::from(days) * SimSpan::DAY.micros(),
            Period::Span(span) => span.micros(),
        };
        let mut n = (t - anchor).micros().div_euclid(longest.max(1)) - 2;
        if t < anchor {
            // Going back, short months make more steps, not fewer.
            n = (t - anchor).micros().div_euclid((longest / 31 * 28).max(1)) - 2;
        }
        while self.nth(anchor, every, n, rule) <= t {
            n += 1;
        }
        n
    }

    /// Start of the calendar unit that contains `t`.
    #[must_use]
    pub fn start_of(&self, t: SimTime, unit: CalendarUnit) -> SimTime {
        self.unit_start(t, unit, 0)
    }

    /// Start of the calendar unit after the one that contains `t`.
    #[must_use]
    pub fn next_start(&self, t: SimTime, unit: CalendarUnit) -> SimTime {
        self.unit_start(t, unit, 1)
    }

    /// Local midnight of `day` in `month` of the year of `near`, as an anchor for yearly periods.
    ///
    /// 29 February goes back to a leap year, so that the clamp of later years starts from the 29th.
    #[must_use]
    pub fn day_and_month(&self, near: SimTime, month: u8, day: u8) -> SimTime {
        let Some(local) = self.local(near) else { return near };
        let found = (0..=8).find_map(|back| Date::new(local.year() - back, month as i8, day as i8).ok());
        let last = || Date::new(local.year(), month.clamp(1, 12) as i8, 1).map(|first| first.last_of_month());
        match found.map_or_else(last, Ok) {
            Ok(date) => self.instant(date.to_datetime(Time::midnight())),
            Err(_) => near,
        }
    }

    /// Local midnight of `day` in January of the year of `near`, as an anchor for monthly periods: January has
    /// every day, so that the clamp of short months starts from the day that was meant.
    #[must_use]
    pub fn day_of_month(&self, near: SimTime, day: u8) -> SimTime {
        self.day_and_month(near, 1, day)
    }

    /// Local hour of the week of `t` (0 = Monday 00:00–01:00, 167 = Sunday 23:00–24:00) and the instant at which
    /// that hour ends.
    #[must_use]
    pub fn hour_of_week(&self, t: SimTime) -> (usize, SimTime) {
        let Some(local) = self.local(t) else { return (0, SimTime::MAX) };
        let day = local.weekday().to_monday_zero_offset() as usize;
        (day * 24 + local.hour() as usize, self.next_start(t, CalendarUnit::Hour))
    }

    /// Local minute of the week of `t` (0 = Monday 00:00, 10,079 = Sunday 23:59), and how far into that minute it is.
    #[must_use]
    pub fn minute_of_week(&self, t: SimTime) -> (usize, SimSpan) {
        let Some(local) = self.local(t) else { return (0, SimSpan::ZERO) };
        let day = local.weekday().to_monday_zero_offset() as usize;
        let minute = local.hour() as usize * 60 + local.minute() as usize;
        let into = i64::from(local.second()) * 1_000_000 + i64::from(local.subsec_nanosecond()) / 1_000;
        (day * 1_440 + minute, SimSpan::from_micros(into))
    }

    /// Local day number of `t`, for comparing instants by day.
    #[must_use]
    pub fn day_number(&self, t: SimTime) -> i64 {
        match self.local(t) {
            Some(local) => {
                i64::from(local.date().duration_since(Date::constant(1970, 1, 1)).as_hours() as i32 / 24)
            }
            None if t < SimTime::default() => i64::MIN,
            None => i64::MAX,
        }
    }

    pub(super) fn local(&self, t: SimTime) -> Option<DateTime> {
        Timestamp::from_microsecond(t.micros()).ok().map(|timestamp| self.0.to_datetime(timestamp))
    }

    /// Forward by the gap, first of two: what jiff calls compatible.
    pub(super) fn instant(&self, local: DateTime) -> SimTime {
        match self.0.to_ambiguous_timestamp(local).compatible() {
            Ok(timestamp) => SimTime::from_micros(timestamp.as_microsecond()),
            Err(_) if local.year() < 0 => SimTime::MIN,
            Err(_) => SimTime::MAX,
        }
    }

    fn unit_start(&self, t: SimTime, unit: CalendarUnit, later: i64) -> SimTime {
        let Some(local) = self.local(t) else { return t };
        let date = local.date();
        let weekday = i64::from(date.weekday().to_monday_zero_offset());
        let start = match unit {
            CalendarUnit::Hour => {
                return hour_start(t, local) + SimSpan::from_micros(later * SimSpan::HOUR.micros());
            }
            CalendarUnit::Day => plus_days(date, later),
            CalendarUnit::Week => plus_days(date, 7 * later - weekday),
            CalendarUnit::Month => plus_months(date.first_of_month(), later, MonthEnd::Clamp),
            CalendarUnit::Year => plus_months(date.first_of_year(), 12 * later, MonthEnd::Clamp),
        };
        start.map_or(SimTime::MAX, |date| self.instant(date.to_datetime(Time::midnight())))
    }
}

fn hour_start(t: SimTime, local: DateTime) -> SimTime {
    let seconds = i64::from(local.minute()) * 60 + i64::from(local.second());
    let micros = i64::from(local.subsec_nanosecond()) / 1_000;
    t - SimSpan::from_micros(SimSpan::from_seconds(seconds).micros() + micros)
}

fn plus_days(date: Date, days: i64) -> Option<Date> {
    let days = i32::try_from(days).ok().filter(|days| days.abs() < 7_304_484)?;
    date.checked_add(jiff::Span::new().days(days)).ok()
}

fn plus_months(date: Date, months: i64, rule: MonthEnd) -> Option<Date> {
    let index = i64::from(date.year()) * 12 + i64::from(date.month()) - 1 + months;
    let (year, month) = (i16::try_from(index.div_euclid(12)).ok()?, index.rem_euclid(12) as i8 + 1);
    let first = Date::new(year, month, 1).ok()?;
    let (day, last) = (date.day(), first.days_in_month());
    match rule {
        MonthEnd::Overflow => plus_days(first, i64::from(day) - 1),
        MonthEnd::LastDay if day == date.days_in_month() => Some(first.last_of_month()),
        MonthEnd::Clamp | MonthEnd::LastDay => Date::new(year, month, day.min(last)).ok(),
    }
}
