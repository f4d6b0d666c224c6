//! Meters of limits: who is in which, and what each has counted (docs/semantics.md §15.1 to §15.4, §15.9).
//!
//! Owns what was counted, entry by entry; what is used is added up from it each time. Leaves whether there is room to
//! `limits_check`, who waits for it to `limits_queue`, and what begins anew to `limits_resets`.

use crate::policy::{
    LimitOwner, LimitUnit, LimitWindow, StatedAmount, UsageLimit, VaryingAmount, WindowAnchor,
};
use crate::sampling::Purpose;
use crate::units::{Credits, NO_MEMBER, SimSpan, SimTime};

use super::account::Judged;
use super::cycle::share_down;
use super::facts::{EntryKind, Reason};
use super::limits_asks::{JudgedAnswer, JudgedAsking};
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
    /// What was charged of it, less what was given back.
    pub credits: Credits,
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

    fn has_adopted(&self, limit: &UsageLimit) -> bool {
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
    fn amount_for_all(&self, limit: &UsageLimit) -> StatedAmount {
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
                LimitUnit::Operations => told.extend(self.count(work, limit, owner, (ONE, self.now), true)),
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

    /// A charge counts (docs/semantics.md §15.3); `stays` if it is never given back.
    pub fn charge_counts(&mut self, work: usize, credits: Credits, at: SimTime, stays: bool) -> Vec<Reason> {
        let (terms, mut told) = (self.terms(), Vec::new());
        for limit in &terms.limits {
            if limit.unit == LimitUnit::Credits
                && let Some(owner) = self.inside(work, limit)
            {
                told.extend(self.count(work, limit, owner, (credits, at), stays));
            }
        }
        told
    }

    /// The newest value takes the place of what is used.
    pub fn replace(&mut self, work: usize, limit: &UsageLimit, owner: Owner, value: Credits) -> Vec<Reason> {
        let before = self.used(limit, owner);
        let meter = self.meter(limit.id, owner);
        self.meters.all[meter].counted.clear();
        self.counts_now((work, value, self.now), limit, owner, (before, true))
    }

    /// Something counts at the present; `stays` if it is never given back.
    pub fn count(
        &mut self,
        work: usize,
        limit: &UsageLimit,
        owner: Owner,
        (credits, at): (Credits, SimTime),
        stays: bool,
    ) -> Vec<Reason> {
        let before = self.used(limit, owner);
        self.counts_now((work, credits, at), limit, owner, (before, stays))
    }

    fn counts_now(
        &mut self,
        (work, credits, at): (usize, Credits, SimTime),
        limit: &UsageLimit,
        owner: Owner,
        (before, stays): (Credits, bool),
    ) -> Vec<Reason> {
        let meter = self.meter(limit.id, owner);
        // What was incurred in a window that is over adds to none that is open (docs/semantics.md §18.8).
        let open = self.open_first_use(limit, meter).map(|(from, _)| from);
        let window = open.filter(|from| *from <= at);
        let nowhere = window.is_none() && matches!(limit.window, LimitWindow::FirstUse(_));
        let counts = if nowhere { Credits::ZERO } else { credits };
        let fixed = self.fixed_window_at(limit, at);
        // What was incurred before the limit began anew is used no more.
        let forgotten = self.meters.begun_anew.iter().any(|(id, whose, when)| {
            *id == limit.id && whose.is_none_or(|whose| whose == owner) && at < *when
        });
        let counted = Counted { at, work, credits, counts, window, fixed, stays, forgotten };
        self.leave_out_what_is_over(limit, meter);
        self.meters.all[meter].counted.push(counted);
        // A bucket has no windows, and counts what is recorded late as it is recorded.
        self.meters.all[meter].flows.push((self.now, counts));
        if nowhere {
            if at == self.now {
                self.count_after_window(work, limit, owner, credits);
            }
            return Vec::new();
        }
        let after = self.used(limit, owner);
        self.window_is_used(limit, owner, meter);
        self.has_overrun(limit, owner, (before, after));
        self.reached(work, limit, owner, (before, after))
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
        for limit in terms.limits.iter().filter(|limit| limit.unit == LimitUnit::Credits) {
            let Some(meter) = self.inside(work, limit).and_then(|owner| self.meter_of(limit.id, owner))
            else {
                continue;
            };
            let mut left = credits;
            let counts = self.still_counts(limit, meter);
            for index in (0..self.meters.all[meter].counted.len()).rev() {
                let counted = self.meters.all[meter].counted[index].clone();
                if counted.work != work || counted.stays {
                    continue;
                }
                let part = counted.credits.min(left);
                left -= part;
                let open = counts(&counted);
                self.meters.all[meter].counted[index].credits -= part;
                if open {
                    self.meters.all[meter].counted[index].counts -= part;
                    self.meters.all[meter].flows.push((self.now, -part));
                }
            }
            let owner = self.meters.all[meter].owner;
            self.window_is_used(limit, owner, meter);
        }
    }
}
