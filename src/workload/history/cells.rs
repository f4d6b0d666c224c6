//! Single cells of a history: instants and numbers as exports write them.

use crate::calendar::Zone;
use crate::units::SimTime;

/// How an instant was written.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::workload) enum TimeForm {
    /// With an offset or `Z`.
    Zoned,
    /// Without.
    Local,
    /// As a number of seconds since 1970.
    Seconds,
    /// Of milliseconds.
    Millis,
    /// Of microseconds.
    Micros,
    /// Of nanoseconds.
    Nanos,
}

/// Reads an instant: ISO 8601 (a space will do for the `T`), or a number since 1970 whose size tells its unit.
pub(in crate::workload) fn time(text: &str, zone: &Zone) -> Option<(SimTime, TimeForm)> {
    if let Some(time) = plain_utc(text.as_bytes()) {
        return Some((time, TimeForm::Zoned));
    }
    if let Ok(number) = text.parse::<f64>() {
        return epoch(text, number);
    }
    if let Ok(timestamp) = text.parse::<jiff::Timestamp>() {
        return Some((SimTime::from_micros(timestamp.as_microsecond()), TimeForm::Zoned));
    }
    // `2024-01-31 10:00:00 UTC` and `2024-01-31 10:00:00+00` are common in exports.
    let trimmed = text.strip_suffix(" UTC").map(|rest| format!("{rest}Z"));
    let short_offset = text.len() > 19 && matches!(text.as_bytes()[text.len() - 3], b'+' | b'-');
    let full = trimmed.or_else(|| short_offset.then(|| format!("{text}:00")));
    if let Some(timestamp) = full.and_then(|text| text.parse::<jiff::Timestamp>().ok()) {
        return Some((SimTime::from_micros(timestamp.as_microsecond()), TimeForm::Zoned));
    }
    zone.parse(text).map(|time| (time, TimeForm::Local))
}

/// `2025-01-31T10:20:30[.123456]Z`, the form of most rows, without a general parser.
fn plain_utc(bytes: &[u8]) -> Option<SimTime> {
    if bytes.len() < 20 || bytes[bytes.len() - 1] != b'Z' {
        return None;
    }
    let shape = [(4, b'-'), (7, b'-'), (13, b':'), (16, b':')];
    if shape.iter().any(|(at, wanted)| bytes[*at] != *wanted) || !matches!(bytes[10], b'T' | b' ') {
        return None;
    }
    let number = |from: usize, to: usize| {
        bytes[from..to]
            .iter()
            .try_fold(0_i64, |sum, byte| byte.is_ascii_digit().then(|| sum * 10 + i64::from(byte - b'0')))
    };
    let (year, month, day) = (number(0, 4)?, number(5, 7)?, number(8, 10)?);
    let (hour, minute, second) = (number(11, 13)?, number(14, 16)?, number(17, 19)?);
    let date = jiff::civil::Date::new(year as i16, month as i8, day as i8).ok()?;
    if hour > 23 || minute > 59 || second > 59 {
        return None;
    }
    let fraction = &bytes[19..bytes.len() - 1];
    let micros = match fraction {
        [] => 0,
        [b'.', digits @ ..] if !digits.is_empty() && digits.len() <= 6 => {
            let value = number(20, bytes.len() - 1)?;
            value * 10_i64.pow(6 - digits.len() as u32)
        }
        _ => return None,
    };
    let days = days_from_civil(i64::from(date.year()), month, day);
    Some(SimTime::from_micros((((days * 24 + hour) * 60 + minute) * 60 + second) * 1_000_000 + micros))
}

/// Days since 1970-01-01 of a date of the Gregorian calendar.
fn days_from_civil(year: i64, month: i64, day: i64) -> i64 {
    let year = if month <= 2 { year - 1 } else { year };
    let era = year.div_euclid(400);
    let year_of_era = year.rem_euclid(400);
    let day_of_year = (153 * (if month > 2 { month - 3 } else { month + 9 }) + 2) / 5 + day - 1;
    let day_of_era = year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year;
    era * 146_097 + day_of_era - 719_468
}

/// A number since 1970: seconds below 10¹¹, then milli-, micro- and nanoseconds by thousands.
fn epoch(text: &str, number: f64) -> Option<(SimTime, TimeForm)> {
    let size = number.abs();
    let (form, scale, exact): (_, f64, fn(i64) -> Option<i64>) = match () {
        () if !number.is_finite() => return None,
        () if size < 1e11 => (TimeForm::Seconds, 1e6, |seconds| seconds.checked_mul(1_000_000)),
        () if size < 1e14 => (TimeForm::Millis, 1e3, |millis| millis.checked_mul(1_000)),
        () if size < 1e17 => (TimeForm::Micros, 1.0, Some),
        () => (TimeForm::Nanos, 1e-3, |nanos| Some(nanos.div_euclid(1_000))),
    };
    // Whole numbers stay exact; a float carries seconds with decimals.
    let micros = match text.parse::<i64>() {
        Ok(whole) => exact(whole)?,
        Err(_) => libm::floor(number * scale + 0.5) as i64,
    };
    Some((SimTime::from_micros(micros), form))
}

