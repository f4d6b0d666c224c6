//! What a run answers: the identity of its folder.

use serde_json::{Map, Value};
use sha2::{Digest, Sha256};

use crate::units::hex;

/// Everything that results depend on, fact by fact: the command, the program, the texts, the choices. Two runs of the same
/// question write the same bytes, whatever their threads and layout.
#[derive(Debug, Clone, PartialEq, Eq, serde::Serialize, serde::Deserialize)]
#[serde(transparent)]
pub struct Question(Map<String, Value>);

impl Question {
    /// A question of this program: the command's name, and the seed of every stream.
    #[must_use]
    pub fn new(command: &str, seed: u64) -> Self {
        let program = concat!(env!("CARGO_PKG_NAME"), " ", env!("CARGO_PKG_VERSION"));
        Question(Map::new()).with("command", command).with("seed", seed).with("program", program)
    }

    /// With one more fact. A fact that is named twice has its last value.
    #[must_use]
    pub fn with(mut self, name: &str, value: impl Into<Value>) -> Self {
        self.0.insert(name.to_owned(), value.into());
        self
    }

    /// SHA-256 of all facts in the order of their names, hexadecimal.
    #[must_use]
    pub fn hash(&self) -> String {
        hex(&Sha256::digest(Value::Object(self.0.clone()).to_string()))
    }

    /// The name of its results: `seed-7-1a2b3c4d` for a run, `sweep-seed-7-1a2b3c4d` for a sweep.
    #[must_use]
    pub fn folder_name(&self) -> String {
        let command = self.0.get("command").and_then(Value::as_str).unwrap_or_default();
        let lead = if command == "run" { String::new() } else { format!("{command}-") };
        let seed = self.0.get("seed").map(Value::to_string).unwrap_or_default();
        format!("{lead}seed-{seed}-{}", &self.hash()[..8])
    }

    /// The facts in which another question differs: `seed (7, not 8)`. Long texts are not shown.
    #[must_use]
    pub fn differences(&self, other: &Question) -> Vec<String> {
        const SHOWN: usize = 40;
        let shown = |value: Option<&Value>| match value {
            None => String::from("none"),
            Some(Value::String(text)) => text.clone(),
            Some(value) => value.to_string(),
        };
        let names: std::collections::BTreeSet<&String> = self.0.keys().chain(other.0.keys()).collect();
        let differing = names.into_iter().filter(|name| self.0.get(*name) != other.0.get(*name));
        differing
            .map(|name| {
                let (own, others) = (shown(self.0.get(name)), shown(other.0.get(name)));
                match own.len().max(others.len()) > SHOWN {
                    true => name.clone(),
                    false => format!("{name} ({own}, not {others})"),
                }
            })
            .collect()
    }
}
