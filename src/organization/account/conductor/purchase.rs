//! Purchases by people, the budget, and credits landing (docs/semantics.md §7).

use crate::deliberate::Deliberate;
use crate::ledger::{LotKind, ScopeId};
use crate::outcome::{EntryKind, Reason};
use crate::policy::{AfterPurchase, Buyer, CreditScope, LotOwner, Package, PackageChoice, Terms, on_sale};
use crate::sampling::{Purpose, StreamKey};
use crate::units::{Category, Credits, Money, NO_MEMBER, Probability, SimSpan, SimTime, impossible};

use super::super::books::{Note, Whose};
use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::flight::{ChangeCause, LiveOperation};
use super::super::money::CashKind;
use super::super::shop::{Lack, Order, PurchaseCause, Short};
use super::State;
use super::grants::{NewLot, expiry_of};

/// People who set out to buy so often in a day never stop: each purchase makes several more (docs/semantics.md §7.4).
const MOST_BY_PEOPLE: u64 = 10_000;

/// Why a person sets out to buy.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct PurchaseReason {
    /// What an operation lacks, if it is for one.
    pub(super) lack: Lack,
    /// Who noticed; none if nobody's operation was the cause.
    pub(super) by: Option<PurchaseCause>,
}

/// Whose operation is behind a change of balance.
pub(super) fn asker_of(cause: ChangeCause) -> PurchaseCause {
    PurchaseCause { member: cause.member, project: cause.project }
}

impl PurchaseReason {
    /// Nothing is short; whoever caused it noticed.
    pub(super) fn by(cause: Option<ChangeCause>) -> PurchaseReason {
        PurchaseReason { by: cause.map(asker_of), ..PurchaseReason::default() }
    }
}

/// What became of an operation for which credits were short, other than a refusal.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Shortage {
    /// It begins to wait.
    Waits,
    /// It was served without AI.
    Degraded,
}

/// The people who buy under these terms.
fn buyer<'a>(env: &'a Env, terms: &'a Terms) -> Option<&'a Buyer> {
    let buyer = terms.buyer.as_ref().or(env.customers().buyer.as_ref());
    buyer.filter(|_| !terms.packages.is_empty())
}

impl State {
    /// What becomes of a refused operation whose customer buys; none if nobody does.
    pub(super) fn buys_after_refusal(&self, env: &Env, slot: u32) -> Option<AfterPurchase> {
        let buyer = buyer(env, env.terms(self.plan))?;
        let buys = !self.has_left(env) && self.wants_to_buy(env, slot, buyer);
        buys.then_some(buyer.after_purchase)
    }

    /// The customer buys after a refusal.
    pub(super) fn buy_after_refusal(&mut self, env: &Env, slot: u32, need: Credits) {
        let Some(buyer) = buyer(env, env.terms(self.plan)) else { return };
        let by = PurchaseReason::by(Some(self.flight[slot].cause()));
        self.order_by_people(env, buyer, PurchaseReason { lack: self.lack_of(slot, need), ..by });
    }

    /// An operation was refused for lack of credits: somebody is asked again while the account refuses.
    pub(super) fn note_refusal(&mut self, env: &Env, slot: u32, need: Credits) {
        if let Some(buyer) = buyer(env, env.terms(self.plan)) {
            self.note_short(buyer, slot, need, buyer.on_refusal);
        }
    }

    /// An operation waits for credits, or did without: somebody may buy.
    pub(super) fn buy_when_short(&mut self, env: &Env, slot: u32, shortage: Shortage) {
        let Some(buyer) = buyer(env, env.terms(self.plan)) else { return };
        let (probability, tag) = match shortage {
            Shortage::Waits => (buyer.on_wait, 1 << 32),
            Shortage::Degraded => (buyer.on_degraded, 1 << 33),
        };
        if probability.is_never() || self.has_left(env) {
            return;
        }
        let work = &self.flight[slot];
        let need = self.need_of(env, work);
        let (cause, operation, attempt) = (work.cause(), *work.operation(), u64::from(work.attempt()));
        self.note_short(buyer, slot, need, probability);
        let key = env.key_of(operation.feature);
        let uniform = key.uniform(Purpose::Purchase, u64::from(operation.sequence), attempt | tag);
        if probability.holds(uniform) {
            self.order_by_people(
                env,
                buyer,
                PurchaseReason { lack: self.lack_of(slot, need), ..PurchaseReason::by(Some(cause)) },
            );
        }
    }

