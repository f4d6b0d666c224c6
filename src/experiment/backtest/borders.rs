//! Months of a bill that end some hours before or after the calendar's: late usage, or another time zone.
//!
//! A difference that equals the last hours of a month is shown only if the next month has them more, in every month of the
//! organization that differs: single sums are too easily hit by chance.

use std::collections::BTreeMap;

use crate::calendar::YearMonth;
use crate::workload::BilledQuantity;

use super::compare::{BackTestLine, BackTestSides};
use super::past::{BORDER, ReplayedMonth};
use super::why::{Case, Explanation, WhyKind, hours};

/// Hours by which months end early (positive) or late, by organization.
pub(super) struct CutOffs(BTreeMap<usize, i64>);

/// A month as both sides have it.
struct BorderMonth<'a> {
    month: YearMonth,
    own: &'a ReplayedMonth,
    difference: i128,
}

impl CutOffs {
    pub fn of(
        lines: &[BackTestLine],
        sides: &BackTestSides<'_>,
        found: &dyn Fn(&BackTestLine) -> Option<usize>,
    ) -> Self {
        let mut bills: BTreeMap<usize, Vec<BorderMonth<'_>>> = BTreeMap::new();
        for line in lines.iter().filter(|line| line.quantity == BilledQuantity::Charged) {
            let (Some(organization), Some(difference)) = (found(line), line.difference()) else { continue };
            if let Some(own) = sides.past[organization].months.get(&line.month) {
                bills.entry(organization).or_default().push(BorderMonth {
                    month: line.month,
                    own,
                    difference,
                });
            }
        }
        let same = |a: i128, b: i128| sides.same(BilledQuantity::Charged, a, b);
        let most = i64::from(BORDER);
        let mut by_distance: Vec<i64> = (-most..=most).filter(|hours| *hours != 0).collect();
        by_distance.sort_by_key(|hours| (hours.abs(), -hours));
        let (mut sure, mut single) = (Vec::new(), Vec::new());
        for (organization, months) in &bills {
            let differs = |month: &&BorderMonth<'_>| !same(month.difference, 0);
            let fits = |month: &&BorderMonth<'_>, hours: i64| {
                same(month.difference, moved(month, sides, *organization, hours))
            };
            // The first and the last month may have what lies outside the replay.
            let known = |month: &&BorderMonth<'_>, hours: i64| {
                let beside = if hours > 0 { month.month.previous() } else { month.month.next() };
                sides.past[*organization].months.contains_key(&beside)
            };
            for &hours in &by_distance {
                let sound = months.iter().all(|month| fits(&month, hours) || !known(&month, hours));
                let open = months.iter().filter(|month| differs(month) && fits(month, hours)).count();
                match (sound, open) {
                    (true, 2..) => sure.push((*organization, hours)),
                    (true, 1) => single.push((*organization, hours)),
                    _ => {}
                }
            }
        }
        // One cause of many is likelier than many of one: hours that fit most organizations come first, then the fewest.
        let mut fits: BTreeMap<i64, usize> = BTreeMap::new();
        sure.iter().for_each(|(_, hours)| *fits.entry(*hours).or_default() += 1);
        by_distance.sort_by_key(|hours| std::cmp::Reverse(fits.get(hours).copied().unwrap_or(0)));
        // Where one month differs, what others show may hold here too.
        single.retain(|(_, hours)| fits.contains_key(hours));
        let mut chosen = BTreeMap::new();
        for found in [sure, single] {
            for hours in &by_distance {
                for (organization, _) in found.iter().filter(|(_, own)| own == hours) {
                    chosen.entry(*organization).or_insert(*hours);
                }
            }
        }
        CutOffs(chosen)
    }

    pub fn explanation(&self, case: &Case<'_>) -> Option<Explanation> {
        if case.quantity() != BilledQuantity::Charged {
            return None;
        }
        let shift = *self.0.get(&case.organization)?;
        let (month, difference) = (case.line.month, case.difference());
        let border = BorderMonth { month, own: case.month, difference };
        let gained = moved(&border, case.sides, case.organization, shift);
        if !case.sides.same(BilledQuantity::Charged, difference, gained) {
            return None;
        }
        let size = hours(u32::try_from(shift.abs()).ok()?);
        let (cause, text) = match shift > 0 {
            true => (
                format!("months end {size} early"),
                format!("what was charged in the last {size} of a month is billed in the next one"),
            ),
            false => (
                format!("months end {size} late"),
                format!("what was charged in the first {size} of a month is billed in the one before"),
            ),
        };
        Some(Explanation::new(WhyKind::CutOff, cause, text))
    }
}

/// What a month gains if months end `hours` early, or late if that is negative.
fn moved(of: &BorderMonth<'_>, sides: &BackTestSides<'_>, organization: usize, hours: i64) -> i128 {
    let months = &sides.past[organization].months;
    let sum = |list: &[(u32, i128)]| -> i128 {
        list.iter().filter(|(hour, _)| i64::from(*hour) < hours.abs()).map(|(_, credits)| credits).sum()
    };
    if hours > 0 {
        months.get(&of.month.previous()).map_or(0, |before| sum(&before.tail)) - sum(&of.own.tail)
    } else {
        months.get(&of.month.next()).map_or(0, |after| sum(&after.head)) - sum(&of.own.head)
    }
}
