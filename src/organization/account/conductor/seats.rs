//! Members who come and go: what they have and what they cost from then on (docs/semantics.md §14.19 to §14.24).
//!
//! Leaves who is there when to `workload`, and whose operations are whose to the books. Invariants: all changes of an instant
//! are one event; what a member has used of an allowance stays used, whether it leaves or returns.

use std::collections::BTreeMap;

use crate::ledger::LotKind;
use crate::outcome::EntryKind;
use crate::policy::LotsOnLeave;
use crate::units::{Credits, Money, SimSpan, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::State;
use super::grants::NewLot;
use super::prorate::MovingMoney;

/// Behind the sign-up, before changes of plan and the close.
const SEATS: (Class, u16, u32) = (Class::Close, 0, 1);

impl State {
    /// Takes up who is there as the account opens, and schedules what comes.
    pub(super) fn schedule_seats(&mut self, env: &Env) {
        for member in 0..env.traits.members.len() as u16 {
            if !env.traits.is_there(member, self.timers.now()) {
                self.seat(member, false);
            }
        }
        self.schedule_next_seats(env);
    }

    fn seat(&mut self, member: u16, joins: bool) {
        self.books.seat(member, joins);
        let kind = if joins { EntryKind::SeatTaken } else { EntryKind::SeatLeft };
        self.note(kind, Note { grant: u32::from(member), ..Note::default() });
    }

    fn schedule_next_seats(&mut self, env: &Env) {
        if let Some(at) = env.next_seat_change(self.timers.now()) {
            self.timers.schedule(at, SEATS, TimerKind::Seats);
        }
    }

    /// Members come and go: those who leave first.
    pub(super) fn seats_change(&mut self, env: &Env) {
        let (now, before) = (self.timers.now(), self.views());
        let changes = env.seat_changes_at(now);
        for change in changes {
            self.seat(change.member, change.joins);
        }
        let terms = env.terms(self.plan);
        if terms.seats.at_once && !self.has_left(env) {
            self.seats_of_the_rest(env);
        }
        let mut wakes = changes.iter().any(|change| change.joins);
        for change in changes.iter().filter(|change| !change.joins) {
            wakes |= self.end_lots_of(env, change.member);
        }
        if wakes {
            self.wake_waiting();
        }
        if self.somebody_queues() {
            self.timers.resume();
        }
        self.repay_last();
        self.follow_new_terms(env, before);
        self.schedule_next_seats(env);
    }

    /// What is a member's own ends, is everybody's or sleeps as it leaves; true if others can burn more than before.
    fn end_lots_of(&mut self, env: &Env, member: u16) -> bool {
        let (now, seats) = (self.timers.now(), env.terms(self.plan).seats);
        if seats.on_leave == LotsOnLeave::Keep {
            return false;
        }
        if seats.at_once && self.has_own_allowances(env) {
            self.books.leave_allowance(member);
        }
        if seats.on_leave == LotsOnLeave::Pool {
            self.books.pool_member(now, member).as_part();
            return true;
        }
        for serial in self.books.lots_of_member(member) {
            self.books.expire(now, serial).as_part();
        }
        false
    }

    /// True if the allowance is of single members.
    fn has_own_allowances(&self, env: &Env) -> bool {
        let per = env.terms(self.plan).allowance.as_ref().map(|allowance| allowance.scope.per);
        per == Some(crate::policy::LotOwner::Member)
    }

    /// Allowance and price of the rest of the period are for those who are there now; at its end the next one's are.
    fn seats_of_the_rest(&mut self, env: &Env) {
        let moved = self.price_of_seats(env);
        if self.cycle.closes_at() != self.timers.now() {
            self.allowance_of_seats(env);
        }
        if let Some(moved) = moved {
            self.spread_again(env, moved);
        }
    }

    /// Bills what those who have come cost for the rest of the period, or gives a credit note for those who have gone.
    fn price_of_seats(&mut self, env: &Env) -> Option<MovingMoney> {
        let now = self.timers.now();
        let billing = *self.money.billing().filter(|billing| billing.to != now)?;
        let subscription = env.terms(billing.plan).subscription.as_ref()?;
        let price = env.price_of(subscription, billing.from, now);
        if price == billing.price {
            return None;
        }
        let (left, whole) = self.billing_share(env, billing.every);
        let difference = (price - billing.price).scale_half_up(left, whole);
        let mut new = subscription.clone();
        (new.price, new.every) = (price, billing.every);
        Some(self.settle_price(env, difference, (billing.plan, Some(new))))
    }

    /// Each owner's amount of the running allowance changes by what those who come and go change of it, for the rest of the period.
    fn allowance_of_seats(&mut self, env: &Env) {
        let (left, whole) = self.share_left(env);
        let mut changes = self.given_to_each(env, self.timers.now());
        for (owner, before) in self.given_to_each(env, self.timers.now() - SimSpan::from_micros(1)) {
            *changes.entry(owner).or_default() -= before;
        }
        let parts = self.books.allowance_parts();
        let mut issued = false;
        for (owner, change) in changes.into_iter().filter(|(_, change)| !change.is_zero()) {
            let change = change.scale_half_up(left, whole);
            let n = match parts.iter().position(|part| part.owner == owner) {
                Some(n) => n,
                None if change.is_positive() => self.books.join_allowance(owner),
                None => continue,
            };
            issued |= self.change_part(env, n, change);
        }
        let before_close =
            env.terms(self.plan).allowance.as_ref().and_then(|allowance| allowance.pool_before_close);
        let closes_at = self.cycle.closes_at();
        if issued
            && before_close
                .is_some_and(|span| closes_at < SimTime::MAX && closes_at - span <= self.timers.now())
        {
            self.books.pool_allowances(self.timers.now()).as_part();
        }
    }

    /// What the allowance gives each owner in a whole period, by those who are there at an instant.
    fn given_to_each(&self, env: &Env, at: SimTime) -> BTreeMap<u16, Credits> {
        let Some(allowance) = &env.terms(self.plan).allowance else { return BTreeMap::new() };
        env.owners_of(&allowance.scope, at).into_iter().zip(env.allowance_of(self.plan, at)).collect()
    }

    /// The n-th part of the running allowance changes by so much; true if a new lot was issued for it.
    fn change_part(&mut self, env: &Env, n: usize, change: Credits) -> bool {
        let part = self.books.allowance_parts()[n];
        let (amount, used) = ((part.amount + change).positive_part(), self.books.used_of_part(&part));
        self.books.set_allowance_amount(n, amount);
        let target = (amount - used).positive_part();
        match part.lot.filter(|lot| self.remaining_of(*lot).is_some()) {
            Some(lot) => {
                self.resize_lot(lot, target);
                self.books.count_as_used(n, used);
                false
            }
            None if target.is_positive() && change.is_positive() => {
                self.issue_part(env, n, target);
                true
            }
            None => false,
        }
    }

    /// An owner without a lot of the running allowance has one from here on.
    fn issue_part(&mut self, env: &Env, n: usize, credits: Credits) {
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let (now, owner) = (self.timers.now(), self.books.allowance_parts()[n].owner);
        let lot = NewLot {
            id: None,
            category: allowance.category,
            kind: LotKind::Allowance,
            credits,
            remaining: credits,
            priority: allowance.priority,
            created_at: now,
            effective_at: now,
            expires_at: SimTime::MAX,
            price: Money::ZERO,
            scope: self.books.number_of(&allowance.scope, owner),
        };
        let serial = self.issue_quietly(env, EntryKind::IssueAllowance, lot);
        self.books.set_allowance_lot(n, serial);
    }
}
