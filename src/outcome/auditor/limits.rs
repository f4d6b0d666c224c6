//! Limits as the journal tells them (laws 10 and 11): what meters have counted, what holds reserve, and whom they turn away.
//!
//! Owns a second set of meters for limits of credits, operations and work in flight, made from starts, burns, debts, refunds, holds
//! and resets alone. Leaves limits of quantities and money, whose amounts no entry tells, and the need of an operation, which an
//! entry states, to the judge. Invariant: the terms do not change, or nothing is recomputed.

use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

use crate::outcome::journal::{Entry, EntryKind, EntryMeter, MeterOwner, Reason};
use crate::units::{Category, Credits, NO_MEMBER, SimSpan, SimTime};

use super::{AuditResult, AuditedOwner, Violation};

/// A limit as one organization meets it.
#[derive(Debug, Clone)]
pub struct AuditedLimit {
    /// Its number among those of the policy.
    pub id: u16,
    /// Whether operations that each feature serves are inside.
    pub features: Vec<bool>,
    /// Whether those of each member are; anybody's if absent.
    pub members: Option<Vec<bool>>,
    /// Who has a meter of their own.
    pub owner: AuditedOwner,
    /// What it has room for, by the owner's number; what is not there has the last one's.
    pub amounts: Vec<AuditedAmount>,
    /// What it counts.
    pub unit: AuditedUnit,
    /// It bounds parts of charges.
    pub is_ceiling: bool,
    /// It turns operations away.
    pub is_hard: bool,
    /// The number of its chain.
    pub chain: Option<usize>,
    /// Its windows.
    pub window: AuditedWindow,
    /// By the feature that serves: any room is enough.
    pub any_room: Vec<bool>,
}

/// How much there is room for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditedAmount {
    /// Nothing is said: a chain passes on.
    Unsaid,
    /// No limit.
    Unlimited,
    /// So much.
    Most(Credits),
}

/// What a limit counts.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum AuditedUnit {
    /// Credits of charges: of lots by category, and overage.
    Credits([bool; 4]),
    /// Operations that start.
    Operations,
    /// Operations at work.
    InFlight,
    /// Something that no entry tells.
    Untold,
}

/// The time in which a limit counts.
#[derive(Debug, Clone)]
pub enum AuditedWindow {
    /// From one of these instants to the next.
    Fixed(Arc<[SimTime]>),
    /// Opened by an operation that starts while none is open.
    FirstUse(SimSpan),
    /// (t − span, t].
    Rolling(SimSpan),
    /// Credits that come back in so much time.
    Refill(Credits, SimSpan),
    /// For good.
    Life,
}

/// One operation, as a limit counts it.
const ONE: Credits = Credits::from_whole(1);
/// The part of a charge that lots do not cover.
const OVERAGE: usize = 3;

type OfOperation = (u16, u32);

/// A charge, and what of it may be given back.
#[derive(Debug, Clone)]
struct Charged {
    at: SimTime,
    turn: u32,
    parts: Vec<(usize, Credits)>,
}

/// What one owner has used.
#[derive(Debug, Clone, Default)]
struct AuditedMeter {
    /// Of a bucket, times the span in which it fills [µs].
    used: i128,
    window: (SimTime, SimTime),
    recent: VecDeque<(SimTime, Credits)>,
    /// Turns at which it began anew, and its window was opened.
    reset: u32,
    opened: u32,
    raised: Credits,
}

/// All meters.
#[derive(Debug, Clone, Default)]
pub(super) struct AuditedMeters {
    limits: Vec<AuditedLimit>,
    meters: BTreeMap<(usize, u16), AuditedMeter>,
    /// Entries that began what is at work, and what holds hold.
    at_work: BTreeMap<OfOperation, Entry>,
    held: BTreeMap<OfOperation, (Entry, Credits)>,
    charges: BTreeMap<OfOperation, Vec<Charged>>,
    /// A hold has just timed out, and is charged: the charge that follows stays charged.
    timed_out: Option<OfOperation>,
    stays: Option<OfOperation>,
    /// Will be given something back later.
    promised: Vec<OfOperation>,
    /// How often limits have begun anew, or windows have been opened.
    turn: u32,
}

