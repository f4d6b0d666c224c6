//! Calm stretches: plain operations arrive and end, no balance comes near a threshold, no timer is due.
//!
//! That is most of most accounts' lives, and in it nothing can be told from the order of charges. So the events of the
//! course are only summed, in a loop without calls, and the books are brought up to date once at its end. `reach` says
//! how far an account may go calmly. Leaves everything else to the loop over instants. Invariant: a stretch leaves the
//! account exactly as the loop over instants would have; it stops before whatever it cannot do.

use crate::ledger::HoldId;
use crate::policy::{Estimator, Terms};
use crate::units::{Credits, FeatureIndex, SimTime};

use super::super::sums::most_in_flight;
use super::super::{Count, EntryRule, EventClass, EventKind, TraceEvent, TraceSlice};
use super::books::BulkHolds;
use super::counts::BulkCount;
use super::env::{Env, charges_cost};
use super::gate::{Check, estimator, hold_terms};
use super::light::FastPath;
use super::reach::BulkReach;
use super::state::State;
use super::views::Views;

/// What the loop over calm stretches needs to know, and what it counts.
#[derive(Debug, Clone, Default)]
pub(super) struct BulkInterval {
    /// Per lane of the course.
    rules: Vec<Rule>,
    /// Per lane, since the stretch began.
    counts: Vec<Count>,
    /// Every check passes at balances above this.
    pub(super) floor: Credits,
    /// Some paid feature joins calm stretches.
    pub(super) any: bool,
    /// Some feature that joins is admitted by holds.
    pub(super) holds: bool,
    /// Every feature that ends in the course has joined.
    takes_all: bool,
    /// Scratch: holds from before the stretch that have ended in it.
    ended: Vec<HoldId>,
    /// Scratch: slots of operations that the stretch leaves in flight, and what holds them.
    left: Vec<(u32, EventClass)>,
}

#[cfg(test)]
thread_local! {
    /// Bulk intervals of accounts on this thread are wrong by a credit, to test that this does not go unnoticed.
    pub(crate) static SPOILS: std::cell::Cell<bool> = const { std::cell::Cell::new(false) };
}

/// How a calm stretch takes the events of a lane.
#[derive(Debug, Clone, Copy, Default)]
struct Rule {
    /// May be part of a stretch.
    joins: bool,
    /// An end; of one that was not admitted at its arrival it has to be passed over.
    ends: bool,
    /// What it adds to the number of operations in flight.
    step: i64,
    /// All ones where the cost is charged, else 0.
    burns: i64,
    /// The amount of the hold that an operation of the feature is admitted by (micro-credits), or 0.
    hold: i64,
    /// What the event adds to unreserved credits besides its charge (micro-credits).
    frees: i64,
    pins: bool,
}

/// The hold of an operation of the course.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum CourseHold {
    /// It has none.
    #[default]
    None,
    /// It has one that the ledger has not heard of, because the stretch in which it began is not over.
    Open,
    /// It has this one.
    Booked(HoldId),
}

/// What a calm stretch came to.
#[derive(Debug, Clone, Copy, Default)]
struct BulkSum {
    /// Events taken.
    taken: usize,
    /// Charged (micro-credits).
    burned: i64,
    /// Held and not needed (micro-credits).
    unused: i64,
    /// Holds begun in the stretch and not ended in it.
    left_open: usize,
    in_flight: i64,
    most_in_flight: i64,
    /// Σ steps · (time since the stretch began) (µs).
    area: i64,
}

/// What the gate says of operations that a stretch admits without asking it.
#[derive(Debug, Clone, Copy)]
struct Witness<'a> {
    env: &'a Env,
    plan: usize,
    /// As the stretch begins.
    views: Views,
}

impl Witness<'_> {
    /// Whether the check lets an operation pass, and reserves `hold`, after so much was charged and so much was freed of
    /// what holds reserve.
    fn admits(&self, lane: EventClass, hold: i64, burned: i64, freed: i64) -> bool {
        let [burned, freed, hold] = [burned, freed, hold].map(Credits::from_micros);
        let settled = self.views.settled - burned;
        let views = Views { settled, available: self.views.available + freed, ongoing: settled };
        let (terms, feature) = (self.env.terms(self.plan), lane.feature());
        let estimate = constant_estimate(self.env, terms, feature).unwrap_or_default();
        let found = self.env.check(self.plan, feature).look(views, estimate);
        found == Check::Passes { hold: hold.is_positive().then_some(hold) }
    }
}

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
            && charges_cost(terms, &terms.features[index]);
        fixed.then(|| constant_estimate(env, terms, feature)).flatten()
    };
    (0..env.world.features.len()).map(ahead).collect()
}

