//! Outcomes at many settings of a scenario, and which of them nobody would give up.

use std::collections::BTreeSet;

use crate::outcome::{Direction, METRICS, Scope};

use super::ruling::known_interval;
use super::screening::paired;
use super::{Estimate, FEWEST, Measurements, fewest_alike};

/// Settings that were tried and what was measured at each.
#[derive(Debug, Clone)]
pub struct Sweep {
    /// The keys that were varied, as written.
    pub keys: Vec<String>,
    /// The points, in the order in which they were asked for.
    pub points: Vec<SweepPoint>,
    /// Every set of measurements that points refer to. Points that differ in policy keys alone share one: they were
    /// accounts of the same organizations and met the same demand.
    pub measurements: Vec<Measurements>,
    /// False if points are missing because the sweep was interrupted.
    pub complete: bool,
}

/// One setting of every key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SweepPoint {
    /// Its number in the order asked for; numbers are missing where an interrupted sweep did not get to a point.
    pub number: usize,
    /// One value a key, as written.
    pub settings: Vec<String>,
    /// Index into the sweep's measurements.
    pub measurements: usize,
    /// The policies at this point.
    pub policies: Vec<PolicyAt>,
}

/// A policy at a point.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicyAt {
    /// Its name in the scenario.
    pub name: String,
    /// Its index in the measurements.
    pub index: usize,
}

/// An outcome to be made small or large.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Objective {
    /// Index into `METRICS`.
    pub metric: usize,
    /// The scope.
    pub scope: Scope,
    /// Whether less or more of it is wanted.
    pub aim: Aim,
}

/// Whether less or more is wanted.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Aim {
    /// Less.
    Minimize,
    /// More.
    Maximize,
}

impl Objective {
    /// The aim that the outcome's own direction gives; `None` for an outcome without one, whose aim must be said.
    #[must_use]
    pub fn by_direction(metric: usize, scope: Scope) -> Option<Self> {
        let aim = match METRICS.get(metric)?.direction {
            Direction::Lower => Aim::Minimize,
            Direction::Higher => Aim::Maximize,
            Direction::Neutral => return None,
        };
        Some(Objective { metric, scope, aim })
    }
}

/// One policy at one point, a candidate for the front.
#[derive(Debug, Clone, PartialEq)]
pub struct Candidate {
    /// Index of the point.
    pub point: usize,
    /// The policy's name.
    pub policy: String,
    /// One estimate an objective.
    pub estimates: Vec<Estimate>,
    /// True if no other candidate is at least as good in every objective and better in one, by the means.
    pub on_front: bool,
    /// Whether it belongs to the front, as far as that is known.
    pub membership: Membership,
    /// By objective, one value a replication, turned so that less is better.
    costs: Vec<Vec<Option<f64>>>,
}

/// Whether a candidate belongs to the Pareto front, by paired intervals that hold with 95 % for all candidates together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Membership {
    /// Shown to be better than each other candidate in some objective.
    On,
    /// Not enough is known.
    Undecided,
    /// Another one is shown to be better in some objective, and better or equal in all.
    Off,
}

impl Membership {
    /// The word used in files and tables.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Membership::On => "yes",
            Membership::Undecided => "undecided",
            Membership::Off => "no",
        }
    }
}

impl Sweep {
    /// The estimate of an outcome for a policy at a point.
    #[must_use]
    pub fn estimate(
        &self,
        point: &SweepPoint,
        policy: &PolicyAt,
        scope: Scope,
        metric: usize,
    ) -> Option<Estimate> {
        self.measurements.get(point.measurements)?.estimate(policy.index, scope, metric)
    }

    /// Every policy at every point with the objectives' estimates, those on the Pareto front marked. Candidates to
    /// which an objective does not apply are left out, and so is a policy that the keys do not touch after its first
    /// point: it is the same account.
    #[must_use]
    pub fn candidates(&self, objectives: &[Objective]) -> Vec<Candidate> {
        let (mut candidates, mut seen) = (Vec::new(), BTreeSet::new());
        for (index, point) in self.points.iter().enumerate() {
            for policy in &point.policies {
                if !seen.insert((point.measurements, policy.index)) {
                    continue;
                }
                let estimate =
                    |objective: &Objective| self.estimate(point, policy, objective.scope, objective.metric);
                let estimates: Option<Vec<Estimate>> = objectives.iter().map(estimate).collect();
                let Some(estimates) = estimates else { continue };
                candidates.push(Candidate {
                    point: index,
                    policy: policy.name.clone(),
                    estimates,
                    on_front: false,
                    membership: Membership::Undecided,
                    costs: self.costs(point, policy, objectives),
                });
            }
        }
        let costs: Vec<Vec<f64>> = candidates.iter().map(|candidate| costs(candidate, objectives)).collect();
        for (candidate, on_front) in candidates.iter_mut().zip(pareto_front(&costs)) {
            candidate.on_front = on_front;
        }
        let fewest_alike = fewest_alike(self.measurements.iter().all(Measurements::deterministic));
        let memberships: Vec<Membership> =
            (0..candidates.len()).map(|index| membership(&candidates, index, fewest_alike)).collect();
        for (candidate, membership) in candidates.iter_mut().zip(memberships) {
            candidate.membership = membership;
        }
        candidates
    }

    fn costs(
        &self,
        point: &SweepPoint,
        policy: &PolicyAt,
        objectives: &[Objective],
    ) -> Vec<Vec<Option<f64>>> {
        let Some(measurements) = self.measurements.get(point.measurements) else { return Vec::new() };
        let turned = |objective: &Objective| {
            let sign = if objective.aim == Aim::Minimize { 1.0 } else { -1.0 };
            let values = measurements.values(policy.index, objective.scope, objective.metric);
            values.map(|value| value.map(|value| sign * value)).collect()
        };
        objectives.iter().map(turned).collect()
    }
}

