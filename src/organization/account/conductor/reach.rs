//! How far an account may go before something else than plain operations has to be looked at.
//!
//! Owns the bounds of bulk intervals: balances that stay between the thresholds of alerts, checks and top-ups, and the
//! next timer. Leaves going there to `in_bulk`. Invariant: within its reach nothing fires, fails, wakes or ends a lot.

use crate::deliberate::Deliberate;
use crate::ledger::LotSerial;
use crate::policy::{Compare, LotOwner, View};
use crate::units::{Credits, SimTime};

use super::super::bulk::BulkReach;
use super::super::env::Env;
use super::super::shop::level_of;
use super::super::views::Views;
use super::super::watch::threshold;
use super::State;

/// Bounds of the balances in a bulk interval, all exclusive.
#[derive(Debug, Clone, Copy)]
struct Bounds {
    settled_above: Credits,
    available_above: Credits,
    /// Settled never rises in an interval; available does when a hold ends.
    available_below: Credits,
    until: SimTime,
}

impl Bounds {
    /// Takes a threshold into account that is not to be crossed: `low` tells on which side of it the view stands.
    fn keep(&mut self, view: View, threshold: Credits, low: bool) {
        match (view, low) {
            (View::Available, true) => self.available_below = self.available_below.min(threshold),
            (View::Available, false) => self.available_above = self.available_above.max(threshold),
            (View::Settled | View::Ongoing, true) => {}
            (View::Settled | View::Ongoing, false) => self.settled_above = self.settled_above.max(threshold),
        }
    }
}

impl State {
    /// How far the account may go in bulk; none if it may not.
    pub(super) fn reach(&self, env: &Env) -> Option<BulkReach> {
        let plain = self.bulk.is_possible()
            && !self.customer.has_churned()
            && !self.money.is_overdue()
            && !self.timers.resumes_now()
            && !self.watch.is_stale()
            && !self.somebody_queues()
            && !self.meters.is_waited_for()
            && self.books.unrecorded().is_zero()
            && !self.customer.is_refused()
            && self.books.ledger().debt().is_zero();
        if !plain {
            return None;
        }
        let views = self.views();
        let bounds = self.bounds(env, views)?;
        let (settled, available) =
            (views.settled - bounds.settled_above, views.available - bounds.available_above);
        if !settled.is_positive() || !available.is_positive() {
            return None;
        }
        let mut reach = BulkReach {
            credits: settled.min(available),
            until: bounds.until,
            lot: LotSerial::default(),
            free: Credits::ZERO,
            least: Credits::ZERO,
            most: Credits::MAX,
            low: views.lowest() <= self.watch.level(),
            events: usize::MAX,
            asks_meters: false,
        };
        if self.bulk.has_holds() {
            let lot = self.books.ledger().lots().iter().find(|lot| lot.free().is_positive())?;
            let behind = views.available - lot.free();
            reach.credits = settled;
            (reach.lot, reach.free) = (lot.serial, lot.free());
            reach.least = (bounds.available_above - behind).positive_part();
            if bounds.available_below < Credits::MAX {
                reach.most = bounds.available_below - behind;
            }
        }
        Some(reach)
    }

    fn bounds(&self, env: &Env, views: Views) -> Option<Bounds> {
        let until = self.timers.next_instant();
        // Clocks end with the life.
        let leaves = env.traits.leaves;
        let until = if self.timers.now() < leaves { until.min(leaves) } else { until };
        let above = self.bulk.floor();
        let mut bounds =
            Bounds { settled_above: above, available_above: above, available_below: Credits::MAX, until };
        if Deliberate::BulkIntervalTooLong.is_made() {
            return Some(bounds);
        }
        if views.lowest() > self.watch.level() {
            bounds.settled_above = above.max(self.watch.level());
            bounds.available_above = bounds.settled_above;
        } else {
            self.keep_to_thresholds(env, views, &mut bounds)?;
        }
        Some(bounds)
    }

    /// The bounds of balances that are below some threshold; none if a top-up is due.
    fn keep_to_thresholds(&self, env: &Env, views: Views, bounds: &mut Bounds) -> Option<()> {
        let terms = env.terms(self.plan);
        let base = self.books.usable_since_close();
        // Nobody owns credits in an account that goes in bulk.
        for alert in terms.alerts.iter().filter(|alert| alert.per == LotOwner::Organization) {
            let Some(threshold) = threshold(alert, base) else { continue };
            bounds.keep(alert.view, threshold, alert.compare.holds(views.get(alert.view), threshold));
        }
        for (needed, feature) in self.watch.blocking().iter().zip(&terms.features) {
            if let Some(needed) = *needed {
                let low = Compare::Below.holds(views.get(feature.view), needed);
                bounds.keep(feature.view, needed, low);
            }
        }
        for (index, rule) in terms.top_ups.iter().enumerate() {
            let pending = self.shop.pending_for(rule);
            let Some(level) = level_of(rule, self.books.allowance_amount()) else { continue };
            let low = rule.compare.holds(views.get(rule.view) + pending, level);
            if low {
                bounds.until = bounds.until.min(self.shop.quiet_until(index, rule, self.timers.now())?);
            }
            bounds.keep(rule.view, level - pending, low);
        }
        Some(())
    }
}
