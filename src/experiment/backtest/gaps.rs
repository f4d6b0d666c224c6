//! Days on which a history has no row of anybody: what it may lack.

use std::collections::BTreeMap;

use crate::calendar::YearMonth;
use crate::workload::BilledQuantity;

use super::compare::BackTestSides;
use super::why::{Case, Explanation, WhyKind};

/// Days without any row, by month.
pub(super) struct DaysWithoutRows(BTreeMap<YearMonth, Vec<u32>>);

impl DaysWithoutRows {
    pub fn of(sides: &BackTestSides<'_>) -> Self {
        let mut seen: BTreeMap<YearMonth, u32> = BTreeMap::new();
        for (month, own) in sides.past.iter().flat_map(|past| &past.months) {
            *seen.entry(*month).or_default() |= own.days;
        }
        let missing = |(month, days): (YearMonth, u32)| {
            let missing = (0..month.days()).filter(|day| days >> day & 1 == 0).map(|day| day + 1).collect();
            (month, missing)
        };
        DaysWithoutRows(seen.into_iter().map(missing).collect())
    }

    /// The days make up for the difference, if they were like the organization's others, up to a factor of two.
    pub fn explanation(&self, case: &Case<'_>) -> Option<Explanation> {
        let missing = self.0.get(&case.line.month).filter(|days| !days.is_empty())?;
        let active = i128::from(case.month.days.count_ones());
        if case.quantity() != BilledQuantity::Charged || active == 0 || case.difference() <= 0 {
            return None;
        }
        let (days, charged) = (missing.len() as i128, case.month.charged);
        // An organization may work on every missing day, or on as few as on those that are there.
        let fewest = charged * days / i128::from(case.line.month.days());
        let likely = 2 * case.difference() >= fewest && case.difference() <= 2 * charged * days / active;
        likely.then(|| {
            let text = format!(
                "the history has no row of anybody on {} of the month: {}",
                counted(missing.len()),
                ranges(missing)
            );
            Explanation::new(WhyKind::HistoryGap, "the history has days without any row", text)
        })
    }
}

fn counted(days: usize) -> String {
    if days == 1 { "1 day".to_owned() } else { format!("{days} days") }
}

/// `1–9, 17`.
fn ranges(days: &[u32]) -> String {
    let mut ranges: Vec<(u32, u32)> = Vec::new();
    for &day in days {
        match ranges.last_mut() {
            Some((_, last)) if *last + 1 == day => *last = day,
            _ => ranges.push((day, day)),
        }
    }
    let range = |(first, last): &(u32, u32)| {
        if first == last { first.to_string() } else { format!("{first}–{last}") }
    };
    ranges.iter().map(range).collect::<Vec<_>>().join(", ")
}
