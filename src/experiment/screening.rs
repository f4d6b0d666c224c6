//! Which of many settings is best: paired comparisons on the same demand, and how sure they are.
//!
//! Entrants that are shown to be worse, or to break a condition, leave; the rest get more replications. Each comparison
//! is one-sided at 5 % divided by the number of other entrants and of rounds (Bonferroni). The best setting then leaves
//! by chance, or is better than the chosen one by more than the stated gap, with a probability of at most 5 %: of all
//! comparisons, only those of the best with each other entrant have to hold for that.

use crate::scenario::Comparison;

use super::thresholds::rule_on;
use super::{Estimate, FEWEST, Ruling, student};

/// Chance that the statement about the chosen one is false.
const ERROR: f64 = 0.05;

/// A setting that competes.
#[derive(Debug, Clone, PartialEq)]
pub struct Entrant {
    /// The outcome in every replication, turned so that less is better.
    pub costs: Vec<Option<f64>>,
    /// By condition, the outcome it is about in every replication.
    pub limited: Vec<Vec<Option<f64>>>,
    /// Where it stands.
    pub standing: Standing,
}

/// Where an entrant stands.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Standing {
    /// Still competes.
    In,
    /// Shown to be worse than one that keeps the conditions.
    Beaten,
    /// Shown to break a condition.
    Breaks,
    /// Left without a verdict, because the budget was too small for all.
    SetAside,
    /// The outcome does not apply to it.
    Absent,
}

impl Standing {
    /// The words used in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Standing::In => "not told apart",
            Standing::Beaten => "worse",
            Standing::Breaks => "breaks a condition",
            Standing::SetAside => "set aside",
            Standing::Absent => "does not apply",
        }
    }
}

/// A condition's comparison and value.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Limit {
    /// How it compares.
    pub comparison: Comparison,
    /// With what.
    pub value: f64,
}

/// What the comparisons are corrected for.
#[derive(Debug, Clone, PartialEq)]
pub struct Rules {
    /// Conditions.
    pub limits: Vec<Limit>,
    /// Entrants at the beginning.
    pub entrants: usize,
    /// Most rounds after which entrants can leave.
    pub rounds: u32,
}

impl Rules {
    /// One-sided level of one comparison with another entrant.
    fn level(&self) -> f64 {
        ERROR / (self.entrants.saturating_sub(1).max(1) as f64 * f64::from(self.rounds.max(1)))
    }

    /// Two-sided level of the interval by which an entrant leaves for a broken condition.
    fn limit_tail(&self) -> f64 {
        let family = self.entrants * self.limits.len().max(1);
        2.0 * ERROR / (family.max(1) as f64 * f64::from(self.rounds.max(1)))
    }
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq)]
pub struct Choice {
    /// The entrant chosen.
    pub entrant: usize,
    /// Whether it keeps all conditions, by 95 % intervals as thresholds are judged.
    pub feasible: Ruling,
    /// With 95 % confidence no entrant that may keep the conditions is better by more than this; infinite if one of
    /// them has too few replications to say.
    pub gap: f64,
    /// Others that may be as good or better, by their means.
    pub rivals: Vec<usize>,
}

/// Lets entrants leave that are shown to be worse than a feasible one or to break a condition.
pub fn screen(entrants: &mut [Entrant], rules: &Rules) {
    for entrant in entrants.iter_mut().filter(|entrant| entrant.standing == Standing::In) {
        if entrant.costs.iter().all(Option::is_none) {
            entrant.standing = Standing::Absent;
        } else if judged(entrant, rules, Some(rules.limit_tail())) == Ruling::Fail {
            entrant.standing = Standing::Breaks;
        }
    }
    let survivors = standing_in(entrants);
    let feasible: Vec<usize> = survivors
        .iter()
        .copied()
        .filter(|&index| judged(&entrants[index], rules, None) == Ruling::Pass)
        .collect();
    let beaten = |index: usize| {
        let others = feasible.iter().filter(|&&other| other != index);
        let gap = |other: usize| upper_bound(&entrants[other], &entrants[index], rules.level());
        others.into_iter().any(|&other| gap(other) < 0.0)
    };
    let leave: Vec<usize> = survivors.iter().copied().filter(|&index| beaten(index)).collect();
    leave.into_iter().for_each(|index| entrants[index].standing = Standing::Beaten);
}

