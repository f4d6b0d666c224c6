//! Calm stretches: plain operations arrive and end, no balance comes near a threshold, no timer is due.
//!
//! That is most of most accounts' lives, and in it the order of charges cannot be told from the outcome. So operations
//! are taken many at once: their charges are summed, and how many were in flight at each arrival is counted without
//! walking through time. Leaves everything else to the loop over instants. Invariant: a stretch leaves the account
//! exactly as the loop over instants would have; it stops before whatever it cannot do.

use crate::policy::Estimator;
use crate::units::{Credits, FeatureIndex, SimTime};
use crate::workload::{Fate, Operation};

use super::env::{Env, estimator, room};
use super::events::{Class, Due, DueKind, order_of};
use super::light::ShortWay;
use super::state::State;

/// What the loop over calm stretches needs to know, and what it counts.
#[derive(Debug, Clone, Default)]
pub(super) struct Calm {
    features: Vec<CalmFeature>,
    /// Per feature, since the stretch began.
    counts: Vec<CalmCounts>,
    /// Every check passes at balances above this.
    floor: Credits,
    any: bool,
}

/// A feature in calm stretches.
#[derive(Debug, Clone, Copy, Default)]
struct CalmFeature {
    /// Its operations may be part of a stretch.
    joins: bool,
    /// Costs nothing: its operations are only counted.
    free: bool,
    /// The estimate that its check makes of every operation.
    estimate: Option<Credits>,
}

/// What operations of a feature did in a stretch.
#[derive(Debug, Clone, Copy, Default)]
struct CalmCounts {
    free: u64,
    demanded: u64,
    demand_credits: Credits,
    served: u64,
    served_credits: Credits,
}

impl Calm {
    pub(super) fn new(env: &Env, ways: &[ShortWay]) -> Calm {
        let mut calm = Calm { counts: vec![CalmCounts::default(); ways.len()], ..Calm::default() };
        for (index, way) in ways.iter().enumerate() {
            let feature = FeatureIndex(index as u16);
            let joined = feature_of(env, feature, *way);
            calm.any |= joined.is_some_and(|(feature, _)| !feature.free);
            let (feature, floor) = joined.unwrap_or_default();
            calm.floor = calm.floor.max(floor);
            calm.features.push(feature);
        }
        calm
    }
}

/// A feature that joins calm stretches, and the balance above which its check always passes.
fn feature_of(env: &Env, feature: FeatureIndex, way: ShortWay) -> Option<(CalmFeature, Credits)> {
    let facts = env.facts(feature);
    if facts.free {
        return Some((CalmFeature { joins: true, free: true, estimate: None }, Credits::ZERO));
    }
    let terms = env.terms(env.first_plan);
    let rules = &terms.features[feature.index()];
    let holds = super::charging::hold_terms(rules).is_some();
    if !way.open || holds || !env.outages.never(feature) {
        return None;
    }
    let estimate = match estimator(rules) {
        None => None,
        Some(Estimator::Fixed(credits)) => Some(*credits),
        Some(Estimator::Expected | Estimator::Quantile(_)) => Some(facts.expected_cost),
        Some(Estimator::Exact | Estimator::History(_) | Estimator::Blur { .. }) => return None,
    };
    if estimate.is_none() && !way.blind {
        return None;
    }
    let need = estimate.unwrap_or(Credits::EPSILON);
    let floor = room(terms, rules).map_or(Credits::ZERO, |room| need - room);
    Some((CalmFeature { joins: true, free: false, estimate }, floor))
}

/// How far an account may go before something else than plain operations has to be looked at.
#[derive(Debug, Clone, Copy)]
struct Room {
    /// May be charged, exclusively.
    credits: Credits,
    /// No later.
    until: SimTime,
}

/// Operations taken at once, plus one place that stays free.
const SEGMENT: usize = 64;

/// Paid operations taken at once, in order of arrival.
struct Segment {
    len: usize,
    /// Arrivals (µs); behind the last one, later than everything.
    at: [i64; SEGMENT],
    ends: [SimTime; SEGMENT],
    /// Their places among all operations.
    index: [u8; SEGMENT],
    /// How many operations, whenever they started, end after the arrival before this one.
    ended: [u32; SEGMENT],
}

