//! What is pointed out about credits for some operations: those that nobody can burn, rules that do not see who lacks them.

use std::collections::BTreeSet;

use crate::policy::{Across, CreditScope, DebtAtCycle, LotOwner, LotsOnLeave, Repay, SeatTerms};
use crate::units::FeatureIndex;
use crate::workload::SeatFlow;

use super::super::model::Scenario;
use super::super::reading::{Node, Reader, TomlValue};
use super::{About, node_at};

fn list_of(node: &Node) -> Option<&[Node]> {
    match &node.value {
        TomlValue::List(items) => Some(items),
        _ => None,
    }
}

/// The features and groups of a scope by name.
fn named(scenario: &Scenario, scope: &CreditScope) -> String {
    let feature = |index: &FeatureIndex| format!("`{}`", scenario.features[index.index()].name);
    let group = |group: &u16| format!("`{}`", scenario.groups[usize::from(*group)]);
    let features = scope.features.iter().flatten().map(feature);
    let names: Vec<_> = features.chain(scope.groups.iter().flatten().map(group)).collect();
    match scope.per {
        _ if !names.is_empty() => names.join(", "),
        LotOwner::Organization => "everybody".to_owned(),
        LotOwner::Group => "one group".to_owned(),
        LotOwner::Member => "one member".to_owned(),
        LotOwner::Project => "one project".to_owned(),
    }
}

/// True if no operation burns anything of it.
fn is_in_vain(scenario: &Scenario, scope: &CreditScope) -> bool {
    let free = |index: &FeatureIndex| scenario.features[index.index()].free;
    scope.features.as_ref().is_some_and(|features| features.iter().all(free))
}

/// The groups that somebody is in; none where a file says who is, which is not read here.
fn peopled(scenario: &Scenario) -> Option<BTreeSet<u16>> {
    let told = scenario.histories.iter().any(|history| !history.columns.group.is_empty());
    if told || scenario.cohorts.iter().any(|cohort| cohort.accounts.is_some()) {
        return None;
    }
    let populations = || scenario.cohorts.iter().map(|cohort| &cohort.population);
    let drawn = populations().flat_map(|population| &population.groups).filter(|(_, weight)| *weight > 0.0);
    let placed = populations().flat_map(|population| population.placed.values().copied());
    Some(drawn.map(|(group, _)| *group).chain(placed).collect())
}

/// Credits and limits for groups that nobody is in.
pub(super) fn groups_nobody_is_in(about: &About<'_>) {
    let (terms, scenario) = (about.terms, about.scenario);
    let Some(peopled) = peopled(scenario) else { return };
    let allowance = terms.allowance.iter().map(|allowance| ("allowance", &allowance.scope.groups));
    let grants = terms.grants.iter().map(|grant| ("grants", &grant.scope.groups));
    let packages = terms.packages.iter().map(|package| ("packages", &package.scope.groups));
    let limits = terms.limits.iter().map(|limit| ("limits", &limit.groups));
    for (key, groups) in allowance.chain(grants).chain(packages).chain(limits) {
        let Some(groups) = groups.as_ref().filter(|own| own.iter().all(|group| !peopled.contains(group)))
        else {
            continue;
        };
        let names: Vec<String> =
            groups.iter().map(|group| format!("`{}`", scenario.groups[usize::from(*group)])).collect();
        let what = format!("are for {} alone, which nobody is in", names.join(", "));
        about.warn(
            key,
            what,
            "give the group a weight in `groups` of a cohort, or let a history name it with `group`",
        );
    }
}

const FREE: &str = "operations of free features burn nothing; name a feature that costs credits";

/// Credits of a plan for features that are free.
pub(super) fn credits_nobody_burns(about: &About<'_>) {
    let (terms, scenario) = (about.terms, about.scenario);
    let allowance = terms.allowance.iter().map(|allowance| ("allowance", &allowance.scope));
    let grants = terms.grants.iter().map(|grant| ("grants", &grant.scope));
    let packages = terms.packages.iter().map(|package| ("packages", &package.scope));
    for (key, scope) in allowance.chain(grants).chain(packages) {
        if is_in_vain(scenario, scope) {
            about.warn(key, format!("are for {} alone, which nobody pays for", named(scenario, scope)), FREE);
        }
    }
}

/// The same of a cohort's own grants.
pub(super) fn own_credits_nobody_burns(reader: &Reader, root: &Node, scenario: &Scenario) {
    let cohorts = node_at(root, &["cohorts"]).and_then(list_of).unwrap_or_default();
    for (cohort, node) in scenario.cohorts.iter().zip(cohorts) {
        let vain = cohort.customers.grants.iter().map(|grant| &grant.scope);
        if let Some(scope) = vain.into_iter().find(|scope| is_in_vain(scenario, scope)) {
            let what = format!("are for {} alone, which nobody pays for", named(scenario, scope));
            reader.warn(&node.place.child("grants"), what, FREE);
        }
    }
}

