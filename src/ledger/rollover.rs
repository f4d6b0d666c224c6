//! What a close does with lots: end, roll over, trim, make up minimums (docs/semantics.md §4).

use std::collections::BTreeMap;

use crate::deliberate::Deliberate;
use crate::policy::{Across, LotOwner, RolledBurns, Rollover, RolloverBase, Trim};
use crate::units::{Category, Credits, Money, Probability, SimTime};

use super::Ledger;
use super::book::Take;
use super::lot::{Lot, LotKind, LotSerial};

/// A rollover with the burn-order keys its rolled lots get.
#[derive(Debug, Clone, Copy)]
pub struct RollRule<'a> {
    /// The formula.
    pub rollover: &'a Rollover,
    /// The instant of the close.
    pub at: SimTime,
    /// The close that ends a lot which rolls now; `SimTime::MAX` if unlimited.
    pub closes_at: SimTime,
    /// A change of plan has forced the close: only the running allowance rolls.
    pub forced: bool,
}

impl Rollover {
    /// Nothing survives a close.
    #[must_use]
    pub fn nothing() -> Rollover {
        Rollover {
            fraction: Probability::ZERO,
            base: RolloverBase::Remaining,
            min_credits: Credits::ZERO,
            max_credits: Credits::MAX,
            max_total: None,
            trim: Trim::Oldest,
            max_periods: None,
            burns: RolledBurns::Unordered,
            across: Across::default(),
        }
    }

    /// `kept = min(remaining, max_credits, ⌊fraction × base⌋)`.
    #[must_use]
    pub fn kept(&self, remaining: Credits, original: Credits) -> Credits {
        let base = match self.base {
            RolloverBase::Remaining => remaining,
            RolloverBase::Original => original,
        };
        // Fractions are written with at most nine decimals, so billionths hold them exactly.
        let billionths = crate::units::round_half_up(self.fraction.get(), 1e9);
        let whole = if Deliberate::RolloverHalved.is_made() { 2_000_000_000 } else { 1_000_000_000 };
        remaining.min(self.max_credits).min(base.scale_floor(billionths, whole))
    }

    /// What must be issued so that `min_credits` survive, given what was kept.
    #[must_use]
    pub fn shortfall(&self, kept: Credits) -> Credits {
        if Deliberate::RolloverMinimumForgotten.is_made() {
            return Credits::ZERO;
        }
        (self.min_credits.min(self.max_credits) - kept).positive_part()
    }

    fn rank(&self) -> i8 {
        match self.burns {
            RolledBurns::Before => -1,
            RolledBurns::Unordered => 0,
            RolledBurns::After => 1,
        }
    }
}

impl Ledger {
    /// Ends rolled lots whose last close this is and counts the others down. A close forced by a change of plan is none of
    /// their periods.
    pub fn end_rolled_lots(&mut self, forced: bool) {
        // The allowance that was fresh ends now.
        self.stand_beside(None);
        if forced {
            return;
        }
        let mut ended = Vec::new();
        for index in 0..self.lots.len() {
            let LotKind::Rolled { closes_left: Some(left) } = self.lots[index].kind else { continue };
            if left <= u32::from(!Deliberate::RolledLotsLiveOn.is_made()) {
                let amount = self.lots[index].remaining;
                self.lapse(index, amount);
                self.lots[index].kind = LotKind::Plain;
                ended.push(self.lots[index].serial);
            } else {
                self.lots[index].kind = LotKind::Rolled { closes_left: Some(left - 1) };
            }
        }
        self.drop_empty();
        // Nothing is given back to them, though a charge that used them is undone later.
        ended.into_iter().for_each(|serial| self.end_spent(serial));
        self.assert_sound();
    }