/// What a cell that should hold a number holds.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(in crate::workload) enum Number {
    /// A number.
    Is(f64),
    /// Nothing, in one of the ways in which exports write it.
    Empty,
    /// Something else.
    Not,
}

/// Reads a number; `$` and thousands separators are dropped, `Included` and `Free` are 0.
pub(in crate::workload) fn number(text: &str) -> Number {
    let text = text.trim();
    if let Ok(number) = text.parse::<f64>() {
        return if number.is_finite() { Number::Is(number) } else { Number::Empty };
    }
    let lower = text.to_ascii_lowercase();
    match lower.as_str() {
        "" | "-" | "null" | "none" | "n/a" | "na" | "nan" | "unlimited" => return Number::Empty,
        word if is_word_for_zero(word) => return Number::Is(0.0),
        _ => {}
    }
    let bare = lower.strip_prefix('$').unwrap_or(&lower);
    match without_separators(bare).and_then(|bare| bare.parse::<f64>().ok()) {
        Some(number) if number.is_finite() => Number::Is(number),
        _ => Number::Not,
    }
}

/// The words that stand for a price of nothing in exports.
pub(super) fn is_word_for_zero(text: &str) -> bool {
    ["included", "free"].iter().any(|word| text.eq_ignore_ascii_case(word))
}

/// `1,234.5` without its commas; none if they separate anything but thousands: `1,5` means one and a half to some.
fn without_separators(text: &str) -> Option<String> {
    let whole = text.split('.').next().unwrap_or(text);
    let mut groups = whole.trim_start_matches('-').split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let separated = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    (rest.is_empty() || separated).then(|| whole.replace(',', "") + &text[whole.len()..])
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instants_are_read_as_exports_write_them() {
        let cases = [
            ("2024-11-16T08:57:50Z", Some(("2024-11-16T08:57:50Z", TimeForm::Zoned))),
            ("2024-02-29T23:59:59.25Z", Some(("2024-02-29T23:59:59.25Z", TimeForm::Zoned))),
            ("2024-11-16 08:57:50Z", Some(("2024-11-16T08:57:50Z", TimeForm::Zoned))),
            ("2024-11-16T08:57:50+02:00", Some(("2024-11-16T06:57:50Z", TimeForm::Zoned))),
            ("2024-11-16 08:57:50+00", Some(("2024-11-16T08:57:50Z", TimeForm::Zoned))),
            ("2024-11-16 08:57:50 UTC", Some(("2024-11-16T08:57:50Z", TimeForm::Zoned))),
            ("2024-11-16 08:57:50", Some(("2024-11-16T07:57:50Z", TimeForm::Local))),
            ("2024-11-16", Some(("2024-11-15T23:00:00Z", TimeForm::Local))),
            ("1731747470", Some(("2024-11-16T08:57:50Z", TimeForm::Seconds))),
            ("1731747470.5", Some(("2024-11-16T08:57:50.5Z", TimeForm::Seconds))),
            ("1731747470123", Some(("2024-11-16T08:57:50.123Z", TimeForm::Millis))),
            ("1731747470123456", Some(("2024-11-16T08:57:50.123456Z", TimeForm::Micros))),
            ("1731747470123456789", Some(("2024-11-16T08:57:50.123456Z", TimeForm::Nanos))),
            ("2024-02-30T00:00:00Z", None),
            ("2024-11-16T25:00:00Z", None),
            ("yesterday", None),
            ("", None),
        ];
        let berlin = Zone::named("Europe/Berlin").expect("a zone");
        for (text, wanted) in cases {
            let wanted = wanted.map(|(at, form)| (berlin.parse(at).expect("an instant"), form));
            assert_eq!(time(text, &berlin), wanted, "{text}");
        }
    }

    #[test]
    fn numbers_are_read_as_exports_write_them() {
        let cases = [
            ("8", Number::Is(8.0)),
            (" 0.25 ", Number::Is(0.25)),
            ("$1,234.50", Number::Is(1_234.5)),
            ("Included", Number::Is(0.0)),
            ("", Number::Empty),
            ("Unlimited", Number::Empty),
            ("NaN", Number::Empty),
            ("12,345,678", Number::Is(12_345_678.0)),
            ("-1,234", Number::Is(-1_234.0)),
            ("1,5", Number::Not),
            ("1234,567", Number::Not),
            ("1,234,5", Number::Not),
            ("1.234,5", Number::Not),
            ("many", Number::Not),
        ];
        for (text, wanted) in cases {
            assert_eq!(number(text), wanted, "{text}");
        }
    }
}
