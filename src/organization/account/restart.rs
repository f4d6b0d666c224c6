//! What waits starts again: the head of the queue, and operations that wait for credits (SEMANTICS §6, SEMANTICS-2 §17).
//!
//! Owns the distance between restarts and what follows from starting at one instant. Leaves who waits to `attempt` and
//! `react`. Invariant: everything is checked as it starts.

use crate::sampling::Purpose;
use crate::units::{Credits, SimSpan, SimTime};

use super::env::Env;
use super::events::{Class, DueKind, TimerKind};
use super::gate::Check;
use super::state::{Phase, State};

/// Restarts so far.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Restarts {
    /// The next one comes at this instant or later.
    next: Option<SimTime>,
    /// When the queue is looked at again for it.
    looks: Option<SimTime>,
    /// The last one: when, and which operation (slot and generation).
    last: Option<(SimTime, u32, u32)>,
}

impl State {
    /// Class 8: the head of the queue is checked again; if it fails, nothing behind it passes. Then operations that
    /// wait for credits retry, if credits have arrived.
    pub(super) fn run_resumption(&mut self, env: &Env) {
        self.resume = false;
        while let Some(&slot) = self.queue.front() {
            let serves = self.work[slot as usize].serves;
            if let Some(until) = env.outages.until(serves, self.now) {
                self.at(env, until, Class::Resume, 0, TimerKind::Look);
                break;
            }
            if let Some(next) = self.restarts.next.filter(|next| *next > self.now) {
                self.look_at(env, next);
                break;
            }
            self.top_up_before_check(env);
            let Check::Passes { hold } = self.check(env, slot) else { break };
            self.queue.pop_front();
            self.restarts.next = self.next_restart(env, slot, self.now);
            self.reopen_row(slot);
            self.admit(env, slot, hold);
        }
        if std::mem::take(&mut self.arrived) {
            self.wake_waiting(env);
        }
    }

    /// Credits have arrived: whoever waits for them retries, one after the other.
    fn wake_waiting(&mut self, env: &Env) {
        for slot in std::mem::take(&mut self.waiting) {
            if self.work[slot as usize].phase != Phase::Waiting {
                continue;
            }
            let at = self.restarts.next.map_or(self.now, |next| next.max(self.now));
            self.restarts.next = self.next_restart(env, slot, at);
            self.due_at(env, at, Class::Retry, slot, DueKind::Retry);
        }
    }

    /// The instant before which nothing follows the restart of an operation at `at`; none if they come as they may.
    fn next_restart(&self, env: &Env, slot: u32, at: SimTime) -> Option<SimTime> {
        let distance = &env.terms(self.plan).resume;
        if distance.is_zero() {
            return None;
        }
        let operation = &self.work[slot as usize].operation;
        let key = env.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 1);
        Some(at + SimSpan::from_seconds_f64(distance.sample(&mut stream)))
    }

    /// The queue is looked at again at `at`.
    fn look_at(&mut self, env: &Env, at: SimTime) {
        if self.restarts.looks != Some(at) {
            self.restarts.looks = Some(at);
            self.at(env, at, Class::Resume, 0, TimerKind::Look);
        }
    }

    /// An operation starts after it has waited: not alone, if another did at this instant.
    pub(super) fn restarted(&mut self, slot: u32) {
        let now = self.now;
        let generation = self.work[slot as usize].generation;
        if let Some((at, other, its)) = self.restarts.last.replace((now, slot, generation))
            && at == now
        {
            self.work[slot as usize].bunched = true;
            let other = &mut self.work[other as usize];
            other.bunched |= other.generation == its;
        }
    }

    /// Counts overspend of operations that started together after waiting, where nobody has said that they may.
    pub(super) fn count_bunched_overspend(&mut self, env: &Env, slot: u32, rise: Credits) {
        if self.work[slot as usize].bunched && !env.terms(self.plan).written.resume {
            self.tally.defaults.restart_overspend += rise;
        }
    }
}
