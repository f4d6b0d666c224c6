//! A change of plan that leaves the cycle running: the allowance and the price of the rest of it (docs/semantics.md §16).
//!
//! Owns what of the running period is made up or taken back, in credits and in money. Leaves which change it is to
//! `plan_change`. Invariant: what was paid and is not yet earned stays owed, but for a credit note.

use crate::calendar::{MonthEnd, Period};
use crate::deliberate::Deliberate;
use crate::ledger::LotSerial;
use crate::policy::{PlanChange, Prorate, Subscription, UsageOnChange};
use crate::units::{Credits, Money};

use super::super::books::Note;
use super::super::cycle::Decided;
use super::super::env::Env;
use super::State;
use super::closing::split;

/// Part of a period: numerator and denominator.
pub(super) type Share = (i64, i64);

impl State {
    /// Another plan's rules hold from now, in the running cycle.
    pub(super) fn go_on_under(&mut self, env: &Env, new: Decided) {
        let before = self.views();
        let change = &env.policy.plan_changes[new.change as usize];
        let old = self.plan;
        self.cycle.lag();
        self.enter_plan(env, new.to);
        let moved = self.price_of_the_rest(env, change);
        let subscription = |plan: usize| &env.terms(plan).subscription;
        let differs = subscription(old) != subscription(self.plan);
        self.cycle.set_rebills(moved.is_none() && (self.cycle.rebills() || differs));
        self.allowance_of_the_rest(env, change, old, moved);
        let prorates = matches!(change.prorate, Prorate::Credits | Prorate::Both | Prorate::Full);
        self.convert_lots(env, new, !prorates);
        self.give_plan_grants(env);
        self.books.repay(self.timers.now()).as_part();
        self.follow_new_terms(env, before);
    }

    /// Bills the difference of the prices at once, or gives a credit note for it. Returns what has been paid and is not
    /// yet earned, off the books until the allowance takes it; none if the subscription is left as it is.
    fn price_of_the_rest(&mut self, env: &Env, change: &PlanChange) -> Option<MovingMoney> {
        if matches!(change.prorate, Prorate::None | Prorate::Credits) {
            return None;
        }
        let now = self.timers.now();
        let as_billed =
            |plan: &Subscription| Subscription { price: env.price_of(plan, now, now), ..plan.clone() };
        let new = env.terms(self.plan).subscription.as_ref().map(as_billed);
        if new.is_none() && self.money.billing().is_none() {
            return None;
        }
        let difference = self.price_difference(env, change.prorate, new.as_ref());
        Some(self.settle_price(env, difference, (self.plan, new)))
    }

    /// Bills what another price costs more for the rest of the period, or gives a credit note for less; it is billed from now on.
    pub(super) fn settle_price(
        &mut self,
        env: &Env,
        difference: Money,
        (plan, new): (usize, Option<Subscription>),
    ) -> MovingMoney {
        let mut pool = self.take_unearned();
        for lot in self.running_lots() {
            pool += self.books.take_price(self.timers.now(), lot);
        }
        if difference > Money::ZERO {
            self.pay_subscription(env, Note::money(difference));
            pool += difference;
        } else if difference < Money::ZERO {
            let credit = Money::ZERO - difference;
            self.grant_credit_note(credit);
            let covered = credit.min(pool);
            self.earn_subscription(covered);
            pool -= covered;
        }
        self.bill_from_now_on(env, plan, new);
        MovingMoney { pool }
    }

    /// (new − old) · share of the period left; each by its own period if the two are billed at other intervals.
    fn price_difference(&self, env: &Env, prorate: Prorate, new: Option<&Subscription>) -> Money {
        let share = |every: Period| match prorate {
            Prorate::Full => (1, 1),
            _ => self.billing_share(env, every),
        };
        let of = |price: Money, every: Period| {
            let (left, whole) = share(every);
            price.scale_half_up(left, whole)
        };
        match (self.money.billed(), new) {
            (Some((old, every)), Some(new)) if every == new.every => of(new.price - old, every),
            (old, new) => {
                let old = old.map_or(Money::ZERO, |(price, every)| of(Money::ZERO - price, every));
                old + new.map_or(Money::ZERO, |new| of(new.price, new.every))
            }
        }
    }

    /// The unused share of what is billed for the running period.
    pub(super) fn unused_price(&self, env: &Env) -> Option<Money> {
        let (price, every) = self.money.billed()?;
        let (left, whole) = self.billing_share(env, every);
        Some(price.scale_half_up(left, whole))
    }

    /// Share of the running billing period that is still to come.
    pub(super) fn billing_share(&self, env: &Env, every: Period) -> Share {
        let anchor = self.money.billing_anchor().unwrap_or(self.cycle.anchor());
        let zone = &env.world.zone;
        let next = zone.first_after(anchor, every, self.timers.now(), MonthEnd::Clamp);
        let [from, to] = [next - 1, next].map(|n| zone.nth(anchor, every, n, MonthEnd::Clamp));
        ((to - self.timers.now()).micros(), (to - from).micros().max(1))
    }

    /// The lots of the running allowance that have not ended.
    fn running_lots(&self) -> Vec<LotSerial> {
        let lots = self.books.allowance_lots().into_iter();
        lots.filter(|lot| self.remaining_of(*lot).is_some()).collect()
    }

