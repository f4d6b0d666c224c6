//! What is pointed out about limits: those that refuse everything, that nothing can reach, that are never asked.

use crate::policy::{
    Admission, ChargedPart, FeatureTerms, LimitOwner, LimitUnit, LimitWindow, OnLimit, ResetTime,
    StatedAmount, UsageLimit, WhenShort,
};
use crate::sampling::Dist;
use crate::units::Credits;

use super::super::model::Scenario;
use super::About;

/// What everybody has room for whom nothing else is said of; none without a limit.
fn most(limit: &UsageLimit) -> Option<Credits> {
    match limit.amount.default {
        StatedAmount::Most(most) => Some(most),
        StatedAmount::Unsaid | StatedAmount::Unlimited => None,
    }
}

/// True if operations of this feature fall back on it from another.
pub(super) fn falls_back_on(scenario: &Scenario, feature: usize) -> bool {
    let limits = scenario.policies.iter().flat_map(|policy| &policy.plans).flat_map(|terms| &terms.limits);
    let by_limit = limits
        .into_iter()
        .any(|limit| matches!(limit.on_limit, OnLimit::Fallback(other) if other.index() == feature));
    let here =
        |reaction: WhenShort| matches!(reaction, WhenShort::Fallback(other) if other.index() == feature);
    let plans = scenario.policies.iter().flat_map(|policy| &policy.plans);
    by_limit
        || plans.into_iter().any(|terms| {
            let rules = terms.features.iter().flat_map(|rules| [rules.short, rules.beyond_limit]);
            here(terms.at_max_in_flight) || rules.into_iter().any(here)
        })
}

pub(super) fn room_for_nothing(about: &About<'_>) {
    // A ceiling of nothing closes what it covers, and others may help.
    for limit in about.terms.limits.iter().filter(|limit| limit.covers.is_none()) {
        let nothing = most(limit) == Some(Credits::ZERO) && limit.amount.is_everybodys();
        if nothing && matches!(limit.on_limit, OnLimit::Reject | OnLimit::Queue) {
            let hint = "nothing inside it ever starts; write `\"none\"` for no limit, or leave it out";
            about.warn("limits", format!("`{}` has room for nothing", limit.name), hint);
        }
    }
}

/// A link that has an amount for everybody inside a later one leaves it nothing to decide.
pub(super) fn links_never_asked(about: &About<'_>) {
    let limits = &about.terms.limits;
    for (index, limit) in limits.iter().enumerate().filter(|(_, limit)| limit.chain.is_some()) {
        let covers = |earlier: &&UsageLimit| {
            let inside =
                limit.features.iter().zip(&earlier.features).all(|(later, earlier)| *earlier || !later);
            let anybody = matches!(earlier.per, LimitOwner::Organization | LimitOwner::Project);
            let everybody = (anybody || limit.per == earlier.per)
                && (earlier.groups.is_none() || limit.groups == earlier.groups);
            let said = earlier.amount.default != StatedAmount::Unsaid
                && earlier.adopted == crate::units::Probability::ONE;
            earlier.chain == limit.chain && inside && everybody && said
        };
        if let Some(earlier) = limits[..index].iter().find(covers) {
            let what =
                format!("`{}` is never asked: `{}` stands before it in the chain", limit.name, earlier.name);
            let hint = "put the one with amounts for a few first, without a `default`";
            about.warn("limits", what, hint);
        }
    }
}

/// Who waits for the room of a limit that never begins anew waits in vain.
pub(super) fn queue_that_never_moves(about: &About<'_>) {
    for limit in &about.terms.limits {
        let counts_for_life = limit.window == LimitWindow::Life && limit.unit != LimitUnit::InFlight;
        let anew = about
            .terms
            .resets
            .iter()
            .any(|reset| reset.limits.contains(&limit.name) && matches!(reset.when, ResetTime::At(_)));
        let alone = limit.covers.is_none();
        if limit.on_limit == OnLimit::Queue && counts_for_life && !anew && alone {
            let what = format!("`{}` lets operations wait for room that never comes back", limit.name);
            about.warn("limits", what, "write a `window`, or another `on_limit`");
        }
    }
}

