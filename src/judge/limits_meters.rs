//! Meters of limits: who is in which, and what each has counted (docs/semantics.md §15.1 to §15.4, §15.9).
//!
//! Owns what was counted, entry by entry; what is used is added up from it each time. Leaves whether there is room to
//! `limits_check`, who waits for it to `limits_queue`, and what begins anew to `limits_resets`.

use crate::policy::{
    ChargedPart, LimitOwner, LimitUnit, LimitWindow, OnLimit, StatedAmount, UsageLimit, VaryingAmount,
    WindowAnchor,
};
use crate::sampling::Purpose;
use crate::units::{Credits, Money, NO_MEMBER, SimSpan, SimTime};

use super::account::Judged;
use super::charge::ChargedPieces;
use super::cycle::share_down;
use super::facts::{EntryKind, Reason};
use super::limits_asks::{JudgedAnswer, JudgedAsking};
use super::limits_money::{WorthCounted, half_up};
use super::limits_windows::JudgedWindow;
use super::work::Stands;

/// Whose meter it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(super) enum Owner {
    Organization,
    Group(u16),
    Member(u16),
    Project(u16),
}

/// Whose banked resets, and which: the limit that they name first, and their place among the resets that name it first.
pub(super) type Bank = (u16, usize, Owner);

/// A charge or a start that a meter has counted.
#[derive(Debug, Clone)]
pub(super) struct Counted {
    pub at: SimTime,
    pub work: usize,
    /// What was charged of it, piece by piece, less what was given back.
    pub pieces: ChargedPieces,
    /// What counts of it.
    pub counts: Credits,
    /// The window that the first use has opened and that was open then, by its first instant; none may have been.
    pub window: Option<SimTime>,
    /// The fixed window of then.
    pub fixed: Option<(SimTime, SimTime)>,
    /// What a hold's timeout has charged stays charged (docs/semantics.md §18.1).
    pub stays: bool,
    /// The limit has begun anew since.
    pub forgotten: bool,
}

/// What one owner has used of the limits of one name (docs/semantics.md §15.11).
#[derive(Debug)]
pub(super) struct JudgedMeter {
    pub id: u16,
    pub owner: Owner,
    pub counted: Vec<Counted>,
    /// What flowed out of a bucket and back into it, in order.
    pub flows: Vec<(SimTime, Credits)>,
    /// The last window that a first use has opened, unless a reset has closed it, and its end.
    pub first_use: Option<(SimTime, SimTime)>,
    /// Windows with an end in which an operation has started, in order.
    pub windows: Vec<JudgedWindow>,
    /// By how much people have raised its amount, and whom they have asked.
    pub raised: Credits,
    pub asking: JudgedAsking,
    /// Who waits for room, first in first out.
    pub line: Vec<usize>,
    /// What its charges are worth, if it counts money.
    pub worth: WorthCounted,
}

/// All meters of the account.
#[derive(Debug, Default)]
pub(super) struct JudgedMeters {
    pub all: Vec<JudgedMeter>,
    /// Limits that have begun anew, whose meters (everybody's, if none is named) and when.
    pub begun_anew: Vec<(u16, Option<Owner>, SimTime)>,
    /// Banked resets that have been used: of which bank, and the number of their issue.
    pub used_resets: Vec<(Bank, i64)>,
    /// Answers of people who were asked to raise an amount.
    pub answers: Vec<JudgedAnswer>,
    /// By limit, the rise of what is used beyond the amount since outcomes count.
    pub overrun: Vec<(u16, Credits)>,
}

/// One operation, as a limit counts it.
pub(super) const ONE: Credits = Credits::from_whole(1);

impl<'a> Judged<'a> {
    /// The meter of a limit that an operation is in, if it is inside the limit (docs/semantics.md §15.1).
    pub fn inside(&self, work: usize, limit: &UsageLimit) -> Option<Owner> {
        let serving = self.work[work].serving.index();
        let free = self.case.features[serving].free;
        let covers = limit.features.get(serving).copied().unwrap_or(false);
        let lacks =
            limit.quantity.as_ref().is_some_and(|of| of.measured_by.get(serving).is_none_or(Option::is_none));
        let group = self.group_of(self.work[work].operation.member);
        let named = |groups: &Vec<u16>| group.is_some_and(|group| groups.contains(&group));
        let whose = limit.groups.as_ref().is_none_or(named);
        if free || !covers || lacks || !whose || !self.has_adopted(limit) {
            return None;
        }
        self.owner_of(work, limit)
    }

