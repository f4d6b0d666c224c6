//! The JSON Schema of scenario files, from the same declarations that read them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::distribution::DISTRIBUTION;
use super::read::SCENARIO;
use super::reading::{Field, Kind, Place, Presence, Shape, Unit, Value, parse_value};

/// The JSON Schema of a scenario: editors complete and check TOML files with it.
#[must_use]
pub fn schema() -> Json {
    let definitions: Map<String, Json> =
        shapes().into_iter().map(|shape| (shape.name.to_owned(), of_shape(shape))).collect();
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "creditsim scenario",
        "$ref": "#/$defs/scenario",
        "$defs": definitions,
    })
}

/// Every shape that a scenario can hold, parents before their children, in the order of the keys.
pub(super) fn shapes() -> Vec<&'static Shape> {
    let mut found = vec![&SCENARIO];
    let mut seen: BTreeMap<&str, &'static Shape> = BTreeMap::from([(SCENARIO.name, &SCENARIO)]);
    let mut next = 0;
    while let Some(shape) = found.get(next).copied() {
        for field in shape.fields() {
            for child in children(field.kind) {
                if seen.insert(child.name, child).is_none() {
                    found.push(child);
                }
            }
        }
        next += 1;
    }
    found
}

fn children(kind: Kind) -> Vec<&'static Shape> {
    match kind {
        Kind::Table(shape) => vec![shape],
        Kind::List(item) | Kind::Tuple(item, _) | Kind::Map(_, item) => children(*item),
        Kind::Either(kinds) => kinds.iter().flat_map(|kind| children(*kind)).collect(),
        Kind::Distribution(_) => vec![&DISTRIBUTION],
        _ => Vec::new(),
    }
}

fn of_shape(shape: &'static Shape) -> Json {
    let properties: Map<String, Json> =
        shape.fields().map(|field| (field.name.to_owned(), of_field(field))).collect();
    let required: Vec<&str> =
        shape.fields().filter(|field| field.presence == Presence::Required).map(|field| field.name).collect();
    let mut object = json!({
        "type": "object",
        "description": shape.doc,
        "properties": properties,
        "additionalProperties": false,
    });
    if !required.is_empty() {
        object["required"] = json!(required);
    }
    if !shape.tags.is_empty() {
        let one: Vec<Json> = shape.tags.iter().map(|tag| json!({ "required": [tag.name] })).collect();
        object["oneOf"] = json!(one);
    }
    object
}

fn of_field(field: &Field) -> Json {
    let mut schema = of_kind(field.kind);
    schema["description"] = json!(field.doc);
    if let Presence::Default(text) = field.presence
        && let Some(node) = parse_value(text, Place::default())
    {
        schema["default"] = json_of(&node.value);
    }
    schema
}

fn of_kind(kind: Kind) -> Json {
    let percent = || json!({ "type": "string", "pattern": "^[0-9.]+ ?%$" });
    match kind {
        Kind::Text | Kind::Name(_) => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Count => json!({ "type": "integer", "minimum": 0 }),
        Kind::Integer => json!({ "type": "integer" }),
        Kind::Number | Kind::Credits => json!({ "type": "number" }),
        Kind::Money => json!({ "type": "string", "pattern": "^[0-9][0-9_,]*(\\.[0-9]+)? [A-Z]{3}$" }),
        Kind::Span => json!({ "type": ["string", "integer"], "examples": ["20s", "5 min", "30 days"] }),
        Kind::Period => json!({ "type": "string", "examples": ["month", "12 months", "30 days"] }),
        Kind::Rate => json!({ "type": "string", "pattern": "(/| per )", "examples": ["4/day", "2/month"] }),
        Kind::Probability => {
            json!({ "anyOf": [{ "type": "number", "minimum": 0, "maximum": 1 }, percent()] })
        }
        Kind::Share => json!({ "anyOf": [{ "type": "number" }, percent()] }),
        Kind::Instant => json!({ "type": "string", "examples": ["2025-01-01T00:00:00Z"] }),
        Kind::Words(words) => json!({ "enum": words() }),
        Kind::Word(word) => json!({ "const": word }),
        Kind::List(item) => json!({ "type": "array", "items": of_kind(*item) }),
        Kind::Tuple(item, length) => {
            json!({ "type": "array", "items": of_kind(*item), "minItems": length, "maxItems": length })
        }
        Kind::Table(shape) => reference(shape),
        Kind::Map(_, item) => json!({ "type": "object", "additionalProperties": of_kind(*item) }),
        Kind::Either(kinds) => {
            json!({ "anyOf": kinds.iter().map(|kind| of_kind(*kind)).collect::<Vec<_>>() })
        }
        Kind::Distribution(unit) => json!({ "anyOf": [of_kind(bare(unit)), reference(&DISTRIBUTION)] }),
        Kind::Quantity => json!({ "type": ["number", "string"] }),
    }
}

/// What stands in the place of a distribution that is always the same.
fn bare(unit: Unit) -> Kind {
    match unit {
        Unit::Credits => Kind::Credits,
        Unit::Span => Kind::Span,
        Unit::Number => Kind::Number,
    }
}

fn reference(shape: &Shape) -> Json {
    json!({ "$ref": format!("#/$defs/{}", shape.name) })
}

fn json_of(value: &Value) -> Json {
    match value {
        Value::Text(text) | Value::Instant(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Float(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::List(items) => items.iter().map(|item| json_of(&item.value)).collect(),
        Value::Table(table) => Json::Object(
            table.entries.iter().map(|(key, node)| (key.clone(), json_of(&node.value))).collect(),
        ),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn every_shape_has_its_own_name_and_every_key_its_own_place() {
        let mut names = BTreeSet::new();
        for shape in shapes() {
            assert!(names.insert(shape.name), "two shapes are named {}", shape.name);
            let mut keys = BTreeSet::new();
            for field in shape.fields() {
                assert!(keys.insert(field.name), "`{}` is declared twice in {}", field.name, shape.name);
                assert!(field.doc.ends_with('.'), "`{}` of {} has a sentence", field.name, shape.name);
            }
        }
    }

    #[test]
    fn every_default_is_toml() {
        for shape in shapes() {
            for field in shape.fields() {
                if let Presence::Default(text) = field.presence {
                    assert!(
                        parse_value(text, Place::default()).is_some(),
                        "`{}` of {}",
                        field.name,
                        shape.name
                    );
                }
            }
        }
    }

    #[test]
    fn the_schema_covers_every_key() {
        let schema = schema();
        for shape in shapes() {
            for field in shape.fields() {
                let property = &schema["$defs"][shape.name]["properties"][field.name];
                assert!(property["description"].is_string(), "`{}` of {}", field.name, shape.name);
            }
        }
    }
}