/// The entrants that still compete, the most promising first: feasible before undecided, then by the mean.
#[must_use]
pub fn by_promise(entrants: &[Entrant], rules: &Rules) -> Vec<usize> {
    let mut order = standing_in(entrants);
    let mean = |index: usize| mean(&entrants[index].costs).unwrap_or(f64::INFINITY);
    let rank = |index: usize| match judged(&entrants[index], rules, None) {
        Ruling::Pass => 0,
        Ruling::Undecided { .. } => 1,
        Ruling::Fail => 2,
    };
    order.sort_by(|&a, &b| rank(a).cmp(&rank(b)).then(mean(a).total_cmp(&mean(b))));
    order
}

/// Chooses among those that still compete; `None` if none does.
#[must_use]
pub fn choose(entrants: &[Entrant], rules: &Rules) -> Option<Choice> {
    let entrant = *by_promise(entrants, rules).first()?;
    let own = &entrants[entrant];
    let feasible = judged(own, rules, None);
    let may_be_best = |index: usize| {
        index != entrant && !matches!(entrants[index].standing, Standing::Breaks | Standing::Absent)
    };
    let mut gap: f64 = 0.0;
    let mut rivals: Vec<usize> = (0..entrants.len()).filter(|&index| may_be_best(index)).collect();
    rivals.retain(|&index| {
        let bound = upper_bound(own, &entrants[index], rules.level());
        // One that was beaten by another is no rival, whatever its distance from the chosen one.
        let rival = entrants[index].standing != Standing::Beaten && bound >= 0.0;
        if rival {
            gap = gap.max(bound);
        }
        rival
    });
    rivals.sort_by(|&a, &b| {
        let mean = |index: usize| mean(&entrants[index].costs).unwrap_or(f64::INFINITY);
        mean(a).total_cmp(&mean(b))
    });
    Some(Choice { entrant, feasible, gap, rivals })
}

fn standing_in(entrants: &[Entrant]) -> Vec<usize> {
    (0..entrants.len()).filter(|&index| entrants[index].standing == Standing::In).collect()
}

/// The worst ruling over the conditions, by intervals of this two-sided tail (5 % if none is given).
fn judged(entrant: &Entrant, rules: &Rules, tail: Option<f64>) -> Ruling {
    let ruling = |(values, limit): (&Vec<Option<f64>>, &Limit)| {
        let present: Vec<f64> = values.iter().copied().flatten().collect();
        let Some(mut estimate) = Estimate::of(&present) else {
            return Ruling::Undecided { replications: None };
        };
        if let (Some(tail), Some(sd)) = (tail, estimate.sd) {
            let n = estimate.replications;
            let half =
                if sd > 0.0 { student::quantile(tail, n - 1) * sd / libm::sqrt(f64::from(n)) } else { 0.0 };
            estimate.half_width = Some(half);
        }
        rule_on(values, &estimate, limit.comparison, limit.value)
    };
    entrant.limited.iter().zip(&rules.limits).map(ruling).max().unwrap_or(Ruling::Pass)
}

/// Upper bound of what `a` costs more than `b`, one-sided at `level`, over the replications both have; infinite where
/// there are too few to say.
fn upper_bound(a: &Entrant, b: &Entrant, level: f64) -> f64 {
    let Some(estimate) = paired(&a.costs, &b.costs).filter(|estimate| estimate.replications >= FEWEST) else {
        return f64::INFINITY;
    };
    match estimate.sd {
        Some(sd) if sd > 0.0 => {
            let n = estimate.replications;
            estimate.mean + student::quantile(2.0 * level, n - 1) * sd / libm::sqrt(f64::from(n))
        }
        _ => estimate.mean,
    }
}

/// The mean difference over the replications both have.
#[must_use]
pub fn paired(a: &[Option<f64>], b: &[Option<f64>]) -> Option<Estimate> {
    let differences: Vec<f64> = a.iter().zip(b).filter_map(|(a, b)| Some((*a)? - (*b)?)).collect();
    Estimate::of(&differences)
}

