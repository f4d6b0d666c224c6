//! What follows a change of balance: alerts, automatic top-ups, blocked time, depletion, kills, resumption.

use smallvec::SmallVec;

use crate::outcome::{EntryKind, Reason};
use crate::policy::{Alert, AlertLevel, AlertThreshold, Compare};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

use super::books::{Note, Posting, Whose};
use super::env::{Env, to_be_charged};
use super::purchase::PurchaseReason;
use super::state::{ChangeCause, State};
use super::views::Views;

impl State {
    /// What follows from a posting of one event, and of an operation's if there is a cause.
    #[inline]
    pub(super) fn follow_up(&mut self, env: &Env, posting: Posting, cause: Option<ChangeCause>) {
        let Posting { before, after, .. } = posting;
        debug_assert_eq!(after, self.views(), "every posting is followed before the next one");
        if after == before || self.opening {
            return;
        }
        if after.rose_from(before) && !self.queue.is_empty() {
            self.resume = true;
        }
        let moved = self.watch_stale;
        if moved {
            self.refresh_watch(env);
        }
        // Thresholds that have moved may have been crossed by balances that have not.
        if !moved && before.lowest() > self.watch && after.lowest() > self.watch {
            return;
        }
        self.cross(env, before, after, cause);
    }

    /// The slow path of a change that may cross a threshold.
    fn cross(&mut self, env: &Env, before: Views, after: Views, cause: Option<ChangeCause>) {
        self.recompute_blocked(env);
        self.fire_alerts(env, before, after, cause);
        if before.settled.is_positive() && !after.settled.is_positive() {
            self.depleted(env, cause);
        }
        self.arm_top_ups(env, before);
        self.evaluate_top_ups(env);
        self.kill_exhausted(env);
    }

    /// Settled has fallen to zero or below.
    fn depleted(&mut self, env: &Env, cause: Option<ChangeCause>) {
        self.tally.customer.depleted_at.get_or_insert(self.now);
        if let Some(since) = self.alerted_at.take() {
            self.tally.customer.alert_leads.record((self.now - since).micros());
        }
        self.buy_at_zero(env, cause);
    }

    /// The balance above which nothing of this account can be crossed.
    pub(super) fn refresh_watch(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        for (index, feature) in terms.features.iter().enumerate() {
            let (number, facts) = (FeatureIndex(index as u16), &env.world.features[index]);
            let expected = || to_be_charged(terms, feature, facts.expected_cost);
            let check = (!facts.free).then(|| env.check(self.plan, number));
            self.blocking[index] = check.and_then(|check| check.least_view(expected()));
        }
        let alerts = terms.alerts.iter().filter_map(|alert| self.threshold(alert));
        let top_ups = terms.top_ups.iter().filter_map(|rule| self.top_up_level(rule));
        let blocking = self.blocking.iter().flatten().copied();
        self.watch = alerts.chain(top_ups).chain(blocking).fold(Credits::ZERO, Credits::max);
        self.watch_stale = false;
    }

    /// An alert's threshold in credits; none while it would be a share of nothing.
    pub(super) fn threshold(&self, alert: &Alert) -> Option<Credits> {
        match alert.threshold {
            AlertThreshold::Credits(credits) => Some(credits),
            AlertThreshold::ShareOfIssued(share) => {
                let billionths = crate::units::round_half_up(share, 1e9);
                let base = self.books.usable_since_close();
                base.is_positive().then(|| base.scale_floor(billionths, 1_000_000_000))
            }
        }
    }

    /// Whether a view is on the low side of an alert.
    pub(super) fn is_alarming(&self, alert: &Alert, view: Credits) -> bool {
        self.threshold(alert).is_some_and(|threshold| alert.compare.holds(view, threshold))
    }

    /// Arms the alerts whose view is on their high side; nothing fires.
    pub(super) fn arm_alerts(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        let views = self.views();
        for (index, alert) in terms.alerts.iter().enumerate() {
            self.alerts_armed[index] = !self.is_alarming(alert, views.get(alert.view));
        }
    }

    /// Each alert fires once per downward crossing and re-arms on an upward crossing. A crossing that a silent feature
    /// causes passes without an alert.
    fn fire_alerts(&mut self, env: &Env, before: Views, after: Views, cause: Option<ChangeCause>) {
        let terms = env.terms(self.plan);
        if terms.alerts.is_empty() {
            return;
        }
        let silent = cause.is_some_and(|cause| !terms.features[cause.feature.index()].notify);
        let mut firing: SmallVec<[AlertLevel; 4]> = SmallVec::new();
        let mut all_armed = true;
        for (index, alert) in terms.alerts.iter().enumerate() {
            let [was_low, is_low] =
                [before, after].map(|views| self.is_alarming(alert, views.get(alert.view)));
            let armed = self.alerts_armed[index] || !was_low;
            self.alerts_armed[index] = !is_low;
            all_armed &= self.alerts_armed[index];
            if armed && is_low && !silent {
                firing.push(alert.level);
            }
        }
        if all_armed {
            self.alerted_at = None;
        }
        for level in firing {
            self.alerted_at.get_or_insert(self.now);
            let reason = match level {
                AlertLevel::Warning => {
                    self.tally.customer.alerts_warning += 1;
                    Reason::Warning
                }
                AlertLevel::Critical => {
                    self.tally.customer.alerts_critical += 1;
                    Reason::Critical
                }
            };
            self.alerted(reason, None);
            self.buy_after_warning(env, PurchaseReason::by(cause));
        }
    }

    /// People have been told.
    pub(super) fn alerted(&mut self, reason: Reason, whose: Option<Whose>) {
        self.last_alert = Some(self.now);
        self.note(EntryKind::Alert, Note { whose, reason, ..Note::default() });
    }

    /// Credits that were issued move thresholds, and whoever waits for credits tries again.
    pub(super) fn count_issue(&mut self, posting: Posting) {
        self.watch_stale |= posting.issued;
        self.arrived |= posting.issued;
    }

    /// Brings the blocked time of each feature up to the present and looks at each check anew.
    pub(super) fn recompute_blocked(&mut self, env: &Env) {
        self.count_blocked();
        let terms = env.terms(self.plan);
        let views = self.views();
        self.any_blocked = false;
        for (index, feature) in terms.features.iter().enumerate() {
            let blocked = self.blocking[index]
                .is_some_and(|needed| Compare::Below.holds(views.get(feature.view), needed));
            self.blocked[index] = blocked;
            self.any_blocked |= blocked;
        }
    }

    /// Time of the organization's life since an instant: clocks of the tally end with it.
    pub(super) fn lived(&self, since: SimTime) -> SimSpan {
        self.now.min(self.leaves) - since.min(self.leaves)
    }

    /// Adds the time since the last look to every blocked feature.
    pub(super) fn count_blocked(&mut self) {
        let span = self.lived(self.blocked_since);
        self.blocked_since = self.now;
        if !self.any_blocked || span.is_zero() {
            return;
        }
        for (feature, blocked) in self.tally.features.iter_mut().zip(&self.blocked) {
            if *blocked {
                feature.blocked += span;
            }
        }
    }
}
