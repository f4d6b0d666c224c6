//! Amounts of a bill for people: grouped, with as many decimals as the file has.

use std::collections::BTreeMap;

use crate::experiment::backtest::{BilledColumn, BilledQuantity};

/// How amounts are written.
pub(super) struct Amounts<'a> {
    pub columns: &'a BTreeMap<BilledQuantity, BilledColumn>,
    pub currency: Option<&'a str>,
}

impl Amounts<'_> {
    /// An amount with the decimals of its column; with all of them if it is not zero and would look so.
    pub fn text(&self, quantity: BilledQuantity, amount: i128) -> String {
        let own = quantity.decimals();
        let shown = self.columns.get(&quantity).map_or(own, |column| column.decimals.min(own));
        let short = decimal(amount, own, shown);
        let zero = |text: &str| text.bytes().all(|byte| matches!(byte, b'0' | b'.' | b'-'));
        if amount != 0 && zero(&short) { decimal(amount, own, own) } else { short }
    }

    pub fn with_unit(&self, quantity: BilledQuantity, amount: i128) -> String {
        match self.unit(quantity) {
            "" => self.text(quantity, amount),
            unit => format!("{} {unit}", self.text(quantity, amount)),
        }
    }

    /// The unit of a quantity; none of counts.
    pub fn unit(&self, quantity: BilledQuantity) -> &str {
        match quantity {
            BilledQuantity::Invoiced => self.currency.unwrap_or_default(),
            BilledQuantity::Charged | BilledQuantity::ToppedUp => "credits",
            BilledQuantity::Refused | BilledQuantity::TopUps => "",
        }
    }
}

/// An integer of so many decimals with fewer of them, rounded half away from zero, thousands grouped.
fn decimal(amount: i128, own: u32, shown: u32) -> String {
    let unit = 10_i128.pow(own - shown);
    let size = (amount.unsigned_abs() + unit.unsigned_abs() / 2) / unit.unsigned_abs();
    let scale = 10_u128.pow(shown);
    let whole = (size / scale).to_string();
    let mut out = String::new();
    for (index, digit) in whole.chars().enumerate() {
        if index > 0 && (whole.len() - index).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    if shown > 0 {
        out += &format!(".{:0width$}", size % scale, width = shown as usize);
    }
    if amount < 0 && size > 0 { format!("-{out}") } else { out }
}

/// `1 month`, `2 months`.
pub(super) fn counted(count: u64, noun: &str) -> String {
    format!("{count} {noun}{}", if count == 1 { "" } else { "s" })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_keep_the_decimals_of_their_column_unless_nothing_would_be_left() {
        let column = BilledColumn { name: "amount".to_owned(), decimals: 2 };
        let columns = BTreeMap::from([(BilledQuantity::Invoiced, column)]);
        let amounts = Amounts { columns: &columns, currency: Some("USD") };
        let cases = [
            (1_234_567_895_000_000, "1,234,567.90"),
            (-995_000_000, "-1.00"),
            (4_000_000, "0.004000000"),
            (0, "0.00"),
        ];
        for (nanos, text) in cases {
            assert_eq!(amounts.text(BilledQuantity::Invoiced, nanos), text);
        }
        assert_eq!(amounts.with_unit(BilledQuantity::Refused, -12), "-12");
    }
}
