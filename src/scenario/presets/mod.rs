//! Presets: the documented behaviour of platforms and billing products, as layers under a policy's own keys.

use super::reading::{Item, Node, TomlValue, parse};

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

/// The layer that `preset = "…"` names.
///
/// Rules for features that the scenario does not have are left out, and so is `top_up` unless the policy writes one
/// itself: a product's rules of topping up say nothing about whether a customer has switched it on.
pub(crate) fn node(item: Item<'_>, features: &[String], tops_up: bool) -> Option<Node> {
    // What is no preset's name is told where the policy is read.
    let preset = PRESETS.iter().find(|preset| item.is_word(preset.name))?;
    let name = format!("preset {}", preset.name);
    let source = item.reader.add_source(&name, preset.text);
    let mut node = parse(&name, source, preset.text).expect("presets are TOML, a test reads them all");
    let TomlValue::Table(table) = &mut node.value else { return Some(node) };
    if !tops_up {
        table.remove("top_up");
    }
    if let Some(Node { value: TomlValue::Table(rules), .. }) = table.get_mut("features") {
        rules.entries.retain(|(name, _)| features.contains(name));
    }
    Some(node)
}

/// Declares presets whose text stands in a file of the same name.
macro_rules! presets {
    ($($name:literal),+ $(,)?) => {
        static PRESETS: &[Preset] = &[$(Preset { name: $name, text: include_str!(concat!($name, ".toml")) }),+];
    };
}

presets!(
    "amplience-workforce",
    "amplience-credits",
    "campaign-platform",
    "ampere",
    "ai-engine",
    "openmeter",
    "lago",
    "flexprice",
    "stripe",
    "orb",
    "metronome",
    "autumn",
    "tigerbeetle",
    "claude",
    "codex",
    "windsurf",
    "litellm",
    "kiro",
    "replit",
    "copilot",
    "cursor",
    "figma",
    "warp",
    "lovable",
);
