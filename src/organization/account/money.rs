//! Cash, revenue and invoices (SEMANTICS §11).
//!
//! A subscription's price is spread over the allowances of its billing period, else over its time. What a plan that is
//! left still owed is recognized at that instant: there are no refunds. A credit note lowers the next bill or invoice.

use crate::calendar::{MonthEnd, Period};
use crate::outcome::EntryKind;
use crate::policy::{Anchor, CalendarUnit, DebtAtCycle, Opening, Subscription};
use crate::sampling::Purpose;
use crate::units::{Money, Probability, SimSpan, SimTime};

use super::books::{Note, overage};
use super::env::Env;
use super::events::{Class, TimerKind};
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
    billing: Option<BillingPeriod>,
    /// Recognized outside lots: overage, fees, subscriptions over time, remainders of plans left.
    recognized_else: Money,
    /// Of it: prepaid allowances that never came.
    breakage_else: Money,
    /// Paid top-ups that have not landed.
    pub(super) in_transit: Money,
    invoices: Vec<Invoice>,
    receivable: Money,
    /// Credit notes that no bill or invoice has used yet.
    pub(super) credit_owed: Money,
    /// Cash by calendar month, in order.
    months: Vec<(SimTime, Money)>,
    pub(super) recognized_before: Money,
    pub(super) breakage_before: Money,
    pub(super) voided_before: Money,
    breakage_else_before: Money,
}

/// The running billing period of a subscription.
#[derive(Debug, Clone)]
struct BillingPeriod {
    anchor: SimTime,
    every: Period,
    /// Of each period from the next on.
    price: Money,
    /// What is spread over the running period, if the price is spread over time.
    spread: Money,
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
    /// Neither paid nor written off.
    open: bool,
}

impl MoneyBook {
    /// The price of a billing period and its length, if something is billed.
    pub(super) fn billed(&self) -> Option<(Money, Period)> {
        self.billing.as_ref().map(|billing| (billing.price, billing.every))
    }

    /// From the next period on another price is billed.
    pub(super) fn renew_at(&mut self, price: Money) {
        if let Some(billing) = &mut self.billing {
            billing.price = price;
        }
    }

    /// True if something is billed.
    pub(super) fn is_billed(&self) -> bool {
        self.billing.is_some()
    }

    /// What billing periods count from.
    pub(super) fn billing_anchor(&self) -> Option<SimTime> {
        self.billing.as_ref().map(|billing| billing.anchor)
    }

