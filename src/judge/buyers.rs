//! People who buy (docs/semantics.md §7.1 to §7.7).

use crate::policy::{Buyer, CreditScope, Expiry, Package, PackageChoice};
use crate::sampling::{Purpose, StreamKey};
use crate::units::{Category, Credits, Money, Probability, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Fact, Reason};
use super::lots::{JudgedLot, LotOrigin};
use super::scopes::Holder;
use super::work::Stands;

/// What a person has set out to buy for.
#[derive(Debug, Clone, Copy)]
pub(super) struct UnderWay {
    pub need: Credits,
    pub work: Option<usize>,
    /// The operation that has made somebody set out.
    pub cause: Option<usize>,
    pub ordinal: u64,
}

/// A purchase that is paid and has not landed.
#[derive(Debug, Clone)]
pub(super) struct PaidOrder {
    pub credits: Credits,
    pub price: Money,
    /// Its package states a price.
    pub priced: bool,
    pub expires: Expiry,
    pub priority: i32,
    pub scope: CreditScope,
    pub holder: Holder,
    pub by_people: bool,
    pub landed: bool,
}

/// Who keeps being asked while the account refuses (docs/semantics.md §7.3).
#[derive(Debug, Clone, Copy)]
pub(super) struct KeepsAsking {
    pub work: usize,
    pub need: Credits,
    pub probability: Probability,
}

/// People, orders and the organization's budget.
#[derive(Debug, Default)]
pub(super) struct JudgedPeople {
    pub under_way: Option<UnderWay>,
    pub orders: Vec<PaidOrder>,
    /// (when, price) of everything paid, for the budget.
    pub paid: Vec<(SimTime, Money)>,
    pub ordinal: u64,
    pub warnings: u64,
    pub zeros: u64,
    pub asked: u64,
    pub short: Option<KeepsAsking>,
}

