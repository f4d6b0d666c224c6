//! Meters: what limits have counted, in their windows (docs/semantics.md §15).
//!
//! Owns, for each limit and each of its owners, what is used, the window that is open, what work in the trace reserves, and
//! the queue of those who wait for room. Leaves who is inside a limit to `meter_rules`, and what follows from a lack of room
//! to the conductor. Invariants: a meter moves on to the present before it is read; what is given back is taken off only in
//! the window of its charge.

use std::collections::{BTreeMap, VecDeque};

use crate::calendar::MonthEnd;
use crate::deliberate::Deliberate;
use crate::policy::{BankedResets, LimitWindow};
use crate::units::{Credits, SimTime};

use super::gate::NeedOfRoom;
use super::meter::{FixedWindow, LimitMeter, scale};
use super::meter_rules::{MeterRule, WindowClock};

/// What a count did to a meter.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct MeterRise {
    /// Used before, and after.
    pub(super) used: (Credits, Credits),
    /// By how much what is used beyond the amount has risen.
    pub(super) overrun: Credits,
}

/// What is the same for all meters of a limit.
#[derive(Debug, Clone, Default)]
struct MetersOfLimit {
    /// By owner, as far as anybody has been looked at.
    by_owner: Vec<LimitMeter>,
    fixed: FixedWindow,
}

/// What lasts of a meter, alike whichever way an account has gone: limit, owner, what is used, until when a window is open
/// that the first use has opened, and what counts in a rolling window.
pub(super) type MeterStanding = (usize, usize, i128, Option<SimTime>, VecDeque<(SimTime, Credits)>);

/// All meters of an account.
#[derive(Debug, Clone, Default)]
pub(super) struct Meters {
    /// By limit.
    limits: Vec<MetersOfLimit>,
    /// Who waits for a meter's room, by limit and owner; nothing empty.
    queues: BTreeMap<(u16, u16), VecDeque<u32>>,
    /// How many banked resets of each issue are used, by the first limit that they reset and the owner.
    banked: BTreeMap<(u16, u16), Vec<u32>>,
    /// Somebody whom a limit has refused waits for something to change.
    waits: bool,
    /// When time has brought room last.
    opened_at: Option<SimTime>,
    /// What lasts of each meter where the account was stopped.
    standing: Vec<MeterStanding>,
}

impl MetersOfLimit {
    /// An owner's meter at the present.
    #[inline]
    fn at(&mut self, window: LimitWindow, owner: u16, clock: WindowClock<'_>) -> &mut LimitMeter {
        let owner = usize::from(owner);
        if owner >= self.by_owner.len() {
            self.by_owner.resize(owner + 1, LimitMeter::default());
        }
        let meter = &mut self.by_owner[owner];
        meter.move_on(window, &mut self.fixed, clock);
        meter
    }

    /// Every owner's meter at the present.
    fn all(
        &mut self,
        window: LimitWindow,
        clock: WindowClock<'_>,
    ) -> impl Iterator<Item = (usize, &mut LimitMeter)> {
        let MetersOfLimit { by_owner, fixed } = self;
        by_owner.iter_mut().enumerate().map(move |(owner, meter)| {
            meter.move_on(window, fixed, clock);
            (owner, meter)
        })
    }
}

impl Meters {
    #[inline]
    fn of(&mut self, limit: u16) -> &mut MetersOfLimit {
        let limit = usize::from(limit);
        if limit >= self.limits.len() {
            self.limits.resize(limit + 1, MetersOfLimit::default());
        }
        &mut self.limits[limit]
    }

    #[inline]
    fn at(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) -> &mut LimitMeter {
        self.of(rule.id).at(rule.window, owner, clock)
    }

    /// True if an owner's meter has room besides what is reserved outside the trace.
    #[inline]
    pub(super) fn has_room(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        most: Credits,
        (need, reserved): (NeedOfRoom, Credits),
        clock: WindowClock<'_>,
    ) -> bool {
        let meter = self.at(rule, owner, clock);
        meter.has_room(rule.window, most, need, reserved + meter.in_trace)
    }

    /// What an owner has used, at the present.
    #[inline]
    pub(super) fn used(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) -> Credits {
        self.at(rule, owner, clock).used(rule.window)
    }

