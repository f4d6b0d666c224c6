//! What has come and gone of credits that are not everybody's, scope by scope and owner by owner (law 1, docs/semantics.md
//! §14.8).
//!
//! Leaves what a scope means to the ledger. Invariant: nothing is counted of everybody's credits, and nobody looks at it
//! but the laws.

use std::collections::BTreeMap;

use crate::ledger::{Lot, ScopeId};
use crate::units::Credits;

/// Credits of each owner in each scope, from the account's first on.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopedFlows(BTreeMap<ScopeId, ScopedFlow>);

/// Credits of one owner in one scope.
#[derive(Debug, Clone, Copy, Default)]
struct ScopedFlow {
    come: Credits,
    gone: Credits,
    /// Usable right after the last close, and issued since.
    usable_since_close: Credits,
}

impl ScopedFlows {
    /// Credits were issued, or given back.
    #[inline]
    pub(super) fn come(&mut self, scope: ScopeId, credits: Credits) {
        if scope != ScopeId::default() {
            self.0.entry(scope).or_default().come += credits;
        }
    }

    /// Credits were burned, expired, or voided.
    #[inline]
    pub(super) fn go(&mut self, scope: ScopeId, credits: Credits) {
        if scope != ScopeId::default() {
            self.0.entry(scope).or_default().gone += credits;
        }
    }

    /// Credits were issued, not given back.
    #[inline]
    pub(super) fn issue(&mut self, scope: ScopeId, credits: Credits) {
        if scope != ScopeId::default() {
            self.0.entry(scope).or_default().usable_since_close += credits;
        }
    }

    /// A close is over.
    pub(super) fn close(&mut self, lots: &[Lot]) {
        self.0.values_mut().for_each(|flow| flow.usable_since_close = Credits::ZERO);
        for lot in lots {
            self.issue(lot.scope, lot.remaining);
        }
    }

    /// Usable of an owner's lots in a scope right after the last close, and issued since.
    pub(super) fn usable_since_close(&self, scope: ScopeId) -> Credits {
        self.0.get(&scope).map_or(Credits::ZERO, |flow| flow.usable_since_close)
    }

    /// Scopes in which somebody has had lots, and whose.
    pub(super) fn owners(&self) -> impl Iterator<Item = ScopeId> + '_ {
        self.0.keys().copied()
    }

    /// The first owner of whose credits others remain than came and did not go.
    pub(super) fn broken_law(&self, lots: &[Lot]) -> Option<String> {
        if self.0.is_empty() {
            return None;
        }
        let mut left: BTreeMap<ScopeId, Credits> = BTreeMap::new();
        for lot in lots.iter().filter(|lot| lot.scope != ScopeId::default()) {
            *left.entry(lot.scope).or_default() += lot.remaining;
        }
        self.0.iter().find_map(|(scope, flow)| {
            let left = left.get(scope).copied().unwrap_or_default();
            (flow.come != flow.gone + left).then(|| {
                let (come, gone, number, owner) = (flow.come, flow.gone, scope.number(), scope.owner());
                format!(
                    "law 1 is broken for scope {number}, owner {owner}: {come} came, {gone} went, {left} remain"
                )
            })
        })
    }
}
