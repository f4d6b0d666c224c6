//! The balances that rules read, and how they are compared with thresholds.

use crate::units::Credits;

/// The balance that a check, an alert or a top-up reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum View {
    /// Usable credits less debt.
    Settled,
    /// Settled less open holds.
    #[default]
    Available,
    /// Settled less usage incurred but not yet recorded.
    Ongoing,
}

/// Strictly below, or at or below.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Compare {
    /// `view < threshold`.
    #[default]
    Below,
    /// `view <= threshold`.
    AtOrBelow,
}

impl Compare {
    /// True if `view` is on the low side of `threshold`.
    #[must_use]
    pub fn holds(self, view: Credits, threshold: Credits) -> bool {
        match self {
            Compare::Below => view < threshold,
            Compare::AtOrBelow => view <= threshold,
        }
    }
}
