//! The books of one account: its lots, holds and debt, what was counted of them, and the journal.
//!
//! Owns the ledger (nobody else can change it), the counters of credits, debt and holds, their part of the running
//! cycle's row, the clock of debt, the running allowance, and what may have to be given back. Leaves why something is
//! posted, and what follows from it, to whoever asks for it: every verb answers with a `Posting`.
//! Invariants, asserted after every verb in debug builds: laws 1, 2 and 4; every posting is in the journal if anybody
//! reads that.

mod allowance;
mod charges;
mod debts;
mod holds;
mod journal;
mod laws;
mod lots;
mod parts;
mod refunds;
mod scoped;
mod seen;
mod undo;

use std::collections::BTreeSet;

use crate::deliberate::Deliberate;
use crate::ledger::{Ledger, ScopeId};
use crate::outcome::{CreditTally, CycleRow, DebtTally, HoldTally, Tally};
use crate::policy::{ChargeParts, CreditScope, DebtOwner, LotOwner, Repay, Spender, Terms};
use crate::units::{Credits, FeatureIndex, NO_MEMBER, SimSpan, SimTime};

use super::views::Views;
use allowance::RunningAllowance;
pub(super) use charges::{Against, Charge};
pub(super) use debts::overage;
pub(super) use holds::BulkHolds;
pub(super) use journal::{Journal, Note, Whose};
pub(super) use parts::ChargedParts;
use scoped::ScopedFlows;
pub(super) use seen::CreditMoves;
use seen::SeenCredits;
pub(super) use undo::{ChargePart, UndoBook};

/// One act of the books and what it did to the balances.
#[derive(Debug, Clone, Copy, Default)]
#[must_use = "a change of balance has consequences"]
pub(super) struct Posting {
    pub(super) before: Views,
    pub(super) after: Views,
    /// Rise of debt beyond its limit [credits].
    pub(super) overspend: Credits,
    /// Credits were issued, be they none.
    pub(super) issued: bool,
    /// There are more of them than there were.
    pub(super) brings_credits: bool,
}

impl Posting {
    /// This is part of an act that is followed as a whole.
    pub(super) fn as_part(self) {}
}

/// What the terms of a plan say to the books.
#[derive(Debug, Clone, Copy)]
struct BookRules {
    /// Debt lowers the balances.
    debt_counts: bool,
    repay: Repay,
    /// Of debt; none is unlimited.
    limit: Option<Credits>,
}

impl BookRules {
    fn of(terms: &Terms) -> BookRules {
        let overdraft = &terms.overdraft;
        BookRules { debt_counts: terms.debt_counts, repay: overdraft.repay, limit: overdraft.limit }
    }
}

/// What lasts of the books besides lots, holds, debt and counters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct LastingBooks {
    row: CycleRow,
    allowance: Vec<(Credits, Credits)>,
    unrecorded: Credits,
    usable_since_close: Credits,
    holds_kept: bool,
}

/// The books of one account.
#[derive(Debug, Clone)]
pub(super) struct AccountBooks {
    ledger: Ledger,
    rules: BookRules,
    credits: CreditTally,
    debt: DebtTally,
    holds: HoldTally,
    /// Per feature: taken by charges, net of what was given back.
    charged: Vec<Credits>,
    /// Credits of the running cycle.
    row: CycleRow,
    allowance: RunningAllowance,
    /// Incurred, not yet recorded.
    unrecorded: Credits,
    /// Usable right after the last close, and issued since.
    usable_since_close: Credits,
    /// Reserved credits that ended under a hold, as far as noted.
    uncovered: Credits,
    /// No settle has exceeded its hold, no hold has timed out, no lot has ended under a hold (law 5).
    holds_kept: bool,
    debt_since: SimTime,
    overdrawn_since: SimTime,
    /// End of the organization's life: no clock runs beyond it.
    leaves: SimTime,
    undo: UndoBook,
    scoped: ScopedFlows,
    seen: SeenCredits,
    /// Groups of members by their numbers, if scopes see them.
    groups: Vec<Option<u16>>,
    /// Members who have no seat just now: their operations are nobody's.
    away: BTreeSet<u16>,
    /// What the last charge consisted of, if some limit counts parts of charges.
    parts: Option<ChargedParts>,
    /// Debt beyond limits whose overrun is forgiven at the next close.
    beyond_limits: Credits,
    /// Lots of these categories repay no debt …
    kept_from_debt: ChargeParts,
    /// … but at this instant, at which a close has come.
    closed_at: Option<SimTime>,
    journal: Journal,
}

