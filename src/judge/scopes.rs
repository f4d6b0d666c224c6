//! Whom credits are for (docs/semantics.md §14).
//!
//! Owns which lots an operation may burn, its balances, and what operations lack together. Leaves what is done with them to
//! `check`, `charge`, `holds` and `buyers`. Invariant: without scopes every operation has the balances of the account.

use crate::units::{Credits, FeatureIndex};

use super::account::Judged;
use super::lots::JudgedLot;
use super::views::ThreeBalances;

/// Who wants credits: the feature that serves an operation, and the group of its member.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Asker {
    pub feature: FeatureIndex,
    pub group: Option<u16>,
}

/// The place of a lot's scope in the burn order (docs/semantics.md §14.5).
pub(super) fn narrowness(lot: &JudgedLot) -> u8 {
    match (lot.scope.groups.is_some(), lot.scope.features.is_some()) {
        (true, true) => 0,
        (true, false) => 1,
        (false, true) => 2,
        (false, false) => 3,
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
        let member = usize::from(self.work[work].operation.member);
        let group = self.case.traits.members.get(member).and_then(|member| member.group);
        Asker { feature: self.work[work].serving, group }
    }

    /// True if an operation is inside the scope of a lot (docs/semantics.md §14.1).
    pub fn is_for(&self, lot: usize, asker: Asker) -> bool {
        let scope = &self.lots[lot].scope;
        let of_feature = match &scope.features {
            None => true,
            Some(features) => features.contains(&asker.feature),
        };
        let of_group = match (&scope.groups, asker.group) {
            (None, _) => true,
            (Some(groups), Some(group)) => groups.contains(&group),
            (Some(_), None) => false,
        };
        of_feature && of_group
    }

    /// Any operation may burn it.
    pub fn is_everybodys(&self, lot: usize) -> bool {
        self.lots[lot].scope.features.is_none() && self.lots[lot].scope.groups.is_none()
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
        ThreeBalances {
            settled: all.settled - others,
            available: all.available - others + reserved_of_others,
            ongoing: all.ongoing - others,
        }
    }

    /// What became of the balances over what only some operations may burn, since this was asked last.
    pub fn balances_of_some_change(&mut self) -> BalancesOfSome {
        if (0..self.lots.len()).all(|lot| self.is_everybodys(lot)) {
            return BalancesOfSome::default();
        }
        let mut groups: Vec<Option<u16>> =
            self.case.traits.members.iter().map(|member| member.group).collect();
        groups.push(None);
        groups.sort_unstable();
        groups.dedup();
        let features = (0..self.case.features.len()).map(|index| FeatureIndex(index as u16));
        let askers = features.flat_map(|feature| groups.iter().map(move |&group| Asker { feature, group }));
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
        let owed = if self.terms().debt_counts { self.debt() } else { Credits::ZERO };
        let uncovered: Credits = self.holds.iter().map(|hold| hold.uncovered).sum();
        lacking + owed + uncovered - left
    }
}
