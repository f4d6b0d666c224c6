//! Reads `[sweep]`: which keys `creditsim sweep` varies when the command line names none.

use super::model::{SweepPlan, Vary};
use super::reading::{
    Field, Item, Kind, Node, SourcePlace, TableShape, TomlValue, default, join, optional, parse_value,
    required,
};

/// What a sweep varies.
pub(super) static SWEEP: TableShape = TableShape {
    name: "sweep",
    doc: "What `creditsim sweep` varies; `creditsim run` leaves it aside.",
    tags: &[],
    parts: &[FIELDS],
};

static FIELDS: &[Field] = &[
    required(
        "vary",
        Kind::Map("key", &Kind::Values),
        "Values by dotted key: a list, or \"lo..hi:step\": `\"policies.overdraft.overdraft.limit\" = [0, 100, 300]`.",
    ),
    default("matched", Kind::Flag, "false", "Takes lists side by side instead of every combination."),
    optional(
        "lhs",
        Kind::POSITIVE_COUNT,
        "This many points of a Latin hypercube instead of every combination.",
    ),
    optional(
        "objectives",
        Kind::List(&Kind::Text),
        "Two or three outcomes of the Pareto front: `[POLICY:] [min|max] OUTCOME [in SCOPE]`.",
    ),
];

/// Reads the table.
pub(super) fn read(item: Item<'_>) -> Option<SweepPlan> {
    let section = item.section(&SWEEP)?;
    let mut vary = Vec::new();
    for (key, item) in section.read("vary", Item::entries).unwrap_or_default() {
        gather(&join("", key), key.contains('.').then_some(key), item, &mut vary);
    }
    Some(SweepPlan {
        vary,
        matched: section.value("matched", Item::flag),
        lhs: section.read("lhs", Item::count),
        objectives: section.value("objectives", |item| item.list(Item::text)),
    })
}

/// A key in quotes is a whole path; bare keys with dots are tables in tables.
fn gather(path: &str, quoted: Option<&str>, item: Item<'_>, into: &mut Vec<Vary>) {
    let path = quoted.unwrap_or(path);
    match &item.node.value {
        TomlValue::Table(table) => {
            for (name, node) in &table.entries {
                let child = match name.contains('.') {
                    true => format!("{path}.{name}"),
                    false => join(path, name),
                };
                gather(&child, None, Item { node, ..item }, into);
            }
        }
        TomlValue::List(nodes) if !nodes.is_empty() => {
            into.push(Vary {
                key: path.to_owned(),
                values: nodes.iter().map(setting).collect(),
                range: None,
            });
        }
        TomlValue::Text(text) => {
            into.push(Vary { key: path.to_owned(), values: Vec::new(), range: Some(text.clone()) });
        }
        _ => {
            item.fail::<()>("a list of values, or \"lo..hi:step\"");
        }
    }
}

/// A value as the command line would set it: text that cannot be mistaken for another value goes without quotes.
fn setting(node: &Node) -> String {
    match &node.value {
        TomlValue::Text(text) if parse_value(text, SourcePlace::default()).is_none() => text.clone(),
        _ => inline(node),
    }
}

/// A value as TOML in one line.
pub(super) fn inline(node: &Node) -> String {
    match &node.value {
        TomlValue::List(items) => format!("[{}]", items.iter().map(inline).collect::<Vec<_>>().join(", ")),
        TomlValue::Table(table) => {
            let entry = |(name, node): &(String, Node)| format!("{} = {}", join("", name), inline(node));
            format!("{{ {} }}", table.entries.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        TomlValue::Text(text) => format!("{text:?}"),
        // A float keeps its point, so that it stays one.
        TomlValue::Float(number) => format!("{number:?}"),
        _ => node.found(),
    }
}
