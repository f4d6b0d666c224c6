//! Refusals and what customers do about them: buy, retry, wait, substitute, abandon, churn (SEMANTICS §9).

use std::collections::VecDeque;

use crate::outcome::{AttemptOutcome, EntryKind, Reason};
use crate::policy::View;
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::Batch;

use super::books::Note;
use super::charging::charged_in_full;
use super::env::Env;
use super::events::{Class, Due, DueKind, order_of};
use super::purchase::Shortage;
use super::state::{Phase, State};
use super::views::Views;

/// Refusals as the customer remembers them.
#[derive(Debug, Clone, Default)]
pub(super) struct RefusalBook {
    /// Since when credits have been refused without a served operation.
    pub(super) episode: Option<SimTime>,
    recent: VecDeque<SimTime>,
    reached: u32,
}

/// A refusal with no alert in this span before it is a surprise.
const SURPRISE: SimSpan = SimSpan::from_seconds(7 * 86_400);

impl State {
    /// An attempt is turned away.
    pub(super) fn refuse(&mut self, env: &Env, slot: u32, reason: Reason, need: Credits) {
        let reason = if reason == Reason::Short && self.budget_stops_buyer(env, slot) {
            self.tally.customer.budget_blocked += 1;
            self.note(EntryKind::BudgetBlocked, Note::by(self.whose(slot)));
            Reason::Budget
        } else {
            reason
        };
        let work = &self.work[slot as usize];
        let (feature, attempt, serves) = (work.operation.feature, work.attempt, work.serves);
        let held_back = reason == Reason::Short && self.passes_without_holds(env, serves, need);
        let surprise = self.last_alert.is_none_or(|alert| self.now - alert > SURPRISE);
        let tally = &mut self.tally.features[feature.index()];
        tally.attempts_refused += 1;
        tally.surprise_refusals += u64::from(surprise);
        tally.hold_induced_refusals += u64::from(held_back);
        match reason {
            Reason::Concurrency => tally.attempts_refused_concurrency += 1,
            Reason::Budget => tally.attempts_refused_budget += 1,
            Reason::Outage => tally.attempts_refused_outage += 1,
            Reason::Denial => tally.attempts_refused_denial += 1,
            _ => tally.attempts_refused_short += 1,
        }
        if attempt == 1 {
            tally.refused += 1;
            self.cycle.row.refused += 1;
        }
        if matches!(reason, Reason::Short | Reason::Budget) {
            self.refusals.episode.get_or_insert(self.now);
        }
        self.note(EntryKind::Refused, Note { reason, credits: need, ..Note::by(self.whose(slot)) });
        self.finish_row(slot, AttemptOutcome::Refused);
        if let Some(row) = self.row(slot) {
            row.reason = reason;
        }
        self.consider_leaving(env);
        if self.churned {
            self.lose(env, slot, Reason::Churned);
        } else {
            self.react(env, slot, reason, need);
        }
    }

    fn passes_without_holds(&self, env: &Env, serves: FeatureIndex, need: Credits) -> bool {
        let check = env.check(self.plan, serves);
        let views = self.views();
        let without = Views { available: views.available + self.books.ledger().held(), ..views };
        check.view() == View::Available && check.finds(without, need)
    }

