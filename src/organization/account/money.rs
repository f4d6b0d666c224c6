//! Cash, revenue and invoices (SEMANTICS §11).
//!
//! A subscription's price is spread over the allowances of its billing period, else over its time. What a plan that is
//! left still owed is recognized at that instant: there are no refunds.

use crate::calendar::{MonthEnd, Period};
use crate::outcome::EntryKind;
use crate::policy::CalendarUnit;
use crate::sampling::Purpose;
use crate::units::{Money, Probability, SimSpan, SimTime};

use super::env::Env;
use super::events::{Class, TimerKind};
use super::note::Note;
use super::state::State;

/// Rank of a bill among the events of class 2: after changes of plan, before the close.
const BILL: u16 = 2;
/// Rank of an invoice that falls due.
const INVOICE: u16 = 3;

/// Where cash came from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum CashKind {
    Subscription,
    Package,
    Overage,
}

/// Money of one account that is not in its lots.
#[derive(Debug, Clone, Default)]
pub(super) struct MoneyBook {
    billing: Option<Billing>,
    /// Recognized outside lots: overage, fees, subscriptions over time, remainders of plans left.
    recognized_else: Money,
    /// Of it: prepaid allowances that never came.
    breakage_else: Money,
    /// Paid top-ups that have not landed.
    pub(super) in_transit: Money,
    invoices: Vec<Invoice>,
    receivable: Money,
    /// Cash by calendar month, in order.
    months: Vec<(SimTime, Money)>,
    pub(super) recognized_before: Money,
    pub(super) breakage_before: Money,
    pub(super) voided_before: Money,
    breakage_else_before: Money,
}

/// The running billing period of a subscription.
#[derive(Debug, Clone)]
struct Billing {
    anchor: SimTime,
    every: Period,
    price: Money,
    index: i64,
    from: SimTime,
    to: SimTime,
    /// Part of the price waiting for allowances still to come; none if the price is spread over time.
    pool: Option<Money>,
}

/// Overage and fees owed.
#[derive(Debug, Clone, Copy)]
struct Invoice {
    amount: Money,
    /// False: it will be written off instead.
    pays: bool,
}

impl MoneyBook {
    pub(super) fn start_over(&mut self) {
        self.months.clear();
        self.breakage_else_before = self.breakage_else;
    }
}

impl State {
    /// Cash comes in.
    pub(super) fn receive_cash(&mut self, env: &Env, kind: CashKind, amount: Money) {
        if amount == Money::ZERO {
            return;
        }
        let money = &mut self.tally.money;
        match kind {
            CashKind::Subscription => money.subscription_cash += amount,
            CashKind::Package => money.package_cash += amount,
            CashKind::Overage => money.overage_cash += amount,
        }
        self.cycle.row.money += amount;
        let month = env.world.zone.start_of(self.now, CalendarUnit::Month);
        match self.money.months.last_mut() {
            Some((last, sum)) if *last == month => *sum += amount,
            _ => self.money.months.push((month, amount)),
        }
    }

    /// Starts billing the present plan. The running period of an older organization was paid before the horizon.
    pub(super) fn start_subscription(&mut self, env: &Env, at: SimTime, older: bool) {
        let Some(subscription) = env.terms(self.plan).subscription.clone() else { return };
        let anchor = self.cycle.anchor;
        let zone = &env.world.zone;
        let index = zone.first_after(anchor, subscription.every, at, MonthEnd::Clamp) - 1;
        let billing = Billing {
            anchor,
            every: subscription.every,
            price: subscription.price,
            index,
            from: zone.nth(anchor, subscription.every, index, MonthEnd::Clamp),
            to: zone.nth(anchor, subscription.every, index + 1, MonthEnd::Clamp),
            pool: None,
        };
        let paid_before = billing.from < at && older;
        // What is paid from now on is spread from now on, although the period may have begun earlier.
        let from = if paid_before { billing.from } else { at };
        self.money.billing = Some(Billing { from, ..billing });
        if paid_before {
            self.carry_in_subscription(env, at);
        } else {
            self.bill_now(env);
        }
    }

