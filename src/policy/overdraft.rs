//! Debt: how much is permitted, who pays it back, what becomes of it.

use crate::calendar::CalendarUnit;
use crate::units::{Credits, Money, Probability, round_half_up};

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
    /// So much overage is invoiced as soon as it is owed, in whole multiples (above zero, with a price); none waits for
    /// the close.
    pub invoice_at: Option<Money>,
    /// What of the debt is forgiven at closes.
    pub grace: Option<Grace>,
}

/// Debt that closes forgive, so often.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Grace {
    /// Of the closing period's allowance (0.1 = 10 %), above 0.
    pub share: f64,
    /// So many closes with debt in each calendar period.
    pub times: u32,
    /// The calendar period.
    pub per: CalendarUnit,
}

impl Grace {
    /// The most that a close forgives, to the next micro-credit below.
    #[must_use]
    pub fn of(self, allowance: Credits) -> Credits {
        allowance.scale_floor(round_half_up(self.share, 1e9), 1_000_000_000)
    }
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
            invoice_at: None,
            grace: None,
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