    /// Whose meter an operation counts into; operations of nobody are in no member's.
    pub fn owner_of(&self, work: usize, limit: &UsageLimit) -> Option<Owner> {
        let operation = &self.work[work].operation;
        match limit.per {
            LimitOwner::Organization => Some(Owner::Organization),
            LimitOwner::Group => self.group_of(operation.member).map(Owner::Group),
            LimitOwner::Member => (operation.member != NO_MEMBER).then_some(Owner::Member(operation.member)),
            LimitOwner::Project => Some(Owner::Project(operation.project)),
        }
    }

    /// The group that a member is in; nobody is in none.
    fn group_of(&self, member: u16) -> Option<u16> {
        self.case.traits.members.get(usize::from(member)).and_then(|member| member.group)
    }

    pub fn has_adopted(&self, limit: &UsageLimit) -> bool {
        let key = self.case.key.name("limit").name(&limit.name);
        limit.adopted.holds(key.uniform(Purpose::TopUp, 0, 0))
    }

    /// How much an owner has room for: what the limit states, and by how much people have raised it.
    pub fn amount_of(&self, limit: &UsageLimit, owner: Owner) -> StatedAmount {
        match self.stated_amount(limit, owner) {
            StatedAmount::Most(most) => {
                let meter = self.meter_of(limit.id, owner);
                StatedAmount::Most(most + meter.map_or(Credits::ZERO, |meter| self.meters.all[meter].raised))
            }
            unlimited => unlimited,
        }
    }

    /// The most specific amount (docs/semantics.md §15.2).
    pub fn stated_amount(&self, limit: &UsageLimit, owner: Owner) -> StatedAmount {
        let group = match owner {
            Owner::Group(group) => Some(group),
            Owner::Member(member) => self.group_of(member),
            Owner::Organization | Owner::Project(_) => None,
        };
        let labels: Vec<Option<u64>> = self.case.traits.members.iter().map(|member| member.label).collect();
        let members = limit.amount.by_member(&labels);
        let own = members.iter().find(|(member, _)| owner == Owner::Member(*member));
        let of_group = || limit.amount.groups.iter().find(|(of, _)| group == Some(*of));
        own.or_else(of_group).map_or_else(|| self.amount_for_all(limit), |(_, amount)| *amount)
    }

    /// By default; a formula is over the organization's heads, and each organization draws once from a distribution.
    pub fn amount_for_all(&self, limit: &UsageLimit) -> StatedAmount {
        let traits = self.case.traits;
        let amount = match &limit.amount.varies {
            None => return limit.amount.default,
            Some(VaryingAmount::ByHeads(formula)) => {
                let named = |groups: &Vec<u16>, of: Option<u16>| of.is_some_and(|of| groups.contains(&of));
                let inside = traits
                    .members
                    .iter()
                    .filter(|member| limit.groups.as_ref().is_none_or(|groups| named(groups, member.group)));
                formula.of(inside.count(), usize::from(traits.projects))
            }
            Some(VaryingAmount::Drawn(dist)) => {
                let key = self.case.key.name("limit").name(&limit.name);
                dist.sample(&mut key.keyed(Purpose::TopUp, 1, 0))
            }
        };
        if limit.unit == LimitUnit::Money {
            return StatedAmount::Most(Credits::from_micros(Money::from_f64(amount).nanos()));
        }
        let counts = matches!(limit.unit, LimitUnit::Operations | LimitUnit::InFlight);
        StatedAmount::Most(Credits::from_f64(if counts { libm::floor(amount) } else { amount }))
    }

    pub fn meter(&mut self, id: u16, owner: Owner) -> usize {
        if let Some(found) = self.meter_of(id, owner) {
            return found;
        }
        self.meters.all.push(JudgedMeter {
            id,
            owner,
            counted: Vec::new(),
            flows: Vec::new(),
            first_use: None,
            windows: Vec::new(),
            raised: Credits::ZERO,
            asking: JudgedAsking::default(),
            line: Vec::new(),
            worth: WorthCounted::default(),
        });
        self.meters.all.len() - 1
    }

    pub fn meter_of(&self, id: u16, owner: Owner) -> Option<usize> {
        self.meters.all.iter().position(|meter| meter.id == id && meter.owner == owner)
    }

