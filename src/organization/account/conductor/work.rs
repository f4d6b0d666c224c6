//! Operations at work: starting, parts ending, pauses, failures, cancellations, stops and kills.

use crate::deliberate::Deliberate;
use crate::outcome::{AttemptOutcome, EntryKind};
use crate::policy::{ChargeMoment, FeatureTerms, HoldNeed, HoldTerms, InFlight, KilledWork, Overrun};
use crate::units::Credits;
use crate::workload::Operation;

use super::super::books::Note;
use super::super::counts::EndedOperation;
use super::super::env::Env;
use super::super::events::{Class, DueKind, order_of};
use super::super::flight::{BrokenOwes, EndDecision, FinishedPart, PartChange};
use super::super::gate::{NeedOfRoom, buffered, hold_terms};
use super::super::views::Views;
use super::State;
use super::answering::OpenAnswer;

impl State {
    /// An admitted operation starts.
    pub(super) fn start(&mut self, env: &Env, slot: u32) {
        let now = self.timers.now();
        let work = &mut self.flight[slot];
        self.gate.enter(now, work.serves());
        work.start(now);
        let (serves, operation, cost, held) = (work.serves(), *work.operation(), work.cost(), work.held());
        let feature = &env.terms(self.plan).features[serves.index()];
        self.counts.repriced(operation.feature, self.flight[slot].repriced());
        let rate = self.flight[slot].rate();
        self.note_by(EntryKind::Start, slot, |note| Note { credits: held, rate, ..note });
        if let Some(provider) = env.facts(operation.feature).provider_cost {
            self.counts.provider_paid(operation.feature, provider.per_operation);
        }
        if feature.charge == ChargeMoment::Start {
            // A minimum above the cost is owed at the end, when it is known how the operation ends.
            self.charge_up_to(env, slot, cost, feature.minimum <= cost);
        } else {
            self.schedule_stop(env, slot);
        }
        // Its own charge may have exhausted the account and killed it.
        if self.flight[slot].is_in_flight() {
            self.begin_part(env, slot);
            self.kill_exhausted(env);
        }
    }

    /// Schedules the end of the present part.
    fn begin_part(&mut self, env: &Env, slot: u32) {
        let (span, change) = self.flight[slot].next_end();
        match change {
            PartChange::Pauses => self.note_by(EntryKind::Paused, slot, |note| note),
            PartChange::Resumes => self.note_by(EntryKind::Resumed, slot, |note| note),
            PartChange::None => {}
        }
        // What may be killed is told apart from what has made its last charge at this instant.
        let spared = env.policy.never_changes() && self.feature_of(env, slot).in_flight == InFlight::Finish;
        let silent = spared && self.flight[slot].ends_silently();
        let (class, what) =
            if silent { (Class::Work, DueKind::End) } else { (Class::Charge, DueKind::Charge) };
        self.due_at(self.timers.now() + span, class, slot, what);
    }

    /// Class 5 of a part's end: what it owes.
    pub(super) fn part_due(&mut self, env: &Env, slot: u32) {
        let work = &mut self.flight[slot];
        if !work.is_in_flight() {
            return;
        }
        if work.strikes_here() {
            work.break_off(self.timers.now());
            self.charge_broken(env, slot);
        } else {
            self.charge_part(env, slot);
        }
        let work = &self.flight[slot];
        if !work.is_in_flight() {
            return;
        }
        let Operation { feature, sequence, .. } = *work.operation();
        let order = order_of(Class::Work, feature.0, sequence, work.segment());
        if self.timers.others_now(order) {
            self.due_at(self.timers.now(), Class::Work, slot, DueKind::End);
        } else {
            self.part_ends(env, slot);
        }
    }

    /// What a finished part owes under the feature's charge moment; the hold is enlarged first, if it can be.
    fn charge_part(&mut self, env: &Env, slot: u32) {
        let feature = self.feature_of(env, slot);
        let FinishedPart { incurred, last, worked, charges } = self.flight[slot].finish_part(feature);
        if self.flight[slot].is_settled() {
            return;
        }
        if (worked || last) && !self.hold_keeps_up(env, slot, incurred, last) {
            self.stop_at_hold(env, slot);
            return;
        }
        if charges {
            self.charge_up_to(env, slot, incurred, last);
        }
    }

