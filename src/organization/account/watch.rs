//! What changes of balance cross: alerts, depletion, and the checks that begin or cease to fail.
//!
//! Owns which alerts are armed, since when an episode of alerts lasts, the time in which checks fail, and the balance
//! above which nothing at all can be crossed. Leaves what follows from a crossing to whoever asks. Pure: balances
//! before and after in, crossings out. Invariant: an alert fires once per downward crossing.

use std::collections::{BTreeMap, BTreeSet};

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::outcome::Tally;
use crate::policy::{Alert, AlertLevel, AlertThreshold, Compare, LotOwner, Terms};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

use super::views::Views;

/// Something that a posting has crossed, or may have.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Crossing {
    /// An alert fires.
    Alert(AlertLevel),
    /// Settled has fallen to zero or below.
    Depleted,
    /// The balance may be low for a top-up rule.
    Low,
    /// The balance may be exhausted.
    Exhausted,
}

/// What a posting has crossed, in the order in which it is answered.
pub(super) type Crossings = SmallVec<[Crossing; 6]>;

/// The watch over the balances of one account.
#[derive(Debug, Clone)]
pub(super) struct Watch {
    /// Balances above this cross nothing.
    level: Credits,
    /// Thresholds have moved since they were looked at.
    stale: bool,
    /// Per feature: the view below which its check fails for its expected cost.
    blocking: Vec<Option<Credits>>,
    /// Per feature and class of spenders: since when its check fails, or since this was counted; none if it passes.
    blocked: Vec<Option<SimTime>>,
    /// No check begins or ceases to fail while balances move by less than this in all [credits].
    margin: Credits,
    /// Per feature and class of spenders: time in which its check failed.
    blocked_for: Vec<SimSpan>,
    /// Members in each class of spenders.
    classes: Vec<u32>,
    armed: Vec<bool>,
    /// Alerts that look at owners by themselves, by place, kind and number, as far as they are armed.
    armed_owners: BTreeSet<(usize, u16)>,
    /// Balances of owners when they were looked at last.
    seen_owners: BTreeMap<(LotOwner, u16), Views>,
    /// The first alert of the running episode.
    alerted_at: Option<SimTime>,
    /// Per feature: what its operations could burn when that was last looked at, if it is not alike for all.
    usable: Vec<Views>,
    /// End of the organization's life: no clock runs beyond it.
    leaves: SimTime,
}

/// What has become of the balances that single features read.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct UsableChange {
    /// Some have changed.
    pub(super) moved: bool,
    /// Some have risen.
    pub(super) rose: bool,
}

impl Watch {
    /// Of an account with so many features, members in each class of spenders, and alerts, that leaves at `leaves`.
    pub(super) fn new((features, classes): (usize, Vec<u32>), alerts: usize, leaves: SimTime) -> Watch {
        Watch {
            level: Credits::ZERO,
            stale: true,
            blocking: vec![None; features],
            blocked: vec![None; features * classes.len()],
            margin: Credits::ZERO,
            blocked_for: vec![SimSpan::ZERO; features * classes.len()],
            classes,
            armed: vec![true; alerts],
            armed_owners: BTreeSet::new(),
            seen_owners: BTreeMap::new(),
            alerted_at: None,
            usable: Vec::new(),
            leaves,
        }
    }

    /// Looks at what the operations of each feature may burn, where that differs, and says what has changed since.
    pub(super) fn look_at_usable(&mut self, views: impl Iterator<Item = Views>) -> UsableChange {
        let mut change = UsableChange::default();
        for (index, now) in views.enumerate() {
            match self.usable.get_mut(index) {
                Some(before) => {
                    change.moved |= now != *before;
                    change.rose |= now.rose_from(*before);
                    *before = now;
                }
                None => {
                    change.moved = true;
                    self.usable.push(now);
                }
            }
        }
        change
    }

    /// Balances above this cross nothing, unless thresholds have moved.
    #[inline]
    pub(super) fn level(&self) -> Credits {
        self.level
    }

    /// True if thresholds have moved since they were looked at.
    #[inline]
    pub(super) fn is_stale(&self) -> bool {
        self.stale
    }

    /// Thresholds have moved.
    pub(super) fn thresholds_move(&mut self) {
        self.stale = true;
    }

    /// True if this change of balance crosses nothing, wherever it leads.
    #[inline]
    pub(super) fn is_far_from(&self, before: Views, after: Views) -> bool {
        before.lowest() > self.level && after.lowest() > self.level
    }

