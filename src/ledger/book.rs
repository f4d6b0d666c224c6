//! The ledger itself: lots in burn order, debt, and what moves between them.

use std::collections::BTreeMap;

use crate::deliberate::Deliberate;
use crate::policy::{BurnKey, ChargeParts, CreditScope, DebtOwner, Spender};
use crate::units::{Category, Credits, Money, SimTime};

use super::ceilings::ChargeBounds;
use super::hold::{Hold, HoldId};
use super::index::LotIndex;
use super::late::{Lapses, LotMark};
use super::lot::{BurnEnd, Lot, LotKind, LotSerial, ScopeId};
use super::order::burn_order;
use super::scopes::{Places, UsableLots};

/// Credits taken out of one lot by the last act.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Take {
    /// The lot.
    pub lot: LotSerial,
    /// The grant's id.
    pub grant: u32,
    /// Its category.
    pub category: Category,
    /// How much.
    pub amount: Credits,
    /// Whether the lot had rolled over.
    pub rolled: bool,
    /// Id of the grant whose minimum the lot makes up, if any.
    pub parent: Option<u32>,
    /// Whom the lot is for.
    pub scope: ScopeId,
}

impl Take {
    pub(super) fn of(lot: &Lot, amount: Credits) -> Self {
        let rolled = matches!(lot.kind, LotKind::Rolled { .. });
        Take {
            lot: lot.serial,
            grant: lot.id,
            category: lot.category,
            amount,
            rolled,
            parent: lot.parent,
            scope: lot.scope,
        }
    }
}

/// Balances of one account.
///
/// Every act leaves what it took in [`Ledger::takes`] (burns) and [`Ledger::lapsed`] (expiries), which the caller
/// reads and clears with [`Ledger::clear_takes`] before the next act.
#[derive(Debug, Clone, Default)]
pub struct Ledger {
    /// Usable lots in burn order; also lots kept for their close or their hold at zero remaining.
    pub(super) lots: Vec<Lot>,
    pub(super) holds: Vec<Option<Hold>>,
    pub(super) free_holds: Vec<HoldId>,
    pub(super) open_holds: u64,
    /// Holds opened so far.
    pub(super) next_hold: u64,
    pub(super) remaining: Credits,
    pub(super) held: Credits,
    pub(super) debt: Credits,
    pub(super) takes: Vec<Take>,
    pub(super) lapsed: Vec<Take>,
    pub(super) breakage: Money,
    /// Reserved credits that ended under holds that did not pin them, so far.
    pub(super) uncovered: Credits,
    pub(super) order: Vec<BurnKey>,
    next_serial: u32,
    pub(super) retired_recognized: Money,
    pub(super) retired_voided: Money,
    /// Lots that are spent and have not ended, if charges may be undone.
    pub(super) spent: Option<Vec<Lot>>,
    /// What has expired, while charges are under way that may take it back.
    pub(super) lapses: Lapses,
    /// What is charged was incurred then.
    pub(super) as_of: Option<LotMark>,
    pub(super) taken_back: Vec<(Take, Money)>,
    /// Whom lots are for, if not for everybody.
    pub(super) scopes: Vec<CreditScope>,
    /// What bounds the present act.
    pub(super) bounds: Option<Box<ChargeBounds>>,
    /// Lots by whom they are for, if there are scopes.
    pub(super) index: LotIndex,
    /// Of the debt, what members and projects owe themselves; nobody is here who owes nothing.
    pub(super) own_debts: BTreeMap<DebtOwner, Credits>,
}

impl Ledger {
    /// An empty ledger that burns in this order.
    #[must_use]
    pub fn new(order: &[BurnKey]) -> Self {
        Ledger { order: order.to_vec(), ..Ledger::default() }
    }

    /// The same, whose lots may have these scopes.
    #[must_use]
    pub fn with_scopes(self, scopes: Vec<CreditScope>) -> Self {
        Ledger { scopes, ..self }
    }

    /// Changes the burn order (another plan).
    pub fn reorder(&mut self, order: &[BurnKey]) {
        self.order = order.to_vec();
        self.sort();
    }

