//! Counts of draws that met a bound: whoever runs a scenario is told of each.
//!
//! Shared by all threads; sums of integers, so that no layout can be told from them.

use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

/// Counters of one feature.
#[derive(Debug, Default)]
pub(super) struct Counters {
    operations: AtomicU64,
    costs: AtomicU64,
    durations: AtomicU64,
    parts: AtomicU64,
}

/// What was cut of a feature's operations.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Cuts {
    /// Operations drawn.
    pub operations: u64,
    /// Those with a cost that was cut to [`super::MOST_COST`].
    pub costs: u64,
    /// Those with a time that was cut to [`super::MOST_DURATION`].
    pub durations: u64,
    /// Runs of more than [`super::MOST_PARTS`] steps; the rest was left out.
    pub parts: u64,
}

impl Counters {
    #[cold]
    pub(super) fn count(&self, costs: u64, durations: u64, parts: u64) {
        self.costs.fetch_add(costs, Relaxed);
        self.durations.fetch_add(durations, Relaxed);
        self.parts.fetch_add(parts, Relaxed);
    }

    pub(super) fn count_operations(&self, operations: usize) {
        self.operations.fetch_add(operations as u64, Relaxed);
    }

    pub(super) fn read(&self) -> Cuts {
        Cuts {
            operations: self.operations.load(Relaxed),
            costs: self.costs.load(Relaxed),
            durations: self.durations.load(Relaxed),
            parts: self.parts.load(Relaxed),
        }
    }
}

impl Cuts {
    /// Each kind of cut that happened, as a sentence about `feature`.
    #[must_use]
    pub fn remarks(&self, feature: &str) -> Vec<String> {
        let told = |cut: u64, what: &str| {
            let of = self.operations.max(cut);
            (cut > 0).then(|| format!("{cut} of {of} draws of {feature}.{what}"))
        };
        let costs = told(self.costs, "cost were cut to 1,000,000,000 credits");
        let durations = told(self.durations, "duration were cut to 3,200,000,000 s (about 101 years)");
        let parts = told(self.parts, "steps were cut to 10,000 steps");
        [costs, durations, parts].into_iter().flatten().collect()
    }
}