impl BulkInterval {
    pub(super) fn new(env: &Env, ways: &[FastPath]) -> BulkInterval {
        let lanes = EventClass::count(ways.len());
        let rules = vec![Rule::default(); lanes];
        let mut calm =
            BulkInterval { rules, counts: vec![Count::default(); lanes], ..BulkInterval::default() };
        for (index, way) in ways.iter().enumerate() {
            calm.join(env, FeatureIndex(index as u16), *way);
        }
        calm
    }

    /// Lets a feature's operations be part of calm stretches, if they can.
    fn join(&mut self, env: &Env, feature: FeatureIndex, way: FastPath) {
        let [arrives, ends] =
            [EventKind::Arrival, EventKind::End].map(|kind| EventClass::new(feature, kind).index());
        if env.facts(feature).free {
            self.rules[arrives].joins = true;
            return;
        }
        // Nothing of a feature without a short way ever ends in the course.
        self.rules[ends].joins = !way.open;
        let terms = env.terms(env.first_plan);
        let rules = &terms.features[feature.index()];
        let estimate = constant_estimate(env, terms, feature);
        let estimated = estimator(rules).is_some();
        if !way.open
            || !env.outages.never(feature)
            || (estimated && estimate.is_none())
            || (!estimated && !way.needs_no_estimate)
        {
            return;
        }
        let check = env.check(env.first_plan, feature);
        let estimate = estimate.unwrap_or_default();
        let (hold, held) = (hold_terms(rules), check.held(estimate).unwrap_or_default());
        // Holds of nothing are holds too, but would look like none here.
        if hold.is_some() && held.is_zero() {
            return;
        }
        self.floor = self.floor.max(check.least_view(estimate).unwrap_or_default());
        self.any = true;
        self.holds |= hold.is_some();
        let held = held.micros();
        let plain = Rule {
            joins: true,
            hold: held,
            pins: hold.is_some_and(|hold| hold.pins_expiry),
            ..Rule::default()
        };
        self.rules[arrives] = Rule { step: 1, frees: -held, ..plain };
        self.rules[ends] = Rule { ends: true, step: -1, burns: -1, frees: held, ..plain };
    }

    /// True if the gate admits every operation of a stretch without holds in which everything happens as it comes.
    fn admitted_by(&self, gate: Witness<'_>, events: &[TraceEvent]) -> bool {
        let mut burned = 0;
        events.iter().all(|event| {
            let rule = &self.rules[event.lane.index()];
            burned += event.cost.micros() & rule.burns;
            rule.step <= 0 || gate.admits(event.lane, 0, burned, -burned)
        })
    }

    /// Looks at how features enter the course, before its first piece.
    pub(super) fn meet(&mut self, entries: &[EntryRule]) {
        let ends = |index: usize| EventClass::new(FeatureIndex(index as u16), EventKind::End).index();
        let mut entering =
            entries.iter().enumerate().filter(|(_, entry)| !entry.free && entry.longest.is_some());
        self.takes_all = entering.all(|(index, _)| self.rules[ends(index)].ends);
    }
}

impl State {
    /// Goes calmly through as many of `events` as it can; returns how many.
    pub(super) fn advance_calmly(&mut self, env: &Env, stretch: &TraceSlice<'_>, from: usize) -> usize {
        let events = &stretch.events[from..];
        let Some(first) = events.first() else { return 0 };
        if !self.calm.rules[first.lane.index()].joins {
            return 0;
        }
        let Some(reach) = self.reach(env) else { return 0 };
        let gate = Witness { env, plan: self.plan, views: self.views() };
        if !self.calm.holds && self.calm.takes_all && self.passed_over.is_empty() {
            let taken = self.stride(stretch, from, &reach, gate);
            self.count_ways(&events[taken..], taken, &reach);
            return taken;
        }
        let sum = match (self.calm.holds, self.passed_over.is_empty()) {
            (false, true) => self.walk::<false, false>(events, &reach, gate),
            (false, false) => self.walk::<false, true>(events, &reach, gate),
            (true, true) => self.walk::<true, false>(events, &reach, gate),
            (true, false) => self.walk::<true, true>(events, &reach, gate),
        };
        if let Some(last) = events[..sum.taken].last() {
            self.settle_calm(&events[..sum.taken], last.at, &sum);
        }
        self.count_ways(&events[sum.taken..], sum.taken, &reach);
        sum.taken
    }