    /// Adds a usable lot and returns its serial, which replaces the one given.
    pub fn issue(&mut self, mut lot: Lot) -> LotSerial {
        let serial = LotSerial(self.next_serial);
        self.next_serial += 1;
        lot.serial = serial;
        self.remaining += lot.remaining;
        let fresh = lot.kind == LotKind::Allowance;
        let fresh = fresh.then(|| BurnEnd { at: lot.ends(), key: lot.ends_key });
        let at = self.lots.partition_point(|other| burn_order(&self.order, other, &lot).is_le());
        let spent = lot.remaining.is_zero();
        self.begin_lot(&lot);
        self.lots.insert(at, lot);
        self.find_places();
        if fresh.is_some() {
            self.stand_beside(fresh);
        }
        if spent {
            // It was used up before the account opened: whichever act comes next finds it retired.
            self.drop_empty();
        }
        self.assert_sound();
        serial
    }

    /// Adds the lots that the owners of a scope get together; their serials follow each other. Returns the first.
    pub fn issue_each(&mut self, lots: impl Iterator<Item = Lot>) -> LotSerial {
        let first = LotSerial(self.next_serial);
        let mut fresh = None;
        for lot in lots {
            let lot = Lot { serial: LotSerial(self.next_serial), ..lot };
            self.next_serial += 1;
            self.remaining += lot.remaining;
            self.begin_lot(&lot);
            let is_fresh = lot.kind == LotKind::Allowance;
            fresh = is_fresh.then(|| BurnEnd { at: lot.ends(), key: lot.ends_key }).or(fresh);
            self.lots.push(lot);
        }
        self.sort();
        if fresh.is_some() {
            self.stand_beside(fresh);
        }
        self.assert_sound();
        first
    }

    fn begin_lot(&mut self, lot: &Lot) {
        self.shift(lot.scope, lot.remaining, Credits::ZERO);
        if !self.scopes.is_empty() {
            self.index.has_had(lot.scope);
        }
    }

    /// Rolled lots that burn before or after the fresh allowance take their place beside it (it ends then), or their own
    /// if there is none.
    pub(super) fn stand_beside(&mut self, fresh: Option<BurnEnd>) {
        let mut moved = false;
        for lot in self.lots.iter_mut().filter(|lot| lot.rank != 0 && lot.beside != fresh) {
            lot.beside = fresh;
            moved = true;
        }
        if moved {
            self.sort();
        }
    }

    /// Takes `amount` from unreserved credits that the spender may use, in burn order; what they do not cover becomes debt
    /// and is returned.
    pub fn charge(&mut self, amount: Credits, spender: Spender) -> Credits {
        let debt = self.burn_or_owe(amount, spender);
        self.assert_sound();
        debt
    }

    /// Takes `amount` from the first lot if it is more than covered there and there is neither debt nor a hold.
    #[inline]
    pub fn burn_first(&mut self, amount: Credits) -> Option<(Category, bool)> {
        let lot = self.first_to_burn().filter(|&index| self.lots[index].remaining > amount)?;
        let lot = &mut self.lots[lot];
        lot.remaining -= amount;
        lot.burned += amount;
        let (scope, found) = (lot.scope, (lot.category, matches!(lot.kind, LotKind::Rolled { .. })));
        self.shift(scope, Credits::ZERO - amount, Credits::ZERO);
        self.remaining -= amount;
        Some(found)
    }

    /// True if there is neither debt nor an open hold.
    #[must_use]
    pub fn is_plain(&self) -> bool {
        self.debt.is_zero() && self.open_holds == 0
    }

    #[inline]
    fn first_to_burn(&self) -> Option<usize> {
        if !self.is_plain() {
            return None;
        }
        // A lot that waits empty for its close is passed over.
        self.lots.iter().position(|lot| lot.remaining.is_positive())
    }

    /// Burns unreserved credits of everybody's in burn order to repay debt; `purchased_only` leaves other categories alone, and
    /// those that are `kept` repay nothing. Returns what was repaid.
    pub fn repay(&mut self, purchased_only: bool, kept: ChargeParts) -> Credits {
        let debt = self.debt;
        let eligible = |lot: &Lot| {
            lot.scope == ScopeId::default()
                && (!purchased_only || lot.category == Category::Purchased)
                && !kept.hold_lots_of(lot.category)
        };
        let places = self.places_of(&UsableLots::everybodys(self.scopes.len()));
        let left = self.burn_places(debt, &places, eligible);
        self.debt = left;
        self.assert_sound();
        debt - left
    }

