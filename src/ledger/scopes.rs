//! Which lots whose operation may burn, and whose debt is whose.
//!
//! Owns the scopes of the account's lots, what a spender has of the lots that it may use, and who owes what. Leaves what a
//! scope says to `policy`, and which debt is the oldest to the books. Invariants: without scopes every lot is everybody's,
//! and nobody looks any further; the debts of owners are part of the account's.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::policy::{ChargeParts, CreditScope, DebtOwner, LotOwner, Spender};
use crate::units::{Category, Credits};

use super::lot::{Lot, ScopeId};
use super::{Ledger, Take};

/// Whose lots one spender may burn: of each scope an owner's, or nobody's.
pub(super) struct UsableLots(SmallVec<[Option<u16>; 8]>);

impl UsableLots {
    /// What is everybody's alone, beside so many scopes.
    pub(super) fn everybodys(scopes: usize) -> UsableLots {
        UsableLots(SmallVec::from_elem(None, scopes))
    }

    /// True if the spender may burn a lot.
    #[inline]
    pub(super) fn hold(&self, lot: &Lot) -> bool {
        lot.scope.number == 0 || self.0[usize::from(lot.scope.number) - 1] == Some(lot.scope.owner)
    }

    /// The scopes and owners whose lots they are.
    fn all(&self) -> impl Iterator<Item = ScopeId> {
        let own = (1..).zip(&self.0).filter_map(|(number, owner)| Some(ScopeId { number, owner: (*owner)? }));
        std::iter::once(ScopeId::default()).chain(own)
    }
}

/// Places of lots in burn order.
pub(super) enum Places {
    /// All lots, so many.
    All(usize),
    /// Some of them.
    Some(SmallVec<[u32; 16]>),
}

impl Places {
    pub(super) fn len(&self) -> usize {
        match self {
            Places::All(count) => *count,
            Places::Some(places) => places.len(),
        }
    }

    /// The n-th of them.
    #[inline]
    pub(super) fn get(&self, n: usize) -> usize {
        match self {
            Places::All(_) => n,
            Places::Some(places) => places[n] as usize,
        }
    }
}

/// What a spender has of the lots that it may burn.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct UsableCredits {
    /// Σ remaining, reserved included (credits).
    pub remaining: Credits,
    /// What holds reserve of these lots, and the uncovered part of every hold of the account (credits).
    pub held: Credits,
}

impl Ledger {
    /// The number of a scope, one of those that the ledger was told of or everybody's, with that of an owner (0 for the
    /// organization).
    ///
    /// # Panics
    /// If the ledger was not told of it, or of 2^16 others before it.
    #[must_use]
    pub fn number_of(&self, scope: &CreditScope, owner: u16) -> ScopeId {
        if scope.is_everybody() {
            return ScopeId::default();
        }
        let index = self.scopes.iter().position(|other| other == scope);
        let number = index.and_then(|index| u16::try_from(index + 1).ok());
        ScopeId { number: number.expect("every scope is told of before lots are issued"), owner }
    }

    /// What a number stands for; none is everybody's.
    #[must_use]
    pub fn scope(&self, id: ScopeId) -> Option<&CreditScope> {
        self.scopes.get(usize::from(id.number).checked_sub(1)?)
    }

    /// True if the account may have lots that not every operation may burn.
    #[inline]
    #[must_use]
    pub fn has_scopes(&self) -> bool {
        !self.scopes.is_empty()
    }

    /// True if the account may have lots of single groups, members or projects.
    #[must_use]
    pub fn has_owners(&self) -> bool {
        self.scopes.iter().any(|scope| scope.per != LotOwner::Organization)
    }

    /// What a spender has.
    #[must_use]
    pub fn usable_for(&self, spender: Spender) -> UsableCredits {
        let usable = self.usable_lots(spender);
        self.sum_of(usable.all())
    }

    /// What there is of some lots: remaining, and reserved of them or uncovered at all (credits).
    fn sum_of(&self, lots: impl Iterator<Item = ScopeId>) -> UsableCredits {
        let own = lots.filter_map(|scope| self.index.get(scope));
        let (mut remaining, mut reserved) = (Credits::ZERO, Credits::ZERO);
        for own in own {
            remaining += own.remaining;
            reserved += own.reserved;
        }
        UsableCredits { remaining, held: self.uncovered_now() + reserved }
    }

    /// What holds have not reserved of any lot (credits).
    #[must_use]
    pub fn uncovered_now(&self) -> Credits {
        self.held - self.index.reserved
    }