impl<'a> Judged<'a> {
    /// Who buys: the policy's people, else the cohort's.
    pub fn buyer(&self) -> Option<&'a Buyer> {
        let case = self.case;
        let terms = self.terms();
        terms.buyer.as_ref().or(case.customers.buyer.as_ref())
    }

    fn purchase_key(&self) -> StreamKey {
        self.case.key.name("purchases by people")
    }

    pub fn begin_people(&mut self) {
        if let Some(every) = self.buyer().and_then(|buyer| buyer.every) {
            self.to_come.add(self.now + every, (0, 0, 0), Coming::BuyRegularly);
        }
    }

    pub fn buy_regularly(&mut self) {
        let Some(every) = self.buyer().and_then(|buyer| buyer.every) else { return };
        self.to_come.add(self.now + every, (0, 0, 0), Coming::BuyRegularly);
        if !self.has_left() {
            self.set_out(Credits::ZERO, None, None);
        }
    }

    /// True if the customer buys after this refusal (docs/semantics.md §7.2).
    pub fn would_buy(&self, work: usize) -> bool {
        let Some(buyer) = self.buyer() else { return false };
        if self.has_left() || self.on_sale().is_empty() {
            return false;
        }
        let operation = self.work[work].operation;
        let key = self.key_of(operation.feature);
        let uniform =
            key.uniform(Purpose::Purchase, u64::from(operation.sequence), u64::from(self.work[work].attempt));
        buyer.on_refusal.holds(uniform)
    }

    /// True if no package is within the budget (docs/semantics.md §7.6).
    pub fn budget_forbids_all(&self) -> bool {
        if self.people.under_way.is_some() {
            return false;
        }
        let packages = self.on_sale();
        self.case.customers.budget.is_some()
            && packages.iter().all(|package| !self.within_budget(package.price.unwrap_or(Money::ZERO)))
    }

    pub fn within_budget(&self, price: Money) -> bool {
        let Some(budget) = self.case.customers.budget else { return true };
        let since = self.case.zone.start_of(self.now, budget.per);
        let spent: Money =
            self.people.paid.iter().filter(|(at, _)| *at >= since).map(|(_, price)| *price).sum();
        spent + price <= budget.money
    }

    /// Packages of one name are sold as the last of them that is on sale (docs/semantics.md §13.9).
    fn on_sale(&self) -> Vec<Package> {
        let mut sold: Vec<Package> = Vec::new();
        for package in &self.terms().packages {
            if let Some(last) = self.as_sold(&package.name)
                && !sold.iter().any(|other| other.name == package.name)
            {
                sold.push(last.clone());
            }
        }
        sold
    }

    /// The last package of a name that is on sale now.
    pub fn as_sold(&self, name: &str) -> Option<&'a Package> {
        let mut packages = self.terms().packages.iter();
        packages.rfind(|package| package.name == name && self.applies_to_us(&package.when, self.now))
    }

    /// From a refusal on somebody may be asked again (docs/semantics.md §7.3).
    pub fn note_refusal(&mut self, work: usize) {
        let Some(buyer) = self.buyer() else { return };
        let need = self.need(work);
        self.note_short(work, need, buyer.on_refusal);
    }

    pub fn buy_after_refusal(&mut self, work: usize) {
        let need = self.need(work);
        self.set_out(need, Some(work), Some(work));
    }

    pub fn buy_when_waiting(&mut self, work: usize) {
        let Some(buyer) = self.buyer() else { return };
        self.buy_when_short(work, buyer.on_wait, 1 << 32);
    }

    pub fn buy_when_degraded(&mut self, work: usize) {
        let Some(buyer) = self.buyer() else { return };
        self.buy_when_short(work, buyer.on_degraded, 1 << 33);
    }

    fn buy_when_short(&mut self, work: usize, probability: Probability, tag: u64) {
        if probability.is_never() || self.has_left() {
            return;
        }
        let need = self.need(work);
        self.note_short(work, need, probability);
        let operation = self.work[work].operation;
        let attempt = u64::from(self.work[work].attempt);
        let key = self.key_of(operation.feature);
        if probability.holds(key.uniform(Purpose::Purchase, u64::from(operation.sequence), attempt | tag)) {
            self.set_out(need, Some(work), Some(work));
        }
    }

    /// From the first refusal, wait or degrading on (docs/semantics.md §7.3).
    fn note_short(&mut self, work: usize, need: Credits, probability: Probability) {
        let Some(span) = self.buyer().and_then(|buyer| buyer.while_short) else { return };
        let first = self.people.short.is_none();
        self.people.short = Some(KeepsAsking { work, need, probability });
        if first {
            self.to_come.add(self.now + span, (0, 0, 0), Coming::AskAgain);
        }
    }

    /// Nobody is asked for an operation that starts (docs/semantics.md §7.3).
    pub fn is_short_no_more(&mut self, work: usize) {
        if self.people.short.is_some_and(|short| short.work == work) {
            self.people.short = None;
            self.to_come.call_off(|what| what == Coming::AskAgain);
        }
    }

    /// docs/semantics.md §7.3.
    pub fn ask_again(&mut self) {
        let (Some(short), Some(buyer)) = (self.people.short, self.buyer()) else { return };
        let started = self.work[short.work].started;
        if started || self.would_find(short.work, short.need) || self.has_left() {
            self.people.short = None;
            return;
        }
        let Some(span) = buyer.while_short else { return };
        self.to_come.add(self.now + span, (0, 0, 0), Coming::AskAgain);
        self.people.asked += 1;
        if short.probability.holds(self.case.key.uniform(Purpose::Warning, self.people.asked, 2)) {
            self.set_out(short.need, Some(short.work), Some(short.work));
        }
    }

    /// The check would find what it needed; ceilings stand in the way of no operation that is over (docs/semantics.md §7.3, §15.18).
    fn would_find(&self, work: usize, need: Credits) -> bool {
        let over = self.work[work].stands == Stands::Ended;
        if over { self.finds_without_ceilings(work, need) } else { self.passes(work, need) }
    }

    /// An alert has fired, perhaps of an operation that needs so much (docs/semantics.md §7.2, §7.5).
    pub fn buy_after_alert(&mut self, cause: Option<usize>, of: Option<(usize, Credits)>) {
        let Some(buyer) = self.buyer() else { return };
        if buyer.on_warning.is_never() {
            return;
        }
        self.people.warnings += 1;
        let uniform = self.case.key.uniform(Purpose::Warning, self.people.warnings, 0);
        if buyer.on_warning.holds(uniform) && !self.has_left() {
            let need = of.map_or(Credits::ZERO, |(_, estimate)| estimate);
            self.set_out(need, of.map(|(work, _)| work), cause);
        }
    }

    /// The settled balance has fallen to 0 or below.
    pub fn buy_at_zero(&mut self, cause: Option<usize>) {
        let Some(buyer) = self.buyer() else { return };
        if buyer.on_zero.is_never() {
            return;
        }
        self.people.zeros += 1;
        let uniform = self.case.key.uniform(Purpose::Warning, self.people.zeros, 1);
        if buyer.on_zero.holds(uniform) && !self.has_left() {
            self.set_out(Credits::ZERO, None, cause);
        }
    }

    /// One purchase by people is under way; later triggers join it (docs/semantics.md §7.4).
    fn set_out(&mut self, need: Credits, work: Option<usize>, cause: Option<usize>) {
        let Some(buyer) = self.buyer() else { return };
        if let Some(under_way) = &mut self.people.under_way {
            if need > under_way.need {
                under_way.need = need;
                under_way.work = work;
            }
            return;
        }
        self.people.ordinal += 1;
        let ordinal = self.people.ordinal;
        self.people.under_way = Some(UnderWay { need, work, cause, ordinal });
        let mut stream = self.purchase_key().keyed(Purpose::Purchase, ordinal, 1);
        let mut delay = SimSpan::from_seconds_f64(buyer.human_delay.sample(&mut stream));
        let asks = cause
            .map(|work| self.work[work].operation.member)
            .and_then(|member| self.case.traits.members.get(usize::from(member)))
            .is_some_and(|member| !member.billing);
        if asks {
            delay += SimSpan::from_seconds_f64(buyer.ask_delay.sample(&mut stream));
        }
        if delay.is_zero() {
            self.people_pay();
        } else {
            self.to_come.add(self.now + delay, (0, 0, 0), Coming::Pay);
        }
    }

    /// All waiting operations and what they need, and the operation that made people buy if it does not wait (docs/semantics.md
    /// §7.5).
    fn what_is_wanted(&self, under_way: UnderWay) -> Vec<(usize, Credits)> {
        let waits = |work: usize| self.work[work].waits();
        let waiting = (0..self.work.len()).filter(|&work| waits(work));
        let mut wanted: Vec<(usize, Credits)> =
            waiting.map(|work| (work, self.need(work).positive_part())).collect();
        let own = under_way.work.filter(|&work| !waits(work));
        wanted.extend(own.map(|work| (work, under_way.need.positive_part())));
        wanted.retain(|(_, need)| need.is_positive());
        wanted.sort_by_key(|&(work, _)| self.tie(work, 0));
        wanted
    }

    /// What the operation that made people buy lacks within its ceilings, unless it is over (docs/semantics.md §15.18).
    fn lacks_of_their_own(&self, under_way: UnderWay) -> Credits {
        let own = under_way.work.filter(|&work| self.work[work].stands != Stands::Ended);
        own.map_or(Credits::ZERO, |work| self.lacks_within(work, under_way.need))
    }

    /// A person pays (docs/semantics.md §7.5, §7.6).
    pub fn people_pay(&mut self) {
        let (Some(under_way), Some(buyer)) = (self.people.under_way, self.buyer()) else { return };
        if self.has_left() {
            self.people.under_way = None;
            return;
        }
        self.price_what_waits();
        let short = self.short_of(&self.what_is_wanted(under_way)).max(self.lacks_of_their_own(under_way));
        let key = self.purchase_key();
        let uniform = key.uniform(Purpose::Purchase, under_way.ordinal, 2);
        let sold = self.on_sale();
        let Some(package) = choose(&sold, &buyer.choice, short, uniform) else {
            self.people.under_way = None;
            return;
        };
        let price = package.price.unwrap_or(Money::ZERO);
        if !self.within_budget(price) {
            self.say(Fact::new(self.now, EntryKind::BudgetBlocked).paid(price));
            self.people.under_way = None;
            return;
        }
        if buyer.declined.holds(key.uniform(Purpose::Purchase, under_way.ordinal, 3)) {
            self.say(Fact::new(self.now, EntryKind::PaymentDeclined).paid(price));
            self.people.under_way = None;
            return;
        }
        let mut stream = key.keyed(Purpose::Purchase, under_way.ordinal, 4);
        let delay = SimSpan::from_seconds_f64(buyer.processing.sample(&mut stream));
        let order = PaidOrder {
            credits: package.credits,
            price,
            priced: package.price.is_some(),
            expires: package.expires,
            priority: package.priority,
            scope: package.scope.clone(),
            holder: self.holder_of_purchase(&package.scope, under_way.cause),
            by_people: true,
            landed: false,
        };
        self.pay_for(order, delay);
    }

    /// A purchase is paid; it lands at once or after its processing.
    pub fn pay_for(&mut self, order: PaidOrder, delay: SimSpan) {
        self.people.paid.push((self.now, order.price));
        let reason = if order.priced { Reason::None } else { Reason::Unpriced };
        let ordered = Fact::new(self.now, EntryKind::PurchaseOrdered).of(order.credits).paid(order.price);
        self.say(ordered.because(reason));
        let index = self.people.orders.len();
        self.people.orders.push(order);
        if delay.is_zero() {
            self.order_lands(index);
        } else {
            self.to_come.add(self.now + delay, (index as u32, 0, 0), Coming::Lands { order: index });
            self.see_high();
        }
    }

    /// Credits land, repay debt, and wake what waits for them (docs/semantics.md §7.7).
    pub fn order_lands(&mut self, index: usize) {
        let order = self.people.orders[index].clone();
        self.people.orders[index].landed = true;
        if order.by_people {
            self.people.under_way = None;
        }
        let before = self.balances();
        let id = self.fresh_id();
        let mut lot = JudgedLot::new(id, Category::Purchased, order.credits, self.now, LotOrigin::Purchase);
        lot.priority = order.priority;
        lot = lot.held_by(&order.scope, order.holder);
        lot.price = order.price;
        lot.end = match order.expires {
            Expiry::Never => None,
            Expiry::At(at) => Some(at),
            Expiry::After(period) => Some(self.case.zone.add(self.now, period, self.terms().month_end)),
        };
        self.issue(lot, EntryKind::Land);
        self.stamp();
        self.repay();
        self.credits_have_come();
        self.follow(before, None);
    }

    /// Credits of purchases under way.
    pub fn pending(&self) -> Credits {
        self.people.orders.iter().filter(|order| !order.landed).map(|order| order.credits).sum()
    }
}

