//! Credits given: written-down grants, their recurrence, expiry and voiding.

use crate::calendar::{CalendarUnit, MonthEnd};
use crate::deliberate::Deliberate;
use crate::ledger::{Lot, LotKind, LotSerial, ScopeId};
use crate::outcome::EntryKind;
use crate::policy::{
    AmountByHeads, Boundary, BurnKey, CreditScope, Expiry, ExpiryPrecision, Recognition, RecurrenceMode,
    Terms,
};
use crate::units::{Category, Credits, Money, SimSpan, SimTime};

use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::money::CashKind;
use super::State;
use super::answering::OpenAnswer;

/// Rank of the repayment among the events of class 3: after every grant.
const REPAY_LAST: u16 = 0xfff;

/// A lot to be issued: what differs from lot to lot.
#[derive(Debug, Clone, Copy)]
pub(super) struct NewLot {
    pub(super) id: Option<u32>,
    pub(super) category: Category,
    pub(super) kind: LotKind,
    pub(super) credits: Credits,
    pub(super) remaining: Credits,
    pub(super) priority: i32,
    pub(super) created_at: SimTime,
    pub(super) effective_at: SimTime,
    pub(super) expires_at: SimTime,
    pub(super) price: Money,
    /// Whom it is for.
    pub(super) scope: ScopeId,
}

impl State {
    /// Takes over the written-down grants and numbers those without an id in file order, before any other lot.
    pub(super) fn number_grants(&mut self, env: &Env) {
        let (plan, customer) = (&env.terms(self.plan).grants, &env.customers().grants);
        self.issuance.open(list_of(env, self.plan), plan, customer, env.birth);
    }

    /// A plan that is entered gives its own grants, once per account and plan.
    pub(super) fn give_plan_grants(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        let list = list_of(env, self.plan);
        if !terms.grants_on_change || self.issuance.has_given(list) {
            return;
        }
        self.issuance.give(list);
        self.answering.begin(OpenAnswer::PlanGrants);
        for spec in &terms.grants {
            let mut spec = spec.clone();
            let now = self.timers.now();
            if let Some(recurrence) = &mut spec.recurrence {
                recurrence.anchor = recurrence.anchor.or(spec.effective_at).or(Some(now));
            }
            // What began before is given now.
            spec.effective_at = spec.effective_at.filter(|effective| *effective > now);
            spec.remaining = None;
            let index = self.issuance.add(list, spec, now);
            self.schedule_grant(env, index);
        }
        self.answering.end(OpenAnswer::PlanGrants);
    }

    fn schedule_grant(&mut self, env: &Env, index: u32) {
        let effective = self.issuance.start_of(index);
        if effective > self.timers.now() {
            let place = (Class::Grant, 1, self.issuance.id(index));
            self.timers.schedule(effective, place, TimerKind::Grant(index));
        } else {
            self.grant_effective(env, index);
        }
    }

    /// Issues or schedules every written-down grant, in the order of their ids.
    pub(super) fn schedule_grants(&mut self, env: &Env) {
        for index in self.issuance.by_id() {
            self.schedule_grant(env, index);
        }
    }

    /// A written-down grant becomes effective (or was already, before the account's life began).
    pub(super) fn grant_effective(&mut self, env: &Env, index: u32) {
        let terms = env.terms(self.plan);
        let spec = self.issuance.spec(index).clone();
        let effective = self.issuance.start_of(index);
        let expires = expiry_of(env, terms, effective, spec.expires);
        let early = effective < self.timers.now();
        let voided = spec.voided_at.unwrap_or(SimTime::MAX);
        if expires > self.timers.now() && voided > self.timers.now() {
            let remaining = if early { spec.remaining.unwrap_or(spec.credits) } else { spec.credits };
            let kind = if spec.rollover.is_some() { LotKind::Own { rule: index } } else { LotKind::Plain };
            let lot = NewLot {
                id: Some(self.issuance.id(index)),
                category: spec.category,
                kind,
                credits: spec.credits,
                remaining,
                priority: spec.priority,
                created_at: spec.created_at.unwrap_or(effective),
                effective_at: effective,
                expires_at: expires,
                price: spec.price,
                scope: ScopeId::default(),
            };
            for _ in 0..env.owners_of(&spec.scope, self.timers.now()).len() {
                if early {
                    let used = (spec.credits - remaining).micros();
                    let earned = lot.price.scale_floor(used, spec.credits.micros().max(1));
                    self.money.carry_in_lot(lot.price, earned);
                } else {
                    self.receive_cash(env, CashKind::Package, spec.price);
                }
            }
            let entry = if early { EntryKind::OpeningGrant } else { EntryKind::Issue };
            let before = self.views();
            let serials = self.issue_to_owners(env, entry, lot, (&spec.scope, spec.by_heads.as_ref()));
            let posting = self.books.since(before);
            self.follow_up(env, posting, None);
            self.given(index, voided, serials);
        }
        self.schedule_recurrence(env, index, self.timers.now(), true);
    }

