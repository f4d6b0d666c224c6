//! A distribution as one assumption: all its parts times a factor.
//!
//! Owns which parts of a written distribution are values of the quantity, so that scaling them scales every draw. Leaves
//! families with one such part (`lognormal = { mean, cv }`) to their number.

use super::amount::UnitAmount;
use super::reading::{Node, TomlTable, TomlValue};

/// A distribution with several parts, or a range, with its values times `factor`; `None` if the node is something else.
/// Without `fine` numbers that are written whole stay whole, away from the base.
pub(super) fn scaled(node: &Node, factor: f64, fine: bool) -> Option<Node> {
    let table = node.as_table()?;
    let by = |node: &Node| quantity(node, factor, fine);
    let names: Vec<&str> = table.entries.iter().map(|(name, _)| name.as_str()).collect();
    if names == ["min", "max"] || names == ["max", "min"] {
        return rebuilt(node, |_, part| by(part));
    }
    let tag = names.iter().copied().find(|name| TAGS.contains(name))?;
    let several = SEVERAL.contains(&tag) || names.contains(&"min") || names.contains(&"max");
    if !several || table.get(tag)?.as_table().is_some_and(|file| file.get("file").is_some()) {
        return None;
    }
    rebuilt(node, |name, part| match name {
        "step" | "min" | "max" => by(part),
        "round" => Some(part.clone()),
        _ => family(tag, part, factor, fine),
    })
}

/// Families whose values stand in several places.
const SEVERAL: [&str; 8] =
    ["uniform", "triangular", "normal", "pareto", "discrete", "empirical", "quantiles", "mixture"];

/// Every family but a chance, which is a probability, and what is drawn per organization, whose parts are distributions.
const TAGS: [&str; 13] = [
    "fixed",
    "uniform",
    "triangular",
    "exponential",
    "lognormal",
    "normal",
    "gamma",
    "weibull",
    "pareto",
    "discrete",
    "empirical",
    "quantiles",
    "mixture",
];

fn family(tag: &str, part: &Node, factor: f64, fine: bool) -> Option<Node> {
    let by = |node: &Node| quantity(node, factor, fine);
    let pairs = |place: usize| {
        listed(part, |pair| {
            let TomlValue::List(two) = &pair.value else { return None };
            let entry =
                |(index, node): (usize, &Node)| if index == place { by(node) } else { Some(node.clone()) };
            let value = TomlValue::List(two.iter().enumerate().map(entry).collect::<Option<_>>()?);
            Some(Node { value, ..pair.clone() })
        })
    };
    match tag {
        "uniform" | "empirical" => listed(part, by),
        "discrete" => pairs(0),
        "quantiles" => pairs(1),
        "mixture" => listed(part, |own| {
            rebuilt(own, |name, draw| match name {
                "draw" => drawn(draw, factor, fine),
                _ => Some(draw.clone()),
            })
        }),
        _ if part.as_table().is_none() => by(part),
        // `mu` is a logarithm, which a factor does not scale.
        _ if part.as_table().is_some_and(|table| table.get("mu").is_some()) => None,
        _ => rebuilt(part, |name, own| match name {
            "mean" | "median" | "mode" | "sd" | "min" | "max" | "cap" | "scale" => drawn(own, factor, fine),
            _ => Some(own.clone()),
        }),
    }
}

/// A parameter: a quantity, or a distribution of any family.
fn drawn(node: &Node, factor: f64, fine: bool) -> Option<Node> {
    let Some(table) = node.as_table() else { return quantity(node, factor, fine) };
    let tag = table.entries.iter().map(|(name, _)| name.as_str()).find(|name| TAGS.contains(name))?;
    rebuilt(node, |name, part| match name {
        "step" | "min" | "max" => quantity(part, factor, fine),
        name if name == tag => family(tag, part, factor, fine),
        _ => Some(part.clone()),
    })
}

fn rebuilt(node: &Node, part: impl Fn(&str, &Node) -> Option<Node>) -> Option<Node> {
    let entry = |(name, node): &(String, Node)| Some((name.clone(), part(name, node)?));
    let entries = node.as_table()?.entries.iter().map(entry).collect::<Option<_>>()?;
    Some(Node { value: TomlValue::Table(TomlTable { entries }), ..node.clone() })
}

fn listed(node: &Node, part: impl Fn(&Node) -> Option<Node>) -> Option<Node> {
    let TomlValue::List(items) = &node.value else { return None };
    Some(Node { value: TomlValue::List(items.iter().map(part).collect::<Option<_>>()?), ..node.clone() })
}

/// A number, or a text that begins with one, times the factor.
fn quantity(node: &Node, factor: f64, fine: bool) -> Option<Node> {
    let whole = |number: f64| if factor < 1.0 { libm::floor(number) } else { libm::ceil(number) };
    let value = match &node.value {
        TomlValue::Integer(number) if fine => TomlValue::Float(*number as f64 * factor),
        TomlValue::Integer(number) => TomlValue::Integer(whole(*number as f64 * factor) as i128),
        TomlValue::Float(number) => TomlValue::Float(number * factor),
        TomlValue::Text(text) => {
            let amount = UnitAmount::parse(text).filter(UnitAmount::is_single)?;
            TomlValue::Text(amount.with_digits(amount.number * factor))
        }
        _ => return None,
    };
    Some(Node { value, ..node.clone() })
}
