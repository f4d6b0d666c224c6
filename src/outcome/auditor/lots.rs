//! Lots as the journal tells them (laws 1 and 4).

use std::collections::BTreeMap;

use crate::outcome::journal::{Entry, EntryKind};
use crate::outcome::tally::ByCategory;
use crate::units::{Category, Credits, Money, SimTime};

use super::{AuditResult, AuditedScope, Violation};

/// One lot.
#[derive(Debug, Clone)]
pub(super) struct AuditedLot {
    category: Category,
    /// All credits it ever had, those used before the start included.
    credits: Credits,
    left: Credits,
    /// Burned, repaid or expired, before the start included.
    used: Credits,
    /// Of `used`, by the time its past was closed.
    used_past: Credits,
    /// Expired so far, and what of it was taken back and not yet burned.
    expired: Credits,
    taken_back: Credits,
    voided: Credits,
    price: Money,
    until: SimTime,
    /// Number of its scope; 0 is everybody's.
    scope: u16,
    /// Whose lot it is.
    owner: u16,
}

impl AuditedLot {
    /// ⌊price · part / credits⌋; all of it if there are no credits.
    fn share(&self, part: Credits) -> i128 {
        if self.credits.is_zero() {
            return i128::from(self.price.nanos());
        }
        let product = i128::from(self.price.nanos()) * i128::from(part.micros());
        product.div_euclid(i128::from(self.credits.micros()))
    }
}

/// Every lot of the account.
#[derive(Debug, Clone, Default)]
pub(super) struct Lots {
    /// By number; numbers are given one after the other.
    lots: Vec<Option<AuditedLot>>,
    /// Used before the start, by lots not yet opened.
    used_before: BTreeMap<u32, Credits>,
    remaining: Credits,
    /// Nano-units recognized from, and voided with, what lots were before their past was closed.
    recognized_past: i128,
    voided_past: i128,
    pub(super) totals: LotTotals,
}

/// Credits moved since outcomes count.
#[derive(Debug, Clone, Default)]
pub(super) struct LotTotals {
    pub(super) opening: ByCategory,
    pub(super) issued: ByCategory,
    pub(super) burned: ByCategory,
    pub(super) repaid: ByCategory,
    pub(super) expired: ByCategory,
    pub(super) voided: ByCategory,
}

impl Lots {
    pub(super) fn take(&mut self, entry: &Entry) -> AuditResult {
        match entry.kind {
            EntryKind::OpeningUsed => {
                *self.used_before.entry(entry.lot).or_default() += entry.credits;
                Ok(())
            }
            EntryKind::OpeningGrant
            | EntryKind::Issue
            | EntryKind::IssueAllowance
            | EntryKind::Land
            | EntryKind::IssueRolloverMinimum => {
                self.issue(entry);
                Ok(())
            }
            EntryKind::Subscription | EntryKind::PriceGiven if entry.lot > 0 => {
                let lot = self.lot(entry)?;
                lot.price += entry.money;
                Ok(())
            }
            EntryKind::PriceTaken if entry.lot > 0 => self.close_past(entry),
            // The money's own books earn it.
            EntryKind::PriceOverTime => {
                self.lot(entry)?.price -= entry.money;
                Ok(())
            }
            EntryKind::Pooled => {
                let lot = self.lot(entry)?;
                (lot.scope, lot.owner) = (entry.scope, entry.owner);
                let (left, said) = (lot.left, entry.credits);
                let agrees = left == said;
                agrees.then_some(()).ok_or_else(|| wrong(entry, format!("{said} of {left} left were pooled")))
            }
            EntryKind::LotEnd => {
                self.lot(entry)?.until = entry.until;
                Ok(())
            }
            EntryKind::Burn | EntryKind::Repay | EntryKind::Expire | EntryKind::Void => self.remove(entry),
            EntryKind::Unexpire => self.take_back(entry),
            EntryKind::RefundBurn | EntryKind::RefundRepaid => self.put_back(entry),
            EntryKind::Rollover => {
                let moved = entry.credits;
                let left = self.lot(entry)?.left;
                let sound = moved <= left;
                sound.then_some(()).ok_or_else(|| wrong(entry, format!("{moved} of {left} left rolled over")))
            }
            _ => Ok(()),
        }
    }

