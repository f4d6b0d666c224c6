//! Cycles, the allowance, rollover (docs/semantics.md §4).

use std::ops::SubAssign;

use crate::calendar::Period;
use crate::policy::{Across, Allowance, Anchor, Opening, Rollover, RolloverBase, Terms, Trim};
use crate::units::{Category, Credits, Money, SimSpan, SimTime};

use super::account::Judged;
use super::agenda::Coming;
use super::facts::{EntryKind, Fact};
use super::lots::{JudgedLot, LotOrigin};
use super::scopes::Holder;

/// The running allowance of one owner.
#[derive(Debug, Clone, Copy)]
pub(super) struct RunningLot {
    pub lot: usize,
    /// What the period's allowance comes to (docs/semantics.md §16.5).
    pub amount: Credits,
    /// Burned of it, for charges and repayment (docs/semantics.md §16.6).
    pub used: Credits,
}

/// The running cycle.
#[derive(Debug)]
pub(super) struct RunningCycle {
    /// Its close.
    pub next: Option<SimTime>,
    /// Closes so far that no change of plan has forced.
    pub closes: u32,
    /// When it began.
    pub began: SimTime,
    /// What its periods count from, and how long they are; a change that keeps the cycle leaves them alone.
    pub anchor: SimTime,
    pub every: Period,
    /// Where a sign-up anchor stands.
    pub sign_up: SimTime,
    /// Plan or rules have changed inside it: when cycles close follows at its close (docs/semantics.md §16.8, §16.11).
    pub lags: bool,
    /// So does what is billed.
    pub rebills: bool,
    /// The running allowance, owner by owner.
    pub running: Vec<RunningLot>,
    /// When its lots are pooled (docs/semantics.md §14.17).
    pub pools_at: Option<SimTime>,
    /// The last close, forced ones too.
    pub closed_at: Option<SimTime>,
    /// Closes that have forgiven debt by a grace (docs/semantics.md §18.6).
    pub graces: Vec<SimTime>,
}

impl RunningCycle {
    pub fn new(sign_up: SimTime, every: Period) -> RunningCycle {
        RunningCycle {
            next: None,
            closes: 0,
            began: sign_up,
            anchor: sign_up,
            every,
            sign_up,
            lags: false,
            rebills: false,
            running: Vec::new(),
            pools_at: None,
            closed_at: None,
            graces: Vec::new(),
        }
    }

    pub fn count_use(&mut self, lot: usize, credits: Credits) {
        if let Some(running) = self.running_lot(lot) {
            running.used += credits;
        }
    }

    /// A lot of the running allowance.
    pub fn running_lot(&mut self, lot: usize) -> Option<&mut RunningLot> {
        self.running.iter_mut().find(|running| running.lot == lot)
    }

    /// What the period's allowance comes to, of all owners.
    pub fn amount(&self) -> Credits {
        self.running.iter().map(|running| running.amount).sum()
    }

    /// A period without an allowance begins.
    pub fn without_allowance(&mut self) {
        self.running.clear();
        self.pools_at = None;
    }
}

