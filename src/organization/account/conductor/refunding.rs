//! Work that owes less than it was charged: it failed, was cancelled, or was killed at the vendor's cost
//! (docs/semantics.md §18).
//!
//! Owns what becomes of credits whose lot has ended. Leaves undoing to the books and how much is given back to `work`.

use crate::deliberate::Deliberate;
use crate::ledger::{LotKind, ScopeId};
use crate::outcome::EntryKind;
use crate::units::{Category, Credits, Money};

use super::super::env::Env;
use super::State;
use super::grants::{NewLot, expiry_of};

impl State {
    /// Gives back part of what an operation was charged.
    pub(super) fn give_back(&mut self, env: &Env, slot: u32, amount: Credits) {
        if !amount.is_positive() || Deliberate::RefundForgotten.is_made() {
            return;
        }
        let (before, whose) = (self.views(), self.whose(slot));
        let work = &mut self.flight[slot];
        let cause = work.cause();
        let (rest, posting) = self.books.refund(self.timers.now(), whose, amount, work.taken());
        posting.as_part();
        for (scope, credits) in rest.credits {
            self.issue_refund(env, scope, credits);
        }
        self.grant_credit_note(rest.money);
        self.wake_waiting();
        self.books.repay(self.timers.now()).as_part();
        let posting = self.books.since(before);
        self.meter_refund(env, slot, amount);
        self.follow_up(env, posting, Some(cause));
    }

    /// What is given back and has no lot to go to is issued anew, as a promotion for whom it was.
    fn issue_refund(&mut self, env: &Env, scope: ScopeId, credits: Credits) {
        let terms = env.terms(self.plan);
        let lot = NewLot {
            id: None,
            category: Category::Promotional,
            kind: LotKind::Plain,
            credits,
            remaining: credits,
            priority: 0,
            created_at: self.timers.now(),
            effective_at: self.timers.now(),
            expires_at: expiry_of(env, terms, self.timers.now(), terms.refund_valid),
            price: Money::ZERO,
            scope,
        };
        self.issue_quietly(env, EntryKind::Issue, lot);
    }
}
