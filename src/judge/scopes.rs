//! Whom credits are for (docs/semantics.md §14).
//!
//! Owns which lots an operation may burn, its balances, and what operations lack together. Leaves what is done with them to
//! `check`, `charge`, `holds` and `buyers`. Invariant: without scopes every operation has the balances of the account.

use crate::policy::{AmountByHeads, CreditScope, LotOwner};
use crate::units::{Credits, FeatureIndex, NO_MEMBER};
use crate::workload::Operation;

use super::account::Judged;
use super::lots::JudgedLot;
use super::views::ThreeBalances;

/// Whose lot it is, and whose debt (docs/semantics.md §14.10, §14.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub(super) enum Holder {
    /// Nobody's in particular: a lot is for all who are inside its scope.
    #[default]
    All,
    Group(u16),
    Member(u16),
    Project(u16),
}

/// Who wants credits: the feature that serves an operation, its member and that one's group, its project.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asker {
    pub feature: FeatureIndex,
    pub group: Option<u16>,
    pub member: Option<u16>,
    pub project: u16,
}

/// A group, a member (if it matters which), a project: who asks for any feature.
pub(super) type WhoAsks = (Option<u16>, Option<u16>, u16);

/// The place of a lot's scope in the burn order (docs/semantics.md §14.5).
pub(super) fn narrowness(lot: &JudgedLot) -> u8 {
    let of_one = matches!(lot.holder, Holder::Member(_) | Holder::Project(_));
    let of_groups = lot.scope.groups.is_some() || matches!(lot.holder, Holder::Group(_));
    match (of_one, of_groups, lot.scope.features.is_some()) {
        (true, _, true) => 0,
        (true, _, false) => 1,
        (false, true, true) => 2,
        (false, true, false) => 3,
        (false, false, true) => 4,
        (false, false, false) => 5,
    }
}

/// What became of balances that only some operations have.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct BalancesOfSome {
    pub moved: bool,
    pub rose: bool,
}

