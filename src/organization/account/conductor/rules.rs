//! Rules that change at an instant, without a close (docs/semantics.md §16).
//!
//! Leaves which edition of the rules is in force to `changes`, what they say to the policy. Invariants: at a close they change
//! after it, before the new grants; allowance and price follow at their next period.

use crate::deliberate::Deliberate;
use crate::outcome::EntryKind;

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::State;

/// Rank among the events of class 2: after changes of plan, before the bill.
const RULES: (Class, u16, u32) = (Class::Close, 1, u32::MAX);

impl State {
    /// Takes up what has changed by the opening, and schedules the rest.
    pub(super) fn schedule_rule_changes(&mut self, env: &Env) {
        let now = self.timers.now();
        self.changes.expect_rules(env.policy.rules.of(env.traits.signed_up).into_iter());
        self.changes.take_rules(now, &env.policy.rules.editions);
        for at in self.changes.rule_instants() {
            self.timers.schedule(at, RULES, TimerKind::Rules);
        }
        self.plan = env.edition(env.named(self.plan), self.changes.edition());
    }

    /// Rules have changed by now that the account has not taken up.
    pub(super) fn rules_due(&self) -> bool {
        self.changes.rules_due(self.timers.now())
    }

    /// Every change of rules of this instant; at a close the close takes them up.
    pub(super) fn rules_change(&mut self, env: &Env) {
        if !self.rules_due() || Deliberate::RulesWaitForClose.is_made() {
            return;
        }
        if self.cycle.closes_at() == self.timers.now() {
            return self.renew_price(env);
        }
        let before = self.views();
        self.take_up_rules(env);
        self.renew_price(env);
        self.books.repay(self.timers.now()).as_part();
        self.follow_new_terms(env, before);
    }

    /// The rules of the instant hold.
    pub(super) fn take_up_rules(&mut self, env: &Env) {
        let old = self.plan;
        self.count_windows(env);
        self.changes.take_rules(self.timers.now(), &env.policy.rules.editions);
        self.plan = env.edition(env.named(old), self.changes.edition());
        let (old, new) = (env.terms(old), env.terms(self.plan));
        self.take_up_terms(env);
        if old.alerts != new.alerts {
            self.watch.watch_alerts(new.alerts.len());
            self.arm_alerts(env);
        }
        self.shop.edit_rules(super::top_up::adopted(env, self.plan));
        let spreads = crate::policy::Terms::spreads_over_allowances;
        let respreads = new.subscription.is_some() && spreads(old) != spreads(new);
        self.cycle.set_rebills(self.cycle.rebills() || respreads);
        if self.cycle.rebills() || old.cycle != new.cycle {
            self.cycle.lag();
        }
        self.note(EntryKind::RulesChanged, Note { grant: self.plan as u32, ..Note::default() });
    }

    /// The next bill is by the rules of this instant.
    fn renew_price(&mut self, env: &Env) {
        let edition = self.changes.edition_due(self.timers.now(), &env.policy.rules.editions);
        let renewed = env.edition(env.named(self.plan), edition);
        let terms = env.terms(renewed);
        match (&terms.subscription, self.money.billed()) {
            (Some(plan), Some((_, every))) if plan.every == every => {
                let now = self.timers.now();
                self.money.renew_by(renewed, env.price_of(plan, now, now))
            }
            (None, None) => {}
            _ => {
                self.cycle.set_rebills(true);
                self.cycle.lag();
            }
        }
    }
}
