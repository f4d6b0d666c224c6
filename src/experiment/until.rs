//! When enough batches of replications have been run, by the half-widths of outcomes themselves.
//!
//! Leaves differences to the baseline to `stopping`. Invariant: a pure function of the replications so far, asked at the ends of
//! batches alone, so that one machine and many stop at the same replication.

use crate::outcome::{METRICS, metric_index};
use crate::scenario::{HalfWidthWanted, Until};

use super::ruling::doubt;
use super::{FEWEST_RARE, Measurements};

/// An outcome whose half-width is watched.
struct Watched {
    name: String,
    /// Why it is not known well enough; absent if it is.
    open: Option<String>,
}

/// True if every half-width is as small as was asked for: at least twenty replications, none that carries half of a sum, and the
/// wider side of the 95 % interval below what was asked.
#[must_use]
pub fn holds(measurements: &Measurements, until: &Until) -> bool {
    measurements.replications() >= FEWEST_RARE
        && watched(measurements, until).iter().all(|watched| watched.open.is_none())
}

/// Why the replications ended where they did, or what is still open, in a sentence.
#[must_use]
pub fn told(measurements: &Measurements, until: &Until) -> String {
    let n = measurements.replications();
    let asked =
        until.conditions.iter().map(|wanted| format!("`{}`", wanted.text)).collect::<Vec<_>>().join(", ");
    let open: Vec<String> = watched(measurements, until)
        .into_iter()
        .filter_map(|watched| watched.open.map(|open| format!("{}: {open}", watched.name)))
        .collect();
    if holds(measurements, until) {
        return format!(
            "stopped after {n} replications: {asked} holds (repeat it with `--replications {n}`)"
        );
    }
    let open =
        if open.is_empty() { format!("fewer than {FEWEST_RARE} replications") } else { open.join("; ") };
    format!("after {n} replications {asked} does not hold ({open})")
}

fn watched(measurements: &Measurements, until: &Until) -> Vec<Watched> {
    let names = &measurements.shape().policies;
    let mut all = Vec::new();
    for wanted in &until.conditions {
        let policies = 0..names.len();
        for policy in policies.filter(|&policy| wanted.policy.is_none_or(|named| named == policy)) {
            let open = open(measurements, wanted, policy);
            all.push(Watched { name: format!("`{}`", names[policy]), open });
        }
    }
    all
}

fn open(measurements: &Measurements, wanted: &HalfWidthWanted, policy: usize) -> Option<String> {
    let (scope, metric) = (measurements.shape().scope(&wanted.scope), metric_index(&wanted.metric));
    let found = scope.zip(metric).and_then(|(scope, metric)| measurements.estimate(policy, scope, metric));
    let Some(estimate) = found else { return Some(String::from("the outcome does not apply")) };
    if estimate.constant {
        return None;
    }
    if let Some(doubt) = doubt(&estimate) {
        return Some(doubt.text().to_owned());
    }
    let half = estimate.half_width.unwrap_or(f64::INFINITY);
    let narrow = if wanted.or_equal { half <= wanted.half_width } else { half < wanted.half_width };
    let share = metric.is_some_and(|metric| METRICS[metric].is_share());
    let shown = if share { format!("±{:.3} %", half * 100.0) } else { format!("±{half:.4}") };
    (!narrow).then_some(shown)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::synthetic;
    use crate::scenario::parse_half_width;

    #[test]
    fn replications_go_on_until_the_half_width_is_what_was_asked_for() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let policies = shape.policies.clone();
        let until = |text: &str| Until {
            conditions: vec![parse_half_width(text, &policies).expect("a condition")],
            batch: 5,
            most: 1_000,
        };
        let mut measurements = Measurements::new(Arc::clone(&shape));
        let mut stopped = None;
        for seed in 0..60 {
            measurements.push(&synthetic::replication(&shape, seed, 20));
            if stopped.is_none() && holds(&measurements, &until("half_width(refusal_rate) < 100%")) {
                stopped = Some(measurements.replications());
            }
        }
        assert_eq!(stopped, Some(FEWEST_RARE));
        let metric = metric_index("refusal_rate").unwrap();
        let estimate = measurements.estimate(0, crate::outcome::Scope::All, metric).unwrap();
        let half = estimate.half_width.expect("more than one replication");
        assert!(half > 0.0);
        let text = |width: f64| format!("block: half_width(refusal_rate) < {width}");
        assert!(holds(&measurements, &until(&text(half * 1.001))));
        assert!(!holds(&measurements, &until(&text(half * 0.999))));
        let said = told(&measurements, &until(&text(half * 0.999)));
        assert!(said.contains("after 60 replications") && said.contains("`block`: ±"), "{said}");
    }
}
