//! A mean over replications with its uncertainty, and how much the replications can tell at all.

use crate::outcome::OutcomeRange;

use super::skew::Moments;

/// Chance that the printed interval misses the mean, where the method is exact.
const TAIL: f64 = 0.05;

/// A mean over replications and how well it is known.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Estimate {
    /// The mean over the replications in which the value exists.
    pub mean: f64,
    /// Standard deviation between replications; absent for a single one.
    pub sd: Option<f64>,
    /// The wider side of the 95 % interval, as a distance from the mean; absent for a single replication, 0 if all are
    /// equal.
    pub half_width: Option<f64>,
    /// Replications in which the value exists.
    pub replications: u32,
    /// Equal in all of at least two replications.
    pub constant: bool,
    /// Replications whose value is not the most frequent one: what there is to learn from where most are alike.
    pub apart: u32,
    /// The largest share that one replication has in the sum of what keeps off 0 (0 to 1).
    pub heaviest: f64,
    skew: f64,
    interval: Option<(f64, f64)>,
    range: OutcomeRange,
    /// The values are of resamples: their spread is the error of the mean, not of one value.
    resampled: bool,
}

impl Estimate {
    /// From one value a replication, in their order; `None` without values.
    #[must_use]
    pub fn of(values: &[f64]) -> Option<Self> {
        Estimate::within(values, OutcomeRange::ANY)
    }

    /// The same of an outcome that cannot leave a range; neither does its interval.
    #[must_use]
    pub fn within(values: &[f64], range: OutcomeRange) -> Option<Self> {
        let (&first, replications) = (values.first()?, values.len() as u32);
        let ends =
            values.iter().fold((first, first), |(low, high), &value| (low.min(value), high.max(value)));
        // Whatever was seen is possible.
        let range = OutcomeRange { low: range.low.min(ends.0), high: range.high.max(ends.1) };
        if ends.0 == ends.1 {
            return Some(Estimate { range, ..Estimate::alike(first, replications) });
        }
        let moments = Moments::of(values);
        let mut estimate = Estimate {
            mean: moments.mean,
            sd: Some(moments.sd),
            half_width: None,
            replications,
            constant: false,
            apart: replications - most_frequent(values),
            heaviest: heaviest(values),
            skew: moments.skew,
            interval: None,
            range,
            resampled: false,
        };
        estimate.interval = estimate.interval_at(TAIL);
        estimate.half_width =
            estimate.interval.map(|(low, high)| (moments.mean - low).max(high - moments.mean));
        Some(estimate)
    }

    /// The same value `replications` times.
    #[must_use]
    pub fn alike(value: f64, replications: u32) -> Self {
        let repeated = replications > 1;
        let spread = repeated.then_some(0.0);
        Estimate {
            mean: value,
            sd: spread,
            half_width: spread,
            replications,
            constant: repeated,
            apart: 0,
            heaviest: 1.0 / f64::from(replications.max(1)),
            skew: 0.0,
            interval: repeated.then_some((value, value)),
            range: OutcomeRange::ANY,
            resampled: false,
        }
    }

    /// The value of a run with the uncertainty that its resamples show: Student's t interval around the value, whose error is
    /// the standard deviation of the resamples (B. Efron and R. Tibshirani, An Introduction to the Bootstrap, 1993,
    /// chapters 6 and 12), with the correction for their skewness.
    #[must_use]
    pub fn resampled(value: f64, resamples: &[f64], range: OutcomeRange) -> Option<Self> {
        let spread = Estimate::within(resamples, range)?;
        let range = OutcomeRange { low: spread.range.low.min(value), high: spread.range.high.max(value) };
        if spread.constant {
            return Some(Estimate { range, ..Estimate::alike(value, spread.replications) });
        }
        let mut estimate = Estimate { mean: value, interval: None, range, resampled: true, ..spread };
        estimate.interval = estimate.interval_at(TAIL);
        estimate.half_width = estimate.interval.map(|(low, high)| (value - low).max(high - value));
        Some(estimate)
    }

