//! The exponential function and the natural logarithm: what samplers need of mathematics.
//!
//! Owns both, as series whose coefficients stand here. Nothing but IEEE sums, products and quotients in a fixed order is
//! used (no fused operations, no tables of a library, no functions of the platform), so that the bytes of a draw depend
//! on no machine, no compiler and no version of a library. They are inlined, too: a lognormal draw calls `exp` once.

/// ln 2 in two parts, the first with so few bits that its multiples are exact.
const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;

/// Where the short computation of `e^x` holds.
const RANGE: f64 = 700.0;

/// `e^x` to a relative 1e-15.
#[inline]
#[must_use]
pub const fn exp(x: f64) -> f64 {
    if x > -RANGE && x < RANGE { within_range(x) } else { beyond_range(x) }
}

/// `e^x` where it or its scale overflows: the square of its root; infinity, 0 or no number further on.
#[cold]
const fn beyond_range(x: f64) -> f64 {
    if x.is_nan() {
        return x;
    }
    let half = if x < -1_400.0 {
        return 0.0;
    } else if x > 1_400.0 {
        return f64::INFINITY;
    } else {
        within_range(0.5 * x)
    };
    half * half
}

/// Replaces each value by [`exp`] of it; without a decision per value, several are computed at once.
pub fn exp_each(values: &mut [f64]) {
    if values.iter().all(|x| *x > -RANGE && *x < RANGE) {
        values.iter_mut().for_each(|x| *x = within_range(*x));
    } else {
        values.iter_mut().for_each(|x| *x = exp(*x));
    }
}

#[inline(always)]
const fn within_range(x: f64) -> f64 {
    /// Added to a number below 2^51, it leaves the nearest integer in the low bits.
    const SHIFTER: f64 = 6_755_399_441_055_744.0;
    let shifted = x * std::f64::consts::LOG2_E + SHIFTER;
    let exponent = shifted.to_bits();
    let whole = shifted - SHIFTER;
    let r = (x - whole * LN2_HIGH) - whole * LN2_LOW;
    f64::from_bits(exponent.wrapping_add(1023) << 52) * series(r)
}

/// `e^r` for |r| ≤ ln 2 / 2 by its series to the 13th power, summed in pairs.
#[inline(always)]
const fn series(r: f64) -> f64 {
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let low = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5_040.0));
    let high = (1.0 / 40_320.0 + r * (1.0 / 362_880.0)) + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let highest = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    low + r4 * middle + r8 * (high + r4 * highest)
}

/// The natural logarithm to a relative 1e-15; −∞ at 0, no number below.
///
/// With x = 2^e × m, √½ ≤ m < √2 and s = (m − 1) / (m + 1), ln x = e ln 2 + 2 (s + s³/3 + s⁵/5 + …).
#[inline]
#[must_use]
pub const fn ln(x: f64) -> f64 {
    if !(x >= f64::MIN_POSITIVE && x < f64::INFINITY) {
        return special_ln(x);
    }
    /// Bits of √½: what is taken off before the exponent is read, so that it turns at √½ and not at 1.
    const ROOT: u64 = 0x3fe6_a09e_667f_3bcd;
    let off = x.to_bits().wrapping_sub(ROOT);
    let e = (off as i64 >> 52) as f64;
    let m = f64::from_bits((off & 0x000f_ffff_ffff_ffff).wrapping_add(ROOT));
    let s = (m - 1.0) / (m + 1.0);
    // The tail is what 2s + … has beyond 2s = (m − 1) − s (m − 1): small, so that its error is.
    let tail = s * (m - 1.0) - s * odd_series(s * s);
    e * LN2_HIGH + ((m - 1.0) - (tail - e * LN2_LOW))
}

/// 2 (w/3 + w²/5 + w³/7 + …) to the tenth power, for 0 ≤ w ≤ 0.0295.
#[inline(always)]
const fn odd_series(w: f64) -> f64 {
    let w2 = w * w;
    let w4 = w2 * w2;
    let low = (2.0 / 3.0 + w * (2.0 / 5.0)) + w2 * (2.0 / 7.0 + w * (2.0 / 9.0));
    let high = (2.0 / 11.0 + w * (2.0 / 13.0)) + w2 * (2.0 / 15.0 + w * (2.0 / 17.0));
    w * (low + w4 * (high + w4 * (2.0 / 19.0 + w * (2.0 / 21.0))))
}

#[cold]
const fn special_ln(x: f64) -> f64 {
    /// 2^54, which lifts the smallest numbers to where they have all their digits.
    const LIFT: f64 = 18_014_398_509_481_984.0;
    if x == 0.0 {
        f64::NEG_INFINITY
    } else if x > 0.0 && x < f64::MIN_POSITIVE {
        ln(x * LIFT) - 54.0 * (LN2_HIGH + LN2_LOW)
    } else if x > 0.0 {
        x
    } else {
        f64::NAN
    }
}

