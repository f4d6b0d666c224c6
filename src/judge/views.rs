//! The three balances (docs/semantics.md §5).

use crate::policy::View;
use crate::units::Credits;

use super::account::Judged;

/// The three balances at an instant.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct ThreeBalances {
    pub settled: Credits,
    pub available: Credits,
    pub ongoing: Credits,
}

impl ThreeBalances {
    /// One of the three is higher than it was.
    pub fn rose_from(self, before: ThreeBalances) -> bool {
        self.settled > before.settled || self.available > before.available || self.ongoing > before.ongoing
    }

    pub fn of(self, view: View) -> Credits {
        match view {
            View::Settled => self.settled,
            View::Available => self.available,
            View::Ongoing => self.ongoing,
        }
    }
}

impl Judged<'_> {
    /// docs/semantics.md §5.1.
    pub fn balances(&self) -> ThreeBalances {
        let usable: Credits = self.lots.iter().map(|lot| lot.remaining).sum();
        let lowering = if self.terms().debt_counts { self.debt() } else { Credits::ZERO };
        let settled = usable - lowering;
        let held: Credits = self.holds.iter().map(|hold| hold.left()).sum();
        let unrecorded: Credits =
            self.unrecorded.iter().filter(|late| !late.done).map(|late| late.amount).sum();
        ThreeBalances { settled, available: settled - held, ongoing: settled - unrecorded }
    }

    /// The debt that a check of an operation subtracts, if debt lowers the balances.
    pub fn debt_that_lowers(&self, work: usize) -> Credits {
        if self.terms().debt_counts { self.debt_seen_by(work) } else { Credits::ZERO }
    }

    /// The debt that a check of an operation sees.
    pub fn debt_seen_by(&self, work: usize) -> Credits {
        self.debt_of(&[self.debtor(self.asker_of(work))])
    }

    /// What is owed.
    pub fn debt(&self) -> Credits {
        self.debts.iter().map(|debt| debt.owed).sum()
    }
}
