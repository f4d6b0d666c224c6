//! What is due of the account's own, in the order of SEMANTICS §10.
//!
//! Owns the loop over timers, events of operations and resumptions, and their scheduling. Leaves what each of them means
//! to the file of its concern, and the course to `follow`. Invariant: time never runs backwards.

use crate::units::SimTime;
use crate::workload::Operation;

use super::env::Env;
use super::events::{Class, Due, DueKind, Timer, TimerKind, order_of, place_of};
use super::pace::Doing;
use super::state::State;

impl State {
    /// Handles everything due before (`at`, `order`).
    #[inline]
    pub(super) fn drain(&mut self, env: &Env, at: SimTime, order: u64) {
        // Most arrivals find nothing due but plain completions, or nothing at all.
        while self.next_timer > at && !self.resume && !self.arrived {
            match self.due.peek() {
                Some(due) if due.place() < place_of(at, order) => {}
                _ => return,
            }
            if let Some(due) = self.due.pop() {
                self.now = due.at;
                if !self.goes_on(env, Doing::Due(due)) {
                    return;
                }
                self.run_due(env, due);
            }
        }
        self.drain_slowly(env, at, order);
    }

    /// As `drain`, with timers, samples and resumptions among what is due.
    fn drain_slowly(&mut self, env: &Env, at: SimTime, order: u64) {
        while !self.pace.left_early {
            let mut soonest = self.due.peek().map_or((SimTime::MAX, 0), |due| (due.at, due.order));
            let mut resumes = false;
            if self.resume || self.arrived {
                let now = (self.now, order_of(Class::Resume, 0, 0, 0));
                // Resumption comes before the end of patience of the same instant.
                resumes = now <= soonest;
                soonest = soonest.min(now);
            }
            if self.next_timer <= soonest.0.min(at) && self.run_timer(env, soonest, (at, order)) {
                continue;
            }
            if soonest >= (at, order) {
                return;
            }
            if resumes {
                if self.goes_on(env, Doing::Resumption) {
                    self.run_resumption(env);
                }
            } else if let Some(due) = self.due.pop() {
                self.now = due.at;
                if self.goes_on(env, Doing::Due(due)) {
                    self.run_due(env, due);
                }
            }
        }
    }

    /// Takes a sample or runs a timer if it comes before both bounds; false if none does.
    fn run_timer(&mut self, env: &Env, soonest: (SimTime, u64), bound: (SimTime, u64)) -> bool {
        if let Some(&instant) = env.world.instants.get(self.next_sample) {
            let timer = self.timers.peek().map_or(SimTime::MAX, |timer| timer.at);
            if instant <= timer && instant <= soonest.0 && instant <= bound.0 {
                self.take_sample(instant);
                self.refresh_next_timer(env);
                return true;
            }
        }
        let Some(timer) = self.timers.peek() else { return false };
        if (timer.at, timer.order) >= soonest.min(bound) {
            return false;
        }
        let timer = self.timers.pop().expect("the timer that was looked at");
        self.now = timer.at;
        self.refresh_next_timer(env);
        if self.goes_on(env, Doing::Timer) {
            self.run_timer_kind(env, timer.what);
        }
        true
    }

    fn run_timer_kind(&mut self, env: &Env, what: TimerKind) {
        match what {
            TimerKind::Measure => self.begin_measuring(env),
            TimerKind::Expire(lot) => self.expire_lot(env, lot),
            TimerKind::Void(lot) => self.void_lot(env, lot),
            TimerKind::Close => self.close_cycle(env),
            TimerKind::PlanChange => self.plan_changes_now(env),
            TimerKind::Rules => self.rules_change(env),
            TimerKind::Bill => self.bill(env),
            TimerKind::Invoice(index) => self.invoice_due(env, index),
            TimerKind::Grant(index) => self.grant_effective(env, index),
            TimerKind::Recur(index) => self.recur(env, index),
            TimerKind::Repay => self.repay(env),
            TimerKind::Pay => self.pay(env),
            TimerKind::Regular(n) => self.regular_purchase(env, n),
            TimerKind::AskAgain => self.ask_again(env),
            TimerKind::Land(order) => self.land(env, order),
            TimerKind::Wake => self.wake(env),
            TimerKind::Look => self.resume = true,
            TimerKind::SignUp => self.sign_up(env),
        }
    }

    fn run_due(&mut self, env: &Env, due: Due) {
        match due.what {
            DueKind::Record => return self.record_due(env, due.slot),
            DueKind::Client => return self.client_arrives(env, due.slot),
            _ => {}
        }
        if u64::from(self.work[due.slot as usize].generation) != due.tag {
            return;
        }
        match due.what {
            DueKind::Charge => self.part_due(env, due.slot),
            DueKind::End => self.part_ends(env, due.slot),
            DueKind::Stop => self.stop_at_hold(env, due.slot),
            DueKind::HoldTimeout => self.hold_times_out(env, due.slot),
            DueKind::Retry => self.retry(env, due.slot),
            DueKind::Patience => self.give_up(env, due.slot),
            DueKind::Record | DueKind::Client => {}
        }
    }

    /// Schedules something of the account itself; ties keep the order of scheduling.
    pub(super) fn at(&mut self, env: &Env, at: SimTime, class: Class, rank: u16, what: TimerKind) {
        self.at_ranked(env, at, (class, rank, 0), what);
    }

    /// Schedules something with its place at the instant: class, rank inside the class, id.
    pub(super) fn at_ranked(&mut self, env: &Env, at: SimTime, place: (Class, u16, u32), what: TimerKind) {
        if at >= env.world.end {
            return;
        }
        self.timer_ordinal += 1;
        let (class, rank, id) = place;
        let order = order_of(class, rank, id, 0);
        self.timers.push(Timer { at, order, ordinal: self.timer_ordinal, what });
        self.next_timer = self.next_timer.min(at);
    }

    /// Schedules something of an operation.
    pub(super) fn due_at(&mut self, env: &Env, at: SimTime, class: Class, slot: u32, what: DueKind) {
        if at >= env.world.end {
            return;
        }
        let work = &self.work[slot as usize];
        let Operation { feature, sequence, .. } = work.operation;
        let order = order_of(class, feature.0, sequence, work.segment);
        self.due.push(Due { at, order, tag: u64::from(work.generation), slot, what });
    }

    /// True if something else may still happen at this instant before an event of this order.
    pub(super) fn others_now(&self, order: u64) -> bool {
        self.next_timer <= self.now
            || self.due.peek().is_some_and(|due| due.at <= self.now && due.order < order)
            || self.next_in_course < (self.now, order)
            || ((self.resume || self.arrived) && order >= order_of(Class::Resume, 0, 0, 0))
    }

    pub(super) fn refresh_next_timer(&mut self, env: &Env) {
        let timer = self.timers.peek().map_or(SimTime::MAX, |timer| timer.at);
        let sample = env.world.instants.get(self.next_sample).copied().unwrap_or(SimTime::MAX);
        self.next_timer = timer.min(sample);
    }
}
