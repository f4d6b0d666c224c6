//! Numbers for people (few digits, a matching uncertainty) and for files (shortest text that reads back the same).

use crate::experiment::Estimate;

/// The shortest text that reads back as the same number; files hold no other form.
#[must_use]
pub fn exact(value: f64) -> String {
    // Adding zero turns a negative zero into a plain one.
    format!("{}", value + 0.0)
}

/// An exact text, or nothing for an absent value.
#[must_use]
pub fn exact_or_empty(value: Option<f64>) -> String {
    value.map(exact).unwrap_or_default()
}

/// A number with four significant digits: `12,345`, `0.04321`, `1.235M`.
#[must_use]
pub fn short(value: f64) -> String {
    significant(value, 4)
}

/// A number with three significant digits, for labels in plots.
#[must_use]
pub fn brief(value: f64) -> String {
    significant(value, 3)
}

/// A number with two significant digits, whole from 10 on, for shares in sentences.
#[must_use]
pub fn rough(value: f64) -> String {
    significant(value, 2)
}

fn significant(value: f64, digits: i32) -> String {
    let scale = LetterScale::of(value);
    let scaled = value / scale.divisor;
    scale.write(trim_zeros(&grouped(scaled, decimals_for(scaled, digits))))
}

/// A mean with at most five significant digits and its half-width with at most two, in the same decimals.
#[must_use]
pub fn with_uncertainty(estimate: &Estimate) -> (String, Option<String>) {
    let Some(half) = estimate.half_width.filter(|&half| half > 0.0) else {
        return (short(estimate.mean), None);
    };
    let scale = LetterScale::of(estimate.mean);
    let (mean, half) = (estimate.mean / scale.divisor, half / scale.divisor);
    let decimals = decimals_for(half, 2).min(decimals_for(mean.abs().max(half), 5));
    // A half-width below the last digit shown is rounded up to it: `±0.000` would claim a constant.
    let half = half.max(libm::pow(0.1, decimals as f64));
    (scale.write(grouped(mean, decimals)), Some(format!("±{}", scale.write(grouped(half, decimals)))))
}

/// A mean and its half-width in one text: `4.31 ±0.12`.
#[must_use]
pub fn estimated(estimate: &Estimate) -> String {
    let (mean, half) = with_uncertainty(estimate);
    half.map_or_else(|| mean.clone(), |half| format!("{mean} {half}"))
}

/// Heads of the columns that [`estimate_cells`] fills.
pub const ESTIMATE_COLUMNS: [&str; 5] = ["mean", "ci_low", "ci_high", "sd", "replications"];

/// An estimate in full, for files.
#[must_use]
pub fn estimate_cells(estimate: Option<&Estimate>) -> [String; 5] {
    let (low, high) = estimate.and_then(Estimate::interval).unzip();
    [
        exact_or_empty(estimate.map(|own| own.mean)),
        exact_or_empty(low),
        exact_or_empty(high),
        exact_or_empty(estimate.and_then(|own| own.sd)),
        estimate.map_or(0, |own| own.replications).to_string(),
    ]
}

/// The half-width of an estimate in full; empty without one.
#[must_use]
pub fn half_width_cell(estimate: Option<&Estimate>) -> String {
    exact_or_empty(estimate.and_then(|own| own.half_width))
}

/// Millions and thousands of millions are written with a letter.
struct LetterScale {
    divisor: f64,
    letter: &'static str,
}

impl LetterScale {
    fn of(value: f64) -> Self {
        match value.abs() {
            size if size >= 9_999_500_000.0 => LetterScale { divisor: 1e9, letter: "G" },
            size if size >= 9_999_500.0 => LetterScale { divisor: 1e6, letter: "M" },
            _ => LetterScale { divisor: 1.0, letter: "" },
        }
    }

    fn write(&self, digits: String) -> String {
        digits + self.letter
    }
}

/// Decimals that show `significant` digits of `value`, at most 12.
fn decimals_for(value: f64, significant: i32) -> usize {
    if value == 0.0 || !value.is_finite() {
        return 0;
    }
    let magnitude = libm::floor(libm::log10(value.abs())) as i32;
    (significant - 1 - magnitude).clamp(0, 12) as usize
}

/// Fixed decimals, thousands separated by commas.
fn grouped(value: f64, decimals: usize) -> String {
    let text = format!("{value:.decimals$}");
    let (sign, digits) = text.strip_prefix('-').map_or(("", text.as_str()), |digits| ("-", digits));
    let (whole, fraction) =
        digits.split_once('.').map_or((digits, None), |(whole, rest)| (whole, Some(rest)));
    let sign = if digits.bytes().all(|byte| matches!(byte, b'0' | b'.')) { "" } else { sign };
    let mut out = sign.to_owned();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index) % 3 == 0 {
            out.push(',');
        }
        out.push(digit);
    }
    if let Some(fraction) = fraction {
        out.push('.');
        out.push_str(fraction);
    }
    out
}

fn trim_zeros(text: &str) -> String {
    if text.contains('.') {
        text.trim_end_matches('0').trim_end_matches('.').to_owned()
    } else {
        text.to_owned()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn short_numbers_show_four_digits() {
        let cases = [
            (0.0, "0"),
            (-0.0, "0"),
            (5.0, "5"),
            (12_345.678, "12,346"),
            (-1_234.0, "-1,234"),
            (0.043_214, "0.04321"),
            (2.5, "2.5"),
            (12_345_678.0, "12.35M"),
            (3e12, "3,000G"),
        ];
        for (value, expected) in cases {
            assert_eq!(short(value), expected);
        }
    }

    #[test]
    fn a_mean_shares_the_decimals_of_its_half_width() {
        let of = |mean, half| {
            let estimate = Estimate::made_up(mean, half, 9);
            let (value, half) = with_uncertainty(&estimate);
            value + &half.unwrap_or_default()
        };
        let cases = [
            (of(12_345.6, 678.0), "12,346±678"),
            (of(4.312_3, 0.123_4), "4.31±0.12"),
            (of(0.5, 0.0), "0.5"),
            (of(33.333_333_17, 0.000_000_01), "33.333±0.001"),
            (of(0.0, 0.25), "0.00±0.25"),
            (of(45_678_901.0, 1_200_000.0), "45.7M±1.2M"),
        ];
        for (found, expected) in cases {
            assert_eq!(found, expected);
        }
    }

    #[test]
    fn exact_numbers_read_back_the_same() {
        for value in [0.1, 1e-9, 123_456_789.123_456, 1.0 / 3.0, -0.0] {
            assert_eq!(exact(value).parse::<f64>().unwrap(), value);
        }
        assert_eq!((exact(-0.0), exact_or_empty(None)), ("0".to_owned(), String::new()));
    }
}
