//! Reads the part of `[[cohorts]]` that says how its organizations differ from each other.

use crate::units::CohortIndex;
use crate::workload::Population;

use super::reading::{Field, Section};

/// The keys of a cohort that describe its population.
pub(crate) static FIELDS: &[Field] = &[];

/// Reads them; `features` are the scenario's features in file order.
pub(crate) fn read(
    _section: Section<'_>,
    name: &str,
    cohort: CohortIndex,
    _features: &[String],
) -> Population {
    Population { name: name.to_owned(), cohort, ..Population::default() }
}
