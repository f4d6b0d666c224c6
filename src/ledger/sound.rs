//! What holds after every act of the ledger, asserted in debug builds.
//!
//! Owns the invariants of `mod.rs` as code. Leaves laws over what was counted to whoever counts.

use crate::units::Credits;

use super::Ledger;
use super::lot::{Lot, LotSerial};

impl Ledger {
    /// In debug builds every act ends here: sums kept beside the lots agree with them, and no lot is negative.
    #[inline]
    pub(super) fn assert_sound(&self) {
        debug_assert_eq!(self.unsound(), None, "an act of the ledger has broken it");
    }

    /// What is wrong with the balances; none if nothing is.
    fn unsound(&self) -> Option<String> {
        let lots = &self.lots;
        let remaining: Credits = lots.iter().map(|lot| lot.remaining).sum();
        if remaining != self.remaining {
            return Some(format!("{remaining} remain in lots, and {} in all", self.remaining));
        }
        let open = self.holds.iter().flatten();
        let (held, count) = (open.clone().map(|hold| hold.amount).sum::<Credits>(), open.clone().count());
        if held != self.held || count as u64 != self.open_holds {
            return Some(format!(
                "{count} holds over {held}, and {} over {} in all",
                self.open_holds, self.held
            ));
        }
        let out_of_bounds = |lot: &&Lot| {
            lot.free() < Credits::ZERO || lot.reserved < lot.overdue || lot.overdue < Credits::ZERO
        };
        if let Some(lot) = lots.iter().find(out_of_bounds) {
            return Some(format!("grant {} has {} and reserves {}", lot.id, lot.remaining, lot.reserved));
        }
        let reserved_of = |serial: LotSerial| open.clone().map(|hold| hold.reserved_of(serial)).sum();
        if self.has_scopes()
            && let Some(what) = self.index.unsound(lots)
        {
            return Some(what);
        }
        let unlike = lots.iter().find(|lot| lot.reserved != reserved_of(lot.serial));
        unlike.map(|lot| format!("grant {} reserves {}, and its holds another amount", lot.id, lot.reserved))
    }
}
