//! Reads `[features.NAME]`.

use crate::organization::ProviderCost;

use super::demand;
use super::facts::Facts;
use super::model::Feature;
use super::reading::{Field, Item, Kind, Section, TableShape, default, optional};

/// A feature.
pub(super) static FEATURE: TableShape =
    TableShape { name: "feature", doc: "A source of demand.", tags: &[], parts: &[OWN, demand::FIELDS] };

static OWN: &[Field] = &[
    default("free", Kind::Flag, "false", "Never refused, costs nothing."),
    optional(
        "provider_cost",
        Kind::Table(&PROVIDER_COST),
        "What the vendor pays a provider; margin needs it.",
    ),
];

static PROVIDER_COST: TableShape = TableShape {
    name: "provider-cost",
    doc: "What the vendor pays a provider for an operation.",
    tags: &[],
    parts: &[&[
        optional("per_operation", Kind::Money, "For each operation that starts."),
        optional("per_credit", Kind::Money, "For each credit of work done, charged or not."),
    ]],
};

/// Reads all features in file order.
pub(super) fn read(section: Section<'_>, facts: Facts<'_>) -> Vec<Feature> {
    let Some(entries) = section.get("features").and_then(Item::entries) else { return Vec::new() };
    if entries.is_empty() {
        section.error("features", "names no feature", Some("write at least one `[features.NAME]`"));
    }
    entries.into_iter().filter_map(|(name, item)| feature(name, item, facts)).collect()
}

fn feature(name: &str, item: Item<'_>, facts: Facts<'_>) -> Option<Feature> {
    let section = item.section(&FEATURE)?;
    Some(Feature {
        name: name.to_owned(),
        free: section.value("free", Item::flag),
        demand: demand::read(section, facts),
        provider_cost: section.get("provider_cost").and_then(provider_cost),
    })
}

fn provider_cost(item: Item<'_>) -> Option<ProviderCost> {
    let section = item.section(&PROVIDER_COST)?;
    Some(ProviderCost {
        per_operation: section.value("per_operation", Item::money),
        per_credit: section.value("per_credit", Item::money),
    })
}
