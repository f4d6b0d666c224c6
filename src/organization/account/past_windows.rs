//! Windows that the first use has opened and that have ended, as long as something may still be charged to them
//! (docs/semantics.md §15.4, §15.13).
//!
//! Owns what was used of each, and which operations started in which. Leaves windows that are open to `meter`, and for how long
//! operations live to the conductor. Invariant: windows stand in the order in which they were opened.

use std::collections::VecDeque;

use crate::units::{Credits, SimTime};

/// Where among the openings and resets of an account's meters an operation has started, and when. Instants alone do not tell:
/// one window may be closed and another opened at the instant at which it starts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct EnteredAt {
    /// How many windows had been opened and limits begun anew, its own included.
    pub(super) turn: u32,
    pub(super) started: SimTime,
}

impl EnteredAt {
    /// Of an operation that has not started.
    pub(super) const NOWHERE: EnteredAt = EnteredAt { turn: 0, started: SimTime::MAX };
}

/// A window that has ended.
#[derive(Debug, Clone, Copy)]
pub(super) struct PastWindow {
    /// The turns at which it was opened, and closed by a reset; never if it ended by itself.
    pub(super) opened: u32,
    pub(super) closed: u32,
    pub(super) until: SimTime,
    /// What was used of it, and how much there was room for as it ended.
    pub(super) used: Credits,
    pub(super) most: Option<Credits>,
    /// All was used at some instant.
    pub(super) exhausted: bool,
    /// It is among the windows that are reported.
    pub(super) reported: bool,
}

impl PastWindow {
    /// True if an operation has started in it.
    fn held(&self, entered: EnteredAt) -> bool {
        self.opened <= entered.turn && entered.turn < self.closed && entered.started < self.until
    }

    /// True if what is used has reached all that there was room for from so much.
    pub(super) fn is_filled_from(&self, before: Credits) -> bool {
        self.most.is_some_and(|most| before < most && self.used >= most)
    }

    /// What is left of it.
    pub(super) fn unused(&self) -> Credits {
        self.most.map_or(Credits::ZERO, |most| (most - self.used).positive_part())
    }
}

/// The windows of one meter that have ended and are remembered.
#[derive(Debug, Clone, Default)]
pub(super) struct PastWindows(VecDeque<PastWindow>);

impl PastWindows {
    /// One more has ended.
    pub(super) fn push(&mut self, window: PastWindow) {
        self.0.push_back(window);
    }

    /// The one in which an operation started.
    pub(super) fn of(&mut self, entered: EnteredAt) -> Option<&mut PastWindow> {
        self.0
            .iter_mut()
            .rev()
            .find(|window| window.opened <= entered.turn)
            .filter(|window| window.held(entered))
    }

    /// Outcomes begin to count: nothing is reported of them.
    pub(super) fn begin_measuring(&mut self) {
        self.0.iter_mut().for_each(|window| window.reported = false);
    }

    /// Forgets those in which nothing started at this turn or later; `next` is the turn of the window behind the last.
    pub(super) fn forget_before(&mut self, turn: u32, next: u32) {
        while let Some(first) = self.0.front() {
            let behind = self.0.get(1).map_or(next, |window| window.opened);
            let over = first.closed <= turn || first.opened < behind && behind <= turn;
            if !over {
                return;
            }
            self.0.pop_front();
        }
    }

    /// How many are remembered.
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }
}

/// Operations that end in the trace, by their slots there: their projects, and the turns at which they started. Nothing unless a
/// limit asks.
#[derive(Debug, Clone, Default)]
pub(super) struct TraceEntries(Vec<(u16, u32)>);

/// The turn of a slot in which nothing is at work.
const NOTHING: u32 = u32::MAX;

impl TraceEntries {
    /// An operation of a project starts.
    #[inline]
    pub(super) fn starts(&mut self, slot: u32, project: u16, turn: u32) {
        let slot = slot as usize;
        if slot >= self.0.len() {
            self.0.resize(slot + 1, (0, NOTHING));
        }
        self.0[slot] = (project, turn);
    }

    /// The project and the turn of an operation that ends.
    #[inline]
    pub(super) fn of(&self, slot: u32) -> (u16, u32) {
        self.0.get(slot as usize).copied().unwrap_or((0, NOTHING))
    }

    /// It is over.
    #[inline]
    pub(super) fn ends(&mut self, slot: u32) {
        if let Some(entry) = self.0.get_mut(slot as usize) {
            entry.1 = NOTHING;
        }
    }

    /// The first turn at which something started that is still at work.
    pub(super) fn oldest(&self) -> u32 {
        self.0.iter().map(|(_, turn)| *turn).min().unwrap_or(NOTHING)
    }
}
