//! A number with what stands behind it, as people write them: `6/day`, `20 min`, `10%`, `29.00 USD`.

/// A number and the unit written behind it.
#[derive(Debug, Clone, PartialEq)]
pub struct UnitAmount {
    /// The number.
    pub number: f64,
    /// Decimal places as written.
    pub places: usize,
    /// Everything behind the number, with its space.
    pub unit: String,
}

impl UnitAmount {
    /// Reads a number and its unit; `None` if the text does not begin with a number.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let sign = usize::from(text.starts_with(['-', '+']));
        let end = text[sign..]
            .find(|c: char| !(c.is_ascii_digit() || c == '.' || c == '_'))
            .map_or(text.len(), |end| end + sign);
        let (digits, unit) = text.split_at(end);
        let digits = digits.replace('_', "");
        let number: f64 = digits.parse().ok()?;
        let places = digits.split_once('.').map_or(0, |(_, decimals)| decimals.len());
        number.is_finite().then(|| UnitAmount { number, places, unit: unit.to_owned() })
    }

    /// True if the unit holds no further number that a factor would have to reach, as in `1h 30min`.
    #[must_use]
    pub fn is_single(&self) -> bool {
        let per = self.unit.trim_start();
        per.starts_with('/') || per.starts_with("per ") || !per.contains(|c: char| c.is_ascii_digit())
    }

    /// Another number with the same unit, at most `places` decimals, no trailing zeros.
    #[must_use]
    pub fn with(&self, number: f64, places: usize) -> String {
        let text = format!("{:.places$}", number + 0.0);
        let text = match text.contains('.') {
            true => text.trim_end_matches('0').trim_end_matches('.'),
            false => &text,
        };
        let text = if text == "-0" { "0" } else { text };
        format!("{text}{}", self.unit)
    }

    /// Another number with six significant digits.
    #[must_use]
    pub fn with_digits(&self, number: f64) -> String {
        let magnitude = if number == 0.0 { 0.0 } else { libm::floor(libm::log10(number.abs())) };
        // Money has at most nine places; everything else is content with fewer.
        self.with(number, (5 - magnitude as i32).clamp(0, 9) as usize)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_number_and_its_unit_are_read_and_written_again() {
        let cases = [
            ("6/day", 7.5, "7.5/day"),
            ("20 min", 16.0, "16 min"),
            ("0.3", 0.375, "0.375"),
            ("10%", 12.5, "12.5%"),
            ("29.00 USD", 36.25, "36.25 USD"),
            ("1_000", 1250.0, "1250"),
            ("-2", -2.5, "-2.5"),
            ("1", 1.0 / 3.0, "0.333333"),
        ];
        for (text, number, expected) in cases {
            let amount = UnitAmount::parse(text).unwrap_or_else(|| panic!("{text}"));
            assert_eq!(amount.with_digits(number), expected, "{text}");
        }
        for text in ["month", "", "office", "..5"] {
            assert_eq!(UnitAmount::parse(text), None, "{text}");
        }
    }

    #[test]
    fn a_unit_with_a_number_of_its_own_cannot_be_scaled() {
        let cases = [("1h 30min", false), ("110/30 days", true), ("2 per 7 days", true), ("5 min", true)];
        for (text, single) in cases {
            assert_eq!(UnitAmount::parse(text).map(|amount| amount.is_single()), Some(single), "{text}");
        }
    }
}