    /// Looks at the thresholds anew: of the terms' alerts, as shares of `base`; of checks, per feature; and of others.
    pub(super) fn refresh(
        &mut self,
        terms: &Terms,
        base: Credits,
        blocking: impl Iterator<Item = Option<Credits>>,
        others: impl Iterator<Item = Credits>,
    ) {
        self.blocking.clear();
        self.blocking.extend(blocking);
        let of_account = terms.alerts.iter().filter(|alert| alert.per == LotOwner::Organization);
        let alerts = of_account.filter_map(|alert| threshold(alert, base));
        let checks = self.blocking.iter().flatten().copied();
        self.level = alerts.chain(others).chain(checks).fold(Credits::ZERO, Credits::max);
        self.stale = false;
    }

    /// The view below which the check of a feature fails for its expected cost.
    pub(super) fn blocking(&self) -> &[Option<Credits>] {
        &self.blocking
    }

    /// Other alerts are watched, all of them armed.
    pub(super) fn watch_alerts(&mut self, alerts: usize) {
        self.armed = vec![true; alerts];
        self.armed_owners.clear();
    }

    /// Balances of an owner are looked at; returns what they were before.
    pub(super) fn see_owner(&mut self, owner: (LotOwner, u16), now: Views) -> Views {
        self.seen_owners.insert(owner, now).unwrap_or_default()
    }

    /// Arms the alerts about an owner whose view is on their high side; nothing fires.
    pub(super) fn arm_owner(
        &mut self,
        terms: &Terms,
        (per, owner): (LotOwner, u16),
        views: Views,
        base: Credits,
    ) {
        for (index, alert) in terms.alerts.iter().enumerate().filter(|(_, alert)| alert.per == per) {
            self.set_armed((index, owner), !is_low(alert, views, base));
        }
    }

    fn set_armed(&mut self, alert: (usize, u16), armed: bool) {
        self.armed_owners.remove(&alert);
        if armed {
            self.armed_owners.insert(alert);
        }
    }

    /// What a change of an owner's balances crosses, in file order.
    pub(super) fn cross_owner(
        &mut self,
        terms: &Terms,
        (per, owner): (LotOwner, u16),
        (before, after): (Views, Views),
        base: Credits,
    ) -> Vec<AlertLevel> {
        let mut fired = Vec::new();
        for (index, alert) in terms.alerts.iter().enumerate().filter(|(_, alert)| alert.per == per) {
            let [was_low, is_low] = [before, after].map(|views| is_low(alert, views, base));
            let armed = self.armed_owners.contains(&(index, owner)) || !was_low;
            self.set_armed((index, owner), !is_low);
            if armed && is_low {
                fired.push(alert.level);
            }
        }
        fired
    }

    /// Arms the alerts whose view is on their high side; nothing fires.
    pub(super) fn arm(&mut self, terms: &Terms, views: Views, base: Credits) {
        for (armed, alert) in self.armed.iter_mut().zip(&terms.alerts) {
            *armed = !is_low(alert, views, base);
        }
    }

    /// What a change of balance crosses; `silent` if the alerts it crosses are not to fire.
    pub(super) fn cross(
        &mut self,
        terms: &Terms,
        (before, after): (Views, Views),
        base: Credits,
        silent: bool,
    ) -> Crossings {
        let mut crossings = Crossings::new();
        self.cross_alerts(terms, (before, after), base, |level| {
            if !silent {
                crossings.push(Crossing::Alert(level));
            }
        });
        if before.settled.is_positive() && !after.settled.is_positive() {
            crossings.push(Crossing::Depleted);
        }
        crossings.extend([Crossing::Low, Crossing::Exhausted]);
        crossings
    }

    /// Each alert fires once per downward crossing and re-arms on an upward crossing.
    fn cross_alerts(
        &mut self,
        terms: &Terms,
        (before, after): (Views, Views),
        base: Credits,
        mut fires: impl FnMut(AlertLevel),
    ) {
        if terms.alerts.is_empty() {
            return;
        }
        let mut all_armed = true;
        for (alert, armed) in terms.alerts.iter().zip(&mut self.armed) {
            if alert.per != LotOwner::Organization {
                continue;
            }
            let [was_low, is_low] = [before, after].map(|views| is_low(alert, views, base));
            let armed_now = *armed || !was_low || Deliberate::AlertsFireAgain.is_made();
            let fired = armed_now && is_low && !Deliberate::AlertsNeverFire.is_made();
            *armed = !is_low;
            all_armed &= *armed;
            if fired {
                fires(alert.level);
            }
        }
        if all_armed {
            self.alerted_at = None;
        }
    }

    /// An alert has been heard; an episode of alerts begins with the first.
    pub(super) fn alerted(&mut self, at: SimTime) {
        self.alerted_at.get_or_insert(at);
    }

    /// The running episode of alerts is over; returns its beginning, if there is one.
    pub(super) fn end_episode(&mut self) -> Option<SimTime> {
        self.alerted_at.take()
    }

