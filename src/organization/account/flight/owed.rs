//! What an operation owes, and how far that is held, charged, absorbed and given back.
//!
//! Leaves when it is charged to the conductor. Invariant: what is owed never falls, but for an operation that breaks.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::ledger::HoldId;
use crate::policy::{
    CeilingShare, ChargeMoment, ChargedPart, FeatureTerms, InFlight, KilledWork, OnCancel, OnFailure, Policy,
    Rounding,
};
use crate::units::Credits;
use crate::workload::{Fate, PartKind};

use super::super::books::{Against, ChargePart};
use super::operation::{EndDecision, LiveOperation, MeteredCharge, Phase};

/// A part that is done.
#[derive(Debug, Clone, Copy)]
pub(in super::super) struct FinishedPart {
    /// Incurred with it [credits].
    pub(in super::super) incurred: Credits,
    /// It was the last.
    pub(in super::super) last: bool,
    /// It was a step of work: a pause or a helper's step costs nothing.
    pub(in super::super) worked: bool,
    /// A charge falls due with it.
    pub(in super::super) charges: bool,
}

/// What an operation owes that breaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in super::super) enum BrokenOwes {
    /// Less than it has incurred: so much in all.
    Less(Credits),
    /// So much in all.
    More(Credits),
    /// What it has been charged.
    Nothing,
}

/// True if a feature may charge work that then is not owed.
fn gives_back(feature: &FeatureTerms) -> bool {
    feature.charge != ChargeMoment::Completion
}

/// True if work of a feature may be killed at the vendor's cost.
fn absorbs(feature: &FeatureTerms) -> bool {
    matches!(feature.in_flight, InFlight::Kill(KilledWork::Absorb) | InFlight::StopAtStep(KilledWork::Absorb))
}

/// True if work may be killed at the vendor's cost under some rules of a policy.
pub(in super::super) fn may_absorb(policy: &Policy) -> bool {
    policy.plans.iter().flat_map(|terms| &terms.features).any(absorbs)
}

/// Per feature: some rules of a policy charge its work before it has ended. A charge that is recorded under other rules
/// than it was incurred under may be given back too.
pub(in super::super) fn charged_early(policy: &Policy) -> Vec<bool> {
    let features = policy.plans.first().map_or(0, |terms| terms.features.len());
    let early = |index: usize| policy.plans.iter().any(|terms| gives_back(&terms.features[index]));
    (0..features).map(early).collect()
}

impl LiveOperation {
    /// Brings what it owes up to `incurred` (before rounding); returns what is left to be charged.
    pub(in super::super) fn owe(&mut self, rounding: Option<Rounding>, incurred: Credits) -> Credits {
        let more = Deliberate::ChargesTenPercentMore.is_made();
        let incurred = if more { incurred.scale_floor(11, 10) } else { incurred };
        self.due = self.due_up_to(rounding, incurred);
        self.incurred = self.incurred.max(incurred);
        (self.due - self.charged - self.absorbed).positive_part()
    }

    /// What it owes once so much is incurred, rounded as its charges are.
    pub(in super::super) fn due_up_to(&self, rounding: Option<Rounding>, incurred: Credits) -> Credits {
        let due = match rounding {
            None => incurred,
            // Each charge on its own …
            Some(rounding) if rounding.per_charge != Deliberate::RoundsWrongSum.is_made() => {
                self.due + rounding.apply((incurred - self.incurred).positive_part())
            }
            // … or all of them.
            Some(rounding) => rounding.apply(incurred),
        };
        // Rounding to nearest may lie below what is already owed; a charge never falls.
        self.due.max(due)
    }

    /// Incurred so far, before rounding.
    pub(in super::super) fn incurred(&self) -> Credits {
        self.incurred
    }

    /// Owed so far.
    pub(in super::super) fn due(&self) -> Credits {
        self.due
    }

    /// Charged so far, recorded or not.
    pub(in super::super) fn charged(&self) -> Credits {
        self.charged
    }

    /// Charged so far, and absorbed by the vendor.
    pub(in super::super) fn paid(&self) -> Credits {
        self.charged + self.absorbed
    }

    /// What it had done when it ended.
    pub(in super::super) fn done(&self) -> Credits {
        match self.verdict {
            EndDecision::Served => self.cost,
            _ => self.finished + self.broken_part,
        }
    }

    /// What it owes beyond its hold, if it was admitted by one.
    pub(in super::super) fn overrun(&self) -> Option<Credits> {
        self.hold_of.map(|_| self.due - self.held)
    }

    /// Number of its next charge among its charges.
    pub(in super::super) fn segment(&self) -> u16 {
        self.segment
    }

    /// Its final charge has been made (or lost).
    pub(in super::super) fn is_settled(&self) -> bool {
        self.settled
    }

