//! What concurrency costs: overspend by operations in flight at once, over replications.

use crate::outcome::{Outcome, OutcomeRange, OverspendByPeak};

use super::Estimate;
use super::measurements::OutcomeColumn;

/// Classes that are told apart; the last one holds all above, more than 16,384 at once.
const CLASSES: usize = 16;

/// Overspend of an organization by class of operations in flight at once.
#[derive(Debug, Clone)]
pub struct PeakFindings {
    replications: u32,
    /// By policy, then class: mean overspend of an organization of the class (credits).
    overspend: Vec<OutcomeColumn>,
    /// By policy, then class: organizations.
    organizations: Vec<OutcomeColumn>,
}

impl PeakFindings {
    /// Nothing measured yet, of so many policies.
    #[must_use]
    pub fn new(policies: usize) -> Self {
        let empty = vec![OutcomeColumn::Alike(f64::NAN); policies * CLASSES];
        PeakFindings { replications: 0, overspend: empty.clone(), organizations: empty }
    }

    /// Adds a replication, in order.
    pub fn push(&mut self, outcome: &Outcome) {
        for policy in 0..outcome.shape().policies.len() {
            let mut sums = [(0_i128, 0_i128); CLASSES];
            for (class, own) in outcome.peaks(policy).classes() {
                let (organizations, overspend) = &mut sums[usize::from(class).min(CLASSES - 1)];
                *organizations += own.organizations;
                *overspend += own.overspend;
            }
            for (class, (organizations, overspend)) in sums.into_iter().enumerate() {
                let mean =
                    if organizations > 0 { overspend as f64 / 1e6 / organizations as f64 } else { f64::NAN };
                let count = if organizations > 0 { organizations as f64 } else { f64::NAN };
                self.overspend[policy * CLASSES + class].push(mean, self.replications);
                self.organizations[policy * CLASSES + class].push(count, self.replications);
            }
        }
        self.replications += 1;
    }

    /// Every class that had an organization under the policy, ascending: its name, the overspend of one of its organizations
    /// (credits) and how many there were.
    pub fn classes(&self, policy: usize) -> impl Iterator<Item = (u8, String, Estimate, Estimate)> + '_ {
        (0..CLASSES).filter_map(move |class| {
            let at = policy * CLASSES + class;
            let overspend =
                self.overspend.get(at)?.estimate(self.replications, OutcomeRange::NOT_NEGATIVE)?;
            let count =
                self.organizations.get(at)?.estimate(self.replications, OutcomeRange::NOT_NEGATIVE)?;
            Some((class as u8, OverspendByPeak::class_name(class as u8), overspend, count))
        })
    }
}
