//! Automatic top-ups: rules are looked at until none buys (docs/semantics.md §7).
//!
//! Leaves what rules remember and what holds them back to `shop`. Invariant: a purchase without delay lands inside.

use crate::ledger::ScopeId;
use crate::outcome::EntryKind;
use crate::policy::{CreditScope, LotOwner, Reevaluation, Terms, TopUpRule, as_sold};
use crate::sampling::Purpose;
use crate::units::{Credits, Money, SimSpan, SimTime};

use super::super::books::Note;
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::flight::ChangeCause;
use super::super::shop::{Guard, Order, RuleOf, amount};
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
            if occasion.concerns(&terms.top_ups[rule]) && self.look_at_rule(env, rule, occasion, cause) {
                (rule, occasion) = (0, Occasion::Change);
            } else {
                rule += 1;
            }
        }
        self.shop.owners_looked_at();
        self.answering.end(OpenAnswer::TopUps);
    }

    /// True if a rule bought credits that landed at once, for one owner if it looks at each by itself.
    fn look_at_rule(
        &mut self,
        env: &Env,
        index: usize,
        occasion: Occasion,
        cause: Option<ChangeCause>,
    ) -> bool {
        let rule = &env.terms(self.plan).top_ups[index];
        if rule.per == LotOwner::Organization {
            return self.buy_if_low(env, RuleOf { index, owner: None }, cause);
        }
        let mut owners = match occasion {
            Occasion::Check => {
                cause.and_then(|cause| self.owner_of(env, rule.per, asker_of(cause))).into_iter().collect()
            }
            Occasion::Change | Occasion::Wake => self.shop.moved_owners(rule.per),
        };
        if owners.is_empty() {
            return false;
        }
        let Some(package) = env.terms(self.plan).packages.get(rule.package()) else { return false };
        let there = env.owners_of(&rule.scope_of(&package.scope), self.timers.now());
        owners.retain(|owner| there.contains(owner));
        owners.into_iter().any(|owner| self.buy_if_low(env, RuleOf { index, owner: Some(owner) }, cause))
    }

    /// Rules that look at owners by themselves look at all of them.
    pub(super) fn look_at_all_owners(&mut self, env: &Env) {
        for rule in env.terms(self.plan).top_ups.iter().filter(|rule| rule.per != LotOwner::Organization) {
            let everybody = CreditScope { per: rule.per, ..CreditScope::default() };
            for owner in env.owners_of(&everybody, self.timers.now()) {
                self.shop.owner_moves((rule.per, owner));
            }
        }
    }

    /// What a rule looks at: its view, with what is under way if that counts, and the allowance of which its threshold is a share.
    fn looked_at(&self, env: &Env, RuleOf { index, owner }: RuleOf) -> (Credits, Credits) {
        let rule = &env.terms(self.plan).top_ups[index];
        let Some(owner) = owner else {
            return (
                self.views().get(rule.view) + self.shop.pending_for(rule),
                self.books.allowance_amount(),
            );
        };
        let under_way = self.shop.pending_of(rule, self.scope_of_rule(env, index, owner));
        let allowance =
            env.terms(self.plan).allowance.as_ref().filter(|allowance| allowance.scope.per == rule.per);
        let part = allowance.map_or(Credits::ZERO, |_| self.books.allowance_of_owner(owner));
        (self.books.views_of(rule.per, owner).get(rule.view) + under_way, part)
    }

    /// Whose lots a rule buys for an owner.
    fn scope_of_rule(&self, env: &Env, index: usize, owner: u16) -> ScopeId {
        let rule = &env.terms(self.plan).top_ups[index];
        let package = env.terms(self.plan).packages.get(rule.package());
        package.map_or_else(ScopeId::default, |package| {
            self.books.number_of(&rule.scope_of(&package.scope), owner)
        })
    }

    /// Arms the rules of an owner whose view was on the high side before its balances have changed.
    pub(super) fn arm_owner(&mut self, env: &Env, (per, owner): (LotOwner, u16), before: Views) {
        for (index, rule) in env.terms(self.plan).top_ups.iter().enumerate() {
            if rule.per == per && rule.crossing {
                let of = RuleOf { index, owner: Some(owner) };
                let (now, allowance) = self.looked_at(env, of);
                let view = now - self.books.views_of(per, owner).get(rule.view) + before.get(rule.view);
                self.shop.arm_owner(of, rule, view, allowance);
            }
        }
    }

    /// True if the rule bought credits that landed at once.
    fn buy_if_low(&mut self, env: &Env, of: RuleOf, cause: Option<ChangeCause>) -> bool {
        let terms = env.terms(self.plan);
        let rule = &terms.top_ups[of.index];
        let (view, allowance) = self.looked_at(env, of);
        let Some(low) = self.shop.is_low_for(of, rule, view, allowance) else { return false };
        let packages = as_sold(&terms.packages, self.timers.now(), env.traits.signed_up);
        let Some((credits, price, package)) = amount(rule, &packages, low) else {
            return false;
        };
        let paid = price.unwrap_or(Money::ZERO);
        let owner_of: Vec<(LotOwner, Option<u16>)> = [LotOwner::Group, LotOwner::Member, LotOwner::Project]
            .map(|per| (per, self.owner_of_purchase(env, per, of, cause)))
            .to_vec();
        let owners = |per| owner_of.iter().find(|(kind, _)| *kind == per).and_then(|(_, owner)| *owner);
        match self.shop.guard(&env.world.zone, self.timers.now(), (of, rule), paid, owners) {
            Guard::Open => {}
            Guard::Stopped => {
                self.counts.reached_ceiling();
                self.note(EntryKind::TopUpCeiling, Note::default());
                return false;
            }
            Guard::Until(at) => {
                self.wake_at(env, of, at);
                return false;
            }
        }
        if !self.within_budget(env, paid) {
            self.counts.stopped_by_budget();
            self.note(EntryKind::BudgetBlocked, Note::money(paid));
            self.wait_for_budget(env, of);
            return false;
        }
        let ordinal = self.shop.next_try(of);
        let key = env.key.number(of.index as u64);
        let key = of.owner.map_or(key, |owner| key.name("owner").number(u64::from(owner)));
        if rule.declined.holds(key.uniform(Purpose::TopUp, ordinal, 0)) {
            self.decline(env, of, paid);
            return false;
        }
        let mut stream = key.keyed(Purpose::TopUp, ordinal, 1);
        let delay = SimSpan::from_seconds_f64(rule.processing.sample(&mut stream));
        let order = Order {
            credits,
            price: paid,
            expires: package.expires,
            priority: package.priority,
            scope: match of.owner {
                Some(owner) => self.scope_of_rule(env, of.index, owner),
                None => self.scope_of_purchase(env, &package.scope, cause.map(asker_of)),
            },
            automatic: true,
            priced: price.is_some(),
        };
        self.money.count_priced(price.is_some());
        self.counts.topped_up();
        if self.shop.bought(&env.world.zone, self.timers.now(), (of, rule), paid, owners) {
            self.counts.ran_away();
        }
        if !rule.cooldown.is_zero() {
            self.wake_at(env, of, self.timers.now() + rule.cooldown);
        }
        self.place(env, order, delay);
        // Credits still to land change no view, so nothing is evaluated again for them.
        delay.is_zero()
    }

    /// Looks at a rule again when whatever holds it back is over, unless it is evaluated on changes only.
    fn wake_at(&mut self, env: &Env, of: RuleOf, at: SimTime) {
        let rule = &env.terms(self.plan).top_ups[of.index];
        if self.shop.wakes_at(of, rule, at) {
            self.timers.schedule(at, (Class::Land, 2, 0), TimerKind::Wake);
        }
    }

    /// A rule that the organization's budget stops waits for the budget's next period.
    fn wait_for_budget(&mut self, env: &Env, of: RuleOf) {
        let Some(budget) = &env.customers().budget else { return };
        let until = env.world.zone.next_start(self.timers.now(), budget.per);
        self.shop.pause(of, until);
        self.wake_at(env, of, until);
    }

    fn decline(&mut self, env: &Env, of: RuleOf, price: Money) {
        let rule = &env.terms(self.plan).top_ups[of.index];
        self.counts.declined();
        self.note(EntryKind::PaymentDeclined, Note::money(price));
        if let Some(until) = self.shop.declined(of, rule, self.timers.now()) {
            self.wake_at(env, of, until);
        }
    }

    /// The owner of a kind whose purchase is counted: the rule's own, or that of the operation that caused it.
    fn owner_of_purchase(
        &self,
        env: &Env,
        per: LotOwner,
        of: RuleOf,
        cause: Option<ChangeCause>,
    ) -> Option<u16> {
        let rule = &env.terms(self.plan).top_ups[of.index];
        match of.owner {
            Some(owner) if rule.per == per => Some(owner),
            _ => cause.and_then(|cause| self.owner_of(env, per, asker_of(cause))),
        }
    }

    /// A cooldown, back-off or cap period is over.
    pub(super) fn wake(&mut self, env: &Env) {
        // Periods of several rules may end at one instant, at which each is looked at once.
        if self.shop.wakes_again(self.timers.now()) {
            return;
        }
        self.shop.wake_owners(&env.terms(self.plan).top_ups, self.timers.now());
        self.look_at_top_ups(env, Occasion::Wake, None);
    }
}
