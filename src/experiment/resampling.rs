//! Bootstrap over organizations: customers like these, drawn with replacement.
//!
//! Owns which organizations a resample holds and how often, and what they did in sum. Leaves intervals to `estimate`. Each organization is
//! simulated once and folded in as often as it was drawn: sums, histograms and so quantiles are those of a run with these
//! customers, exactly. Invariants: draws are keyed by seed, cohort, resample and place, so that no layout reaches a result; every policy
//! meets the same resample.

use std::sync::{Arc, Mutex, PoisonError};

use crate::outcome::{OrganizationOutcome, Outcome, RunShape};
use crate::sampling::{Purpose, StreamKey};

/// Fewest organizations of a cohort that say something about others like them.
pub const FEWEST_RESAMPLED: u32 = 10;
/// Most counts of organizations in resamples that are held in memory (bytes).
const MOST_COUNTS: u64 = 1 << 30;

/// A cohort that is resampled.
#[derive(Debug, Clone)]
pub struct ResampledCohort {
    /// Its name, which keys its draws.
    pub name: String,
    /// The number of its first organization.
    pub first: u32,
    /// How many it has.
    pub organizations: u32,
}

/// Why organizations cannot be resampled.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ResamplingError {
    /// Too few to say anything about others.
    #[error(
        "cohort `{cohort}` has {organizations} organizations; a bootstrap wants at least {FEWEST_RESAMPLED}"
    )]
    Few {
        /// The cohort.
        cohort: String,
        /// How many it has.
        organizations: u32,
    },
    /// More than fit into memory.
    #[error("{resamples} resamples of {organizations} organizations are more than memory is taken for")]
    Many {
        /// Resamples asked for.
        resamples: u32,
        /// Organizations of all cohorts.
        organizations: u64,
    },
}

/// Takes what organizations did, and sums it up over every resample.
pub struct Resamples {
    resamples: usize,
    cohorts: Vec<DrawnCounts>,
    shape: Arc<RunShape>,
    /// Sums by whoever found one free: the run itself, then each resample.
    sums: Vec<Mutex<Vec<Outcome>>>,
}

/// How often each organization of a cohort is in each resample: by organization, then resample.
struct DrawnCounts {
    first: u32,
    counts: Vec<u8>,
}

/// What was measured of the run and of its resamples.
#[derive(Debug, Clone)]
pub struct Resampled {
    /// Every organization once.
    pub run: Outcome,
    /// Organizations as often as they were drawn, by resample.
    pub resamples: Vec<Outcome>,
}

impl Resamples {
    /// Draws the resamples of a run's cohorts; `threads` may fold in at once.
    ///
    /// # Errors
    /// Too few organizations, or more than memory is taken for.
    pub fn draw(
        (seed, resamples, threads): (u64, u32, usize),
        cohorts: &[ResampledCohort],
        shape: &Arc<RunShape>,
    ) -> Result<Self, ResamplingError> {
        let few = |cohort: &&ResampledCohort| cohort.organizations < FEWEST_RESAMPLED;
        if let Some(ResampledCohort { name, organizations, .. }) = cohorts.iter().find(few) {
            return Err(ResamplingError::Few { cohort: name.clone(), organizations: *organizations });
        }
        let organizations: u64 = cohorts.iter().map(|cohort| u64::from(cohort.organizations)).sum();
        if organizations.saturating_mul(u64::from(resamples)) > MOST_COUNTS {
            return Err(ResamplingError::Many { resamples, organizations });
        }
        let key = StreamKey::root(seed).name("bootstrap");
        let cohorts =
            cohorts.iter().map(|cohort| DrawnCounts::draw(key.name(&cohort.name), cohort, resamples));
        Ok(Resamples {
            resamples: resamples as usize,
            cohorts: cohorts.collect(),
            shape: Arc::clone(shape),
            sums: (0..threads.max(1)).map(|_| Mutex::default()).collect(),
        })
    }

    /// Folds in what an organization did, as often as each resample has drawn it.
    pub fn add(&self, organization: &OrganizationOutcome) {
        let mut own = Outcome::new(Arc::clone(&self.shape));
        own.fold(organization);
        let Some(counts) = self.cohorts.get(organization.id.cohort.index()) else { return };
        let counts = counts.of(organization.id.number, self.resamples);
        // Sums of integers do not depend on who adds.
        let free = self.sums.iter().find_map(|sums| sums.try_lock().ok());
        let mut sums = free.unwrap_or_else(|| self.sums[0].lock().unwrap_or_else(PoisonError::into_inner));
        if sums.is_empty() {
            sums.resize_with(self.resamples + 1, || Outcome::new(Arc::clone(&self.shape)));
        }
        let (run, resamples) = sums.split_at_mut(1);
        run.iter_mut().for_each(|run| run.merge(&own));
        for (sum, count) in resamples.iter_mut().zip(counts) {
            (0..*count).for_each(|_| sum.merge(&own));
        }
    }