    /// The 95 % interval; `None` for a single replication.
    #[must_use]
    pub fn interval(&self) -> Option<(f64, f64)> {
        self.interval
    }

    /// The interval that misses the mean with about the probability `tail`, half of it on either side; `None` for a
    /// single replication.
    #[must_use]
    pub fn interval_at(&self, tail: f64) -> Option<(f64, f64)> {
        if self.constant {
            return self.interval;
        }
        let (low, high) = self.moments()?.interval(tail);
        Some((low.max(self.range.low), high.min(self.range.high)))
    }

    /// Two-sided p-value of the hypothesis that the mean is 0; `None` where there is nothing to test: a single
    /// replication or a constant.
    #[must_use]
    pub fn p_value(&self) -> Option<f64> {
        self.p_value_of(0.0)
    }

    /// Two-sided p-value of the hypothesis that the mean is `value`; `None` as above.
    #[must_use]
    pub fn p_value_of(&self, value: f64) -> Option<f64> {
        self.moments().map(|moments| Moments { mean: moments.mean - value, ..moments }.p_value())
    }

    /// Skewness between replications; 0 where there are too few to say.
    #[must_use]
    pub fn skew(&self) -> f64 {
        self.skew
    }

    /// True if most replications are alike: what the mean consists of happened in few of them.
    #[must_use]
    pub fn rare(&self) -> bool {
        self.replications > 1 && 2 * self.apart <= self.replications
    }

    /// The lowest and highest mean that are possible.
    #[must_use]
    pub fn range(&self) -> OutcomeRange {
        self.range
    }

    /// The same of an outcome that cannot leave a range.
    pub(super) fn possible(self, range: OutcomeRange) -> Self {
        let (low, high) = self.interval.unwrap_or((self.mean, self.mean));
        Estimate { range: OutcomeRange { low: range.low.min(low), high: range.high.max(high) }, ..self }
    }

