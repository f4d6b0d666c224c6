//! The three balances that checks, alerts and top-ups look at (docs/semantics.md §5).
//!
//! Leaves what they are made of to whoever keeps the books.

use crate::policy::View;
use crate::units::Credits;

/// The three balances.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) struct Views {
    pub(super) settled: Credits,
    pub(super) available: Credits,
    pub(super) ongoing: Credits,
}

impl Views {
    #[inline]
    pub(super) fn get(self, view: View) -> Credits {
        match view {
            View::Settled => self.settled,
            View::Available => self.available,
            View::Ongoing => self.ongoing,
        }
    }

    /// The lowest of the three.
    #[inline]
    pub(super) fn lowest(self) -> Credits {
        self.available.min(self.ongoing)
    }

    /// True if any of the three is above what it was.
    #[inline]
    pub(super) fn rose_from(self, before: Views) -> bool {
        self.settled > before.settled || self.available > before.available || self.ongoing > before.ongoing
    }
}