    /// Removes part of the debt by forgiving or invoicing it.
    pub fn clear_debt(&mut self, part: Credits) {
        self.debt -= part;
        debug_assert!(self.debt >= Credits::ZERO, "no more debt is cleared than there is");
    }

    /// Starts with debt.
    pub fn open_with_debt(&mut self, debt: Credits) {
        self.debt = debt;
    }

    /// Ends a lot: what is free expires, reserved credits of pinning holds stay until their hold ends.
    pub fn expire(&mut self, serial: LotSerial) {
        for serial in [Some(serial), self.minimum_of(serial)].into_iter().flatten() {
            let Some(index) = self.position(serial) else { continue };
            let amount = self.lots[index].remaining;
            self.lots[index].kind = LotKind::Plain;
            self.lapse(index, amount);
            self.drop_empty();
        }
        self.end_spent(serial);
        self.assert_sound();
    }

    /// The lot issued to make up the minimum of a grant with its own rollover: it ends with that grant.
    #[must_use]
    pub fn minimum_of(&self, serial: LotSerial) -> Option<LotSerial> {
        let child = self.lots.iter().find(|lot| lot.kind == LotKind::Minimum { of: serial })?;
        Some(child.serial)
    }

    /// Voids a lot's unreserved and reserved rest; returns what was voided, never negative.
    pub fn void(&mut self, serial: LotSerial) -> Option<(Take, Money)> {
        let voided = self.void_rest(serial);
        self.end_spent(serial);
        self.assert_sound();
        voided
    }

    fn void_rest(&mut self, serial: LotSerial) -> Option<(Take, Money)> {
        let index = self.position(serial)?;
        let amount = self.lots[index].remaining;
        let reserved = self.lots[index].reserved;
        // A voided grant is gone for holds too, whether they pin expiry or not.
        for hold in self.holds.iter_mut().flatten() {
            hold.drop_reservations_of(serial);
        }
        self.uncovered += reserved;
        self.shift(self.lots[index].scope, Credits::ZERO - amount, Credits::ZERO - reserved);
        let lot = &mut self.lots[index];
        lot.reserved -= reserved;
        lot.overdue = Credits::ZERO;
        lot.remaining = Credits::ZERO;
        let before = lot.voided_value();
        lot.voided += amount;
        lot.kind = LotKind::Plain;
        self.remaining -= amount;
        let value = lot.voided_value() - before;
        let take = Take::of(lot, amount);
        self.drop_empty();
        Some((take, value))
    }

    /// Closes the past of a lot: what was used of it is history, what it still owes is taken off it and returned. The rest
    /// is then all there ever was of it, and costs nothing.
    pub fn begin_anew(&mut self, serial: LotSerial) -> Money {
        let Some(index) = self.position(serial) else { return Money::ZERO };
        let lot = &mut self.lots[index];
        let owed = lot.deferred();
        self.lapses.forget(serial);
        self.retired_recognized += lot.recognized();
        self.retired_voided += lot.voided_value();
        // What is earned over time stays paid for it, whatever becomes of its credits.
        if !lot.earned_over_time {
            lot.price_paid = Money::ZERO;
        }
        lot.credits = lot.remaining;
        (lot.burned, lot.expired, lot.voided) = (Credits::ZERO, Credits::ZERO, Credits::ZERO);
        self.sort();
        self.assert_sound();
        owed
    }

    /// Adds credits to a lot that is still there.
    pub fn enlarge(&mut self, serial: LotSerial, credits: Credits) {
        let Some(index) = self.position(serial) else { return };
        let lot = &mut self.lots[index];
        lot.credits += credits;
        lot.remaining += credits;
        let scope = lot.scope;
        self.shift(scope, credits, Credits::ZERO);
        self.remaining += credits;
        self.sort();
        self.assert_sound();
    }

    /// Takes `amount` out of a lot, unreserved credits first, then reserved ones, which their holds keep uncovered.
    pub fn void_part(&mut self, serial: LotSerial, amount: Credits) {
        let Some(index) = self.position(serial) else { return };
        let reserved = (amount - self.lots[index].free()).positive_part();
        if reserved.is_positive() {
            self.strip_all(serial, reserved);
        }
        self.shift(self.lots[index].scope, Credits::ZERO - amount, Credits::ZERO - reserved);
        let lot = &mut self.lots[index];
        lot.reserved -= reserved;
        lot.overdue = lot.overdue.min(lot.reserved);
        lot.remaining -= amount;
        lot.voided += amount;
        self.remaining -= amount;
        self.drop_empty();
        self.assert_sound();
    }

