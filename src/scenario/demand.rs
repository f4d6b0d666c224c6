//! Reads the demand part of `[features.NAME]`: arrivals, costs, durations, runs, failures.

use crate::workload::Demand;

use super::read::Facts;
use super::reading::{Field, Section};

/// The keys of a feature that describe its demand.
pub(crate) static FIELDS: &[Field] = &[];

/// Reads them.
pub(super) fn read(_section: Section<'_>, _facts: Facts<'_>) -> Demand {
    Demand::default()
}
