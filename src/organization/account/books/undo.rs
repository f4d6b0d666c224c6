//! What charges took, as long as they may be undone, and which debt is repaid: the oldest first (docs/semantics.md §18).
//!
//! Leaves undoing to `refunds`. Invariant: the debts here sum to the ledger's.

use std::collections::VecDeque;

use smallvec::SmallVec;

use crate::ledger::Take;
use crate::policy::DebtOwner;
use crate::units::{Credits, Money};

/// One thing that a charge took.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum ChargePart {
    /// Credits of a lot.
    Credits(Take),
    /// Nothing yet: it became debt (index into the book).
    Debt(u32),
}

/// Debt of an operation whose charges may be undone, and what became of it.
#[derive(Debug, Clone, Default)]
struct OwnDebt {
    /// Burned to repay it, in order.
    repaid: Vec<Take>,
    /// Invoiced: credits and the price of one.
    invoiced: Vec<(Credits, Money)>,
    forgiven: Credits,
}

/// Debt still owed, of one operation or of nobody in particular.
#[derive(Debug, Clone, Copy)]
struct Owed {
    /// Which, if it may be undone.
    own: Option<u32>,
    owner: DebtOwner,
    credits: Credits,
}

/// Parts of debts that were paid, and who owed them.
pub(super) type PaidDebts = SmallVec<[(DebtOwner, Credits); 2]>;

/// What may have to be undone.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct UndoBook {
    /// Some charge of this account may be given back.
    on: bool,
    /// Members and projects may owe debt of their own.
    owners: bool,
    /// The oldest first.
    owed: VecDeque<Owed>,
    debts: Vec<OwnDebt>,
    free: Vec<u32>,
}

/// What becomes of debt other than being repaid.
#[derive(Debug, Clone, Copy)]
pub(super) enum Cleared {
    Forgiven,
    /// At this price a credit.
    Invoiced(Money),
}

impl UndoBook {
    /// A book that is kept if charges of the account may be given back.
    pub(in super::super) fn new(on: bool) -> UndoBook {
        UndoBook { on, ..UndoBook::default() }
    }

    /// The same of an account whose members or projects may owe debt of their own.
    pub(super) fn with_owners(self, owners: bool) -> UndoBook {
        UndoBook { owners, ..self }
    }

    pub(super) fn is_on(&self) -> bool {
        self.on
    }

    /// Remembers what a charge has taken, if somebody may undo it.
    pub(super) fn remember(
        &mut self,
        takes: &[Take],
        (debt, owner): (Credits, DebtOwner),
        taken: Option<&mut Vec<ChargePart>>,
    ) {
        let Some(taken) = taken.filter(|_| self.on) else { return self.owe(debt, owner) };
        taken.extend(takes.iter().map(|take| ChargePart::Credits(*take)));
        if debt.is_positive() {
            taken.push(ChargePart::Debt(self.own(debt, owner)));
        }
    }

    /// Debt that nobody will undo.
    pub(super) fn owe(&mut self, credits: Credits, owner: DebtOwner) {
        if (self.on || self.owners) && credits.is_positive() {
            self.push(Owed { own: None, owner, credits });
        }
    }

    fn push(&mut self, new: Owed) {
        match self.owed.back_mut() {
            Some(last) if (last.own, last.owner) == (new.own, new.owner) => last.credits += new.credits,
            _ => self.owed.push_back(new),
        }
    }

    fn own(&mut self, credits: Credits, owner: DebtOwner) -> u32 {
        let own = self.free.pop().unwrap_or_else(|| {
            self.debts.push(OwnDebt::default());
            (self.debts.len() - 1) as u32
        });
        self.push(Owed { own: Some(own), owner, credits });
        own
    }

    /// Credits were burned to repay the oldest debt of all, or of one owner; says whose it was.
    pub(super) fn repay(&mut self, take: &Take, of: Option<DebtOwner>) -> PaidDebts {
        self.pay_off(take.amount, of, |debt, part| debt.repaid.push(Take { amount: part, ..*take }))
    }

