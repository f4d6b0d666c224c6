//! The only place that knows the product's journal: its words for kinds of facts and for reasons.

use crate::outcome::Entry;
use crate::units::{Category, Credits, FeatureIndex, Money, SimTime};

pub(super) use crate::outcome::{EntryKind, Reason};

/// One thing that happened to an account.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Fact {
    /// When.
    pub at: SimTime,
    /// What.
    pub kind: EntryKind,
    /// Why.
    pub reason: Reason,
    /// Feature and number of the operation it is about.
    pub operation: Option<(FeatureIndex, u32)>,
    /// Which charge of the operation.
    pub segment: u16,
    /// Id of the grant it is about, and its category.
    pub grant: Option<(u32, Category)>,
    /// Credits moved.
    pub credits: Credits,
    /// Money moved.
    pub money: Money,
    /// The end that a lot is given.
    pub until: Option<SimTime>,
    /// Settled balance after it.
    pub settled: Credits,
    /// Available balance after it.
    pub available: Credits,
    /// Debt after it.
    pub debt: Credits,
}

impl Fact {
    /// A fact without balances yet.
    pub(super) fn new(at: SimTime, kind: EntryKind) -> Fact {
        Fact {
            at,
            kind,
            reason: Reason::None,
            operation: None,
            segment: 0,
            grant: None,
            credits: Credits::ZERO,
            money: Money::ZERO,
            until: None,
            settled: Credits::ZERO,
            available: Credits::ZERO,
            debt: Credits::ZERO,
        }
    }

    /// Of so many credits.
    pub(super) fn of(self, credits: Credits) -> Fact {
        Fact { credits, ..self }
    }

    /// With money.
    pub(super) fn paid(self, money: Money) -> Fact {
        Fact { money, ..self }
    }

    /// For a reason.
    pub(super) fn because(self, reason: Reason) -> Fact {
        Fact { reason, ..self }
    }

    /// What the product wrote down, in the words of the judge.
    pub(super) fn of_entry(entry: &Entry) -> Fact {
        Fact {
            at: entry.at,
            kind: entry.kind,
            reason: entry.reason,
            operation: entry.feature.map(|feature| (feature, entry.operation)),
            segment: entry.segment,
            grant: (entry.lot != 0).then_some((entry.grant, entry.category)),
            credits: entry.credits,
            money: entry.money,
            until: (entry.kind == EntryKind::LotEnd).then_some(entry.until),
            settled: entry.settled_after,
            available: entry.available_after,
            debt: entry.debt_after,
        }
    }
}
