//! Who waits for room of a meter: the queues of meters, and when time may bring room.
//!
//! Leaves who is let in, and when, to the conductor. Invariant: no queue is kept empty.

use std::collections::VecDeque;

use crate::units::{Credits, SimTime};

use super::super::gate::NeedOfRoom;
use super::super::meter_rules::{MeterRule, WindowClock};
use super::Meters;

impl Meters {
    /// When an owner's meter may have room for somebody who waits.
    pub(in crate::organization::account) fn opens_at(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        most: Credits,
        (need, reserved): (NeedOfRoom, Credits),
        clock: WindowClock<'_>,
    ) -> Option<SimTime> {
        let meter = self.at(rule, owner, clock);
        meter.opens_at(rule.window, most + meter.raised, (need, reserved + meter.in_trace), clock.now)
    }

    /// Time brings room; true once an instant, however many have waited for it.
    pub(in crate::organization::account) fn opens(&mut self, now: SimTime) -> bool {
        self.opened_at.replace(now) != Some(now)
    }

    /// Somebody whom a limit has refused waits for something to change.
    pub(in crate::organization::account) fn waits(&mut self) {
        self.waits = true;
    }

    /// True if somebody whom a limit had refused waited; from now on nobody does.
    pub(in crate::organization::account) fn take_waiting(&mut self) -> bool {
        std::mem::take(&mut self.waits)
    }

    /// True if somebody whom a limit has refused waits for something to change.
    pub(in crate::organization::account) fn is_waited_for(&self) -> bool {
        self.waits
    }

    /// True if somebody waits in a queue.
    #[inline]
    pub(in crate::organization::account) fn has_queue(&self) -> bool {
        !self.queues.is_empty()
    }

    /// How many wait for a meter's room.
    pub(in crate::organization::account) fn queue_len(&self, limit: u16, owner: u16) -> usize {
        self.queues.get(&(limit, owner)).map_or(0, VecDeque::len)
    }

    /// An operation waits at the tail of a meter's queue.
    pub(in crate::organization::account) fn join(&mut self, limit: u16, owner: u16, slot: u32) {
        self.queues.entry((limit, owner)).or_default().push_back(slot);
    }

    /// Meters for whose room somebody waits.
    pub(in crate::organization::account) fn queued(&self) -> Vec<(u16, u16)> {
        self.queues.keys().copied().collect()
    }

    /// Who is next at a meter.
    pub(in crate::organization::account) fn head(&self, key: (u16, u16)) -> Option<u32> {
        self.queues.get(&key)?.front().copied()
    }

    /// An operation waits no longer; true if others were behind it.
    pub(in crate::organization::account) fn drop_out(&mut self, slot: u32) -> bool {
        let Some((&key, queue)) = self.queues.iter_mut().find(|(_, queue)| queue.contains(&slot)) else {
            return false;
        };
        let head = queue.front() == Some(&slot);
        queue.retain(|queued| *queued != slot);
        if queue.is_empty() {
            self.queues.remove(&key);
            return false;
        }
        head
    }
}
