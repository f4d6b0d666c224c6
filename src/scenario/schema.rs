//! The JSON Schema of scenario files, from the same declarations that read them.

use std::collections::BTreeMap;

use serde_json::{Map, Value as Json, json};

use super::distribution::DISTRIBUTION;
use super::read::SCENARIO;
use super::reading::{Field, Kind, NumberRange, Presence, SourcePlace, TableShape, TomlValue, parse_value};

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
pub(super) fn shapes() -> Vec<&'static TableShape> {
    let mut found = vec![&SCENARIO];
    let mut seen: BTreeMap<&str, &'static TableShape> = BTreeMap::from([(SCENARIO.name, &SCENARIO)]);
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

fn children(kind: Kind) -> Vec<&'static TableShape> {
    match kind {
        Kind::Table(shape) => vec![shape],
        Kind::List(item) | Kind::Tuple(item, _) | Kind::Map(_, item) => children(*item),
        Kind::TableByName(shape, _, item) => [vec![shape], children(*item)].concat(),
        Kind::Either(kinds) => kinds.iter().flat_map(|kind| children(*kind)).collect(),
        Kind::Distribution(..) => vec![&DISTRIBUTION],
        _ => Vec::new(),
    }
}

fn of_shape(shape: &'static TableShape) -> Json {
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
        && let Some(node) = parse_value(text, SourcePlace::default())
    {
        schema["default"] = json_of(&node.value);
    }
    schema
}

/// Units of time as patterns; a test holds them to what is read.
const EXACT_UNITS: &str =
    "us|µs|microseconds?|ms|milliseconds?|s|sec|seconds?|min|minutes?|h|hours?|d|days?|w|weeks?";
const CALENDAR_UNITS: &str = "months?|quarters?|years?";

fn of_kind(kind: Kind) -> Json {
    match kind {
        Kind::Text | Kind::Name(_) => json!({ "type": "string" }),
        Kind::Flag => json!({ "type": "boolean" }),
        Kind::Whole(least, most) => {
            let (least, most) =
                (i64::try_from(least).unwrap_or(i64::MIN), u64::try_from(most).unwrap_or(u64::MAX));
            json!({ "type": "integer", "minimum": least, "maximum": most })
        }
        Kind::Number(range) | Kind::Credits(range) => number_in(range),
        Kind::Money => json!({ "type": "string", "pattern": "^[0-9][0-9_,]*(\\.[0-9]+)? [A-Z]{3}$" }),
        Kind::Span(range) => {
            let pattern = format!("^\\s*(([0-9._]+\\s*({EXACT_UNITS})\\s*)+|0\\s*)$");
            let text =
                json!({ "type": "string", "pattern": pattern, "examples": ["20s", "5 min", "30 days"] });
            if range.least_open { text } else { json!({ "anyOf": [text, { "const": 0 }] }) }
        }
        Kind::Period => {
            let pattern = format!("^\\s*([0-9._]*\\s*({EXACT_UNITS}|{CALENDAR_UNITS})\\s*)+$");
            json!({ "type": "string", "pattern": pattern, "examples": ["month", "12 months", "30 days"] })
        }
        Kind::Rate(_) => {
            let units = format!("({EXACT_UNITS}|{CALENDAR_UNITS})");
            let pattern = format!("^\\s*[0-9.][0-9._e+]*\\s*(/| per )\\s*[0-9._]*\\s*{units}\\s*$");
            json!({ "type": "string", "pattern": pattern, "examples": ["4/day", "2/month"] })
        }
        Kind::Probability => {
            let share = NumberRange::between(0.0, 1.0);
            json!({ "anyOf": [number_in(share), percent_in(share)] })
        }
        Kind::Share(range) => json!({ "anyOf": [number_in(range), percent_in(range)] }),
        Kind::Percentage(range) => percent_in(range),
        Kind::Instant => {
            json!({ "type": "string", "pattern": "^[-+]?[0-9]{4,6}-[0-9]{2}", "examples": ["2025-01-01T00:00:00Z"] })
        }
        Kind::Words(words) => json!({ "enum": words() }),
        Kind::Word(word) => json!({ "const": word }),
        Kind::List(item) => json!({ "type": "array", "items": of_kind(*item) }),
        Kind::Tuple(item, length) => {
            json!({ "type": "array", "items": of_kind(*item), "minItems": length, "maxItems": length })
        }
        Kind::Table(shape) => reference(shape),
        Kind::Map(_, item) => json!({ "type": "object", "additionalProperties": of_kind(*item) }),
        Kind::TableByName(shape, _, item) => {
            let mut object = of_shape(shape);
            object["additionalProperties"] = of_kind(*item);
            object
        }
        Kind::Either(kinds) => {
            json!({ "anyOf": kinds.iter().map(|kind| of_kind(*kind)).collect::<Vec<_>>() })
        }
        Kind::Distribution(unit, range) => {
            json!({ "anyOf": [of_kind(unit.kind(range)), reference(&DISTRIBUTION)] })
        }
        Kind::Quantity => json!({ "type": ["number", "string"] }),
        Kind::Values => json!({ "type": ["array", "string", "object"], "minItems": 1 }),
    }
}

/// A percentage; its pattern knows signs and a hundred, not other ends.
fn percent_in(range: NumberRange) -> Json {
    let pattern = match (range.least < 0.0, range.most == 1.0) {
        (true, _) => "^\\s*-?[0-9.]+ ?%\\s*$",
        (_, true) => "^\\s*(100(\\.0*)?|[0-9]{0,2}(\\.[0-9]*)?) ?%\\s*$",
        _ => "^\\s*[0-9.]+ ?%\\s*$",
    };
    json!({ "type": "string", "pattern": pattern })
}

/// A number and the finite ends of its range.
fn number_in(range: NumberRange) -> Json {
    let mut schema = json!({ "type": "number" });
    let (minimum, maximum) = (
        if range.least_open { "exclusiveMinimum" } else { "minimum" },
        if range.most_open { "exclusiveMaximum" } else { "maximum" },
    );
    for (key, end) in [(minimum, range.least), (maximum, range.most)] {
        if end.is_finite() {
            schema[key] = json!(end);
        }
    }
    schema
}

fn reference(shape: &TableShape) -> Json {
    json!({ "$ref": format!("#/$defs/{}", shape.name) })
}

fn json_of(value: &TomlValue) -> Json {
    match value {
        TomlValue::Text(text) | TomlValue::Instant(text) => json!(text),
        TomlValue::Integer(number) => json!(i64::try_from(*number).unwrap_or(i64::MAX)),
        TomlValue::Float(number) => json!(number),
        TomlValue::Flag(flag) => json!(flag),
        TomlValue::List(items) => items.iter().map(|item| json_of(&item.value)).collect(),
        TomlValue::Table(table) => Json::Object(
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
                        parse_value(text, SourcePlace::default()).is_some(),
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
