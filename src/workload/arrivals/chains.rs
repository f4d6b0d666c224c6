//! Operations that follow one another: sessions, and closed loops of clients.
//!
//! The next operation of a chain arrives when the last one's work and a think time are over, as if it had been served
//! at once ("natural"). Chains overlap; a heap holds the next operation of each.

use std::cmp::Reverse;
use std::collections::BinaryHeap;

use crate::sampling::{Dist, Rng};
use crate::workload::stretch::{DurationLaw, first_of_client};

use super::gaps::Gaps;
use super::pace::{PacePlan, RateWalk, SECOND};

/// Operations left in a chain that never ends.
const ENDLESS: u32 = u32::MAX;

/// The next operation of a chain: (microseconds from the start, number of the chain, operations left).
type Next = Reverse<(i64, u32, u32)>;

/// One organization's sessions or clients.
#[derive(Debug, Clone)]
pub(in crate::workload) struct Chains {
    heap: BinaryHeap<Next>,
    /// The chain whose operation was given out last, waiting for its end.
    current: Option<(u32, u32)>,
    started: u32,
    /// Starts of sessions; a closed loop has none.
    starts: Option<Starts>,
    /// Think time (seconds), and what divides it.
    think: Dist,
    haste: f64,
    end: i64,
}

#[derive(Debug, Clone)]
struct Starts {
    pace: RateWalk,
    gaps: Gaps,
    calls: Dist,
    next: Option<f64>,
}

impl Chains {
    /// Sessions that start along `pace`. A pace that begins before the organization's demand lets sessions be under way
    /// there; their operations from before are given out too, for the caller to leave out.
    pub fn sessions(
        mut pace: RateWalk,
        plan: &PacePlan,
        gaps: Gaps,
        calls: Dist,
        think: Dist,
        end: f64,
        rng: &mut Rng,
    ) -> Self {
        let next = pace.advance_with_sine(plan, gaps.first(rng));
        let starts = Some(Starts { pace, gaps, calls, next });
        Chains {
            heap: BinaryHeap::new(),
            current: None,
            started: 0,
            starts,
            think,
            haste: 1.0,
            end: end as i64,
        }
    }

    /// Clients, each found somewhere in its cycle at `from`. `haste` divides think times.
    pub fn clients(
        count: u32,
        calls: Option<&Dist>,
        (think, haste): (Dist, f64),
        (service, steady): (&DurationLaw, bool),
        (from, end): (f64, f64),
        rng: &mut Rng,
    ) -> Self {
        let mut chains = Chains {
            heap: BinaryHeap::new(),
            current: None,
            started: count,
            starts: None,
            think,
            haste,
            end: end as i64,
        };
        for client in 0..count {
            let left = calls.map_or(ENDLESS, |calls| count_of(calls.sample(rng)));
            let first = from + first_of_client(&chains.think, haste, service, steady, rng) * SECOND;
            chains.push(first as i64, client, left);
        }
        chains
    }

    fn push(&mut self, at: i64, chain: u32, left: u32) {
        if at < self.end && left > 0 {
            self.heap.push(Reverse((at, chain, left)));
        }
    }

    /// The next arrival, in microseconds from the start. [`Chains::served`] must follow before the next one.
    pub fn next(&mut self, plan: &PacePlan, rng: &mut Rng) -> Option<i64> {
        // A session that starts no later than the next operation may make an operation that comes first.
        while let Some(starts) = &mut self.starts {
            let Some(start) = starts.next else { break };
            if self.heap.peek().is_some_and(|Reverse((at, ..))| *at < start as i64) {
                break;
            }
            starts.next = starts.pace.advance_with_sine(plan, starts.gaps.draw(rng));
            let calls = count_of(starts.calls.sample(rng));
            let chain = self.started;
            self.started = self.started.wrapping_add(1);
            self.push(start as i64, chain, calls);
        }
        let Reverse((at, chain, left)) = self.heap.pop()?;
        self.current = Some((chain, left));
        Some(at)
    }

    /// Says how long the operation given out last takes (microseconds), so that its chain goes on.
    pub fn served(&mut self, at: i64, duration: i64, rng: &mut Rng) {
        let Some((chain, left)) = self.current.take() else { return };
        let left = if left == ENDLESS { ENDLESS } else { left - 1 };
        if left == 0 {
            return;
        }
        let think = (self.think.sample(rng).max(0.0) / self.haste * SECOND).min(9e17) as i64;
        // A loop without any time in it would never leave its instant.
        let pause = if left == ENDLESS {
            (duration.saturating_add(think)).max(1)
        } else {
            duration.saturating_add(think)
        };
        self.push(at.saturating_add(pause), chain, left);
    }
}

/// A drawn number of operations: rounded, at least 1.
pub(in crate::workload) fn count_of(drawn: f64) -> u32 {
    libm::floor(drawn + 0.5).clamp(1.0, f64::from(ENDLESS - 1)) as u32
}
