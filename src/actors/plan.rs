//! Units of work: a replication's chunk of consecutive organizations, handed out to whoever asks next.

use std::collections::BTreeSet;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};

use crate::parts::Span;
use crate::sampling::mix;
use crate::units::{CohortIndex, OrganizationId};

/// A chunk of consecutive organizations of one replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct WorkUnit {
    /// Place in the order of rows: replication, then organization.
    pub index: u64,
    /// The replication, from 0.
    pub replication: u32,
    /// First organization, counted over all cohorts in file order.
    pub first: u64,
    /// How many.
    pub count: u32,
}

/// All units of a run, and which are taken.
///
/// Units are handed out replication by replication. Results do not depend on who takes which, nor on `shuffle`.
#[derive(Debug)]
pub struct Plan {
    /// Organizations before each cohort, and their total.
    bounds: Vec<u64>,
    /// Number of the first organization of each cohort; 0 beyond the end of the list.
    firsts: Vec<u32>,
    replications: std::ops::Range<u32>,
    chunk: u32,
    shuffle: Option<u64>,
    /// The units that are handed out at all.
    within: std::ops::Range<u64>,
    /// Units that nobody takes: they are finished.
    finished: BTreeSet<u64>,
    taken: AtomicU64,
}

impl Plan {
    /// `sizes` are organizations per cohort; `chunk` organizations make a unit (at least one).
    #[must_use]
    pub fn new(sizes: &[u32], replications: std::ops::Range<u32>, chunk: u32, shuffle: Option<u64>) -> Self {
        let mut bounds = vec![0];
        for &size in sizes {
            bounds.push(bounds[bounds.len() - 1] + u64::from(size));
        }
        let (finished, firsts) = (BTreeSet::new(), Vec::new());
        let (within, taken) = (0..u64::MAX, AtomicU64::new(0));
        Plan { bounds, firsts, replications, chunk: chunk.max(1), shuffle, within, finished, taken }
    }

    /// The same, but only these units are handed out.
    #[must_use]
    pub fn only(mut self, units: std::ops::Range<u64>) -> Self {
        // Turns of a replication are its units in some order, so that whole replications can be passed over.
        let whole = self.units_per_replication().max(1);
        self.taken = AtomicU64::new(units.start / whole * whole);
        self.within = units;
        self
    }

    /// The first unit that is handed out, in the order of rows.
    #[must_use]
    pub fn first_unit(&self) -> u64 {
        self.within.start
    }

    /// Units of a replication that are handed out.
    #[must_use]
    pub fn units_of(&self, replication: u32) -> u64 {
        let whole = self.units_per_replication();
        let begins = u64::from(replication - self.replications.start) * whole;
        let (start, end) = (begins.max(self.within.start), (begins + whole).min(self.within.end));
        end.saturating_sub(start)
    }

    /// The same with cohorts whose organizations are numbered from these on.
    #[must_use]
    pub fn numbered_from(mut self, firsts: Vec<u32>) -> Self {
        self.firsts = firsts;
        self
    }

    /// Leaves units out that are finished; false, and nothing is left out, if one of them is none of this plan or is left
    /// out already.
    pub fn leave_out(&mut self, spans: &[Span]) -> bool {
        let units: Option<BTreeSet<u64>> = spans.iter().map(|&span| self.index_of(span)).collect();
        let Some(units) = units.filter(|units| units.len() == spans.len()) else { return false };
        if units.iter().any(|unit| self.finished.contains(unit)) {
            return false;
        }
        self.finished.extend(units);
        true
    }

    /// The unit that holds exactly these organizations.
    #[must_use]
    pub fn index_of(&self, span: Span) -> Option<u64> {
        let chunk = u64::from(self.chunk);
        let fits = self.replications.contains(&span.replication)
            && span.first < self.organizations()
            && span.first.is_multiple_of(chunk)
            && u64::from(span.count) == (self.organizations() - span.first).min(chunk);
        let before = u64::from(span.replication - self.replications.start.min(span.replication));
        fits.then(|| before * self.units_per_replication() + span.first / chunk)
    }

    /// The organizations of a unit.
    #[must_use]
    pub fn span(&self, unit: u64) -> Span {
        let (replication, within) =
            (unit / self.units_per_replication(), unit % self.units_per_replication());
        let first = within * u64::from(self.chunk);
        let count = (self.organizations() - first).min(u64::from(self.chunk)) as u32;
        Span { replication: self.replications.start + replication as u32, first, count }
    }

    /// Organizations in a unit, but for the last of a replication.
    #[must_use]
    pub fn chunk(&self) -> u32 {
        self.chunk
    }

    /// True if organizations start in the order of rows.
    #[must_use]
    pub fn is_in_order(&self) -> bool {
        self.shuffle.is_none()
    }

    /// Organizations in one replication.
    #[must_use]
    pub fn organizations(&self) -> u64 {
        self.bounds[self.bounds.len() - 1]
    }

    /// Units in one replication.
    #[must_use]
    pub fn units_per_replication(&self) -> u64 {
        self.organizations().div_ceil(u64::from(self.chunk))
    }

