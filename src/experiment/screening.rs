//! Which of many settings is best: paired comparisons on the same demand, and how sure they are.
//!
//! Standings are a function of what has been measured, made anew after each round. A setting is out while it is shown to
//! break a condition, or to be worse than one that is *surely feasible*: one that keeps every condition by the same strict
//! interval by which others are found to break them. If that one leaves, those it had beaten come back. So a setting that
//! keeps a condition by luck eliminates nobody.
//!
//! The error budget is 5 % for the whole search: half for comparisons of costs, half for conditions. Each is divided by
//! the comparisons that must hold and by the rounds (Bonferroni). For costs these are the comparisons of the best setting
//! with each other one, one-sided; for conditions, each condition of each setting.

use crate::outcome::OutcomeRange;
use crate::scenario::Comparison;

use super::ruling::{known_interval, rule_on};
use super::{Doubt, Estimate, FEWEST_ALIKE, Ruling};

/// Chance that a comparison of costs misleads the search.
const COST_ERROR: f64 = 0.025;

/// Chance that a setting is wrongly found to keep or to break a condition.
const CONDITION_ERROR: f64 = 0.025;

/// A setting that competes.
#[derive(Debug, Clone, PartialEq)]
pub struct Entrant {
    /// The outcome in every replication, turned so that less is better.
    pub costs: Vec<Option<f64>>,
    /// By condition, the outcome it is about.
    pub limited: Vec<Limited>,
    /// Where it stands.
    pub standing: Standing,
}

/// The outcome that a condition is about.
#[derive(Debug, Clone, PartialEq)]
pub struct Limited {
    /// One value a replication.
    pub values: Vec<Option<f64>>,
    /// How far a replication that nobody has seen could lie from all others where they are alike.
    pub reach: f64,
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
    /// Where the outcome can lie.
    pub range: OutcomeRange,
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
    /// Two-sided tail of the interval of one comparison with another entrant, of which one side counts.
    fn cost_tail(&self) -> f64 {
        2.0 * COST_ERROR / (self.entrants.saturating_sub(1).max(1) as f64 * f64::from(self.rounds.max(1)))
    }

    /// Two-sided tail of the interval by which an entrant keeps or breaks a condition; it can be wrong on one side only.
    fn condition_tail(&self) -> f64 {
        let family = self.entrants.max(1) * self.limits.len().max(1);
        2.0 * CONDITION_ERROR / (family as f64 * f64::from(self.rounds.max(1)))
    }
}

/// What a search came to.
#[derive(Debug, Clone, PartialEq)]
pub struct SearchResult {
    /// The entrant chosen.
    pub entrant: usize,
    /// Whether it keeps all conditions, by the strict intervals of the search.
    pub feasible: Ruling,
    /// With 95 % confidence no entrant that may keep the conditions is better by more than this; infinite if one of
    /// them has too few replications to say.
    pub gap: f64,
    /// Others that may be as good or better, by their means.
    pub rivals: Vec<usize>,
}

/// Judges every entrant that was not set aside anew: out are those shown to break a condition, or to be worse than one
/// that is surely feasible.
pub fn screen(entrants: &mut [Entrant], rules: &Rules) {
    for entrant in entrants.iter_mut().filter(|entrant| entrant.standing != Standing::SetAside) {
        entrant.standing = if entrant.costs.iter().all(Option::is_none) {
            Standing::Absent
        } else if judged(entrant, rules) == Ruling::Fail {
            Standing::Breaks
        } else {
            Standing::In
        };
    }
    let feasible: Vec<usize> = standing_in(entrants)
        .into_iter()
        .filter(|&index| judged(&entrants[index], rules) == Ruling::Pass)
        .collect();
    let beaten = |index: usize| {
        let others = feasible.iter().filter(|&&other| other != index);
        others.into_iter().any(|&other| upper_bound(&entrants[other], &entrants[index], rules) < 0.0)
    };
    let leave: Vec<usize> = standing_in(entrants).into_iter().filter(|&index| beaten(index)).collect();
    leave.into_iter().for_each(|index| entrants[index].standing = Standing::Beaten);
}

/// The entrants that still compete, the most promising first: surely feasible, then those whose means keep the conditions,
/// then the others; each by the mean of the costs.
#[must_use]
pub fn by_promise(entrants: &[Entrant], rules: &Rules) -> Vec<usize> {
    let mut order = standing_in(entrants);
    let mean = |index: usize| mean(&entrants[index].costs).unwrap_or(f64::INFINITY);
    let rank = |index: usize| match judged(&entrants[index], rules) {
        Ruling::Pass => 0,
        Ruling::Undecided { .. } if means_keep(&entrants[index], rules) => 1,
        Ruling::Undecided { .. } => 2,
        Ruling::Fail => 3,
    };
    let mut ranked: Vec<(u8, f64, usize)> =
        order.iter().map(|&index| (rank(index), mean(index), index)).collect();
    ranked.sort_by(|a, b| a.0.cmp(&b.0).then(a.1.total_cmp(&b.1)));
    order.clear();
    order.extend(ranked.into_iter().map(|(_, _, index)| index));
    order
}

