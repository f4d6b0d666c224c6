//! A few organizations picked by a hash, with what a policy changes for each: the same ones in any order and any grouping.

use serde::{Deserialize, Serialize};

use crate::units::OrganizationId;

use super::OrganizationChange;

/// How many organizations are kept; all, if there are no more.
pub const SAMPLED: usize = 250;

/// An organization of the sample.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct SampledChange {
    /// By what it is picked: the smallest are kept.
    hash: u64,
    /// The organization, so that equal hashes have an order.
    id: u64,
    /// What the policy changes for it.
    pub change: OrganizationChange,
}

/// The organizations whose hashes are smallest, and how many there were.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangeSample {
    organizations: u64,
    /// By hash, ascending.
    kept: Vec<SampledChange>,
}

impl ChangeSample {
    /// Adds one organization.
    pub fn add(&mut self, id: OrganizationId, change: OrganizationChange) {
        let id = u64::from(id.cohort.0) << 32 | u64::from(id.number);
        self.organizations += 1;
        self.keep(SampledChange { hash: scattered(id), id, change });
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &ChangeSample) {
        self.organizations += other.organizations;
        other.kept.iter().for_each(|own| self.keep(*own));
    }

    fn keep(&mut self, own: SampledChange) {
        if self.kept.len() == SAMPLED && self.kept.last().is_some_and(|last| *last <= own) {
            return;
        }
        let place = self.kept.partition_point(|other| *other < own);
        self.kept.insert(place, own);
        self.kept.truncate(SAMPLED);
    }

    /// How many organizations were picked from.
    #[must_use]
    pub fn organizations(&self) -> u64 {
        self.organizations
    }

    /// What changes for each of the sample.
    pub fn changes(&self) -> impl Iterator<Item = &OrganizationChange> + Clone {
        self.kept.iter().map(|own| &own.change)
    }
}

/// The output function of splitmix64 (G. Steele, D. Lea and C. Flood, OOPSLA 2014): neighbours lie far apart.
fn scattered(id: u64) -> u64 {
    let mixed = (id ^ (id >> 30)).wrapping_add(0x9e37_79b9_7f4a_7c15).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    mixed ^ (mixed >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::units::CohortIndex;

    fn sample(numbers: impl Iterator<Item = u32>) -> ChangeSample {
        let mut sample = ChangeSample::default();
        for number in numbers {
            let id = OrganizationId { cohort: CohortIndex((number % 3) as u16), number };
            let mut change = OrganizationChange::default();
            change.after.lost = i128::from(number);
            sample.add(id, change);
        }
        sample
    }

    #[test]
    fn any_order_and_any_grouping_pick_the_same_organizations() {
        let whole = sample(0..1_000);
        let mut parts = sample((400..1_000).rev());
        parts.merge(&sample(0..150));
        parts.merge(&sample(150..400));
        assert_eq!(parts, whole);
        assert_eq!((whole.changes().count(), whole.organizations()), (SAMPLED, 1_000));
        assert_eq!(sample(0..40).changes().count(), 40);
    }

    #[test]
    fn early_and_late_organizations_are_picked_alike() {
        // Of 1,000 a quarter is picked: of each half about 125 ± 9.
        let early = sample(0..1_000).changes().filter(|change| change.after.lost < 500).count();
        assert!((95..=155).contains(&early), "{early}");
    }
}
