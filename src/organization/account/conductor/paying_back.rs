//! Purchased credits that are paid back, and prices that are earned over time (docs/semantics.md §18.12, §18.13).
//!
//! Leaves voiding to the books and sums to `money`. Invariant: whatever moves leaves an entry.

use crate::calendar::CalendarUnit;
use crate::deliberate::Deliberate;
use crate::ledger::LotSerial;
use crate::outcome::EntryKind;
use crate::policy::Terms;
use crate::units::{Category, Money, Probability, SimSpan, SimTime, round_half_up};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::State;
use super::grants::NewLot;

/// Rank of the end of the organization's life among the events of class 2: after what happens to invoices, before the close.
const LEAVING: u16 = 6;

impl State {
    /// What was paid for a lot is earned evenly from now until its end.
    pub(super) fn earn_over_time(&mut self, serial: LotSerial, new: &NewLot) {
        let longer = if Deliberate::EarnedMonthLonger.is_made() { 30 } else { 0 };
        let longer = SimSpan::from_micros(SimSpan::DAY.micros() * longer);
        let (now, until) = (self.timers.now(), new.expires_at + longer);
        let note = self.books.note_of(serial).unwrap_or_default();
        self.money.earn_over_time((serial, note), new.price, (now, until));
        self.note(EntryKind::PriceOverTime, Note { money: new.price, until, ..note });
    }

    /// A lot has been voided: what of its price was still to be earned over time is voided with it.
    pub(super) fn void_price(&mut self, serial: LotSerial) {
        let voided = self.money.void_over_time(serial, self.timers.now());
        if let Some((money, note)) = voided.filter(|(money, _)| *money != Money::ZERO) {
            self.note(EntryKind::PriceVoided, Note { money, ..note });
        }
    }

    /// The end of the organization's life is an event only if something is paid back at it, and if it has not come before.
    pub(super) fn schedule_leaving(&mut self, env: &Env) {
        let (at, plans) = (env.traits.leaves, &env.policy.plans);
        let comes = at > self.timers.now() && at < SimTime::MAX;
        if comes && plans.iter().any(|terms| terms.refund_on.leave.is_some()) {
            self.timers.schedule(at, (Class::Close, LEAVING, 0), TimerKind::Leave);
        }
    }

    /// The organization's life ends; one that has churned has left before.
    pub(super) fn life_ends(&mut self, env: &Env) {
        if !self.customer.has_churned() {
            self.pay_back_leaver(env);
        }
    }

    /// The organization leaves: purchased credits are paid back, if the terms say so.
    pub(super) fn pay_back_leaver(&mut self, env: &Env) {
        if let Some(share) = env.terms(self.plan).refund_on.leave {
            let before = self.views();
            self.pay_back(env, share);
            let posting = self.books.since(before);
            self.follow_up(env, posting, None);
        }
    }

    /// The plan is about to change to another: purchased credits are paid back, if that costs less and the terms say so.
    pub(super) fn pay_back_downgrade(&mut self, env: &Env, new: usize) {
        let (old, new) = (env.terms(self.plan), env.terms(new));
        if let Some(share) = old.refund_on.downgrade
            && self.costs_less(env, new, old)
        {
            self.pay_back(env, share);
        }
    }

    /// True if a plan's subscription costs less a day than another's.
    fn costs_less(&self, env: &Env, plan: &Terms, other: &Terms) -> bool {
        let price = |terms: &Terms| match &terms.subscription {
            None => (0, 1),
            Some(subscription) => {
                let price = env.price_of(subscription, self.timers.now(), self.timers.now());
                (i128::from(price.nanos()), i128::from(subscription.every.about().micros().max(1)))
            }
        };
        let [(own, own_time), (others, others_time)] = [plan, other].map(price);
        own * others_time < others * own_time
    }

    /// Voids what is left of purchased lots and pays back a share of what was paid for it.
    fn pay_back(&mut self, env: &Env, share: Probability) {
        let share = if Deliberate::PaidBackInFull.is_made() { Probability::ONE } else { share };
        let now = self.timers.now();
        let lots = self.books.ledger().lots().iter();
        let purchased = lots.filter(|lot| lot.category == Category::Purchased && lot.remaining.is_positive());
        let mut paid: Vec<(u32, LotSerial, Money)> = purchased
            .map(|lot| {
                let unused = lot.price_paid.scale_floor(lot.remaining.micros(), lot.credits.micros().max(1));
                (lot.id, lot.serial, unused)
            })
            .collect();
        paid.sort_unstable();
        let month = env.world.zone.start_of(now, CalendarUnit::Month);
        for (_, serial, unused) in paid {
            let note = self.books.note_of(serial).unwrap_or_default();
            self.books.void(now, serial).as_part();
            self.void_price(serial);
            let money = unused.scale_half_up(round_half_up(share.get(), 1e9), 1_000_000_000);
            if money != Money::ZERO {
                self.money.pay_back(money, month);
                self.note(EntryKind::PaidBack, Note { money, ..note });
            }
        }
    }
}