    /// What was summed up; once.
    #[must_use]
    pub fn finish(&self) -> Resampled {
        let mut all: Vec<Outcome> =
            (0..=self.resamples).map(|_| Outcome::new(Arc::clone(&self.shape))).collect();
        for sums in &self.sums {
            let sums = std::mem::take(&mut *sums.lock().unwrap_or_else(PoisonError::into_inner));
            all.iter_mut().zip(&sums).for_each(|(all, own)| all.merge(own));
        }
        let resamples = all.split_off(1);
        let run = all.pop().unwrap_or_else(|| Outcome::new(Arc::clone(&self.shape)));
        Resampled { run, resamples }
    }
}

impl DrawnCounts {
    fn draw(key: StreamKey, cohort: &ResampledCohort, resamples: u32) -> Self {
        let (organizations, resamples) = (cohort.organizations as usize, resamples as usize);
        let mut counts = vec![0_u8; organizations * resamples];
        for resample in 0..resamples {
            for place in 0..organizations {
                let uniform = key.uniform(Purpose::Resample, resample as u64, place as u64);
                let drawn = ((uniform * organizations as f64) as usize).min(organizations - 1);
                let count = &mut counts[drawn * resamples + resample];
                // Of so many draws no organization has 255 with a chance that is worth a number.
                *count = count.checked_add(1).expect("one organization is not drawn 256 times");
            }
        }
        DrawnCounts { first: cohort.first, counts }
    }

    fn of(&self, number: u32, resamples: usize) -> &[u8] {
        let place = number.saturating_sub(self.first) as usize;
        self.counts.get(place * resamples..(place + 1) * resamples).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::synthetic;

    fn cohorts(shape: &RunShape, organizations: u32) -> Vec<ResampledCohort> {
        let cohort = |name: &String| ResampledCohort { name: name.clone(), first: 0, organizations };
        shape.cohorts.iter().map(cohort).collect()
    }

    #[test]
    fn a_resample_is_the_run_of_the_organizations_that_it_drew() {
        let shape = synthetic::shape(&["block", "overdraft"]);
        let resamples = Resamples::draw((7, 20, 2), &cohorts(&shape, 40), &shape).unwrap();
        let organizations: Vec<OrganizationOutcome> =
            (0..40).map(|number| synthetic::organization(&shape, 1, number)).collect();
        organizations.iter().for_each(|organization| resamples.add(organization));
        let wanted = |resample: usize| {
            let mut sum = Outcome::new(Arc::clone(&shape));
            for organization in &organizations {
                let counts = &resamples.cohorts[organization.id.cohort.index()];
                let count = counts.of(organization.id.number, 20)[resample];
                (0..count).for_each(|_| sum.fold(organization));
            }
            sum
        };
        let found = resamples.finish();
        for (resample, found) in found.resamples.iter().enumerate() {
            assert_eq!(*found, wanted(resample), "resample {resample}");
        }
        let mut run = Outcome::new(Arc::clone(&shape));
        organizations.iter().for_each(|organization| run.fold(organization));
        assert_eq!(found.run, run);
        assert_ne!(found.resamples[0], found.resamples[1]);
    }

    #[test]
    fn draws_are_as_many_as_there_are_organizations() {
        let cohort = ResampledCohort { name: "a".to_owned(), first: 5, organizations: 300 };
        let counts = DrawnCounts::draw(StreamKey::root(1), &cohort, 50);
        let drawn =
            |resample: usize| (5..305).map(|number| u32::from(counts.of(number, 50)[resample])).sum::<u32>();
        assert!((0..50).all(|resample| drawn(resample) == 300));
        // A share of 1 / e of the organizations is in no resample; its standard deviation over 15,000 is 0.003.
        let absent = counts.counts.iter().filter(|count| **count == 0).count() as f64 / 15_000.0;
        assert!((absent - 0.368).abs() < 4.3 * 0.003, "{absent}");
        let few = Resamples::draw(
            (1, 10, 1),
            &[ResampledCohort { organizations: 9, ..cohort }],
            &synthetic::shape(&["a"]),
        );
        assert!(few.is_err_and(|error| error.to_string().contains("has 9 organizations")));
    }
}
