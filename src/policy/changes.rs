//! Changes of plan: who moves where, when, and what becomes of the running cycle (SEMANTICS-2 §16).

use crate::calendar::Period;
use crate::units::{Probability, SimSpan, SimTime};

/// A share of the organizations moves to another plan.
#[derive(Debug, Clone, PartialEq)]
pub struct PlanChange {
    /// At an instant, or some time after sign-up.
    pub when: PlanChangeTime,
    /// Only accounts on this plan (index into the policy's plans).
    pub from: Option<usize>,
    /// Index into the policy's plans; a change to the plan that the account is on is nothing.
    pub to: usize,
    /// Share of the organizations that move.
    pub share: Probability,
    /// At once or at the next close.
    pub effective: Effective,
    /// Whether a change at once closes the running cycle.
    pub cycle: CycleOnChange,
    /// What of the running period is prorated.
    pub prorate: Prorate,
    /// Whether usage of the running period counts against the new allowance.
    pub usage: UsageOnChange,
    /// What becomes of lots that survive.
    pub convert: Option<Convert>,
}

/// When a change of plan happens.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum PlanChangeTime {
    /// At an instant.
    At(SimTime),
    /// A span after sign-up.
    After(SimSpan),
}

impl PlanChangeTime {
    /// The instant for an organization that signed up then.
    #[must_use]
    pub fn instant(self, signed_up: SimTime) -> SimTime {
        match self {
            PlanChangeTime::At(instant) => instant,
            PlanChangeTime::After(span) => signed_up + span,
        }
    }
}

/// When a change of plan takes effect.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Effective {
    /// At once.
    Now,
    /// At the next close.
    #[default]
    NextCycle,
}

/// What a change at once does to the running cycle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum CycleOnChange {
    /// It closes by the old terms; a sign-up anchor becomes the instant of the change.
    #[default]
    Restart,
    /// It goes on.
    Keep,
}

/// What of the running period a change at once prorates.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum Prorate {
    /// Nothing.
    #[default]
    None,
    /// The price.
    Price,
    /// The allowance.
    Credits,
    /// Both.
    Both,
    /// The whole difference of both, as if the period had begun under the new plan.
    Full,
}

/// What a change at once makes of the usage of the running period.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum UsageOnChange {
    /// It counts against the new allowance.
    #[default]
    Carry,
    /// It is forgotten.
    Reset,
}

/// What becomes of lots that survive a change of plan.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Convert {
    /// Their credits are multiplied by this (billionths).
    pub billionths: i64,
    /// They end this long after the change; as before if absent.
    pub expires_after: Option<Period>,
}
