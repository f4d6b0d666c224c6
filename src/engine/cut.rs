//! How the work of a command is cut into shards.
//!
//! Owns which organizations of which replications of which group of settings a shard holds: consecutive units of work in the
//! order of rows, so that shards put one after the other are the whole. Leaves running them to `run`. Invariant: a cut
//! depends on nothing but the sizes of the work and the number of shards, so that machines need not talk to each other.

use std::ops::Range;

use crate::parts::Span;

/// Units that a shard has at least, where there are organizations enough: shards then differ by little.
const UNITS_IN_SHARD: u64 = 16;

/// How much work there is of one group of settings.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct GroupSize {
    /// Organizations of a replication.
    pub organizations: u64,
    /// Replications, of a batch if there are batches.
    pub replications: u32,
}

/// More shards than organizations, each counted once a replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("there are {most} organizations in all replications, and a shard holds at least one")]
pub struct TooManyShards {
    /// The most that there can be.
    pub most: u64,
}

/// A command's work, cut.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cut {
    groups: Vec<GroupCut>,
    shards: u32,
    units: u64,
}

#[derive(Debug, Clone, PartialEq, Eq)]
struct GroupCut {
    size: GroupSize,
    unit: u32,
    /// Units of all groups before it.
    before: u64,
}

/// Consecutive units of one group of settings.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Slice {
    /// Which group.
    pub group: u32,
    /// Organizations in a unit, but for the last of a replication.
    pub unit: u32,
    /// The replications that it touches.
    pub replications: Range<u32>,
    /// Units, counted from the first of these replications.
    pub units: Range<u64>,
}

impl Cut {
    /// Cuts groups of settings into `shards` shards. `usual` is how many of so many organizations a unit holds elsewhere;
    /// it may be fewer here.
    ///
    /// # Errors
    /// More shards than there are organizations.
    pub fn new(groups: &[GroupSize], shards: u32, usual: impl Fn(u64) -> u32) -> Result<Self, TooManyShards> {
        let all = |group: &GroupSize| group.organizations * u64::from(group.replications);
        let most: u64 = groups.iter().map(all).sum();
        if most < u64::from(shards) || shards == 0 {
            return Err(TooManyShards { most });
        }
        let fine = (most / u64::from(shards) / UNITS_IN_SHARD).max(1);
        let sizes = groups.iter().map(|group| group.organizations).filter(|&organizations| organizations > 0);
        // One size for all groups, so that shards of all of them are alike.
        let unit = sizes.map(|organizations| u64::from(usual(organizations))).fold(fine, u64::min).max(1);
        let mut cut = Cut { groups: Vec::with_capacity(groups.len()), shards, units: 0 };
        for &size in groups {
            // No larger than what is usual, which is 32 bits.
            cut.groups.push(GroupCut { size, unit: unit as u32, before: cut.units });
            cut.units += size.organizations.div_ceil(unit) * u64::from(size.replications);
        }
        Ok(cut)
    }

    /// What a shard holds, from 1. Numbers beyond the last shard are those of further batches of replications.
    #[must_use]
    pub fn slices(&self, number: u32) -> Vec<Slice> {
        let (batch, within) = ((number - 1) / self.shards, (number - 1) % self.shards);
        let place =
            |shard: u32| (u128::from(shard) * u128::from(self.units) / u128::from(self.shards)) as u64;
        let wanted = place(within)..place(within + 1);
        let numbered = self.groups.iter().enumerate();
        numbered.filter_map(|(index, group)| group.slice(index as u32, batch, &wanted)).collect()
    }
}

impl GroupCut {
    /// The units of the group among all `wanted` ones.
    fn slice(&self, group: u32, batch: u32, wanted: &Range<u64>) -> Option<Slice> {
        let GroupSize { organizations, replications } = self.size;
        let per_replication = organizations.div_ceil(u64::from(self.unit));
        let end = self.before + per_replication * u64::from(replications);
        let (start, end) = (wanted.start.max(self.before), wanted.end.min(end));
        if start >= end {
            return None;
        }
        let (start, end) = (start - self.before, end - self.before);
        let (first, behind) = (start / per_replication, end.div_ceil(per_replication));
        let passed = first * per_replication;
        let earlier = batch.checked_mul(replications)?;
        earlier.checked_add(replications)?;
        Some(Slice {
            group,
            unit: self.unit,
            replications: earlier + first as u32..earlier + behind as u32,
            units: start - passed..end - passed,
        })
    }
}

