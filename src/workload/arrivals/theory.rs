//! Dispersion of counts at two time scales against theory, where theory needs more than a limit: renewal equations solved
//! on a grid, closed forms of clusters, closed loops and schedules. Each test states its formula.

use super::tests::{DAY, HOUR, arrivals, check, counts, demand, dispersion, mean, per_hour};
use crate::sampling::Dist;
use crate::workload::Profile;
use crate::workload::demand::*;

/// The renewal function H(t) = F(t) + ∫ H(t − u) dF(u) on a grid of `steps` up to `t` (trapezoids in H).
fn renewal_function(cdf: impl Fn(f64) -> f64, t: f64, steps: usize) -> Vec<f64> {
    let f: Vec<f64> = (0..=steps).map(|i| cdf(t * i as f64 / steps as f64)).collect();
    let mut h = vec![0.0; steps + 1];
    for i in 1..=steps {
        let inner: f64 = (2..=i).map(|j| 0.5 * (h[i - j] + h[i - j + 1]) * (f[j] - f[j - 1])).sum();
        h[i] = (f[i] + inner + 0.5 * h[i - 1] * f[1]) / (1.0 - 0.5 * f[1]);
    }
    h
}

/// Index of dispersion of a stationary renewal process over `t` mean gaps: with unit rate (Cox, Renewal Theory, 1962)
/// Var N(t) = t + 2 ∫ H(u) du − t².
fn renewal_dispersion(cdf: impl Fn(f64) -> f64, t: f64) -> f64 {
    const STEPS: usize = 3_000;
    let h = renewal_function(cdf, t, STEPS);
    let step = t / STEPS as f64;
    let integral: f64 = h.windows(2).map(|pair| 0.5 * (pair[0] + pair[1]) * step).sum();
    1.0 + 2.0 * integral / t - t
}

#[test]
fn the_renewal_equation_knows_its_closed_forms() {
    // Exponential gaps are Poisson; Erlang-2 gaps have IoD(t) = 1/2 + (1 − e^(−4t)) / (8t).
    for t in [0.5, 2.0, 20.0] {
        let poisson = renewal_dispersion(|x| 1.0 - libm::exp(-x), t);
        assert!((poisson - 1.0).abs() < 1e-3, "{poisson}");
        let erlang = renewal_dispersion(|x| 1.0 - (1.0 + 2.0 * x) * libm::exp(-2.0 * x), t);
        let wanted = 0.5 + (1.0 - libm::exp(-4.0 * t)) / (8.0 * t);
        assert!((erlang - wanted).abs() < 1e-3, "{erlang}, wanted {wanted}");
    }
}

#[test]
fn renewals_have_the_dispersion_of_the_renewal_equation_at_every_scale() {
    // One mean gap and twenty, far from the limit cv².
    let gap = 3_600.0 / 20.0;
    let (one, twenty) = (gap as i64 * 1_000_000, 20 * gap as i64 * 1_000_000);
    for cv in [0.5, 2.0, 4.0] {
        for (name, dist) in [("gamma", Dist::gamma(1.0, cv)), ("weibull", Dist::weibull(1.0, cv))] {
            let dist = dist.expect("a mean and a cv");
            let cdf = |x: f64| dist.cdf(x).expect("one level");
            let wanted = [1.0, 20.0].map(|t| renewal_dispersion(cdf, t));
            let rate = per_hour(20.0);
            let renewal = demand(match name {
                "gamma" => Arrivals::Gamma { rate, cv },
                _ => Arrivals::Weibull { rate, cv },
            });
            check(
                &format!("{name} with cv {cv}"),
                &renewal,
                4_000,
                20.0,
                [(one, wanted[0], 0.03), (twenty, wanted[1], 0.06)],
            );
        }
    }
}

