//! The allowance of the running period: its lots, one for each owner, and what has been used of them.
//!
//! Leaves how much it is, and what a change of plan makes of it, to its callers. Invariant: what was used of a lot stays
//! used, whatever changes the lot.

use crate::ledger::{Lot, LotKind, LotSerial, ScopeId, Take};
use crate::outcome::EntryKind;
use crate::policy::{CreditScope, LotOwner};
use crate::units::{Credits, Money, SimTime};

use super::journal::Note;
use super::{AccountBooks, Posting};

/// The allowance of one owner.
#[derive(Debug, Clone, Copy, Default)]
pub(in super::super) struct AllowancePart {
    /// The number of its owner.
    pub(in super::super) owner: u16,
    pub(in super::super) lot: Option<LotSerial>,
    /// Issued at the beginning of the period, and by changes since.
    pub(in super::super) amount: Credits,
    /// Used of it before its lot was last changed.
    used_before: Credits,
}

/// The allowance of the running period; the organization's alone, or one part for each owner.
#[derive(Debug, Clone, Default)]
pub(super) struct RunningAllowance {
    parts: Vec<AllowancePart>,
    /// When its lots become everybody's, if they do.
    pools_at: Option<SimTime>,
}

impl RunningAllowance {
    /// What lasts of it, to compare two accounts by.
    pub(super) fn lasting(&self) -> Vec<(Credits, Credits)> {
        self.parts.iter().map(|part| (part.amount, part.used_before)).collect()
    }

    fn part_of(&mut self, lot: LotSerial) -> Option<&mut AllowancePart> {
        self.parts.iter_mut().find(|part| part.lot == Some(lot))
    }
}

impl AccountBooks {
    /// Another period begins, without an allowance.
    pub(in super::super) fn begin_without_allowance(&mut self) {
        self.allowance = RunningAllowance::default();
    }

    /// An allowance of another period begins, of these amounts in the order of their owners; their lots follow.
    pub(in super::super) fn begin_allowance(&mut self, amounts: &[Credits], owners: &[u16]) {
        let part = |(amount, owner): (&Credits, &u16)| AllowancePart {
            owner: *owner,
            amount: *amount,
            ..AllowancePart::default()
        };
        self.allowance =
            RunningAllowance { parts: amounts.iter().zip(owners).map(part).collect(), pools_at: None };
    }

    /// An owner has a part of the running allowance from here on that it had none of, with a lot of its own; returns its number.
    pub(in super::super) fn join_allowance(&mut self, owner: u16) -> usize {
        self.allowance.parts.push(AllowancePart { owner, ..AllowancePart::default() });
        self.allowance.parts.len() - 1
    }

    /// The lot of the n-th owner's part of the running allowance is another one, of which nothing is used.
    pub(in super::super) fn set_allowance_lot(&mut self, n: usize, lot: LotSerial) {
        let used = self.used_of_part(&self.allowance.parts[n]);
        self.allowance.parts[n].lot = Some(lot);
        self.count_as_used(n, used);
    }

    /// What is left of an owner's part of the running allowance goes, and is taken off it.
    pub(in super::super) fn leave_allowance(&mut self, owner: u16) {
        let Some(n) = self.allowance.parts.iter().position(|part| part.owner == owner) else { return };
        let used = self.used_of_part(&self.allowance.parts[n]);
        let part = &mut self.allowance.parts[n];
        (part.amount, part.lot, part.used_before) = (part.amount.min(used), None, used);
    }

    /// The lots of the running allowance become everybody's at an instant.
    pub(in super::super) fn pool_at(&mut self, at: SimTime) {
        self.allowance.pools_at = Some(at);
    }

    /// When they do, if they do.
    pub(in super::super) fn pools_at(&self) -> Option<SimTime> {
        self.allowance.pools_at
    }

    /// What single owners have of allowances becomes credits of all who are inside their scopes.
    pub(in super::super) fn pool_allowances(&mut self, at: SimTime) -> Posting {
        let before = self.views();
        let pooled =
            self.ledger.pool(|lot, _| matches!(lot.kind, LotKind::Allowance | LotKind::Rolled { .. }));
        self.note_pooled(at, pooled);
        self.posted(before)
    }

    /// What a member has of its own becomes credits of all who are inside its scopes.
    pub(in super::super) fn pool_member(&mut self, at: SimTime, member: u16) -> Posting {
        let before = self.views();
        let own =
            |lot: &Lot, scope: &CreditScope| scope.per == LotOwner::Member && lot.scope.owner() == member;
        let pooled = self.ledger.pool(own);
        self.note_pooled(at, pooled);
        self.posted(before)
    }

    /// The lots that are a member's own, in the order of their ids.
    pub(in super::super) fn lots_of_member(&self, member: u16) -> Vec<LotSerial> {
        let own = |lot: &&Lot| {
            let scope = self.ledger.scope(lot.scope);
            lot.scope.owner() == member && scope.is_some_and(|scope| scope.per == LotOwner::Member)
        };
        let mut lots: Vec<_> =
            self.ledger.lots().iter().filter(own).map(|lot| (lot.id, lot.serial)).collect();
        lots.sort_unstable();
        lots.into_iter().map(|(_, serial)| serial).collect()
    }

