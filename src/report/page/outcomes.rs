//! Every outcome of every policy, for whoever looks one up: grouped, searched by words, what is 0 everywhere out of the way.

use crate::experiment::Findings;
use crate::outcome::{METRICS, Metric, Scope};

use super::super::overview::column;
use super::{PageBlock, PageCell, PageHead, PageSection, PageTable};

/// Where a group of outcomes begins: its heading and its first outcome.
pub(in crate::report) const OUTCOME_PARTS: [(&str, &str); 4] = [
    ("Demand and service", "operations_demanded"),
    ("Credits, overdraft, holds", "issued_credits"),
    ("Purchases, alerts, customers", "purchases"),
    ("Money", "cash_money"),
];

/// The section of all outcomes; those over all organizations first.
pub(super) fn outcomes_section(findings: &Findings) -> PageSection {
    let shape = findings.shape();
    let mut blocks = vec![PageBlock::Searched(parts_of_all(findings))];
    blocks.extend(zeros(findings, Scope::All));
    for &scope in findings.measurements.scopes().iter().filter(|scope| **scope != Scope::All) {
        let metrics: Vec<&Metric> = METRICS.iter().collect();
        let name = shape.scope_name(scope).to_string();
        let mut inside = tables(findings, scope, &name, &metrics);
        if inside.is_empty() {
            continue;
        }
        let mut inside: Vec<PageBlock> = inside.drain(..).map(PageBlock::Table).collect();
        inside.extend(zeros(findings, scope));
        blocks.push(PageBlock::Folded { summary: name, open: false, blocks: inside });
    }
    PageSection::new("outcomes", "Every outcome", blocks)
}

/// The outcomes over all organizations, in groups that open.
fn parts_of_all(findings: &Findings) -> Vec<PageBlock> {
    let begins = |first: &str| METRICS.iter().position(|metric| metric.name == first).unwrap_or(0);
    let begin: Vec<usize> = OUTCOME_PARTS.iter().map(|(_, first)| begins(first)).collect();
    let part = |(index, (heading, _)): (usize, &(&str, &str))| {
        let end = begin.get(index + 1).copied().unwrap_or(METRICS.len());
        let metrics: Vec<&Metric> = METRICS[begin[index]..end].iter().collect();
        let tables = tables(findings, Scope::All, heading, &metrics);
        let rows = tables.first()?.rows.len();
        let summary = format!("{heading}: {rows} outcome{}", if rows == 1 { "" } else { "s" });
        let blocks = tables.into_iter().map(PageBlock::Table).collect();
        Some(PageBlock::Folded { summary, open: false, blocks })
    };
    OUTCOME_PARTS.iter().enumerate().filter_map(part).collect()
}

/// Outcomes as rows and policies as columns, the baseline first; what applies to nobody or is 0 everywhere is left out.
fn tables(findings: &Findings, scope: Scope, caption: &str, metrics: &[&Metric]) -> Vec<PageTable> {
    let shape = findings.shape();
    let others = (0..shape.policies.len()).filter(|&policy| policy != findings.baseline);
    let policies: Vec<usize> = std::iter::once(findings.baseline).chain(others).collect();
    let head = |&policy: &usize| {
        let baseline =
            if policy == findings.baseline && shape.policies.len() > 1 { "\n(baseline)" } else { "" };
        PageHead { label: format!("{}{baseline}", shape.policies[policy]), right: true }
    };
    let outcome = PageHead { label: "outcome".to_owned(), right: false };
    let rows: Vec<(usize, Scope)> = policies.iter().map(|&policy| (policy, scope)).collect();
    let row = |metric: &&Metric| {
        if !metric.applies_to(scope) || !applies(findings, scope, metric) || is_zero(findings, scope, metric)
        {
            return None;
        }
        let (figures, cells) = column(findings, metric.name, &rows)?;
        let unit = if figures.unit.is_empty() { String::new() } else { format!(" [{}]", figures.unit) };
        // Said once: elsewhere it is the same outcome of fewer.
        let about = if scope == Scope::All { metric.about.to_owned() } else { String::new() };
        let lead = PageCell { text: format!("{}{unit}", figures.name), about, ..PageCell::default() };
        Some(std::iter::once(lead).chain(cells.iter().map(PageCell::from)).collect())
    };
    let table = PageTable {
        caption: caption.to_owned(),
        heads: std::iter::once(outcome).chain(policies.iter().map(head)).collect(),
        rows: metrics.iter().filter_map(row).collect(),
        notes: Vec::new(),
    };
    if table.rows.is_empty() { Vec::new() } else { table.narrow(2) }
}

fn applies(findings: &Findings, scope: Scope, metric: &Metric) -> bool {
    (0..findings.shape().policies.len()).any(|policy| findings.estimate(policy, scope, metric.name).is_some())
}

fn is_zero(findings: &Findings, scope: Scope, metric: &Metric) -> bool {
    (0..findings.shape().policies.len()).all(|policy| {
        let estimate = findings.estimate(policy, scope, metric.name);
        estimate.is_none_or(|own| own.mean == 0.0 && own.half_width.unwrap_or(0.0) == 0.0)
    })
}

/// What is 0 under every policy, out of the way.
fn zeros(findings: &Findings, scope: Scope) -> Option<PageBlock> {
    let zero = |metric: &&Metric| {
        metric.applies_to(scope) && applies(findings, scope, metric) && is_zero(findings, scope, metric)
    };
    let zero: Vec<&Metric> = METRICS.iter().filter(zero).collect();
    let summary = match zero.len() {
        0 => return None,
        1 => "1 outcome is 0 under every policy".to_owned(),
        count => format!("{count} outcomes are 0 under every policy"),
    };
    let said = |metric: &&Metric| match scope {
        Scope::All => format!("`{}`: {}", metric.name, metric.about),
        _ => format!("`{}`", metric.name),
    };
    let names = match scope {
        Scope::All => PageBlock::List(zero.iter().map(said).collect()),
        _ => PageBlock::Words(zero.iter().map(said).collect::<Vec<_>>().join(", ")),
    };
    Some(PageBlock::Folded { summary, open: false, blocks: vec![names] })
}
