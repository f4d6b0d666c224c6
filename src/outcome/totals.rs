//! What the organizations of one scope did together: sums, and distributions over organizations.

use serde::{Deserialize, Serialize};

use crate::deliberate::Deliberate;
use crate::units::{Credits, MICROS_PER_CREDIT, SimTime};

use super::Histogram;
use super::sums::{CreditSums, CustomerSums, DebtSums, DefaultSums, FeatureSums, HoldSums, MoneySums};
use super::tally::{FeatureTally, Tally};

/// Demand and service of a set of features, summed over organizations.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Service {
    /// Sums of the counters.
    pub sums: FeatureSums,
    /// What the vendor paid providers (nano-units); `None` if the scenario does not say.
    pub provider_cost: Option<i128>,
    /// Waits of operations served after waiting (µs).
    pub waits: Histogram,
    /// Relative errors of estimates [parts per million].
    pub estimate_errors: Histogram,
    /// Organizations that demanded paid operations.
    pub demanding: u64,
    /// Life of those organizations (µs).
    pub demanding_life: i128,
    /// Time in which the check would have failed, of those organizations (µs).
    pub demanding_blocked: i128,
    /// Organizations with a refused operation.
    pub organizations_refused: u64,
    /// Refused operations of each demanding organization.
    pub refused: Histogram,
}

impl Service {
    /// The service of one organization by some of its features.
    fn of<'a>(features: impl IntoIterator<Item = &'a FeatureTally>, life: i128) -> Self {
        let mut service = Service::default();
        for feature in features {
            service.sums.add(feature);
            service.waits.merge(&feature.waits);
            service.estimate_errors.merge(&feature.estimate_errors);
            let cost = feature.provider_cost.map(|cost| i128::from(cost.nanos()));
            service.provider_cost = add_present(service.provider_cost, cost);
        }
        if service.sums.demanded > 0 {
            service.demanding = 1;
            service.demanding_life = life;
            service.demanding_blocked = service.sums.blocked;
            service.refused.record(narrow(service.sums.refused));
        }
        service.organizations_refused = u64::from(service.sums.refused > 0);
        service
    }

    fn merge(&mut self, other: &Service) {
        self.sums.merge(&other.sums);
        self.provider_cost = add_present(self.provider_cost, other.provider_cost);
        self.waits.merge(&other.waits);
        self.estimate_errors.merge(&other.estimate_errors);
        self.demanding += other.demanding;
        self.demanding_life += other.demanding_life;
        self.demanding_blocked += other.demanding_blocked;
        self.organizations_refused += other.organizations_refused;
        self.refused.merge(&other.refused);
    }
}

/// Everything that outcomes ask of one scope under one policy; merges exactly, in any order.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Totals {
    /// Organizations in the scope.
    pub organizations: u64,
    /// Demand and service of the scope.
    pub service: Service,
    /// The same per feature in file order; empty in the scope of one feature.
    pub features: Vec<Service>,
    /// Credits moved and left.
    pub credits: CreditSums,
    /// Debt.
    pub debt: DebtSums,
    /// Largest debt of each organization (micro-credits).
    pub debt_max: Histogram,
    /// Largest debt of any organization (micro-credits).
    pub debt_max_of_any: i64,
    /// Longest time in debt of any organization (µs).
    pub debt_longest: i64,
    /// Holds.
    pub holds: HoldSums,
    /// Purchases, alerts, reactions.
    pub customer: CustomerSums,
    /// Organizations whose automatic top-ups ran away.
    pub runaway: u64,
    /// Organizations that left.
    pub churned: u64,
    /// Those that were suspended.
    pub suspended: u64,
    /// Alert to zero, per episode (µs).
    pub alert_leads: Histogram,
    /// Refusal to service restored, per episode (µs).
    pub restores: Histogram,
    /// First settled ≤ 0 since `measure_from`, per organization that got there (µs).
    pub depleted: Histogram,
    /// Share of the top member in the demand of each organization with demand [parts per million].
    pub top_member_shares: Histogram,
    /// Money.
    pub money: MoneySums,
    /// Organizations for which a price was missing: with any, money is not available.
    pub unpriced: u64,
    /// Organizations with debt to be invoiced that has no price.
    pub uninvoiced_unpriced: u64,
    /// What defaults decided.
    pub defaults: DefaultSums,
    /// Cash per credit burned of each organization with demand [nano-units per credit].
    pub prices: Histogram,
    /// Deferred revenue at each instant of the timeline (nano-units).
    pub deferred: Vec<i128>,
    /// ∫ in flight dt (µs).
    pub in_flight_micros: i128,
    /// Most operations in flight at once in any organization.
    pub in_flight_max: u32,
    /// Time measured [organization-µs].
    pub life: i128,
}

impl Totals {
    /// The totals of one organization.
    #[must_use]
    pub fn of(tally: &Tally, measure_from: SimTime) -> Self {
        let life = i128::from(tally.life.micros());
        let features = tally.features.iter().map(|feature| Service::of([feature], life)).collect();
        Totals { features, ..Totals::of_whole(tally, measure_from) }
    }

