//! One grant of credits with its own life.

use crate::units::{Category, Credits, Money, SimTime};

/// Identifies a lot inside its ledger; unlike the grant's id it is never used twice.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct LotSerial(pub u32);

/// Identifies a scope inside its ledger, and one of its owners; the default is everybody's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct ScopeId {
    pub(super) number: u16,
    pub(super) owner: u16,
}

impl ScopeId {
    /// Its number from 1; 0 is everybody's.
    #[must_use]
    pub fn number(self) -> u16 {
        self.number
    }

    /// The number of the group, member or project whose lots they are; 0 for the organization's.
    #[must_use]
    pub fn owner(self) -> u16 {
        self.owner
    }
}

/// What a close does with a lot.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum LotKind {
    /// Nothing: it ends at its own expiry.
    #[default]
    Plain,
    /// The running cycle's allowance: rolls over or expires at the close.
    Allowance,
    /// An allowance that has rolled; `closes_left` counts the closes it survives, none is unlimited.
    Rolled {
        /// Closes until its end; at 1 the next close ends it.
        closes_left: Option<u32>,
    },
    /// Its own rollover rule (an index the owner understands) applies in place at every close.
    Own {
        /// Index of the rule.
        rule: u32,
    },
    /// Issued to make up the minimum of the `Own` lot with this serial; shares its rule.
    Minimum {
        /// The lot whose minimum it makes up.
        of: LotSerial,
    },
}

/// One grant of credits.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Lot {
    /// Unique inside the ledger.
    pub serial: LotSerial,
    /// The grant's id, the last key of every burn order.
    pub id: u32,
    /// Where the credits came from.
    pub category: Category,
    /// What a close does with it.
    pub kind: LotKind,
    /// Issued (credits).
    pub credits: Credits,
    /// Left, reserved included (credits).
    pub remaining: Credits,
    /// Part of `remaining` reserved by open holds (credits).
    pub reserved: Credits,
    /// Part of `reserved` that expires as soon as its hold lets go (credits).
    pub overdue: Credits,
    /// Burned so far, before the horizon included (credits).
    pub burned: Credits,
    /// Expired so far (credits).
    pub expired: Credits,
    /// Voided so far (credits).
    pub voided: Credits,
    /// Whom it is for.
    pub scope: ScopeId,
    /// Burn-order key: how wide its scope is, 0 for the narrowest.
    pub width: u8,
    /// Lower first.
    pub priority: i32,
    /// Burn-order rank of rolled lots: −1 just before the fresh allowance, 1 just after it, 0 elsewhere.
    pub rank: i8,
    /// A ranked lot stands at the end of this fresh allowance in the burn order; none if there is no fresh allowance.
    pub beside: Option<BurnEnd>,
    /// Creation.
    pub created_at: SimTime,
    /// Start of validity.
    pub effective_at: SimTime,
    /// End of validity; `SimTime::MAX` if none, or if only a close ends it.
    pub expires_at: SimTime,
    /// The same end as it is written, without what an inclusive boundary adds.
    pub ends_at: SimTime,
    /// The close that ends an allowance or a rolled lot; `SimTime::MAX` if none does.
    pub closes_at: SimTime,
    /// Burn-order key: the earlier of the two, rounded to the order's precision.
    pub ends_key: SimTime,
    /// Id of the grant whose minimum this lot makes up; none if it was not made from another lot.
    pub parent: Option<u32>,
    /// What was paid for all of it.
    pub price_paid: Money,
    /// The price is earned over time, which the owner keeps account of; it is still a key of the burn order.
    pub earned_over_time: bool,
}

/// An end, and its key in the burn order.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct BurnEnd {
    /// As it is written.
    pub at: SimTime,
    /// Rounded to the order's precision.
    pub key: SimTime,
}

impl Lot {
    /// The end that the burn order compares, before it is rounded (docs/semantics.md §16.9).
    #[must_use]
    pub fn ends(&self) -> SimTime {
        self.ends_at.min(self.closes_at)
    }

    /// True if it has ended, and only holds keep its rest alive.
    pub(super) fn is_kept_by_holds(&self) -> bool {
        self.overdue.is_positive() && self.overdue == self.remaining
    }

    /// Where its end puts it in the burn order beside its rank: a ranked lot stands with the fresh allowance.
    #[must_use]
    pub fn place(&self) -> SimTime {
        self.beside.map_or(self.ends_key, |fresh| fresh.key)
    }

    /// Credits that a charge may burn now.
    #[must_use]
    pub fn free(&self) -> Credits {
        self.remaining - self.reserved
    }

    /// Revenue recognized so far: ⌊price · (burned + expired) / credits⌋ (docs/semantics.md §11.2).
    #[must_use]
    pub fn recognized(&self) -> Money {
        self.value_of(self.burned + self.expired)
    }

    /// Value voided so far: the same formula with voided added, less recognized.
    #[must_use]
    pub fn voided_value(&self) -> Money {
        self.value_of(self.burned + self.expired + self.voided) - self.recognized()
    }

    /// What the lot still owes: price less recognized less voided value.
    #[must_use]
    pub fn deferred(&self) -> Money {
        let price = if self.earned_over_time { Money::ZERO } else { self.price_paid };
        price - self.value_of(self.burned + self.expired + self.voided)
    }

    fn value_of(&self, used: Credits) -> Money {
        if self.price_paid == Money::ZERO || self.earned_over_time {
            return Money::ZERO;
        }
        if self.credits.is_zero() {
            // Nothing can be used of it, so nothing is owed: what was paid for no credits is earned at once.
            return self.price_paid;
        }
        self.price_paid.scale_floor(used.micros(), self.credits.micros())
    }
}
