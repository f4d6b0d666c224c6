//! Every arrival process against its theory, at fixed seeds.

use super::*;
use crate::calendar::Zone;
use crate::sampling::{Dist, Purpose, StreamKey, TraitPoint};
use crate::units::{SimSpan, SimTime};
use crate::workload::demand::*;
use crate::workload::stretch::DurationLaw;
use crate::workload::{Cron, Profile};

const SECOND: i64 = 1_000_000;
pub(super) const HOUR: i64 = 3_600 * SECOND;
pub(super) const DAY: i64 = 24 * HOUR;

/// 2025-01-06 is a Monday.
fn monday() -> SimTime {
    Zone::default().parse("2025-01-06T00:00:00Z").expect("a date")
}

pub(super) fn per_hour(count: f64) -> f64 {
    count / 3_600.0
}

/// Arrivals of one replication in steady state and without work, microseconds from the start.
pub(super) fn arrivals(demand: &Demand, days: i64, seed: u64, profile: Option<&Profile>) -> Vec<i64> {
    arrivals_of(demand, days, seed, profile, (DurationLaw::none(), true))
}

/// As [`arrivals`], with what operations take, which must be a constant, and whether the begin is in steady state.
pub(super) fn arrivals_of(
    demand: &Demand,
    days: i64,
    seed: u64,
    profile: Option<&Profile>,
    (service, steady): (DurationLaw, bool),
) -> Vec<i64> {
    let takes = (service.mean() * 1e6) as i64;
    let (start, end) = (monday(), monday() + SimSpan::from_micros(days * DAY));
    let plan = ClockPlan::new(demand, profile.is_some(), &Zone::default(), start, end);
    let key = StreamKey::root(seed).name("arrivals");
    let mut gap = key.stream(Purpose::Gap);
    let mut clock = plan.begin(ClockTraits {
        factor: 1.0,
        profile: profile.cloned(),
        drift: None,
        cv: None,
        calls: None,
        from: 0.0,
        until: (days * DAY) as f64,
        steady,
        service,
        traits: TraitPoint::numbered(key, 0),
        gap: &mut gap,
        modulation: key.stream(Purpose::Modulation),
    });
    let mut found: Vec<i64> = Vec::new();
    while let Some(at) = clock.next(&plan, &mut gap) {
        if at < 0 {
            assert!(matches!(clock, Clock::Chains(_)), "only sessions tell of what came before the start");
            clock.served(at, takes, &mut gap);
            continue;
        }
        assert!(at < days * DAY, "{at} lies outside the horizon");
        assert!(found.last().is_none_or(|last| *last <= at), "time goes back");
        found.push(at);
        clock.served(at, takes, &mut gap);
    }
    found
}

pub(super) fn demand(arrivals: Arrivals) -> Demand {
    Demand { arrivals, ..Demand::default() }
}

/// Counts in consecutive windows.
pub(super) fn counts(arrivals: &[i64], window: i64, total: i64) -> Vec<f64> {
    let mut counts = vec![0.0; (total / window) as usize];
    for at in arrivals {
        if let Some(count) = counts.get_mut((at / window) as usize) {
            *count += 1.0;
        }
    }
    counts
}

pub(super) fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / values.len() as f64
}

pub(super) fn variance(values: &[f64]) -> f64 {
    let middle = mean(values);
    values.iter().map(|value| (value - middle) * (value - middle)).sum::<f64>() / (values.len() - 1) as f64
}

/// Index of dispersion: variance of counts by their mean.
pub(super) fn dispersion(values: &[f64]) -> f64 {
    variance(values) / mean(values)
}

/// Checks rate and index of dispersion at two time scales: (window, wanted, relative tolerance).
pub(super) fn check(
    name: &str,
    demand: &Demand,
    days: i64,
    rate_per_hour: f64,
    scales: [(i64, f64, f64); 2],
) {
    let found = arrivals(demand, days, 7, None);
    let rate = found.len() as f64 / (days * 24) as f64;
    // Standard error of a long count: sqrt(IoD · N), the longer scale being closest to the limit.
    let error = libm::sqrt(scales[1].1 * rate_per_hour * (days * 24) as f64) / (days * 24) as f64;
    assert!(
        (rate - rate_per_hour).abs() < 4.3 * error,
        "{name}: rate {rate} an hour, wanted {rate_per_hour} ± {error}"
    );
    for (window, wanted, tolerance) in scales {
        let found = dispersion(&counts(&found, window, days * DAY));
        let hours = window as f64 / HOUR as f64;
        assert!(
            (found / wanted - 1.0).abs() < tolerance,
            "{name}: dispersion {found:.3} over {hours} h, wanted {wanted:.3}"
        );
    }
}