/// Probability of being on `u` minutes after being on, for alternating periods in minutes, at every minute up to `t`:
/// r(s) = P(on | a period on began s ago) and q(s) = P(on | one off began) renew each other, and what is left of the
/// period seen at 0 has the density (1 − F) / mean.
fn on_after_on(on: &Dist, off: &Dist, t: usize) -> Vec<f64> {
    let cdf = |dist: &Dist, u: f64| dist.cdf(60.0 * u).expect("one level");
    let steps =
        |dist: &Dist| (0..=t).map(|i| cdf(dist, i as f64 + 1.0) - cdf(dist, i as f64)).collect::<Vec<_>>();
    let (on_steps, off_steps) = (steps(on), steps(off));
    let (mut r, mut q) = (vec![0.0; t + 1], vec![0.0; t + 1]);
    // A period that ends within a minute ends at its middle: half of it is in this step, half in the next.
    let turned = |ends: &[f64], next: &[f64], s: usize| -> f64 {
        (0..s).map(|i| ends[i] * 0.5 * (next[s - i] + next[s - i - 1])).sum()
    };
    r[0] = 1.0;
    for s in 1..=t {
        // The newest values appear on both sides with the weight of a first half minute; two rounds settle them.
        (r[s], q[s]) = (r[s - 1], q[s - 1]);
        for _ in 0..4 {
            q[s] = turned(&off_steps, &r, s);
            r[s] = 1.0 - cdf(on, s as f64) + turned(&on_steps, &q, s);
        }
    }
    let mean = on.mean() / 60.0;
    let left: Vec<f64> = (0..=t).map(|i| (1.0 - cdf(on, i as f64 + 0.5)) / mean).collect();
    let mut survives = 1.0;
    (0..=t)
        .map(|s| {
            if s > 0 {
                survives -= left[s - 1];
            }
            survives + turned(&left, &q, s)
        })
        .collect()
}

/// Index of dispersion of Poisson arrivals at `rate` a minute that are on a share `p` of the time, over `t` minutes:
/// 1 + 2 λ / t ∫ (t − u) (π(u) − p) du, π(u) being the probability of being on u after being on.
fn on_off_dispersion(on_after_on: &[f64], p: f64, rate: f64, t: usize) -> f64 {
    let term = |u: usize| (t - u) as f64 * (on_after_on[u] - p);
    let integral: f64 = (0..t).map(|u| 0.5 * (term(u) + term(u + 1))).sum();
    1.0 + 2.0 * rate / t as f64 * integral
}

#[test]
fn on_and_off_periods_have_the_dispersion_of_alternating_renewals() {
    let lognormal = |median: f64, sigma: f64| Dist::lognormal_median(median, sigma).expect("a lognormal");
    let exponential = |hours: f64| Dist::exponential(3_600.0 * hours).expect("a mean");
    // Exponential periods have a closed form (Fischer and Meier-Hellstern 1993, the second rate being 0).
    let (s, p, rate) = (1.0 / 2.0 + 1.0 / 6.0, 0.25, 20.0);
    let closed = |t: f64| 1.0 + 2.0 * (1.0 - p) * rate / s * (1.0 - (1.0 - libm::exp(-s * t)) / (s * t));
    let markov = on_after_on(&exponential(2.0), &exponential(6.0), 1_440);
    for hours in [1, 24] {
        let solved = on_off_dispersion(&markov, p, rate / 60.0, 60 * hours);
        assert!(
            (solved / closed(hours as f64) - 1.0).abs() < 0.01,
            "{solved}, wanted {}",
            closed(hours as f64)
        );
    }
    // Heavy-tailed ones are solved on the grid.
    let cases = [
        ("exponential", exponential(2.0), exponential(6.0), 0.25),
        ("lognormal", lognormal(3_600.0, 1.2), lognormal(7_200.0, 1.2), 1.0 / 3.0),
    ];
    for (name, on, off, p) in cases {
        let solved = on_after_on(&on, &off, 1_440);
        let wanted = [60, 1_440].map(|t| on_off_dispersion(&solved, p, rate / 60.0, t));
        let bursty = Demand {
            arrivals: Arrivals::Poisson { rate: per_hour(rate) },
            modulation: Modulation { on_off: Some(OnOff { on, off }), ..Modulation::default() },
            ..Demand::default()
        };
        check(name, &bursty, 8_000, rate * p, [(HOUR, wanted[0], 0.05), (DAY, wanted[1], 0.1)]);
    }
}

#[test]
fn sessions_of_two_calls_have_the_dispersion_of_their_pairs() {
    // Poisson sessions of two calls an exponential think time τ apart (Bartlett and Lewis): a window holds both calls of
    // a pair or one, so IoD(t) = 2 − τ/t (1 − e^(−t/τ)).
    let sessions = demand(Arrivals::Sessions {
        rate: per_hour(3.0),
        cv: 1.0,
        calls: Dist::Fixed(2.0),
        think: Dist::exponential(3_600.0).expect("a mean"),
    });
    let wanted = |t: f64| 2.0 - (1.0 - libm::exp(-t)) / t;
    check("sessions", &sessions, 4_000, 6.0, [(HOUR, wanted(1.0), 0.03), (DAY, wanted(24.0), 0.1)]);
}

