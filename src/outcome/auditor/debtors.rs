//! Who owes what, as the journal tells it (docs/semantics.md §14.12).
//!
//! Owns debts in the order in which they arose. Leaves their sum to the auditor. Invariant: who has lots of its own, and owes for
//! itself, is told from issues and charges alone.

use std::collections::{BTreeSet, VecDeque};

use crate::outcome::journal::{Entry, EntryKind};
use crate::units::{Credits, NO_MEMBER};

use super::{AuditedOwner, AuditedScope};

/// Who owes: a member or a project by number, or the organization.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Debtor {
    Organization,
    Member(u16),
    Project(u16),
}

/// A debt that is still owed.
#[derive(Debug, Clone)]
struct AuditedDebt {
    debtor: Debtor,
    /// Feature and number of the operation that made it.
    of: Option<(u16, u32)>,
    credits: Credits,
}

/// Debts by who owes them; empty if nobody has lots of its own.
#[derive(Debug, Clone, Default)]
pub(super) struct Debtors {
    /// The oldest first.
    owed: VecDeque<AuditedDebt>,
    /// Scope and owner of lots that were issued.
    had: BTreeSet<(u16, u16)>,
    /// Members without a seat just now.
    away: BTreeSet<u16>,
}

impl Debtors {
    /// Takes an entry about lots or debt; returns what of the debt before it whoever made it does not answer for.
    pub(super) fn take(&mut self, entry: &Entry, scopes: &[AuditedScope]) -> Credits {
        if scopes.iter().all(|scope| scope.owner == AuditedOwner::Organization) {
            return Credits::ZERO;
        }
        if let EntryKind::SeatTaken | EntryKind::SeatLeft = entry.kind {
            self.seat(entry);
        }
        let of = entry.feature.map(|feature| (feature.0, entry.operation));
        match entry.kind {
            EntryKind::OpeningDebt => self.owe(Debtor::Organization, None, entry.credits),
            EntryKind::DebtIncurred => {
                let debtor = self.debtor(entry, scopes);
                let others = self
                    .owed
                    .iter()
                    .filter(|owed| owed.debtor != debtor && owed.debtor != Debtor::Organization);
                let others = others.map(|owed| owed.credits).sum();
                self.owe(debtor, of, entry.credits);
                return others;
            }
            EntryKind::Repay => {
                let scope = usize::from(entry.scope).checked_sub(1).and_then(|index| scopes.get(index));
                let owner = scope.map(|scope| match scope.owner {
                    AuditedOwner::Member => Debtor::Member(entry.owner),
                    AuditedOwner::Project => Debtor::Project(entry.owner),
                    AuditedOwner::Organization | AuditedOwner::Group(_) => Debtor::Organization,
                });
                self.pay(entry.credits, |owed| owner.is_none_or(|owner| owed.debtor == owner));
            }
            EntryKind::DebtForgiven | EntryKind::DebtInvoiced => self.pay(entry.credits, |_| true),
            EntryKind::RefundDebt => {
                self.owed.make_contiguous().reverse();
                self.pay(entry.credits, |owed| owed.of == of);
                self.owed.make_contiguous().reverse();
            }
            EntryKind::OpeningGrant
            | EntryKind::Issue
            | EntryKind::IssueAllowance
            | EntryKind::Land
            | EntryKind::IssueRolloverMinimum => {
                self.had.insert((entry.scope, entry.owner));
            }
            _ => {}
        }
        Credits::ZERO
    }

    /// A member comes or goes.
    fn seat(&mut self, entry: &Entry) {
        let member = u16::try_from(entry.grant).unwrap_or(NO_MEMBER);
        self.away.remove(&member);
        if entry.kind == EntryKind::SeatLeft {
            self.away.insert(member);
        }
    }

    fn owe(&mut self, debtor: Debtor, of: Option<(u16, u32)>, credits: Credits) {
        self.owed.push_back(AuditedDebt { debtor, of, credits });
    }

    fn pay(&mut self, credits: Credits, eligible: impl Fn(&AuditedDebt) -> bool) {
        let mut left = credits;
        for owed in self.owed.iter_mut().filter(|owed| eligible(owed)) {
            let part = owed.credits.min(left);
            owed.credits -= part;
            left -= part;
        }
        self.owed.retain(|owed| owed.credits.is_positive());
    }

    /// Who owes what the operation of an entry has not paid for.
    fn debtor(&self, entry: &Entry, scopes: &[AuditedScope]) -> Debtor {
        let had = |wanted: &dyn Fn(&AuditedOwner) -> Option<u16>| {
            let mut all = (1..).zip(scopes);
            all.any(|(number, scope)| {
                wanted(&scope.owner).is_some_and(|owner| self.had.contains(&(number, owner)))
            })
        };
        let there = entry.member != NO_MEMBER && !self.away.contains(&entry.member);
        let member = there && had(&|owner| (*owner == AuditedOwner::Member).then_some(entry.member));
        let project = had(&|owner| (*owner == AuditedOwner::Project).then_some(entry.project));
        let group = had(&|owner| match owner {
            AuditedOwner::Group(groups) if there => groups.get(usize::from(entry.member)).copied().flatten(),
            _ => None,
        });
        match (member, project, group) {
            (true, false, false) => Debtor::Member(entry.member),
            (false, true, false) => Debtor::Project(entry.project),
            _ => Debtor::Organization,
        }
    }
}
