//! Operations at work: starting, parts ending, pauses, failures, cancellations, stops and kills.

use crate::outcome::{AttemptOutcome, EntryKind};
use crate::policy::{ChargeMoment, FeatureTerms, InFlight, KilledWork, OnCancel, OnFailure, Overrun};
use crate::units::{Credits, SimSpan, SimTime};
use crate::workload::{Fate, PartKind, RunPart};

use super::books::Note;
use super::env::Env;
use super::events::{Class, DueKind, order_of};
use super::gate::{buffered, hold_terms};
use super::state::{LiveOperation, Phase, State};

/// What class 5 decided about an operation's end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum EndDecision {
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

impl LiveOperation {
    fn feature<'a>(&self, env: &'a Env, plan: usize) -> &'a FeatureTerms {
        &env.terms(plan).features[self.serves.index()]
    }

    fn is_simple(&self) -> bool {
        self.parts.is_empty()
    }

    fn strikes_here(&self) -> bool {
        self.operation.fate != Fate::Completes
            && (self.is_simple() || self.operation.ends_in_part == self.part)
    }

    fn present_part(&self) -> RunPart {
        match self.parts.get(usize::from(self.part)) {
            Some(part) => *part,
            None => RunPart { cost: self.cost, duration: self.operation.duration, ..RunPart::default() },
        }
    }

    fn is_last_part(&self) -> bool {
        usize::from(self.part) + 1 >= self.parts.len()
    }

    /// Cost of the running part up to `now`, pro rata to time and rounded down.
    fn partial_cost(&self, now: SimTime) -> Credits {
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

impl State {
    /// An admitted operation starts.
    pub(super) fn start(&mut self, env: &Env, slot: u32) {
        self.in_flight_changes();
        self.in_flight += 1;
        self.tally.in_flight_max = self.tally.in_flight_max.max(self.in_flight);
        let now = self.now;
        let work = &mut self.work[slot as usize];
        self.in_flight_of[work.serves.index()] += 1;
        work.phase = Phase::InFlight;
        work.started = now;
        work.part = 0;
        work.part_started = now;
        let (feature, operation, cost) = (work.feature(env, self.plan), work.operation, work.cost);
        self.note(
            EntryKind::Start,
            Note { credits: self.work[slot as usize].held, ..Note::by(self.whose(slot)) },
        );
        if let Some(provider) = env.facts(operation.feature).provider_cost {
            let tally = &mut self.tally.features[operation.feature.index()];
            let spent = tally.provider_cost.get_or_insert_default();
            *spent += provider.per_operation;
        }
        if feature.charge == ChargeMoment::Start {
            // A minimum above the cost is owed at the end, when it is known how the operation ends.
            self.charge_up_to(env, slot, cost, feature.minimum <= cost);
        } else {
            self.schedule_stop(env, slot);
        }
        // Its own charge may have exhausted the account and killed it.
        if self.work[slot as usize].phase == Phase::InFlight {
            self.begin_part(env, slot);
            self.kill_exhausted(env);
        }
    }

    /// Schedules the end of the present part.
    fn begin_part(&mut self, env: &Env, slot: u32) {
        let work = &self.work[slot as usize];
        let part = work.present_part();
        let span = if work.strikes_here() { work.operation.ends_after } else { part.duration };
        let paused = work.part > 0 && work.parts[usize::from(work.part) - 1].kind == PartKind::Review;
        match (paused, part.kind == PartKind::Review) {
            (false, true) => self.note(EntryKind::Paused, Note::by(self.whose(slot))),
            (true, false) => self.note(EntryKind::Resumed, Note::by(self.whose(slot))),
            _ => {}
        }
        let work = &self.work[slot as usize];
        // One that was charged at its start and breaks may be given something back.
        let silent = work.settled && work.is_simple() && work.operation.fate == Fate::Completes;
        let (class, what) =
            if silent { (Class::Work, DueKind::End) } else { (Class::Charge, DueKind::Charge) };
        self.due_at(env, self.now + span, class, slot, what);
    }

    /// Class 5 of a part's end: what it owes.
    pub(super) fn part_due(&mut self, env: &Env, slot: u32) {
        let work = &mut self.work[slot as usize];
        if work.phase != Phase::InFlight {
            return;
        }
        if work.strikes_here() {
            work.verdict = match work.operation.fate {
                Fate::Fails => EndDecision::Failed,
                _ => EndDecision::Cancelled,
            };
            self.charge_broken(env, slot);
        } else {
            work.finished += work.present_part().cost;
            work.part_done = true;
            self.charge_part(env, slot);
        }
        let work = &self.work[slot as usize];
        if work.phase != Phase::InFlight {
            return;
        }
        let order = order_of(Class::Work, work.operation.feature.0, work.operation.sequence, work.segment);
        if self.others_now(order) {
            self.due_at(env, self.now, Class::Work, slot, DueKind::End);
        } else {
            self.part_ends(env, slot);
        }
    }

    /// What a finished part owes under the feature's charge moment; the hold is enlarged first, if it can be.
    fn charge_part(&mut self, env: &Env, slot: u32) {
        let work = &mut self.work[slot as usize];
        let feature = work.feature(env, self.plan);
        let (kind, last) = (work.present_part().kind, work.is_last_part());
        let next = work.parts.get(usize::from(work.part) + 1);
        let pauses = next.is_some_and(|next| next.kind == PartKind::Review);
        let incurred = if last { work.finished.max(feature.minimum) } else { work.finished };
        if last {
            work.verdict = EndDecision::Served;
        }
        if work.settled {
            return;
        }
        if !self.hold_keeps_up(env, slot, incurred, last) {
            self.stop_at_hold(env, slot);
            return;
        }
        let incurs = match feature.charge {
            ChargeMoment::Step => kind == PartKind::Work,
            ChargeMoment::Segment => pauses,
            ChargeMoment::Start | ChargeMoment::Completion => false,
        };
        if last || incurs {
            self.charge_up_to(env, slot, incurred, last);
        }
    }

    /// Under `extend` a hold is enlarged at the end of a step that has incurred more than it holds: to what the
    /// operation owes if the step is its last, else with the buffer. False if the new check fails.
    fn hold_keeps_up(&mut self, env: &Env, slot: u32, incurred: Credits, last: bool) -> bool {
        let work = &self.work[slot as usize];
        let Some(hold) = hold_terms(work.feature(env, self.plan)) else { return true };
        if hold.overrun != Overrun::Extend || work.hold.is_none() || incurred <= work.held {
            return true;
        }
        let wanted = if last { incurred } else { buffered(incurred, hold.buffer).max(incurred) };
        self.try_extend(env, slot, wanted)
    }

    /// Enlarges a hold to `wanted` if a new check passes.
    fn try_extend(&mut self, env: &Env, slot: u32, wanted: Credits) -> bool {
        let work = &self.work[slot as usize];
        let check = env.check(self.plan, work.serves);
        let (Some(hold), addition) = (work.hold, wanted - work.held) else { return false };
        if !check.finds(self.views(), check.needed_to_extend(addition)) {
            return false;
        }
        let posting = self.books.extend(self.now, self.whose(slot), hold, addition);
        let work = &mut self.work[slot as usize];
        work.held = wanted;
        let cause = work.cause();
        self.follow_up(env, posting, Some(cause));
        true
    }

    /// What a failed or cancelled operation owes.
    fn charge_broken(&mut self, env: &Env, slot: u32) {
        let now = self.now;
        let work = &self.work[slot as usize];
        let feature = work.feature(env, self.plan);
        let all = work.finished + work.partial_cost(now);
        let (owed, minimum) = match work.verdict {
            EndDecision::Failed => {
                let owed = match feature.on_failure {
                    OnFailure::ChargeFinished => work.finished,
                    OnFailure::ChargeAll => all,
                    OnFailure::Free => Credits::ZERO,
                };
                (owed, feature.minimum_on_failure)
            }
            _ => {
                let owed = match feature.on_cancel {
                    OnCancel::ChargeRecorded | OnCancel::Free => Credits::ZERO,
                    OnCancel::ChargeAll => all,
                };
                (owed, feature.minimum_on_cancel)
            }
        };
        let floor = if minimum { feature.minimum } else { Credits::ZERO };
        let owed = owed.max(floor);
        let stays = work.verdict == EndDecision::Cancelled && feature.on_cancel == OnCancel::ChargeRecorded;
        if owed < work.incurred && !stays {
            self.owe_less(env, slot, owed);
        } else if !work.settled {
            self.charge_end(env, slot, owed.max(work.incurred));
        }
    }

    /// An operation that ends early owes less than it has been charged: the difference is given back.
    fn owe_less(&mut self, env: &Env, slot: u32, owed: Credits) {
        let rounding = env.terms(self.plan).rounding;
        let owed = rounding.map_or(owed, |rounding| rounding.apply(owed));
        let work = &mut self.work[slot as usize];
        let too_much = (work.charged - owed).positive_part();
        // What a hold's timeout has charged stays charged.
        let back = too_much.min(work.charged - work.by_timeout);
        work.charged -= back;
        work.due = work.charged + work.absorbed - (too_much - back);
        work.settled = true;
        if work.unrecorded == 0 {
            self.give_back(env, slot, back);
        } else if back.is_positive() {
            // What is undone has to be recorded first.
            work.to_refund = back;
            self.note(EntryKind::RefundIncurred, Note { credits: back, ..Note::by(self.whose(slot)) });
        }
        self.release_hold(env, slot);
    }

    /// The final charge of an operation that ends early; a hold with nothing to settle is released.
    fn charge_end(&mut self, env: &Env, slot: u32, incurred: Credits) {
        let work = &mut self.work[slot as usize];
        if incurred <= work.incurred && work.charged + work.absorbed >= work.due {
            work.settled = true;
            self.release_hold(env, slot);
        } else {
            self.charge_up_to(env, slot, incurred, true);
        }
    }

    /// Class 7 of a part's end: the operation ends or goes on with its next part.
    pub(super) fn part_ends(&mut self, env: &Env, slot: u32) {
        let work = &mut self.work[slot as usize];
        if work.phase != Phase::InFlight {
            return;
        }
        if work.is_simple() && work.verdict == EndDecision::GoesOn {
            work.finished = work.cost;
            work.verdict = match work.operation.fate {
                Fate::Completes => EndDecision::Served,
                Fate::Fails => EndDecision::Failed,
                Fate::Cancelled => EndDecision::Cancelled,
            };
        }
        if work.verdict != EndDecision::GoesOn {
            self.end(env, slot);
            return;
        }
        work.part += 1;
        work.part_started = self.now;
        work.part_done = false;
        let feature = work.feature(env, self.plan);
        let exempt = work.hold.is_some();
        if let InFlight::StopAtStep(who) = feature.in_flight
            && !exempt
            && self.is_exhausted(env)
        {
            self.kill(env, slot, who);
            return;
        }
        self.begin_part(env, slot);
    }

    /// An operation has ended: it leaves its class, its slot, and wakes whoever waits for it.
    pub(super) fn end(&mut self, env: &Env, slot: u32) {
        self.in_flight_changes();
        self.in_flight -= 1;
        let now = self.now;
        let work = &mut self.work[slot as usize];
        self.in_flight_of[work.serves.index()] -= 1;
        work.phase = Phase::Settling;
        // Whatever was scheduled for the work is stale, but for the timeout of a hold that is still open.
        let reschedule = work.hold.is_some();
        if !reschedule {
            work.generation = work.generation.wrapping_add(1);
        }
        let (verdict, operation, substituted) =
            (work.verdict, work.operation, work.serves != work.operation.feature);
        let overcharged = (work.charged + work.absorbed - work.due).positive_part();
        let done = match verdict {
            EndDecision::Served => work.cost,
            _ => work.finished,
        };
        let tally = &mut self.tally.features[operation.feature.index()];
        self.ended_paid += work.charged + work.absorbed;
        tally.due_credits += work.due;
        tally.overcharged_credits += overcharged;
        if work.had_hold {
            self.books.count_overrun(work.due - work.held);
        }
        let tally = &mut self.tally.features[operation.feature.index()];
        if let Some(provider) = env.facts(operation.feature).provider_cost {
            let cost = provider.per_credit.scale_floor(done.micros(), crate::units::MICROS_PER_CREDIT);
            *tally.provider_cost.get_or_insert_default() += cost;
        }
        let work = &self.work[slot as usize];
        let (kind, outcome) = match verdict {
            EndDecision::Served | EndDecision::GoesOn => {
                if work.started > operation.at {
                    tally.waits.record((work.started - operation.at).micros());
                }
                if substituted {
                    tally.substituted += 1;
                    (EntryKind::Substituted, AttemptOutcome::Substituted)
                } else {
                    tally.served += 1;
                    (EntryKind::Served, AttemptOutcome::Served)
                }
            }
            EndDecision::Failed => {
                tally.failed += 1;
                (EntryKind::Failed, AttemptOutcome::Failed)
            }
            EndDecision::Cancelled => {
                tally.cancelled += 1;
                (EntryKind::Cancelled, AttemptOutcome::Cancelled)
            }
            EndDecision::Killed => {
                tally.killed += 1;
                tally.killed_work_credits += work.finished;
                (EntryKind::Killed, AttemptOutcome::Killed)
            }
        };
        if matches!(kind, EntryKind::Served | EntryKind::Substituted)
            && let Some(since) = self.refusals.episode.take()
        {
            self.tally.customer.restores.record((now - since).micros());
        }
        self.note(kind, Note { credits: self.work[slot as usize].due, ..Note::by(self.whose(slot)) });
        self.finish_row(slot, outcome);
        self.client_done(env, slot);
        self.maybe_free(slot);
        if !self.queue.is_empty() {
            self.resume = true;
        }
    }

    /// Under `overrun = stop` the work ends when its incurred cost reaches the hold: schedules that instant.
    fn schedule_stop(&mut self, env: &Env, slot: u32) {
        let work = &self.work[slot as usize];
        let stops =
            hold_terms(work.feature(env, self.plan)).is_some_and(|hold| hold.overrun == Overrun::Stop);
        if !stops || work.hold.is_none() || work.cost <= work.held {
            return;
        }
        let mut left = work.held;
        let mut at = self.now;
        for index in 0..work.parts.len().max(1) {
            let part = work.parts.get(index).copied().unwrap_or(work.present_part());
            let strikes = work.operation.fate != Fate::Completes
                && (work.is_simple() || usize::from(work.operation.ends_in_part) == index);
            if part.cost > left {
                // The first whole microsecond at which the pro-rata cost has reached the hold.
                let micros = i128::from(left.micros()) * i128::from(part.duration.micros());
                let cost = i128::from(part.cost.micros());
                let into = i64::try_from((micros + cost - 1) / cost).unwrap_or(i64::MAX);
                let span = SimSpan::from_micros(into);
                if !strikes || span < work.operation.ends_after {
                    self.due_at(env, at + span, Class::Charge, slot, DueKind::Stop);
                }
                return;
            }
            if strikes {
                return;
            }
            left -= part.cost;
            at = at + part.duration;
        }
    }

    /// The incurred cost has reached the hold: the work ends, killed, and owes the hold.
    pub(super) fn stop_at_hold(&mut self, env: &Env, slot: u32) {
        let work = &mut self.work[slot as usize];
        if work.phase != Phase::InFlight || work.hold.is_none() {
            return;
        }
        work.verdict = EndDecision::Killed;
        let held = work.held;
        work.finished = held;
        self.charge_up_to(env, slot, held, true);
        self.end(env, slot);
    }

    /// Stops an operation for exhaustion; what was done is charged, or the vendor absorbs it.
    fn kill(&mut self, env: &Env, slot: u32, who: KilledWork) {
        let now = self.now;
        let work = &mut self.work[slot as usize];
        work.verdict = EndDecision::Killed;
        let nothing_more = work.part_done || now == work.part_started;
        let done = work.finished + if nothing_more { Credits::ZERO } else { work.partial_cost(now) };
        work.finished = done;
        let owed = done.max(work.incurred);
        match who {
            KilledWork::Charge if work.settled => {}
            KilledWork::Charge => self.charge_end(env, slot, owed),
            KilledWork::Absorb => {
                // The customer owes nothing, the vendor bears what was done.
                let rest = (done - work.absorbed).positive_part();
                self.absorb(slot, rest);
                self.owe_less(env, slot, Credits::ZERO);
            }
        }
        self.end(env, slot);
    }

    /// True when settled ≤ −limit; never with an unlimited overdraft.
    pub(super) fn is_exhausted(&self, env: &Env) -> bool {
        let terms = env.terms(self.plan);
        terms.overdraft.limit.is_some_and(|limit| self.views().settled <= -limit)
    }

    /// Kills what the policy kills when the account is exhausted. Work under an open hold is exempt.
    pub(super) fn kill_exhausted(&mut self, env: &Env) {
        if self.killing || !self.is_exhausted(env) {
            return;
        }
        self.killing = true;
        let terms = env.terms(self.plan);
        let mut doomed: Vec<(u16, u32, u32, KilledWork)> = Vec::new();
        for (slot, work) in self.work.iter().enumerate() {
            let running =
                work.phase == Phase::InFlight && work.hold.is_none() && work.verdict == EndDecision::GoesOn;
            if let (true, InFlight::Kill(who)) = (running, terms.features[work.serves.index()].in_flight) {
                doomed.push((work.operation.feature.0, work.operation.sequence, slot as u32, who));
            }
        }
        doomed.sort_unstable_by_key(|(feature, sequence, ..)| (*feature, *sequence));
        for (_, _, slot, who) in doomed {
            if self.work[slot as usize].phase == Phase::InFlight {
                self.kill(env, slot, who);
            }
        }
        self.killing = false;
    }

    /// Brings the integral over work in flight up to the present; call before the number changes.
    pub(super) fn in_flight_changes(&mut self) {
        let span = self.lived(self.in_flight_since).micros();
        self.tally.in_flight_micros += i128::from(span) * i128::from(self.in_flight);
        self.in_flight_since = self.now;
    }
}