impl Segment {
    fn new() -> Segment {
        Segment {
            len: 0,
            at: [i64::MAX; SEGMENT],
            ends: [SimTime::NEVER; SEGMENT],
            index: [0; SEGMENT],
            ended: [0; SEGMENT],
        }
    }

    fn is_full(&self) -> bool {
        self.len + 1 >= SEGMENT
    }

    /// The number of arrivals before `end`, found without a branch, because none could be foreseen.
    #[inline(always)]
    fn arrivals_before(&self, end: SimTime) -> usize {
        let mut before = 0;
        for half in [32, 16, 8, 4, 2, 1] {
            let later = self.at[(before + half - 1) % SEGMENT] < end.micros();
            before += half * usize::from(later);
        }
        before
    }

    /// The most operations in flight at once, and how many are left, of `in_flight` before the first arrival.
    fn most_in_flight(&self, mut in_flight: u32) -> (u32, u32) {
        let mut most = in_flight;
        for ended in &self.ended[..self.len] {
            in_flight = in_flight + 1 - ended;
            most = most.max(in_flight);
        }
        (most, in_flight)
    }
}

impl State {
    /// Handles operations, and what is due before each of them, as long as the stretch is calm. Returns how many.
    pub(super) fn advance_calmly(&mut self, env: &Env, operations: &[Operation]) -> usize {
        let mut taken = 0;
        while let Some(room) = self.calm_room(env) {
            let segment = self.advance_segment(env, &operations[taken..], room);
            if segment == 0 {
                break;
            }
            taken += segment;
        }
        taken
    }

    /// As [`State::advance_calmly`], for one segment.
    fn advance_segment(&mut self, env: &Env, operations: &[Operation], room: Room) -> usize {
        let mut segment = Segment::new();
        let taken = self.start_segment(env, operations, room, &mut segment);
        if taken == 0 {
            return 0;
        }
        let mut burned = self.end_earlier(&mut segment);
        let counts = &mut self.calm.counts;
        let (mut unfinished, mut left) = ([0_u8; SEGMENT], 0);
        for number in 0..segment.len {
            let operation = &operations[usize::from(segment.index[number])];
            let before = segment.arrivals_before(segment.ends[number]).max(number + 1);
            let over = before < segment.len;
            segment.ended[before % SEGMENT] += 1;
            let cost = if over { operation.cost } else { Credits::ZERO };
            burned += cost;
            let counts = &mut counts[operation.feature.index()];
            counts.served += u64::from(over);
            counts.served_credits += cost;
            unfinished[left % SEGMENT] = number as u8;
            left += usize::from(!over);
        }
        let (most, in_flight) = segment.most_in_flight(self.in_flight);
        self.tally.in_flight_max = self.tally.in_flight_max.max(most);
        self.in_flight = in_flight;
        for &number in &unfinished[..left] {
            let number = usize::from(number);
            let Operation { feature, sequence, cost, .. } = operations[usize::from(segment.index[number])];
            let order = order_of(Class::Charge, feature.0, sequence, 0);
            let (at, tag) = (segment.ends[number], cost.micros() as u64);
            self.due.push(Due { at, order, tag, slot: 0, feature, what: DueKind::Light });
        }
        self.settle_calm(burned);
        taken
    }

    /// Counts the arrivals of a segment; returns how many operations it takes.
    #[inline(always)]
    fn start_segment(
        &mut self,
        env: &Env,
        operations: &[Operation],
        room: Room,
        segment: &mut Segment,
    ) -> usize {
        let bound = room.until.min(self.due.first_other_than(DueKind::Light));
        let end = env.world.end;
        let Calm { features, counts, .. } = &mut self.calm;
        let (mut owed, mut in_flight_micros) = (self.light_owed, 0);
        let mut taken = 0;
        for operation in operations.iter().take(usize::from(u8::MAX)) {
            let (at, feature) = (operation.at, operation.feature.index());
            let rules = features[feature];
            let plain = operation.part_count == 0 && operation.fate == Fate::Completes;
            if !plain || !rules.joins || at >= bound || segment.is_full() {
                break;
            }
            let counts = &mut counts[feature];
            if rules.free {
                counts.free += 1;
            } else {
                // Nothing is crossed even if everything in flight were charged at once.
                owed += operation.cost;
                if owed >= room.credits {
                    break;
                }
                counts.demanded += 1;
                counts.demand_credits += operation.cost;
                if let Some(credits) = self.tally.member_credits.get_mut(usize::from(operation.member)) {
                    *credits += operation.cost;
                }
                if let Some(estimate) = rules.estimate {
                    self.tally.features[feature].count_estimate(estimate, operation.cost);
                }
                let ends = at + operation.duration;
                in_flight_micros += ends.min(end).micros() - at.micros();
                let number = segment.len % SEGMENT;
                (segment.at[number], segment.ends[number]) = (at.micros(), ends);
                segment.index[number] = taken as u8;
                segment.len += 1;
                self.now = at;
            }
            taken += 1;
        }
        self.tally.in_flight_micros += i128::from(in_flight_micros);
        taken
    }

