//! The model of `scenarios/throughput.toml` under its policy `peer`, as a single-threaded loop with nothing general in
//! it: what an engineer writes who needs this one answer once. Engines are measured against it. Another first
//! organization gives another sample of the same population, which tells how far sums may lie apart by chance.
//!
//! Owns the model's numbers and the loop. What it leaves out, compared with `creditsim`: lots and their order of burning
//! (nothing expires here, so one balance is enough), laws, journals, timelines, percentiles, any second policy.

use std::env;
use std::process::ExitCode;
use std::time::Instant;

use rand::SeedableRng;
use rand_distr::{Distribution, Exp1, StandardNormal};
use rand_xoshiro::Xoshiro256PlusPlus;

/// Microseconds, as all times here.
const MINUTE: f64 = 60e6;
const HOUR: f64 = 60.0 * MINUTE;
const DAY: f64 = 24.0 * HOUR;

/// Micro-credits, as all amounts here.
const CREDIT: f64 = 1e6;
const OPENING: i64 = 300_000_000;
const THRESHOLD: i64 = 100_000_000;
const PACKAGE: i64 = 350_000_000;
const COOLDOWN: i64 = 12 * 3_600_000_000;

/// Never.
const NEVER: i64 = i64::MAX;

/// What drives one kind of operation.
struct Feature {
    /// Mean gap [µs].
    gap: f64,
    /// Mean of the logarithm of the cost [ln µcredit].
    mu: f64,
    /// Standard deviation of the logarithm of the cost.
    sigma: f64,
    /// Mean duration [µs].
    duration: f64,
}

/// Operations per day, mean and coefficient of variation of the cost [credits], mean duration [min].
const FEATURES: [(f64, f64, f64, f64); 4] =
    [(120.0, 1.0, 1.0, 10.0), (80.0, 4.0, 1.5, 30.0), (40.0, 2.5, 0.5, 5.0), (10.0, 10.0, 0.8, 120.0)];

fn feature((per_day, mean, cv, minutes): (f64, f64, f64, f64)) -> Feature {
    let variance = (cv * cv).ln_1p();
    Feature {
        gap: DAY / per_day,
        mu: (mean * CREDIT).ln() - variance / 2.0,
        sigma: variance.sqrt(),
        duration: minutes * MINUTE,
    }
}

/// Sums over all organizations.
#[derive(Default)]
struct Totals {
    operations: u64,
    demand: i64,
    refused: u64,
    served: u64,
    charged: i64,
    top_ups: u64,
    /// ∫ in flight dt [µs].
    in_flight: i64,
    in_flight_max: usize,
    balance_min: i64,
}

/// Work in flight: when it ends and what it costs.
#[derive(Clone, Copy)]
struct Work {
    ends: i64,
    cost: i64,
}

/// The credits of one organization.
struct Account {
    balance: i64,
    balance_min: i64,
    charged: i64,
    top_ups: u64,
    /// No top-up before this instant.
    paused_until: i64,
    /// When a top-up that was held back is looked at again.
    wake: i64,
}

impl Account {
    #[inline]
    fn charge(&mut self, at: i64, cost: i64) {
        self.balance -= cost;
        self.charged += cost;
        self.balance_min = self.balance_min.min(self.balance);
        if self.balance < THRESHOLD {
            self.top_up(at);
        }
    }

    #[cold]
    fn top_up(&mut self, at: i64) {
        if at < self.paused_until {
            self.wake = self.paused_until;
            return;
        }
        self.balance += PACKAGE;
        self.top_ups += 1;
        self.paused_until = at + COOLDOWN;
        self.wake = if self.balance < THRESHOLD { self.paused_until } else { NEVER };
    }

    /// Everything due up to and including `upto`; `work` is sorted, the earliest end last.
    #[inline]
    fn settle(&mut self, work: &mut Vec<Work>, upto: i64) -> u64 {
        let mut ended = 0;
        loop {
            let ends = work.last().map_or(NEVER, |next| next.ends);
            if self.wake.min(ends) > upto {
                return ended;
            }
            if self.wake <= ends {
                let at = self.wake;
                self.wake = NEVER;
                self.top_up(at);
            } else if let Some(done) = work.pop() {
                self.charge(done.ends, done.cost);
                ended += 1;
            }
        }
    }
}

