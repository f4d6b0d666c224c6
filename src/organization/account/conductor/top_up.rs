//! Automatic top-ups: rules are looked at until none buys (docs/semantics.md §7).
//!
//! Leaves what rules remember and what holds them back to `shop`. Invariant: a purchase without delay lands inside.

use crate::outcome::EntryKind;
use crate::policy::{Reevaluation, Terms, TopUpRule, as_sold};
use crate::sampling::Purpose;
use crate::units::{Money, SimSpan, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::flight::ChangeCause;
use super::super::shop::{Guard, Order, amount};
use super::super::views::Views;
use super::State;
use super::answering::OpenAnswer;
use super::pace::Doing;
use super::purchase::asker_of;

/// Why rules are looked at.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Occasion {
    Change,
    Wake,
    Check,
}

impl Occasion {
    fn concerns(self, rule: &TopUpRule) -> bool {
        match self {
            Occasion::Change => true,
            Occasion::Wake => rule.looks == Reevaluation::Always,
            Occasion::Check => rule.looks == Reevaluation::OnCheck,
        }
    }
}

/// Which rules of a plan the organization has switched on.
pub(super) fn adopted(env: &Env, plan: usize) -> impl ExactSizeIterator<Item = bool> + '_ {
    let key = env.key.name("adopted");
    let holds = move |(index, rule): (usize, &TopUpRule)| {
        rule.adopted.holds(key.uniform(Purpose::TopUp, index as u64, 0))
    };
    env.terms(plan).top_ups.iter().enumerate().map(holds)
}

/// True if a rule is looked at before checks.
pub(super) fn looks_at_checks(terms: &Terms) -> bool {
    terms.top_ups.iter().any(|rule| rule.looks == Reevaluation::OnCheck)
}

impl State {
    /// Evaluates every rule until none fires. Purchases without delay land inside.
    pub(super) fn evaluate_top_ups(&mut self, env: &Env, cause: Option<ChangeCause>) {
        self.look_at_top_ups(env, Occasion::Change, cause);
    }

    /// An attempt is about to be checked.
    pub(super) fn top_up_before_check(&mut self, env: &Env, slot: u32) {
        if looks_at_checks(env.terms(self.plan)) {
            let cause = self.flight[slot].cause();
            self.look_at_top_ups(env, Occasion::Check, Some(cause));
        }
    }

    /// Arms the rules whose view was on the high side before a change of balance.
    pub(super) fn arm_top_ups(&mut self, env: &Env, before: Views) {
        self.shop.arm(env.terms(self.plan), before, self.books.allowance_amount());
    }

    fn look_at_top_ups(&mut self, env: &Env, mut occasion: Occasion, cause: Option<ChangeCause>) {
        let terms = env.terms(self.plan);
        if terms.top_ups.is_empty() || self.has_left(env) || !self.answering.begin(OpenAnswer::TopUps) {
            return;
        }
        let mut rule = 0;
        while rule < terms.top_ups.len() && self.goes_on(env, Doing::TopUp(rule)) {
            // A rule that has bought is looked at again, together with all others: the view has changed.
            if occasion.concerns(&terms.top_ups[rule]) && self.buy_if_low(env, rule, cause) {
                (rule, occasion) = (0, Occasion::Change);
            } else {
                rule += 1;
            }
        }
        self.answering.end(OpenAnswer::TopUps);
    }

    /// True if the rule bought credits that landed at once.
    fn buy_if_low(&mut self, env: &Env, index: usize, cause: Option<ChangeCause>) -> bool {
        let terms = env.terms(self.plan);
        let rule = &terms.top_ups[index];
        let (views, allowance) = (self.views(), self.books.allowance_amount());
        let Some(low) = self.shop.is_low_for(index, rule, views, allowance) else { return false };
        let packages = as_sold(&terms.packages, self.timers.now(), env.traits.signed_up);
        let Some((credits, price, package)) = amount(rule, &packages, low) else {
            return false;
        };
        let paid = price.unwrap_or(Money::ZERO);
        match self.shop.guard(&env.world.zone, self.timers.now(), (index, rule), paid) {
            Guard::Open => {}
            Guard::Stopped => {
                self.counts.reached_ceiling();
                self.note(EntryKind::TopUpCeiling, Note::default());
                return false;
            }
            Guard::Until(at) => {
                self.wake_at(env, index, at);
                return false;
            }
        }
        if !self.within_budget(env, paid) {
            self.counts.stopped_by_budget();
            self.note(EntryKind::BudgetBlocked, Note::money(paid));
            self.wait_for_budget(env, index);
            return false;
        }
        let ordinal = self.shop.next_try(index);
        let key = env.key.number(index as u64);
        if rule.declined.holds(key.uniform(Purpose::TopUp, ordinal, 0)) {
            self.decline(env, index, paid);
            return false;
        }
        let mut stream = key.keyed(Purpose::TopUp, ordinal, 1);
        let delay = SimSpan::from_seconds_f64(rule.processing.sample(&mut stream));
        let order = Order {
            credits,
            price: paid,
            expires: package.expires,
            priority: package.priority,
            scope: self.scope_of_purchase(env, &package.scope, cause.map(asker_of)),
            automatic: true,
            priced: price.is_some(),
        };
        self.money.count_priced(price.is_some());
        self.counts.topped_up();
        if self.shop.bought(&env.world.zone, self.timers.now(), (index, rule), paid) {
            self.counts.ran_away();
        }
        if !rule.cooldown.is_zero() {
            self.wake_at(env, index, self.timers.now() + rule.cooldown);
        }
        self.place(env, order, delay);
        // Credits still to land change no view, so nothing is evaluated again for them.
        delay.is_zero()
    }

    /// Looks at a rule again when whatever holds it back is over, unless it is evaluated on changes only.
    fn wake_at(&mut self, env: &Env, index: usize, at: SimTime) {
        let rule = &env.terms(self.plan).top_ups[index];
        if self.shop.wakes_at(index, rule, at) {
            self.timers.schedule(at, (Class::Land, 2, 0), TimerKind::Wake);
        }
    }

    /// A rule that the organization's budget stops waits for the budget's next period.
    fn wait_for_budget(&mut self, env: &Env, index: usize) {
        let Some(budget) = &env.customers().budget else { return };
        let until = env.world.zone.next_start(self.timers.now(), budget.per);
        self.shop.pause(index, until);
        self.wake_at(env, index, until);
    }

    fn decline(&mut self, env: &Env, index: usize, price: Money) {
        let rule = &env.terms(self.plan).top_ups[index];
        self.counts.declined();
        self.note(EntryKind::PaymentDeclined, Note::money(price));
        if let Some(until) = self.shop.declined(index, rule, self.timers.now()) {
            self.wake_at(env, index, until);
        }
    }

    /// A cooldown, back-off or cap period is over.
    pub(super) fn wake(&mut self, env: &Env) {
        // Periods of several rules may end at one instant, at which each is looked at once.
        if self.shop.wakes_again(self.timers.now()) {
            return;
        }
        self.look_at_top_ups(env, Occasion::Wake, None);
    }
}
