//! What operations of the trace count and reserve at meters: one look at a meter as one of them starts or ends.
//!
//! Owns the looks that ordinary operations take, which cost each of them. Leaves work that is looked at event by event to
//! the other methods of [`Meters`]. Invariant: what the trace reserves is kept apart from what other work does.

use crate::policy::LimitUnit;
use crate::units::{Credits, SimTime};

use super::super::gate::NeedOfRoom;
use super::super::meter::LimitMeter;
use super::super::meter_rules::{MeterRule, ONE, WindowClock};
use super::super::past_windows::EnteredAt;
use super::{MeterRise, Meters, counted, counted_of, to_count};

impl Meters {
    /// What operations of the trace reserve of an owner's room.
    #[inline]
    pub(in crate::organization::account) fn in_trace(&self, limit: u16, owner: u16) -> Credits {
        let of_limit = self.limits.get(usize::from(limit));
        of_limit
            .and_then(|of| of.by_owner.get(usize::from(owner)))
            .map_or(Credits::ZERO, |meter| meter.in_trace)
    }

    /// Operations of the trace reserve more of an owner's room, or less.
    #[inline]
    pub(in crate::organization::account) fn reserve_in_trace(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        more: Credits,
        clock: WindowClock<'_>,
    ) {
        self.at(rule, owner, clock).in_trace += more;
    }

    /// True if an owner's meter has room for an operation of the trace, if the limit is asked, and what it counts as the operation
    /// starts reaches no level at which something happens. One look at the meter.
    #[inline]
    pub(in crate::organization::account) fn lets_in(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        asked: Option<(Credits, NeedOfRoom)>,
        reserved: Credits,
        clock: WindowClock<'_>,
    ) -> bool {
        let meter = self.at(rule, owner, clock);
        let held = reserved + meter.in_trace;
        if let Some((most, need)) = asked
            && !meter.has_room(rule.window, most + meter.raised, need, held)
        {
            return false;
        }
        let counted = match rule.unit {
            LimitUnit::Credits | LimitUnit::Money | LimitUnit::Quantity(_) => return true,
            LimitUnit::Operations => meter.used(rule.window),
            LimitUnit::InFlight => held,
        };
        rule.next_level(owner, counted).is_none_or(|level| level > counted + ONE)
    }

    /// An operation of the trace starts, which holds so much: windows open, it counts or reserves. Returns the overrun. One look
    /// at the meter.
    #[inline]
    pub(in crate::organization::account) fn enters(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        held: Credits,
        clock: WindowClock<'_>,
    ) -> Credits {
        let nothing_to_do = rule.unit == LimitUnit::Credits && held.is_zero() && !rule.window.has_ends();
        if nothing_to_do {
            return Credits::ZERO;
        }
        let meter = self.at(rule, owner, clock);
        let opens = meter.enter(rule.window, clock.now);
        let mut overrun = Credits::ZERO;
        match rule.unit {
            LimitUnit::Operations => {
                let count = |meter: &mut LimitMeter| meter.count(rule.window, to_count(ONE), clock.now);
                overrun = counted(meter, (rule, owner), count).overrun;
            }
            LimitUnit::InFlight => meter.in_trace += ONE,
            LimitUnit::Credits => meter.in_trace += held,
            LimitUnit::Quantity(_) | LimitUnit::Money => {}
        }
        if opens {
            self.window_opens(rule, owner);
        }
        overrun
    }

    /// True if a charge reaches a level at which something happens.
    #[inline]
    pub(in crate::organization::account) fn would_tell(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        charge: Credits,
        clock: WindowClock<'_>,
    ) -> bool {
        let used = self.at(rule, owner, clock).used(rule.window);
        rule.next_level(owner, used).is_some_and(|level| level <= used + charge)
    }

    /// An operation of the trace ends that started at a turn; it is charged, and held so much. Returns what that does. One look at
    /// the meter.
    #[inline]
    pub(in crate::organization::account) fn leaves(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        (charge, held): (Credits, Credits),
        turn: u32,
        clock: WindowClock<'_>,
    ) -> Option<MeterRise> {
        if !matches!(rule.unit, LimitUnit::Credits | LimitUnit::InFlight) {
            return None;
        }
        let meter = self.at(rule, owner, clock);
        if rule.unit == LimitUnit::InFlight {
            meter.in_trace -= ONE;
            return None;
        }
        meter.in_trace -= held;
        if !charge.is_positive() {
            return None;
        }
        let entered = EnteredAt { turn, started: SimTime::MIN };
        Some(counted_of(meter, (rule, owner), (to_count(charge), entered), clock.now))
    }
}