    /// Remembers what is short, for a person who is asked again while the account refuses.
    fn note_short(&mut self, buyer: &Buyer, slot: u32, need: Credits, probability: Probability) {
        let Some(span) = buyer.while_short else { return };
        let work = &self.flight[slot];
        let (serves, by) = (work.serves(), asker_of(work.cause()));
        let need = self.lack_of(slot, need);
        let asked = self.shop.short().map(|short| short.next);
        let next = asked.unwrap_or(self.timers.now() + span);
        self.shop.ask_for(Short { need, serves, by, probability, next });
        if asked.is_none() {
            self.timers.schedule(next, (Class::Land, 0, 0), TimerKind::AskAgain);
        }
    }

    /// A person is asked again, unless the account would not refuse any more what it refused last.
    pub(super) fn ask_again(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        let now = self.timers.now();
        let Some(short) = self.shop.short().copied().filter(|short| short.next == now) else { return };
        let Short { need, serves, by, probability, .. } = short;
        let check = env.check(self.plan, serves);
        let spender = self.books.spender(serves, by.member, by.project);
        let refuses = !check.always_passes() && !check.finds(self.books.views_for(spender), need.credits);
        let of = need.of.filter(|of| env.splits_charges && self.is_same(*of));
        let stopped = of.is_some_and(|(slot, _)| self.lacks_within(env, slot, need.credits).is_positive());
        let refuses = refuses || stopped;
        let buyer = buyer(env, terms).and_then(|buyer| buyer.while_short.map(|span| (buyer, span)));
        let (Some((buyer, span)), true, false) = (buyer, refuses, self.has_left(env)) else {
            return self.shop.stop_asking();
        };
        let next = now + span;
        self.shop.ask_for(Short { next, ..short });
        self.timers.schedule(next, (Class::Land, 0, 0), TimerKind::AskAgain);
        let asked = self.shop.next_asking();
        if probability.holds(env.key.uniform(Purpose::Warning, asked, 2)) {
            self.order_by_people(env, buyer, PurchaseReason { lack: need, by: Some(by) });
        }
    }

    /// An operation starts after all: nobody is asked for its credits any more.
    pub(super) fn stop_asking(&mut self, slot: u32) {
        self.shop.stop_asking_for((slot, self.flight[slot].generation()));
    }

    /// What the operation in a slot lacks.
    pub(super) fn lack_of(&self, slot: u32, credits: Credits) -> Lack {
        let work = &self.flight[slot];
        Lack { credits, of: Some((slot, work.generation())), whose: Some(work.whose()) }
    }

    /// True if an operation is still the one that had this slot and generation.
    fn is_same(&self, (slot, generation): (u32, u32)) -> bool {
        self.flight[slot].generation() == generation
    }

    fn wants_to_buy(&self, env: &Env, slot: u32, buyer: &Buyer) -> bool {
        let work = &self.flight[slot];
        let key = env.key_of(work.operation().feature);
        let uniform =
            key.uniform(Purpose::Purchase, u64::from(work.operation().sequence), u64::from(work.attempt()));
        buyer.on_refusal.holds(uniform)
    }

    /// True if the customer would buy after this refusal but the budget forbids every package.
    pub(super) fn budget_stops_buyer(&self, env: &Env, slot: u32) -> bool {
        if env.customers().budget.is_none() || self.shop.under_way().is_some() {
            return false;
        }
        let terms = env.terms(self.plan);
        let Some(buyer) = buyer(env, terms) else { return false };
        let packages = on_sale(&terms.packages, self.timers.now(), env.traits.signed_up);
        let cheapest = packages.iter().filter_map(|package| package.price).min();
        self.wants_to_buy(env, slot, buyer) && cheapest.is_some_and(|price| !self.within_budget(env, price))
    }

