//! Grants written down in a scenario, their validity and recurrence.

use crate::calendar::Period;
use crate::units::{Category, Credits, Money, SimTime};

use super::limits::AmountByHeads;
use super::rollover::Rollover;
use super::scope::CreditScope;

/// A grant written down in a scenario.
#[derive(Debug, Clone, PartialEq)]
pub struct GrantSpec {
    /// The id in the file; ids of the same account must differ.
    pub id: Option<u32>,
    /// Credits issued; with a formula what it gives for one member and one project.
    pub credits: Credits,
    /// Credits by the heads that each lot is for, taken as it is issued.
    pub by_heads: Option<AmountByHeads>,
    /// Where they come from.
    pub category: Category,
    /// Burn priority, lower first (default 0).
    pub priority: i32,
    /// When it was created (default `effective_at`).
    pub created_at: Option<SimTime>,
    /// When it starts; default the later of sign-up and the scenario's start.
    pub effective_at: Option<SimTime>,
    /// When it is gone.
    pub expires: Expiry,
    /// When it is voided.
    pub voided_at: Option<SimTime>,
    /// What is left at the start, for grants effective before it.
    pub remaining: Option<Credits>,
    /// Its own rollover, applied in place at every close.
    pub rollover: Option<Rollover>,
    /// Issued again.
    pub recurrence: Option<Recurrence>,
    /// What was paid for it.
    pub price: Money,
    /// Whom it is for.
    pub scope: CreditScope,
}

/// The end of a grant's validity.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Expiry {
    /// Does not expire.
    #[default]
    Never,
    /// At an instant.
    At(SimTime),
    /// A calendar period after `effective_at`.
    After(Period),
}

/// A grant that is issued again and again.
#[derive(Debug, Clone, PartialEq)]
pub struct Recurrence {
    /// How often.
    pub every: Period,
    /// Counted from here; default the grant's `effective_at`, else the sign-up. The first amount is given at
    /// `effective_at`.
    pub anchor: Option<SimTime>,
    /// Replace or add.
    pub mode: RecurrenceMode,
    /// Validity of each later amount (default: the grant's own end).
    pub valid: Option<Period>,
}

/// What a recurrence does to what is left.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum RecurrenceMode {
    /// What remains expires, the full amount is issued.
    #[default]
    Set,
    /// A new lot each time.
    Add,
}