/// Chooses among those that still compete; `None` if none does.
#[must_use]
pub fn choose(entrants: &[Entrant], rules: &Rules) -> Option<SearchResult> {
    let entrant = *by_promise(entrants, rules).first()?;
    let own = &entrants[entrant];
    let feasible = judged(own, rules);
    let may_be_best = |index: usize| {
        index != entrant && !matches!(entrants[index].standing, Standing::Breaks | Standing::Absent)
    };
    let mut gap: f64 = 0.0;
    let mut rivals: Vec<usize> = (0..entrants.len()).filter(|&index| may_be_best(index)).collect();
    rivals.retain(|&index| {
        let bound = upper_bound(own, &entrants[index], rules);
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
    Some(SearchResult { entrant, feasible, gap, rivals })
}

fn standing_in(entrants: &[Entrant]) -> Vec<usize> {
    (0..entrants.len()).filter(|&index| entrants[index].standing == Standing::In).collect()
}

/// The worst ruling over the conditions.
fn judged(entrant: &Entrant, rules: &Rules) -> Ruling {
    let ruling = |(limited, limit): (&Limited, &Limit)| {
        let Some(estimate) = estimate(limited, limit) else {
            return Ruling::undecided(Doubt::Absent, None);
        };
        let condition = (limit.comparison, limit.value);
        rule_on(&limited.values, &estimate, condition, limited.reach, rules.condition_tail())
    };
    entrant.limited.iter().zip(&rules.limits).map(ruling).max().unwrap_or(Ruling::Pass)
}

fn estimate(limited: &Limited, limit: &Limit) -> Option<Estimate> {
    let present: Vec<f64> = limited.values.iter().copied().flatten().collect();
    Estimate::within(&present, limit.range)
}

/// True if every condition holds by the means.
fn means_keep(entrant: &Entrant, rules: &Rules) -> bool {
    let keeps = |(limited, limit): (&Limited, &Limit)| {
        estimate(limited, limit).is_some_and(|estimate| limit.comparison.holds(estimate.mean, limit.value))
    };
    entrant.limited.iter().zip(&rules.limits).all(keeps)
}

/// Upper bound of what `a` costs more than `b`, over the replications both have; infinite where too little is known.
fn upper_bound(a: &Entrant, b: &Entrant, rules: &Rules) -> f64 {
    match paired(&a.costs, &b.costs) {
        Some(estimate) if estimate.constant && estimate.replications >= FEWEST_ALIKE => estimate.mean,
        Some(estimate) if !estimate.constant => {
            known_interval(&estimate, rules.cost_tail()).map_or(f64::INFINITY, |(_, high)| high)
        }
        _ => f64::INFINITY,
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

    fn limited(values: impl Iterator<Item = f64>) -> Limited {
        Limited { values: values.map(Some).collect(), reach: f64::INFINITY }
    }

    fn below(value: f64) -> Limit {
        Limit { comparison: Comparison::Less, value, range: OutcomeRange::ANY }
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
        let limit =
            |at: f64, spread: f64| limited((0..20).map(|index| at + spread * f64::from(index % 5 - 2)));
        field[0].limited = vec![limit(0.2, 0.001)];
        field[1].limited = vec![limit(0.1, 0.05)];
        field[2].limited = vec![limit(0.05, 0.001)];
        let rules = Rules { limits: vec![below(0.1)], ..rules(3) };
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

    #[test]
    fn only_the_surely_feasible_eliminate_and_the_beaten_come_back_when_their_beater_leaves() {
        let mut field = entrants(&[1.0, 2.0], 20, 3);
        let rules = Rules { limits: vec![below(0.1)], ..rules(2) };
        // The cheap one keeps the condition by its mean, even by its 95 % interval, but not surely.
        field[0].limited = vec![limited((0..20).map(|index| 0.07 + 0.042 * f64::from(index % 5 - 2)))];
        field[1].limited = vec![limited((0..20).map(|index| 0.05 + 0.001 * f64::from(index % 5 - 2)))];
        let estimate =
            Estimate::of(&field[0].limited[0].values.iter().flatten().copied().collect::<Vec<_>>()).unwrap();
        assert!(estimate.interval_at(0.05).unwrap().1 < 0.1, "{estimate:?}");
        screen(&mut field, &rules);
        assert_eq!(field[1].standing, Standing::In);
        // With less spread it is sure, and beats the other.
        field[0].limited = vec![limited((0..20).map(|index| 0.07 + 0.001 * f64::from(index % 5 - 2)))];
        screen(&mut field, &rules);
        assert_eq!(field[1].standing, Standing::Beaten);
        // It turns out to break the condition: the other comes back.
        field[0].limited = vec![limited((0..20).map(|index| 0.2 + 0.001 * f64::from(index % 5 - 2)))];
        screen(&mut field, &rules);
        let standings: Vec<Standing> = field.iter().map(|entrant| entrant.standing).collect();
        assert_eq!(standings, [Standing::Breaks, Standing::In]);
        assert_eq!(
            choose(&field, &rules).map(|choice| (choice.entrant, choice.feasible)),
            Some((1, Ruling::Pass))
        );
    }
}
