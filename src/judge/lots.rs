//! Lots and the order in which they burn (docs/semantics.md §3).

use std::cmp::Ordering;

use crate::policy::{BurnKey, CreditScope, ExpiryPrecision, RolledBurns};
use crate::units::{Category, Credits, MICROS_PER_SECOND, Money, SimTime};

use super::account::Judged;
use super::facts::{EntryKind, Fact};
use super::ratable::OverTime;
use super::scopes::{Holder, narrowness};

/// Where a lot comes from, as far as rules ask.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum LotOrigin {
    /// The running allowance.
    Allowance,
    /// What has rolled over; the number of the close that ends it, if there is one.
    Rolled { last: Option<u32>, burns: RolledBurns },
    /// A grant written down, by its place among the account's grants.
    Grant(usize),
    /// The minimum of the own rollover of a grant's lot, by that lot.
    GrantMinimum(usize),
    /// Bought.
    Purchase,
    /// Given back for a lot that has ended.
    Refund,
}

/// A quantity of credits with its own life (docs/semantics.md §3.1).
#[derive(Debug, Clone)]
pub(super) struct JudgedLot {
    pub id: u32,
    pub category: Category,
    pub priority: i32,
    pub created_at: SimTime,
    pub effective_at: SimTime,
    /// As written; the running close for an allowance is not here.
    pub end: Option<SimTime>,
    pub issued: Credits,
    pub remaining: Credits,
    pub burned: Credits,
    pub expired: Credits,
    pub voided: Credits,
    pub price: Money,
    /// What was paid for it is earned evenly over time (docs/semantics.md §18.13).
    pub over_time: Option<OverTime>,
    /// Whom it is for (docs/semantics.md §14.1).
    pub scope: CreditScope,
    /// Whose it is, and whose it was as it was issued (docs/semantics.md §14.10, §14.17).
    pub holder: Holder,
    pub given_to: Holder,
    pub origin: LotOrigin,
    /// What only holds keep alive of it; it expires as they let go.
    pub pinned: Credits,
    /// Nothing can be taken from it or given back to it but by a hold that has reserved of it.
    pub over: bool,
}

impl JudgedLot {
    pub fn new(id: u32, category: Category, credits: Credits, at: SimTime, origin: LotOrigin) -> JudgedLot {
        JudgedLot {
            id,
            category,
            priority: 0,
            created_at: at,
            effective_at: at,
            end: None,
            issued: credits,
            remaining: credits,
            burned: Credits::ZERO,
            expired: Credits::ZERO,
            voided: Credits::ZERO,
            price: Money::ZERO,
            over_time: None,
            scope: CreditScope::default(),
            holder: Holder::All,
            given_to: Holder::All,
            origin,
            pinned: Credits::ZERO,
            over: false,
        }
    }

    /// The same for whom another lot is.
    pub fn for_whom(self, other: &JudgedLot) -> JudgedLot {
        JudgedLot { scope: other.scope.clone(), holder: other.holder, given_to: other.holder, ..self }
    }

    /// The same for these.
    pub fn held_by(self, scope: &CreditScope, holder: Holder) -> JudgedLot {
        let scope = if holder == Holder::All { scope.shared() } else { scope.clone() };
        JudgedLot { scope, holder, given_to: holder, ..self }
    }

    /// The end that is acted upon: an inclusive boundary adds a microsecond (docs/semantics.md §3.1).
    pub fn names(&self) -> Option<(u32, Category)> {
        Some((self.id, self.category))
    }
}

/// A lot as the burn order sees it at an instant.
#[derive(Debug, Clone, Copy)]
pub(super) struct LotInOrder<'l> {
    pub place: usize,
    pub lot: &'l JudgedLot,
    pub ends: Option<SimTime>,
    /// As if it ended with the fresh allowance, where rolled lots stand beside it (docs/semantics.md §4.8).
    pub ends_beside: Option<SimTime>,
}

impl LotInOrder<'_> {
    /// Rolled lots just before or behind the fresh allowance (docs/semantics.md §4.8).
    fn rank(&self) -> u8 {
        match self.lot.origin {
            LotOrigin::Rolled { burns: RolledBurns::Before, .. } => 0,
            LotOrigin::Rolled { burns: RolledBurns::After, .. } => 2,
            _ => 1,
        }
    }
}

