//! What the journal says of meters: what was used before and after, and until when the window is open.
//!
//! Leaves what meters have counted to `meters`. Invariant: reading changes nothing that lasts.

use crate::outcome::{EntryKind, EntryMeter, MeterOwner, Reason};
use crate::policy::{LimitOwner, LimitUnit};
use crate::units::{Credits, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::gate::NeedOfRoom;
use super::super::meter_rules::{MeterRule, RoomAsker, WindowClock};
use super::super::meters::MeterRise;
use super::State;

/// Whose meter it is that an owner has of a limit.
pub(super) fn meter_owner(per: LimitOwner, owner: u16) -> MeterOwner {
    match per {
        LimitOwner::Organization => MeterOwner::Organization,
        LimitOwner::Group => MeterOwner::Group(owner),
        LimitOwner::Member => MeterOwner::Member(owner),
        LimitOwner::Project => MeterOwner::Project(owner),
    }
}

impl State {
    /// An owner's meter, with what was used before and after; as it stands if nothing is said.
    pub(super) fn meter_entry(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        used: Option<(Credits, Credits)>,
        clock: WindowClock<'_>,
    ) -> EntryMeter {
        let held = self.reserved(rule, owner) + self.meters.in_trace(rule.id, owner);
        let at_work = rule.unit == LimitUnit::InFlight;
        let standing = if at_work { held } else { self.meters.used(rule, owner, clock) };
        EntryMeter {
            limit: rule.id,
            owner: meter_owner(rule.per, owner),
            money: rule.prices.is_some(),
            used: used.unwrap_or((standing, standing)),
            reserved: if at_work { Credits::ZERO } else { held },
            amount: rule.most_of(owner).map(|most| most + self.meters.raised(rule.id, owner)),
            need: None,
            until: self.meters.open_until(rule, owner, clock).unwrap_or(SimTime::MAX),
        }
    }

    /// The meter of the limit that is a reason, for an operation; none if nobody reads it.
    pub(super) fn meter_of_reason(&mut self, env: &Env, slot: u32, reason: Reason) -> Option<EntryMeter> {
        let Reason::Limit(id) = reason else { return None };
        if !self.books.is_read() {
            return None;
        }
        let rule = env.meter_rules(self.plan).iter().find(|rule| rule.id == id)?;
        let asker = self.asker(slot);
        let owner = rule.owner_of(asker)?;
        let covered = self.covered_for(env, Some(slot));
        let need = match self.need_of_room(env, rule, asker, (self.flight[slot].estimate(), covered)) {
            NeedOfRoom::Any => None,
            NeedOfRoom::Whole(need) | NeedOfRoom::Newest(need) => Some(need),
        };
        let meter = self.meter_entry((rule, owner), None, self.window_clock(env));
        Some(EntryMeter { need, ..meter })
    }

    /// An owner's meter of a limit of this name; none if nobody reads it, or the plan has no such limit any more.
    pub(super) fn meter_of_owner(&mut self, env: &Env, (id, owner): (u16, u16)) -> Option<EntryMeter> {
        let rule = env.meter_rules(self.plan).iter().find(|rule| rule.id == id)?;
        self.books.is_read().then(|| self.meter_entry((rule, owner), None, self.window_clock(env)))
    }

    /// A limit has counted something of an operation.
    pub(super) fn note_metered(
        &mut self,
        (rule, owner, asker): (&MeterRule, u16, RoomAsker),
        (credits, rise): (Credits, MeterRise),
        clock: WindowClock<'_>,
    ) {
        let Some(slot) = asker.slot else { return };
        let mut meter = self.meter_entry((rule, owner), Some(rise.used), clock);
        if let Some(past) = rise.past {
            meter.until = past.until;
        }
        let reason = Reason::Limit(rule.id);
        self.note(
            EntryKind::Metered,
            Note { reason, credits, meter: Some(meter), ..Note::by(self.whose(slot)) },
        );
    }
}
