//! Distribution functions and quantiles of the families, in closed form or by bisection.
//!
//! Used where a distribution must be inverted (correlated quantities, quantile estimates) or compared (goodness of
//! fit), and where a trait is the quantile at its uniform. Through `elementary` and `libm`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

use super::elementary::{exp, ln};

/// P(Z ≤ z) of a standard normal.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// Density of a standard normal.
#[must_use]
pub fn normal_density(z: f64) -> f64 {
    exp(-0.5 * z * z) / libm::sqrt(2.0 * PI)
}

/// The z with P(Z ≤ z) = p, to a relative 1e-15; infinite at 0 and 1. Wichura's rational approximations (algorithm AS 241,
/// 1988): one around the middle, one for the tails, one for far tails.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let q = p - 0.5;
    if q.abs() <= 0.425 {
        return q * ratio(&MIDDLE, 0.180_625 - q * q);
    }
    let r = libm::sqrt(-ln(if q < 0.0 { p } else { 1.0 - p }));
    let z = if r <= 5.0 { ratio(&TAIL, r - 1.6) } else { ratio(&FAR_TAIL, r - 5.0) };
    if q < 0.0 { -z } else { z }
}

/// Coefficients of a numerator and a denominator, the constant first.
type Ratio = [[f64; 8]; 2];

fn ratio(terms: &Ratio, x: f64) -> f64 {
    let horner = |terms: &[f64]| terms.iter().rev().fold(0.0, |sum, term| sum * x + term);
    horner(&terms[0]) / horner(&terms[1])
}

const MIDDLE: Ratio = [
    [
        3.387_132_872_796_366_6,
        133.141_667_891_784_38,
        1_971.590_950_306_551_3,
        13_731.693_765_509_46,
        45_921.953_931_549_87,
        67_265.770_927_008_7,
        33_430.575_583_588_13,
        2_509.080_928_730_122_7,
    ],
    [
        1.0,
        42.313_330_701_600_91,
        687.187_007_492_057_9,
        5_394.196_021_424_751,
        21_213.794_301_586_597,
        39_307.895_800_092_71,
        28_729.085_735_721_943,
        5_226.495_278_852_546,
    ],
];
const TAIL: Ratio = [
    [
        1.423_437_110_749_683_5,
        4.630_337_846_156_546,
        5.769_497_221_460_691,
        3.647_848_324_763_204_5,
        1.270_458_252_452_368_4,
        0.241_780_725_177_450_6,
        0.022_723_844_989_269_184,
        7.745_450_142_783_414e-4,
    ],
    [
        1.0,
        2.053_191_626_637_759,
        1.676_384_830_183_803_8,
        0.689_767_334_985_1,
        0.148_103_976_427_480_08,
        0.015_198_666_563_616_457,
        5.475_938_084_995_345e-4,
        1.050_750_071_644_416_9e-9,
    ],
];
const FAR_TAIL: Ratio = [
    [
        6.657_904_643_501_103,
        5.463_784_911_164_114,
        1.784_826_539_917_291_3,
        0.296_560_571_828_504_87,
        0.026_532_189_526_576_124,
        1.242_660_947_388_078_4e-3,
        2.711_555_568_743_487_6e-5,
        2.010_334_399_292_288_1e-7,
    ],
    [
        1.0,
        0.599_832_206_555_888,
        0.136_929_880_922_735_8,
        0.014_875_361_290_850_615,
        7.868_691_311_456_133e-4,
        1.846_318_317_510_054_8e-5,
        1.421_511_758_316_446e-7,
        2.044_263_103_389_939_8e-15,
    ],
];

/// Regularized lower incomplete gamma function P(a, x): the distribution function of a gamma of scale 1.
#[must_use]
pub fn gamma_cdf(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = exp(a * ln(x) - x - libm::lgamma(a));
    if x < a + 1.0 { front * gamma_series(a, x) } else { 1.0 - front * gamma_fraction(a, x) }
}

/// Σ xⁿ / (a (a+1) … (a+n)), which converges fast below a + 1.
fn gamma_series(a: f64, x: f64) -> f64 {
    let mut term = 1.0 / a;
    let mut sum = term;
    for n in 1..10_000 {
        term *= x / (a + f64::from(n));
        sum += term;
        if term < sum * 1e-16 {
            break;
        }
    }
    sum
}

/// Lentz's continued fraction of the upper tail, which converges fast above a + 1.
fn gamma_fraction(a: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let mut b = x + 1.0 - a;
    let mut c = 1.0 / TINY;
    let mut d = 1.0 / b;
    let mut product = d;
    for n in 1..10_000 {
        let n = f64::from(n);
        let factor = -n * (n - a);
        b += 2.0;
        d = factor * d + b;
        d = 1.0 / if d.abs() < TINY { TINY } else { d };
        c = b + factor / c;
        c = if c.abs() < TINY { TINY } else { c };
        product *= d * c;
        if (d * c - 1.0).abs() < 1e-16 {
            break;
        }
    }
    product
}

/// P(N ≤ n) of a Poisson.
#[must_use]
pub fn poisson_cdf(mean: f64, n: f64) -> f64 {
    if n < 0.0 { 0.0 } else { 1.0 - gamma_cdf(libm::floor(n) + 1.0, mean) }
}

