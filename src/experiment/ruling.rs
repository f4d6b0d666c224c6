//! When an outcome's replications decide on a limit, and why they do not.
//!
//! Below five replications nothing is decided. Where most replications are alike (a rare outcome) twenty are needed, of
//! which five differ; where all are alike, the rule of three says how much may have stayed unseen. What is skewed has to
//! keep off the limit with a wider interval.

use crate::outcome::OutcomeRange;
use crate::scenario::Comparison;

use super::estimate::unseen;
use super::{Estimate, FEWEST, FEWEST_ALIKE, FEWEST_RARE};

/// Two-sided tail of the usual interval.
pub(super) const TAIL: f64 = 0.05;

/// Skewness beyond which an interval by moments is too short on its long side.
const SKEWED: f64 = 1.0;

/// Fewest replications that differ from the others before a rare outcome's size counts as known.
const FEWEST_APART: u32 = 5;

/// A share of a sum that no single replication may have in something that counts as known.
const HALF: f64 = 0.5;

/// What a threshold comes to, from good to bad: the worst one decides the exit code.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Ruling {
    /// Holds on the whole interval (or in every replication).
    Pass,
    /// The interval holds values on both sides, or the replications are too few to say.
    Undecided {
        /// How many replications in all would probably decide it, if that can be foreseen.
        replications: Option<u32>,
        /// What is missing.
        why: Doubt,
    },
    /// Fails on the whole interval (or in some replication).
    Fail,
}

/// Why a limit is undecided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Doubt {
    /// The outcome applies in no replication.
    Absent,
    /// There are fewer than five replications.
    Few,
    /// All replications are alike, and too few to rule out what none has shown.
    AllAlike,
    /// It happened in too few replications.
    Rare,
    /// One replication holds half of the sum.
    OneCarriesHalf,
    /// The limit lies in the interval.
    Near,
}

impl Doubt {
    /// What people read.
    #[must_use]
    pub const fn text(self) -> &'static str {
        match self {
            Doubt::Absent => "the outcome does not apply",
            Doubt::Few => "fewer than 5 replications decide nothing",
            Doubt::AllAlike => "all replications are alike, and too few to rule out what none has shown",
            Doubt::Rare => "it happened in too few replications",
            Doubt::OneCarriesHalf => "one replication holds half of the sum",
            Doubt::Near => "the limit lies in the interval",
        }
    }
}

impl Ruling {
    /// The word used in messages.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Ruling::Pass => "pass",
            Ruling::Undecided { .. } => "undecided",
            Ruling::Fail => "fail",
        }
    }

    pub(super) const fn undecided(why: Doubt, replications: Option<u32>) -> Self {
        Ruling::Undecided { replications, why }
    }
}

/// The ruling on one outcome's values, one a replication. `reach` is how far a replication that nobody has seen could
/// lie from all others where they are alike, `tail` the two-sided tail of the interval.
pub(super) fn rule_on(
    values: &[Option<f64>],
    estimate: &Estimate,
    (comparison, limit): (Comparison, f64),
    reach: f64,
    tail: f64,
) -> Ruling {
    let every = |holds: &dyn Fn(f64) -> bool| {
        if values.iter().copied().flatten().all(holds) { Ruling::Pass } else { Ruling::Fail }
    };
    match comparison {
        Comparison::Equal | Comparison::NotEqual => every(&|value| comparison.holds(value, limit)),
        ordered => rule_on_mean(estimate, (ordered, limit), reach, tail),
    }
}

fn rule_on_mean(estimate: &Estimate, condition: (Comparison, f64), reach: f64, tail: f64) -> Ruling {
    let OutcomeRange { low, high } = estimate.range();
    if let Some(certain) = on_interval((low, high), condition) {
        return certain;
    }
    if estimate.constant && estimate.replications >= FEWEST {
        return rule_on_alike(estimate, condition, reach, tail);
    }
    match known_interval(estimate, tail) {
        Err(why) => Ruling::undecided(why, foreseen(estimate, why)),
        Ok(interval) => on_interval(interval, condition).unwrap_or_else(|| {
            Ruling::undecided(Doubt::Near, estimate.replications_to_separate(condition.1))
        }),
    }
}

