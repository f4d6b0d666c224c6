//! What the journal tells of time and of people (law 9): time in debt, in flight and before a start, refusals by reason, who was
//! told, who paid.
//!
//! Owns the counters that no balance keeps right. Leaves credits, debt, operations' ends and money to the files beside it.
//! Invariants: clocks stop when the organization leaves; what was counted before outcomes count is forgotten.

use std::collections::BTreeMap;

use crate::outcome::journal::{Entry, EntryKind, Reason};
use crate::outcome::tally::{FeatureTally, Tally};
use crate::units::{Credits, FeatureIndex, SimTime};

use super::{AuditResult, Violation};

/// Why attempts are refused, in the order in which they are counted; whatever is none of these is a lack of credits.
const REASONS: [&str; 7] = ["short", "concurrency", "limit", "budget", "outage", "denial", "suspended"];

fn place(reason: Reason) -> usize {
    match reason {
        Reason::Concurrency => 1,
        Reason::Limit(_) => 2,
        Reason::Budget => 3,
        Reason::Outage => 4,
        Reason::Denial => 5,
        Reason::Suspended => 6,
        _ => 0,
    }
}

/// What is told of one feature.
#[derive(Debug, Clone, Copy, Default)]
struct FeatureClock {
    refused: [u64; REASONS.len()],
    demand: Credits,
    lost: Credits,
    /// Operations served after waiting, and how long they waited together [µs].
    waits: (u64, i128),
}

/// An operation that has not ended.
#[derive(Debug, Clone, Copy)]
struct Clocked {
    arrived: SimTime,
    started: SimTime,
    cost: Credits,
}

/// How often people were told and paid.
#[derive(Debug, Clone, Copy, Default)]
struct PeopleCounts {
    warnings: u64,
    critical: u64,
    would_exceed: u64,
    purchases: u64,
    declined: u64,
    over_budget: u64,
    ceilings: u64,
}

/// A quantity that changes in steps, its most and its integral over time.
#[derive(Debug, Clone, Copy)]
struct SteppedClock {
    value: i64,
    most: i64,
    integral: i128,
    since: SimTime,
    /// Since when it has been above zero.
    above_since: SimTime,
    longest: i64,
    leaves: SimTime,
}

impl SteppedClock {
    fn new(leaves: SimTime) -> SteppedClock {
        let start = SimTime::MIN;
        SteppedClock { value: 0, most: 0, integral: 0, since: start, above_since: start, longest: 0, leaves }
    }

    /// Time of the organization's life from one instant to another [µs].
    fn lived(&self, from: SimTime, to: SimTime) -> i64 {
        (to.min(self.leaves) - from.min(self.leaves)).micros()
    }

    fn advance(&mut self, at: SimTime) {
        if self.value > 0 {
            self.integral += i128::from(self.value) * i128::from(self.lived(self.since, at));
            self.longest = self.longest.max(self.lived(self.above_since, at));
        }
        self.since = at;
    }

    fn set(&mut self, at: SimTime, value: i64) {
        self.advance(at);
        if self.value == 0 {
            self.above_since = at;
        }
        self.value = value;
        self.most = self.most.max(value);
    }

    fn begin(&mut self, at: SimTime) {
        *self = SteppedClock {
            value: self.value,
            most: self.value,
            since: at,
            above_since: at,
            ..SteppedClock::new(self.leaves)
        };
    }
}

/// Everything that is told besides balances and ends.
#[derive(Debug, Clone)]
pub(super) struct Clocks {
    debt: SteppedClock,
    in_flight: SteppedClock,
    features: Vec<FeatureClock>,
    alive: BTreeMap<(FeatureIndex, u32), Clocked>,
    people: PeopleCounts,
}

impl Clocks {
    /// Of so many features, of an organization that leaves then.
    pub(super) fn new(features: usize, leaves: SimTime) -> Clocks {
        Clocks {
            debt: SteppedClock::new(leaves),
            in_flight: SteppedClock::new(leaves),
            features: vec![FeatureClock::default(); features],
            alive: BTreeMap::new(),
            people: PeopleCounts::default(),
        }
    }

    /// Takes an entry, after which there is this debt.
    pub(super) fn take(&mut self, entry: &Entry, debt: Credits) {
        self.debt.set(entry.at, debt.micros());
        match (entry.kind, entry.reason) {
            (EntryKind::Alert, Reason::Warning) => self.people.warnings += 1,
            (EntryKind::Alert, Reason::Critical) => self.people.critical += 1,
            (EntryKind::Alert, _) => self.people.would_exceed += 1,
            (EntryKind::PurchaseOrdered, _) => self.people.purchases += 1,
            (EntryKind::PaymentDeclined, _) => self.people.declined += 1,
            (EntryKind::BudgetBlocked, _) => self.people.over_budget += 1,
            (EntryKind::TopUpCeiling, _) => self.people.ceilings += 1,
            _ => {}
        }
        if let Some(feature) = entry.feature {
            self.take_operation(entry, feature);
        }
    }

