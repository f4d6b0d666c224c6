//! What another policy changes for single organizations: who wins, who loses, and by how much, by size.
//!
//! Owns one organization's change against the baseline, and sums of changes by size that merge exactly. Memory does not grow
//! with the number of organizations: sizes are cells of the demand, and of the largest changes ten are kept each way.
//! Leaves classes of size and everything over replications to `experiment`.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::deliberate::Deliberate;
use crate::units::{Credits, Money, OrganizationId};

use super::histogram::index_of;
use super::{ChangeSample, OrganizationOutcome, Tally};

/// How many of the largest changes are kept each way.
pub const LARGEST: usize = 10;

/// What an organization has of one policy, in integers.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct CustomerSide {
    /// True cost of its demand (micro-credits).
    pub demand: i128,
    /// What it paid, was invoiced, and owes to be invoiced (nano-units); absent if a price is missing.
    pub bill: Option<i128>,
    /// Operations refused.
    pub refused: i128,
    /// True cost of lost work at list rates (micro-credits).
    pub lost: i128,
    /// Time that served operations had waited (µs).
    pub waited: i128,
}

/// An organization under the baseline and under another policy.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct OrganizationChange {
    /// Under the baseline.
    pub before: CustomerSide,
    /// Under the other policy.
    pub after: CustomerSide,
}

/// What a change comes to for an organization, by bill, refusals and lost work.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum CustomerStanding {
    /// One of them is better and none is worse.
    Better,
    /// One of them is worse and none is better.
    Worse,
    /// Some are better and some are worse: mostly, more work for more money.
    Mixed,
    /// None has changed.
    Unchanged,
}

impl CustomerStanding {
    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            CustomerStanding::Better => "better",
            CustomerStanding::Worse => "worse",
            CustomerStanding::Mixed => "mixed",
            CustomerStanding::Unchanged => "unchanged",
        }
    }
}

impl CustomerSide {
    /// Of one account.
    #[must_use]
    pub fn of(tally: &Tally) -> Self {
        let features = || tally.features.iter();
        let credits = |of: fn(&super::FeatureTally) -> Credits| -> i128 {
            features().map(|feature| i128::from(of(feature).micros())).sum()
        };
        let money = &tally.money;
        let due = [money.cash(), money.receivable_end, money.written_off, money.uninvoiced_end];
        let nanos = |money: Money| i128::from(money.nanos());
        let bill = due.map(nanos).into_iter().sum::<i128>() - nanos(money.receivable_start);
        let priced = money.complete && !money.uninvoiced_unpriced;
        CustomerSide {
            demand: credits(|feature| feature.demand_credits),
            bill: priced.then_some(bill),
            refused: features().map(|feature| i128::from(feature.refused)).sum(),
            lost: credits(|feature| feature.lost_credits - feature.lost_over_list),
            waited: features().map(|feature| feature.waits.sum()).sum(),
        }
    }
}

impl OrganizationChange {
    /// Of one organization under a policy, against the baseline.
    #[must_use]
    pub fn of(baseline: &Tally, other: &Tally) -> Self {
        OrganizationChange { before: CustomerSide::of(baseline), after: CustomerSide::of(other) }
    }

    /// Change of the bill (nano-units); absent if a price is missing.
    #[must_use]
    pub fn bill(&self) -> Option<i128> {
        Some(self.after.bill? - self.before.bill?)
    }

    /// Change of refused operations.
    #[must_use]
    pub fn refused(&self) -> i128 {
        self.after.refused - self.before.refused
    }

    /// Change of lost work (micro-credits).
    #[must_use]
    pub fn lost(&self) -> i128 {
        self.after.lost - self.before.lost
    }

    /// Change of the time waited (µs).
    #[must_use]
    pub fn waited(&self) -> i128 {
        self.after.waited - self.before.waited
    }

    /// What it comes to.
    #[must_use]
    pub fn standing(&self) -> CustomerStanding {
        let changes = [self.bill().unwrap_or(0), self.refused(), self.lost()];
        let (better, worse) =
            (changes.iter().any(|&change| change < 0), changes.iter().any(|&change| change > 0));
        match (better, worse) {
            (true, true) => CustomerStanding::Mixed,
            (true, false) => CustomerStanding::Better,
            (false, true) => CustomerStanding::Worse,
            (false, false) => CustomerStanding::Unchanged,
        }
    }
}

