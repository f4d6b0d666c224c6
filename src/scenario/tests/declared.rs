//! Every key of the format with every hostile value: schema, reader and reference page agree, because all three follow
//! one declaration.

use std::collections::BTreeMap;

use regex::Regex;
use serde_json::Value as Json;

use crate::scenario::reading::{Field, Kind, Presence, Problem, TableShape};
use crate::scenario::reference::holds;
use crate::scenario::schema::shapes;
use crate::scenario::{ScenarioSource, examine, reference, schema};

/// Values as TOML, and as JSON if JSON can say them.
fn values() -> Vec<(String, Option<Json>)> {
    let numbers = ["-1", "0", "1", "2", "0.5", "-0.5", "1.5", "5000000000", "1e300", "-1e300", "1e-300"];
    let words = [
        "word",
        "",
        "-1 day",
        "-1/day",
        "0/day",
        "1e300/day",
        "-5%",
        "150%",
        "nan",
        "inf",
        "nan%",
        "1 day",
        "0 s",
        "0.0000001 s",
        "99999999999 days",
        "0 months",
        "-1 month",
        "1 month",
        "-1.00 USD",
        "1 USD",
        "12345-01-01",
        "2025-13-01",
        "2025-02-03",
    ];
    let bare = numbers.into_iter().map(|text| (text.to_owned(), serde_json::from_str(text).ok()));
    let none = ["nan", "inf", "-inf"].into_iter().map(|text| (text.to_owned(), None));
    let wide = [i128::from(i64::MAX), i128::from(u64::MAX), i128::from(u64::MAX) + 1, -(1 << 100)];
    let wide =
        wide.into_iter().map(|number| (number.to_string(), serde_json::from_str(&number.to_string()).ok()));
    let texts = words.into_iter().map(|word| (format!("{word:?}"), Some(Json::from(word))));
    let others = [
        ("true".to_owned(), Some(Json::from(true))),
        ("[]".to_owned(), Some(Json::Array(Vec::new()))),
        ("[-1]".to_owned(), Some(Json::from(vec![-1]))),
        ("[-1, -1]".to_owned(), Some(Json::from(vec![-1, -1]))),
    ];
    bare.chain(none).chain(wide).chain(texts).chain(others).collect()
}

/// A value and its path behind a key: something of that kind that is read without problems.
fn sample(kind: Kind) -> (String, String) {
    let plain = |text: &str| (text.to_owned(), String::new());
    match kind {
        Kind::Text | Kind::Name(_) => plain("\"post\""),
        Kind::Flag => plain("true"),
        Kind::Whole(least, _) => plain(&least.max(1).to_string()),
        Kind::Number(range) | Kind::Credits(range) | Kind::Share(range) => {
            plain(if range.holds(1.0) { "1" } else { "0.5" })
        }
        Kind::Money => plain("\"1 USD\""),
        Kind::Span(_) | Kind::Period => plain("\"1 day\""),
        Kind::Rate(_) => plain("\"1/day\""),
        Kind::Probability => plain("0.5"),
        Kind::Percentage(_) => plain("\"5%\""),
        Kind::Instant => plain("2025-01-02"),
        Kind::Words(words) => plain(&format!("{:?}", words()[0])),
        Kind::Word(word) => plain(&format!("{word:?}")),
        Kind::List(item) => plain(&format!("[{}]", sample(*item).0)),
        Kind::Tuple(item, length) => plain(&format!("[{}]", vec![sample(*item).0; length].join(", "))),
        Kind::Table(shape) | Kind::TableByName(shape, ..) => plain(&table(shape, None)),
        Kind::Map(_, item) => plain(&format!("{{ post = {} }}", sample(*item).0)),
        Kind::Either(kinds) => sample(kinds[0]),
        Kind::Distribution(unit, range) => sample(unit.kind(range)),
        Kind::Quantity => plain("1"),
        Kind::Values => plain("[1, 2]"),
    }
}

/// The text of a table of `shape` with what it must have and one more key.
fn table(shape: &'static TableShape, with: Option<(&str, &str)>) -> String {
    format!("{{ {} }}", keys(shape, with).join(", "))
}