    /// Counts a bulk interval, which stopped before the first of the events that are `left`.
    fn count_ways(&mut self, left: &[TraceEvent], taken: usize, reach: &BulkReach) {
        let taken = taken as u64;
        self.ways.bulk_events += taken;
        self.ways.held_events += taken * u64::from(self.calm.holds);
        self.ways.low_events += taken * u64::from(reach.low);
        let crosses = |next: &TraceEvent| next.at < reach.until && self.calm.rules[next.lane.index()].joins;
        self.ways.stopped += u64::from(taken > 0 && left.first().is_some_and(crosses));
    }

    /// A stretch in which the account takes every event as it comes, so that running sums tell all about it.
    fn stride(
        &mut self,
        stretch: &TraceSlice<'_>,
        from: usize,
        reach: &BulkReach,
        gate: Witness<'_>,
    ) -> usize {
        let TraceSlice { events, sums, .. } = *stretch;
        let to = sums.reach(events, from, sums.next_special(from, events.len()), reach.until, reach.credits);
        if to == from {
            return 0;
        }
        debug_assert!(
            self.calm.admitted_by(gate, &events[from..to]),
            "the check refuses what a stretch admits"
        );
        sums.add_counts(events, from, to, &mut self.calm.counts);
        let in_flight = i64::from(self.gate.in_flight());
        let mut sum = BulkSum { taken: to - from, in_flight, ..BulkSum::default() };
        let mut begun = 0;
        for (rule, count) in self.calm.rules.iter().zip(&self.calm.counts).filter(|(rule, _)| rule.step != 0)
        {
            let events = count.events as i64;
            begun += events * i64::from(rule.step > 0);
            sum.in_flight += rule.step * events;
            sum.burned += count.credits.micros() & rule.burns;
            // Modulo 2^64, as the sums of instants are; what they come to in the end is small.
            sum.area = sum.area.wrapping_add(rule.step.wrapping_mul(count.time_since(self.timers.now())));
        }
        // Mostly the number of arrivals tells that there was no new maximum to look for.
        sum.most_in_flight = in_flight;
        if in_flight + begun > i64::from(self.gate.most_in_flight()) {
            sum.most_in_flight += most_in_flight(&events[from..to]);
        }
        self.settle_calm(&events[from..to], events[to - 1].at, &sum);
        to - from
    }

    /// The loop over the events of a calm stretch. With `PICKY` some ends have to be passed over.
    #[inline(always)]
    fn walk<const HOLDS: bool, const PICKY: bool>(
        &mut self,
        events: &[TraceEvent],
        reach: &BulkReach,
        gate: Witness<'_>,
    ) -> BulkSum {
        let BulkInterval { rules, counts, ended, .. } = &mut self.calm;
        let in_flight = i64::from(self.gate.in_flight());
        let mut sum = BulkSum { in_flight, most_in_flight: in_flight, ..BulkSum::default() };
        let mut free = reach.free.micros();
        for event in events {
            let rule = &rules[event.lane.index()];
            if event.at >= reach.until || !rule.joins {
                break;
            }
            if PICKY && rule.ends && self.passed_over.contains(event.slot) {
                self.passed_over.remove(event.slot);
                sum.taken += 1;
                continue;
            }
            let cost = event.cost.micros() & rule.burns;
            let burned = sum.burned + cost;
            if burned >= reach.credits.micros() {
                break;
            }
            let freed = if HOLDS { free - reach.free.micros() } else { -sum.burned };
            debug_assert!(
                rule.step <= 0 || gate.admits(event.lane, rule.hold, sum.burned, freed),
                "the check refuses what a stretch admits"
            );
            if HOLDS {
                let left = free + rule.frees - cost;
                if left <= reach.least.micros() || left >= reach.most.micros() {
                    break;
                }
                if rule.hold > 0 {
                    let slot = &mut self.holds_in_course[event.slot as usize];
                    match *slot {
                        _ if !rule.ends => (*slot, sum.left_open) = (CourseHold::Open, sum.left_open + 1),
                        CourseHold::Booked(hold)
                            if self.books.ledger().reserves_only(hold, reach.lot, rule.hold) =>
                        {
                            ended.push(hold)
                        }
                        CourseHold::Booked(_) => break,
                        CourseHold::Open | CourseHold::None => sum.left_open -= 1,
                    }
                    if rule.ends {
                        *slot = CourseHold::None;
                        sum.unused += (rule.hold - cost).max(0);
                    }
                }
                free = left;
            }
            sum.burned = burned;
            sum.in_flight += rule.step;
            sum.most_in_flight = sum.most_in_flight.max(sum.in_flight);
            sum.area += rule.step * (event.at - self.timers.now()).micros();
            counts[event.lane.index()].add(event);
            sum.taken += 1;
        }
        sum
    }