    /// The rules of the feature that serves an operation.
    pub(super) fn feature_of<'a>(&self, env: &'a Env, slot: u32) -> &'a FeatureTerms {
        &env.terms(self.plan).features[self.flight[slot].serves().index()]
    }

    /// The rules of the hold by which an operation was admitted, as they were then (docs/semantics.md §6.15).
    pub(super) fn rules_of_hold<'a>(&self, env: &'a Env, slot: u32) -> Option<&'a HoldTerms> {
        let work = &self.flight[slot];
        hold_terms(&env.terms(work.plan_of_hold()?).features[work.serves().index()])
    }

    /// Under `extend` a hold is enlarged at the end of a step that comes to more than it holds and has not been charged at
    /// the start: to what the operation owes if the step is its last, else with the buffer. False if the new check fails.
    fn hold_keeps_up(&mut self, env: &Env, slot: u32, incurred: Credits, last: bool) -> bool {
        let work = &self.flight[slot];
        let Some(hold) = self.rules_of_hold(env, slot) else { return true };
        if hold.overrun != Overrun::Extend || work.hold().is_none() || incurred <= work.incurred() {
            return true;
        }
        let due = work.due_up_to(env.terms(self.plan).rounding, incurred);
        if due <= work.held() {
            return true;
        }
        let wanted = if last { due } else { buffered(due, hold.buffer).max(due) };
        self.try_extend(env, slot, wanted, hold.need)
    }

    /// Enlarges a hold to `wanted` if a new check passes.
    fn try_extend(&mut self, env: &Env, slot: u32, wanted: Credits, need: HoldNeed) -> bool {
        let work = &self.flight[slot];
        let check = env.check(self.plan, work.serves());
        let (Some(hold), addition) = (work.hold(), wanted - work.held()) else { return false };
        let (needed, room) = match need {
            HoldNeed::Whole => (addition, NeedOfRoom::Whole(addition)),
            HoldNeed::Positive => (Credits::EPSILON, NeedOfRoom::Any),
        };
        if !self.has_room_for_more(env, slot, room) {
            return false;
        }
        let within = self.extension_within(env, slot, needed);
        if !within.unwrap_or_else(|| check.finds(self.views_for(slot), needed)) {
            return false;
        }
        let posting = self.books.extend(self.timers.now(), self.whose(slot), hold, addition);
        if within.is_some() {
            self.add_to_shares(slot, hold);
        }
        let work = &mut self.flight[slot];
        work.hold_becomes(wanted);
        let cause = work.cause();
        self.follow_up(env, posting, Some(cause));
        true
    }

    /// What a failed or cancelled operation owes.
    fn charge_broken(&mut self, env: &Env, slot: u32) {
        let feature = self.feature_of(env, slot);
        match self.flight[slot].owes_broken(feature) {
            BrokenOwes::Less(owed) => self.owe_less(env, slot, owed),
            BrokenOwes::More(incurred) => self.charge_end(env, slot, incurred),
            BrokenOwes::Nothing => {}
        }
    }

    /// An operation that ends early owes less than it has been charged: the difference is given back.
    fn owe_less(&mut self, env: &Env, slot: u32, owed: Credits) {
        let rounding = env.terms(self.plan).rounding;
        let owed = rounding.map_or(owed, |rounding| rounding.apply(owed));
        let back = self.flight[slot].owe_less(owed);
        if self.flight[slot].is_recorded() {
            self.give_back(env, slot, back);
        } else if back.is_positive() {
            // What is undone has to be recorded first.
            self.flight[slot].refund_later(back);
            self.note_by(EntryKind::RefundIncurred, slot, |note| Note { credits: back, ..note });
        }
        self.release_hold(env, slot);
    }

    /// The final charge of an operation that ends early; a hold with nothing to settle is released.
    fn charge_end(&mut self, env: &Env, slot: u32, incurred: Credits) {
        let work = &mut self.flight[slot];
        if work.has_paid(incurred) {
            work.settle();
            self.release_hold(env, slot);
        } else {
            self.charge_up_to(env, slot, incurred, true);
        }
    }

    /// Class 7 of a part's end: the operation ends or goes on with its next part.
    pub(super) fn part_ends(&mut self, env: &Env, slot: u32) {
        if !self.flight[slot].is_in_flight() {
            return;
        }
        if self.flight[slot].end_part(self.timers.now()) {
            self.end(env, slot);
            return;
        }
        let exempt = self.flight[slot].hold().is_some();
        if let InFlight::StopAtStep(who) = self.feature_of(env, slot).in_flight
            && !exempt
            && self.is_exhausted(env, self.views_for(slot))
        {
            self.kill(env, slot, who);
            return;
        }
        self.begin_part(env, slot);
    }

    /// An operation has ended: it leaves its class, its slot, and wakes whoever waits for it.
    pub(super) fn end(&mut self, env: &Env, slot: u32) {
        let now = self.timers.now();
        let work = &mut self.flight[slot];
        self.gate.leave(now, work.serves());
        let verdict = work.end();
        let (operation, substituted) = (*work.operation(), work.is_substituted());
        let (waited, due, paid, done) = (work.waited(), work.due(), work.paid(), work.done());
        let done_at_list = work.done_at_list();
        let overrun = work.overrun();
        let (how, outcome) = match verdict {
            EndDecision::Served | EndDecision::GoesOn if substituted => {
                (EntryKind::Substituted, AttemptOutcome::Substituted)
            }
            EndDecision::Served | EndDecision::GoesOn => (EntryKind::Served, AttemptOutcome::Served),
            EndDecision::Failed => (EntryKind::Failed, AttemptOutcome::Failed),
            EndDecision::Cancelled => (EntryKind::Cancelled, AttemptOutcome::Cancelled),
            EndDecision::Killed => (EntryKind::Killed, AttemptOutcome::Killed),
        };
        if let Some(overrun) = overrun {
            self.books.count_overrun(overrun);
        }
        if let Some(provider) = env.facts(operation.feature).provider_cost {
            let cost =
                provider.per_credit.scale_floor(done_at_list.micros(), crate::units::MICROS_PER_CREDIT);
            self.counts.provider_paid(operation.feature, cost);
        }
        self.counts.ended(operation.feature, EndedOperation { how, waited, due, paid, done });
        if matches!(how, EntryKind::Served | EntryKind::Substituted)
            && let Some(since) = self.customer.end_refusals()
        {
            self.counts.restored(now - since);
        }
        self.note_by(how, slot, |note| Note { credits: due, ..note });
        self.finish_row(slot, outcome);
        let (whose, cause) = (self.whose(slot), self.flight[slot].cause());
        let told = self.meter_end(env, slot);
        self.client_done(env, slot);
        self.maybe_free(slot);
        if self.somebody_queues() {
            self.timers.resume();
        }
        self.wake_for_room();
        self.tell(env, (whose, cause), told);
    }

    /// Under `overrun = stop` the work ends when its incurred cost reaches the hold: schedules that instant.
    fn schedule_stop(&mut self, env: &Env, slot: u32) {
        let rules = self.rules_of_hold(env, slot);
        if rules.is_some_and(|hold| hold.overrun == Overrun::Stop)
            && let Some(at) = self.flight[slot].reaches_hold(self.timers.now())
        {
            self.due_at(at, Class::Charge, slot, DueKind::Stop);
        }
    }

    /// The incurred cost has reached the hold: the work ends, killed, and owes the hold.
    pub(super) fn stop_at_hold(&mut self, env: &Env, slot: u32) {
        let Some(held) = self.flight[slot].stop_at_hold() else { return };
        self.charge_up_to(env, slot, held, true);
        self.end(env, slot);
    }

    /// Stops an operation for exhaustion; what was done is charged, or the vendor absorbs it.
    fn kill(&mut self, env: &Env, slot: u32, who: KilledWork) {
        let now = self.timers.now();
        let who = if Deliberate::KilledWorkCharged.is_made() { KilledWork::Charge } else { who };
        let (done, owed) = self.flight[slot].kill(now);
        match who {
            KilledWork::Charge if self.flight[slot].is_settled() => {}
            KilledWork::Charge => self.charge_end(env, slot, owed),
            KilledWork::Absorb => {
                // The customer owes nothing, the vendor bears what was done.
                let rest = self.flight[slot].not_absorbed(done);
                self.absorb(slot, rest);
                self.owe_less(env, slot, Credits::ZERO);
            }
        }
        self.end(env, slot);
    }

    /// True when settled ≤ −limit; never with an unlimited overdraft.
    fn is_exhausted(&self, env: &Env, views: Views) -> bool {
        let terms = env.terms(self.plan);
        let limit = terms.overdraft.limit.filter(|_| !Deliberate::ExhaustedWorkGoesOn.is_made());
        limit.is_some_and(|limit| views.settled <= -limit)
    }

    /// Kills what the policy kills when the account is exhausted. Work under an open hold is exempt.
    pub(super) fn kill_exhausted(&mut self, env: &Env) {
        // Whoever may burn all lots is exhausted last.
        let may_be = self.is_exhausted(env, self.views()) || self.books.ledger().has_scopes();
        if !may_be || !self.answering.begin(OpenAnswer::Kills) {
            return;
        }
        // What the charges of the killed exhaust besides is killed after them.
        while self.kill_all_exhausted(env) {}
        self.answering.end(OpenAnswer::Kills);
    }
    /// Kills what runs while the account is exhausted now; true if something was killed.
    fn kill_all_exhausted(&mut self, env: &Env) -> bool {
        let terms = env.terms(self.plan);
        let mut doomed: Vec<(u16, u32, u32, KilledWork)> = Vec::new();
        for (slot, work) in self.flight.slots().filter(|(_, work)| work.is_exposed()) {
            if !self.is_exhausted(env, self.views_for(slot)) {
                continue;
            }
            if let InFlight::Kill(who) = terms.features[work.serves().index()].in_flight {
                doomed.push((work.operation().feature.0, work.operation().sequence, slot, who));
            }
        }
        doomed.sort_unstable_by_key(|(feature, sequence, ..)| (*feature, *sequence));
        let mut killed = false;
        for (_, _, slot, who) in doomed {
            if self.flight[slot].is_in_flight() {
                self.kill(env, slot, who);
                killed = true;
            }
        }
        killed
    }
}