    /// Rolls over the running allowance and every lot that rolls again; the rest expires. Returns what moved and the
    /// lots issued for the minimum; `new_id` gives their ids. Keys of their ends follow with [`Self::rekey`].
    pub fn roll_allowance(
        &mut self,
        rule: RollRule<'_>,
        mut new_id: impl FnMut() -> u32,
    ) -> (Vec<Take>, Vec<Take>) {
        let (mut rolled, mut issued, mut minimums) = (Vec::new(), Vec::new(), Vec::new());
        for index in 0..self.lots.len() {
            let fresh = match self.lots[index].kind {
                LotKind::Allowance => true,
                LotKind::Rolled { closes_left: None } if !rule.forced => false,
                _ => continue,
            };
            let lot = &self.lots[index];
            let kept = rule.rollover.kept(lot.remaining, lot.credits);
            let lost = lot.remaining - kept;
            if fresh {
                let shortfall = rule.rollover.shortfall(kept);
                if shortfall.is_positive() {
                    minimums.push((self.lots[index].clone(), shortfall));
                }
            }
            if lost.is_positive() {
                self.lapse(index, lost);
            }
            self.roll_in_place(index, &rule);
            rolled.push(self.lots[index].serial);
        }
        for (parent, shortfall) in minimums {
            let mut lot = minimum_lot(new_id(), shortfall, &parent, &rule);
            lot.serial = self.issue(lot.clone());
            issued.push(Take::of(&lot, shortfall));
        }
        self.trim_rolled(rule.rollover);
        let moved = rolled.into_iter().filter_map(|serial| self.moved(serial)).collect();
        self.sort();
        self.drop_empty();
        self.assert_sound();
        (moved, issued)
    }

    /// Gives rolled lots that end at a close the instant of it, which `closes` tells from the number of closes left: another
    /// plan's cycles close at other instants. Their keys follow with [`Self::rekey`].
    pub fn close_rolled_at(&mut self, closes: impl Fn(u32) -> SimTime) {
        for lot in &mut self.lots {
            if let LotKind::Rolled { closes_left: Some(left) } = lot.kind {
                lot.closes_at = closes(left);
            }
        }
    }

    /// What a lot that has rolled keeps after trimming; credits that only a hold keeps alive did not roll.
    fn moved(&self, serial: LotSerial) -> Option<Take> {
        let lot = self.lot(serial)?;
        let kept = lot.remaining - lot.overdue;
        kept.is_positive().then(|| Take::of(lot, kept))
    }

    fn roll_in_place(&mut self, index: usize, rule: &RollRule<'_>) {
        let lot = &mut self.lots[index];
        if lot.kind == LotKind::Allowance {
            lot.kind = LotKind::Rolled { closes_left: rule.rollover.max_periods };
            lot.rank = rule.rollover.rank();
            lot.closes_at = rule.closes_at;
        }
    }

    /// Caps the rolled lots of each owner, or all together; what is trimmed expires.
    fn trim_rolled(&mut self, rollover: &Rollover) {
        let Some(cap) = rollover.max_total else { return };
        let mut rolled: BTreeMap<(LotOwner, u16), Vec<usize>> = BTreeMap::new();
        for (index, lot) in self.lots.iter().enumerate() {
            if matches!(lot.kind, LotKind::Rolled { .. }) {
                let per = self.scope(lot.scope).map_or(LotOwner::Organization, |scope| scope.per);
                let owner = match rollover.across {
                    Across::Owner => (per, lot.scope.owner),
                    Across::Organization if Deliberate::AcrossIgnored.is_made() => (per, lot.scope.owner),
                    Across::Organization => (LotOwner::Organization, 0),
                };
                rolled.entry(owner).or_default().push(index);
            }
        }
        rolled.into_values().for_each(|lots| self.trim(rollover, cap, lots));
    }

    fn trim(&mut self, rollover: &Rollover, cap: Credits, mut rolled: Vec<usize>) {
        let total: Credits = rolled.iter().map(|&index| self.lots[index].remaining).sum();
        let mut excess = (total - cap).positive_part();
        rolled.sort_by_key(|&index| (self.lots[index].effective_at, self.lots[index].serial));
        if (rollover.trim == Trim::Newest) != Deliberate::RolloverTrimsWrongEnd.is_made() {
            rolled.reverse();
        }
        for index in rolled {
            let part = self.lots[index].remaining.min(excess);
            if part.is_positive() {
                self.lapse(index, part);
                excess -= part;
            }
        }
    }

