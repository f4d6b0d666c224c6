//! A mean over replications with its uncertainty.

use super::student;

/// A mean over replications and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean over the replications in which the value exists.
    pub mean: f64,
    /// Standard deviation between replications; absent for a single one.
    pub sd: Option<f64>,
    /// Half the width of the 95 % t-interval; absent for a single replication, 0 if all are equal.
    pub half_width: Option<f64>,
    /// Replications in which the value exists.
    pub replications: u32,
    /// Equal in all of at least two replications.
    pub constant: bool,
}

impl Estimate {
    /// From one value a replication, in their order; `None` without values.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        let (&first, replications) = (values.first()?, values.len() as u32);
        if values.iter().all(|&value| value == first) {
            return Some(Estimate::alike(first, replications));
        }
        let n = f64::from(replications);
        let mean = values.iter().sum::<f64>() / n;
        let squares: f64 = values.iter().map(|value| (value - mean) * (value - mean)).sum();
        let sd = libm::sqrt(squares / (n - 1.0));
        let half_width = student::quantile_95(replications - 1) * sd / libm::sqrt(n);
        Some(Estimate { mean, sd: Some(sd), half_width: Some(half_width), replications, constant: false })
    }

    /// The same value `replications` times.
    #[must_use]
    pub fn alike(value: f64, replications: u32) -> Self {
        let repeated = replications > 1;
        let spread = repeated.then_some(0.0);
        Estimate { mean: value, sd: spread, half_width: spread, replications, constant: repeated }
    }

    /// The 95 % interval; `None` for a single replication.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.half_width.map(|half| (self.mean - half, self.mean + half))
    }

    /// Two-sided p-value of the hypothesis that the mean is 0; `None` where there is nothing to test: a single
    /// replication or a constant.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        let sd = self.sd.filter(|&sd| sd > 0.0)?;
        let t = self.mean / (sd / libm::sqrt(f64::from(self.replications)));
        Some(student::two_sided_tail(t, self.replications - 1))
    }

    /// How many replications in all would probably separate the mean from `value`; `None` if that cannot be foreseen.
    #[must_use]
    pub fn replications_to_separate(&self, value: f64) -> Option<u32> {
        self.replications_for_half_width((self.mean - value).abs())
    }

    /// How many replications in all would probably bring the half-width below `target`; `None` if that cannot be
    /// foreseen: a single replication, a target of 0, or more than a thousand million.
    #[must_use]
    pub fn replications_for_half_width(&self, target: f64) -> Option<u32> {
        const LIMIT: u32 = 1_000_000_000;
        let sd = self.sd?;
        let enough = |n: u32| student::quantile_95(n - 1) * sd / libm::sqrt(f64::from(n)) < target;
        if !enough(LIMIT) {
            return None;
        }
        // The half-width falls with n, so the first n that is enough can be bisected.
        let (mut low, mut high) = (1, LIMIT);
        while high - low > 1 {
            let middle = low + (high - low) / 2;
            if enough(middle) { high = middle } else { low = middle }
        }
        Some(high)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_hand_computed_interval() {
        // 1, 2, 3, 4: mean 2.5, sd √(5/3) = 1.290994, t(3) = 3.182446, half-width 3.182446 · 1.290994 / 2 = 2.054260.
        let estimate = Estimate::of(&[1.0, 2.0, 3.0, 4.0]).unwrap();
        assert_eq!(estimate.mean, 2.5);
        assert!((estimate.sd.unwrap() - 1.290_994).abs() < 1e-6);
        assert!((estimate.half_width.unwrap() - 2.054_260).abs() < 1e-5);
        assert!(!estimate.constant);
    }

    #[test]
    fn one_replication_has_no_interval_and_equal_ones_a_closed_one() {
        let single = Estimate::of(&[0.1]).unwrap();
        assert_eq!((single.interval(), single.constant, single.p_value()), (None, false, None));
        let equal = Estimate::of(&[0.1, 0.1, 0.1]).unwrap();
        assert_eq!((equal.interval(), equal.constant), (Some((0.1, 0.1)), true));
        assert_eq!(Estimate::of(&[]), None);
    }

    #[test]
    fn the_foreseen_number_of_replications_is_the_first_that_is_enough() {
        let estimate =
            Estimate { mean: 1.0, sd: Some(1.0), half_width: Some(0.5), replications: 10, constant: false };
        let cases = [(0.5, Some(18)), (0.9, Some(387)), (1.0, None)];
        for (value, expected) in cases {
            assert_eq!(estimate.replications_to_separate(value), expected, "{value}");
        }
    }
}
