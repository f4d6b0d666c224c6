//! What happens to lots: they are issued, changed, rolled over, expire, are voided.
//!
//! Leaves which lot, when and why to its callers.

use crate::ledger::{Lot, LotKind, LotSerial, RollRule, ScopeId, Take};
use crate::outcome::EntryKind;
use crate::policy::{CreditScope, Rollover};
use crate::units::{Category, Credits, Money, SimTime};

use super::journal::Note;
use super::{AccountBooks, Posting};

impl AccountBooks {
    /// The number of a scope and of one of its owners, for lots that have it.
    pub(in super::super) fn number_of(&self, scope: &CreditScope, owner: u16) -> ScopeId {
        self.ledger.number_of(scope, owner)
    }

    /// How wide a scope is, in the burn order.
    pub(in super::super) fn width_of(&self, scope: ScopeId) -> u8 {
        self.ledger.scope(scope).map_or_else(|| CreditScope::default().width(), CreditScope::width)
    }

    /// Adds a lot, with an entry of this kind.
    pub(in super::super) fn issue(&mut self, at: SimTime, kind: EntryKind, lot: Lot) -> (LotSerial, Posting) {
        let before = self.views();
        let (note, used) = issue_note(&lot);
        let serial = self.ledger.issue(lot);
        self.note_issue(at, kind, Note { lot: Some(serial), ..note }, used);
        let brings_credits = note.credits.is_positive();
        (serial, Posting { issued: true, brings_credits, ..self.posted(before) })
    }

    /// Adds the lots that the owners of a scope get together, with an entry of this kind each; they are one act.
    pub(in super::super) fn issue_each(
        &mut self,
        at: SimTime,
        kind: EntryKind,
        lots: Vec<Lot>,
    ) -> (Vec<LotSerial>, Posting) {
        let before = self.views();
        let notes: Vec<_> = lots.iter().map(issue_note).collect();
        let brings_credits = notes.iter().any(|(note, _)| note.credits.is_positive());
        let first = self.ledger.issue_each(lots.into_iter());
        let serials: Vec<LotSerial> = (first.0..).map(LotSerial).take(notes.len()).collect();
        for ((note, used), serial) in notes.into_iter().zip(&serials) {
            self.note_issue(at, kind, Note { lot: Some(*serial), ..note }, used);
        }
        (serials, Posting { issued: true, brings_credits, ..self.posted(before) })
    }

    fn note_issue(&mut self, at: SimTime, kind: EntryKind, note: Note, used: Credits) {
        if used.is_positive() {
            self.note(at, EntryKind::OpeningUsed, Note { credits: used, money: Money::ZERO, ..note });
        }
        self.count_issue(at, kind, note);
    }

    /// Counts and notes credits issued: by a grant, a landing or a rollover minimum.
    pub(super) fn count_issue(&mut self, at: SimTime, kind: EntryKind, note: Note) {
        self.scoped.come(note.scope, note.credits);
        self.scoped.issue(note.scope, note.credits);
        self.credits.issued[note.category.index()] += note.credits;
        self.row.issued += note.credits;
        self.usable_since_close += note.credits;
        self.note(at, kind, note);
    }

    /// What remains of a lot expires.
    pub(in super::super) fn expire(&mut self, at: SimTime, serial: LotSerial) -> Posting {
        let before = self.views();
        self.ledger.clear_takes();
        self.ledger.expire(serial);
        self.count_lapsed(at);
        self.posted(before)
    }

    /// A lot is voided, and what made up its minimum; its unused value is gone without a refund.
    pub(in super::super) fn void(&mut self, at: SimTime, serial: LotSerial) -> Posting {
        let before = self.views();
        for serial in [Some(serial), self.ledger.minimum_of(serial)].into_iter().flatten() {
            if let Some((take, value)) = self.ledger.void(serial)
                && take.amount.is_positive()
            {
                self.scoped.go(take.scope, take.amount);
                self.credits.voided[take.category.index()] += take.amount;
                self.note(at, EntryKind::Void, Note { money: value, ..Note::of(&take) });
            }
        }
        self.count_uncovered(at);
        self.posted(before)
    }

    /// Voids part of a lot, with what it still owes if that is given.
    pub(in super::super) fn void_part(
        &mut self,
        at: SimTime,
        serial: LotSerial,
        less: Credits,
        money: Money,
    ) -> Posting {
        let before = self.views();
        let Some(note) = self.note_of(serial) else { return self.posted(before) };
        self.ledger.void_part(serial, less);
        self.scoped.go(note.scope, less);
        self.credits.voided[note.category.index()] += less;
        self.note(at, EntryKind::Void, Note { credits: less, money, ..note });
        self.count_uncovered(at);
        self.posted(before)
    }

    /// What an entry about a lot says of it.
    pub(in super::super) fn note_of(&self, serial: LotSerial) -> Option<Note> {
        let lot = self.ledger.lot(serial)?;
        Some(Note {
            lot: Some(serial),
            grant: lot.id,
            category: lot.category,
            scope: lot.scope,
            ..Note::default()
        })
    }

    /// Gives a lot another end, `until` as it is acted upon, `ends_at` as it is written; false if it has gone.
    pub(in super::super) fn end_at(
        &mut self,
        at: SimTime,
        serial: LotSerial,
        until: SimTime,
        ends_at: SimTime,
    ) -> bool {
        let Some(note) = self.note_of(serial) else { return false };
        self.ledger.end_at(serial, until, ends_at);
        self.note(at, EntryKind::LotEnd, Note { until, ..note });
        true
    }

