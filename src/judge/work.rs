//! An operation from its start to its end (docs/semantics.md §1.7, §6.6 to §6.8, §6.14, §6.16).

use crate::policy::{CeilingShare, ChargeMoment, CreditScope, FeatureTerms, Overrun};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::{Fate, Operation, PartKind, RunPart};

use super::AskedOperation;
use super::account::Judged;
use super::agenda::Coming;
use super::charge::ChargedFrom;
use super::facts::{EntryKind, Reason};
use super::rates::JudgedPrices;
use super::scopes::Holder;

/// Where an operation stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stands {
    /// It tries to start.
    Tries,
    /// In the queue.
    Queued,
    /// For credits, outside the queue.
    WaitsForCredits,
    /// For its own next try.
    WaitsToRetry,
    InFlight,
    Ended,
}

/// An operation and what has become of it.
#[derive(Debug, Clone)]
pub(super) struct JudgedWork {
    pub operation: Operation,
    /// The reactive client that waits for its end.
    pub client: Option<usize>,
    /// A simple operation is a run of one step.
    pub parts: Vec<RunPart>,
    pub prices: JudgedPrices,
    /// Those of the feature that it asks for.
    pub asked_prices: JudgedPrices,
    /// What it cost as it arrived.
    pub cost_at_arrival: Credits,
    /// Its quantities, as its source keeps them.
    pub quantities: Vec<f64>,
    /// How many operations of the feature that serves it had arrived before it was estimated first.
    pub earlier: usize,
    /// The feature that serves it, another one for a substitute.
    pub serving: FeatureIndex,
    pub substituted: bool,
    /// Windows of meters that a first use had opened and that were open as it started: the meter, and which of its windows.
    pub windows: Vec<(usize, usize)>,
    /// What its charges may still take under each ceiling.
    pub shares: Vec<CeilingShare>,
    /// What it comes to by every rate of the feature that serves it but that feature's own.
    pub measured: Vec<Credits>,
    /// It waits outside the queues, or tries as one that does.
    pub outside_queues: bool,
    /// Why it was refused last.
    pub refused_for: Reason,
    pub attempt: u32,
    /// It has arrived.
    pub arrived: bool,
    pub estimate: Option<Credits>,
    pub stands: Stands,
    /// When it began to wait, and until when it waits where it does: for room in a limit, by its number, or for credits.
    pub waits_since: Option<SimTime>,
    pub patience: Option<(SimTime, Option<u16>)>,
    /// Steps done, and when the running one began.
    pub part: usize,
    pub part_began: SimTime,
    /// Costs of the steps done.
    pub finished: Credits,
    /// Owed by the charges so far, before rounding.
    pub incurred: Credits,
    /// Charged so far.
    pub charged: Credits,
    /// Of it, what a hold's timeout charged, which stays.
    pub kept_charged: Credits,
    pub segment: u16,
    /// The segment that is being recorded.
    pub recording: u16,
    pub taken: Vec<ChargedFrom>,
    pub to_give_back: Credits,
    /// Of what is being given back, what is issued anew.
    pub anew: Vec<((CreditScope, Holder), Credits)>,
    /// Of what it owed, what the vendor paid for.
    pub absorbed: Credits,
    /// Owed so far, rounded as its charges are; in the end all that it owes.
    pub due: Credits,
    /// In a pause.
    pub pauses: bool,
    /// It has started, and may be killed.
    pub started: bool,
    /// Its running step has begun.
    pub begun: bool,
    pub hold: Option<usize>,
    /// The settle of its hold has leaked.
    pub leaked: bool,
    /// It was charged in full at its start, by the rules of then.
    pub paid_up: bool,
    /// Its last charge has been made, for an end of this kind.
    pub settled: Option<Ending>,
}

/// How an operation ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Ending {
    Completed,
    Failed,
    Cancelled,
    Killed,
    /// Its cost has reached its hold.
    Stopped,
}

impl JudgedWork {
    /// It has not started and may yet.
    pub fn waits(&self) -> bool {
        matches!(self.stands, Stands::Queued | Stands::WaitsForCredits | Stands::WaitsToRetry)
    }