    /// Its final charge is made, or lost.
    pub(in super::super) fn settle(&mut self) {
        self.settled = true;
    }

    /// True if it has incurred no less than `incurred` and has paid all that it owes.
    pub(in super::super) fn has_paid(&self, incurred: Credits) -> bool {
        incurred <= self.incurred && self.charged + self.absorbed >= self.due
    }

    /// Its hold, while it is open.
    pub(in super::super) fn hold(&self) -> Option<HoldId> {
        self.hold
    }

    /// Amount of its hold, extensions included.
    pub(in super::super) fn held(&self) -> Credits {
        self.held
    }

    /// It was admitted by a hold.
    pub(in super::super) fn had_hold(&self) -> bool {
        self.hold_of.is_some()
    }

    /// The plan and edition whose rules its hold keeps, if it was admitted by one.
    pub(in super::super) fn plan_of_hold(&self) -> Option<usize> {
        self.hold_of
    }

    /// It is admitted by this hold, under this plan and edition.
    pub(in super::super) fn hold_opens(&mut self, hold: HoldId, amount: Credits, plan: usize) {
        (self.hold, self.hold_of, self.held) = (Some(hold), Some(plan), amount);
    }

    /// Its hold becomes larger.
    pub(in super::super) fn hold_becomes(&mut self, amount: Credits) {
        self.held = amount;
    }

    /// Its hold ends.
    pub(in super::super) fn take_hold(&mut self) -> Option<HoldId> {
        self.hold.take()
    }

    /// Of a charge of `amount`: what would bring all its charges above `cap`.
    pub(in super::super) fn beyond(&self, cap: Option<Credits>, amount: Credits) -> Credits {
        cap.map_or(Credits::ZERO, |cap| (self.charged + amount - cap.max(self.charged)).positive_part())
    }

    /// The vendor pays for part of what it owes.
    pub(in super::super) fn absorb(&mut self, amount: Credits) {
        self.absorbed += amount;
    }

    /// What the vendor would have to bear of what is done.
    pub(in super::super) fn not_absorbed(&self, done: Credits) -> Credits {
        (done - self.absorbed).positive_part()
    }

    /// A charge is incurred, its `last` or not; returns its number, none if there is nothing to charge and no hold to end.
    pub(in super::super) fn incur(&mut self, amount: Credits, last: bool) -> Option<u16> {
        let segment = self.segment;
        self.charged += amount;
        self.settled |= last;
        self.segment += u16::from(amount.is_positive());
        (amount.is_positive() || last && self.hold.is_some()).then_some(segment)
    }

    /// A charge is on its way to the books.
    pub(in super::super) fn charge_sent(&mut self) {
        self.unrecorded += 1;
    }

    /// It has arrived there.
    pub(in super::super) fn charge_arrives(&mut self) {
        self.unrecorded -= 1;
    }

    /// True if all its charges are in the books.
    pub(in super::super) fn is_recorded(&self) -> bool {
        self.unrecorded == 0
    }

    /// Limits have counted a charge.
    pub(in super::super) fn metered(&mut self, charge: MeteredCharge) {
        self.terms.get_or_insert_default().metered.push(charge);
    }

    /// So much of the last charge's overage is forgiven at the next close.
    pub(in super::super) fn lies_beyond(&mut self, beyond: Credits) {
        let last = self.terms.as_mut().and_then(|terms| terms.metered.last_mut());
        if let Some(last) = last.filter(|last| last.part == Some(ChargedPart::Overage)) {
            last.beyond = beyond;
        }
    }

    /// Of what is given back, which charges it undoes, the last first.
    pub(in super::super) fn take_metered(&mut self, amount: Credits) -> Vec<MeteredCharge> {
        let (mut left, mut undone) = (amount, Vec::new());
        let Some(terms) = &mut self.terms else { return undone };
        while left.is_positive()
            && let Some(charge) = terms.metered.pop()
        {
            let back = charge.credits.min(left);
            left -= back;
            // What lies beyond a limit is given back first.
            let beyond = charge.beyond.min(back);
            undone.push(MeteredCharge { credits: back, beyond, ..charge });
            if charge.credits > back {
                let (credits, beyond) = (charge.credits - back, charge.beyond - beyond);
                terms.metered.push(MeteredCharge { credits, beyond, ..charge });
            }
        }
        undone
    }

    /// True if ceilings bound what its charges may take.
    #[inline]
    pub(in super::super) fn has_shares(&self) -> bool {
        self.terms.as_ref().is_some_and(|terms| !terms.shares.is_empty())
    }

    /// What its charges may still take under ceilings; nothing is said if there are none.
    pub(in super::super) fn shares(&self) -> SmallVec<[CeilingShare; 2]> {
        self.terms.as_ref().map_or_else(SmallVec::new, |terms| terms.shares.clone())
    }