    /// The unearned part of a subscription paid before the account's books begin is an opening term.
    fn carry_in_subscription(&mut self, env: &Env, at: SimTime) {
        let spreads = env.terms(self.plan).allowance.is_some();
        let Some(billing) = &self.money.billing else { return };
        let (price, from, to) = (billing.price, billing.from, billing.to);
        let owed = if spreads {
            let coming = self.allowances_until(env, to) + 1;
            let zone = &env.world.zone;
            let every = env.terms(self.plan).cycle.every;
            let gone = zone.first_after(self.cycle.anchor, every, at, MonthEnd::Clamp)
                - zone.first_after(self.cycle.anchor, every, from, MonthEnd::Clamp);
            price - price.scale_floor(gone, gone + i64::from(coming))
        } else {
            price - over_time(price, from, to, at)
        };
        self.tally.money.deferred_start += owed;
        let until = if spreads { SimTime::NEVER } else { to };
        self.note(env, EntryKind::OpeningSubscription, Note { until, ..Note::money(owed) });
        if let Some(billing) = &mut self.money.billing {
            if spreads {
                billing.pool = Some(owed);
            } else {
                // What was earned before must not be earned again.
                self.money.recognized_else -= price - owed;
            }
        }
        self.at(env, to, Class::Close, BILL, TimerKind::Bill);
    }

    /// The subscription is billed for its next period.
    pub(super) fn bill(&mut self, env: &Env) {
        let now = self.now;
        // Who leaves, or moves to another plan at the close of this instant, does not renew.
        let moves = self.cycle.next_plan.is_some() && self.cycle.closes_at == now;
        let leaves = self.has_left(env) || moves;
        let Some(billing) = &mut self.money.billing else { return };
        if billing.to != now {
            return;
        }
        if billing.pool.is_none() {
            self.money.recognized_else += billing.price;
        }
        let rest = billing.pool.take().unwrap_or(Money::ZERO);
        self.money.recognized_else += rest;
        self.money.breakage_else += rest;
        if rest != Money::ZERO {
            self.note(env, EntryKind::SubscriptionEarned, Note::money(rest));
        }
        if leaves {
            self.money.billing = None;
            return;
        }
        let Some(billing) = &mut self.money.billing else { return };
        billing.index += 1;
        billing.from = billing.to;
        billing.to = env.world.zone.nth(billing.anchor, billing.every, billing.index + 1, MonthEnd::Clamp);
        self.bill_now(env);
    }

    /// Cash for the running billing period; its price is attached to the allowances it pays for.
    fn bill_now(&mut self, env: &Env) {
        let Some(billing) = &self.money.billing else { return };
        let (price, to) = (billing.price, billing.to);
        self.at(env, to, Class::Close, BILL, TimerKind::Bill);
        self.receive_cash(env, CashKind::Subscription, price);
        if env.terms(self.plan).allowance.is_none() {
            self.note(env, EntryKind::Subscription, Note { until: to, ..Note::money(price) });
            return;
        }
        let first = self.cycle.allowance.is_none() || self.cycle.row.from == self.now;
        let coming = self.allowances_until(env, to) + u32::from(first);
        let pool = if coming > 0 {
            self.note(env, EntryKind::Subscription, Note::money(price));
            price
        } else {
            // Billed more often than the allowance comes: the running allowance is paid for in instalments.
            let lot = self.cycle.allowance.filter(|lot| self.ledger.add_price(*lot, price));
            self.note(env, EntryKind::Subscription, Note { lot, ..Note::money(price) });
            if lot.is_none() {
                self.money.recognized_else += price;
                self.note(env, EntryKind::SubscriptionEarned, Note::money(price));
            }
            Money::ZERO
        };
        if let Some(billing) = &mut self.money.billing {
            billing.pool = Some(pool);
        }
    }

    /// Closes from now (a close due now included) until `to`, each of which issues an allowance.
    fn allowances_until(&self, env: &Env, to: SimTime) -> u32 {
        (1..).take_while(|k| self.close_ahead(env, *k) < to).count() as u32
    }

    /// The part of the billing pool that the allowance issued now takes.
    pub(super) fn allowance_price(&mut self, env: &Env) -> Money {
        let Some(to) = self.money.billing.as_ref().map(|billing| billing.to) else { return Money::ZERO };
        let later = i64::from(self.allowances_until(env, to));
        let Some(pool) = self.money.billing.as_mut().and_then(|billing| billing.pool.as_mut()) else {
            return Money::ZERO;
        };
        let share = pool.scale_floor(1, later + 1);
        *pool -= share;
        share
    }

    /// The subscription ends; what it still owed is recognized.
    pub(super) fn end_subscription(&mut self, env: &Env) {
        let Some(billing) = self.money.billing.take() else { return };
        let rest = billing.pool.unwrap_or(billing.price);
        self.money.recognized_else += rest;
        if billing.pool.is_some() {
            self.money.breakage_else += rest;
        }
        let earned = over_time(billing.price, billing.from, billing.to, self.now);
        let unearned = billing.pool.unwrap_or(billing.price - earned);
        if unearned != Money::ZERO {
            self.note(env, EntryKind::SubscriptionEarned, Note::money(unearned));
        }
    }

