//! A policy's timeline, averaged over replications.

use crate::outcome::{Histogram, Instant, Timeline};

/// The means over replications at every instant of the timeline.
#[derive(Debug, Clone, Default)]
pub struct TimelineMeans {
    replications: u32,
    /// Sums over replications.
    sums: Vec<Point>,
}

/// One policy at one instant. Percentiles are over organizations within a replication.
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct Point {
    /// Settled less holds of an organization (credits).
    pub available: OrganizationSpread,
    /// Debt of an organization (credits).
    pub debt: OrganizationSpread,
    /// Open holds of an organization (credits).
    pub held: OrganizationSpread,
    /// Operations demanded since the instant before.
    pub demanded: f64,
    /// Operations refused since the instant before.
    pub refused: f64,
    /// Purchases so far, automatic ones included.
    pub purchases: f64,
    /// Cash so far (currency).
    pub cash: f64,
    /// Recognized so far (currency).
    pub recognized: f64,
    /// Expired so far (credits).
    pub expired: f64,
}

/// A distribution over organizations in four numbers (credits).
#[derive(Debug, Clone, Copy, Default, PartialEq)]
pub struct OrganizationSpread {
    /// Mean.
    pub mean: f64,
    /// 10th percentile.
    pub p10: f64,
    /// Median.
    pub p50: f64,
    /// 90th percentile.
    pub p90: f64,
}

impl TimelineMeans {
    /// Adds a replication, in their order.
    pub fn push(&mut self, timeline: &Timeline) {
        if self.sums.len() < timeline.instants.len() {
            self.sums.resize(timeline.instants.len(), Point::default());
        }
        let mut before = &Instant::default();
        for (sum, instant) in self.sums.iter_mut().zip(&timeline.instants) {
            sum.add(&Point::between(before, instant));
            before = instant;
        }
        self.replications += 1;
    }

    /// The means, in order of time.
    pub fn points(&self) -> impl Iterator<Item = Point> + '_ {
        let replications = f64::from(self.replications.max(1));
        self.sums.iter().map(move |sum| sum.divided(replications))
    }
}

impl Point {
    fn between(before: &Instant, now: &Instant) -> Self {
        Point {
            available: OrganizationSpread::of(&now.available),
            debt: OrganizationSpread::of(&now.debt),
            held: OrganizationSpread::of(&now.held),
            demanded: (now.demanded - before.demanded) as f64,
            refused: (now.refused - before.refused) as f64,
            purchases: now.purchases as f64,
            cash: now.cash as f64 / 1e9,
            recognized: now.recognized as f64 / 1e9,
            expired: now.expired as f64 / 1e6,
        }
    }

    fn add(&mut self, other: &Point) {
        self.available.add(&other.available);
        self.debt.add(&other.debt);
        self.held.add(&other.held);
        self.demanded += other.demanded;
        self.refused += other.refused;
        self.purchases += other.purchases;
        self.cash += other.cash;
        self.recognized += other.recognized;
        self.expired += other.expired;
    }

    fn divided(&self, by: f64) -> Self {
        Point {
            available: self.available.divided(by),
            debt: self.debt.divided(by),
            held: self.held.divided(by),
            demanded: self.demanded / by,
            refused: self.refused / by,
            purchases: self.purchases / by,
            cash: self.cash / by,
            recognized: self.recognized / by,
            expired: self.expired / by,
        }
    }
}

impl OrganizationSpread {
    fn of(micros: &Histogram) -> Self {
        let credits = |value: Option<f64>| value.unwrap_or(0.0) / 1e6;
        OrganizationSpread {
            mean: credits(micros.mean()),
            p10: credits(micros.quantile(0.1)),
            p50: credits(micros.quantile(0.5)),
            p90: credits(micros.quantile(0.9)),
        }
    }

    fn add(&mut self, other: &OrganizationSpread) {
        self.mean += other.mean;
        self.p10 += other.p10;
        self.p50 += other.p50;
        self.p90 += other.p90;
    }

    fn divided(&self, by: f64) -> Self {
        let OrganizationSpread { mean, p10, p50, p90 } = *self;
        OrganizationSpread { mean: mean / by, p10: p10 / by, p50: p50 / by, p90: p90 / by }
    }
}
