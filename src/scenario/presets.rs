//! Presets: the documented behaviour of platforms and billing products, as layers under a policy's own keys.

use super::reading::{Item, Node, Value, parse};

/// A preset.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Preset {
    /// Its name in `preset = "…"`.
    pub name: &'static str,
    /// Its keys, as TOML; the comments say where each fact is from.
    pub text: &'static str,
}

impl Preset {
    /// What it stands for, from its first comment line.
    #[must_use]
    pub fn summary(&self) -> &'static str {
        self.text.lines().next().unwrap_or_default().trim_start_matches('#').trim()
    }
}

/// Every preset.
#[must_use]
pub fn list() -> &'static [Preset] {
    PRESETS
}

/// The names of all presets.
pub(crate) fn names() -> Vec<&'static str> {
    PRESETS.iter().map(|preset| preset.name).collect()
}

/// The layer that `preset = "…"` names. Rules for features that the scenario does not have are left out.
pub(crate) fn node(item: Item<'_>, features: &[String]) -> Option<Node> {
    let written = item.text()?;
    let Some(preset) = PRESETS.iter().find(|preset| preset.name == written) else {
        return item.fail_words(names());
    };
    let name = format!("preset {}", preset.name);
    let source = item.reader.add_source(&name, preset.text);
    let mut node = parse(&name, source, preset.text).expect("presets are TOML, a test reads them all");
    if let Value::Table(table) = &mut node.value
        && let Some(Node { value: Value::Table(rules), .. }) = table.get_mut("features")
    {
        rules.entries.retain(|(name, _)| features.contains(name));
    }
    Some(node)
}

static PRESETS: &[Preset] = &[];
