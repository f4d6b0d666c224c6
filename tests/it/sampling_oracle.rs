//! Our samplers beside those of `rand_distr`, an implementation that shares nothing with them: two samples of each law
//! must not be told apart (two-sample Kolmogorov–Smirnov, fixed seeds).

use creditsim::sampling::{Dist, Purpose, Rng, StreamKey};
use rand_distr::{Distribution, Exp, Gamma, LogNormal, Poisson, Weibull};

const DRAWS: usize = 20_000;

fn stream(name: &str) -> Rng {
    StreamKey::root(20_250_101).name(name).stream(Purpose::Cost)
}

/// Largest distance between two empirical distributions.
fn distance(mut a: Vec<f64>, mut b: Vec<f64>) -> f64 {
    a.sort_by(f64::total_cmp);
    b.sort_by(f64::total_cmp);
    let share = |sorted: &[f64], x: f64| sorted.partition_point(|y| *y <= x) as f64 / sorted.len() as f64;
    a.iter().chain(&b).map(|x| (share(&a, *x) - share(&b, *x)).abs()).fold(0.0, f64::max)
}

#[track_caller]
fn check(name: &str, ours: Dist, theirs: impl Distribution<f64>) {
    let (mut left, mut right) = (stream(name), stream("oracle"));
    let ours = (0..DRAWS).map(|_| ours.sample(&mut left)).collect();
    let theirs = (0..DRAWS).map(|_| theirs.sample(&mut right)).collect();
    // Exceeded once in ten thousand pairs of samples: sqrt(-ln(0.00005) / n).
    let limit = (-(0.000_05_f64).ln() / DRAWS as f64).sqrt();
    let found = distance(ours, theirs);
    assert!(found < limit, "{name}: distance {found:.4}, limit {limit:.4}");
}

#[test]
fn every_common_family_agrees_with_an_independent_implementation() {
    check("exponential", Dist::exponential(3.0).unwrap(), Exp::new(1.0 / 3.0).unwrap());
    check("lognormal", Dist::lognormal_median(2.0, 0.8).unwrap(), LogNormal::new(2.0_f64.ln(), 0.8).unwrap());
    check("gamma below 1", Dist::gamma_shape(0.4, 2.0).unwrap(), Gamma::new(0.4, 2.0).unwrap());
    check("gamma above 1", Dist::gamma_shape(3.5, 0.5).unwrap(), Gamma::new(3.5, 0.5).unwrap());
    check("weibull", Dist::weibull_shape(0.6, 2.0).unwrap(), Weibull::new(2.0, 0.6).unwrap());
    check("poisson small", Dist::poisson(3.2).unwrap(), Poisson::new(3.2).unwrap());
    check("poisson large", Dist::poisson(80.0).unwrap(), Poisson::new(80.0).unwrap());
}