    /// What the windows of a limit count from (docs/semantics.md §15.4).
    fn window_anchor(&self, anchor: WindowAnchor) -> SimTime {
        match anchor {
            WindowAnchor::Calendar => {
                self.case.zone.parse("2001-01-01").expect("the first Monday of the millennium")
            }
            WindowAnchor::Cycle => self.cycle.anchor,
            WindowAnchor::SignUp => self.case.traits.signed_up,
            WindowAnchor::At(at) => at,
        }
    }

    /// First instant and end of the fixed window of now.
    pub fn fixed_window(&self, limit: &UsageLimit) -> Option<(SimTime, SimTime)> {
        self.fixed_window_at(limit, self.now)
    }

    /// The same of another instant.
    fn fixed_window_at(&self, limit: &UsageLimit, at: SimTime) -> Option<(SimTime, SimTime)> {
        let LimitWindow::Fixed { every, anchor } = limit.window else { return None };
        Some(self.around(self.window_anchor(anchor), every, at))
    }

    /// The window that a first use has opened and that has not ended.
    pub fn open_first_use(&self, limit: &UsageLimit, meter: usize) -> Option<(SimTime, SimTime)> {
        let LimitWindow::FirstUse(_) = limit.window else { return None };
        self.meters.all[meter].first_use.filter(|(_, until)| self.now < *until)
    }

    /// Whether what was counted still counts in the windows of now (docs/semantics.md §15.4).
    fn still_counts(&self, limit: &UsageLimit, meter: usize) -> impl Fn(&Counted) -> bool + use<> {
        let (now, window, fixed) = (self.now, limit.window, self.fixed_window(limit));
        let first_use = self.open_first_use(limit, meter).map(|(from, _)| from);
        move |counted| {
            let open = match window {
                LimitWindow::Fixed { .. } => counted.fixed == fixed,
                LimitWindow::FirstUse(_) => first_use.is_some() && counted.window == first_use,
                LimitWindow::Rolling(span) => now < counted.at + span,
                LimitWindow::Refill { .. } | LimitWindow::Life => true,
            };
            open && !counted.forgotten
        }
    }

    /// What counts no more and can be given back no more is left out, so that long accounts do not take for ever.
    fn leave_out_what_is_over(&mut self, limit: &UsageLimit, meter: usize) {
        let counts = self.still_counts(limit, meter);
        let mut counted = std::mem::take(&mut self.meters.all[meter].counted);
        counted.retain(|counted| counts(counted) || self.work[counted.work].stands != Stands::Ended);
        self.meters.all[meter].counted = counted;
    }

    /// What is used of a limit.
    pub fn used(&self, limit: &UsageLimit, owner: Owner) -> Credits {
        if limit.unit == LimitUnit::InFlight {
            return Credits::from_whole(self.at_work(limit, owner) as i64);
        }
        let Some(meter) = self.meter_of(limit.id, owner) else { return Credits::ZERO };
        if let LimitWindow::Refill { amount, per } = limit.window {
            let (parts, per) = self.flown(meter, amount, per);
            // What has come back is rounded down to a micro-credit.
            let micros = (parts + per - 1) / per;
            return Credits::from_micros(i64::try_from(micros).unwrap_or(i64::MAX));
        }
        let counts = self.still_counts(limit, meter);
        self.meters.all[meter]
            .counted
            .iter()
            .filter(|counted| counts(counted))
            .map(|counted| counted.counts)
            .sum()
    }

    /// Operations at work inside a limit.
    fn at_work(&self, limit: &UsageLimit, owner: Owner) -> usize {
        let counts = |work: &usize| {
            self.work[*work].stands == Stands::InFlight && self.inside(*work, limit) == Some(owner)
        };
        (0..self.work.len()).filter(counts).count()
    }

    /// What a bucket lacks, in parts of a micro-credit of which so many are one: it fills evenly, never beyond its brim.
    pub fn flown(&self, meter: usize, amount: Credits, per: SimSpan) -> (i128, i128) {
        let (rate, per) = (i128::from(amount.micros()), i128::from(per.micros()));
        let (mut parts, mut since) = (0, self.case.start);
        let now = (self.now, Credits::ZERO);
        for &(at, credits) in self.meters.all[meter].flows.iter().chain([&now]) {
            let filled = rate * i128::from((at - since).micros());
            parts = (parts - filled).max(0);
            parts = (parts + i128::from(credits.micros()) * per).max(0);
            since = at;
        }
        (parts, per)
    }

