//! Limits: whether they have room, what meets an operation that finds none, and who waits for room (docs/semantics.md §15).
//!
//! Owns which limits an operation is inside of, which of a chain is asked, and what is reserved. Leaves what meters have
//! counted to `meters`. Invariants: every limit that is asked must have room; a meter never blocks a charge; whoever queues
//! for room is in the queue of the limit that stopped it.

use smallvec::SmallVec;

use crate::outcome::{AttemptOutcome, EntryKind, Reason};
use crate::policy::{LimitOwner, LimitUnit, OnLimit, StatedAmount, UsageLimit};
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex, NO_MEMBER, SimSpan};

use super::super::books::{Note, Whose};
use super::super::env::Env;
use super::super::events::{Class, DueKind, TimerKind};
use super::super::flight::ChangeCause;
use super::super::gate::NeedOfRoom;
use super::super::meters::{MeterRise, WindowClock};
use super::State;
use super::purchase::PurchaseReason;

/// One operation, as a limit counts it in its unit.
const ONE: Credits = Credits::from_whole(1);

/// Alerts of limits that a count has crossed, in file order.
pub(super) type LimitAlerts = SmallVec<[Reason; 2]>;

/// A limit that has no room for an operation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct LackingRoom {
    /// Its place among the limits of the plan.
    pub(super) limit: usize,
    /// Whose meter it is.
    pub(super) owner: u16,
    need: NeedOfRoom,
    most: Credits,
}