impl Judged<'_> {
    /// Where a plan's periods start (docs/semantics.md §4.1).
    pub fn anchor_of(&self, terms: &Terms) -> SimTime {
        let zone = self.case.zone;
        let near = self.opened_at;
        match terms.cycle.anchor {
            Anchor::SignUp => self.cycle.sign_up,
            Anchor::DayOfMonth(day) => zone.day_of_month(near, day),
            Anchor::DayAndMonth { day, month } => zone.day_and_month(near, month, day),
            Anchor::CalendarMonth => zone.day_of_month(near, 1),
            Anchor::At(at) => at,
        }
    }

    /// The close after an instant (docs/semantics.md §4.1, §4.2).
    pub fn close_after(&self, t: SimTime) -> Option<SimTime> {
        let terms = self.terms();
        let mut from = t;
        if let Some(closes) = &self.case.customers.cycle_closes {
            if let Some(next) = closes.iter().find(|&&close| close > t) {
                return Some(*next);
            }
            if !terms.cycle.written {
                return None;
            }
            from = from.max(closes.last().copied().unwrap_or(t));
        }
        Some(self.around(self.cycle.anchor, self.cycle.every, from).1)
    }

    /// What is left of the running period, and all of it, as its anchor counts it (docs/semantics.md §16.5).
    pub fn left_of_period(&self) -> (SimSpan, SimSpan) {
        let (mut from, to) = self.around(self.cycle.anchor, self.cycle.every, self.now);
        let Some(next) = self.cycle.next else { return (SimSpan::from_micros(1), SimSpan::from_micros(1)) };
        if self.case.customers.cycle_closes.is_some() {
            from = self.cycle.began;
            return (next - self.now, next - from);
        }
        (to - self.now, to - from)
    }

    pub fn next_close(&self) -> Option<SimTime> {
        self.cycle.next
    }

    /// The close that makes a rolled lot end (docs/semantics.md §4.7).
    pub fn close_numbered(&self, number: u32) -> Option<SimTime> {
        let mut close = self.cycle.next;
        for _ in self.cycle.closes + 1..number {
            close = close.and_then(|close| self.close_after(close));
        }
        close
    }

    /// Cycles count by the plan and the rules of now.
    pub fn begin_cycle(&mut self) {
        self.cycle.anchor = self.anchor_of(self.terms());
        self.cycle.every = self.terms().cycle.every;
        (self.cycle.lags, self.cycle.rebills) = (false, false);
        self.go_on();
    }

    /// The close of the new period is laid down.
    fn go_on(&mut self) {
        self.to_come.call_off(|what| what == Coming::Close);
        self.cycle.began = self.now;
        self.cycle.next = self.close_after(self.now);
        if let Some(next) = self.cycle.next {
            self.to_come.add(next, (0, 0, 0), Coming::Close);
        }
    }

    /// The first period of the account: the running one, or the rest of it (docs/semantics.md §4.3).
    pub fn begin_first_period(&mut self) {
        self.begin_cycle();
        if self.has_left() {
            return;
        }
        self.begin_billing(true);
        match (self.case.customers.allowance_left, self.terms().allowance.clone()) {
            // What is left of the running period's (docs/semantics.md §1.9).
            (Some(left), Some(allowance)) => {
                let amounts = equal_parts(left, self.holders(&allowance.scope).len());
                self.issue_paid(&allowance, &amounts);
            }
            _ => self.issue_allowance(true),
        }
        self.stamp();
    }

    /// What a first period brings: all, or the share that is still to come (docs/semantics.md §4.3).
    fn first_amount(&self, credits: Credits) -> Credits {
        let (left, whole) = self.left_of_period();
        // Where closes are written down nobody counts periods.
        if self.case.customers.cycle_closes.is_some() {
            return credits;
        }
        match self.terms().cycle.opening {
            Opening::Prorated => self.share_of(credits, left, whole),
            Opening::Full => credits,
        }
    }

    /// The allowance of the period that begins (docs/semantics.md §4.4).
    pub fn issue_allowance(&mut self, first: bool) {
        self.cycle.without_allowance();
        let Some(allowance) = self.terms().allowance.clone() else { return };
        let mut amounts = self.given_by(&allowance);
        if first {
            amounts = amounts.into_iter().map(|amount| self.first_amount(amount)).collect();
        }
        self.issue_paid(&allowance, &amounts);
    }

    /// An allowance of these amounts, at the price of the period.
    fn issue_paid(&mut self, allowance: &Allowance, amounts: &[Credits]) {
        let price = self.price_of_allowance();
        if amounts.is_empty() {
            // Nobody has a lot that it could pay for.
            self.earned(price);
            return;
        }
        self.issue_to_all(allowance, amounts, price);
    }

    /// What an allowance gives each owner in a period.
    pub fn given_by(&self, allowance: &Allowance) -> Vec<Credits> {
        self.amounts_for(&allowance.scope, allowance.credits, allowance.by_heads.as_ref())
    }

    /// Every owner's lot of an allowance, with one id together and equal parts of the price, the last with the rest
    /// (docs/semantics.md §14.10).
    pub fn issue_to_all(&mut self, allowance: &Allowance, amounts: &[Credits], price: Money) {
        let id = self.fresh_id();
        let holders = self.holders(&allowance.scope);
        for ((holder, &credits), price) in
            holders.into_iter().zip(amounts).zip(parts_of(price, amounts.len()))
        {
            let lot = JudgedLot::new(id, allowance.category, credits, self.now, LotOrigin::Allowance);
            let lot = JudgedLot { priority: allowance.priority, price, ..lot };
            let lot = self.issue(lot.held_by(&allowance.scope, holder), EntryKind::IssueAllowance);
            self.cycle.running.push(RunningLot { lot, amount: credits, used: Credits::ZERO });
        }
        self.stamp();
        let Some((close, before)) = self.cycle.next.zip(allowance.pool_before_close) else { return };
        let at = close - before;
        if at <= self.now {
            self.pool();
        } else {
            self.cycle.pools_at = Some(at);
            self.to_come.add(at, (0, 0, 0), Coming::Pools);
        }
    }

    /// Unused lots of single owners help all who are inside (docs/semantics.md §14.17).
    pub fn pools(&mut self) {
        if self.cycle.pools_at != Some(self.now) {
            return;
        }
        let before = self.balances();
        self.pool();
        self.repay_soon();
        self.credits_have_come();
        self.follow(before, None);
    }

    fn pool(&mut self) {
        for lot in 0..self.lots.len() {
            let state = &mut self.lots[lot];
            let of_allowance = matches!(state.origin, LotOrigin::Allowance | LotOrigin::Rolled { .. });
            if !of_allowance || state.holder == Holder::All {
                continue;
            }
            (state.scope, state.holder) = (state.scope.shared(), Holder::All);
            let left = state.remaining;
            if left.is_positive() {
                self.lot_fact(EntryKind::Pooled, lot, left);
            }
        }
        self.stamp();
    }

    /// A cycle closes (docs/semantics.md §4.5).
    pub fn close_comes(&mut self) {
        if self.whole_event.is_none() {
            self.whole_event = Some(self.balances());
        }
        self.close(false);
        let changed = self.next_period();
        if changed {
            // Part of the event (docs/semantics.md §18.5).
            self.invoice_what_is_due();
        }
        if let Some(whole) = self.whole_event.take() {
            self.follow(whole, None);
        }
        self.repay_soon();
        if changed {
            self.look_at_new_rules();
        }
    }

    /// The old cycle's part, by the old terms; `forced` by a change of plan (docs/semantics.md §4.5, §16.4).
    pub fn close(&mut self, forced: bool) {
        self.say(Fact::new(self.now, EntryKind::Close));
        self.cycle.closed_at = Some(self.now);
        if !forced {
            self.cycle.closes += 1;
            self.end_last_rolled();
        }
        self.roll_allowance(forced);
        if !forced {
            self.roll_grants();
        }
        self.end_used_up();
        self.debt_rule();
        self.end_row();
        self.alerts.begin_base(self.lots.iter().map(|lot| lot.remaining).sum());
    }

    /// What rolls and was used up before a close takes nothing back any more (docs/semantics.md §18.3).
    fn end_used_up(&mut self) {
        for lot in &mut self.lots {
            let ends = matches!(
                lot.origin,
                LotOrigin::Allowance | LotOrigin::Rolled { .. } | LotOrigin::GrantMinimum(_)
            );
            lot.over |= ends && lot.remaining.is_zero();
        }
    }

    fn in_order(&self, wanted: impl Fn(&JudgedLot) -> bool) -> Vec<usize> {
        let mut found: Vec<usize> =
            (0..self.lots.len()).filter(|&lot| !self.lots[lot].over && wanted(&self.lots[lot])).collect();
        let fresh = |lot: usize| self.lots[lot].origin == LotOrigin::Allowance;
        found.sort_by(|&a, &b| fresh(b).cmp(&fresh(a)).then(self.burns_before(a, b)));
        found
    }

    /// Lots whose last close this is end (docs/semantics.md §4.7).
    fn end_last_rolled(&mut self) {
        let closes = self.cycle.closes;
        let last = |lot: &JudgedLot| matches!(lot.origin, LotOrigin::Rolled { last: Some(last), .. } if last <= closes);
        for lot in self.in_order(last) {
            self.lots[lot].over = true;
            let rest = self.lots[lot].remaining;
            self.take_away(EntryKind::Expire, lot, rest, true);
        }
        self.stamp();
    }

    fn roll_allowance(&mut self, forced: bool) {
        let rollover = self.terms().allowance.as_ref().map(|allowance| allowance.rollover.clone());
        let rolls = |lot: &JudgedLot| match lot.origin {
            LotOrigin::Allowance => true,
            LotOrigin::Rolled { last: None, .. } => !forced,
            _ => false,
        };
        let mut rolled = Vec::new();
        for lot in self.in_order(rolls) {
            let fresh = self.lots[lot].origin == LotOrigin::Allowance;
            match &rollover {
                Some(rollover) if self.roll(lot, rollover, fresh) => rolled.push(lot),
                Some(_) => {}
                None => {
                    self.lots[lot].over = true;
                    let rest = self.lots[lot].remaining;
                    self.take_away(EntryKind::Expire, lot, rest, true);
                }
            }
        }
        if let Some(rollover) = &rollover
            && let Some(most) = rollover.max_total
        {
            self.trim_all(most, rollover);
        }
        for lot in rolled {
            let moved = self.lots[lot].remaining - self.lots[lot].pinned;
            if moved.is_positive() {
                self.lot_fact(EntryKind::Rollover, lot, moved);
            }
        }
        self.stamp();
    }

    /// min(remaining, max, ⌊fraction · base⌋) (docs/semantics.md §4.6).
    fn kept(&self, lot: usize, rollover: &Rollover) -> Credits {
        let lot = &self.lots[lot];
        let base = match rollover.base {
            RolloverBase::Remaining => lot.remaining,
            RolloverBase::Original => lot.issued,
        };
        lot.remaining.min(rollover.max_credits).min(share_down(base, rollover.fraction.get()))
    }

    fn roll(&mut self, lot: usize, rollover: &Rollover, fresh: bool) -> bool {
        let kept = self.kept(lot, rollover);
        let least = rollover.min_credits.min(rollover.max_credits);
        let last = rollover.max_periods.map(|periods| self.cycle.closes + periods);
        let origin = LotOrigin::Rolled { last, burns: rollover.burns };
        if fresh && kept < least {
            let id = self.fresh_id();
            let mut minimum = JudgedLot::new(id, Category::Included, least - kept, self.now, origin);
            minimum.priority = self.lots[lot].priority;
            let minimum = minimum.for_whom(&self.lots[lot]);
            self.issue(minimum, EntryKind::IssueRolloverMinimum);
        }
        let rest = self.lots[lot].remaining - kept;
        self.take_away(EntryKind::Expire, lot, rest, true);
        // What only a hold keeps is a rolled lot too (docs/semantics.md §4.9).
        let stays = self.lots[lot].remaining.is_positive();
        if !stays {
            self.lots[lot].over = true;
        } else if fresh {
            // What rolls again keeps the rules under which it rolled first.
            self.lots[lot].origin = origin;
        }
        stays
    }

    /// What rolled lots hold together has a cap: each owner's and nobody's in particular, or all (docs/semantics.md §4.9, §14.15).
    fn trim_all(&mut self, most: Credits, rollover: &Rollover) {
        let rolled = self.in_order(|lot| matches!(lot.origin, LotOrigin::Rolled { .. }));
        if rollover.across == Across::Organization {
            return self.trim(most, rollover.trim, rolled);
        }
        let mut holders: Vec<Holder> = rolled.iter().map(|&lot| self.lots[lot].holder).collect();
        holders.sort_unstable();
        holders.dedup();
        for holder in holders {
            let own = rolled.iter().copied().filter(|&lot| self.lots[lot].holder == holder).collect();
            self.trim(most, rollover.trim, own);
        }
    }

    /// At one `effective_at` the lot that was issued first is the older.
    fn trim(&mut self, most: Credits, trim: Trim, lots: Vec<usize>) {
        let mut rolled = lots;
        rolled.sort_by_key(|&lot| (self.lots[lot].effective_at, self.lots[lot].id, lot));
        if trim == Trim::Newest {
            rolled.reverse();
        }
        let total: Credits = rolled.iter().map(|&lot| self.lots[lot].remaining).sum();
        let mut over = total - most;
        for lot in rolled {
            let part = over.min(self.lots[lot].remaining);
            if part.is_positive() {
                self.take_away(EntryKind::Expire, lot, part, true);
                over -= part;
                // What is trimmed to nothing has ended.
                self.lots[lot].over |= self.lots[lot].remaining.is_zero();
            }
        }
    }

    /// Grants with a rollover of their own apply it in place, to a lot and what made up its minimum together
    /// (docs/semantics.md §4.10).
    fn roll_grants(&mut self) {
        let own = |lot: &JudgedLot| matches!(lot.origin, LotOrigin::Grant(_));
        let mut lots: Vec<usize> = (0..self.lots.len()).filter(|&lot| own(&self.lots[lot])).collect();
        lots.sort_by(|&a, &b| self.burns_before(a, b));
        for lot in lots {
            let LotOrigin::Grant(place) = self.lots[lot].origin else { continue };
            let Some(rollover) = self.grants.0[place].spec.rollover.clone() else { continue };
            if !self.lots[lot].over && !self.grants.0[place].voided {
                self.roll_in_place(lot, self.minimum_of(lot), &rollover);
            }
        }
    }

    /// The lot that makes up the minimum of another.
    fn minimum_of(&self, lot: usize) -> Option<usize> {
        (0..self.lots.len()).rev().find(|&other| {
            let mine = self.lots[other].origin == LotOrigin::GrantMinimum(lot);
            mine && !self.lots[other].over && self.lots[other].remaining.is_positive()
        })
    }

    fn roll_in_place(&mut self, lot: usize, minimum: Option<usize>, rollover: &Rollover) {
        let more = minimum.map_or(Credits::ZERO, |minimum| self.lots[minimum].remaining);
        let together = self.lots[lot].remaining + more;
        let base = match rollover.base {
            RolloverBase::Remaining => together,
            RolloverBase::Original => self.lots[lot].issued,
        };
        let kept = together.min(rollover.max_credits).min(share_down(base, rollover.fraction.get()));
        let least = rollover.min_credits.min(rollover.max_credits);
        let of_minimum = more.min(together - kept);
        if let Some(minimum) = minimum {
            self.take_away(EntryKind::Expire, minimum, of_minimum, true);
        }
        self.take_away(EntryKind::Expire, lot, together - kept - of_minimum, true);
        let moved: Vec<(usize, Credits)> = [Some(lot), minimum]
            .into_iter()
            .flatten()
            .map(|lot| (lot, self.lots[lot].remaining - self.lots[lot].pinned))
            .filter(|(_, credits)| credits.is_positive())
            .collect();
        if kept < least {
            self.make_up(lot, minimum, least - kept);
        }
        self.stamp();
        for (lot, moved) in moved {
            self.lot_fact(EntryKind::Rollover, lot, moved);
        }
        self.stamp();
    }

    /// Issues what a minimum lacks: more of the lot that makes it up, or a new one.
    fn make_up(&mut self, lot: usize, minimum: Option<usize>, credits: Credits) {
        if let Some(minimum) = minimum {
            self.lots[minimum].issued += credits;
            self.lots[minimum].remaining += credits;
            self.alerts.issued += credits;
            self.credits_have_come();
            self.lot_fact(EntryKind::IssueRolloverMinimum, minimum, credits);
            return;
        }
        let id = self.fresh_id();
        let mut anew =
            JudgedLot::new(id, Category::Included, credits, self.now, LotOrigin::GrantMinimum(lot));
        anew.priority = self.lots[lot].priority;
        anew = anew.for_whom(&self.lots[lot]);
        anew.end = self.lots[lot].end;
        self.issue(anew, EntryKind::IssueRolloverMinimum);
    }

    /// The new period begins, with rules and plan of then (docs/semantics.md §4.5, §1.5). True if either has changed.
    fn next_period(&mut self) -> bool {
        let rules = self.take_up_rules();
        let decided = self.plans.at_close.take().filter(|_| !self.has_left());
        if let Some(decided) = decided {
            self.enter(decided);
        } else if self.cycle.lags && !self.has_left() {
            self.catch_up();
        } else {
            self.go_on();
            if self.has_left() {
                self.cycle.without_allowance();
                self.end_subscription();
            } else {
                self.issue_allowance(false);
            }
        }
        self.stamp();
        rules || decided.is_some()
    }

    /// Plan or rules have changed inside the cycle that has closed: what is billed and when cycles close follows now, and the
    /// period is a first one (docs/semantics.md §16.8, §16.11).
    fn catch_up(&mut self) {
        self.sign_up_after(self.now);
        let rebills = self.cycle.rebills;
        if rebills {
            self.end_subscription();
        }
        self.begin_cycle();
        if rebills {
            self.begin_billing(false);
        }
        self.issue_allowance(true);
    }

    /// A sign-up anchor stays if a close is one of its boundaries and becomes the close otherwise (docs/semantics.md §16.3).
    pub fn sign_up_after(&mut self, close: SimTime) {
        let every = self.terms().cycle.every;
        if self.around(self.cycle.sign_up, every, close).0 != close {
            self.cycle.sign_up = close;
        }
    }
}

