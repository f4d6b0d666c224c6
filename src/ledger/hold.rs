//! Holds: reserve named lots, then settle, release or expire, exactly once.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::policy::{ChargedPart, Spender};
use crate::units::Credits;

use super::lot::LotSerial;
use super::{Ledger, Take};

/// Identifies an open hold inside its ledger; reused after the hold has ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct HoldId(pub u32);

/// Credits reserved for work whose cost is not known yet.
#[derive(Debug, Clone, Default)]
pub struct Hold {
    /// What is held and not yet captured, covered or not (credits).
    pub amount: Credits,
    /// Whether reserved lots that expire stay until the hold ends.
    pub pins: bool,
    /// Order of opening.
    serial: u64,
    reservations: SmallVec<[(LotSerial, Credits); 2]>,
}

impl Hold {
    /// What it reserves of a lot (credits).
    pub(super) fn reserved_of(&self, serial: LotSerial) -> Credits {
        self.reservations.iter().filter(|(lot, _)| *lot == serial).map(|(_, part)| *part).sum()
    }

    /// Drops what is reserved of a lot that is gone; the hold keeps its amount, uncovered.
    pub(super) fn drop_reservations_of(&mut self, serial: LotSerial) {
        self.reservations.retain(|(reserved, _)| *reserved != serial);
    }
}

/// What a settle or capture did.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Settlement {
    /// Became debt (credits).
    pub debt: Credits,
    /// Part of the hold that was not used and is free again (credits).
    pub unused: Credits,
}

impl Ledger {
    /// Opens a hold over `amount`, reserving unreserved credits that the spender may use, in burn order; the rest stays
    /// uncovered.
    pub fn open_hold(&mut self, amount: Credits, pins: bool, spender: Spender) -> HoldId {
        let id = self.free_holds.pop().unwrap_or_else(|| {
            self.holds.push(None);
            HoldId(u32::try_from(self.holds.len() - 1).expect("fewer than 2^32 open holds"))
        });
        self.next_hold += 1;
        self.holds[id.0 as usize] = Some(Hold { pins, serial: self.next_hold, ..Hold::default() });
        self.open_holds += 1;
        self.extend_hold(id, amount, spender);
        id
    }

    /// Enlarges an open hold by `amount`.
    pub fn extend_hold(&mut self, id: HoldId, amount: Credits, spender: Spender) {
        let mut hold = self.take_hold(id);
        let mut need = amount;
        let (places, mut bounds) = (self.places_of(&self.usable_lots(spender)), self.bounds.take());
        for n in 0..places.len() {
            if need.is_zero() {
                break;
            }
            let last = Deliberate::HoldsReserveLastLots.is_made();
            let lot = &mut self.lots[places.get(if last { places.len() - 1 - n } else { n })];
            let part = Self::reservable(bounds.as_deref(), lot, need);
            if part.is_positive() {
                lot.reserved += part;
                need -= part;
                if let Some(bounds) = &mut bounds {
                    bounds.take(ChargedPart::Lots(lot.category), part);
                }
                hold.reservations.push((lot.serial, part));
                let scope = lot.scope;
                self.shift(scope, Credits::ZERO, part);
            }
        }
        self.bounds = bounds;
        hold.amount += amount;
        self.held += amount;
        self.holds[id.0 as usize] = Some(hold);
        self.assert_sound();
    }

    /// Charges part of an open hold: its reservation first, then unreserved credits that the spender may use, then debt.
    /// The hold stays open with what is left of it.
    pub fn capture(&mut self, id: HoldId, amount: Credits, spender: Spender) -> Settlement {
        let mut hold = self.take_hold(id);
        let within = amount.min(hold.amount);
        let burned = self.burn_reservation(&mut hold, amount);
        hold.amount -= within;
        self.held -= within;
        self.shrink_reservation(&mut hold);
        self.holds[id.0 as usize] = Some(hold);
        let debt = self.burn_or_owe(amount - burned, spender);
        self.assert_sound();
        Settlement { debt, unused: Credits::ZERO }
    }