impl Judged<'_> {
    /// A fact about a lot.
    pub fn lot_fact(&mut self, kind: EntryKind, lot: usize, credits: Credits) {
        let grant = self.lots[lot].names();
        self.tell(Fact { grant, ..Fact::new(self.now, kind).of(credits) });
    }

    /// What open holds have reserved of a lot.
    pub fn reserved_of(&self, lot: usize) -> Credits {
        let of = |hold: &super::holds::JudgedHold<'_>| -> Credits {
            hold.reserved.iter().filter(|(of, _)| *of == lot).map(|(_, credits)| *credits).sum()
        };
        self.holds.iter().map(of).sum()
    }

    /// What may be used of a lot by anybody.
    pub fn unreserved_of(&self, lot: usize) -> Credits {
        if self.lots[lot].over {
            return Credits::ZERO;
        }
        (self.lots[lot].remaining - self.reserved_of(lot)).positive_part()
    }

    /// Lots with something unreserved, first burned first (docs/semantics.md §3.2).
    pub fn burn_order(&self) -> Vec<usize> {
        let mut lots: Vec<usize> =
            (0..self.lots.len()).filter(|&lot| self.unreserved_of(lot).is_positive()).collect();
        lots.sort_by(|&a, &b| self.burns_before(a, b));
        lots
    }

    pub fn burns_before(&self, a: usize, b: usize) -> Ordering {
        self.in_burn_order(&self.standing(a), &self.standing(b))
    }

    /// A lot as the burn order sees it now.
    pub fn standing(&self, place: usize) -> LotInOrder<'_> {
        let lot = &self.lots[place];
        let stands = match lot.origin {
            LotOrigin::Rolled { burns, .. } if burns != RolledBurns::Unordered => {
                self.cycle.running.first().map(|running| running.lot)
            }
            _ => None,
        };
        let (ends, ends_beside) = (self.ends(place), self.ends(stands.unwrap_or(place)));
        LotInOrder { place, lot, ends, ends_beside }
    }

    /// Which of two lots burns first by the rules of now (docs/semantics.md §3.2).
    pub fn in_burn_order(&self, a: &LotInOrder<'_>, b: &LotInOrder<'_>) -> Ordering {
        let keys = &self.terms().burn_order;
        let place = |wanted: fn(&BurnKey) -> bool| keys.iter().position(wanted);
        let ends = place(|key| matches!(key, BurnKey::ExpiresAt(_)));
        let burns = place(|key| matches!(key, BurnKey::Burns));
        // "Just before" the end, or left out: beside the fresh allowance, as if they ended with it (§4.8).
        let beside = match (burns, ends) {
            (Some(burns), Some(ends)) => burns + 1 == ends,
            (None, Some(_)) => true,
            _ => false,
        };
        for key in keys {
            let order = match *key {
                BurnKey::Priority => a.lot.priority.cmp(&b.lot.priority),
                BurnKey::ExpiresAt(precision) => {
                    let key = |lot: &LotInOrder<'_>| {
                        let (rank, ends) = if beside { (lot.rank(), lot.ends_beside) } else { (1, lot.ends) };
                        (self.end_key(ends, precision), rank, self.end_key(lot.ends, precision))
                    };
                    key(a).cmp(&key(b))
                }
                BurnKey::Category(order) => {
                    let place = |lot: &LotInOrder<'_>| order.iter().position(|&c| c == lot.lot.category);
                    place(a).cmp(&place(b))
                }
                BurnKey::UnitPrice => {
                    let (a, b) = (a.lot, b.lot);
                    let of = |price: Money, credits: Credits| {
                        i128::from(price.nanos()) * i128::from(credits.micros())
                    };
                    of(a.price, b.issued).cmp(&of(b.price, a.issued))
                }
                BurnKey::EffectiveAt => a.lot.effective_at.cmp(&b.lot.effective_at),
                BurnKey::CreatedAt => a.lot.created_at.cmp(&b.lot.created_at),
                BurnKey::Amount { larger_first: true } => b.lot.issued.cmp(&a.lot.issued),
                BurnKey::Amount { larger_first: false } => a.lot.issued.cmp(&b.lot.issued),
                BurnKey::Burns if beside => Ordering::Equal,
                BurnKey::Burns => a.rank().cmp(&b.rank()),
                BurnKey::Scope => narrowness(a.lot).cmp(&narrowness(b.lot)),
                BurnKey::Id => Ordering::Equal,
            };
            if order != Ordering::Equal {
                return order;
            }
        }
        (a.lot.id, a.place).cmp(&(b.lot.id, b.place))
    }

    /// The end that the burn order compares: a close, or the lot's own, whichever is first (docs/semantics.md §4.4, §16.9).
    fn ends(&self, lot: usize) -> Option<SimTime> {
        let close = match self.lots[lot].origin {
            LotOrigin::Allowance => self.next_close(),
            LotOrigin::Rolled { last: Some(last), .. } => self.close_numbered(last),
            _ => None,
        };
        [close, self.lots[lot].end].into_iter().flatten().min()
    }

    /// An end as a key, none last.
    fn end_key(&self, ends: Option<SimTime>, precision: ExpiryPrecision) -> i64 {
        match (ends, precision) {
            (None | Some(SimTime::MAX), _) => i64::MAX,
            (Some(end), ExpiryPrecision::Exact) => end.micros(),
            (Some(end), ExpiryPrecision::Second) => end.micros().div_euclid(MICROS_PER_SECOND),
            (Some(end), ExpiryPrecision::Day) => self.case.zone.day_number(end),
        }
    }

    /// Takes what remains of a lot away, at most `credits`, unreserved ones first (docs/semantics.md §3.6, §3.7, §16.7); holds
    /// keep their amounts, uncovered. Returns what was taken.
    pub fn take_away(&mut self, kind: EntryKind, lot: usize, credits: Credits, may_pin: bool) -> Credits {
        let credits = credits.min(self.lots[lot].remaining);
        let stood = self.stands_now(lot);
        let free = (self.lots[lot].remaining - self.reserved_of(lot)).positive_part();
        let from_free = credits.min(free);
        let mut from_holds = credits - from_free;
        let mut uncovered = Credits::ZERO;
        let mut taken = from_free;
        for hold in 0..self.holds.len() {
            if may_pin && self.holds[hold].terms.pins_expiry {
                continue;
            }
            for index in 0..self.holds[hold].reserved.len() {
                let (of, reserved) = self.holds[hold].reserved[index];
                if of == lot && from_holds.is_positive() {
                    let part = reserved.min(from_holds);
                    self.holds[hold].reserved[index].1 -= part;
                    self.holds[hold].uncovered += part;
                    from_holds -= part;
                    taken += part;
                    uncovered += part;
                }
            }
            self.holds[hold].reserved.retain(|(_, credits)| credits.is_positive());
        }
        // What pinning holds keep is to go as they end.
        self.lots[lot].pinned = self.lots[lot].pinned.max(from_holds);
        self.lots[lot].remaining -= taken;
        let earned = self.lots[lot].earned(self.now);
        match kind {
            EntryKind::Void => self.lots[lot].voided += taken,
            _ => self.lots[lot].expired += taken,
        }
        let breakage = self.lots[lot].earned(self.now) - earned;
        self.books.expire(breakage);
        if kind != EntryKind::Void && taken.is_positive() {
            self.note_expired(stood, taken, breakage);
        }
        let first = kind != EntryKind::Void;
        if first && uncovered.is_positive() {
            self.tell(Fact::new(self.now, EntryKind::HoldUncovered).of(uncovered));
        }
        if taken.is_positive() {
            let money = if kind == EntryKind::Void { self.voided_value(lot, taken) } else { Money::ZERO };
            let grant = self.lots[lot].names();
            self.tell(Fact { grant, ..Fact::new(self.now, kind).of(taken).paid(money) });
        }
        if !first && self.lots[lot].remaining.is_zero() {
            self.voids_price_to_come(lot);
        }
        if !first && uncovered.is_positive() {
            self.tell(Fact::new(self.now, EntryKind::HoldUncovered).of(uncovered));
        }
        taken
    }

    /// What of a lot's price is lost with credits that have just been voided (docs/semantics.md §11.2).
    fn voided_value(&self, lot: usize, taken: Credits) -> Money {
        let lot = &self.lots[lot];
        if lot.over_time.is_some() {
            return Money::ZERO;
        }
        let earned = |credits: Credits| lot.price.scale_floor(credits.micros(), lot.issued.micros().max(1));
        let used = lot.burned + lot.expired + lot.voided;
        earned(used) - earned(used - taken)
    }

    /// A lot's end has come, and that of what made up its minimum, in one event (docs/semantics.md §3.7, §4.10).
    pub fn lot_ends(&mut self, lot: usize) {
        let before = self.balances();
        for ending in 0..self.lots.len() {
            let made_up = self.lots[ending].origin == LotOrigin::GrantMinimum(lot);
            if (ending == lot || made_up) && !self.lots[ending].over {
                self.lots[ending].over = true;
                let rest = self.lots[ending].remaining;
                self.take_away(EntryKind::Expire, ending, rest, true);
            }
        }
        self.follow(before, None);
    }
}