/// Why the mean is not known, however narrow its interval looks. Not for what is alike in all replications.
pub(super) fn doubt(estimate: &Estimate) -> Option<Doubt> {
    let n = estimate.replications;
    if n < FEWEST {
        Some(Doubt::Few)
    } else if estimate.rare() && (n < FEWEST_RARE || estimate.apart < FEWEST_APART) {
        Some(Doubt::Rare)
    } else {
        (estimate.heaviest >= HALF).then_some(Doubt::OneCarriesHalf)
    }
}

/// The interval by which something is decided: wider than the printed one where values are skewed, and none where too
/// little is known. Not for what is alike in all replications.
pub(super) fn known_interval(estimate: &Estimate, tail: f64) -> Result<(f64, f64), Doubt> {
    if let Some(doubt) = doubt(estimate) {
        return Err(doubt);
    }
    // Few skewed values hide how long their tail is; the measured rates are in docs/statistics.md.
    let skewed = estimate.rare() || estimate.skew().abs() > SKEWED;
    let tail = match estimate.replications {
        n if n < FEWEST_RARE && skewed => tail / 50.0,
        n if n < FEWEST_ALIKE || skewed => tail / 5.0,
        n if n < FEWEST_RARE && estimate.skew().abs() > SKEWED / 2.0 => tail / 5.0,
        _ => tail,
    };
    estimate.interval_at(tail).ok_or(Doubt::Few)
}

/// How many replications would probably do away with a doubt.
pub(super) fn foreseen(estimate: &Estimate, why: Doubt) -> Option<u32> {
    let n = estimate.replications;
    match why {
        Doubt::Few => Some(FEWEST),
        Doubt::OneCarriesHalf => Some(n.saturating_mul(2).max(FEWEST_RARE)),
        Doubt::Rare => {
            // As often as until now.
            let needed = u64::from(n) * u64::from(FEWEST_APART) / u64::from(estimate.apart.max(1));
            Some(u32::try_from(needed).unwrap_or(u32::MAX).max(FEWEST_RARE).max(n + 1))
        }
        Doubt::Absent | Doubt::AllAlike | Doubt::Near => None,
    }
}

/// All replications are alike: what happens in fewer than one of `n` would not have been seen.
fn rule_on_alike(estimate: &Estimate, condition: (Comparison, f64), reach: f64, tail: f64) -> Ruling {
    let (n, value, range) = (estimate.replications, estimate.mean, estimate.range());
    let interval_after = |n: u32| {
        let off = if reach == 0.0 { 0.0 } else { unseen(n, tail) * reach };
        ((value - off).max(range.low), (value + off).min(range.high))
    };
    let enough = |n: u32| {
        (reach == 0.0 || n >= FEWEST_RARE).then(|| on_interval(interval_after(n), condition)).flatten()
    };
    enough(n).unwrap_or_else(|| {
        const FORESEEN: u32 = 1_000_000;
        let needed = enough(FORESEEN).map(|_| {
            let (mut low, mut high) = (n, FORESEEN);
            while high - low > 1 {
                let middle = low + (high - low) / 2;
                if enough(middle).is_some() { high = middle } else { low = middle }
            }
            high
        });
        Ruling::undecided(Doubt::AllAlike, needed)
    })
}