    /// Brings the books up to date after a calm stretch that ended with an event at `at`.
    fn settle_calm(&mut self, events: &[TraceEvent], at: SimTime, sum: &BulkSum) {
        #[cfg(test)]
        let sum = &self.spoilt(*sum);
        let (from, BulkSum { in_flight, most_in_flight, area, .. }) = (self.timers.now(), *sum);
        self.gate.pass_in_bulk((from, at), in_flight, most_in_flight, area);
        self.timers.advance(at);
        let burned = Credits::from_micros(sum.burned);
        if self.calm.holds {
            self.settle_calm_holds(events, burned, sum);
            let unused = Credits::from_micros(sum.unused);
            // What is charged beyond a hold is the charge less the hold plus what was not needed of it.
            let overrun = unused + self.calm_overrun();
            self.books.missed_in_bulk(unused, overrun);
        } else {
            self.books.burn_in_bulk(burned);
        }
        for feature in 0..self.short_ways.len() {
            self.count_calm(FeatureIndex(feature as u16));
        }
        self.books.end_bulk();
    }

    /// The interval with one credit too many in it, charged, owed and paid, if a test asks for it on this thread. No law
    /// of the account's own can tell.
    #[cfg(test)]
    fn spoilt(&mut self, mut sum: BulkSum) -> BulkSum {
        let mut lanes = self.calm.rules.iter().zip(&mut self.calm.counts);
        let ended = lanes.find(|(rule, count)| rule.burns != 0 && count.events > 0);
        let enough =
            self.books.ledger().remaining() > Credits::from_micros(sum.burned) + Credits::from_whole(1);
        if let (true, false, Some((_, count))) = (SPOILS.get() && enough, self.calm.holds, ended) {
            sum.burned += Credits::from_whole(1).micros();
            count.credits += Credits::from_whole(1);
        }
        sum
    }

    /// Charges less holds of all operations that ended in a stretch after they had been held.
    fn calm_overrun(&self) -> Credits {
        let held =
            self.calm.rules.iter().zip(&self.calm.counts).filter(|(rule, _)| rule.ends && rule.hold > 0);
        held.map(|(rule, count)| count.credits - Credits::from_micros(rule.hold * count.events as i64)).sum()
    }

    /// Adds what a stretch counted of a feature.
    fn count_calm(&mut self, feature: FeatureIndex) {
        let [arrives, ends] =
            [EventKind::Arrival, EventKind::End].map(|kind| EventClass::new(feature, kind).index());
        let counts = &mut self.calm.counts;
        if counts[arrives].events + counts[ends].events == 0 {
            return;
        }
        let (arrived, ended) = (std::mem::take(&mut counts[arrives]), std::mem::take(&mut counts[ends]));
        if self.calm.rules[arrives].step == 0 {
            // Free; ends of a feature that has not joined count for nothing.
            self.counts.free_in_bulk(feature, arrived.events);
            return;
        }
        self.ways.bulk += arrived.events;
        self.counts.bulk(
            feature,
            BulkCount {
                arrived: arrived.events,
                arrived_credits: arrived.credits,
                ended: ended.events,
                ended_credits: ended.credits,
            },
        );
        self.books.charged_in_bulk(feature, ended.credits);
        self.gate.count_in_bulk(feature, arrived.events, ended.events);
        let hold = self.calm.rules[arrives].hold;
        if hold > 0 {
            let credits = Credits::from_micros(hold * ended.events as i64);
            let bulk = BulkHolds { opened: arrived.events, settled: ended.events, ended: credits };
            self.books.held_in_bulk(bulk);
        }
    }

    /// The ledger's part of a stretch with holds: those that began and ended in it are never opened there.
    fn settle_calm_holds(&mut self, events: &[TraceEvent], burned: Credits, sum: &BulkSum) {
        for hold in self.calm.ended.drain(..) {
            self.books.end_hold_in_bulk(hold);
        }
        self.books.burn_in_bulk(burned);
        let BulkInterval { rules, left, .. } = &mut self.calm;
        let mut later = events.iter().rev();
        while left.len() < sum.left_open {
            let Some(event) = later.next() else { break };
            let open = rules[event.lane.index()].hold > 0
                && self.holds_in_course[event.slot as usize] == CourseHold::Open;
            if open {
                // Each slot only once: an earlier operation may have had it too.
                self.holds_in_course[event.slot as usize] = CourseHold::None;
                left.push((event.slot, event.lane));
            }
        }
        for (slot, lane) in left.drain(..).rev() {
            let Rule { hold, pins, .. } = rules[lane.index()];
            let hold = self.books.open_hold_in_bulk(Credits::from_micros(hold), pins);
            self.holds_in_course[slot as usize] = CourseHold::Booked(hold);
        }
    }
}
