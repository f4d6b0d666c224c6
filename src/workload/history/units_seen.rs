//! Units of sizes by feature: two of them in one feature are not one thing.

use std::collections::BTreeMap;

use crate::units::FeatureIndex;

/// The unit of each feature's first row, and how many rows had it before another came.
#[derive(Debug, Default)]
pub(super) struct UnitsSeen(BTreeMap<FeatureIndex, (String, u64, bool)>);

impl UnitsSeen {
    /// Counts a row; says how many rows are now known to share a feature with rows in another unit.
    pub fn add(&mut self, feature: FeatureIndex, unit: &str) -> u64 {
        let (first, rows, mixed) = self.0.entry(feature).or_insert_with(|| (unit.to_owned(), 0, false));
        if *mixed {
            return 1;
        }
        *rows += 1;
        if first == unit {
            return 0;
        }
        *mixed = true;
        *rows
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rows_count_as_mixed_from_the_second_unit_on() {
        let mut seen = UnitsSeen::default();
        let rows = [(0, "requests"), (0, "requests"), (1, "credits"), (0, "credits"), (0, "requests")];
        let told: Vec<u64> = rows.into_iter().map(|(of, unit)| seen.add(FeatureIndex(of), unit)).collect();
        assert_eq!(told, [0, 0, 0, 3, 1]);
    }
}