impl AuditedLimit {
    /// Whose meter an operation counts into; none if it is outside.
    fn owner_of(&self, entry: &Entry) -> Option<u16> {
        let serves = entry.serves?;
        let of_feature = self.features.get(serves.index()) == Some(&true);
        let member = usize::from(entry.member);
        let of_member =
            self.members.as_ref().is_none_or(|members| members.get(member).copied().unwrap_or(false));
        if !of_feature || !of_member {
            return None;
        }
        self.owner_outside(entry)
    }

    /// Whose meter an operation's would be, inside or not.
    fn owner_outside(&self, entry: &Entry) -> Option<u16> {
        match &self.owner {
            AuditedOwner::Organization => Some(0),
            AuditedOwner::Group(groups) => groups.get(usize::from(entry.member)).copied().flatten(),
            AuditedOwner::Member => (entry.member != NO_MEMBER).then_some(entry.member),
            AuditedOwner::Project => Some(entry.project),
        }
    }

    fn amount_of(&self, owner: u16) -> AuditedAmount {
        let own = self.amounts.get(usize::from(owner)).or(self.amounts.last());
        own.copied().unwrap_or(AuditedAmount::Unlimited)
    }

    fn counts(&self, part: usize) -> bool {
        matches!(self.unit, AuditedUnit::Credits(parts) if parts[part])
    }

    fn scale(&self) -> i128 {
        match self.window {
            AuditedWindow::Refill(_, per) => i128::from(per.micros().max(1)),
            _ => 1,
        }
    }
}

impl AuditedMeter {
    /// At an instant: windows have ended, buckets have filled.
    fn move_on(&mut self, limit: &AuditedLimit, now: SimTime) {
        match &limit.window {
            AuditedWindow::Life => {}
            AuditedWindow::Fixed(bounds) => {
                let next = bounds.partition_point(|bound| *bound <= now);
                let from = next.checked_sub(1).map_or(SimTime::MIN, |last| bounds[last]);
                let open = (from, bounds.get(next).copied().unwrap_or(SimTime::MAX));
                if open != self.window {
                    (self.window, self.used) = (open, 0);
                }
            }
            AuditedWindow::FirstUse(_) => {
                if now >= self.window.1 {
                    (self.window, self.used) = ((SimTime::MIN, SimTime::MIN), 0);
                }
            }
            AuditedWindow::Rolling(span) => {
                while let Some((at, credits)) = self.recent.front().copied()
                    && now - at >= *span
                {
                    self.used -= i128::from(credits.micros());
                    self.recent.pop_front();
                }
            }
            AuditedWindow::Refill(amount, _) => {
                let since = (now - self.window.0.max(SimTime::from_micros(0))).micros();
                self.used = (self.used - i128::from(since) * i128::from(amount.micros())).max(0);
                self.window.0 = now;
            }
        }
    }

    fn is_open(&self, at: SimTime) -> bool {
        self.window.0 <= at && at < self.window.1
    }

    fn used(&self, limit: &AuditedLimit) -> Credits {
        let scale = limit.scale();
        Credits::from_micros(i64::try_from((self.used + scale - 1).div_euclid(scale)).unwrap_or(i64::MAX))
    }

    /// Counts at the present; beside a window that the first use opens nothing is used.
    fn count(&mut self, limit: &AuditedLimit, amount: Credits, now: SimTime) {
        if matches!(limit.window, AuditedWindow::FirstUse(_)) && !self.is_open(now) {
            return;
        }
        self.used += i128::from(amount.micros()) * limit.scale();
        if matches!(limit.window, AuditedWindow::Rolling(_)) {
            match self.recent.back_mut() {
                Some((at, last)) if *at == now => *last += amount,
                _ => self.recent.push_back((now, amount)),
            }
        }
    }

    /// Something of a charge is given back, in its own window if that is open.
    fn give_back(&mut self, limit: &AuditedLimit, (at, turn): (SimTime, u32), amount: Credits) {
        let open = match limit.window {
            AuditedWindow::Fixed(_) => self.is_open(at),
            AuditedWindow::FirstUse(_) => self.is_open(at) && turn >= self.opened,
            AuditedWindow::Rolling(_) | AuditedWindow::Refill(..) | AuditedWindow::Life => true,
        };
        if turn < self.reset || !open {
            return;
        }
        if matches!(limit.window, AuditedWindow::Rolling(_)) {
            let Some((_, counted)) = self.recent.iter_mut().find(|(counted, _)| *counted == at) else {
                return;
            };
            *counted -= amount;
        }
        self.used = (self.used - i128::from(amount.micros()) * limit.scale()).max(0);
    }
}

