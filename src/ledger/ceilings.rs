//! Charges and reservations that ceilings bound (docs/semantics.md §15.15).
//!
//! Owns how much of which lots an act may take, and in which order what remains becomes debt. Leaves how large shares are, and
//! whose, to `organization`. Invariant: without bounds nobody comes here.

use smallvec::SmallVec;

use crate::policy::{CeilingShare, ChargedPart, Spender};
use crate::units::{Category, Credits};

use super::hold::HoldId;
use super::lot::Lot;
use super::scopes::{Places, UsableLots};
use super::{Ledger, Take};

/// What bounds the charges, or the hold, of one operation.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct ChargeBounds {
    /// What its charges may still take under each ceiling.
    pub shares: SmallVec<[CeilingShare; 2]>,
    /// Debt up to which a charge is rather owed than taken from lots that ceilings have closed; none is unlimited.
    pub debt_limit: Option<Credits>,
}

impl ChargeBounds {
    /// The least share left of the ceilings that cover a part; none if none does.
    #[must_use]
    pub fn most_of(&self, part: ChargedPart) -> Option<Credits> {
        self.shares.iter().filter(|share| share.covers.hold(part)).map(|share| share.left).min()
    }

    /// So much of a part is taken: nothing is left of a share that is exceeded.
    pub fn take(&mut self, part: ChargedPart, amount: Credits) {
        for share in self.shares.iter_mut().filter(|share| share.covers.hold(part)) {
            share.left = (share.left - amount).positive_part();
        }
    }

    /// What a lot may give of so much.
    fn within(&self, category: Category, wanted: Credits) -> Credits {
        self.most_of(ChargedPart::Lots(category)).map_or(wanted, |most| wanted.min(most))
    }
}

/// What an open hold reserves.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct HeldParts {
    /// Of lots, by category (credits).
    pub lots: [Credits; 3],
    /// What no lot covers (credits).
    pub uncovered: Credits,
}

impl HeldParts {
    /// What it reserves of a part.
    #[must_use]
    pub fn of(&self, part: ChargedPart) -> Credits {
        match part {
            ChargedPart::Lots(category) => self.lots[category.index()],
            ChargedPart::Overage => self.uncovered,
        }
    }
}

impl Ledger {
    /// The next acts are bounded, until bounds are taken back.
    pub fn bound_by(&mut self, bounds: ChargeBounds) {
        self.bounds = Some(Box::new(bounds));
    }

    /// True if the next act is bounded.
    #[must_use]
    pub fn is_bounded(&self) -> bool {
        self.bounds.is_some()
    }

    /// What is left of the bounds; nothing is bounded any more.
    pub fn unbound(&mut self) -> ChargeBounds {
        self.bounds.take().map_or_else(ChargeBounds::default, |bounds| *bounds)
    }

    /// Burns what the shares allow of the lots that the spender may use, then owes up to the limit and the shares of overage,
    /// then burns what ceilings had closed, then owes the rest. Returns what is owed.
    #[cold]
    pub(super) fn burn_or_owe_within(&mut self, amount: Credits, spender: Spender) -> Credits {
        let Some(mut bounds) = self.bounds.take() else { return amount };
        // What its hold had reserved is within the shares.
        self.takes.iter().for_each(|take| bounds.take(ChargedPart::Lots(take.category), take.amount));
        let usable = self.usable_lots(spender);
        let left = self.burn_usable(amount, &usable, Some(&mut bounds));
        let owner = self.debt_owner(spender);
        let seen = self.debt_seen_by(owner);
        let room = bounds.debt_limit.map(|limit| (limit - seen).positive_part());
        let owed =
            [room, bounds.most_of(ChargedPart::Overage)].into_iter().flatten().fold(left, Credits::min);
        self.debt += owed;
        let before = self.takes.len();
        let rest = self.burn_usable(left - owed, &usable, None);
        self.debt += rest;
        self.shift_debt(owner, owed + rest);
        let closed: SmallVec<[Take; 2]> = self.takes[before..].iter().copied().collect();
        closed.iter().for_each(|take| bounds.take(ChargedPart::Lots(take.category), take.amount));
        bounds.take(ChargedPart::Overage, owed + rest);
        self.bounds = Some(bounds);
        owed + rest
    }

    /// Burns unreserved credits in burn order, those first that were usable when a late charge was incurred. Returns what they did
    /// not cover.
    fn burn_usable(
        &mut self,
        amount: Credits,
        usable: &UsableLots,
        mut bounds: Option<&mut ChargeBounds>,
    ) -> Credits {
        let left = match self.as_of {
            Some(mark) => {
                let left = self.burn_lapsed(mark, amount, usable, bounds.as_deref_mut());
                let places = self.places_of(usable);
                self.burn_bounded(left, &places, |lot| mark.had_issued(lot.serial), bounds.as_deref_mut())
            }
            None => amount,
        };
        let places = self.places_of(usable);
        self.burn_bounded(left, &places, |_| true, bounds)
    }

    /// As `burn_places`, within the shares.
    fn burn_bounded(
        &mut self,
        amount: Credits,
        places: &Places,
        eligible: impl Fn(&Lot) -> bool,
        bounds: Option<&mut ChargeBounds>,
    ) -> Credits {
        let Some(bounds) = bounds else { return self.burn_places(amount, places, eligible) };
        let mut left = amount;
        for n in 0..places.len() {
            let lot = &mut self.lots[places.get(n)];
            let part = bounds.within(lot.category, lot.free().min(left));
            if part.is_positive() && eligible(lot) {
                bounds.take(ChargedPart::Lots(lot.category), part);
                lot.remaining -= part;
                lot.burned += part;
                left -= part;
                let take = Take::of(lot, part);
                self.takes.push(take);
                self.shift(take.scope, Credits::ZERO - part, Credits::ZERO);
            }
        }
        self.remaining -= amount - left;
        self.drop_empty();
        left
    }

    /// What a spender may burn, or has reserved too, in burn order, at most what the shares allow, which it uses up.
    #[must_use]
    pub fn usable_within(&self, spender: Spender, reserved_too: bool, shares: &mut ChargeBounds) -> Credits {
        let places = self.places_of(&self.usable_lots(spender));
        let mut sum = Credits::ZERO;
        for n in 0..places.len() {
            let lot = &self.lots[places.get(n)];
            let there = if reserved_too { lot.remaining } else { lot.free() };
            let part = shares.within(lot.category, there);
            shares.take(ChargedPart::Lots(lot.category), part);
            sum += part;
        }
        sum
    }

    /// What all open holds together have of lots' credits uncovered.
    #[must_use]
    pub fn uncovered_by_holds(&self) -> Credits {
        self.held - self.lots.iter().map(|lot| lot.reserved).sum::<Credits>()
    }

    /// What an open hold reserves, part by part.
    #[must_use]
    pub fn held_parts(&self, hold: HoldId) -> HeldParts {
        let hold = self.hold(hold);
        let mut parts = HeldParts::default();
        for lot in &self.lots {
            parts.lots[lot.category.index()] += hold.reserved_of(lot.serial);
        }
        parts.uncovered = hold.amount - parts.lots.iter().copied().sum::<Credits>();
        parts
    }

    /// What a lot may give to a hold of what it lacks.
    pub(super) fn reservable(bounds: Option<&ChargeBounds>, lot: &Lot, need: Credits) -> Credits {
        let part = lot.free().min(need);
        bounds.map_or(part, |bounds| bounds.within(lot.category, part))
    }
}
