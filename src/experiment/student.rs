//! Student's t distribution: the two-sided tail and the 95 % quantile. No tables, one mathematical library.

use crate::deliberate::Deliberate;

use std::f64::consts::PI;

/// Probability that a t variable with `df` degrees of freedom lies farther from 0 than `t`.
#[must_use]
pub fn two_sided_tail(t: f64, df: u32) -> f64 {
    let n = f64::from(df);
    incomplete_beta(n / 2.0, 0.5, n / (n + t * t))
}

/// The `t` that 95 % of a t variable with `df` ≥ 1 degrees of freedom stay within: 12.706, 4.303, … 1.960.
#[must_use]
pub fn quantile_95(df: u32) -> f64 {
    const TAIL: f64 = 0.05;
    match df {
        _ if Deliberate::HalfWidthNormal.is_made() => 1.96,
        0 => f64::INFINITY,
        // The Cauchy distribution and its neighbour have closed forms, where Newton's method would start far off.
        1 => libm::tan(PI * (0.5 - TAIL / 2.0)),
        2 => (1.0 - TAIL) * libm::sqrt(2.0 / (TAIL * (2.0 - TAIL))),
        _ => (0..8).fold(expansion(df), |t, _| t + (two_sided_tail(t, df) - TAIL) / (2.0 * density(t, df))),
    }
}

/// The `t` beyond which a t variable lies, on either side, with probability `tail` (0 to 1); for any level.
#[must_use]
pub fn quantile(tail: f64, df: u32) -> f64 {
    if df == 0 || tail <= 0.0 {
        return f64::INFINITY;
    }
    let mut high = 1.0;
    while two_sided_tail(high, df) > tail && high < 1e12 {
        high *= 2.0;
    }
    let mut low = 0.0;
    // Sixty halvings leave nothing of a double.
    for _ in 0..60 {
        let middle = (low + high) / 2.0;
        if two_sided_tail(middle, df) > tail { low = middle } else { high = middle }
    }
    high
}

/// Cornish–Fisher expansion around the normal quantile; close enough for Newton's method.
fn expansion(df: u32) -> f64 {
    let (n, z) = (f64::from(df), 1.959_963_984_540_054);
    let (z3, z5) = (z * z * z, z * z * z * z * z);
    z + (z3 + z) / (4.0 * n) + (5.0 * z5 + 16.0 * z3 + 3.0 * z) / (96.0 * n * n)
}

fn density(t: f64, df: u32) -> f64 {
    let n = f64::from(df);
    let log_constant = libm::lgamma((n + 1.0) / 2.0) - libm::lgamma(n / 2.0) - 0.5 * libm::log(n * PI);
    libm::exp(log_constant - (n + 1.0) / 2.0 * libm::log1p(t * t / n))
}

/// The regularized incomplete beta function Iₓ(a, b), by its continued fraction on the side where that converges fast.
fn incomplete_beta(a: f64, b: f64, x: f64) -> f64 {
    if x <= 0.0 {
        return 0.0;
    }
    if x >= 1.0 {
        return 1.0;
    }
    let log_front =
        libm::lgamma(a + b) - libm::lgamma(a) - libm::lgamma(b) + a * libm::log(x) + b * libm::log1p(-x);
    let front = libm::exp(log_front);
    if x < (a + 1.0) / (a + b + 2.0) {
        front * continued_fraction(a, b, x) / a
    } else {
        1.0 - front * continued_fraction(b, a, 1.0 - x) / b
    }
}

/// Lentz's evaluation of the continued fraction of the incomplete beta function.
fn continued_fraction(a: f64, b: f64, x: f64) -> f64 {
    const TINY: f64 = 1e-300;
    let away_from_zero = |value: f64| if value.abs() < TINY { TINY } else { value };
    let mut c = 1.0;
    let mut d = 1.0 / away_from_zero(1.0 - (a + b) * x / (a + 1.0));
    let mut fraction = d;
    for step in 1..=500 {
        let m = f64::from(step);
        let even = m * (b - m) * x / ((a + 2.0 * m - 1.0) * (a + 2.0 * m));
        let odd = -(a + m) * (a + b + m) * x / ((a + 2.0 * m) * (a + 2.0 * m + 1.0));
        let mut change = 1.0;
        for term in [even, odd] {
            d = 1.0 / away_from_zero(1.0 + term * d);
            c = away_from_zero(1.0 + term / c);
            change = c * d;
            fraction *= change;
        }
        if (change - 1.0).abs() < 1e-15 {
            break;
        }
    }
    fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quantile_of_any_level_inverts_the_tail() {
        for df in [1, 4, 30] {
            for tail in [0.5, 0.05, 1e-4] {
                let t = quantile(tail, df);
                assert!((two_sided_tail(t, df) / tail - 1.0).abs() < 1e-6, "{tail} {df}: {t}");
            }
            assert!((quantile(0.05, df) - quantile_95(df)).abs() < 1e-6, "{df}");
        }
    }

    #[test]
    fn quantiles_agree_with_printed_tables() {
        // Table of t at 0.975, three decimals; df 19 with four (closed form 19 of the validation).
        let cases = [
            (1, 12.7062),
            (2, 4.3027),
            (3, 3.1824),
            (4, 2.7764),
            (5, 2.5706),
            (9, 2.2622),
            (19, 2.0930),
            (29, 2.0452),
            (99, 1.9842),
            (9_999, 1.9602),
        ];
        for (df, expected) in cases {
            assert!((quantile_95(df) - expected).abs() < 6e-5, "{df}: {}", quantile_95(df));
        }
    }

    #[test]
    fn tails_agree_with_closed_forms() {
        // df 1: 1 − 2·atan(t)/π. df 2: 1 − t/√(2 + t²).
        for t in [0.0, 0.3, 1.0, 4.0, 60.0] {
            assert!((two_sided_tail(t, 1) - (1.0 - 2.0 * t.atan() / PI)).abs() < 1e-12, "{t}");
            assert!((two_sided_tail(t, 2) - (1.0 - t / (2.0 + t * t).sqrt())).abs() < 1e-12, "{t}");
        }
    }

    #[test]
    fn the_quantile_inverts_the_tail() {
        for df in 1..=400 {
            assert!((two_sided_tail(quantile_95(df), df) - 0.05).abs() < 1e-10, "{df}");
        }
    }
}
