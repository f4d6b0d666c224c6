//! Charges given back: of work that was charged early and then failed, was cancelled, or was killed at the vendor's cost
//! (SEMANTICS-2 §18).
//!
//! Owns what charges took, as long as they may be undone, and whose debt is repaid: the oldest first. Leaves how much is
//! given back to `work`. Invariant: the debts here sum to the ledger's.

use std::collections::VecDeque;

use crate::ledger::{LotKind, Take};
use crate::outcome::EntryKind;
use crate::policy::{ChargeMoment, FeatureTerms, InFlight, KilledWork, Policy};
use crate::units::{Category, Credits, Money};
use crate::workload::Fate;

use super::cycle::overage;
use super::env::Env;
use super::grants::{NewLot, expiry_of};
use super::note::Note;
use super::state::{LiveOperation, State};

/// One thing that a charge took.
#[derive(Debug, Clone, Copy)]
pub(super) enum ChargePart {
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
    /// Whose, if it may be undone.
    own: Option<u32>,
    credits: Credits,
}

/// What may have to be undone.
#[derive(Debug, Clone, Default)]
pub(super) struct RefundBook {
    /// Some charge of this account may be given back.
    on: bool,
    /// Work may be killed at the vendor's cost, under the present rules or those of a plan still to come.
    absorbs: bool,
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

/// What is given back otherwise than to where it came from.
#[derive(Debug, Clone, Copy, Default)]
struct Homeless {
    /// Of lots that have ended: issued anew.
    credits: Credits,
    /// For debt that was invoiced: a credit note.
    money: Money,
}

/// True if a feature may charge work that then is not owed.
fn gives_back(feature: &FeatureTerms) -> bool {
    feature.charge != ChargeMoment::Completion
}

/// True if work of a feature may be killed at the vendor's cost.
fn absorbs(feature: &FeatureTerms) -> bool {
    matches!(feature.in_flight, InFlight::Kill(KilledWork::Absorb) | InFlight::StopAtStep(KilledWork::Absorb))
}

/// True if some charge under a policy may be given back.
pub(super) fn may_give_back(policy: &Policy) -> bool {
    policy.plans.iter().flat_map(|terms| &terms.features).any(gives_back)
}

impl LiveOperation {
    /// True if what it is charged now may be given back; `absorbs` if some rules of its policy kill at the vendor's cost.
    fn may_be_refunded(&self, feature: &FeatureTerms, absorbs: bool) -> bool {
        gives_back(feature) && (self.operation.fate != Fate::Completes || absorbs)
    }
}

impl RefundBook {
    pub(super) fn new(policy: &Policy) -> RefundBook {
        let absorbs = policy.plans.iter().flat_map(|terms| &terms.features).any(absorbs);
        RefundBook { on: may_give_back(policy), absorbs, ..RefundBook::default() }
    }

    /// Debt that nobody will undo.
    pub(super) fn owe(&mut self, credits: Credits) {
        if self.on {
            self.push(Owed { own: None, credits });
        }
    }

    fn push(&mut self, new: Owed) {
        match self.owed.back_mut() {
            Some(last) if last.own == new.own => last.credits += new.credits,
            _ => self.owed.push_back(new),
        }
    }

    fn own(&mut self, credits: Credits) -> u32 {
        let own = self.free.pop().unwrap_or_else(|| {
            self.debts.push(OwnDebt::default());
            (self.debts.len() - 1) as u32
        });
        self.push(Owed { own: Some(own), credits });
        own
    }

    /// Credits were burned to repay the oldest debt.
    pub(super) fn repay(&mut self, take: &Take) {
        let mut left = take.amount;
        while self.on && left.is_positive() {
            let Some(first) = self.owed.front_mut() else { return };
            let part = first.credits.min(left);
            first.credits -= part;
            left -= part;
            if let Some(own) = first.own {
                self.debts[own as usize].repaid.push(Take { amount: part, ..*take });
            }
            if first.credits.is_zero() {
                self.owed.pop_front();
            }
        }
    }

