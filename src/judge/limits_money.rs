//! What charges are worth to limits of money (docs/semantics.md §15.20).
//!
//! Leaves which parts of charges count to `limits_meters`. Amounts of money stand where others stand as credits: a nano-unit as a
//! micro-credit.

use crate::policy::{ChargeParts, ChargedPart, LimitUnit, UsageLimit};
use crate::units::{Credits, MICROS_PER_CREDIT, Money, SimTime};

use super::account::Judged;

/// Prices of a credit.
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedWorth {
    lots: Money,
    overage: Money,
}

/// What a meter's charges have been worth in a window, exactly (millionths of a nano-unit), and what it has counted of that.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct WorthCounted {
    window: Option<(SimTime, SimTime)>,
    exact: i128,
    counted: Credits,
}

/// Half-up to a nano-unit.
pub(super) fn half_up(exact: i128) -> Credits {
    let one = i128::from(MICROS_PER_CREDIT);
    let nanos = (2 * exact + one).div_euclid(2 * one);
    Credits::from_micros(i64::try_from(nanos).unwrap_or(i64::MAX / 4))
}

impl JudgedWorth {
    /// What so much of a part is worth (millionths of a nano-unit).
    pub fn exact(self, part: ChargedPart, credits: Credits) -> i128 {
        let price = if part == ChargedPart::Overage { self.overage } else { self.lots };
        i128::from(price.nanos()) * i128::from(credits.micros())
    }

    /// The price of a ceiling's room.
    fn of_room(self, covers: ChargeParts) -> i128 {
        let price = if covers.hold(ChargedPart::Overage) { self.overage } else { self.lots };
        i128::from(price.nanos())
    }
}

/// So much of anything is more than anybody needs.
const ENDLESS: i128 = i64::MAX as i128 / 4;

fn credits(micros: i128) -> Credits {
    Credits::from_micros(micros.min(ENDLESS) as i64)
}

impl Judged<'_> {
    /// What a credit is worth to a limit, if it counts money.
    pub fn prices_of(&self, limit: &UsageLimit) -> Option<JudgedWorth> {
        let of_overage = self.overdraft().price_per_credit;
        let overage = of_overage.or(limit.list_price).unwrap_or(Money::ZERO);
        let lots = limit.list_price.unwrap_or(overage);
        (limit.unit == LimitUnit::Money).then_some(JudgedWorth { lots, overage })
    }

    /// A ceiling's room in credits: ⌊room / price⌋ to a micro-credit.
    pub fn credits_for(&self, limit: &UsageLimit, covers: ChargeParts, room: Credits) -> Credits {
        let Some(price) = self.prices_of(limit).map(|prices| prices.of_room(covers)) else { return room };
        if price == 0 {
            return credits(ENDLESS);
        }
        credits(i128::from(room.micros()) * i128::from(MICROS_PER_CREDIT) / price)
    }

    /// What so many credits take of a ceiling's room.
    pub fn money_for(&self, limit: &UsageLimit, covers: ChargeParts, wanted: Credits) -> Credits {
        let prices = self.prices_of(limit);
        prices.map_or(wanted, |prices| half_up(prices.of_room(covers) * i128::from(wanted.micros())))
    }

    /// What a need comes to for a limit of the whole: what lots cover of it at their price, the rest at that of overage.
    pub fn need_in_money(&self, work: usize, limit: &UsageLimit, need: Credits) -> Credits {
        let Some(prices) = self.prices_of(limit) else { return need };
        let of_lots = need.min(self.covered_by_lots(work));
        let lots = prices.exact(ChargedPart::Lots(crate::units::Category::Included), of_lots);
        half_up(lots + prices.exact(ChargedPart::Overage, need - of_lots))
    }

    /// How many credits of overage a rise of a limit's overrun is, rounded up to a micro-credit (docs/semantics.md §15.21).
    pub fn overage_for(&self, limit: &UsageLimit, rise: Credits) -> Credits {
        let Some(prices) = self.prices_of(limit) else { return rise };
        let price = i128::from(prices.overage.nanos());
        if price == 0 {
            return Credits::ZERO;
        }
        credits((i128::from(rise.micros()) * i128::from(MICROS_PER_CREDIT) + price - 1) / price)
    }

    /// What a meter counts of charges worth so much more (or less): what all in its window are worth, half-up, less what it has
    /// counted.
    pub fn money_counts(&mut self, limit: &UsageLimit, meter: usize, exact: i128) -> Credits {
        let window = self.fixed_window(limit).or_else(|| self.open_first_use(limit, meter));
        let worth = &mut self.meters.all[meter].worth;
        if worth.window != window {
            *worth = WorthCounted { window, ..WorthCounted::default() };
        }
        worth.exact += exact;
        let counts = half_up(worth.exact) - worth.counted;
        worth.counted += counts;
        counts
    }
}
