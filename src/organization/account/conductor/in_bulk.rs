//! Bulk intervals of an account: which operations join them, and what is posted after one.
//!
//! Leaves how far an interval may go to `reach`, and taking it to `bulk`. Invariant: an interval leaves the account exactly
//! as the loop over instants would have.

use crate::policy::{Estimator, Terms};
use crate::units::{Credits, FeatureIndex};

use super::super::books::BulkHolds;
use super::super::bulk::{BulkKind, BulkReach, BulkStart, BulkSum, Joining};
use super::super::env::{Env, charges_cost};
use super::super::gate::{Check, estimator, hold_terms};
use super::super::views::Views;
use super::State;
use super::fast::FastPath;
use crate::organization::{EventClass, TraceEvent, TraceSlice};

/// Estimates of a feature's check that are alike for every operation.
pub(super) fn constant_estimate(env: &Env, terms: &Terms, feature: FeatureIndex) -> Option<Credits> {
    match estimator(&terms.features[feature.index()])? {
        Estimator::Fixed(credits) => Some(*credits),
        Estimator::Expected | Estimator::Quantile(_) => Some(env.facts(feature).expected_cost),
        Estimator::Exact | Estimator::History(_) | Estimator::Blur { .. } => None,
    }
}

/// Per feature: the estimate that the check makes of every operation, if it is always the same. Nothing is estimated of
/// free features.
pub(super) fn estimates_ahead(env: &Env) -> Vec<Option<Credits>> {
    let terms = env.terms(env.first_plan);
    let ahead = |index: usize| {
        let feature = FeatureIndex(index as u16);
        let fixed = env.policy.never_changes()
            && !env.facts(feature).free
            && !env.is_priced(feature)
            && charges_cost(terms, &terms.features[index]);
        fixed.then(|| constant_estimate(env, terms, feature)).flatten()
    };
    (0..env.world.features.len()).map(ahead).collect()
}

/// How the operations of each feature are part of bulk intervals.
pub(super) fn joinings(env: &Env, paths: &[FastPath]) -> Vec<Joining> {
    paths.iter().enumerate().map(|(index, path)| joining(env, FeatureIndex(index as u16), *path)).collect()
}

fn joining(env: &Env, feature: FeatureIndex, path: FastPath) -> Joining {
    if env.facts(feature).free {
        return Joining::Free;
    }
    let never = Joining::Never { ends_in_trace: path.open };
    let terms = env.terms(env.first_plan);
    let rules = &terms.features[feature.index()];
    let estimate = constant_estimate(env, terms, feature);
    // With an open path, a feature without an estimator needs no estimate.
    if !path.open || !env.outages.never(feature) || (estimator(rules).is_some() && estimate.is_none()) {
        return never;
    }
    let check = env.check(env.first_plan, feature);
    let estimate = estimate.unwrap_or_default();
    let (hold, held) = (hold_terms(rules), check.held(estimate));
    // Holds of nothing are holds too, but would look like none in an interval.
    if held.is_some_and(Credits::is_zero) {
        return never;
    }
    let floor = check.least_view(estimate).unwrap_or_default();
    Joining::Always { floor, held, pins: hold.is_some_and(|hold| hold.pins_expiry) }
}

/// What the gate says of operations that an interval admits without asking it.
#[derive(Debug, Clone, Copy)]
struct Witness<'a> {
    env: &'a Env,
    plan: usize,
    /// As the interval begins.
    views: Views,
}

impl Witness<'_> {
    /// Whether the check lets an operation pass, and reserves `hold`, after so much was charged and so much was freed of
    /// what holds reserve.
    fn admits(&self, feature: FeatureIndex, [hold, burned, freed]: [Credits; 3]) -> bool {
        let settled = self.views.settled - burned;
        let views = Views { settled, available: self.views.available + freed, ongoing: settled };
        let estimate = constant_estimate(self.env, self.env.terms(self.plan), feature).unwrap_or_default();
        let found = self.env.check(self.plan, feature).look(views, estimate);
        found == Check::Passes { hold: hold.is_positive().then_some(hold) }
    }
}