/// ⌊share · credits⌋.
pub(super) fn share_down(credits: Credits, share: f64) -> Credits {
    Credits::from_micros(libm::floor(credits.micros() as f64 * share) as i64)
}

/// A share of money by time, rounded half-up to a nano-unit.
pub(super) fn money_share(money: Money, part: SimSpan, whole: SimSpan) -> Money {
    if whole.is_zero() { Money::ZERO } else { money.scale_half_up(part.micros(), whole.micros()) }
}

/// Money in so many equal parts, rounded down, the last one with the rest.
pub(super) fn parts_of(money: Money, parts: usize) -> Vec<Money> {
    dealt(money, money.scale_floor(1, parts.max(1) as i64), parts)
}

/// Credits in so many equal parts, rounded down to a micro-credit, the last one with the rest.
pub(super) fn equal_parts(credits: Credits, parts: usize) -> Vec<Credits> {
    dealt(credits, credits.scale_floor(1, parts.max(1) as i64), parts)
}

/// A whole in so many parts of this size, the last one with the rest.
fn dealt<T: Copy + SubAssign>(whole: T, each: T, parts: usize) -> Vec<T> {
    let mut left = whole;
    (1..=parts)
        .map(|part| {
            let own = if part == parts { left } else { each };
            left -= own;
            own
        })
        .collect()
}