    /// Lots that have rolled end at closes, which `closes` tells from the number of closes left.
    pub(in super::super) fn close_rolled_at(&mut self, closes: impl Fn(u32) -> SimTime) {
        self.ledger.close_rolled_at(closes);
    }

    /// Every lot has the key that `key` gives its end.
    pub(in super::super) fn rekey(&mut self, key: impl Fn(SimTime) -> SimTime) {
        self.ledger.rekey(key);
    }

    pub(super) fn note_price_taken(&mut self, at: SimTime, lot: LotSerial, owed: Money) {
        self.note(at, EntryKind::PriceTaken, Note { lot: Some(lot), ..Note::money(owed) });
    }

    /// Attaches to a lot what has been taken elsewhere.
    pub(in super::super) fn give_price(&mut self, at: SimTime, lot: LotSerial, price: Money) {
        if price != Money::ZERO && self.ledger.add_price(lot, price) {
            self.note(at, EntryKind::PriceGiven, Note { lot: Some(lot), ..Note::money(price) });
        }
    }

    /// So much more is paid for a lot; false if it has gone.
    pub(in super::super) fn add_price(&mut self, lot: LotSerial, price: Money) -> bool {
        self.ledger.add_price(lot, price)
    }

    /// A close ends rolled lots whose last close it is; one forced by a change of plan is none of their periods.
    pub(in super::super) fn end_rolled(&mut self, at: SimTime, forced: bool) -> Posting {
        let before = self.views();
        self.ledger.clear_takes();
        self.ledger.end_rolled_lots(forced);
        self.count_lapsed(at);
        self.posted(before)
    }

    /// Rolls over the running allowance and every lot that rolls again; the rest expires.
    pub(in super::super) fn roll_allowance(
        &mut self,
        at: SimTime,
        rule: RollRule<'_>,
        new_id: impl FnMut() -> u32,
    ) -> Posting {
        let before = self.views();
        let (moved, issued) = self.ledger.roll_allowance(rule, new_id);
        self.count_rolled(at, &moved, &issued);
        let brings_credits = !issued.is_empty();
        Posting { issued: brings_credits, brings_credits, ..self.posted(before) }
    }

    /// Applies a lot's own rollover in place.
    pub(in super::super) fn roll_own(
        &mut self,
        at: SimTime,
        serial: LotSerial,
        rollover: &Rollover,
        new_id: impl FnOnce() -> u32,
    ) -> Posting {
        let before = self.views();
        let (moved, issued) = self.ledger.roll_own(serial, rollover, at, new_id);
        self.count_rolled(at, &moved, issued.as_slice());
        let brings_credits = issued.is_some();
        Posting { issued: brings_credits, brings_credits, ..self.posted(before) }
    }

    /// The lots with a rollover of their own, and the numbers of their rules.
    pub(in super::super) fn own_lots(&self) -> Vec<(LotSerial, u32)> {
        let own = |lot: &Lot| match lot.kind {
            LotKind::Own { rule } => Some((lot.serial, rule)),
            _ => None,
        };
        self.ledger.lots().iter().filter_map(own).collect()
    }

    /// Minimums come first, since `max_total` may trim them at once.
    fn count_rolled(&mut self, at: SimTime, moved: &[Take], issued: &[Take]) {
        for take in issued {
            self.count_issue(at, EntryKind::IssueRolloverMinimum, Note::of(take));
        }
        self.count_lapsed(at);
        for take in moved {
            self.credits.rolled_over += take.amount;
            self.note(at, EntryKind::Rollover, Note::of(take));
        }
    }

    /// A close has rolled what rolls: nothing is given back to the allowances that it has ended.
    pub(in super::super) fn end_spent_allowances(&mut self) {
        self.ledger.end_spent_allowances();
    }

    /// A close is over: shares of alerts are of what is usable now. Returns what is carried of the included credits.
    pub(in super::super) fn closed(&mut self) -> Credits {
        self.usable_since_close = self.ledger.remaining();
        self.scoped.close(self.ledger.lots());
        self.included()
    }

    /// Included credits that remain.
    pub(in super::super) fn included(&self) -> Credits {
        self.ledger.remaining_by_category()[Category::Included.index()]
    }

    /// Counts and notes what the last act of the ledger let expire.
    pub(super) fn count_lapsed(&mut self, at: SimTime) {
        self.count_uncovered(at);
        for index in 0..self.ledger.lapsed().len() {
            let take = self.ledger.lapsed()[index];
            self.scoped.go(take.scope, take.amount);
            self.credits.expired[take.category.index()] += take.amount;
            self.row.expired += take.amount;
            self.note(at, EntryKind::Expire, Note::of(&take));
        }
        self.ledger.clear_takes();
    }

    /// Notes reserved credits that ended under a hold.
    fn count_uncovered(&mut self, at: SimTime) {
        let uncovered = self.ledger.uncovered() - self.uncovered;
        if uncovered.is_positive() {
            self.uncovered += uncovered;
            self.holds_kept = false;
            self.note(at, EntryKind::HoldUncovered, Note::credits(uncovered));
        }
    }
}

/// What the entry of an issue says of a lot, but for its number, and what of it was used before.
fn issue_note(lot: &Lot) -> (Note, Credits) {
    let note = Note {
        grant: lot.id,
        category: lot.category,
        scope: lot.scope,
        credits: lot.remaining,
        money: lot.price_paid,
        until: lot.expires_at,
        ..Note::default()
    };
    (note, lot.credits - lot.remaining)
}