    /// Looks at the check of each feature anew for some classes of spenders, at the balances that `views` tells; those that are
    /// `suspended` fail whatever the balance.
    pub(super) fn look_at_checks(
        &mut self,
        at: SimTime,
        terms: &Terms,
        views: impl Fn(FeatureIndex, usize) -> Views,
        suspended: impl Fn(FeatureIndex) -> bool,
        classes: impl Iterator<Item = usize>,
    ) {
        for class in classes {
            for (index, feature) in terms.features.iter().enumerate() {
                let suspended = suspended(FeatureIndex(index as u16));
                let Some(needed) = self.blocking[index] else {
                    self.check_fails(at, index * self.classes.len() + class, suspended);
                    continue;
                };
                let view = views(FeatureIndex(index as u16), class).get(feature.view);
                self.margin = self.margin.min((view - needed).max(needed - view));
                let blocked = suspended || Compare::Below.holds(view, needed);
                let place = index * self.classes.len() + class;
                self.check_fails(at, place, blocked);
            }
        }
    }

    /// From now on the check of a feature fails for a class, or it does not.
    fn check_fails(&mut self, at: SimTime, place: usize, fails: bool) {
        if fails != self.blocked[place].is_some() {
            self.count_blocked_at(place, at);
            self.blocked[place] = fails.then_some(at);
        }
    }

    /// Before all checks are looked at: how near they are to failing, or to passing, is not known yet.
    pub(super) fn forget_margin(&mut self) {
        self.margin = Credits::MAX;
    }

    /// True if balances that move by so much begin or end no failing of a check; they have moved then.
    pub(super) fn is_within_margin(&mut self, moved: Credits) -> bool {
        let within = moved.is_zero() || moved < self.margin;
        if within {
            self.margin -= moved;
        }
        within
    }

    /// Classes of spenders that the watch tells apart.
    pub(super) fn classes(&self) -> usize {
        self.classes.len()
    }

    /// Brings the time in which checks fail up to the present.
    pub(super) fn count_blocked(&mut self, at: SimTime) {
        (0..self.blocked.len()).for_each(|place| self.count_blocked_at(place, at));
    }

    /// Adds the time since it was counted last to a feature and a class whose check fails.
    fn count_blocked_at(&mut self, place: usize, at: SimTime) {
        let Some(since) = &mut self.blocked[place] else { return };
        let span = at.min(self.leaves) - (*since).min(self.leaves);
        self.blocked_for[place] += span;
        if Deliberate::BlockedTimeDoubled.is_made() {
            self.blocked_for[place] += span;
        }
        *since = at;
    }

    /// Time counts from here.
    pub(super) fn start_clock(&mut self, at: SimTime) {
        self.blocked.iter_mut().flatten().for_each(|since| *since = at);
    }

    /// What was counted so far is forgotten.
    pub(super) fn begin_measuring(&mut self, at: SimTime) {
        self.blocked_for.fill(SimSpan::ZERO);
        self.alerted_at = None;
        self.start_clock(at);
    }

    /// What lasts of the watch, to compare two accounts by: which alerts are armed, which checks fail, and since when an
    /// episode of alerts lasts.
    pub(super) fn lasting(&self) -> (&[bool], Vec<bool>, Option<SimTime>) {
        (&self.armed, self.blocked.iter().map(Option::is_some).collect(), self.alerted_at)
    }

    /// Writes what was counted where it is reported: the mean over members.
    pub(super) fn report(&self, tally: &mut Tally) {
        let all: i128 = self.classes.iter().copied().map(i128::from).sum();
        for (feature, blocked) in tally.features.iter_mut().zip(self.blocked_for.chunks(self.classes.len())) {
            let parts = blocked.iter().zip(&self.classes);
            let sum: i128 = parts.map(|(span, weight)| i128::from(span.micros()) * i128::from(*weight)).sum();
            feature.blocked = SimSpan::from_micros(i64::try_from(sum / all.max(1)).unwrap_or(i64::MAX));
        }
    }
}

/// An alert's threshold in credits; none while it would be a share of nothing.
pub(super) fn threshold(alert: &Alert, base: Credits) -> Option<Credits> {
    match alert.threshold {
        AlertThreshold::Credits(credits) => Some(credits),
        AlertThreshold::ShareOfIssued(share) => {
            let billionths = crate::units::round_half_up(share, 1e9);
            base.is_positive().then(|| base.scale_floor(billionths, 1_000_000_000))
        }
    }
}

/// Whether the view of an alert is on its low side.
fn is_low(alert: &Alert, views: Views, base: Credits) -> bool {
    threshold(alert, base).is_some_and(|threshold| alert.compare.holds(views.get(alert.view), threshold))
}
