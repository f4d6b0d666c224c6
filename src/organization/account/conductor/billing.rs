//! When money moves: subscriptions billed and earned, credit notes given (docs/semantics.md §11).
//!
//! Leaves invoices to `invoicing`, what is owed, recognized and counted to `money`. Invariant: whatever moves leaves an entry.

use crate::calendar::{CalendarUnit, MonthEnd, Period};
use crate::deliberate::Deliberate;
use crate::outcome::EntryKind;
use crate::policy::{Anchor, Opening, Subscription};
use crate::units::{Money, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::money::{BillingPeriod, CashKind};
use super::super::timed_prices::over_time;
use super::State;
use super::closing::split;

/// Rank of a bill among the events of class 2: after changes of plan, before the close.
const BILL: u16 = 2;

impl State {
    /// Cash comes in.
    pub(super) fn receive_cash(&mut self, env: &Env, kind: CashKind, amount: Money) {
        if amount != Money::ZERO {
            let month = env.world.zone.start_of(self.timers.now(), CalendarUnit::Month);
            self.money.receive(kind, amount, month);
        }
    }

    fn bill_at(&mut self, at: SimTime) {
        self.timers.schedule(at, (Class::Close, BILL, 0), TimerKind::Bill);
    }

    /// Starts billing the present plan. The running period of an older organization was paid before the horizon.
    pub(super) fn start_subscription(&mut self, env: &Env, at: SimTime, older: bool) {
        let Some(subscription) = env.terms(self.plan).subscription.clone().filter(|_| !self.has_left(env))
        else {
            return;
        };
        let zone = &env.world.zone;
        let anchor = self.billing_start(env, subscription.every, at, older);
        let index = zone.first_after(anchor, subscription.every, at, MonthEnd::Clamp) - 1;
        let [from, to] = [index, index + 1].map(|n| zone.nth(anchor, subscription.every, n, MonthEnd::Clamp));
        let paid_before = from < at && older;
        // What is paid from now on is spread from now on, although the period may have begun earlier.
        let starts = if paid_before { from } else { at };
        let (price, every) = (env.price_of(&subscription, starts, at), subscription.every);
        let (plan, spread) = (self.plan, price);
        let billing =
            BillingPeriod { anchor, every, plan, price, spread, index, from: starts, to, pool: None };
        self.money.bill_by(Some(billing));
        if paid_before {
            self.carry_in_subscription(env, at);
        } else {
            let share = match env.terms(self.plan).cycle.opening {
                Opening::Full => price,
                Opening::Prorated => price.scale_half_up((to - at).micros(), (to - from).micros().max(1)),
            };
            self.bill_now(env, share);
        }
    }

    /// What billing periods count from: as cycles do, but a year or a quarter counted from a sign-up begins with the
    /// plan, not with the customer.
    fn billing_start(&self, env: &Env, every: Period, at: SimTime, older: bool) -> SimTime {
        let anchor = self.cycle.anchor();
        if older || env.terms(self.plan).cycle.anchor != Anchor::SignUp {
            return anchor;
        }
        let zone = &env.world.zone;
        let n = zone.first_after(anchor, every, at, MonthEnd::Clamp) - 1;
        if zone.nth(anchor, every, n, MonthEnd::Clamp) == at { anchor } else { at }
    }

    /// The unearned part of a subscription paid before the account's books begin is an opening term.
    fn carry_in_subscription(&mut self, env: &Env, at: SimTime) {
        let spreads = env.terms(self.plan).spreads_over_allowances();
        let Some(&BillingPeriod { price, from, to, .. }) = self.money.billing() else { return };
        let owed = if spreads {
            let coming = self.allowances_until(env, to) + 1;
            let zone = &env.world.zone;
            let every = env.terms(self.plan).cycle.every;
            let gone = zone.first_after(self.cycle.anchor(), every, at, MonthEnd::Clamp)
                - zone.first_after(self.cycle.anchor(), every, from, MonthEnd::Clamp);
            price - price.scale_floor(gone, gone + i64::from(coming))
        } else {
            price - over_time(price, from, to, at)
        };
        let until = if spreads { SimTime::MAX } else { to };
        self.note(EntryKind::OpeningSubscription, Note { until, ..Note::money(owed) });
        self.money.carry_in(owed, spreads);
        self.bill_at(to);
    }

    /// The subscription is billed for its next period.
    pub(super) fn bill(&mut self, env: &Env) {
        let now = self.timers.now();
        // Who leaves, or moves to another plan at the close of this instant, does not renew.
        let moves = (self.cycle.decided().is_some() || self.cycle.rebills()) && self.cycle.closes_at() == now;
        let leaves = self.has_left(env) || moves;
        let Some(rest) = self.money.end_period(now) else { return };
        if rest != Money::ZERO {
            self.note(EntryKind::SubscriptionEarned, Note::money(rest));
        }
        if leaves {
            return self.money.bill_by(None);
        }
        self.renew_dated_price(env);
        let zone = &env.world.zone;
        let price = self.money.next_period(|anchor, every, n| zone.nth(anchor, every, n, MonthEnd::Clamp));
        self.bill_now(env, price);
    }

    /// The period that begins has the price of its first instant, by the plan that is billed: the present one is billed from the
    /// next close on if it is billed in another way.
    fn renew_dated_price(&mut self, env: &Env) {
        let billed = self.money.billing().filter(|_| !Deliberate::DatedPricesForgotten.is_made());
        let Some(plan) = billed.map(|billing| billing.plan) else { return };
        let varies = |price: &&Subscription| !price.dated.is_empty() || price.is_by_heads();
        if let Some(price) = env.terms(plan).subscription.as_ref().filter(varies) {
            let now = self.timers.now();
            self.money.renew_by(plan, env.price_of(price, now, now));
        }
    }

    /// Cash for the running billing period; what is paid for it is attached to the allowances it pays for.
    fn bill_now(&mut self, env: &Env, price: Money) {
        let Some(to) = self.money.spread(price) else { return };
        self.bill_at(to);
        if !env.terms(self.plan).spreads_over_allowances() {
            return self.pay_subscription(env, Note { until: to, ..Note::money(price) });
        }
        let first = self.cycle.from() == self.timers.now();
        let coming = self.allowances_until(env, to) + u32::from(first);
        let pool = if coming > 0 {
            self.pay_subscription(env, Note::money(price));
            price
        } else {
            // Billed more often than the allowance comes: the running allowance is paid for in instalments.
            self.pay_instalment(env, price);
            Money::ZERO
        };
        self.money.keep_in_pool(pool);
    }

    /// The running allowance is paid for in part; what pays for one that has ended is earned.
    fn pay_instalment(&mut self, env: &Env, price: Money) {
        let lots = self.books.allowance_lots();
        if let [lot] = lots.as_slice() {
            let note = self.books.add_price(*lot, price).then(|| self.books.note_of(*lot)).flatten();
            self.pay_subscription(env, Note { money: price, ..note.unwrap_or_default() });
            if note.is_some() {
                return;
            }
        } else {
            self.pay_subscription(env, Note::money(price));
            let there: Vec<_> = lots.into_iter().filter(|lot| self.books.note_of(*lot).is_some()).collect();
            for (lot, part) in there.iter().zip(split(price, there.len())) {
                self.books.give_price(self.timers.now(), *lot, part);
            }
            if !there.is_empty() {
                return;
            }
        }
        self.money.earn(price);
        self.note(EntryKind::SubscriptionEarned, Note::money(price));
    }

    /// A subscription is paid, by credit notes as far as there are some.
    pub(super) fn pay_subscription(&mut self, env: &Env, note: Note) {
        let credit = self.money.use_credit(note.money);
        self.receive_cash(env, CashKind::Subscription, note.money - credit);
        self.note(EntryKind::Subscription, note);
        if credit != Money::ZERO {
            self.note(EntryKind::CreditOnBill, Note::money(credit));
        }
    }

    /// The customer is owed money, which lowers what is billed next.
    pub(super) fn grant_credit_note(&mut self, credit: Money) {
        if credit != Money::ZERO && !Deliberate::CreditNotesForgotten.is_made() {
            self.money.grant_credit(credit);
            self.note(EntryKind::CreditNote, Note::money(credit));
        }
    }

    /// What has been paid for coming allowances or for time to come, taken off the books.
    pub(super) fn take_unearned(&mut self) -> Money {
        if let Some(pool) = self.money.take_pool() {
            return pool;
        }
        let Some(owed) = self.money.take_unearned(self.timers.now()) else { return Money::ZERO };
        self.note(EntryKind::PriceTaken, Note::money(owed));
        owed
    }

    /// Spreads what has been taken elsewhere over the rest of the billing period; earns it if nothing is billed.
    pub(super) fn spread_over_time(&mut self, env: &Env, price: Money) {
        let without = !env.terms(self.plan).spreads_over_allowances();
        let until = if without { self.money.spread_rest(self.timers.now(), price) } else { None };
        match until {
            Some(until) => self.note(EntryKind::PriceGiven, Note { until, ..Note::money(price) }),
            None => self.earn_subscription(price),
        }
    }

    /// What a subscription still owed is earned.
    pub(super) fn earn_subscription(&mut self, price: Money) {
        if price != Money::ZERO {
            self.money.earn(price);
            self.note(EntryKind::SubscriptionEarned, Note::money(price));
        }
    }

    /// Another plan's price is billed from the next period on; the running one has been settled.
    pub(super) fn bill_from_now_on(&mut self, env: &Env, of: usize, plan: Option<Subscription>) {
        let anchor = self.money.billing_anchor().unwrap_or(self.cycle.anchor());
        let now = self.timers.now();
        let billing = plan.map(|plan| {
            let zone = &env.world.zone;
            let index = zone.first_after(anchor, plan.every, now, MonthEnd::Clamp) - 1;
            BillingPeriod {
                anchor,
                every: plan.every,
                plan: of,
                price: plan.price,
                spread: Money::ZERO,
                index,
                from: now,
                to: zone.nth(anchor, plan.every, index + 1, MonthEnd::Clamp),
                pool: Some(Money::ZERO),
            }
        });
        self.money.bill_by(billing);
        if let Some(to) = self.money.billed_until() {
            self.bill_at(to);
        }
    }

    /// Closes from now (a close due now included) until `to`, each of which issues an allowance.
    pub(super) fn allowances_until(&self, env: &Env, to: SimTime) -> u32 {
        // Where no close comes any more, other rules bring none either.
        if self.cycle.closes_at() == SimTime::MAX {
            return 0;
        }
        (1..).take_while(|k| self.close_ahead(env, *k) < to).count() as u32
    }

    /// The part of the billing pool that the allowance issued now takes.
    pub(super) fn allowance_price(&mut self, env: &Env) -> Money {
        let Some(to) = self.money.billed_until() else { return Money::ZERO };
        let later = i64::from(self.allowances_until(env, to));
        self.money.take_share(later)
    }

    /// The subscription ends; what it still owed is recognized.
    pub(super) fn end_subscription(&mut self) {
        let unearned = self.money.end_subscription(self.timers.now()).unwrap_or(Money::ZERO);
        if unearned != Money::ZERO {
            self.note(EntryKind::SubscriptionEarned, Note::money(unearned));
        }
    }

    /// Counts the money that is left at the end.
    pub(super) fn finish_money(&mut self, env: &Env) {
        self.money.finish(self.books.ledger(), env.world.end);
        self.count_uninvoiced(env);
        let zone = &env.world.zone;
        let first = zone.start_of(env.birth.max(env.world.measure_from), CalendarUnit::Month);
        let next = |month: &SimTime| Some(zone.next_start(*month, CalendarUnit::Month));
        let months = std::iter::successors(Some(first), next).take_while(|month| *month < env.world.end);
        self.counts.bills(self.money.bill_shocks(months));
    }
}
