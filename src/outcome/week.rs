//! Counts by hour of the week, summed over organizations.

use serde::{Deserialize, Serialize};

/// Hours of a week: Monday 00:00 to Sunday 24:00, as clocks of the scenario's zone show them.
pub const WEEK_HOURS: usize = 168;

/// A count for each hour of the week. Sums in 128 bits; empty as long as nothing was counted.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct WeekHours(Vec<i128>);

impl WeekHours {
    /// Adds one account's counts, none or one an hour.
    pub fn add(&mut self, hours: &[u64]) {
        self.extend_to(hours.len());
        self.0.iter_mut().zip(hours).for_each(|(sum, hour)| *sum += i128::from(*hour));
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &WeekHours) {
        self.extend_to(other.0.len());
        self.0.iter_mut().zip(&other.0).for_each(|(sum, hour)| *sum += hour);
    }

    fn extend_to(&mut self, hours: usize) {
        if self.0.len() < hours {
            self.0.resize(hours, 0);
        }
    }

    /// The counts from Monday 00:00; empty if nothing was counted.
    #[must_use]
    pub fn hours(&self) -> &[i128] {
        &self.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_grouping_gives_the_same_sums() {
        let hours = |at: usize, count: u64| {
            let mut own = vec![0; WEEK_HOURS];
            own[at] = count;
            own
        };
        let of = |all: &[Vec<u64>]| {
            let mut sums = WeekHours::default();
            all.iter().for_each(|own| sums.add(own));
            sums
        };
        let parts = [hours(3, 5), Vec::new(), hours(167, 2), hours(3, 1)];
        let mut merged = of(&parts[2..]);
        merged.merge(&of(&parts[..2]));
        assert_eq!(merged, of(&parts));
        assert_eq!((merged.hours()[3], merged.hours()[167]), (6, 2));
        assert!(of(&[Vec::new()]).hours().is_empty());
    }
}
