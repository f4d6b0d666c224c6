//! One operation from its arrival until nothing of it is open: where it is, and what of it is done.
//!
//! Leaves what it owes to `owed`. Invariant: each operation ends once.

use crate::deliberate::Deliberate;
use smallvec::SmallVec;

use crate::ledger::HoldId;
use crate::policy::{CeilingShare, ChargedPart};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Fate, Operation, PartKind, RunPart};

use super::super::books::{ChargePart, Whose};
use super::super::past_windows::EnteredAt;
use super::prices::OperationPrices;

/// Where an operation is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum Phase {
    /// The slot is free.
    #[default]
    Free,
    /// Between a decision and the next.
    Deciding,
    /// In the queue.
    Queued,
    /// Waiting for credits.
    Waiting,
    /// Waiting for its next attempt.
    Retrying,
    /// At work.
    InFlight,
    /// Ended, but a charge or a hold of it is still open.
    Settling,
}

/// What class 5 decided about an operation's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(in super::super) enum EndDecision {
    /// It goes on.
    #[default]
    GoesOn,
    /// Every part is done.
    Served,
    /// It failed.
    Failed,
    /// It was cancelled.
    Cancelled,
    /// It was killed.
    Killed,
}

/// The operation behind a change of balance: whose feature may be silent, and who may have to ask for credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) struct ChangeCause {
    pub(in super::super) feature: FeatureIndex,
    pub(in super::super) member: u16,
    pub(in super::super) project: u16,
}

/// How a part begins after the one before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum PartChange {
    /// Work goes on, or waiting does.
    None,
    /// Work pauses for somebody.
    Pauses,
    /// Work is taken up again.
    Resumes,
}

/// A charge of an operation, or a part of one, that limits have counted.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct MeteredCharge {
    /// When.
    pub(in super::super) at: SimTime,
    /// How many windows had been opened, and limits begun anew.
    pub(in super::super) turn: u32,
    pub(in super::super) credits: Credits,
    /// Which part of a charge it is; none is the whole.
    pub(in super::super) part: Option<ChargedPart>,
    /// How much of it the next close forgives, because it lies beyond a limit.
    pub(in super::super) beyond: Credits,
}

/// What price lists and limits ask about an operation.
#[derive(Debug, Clone, Default)]
pub(super) struct OperationTerms {
    /// What it consists of, if it may be priced as another feature's; those that are not known are no numbers.
    pub(super) quantities: Vec<f64>,
    /// By every rate of the feature that serves it but its own, if some limit counts a quantity.
    pub(super) measured: Vec<Credits>,
    /// By every rate of the feature that serves it, if some card prices that.
    pub(super) prices: Option<OperationPrices>,
    /// What limits have counted of its charges.
    pub(super) metered: Vec<MeteredCharge>,
    /// What its charges may still take under ceilings.
    pub(super) shares: SmallVec<[CeilingShare; 2]>,
}

/// One operation that is alive in the account.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct LiveOperation {
    pub(super) operation: Operation,
    pub(super) parts: Vec<RunPart>,
    /// The feature that serves it: its own, or a substitute's.
    pub(super) serves: FeatureIndex,
    /// True cost of what serves it.
    pub(super) cost: Credits,
    /// True cost by its own feature's own rate.
    pub(super) list_cost: Credits,
    /// What only price lists and limits ask about; most operations have none of it, and begin the faster.
    pub(super) terms: Option<Box<OperationTerms>>,
    /// The estimate made at its arrival.
    estimate: Credits,
    generation: u32,
    attempt: u32,
    pub(super) phase: Phase,
    pub(super) hold: Option<HoldId>,
    /// It was admitted by a hold, under this plan and edition: the hold keeps their rules (docs/semantics.md §6.15).
    pub(super) hold_of: Option<usize>,
    /// Amount of its hold, extensions included.
    pub(super) held: Credits,
    started: SimTime,
    /// How many windows of limits had been opened, and limits begun anew, as it started.
    turn: u32,
    pub(super) part: u16,
    pub(super) part_started: SimTime,
    /// The present part is done and counted in `finished`; the next has not begun.
    pub(super) part_done: bool,
    pub(super) segment: u16,
    /// Cost of finished parts.
    pub(super) finished: Credits,
    /// What was done of the part in which it failed or was cancelled.
    pub(super) broken_part: Credits,
    /// Incurred so far, before rounding.
    pub(super) incurred: Credits,
    /// Owed so far.
    pub(super) due: Credits,
    /// Charged so far, recorded or not.
    pub(super) charged: Credits,
    pub(super) absorbed: Credits,
    /// What its charges took, as far as they may be given back.
    pub(super) taken: Vec<ChargePart>,
    /// Of `charged`: by its hold's timeout.
    pub(super) by_timeout: Credits,
    /// To be given back once all its charges are recorded.
    pub(super) to_refund: Credits,
    /// One of its charges has raised the overspend.
    overspent: bool,
    /// When it began to wait for the first time.
    waits_since: Option<SimTime>,
    /// Until when it waits, and where: in the queue of a limit, or elsewhere.
    patience: Option<(SimTime, Option<u16>)>,
    /// It was a limit that refused it last.
    lacked_room: bool,
    /// It had waited, and started at one instant with others that had.
    bunched: bool,
    /// Charges not yet recorded.
    pub(super) unrecorded: u16,
    /// The final charge has been made (or lost).
    pub(super) settled: bool,
    /// How it ended, once class 5 has decided.
    pub(super) verdict: EndDecision,
    /// Its row in `operations.csv` plus one; 0 is none.
    row: u32,
    /// The reactive client that waits for its end, plus one; 0 is none.
    client: u32,
}