    /// An operation starts: it opens windows, and counts where operations are counted (docs/semantics.md §15.3, §15.4).
    pub fn start_counts(&mut self, work: usize) {
        let (terms, mut told) = (self.terms(), Vec::new());
        for limit in &terms.limits {
            let Some(owner) = self.inside(work, limit) else { continue };
            let meter = self.meter(limit.id, owner);
            if let LimitWindow::FirstUse(span) = limit.window
                && self.open_first_use(limit, meter).is_none()
            {
                self.meters.all[meter].first_use = Some((self.now, self.now + span));
            }
            self.window_is_entered(limit, owner, meter);
            match limit.unit {
                LimitUnit::Operations => told.extend(self.count_for_good(work, limit, owner, ONE)),
                LimitUnit::InFlight => {
                    let after = self.used(limit, owner);
                    told.extend(self.reached(work, limit, owner, (after - ONE, after)));
                }
                LimitUnit::Quantity(counted) => {
                    told.extend(self.quantity_starts(work, limit, owner, counted))
                }
                LimitUnit::Credits | LimitUnit::Money => {}
            }
        }
        self.remember_windows(work);
        self.tell_and_answer(work, told);
    }

    /// A charge counts, the parts of it that each limit counts (docs/semantics.md §15.3, §15.14); `stays` if it is never given
    /// back. What of its overage the next close forgives is noted (docs/semantics.md §15.21).
    pub fn charge_counts(
        &mut self,
        work: usize,
        pieces: &ChargedPieces,
        at: SimTime,
        stays: bool,
    ) -> Vec<Reason> {
        let (terms, mut told, mut beyond) = (self.terms(), Vec::new(), Credits::ZERO);
        for limit in terms.limits.iter().filter(|limit| limit.unit.is_charged()) {
            let Some(owner) = self.inside(work, limit) else { continue };
            let amount = self.counted_of(limit, owner, pieces);
            let counting = (pieces.clone(), amount, at);
            let (more, rise) = self.count(work, limit, owner, counting, stays);
            told.extend(more);
            if limit.absorbs && limit.on_limit != OnLimit::Allow {
                beyond = beyond.max(self.overage_for(limit, rise));
            }
        }
        let of_overage = pieces.iter().filter(|(part, _)| *part == ChargedPart::Overage);
        let overage: Credits = of_overage.map(|(_, credits)| *credits).sum();
        if overage.is_positive()
            && let Some(debt) = self.debts.last_mut()
        {
            debt.beyond = beyond.min(overage);
        }
        told
    }

    /// What of a charge a limit counts: parts, or what they are worth.
    fn counted_of(&mut self, limit: &UsageLimit, owner: Owner, pieces: &ChargedPieces) -> Credits {
        let counted = || pieces.iter().filter(|(part, _)| limit.counts.hold(*part));
        let Some(prices) = self.prices_of(limit) else {
            return counted().map(|(_, credits)| *credits).sum();
        };
        let exact = counted().map(|(part, credits)| prices.exact(*part, *credits)).sum();
        let meter = self.meter(limit.id, owner);
        let closed =
            matches!(limit.window, LimitWindow::FirstUse(_)) && self.open_first_use(limit, meter).is_none();
        // What adds to a window after its end is rounded by itself.
        if closed { half_up(exact) } else { self.money_counts(limit, meter, exact) }
    }

    /// The newest value takes the place of what is used.
    pub fn replace(&mut self, work: usize, limit: &UsageLimit, owner: Owner, value: Credits) -> Vec<Reason> {
        let before = self.used(limit, owner);
        let meter = self.meter(limit.id, owner);
        self.meters.all[meter].counted.clear();
        self.counts_now((work, Vec::new(), value, self.now), limit, owner, (before, true)).0
    }

    /// Something that is no charge counts at the present, for good.
    pub fn count_for_good(
        &mut self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        amount: Credits,
    ) -> Vec<Reason> {
        self.count(work, limit, owner, (Vec::new(), amount, self.now), true).0
    }

    /// Something counts, of a charge its pieces; `stays` if it is never given back. Returns who is told, and the rise of the overrun.
    fn count(
        &mut self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        (pieces, amount, at): (ChargedPieces, Credits, SimTime),
        stays: bool,
    ) -> (Vec<Reason>, Credits) {
        let before = self.used(limit, owner);
        self.counts_now((work, pieces, amount, at), limit, owner, (before, stays))
    }

