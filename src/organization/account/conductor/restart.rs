//! What waits starts again: the head of the queue, and operations that wait for credits (docs/semantics.md §6).
//!
//! Owns the distance between restarts and what follows from starting at one instant. Leaves who waits to `attempt` and
//! `react`. Invariant: everything is checked as it starts.

use crate::sampling::Purpose;
use crate::units::{Credits, SimSpan, SimTime};

use super::super::env::Env;
use super::super::events::{Class, DueKind, TimerKind};
use super::super::flight::Phase;
use super::super::gate::Check;
use super::State;

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
        self.timers.resumed();
        while let Some(slot) = self.gate.head() {
            let serves = self.flight[slot].serves();
            if let Some(until) = env.outages.until(serves, self.timers.now()) {
                self.timers.schedule(until, (Class::Resume, 0, 0), TimerKind::Look);
                break;
            }
            if let Some(next) = self.restarts.next.filter(|next| *next > self.timers.now()) {
                self.look_at(next);
                break;
            }
            self.top_up_before_check(env);
            let Check::Passes { hold } = self.check(env, slot) else { break };
            self.gate.pass_head();
            if let Some(lacking) = self.lacks_room(env, slot)
                && !self.resets_instead(env, slot, lacking)
            {
                // Something else stops it now: it moves there.
                self.reopen_row(slot);
                self.meet_limit(env, slot, lacking);
                continue;
            }
            self.restarts.next = self.next_restart(env, slot, self.timers.now());
            self.reopen_row(slot);
            self.admit(env, slot, hold);
        }
        self.resume_for_room(env);
        if self.timers.take_arrived() {
            self.wake_waiting(env);
        }
    }

    /// Credits have arrived: whoever waits for them retries, one after the other.
    fn wake_waiting(&mut self, env: &Env) {
        for slot in self.customer.take_waiting() {
            if self.flight[slot].phase() != Phase::Waiting {
                continue;
            }
            let at = self.restarts.next.map_or(self.timers.now(), |next| next.max(self.timers.now()));
            self.restarts.next = self.next_restart(env, slot, at);
            self.due_at(at, Class::Retry, slot, DueKind::Retry);
        }
    }

    /// The instant before which nothing follows the restart of an operation at `at`; none if they come as they may.
    fn next_restart(&self, env: &Env, slot: u32, at: SimTime) -> Option<SimTime> {
        let distance = &env.terms(self.plan).resume;
        if distance.is_zero() {
            return None;
        }
        let operation = self.flight[slot].operation();
        let key = env.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Patience, u64::from(operation.sequence), 1);
        Some(at + SimSpan::from_seconds_f64(distance.sample(&mut stream)))
    }

    /// The queue is looked at again at `at`.
    fn look_at(&mut self, at: SimTime) {
        if self.restarts.looks != Some(at) {
            self.restarts.looks = Some(at);
            self.timers.schedule(at, (Class::Resume, 0, 0), TimerKind::Look);
        }
    }

    /// An operation starts after it has waited: not alone, if another did at this instant.
    pub(super) fn restarted(&mut self, slot: u32) {
        let now = self.timers.now();
        let generation = self.flight[slot].generation();
        if let Some((at, other, its)) = self.restarts.last.replace((now, slot, generation))
            && at == now
        {
            self.flight[slot].started_with_others();
            if self.flight[other].generation() == its {
                self.flight[other].started_with_others();
            }
        }
    }

    /// Counts overspend of operations that started together after waiting, where nobody has said that they may.
    pub(super) fn count_bunched_overspend(&mut self, env: &Env, slot: u32, rise: Credits) {
        if self.flight[slot].has_started_with_others() && !env.terms(self.plan).written.resume {
            self.counts.overspent_together(rise);
        }
    }
}
