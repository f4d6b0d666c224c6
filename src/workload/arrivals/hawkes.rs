//! Self-exciting arrivals with an exponential kernel, drawn exactly.
//!
//! The process is the sum of two: immigrants along the pace, and descendants whose intensity decays exponentially and
//! jumps at every arrival. Each waiting time of the second has a closed inverse, so nothing is rejected.

use crate::sampling::{Rng, exp, ln, standard_exponential};

use super::pace::{PacePlan, RateWalk, SECOND};

/// One organization's self-exciting arrivals.
#[derive(Debug, Clone)]
pub(in crate::workload) struct Hawkes {
    pace: RateWalk,
    /// The next immigrant, already drawn.
    immigrant: Option<f64>,
    /// Intensity of descendants at `at` [per microsecond].
    excited: f64,
    /// Time of the last arrival (or of the begin).
    at: f64,
    /// Decay of the intensity [per microsecond].
    decay: f64,
    /// Jump of the intensity at an arrival.
    jump: f64,
    end: f64,
}

impl Hawkes {
    /// Starts where `pace` does, at the mean intensity of `mean_rate` [per microsecond], and lets pass what arrives
    /// before `from`: a start long before leaves the steady state there. `pace` carries the immigrants alone; a kernel is
    /// its branching ratio and its mean delay (seconds).
    pub fn begin(
        mut pace: RateWalk,
        plan: &PacePlan,
        (branching, decay): (f64, f64),
        mean_rate: f64,
        (from, end): (f64, f64),
        rng: &mut Rng,
    ) -> Self {
        let at = pace.now;
        let decay = 1.0 / (decay * SECOND).max(1e-3);
        let immigrant = pace.advance_with_sine(plan, standard_exponential(rng));
        let excited = branching * mean_rate;
        let mut hawkes = Hawkes { pace, immigrant, excited, at, decay, jump: branching * decay, end: from };
        hawkes.pass(plan, from, rng);
        hawkes.end = end;
        hawkes
    }

    /// Passes over what arrives before `from`. What is still excited there does not know how long it has waited.
    fn pass(&mut self, plan: &PacePlan, from: f64, rng: &mut Rng) {
        while let Some(at) = [self.immigrant.filter(|at| *at < from), self.descendant(rng)]
            .into_iter()
            .flatten()
            .reduce(f64::min)
        {
            if self.immigrant == Some(at) {
                self.immigrant = self.pace.advance_with_sine(plan, standard_exponential(rng));
            }
            self.excite(at);
        }
        if from > self.at {
            self.excited *= exp(-self.decay * (from - self.at));
            self.at = from;
        }
    }

    /// An arrival raises the intensity.
    fn excite(&mut self, at: f64) {
        self.excited = self.excited * exp(-self.decay * (at - self.at)) + self.jump;
        self.at = at;
    }

    /// The next arrival.
    pub fn next(&mut self, plan: &PacePlan, rng: &mut Rng) -> Option<f64> {
        let descendant = self.descendant(rng);
        let at = match (self.immigrant, descendant) {
            (Some(immigrant), Some(descendant)) if descendant < immigrant => descendant,
            (None, Some(descendant)) => descendant,
            (Some(immigrant), _) => {
                self.immigrant = self.pace.advance_with_sine(plan, standard_exponential(rng));
                immigrant
            }
            (None, None) => return None,
        };
        self.excite(at);
        Some(at)
    }

    /// The next descendant of the arrivals so far, if there is one before the end.
    fn descendant(&self, rng: &mut Rng) -> Option<f64> {
        let area = standard_exponential(rng);
        let left = 1.0 - area * self.decay / self.excited;
        if left <= 0.0 || self.excited <= 0.0 {
            return None;
        }
        let at = self.at - ln(left) / self.decay;
        (at < self.end).then_some(at)
    }
}