impl LiveOperation {
    /// Takes over an operation that arrives, keeping the slot's generation and the memory of its lists.
    pub(in super::super) fn begin(
        &mut self,
        operation: &Operation,
        parts: &[RunPart],
        estimate: Credits,
        client: u32,
    ) {
        let (mut own, mut taken) = (std::mem::take(&mut self.parts), std::mem::take(&mut self.taken));
        own.clear();
        own.extend_from_slice(parts);
        taken.clear();
        *self = LiveOperation {
            operation: *operation,
            parts: own,
            serves: operation.feature,
            cost: operation.cost,
            list_cost: operation.cost,
            estimate,
            generation: self.generation,
            attempt: 1,
            phase: Phase::Deciding,
            taken,
            client,
            ..LiveOperation::default()
        };
    }

    /// The slot is given back.
    pub(super) fn leave(&mut self) -> &mut Vec<ChargePart> {
        self.generation = self.generation.wrapping_add(1);
        self.phase = Phase::Free;
        self.parts.clear();
        &mut self.taken
    }

    /// Its parts, at their present prices.
    pub(in super::super) fn parts(&self) -> &[RunPart] {
        &self.parts
    }

    /// What arrived, at the price of its arrival.
    pub(in super::super) fn operation(&self) -> &Operation {
        &self.operation
    }

    /// Whose it is, for entries.
    pub(in super::super) fn whose(&self) -> Whose {
        Whose { serves: self.serves, ..Whose::of(&self.operation) }
    }

    /// Whom a change of balance that it brings about concerns.
    pub(in super::super) fn cause(&self) -> ChangeCause {
        let Operation { member, project, .. } = self.operation;
        ChangeCause { feature: self.serves, member, project }
    }

    /// The feature that serves it: its own, or a substitute's.
    pub(in super::super) fn serves(&self) -> FeatureIndex {
        self.serves
    }

    /// True if another feature serves it than the one that was asked for.
    pub(in super::super) fn is_substituted(&self) -> bool {
        self.serves != self.operation.feature
    }

    /// True cost of what serves it.
    pub(in super::super) fn cost(&self) -> Credits {
        self.cost
    }

    /// What it is expected to be charged.
    pub(in super::super) fn estimate(&self) -> Credits {
        self.estimate
    }

    /// It is expected to be charged something else.
    pub(in super::super) fn estimate_anew(&mut self, estimate: Credits) {
        self.estimate = estimate;
    }

    /// Tells operations apart that have the same slot one after the other, and what was scheduled before their end from
    /// what still counts.
    pub(in super::super) fn generation(&self) -> u32 {
        self.generation
    }

    /// Number of the present attempt, from 1.
    pub(in super::super) fn attempt(&self) -> u32 {
        self.attempt
    }

    /// Where it is.
    pub(in super::super) fn phase(&self) -> Phase {
        self.phase
    }

    /// It is at work.
    pub(in super::super) fn is_in_flight(&self) -> bool {
        self.phase == Phase::InFlight
    }

    /// It waits: in the queue, for credits, or for its next attempt.
    pub(in super::super) fn waits(&self) -> bool {
        matches!(self.phase, Phase::Queued | Phase::Waiting | Phase::Retrying)
    }

    /// It waits its turn.
    pub(in super::super) fn queue(&mut self) {
        self.phase = Phase::Queued;
    }

    /// It waits for credits, or for room.
    pub(in super::super) fn wait_for_credits(&mut self) {
        self.phase = Phase::Waiting;
    }

    /// Since when it waits, the present if it has not before, and until when it has patience where it waits now.
    pub(in super::super) fn first_wait(
        &mut self,
        now: SimTime,
        place: Option<u16>,
    ) -> (SimTime, Option<SimTime>) {
        let since = *self.waits_since.get_or_insert(now);
        let until = self.patience.filter(|(_, where_it_waits)| *where_it_waits == place);
        (since, until.map(|(until, _)| until))
    }

