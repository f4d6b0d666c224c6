//! Automatic top-ups with their guards: cooldown, caps, declines, ceiling (SEMANTICS §7).

use crate::outcome::EntryKind;
use crate::policy::{
    CalendarUnit, CapLimit, Package, Reevaluation, Terms, TopUpAmount, TopUpCap, TopUpRule, TopUpThreshold,
};
use crate::sampling::Purpose;
use crate::units::{Credits, Money, SimSpan, SimTime};

use super::books::Note;
use super::env::Env;
use super::events::{Class, TimerKind};
use super::pace::Doing;
use super::purchase::Order;
use super::state::State;
use super::views::Views;

/// What one rule remembers.
#[derive(Debug, Clone, Default)]
pub(super) struct TopUpState {
    /// The instant at which the rule is looked at again, if that is scheduled.
    wakes_at: Option<SimTime>,
    /// No purchase before this instant (cooldown or back-off).
    paused_until: Option<SimTime>,
    declines: u32,
    /// Stopped for good: declined too often, or at the ceiling.
    stopped: bool,
    ordinal: u64,
    /// Per cap: its calendar period, purchases and money in it.
    used: Vec<(SimTime, u32, Money)>,
    /// Purchases in the running local day.
    today: (SimTime, u32),
    /// The view has been on the high side since the last purchase.
    armed: bool,
}

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

/// The rules of a plan before they have bought anything; one that the organization has not switched on is stopped.
pub(super) fn fresh(env: &Env, plan: usize) -> Vec<TopUpState> {
    let key = env.key.name("adopted");
    let state = |(index, rule): (usize, &TopUpRule)| TopUpState {
        stopped: !rule.adopted.holds(key.uniform(Purpose::TopUp, index as u64, 0)),
        ..TopUpState::default()
    };
    env.terms(plan).top_ups.iter().enumerate().map(state).collect()
}

/// True if a rule is looked at before checks.
pub(super) fn looks_at_checks(terms: &Terms) -> bool {
    terms.top_ups.iter().any(|rule| rule.looks == Reevaluation::OnCheck)
}

/// Why a rule does not buy now.
enum Guard {
    /// Nothing is in the way.
    Open,
    /// Until this instant.
    Until(SimTime),
    /// It will not buy any more.
    Stopped,
}

impl State {
    /// Evaluates every rule until none fires. Purchases without delay land inside.
    pub(super) fn evaluate_top_ups(&mut self, env: &Env) {
        self.look_at_top_ups(env, Occasion::Change);
    }

    /// An attempt is about to be checked.
    pub(super) fn top_up_before_check(&mut self, env: &Env) {
        if looks_at_checks(env.terms(self.plan)) {
            self.look_at_top_ups(env, Occasion::Check);
        }
    }

    /// Arms the rules whose view was on the high side before a change of balance.
    pub(super) fn arm_top_ups(&mut self, env: &Env, before: Views) {
        let terms = env.terms(self.plan);
        for (index, rule) in terms.top_ups.iter().enumerate().filter(|(_, rule)| rule.crossing) {
            let low = self.is_low(rule, before.get(rule.view));
            self.top_ups[index].armed |= !low;
        }
    }

    /// A rule's threshold in credits; none in a period without an allowance that it is a share of.
    pub(super) fn top_up_level(&self, rule: &TopUpRule) -> Option<Credits> {
        match rule.threshold {
            TopUpThreshold::Credits(credits) => Some(credits),
            TopUpThreshold::ShareOfAllowance(share) => {
                let billionths = crate::units::round_half_up(share, 1e9);
                let allowance = self.books.allowance_amount();
                allowance.is_positive().then(|| allowance.scale_floor(billionths, 1_000_000_000))
            }
        }
    }

    /// Whether a view is low for a rule, with what is under way if that counts.
    fn is_low(&self, rule: &TopUpRule, view: Credits) -> bool {
        let pending = if rule.count_pending { self.purchases.pending } else { Credits::ZERO };
        self.top_up_level(rule).is_some_and(|level| rule.compare.holds(view + pending, level))
    }