    /// A = the period's amount so far + (new − old) · share; each owner's running lot becomes max(0, A − used).
    fn allowance_of_the_rest(
        &mut self,
        env: &Env,
        change: &PlanChange,
        old: usize,
        moved: Option<MovingMoney>,
    ) {
        let (left, whole) = match change.prorate {
            Prorate::Credits | Prorate::Both => self.share_left(env),
            Prorate::Full => (1, 1),
            Prorate::None | Prorate::Price => (0, 1),
        };
        let left = if Deliberate::ProrationInverted.is_made() { whole - left } else { left };
        let reset = change.usage == UsageOnChange::Reset || Deliberate::UsageForgotten.is_made();
        if left > 0 || reset {
            let parts = self.books.allowance_parts();
            if parts.is_empty() {
                self.begin_within_period(env, old, (left, whole));
            }
            let differences = self.differences(env, (old, self.plan), parts.len());
            for (n, (part, difference)) in parts.into_iter().zip(differences).enumerate() {
                let amount = (part.amount + difference.scale_half_up(left, whole)).positive_part();
                let counted = if reset { Credits::ZERO } else { self.books.used_of_part(&part) };
                self.books.set_allowance_amount(n, amount);
                if let Some(lot) = part.lot {
                    self.resize_lot(lot, (amount - counted).positive_part());
                }
                self.books.count_as_used(n, counted);
            }
        }
        if let Some(moved) = moved {
            self.spread_again(env, moved);
        }
    }

    /// The new plan's allowance begins within a period that had none.
    fn begin_within_period(&mut self, env: &Env, old: usize, (left, whole): Share) {
        let Some(allowance) = &env.terms(self.plan).allowance else { return };
        let owners = env.owners_of(&allowance.scope, self.timers.now());
        let differences = self.differences(env, (old, self.plan), owners.len()).into_iter();
        let amounts: Vec<Credits> =
            differences.map(|more| more.scale_half_up(left, whole).positive_part()).collect();
        if amounts.iter().any(|amount| amount.is_positive()) {
            self.books.begin_allowance(&amounts, &owners);
            self.issue_allowance_lots(env, &amounts, Money::ZERO);
        }
    }

    /// How much more each of so many running lots would be under another plan: that plan's amount less the old one's where both
    /// give as many, else an equal part of what all of them differ by, the last one's with the rest.
    fn differences(&self, env: &Env, (old, new): (usize, usize), lots: usize) -> Vec<Credits> {
        let [old, new] = [old, new].map(|plan| env.allowance_of(plan, self.timers.now()));
        if old.len() == lots && new.len() == lots {
            return new.into_iter().zip(old).map(|(new, old)| new - old).collect();
        }
        let sum = |amounts: Vec<Credits>| amounts.into_iter().sum::<Credits>();
        let (difference, count) = (sum(new) - sum(old), lots.max(1) as i64);
        let each = difference.scale_floor(1, count);
        let last = difference - each.scale_floor(count - 1, 1);
        (1..=lots).map(|lot| if lot == lots { last } else { each }).collect()
    }

    /// Makes what remains of a lot `target`: more is issued, less is voided. What the lot still owes stays owed.
    pub(super) fn resize_lot(&mut self, serial: LotSerial, target: Credits) {
        let Some(remaining) = self.remaining_of(serial).filter(|remaining| *remaining != target) else {
            return;
        };
        let (now, books) = (self.timers.now(), &mut self.books);
        let owed = books.take_price(now, serial);
        if target > remaining {
            let posting = books.enlarge(now, serial, target - remaining);
            books.give_price(now, serial, owed);
            return self.count_issue(posting);
        }
        let (less, all) = (remaining - target, target.is_zero());
        // Where nothing is left, what was paid for it is voided with it.
        let before = if all { owed } else { Money::ZERO };
        books.give_price(now, serial, before);
        books.void_part(now, serial, less, before).as_part();
        if !all {
            // What has been voided takes nothing of the price with it.
            books.take_price(now, serial);
            books.give_price(now, serial, owed);
        }
    }

    /// What remains of a lot that has not ended; one that only holds keep alive has.
    pub(super) fn remaining_of(&self, serial: LotSerial) -> Option<Credits> {
        let lot = self.books.ledger().lot(serial)?;
        lot.overdue.is_zero().then_some(lot.remaining)
    }

    /// Attaches what has been paid and is not yet earned to what it pays for now.
    pub(super) fn spread_again(&mut self, env: &Env, MovingMoney { pool }: MovingMoney) {
        let has_allowance = env.terms(self.plan).spreads_over_allowances();
        let to = self.money.billed_until();
        let lots = self.running_lots();
        let (Some(to), true) = (to, has_allowance) else {
            return self.spread_over_time(env, pool);
        };
        let later = i64::from(self.allowances_until(env, to));
        let now = if later == 0 { pool } else { pool.scale_floor(1, later + 1) };
        if !lots.is_empty() {
            for (lot, price) in lots.iter().zip(split(now, lots.len())) {
                self.books.give_price(self.timers.now(), *lot, price);
            }
            self.money.keep_in_pool(pool - now);
        } else if later > 0 {
            self.money.keep_in_pool(pool);
        } else {
            self.money.keep_in_pool(Money::ZERO);
            self.earn_subscription(pool);
        }
    }
}

/// Money of a subscription that is on its way from what it paid for to what it pays for.
#[derive(Debug, Clone, Copy)]
pub(super) struct MovingMoney {
    pool: Money,
}