    /// The totals of one organization, its features together only.
    #[must_use]
    pub fn of_whole(tally: &Tally, measure_from: SimTime) -> Self {
        let life = i128::from(tally.life.micros());
        let service = Service::of(&tally.features, life);
        let mut totals = Totals {
            organizations: 1,
            debt_max_of_any: tally.debt.max.micros(),
            debt_longest: tally.debt.longest.micros(),
            runaway: u64::from(tally.customer.runaway),
            churned: u64::from(tally.customer.churned),
            suspended: u64::from(tally.customer.suspended),
            alert_leads: tally.customer.alert_leads.clone(),
            restores: tally.customer.restores.clone(),
            unpriced: u64::from(!tally.money.complete),
            uninvoiced_unpriced: u64::from(tally.money.uninvoiced_unpriced),
            deferred: tally.samples.iter().map(|sample| i128::from(sample.deferred.nanos())).collect(),
            in_flight_micros: tally.in_flight_micros,
            in_flight_max: tally.in_flight_max,
            life,
            ..Totals::default()
        };
        totals.credits.add(&tally.credits);
        totals.debt.add(&tally.debt);
        totals.holds.add(&tally.holds);
        totals.customer.add(&tally.customer);
        totals.money.add(&tally.money);
        totals.defaults.add(&tally.defaults);
        totals.debt_max.record(tally.debt.max.micros());
        if let Some(at) = tally.customer.depleted_at {
            totals.depleted.record((at - measure_from).micros().max(0));
        }
        if let Some(share) = top_member_share(&tally.member_credits) {
            totals.top_member_shares.record(share);
        }
        if let Some(price) = effective_price(tally).filter(|_| service.demanding > 0) {
            totals.prices.record(price);
        }
        totals.service = service;
        totals
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &Totals) {
        self.organizations += other.organizations;
        self.service.merge(&other.service);
        merge_each(&mut self.features, &other.features, Service::merge);
        self.credits.merge(&other.credits);
        if !Deliberate::MergedDebtForgotten.is_made() {
            self.debt.merge(&other.debt);
        }
        self.debt_max.merge(&other.debt_max);
        self.debt_max_of_any = self.debt_max_of_any.max(other.debt_max_of_any);
        self.debt_longest = self.debt_longest.max(other.debt_longest);
        self.holds.merge(&other.holds);
        self.customer.merge(&other.customer);
        self.runaway += other.runaway;
        self.churned += other.churned;
        self.suspended += other.suspended;
        self.alert_leads.merge(&other.alert_leads);
        self.restores.merge(&other.restores);
        self.depleted.merge(&other.depleted);
        self.top_member_shares.merge(&other.top_member_shares);
        self.money.merge(&other.money);
        self.unpriced += other.unpriced;
        self.uninvoiced_unpriced += other.uninvoiced_unpriced;
        self.defaults.merge(&other.defaults);
        self.prices.merge(&other.prices);
        merge_each(&mut self.deferred, &other.deferred, |sum, value| *sum += value);
        self.in_flight_micros += other.in_flight_micros;
        self.in_flight_max = self.in_flight_max.max(other.in_flight_max);
        if Deliberate::MaximaAdded.is_made() {
            self.in_flight_max += self.in_flight_max.min(other.in_flight_max);
        }
        self.life += other.life;
    }

    /// The totals of one feature: its service, and the organizations it was measured on.
    #[must_use]
    pub fn feature(&self, index: usize) -> Totals {
        Totals {
            organizations: self.organizations,
            service: self.features.get(index).cloned().unwrap_or_default(),
            life: self.life,
            ..Totals::default()
        }
    }
}

/// Merges two vectors of equal length; an empty one stands for zeros.
fn merge_each<T: Clone>(own: &mut Vec<T>, other: &[T], merge: impl Fn(&mut T, &T)) {
    if own.is_empty() {
        own.extend_from_slice(other);
        return;
    }
    for (own, other) in own.iter_mut().zip(other) {
        merge(own, other);
    }
}

/// A sum of what is known; absent only if nothing is.
fn add_present(a: Option<i128>, b: Option<i128>) -> Option<i128> {
    match (a, b) {
        (Some(a), Some(b)) => Some(a + b),
        (known, None) | (None, known) => known,
    }
}

/// A 128-bit count of one organization as 64 bits; saturates, which no organization reaches.
fn narrow(value: i128) -> i64 {
    i64::try_from(value).unwrap_or(if value < 0 { i64::MIN } else { i64::MAX })
}

/// The top member's share of demand [parts per million]; `None` without demand.
fn top_member_share(members: &[Credits]) -> Option<i64> {
    let all: i128 = members.iter().map(|credits| i128::from(credits.micros())).sum();
    let top = i128::from(members.iter().max()?.micros());
    (all > 0).then(|| narrow(top * 1_000_000 / all))
}

/// Cash per credit burned [nano-units per credit]; `None` if a price is missing or nothing was burned.
fn effective_price(tally: &Tally) -> Option<i64> {
    let money = &tally.money;
    let credits = tally.credits.burned.iter().chain(&tally.credits.repaid);
    let burned: i128 = credits.map(|credits| i128::from(credits.micros())).sum();
    (money.complete && burned > 0)
        .then(|| narrow(i128::from(money.cash().nanos()) * i128::from(MICROS_PER_CREDIT) / burned))
}