    /// Applies a lot's own rollover in place, to it and to what made up its minimum earlier. Returns what moved, and what
    /// was issued for the minimum.
    pub fn roll_own(
        &mut self,
        serial: LotSerial,
        rollover: &Rollover,
        at: SimTime,
        new_id: impl FnOnce() -> u32,
    ) -> (Vec<Take>, Option<Take>) {
        let Some(index) = self.position(serial) else { return (Vec::new(), None) };
        let child = self.minimum_of(serial);
        let child_at = child.and_then(|child| self.position(child));
        let extra = child_at.map_or(Credits::ZERO, |child| self.lots[child].remaining);
        let (own, original) = (self.lots[index].remaining, self.lots[index].credits);
        let kept = rollover.kept(own + extra, original);
        let mut lost = own + extra - kept;
        if let Some(child) = child_at {
            let part = lost.min(extra);
            self.lapse(child, part);
            lost -= part;
        }
        if lost.is_positive() {
            self.lapse(index, lost);
        }
        let moved = [Some(serial), child].into_iter().flatten().filter_map(|lot| self.moved(lot)).collect();
        let shortfall = rollover.shortfall(kept);
        let issued = shortfall.is_positive().then(|| self.make_up(serial, shortfall, at, new_id));
        self.drop_empty();
        self.assert_sound();
        (moved, issued)
    }

    fn make_up(
        &mut self,
        serial: LotSerial,
        shortfall: Credits,
        at: SimTime,
        new_id: impl FnOnce() -> u32,
    ) -> Take {
        let kind = LotKind::Minimum { of: serial };
        if let Some(child) = self.lots.iter_mut().find(|lot| lot.kind == kind) {
            child.credits += shortfall;
            child.remaining += shortfall;
            let take = Take::of(child, shortfall);
            self.remaining += shortfall;
            self.shift(take.scope, shortfall, Credits::ZERO);
            // Its amount may be a key of the burn order.
            self.sort();
            return take;
        }
        let parent = self.lot(serial).expect("the lot that rolls in place is there");
        let lot = Lot {
            id: new_id(),
            category: Category::Included,
            kind,
            price_paid: Money::ZERO,
            earned_over_time: false,
            created_at: at,
            effective_at: at,
            parent: Some(parent.id),
            ..fresh_like(parent, shortfall)
        };
        let mut take = Take::of(&lot, shortfall);
        take.lot = self.issue(lot);
        take
    }
}

/// What makes up the minimum of an allowance.
fn minimum_lot(id: u32, credits: Credits, allowance: &Lot, rule: &RollRule<'_>) -> Lot {
    Lot {
        serial: LotSerial(0),
        id,
        category: Category::Included,
        kind: LotKind::Rolled { closes_left: rule.rollover.max_periods },
        credits,
        remaining: credits,
        reserved: Credits::ZERO,
        overdue: Credits::ZERO,
        burned: Credits::ZERO,
        expired: Credits::ZERO,
        voided: Credits::ZERO,
        scope: allowance.scope,
        width: allowance.width,
        priority: allowance.priority,
        rank: rule.rollover.rank(),
        beside: None,
        parent: Some(allowance.id),
        created_at: rule.at,
        effective_at: rule.at,
        expires_at: SimTime::MAX,
        ends_at: SimTime::MAX,
        closes_at: rule.closes_at,
        ends_key: rule.closes_at,
        price_paid: Money::ZERO,
        earned_over_time: false,
    }
}

/// A new lot with the place in the burn order of `lot` and nothing used.
fn fresh_like(lot: &Lot, credits: Credits) -> Lot {
    Lot {
        credits,
        remaining: credits,
        reserved: Credits::ZERO,
        overdue: Credits::ZERO,
        burned: Credits::ZERO,
        expired: Credits::ZERO,
        voided: Credits::ZERO,
        ..lot.clone()
    }
}
