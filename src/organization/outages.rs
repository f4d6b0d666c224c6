//! When a vendor is out: windows drawn once per replication, before any organization starts, and only read after.

use crate::units::{FeatureIndex, SimTime};

/// The outage windows of one replication, by feature.
///
/// Windows of a feature are half-open, sorted and disjoint; looking one up draws nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Outages {
    windows: Vec<Vec<(SimTime, SimTime)>>,
}

impl Outages {
    /// No feature is ever out.
    #[must_use]
    pub fn none() -> Self {
        Outages::default()
    }

    /// From windows `[from, to)` of each feature in file order, in any order and overlapping at will.
    #[must_use]
    pub fn new(windows: Vec<Vec<(SimTime, SimTime)>>) -> Self {
        Outages { windows: windows.into_iter().map(joined).collect() }
    }

    /// True if `feature` is never out.
    #[must_use]
    pub fn never(&self, feature: FeatureIndex) -> bool {
        self.windows.get(feature.index()).is_none_or(Vec::is_empty)
    }

    /// The end of the outage that `feature` is in at `at`; `None` if it is up.
    #[must_use]
    pub fn until(&self, feature: FeatureIndex, at: SimTime) -> Option<SimTime> {
        let windows = self.windows.get(feature.index())?;
        let next = windows.partition_point(|&(from, _)| from <= at);
        let (_, to) = *windows.get(next.checked_sub(1)?)?;
        (at < to).then_some(to)
    }

    /// True while `feature` is out.
    #[must_use]
    pub fn is_out(&self, feature: FeatureIndex, at: SimTime) -> bool {
        self.until(feature, at).is_some()
    }
}

/// Sorted windows with overlapping and touching ones made one; empty ones vanish.
fn joined(mut windows: Vec<(SimTime, SimTime)>) -> Vec<(SimTime, SimTime)> {
    windows.retain(|(from, to)| from < to);
    windows.sort_unstable();
    let mut disjoint: Vec<(SimTime, SimTime)> = Vec::with_capacity(windows.len());
    for (from, to) in windows {
        match disjoint.last_mut() {
            Some(last) if from <= last.1 => last.1 = last.1.max(to),
            _ => disjoint.push((from, to)),
        }
    }
    disjoint
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(windows: &[(i64, i64)], at: i64, expected: Option<i64>) {
        let time = SimTime::from_micros;
        let list = windows.iter().map(|&(from, to)| (time(from), time(to))).collect();
        let outages = Outages::new(vec![Vec::new(), list]);
        assert_eq!(outages.until(FeatureIndex(1), time(at)), expected.map(time), "{windows:?} at {at}");
        assert_eq!(outages.until(FeatureIndex(0), time(at)), None);
        assert_eq!(outages.until(FeatureIndex(7), time(at)), None);
    }

    #[test]
    fn windows_are_half_open_sorted_and_joined() {
        check(&[(10, 20)], 9, None);
        check(&[(10, 20)], 10, Some(20));
        check(&[(10, 20)], 19, Some(20));
        check(&[(10, 20)], 20, None);
        check(&[(30, 40), (10, 20)], 15, Some(20));
        check(&[(30, 40), (10, 20)], 25, None);
        check(&[(10, 20), (15, 18)], 19, Some(20));
        check(&[(10, 20), (20, 25)], 12, Some(25));
        check(&[(10, 10)], 10, None);
        assert!(!Outages::none().is_out(FeatureIndex(0), SimTime::MIN));
    }
}