    /// What was used of a lot is history, and what it owed is taken off it.
    fn close_past(&mut self, entry: &Entry) -> AuditResult {
        let lot = self.lot(entry)?;
        let whole = i128::from(lot.price.nanos());
        let (used, gone) = (lot.share(lot.used), lot.share(lot.used + lot.voided));
        (lot.credits, lot.price) = (lot.left, Money::ZERO);
        lot.used_past += lot.used;
        (lot.used, lot.voided, lot.expired) = (Credits::ZERO, Credits::ZERO, Credits::ZERO);
        self.recognized_past += used;
        self.voided_past += gone - used;
        let owed = whole - gone;
        let sound = owed == i128::from(entry.money.nanos());
        sound.then_some(()).ok_or_else(|| wrong(entry, format!("grant {} owed {owed}e-9", entry.grant)))
    }

    fn issue(&mut self, entry: &Entry) {
        let used = self.used_before.remove(&entry.lot).unwrap_or_default();
        let number = entry.lot as usize;
        if self.lots.len() <= number {
            self.lots.resize(number + 1, None);
        }
        let lot = self.lots[number].get_or_insert(AuditedLot {
            category: entry.category,
            credits: used,
            left: Credits::ZERO,
            used,
            used_past: Credits::ZERO,
            expired: Credits::ZERO,
            taken_back: Credits::ZERO,
            voided: Credits::ZERO,
            price: Money::ZERO,
            until: entry.until,
            scope: entry.scope,
            owner: entry.owner,
        });
        lot.credits += entry.credits;
        lot.left += entry.credits;
        lot.price += entry.money;
        self.remaining += entry.credits;
        self.totals.issued[entry.category.index()] += entry.credits;
    }

    fn remove(&mut self, entry: &Entry) -> AuditResult {
        let amount = entry.credits;
        let lot = self.lot(entry)?;
        lot.left -= amount;
        if lot.left < Credits::ZERO || amount < Credits::ZERO || lot.category != entry.category {
            let left = lot.left;
            return Err(Violation {
                law: 4,
                at: entry.at,
                what: format!("taking {amount} leaves grant {} with {left}", entry.grant),
            });
        }
        if entry.kind == EntryKind::Void {
            lot.voided += amount;
        } else {
            lot.used += amount;
        }
        if entry.kind == EntryKind::Expire {
            lot.expired += amount;
        }
        self.remaining -= amount;
        let totals = &mut self.totals;
        let total = match entry.kind {
            EntryKind::Burn => &mut totals.burned,
            EntryKind::Repay => &mut totals.repaid,
            EntryKind::Expire => &mut totals.expired,
            _ => &mut totals.voided,
        };
        total[entry.category.index()] += amount;
        Ok(())
    }

    /// What has expired of a lot is taken back, to be burned by the charge that follows.
    fn take_back(&mut self, entry: &Entry) -> AuditResult {
        let amount = entry.credits;
        let lot = self.lot(entry)?;
        if amount > lot.expired || lot.category != entry.category {
            let (id, expired) = (entry.grant, lot.expired);
            return Err(wrong(entry, format!("{amount} of grant {id} were taken back of {expired} expired")));
        }
        lot.expired -= amount;
        lot.used -= amount;
        lot.left += amount;
        lot.taken_back += amount;
        self.remaining += amount;
        self.totals.expired[entry.category.index()] -= amount;
        Ok(())
    }

