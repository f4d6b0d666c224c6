//! Counting and journalling: what happened, kept outside the ledger.

use crate::ledger::{LotSerial, Take};
use crate::outcome::{Entry, EntryKind, Reason};
use crate::units::{Category, Credits, Money, SimSpan, SimTime};

use super::env::Env;
use super::state::State;

/// What an entry says besides its kind; everything is optional.
#[derive(Debug, Clone, Copy)]
pub(super) struct Note {
    pub(super) slot: Option<u32>,
    pub(super) segment: u16,
    pub(super) reason: Reason,
    pub(super) lot: Option<LotSerial>,
    pub(super) grant: u32,
    pub(super) category: Category,
    pub(super) parent: Option<u32>,
    pub(super) credits: Credits,
    pub(super) money: Money,
    pub(super) until: SimTime,
}

impl Default for Note {
    fn default() -> Note {
        Note {
            slot: None,
            segment: 0,
            reason: Reason::None,
            lot: None,
            grant: 0,
            category: Category::default(),
            parent: None,
            credits: Credits::ZERO,
            money: Money::ZERO,
            until: SimTime::MAX,
        }
    }
}

impl Note {
    pub(super) fn of(take: &Take) -> Note {
        let (lot, grant) = (Some(take.lot), take.grant);
        let Take { category, parent, amount: credits, .. } = *take;
        Note { lot, grant, category, parent, credits, ..Note::default() }
    }

    pub(super) fn credits(credits: Credits) -> Note {
        Note { credits, ..Note::default() }
    }

    pub(super) fn money(money: Money) -> Note {
        Note { money, ..Note::default() }
    }

    pub(super) fn work(slot: u32) -> Note {
        Note { slot: Some(slot), ..Note::default() }
    }
}

impl State {
    /// Writes a journal entry if somebody reads it: the auditor, or whoever asked for the journal.
    #[inline]
    pub(super) fn note(&mut self, env: &Env, kind: EntryKind, note: Note) {
        if self.journal_on {
            self.write_entry(env, kind, note);
        }
    }

    #[cold]
    fn write_entry(&mut self, env: &Env, kind: EntryKind, note: Note) {
        let views = self.views(env.terms(self.plan));
        let work = note.slot.map(|slot| &self.work[slot as usize]);
        let operation = work.map(|work| work.operation);
        let entry = Entry {
            at: self.now,
            kind,
            reason: note.reason,
            feature: operation.map(|operation| operation.feature),
            operation: operation.map_or(0, |operation| operation.sequence),
            segment: note.segment,
            member: operation.map_or(0, |operation| operation.member),
            project: operation.map_or(0, |operation| operation.project),
            grant: note.grant,
            lot: note.lot.map_or(0, |lot| lot.0 + 1),
            category: note.category,
            parent: note.parent,
            credits: note.credits,
            money: note.money,
            until: note.until,
            settled_after: views.settled,
            available_after: views.available,
            debt_after: self.ledger.debt(),
        };
        if let Some(auditor) = &mut self.auditor {
            auditor.hear(&entry);
        }
        if let (true, Some(detail)) = (env.world.detail.journal, &mut self.tally.detail) {
            detail.journal.push(entry);
        }
    }

    /// Counts and notes what the last act of the ledger let expire.
    pub(super) fn count_lapsed(&mut self, env: &Env) {
        self.count_uncovered(env);
        for index in 0..self.ledger.lapsed().len() {
            let take = self.ledger.lapsed()[index];
            self.tally.credits.expired[take.category.index()] += take.amount;
            self.cycle.row.expired += take.amount;
            self.note(env, EntryKind::Expire, Note::of(&take));
        }
        self.ledger.clear_takes();
    }

    /// Notes reserved credits that ended under a hold.
    pub(super) fn count_uncovered(&mut self, env: &Env) {
        let uncovered = self.ledger.uncovered() - self.uncovered;
        if uncovered.is_positive() {
            self.uncovered += uncovered;
            self.holds_kept = false;
            self.note(env, EntryKind::HoldUncovered, Note::credits(uncovered));
        }
    }

    /// Counts and notes credits issued: by a grant, a landing or a rollover minimum.
    pub(super) fn count_issue(&mut self, env: &Env, kind: EntryKind, note: Note) {
        self.tally.credits.issued[note.category.index()] += note.credits;
        self.cycle.row.issued += note.credits;
        self.usable_since_close += note.credits;
        self.watch_stale = true;
        self.arrived = true;
        self.note(env, kind, note);
    }

    /// Pays debt back from unreserved credits, as the policy permits. Call inside a change of balance.
    pub(super) fn repay_now(&mut self, env: &Env) {
        use crate::policy::Repay;
        if self.ledger.debt().is_zero() {
            return;
        }
        let repay = env.terms(self.plan).overdraft.repay;
        if repay == Repay::Never {
            return;
        }
        self.debt_changes();
        self.ledger.clear_takes();
        let repaid = self.ledger.repay(repay == Repay::Purchase);
        for index in 0..self.ledger.takes().len() {
            let take = self.ledger.takes()[index];
            self.refunds.repay(&take);
            self.tally.credits.repaid[take.category.index()] += take.amount;
            if take.rolled {
                self.tally.credits.rolled_over_used += take.amount;
            }
            self.note(env, EntryKind::Repay, Note::of(&take));
        }
        self.cycle.row.repaid += repaid;
        self.ledger.clear_takes();
        self.debt_changed();
    }

    /// Time of the organization's life since an instant: the clocks of the tally end with it.
    pub(super) fn lived(&self, since: SimTime) -> SimSpan {
        self.now.min(self.leaves) - since.min(self.leaves)
    }

    /// Brings the integrals over debt up to the present; call before debt changes.
    pub(super) fn debt_changes(&mut self) {
        let debt = self.ledger.debt();
        if debt.is_positive() {
            let span = self.lived(self.debt_since).micros();
            self.tally.debt.credit_micros += i128::from(debt.micros()) * i128::from(span);
        } else {
            self.overdrawn_since = self.now;
        }
        self.debt_since = self.now;
    }

    /// Updates the extremes after debt has changed.
    pub(super) fn debt_changed(&mut self) {
        let debt = self.ledger.debt();
        self.tally.debt.max = self.tally.debt.max.max(debt);
        let span = self.lived(self.overdrawn_since);
        self.tally.debt.longest = self.tally.debt.longest.max(span);
        if debt.is_zero() {
            self.overdrawn_since = self.now;
        }
    }
}
