//! Limits: whether they have room, what meets an operation that finds none, and who waits for room (docs/semantics.md §15).
//!
//! Owns the order in which limits are asked, and what is reserved. Leaves who is inside a limit to `meter_rules`, what meters
//! have counted to `meters`. Invariants: every limit that is asked must have room; a meter never blocks a charge; whoever queues
//! for room is in the queue of the limit that stopped it.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::outcome::{AttemptOutcome, EntryKind, EntryMeter, Reason};
use crate::policy::{ChargedPart, LimitOwner, LimitUnit, OnLimit};
use crate::units::{Category, Credits, SimTime};

use super::super::books::{Note, Whose};
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::flight::{ChangeCause, MeteredCharge, Phase};
use super::super::gate::{Check, NeedOfRoom};
use super::super::meter_prices::{MeterPrices, to_nanos};
use super::super::meter_rules::{ChainsAsked, MeterRule, ONE, RoomAsker, WindowClock};
use super::super::meters::{GivenBack, MeterRise};
use super::State;
use super::purchase::PurchaseReason;

/// Alerts of limits that a count has crossed, in file order.
pub(super) type LimitAlerts = SmallVec<[(Reason, EntryMeter); 1]>;

/// A limit that has no room for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LackingRoom {
    /// Its place among the limits of the plan.
    pub(super) limit: usize,
    /// Whose meter it is.
    pub(super) owner: u16,
    pub(super) need: NeedOfRoom,
    /// How much the limit states that there is room for.
    pub(super) stated: Credits,
    /// What the check needs in all, if a ceiling keeps it from the balance.
    pub(super) short: Option<Credits>,
}

/// A need in money: what lots cover at their price, the rest at that of overage.
fn in_money(prices: MeterPrices, need: NeedOfRoom, covered: Credits) -> NeedOfRoom {
    let NeedOfRoom::Whole(need) = need else { return need };
    let of_lots = need.min(covered);
    let lots = prices.exact(ChargedPart::Lots(Category::Included), of_lots);
    NeedOfRoom::Whole(to_nanos(lots + prices.exact(ChargedPart::Overage, need - of_lots)))
}