    /// Ends the operations of earlier segments that are over by the last arrival; returns what they are charged.
    fn end_earlier(&mut self, segment: &mut Segment) -> Credits {
        let mut burned = Credits::ZERO;
        let last = segment.at[..segment.len].last().map_or(SimTime::DAWN, |at| SimTime::from_micros(*at));
        while let Some(due) = self.due.peek().copied().filter(|due| due.at <= last) {
            self.due.pop();
            segment.ended[segment.arrivals_before(due.at)] += 1;
            let counts = &mut self.calm.counts[due.feature.index()];
            counts.served += 1;
            counts.served_credits += due.cost();
            burned += due.cost();
        }
        burned
    }

    /// What the account may do calmly; none if it is not calm.
    #[inline]
    fn calm_room(&self, env: &Env) -> Option<Room> {
        let calm = self.calm.any
            && !self.churned
            && !self.resume
            && !self.arrived
            && !self.watch_stale
            && self.queue.is_empty()
            && self.unrecorded.is_zero()
            && self.refusals.episode.is_none()
            && self.ledger.is_plain();
        if !calm {
            return None;
        }
        let balance = self.ledger.remaining();
        let room = if balance > self.watch {
            Room { credits: balance - self.watch.max(self.calm.floor), until: self.next_timer }
        } else {
            self.room_below(env, balance)?
        };
        room.credits.is_positive().then_some(room)
    }

    /// The room between a balance that is below some threshold and the next threshold.
    fn room_below(&self, env: &Env, balance: Credits) -> Option<Room> {
        let terms = env.terms(self.plan);
        let mut next = self.calm.floor;
        let mut until = self.next_timer;
        for alert in &terms.alerts {
            let threshold = self.threshold(alert);
            if !alert.compare.holds(balance, threshold) {
                next = next.max(threshold);
            }
        }
        for needed in self.blocking.iter().flatten() {
            if balance >= *needed {
                next = next.max(*needed);
            }
        }
        for (index, rule) in terms.top_ups.iter().enumerate() {
            let pending = if rule.count_pending { self.purchases.pending } else { Credits::ZERO };
            if rule.compare.holds(balance + pending, rule.threshold) {
                until = until.min(self.quiet_until(index)?);
            } else {
                next = next.max(rule.threshold - pending);
            }
        }
        Some(Room { credits: balance - next, until })
    }

    /// Brings the books up to date after operations among which `burned` was charged.
    fn settle_calm(&mut self, burned: Credits) {
        let debt = self.ledger.charge(burned);
        debug_assert!(debt.is_zero(), "a calm account has credits for everything in flight");
        self.count_takes();
        let (mut demanded, mut served, mut asked_credits) = (0, 0, Credits::ZERO);
        for (counts, tally) in self.calm.counts.iter_mut().zip(&mut self.tally.features) {
            let CalmCounts { free, demanded: asked, demand_credits, served: done, served_credits } =
                std::mem::take(counts);
            tally.free += free;
            tally.demanded += asked;
            tally.attempts += asked;
            tally.demand_credits += demand_credits;
            tally.served += done;
            tally.due_credits += served_credits;
            tally.charged_credits += served_credits;
            demanded += asked;
            served += done;
            asked_credits += demand_credits;
        }
        // Whatever started and did not end came to what was in flight before.
        self.light_in_flight = self.light_in_flight + demanded as u32 - served as u32;
        self.light_owed += asked_credits - burned;
        self.cycle.row.demanded += demanded;
        self.cycle.row.burned += burned;
        self.cycle.row.charged += burned;
        self.ended_charged += burned;
    }
}
