//! Refusals and what customers do about them: buy, retry, wait, substitute, abandon, churn (docs/semantics.md §9).

use crate::deliberate::Deliberate;
use crate::outcome::{AttemptOutcome, EntryKind, Reason};
use crate::policy::{AfterPurchase, View};
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, SimSpan};
use crate::workload::{Batch, OtherPrices};

use super::super::books::Note;
use super::super::customer::Client;
use super::super::env::Env;
use super::super::events::{Class, Due, DueKind, order_of};
use super::super::flight::Phase;
use super::super::views::Views;
use super::State;
use super::purchase::Shortage;

impl State {
    /// An attempt is turned away.
    pub(super) fn refuse(&mut self, env: &Env, slot: u32, reason: Reason, need: Credits) {
        let by_limit = matches!(reason, Reason::Limit(_));
        let may_buy = reason == Reason::Short || self.is_ceiling(env, reason);
        let reason = if may_buy && self.budget_stops_buyer(env, slot) {
            self.counts.stopped_by_budget();
            self.note_by(EntryKind::BudgetBlocked, slot, |note| note);
            Reason::Budget
        } else {
            reason
        };
        let work = &self.flight[slot];
        let (feature, attempt) = (work.operation().feature, work.attempt());
        let held_back = reason == Reason::Short && self.passes_without_holds(env, slot, need);
        let surprise = self.customer.is_surprised(self.timers.now());
        self.counts.refused(feature, reason, attempt == 1, (surprise, held_back));
        if attempt == 1 {
            self.counts.refused_at(&env.world.zone, self.timers.now());
        }
        if matches!(reason, Reason::Short | Reason::Budget) {
            self.customer.refused_credits(self.timers.now());
        }
        self.flight[slot].refused(by_limit);
        let meter = self.meter_of_reason(env, slot, reason);
        self.note_by(EntryKind::Refused, slot, |note| Note { reason, credits: need, meter, ..note });
        self.finish_row(slot, AttemptOutcome::Refused);
        if let Some(row) = self.row(slot) {
            row.reason = reason;
        }
        self.consider_leaving(env);
        if self.customer.has_churned() {
            self.lose(env, slot, Reason::Churned);
        } else {
            self.react(env, slot, reason, need);
        }
    }

    fn passes_without_holds(&self, env: &Env, slot: u32, need: Credits) -> bool {
        let check = env.check(self.plan, self.flight[slot].serves());
        let views = self.views_for(slot);
        let without = Views { available: views.settled, ..views };
        check.view() == View::Available && check.finds(without, need)
    }

    /// What the customer does about a refusal; every choice is keyed by operation and attempt.
    fn react(&mut self, env: &Env, slot: u32, reason: Reason, need: Credits) {
        let work = &self.flight[slot];
        let (operation, attempt) = (*work.operation(), work.attempt());
        let waited = work.phase() == Phase::Waiting;
        let key = env.key_of(operation.feature);
        let (sequence, number) = (u64::from(operation.sequence), u64::from(attempt));
        // A ceiling keeps an operation from credits: others may help.
        let is_short = reason == Reason::Short || self.is_ceiling(env, reason);
        if is_short || reason == Reason::Budget {
            self.note_refusal(env, slot, need);
        }
        if is_short && let Some(after) = self.buys_after_refusal(env, slot) {
            // It waits before the purchase is made, so that one without delay wakes it.
            match after {
                AfterPurchase::Resume => {
                    self.wait_for_credits(env, slot);
                    self.buy_after_refusal(env, slot, need);
                }
                AfterPurchase::Drop => {
                    self.buy_after_refusal(env, slot, need);
                    self.lose_after(env, slot, attempt);
                }
            }
            return;
        }
        if waited {
            self.wait_for_credits(env, slot);
            return;
        }
        let reactions = &env.customers().reactions;
        let mut uniform = key.uniform(Purpose::Reaction, sequence, number);
        if let Some(retry) = &reactions.retry {
            let attempts = retry.attempts + u32::from(Deliberate::RetriesOnceMore.is_made());
            if uniform < retry.probability.get() && attempt < attempts {
                let mut stream = key.keyed(Purpose::Reaction, sequence, number | 1 << 32);
                let delay = SimSpan::from_seconds_f64(retry.delay.sample(&mut stream));
                let delay = if Deliberate::RetriesAtOnce.is_made() { SimSpan::ZERO } else { delay };
                self.flight[slot].wait_to_retry();
                self.due_at(self.timers.now() + delay, Class::Retry, slot, DueKind::Retry);
                self.begins_to_wait(env, slot, reason);
                return;
            }
            uniform -= retry.probability.get();
        }
        if (0.0..reactions.wait.get()).contains(&uniform) {
            self.wait_for_credits(env, slot);
            self.begins_to_wait(env, slot, reason);
            return;
        }
        uniform -= reactions.wait.get();
        if let Some(substitute) = &reactions.substitute
            && (0.0..substitute.probability.get()).contains(&uniform)
            && !self.flight[slot].is_substituted()
            && let Some((_, other)) = substitute.pairs.iter().find(|(from, _)| *from == operation.feature)
        {
            self.substitute(env, slot, *other);
            return;
        }
        self.lose_after(env, slot, attempt);
    }

