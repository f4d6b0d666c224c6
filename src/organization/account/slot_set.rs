//! A set of slots of the trace, a bit for each.
//!
//! Leaves what being in it means to `bulk`. Invariant: its size is the number of bits that are set.

/// Slots of the trace.
#[derive(Debug, Clone, Default)]
pub(super) struct SlotSet {
    words: Vec<u64>,
    size: usize,
}

impl SlotSet {
    /// Slots below this may be in it.
    pub(super) fn make_room(&mut self, slots: u32) {
        self.words.resize((slots as usize).div_ceil(64).max(self.words.len()), 0);
    }

    /// True if no slot is in it.
    #[inline]
    pub(super) fn is_empty(&self) -> bool {
        self.size == 0
    }

    /// True if a slot is in it.
    #[inline]
    pub(super) fn contains(&self, slot: u32) -> bool {
        self.words[slot as usize / 64] & (1 << (slot % 64)) != 0
    }

    /// Puts a slot in that was not.
    pub(super) fn insert(&mut self, slot: u32) {
        debug_assert!(!self.contains(slot));
        self.words[slot as usize / 64] |= 1 << (slot % 64);
        self.size += 1;
    }

    /// Takes a slot out; false if it was not in.
    pub(super) fn remove(&mut self, slot: u32) -> bool {
        if self.size == 0 || !self.contains(slot) {
            return false;
        }
        self.words[slot as usize / 64] &= !(1 << (slot % 64));
        self.size -= 1;
        true
    }
}