    fn note_pooled(&mut self, at: SimTime, pooled: Vec<(ScopeId, Take)>) {
        for (old, pooled) in pooled {
            self.scoped.go(old, pooled.amount);
            self.scoped.come(pooled.scope, pooled.amount);
            self.note(at, EntryKind::Pooled, Note::of(&pooled));
        }
    }

    /// The lots of the running allowance have been issued, in the order of their owners.
    pub(in super::super) fn set_allowance_lots(&mut self, lots: &[LotSerial]) {
        debug_assert_eq!(lots.len(), self.allowance.parts.len(), "every owner has a lot");
        for (part, lot) in self.allowance.parts.iter_mut().zip(lots) {
            part.lot = Some(*lot);
        }
    }

    /// The running allowance, owner by owner.
    pub(in super::super) fn allowance_parts(&self) -> Vec<AllowancePart> {
        self.allowance.parts.clone()
    }

    /// The lots of the running allowance.
    pub(in super::super) fn allowance_lots(&self) -> Vec<LotSerial> {
        self.allowance.parts.iter().filter_map(|part| part.lot).collect()
    }

    /// True of a lot of the running allowance.
    fn is_allowance(&self, lot: LotSerial) -> bool {
        self.allowance.parts.iter().any(|part| part.lot == Some(lot))
    }

    /// The allowance of the running period so far, of all owners together.
    pub(in super::super) fn allowance_amount(&self) -> Credits {
        self.allowance.parts.iter().map(|part| part.amount).sum()
    }

    /// The allowance of the running period so far, of one owner.
    pub(in super::super) fn allowance_of_owner(&self, owner: u16) -> Credits {
        self.allowance.parts.iter().filter(|part| part.owner == owner).map(|part| part.amount).sum()
    }

    /// From now on this is the n-th owner's allowance of the running period.
    pub(in super::super) fn set_allowance_amount(&mut self, n: usize, amount: Credits) {
        self.allowance.parts[n].amount = amount;
    }

    /// From now on a lot's allowance of the running period is what was used of it and so much more.
    pub(in super::super) fn allowance_lot_becomes(&mut self, lot: LotSerial, left: Credits) {
        let used = self.used_of_lot(lot);
        if let Some(part) = self.allowance.part_of(lot) {
            part.amount = used + left;
        }
    }

    /// Burned of an owner's allowance of the running period, since its usage was last reset.
    pub(in super::super) fn used_of_part(&self, part: &AllowancePart) -> Credits {
        part.used_before + self.burned_of(part.lot)
    }

    /// Burned of the running period's allowance that this lot is, since its usage was last reset; nothing of other lots.
    pub(super) fn used_of_lot(&self, lot: LotSerial) -> Credits {
        let part = self.allowance.parts.iter().find(|part| part.lot == Some(lot));
        part.map_or(Credits::ZERO, |part| self.used_of_part(part))
    }

    /// From now on so much counts as used of the n-th owner's allowance of the running period, whatever its lot says.
    pub(in super::super) fn count_as_used(&mut self, n: usize, used: Credits) {
        let burned = self.burned_of(self.allowance.parts[n].lot);
        self.allowance.parts[n].used_before = used - burned;
    }

    /// As `count_as_used`, of the owner whose lot this is, if it is of the allowance.
    pub(super) fn count_as_used_of(&mut self, lot: LotSerial, used: Credits) {
        if let Some(n) = self.allowance.parts.iter().position(|part| part.lot == Some(lot)) {
            self.count_as_used(n, used);
        }
    }

    fn burned_of(&self, lot: Option<LotSerial>) -> Credits {
        lot.and_then(|lot| self.ledger.lot(lot)).map_or(Credits::ZERO, |lot| lot.burned)
    }

    /// Adds credits to a lot that is still there.
    pub(in super::super) fn enlarge(&mut self, at: SimTime, serial: LotSerial, more: Credits) -> Posting {
        let before = self.views();
        let Some(note) = self.note_of(serial) else { return self.posted(before) };
        self.ledger.enlarge(serial, more);
        let allowance = self.is_allowance(serial);
        let kind = if allowance { EntryKind::IssueAllowance } else { EntryKind::Issue };
        self.count_issue(at, kind, Note { credits: more, ..note });
        Posting { issued: true, brings_credits: more.is_positive(), ..self.posted(before) }
    }

    /// What a lot still owes, taken off it; its past is closed, but what was used of an allowance stays used.
    pub(in super::super) fn take_price(&mut self, at: SimTime, lot: LotSerial) -> Money {
        let used = self.used_of_lot(lot);
        let owed = self.ledger.begin_anew(lot);
        self.count_as_used_of(lot, used);
        self.note_price_taken(at, lot, owed);
        owed
    }
}