    /// This is what its charges may take under ceilings from now on.
    pub(in super::super) fn set_shares(&mut self, shares: SmallVec<[CeilingShare; 2]>) {
        self.terms.get_or_insert_default().shares = shares;
    }

    /// What a charge is taken from first; the `last` one ends the hold.
    pub(in super::super) fn charge_against(&mut self, last: bool) -> Against {
        match self.hold {
            None => Against::Credits,
            Some(hold) if last => {
                self.hold = None;
                Against::Whole { hold, held: self.held }
            }
            Some(hold) => Against::Part(hold),
        }
    }

    /// Where it is remembered what a charge takes; none if it may not be given back under the rules of the charge or any
    /// that come later: some of them charge `early`, or kill at the vendor's cost.
    pub(in super::super) fn remember(
        &mut self,
        early: bool,
        absorbing: bool,
    ) -> Option<&mut Vec<ChargePart>> {
        let undoable = early && (self.operation.fate != Fate::Completes || absorbing);
        undoable.then_some(&mut self.taken)
    }

    /// What its charges took.
    pub(in super::super) fn taken(&mut self) -> &mut Vec<ChargePart> {
        &mut self.taken
    }

    /// Its hold's timeout has charged so much; true if it has ended and been counted.
    pub(in super::super) fn charge_by_timeout(&mut self, amount: Credits) -> bool {
        self.charged += amount;
        self.by_timeout += amount;
        self.segment += 1;
        self.phase == Phase::Settling
    }

    /// Its present part is done; returns what follows under the feature's charge moment.
    pub(in super::super) fn finish_part(&mut self, feature: &FeatureTerms) -> FinishedPart {
        self.finished += self.present_part().cost;
        self.part_done = true;
        let (kind, last) = (self.present_part().kind, self.is_last_part());
        let next = self.parts.get(usize::from(self.part) + 1);
        let pauses = next.is_some_and(|next| next.kind == PartKind::Review);
        if last {
            self.verdict = EndDecision::Served;
        }
        let charges = match feature.charge {
            ChargeMoment::Step => kind == PartKind::Work,
            ChargeMoment::Segment => pauses,
            ChargeMoment::Start | ChargeMoment::Completion => false,
        };
        let owes_minimum = last && !Deliberate::MinimumForgotten.is_made();
        let incurred = if owes_minimum { self.finished.max(feature.minimum) } else { self.finished };
        FinishedPart { incurred, last, worked: kind == PartKind::Work, charges: last || charges }
    }

    /// What it owes after it has failed or was cancelled.
    pub(in super::super) fn owes_broken(&self, feature: &FeatureTerms) -> BrokenOwes {
        let all = self.finished + self.broken_part;
        let (owed, minimum) = match self.verdict {
            EndDecision::Failed => {
                let owed = match feature.on_failure {
                    OnFailure::ChargeFinished => self.finished,
                    OnFailure::ChargeAll => all,
                    OnFailure::Free if Deliberate::FailedWorkCharged.is_made() => all,
                    OnFailure::Free => Credits::ZERO,
                };
                (owed, feature.minimum_on_failure)
            }
            _ => {
                let owed = match feature.on_cancel {
                    OnCancel::ChargeRecorded | OnCancel::Free => Credits::ZERO,
                    OnCancel::ChargeAll => all,
                };
                (owed, feature.minimum_on_cancel)
            }
        };
        let floor = if minimum { feature.minimum } else { Credits::ZERO };
        let owed = owed.max(floor);
        let stays = self.verdict == EndDecision::Cancelled && feature.on_cancel == OnCancel::ChargeRecorded;
        if owed < self.incurred && !stays {
            BrokenOwes::Less(owed)
        } else if self.settled {
            BrokenOwes::Nothing
        } else {
            BrokenOwes::More(owed.max(self.incurred))
        }
    }

    /// It owes less than it has been charged; returns what is given back.
    pub(in super::super) fn owe_less(&mut self, owed: Credits) -> Credits {
        let too_much = (self.charged - owed).positive_part();
        // What a hold's timeout has charged stays charged.
        let back = too_much.min(self.charged - self.by_timeout);
        self.charged -= back;
        self.due = self.charged + self.absorbed - (too_much - back);
        self.settled = true;
        back
    }

    /// So much is given back once all its charges are recorded.
    pub(in super::super) fn refund_later(&mut self, amount: Credits) {
        self.to_refund = amount;
    }

    /// What is to be given back, if all its charges are recorded and there is something.
    pub(in super::super) fn take_refund(&mut self) -> Option<Credits> {
        let due = self.unrecorded == 0 && self.to_refund.is_positive();
        due.then(|| std::mem::take(&mut self.to_refund))
    }
}
