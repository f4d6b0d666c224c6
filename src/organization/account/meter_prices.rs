//! What charges are worth to limits that count money (docs/semantics.md §15.20).
//!
//! Leaves which parts of a charge count to the limit. Invariant: meters of money count nano-units of the currency, in the type in
//! which all meters count; what is exact is in millionths of a nano-unit.

use crate::deliberate::Deliberate;
use crate::policy::{ChargeParts, ChargedPart};
use crate::units::{Credits, MICROS_PER_CREDIT, Money};

/// More room than anybody needs.
const ENDLESS: Credits = Credits::from_micros(i64::MAX / 4);

/// Prices of a credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeterPrices {
    /// Of lots.
    pub(super) lots: Money,
    /// Of overage.
    pub(super) overage: Money,
}

/// Half-up to a nano-unit.
pub(super) fn to_nanos(exact: i128) -> Credits {
    let one = i128::from(MICROS_PER_CREDIT);
    Credits::from_micros(i64::try_from((exact + one / 2).div_euclid(one)).unwrap_or(i64::MAX / 4))
}

impl MeterPrices {
    /// What so much of a part is worth, exactly.
    pub(super) fn exact(&self, part: ChargedPart, credits: Credits) -> i128 {
        let price = match part {
            ChargedPart::Lots(_) => self.lots,
            ChargedPart::Overage => self.overage,
        };
        i128::from(price.nanos()) * i128::from(credits.micros())
    }

    /// The price at which a ceiling's room is one in credits: that of overage, if it covers that.
    fn of_ceiling(&self, covers: ChargeParts) -> Money {
        if covers.hold_overage() { self.overage } else { self.lots }
    }

    /// How many credits a ceiling has room for that has so much money left, rounded down to a micro-credit.
    pub(super) fn credits_in(&self, room: Credits, covers: ChargeParts) -> Credits {
        let price = i128::from(self.of_ceiling(covers).nanos());
        if price <= 0 {
            return ENDLESS;
        }
        let up = if Deliberate::SharesRoundedUp.is_made() { price - 1 } else { 0 };
        let micros = (i128::from(room.micros()) * i128::from(MICROS_PER_CREDIT) + up) / price;
        i64::try_from(micros).map_or(ENDLESS, |micros| Credits::from_micros(micros).min(ENDLESS))
    }

    /// What so many credits take of a ceiling's money, half-up.
    pub(super) fn money_for(&self, credits: Credits, covers: ChargeParts) -> Credits {
        let price = i128::from(self.of_ceiling(covers).nanos());
        to_nanos(price * i128::from(credits.micros()))
    }

    /// How many credits of overage so much money is, rounded up to a micro-credit.
    pub(super) fn overage_for(&self, money: Credits) -> Credits {
        let price = i128::from(self.overage.nanos());
        if price <= 0 {
            return Credits::ZERO;
        }
        let micros = (i128::from(money.micros()) * i128::from(MICROS_PER_CREDIT) + price - 1) / price;
        i64::try_from(micros).map_or(ENDLESS, Credits::from_micros)
    }
}
