//! Distributions given by a table: discrete values, quantiles, mixtures.

use super::dist::{Dist, DistError, wanted};

/// Some values with weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Discrete {
    values: Vec<f64>,
    /// Share up to and including each value; the last is 1.
    cumulative: Vec<f64>,
}

/// Running shares of weights; the last is exactly 1.
fn cumulative(weights: impl Iterator<Item = f64> + Clone) -> Result<Vec<f64>, DistError> {
    for weight in weights.clone() {
        wanted("weight", weight, weight >= 0.0, "a number not below 0")?;
    }
    let total: f64 = weights.clone().sum();
    wanted("weight", total, total > 0.0, "weights of which one is above 0")?;
    let mut shares: Vec<f64> = weights
        .scan(0.0, |sum, weight| {
            *sum += weight;
            Some(*sum / total)
        })
        .collect();
    // A trailing weight of zero must stay unreachable, so every share equal to the last becomes 1.
    let last = shares.last().copied().unwrap_or(1.0);
    for share in shares.iter_mut().rev().take_while(|share| **share == last) {
        *share = 1.0;
    }
    Ok(shares)
}

/// Index of the first share above `p`.
fn find(cumulative: &[f64], p: f64) -> usize {
    cumulative.partition_point(|share| *share <= p).min(cumulative.len() - 1)
}

impl Discrete {
    /// From pairs (value, weight).
    pub(super) fn new(pairs: &[(f64, f64)]) -> Result<Self, DistError> {
        let mut pairs = pairs.to_vec();
        for (value, _) in &pairs {
            wanted("value", *value, true, "a number")?;
        }
        // Sorted by value, so that a share is a quantile.
        pairs.sort_by(|a, b| a.0.total_cmp(&b.0));
        let cumulative = cumulative(pairs.iter().map(|pair| pair.1))?;
        Ok(Discrete { values: pairs.into_iter().map(|pair| pair.0).collect(), cumulative })
    }

    /// The value at share `p` of `[0, 1)`.
    #[must_use]
    pub fn at(&self, p: f64) -> f64 {
        self.values[find(&self.cumulative, p)]
    }

    /// Share at or below `x`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        match self.values.partition_point(|value| *value <= x) {
            0 => 0.0,
            count => self.cumulative[count - 1],
        }
    }

    /// The same shares over values times `factor`, which is above 0.
    pub(super) fn scaled(&self, factor: f64) -> Discrete {
        let values = self.values.iter().map(|value| value * factor).collect();
        Discrete { values, cumulative: self.cumulative.clone() }
    }

    /// Pairs (value, share).
    pub fn pairs(&self) -> impl Iterator<Item = (f64, f64)> + '_ {
        let before = std::iter::once(0.0).chain(self.cumulative.iter().copied());
        self.values
            .iter()
            .zip(self.cumulative.iter().zip(before))
            .map(|(value, (to, from))| (*value, to - from))
    }
}

/// Knots of a quantile function, linear between them.
#[derive(Debug, Clone, PartialEq)]
pub struct QuantileTable {
    /// (probability, value), both rising.
    knots: Vec<(f64, f64)>,
}

impl QuantileTable {
    /// From knots whose probabilities rise from 0 to 1 and whose values do not fall.
    pub(super) fn new(knots: &[(f64, f64)]) -> Result<Self, DistError> {
        wanted("quantiles", knots.len() as f64, knots.len() >= 2, "at least two knots")?;
        for (p, value) in knots {
            wanted("quantiles", *value, true, "numbers")?;
            wanted("quantiles", *p, (0.0..=1.0).contains(p), "probabilities between 0 and 1")?;
        }
        for pair in knots.windows(2) {
            wanted("quantiles", pair[1].0, pair[1].0 > pair[0].0, "rising probabilities")?;
            wanted("quantiles", pair[1].1, pair[1].1 >= pair[0].1, "values that do not fall")?;
        }
        let (first, last) = (knots[0].0, knots[knots.len() - 1].0);
        wanted("quantiles", first, first == 0.0, "a first probability of 0")?;
        wanted("quantiles", last, last == 1.0, "a last probability of 1")?;
        Ok(QuantileTable { knots: knots.to_vec() })
    }

    /// The value at share `p`.
    #[must_use]
    pub fn at(&self, p: f64) -> f64 {
        let next = self.knots.partition_point(|knot| knot.0 <= p).clamp(1, self.knots.len() - 1);
        let ((p0, v0), (p1, v1)) = (self.knots[next - 1], self.knots[next]);
        v0 + (v1 - v0) * ((p - p0) / (p1 - p0)).clamp(0.0, 1.0)
    }

    /// Share at or below `x`.
    #[must_use]
    pub fn cdf(&self, x: f64) -> f64 {
        let next = self.knots.partition_point(|knot| knot.1 <= x);
        if next == 0 {
            return 0.0;
        }
        if next == self.knots.len() {
            return 1.0;
        }
        let ((p0, v0), (p1, v1)) = (self.knots[next - 1], self.knots[next]);
        p0 + (p1 - p0) * (x - v0) / (v1 - v0)
    }

    /// The mean, exactly.
    #[must_use]
    pub fn mean(&self) -> f64 {
        self.knots.windows(2).map(|pair| (pair[1].0 - pair[0].0) * 0.5 * (pair[0].1 + pair[1].1)).sum()
    }

    /// The same probabilities over values times `factor`, which is above 0.
    pub(super) fn scaled(&self, factor: f64) -> QuantileTable {
        QuantileTable { knots: self.knots.iter().map(|(p, value)| (*p, value * factor)).collect() }
    }

    /// The knots (probability, value).
    #[must_use]
    pub fn knots(&self) -> &[(f64, f64)] {
        &self.knots
    }
}

/// Several distributions with weights.
#[derive(Debug, Clone, PartialEq)]
pub struct Mixture {
    parts: Vec<Dist>,
    cumulative: Vec<f64>,
}

impl Mixture {
    /// From pairs (weight, distribution).
    pub(super) fn new(parts: Vec<(f64, Dist)>) -> Result<Self, DistError> {
        wanted("mixture", parts.len() as f64, !parts.is_empty(), "at least one part")?;
        let cumulative = cumulative(parts.iter().map(|part| part.0))?;
        Ok(Mixture { parts: parts.into_iter().map(|part| part.1).collect(), cumulative })
    }

    /// The part at share `p`.
    #[must_use]
    pub fn choose(&self, p: f64) -> &Dist {
        &self.parts[find(&self.cumulative, p)]
    }

    /// Pairs (share, part).
    pub fn parts(&self) -> impl Iterator<Item = (f64, &Dist)> + '_ {
        let before = std::iter::once(0.0).chain(self.cumulative.iter().copied());
        self.parts.iter().zip(self.cumulative.iter().zip(before)).map(|(part, (to, from))| (to - from, part))
    }

    /// The same weights over other parts.
    pub(super) fn map(&self, change: impl FnMut(&Dist) -> Dist) -> Mixture {
        Mixture { parts: self.parts.iter().map(change).collect(), cumulative: self.cumulative.clone() }
    }
}