#[test]
fn natural_closed_loops_are_as_many_renewals() {
    // Five clients and no work: each is a renewal process of its think times, so that a rate of 5 / E[think] has the
    // dispersion of one of them, 1 for exponential think times and cv² in the limit for others.
    let clients = |think: Dist| {
        demand(Arrivals::ClosedLoop { clients: Dist::Fixed(5.0), think, reactive: false, calls: None })
    };
    let exponential = clients(Dist::exponential(900.0).expect("a mean"));
    check("exponential", &exponential, 2_000, 20.0, [(HOUR, 1.0, 0.03), (DAY, 1.0, 0.12)]);
    for cv in [0.5, 2.0] {
        let gamma = Dist::gamma(1.0, cv).expect("a mean");
        let hour = renewal_dispersion(|x| gamma.cdf(x).expect("one level"), 4.0);
        // Over long windows (Cox 1962): Var N(t) → cv² t + 1/6 + cv⁴/2 − μ₃/3, with μ₃ = 2 cv⁴ for gamma gaps.
        let power = libm::pow(cv, 4.0);
        let day = cv * cv + (1.0 / 6.0 + power / 2.0 - 2.0 * power / 3.0) / 96.0;
        let thinking = clients(Dist::gamma(900.0, cv).expect("a mean"));
        check("gamma", &thinking, 4_000, 20.0, [(HOUR, hour, 0.04), (DAY, day, 0.12)]);
    }
}

#[test]
fn schedules_with_jitter_are_as_regular_as_their_jitter_lets_them() {
    // Three operations an hour, each delayed by an exponential of mean an hour. An operation k hours before a window of
    // t hours lands in it with p = e^(−k) (1 − e^(−t)), one of its hour i with p = 1 − e^(−(t − i)); counts are sums of
    // independent choices, so IoD = Σ p (1 − p) / t.
    let hourly = demand(Arrivals::Schedule(Schedule {
        when: ScheduleTimes::Every(crate::units::SimSpan::HOUR),
        zone: None,
        count: Dist::Fixed(3.0),
        jitter: Dist::exponential(3_600.0).expect("a mean"),
    }));
    let wanted = |t: i32| {
        let inside = (0..t).map(|i| 1.0 - libm::exp(f64::from(i - t)));
        let before = (1..60).map(|k| libm::exp(f64::from(-k)) * (1.0 - libm::exp(f64::from(-t))));
        inside.chain(before).map(|p| p * (1.0 - p)).sum::<f64>() / f64::from(t)
    };
    check("jitter", &hourly, 4_000, 3.0, [(HOUR, wanted(1), 0.03), (DAY, wanted(24), 0.1)]);
    let exact = Demand {
        arrivals: Arrivals::Schedule(Schedule {
            when: ScheduleTimes::Every(crate::units::SimSpan::HOUR),
            zone: None,
            count: Dist::Fixed(3.0),
            jitter: Dist::Fixed(0.0),
        }),
        ..Demand::default()
    };
    assert_eq!(dispersion(&counts(&arrivals(&exact, 10, 7, None), HOUR, 10 * DAY)), 0.0);
}

#[test]
fn shipped_profiles_disperse_hours_and_days_as_their_weights_do() {
    // A rate that follows a week is deterministic: counts of windows have IoD = 1 + λ Var(m) / mean(m), m being the mean
    // number of a window over the week.
    const WEEKS: i64 = 300;
    for name in ["office", "api", "consumer", "global"] {
        let profile = Profile::named(name).expect(name);
        let found =
            arrivals(&demand(Arrivals::Poisson { rate: per_hour(20.0) }), 7 * WEEKS, 17, Some(&profile));
        for (window, hours) in [(HOUR, 1), (DAY, 24)] {
            let means: Vec<f64> =
                profile.weights().chunks(hours).map(|chunk| 20.0 * chunk.iter().sum::<f64>()).collect();
            let centre = mean(&means);
            let spread = means.iter().map(|m| (m - centre) * (m - centre)).sum::<f64>() / means.len() as f64;
            let wanted = 1.0 + spread / centre;
            let found = dispersion(&counts(&found, window, 7 * WEEKS * DAY));
            assert!((found / wanted - 1.0).abs() < 0.06, "{name}: {found} over {hours} h, wanted {wanted}");
        }
    }
}
