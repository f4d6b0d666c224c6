//! Changes of plan and of rules (docs/semantics.md §16).

use crate::policy::{CycleOnChange, Effective, PlanChange, Prorate, UsageOnChange};
use crate::sampling::Purpose;
use crate::units::{Credits, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Fact};
use super::lots::LotOrigin;

/// What has been decided about plans.
#[derive(Debug, Default)]
pub(super) struct PlanState {
    pub opened_as: usize,
    /// The change that the next close carries out.
    pub at_close: Option<usize>,
    /// Lists of grants that the account has had: a plan's own, or (none) the policy's.
    pub given: Vec<Option<usize>>,
}

impl<'a> Judged<'a> {
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
        for (at, change) in self.plan_changes() {
            if at <= self.now {
                let change = &self.case.policy.plan_changes[change];
                if change.from.is_none_or(|from| from == self.plan) {
                    self.plan = change.to;
                }
            }
        }
        let past = self.rule_changes().iter().filter(|(at, _)| *at <= self.now).count();
        self.edition = self.edition_after(past);
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

    fn rule_changes(&self) -> Vec<(SimTime, usize)> {
        self.case.policy.rules.of(self.case.traits.signed_up)
    }

    /// The edition of the rules after so many of the changes that the organization lives through.
    fn edition_after(&self, count: usize) -> usize {
        let all: Vec<usize> = self.rule_changes().into_iter().map(|(_, index)| index).collect();
        let editions = &self.case.policy.rules.editions;
        editions.iter().position(|edition| edition.as_slice() == &all[..count]).unwrap_or(0)
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

    /// A change of plan is decided; all of one instant are one change to the last of them (docs/semantics.md §16.2).
    pub fn plan_change_comes(&mut self, change: usize) {
        let mut last = change;
        let mut now: Option<usize> = None;
        let mut plan = self.plan;
        let mut all = vec![change];
        while let Some(Coming::PlanChange { change }) =
            self.to_come.take_at(self.now, |what| matches!(what, Coming::PlanChange { .. }))
        {
            all.push(change);
        }
        for change in all {
            let terms = &self.case.policy.plan_changes[change];
            if terms.from.is_some_and(|from| from != plan) {
                continue;
            }
            last = change;
            match terms.effective {
                Effective::NextCycle if terms.to == plan => self.plans.at_close = None,
                Effective::NextCycle => self.plans.at_close = Some(change),
                Effective::Now => {
                    self.plans.at_close = None;
                    plan = terms.to;
                    now = Some(change);
                }
            }
        }
        let _ = last;
        let Some(change) = now else { return };
        if plan == self.plan {
            return;
        }
        if self.cycle.next == Some(self.now) {
            self.plans.at_close = Some(change);
            return;
        }
        self.change_now(change);
    }

    fn change_now(&mut self, index: usize) {
        let change = self.case.policy.plan_changes[index].clone();
        match change.cycle {
            CycleOnChange::Restart => self.restart(&change),
            CycleOnChange::Keep => self.keep(&change),
        }
    }

    /// The cycle closes by the old terms, and the new plan's begins (docs/semantics.md §16.4).
    fn restart(&mut self, change: &PlanChange) {
        self.whole_event = Some(self.balances());
        if change.prorate == Prorate::Price {
            let note = self.unused_price();
            self.credit_note(note);
            self.stamp();
        }
        self.close(true);
        self.plan = change.to;
        self.cycle.sign_up = self.now;
        self.changed(change);
        self.begin_cycle();
        self.begin_billing();
        self.issue_allowance(true);
        self.stamp();
        self.after_change(change);
    }

    /// The share of the billing period that is left of the old price.
    fn unused_price(&self) -> crate::units::Money {
        let Some(subscription) = &self.terms().subscription else { return crate::units::Money::ZERO };
        let Some((from, to)) = self.till.billed else { return crate::units::Money::ZERO };
        super::cycle::money_share(subscription.price, to - self.now, to - from)
    }

    /// The running cycle goes on (docs/semantics.md §16.5 to §16.8).
    fn keep(&mut self, change: &PlanChange) {
        self.whole_event = Some(self.balances());
        let old = self.terms().allowance.as_ref().map_or(Credits::ZERO, |allowance| allowance.credits);
        self.plan = change.to;
        self.changed(change);
        let new = self.terms().allowance.as_ref().map_or(Credits::ZERO, |allowance| allowance.credits);
        let (from, to) = self.period_around(self.now);
        let difference = new - old;
        let part = match change.prorate {
            Prorate::Both | Prorate::Credits => self.share_of(difference, to - self.now, to - from),
            Prorate::Full => difference,
            Prorate::None | Prorate::Price => Credits::ZERO,
        };
        if part != Credits::ZERO || change.usage == UsageOnChange::Reset {
            self.cycle.amount = (self.cycle.amount + part).positive_part();
            let wanted = match change.usage {
                UsageOnChange::Carry => (self.cycle.amount - self.cycle.used).positive_part(),
                UsageOnChange::Reset => self.cycle.amount,
            };
            self.resize_allowance(wanted);
            if change.usage == UsageOnChange::Reset {
                self.cycle.used = Credits::ZERO;
            }
        }
        self.after_change(change);
    }

    /// Issues more of the running allowance or voids some of it (docs/semantics.md §16.7).
    fn resize_allowance(&mut self, wanted: Credits) {
        let Some(lot) = self.cycle.lot else { return };
        let has = self.lots[lot].remaining;
        if wanted > has {
            let more = wanted - has;
            self.lots[lot].remaining += more;
            self.lots[lot].issued += more;
            self.alerts.issued += more;
            self.lot_fact(EntryKind::IssueAllowance, lot, more);
        } else if wanted < has {
            self.take_away(EntryKind::Void, lot, has - wanted, false);
        }
        self.stamp();
    }

    fn changed(&mut self, _change: &PlanChange) {
        self.say(Fact::new(self.now, EntryKind::PlanChanged));
        self.arm_top_ups();
    }

    /// Conversion, the new plan's grants, repayment, and what looks at a state (docs/semantics.md §16.9, §16.10, §16.12, §10.3).
    fn after_change(&mut self, change: &PlanChange) {
        self.convert(change);
        self.give_grants();
        self.arm_alerts();
        self.repay_soon();
        self.look_at_queue();
    }

    /// Lots that survive are worth another number (docs/semantics.md §16.9).
    fn convert(&mut self, change: &PlanChange) {
        let Some(convert) = change.convert else { return };
        for lot in 0..self.lots.len() {
            if self.lots[lot].over || Some(lot) == self.cycle.lot || !self.lots[lot].remaining.is_positive() {
                continue;
            }
            if matches!(self.lots[lot].origin, LotOrigin::Allowance) {
                continue;
            }
            let wanted = self.lots[lot].remaining.scale_half_up(convert.billionths, 1_000_000_000);
            let has = self.lots[lot].remaining;
            if wanted > has {
                self.lots[lot].remaining = wanted;
                self.lots[lot].issued += wanted - has;
                self.lot_fact(EntryKind::Issue, lot, wanted - has);
            } else if wanted < has {
                self.take_away(EntryKind::Void, lot, has - wanted, false);
            }
            self.stamp();
        }
    }

    /// A change gives the grants that the new plan itself writes down (docs/semantics.md §16.10).
    fn give_grants(&mut self) {
        let terms = self.terms();
        let list = terms.own_grants.then_some(self.plan);
        if !terms.grants_on_change || self.plans.given.contains(&list) {
            return;
        }
        self.plans.given.push(list);
        let specs = terms.grants.clone();
        let places = self.take_up_grants(&specs, list, self.now);
        self.begin_grants(&places);
        self.stamp();
    }

    /// The change that was decided for this close; whether the new plan's first period begins with it (docs/semantics.md §16.3).
    pub fn change_at_close(&mut self) -> Option<bool> {
        let index = self.plans.at_close.take()?;
        let change = self.case.policy.plan_changes[index].clone();
        if change.to == self.plan {
            return None;
        }
        self.plan = change.to;
        self.changed(&change);
        let (from, _) = self.period_around(self.now);
        if from != self.now {
            self.cycle.sign_up = self.now;
        }
        self.begin_cycle();
        self.begin_billing();
        self.convert(&change);
        self.give_grants();
        self.arm_alerts();
        Some(true)
    }

    /// Rules change at an instant, without a close (docs/semantics.md §16.11, §16.12).
    pub fn rules_change(&mut self, place: usize) {
        self.edition = self.edition_after(place + 1);
        self.say(Fact::new(self.now, EntryKind::RulesChanged));
        self.arm_alerts();
        let before = self.balances();
        self.repay();
        self.follow(before, None);
        self.look_at_top_ups();
        self.kill_if_exhausted();
        self.look_at_queue();
    }
}
