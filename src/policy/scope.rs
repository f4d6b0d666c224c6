//! Whom credits are for: operations outside a lot's scope never burn it (docs/semantics.md §14).
//!
//! Leaves which lots that lets an operation use to the ledger. Invariant: a scope without conditions is everybody's, however
//! it was written.

use crate::units::{FeatureIndex, NO_MEMBER};

/// Whom credits are for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreditScope {
    /// Only operations served as one of these, in the scenario's file order; of every feature if none is named.
    pub features: Option<Vec<FeatureIndex>>,
    /// Only operations of members of these groups, by their numbers in the scenario; of everybody if none is named.
    pub groups: Option<Vec<u16>>,
    /// Who has a lot of the full amount.
    pub per: LotOwner,
}

/// Who has a lot of the full amount.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum LotOwner {
    /// The organization: one lot for all.
    #[default]
    Organization,
    /// Every group of members.
    Group,
    /// Every member.
    Member,
    /// Every project.
    Project,
}

/// Whose operation wants credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spender {
    /// The feature that serves it.
    pub feature: FeatureIndex,
    /// The group of its member; none if no member asks, or one without a group.
    pub group: Option<u16>,
    /// The member who asks.
    pub member: Option<u16>,
    /// The project that it is for.
    pub project: Option<u16>,
}

impl Spender {
    /// Somebody who asks for a project, served as a feature; [`NO_MEMBER`] is nobody.
    #[must_use]
    pub fn new(feature: FeatureIndex, member: u16, group: Option<u16>, project: u16) -> Spender {
        let member = (member != NO_MEMBER).then_some(member);
        Spender { feature, group, member, project: Some(project) }
    }
}

/// Who owes a debt (docs/semantics.md §14.12).
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default)]
pub enum DebtOwner {
    /// The organization.
    #[default]
    Organization,
    /// A member, by number.
    Member(u16),
    /// A project, by number.
    Project(u16),
}

impl CreditScope {
    /// True if any operation of the organization may burn the credits.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        !self.is_bound() && self.per == LotOwner::Organization
    }

    /// The same, of the organization: one lot for all who are inside.
    #[must_use]
    pub fn shared(&self) -> CreditScope {
        CreditScope { per: LotOwner::Organization, ..self.clone() }
    }

    /// True if only operations of some features, or of some groups, may burn the credits.
    #[must_use]
    pub fn is_bound(&self) -> bool {
        self.features.is_some() || self.groups.is_some()
    }

    /// True if an operation is inside, and has an owner here.
    #[must_use]
    pub fn holds(&self, spender: Spender) -> bool {
        self.owner_for(spender).is_some()
    }

    /// True if lots of it may repay debt, the account's or their owner's.
    #[must_use]
    pub fn repays(&self) -> bool {
        !self.is_bound() && self.per != LotOwner::Group
    }

    /// The owner whose lot an operation may burn, by number (0 for the organization); none if the operation is outside.
    #[must_use]
    pub fn owner_for(&self, spender: Spender) -> Option<u16> {
        let of_group = |groups: &Vec<u16>| spender.group.is_some_and(|group| groups.contains(&group));
        let inside = self.features.as_ref().is_none_or(|features| features.contains(&spender.feature))
            && self.groups.as_ref().is_none_or(of_group);
        if !inside {
            return None;
        }
        match self.per {
            LotOwner::Organization => Some(0),
            LotOwner::Group => spender.group,
            LotOwner::Member => spender.member,
            LotOwner::Project => spender.project,
        }
    }

    /// Its place in the burn order: the narrowest scope has the lowest number.
    #[must_use]
    pub fn width(&self) -> u8 {
        let one = matches!(self.per, LotOwner::Member | LotOwner::Project);
        let group = self.groups.is_some() || self.per == LotOwner::Group;
        match (one, group, self.features.is_some()) {
            (true, _, true) => 0,
            (true, _, false) => 1,
            (false, true, true) => 2,
            (false, true, false) => 3,
            (false, false, true) => 4,
            (false, false, false) => 5,
        }
    }
}