    /// Gives a lot another end, as it is acted upon and as it is written; its key follows with [`Self::rekey`].
    pub fn end_at(&mut self, serial: LotSerial, expires_at: SimTime, ends_at: SimTime) {
        let Some(index) = self.position(serial) else { return };
        let lot = &mut self.lots[index];
        (lot.expires_at, lot.ends_at) = (expires_at, ends_at);
        if lot.kind == LotKind::Allowance {
            let fresh = BurnEnd { at: lot.ends(), key: lot.ends_key };
            self.stand_beside(Some(fresh));
        }
    }

    /// Gives every lot the burn-order key of its end, as `key` rounds it.
    pub fn rekey(&mut self, key: impl Fn(SimTime) -> SimTime) {
        let mut moved = false;
        for lot in self.lots.iter_mut().chain(self.spent.iter_mut().flatten()) {
            let (ends, beside) =
                (key(lot.ends()), lot.beside.map(|BurnEnd { at, .. }| BurnEnd { at, key: key(at) }));
            moved |= lot.ends_key != ends || lot.beside != beside;
            (lot.ends_key, lot.beside) = (ends, beside);
        }
        if moved {
            self.sort();
        }
    }

    /// Adds to what was paid for a lot that is still there; false if it has gone.
    pub fn add_price(&mut self, serial: LotSerial, price: Money) -> bool {
        let Some(index) = self.position(serial) else { return false };
        self.lots[index].price_paid += price;
        self.sort();
        true
    }

    /// Σ remaining of usable lots, reserved included.
    #[must_use]
    pub fn remaining(&self) -> Credits {
        self.remaining
    }

    /// Σ amounts of open holds.
    #[must_use]
    pub fn held(&self) -> Credits {
        self.held
    }

    /// Reserved credits that have ended under a hold, which keeps its amount uncovered; cumulative.
    #[must_use]
    pub fn uncovered(&self) -> Credits {
        self.uncovered
    }

    /// Debt.
    #[must_use]
    pub fn debt(&self) -> Credits {
        self.debt
    }

    /// Lots in burn order.
    #[must_use]
    pub fn lots(&self) -> &[Lot] {
        &self.lots
    }

    /// A lot that is still there.
    #[must_use]
    pub fn lot(&self, serial: LotSerial) -> Option<&Lot> {
        self.position(serial).map(|index| &self.lots[index])
    }

    /// Σ remaining by category, recomputed from the lots.
    #[must_use]
    pub fn remaining_by_category(&self) -> [Credits; 3] {
        let mut sums = [Credits::ZERO; 3];
        for lot in &self.lots {
            sums[lot.category.index()] += lot.remaining;
        }
        sums
    }

    /// Burns of the last act.
    #[must_use]
    pub fn takes(&self) -> &[Take] {
        &self.takes
    }

    /// Expiries of the last act.
    #[must_use]
    pub fn lapsed(&self) -> &[Take] {
        &self.lapsed
    }

    /// Forgets what the last act took.
    pub fn clear_takes(&mut self) {
        self.takes.clear();
        self.lapsed.clear();
        self.taken_back.clear();
    }

    /// Revenue recognized from all lots so far.
    #[must_use]
    pub fn recognized(&self) -> Money {
        self.retired_recognized + self.lots.iter().map(Lot::recognized).sum()
    }

    /// Paid value voided so far.
    #[must_use]
    pub fn voided_value(&self) -> Money {
        self.retired_voided + self.lots.iter().map(Lot::voided_value).sum()
    }

    /// What paid lots still owe.
    #[must_use]
    pub fn deferred(&self) -> Money {
        self.lots.iter().map(Lot::deferred).sum()
    }

    /// Revenue recognized so far from credits that expired unused.
    #[must_use]
    pub fn breakage(&self) -> Money {
        self.breakage
    }

    pub(super) fn next_serial(&self) -> u32 {
        self.next_serial
    }

