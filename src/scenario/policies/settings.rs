//! What a scenario says of each policy, key by key, once its layers lie over each other: a table for people.
//!
//! Owns which keys there are and where a default stands in. Leaves their meaning to the readers.

use crate::scenario::reading::{
    Kind, Node, Presence, Reader, TableShape, TomlTable, TomlValue, join, parse_value,
};
use crate::scenario::source::ScenarioSource;
use crate::scenario::sweep::inline;

use super::{POLICY, layers_of};

/// What one policy has for a key.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum SettingValue {
    /// As it is written in the file, a preset, or on the command line.
    Written(String),
    /// Nobody wrote it; this holds.
    Default(String),
    /// It does not apply, or what then holds is no single value.
    Absent,
}

impl SettingValue {
    /// For people; empty where there is none.
    #[must_use]
    pub fn text(&self) -> &str {
        match self {
            SettingValue::Written(text) | SettingValue::Default(text) => text,
            SettingValue::Absent => "",
        }
    }
}

/// A key that some policy sets, and what each policy has for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PolicySetting {
    /// Its dotted key inside a policy: `overdraft.limit`.
    pub key: String,
    /// A value a policy, in the order that was asked for.
    pub values: Vec<SettingValue>,
}

/// The settings of the named policies of a scenario, in the order in which the first policy that has one writes them.
#[must_use]
pub fn policy_settings(
    source: &ScenarioSource,
    policies: &[String],
    features: &[String],
) -> Vec<PolicySetting> {
    let reader = Reader::new();
    let Some(root) = source.parse(&reader) else { return Vec::new() };
    let layers: Vec<(String, Node)> =
        root.as_table().map(|root| layers_of(&reader, root, features)).unwrap_or_default();
    let written = |name: &String| {
        let node = layers.iter().find(|(known, _)| known == name).map(|(_, node)| node);
        let mut found = Vec::new();
        node.into_iter().for_each(|node| walk("", node, &mut found));
        found
    };
    let policies: Vec<Vec<(String, String)>> = policies.iter().map(written).collect();
    let value = |key: &str, own: &[(String, String)]| match own.iter().find(|(known, _)| known == key) {
        Some((_, text)) => SettingValue::Written(text.clone()),
        None => otherwise(key, own),
    };
    let row = |key: String| {
        let values = policies.iter().map(|own| value(&key, own)).collect();
        PolicySetting { key, values }
    };
    keys(&policies).into_iter().map(row).collect()
}

/// Every key once. One that only a later policy has stands behind the key that it follows there.
fn keys(policies: &[Vec<(String, String)>]) -> Vec<String> {
    let mut keys: Vec<String> = Vec::new();
    for own in policies {
        let mut at = 0;
        for (key, _) in own {
            match keys.iter().position(|known| known == key) {
                Some(known) => at = known + 1,
                None => {
                    keys.insert(at, key.clone());
                    at += 1;
                }
            }
        }
    }
    keys
}

/// What holds for a key that a policy does not write: its default, if the table around it is there.
fn otherwise(key: &str, own: &[(String, String)]) -> SettingValue {
    let parent = key.rsplit_once('.').map(|(parent, _)| format!("{parent}."));
    let inside = parent.is_none_or(|parent| own.iter().any(|(known, _)| known.starts_with(&parent)));
    // The key may be written in another form: `allowance = 500` beside `allowance.credits`.
    let otherwise_written = own.iter().any(|(known, _)| {
        known.strip_prefix(key).is_some_and(|rest| rest.starts_with('.'))
            || key.strip_prefix(known.as_str()).is_some_and(|rest| rest.starts_with('.'))
    });
    match default_of(key).filter(|_| inside && !otherwise_written) {
        Some(text) => SettingValue::Default(text),
        None => SettingValue::Absent,
    }
}

/// The default of a key by its declaration.
fn default_of(key: &str) -> Option<String> {
    let mut shape: Option<&'static TableShape> = Some(&POLICY);
    let mut of_map: Option<Kind> = None;
    let mut last = None;
    for part in key.split('.') {
        let kind = match (of_map.take(), shape) {
            (Some(kind), _) => kind,
            (None, Some(known)) => {
                let field = known.field(part)?;
                last = Some(field.presence);
                field.kind
            }
            (None, None) => return None,
        };
        (shape, of_map) = below(kind);
    }
    match last? {
        Presence::Default(text) => {
            Some(parse_value(text, Default::default()).map_or(text.to_owned(), |node| shown(&node)))
        }
        _ => None,
    }
}