/// Whether a candidate is on the front, by its paired differences to all others.
fn membership(candidates: &[Candidate], index: usize, fewest_alike: u32) -> Membership {
    let own = &candidates[index];
    let comparisons = candidates.len().saturating_sub(1) * candidates.len() * own.costs.len();
    let tail = 0.05 / comparisons.max(1) as f64;
    let mut sure = true;
    for (_, other) in candidates.iter().enumerate().filter(|&(other, _)| other != index) {
        let costs = own.costs.iter().zip(&other.costs);
        let sides: Vec<Side> = costs.map(|(own, other)| side(own, other, tail, fewest_alike)).collect();
        let beaten = sides.iter().all(|side| matches!(side, Side::Worse | Side::Equal));
        if beaten && sides.contains(&Side::Worse) {
            return Membership::Off;
        }
        let equal = sides.iter().all(|&side| side == Side::Equal);
        sure &= equal || sides.contains(&Side::Better);
    }
    if sure { Membership::On } else { Membership::Undecided }
}

/// How one compares with another in an objective.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Side {
    Better,
    Equal,
    Worse,
    Open,
}

/// `fewest_alike` is how many replications must show the same difference before it is taken for one.
fn side(own: &[Option<f64>], other: &[Option<f64>], tail: f64, fewest_alike: u32) -> Side {
    let Some(difference) = paired(own, other).filter(|found| found.replications >= FEWEST) else {
        return Side::Open;
    };
    let interval = match difference.constant {
        true => difference.interval().filter(|_| difference.replications >= fewest_alike),
        false => known_interval(&difference, tail).ok(),
    };
    match interval {
        Some((low, high)) if low == 0.0 && high == 0.0 => Side::Equal,
        Some((_, high)) if high < 0.0 => Side::Better,
        Some((low, _)) if low > 0.0 => Side::Worse,
        _ => Side::Open,
    }
}

/// The means, turned so that less is better.
fn costs(candidate: &Candidate, objectives: &[Objective]) -> Vec<f64> {
    let turned = |(estimate, objective): (&Estimate, &Objective)| match objective.aim {
        Aim::Minimize => estimate.mean,
        Aim::Maximize => -estimate.mean,
    };
    candidate.estimates.iter().zip(objectives).map(turned).collect()
}

/// Which points no other dominates, where less is better in every coordinate. Equal points do not dominate each other.
#[must_use]
pub fn pareto_front(points: &[Vec<f64>]) -> Vec<bool> {
    let dominates = |a: &Vec<f64>, b: &Vec<f64>| a.iter().zip(b).all(|(a, b)| a <= b) && a != b;
    points.iter().map(|point| !points.iter().any(|other| dominates(other, point))).collect()
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::outcome::{metric_index, synthetic};

    #[test]
    fn the_front_keeps_what_nothing_beats() {
        let cases: [(&[[f64; 2]], &[bool]); 4] = [
            (&[[1.0, 5.0], [2.0, 2.0], [5.0, 1.0], [3.0, 3.0]], &[true, true, true, false]),
            (&[[1.0, 1.0], [1.0, 1.0]], &[true, true]),
            (&[[1.0, 2.0], [1.0, 1.0]], &[false, true]),
            (&[[0.0, 0.0]], &[true]),
        ];
        for (points, expected) in cases {
            let points: Vec<Vec<f64>> = points.iter().map(|point| point.to_vec()).collect();
            assert_eq!(pareto_front(&points), expected, "{points:?}");
        }
    }

    #[test]
    fn a_candidate_better_in_nothing_is_off_the_front() {
        // The made-up policies trade refusals for overspend: each is on the front. The same policy measured once more
        // ties with itself and stays; with the aims turned round, the trade is the same.
        let shape = synthetic::shape(&["block", "overdraft", "trust"]);
        let mut measurements = Measurements::new(Arc::clone(&shape));
        (0..3).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 60)));
        let policies = (0..3).map(|index| PolicyAt { name: shape.policies[index].clone(), index }).collect();
        let points =
            vec![SweepPoint { number: 0, settings: vec!["1".to_owned()], measurements: 0, policies }];
        let keys = vec!["policy.overdraft.limit".to_owned()];
        let sweep = Sweep { keys, points, measurements: vec![measurements], complete: true };
        let objective =
            |name: &str| Objective::by_direction(metric_index(name).unwrap(), Scope::All).unwrap();
        let both = [objective("refusal_rate"), objective("overspend_credits")];
        assert!(sweep.candidates(&both).iter().all(|candidate| candidate.on_front));
        let only_refusals: Vec<bool> =
            sweep.candidates(&both[..1]).iter().map(|candidate| candidate.on_front).collect();
        assert_eq!(only_refusals, [false, false, true]);
        let undecided = |candidate: &Candidate| candidate.membership == Membership::Undecided;
        assert!(sweep.candidates(&both[..1]).iter().all(undecided), "three replications show nothing");
        let known = {
            let mut measurements = Measurements::new(Arc::clone(&shape));
            (0..20).for_each(|seed| measurements.push(&synthetic::replication(&shape, seed, 60)));
            Sweep { measurements: vec![measurements], ..sweep.clone() }
        };
        let memberships: Vec<Membership> =
            known.candidates(&both[..1]).iter().map(|candidate| candidate.membership).collect();
        assert_eq!(memberships, [Membership::Off, Membership::Off, Membership::On]);
        let cash = metric_index("cash_money").unwrap();
        assert_eq!(
            Objective::by_direction(cash, Scope::All),
            None,
            "nobody said whether cash should be large"
        );
    }
}
