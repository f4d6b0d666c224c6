//! Whether limits have room for an operation (docs/semantics.md §15.2, §15.5, §15.6).

use crate::policy::{
    Admission, HoldNeed, LimitReset, LimitUnit, OnLimit, StatedAmount, UsageLimit, WhenShort,
};
use crate::sampling::Purpose;
use crate::units::{Credits, FeatureIndex};
use crate::workload::Fate;

use super::account::Judged;
use super::ceilings::Blamed;
use super::check::with_buffer;
use super::facts::Reason;
use super::limits_meters::{ONE, Owner};
use super::work::Stands;

/// What stops an operation that tries to start.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Stop {
    /// The balance, or a cap of operations in flight, and what meets it.
    Balance(WhenShort, Reason),
    /// A limit, by its place in the plan.
    Limit(usize),
}

/// The room that an operation needs under a limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum RoomNeed {
    /// Any is enough.
    Any,
    /// So much.
    Much(Credits),
    /// As much as this takes in the place of what is used.
    Newest(Credits),
}

impl Judged<'_> {
    /// The limits that are asked, by their places (docs/semantics.md §15.2).
    pub fn asked_limits(&self, work: usize) -> Vec<(usize, Owner, Credits)> {
        let mut chains: Vec<&str> = Vec::new();
        let mut asked = Vec::new();
        for (place, limit) in self.terms().limits.iter().enumerate() {
            let Some(owner) = self.inside(work, limit) else { continue };
            let stated = self.amount_of(limit, owner);
            if stated == StatedAmount::Unsaid {
                continue;
            }
            if let Some(chain) = &limit.chain {
                if chains.contains(&chain.as_str()) {
                    continue;
                }
                chains.push(chain);
            }
            if let StatedAmount::Most(amount) = stated {
                asked.push((place, owner, amount));
            }
        }
        asked
    }

    /// What a limit needs room for (docs/semantics.md §15.5).
    pub fn limit_need(&self, work: usize, limit: &UsageLimit) -> RoomNeed {
        match limit.unit {
            LimitUnit::Operations | LimitUnit::InFlight => return RoomNeed::Much(ONE),
            LimitUnit::Quantity(counted) => return self.quantity_need(work, limit, counted),
            LimitUnit::Credits | LimitUnit::Money => {}
        }
        let estimate = self.work[work].estimate.unwrap_or(Credits::ZERO);
        let need = match &self.rules_of(work).admission {
            Admission::None | Admission::Positive => return RoomNeed::Any,
            Admission::Estimate(_) => estimate,
            Admission::Hold(hold) if hold.need == HoldNeed::Positive => return RoomNeed::Any,
            Admission::Hold(hold) => with_buffer(estimate, hold.buffer),
        };
        RoomNeed::Much(self.need_in_money(work, limit, need))
    }

    /// What open holds reserve inside a limit of credits.
    pub fn reserved_inside(&self, limit: &UsageLimit, owner: Owner) -> Credits {
        match limit.unit {
            LimitUnit::Operations | LimitUnit::InFlight => return Credits::ZERO,
            LimitUnit::Quantity(counted) => return self.quantity_reserved(limit, owner, counted),
            LimitUnit::Credits | LimitUnit::Money => {}
        }
        let inside = |hold: &usize| {
            let hold = &self.holds[*hold];
            !hold.ended && self.inside(hold.work, limit) == Some(owner)
        };
        (0..self.holds.len()).filter(inside).map(|hold| self.held_under(limit, hold)).sum()
    }

    /// used + reserved + need ≤ amount, or used + reserved < amount, or for the newest value need ≤ amount.
    pub fn has_room(used: Credits, reserved: Credits, need: RoomNeed, amount: Credits) -> bool {
        match need {
            RoomNeed::Any => used + reserved < amount,
            RoomNeed::Much(need) => used + reserved + need <= amount,
            RoomNeed::Newest(value) => value <= amount,
        }
    }

    /// The first asked limit without room that is not soft, perhaps after a reset (docs/semantics.md §15.6).
    fn full_limit(&self, work: usize, after: Option<&LimitReset>) -> Option<usize> {
        let terms = self.terms();
        let full = |(place, owner, amount): &(usize, Owner, Credits)| {
            let limit = &terms.limits[*place];
            if limit.covers.is_some() {
                // Ceilings are asked with the balance (docs/semantics.md §15.17).
                return false;
            }
            let counts = limit.unit != LimitUnit::InFlight;
            let anew = counts && after.is_some_and(|reset| reset.limits.contains(&limit.name));
            let used = if anew { Credits::ZERO } else { self.used(limit, *owner) };
            let (reserved, need) = (self.reserved_inside(limit, *owner), self.limit_need(work, limit));
            limit.on_limit != OnLimit::Allow && !Self::has_room(used, reserved, need, *amount)
        };
        self.asked_limits(work).into_iter().find(full).map(|(place, ..)| place)
    }

    /// What stops an operation: the caps, then the limits, then the balance (docs/semantics.md §6.1).
    pub fn what_stops(&self, work: usize, after: Option<&LimitReset>) -> Option<Stop> {
        if let Some((reaction, reason)) = self.cap_is_full(work) {
            return Some(Stop::Balance(reaction, reason));
        }
        if let Some(place) = self.full_limit(work, after) {
            return Some(Stop::Limit(place));
        }
        if self.rules_of(work).admission == Admission::None {
            return None;
        }
        match self.blamed(work, self.need(work), after) {
            Blamed::Nothing => None,
            Blamed::Ceiling(place) => Some(Stop::Limit(place)),
            Blamed::Balance => {
                let (reaction, reason) = self.short_of_credits(work);
                Some(Stop::Balance(reaction, reason))
            }
        }
    }

    /// What stops an operation after a banked reset has been used, if one helps (docs/semantics.md §15.10).
    pub fn stopped(&mut self, work: usize) -> Option<Stop> {
        let stop = self.what_stops(work, None)?;
        let Stop::Limit(place) = stop else { return Some(stop) };
        let rejects = self.terms().limits[place].on_limit == OnLimit::Reject;
        if rejects && self.banked_reset_helps(work, place) {
            return None;
        }
        Some(stop)
    }

    /// What stops an operation meets it.
    pub fn meets(&mut self, work: usize, stop: Stop) {
        let place = match stop {
            Stop::Balance(WhenShort::Degrade, reason) => return self.degrade(work, reason),
            Stop::Balance(WhenShort::Queue, _) => return self.join_queue(work),
            Stop::Balance(WhenShort::Fallback(feature), _) if self.may_fall_back(work, feature) => {
                return self.fall_back(work, feature);
            }
            Stop::Balance(_, reason) => return self.refuse(work, reason),
            Stop::Limit(place) => place,
        };
        let limit = &self.terms().limits[place];
        let reason = Reason::Limit(limit.id);
        match limit.on_limit {
            OnLimit::Queue => self.join_limit_queue(work, place),
            OnLimit::Degrade => self.degrade(work, reason),
            OnLimit::Fallback(feature) if self.may_fall_back(work, feature) => self.fall_back(work, feature),
            OnLimit::Ask if self.asks_for_room(work, place) => match self.stopped(work) {
                None => self.admit(work),
                Some(stop) => self.meets(work, stop),
            },
            OnLimit::Fallback(_) | OnLimit::Reject | OnLimit::Ask | OnLimit::Allow => {
                self.expect_room(work, place);
                self.refuse(work, reason);
            }
        }
    }

    /// An operation is served as another feature once; falling back on what serves it already is none.
    fn may_fall_back(&self, work: usize, feature: FeatureIndex) -> bool {
        !self.work[work].substituted && self.work[work].serving != feature
    }

    /// The same attempt as another feature, at what that makes of the operation's quantities; duration and fate stay
    /// (docs/semantics.md §15.6).
    fn fall_back(&mut self, work: usize, feature: FeatureIndex) {
        let operation = self.work[work].operation;
        let attempt = u64::from(self.work[work].attempt) | 1 << 32;
        let key = self.key_of(operation.feature);
        let mut stream = key.keyed(Purpose::Substitute, u64::from(operation.sequence), attempt);
        let names = self.case.features[operation.feature.index()].source.kept();
        let known = names.iter().map(String::as_str).zip(self.work[work].quantities.iter().copied());
        let given: Vec<(&str, f64)> = known.filter(|(_, value)| !value.is_nan()).collect();
        let source = self.case.features[feature.index()].source;
        let drawn = source.price_as(&mut stream, self.now, &given, operation.duration);
        if operation.part_count > 0 {
            self.work[work].operation.fate = Fate::Completes;
        }
        self.serve_as(work, feature, &drawn);
        if self.case.features[feature.index()].free {
            if self.work[work].stands == Stands::Queued {
                self.has_its_turn(work);
            }
            self.start(work);
        } else {
            self.tries(work);
        }
    }

    /// Limits of credits and of money have room for an addition to a hold (docs/semantics.md §6.16, §15.8).
    pub fn limits_have_room_for(&self, work: usize, addition: RoomNeed) -> bool {
        self.asked_limits(work).into_iter().all(|(place, owner, amount)| {
            let limit = &self.terms().limits[place];
            let asks = limit.unit.is_charged() && limit.covers.is_none() && limit.on_limit != OnLimit::Allow;
            let addition = match addition {
                RoomNeed::Much(addition) => RoomNeed::Much(self.need_in_money(work, limit, addition)),
                other => other,
            };
            let (used, reserved) = (self.used(limit, owner), self.reserved_inside(limit, owner));
            !asks || Self::has_room(used, reserved, addition, amount)
        })
    }
}
