//! Operations that are alive: in which slot each of them is, and which of their charges are on their way to the books.
//!
//! Owns the slots and the charges under way. Leaves what an operation is and owes to `operation` and `owed`, and what
//! happens to it to the conductor. Invariants: a slot belongs to one operation at a time, and a generation never comes
//! back; each charge under way is recorded once.

mod operation;
mod owed;
mod priced;
mod prices;

use std::ops::{Index, IndexMut};

use crate::ledger::LotMark;
use crate::units::{Credits, SimTime};

use super::books::ChargePart;
pub(super) use operation::{ChangeCause, EndDecision, LiveOperation, MeteredCharge, PartChange, Phase};
pub(super) use owed::{BrokenOwes, FinishedPart, charged_early, may_absorb};
pub(super) use prices::OperationPrices;

/// A charge that has been incurred but not yet recorded.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnrecordedCharge {
    pub(super) slot: u32,
    pub(super) amount: Credits,
    pub(super) last: bool,
    pub(super) segment: u16,
    pub(super) incurred: IncurredAt,
}

/// When a charge was incurred.
#[derive(Debug, Clone, Copy)]
pub(super) struct IncurredAt {
    pub(super) at: SimTime,
    /// What was usable then, if anybody may ask.
    pub(super) lots: Option<LotMark>,
}

/// The operations of one account that are alive.
#[derive(Debug, Clone, Default)]
pub(super) struct LiveOperations {
    slots: Vec<LiveOperation>,
    free: Vec<u32>,
    charges: Vec<UnrecordedCharge>,
    free_charges: Vec<u32>,
}

impl Index<u32> for LiveOperations {
    type Output = LiveOperation;

    #[inline]
    fn index(&self, slot: u32) -> &LiveOperation {
        &self.slots[slot as usize]
    }
}

impl IndexMut<u32> for LiveOperations {
    #[inline]
    fn index_mut(&mut self, slot: u32) -> &mut LiveOperation {
        &mut self.slots[slot as usize]
    }
}

impl LiveOperations {
    /// A free slot, ready for an operation.
    pub(super) fn take_slot(&mut self) -> u32 {
        self.free.pop().unwrap_or_else(|| {
            self.slots.push(LiveOperation::default());
            u32::try_from(self.slots.len() - 1).expect("fewer than 2^32 operations alive")
        })
    }

    /// Gives a slot back; whatever is still scheduled for it becomes stale. Returns what its charges took, to be emptied.
    pub(super) fn free_slot(&mut self, slot: u32) -> &mut Vec<ChargePart> {
        self.free.push(slot);
        self.slots[slot as usize].leave()
    }

    /// Slots, free ones included, in the order of their numbers.
    pub(super) fn slots(&self) -> impl Iterator<Item = (u32, &LiveOperation)> {
        (0..).zip(&self.slots)
    }

    /// How many slots there are.
    pub(super) fn len(&self) -> usize {
        self.slots.len()
    }

    /// A charge is on its way to the books; returns its number.
    pub(super) fn send(&mut self, charge: UnrecordedCharge) -> u32 {
        if let Some(index) = self.free_charges.pop() {
            self.charges[index as usize] = charge;
            return index;
        }
        self.charges.push(charge);
        u32::try_from(self.charges.len() - 1).expect("fewer than 2^32 charges under way")
    }

    /// A charge has arrived at the books.
    pub(super) fn arrive(&mut self, index: u32) -> UnrecordedCharge {
        self.free_charges.push(index);
        self.charges[index as usize]
    }

    /// Whose charge is under way.
    pub(super) fn charged(&self, index: u32) -> Option<&LiveOperation> {
        let charge = self.charges.get(index as usize)?;
        self.slots.get(charge.slot as usize)
    }
}