    /// A written-down grant has given these lots, which are voided at an instant.
    fn given(&mut self, index: u32, voided: SimTime, lots: Vec<LotSerial>) {
        let id = Some(self.issuance.id(index));
        lots.iter().for_each(|serial| self.void_at(voided, *serial, id));
        self.issuance.set_lots(index, lots);
    }

    /// Schedules the next occurrence after `t` (or at it, if `including` and later than the grant's start).
    fn schedule_recurrence(&mut self, env: &Env, index: u32, t: SimTime, including: bool) {
        let spec = self.issuance.spec(index);
        let Some(recurrence) = &spec.recurrence else { return };
        let zone = &env.world.zone;
        let effective = self.issuance.start_of(index);
        let after = if including { (t - SimSpan::from_micros(1)).max(effective) } else { t.max(effective) };
        let anchor = recurrence.anchor.or(spec.effective_at).unwrap_or(env.traits.signed_up);
        let n = zone.first_after(anchor, recurrence.every, after, MonthEnd::Clamp);
        let at = zone.nth(anchor, recurrence.every, n, MonthEnd::Clamp);
        let end = expiry_of(env, env.terms(self.plan), effective, spec.expires);
        let voided = spec.voided_at.unwrap_or(SimTime::MAX);
        if at >= end.min(voided) {
            return;
        }
        if at == self.timers.now() && self.answering.is(OpenAnswer::Opening) {
            // What is dated at the opening is one event with it.
            return self.recur(env, index);
        }
        let id = self.issuance.id(index);
        self.timers.schedule(at, (Class::Grant, 0, id), TimerKind::Recur(index));
    }

    /// A written-down grant recurs: replaces what is left, or adds a lot.
    ///
    /// Replacing is one event: nothing sees the balance between the old credits and the new.
    pub(super) fn recur(&mut self, env: &Env, index: u32) {
        let terms = env.terms(self.plan);
        let spec = self.issuance.spec(index).clone();
        let Some(recurrence) = &spec.recurrence else { return };
        let effective = self.issuance.start_of(index);
        if self.issuance.list(index).is_some_and(|list| list != list_of(env, self.plan)) {
            // A plan that has been left gives nothing, until somebody comes back to it.
            return self.schedule_recurrence(env, index, self.timers.now(), false);
        }
        let own_end = expiry_of(env, terms, effective, spec.expires);
        let expires = match recurrence.valid {
            Some(valid) => boundary(terms, env.world.zone.add(self.timers.now(), valid, terms.month_end)),
            None => own_end,
        };
        let before = self.views();
        if recurrence.mode == RecurrenceMode::Set && !Deliberate::RecurrenceAdds.is_made() {
            for old in self.issuance.lots(index) {
                self.books.expire(self.timers.now(), old).as_part();
            }
        }
        // Setting a grant's balance anew leaves its place among the others alone; an added lot begins now.
        let (id, created_at, effective_at) = match recurrence.mode {
            RecurrenceMode::Set => {
                let created_at = spec.created_at.unwrap_or(effective);
                (Some(self.issuance.id(index)), created_at, effective)
            }
            RecurrenceMode::Add => (None, self.timers.now(), self.timers.now()),
        };
        let kind = if spec.rollover.is_some() { LotKind::Own { rule: index } } else { LotKind::Plain };
        let lot = NewLot {
            id,
            category: spec.category,
            kind,
            credits: spec.credits,
            remaining: spec.credits,
            priority: spec.priority,
            created_at,
            effective_at,
            expires_at: expires,
            price: Money::ZERO,
            scope: ScopeId::default(),
        };
        let to = (&spec.scope, spec.by_heads.as_ref());
        let serials = self.issue_to_owners(env, EntryKind::Issue, lot, to);
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
        let voided = spec.voided_at.unwrap_or(SimTime::MAX);
        serials.iter().for_each(|serial| self.void_at(voided, *serial, lot.id));
        self.issuance.set_lots(index, serials);
        self.schedule_recurrence(env, index, self.timers.now(), false);
    }

