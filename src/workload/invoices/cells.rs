//! Single cells of a file of bills: months and amounts, as exports and spreadsheets write them.

use crate::calendar::{YearMonth, Zone};
use crate::workload::history::time;

const NAMES: [&str; 12] = [
    "january",
    "february",
    "march",
    "april",
    "may",
    "june",
    "july",
    "august",
    "september",
    "october",
    "november",
    "december",
];

/// Reads a month: `2025-01`, `2025/01`, `202501`, `01/2025`, `Jan 2025`, or any day or instant in it.
pub(super) fn month(text: &str, zone: &Zone) -> Option<YearMonth> {
    let words: Vec<&str> = text.split(['-', '/', '.', ' ', ',']).filter(|word| !word.is_empty()).collect();
    let number = |word: &str| word.parse::<i64>().ok();
    match words[..] {
        // A month or a day without separators; only larger numbers are instants.
        [word] if text == word && word.len() < 9 && number(word).is_some() => {
            let (year, rest) = word.split_at_checked(4)?;
            let (month, day) = rest.split_at_checked(2)?;
            let plain = day.is_empty() || (day.len() == 2 && (1..=31).contains(&number(day)?));
            YearMonth::new(number(year)?, number(month)?).filter(|_| plain)
        }
        [one, two] if one.len() == 4 && number(one).is_some() => {
            YearMonth::new(number(one)?, number(two).or_else(|| named(two))?)
        }
        [one, two] if two.len() == 4 && number(two).is_some() => {
            YearMonth::new(number(two)?, number(one).or_else(|| named(one))?)
        }
        _ => time(text, zone).and_then(|(at, _)| YearMonth::of(zone, at)),
    }
}

/// The number of a month by its English name, or its first three letters or more.
fn named(word: &str) -> Option<i64> {
    let word = word.to_lowercase();
    let found = NAMES.iter().position(|name| word.len() >= 3 && name.starts_with(word.as_str()))?;
    i64::try_from(found + 1).ok()
}

/// An amount as a cell says it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct CellAmount {
    /// In units of ten to the minus `decimals` that were asked for, rounded half-up.
    pub value: i128,
    /// Decimals that are written, zeros at their end included.
    pub written: u32,
    /// Nothing stands behind the point but zeros.
    pub whole: bool,
    /// A currency that stands beside it.
    pub currency: Option<String>,
}

/// What a cell that should hold an amount holds.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum CellReading {
    Is(CellAmount),
    Empty,
    Not,
}

/// Reads an amount with so many decimals: `1,234.50`, `$12`, `12.5 USD`, `(3.00)` for what is given back.
pub(super) fn amount(text: &str, decimals: u32) -> CellReading {
    let text = text.trim();
    if matches!(text.to_ascii_lowercase().as_str(), "" | "-" | "null" | "none" | "n/a" | "na" | "nan") {
        return CellReading::Empty;
    }
    let (back, inner) = match text.strip_prefix('(').and_then(|rest| rest.strip_suffix(')')) {
        Some(inner) => (true, inner.trim()),
        None => (false, text),
    };
    let (currency, digits) = without_currency(inner);
    match decimal(digits, decimals) {
        Some(Decimal { value, written, whole }) => {
            CellReading::Is(CellAmount { value: if back { -value } else { value }, written, whole, currency })
        }
        None => CellReading::Not,
    }
}

/// A currency before or behind an amount, and the amount.
fn without_currency(text: &str) -> (Option<String>, &str) {
    const SIGNS: [(&str, &str); 3] = [("$", "USD"), ("€", "EUR"), ("£", "GBP")];
    let (sign, rest) = match text.strip_prefix('-') {
        Some(rest) => ("-", rest.trim()),
        None => ("", text),
    };
    for (mark, code) in SIGNS {
        if let Some(inner) = rest.strip_prefix(mark).or_else(|| rest.strip_suffix(mark)) {
            // A sign before the mark is kept by reading it with the digits.
            let digits = if sign.is_empty() { inner.trim() } else { text };
            return (Some(code.to_owned()), if sign.is_empty() { digits } else { text });
        }
    }
    let code = |word: &str| word.len() == 3 && word.chars().all(|c| c.is_ascii_alphabetic());
    match text.rsplit_once(' ') {
        Some((digits, word)) if code(word) => (Some(word.to_uppercase()), digits.trim()),
        _ => match text.split_once(' ') {
            Some((word, digits)) if code(word) => (Some(word.to_uppercase()), digits.trim()),
            _ => (None, text),
        },
    }
}

