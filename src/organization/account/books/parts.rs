//! What charges consisted of, for limits that count parts of them, and what bounds them (docs/semantics.md §15.14, §15.15).
//!
//! Leaves shares and meters to the conductor. Invariant: without such limits nothing is written down.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::ledger::ChargeBounds;
use crate::policy::{ChargeParts, ChargedPart};
use crate::units::{Credits, SimTime};

use super::super::meter_prices::{MeterPrices, to_nanos};
use super::super::meter_rules::MeterRule;
use super::AccountBooks;

/// What a charge consisted of, in the order in which it was taken; debt stands last.
#[derive(Debug, Clone, Default)]
pub(in super::super) struct ChargedParts(SmallVec<[(ChargedPart, Credits); 4]>);

impl ChargedParts {
    /// How much of it these parts are.
    pub(in super::super) fn sum(&self, parts: ChargeParts) -> Credits {
        self.0.iter().filter(|(part, _)| parts.hold(*part)).map(|(_, amount)| *amount).sum()
    }

    /// What these parts of it are worth (millionths of a nano-unit).
    pub(in super::super) fn worth(&self, parts: ChargeParts, prices: MeterPrices) -> i128 {
        let counted = self.0.iter().filter(|(part, _)| parts.hold(*part));
        counted.map(|(part, amount)| prices.exact(*part, *amount)).sum()
    }

    /// What of it counts under a limit, by itself.
    pub(in super::super) fn counted_by(&self, rule: &MeterRule) -> Credits {
        match rule.prices {
            None => self.sum(rule.counts),
            Some(prices) => to_nanos(self.worth(rule.counts, prices)),
        }
    }

    /// Part by part.
    pub(in super::super) fn iter(&self) -> impl Iterator<Item = (ChargedPart, Credits)> + '_ {
        self.0.iter().copied()
    }

    fn push(&mut self, part: ChargedPart, amount: Credits) {
        match self.0.last_mut() {
            Some((last, sum)) if *last == part => *sum += amount,
            _ if amount.is_positive() => self.0.push((part, amount)),
            _ => {}
        }
    }
}

impl AccountBooks {
    /// From now on it is written down what each charge consists of, if some limit counts parts of charges.
    pub(in super::super) fn split_charges(&mut self, some_limit: bool) {
        self.parts = some_limit.then(ChargedParts::default);
    }

    /// What the last charge consisted of; nothing if nobody counts parts.
    pub(in super::super) fn last_parts(&self) -> ChargedParts {
        self.parts.clone().unwrap_or_default()
    }

    /// The ledger has just taken a charge, of which `debt` became debt.
    pub(super) fn split_charge(&mut self, debt: Credits) {
        let Some(parts) = &mut self.parts else { return };
        parts.0.clear();
        for take in self.ledger.takes() {
            parts.push(ChargedPart::Lots(take.category), take.amount);
        }
        parts.push(ChargedPart::Overage, debt);
    }

    /// Before a close lots of these categories repay no debt.
    pub(in super::super) fn keep_from_debt(&mut self, parts: ChargeParts) {
        self.kept_from_debt = parts;
    }

    /// A close has come: at its instant all lots that may repay debt do.
    pub(in super::super) fn close_at(&mut self, at: SimTime) {
        self.closed_at = Some(at);
    }

    /// What repays no debt at an instant.
    pub(super) fn kept_at(&self, at: SimTime) -> ChargeParts {
        let repays = self.closed_at == Some(at) || Deliberate::ClosedLotsRepay.is_made();
        if repays { ChargeParts::NONE } else { self.kept_from_debt }
    }

    /// So much debt lies beyond a limit whose overrun is forgiven at the next close.
    pub(in super::super) fn absorb_at_close(&mut self, debt: Credits) {
        self.beyond_limits += debt;
    }

    /// So much of what was charged at an instant, and lies beyond a limit, is given back, unless a close has come meanwhile.
    pub(in super::super) fn absorb_less(&mut self, charged_at: SimTime, debt: Credits) {
        if self.closed_at.is_none_or(|closed| closed <= charged_at) {
            self.beyond_limits = (self.beyond_limits - debt).positive_part();
        }
    }

    /// What the next close forgives because it lies beyond a limit.
    pub(in super::super) fn beyond_limits(&self) -> Credits {
        self.beyond_limits.min(self.ledger.debt())
    }

    /// It has been forgiven.
    pub(in super::super) fn absorbed_beyond(&mut self) {
        self.beyond_limits = Credits::ZERO;
    }

    /// Charges and reservations are bounded, until bounds are taken back.
    pub(in super::super) fn bound_by(&mut self, bounds: ChargeBounds) {
        self.ledger.bound_by(bounds);
    }

    /// What is left of the bounds.
    pub(in super::super) fn unbound(&mut self) -> ChargeBounds {
        self.ledger.unbound()
    }
}