    fn counts_now(
        &mut self,
        (work, pieces, amount, at): (usize, ChargedPieces, Credits, SimTime),
        limit: &UsageLimit,
        owner: Owner,
        (before, stays): (Credits, bool),
    ) -> (Vec<Reason>, Credits) {
        let meter = self.meter(limit.id, owner);
        // What was incurred in a window that is over adds to none that is open (docs/semantics.md §18.8).
        let open = self.open_first_use(limit, meter).map(|(from, _)| from);
        let window = open.filter(|from| *from <= at);
        let nowhere = window.is_none() && matches!(limit.window, LimitWindow::FirstUse(_));
        let counts = if nowhere { Credits::ZERO } else { amount };
        let fixed = self.fixed_window_at(limit, at);
        // What was incurred before the limit began anew is used no more.
        let forgotten = self.meters.begun_anew.iter().any(|(id, whose, when)| {
            *id == limit.id && whose.is_none_or(|whose| whose == owner) && at < *when
        });
        let counted = Counted { at, work, pieces, counts, window, fixed, stays, forgotten };
        self.leave_out_what_is_over(limit, meter);
        self.meters.all[meter].counted.push(counted);
        // A bucket has no windows, and counts what is recorded late as it is recorded.
        self.meters.all[meter].flows.push((self.now, counts));
        if nowhere {
            let late = at < self.now;
            let rise = if late { Credits::ZERO } else { self.count_after_window(work, limit, owner, amount) };
            return (Vec::new(), rise);
        }
        let after = self.used(limit, owner);
        self.window_is_used(limit, owner, meter);
        let rise = self.has_overrun(work, limit, owner, (before, after));
        (self.reached(work, limit, owner, (before, after)), rise)
    }

    /// Shares of the amount that what is used has reached from below (docs/semantics.md §15.9).
    fn reached(
        &self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        (before, after): (Credits, Credits),
    ) -> Vec<Reason> {
        let StatedAmount::Most(amount) = self.amount_of(limit, owner) else { return Vec::new() };
        if !self.rules_of(work).notify {
            return Vec::new();
        }
        let reached = |share: &&f64| {
            let threshold = share_down(amount, **share);
            before < threshold && after >= threshold
        };
        let level = |share: &f64| if *share < 1.0 { Reason::Warning } else { Reason::Critical };
        limit.alerts.iter().filter(reached).map(level).collect()
    }

    /// Alerts of limits, after all that the event has brought; people buy after them as after any (docs/semantics.md §15.9).
    pub fn tell_and_answer(&mut self, work: usize, told: Vec<Reason>) {
        for &level in &told {
            let fact = self.fact_of(work, EntryKind::Alert).because(level);
            self.say(fact);
        }
        for _ in told {
            self.buy_after_alert(Some(work), None);
        }
    }

    /// What is given back is taken off, the last charge first, where its window is open (docs/semantics.md §15.3).
    pub fn give_back_counts(&mut self, work: usize, credits: Credits) {
        let terms = self.terms();
        for limit in terms.limits.iter().filter(|limit| limit.unit.is_charged()) {
            let Some(meter) = self.inside(work, limit).and_then(|owner| self.meter_of(limit.id, owner))
            else {
                continue;
            };
            let mut left = credits;
            let counts = self.still_counts(limit, meter);
            for index in (0..self.meters.all[meter].counted.len()).rev() {
                let counted = &self.meters.all[meter].counted[index];
                if counted.work != work || counted.stays {
                    continue;
                }
                let open = counts(counted);
                let mut pieces = counted.pieces.clone();
                while left.is_positive()
                    && let Some((part, of_it)) = pieces.pop()
                {
                    let back = of_it.min(left);
                    left -= back;
                    if of_it > back {
                        pieces.push((part, of_it - back));
                    }
                    if open && limit.counts.hold(part) {
                        self.takes_off(limit, meter, index, (part, back));
                    }
                }
                self.meters.all[meter].counted[index].pieces = pieces;
            }
            let owner = self.meters.all[meter].owner;
            self.window_is_used(limit, owner, meter);
        }
    }

    /// So much of a part leaves what a charge counts.
    fn takes_off(
        &mut self,
        limit: &UsageLimit,
        meter: usize,
        index: usize,
        (part, back): (ChargedPart, Credits),
    ) {
        let less = match self.prices_of(limit) {
            None => Credits::ZERO - back,
            Some(prices) => self.money_counts(limit, meter, -prices.exact(part, back)),
        };
        self.meters.all[meter].counted[index].counts += less;
        self.meters.all[meter].flows.push((self.now, less));
    }
}