fn mean(values: &[Option<f64>]) -> Option<f64> {
    let present: Vec<f64> = values.iter().copied().flatten().collect();
    Estimate::of(&present).map(|estimate| estimate.mean)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::outcome::synthetic::Numbers;

    /// Entrants with true costs `means`, noise they share and a little of their own.
    fn entrants(means: &[f64], replications: usize, seed: u64) -> Vec<Entrant> {
        let mut numbers = Numbers(seed.wrapping_mul(7_919) + 1);
        let mut noise = |size: f64| {
            // The sum of four uniforms is close enough to normal.
            size * ((0..4).map(|_| numbers.below(1_000_000) as f64 / 1e6).sum::<f64>() - 2.0)
        };
        let shared: Vec<f64> = (0..replications).map(|_| noise(3.0)).collect();
        let entrant = |&mean: &f64| Entrant {
            costs: shared.iter().map(|shared| Some(mean + shared + noise(0.1))).collect(),
            limited: Vec::new(),
            standing: Standing::In,
        };
        means.iter().map(entrant).collect()
    }

    fn rules(entrants: usize) -> Rules {
        Rules { limits: Vec::new(), entrants, rounds: 3 }
    }

    #[test]
    fn what_is_worse_leaves_although_the_shared_noise_is_thirty_times_larger() {
        let mut field = entrants(&[1.0, 1.5, 2.0, 1.01], 20, 1);
        let rules = rules(4);
        screen(&mut field, &rules);
        let standings: Vec<Standing> = field.iter().map(|entrant| entrant.standing).collect();
        assert_eq!(standings, [Standing::In, Standing::Beaten, Standing::Beaten, Standing::In]);
        let choice = choose(&field, &rules).unwrap();
        assert_eq!((choice.entrant == 0 || choice.entrant == 3, choice.rivals.len()), (true, 1));
        assert!(choice.gap < 0.15, "{}", choice.gap);
    }

    #[test]
    fn the_statement_holds_in_at_least_95_of_100_searches() {
        let truth = [1.0, 1.02, 1.05, 1.1, 1.3];
        let holds = |seed: u64| {
            let mut field = entrants(&truth, 10, seed);
            let rules = rules(truth.len());
            screen(&mut field, &rules);
            let choice = choose(&field, &rules).expect("somebody is left");
            truth[choice.entrant] - 1.0 <= choice.gap
        };
        // At a level of 95 % and 400 searches, 366 or fewer would have a chance of a thousandth.
        assert!((0..400).filter(|&seed| holds(seed)).count() >= 366);
    }

    #[test]
    fn conditions_come_first_and_nobody_leaves_for_one_that_may_break_them() {
        let mut field = entrants(&[1.0, 2.0, 3.0], 20, 5);
        let limit = |at: f64, spread: f64| {
            (0..20).map(|index| Some(at + spread * f64::from(index % 5 - 2))).collect()
        };
        field[0].limited = vec![limit(0.2, 0.001)];
        field[1].limited = vec![limit(0.1, 0.05)];
        field[2].limited = vec![limit(0.05, 0.001)];
        let rules = Rules { limits: vec![Limit { comparison: Comparison::Less, value: 0.1 }], ..rules(3) };
        screen(&mut field, &rules);
        let standings: Vec<Standing> = field.iter().map(|entrant| entrant.standing).collect();
        assert_eq!(standings, [Standing::Breaks, Standing::In, Standing::In]);
        let choice = choose(&field, &rules).unwrap();
        assert_eq!((choice.entrant, choice.feasible, choice.rivals), (2, Ruling::Pass, vec![1]));
    }

    #[test]
    fn an_outcome_that_does_not_apply_leaves_the_field() {
        let mut field = entrants(&[1.0, 2.0], 10, 1);
        field[0].costs = vec![None; 10];
        screen(&mut field, &rules(2));
        assert_eq!(field[0].standing, Standing::Absent);
        assert_eq!(choose(&field, &rules(2)).map(|choice| choice.entrant), Some(1));
    }
}
