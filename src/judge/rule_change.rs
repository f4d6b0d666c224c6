//! Rules that change at an instant, without a close (docs/semantics.md §16.11, §16.12).

use crate::units::SimTime;

use super::account::Judged;
use super::facts::{EntryKind, Fact};

impl Judged<'_> {
    /// The changes that the organization lives through, in the order in which they come.
    pub fn rule_changes(&self) -> Vec<(SimTime, usize)> {
        self.case.policy.rules.of(self.case.traits.signed_up)
    }

    /// The edition of the rules after all changes up to now.
    pub fn edition_by_now(&self) -> usize {
        let changes = self.rule_changes();
        let past: Vec<usize> =
            changes.into_iter().filter(|(at, _)| *at <= self.now).map(|(_, change)| change).collect();
        self.case.policy.rules.editions.iter().position(|edition| *edition == past).unwrap_or(0)
    }

    /// Rules change at an instant; at a close they wait for it, but the next bill is by them.
    pub fn rules_change(&mut self) {
        if self.edition_by_now() == self.edition {
            return;
        }
        if self.cycle.next == Some(self.now) {
            self.renew_price();
            return;
        }
        let before = self.balances();
        self.take_up_rules();
        self.renew_price();
        self.repay();
        self.invoice_what_is_due();
        self.follow(before, None);
        self.look_at_new_rules();
    }

    /// The rules of now hold; true if they are others.
    pub fn take_up_rules(&mut self) -> bool {
        let edition = self.edition_by_now();
        if edition == self.edition {
            return false;
        }
        self.ended_windows_keep_amounts();
        let old = self.terms();
        self.edition = edition;
        self.take_up_rates();
        let new = self.terms();
        let spread_anew = super::ratable::spreads(old) != super::ratable::spreads(new);
        if new.subscription.is_some() && spread_anew {
            self.cycle.rebills = true;
        }
        if self.cycle.rebills || old.cycle != new.cycle {
            self.cycle.lags = true;
        }
        if old.alerts != new.alerts {
            self.arm_alerts();
        }
        self.look_at_queue();
        self.say(Fact::new(self.now, EntryKind::RulesChanged));
        true
    }

    /// The next bill is at the price of now; one at another interval, or none, follows at the next close.
    fn renew_price(&mut self) {
        let edition = self.edition_by_now();
        let terms = &self.case.policy.plans[edition * self.case.policy.named_plans() + self.plan];
        let price = terms.subscription.as_ref().map(|new| self.price_at(new, self.now));
        match (&terms.subscription, &mut self.till.billing) {
            (Some(new), Some(billing)) if new.every == billing.every => {
                (billing.terms, billing.price) =
                    (edition * self.case.policy.named_plans() + self.plan, price.unwrap_or(billing.price));
            }
            (None, None) => {}
            _ => (self.cycle.lags, self.cycle.rebills) = (true, true),
        }
    }
}