/// `x^y` for x ≥ 0, to a relative 1e-15 × |y ln x|.
#[inline]
#[must_use]
pub const fn power(x: f64, y: f64) -> f64 {
    exp(y * ln(x))
}

/// ln Γ(x) for x > 0 to an absolute 1e-12 × (1 + |ln Γ(x)|), by Stirling's series from 10 on.
#[must_use]
pub const fn ln_gamma(x: f64) -> f64 {
    const HALF_LN_TAU: f64 = 0.918_938_533_204_672_7;
    let (mut x, mut below) = (x, 1.0);
    while x < 10.0 {
        below *= x;
        x += 1.0;
    }
    let r = 1.0 / (x * x);
    let series = 1.0 / 12.0 - r * (1.0 / 360.0 - r * (1.0 / 1_260.0 - r * (1.0 / 1_680.0 - r / 1_188.0)));
    (x - 0.5) * ln(x) - x + HALF_LN_TAU + series / x - ln(below)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `libm` is an independent oracle, exact to about half a unit in the last place.
    #[test]
    fn exponentials_are_exact_to_fifteen_digits() {
        let mut worst: f64 = 0.0;
        for step in -140_000..=140_000 {
            let x = f64::from(step) * 0.005_000_1;
            worst = worst.max((exp(x) / libm::exp(x) - 1.0).abs());
        }
        assert!(worst < 1e-15, "relative error {worst:e}");
        assert_eq!((exp(0.0), exp(-1e9), exp(1e9)), (1.0, 0.0, f64::INFINITY));
        assert_eq!((exp(f64::NEG_INFINITY), exp(f64::INFINITY)), (0.0, f64::INFINITY));
        assert!((exp(705.0) / libm::exp(705.0) - 1.0).abs() < 2e-15 && exp(710.0) == f64::INFINITY);
        assert!((exp(-705.0) / libm::exp(-705.0) - 1.0).abs() < 2e-15 && exp(-746.0) == 0.0);
        assert!(exp(f64::NAN).is_nan());
    }

    #[test]
    fn logarithms_are_exact_to_fifteen_digits() {
        let mut worst: f64 = 0.0;
        let mut compare = |x: f64| {
            let (found, wanted) = (ln(x), libm::log(x));
            worst = worst.max(if wanted == 0.0 { found.abs() } else { (found / wanted - 1.0).abs() });
        };
        for step in -100_000..=100_000 {
            // Every size, and the neighbourhood of 1, where the logarithm loses its own.
            compare(libm::exp(f64::from(step) * 0.007_05));
            compare(1.0 + f64::from(step) * 9.7e-6);
            compare(1.0 + f64::from(step) * 1e-15);
        }
        assert!(worst < 6e-16, "relative error {worst:e}");
        assert_eq!((ln(1.0), ln(0.0), ln(f64::INFINITY)), (0.0, f64::NEG_INFINITY, f64::INFINITY));
        assert!(ln(-1.0).is_nan() && ln(f64::NAN).is_nan());
        assert!((ln(5e-324) / libm::log(5e-324) - 1.0).abs() < 1e-15);
    }

    #[test]
    fn powers_and_gammas_agree_with_libm() {
        for (x, y) in [(2.0, 0.5), (0.001, -0.4), (7.3, 12.0), (1.0, 9.0), (0.0, 0.3)] {
            assert!((power(x, y) - libm::pow(x, y)).abs() <= 1e-14 * libm::pow(x, y), "{x}^{y}");
        }
        for step in 1..4_000 {
            let x = f64::from(step) * 0.13;
            let wanted = libm::lgamma(x);
            assert!((ln_gamma(x) - wanted).abs() <= 1e-12 * (1.0 + wanted.abs()), "{x}");
        }
    }

    #[test]
    fn many_at_once_are_the_same_numbers() {
        for far in [0.0, 1e9] {
            let values: Vec<f64> = (0..100).map(|step| f64::from(step) * 0.37 - 20.0).chain([far]).collect();
            let mut each = values.clone();
            exp_each(&mut each);
            assert_eq!(each, values.into_iter().map(exp).collect::<Vec<_>>());
        }
    }

    /// Bits, so that a change of a coefficient or of an order of sums is seen on any machine.
    #[test]
    fn golden_vectors_hold_the_mathematics_still() {
        let found = [exp(1.0), exp(-20.5), exp(300.25), ln(10.0), ln(0.75), ln(1e-300), ln_gamma(3.5)];
        let bits = found.map(f64::to_bits);
        assert_eq!(bits, GOLDEN, "{found:?}");
    }

    const GOLDEN: [u64; 7] = [
        4613303445314885481,
        4473616198666092715,
        6557801412890934542,
        4612367379483415830,
        13822226076269861778,
        13872659378474614709,
        4608087523440659040,
    ];
}
