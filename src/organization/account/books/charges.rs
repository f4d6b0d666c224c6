//! Charges: credits are burned, what they do not cover becomes debt.
//!
//! Leaves what an operation owes to its owner. Invariant: a charge never fails.

use crate::ledger::{HoldId, LotMark, Take};
use crate::outcome::EntryKind;
use crate::policy::{DebtOwner, Spender};
use crate::units::{Category, Credits, FeatureIndex, SimTime};

use super::journal::{Note, Whose};
use super::undo::ChargePart;
use super::{AccountBooks, Posting};

/// One charge of an operation.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Charge {
    pub(in super::super) whose: Whose,
    pub(in super::super) amount: Credits,
    /// Number of the charge among those of its operation.
    pub(in super::super) segment: u16,
    pub(in super::super) against: Against,
    /// When it was incurred, if it burns what was usable then.
    pub(in super::super) as_of: Option<LotMark>,
}

/// What a charge is taken from first.
#[derive(Debug, Clone, Copy)]
pub(in super::super) enum Against {
    /// Credits that nobody has reserved.
    Credits,
    /// A hold, which stays open with its rest.
    Part(HoldId),
    /// A hold, which ends; it came to `held` with its extensions.
    Whole { hold: HoldId, held: Credits },
}

impl AccountBooks {
    /// Charges an operation: burns lots, incurs debt, ends or draws on its hold. What it takes is remembered in `taken` if
    /// it may have to be given back.
    pub(in super::super) fn charge(
        &mut self,
        at: SimTime,
        charge: Charge,
        taken: Option<&mut Vec<ChargePart>>,
    ) -> Posting {
        let Charge { whose, amount, segment, against, as_of } = charge;
        let (before, debt_before) = (self.views(), self.ledger.debt());
        let covered = amount <= self.ledger.remaining() - self.ledger.held()
            && !self.ledger.has_scopes()
            && !self.ledger.is_bounded();
        if debt_before.is_positive() || !covered {
            self.debt_changes(at);
        }
        self.ledger.charge_as_of(as_of);
        let debt = self.take(at, &charge);
        self.ledger.charge_as_of(None);
        self.count_taken_back(at);
        if amount.is_positive() && self.is_read() {
            self.note(at, EntryKind::Charge, Note { segment, credits: amount, ..Note::by(whose) });
        }
        let overspend = self.count_charge(at, (whose, segment), amount, (debt, debt_before), taken);
        if !matches!(against, Against::Credits) {
            self.count_lapsed(at);
            self.repay_quietly(at);
        }
        Posting { overspend, ..self.posted(before) }
    }

    /// Counts a charge that the ledger has just taken, of which `debt` became debt beside `debt_before`; returns the
    /// overspend.
    pub(super) fn count_charge(
        &mut self,
        at: SimTime,
        (whose, segment): (Whose, u16),
        amount: Credits,
        (debt, debt_before): (Credits, Credits),
        taken: Option<&mut Vec<ChargePart>>,
    ) -> Credits {
        self.charged[whose.feature.index()] += amount;
        self.row.charged += amount;
        self.split_charge(debt);
        let owner = self.debt_owner(whose, debt);
        self.undo.remember(self.ledger.takes(), (debt, owner), taken);
        self.count_burns(at, whose, segment);
        self.count_debt(at, (whose, segment), (debt, owner), debt_before)
    }

    /// Who owes what a charge's lots did not cover.
    fn debt_owner(&self, whose: Whose, debt: Credits) -> DebtOwner {
        if debt.is_zero() || !self.ledger.has_scopes() {
            return DebtOwner::Organization;
        }
        self.ledger.debt_owner(self.spender_of(whose))
    }

    /// The ledger's part of a charge; returns what became debt.
    fn take(&mut self, at: SimTime, charge: &Charge) -> Credits {
        let Charge { whose, amount, segment, against, .. } = *charge;
        let spender = self.spender_of(whose);
        match against {
            Against::Credits => self.ledger.charge(amount, spender),
            Against::Part(hold) => {
                self.holds_kept &= amount <= self.ledger.hold(hold).amount;
                self.ledger.capture(hold, amount, spender).debt
            }
            Against::Whole { hold, held } => {
                let left = self.ledger.hold(hold).amount;
                self.holds_kept &= amount <= left;
                let settlement = self.ledger.settle(hold, amount, spender);
                self.holds.settled += 1;
                self.count_ended_hold(held, settlement.unused);
                self.note(at, EntryKind::HoldSettle, Note { segment, credits: left, ..Note::by(whose) });
                settlement.debt
            }
        }
    }

    /// Counts and notes what the last act of the ledger burned for an operation.
    pub(super) fn count_burns(&mut self, at: SimTime, whose: Whose, segment: u16) {
        for index in 0..self.ledger.takes().len() {
            let take = self.ledger.takes()[index];
            self.row.burned += take.amount;
            self.count_burn(&take);
            if self.is_read() {
                self.note(at, EntryKind::Burn, Note { whose: Some(whose), segment, ..Note::of(&take) });
            }
        }
        if self.ledger.lapsed().is_empty() {
            self.ledger.clear_takes();
        }
    }

