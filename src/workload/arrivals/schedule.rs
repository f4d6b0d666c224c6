//! Operations at instants of a calendar, with jitter.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::calendar::Zone;
use crate::sampling::{Dist, Rng, TraitUniforms, uniform};
use crate::units::SimTime;
use crate::workload::demand::{Schedule, ScheduleTimes};

use super::pace::SECOND;

/// Most operations of one instant.
const MOST: f64 = 1e6;

/// The instants of a horizon, microseconds from its start.
#[derive(Debug)]
pub(in crate::workload) struct SchedulePlan {
    instants: Instants,
    count: Dist,
    jitter: Dist,
}

/// Instants in order.
#[derive(Debug)]
enum Instants {
    /// Written down: those of a cron line, a minute apart at least.
    Listed(Vec<i64>),
    /// Multiples of a distance below the horizon's length; computed, because there may be billions.
    Every { distance: i64, length: i64 },
}

impl Instants {
    /// The instant of a number, if the horizon holds it.
    fn get(&self, number: usize) -> Option<i64> {
        match self {
            Instants::Listed(instants) => instants.get(number).copied(),
            Instants::Every { distance, length } => {
                let at = i64::try_from(number).ok()?.checked_mul(*distance)?;
                (at < *length).then_some(at)
            }
        }
    }

    /// The number of the first instant not before `from`.
    fn first_from(&self, from: f64) -> usize {
        match self {
            Instants::Listed(instants) => instants.partition_point(|at| (*at as f64) < from),
            // Instants are integers, so the first one not before `from` is not before the integer at or above it.
            Instants::Every { distance, .. } => {
                let from = libm::ceil(from.max(0.0)) as i64;
                (from.div_euclid(*distance) + i64::from(from.rem_euclid(*distance) > 0)) as usize
            }
        }
    }
}

impl SchedulePlan {
    /// Lays out the instants of the horizon.
    pub fn new(schedule: &Schedule, zone: &Zone, start: SimTime, end: SimTime) -> Self {
        let length = (end - start).micros();
        let instants = match &schedule.when {
            ScheduleTimes::Every(span) => Instants::Every { distance: span.micros().max(1), length },
            ScheduleTimes::Cron(cron) => {
                let zone = schedule.zone.as_ref().unwrap_or(zone);
                let instants = cron.instants(zone, start, end);
                Instants::Listed(instants.into_iter().map(|at| (at - start).micros()).collect())
            }
        };
        SchedulePlan { instants, count: schedule.count.clone(), jitter: schedule.jitter.clone() }
    }
}

/// One organization's way through a schedule.
#[derive(Debug, Clone)]
pub(in crate::workload) struct Scheduled {
    next: usize,
    /// Delayed operations, by time.
    pending: BinaryHeap<Reverse<i64>>,
    factor: f64,
    count: Dist,
    end: i64,
}

impl Scheduled {
    /// Starts at the first instant not before `from`; `factor` multiplies the number of operations.
    pub fn begin(plan: &SchedulePlan, factor: f64, from: f64, end: f64, traits: &mut TraitUniforms) -> Self {
        Scheduled {
            next: plan.instants.first_from(from),
            pending: BinaryHeap::new(),
            factor,
            count: plan.count.for_organization(traits),
            end: end as i64,
        }
    }

    /// The next arrival, microseconds from the start.
    pub fn next(&mut self, plan: &SchedulePlan, rng: &mut Rng) -> Option<i64> {
        loop {
            let instant = plan.instants.get(self.next).filter(|at| *at < self.end);
            if let Some(Reverse(first)) = self.pending.peek() {
                // Jitter only delays, so nothing of a later instant can come before it.
                if instant.is_none_or(|instant| *first <= instant) {
                    return self.pending.pop().map(|Reverse(at)| at);
                }
            }
            let instant = instant?;
            self.next += 1;
            let count = (self.count.sample(rng).max(0.0) * self.factor).min(MOST);
            // The fraction is rounded at random, so that the mean is kept.
            let count = libm::floor(count + uniform(rng)) as u32;
            for _ in 0..count {
                let delay = (plan.jitter.sample(rng).max(0.0) * SECOND).min(9e17) as i64;
                let at = instant.saturating_add(delay);
                if at < self.end {
                    self.pending.push(Reverse(at));
                }
            }
        }
    }
}
