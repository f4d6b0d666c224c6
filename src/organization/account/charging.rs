//! What operations owe: rounding, incurring, recording, holds at their end.

use crate::outcome::EntryKind;
use crate::policy::{ChargeMoment, FeatureTerms, OnTimeout, Overrun, Rounding, Terms};
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, SimSpan};
use crate::workload::{Operation, PartKind, RunPart};

use super::books::{Against, Charge, Note};
use super::env::{Env, to_be_charged};
use super::events::{Class, Due, DueKind, order_of};
use super::gate::hold_terms;
use super::state::{LiveOperation, Phase, State, UnrecordedCharge};

impl State {
    /// Brings what an operation owes up to `incurred` (before rounding) and charges the difference; `last` for its
    /// final charge, which also ends its hold.
    pub(super) fn charge_up_to(&mut self, env: &Env, slot: u32, incurred: Credits, last: bool) {
        let terms = env.terms(self.plan);
        let work = &mut self.work[slot as usize];
        let due = match terms.rounding {
            None => incurred,
            Some(rounding) => rounded_due(rounding, work, incurred),
        };
        // Rounding to nearest may lie below what is already owed; a charge never falls.
        work.due = work.due.max(due);
        work.incurred = work.incurred.max(incurred);
        let mut amount = (work.due - work.charged - work.absorbed).positive_part();
        if work.had_hold {
            let cap = self.cap_of_hold(env, slot);
            let work = &mut self.work[slot as usize];
            let over = cap
                .map_or(Credits::ZERO, |cap| (work.charged + amount - cap.max(work.charged)).positive_part());
            self.absorb(slot, over);
            amount -= over;
            if last && self.leaks(env, slot) {
                self.absorb(slot, amount);
                self.work[slot as usize].settled = true;
                return;
            }
        }
        self.incur(env, slot, amount, last);
    }

    /// Most that may be charged in all under the hold's overrun rule; `None` without a cap.
    fn cap_of_hold(&self, env: &Env, slot: u32) -> Option<Credits> {
        let work = &self.work[slot as usize];
        // Once the hold has ended, a settle is an ordinary charge.
        work.hold?;
        let hold = hold_terms(&env.terms(self.plan).features[work.serves.index()])?;
        (hold.overrun != Overrun::Charge).then_some(work.held)
    }

    fn leaks(&self, env: &Env, slot: u32) -> bool {
        let work = &self.work[slot as usize];
        let Some(hold) = hold_terms(&env.terms(self.plan).features[work.serves.index()]) else {
            return false;
        };
        let sequence = u64::from(work.operation.sequence);
        work.hold.is_some()
            && !hold.leak.is_never()
            && hold.leak.holds(env.key_of(work.operation.feature).uniform(Purpose::Leak, sequence, 0))
    }

    /// The vendor pays for part of what an operation owes.
    pub(super) fn absorb(&mut self, slot: u32, amount: Credits) {
        if amount.is_positive() {
            let work = &mut self.work[slot as usize];
            work.absorbed += amount;
            let (segment, feature) = (work.segment, work.operation.feature);
            self.tally.features[feature.index()].absorbed_credits += amount;
            self.note(EntryKind::Absorb, Note { segment, credits: amount, ..Note::by(self.whose(slot)) });
        }
    }

    /// A charge is incurred; it is recorded now or after the metering lag.
    fn incur(&mut self, env: &Env, slot: u32, amount: Credits, last: bool) {
        let work = &mut self.work[slot as usize];
        let segment = work.segment;
        work.charged += amount;
        work.settled |= last;
        if amount.is_positive() || last {
            work.segment += u16::from(amount.is_positive());
        } else {
            return;
        }
        let lag = self.lag(env, slot, segment);
        if lag.is_zero() {
            self.record(env, slot, amount, last, segment);
            return;
        }
        self.work[slot as usize].unrecorded += 1;
        let posting = self.books.incur(self.now, self.whose(slot), segment, amount);
        let record = UnrecordedCharge { slot, amount, last, segment };
        let index = match self.free_records.pop() {
            Some(index) => {
                self.records[index as usize] = record;
                index
            }
            None => {
                self.records.push(record);
                u32::try_from(self.records.len() - 1).expect("fewer than 2^32 charges under way")
            }
        };
        let at = self.now + lag;
        if at < env.world.end {
            let Operation { feature, sequence, .. } = self.work[slot as usize].operation;
            let order = order_of(Class::Charge, feature.0, sequence, segment);
            self.due.push(Due { at, order, tag: 0, slot: index, what: DueKind::Record });
        }
        let cause = self.work[slot as usize].cause();
        self.follow_up(env, posting, Some(cause));
    }

