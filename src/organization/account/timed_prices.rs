//! Prices of lots that are earned evenly over the lots' lives (docs/semantics.md §18.13).
//!
//! Owns the prices that are not yet earned to the end, and what is earned over time. Leaves all sums to `money`. Invariant: a price is earned, or voided, once.

use crate::ledger::LotSerial;
use crate::units::{Money, SimTime};

use super::books::Note;

/// What was paid for a lot that earns it evenly over its life.
#[derive(Debug, Clone, Copy)]
struct TimedPrice {
    lot: LotSerial,
    /// What entries say of the lot, which may be used up.
    note: Note,
    price: Money,
    from: SimTime,
    to: SimTime,
}

impl TimedPrice {
    fn earned(&self, at: SimTime) -> Money {
        over_time(self.price, self.from, self.to, at)
    }
}

/// Prices that are not yet earned to the end.
#[derive(Debug, Clone, Default)]
pub(super) struct TimedPrices(Vec<TimedPrice>);

impl TimedPrices {
    /// What was paid for a lot is earned between two instants.
    pub(super) fn begin(
        &mut self,
        (lot, note): (LotSerial, Note),
        price: Money,
        (from, to): (SimTime, SimTime),
    ) {
        self.0.push(TimedPrice { lot, note, price, from, to });
    }

    /// A lot is voided: what of its price is earned by now, and the rest, with what entries say of the lot.
    pub(super) fn void(&mut self, lot: LotSerial, at: SimTime) -> Option<(Money, Money, Note)> {
        let index = self.0.iter().position(|timed| timed.lot == lot)?;
        let timed = self.0.swap_remove(index);
        let earned = timed.earned(at);
        Some((earned, timed.price - earned, timed.note))
    }

    /// Forgets the prices that are earned to the end; returns their sum.
    pub(super) fn end(&mut self, at: SimTime) -> Money {
        let ended = self.0.iter().filter(|timed| timed.to <= at).map(|timed| timed.price).sum();
        self.0.retain(|timed| timed.to > at);
        ended
    }

    /// Earned so far of those that are not forgotten.
    pub(super) fn earned(&self, at: SimTime) -> Money {
        self.0.iter().map(|timed| timed.earned(at)).sum()
    }

    /// Still to be earned of a lot's.
    pub(super) fn deferred_of(&self, lot: LotSerial, at: SimTime) -> Money {
        self.0.iter().filter(|timed| timed.lot == lot).map(|timed| timed.price - timed.earned(at)).sum()
    }

    /// Still to be earned.
    pub(super) fn deferred(&self, at: SimTime) -> Money {
        self.0.iter().map(|timed| timed.price - timed.earned(at)).sum()
    }
}

/// ⌊price · (at − from) / (to − from)⌋.
pub(super) fn over_time(price: Money, from: SimTime, to: SimTime, at: SimTime) -> Money {
    let whole = (to - from).micros().max(1);
    price.scale_floor((at - from).micros().clamp(0, whole), whole)
}
