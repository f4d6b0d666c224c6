//! When enough replications have been run, and why: a pure function of the replications so far, so that the number does
//! not depend on threads or on who finished first.

use crate::outcome::{METRICS, Scope, metric_index};
use crate::scenario::{HalfWidth, Precision};

use super::estimate::unseen;
use super::ruling::{Doubt, TAIL, doubt, foreseen};
use super::{Estimate, FEWEST_RARE, Measurements};

/// Whether to go on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum StopDecision {
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

/// Judges the replications so far: the paired difference to the baseline of every watched policy must be known (at least
/// twenty replications, of a rare outcome five that differ, none that carries half) and its interval reach no further than
/// the half-width wanted. A relative half-width is relative to the baseline's mean.
#[must_use]
pub fn stop(measurements: &Measurements, baseline: usize, precision: &Precision) -> StopDecision {
    let (so_far, cap) = (measurements.replications(), precision.max_replications);
    let watched = watched(measurements, baseline, precision);
    if so_far >= FEWEST_RARE && watched.iter().all(|watched| watched.known) {
        return StopDecision::Reached;
    }
    if so_far >= cap {
        return StopDecision::Capped;
    }
    let needed =
        watched.iter().filter(|watched| !watched.known).map(|watched| watched.needed.unwrap_or(cap)).max();
    StopDecision::Continue {
        probably: needed.unwrap_or(0).max(FEWEST_RARE).clamp(so_far + 1, cap.max(so_far + 1)),
    }
}

/// Why the replications ended where they did, in a sentence; `None` while they go on.
#[must_use]
pub fn reason(measurements: &Measurements, baseline: usize, precision: &Precision) -> Option<String> {
    let (names, n) = (&measurements.shape().policies, measurements.replications());
    let watched = watched(measurements, baseline, precision);
    let asked = match precision.half_width {
        HalfWidth::Absolute(width) => format!("±{width}"),
        HalfWidth::Relative(share) => format!("±{} % of its mean", share * 100.0),
    };
    let found = |watched: &WatchedDifference| match watched.half_width {
        Some(half) if watched.known || watched.doubt.is_none() => {
            format!("`{}` ±{half:.3e}", names[watched.policy])
        }
        _ => format!("`{}`: {}", names[watched.policy], watched.doubt.unwrap_or(Doubt::Few).text()),
    };
    let what = format!("the difference of {} to `{}`, asked to {asked}", precision.metric, names[baseline]);
    match stop(measurements, baseline, precision) {
        StopDecision::Continue { .. } => None,
        StopDecision::Reached => {
            let widest = watched.iter().max_by(|a, b| a.reaches().total_cmp(&b.reaches()));
            let widest = widest.map_or_else(|| String::from("nothing is compared"), &found);
            Some(format!("stopped after {n} replications: {what}, is known (widest: {widest})"))
        }
        StopDecision::Capped => {
            let open: Vec<String> = watched.iter().filter(|watched| !watched.known).map(found).collect();
            Some(format!(
                "stopped at the cap of {n} replications: {what}, is not known ({})",
                open.join("; ")
            ))
        }
    }
}

/// A difference that is watched.
struct WatchedDifference {
    policy: usize,
    known: bool,
    half_width: Option<f64>,
    doubt: Option<Doubt>,
    /// Replications in all that it probably needs, if that can be foreseen.
    needed: Option<u32>,
}

impl WatchedDifference {
    fn reaches(&self) -> f64 {
        self.half_width.unwrap_or(f64::INFINITY)
    }
}

fn watched(measurements: &Measurements, baseline: usize, precision: &Precision) -> Vec<WatchedDifference> {
    let every: Vec<usize> = (0..measurements.shape().policies.len()).collect();
    let named = if precision.policies.is_empty() { &every } else { &precision.policies };
    let others = named.iter().copied().filter(|&policy| policy != baseline);
    others.map(|policy| watch(measurements, baseline, precision, policy)).collect()
}

