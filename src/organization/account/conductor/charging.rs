//! What operations owe: rounding, incurring, recording, holds at their end.

use crate::deliberate::Deliberate;
use crate::ledger::LotMark;
use crate::outcome::EntryKind;
use crate::policy::{BilledTo, ChargeMoment, FeatureTerms, OnTimeout, Overrun, Terms};
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, SimSpan};
use crate::workload::{Operation, PartKind, RunPart};

use super::super::books::{Charge, Note, Posting};
use super::super::env::{Env, to_be_charged};
use super::super::events::{Class, Due, DueKind, order_of};
use super::super::flight::{IncurredAt, MeteredCharge, UnrecordedCharge};
use super::super::views::Views;
use super::State;
use super::limits::LimitAlerts;

/// A charge as it reaches the books.
#[derive(Debug, Clone, Copy)]
pub(super) struct RecordedCharge {
    pub(super) amount: Credits,
    pub(super) segment: u16,
    /// The last of its operation.
    pub(super) last: bool,
    /// The balances before.
    pub(super) before: Views,
    /// When it was incurred, if it has been under way.
    pub(super) incurred: Option<IncurredAt>,
}

impl State {
    /// Brings what an operation owes up to `incurred` (before rounding) and charges the difference; `last` for its
    /// final charge, which also ends its hold.
    pub(super) fn charge_up_to(&mut self, env: &Env, slot: u32, incurred: Credits, last: bool) {
        let terms = env.terms(self.plan);
        let mut amount = self.flight[slot].owe(terms.rounding, incurred);
        if self.flight[slot].had_hold() {
            let over = self.flight[slot].beyond(self.cap_of_hold(env, slot), amount);
            self.absorb(slot, over);
            amount -= over;
            if last && self.leaks(env, slot) {
                self.absorb(slot, amount);
                self.flight[slot].settle();
                return;
            }
        }
        self.incur(env, slot, amount, last);
    }

    /// Most that may be charged in all under the hold's overrun rule; `None` without a cap.
    fn cap_of_hold(&self, env: &Env, slot: u32) -> Option<Credits> {
        let work = &self.flight[slot];
        // Once the hold has ended, a settle is an ordinary charge.
        work.hold()?;
        let hold = self.rules_of_hold(env, slot)?;
        (hold.overrun != Overrun::Charge && !Deliberate::OverrunCharged.is_made()).then_some(work.held())
    }

    fn leaks(&self, env: &Env, slot: u32) -> bool {
        let work = &self.flight[slot];
        let Some(hold) = self.rules_of_hold(env, slot) else { return false };
        let sequence = u64::from(work.operation().sequence);
        work.hold().is_some()
            && !hold.leak.is_never()
            && hold.leak.holds(env.key_of(work.operation().feature).uniform(Purpose::Leak, sequence, 0))
    }

    /// The vendor pays for part of what an operation owes.
    pub(super) fn absorb(&mut self, slot: u32, amount: Credits) {
        if amount.is_positive() {
            let work = &mut self.flight[slot];
            work.absorb(amount);
            let (segment, feature) = (work.segment(), work.operation().feature);
            self.counts.absorbed(feature, amount);
            self.note_by(EntryKind::Absorb, slot, |note| Note { segment, credits: amount, ..note });
        }
    }

    /// A charge is incurred; it is recorded now or after the metering lag.
    fn incur(&mut self, env: &Env, slot: u32, amount: Credits, last: bool) {
        let Some(segment) = self.flight[slot].incur(amount, last) else { return };
        let lag = self.lag(env, slot, segment);
        if lag.is_zero() {
            let before = self.views();
            self.record(env, slot, RecordedCharge { amount, segment, last, before, incurred: None });
            return;
        }
        self.flight[slot].charge_sent();
        let posting = self.books.incur(self.timers.now(), self.whose(slot), segment, amount);
        let lots = env.bills_as_incurred.then(|| self.books.mark());
        let incurred = IncurredAt { at: self.timers.now(), lots };
        let index = self.flight.send(UnrecordedCharge { slot, amount, last, segment, incurred });
        let at = self.timers.now() + lag;
        let Operation { feature, sequence, .. } = *self.flight[slot].operation();
        let order = order_of(Class::Charge, feature.0, sequence, segment);
        self.timers.schedule_due(Due { at, order, tag: 0, slot: index, what: DueKind::Record });
        let cause = self.flight[slot].cause();
        self.follow_up(env, posting, Some(cause));
    }

