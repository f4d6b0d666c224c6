//! Overspend by how many operations an organization had in flight at once: what concurrency costs.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::Tally;

/// Organizations of one class, together.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct PeakSums {
    /// Organizations.
    pub organizations: i128,
    /// Their overspend (micro-credits).
    pub overspend: i128,
}

/// Sums by class of the most operations in flight at once: none, 1, 2, 3 to 4, 5 to 8 and so on.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct OverspendByPeak(BTreeMap<u8, PeakSums>);

/// The class of a number in flight: 0, 1, 2, then one for each doubling.
fn class_of(in_flight: u32) -> u8 {
    if in_flight < 2 { in_flight as u8 } else { 2 + (in_flight - 1).ilog2() as u8 }
}

impl OverspendByPeak {
    /// Adds one account.
    pub fn add(&mut self, tally: &Tally) {
        let sums = self.0.entry(class_of(tally.in_flight_max)).or_default();
        sums.organizations += 1;
        sums.overspend += i128::from(tally.debt.overspend.micros());
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &OverspendByPeak) {
        for (class, other) in &other.0 {
            let sums = self.0.entry(*class).or_default();
            sums.organizations += other.organizations;
            sums.overspend += other.overspend;
        }
    }

    /// Every class that has an organization, ascending.
    pub fn classes(&self) -> impl Iterator<Item = (u8, PeakSums)> + '_ {
        self.0.iter().map(|(class, sums)| (*class, *sums))
    }

    /// The numbers in flight of a class: `1`, `3–4`.
    #[must_use]
    pub fn class_name(class: u8) -> String {
        match class {
            0..=2 => class.to_string(),
            class => format!("{}–{}", (1_u64 << (class - 2)) + 1, 1_u64 << (class - 1)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn classes_double_and_say_what_they_hold() {
        let cases = [
            (0, "0"),
            (1, "1"),
            (2, "2"),
            (3, "3–4"),
            (4, "3–4"),
            (5, "5–8"),
            (8, "5–8"),
            (9, "9–16"),
            (17, "17–32"),
        ];
        for (in_flight, name) in cases {
            assert_eq!(OverspendByPeak::class_name(class_of(in_flight)), name, "{in_flight}");
        }
    }

    #[test]
    fn any_grouping_gives_the_same_sums() {
        let tally = |in_flight_max: u32, overspend: i64| {
            let mut tally = Tally { in_flight_max, ..Tally::default() };
            tally.debt.overspend = crate::units::Credits::from_micros(overspend);
            tally
        };
        let all = [tally(1, 0), tally(3, 7), tally(4, 5), tally(90, 1)];
        let of = |tallies: &[Tally]| {
            let mut sums = OverspendByPeak::default();
            tallies.iter().for_each(|tally| sums.add(tally));
            sums
        };
        let mut merged = of(&all[1..2]);
        merged.merge(&of(&all[2..]));
        merged.merge(&of(&all[..1]));
        assert_eq!(merged, of(&all));
        let of_class = merged.classes().find(|(class, _)| *class == 3).map(|(_, sums)| sums);
        assert_eq!(of_class, Some(PeakSums { organizations: 2, overspend: 12 }));
    }
}