/// Somebody is asked who never says yes, or whose answer comes after the end.
pub(super) fn asks_in_vain(about: &About<'_>) {
    let horizon = about.scenario.end - about.scenario.start;
    for (limit, ask) in about.terms.limits.iter().filter_map(|limit| Some((limit, limit.ask.as_ref()?))) {
        let late = matches!(ask.delay, Dist::Fixed(seconds) if seconds >= horizon.as_seconds_f64());
        if ask.probability.is_never() || late {
            let why = if late { "answers after the end" } else { "never says yes" };
            let what = format!("`{}` asks a person who {why}", limit.name);
            about.warn("limits", what, "nothing is ever raised: write `reject` to say so");
        }
    }
}

/// An amount that other rules keep out of reach.
pub(super) fn limit_never_met(about: &About<'_>) {
    let cap = about.terms.max_in_flight.map(|most| Credits::from_whole(i64::from(most)));
    for limit in about.terms.limits.iter().filter(|limit| limit.unit == LimitUnit::InFlight) {
        if let (Some(cap), Some(most)) = (cap, most(limit))
            && most >= cap
        {
            let what = format!("`{}` can never be met: `max_in_flight` is {cap}", limit.name);
            about.warn("limits", what, "lower its amount, or leave one of the two out");
        }
    }
    let counted = |limit: &&UsageLimit| limit.unit == LimitUnit::Operations && limit.amount.is_everybodys();
    let strict = |limit: &&UsageLimit| limit.on_limit != OnLimit::Allow && limit.chain.is_none();
    for long in about.terms.limits.iter().filter(counted) {
        let shorter = about.terms.limits.iter().filter(counted).filter(strict);
        if let Some(short) = shorter.into_iter().find(|short| short.name != long.name && bounds(short, long))
        {
            let what = format!("`{}` can never be met: `{}` stops work before", long.name, short.name);
            about.warn("limits", what, "lower its amount, or leave it out");
        }
    }
}

/// True if a limit in shorter windows keeps what another counts in a longer one within its amount.
fn bounds(short: &UsageLimit, long: &UsageLimit) -> bool {
    let (LimitWindow::Fixed { every: own, .. }, LimitWindow::Fixed { every: other, .. }) =
        (short.window, long.window)
    else {
        return false;
    };
    let alike = short.per == long.per && short.features == long.features && short.groups == long.groups;
    let everybody = short.adopted == crate::units::Probability::ONE;
    let (own, other) = (own.about().micros().max(1), other.about().micros());
    // Windows that begin elsewhere cut one more, and months may be a day longer than 30.
    let windows = other / own + 2 + i64::from(other >= 28 * 86_400_000_000);
    let (Some(least), Some(amount)) = (most(short), most(long)) else { return false };
    alike
        && everybody
        && own < other
        && i128::from(amount.micros()) >= i128::from(least.micros()) * i128::from(windows)
}

/// A ceiling over debt where nothing may be owed, and one that counts nothing of what it bounds.
pub(super) fn ceilings_over_nothing(about: &About<'_>) {
    let owes =
        |rules: &FeatureTerms| rules.short == WhenShort::Allow || matches!(rules.admission, Admission::None);
    let may_owe = about.terms.features.iter().any(owes);
    let ceilings = about.terms.limits.iter().filter_map(|limit| Some((limit, limit.covers?)));
    for (limit, covers) in ceilings {
        if covers.hold_overage() && !covers.hold_lots() && !may_owe {
            let what = format!("`{}` bounds overage, and nothing may be owed", limit.name);
            about.warn("limits", what, "write `short = \"allow\"` and an `overdraft`, or leave it out");
        }
        let counted = ChargedPart::ALL.into_iter().any(|part| covers.hold(part) && limit.counts.hold(part));
        if !counted {
            let what = format!("`{}` counts nothing of what it covers, so that it never fills", limit.name);
            about.warn("limits", what, "leave `counts` out to count what it covers");
        }
    }
}