fn operation(entry: &Entry) -> Option<OfOperation> {
    entry.feature.map(|feature| (feature.0, entry.operation))
}

impl AuditedMeters {
    pub(super) fn new(limits: Vec<AuditedLimit>) -> AuditedMeters {
        AuditedMeters { limits, ..AuditedMeters::default() }
    }

    pub(super) fn take(&mut self, entry: &Entry) -> AuditResult {
        if self.limits.is_empty() {
            return Ok(());
        }
        match entry.kind {
            EntryKind::LimitReset => self.reset(entry),
            EntryKind::LimitRaised => self.raise(entry),
            _ => {}
        }
        let Some(key) = operation(entry) else { return Ok(()) };
        match entry.kind {
            EntryKind::Start => return self.start(key, entry),
            EntryKind::Charge => self.charge(key, entry),
            EntryKind::Burn => self.count_part(key, entry, part_of(entry.category)),
            EntryKind::DebtIncurred => self.count_part(key, entry, OVERAGE),
            EntryKind::Refund => self.refund(key, entry),
            EntryKind::RefundIncurred => self.promised.push(key),
            EntryKind::HoldOpen | EntryKind::HoldExtend => {
                self.held.entry(key).or_insert((*entry, Credits::ZERO)).1 += entry.credits;
            }
            EntryKind::HoldCharged => {
                self.held.remove(&key);
                self.timed_out = Some(key);
            }
            EntryKind::HoldSettle | EntryKind::HoldRelease | EntryKind::HoldExpire => {
                self.held.remove(&key);
            }
            EntryKind::Served
            | EntryKind::Substituted
            | EntryKind::Failed
            | EntryKind::Cancelled
            | EntryKind::Killed => {
                self.at_work.remove(&key);
                if !self.promised.contains(&key) {
                    self.charges.remove(&key);
                }
            }
            EntryKind::Refused | EntryKind::Degraded | EntryKind::RaiseAsked => {
                return self.turned_away(entry);
            }
            _ => {}
        }
        Ok(())
    }

    /// An owner's meter at the present.
    fn at(&mut self, place: usize, owner: u16, now: SimTime) -> &mut AuditedMeter {
        let meter = self.meters.entry((place, owner)).or_default();
        meter.move_on(&self.limits[place], now);
        meter
    }

    fn used(&mut self, place: usize, owner: u16, now: SimTime) -> Credits {
        if self.limits[place].unit == AuditedUnit::InFlight {
            let limit = &self.limits[place];
            let inside = self.at_work.values().filter(|work| limit.owner_of(work) == Some(owner));
            return Credits::from_whole(inside.count() as i64);
        }
        self.at(place, owner, now);
        self.meters[&(place, owner)].used(&self.limits[place])
    }

    /// What open holds of operations inside hold.
    fn reserved(&self, place: usize, owner: u16) -> Credits {
        let limit = &self.limits[place];
        if !matches!(limit.unit, AuditedUnit::Credits(_)) {
            return Credits::ZERO;
        }
        let inside = self.held.values().filter(|(hold, _)| limit.owner_of(hold) == Some(owner));
        inside.map(|(_, credits)| *credits).sum()
    }

    /// The limits that are asked for an operation, whose meter, and what there is room for (docs/semantics.md §15.2).
    fn asked(&self, entry: &Entry) -> Vec<(usize, u16, Credits)> {
        let (mut chains, mut asked) = (Vec::new(), Vec::new());
        for (place, limit) in self.limits.iter().enumerate() {
            let Some(owner) = limit.owner_of(entry) else { continue };
            let amount = limit.amount_of(owner);
            if amount == AuditedAmount::Unsaid {
                continue;
            }
            if let Some(chain) = limit.chain {
                if chains.contains(&chain) {
                    continue;
                }
                chains.push(chain);
            }
            if let AuditedAmount::Most(most) = amount {
                let raised = self.meters.get(&(place, owner)).map_or(Credits::ZERO, |meter| meter.raised);
                asked.push((place, owner, most + raised));
            }
        }
        asked
    }