fn keys(shape: &'static TableShape, with: Option<(&str, &str)>) -> Vec<String> {
    let is_tag = |name: &str| shape.tags.iter().any(|tag| tag.name == name);
    let mut lines: Vec<String> = with.iter().map(|(key, value)| format!("{key} = {value}")).collect();
    let written = |name: &str| with.is_some_and(|(key, _)| key == name);
    if let Some(tag) = shape.tags.first().filter(|_| !with.is_some_and(|(key, _)| is_tag(key))) {
        lines.push(format!("{} = {}", tag.name, sample(tag.kind).0));
    }
    let needed = |field: &&Field| field.presence == Presence::Required && !written(field.name);
    lines.extend(
        shape.fields().filter(needed).map(|field| format!("{} = {}", field.name, sample(field.kind).0)),
    );
    lines
}

/// Where a shape is used: the shape above it and its key there.
type Parents = BTreeMap<&'static str, (&'static TableShape, &'static Field)>;

fn parents() -> Parents {
    let mut parents = Parents::new();
    for shape in shapes() {
        // What a change of rules sets is a policy again: its keys are walked where policies stand.
        for field in shape.fields().filter(|field| (shape.name, field.name) != ("rule-change", "set")) {
            for child in shapes().into_iter().filter(|child| wraps(field.kind, child).is_some()) {
                parents.entry(child.name).or_insert((shape, field));
            }
        }
    }
    parents.remove("scenario");
    parents
}

/// How a value of `kind` holds a table of `shape`: what stands before and after it, and its path.
fn wraps(kind: Kind, shape: &TableShape) -> Option<(String, String, String)> {
    let around = |item: Kind, open: &str, close: &str, path: &str| {
        let (before, after, inner) = wraps(item, shape)?;
        Some((format!("{open}{before}"), format!("{after}{close}"), format!("{path}{inner}")))
    };
    match kind {
        Kind::Table(own) | Kind::TableByName(own, ..) if own.name == shape.name => Some(Default::default()),
        Kind::Distribution(..) if shape.name == "distribution" => Some(Default::default()),
        Kind::List(item) => around(*item, "[", "]", ".0"),
        Kind::Tuple(item, _) => around(*item, "[", "]", ".0"),
        Kind::Map(_, item) => around(*item, "{ post = ", " }", ".post"),
        Kind::Either(kinds) => kinds.iter().find_map(|kind| wraps(*kind, shape)),
        _ => None,
    }
}

/// A scenario with `value` at a key of `shape`, and the key's path.
fn scenario(parents: &Parents, shape: &'static TableShape, key: &str, value: &str) -> (String, String) {
    let Some((parent, field)) = parents.get(shape.name) else {
        let lines = keys(shape, Some((key, value)));
        let horizon = if ["horizon", "end"].contains(&key) { "" } else { "\nhorizon = \"30 days\"" };
        return (lines.join("\n") + horizon, key.to_owned());
    };
    let (before, after, inner) = wraps(field.kind, shape).expect("it was found that way");
    let named = shape.field("name").is_some_and(|field| field.presence == Presence::Required);
    let inner = if named && key != "name" { inner.replace(".0", ".post") } else { inner };
    let whole = format!("{before}{}{after}", table(shape, Some((key, value))));
    let (text, path) = scenario(parents, parent, field.name, &whole);
    (text, format!("{path}{inner}.{key}"))
}

/// Problems of one key that speak of its value.
fn refusals(text: &str, path: &str) -> Vec<Problem> {
    let (_, problems) = examine(&ScenarioSource::from_text("walk.toml", text));
    let inside = |key: &str| key == path || key.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'));
    let of_value = |problem: &Problem| problem.found.is_some() && problem.wanted.is_some();
    problems.into_iter().filter(|problem| inside(&problem.key) && of_value(problem)).collect()
}

