//! The running cycle: when it began, when it closes, and what follows at its close.
//!
//! Owns the count of cycles and periods, and the change of plan decided for the next close. Leaves what a close does to
//! the conductor. Invariant: periods are counted from one anchor until it changes, so that none is lost or met twice.

use crate::calendar::{MonthEnd, Period, Zone};
use crate::deliberate::Deliberate;
use crate::units::SimTime;

/// A change of plan that has been decided and has not taken effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Decided {
    /// The plan.
    pub(super) to: usize,
    /// The change (index into the policy's).
    pub(super) change: u32,
    /// It begins a cycle of its own: a sign-up anchor becomes its instant.
    pub(super) restarts: bool,
}

/// What says when cycles close, besides the cycle itself.
#[derive(Debug, Clone, Copy)]
pub(super) struct Closes<'a> {
    pub(super) zone: &'a Zone,
    /// Written down for the customer, in order.
    pub(super) written: Option<&'a [SimTime]>,
    /// Behind the last written one the plan's own boundaries count.
    pub(super) goes_on: bool,
}

/// The running cycle.
#[derive(Debug, Clone)]
pub(super) struct Cycle {
    /// Number of closes so far.
    number: u32,
    /// The `n` of the period that contains the present, counted from the anchor.
    index: i64,
    anchor: SimTime,
    closes_at: SimTime,
    /// Position in the explicit closes.
    explicit: usize,
    /// What the running cycle goes by: a change that keeps the cycle leaves it alone.
    every: Period,
    /// The sign-up, or the last change of plan that began a cycle of its own: what cycles without another anchor count
    /// from.
    sign_up: SimTime,
    /// The change of plan decided for the next close.
    decided: Option<Decided>,
    /// The plan has changed and the cycle has not: when cycles close follows at the next close.
    lags: bool,
    /// So does what is billed.
    rebills: bool,
    /// First instant of its row.
    from: SimTime,
}

impl Cycle {
    /// Of an account that is born at `birth`, before its first cycle.
    pub(super) fn new(birth: SimTime, sign_up: SimTime, every: Period) -> Cycle {
        Cycle {
            number: 0,
            index: 0,
            anchor: birth,
            closes_at: SimTime::MAX,
            explicit: 0,
            every,
            sign_up,
            decided: None,
            lags: false,
            rebills: false,
            from: SimTime::default(),
        }
    }

    /// What periods count from.
    pub(super) fn anchor(&self) -> SimTime {
        self.anchor
    }

    /// What periods without another anchor count from.
    pub(super) fn sign_up(&self) -> SimTime {
        self.sign_up
    }

    /// Periods without another anchor count from here.
    pub(super) fn sign_up_at(&mut self, at: SimTime) {
        self.sign_up = at;
    }

    /// What a sign-up anchor is after a change at a close: as before if that is a boundary of it, else the close.
    pub(super) fn sign_up_after(&self, zone: &Zone, every: Period, at: SimTime) -> SimTime {
        let n = zone.first_after(self.sign_up, every, at, MonthEnd::Clamp) - 1;
        if zone.nth(self.sign_up, every, n, MonthEnd::Clamp) == at { self.sign_up } else { at }
    }

    /// First instant of the running cycle's row.
    pub(super) fn from(&self) -> SimTime {
        self.from
    }

    /// When it closes; `SimTime::MAX` if it does not.
    pub(super) fn closes_at(&self) -> SimTime {
        self.closes_at
    }

    /// It closes at this instant.
    pub(super) fn close_at(&mut self, at: SimTime) {
        self.closes_at = at;
    }

    /// The `k`-th close from now on (1 is the next).
    pub(super) fn close_ahead(&self, closes: Closes<'_>, k: u32) -> SimTime {
        let Closes { zone, written, goes_on } = closes;
        let Some(written) = written else {
            let n = self.index + i64::from(k);
            if Deliberate::ClosesDrift.is_made() {
                return zone.nth(self.from, self.every, k.into(), MonthEnd::Clamp);
            }
            if Deliberate::PeriodsOfFixedLength.is_made() {
                return zone.nth(self.anchor, Period::Span(self.every.about()), n, MonthEnd::Clamp);
            }
            return zone.nth(self.anchor, self.every, n, MonthEnd::Clamp);
        };
        let written = &written[self.explicit.min(written.len())..];
        let beyond = match written.get(k as usize - 1) {
            Some(close) => return *close,
            None => i64::from(k) - written.len() as i64 - 1,
        };
        if !goes_on {
            return SimTime::MAX;
        }
        let last = written.last().copied().unwrap_or(self.from);
        let first = zone.first_after(self.anchor, self.every, last, MonthEnd::Clamp);
        zone.nth(self.anchor, self.every, first + beyond, MonthEnd::Clamp)
    }

    /// Share of the running period that is still to come (numerator, denominator).
    pub(super) fn share_left(&self, closes: Closes<'_>, now: SimTime) -> (i64, i64) {
        if self.closes_at == SimTime::MAX {
            return (1, 1);
        }
        // The period may have begun before the account's life.
        let begins = match closes.written {
            Some(_) => self.from,
            None => closes.zone.nth(self.anchor, self.every, self.index, MonthEnd::Clamp),
        };
        ((self.closes_at - now).micros(), (self.closes_at - begins).micros().max(1))
    }

    /// Periods count from an anchor that begins anew, at `at`.
    pub(super) fn begin(&mut self, closes: Closes<'_>, anchor: SimTime, every: Period, at: SimTime) {
        (self.anchor, self.every) = (anchor, every);
        self.index = closes.zone.first_after(anchor, every, at, MonthEnd::Clamp) - 1;
        self.from = at;
        (self.lags, self.rebills) = (false, false);
        if let Some(written) = closes.written {
            self.explicit = written.partition_point(|close| *close <= at);
        }
    }

    /// It has closed.
    pub(super) fn close(&mut self) {
        self.number += 1;
    }

    /// The next period of the same kind begins.
    pub(super) fn go_on(&mut self) {
        self.index += 1;
        self.explicit += 1;
    }

    /// Number and first instant of its row, which ends at `to`.
    pub(super) fn end_row(&mut self, to: SimTime) -> (u32, SimTime) {
        (self.number, std::mem::replace(&mut self.from, to))
    }

    /// The change of plan decided for the next close.
    pub(super) fn decided(&self) -> Option<Decided> {
        self.decided
    }

    /// What is decided for the next close.
    pub(super) fn decide(&mut self, decided: Option<Decided>) {
        self.decided = decided;
    }

    /// When cycles close, and what is billed, follows the plan at the next close only.
    pub(super) fn lags(&self) -> bool {
        self.lags
    }

    /// What is billed follows the plan at the next close only.
    pub(super) fn rebills(&self) -> bool {
        self.rebills
    }

    /// The plan has changed, and the cycle follows at its close.
    pub(super) fn lag(&mut self) {
        self.lags = true;
    }

    /// Whether what is billed follows too.
    pub(super) fn set_rebills(&mut self, rebills: bool) {
        self.rebills = rebills;
    }
}