    fn lag(&self, env: &Env, slot: u32, segment: u16) -> SimSpan {
        let lag = &env.terms(self.plan).metering_lag;
        if lag.is_zero() || Deliberate::MeteringLagIgnored.is_made() {
            return SimSpan::ZERO;
        }
        let operation = self.flight[slot].operation();
        let key = env.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Lag, u64::from(operation.sequence), u64::from(segment));
        SimSpan::from_seconds_f64(lag.sample(&mut stream))
    }

    /// A charge is recorded after its lag.
    pub(super) fn record_due(&mut self, env: &Env, index: u32) {
        let UnrecordedCharge { slot, amount, last, segment, incurred } = self.flight.arrive(index);
        // That it is recorded and what it burns are one change of the balances.
        let before = self.views();
        self.books.record(amount);
        self.flight[slot].charge_arrives();
        if incurred.at < self.cycle.from() {
            self.counts.came_late(self.flight[slot].operation().feature, amount);
        }
        let charge = RecordedCharge { amount, segment, last, before, incurred: Some(incurred) };
        self.record(env, slot, charge);
        if let Some(lots) = incurred.lots {
            self.books.unmark(lots);
        }
        if let Some(amount) = self.flight[slot].take_refund() {
            self.give_back(env, slot, amount);
        }
        self.maybe_free(slot);
    }

    /// A charge reaches the books; the last one ends the hold.
    pub(super) fn record(&mut self, env: &Env, slot: u32, charge: RecordedCharge) {
        let RecordedCharge { amount, segment, last, before, incurred } = charge;
        let whose = self.whose(slot);
        let as_of = incurred.and_then(|incurred| self.billed_as_of(env, incurred));
        let bounded = self.bind_to_shares(env, slot);
        let work = &mut self.flight[slot];
        let (cause, against) = (work.cause(), work.charge_against(last));
        let taken = work.remember(env.charged_early[work.serves().index()], env.absorbs);
        let charge = Charge { whose, amount, segment, against, as_of };
        let posting = self.books.charge(self.timers.now(), charge, taken);
        if bounded {
            self.keep_shares(slot);
        }
        self.count_overspend(env, slot, posting.overspend);
        let told = self.meter_recorded(env, slot, amount, incurred.filter(|_| as_of.is_some()));
        let posting = self.invoiced_ahead(env, Posting { before, ..posting });
        self.follow_up(env, posting, Some(cause));
        self.tell(env, (whose, cause), told);
    }

    /// What was usable when a charge was incurred, if it still burns that (docs/semantics.md §18.7).
    fn billed_as_of(&self, env: &Env, incurred: IncurredAt) -> Option<LotMark> {
        match env.terms(self.plan).billed_to {
            BilledTo::Incurred(grace) if self.timers.now() - incurred.at <= grace => incurred.lots,
            BilledTo::Incurred(_) | BilledTo::Recorded => None,
        }
    }

    /// Limits count a charge that has been recorded: now, or when it was incurred if that is given.
    fn meter_recorded(
        &mut self,
        env: &Env,
        slot: u32,
        amount: Credits,
        incurred: Option<IncurredAt>,
    ) -> LimitAlerts {
        let at = incurred.map_or(self.timers.now(), |incurred| incurred.at);
        if !env.terms(self.plan).limits.is_empty() {
            let charge = MeteredCharge {
                at,
                turn: self.meters.turn(),
                credits: amount,
                part: None,
                beyond: Credits::ZERO,
            };
            self.remember_metered(env, slot, charge);
        }
        if incurred.is_none() {
            return self.meter_charge(env, slot, amount);
        }
        let (told, missed) = self.meter_late_charge(env, slot, amount, at);
        // What a close has made late is counted so already.
        if missed && at >= self.cycle.from() {
            self.counts.came_late(self.flight[slot].operation().feature, amount);
        }
        told
    }

    /// Remembers what limits count of a charge, part by part if some limit tells parts apart.
    fn remember_metered(&mut self, env: &Env, slot: u32, charge: MeteredCharge) {
        if !env.splits_charges {
            return self.flight[slot].metered(charge);
        }
        for (part, credits) in self.books.last_parts().iter() {
            self.flight[slot].metered(MeteredCharge { credits, part: Some(part), ..charge });
        }
    }

    fn count_overspend(&mut self, env: &Env, slot: u32, rise: Credits) {
        if rise.is_positive() {
            let work = &mut self.flight[slot];
            let (first, feature) = (work.overspends(), work.operation().feature);
            if first {
                self.counts.overspent(feature);
            }
            self.count_bunched_overspend(env, slot, rise);
        }
    }

    /// Ends an operation's hold without a settle, if it has one.
    pub(super) fn release_hold(&mut self, env: &Env, slot: u32) {
        let work = &mut self.flight[slot];
        let Some(hold) = work.take_hold() else { return };
        let (cause, held) = (work.cause(), work.held());
        let posting = self.books.release(self.timers.now(), self.whose(slot), hold, held);
        self.follow_up(env, posting, Some(cause));
    }

    /// A hold reaches its timeout: it is released, or charged its own amount.
    pub(super) fn hold_times_out(&mut self, env: &Env, slot: u32) {
        let whose = self.whose(slot);
        let rules = self.rules_of_hold(env, slot);
        let on_timeout = rules.map_or(OnTimeout::Release, |hold| hold.on_timeout);
        let work = &mut self.flight[slot];
        let (cause, segment, held) = (work.cause(), work.segment(), work.held());
        let feature = work.operation().feature;
        let Some(hold) = work.take_hold() else { return };
        let mut told = LimitAlerts::default();
        let posting = match on_timeout {
            OnTimeout::Release => self.books.time_out(self.timers.now(), whose, hold, held),
            OnTimeout::Charge => {
                let bounded = self.bind_to_shares(env, slot);
                let (amount, posting) =
                    self.books.charge_timeout(self.timers.now(), (whose, segment), hold, held);
                if bounded {
                    self.keep_shares(slot);
                }
                self.count_overspend(env, slot, posting.overspend);
                self.charge_by_timeout(slot, feature, amount);
                // It stays charged.
                told = self.meter_charge(env, slot, amount);
                posting
            }
        };
        let posting = self.invoiced_ahead(env, posting);
        self.follow_up(env, posting, Some(cause));
        self.tell(env, (whose, cause), told);
        // Without its hold it is exempt no longer.
        self.kill_exhausted(env);
        self.maybe_free(slot);
    }

    /// What a timed-out hold charged counts towards its operation; beyond what is owed it is an overcharge.
    fn charge_by_timeout(&mut self, slot: u32, feature: FeatureIndex, amount: Credits) {
        if self.flight[slot].charge_by_timeout(amount) {
            // The operation has ended and been counted: a leaked settle now turns out to be paid for.
            self.counts.charged_after_end(feature, amount);
        }
    }

    /// Frees the slot of an ended operation once nothing of it is open.
    pub(super) fn maybe_free(&mut self, slot: u32) {
        if self.flight[slot].is_over() {
            self.free_slot(slot);
        }
    }
}

