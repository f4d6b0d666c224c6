//! Ceilings: limits of what charges take from some lots, or add to debt (docs/semantics.md §15.14 to §15.19, §15.21).
//!
//! Owns rooms and shares, the check within them, and whom it blames. Leaves what meters count to `limits_meters` and what it is
//! worth to `limits_money`. Invariant: without ceilings every check and charge is as if nothing stood here.

use crate::policy::{
    Admission, CeilingShare, ChargeParts, ChargedPart, LimitReset, OnLimit, StatedAmount, UsageLimit, View,
    WhenShort,
};
use crate::units::{Category, Credits};

use super::account::Judged;
use super::facts::Reason;
use super::limits_check::RoomNeed;

/// A ceiling that is asked for an operation, and what is neither used nor reserved of it (credits).
#[derive(Debug, Clone, Copy)]
pub(super) struct JudgedCeiling {
    pub place: usize,
    pub covers: ChargeParts,
    pub room: Credits,
}

impl JudgedCeiling {
    fn covers_lots(&self) -> bool {
        Category::ALL.into_iter().any(|category| self.covers.hold(ChargedPart::Lots(category)))
    }

    fn covers_overage(&self) -> bool {
        self.covers.hold(ChargedPart::Overage)
    }
}

/// The least room of the ceilings that cover a part; none if none does.
fn least(ceilings: &[JudgedCeiling], part: ChargedPart) -> Option<Credits> {
    ceilings.iter().filter(|ceiling| ceiling.covers.hold(part)).map(|ceiling| ceiling.room).min()
}

/// The least share left of the ceilings that cover a part; none if none does.
pub(super) fn least_share(shares: &[CeilingShare], part: ChargedPart) -> Option<Credits> {
    shares.iter().filter(|share| share.covers.hold(part)).map(|share| share.left).min()
}

/// What is taken of a part lowers the shares that cover it, never below 0.
pub(super) fn lower_shares(shares: &mut [CeilingShare], part: ChargedPart, credits: Credits) {
    for share in shares.iter_mut().filter(|share| share.covers.hold(part)) {
        share.left = (share.left - credits).positive_part();
    }
}

