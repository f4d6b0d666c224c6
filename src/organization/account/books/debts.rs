//! Debt: repaid, forgiven, invoiced.
//!
//! Leaves when to closes and grants, and the money of invoices to their owner.

use crate::deliberate::Deliberate;
use crate::outcome::{EntryKind, Reason};
use crate::policy::{DebtOwner, Repay};
use crate::units::{Credits, Money, SimTime};

use super::journal::Note;
use super::undo::Cleared;
use super::{AccountBooks, Posting};

impl AccountBooks {
    /// The account begins in debt.
    pub(in super::super) fn open_with_debt(&mut self, at: SimTime, debt: Credits) {
        self.ledger.open_with_debt(debt);
        self.undo.owe(debt, DebtOwner::Organization);
        (self.debt.start, self.debt.max) = (debt, debt);
        self.note(at, EntryKind::OpeningDebt, Note::credits(debt));
        self.assert_laws();
    }

    /// Pays debt back from unreserved credits, as the policy permits.
    pub(in super::super) fn repay(&mut self, at: SimTime) -> Posting {
        let before = self.views();
        self.repay_quietly(at);
        self.posted(before)
    }

    pub(super) fn repay_quietly(&mut self, at: SimTime) {
        let never = self.rules.repay == Repay::Never || Deliberate::DebtNeverRepaid.is_made();
        if self.ledger.debt().is_zero() || never {
            return;
        }
        self.debt_changes(at);
        self.ledger.clear_takes();
        let purchased = self.rules.repay == Repay::Purchase && !Deliberate::DebtRepaidByAnyCredit.is_made();
        let (debt, kept) = (self.ledger.debt(), self.kept_at(at));
        self.ledger.repay(purchased, kept);
        self.count_repaid(at, None);
        for owner in self.ledger.debtors() {
            self.ledger.repay_own(owner, purchased, kept);
            self.count_repaid(at, Some(owner));
        }
        self.row.repaid += debt - self.ledger.debt();
        self.debt_changed(at);
    }

    /// Counts and notes what the last act of the ledger burned to repay debt: the oldest of all, or of one owner.
    fn count_repaid(&mut self, at: SimTime, of: Option<DebtOwner>) {
        for index in 0..self.ledger.takes().len() {
            let take = self.ledger.takes()[index];
            for (owner, part) in self.undo.repay(&take, of) {
                self.ledger.shift_debt(owner, Credits::ZERO - part);
            }
            self.scoped.go(take.scope, take.amount);
            self.credits.repaid[take.category.index()] += take.amount;
            if take.rolled {
                self.credits.rolled_over_used += take.amount;
            }
            self.note(at, EntryKind::Repay, Note::of(&take));
        }
        self.ledger.clear_takes();
    }

    /// Part of the debt is forgiven.
    pub(in super::super) fn forgive(&mut self, at: SimTime, part: Credits) -> Posting {
        let before = self.views();
        self.clear_debt(at, part, Cleared::Forgiven);
        self.debt.forgiven += part;
        self.note(at, EntryKind::DebtForgiven, Note::credits(part));
        self.posted(before)
    }

    /// All debt is invoiced at a price a credit, if there is one; returns what it comes to.
    pub(in super::super) fn invoice(&mut self, at: SimTime, price: Option<Money>) -> (Money, Posting) {
        let (debt, each) = (self.ledger.debt(), price.unwrap_or(Money::ZERO));
        let money = overage(each, debt);
        let reason = price.map_or(Reason::Unpriced, |_| Reason::None);
        (money, self.invoice_part(at, (debt, each), Note { money, reason, ..Note::default() }))
    }

    /// Part of the debt is invoiced for an amount of its own.
    pub(in super::super) fn invoice_ahead(
        &mut self,
        at: SimTime,
        (part, price): (Credits, Money),
        money: Money,
    ) -> Posting {
        self.invoice_part(at, (part, price), Note::money(money))
    }

    fn invoice_part(&mut self, at: SimTime, (part, price): (Credits, Money), note: Note) -> Posting {
        let before = self.views();
        self.clear_debt(at, part, Cleared::Invoiced(price));
        self.debt.invoiced += part;
        self.note(at, EntryKind::DebtInvoiced, Note { credits: part, ..note });
        self.posted(before)
    }

    fn clear_debt(&mut self, at: SimTime, part: Credits, how: Cleared) {
        self.debt_changes(at);
        self.ledger.clear_debt(part);
        self.debt_changed(at);
        for (owner, part) in self.undo.clear(part, how) {
            self.ledger.shift_debt(owner, Credits::ZERO - part);
        }
    }
}

/// Price of invoiced debt, rounded half-up to a nano-unit.
pub(in super::super) fn overage(price_per_credit: Money, debt: Credits) -> Money {
    let of = if Deliberate::OverageHalfPrice.is_made() { 2 } else { 1 };
    price_per_credit.scale_half_up(debt.micros(), of * crate::units::MICROS_PER_CREDIT)
}
