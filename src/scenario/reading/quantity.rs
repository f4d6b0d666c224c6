//! Quantities written in strings: spans, calendar periods, rates, amounts of money.
//!
//! Pure functions from text; `None` means the text does not say such a quantity.

use crate::calendar::Period;
use crate::units::{MICROS_PER_SECOND, Money, NANOS_PER_UNIT, SimSpan};

use super::shape::MOST_SECONDS;

/// Microseconds of an exact unit of time; months and years are not exact.
fn exact_unit(word: &str) -> Option<i64> {
    let micros = match word {
        "us" | "µs" | "microsecond" | "microseconds" => 1,
        "ms" | "millisecond" | "milliseconds" => 1_000,
        "s" | "sec" | "second" | "seconds" => MICROS_PER_SECOND,
        "min" | "minute" | "minutes" => 60 * MICROS_PER_SECOND,
        "h" | "hour" | "hours" => 3_600 * MICROS_PER_SECOND,
        "d" | "day" | "days" => 86_400 * MICROS_PER_SECOND,
        "w" | "week" | "weeks" => 7 * 86_400 * MICROS_PER_SECOND,
        _ => return None,
    };
    Some(micros)
}

/// Microseconds of a unit in a rate: 1 month = 30 days, 1 year = 365 days.
fn rate_unit(word: &str) -> Option<i64> {
    match word {
        "month" | "months" => Some(30 * SimSpan::DAY.micros()),
        "year" | "years" => Some(365 * SimSpan::DAY.micros()),
        _ => exact_unit(word),
    }
}

/// Pairs of number and unit: `5 min`, `1h 30min`; a unit alone counts once if `bare` allows it.
fn pairs(text: &str) -> Option<Vec<(f64, String)>> {
    let text = text.trim();
    let mut pairs = Vec::new();
    let mut rest = text;
    while !rest.is_empty() {
        let digits = rest
            .find(|c: char| !(c.is_ascii_digit() || matches!(c, '.' | '_' | '-' | '+')))
            .unwrap_or(rest.len());
        let number = rest[..digits].replace('_', "");
        let number = if number.is_empty() && pairs.is_empty() { 1.0 } else { number.parse().ok()? };
        rest = rest[digits..].trim_start();
        let letters = rest.find(|c: char| !(c.is_alphabetic() || c == 'µ')).unwrap_or(rest.len());
        if letters == 0 {
            return None;
        }
        pairs.push((number, rest[..letters].to_owned()));
        rest = rest[letters..].trim_start();
    }
    (!pairs.is_empty()).then_some(pairs)
}

/// An exact span: `20s`, `3h`, `5 min`, `1h 30min`, `30 days`. Not negative; no shorter than time can express.
pub(crate) fn span(text: &str) -> Option<SimSpan> {
    let seconds = seconds(text)?;
    let span = SimSpan::from_seconds_f64(seconds);
    ((0.0..=MOST_SECONDS).contains(&seconds) && (seconds == 0.0 || !span.is_zero())).then_some(span)
}

/// The seconds of an exact span, however long. Not negative.
pub(super) fn seconds(text: &str) -> Option<f64> {
    if text.trim() == "0" {
        return Some(0.0);
    }
    let mut seconds = 0.0;
    for (number, unit) in pairs(text)? {
        if !text.trim().starts_with(|c: char| c.is_ascii_digit() || c == '.') || number < 0.0 {
            return None;
        }
        seconds += number * exact_unit(&unit)? as f64 / MICROS_PER_SECOND as f64;
    }
    Some(seconds)
}

/// A calendar period: `month`, `12 months`, `year`, `30 days`, `36 h`. Positive.
pub(crate) fn period(text: &str) -> Option<Period> {
    let pairs = pairs(text)?;
    let [(number, unit)] = pairs.as_slice() else {
        return span(text).filter(|span| !span.is_zero()).map(Period::Span);
    };
    let whole = (number.fract() == 0.0 && *number >= 1.0 && *number <= 1e6).then_some(*number as u32);
    match unit.as_str() {
        "month" | "months" => whole.map(Period::Months),
        "year" | "years" => whole.map(|years| Period::Months(12 * years)),
        "quarter" | "quarters" => whole.map(|quarters| Period::Months(3 * quarters)),
        "d" | "day" | "days" if whole.is_some() => whole.map(Period::Days),
        "w" | "week" | "weeks" if whole.is_some() => whole.map(|weeks| Period::Days(7 * weeks)),
        // A period of nothing would repeat for ever.
        unit => {
            let micros = number * exact_unit(unit)? as f64;
            let fits = (1.0..=MOST_SECONDS * 1e6).contains(&micros);
            fits.then(|| Period::Span(SimSpan::from_micros(micros as i64)))
        }
    }
}

/// A rate per second: `4/day`, `0.5 per hour`, `110/30 days`. May be negative; the caller says what is allowed.
pub(crate) fn rate(text: &str) -> Option<f64> {
    let (number, per) = text.split_once('/').or_else(|| text.split_once(" per "))?;
    let number: f64 = number.trim().replace('_', "").parse().ok()?;
    let pairs = pairs(per)?;
    let [(count, unit)] = pairs.as_slice() else { return None };
    let seconds = count * rate_unit(unit)? as f64 / MICROS_PER_SECOND as f64;
    (seconds > 0.0 && number.is_finite()).then_some(number / seconds)
}