    /// Ends a hold by charging `amount`: its reservation first, then unreserved credits that the spender may use, then debt;
    /// the rest of the reservation is released by the same act.
    pub fn settle(&mut self, id: HoldId, amount: Credits, spender: Spender) -> Settlement {
        let mut hold = self.take_hold(id);
        let burned = self.burn_reservation(&mut hold, amount);
        let unused = (hold.amount - amount).positive_part();
        self.end_hold(id, hold);
        let debt = self.burn_or_owe(amount - burned, spender);
        self.assert_sound();
        Settlement { debt, unused }
    }

    /// Ends a hold by charging `amount` if its reservation covers that and nothing of it is overdue; false if nothing was
    /// done, because it takes a [`Ledger::settle`].
    pub fn settle_covered(&mut self, id: HoldId, amount: Credits) -> bool {
        let Some(hold) = self.holds[id.0 as usize].as_ref() else { return false };
        let mut left = amount;
        for &(serial, part) in &hold.reservations {
            let burned = part.min(left);
            left -= burned;
            if !self.lots.iter().any(|lot| lot.serial == serial && lot.overdue.is_zero()) {
                return false;
            }
        }
        if left.is_positive() {
            return false;
        }
        let hold = self.take_hold(id);
        left = amount;
        let mut emptied = false;
        for &(serial, part) in &hold.reservations {
            let burned = part.min(left);
            left -= burned;
            let Some(index) = self.position(serial) else { continue };
            self.lots[index].reserved -= part;
            self.shift(self.lots[index].scope, Credits::ZERO, Credits::ZERO - part);
            if burned.is_positive() {
                self.burn_from(index, burned);
                emptied |= self.lots[index].remaining.is_zero();
            }
        }
        self.held -= hold.amount;
        self.open_holds -= 1;
        self.free_holds.push(id);
        if emptied {
            self.drop_empty();
        }
        self.assert_sound();
        true
    }

    /// Ends a hold without a charge. Returns what was held.
    pub fn release(&mut self, id: HoldId) -> Credits {
        let hold = self.take_hold(id);
        let amount = hold.amount;
        self.end_hold(id, hold);
        self.assert_sound();
        amount
    }

    /// An open hold.
    ///
    /// # Panics
    /// If the hold is not open: every hold ends exactly once.
    #[must_use]
    pub fn hold(&self, id: HoldId) -> &Hold {
        self.holds[id.0 as usize].as_ref().expect("the hold is open")
    }

    /// True if an open hold of exactly `amount` is covered by this lot alone.
    #[inline]
    #[must_use]
    pub fn reserves_only(&self, id: HoldId, lot: LotSerial, amount: i64) -> bool {
        let amount = Credits::from_micros(amount);
        let hold = self.holds[id.0 as usize].as_ref();
        hold.is_some_and(|hold| hold.amount == amount && hold.reservations.as_slice() == [(lot, amount)])
    }

    /// Number of open holds.
    #[must_use]
    pub fn open_holds(&self) -> u64 {
        self.open_holds
    }

    fn take_hold(&mut self, id: HoldId) -> Hold {
        self.holds[id.0 as usize].take().expect("the hold is open: every hold ends exactly once")
    }

    fn end_hold(&mut self, id: HoldId, mut hold: Hold) {
        self.held -= hold.amount;
        self.open_holds -= 1;
        self.free_holds.push(id);
        for (serial, part) in hold.reservations.drain(..) {
            self.unreserve(serial, part);
        }
    }