    /// Overage or a fee is invoiced: recognized now, paid as the terms say.
    pub(super) fn invoice(&mut self, env: &Env, amount: Money) {
        let invoices = &env.terms(self.plan).invoices;
        let number = self.money.invoices.len() as u64;
        let pays = invoices.declined == Probability::ZERO
            || !invoices.declined.holds(env.key.uniform(Purpose::Invoice, number, 0));
        self.money.recognized_else += amount;
        self.money.receivable += amount;
        self.money.invoices.push(Invoice { amount, pays });
        let index = number as u32;
        if !pays {
            if let Some(after) = invoices.write_off_after {
                self.at_ranked(
                    env,
                    self.now + after,
                    (Class::Close, INVOICE, index),
                    TimerKind::Invoice(index),
                );
            }
            return;
        }
        let delay = if invoices.auto_pay {
            SimSpan::ZERO
        } else {
            let mut stream = env.key.keyed(Purpose::Invoice, number, 1);
            SimSpan::from_seconds_f64(invoices.delay.sample(&mut stream))
        };
        if delay.is_zero() {
            self.invoice_due(env, index);
        } else {
            self.at_ranked(env, self.now + delay, (Class::Close, INVOICE, index), TimerKind::Invoice(index));
        }
    }

    /// An invoice is paid or written off.
    pub(super) fn invoice_due(&mut self, env: &Env, index: u32) {
        let Invoice { amount, pays } = self.money.invoices[index as usize];
        self.money.receivable -= amount;
        if pays {
            self.receive_cash(env, CashKind::Overage, amount);
            self.note(env, EntryKind::InvoicePaid, Note::money(amount));
        } else {
            self.tally.money.written_off += amount;
            self.note(env, EntryKind::WrittenOff, Note::money(amount));
        }
    }

    pub(super) fn receivable(&self) -> Money {
        self.money.receivable
    }

    /// Revenue recognized since the account's books began.
    pub(super) fn recognized(&self, at: SimTime) -> Money {
        let running = match &self.money.billing {
            Some(Billing { pool: None, price, from, to, .. }) => over_time(*price, *from, *to, at),
            _ => Money::ZERO,
        };
        self.ledger.recognized() + self.money.recognized_else + running
    }

    /// What paid lots, billed periods and purchases under way still owe.
    pub(super) fn deferred(&self, at: SimTime) -> Money {
        let running = match &self.money.billing {
            Some(Billing { pool: None, price, from, to, .. }) => *price - over_time(*price, *from, *to, at),
            Some(Billing { pool: Some(pool), .. }) => *pool,
            None => Money::ZERO,
        };
        self.ledger.deferred() + running + self.money.in_transit
    }

    pub(super) fn finish_money(&mut self, env: &Env) {
        let end = env.world.end;
        self.tally.money.recognized = self.recognized(end) - self.money.recognized_before;
        self.tally.money.breakage = self.ledger.breakage() - self.money.breakage_before
            + self.money.breakage_else
            - self.money.breakage_else_before;
        self.tally.money.voided = self.ledger.voided_value() - self.money.voided_before;
        self.tally.money.deferred_end = self.deferred(end);
        self.tally.money.receivable_end = self.money.receivable;
        self.count_bill_shocks(env);
    }

    /// Months above twice the trailing three months' positive median; the fourth month is the first compared.
    fn count_bill_shocks(&mut self, env: &Env) {
        let zone = &env.world.zone;
        let mut month = zone.start_of(env.birth.max(env.world.measure_from), CalendarUnit::Month);
        let mut bills = Vec::new();
        let mut paid = self.money.months.iter().peekable();
        while month < env.world.end {
            let mut bill = Money::ZERO;
            while let Some((_, amount)) = paid.next_if(|(at, _)| *at == month) {
                bill += *amount;
            }
            bills.push(bill);
            month = zone.next_start(month, CalendarUnit::Month);
        }
        for four in bills.windows(4) {
            let mut trailing = [four[0], four[1], four[2]];
            trailing.sort_unstable();
            if trailing[1] > Money::ZERO {
                self.tally.customer.bill_months += 1;
                self.tally.customer.bill_shocks += u64::from(four[3] > trailing[1] + trailing[1]);
            }
        }
    }
}

/// ⌊price · (at − from) / (to − from)⌋.
fn over_time(price: Money, from: SimTime, to: SimTime, at: SimTime) -> Money {
    let whole = (to - from).micros().max(1);
    price.scale_floor((at - from).micros().clamp(0, whole), whole)
}