/// Whether a schema takes a value; the few keywords that ours uses.
fn takes(root: &Json, schema: &Json, value: &Json) -> bool {
    if let Some(name) = schema["$ref"].as_str() {
        let name = name.trim_start_matches("#/$defs/");
        return value.is_object() && root["$defs"][name].is_object();
    }
    if let Some(any) = schema["anyOf"].as_array() {
        return any.iter().any(|schema| takes(root, schema, value));
    }
    if let Some(words) = schema["enum"].as_array() {
        return words.contains(value);
    }
    if let Some(only) = schema.get("const") {
        return only == value;
    }
    let whole = value.as_f64().is_some_and(|number| number.fract() == 0.0 && !value.is_f64());
    let of_type = |name: &str| match name {
        "integer" => whole,
        "number" => value.is_number(),
        "string" => value.is_string(),
        "boolean" => value.is_boolean(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => panic!("a type nobody knows: {other}"),
    };
    let typed = match &schema["type"] {
        Json::String(name) => of_type(name),
        Json::Array(names) => names.iter().filter_map(Json::as_str).any(of_type),
        _ => true,
    };
    type Holds = fn(f64, f64) -> bool;
    let ends: [(&str, Holds); 4] = [
        ("minimum", |a, b| a >= b),
        ("maximum", |a, b| a <= b),
        ("exclusiveMinimum", |a, b| a > b),
        ("exclusiveMaximum", |a, b| a < b),
    ];
    let ranged = value.as_f64().is_none_or(|number| {
        ends.iter().all(|(key, holds)| schema[key].as_f64().is_none_or(|end| holds(number, end)))
    });
    let matched = match (schema["pattern"].as_str(), value.as_str()) {
        (Some(pattern), Some(text)) => Regex::new(pattern).expect("a pattern").is_match(text),
        _ => true,
    };
    let listed = value.as_array().is_none_or(|items| {
        let long = |key: &str| schema[key].as_u64().map(|length| length as usize);
        let length = long("minItems").is_none_or(|least| items.len() >= least)
            && long("maxItems").is_none_or(|most| items.len() <= most);
        length && items.iter().all(|item| takes(root, &schema["items"], item))
    });
    typed && ranged && matched && listed
}

/// True for kinds whose range says all there is to say: the reader takes every value of it.
fn is_plain(kind: Kind) -> bool {
    match kind {
        Kind::Text | Kind::Name(_) | Kind::Table(_) | Kind::Map(..) | Kind::TableByName(..) => false,
        Kind::Quantity | Kind::Values => false,
        // Patterns say how these are written, not how large they may be.
        Kind::Instant | Kind::Money | Kind::Span(_) | Kind::Period | Kind::Rate(_) | Kind::Percentage(_) => {
            false
        }
        Kind::List(item) | Kind::Tuple(item, _) => is_plain(*item),
        Kind::Either(kinds) => kinds.iter().all(|kind| is_plain(*kind)),
        Kind::Distribution(unit, range) => is_plain(unit.kind(range)),
        _ => true,
    }
}

#[test]
fn schema_reader_and_page_agree_about_every_value_of_every_key() {
    let (schema, page, parents) = (schema(), reference(), parents());
    let (mut walked, mut wrong) = (0, BTreeMap::<_, Vec<String>>::new());
    for shape in shapes() {
        for field in shape.fields() {
            let cell = holds(field.kind);
            assert!(
                page.contains(&format!("| `{}` | {cell} |", field.name)),
                "`{}` is not on the page",
                field.name
            );
            let property = &schema["$defs"][shape.name]["properties"][field.name];
            for (toml, json) in values() {
                let (text, path) = scenario(&parents, shape, field.name, &toml);
                let refused = refusals(&text, &path);
                let taken = json.as_ref().is_some_and(|json| takes(&schema, property, json));
                walked += 1;
                // A schema says neither "finer than" nor "not empty".
                let said = match (taken, refused.is_empty()) {
                    (false, true) => "refused by the schema, taken by the reader",
                    (true, false) if is_plain(field.kind) && !["1e-300", "[]"].contains(&toml.as_str()) => {
                        "taken by the schema, refused by the reader"
                    }
                    _ if refused.len() > 1 && !toml.starts_with('[') => "refused more than once",
                    _ => continue,
                };
                let told = refused.first().map(ToString::to_string).unwrap_or(text);
                wrong.entry((shape.name, field.name, said)).or_default().push(format!("{toml}: {told}"));
            }
        }
    }
    let told = wrong.iter().map(|((shape, key, said), values)| {
        format!("{} values of {shape}.{key} are {said}, such as {}", values.len(), values[0])
    });
    assert!(wrong.is_empty(), "of {walked}:\n{}", told.collect::<Vec<_>>().join("\n"));
    assert!(walked > 10_000, "{walked}");
}