    /// Any alert may make a person buy, one about an operation that would exceed the view too.
    pub(super) fn buy_after_warning(&mut self, env: &Env, wanted: PurchaseReason) {
        let Some(buyer) = buyer(env, env.terms(self.plan)) else { return };
        if buyer.on_warning.is_never() {
            return;
        }
        let uniform = env.key.uniform(Purpose::Warning, self.shop.next_warning(), 0);
        self.buy_if(env, buyer, wanted, buyer.on_warning.holds(uniform));
    }

    pub(super) fn buy_at_zero(&mut self, env: &Env, cause: Option<ChangeCause>) {
        let Some(buyer) = buyer(env, env.terms(self.plan)) else { return };
        if buyer.on_zero.is_never() {
            return;
        }
        let uniform = env.key.uniform(Purpose::Warning, self.shop.next_zero(), 1);
        self.buy_if(env, buyer, PurchaseReason::by(cause), buyer.on_zero.holds(uniform));
    }

    fn buy_if(&mut self, env: &Env, buyer: &Buyer, wanted: PurchaseReason, holds: bool) {
        if holds && !self.has_left(env) {
            self.order_by_people(env, buyer, wanted);
        }
    }

    /// Schedules the first regular purchase.
    pub(super) fn start_buying(&mut self, env: &Env) {
        if let Some(every) = buyer(env, env.terms(self.plan)).and_then(|buyer| buyer.every) {
            self.timers.schedule(self.timers.now() + every, (Class::Land, 0, 0), TimerKind::Regular(1));
        }
    }

    pub(super) fn regular_purchase(&mut self, env: &Env, n: u32) {
        let Some(buyer) = buyer(env, env.terms(self.plan)) else { return };
        if self.has_left(env) {
            return;
        }
        if let Some(every) = buyer.every {
            self.timers.schedule(self.timers.now() + every, (Class::Land, 0, 0), TimerKind::Regular(n + 1));
        }
        self.order_by_people(env, buyer, PurchaseReason::default());
    }

    /// A person sets out to buy, unless a purchase is under way already.
    fn order_by_people(&mut self, env: &Env, buyer: &Buyer, wanted: PurchaseReason) {
        let Some(ordinal) = self.shop.set_out(wanted.lack, wanted.by) else { return };
        if self.shop.set_out_within_day(self.timers.now()) >= MOST_BY_PEOPLE {
            buys_without_end(self.timers.now());
        }
        let mut stream = self.purchase_key(env).keyed(Purpose::Purchase, ordinal, 1);
        let mut delay = SimSpan::from_seconds_f64(buyer.human_delay.sample(&mut stream));
        let there = |by: &PurchaseCause| by.member != NO_MEMBER && !self.books.is_away(by.member);
        let must_ask =
            wanted.by.filter(there).is_some_and(|by| !env.traits.can_buy(by.member, self.timers.now()));
        if must_ask && !Deliberate::AskDelayForgotten.is_made() {
            delay += SimSpan::from_seconds_f64(buyer.ask_delay.sample(&mut stream));
        }
        if delay.is_zero() {
            self.pay(env);
        } else {
            self.timers.schedule(self.timers.now() + delay, (Class::Land, 0, 0), TimerKind::Pay);
        }
    }

    /// Everything that is short beyond what there is: what one operation lacks, and all that waits.
    fn short_of(&mut self, env: &Env, need: Lack) -> Credits {
        let of = need.of.filter(|of| env.splits_charges && self.is_same(*of));
        let within = of.map_or(Credits::ZERO, |(slot, _)| self.lacks_within(env, slot, need.credits));
        self.short_of_balance(env, need).max(within)
    }