    /// Nothing follows the refusal of its last attempt.
    fn lose_after(&mut self, env: &Env, slot: u32, attempt: u32) {
        self.lose(env, slot, if attempt == 1 { Reason::Refused } else { Reason::Abandoned });
    }

    fn begins_to_wait(&mut self, env: &Env, slot: u32, reason: Reason) {
        if reason == Reason::Short || self.is_ceiling(env, reason) {
            self.buy_when_short(env, slot, Shortage::Waits);
        }
    }

    /// Another attempt of the same operation, as another feature.
    fn substitute(&mut self, env: &Env, slot: u32, other: FeatureIndex) {
        let work = &mut self.flight[slot];
        let sequence = u64::from(work.operation().sequence);
        let key = env.feature_keys[work.operation().feature.index()];
        let mut stream = key.keyed(Purpose::Substitute, sequence, u64::from(work.attempt()));
        let drawn = env.world.sources[other.index()].substitute(&mut stream, self.timers.now());
        work.try_as(other, drawn.cost, drawn.duration);
        self.price_served(env, slot, &drawn);
        self.attempt(env, slot);
    }

    /// An operation falls back once, on another feature than the one that serves it.
    pub(super) fn may_fall_back(&self, slot: u32, other: FeatureIndex) -> bool {
        let work = &self.flight[slot];
        !work.is_substituted() && work.serves() != other
    }

    /// The same attempt at the price of another feature, whose cost is drawn like a substitute's if that draws it: duration and
    /// fate stay, but a run becomes one piece of work.
    pub(super) fn fall_back(&mut self, env: &Env, slot: u32, other: FeatureIndex) {
        let work = &self.flight[slot];
        let sequence = u64::from(work.operation().sequence);
        let key = env.feature_keys[work.operation().feature.index()];
        let mut stream = key.keyed(Purpose::Substitute, sequence, u64::from(work.attempt()) | 1 << 32);
        let given = work.given(env.world.sources[work.operation().feature.index()].kept());
        let (duration, source) = (work.operation().duration, &env.world.sources[other.index()]);
        let drawn = source.price_as(&mut stream, self.timers.now(), &given, duration);
        self.flight[slot].fall_back_to(other, drawn.cost);
        self.price_served(env, slot, &drawn);
        let cost = self.flight[slot].cost();
        if let Some(row) = self.row(slot) {
            row.cost = cost;
        }
        // Nothing stands before what is free, limits included.
        if self.is_free(env, other) {
            self.admit(env, slot, None);
        } else {
            self.try_now(env, slot);
        }
    }

    /// A refused operation waits until credits arrive, as long as its patience lasts.
    fn wait_for_credits(&mut self, env: &Env, slot: u32) {
        self.flight[slot].wait_for_credits();
        self.customer.wait(slot);
        self.begin_patience(env, slot, None);
    }

    /// A refused operation tries again.
    pub(super) fn retry(&mut self, env: &Env, slot: u32) {
        let work = &mut self.flight[slot];
        if !matches!(work.phase(), Phase::Retrying | Phase::Waiting) {
            return;
        }
        work.try_again();
        if self.customer.has_churned() {
            self.lose(env, slot, Reason::Churned);
            return;
        }
        self.attempt(env, slot);
    }

    /// Patience has run out.
    pub(super) fn give_up(&mut self, env: &Env, slot: u32) {
        if !self.flight[slot].gives_up_at(self.timers.now()) {
            return;
        }
        match self.flight[slot].phase() {
            Phase::Queued => {
                let others = self.gate.drop_out(slot) | self.meters.drop_out(slot);
                self.lose(env, slot, Reason::Patience);
                if others {
                    self.timers.resume();
                }
            }
            Phase::Waiting => {
                self.customer.stop_waiting(slot);
                self.restarts.forget(slot);
                self.lose(env, slot, Reason::Patience);
            }
            _ => {}
        }
    }