/// What lies below a key of a kind: a table's keys, or names and what each of them holds.
fn below(kind: Kind) -> (Option<&'static TableShape>, Option<Kind>) {
    match kind {
        Kind::Table(shape) => (Some(shape), None),
        Kind::TableByName(shape, ..) => (Some(shape), None),
        Kind::Map(_, item) | Kind::List(item) => (None, Some(*item)),
        Kind::Either(kinds) => kinds
            .iter()
            .map(|kind| below(*kind))
            .find(|found| found.0.is_some() || found.1.is_some())
            .unwrap_or((None, None)),
        _ => (None, None),
    }
}

fn walk(path: &str, node: &Node, found: &mut Vec<(String, String)>) {
    match &node.value {
        TomlValue::Table(TomlTable { entries }) if !entries.is_empty() => {
            entries.iter().for_each(|(name, child)| walk(&join(path, name), child, found));
        }
        TomlValue::List(items) if items.iter().any(|item| item.as_table().is_some()) => {
            for (index, item) in items.iter().enumerate() {
                let name = item.as_table().and_then(|table| table.get("name"));
                let name = match name.map(|node| &node.value) {
                    Some(TomlValue::Text(name)) => name.clone(),
                    _ => (index + 1).to_string(),
                };
                let from = found.len();
                let key = join(path, &name);
                walk(&key, item, found);
                // The key says it.
                let own = join(&key, "name");
                let inside = found.split_off(from);
                found.extend(inside.into_iter().filter(|(key, _)| *key != own));
            }
        }
        _ => found.push((path.to_owned(), shown(node))),
    }
}

/// A value without the quotes of its file.
fn shown(node: &Node) -> String {
    match &node.value {
        TomlValue::Text(text) => text.clone(),
        TomlValue::Float(_) => node.found(),
        _ => inline(node),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const FILE: &str = r#"
        [policy]
        allowance = { credits = 100, every = "month" }
        [policies.block]
        [policies.overdraft]
        short = "allow"
        overdraft = { limit = 50 }
        [policies.top-up]
        packages = [{ name = "extra", credits = 50, price = "9 USD" }]
        top_up = { threshold = 5, processing = "5 min" }
    "#;

    fn table() -> Vec<(String, Vec<String>)> {
        let policies = ["block", "overdraft", "top-up"].map(str::to_owned);
        let settings = policy_settings(&ScenarioSource::from_text("made-up", FILE), &policies, &[]);
        let text = |value: &SettingValue| match value {
            SettingValue::Written(text) => text.clone(),
            SettingValue::Default(text) => format!("({text})"),
            SettingValue::Absent => String::new(),
        };
        settings.iter().map(|row| (row.key.clone(), row.values.iter().map(text).collect())).collect()
    }

    #[test]
    fn every_key_has_a_value_a_policy_and_defaults_are_told_from_what_is_written() {
        let table = table();
        let row = |key: &str| {
            let row = table.iter().find(|(known, _)| known == key);
            row.unwrap_or_else(|| panic!("{key}: {table:?}")).1.clone()
        };
        assert_eq!(row("allowance.credits"), ["100", "100", "100"]);
        assert_eq!(row("short"), ["(reject)", "allow", "(reject)"]);
        assert_eq!(row("overdraft.limit"), ["", "50", ""]);
        assert_eq!(row("packages.extra.price"), ["", "", "9 USD"]);
        assert_eq!(row("top_up.processing"), ["", "", "5 min"]);
    }

    #[test]
    fn a_key_stands_behind_the_one_that_it_follows() {
        let keys: Vec<String> = table().into_iter().map(|(key, _)| key).collect();
        let place = |key: &str| keys.iter().position(|known| known == key);
        assert!(
            place("allowance.credits") < place("short") && place("short") < place("overdraft.limit"),
            "{keys:?}"
        );
    }
}
