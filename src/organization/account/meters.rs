//! Meters: what limits have counted, in their windows (docs/semantics.md §15).
//!
//! Owns, for each limit and each of its owners, what is used, the window that is open, and the queue of those who wait for
//! room. Leaves who is inside a limit, what is reserved and what follows from a lack of room to the conductor. Invariants: a
//! meter moves on to the present before it is read; what is given back is taken off only in the window of its charge; amounts are
//! integers (micro-credits, or millionths of an operation), buckets count them in shares of their refill's span.

use std::collections::{BTreeMap, VecDeque};

use crate::calendar::{MonthEnd, Period, Zone};
use crate::policy::{BankedResets, LimitOwner, LimitWindow, StatedAmount, UsageLimit, WindowAnchor};
use crate::units::{Credits, SimSpan, SimTime};

use super::gate::NeedOfRoom;

/// What windows count from, besides instants that are written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowClock<'a> {
    pub(super) now: SimTime,
    pub(super) zone: &'a Zone,
    /// Where the running billing cycles count from.
    pub(super) cycle: SimTime,
    pub(super) signed_up: SimTime,
}

/// What a count did to a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeterRise {
    /// Used before, and after.
    pub(super) used: (Credits, Credits),
    /// By how much what is used beyond the amount has risen.
    pub(super) overrun: Credits,
}

/// One owner's meter under one limit.
#[derive(Debug, Clone, Default)]
struct LimitMeter {
    /// What is used; of a bucket, times the refill's span [µs].
    used: i128,
    /// The window that is open, its end excluded; none if it is empty.
    window: (SimTime, SimTime),
    /// What counts in a rolling window, the oldest first.
    recent: VecDeque<(SimTime, Credits)>,
    /// Charges before this instant are in no sum any more.
    since: SimTime,
    queue: VecDeque<u32>,
}

/// All meters of an account, by limit and owner.
#[derive(Debug, Clone, Default)]
pub(super) struct Meters {
    meters: BTreeMap<(u16, u16), LimitMeter>,
    /// How many banked resets of each issue are used, by the first limit that they reset and the owner.
    banked: BTreeMap<(u16, u16), Vec<u32>>,
    /// Somebody whom a limit has refused waits for something to change.
    waits: bool,
}

/// Local midnight of a Monday that begins a year: what windows of the calendar count from.
fn calendar_anchor(zone: &Zone) -> SimTime {
    zone.parse("2001-01-01").unwrap_or_default()
}

/// The window of a limit with fixed windows that contains the present.
fn fixed_window(every: Period, anchor: WindowAnchor, clock: WindowClock<'_>) -> (SimTime, SimTime) {
    let anchor = match anchor {
        WindowAnchor::Calendar => calendar_anchor(clock.zone),
        WindowAnchor::Cycle => clock.cycle,
        WindowAnchor::SignUp => clock.signed_up,
        WindowAnchor::At(at) => at,
    };
    let next = clock.zone.first_after(anchor, every, clock.now, MonthEnd::Clamp);
    let bound = |n: i64| clock.zone.nth(anchor, every, n, MonthEnd::Clamp);
    (bound(next - 1), bound(next))
}

/// How many parts a micro-credit is counted in.
fn scale(window: LimitWindow) -> i128 {
    match window {
        LimitWindow::Refill { per, .. } => i128::from(per.micros().max(1)),
        _ => 1,
    }
}

impl LimitMeter {
    /// Brings the meter to the present: windows that have ended are closed, buckets have filled.
    fn move_on(&mut self, window: LimitWindow, clock: WindowClock<'_>) {
        let now = clock.now;
        match window {
            LimitWindow::Life => {}
            LimitWindow::Fixed { every, anchor } => {
                // A cycle may begin anew before its end.
                let may_move = anchor == WindowAnchor::Cycle || !self.is_open(now);
                let open = if may_move { fixed_window(every, anchor, clock) } else { self.window };
                if open != self.window {
                    (self.window, self.used) = (open, 0);
                }
            }
            LimitWindow::FirstUse(_) => {
                if now >= self.window.1 {
                    (self.window, self.used) = ((SimTime::default(), SimTime::default()), 0);
                }
            }
            LimitWindow::Rolling(span) => {
                while let Some(&(at, amount)) = self.recent.front()
                    && now - at >= span
                {
                    self.used -= i128::from(amount.micros());
                    self.recent.pop_front();
                }
            }
            LimitWindow::Refill { amount, .. } => {
                let back = i128::from((now - self.window.0).micros()) * i128::from(amount.micros());
                self.used = (self.used - back).max(0);
                self.window.0 = now;
            }
        }
    }

    fn is_open(&self, now: SimTime) -> bool {
        self.window.0 <= now && now < self.window.1
    }

    /// What is used, rounded up to a micro-credit.
    fn used(&self, window: LimitWindow) -> Credits {
        let scale = scale(window);
        Credits::from_micros((self.used + scale - 1).div_euclid(scale) as i64)
    }

