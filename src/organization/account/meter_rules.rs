//! Limits as one account meets them: resolved once, so that a check is plain arithmetic.
//!
//! Owns who is inside a limit, whose meter that is, and how much there is room for. Leaves what has been counted to
//! `meters`, and what meets an operation without room to the conductor. Invariants: rules stand in file order; limits that
//! the organization has not switched on are not among them.

use std::sync::Arc;

use smallvec::SmallVec;

use crate::calendar::Zone;
use crate::deliberate::Deliberate;
use crate::policy::{
    ChargeParts, CountedAt, LimitOwner, LimitUnit, LimitWindow, OnLimit, StatedAmount, Terms, UsageLimit,
};
use crate::units::{Credits, FeatureIndex, NO_MEMBER, SimTime};
use crate::workload::Operation;

use super::meter_prices::MeterPrices;
use super::past_windows::EnteredAt;

/// One operation, as a limit counts it in its unit.
pub(super) const ONE: Credits = Credits::from_whole(1);

/// What windows count from, besides instants that are written down.
#[derive(Debug, Clone, Copy)]
pub(super) struct WindowClock<'a> {
    pub(super) now: SimTime,
    pub(super) zone: &'a Zone,
    /// Where the running billing cycles count from.
    pub(super) cycle: SimTime,
    pub(super) signed_up: SimTime,
}

/// An operation as limits see it.
#[derive(Debug, Clone, Copy)]
pub(super) struct RoomAsker {
    /// The feature that serves it.
    pub(super) serves: FeatureIndex,
    pub(super) member: u16,
    pub(super) project: u16,
    /// Where the operation is followed; none in the trace.
    pub(super) slot: Option<u32>,
    /// Where it has started, if something may be charged to it.
    pub(super) entered: EnteredAt,
}

impl RoomAsker {
    /// An operation that the feature it asks for serves.
    pub(super) fn of(operation: &Operation) -> RoomAsker {
        let Operation { feature: serves, member, project, .. } = *operation;
        RoomAsker { serves, member, project, slot: None, entered: EnteredAt::NOWHERE }
    }
}

/// Who owns the meter of an operation where each of these has its own; none of a member's if it is nobody's. `groups` has the
/// group of each member.
#[inline]
pub(super) fn owner_under(per: LimitOwner, asker: RoomAsker, groups: &[Option<u16>]) -> Option<u16> {
    match per {
        LimitOwner::Organization => Some(0),
        LimitOwner::Group => groups.get(usize::from(asker.member)).copied().flatten(),
        LimitOwner::Member => Some(asker.member).filter(|member| *member != NO_MEMBER),
        LimitOwner::Project => Some(asker.project),
    }
}

/// A limit as one account meets it.
#[derive(Debug, Clone)]
pub(super) struct MeterRule {
    /// Its place among the limits of the plan.
    pub(super) place: usize,
    /// Limits of one name share their meters.
    pub(super) id: u16,
    pub(super) unit: LimitUnit,
    /// What it bounds of charges, as a ceiling; none if the whole operation must have room.
    pub(super) covers: Option<ChargeParts>,
    /// Parts of charges that count.
    pub(super) counts: ChargeParts,
    /// What they are worth, if money counts.
    pub(super) prices: Option<MeterPrices>,
    /// Overage beyond it is forgiven at the close.
    pub(super) absorbs: bool,
    pub(super) per: LimitOwner,
    pub(super) window: LimitWindow,
    pub(super) on_limit: OnLimit,
    /// Per feature: whether its operations are inside.
    features: Vec<bool>,
    /// Per feature: the number of the rate that measures the quantity that is counted; nothing if none is.
    measured_by: Vec<Option<u16>>,
    default: StatedAmount,
    members: Vec<(u16, StatedAmount)>,
    by_group: Vec<(u16, StatedAmount)>,
    /// The groups of members, if it tells them apart.
    groups: Arc<[Option<u16>]>,
    /// Per member: whether its operations are inside; empty if everybody's are.
    insiders: Vec<bool>,
    /// What became of its windows is reported.
    pub(super) reports_windows: bool,
    /// Shares of the amount at which people are told (billionths), and whether that is critical.
    alerts: SmallVec<[(i64, bool); 2]>,
    /// All levels of use at which something happens to whoever has no amount of its own, ascending.
    levels: SmallVec<[Credits; 3]>,
    /// Number of its chain among those of the plan.
    chain: Option<u16>,
}

impl MeterRule {
    /// Whose meter an operation counts into; none if it is outside.
    #[inline]
    pub(super) fn owner_of(&self, asker: RoomAsker) -> Option<u16> {
        if !self.holds(asker.serves) || !self.holds_member(asker.member) {
            return None;
        }
        self.owner_outside(asker)
    }

    /// Whose meter an operation's would be, be it inside or not; none of a member's or a group's if it is nobody's.
    #[inline]
    pub(super) fn owner_outside(&self, asker: RoomAsker) -> Option<u16> {
        owner_under(self.per, asker, &self.groups)
    }