impl AccountBooks {
    /// Empty books of an account with so many features that is born at `birth` and leaves at `leaves`.
    pub(super) fn new(
        terms: &Terms,
        features: usize,
        (birth, leaves): (SimTime, SimTime),
        (scopes, groups): (Vec<CreditScope>, Vec<Option<u16>>),
        undo: UndoBook,
        journal: Journal,
    ) -> AccountBooks {
        let mut ledger = Ledger::new(&terms.burn_order).with_scopes(scopes);
        let undo = undo.with_owners(ledger.has_owners());
        if undo.is_on() {
            ledger.keep_spent_lots();
        }
        AccountBooks {
            ledger,
            rules: BookRules::of(terms),
            credits: CreditTally::default(),
            debt: DebtTally::default(),
            holds: HoldTally::default(),
            charged: vec![Credits::ZERO; features],
            row: CycleRow::default(),
            allowance: RunningAllowance::default(),
            unrecorded: Credits::ZERO,
            usable_since_close: Credits::ZERO,
            uncovered: Credits::ZERO,
            holds_kept: true,
            debt_since: birth,
            overdrawn_since: birth,
            leaves,
            undo,
            scoped: ScopedFlows::default(),
            seen: SeenCredits::default(),
            groups,
            away: BTreeSet::new(),
            parts: None,
            beyond_limits: Credits::ZERO,
            kept_from_debt: ChargeParts::NONE,
            closed_at: None,
            journal,
        }
    }

    /// Other terms hold from now on.
    pub(super) fn go_by(&mut self, terms: &Terms) {
        self.rules = BookRules::of(terms);
        self.ledger.reorder(&terms.burn_order);
    }

    /// The three balances.
    #[inline]
    pub(super) fn views(&self) -> Views {
        let debt = if self.rules.debt_counts { self.ledger.debt() } else { Credits::ZERO };
        let settled = self.ledger.remaining() - debt;
        Views { settled, available: settled - self.ledger.held(), ongoing: settled - self.unrecorded }
    }

    /// What scopes see of an operation.
    #[inline]
    pub(super) fn spender_of(&self, whose: Whose) -> Spender {
        self.spender(whose.serves, whose.member, whose.project)
    }

    /// What scopes see of an operation that a member asks for, served as a feature.
    #[inline]
    pub(super) fn spender(&self, serves: FeatureIndex, member: u16, project: u16) -> Spender {
        if !self.away.is_empty() && self.away.contains(&member) {
            return Spender::new(serves, NO_MEMBER, None, project);
        }
        let group = self.groups.get(usize::from(member)).copied().flatten();
        Spender::new(serves, member, group, project)
    }

    /// A member leaves its seat, or takes it.
    pub(super) fn seat(&mut self, member: u16, there: bool) {
        let _changed = if there { self.away.remove(&member) } else { self.away.insert(member) };
    }

    /// True while a member has no seat.
    pub(super) fn is_away(&self, member: u16) -> bool {
        self.away.contains(&member)
    }

    /// The three balances over the lots that a spender may burn: what its check reads (docs/semantics.md §14.2).
    #[inline]
    pub(super) fn views_for(&self, spender: Spender) -> Views {
        if !self.ledger.has_scopes() {
            return self.views();
        }
        let usable = self.ledger.usable_for(spender);
        let settled = usable.remaining - self.debt_counted(spender);
        Views { settled, available: settled - usable.held, ongoing: settled - self.unrecorded }
    }

    /// Settled and available of what an owner has of its own, and owes itself (docs/semantics.md §8.6); ongoing is as settled.
    pub(super) fn views_of(&self, per: LotOwner, owner: u16) -> Views {
        let (remaining, reserved) = self.ledger.of_owners(per, owner);
        let debtor = match per {
            LotOwner::Member => DebtOwner::Member(owner),
            LotOwner::Project => DebtOwner::Project(owner),
            LotOwner::Organization | LotOwner::Group => DebtOwner::Organization,
        };
        let debt = if self.rules.debt_counts { self.ledger.own_debt(debtor) } else { Credits::ZERO };
        let settled = remaining - debt;
        Views { settled, available: settled - reserved, ongoing: settled }
    }

    /// Usable of an owner's lots right after the last close, and issued to it since.
    pub(super) fn base_of(&self, per: LotOwner, owner: u16) -> Credits {
        self.ledger.scopes_of(per, owner).map(|scope| self.scoped.usable_since_close(scope)).sum()
    }

    /// Everybody who has had lots of its own.
    pub(super) fn all_owners(&self) -> BTreeSet<(LotOwner, u16)> {
        let owner = |scope: ScopeId| Some((self.ledger.scope(scope)?.per, scope.owner()));
        let owned = self.scoped.owners().filter_map(owner);
        owned.filter(|(per, _)| *per != LotOwner::Organization).collect()
    }

    /// Some scope in which an owner has lots of its own, for entries about the owner.
    pub(super) fn any_scope_of(&self, per: LotOwner, owner: u16) -> ScopeId {
        self.ledger.scopes_of(per, owner).next().unwrap_or_default()
    }

    /// The debt that lowers the balances of a spender.
    pub(super) fn debt_counted(&self, spender: Spender) -> Credits {
        if !self.rules.debt_counts || self.ledger.debt().is_zero() {
            return Credits::ZERO;
        }
        self.ledger.debt_seen_by(self.ledger.debt_owner(spender))
    }

