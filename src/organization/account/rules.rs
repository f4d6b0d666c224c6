//! Rules that change at an instant, without a close (SEMANTICS-2 §16).
//!
//! Owns which edition of the rules is in force. Leaves what they say to the policy. Invariants: at a close they change
//! after it, before the new grants; allowance and price follow at their next period.

use std::collections::VecDeque;

use crate::outcome::EntryKind;

use super::books::Note;
use super::env::Env;
use super::events::{Class, TimerKind};
use super::state::State;

/// Rank among the events of class 2: after changes of plan, before the bill.
const RULES: (Class, u16, u32) = (Class::Close, 1, u32::MAX);

impl State {
    /// Takes up what has changed by the opening, and schedules the rest.
    pub(super) fn schedule_rule_changes(&mut self, env: &Env) {
        let mut coming = VecDeque::from(env.policy.rules.of(env.traits.signed_up));
        while let Some((_, index)) = coming.front().copied().filter(|(at, _)| *at <= self.now) {
            coming.pop_front();
            self.rules_changed.push(index);
        }
        for (at, _) in &coming {
            self.at_ranked(env, *at, RULES, TimerKind::Rules);
        }
        self.rule_changes = coming;
        self.find_edition(env);
        self.plan = env.edition(env.named(self.plan), self.edition);
    }

    fn find_edition(&mut self, env: &Env) {
        let editions = &env.policy.rules.editions;
        let found = editions.iter().position(|edition| *edition == self.rules_changed);
        self.edition = found.unwrap_or_default();
    }

    /// Rules have changed by now that the account has not taken up.
    pub(super) fn rules_due(&self) -> bool {
        self.rule_changes.front().is_some_and(|(at, _)| *at <= self.now)
    }

    /// Every change of rules of this instant; at a close the close takes them up.
    pub(super) fn rules_change(&mut self, env: &Env) {
        if !self.rules_due() {
            return;
        }
        if self.cycle.closes_at == self.now {
            return self.renew_price(env);
        }
        let before = self.views();
        self.take_up_rules(env);
        self.renew_price(env);
        self.books.repay(self.now).as_part();
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
        self.terms_changed(env);
    }

    /// The rules of the instant hold.
    pub(super) fn take_up_rules(&mut self, env: &Env) {
        let old = self.plan;
        while let Some((_, index)) = self.rule_changes.front().copied().filter(|(at, _)| *at <= self.now) {
            self.rule_changes.pop_front();
            self.rules_changed.push(index);
        }
        self.find_edition(env);
        self.plan = env.edition(env.named(old), self.edition);
        let (old, new) = (env.terms(old), env.terms(self.plan));
        self.take_up_terms(env);
        if old.alerts != new.alerts {
            self.alerts_armed = vec![true; new.alerts.len()];
            self.arm_alerts(env);
        }
        self.top_ups.truncate(new.top_ups.len());
        let kept = self.top_ups.len();
        self.top_ups.extend(super::top_up::fresh(env, self.plan).into_iter().skip(kept));
        let spreads = |terms: &crate::policy::Terms| terms.allowance.is_some();
        self.cycle.rebills |= new.subscription.is_some() && spreads(old) != spreads(new);
        self.cycle.lags |= self.cycle.rebills || old.cycle != new.cycle;
        self.note(EntryKind::RulesChanged, Note { grant: self.plan as u32, ..Note::default() });
    }

    /// The next bill is by the rules of this instant.
    fn renew_price(&mut self, env: &Env) {
        let mut changed = self.rules_changed.clone();
        changed.extend(self.rule_changes.iter().filter(|(at, _)| *at <= self.now).map(|(_, index)| *index));
        let editions = &env.policy.rules.editions;
        let edition = editions.iter().position(|edition| *edition == changed).unwrap_or_default();
        let terms = env.terms(env.edition(env.named(self.plan), edition));
        match (&terms.subscription, self.money.billed()) {
            (Some(plan), Some((_, every))) if plan.every == every => self.money.renew_at(plan.price),
            (None, None) => {}
            _ => (self.cycle.rebills, self.cycle.lags) = (true, true),
        }
    }
}
