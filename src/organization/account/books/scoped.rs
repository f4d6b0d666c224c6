//! What has come and gone of credits that are not everybody's, scope by scope (law 1, docs/semantics.md §14.8).
//!
//! Leaves what a scope means to the ledger. Invariant: nothing is counted of everybody's credits, and nobody looks at it
//! but the laws.

use crate::ledger::{Lot, ScopeId};
use crate::units::Credits;

/// Credits of each scope, from the account's first on.
#[derive(Debug, Clone, Default)]
pub(super) struct ScopedFlows(Vec<ScopedFlow>);

/// Credits of one scope.
#[derive(Debug, Clone, Copy, Default)]
struct ScopedFlow {
    come: Credits,
    gone: Credits,
}

impl ScopedFlows {
    /// Credits were issued, or given back.
    #[inline]
    pub(super) fn come(&mut self, scope: ScopeId, credits: Credits) {
        if scope != ScopeId::default() {
            self.of(scope).come += credits;
        }
    }

    /// Credits were burned, expired, or voided.
    #[inline]
    pub(super) fn go(&mut self, scope: ScopeId, credits: Credits) {
        if scope != ScopeId::default() {
            self.of(scope).gone += credits;
        }
    }

    fn of(&mut self, scope: ScopeId) -> &mut ScopedFlow {
        let index = usize::from(scope.number()) - 1;
        if self.0.len() <= index {
            self.0.resize(index + 1, ScopedFlow::default());
        }
        &mut self.0[index]
    }

    /// The first scope of whose credits others remain than came and did not go.
    pub(super) fn broken_law(&self, lots: &[Lot]) -> Option<String> {
        self.0.iter().enumerate().find_map(|(index, flow)| {
            let own = lots.iter().filter(|lot| usize::from(lot.scope.number()) == index + 1);
            let left: Credits = own.map(|lot| lot.remaining).sum();
            (flow.come != flow.gone + left).then(|| {
                let (come, gone) = (flow.come, flow.gone);
                format!("law 1 is broken for scope {}: {come} came, {gone} went, {left} remain", index + 1)
            })
        })
    }
}