impl Judged<'_> {
    /// The ceilings that are asked and bound something, perhaps after a reset (docs/semantics.md §15.14, §15.15).
    pub fn ceilings(&self, work: usize, after: Option<&LimitReset>) -> Vec<JudgedCeiling> {
        let mut found = Vec::new();
        for (place, owner, amount) in self.asked_limits(work) {
            let limit = &self.terms().limits[place];
            let Some(covers) = limit.covers else { continue };
            if limit.on_limit == OnLimit::Allow {
                continue;
            }
            let anew = after.is_some_and(|reset| reset.limits.contains(&limit.name));
            let used = if anew { Credits::ZERO } else { self.used(limit, owner) };
            let room = (amount - used - self.reserved_inside(limit, owner)).positive_part();
            let room = self.credits_for(limit, covers, room);
            found.push(JudgedCeiling { place, covers, room });
        }
        found
    }

    /// Σ of the check, and the rooms that it leaves (docs/semantics.md §15.17).
    fn covered_within(&self, work: usize, ceilings: &[JudgedCeiling]) -> (Credits, Vec<JudgedCeiling>) {
        let (mut sum, mut left) = (Credits::ZERO, ceilings.to_vec());
        let view = self.rules_of(work).view;
        let there = |lot: usize| match view {
            View::Available => (self.lots[lot].remaining - self.reserved_of(lot)).positive_part(),
            View::Settled | View::Ongoing => self.lots[lot].remaining,
        };
        let asker = self.asker_of(work);
        let mut lots: Vec<usize> =
            (0..self.lots.len()).filter(|&lot| there(lot).is_positive() && self.is_for(lot, asker)).collect();
        lots.sort_by(|&a, &b| self.burns_before(a, b));
        for lot in lots {
            let part = ChargedPart::Lots(self.lots[lot].category);
            let most = least(&left, part).map_or(there(lot), |room| there(lot).min(room));
            sum += most;
            for ceiling in left.iter_mut().filter(|ceiling| ceiling.covers.hold(part)) {
                ceiling.room -= most;
            }
        }
        (sum, left)
    }

    /// What of a need lots cover within the ceilings of an operation.
    pub fn covered_by_lots(&self, work: usize) -> Credits {
        self.covered_within(work, &self.ceilings(work, None)).0
    }

    /// The most that a check within ceilings finds: Σ − d + L; no number where nothing bounds it (docs/semantics.md §15.17).
    fn found_within(&self, work: usize, ceilings: &[JudgedCeiling]) -> Option<Credits> {
        let rules = self.rules_of(work);
        let (sum, left) = self.covered_within(work, ceilings);
        let mut owed = self.debt_that_lowers(work);
        if rules.view == View::Available {
            owed += self.holds.iter().map(|hold| hold.uncovered).sum();
        }
        let unrecorded: Credits =
            self.unrecorded.iter().filter(|late| !late.done).map(|late| late.amount).sum();
        let unrecorded = if rules.view == View::Ongoing { unrecorded } else { Credits::ZERO };
        let of_overage = least(&left, ChargedPart::Overage).map(|room| owed + room);
        let permitted = if rules.short == WhenShort::Allow { self.limit() } else { Some(Credits::ZERO) };
        let permitted = [permitted, of_overage].into_iter().flatten().min()?;
        Some(sum - owed - unrecorded + permitted)
    }

    fn passes_within(&self, work: usize, ceilings: &[JudgedCeiling], need: Credits) -> bool {
        self.found_within(work, ceilings).is_none_or(|found| found >= need)
    }

    /// The check of the balance, within the ceilings of the operation.
    pub fn finds(&self, work: usize, need: Credits) -> bool {
        self.passes_within(work, &self.ceilings(work, None), need)
    }

    /// The same if there were no ceilings.
    pub fn finds_without_ceilings(&self, work: usize, need: Credits) -> bool {
        self.rules_of(work).admission == Admission::None || self.passes_within(work, &[], need)
    }

    /// What keeps an operation from the balance whose check fails, be it a ceiling (docs/semantics.md §15.18).
    pub fn blamed(&self, work: usize, need: Credits, after: Option<&LimitReset>) -> Blamed {
        let ceilings = self.ceilings(work, after);
        if self.passes_within(work, &ceilings, need) {
            return Blamed::Nothing;
        }
        for kind in [JudgedCeiling::covers_lots, JudgedCeiling::covers_overage] {
            let (of_kind, others): (Vec<JudgedCeiling>, Vec<JudgedCeiling>) =
                ceilings.iter().partition(|ceiling| kind(ceiling));
            let first = of_kind.iter().min_by_key(|ceiling| (ceiling.room, ceiling.place));
            if let Some(first) = first
                && self.passes_within(work, &others, need)
            {
                return Blamed::Ceiling(first.place);
            }
        }
        Blamed::Balance
    }

    /// What of an operation's need is not covered outside a ceiling: the room that it needs there.
    pub fn needed_inside(&self, work: usize, place: usize) -> RoomNeed {
        let mut ceilings = self.ceilings(work, None);
        for ceiling in ceilings.iter_mut().filter(|ceiling| ceiling.place == place) {
            ceiling.room = Credits::ZERO;
        }
        let need = self.need(work);
        let outside = self.found_within(work, &ceilings);
        let inside = outside.map_or(Credits::ZERO, |outside| (need - outside).positive_part());
        let limit = &self.terms().limits[place];
        let inside = limit.covers.map_or(inside, |covers| self.money_for(limit, covers, inside));
        RoomNeed::Much(inside.max(Credits::EPSILON))
    }

    /// What an operation lacks of a need within its ceilings; nothing without ceilings (docs/semantics.md §15.18).
    pub fn lacks_within(&self, work: usize, need: Credits) -> Credits {
        let ceilings = self.ceilings(work, None);
        if ceilings.is_empty() {
            return Credits::ZERO;
        }
        self.found_within(work, &ceilings).map_or(Credits::ZERO, |found| (need - found).positive_part())
    }

    /// An operation is admitted: its shares are the rooms of now.
    pub fn take_shares(&mut self, work: usize) {
        let ceilings = self.ceilings(work, None);
        let limits = &self.terms().limits;
        self.work[work].shares = ceilings
            .iter()
            .map(|ceiling| CeilingShare {
                limit: limits[ceiling.place].id,
                covers: ceiling.covers,
                left: ceiling.room,
            })
            .collect();
    }

    /// An extension reserves within the rooms of now, as shares.
    pub fn rooms_as_shares(&self, work: usize) -> Vec<CeilingShare> {
        let limits = &self.terms().limits;
        let share = |ceiling: JudgedCeiling| CeilingShare {
            limit: limits[ceiling.place].id,
            covers: ceiling.covers,
            left: ceiling.room,
        };
        self.ceilings(work, None).into_iter().map(share).collect()
    }

    /// The shares are at least what the hold reserves after an extension.
    pub fn shares_hold(&mut self, work: usize, hold: usize) {
        let mut shares = std::mem::take(&mut self.work[work].shares);
        for share in &mut shares {
            share.left = share.left.max(self.held_parts(hold, share.covers));
        }
        self.work[work].shares = shares;
    }

    /// What a hold reserves of lots that are covered, and with overage leaves uncovered.
    fn held_parts(&self, hold: usize, covers: ChargeParts) -> Credits {
        let hold = &self.holds[hold];
        let of_lots = hold.reserved.iter().filter(|(lot, _)| {
            let category = self.lots[*lot].category;
            covers.hold(ChargedPart::Lots(category))
        });
        let lots: Credits = of_lots.map(|(_, credits)| *credits).sum();
        lots + if covers.hold(ChargedPart::Overage) { hold.uncovered } else { Credits::ZERO }
    }

    /// What a hold reserves inside a limit that is charged: all of it, or what a ceiling covers (docs/semantics.md §15.5, §15.15).
    pub fn held_under(&self, limit: &UsageLimit, hold: usize) -> Credits {
        let covers = limit.covers.unwrap_or(ChargeParts::ALL);
        match self.prices_of(limit) {
            None => self.held_parts(hold, covers),
            Some(prices) => {
                let of = |part: ChargedPart| {
                    let only = ChargeParts::NONE.with(part);
                    let held = if covers.hold(part) { self.held_parts(hold, only) } else { Credits::ZERO };
                    prices.exact(part, held)
                };
                super::limits_money::half_up(ChargedPart::ALL.into_iter().map(of).sum())
            }
        }
    }

    /// How much debt a charge incurs before it takes what ceilings have closed: within the overdraft, and within the shares
    /// (docs/semantics.md §15.16).
    pub fn owed_before_closed_lots(&self, work: usize) -> Option<Credits> {
        let rules = self.rules_of(work);
        let permits = rules.short == WhenShort::Allow || rules.admission == Admission::None;
        let limit = if permits { self.limit() } else { Some(Credits::ZERO) };
        let limit = limit.map(|limit| (limit - self.debt_seen_by(work)).positive_part());
        let share = least_share(&self.work[work].shares, ChargedPart::Overage);
        [limit, share].into_iter().flatten().min()
    }

    /// Before a close, lots of categories that a ceiling covers repay no debt (docs/semantics.md §15.19).
    pub fn is_kept_from_debt(&self, category: Category) -> bool {
        if self.cycle.closed_at == Some(self.now) {
            return false;
        }
        let closes = |limit: &&UsageLimit| {
            limit.on_limit != OnLimit::Allow && self.has_adopted(limit) && self.bounds_anybody(limit)
        };
        let mut closing = self.terms().limits.iter().filter(closes);
        closing.any(|limit| limit.covers.is_some_and(|covers| covers.hold(ChargedPart::Lots(category))))
    }

    /// Somebody has an amount of it.
    fn bounds_anybody(&self, limit: &UsageLimit) -> bool {
        let said = limit.amount.members.iter().map(|member| member.amount);
        let said = said.chain(limit.amount.groups.iter().map(|(_, amount)| *amount));
        said.chain([self.amount_for_all(limit)]).any(|amount| matches!(amount, StatedAmount::Most(_)))
    }

    /// More credits may help against a refusal: they are short, or a ceiling keeps an operation from them (docs/semantics.md §15.18).
    pub fn is_for_credits(&self, reason: Reason) -> bool {
        let Reason::Limit(id) = reason else { return reason == Reason::Short };
        self.terms().limits.iter().any(|limit| limit.id == id && limit.covers.is_some())
    }
}

/// What a check of the balance fails for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Blamed {
    /// It passes.
    Nothing,
    /// A ceiling, by its place in the plan.
    Ceiling(usize),
    /// Credits are short.
    Balance,
}