    fn short_of_balance(&self, env: &Env, need: Lack) -> Credits {
        let waits = |of: (u32, u32)| self.is_same(of) && self.flight[of.0].waits();
        let by_itself = if need.of.is_some_and(waits) { Credits::ZERO } else { need.credits };
        let waiting = || self.flight.slots().map(|(_, work)| work).filter(|work| work.waits());
        if self.books.ledger().has_scopes() {
            let own = need.whose.map(|whose| (whose, by_itself));
            let waiting = waiting().map(|work| (work.whose(), self.need_of(env, work)));
            let mut all: Vec<(Whose, Credits)> = own.into_iter().chain(waiting).collect();
            all.sort_by_key(|(whose, _)| (whose.feature, whose.sequence));
            return self.books.shortage(&all);
        }
        by_itself + waiting().map(|work| self.need_of(env, work)).sum::<Credits>() - self.views().available
    }

    /// What an operation needs to be admitted.
    fn need_of(&self, env: &Env, work: &LiveOperation) -> Credits {
        env.check(self.plan, work.serves()).needed(work.estimate())
    }

    fn purchase_key(&self, env: &Env) -> StreamKey {
        env.key.name("purchases by people")
    }

    /// A person pays: chooses a package, minds the budget, may be declined.
    pub(super) fn pay(&mut self, env: &Env) {
        let terms = env.terms(self.plan);
        let Some(buyer) = buyer(env, terms) else { return };
        let Some((need, ordinal)) = self.shop.under_way() else { return };
        if self.has_left(env) {
            self.shop.give_up();
            return;
        }
        self.price_waiting(env);
        let short = self.short_of(env, need);
        let key = self.purchase_key(env);
        let packages = on_sale(&terms.packages, self.timers.now(), env.traits.signed_up);
        let package = choose(&packages, &buyer.choice, short, key.uniform(Purpose::Purchase, ordinal, 2));
        let Some(package) = package else {
            self.shop.give_up();
            return;
        };
        let price = package.price.unwrap_or(Money::ZERO);
        if !self.within_budget(env, price) {
            self.counts.stopped_by_budget();
            self.note(EntryKind::BudgetBlocked, Note::money(price));
            self.shop.give_up();
            return;
        }
        if buyer.declined.holds(key.uniform(Purpose::Purchase, ordinal, 3)) {
            self.counts.declined();
            self.note(EntryKind::PaymentDeclined, Note::money(price));
            self.shop.give_up();
            return;
        }
        self.counts.purchased();
        self.money.count_priced(package.price.is_some());
        let mut stream = key.keyed(Purpose::Purchase, ordinal, 4);
        let delay = SimSpan::from_seconds_f64(buyer.processing.sample(&mut stream));
        let order = Order {
            credits: package.credits,
            price,
            expires: package.expires,
            priority: package.priority,
            scope: self.scope_of_purchase(env, &package.scope, self.shop.set_out_for()),
            automatic: false,
            priced: package.price.is_some(),
        };
        self.place(env, order, delay);
    }

    /// Whose lot a purchase becomes: of the owner whose operation caused it; the organization's if nobody's did.
    pub(super) fn scope_of_purchase(
        &self,
        env: &Env,
        scope: &CreditScope,
        by: Option<PurchaseCause>,
    ) -> ScopeId {
        let owner = by.and_then(|by| self.owner_of(env, scope.per, by));
        let owners = env.owners_of(scope, self.timers.now());
        let for_one = |owner: &u16| !Deliberate::BoughtForEverybody.is_made() && owners.contains(owner);
        match owner.filter(for_one) {
            Some(owner) => self.books.number_of(scope, owner),
            None => self.books.number_of(&scope.shared(), 0),
        }
    }

    /// The owner of a kind to whom an operation belongs; none for the organization, and of who is away.
    pub(super) fn owner_of(&self, env: &Env, per: LotOwner, by: PurchaseCause) -> Option<u16> {
        let PurchaseCause { member, project } = by;
        let there = member != NO_MEMBER && !self.books.is_away(member);
        match per {
            LotOwner::Organization => None,
            LotOwner::Group => env.group_of(member).filter(|_| there),
            LotOwner::Member => there.then_some(member),
            LotOwner::Project => Some(project),
        }
    }

