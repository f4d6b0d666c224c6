//! One organization with its four features and its credits.

use std::time::Duration;

use nexosim::Message;
use nexosim::model::{Context, Model, schedulable};
use rand::SeedableRng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;
use serde::{Deserialize, Serialize};

/// Seconds, as all times here.
pub const MINUTE: f64 = 60.0;
pub const HOUR: f64 = 60.0 * MINUTE;
pub const DAY: f64 = 24.0 * HOUR;

/// Micro-credits, as all amounts here.
pub const CREDIT: f64 = 1e6;
const OPENING: i64 = 300_000_000;
const THRESHOLD: i64 = 100_000_000;
const PACKAGE: i64 = 350_000_000;
const COOLDOWN: f64 = 12.0 * HOUR;

/// Operations per day, mean and coefficient of variation of the cost [credits], mean duration [min].
const FEATURES: [(f64, f64, f64, f64); 4] =
    [(120.0, 1.0, 1.0, 10.0), (80.0, 4.0, 1.5, 30.0), (40.0, 2.5, 0.5, 5.0), (10.0, 10.0, 0.8, 120.0)];

/// What drives one kind of operation.
#[derive(Serialize, Deserialize)]
struct Feature {
    /// Mean gap [s].
    gap: f64,
    /// Mean of the logarithm of the cost [ln µcredit].
    mu: f64,
    /// Standard deviation of the logarithm of the cost.
    sigma: f64,
    /// Mean duration [s].
    duration: f64,
}

impl Feature {
    fn new((per_day, mean, cv, minutes): (f64, f64, f64, f64)) -> Self {
        let variance = (cv * cv).ln_1p();
        Feature {
            gap: DAY / per_day,
            mu: (mean * CREDIT).ln() - variance / 2.0,
            sigma: variance.sqrt(),
            duration: minutes * MINUTE,
        }
    }
}

/// What an organization counts.
#[derive(Clone, Default, Message, Serialize, Deserialize)]
pub struct Sums {
    /// Arrivals.
    pub operations: u64,
    /// Cost of all arrivals [µcredit].
    pub demand: i64,
    /// Turned away.
    pub refused: u64,
    /// Ended.
    pub served: u64,
    /// Charged [µcredit].
    pub charged: i64,
    /// Automatic purchases.
    pub top_ups: u64,
    /// ∫ in flight dt [s].
    pub in_flight: f64,
    /// Most in flight at once.
    pub in_flight_max: u64,
    /// Lowest balance [µcredit].
    pub balance_min: i64,
}

impl Sums {
    /// Adds another organization's.
    pub fn add(&mut self, other: &Sums) {
        self.operations += other.operations;
        self.demand += other.demand;
        self.refused += other.refused;
        self.served += other.served;
        self.charged += other.charged;
        self.top_ups += other.top_ups;
        self.in_flight += other.in_flight;
        self.in_flight_max = self.in_flight_max.max(other.in_flight_max);
        self.balance_min = self.balance_min.min(other.balance_min);
    }
}

/// An organization.
#[derive(Serialize, Deserialize)]
pub struct Organization {
    /// Draws of everything -- internal state.
    rng: Xoshiro256PlusPlus,
    /// Its kinds of operations -- constant.
    features: Vec<Feature>,
    /// End of the horizon [s] -- constant.
    end: f64,
    /// Credits left, debt if negative [µcredit] -- internal state.
    balance: i64,
    /// Operations in flight -- internal state.
    in_flight: u64,
    /// No top-up before this instant [s] -- internal state.
    paused_until: f64,
    /// Whether the end of the cooldown is scheduled -- internal state.
    waking: bool,
    /// What it counts -- internal state.
    sums: Sums,
}

#[Model]
impl Organization {
    /// An organization that draws from the stream `seed`.
    pub fn new(seed: u64, end: f64) -> Self {
        Organization {
            rng: Xoshiro256PlusPlus::seed_from_u64(seed),
            features: FEATURES.into_iter().map(Feature::new).collect(),
            end,
            balance: OPENING,
            in_flight: 0,
            paused_until: 0.0,
            waking: false,
            sums: Sums { balance_min: OPENING, ..Sums::default() },
        }
    }

    /// Schedules the first arrival of every feature.
    #[nexosim(init)]
    async fn init(&mut self, cx: &Context<Self>) {
        for feature in 0..self.features.len() {
            self.schedule_arrival(feature, cx);
        }
    }

    /// What was counted -- replier port.
    pub async fn sums(&mut self) -> Sums {
        self.sums.clone()
    }

    /// An operation arrives.
    #[nexosim(schedulable)]
    fn arrive(&mut self, feature: usize, cx: &Context<Self>) {
        self.schedule_arrival(feature, cx);
        let Feature { mu, sigma, duration, .. } = self.features[feature];
        let normal: f64 = StandardNormal.sample(&mut self.rng);
        let cost = ((mu + sigma * normal).exp() + 0.5) as i64;
        let duration = self.exponential(duration);
        self.sums.operations += 1;
        self.sums.demand += cost;
        if self.balance <= 0 {
            self.sums.refused += 1;
            return;
        }
        self.in_flight += 1;
        self.sums.in_flight += duration.min(self.end - now(cx));
        self.sums.in_flight_max = self.sums.in_flight_max.max(self.in_flight);
        later(duration, |delay| cx.schedule_event(delay, schedulable!(Self::complete), cost));
    }

    /// Work ends and is charged.
    #[nexosim(schedulable)]
    fn complete(&mut self, cost: i64, cx: &Context<Self>) {
        self.in_flight -= 1;
        self.balance -= cost;
        self.sums.served += 1;
        self.sums.charged += cost;
        self.sums.balance_min = self.sums.balance_min.min(self.balance);
        self.top_up(cx);
    }

    /// A cooldown is over that held a top-up back.
    #[nexosim(schedulable)]
    fn wake(&mut self, _: (), cx: &Context<Self>) {
        self.waking = false;
        self.paused_until = 0.0;
        self.top_up(cx);
    }

    fn top_up(&mut self, cx: &Context<Self>) {
        let now = now(cx);
        while self.balance < THRESHOLD {
            if now < self.paused_until {
                if !self.waking {
                    self.waking = true;
                    later(self.paused_until - now, |delay| {
                        cx.schedule_event(delay, schedulable!(Self::wake), ())
                    });
                }
                return;
            }
            self.balance += PACKAGE;
            self.sums.top_ups += 1;
            self.paused_until = now + COOLDOWN;
        }
    }

    fn schedule_arrival(&mut self, feature: usize, cx: &Context<Self>) {
        let gap = self.exponential(self.features[feature].gap);
        later(gap, |delay| cx.schedule_event(delay, schedulable!(Self::arrive), feature));
    }

    fn exponential(&mut self, mean: f64) -> f64 {
        let draw: f64 = Exp1.sample(&mut self.rng);
        draw * mean
    }
}

/// Seconds since the start.
fn now(cx: &Context<Organization>) -> f64 {
    cx.time().duration_since(nexosim::time::MonotonicTime::EPOCH).as_secs_f64()
}

/// Calls `schedule` with a delay of at least the clock's resolution: the present cannot be scheduled.
fn later<E: std::fmt::Debug>(seconds: f64, schedule: impl FnOnce(Duration) -> Result<(), E>) {
    let delay = Duration::from_secs_f64(seconds).max(Duration::from_nanos(1));
    schedule(delay).expect("a delay above zero lies in the future");
}
