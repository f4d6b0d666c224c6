//! What a close does with the rest of an allowance.

use crate::units::{Credits, Probability};

/// What becomes of an allowance's rest at its close.
#[derive(Debug, Clone, PartialEq)]
pub struct Rollover {
    /// `kept = min(remaining, max_credits, fraction × base)`; zero keeps nothing.
    pub fraction: Probability,
    /// What `fraction` applies to.
    pub base: RolloverBase,
    /// Least kept; the difference is issued.
    pub min_credits: Credits,
    /// Most kept of one lot.
    pub max_credits: Credits,
    /// Cap over all rolled lots together.
    pub max_total: Option<Credits>,
    /// Which lots `max_total` trims.
    pub trim: Trim,
    /// Closes a rolled lot survives; unlimited if absent.
    pub max_periods: Option<u32>,
    /// Whether rolled lots burn before or after the fresh allowance.
    pub burns: RolledBurns,
    /// Whether `max_total` caps each owner's lots or all together.
    pub across: Across,
}

/// Whose rolled lots `max_total` caps together.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Across {
    /// Each owner's.
    #[default]
    Owner,
    /// The organization's, all of them.
    Organization,
}

/// What a rollover fraction applies to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RolloverBase {
    /// What is left.
    #[default]
    Remaining,
    /// The lot's original credits.
    Original,
}

/// Which rolled lots are trimmed first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Trim {
    /// The oldest first.
    #[default]
    Oldest,
    /// The newest first.
    Newest,
}

/// Where rolled lots stand in the burn order relative to the fresh allowance.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RolledBurns {
    /// Not a key: rolled and fresh lots differ only by the other keys.
    #[default]
    Unordered,
    /// Rolled lots first.
    Before,
    /// Fresh allowance first.
    After,
}