    fn look_at_top_ups(&mut self, env: &Env, mut occasion: Occasion) {
        let terms = env.terms(self.plan);
        if terms.top_ups.is_empty() || self.topping_up || self.has_left(env) {
            return;
        }
        self.topping_up = true;
        let mut rule = 0;
        while rule < terms.top_ups.len() && self.goes_on(env, Doing::TopUp(rule)) {
            // A rule that has bought is looked at again, together with all others: the view has changed.
            if occasion.concerns(&terms.top_ups[rule]) && self.buy_if_low(env, rule) {
                (rule, occasion) = (0, Occasion::Change);
            } else {
                rule += 1;
            }
        }
        self.topping_up = false;
    }

    /// True if the rule bought credits that landed at once.
    fn buy_if_low(&mut self, env: &Env, index: usize) -> bool {
        let terms = env.terms(self.plan);
        let rule = &terms.top_ups[index];
        let pending = if rule.count_pending { self.purchases.pending } else { Credits::ZERO };
        let view = self.views().get(rule.view) + pending;
        let Some(level) = self.top_up_level(rule) else { return false };
        if !rule.compare.holds(view, level) {
            self.top_ups[index].armed = true;
            return false;
        }
        let state = &self.top_ups[index];
        if state.stopped || (rule.crossing && !state.armed) {
            return false;
        }
        let Some((credits, price, package)) = amount(rule, &terms.packages, (view, level)) else {
            return false;
        };
        match self.guard(env, index, price.unwrap_or(Money::ZERO)) {
            Guard::Open => {}
            Guard::Stopped => return false,
            Guard::Until(at) => {
                self.wake_at(env, index, at);
                return false;
            }
        }
        if !self.within_budget(env, price.unwrap_or(Money::ZERO)) {
            self.tally.customer.budget_blocked += 1;
            self.note(EntryKind::BudgetBlocked, Note::money(price.unwrap_or(Money::ZERO)));
            self.wait_for_budget(env, index);
            return false;
        }
        self.top_ups[index].ordinal += 1;
        let ordinal = self.top_ups[index].ordinal;
        let key = env.key.number(index as u64);
        if rule.declined.holds(key.uniform(Purpose::TopUp, ordinal, 0)) {
            self.decline(env, index, price.unwrap_or(Money::ZERO));
            return false;
        }
        let mut stream = key.keyed(Purpose::TopUp, ordinal, 1);
        let delay = SimSpan::from_seconds_f64(rule.processing.sample(&mut stream));
        let order = Order {
            credits,
            price: price.unwrap_or(Money::ZERO),
            expires: package.expires,
            priority: package.priority,
            automatic: true,
            priced: price.is_some(),
        };
        self.tally.money.complete &= price.is_some();
        self.count_top_up(index, order.price);
        let state = &mut self.top_ups[index];
        state.declines = 0;
        state.armed = false;
        if !rule.cooldown.is_zero() {
            state.paused_until = Some(self.now + rule.cooldown);
        }
        self.place(env, order, delay);
        // Credits still to land change no view, so nothing is evaluated again for them.
        delay.is_zero()
    }

    /// Looks at a rule again when whatever holds it back is over, unless it is evaluated on changes only.
    fn wake_at(&mut self, env: &Env, index: usize, at: SimTime) {
        let rule = &env.terms(self.plan).top_ups[index];
        if rule.looks == Reevaluation::Always && self.top_ups[index].wakes_at != Some(at) {
            self.top_ups[index].wakes_at = Some(at);
            self.at(env, at, Class::Land, 2, TimerKind::Wake);
        }
    }

    /// A rule that the organization's budget stops waits for the budget's next period.
    fn wait_for_budget(&mut self, env: &Env, index: usize) {
        let Some(budget) = &env.customers().budget else { return };
        let until = env.world.zone.next_start(self.now, budget.per);
        self.pause(index, until);
        self.wake_at(env, index, until);
    }

    /// The instant before which looking at a rule would change nothing, however low the balance; none if it might.
    pub(super) fn quiet_until(&self, rule: &TopUpRule, index: usize) -> Option<SimTime> {
        let state = &self.top_ups[index];
        if state.stopped || (rule.crossing && !state.armed) {
            return Some(SimTime::MAX);
        }
        let wakes_at = state.wakes_at.filter(|at| *at > self.now);
        match state.paused_until.filter(|until| *until > self.now) {
            // The first look at a rule that is held back has it woken at the end of that.
            Some(until) => (wakes_at == Some(until) || rule.looks != Reevaluation::Always).then_some(until),
            // A cap on the number of purchases holds it back, at whatever price.
            None => wakes_at.filter(|_| only_counted(&rule.caps)),
        }
    }