    /// Credits come back to the lot that they were taken from; never to one that has ended.
    fn put_back(&mut self, entry: &Entry) -> AuditResult {
        let amount = entry.credits;
        let lot = self.lot(entry)?;
        if entry.at >= lot.until || lot.category != entry.category || amount > lot.used + lot.used_past {
            let what =
                format!("{amount} were given back to grant {}, which they did not come from", entry.grant);
            return Err(wrong(entry, what));
        }
        let own = amount.min(lot.used);
        lot.left += amount;
        lot.used -= own;
        lot.credits += amount - own;
        lot.used_past -= amount - own;
        self.remaining += amount;
        let totals = &mut self.totals;
        let total = if entry.kind == EntryKind::RefundBurn { &mut totals.burned } else { &mut totals.repaid };
        total[entry.category.index()] -= amount;
        Ok(())
    }

    /// Nothing is used at or after the end of its validity, unless a hold may have pinned it.
    pub(super) fn check_usable(&mut self, entry: &Entry, held: bool) -> AuditResult {
        let lot = self.lot(entry)?;
        let until = lot.until;
        if entry.kind == EntryKind::Burn && lot.taken_back.is_positive() {
            lot.taken_back -= entry.credits;
            if lot.taken_back >= Credits::ZERO {
                return Ok(());
            }
            lot.taken_back = Credits::ZERO;
        }
        if entry.at >= until && !held {
            return Err(wrong(entry, format!("grant {} was used after its end at {until}", entry.grant)));
        }
        Ok(())
    }

    /// Credits that are not everybody's are burned by operations that they are for, and repay no debt but that of
    /// their owner.
    pub(super) fn check_scope(&mut self, entry: &Entry, scopes: &[AuditedScope]) -> AuditResult {
        let (scope, owner) = (self.lot(entry)?.scope, self.lot(entry)?.owner);
        let Some(index) = usize::from(scope).checked_sub(1) else { return Ok(()) };
        if !scopes.get(index).is_some_and(|scope| scope.holds(entry, owner)) {
            return Err(wrong(entry, format!("grant {} was used by whom it is not for", entry.grant)));
        }
        Ok(())
    }

    fn lot(&mut self, entry: &Entry) -> Result<&mut AuditedLot, Violation> {
        let unknown = || wrong(entry, format!("grant {} was never issued", entry.grant));
        self.lots.get_mut(entry.lot as usize).and_then(Option::as_mut).ok_or_else(unknown)
    }

    pub(super) fn remaining(&self) -> Credits {
        self.remaining
    }

    pub(super) fn remaining_by_category(&self) -> ByCategory {
        let mut sums = ByCategory::default();
        for lot in self.lots.iter().flatten() {
            sums[lot.category.index()] += lot.left;
        }
        sums
    }

    pub(super) fn begin_measuring(&mut self) {
        self.totals = LotTotals { opening: self.remaining_by_category(), ..LotTotals::default() };
    }

    /// Nano-units recognized from all lots so far.
    pub(super) fn recognized(&self) -> i128 {
        self.recognized_past + self.lots.iter().flatten().map(|lot| lot.share(lot.used)).sum::<i128>()
    }

    /// Nano-units of value voided so far.
    pub(super) fn voided_value(&self) -> i128 {
        let voided = |lot: &AuditedLot| lot.share(lot.used + lot.voided) - lot.share(lot.used);
        self.voided_past + self.lots.iter().flatten().map(voided).sum::<i128>()
    }

    /// Nano-units that paid lots still owe.
    pub(super) fn deferred(&self) -> i128 {
        let owed = |lot: &AuditedLot| i128::from(lot.price.nanos()) - lot.share(lot.used + lot.voided);
        self.lots.iter().flatten().map(owed).sum()
    }

    /// Nano-units a lot had been recognized for when it was opened.
    pub(super) fn recognized_of(&self, lot: u32) -> i128 {
        self.lots.get(lot as usize).and_then(Option::as_ref).map_or(0, |lot| lot.share(lot.used))
    }
}

fn wrong(entry: &Entry, what: String) -> Violation {
    Violation { law: 1, at: entry.at, what }
}
