//! Self-exciting arrivals with an exponential kernel, drawn exactly.
//!
//! The process is the sum of two: immigrants along the pace, and descendants whose intensity decays exponentially and
//! jumps at every arrival. Each waiting time of the second has a closed inverse, so nothing is rejected.

use crate::sampling::{Rng, exp, ln, standard_exponential};

use super::pace::{Pace, PacePlan, SECOND};

/// One organization's self-exciting arrivals.
#[derive(Debug, Clone)]
pub(in crate::workload) struct Hawkes {
    pace: Pace,
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
    /// Starts at the stationary mean intensity. `pace` carries the immigrants alone; `mean_rate` is the whole
    /// stationary rate [per microsecond]; `decay` is the kernel's mean delay (seconds).
    pub fn begin(
        mut pace: Pace,
        plan: &PacePlan,
        branching: f64,
        decay: f64,
        mean_rate: f64,
        end: f64,
        rng: &mut Rng,
    ) -> Self {
        let at = pace.now;
        let decay = 1.0 / (decay * SECOND).max(1e-3);
        let immigrant = pace.advance_with_sine(plan, standard_exponential(rng));
        Hawkes { pace, immigrant, excited: branching * mean_rate, at, decay, jump: branching * decay, end }
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
        self.excited = self.excited * exp(-self.decay * (at - self.at)) + self.jump;
        self.at = at;
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