/// The smallest n with P(N ≤ n) ≥ p of a Poisson, found from the normal's quantile in a few steps.
#[must_use]
pub fn poisson_quantile(mean: f64, p: f64) -> f64 {
    if mean <= 0.0 || p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let z = normal_quantile(p);
    let mut n = libm::floor(mean + z * libm::sqrt(mean) + (z * z - 1.0) / 6.0).max(0.0);
    let share = |n: f64| exp(n * ln(mean) - mean - libm::lgamma(n + 1.0));
    let mut below = poisson_cdf(mean, n);
    while below < p {
        n += 1.0;
        let next = share(n);
        // Beyond this the sum no longer grows: p lies within its rounding of 1.
        if below + next == below && n > mean {
            break;
        }
        below += next;
    }
    while n > 0.0 && below - share(n) >= p {
        below -= share(n);
        n -= 1.0;
    }
    n
}

/// The x with P(a, x) = p of a gamma of scale 1, by Halley's method inside a bracket.
#[must_use]
pub fn gamma_quantile(a: f64, p: f64) -> f64 {
    if p <= 0.0 {
        return 0.0;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    let log_gamma = libm::lgamma(a);
    let mut x = gamma_quantile_start(a, p);
    let (mut low, mut high) = (0.0, f64::INFINITY);
    for _ in 0..200 {
        let miss = gamma_cdf(a, x) - p;
        if miss > 0.0 {
            high = x
        } else {
            low = x
        }
        let newton = miss / exp((a - 1.0) * ln(x) - x - log_gamma);
        let bend = 0.5 * newton * ((a - 1.0) / x - 1.0);
        let mut next = x - newton / (1.0 - bend).max(0.5);
        if !(next > low && next < high) {
            next = if high.is_finite() { 0.5 * (low + high) } else { 2.0 * x };
        }
        if (next - x).abs() <= 1e-15 * x {
            return next;
        }
        x = next;
    }
    x
}

/// Wilson and Hilferty's cube, or the leading term of small x.
fn gamma_quantile_start(a: f64, p: f64) -> f64 {
    let ninth = 1.0 / (9.0 * a);
    let root = 1.0 - ninth + normal_quantile(p) * libm::sqrt(ninth);
    if a >= 0.5 && root > 0.3 {
        return a * root * root * root;
    }
    exp((ln(p) + libm::lgamma(a + 1.0)) / a).max(f64::MIN_POSITIVE)
}

/// The Weibull shape whose coefficient of variation is `cv`.
#[must_use]
pub fn weibull_shape(cv: f64) -> f64 {
    let squared =
        |shape: f64| libm::exp(libm::lgamma(1.0 + 2.0 / shape) - 2.0 * libm::lgamma(1.0 + 1.0 / shape)) - 1.0;
    let (mut low, mut high) = (0.02_f64, 1_000.0_f64);
    for _ in 0..200 {
        let middle = libm::sqrt(low * high);
        if squared(middle) > cv * cv { low = middle } else { high = middle }
    }
    libm::sqrt(low * high)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn close(found: f64, wanted: f64) {
        assert!((found - wanted).abs() <= 1e-12 * wanted.abs().max(1.0), "{found} is not {wanted}");
    }

    #[test]
    fn laws_agree_with_published_values() {
        close(normal_cdf(1.959_963_984_540_054), 0.975);
        close(normal_quantile(0.975), 1.959_963_984_540_054);
        close(normal_quantile(1e-10), -6.361_340_902_404_056);
        close(gamma_cdf(1.0, 2.0), 1.0 - libm::exp(-2.0));
        // Erlang(100) of rate 5 per hour at 24 hours: closed form 1 of the validation table.
        assert!((gamma_cdf(100.0, 120.0) - 0.972_14).abs() < 5e-6);
        // P(N ≥ 100) of a Poisson of 110: closed form 2.
        assert!((1.0 - poisson_cdf(110.0, 100.0) - 0.816_78).abs() < 5e-6);
        close(weibull_shape(1.0), 1.0);
    }

    #[test]
    fn quantiles_invert_distribution_functions() {
        for p in [1e-6, 0.01, 0.3, 0.5, 0.9, 0.999] {
            for shape in [0.02, 0.4, 1.0, 2.5, 90.0, 1e4] {
                // A large shape leaves the distribution function itself with fewer digits.
                let found = gamma_cdf(shape, gamma_quantile(shape, p));
                assert!(
                    (found - p).abs() <= 1e-12 * f64::max(1.0, shape / 50.0),
                    "{shape}: {found} is not {p}"
                );
            }
            for mean in [0.1, 3.0, 60.0, 2e4] {
                let n = poisson_quantile(mean, p);
                assert!(poisson_cdf(mean, n) >= p && (n == 0.0 || poisson_cdf(mean, n - 1.0) < p), "{n}");
            }
        }
        for step in -80..=80 {
            // By the lower tail, where a probability has all its digits.
            let z = 0.1 * f64::from(step);
            if z < 0.0 {
                let found = normal_quantile(normal_cdf(z));
                assert!((found / z - 1.0).abs() < 2e-15, "{found} is not {z}");
            }
        }
        for z in [-12.0, -20.0, -37.0] {
            assert!((normal_quantile(normal_cdf(z)) / z - 1.0).abs() < 2e-15);
        }
    }
}