    /// True if there is room.
    fn has_room(&self, window: LimitWindow, most: Credits, need: NeedOfRoom, reserved: Credits) -> bool {
        let scale = scale(window);
        let micros = |credits: Credits| i128::from(credits.micros()) * scale;
        let used = self.used + micros(reserved);
        match need {
            NeedOfRoom::Any => used < micros(most),
            NeedOfRoom::Whole(need) => used + micros(need) <= micros(most),
        }
    }

    /// The first instant after the present at which there is room if nothing else is counted; none if there never is, or if
    /// what is reserved decides.
    fn opens_at(
        &self,
        limit: &UsageLimit,
        most: Credits,
        need: NeedOfRoom,
        clock: WindowClock<'_>,
    ) -> Option<SimTime> {
        let empty = LimitMeter::default();
        if !empty.has_room(limit.window, most, need, Credits::ZERO) {
            return None;
        }
        match limit.window {
            LimitWindow::Life => None,
            LimitWindow::Fixed { .. } => Some(self.window.1),
            LimitWindow::FirstUse(_) => self.is_open(clock.now).then_some(self.window.1),
            LimitWindow::Rolling(span) => {
                let mut left = LimitMeter { used: self.used, ..LimitMeter::default() };
                self.recent.iter().find_map(|(at, amount)| {
                    left.used -= i128::from(amount.micros());
                    left.has_room(limit.window, most, need, Credits::ZERO).then_some(*at + span)
                })
            }
            LimitWindow::Refill { amount, .. } => {
                let scale = scale(limit.window);
                let whole = i128::from(most.micros()) * scale;
                let room = match need {
                    NeedOfRoom::Any => whole - 1,
                    NeedOfRoom::Whole(need) => whole - i128::from(need.micros()) * scale,
                };
                let (missing, a_micro) = (self.used - room, i128::from(amount.micros()));
                if missing <= 0 || a_micro <= 0 {
                    return None;
                }
                i64::try_from((missing + a_micro - 1) / a_micro)
                    .ok()
                    .map(|micros| clock.now + SimSpan::from_micros(micros))
            }
        }
    }

    /// Nothing is used any more; `restart` closes a window that the first use has opened.
    fn reset(&mut self, window: LimitWindow, restart: bool, now: SimTime) {
        (self.used, self.since) = (0, now);
        self.recent.clear();
        if restart && matches!(window, LimitWindow::FirstUse(_)) {
            self.window = (SimTime::default(), SimTime::default());
        }
    }

    fn count(&mut self, limit: &UsageLimit, amount: Credits, now: SimTime) {
        if matches!(limit.window, LimitWindow::FirstUse(_)) && !self.is_open(now) {
            // The window in which its operation started has ended: nothing of it is left to use.
            return;
        }
        self.used += i128::from(amount.micros()) * scale(limit.window);
        if matches!(limit.window, LimitWindow::Rolling(_)) {
            match self.recent.back_mut() {
                Some((at, last)) if *at == now => *last += amount,
                _ => self.recent.push_back((now, amount)),
            }
        }
    }
}

impl Meters {
    fn at(&mut self, limit: &UsageLimit, owner: u16, clock: WindowClock<'_>) -> &mut LimitMeter {
        let meter = self.meters.entry((limit.id, owner)).or_default();
        meter.move_on(limit.window, clock);
        meter
    }

    /// True if an owner's meter has room besides what is reserved.
    pub(super) fn has_room(
        &mut self,
        (limit, owner): (&UsageLimit, u16),
        most: Credits,
        (need, reserved): (NeedOfRoom, Credits),
        clock: WindowClock<'_>,
    ) -> bool {
        self.at(limit, owner, clock).has_room(limit.window, most, need, reserved)
    }

    /// When an owner's meter may have room for somebody who waits.
    pub(super) fn opens_at(
        &mut self,
        (limit, owner): (&UsageLimit, u16),
        most: Credits,
        need: NeedOfRoom,
        clock: WindowClock<'_>,
    ) -> Option<SimTime> {
        self.at(limit, owner, clock).opens_at(limit, most, need, clock)
    }

    /// An operation inside the limit starts: a window that the first use opens is open.
    pub(super) fn open(&mut self, limit: &UsageLimit, owner: u16, clock: WindowClock<'_>) {
        let LimitWindow::FirstUse(span) = limit.window else { return };
        let meter = self.at(limit, owner, clock);
        if !meter.is_open(clock.now) {
            meter.window = (clock.now, clock.now + span);
        }
    }