    /// Units in all.
    #[must_use]
    pub fn units(&self) -> u64 {
        self.units_per_replication() * u64::from(self.replications.end - self.replications.start)
    }

    /// The replications of the run.
    #[must_use]
    pub fn replications(&self) -> std::ops::Range<u32> {
        self.replications.clone()
    }

    /// The next unit that nobody has taken.
    pub fn take(&self) -> Option<WorkUnit> {
        let per_replication = self.units_per_replication();
        loop {
            let turn = self.taken.fetch_add(1, Relaxed);
            if turn >= self.units() {
                return None;
            }
            let (replication, within) = (turn / per_replication, turn % per_replication);
            let index = replication * per_replication + self.shuffled(within, per_replication, replication);
            if self.within.contains(&index) && !self.finished.contains(&index) {
                let Span { replication, first, count } = self.span(index);
                return Some(WorkUnit { index, replication, first, count });
            }
        }
    }

    /// The `turn`-th organization to start in `unit`: its place in the unit.
    #[must_use]
    pub fn place(&self, unit: WorkUnit, turn: u32) -> u32 {
        self.shuffled(u64::from(turn), u64::from(unit.count), unit.index) as u32
    }

    /// The organization at a place of a unit.
    #[must_use]
    pub fn organization(&self, unit: WorkUnit, place: u32) -> OrganizationId {
        let global = unit.first + u64::from(place);
        let cohort = self.bounds.partition_point(|&bound| bound <= global) - 1;
        let number = global - self.bounds[cohort];
        let first = self.firsts.get(cohort).copied().unwrap_or(0);
        OrganizationId { cohort: CohortIndex(cohort as u16), number: first + number as u32 }
    }

    /// A permutation of `0..count`: a rotation with a step that shares no factor with `count`.
    fn shuffled(&self, position: u64, count: u64, salt: u64) -> u64 {
        let Some(seed) = self.shuffle else { return position };
        let bits = mix(seed ^ mix(salt));
        let step = (bits % count..count).chain(1..count).find(|&step| coprime(step, count)).unwrap_or(1);
        let product = u128::from(position) * u128::from(step) + u128::from(bits >> 32);
        (product % u128::from(count)) as u64
    }
}

fn coprime(mut a: u64, mut b: u64) -> bool {
    while b != 0 {
        (a, b) = (b, a % b);
    }
    a == 1
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(sizes: &[u32], replications: u32, chunk: u32, shuffle: Option<u64>) {
        let plan = Plan::new(sizes, 0..replications, chunk, shuffle);
        let mut seen = Vec::new();
        let mut replication = 0;
        while let Some(unit) = plan.take() {
            assert!(unit.replication >= replication, "replications come in order");
            replication = unit.replication;
            for turn in 0..unit.count {
                let place = plan.place(unit, turn);
                seen.push((unit.index, place, unit.replication, plan.organization(unit, place)));
            }
        }
        seen.sort_unstable();
        let in_row_order: Vec<_> = seen.iter().map(|&(_, _, replication, id)| (replication, id)).collect();
        let mut expected = Vec::new();
        for replication in 0..replications {
            for (cohort, &size) in sizes.iter().enumerate() {
                let cohort = CohortIndex(cohort as u16);
                expected.extend((0..size).map(|number| (replication, OrganizationId { cohort, number })));
            }
        }
        assert_eq!(
            in_row_order, expected,
            "{sizes:?} × {replications} in chunks of {chunk}, shuffle {shuffle:?}"
        );
        assert_eq!(plan.take(), None);
    }

    #[test]
    fn finished_units_are_left_out_and_units_of_other_plans_are_not_known() {
        for shuffle in [None, Some(5)] {
            let mut plan = Plan::new(&[10, 7], 2..5, 4, shuffle);
            let span = |replication, first, count| Span { replication, first, count };
            assert!(plan.leave_out(&[span(2, 0, 4), span(2, 16, 1)]));
            assert!(plan.leave_out(&[span(4, 8, 4)]));
            for wrong in
                [span(1, 0, 4), span(5, 0, 4), span(3, 2, 4), span(3, 0, 3), span(3, 20, 4), span(2, 0, 4)]
            {
                assert!(!plan.leave_out(&[span(3, 4, 4), wrong]), "{wrong:?}");
            }
            let mut taken: Vec<Span> =
                std::iter::from_fn(|| plan.take()).map(|unit| plan.span(unit.index)).collect();
            taken.sort_unstable();
            assert!(taken.iter().all(|&span| plan.index_of(span).map(|unit| plan.span(unit)) == Some(span)));
            assert_eq!(taken.len(), 15 - 3);
            assert!(taken.contains(&span(3, 4, 4)) && !taken.contains(&span(4, 8, 4)));
        }
    }

    #[test]
    fn every_organization_is_handed_out_once_and_units_are_in_row_order() {
        for shuffle in [None, Some(1), Some(99)] {
            check(&[1], 1, 64, shuffle);
            check(&[10, 7, 3], 3, 4, shuffle);
            check(&[0, 5, 0, 0, 6], 2, 1, shuffle);
            check(&[100], 2, 7, shuffle);
            check(&[], 2, 7, shuffle);
            check(&[0], 1, 7, shuffle);
        }
    }
}