    /// What remains of an owner's lots and what holds reserve of them (credits).
    #[must_use]
    pub fn of_owner(&self, scope: ScopeId) -> (Credits, Credits) {
        self.index.get(scope).map_or((Credits::ZERO, Credits::ZERO), |own| (own.remaining, own.reserved))
    }

    /// The scopes in which an owner of a kind may have lots of its own.
    pub fn scopes_of(&self, per: LotOwner, owner: u16) -> impl Iterator<Item = ScopeId> + '_ {
        let of_kind = (1..).zip(&self.scopes).filter(move |(_, scope)| scope.per == per);
        of_kind.map(move |(number, _)| ScopeId { number, owner })
    }

    /// What remains of all lots that are an owner's own, and what holds reserve of them (credits).
    #[must_use]
    pub fn of_owners(&self, per: LotOwner, owner: u16) -> (Credits, Credits) {
        let each = self.scopes_of(per, owner).map(|scope| self.of_owner(scope));
        each.fold((Credits::ZERO, Credits::ZERO), |sum, own| (sum.0 + own.0, sum.1 + own.1))
    }

    /// Whose lots have changed since this was asked last.
    pub fn take_touched(&mut self) -> Vec<ScopeId> {
        self.index.take_touched()
    }

    /// Who would owe what an operation's lots do not cover: its member, or its project, that has or had lots of its own, if
    /// nobody else of its has; else the organization.
    #[must_use]
    pub fn debt_owner(&self, spender: Spender) -> DebtOwner {
        let has = |per: LotOwner, owner: Option<u16>| {
            owner.is_some_and(|owner| {
                let of_kind = (1..).zip(&self.scopes).filter(|(_, scope)| scope.per == per);
                let mut own = of_kind.map(|(number, _)| ScopeId { number, owner });
                own.any(|scope| self.index.get(scope).is_some_and(|own| own.had))
            })
        };
        let of_group = has(LotOwner::Group, spender.group);
        let (member, project) =
            (has(LotOwner::Member, spender.member), has(LotOwner::Project, spender.project));
        match (spender.member.filter(|_| member), spender.project.filter(|_| project)) {
            _ if of_group || Deliberate::DebtIsTheOrganizations.is_made() => DebtOwner::Organization,
            (Some(member), None) => DebtOwner::Member(member),
            (None, Some(project)) => DebtOwner::Project(project),
            _ => DebtOwner::Organization,
        }
    }

    /// Debt that a check of an owner's operation subtracts: the organization's and the owner's own (credits).
    #[must_use]
    pub fn debt_seen_by(&self, owner: DebtOwner) -> Credits {
        if self.own_debts.is_empty() {
            return self.debt;
        }
        let others = self.own_debts.iter().filter(|(other, _)| **other != owner);
        self.debt - others.map(|(_, debt)| *debt).sum::<Credits>()
    }

    /// What an owner owes besides the organization (credits).
    #[must_use]
    pub fn own_debt(&self, owner: DebtOwner) -> Credits {
        self.own_debts.get(&owner).copied().unwrap_or_default()
    }

    /// Members and projects that owe, in order.
    #[must_use]
    pub fn debtors(&self) -> Vec<DebtOwner> {
        self.own_debts.keys().copied().collect()
    }

    /// Part of the account's debt is, or is no longer, an owner's.
    pub fn shift_debt(&mut self, owner: DebtOwner, part: Credits) {
        if owner == DebtOwner::Organization {
            return;
        }
        let owed = self.own_debts.entry(owner).or_default();
        *owed += part;
        debug_assert!(*owed >= Credits::ZERO, "nobody owes less than nothing");
        if owed.is_zero() {
            self.own_debts.remove(&owner);
        }
    }

    /// Burns unreserved credits of a debtor's own lots in burn order to repay its debt; `purchased_only` leaves other
    /// categories alone. Lots bound to features or groups, and those that are `kept`, repay nothing.
    pub fn repay_own(&mut self, owner: DebtOwner, purchased_only: bool, kept: ChargeParts) {
        let (per, number) = match owner {
            DebtOwner::Organization => return,
            DebtOwner::Member(member) => (LotOwner::Member, member),
            DebtOwner::Project(project) => (LotOwner::Project, project),
        };
        let debt = self.own_debt(owner);
        let mut places = SmallVec::new();
        for (scope_number, scope) in (1..).zip(&self.scopes) {
            if scope.per == per && !scope.is_bound() {
                self.index.add_places(ScopeId { number: scope_number, owner: number }, &mut places);
            }
        }
        places.sort_unstable();
        let eligible = |lot: &Lot| {
            (!purchased_only || lot.category == Category::Purchased) && !kept.hold_lots_of(lot.category)
        };
        let left = self.burn_places(debt, &Places::Some(places), eligible);
        self.debt -= debt - left;
        self.assert_sound();
    }

    /// What is lacking of all needs together if each burns unreserved credits in burn order, one after the other, and what
    /// everybody or one of the needy may burn then bears the debt that the needy see, if debt counts, and the uncovered part of
    /// every hold.
    #[must_use]
    pub fn shortage(&self, debt_counts: bool, needs: impl Iterator<Item = (Spender, Credits)>) -> Credits {
        let mut lots: Vec<(&Lot, Credits, bool)> =
            self.lots.iter().map(|lot| (lot, lot.free(), lot.scope == ScopeId::default())).collect();
        let (mut lacking, mut debtors) = (Credits::ZERO, Vec::new());
        for (spender, mut need) in needs.filter(|(_, need)| need.is_positive()) {
            let usable = self.usable_lots(spender);
            debtors.push(self.debt_owner(spender));
            for (lot, free, reached) in &mut lots {
                if usable.hold(lot) {
                    let part = need.min(*free);
                    (*free, need, *reached) = (*free - part, need - part, true);
                }
            }
            lacking += need;
        }
        let debt = if debt_counts { self.debt_seen_by_any(debtors) } else { Credits::ZERO };
        let left: Credits = lots.iter().filter(|(.., reached)| *reached).map(|(_, free, _)| *free).sum();
        lacking + (debt + self.uncovered_now() - left).positive_part()
    }

    /// Lots of single owners `which` are told of become lots of all who are inside. Returns whose they were, and what remains of
    /// them.
    pub fn pool(&mut self, which: impl Fn(&Lot, &CreditScope) -> bool) -> Vec<(ScopeId, Take)> {
        let mut pooled = Vec::new();
        for index in 0..self.lots.len() {
            let lot = &self.lots[index];
            let Some((scope, width)) = self.as_pooled(lot, &which) else { continue };
            let (old, remaining, reserved) = (lot.scope, lot.remaining, lot.reserved);
            self.shift(old, Credits::ZERO - remaining, Credits::ZERO - reserved);
            self.shift(scope, remaining, reserved);
            let lot = &mut self.lots[index];
            (lot.scope, lot.width) = (scope, width);
            pooled.push((old, Take::of(lot, remaining)));
        }
        let mut spent = self.spent.take();
        for lot in spent.iter_mut().flatten() {
            if let Some((scope, width)) = self.as_pooled(lot, &which) {
                let old = lot.scope;
                (lot.scope, lot.width) = (scope, width);
                pooled.push((old, Take::of(lot, Credits::ZERO)));
            }
        }
        self.spent = spent;
        self.sort();
        self.assert_sound();
        pooled
    }

    /// The scope and width of an owner's lot once it is pooled; none of other lots.
    fn as_pooled(&self, lot: &Lot, which: impl Fn(&Lot, &CreditScope) -> bool) -> Option<(ScopeId, u8)> {
        let owned = |scope: &&CreditScope| scope.per != LotOwner::Organization && which(lot, scope);
        let scope = self.scope(lot.scope).filter(owned)?;
        let shared = scope.shared();
        Some((self.number_of(&shared, 0), shared.width()))
    }

    /// The organization's debt and that of each of some owners, once.
    fn debt_seen_by_any(&self, owners: Vec<DebtOwner>) -> Credits {
        let others = self.own_debts.iter().filter(|(other, _)| !owners.contains(other));
        self.debt - others.map(|(_, debt)| *debt).sum::<Credits>()
    }

    /// Whose lots a spender may burn.
    #[inline]
    pub(super) fn usable_lots(&self, spender: Spender) -> UsableLots {
        if self.scopes.is_empty() {
            return UsableLots(SmallVec::new());
        }
        UsableLots(self.scopes.iter().map(|scope| scope.owner_for(spender)).collect())
    }

    /// The lots that these are, in burn order.
    #[inline]
    pub(super) fn places_of(&self, usable: &UsableLots) -> Places {
        if self.scopes.is_empty() {
            return Places::All(self.lots.len());
        }
        let mut places = SmallVec::new();
        usable.all().for_each(|scope| self.index.add_places(scope, &mut places));
        places.sort_unstable();
        Places::Some(places)
    }

    /// What remains, or is reserved, of a lot changes.
    #[inline]
    pub(super) fn shift(&mut self, scope: ScopeId, remaining: Credits, reserved: Credits) {
        if !self.scopes.is_empty() {
            self.index.shift(scope, remaining, reserved);
        }
    }

    /// Lots have come, gone, or taken other places.
    pub(super) fn find_places(&mut self) {
        if !self.scopes.is_empty() {
            self.index.find_places(&self.lots);
        }
    }
}