    pub fn new(asked: &AskedOperation) -> JudgedWork {
        let operation = asked.operation;
        let mut parts = asked.parts.clone();
        if parts.is_empty() {
            let (cost, duration) = (operation.cost, operation.duration);
            parts.push(RunPart { cost, duration, step: 0, kind: PartKind::Work });
        }
        JudgedWork {
            operation,
            client: None,
            prices: JudgedPrices::of(asked, &parts),
            asked_prices: JudgedPrices::of(asked, &parts),
            parts,
            cost_at_arrival: Credits::ZERO,
            quantities: asked.quantities.clone(),
            earlier: 0,
            serving: operation.feature,
            substituted: false,
            outside_queues: false,
            windows: Vec::new(),
            shares: Vec::new(),
            measured: asked.prices.clone(),
            refused_for: Reason::None,
            attempt: 0,
            arrived: false,
            estimate: None,
            stands: Stands::Tries,
            waits_since: None,
            patience: None,
            part: 0,
            part_began: operation.at,
            finished: Credits::ZERO,
            incurred: Credits::ZERO,
            charged: Credits::ZERO,
            kept_charged: Credits::ZERO,
            segment: 0,
            recording: 0,
            taken: Vec::new(),
            to_give_back: Credits::ZERO,
            anew: Vec::new(),
            absorbed: Credits::ZERO,
            due: Credits::ZERO,
            pauses: false,
            started: false,
            begun: false,
            hold: None,
            leaked: false,
            paid_up: false,
            settled: None,
        }
    }

    /// True cost if every step is done.
    pub fn cost(&self) -> Credits {
        self.parts.iter().map(|part| part.cost).sum()
    }
}

