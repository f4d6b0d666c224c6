//! What is due of the account's own, in the order of docs/semantics.md §10.
//!
//! Owns the loop over timers, events of operations and resumptions. Leaves which of them comes next to `timers`, what each
//! of them means to the file of its concern, and the trace to `trace`.

use crate::units::SimTime;
use crate::workload::Operation;

use super::super::env::Env;
use super::super::events::{Class, Due, DueKind, TimerKind, order_of};
use super::super::timers::NextUp;
use super::State;
use super::pace::Doing;

impl State {
    /// Handles everything due before (`at`, `order`).
    #[inline]
    pub(super) fn drain(&mut self, env: &Env, at: SimTime, order: u64) {
        // Most arrivals find nothing due but plain completions, or nothing at all.
        while self.timers.is_plain_until(at) {
            let Some(due) = self.timers.next_due(at, order) else { return };
            if !self.goes_on(env, Doing::Due(due)) {
                return;
            }
            self.run_due(env, due);
        }
        self.drain_slowly(env, at, order);
    }

    /// As `drain`, with timers, samples and resumptions among what is due.
    fn drain_slowly(&mut self, env: &Env, at: SimTime, order: u64) {
        while !self.pace.left_early {
            let Some(next) = self.timers.next(&env.world.instants, (at, order)) else { return };
            let doing = match next {
                NextUp::Sample(instant) => {
                    self.take_sample(instant);
                    continue;
                }
                NextUp::Timer(_) => Doing::Timer,
                NextUp::Resumption => Doing::Resumption,
                NextUp::Due(due) => Doing::Due(due),
            };
            if !self.goes_on(env, doing) {
                continue;
            }
            match next {
                NextUp::Timer(what) => self.run_timer(env, what),
                NextUp::Due(due) => self.run_due(env, due),
                NextUp::Resumption => self.run_resumption(env),
                NextUp::Sample(_) => {}
            }
        }
    }

    fn run_timer(&mut self, env: &Env, what: TimerKind) {
        match what {
            TimerKind::Measure => self.begin_measuring(env),
            TimerKind::Month => self.month_ends(env),
            TimerKind::Expire(lot) => self.expire_lot(env, lot),
            TimerKind::Void(lot) => self.void_lot(env, lot),
            TimerKind::Pool => self.pool_unused(env),
            TimerKind::Close => self.close_cycle(env),
            TimerKind::Seats => self.seats_change(env),
            TimerKind::PlanChange => self.plan_changes_now(env),
            TimerKind::Rules => self.rules_change(env),
            TimerKind::Bill => self.bill(env),
            TimerKind::Invoice(index) => self.invoice_ends(env, index),
            TimerKind::Suspend(index) => self.suspend(env, index),
            TimerKind::Terminate => self.terminate(env),
            TimerKind::Leave => self.life_ends(env),
            TimerKind::Grant(index) => self.grant_effective(env, index),
            TimerKind::Recur(index) => self.recur(env, index),
            TimerKind::Repay => self.repay(env),
            TimerKind::Pay => self.pay(env),
            TimerKind::Regular(n) => self.regular_purchase(env, n),
            TimerKind::AskAgain => self.ask_again(env),
            TimerKind::Land(order) => self.land(env, order),
            TimerKind::Wake => self.wake(env),
            TimerKind::Look => self.timers.resume(),
            TimerKind::Room => self.time_brings_room(),
            TimerKind::LimitReset => self.reset_limits(env),
            TimerKind::RaiseAnswered(index) => self.raise_answered(env, index),
            TimerKind::Rates => self.rates_change(env),
            TimerKind::Woken => self.woken_tries(env),
            TimerKind::SignUp => self.sign_up(env),
        }
    }

    fn run_due(&mut self, env: &Env, due: Due) {
        match due.what {
            DueKind::Record => return self.record_due(env, due.slot),
            DueKind::Client => return self.client_arrives(env, due.slot),
            _ => {}
        }
        if u64::from(self.flight[due.slot].generation()) != due.tag {
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

    /// Schedules something of an operation.
    pub(super) fn due_at(&mut self, at: SimTime, class: Class, slot: u32, what: DueKind) {
        let work = &self.flight[slot];
        let Operation { feature, sequence, .. } = *work.operation();
        let order = order_of(class, feature.0, sequence, work.segment());
        self.timers.schedule_due(Due { at, order, tag: u64::from(work.generation()), slot, what });
    }
}