    /// Counts for an owner.
    pub(super) fn count(
        &mut self,
        limit: &UsageLimit,
        owner: u16,
        amount: Credits,
        clock: WindowClock<'_>,
    ) -> MeterRise {
        let meter = self.at(limit, owner, clock);
        let before = meter.used(limit.window);
        meter.count(limit, amount, clock.now);
        let after = meter.used(limit.window);
        let member = if limit.per == LimitOwner::Member { owner } else { u16::MAX };
        let overrun = match limit.amount.of(member) {
            StatedAmount::Most(most) => (after - most).positive_part() - (before - most).positive_part(),
            StatedAmount::Unsaid | StatedAmount::Unlimited => Credits::ZERO,
        };
        MeterRise { used: (before, after), overrun }
    }

    /// What was counted at an instant is given back, if the window that it was counted in is open.
    pub(super) fn give_back(
        &mut self,
        limit: &UsageLimit,
        owner: u16,
        (at, amount): (SimTime, Credits),
        clock: WindowClock<'_>,
    ) {
        let meter = self.at(limit, owner, clock);
        if at < meter.since {
            return;
        }
        match limit.window {
            LimitWindow::Fixed { .. } | LimitWindow::FirstUse(_) if !meter.is_open(at) => return,
            LimitWindow::Rolling(_) => match meter.recent.iter_mut().find(|(counted, _)| *counted == at) {
                Some((_, counted)) => *counted -= amount,
                None => return,
            },
            _ => {}
        }
        meter.used = (meter.used - i128::from(amount.micros()) * scale(limit.window)).max(0);
    }

    /// All owners' meters of a limit begin anew, or one owner's.
    pub(super) fn reset(
        &mut self,
        (limit, owner): (&UsageLimit, Option<u16>),
        restart: bool,
        clock: WindowClock<'_>,
    ) {
        let of_limit = self.meters.range_mut((limit.id, 0)..=(limit.id, u16::MAX));
        for (_, meter) in of_limit.filter(|((_, who), _)| owner.is_none_or(|owner| owner == *who)) {
            meter.move_on(limit.window, clock);
            meter.reset(limit.window, restart, clock.now);
        }
    }

    /// Takes the oldest banked reset of an owner that can be used at the present, if there is one; `limit` is the first
    /// that it resets.
    pub(super) fn take_banked(
        &mut self,
        (limit, owner): (u16, u16),
        banked: BankedResets,
        clock: WindowClock<'_>,
    ) -> bool {
        let given = |n: i64| match banked.every {
            Some(every) => clock.zone.nth(clock.signed_up, every, n, MonthEnd::Clamp),
            None => clock.signed_up,
        };
        let valid = |at: SimTime| {
            let end = banked.expires_after.map(|span| clock.zone.nth(at, span, 1, MonthEnd::Clamp));
            end.is_none_or(|end| clock.now < end)
        };
        let taken = self.banked.entry((limit, owner)).or_default();
        let times = if banked.every.is_some() { i64::MAX } else { 1 };
        let mut issues = (0..times).map(given).take_while(|at| *at <= clock.now).enumerate();
        let oldest =
            issues.find(|(n, at)| valid(*at) && taken.get(*n).is_none_or(|taken| *taken < banked.number));
        let Some((n, _)) = oldest else { return false };
        if taken.len() <= n {
            taken.resize(n + 1, 0);
        }
        taken[n] += 1;
        true
    }

    /// Somebody whom a limit has refused waits for something to change.
    pub(super) fn waits(&mut self) {
        self.waits = true;
    }

    /// True if somebody whom a limit had refused waited; from now on nobody does.
    pub(super) fn take_waiting(&mut self) -> bool {
        std::mem::take(&mut self.waits)
    }

    /// True if somebody waits in a queue.
    pub(super) fn has_queue(&self) -> bool {
        self.meters.values().any(|meter| !meter.queue.is_empty())
    }

    /// How many wait for a meter's room.
    pub(super) fn queue_len(&self, limit: u16, owner: u16) -> usize {
        self.meters.get(&(limit, owner)).map_or(0, |meter| meter.queue.len())
    }

    /// An operation waits at the tail of a meter's queue.
    pub(super) fn join(&mut self, limit: u16, owner: u16, slot: u32) {
        self.meters.entry((limit, owner)).or_default().queue.push_back(slot);
    }

    /// Meters for whose room somebody waits, with who is next.
    pub(super) fn heads(&self) -> Vec<((u16, u16), u32)> {
        self.meters.iter().filter_map(|(key, meter)| Some((*key, *meter.queue.front()?))).collect()
    }

    /// Who is next at a meter.
    pub(super) fn head(&self, key: (u16, u16)) -> Option<u32> {
        self.meters.get(&key)?.queue.front().copied()
    }

    /// An operation waits no longer; true if others were behind it.
    pub(super) fn drop_out(&mut self, slot: u32) -> bool {
        let Some(meter) = self.meters.values_mut().find(|meter| meter.queue.contains(&slot)) else {
            return false;
        };
        let head = meter.queue.front() == Some(&slot);
        meter.queue.retain(|queued| *queued != slot);
        head && !meter.queue.is_empty()
    }
}
