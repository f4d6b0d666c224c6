//! Changes of plan: what is decided when, and what a plan that is entered brings (docs/semantics.md §16.1 to §16.4, §16.9,
//! §16.10).

use crate::policy::{CycleOnChange, Effective, PlanChange, Prorate};
use crate::sampling::Purpose;
use crate::units::{Money, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::cycle::money_share;
use super::facts::{EntryKind, Fact};

/// A change of plan that has been decided.
#[derive(Debug, Clone, Copy)]
pub(super) struct DecidedChange {
    pub to: usize,
    pub change: usize,
    /// It begins a cycle of its own: a sign-up anchor becomes its instant.
    pub restarts: bool,
}

/// What has been decided about plans.
#[derive(Debug, Default)]
pub(super) struct PlanState {
    /// The change that the next close carries out.
    pub at_close: Option<DecidedChange>,
    /// Lists of grants that the account has had: a plan's own, or (none) the policy's.
    pub given: Vec<Option<usize>>,
}

impl Judged<'_> {
    /// The plan at the opening, alike under every policy; what was changed before has happened (docs/semantics.md §16.1).
    pub fn begin_plan(&mut self) {
        let shares = self.case.policy.plan_shares.get(self.case.traits.id.cohort.index());
        let shares = shares.cloned().unwrap_or_default();
        let total: f64 = shares.iter().map(|(_, weight)| weight).sum();
        let mut left = self.case.traits.plan_uniform * total;
        self.plan = shares.last().map_or(0, |(plan, _)| *plan);
        for (plan, weight) in &shares {
            if left < *weight {
                self.plan = *plan;
                break;
            }
            left -= weight;
        }
        self.live_past_changes();
        self.edition = self.edition_by_now();
    }

    /// Changes of plan before the account's books, those for a close at that close.
    fn live_past_changes(&mut self) {
        let mut decided: Option<(SimTime, usize)> = None;
        let past = self.plan_changes().into_iter().filter(|(at, _)| *at <= self.now);
        let past: Vec<(SimTime, Option<usize>)> =
            past.map(|(at, change)| (at, Some(change))).chain([(self.now, None)]).collect();
        for (at, change) in past {
            if let Some((close, of)) = decided.filter(|(close, _)| *close <= at) {
                decided = None;
                self.plan = self.case.policy.plan_changes[of].to;
                self.sign_up_after(close);
            }
            let Some(index) = change else { continue };
            let change = &self.case.policy.plan_changes[index];
            if change.from.is_some_and(|from| from != self.plan) {
                continue;
            }
            decided = None;
            if change.to == self.plan {
                continue;
            }
            match change.effective {
                Effective::NextCycle => {
                    let anchor = self.anchor_of(self.terms());
                    let (from, to) = self.around(anchor, self.terms().cycle.every, at);
                    decided = Some((if from == at { at } else { to }, index));
                }
                Effective::Now => {
                    self.plan = change.to;
                    if change.cycle == CycleOnChange::Restart {
                        self.cycle.sign_up = at;
                    }
                }
            }
            if let Some((close, of)) = decided.filter(|(close, _)| *close <= at) {
                decided = None;
                self.plan = self.case.policy.plan_changes[of].to;
                self.sign_up_after(close);
            }
        }
        self.plans.at_close = decided.map(|(_, change)| DecidedChange {
            to: self.case.policy.plan_changes[change].to,
            change,
            restarts: false,
        });
    }

    /// The changes of plan that the organization takes part in, by instant, then in file order.
    fn plan_changes(&self) -> Vec<(SimTime, usize)> {
        let signed_up = self.case.traits.signed_up;
        let mut coming = Vec::new();
        for (index, change) in self.case.policy.plan_changes.iter().enumerate() {
            let at = change.when.instant(signed_up);
            let takes_part = change.share.holds(self.case.key.uniform(Purpose::PlanChange, index as u64, 0));
            if at >= signed_up && takes_part {
                coming.push((at, index));
            }
        }
        coming.sort_unstable();
        coming
    }

    pub fn schedule_changes(&mut self) {
        for (at, change) in self.plan_changes() {
            if at > self.now {
                self.to_come.add(at, (change as u32, 0, 0), Coming::PlanChange { change });
            }
        }
        for (place, (at, _)) in self.rule_changes().into_iter().enumerate() {
            if at > self.now {
                self.to_come.add(at, (place as u32, 0, 0), Coming::RuleChange { change: place });
            }
        }
    }

    /// Changes of plan are decided; all of one instant are one change to the last of them (docs/semantics.md §16.2).
    pub fn plan_change_comes(&mut self, change: usize) {
        let mut all = vec![change];
        while let Some(Coming::PlanChange { change }) =
            self.to_come.take_at(self.now, |what| matches!(what, Coming::PlanChange { .. }))
        {
            all.push(change);
        }
        if self.cycle.next == Some(self.now) {
            self.decide_at_close(&all);
            return;
        }
        let mut plan = self.plan;
        let mut at_once: Option<DecidedChange> = None;
        for index in all {
            let change = &self.case.policy.plan_changes[index];
            if change.from.is_some_and(|from| from != plan) {
                continue;
            }
            let restarts = change.effective == Effective::Now && change.cycle == CycleOnChange::Restart
                || at_once.is_some_and(|earlier| earlier.restarts);
            let decided = DecidedChange { to: change.to, change: index, restarts };
            self.plans.at_close = None;
            if change.to == plan {
                continue;
            }
            match change.effective {
                Effective::NextCycle => {
                    self.plans.at_close = Some(DecidedChange { restarts: false, ..decided })
                }
                Effective::Now => (at_once, plan) = (Some(decided), change.to),
            }
        }
        if let Some(decided) = at_once.filter(|decided| decided.to != self.plan && !self.has_left()) {
            if decided.restarts { self.restart(decided) } else { self.keep(decided) }
        }
    }

    /// What comes exactly at a close takes effect at it.
    fn decide_at_close(&mut self, all: &[usize]) {
        let mut decided = self.plans.at_close;
        let mut plan = decided.map_or(self.plan, |decided| decided.to);
        for &index in all {
            let change = &self.case.policy.plan_changes[index];
            if change.from.is_some_and(|from| from != plan) || change.to == plan {
                continue;
            }
            let restarts = change.effective == Effective::Now && change.cycle == CycleOnChange::Restart
                || decided.is_some_and(|earlier| earlier.restarts);
            decided = Some(DecidedChange { to: change.to, change: index, restarts });
            plan = change.to;
        }
        self.plans.at_close = decided.filter(|decided| decided.to != self.plan);
    }

    pub fn change_of(&self, decided: DecidedChange) -> PlanChange {
        self.case.policy.plan_changes[decided.change].clone()
    }

    /// The cycle closes by the old terms, and the new plan's begins (docs/semantics.md §16.4).
    fn restart(&mut self, decided: DecidedChange) {
        let before = self.balances();
        self.whole_event = Some(before);
        let prorates = self.change_of(decided).prorate == Prorate::Price;
        let note = if prorates { self.unused_price() } else { Money::ZERO };
        self.close(true);
        self.credit_note(note);
        self.stamp();
        self.enter(decided);
        self.whole_event = None;
        self.follow(before, None);
        self.repay_soon();
        self.look_at_new_rules();
    }

    /// The share of the billing period that is left of the old price.
    fn unused_price(&self) -> Money {
        let Some(billing) = self.till.billing else { return Money::ZERO };
        let (from, to) = self.around(billing.anchor, billing.every, self.now);
        money_share(billing.price, to - self.now, to - from)
    }

    /// A plan is entered as a cycle begins (docs/semantics.md §16.3, §16.4).
    pub fn enter(&mut self, decided: DecidedChange) {
        self.end_subscription();
        self.pays_back_at_downgrade(decided.to);
        self.plan_changes_to(decided.to);
        if decided.restarts {
            self.cycle.sign_up = self.now;
        } else {
            self.sign_up_after(self.now);
        }
        self.convert(decided, true);
        self.begin_cycle();
        self.begin_billing(false);
        self.issue_allowance(true);
        self.stamp();
        self.give_grants();
        self.invoice_what_is_due();
    }

    /// Other rules hold from now.
    pub fn plan_changes_to(&mut self, plan: usize) {
        self.close_month(self.now, true);
        self.ended_windows_keep_amounts();
        self.plan = plan;
        self.take_up_rates();
        self.say(Fact::new(self.now, EntryKind::PlanChanged));
        self.arm_top_ups();
        self.arm_alerts();
        self.look_at_queue();
    }

    /// Lots that survive are worth another number, and may have another end (docs/semantics.md §16.9).
    pub fn convert(&mut self, decided: DecidedChange, all: bool) {
        let Some(convert) = self.change_of(decided).convert else { return };
        let until =
            convert.expires_after.map(|after| self.case.zone.add(self.now, after, self.terms().month_end));
        let mut lots: Vec<usize> = (0..self.lots.len()).collect();
        lots.sort_by_key(|&lot| (self.lots[lot].id, lot));
        lots.retain(|&lot| {
            let state = &self.lots[lot];
            let running = self.cycle.running.iter().any(|running| running.lot == lot);
            !state.over && state.remaining.is_positive() && state.pinned.is_zero() && (all || !running)
        });
        for lot in lots {
            let wanted = self.lots[lot].remaining.scale_half_up(convert.billionths, 1_000_000_000);
            self.resize(lot, wanted);
            if let Some(running) = self.cycle.running_lot(lot) {
                running.amount = running.used + wanted;
            }
            // What comes to nothing has no end any more.
            if let Some(until) = until.filter(|_| wanted.is_positive()) {
                self.ends_at(lot, until);
            }
        }
    }

    /// A change gives the grants that the new plan itself writes down (docs/semantics.md §16.10).
    pub fn give_grants(&mut self) {
        let terms = self.terms();
        let list = terms.own_grants.then_some(self.plan);
        if !terms.grants_on_change || self.plans.given.contains(&list) {
            return;
        }
        self.plans.given.push(list);
        let mut specs = terms.grants.clone();
        for spec in &mut specs {
            // What began before is given now.
            if let Some(recurrence) = &mut spec.recurrence {
                recurrence.anchor = recurrence.anchor.or(spec.effective_at).or(Some(self.now));
            }
            spec.effective_at = spec.effective_at.filter(|&effective| effective > self.now);
            spec.remaining = None;
        }
        let places = self.take_up_grants(&specs, Some(list), self.now);
        self.begin_grants(&places);
        self.stamp();
    }

    /// What looks at a state looks at new rules at once (docs/semantics.md §10.3, §16.12).
    pub fn look_at_new_rules(&mut self) {
        self.look_at_top_ups(None);
        self.kill_if_exhausted();
    }
}
