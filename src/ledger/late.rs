//! Charges that come late: they burn what was usable when they were incurred (docs/semantics.md §18.7).
//!
//! Owns what has expired of lots since the oldest charge under way was incurred, as long as it may be taken back. Leaves
//! which charges come late, and for how long, to `organization`. Invariants: nothing is remembered while no mark is open;
//! no more is taken back of a lot than has expired of it since the mark.

use std::collections::{BTreeMap, VecDeque};

use crate::deliberate::Deliberate;
use crate::policy::ChargedPart;
use crate::units::{Credits, Money};

use super::ceilings::ChargeBounds;
use super::lot::{Lot, LotSerial};
use super::order::burn_order;
use super::scopes::UsableLots;
use super::{Ledger, Take};

/// A moment of a ledger: which lots had been issued by then, and what had expired.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct LotMark {
    lots: u32,
    lapses: u64,
}

impl LotMark {
    /// True if a lot had been issued by then.
    pub(super) fn had_issued(self, lot: LotSerial) -> bool {
        lot.0 < self.lots
    }
}

/// Part of a lot that has expired.
#[derive(Debug, Clone)]
struct Lapse {
    number: u64,
    /// As it stood in the burn order.
    lot: Lot,
    /// What is left of it to be taken back, and what it is worth.
    left: Credits,
    value: Money,
}

/// What has expired, the oldest first, and the marks that keep it.
#[derive(Debug, Clone, Default)]
pub(super) struct Lapses {
    kept: VecDeque<Lapse>,
    /// What expires next has this number.
    next: u64,
    /// Open marks, by what had expired at them.
    marks: BTreeMap<u64, u32>,
}

impl Lapses {
    /// So much of a lot expires, which stands where it stood; it is worth `value`.
    pub(super) fn remember(&mut self, lot: &Lot, amount: Credits, value: Money) {
        if !self.marks.is_empty() {
            self.kept.push_back(Lapse { number: self.next, lot: lot.clone(), left: amount, value });
            self.next += 1;
        }
    }

    /// The past of a lot is closed: nothing of it is taken back any more.
    pub(super) fn forget(&mut self, lot: LotSerial) {
        self.kept.retain(|lapse| lapse.lot.serial != lot);
    }
}

impl Ledger {
    /// Marks the present, so that what expires from now on can be taken back.
    pub fn mark(&mut self) -> LotMark {
        let lapses = self.lapses.next;
        *self.lapses.marks.entry(lapses).or_default() += 1;
        LotMark { lots: self.next_serial(), lapses }
    }

    /// A mark has served; what only it kept is forgotten.
    pub fn unmark(&mut self, mark: LotMark) {
        let Lapses { kept, marks, .. } = &mut self.lapses;
        if let Some(open) = marks.get_mut(&mark.lapses) {
            *open -= 1;
            if *open == 0 {
                marks.remove(&mark.lapses);
            }
        }
        let oldest = marks.keys().next().copied().unwrap_or(u64::MAX);
        while kept.front().is_some_and(|lapse| lapse.number < oldest) {
            kept.pop_front();
        }
    }

    /// What is charged until this is called again was incurred at a mark; none: it is incurred now.
    pub fn charge_as_of(&mut self, mark: Option<LotMark>) {
        self.as_of = mark;
    }

    /// What the last act has taken back of what had expired, and what that is worth.
    #[must_use]
    pub fn taken_back(&self) -> &[(Take, Money)] {
        &self.taken_back
    }

    /// Burns what was usable at the mark of the lots of some scopes: what has expired of it since, then what is left of it. Returns what they did not
    /// cover.
    pub(super) fn burn_as_of(&mut self, mark: LotMark, amount: Credits, usable: &UsableLots) -> Credits {
        let left = self.burn_lapsed(mark, amount, usable, None);
        let places = self.places_of(usable);
        self.burn_places(left, &places, |lot| mark.had_issued(lot.serial))
    }

    /// Burns what has expired since the mark of lots that were there, in burn order, within the shares of ceilings if there are any.
    pub(super) fn burn_lapsed(
        &mut self,
        mark: LotMark,
        amount: Credits,
        inside: &UsableLots,
        mut bounds: Option<&mut ChargeBounds>,
    ) -> Credits {
        let kept = &self.lapses.kept;
        let was_usable = |lapse: &Lapse| {
            let was_there = lapse.number >= mark.lapses && mark.had_issued(lapse.lot.serial);
            was_there && lapse.left.is_positive() && inside.hold(&lapse.lot)
        };
        let mut usable: Vec<usize> = (0..kept.len()).filter(|index| was_usable(&kept[*index])).collect();
        usable.sort_by(|a, b| burn_order(&self.order, &kept[*a].lot, &kept[*b].lot));
        let mut left = amount;
        for index in usable.into_iter().filter(|_| !Deliberate::UnexpireForgotten.is_made()) {
            let lapse = &self.lapses.kept[index];
            let of = ChargedPart::Lots(lapse.lot.category);
            let share = bounds.as_ref().and_then(|bounds| bounds.most_of(of));
            let part = share.map_or(lapse.left, |share| lapse.left.min(share)).min(left);
            if part.is_positive() {
                if let Some(bounds) = &mut bounds {
                    bounds.take(of, part);
                }
                left -= part;
                self.take_back(index, part);
            }
        }
        left
    }

    /// Part of what has expired is burned instead. What the lot has earned stays the same; of what it had earned by expiring,
    /// parts are rounded down and the last one is the rest.
    fn take_back(&mut self, index: usize, part: Credits) {
        let lapse = &mut self.lapses.kept[index];
        let value = lapse.value.scale_floor(part.micros(), lapse.left.micros());
        lapse.left -= part;
        lapse.value -= value;
        let (serial, take) = (lapse.lot.serial, Take::of(&lapse.lot, part));
        let spent = self.spent.iter_mut().flatten();
        if let Some(lot) = self.lots.iter_mut().chain(spent).find(|lot| lot.serial == serial) {
            lot.expired -= part;
            lot.burned += part;
        }
        self.breakage -= value;
        self.takes.push(take);
        self.taken_back.push((take, value));
    }
}