/// Pass or fail where the whole interval lies on one side.
fn on_interval((low, high): (f64, f64), (comparison, limit): (Comparison, f64)) -> Option<Ruling> {
    let (passes, fails) = match comparison {
        Comparison::Less => (high < limit, low >= limit),
        Comparison::LessOrEqual => (high <= limit, low > limit),
        Comparison::Greater => (low > limit, high <= limit),
        _ => (low >= limit, high < limit),
    };
    match (passes, fails) {
        (true, _) => Some(Ruling::Pass),
        (_, true) => Some(Ruling::Fail),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn ruled(estimate: &Estimate, comparison: Comparison, limit: f64) -> Ruling {
        rule_on_mean(estimate, (comparison, limit), f64::INFINITY, TAIL)
    }

    #[test]
    fn an_order_is_judged_on_the_whole_interval() {
        use Comparison::{Greater, GreaterOrEqual, Less, LessOrEqual};
        let known = |mean: f64, half: f64| Estimate::made_up(mean, half, 10);
        let cases = [
            (known(4.0, 0.5), Less, 5.0, "pass"),
            (known(4.0, 1.5), Less, 5.0, "undecided"),
            (known(6.0, 0.5), Less, 5.0, "fail"),
            (known(6.0, 0.5), Greater, 5.0, "pass"),
            (known(4.0, 0.5), GreaterOrEqual, 5.0, "fail"),
            (known(4.0, 0.5), LessOrEqual, 5.0, "pass"),
            (Estimate::alike(4.0, 1), Less, 5.0, "undecided"),
            (Estimate::made_up(4.0, 0.5, 4), Less, 5.0, "undecided"),
        ];
        for (estimate, comparison, limit, expected) in cases {
            assert_eq!(ruled(&estimate, comparison, limit).name(), expected, "{estimate:?} {comparison:?}");
        }
    }

    #[test]
    fn what_is_alike_by_chance_decides_nothing_and_what_is_drawn_nowhere_everything() {
        let zeros =
            |n: u32| Estimate::within(&vec![0.0; n as usize], crate::outcome::OutcomeRange::SHARE).unwrap();
        let ruling = |n: u32, reach: f64| rule_on_mean(&zeros(n), (Comparison::Less, 0.05), reach, TAIL);
        // The rule of three: 0.05 ^ (1 / n) is above 0.95 from 59 on.
        assert_eq!(ruling(10, 1.0), Ruling::undecided(Doubt::AllAlike, Some(59)));
        assert_eq!(ruling(58, 1.0).name(), "undecided");
        assert_eq!(ruling(59, 1.0), Ruling::Pass);
        // A hundred organizations of which one can weigh ten: 5.9 times as fast, but never below twenty.
        assert_eq!(ruling(19, 0.1).name(), "undecided");
        assert_eq!(ruling(20, 0.1), Ruling::Pass);
        assert_eq!(ruling(5, 0.0), Ruling::Pass);
        assert_eq!(ruling(1_000, f64::INFINITY), Ruling::undecided(Doubt::AllAlike, None));
    }

    #[test]
    fn what_happened_in_few_replications_decides_nothing() {
        let mut values = vec![0.0; 17];
        values.extend([1.0, 2.0, 1.5]);
        let rare = Estimate::of(&values).unwrap();
        assert_eq!(ruled(&rare, Comparison::Less, 100.0), Ruling::undecided(Doubt::Rare, Some(33)));
        let carried = Estimate::of(&[1.0, 2.0, 1.5, 2.5, 30.0]).unwrap();
        assert_eq!(
            ruled(&carried, Comparison::Less, 1e9),
            Ruling::undecided(Doubt::OneCarriesHalf, Some(20))
        );
    }

    #[test]
    fn equality_is_judged_on_every_replication() {
        let zero = |values: &[f64]| {
            let all: Vec<Option<f64>> = values.iter().copied().map(Some).collect();
            rule_on(&all, &Estimate::of(values).unwrap(), (Comparison::Equal, 0.0), 1.0, TAIL)
        };
        assert_eq!(zero(&[0.0, 0.0]), Ruling::Pass);
        assert_eq!(zero(&[0.0, 0.0, 0.1]), Ruling::Fail);
    }
}