/// Whose meter of a limit an operation counts into; none if it is outside.
fn owner_of(limit: &UsageLimit, serves: FeatureIndex, (member, project): (u16, u16)) -> Option<u16> {
    if !limit.features.get(serves.index()).copied().unwrap_or(false) {
        return None;
    }
    match limit.per {
        LimitOwner::Organization => Some(0),
        LimitOwner::Member => Some(member).filter(|member| *member != NO_MEMBER),
        LimitOwner::Project => Some(project),
    }
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

    /// The limits of the present plan that hold an operation, with its meter's owner.
    fn limits_of<'e>(
        &self,
        env: &'e Env,
        slot: u32,
    ) -> impl Iterator<Item = (usize, &'e UsageLimit, u16)> + use<'e> {
        let (work, adopted) = (&self.flight[slot], env);
        let (serves, operation) = (work.serves(), *work.operation());
        let whose = (operation.member, operation.project);
        let limits = env.terms(self.plan).limits.iter().enumerate();
        limits
            .filter(move |(_, limit)| adopted.has_adopted(limit))
            .filter_map(move |(index, limit)| Some((index, limit, owner_of(limit, serves, whose)?)))
    }

    /// Whose meter of a limit an operation counts into; none if it is outside.
    pub(super) fn owner_in(&self, env: &Env, limit: &UsageLimit, slot: u32) -> Option<u16> {
        let work = &self.flight[slot];
        let operation = work.operation();
        let owner = owner_of(limit, work.serves(), (operation.member, operation.project));
        owner.filter(|_| env.has_adopted(limit))
    }

    /// The first limit that turns an operation away; soft limits let everything pass.
    pub(super) fn lacks_room(&mut self, env: &Env, slot: u32) -> Option<LackingRoom> {
        if env.terms(self.plan).limits.is_empty() {
            return None;
        }
        let clock = self.window_clock(env);
        let mut chains: Vec<&str> = Vec::new();
        for (index, limit, owner) in self.limits_of(env, slot) {
            let member = self.flight[slot].operation().member;
            let amount = limit.amount.of(member);
            if let Some(chain) = &limit.chain {
                if amount == StatedAmount::Unsaid || chains.contains(&chain.as_str()) {
                    continue;
                }
                chains.push(chain);
            }
            let (StatedAmount::Most(most), false) = (amount, limit.on_limit == OnLimit::Allow) else {
                continue;
            };
            let need = self.need_of_room(env, limit, slot);
            let reserved = self.reserved(limit, owner);
            if !self.meters.has_room((limit, owner), most, (need, reserved), clock) {
                return Some(LackingRoom { limit: index, owner, need, most });
            }
        }
        None
    }

    fn need_of_room(&self, env: &Env, limit: &UsageLimit, slot: u32) -> NeedOfRoom {
        let work = &self.flight[slot];
        match limit.unit {
            LimitUnit::Operations | LimitUnit::InFlight => NeedOfRoom::Whole(ONE),
            LimitUnit::Credits => env.check(self.plan, work.serves()).room_needed(work.estimate()),
        }
    }

    /// What is in use without having been counted: open holds, and work in flight.
    fn reserved(&self, limit: &UsageLimit, owner: u16) -> Credits {
        let inside = self.flight.slots().map(|(_, work)| work).filter(|work| {
            let operation = work.operation();
            owner_of(limit, work.serves(), (operation.member, operation.project)) == Some(owner)
        });
        match limit.unit {
            LimitUnit::Operations => Credits::ZERO,
            LimitUnit::InFlight => {
                Credits::from_whole(inside.filter(|work| work.is_in_flight()).count() as i64)
            }
            LimitUnit::Credits => {
                let ledger = self.books.ledger();
                inside.filter_map(|work| Some(ledger.hold(work.hold()?).amount)).sum()
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
            OnLimit::Reject => {
                self.counts.turned_away(
                    limit.id,
                    self.timers.now(),
                    OnLimit::Reject,
                    self.flight[slot].cost(),
                );
                self.wait_for_room(env, lacking);
                self.meters.waits();
                self.refuse(env, slot, reason, Credits::ZERO);
            }
            OnLimit::Degrade => {
                self.counts.turned_away(
                    limit.id,
                    self.timers.now(),
                    OnLimit::Degrade,
                    self.flight[slot].cost(),
                );
                self.degrade(env, slot, reason);
            }
            OnLimit::Queue => self.queue_for_room(env, slot, lacking),
            OnLimit::Fallback(other) => {
                self.counts.turned_away(
                    limit.id,
                    self.timers.now(),
                    limit.on_limit,
                    self.flight[slot].cost(),
                );
                if self.flight[slot].is_substituted() || self.flight[slot].serves() == other {
                    self.wait_for_room(env, lacking);
                    self.meters.waits();
                    self.refuse(env, slot, reason, Credits::ZERO);
                } else {
                    self.fall_back(env, slot, other);
                }
            }
        }
    }

    /// Has whoever waits look again once the limit may have room.
    fn wait_for_room(&mut self, env: &Env, lacking: LackingRoom) {
        let clock = self.window_clock(env);
        let limit = &env.terms(self.plan).limits[lacking.limit];
        if let Some(at) = self.meters.opens_at((limit, lacking.owner), lacking.most, lacking.need, clock) {
            self.timers.schedule(at, (Class::Resume, 0, 0), TimerKind::Room);
        }
    }

    /// There may be room again: who waits for it tries.
    pub(super) fn room_opens(&mut self) {
        self.timers.resume();
        if self.meters.take_waiting() {
            self.wake_waiting();
        }
    }

    /// The queue that an operation has to join because somebody waits there already; none if it may be checked.
    pub(super) fn waits_behind(&self, env: &Env, slot: u32) -> Option<LackingRoom> {
        let mut asked = self.limits_of(env, slot).filter(|(_, limit, _)| limit.on_limit == OnLimit::Queue);
        asked.find_map(|(index, limit, owner)| {
            let StatedAmount::Most(most) = limit.amount.of(self.flight[slot].operation().member) else {
                return None;
            };
            let need = self.need_of_room(env, limit, slot);
            (self.meters.queue_len(limit.id, owner) > 0).then_some(LackingRoom {
                limit: index,
                owner,
                need,
                most,
            })
        })
    }

    /// An operation waits for room at the tail of the limit's queue.
    pub(super) fn queue_for_room(&mut self, env: &Env, slot: u32, lacking: LackingRoom) {
        let limit = &env.terms(self.plan).limits[lacking.limit];
        self.counts.turned_away(limit.id, self.timers.now(), OnLimit::Queue, self.flight[slot].cost());
        if self.meters.queue_len(limit.id, lacking.owner) >= limit.queue_max as usize {
            self.lose(env, slot, Reason::QueueFull);
            return;
        }
        let first = !self.flight[slot].waits();
        self.flight[slot].queue();
        self.meters.join(limit.id, lacking.owner, slot);
        self.note(EntryKind::Queued, Note { reason: Reason::Limit(limit.id), ..Note::by(self.whose(slot)) });
        self.finish_row(slot, AttemptOutcome::Queued);
        if let Some(row) = self.row(slot) {
            row.reason = Reason::Limit(limit.id);
        }
        if first {
            let operation = self.flight[slot].operation();
            let mut stream =
                env.key_of(operation.feature).keyed(Purpose::Patience, u64::from(operation.sequence), 0);
            let patience = SimSpan::from_seconds_f64(limit.patience.sample(&mut stream));
            self.due_at(self.timers.now() + patience, Class::Resume, slot, DueKind::Patience);
        }
        self.wait_for_room(env, lacking);
    }

    /// The heads of the limits' queues are looked at again; whoever is stopped by something else moves there.
    pub(super) fn resume_for_room(&mut self, env: &Env) {
        for (key, _) in self.meters.heads() {
            while let Some(slot) = self.meters.head(key) {
                if env.outages.until(self.flight[slot].serves(), self.timers.now()).is_some() {
                    break;
                }
                if let Some(lacking) = self.lacks_room(env, slot)
                    && (env.terms(self.plan).limits[lacking.limit].id, lacking.owner) == key
                {
                    self.wait_for_room(env, lacking);
                    break;
                }
                self.meters.drop_out(slot);
                self.reopen_row(slot);
                self.top_up_before_check(env);
                self.check_and_start(env, slot);
            }
        }
    }

    /// An operation has been admitted: windows open, and what is counted as work starts is.
    pub(super) fn count_start(&mut self, env: &Env, slot: u32) {
        if env.terms(self.plan).limits.is_empty() {
            return;
        }
        let (clock, mut told) = (self.window_clock(env), LimitAlerts::default());
        for (_, limit, owner) in self.limits_of(env, slot) {
            self.meters.open(limit, owner, clock);
            match limit.unit {
                LimitUnit::Operations => self.count_into(env, slot, (limit, owner), ONE, &mut told),
                LimitUnit::InFlight => {
                    let before = self.reserved(limit, owner);
                    self.cross_amount(slot, limit, (before, before + ONE), &mut told);
                }
                LimitUnit::Credits => {}
            }
        }
        let work = &self.flight[slot];
        self.tell(env, (work.whose(), work.cause()), told);
    }

    /// An operation has been charged; returns what people are to be told once the charge has been followed up.
    pub(super) fn meter_charge(&mut self, env: &Env, slot: u32, amount: Credits) -> LimitAlerts {
        let mut told = LimitAlerts::default();
        if amount.is_positive() && !env.terms(self.plan).limits.is_empty() {
            self.flight[slot].metered(self.timers.now(), amount);
            for (_, limit, owner) in self.limits_of(env, slot) {
                if limit.unit == LimitUnit::Credits {
                    self.count_into(env, slot, (limit, owner), amount, &mut told);
                }
            }
        }
        told
    }

    /// Part of what an operation was charged is given back: meters lose it in the windows of its charges, while they are open.
    pub(super) fn meter_refund(&mut self, env: &Env, slot: u32, amount: Credits) {
        if env.terms(self.plan).limits.is_empty() {
            return;
        }
        let clock = self.window_clock(env);
        for (at, back) in self.flight[slot].take_metered(amount) {
            for (_, limit, owner) in self.limits_of(env, slot) {
                if limit.unit == LimitUnit::Credits {
                    self.meters.give_back(limit, owner, (at, back), clock);
                }
            }
        }
    }

    fn count_into(
        &mut self,
        env: &Env,
        slot: u32,
        (limit, owner): (&UsageLimit, u16),
        amount: Credits,
        told: &mut LimitAlerts,
    ) {
        let clock = self.window_clock(env);
        let MeterRise { used, overrun } = self.meters.count(limit, owner, amount, clock);
        if overrun.is_positive() {
            self.counts.overran(limit.id, overrun);
        }
        self.cross_amount(slot, limit, used, told);
    }

    /// What is used crosses the amount, or shares of it.
    fn cross_amount(
        &mut self,
        slot: u32,
        limit: &UsageLimit,
        (before, after): (Credits, Credits),
        told: &mut LimitAlerts,
    ) {
        let StatedAmount::Most(most) = limit.amount.of(self.flight[slot].operation().member) else { return };
        if before < most && after >= most {
            self.counts.filled(limit.id, self.timers.now());
        }
        for share in &limit.alerts {
            let billionths = crate::units::round_half_up(*share, 1e9);
            let level = most.scale_floor(billionths, 1_000_000_000);
            if before < level && level <= after {
                told.push(if *share < 1.0 { Reason::Warning } else { Reason::Critical });
            }
        }
    }

    /// People are told of limits that fill up.
    pub(super) fn tell(&mut self, env: &Env, (whose, cause): (Whose, ChangeCause), told: LimitAlerts) {
        if told.is_empty() || !env.terms(self.plan).features[cause.feature.index()].notify {
            return;
        }
        for reason in told {
            self.alerted(reason, Some(whose));
            self.buy_after_warning(env, PurchaseReason::by(Some(cause)));
        }
    }

    /// True if somebody waits in a queue, for its turn or for room.
    pub(super) fn somebody_queues(&self) -> bool {
        self.gate.has_queue() || self.meters.has_queue()
    }
}
