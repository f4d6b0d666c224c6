//! Who waits for room in a limit (docs/semantics.md §15.7).

use crate::policy::{LimitWindow, OnLimit, StatedAmount, UsageLimit};
use crate::units::{Credits, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Reason};
use super::limits_check::{RoomNeed, Stop};
use super::limits_meters::Owner;
use super::work::Stands;

impl Judged<'_> {
    /// The first limit that an operation is asked by, that queues, and at which somebody waits.
    pub fn queues_behind(&self, work: usize) -> Option<usize> {
        let limits = &self.terms().limits;
        let waits = |place: usize, owner: Owner| {
            self.meter_of(limits[place].id, owner)
                .is_some_and(|meter| !self.meters.all[meter].line.is_empty())
        };
        let asked = self.asked_limits(work).into_iter();
        let mut behind = asked.filter(|(place, owner, _)| {
            let limit = &limits[*place];
            limit.covers.is_none() && limit.on_limit == OnLimit::Queue && waits(*place, *owner)
        });
        behind.next().map(|(place, ..)| place)
    }

    /// Joins the queue of the meter that it is in.
    pub fn join_limit_queue(&mut self, work: usize, place: usize) {
        let limit = &self.terms().limits[place];
        let Some(owner) = self.inside(work, limit) else { return };
        let meter = self.meter(limit.id, owner);
        if self.meters.all[meter].line.len() >= limit.queue_max as usize {
            self.lose(work, Reason::QueueFull);
            return;
        }
        self.work[work].stands = Stands::Queued;
        self.meters.all[meter].line.push(work);
        self.work[work].outside_queues = false;
        let fact = self.fact_of(work, EntryKind::Queued).because(Reason::Limit(limit.id));
        self.say(fact);
        self.begins_patience(work, Some(limit));
        self.expect_room(work, place);
    }

    /// Meters with somebody waiting, in the order of limit and owner.
    fn lines(&self) -> Vec<usize> {
        let mut lines: Vec<usize> =
            (0..self.meters.all.len()).filter(|&meter| !self.meters.all[meter].line.is_empty()).collect();
        let place = |id: u16| self.terms().limits.iter().position(|limit| limit.id == id);
        lines.sort_by_key(|&meter| (place(self.meters.all[meter].id), self.meters.all[meter].owner));
        lines
    }

    pub fn somebody_waits_for_room(&self) -> bool {
        !self.lines().is_empty()
    }

    /// True if the head of a limit's queue leaves it.
    pub fn head_of_limit_leaves(&mut self) -> bool {
        self.lines().into_iter().any(|meter| self.leaves_line(meter))
    }

    fn leaves_line(&mut self, meter: usize) -> bool {
        let id = self.meters.all[meter].id;
        let Some(&head) = self.meters.all[meter].line.first() else { return false };
        if self.waits_for_turn_or_outage(head) {
            return false;
        }
        self.price_now(head);
        self.look_at_checks(head);
        if self.meters.all[meter].line.first() != Some(&head) {
            return true;
        }
        let stop = self.stopped(head);
        if let Some(Stop::Limit(place)) = stop {
            let limit = &self.terms().limits[place];
            if limit.id == id && limit.on_limit == OnLimit::Queue {
                self.expect_room(head, place);
                return false;
            }
        }
        self.meters.all[meter].line.remove(0);
        self.goes_on(head, stop);
        true
    }

    /// The head of a queue starts, or meets what now stops it.
    pub fn goes_on(&mut self, head: usize, stop: Option<Stop>) {
        match stop {
            None => self.admit(head),
            Some(stop) => self.meets(head, stop),
        }
    }

    /// Waiters outside queues whom a limit has refused are woken.
    pub fn room_has_come(&mut self) {
        let refused = |&work: &usize| matches!(self.work[work].refused_for, Reason::Limit(_));
        let woken: Vec<usize> = self.queue.for_credits.iter().copied().filter(refused).collect();
        self.wake_waiters(woken);
    }

    /// A window has ended, enough has left it, or a bucket has filled: whoever waits for room tries.
    pub fn room_comes(&mut self) {
        self.look_at_queue();
        self.room_has_come();
    }

    /// When time alone may bring the room that an operation has just not found.
    pub fn expect_room(&mut self, work: usize, place: usize) {
        let limit = &self.terms().limits[place];
        let Some(owner) = self.inside(work, limit) else { return };
        if let Some(at) = self.room_after_now(work, limit, owner)
            && !self.to_come.has(at, |what| what == Coming::RoomComes)
        {
            self.to_come.add(at, (0, 0, 0), Coming::RoomComes);
        }
    }

    /// The room that an operation needs under a limit that has turned it away.
    fn room_needed(&self, work: usize, limit: &UsageLimit) -> RoomNeed {
        let place = self.terms().limits.iter().position(|other| other.id == limit.id);
        match place {
            Some(place) if limit.covers.is_some() => self.needed_inside(work, place),
            _ => self.limit_need(work, limit),
        }
    }

    /// Nobody waits for a window that would not hold what is needed.
    fn room_after_now(&self, work: usize, limit: &UsageLimit, owner: Owner) -> Option<SimTime> {
        let meter = self.meter_of(limit.id, owner)?;
        let StatedAmount::Most(amount) = self.amount_of(limit, owner) else { return None };
        if !Self::has_room(Credits::ZERO, Credits::ZERO, self.room_needed(work, limit), amount) {
            return None;
        }
        match limit.window {
            LimitWindow::Fixed { .. } => self.fixed_window(limit).map(|(_, to)| to),
            LimitWindow::FirstUse(_) => self.open_first_use(limit, meter).map(|(_, to)| to),
            LimitWindow::Rolling(span) => self.left_by(work, limit, owner, span),
            LimitWindow::Refill { amount, per } => self.filled_by(work, limit, owner, amount, per),
            LimitWindow::Life => None,
        }
    }

    /// When enough has left a rolling window.
    fn left_by(&self, work: usize, limit: &UsageLimit, owner: Owner, span: SimSpan) -> Option<SimTime> {
        let StatedAmount::Most(amount) = self.amount_of(limit, owner) else { return None };
        let (need, reserved) = (self.room_needed(work, limit), self.reserved_inside(limit, owner));
        let mut used = self.used(limit, owner);
        if Self::has_room(used, reserved, need, amount) {
            return None;
        }
        for counted in &self.meters.all[self.meter_of(limit.id, owner)?].counted {
            if !counted.forgotten && self.now < counted.at + span {
                used -= counted.counts;
                if Self::has_room(used, reserved, need, amount) {
                    return Some(counted.at + span);
                }
            }
        }
        None
    }

    /// When a bucket has filled far enough.
    fn filled_by(
        &self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        rate: Credits,
        per: SimSpan,
    ) -> Option<SimTime> {
        let StatedAmount::Most(amount) = self.amount_of(limit, owner) else { return None };
        let (need, reserved) = (self.room_needed(work, limit), self.reserved_inside(limit, owner));
        let used = self.used(limit, owner);
        if Self::has_room(used, reserved, need, amount) {
            return None;
        }
        // What may be used at most as it starts.
        let need = match need {
            RoomNeed::Any => Credits::EPSILON,
            RoomNeed::Much(need) | RoomNeed::Newest(need) => need,
        };
        let most = amount - reserved - need;
        if most < Credits::ZERO {
            return None;
        }
        let (parts, each) = self.flown(self.meter_of(limit.id, owner)?, rate, per);
        let too_much = parts - i128::from(most.micros()) * each;
        let rate = i128::from(rate.micros());
        let wait = (too_much + rate - 1) / rate;
        Some(self.now + SimSpan::from_micros(i64::try_from(wait).ok()?))
    }
}
