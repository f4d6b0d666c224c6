//! Tables by plan and by feature, where rules differ by them.

use crate::experiment::{FEATURE_OUTCOMES, Findings, PLAN_OUTCOMES};
use crate::outcome::Scope;
use crate::scenario::Scenario;

use super::figures::{OutcomeScale, level};
use super::overview::column;
use super::table::{Cell, Column, Table};

/// A table by plan if there are several, and one by feature if rules differ by features.
#[must_use]
pub fn scope_tables(findings: &Findings, scenario: &Scenario) -> Vec<Table> {
    let scopes = |wanted: fn(&Scope) -> bool| -> Vec<Scope> {
        findings.measurements.scopes().iter().copied().filter(wanted).collect()
    };
    let plans = scopes(|scope| matches!(scope, Scope::Plan(_)));
    let features = scopes(|scope| matches!(scope, Scope::Feature(_)));
    let paid = |scope: &Scope| matches!(scope, Scope::Feature(index) if !scenario.features.get(*index).is_some_and(|feature| feature.free));
    let features: Vec<Scope> = features.into_iter().filter(paid).collect();
    let by_plan = table(findings, "By first plan", "plan", &plans, &PLAN_OUTCOMES);
    let by_feature = scenario
        .rules_differ_by_feature()
        .then(|| table(findings, "By feature", "feature", &features, &FEATURE_OUTCOMES));
    [by_plan, by_feature.flatten()].into_iter().flatten().collect()
}

/// One row for every policy and scope in which anything applies; none without rows.
fn table(findings: &Findings, title: &str, kind: &str, scopes: &[Scope], metrics: &[&str]) -> Option<Table> {
    let shape = findings.shape();
    let policies = 0..shape.policies.len();
    let rows: Vec<(usize, Scope)> = policies
        .flat_map(|policy| scopes.iter().map(move |&scope| (policy, scope)))
        .filter(|&(policy, scope)| {
            metrics.iter().any(|name| findings.estimate(policy, scope, name).is_some())
        })
        .collect();
    let shown: Vec<&str> = metrics
        .iter()
        .copied()
        .filter(|name| rows.iter().any(|&(policy, scope)| findings.estimate(policy, scope, name).is_some()))
        .collect();
    if rows.is_empty() || shown.is_empty() {
        return None;
    }
    let mut columns = vec![Column::words("policy").headed(String::new()), Column::words(kind)];
    columns.extend(shown.iter().map(|name| Column::numbers(name)));
    let drawn: Vec<(OutcomeScale, Vec<Cell>)> =
        shown.iter().filter_map(|name| column(findings, name, &rows)).collect();
    let scales: Vec<OutcomeScale> = drawn.iter().map(|(scale, _)| scale.clone()).collect();
    level(&mut columns[2..], &scales);
    let mut table = Table::new(title, columns);
    for (index, &(policy, scope)) in rows.iter().enumerate() {
        let name = shape.scope_name(scope);
        let name = name.split_once(':').map_or(name.as_str(), |(_, name)| name);
        let mut row = vec![Cell::text(&shape.policies[policy]), Cell::text(name)];
        row.extend(drawn.iter().map(|(_, cells)| cells[index].clone()));
        table.rows.push(row);
    }
    Some(table)
}
