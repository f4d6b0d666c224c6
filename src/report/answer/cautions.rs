//! What a reader must know before acting on the verdict: what the scenario leaves out, what defaults decided, what lies
//! behind the end.

use crate::experiment::{FEWEST, Findings};
use crate::outcome::Scope;
use crate::scenario::Scenario;

use super::super::number;
use super::sentence::{CitedEstimate, Sentence};

/// Every caution, the most general first.
pub(super) fn cautions(findings: &Findings, scenario: &Scenario) -> Vec<Sentence> {
    let general = [
        first_look(findings),
        nobody_reacts(findings, scenario),
        own_demand(scenario),
        other_rates(scenario),
    ];
    let general = general.into_iter().flatten().map(Sentence::words);
    let uncapped = scenario.tops_up_without_cap().into_iter();
    let uncapped = uncapped.map(|name| Sentence::words(format!("`{name}` tops up without a cap")));
    let decided = (0..findings.shape().policies.len()).flat_map(|policy| of_policy(findings, policy));
    general.chain(uncapped).chain(decided).collect()
}

fn first_look(findings: &Findings) -> Option<String> {
    match findings.measurements.replications() {
        _ if findings.measurements.is_exact() => None,
        1 => Some("a first look: one replication has no intervals and decides nothing".to_owned()),
        n if n < FEWEST => Some(format!("a first look: fewer than {FEWEST} replications decide nothing")),
        _ => None,
    }
}

/// Money is compared as if prices changed nothing about demand.
fn nobody_reacts(findings: &Findings, scenario: &Scenario) -> Option<String> {
    let priced = (0..findings.shape().policies.len()).any(|policy| {
        findings.estimate(policy, Scope::All, "cash_money").is_some_and(|cash| cash.mean > 0.0)
    });
    let any = |has: fn(&crate::scenario::Cohort) -> bool| scenario.cohorts.iter().any(has);
    let budget = any(|cohort| cohort.customers.budget.is_some());
    let churn = any(|cohort| cohort.customers.churn.is_some());
    priced.then(|| match (budget, churn) {
        (false, false) => "no customer reacts to a price here (no budget, no churn)".to_owned(),
        (true, false) => "budgets stop purchases, but nobody uses less or leaves because of a price".to_owned(),
        (false, true) => "customers leave after refusals, but nobody because of a price (no budget)".to_owned(),
        (true, true) => {
            "budgets stop purchases and refusals drive customers away, but nobody uses less or leaves because of a price"
                .to_owned()
        }
    })
}

/// Clients that wait for their answers ask for less where they wait longer.
fn own_demand(scenario: &Scenario) -> Option<String> {
    let names: Vec<String> =
        scenario.reactive_features().into_iter().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!("clients of {} wait for their operations, so that demand differs by policy", names.join(", "))
    })
}

/// Credits by different price lists are not the same credits.
fn other_rates(scenario: &Scenario) -> Option<String> {
    let names: Vec<String> = scenario.priced_otherwise().map(|name| format!("`{name}`")).collect();
    (!names.is_empty()).then(|| {
        format!(
            "{} {} operations by other rates than `{}`: their credits are not comparable, `demand_list_credits` and \
             `lost_list_credits` are",
            names.join(", "),
            if names.len() == 1 { "prices" } else { "price" },
            scenario.policies[scenario.baseline].name
        )
    })
}

/// What defaults decided under a policy, what lies beyond the horizon, and what has no price.
fn of_policy(findings: &Findings, policy: usize) -> Vec<Sentence> {
    let name = &findings.shape().policies[policy];
    let begun = || Sentence::words(format!("`{name}`: "));
    let amount = |outcome: &'static str| {
        let numbers =
            CitedEstimate::of(findings, policy, outcome).filter(|amount| amount.estimate.mean > 0.0)?;
        let mean = numbers.estimate.mean;
        Some((numbers.citation(number::short(mean), mean, "mean"), findings.unit(outcome)))
    };
    let default = |outcome, what: &str, key: &str| {
        let (many, unit) = amount(outcome)?;
        Some(begun().cite(many).say(&format!(" {unit} {what}, by a default; write `{key}` to decide it")))
    };
    let uninvoiced = || {
        let (credits, _) = amount("uninvoiced_end_credits")?;
        let said = begun().cite(credits).say(" credits (");
        let said = match amount("uninvoiced_end_money") {
            Some((money, unit)) => said.cite(money).say(&format!(" {unit}")),
            None => said.say("without a price"),
        };
        Some(said.say(") owed at the end, to be invoiced after it"))
    };
    let payable = || {
        let (money, unit) = amount("payable_beyond_horizon_money")?;
        Some(begun().cite(money).say(&format!(" {unit} of invoices are paid after the end")))
    };
    let sold =
        ["purchases", "auto_top_ups", "debt_invoiced_credits"].iter().any(|sold| amount(sold).is_some());
    let unpriced = sold && findings.estimate(policy, Scope::All, "cash_money").is_none();
    let said = [
        default("default_queue_max_operations", "lost in a full queue", "queue_max"),
        default("default_patience_operations", "lost after waiting too long", "patience"),
        default("default_resume_overspend_credits", "overspent by restarts at one instant", "resume"),
        uninvoiced(),
        payable(),
        unpriced.then(|| begun().say("something sold has no price, so money is not available")),
    ];
    said.into_iter().flatten().collect()
}