#[test]
fn poisson_has_dispersion_one_at_every_scale() {
    let poisson = demand(Arrivals::Poisson { rate: per_hour(6.0) });
    check("poisson", &poisson, 2_000, 6.0, [(HOUR, 1.0, 0.03), (DAY, 1.0, 0.12)]);
}

#[test]
fn renewals_reach_the_square_of_their_cv() {
    // Long windows: IoD → cv². Short windows (two per gap) lie in between: only the long one has a closed form, and the
    // other scale is chosen long enough to be within its tolerance too.
    for cv in [0.5, 2.0, 4.0] {
        let gamma = demand(Arrivals::Gamma { rate: per_hour(40.0), cv });
        check("gamma", &gamma, 3_000, 40.0, [(12 * HOUR, cv * cv, 0.15), (2 * DAY, cv * cv, 0.15)]);
        let weibull = demand(Arrivals::Weibull { rate: per_hour(40.0), cv });
        check("weibull", &weibull, 3_000, 40.0, [(12 * HOUR, cv * cv, 0.15), (2 * DAY, cv * cv, 0.15)]);
    }
}

#[test]
fn a_renewal_process_is_stationary_from_its_first_instant() {
    // The first hour of 20,000 starts must hold the mean rate exactly, though gaps vary wildly.
    for gaps in
        [Arrivals::Gamma { rate: per_hour(2.0), cv: 3.0 }, Arrivals::Weibull { rate: per_hour(2.0), cv: 3.0 }]
    {
        let demand = demand(gaps);
        let firsts: Vec<f64> = (0..20_000)
            .map(|seed| arrivals(&demand, 1, seed, None).iter().filter(|at| **at < HOUR).count() as f64)
            .collect();
        let z = (mean(&firsts) - 2.0) / libm::sqrt(variance(&firsts) / 20_000.0);
        assert!(z.abs() < 4.3, "the first hour has a mean of {}", mean(&firsts));
    }
}

#[test]
fn a_sine_is_thinned_to_its_integral() {
    // Closed form 12: λ(t) = 10 (1 + 0.8 sin(2πt/24)) an hour; N(0,12) ~ Pois(181.115), N(12,24) ~ Pois(58.885).
    let sine = Some(Sine { amplitude: 0.8, period: 86_400.0, phase: 0.0 });
    let demand = Demand {
        arrivals: Arrivals::Poisson { rate: per_hour(10.0) },
        modulation: Modulation { sine, ..Modulation::default() },
        ..Demand::default()
    };
    let halves = counts(&arrivals(&demand, 2_000, 11, None), 12 * HOUR, 2_000 * DAY);
    for (half, wanted) in [(0, 181.115_f64), (1, 58.885)] {
        let counts: Vec<f64> = halves.iter().skip(half).step_by(2).copied().collect();
        let z = (mean(&counts) - wanted) / libm::sqrt(wanted / 2_000.0);
        assert!(z.abs() < 4.3, "mean {} is {z:.1} standard errors off {wanted}", mean(&counts));
        // The variance of a Poisson count has a standard error of about λ sqrt(2/n).
        assert!(
            (variance(&counts) / wanted - 1.0).abs() < 4.3 * libm::sqrt(2.0 / 2_000.0),
            "{}",
            variance(&counts)
        );
    }
    // The same sine by operational time, for a renewal process.
    let renewal = Demand { arrivals: Arrivals::Gamma { rate: per_hour(10.0), cv: 0.5 }, ..demand };
    let halves = counts(&arrivals(&renewal, 2_000, 11, None), 12 * HOUR, 2_000 * DAY);
    let first: Vec<f64> = halves.iter().step_by(2).copied().collect();
    assert!((mean(&first) - 181.115).abs() < 4.3 * libm::sqrt(181.115 * 0.25 / 2_000.0), "{}", mean(&first));
    assert!((variance(&first) / (181.115 * 0.25) - 1.0).abs() < 0.2, "{}", variance(&first));
}

