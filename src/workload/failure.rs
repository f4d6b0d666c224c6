//! Whether an operation fails or is cancelled as a whole.
//!
//! Failures cluster: an organization is in a good or a bad state, and the state after a failure is bad with the
//! probability `persistence`. The chain's stationary share of failures is the rate. Reactive clients have a chain each,
//! because the order of their operations is the only one that every policy shares.

use crate::sampling::{Dist, Draws, Rng, uniform};
use crate::units::{Probability, SimSpan};

use super::demand::Failures;
use super::operation::{Fate, PartKind, RunPart};
use super::run::{Strike, earlier, share_of};

/// Compiled failures of a feature.
#[derive(Debug, Clone)]
pub(super) struct FailurePlan {
    affected: Probability,
    /// Probability of a failure after a success, and after a failure.
    after: [f64; 2],
    rate: f64,
    fail_fast: Option<Dist>,
    cancels: Probability,
}

/// One organization's state.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum FailureState {
    /// Sees no failures.
    Spared,
    /// The last operation succeeded.
    Good,
    /// The last operation failed.
    Bad,
    /// Whether the next operation fails is known: [`FailurePlan::nth_of_chain`] said so.
    Decided {
        /// It does.
        fails: bool,
    },
}

impl FailurePlan {
    /// Compiles a feature's failures.
    pub fn new(failures: &Failures, cancels: Probability) -> Self {
        // Among those affected the rate is higher, so that the rate over all organizations is the one written.
        let rate = (failures.rate.get() / failures.affected.get().max(1e-12)).min(1.0);
        let persistence = failures.persistence.map_or(rate, Probability::get);
        let after_success =
            if rate < 1.0 { (rate * (1.0 - persistence) / (1.0 - rate)).min(1.0) } else { 1.0 };
        FailurePlan {
            affected: if failures.rate.is_never() { Probability::ZERO } else { failures.affected },
            after: [after_success, persistence],
            rate,
            fail_fast: failures.fail_fast.clone(),
            cancels,
        }
    }

    /// The state of an organization before its first operation, drawn from the chain's stationary law.
    pub fn begin(&self, traits: &mut impl Draws) -> FailureState {
        let affected = self.affected.holds(traits.uniform());
        let bad = traits.uniform() < self.rate;
        match (affected, bad) {
            (false, _) => FailureState::Spared,
            (true, false) => FailureState::Good,
            (true, true) => FailureState::Bad,
        }
    }

    /// Whether operation `number` of a chain of its own fails. `first` is the organization's state before the chain;
    /// the chain is given by a uniform for each of its operations, and one (`None`) for the state before them.
    ///
    /// A uniform that decides alike after a failure and after a success makes what came before it immaterial, so that
    /// looking back ends after a few operations and the n-th needs no walk from the first.
    pub fn nth_of_chain(
        &self,
        first: FailureState,
        number: u32,
        uniform: impl Fn(Option<u32>) -> f64,
    ) -> FailureState {
        if first == FailureState::Spared {
            return first;
        }
        let [after_success, after_failure] = self.after;
        // Between the two a uniform keeps the state, or turns it round where failures make failures rarer.
        let (low, high) = (after_success.min(after_failure), after_success.max(after_failure));
        let mut turned = false;
        let mut back = number;
        let fails = loop {
            let u = uniform(Some(back));
            if u < low || u >= high {
                break u < low;
            }
            turned ^= after_success > after_failure;
            match back.checked_sub(1) {
                Some(earlier) => back = earlier,
                None => break uniform(None) < self.rate,
            }
        };
        FailureState::Decided { fails: fails ^ turned }
    }

    /// Decides an operation of `parts` (or one step of `duration` without any); `step` is what struck a step.
    pub fn strike(
        &self,
        state: &mut FailureState,
        step: Option<Strike>,
        parts: &[RunPart],
        duration: SimSpan,
        rng: &mut Rng,
    ) -> Option<Strike> {
        let mut strike = step;
        let fails = match *state {
            FailureState::Spared => false,
            FailureState::Decided { fails } => fails,
            FailureState::Good | FailureState::Bad => {
                let fails = uniform(rng) < self.after[usize::from(*state == FailureState::Bad)];
                *state = if fails { FailureState::Bad } else { FailureState::Good };
                fails
            }
        };
        if fails {
            let at = place(parts, duration, |kind| kind == PartKind::Work, rng);
            let after =
                at.map(|(part, whole)| Strike { part, after: self.time(whole, rng), fate: Fate::Fails });
            strike = earlier(strike, after);
        }
        if !self.cancels.is_never() && self.cancels.holds(uniform(rng)) {
            let at = place(parts, duration, |kind| kind != PartKind::Review, rng);
            let cancelled = at.map(|(part, whole)| Strike {
                part,
                after: share_of(whole, uniform(rng)),
                fate: Fate::Cancelled,
            });
            strike = earlier(strike, cancelled);
        }
        strike
    }

    /// Time into a step of length `whole` at which a failure strikes.
    fn time(&self, whole: SimSpan, rng: &mut Rng) -> SimSpan {
        match &self.fail_fast {
            Some(fast) => super::plan::span(fast.sample(rng)).min(whole),
            None => share_of(whole, uniform(rng)),
        }
    }

    /// True if nothing is ever drawn.
    pub fn is_never(&self) -> bool {
        self.affected.is_never() && self.cancels.is_never()
    }
}

/// A uniform part of the wanted kinds and its duration; `None` if a run has none.
fn place(
    parts: &[RunPart],
    duration: SimSpan,
    wanted: fn(PartKind) -> bool,
    rng: &mut Rng,
) -> Option<(usize, SimSpan)> {
    if parts.is_empty() {
        return Some((0, duration));
    }
    let count = parts.iter().filter(|part| wanted(part.kind)).count();
    let chosen = (uniform(rng) * count as f64) as usize;
    let found = parts.iter().enumerate().filter(|(_, part)| wanted(part.kind)).nth(chosen);
    found.map(|(index, part)| (index, part.duration))
}
