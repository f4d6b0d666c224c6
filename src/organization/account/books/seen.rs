//! What of the credits of single owners has changed since that was looked at.
//!
//! Leaves what follows to whoever asks. Invariant: nobody looks at it where no lot is an owner's.

use std::collections::BTreeMap;

use crate::ledger::ScopeId;
use crate::policy::{DebtOwner, LotOwner};
use crate::units::Credits;

use super::AccountBooks;

/// What there was when it was looked at.
#[derive(Debug, Clone, Default)]
pub(super) struct SeenCredits {
    /// Of each owner in each scope: remaining, and free of holds.
    lots: BTreeMap<ScopeId, [Credits; 2]>,
    debts: BTreeMap<DebtOwner, Credits>,
    /// The organization's debt, what holds have not reserved of any lot, usage not recorded yet.
    shared: [Credits; 3],
}

/// What has changed of what operations may burn.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(in super::super) struct CreditMoves {
    pub(in super::super) moved: bool,
    /// Some balance may have risen.
    pub(in super::super) rose: bool,
    /// Groups, members and projects of whose own credits or debts some have moved.
    pub(in super::super) owners: Vec<(LotOwner, u16)>,
    /// The most by which the balances of anybody else have moved [credits].
    pub(in super::super) shared: Credits,
}

impl AccountBooks {
    /// What has changed since this was asked last.
    pub(in super::super) fn credit_moves(&mut self) -> CreditMoves {
        let mut moves = CreditMoves::default();
        for scope in self.ledger.take_touched() {
            let (remaining, reserved) = self.ledger.of_owner(scope);
            let (now, owner) = ([remaining, remaining - reserved], self.owner_of(scope));
            let before = self.seen.lots.insert(scope, now).unwrap_or_default();
            moves.compare(&before, &now, owner);
        }
        self.compare_debts(&mut moves);
        let shared = [
            Credits::ZERO - self.ledger.debt_seen_by(DebtOwner::Organization),
            Credits::ZERO - self.ledger.uncovered_now(),
            Credits::ZERO - self.unrecorded,
        ];
        let before = std::mem::replace(&mut self.seen.shared, shared);
        moves.compare(&before, &shared, None);
        moves
    }

    fn compare_debts(&mut self, moves: &mut CreditMoves) {
        let debtors = self.ledger.debtors();
        let gone: Vec<DebtOwner> =
            self.seen.debts.keys().copied().filter(|seen| !debtors.contains(seen)).collect();
        for owner in debtors.into_iter().chain(gone) {
            let debt = self.ledger.own_debt(owner);
            let before = self.seen.debts.insert(owner, debt).unwrap_or_default();
            if debt.is_zero() {
                self.seen.debts.remove(&owner);
            }
            let whose = match owner {
                DebtOwner::Organization => None,
                DebtOwner::Member(member) => Some((LotOwner::Member, member)),
                DebtOwner::Project(project) => Some((LotOwner::Project, project)),
            };
            moves.compare(&[Credits::ZERO - before], &[Credits::ZERO - debt], whose);
        }
    }

    /// Whose lots have this number; none if they are for all who are inside.
    fn owner_of(&self, scope: ScopeId) -> Option<(LotOwner, u16)> {
        let per = self.ledger.scope(scope)?.per;
        (per != LotOwner::Organization).then(|| (per, scope.owner()))
    }
}

impl CreditMoves {
    fn compare(&mut self, before: &[Credits], now: &[Credits], owner: Option<(LotOwner, u16)>) {
        if before == now {
            return;
        }
        self.moved = true;
        self.rose |= now.iter().zip(before).any(|(now, before)| now > before);
        match owner {
            Some(owner) if self.owners.contains(&owner) => {}
            Some(owner) => self.owners.push(owner),
            None => {
                let by = now.iter().zip(before).map(|(now, before)| (*now - *before).max(*before - *now));
                self.shared += by.sum::<Credits>();
            }
        }
    }
}