/// docs/semantics.md §7.5.
fn choose<'p>(
    packages: &'p [Package],
    choice: &PackageChoice,
    short: Credits,
    uniform: f64,
) -> Option<&'p Package> {
    let named = |name: &str| packages.iter().find(|package| package.name == name);
    let picked = match choice {
        PackageChoice::SmallestThatCovers => None,
        PackageChoice::CheapestPerCredit => {
            let mut cheapest: Option<(&Package, Money)> = None;
            for package in packages {
                let Some(price) = package.price else { continue };
                // price / credits, multiplied out.
                let per_credit =
                    |price: Money, credits: Credits| i128::from(price.nanos()) * i128::from(credits.micros());
                let beats = |&(known, at): &(&Package, Money)| {
                    let (here, there) = (per_credit(price, known.credits), per_credit(at, package.credits));
                    here < there || here == there && package.credits < known.credits
                };
                if cheapest.as_ref().is_none_or(beats) {
                    cheapest = Some((package, price));
                }
            }
            cheapest.map(|(package, _)| package)
        }
        PackageChoice::Fixed(name) => named(name),
        PackageChoice::Weighted(weights) => {
            let total: f64 = weights.iter().map(|(_, weight)| weight).sum();
            let mut left = uniform * total;
            let found = weights.iter().find(|(_, weight)| {
                let here = left < *weight;
                left -= weight;
                here
            });
            found.and_then(|(name, _)| named(name))
        }
    };
    let covers =
        || packages.iter().filter(|package| package.credits >= short).min_by_key(|package| package.credits);
    let mut largest: Option<&Package> = None;
    for package in packages {
        if largest.is_none_or(|known| package.credits > known.credits) {
            largest = Some(package);
        }
    }
    picked.or_else(covers).or(largest)
}
