//! Charges: what is taken for an operation, and when (docs/semantics.md §2.3, §5.2, §6.6, §6.9, §6.15, §6.18).

use crate::policy::{ChargedPart, Overrun};
use crate::sampling::Purpose;
use crate::units::{Credits, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::ceilings::{least_share, lower_shares};
use super::facts::{EntryKind, Fact};
use super::repay::JudgedDebt;
use super::views::ThreeBalances;
use super::work::Ending;

/// A charge on its way to be recorded.
#[derive(Debug, Clone)]
pub(super) struct LateCharge {
    pub work: usize,
    pub amount: Credits,
    pub segment: u16,
    pub last: bool,
    pub done: bool,
    pub incurred_at: SimTime,
    /// Lots that were usable then.
    pub usable_then: Vec<usize>,
    /// How much had expired before, piece by piece.
    pub expired_before: usize,
}

/// What a charge consists of, in the order in which it was taken.
pub(super) type ChargedPieces = Vec<(ChargedPart, Credits)>;

/// What a charge was taken from, for giving it back.
#[derive(Debug, Clone, Copy)]
pub(super) enum ChargedFrom {
    Lot { lot: usize, credits: Credits },
    Debt { debt: usize, credits: Credits },
}

impl Judged<'_> {
    /// Rounds an amount as the policy does.
    pub fn rounded(&self, amount: Credits) -> Credits {
        self.terms().rounding.map_or(amount, |rounding| rounding.apply(amount))
    }

    fn rounds_each_charge(&self) -> bool {
        self.terms().rounding.is_some_and(|rounding| rounding.per_charge)
    }

    /// What an operation owes in all, rounded as its charges are, once it owes so much (docs/semantics.md §2.3, §6.17).
    pub fn due_up_to(&self, work: usize, owed: Credits) -> Credits {
        let state = &self.work[work];
        if self.rounds_each_charge() {
            return state.due + self.rounded((owed - state.incurred).positive_part());
        }
        self.rounded(owed).max(state.due)
    }

    /// Charges an operation so that all charges together come to what it owes so far (docs/semantics.md §2.3, §6.16, §6.18).
    pub fn charge_up_to(&mut self, work: usize, owed: Credits, last: bool) {
        let state = &self.work[work];
        let settles = self.settles(work) || owed > state.incurred;
        let due = self.due_up_to(work, owed);
        let amount = (due - state.charged - state.absorbed).positive_part();
        self.work[work].due = due;
        self.work[work].incurred = self.work[work].incurred.max(owed);
        self.charge(work, amount, last, settles);
    }

    /// One charge; the `last` one `settles` the hold or, if nothing more is owed, releases it (docs/semantics.md §6.15).
    fn charge(&mut self, work: usize, amount: Credits, last: bool, settles: bool) {
        let mut amount = amount;
        if self.work[work].leaked && self.open_hold_of(work).is_some() {
            return;
        }
        if let Some(hold) = self.open_hold_of(work) {
            let absorbs = self.hold_terms(work).is_some_and(|terms| terms.overrun != Overrun::Charge);
            if absorbs {
                // What is not recorded yet has its part of the hold.
                let late = self.unrecorded.iter().filter(|late| !late.done && late.work == work);
                let most = self.holds[hold].left() - late.map(|late| late.amount).sum::<Credits>();
                let over = (amount - most).positive_part();
                self.absorb(work, over);
                amount -= over;
            }
            if last && settles && self.leaks(work) {
                self.absorb(work, amount);
                self.work[work].leaked = true;
                return;
            }
        }
        // What owes nothing is no charge, but the last one ends a hold.
        let hold = self.open_hold_of(work).filter(|_| last);
        if let (false, Some(hold), false) = (amount.is_positive(), hold, settles) {
            self.release_hold(hold, EntryKind::HoldRelease);
            return;
        }
        if !amount.is_positive() && hold.is_none() {
            return;
        }
        let segment = self.work[work].segment;
        self.work[work].segment += u16::from(amount.is_positive());
        self.work[work].charged += amount;
        let lag = self.lag(work, segment);
        if lag.is_zero() {
            let before = self.balances();
            self.record(work, amount, (segment, last), (before, None));
        } else {
            let before = self.balances();
            let index = self.unrecorded.len();
            let (incurred_at, usable_then) = (self.now, self.usable_now());
            let expired_before = self.expired.len();
            self.unrecorded.push(LateCharge {
                work,
                amount,
                segment,
                last,
                done: false,
                incurred_at,
                usable_then,
                expired_before,
            });
            let tie = self.tie(work, u32::from(segment));
            self.to_come.add(self.now + lag, tie, Coming::Record { charge: index });
            let fact = Fact { segment, ..self.fact_of(work, EntryKind::Incurred) };
            self.tell(fact.of(amount));
            self.follow(before, Some(work));
        }
    }

    /// An operation that completes settles its hold, though it owes nothing more; one that ends otherwise releases it then.
    fn settles(&self, work: usize) -> bool {
        matches!(self.work[work].settled, None | Some(Ending::Completed | Ending::Stopped))
    }

    fn lag(&self, work: usize, segment: u16) -> SimSpan {
        let operation = &self.work[work].operation;
        let key = self.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Lag, u64::from(operation.sequence), u64::from(segment));
        SimSpan::from_seconds_f64(self.terms().metering_lag.sample(&mut stream))
    }

    fn leaks(&self, work: usize) -> bool {
        let operation = &self.work[work].operation;
        let Some(terms) = self.hold_terms(work) else { return false };
        let uniform = self.key_of(operation.feature).uniform(Purpose::Leak, u64::from(operation.sequence), 0);
        terms.leak.holds(uniform)
    }

    pub fn absorb(&mut self, work: usize, amount: Credits) {
        if amount.is_positive() {
            self.work[work].absorbed += amount;
            let segment = self.work[work].segment;
            let fact = Fact { segment, ..self.fact_of(work, EntryKind::Absorb).of(amount) };
            self.say(fact);
        }
    }

    pub fn charge_is_recorded(&mut self, charge: usize) {
        // That it is recorded and what it burns are one event.
        let before = self.balances();
        let late = self.unrecorded[charge].clone();
        self.unrecorded[charge].done = true;
        self.record(late.work, late.amount, (late.segment, late.last), (before, Some(charge)));
        self.refunds_due(late.work);
    }

    /// A charge burns the lots usable now, a late one perhaps those of then (docs/semantics.md §5.2, §18.7).
    fn record(
        &mut self,
        work: usize,
        amount: Credits,
        (segment, last): (u16, bool),
        (before, late): (ThreeBalances, Option<usize>),
    ) {
        let hold = self.open_hold_of(work);
        self.work[work].recording = segment;
        if !amount.is_positive() {
            if let (true, Some(hold)) = (last, hold) {
                self.release_hold(hold, EntryKind::HoldSettle);
            }
            return;
        }
        if let (true, Some(hold)) = (last, hold) {
            let left = self.holds[hold].left();
            let fact = Fact { segment, ..self.fact_of(work, EntryKind::HoldSettle) };
            self.tell(fact.of(left));
        }
        let then = late.filter(|&late| self.burns_what_was_usable(late));
        let parts = self.take_for(work, amount, hold, then);
        let counts_at = then.map_or(self.now, |late| self.unrecorded[late].incurred_at);
        let told = self.charge_counts(work, &parts, counts_at, false);
        if let (true, Some(hold)) = (last, hold) {
            self.let_go(hold);
        }
        self.invoice_what_is_due();
        self.follow(before, Some(work));
        self.tell_and_answer(work, told);
    }

    /// Burns the hold's reservation, then unreserved credits in burn order within the shares, then owes within them and the
    /// overdraft, then burns what ceilings had closed, then owes the rest (docs/semantics.md §6.9, §6.15, §15.16). Returns what it
    /// has taken, part by part.
    pub fn take_for(
        &mut self,
        work: usize,
        amount: Credits,
        hold: Option<usize>,
        then: Option<usize>,
    ) -> ChargedPieces {
        let segment = self.work[work].recording;
        self.charged_pieces.clear();
        let taken_back = then.map_or_else(Vec::new, |late| self.takes_back(work, late, amount, hold));
        let fact = Fact { segment, ..self.fact_of(work, EntryKind::Charge) };
        self.tell(fact.of(amount));
        let mut left = amount;
        if let Some(hold) = hold {
            left = self.burn_reserved(work, segment, hold, left);
        }
        if let Some(late) = then {
            left = self.burn_what_was_usable(work, late, &taken_back, left);
        }
        left = self.burn_in_order(work, left, true);
        let owed = self.owed_before_closed_lots(work).map_or(left, |most| left.min(most));
        left = self.burn_in_order(work, left - owed, false) + owed;
        if left.is_positive() {
            self.work[work].taken.push(ChargedFrom::Debt { debt: self.debts.len(), credits: left });
            let owner = self.debtor(self.asker_of(work));
            self.debts.push(JudgedDebt { owner, owed: left, beyond: Credits::ZERO, parts: Vec::new() });
            let fact = Fact { segment, ..self.fact_of(work, EntryKind::DebtIncurred) };
            self.tell(fact.of(left));
            self.has_taken(work, ChargedPart::Overage, left);
        }
        std::mem::take(&mut self.charged_pieces)
    }

    /// Burns unreserved credits in burn order, perhaps within the shares; returns what they do not cover.
    fn burn_in_order(&mut self, work: usize, amount: Credits, within: bool) -> Credits {
        let (segment, mut left) = (self.work[work].recording, amount);
        for lot in self.burn_order_for(work) {
            let of = ChargedPart::Lots(self.lots[lot].category);
            let share = least_share(&self.work[work].shares, of).filter(|_| within);
            let part = self.unreserved_of(lot).min(left);
            let part = share.map_or(part, |most| part.min(most));
            if part.is_positive() {
                self.burn(work, segment, lot, part);
                self.has_taken(work, of, part);
                left -= part;
            }
        }
        left
    }

    /// A charge has taken so much of a part: that lowers the shares of its operation.
    pub fn has_taken(&mut self, work: usize, part: ChargedPart, credits: Credits) {
        lower_shares(&mut self.work[work].shares, part, credits);
        self.charged_pieces.push((part, credits));
    }

    /// A charge uses credits of a lot.
    pub fn burn(&mut self, work: usize, segment: u16, lot: usize, credits: Credits) {
        let state = &mut self.lots[lot];
        state.remaining -= credits;
        state.burned += credits;
        let grant = state.names();
        self.cycle.count_use(lot, credits);
        self.work[work].taken.push(ChargedFrom::Lot { lot, credits });
        let fact = Fact { segment, grant, ..self.fact_of(work, EntryKind::Burn) };
        self.tell(fact.of(credits));
    }
}
