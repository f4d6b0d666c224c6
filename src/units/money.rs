//! Money as integers: nano-units of the scenario's currency.

use std::fmt;
use std::iter::Sum;
use std::ops::{Add, AddAssign, Neg, Sub, SubAssign};
use std::str::FromStr;

use super::limit::too_much_money;

/// Nano-units in one unit of the currency.
pub const NANOS_PER_UNIT: i64 = 1_000_000_000;

/// A signed amount of the scenario's currency (nano-units).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Money(i64);

impl Money {
    /// No money.
    pub const ZERO: Money = Money(0);

    /// From nano-units.
    #[must_use]
    pub const fn from_nanos(nanos: i64) -> Self {
        Money(nanos)
    }

    /// From a decimal amount, rounded half-up to a nano-unit.
    #[must_use]
    pub fn from_f64(units: f64) -> Self {
        Money(super::round_half_up(units, NANOS_PER_UNIT as f64))
    }

    /// In nano-units.
    #[must_use]
    pub const fn nanos(self) -> i64 {
        self.0
    }

    /// For display, statistics and plots only.
    #[must_use]
    pub fn as_f64(self) -> f64 {
        self.0 as f64 / NANOS_PER_UNIT as f64
    }

    /// `self · numerator / denominator` in 128 bits, rounded half-up. `denominator` must be positive.
    #[must_use]
    pub fn scale_half_up(self, numerator: i64, denominator: i64) -> Self {
        Money(super::ratio_half_up(self.0, numerator, denominator))
    }

    /// `⌊self · numerator / denominator⌋`, exactly. `denominator` must be positive.
    #[must_use]
    pub fn scale_floor(self, numerator: i64, denominator: i64) -> Self {
        debug_assert!(denominator > 0);
        // Most products fit 64 bits, whose division takes a fraction of the time.
        if let Some(product) = self.0.checked_mul(numerator) {
            return Money(product.div_euclid(denominator));
        }
        let product = i128::from(self.0) * i128::from(numerator);
        Money(i64::try_from(product.div_euclid(i128::from(denominator))).unwrap_or_else(|_| too_much_money()))
    }
}

impl Add for Money {
    type Output = Money;
    fn add(self, other: Money) -> Money {
        Money(self.0.checked_add(other.0).unwrap_or_else(|| too_much_money()))
    }
}

impl Sub for Money {
    type Output = Money;
    fn sub(self, other: Money) -> Money {
        Money(self.0.checked_sub(other.0).unwrap_or_else(|| too_much_money()))
    }
}

impl Neg for Money {
    type Output = Money;
    fn neg(self) -> Money {
        Money(self.0.checked_neg().unwrap_or_else(|| too_much_money()))
    }
}

impl AddAssign for Money {
    fn add_assign(&mut self, other: Money) {
        *self = *self + other;
    }
}

impl SubAssign for Money {
    fn sub_assign(&mut self, other: Money) {
        *self = *self - other;
    }
}

impl Sum for Money {
    fn sum<I: Iterator<Item = Money>>(money: I) -> Money {
        money.fold(Money::ZERO, Add::add)
    }
}

impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(&decimal(i128::from(self.0), 9))
    }
}

/// An integer with `places` implied decimals, written without trailing zeros.
pub(super) fn decimal(value: i128, places: u32) -> String {
    let scale = 10_u128.pow(places);
    let magnitude = value.unsigned_abs();
    let sign = if value < 0 { "-" } else { "" };
    let (whole, fraction) = (magnitude / scale, magnitude % scale);
    if fraction == 0 {
        return format!("{sign}{whole}");
    }
    let digits = format!("{fraction:0width$}", width = places as usize);
    format!("{sign}{whole}.{}", digits.trim_end_matches('0'))
}

impl FromStr for Money {
    type Err = NotWritten;

    /// Reads what [`Money`] is written as.
    fn from_str(text: &str) -> Result<Self, NotWritten> {
        parse_decimal(text, 9).map(Money)
    }
}

/// A text is not what the program writes for a quantity of that kind.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct NotWritten;

impl fmt::Display for NotWritten {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("not written as the program writes it")
    }
}

impl std::error::Error for NotWritten {}

/// What [`decimal`] has written: an integer with `places` implied decimals.
pub(super) fn parse_decimal(text: &str, places: usize) -> Result<i64, NotWritten> {
    let (sign, magnitude) = text.strip_prefix('-').map_or((1, text), |rest| (-1, rest));
    let (whole, fraction) = magnitude.split_once('.').unwrap_or((magnitude, ""));
    let digits = |part: &str| part.bytes().all(|digit| digit.is_ascii_digit());
    if whole.is_empty() || fraction.len() > places || !digits(whole) || !digits(fraction) {
        return Err(NotWritten);
    }
    // In 128 bits, because the lowest of 64 has no positive counterpart.
    let value: i128 = format!("{whole}{fraction:0<places$}").parse().map_err(|_| NotWritten)?;
    i64::try_from(sign * value).map_err(|_| NotWritten)
}

#[cfg(test)]
mod tests {
    use super::{Money, NotWritten, decimal};

    #[test]
    fn what_is_written_reads_back() {
        for nanos in [0, 1, -1, 999_999_999, 1_000_000_000, -12_500_000_000, i64::MAX, i64::MIN] {
            let written = decimal(i128::from(nanos), 9);
            assert_eq!(written.parse(), Ok(Money::from_nanos(nanos)), "{written}");
        }
        for text in ["", "-", ".", "1e3", "+1", "1.0000000001", "1.-5", "9223372036854775808", " 1"] {
            assert_eq!(text.parse::<Money>(), Err(NotWritten), "{text}");
        }
    }

    #[test]
    fn scaling_rounds_down_within_64_bits_and_beyond() {
        let cases = [
            (7, 3, 2, 10),
            (-7, 3, 2, -11),
            (i64::MAX / 3, 3, 2, 4_611_686_018_427_387_903),
            (i64::MAX / 3 + 1, 3, 3, i64::MAX / 3 + 1),
            (i64::MIN, 1, 1, i64::MIN),
            (i64::MIN, 5, 7, -6_588_122_883_467_697_006),
            (i64::MAX, i64::MAX, i64::MAX, i64::MAX),
        ];
        for (nanos, numerator, denominator, wanted) in cases {
            let scaled = Money::from_nanos(nanos).scale_floor(numerator, denominator);
            assert_eq!(scaled.nanos(), wanted, "{nanos} · {numerator} / {denominator}");
        }
    }

    #[test]
    fn decimals_are_exact_and_short() {
        let cases =
            [(0, "0"), (1, "0.000001"), (-1_500_000, "-1.5"), (2_000_000, "2"), (123_456_789, "123.456789")];
        for (micros, text) in cases {
            assert_eq!(decimal(micros, 6), text);
        }
    }
}
