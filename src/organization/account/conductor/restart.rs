//! What waits starts again: the head of the queue, and operations that wait for credits (docs/semantics.md §6).
//!
//! Owns the distance between restarts and what follows from starting at one instant. Leaves who waits to `attempt` and
//! `react`. Invariant: everything is checked as it starts.

use crate::sampling::Purpose;
use crate::units::{Credits, SimSpan, SimTime};

use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::gate::Check;
use super::State;

/// Restarts so far.
#[derive(Debug, Clone, Default)]
pub(super) struct Restarts {
    /// Operations outside the queue that credits have come for, in the order in which they may try again.
    woken: Vec<u32>,
    /// When the first of them has its turn.
    tries: Option<SimTime>,
    /// The next one comes at this instant or later.
    next: Option<SimTime>,
    /// When the queue is looked at again for it.
    looks: Option<SimTime>,
    /// The last one: when, and which operation (slot and generation).
    last: Option<(SimTime, u32, u32)>,
}

impl Restarts {
    /// An operation waits no longer.
    pub(super) fn forget(&mut self, slot: u32) {
        self.woken.retain(|woken| *woken != slot);
    }
}

impl State {
    /// Class 8: the head of the queue is checked again; if it fails, nothing behind it passes. What it does at once comes
    /// before the next one is looked at.
    pub(super) fn run_resumption(&mut self, env: &Env) {
        self.timers.resumed();
        if (self.restart_head(env) || self.resume_for_room(env)) && self.somebody_queues() {
            self.timers.resume();
        }
    }

    /// True if the head of the queue has started, or waits elsewhere from now on.
    fn restart_head(&mut self, env: &Env) -> bool {
        let Some(slot) = self.gate.head() else { return false };
        if !self.may_restart(env, slot) {
            return false;
        }
        self.price_now(env, slot);
        self.top_up_before_check(env, slot);
        let mut checked = self.check(env, slot);
        let may_start = matches!(checked, Check::Passes { .. }) || env.splits_charges;
        if checked != Check::Full
            && let Some(lacking) = self.stopped_by_limit(env, slot, checked)
            && !(may_start && self.resets_instead(env, slot, lacking))
        {
            // Something else stops it now: it moves there.
            self.gate.pass_head();
            self.reopen_row(slot);
            self.meet_limit(env, slot, lacking);
            return true;
        }
        if env.splits_charges {
            checked = self.check(env, slot);
        }
        let Check::Passes { hold } = checked else { return false };
        self.gate.pass_head();
        self.reopen_row(slot);
        self.admit(env, slot, hold);
        true
    }

    /// True if the head of a queue may be checked: nothing is overdue, its feature is not out, and its distance to the last restart is kept.
    pub(super) fn may_restart(&mut self, env: &Env, slot: u32) -> bool {
        if self.money.is_overdue() {
            return false;
        }
        let serves = self.flight[slot].serves();
        if let Some(until) = env.outages.until(serves, self.timers.now()) {
            self.timers.schedule(until, (Class::Resume, 0, 0), TimerKind::Look);
            return false;
        }
        if let Some(next) = self.restarts.next.filter(|next| *next > self.timers.now()) {
            self.look_at(next);
            return false;
        }
        true
    }

    /// An operation of a queue starts: the next one keeps its distance.
    pub(super) fn queued_starts(&mut self, env: &Env, slot: u32) {
        self.restarts.next = self.next_restart(env, slot, self.timers.now());
    }

    /// There may be room under a limit: whoever waits because one has refused it may try again.
    #[inline]
    pub(super) fn wake_for_room(&mut self) {
        if self.meters.is_waited_for() {
            self.wake_refused();
        }
    }

    fn wake_refused(&mut self) {
        if self.meters.take_waiting() && self.customer.somebody_waits() {
            let flight = &self.flight;
            let woken = self.customer.take_waiting_if(|slot| flight[slot].lacked_room());
            self.wake_these(woken);
        }
    }

    /// Credits have arrived: whoever waits for them may try again, in the order of features, then numbers.
    pub(super) fn wake_waiting(&mut self) {
        if !self.customer.somebody_waits() {
            return;
        }
        let waiting = self.customer.take_waiting();
        self.wake_these(waiting);
    }

    fn wake_these(&mut self, slots: Vec<u32>) {
        let mut woken = std::mem::take(&mut self.restarts.woken);
        woken.extend(slots);
        woken.sort_unstable_by_key(|slot| {
            let operation = self.flight[*slot].operation();
            (operation.feature, operation.sequence)
        });
        self.restarts.woken = woken;
        self.try_woken_next();
    }

    /// The next one that was woken has its turn after the queue, as soon as one may.
    fn try_woken_next(&mut self) {
        let at = self.restarts.next.map_or(self.timers.now(), |next| next.max(self.timers.now()));
        if !self.restarts.woken.is_empty() && self.restarts.tries != Some(at) {
            self.restarts.tries = Some(at);
            self.timers.schedule(at, (Class::Resume, 1, 0), TimerKind::Woken);
        }
    }

    /// One operation that was woken tries again.
    pub(super) fn woken_tries(&mut self, env: &Env) {
        self.restarts.tries = None;
        if self.restarts.next.is_none_or(|next| next <= self.timers.now()) && !self.restarts.woken.is_empty()
        {
            let slot = self.restarts.woken.remove(0);
            self.restarts.next = self.next_restart(env, slot, self.timers.now());
            self.retry(env, slot);
        }
        self.try_woken_next();
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