impl State {
    /// What windows count from.
    pub(super) fn window_clock<'e>(&self, env: &'e Env) -> WindowClock<'e> {
        WindowClock {
            now: self.timers.now(),
            zone: &env.world.zone,
            cycle: self.cycle.anchor(),
            signed_up: env.traits.signed_up,
        }
    }

    /// An operation as limits see it.
    pub(super) fn asker(&self, slot: u32) -> RoomAsker {
        let work = &self.flight[slot];
        RoomAsker {
            serves: work.serves(),
            slot: Some(slot),
            entered: work.entered(),
            ..RoomAsker::of(work.operation())
        }
    }

    /// The first limit that turns an operation away; soft limits let everything pass.
    #[inline]
    pub(super) fn lacks_room(&mut self, env: &Env, slot: u32) -> Option<LackingRoom> {
        if env.meter_rules(self.plan).is_empty() {
            return None;
        }
        self.lacks_room_for(env, self.asker(slot), self.flight[slot].estimate())
    }

    /// The first limit that would turn away an operation expected to cost `estimate`.
    pub(super) fn lacks_room_for(
        &mut self,
        env: &Env,
        asker: RoomAsker,
        estimate: Credits,
    ) -> Option<LackingRoom> {
        let covered = self.covered_for(env, asker.slot);
        let (clock, mut chains) = (self.window_clock(env), ChainsAsked::default());
        for rule in env.meter_rules(self.plan) {
            let Some(owner) = rule.owner_of(asker) else { continue };
            let Some(most) = chains.ask(rule, owner) else { continue };
            if rule.covers.is_some() {
                // Ceilings are asked with the balance.
                continue;
            }
            let need = self.need_of_room(env, rule, asker, (estimate, covered));
            let reserved = self.reserved(rule, owner);
            if !self.meters.has_room((rule, owner), most, (need, reserved), clock) {
                return Some(LackingRoom { limit: rule.place, owner, need, stated: most, short: None });
            }
        }
        None
    }

    /// True if limits of credits have room for an addition to a hold.
    pub(super) fn has_room_for_more(&mut self, env: &Env, slot: u32, need: NeedOfRoom) -> bool {
        let covered = self.covered_for(env, Some(slot));
        let (clock, asker, mut chains) = (self.window_clock(env), self.asker(slot), ChainsAsked::default());
        env.meter_rules(self.plan).iter().all(|rule| {
            let Some(owner) = rule.owner_of(asker) else { return true };
            let Some(most) = chains.ask(rule, owner) else { return true };
            !rule.unit.is_charged() || rule.covers.is_some() || {
                let reserved = self.reserved(rule, owner);
                let need = rule.prices.map_or(need, |prices| in_money(prices, need, covered));
                self.meters.has_room((rule, owner), most, (need, reserved), clock)
            }
        })
    }

    /// What an operation needs under a limit; lots cover so much of it.
    pub(super) fn need_of_room(
        &self,
        env: &Env,
        rule: &MeterRule,
        asker: RoomAsker,
        (estimate, covered): (Credits, Credits),
    ) -> NeedOfRoom {
        match rule.unit {
            LimitUnit::Money => {
                let need = env.check(self.plan, asker.serves).room_needed(estimate);
                rule.prices.map_or(need, |prices| in_money(prices, need, covered))
            }
            LimitUnit::Operations | LimitUnit::InFlight => NeedOfRoom::Whole(ONE),
            LimitUnit::Credits => env.check(self.plan, asker.serves).room_needed(estimate),
            LimitUnit::Quantity(counted) => self.room_for_quantity(env, (rule, counted), asker, estimate),
        }
    }

    /// What is in use without having been counted, of operations that are followed: open holds, and work in flight.
    pub(super) fn reserved(&self, rule: &MeterRule, owner: u16) -> Credits {
        let ledger = self.books.ledger();
        let inside = |slot: u32| rule.owner_of(self.asker(slot)) == Some(owner);
        let slots = self.flight.slots();
        match rule.unit {
            LimitUnit::Operations => Credits::ZERO,
            LimitUnit::Quantity(counted) => self.quantity_reserved((rule, counted), owner),
            LimitUnit::InFlight => {
                let at_work = slots.filter(|(slot, work)| work.is_in_flight() && inside(*slot));
                Credits::from_whole(at_work.count() as i64)
            }
            LimitUnit::Credits | LimitUnit::Money
                if ledger.open_holds() == 0 || Deliberate::LimitsIgnoreHolds.is_made() =>
            {
                Credits::ZERO
            }
            LimitUnit::Credits | LimitUnit::Money => {
                let held = slots.filter_map(|(slot, work)| Some((slot, work.hold()?)));
                held.filter(|(slot, _)| inside(*slot)).map(|(_, hold)| self.held_under(rule, hold)).sum()
            }
        }
    }

    /// What meets an operation for which a limit has no room.
    pub(super) fn meet_limit(&mut self, env: &Env, slot: u32, lacking: LackingRoom) {
        let limit = &env.terms(self.plan).limits[lacking.limit];
        let reason = Reason::Limit(limit.id);
        match limit.on_limit {
            // A soft limit turns nobody away.
            OnLimit::Allow => {}
            OnLimit::Degrade => {
                self.turn_away(env, slot, lacking, OnLimit::Degrade);
                self.degrade(env, slot, reason);
            }
            OnLimit::Queue => self.queue_for_room(env, slot, lacking),
            OnLimit::Fallback(other) if self.may_fall_back(slot, other) => {
                self.turn_away(env, slot, lacking, limit.on_limit);
                self.fall_back(env, slot, other);
            }
            OnLimit::Ask if self.asks_for_room(env, slot, lacking) => self.check_and_start(env, slot),
            OnLimit::Reject | OnLimit::Fallback(_) | OnLimit::Ask => {
                self.turn_away(env, slot, lacking, OnLimit::Reject);
                self.wait_for_room(env, lacking);
                self.meters.waits();
                self.refuse(env, slot, reason, lacking.short.unwrap_or_default());
            }
        }
    }

    /// A limit turns an operation away, which meets `reaction`. It counts at this one; every other that is asked and has no
    /// room for it lacks room from now on.
    fn turn_away(&mut self, env: &Env, slot: u32, lacking: LackingRoom, reaction: OnLimit) {
        let (now, cost, clock) = (self.timers.now(), self.flight[slot].cost(), self.window_clock(env));
        let (asker, estimate) = (self.asker(slot), self.flight[slot].estimate());
        let covered = self.covered_for(env, Some(slot));
        let mut chains = ChainsAsked::default();
        for rule in env.meter_rules(self.plan) {
            let Some(owner) = rule.owner_of(asker) else { continue };
            let asked = chains.ask(rule, owner);
            let decides = rule.place == lacking.limit;
            if decides {
                self.counts.limit(rule.id).turned_away(reaction, cost);
            } else if rule.covers.is_some() {
                continue;
            } else {
                let Some(most) = asked else { continue };
                let need = self.need_of_room(env, rule, asker, (estimate, covered));
                let reserved = self.reserved(rule, owner);
                if self.meters.has_room((rule, owner), most, (need, reserved), clock) {
                    continue;
                }
            }
            let refuses = decides && reaction == OnLimit::Reject;
            let first = self.meters.lacks(rule, owner, refuses, clock) && rule.per == LimitOwner::Member;
            self.counts.limit(rule.id).lacks_room(now, first);
        }
        self.note_lacking_ceilings(env, slot, Some(lacking.limit));
    }

    /// What keeps an operation from starting besides caps in flight and the lack of credits: a limit without room, or a ceiling.
    #[inline]
    pub(super) fn stopped_by_limit(&mut self, env: &Env, slot: u32, checked: Check) -> Option<LackingRoom> {
        if env.meter_rules(self.plan).is_empty() {
            return None;
        }
        self.limit_that_stops(env, slot, checked)
    }

    fn limit_that_stops(&mut self, env: &Env, slot: u32, checked: Check) -> Option<LackingRoom> {
        self.lacks_room(env, slot).or_else(|| match checked {
            Check::Short { need } => self.ceiling_to_blame(env, slot, need),
            Check::Passes { .. } | Check::Full => None,
        })
    }

    /// Has whoever waits look again once the limit may have room.
    fn wait_for_room(&mut self, env: &Env, lacking: LackingRoom) {
        let clock = self.window_clock(env);
        let rules = env.meter_rules(self.plan);
        let Some(rule) = rules.iter().find(|rule| rule.place == lacking.limit) else { return };
        let needed = (lacking.need, self.reserved(rule, lacking.owner));
        if let Some(at) = self.meters.opens_at((rule, lacking.owner), lacking.stated, needed, clock) {
            // Windows end before anything starts again that has not waited for it.
            self.timers.schedule(at, (Class::Grant, 0, 0), TimerKind::Room);
        }
    }

    /// Time may have brought room: who waits for it tries, once an instant.
    pub(super) fn time_brings_room(&mut self) {
        if self.meters.opens(self.timers.now()) {
            self.room_opens();
        }
    }

    /// There may be room again: who waits for it tries.
    pub(super) fn room_opens(&mut self) {
        self.timers.resume();
        self.wake_for_room();
    }

    /// The queue that an operation has to join because somebody waits there already; none if it may be checked.
    #[inline]
    pub(super) fn waits_behind(&mut self, env: &Env, slot: u32) -> Option<LackingRoom> {
        if !self.meters.has_queue() {
            return None;
        }
        self.waits_behind_queue(env, slot)
    }

    fn waits_behind_queue(&mut self, env: &Env, slot: u32) -> Option<LackingRoom> {
        let covered = self.covered_for(env, Some(slot));
        let (asker, mut chains) = (self.asker(slot), ChainsAsked::default());
        env.meter_rules(self.plan).iter().find_map(|rule| {
            let owner = rule.owner_of(asker)?;
            let queues = rule.on_limit == OnLimit::Queue && rule.covers.is_none();
            let most = chains.ask(rule, owner).filter(|_| queues)?;
            let need = self.need_of_room(env, rule, asker, (self.flight[slot].estimate(), covered));
            let lacking = LackingRoom { limit: rule.place, owner, need, stated: most, short: None };
            (self.meters.queue_len(rule.id, owner) > 0).then_some(lacking)
        })
    }

    /// An operation waits for room at the tail of the limit's queue.
    pub(super) fn queue_for_room(&mut self, env: &Env, slot: u32, lacking: LackingRoom) {
        let limit = &env.terms(self.plan).limits[lacking.limit];
        self.turn_away(env, slot, lacking, OnLimit::Queue);
        if self.meters.queue_len(limit.id, lacking.owner) >= limit.queue_max as usize {
            self.lose_by(env, slot, Reason::QueueFull, !limit.written.0);
            return;
        }
        self.flight[slot].queue();
        self.meters.join(limit.id, lacking.owner, slot);
        let reason = Reason::Limit(limit.id);
        let meter = self.meter_of_reason(env, slot, reason);
        self.note(EntryKind::Queued, Note { reason, meter, ..Note::by(self.whose(slot)) });
        self.finish_row(slot, AttemptOutcome::Queued);
        if let Some(row) = self.row(slot) {
            row.reason = Reason::Limit(limit.id);
        }
        self.begin_patience(env, slot, Some(limit));
        self.wait_for_room(env, lacking);
    }

    /// The heads of the limits' queues are looked at again; whoever is stopped by something else moves there. True if one has
    /// left its queue.
    pub(super) fn resume_for_room(&mut self, env: &Env) -> bool {
        let limits = &env.terms(self.plan).limits;
        for key in self.meters.queued() {
            while let Some(slot) = self.meters.head(key) {
                if !self.may_restart(env, slot) {
                    break;
                }
                self.price_now(env, slot);
                self.top_up_before_check(env, slot);
                if self.meters.head(key) != Some(slot) {
                    continue;
                }
                let checked = self.check(env, slot);
                if checked != Check::Full
                    && let Some(lacking) = self.stopped_by_limit(env, slot, checked)
                    && (limits[lacking.limit].id, lacking.owner) == key
                    && limits[lacking.limit].on_limit == OnLimit::Queue
                {
                    self.wait_for_room(env, lacking);
                    break;
                }
                self.meters.drop_out(slot);
                self.reopen_row(slot);
                self.check_and_start(env, slot);
                return true;
            }
        }
        false
    }

    /// An operation has been admitted: windows open, and what is counted as work starts is.
    pub(super) fn count_start(&mut self, env: &Env, slot: u32) {
        if env.meter_rules(self.plan).is_empty() {
            return;
        }
        let work = &self.flight[slot];
        let by = (work.whose(), work.cause());
        self.meter_start(env, self.asker(slot), by);
        self.flight[slot].enters(self.meters.turn(), self.timers.now());
    }

    /// Forgets windows that the first use has opened, if many have ended, in which nothing started that is alive.
    pub(super) fn forget_past_windows(&mut self) {
        if self.meters.remember_many() {
            let alive = self.flight.slots().filter(|(_, work)| work.phase() != Phase::Free);
            let oldest = alive.map(|(_, work)| work.entered().turn).min().unwrap_or(u32::MAX);
            self.meters.forget_before(oldest);
        }
    }

    /// An operation starts: windows open, and what is counted as work starts is.
    pub(super) fn meter_start(&mut self, env: &Env, asker: RoomAsker, by: (Whose, ChangeCause)) {
        let (clock, mut told) = (self.window_clock(env), LimitAlerts::default());
        for rule in env.meter_rules(self.plan) {
            let Some(owner) = rule.owner_of(asker) else { continue };
            self.meters.open(rule, owner, clock);
            match rule.unit {
                LimitUnit::Operations => {
                    self.count_into(env, (rule, owner, asker), ONE, &mut told);
                }
                LimitUnit::InFlight => {
                    let before = self.reserved(rule, owner) + self.meters.in_trace(rule.id, owner);
                    self.cross_amount((rule, owner), (before, before + ONE), &mut told, clock);
                }
                LimitUnit::Quantity(counted) => {
                    self.count_quantity(env, (rule, owner, counted), asker, &mut told);
                }
                LimitUnit::Credits | LimitUnit::Money => {}
            }
        }
        self.tell(env, by, told);
        self.forget_past_windows();
    }

    /// An operation of the trace reserves room, by a hold of so much or by being at work (`sign` 1), or does no longer (−1).
    pub(super) fn reserve_in_trace(&mut self, env: &Env, asker: RoomAsker, held: Option<Credits>, sign: i64) {
        let clock = self.window_clock(env);
        for rule in env.meter_rules(self.plan) {
            let reserved = match rule.unit {
                LimitUnit::Operations | LimitUnit::Quantity(_) | LimitUnit::Money => continue,
                LimitUnit::InFlight => ONE,
                LimitUnit::Credits => held.unwrap_or_default(),
            };
            if reserved.is_positive()
                && let Some(owner) = rule.owner_of(asker)
            {
                let more = Credits::from_micros(reserved.micros() * sign);
                self.meters.reserve_in_trace(rule, owner, more, clock);
            }
        }
    }

    /// An operation has been charged; returns what people are to be told once the charge has been followed up.
    #[inline]
    pub(super) fn meter_charge(&mut self, env: &Env, slot: u32, amount: Credits) -> LimitAlerts {
        if !amount.is_positive() || env.meter_rules(self.plan).is_empty() {
            return LimitAlerts::default();
        }
        self.meter_charge_of(env, self.asker(slot), amount)
    }

    /// A charge of an operation counts; returns what people are to be told once the charge has been followed up.
    pub(super) fn meter_charge_of(&mut self, env: &Env, asker: RoomAsker, amount: Credits) -> LimitAlerts {
        let mut told = LimitAlerts::default();
        if env.splits_charges {
            return self.meter_parts(env, asker);
        }
        for rule in env.meter_rules(self.plan).iter().filter(|rule| rule.unit == LimitUnit::Credits) {
            if let Some(owner) = rule.owner_of(asker) {
                self.count_into(env, (rule, owner, asker), amount, &mut told);
            }
        }
        told
    }

    /// A charge that was incurred at an earlier instant counts in the windows of that instant; also true if one of them has
    /// ended.
    pub(super) fn meter_late_charge(
        &mut self,
        env: &Env,
        slot: u32,
        amount: Credits,
        at: SimTime,
    ) -> (LimitAlerts, bool) {
        let (mut told, mut missed) = (LimitAlerts::default(), false);
        let (clock, asker) = (self.window_clock(env), self.asker(slot));
        let parts = env.splits_charges.then(|| self.books.last_parts());
        let rules = env.meter_rules(self.plan).iter().filter(|rule| rule.unit.is_charged());
        for (rule, owner) in rules.filter_map(|rule| Some((rule, rule.owner_of(asker)?))) {
            let amount = parts.as_ref().map_or(amount, |parts| parts.counted_by(rule));
            match self.meters.count_late(rule, owner, (at, amount), clock) {
                Some(rise) => {
                    if env.detail.meters {
                        self.note_metered((rule, owner, asker), (amount, rise), clock);
                    }
                    let rise = rise.unless(rule.stands_behind(env.meter_rules(self.plan), asker));
                    self.rises((rule, owner), rise, &mut told, clock);
                }
                None => missed |= amount.is_positive(),
            }
        }
        (told, missed)
    }

    /// Part of what an operation was charged is given back: meters lose it in the windows of its charges, while they are open.
    pub(super) fn meter_refund(&mut self, env: &Env, slot: u32, amount: Credits) {
        let rules = env.meter_rules(self.plan);
        if rules.is_empty() {
            return;
        }
        let (clock, asker) = (self.window_clock(env), self.asker(slot));
        for MeteredCharge { at, turn, credits, part, beyond } in self.flight[slot].take_metered(amount) {
            self.books.absorb_less(at, beyond);
            let counts =
                |rule: &&MeterRule| rule.unit.is_charged() && part.is_none_or(|part| rule.counts.hold(part));
            for rule in rules.iter().filter(counts) {
                if let Some(owner) = rule.owner_of(asker) {
                    let back = match (rule.prices, part) {
                        (Some(prices), Some(part)) => GivenBack::Worth(prices.exact(part, credits)),
                        _ => GivenBack::Counted(credits),
                    };
                    self.meters.give_back(rule, owner, (at, turn, back), clock);
                }
            }
        }
    }

    /// So much counts into a meter; returns the overrun.
    pub(super) fn count_into(
        &mut self,
        env: &Env,
        (rule, owner, asker): (&MeterRule, u16, RoomAsker),
        amount: Credits,
        told: &mut LimitAlerts,
    ) -> Credits {
        let clock = self.window_clock(env);
        let rise = self.meters.count((rule, owner), (amount, asker.entered), clock);
        if env.detail.meters {
            self.note_metered((rule, owner, asker), (amount, rise), clock);
        }
        let rise = rise.unless(rule.stands_behind(env.meter_rules(self.plan), asker));
        self.rises((rule, owner), rise, told, clock);
        rise.overrun
    }

    /// What is used has risen, or fallen.
    pub(super) fn rises(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        rise: MeterRise,
        told: &mut LimitAlerts,
        clock: WindowClock<'_>,
    ) {
        let MeterRise { used, overrun, past } = rise;
        if overrun.is_positive() {
            self.counts.limit(rule.id).overran(overrun);
        }
        if let Some(past) = past {
            // It changes no room that anybody has.
            if past.fills {
                self.counts.limit(rule.id).filled(self.timers.now());
            }
            return;
        }
        self.cross_amount((rule, owner), used, told, clock);
    }

    /// What is used crosses the amount, or shares of it.
    fn cross_amount(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        (before, after): (Credits, Credits),
        told: &mut LimitAlerts,
        clock: WindowClock<'_>,
    ) {
        let Some(most) = rule.most_of(owner) else { return };
        let most = most + self.meters.raised(rule.id, owner);
        if before < most && after >= most {
            self.counts.limit(rule.id).filled(self.timers.now());
            self.meters.fills(rule, owner, clock);
        }
        for (level, critical) in rule.alert_levels(most) {
            if before < level && level <= after {
                let meter = self.meter_entry((rule, owner), Some((before, after)), clock);
                told.push((if critical { Reason::Critical } else { Reason::Warning }, meter));
            }
        }
    }

    /// People are told of limits that fill up.
    #[inline]
    pub(super) fn tell(&mut self, env: &Env, of: (Whose, ChangeCause), told: LimitAlerts) {
        if !told.is_empty() {
            self.tell_people(env, of, told);
        }
    }

    fn tell_people(&mut self, env: &Env, (whose, cause): (Whose, ChangeCause), told: LimitAlerts) {
        if !env.terms(self.plan).features[cause.feature.index()].notify {
            return;
        }
        for (reason, meter) in &told {
            self.alerted(*reason, Some(whose), Some(*meter));
        }
        for _ in told {
            self.buy_after_warning(env, PurchaseReason::by(Some(cause)));
        }
    }

    /// True if somebody waits in a queue, for its turn or for room.
    pub(super) fn somebody_queues(&self) -> bool {
        self.gate.has_queue() || self.meters.has_queue()
    }
}
