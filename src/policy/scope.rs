//! Whom credits are for: operations outside a lot's scope never burn it (docs/semantics.md §14).
//!
//! Leaves which lots that lets an operation use to the ledger. Invariant: a scope without conditions is everybody's, however
//! it was written.

use crate::units::FeatureIndex;

/// Whom credits are for.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct CreditScope {
    /// Only operations served as one of these, in the scenario's file order; of every feature if none is named.
    pub features: Option<Vec<FeatureIndex>>,
    /// Only operations of members of these groups, by their numbers in the scenario; of everybody if none is named.
    pub groups: Option<Vec<u16>>,
}

/// Whose operation wants credits.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Spender {
    /// The feature that serves it.
    pub feature: FeatureIndex,
    /// The group of its member; none if no member asks, or one without a group.
    pub group: Option<u16>,
}

impl CreditScope {
    /// True if any operation of the organization may burn the credits.
    #[must_use]
    pub fn is_everybody(&self) -> bool {
        self.features.is_none() && self.groups.is_none()
    }

    /// True if an operation is inside.
    #[must_use]
    pub fn holds(&self, spender: Spender) -> bool {
        let of_group = |groups: &Vec<u16>| spender.group.is_some_and(|group| groups.contains(&group));
        self.features.as_ref().is_none_or(|features| features.contains(&spender.feature))
            && self.groups.as_ref().is_none_or(of_group)
    }

    /// Its place in the burn order: the narrowest scope has the lowest number.
    #[must_use]
    pub fn width(&self) -> u8 {
        match (&self.groups, &self.features) {
            (Some(_), Some(_)) => 0,
            (Some(_), None) => 1,
            (None, Some(_)) => 2,
            (None, None) => 3,
        }
    }
}