    /// What operations of the trace reserve of an owner's room.
    #[inline]
    pub(super) fn in_trace(&self, limit: u16, owner: u16) -> Credits {
        let of_limit = self.limits.get(usize::from(limit));
        of_limit
            .and_then(|of| of.by_owner.get(usize::from(owner)))
            .map_or(Credits::ZERO, |meter| meter.in_trace)
    }

    /// Operations of the trace reserve more of an owner's room, or less.
    #[inline]
    pub(super) fn reserve_in_trace(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        more: Credits,
        clock: WindowClock<'_>,
    ) {
        self.at(rule, owner, clock).in_trace += more;
    }

    /// An owner's meter has no room for an operation; true the first time.
    pub(super) fn is_met(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) -> bool {
        !std::mem::replace(&mut self.at(rule, owner, clock).met, true)
    }

    /// What is counted begins anew: nobody has met any limit.
    pub(super) fn begin_measuring(&mut self) {
        self.limits.iter_mut().flat_map(|of| &mut of.by_owner).for_each(|meter| meter.met = false);
    }

    /// When an owner's meter may have room for somebody who waits.
    pub(super) fn opens_at(
        &mut self,
        (rule, owner): (&MeterRule, u16),
        most: Credits,
        (need, reserved): (NeedOfRoom, Credits),
        clock: WindowClock<'_>,
    ) -> Option<SimTime> {
        let meter = self.at(rule, owner, clock);
        meter.opens_at(rule.window, most, (need, reserved + meter.in_trace), clock.now)
    }

    /// An operation inside the limit starts: a window that the first use opens is open.
    #[inline]
    pub(super) fn open(&mut self, rule: &MeterRule, owner: u16, clock: WindowClock<'_>) {
        let LimitWindow::FirstUse(span) = rule.window else { return };
        let meter = self.at(rule, owner, clock);
        if !meter.is_open(clock.now) || Deliberate::FirstUseWindowsMove.is_made() {
            meter.window = (clock.now, clock.now + span);
        }
    }

    /// The end of the window that is open at the present: fixed, or opened by the first use. None if none is open, or there
    /// is no end.
    pub(super) fn open_until(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        clock: WindowClock<'_>,
    ) -> Option<SimTime> {
        let meter = self.at(rule, owner, clock);
        meter.is_open(clock.now).then_some(meter.window.1)
    }

    /// Counts for an owner.
    #[inline]
    pub(super) fn count(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        amount: Credits,
        clock: WindowClock<'_>,
    ) -> MeterRise {
        let amount = if Deliberate::LimitsCountNothing.is_made() { Credits::ZERO } else { amount };
        self.change(rule, owner, clock, |meter| meter.count(rule.window, amount, clock.now))
    }

    /// The newest value of an owner takes the place of what is used.
    pub(super) fn replace(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        value: Credits,
        clock: WindowClock<'_>,
    ) -> MeterRise {
        self.change(rule, owner, clock, |meter| meter.replace(value))
    }

    /// Counts what was incurred at an earlier instant in the window of that instant; none if that has ended.
    pub(super) fn count_late(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        (at, amount): (SimTime, Credits),
        clock: WindowClock<'_>,
    ) -> Option<MeterRise> {
        let mut counted = false;
        let rise = self.change(rule, owner, clock, |meter| {
            counted = meter.count_late(rule.window, amount, (at, clock.now));
        });
        counted.then_some(rise)
    }

    #[inline]
    fn change(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        clock: WindowClock<'_>,
        change: impl FnOnce(&mut LimitMeter),
    ) -> MeterRise {
        let meter = self.at(rule, owner, clock);
        let before = meter.used(rule.window);
        change(meter);
        let after = meter.used(rule.window);
        let overrun = match rule.most_of(owner) {
            Some(most) => ((after - most).positive_part() - (before - most).positive_part()).positive_part(),
            None => Credits::ZERO,
        };
        MeterRise { used: (before, after), overrun }
    }

