//! Ceilings: limits that bound parts of an operation's charges (docs/semantics.md §15.14 to §15.18).
//!
//! Owns what ceilings leave of the balance, who of them is to blame if that does not suffice, and the share that an operation gets
//! as it starts. Leaves burning within shares to the ledger, and what meters have counted to `meters`. Invariants: without
//! ceilings nobody comes here; a share is fixed as its operation starts, and only an extension of its hold adds to it.

use smallvec::SmallVec;

use crate::deliberate::Deliberate;
use crate::ledger::{ChargeBounds, HoldId};
use crate::outcome::Reason;
use crate::policy::{Admission, CeilingShare, ChargeParts, ChargedPart, LimitOwner, View};
use crate::units::Credits;

use super::super::env::Env;
use super::super::gate::{CeiledView, Check, NeedOfRoom};
use super::super::meter_prices::to_nanos;
use super::super::meter_rules::{ChainsAsked, MeterRule, RoomAsker};
use super::State;
use super::limits::{LackingRoom, LimitAlerts};

/// A ceiling that is asked for an operation.
#[derive(Debug, Clone, Copy)]
pub(super) struct AskedCeiling {
    /// Its place among the limits of the plan.
    place: usize,
    /// Its place among the policy's limits by name.
    limit: u16,
    /// Whose meter it is.
    owner: u16,
    covers: ChargeParts,
    /// What is neither used nor reserved (credits).
    room: Credits,
    /// How much the limit states that there is room for, in what it counts.
    stated: Credits,
}

/// The ceilings of an operation, in file order.
pub(super) type AskedCeilings = SmallVec<[AskedCeiling; 4]>;

fn bounds<'a>(ceilings: impl IntoIterator<Item = &'a AskedCeiling>) -> ChargeBounds {
    let share = |ceiling: &AskedCeiling| CeilingShare {
        limit: ceiling.limit,
        covers: ceiling.covers,
        left: ceiling.room,
    };
    ChargeBounds { shares: ceilings.into_iter().map(share).collect(), debt_limit: None }
}

impl State {
    /// The ceilings that are asked for an operation, and the room of each.
    pub(super) fn ceilings(&mut self, env: &Env, slot: u32) -> AskedCeilings {
        if !env.splits_charges {
            return AskedCeilings::new();
        }
        let (clock, asker, mut chains) = (self.window_clock(env), self.asker(slot), ChainsAsked::default());
        let mut asked = AskedCeilings::new();
        for rule in env.meter_rules(self.plan) {
            let Some(owner) = rule.owner_of(asker) else { continue };
            let Some(stated) = chains.ask(rule, owner) else { continue };
            let Some(covers) = rule.covers else { continue };
            let reserved = self.reserved(rule, owner);
            let room = self.meters.room_left((rule, owner), stated, reserved, clock);
            let room = rule.prices.map_or(room, |prices| prices.credits_in(room, covers));
            asked.push(AskedCeiling { place: rule.place, limit: rule.id, owner, covers, room, stated });
        }
        asked
    }

    /// What ceilings leave of the balance for an operation.
    fn ceiled_view(&self, env: &Env, slot: u32, mut bounds: ChargeBounds) -> CeiledView {
        let (ledger, view) = (self.books.ledger(), env.check(self.plan, self.flight[slot].serves()).view());
        let available = view == View::Available;
        let covered = ledger.usable_within(self.spender(slot), !available, &mut bounds);
        let owed = self.books.debt_counted(self.spender(slot));
        let uncovered = if available { ledger.uncovered_by_holds() } else { Credits::ZERO };
        let unrecorded = if view == View::Ongoing { self.books.unrecorded() } else { Credits::ZERO };
        CeiledView {
            covered,
            debt: owed + uncovered,
            unrecorded,
            overage: bounds.most_of(ChargedPart::Overage),
        }
    }

    /// The check of the balance within ceilings; none if there are none.
    pub(super) fn check_within(&mut self, env: &Env, slot: u32) -> Option<Check> {
        let ceilings = self.ceilings(env, slot);
        if ceilings.is_empty() {
            return None;
        }
        let work = &self.flight[slot];
        let check = env.check(self.plan, work.serves());
        if self.gate.is_full(check, work.serves()) {
            return Some(Check::Full);
        }
        Some(check.look_within(self.ceiled_view(env, slot, bounds(&ceilings)), work.estimate()))
    }

    /// What an operation lacks of a need within its ceilings; nothing if it has none.
    pub(super) fn lacks_within(&mut self, env: &Env, slot: u32, need: Credits) -> Credits {
        let ceilings = self.ceilings(env, slot);
        if ceilings.is_empty() {
            return Credits::ZERO;
        }
        let check = env.check(self.plan, self.flight[slot].serves());
        let most = check.reaches_within(self.ceiled_view(env, slot, bounds(&ceilings)));
        most.map_or(Credits::ZERO, |most| (need - most).positive_part())
    }