#[test]
fn superposition_has_multinomial_shares() {
    // Closed form 20: rates 2 : 3 : 5, a horizon of 10,000 events, conditioned on N.
    let streams: Vec<Vec<i64>> = [2.0, 3.0, 5.0]
        .iter()
        .enumerate()
        .map(|(index, rate)| {
            arrivals(&demand(Arrivals::Poisson { rate: per_hour(rate * 10.0) }), 100, index as u64, None)
        })
        .collect();
    let total: usize = streams.iter().map(Vec::len).sum();
    for (stream, share) in streams.iter().zip([0.2_f64, 0.3, 0.5]) {
        let sd = libm::sqrt(share * (1.0 - share) / total as f64);
        assert!((stream.len() as f64 / total as f64 - share).abs() < 4.3 * sd, "{} of {total}", stream.len());
    }
    let mut merged: Vec<i64> = streams.into_iter().flatten().collect();
    merged.sort_unstable();
    let mut gaps: Vec<f64> = merged.windows(2).map(|pair| (pair[1] - pair[0]) as f64 / HOUR as f64).collect();
    gaps.sort_by(f64::total_cmp);
    let n = gaps.len() as f64;
    let worst = gaps
        .iter()
        .enumerate()
        .map(|(index, gap)| ((index as f64 + 0.5) / n - (1.0 - libm::exp(-100.0 * gap))).abs());
    let worst = worst.fold(0.0, f64::max);
    assert!(worst < 2.2 / libm::sqrt(n), "the merged gaps are {worst:.4} off an exponential");
}

#[test]
fn mmpp_has_the_dispersion_of_its_closed_form() {
    // Rates 20 and 2 an hour, sojourns of 2 h and 6 h: σ = 1/2 + 1/6 an hour, mean 6.5, and (Fischer and
    // Meier-Hellstern) IoD(t) = 1 + 2 p q (λ₁ − λ₂)² / (λ̄ σ) · (1 − (1 − e^(−σt)) / (σt)).
    let (rates, sojourns) = ([20.0, 2.0], [2.0, 6.0]);
    let sigma = 1.0 / sojourns[0] + 1.0 / sojourns[1];
    let (p, mean) = (0.25, 0.25 * 20.0 + 0.75 * 2.0);
    let limit = 2.0 * p * (1.0 - p) * 18.0 * 18.0 / (mean * sigma);
    let wanted = |t: f64| 1.0 + limit * (1.0 - (1.0 - libm::exp(-sigma * t)) / (sigma * t));
    let mmpp = demand(Arrivals::Mmpp {
        rates: rates.map(per_hour),
        sojourns: sojourns.map(|hours| hours * 3_600.0),
    });
    check("mmpp", &mmpp, 6_000, mean, [(HOUR, wanted(1.0), 0.08), (DAY, wanted(24.0), 0.12)]);
}

#[test]
fn hawkes_has_the_dispersion_of_its_closed_form() {
    // Branching n = 0.6, decay β = 1/20 min: IoD(∞) = 1 / (1 − n)², and with κ = β (1 − n)
    // IoD(t) = IoD(∞) + (1 − IoD(∞)) (1 − e^(−κt)) / (κt) (Hawkes 1971).
    let (branching, decay) = (0.6, 1_200.0);
    let limit = 1.0 / ((1.0 - branching) * (1.0 - branching));
    let kappa = (1.0 - branching) / decay * 3_600.0;
    let wanted = |t: f64| limit + (1.0 - limit) * (1.0 - libm::exp(-kappa * t)) / (kappa * t);
    let hawkes = demand(Arrivals::Hawkes { rate: per_hour(12.0), branching, decay });
    check("hawkes", &hawkes, 3_000, 12.0, [(HOUR, wanted(1.0), 0.08), (DAY, wanted(24.0), 0.12)]);
}

