//! Skewness in intervals and tests of a mean: Hall's monotone cubic transformation of Student's statistic.
//!
//! P. Hall, "On the removal of skewness by transformation", J. R. Statist. Soc. B 54 (1992) 221–228. The transformed
//! statistic is compared with Student's t. Without skewness nothing is transformed: it is the plain t-interval.

use crate::deliberate::Deliberate;

use super::student;

/// Below this number of values a sample says nothing about its skewness.
pub(super) const FEWEST: u32 = 5;

/// Hall's constants for a Studentized mean.
const A: f64 = 1.0 / 3.0;
const B: f64 = 1.0 / 6.0;

/// The moments of a sample of at least two values that differ.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moments {
    pub mean: f64,
    /// Unbiased standard deviation.
    pub sd: f64,
    /// Third central moment over the cubed standard deviation, both over n; 0 for fewer than [`FEWEST`] values.
    pub skew: f64,
    pub n: u32,
}

impl Moments {
    pub fn of(values: &[f64]) -> Self {
        let n = values.len() as f64;
        let mean = values.iter().sum::<f64>() / n;
        let (squares, cubes) = values.iter().fold((0.0, 0.0), |(squares, cubes), value| {
            let off = value - mean;
            (squares + off * off, cubes + off * off * off)
        });
        let variance = squares / n;
        let known = values.len() as u32 >= FEWEST && variance > 0.0;
        let skew = if known { cubes / n / (variance * libm::sqrt(variance)) } else { 0.0 };
        let freedom = if Deliberate::SpreadOverN.is_made() { n } else { n - 1.0 };
        Moments { mean, sd: libm::sqrt(squares / freedom), skew, n: values.len() as u32 }
    }

    fn error(&self) -> f64 {
        self.sd / libm::sqrt(f64::from(self.n))
    }

    /// The interval outside of which the mean lies with about the probability `tail`, half of it on either side.
    pub fn interval(&self, tail: f64) -> (f64, f64) {
        let t =
            if tail == 0.05 { student::quantile_95(self.n - 1) } else { student::quantile(tail, self.n - 1) };
        (self.mean - self.error() * self.untransformed(t), self.mean - self.error() * self.untransformed(-t))
    }

    /// The wider side of that interval after `n` replications, if their spread and skewness stay what they are.
    pub fn wider_side(&self, tail: f64, n: u32) -> f64 {
        let then = Moments { n, ..*self };
        let (low, high) = then.interval(tail);
        (self.mean - low).max(high - self.mean)
    }

    /// Two-sided p-value of the hypothesis that the mean is 0: the larger one of Student's test, which exaggerates
    /// what is skewed, and of the transformed one, which exaggerates what seems skewed by chance.
    pub fn p_value(&self) -> f64 {
        let t = self.mean / self.error();
        let df = self.n - 1;
        let p = student::two_sided_tail(t, df).max(student::two_sided_tail(self.transformed(t), df));
        if Deliberate::OneSidedPValue.is_made() { p / 2.0 } else { p }
    }

    fn transformed(&self, t: f64) -> f64 {
        let (root, skew) = (libm::sqrt(f64::from(self.n)), A * self.skew);
        t + (skew * t * t + B * self.skew) / root + skew * skew * t * t * t / (3.0 * root * root)
    }

    /// The statistic whose transformed value is `t`.
    fn untransformed(&self, t: f64) -> f64 {
        let (root, skew) = (libm::sqrt(f64::from(self.n)), A * self.skew);
        if skew.abs() < 1e-9 || Deliberate::SkewIgnored.is_made() {
            return t;
        }
        let inside = 1.0 + 3.0 * skew * (t / root - B * self.skew / (root * root));
        root / skew * (libm::cbrt(inside) - 1.0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_transformation_is_undone() {
        let moments = Moments::of(&[0.0, 1.0, 1.0, 2.0, 9.0, 3.0]);
        assert!(moments.skew > 1.0);
        for t in [-6.0, -1.0, 0.0, 0.5, 4.0] {
            assert!((moments.untransformed(moments.transformed(t)) - t).abs() < 1e-9, "{t}");
        }
    }

    #[test]
    fn an_even_sample_has_the_plain_interval_and_a_skewed_one_reaches_to_its_long_side() {
        let even = Moments::of(&[1.0, 2.0, 3.0, 4.0, 5.0]);
        let half = student::quantile_95(4) * even.sd / libm::sqrt(5.0);
        let (low, high) = even.interval(0.05);
        assert!((low - (3.0 - half)).abs() < 1e-6 && (high - (3.0 + half)).abs() < 1e-6);
        let skewed = Moments::of(&[1.0, 1.0, 2.0, 2.0, 14.0]);
        let (low, high) = skewed.interval(0.05);
        assert!(high - skewed.mean > 2.0 * (skewed.mean - low), "{low} {high}");
        let (left, right) = Moments::of(&[-1.0, -1.0, -2.0, -2.0, -14.0]).interval(0.05);
        assert!((left + high).abs() < 1e-9 && (right + low).abs() < 1e-9, "it is the same on either side");
    }
}