    /// Whether a limit that is asked has room for an operation that needs so much of its credits; none is any.
    fn has_room(
        &mut self,
        (place, owner, amount): (usize, u16, Credits),
        entry: &Entry,
        credits: Option<Credits>,
    ) -> bool {
        let used = self.used(place, owner, entry.at);
        let reserved = self.reserved(place, owner);
        let need = match self.limits[place].unit {
            AuditedUnit::Operations | AuditedUnit::InFlight => Some(ONE),
            AuditedUnit::Credits(_) | AuditedUnit::Untold => credits,
        };
        need.map_or(used + reserved < amount, |need| used + reserved + need <= amount)
    }

    /// Law 11: a limit that turns an operation away has no room for it, and every limit asked before it has; law 10: what its meter
    /// says is what the journal comes to.
    fn turned_away(&mut self, entry: &Entry) -> AuditResult {
        let (Reason::Limit(id), Some(meter)) = (entry.reason, entry.meter) else { return Ok(()) };
        self.compare(entry, &meter)?;
        let asked = self.asked(entry);
        let found = asked.iter().position(|(place, ..)| self.limits[*place].id == id);
        let Some(decides) = found else {
            return broken(entry, 11, format!("limit {id} turns an operation away that it is not asked for"));
        };
        let limit = &self.limits[asked[decides].0];
        if limit.is_ceiling || limit.unit == AuditedUnit::Untold {
            return Ok(());
        }
        for (place, one) in asked[..=decides].iter().enumerate() {
            let limit = &self.limits[one.0];
            let passed_over = !limit.is_hard || limit.is_ceiling || limit.unit == AuditedUnit::Untold;
            // Only what needs credits itself states how many.
            let credits = matches!(limit.unit, AuditedUnit::Credits(_));
            let stated = matches!(self.limits[asked[decides].0].unit, AuditedUnit::Credits(_));
            if passed_over || credits && !stated && place < decides {
                continue;
            }
            let other = self.limits[one.0].id;
            let has_room = self.has_room(*one, entry, meter.need);
            if place == decides && has_room {
                return broken(
                    entry,
                    11,
                    format!("limit {id} turns an operation away for which it has room"),
                );
            }
            if place < decides && !has_room {
                return broken(entry, 11, format!("limit {other} has no room and limit {id} decides"));
            }
        }
        Ok(())
    }

    /// Law 10: used and reserved as the account says are what the entries come to.
    fn compare(&mut self, entry: &Entry, meter: &EntryMeter) -> AuditResult {
        let Some(place) = self.limits.iter().position(|limit| limit.id == meter.limit) else { return Ok(()) };
        let owner = match meter.owner {
            MeterOwner::Organization => 0,
            MeterOwner::Group(owner) | MeterOwner::Member(owner) | MeterOwner::Project(owner) => owner,
        };
        if self.limits[place].unit == AuditedUnit::Untold {
            return Ok(());
        }
        let (used, reserved) = (self.used(place, owner, entry.at), self.reserved(place, owner));
        let same = used == meter.used.1 && (self.limits[place].is_ceiling || reserved == meter.reserved);
        if !same {
            let (said, held) = (meter.used.1, meter.reserved);
            let what = format!(
                "limit {} has used {said} and reserved {held} of owner {owner}, and the journal comes to {used} and {reserved}",
                meter.limit
            );
            return broken(entry, 10, what);
        }
        Ok(())
    }

    /// An operation starts: nothing does without room, windows open, and operations count.
    fn start(&mut self, key: OfOperation, entry: &Entry) -> AuditResult {
        let any_room = |limit: &AuditedLimit| {
            let serves = entry.serves.map_or(usize::MAX, |serves| serves.index());
            limit.any_room.get(serves) == Some(&true)
        };
        let own = self.held.remove(&key);
        for one in self.asked(entry) {
            let limit = &self.limits[one.0];
            let told = match limit.unit {
                AuditedUnit::Operations | AuditedUnit::InFlight => true,
                AuditedUnit::Credits(_) => any_room(limit),
                AuditedUnit::Untold => false,
            };
            let asks = limit.is_hard && !limit.is_ceiling && told;
            let id = limit.id;
            if asks && !self.has_room(one, entry, None) {
                return broken(entry, 11, format!("an operation starts for which limit {id} has no room"));
            }
        }
        if let Some(own) = own {
            self.held.insert(key, own);
        }
        self.at_work.insert(key, *entry);
        for place in 0..self.limits.len() {
            let Some(owner) = self.limits[place].owner_of(entry) else { continue };
            let turn = self.turn + 1;
            let limit = self.limits[place].clone();
            let meter = self.at(place, owner, entry.at);
            if let AuditedWindow::FirstUse(span) = limit.window
                && !meter.is_open(entry.at)
            {
                (meter.window, meter.opened) = ((entry.at, entry.at + span), turn);
                self.turn = turn;
            }
            if limit.unit == AuditedUnit::Operations {
                self.at(place, owner, entry.at).count(&limit, ONE, entry.at);
            }
        }
        Ok(())
    }

