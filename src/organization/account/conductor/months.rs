//! When a calendar month ends, or a plan is left: what has happened until then is booked there.

use crate::calendar::CalendarUnit;
use crate::deliberate::Deliberate;
use crate::units::{SimSpan, SimTime};

use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::monthly::MonthPlace;
use super::State;

/// Shortly before an instant that itself belongs to what comes after it.
fn before(at: SimTime) -> SimTime {
    at - SimSpan::from_micros(1)
}

impl State {
    /// Schedules the end of the month that contains `from`.
    pub(super) fn schedule_month(&mut self, env: &Env, from: SimTime) {
        let next = env.world.zone.next_start(from, CalendarUnit::Month);
        self.timers.schedule(next, (Class::Measure, 1, 0), TimerKind::Month);
    }

    /// A calendar month ends.
    pub(super) fn month_ends(&mut self, env: &Env) {
        let now = self.timers.now();
        let within = if Deliberate::MonthsBookedLate.is_made() { now } else { before(now) };
        self.close_month(env, within, false);
        self.schedule_month(env, now);
    }

    /// What has happened since the last line belongs to the month of `within` and to the present plan, which the account is
    /// about to leave if it `moves`.
    pub(super) fn close_month(&mut self, env: &Env, within: SimTime, moves: bool) {
        if self.counts.is_measuring() {
            let month = env.world.zone.start_of(within, CalendarUnit::Month);
            let place = MonthPlace { month, plan: env.named(self.plan) as u16, moves };
            self.money.close_month(self.books.ledger(), self.timers.now(), place);
        }
    }

    /// The last month ends with the horizon.
    pub(super) fn close_months(&mut self, env: &Env) {
        let last = before(env.world.end);
        self.close_month(env, last, false);
        let month = env.world.zone.start_of(last, CalendarUnit::Month);
        if let Some(broken) = self.money.broken_months(month) {
            self.fail(broken);
        }
    }
}
