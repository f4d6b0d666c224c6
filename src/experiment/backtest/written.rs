//! Amounts of the integers of a quantity as text.

use crate::units::{Credits, Money};
use crate::workload::BilledQuantity;

/// An amount of a quantity, in full.
#[must_use]
pub fn quantity(of: BilledQuantity, amount: i128) -> String {
    match of {
        BilledQuantity::Invoiced => money(amount),
        BilledQuantity::Charged | BilledQuantity::ToppedUp => i64::try_from(amount)
            .map_or_else(|_| amount.to_string(), |micros| Credits::from_micros(micros).to_string()),
        BilledQuantity::Refused | BilledQuantity::TopUps => amount.to_string(),
    }
}

/// Money, in full.
pub(super) fn money(amount: i128) -> String {
    i64::try_from(amount).map_or_else(|_| amount.to_string(), |nanos| Money::from_nanos(nanos).to_string())
}
