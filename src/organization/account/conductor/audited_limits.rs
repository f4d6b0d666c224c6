//! Limits in the words of the auditor, made from the terms and not from the account's own rules (laws 10 and 11).
//!
//! Leaves what the journal says of them to the auditor. Invariant: what depends on terms that may change is left out whole.

use std::sync::Arc;

use crate::calendar::MonthEnd;
use crate::outcome::{AuditedAmount, AuditedLimit, AuditedOwner, AuditedUnit, AuditedWindow};
use crate::policy::{
    Admission, BilledTo, HoldNeed, LimitOwner, LimitUnit, LimitWindow, OnLimit, StatedAmount, UsageLimit,
    WindowAnchor,
};
use crate::units::{Category, SimTime};

use super::super::env::Env;

/// More windows than these are not written down.
const MOST_WINDOWS: usize = 100_000;

/// The limits that an organization has switched on; none if its plan or its rules may change, or charges count late.
pub(super) fn audited_limits(env: &Env) -> Vec<AuditedLimit> {
    let terms = env.terms(env.first_plan);
    let late = terms.billed_to != BilledTo::Recorded;
    let chains: Vec<&str> = terms.limits.iter().filter_map(|limit| limit.chain.as_deref()).collect();
    if late || !env.policy.never_changes() {
        return Vec::new();
    }
    let restarts = |limit: &UsageLimit| {
        terms.resets.iter().any(|reset| reset.restart && reset.limits.contains(&limit.name))
    };
    let audited = |limit: &UsageLimit| {
        let unit = if restarts(limit) { None } else { Some(unit_of(limit)) };
        let window = window_of(env, limit);
        AuditedLimit {
            id: limit.id,
            features: paid(env, limit),
            members: limit.groups.as_ref().map(|named| {
                let inside = |group: &Option<u16>| group.is_some_and(|group| named.contains(&group));
                env.traits.members.iter().map(|member| inside(&member.group)).collect()
            }),
            owner: match limit.per {
                LimitOwner::Organization => AuditedOwner::Organization,
                LimitOwner::Group => AuditedOwner::Group(env.groups.clone()),
                LimitOwner::Member => AuditedOwner::Member,
                LimitOwner::Project => AuditedOwner::Project,
            },
            amounts: amounts_of(env, limit),
            unit: unit.filter(|_| window.is_some()).unwrap_or(AuditedUnit::Untold),
            is_ceiling: limit.covers.is_some(),
            is_hard: limit.on_limit != OnLimit::Allow,
            chain: limit.chain.as_deref().and_then(|chain| chains.iter().position(|of| *of == chain)),
            window: window.unwrap_or(AuditedWindow::Life),
            any_room: terms.features.iter().map(|rules| any_room(&rules.admission)).collect(),
        }
    };
    let adopted = |limit: &&UsageLimit| env.has_adopted(limit);
    terms.limits.iter().filter(adopted).map(audited).collect()
}

fn unit_of(limit: &UsageLimit) -> AuditedUnit {
    match limit.unit {
        LimitUnit::Credits => {
            let [promotional, included, purchased] =
                Category::ALL.map(|category| limit.counts.hold_lots_of(category));
            AuditedUnit::Credits([promotional, included, purchased, limit.counts.hold_overage()])
        }
        LimitUnit::Operations => AuditedUnit::Operations,
        LimitUnit::InFlight => AuditedUnit::InFlight,
        LimitUnit::Money | LimitUnit::Quantity(_) => AuditedUnit::Untold,
    }
}

/// By feature: whether operations are inside, which cost something and have the quantity that is counted.
fn paid(env: &Env, limit: &UsageLimit) -> Vec<bool> {
    let has = |index: usize| {
        limit.quantity.as_ref().is_none_or(|of| of.measured_by.get(index).is_some_and(Option::is_some))
    };
    let facts = env.world.features.iter().enumerate();
    facts
        .map(|(index, facts)| !facts.free && limit.features.get(index) == Some(&true) && has(index))
        .collect()
}

fn amounts_of(env: &Env, limit: &UsageLimit) -> Vec<AuditedAmount> {
    let labels: Vec<Option<u64>> = env.traits.members.iter().map(|member| member.label).collect();
    let members = limit.amount.by_member(&labels);
    let said = |amounts: &[(u16, StatedAmount)], of: Option<u16>| {
        amounts.iter().find(|(who, _)| Some(*who) == of).map(|(_, amount)| *amount)
    };
    let everybody = env.stated_for_all(limit);
    let owners = match limit.per {
        LimitOwner::Member => env.traits.members.len(),
        LimitOwner::Group => {
            limit.amount.groups.iter().map(|(group, _)| usize::from(*group) + 1).max().unwrap_or(0)
        }
        LimitOwner::Organization | LimitOwner::Project => 0,
    };
    let amount = |owner: usize| {
        let number = u16::try_from(owner).ok();
        let own = match limit.per {
            LimitOwner::Member => {
                let group = env.traits.members.get(owner).and_then(|member| member.group);
                said(&members, number).or_else(|| said(&limit.amount.groups, group))
            }
            LimitOwner::Group => said(&limit.amount.groups, number),
            LimitOwner::Organization | LimitOwner::Project => None,
        };
        match own.unwrap_or(everybody) {
            StatedAmount::Unsaid => AuditedAmount::Unsaid,
            StatedAmount::Unlimited => AuditedAmount::Unlimited,
            StatedAmount::Most(most) => AuditedAmount::Most(most),
        }
    };
    // The last is everybody's of whom nothing is said.
    (0..=owners).map(amount).collect()
}

/// Any room is enough for an operation that is checked so.
fn any_room(admission: &Admission) -> bool {
    match admission {
        Admission::None | Admission::Positive => true,
        Admission::Estimate(_) => false,
        Admission::Hold(hold) => hold.need == HoldNeed::Positive,
    }
}

/// None of windows that count from a cycle, or of very many.
fn window_of(env: &Env, limit: &UsageLimit) -> Option<AuditedWindow> {
    Some(match limit.window {
        LimitWindow::Life => AuditedWindow::Life,
        LimitWindow::FirstUse(span) => AuditedWindow::FirstUse(span),
        LimitWindow::Rolling(span) => AuditedWindow::Rolling(span),
        LimitWindow::Refill { amount, per } => AuditedWindow::Refill(amount, per),
        LimitWindow::Fixed { every, anchor } => {
            let zone = &env.world.zone;
            let anchor = match anchor {
                WindowAnchor::Calendar => zone.parse("2001-01-01")?,
                WindowAnchor::SignUp => env.traits.signed_up,
                WindowAnchor::At(at) => at,
                WindowAnchor::Cycle => return None,
            };
            let first = zone.first_after(anchor, every, env.world.start, MonthEnd::Clamp) - 1;
            let bounds = (first..).map(|n| zone.nth(anchor, every, n, MonthEnd::Clamp));
            let bounds: Vec<SimTime> =
                bounds.take_while(|at| *at < env.world.end).take(MOST_WINDOWS + 1).collect();
            AuditedWindow::Fixed(Arc::from(Some(bounds).filter(|bounds| bounds.len() <= MOST_WINDOWS)?))
        }
    })
}
