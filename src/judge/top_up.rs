//! Automatic top-ups (docs/semantics.md §7.8 to §7.13).

use crate::calendar::CalendarUnit;
use crate::policy::{CapLimit, Package, Reevaluation, TopUpAmount, TopUpRule, TopUpThreshold};
use crate::sampling::Purpose;
use crate::units::{Credits, Money, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::buyers::PaidOrder;
use super::cycle::share_down;
use super::facts::{EntryKind, Fact};
use super::views::ThreeBalances;

/// What a rule has done.
#[derive(Debug, Clone, Default)]
pub(super) struct RuleState {
    pub stopped: bool,
    /// The view has been on the high side since its last purchase.
    pub seen_high: bool,
    pub ordinal: u64,
    pub bought: Vec<(SimTime, Money)>,
    /// Nothing before, for a cooldown or a back-off.
    pub held_until: Option<SimTime>,
    /// Nothing before, for the budget.
    pub budget_until: Option<SimTime>,
    pub declines: u32,
}

#[derive(Debug, Default)]
pub(super) struct TopUps {
    pub rules: Vec<RuleState>,
    pub looking: bool,
    /// The operation whose charge or check rules are looked at after.
    pub cause: Option<usize>,
}

impl<'a> Judged<'a> {
    /// The rules of a plan before they have bought anything.
    pub fn arm_top_ups(&mut self) {
        let key = self.case.key.name("adopted");
        let rules = &self.terms().top_ups;
        self.top_ups.rules = rules
            .iter()
            .enumerate()
            .map(|(index, rule)| RuleState {
                stopped: !rule.adopted.holds(key.uniform(Purpose::TopUp, index as u64, 0)),
                ..RuleState::default()
            })
            .collect();
    }

    /// The threshold; none without an allowance (docs/semantics.md §7.9).
    fn top_up_threshold(&self, rule: &TopUpRule) -> Option<Credits> {
        match rule.threshold {
            TopUpThreshold::Credits(credits) => Some(credits),
            TopUpThreshold::ShareOfAllowance(share) => {
                let issued = self.cycle.amount();
                issued.is_positive().then(|| share_down(issued, share))
            }
        }
    }

    fn top_up_view(&self, rule: &TopUpRule) -> Credits {
        self.top_up_view_of(rule, self.balances())
    }

    fn top_up_view_of(&self, rule: &TopUpRule, balances: ThreeBalances) -> Credits {
        let pending = if rule.count_pending { self.pending() } else { Credits::ZERO };
        balances.of(rule.view) + pending
    }

    fn is_below(&self, rule: &TopUpRule) -> bool {
        self.is_below_with(rule, self.balances())
    }

    fn is_below_with(&self, rule: &TopUpRule, balances: ThreeBalances) -> bool {
        self.top_up_threshold(rule)
            .is_some_and(|threshold| rule.compare.holds(self.top_up_view_of(rule, balances), threshold))
    }

    /// A rule may fire on a crossing again once its view has been high (docs/semantics.md §7.10).
    pub fn see_high(&mut self) {
        self.see_high_in(self.balances());
    }

    /// The same with the view of these balances, by the threshold of now.
    pub fn see_high_in(&mut self, balances: ThreeBalances) {
        for index in 0..self.top_ups.rules.len() {
            let rule = &self.terms().top_ups[index];
            if !self.is_below_with(rule, balances) {
                self.top_ups.rules[index].seen_high = true;
            }
        }
    }

    /// Rules that are looked at before each check (docs/semantics.md §7.8).
    pub fn look_at_checks(&mut self, work: usize) {
        self.top_ups.cause = Some(work);
        if self.terms().top_ups.iter().any(|rule| rule.looks == Reevaluation::OnCheck) {
            self.look_at_rules(|rule| rule.looks == Reevaluation::OnCheck);
        }
    }

    /// A cooldown, back-off, cap or budget period is over.
    pub fn rules_wake(&mut self) {
        self.top_ups.cause = None;
        self.look_at_rules(|rule| rule.looks == Reevaluation::Always);
    }

    pub fn look_at_top_ups(&mut self, cause: Option<usize>) {
        if !self.top_ups.looking {
            self.top_ups.cause = cause;
        }
        self.look_at_rules(|_| true);
    }

    /// Rules in the order of the file; all from the first after a purchase that landed at once (docs/semantics.md §7.8).
    fn look_at_rules(&mut self, concerns: fn(&TopUpRule) -> bool) {
        if self.top_ups.looking || !self.opened || self.has_left() {
            return;
        }
        self.top_ups.looking = true;
        self.see_high();
        let every: fn(&TopUpRule) -> bool = |_| true;
        let mut concerns = concerns;
        let mut index = 0;
        while index < self.top_ups.rules.len() {
            if concerns(&self.terms().top_ups[index]) && self.rule_fires(index) {
                self.see_high();
                (index, concerns) = (0, every);
            } else {
                index += 1;
            }
        }
        self.top_ups.looking = false;
    }

    /// True if the rule bought something that landed at once.
    fn rule_fires(&mut self, index: usize) -> bool {
        let rule = &self.terms().top_ups[index];
        let state = &self.top_ups.rules[index];
        if state.stopped || !self.is_below(rule) || (rule.crossing && !state.seen_high) {
            return false;
        }
        let Some((credits, price, package)) = self.what_it_buys(rule) else { return false };
        if let Some(until) = self.held_back(index, rule, price) {
            self.wake(rule, until);
            return false;
        }
        if self.top_ups.rules[index].stopped {
            return false;
        }
        if !self.within_budget(price) {
            self.say(Fact::new(self.now, EntryKind::BudgetBlocked).paid(price));
            if let Some(budget) = self.case.customers.budget {
                let until = self.case.zone.next_start(self.now, budget.per);
                self.top_ups.rules[index].budget_until = Some(until);
                self.wake(rule, until);
            }
            return false;
        }
        self.top_ups.rules[index].ordinal += 1;
        let ordinal = self.top_ups.rules[index].ordinal;
        let key = self.case.key.number(index as u64);
        if rule.declined.holds(key.uniform(Purpose::TopUp, ordinal, 0)) {
            self.declined(index, rule, price);
            return false;
        }
        let mut stream = key.keyed(Purpose::TopUp, ordinal, 1);
        let delay = SimSpan::from_seconds_f64(rule.processing.sample(&mut stream));
        let state = &mut self.top_ups.rules[index];
        state.bought.push((self.now, price));
        state.seen_high = false;
        state.declines = 0;
        state.held_until = (!rule.cooldown.is_zero()).then(|| self.now + rule.cooldown);
        if !rule.cooldown.is_zero() {
            self.wake(rule, self.now + rule.cooldown);
        }
        let package = self.package_of_rule(package);
        let order = PaidOrder {
            credits,
            price,
            priced: package.price.is_some(),
            expires: package.expires,
            priority: package.priority,
            scope: package.scope.clone(),
            holder: self.holder_of_purchase(&package.scope, self.top_ups.cause),
            by_people: false,
            landed: false,
        };
        self.pay_for(order, delay);
        delay.is_zero()
    }

    fn wake(&mut self, rule: &TopUpRule, until: SimTime) {
        if rule.looks == Reevaluation::Always && !self.to_come.has(until, |what| what == Coming::RuleWakes) {
            self.to_come.add(until, (0, 0, 0), Coming::RuleWakes);
        }
    }

    fn declined(&mut self, index: usize, rule: &TopUpRule, price: Money) {
        self.say(Fact::new(self.now, EntryKind::PaymentDeclined).paid(price));
        let state = &mut self.top_ups.rules[index];
        state.declines += 1;
        if rule.disable_after.is_some_and(|most| state.declines >= most) {
            state.stopped = true;
            return;
        }
        if !rule.backoff.is_zero() {
            let until = self.now + rule.backoff;
            state.held_until = Some(until);
            self.wake(rule, until);
        }
    }

    /// Guards, in order; until when one holds the rule back (docs/semantics.md §7.12).
    fn held_back(&mut self, index: usize, rule: &TopUpRule, price: Money) -> Option<SimTime> {
        let state = &self.top_ups.rules[index];
        if let Some(until) = state.held_until.filter(|&until| self.now < until) {
            return Some(until);
        }
        if let Some(until) = state.budget_until.filter(|&until| self.now < until) {
            return Some(until);
        }
        for cap in &rule.caps {
            let since = self.case.zone.start_of(self.now, cap.per);
            let own = state.bought.iter().filter(|(at, _)| *at >= since);
            let full = match cap.limit {
                CapLimit::Count(most) => own.count() >= most as usize,
                CapLimit::Money(most) => own.map(|(_, price)| *price).sum::<Money>() + price > most,
            };
            if full {
                return Some(self.case.zone.next_start(self.now, cap.per));
            }
        }
        let today = self.case.zone.start_of(self.now, CalendarUnit::Day);
        let count = state.bought.iter().filter(|(at, _)| *at >= today).count();
        if count >= rule.ceiling as usize {
            self.top_ups.rules[index].stopped = true;
            self.say(Fact::new(self.now, EntryKind::TopUpCeiling));
        }
        None
    }

    /// Credits, price and package (docs/semantics.md §7.11).
    fn what_it_buys(&self, rule: &TopUpRule) -> Option<(Credits, Money, usize)> {
        let package = |index: usize| self.package_of_rule(index);
        let price = |index: usize| package(index).price.unwrap_or(Money::ZERO);
        match rule.amount {
            TopUpAmount::Package(index) => Some((package(index).credits, price(index), index)),
            TopUpAmount::MultipleUntilAbove(index) => {
                let missing = self.top_up_threshold(rule)? - self.top_up_view(rule);
                let each = package(index).credits.micros();
                let count = missing.micros().div_euclid(each) + 1;
                Some((
                    Credits::from_micros(each * count),
                    Money::from_nanos(price(index).nanos() * count),
                    index,
                ))
            }
            TopUpAmount::UpTo { target, package: index } => {
                let missing = target - self.top_up_view(rule);
                let paid = price(index).scale_floor(missing.micros(), package(index).credits.micros());
                missing.is_positive().then_some((missing, paid, index))
            }
        }
    }

    /// A rule's package as it is sold now (docs/semantics.md §13.9).
    fn package_of_rule(&self, index: usize) -> &'a Package {
        let named = &self.terms().packages[index];
        self.as_sold(&named.name).unwrap_or(named)
    }
}