    /// Every owner of a scope gets a lot, the organization one if it is everybody's; with a formula of what it gives to each. Debt is
    /// repaid after all grants of the instant. The caller reacts to the change of balance.
    fn issue_to_owners(
        &mut self,
        env: &Env,
        entry: EntryKind,
        new: NewLot,
        (scope, by_heads): (&CreditScope, Option<&AmountByHeads>),
    ) -> Vec<LotSerial> {
        let amounts = env.amounts_of(scope, (new.credits, by_heads), self.timers.now());
        let given = amounts.into_iter().map(|credits| match by_heads {
            Some(_) => NewLot { credits, remaining: credits, ..new },
            None => new,
        });
        self.issue_given(env, entry, given.collect(), scope)
    }

    /// The same of lots that are given in the order of the owners.
    pub(super) fn issue_given(
        &mut self,
        env: &Env,
        entry: EntryKind,
        given: Vec<NewLot>,
        scope: &CreditScope,
    ) -> Vec<LotSerial> {
        let Some(first) = given.first() else { return Vec::new() };
        let id = Some(first.id.unwrap_or_else(|| self.issuance.new_id()));
        let owned = env.owners_of(scope, self.timers.now()).into_iter().zip(given);
        let lots: Vec<NewLot> = owned
            .map(|(owner, new)| NewLot { id, scope: self.books.number_of(scope, owner), ..new })
            .collect();
        let serials = match lots.as_slice() {
            [one] => vec![self.add_lot(env, entry, *one)],
            _ => self.add_lots(env, entry, &lots),
        };
        self.repay_last();
        serials
    }

    /// Adds a lot and schedules the repayment of debt after all grants of the instant; the caller reacts to the change of
    /// balance.
    pub(super) fn issue_quietly(&mut self, env: &Env, entry: EntryKind, new: NewLot) -> LotSerial {
        let serial = self.add_lot(env, entry, new);
        self.repay_last();
        serial
    }

    /// Debt is repaid after every grant of this instant.
    pub(super) fn repay_last(&mut self) {
        if self.books.ledger().debt().is_positive() {
            self.timers.schedule(self.timers.now(), (Class::Grant, REPAY_LAST, 0), TimerKind::Repay);
        }
    }

    /// Adds the lot of a purchase; the caller repays debt and reacts.
    pub(super) fn issue_landed(&mut self, env: &Env, new: NewLot) -> LotSerial {
        self.add_lot(env, EntryKind::Land, new)
    }

    /// Adds a lot, counts it and schedules its end.
    fn add_lot(&mut self, env: &Env, entry: EntryKind, new: NewLot) -> LotSerial {
        let lot = self.lot_of(env, entry, &new);
        let id = lot.id;
        let (serial, posting) = self.books.issue(self.timers.now(), entry, lot);
        self.count_issue(posting);
        self.lot_added(env, entry, (serial, id), &new);
        serial
    }

    /// Adds lots of several owners as one act.
    fn add_lots(&mut self, env: &Env, entry: EntryKind, new: &[NewLot]) -> Vec<LotSerial> {
        let lots: Vec<Lot> = new.iter().map(|new| self.lot_of(env, entry, new)).collect();
        let ids: Vec<u32> = lots.iter().map(|lot| lot.id).collect();
        let (serials, posting) = self.books.issue_each(self.timers.now(), entry, lots);
        self.count_issue(posting);
        for ((serial, id), new) in serials.iter().zip(ids).zip(new) {
            self.lot_added(env, entry, (*serial, id), new);
        }
        serials
    }

    /// A lot has been added: what is paid for it is earned, and it will end.
    fn lot_added(&mut self, env: &Env, entry: EntryKind, (serial, id): (LotSerial, u32), new: &NewLot) {
        if earns_over_time(env.terms(self.plan), entry, new) {
            self.earn_over_time(serial, new);
        }
        if new.expires_at < SimTime::MAX {
            self.timers.schedule(new.expires_at, (Class::Expiry, 1, id), TimerKind::Expire(serial));
        }
    }

    /// A new lot as the ledger has it.
    fn lot_of(&mut self, env: &Env, entry: EntryKind, new: &NewLot) -> Lot {
        let terms = env.terms(self.plan);
        let id = new.id.unwrap_or_else(|| self.issuance.new_id());
        let ends_at = as_written(terms, new.expires_at);
        let earned_over_time = earns_over_time(terms, entry, new);
        let closes_at = if new.kind == LotKind::Allowance { self.cycle.closes_at() } else { SimTime::MAX };
        Lot {
            serial: LotSerial::default(),
            id,
            category: new.category,
            kind: new.kind,
            credits: new.credits,
            remaining: new.remaining,
            reserved: Credits::ZERO,
            overdue: Credits::ZERO,
            burned: new.credits - new.remaining,
            expired: Credits::ZERO,
            voided: Credits::ZERO,
            scope: new.scope,
            width: self.books.width_of(new.scope),
            priority: new.priority,
            rank: 0,
            beside: None,
            parent: None,
            created_at: new.created_at,
            effective_at: new.effective_at,
            expires_at: new.expires_at,
            ends_at,
            closes_at,
            ends_key: rounded_end(env, terms, ends_at.min(closes_at)),
            price_paid: new.price,
            earned_over_time,
        }
    }