fn watch(
    measurements: &Measurements,
    baseline: usize,
    precision: &Precision,
    policy: usize,
) -> WatchedDifference {
    let nothing = WatchedDifference {
        policy,
        known: false,
        half_width: None,
        doubt: Some(Doubt::Absent),
        needed: None,
    };
    let Some(metric) = metric_index(&precision.metric) else { return nothing };
    let base = measurements.estimate(baseline, Scope::All, metric);
    let difference = measurements.difference(policy, baseline, Scope::All, metric);
    let (Some(base), Some(difference)) = (base, difference) else { return nothing };
    let wanted = match precision.half_width {
        HalfWidth::Absolute(width) => width,
        HalfWidth::Relative(share) => share * base.mean.abs(),
    };
    if difference.constant {
        let reach = [policy, baseline].map(|policy| measurements.unseen_reach(policy, Scope::All, metric));
        let certain = METRICS[metric].of_demand() || measurements.same(policy, baseline);
        let reach = if certain { 0.0 } else { reach[0].max(reach[1]) };
        return watch_alike(policy, &difference, reach, wanted);
    }
    let doubt = doubt(&difference);
    let known = doubt.is_none() && difference.half_width.is_some_and(|half| half <= wanted);
    let needed = match doubt {
        Some(why) => foreseen(&difference, why),
        // Not known yet although the forecast says so: the forecast asks for a strictly smaller width.
        None => difference
            .replications_for_half_width(wanted)
            .map(|needed| needed.max(difference.replications + 1)),
    };
    WatchedDifference { policy, known, half_width: difference.half_width, doubt, needed }
}

/// A difference that is the same in all replications, of which one that nobody has seen may lie off by `reach`.
fn watch_alike(policy: usize, difference: &Estimate, reach: f64, wanted: f64) -> WatchedDifference {
    let off = |n: u32| if reach == 0.0 { 0.0 } else { unseen(n, TAIL) * reach };
    let n = difference.replications;
    let known = off(n) <= wanted;
    // The rule of three: about 3 / n.
    let needed = 3.0 * reach / wanted;
    let needed = (needed.is_finite() && needed < f64::from(u32::MAX)).then_some(needed as u32 + 1);
    WatchedDifference {
        policy,
        known,
        half_width: known.then(|| off(n)),
        doubt: Some(Doubt::AllAlike),
        needed,
    }
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
        let [wide, narrow] = [1.0, 1e-9].map(HalfWidth::Absolute);
        assert_eq!(stop(&after(20), 0, &precision(wide, 100)), StopDecision::Reached);
        assert_eq!(stop(&after(6), 0, &precision(narrow, 6)), StopDecision::Capped);
        assert_eq!(stop(&after(6), 0, &precision(narrow, 100)), StopDecision::Continue { probably: 100 });
        let said = |replications, precision: &Precision| reason(&after(replications), 0, precision);
        assert_eq!(said(6, &precision(narrow, 100)), None);
        let reached = said(20, &precision(wide, 100)).unwrap();
        assert!(
            reached.starts_with("stopped after 20 replications: the difference of refusal_rate"),
            "{reached}"
        );
        let capped = said(6, &precision(narrow, 6)).unwrap();
        assert!(
            capped.contains("the cap of 6") && capped.contains("is not known (`overdraft` ±"),
            "{capped}"
        );
    }

    #[test]
    fn few_replications_are_never_enough() {
        let wide = precision(HalfWidth::Absolute(1.0), 100);
        for replications in [1, 3, 5, 19] {
            let StopDecision::Continue { probably } = stop(&after(replications), 0, &wide) else {
                panic!("{replications} are enough")
            };
            assert!(probably >= FEWEST_RARE);
        }
    }

    #[test]
    fn the_forecast_is_about_right() {
        // Ask for the half-width that forty replications reach, having seen twenty: the forecast is near forty.
        let measurements = after(40);
        let metric = metric_index("refusal_rate").unwrap();
        let reached = measurements.difference(1, 0, Scope::All, metric).unwrap().half_width.unwrap();
        let StopDecision::Continue { probably } =
            stop(&after(20), 0, &precision(HalfWidth::Absolute(reached), 100))
        else {
            panic!("twenty cannot be as precise as forty");
        };
        assert!((21..=100).contains(&probably), "{probably}");
    }
}
