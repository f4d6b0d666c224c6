//! Work in flight when the account is exhausted (docs/semantics.md §6.13).

use crate::policy::InFlight;

use super::account::Judged;
use super::work::{Ending, Stands};

impl Judged<'_> {
    /// Settled ≤ −limit over the lots that an operation may burn, never with an unlimited one (docs/semantics.md §6.13, §14.2).
    pub fn is_exhausted(&self, work: usize) -> bool {
        self.limit().is_some_and(|limit| self.balances_for(work).settled <= -limit)
    }

    /// Kills what runs, in the order of features, then numbers; work under an open hold is exempt.
    pub fn kill_if_exhausted(&mut self) {
        if self.kills {
            return;
        }
        self.kills = true;
        // What the charges of the killed exhaust besides is killed after them.
        while self.kill_what_is_exhausted() {}
        self.kills = false;
    }

    /// True if something was killed.
    fn kill_what_is_exhausted(&mut self) -> bool {
        let mut running: Vec<usize> = (0..self.work.len())
            .filter(|&work| {
                let state = &self.work[work];
                state.stands == Stands::InFlight
                    && state.started
                    && self.is_killable(work)
                    && self.is_exhausted(work)
            })
            .collect();
        running.sort_by_key(|&work| self.tie(work, 0));
        let mut killed = false;
        for work in running {
            let exempt = self.open_hold_of(work).is_some();
            if self.work[work].stands == Stands::InFlight && self.work[work].settled.is_none() && !exempt {
                self.end(work, Ending::Killed);
                killed = true;
            }
        }
        killed
    }

    /// An operation that starts while the account is exhausted meets it at once.
    pub fn kill_at_start(&mut self, work: usize) {
        if self.is_exhausted(work) && self.is_killable(work) && self.open_hold_of(work).is_none() {
            self.end(work, Ending::Killed);
        }
    }

    /// Stopped at the end of the running step if more would follow.
    pub fn stops_at_step(&self, work: usize) -> bool {
        matches!(self.rules_of(work).in_flight, InFlight::StopAtStep(_))
            && self.is_exhausted(work)
            && self.open_hold_of(work).is_none()
    }
}
