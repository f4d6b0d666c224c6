//! Charges given back: the last first, each to where it came from (docs/semantics.md §18).
//!
//! Leaves how much is given back, and what becomes of what has nowhere to go, to its callers.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::ledger::{ScopeId, Take};
use crate::outcome::EntryKind;
use crate::units::{Credits, Money, SimTime};

use super::debts::overage;
use super::journal::{Note, Whose};
use super::undo::ChargePart;
use super::{AccountBooks, Posting};

/// What is given back otherwise than to where it came from.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Homeless {
    /// Of lots that have ended: issued anew, for whom they were.
    pub(in super::super) credits: SmallVec<[(ScopeId, Credits); 1]>,
    /// For debt that was invoiced: a credit note.
    pub(in super::super) money: Money,
}

impl Homeless {
    /// So much of what a lot gave has nowhere to go.
    fn joined_by(&mut self, scope: ScopeId, credits: Credits) {
        if credits.is_zero() {
            return;
        }
        match self.credits.iter_mut().find(|(other, _)| *other == scope) {
            Some((_, sum)) => *sum += credits,
            None => self.credits.push((scope, credits)),
        }
    }
}

impl AccountBooks {
    /// Gives back part of what an operation was charged, its last charges first. What has no lot to go to any more, or was
    /// invoiced, is returned: the caller issues it anew and owes it.
    pub(in super::super) fn refund(
        &mut self,
        at: SimTime,
        whose: Whose,
        amount: Credits,
        taken: &mut Vec<ChargePart>,
    ) -> (Homeless, Posting) {
        let before = self.views();
        self.debt_changes(at);
        self.charged[whose.feature.index()] -= amount;
        self.row.charged -= amount;
        self.note(at, EntryKind::Refund, Note { credits: amount, ..Note::by(whose) });
        let (mut left, mut rest) = (amount, Homeless::default());
        while left.is_positive() {
            if Deliberate::RefundsUndoFirstCharges.is_made() && !taken.is_empty() {
                taken.rotate_left(1);
            }
            let Some(last) = taken.pop() else { break };
            match last {
                ChargePart::Credits(take) => {
                    let part = take.amount.min(left);
                    left -= part;
                    if part < take.amount {
                        taken.push(ChargePart::Credits(Take { amount: take.amount - part, ..take }));
                    }
                    rest.joined_by(take.scope, self.unburn(at, whose, Take { amount: part, ..take }));
                }
                ChargePart::Debt(own) => {
                    left -= self.undo_debt(at, whose, own, left, &mut rest);
                    // More may be undone later; and the slot's end forgets it.
                    if left.is_zero() {
                        taken.push(last);
                    } else {
                        self.undo.forget(&mut vec![last]);
                    }
                }
            }
        }
        debug_assert!(left.is_zero(), "no more is given back than was taken");
        for (_, credits) in &rest.credits {
            self.credits.refunded += *credits;
            self.note(at, EntryKind::RefundIssued, Note { credits: *credits, ..Note::by(whose) });
        }
        self.debt_changed(at);
        (rest, self.posted(before))
    }

    /// Nothing of what these charges took will be undone any more.
    #[inline]
    pub(in super::super) fn forget(&mut self, taken: &mut Vec<ChargePart>) {
        if !taken.is_empty() {
            self.undo.forget(taken);
        }
    }

    /// Credits go back to the lot they were taken from; says for whom it is, none if it has ended. What is given back of the running
    /// allowance has not been used of it, whatever has changed the lot since.
    fn refill_lot(&mut self, take: &Take) -> Option<ScopeId> {
        if Deliberate::RefundsIssuedAnew.is_made() {
            return None;
        }
        let used = self.used_of_lot(take.lot);
        let given = self.ledger.give_back(take.lot, take.amount)?;
        self.count_as_used_of(take.lot, (used - take.amount).positive_part());
        Some(given.scope)
    }

    /// Credits go back to the lot that a charge burned; returns what has no lot to go to any more.
    fn unburn(&mut self, at: SimTime, whose: Whose, take: Take) -> Credits {
        let Some(scope) = self.refill_lot(&take) else { return take.amount };
        self.scoped.come(scope, take.amount);
        self.credits.burned[take.category.index()] -= take.amount;
        self.row.burned -= take.amount;
        if take.rolled {
            self.credits.rolled_over_used -= take.amount;
        }
        self.note(at, EntryKind::RefundBurn, Note { whose: Some(whose), ..Note::of(&take) });
        Credits::ZERO
    }

    /// Undoes up to `most` of a debt: what is owed, then what was repaid, invoiced and forgiven of it. Returns what was
    /// undone; what has no lot to go to, or was invoiced, joins the `rest`.
    fn undo_debt(
        &mut self,
        at: SimTime,
        whose: Whose,
        own: u32,
        most: Credits,
        rest: &mut Homeless,
    ) -> Credits {
        let by = |credits: Credits| Note { credits, ..Note::by(whose) };
        let mut left = most;
        let (owed, owner) = self.undo.undo_owed(own, left);
        if owed.is_positive() {
            self.ledger.undo_debt(owed);
            self.ledger.shift_debt(owner, Credits::ZERO - owed);
            self.debt.incurred -= owed;
            left -= owed;
            self.note(at, EntryKind::RefundDebt, by(owed));
        }
        while left.is_positive()
            && let Some(part) = self.undo.undo_repaid(own, left)
        {
            left -= part.amount;
            rest.joined_by(part.scope, self.unrepay(at, whose, part));
        }
        while left.is_positive()
            && let Some((part, price)) = self.undo.undo_invoiced(own, left)
        {
            left -= part;
            self.debt.incurred -= part;
            self.debt.invoiced -= part;
            self.note(at, EntryKind::RefundInvoiced, by(part));
            rest.money += overage(price, part);
        }
        let forgiven = self.undo.undo_forgiven(own, left);
        if forgiven.is_positive() {
            left -= forgiven;
            self.debt.incurred -= forgiven;
            self.debt.forgiven -= forgiven;
            self.note(at, EntryKind::RefundForgiven, by(forgiven));
        }
        most - left
    }

    /// Credits go back to a lot that had repaid debt; returns what has no lot to go to any more.
    fn unrepay(&mut self, at: SimTime, whose: Whose, take: Take) -> Credits {
        let Some(scope) = self.refill_lot(&take) else { return take.amount };
        self.scoped.come(scope, take.amount);
        self.credits.repaid[take.category.index()] -= take.amount;
        self.debt.incurred -= take.amount;
        self.row.repaid -= take.amount;
        if take.rolled {
            self.credits.rolled_over_used -= take.amount;
        }
        self.note(at, EntryKind::RefundRepaid, Note { whose: Some(whose), ..Note::of(&take) });
        Credits::ZERO
    }
}