    /// Whether operations of a member are inside.
    #[inline]
    fn holds_member(&self, member: u16) -> bool {
        self.holds_everybody() || self.insiders.get(usize::from(member)).copied().unwrap_or(false)
    }

    /// Whether operations of everybody are inside.
    #[inline]
    pub(super) fn holds_everybody(&self) -> bool {
        self.insiders.is_empty()
    }

    /// Whether operations that a feature serves are inside.
    #[inline]
    pub(super) fn holds(&self, feature: FeatureIndex) -> bool {
        self.features.get(feature.index()).copied().unwrap_or(false)
    }

    /// The number of the rate that measures what it counts of operations that a feature serves.
    #[inline]
    pub(super) fn measured_by(&self, feature: FeatureIndex) -> Option<u16> {
        self.measured_by.get(feature.index()).copied().flatten()
    }

    /// How much an owner has room for.
    #[inline]
    pub(super) fn amount_of(&self, owner: u16) -> StatedAmount {
        if self.is_everybodys() {
            return self.default;
        }
        let said = |amounts: &[(u16, StatedAmount)], of: u16| {
            amounts.iter().find(|(who, _)| *who == of).map(|(_, amount)| *amount)
        };
        let said = match self.per {
            LimitOwner::Member => said(&self.members, owner).or_else(|| {
                let group = self.groups.get(usize::from(owner)).copied().flatten();
                group.and_then(|group| said(&self.by_group, group))
            }),
            LimitOwner::Group => said(&self.by_group, owner),
            LimitOwner::Organization | LimitOwner::Project => None,
        };
        said.unwrap_or(self.default)
    }

    /// True if all owners have room for as much.
    #[inline]
    fn is_everybodys(&self) -> bool {
        self.members.is_empty() && self.by_group.is_empty()
    }

    /// What an owner has room for, if it is limited.
    #[inline]
    pub(super) fn most_of(&self, owner: u16) -> Option<Credits> {
        match self.amount_of(owner) {
            StatedAmount::Most(most) => Some(most),
            StatedAmount::Unsaid | StatedAmount::Unlimited => None,
        }
    }

    /// It turns operations away; a soft limit counts and tells.
    #[inline]
    pub(super) fn is_hard(&self) -> bool {
        self.on_limit != OnLimit::Allow
    }

    /// Of the limits of its chain one alone is asked.
    pub(super) fn is_chained(&self) -> bool {
        self.chain.is_some()
    }

    /// True if another of these limits is asked for an operation in its place: it counts and tells, and is not overrun.
    #[inline]
    pub(super) fn stands_behind(&self, rules: &[MeterRule], asker: RoomAsker) -> bool {
        let says = |first: &MeterRule| {
            first.owner_of(asker).is_some_and(|owner| first.amount_of(owner) != StatedAmount::Unsaid)
        };
        self.chain.is_some()
            && rules.iter().any(|other| other.place < self.place && other.chain == self.chain && says(other))
    }

    /// Somebody has no more than an amount.
    fn bounds_anybody(&self) -> bool {
        let exceptions = self.members.iter().chain(&self.by_group).map(|(_, amount)| amount);
        exceptions.chain([&self.default]).any(|amount| matches!(amount, StatedAmount::Most(_)))
    }

    /// What it charges may add to a window that has ended, of those that a first use opens.
    pub(super) fn charges_past_windows(&self) -> bool {
        let charges = matches!(self.unit, LimitUnit::Credits | LimitUnit::Quantity(CountedAt::End));
        charges && matches!(self.window, LimitWindow::FirstUse(_))
    }

    /// Levels of use at which people are told: share of the amount, and whether that is critical.
    pub(super) fn alert_levels(&self, most: Credits) -> impl Iterator<Item = (Credits, bool)> + '_ {
        let told = if Deliberate::LimitsTellNobody.is_made() { &[] } else { self.alerts.as_slice() };
        told.iter().map(move |(share, critical)| (most.scale_floor(*share, 1_000_000_000), *critical))
    }

    /// The lowest level above what is used at which something happens: a share of the amount, or all of it. None if nothing
    /// happens any more.
    #[inline]
    pub(super) fn next_level(&self, owner: u16, used: Credits) -> Option<Credits> {
        if self.is_everybodys() {
            return self.levels.iter().find(|level| **level > used).copied();
        }
        let most = self.most_of(owner)?;
        self.levels_of(most).find(|level| *level > used)
    }

    /// Shares of an amount at which people are told, and all of it, ascending.
    fn levels_of(&self, most: Credits) -> impl Iterator<Item = Credits> + use<> {
        let mut levels: SmallVec<[Credits; 3]> = self.alert_levels(most).map(|(level, _)| level).collect();
        levels.push(most);
        levels.sort_unstable();
        levels.into_iter()
    }
}

