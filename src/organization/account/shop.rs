//! What is bought: top-up rules and their guards, orders, what people set out to buy, the budget (docs/semantics.md §7).
//!
//! Owns what rules remember, what is ordered and has not landed, what is short and who is asked for it, and what was
//! spent. Leaves drawing, paying and landing to the conductor. Invariants: a rule that something holds back has a
//! wake-up, unless it is looked at on changes only; one purchase by people is under way at a time.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt::Debug;

use crate::calendar::{CalendarUnit, Zone};
use crate::deliberate::Deliberate;
use crate::ledger::ScopeId;
use crate::policy::{
    Budget, CapLimit, Expiry, LotOwner, Package, Reevaluation, Terms, TopUpAmount, TopUpCap, TopUpRule,
    TopUpThreshold,
};
use crate::units::{Credits, FeatureIndex, Money, Probability, SimSpan, SimTime};

use super::books::Whose;
use super::views::Views;

/// Automatic ones that are a runaway …
const RUNAWAY: usize = 5;
/// … if they fall within this span.
const RUNAWAY_WITHIN: SimSpan = SimSpan::DAY;

/// A rule by its place among the plan's, and whose balances it looks at: one owner's, or the organization's.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct RuleOf {
    pub(super) index: usize,
    pub(super) owner: Option<u16>,
}

/// What one rule remembers, of one owner if it looks at each by itself.
#[derive(Debug, Clone, Default)]
struct TopUpState {
    /// The instant at which the rule is looked at again, if that is scheduled.
    wakes_at: Option<SimTime>,
    /// No purchase before this instant (cooldown or back-off).
    paused_until: Option<SimTime>,
    declines: u32,
    /// Stopped for good: declined too often, or at the ceiling.
    stopped: bool,
    ordinal: u64,
    /// Per cap, and owner if it counts each by itself: the calendar period of the last purchase, purchases and money in it.
    used: BTreeMap<(usize, Option<u16>), (SimTime, u32, Money)>,
    /// The local day of the last purchase, and purchases in it.
    today: (SimTime, u32),
    /// Of a rule that buys on crossings: the view has been on the high side since the last purchase.
    armed: bool,
}

impl TopUpState {
    fn adopted(adopted: bool) -> TopUpState {
        TopUpState { stopped: !adopted, ..TopUpState::default() }
    }

    /// Purchases and money under a cap in the period that begins at an instant. Only a purchase writes them down, so
    /// that what is remembered does not depend on how often a rule is looked at.
    fn used_of(&self, cap: (usize, Option<u16>), period: SimTime) -> (u32, Money) {
        let used = self.used.get(&cap).filter(|used| used.0 == period);
        used.map_or((0, Money::ZERO), |&(_, count, money)| (count, money))
    }

    /// Purchases in the local day that begins at an instant.
    fn bought_on(&self, day: SimTime) -> u32 {
        if self.today.0 == day { self.today.1 } else { 0 }
    }
}

/// Why a rule does not buy now.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Guard {
    /// Nothing is in the way.
    Open,
    /// Until this instant.
    Until(SimTime),
    /// It will not buy any more: it has reached its ceiling.
    Stopped,
}

/// What one operation lacks: it counts by itself unless the operation waits, and so counts among what does.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Lack {
    pub(super) credits: Credits,
    /// Slot and generation of the operation, if there is one.
    pub(super) of: Option<(u32, u32)>,
    /// Whose it is, which lasts when it is over.
    pub(super) whose: Option<Whose>,
}

/// Whose operation makes somebody buy.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct PurchaseCause {
    pub(super) member: u16,
    pub(super) project: u16,
}

/// Credits that were short, and whom that made buy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Short {
    pub(super) need: Lack,
    pub(super) serves: FeatureIndex,
    pub(super) by: PurchaseCause,
    pub(super) probability: Probability,
    /// When a person is asked next.
    pub(super) next: SimTime,
}

/// Credits paid for that have not landed.
#[derive(Debug, Clone, Copy)]
pub(super) struct Order {
    pub(super) credits: Credits,
    pub(super) price: Money,
    pub(super) expires: Expiry,
    pub(super) priority: i32,
    /// Whom they are for.
    pub(super) scope: ScopeId,
    /// Ordered by a top-up rule, not by people.
    pub(super) automatic: bool,
    /// False: the package has no price, and none is known.
    pub(super) priced: bool,
}

