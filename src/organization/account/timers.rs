//! Time: what is due of an account's own, and which of it comes next (docs/semantics.md §10).
//!
//! Owns the future event list (timers of the account, events of its operations, samples), the two things that may be due
//! at once (resumption, and a new try of whoever waits for credits), and the present instant. Leaves what each of them
//! means to whoever asks for the next. Invariant: time never runs back.

use std::collections::BinaryHeap;

use crate::units::SimTime;

use super::super::agenda::Agenda;
use super::events::{Class, Due, Timer, TimerKind, order_of, place_of};

/// What comes next.
#[derive(Debug, Clone, Copy)]
pub(super) enum NextUp {
    /// The state at this instant is asked for.
    Sample(SimTime),
    /// Something of the account's own.
    Timer(TimerKind),
    /// Operations that waited may start.
    Resumption,
    /// Something of an operation.
    Due(Due),
}

/// The future event list of one account.
#[derive(Debug, Clone)]
pub(super) struct Timers {
    now: SimTime,
    /// End of the horizon: nothing is scheduled at it or later.
    end: SimTime,
    due: Agenda<Due>,
    own: BinaryHeap<Timer>,
    /// The earliest of the timers and the next sample.
    soonest: SimTime,
    ordinal: u32,
    next_sample: usize,
    /// The next event of the trace, if it is an end: place in time.
    next_in_trace: (SimTime, u64),
    /// Work was resumed at this instant: class 8 is due now.
    resume: bool,
}

impl Timers {
    /// Of an account in the horizon from `start` to `end`.
    pub(super) fn new(start: SimTime, end: SimTime) -> Timers {
        Timers {
            now: start,
            end,
            due: Agenda::default(),
            own: BinaryHeap::new(),
            soonest: SimTime::MAX,
            ordinal: 0,
            next_sample: 0,
            next_in_trace: (SimTime::MAX, 0),
            resume: false,
        }
    }

    /// The present instant: everything before it has been handled.
    #[inline]
    pub(super) fn now(&self) -> SimTime {
        self.now
    }

    /// The present becomes `at`.
    #[inline]
    pub(super) fn advance(&mut self, at: SimTime) {
        debug_assert!(at >= self.now, "time never runs back");
        self.now = at;
    }

    /// Schedules something of the account itself with its place at the instant (class, rank inside the class, id); ties
    /// keep the order of scheduling.
    pub(super) fn schedule(&mut self, at: SimTime, (class, rank, id): (Class, u16, u32), what: TimerKind) {
        if at >= self.end {
            return;
        }
        self.ordinal += 1;
        let order = order_of(class, rank, id, 0);
        self.own.push(Timer { at, order, ordinal: self.ordinal, what });
        self.soonest = self.soonest.min(at);
    }

    /// Schedules something of an operation.
    #[inline]
    pub(super) fn schedule_due(&mut self, due: Due) {
        if due.at < self.end {
            self.due.push(due);
        }
    }

    /// Operations that wait may start: class 8 of this instant is due.
    #[inline]
    pub(super) fn resume(&mut self) {
        self.resume = true;
    }

    /// Class 8 of this instant is done with what had asked for it.
    pub(super) fn resumed(&mut self) {
        self.resume = false;
    }

    /// Nothing of what has happened so far resumes anything.
    pub(super) fn forget_resumption(&mut self) {
        self.resume = false;
    }

    /// True if class 8 of this instant is due.
    #[inline]
    pub(super) fn resumes_now(&self) -> bool {
        self.resume
    }

    /// Instant of the earliest thing that is due, resumption aside; `SimTime::MAX` if nothing is.
    pub(super) fn next_instant(&self) -> SimTime {
        self.due.peek().map_or(self.soonest, |due| due.at.min(self.soonest))
    }

    /// Instant of the next timer or sample.
    pub(super) fn next_timer(&self) -> SimTime {
        self.soonest
    }

    /// Where the next event of the trace is, if it is an end.
    pub(super) fn expect_in_trace(&mut self, at: SimTime, order: u64) {
        self.next_in_trace = (at, order);
    }

    /// The trace is over for now.
    pub(super) fn expect_nothing_in_trace(&mut self) {
        self.next_in_trace = (SimTime::MAX, 0);
    }

    /// True if something else may still happen at this instant before an event of this order.
    pub(super) fn others_now(&self, order: u64) -> bool {
        self.soonest <= self.now
            || self.due.peek().is_some_and(|due| due.at <= self.now && due.order < order)
            || self.next_in_trace < (self.now, order)
            || (self.resumes_now() && order >= order_of(Class::Resume, 0, 0, 0))
    }

    /// True if until `at` nothing but events of operations can come next.
    #[inline]
    pub(super) fn is_plain_until(&self, at: SimTime) -> bool {
        self.soonest > at && !self.resumes_now()
    }

    /// The next event of an operation before (`at`, `order`), which becomes the present.
    #[inline]
    pub(super) fn next_due(&mut self, at: SimTime, order: u64) -> Option<Due> {
        let first = self.due.peek()?;
        if first.place() >= place_of(at, order) {
            return None;
        }
        let due = self.due.pop()?;
        self.now = due.at;
        Some(due)
    }

    /// What comes next before `bound` (instant and order), whose instant becomes the present; samples are taken at
    /// `instants`.
    pub(super) fn next(&mut self, instants: &[SimTime], bound: (SimTime, u64)) -> Option<NextUp> {
        let mut soonest = self.due.peek().map_or((SimTime::MAX, 0), |due| (due.at, due.order));
        let mut resumes = false;
        if self.resumes_now() {
            let now = (self.now, order_of(Class::Resume, 0, 0, 0));
            // Resumption comes before the end of patience of the same instant.
            resumes = now <= soonest;
            soonest = soonest.min(now);
        }
        if self.soonest <= soonest.0.min(bound.0)
            && let Some(next) = self.next_own(instants, soonest, bound)
        {
            return Some(next);
        }
        if soonest >= bound {
            return None;
        }
        if resumes {
            return Some(NextUp::Resumption);
        }
        let due = self.due.pop()?;
        self.now = due.at;
        Some(NextUp::Due(due))
    }

    /// A sample or a timer that comes before both bounds.
    fn next_own(
        &mut self,
        instants: &[SimTime],
        soonest: (SimTime, u64),
        bound: (SimTime, u64),
    ) -> Option<NextUp> {
        if let Some(&instant) = instants.get(self.next_sample) {
            let timer = self.own.peek().map_or(SimTime::MAX, |timer| timer.at);
            if instant <= timer && instant <= soonest.0 && instant <= bound.0 {
                self.next_sample += 1;
                self.refresh(instants);
                return Some(NextUp::Sample(instant));
            }
        }
        let first = self.own.peek()?;
        if (first.at, first.order) >= soonest.min(bound) {
            return None;
        }
        let timer = self.own.pop()?;
        self.now = timer.at;
        self.refresh(instants);
        Some(NextUp::Timer(timer.what))
    }

    /// Finds the earliest of the timers and the next sample.
    pub(super) fn refresh(&mut self, instants: &[SimTime]) {
        let timer = self.own.peek().map_or(SimTime::MAX, |timer| timer.at);
        let sample = instants.get(self.next_sample).copied().unwrap_or(SimTime::MAX);
        self.soonest = timer.min(sample);
    }
}
