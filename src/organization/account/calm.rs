//! Calm stretches: plain operations arrive and end, no balance comes near a threshold, no timer is due.
//!
//! That is most of most accounts' lives, so it has a loop of its own that keeps what it needs at hand and brings the
//! books up to date when the stretch ends. Leaves everything else to the loop over instants. Invariant: a stretch leaves
//! the account exactly as the loop over instants would have; it stops before whatever it cannot do.

use crate::policy::Estimator;
use crate::units::{Credits, FeatureIndex};
use crate::workload::{Fate, Operation};

use super::env::{Env, estimator, room};
use super::events::{Class, Due, DueKind, order_of, place_of};
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

impl State {
    /// Handles operations, and what is due before each of them, as long as the stretch is calm. Returns how many.
    pub(super) fn advance_calmly(&mut self, env: &Env, operations: &[Operation]) -> usize {
        let Some(room) = self.calm_room() else { return 0 };
        let (mut left, mut now, mut in_flight) = (room, self.now, self.in_flight);
        let (mut in_flight_max, mut in_flight_micros) = (in_flight, 0_i128);
        let (timer, end) = (self.next_timer, env.world.end);
        let Calm { features, counts, .. } = &mut self.calm;
        let mut taken = 0;
        'stretch: for operation in operations {
            let Operation { at, feature, sequence, cost, .. } = *operation;
            let arrival = place_of(at, order_of(Class::Arrival, feature.0, sequence, 0));
            while let Some(due) = self.due.peek().filter(|due| due.place() < arrival) {
                let cost = due.cost();
                if due.what != DueKind::Light || due.at >= timer || cost >= left {
                    break 'stretch;
                }
                left -= cost;
                now = due.at;
                in_flight -= 1;
                let counts = &mut counts[due.feature.index()];
                counts.served += 1;
                counts.served_credits += cost;
                self.due.pop();
            }
            let rules = features[feature.index()];
            let plain = operation.part_count == 0 && operation.fate == Fate::Completes;
            if at >= timer || !rules.joins || !plain {
                break;
            }
            (now, taken) = (at, taken + 1);
            let counts = &mut counts[feature.index()];
            if rules.free {
                counts.free += 1;
                continue;
            }
            counts.demanded += 1;
            counts.demand_credits += cost;
            if let Some(credits) = self.tally.member_credits.get_mut(usize::from(operation.member)) {
                *credits += cost;
            }
            if let Some(estimate) = rules.estimate {
                self.tally.features[feature.index()].count_estimate(estimate, cost);
            }
            in_flight += 1;
            in_flight_max = in_flight_max.max(in_flight);
            let ends = at + operation.duration;
            in_flight_micros += i128::from((ends.min(end) - at).micros());
            let order = order_of(Class::Charge, feature.0, sequence, 0);
            let tag = cost.micros() as u64;
            self.due.push(Due { at: ends, order, tag, slot: 0, feature, what: DueKind::Light });
        }
        self.now = now;
        self.in_flight = in_flight;
        self.tally.in_flight_max = self.tally.in_flight_max.max(in_flight_max);
        self.tally.in_flight_micros += in_flight_micros;
        self.settle_calm(room - left);
        taken
    }

    /// How much may be charged, exclusively, before a threshold is crossed or the first lot ends; none if the account
    /// is not calm.
    #[inline]
    fn calm_room(&self) -> Option<Credits> {
        let calm = self.calm.any
            && !self.churned
            && !self.resume
            && !self.arrived
            && !self.watch_stale
            && self.queue.is_empty()
            && self.unrecorded.is_zero()
            && self.refusals.episode.is_none();
        if !calm {
            return None;
        }
        let room = self.ledger.burnable_first()?.min(self.ledger.remaining() - self.watch.max(self.calm.floor));
        room.is_positive().then_some(room)
    }

    /// Brings the books up to date after a stretch in which `burned` was charged.
    fn settle_calm(&mut self, burned: Credits) {
        if burned.is_positive()
            && let Some((category, rolled)) = self.ledger.burn_first(burned)
        {
            self.tally.credits.burned[category.index()] += burned;
            if rolled {
                self.tally.credits.rolled_over_used += burned;
            }
        }
        let (mut demanded, mut served) = (0, 0);
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
        }
        // Whatever started and did not end came to what was in flight before.
        self.light_in_flight = self.light_in_flight + demanded as u32 - served as u32;
        self.cycle.row.demanded += demanded;
        self.cycle.row.burned += burned;
        self.cycle.row.charged += burned;
        self.ended_charged += burned;
    }
}