/// A number as it is written.
struct Decimal {
    value: i128,
    written: u32,
    whole: bool,
}

/// A decimal number in units of ten to the minus `decimals`, rounded half-up; commas are taken off where they separate
/// thousands.
fn decimal(text: &str, decimals: u32) -> Option<Decimal> {
    let text: String = text.chars().filter(|c| !matches!(c, '$' | '€' | '£')).collect();
    if text.contains(['e', 'E']) {
        let number: f64 =
            text.parse().ok().filter(|number: &f64| number.is_finite() && number.abs() < 1e15)?;
        let scale = libm::pow(10.0, f64::from(decimals));
        let value = libm::round(number * scale) as i128;
        return Some(Decimal { value, written: decimals, whole: number.fract() == 0.0 });
    }
    let (negative, digits) = match text.trim().strip_prefix(['-', '+']) {
        Some(rest) => (text.trim().starts_with('-'), rest),
        None => (false, text.trim()),
    };
    let (whole, fraction) = digits.split_once('.').unwrap_or((digits, ""));
    let whole = thousands(whole)?;
    let plain = |part: &str| part.bytes().all(|byte| byte.is_ascii_digit());
    if (whole.is_empty() && fraction.is_empty()) || !plain(&whole) || !plain(fraction) || whole.len() > 15 {
        return None;
    }
    let kept: String = fraction.chars().chain(std::iter::repeat('0')).take(decimals as usize + 1).collect();
    let (kept, next) = kept.split_at(decimals as usize);
    let units: i128 = format!("0{whole}{kept}").parse().ok()?;
    let units = units + i128::from(next >= "5");
    let value = if negative { -units } else { units };
    Some(Decimal {
        value,
        written: fraction.len() as u32,
        whole: fraction.bytes().all(|digit| digit == b'0'),
    })
}

/// Digits without the commas that separate thousands; none if they separate anything else.
fn thousands(whole: &str) -> Option<String> {
    let mut groups = whole.split(',');
    let first = groups.next().unwrap_or_default();
    let rest: Vec<&str> = groups.collect();
    let separated = (1..=3).contains(&first.len()) && rest.iter().all(|group| group.len() == 3);
    (rest.is_empty() || separated).then(|| whole.replace(',', ""))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn months_are_read_as_people_and_exports_write_them() {
        let zone = Zone::named("Europe/Berlin").expect("a zone");
        let january = YearMonth::new(2025, 1);
        for text in [
            "2025-01",
            "2025-1",
            "2025/01",
            "202501",
            "01/2025",
            "Jan 2025",
            "January 2025",
            "2025 january",
            "2025-01-31",
            "20250131",
            "2024-12-31T23:30:00Z",
            "1736000000",
        ] {
            assert_eq!(month(text, &zone), january, "{text}");
        }
        for text in ["2025-13", "sometime", "", "2025", "20250199", "Ja 2025", "13/2025", "20251"] {
            assert_eq!(month(text, &zone), None, "{text}");
        }
    }

    #[test]
    fn amounts_are_exact_decimals() {
        let is = |value: i128, written: u32, currency: Option<&str>| {
            let whole = value % 1_000_000 == 0;
            CellReading::Is(CellAmount { value, written, whole, currency: currency.map(str::to_owned) })
        };
        let cases = [
            ("12.5", is(12_500_000, 1, None)),
            ("$1,234.50", is(1_234_500_000, 2, Some("USD"))),
            ("-$3", is(-3_000_000, 0, Some("USD"))),
            ("12.345678 usd", is(12_345_678, 6, Some("USD"))),
            ("EUR 7", is(7_000_000, 0, Some("EUR"))),
            ("(3.00)", is(-3_000_000, 2, None)),
            ("0.1234565", is(123_457, 7, None)),
            (".5", is(500_000, 1, None)),
            ("1e3", is(1_000_000_000, 6, None)),
            ("", CellReading::Empty),
            ("n/a", CellReading::Empty),
            ("1,5", CellReading::Not),
            ("1.234,50", CellReading::Not),
            ("many", CellReading::Not),
            (".", CellReading::Not),
        ];
        for (text, wanted) in cases {
            assert_eq!(amount(text, 6), wanted, "{text}");
        }
    }
}