    fn take_operation(&mut self, entry: &Entry, feature: FeatureIndex) {
        let (key, totals) = ((feature, entry.operation), &mut self.features[feature.index()]);
        let running = self.in_flight.value;
        match entry.kind {
            EntryKind::Demanded => {
                totals.demand += entry.credits;
                let known = Clocked { arrived: entry.at, started: entry.at, cost: entry.credits };
                self.alive.insert(key, known);
            }
            EntryKind::Start => {
                if let Some(operation) = self.alive.get_mut(&key) {
                    operation.started = entry.at;
                }
                self.in_flight.set(entry.at, running + 1);
            }
            EntryKind::Refused => totals.refused[place(entry.reason)] += 1,
            EntryKind::Lost => {
                totals.lost += self.alive.remove(&key).map_or(Credits::ZERO, |operation| operation.cost);
            }
            EntryKind::Degraded => {
                self.alive.remove(&key);
            }
            EntryKind::Served | EntryKind::Substituted => {
                let waited = |operation: Clocked| (operation.started - operation.arrived).micros();
                let waited = self.alive.remove(&key).map_or(0, waited);
                totals.waits.0 += u64::from(waited > 0);
                totals.waits.1 += i128::from(waited);
                self.in_flight.set(entry.at, running - 1);
            }
            EntryKind::Failed | EntryKind::Cancelled | EntryKind::Killed => {
                self.alive.remove(&key);
                self.in_flight.set(entry.at, running - 1);
            }
            _ => {}
        }
    }

    /// Outcomes count from here.
    pub(super) fn begin_measuring(&mut self, at: SimTime) {
        self.debt.begin(at);
        self.in_flight.begin(at);
        self.features.fill(FeatureClock::default());
        self.people = PeopleCounts::default();
    }

    /// Law 9: the account's own counters are what the journal tells.
    pub(super) fn compare(&mut self, end: SimTime, tally: &Tally) -> AuditResult {
        self.debt.advance(end);
        self.in_flight.advance(end);
        let features = self.features.iter().zip(&tally.features).enumerate();
        let of_features = features.flat_map(|(index, (found, counted))| {
            let named =
                move |(what, found, counted)| (format!("feature {}: {what}", index + 1), found, counted);
            of_feature(found, counted).into_iter().map(named)
        });
        let of_account =
            self.of_account(tally).map(|(what, found, counted)| (what.to_owned(), found, counted));
        let wrong = of_account.into_iter().chain(of_features).find(|(_, found, counted)| found != counted);
        wrong.map_or(Ok(()), |(what, found, counted)| {
            let what = format!("{what} comes to {found} and was counted as {counted}");
            Err(Violation { law: 9, at: end, what })
        })
    }

    fn of_account(&self, tally: &Tally) -> [(&'static str, i128, i128); 13] {
        let (debt, people, customer) = (&tally.debt, &self.people, &tally.customer);
        [
            ("the integral of debt over time", self.debt.integral, debt.credit_micros),
            ("the largest debt", self.debt.most.into(), debt.max.micros().into()),
            ("the longest time in debt", self.debt.longest.into(), debt.longest.micros().into()),
            ("time in flight", self.in_flight.integral, tally.in_flight_micros),
            ("most in flight", self.in_flight.most.into(), tally.in_flight_max.into()),
            ("demand", of_all(&self.features, |feature| feature.demand), {
                tally.features.iter().map(|feature| i128::from(feature.demand_credits.micros())).sum()
            }),
            ("warnings", people.warnings.into(), customer.alerts_warning.into()),
            ("critical alerts", people.critical.into(), customer.alerts_critical.into()),
            ("alerts of what would exceed", people.would_exceed.into(), customer.alerts_would_exceed.into()),
            ("purchases", people.purchases.into(), (customer.purchases + customer.auto_top_ups).into()),
            ("declined payments", people.declined.into(), customer.payments_declined.into()),
            ("purchases over the budget", people.over_budget.into(), customer.budget_blocked.into()),
            ("top-up ceilings", people.ceilings.into(), customer.ceilings.into()),
        ]
    }
}

fn of_all(features: &[FeatureClock], of: fn(&FeatureClock) -> Credits) -> i128 {
    features.iter().map(|feature| i128::from(of(feature).micros())).sum()
}

/// What is told of a feature, and what was counted of it.
fn of_feature(found: &FeatureClock, counted: &FeatureTally) -> Vec<(&'static str, i128, i128)> {
    let refused = [
        counted.attempts_refused_short,
        counted.attempts_refused_concurrency,
        counted.attempts_refused_limit,
        counted.attempts_refused_budget,
        counted.attempts_refused_outage,
        counted.attempts_refused_denial,
        counted.attempts_refused_suspended,
    ];
    let reasons = REASONS.into_iter().zip(found.refused.into_iter().zip(refused));
    let mut pairs: Vec<_> =
        reasons.map(|(reason, (found, counted))| (reason, found.into(), counted.into())).collect();
    pairs.extend([
        ("lost credits", found.lost.micros().into(), counted.lost_credits.micros().into()),
        ("operations that waited", found.waits.0.into(), counted.waits.count().into()),
        ("time waited", found.waits.1, counted.waits.sum()),
    ]);
    pairs
}
