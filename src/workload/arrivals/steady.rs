//! Demand is in steady state from the first instant, and not where it only begins. Each test states its formula.

use super::tests::{DAY, HOUR, arrivals, arrivals_of, counts, demand, mean, per_hour, variance};
use crate::sampling::Dist;
use crate::workload::demand::*;
use crate::workload::stretch::DurationLaw;
use crate::workload::{Cron, Profile};

/// Checks the mean count of each of the first windows over many organizations.
fn check_first(name: &str, windows: &[Vec<f64>], wanted: impl Fn(usize) -> f64) {
    for window in 0..windows[0].len() {
        let counts: Vec<f64> = windows.iter().map(|counts| counts[window]).collect();
        let error = libm::sqrt(variance(&counts) / counts.len() as f64);
        let (found, wanted) = (mean(&counts), wanted(window));
        assert!((found - wanted).abs() < 4.3 * error, "{name}: {found} in window {window}, wanted {wanted}");
    }
}

fn sessions_of_a_day() -> Demand {
    demand(Arrivals::Sessions {
        rate: per_hour(1.0 / 24.0),
        cv: 1.0,
        calls: Dist::Fixed(20.0),
        think: Dist::exponential(4.0 * 3_600.0).expect("a mean"),
    })
}

#[test]
fn sessions_are_under_way_at_the_start() {
    // One session a day of 20 calls, four hours of thought between them: 20 a day from the first day, though a session
    // lasts for more than three.
    let days = |seed| counts(&arrivals(&sessions_of_a_day(), 7, seed, None), DAY, 7 * DAY);
    let found: Vec<Vec<f64>> = (0..4_000).map(days).collect();
    check_first("sessions", &found, |_| 20.0);
    // Heavy-tailed thought and numbers of calls, too: 2 sessions a day of 6 calls on the average.
    let heavy = demand(Arrivals::Sessions {
        rate: per_hour(2.0 / 24.0),
        cv: 2.0,
        calls: Dist::lognormal(6.0, 1.0).and_then(|dist| dist.clamped(1.0, 1e6)).expect("a lognormal"),
        think: Dist::lognormal(2.0 * 3_600.0, 2.0).expect("a lognormal"),
    });
    let days = |seed| counts(&arrivals(&heavy, 5, seed, None), DAY, 5 * DAY);
    let found: Vec<Vec<f64>> = (0..4_000).map(days).collect();
    // The number of calls is rounded: its mean is that of the rounded law, taken from the last day's neighbours.
    let rounded = Dist::lognormal(6.0, 1.0)
        .and_then(|dist| dist.clamped(1.0, 1e6))
        .and_then(|dist| dist.rounded(1.0))
        .expect("a lognormal")
        .mean();
    check_first("heavy sessions", &found, |_| 2.0 * rounded);
}

#[test]
fn sessions_from_before_the_start_follow_the_hours_there() {
    // The first Monday is as busy as the second, though most of its operations belong to sessions of the weekend before.
    let office = Profile::named("office").expect("a profile");
    let days = |seed| counts(&arrivals(&sessions_of_a_day(), 10, seed, Some(&office)), DAY, 10 * DAY);
    let found: Vec<Vec<f64>> = (0..4_000).map(days).collect();
    let differences: Vec<Vec<f64>> =
        found.iter().map(|days| (0..3).map(|day| days[day + 7] - days[day]).collect()).collect();
    check_first("a week later", &differences, |_| 0.0);
}

#[test]
fn clients_are_met_within_long_thoughts_first() {
    // Ten clients at a constant expected rate from the first instant: 10 / E[think + service] an hour. A uniform share of
    // a think time drawn as any other would be 43 % too many in the first think time if it is exponential.
    let laws = [
        ("exponential", Dist::exponential(3_600.0)),
        ("lognormal", Dist::lognormal(3_600.0, 1.5)),
        ("gamma", Dist::gamma(3_600.0, 0.5)),
        ("weibull", Dist::weibull(3_600.0, 2.0)),
        ("clamped", Dist::lognormal(3_600.0, 1.0).and_then(|dist| dist.clamped(0.0, 1e5))),
    ];
    for (name, think) in laws {
        let think = think.expect(name);
        let mean = think.mean() / 3_600.0;
        for (name, service) in [(name, 0), ("with service", HOUR)] {
            let clients = demand(Arrivals::ClosedLoop {
                clients: Dist::Fixed(10.0),
                think: think.clone(),
                reactive: false,
                calls: None,
            });
            let law = || DurationLaw::Law(Dist::Fixed(service as f64 / 1e6));
            let hours = |seed| counts(&arrivals_of(&clients, 1, seed, None, (law(), true)), HOUR, 6 * HOUR);
            let found: Vec<Vec<f64>> = (0..4_000).map(hours).collect();
            check_first(name, &found, |_| 10.0 / (mean + service as f64 / HOUR as f64));
        }
    }
}

