//! Organizations that share an entry of a cohort's lists.
//!
//! Owns how a cohort is cut into as many strata as its lists have entries, so that what is dealt by number gives every
//! organization volume, sizes and sums together, as they were seen. A list is dealt again and again, so its first entries
//! fall to one organization more where the lists do not divide the cohort: strata are exactly as large as that, and sums
//! of a cohort come out exact. Invariant: every organization is in one stratum.

use super::families::KNOTS;

/// One organization with what it is told from others by: logarithms of its calls of each feature, and of what a call costs.
#[derive(Debug, Clone)]
pub(super) struct PlacedOrganization {
    pub number: u32,
    pub place: Vec<f64>,
}

/// Strata in the order of the lists' entries: organizations one by one where they are few, else alike ones together.
pub(super) fn strata(members: Vec<PlacedOrganization>) -> Vec<Vec<u32>> {
    let count = members.len();
    if count <= KNOTS {
        return members.into_iter().map(|one| vec![one.number]).collect();
    }
    let (each, more) = (count / KNOTS, count % KNOTS);
    // The larger strata first: they are the first entries, which are dealt once more.
    let mut found: Vec<Vec<u32>> = Vec::new();
    split(members, KNOTS, more, each, &mut found);
    found.sort_by_key(|stratum| std::cmp::Reverse(stratum.len()));
    found
}

/// Cuts organizations into `parts` strata, `more` of which hold `each` + 1 and the others `each`: in two where they differ
/// most, again and again.
fn split(
    mut members: Vec<PlacedOrganization>,
    parts: usize,
    more: usize,
    each: usize,
    found: &mut Vec<Vec<u32>>,
) {
    if parts == 1 {
        found.push(members.into_iter().map(|one| one.number).collect());
        return;
    }
    let dimension = widest(&members);
    // Ties by number, so that the cut does not depend on the sort.
    members.sort_by(|a, b| a.place[dimension].total_cmp(&b.place[dimension]).then(a.number.cmp(&b.number)));
    let (low, low_more) = (parts / 2, more / 2);
    let upper = members.split_off(low * each + low_more);
    split(members, low, low_more, each, found);
    split(upper, parts - low, more - low_more, each, found);
}

/// The dimension in which they spread most.
fn widest(members: &[PlacedOrganization]) -> usize {
    let count = members.len() as f64;
    let spread = |dimension: usize| {
        let values = || members.iter().map(|one| one.place[dimension]);
        let mean = values().sum::<f64>() / count;
        values().map(|value| (value - mean) * (value - mean)).sum::<f64>()
    };
    let dimensions = members.first().map_or(0, |one| one.place.len());
    (0..dimensions).max_by(|a, b| spread(*a).total_cmp(&spread(*b)).then(b.cmp(a))).unwrap_or(0)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn strata_are_as_large_as_lists_deal() {
        for count in [1, 64, 65, 100, 127, 128, 1_000] {
            let place = |number: u32| vec![f64::from(number % 7), f64::from(number * 37 % 101)];
            let members =
                (0..count).map(|number| PlacedOrganization { number, place: place(number) }).collect();
            let found = strata(members);
            let entries = found.len();
            assert_eq!(entries, 64.min(count as usize));
            for (entry, stratum) in found.iter().enumerate() {
                let dealt = (0..count as usize).filter(|number| number % entries == entry).count();
                assert_eq!(stratum.len(), dealt, "{count} organizations, entry {entry}");
            }
            let mut all: Vec<u32> = found.into_iter().flatten().collect();
            all.sort_unstable();
            assert_eq!(all, (0..count).collect::<Vec<u32>>());
        }
    }

    #[test]
    fn strata_are_alike_inside() {
        let place = |number: u32| vec![f64::from(number % 4), f64::from(number / 4 % 2)];
        let members = (0..800).map(|number| PlacedOrganization { number, place: place(number) }).collect();
        let strata = strata(members);
        let alike =
            strata.iter().filter(|stratum| stratum.iter().all(|one| one % 8 == stratum[0] % 8)).count();
        assert!(alike >= 57, "{alike} of 64; a cut goes through seven at most");
    }
}
