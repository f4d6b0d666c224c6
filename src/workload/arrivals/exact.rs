//! As many operations as a rate lets expect, to a whole number: only when they come is left to chance.
//!
//! Owns how many there are and where in an organization's time they lie. A fraction is rounded at random, so that the mean is
//! the rate's. Bursts start where a gamma renewal on a circle puts them: the circle is the operational time of the
//! organization's life, so that no begin and no end is special, and with a coefficient of variation of 1 every burst lies
//! anywhere, as those of a Poisson process do once their number is known. A drift moves where they lie, not how many.
//! Invariants: none lies outside the organization's time; what a burst would leave behind its end comes at its begin.

use crate::sampling::{Dist, Rng, uniform};
use crate::units::impossible;

use super::chains::count_of;
use super::gaps::Gaps;
use super::pace::{PacePlan, RateWalk, SECOND};

/// Most operations of one organization: their times are held in memory.
const MOST: f64 = 5e7;

/// One organization's operations, the next one last.
#[derive(Debug, Clone)]
pub(in crate::workload) struct Exact {
    times: Vec<i64>,
}

/// What a burst is.
#[derive(Debug, Clone)]
pub(super) struct Bursts {
    /// Gaps between bursts.
    pub gaps: Gaps,
    /// Operations of one.
    pub calls: Dist,
    /// From one operation to the next (seconds).
    pub gap: Dist,
}

impl Exact {
    /// Puts all operations of a walk from its begin until `until`; `fraction` decides how their number is rounded.
    pub(super) fn begin(
        walk: RateWalk,
        plan: &PacePlan,
        bursts: &Bursts,
        until: f64,
        fraction: f64,
        rng: &mut Rng,
    ) -> Exact {
        let expected = walk.without_drift(plan).work_left(plan);
        if expected > MOST {
            impossible(format!(
                "`exact` arrivals of one organization would be {expected:.0} operations, which are more than can be held at once"
            ));
        }
        let count = libm::floor(expected + fraction) as usize;
        let mut rng = rng.fork();
        let sizes = sizes(count, &bursts.calls, &mut rng);
        let from = walk.now;
        let mut times = Vec::with_capacity(count);
        for (start, size) in starts(walk, plan, bursts.gaps, sizes.len(), &mut rng).into_iter().zip(sizes) {
            let mut at = start;
            times.push(at as i64);
            for _ in 1..size {
                at += bursts.gap.sample(&mut rng).max(0.0) * SECOND;
                times.push((from + (at - from) % (until - from).max(1.0)) as i64);
            }
        }
        times.sort_unstable_by(|a, b| b.cmp(a));
        Exact { times }
    }

    /// The next one, microseconds from the start.
    pub fn next(&mut self) -> Option<i64> {
        self.times.pop()
    }
}

/// Sizes of bursts that sum to a number of operations.
fn sizes(count: usize, calls: &Dist, rng: &mut Rng) -> Vec<usize> {
    let mut sizes = Vec::new();
    let mut left = count;
    while left > 0 {
        let size = (count_of(calls.sample(rng)) as usize).min(left);
        sizes.push(size);
        left -= size;
    }
    sizes
}

/// So many instants along a walk, in order: gaps of a renewal, closed to a circle that is entered anywhere.
fn starts(mut walk: RateWalk, plan: &PacePlan, gaps: Gaps, count: usize, rng: &mut Rng) -> Vec<f64> {
    let whole = walk.clone().work_left(plan);
    let mut places = Vec::with_capacity(count);
    let mut sum = 0.0;
    for _ in 0..count {
        sum += gaps.draw(rng).max(f64::MIN_POSITIVE);
        places.push(sum);
    }
    let phase = uniform(rng);
    for place in &mut places {
        *place = (*place / sum + phase) % 1.0 * whole;
    }
    places.sort_unstable_by(f64::total_cmp);
    let mut done = 0.0;
    let mut last = walk.now;
    places
        .into_iter()
        .map(|place| {
            // Only rounding can put the last of them beyond the end.
            last = walk.advance(plan, place - done).unwrap_or(last);
            done = place;
            last
        })
        .collect()
}
