//! Work that owes less than it was charged: it failed, was cancelled, or was killed at the vendor's cost
//! (SEMANTICS-2 §18).
//!
//! Owns which charges may be given back, and what becomes of credits whose lot has ended. Leaves undoing to the books and
//! how much is given back to `work`.

use crate::ledger::LotKind;
use crate::outcome::EntryKind;
use crate::policy::{ChargeMoment, FeatureTerms, InFlight, KilledWork, Policy};
use crate::units::{Category, Credits, Money};
use crate::workload::Fate;

use super::env::Env;
use super::grants::{NewLot, expiry_of};
use super::state::{LiveOperation, State};

/// True if a feature may charge work that then is not owed.
fn gives_back(feature: &FeatureTerms) -> bool {
    feature.charge != ChargeMoment::Completion
}

/// True if work of a feature may be killed at the vendor's cost.
fn absorbs(feature: &FeatureTerms) -> bool {
    matches!(feature.in_flight, InFlight::Kill(KilledWork::Absorb) | InFlight::StopAtStep(KilledWork::Absorb))
}

/// True if work may be killed at the vendor's cost under some rules of a policy.
pub(super) fn may_absorb(policy: &Policy) -> bool {
    policy.plans.iter().flat_map(|terms| &terms.features).any(absorbs)
}

/// Per feature: some rules of a policy charge its work before it has ended. A charge that is recorded under other rules
/// than it was incurred under may be given back too.
pub(super) fn charged_early(policy: &Policy) -> Vec<bool> {
    let features = policy.plans.first().map_or(0, |terms| terms.features.len());
    let early = |index: usize| policy.plans.iter().any(|terms| gives_back(&terms.features[index]));
    (0..features).map(early).collect()
}

impl LiveOperation {
    /// True if what it is charged may be given back, under the rules of the charge or any that come later.
    pub(super) fn may_be_refunded(&self, env: &Env) -> bool {
        env.charged_early[self.serves.index()] && (self.operation.fate != Fate::Completes || env.absorbs)
    }
}

impl State {
    /// Gives back part of what an operation was charged.
    pub(super) fn give_back(&mut self, env: &Env, slot: u32, amount: Credits) {
        if !amount.is_positive() {
            return;
        }
        let (before, whose) = (self.views(), self.whose(slot));
        let work = &mut self.work[slot as usize];
        let cause = work.cause();
        let (rest, posting) = self.books.refund(self.now, whose, amount, &mut work.taken);
        posting.as_part();
        self.issue_refund(env, rest.credits);
        self.grant_credit_note(rest.money);
        self.arrived = true;
        self.books.repay(self.now).as_part();
        let posting = self.books.since(before);
        self.follow_up(env, posting, Some(cause));
    }

    /// What is given back and has no lot to go to is issued anew, as a promotion.
    fn issue_refund(&mut self, env: &Env, credits: Credits) {
        if credits.is_zero() {
            return;
        }
        let terms = env.terms(self.plan);
        let lot = NewLot {
            id: None,
            category: Category::Promotional,
            kind: LotKind::Plain,
            credits,
            remaining: credits,
            priority: 0,
            created_at: self.now,
            effective_at: self.now,
            expires_at: expiry_of(env, terms, self.now, terms.refund_valid),
            price: Money::ZERO,
        };
        self.issue_quietly(env, EntryKind::Issue, lot);
    }
}
