//! Alerts, and what is looked at after each change of a balance (docs/semantics.md §8, §10.3).

use crate::policy::{Admission, AlertLevel, AlertThreshold};
use crate::units::Credits;

use super::account::Judged;
use super::check::with_buffer;
use super::cycle::share_down;
use super::facts::{EntryKind, Fact, Reason};
use super::views::ThreeBalances;

/// Which alerts are armed, and what shares are of.
#[derive(Debug, Default)]
pub(super) struct AlertState {
    pub armed: Vec<bool>,
    /// What was usable right after the last close, and all that was issued since (docs/semantics.md §8.1).
    pub issued: Credits,
}

impl AlertState {
    pub fn begin_base(&mut self, usable: Credits) {
        self.issued = usable;
    }
}

impl Judged<'_> {
    /// The present threshold of an alert; none is never reached.
    fn threshold(&self, index: usize) -> Option<Credits> {
        match self.terms().alerts[index].threshold {
            AlertThreshold::Credits(credits) => Some(credits),
            AlertThreshold::ShareOfIssued(share) => {
                self.alerts.issued.is_positive().then(|| share_down(self.alerts.issued, share))
            }
        }
    }

    fn is_low(&self, index: usize, balances: ThreeBalances) -> bool {
        let alert = self.terms().alerts[index];
        self.threshold(index).is_some_and(|threshold| alert.compare.holds(balances.of(alert.view), threshold))
    }

    /// Alerts are armed by the balances of now; none fires (docs/semantics.md §8.2, §16.12).
    pub fn arm_alerts(&mut self) {
        let balances = self.balances();
        self.alerts.armed =
            (0..self.terms().alerts.len()).map(|index| !self.is_low(index, balances)).collect();
    }

    /// What follows an event that changed balances, in order (docs/semantics.md §10.3).
    pub fn follow(&mut self, before: ThreeBalances, cause: Option<usize>) {
        self.stamp();
        if !self.opened || self.whole_event.is_some() {
            return;
        }
        let after = self.balances();
        let of_some = self.balances_of_some_change();
        if before == after && !of_some.moved {
            return;
        }
        if after.rose_from(before) || of_some.rose {
            self.look_at_queue();
            self.room_has_come();
        }
        if before == after {
            // Alerts and top-ups read what all lots hold (docs/semantics.md §14.2).
            self.kill_if_exhausted();
            return;
        }
        self.see_high_in(before);
        let fired = self.alerts_of(before, after, cause);
        for _ in 0..fired {
            self.buy_after_alert(cause, None);
        }
        if before.settled.is_positive() && !after.settled.is_positive() {
            self.buy_at_zero(cause);
        }
        self.look_at_top_ups(cause);
        self.kill_if_exhausted();
    }

    /// All alerts of an event fire before anything they cause (docs/semantics.md §8.2, §8.3).
    fn alerts_of(&mut self, before: ThreeBalances, after: ThreeBalances, cause: Option<usize>) -> usize {
        let silent = cause.is_some_and(|work| !self.rules_of(work).notify);
        let mut fired = 0;
        for index in 0..self.alerts.armed.len() {
            let low = self.is_low(index, after);
            let crosses = low && (self.alerts.armed[index] || !self.is_low(index, before));
            self.alerts.armed[index] = !low;
            if crosses && !silent {
                fired += 1;
                let reason = match self.terms().alerts[index].level {
                    AlertLevel::Warning => Reason::Warning,
                    AlertLevel::Critical => Reason::Critical,
                };
                self.say(Fact::new(self.now, EntryKind::Alert).because(reason));
            }
        }
        fired
    }

    /// The first attempt of an operation would exceed the balance (docs/semantics.md §8.4).
    pub fn warn_would_exceed(&mut self, work: usize) {
        let rules = self.rules_of(work);
        if !self.terms().alert_would_exceed || !rules.notify {
            return;
        }
        let mean = self.expected(self.work[work].serving);
        let expected = self.rounded(mean.max(rules.minimum));
        let estimate = match &rules.admission {
            Admission::None | Admission::Positive => expected,
            Admission::Estimate(_) => self.work[work].estimate.unwrap_or(expected),
            Admission::Hold(hold) => with_buffer(self.work[work].estimate.unwrap_or(expected), hold.buffer),
        };
        if estimate > self.balances_for(work).of(rules.view) {
            let fact = self.fact_of(work, EntryKind::Alert).because(Reason::WouldExceed);
            self.say(fact);
            self.buy_after_alert(Some(work), Some((work, estimate)));
        }
    }
}
