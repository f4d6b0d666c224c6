//! Undoing charges: credits go back to the lots they were burned from, debt is taken off.
//!
//! Owns lots that are spent but have not ended, which a refund may fill again. Leaves what is undone, and what becomes of
//! credits whose lot has ended, to `organization`. Invariant: a lot that has ended never comes back.

use crate::units::{Credits, SimTime};

use super::lot::{Lot, LotKind, LotSerial};
use super::order::burn_order;
use super::{Ledger, Take};

impl Ledger {
    /// From now on lots that are spent are kept until they end, because a charge may be undone.
    pub fn keep_spent_lots(&mut self) {
        self.spent.get_or_insert_default();
    }

    /// Gives back what was burned from a lot; none if the lot has ended.
    pub fn give_back(&mut self, serial: LotSerial, amount: Credits) -> Option<Take> {
        if let Some(index) = self.position(serial) {
            let lot = &mut self.lots[index];
            if lot.is_kept_by_holds() {
                return None;
            }
            let take = refill(lot, amount);
            self.remaining += amount;
            self.shift(take.scope, amount, Credits::ZERO);
            self.sort();
            self.assert_sound();
            return Some(take);
        }
        let spent = self.spent.as_mut()?;
        let index = spent.iter().position(|lot| lot.serial == serial)?;
        let mut lot = spent.swap_remove(index);
        self.retired_recognized -= lot.recognized();
        self.retired_voided -= lot.voided_value();
        let take = refill(&mut lot, amount);
        self.remaining += amount;
        self.shift(take.scope, amount, Credits::ZERO);
        let at = self.lots.partition_point(|other| burn_order(&self.order, other, &lot).is_le());
        self.lots.insert(at, lot);
        self.find_places();
        self.assert_sound();
        Some(take)
    }

    /// The end of a lot that is still there, or is spent and may be filled again.
    #[must_use]
    pub fn expires_at(&self, serial: LotSerial) -> Option<SimTime> {
        let spent = || self.spent.iter().flatten().find(|lot| lot.serial == serial);
        self.lot(serial).or_else(spent).map(|lot| lot.expires_at)
    }

    /// Takes debt off that a charge had incurred.
    pub fn undo_debt(&mut self, amount: Credits) {
        self.debt -= amount;
        debug_assert!(self.debt >= Credits::ZERO, "no more debt is undone than there is");
    }

    /// A lot ends: nothing is given back to it any more, nor to what made up its minimum.
    pub(super) fn end_spent(&mut self, serial: LotSerial) {
        if let Some(spent) = &mut self.spent {
            spent.retain(|lot| lot.serial != serial && lot.kind != LotKind::Minimum { of: serial });
        }
    }

    /// A close ends the allowance lots that are spent, nothing of them rolls, and what made up a grant's minimum and is
    /// spent: the next minimum is another lot.
    pub fn end_spent_allowances(&mut self) {
        use LotKind::{Allowance, Minimum, Rolled};
        if let Some(spent) = &mut self.spent {
            spent.retain(|lot| !matches!(lot.kind, Allowance | Rolled { .. } | Minimum { .. }));
        }
    }
}

/// What was burned before the lot's past was closed comes back as credits that it has now.
fn refill(lot: &mut Lot, amount: Credits) -> Take {
    let own = amount.min(lot.burned + lot.expired);
    lot.burned -= own;
    lot.credits += amount - own;
    lot.remaining += amount;
    Take::of(lot, amount)
}
