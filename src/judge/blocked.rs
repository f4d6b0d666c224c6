//! How long each feature's check would have failed for its expected cost (docs/outcomes.md, `blocked_time_share`).
//!
//! Owns that clock. Leaves checks to `check`. Invariant: nothing that happens depends on it.

use crate::policy::{Admission, HoldNeed, WhenShort};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};
use crate::workload::Member;

use super::account::Judged;
use super::check::with_buffer;
use super::scopes::Asker;

/// For each feature, so long its check would have failed: for all members together.
pub(super) struct BlockedClock {
    since: SimTime,
    /// Microseconds.
    totals: Vec<i128>,
    /// How many members each group has; those of no group are one.
    groups: Vec<(Option<u16>, i128)>,
}

impl BlockedClock {
    pub fn new(features: usize, opens: SimTime, members: &[Member]) -> BlockedClock {
        let mut groups: Vec<(Option<u16>, i128)> = Vec::new();
        for member in members {
            match groups.iter_mut().find(|(group, _)| *group == member.group) {
                Some((_, count)) => *count += 1,
                None => groups.push((member.group, 1)),
            }
        }
        BlockedClock { since: opens, totals: vec![0; features], groups }
    }

    /// Counts from here.
    pub fn begin(&mut self) {
        self.totals.fill(0);
    }

    /// The mean over members (docs/semantics.md §14.9), rounded down.
    pub fn of_a_member(&self) -> Vec<SimSpan> {
        let members: i128 = self.groups.iter().map(|(_, count)| count).sum();
        let mean =
            |total: &i128| SimSpan::from_micros(i64::try_from(total / members.max(1)).unwrap_or(i64::MAX));
        self.totals.iter().map(mean).collect()
    }
}

impl Judged<'_> {
    /// Nothing has happened since the clock was looked at last, and nothing has happened at `at` yet.
    pub fn count_blocked(&mut self, at: SimTime) {
        let leaves = self.case.traits.leaves;
        let span = at.min(leaves) - self.blocked.since.min(leaves);
        self.blocked.since = at;
        if !self.opened || span.is_zero() {
            return;
        }
        for index in 0..self.blocked.totals.len() {
            for (group, count) in self.blocked.groups.clone() {
                if self.would_fail(Asker { feature: FeatureIndex(index as u16), group }) {
                    self.blocked.totals[index] += count * i128::from(span.micros());
                }
            }
        }
    }

    /// True if the check of a feature fails for its expected cost as it would be charged.
    fn would_fail(&self, asker: Asker) -> bool {
        let feature = asker.feature;
        let (facts, rules) = (&self.case.features[feature.index()], &self.terms().features[feature.index()]);
        let expected = self.rounded(self.expected(feature).max(rules.minimum));
        let need = match &rules.admission {
            _ if facts.free => return false,
            Admission::None => return false,
            // Every check counts as failing (docs/semantics.md §18.10).
            _ if self.is_suspended() => return true,
            Admission::Positive => Credits::EPSILON,
            Admission::Estimate(_) => expected,
            Admission::Hold(hold) if hold.need == HoldNeed::Positive => Credits::EPSILON,
            Admission::Hold(hold) => with_buffer(expected, hold.buffer),
        };
        let permitted = if rules.short == WhenShort::Allow { self.limit() } else { Some(Credits::ZERO) };
        permitted.is_some_and(|limit| self.balances_of(asker).of(rules.view) + limit < need)
    }
}
