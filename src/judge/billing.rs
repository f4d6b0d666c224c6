//! Subscriptions: what is billed when, and what it pays for (docs/semantics.md §11.3 to §11.5).

use crate::calendar::{MonthEnd, Period};
use crate::policy::{Anchor, Opening, Subscription};
use crate::units::{Money, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::cycle::{money_share, parts_of};
use super::facts::{EntryKind, Fact};

/// The running billing period.
#[derive(Debug, Clone, Copy)]
pub(super) struct BilledPeriod {
    /// What its periods count from.
    pub anchor: SimTime,
    pub every: Period,
    /// Whose price it is, by their place among those of the policy.
    pub terms: usize,
    /// What a period costs: the running one, or the next if rules have changed since.
    pub price: Money,
    pub from: SimTime,
    pub to: SimTime,
    pub paid: PaidFor,
}

/// What has been paid for and is not yet earned.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PaidFor {
    /// Allowances still to come, for so much.
    Allowances(Money),
    /// The time from `from` to `to`, for so much.
    Time(Money),
}

impl BilledPeriod {
    /// What is still owed at an instant.
    pub fn owed(&self, now: SimTime) -> Money {
        match self.paid {
            PaidFor::Allowances(rest) => rest,
            PaidFor::Time(price) => {
                let (gone, whole) = ((now - self.from).micros(), (self.to - self.from).micros().max(1));
                price - price.scale_floor(gone.clamp(0, whole), whole)
            }
        }
    }
}

