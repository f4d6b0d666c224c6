//! Holds: opened, enlarged, settled, released, timed out.
//!
//! Leaves when and over how much to their operations. Invariant: every hold ends once (law 4).

use crate::ledger::HoldId;
use crate::outcome::EntryKind;
use crate::policy::Spender;
use crate::units::{Credits, FeatureIndex, SimTime};

use super::journal::{Note, Whose};
use super::{AccountBooks, Posting};

/// Holds of one feature in a bulk interval.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct BulkHolds {
    pub(in super::super) opened: u64,
    pub(in super::super) settled: u64,
    /// What those that were settled came to [credits].
    pub(in super::super) ended: Credits,
}

impl AccountBooks {
    /// Opens a hold over `amount`; `pins` if lots that expire stay until it ends.
    pub(in super::super) fn hold(
        &mut self,
        at: SimTime,
        whose: Whose,
        amount: Credits,
        pins: bool,
    ) -> (HoldId, Posting) {
        let before = self.views();
        let hold = self.ledger.open_hold(amount, pins, self.spender_of(whose));
        self.holds.opened += 1;
        self.note(at, EntryKind::HoldOpen, Note { credits: amount, ..Note::by(whose) });
        (hold, self.posted(before))
    }

    /// Enlarges a hold.
    pub(in super::super) fn extend(
        &mut self,
        at: SimTime,
        whose: Whose,
        hold: HoldId,
        addition: Credits,
    ) -> Posting {
        let before = self.views();
        self.ledger.extend_hold(hold, addition, self.spender_of(whose));
        self.note(at, EntryKind::HoldExtend, Note { credits: addition, ..Note::by(whose) });
        self.posted(before)
    }

    /// Ends a hold without a settle; it came to `held` with its extensions.
    pub(in super::super) fn release(
        &mut self,
        at: SimTime,
        whose: Whose,
        hold: HoldId,
        held: Credits,
    ) -> Posting {
        self.holds.released += 1;
        self.end_unsettled(at, whose, (hold, held), EntryKind::HoldRelease)
    }

    /// A hold reaches its timeout and is released; it came to `held` with its extensions.
    pub(in super::super) fn time_out(
        &mut self,
        at: SimTime,
        whose: Whose,
        hold: HoldId,
        held: Credits,
    ) -> Posting {
        self.holds_kept = false;
        self.holds.expired += 1;
        self.end_unsettled(at, whose, (hold, held), EntryKind::HoldExpire)
    }

    fn end_unsettled(
        &mut self,
        at: SimTime,
        whose: Whose,
        (hold, held): (HoldId, Credits),
        kind: EntryKind,
    ) -> Posting {
        let before = self.views();
        self.debt_changes(at);
        let amount = self.ledger.release(hold);
        self.count_ended_hold(held, amount);
        self.note(at, kind, Note { credits: amount, ..Note::by(whose) });
        self.count_lapsed(at);
        self.repay_quietly(at);
        self.posted(before)
    }

    /// A hold reaches its timeout and is charged its own amount, which is returned.
    pub(in super::super) fn charge_timeout(
        &mut self,
        at: SimTime,
        (whose, segment): (Whose, u16),
        hold: HoldId,
        held: Credits,
    ) -> (Credits, Posting) {
        let (before, debt_before) = (self.views(), self.ledger.debt());
        self.holds_kept = false;
        self.debt_changes(at);
        let amount = self.ledger.hold(hold).amount;
        self.holds.expired += 1;
        self.count_ended_hold(held, Credits::ZERO);
        let debt = self.ledger.settle(hold, amount, self.spender_of(whose)).debt;
        self.note(at, EntryKind::HoldCharged, Note { credits: amount, ..Note::by(whose) });
        self.note(at, EntryKind::Charge, Note { segment, credits: amount, ..Note::by(whose) });
        let overspend = self.count_charge(at, (whose, segment), amount, (debt, debt_before), None);
        self.count_lapsed(at);
        self.repay_quietly(at);
        (amount, Posting { overspend, ..self.posted(before) })
    }

    /// An operation that was admitted by a hold has ended, and owed so much more than it.
    #[inline]
    pub(in super::super) fn count_overrun(&mut self, beyond: Credits) {
        self.holds.overrun_credits += beyond.positive_part();
    }

    /// Settles a hold over `held` that covers its charge if that ends nothing and all balances stay above `floor`.
    #[inline]
    pub(in super::super) fn settle_quickly(
        &mut self,
        feature: FeatureIndex,
        (hold, held): (HoldId, Credits),
        cost: Credits,
        floor: Credits,
    ) -> bool {
        let ledger = &self.ledger;
        let plain = self.unrecorded.is_zero() && ledger.debt().is_zero();
        let lowest = (ledger.remaining() - cost).min(ledger.remaining() - ledger.held());
        if !plain || lowest <= floor || !self.ledger.settle_covered(hold, cost) {
            return false;
        }
        self.count_takes();
        self.holds.settled += 1;
        self.count_ended_hold(held, held - cost);
        self.count_quick_charge(feature, cost);
        self.assert_laws();
        true
    }

    /// A hold ends in a bulk interval, which burns and counts for all of them at once.
    pub(in super::super) fn end_hold_in_bulk(&mut self, hold: HoldId) {
        self.ledger.release(hold);
    }

    /// Opens a hold that a bulk interval leaves behind, which counts for all of them at once.
    pub(in super::super) fn open_hold_in_bulk(&mut self, amount: Credits, pins: bool) -> HoldId {
        self.ledger.open_hold(amount, pins, Spender::default())
    }

    /// Counts the holds of one feature in a bulk interval.
    #[inline]
    pub(in super::super) fn held_in_bulk(&mut self, bulk: BulkHolds) {
        self.holds.opened += bulk.opened;
        self.holds.settled += bulk.settled;
        self.holds.ended_credits += bulk.ended;
    }

    /// Counts what holds of a bulk interval did not need, and what was charged beyond them.
    pub(in super::super) fn missed_in_bulk(&mut self, unused: Credits, overrun: Credits) {
        self.holds.unused_credits += unused;
        self.holds.overrun_credits += overrun;
        self.holds_kept &= overrun.is_zero();
    }
}
