//! Limits of quantities (docs/semantics.md §15.3, §15.5).

use crate::policy::{Admission, CountedAt, HoldNeed, LimitUnit, UsageLimit};
use crate::units::Credits;

use super::account::Judged;
use super::check::with_buffer;
use super::facts::Reason;
use super::limits_check::RoomNeed;
use super::limits_meters::Owner;
use super::work::Ending;

/// `amount · of / whole`, half-up; all of it where the whole is nothing.
fn share(amount: Credits, of: Credits, whole: Credits) -> Credits {
    if whole <= Credits::ZERO {
        return amount;
    }
    let (amount, of, whole) =
        (i128::from(amount.micros()), i128::from(of.micros()), i128::from(whole.micros()));
    let half_up = (2 * amount * of + whole).div_euclid(2 * whole);
    Credits::from_micros(i64::try_from(half_up).unwrap_or(i64::MAX / 4))
}

impl Judged<'_> {
    /// How much an operation has of the quantity that a limit counts: what the rate that measures it makes of the operation.
    pub fn quantity(&self, work: usize, limit: &UsageLimit) -> Option<Credits> {
        let state = &self.work[work];
        let measures = limit.quantity.as_ref()?.measured_by.get(state.serving.index()).copied().flatten()?;
        Some(state.measured.get(usize::from(measures) - 1).copied().unwrap_or(Credits::ZERO))
    }

    /// The room that an operation needs.
    pub fn quantity_need(&self, work: usize, limit: &UsageLimit, counted: CountedAt) -> RoomNeed {
        let value = self.quantity(work, limit).unwrap_or(Credits::ZERO);
        match counted {
            CountedAt::Start => RoomNeed::Much(value),
            CountedAt::Latest => RoomNeed::Newest(value),
            CountedAt::End => {
                let estimate = self.work[work].estimate.unwrap_or(Credits::ZERO);
                let cost = self.work[work].cost();
                match &self.rules_of(work).admission {
                    Admission::None | Admission::Positive => RoomNeed::Any,
                    Admission::Estimate(_) => RoomNeed::Much(share(value, estimate, cost)),
                    Admission::Hold(hold) if hold.need == HoldNeed::Positive => RoomNeed::Any,
                    Admission::Hold(hold) => {
                        RoomNeed::Much(share(value, with_buffer(estimate, hold.buffer), cost))
                    }
                }
            }
        }
    }

    /// What open holds reserve of a quantity that is counted at the end.
    pub fn quantity_reserved(&self, limit: &UsageLimit, owner: Owner, counted: CountedAt) -> Credits {
        if counted != CountedAt::End {
            return Credits::ZERO;
        }
        let open = self.holds.iter().filter(|hold| !hold.ended);
        let inside = open.filter(|hold| self.inside(hold.work, limit) == Some(owner));
        let held = inside.map(|hold| {
            let value = self.quantity(hold.work, limit).unwrap_or(Credits::ZERO);
            share(value, hold.left(), self.work[hold.work].cost())
        });
        held.sum()
    }

    /// A quantity is counted as its operation starts.
    pub fn quantity_starts(
        &mut self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        counted: CountedAt,
    ) -> Vec<Reason> {
        let value = self.quantity(work, limit).unwrap_or(Credits::ZERO);
        match counted {
            CountedAt::Start => self.count_for_good(work, limit, owner, value),
            CountedAt::Latest => self.replace(work, limit, owner, value),
            CountedAt::End => Vec::new(),
        }
    }

    /// How much of the cost of an operation that ends so was done.
    pub fn done_in_all(&self, work: usize, ending: Ending) -> Credits {
        match ending {
            Ending::Completed => self.work[work].cost(),
            Ending::Stopped => self.owed(work, ending),
            Ending::Failed | Ending::Cancelled | Ending::Killed => {
                self.work[work].finished + self.done_of_part(work)
            }
        }
    }

    /// An operation ends of which so much was done.
    pub fn quantity_ends(&mut self, work: usize, done: Credits) -> Vec<Reason> {
        let (terms, mut told) = (self.terms(), Vec::new());
        let cost = self.work[work].cost();
        for limit in &terms.limits {
            if limit.unit != LimitUnit::Quantity(CountedAt::End) {
                continue;
            }
            if let Some(owner) = self.inside(work, limit) {
                let value = self.quantity(work, limit).unwrap_or(Credits::ZERO);
                let counts = if done == cost || cost.is_zero() {
                    value
                } else {
                    value.scale_floor(done.micros(), cost.micros())
                };
                told.extend(self.count_for_good(work, limit, owner, counts));
            }
        }
        told
    }
}