    /// What was counted at an instant is given back, if the window that it was counted in is open.
    pub(super) fn give_back(
        &mut self,
        rule: &MeterRule,
        owner: u16,
        (at, amount): (SimTime, Credits),
        clock: WindowClock<'_>,
    ) {
        let meter = self.at(rule, owner, clock);
        if at < meter.since || Deliberate::LimitsKeepRefunds.is_made() {
            return;
        }
        match rule.window {
            LimitWindow::Fixed { .. } | LimitWindow::FirstUse(_) if !meter.is_open(at) => return,
            LimitWindow::Rolling(_) => match meter.recent.iter_mut().find(|(counted, _)| *counted == at) {
                Some((_, counted)) => *counted -= amount,
                None => return,
            },
            _ => {}
        }
        meter.used = (meter.used - i128::from(amount.micros()) * scale(rule.window)).max(0);
    }

    /// All owners' meters of a limit begin anew, or one owner's.
    pub(super) fn reset(
        &mut self,
        (rule, owner): (&MeterRule, Option<u16>),
        restart: bool,
        clock: WindowClock<'_>,
    ) {
        let all = self.of(rule.id).all(rule.window, clock);
        for (_, meter) in all.filter(|(who, _)| owner.is_none_or(|owner| usize::from(owner) == *who)) {
            meter.reset(rule.window, restart, clock.now);
        }
    }

    /// The account is stopped: notes what lasts of all meters of these limits at the present.
    pub(super) fn stop_at(&mut self, rules: &[MeterRule], clock: WindowClock<'_>) {
        let mut standing = Vec::new();
        for rule in rules {
            for (owner, meter) in self.of(rule.id).all(rule.window, clock) {
                let first_use = matches!(rule.window, LimitWindow::FirstUse(_));
                let until = (first_use && meter.is_open(clock.now)).then_some(meter.window.1);
                if meter.used != 0 || until.is_some() || !meter.recent.is_empty() {
                    let id = usize::from(rule.id);
                    standing.push((id, owner, meter.used, until, meter.recent.clone()));
                }
            }
        }
        self.standing = standing;
    }

    /// What lasts of each meter where the account was stopped.
    pub(super) fn standing(&self) -> &[MeterStanding] {
        &self.standing
    }

    /// Takes the oldest banked reset of an owner that can be used at the present, if there is one; `limit` is the first
    /// that it resets.
    pub(super) fn take_banked(
        &mut self,
        (limit, owner): (u16, u16),
        (banked, month_end): (BankedResets, MonthEnd),
        clock: WindowClock<'_>,
    ) -> bool {
        let given = |n: i64| match banked.every {
            Some(every) => clock.zone.nth(clock.signed_up, every, n, MonthEnd::Clamp),
            None => clock.signed_up,
        };
        let valid = |at: SimTime| {
            let end = banked.expires_after.map(|span| clock.zone.add(at, span, month_end));
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
        taken[n] += u32::from(!Deliberate::BankedResetsLast.is_made());
        true
    }

    /// Time brings room; true once an instant, however many have waited for it.
    pub(super) fn opens(&mut self, now: SimTime) -> bool {
        self.opened_at.replace(now) != Some(now)
    }

    /// Somebody whom a limit has refused waits for something to change.
    pub(super) fn waits(&mut self) {
        self.waits = true;
    }

    /// True if somebody whom a limit had refused waited; from now on nobody does.
    pub(super) fn take_waiting(&mut self) -> bool {
        std::mem::take(&mut self.waits)
    }

    /// True if somebody whom a limit has refused waits for something to change.
    pub(super) fn is_waited_for(&self) -> bool {
        self.waits
    }

    /// True if somebody waits in a queue.
    #[inline]
    pub(super) fn has_queue(&self) -> bool {
        !self.queues.is_empty()
    }

    /// How many wait for a meter's room.
    pub(super) fn queue_len(&self, limit: u16, owner: u16) -> usize {
        self.queues.get(&(limit, owner)).map_or(0, VecDeque::len)
    }

    /// An operation waits at the tail of a meter's queue.
    pub(super) fn join(&mut self, limit: u16, owner: u16, slot: u32) {
        self.queues.entry((limit, owner)).or_default().push_back(slot);
    }

    /// Meters for whose room somebody waits.
    pub(super) fn queued(&self) -> Vec<(u16, u16)> {
        self.queues.keys().copied().collect()
    }

    /// Who is next at a meter.
    pub(super) fn head(&self, key: (u16, u16)) -> Option<u32> {
        self.queues.get(&key)?.front().copied()
    }

    /// An operation waits no longer; true if others were behind it.
    pub(super) fn drop_out(&mut self, slot: u32) -> bool {
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
