//! Debt and its repayment (docs/semantics.md §6.9, §6.20, §6.21).

use crate::policy::{DebtAtCycle, Repay};
use crate::units::{Category, Credits, Money};

use super::account::Judged;
use super::facts::{EntryKind, Fact, Reason};
use super::scopes::Holder;

/// How a part of a debt ended.
#[derive(Debug, Clone, Copy)]
pub(super) enum DebtPart {
    Repaid { lot: usize, credits: Credits },
    Invoiced { credits: Credits, price: Option<Money> },
    Forgiven { credits: Credits },
}

/// What one charge owes.
#[derive(Debug, Clone)]
pub(super) struct JudgedDebt {
    /// Who owes it (docs/semantics.md §14.12).
    pub owner: Holder,
    pub owed: Credits,
    /// Beyond a limit whose overrun the next close forgives (docs/semantics.md §15.21).
    pub beyond: Credits,
    pub parts: Vec<DebtPart>,
}

impl Judged<'_> {
    /// Debt is repaid after all grants of an instant.
    pub fn repay_after_grants(&mut self) {
        let before = self.balances();
        self.repay();
        self.follow(before, None);
    }

    /// Burns unreserved credits that may repay, in burn order: everybody's repay the oldest debt first, whoever owes it, then those
    /// of single members and projects their owner's (docs/semantics.md §6.21, §14.14).
    pub fn repay(&mut self) {
        if !self.opened {
            return;
        }
        for lot in self.burn_order() {
            // Lots for some operations never repay (docs/semantics.md §14.4).
            if self.is_everybodys(lot) && self.may_repay(lot) {
                self.repays(lot, None);
            }
        }
        self.stamp();
        let mut owners: Vec<Holder> = self.debts.iter().map(|debt| debt.owner).collect();
        owners.retain(|owner| matches!(owner, Holder::Member(_) | Holder::Project(_)));
        owners.sort_unstable();
        owners.dedup();
        for owner in owners {
            for lot in self.burn_order() {
                let state = &self.lots[lot];
                let bound = state.scope.features.is_some() || state.scope.groups.is_some();
                if state.holder == owner && !bound && self.may_repay(lot) {
                    self.repays(lot, Some(owner));
                }
            }
            self.stamp();
        }
    }

    /// Whether the policy has a lot repay debt now.
    fn may_repay(&self, lot: usize) -> bool {
        let category = self.lots[lot].category;
        let permits = match self.overdraft().repay {
            Repay::AnyCredit => true,
            Repay::Purchase => category == Category::Purchased,
            Repay::Never => false,
        };
        permits && !self.is_kept_from_debt(category)
    }

    /// A lot repays debt, or that of one owner.
    fn repays(&mut self, lot: usize, of: Option<Holder>) {
        let concerns = |debt: &JudgedDebt| of.is_none_or(|owner| debt.owner == owner);
        let owed: Credits = self.debts.iter().filter(|debt| concerns(debt)).map(|debt| debt.owed).sum();
        let mut part = self.unreserved_of(lot).min(owed);
        if !part.is_positive() {
            return;
        }
        self.lots[lot].remaining -= part;
        self.lots[lot].burned += part;
        self.cycle.count_use(lot, part);
        self.lot_fact(EntryKind::Repay, lot, part);
        for debt in self.debts.iter_mut().filter(|debt| concerns(debt)) {
            let here = debt.owed.min(part);
            if here.is_positive() {
                debt.owed -= here;
                debt.parts.push(DebtPart::Repaid { lot, credits: here });
                part -= here;
            }
        }
    }

    /// What a close does with debt (docs/semantics.md §6.20).
    pub fn debt_rule(&mut self) {
        self.overrun_is_forgiven();
        self.grace_forgives();
        let overdraft = self.overdraft();
        let owed = self.debt();
        if !owed.is_positive() {
            return;
        }
        let price = overdraft.price_per_credit;
        let mut due = overdraft.fee;
        if due != Money::ZERO {
            self.say(Fact::new(self.now, EntryKind::Fee).paid(due));
        }
        match overdraft.at_cycle {
            DebtAtCycle::Carry => {}
            DebtAtCycle::Forgive => {
                for debt in &mut self.debts {
                    let credits = std::mem::take(&mut debt.owed);
                    debt.parts.push(DebtPart::Forgiven { credits });
                }
                self.tell(Fact::new(self.now, EntryKind::DebtForgiven).of(owed));
                self.stamp();
            }
            DebtAtCycle::Invoice => {
                for debt in &mut self.debts {
                    let credits = std::mem::take(&mut debt.owed);
                    debt.parts.push(DebtPart::Invoiced { credits, price });
                }
                let amount = price.map_or(Money::ZERO, |price| price_of(owed, price));
                let reason = if price.is_none() { Reason::Unpriced } else { Reason::None };
                self.tell(Fact::new(self.now, EntryKind::DebtInvoiced).of(owed).paid(amount).because(reason));
                self.stamp();
                due += amount;
            }
        }
        if due != Money::ZERO {
            self.invoice(due);
        }
    }
}

/// Rounded half-up to a nano-unit (docs/semantics.md §6.20).
pub(super) fn price_of(credits: Credits, per_credit: Money) -> Money {
    per_credit.scale_half_up(credits.micros(), crate::units::MICROS_PER_CREDIT)
}
