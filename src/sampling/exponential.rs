//! The exponential function, inlined: lognormal draws call it once each.
//!
//! `libm::exp` is exact to half a unit in the last place but three times as slow. This one uses nothing but IEEE sums
//! and products in a fixed order, so that its bytes are the same on every platform too.

/// Where the short computation holds.
const RANGE: f64 = 700.0;

/// `e^x` to a relative 1e-15; far outside the usual range `libm` takes over.
#[inline]
#[must_use]
pub fn exp(x: f64) -> f64 {
    if x > -RANGE && x < RANGE { within_range(x) } else { libm::exp(x) }
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
fn within_range(x: f64) -> f64 {
    /// ln 2 in two parts, the first with so few bits that its multiples are exact.
    const LN2_HIGH: f64 = 6.931_471_803_691_238e-1;
    const LN2_LOW: f64 = 1.908_214_929_270_587_7e-10;
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
fn series(r: f64) -> f64 {
    let r2 = r * r;
    let r4 = r2 * r2;
    let r8 = r4 * r4;
    let low = (1.0 + r) + r2 * (1.0 / 2.0 + r * (1.0 / 6.0));
    let middle = (1.0 / 24.0 + r * (1.0 / 120.0)) + r2 * (1.0 / 720.0 + r * (1.0 / 5_040.0));
    let high = (1.0 / 40_320.0 + r * (1.0 / 362_880.0)) + r2 * (1.0 / 3_628_800.0 + r * (1.0 / 39_916_800.0));
    let highest = 1.0 / 479_001_600.0 + r * (1.0 / 6_227_020_800.0);
    low + r4 * middle + r8 * (high + r4 * highest)
}

#[cfg(test)]
mod tests {
    use super::{exp, exp_each};

    #[test]
    fn it_agrees_with_libm() {
        let mut worst: f64 = 0.0;
        for step in -140_000..=140_000 {
            let x = f64::from(step) * 0.005_000_1;
            worst = worst.max((exp(x) / libm::exp(x) - 1.0).abs());
        }
        assert!(worst < 1e-15, "relative error {worst:e}");
        assert_eq!((exp(0.0), exp(-1e9), exp(1e9)), (1.0, 0.0, f64::INFINITY));
        assert!(exp(f64::NAN).is_nan());
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
}
