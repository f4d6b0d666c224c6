//! Later layers over earlier ones: shared rules, presets, policies, plans, features.

use super::shape::{Kind, TableShape};
use super::tree::{Node, TomlTable, TomlValue};

/// `over` laid over `base`: tables merge key by key, everything else is replaced.
///
/// A table with tags merges only with a table of the same tag: `{ hold = … }` replaces `{ estimate = … }`, while two
/// `{ hold = … }` merge. The place of a merged table is the later one's.
pub(crate) fn merge(base: &Node, over: &Node, shape: &'static TableShape) -> Node {
    match (&base.value, &over.value) {
        (TomlValue::Table(below), TomlValue::Table(above)) if same_tag(below, above, shape) => {
            Node { value: TomlValue::Table(merge_tables(below, above, shape)), place: over.place.clone() }
        }
        _ => over.clone(),
    }
}

fn same_tag(below: &TomlTable, above: &TomlTable, shape: &TableShape) -> bool {
    let tag = |table: &TomlTable| shape.tags.iter().position(|tag| table.get(tag.name).is_some());
    tag(above).is_none() || tag(above) == tag(below)
}

fn merge_tables(below: &TomlTable, above: &TomlTable, shape: &'static TableShape) -> TomlTable {
    let mut merged = below.clone();
    for (name, node) in &above.entries {
        let kind = shape.field(name).map(|field| field.kind);
        let value = match (merged.get(name), kind) {
            (Some(old), Some(kind)) => merge_kind(old, node, kind),
            _ => node.clone(),
        };
        merged.set(name, value);
    }
    merged
}

fn merge_kind(base: &Node, over: &Node, kind: Kind) -> Node {
    match kind {
        Kind::Table(shape) => merge(base, over, shape),
        Kind::Map(what, item) => merge_maps(base, over, what, *item),
        Kind::List(Kind::Table(shape)) if shape.field("remove").is_some() => merge_by_name(base, over, shape),
        Kind::Either(kinds) => {
            let table = kinds.iter().find(|kind| matches!(kind, Kind::Table(_) | Kind::Map(..)));
            table.map_or_else(|| over.clone(), |kind| merge_kind(base, over, *kind))
        }
        _ => over.clone(),
    }
}

/// Lists of things that can be removed by name merge by name: what a later layer names lies over it, what it removes is
/// gone, the rest stays.
fn merge_by_name(base: &Node, over: &Node, shape: &'static TableShape) -> Node {
    let (TomlValue::List(below), TomlValue::List(above)) = (&base.value, &over.value) else {
        return over.clone();
    };
    let of = |node: &Node, key: &str| {
        node.as_table().and_then(|table| table.get(key).map(|node| node.value.clone()))
    };
    let mut merged = below.clone();
    for node in above {
        let place = of(node, "name")
            .and_then(|name| merged.iter().position(|old| of(old, "name") == Some(name.clone())));
        match place {
            Some(place) if of(node, "remove") == Some(TomlValue::Flag(true)) => drop(merged.remove(place)),
            Some(place) => merged[place] = merge(&merged[place], node, shape),
            None => merged.push(node.clone()),
        }
    }
    Node { value: TomlValue::List(merged), place: over.place.clone() }
}

fn merge_maps(base: &Node, over: &Node, what: &str, item: Kind) -> Node {
    let (TomlValue::Table(below), TomlValue::Table(above)) = (&base.value, &over.value) else {
        return over.clone();
    };
    // Names weighted against each other are one statement; tables by name, and rates by feature, are many.
    if !matches!(item, Kind::Table(_)) && what != "feature" {
        return over.clone();
    }
    let mut merged = below.clone();
    for (name, node) in &above.entries {
        let value = merged.get(name).map_or_else(|| node.clone(), |old| merge_kind(old, node, item));
        merged.set(name, value);
    }
    Node { value: TomlValue::Table(merged), place: over.place.clone() }
}
