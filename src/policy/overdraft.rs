//! Debt: how much is permitted, who pays it back, what becomes of it.

use crate::units::{Credits, Money, Probability};

/// Permission to be in debt.
#[derive(Debug, Clone, PartialEq)]
pub struct Overdraft {
    /// Debt permitted; `None` is unlimited.
    pub limit: Option<Credits>,
    /// Share of the organizations that have switched it on; the others have none.
    pub adopted: Probability,
    /// Which credits pay it back.
    pub repay: Repay,
    /// What a close does with it.
    pub at_cycle: DebtAtCycle,
    /// Price of invoiced debt per credit.
    pub price_per_credit: Option<Money>,
    /// Fee at a close with debt; money, never debt.
    pub fee: Money,
}

impl Overdraft {
    /// No permission; debt that arises anyway is carried and repaid from any credits.
    #[must_use]
    pub fn none() -> Overdraft {
        Overdraft {
            limit: Some(Credits::ZERO),
            adopted: Probability::ONE,
            repay: Repay::default(),
            at_cycle: DebtAtCycle::default(),
            price_per_credit: None,
            fee: Money::ZERO,
        }
    }
}

/// Which credits pay debt back.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Repay {
    /// Any usable, unreserved credits.
    #[default]
    AnyCredit,
    /// Purchased credits.
    Purchase,
    /// None.
    Never,
}

/// What a close does with debt.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum DebtAtCycle {
    /// It stays.
    #[default]
    Carry,
    /// It is forgotten.
    Forgive,
    /// It is invoiced as overage.
    Invoice,
}
