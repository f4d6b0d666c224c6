//! Which assumption moves the answer: one at a time, and Morris' elementary effects.

use super::ruling::known_interval;
use super::{Estimate, FEWEST_ALIKE};

/// What one assumption does to an outcome when it alone goes from low to high.
#[derive(Debug, Clone, PartialEq)]
pub struct Swing {
    /// The assumption's key, as written.
    pub key: String,
    /// Its low setting, as written.
    pub low_setting: String,
    /// Its high setting, as written.
    pub high_setting: String,
    /// The outcome as assumed.
    pub base: f64,
    /// The outcome at the low setting.
    pub low: f64,
    /// The outcome at the high setting.
    pub high: f64,
    /// Where the outcome may lie at the low setting, the base being as measured: the 95 % interval of the paired difference
    /// to it; absent for a single replication.
    pub low_interval: Option<(f64, f64)>,
    /// Likewise at the high setting.
    pub high_interval: Option<(f64, f64)>,
    /// The wider side of the 95 % interval of the paired difference between the two that lie farthest apart; absent for a
    /// single replication.
    pub half_width: Option<f64>,
    /// True if the order of the policies by this outcome differs from the order at the base setting.
    pub ranking_changes: bool,
}

impl Swing {
    /// How far the outcome moves: from the lowest to the highest of low, base and high.
    #[must_use]
    pub fn width(&self) -> f64 {
        let all = [self.low, self.base, self.high];
        all.into_iter().fold(f64::NEG_INFINITY, f64::max) - all.into_iter().fold(f64::INFINITY, f64::min)
    }
}

/// The swings, widest first; equal ones keep their order.
#[must_use]
pub fn widest_first(mut swings: Vec<Swing>) -> Vec<Swing> {
    swings.sort_by(|a, b| b.width().total_cmp(&a.width()));
    swings
}

/// True if two lists of outcomes put the policies in different orders. Values closer than `tolerance` count as equal
/// and never change an order.
#[must_use]
pub fn ranking_changes(base: &[f64], other: &[f64], tolerance: f64) -> bool {
    let order = |values: &[f64], a: usize, b: usize| {
        let difference = values[a] - values[b];
        if difference.abs() <= tolerance { 0 } else { difference.signum() as i8 }
    };
    let count = base.len().min(other.len());
    let pairs = (0..count).flat_map(|a| (a + 1..count).map(move |b| (a, b)));
    pairs.map(|(a, b)| order(base, a, b) * order(other, a, b)).any(|product| product < 0)
}

/// Two policies of which one is shown ahead at the base setting and the other at another setting.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Swap {
    /// Lower at the base setting.
    pub lower_before: usize,
    /// Lower at the other setting.
    pub lower_after: usize,
}

/// The pairs of policies that are shown to change places: their paired difference keeps off 0 at both settings, on
/// different sides, with intervals of this two-sided tail. Nothing is shown below five replications.
#[must_use]
pub fn swaps(
    base: &dyn Fn(usize, usize) -> Option<Estimate>,
    other: &dyn Fn(usize, usize) -> Option<Estimate>,
    policies: usize,
    tail: f64,
) -> Vec<Swap> {
    let shown = |estimate: Estimate| match estimate.constant {
        true => estimate.interval().filter(|_| estimate.replications >= FEWEST_ALIKE),
        false => known_interval(&estimate, tail).ok(),
    };
    let side = |estimate: Option<Estimate>| match estimate.and_then(shown) {
        Some((low, _)) if low > 0.0 => 1,
        Some((_, high)) if high < 0.0 => -1,
        _ => 0,
    };
    let pairs = (0..policies).flat_map(|a| (a + 1..policies).map(move |b| (a, b)));
    let swapped = |(a, b): (usize, usize)| match (side(base(a, b)), side(other(a, b))) {
        (-1, 1) => Some(Swap { lower_before: a, lower_after: b }),
        (1, -1) => Some(Swap { lower_before: b, lower_after: a }),
        _ => None,
    };
    pairs.filter_map(swapped).collect()
}

/// Morris' summary of one assumption's elementary effects.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Morris {
    /// Mean of the absolute effects (μ*): how much it matters.
    pub mean_absolute: f64,
    /// Standard deviation of the effects (σ): how much that depends on the other assumptions.
    pub sd: f64,
}

/// Summarizes the elementary effects of one assumption; `None` without effects.
#[must_use]
pub fn morris(effects: &[f64]) -> Option<Morris> {
    let count = effects.len() as f64;
    if effects.is_empty() {
        return None;
    }
    let mean = effects.iter().sum::<f64>() / count;
    let squares: f64 = effects.iter().map(|effect| (effect - mean) * (effect - mean)).sum();
    let sd = if effects.len() > 1 { libm::sqrt(squares / (count - 1.0)) } else { 0.0 };
    Some(Morris { mean_absolute: effects.iter().map(|effect| effect.abs()).sum::<f64>() / count, sd })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ranking_changes_when_a_pair_swaps() {
        let cases: [(&[f64], &[f64], f64, bool); 4] = [
            (&[1.0, 2.0, 3.0], &[1.0, 2.5, 2.6], 0.0, false),
            (&[1.0, 2.0, 3.0], &[1.0, 3.5, 3.0], 0.0, true),
            (&[1.0, 2.0, 3.0], &[1.0, 3.5, 3.0], 0.6, false),
            (&[1.0, 1.0], &[1.0, 2.0], 0.0, false),
        ];
        for (base, other, tolerance, expected) in cases {
            assert_eq!(ranking_changes(base, other, tolerance), expected, "{base:?} {other:?}");
        }
    }

    #[test]
    fn a_swap_has_to_be_shown_at_both_settings() {
        let known = |mean: f64, half: f64| move |_: usize, _: usize| Some(Estimate::made_up(mean, half, 10));
        let found = swaps(&known(-1.0, 0.5), &known(1.0, 0.5), 2, 0.05);
        assert_eq!(found, [Swap { lower_before: 0, lower_after: 1 }]);
        assert!(swaps(&known(-1.0, 0.5), &known(1.0, 1.5), 2, 0.05).is_empty());
        assert!(swaps(&known(-1.0, 0.5), &known(-2.0, 0.5), 2, 0.05).is_empty());
    }

    #[test]
    fn a_swing_reaches_over_the_base() {
        // Both ends lie below the base, as where a quota is used best by what was assumed.
        let swing = |low: f64, base: f64, high: f64| Swing {
            key: String::new(),
            low_setting: String::new(),
            high_setting: String::new(),
            base,
            low,
            high,
            low_interval: None,
            high_interval: None,
            half_width: None,
            ranking_changes: false,
        };
        assert_eq!(swing(-10.0, 0.0, -12.0).width(), 12.0);
        assert_eq!(swing(1.0, 2.0, 4.0).width(), 3.0);
    }

    #[test]
    fn opposite_effects_do_not_hide_each_other() {
        // Effects 2 and −2: mean 0, mean of the absolute ones 2, sd √8.
        let found = morris(&[2.0, -2.0]).unwrap();
        assert_eq!(found.mean_absolute, 2.0);
        assert!((found.sd - 8.0_f64.sqrt()).abs() < 1e-12);
        assert_eq!(morris(&[]), None);
    }
}