    /// It has patience so long, at a limit's queue or elsewhere.
    pub(in super::super) fn has_patience_until(&mut self, until: SimTime, place: Option<u16>) {
        self.patience = Some((until, place));
    }

    /// The limit whose queue's patience it has, if it is one's.
    pub(in super::super) fn limit_waited_at(&self) -> Option<u16> {
        self.patience.and_then(|(_, place)| place)
    }

    /// True if its patience ends now.
    pub(in super::super) fn gives_up_at(&self, now: SimTime) -> bool {
        self.patience.is_some_and(|(until, _)| until == now)
    }

    /// It has been refused, by a limit or by something else.
    pub(in super::super) fn refused(&mut self, by_limit: bool) {
        self.lacked_room = by_limit;
    }

    /// True if it was a limit that refused it last.
    pub(in super::super) fn lacked_room(&self) -> bool {
        self.lacked_room
    }

    /// It has passed its check.
    pub(in super::super) fn waits_no_more(&mut self) {
        self.phase = Phase::Deciding;
    }

    /// It waits for its next attempt.
    pub(in super::super) fn wait_to_retry(&mut self) {
        self.phase = Phase::Retrying;
    }

    /// Its next attempt comes.
    pub(in super::super) fn try_again(&mut self) {
        self.attempt += 1;
    }

    /// Its next attempt comes, as another feature of such a cost and duration.
    pub(in super::super) fn try_as(&mut self, other: FeatureIndex, cost: Credits, duration: SimSpan) {
        self.serves = other;
        self.cost = cost;
        self.parts.clear();
        self.operation.duration = duration;
        self.operation.part_count = 0;
        self.operation.fate = Fate::Completes;
        self.attempt += 1;
    }

    /// The same attempt goes on as another feature; a run becomes one piece of work that completes.
    pub(in super::super) fn fall_back_to(&mut self, other: FeatureIndex, cost: Credits) {
        self.serves = other;
        self.cost = cost;
        if self.operation.part_count > 0 {
            self.parts.clear();
            self.operation.part_count = 0;
            self.operation.fate = Fate::Completes;
        }
    }

    /// Number of its row in `operations.csv`, from 1; 0 is none.
    pub(in super::super) fn row(&self) -> u32 {
        self.row
    }

    /// This is its row.
    pub(in super::super) fn set_row(&mut self, row: u32) {
        self.row = row;
    }

    /// The reactive client that waits for its end, which from now on nobody does.
    pub(in super::super) fn take_client(&mut self) -> Option<u32> {
        std::mem::take(&mut self.client).checked_sub(1)
    }

    /// It had waited, and started at one instant with others that had.
    pub(in super::super) fn started_with_others(&mut self) {
        self.bunched = true;
    }

    /// Whether it did.
    pub(in super::super) fn has_started_with_others(&self) -> bool {
        self.bunched
    }

    /// One of its charges has raised debt beyond the limit; true for the first.
    pub(in super::super) fn overspends(&mut self) -> bool {
        !std::mem::replace(&mut self.overspent, true)
    }

    /// It has no parts, and ends as it is meant to.
    pub(in super::super) fn is_plain(&self) -> bool {
        self.parts.is_empty()
    }

    /// Its work begins.
    pub(in super::super) fn start(&mut self, now: SimTime) {
        self.phase = Phase::InFlight;
        self.started = now;
        self.part = 0;
        self.part_started = now;
    }

    /// Windows of limits that the first use opens are open for it: so many had been opened, and limits begun anew, by now.
    pub(in super::super) fn enters(&mut self, turn: u32, now: SimTime) {
        (self.turn, self.started) = (turn, now);
    }

    /// Where it has started, as meters count it.
    pub(in super::super) fn entered(&self) -> EnteredAt {
        EnteredAt { turn: self.turn, started: self.started }
    }

    /// From its arrival to its start.
    pub(in super::super) fn waited(&self) -> SimSpan {
        let waited = self.started - self.operation.at;
        if Deliberate::WaitsHalved.is_made() { SimSpan::from_micros(waited.micros() / 2) } else { waited }
    }

    /// How long the present part lasts, and how it begins.
    pub(in super::super) fn next_end(&self) -> (SimSpan, PartChange) {
        let part = self.present_part();
        let span = if self.strikes_here() { self.operation.ends_after } else { part.duration };
        let paused = self.part > 0 && self.parts[usize::from(self.part) - 1].kind == PartKind::Review;
        let change = match (paused, part.kind == PartKind::Review) {
            (false, true) => PartChange::Pauses,
            (true, false) => PartChange::Resumes,
            _ => PartChange::None,
        };
        (span, change)
    }

    /// Its end owes nothing: it was charged at its start, and one that breaks might be given something back.
    pub(in super::super) fn ends_silently(&self) -> bool {
        self.settled && self.is_plain() && self.operation.fate == Fate::Completes
    }