    /// An order is paid; its credits land after `delay`, or at once.
    pub(super) fn place(&mut self, env: &Env, order: Order, delay: SimSpan) {
        self.spend(env, order.price);
        self.receive_cash(env, CashKind::Package, order.price);
        self.money.order(order.price);
        let reason = if order.priced { Reason::None } else { Reason::Unpriced };
        let note = Note { credits: order.credits, money: order.price, reason, ..Note::default() };
        self.note(EntryKind::PurchaseOrdered, note);
        let index = self.shop.order(order);
        if delay.is_zero() {
            self.land(env, index);
        } else {
            self.timers.schedule(self.timers.now() + delay, (Class::Land, 1, index), TimerKind::Land(index));
            // What is under way may count in the view of a rule, which has then been on its high side.
            self.arm_top_ups(env, self.views());
        }
    }

    /// Credits land, followed by repayment.
    pub(super) fn land(&mut self, env: &Env, index: u32) {
        let terms = env.terms(self.plan);
        let mut order = self.shop.land(index);
        if Deliberate::PurchaseLandsTwice.is_made() {
            order.credits += order.credits;
        }
        let before = self.views();
        self.money.land(order.price);
        let expires = expiry_of(env, terms, self.timers.now(), order.expires);
        let lot = NewLot {
            id: None,
            category: Category::Purchased,
            kind: LotKind::Plain,
            credits: order.credits,
            remaining: order.credits,
            priority: order.priority,
            created_at: self.timers.now(),
            effective_at: self.timers.now(),
            expires_at: expires,
            price: order.price,
            scope: order.scope,
        };
        self.issue_landed(env, lot);
        self.books.repay(self.timers.now()).as_part();
        let posting = self.books.since(before);
        self.follow_up(env, posting, None);
    }

    fn spend(&mut self, env: &Env, price: Money) {
        if let Some(budget) = &env.customers().budget {
            self.shop.spend(&env.world.zone, self.timers.now(), budget, price);
        }
    }

    /// Whether a purchase keeps within the organization's own budget.
    pub(super) fn within_budget(&self, env: &Env, price: Money) -> bool {
        let allows = |budget| self.shop.allows(&env.world.zone, self.timers.now(), budget, price);
        Deliberate::BudgetIgnored.is_made() || env.customers().budget.as_ref().is_none_or(allows)
    }
}

/// Purchases that cause more purchases than there is memory for end the run, which says why.
#[cold]
fn buys_without_end(now: SimTime) -> ! {
    impossible(format!(
        "people set out to buy more than {MOST_BY_PEOPLE} times within a day, at {now}: each purchase makes several more, or they \
         are asked again and again; wanted are larger packages, packages that live longer, alerts in credits instead of percent, a \
         `human_delay`, or a longer `while_short`"
    ))
}

/// The package people choose; none only if there is none.
fn choose<'a>(
    packages: &'a [Package],
    choice: &PackageChoice,
    short: Credits,
    uniform: f64,
) -> Option<&'a Package> {
    if Deliberate::PeopleBuyTheSmallest.is_made() {
        return packages.iter().min_by_key(|package| package.credits);
    }
    let named = |name: &str| packages.iter().find(|package| package.name == name);
    let chosen = match choice {
        PackageChoice::SmallestThatCovers => None,
        PackageChoice::CheapestPerCredit => {
            packages.iter().filter(|package| package.price.is_some()).min_by(|a, b| {
                let (price_a, price_b) = (a.price.unwrap_or_default(), b.price.unwrap_or_default());
                let left = i128::from(price_a.nanos()) * i128::from(b.credits.micros());
                let right = i128::from(price_b.nanos()) * i128::from(a.credits.micros());
                left.cmp(&right).then(a.credits.cmp(&b.credits))
            })
        }
        PackageChoice::Fixed(name) => named(name),
        PackageChoice::Weighted(weights) => {
            let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
            let mut left = uniform * total;
            let picked = weights.iter().find(|(_, weight)| {
                let here = left < *weight;
                left -= weight;
                here
            });
            picked.and_then(|(name, _)| named(name))
        }
    };
    let covering =
        || packages.iter().filter(|package| package.credits >= short).min_by_key(|package| package.credits);
    // Of equal ones the first in the file: `max_by_key` would take the last.
    let largest = || packages.iter().rev().max_by_key(|package| package.credits);
    chosen.or_else(covering).or_else(largest)
}
