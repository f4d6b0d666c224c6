//! Balances after every entry: the journal has those after the whole event for each of its entries.

use crate::outcome::{Entry, EntryKind};
use crate::units::{Category, Credits};

/// Lots by category and debt, entry by entry.
#[derive(Debug, Clone, Default)]
pub(super) struct BalanceTrack {
    lots: [Credits; 3],
    debt: Credits,
    /// What is settled beside that: less where lots are not yet usable.
    beside: Credits,
}

impl BalanceTrack {
    /// Takes an entry.
    pub fn take(&mut self, entry: &Entry) {
        let credits = entry.credits;
        let place = Category::ALL.iter().position(|known| *known == entry.category);
        let lot = &mut self.lots[place.unwrap_or_default()];
        match entry.kind {
            EntryKind::OpeningGrant
            | EntryKind::Issue
            | EntryKind::IssueAllowance
            | EntryKind::Land
            | EntryKind::IssueRolloverMinimum
            | EntryKind::Unexpire
            | EntryKind::RefundBurn
            | EntryKind::RefundRepaid => *lot += credits,
            EntryKind::Burn | EntryKind::Expire | EntryKind::Void => *lot -= credits,
            EntryKind::Repay => {
                *lot -= credits;
                self.debt -= credits;
            }
            EntryKind::OpeningDebt | EntryKind::DebtIncurred => self.debt += credits,
            EntryKind::DebtForgiven | EntryKind::DebtInvoiced | EntryKind::RefundDebt => {
                self.debt -= credits;
            }
            _ => {}
        }
    }

    /// What is settled now.
    pub fn settled(&self) -> Credits {
        self.lots.into_iter().sum::<Credits>() - self.debt + self.beside
    }

    /// Takes over what the journal says after a whole event.
    pub fn settle(&mut self, last: &Entry) {
        self.beside += last.settled_after - self.settled();
        self.debt_is(last.debt_after);
    }

    fn debt_is(&mut self, debt: Credits) {
        self.beside += debt - self.debt;
        self.debt = debt;
    }

    /// Debt now.
    pub fn debt(&self) -> Credits {
        self.debt
    }

    /// What is left of lots, in the order of [`Category::ALL`].
    pub fn by_category(&self) -> [Credits; 3] {
        self.lots
    }
}
