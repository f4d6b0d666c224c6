//! When enough replications have been run: a pure function of the replications so far, so that the number does not
//! depend on threads or on who finished first.

use crate::outcome::{Scope, metric_index};
use crate::scenario::{HalfWidth, Precision};

use super::Measurements;

/// Fewest replications before a difference may count as known: two equal ones can be chance.
pub const FEWEST: u32 = 5;

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Stop {
    /// Every watched difference is known well enough.
    Reached,
    /// The cap was met before that.
    Capped,
    /// More replications are needed.
    Continue {
        /// How many in all would probably be enough (within the cap); for planning and the progress bar only.
        probably: u32,
    },
}

/// Judges the replications so far: the paired difference to the baseline of every watched policy must have a
/// half-width of at most the one wanted. A relative half-width is relative to the baseline's mean.
#[must_use]
pub fn stop(measurements: &Measurements, baseline: usize, precision: &Precision) -> Stop {
    let so_far = measurements.replications();
    let cap = precision.max_replications;
    let needed = replications_needed(measurements, baseline, precision);
    if so_far >= FEWEST && needed.is_some_and(|needed| needed <= so_far) {
        return Stop::Reached;
    }
    if so_far >= cap {
        return Stop::Capped;
    }
    Stop::Continue { probably: needed.unwrap_or(cap).max(FEWEST).clamp(so_far + 1, cap) }
}

/// How many replications the worst watched policy probably needs; `None` if that cannot be foreseen.
fn replications_needed(measurements: &Measurements, baseline: usize, precision: &Precision) -> Option<u32> {
    let metric = metric_index(&precision.metric)?;
    let every: Vec<usize> = (0..measurements.shape().policies.len()).collect();
    let watched = if precision.policies.is_empty() { &every } else { &precision.policies };
    let base = measurements.estimate(baseline, Scope::All, metric)?;
    let wanted = match precision.half_width {
        HalfWidth::Absolute(width) => width,
        HalfWidth::Relative(share) => share * base.mean.abs(),
    };
    let mut most = 0;
    for &policy in watched.iter().filter(|&&policy| policy != baseline) {
        let difference = measurements.difference(policy, baseline, Scope::All, metric)?;
        let known = difference.half_width.is_some_and(|half| half <= wanted);
        // Not known yet although the forecast says so: the forecast asks for a strictly smaller width.
        let needed = if known {
            difference.replications
        } else {
            difference.replications_for_half_width(wanted)?.max(difference.replications + 1)
        };
        most = most.max(needed);
    }
    Some(most)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::synthetic;

    fn precision(half_width: HalfWidth, max_replications: u32) -> Precision {
        Precision { metric: "refusal_rate".to_owned(), half_width, policies: Vec::new(), max_replications }
    }

    fn after(replications: u64) -> Measurements {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..replications).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 20)));
        measurements
    }

    #[test]
    fn it_stops_when_known_goes_on_when_not_and_ends_at_the_cap() {
        assert_eq!(stop(&after(6), 0, &precision(HalfWidth::Absolute(1.0), 100)), Stop::Reached);
        assert_eq!(stop(&after(6), 0, &precision(HalfWidth::Absolute(1e-9), 6)), Stop::Capped);
        assert_eq!(
            stop(&after(6), 0, &precision(HalfWidth::Absolute(1e-9), 100)),
            Stop::Continue { probably: 100 }
        );
    }

    #[test]
    fn few_replications_are_never_enough() {
        let wide = precision(HalfWidth::Absolute(1.0), 100);
        assert_eq!(stop(&after(1), 0, &wide), Stop::Continue { probably: 100 });
        assert_eq!(stop(&after(3), 0, &wide), Stop::Continue { probably: FEWEST });
    }

    #[test]
    fn the_forecast_is_about_right() {
        // Ask for the half-width that sixteen replications reach, having seen eight: the forecast is near sixteen.
        let measurements = after(16);
        let metric = metric_index("refusal_rate").unwrap();
        let reached = measurements.difference(1, 0, Scope::All, metric).unwrap().half_width.unwrap();
        let Stop::Continue { probably } = stop(&after(8), 0, &precision(HalfWidth::Absolute(reached), 100))
        else {
            panic!("eight cannot be as precise as sixteen");
        };
        assert!((9..=40).contains(&probably), "{probably}");
    }
}
