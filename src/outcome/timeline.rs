//! Balances and cumulative counters at the instants of the timeline, over organizations.

use crate::deliberate::Deliberate;

use serde::{Deserialize, Serialize};

use super::{AccountSample, Histogram};

/// Balances are told apart down to a thousandth of a credit (micro-credits). Finer cells near zero would grow with the
/// number of organizations and show nothing in a plot.
const GRAIN: i64 = 1_000;

/// One policy at every instant of the timeline.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Timeline {
    /// In order of time; empty until the first organization is added.
    pub instants: Vec<Instant>,
}

/// All organizations under one policy at one instant.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Instant {
    /// Settled less holds of each organization (micro-credits).
    pub available: Histogram,
    /// Debt of each organization (micro-credits).
    pub debt: Histogram,
    /// Open holds of each organization (micro-credits).
    pub held: Histogram,
    /// Paid operations demanded so far.
    pub demanded: i128,
    /// Operations refused so far.
    pub refused: i128,
    /// Purchases so far.
    pub purchases: i128,
    /// Cash so far (nano-units).
    pub cash: i128,
    /// Recognized so far (nano-units).
    pub recognized: i128,
    /// Expired so far (micro-credits).
    pub expired: i128,
}

impl Timeline {
    /// Adds one organization's samples.
    pub fn add(&mut self, samples: &[AccountSample]) {
        self.extend_to(samples.len());
        for (instant, sample) in self.instants.iter_mut().zip(samples) {
            instant.add(sample);
        }
    }

    /// Adds other organizations.
    pub fn merge(&mut self, other: &Timeline) {
        self.extend_to(other.instants.len());
        if Deliberate::TimelineForgotten.is_made() {
            return;
        }
        for (own, other) in self.instants.iter_mut().zip(&other.instants) {
            own.merge(other);
        }
    }

    fn extend_to(&mut self, instants: usize) {
        if self.instants.len() < instants {
            self.instants.resize_with(instants, Instant::default);
        }
    }
}

impl Instant {
    fn add(&mut self, sample: &AccountSample) {
        self.available.record_grained(sample.available.micros(), GRAIN);
        self.debt.record_grained(sample.debt.micros(), GRAIN);
        self.held.record_grained(sample.held.micros(), GRAIN);
        self.demanded += i128::from(sample.demanded);
        self.refused += i128::from(sample.refused);
        self.purchases += i128::from(sample.purchases);
        self.cash += i128::from(sample.cash.nanos());
        self.recognized += i128::from(sample.recognized.nanos());
        self.expired += i128::from(sample.expired.micros());
    }

    fn merge(&mut self, other: &Instant) {
        self.available.merge(&other.available);
        self.debt.merge(&other.debt);
        self.held.merge(&other.held);
        self.demanded += other.demanded;
        self.refused += other.refused;
        self.purchases += other.purchases;
        self.cash += other.cash;
        self.recognized += other.recognized;
        self.expired += other.expired;
    }
}
