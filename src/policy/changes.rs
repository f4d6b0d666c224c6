//! Changes of plan (who moves where, when, and what becomes of the running cycle) and of rules (docs/semantics.md §16).

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

/// A policy changes its rules at an instant, without a close.
#[derive(Debug, Clone, PartialEq)]
pub struct RuleChange {
    /// The instant.
    pub at: SimTime,
    /// Only for organizations that signed up before this instant.
    pub signed_up_before: Option<SimTime>,
    /// Only for organizations that signed up at or after this instant.
    pub signed_up_from: Option<SimTime>,
}

impl RuleChange {
    /// Whether it is for an organization that signed up then.
    #[must_use]
    pub fn is_for(&self, signed_up: SimTime) -> bool {
        self.signed_up_before.is_none_or(|before| signed_up < before)
            && self.signed_up_from.is_none_or(|from| signed_up >= from)
    }
}

/// The changes of rules of a policy, and which of them may be in force together.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct RuleChanges {
    /// In file order.
    pub changes: Vec<RuleChange>,
    /// The changes in force, in the order in which they came; the first has none. The policy's plans are listed once for
    /// each. Empty if there are no changes.
    pub editions: Vec<Vec<usize>>,
}

impl RuleChanges {
    /// Every list of changes that some organization may have lived through.
    #[must_use]
    pub fn new(changes: Vec<RuleChange>) -> RuleChanges {
        let edges = changes.iter().flat_map(|change| [change.signed_up_before, change.signed_up_from]);
        let mut sign_ups = vec![SimTime::MIN];
        sign_ups.extend(edges.flatten().flat_map(|edge| [edge, edge - SimSpan::from_micros(1)]));
        let mut rules = RuleChanges { changes, editions: Vec::new() };
        if rules.changes.is_empty() {
            return rules;
        }
        rules.editions.push(Vec::new());
        for signed_up in sign_ups {
            let all: Vec<usize> = rules.of(signed_up).into_iter().map(|(_, index)| index).collect();
            for count in 1..=all.len() {
                if !rules.editions.iter().any(|known| known.as_slice() == &all[..count]) {
                    rules.editions.push(all[..count].to_vec());
                }
            }
        }
        rules
    }

    /// The changes that an organization lives through that signed up then, in the order of their instants, then of the
    /// file.
    #[must_use]
    pub fn of(&self, signed_up: SimTime) -> Vec<(SimTime, usize)> {
        let mut all: Vec<(SimTime, usize)> = self
            .changes
            .iter()
            .enumerate()
            .filter(|(_, change)| change.is_for(signed_up))
            .map(|(index, change)| (change.at, index))
            .collect();
        all.sort_unstable();
        all
    }
}