    /// End of the running billing period.
    pub(super) fn billed_until(&self) -> Option<SimTime> {
        self.billing.as_ref().map(|billing| billing.to)
    }

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
        let zone = &env.world.zone;
        let anchor = self.billing_start(env, subscription.every, at, older);
        let index = zone.first_after(anchor, subscription.every, at, MonthEnd::Clamp) - 1;
        let [from, to] = [index, index + 1].map(|n| zone.nth(anchor, subscription.every, n, MonthEnd::Clamp));
        let price = subscription.price;
        let paid_before = from < at && older;
        // What is paid from now on is spread from now on, although the period may have begun earlier.
        let starts = if paid_before { from } else { at };
        let billing = BillingPeriod {
            anchor,
            every: subscription.every,
            price,
            spread: price,
            index,
            from: starts,
            to,
            pool: None,
        };
        self.money.billing = Some(billing);
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
        let anchor = self.cycle.anchor;
        if older || env.terms(self.plan).cycle.anchor != Anchor::SignUp {
            return anchor;
        }
        let zone = &env.world.zone;
        let n = zone.first_after(anchor, every, at, MonthEnd::Clamp) - 1;
        if zone.nth(anchor, every, n, MonthEnd::Clamp) == at { anchor } else { at }
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
        let until = if spreads { SimTime::MAX } else { to };
        self.note(EntryKind::OpeningSubscription, Note { until, ..Note::money(owed) });
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
        let moves = (self.cycle.next_plan.is_some() || self.cycle.rebills) && self.cycle.closes_at == now;
        let leaves = self.has_left(env) || moves;
        let Some(billing) = &mut self.money.billing else { return };
        if billing.to != now {
            return;
        }
        if billing.pool.is_none() {
            self.money.recognized_else += billing.spread;
        }
        let rest = billing.pool.take().unwrap_or(Money::ZERO);
        self.money.recognized_else += rest;
        self.money.breakage_else += rest;
        if rest != Money::ZERO {
            self.note(EntryKind::SubscriptionEarned, Note::money(rest));
        }
        if leaves {
            self.money.billing = None;
            return;
        }
        let Some(billing) = &mut self.money.billing else { return };
        billing.index += 1;
        billing.from = billing.to;
        billing.to = env.world.zone.nth(billing.anchor, billing.every, billing.index + 1, MonthEnd::Clamp);
        let price = billing.price;
        self.bill_now(env, price);
    }

    /// Cash for the running billing period; what is paid for it is attached to the allowances it pays for.
    fn bill_now(&mut self, env: &Env, price: Money) {
        let Some(billing) = &mut self.money.billing else { return };
        billing.spread = price;
        let to = billing.to;
        self.at(env, to, Class::Close, BILL, TimerKind::Bill);
        if env.terms(self.plan).allowance.is_none() {
            return self.pay_subscription(env, Note { until: to, ..Note::money(price) });
        }
        let first = self.cycle.row.from == self.now;
        let coming = self.allowances_until(env, to) + u32::from(first);
        let pool = if coming > 0 {
            self.pay_subscription(env, Note::money(price));
            price
        } else {
            // Billed more often than the allowance comes: the running allowance is paid for in instalments.
            let lot = self.books.add_price_of_allowance(price);
            self.pay_subscription(env, Note { lot, ..Note::money(price) });
            if lot.is_none() {
                self.money.recognized_else += price;
                self.note(EntryKind::SubscriptionEarned, Note::money(price));
            }
            Money::ZERO
        };
        if let Some(billing) = &mut self.money.billing {
            billing.pool = Some(pool);
        }
    }

    /// A subscription is paid, by credit notes as far as there are some.
    pub(super) fn pay_subscription(&mut self, env: &Env, note: Note) {
        let credit = self.money.credit_owed.min(note.money);
        self.receive_cash(env, CashKind::Subscription, note.money - credit);
        self.note(EntryKind::Subscription, note);
        if credit != Money::ZERO {
            self.money.credit_owed -= credit;
            self.note(EntryKind::CreditOnBill, Note::money(credit));
        }
    }

    /// The customer is owed money, which lowers what is billed next.
    pub(super) fn grant_credit_note(&mut self, credit: Money) {
        if credit == Money::ZERO {
            return;
        }
        self.money.recognized_else -= credit;
        self.money.credit_owed += credit;
        self.tally.money.credit_notes += credit;
        self.note(EntryKind::CreditNote, Note::money(credit));
    }

    /// What has been paid for coming allowances or for time to come, taken off the books.
    pub(super) fn take_unearned(&mut self) -> Money {
        let now = self.now;
        let Some(billing) = &mut self.money.billing else { return Money::ZERO };
        if let Some(pool) = &mut billing.pool {
            return std::mem::take(pool);
        }
        let owed = billing.spread - over_time(billing.spread, billing.from, billing.to, now);
        self.money.recognized_else += billing.spread - owed;
        (billing.spread, billing.pool) = (Money::ZERO, Some(Money::ZERO));
        self.note(EntryKind::PriceTaken, Note::money(owed));
        owed
    }

    /// Keeps for coming allowances what has been taken elsewhere.
    pub(super) fn keep_in_pool(&mut self, price: Money) {
        if let Some(billing) = &mut self.money.billing {
            billing.pool = Some(price);
        }
    }

    /// Spreads what has been taken elsewhere over the rest of the billing period; earns it if nothing is billed.
    pub(super) fn spread_over_time(&mut self, env: &Env, price: Money) {
        let (now, without) = (self.now, env.terms(self.plan).allowance.is_none());
        match &mut self.money.billing {
            Some(billing) if without => {
                (billing.from, billing.spread, billing.pool) = (now, price, None);
                let until = billing.to;
                self.note(EntryKind::PriceGiven, Note { until, ..Note::money(price) });
            }
            _ => self.earn_subscription(price),
        }
    }

    /// What a subscription still owed is earned.
    pub(super) fn earn_subscription(&mut self, price: Money) {
        if price != Money::ZERO {
            self.money.recognized_else += price;
            self.note(EntryKind::SubscriptionEarned, Note::money(price));
        }
    }

    /// Another plan's price is billed from the next period on; the running one has been settled.
    pub(super) fn bill_from_now_on(&mut self, env: &Env, plan: Option<Subscription>) {
        let anchor = self.money.billing_anchor().unwrap_or(self.cycle.anchor);
        self.money.billing = plan.map(|plan| {
            let zone = &env.world.zone;
            let index = zone.first_after(anchor, plan.every, self.now, MonthEnd::Clamp) - 1;
            BillingPeriod {
                anchor,
                every: plan.every,
                price: plan.price,
                spread: Money::ZERO,
                index,
                from: self.now,
                to: zone.nth(anchor, plan.every, index + 1, MonthEnd::Clamp),
                pool: Some(Money::ZERO),
            }
        });
        if let Some(to) = self.money.billed_until() {
            self.at(env, to, Class::Close, BILL, TimerKind::Bill);
        }
    }

    /// Closes from now (a close due now included) until `to`, each of which issues an allowance.
    pub(super) fn allowances_until(&self, env: &Env, to: SimTime) -> u32 {
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
    pub(super) fn end_subscription(&mut self) {
        let Some(billing) = self.money.billing.take() else { return };
        let rest = billing.pool.unwrap_or(billing.spread);
        self.money.recognized_else += rest;
        if billing.pool.is_some() {
            self.money.breakage_else += rest;
        }
        let earned = over_time(billing.spread, billing.from, billing.to, self.now);
        let unearned = billing.pool.unwrap_or(billing.spread - earned);
        if unearned != Money::ZERO {
            self.note(EntryKind::SubscriptionEarned, Note::money(unearned));
        }
    }

    /// Overage or a fee is invoiced: recognized now, paid as the terms say.
    pub(super) fn invoice(&mut self, env: &Env, amount: Money) {
        let invoices = &env.terms(self.plan).invoices;
        let number = self.money.invoices.len() as u64;
        let pays = invoices.declined == Probability::ZERO
            || !invoices.declined.holds(env.key.uniform(Purpose::Invoice, number, 0));
        self.money.recognized_else += amount;
        let credit = self.money.credit_owed.min(amount);
        let amount = amount - credit;
        if credit != Money::ZERO {
            self.money.credit_owed -= credit;
            self.note(EntryKind::CreditOnInvoice, Note::money(credit));
        }
        if amount == Money::ZERO {
            return;
        }
        self.money.receivable += amount;
        self.money.invoices.push(Invoice { amount, pays, open: true });
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
        let Invoice { amount, pays, .. } = self.money.invoices[index as usize];
        self.money.invoices[index as usize].open = false;
        self.money.receivable -= amount;
        if pays {
            self.receive_cash(env, CashKind::Overage, amount);
            self.note(EntryKind::InvoicePaid, Note::money(amount));
        } else {
            self.tally.money.written_off += amount;
            self.note(EntryKind::WrittenOff, Note::money(amount));
        }
    }

    pub(super) fn receivable(&self) -> Money {
        self.money.receivable
    }

    /// Revenue recognized since the account's books began.
    pub(super) fn recognized(&self, at: SimTime) -> Money {
        let running = match &self.money.billing {
            Some(BillingPeriod { pool: None, spread, from, to, .. }) => over_time(*spread, *from, *to, at),
            _ => Money::ZERO,
        };
        self.books.ledger().recognized() + self.money.recognized_else + running
    }

    /// What paid lots, billed periods and purchases under way still owe.
    pub(super) fn deferred(&self, at: SimTime) -> Money {
        let running = match &self.money.billing {
            Some(BillingPeriod { pool: None, spread, from, to, .. }) => {
                *spread - over_time(*spread, *from, *to, at)
            }
            Some(BillingPeriod { pool: Some(pool), .. }) => *pool,
            None => Money::ZERO,
        };
        self.books.ledger().deferred() + running + self.money.in_transit
    }

    pub(super) fn finish_money(&mut self, env: &Env) {
        let end = env.world.end;
        self.tally.money.recognized = self.recognized(end) - self.money.recognized_before;
        self.tally.money.breakage = self.books.ledger().breakage() - self.money.breakage_before
            + self.money.breakage_else
            - self.money.breakage_else_before;
        self.tally.money.voided = self.books.ledger().voided_value() - self.money.voided_before;
        self.tally.money.deferred_end = self.deferred(end);
        self.tally.money.receivable_end = self.money.receivable;
        self.tally.money.credit_notes_owed_end = self.money.credit_owed;
        let payable = self.money.invoices.iter().filter(|invoice| invoice.open && invoice.pays);
        self.tally.money.payable_beyond = payable.map(|invoice| invoice.amount).sum();
        self.count_uninvoiced(env);
        self.count_bill_shocks(env);
    }

    /// Debt that the next close would invoice, had the horizon not ended.
    fn count_uninvoiced(&mut self, env: &Env) {
        let overdraft = &env.terms(self.plan).overdraft;
        let debt = self.books.ledger().debt();
        if overdraft.at_cycle != DebtAtCycle::Invoice || debt.is_zero() {
            return;
        }
        self.books.count_uninvoiced(debt);
        match overdraft.price_per_credit {
            Some(price) => self.tally.money.uninvoiced_end = overage(price, debt),
            None => self.tally.money.uninvoiced_unpriced = true,
        }
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