    /// An operation is lost for good.
    pub(super) fn lose(&mut self, env: &Env, slot: u32, reason: Reason) {
        let written = &env.terms(self.plan).written;
        let by_default = match reason {
            // At a limit its own patience decides, not the policy's.
            Reason::Patience => match self.flight[slot].limit_waited_at() {
                None => !written.patience,
                Some(id) => {
                    let limit = env.terms(self.plan).limits.iter().find(|limit| limit.id == id);
                    limit.is_some_and(|limit| !limit.written.1)
                }
            },
            Reason::QueueFull => !written.queue_max,
            _ => false,
        };
        self.lose_by(env, slot, reason, by_default);
    }

    /// An operation is lost for good, `by_default` if the policy has not written down what decides it.
    pub(super) fn lose_by(&mut self, env: &Env, slot: u32, reason: Reason, by_default: bool) {
        let operation = *self.flight[slot].operation();
        self.counts.lost(operation.feature, operation.cost, reason, by_default);
        let list_cost = self.flight[slot].list_cost();
        self.counts.lost_otherwise(operation.feature, operation.cost - list_cost);
        self.note_by(EntryKind::Lost, slot, |note| Note { reason, credits: operation.cost, ..note });
        self.client_done(env, slot);
        self.free_slot(slot);
    }

    /// After k refusals in a window an organization may leave.
    fn consider_leaving(&mut self, env: &Env) {
        let Some(churn) = &env.customers().churn else { return };
        if self.customer.has_churned() {
            return;
        }
        let refusals = churn.refusals - u32::from(Deliberate::ChurnTooEarly.is_made());
        let reached = self.customer.remember_refusal(self.timers.now(), refusals, churn.within);
        let Some(reached) = reached else { return };
        if churn.probability.holds(env.key.uniform(Purpose::Reaction, u64::MAX, u64::from(reached))) {
            self.leave(env, Reason::None);
        }
    }

    /// The organization leaves now.
    pub(super) fn leave(&mut self, env: &Env, reason: Reason) {
        self.customer.leave();
        self.counts.churned();
        self.note(EntryKind::Churned, Note { reason, ..Note::default() });
        self.pay_back_leaver(env);
    }

    /// Reactive clients are somewhere between two requests.
    pub(super) fn start_clients(&mut self, env: &Env) {
        for index in 0..env.world.features.len() {
            let feature = FeatureIndex(index as u16);
            if !env.traits.enabled.get(index).copied().unwrap_or(true) {
                continue;
            }
            let first_requests = env.world.sources[index].first_requests(&env.traits);
            for (client, wait) in (0_u32..).zip(first_requests) {
                if client.is_multiple_of(4_096) && self.is_called_off(env) {
                    return;
                }
                let entry = self.customer.add_client(feature, client);
                self.schedule_client_after(env, entry, wait);
            }
        }
    }

    /// Draws the think time before a client's next operation.
    fn schedule_client(&mut self, env: &Env, entry: u32) {
        let Client { feature, client, number } = self.customer.client(entry);
        let source = &env.world.sources[feature.index()];
        let mut batch = Batch::default();
        let Some((think, _)) = source.client_operation(&env.traits, client, number, None, &mut batch) else {
            return;
        };
        self.schedule_client_after(env, entry, think);
    }

    fn schedule_client_after(&mut self, env: &Env, entry: u32, wait: SimSpan) {
        let Client { feature, client, .. } = self.customer.client(entry);
        let at = self.timers.now() + wait;
        if at < env.traits.leaves {
            let order = order_of(Class::Arrival, feature.0, client, 0);
            self.timers.schedule_due(Due { at, order, tag: 0, slot: entry, what: DueKind::Client });
        }
    }

    /// A reactive client's next operation arrives.
    pub(super) fn client_arrives(&mut self, env: &Env, entry: u32) {
        let Client { feature, client, number } = self.customer.client_asks(entry);
        let mut batch = Batch::default();
        let source = &env.world.sources[feature.index()];
        let Some((_, mut operation)) =
            source.client_operation(&env.traits, client, number, Some(self.timers.now()), &mut batch)
        else {
            return;
        };
        operation.at = self.timers.now();
        operation.feature = feature;
        operation.sequence = self.customer.next_sequence(feature);
        operation.part_start = 0;
        if self.customer.has_churned() {
            return;
        }
        self.customer.set_arriving(Some(entry));
        self.count_member(env, &operation);
        self.keep_quantities(env, &operation, || &batch.quantities);
        let (whole, parts, quantities) = (&batch.prices, &batch.part_prices, &batch.quantities);
        self.arrive(env, (&operation, &batch.parts), || OtherPrices { whole, parts, quantities }, None);
        self.customer.set_arriving(None);
    }

    /// The operation of a reactive client has ended, one way or the other: the client thinks about its next.
    #[inline]
    pub(super) fn client_done(&mut self, env: &Env, slot: u32) {
        let Some(entry) = self.flight[slot].take_client() else { return };
        self.schedule_client(env, entry);
    }
}
