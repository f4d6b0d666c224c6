//! Price lists: which rate prices an operation, at its arrival, at each check, and for good as it starts (docs/semantics.md §13).
//!
//! Leaves which rate is in force to the policy's cards, and what operations cost by each to the demand. Invariants: an operation
//! is checked and started at the price of that instant, which is fixed for its life; an account without cards does nothing here.

use crate::deliberate::Deliberate;
use crate::policy::HistoryEstimate;
use crate::units::{Credits, FeatureIndex, SimSpan};
use crate::workload::{DrawnWork, Operation, OtherPrices, RunPart};

use super::super::env::Env;
use super::super::events::{Class, TimerKind};
use super::super::flight::OperationPrices;
use super::State;
use super::charging::charged_in_full;

/// An operation at the price of its arrival.
pub(super) struct PricedArrival {
    pub(super) operation: Operation,
    pub(super) parts: Vec<RunPart>,
    pub(super) prices: OperationPrices,
    /// By the feature's own rate.
    pub(super) list_cost: Credits,
}

impl State {
    /// The number of the rate of a feature that is in force now.
    pub(super) fn rate_now(&self, env: &Env, feature: FeatureIndex) -> u16 {
        env.rate(self.plan, feature, self.timers.now())
    }

    /// An operation of a feature that some card prices arrives.
    pub(super) fn price_arrival(
        &self,
        env: &Env,
        operation: &Operation,
        parts: &[RunPart],
        others: OtherPrices<'_>,
    ) -> PricedArrival {
        let prices = OperationPrices::new(operation.cost, parts, others);
        let mut prices = prices.expecting(self.expected_by_history(env, operation.feature));
        let (mut operation, mut parts, list_cost) = (*operation, parts.to_vec(), operation.cost);
        operation.cost = prices.price_by(self.rate_now(env, operation.feature), &mut parts);
        PricedArrival { operation, parts, prices, list_cost }
    }

    /// What earlier operations of a feature let expect by each of its rates, in each way in which estimates of the policy look
    /// back, now or under rules to come.
    fn expected_by_history(&self, env: &Env, feature: FeatureIndex) -> Vec<(HistoryEstimate, Vec<Credits>)> {
        let by_rate = |rule: &HistoryEstimate| {
            let expected = |rate: u16| {
                let earlier = self.customer.estimate(feature, *rule, rate);
                earlier.unwrap_or_else(|| env.expected_cost(feature, rate))
            };
            (*rule, (0..env.facts(feature).expected_by_rate.len() as u16).map(expected).collect())
        };
        env.history_rules[feature.index()].iter().map(by_rate).collect()
    }

    /// Another feature serves an operation, as such work.
    pub(super) fn price_served(&mut self, env: &Env, slot: u32, work: &DrawnWork) {
        let serves = self.flight[slot].serves();
        if env.measures {
            self.flight[slot].keep_measured(&work.prices);
        }
        if env.is_priced(serves) {
            let others = OtherPrices { whole: &work.prices, ..OtherPrices::default() };
            let prices = OperationPrices::new(work.cost, &[], others);
            let prices = prices.expecting(self.expected_by_history(env, serves));
            self.flight[slot].price(prices);
            let rate = self.rate_now(env, serves);
            self.flight[slot].price_by(rate);
        } else {
            self.flight[slot].has_one_price();
        }
        self.estimate_anew(env, slot);
    }

    /// An operation that is about to be checked is priced by the rate of now.
    #[inline]
    pub(super) fn price_now(&mut self, env: &Env, slot: u32) {
        if let Some(before) = self.flight[slot].prices().map(OperationPrices::rate) {
            self.price_by_rate_of_now(env, slot, before);
        }
    }

    /// An operation that was priced by the rate `before` is priced by the rate of now.
    fn price_by_rate_of_now(&mut self, env: &Env, slot: u32, before: u16) {
        let rate = self.rate_now(env, self.flight[slot].serves());
        if rate != before && !Deliberate::PriceOfArrivalKept.is_made() {
            self.flight[slot].price_by(rate);
            self.estimate_anew(env, slot);
        }
    }

    /// Everything that waits is priced by the rates of now, for whoever buys for all of it.
    pub(super) fn price_waiting(&mut self, env: &Env) {
        if !env.has_cards() {
            return;
        }
        let waits = self.flight.slots().filter(|(_, work)| work.waits()).map(|(slot, _)| slot);
        for slot in waits.collect::<Vec<_>>() {
            self.price_now(env, slot);
        }
    }

    /// What an operation is expected to be charged as the feature that serves it now, at the price that it has now.
    fn estimate_anew(&mut self, env: &Env, slot: u32) {
        let work = &self.flight[slot];
        let (serves, operation, cost) = (work.serves(), *work.operation(), work.cost());
        let terms = env.terms(self.plan);
        let charged = charged_in_full(terms, &terms.features[serves.index()], work.parts(), cost);
        let estimate = self.estimate(env, serves, &operation, (cost, charged), work.prices());
        self.flight[slot].estimate_anew(estimate);
    }

    /// Schedules the next instant at which some card of the policy begins or ends to apply.
    pub(super) fn schedule_rates(&mut self, env: &Env) {
        if let Some(at) = env.next_card(self.timers.now()) {
            self.timers.schedule(at, (Class::Grant, 0, 1), TimerKind::Rates);
        }
    }

    /// Other rates may be in force: checks need other amounts, and the head of the queue may pass.
    pub(super) fn rates_change(&mut self, env: &Env) {
        self.schedule_rates(env);
        let now = self.timers.now();
        let (plan, before) = (self.plan, now - SimSpan::from_micros(1));
        let changes = |feature| env.rate(plan, feature, now) != env.rate(plan, feature, before);
        if !(0..env.world.features.len() as u16).map(FeatureIndex).any(changes) {
            return;
        }
        self.refresh_watch(env);
        self.look_at_checks(env);
        if self.somebody_queues() {
            self.timers.resume();
        }
    }
}
