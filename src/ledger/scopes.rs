//! Which lots whose operation may burn.
//!
//! Owns the scopes of the account's lots and what a spender has of the lots that it may use. Leaves what a scope says to
//! `policy`. Invariant: without scopes every lot is everybody's, and nobody looks any further.

use smallvec::SmallVec;

use crate::policy::{CreditScope, Spender};
use crate::units::Credits;

use super::Ledger;
use super::lot::{Lot, ScopeId};

/// The scopes that one spender is in, one flag each.
pub(super) struct UsableScopes(SmallVec<[bool; 8]>);

impl UsableScopes {
    /// True if the spender may burn a lot.
    #[inline]
    pub(super) fn hold(&self, lot: &Lot) -> bool {
        lot.scope.0 == 0 || self.0[usize::from(lot.scope.0) - 1]
    }
}

/// What a spender has of the lots that it may burn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsableCredits {
    /// Σ remaining, reserved included (credits).
    pub remaining: Credits,
    /// What holds reserve of these lots, and the uncovered part of every hold of the account (credits).
    pub held: Credits,
}

impl Ledger {
    /// The number of a scope, one of those that the ledger was told of or everybody's.
    ///
    /// # Panics
    /// If the ledger was not told of it, or of 2^16 others before it.
    #[must_use]
    pub fn number_of(&self, scope: &CreditScope) -> ScopeId {
        if scope.is_everybody() {
            return ScopeId::default();
        }
        let index = self.scopes.iter().position(|other| other == scope);
        let number = index.and_then(|index| u16::try_from(index + 1).ok());
        ScopeId(number.expect("every scope is told of before lots are issued"))
    }

    /// What a number stands for; none is everybody's.
    #[must_use]
    pub fn scope(&self, id: ScopeId) -> Option<&CreditScope> {
        self.scopes.get(usize::from(id.0).checked_sub(1)?)
    }

    /// True if the account may have lots that not every operation may burn.
    #[inline]
    #[must_use]
    pub fn has_scopes(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// What a spender has.
    #[must_use]
    pub fn usable_for(&self, spender: Spender) -> UsableCredits {
        let usable = self.scopes_of(spender);
        let others = || self.lots.iter().filter(|lot| !usable.hold(lot));
        let remaining = self.remaining - others().map(|lot| lot.remaining).sum::<Credits>();
        UsableCredits { remaining, held: self.held - others().map(|lot| lot.reserved).sum::<Credits>() }
    }

    /// What is lacking of all needs together if each burns unreserved credits in burn order, one after the other, and what
    /// everybody or one of the needy may burn then bears so much `debt` and the uncovered part of every hold.
    #[must_use]
    pub fn shortage(&self, debt: Credits, needs: impl Iterator<Item = (Spender, Credits)>) -> Credits {
        let mut lots: Vec<(&Lot, Credits, bool)> =
            self.lots.iter().map(|lot| (lot, lot.free(), lot.scope == ScopeId::default())).collect();
        let mut lacking = Credits::ZERO;
        for (spender, mut need) in needs.filter(|(_, need)| need.is_positive()) {
            let usable = self.scopes_of(spender);
            for (lot, free, reached) in &mut lots {
                if usable.hold(lot) {
                    let part = need.min(*free);
                    (*free, need, *reached) = (*free - part, need - part, true);
                }
            }
            lacking += need;
        }
        let reserved: Credits = self.lots.iter().map(|lot| lot.reserved).sum();
        let left: Credits = lots.iter().filter(|(.., reached)| *reached).map(|(_, free, _)| *free).sum();
        lacking + (debt + self.held - reserved - left).positive_part()
    }

    /// The scopes that a spender is in.
    #[inline]
    pub(super) fn scopes_of(&self, spender: Spender) -> UsableScopes {
        if self.scopes.is_empty() {
            return UsableScopes(SmallVec::new());
        }
        UsableScopes(self.scopes.iter().map(|scope| scope.holds(spender)).collect())
    }
}
