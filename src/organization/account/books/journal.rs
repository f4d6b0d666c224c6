//! The journal: one entry for each thing that happened, if anybody reads it.
//!
//! Owns who reads: the auditor, and whoever asked for the rows. Leaves what happened to its writers. Invariant: an
//! account whose journal nobody reads pays a comparison for each entry.

use crate::ledger::{LotSerial, ScopeId, Take};
use crate::outcome::{Auditor, Entry, EntryKind, EntryMeter, Reason, Tally, Violation};
use crate::units::{Category, Credits, FeatureIndex, Money, SimTime};
use crate::workload::Operation;

use super::AccountBooks;

/// Whose operation an entry is about.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct Whose {
    pub(in super::super) feature: FeatureIndex,
    pub(in super::super) sequence: u32,
    pub(in super::super) member: u16,
    pub(in super::super) project: u16,
    /// The feature that serves it.
    pub(in super::super) serves: FeatureIndex,
}

impl Whose {
    pub(in super::super) fn of(operation: &Operation) -> Whose {
        let Operation { feature, sequence, member, project, .. } = *operation;
        Whose { feature, sequence, member, project, serves: feature }
    }
}

/// What an entry says besides its kind; everything is optional.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct Note {
    pub(in super::super) whose: Option<Whose>,
    pub(in super::super) segment: u16,
    pub(in super::super) reason: Reason,
    pub(in super::super) lot: Option<LotSerial>,
    pub(in super::super) grant: u32,
    pub(in super::super) category: Category,
    pub(in super::super) parent: Option<u32>,
    pub(in super::super) scope: ScopeId,
    pub(in super::super) credits: Credits,
    pub(in super::super) money: Money,
    pub(in super::super) until: SimTime,
    pub(in super::super) meter: Option<EntryMeter>,
    pub(in super::super) rate: u16,
}

impl Default for Note {
    fn default() -> Note {
        Note {
            whose: None,
            segment: 0,
            reason: Reason::None,
            lot: None,
            grant: 0,
            category: Category::default(),
            parent: None,
            scope: ScopeId::default(),
            credits: Credits::ZERO,
            money: Money::ZERO,
            until: SimTime::MAX,
            meter: None,
            rate: 0,
        }
    }
}

impl Note {
    pub(in super::super) fn of(take: &Take) -> Note {
        let (lot, grant) = (Some(take.lot), take.grant);
        let Take { category, parent, scope, amount: credits, .. } = *take;
        Note { lot, grant, category, parent, scope, credits, ..Note::default() }
    }

    pub(in super::super) fn credits(credits: Credits) -> Note {
        Note { credits, ..Note::default() }
    }

    pub(in super::super) fn money(money: Money) -> Note {
        Note { money, ..Note::default() }
    }

    pub(in super::super) fn by(whose: Whose) -> Note {
        Note { whose: Some(whose), ..Note::default() }
    }
}

/// Who reads of each thing that happens.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct Journal {
    on: bool,
    auditor: Option<Box<Auditor>>,
    /// Entries for whoever asked for rows.
    rows: Option<Vec<Entry>>,
    /// Entries for the judge.
    heard: Heard,
}

/// Most entries that are kept for the judge: no account that it judges has as many.
const MOST_HEARD: usize = 250_000;

/// Entries for the judge, as long as there is one. Copies of an account are made to compare it, and have nobody to judge
/// them: they have none.
#[derive(Debug, Default)]
struct Heard(Option<Vec<Entry>>);

impl Heard {
    fn hear(&mut self, entry: Entry) {
        if let Some(entries) = &mut self.0 {
            entries.push(entry);
            if entries.len() > MOST_HEARD {
                self.0 = None;
            }
        }
    }
}

impl Clone for Heard {
    fn clone(&self) -> Heard {
        Heard::default()
    }
}

impl Journal {
    /// A journal that is read by the auditor, if there is one, and then by the judge, and kept for its rows if they are asked
    /// for.
    pub(in super::super) fn new(auditor: Option<Box<Auditor>>, rows: bool) -> Journal {
        let heard = Heard(auditor.is_some().then(Vec::new));
        Journal { on: auditor.is_some() || rows, auditor, rows: rows.then(Vec::new), heard }
    }
}

impl AccountBooks {
    /// Writes an entry with the balances as they are, if somebody reads it.
    #[inline]
    pub(in super::super) fn note(&mut self, at: SimTime, kind: EntryKind, note: Note) {
        if self.journal.on {
            self.write(at, kind, note);
        }
    }

    #[cold]
    fn write(&mut self, at: SimTime, kind: EntryKind, note: Note) {
        let (views, whose) = (self.views(), note.whose);
        let entry = Entry {
            at,
            kind,
            reason: note.reason,
            feature: whose.map(|whose| whose.feature),
            serves: whose.map(|whose| whose.serves),
            operation: whose.map_or(0, |whose| whose.sequence),
            segment: note.segment,
            member: whose.map_or(0, |whose| whose.member),
            project: whose.map_or(0, |whose| whose.project),
            grant: note.grant,
            lot: note.lot.map_or(0, |lot| lot.0 + 1),
            category: note.category,
            parent: note.parent,
            scope: note.scope.number(),
            owner: note.scope.owner(),
            credits: note.credits,
            money: note.money,
            until: note.until,
            settled_after: views.settled,
            available_after: views.available,
            debt_after: self.ledger.debt(),
            meter: note.meter,
            rate: note.rate,
        };
        if let Some(auditor) = &mut self.journal.auditor {
            auditor.hear(&entry);
            self.journal.heard.hear(entry);
        }
        if let Some(rows) = &mut self.journal.rows {
            rows.push(entry);
        }
    }

    /// The entries of an account that has ended, if they were asked for.
    pub(in super::super) fn take_entries(&mut self) -> Option<Vec<Entry>> {
        self.journal.rows.take()
    }

    /// What was heard so far, if the judge is to hear it.
    pub(in super::super) fn take_heard(&mut self) -> Option<Vec<Entry>> {
        self.journal.heard.0.take()
    }

    /// Somebody reads of each thing that happens.
    #[inline]
    pub(in super::super) fn is_read(&self) -> bool {
        self.journal.on
    }

    /// An auditor listens.
    pub(in super::super) fn is_audited(&self) -> bool {
        self.journal.auditor.is_some()
    }

    /// Has the auditor compare what it has heard with what was counted.
    ///
    /// # Errors
    /// The first difference.
    pub(in super::super) fn audit(&mut self, tally: &Tally) -> Result<(), Violation> {
        self.journal.auditor.take().map_or(Ok(()), |auditor| auditor.finish(tally))
    }
}