    /// All debt is forgiven or invoiced.
    pub(super) fn clear(&mut self, how: Cleared) {
        for Owed { own, credits } in self.owed.drain(..) {
            let Some(own) = own else { continue };
            let debt = &mut self.debts[own as usize];
            match how {
                Cleared::Forgiven => debt.forgiven += credits,
                Cleared::Invoiced(price) => debt.invoiced.push((credits, price)),
            }
        }
    }

    /// Takes off up to `most` of what is still owed of a debt.
    fn undo_owed(&mut self, own: u32, most: Credits) -> Credits {
        let mut left = most;
        for owed in self.owed.iter_mut().rev().filter(|owed| owed.own == Some(own)) {
            let part = owed.credits.min(left);
            owed.credits -= part;
            left -= part;
        }
        self.owed.retain(|owed| owed.credits.is_positive());
        most - left
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

impl State {
    /// Remembers what a charge takes, if it may have to be given back. Before the takes are cleared.
    pub(super) fn remember_charge(&mut self, env: &Env, slot: u32, debt: Credits) {
        if !self.refunds.on {
            return;
        }
        let work = &mut self.work[slot as usize];
        if !work.may_be_refunded(&env.terms(self.plan).features[work.serves.index()], self.refunds.absorbs) {
            self.refunds.owe(debt);
            return;
        }
        work.taken.extend(self.ledger.takes().iter().map(|take| ChargePart::Credits(*take)));
        if debt.is_positive() {
            work.taken.push(ChargePart::Debt(self.refunds.own(debt)));
        }
    }

    /// Gives back part of what an operation was charged, its last charges first.
    pub(super) fn give_back(&mut self, env: &Env, slot: u32, amount: Credits) {
        if !amount.is_positive() {
            return;
        }
        let before = self.views(env.terms(self.plan));
        self.debt_changes();
        let cause = self.work[slot as usize].cause();
        self.tally.features[cause.feature.index()].charged_credits -= amount;
        self.cycle.row.charged -= amount;
        self.note(env, EntryKind::Refund, Note { credits: amount, ..Note::work(slot) });
        let (mut left, mut rest) = (amount, Homeless::default());
        while left.is_positive() {
            let Some(taken) = self.work[slot as usize].taken.pop() else { break };
            match taken {
                ChargePart::Credits(take) => {
                    let part = take.amount.min(left);
                    left -= part;
                    if part < take.amount {
                        let kept = Take { amount: take.amount - part, ..take };
                        self.work[slot as usize].taken.push(ChargePart::Credits(kept));
                    }
                    rest.credits += self.unburn(env, slot, Take { amount: part, ..take });
                }
                ChargePart::Debt(own) => {
                    left -= self.undo_debt(env, slot, own, left, &mut rest);
                    // More may be undone later; and the slot's end forgets it.
                    if left.is_zero() {
                        self.work[slot as usize].taken.push(ChargePart::Debt(own));
                    } else {
                        self.refunds.forget(&mut vec![taken]);
                    }
                }
            }
        }
        debug_assert!(left.is_zero(), "no more is given back than was taken");
        self.issue_refund(env, slot, rest.credits);
        self.grant_credit_note(env, rest.money);
        self.debt_changed();
        self.arrived = true;
        self.repay_now(env);
        self.changed(env, before, Some(cause));
    }

    /// Credits go back to the lot they were taken from; false if it has ended. What is given back of the running
    /// allowance has not been used of it, whatever has changed the lot since.
    fn refill_lot(&mut self, take: &Take) -> bool {
        let used = self.used_of_allowance();
        if self.ledger.give_back(take.lot, take.amount).is_none() {
            return false;
        }
        if self.cycle.allowance == Some(take.lot) {
            self.count_as_used((used - take.amount).positive_part());
        }
        true
    }

    /// Credits go back to the lot that a charge burned; returns what has no lot to go to any more.
    fn unburn(&mut self, env: &Env, slot: u32, take: Take) -> Credits {
        if !self.refill_lot(&take) {
            return take.amount;
        }
        self.tally.credits.burned[take.category.index()] -= take.amount;
        self.cycle.row.burned -= take.amount;
        if take.rolled {
            self.tally.credits.rolled_over_used -= take.amount;
        }
        self.note(env, EntryKind::RefundBurn, Note { slot: Some(slot), ..Note::of(&take) });
        Credits::ZERO
    }

    /// Undoes up to `most` of a debt: what is owed, then what was repaid, invoiced and forgiven of it. Returns what was
    /// undone; what has no lot to go to, or was invoiced, joins the `rest`.
    fn undo_debt(&mut self, env: &Env, slot: u32, own: u32, most: Credits, rest: &mut Homeless) -> Credits {
        let mut left = most;
        let owed = self.refunds.undo_owed(own, left);
        if owed.is_positive() {
            self.ledger.undo_debt(owed);
            self.tally.debt.incurred -= owed;
            left -= owed;
            self.note(env, EntryKind::RefundDebt, Note { credits: owed, ..Note::work(slot) });
        }
        while left.is_positive()
            && let Some(take) = self.refunds.debts[own as usize].repaid.pop()
        {
            let part = Take { amount: take.amount.min(left), ..take };
            left -= part.amount;
            if part.amount < take.amount {
                let kept = Take { amount: take.amount - part.amount, ..take };
                self.refunds.debts[own as usize].repaid.push(kept);
            }
            rest.credits += self.unrepay(env, slot, part);
        }
        while left.is_positive()
            && let Some((credits, price)) = self.refunds.debts[own as usize].invoiced.pop()
        {
            let part = credits.min(left);
            left -= part;
            if part < credits {
                self.refunds.debts[own as usize].invoiced.push((credits - part, price));
            }
            self.tally.debt.incurred -= part;
            self.tally.debt.invoiced -= part;
            self.note(env, EntryKind::RefundInvoiced, Note { credits: part, ..Note::work(slot) });
            rest.money += overage(price, part);
        }
        let forgiven = self.refunds.debts[own as usize].forgiven.min(left);
        if forgiven.is_positive() {
            self.refunds.debts[own as usize].forgiven -= forgiven;
            left -= forgiven;
            self.tally.debt.incurred -= forgiven;
            self.tally.debt.forgiven -= forgiven;
            self.note(env, EntryKind::RefundForgiven, Note { credits: forgiven, ..Note::work(slot) });
        }
        most - left
    }

    /// Credits go back to a lot that had repaid debt; returns what has no lot to go to any more.
    fn unrepay(&mut self, env: &Env, slot: u32, take: Take) -> Credits {
        if !self.refill_lot(&take) {
            return take.amount;
        }
        self.tally.credits.repaid[take.category.index()] -= take.amount;
        self.tally.debt.incurred -= take.amount;
        self.cycle.row.repaid -= take.amount;
        if take.rolled {
            self.tally.credits.rolled_over_used -= take.amount;
        }
        self.note(env, EntryKind::RefundRepaid, Note { slot: Some(slot), ..Note::of(&take) });
        Credits::ZERO
    }

    /// What is given back and has no lot to go to is issued anew, as a promotion.
    fn issue_refund(&mut self, env: &Env, slot: u32, credits: Credits) {
        if credits.is_zero() {
            return;
        }
        self.tally.credits.refunded += credits;
        self.note(env, EntryKind::RefundIssued, Note { credits, ..Note::work(slot) });
        let terms = env.terms(self.plan);
        let lot = NewLot {
            id: None,
            category: Category::Promotional,
            kind: LotKind::Plain,
            credits,
            remaining: credits,
            priority: 0,
            created_at: self.now,
            effective_at: self.now,
            expires_at: expiry_of(env, terms, self.now, terms.refund_valid),
            price: Money::ZERO,
        };
        self.issue_quietly(env, EntryKind::Issue, lot);
    }
}
