//! How long each feature's check would have failed for its expected cost (docs/outcomes.md, `blocked_time_share`).
//!
//! Owns that clock. Leaves checks to `check`. Invariant: nothing that happens depends on it.

use crate::policy::{Admission, HoldNeed, WhenShort};
use crate::units::{Credits, FeatureIndex, SimSpan, SimTime};

use super::account::Judged;
use super::check::with_buffer;

/// For each feature, so long its check would have failed.
pub(super) struct BlockedClock {
    since: SimTime,
    pub spans: Vec<SimSpan>,
}

impl BlockedClock {
    pub fn new(features: usize, opens: SimTime) -> BlockedClock {
        BlockedClock { since: opens, spans: vec![SimSpan::ZERO; features] }
    }

    /// Counts from here.
    pub fn begin(&mut self) {
        self.spans.fill(SimSpan::ZERO);
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
        for index in 0..self.blocked.spans.len() {
            if self.would_fail(FeatureIndex(index as u16)) {
                self.blocked.spans[index] += span;
            }
        }
    }

    /// True if the check of a feature fails for its expected cost as it would be charged.
    fn would_fail(&self, feature: FeatureIndex) -> bool {
        let (facts, rules) = (&self.case.features[feature.index()], &self.terms().features[feature.index()]);
        let expected = self.rounded(self.expected(feature).max(rules.minimum));
        let need = match &rules.admission {
            _ if facts.free => return false,
            Admission::None => return false,
            Admission::Positive => Credits::EPSILON,
            Admission::Estimate(_) => expected,
            Admission::Hold(hold) if hold.need == HoldNeed::Positive => Credits::EPSILON,
            Admission::Hold(hold) => with_buffer(expected, hold.buffer),
        };
        let permitted = if rules.short == WhenShort::Allow { self.limit() } else { Some(Credits::ZERO) };
        permitted.is_some_and(|limit| self.balances().of(rules.view) + limit < need)
    }
}
