//! What an operation owes as it ends (docs/semantics.md §6.7, §6.8, §6.13, §6.14).
//!
//! Owns how much; leaves when it is charged, and what is given back, to `work` and `refund`.

use crate::policy::{InFlight, KilledWork, OnCancel, OnFailure};
use crate::units::Credits;
use crate::workload::PartKind;

use super::account::Judged;
use super::work::Ending;

impl Judged<'_> {
    /// What an operation owes that ends so (docs/semantics.md §6.7, §6.8, §6.13, §6.14, §6.16).
    pub fn owed(&self, work: usize, ending: Ending) -> Credits {
        let (state, rules) = (&self.work[work], self.rules_of(work));
        let done = state.finished + self.done_of_part(work);
        let least = |owed: Credits, minimum: bool| if minimum { owed.max(rules.minimum) } else { owed };
        match ending {
            Ending::Completed => state.cost().max(rules.minimum),
            Ending::Failed => {
                let owed = match rules.on_failure {
                    OnFailure::ChargeFinished => state.finished,
                    OnFailure::ChargeAll => done,
                    OnFailure::Free => Credits::ZERO,
                };
                least(owed, rules.minimum_on_failure)
            }
            Ending::Cancelled => {
                let owed = match rules.on_cancel {
                    // By the rules of each charge, whatever the charge moment is now.
                    OnCancel::ChargeRecorded => state.incurred,
                    OnCancel::ChargeAll => done,
                    OnCancel::Free => Credits::ZERO,
                };
                least(owed, rules.minimum_on_cancel)
            }
            Ending::Killed => match rules.in_flight {
                InFlight::Kill(KilledWork::Absorb) | InFlight::StopAtStep(KilledWork::Absorb) => {
                    Credits::ZERO
                }
                _ => done,
            },
            Ending::Stopped => match state.hold {
                Some(hold) => self.holds[hold].amount,
                None => done,
            },
        }
    }

    /// The vendor bears what was done of killed work.
    pub fn absorbs_killed(&self, work: usize) -> bool {
        matches!(
            self.rules_of(work).in_flight,
            InFlight::Kill(KilledWork::Absorb) | InFlight::StopAtStep(KilledWork::Absorb)
        )
    }

    /// What was done of the running step, pro rata to its time, rounded down (docs/semantics.md §6.8, §6.13).
    pub fn done_of_part(&self, work: usize) -> Credits {
        let state = &self.work[work];
        let Some(part) = state.parts.get(state.part) else { return Credits::ZERO };
        let elapsed = self.now - state.part_began;
        if part.kind != PartKind::Work {
            return Credits::ZERO;
        }
        if elapsed >= part.duration {
            return if self.work[work].begun { part.cost } else { Credits::ZERO };
        }
        part.cost.scale_floor(elapsed.micros(), part.duration.micros()).min(part.cost)
    }

    /// Work that ends before its time owes less than it has incurred (docs/semantics.md §6.14, §18.1).
    pub fn owes_less(&self, work: usize, ending: Ending, owed: Credits) -> bool {
        match ending {
            Ending::Completed | Ending::Stopped => false,
            Ending::Failed | Ending::Cancelled => owed < self.work[work].incurred,
            Ending::Killed => self.absorbs_killed(work),
        }
    }
}