    /// The ceiling that turns an operation away for which the balance does not suffice: that of lots with the least room if the
    /// operation passed without those, else that of overage, if it passed without these. None if credits are short.
    pub(super) fn ceiling_to_blame(&mut self, env: &Env, slot: u32, need: Credits) -> Option<LackingRoom> {
        let check = env.check(self.plan, self.flight[slot].serves());
        let ceilings = self.ceilings(env, slot);
        if ceilings.is_empty() || check.asks() {
            return None;
        }
        let of_lots = |ceiling: &&AskedCeiling| ceiling.covers.hold_lots();
        let of_overage = |ceiling: &&AskedCeiling| ceiling.covers.hold_overage();
        let kinds: [&dyn Fn(&&AskedCeiling) -> bool; 2] = [&of_lots, &of_overage];
        for of_kind in kinds {
            let others = ceilings.iter().filter(|ceiling| !of_kind(ceiling));
            let least = ceilings.iter().filter(of_kind).min_by_key(|ceiling| ceiling.room);
            if let Some(least) = least
                && check.finds_within(self.ceiled_view(env, slot, bounds(others)), need)
            {
                return Some(self.lacking_under(env, slot, (&ceilings, least), need));
            }
        }
        None
    }

    /// A ceiling as what lacks room for what is not covered outside it.
    fn lacking_under(
        &self,
        env: &Env,
        slot: u32,
        (all, ceiling): (&AskedCeilings, &AskedCeiling),
        need: Credits,
    ) -> LackingRoom {
        let inside = self.needed_inside(env, slot, (all, ceiling), need);
        let rule = env.meter_rules(self.plan).iter().find(|rule| rule.place == ceiling.place);
        let prices = rule.and_then(|rule| rule.prices);
        let inside = prices.map_or(inside, |prices| prices.money_for(inside, ceiling.covers));
        LackingRoom {
            limit: ceiling.place,
            owner: ceiling.owner,
            need: NeedOfRoom::Whole(inside.max(Credits::EPSILON)),
            stated: ceiling.stated,
            short: Some(need),
        }
    }

    /// What of a need is not covered outside a ceiling.
    fn needed_inside(
        &self,
        env: &Env,
        slot: u32,
        (all, ceiling): (&AskedCeilings, &AskedCeiling),
        need: Credits,
    ) -> Credits {
        let check = env.check(self.plan, self.flight[slot].serves());
        let mut closed = bounds(all);
        for share in closed.shares.iter_mut().filter(|share| share.limit == ceiling.limit) {
            share.left = Credits::ZERO;
        }
        let reaches = check.reaches_within(self.ceiled_view(env, slot, closed));
        reaches.map_or(Credits::ZERO, |outside| (need - outside).positive_part())
    }

    /// Notes of an operation that is turned away which ceilings have no room for what is not covered outside them; `but` that one,
    /// which has been counted.
    #[inline]
    pub(super) fn note_lacking_ceilings(&mut self, env: &Env, slot: u32, but: Option<usize>) {
        if env.splits_charges {
            self.note_ceilings_but(env, slot, but);
        }
    }

    fn note_ceilings_but(&mut self, env: &Env, slot: u32, but: Option<usize>) {
        let ceilings = self.ceilings(env, slot);
        let check = env.check(self.plan, self.flight[slot].serves());
        if ceilings.is_empty() || check.always_passes() {
            return;
        }
        let need = check.needed(self.flight[slot].estimate());
        let (now, clock) = (self.timers.now(), self.window_clock(env));
        for ceiling in ceilings.iter().filter(|ceiling| Some(ceiling.place) != but) {
            if self.needed_inside(env, slot, (&ceilings, ceiling), need) <= ceiling.room {
                continue;
            }
            let rules = env.meter_rules(self.plan);
            let Some(rule) = rules.iter().find(|rule| rule.place == ceiling.place) else { continue };
            let first = self.meters.lacks(rule, ceiling.owner, false, clock);
            self.counts.limit(rule.id).lacks_room(now, first && rule.per == LimitOwner::Member);
        }
    }

    /// An operation starts: what its charges together may take under each ceiling is the room of now.
    #[inline]
    pub(super) fn take_shares(&mut self, env: &Env, slot: u32) {
        if env.splits_charges {
            self.take_shares_of_ceilings(env, slot);
        }
    }

    fn take_shares_of_ceilings(&mut self, env: &Env, slot: u32) {
        let ceilings = self.ceilings(env, slot);
        if !ceilings.is_empty() {
            self.flight[slot].set_shares(bounds(&ceilings).shares);
        }
    }

    /// The hold that opens, or the charge that comes, is bounded by the shares of its operation, if it has any.
    #[inline]
    pub(super) fn bind_to_shares(&mut self, env: &Env, slot: u32) -> bool {
        let has_shares = env.splits_charges && self.flight[slot].has_shares();
        if has_shares {
            self.bind_to(env, slot);
        }
        has_shares
    }

    fn bind_to(&mut self, env: &Env, slot: u32) {
        let shares = self.flight[slot].shares();
        let terms = env.terms(self.plan);
        let serves = self.flight[slot].serves();
        let rules = &terms.features[serves.index()];
        let unchecked = matches!(rules.admission, Admission::None);
        let check = env.check(self.plan, serves);
        let debt_limit = if unchecked { terms.overdraft.limit } else { check.room() };
        self.books.bound_by(ChargeBounds { shares, debt_limit });
    }