impl State {
    /// Takes as many events as it can in bulk, from place `from` on; returns how many.
    pub(super) fn advance_in_bulk(&mut self, env: &Env, slice: &TraceSlice<'_>, from: usize) -> usize {
        let events = &slice.events[from..];
        if !events.first().is_some_and(|first| self.bulk.joins(first)) {
            return 0;
        }
        let Some(mut reach) = self.reach(env) else { return 0 };
        self.keep_within_limits(env, &mut reach);
        let asks_meters = reach.asks_meters;
        let clock = self.window_clock(env);
        let followed = if asks_meters { self.reserved_by_followed(env) } else { Vec::new() };
        let asked = (env.meter_rules(self.plan), slice.given, clock);
        let gate = Witness { env, plan: self.plan, views: self.views() };
        let start = BulkStart {
            now: self.timers.now(),
            in_flight: self.gate.in_flight(),
            most_in_flight: self.gate.most_in_flight(),
            ledger: self.books.ledger(),
        };
        let admits = |class: EventClass, hold, burned, freed| {
            gate.admits(class.feature(), [hold, burned, freed].map(Credits::from_micros))
        };
        let State { meters, counts, limits_ahead, .. } = self;
        let mut meters = State::asked_meters(meters, counts, limits_ahead, asked, followed);
        let sum = self.bulk.take(slice, from, &reach, start, admits, &mut meters);
        if sum.taken > 0 {
            self.post_in_bulk(env, &events[..sum.taken], sum, asks_meters);
        }
        self.limits_ahead.ended(sum.taken, asks_meters);
        self.count_ways(env, &events[sum.taken..], sum.taken, &reach);
        sum.taken
    }

    /// Counts a bulk interval, which stopped before the first of the events that are `left`.
    fn count_ways(&mut self, env: &Env, left: &[TraceEvent], taken: usize, reach: &BulkReach) {
        let crosses = |next: &TraceEvent| next.at < reach.until && self.bulk.joins(next);
        self.ways.stopped += u64::from(taken > 0 && left.first().is_some_and(crosses));
        let taken = taken as u64;
        self.ways.bulk_events += taken;
        self.ways.held_events += taken * u64::from(self.bulk.has_holds());
        self.ways.low_events += taken * u64::from(reach.low);
        let limited = !env.meter_rules(self.plan).is_empty();
        self.ways.limited_events += taken * u64::from(limited && !reach.asks_meters);
        self.ways.metered_events += taken * u64::from(reach.asks_meters);
    }

    /// Brings the parts up to date after a bulk interval, which ended with the last of these events.
    fn post_in_bulk(&mut self, env: &Env, events: &[TraceEvent], mut sum: BulkSum, metered: bool) {
        self.bulk.spoil(&mut sum, self.books.ledger().remaining());
        let (from, at) = (self.timers.now(), events[events.len() - 1].at);
        self.gate.pass_in_bulk((from, at), sum.in_flight, sum.most_in_flight, sum.area);
        self.timers.advance(at);
        if self.bulk.has_holds() {
            for hold in self.bulk.ended_holds() {
                self.books.end_hold_in_bulk(hold);
            }
            self.books.burn_in_bulk(sum.burned());
            self.bulk.open_left(events, &sum, |amount, pins| self.books.open_hold_in_bulk(amount, pins));
            // What is charged beyond a hold is the charge less the hold plus what was not needed of it.
            self.books.missed_in_bulk(sum.unused(), sum.unused() + self.bulk.beyond_holds());
        } else {
            self.books.burn_in_bulk(sum.burned());
        }
        for feature in 0..self.fast_paths.len() {
            self.count_in_bulk(env, FeatureIndex(feature as u16), metered);
        }
        if !metered {
            self.keep_entries(events);
        }
        self.books.end_bulk();
    }

    /// Adds what an interval counted of a feature; `metered` if meters know of it.
    fn count_in_bulk(&mut self, env: &Env, feature: FeatureIndex, metered: bool) {
        let Some((count, kind)) = self.bulk.take_counts(feature) else { return };
        let BulkKind::Paid { hold } = kind else {
            return self.counts.free_in_bulk(feature, count.arrived);
        };
        self.ways.bulk += count.arrived;
        self.counts.bulk(feature, count);
        if !metered {
            self.count_within_limits(env, feature, count);
        }
        self.books.charged_in_bulk(feature, count.ended_credits);
        self.gate.count_in_bulk(feature, count.arrived, count.ended);
        if hold.is_positive() {
            let ended = Credits::from_micros(hold.micros() * count.ended as i64);
            self.books.held_in_bulk(BulkHolds { opened: count.arrived, settled: count.ended, ended });
        }
    }
}
