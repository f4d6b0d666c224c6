//! An organization's rows of one feature, in order of time.

use crate::units::Credits;
use crate::workload::operation::Operation;

/// Rows of one organization and feature.
#[derive(Debug, Default)]
pub struct ReplayRows {
    rows: std::vec::IntoIter<Operation>,
}

impl ReplayRows {
    /// The next row as an operation.
    ///
    /// # Errors
    /// When the partition on disk cannot be read.
    pub fn next(&mut self) -> Result<Option<Operation>, std::io::Error> {
        Ok(self.rows.next())
    }
}

/// Costs of a feature over a whole history.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct CostSketch {}

impl CostSketch {
    /// The mean.
    #[must_use]
    pub fn mean(&self) -> Credits {
        Credits::ZERO
    }

    /// A quantile.
    #[must_use]
    pub fn quantile(&self, _q: f64) -> Credits {
        Credits::ZERO
    }
}
