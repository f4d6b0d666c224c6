//! A note for files whose results differ from those of the first release. It goes with the next one.

use crate::policy::{Anchor, CycleOnChange, Effective, Opening, Policy, Terms};
use crate::scenario::Scenario;

/// What has changed for this scenario, and in which policies; none if nothing has.
pub(super) fn remark(scenario: &Scenario) -> Option<String> {
    let named = |differs: fn(&Policy) -> bool| {
        let policies = scenario.policies.iter().filter(|policy| differs(policy));
        policies.map(|policy| format!("`{}`", policy.name)).collect::<Vec<_>>().join(", ")
    };
    let causes = [
        (named(changes_restart), "a change of plan at once begins a cycle of its own and is billed once"),
        (named(changes_give), "a change of plan gives the new plan's own grants"),
        (named(prorates), "every first period on fixed dates is prorated, and so is its price"),
    ];
    let said = causes.into_iter().filter(|(policies, _)| !policies.is_empty());
    let said: Vec<String> = said.map(|(policies, what)| format!("{what} ({policies})")).collect();
    (!said.is_empty()).then(|| format!("results differ from release 0.1: {}", said.join("; ")))
}

fn changes_restart(policy: &Policy) -> bool {
    policy
        .plan_changes
        .iter()
        .any(|change| change.effective == Effective::Now && change.cycle == CycleOnChange::Restart)
}

fn changes_give(policy: &Policy) -> bool {
    let gives = |plan: &Terms| plan.own_grants && plan.grants_on_change && !plan.grants.is_empty();
    policy.plan_changes.iter().any(|change| gives(&policy.plans[change.to]))
}

fn prorates(policy: &Policy) -> bool {
    let fixed = |plan: &Terms| plan.cycle.opening == Opening::Prorated && plan.cycle.anchor != Anchor::SignUp;
    policy.plans.iter().any(fixed)
}
