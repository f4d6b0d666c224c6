//! Operations at instants of a calendar, with jitter.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::calendar::Zone;
use crate::sampling::{Dist, Rng, uniform};
use crate::units::SimTime;
use crate::workload::demand::{Schedule, ScheduleTimes};

use super::pace::SECOND;

/// Most operations of one instant.
const MOST: f64 = 1e6;

/// The instants of a horizon, microseconds from its start.
#[derive(Debug)]
pub(in crate::workload) struct SchedulePlan {
    instants: Vec<i64>,
    count: Dist,
    jitter: Dist,
}

impl SchedulePlan {
    /// Computes every instant of the horizon.
    pub fn new(schedule: &Schedule, zone: &Zone, start: SimTime, end: SimTime) -> Self {
        let length = (end - start).micros();
        let instants = match &schedule.when {
            ScheduleTimes::Every(span) => (0..length).step_by(span.micros().max(1) as usize).collect(),
            ScheduleTimes::Cron(cron) => {
                let zone = schedule.zone.as_ref().unwrap_or(zone);
                cron.instants(zone, start, end).into_iter().map(|at| (at - start).micros()).collect()
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
    pub fn begin(plan: &SchedulePlan, factor: f64, from: f64, end: f64, traits: &mut Rng) -> Self {
        Scheduled {
            next: plan.instants.partition_point(|at| (*at as f64) < from),
            pending: BinaryHeap::new(),
            factor,
            count: plan.count.for_organization(traits),
            end: end as i64,
        }
    }

    /// The next arrival, microseconds from the start.
    pub fn next(&mut self, plan: &SchedulePlan, rng: &mut Rng) -> Option<i64> {
        loop {
            let instant = plan.instants.get(self.next).copied().filter(|at| *at < self.end);
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
