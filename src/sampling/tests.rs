//! Distributions against their laws, at fixed seeds.

use super::*;

const DRAWS: usize = 20_000;

fn drawn(dist: &Dist, name: &str) -> Vec<f64> {
    let mut rng = StreamKey::root(20_250_101).name(name).stream(Purpose::Cost);
    (0..DRAWS).map(|_| dist.sample(&mut rng)).collect()
}

/// Kolmogorov–Smirnov distance of a sample from a law; ties count once, so discrete laws can be judged too.
fn distance(mut sample: Vec<f64>, cdf: impl Fn(f64) -> f64) -> f64 {
    sample.sort_by(f64::total_cmp);
    let n = sample.len() as f64;
    let mut worst: f64 = 0.0;
    for (index, value) in sample.iter().enumerate() {
        let last_of_tie = sample.get(index + 1).is_none_or(|next| next > value);
        if last_of_tie {
            worst = worst.max(((index + 1) as f64 / n - cdf(*value)).abs());
            worst = worst.max((index_below(&sample, *value) as f64 / n - cdf(just_below(*value))).abs());
        }
    }
    worst
}

fn index_below(sorted: &[f64], value: f64) -> usize {
    sorted.partition_point(|other| *other < value)
}

/// The distance that a true law exceeds once in ten thousand samples: sqrt(-ln(0.00005) / 2n).
fn critical() -> f64 {
    libm::sqrt(-libm::log(0.000_05) / (2.0 * DRAWS as f64))
}

fn every_family() -> Vec<(&'static str, Dist)> {
    let parts = vec![(0.3, Dist::lognormal_median(1.0, 0.5)), (0.7, Dist::gamma(8.0, 0.4))];
    let parts = parts.into_iter().map(|(weight, dist)| (weight, dist.expect("a valid part"))).collect();
    let all = vec![
        ("fixed", Dist::fixed(3.0)),
        ("uniform", Dist::uniform(2.0, 5.0, None)),
        ("stepped", Dist::uniform(1.0, 3.0, Some(1.0))),
        ("stepped by tenths", Dist::uniform(0.1, 0.5, Some(0.1))),
        ("triangular", Dist::triangular(2.0, 3.0, 7.0)),
        ("triangular that only rises", Dist::triangular(-2.0, 3.0, 3.0)),
        ("triangular that only falls", Dist::triangular(1.0, 1.0, 4.0)),
        ("exponential", Dist::exponential(7.0)),
        ("lognormal by mean and cv", Dist::lognormal(10.0, 1.6)),
        ("lognormal by median and sigma", Dist::lognormal_median(20.0, 0.6)),
        ("normal", Dist::normal(5.0, 2.0, f64::NEG_INFINITY, f64::INFINITY)),
        ("normal cut on both sides", Dist::normal(1.0, 2.0, 0.0, 3.0)),
        ("normal cut far above its mean", Dist::normal(0.0, 1.0, 4.0, f64::INFINITY)),
        ("gamma", Dist::gamma(3.0, 0.7)),
        ("gamma with a small shape", Dist::gamma_shape(0.15, 2.0)),
        ("weibull", Dist::weibull_shape(0.62, 808.0)),
        ("weibull by mean and cv", Dist::weibull(4.0, 2.0)),
        ("pareto", Dist::pareto(1.0, 1.5, None)),
        ("pareto with a cap", Dist::pareto(2.0, 0.8, Some(500.0))),
        ("poisson, small", Dist::poisson(3.5)),
        ("poisson, large", Dist::poisson(140.0)),
        ("bernoulli", Dist::bernoulli(0.3)),
        ("discrete", Dist::discrete(&[(8.0, 14.5), (1.0, 58.3), (2.0, 7.5), (4.0, 19.7)])),
        ("empirical", Dist::empirical(vec![3.0, 1.0, 2.0, 2.0, 9.0])),
        ("quantiles", Dist::quantiles(&[(0.0, 1.0), (0.5, 2.0), (0.9, 10.0), (1.0, 50.0)])),
        ("mixture", Dist::mixture(parts)),
        ("clamped", Dist::lognormal(10.0, 1.6).and_then(|dist| dist.clamped(2.0, 30.0))),
        ("rounded", Dist::gamma(9.0, 0.8).and_then(|dist| dist.rounded(1.0))),
    ];
    all.into_iter().map(|(name, dist)| (name, dist.expect(name))).collect()
}

