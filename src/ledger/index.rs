//! Where the lots of each owner are, and what they sum to.
//!
//! Owns sums and places scope by scope and owner by owner, so that a spender's lots are found without looking at all others.
//! Leaves what a scope says to `policy`, and the lots to the book. Invariants: kept only if the account has scopes; every
//! sum is that of its lots; places are in burn order.

use smallvec::SmallVec;

use crate::units::Credits;

use super::lot::{Lot, LotSerial, ScopeId};

/// Lots of one owner in one scope.
#[derive(Debug, Clone, Default)]
pub(super) struct OwnLots {
    /// Σ remaining, reserved included (credits).
    pub(super) remaining: Credits,
    /// Σ reserved (credits).
    pub(super) reserved: Credits,
    /// A lot was issued, be it spent since.
    pub(super) had: bool,
    /// The sums have changed since somebody asked.
    touched: bool,
    /// Places among all lots, in burn order.
    places: SmallVec<[u32; 2]>,
}

/// Lots of every scope and owner.
#[derive(Debug, Clone, Default)]
pub(super) struct LotIndex {
    /// By the number of the scope, then of the owner; 0 is everybody's.
    of: Vec<Vec<OwnLots>>,
    /// By serial: the place of a lot, if it is still there.
    places: Vec<u32>,
    /// Σ reserved of all lots (credits).
    pub(super) reserved: Credits,
    /// Whose sums have changed since somebody asked.
    touched: Vec<ScopeId>,
}

impl LotIndex {
    /// The lots of an owner.
    pub(super) fn get(&self, scope: ScopeId) -> Option<&OwnLots> {
        self.of.get(usize::from(scope.number))?.get(usize::from(scope.owner))
    }

    fn of_mut(&mut self, scope: ScopeId) -> &mut OwnLots {
        let (number, owner) = (usize::from(scope.number), usize::from(scope.owner));
        if self.of.len() <= number {
            self.of.resize_with(number + 1, Vec::new);
        }
        let owners = &mut self.of[number];
        if owners.len() <= owner {
            owners.resize_with(owner + 1, OwnLots::default);
        }
        &mut owners[owner]
    }

    /// The sums of an owner's lots change.
    pub(super) fn shift(&mut self, scope: ScopeId, remaining: Credits, reserved: Credits) {
        let own = self.of_mut(scope);
        own.remaining += remaining;
        own.reserved += reserved;
        if !std::mem::replace(&mut own.touched, true) {
            self.touched.push(scope);
        }
        self.reserved += reserved;
    }

    /// An owner has had a lot.
    pub(super) fn has_had(&mut self, scope: ScopeId) {
        self.of_mut(scope).had = true;
    }

    /// Whose sums have changed since this was asked last.
    pub(super) fn take_touched(&mut self) -> Vec<ScopeId> {
        let touched = std::mem::take(&mut self.touched);
        touched.iter().for_each(|scope| self.of_mut(*scope).touched = false);
        touched
    }

    /// Lots have come, gone, or taken other places.
    pub(super) fn find_places(&mut self, lots: &[Lot]) {
        self.of.iter_mut().flatten().for_each(|own| own.places.clear());
        for (place, lot) in (0..).zip(lots) {
            self.of_mut(lot.scope).places.push(place);
            let serial = lot.serial.0 as usize;
            if self.places.len() <= serial {
                self.places.resize(serial + 1, u32::MAX);
            }
            self.places[serial] = place;
        }
    }

    /// The place of a lot that is still there.
    pub(super) fn place_of(&self, serial: LotSerial, lots: &[Lot]) -> Option<usize> {
        let place = *self.places.get(serial.0 as usize)? as usize;
        lots.get(place).filter(|lot| lot.serial == serial).map(|_| place)
    }

    /// Adds the places of an owner's lots.
    pub(super) fn add_places(&self, scope: ScopeId, places: &mut SmallVec<[u32; 16]>) {
        if let Some(own) = self.get(scope) {
            places.extend_from_slice(&own.places);
        }
    }

    /// What is wrong with the index; none if nothing is.
    pub(super) fn unsound(&self, lots: &[Lot]) -> Option<String> {
        let mut found = LotIndex::default();
        for lot in lots {
            found.shift(lot.scope, lot.remaining, lot.reserved);
        }
        found.find_places(lots);
        let owners = self.of.iter().enumerate();
        let mut all = owners.flat_map(|(number, owners)| (0..owners.len()).map(move |owner| (number, owner)));
        all.find_map(|(number, owner)| {
            let scope = ScopeId { number: number as u16, owner: owner as u16 };
            let (kept, real) = (self.get(scope)?, found.get(scope).cloned().unwrap_or_default());
            let alike = (kept.remaining, kept.reserved) == (real.remaining, real.reserved)
                && kept.places == real.places;
            (!alike).then(|| format!("lots of {scope:?} are {real:?}, and kept as {kept:?}"))
        })
    }
}