    pub(super) fn position(&self, serial: LotSerial) -> Option<usize> {
        if self.scopes.is_empty() {
            return self.lots.iter().position(|lot| lot.serial == serial);
        }
        self.index.place_of(serial, &self.lots)
    }

    pub(super) fn burn_or_owe(&mut self, amount: Credits, spender: Spender) -> Credits {
        if self.bounds.is_some() {
            return self.burn_or_owe_within(amount, spender);
        }
        if self.scopes.is_empty() && self.as_of.is_none() {
            // Every operation may burn every lot.
            let left = self.burn_places(amount, &Places::All(self.lots.len()), |_| true);
            self.debt += left;
            return left;
        }
        let usable = self.usable_lots(spender);
        let rest = self.as_of.map_or(amount, |mark| self.burn_as_of(mark, amount, &usable));
        let places = self.places_of(&usable);
        let left = self.burn_places(rest, &places, |_| true);
        self.debt += left;
        if left.is_positive() && !self.scopes.is_empty() {
            self.shift_debt(self.debt_owner(spender), left);
        }
        left
    }

    /// Burns unreserved credits of eligible lots among these; returns what they did not cover.
    pub(super) fn burn_places(
        &mut self,
        amount: Credits,
        places: &Places,
        eligible: impl Fn(&Lot) -> bool,
    ) -> Credits {
        let mut left = amount;
        let mut emptied = false;
        for n in 0..places.len() {
            if left.is_zero() {
                break;
            }
            let lot = &mut self.lots[places.get(n)];
            let part = lot.free().min(left);
            if part.is_positive() && eligible(lot) {
                let gone = if Deliberate::BurnKeepsLot.is_made() { Credits::ZERO } else { part };
                lot.remaining -= gone;
                lot.burned += part;
                emptied |= lot.remaining.is_zero();
                left -= part;
                let take = Take::of(lot, part);
                self.takes.push(take);
                self.shift(take.scope, Credits::ZERO - gone, Credits::ZERO);
            }
        }
        self.remaining -= amount - left;
        if emptied {
            self.drop_empty();
        }
        left
    }

    /// Lets `amount` of a lot expire: free credits first, then credits reserved by holds that do not pin them; the
    /// rest becomes overdue.
    pub(super) fn lapse(&mut self, index: usize, amount: Credits) {
        let (serial, free) = (self.lots[index].serial, self.lots[index].free());
        let mut now = amount.min(free);
        let reserved_part = amount - now;
        if reserved_part.is_positive() {
            let stripped = self.strip_reservations(serial, reserved_part);
            let lot = &mut self.lots[index];
            lot.reserved -= stripped;
            lot.overdue = lot.overdue.max(reserved_part - stripped);
            let scope = lot.scope;
            self.shift(scope, Credits::ZERO, Credits::ZERO - stripped);
            now += stripped;
        }
        if now.is_positive() {
            self.expire_from(index, now);
        }
    }

    pub(super) fn expire_from(&mut self, index: usize, amount: Credits) {
        let lot = &mut self.lots[index];
        let before = lot.recognized();
        lot.expired += amount;
        let value = lot.recognized() - before;
        self.lapses.remember(lot, amount, value);
        lot.remaining -= amount;
        let take = Take::of(lot, amount);
        self.shift(take.scope, Credits::ZERO - amount, Credits::ZERO);
        self.breakage += value;
        self.remaining -= amount;
        self.lapsed.push(take);
    }

    /// Retires lots with nothing left, except those that a close or a hold still needs.
    pub(super) fn drop_empty(&mut self) {
        let (recognized, voided) = (&mut self.retired_recognized, &mut self.retired_voided);
        let (spent, count) = (&mut self.spent, self.lots.len());
        self.lots.retain(|lot| {
            let needed = matches!(lot.kind, LotKind::Allowance | LotKind::Own { .. });
            if lot.remaining.is_positive() || needed {
                return true;
            }
            *recognized += lot.recognized();
            *voided += lot.voided_value();
            if let Some(spent) = spent {
                spent.push(lot.clone());
            }
            false
        });
        if self.lots.len() != count {
            self.find_places();
        }
    }

    pub(super) fn sort(&mut self) {
        let order = &self.order;
        self.lots.sort_by(|a, b| burn_order(order, a, b));
        self.find_places();
    }
}