#[test]
fn every_distribution_passes_kolmogorov_smirnov() {
    for (name, dist) in every_family() {
        let cdf = |x: f64| dist.cdf(x).expect("one level");
        let found = distance(drawn(&dist, name), cdf);
        assert!(found < critical(), "{name}: distance {found:.4} exceeds {:.4}", critical());
    }
}

#[test]
fn every_draw_of_every_family_is_its_word() {
    for (name, dist) in every_family() {
        let stream = StreamKey::root(4).name(name).stream(Purpose::Cost);
        let (mut one_by_one, mut together) = (stream.clone(), stream.clone());
        let mut block = [0.0; 100];
        dist.sample_each(&mut together, &mut block);
        for (index, value) in block.iter().enumerate() {
            let mut there = stream.clone();
            there.skip(index as u64);
            assert_eq!((dist.sample(&mut one_by_one), dist.sample(&mut there)), (*value, *value), "{name}");
        }
        assert_eq!(one_by_one, together, "{name}");
    }
}

#[test]
fn a_triangular_draw_is_the_quantile_at_its_uniform() {
    // The library's arithmetic is the one written down: bytes that a new version changes are seen here.
    for (low, mode, high) in [(0.0, 1.0, 3.0), (-5.0, -5.0, 2.0), (1e-3, 40.0, 40.0), (0.1, 0.2, 0.3)] {
        let dist = Dist::triangular(low, mode, high).expect("a triangle");
        let mut drawn = StreamKey::root(5).stream(Purpose::Cost);
        let mut uniforms = drawn.clone();
        for _ in 0..1_000 {
            let found = dist.sample(&mut drawn);
            assert_eq!(Some(found), dist.quantile(uniform(&mut uniforms)));
            assert!((low..=high).contains(&found));
        }
    }
    for (low, mode, high) in [(2.0, 3.0, 1.0), (1.0, 0.0, 2.0), (1.0, 3.0, 2.0), (1.0, f64::NAN, 2.0)] {
        assert!(Dist::triangular(low, mode, high).is_err(), "{low}, {mode}, {high}");
    }
    assert_eq!(Dist::triangular(2.0, 2.0, 2.0), Ok(Dist::Fixed(2.0)));
}

#[test]
fn means_agree_with_draws() {
    for (name, dist) in every_family() {
        let sample = drawn(&dist, name);
        let mean = sample.iter().sum::<f64>() / DRAWS as f64;
        let variance = sample.iter().map(|value| (value - mean) * (value - mean)).sum::<f64>() / DRAWS as f64;
        let z = (mean - dist.mean()) / libm::sqrt(variance / DRAWS as f64).max(1e-12);
        // A Pareto of exponent 1.5 has no variance: only its median is compared, by the KS test above.
        assert!(
            z.abs() < 4.3 || name == "pareto",
            "{name}: mean {mean} is {z:.1} standard errors off {}",
            dist.mean()
        );
    }
}

#[test]
fn quantiles_invert_the_law() {
    for (name, dist) in every_family() {
        for p in [0.001, 0.1, 0.5, 0.77, 0.999] {
            let x = dist.quantile(p).expect(name);
            let (below, at) =
                (dist.cdf(x - 1e-6 * x.abs().max(1.0)).expect(name), dist.cdf(x + 1e-9).expect(name));
            assert!(below <= p + 1e-9 && at >= p - 1e-6, "{name}: {p} lies outside [{below}, {at}] at {x}");
        }
    }
}

#[test]
fn scaling_scales_draws_and_law() {
    for (name, dist) in every_family() {
        let scaled = dist.scaled(2.5);
        let mut rng = StreamKey::root(1).name(name).stream(Purpose::Cost);
        let mut again = rng.clone();
        for _ in 0..100 {
            let (found, wanted) = (scaled.sample(&mut rng), 2.5 * dist.sample(&mut again));
            assert!(
                (found - wanted).abs() <= 1e-9 * wanted.abs().max(1.0),
                "{name}: {found} is not {wanted}"
            );
        }
        assert!((scaled.mean() / dist.mean() - 2.5).abs() < 1e-6, "{name}");
    }
}

#[test]
fn weibull_by_cv_has_that_cv() {
    for cv in [0.1, 0.5, 1.0, 2.0, 10.0] {
        let Dist::Weibull { shape, scale } = Dist::weibull(4.0, cv).expect("a valid cv") else {
            panic!("a Weibull");
        };
        let moment = |n: f64| libm::pow(scale, n) * libm::tgamma(1.0 + n / shape);
        let found = libm::sqrt(moment(2.0) - moment(1.0) * moment(1.0)) / moment(1.0);
        assert!(
            (moment(1.0) - 4.0).abs() < 1e-9 && (found / cv - 1.0).abs() < 1e-9,
            "cv {cv} became {found}"
        );
    }
}

