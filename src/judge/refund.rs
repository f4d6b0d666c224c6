//! Giving back what was charged and is not owed (docs/semantics.md §18).

use crate::policy::Expiry;
use crate::units::{Category, Credits, Money};

use super::account::Judged;
use super::charge::ChargedFrom;
use super::facts::{EntryKind, Fact};
use super::lots::{JudgedLot, LotOrigin};
use super::repay::{DebtPart, price_of};

impl Judged<'_> {
    /// An operation ends owing less than it was charged (docs/semantics.md §18.1).
    pub fn give_back(&mut self, work: usize, amount: Credits) {
        if !amount.is_positive() {
            return;
        }
        self.work[work].to_give_back += amount;
        let waits = self.unrecorded.iter().any(|late| !late.done && late.work == work);
        if waits {
            let fact = self.fact_of(work, EntryKind::RefundIncurred).of(amount);
            self.say(fact);
        }
        self.refunds_due(work);
    }

    /// A refund waits until all charges of the operation are recorded (docs/semantics.md §18.1).
    pub fn refunds_due(&mut self, work: usize) {
        let waits = self.unrecorded.iter().any(|late| !late.done && late.work == work);
        let amount = self.work[work].to_give_back;
        if waits || !amount.is_positive() {
            return;
        }
        self.work[work].to_give_back = Credits::ZERO;
        let before = self.balances();
        let fact = self.fact_of(work, EntryKind::Refund).of(amount);
        self.say(fact);
        let (mut left, mut note) = (amount, Money::ZERO);
        while left.is_positive() {
            let Some(taken) = self.work[work].taken.pop() else { break };
            left = match taken {
                ChargedFrom::Lot { lot, credits } => {
                    let part = credits.min(left);
                    if credits > part {
                        self.work[work].taken.push(ChargedFrom::Lot { lot, credits: credits - part });
                    }
                    self.back_to_lot(work, lot, part, EntryKind::RefundBurn);
                    left - part
                }
                ChargedFrom::Debt { debt, credits } => {
                    let part = credits.min(left);
                    if credits > part {
                        self.work[work].taken.push(ChargedFrom::Debt { debt, credits: credits - part });
                    }
                    note += self.back_from_debt(work, debt, part);
                    left - part
                }
            };
        }
        self.give_back_counts(work, amount);
        self.issue_anew(work);
        self.credit_note(note);
        self.work[work].charged -= amount;
        self.stamp();
        self.repay();
        self.credits_have_come();
        self.follow(before, Some(work));
    }

    /// To the lot, or anew as a promotional one if it has ended (docs/semantics.md §18.3).
    fn back_to_lot(&mut self, work: usize, lot: usize, credits: Credits, kind: EntryKind) {
        let ended = self.lots[lot].over || self.is_only_held(lot);
        if !ended {
            self.lots[lot].remaining += credits;
            // What was burned before its past was closed comes back as credits that it has now (docs/semantics.md §16.7).
            let own = credits.min(self.lots[lot].burned + self.lots[lot].expired);
            self.lots[lot].burned -= own;
            self.lots[lot].issued += credits - own;
            if let Some(running) = self.cycle.running_lot(lot) {
                running.used = (running.used - credits).positive_part();
            }
            let grant = self.lots[lot].names();
            let fact = Fact { grant, ..self.fact_of(work, kind) };
            self.say(fact.of(credits));
            return;
        }
        let scope = (self.lots[lot].scope.clone(), self.lots[lot].holder);
        let anew = &mut self.work[work].anew;
        match anew.iter_mut().find(|(known, _)| *known == scope) {
            Some((_, more)) => *more += credits,
            None => anew.push((scope, credits)),
        }
    }

    /// What lots that have ended cannot take back is issued anew, in one for each scope (docs/semantics.md §14.6, §18.3).
    fn issue_anew(&mut self, work: usize) {
        for (scope, credits) in std::mem::take(&mut self.work[work].anew) {
            let id = self.fresh_id();
            let mut anew = JudgedLot::new(id, Category::Promotional, credits, self.now, LotOrigin::Refund);
            let (scope, holder) = scope;
            anew = anew.held_by(&scope, holder);
            anew.end = match self.terms().refund_valid {
                Expiry::Never => None,
                Expiry::At(at) => Some(at),
                Expiry::After(period) => Some(self.case.zone.add(self.now, period, self.terms().month_end)),
            };
            let fact = self.fact_of(work, EntryKind::RefundIssued).of(credits);
            self.say(fact);
            self.issue(anew, EntryKind::Issue);
            self.stamp();
        }
    }

    /// Of debt: what is still owed of it, then what was repaid, invoiced and forgiven (docs/semantics.md §18.2). Returns what
    /// a credit note owes for what was invoiced.
    fn back_from_debt(&mut self, work: usize, debt: usize, credits: Credits) -> Money {
        let (mut left, mut note) = (credits, Money::ZERO);
        self.debts[debt].beyond = (self.debts[debt].beyond - credits).positive_part();
        let owed = self.debts[debt].owed.min(left);
        if owed.is_positive() {
            self.debts[debt].owed -= owed;
            let fact = self.fact_of(work, EntryKind::RefundDebt).of(owed);
            self.say(fact);
            left -= owed;
        }
        for wanted in 0..3 {
            for index in (0..self.debts[debt].parts.len()).rev() {
                if !left.is_positive() {
                    return note;
                }
                let part = self.debts[debt].parts[index];
                match (wanted, part) {
                    (0, DebtPart::Repaid { lot, credits }) => {
                        let here = credits.min(left);
                        self.debts[debt].parts[index] = DebtPart::Repaid { lot, credits: credits - here };
                        left -= here;
                        if here.is_positive() {
                            self.back_to_lot(work, lot, here, EntryKind::RefundRepaid);
                        }
                    }
                    (1, DebtPart::Invoiced { credits, price }) => {
                        let here = credits.min(left);
                        self.debts[debt].parts[index] = DebtPart::Invoiced { credits: credits - here, price };
                        left -= here;
                        if here.is_positive() {
                            let fact = self.fact_of(work, EntryKind::RefundInvoiced).of(here);
                            self.say(fact);
                            note += price.map_or(Money::ZERO, |price| price_of(here, price));
                        }
                    }
                    (2, DebtPart::Forgiven { credits }) => {
                        let here = credits.min(left);
                        self.debts[debt].parts[index] = DebtPart::Forgiven { credits: credits - here };
                        left -= here;
                        if here.is_positive() {
                            let fact = self.fact_of(work, EntryKind::RefundForgiven).of(here);
                            self.say(fact);
                        }
                    }
                    _ => {}
                }
            }
        }
        note
    }
}