/// What an operation is charged if it completes: its minimum at the end, rounded in all, or charge by charge.
pub(super) fn charged_in_full(
    terms: &Terms,
    feature: &FeatureTerms,
    parts: &[RunPart],
    cost: Credits,
) -> Credits {
    let Some(rounding) = terms.rounding.filter(|rounding| rounding.per_charge) else {
        return to_be_charged(terms, feature, cost);
    };
    let (mut finished, mut incurred, mut due) = (Credits::ZERO, Credits::ZERO, Credits::ZERO);
    let mut charge = |upto: Credits| {
        due += rounding.apply((upto - incurred).positive_part());
        incurred = incurred.max(upto);
    };
    match feature.charge {
        ChargeMoment::Start => charge(cost),
        ChargeMoment::Completion => {}
        ChargeMoment::Step | ChargeMoment::Segment => {
            for (index, part) in parts.iter().enumerate() {
                finished += part.cost;
                let pauses = parts.get(index + 1).is_some_and(|next| next.kind == PartKind::Review);
                let ends =
                    if feature.charge == ChargeMoment::Step { part.kind == PartKind::Work } else { pauses };
                if ends && index + 1 < parts.len() {
                    charge(finished);
                }
            }
        }
    }
    charge(cost.max(feature.minimum));
    due
}