/// Purchases of one account.
#[derive(Debug, Clone)]
pub(super) struct Shop {
    /// The organization's rules, and what owners of a rule share.
    rules: Vec<TopUpState>,
    /// What rules remember that look at each owner by itself.
    owned: BTreeMap<RuleOf, TopUpState>,
    /// Owners whose balances have moved since their rules were looked at.
    moved: BTreeSet<(LotOwner, u16)>,
    recent: [SimTime; RUNAWAY],
    /// The purchase by people that is under way: what it must cover besides what waits.
    under_way: Option<Lack>,
    /// Whose operation made somebody set out, if one did.
    set_out_for: Option<PurchaseCause>,
    /// Purchases by people so far; keys their random choices.
    ordinal: u64,
    /// Since when a day of them is counted, and the number of its first.
    day: (SimTime, u64),
    warnings: u64,
    zeros: u64,
    /// What keeps being asked for while the account refuses.
    short: Option<Short>,
    asked: u64,
    orders: Vec<Order>,
    /// Ordered and not landed.
    pending: Credits,
    /// Of it, what is not for everybody.
    pending_of: BTreeMap<ScopeId, Credits>,
    /// Spent in the running budget period.
    spent: (SimTime, Money),
    /// When rules were woken last.
    woken_at: Option<SimTime>,
}

impl Shop {
    /// With a plan's rules before they have bought anything; `adopted` tells which of them are switched on.
    pub(super) fn new(adopted: impl Iterator<Item = bool>) -> Shop {
        Shop {
            rules: adopted.map(TopUpState::adopted).collect(),
            owned: BTreeMap::new(),
            moved: BTreeSet::new(),
            recent: [SimTime::MIN; RUNAWAY],
            under_way: None,
            set_out_for: None,
            ordinal: 0,
            day: (SimTime::MIN, 0),
            woken_at: None,
            warnings: 0,
            zeros: 0,
            short: None,
            asked: 0,
            orders: Vec::new(),
            pending: Credits::ZERO,
            pending_of: BTreeMap::new(),
            spent: (SimTime::default(), Money::ZERO),
        }
    }

    /// Another plan's rules, none of which has bought anything.
    pub(super) fn take_rules(&mut self, adopted: impl Iterator<Item = bool>) {
        self.rules = adopted.map(TopUpState::adopted).collect();
        self.owned.clear();
    }

    /// The same plan's rules in another edition: what is there goes on.
    pub(super) fn edit_rules(&mut self, adopted: impl ExactSizeIterator<Item = bool>) {
        self.rules.truncate(adopted.len());
        let kept = self.rules.len();
        self.rules.extend(adopted.skip(kept).map(TopUpState::adopted));
        self.owned.retain(|rule, _| rule.index < kept);
    }

    fn state(&self, rule: RuleOf) -> &TopUpState {
        self.owned.get(&rule).unwrap_or(&self.rules[rule.index])
    }

    fn state_mut(&mut self, rule: RuleOf) -> &mut TopUpState {
        let RuleOf { index, owner } = rule;
        if owner.is_none() {
            return &mut self.rules[index];
        }
        let fresh = TopUpState::adopted(!self.rules[index].stopped);
        self.owned.entry(rule).or_insert(fresh)
    }

    /// Balances of an owner have moved.
    pub(super) fn owner_moves(&mut self, owner: (LotOwner, u16)) {
        self.moved.insert(owner);
    }

    /// The owners of a kind whose balances have moved since their rules were looked at.
    pub(super) fn moved_owners(&self, per: LotOwner) -> Vec<u16> {
        self.moved.iter().filter(|(kind, _)| *kind == per).map(|(_, owner)| *owner).collect()
    }

    /// True if balances of some owner have moved since its rules were looked at.
    pub(super) fn has_moved_owners(&self) -> bool {
        !self.moved.is_empty()
    }

    /// Rules of owners have been looked at.
    pub(super) fn owners_looked_at(&mut self) {
        self.moved.clear();
    }

    /// Owners whose rules are to be looked at again at this instant count as moved.
    pub(super) fn wake_owners(&mut self, rules: &[TopUpRule], now: SimTime) {
        let due = self.owned.iter().filter(|(_, state)| state.wakes_at == Some(now));
        let due = due.filter_map(|(of, _)| Some((rules.get(of.index)?.per, of.owner?)));
        self.moved.extend(due.collect::<Vec<_>>());
    }