    fn lag(&self, env: &Env, slot: u32, segment: u16) -> SimSpan {
        let lag = &env.terms(self.plan).metering_lag;
        if lag.is_zero() {
            return SimSpan::ZERO;
        }
        let operation = &self.work[slot as usize].operation;
        let key = env.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Lag, u64::from(operation.sequence), u64::from(segment));
        SimSpan::from_seconds_f64(lag.sample(&mut stream))
    }

    /// A charge is recorded after its lag.
    pub(super) fn record_due(&mut self, env: &Env, index: u32) {
        let UnrecordedCharge { slot, amount, last, segment } = self.records[index as usize];
        self.free_records.push(index);
        self.books.record(amount);
        self.work[slot as usize].unrecorded -= 1;
        self.record(env, slot, amount, last, segment);
        let work = &mut self.work[slot as usize];
        if work.unrecorded == 0 && work.to_refund.is_positive() {
            let amount = std::mem::take(&mut work.to_refund);
            self.give_back(env, slot, amount);
        }
        self.maybe_free(slot);
    }

    /// A charge reaches the books; the last one ends the hold.
    pub(super) fn record(&mut self, env: &Env, slot: u32, amount: Credits, last: bool, segment: u16) {
        let whose = self.whose(slot);
        let work = &mut self.work[slot as usize];
        let against = match work.hold {
            None => Against::Credits,
            Some(hold) if last => Against::Whole { hold, held: work.held },
            Some(hold) => Against::Part(hold),
        };
        if last {
            work.hold = None;
        }
        let (cause, refundable) = (work.cause(), work.may_be_refunded(env));
        let charge = Charge { whose, amount, segment, against };
        let posting = self.books.charge(self.now, charge, refundable.then_some(&mut work.taken));
        self.count_overspend(env, slot, posting.overspend);
        self.follow_up(env, posting, Some(cause));
    }

    fn count_overspend(&mut self, env: &Env, slot: u32, rise: Credits) {
        if rise.is_positive() {
            let work = &mut self.work[slot as usize];
            let first = !std::mem::replace(&mut work.overspent, true);
            let feature = work.operation.feature;
            self.tally.features[feature.index()].overspend_operations += u64::from(first);
            self.count_bunched_overspend(env, slot, rise);
        }
    }

    /// Ends an operation's hold without a settle, if it has one.
    pub(super) fn release_hold(&mut self, env: &Env, slot: u32) {
        let work = &mut self.work[slot as usize];
        let Some(hold) = work.hold.take() else { return };
        let (cause, held) = (work.cause(), work.held);
        let posting = self.books.release(self.now, self.whose(slot), hold, held);
        self.follow_up(env, posting, Some(cause));
    }

    /// A hold reaches its timeout: it is released, or charged its own amount.
    pub(super) fn hold_times_out(&mut self, env: &Env, slot: u32) {
        let whose = self.whose(slot);
        let work = &mut self.work[slot as usize];
        let (serves, cause, segment, held) = (work.serves, work.cause(), work.segment, work.held);
        let Some(hold) = work.hold.take() else { return };
        let on_timeout = hold_terms(&env.terms(self.plan).features[serves.index()])
            .map_or(OnTimeout::Release, |hold| hold.on_timeout);
        let posting = match on_timeout {
            OnTimeout::Release => self.books.time_out(self.now, whose, hold, held),
            OnTimeout::Charge => {
                let (amount, posting) = self.books.charge_timeout(self.now, (whose, segment), hold, held);
                self.count_overspend(env, slot, posting.overspend);
                self.charge_by_timeout(slot, cause.feature, amount);
                posting
            }
        };
        self.follow_up(env, posting, Some(cause));
        self.maybe_free(slot);
    }

    /// What a timed-out hold charged counts towards its operation; beyond what is owed it is an overcharge.
    fn charge_by_timeout(&mut self, slot: u32, feature: FeatureIndex, amount: Credits) {
        let work = &mut self.work[slot as usize];
        work.charged += amount;
        work.by_timeout += amount;
        work.segment += 1;
        if work.phase == Phase::Settling {
            // The operation has ended and been counted: a leaked settle now turns out to be paid for.
            self.ended_paid += amount;
            self.tally.features[feature.index()].overcharged_credits += amount;
        }
    }

    /// Frees the slot of an ended operation once nothing of it is open.
    pub(super) fn maybe_free(&mut self, slot: u32) {
        let work = &self.work[slot as usize];
        if work.phase == Phase::Settling && work.unrecorded == 0 && work.hold.is_none() {
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

/// What is owed for `incurred` under a rounding rule: cumulative per operation, or each charge on its own.
fn rounded_due(rounding: Rounding, work: &LiveOperation, incurred: Credits) -> Credits {
    if rounding.per_charge {
        return work.due + rounding.apply((incurred - work.incurred).positive_part());
    }
    rounding.apply(incurred)
}