impl Judged<'_> {
    /// Who asks for an operation; nobody is in no group (docs/semantics.md §14.9).
    pub fn asker_of(&self, work: usize) -> Asker {
        let Operation { member, project, .. } = self.work[work].operation;
        let known = self.case.traits.members.get(usize::from(member));
        Asker {
            feature: self.work[work].serving,
            group: known.and_then(|member| member.group),
            member: (member != NO_MEMBER).then_some(member),
            project,
        }
    }

    /// True if an operation is inside the scope of a lot, and the lot is nobody's in particular or its own (docs/semantics.md
    /// §14.1, §14.10).
    pub fn is_for(&self, lot: usize, asker: Asker) -> bool {
        let lot = &self.lots[lot];
        let of_feature = match &lot.scope.features {
            None => true,
            Some(features) => features.contains(&asker.feature),
        };
        let own = match lot.holder {
            Holder::All => true,
            Holder::Group(group) => asker.group == Some(group),
            Holder::Member(member) => asker.member == Some(member),
            Holder::Project(project) => asker.project == project,
        };
        of_feature && names_group(&lot.scope, asker.group) && own
    }

    /// Any operation may burn it.
    pub fn is_everybodys(&self, lot: usize) -> bool {
        let lot = &self.lots[lot];
        lot.scope.features.is_none() && lot.scope.groups.is_none() && lot.holder == Holder::All
    }

    /// Who has a lot of their own under a scope, in order (docs/semantics.md §14.10).
    pub fn holders(&self, scope: &CreditScope) -> Vec<Holder> {
        let traits = self.case.traits;
        let members = (0..).zip(&traits.members).filter(|(_, member)| names_group(scope, member.group));
        match scope.per {
            LotOwner::Organization => vec![Holder::All],
            LotOwner::Project => (0..traits.projects).map(Holder::Project).collect(),
            LotOwner::Member => members.map(|(number, _)| Holder::Member(number)).collect(),
            LotOwner::Group => {
                let mut groups: Vec<u16> = members.filter_map(|(_, member)| member.group).collect();
                groups.sort_unstable();
                groups.dedup();
                groups.into_iter().map(Holder::Group).collect()
            }
        }
    }

    /// What each of them is given: an amount, or what a formula gives for the heads that the lot is for (docs/semantics.md §14.18).
    pub fn amounts_for(
        &self,
        scope: &CreditScope,
        credits: Credits,
        by_heads: Option<&AmountByHeads>,
    ) -> Vec<Credits> {
        let traits = self.case.traits;
        let members = |wanted: &dyn Fn(Option<u16>) -> bool| {
            traits.members.iter().filter(|member| wanted(member.group)).count()
        };
        let projects = usize::from(traits.projects);
        let amount = |holder: Holder| {
            let Some(formula) = by_heads else { return credits };
            let (members, projects) = match holder {
                Holder::All => (members(&|group| names_group(scope, group)), projects),
                Holder::Group(group) => (members(&|of| of == Some(group)), projects),
                Holder::Member(_) => (1, projects),
                Holder::Project(_) => (members(&|group| names_group(scope, group)), 1),
            };
            Credits::from_f64(formula.of(members, projects))
        };
        self.holders(scope).into_iter().map(amount).collect()
    }

    /// Whose lot a package becomes that an operation has caused to be bought; for all who are inside if that is none of the owners
    /// (docs/semantics.md §14.11).
    pub fn holder_of_purchase(&self, scope: &CreditScope, cause: Option<usize>) -> Holder {
        let Some(asker) = cause.map(|work| self.asker_of(work)) else { return Holder::All };
        let own = match scope.per {
            LotOwner::Organization => None,
            LotOwner::Group => asker.group.map(Holder::Group),
            LotOwner::Member => asker.member.map(Holder::Member),
            LotOwner::Project => Some(Holder::Project(asker.project)),
        };
        own.filter(|own| self.holders(scope).contains(own)).unwrap_or_default()
    }

    /// Who owes what an asker's operation leaves uncovered (docs/semantics.md §14.12).
    pub fn debtor(&self, asker: Asker) -> Holder {
        if !self.own_lots {
            return Holder::All;
        }
        let has = |holder: Holder| self.lots.iter().any(|lot| lot.given_to == holder);
        let of_group = asker.group.is_some_and(|group| has(Holder::Group(group)));
        let member = asker.member.map(Holder::Member).filter(|member| has(*member));
        let project = Some(Holder::Project(asker.project)).filter(|project| has(*project));
        match (member, project) {
            _ if of_group => Holder::All,
            (Some(member), None) => member,
            (None, Some(project)) => project,
            _ => Holder::All,
        }
    }

    /// The organization's debt and that of these owners (docs/semantics.md §14.13).
    pub fn debt_of(&self, owners: &[Holder]) -> Credits {
        let seen = |owner: Holder| owner == Holder::All || owners.contains(&owner);
        self.debts.iter().filter(|debt| seen(debt.owner)).map(|debt| debt.owed).sum()
    }

    /// Lots with something unreserved that an operation may burn, first burned first (docs/semantics.md §14.3).
    pub fn burn_order_for(&self, work: usize) -> Vec<usize> {
        let asker = self.asker_of(work);
        self.burn_order().into_iter().filter(|&lot| self.is_for(lot, asker)).collect()
    }

    /// The three balances over the lots that an operation may burn (docs/semantics.md §14.2).
    pub fn balances_for(&self, work: usize) -> ThreeBalances {
        self.balances_of(self.asker_of(work))
    }

    /// The same of whoever asks for a feature.
    pub fn balances_of(&self, asker: Asker) -> ThreeBalances {
        let all = self.balances();
        let (mut others, mut reserved_of_others) = (Credits::ZERO, Credits::ZERO);
        for lot in (0..self.lots.len()).filter(|&lot| !self.is_for(lot, asker)) {
            others += self.lots[lot].remaining;
            reserved_of_others += self.reserved_of(lot);
        }
        if self.terms().debt_counts {
            // The debt of other owners does not lower them.
            others -= self.debt() - self.debt_of(&[self.debtor(asker)]);
        }
        ThreeBalances {
            settled: all.settled - others,
            available: all.available - others + reserved_of_others,
            ongoing: all.ongoing - others,
        }
    }

    /// Whoever may ask for an operation: members by their groups, or one by one where some lots are single members', and nobody;
    /// for any project, or each where some lots are single projects'.
    pub fn askers(&self) -> Vec<WhoAsks> {
        let mut who = self.members_as_told();
        who.push((None, None));
        who.sort_unstable();
        who.dedup();
        let projects = if self.projects_differ { self.case.traits.projects.max(1) } else { 1 };
        who.into_iter()
            .flat_map(|(group, member)| (0..projects).map(move |project| (group, member, project)))
            .collect()
    }

    /// Every member's group, and number where some lots are single members'.
    pub fn members_as_told(&self) -> Vec<(Option<u16>, Option<u16>)> {
        let each = self.members_differ;
        let members = (0..).zip(&self.case.traits.members);
        members.map(|(number, member)| (member.group, each.then_some(number))).collect()
    }

    /// What became of the balances over what only some operations may burn, since this was asked last.
    pub fn balances_of_some_change(&mut self) -> BalancesOfSome {
        if !self.own_lots && (0..self.lots.len()).all(|lot| self.is_everybodys(lot)) {
            return BalancesOfSome::default();
        }
        let who = self.askers();
        let features = (0..self.case.features.len()).map(|index| FeatureIndex(index as u16));
        let askers = features.flat_map(|feature| {
            let asks = move |&(group, member, project): &WhoAsks| Asker { feature, group, member, project };
            who.iter().map(asks)
        });
        let now: Vec<ThreeBalances> = askers.map(|asker| self.balances_of(asker)).collect();
        let before = std::mem::replace(&mut self.of_some, now.clone());
        let pairs = || before.iter().zip(&now);
        BalancesOfSome {
            moved: pairs().any(|(before, now)| before != now),
            rose: pairs().any(|(before, now)| now.rose_from(*before)),
        }
    }

    /// What operations lack together if each burns what it may, one after the other (docs/semantics.md §14.7).
    pub fn short_of(&self, wanted: &[(usize, Credits)]) -> Credits {
        let mut left: Vec<Credits> = (0..self.lots.len()).map(|lot| self.unreserved_of(lot)).collect();
        let mut lacking = Credits::ZERO;
        for &(work, need) in wanted {
            let mut rest = need;
            for lot in self.burn_order_for(work) {
                let part = left[lot].min(rest);
                left[lot] -= part;
                rest -= part;
            }
            lacking += rest;
        }
        let needy = |lot: usize| wanted.iter().any(|&(work, _)| self.is_for(lot, self.asker_of(work)));
        let may_be_burned = |lot: &usize| self.is_everybodys(*lot) || needy(*lot);
        let left: Credits = (0..self.lots.len()).filter(may_be_burned).map(|lot| left[lot]).sum();
        let debtors: Vec<Holder> = wanted.iter().map(|&(work, _)| self.debtor(self.asker_of(work))).collect();
        let owed = if self.terms().debt_counts { self.debt_of(&debtors) } else { Credits::ZERO };
        let uncovered: Credits = self.holds.iter().map(|hold| hold.uncovered).sum();
        lacking + (owed + uncovered - left).positive_part()
    }
}

/// A group's members, or those of no group, are among whom a scope names.
fn names_group(scope: &CreditScope, group: Option<u16>) -> bool {
    match (&scope.groups, group) {
        (None, _) => true,
        (Some(groups), Some(group)) => groups.contains(&group),
        (Some(_), None) => false,
    }
}