    /// It fails, or is cancelled, in the present part.
    pub(in super::super) fn strikes_here(&self) -> bool {
        self.operation.fate != Fate::Completes
            && (self.is_plain() || self.operation.ends_in_part == self.part)
    }

    /// It fails, or is cancelled.
    pub(in super::super) fn break_off(&mut self, now: SimTime) {
        self.broken_part = self.partial_cost(now);
        self.verdict = match self.operation.fate {
            Fate::Fails => EndDecision::Failed,
            Fate::Completes | Fate::Cancelled => EndDecision::Cancelled,
        };
    }

    /// Its present part is done: true if it ends with that, else its next part begins.
    pub(in super::super) fn end_part(&mut self, now: SimTime) -> bool {
        if self.is_plain() && self.verdict == EndDecision::GoesOn {
            debug_assert_eq!(self.operation.fate, Fate::Completes, "only what completes ends without a word");
            (self.finished, self.verdict) = (self.cost, EndDecision::Served);
        }
        if self.verdict != EndDecision::GoesOn {
            return true;
        }
        self.part += 1;
        self.part_started = now;
        self.part_done = false;
        false
    }

    /// It ends. Whatever was scheduled for it is stale, but for the timeout of a hold that is still open.
    pub(in super::super) fn end(&mut self) -> EndDecision {
        debug_assert!(self.is_in_flight(), "each operation ends once");
        self.phase = Phase::Settling;
        if self.hold.is_none() {
            self.generation = self.generation.wrapping_add(1);
        }
        self.verdict
    }

    /// It has ended, and nothing of it is open.
    pub(in super::super) fn is_over(&self) -> bool {
        self.phase == Phase::Settling && self.unrecorded == 0 && self.hold.is_none()
    }

    /// It goes on, and no hold protects it when credits are exhausted.
    pub(in super::super) fn is_exposed(&self) -> bool {
        self.is_in_flight() && self.hold.is_none() && self.verdict == EndDecision::GoesOn
    }

    /// It is killed; returns what it had done, and owes if that is charged.
    pub(in super::super) fn kill(&mut self, now: SimTime) -> (Credits, Credits) {
        self.verdict = EndDecision::Killed;
        let nothing_more = self.part_done || now == self.part_started;
        self.finished += if nothing_more { Credits::ZERO } else { self.partial_cost(now) };
        (self.finished, self.finished.max(self.incurred))
    }

    /// Its incurred cost has reached its hold: it ends, killed, and owes the hold, which is returned. None if it has ended
    /// or has no hold any more.
    pub(in super::super) fn stop_at_hold(&mut self) -> Option<Credits> {
        if !self.is_in_flight() || self.hold.is_none() {
            return None;
        }
        self.verdict = EndDecision::Killed;
        self.finished = self.held;
        Some(self.held)
    }

    /// When its incurred cost reaches its hold; none if it never does.
    pub(in super::super) fn reaches_hold(&self, now: SimTime) -> Option<SimTime> {
        if self.hold.is_none() || self.cost <= self.held {
            return None;
        }
        let (mut left, mut at) = (self.held, now);
        for index in 0..self.parts.len().max(1) {
            let part = self.parts.get(index).copied().unwrap_or(self.present_part());
            let strikes = self.operation.fate != Fate::Completes
                && (self.is_plain() || usize::from(self.operation.ends_in_part) == index);
            if part.cost > left {
                // The first whole microsecond at which the pro-rata cost has reached the hold.
                let micros = i128::from(left.micros()) * i128::from(part.duration.micros());
                let cost = i128::from(part.cost.micros());
                let into = i64::try_from((micros + cost - 1) / cost).unwrap_or(i64::MAX);
                let span = SimSpan::from_micros(into);
                return (!strikes || span < self.operation.ends_after).then(|| at + span);
            }
            if strikes {
                return None;
            }
            left -= part.cost;
            at = at + part.duration;
        }
        None
    }

    pub(super) fn present_part(&self) -> RunPart {
        match self.parts.get(usize::from(self.part)) {
            Some(part) => *part,
            None => RunPart { cost: self.cost, duration: self.operation.duration, ..RunPart::default() },
        }
    }

    pub(super) fn is_last_part(&self) -> bool {
        usize::from(self.part) + 1 >= self.parts.len()
    }

    /// Cost of the running part up to `now`, pro rata to time and rounded down.
    pub(super) fn partial_cost(&self, now: SimTime) -> Credits {
        let part = self.present_part();
        if part.cost.is_zero() {
            return Credits::ZERO;
        }
        let elapsed = (now - self.part_started).micros();
        if part.duration.is_zero() || elapsed >= part.duration.micros() {
            return part.cost;
        }
        part.cost.scale_floor(elapsed, part.duration.micros())
    }
}