macro_rules! change_sums {
    ($($(#[$doc:meta])* $field:ident: $of:expr),* $(,)?) => {
        /// Changes summed over organizations; organizations are counted in what ends in none of the units.
        #[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
        pub struct ChangeSums {
            $($(#[$doc])* pub $field: i128,)*
        }

        impl ChangeSums {
            fn add(&mut self, change: &OrganizationChange) {
                $(let of: fn(&OrganizationChange) -> i128 = $of; self.$field += of(change);)*
            }

            /// Adds other organizations.
            pub fn merge(&mut self, other: &ChangeSums) {
                $(self.$field += other.$field;)*
            }
        }
    };
}

change_sums! {
    /// Organizations.
    organizations: |_| 1,
    /// Of them, without a price for all they bought.
    unpriced: |change| i128::from(change.bill().is_none()),
    /// Demand (micro-credits).
    demand: |change| change.before.demand,
    /// Bills under the baseline (nano-units).
    bill_before: |change| change.before.bill.unwrap_or(0),
    /// Change of bills (nano-units).
    bill: |change| change.bill().unwrap_or(0),
    /// Change of refused operations.
    refused: |change| change.refused(),
    /// Lost work under the baseline (micro-credits).
    lost_before: |change| change.before.lost,
    /// Change of lost work (micro-credits).
    lost: |change| change.lost(),
    /// Change of time waited (µs).
    waited: |change| change.waited(),
    /// Bill higher.
    bill_higher: |change| i128::from(change.bill() > Some(0)),
    /// Bill lower.
    bill_lower: |change| i128::from(change.bill().is_some_and(|bill| bill < 0)),
    /// Refused more often.
    refused_more: |change| i128::from(change.refused() > 0),
    /// Refused less often.
    refused_less: |change| i128::from(change.refused() < 0),
    /// More work lost.
    lost_more: |change| i128::from(change.lost() > 0),
    /// Less work lost.
    lost_less: |change| i128::from(change.lost() < 0),
    /// Waited longer.
    waits_longer: |change| i128::from(change.waited() > 0),
    /// Waited less.
    waits_shorter: |change| i128::from(change.waited() < 0),
    /// Better in something and worse in nothing.
    better: |change| i128::from(change.standing() == CustomerStanding::Better),
    /// Worse in something and better in nothing.
    worse: |change| i128::from(change.standing() == CustomerStanding::Worse),
    /// Better in something and worse in something.
    mixed: |change| i128::from(change.standing() == CustomerStanding::Mixed),
}

/// One organization among the largest changes.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
pub struct LargeChange {
    /// By what it is ordered: larger is further ahead.
    size: i128,
    /// Its cohort's index, the other way round: of equal changes the first organization is ahead.
    cohort: std::cmp::Reverse<u16>,
    number: std::cmp::Reverse<u32>,
    /// Its label (for organizations from a usage history); else empty.
    pub label: String,
    /// Its change.
    pub change: OrganizationChange,
}

impl LargeChange {
    /// The organization.
    #[must_use]
    pub fn id(&self) -> OrganizationId {
        OrganizationId { cohort: crate::units::CohortIndex(self.cohort.0), number: self.number.0 }
    }
}

/// The lists of largest changes, in the order in which they are written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum LargestList {
    /// Bills that rise most.
    BillRises,
    /// Bills that fall most.
    BillFalls,
    /// Whose lost work rises most.
    LostRises,
    /// Whose lost work falls most.
    LostFalls,
}

impl LargestList {
    /// Every list.
    pub const ALL: [LargestList; 4] =
        [LargestList::BillRises, LargestList::BillFalls, LargestList::LostRises, LargestList::LostFalls];

    /// The word used in files.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            LargestList::BillRises => "bill_rises",
            LargestList::BillFalls => "bill_falls",
            LargestList::LostRises => "lost_rises",
            LargestList::LostFalls => "lost_falls",
        }
    }

    /// How far ahead a change belongs in this list; 0 or less does not belong in it.
    fn size(self, change: &OrganizationChange) -> i128 {
        match self {
            LargestList::BillRises => change.bill().unwrap_or(0),
            LargestList::BillFalls => -change.bill().unwrap_or(0),
            LargestList::LostRises => change.lost(),
            LargestList::LostFalls => -change.lost(),
        }
    }
}

/// The changes of all organizations under one policy against the baseline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ChangesBySize {
    /// By cell of the demand under the baseline, ascending.
    cells: BTreeMap<i16, ChangeSums>,
    /// The largest changes, one list each of [`LargestList::ALL`], the largest first.
    largest: [Vec<LargeChange>; 4],
    /// A few organizations, picked by a hash.
    sample: ChangeSample,
}