    fn guard(&mut self, env: &Env, index: usize, price: Money) -> Guard {
        let rule = &env.terms(self.plan).top_ups[index];
        if let Some(until) = self.top_ups[index].paused_until
            && self.now < until
        {
            return Guard::Until(until);
        }
        let zone = &env.world.zone;
        let state = &mut self.top_ups[index];
        state.used.resize(rule.caps.len(), (SimTime::MIN, 0, Money::ZERO));
        for (cap, used) in rule.caps.iter().zip(&mut state.used) {
            let period = zone.start_of(self.now, cap.per);
            if used.0 != period {
                *used = (period, 0, Money::ZERO);
            }
            let reached = match cap.limit {
                CapLimit::Count(most) => used.1 >= most,
                CapLimit::Money(most) => used.2 + price > most,
            };
            if reached {
                return Guard::Until(zone.next_start(self.now, cap.per));
            }
        }
        let day = zone.start_of(self.now, CalendarUnit::Day);
        if state.today.0 != day {
            state.today = (day, 0);
        }
        if state.today.1 >= rule.ceiling {
            state.stopped = true;
            self.tally.customer.ceilings += 1;
            self.tally.customer.runaway = true;
            self.note(EntryKind::TopUpCeiling, Note::default());
            return Guard::Stopped;
        }
        Guard::Open
    }

    fn count_top_up(&mut self, index: usize, price: Money) {
        self.tally.customer.auto_top_ups += 1;
        let state = &mut self.top_ups[index];
        state.today.1 += 1;
        for used in &mut state.used {
            used.1 += 1;
            used.2 += price;
        }
        // Five automatic ones within 24 hours are a runaway.
        self.recent_top_ups.rotate_left(1);
        self.recent_top_ups[4] = self.now;
        if self.recent_top_ups[0] > SimTime::MIN && self.now - self.recent_top_ups[0] <= SimSpan::DAY {
            self.tally.customer.runaway = true;
        }
    }

    fn decline(&mut self, env: &Env, index: usize, price: Money) {
        let rule = &env.terms(self.plan).top_ups[index];
        self.tally.customer.payments_declined += 1;
        self.note(EntryKind::PaymentDeclined, Note::money(price));
        let state = &mut self.top_ups[index];
        state.declines += 1;
        state.stopped = rule.disable_after.is_some_and(|most| state.declines >= most);
        if !rule.backoff.is_zero() && !state.stopped {
            let until = self.now + rule.backoff;
            self.pause(index, until);
            self.wake_at(env, index, until);
        }
    }

    fn pause(&mut self, index: usize, until: SimTime) {
        let paused = &mut self.top_ups[index].paused_until;
        *paused = Some(paused.map_or(until, |present| present.max(until)));
    }

    /// A cooldown, back-off or cap period is over.
    pub(super) fn wake(&mut self, env: &Env) {
        self.look_at_top_ups(env, Occasion::Wake);
    }
}

/// True if there are caps and all of them are of the number of purchases.
fn only_counted(caps: &[TopUpCap]) -> bool {
    !caps.is_empty() && caps.iter().all(|cap| matches!(cap.limit, CapLimit::Count(_)))
}

/// What a rule buys at this view: credits, price, and the package that gives validity.
fn amount<'a>(
    rule: &TopUpRule,
    packages: &'a [Package],
    (view, level): (Credits, Credits),
) -> Option<(Credits, Option<Money>, &'a Package)> {
    match rule.amount {
        TopUpAmount::Package(index) => {
            let package = packages.get(index)?;
            Some((package.credits, package.price, package))
        }
        TopUpAmount::MultipleUntilAbove(index) => {
            let package = packages.get(index)?;
            let gap = level - view;
            let size = package.credits.micros().max(1);
            // Until the view lies above the threshold, not merely at it.
            let count = gap.micros().div_euclid(size) + 1;
            let credits = Credits::from_micros(count * size);
            Some((credits, package.price.map(|price| price.scale_floor(count, 1)), package))
        }
        TopUpAmount::UpTo { target, package } => {
            let package = packages.get(package)?;
            let credits = (target - view).positive_part();
            let price = package
                .price
                .map(|price| price.scale_floor(credits.micros(), package.credits.micros().max(1)));
            credits.is_positive().then_some((credits, price, package))
        }
    }
}
