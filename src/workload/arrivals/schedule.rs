//! Operations at instants of a calendar, with jitter.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::calendar::Zone;
use crate::sampling::{Dist, Purpose, Rng, StreamKey, TraitUniforms, uniform};
use crate::units::{SimSpan, SimTime};
use crate::workload::demand::{Schedule, ScheduleTimes};

use super::clock::MOST_LEAD;
use super::pace::SECOND;

/// Most operations of one instant.
const MOST: f64 = 1e6;

/// The instants of a horizon and of a while before it, microseconds from its start.
#[derive(Debug)]
pub(in crate::workload) struct SchedulePlan {
    instants: Instants,
    /// How long before the start an operation may have been due that comes after it.
    lead: f64,
    count: Dist,
    jitter: Dist,
}

/// Instants in order.
#[derive(Debug)]
enum Instants {
    /// Written down: those of a cron line, a minute apart at least.
    Listed(Vec<i64>),
    /// Multiples of a distance below the horizon's length, the first so many before its start; computed, because there
    /// may be billions.
    Every { distance: i64, before: i64, length: i64 },
}

impl Instants {
    /// The instant of a number, if the horizon holds it.
    fn get(&self, number: usize) -> Option<i64> {
        match self {
            Instants::Listed(instants) => instants.get(number).copied(),
            Instants::Every { distance, before, length } => {
                let at = (i64::try_from(number).ok()? - before).checked_mul(*distance)?;
                (at < *length).then_some(at)
            }
        }
    }

    /// The number of the first instant not before `from`.
    fn first_from(&self, from: f64) -> usize {
        match self {
            Instants::Listed(instants) => instants.partition_point(|at| (*at as f64) < from),
            // Instants are integers, so the first one not before `from` is not before the integer at or above it.
            Instants::Every { distance, before, .. } => {
                let from = libm::ceil(from) as i64;
                let next = from.div_euclid(*distance) + i64::from(from.rem_euclid(*distance) > 0);
                (next + before).max(0) as usize
            }
        }
    }
}

impl SchedulePlan {
    /// Lays out the instants of the horizon.
    pub fn new(schedule: &Schedule, zone: &Zone, start: SimTime, end: SimTime) -> Self {
        let length = (end - start).micros();
        let lead = SimSpan::from_seconds_f64(lead_of(&schedule.jitter));
        let instants = match &schedule.when {
            ScheduleTimes::Every(span) => {
                let distance = span.micros().max(1);
                Instants::Every { distance, before: lead.micros() / distance, length }
            }
            ScheduleTimes::Cron(cron) => {
                let zone = schedule.zone.as_ref().unwrap_or(zone);
                let instants = cron.instants(zone, start - lead, end);
                Instants::Listed(instants.into_iter().map(|at| (at - start).micros()).collect())
            }
        };
        let (count, jitter) = (schedule.count.clone(), schedule.jitter.clone());
        SchedulePlan { instants, lead: lead.micros() as f64, count, jitter }
    }
}

/// A delay that one operation in ten thousand exceeds (seconds); the longest of some draws if it has no quantiles.
fn lead_of(jitter: &Dist) -> f64 {
    let longest = || {
        let mut rng = StreamKey::root(0).name("jitter").stream(Purpose::Estimate);
        (0..1_000).map(|_| jitter.sample(&mut rng)).fold(0.0, f64::max)
    };
    jitter.quantile(0.9999).unwrap_or_else(longest).clamp(0.0, MOST_LEAD)
}

/// One organization's way through a schedule.
#[derive(Debug, Clone)]
pub(in crate::workload) struct Scheduled {
    next: usize,
    /// Delayed operations, by time.
    pending: BinaryHeap<Reverse<i64>>,
    factor: f64,
    count: Dist,
    from: i64,
    end: i64,
}

impl Scheduled {
    /// Starts at the first instant not before `from`, or if it is in steady state with what was due before and is late;
    /// `factor` multiplies the number of operations.
    pub fn begin(
        plan: &SchedulePlan,
        factor: f64,
        (from, end): (f64, f64),
        steady: bool,
        traits: &mut TraitUniforms,
    ) -> Self {
        let lead = if steady { plan.lead } else { 0.0 };
        Scheduled {
            next: plan.instants.first_from(from - lead),
            pending: BinaryHeap::new(),
            factor,
            count: plan.count.for_organization(traits),
            from: from as i64,
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
                if (self.from..self.end).contains(&at) {
                    self.pending.push(Reverse(at));
                }
            }
        }
    }
}
