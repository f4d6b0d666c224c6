//! Reads the part of `[[cohorts]]` that says how its organizations differ from each other.

use crate::units::CohortIndex;
use crate::workload::Population;

use super::read::Facts;
use super::reading::{Field, Section};

/// The keys of a cohort that describe its population.
pub(crate) static FIELDS: &[Field] = &[];

/// Reads them.
pub(super) fn read(_section: Section<'_>, name: &str, cohort: CohortIndex, facts: Facts<'_>) -> Population {
    Population { name: name.to_owned(), cohort, start: facts.start, ..Population::default() }
}