#[test]
fn hawkes_begins_with_its_own_unrest() {
    // Mean λt and variance λt (I + (1 − I) (1 − e^(−κt)) / (κt)) with I = 1 / (1 − n)², κ = (1 − n) / decay (Hawkes 1971),
    // in the first two hours as in any: a begin at the mean intensity lacks an eighth of it.
    let (branching, decay, rate) = (0.8, 1_800.0, 10.0);
    let limit = 1.0 / ((1.0 - branching) * (1.0 - branching));
    let kappa = (1.0 - branching) / decay * 3_600.0;
    let wanted = limit + (1.0 - limit) * (1.0 - libm::exp(-kappa * 2.0)) / (kappa * 2.0);
    let hawkes = demand(Arrivals::Hawkes { rate: per_hour(rate), branching, decay });
    let pairs = |seed| counts(&arrivals(&hawkes, 1, seed, None), 2 * HOUR, 6 * HOUR);
    let found: Vec<Vec<f64>> = (0..20_000).map(pairs).collect();
    check_first("hawkes", &found, |_| 2.0 * rate);
    let first: Vec<f64> = found.iter().map(|counts| counts[0]).collect();
    let dispersion = variance(&first) / (2.0 * rate);
    assert!((dispersion / wanted - 1.0).abs() < 0.05, "{dispersion} in the first 2 h, wanted {wanted}");
}

#[test]
fn operations_due_before_the_start_come_late() {
    // Three an hour, delayed by four hours on the average: three in every hour, the first too.
    let every = ScheduleTimes::Every(crate::units::SimSpan::HOUR);
    for when in [every, ScheduleTimes::Cron(Cron::parse("30 * * * *").expect("a cron line"))] {
        let schedule = demand(Arrivals::Schedule(Schedule {
            when,
            zone: None,
            count: Dist::Fixed(3.0),
            jitter: Dist::exponential(4.0 * 3_600.0).expect("a mean"),
        }));
        let hours = |seed| counts(&arrivals(&schedule, 1, seed, None), HOUR, 6 * HOUR);
        let found: Vec<Vec<f64>> = (0..8_000).map(hours).collect();
        check_first("schedule", &found, |_| 3.0);
        // Who signs up at the start has nothing due before: the first instant is its own.
        let later = |seed| arrivals_of(&schedule, 1, seed, None, (DurationLaw::none(), false));
        let first = (0..400).flat_map(later).filter(|at| *at < HOUR).count() as f64 / 400.0;
        assert!(first < 1.0, "{first} in the first hour");
    }
}

#[test]
fn who_signs_up_later_begins_with_nothing_under_way() {
    // The first session comes at its rate, and brings its first operation alone: 1 − e^(−1) of the organizations have
    // none on their first day, the others few.
    let none = |demand: &Demand| -> f64 {
        let first = |seed| arrivals_of(demand, 1, seed, None, (DurationLaw::none(), false)).is_empty();
        (0..4_000).filter(|seed| first(*seed)).count() as f64 / 4_000.0
    };
    let found = none(&sessions_of_a_day());
    let wanted = libm::exp(-1.0);
    assert!((found - wanted).abs() < 4.3 * libm::sqrt(wanted * (1.0 - wanted) / 4_000.0), "{found}");
    // Immigrants alone come first: (1 − n) λ = 1 a day.
    let found =
        none(&demand(Arrivals::Hawkes { rate: per_hour(5.0 / 24.0), branching: 0.8, decay: 3_600.0 }));
    assert!((found - wanted).abs() < 4.3 * libm::sqrt(wanted * (1.0 - wanted) / 4_000.0), "{found}");
}
