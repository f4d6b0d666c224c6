//! What was charged, grouped by whatever a reader asks for.

use std::collections::BTreeMap;

use crate::outcome::{Entry, EntryKind};
use crate::units::{Credits, SimTime};

use super::StatementFacts;
use crate::report::rows::member_name;
use crate::report::table::{Cell, Column, Table};

/// By what usage is grouped.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UsageKey {
    /// The feature.
    Feature,
    /// The member who asked.
    Member,
    /// The member's group.
    Group,
    /// The project.
    Project,
    /// The category of the lots that paid; `debt` where none did.
    Category,
    /// The month in the scenario's time zone.
    Month,
}

impl UsageKey {
    fn name(self) -> &'static str {
        match self {
            UsageKey::Feature => "feature",
            UsageKey::Member => "member",
            UsageKey::Group => "group",
            UsageKey::Project => "project",
            UsageKey::Category => "category",
            UsageKey::Month => "month",
        }
    }
}

/// Credits charged since outcomes count, less what was given back; `show` writes an instant as `DATE TIME`.
/// The sum is `charged_credits`.
#[must_use]
pub fn usage_table(
    facts: &StatementFacts,
    journal: &[Entry],
    keys: &[UsageKey],
    show: &dyn Fn(SimTime) -> String,
) -> Table {
    let from = journal.iter().rposition(|entry| entry.kind == EntryKind::Measure).map_or(0, |at| at + 1);
    let mut sums: BTreeMap<Vec<String>, (u64, Credits)> = BTreeMap::new();
    for entry in &journal[from..] {
        let Some((category, credits)) = paid(entry) else { continue };
        let key = |key: &UsageKey| part(facts, entry, (*key, category), show);
        let (parts, sum) = sums.entry(keys.iter().map(key).collect()).or_default();
        *parts += u64::from(credits.is_positive());
        *sum += credits;
    }
    let mut columns: Vec<Column> = keys.iter().map(|key| Column::words(key.name())).collect();
    columns.extend([Column::numbers("charges"), Column::numbers("credits")]);
    let mut table = Table::new(format!("{}: credits charged", facts.title), columns);
    let mut all = (0, Credits::ZERO);
    for (key, (parts, sum)) in sums {
        all = (all.0 + parts, all.1 + sum);
        let mut row: Vec<Cell> = key.into_iter().map(Cell::Text).collect();
        row.extend([Cell::text(parts.to_string()), Cell::text(sum.to_string())]);
        table.rows.push(row);
    }
    table.notes.push(format!("{} credits in all (charged_credits)", all.1));
    table
}

/// The category that an entry is paid from or given back to, and how much.
fn paid(entry: &Entry) -> Option<(&'static str, Credits)> {
    let own = entry.category.name();
    Some(match entry.kind {
        EntryKind::Burn => (own, entry.credits),
        EntryKind::DebtIncurred => ("debt", entry.credits),
        EntryKind::RefundBurn | EntryKind::RefundIssued => (own, -entry.credits),
        EntryKind::RefundDebt
        | EntryKind::RefundRepaid
        | EntryKind::RefundInvoiced
        | EntryKind::RefundForgiven => ("debt", -entry.credits),
        _ => return None,
    })
}

fn part(
    facts: &StatementFacts,
    entry: &Entry,
    (key, category): (UsageKey, &str),
    show: &dyn Fn(SimTime) -> String,
) -> String {
    match key {
        UsageKey::Feature => facts.feature_name(entry).unwrap_or_default(),
        UsageKey::Member => member_name(entry.member),
        UsageKey::Group => facts.groups.get(&entry.member).cloned().unwrap_or_default(),
        UsageKey::Project => entry.project.to_string(),
        UsageKey::Category => category.to_owned(),
        UsageKey::Month => show(entry.at).chars().take(7).collect(),
    }
}