/// An amount of money and its currency: `10.00 USD`. Exact decimals, no floats.
pub(crate) fn money(text: &str) -> Option<(Money, String)> {
    let (amount, currency) = text.trim().rsplit_once(' ')?;
    let iso = currency.len() == 3 && currency.bytes().all(|byte| byte.is_ascii_uppercase());
    let nanos = decimal(amount.trim(), NANOS_PER_UNIT)?;
    iso.then(|| (Money::from_nanos(nanos), currency.to_owned()))
}

/// A decimal number as an integer multiple of 1 / `scale` (a power of ten); `None` if it has more places.
fn decimal(text: &str, scale: i64) -> Option<i64> {
    let text = text.replace(['_', ','], "");
    let (sign, digits) = text.strip_prefix('-').map_or((1, text.as_str()), |digits| (-1, digits));
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let all_digits = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if whole.is_empty() || !all_digits(whole) || !all_digits(fraction) {
        return None;
    }
    let places = scale.ilog10() as usize;
    let padded = format!("{:0<places$}", fraction.trim_end_matches('0'));
    if padded.len() > places {
        return None;
    }
    let whole: i64 = whole.parse().ok()?;
    let fraction: i64 = padded.parse().ok()?;
    whole.checked_mul(scale)?.checked_add(fraction)?.checked_mul(sign)
}

/// A share written as `5%` or `0.05`; finite.
pub(crate) fn share(text: &str) -> Option<f64> {
    match text.trim().ends_with('%') {
        true => percentage(text),
        false => decimal_number(text.trim()),
    }
}

/// A share written as `5%`; finite.
pub(crate) fn percentage(text: &str) -> Option<f64> {
    decimal_number(text.trim().strip_suffix('%')?.trim()).map(|percent| percent / 100.0)
}

/// A finite number in digits; words such as `inf` and `nan` are none.
fn decimal_number(text: &str) -> Option<f64> {
    text.parse().ok().filter(|number: &f64| number.is_finite())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn spans_are_read_as_people_write_them() {
        let cases = [
            ("20s", Some(20.0)),
            ("5 min", Some(300.0)),
            ("3h", Some(10_800.0)),
            ("1.5 h", Some(5_400.0)),
            ("1h 30min", Some(5_400.0)),
            ("30 days", Some(2_592_000.0)),
            ("0", Some(0.0)),
            ("2 ms", Some(0.002)),
            ("5", None),
            ("-5s", None),
            ("month", None),
            ("3 months", None),
            ("soon", None),
            ("", None),
        ];
        for (text, seconds) in cases {
            assert_eq!(span(text), seconds.map(SimSpan::from_seconds_f64), "{text}");
        }
    }

    #[test]
    fn periods_are_calendar_periods() {
        let cases = [
            ("month", Some(Period::Months(1))),
            ("12 months", Some(Period::Months(12))),
            ("year", Some(Period::Months(12))),
            ("2 years", Some(Period::Months(24))),
            ("quarter", Some(Period::Months(3))),
            ("day", Some(Period::Days(1))),
            ("30 days", Some(Period::Days(30))),
            ("2 weeks", Some(Period::Days(14))),
            ("36 h", Some(Period::Span(SimSpan::from_seconds(129_600)))),
            ("montly", None),
            ("0 months", None),
            ("1.5 months", None),
            ("-1 month", None),
        ];
        for (text, expected) in cases {
            assert_eq!(period(text), expected, "{text}");
        }
    }

    #[test]
    fn rates_use_months_of_thirty_days() {
        let day = 86_400.0;
        let cases = [
            ("4/day", Some(4.0 / day)),
            ("2/month", Some(2.0 / (30.0 * day))),
            ("110/30 days", Some(110.0 / (30.0 * day))),
            ("365/year", Some(1.0 / day)),
            ("0.5 per hour", Some(0.5 / 3600.0)),
            ("-1/day", Some(-1.0 / day)),
            ("4", None),
            ("4/fortnight", None),
        ];
        for (text, expected) in cases {
            assert_eq!(rate(text), expected, "{text}");
        }
    }

    #[test]
    fn money_is_exact() {
        let cases = [
            ("10.00 USD", Some((10_000_000_000, "USD"))),
            ("0.085 EUR", Some((85_000_000, "EUR"))),
            ("1,200 USD", Some((1_200_000_000_000, "USD"))),
            ("-1 USD", Some((-1_000_000_000, "USD"))),
            ("10", None),
            ("10 usd", None),
            ("$10", None),
            ("0.0000000001 USD", None),
        ];
        for (text, expected) in cases {
            let expected = expected.map(|(nanos, currency)| (Money::from_nanos(nanos), currency.to_owned()));
            assert_eq!(money(text), expected, "{text}");
        }
    }
}
