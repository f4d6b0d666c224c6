//! Purchased credits that are left are voided and paid back (docs/semantics.md §18.12).

use crate::policy::Subscription;
use crate::units::{Category, Money, Probability, round_half_up};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Fact};

impl Judged<'_> {
    /// The end of the organization's life is an instant of its own.
    pub fn life_will_end(&mut self) {
        let leaves = self.case.traits.leaves;
        if leaves > self.now && leaves < self.case.end {
            self.to_come.add(leaves, (0, 0, 0), Coming::LifeEnds);
        }
    }

    /// The organization leaves, by the terms of now; once.
    pub fn pays_back_as_it_leaves(&mut self) {
        if std::mem::replace(&mut self.till.has_paid_back, true) {
            return;
        }
        if let Some(share) = self.terms().refund_on.leave {
            self.pays_back(share);
        }
    }

    /// The plan changes to one whose subscription costs less a day (docs/semantics.md §18.12); `to` is its place.
    pub fn pays_back_at_downgrade(&mut self, to: usize) {
        let Some(share) = self.terms().refund_on.downgrade else { return };
        let new = &self.case.policy.plans[self.edition * self.case.policy.named_plans() + to];
        if self.costs_less(new.subscription.as_ref(), self.terms().subscription.as_ref()) {
            self.pays_back(share);
        }
    }

    fn costs_less(&self, new: Option<&Subscription>, old: Option<&Subscription>) -> bool {
        let a_day = |subscription: Option<&Subscription>| -> (i128, i128) {
            subscription.map_or((0, 1), |subscription| {
                let price = self.price_at(subscription, self.now);
                (i128::from(price.nanos()), i128::from(subscription.every.about().micros()))
            })
        };
        let ((new, new_span), (old, old_span)) = (a_day(new), a_day(old));
        new * old_span < old * new_span
    }

    /// What remains of purchased lots is voided; a share of what was paid for it is paid back.
    fn pays_back(&mut self, share: Probability) {
        let before = self.balances();
        let mut lots: Vec<usize> = (0..self.lots.len())
            .filter(|&lot| {
                self.lots[lot].category == Category::Purchased && self.lots[lot].remaining.is_positive()
            })
            .collect();
        lots.sort_by_key(|&lot| (self.lots[lot].id, lot));
        for lot in lots {
            let state = &self.lots[lot];
            let rest = state.remaining;
            let of_the_rest = state.price.scale_floor(rest.micros(), state.issued.micros().max(1));
            let back = of_the_rest.scale_half_up(round_half_up(share.get(), 1e9), 1_000_000_000);
            self.lots[lot].over = true;
            self.take_away(EntryKind::Void, lot, rest, false);
            if back != Money::ZERO {
                let grant = self.lots[lot].names();
                self.tell(Fact { grant, ..Fact::new(self.now, EntryKind::PaidBack).paid(back) });
            }
            self.stamp();
        }
        self.follow(before, None);
    }
}