    /// So much of the oldest debt is forgiven or invoiced; says whose it was.
    pub(super) fn clear(&mut self, part: Credits, how: Cleared) -> PaidDebts {
        self.pay_off(part, None, |debt, part| match how {
            Cleared::Forgiven => debt.forgiven += part,
            Cleared::Invoiced(price) => debt.invoiced.push((part, price)),
        })
    }

    /// Takes so much off the oldest debts, of all or of one owner; each that may be undone is told its part.
    fn pay_off(
        &mut self,
        amount: Credits,
        of: Option<DebtOwner>,
        mut tell: impl FnMut(&mut OwnDebt, Credits),
    ) -> PaidDebts {
        let (mut left, mut paid) = (amount, PaidDebts::new());
        for owed in self.owed.iter_mut().filter(|owed| of.is_none_or(|owner| owed.owner == owner)) {
            if !left.is_positive() {
                break;
            }
            let part = owed.credits.min(left);
            owed.credits -= part;
            left -= part;
            if let Some(own) = owed.own {
                tell(&mut self.debts[own as usize], part);
            }
            match paid.last_mut() {
                Some((owner, sum)) if *owner == owed.owner => *sum += part,
                _ => paid.push((owed.owner, part)),
            }
        }
        while self.owed.front().is_some_and(|owed| owed.credits.is_zero()) {
            self.owed.pop_front();
        }
        if of.is_some() {
            self.owed.retain(|owed| owed.credits.is_positive());
        }
        paid
    }

    /// Takes off up to `most` of what is still owed of a debt; says who owed it.
    pub(super) fn undo_owed(&mut self, own: u32, most: Credits) -> (Credits, DebtOwner) {
        let (mut left, mut owner) = (most, DebtOwner::default());
        for owed in self.owed.iter_mut().rev().filter(|owed| owed.own == Some(own)) {
            let part = owed.credits.min(left);
            owed.credits -= part;
            left -= part;
            owner = owed.owner;
        }
        self.owed.retain(|owed| owed.credits.is_positive());
        (most - left, owner)
    }

    /// Takes off up to `most` of what was repaid of a debt, the last repayment first: one part of one lot.
    pub(super) fn undo_repaid(&mut self, own: u32, most: Credits) -> Option<Take> {
        let repaid = &mut self.debts[own as usize].repaid;
        let take = repaid.pop()?;
        let part = take.amount.min(most);
        if part < take.amount {
            repaid.push(Take { amount: take.amount - part, ..take });
        }
        Some(Take { amount: part, ..take })
    }

    /// Takes off up to `most` of what was invoiced of a debt at one price a credit.
    pub(super) fn undo_invoiced(&mut self, own: u32, most: Credits) -> Option<(Credits, Money)> {
        let invoiced = &mut self.debts[own as usize].invoiced;
        let (credits, price) = invoiced.pop()?;
        let part = credits.min(most);
        if part < credits {
            invoiced.push((credits - part, price));
        }
        Some((part, price))
    }

    /// Takes off up to `most` of what was forgiven of a debt.
    pub(super) fn undo_forgiven(&mut self, own: u32, most: Credits) -> Credits {
        let forgiven = &mut self.debts[own as usize].forgiven;
        let part = (*forgiven).min(most);
        *forgiven -= part;
        part
    }

    /// Nothing of these debts will be undone any more.
    pub(super) fn forget(&mut self, taken: &mut Vec<ChargePart>) {
        for taken in taken.drain(..) {
            let ChargePart::Debt(own) = taken else { continue };
            self.owed.iter_mut().filter(|owed| owed.own == Some(own)).for_each(|owed| owed.own = None);
            self.debts[own as usize] = OwnDebt::default();
            self.free.push(own);
        }
    }
}