#[test]
fn drift_keeps_the_mean_and_adds_dispersion_by_its_correlation() {
    // Lognormal factor with sd s and correlation φ^k in the logarithm: cov of the factor at lag k is
    // exp(s² φ^k) − 1, so IoD of one hour = 1 + λ (exp(s²) − 1), and of m hours
    // 1 + λ/m · Σ_ij (exp(s² φ^|i−j|) − 1).
    let (persistence, sd, rate): (f64, f64, f64) = (0.8, 0.5, 10.0);
    let cov = |lag: i64| libm::exp(sd * sd * libm::pow(persistence, lag as f64)) - 1.0;
    let wanted = |m: i64| {
        let sum: f64 = (0..m).flat_map(|i| (0..m).map(move |j| (i - j).abs())).map(cov).sum();
        1.0 + rate / m as f64 * sum
    };
    let drifting = Demand {
        arrivals: Arrivals::Poisson { rate: per_hour(rate) },
        modulation: Modulation { drift: Some(Drift { persistence, sd }), ..Modulation::default() },
        ..Demand::default()
    };
    check("drift", &drifting, 6_000, rate, [(HOUR, wanted(1), 0.08), (DAY, wanted(24), 0.12)]);
}

#[test]
fn on_off_spends_its_share_of_time_on() {
    let lognormal = |median: f64, sigma: f64| Dist::lognormal_median(median, sigma).expect("a lognormal");
    let on_off = OnOff { on: lognormal(1_800.0, 1.5), off: lognormal(3_600.0, 1.5) };
    let bursty = Demand {
        arrivals: Arrivals::Poisson { rate: per_hour(30.0) },
        modulation: Modulation { on_off: Some(on_off), ..Modulation::default() },
        ..Demand::default()
    };
    let found = arrivals(&bursty, 4_000, 5, None);
    let rate = found.len() as f64 / (4_000.0 * 24.0);
    // A third of the time is on.
    assert!((rate / 10.0 - 1.0).abs() < 0.06, "{rate} an hour, wanted 10");
    // Heavy-tailed periods: dispersion still grows between the hour and the day.
    let (hourly, daily) = (counts(&found, HOUR, 4_000 * DAY), counts(&found, DAY, 4_000 * DAY));
    assert!(dispersion(&hourly) > 5.0 && dispersion(&daily) > 1.5 * dispersion(&hourly));
    // The first hour is as busy as any other: the process starts in its stationary state.
    let firsts: Vec<f64> = (0..4_000)
        .map(|seed| arrivals(&bursty, 1, seed, None).iter().filter(|at| **at < HOUR).count() as f64)
        .collect();
    let z = (mean(&firsts) - 10.0) / libm::sqrt(variance(&firsts) / 4_000.0);
    assert!(z.abs() < 4.3, "the first hour has a mean of {}", mean(&firsts));
}

#[test]
fn a_profile_shapes_the_week_and_keeps_the_mean() {
    let office = Profile::named("office").expect("it is shipped");
    let found = arrivals(&demand(Arrivals::Poisson { rate: per_hour(20.0) }), 7 * 400, 3, Some(&office));
    let mut hours = [0.0; 168];
    for at in &found {
        hours[(at / HOUR % 168) as usize] += 1.0;
    }
    for (hour, (count, weight)) in hours.iter().zip(office.weights()).enumerate() {
        let wanted = 20.0 * 400.0 * weight;
        assert!((count - wanted).abs() <= 4.3 * libm::sqrt(wanted), "hour {hour}: {count}, wanted {wanted}");
    }
    let total = 20.0 * 168.0 * 400.0;
    assert!((found.len() as f64 - total).abs() < 4.3 * libm::sqrt(total));
}

#[test]
fn the_calendar_moves_the_rate() {
    let at = |day: i64| monday() + SimSpan::from_micros(day * DAY);
    let calendar = vec![
        CalendarFactor::Growth { per_month: 0.5 },
        CalendarFactor::Window { from: at(10), to: at(11), factor: 0.0 },
        CalendarFactor::Spike { at: at(20), factor: 3.0, half_life: SimSpan::DAY },
        CalendarFactor::Ramp { from: at(40), to: at(50), start: 1.0, end: 0.0 },
        CalendarFactor::Holidays { days: vec![(at(5), at(6))], factor: 0.25 },
    ];
    let moved = Demand {
        arrivals: Arrivals::Poisson { rate: per_hour(200.0) },
        modulation: Modulation { calendar, ..Modulation::default() },
        ..Demand::default()
    };
    let days = counts(&arrivals(&moved, 60, 9, None), DAY, 60 * DAY);
    let growth = |day: f64| libm::pow(1.5, (day + 0.5) / 30.0);
    for (day, factor) in [(0, 1.0), (5, 0.25), (10, 0.0), (19, 1.0), (35, 1.0), (45, 0.45), (55, 0.0)] {
        let wanted = 4_800.0 * factor * growth(day as f64);
        let found = days[day];
        assert!(
            (found - wanted).abs() <= 0.01 * wanted + 4.3 * libm::sqrt(wanted),
            "day {day}: {found}, wanted {wanted}"
        );
    }
    // The spike's day: 1 + 2 · ∫ 2^−t over a day = 1 + 2 · 0.7213.
    let wanted = 4_800.0 * growth(20.0) * (1.0 + 2.0 * 0.721_35);
    assert!((days[20] / wanted - 1.0).abs() < 0.03, "{} on the day of the spike, wanted {wanted}", days[20]);
}