    /// Counts and notes what the last act of the ledger has taken back of what had expired.
    fn count_taken_back(&mut self, at: SimTime) {
        for index in 0..self.ledger.taken_back().len() {
            let (take, money) = self.ledger.taken_back()[index];
            self.scoped.come(take.scope, take.amount);
            self.credits.expired[take.category.index()] -= take.amount;
            self.row.expired -= take.amount;
            self.note(at, EntryKind::Unexpire, Note { money, ..Note::of(&take) });
        }
    }

    /// Counts debt that a charge has incurred; returns how far it has raised what its owner is held to beyond the limit.
    pub(super) fn count_debt(
        &mut self,
        at: SimTime,
        (whose, segment): (Whose, u16),
        (debt, owner): (Credits, DebtOwner),
        before: Credits,
    ) -> Credits {
        if !debt.is_positive() {
            return Credits::ZERO;
        }
        self.debt.incurred += debt;
        self.debt_changed(at);
        // The limit is one of what this owner's checks subtract.
        let others = self.ledger.debt() - self.ledger.debt_seen_by(owner);
        let rise = self.rules.limit.map_or(Credits::ZERO, |limit| {
            (self.ledger.debt() - others - limit).positive_part() - (before - others - limit).positive_part()
        });
        self.debt.overspend += rise.positive_part();
        self.note(at, EntryKind::DebtIncurred, Note { segment, credits: debt, ..Note::by(whose) });
        rise.positive_part()
    }

    /// Marks the present for a charge that may burn what is usable now when it is recorded.
    pub(in super::super) fn mark(&mut self) -> LotMark {
        self.ledger.mark()
    }

    /// Its charge has been recorded.
    pub(in super::super) fn unmark(&mut self, mark: LotMark) {
        self.ledger.unmark(mark);
    }

    /// A charge is incurred and not recorded before its lag is over.
    pub(in super::super) fn incur(
        &mut self,
        at: SimTime,
        whose: Whose,
        segment: u16,
        amount: Credits,
    ) -> Posting {
        let before = self.views();
        self.unrecorded += amount;
        self.note(at, EntryKind::Incurred, Note { segment, credits: amount, ..Note::by(whose) });
        self.posted(before)
    }

    /// The lag of an incurred charge is over; the charge itself follows at once, as one event with this.
    pub(in super::super) fn record(&mut self, amount: Credits) {
        self.unrecorded -= amount;
    }

    /// Takes a charge out of the first lot if that ends nothing and all balances stay above `floor`.
    #[inline]
    pub(in super::super) fn burn_quickly(
        &mut self,
        feature: FeatureIndex,
        cost: Credits,
        floor: Credits,
    ) -> bool {
        if !self.unrecorded.is_zero() || self.ledger.remaining() - cost <= floor {
            return false;
        }
        let Some((category, rolled)) = self.ledger.burn_first(cost) else { return false };
        self.count_used(category, rolled, cost);
        self.count_quick_charge(feature, cost);
        self.assert_laws();
        true
    }

    /// Burns what the operations of a bulk interval were charged; credits cover it.
    pub(in super::super) fn burn_in_bulk(&mut self, burned: Credits) {
        debug_assert!(!self.ledger.has_scopes(), "who burns what is told operation by operation");
        let debt = self.ledger.charge(burned, Spender::default());
        debug_assert!(debt.is_zero(), "credits cover what a bulk interval charges");
        self.count_takes();
        self.row.burned += burned;
        self.row.charged += burned;
    }

    /// Counts what the operations of one feature were charged in a bulk interval.
    #[inline]
    pub(in super::super) fn charged_in_bulk(&mut self, feature: FeatureIndex, charged: Credits) {
        self.charged[feature.index()] += charged;
    }

    /// A bulk interval has been posted.
    pub(in super::super) fn end_bulk(&self) {
        self.assert_laws();
    }

    /// Counts what a hold came to that has ended, and what of it was not needed.
    pub(super) fn count_ended_hold(&mut self, held: Credits, unused: Credits) {
        self.holds.ended_credits += held;
        self.holds.unused_credits += unused;
    }

    pub(super) fn count_quick_charge(&mut self, feature: FeatureIndex, cost: Credits) {
        self.charged[feature.index()] += cost;
        self.row.burned += cost;
        self.row.charged += cost;
    }

    /// Counts what the last act of the ledger burned, and forgets it.
    pub(super) fn count_takes(&mut self) {
        for index in 0..self.ledger.takes().len() {
            let take = self.ledger.takes()[index];
            self.count_burn(&take);
        }
        self.ledger.clear_takes();
    }

    fn count_burn(&mut self, take: &Take) {
        self.scoped.go(take.scope, take.amount);
        self.count_used(take.category, take.rolled, take.amount);
    }

    #[inline]
    fn count_used(&mut self, category: Category, rolled: bool, amount: Credits) {
        self.credits.burned[category.index()] += amount;
        if rolled {
            self.credits.rolled_over_used += amount;
        }
    }
}