    /// What lasts of the rules, to compare two accounts by.
    pub(super) fn lasting(&self) -> impl Debug + '_ {
        (&self.rules, &self.owned)
    }

    /// Ordered and not landed, as far as a rule counts it.
    pub(super) fn pending_for(&self, rule: &TopUpRule) -> Credits {
        let counts = rule.count_pending && !Deliberate::TopUpsIgnorePending.is_made();
        if counts { self.pending } else { Credits::ZERO }
    }

    /// Ordered for an owner and not landed, as far as its rule counts it.
    pub(super) fn pending_of(&self, rule: &TopUpRule, scope: ScopeId) -> Credits {
        let counts = rule.count_pending && !Deliberate::TopUpsIgnorePending.is_made();
        if counts { self.pending_of.get(&scope).copied().unwrap_or_default() } else { Credits::ZERO }
    }

    /// Arms the rules whose view was on the high side before a change of balance.
    pub(super) fn arm(&mut self, terms: &Terms, before: Views, allowance: Credits) {
        for (index, rule) in terms
            .top_ups
            .iter()
            .enumerate()
            .filter(|(_, rule)| rule.crossing && rule.per == LotOwner::Organization)
        {
            let view = before.get(rule.view) + self.pending_for(rule);
            let low = level_of(rule, allowance).is_some_and(|level| rule.compare.holds(view, level));
            self.rules[index].armed |= !low;
        }
    }

    /// The view (with what is under way if that counts) and its threshold, if a rule may buy at these balances.
    pub(super) fn is_low_for(
        &mut self,
        of: RuleOf,
        rule: &TopUpRule,
        view: Credits,
        allowance: Credits,
    ) -> Option<(Credits, Credits)> {
        let level = level_of(rule, allowance)?;
        if !rule.compare.holds(view, level) {
            // Only a crossing has to be remembered: how often another rule is looked at must leave no trace.
            if rule.crossing {
                self.state_mut(of).armed = true;
            }
            return None;
        }
        let state = self.state(of);
        let may_buy = !state.stopped && !Deliberate::TopUpsNeverFire.is_made();
        (may_buy && (!rule.crossing || state.armed)).then_some((view, level))
    }

    /// Whether something holds a rule back that would buy now for `price`.
    pub(super) fn guard(
        &mut self,
        zone: &Zone,
        now: SimTime,
        (of, rule): (RuleOf, &TopUpRule),
        price: Money,
        owners: impl Fn(LotOwner) -> Option<u16>,
    ) -> Guard {
        let state = self.state(of);
        let paused = state.paused_until.filter(|_| !Deliberate::TopUpsIgnoreCooldown.is_made());
        if let Some(until) = paused.filter(|until| now < *until) {
            return Guard::Until(until);
        }
        for (place, cap) in rule.caps.iter().enumerate() {
            let shared = &self.rules[of.index];
            let (count, money) = shared.used_of((place, owners(cap.each)), zone.start_of(now, cap.per));
            let reached = match cap.limit {
                CapLimit::Count(most) => count >= most,
                CapLimit::Money(most) => money + price > most,
            };
            if reached && !Deliberate::TopUpsIgnoreCaps.is_made() {
                return Guard::Until(zone.next_start(now, cap.per));
            }
        }
        let state = self.state_mut(of);
        state.stopped = state.bought_on(zone.start_of(now, CalendarUnit::Day)) >= rule.ceiling;
        if state.stopped { Guard::Stopped } else { Guard::Open }
    }

    /// Number of the next purchase that a rule tries, from 1.
    pub(super) fn next_try(&mut self, of: RuleOf) -> u64 {
        let state = self.state_mut(of);
        state.ordinal += 1;
        state.ordinal
    }

    /// A rule has bought; true if the last purchases of all rules are a runaway.
    pub(super) fn bought(
        &mut self,
        zone: &Zone,
        now: SimTime,
        (of, rule): (RuleOf, &TopUpRule),
        price: Money,
        owners: impl Fn(LotOwner) -> Option<u16>,
    ) -> bool {
        let shared = &mut self.rules[of.index];
        for (place, cap) in rule.caps.iter().enumerate() {
            let (period, place) = (zone.start_of(now, cap.per), (place, owners(cap.each)));
            let (count, money) = shared.used_of(place, period);
            shared.used.insert(place, (period, count + 1, money + price));
        }
        let state = self.state_mut(of);
        let day = zone.start_of(now, CalendarUnit::Day);
        state.today = (day, state.bought_on(day) + 1);
        state.declines = 0;
        state.armed = false;
        if !rule.cooldown.is_zero() {
            state.paused_until = Some(now + rule.cooldown);
        }
        self.recent.rotate_left(1);
        self.recent[RUNAWAY - 1] = now;
        self.recent[0] > SimTime::MIN && now - self.recent[0] <= RUNAWAY_WITHIN
    }

    /// A rule's payment was declined; returns until when it backs off, if it does.
    pub(super) fn declined(&mut self, of: RuleOf, rule: &TopUpRule, now: SimTime) -> Option<SimTime> {
        let state = self.state_mut(of);
        state.declines += 1;
        state.stopped = rule.disable_after.is_some_and(|most| state.declines >= most);
        let until = (!rule.backoff.is_zero() && !state.stopped).then(|| now + rule.backoff)?;
        self.pause(of, until);
        Some(until)
    }

    /// A rule buys nothing before an instant.
    pub(super) fn pause(&mut self, of: RuleOf, until: SimTime) {
        let paused = &mut self.state_mut(of).paused_until;
        *paused = Some(paused.map_or(until, |present| present.max(until)));
    }

    /// A rule is looked at again at an instant, unless it is looked at on changes only; true if that is to be scheduled.
    pub(super) fn wakes_at(&mut self, of: RuleOf, rule: &TopUpRule, at: SimTime) -> bool {
        rule.looks == Reevaluation::Always && self.state_mut(of).wakes_at.replace(at) != Some(at)
    }

    /// Arms an owner's rule whose view was on the high side before a change of its balances.
    pub(super) fn arm_owner(&mut self, of: RuleOf, rule: &TopUpRule, before: Credits, allowance: Credits) {
        let low = level_of(rule, allowance).is_some_and(|level| rule.compare.holds(before, level));
        if rule.crossing && !low {
            self.state_mut(of).armed = true;
        }
    }

    /// True if rules have been woken at this instant before.
    pub(super) fn wakes_again(&mut self, now: SimTime) -> bool {
        self.woken_at.replace(now) == Some(now)
    }

    /// The instant before which looking at a rule would change nothing, however low the balance; none if it might.
    pub(super) fn quiet_until(&self, index: usize, rule: &TopUpRule, now: SimTime) -> Option<SimTime> {
        let state = &self.rules[index];
        if state.stopped || (rule.crossing && !state.armed) {
            return Some(SimTime::MAX);
        }
        let wakes_at = state.wakes_at.filter(|at| *at > now);
        match state.paused_until.filter(|until| *until > now) {
            // The first look at a rule that is held back has it woken at the end of that.
            Some(until) => (wakes_at == Some(until) || rule.looks != Reevaluation::Always).then_some(until),
            // A cap on the number of purchases holds it back, at whatever price.
            None => wakes_at.filter(|_| only_counted(&rule.caps)),
        }
    }

    /// People have heard a warning; returns how many there were.
    pub(super) fn next_warning(&mut self) -> u64 {
        self.warnings += 1;
        self.warnings
    }

    /// People have seen the balance at zero; returns how often.
    pub(super) fn next_zero(&mut self) -> u64 {
        self.zeros += 1;
        self.zeros
    }

    /// A person is asked again; returns how often that was.
    pub(super) fn next_asking(&mut self) -> u64 {
        self.asked += 1;
        self.asked
    }

    /// What keeps being asked for while the account refuses.
    pub(super) fn short(&self) -> Option<&Short> {
        self.short.as_ref()
    }

    /// From now on this keeps being asked for.
    pub(super) fn ask_for(&mut self, short: Short) {
        self.short = Some(short);
    }

    /// Nothing is asked for any more.
    pub(super) fn stop_asking(&mut self) {
        self.short = None;
    }

    /// An operation starts after all: nobody is asked for its credits any more.
    pub(super) fn stop_asking_for(&mut self, of: (u32, u32)) {
        self.short = self.short.filter(|short| short.need.of != Some(of));
    }

    /// A person sets out to buy; none if one has already, who then covers this too, else the purchase's number.
    pub(super) fn set_out(&mut self, need: Lack, by: Option<PurchaseCause>) -> Option<u64> {
        if let Some(under_way) = &mut self.under_way {
            if need.credits > under_way.credits {
                *under_way = need;
            }
            return None;
        }
        self.under_way = Some(need);
        self.set_out_for = by;
        self.ordinal += 1;
        Some(self.ordinal)
    }

    /// How often people have set out to buy before, within a day.
    pub(super) fn set_out_within_day(&mut self, now: SimTime) -> u64 {
        if self.day.0 == SimTime::MIN || now - self.day.0 >= SimSpan::DAY {
            self.day = (now, self.ordinal);
        }
        self.ordinal - self.day.1
    }

    /// The purchase by people that is under way, and its number.
    pub(super) fn under_way(&self) -> Option<(Lack, u64)> {
        self.under_way.map(|need| (need, self.ordinal))
    }

    /// Whose operation made somebody set out on it.
    pub(super) fn set_out_for(&self) -> Option<PurchaseCause> {
        self.set_out_for
    }

    /// The purchase by people that was under way comes to nothing.
    pub(super) fn give_up(&mut self) {
        self.under_way = None;
    }

    /// Credits are ordered; returns the order's number.
    pub(super) fn order(&mut self, order: Order) -> u32 {
        self.pending += order.credits;
        *self.pending_of.entry(order.scope).or_default() += order.credits;
        self.orders.push(order);
        (self.orders.len() - 1) as u32
    }

    /// An order lands.
    pub(super) fn land(&mut self, index: u32) -> Order {
        let order = self.orders[index as usize];
        self.pending -= order.credits;
        *self.pending_of.entry(order.scope).or_default() -= order.credits;
        if !order.automatic {
            self.under_way = None;
        }
        order
    }

    /// Money is spent out of a budget.
    pub(super) fn spend(&mut self, zone: &Zone, now: SimTime, budget: &Budget, price: Money) {
        let period = zone.start_of(now, budget.per);
        if self.spent.0 != period {
            self.spent = (period, Money::ZERO);
        }
        self.spent.1 += price;
    }

    /// Whether a purchase keeps within a budget.
    pub(super) fn allows(&self, zone: &Zone, now: SimTime, budget: &Budget, price: Money) -> bool {
        let period = zone.start_of(now, budget.per);
        let spent = if self.spent.0 == period { self.spent.1 } else { Money::ZERO };
        spent + price <= budget.money
    }
}