impl Judged<'_> {
    /// The last price that applies as a period begins (docs/semantics.md §13.9, §16.14).
    pub fn price_at(&self, subscription: &Subscription, begins: SimTime) -> Money {
        let mut price = (subscription.price, &subscription.by_heads);
        for (when, other) in &subscription.dated {
            if self.applies_to_us(when, begins) {
                price = (other.money, &other.by_heads);
            }
        }
        let (members, projects) = (self.case.traits.members.len(), usize::from(self.case.traits.projects));
        price.1.as_ref().map_or(price.0, |formula| Money::from_f64(formula.of(members, projects)))
    }

    /// First and last instant of the period around an instant, counted from an anchor.
    pub fn around(&self, anchor: SimTime, every: Period, t: SimTime) -> (SimTime, SimTime) {
        let next = self.case.zone.first_after(anchor, every, t, MonthEnd::Clamp);
        let at = |n| self.case.zone.nth(anchor, every, n, MonthEnd::Clamp);
        (at(next - 1), at(next))
    }

    /// The plan's price is billed from now on; `first` as the account opens (docs/semantics.md §11.3, §16.13).
    pub fn begin_billing(&mut self, first: bool) {
        self.to_come.call_off(|what| what == Coming::Bill);
        self.till.billing = None;
        let Some(subscription) = self.terms().subscription.clone() else { return };
        if self.has_left() {
            return;
        }
        let (now, every) = (self.now, subscription.every);
        let older = first && self.case.traits.signed_up < now;
        let mut anchor = self.cycle.anchor;
        if !older && self.terms().cycle.anchor == Anchor::SignUp && self.around(anchor, every, now).0 != now {
            anchor = now;
        }
        let (from, to) = self.around(anchor, every, now);
        let price = self.price_at(&subscription, if older { from } else { now });
        let mut billing = BilledPeriod {
            anchor,
            every,
            terms: self.place_of_terms(),
            price,
            from: now,
            to,
            paid: PaidFor::Time(price),
        };
        if older && from < now {
            billing.from = from;
            self.open_paid(billing);
            return;
        }
        self.till.billing = Some(billing);
        let due = match self.terms().cycle.opening {
            Opening::Full => price,
            Opening::Prorated => money_share(price, to - now, to - from),
        };
        self.bill(due, true);
    }

    /// What an organization older than the account had paid is an opening term (docs/semantics.md §11.3).
    fn open_paid(&mut self, mut billing: BilledPeriod) {
        let mut owed = billing.owed(self.now);
        if self.spreads_over_allowances() {
            let zone = self.case.zone;
            let boundary = |t| zone.first_after(self.cycle.anchor, self.cycle.every, t, MonthEnd::Clamp);
            let gone = boundary(self.now) - boundary(billing.from);
            let all = gone + self.allowances_until(billing.to) + 1;
            owed = billing.price - billing.price.scale_floor(gone, all);
            billing.paid = PaidFor::Allowances(owed);
        }
        self.till.billing = Some(billing);
        if let PaidFor::Time(price) = billing.paid {
            self.books.earn(owed - price);
        }
        self.say(Fact::new(self.now, EntryKind::OpeningSubscription).paid(owed));
        self.to_come.add(billing.to, (0, 0, 0), Coming::Bill);
    }

    /// A billing period ends, and the next one is billed unless the plan or the organization is left (docs/semantics.md §11.5).
    pub fn bill_comes(&mut self) {
        let Some(mut billing) = self.till.billing.filter(|billing| billing.to == self.now) else { return };
        self.time_is_over();
        if let PaidFor::Allowances(rest) = billing.paid {
            self.books.expire(rest);
            self.earned(rest);
        }
        let moves = self.plans.at_close.is_some() || self.cycle.rebills;
        if self.has_left() || moves && self.cycle.next == Some(self.now) {
            self.till.billing = None;
            return;
        }
        if let Some(subscription) = &self.case.policy.plans[billing.terms].subscription {
            billing.price = self.price_at(subscription, self.now);
        }
        billing.from = self.now;
        billing.to = self.around(billing.anchor, billing.every, self.now).1;
        self.till.billing = Some(billing);
        self.bill(billing.price, false);
    }

    /// A period is paid in advance; `issues` if an allowance is about to be issued (docs/semantics.md §11.3, §11.4).
    fn bill(&mut self, price: Money, issues: bool) {
        let Some(mut billing) = self.till.billing else { return };
        self.to_come.add(billing.to, (0, 0, 0), Coming::Bill);
        if !self.spreads_over_allowances() {
            billing.paid = PaidFor::Time(price);
            self.till.billing = Some(billing);
            self.pay_bill(price, None);
            return;
        }
        let coming = self.allowances_until(billing.to) + i64::from(issues);
        billing.paid = PaidFor::Allowances(if coming > 0 { price } else { Money::ZERO });
        self.till.billing = Some(billing);
        if coming > 0 {
            return self.pay_bill(price, None);
        }
        let all: Vec<usize> = self.cycle.running.iter().map(|running| running.lot).collect();
        let running: Vec<usize> = all.iter().copied().filter(|&lot| !self.lots[lot].over).collect();
        for (&lot, part) in running.iter().zip(parts_of(price, running.len())) {
            self.lots[lot].price += part;
        }
        // Where it is one owner's alone the bill names its lot.
        self.pay_bill(price, running.first().copied().filter(|_| all.len() == 1));
        if running.is_empty() {
            self.earned(price);
        }
    }

    /// Cash for a subscription, as far as credit notes do not pay it (docs/semantics.md §11.7).
    pub fn pay_bill(&mut self, price: Money, lot: Option<usize>) {
        let grant = lot.and_then(|lot| self.lots[lot].names());
        self.say(Fact { grant, ..Fact::new(self.now, EntryKind::Subscription).paid(price) });
        let used = self.till.credit.min(price);
        if used != Money::ZERO {
            self.till.credit -= used;
            self.say(Fact::new(self.now, EntryKind::CreditOnBill).paid(used));
        }
    }

    /// Closes from now until an instant: each brings an allowance.
    pub fn allowances_until(&self, until: SimTime) -> i64 {
        let (mut count, mut close) = (0, self.cycle.next);
        while let Some(at) = close.filter(|&at| at < until) {
            count += 1;
            close = self.close_after(at);
        }
        count
    }

    /// The part of what has been paid that the allowance which is issued now takes (docs/semantics.md §11.4).
    pub fn price_of_allowance(&mut self) -> Money {
        let Some(mut billing) = self.till.billing else { return Money::ZERO };
        let PaidFor::Allowances(rest) = billing.paid else { return Money::ZERO };
        let part = rest.scale_floor(1, self.allowances_until(billing.to) + 1);
        billing.paid = PaidFor::Allowances(rest - part);
        self.till.billing = Some(billing);
        part
    }

    /// A plan is left, or the organization has left at a close: what is still owed is earned (docs/semantics.md §11.5).
    pub fn end_subscription(&mut self) {
        self.to_come.call_off(|what| what == Coming::Bill);
        self.time_is_over();
        if let Some(billing) = self.till.billing.take() {
            let owed = billing.owed(self.now);
            if let PaidFor::Allowances(_) = billing.paid {
                self.books.expire(owed);
            }
            self.earned(owed);
        }
    }

    /// What the time that is paid for has earned is booked for good; what follows says what becomes of the rest.
    pub fn time_is_over(&mut self) {
        if let Some(BilledPeriod { paid: PaidFor::Time(price), .. }) = self.till.billing {
            let owed = self.till.billing.map_or(Money::ZERO, |billing| billing.owed(self.now));
            self.books.earn(price - owed);
        }
    }

    /// Earned without credits.
    pub fn earned(&mut self, money: Money) {
        if money != Money::ZERO {
            self.say(Fact::new(self.now, EntryKind::SubscriptionEarned).paid(money));
        }
    }
}
