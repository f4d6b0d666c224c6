//! Charges billed to what was usable when they were incurred (docs/semantics.md §18.7).
//!
//! Owns what has expired, piece by piece. Leaves the instants at which limits count such charges to `limits_meters`.

use crate::policy::{BilledTo, ChargedPart};
use crate::units::{Credits, Money, SimTime};

use super::account::Judged;
use super::facts::{EntryKind, Fact};
use super::lots::{JudgedLot, LotInOrder};

/// Something that has expired of a lot, and how the lot stood in the burn order then.
#[derive(Debug, Clone)]
pub(super) struct ExpiredPiece {
    lot: usize,
    /// What late charges have not taken back.
    left: Credits,
    /// What the lot had earned by it, less what was taken back.
    value: Money,
    stood: JudgedLot,
    ends: Option<SimTime>,
    ends_beside: Option<SimTime>,
}

impl ExpiredPiece {
    fn standing(&self) -> LotInOrder<'_> {
        LotInOrder { place: self.lot, lot: &self.stood, ends: self.ends, ends_beside: self.ends_beside }
    }
}

impl Judged<'_> {
    /// Lots that are usable now.
    pub fn usable_now(&self) -> Vec<usize> {
        (0..self.lots.len()).filter(|&lot| !self.lots[lot].over).collect()
    }

    /// A lot as it stands before something of it expires.
    pub fn stands_now(&self, lot: usize) -> ExpiredPiece {
        let LotInOrder { ends, ends_beside, .. } = self.standing(lot);
        let (stood, left) = (self.lots[lot].clone(), Credits::ZERO);
        ExpiredPiece { lot, left, value: Money::ZERO, stood, ends, ends_beside }
    }

    pub fn note_expired(&mut self, stood: ExpiredPiece, credits: Credits, value: Money) {
        self.expired.push(ExpiredPiece { left: credits, value, ..stood });
    }

    /// What has expired of a lot is gone for good.
    pub fn nothing_is_taken_back(&mut self, lot: usize) {
        for piece in self.expired.iter_mut().filter(|piece| piece.lot == lot) {
            piece.left = Credits::ZERO;
        }
    }

    /// True if a charge that is recorded now burns what was usable when it was incurred: by the terms of now.
    pub fn burns_what_was_usable(&self, late: usize) -> bool {
        match self.terms().billed_to {
            BilledTo::Recorded => false,
            BilledTo::Incurred(grace) => self.now - self.unrecorded[late].incurred_at <= grace,
        }
    }

    /// What has expired since of the lots of then is taken back, piece by piece in burn order, as far as what its hold has reserved
    /// does not cover the charge; returns how much of which lots.
    pub fn takes_back(
        &mut self,
        work: usize,
        late: usize,
        amount: Credits,
        hold: Option<usize>,
    ) -> Vec<(usize, Credits)> {
        let reserved = |hold: usize| self.holds[hold].reserved.iter().map(|(_, credits)| *credits).sum();
        let mut left = (amount - hold.map_or(Credits::ZERO, reserved)).positive_part();
        let asker = self.asker_of(work);
        let charge = &self.unrecorded[late];
        let mut since: Vec<usize> = (charge.expired_before..self.expired.len())
            .filter(|&piece| {
                let lot = self.expired[piece].lot;
                charge.usable_then.contains(&lot) && self.is_for(lot, asker)
            })
            .collect();
        since.sort_by(|&a, &b| self.in_burn_order(&self.expired[a].standing(), &self.expired[b].standing()));
        let mut taken = Vec::new();
        for piece in since {
            let part = self.expired[piece].left.min(left);
            if part.is_positive() {
                self.take_back(piece, part);
                taken.push((self.expired[piece].lot, part));
                left -= part;
            }
        }
        taken
    }

    /// What was taken back is burned, then what is left of the lots of then; returns what they do not cover.
    pub fn burn_what_was_usable(
        &mut self,
        work: usize,
        late: usize,
        taken_back: &[(usize, Credits)],
        amount: Credits,
    ) -> Credits {
        let (segment, mut left) = (self.work[work].recording, amount);
        for &(lot, part) in taken_back {
            let pinned = self.lots[lot].pinned;
            self.burn(work, segment, lot, part);
            self.has_taken(work, ChargedPart::Lots(self.lots[lot].category), part);
            self.lots[lot].pinned = pinned;
            left -= part;
        }
        let then = self.unrecorded[late].usable_then.clone();
        for lot in self.burn_order_for(work) {
            let part = self.unreserved_of(lot).min(left);
            if part.is_positive() && then.contains(&lot) {
                self.burn(work, segment, lot, part);
                self.has_taken(work, ChargedPart::Lots(self.lots[lot].category), part);
                left -= part;
            }
        }
        left
    }

    /// What has expired of a lot remains again, and its part of what that had earned is breakage no more: parts are rounded down, the
    /// last one is the rest.
    fn take_back(&mut self, piece: usize, credits: Credits) {
        let expired = &mut self.expired[piece];
        let breakage = expired.value.scale_floor(credits.micros(), expired.left.micros());
        expired.left -= credits;
        expired.value -= breakage;
        let lot = expired.lot;
        let state = &mut self.lots[lot];
        state.expired -= credits;
        state.remaining += credits;
        self.books.expire(Money::ZERO - breakage);
        let grant = self.lots[lot].names();
        self.tell(Fact { grant, ..Fact::new(self.now, EntryKind::Unexpire).of(credits).paid(breakage) });
    }
}