fn organization(seed: u64, end: i64, features: &[Feature; 4], work: &mut Vec<Work>, totals: &mut Totals) {
    let mut rng = Xoshiro256PlusPlus::seed_from_u64(seed);
    let exponential = |rng: &mut Xoshiro256PlusPlus| -> f64 { Exp1.sample(rng) };
    let mut account =
        Account { balance: OPENING, balance_min: OPENING, charged: 0, top_ups: 0, paused_until: 0, wake: NEVER };
    let mut next = [0_i64; 4];
    for (next, feature) in next.iter_mut().zip(features) {
        *next = (exponential(&mut rng) * feature.gap) as i64;
    }
    work.clear();
    let (mut operations, mut refused, mut served, mut demand) = (0, 0, 0, 0);
    let (mut in_flight, mut in_flight_max) = (0, 0);
    loop {
        let low = usize::from(next[1] < next[0]);
        let high = 2 + usize::from(next[3] < next[2]);
        let which = if next[high] < next[low] { high } else { low };
        let at = next[which];
        if at >= end {
            break;
        }
        let feature = &features[which];
        next[which] = at + (exponential(&mut rng) * feature.gap) as i64;
        let normal: f64 = StandardNormal.sample(&mut rng);
        let cost = ((feature.mu + feature.sigma * normal).exp() + 0.5) as i64;
        let duration = (exponential(&mut rng) * feature.duration) as i64;
        operations += 1;
        demand += cost;
        served += account.settle(work, at);
        if account.balance <= 0 {
            refused += 1;
            continue;
        }
        let ends = at + duration;
        in_flight += ends.min(end) - at;
        let place = work.iter().rposition(|other| other.ends > ends).map_or(0, |place| place + 1);
        work.insert(place, Work { ends, cost });
        in_flight_max = in_flight_max.max(work.len());
    }
    served += account.settle(work, end - 1);
    totals.operations += operations;
    totals.demand += demand;
    totals.refused += refused;
    totals.served += served;
    totals.charged += account.charged;
    totals.top_ups += account.top_ups;
    totals.in_flight += in_flight;
    totals.in_flight_max = totals.in_flight_max.max(in_flight_max);
    totals.balance_min = totals.balance_min.min(account.balance_min);
}

fn main() -> ExitCode {
    let numbers: Option<Vec<u64>> = env::args().skip(1).map(|word| word.parse().ok()).collect();
    let (organizations, days, first) = match numbers.as_deref() {
        Some(&[organizations, days]) => (organizations, days, 0),
        Some(&[organizations, days, first]) => (organizations, days, first),
        _ => {
            eprintln!("usage: hand-loop ORGANIZATIONS DAYS [FIRST-ORGANIZATION]");
            return ExitCode::from(2);
        }
    };
    let features = FEATURES.map(feature);
    let end = days as i64 * DAY as i64;
    let mut totals = Totals { balance_min: OPENING, ..Totals::default() };
    let mut work = Vec::with_capacity(64);
    let started = Instant::now();
    for number in first..first + organizations {
        organization(number, end, &features, &mut work, &mut totals);
    }
    let seconds = started.elapsed().as_secs_f64();
    report(&totals, organizations, end, seconds);
    ExitCode::SUCCESS
}

/// One `name value` a line, as every peer prints.
fn report(totals: &Totals, organizations: u64, end: i64, seconds: f64) {
    println!("operations {}", totals.operations);
    println!("seconds {seconds:.6}");
    println!("operations_per_second {:.0}", totals.operations as f64 / seconds);
    println!("demand_credits {:.6}", totals.demand as f64 / CREDIT);
    println!("charged_credits {:.6}", totals.charged as f64 / CREDIT);
    println!("served {}", totals.served);
    println!("refused {}", totals.refused);
    println!("top_ups {}", totals.top_ups);
    println!("in_flight_mean {:.6}", totals.in_flight as f64 / (organizations as f64 * end as f64));
    println!("in_flight_max {}", totals.in_flight_max);
    println!("balance_min {:.6}", totals.balance_min as f64 / CREDIT);
}