    /// What the customer does about a refusal; every choice is keyed by operation and attempt.
    fn react(&mut self, env: &Env, slot: u32, reason: Reason, need: Credits) {
        let work = &self.work[slot as usize];
        let (operation, attempt, waited) = (work.operation, work.attempt, work.phase == Phase::Waiting);
        let key = env.key_of(operation.feature);
        let (sequence, number) = (u64::from(operation.sequence), u64::from(attempt));
        if reason == Reason::Short
            && let Some(resumes) = self.buy_after_refusal(env, slot, need)
        {
            if resumes {
                self.wait_for_credits(env, slot);
            } else {
                self.lose(env, slot, Reason::Refused);
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
            if uniform < retry.probability.get() && attempt < retry.attempts {
                let mut stream = key.keyed(Purpose::Reaction, sequence, number | 1 << 32);
                let delay = SimSpan::from_seconds_f64(retry.delay.sample(&mut stream));
                self.work[slot as usize].phase = Phase::Retrying;
                self.due_at(env, self.now + delay, Class::Retry, slot, DueKind::Retry);
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
            && self.work[slot as usize].serves == operation.feature
            && let Some((_, other)) = substitute.pairs.iter().find(|(from, _)| *from == operation.feature)
        {
            self.substitute(env, slot, *other);
            return;
        }
        self.lose(env, slot, if attempt == 1 { Reason::Refused } else { Reason::Abandoned });
    }

    fn begins_to_wait(&mut self, env: &Env, slot: u32, reason: Reason) {
        if reason == Reason::Short {
            self.buy_when_short(env, slot, Shortage::Waits);
        }
    }

    /// Another attempt of the same operation, as another feature.
    fn substitute(&mut self, env: &Env, slot: u32, other: FeatureIndex) {
        let work = &mut self.work[slot as usize];
        let sequence = u64::from(work.operation.sequence);
        let key = env.feature_keys[work.operation.feature.index()];
        let mut stream = key.keyed(Purpose::Substitute, sequence, u64::from(work.attempt));
        let (cost, duration) = env.world.sources[other.index()].substitute(&mut stream, self.now);
        work.serves = other;
        work.cost = cost;
        work.parts.clear();
        work.operation.duration = duration;
        work.operation.part_count = 0;
        work.operation.fate = crate::workload::Fate::Completes;
        work.attempt += 1;
        let operation = work.operation;
        let terms = env.terms(self.plan);
        let charged = charged_in_full(terms, &terms.features[other.index()], &[], cost);
        self.work[slot as usize].estimate = self.estimate(env, other, &operation, (cost, charged));
        self.attempt(env, slot);
    }

    /// A refused operation waits until credits arrive, as long as its patience lasts.
    fn wait_for_credits(&mut self, env: &Env, slot: u32) {
        let first = self.work[slot as usize].phase != Phase::Waiting;
        self.work[slot as usize].phase = Phase::Waiting;
        self.waiting.push(slot);
        if first {
            let at = self.patience_ends(env, slot);
            self.due_at(env, at, Class::Resume, slot, DueKind::Patience);
        }
    }

    /// A refused operation tries again.
    pub(super) fn retry(&mut self, env: &Env, slot: u32) {
        let work = &mut self.work[slot as usize];
        if !matches!(work.phase, Phase::Retrying | Phase::Waiting) {
            return;
        }
        work.attempt += 1;
        if self.churned {
            self.lose(env, slot, Reason::Churned);
            return;
        }
        self.attempt(env, slot);
    }

    /// Patience has run out.
    pub(super) fn give_up(&mut self, env: &Env, slot: u32) {
        match self.work[slot as usize].phase {
            Phase::Queued => {
                let head = self.queue.front() == Some(&slot);
                self.queue.retain(|queued| *queued != slot);
                self.lose(env, slot, Reason::Patience);
                self.resume |= head && !self.queue.is_empty();
            }
            Phase::Waiting => {
                self.waiting.retain(|waiting| *waiting != slot);
                self.lose(env, slot, Reason::Patience);
            }
            _ => {}
        }
    }

    /// An operation is lost for good.
    pub(super) fn lose(&mut self, env: &Env, slot: u32, reason: Reason) {
        let operation = self.work[slot as usize].operation;
        let tally = &mut self.tally.features[operation.feature.index()];
        tally.lost_credits += operation.cost;
        match reason {
            Reason::Abandoned => tally.lost_abandoned += 1,
            Reason::Patience => {
                tally.lost_patience += 1;
                self.tally.defaults.patience += u64::from(!env.terms(self.plan).written.patience);
            }
            Reason::QueueFull => tally.lost_queue_full += 1,
            Reason::Churned => tally.lost_churned += 1,
            _ => tally.lost_refused += 1,
        }
        self.note(EntryKind::Lost, Note { reason, credits: operation.cost, ..Note::by(self.whose(slot)) });
        self.client_done(env, slot);
        self.free_slot(slot);
    }

    /// After k refusals in a window an organization may leave.
    fn consider_leaving(&mut self, env: &Env) {
        let Some(churn) = &env.customers().churn else { return };
        if self.churned {
            return;
        }
        let now = self.now;
        let recent = &mut self.refusals.recent;
        recent.push_back(now);
        while recent.front().is_some_and(|first| now - *first > churn.within) {
            recent.pop_front();
        }
        if recent.len() >= churn.refusals as usize {
            recent.clear();
            self.refusals.reached += 1;
            let uniform = env.key.uniform(Purpose::Reaction, u64::MAX, u64::from(self.refusals.reached));
            if churn.probability.holds(uniform) {
                self.churned = true;
                self.tally.customer.churned = true;
                self.note(EntryKind::Churned, Note::default());
            }
        }
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
                self.client_numbers.push((feature, client, 0));
                let entry = (self.client_numbers.len() - 1) as u32;
                self.schedule_client_after(env, entry, wait);
            }
        }
    }

    /// Draws the think time before a client's next operation.
    fn schedule_client(&mut self, env: &Env, entry: u32) {
        let (feature, client, number) = self.client_numbers[entry as usize];
        let source = &env.world.sources[feature.index()];
        let mut batch = Batch::default();
        let Some((think, _)) = source.client_operation(&env.traits, client, number, None, &mut batch) else {
            return;
        };
        self.schedule_client_after(env, entry, think);
    }

    fn schedule_client_after(&mut self, env: &Env, entry: u32, wait: SimSpan) {
        let (feature, client, _) = self.client_numbers[entry as usize];
        let at = self.now + wait;
        if at < env.world.end && at < env.traits.leaves {
            let order = order_of(Class::Arrival, feature.0, client, 0);
            self.due.push(Due { at, order, tag: 0, slot: entry, what: DueKind::Client });
        }
    }

    /// A reactive client's next operation arrives.
    pub(super) fn client_arrives(&mut self, env: &Env, entry: u32) {
        let (feature, client, number) = self.client_numbers[entry as usize];
        self.client_numbers[entry as usize].2 += 1;
        let mut batch = Batch::default();
        let source = &env.world.sources[feature.index()];
        let Some((_, mut operation)) =
            source.client_operation(&env.traits, client, number, Some(self.now), &mut batch)
        else {
            return;
        };
        operation.at = self.now;
        operation.feature = feature;
        operation.sequence = self.client_sequence[feature.index()];
        operation.part_start = 0;
        self.client_sequence[feature.index()] += 1;
        if self.churned {
            return;
        }
        self.client_arriving = entry + 1;
        self.count_member(env, &operation);
        self.keep_quantities(env, &operation, &batch.quantities);
        self.arrive(env, &operation, &batch.parts, None);
        self.client_arriving = 0;
    }

    /// The operation of a reactive client has ended, one way or the other: the client thinks about its next.
    pub(super) fn client_done(&mut self, env: &Env, slot: u32) {
        let Some(entry) = self.work[slot as usize].client.checked_sub(1) else { return };
        self.work[slot as usize].client = 0;
        self.schedule_client(env, entry);
    }
}