    /// What operations lack of what they need in all, each beside what it may burn.
    pub(super) fn shortage(&self, needs: &[(Whose, Credits)]) -> Credits {
        let needs = needs.iter().map(|(whose, need)| (self.spender_of(*whose), *need));
        self.ledger.shortage(self.rules.debt_counts, needs)
    }

    /// Lots, holds and debt, to look at.
    #[inline]
    pub(super) fn ledger(&self) -> &Ledger {
        &self.ledger
    }

    /// Incurred, not yet recorded.
    #[inline]
    pub(super) fn unrecorded(&self) -> Credits {
        self.unrecorded
    }

    /// Usable right after the last close, and issued since: what shares of alerts are of.
    pub(super) fn usable_since_close(&self) -> Credits {
        self.usable_since_close
    }

    /// What lasts of the books besides lots, holds, debt and counters, to compare two accounts by.
    pub(super) fn lasting(&self) -> LastingBooks {
        LastingBooks {
            row: self.row,
            allowance: self.allowance.lasting(),
            unrecorded: self.unrecorded,
            usable_since_close: self.usable_since_close,
            holds_kept: self.holds_kept,
        }
    }

    /// Another journal from here on; gives back the one before.
    pub(super) fn put_journal(&mut self, journal: Journal) -> Journal {
        std::mem::replace(&mut self.journal, journal)
    }

    /// Brings clocks up to an instant.
    pub(super) fn stop_clocks(&mut self, at: SimTime) {
        self.debt_changes(at);
    }

    /// Credits that expired so far.
    pub(super) fn expired(&self) -> Credits {
        self.credits.expired.iter().copied().sum()
    }

    /// Takes the running cycle's credits for its row; the next one begins.
    pub(super) fn take_row(&mut self) -> CycleRow {
        CycleRow { debt: self.ledger.debt(), ..std::mem::take(&mut self.row) }
    }

    /// What the account holds from here on is what it begins with.
    pub(super) fn begin_measuring(&mut self, at: SimTime) {
        let (remaining_start, start) = (self.ledger.remaining_by_category(), self.ledger.debt());
        self.credits = CreditTally { remaining_start, ..CreditTally::default() };
        self.debt = DebtTally { start, max: start, ..DebtTally::default() };
        self.holds = HoldTally { open_start: self.ledger.open_holds(), ..HoldTally::default() };
        self.charged.fill(Credits::ZERO);
        self.start_clocks(at);
    }

    /// Clocks of debt run from here.
    pub(super) fn start_clocks(&mut self, at: SimTime) {
        (self.debt_since, self.overdrawn_since) = (at, at);
    }

    /// Brings clocks up to the end of the horizon and counts what is left.
    pub(super) fn finish(&mut self, at: SimTime) {
        self.debt_changes(at);
        if self.ledger.debt().is_positive() {
            self.debt.longest = self.debt.longest.max(self.lived(self.overdrawn_since, at));
        }
        self.credits.remaining_end = self.ledger.remaining_by_category();
        self.debt.end = self.ledger.debt();
        self.holds.open_end = self.ledger.open_holds();
    }

    /// Of the debt at the end: so much the next close would have invoiced.
    pub(super) fn count_uninvoiced(&mut self, debt: Credits) {
        self.debt.uninvoiced_end = debt;
    }

    /// Writes what was counted where it is reported.
    pub(super) fn report(&self, tally: &mut Tally) {
        tally.credits = self.credits.clone();
        tally.debt = self.debt.clone();
        tally.holds = self.holds.clone();
        for (feature, charged) in tally.features.iter_mut().zip(&self.charged) {
            feature.charged_credits = *charged;
        }
    }

    /// Time of the organization's life since an instant: clocks end with it.
    fn lived(&self, since: SimTime, at: SimTime) -> SimSpan {
        at.min(self.leaves) - since.min(self.leaves)
    }

    /// Brings the integral over debt up to the present; before debt changes.
    fn debt_changes(&mut self, at: SimTime) {
        let debt = self.ledger.debt();
        if debt.is_positive() && !Deliberate::DebtTimeForgotten.is_made() {
            let span = self.lived(self.debt_since, at).micros();
            self.debt.credit_micros += i128::from(debt.micros()) * i128::from(span);
        } else {
            self.overdrawn_since = at;
        }
        self.debt_since = at;
    }

    /// Updates the extremes after debt has changed.
    fn debt_changed(&mut self, at: SimTime) {
        let debt = self.ledger.debt();
        self.debt.max = self.debt.max.max(debt);
        self.debt.longest = self.debt.longest.max(self.lived(self.overdrawn_since, at));
        if debt.is_zero() {
            self.overdrawn_since = at;
        }
    }

    /// Everything that has been posted since the balances were `before`, as one act.
    pub(super) fn since(&self, before: Views) -> Posting {
        self.posted(before)
    }

    fn posted(&self, before: Views) -> Posting {
        self.assert_laws();
        Posting { before, after: self.views(), ..Posting::default() }
    }
}