    fn charge(&mut self, key: OfOperation, entry: &Entry) {
        if let Some((_, held)) = self.held.get_mut(&key) {
            *held = (*held - entry.credits).positive_part();
        }
        self.stays = self.timed_out.take().filter(|timed_out| *timed_out == key);
        // What a hold's timeout took is counted, and not given back.
        if self.stays.is_none() {
            let charged = Charged { at: entry.at, turn: self.turn, parts: Vec::new() };
            self.charges.entry(key).or_default().push(charged);
        }
    }

    /// Part of the charge before it.
    fn count_part(&mut self, key: OfOperation, entry: &Entry, part: usize) {
        for place in 0..self.limits.len() {
            if !self.limits[place].counts(part) {
                continue;
            }
            if let Some(owner) = self.limits[place].owner_of(entry) {
                let limit = self.limits[place].clone();
                self.at(place, owner, entry.at).count(&limit, entry.credits, entry.at);
            }
        }
        if self.stays == Some(key) {
            return;
        }
        if let Some(charge) = self.charges.get_mut(&key).and_then(|charges| charges.last_mut()) {
            charge.parts.push((part, entry.credits));
        }
    }

    /// The last charge first, the last part of it first.
    fn refund(&mut self, key: OfOperation, entry: &Entry) {
        let (mut left, mut undone) = (entry.credits, Vec::new());
        let charges = self.charges.entry(key).or_default();
        while left.is_positive()
            && let Some(charge) = charges.last_mut()
        {
            let Some((part, credits)) = charge.parts.pop() else {
                charges.pop();
                continue;
            };
            let back = credits.min(left);
            left -= back;
            if credits > back {
                charge.parts.push((part, credits - back));
            }
            undone.push(((charge.at, charge.turn), part, back));
        }
        for (when, part, back) in undone {
            for place in 0..self.limits.len() {
                if !self.limits[place].counts(part) {
                    continue;
                }
                if let Some(owner) = self.limits[place].owner_of(entry) {
                    let limit = self.limits[place].clone();
                    self.at(place, owner, entry.at).give_back(&limit, when, back);
                }
            }
        }
    }

    /// A limit begins anew: everybody's meters, or those of whose operation it is.
    fn reset(&mut self, entry: &Entry) {
        let Reason::Limit(id) = entry.reason else { return };
        self.turn += 1;
        for place in 0..self.limits.len() {
            if self.limits[place].id != id {
                continue;
            }
            let of = entry.feature.map(|_| self.limits[place].owner_outside(entry));
            let owners: Vec<u16> = match of {
                Some(owner) => owner.into_iter().collect(),
                None => self.meters.keys().filter(|(of, _)| *of == place).map(|(_, owner)| *owner).collect(),
            };
            let turn = self.turn;
            for owner in owners {
                let meter = self.at(place, owner, entry.at);
                (meter.used, meter.reset) = (0, turn);
                meter.recent.clear();
            }
        }
    }

    fn raise(&mut self, entry: &Entry) {
        let (Reason::Limit(id), Some(meter)) = (entry.reason, entry.meter) else { return };
        let owner = match meter.owner {
            MeterOwner::Organization => 0,
            MeterOwner::Group(owner) | MeterOwner::Member(owner) | MeterOwner::Project(owner) => owner,
        };
        if let Some(place) = self.limits.iter().position(|limit| limit.id == id) {
            self.at(place, owner, entry.at).raised += entry.credits;
        }
    }
}

fn part_of(category: Category) -> usize {
    category.index()
}

fn broken(entry: &Entry, law: u8, what: String) -> AuditResult {
    Err(Violation { law, at: entry.at, what })
}