    /// Burns up to `amount` out of the hold's reservations, in burn order as they were reserved.
    fn burn_reservation(&mut self, hold: &mut Hold, amount: Credits) -> Credits {
        let mut left = amount;
        let mut ended = Vec::new();
        for (serial, part) in &mut hold.reservations {
            if left.is_zero() {
                break;
            }
            let burned = (*part).min(left);
            let lot = self.position(*serial).expect("a reserved lot stays until its hold lets go");
            if self.lots[lot].is_kept_by_holds() {
                ended.push(*serial);
            }
            self.lots[lot].reserved -= burned;
            self.shift(self.lots[lot].scope, Credits::ZERO, Credits::ZERO - burned);
            // What would expire is used first.
            self.lots[lot].overdue = (self.lots[lot].overdue - burned).positive_part();
            self.burn_from(lot, burned);
            *part -= burned;
            left -= burned;
        }
        hold.reservations.retain(|(_, part)| part.is_positive());
        self.drop_empty();
        // Nothing is given back to a lot that had ended before it was used up.
        ended.into_iter().for_each(|serial| self.ends_with_its_holds(serial));
        amount - left
    }

    /// After a capture the reservation must not exceed what is still held: the last reserved credits are freed.
    fn shrink_reservation(&mut self, hold: &mut Hold) {
        let reserved: Credits = hold.reservations.iter().map(|(_, part)| *part).sum();
        let mut excess = (reserved - hold.amount).positive_part();
        while excess.is_positive() {
            let Some((serial, part)) = hold.reservations.pop() else { break };
            let freed = part.min(excess);
            excess -= freed;
            self.unreserve(serial, freed);
            if freed < part {
                hold.reservations.push((serial, part - freed));
            }
        }
    }

    /// Gives reserved credits back to their lot; what is overdue expires at once.
    fn unreserve(&mut self, serial: LotSerial, part: Credits) {
        let Some(index) = self.position(serial) else { return };
        let lot = &mut self.lots[index];
        lot.reserved -= part;
        let late = lot.overdue.min(part);
        lot.overdue -= late;
        let scope = lot.scope;
        self.shift(scope, Credits::ZERO, Credits::ZERO - part);
        if late.is_positive() {
            self.expire_from(index, late);
            let over = self.lots[index].remaining.is_zero();
            self.drop_empty();
            if over {
                self.ends_with_its_holds(serial);
            }
        }
    }

    /// A lot that only its holds had kept is used up: nothing is given back to it any more. One that waits empty for the next
    /// close, by a rollover of its own, has not ended, nor has what makes up its minimum (docs/semantics.md §18.3).
    fn ends_with_its_holds(&mut self, serial: LotSerial) {
        if self.position(serial).is_none() {
            self.end_spent(serial);
        }
    }

    /// Takes `amount` of reserved credits of a lot away from holds that do not pin them, in the order in which they were
    /// opened. Returns what was taken.
    pub(super) fn strip_reservations(&mut self, serial: LotSerial, amount: Credits) -> Credits {
        self.strip_where(serial, amount, |hold| !hold.pins && !Deliberate::EndedLotsStayUnderHolds.is_made())
    }

    /// As `strip_reservations`, whether holds pin the lot or not: what is voided is gone for all.
    pub(super) fn strip_all(&mut self, serial: LotSerial, amount: Credits) {
        self.strip_where(serial, amount, |_| true);
    }

    fn strip_where(&mut self, serial: LotSerial, amount: Credits, from: impl Fn(&Hold) -> bool) -> Credits {
        let mut left = amount;
        let mut holds: Vec<&mut Hold> = self.holds.iter_mut().flatten().filter(|hold| from(hold)).collect();
        holds.sort_unstable_by_key(|hold| hold.serial);
        for hold in holds {
            for (reserved, part) in &mut hold.reservations {
                if *reserved == serial && left.is_positive() {
                    let taken = (*part).min(left);
                    *part -= taken;
                    left -= taken;
                }
            }
            hold.reservations.retain(|(_, part)| part.is_positive());
        }
        self.uncovered += amount - left;
        amount - left
    }

    /// Records a take of `amount` from the lot at `index` by a charge.
    fn burn_from(&mut self, index: usize, amount: Credits) {
        let lot = &mut self.lots[index];
        lot.remaining -= amount;
        lot.burned += amount;
        let take = Take::of(lot, amount);
        self.remaining -= amount;
        self.takes.push(take);
        self.shift(take.scope, Credits::ZERO - amount, Credits::ZERO);
    }
}