impl<'a> Judged<'a> {
    /// The rules of the feature that serves an operation.
    pub fn rules_of(&self, work: usize) -> &'a FeatureTerms {
        &self.terms().features[self.work[work].serving.index()]
    }

    /// An operation starts.
    pub fn start(&mut self, work: usize) {
        self.work[work].stands = Stands::InFlight;
        self.is_short_no_more(work);
        self.start_counts(work);
        self.work[work].part = 0;
        self.work[work].part_began = self.now;
        let fact = self
            .fact_of(work, EntryKind::Start)
            .of(self.work[work].hold.map_or(Credits::ZERO, |hold| self.holds[hold].amount));
        self.say(fact);
        self.work[work].started = true;
        if self.rules_of(work).charge == ChargeMoment::Start {
            // A minimum above the cost is owed at the end (docs/semantics.md §6.7).
            let owed = self.work[work].cost();
            let last = self.rules_of(work).minimum <= owed;
            self.work[work].paid_up = last;
            self.charge_up_to(work, owed, last);
        }
        if self.work[work].stands == Stands::InFlight {
            self.begin_part(work);
        }
    }

    /// How long the running part lasts, and whether something strikes in it.
    fn length_of_part(&self, work: usize) -> (SimSpan, bool) {
        let state = &self.work[work];
        let struck = state.operation.fate != Fate::Completes
            && state.part == usize::from(state.operation.ends_in_part);
        let length = if struck { state.operation.ends_after } else { state.parts[state.part].duration };
        (length, struck)
    }

    fn begin_part(&mut self, work: usize) {
        let part = self.work[work].part;
        if part >= self.work[work].parts.len() {
            self.end(work, Ending::Completed);
            return;
        }
        self.work[work].part_began = self.now;
        let review = self.work[work].parts[part].kind == PartKind::Review;
        if self.work[work].pauses && !review {
            self.work[work].pauses = false;
            let fact = self.fact_of(work, EntryKind::Resumed);
            self.say(fact);
        }
        if review && !self.work[work].pauses {
            self.work[work].pauses = true;
            let fact = self.fact_of(work, EntryKind::Paused);
            self.say(fact);
        }
        if part == 0 {
            self.kill_at_start(work);
            if self.work[work].stands != Stands::InFlight {
                return;
            }
        }
        self.work[work].begun = true;
        let length = self.part_lasts(work);
        if length.is_zero() {
            self.part_charges(work, part);
            self.part_ends(work, part);
        } else {
            let tie = self.tie(work, part as u32);
            self.to_come.add(self.now + length, tie, Coming::PartCharges { work, part });
            self.to_come.add(self.now + length, tie, Coming::PartEnds { work, part });
        }
    }

    /// How long the running part goes on.
    fn part_lasts(&self, work: usize) -> SimSpan {
        let (length, _) = self.length_of_part(work);
        self.reaches_hold_after(work).map_or(length, |reached| length.min(reached))
    }

    /// When, in the running step, its cost pro rata has reached the hold (docs/semantics.md §6.16).
    fn reaches_hold_after(&self, work: usize) -> Option<SimSpan> {
        let hold = self.open_hold_of(work)?;
        if self.hold_terms(work)?.overrun != Overrun::Stop {
            return None;
        }
        let state = &self.work[work];
        let part = state.parts[state.part];
        let amount = self.holds[hold].amount;
        // What was charged at the start stops nothing.
        let charged = state.finished + part.cost <= state.incurred;
        if charged || state.finished + part.cost <= amount {
            return None;
        }
        let missing = i128::from((amount - state.finished).positive_part().micros());
        let (cost, duration) = (i128::from(part.cost.micros()), i128::from(part.duration.micros()));
        let reached = (missing * duration + cost - 1) / cost;
        Some(SimSpan::from_micros(i64::try_from(reached).unwrap_or(i64::MAX)))
    }

    /// With the running part's end the cost has reached the hold and the next step would exceed it (docs/semantics.md §6.16).
    fn stops_as_next_begins(&self, work: usize) -> bool {
        let (Some(hold), Some(terms)) = (self.open_hold_of(work), self.hold_terms(work)) else {
            return false;
        };
        let state = &self.work[work];
        if terms.overrun != Overrun::Stop || state.incurred >= state.cost() {
            return false;
        }
        let amount = self.holds[hold].amount;
        let mut finished = state.finished + state.parts[state.part].cost;
        for part in state.part + 1..state.parts.len() {
            let next = state.parts[part];
            let struck =
                state.operation.fate != Fate::Completes && part == usize::from(state.operation.ends_in_part);
            let struck_at_once = struck && state.operation.ends_after.is_zero();
            if finished + next.cost > amount {
                let at_once = finished >= amount || next.duration.is_zero();
                return at_once && !struck_at_once;
            }
            if struck || !next.duration.is_zero() {
                return false;
            }
            finished += next.cost;
        }
        false
    }

    /// How the running part ends the operation at this instant, if it does.
    fn ends_with_part(&self, work: usize) -> Option<Ending> {
        let state = &self.work[work];
        let elapsed = self.now - state.part_began;
        let (length, struck) = self.length_of_part(work);
        let reaches = self.reaches_hold_after(work);
        if reaches.is_some_and(|reached| reached <= elapsed && (reached < length || !struck)) {
            return Some(Ending::Stopped);
        }
        if struck {
            let failed = state.operation.fate == Fate::Fails;
            return Some(if failed { Ending::Failed } else { Ending::Cancelled });
        }
        (state.part + 1 == state.parts.len()).then_some(Ending::Completed)
    }

    /// What the end of the running part charges: charges of an instant come before what ends at it (docs/semantics.md §10.1).
    pub fn part_charges(&mut self, work: usize, part: usize) {
        if self.work[work].stands != Stands::InFlight || self.work[work].part != part {
            return;
        }
        let due = self.part_lasts(work);
        if self.now - self.work[work].part_began < due {
            // It was to stop at its hold, which has timed out meanwhile.
            let (at, tie) = (self.work[work].part_began + due, self.tie(work, part as u32));
            self.to_come.add(at, tie, Coming::PartCharges { work, part });
            self.to_come.add(at, tie, Coming::PartEnds { work, part });
            return;
        }
        if let Some(ending) = self.ends_with_part(work) {
            // What stops at its hold ends as it is charged.
            match ending {
                Ending::Stopped => self.end(work, ending),
                _ => self.settle(work, ending),
            }
            return;
        }
        if self.stops_as_next_begins(work) {
            self.work[work].finished =
                self.work[work].hold.map_or(Credits::ZERO, |hold| self.holds[hold].amount);
            self.end(work, Ending::Stopped);
            return;
        }
        let done = self.work[work].parts[part];
        if done.kind == PartKind::Work && !self.extends(work, done.cost) {
            return;
        }
        let pauses = self.work[work].parts[part + 1].kind == PartKind::Review;
        let charges = match self.rules_of(work).charge {
            ChargeMoment::Step => done.kind == PartKind::Work,
            ChargeMoment::Segment => pauses,
            ChargeMoment::Start | ChargeMoment::Completion => false,
        };
        // What was charged in full at the start owes nothing more under other rules, nor rounds anew (docs/semantics.md §6.7).
        if charges && !self.work[work].paid_up {
            let owed = self.work[work].finished + done.cost;
            self.charge_up_to(work, owed, false);
        }
    }

    /// The running part ends, or is struck.
    pub fn part_ends(&mut self, work: usize, part: usize) {
        if self.work[work].stands != Stands::InFlight || self.work[work].part != part {
            return;
        }
        if let Some(ending) = self.work[work].settled {
            self.is_over(work, ending);
            return;
        }
        if self.now - self.work[work].part_began < self.part_lasts(work) {
            return;
        }
        let done = self.work[work].parts[part];
        let more = part + 1 < self.work[work].parts.len();
        self.work[work].finished += done.cost;
        self.work[work].part += 1;
        self.work[work].part_began = self.now;
        self.work[work].begun = false;
        if more && self.stops_at_step(work) {
            self.end(work, Ending::Killed);
            return;
        }
        self.begin_part(work);
    }

    /// Under `overrun = "extend"` a hold grows before a step is charged; false if the work was stopped (docs/semantics.md §6.16).
    fn extends(&mut self, work: usize, cost: Credits) -> bool {
        let Some(hold) = self.open_hold_of(work) else { return true };
        let Some(terms) = self.hold_terms(work) else { return true };
        if terms.overrun != Overrun::Extend {
            return true;
        }
        let owed = self.work[work].finished + cost;
        if owed <= self.work[work].incurred {
            // It has been charged, at the start.
            return true;
        }
        let owed = self.due_up_to(work, owed);
        let over = owed - self.holds[hold].amount;
        if !over.is_positive() {
            return true;
        }
        let addition = super::check::with_buffer(owed, terms.buffer).max(owed) - self.holds[hold].amount;
        self.extend_or_stop(work, hold, addition)
    }

    /// Enlarges a hold; stops the work, which ends at once, if the check fails.
    fn extend_or_stop(&mut self, work: usize, hold: usize, addition: Credits) -> bool {
        if self.extension_passes(work, addition) {
            self.extend_hold(hold, addition);
        } else {
            self.end(work, Ending::Stopped);
        }
        self.work[work].stands == Stands::InFlight
    }

    /// An operation ends at once.
    pub fn end(&mut self, work: usize, ending: Ending) {
        self.settle(work, ending);
        if self.work[work].stands == Stands::InFlight {
            let ending = self.work[work].settled.unwrap_or(ending);
            self.is_over(work, ending);
        }
    }

    /// The last charge of an operation.
    fn settle(&mut self, work: usize, ending: Ending) {
        let owed = self.owed(work, ending);
        let done = self.work[work].finished + self.done_of_part(work);
        if ending == Ending::Completed
            && owed > self.work[work].incurred
            && let (Some(hold), Some(terms)) = (self.open_hold_of(work), self.hold_terms(work))
            && terms.overrun == Overrun::Extend
        {
            let addition = self.due_up_to(work, owed) - self.holds[hold].amount;
            if addition.is_positive() && !self.extend_or_stop(work, hold, addition) {
                return;
            }
        }
        self.work[work].settled = Some(ending);
        if ending == Ending::Killed && owed.is_zero() {
            // All that was done, with what it has borne already.
            let rest = (done - self.work[work].absorbed).positive_part();
            self.absorb(work, rest);
        }
        if self.owes_less(work, ending, owed) {
            self.take_less(work, owed);
            return;
        }
        if !self.work[work].paid_up {
            self.charge_up_to(work, owed, true);
        }
        let state = &self.work[work];
        // Only what a hold's timeout has charged may be more than is owed (docs/semantics.md §12.2).
        let over = (state.charged + state.absorbed - state.due).positive_part().min(state.kept_charged);
        self.work[work].due = state.charged + state.absorbed - over;
    }

    /// The difference is given back, but for what a hold's timeout has charged; then the hold is released.
    fn take_less(&mut self, work: usize, owed: Credits) {
        let state = &self.work[work];
        let too_much = (state.charged - self.rounded(owed)).positive_part();
        let back = too_much.min(state.charged - state.kept_charged);
        self.work[work].due = state.charged + state.absorbed - too_much;
        self.give_back(work, back);
        if let Some(hold) = self.open_hold_of(work) {
            self.release_hold(hold, EntryKind::HoldRelease);
        }
    }

    /// The work is over.
    fn is_over(&mut self, work: usize, ending: Ending) {
        self.work[work].stands = Stands::Ended;
        let kind = match ending {
            Ending::Completed if self.work[work].substituted => EntryKind::Substituted,
            Ending::Completed => EntryKind::Served,
            Ending::Failed => EntryKind::Failed,
            Ending::Cancelled => EntryKind::Cancelled,
            Ending::Killed | Ending::Stopped => EntryKind::Killed,
        };
        let fact = self.fact_of(work, kind).of(self.work[work].due);
        self.say(fact);
        let done = self.done_in_all(work, ending);
        let told = self.quantity_ends(work, done);
        self.client_thinks(work);
        self.look_at_queue();
        self.room_has_come();
        self.tell_and_answer(work, told);
    }
}