    /// Every lot has its place in the burn order by the closes and the precision of now.
    pub(super) fn rekey_lots(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        self.books.rekey(|ends| rounded_end(env, terms, ends));
    }

    /// Schedules the voiding of a lot; at one instant it comes before expiries.
    fn void_at(&mut self, at: SimTime, serial: LotSerial, id: Option<u32>) {
        if at < SimTime::MAX && !Deliberate::VoidsForgotten.is_made() {
            self.timers.schedule(at, (Class::Expiry, 0, id.unwrap_or(u32::MAX)), TimerKind::Void(serial));
        }
    }

    /// A lot ends.
    pub(super) fn expire_lot(&mut self, env: &Env, serial: LotSerial) {
        // A conversion has given it another end since; used up or not, it has not ended.
        if self.books.ledger().expires_at(serial).is_some_and(|at| at != self.timers.now()) {
            return;
        }
        let posting = self.books.expire(self.timers.now(), serial);
        self.follow_up(env, posting, None);
    }

    /// A lot is voided; its unused value is gone without a refund.
    pub(super) fn void_lot(&mut self, env: &Env, serial: LotSerial) {
        let posting = self.books.void(self.timers.now(), serial);
        self.void_price(serial);
        self.follow_up(env, posting, None);
    }

    /// New grants pay debt back, once all grants of the instant are there.
    pub(super) fn repay(&mut self, env: &Env) {
        let posting = self.books.repay(self.timers.now());
        self.follow_up(env, posting, None);
    }
}

/// True if what is paid for a lot is earned evenly over its life (docs/semantics.md §18.13).
fn earns_over_time(terms: &Terms, entry: EntryKind, new: &NewLot) -> bool {
    terms.recognition == Recognition::Ratable
        && matches!(entry, EntryKind::Issue | EntryKind::Land)
        && new.price != Money::ZERO
        && new.expires_at < SimTime::MAX
}

/// Which list of grants a plan gives: its own, or that of all plans without one of their own.
fn list_of(env: &Env, plan: usize) -> usize {
    if env.terms(plan).own_grants { env.named(plan) } else { usize::MAX }
}

/// The expiry instant of credits effective at `effective`; `SimTime::MAX` if they do not expire.
pub(super) fn expiry_of(env: &Env, terms: &Terms, effective: SimTime, expiry: Expiry) -> SimTime {
    let end = match expiry {
        Expiry::Never => return SimTime::MAX,
        Expiry::At(instant) => boundary(terms, instant),
        Expiry::After(period) => boundary(terms, env.world.zone.add(effective, period, terms.month_end)),
    };
    match (Deliberate::LotsExpireEarly.is_made(), Deliberate::LotsExpireLate.is_made()) {
        (true, _) => end - SimSpan::DAY,
        (_, true) => end + SimSpan::DAY,
        _ => end,
    }
}

/// Under an inclusive boundary credits live through their expiry instant.
pub(super) fn boundary(terms: &Terms, instant: SimTime) -> SimTime {
    match terms.expiry_boundary {
        Boundary::Exclusive => instant,
        Boundary::Inclusive => instant + SimSpan::from_micros(1),
    }
}

/// An end without what an inclusive boundary adds.
fn as_written(terms: &Terms, end: SimTime) -> SimTime {
    match terms.expiry_boundary {
        Boundary::Inclusive if end != SimTime::MAX => end - SimSpan::from_micros(1),
        Boundary::Inclusive | Boundary::Exclusive => end,
    }
}

/// An end as precisely as the burn order compares it.
fn rounded_end(env: &Env, terms: &Terms, ends: SimTime) -> SimTime {
    let precision = terms.burn_order.iter().find_map(|key| match key {
        BurnKey::ExpiresAt(precision) => Some(*precision),
        _ => None,
    });
    match precision {
        _ if ends == SimTime::MAX => ends,
        Some(ExpiryPrecision::Second) => {
            SimTime::from_micros(ends.micros().div_euclid(1_000_000) * 1_000_000)
        }
        Some(ExpiryPrecision::Day) => env.world.zone.start_of(ends, CalendarUnit::Day),
        _ => ends,
    }
}