/// Lots' parts that some ceiling may close: lots of these categories repay no debt before a close.
pub(super) fn closed_by_ceilings(rules: &[MeterRule]) -> ChargeParts {
    let closing = rules.iter().filter(|rule| rule.is_hard() && rule.bounds_anybody());
    closing.filter_map(|rule| rule.covers).fold(ChargeParts::NONE, ChargeParts::or)
}

/// The limits of a plan that an organization has switched on, in file order; `amount` tells what everybody has room for
/// whom nothing else is said of, if it is. Operations that a `free` feature serves are inside no limit; `groups` has the group of
/// each member, `labels` what a history calls them.
pub(super) fn meter_rules(
    terms: &Terms,
    free: &[bool],
    (groups, labels): (&Arc<[Option<u16>]>, &[Option<u64>]),
    amount: impl Fn(&UsageLimit) -> Option<StatedAmount>,
) -> Vec<MeterRule> {
    let mut chains: Vec<&str> = Vec::new();
    let mut rules = Vec::new();
    for (place, limit) in terms.limits.iter().enumerate() {
        let chain = limit.chain.as_deref().map(|name| {
            let number = chains.iter().position(|known| *known == name).unwrap_or(chains.len());
            if number == chains.len() {
                chains.push(name);
            }
            number as u16
        });
        if let Some(default) = amount(limit) {
            let features = limit.features.iter().zip(free).map(|(inside, free)| *inside && !free).collect();
            let (groups, prices) = (Arc::clone(groups), prices(terms, limit));
            let members = limit.amount.by_member(labels);
            rules.push(MeterRule { chain, features, prices, members, ..rule(place, limit, default, groups) });
        }
    }
    rules
}

fn rule(place: usize, limit: &UsageLimit, default: StatedAmount, groups: Arc<[Option<u16>]>) -> MeterRule {
    let share = |share: &f64| (crate::units::round_half_up(*share, 1e9), *share >= 1.0);
    let mut rule = MeterRule {
        place,
        id: limit.id,
        unit: limit.unit,
        covers: limit.covers,
        counts: match limit.covers {
            Some(covers) if Deliberate::CountsIgnored.is_made() => covers,
            _ => limit.counts,
        },
        prices: None,
        absorbs: limit.absorbs,
        per: limit.per,
        window: limit.window,
        on_limit: limit.on_limit,
        features: Vec::new(),
        measured_by: limit.quantity.as_ref().map(|of| of.measured_by.clone()).unwrap_or_default(),
        default,
        members: Vec::new(),
        by_group: limit.amount.groups.clone(),
        insiders: insiders(limit, &groups),
        groups,
        reports_windows: limit.reports_windows,
        alerts: limit.alerts.iter().map(share).collect(),
        levels: SmallVec::new(),
        chain: None,
    };
    if let StatedAmount::Most(most) = rule.default {
        rule.levels = rule.levels_of(most).collect();
    }
    rule
}

/// What credits are worth to a limit, if it counts money.
fn prices(terms: &Terms, limit: &UsageLimit) -> Option<MeterPrices> {
    let overage = terms.overdraft.price_per_credit.or(limit.list_price).unwrap_or_default();
    let lots = limit.list_price.filter(|_| !Deliberate::ListPriceIgnored.is_made()).unwrap_or(overage);
    (limit.unit == LimitUnit::Money).then_some(MeterPrices { lots, overage })
}

/// Per member: whether its operations are inside a limit; empty if everybody's are.
fn insiders(limit: &UsageLimit, groups: &[Option<u16>]) -> Vec<bool> {
    let Some(named) = &limit.groups else { return Vec::new() };
    // Somebody has to stand there, or else everybody would be inside.
    let nobody = groups.is_empty().then_some(false);
    groups.iter().map(|group| group.is_some_and(|group| named.contains(&group))).chain(nobody).collect()
}

/// Chains of which a limit has been asked for an operation.
#[derive(Debug, Default)]
pub(super) struct ChainsAsked(SmallVec<[u16; 4]>);

impl ChainsAsked {
    /// What a limit has room for if it is asked and may turn somebody away.
    #[inline]
    pub(super) fn ask(&mut self, rule: &MeterRule, owner: u16) -> Option<Credits> {
        self.asked(rule, owner).filter(|_| rule.is_hard())
    }

    /// What a limit has room for if it is the one to be asked: the first of its chain that says something.
    #[inline]
    pub(super) fn asked(&mut self, rule: &MeterRule, owner: u16) -> Option<Credits> {
        let amount = rule.amount_of(owner);
        if let Some(chain) = rule.chain {
            let asked = self.0.contains(&chain) && !Deliberate::ChainsAskEverybody.is_made();
            if amount == StatedAmount::Unsaid || asked {
                return None;
            }
            self.0.push(chain);
        }
        match amount {
            StatedAmount::Most(most) => Some(most),
            _ => None,
        }
    }
}
