//! How an account that would never end is noticed: it is asked to leave, or its time stands still.
//!
//! Owns the count of the account's own events and when to look up from them. Leaves the loops themselves to `instants`,
//! `trace` and `top_up`. Invariant: an account that left early is thrown away; nothing of it is reported.

use std::sync::atomic::Ordering::Relaxed;

use crate::units::{FeatureIndex, SimTime};

use super::super::env::Env;
use super::super::events::{Due, DueKind};
use super::State;

/// Events between two looks: often enough to be heard within milliseconds, seldom enough to cost nothing.
const EVERY: u32 = 1_024;
/// Events of one instant that nothing sensible brings about, besides those of operations that are alive in it.
const MOST_AT_ONE_INSTANT: u64 = 1_000_000;
/// The same for every operation that is alive.
const MOST_OF_AN_OPERATION: u64 = 100;

/// What an account does when it looks up.
#[derive(Debug, Clone, Copy)]
pub(super) enum Doing {
    /// Something of an operation, or of a reactive client.
    Due(Due),
    /// Something of its own: a cycle, a grant, a purchase.
    Timer,
    /// Operations of the queue, or that waited for credits.
    Resumption,
    /// An automatic top-up (index of the rule).
    TopUp(usize),
}

/// How many events there were, and since when at this instant.
#[derive(Debug, Clone)]
pub(super) struct Pace {
    left: u32,
    at: SimTime,
    here: u64,
    /// The account has left early: its loops end.
    pub(super) left_early: bool,
}

impl Default for Pace {
    fn default() -> Pace {
        Pace { left: EVERY, at: SimTime::MIN, here: 0, left_early: false }
    }
}

impl State {
    /// Counts an event of the account's own; false if the account has to leave before it.
    #[inline]
    pub(super) fn goes_on(&mut self, env: &Env, doing: Doing) -> bool {
        self.pace.left -= 1;
        self.pace.left > 0 || self.look_up(env, doing)
    }

    /// True if the account is asked to leave.
    pub(super) fn is_called_off(&mut self, env: &Env) -> bool {
        self.pace.left_early |= env.world.is_abandoned();
        self.pace.left_early
    }

    #[cold]
    fn look_up(&mut self, env: &Env, doing: Doing) -> bool {
        // One is left, so that whoever asks again looks up again.
        self.pace.left = 1;
        if self.is_called_off(env) {
            return false;
        }
        env.world.heartbeat.fetch_add(1, Relaxed);
        if self.pace.at == self.timers.now() {
            self.pace.here += u64::from(EVERY);
        } else {
            (self.pace.at, self.pace.here) = (self.timers.now(), 0);
        }
        if self.pace.here > MOST_AT_ONE_INSTANT + MOST_OF_AN_OPERATION * self.flight.len() as u64 {
            self.pace.left_early = true;
            self.fail(self.standing_still(env, doing));
            return false;
        }
        self.pace.left = EVERY;
        true
    }

    fn standing_still(&self, env: &Env, doing: Doing) -> String {
        let feature = |index: FeatureIndex| format!("feature `{}`", env.facts(index).name);
        let whose = match doing {
            Doing::Due(Due { what: DueKind::Client, slot, .. }) => {
                format!("a reactive client of {}", feature(self.customer.client(slot).feature))
            }
            Doing::Due(Due { what: DueKind::Record, slot, .. }) => {
                let charged = self.flight.charged(slot);
                charged.map_or_else(String::new, |work| feature(work.operation().feature))
            }
            Doing::Due(due) => feature(self.flight[due.slot].operation().feature),
            Doing::Timer => String::from("the account's cycles, grants and purchases"),
            Doing::Resumption => String::from("operations that wait for credits"),
            Doing::TopUp(rule) => format!("top-up rule {}", rule + 1),
        };
        format!("time stands still: {} events at one instant, the last of {whose}", self.pace.here)
    }
}