    /// A charge has been taken: its operation has so much less of its shares.
    pub(super) fn keep_shares(&mut self, slot: u32) {
        let left = self.books.unbound().shares;
        if Deliberate::SharesNeverLowered.is_made() {
            return;
        }
        self.flight[slot].set_shares(left);
    }

    /// Whether ceilings leave an addition to a hold enough of the balance; none if there are no ceilings.
    pub(super) fn extension_within(&mut self, env: &Env, slot: u32, needed: Credits) -> Option<bool> {
        let ceilings = self.ceilings(env, slot);
        if ceilings.is_empty() {
            return None;
        }
        let found = self.ceiled_view(env, slot, bounds(&ceilings));
        let fits = env.check(self.plan, self.flight[slot].serves()).finds_within(found, needed);
        if fits {
            self.books.bound_by(bounds(&ceilings));
        }
        Some(fits)
    }

    /// A hold has been extended within the rooms of now: the shares of its operation are at least what it reserves.
    pub(super) fn add_to_shares(&mut self, slot: u32, hold: HoldId) {
        self.books.unbound();
        let mut shares = self.flight[slot].shares();
        let held = self.books.ledger().held_parts(hold);
        for share in &mut shares {
            let reserved = ChargedPart::ALL.into_iter().filter(|part| share.covers.hold(*part));
            share.left = share.left.max(reserved.map(|part| held.of(part)).sum());
        }
        self.flight[slot].set_shares(shares);
    }

    /// What lots cover of what an operation needs, within its ceilings; nothing if no limit of the whole operation asks.
    pub(super) fn covered_for(&mut self, env: &Env, slot: Option<u32>) -> Credits {
        let asks = |rule: &MeterRule| rule.prices.is_some() && rule.covers.is_none();
        let Some(slot) = slot.filter(|_| env.splits_charges) else { return Credits::ZERO };
        if !env.meter_rules(self.plan).iter().any(asks) {
            return Credits::ZERO;
        }
        let ceilings = self.ceilings(env, slot);
        self.ceiled_view(env, slot, bounds(&ceilings)).covered
    }

    /// What of a hold counts under a limit: the parts that a ceiling covers, or the whole.
    pub(super) fn held_under(&self, rule: &MeterRule, hold: HoldId) -> Credits {
        let ledger = self.books.ledger();
        if rule.covers.is_none() && rule.prices.is_none() {
            return ledger.hold(hold).amount;
        }
        let (held, covers) = (ledger.held_parts(hold), rule.covers.unwrap_or(ChargeParts::ALL));
        let covered = || ChargedPart::ALL.into_iter().filter(|part| covers.hold(*part));
        match rule.prices {
            None => covered().map(|part| held.of(part)).sum(),
            Some(prices) => to_nanos(covered().map(|part| prices.exact(part, held.of(part))).sum()),
        }
    }

    /// The last charge counts, part by part; returns what people are to be told once it has been followed up.
    pub(super) fn meter_parts(&mut self, env: &Env, asker: RoomAsker) -> LimitAlerts {
        let mut told = LimitAlerts::default();
        let (parts, clock) = (self.books.last_parts(), self.window_clock(env));
        let (owed, mut beyond) = (parts.sum(ChargeParts::NONE.with(ChargedPart::Overage)), Credits::ZERO);
        for rule in env.meter_rules(self.plan) {
            let Some(owner) = rule.owner_of(asker) else { continue };
            if !rule.unit.is_charged() {
                continue;
            }
            let amount = match rule.prices {
                None => parts.sum(rule.counts),
                Some(prices) => {
                    let worth = parts.worth(rule.counts, prices);
                    self.meters.money_counted(rule, owner, worth, clock)
                }
            };
            if !amount.is_positive() {
                continue;
            }
            let rise = self.meters.count((rule, owner), (amount, asker.entered), clock);
            if env.detail.meters {
                self.note_metered((rule, owner, asker), (amount, rise), clock);
            }
            // Who stands behind in a chain counts and tells alone.
            let rise = rise.unless(rule.stands_behind(env.meter_rules(self.plan), asker));
            self.rises((rule, owner), rise, &mut told, clock);
            if rule.absorbs && rule.is_hard() && !Deliberate::OverrunBilled.is_made() {
                let rise = rise.overrun;
                let over = rule.prices.map_or(rise, |prices| prices.overage_for(rise));
                beyond = beyond.max(over.min(owed));
            }
        }
        self.books.absorb_at_close(beyond);
        if let Some(slot) = asker.slot {
            self.flight[slot].lies_beyond(beyond);
        }
        told
    }

    /// True if a limit is the reason of a refusal that more credits would have prevented: a ceiling.
    pub(super) fn is_ceiling(&self, env: &Env, reason: Reason) -> bool {
        let Reason::Limit(id) = reason else { return false };
        env.meter_rules(self.plan).iter().any(|rule| rule.id == id && rule.covers.is_some())
    }
}