impl ChangesBySize {
    /// Adds one organization.
    pub fn add(&mut self, organization: &OrganizationOutcome, change: OrganizationChange) {
        self.sample.add(organization.id, change);
        let demand = i64::try_from(change.before.demand).unwrap_or(i64::MAX);
        self.cells.entry(index_of(demand)).or_default().add(&change);
        for (list, kept) in LargestList::ALL.into_iter().zip(&mut self.largest) {
            let size = list.size(&change);
            if size > 0 && (kept.len() < LARGEST || kept.last().is_none_or(|last| last.size <= size)) {
                let OrganizationOutcome { id, label, .. } = organization;
                kept.push(LargeChange {
                    size,
                    cohort: std::cmp::Reverse(id.cohort.0),
                    number: std::cmp::Reverse(id.number),
                    label: label.clone(),
                    change,
                });
                shorten(kept);
            }
        }
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &ChangesBySize) {
        for (cell, sums) in &other.cells {
            self.cells.entry(*cell).or_default().merge(sums);
        }
        self.sample.merge(&other.sample);
        for (own, other) in self.largest.iter_mut().zip(&other.largest) {
            own.extend(other.iter().cloned());
            shorten(own);
        }
    }

    /// Sums by size of the demand, ascending: organizations of one cell differ by 3.2 % at most.
    pub fn by_size(&self) -> impl Iterator<Item = &ChangeSums> + Clone {
        self.cells.values()
    }

    /// A list of the largest changes, the largest first.
    #[must_use]
    pub fn largest(&self, list: LargestList) -> &[LargeChange] {
        &self.largest[list as usize]
    }

    /// A few organizations, picked by a hash.
    #[must_use]
    pub fn sample(&self) -> &ChangeSample {
        &self.sample
    }
}

fn shorten(kept: &mut Vec<LargeChange>) {
    kept.sort_unstable_by(|a, b| b.cmp(a));
    if Deliberate::LargestChangesSmallest.is_made() {
        kept.reverse();
    }
    kept.truncate(LARGEST);
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::synthetic;

    fn side(bill: i64, refused: i128, lost: i128) -> CustomerSide {
        CustomerSide { bill: Some(i128::from(bill)), refused, lost, ..CustomerSide::default() }
    }

    #[test]
    fn an_organization_is_better_off_if_nothing_is_worse() {
        let cases = [
            (side(5, 3, 9), side(5, 3, 9), CustomerStanding::Unchanged),
            (side(5, 3, 9), side(5, 0, 9), CustomerStanding::Better),
            (side(5, 3, 9), side(6, 3, 9), CustomerStanding::Worse),
            (side(5, 3, 9), side(60, 0, 0), CustomerStanding::Mixed),
            (CustomerSide { bill: None, ..side(0, 3, 9) }, side(6, 3, 9), CustomerStanding::Unchanged),
        ];
        for (before, after, standing) in cases {
            assert_eq!(OrganizationChange { before, after }.standing(), standing, "{before:?} {after:?}");
        }
    }

    #[test]
    fn any_grouping_of_organizations_gives_the_same_changes_and_the_same_ten() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let organizations: Vec<OrganizationOutcome> =
            (0..60).map(|number| synthetic::organization(&shape, 3, number)).collect();
        let of = |chosen: &[&OrganizationOutcome]| {
            let mut changes = ChangesBySize::default();
            for organization in chosen {
                changes.add(
                    organization,
                    OrganizationChange::of(&organization.tallies[0], &organization.tallies[1]),
                );
            }
            changes
        };
        let all: Vec<&OrganizationOutcome> = organizations.iter().collect();
        let whole = of(&all);
        let mut parts = of(&all[37..]);
        parts.merge(&of(&all[..11]));
        parts.merge(&of(&all[11..37]));
        assert_eq!(parts, whole);
        // The ten are those of a full sort.
        let mut bills: Vec<i128> = all
            .iter()
            .filter_map(|organization| {
                OrganizationChange::of(&organization.tallies[0], &organization.tallies[1]).bill()
            })
            .filter(|&bill| bill > 0)
            .collect();
        bills.sort_unstable_by(|a, b| b.cmp(a));
        bills.truncate(LARGEST);
        let kept: Vec<i128> =
            whole.largest(LargestList::BillRises).iter().filter_map(|found| found.change.bill()).collect();
        assert_eq!(kept, bills);
        assert_eq!(whole.by_size().map(|sums| sums.organizations).sum::<i128>(), 60);
    }
}