#[test]
fn two_levels_differ_between_organizations_and_not_within() {
    let dist = Dist::two_level(TwoLevel::LogNormal {
        mu: Dist::normal(6.3, 1.0, f64::NEG_INFINITY, f64::INFINITY).expect("a normal"),
        sigma: Dist::Fixed(0.45),
    });
    assert!(dist.has_two_levels() && dist.quantile(0.5).is_none());
    let mut rng = StreamKey::root(3).stream(Purpose::Traits);
    let mut logs = Vec::new();
    for _ in 0..2_000 {
        let own = dist.for_organization(&mut rng);
        assert!(!own.has_two_levels());
        let Dist::LogNormal { mu, sigma } = own else { panic!("a lognormal") };
        assert_eq!(sigma, 0.45);
        logs.push(mu);
    }
    let found = distance(logs, |mu| normal_cdf(mu - 6.3));
    assert!(found < 0.05, "{found}");
    // E = exp(6.3 + (1 + 0.45²) / 2); the estimate has a relative error of 1.3 / 128.
    let wanted = libm::exp(6.3 + 0.5 * (1.0 + 0.45 * 0.45));
    assert!((dist.mean() / wanted - 1.0).abs() < 0.04, "{} is not {wanted}", dist.mean());
}

#[test]
fn a_constant_factor_reaches_through_two_levels() {
    let dist = Dist::two_level(TwoLevel::Scaled { by: Dist::Fixed(3.0), of: Dist::Poisson { mean: 2.0 } });
    let mut rng = StreamKey::root(3).stream(Purpose::Cost);
    let own = dist.scaled(2.0).for_organization(&mut rng);
    let drawn: Vec<f64> = (0..50).map(|_| own.sample(&mut rng)).collect();
    assert!(drawn.iter().all(|value| value % 6.0 == 0.0) && drawn.iter().any(|value| *value > 0.0));
}

#[test]
fn impossible_parameters_are_named() {
    fn check(dist: Result<Dist, DistError>, wanted: &str) {
        assert_eq!(dist.map_err(|error| error.to_string()), Err(wanted.to_owned()));
    }
    check(Dist::lognormal(0.0, 1.0), "`mean` is 0, wanted a number above 0");
    check(Dist::lognormal_median(1.0, -0.5), "`sigma` is -0.5, wanted a number not below 0");
    check(Dist::uniform(3.0, 1.0, None), "`high` is 1, wanted a number not below `low`");
    check(Dist::uniform(1.0, 3.0, Some(0.0)), "`step` is 0, wanted a number above 0");
    check(
        Dist::pareto(1.0, 0.9, None),
        "`exponent` is 0.9, wanted a number above 1, or a `cap` (else the mean is infinite)",
    );
    check(Dist::discrete(&[(1.0, 0.0)]), "`weight` is 0, wanted weights of which one is above 0");
    check(Dist::quantiles(&[(0.0, 2.0), (1.0, 1.0)]), "`quantiles` is 1, wanted values that do not fall");
    check(Dist::exponential(f64::NAN), "`mean` is NaN, wanted a number not below 0");
    check(Dist::empirical(vec![]), "`values` is 0, wanted at least one value");
}

/// Bits of draws, so that a change of a sampler, of a table or of the mathematics below is seen at once.
#[test]
fn golden_vectors_hold_the_samplers_still() {
    let mut rng = StreamKey::root(42).name("golden").stream(Purpose::Gap);
    let found = [
        uniform(&mut rng),
        standard_exponential(&mut rng),
        standard_normal(&mut rng),
        standard_gamma(0.3, &mut rng),
        standard_gamma(4.0, &mut rng),
        standard_weibull(0.6, &mut rng),
        poisson(3.0, &mut rng),
        poisson(300.0, &mut rng),
    ];
    assert_eq!(found.map(f64::to_bits), GOLDEN, "{found:?}");
}

const GOLDEN: [u64; 8] = [
    4605822017179377109,
    4589776275706174273,
    13825380530722416754,
    4593917930978883880,
    4609906475493832776,
    4605993991936959955,
    4611686018427387904,
    4644389892283957248,
];

/// A value that no law with atoms distinguishes from the left limit.
fn just_below(value: f64) -> f64 {
    if value == 0.0 { -1e-9 } else { value - 1e-6 * value.abs() }
}
