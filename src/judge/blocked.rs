//! How long each feature's check would have failed for its expected cost (docs/outcomes.md, `blocked_time_share`).
//!
//! Owns that clock. Leaves checks to `check`. Invariant: nothing that happens depends on it.

use crate::policy::{Admission, HoldNeed, WhenShort};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

use super::account::Judged;
use super::check::with_buffer;
use super::scopes::Asker;

/// For each feature, so long its check would have failed: for all members together.
pub(super) struct BlockedClock {
    since: SimTime,
    /// Microseconds.
    totals: Vec<i128>,
    /// Members, times projects where these have lots of their own.
    askers: i128,
}

impl BlockedClock {
    pub fn new(features: usize, opens: SimTime) -> BlockedClock {
        BlockedClock { since: opens, totals: vec![0; features], askers: 1 }
    }

    /// Counts from here.
    pub fn begin(&mut self) {
        self.totals.fill(0);
    }

    /// The mean over members and projects (docs/semantics.md §14.9), rounded down.
    pub fn of_a_member(&self) -> Vec<SimSpan> {
        let mean = |total: &i128| {
            SimSpan::from_micros(i64::try_from(total / self.askers.max(1)).unwrap_or(i64::MAX))
        };
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
        let askers = self.counted_askers();
        self.blocked.askers = askers.iter().map(|(_, count)| count).sum();
        for index in 0..self.blocked.totals.len() {
            for &((group, member, project), count) in &askers {
                let asker = Asker { feature: FeatureIndex(index as u16), group, member, project };
                if self.would_fail(asker) {
                    self.blocked.totals[index] += count * i128::from(span.micros());
                }
            }
        }
    }

    /// Members that nothing tells apart, and how many they are.
    fn counted_askers(&self) -> Vec<(super::scopes::WhoAsks, i128)> {
        let members = self.members_as_told();
        let counted = self.askers().into_iter().map(|who| {
            let count = members.iter().filter(|member| **member == (who.0, who.1)).count();
            (who, count as i128)
        });
        counted.filter(|(_, count)| *count > 0).collect()
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