#[test]
fn sessions_cluster_by_their_number_of_calls() {
    // Compound Poisson in the limit of long windows: IoD = E[K²] / E[K] for K calls a session.
    let calls = Dist::discrete(&[(1.0, 0.5), (9.0, 0.5)]).expect("two values");
    let sessions = demand(Arrivals::Sessions {
        rate: per_hour(2.0),
        cv: 1.0,
        calls,
        think: Dist::exponential(60.0).expect("a mean"),
    });
    check("sessions", &sessions, 4_000, 10.0, [(DAY, 8.2, 0.1), (4 * DAY, 8.2, 0.15)]);
}

#[test]
fn clients_of_a_closed_loop_wait_for_their_operations() {
    let closed = demand(Arrivals::ClosedLoop {
        clients: Dist::Fixed(3.0),
        think: Dist::Fixed(900.0),
        reactive: false,
        calls: None,
    });
    // No work here, so each of three clients comes back every quarter of an hour.
    assert_eq!(arrivals(&closed, 1, 1, None).len(), 3 * 96);
    let finite = demand(Arrivals::ClosedLoop {
        clients: Dist::Fixed(2.0),
        think: Dist::Fixed(60.0),
        reactive: false,
        calls: Some(Dist::Fixed(5.0)),
    });
    assert_eq!(arrivals(&finite, 1, 1, None).len(), 10);
}

#[test]
fn schedules_keep_local_time_and_jitter_only_delays() {
    let cron = Cron::parse("30 9 * * mon-fri").expect("a cron line");
    let schedule = |jitter: Dist| {
        demand(Arrivals::Schedule(Schedule {
            when: ScheduleTimes::Cron(cron),
            zone: None,
            count: Dist::Fixed(2.0),
            jitter,
        }))
    };
    let exact = arrivals(&schedule(Dist::Fixed(0.0)), 14, 1, None);
    assert_eq!(exact.len(), 20);
    assert_eq!(
        (exact[0], exact[1], exact[19]),
        (9 * HOUR + HOUR / 2, 9 * HOUR + HOUR / 2, 11 * DAY + 9 * HOUR + HOUR / 2)
    );
    let jittered = arrivals(&schedule(Dist::Uniform { low: 0.0, high: 200_000.0 }), 14, 1, None);
    assert!(jittered.len() <= 20 && jittered[0] >= exact[0]);
    // In Berlin, 2:30 on 30 March 2025 does not exist and moves to 3:30 (01:30 UTC).
    let berlin = Zone::named("Europe/Berlin").expect("a zone");
    let night = Cron::parse("30 2 * * *").expect("a cron line");
    let instant = |text: &str| berlin.parse(text).expect("an instant");
    let found = night.instants(&berlin, instant("2025-03-29"), instant("2025-04-01"));
    let wanted = ["2025-03-29T01:30:00Z", "2025-03-30T01:30:00Z", "2025-03-31T00:30:00Z"].map(instant);
    assert_eq!(found, wanted);
    // Nine in New York, though the scenario lives in UTC: 14:00, and 13:00 once its summer time begins on 9 March.
    let new_york = demand(Arrivals::Schedule(Schedule {
        when: ScheduleTimes::Cron(Cron::parse("0 9 * * *").expect("a cron line")),
        zone: Zone::named("America/New_York"),
        count: Dist::Fixed(1.0),
        jitter: Dist::Fixed(0.0),
    }));
    let hours: Vec<i64> = arrivals(&new_york, 70, 1, None).iter().map(|at| at % DAY / HOUR).collect();
    assert_eq!(hours, [[14; 62].as_slice(), [13; 8].as_slice()].concat());
    let every = demand(Arrivals::Schedule(Schedule {
        when: ScheduleTimes::Every(SimSpan::HOUR),
        zone: None,
        count: Dist::Fixed(0.5),
        jitter: Dist::Fixed(0.0),
    }));
    let count = arrivals(&every, 400, 2, None).len() as f64;
    assert!((count - 4_800.0).abs() < 4.3 * libm::sqrt(9_600.0 * 0.25), "{count} of 9,600 halves");
}