    /// The same in another unit (`factor` above 0).
    #[must_use]
    pub fn scaled(&self, factor: f64) -> Self {
        Estimate {
            mean: self.mean * factor,
            sd: self.sd.map(|sd| sd * factor),
            half_width: self.half_width.map(|half| half * factor),
            interval: self.interval.map(|(low, high)| (low * factor, high * factor)),
            range: OutcomeRange { low: self.range.low * factor, high: self.range.high * factor },
            ..*self
        }
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
        if self.resampled {
            // More resamples of the same customers say no more about others.
            return None;
        }
        let Some(moments) = self.moments() else {
            return self.sd.filter(|_| target > 0.0).map(|_| 2);
        };
        let enough = |n: u32| moments.wider_side(TAIL, n) < target;
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

    /// What the interval is made from; `None` for a single replication and for a constant.
    fn moments(&self) -> Option<Moments> {
        let sd = self.sd.filter(|&sd| sd > 0.0)?;
        // The error of a mean is its deviation over √n, and its skewness the values' over √n.
        let scale = if self.resampled { libm::sqrt(f64::from(self.replications)) } else { 1.0 };
        Some(Moments { mean: self.mean, sd: sd * scale, skew: self.skew * scale, n: self.replications })
    }

    /// A made-up one with an even interval.
    #[cfg(test)]
    pub(crate) fn made_up(mean: f64, half_width: f64, replications: u32) -> Self {
        let t = super::student::quantile_95(replications - 1);
        Estimate {
            mean,
            sd: Some(half_width * libm::sqrt(f64::from(replications)) / t),
            half_width: Some(half_width),
            constant: half_width == 0.0,
            apart: replications - 1,
            interval: Some((mean - half_width, mean + half_width)),
            ..Estimate::alike(mean, replications)
        }
    }
}

/// Probability that must be allowed for what none of `n` independent replications has shown: it would have stayed unseen
/// with a chance of `tail` (the rule of three: about 3 / n at 5 %).
#[must_use]
pub fn unseen(n: u32, tail: f64) -> f64 {
    if n == 0 { 1.0 } else { 1.0 - libm::pow(tail, 1.0 / f64::from(n)) }
}

fn most_frequent(values: &[f64]) -> u32 {
    let mut sorted = values.to_vec();
    sorted.sort_unstable_by(f64::total_cmp);
    sorted.chunk_by(|a, b| a == b).map(|alike| alike.len() as u32).max().unwrap_or(0)
}

fn heaviest(values: &[f64]) -> f64 {
    let (sum, most) = values
        .iter()
        .fold((0.0_f64, 0.0_f64), |(sum, most), value| (sum + value.abs(), most.max(value.abs())));
    if sum > 0.0 { most / sum } else { 0.0 }
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
    fn the_spread_of_resamples_is_the_error_of_the_value() {
        // Mean 10 and standard deviation 1 of 200 resamples, around a value of 10.2: t(199) is 1.972.
        let off = libm::sqrt(199.0 / 200.0);
        let values: Vec<f64> =
            (0..200).map(|index| if index % 2 == 0 { 10.0 - off } else { 10.0 + off }).collect();
        let estimate = Estimate::resampled(10.2, &values, OutcomeRange::ANY).unwrap();
        let (low, high) = estimate.interval().unwrap();
        assert!((low - (10.2 - 1.972)).abs() < 1e-3 && (high - (10.2 + 1.972)).abs() < 1e-3, "{low}, {high}");
        assert!(estimate.p_value().unwrap() < 1e-6 && estimate.p_value_of(11.0).unwrap() > 0.3);
        assert_eq!(estimate.replications_to_separate(11.0), None);
        let alike = Estimate::resampled(3.0, &[3.0; 50], OutcomeRange::ANY).unwrap();
        assert!(alike.constant && alike.interval() == Some((3.0, 3.0)));
    }

    #[test]
    fn an_interval_stays_where_its_outcome_can_be() {
        let share = OutcomeRange { low: 0.0, high: 1.0 };
        let rare = [0.0, 0.0, 0.0, 0.02, 0.9, 0.0];
        let (low, high) = Estimate::within(&rare, share).unwrap().interval().unwrap();
        assert_eq!(low, 0.0);
        assert!(high <= 1.0 && high > 0.3, "{high}");
        let amounts = [0.0, 0.0, 5.0, 0.0, 40.0];
        assert_eq!(
            Estimate::within(&amounts, OutcomeRange::NOT_NEGATIVE).unwrap().interval().unwrap().0,
            0.0
        );
        assert!(Estimate::of(&[-1.0, 0.0, 5.0, 0.0, 40.0]).unwrap().interval().unwrap().0 < 0.0);
    }

    #[test]
    fn how_much_there_is_to_learn_from_is_counted() {
        let rare = Estimate::of(&[0.0, 3.0, 0.0, 0.0, 1.0]).unwrap();
        assert_eq!((rare.apart, rare.rare(), rare.heaviest), (2, true, 0.75));
        let usual = Estimate::of(&[1.0, 2.0, 3.0, 4.0, 5.0]).unwrap();
        assert_eq!((usual.apart, usual.rare()), (4, false));
        // The rule of three: ten alike leave room for 26 %.
        assert!((unseen(10, 0.05) - 0.258_9).abs() < 1e-4);
    }

    #[test]
    fn the_foreseen_number_of_replications_is_the_first_that_is_enough() {
        let sd = 1.0;
        let estimate = Estimate { sd: Some(sd), ..Estimate::made_up(1.0, 0.5, 10) };
        let cases = [(0.5, Some(18)), (0.9, Some(387)), (1.0, None)];
        for (value, expected) in cases {
            assert_eq!(estimate.replications_to_separate(value), expected, "{value}");
        }
    }
}