/// A rule looks at the sum of all lots, and what it buys is for some operations only.
pub(super) fn top_up_for_some(about: &About<'_>) {
    for rule in &about.terms.top_ups {
        let Some(package) = about.terms.packages.get(rule.package()) else { continue };
        if rule.per == LotOwner::Organization && !package.scope.is_everybody() {
            let name = named(about.scenario, &package.scope);
            let what =
                format!("buys `{}`, which is for {name}, when all credits together are low", package.name);
            let key = if about.node("top_up").is_some() { "top_up" } else { "top_ups" };
            about.warn(key, what, "other operations burn none of it, and those that may can lack it sooner");
        }
    }
}

/// Debt is permitted, and only credits for some features come, which repay none.
pub(super) fn debt_nobody_repays(about: &About<'_>) {
    let (terms, overdraft) = (about.terms, &about.terms.overdraft);
    let permitted = overdraft.limit.is_none_or(crate::units::Credits::is_positive);
    let carried = overdraft.at_cycle == DebtAtCycle::Carry && overdraft.repay != Repay::Never;
    let own = about.scenario.cohorts.iter().flat_map(|cohort| &cohort.customers.grants);
    let grants = terms.grants.iter().chain(own).map(|grant| &grant.scope);
    let allowance = terms.allowance.iter().map(|allowance| &allowance.scope);
    let mut scopes =
        allowance.chain(grants).chain(terms.packages.iter().map(|package| &package.scope)).peekable();
    if permitted && carried && scopes.peek().is_some() && scopes.all(|scope| !scope.repays()) {
        let hint = "credits for some operations repay no debt; let a close invoice or forgive it";
        about.warn("overdraft", "permits debt that nothing repays", hint);
    }
}

/// An alert or rule about what owners have of their own, where nobody has anything.
pub(super) fn owners_without_credits(about: &About<'_>) {
    let terms = about.terms;
    let own = about.scenario.cohorts.iter().flat_map(|cohort| &cohort.customers.grants);
    let grants = terms.grants.iter().chain(own).map(|grant| &grant.scope);
    let allowance = terms.allowance.iter().map(|allowance| &allowance.scope);
    let packages = terms.packages.iter().map(|package| &package.scope);
    let mut has: Vec<LotOwner> = allowance.chain(grants).chain(packages).map(|scope| scope.per).collect();
    has.extend(terms.top_ups.iter().map(|rule| rule.per));
    for alert in &terms.alerts {
        if alert.per != LotOwner::Organization && !has.contains(&alert.per) {
            let hint = "it looks at lots that have the same `per`; give `allowance` or a grant one";
            return about.warn(
                "alerts",
                "tell of credits of single owners, who have none of their own",
                hint,
            );
        }
    }
}

/// Rules for members who come and go, where nobody does, or has nothing of its own.
pub(super) fn seats_that_stay(about: &About<'_>) {
    let SeatTerms { at_once, on_leave } = about.terms.seats;
    let moves = about.scenario.cohorts.iter().any(|cohort| cohort.population.seats != SeatFlow::Steady);
    let hint =
        "members come and go by `seat_changes` of a cohort, or by `members = { start, joins, leaves }`";
    if at_once && !moves {
        about.warn("seats", "follows members at once, and no cohort's come and go", hint);
    }
    if on_leave == LotsOnLeave::Expire {
        return;
    }
    let terms = about.terms;
    let own = about.scenario.cohorts.iter().flat_map(|cohort| &cohort.customers.grants);
    let grants = terms.grants.iter().chain(own).map(|grant| &grant.scope);
    let allowance = terms.allowance.iter().map(|allowance| &allowance.scope);
    let mut scopes = allowance.chain(grants).chain(terms.packages.iter().map(|package| &package.scope));
    if !moves {
        about.warn("on_leave", "is about members who leave, and no cohort's do", hint);
    } else if !scopes.any(|scope| scope.per == LotOwner::Member) {
        let hint = "it says what becomes of lots with `per = \"member\"`";
        about.warn("on_leave", "changes nothing: no credits are a member's own", hint);
    }
}

/// Whose rolled lots are capped together, where there is one owner or no cap.
pub(super) fn across_nothing(about: &About<'_>) {
    let Some(allowance) = &about.terms.allowance else { return };
    let (rollover, per) = (&allowance.rollover, allowance.scope.per);
    if rollover.across == Across::Organization
        && (per == LotOwner::Organization || rollover.max_total.is_none())
    {
        let hint = "it says whose lots `max_total` caps together, where `allowance` has a `per`";
        about.warn("rollover", "has `across`, which changes nothing here", hint);
    }
}