#[test]
fn cron_mistakes_are_explained() {
    let cases = [
        ("30 9 * *", "found 4 fields, wanted 5: minute hour day-of-month month day-of-week"),
        ("60 9 * * *", "`60` is no minute, wanted 0 to 59"),
        ("0 9 * * fry", "`fry` is no day of week, wanted 0 to 7"),
        ("0 9-7 * * *", "`9-7`: 9 is above 7"),
        ("*/0 * * * *", "`*/0` has no step above 0"),
    ];
    for (text, wanted) in cases {
        assert_eq!(Cron::parse(text), Err(wanted.to_owned()), "{text}");
    }
}

#[test]
fn nothing_arrives_without_a_rate() {
    assert!(arrivals(&demand(Arrivals::Poisson { rate: 0.0 }), 10, 1, None).is_empty());
    assert!(arrivals(&demand(Arrivals::None), 10, 1, None).is_empty());
}

fn exact(rate: f64, cv: f64, calls: Dist, gap: Dist) -> Demand {
    demand(Arrivals::Exact { rate, cv, calls, gap })
}

/// Half an operation more than a whole number is one more in half of the replications; nothing else is left to chance.
#[test]
fn exact_arrivals_are_as_many_as_expected() {
    let office = Profile::named("office").expect("a profile");
    for profile in [None, Some(&office)] {
        let one = exact(per_hour(30.5 / 168.0), 1.0, Dist::Fixed(1.0), Dist::Fixed(0.0));
        let numbers: Vec<usize> = (0..400).map(|seed| arrivals(&one, 7, seed, profile).len()).collect();
        assert!(numbers.iter().all(|number| (30..=31).contains(number)), "{numbers:?}");
        let more = numbers.iter().filter(|number| **number == 31).count();
        assert!((160..=240).contains(&more), "{more} of 400, standard deviation 10");
    }
    let mut moved = exact(per_hour(4.0), 1.0, Dist::Fixed(1.0), Dist::Fixed(0.0));
    moved.modulation.drift = Some(Drift { persistence: 0.8, sd: 1.0 });
    assert!(
        (0..50).all(|seed| arrivals(&moved, 7, seed, None).len() == 672),
        "a drift moves when, not how many"
    );
}

/// Given their number n, Poisson arrivals lie anywhere: the count of a share p of the time is binomial, of variance np(1 − p).
#[test]
fn exact_arrivals_of_cv_one_lie_anywhere() {
    let one = exact(per_hour(1.0), 1.0, Dist::Fixed(1.0), Dist::Fixed(0.0));
    let days: Vec<f64> =
        (0..300).flat_map(|seed| counts(&arrivals(&one, 10, seed, None), DAY, 10 * DAY)).collect();
    assert!((variance(&days) / (240.0 * 0.1 * 0.9) - 1.0).abs() < 0.08, "{}", variance(&days));
    // Gaps of a larger coefficient of variation crowd together.
    let crowded = exact(per_hour(1.0), 3.0, Dist::Fixed(1.0), Dist::Fixed(0.0));
    let days: Vec<f64> =
        (0..100).flat_map(|seed| counts(&arrivals(&crowded, 10, seed, None), DAY, 10 * DAY)).collect();
    assert!(variance(&days) > 3.0 * 240.0 * 0.1 * 0.9, "{}", variance(&days));
}

/// Bursts of four a minute apart: three of four gaps are a minute, whatever their number, and none is lost at the end.
#[test]
fn exact_arrivals_come_in_bursts() {
    let bursts = exact(per_hour(0.5), 1.0, Dist::Fixed(4.0), Dist::Fixed(60.0));
    for seed in 0..50 {
        let found = arrivals(&bursts, 4, seed, None);
        assert_eq!(found.len(), 48);
        let near = found.iter().filter(|at| found.contains(&(**at + 60 * SECOND))).count();
        assert!((34..=36).contains(&near), "{near} of 48, 36 unless a burst goes around");
    }
}