impl Slice {
    /// Its organizations in each replication that it touches, of which each has so many.
    pub fn spans(&self, organizations: u64) -> impl Iterator<Item = Span> + '_ {
        let per_replication = organizations.div_ceil(u64::from(self.unit));
        self.replications.clone().zip(0_u64..).filter_map(move |(replication, passed)| {
            let begins = passed * per_replication;
            let start = self.units.start.max(begins) - begins;
            let end = self.units.end.min(begins + per_replication).checked_sub(begins)?;
            let first = start * u64::from(self.unit);
            let count = (end * u64::from(self.unit)).min(organizations).checked_sub(first)?;
            // No replication has more organizations than cohorts can number.
            Some(Span { replication, first, count: u32::try_from(count).ok()? })
        })
    }

    /// How many organizations it holds, of replications of so many.
    #[must_use]
    pub fn organizations_of(&self, organizations: u64) -> u64 {
        self.spans(organizations).map(|span| u64::from(span.count)).sum()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usual(organizations: u64) -> u32 {
        (organizations / 64).clamp(1, 256) as u32
    }

    #[test]
    fn shards_side_by_side_are_the_whole_and_differ_by_little() {
        let size = |organizations, replications| GroupSize { organizations, replications };
        let cases: [(&[GroupSize], u32); 5] = [
            (&[size(1_000_000, 1)], 1_000),
            (&[size(200, 10)], 64),
            (&[size(7, 3)], 21),
            (&[size(200, 10), size(50, 10), size(1_000, 2)], 7),
            (&[size(1, 5), size(0, 5)], 5),
        ];
        for (groups, shards) in cases {
            let cut = Cut::new(groups, shards, usual).expect("not too many");
            let mut reached = vec![(0_u32, 0_u64); groups.len()];
            let mut sizes = Vec::new();
            for number in 1..=shards {
                let mut held = 0;
                for slice in cut.slices(number) {
                    let group = slice.group as usize;
                    let organizations = groups[group].organizations;
                    for Span { replication, first, count } in slice.spans(organizations) {
                        assert_eq!((replication, first), reached[group], "{groups:?} {number}/{shards}");
                        held += u64::from(count);
                        let next = first + u64::from(count);
                        reached[group] =
                            if next == organizations { (replication + 1, 0) } else { (replication, next) };
                    }
                }
                sizes.push(held);
            }
            for (group, reached) in groups.iter().zip(reached) {
                let all = if group.organizations == 0 { 0 } else { group.replications };
                assert_eq!(reached, (all, 0));
            }
            let (least, most) = (sizes.iter().min().unwrap(), sizes.iter().max().unwrap());
            assert!(*least > 0 && most - least <= 2 + most / 8, "{least} to {most} of {groups:?}");
        }
    }

    #[test]
    fn numbers_beyond_the_last_shard_are_later_replications() {
        let cut = Cut::new(&[GroupSize { organizations: 10, replications: 4 }], 3, usual).unwrap();
        for number in 1..=3 {
            let (first, third) = (cut.slices(number), cut.slices(number + 6));
            let later = |slice: &Slice| Slice {
                replications: slice.replications.start + 8..slice.replications.end + 8,
                ..slice.clone()
            };
            assert_eq!(first.iter().map(later).collect::<Vec<_>>(), third);
        }
    }

    #[test]
    fn more_shards_than_organizations_are_refused() {
        let few = [GroupSize { organizations: 3, replications: 2 }];
        assert_eq!(Cut::new(&few, 7, usual), Err(TooManyShards { most: 6 }));
        assert!(Cut::new(&few, 6, usual).is_ok());
    }
}