/// True if there are caps and all of them are of the number of purchases.
fn only_counted(caps: &[TopUpCap]) -> bool {
    let counts =
        |cap: &TopUpCap| matches!(cap.limit, CapLimit::Count(_)) && cap.each == LotOwner::Organization;
    !caps.is_empty() && caps.iter().all(counts)
}

/// A rule's threshold in credits, given the allowance of the period; none if it is a share of none.
pub(super) fn level_of(rule: &TopUpRule, allowance: Credits) -> Option<Credits> {
    match rule.threshold {
        TopUpThreshold::Credits(credits) => Some(credits),
        TopUpThreshold::ShareOfAllowance(share) => {
            let billionths = crate::units::round_half_up(share, 1e9);
            allowance.is_positive().then(|| allowance.scale_floor(billionths, 1_000_000_000))
        }
    }
}

/// What a rule buys at this view: credits, price, and the package that gives validity.
pub(super) fn amount<'a>(
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::policy::{Compare, View};
    use crate::sampling::Dist;

    fn rule(crossing: bool) -> TopUpRule {
        TopUpRule {
            threshold: TopUpThreshold::Credits(Credits::from_whole(10)),
            compare: Compare::Below,
            view: View::Settled,
            per: LotOwner::Organization,
            amount: TopUpAmount::Package(0),
            count_pending: false,
            cooldown: SimSpan::ZERO,
            caps: Vec::new(),
            processing: Dist::Fixed(0.0),
            declined: Probability::ZERO,
            backoff: SimSpan::ZERO,
            disable_after: None,
            adopted: Probability::ONE,
            crossing,
            looks: Reevaluation::Always,
            ceiling: 1_000,
        }
    }

    const FIRST: RuleOf = RuleOf { index: 0, owner: None };

    #[test]
    fn looking_at_a_rule_that_waits_for_no_crossing_leaves_no_trace() {
        let mut shop = Shop::new([true].into_iter());
        let before = format!("{:?}", shop.lasting());
        assert_eq!(shop.is_low_for(FIRST, &rule(false), Credits::from_whole(20), Credits::ZERO), None);
        assert_eq!(format!("{:?}", shop.lasting()), before);
        assert!(shop.is_low_for(FIRST, &rule(false), Credits::from_whole(9), Credits::ZERO).is_some());
    }

    #[test]
    fn a_crossing_is_armed_by_the_high_side_and_by_nothing_else() {
        let mut shop = Shop::new([true].into_iter());
        assert_eq!(shop.is_low_for(FIRST, &rule(true), Credits::from_whole(9), Credits::ZERO), None);
        assert_eq!(shop.is_low_for(FIRST, &rule(true), Credits::from_whole(10), Credits::ZERO), None);
        assert!(shop.is_low_for(FIRST, &rule(true), Credits::from_whole(9), Credits::ZERO).is_some());
    }
}
