//! Distribution functions and quantiles of the families, in closed form or by bisection.
//!
//! Used where a distribution must be inverted (correlated quantities, quantile estimates) or compared (goodness of
//! fit). Everything through `libm`.

use std::f64::consts::{FRAC_1_SQRT_2, PI};

/// P(Z ≤ z) of a standard normal.
#[must_use]
pub fn normal_cdf(z: f64) -> f64 {
    0.5 * libm::erfc(-z * FRAC_1_SQRT_2)
}

/// Density of a standard normal.
#[must_use]
pub fn normal_density(z: f64) -> f64 {
    libm::exp(-0.5 * z * z) / libm::sqrt(2.0 * PI)
}

/// The z with P(Z ≤ z) = p; infinite at 0 and 1.
///
/// Acklam's rational approximation, polished by one step of Halley's method to full precision.
#[must_use]
pub fn normal_quantile(p: f64) -> f64 {
    if p <= 0.0 {
        return f64::NEG_INFINITY;
    }
    if p >= 1.0 {
        return f64::INFINITY;
    }
    if p > 0.5 {
        return -normal_quantile(1.0 - p);
    }
    let z = approximate_quantile(p);
    let step = (normal_cdf(z) - p) / normal_density(z);
    z - step / (1.0 + 0.5 * z * step)
}

fn approximate_quantile(p: f64) -> f64 {
    const A: [f64; 6] = [
        -3.969_683_028_665_376e1,
        2.209_460_984_245_205e2,
        -2.759_285_104_469_687e2,
        1.383_577_518_672_69e2,
        -3.066_479_806_614_716e1,
        2.506_628_277_459_239,
    ];
    const B: [f64; 6] = [
        -5.447_609_879_822_406e1,
        1.615_858_368_580_409e2,
        -1.556_989_798_598_866e2,
        6.680_131_188_771_972e1,
        -1.328_068_155_288_572e1,
        1.0,
    ];
    const C: [f64; 6] = [
        -7.784_894_002_430_293e-3,
        -3.223_964_580_411_365e-1,
        -2.400_758_277_161_838,
        -2.549_732_539_343_734,
        4.374_664_141_464_968,
        2.938_163_982_698_783,
    ];
    const D: [f64; 5] = [
        7.784_695_709_041_462e-3,
        3.224_671_290_700_398e-1,
        2.445_134_137_142_996,
        3.754_408_661_907_416,
        1.0,
    ];
    let horner = |terms: &[f64], x: f64| terms.iter().fold(0.0, |sum, term| sum * x + term);
    if p < 0.024_25 {
        let q = libm::sqrt(-2.0 * libm::log(p));
        horner(&C, q) / horner(&D, q)
    } else {
        let q = p - 0.5;
        horner(&A, q * q) * q / horner(&B, q * q)
    }
}

/// Regularized lower incomplete gamma function P(a, x): the distribution function of a gamma of scale 1.
#[must_use]
pub fn gamma_cdf(a: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    let front = libm::exp(a * libm::log(x) - x - libm::lgamma(a));
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

/// The x with `cdf(x) = p`, by bisection after doubling from `[0, start]`; for distributions on `[0, ∞)`.
#[must_use]
pub fn bisect_quantile(p: f64, start: f64, cdf: impl Fn(f64) -> f64) -> f64 {
    let mut low = 0.0;
    let mut high = if start > 0.0 { start } else { 1.0 };
    for _ in 0..1_000 {
        if cdf(high) >= p {
            break;
        }
        low = high;
        high *= 2.0;
    }
    for _ in 0..200 {
        let middle = 0.5 * (low + high);
        if middle <= low || middle >= high {
            break;
        }
        if cdf(middle) < p { low = middle } else { high = middle }
    }
    high
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
            let x = bisect_quantile(p, 1.0, |x| gamma_cdf(0.4, x));
            assert!((gamma_cdf(0.4, x) - p).abs() < 1e-9);
            close(normal_cdf(normal_quantile(p)), p);
        }
    }
}
