//! Holds: reservations of lots (docs/semantics.md §6.15 to §6.18).

use crate::policy::{Admission, CeilingShare, ChargedPart, HoldTerms, OnTimeout};
use crate::units::Credits;

use super::account::Judged;
use super::agenda::Coming;
use super::ceilings::{least_share, lower_shares};
use super::facts::{EntryKind, Fact};
use super::lots::LotOrigin;
use super::work::Stands;

/// A reservation for an operation.
#[derive(Debug, Clone)]
pub(super) struct JudgedHold<'a> {
    pub work: usize,
    /// The rules under which it was opened.
    pub terms: &'a HoldTerms,
    /// All that was ever held.
    pub amount: Credits,
    /// Of each lot, in the order in which it was reserved.
    pub reserved: Vec<(usize, Credits)>,
    /// What no lot covers.
    pub uncovered: Credits,
    pub ended: bool,
}

impl JudgedHold<'_> {
    /// What it still takes from available.
    pub fn left(&self) -> Credits {
        self.reserved.iter().map(|(_, credits)| *credits).sum::<Credits>() + self.uncovered
    }
}

impl<'a> Judged<'a> {
    /// The rules of the hold that admitted an operation, as they were then (docs/semantics.md §6.15).
    pub fn hold_terms(&self, work: usize) -> Option<&'a HoldTerms> {
        self.work[work].hold.map(|hold| self.holds[hold].terms)
    }

    /// The rules of the hold that an operation needs now, if it is admitted by one.
    pub fn hold_terms_of_now(&self, work: usize) -> Option<&'a HoldTerms> {
        match &self.rules_of(work).admission {
            Admission::Hold(terms) => Some(terms),
            _ => None,
        }
    }

    pub fn hold_fact(&mut self, kind: EntryKind, hold: usize, credits: Credits) {
        let work = self.holds[hold].work;
        let fact = self.fact_of(work, kind).of(credits);
        self.tell(fact);
    }

    /// Reserves unreserved lots in burn order (docs/semantics.md §6.15).
    fn reserve(&mut self, hold: usize, amount: Credits, within: Vec<CeilingShare>) {
        let (mut left, mut shares) = (amount, within);
        for lot in self.burn_order_for(self.holds[hold].work) {
            let of = ChargedPart::Lots(self.lots[lot].category);
            let part = self.unreserved_of(lot).min(left);
            let part = least_share(&shares, of).map_or(part, |most| part.min(most));
            if part.is_positive() {
                self.holds[hold].reserved.push((lot, part));
                lower_shares(&mut shares, of, part);
                left -= part;
            }
        }
        self.holds[hold].uncovered += left;
    }

    pub fn open_hold(&mut self, work: usize, amount: Credits, terms: &'a HoldTerms) {
        let before = self.balances();
        let hold = self.holds.len();
        let (reserved, uncovered) = (Vec::new(), Credits::ZERO);
        self.holds.push(JudgedHold { work, amount, reserved, uncovered, terms, ended: false });
        self.work[work].hold = Some(hold);
        // What is reserved is not taken yet.
        self.reserve(hold, amount, self.work[work].shares.clone());
        self.hold_fact(EntryKind::HoldOpen, hold, amount);
        if let Some(timeout) = terms.timeout {
            let tie = self.tie(work, 0);
            self.to_come.add(self.now + timeout, tie, Coming::HoldTimesOut { hold });
        }
        self.follow(before, Some(work));
    }

    /// Enlarges a hold (docs/semantics.md §6.16).
    pub fn extend_hold(&mut self, hold: usize, addition: Credits) {
        let before = self.balances();
        let work = self.holds[hold].work;
        let rooms = self.rooms_as_shares(work);
        self.holds[hold].amount += addition;
        self.reserve(hold, addition, rooms);
        self.shares_hold(work, hold);
        self.hold_fact(EntryKind::HoldExtend, hold, addition);
        self.follow(before, Some(work));
    }

    /// The open hold of an operation.
    pub fn open_hold_of(&self, work: usize) -> Option<usize> {
        self.work[work].hold.filter(|&hold| !self.holds[hold].ended)
    }

    /// Burns of a hold's reservation; returns what it did not cover.
    pub fn burn_reserved(&mut self, work: usize, segment: u16, hold: usize, amount: Credits) -> Credits {
        let mut left = amount;
        for index in 0..self.holds[hold].reserved.len() {
            let (lot, reserved) = self.holds[hold].reserved[index];
            let part = reserved.min(left);
            if part.is_positive() {
                self.holds[hold].reserved[index].1 -= part;
                let only_held = self.is_only_held(lot);
                self.burn(work, segment, lot, part);
                self.has_taken(work, ChargedPart::Lots(self.lots[lot].category), part);
                // What would expire is used first; what nobody has reserved is another part of the lot (docs/semantics.md §6.15).
                self.lots[lot].pinned = (self.lots[lot].pinned - part).positive_part();
                self.lots[lot].over |= only_held && self.ends_with_its_holds(lot);
                left -= part;
            }
        }
        self.holds[hold].reserved.retain(|(_, credits)| credits.is_positive());
        let uncovered = self.holds[hold].uncovered.min(left);
        self.holds[hold].uncovered -= uncovered;
        left
    }

    /// What only holds have kept has ended with them; a grant that rolls over in place goes on empty (docs/semantics.md §4.10).
    fn ends_with_its_holds(&self, lot: usize) -> bool {
        self.lots[lot].remaining.is_zero() && !matches!(self.lots[lot].origin, LotOrigin::Grant(_))
    }

    /// A lot that only holds keep alive has ended, and takes nothing back when they have used it up (docs/semantics.md §18.3).
    pub fn is_only_held(&self, lot: usize) -> bool {
        let lot = &self.lots[lot];
        lot.pinned.is_positive() && lot.pinned == lot.remaining
    }

    /// A hold is over: what it kept is free, what only it kept alive expires, and debt is repaid (docs/semantics.md §3.7).
    pub fn let_go(&mut self, hold: usize) {
        self.holds[hold].ended = true;
        self.holds[hold].uncovered = Credits::ZERO;
        for (lot, credits) in std::mem::take(&mut self.holds[hold].reserved) {
            let goes = self.lots[lot].pinned.min(credits);
            if goes.is_positive() {
                self.lots[lot].pinned -= goes;
                self.take_away(EntryKind::Expire, lot, goes, false);
                self.lots[lot].over |= self.ends_with_its_holds(lot);
            }
        }
        self.stamp();
        self.repay();
    }

    /// A hold ends without a charge.
    pub fn release_hold(&mut self, hold: usize, kind: EntryKind) {
        let before = self.balances();
        let (amount, work) = (self.holds[hold].left(), self.holds[hold].work);
        let segment = if kind == EntryKind::HoldSettle { self.work[work].segment } else { 0 };
        let fact = Fact { segment, ..self.fact_of(work, kind) };
        self.tell(fact.of(amount));
        self.let_go(hold);
        self.follow(before, Some(work));
    }

    /// docs/semantics.md §6.17; a settle at this instant comes first.
    pub fn hold_times_out(&mut self, hold: usize) {
        if self.holds[hold].ended {
            return;
        }
        let work = self.holds[hold].work;
        let on_timeout = self.hold_terms(work).map_or(OnTimeout::Release, |terms| terms.on_timeout);
        match on_timeout {
            OnTimeout::Release => self.release_hold(hold, EntryKind::HoldExpire),
            OnTimeout::Charge => {
                let amount = self.holds[hold].left();
                let before = self.balances();
                let segment = self.work[work].segment;
                self.work[work].segment += 1;
                self.work[work].recording = segment;
                let fact = self.fact_of(work, EntryKind::HoldCharged).of(amount);
                self.tell(fact);
                let before_it = self.work[work].taken.len();
                let parts = self.take_for(work, amount, Some(hold), None);
                let told = self.charge_counts(work, &parts, self.now, true);
                // It stays charged (docs/semantics.md §18.1).
                self.work[work].taken.truncate(before_it);
                self.work[work].kept_charged += amount;
                self.work[work].charged += amount;
                self.let_go(hold);
                self.invoice_what_is_due();
                self.follow(before, Some(work));
                self.tell_and_answer(work, told);
            }
        }
        // Work without its hold is exempt no longer (docs/semantics.md §6.13).
        let state = &self.work[work];
        if state.stands == Stands::InFlight && state.started && state.settled.is_none() {
            self.kill_at_start(work);
        }
    }

    /// A fact about an operation.
    pub fn fact_of(&self, work: usize, kind: EntryKind) -> Fact {
        let operation = &self.work[work].operation;
        Fact { operation: Some((operation.feature, operation.sequence)), ..Fact::new(self.now, kind) }
    }
}
