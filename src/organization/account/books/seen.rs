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
    /// What is everybody's of the three balances: lots for all, less the organization's debt; the same without what is held and
    /// uncovered; the same without usage that is not recorded yet.
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
        // By how much the lots of each owner have fallen together: that may have repaid its own debt.
        let mut fallen: BTreeMap<(LotOwner, u16), Credits> = BTreeMap::new();
        for scope in self.ledger.take_touched() {
            if scope == ScopeId::default() {
                continue;
            }
            let (remaining, reserved) = self.ledger.of_owner(scope);
            let (now, owner) = ([remaining, remaining - reserved], self.owner_of(scope));
            let before = self.seen.lots.insert(scope, now).unwrap_or_default();
            moves.compare(&before, &now, owner);
            if let Some(owner) = owner {
                *fallen.entry(owner).or_default() += (before[0] - now[0]).positive_part();
            }
        }
        self.compare_debts(&mut moves, &fallen);
        let now = self.everybodys();
        let before = std::mem::replace(&mut self.seen.shared, now);
        moves.compare(&before, &now, None);
        moves
    }

    fn everybodys(&self) -> [Credits; 3] {
        let (remaining, reserved) = self.ledger.of_owner(ScopeId::default());
        let owed = self.ledger.debt_seen_by(DebtOwner::Organization);
        let settled = remaining - if self.rules.debt_counts { owed } else { Credits::ZERO };
        [settled, settled - reserved - self.ledger.uncovered_now(), settled - self.unrecorded]
    }

    fn compare_debts(&mut self, moves: &mut CreditMoves, fallen: &BTreeMap<(LotOwner, u16), Credits>) {
        let debtors = self.ledger.debtors();
        let gone: Vec<DebtOwner> =
            self.seen.debts.keys().copied().filter(|seen| !debtors.contains(seen)).collect();
        for owner in debtors.into_iter().chain(gone) {
            let whose = match owner {
                // What is owed by the organization is everybody's.
                DebtOwner::Organization => continue,
                DebtOwner::Member(member) => (LotOwner::Member, member),
                DebtOwner::Project(project) => (LotOwner::Project, project),
            };
            let debt = self.ledger.own_debt(owner);
            let before = self.seen.debts.insert(owner, debt).unwrap_or_default();
            if debt.is_zero() {
                self.seen.debts.remove(&owner);
            }
            if debt != before && self.rules.debt_counts {
                let repaid = before - debt;
                moves.moved = true;
                // What its own lots have repaid raises no balance of its owner.
                moves.rose |= repaid > fallen.get(&whose).copied().unwrap_or_default();
                moves.concerns(whose);
            }
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
            Some(owner) => self.concerns(owner),
            None => {
                let by = now.iter().zip(before).map(|(now, before)| (*now - *before).max(*before - *now));
                self.shared += by.sum::<Credits>();
            }
        }
    }

    fn concerns(&mut self, owner: (LotOwner, u16)) {
        if !self.owners.contains(&owner) {
            self.owners.push(owner);
        }
    }
}
