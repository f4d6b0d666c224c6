//! Where a scenario comes from: a file, a bundled example, and values set over it.

use std::io::Read;
use std::path::{Path, PathBuf};

use sha2::{Digest, Sha256};

use crate::units::hex;

use super::base::Base;
use super::bundled;
use super::reading::{Node, Problem, Reader, SourcePlace, parse, parse_value, set_path, split_path};
use super::sandbox;

/// A scenario's text, its name for messages, and values set over it by path.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ScenarioSource {
    name: String,
    text: String,
    base: Base,
    overrides: Vec<(String, String)>,
}

/// Largest scenario file: more is no scenario (a device, a history by mistake).
const LARGEST: u64 = 64 << 20;

/// The text of a file; else the line that is to blame (0 if none is) and why.
fn read_text(path: &Path) -> Result<String, (usize, String)> {
    let unreadable = |error: std::io::Error| (0, format!("cannot be read: {error}"));
    let file = std::fs::File::open(path).map_err(unreadable)?;
    let mut bytes = Vec::new();
    file.take(LARGEST + 1).read_to_end(&mut bytes).map_err(unreadable)?;
    if bytes.len() as u64 > LARGEST {
        return Err((1, format!("is no scenario: it is larger than {} MiB", LARGEST >> 20)));
    }
    String::from_utf8(bytes).map_err(|error| {
        let before = &error.as_bytes()[..error.utf8_error().valid_up_to()];
        let line = 1 + before.iter().filter(|byte| **byte == b'\n').count();
        (line, "is no text in UTF-8".to_owned())
    })
}

/// True of a text that means to be a scenario. Any other may be anything, such as a key: messages do not show it.
fn looks_like_one(text: &str) -> bool {
    const TABLES: [&str; 4] = ["cohorts", "features", "policies", "policy"];
    const KEYS: [&str; 6] = ["version", "name", "start", "end", "horizon", "seed"];
    text.lines().any(|line| {
        let line = line.trim_start();
        let key = line.split_once('=').map(|(key, _)| key.trim());
        key.is_some_and(|key| KEYS.contains(&key))
            || line.strip_prefix('[').is_some_and(|table| {
                TABLES.iter().any(|known| table.trim_start_matches('[').starts_with(known))
            })
    })
}

/// A problem that shows nothing of the file.
fn hidden(problem: Problem) -> Problem {
    let hint = "a scenario is a TOML file; `creditsim scenarios policy-shootout` prints one";
    Problem::of_file(&problem.file, problem.line, "is no scenario: this line is no TOML").with_hint(hint)
}

impl ScenarioSource {
    /// The file at `path`.
    ///
    /// # Errors
    /// A problem that names the file if it cannot be read.
    #[expect(clippy::result_large_err, reason = "called once a run, and the problem is printed")]
    pub fn from_path(path: &Path) -> Result<Self, Problem> {
        let name = path.display().to_string();
        let text = read_text(path).map_err(|(line, what)| {
            let problem = Problem::of_file(&name, line, what);
            if line > 0 {
                return problem;
            }
            let names = bundled::list().iter().map(|bundled| bundled.name);
            let close = super::reading::did_you_mean(&name, names)
                .map(|bundled| format!("did you mean the bundled scenario `{bundled}`?"));
            Problem {
                hint: close.or_else(|| Some("`creditsim scenarios` lists the bundled ones".to_owned())),
                ..problem
            }
        })?;
        let folder = path.parent().unwrap_or(Path::new("")).to_owned();
        Ok(ScenarioSource { name, text, base: Base::Folder(folder), overrides: Vec::new() })
    }

    /// The bundled scenario `name`; `None` if there is none.
    #[must_use]
    pub fn from_bundled(name: &str) -> Option<Self> {
        let example = bundled::find(name)?;
        let (name, text) = (format!("scenarios/{}.toml", example.name), example.text.to_owned());
        Some(ScenarioSource { name, text, base: Base::Bundled, overrides: Vec::new() })
    }

    /// A text, for tests and for scenarios made by programs; files in it are relative to the working folder.
    #[must_use]
    pub fn from_text(name: &str, text: impl Into<String>) -> Self {
        let (name, base) = (name.to_owned(), Base::Folder(PathBuf::new()));
        ScenarioSource { name, text: text.into(), base, overrides: Vec::new() }
    }

    /// The same scenario as if it lay in a folder, to which its files are relative.
    #[must_use]
    pub fn in_folder(self, folder: &Path) -> Self {
        ScenarioSource { base: Base::Folder(folder.to_owned()), ..self }
    }

    /// The same scenario as somebody else's: no file outside its folder is read, and its bounds are those of a sandbox. What
    /// is bundled stays as it is.
    #[must_use]
    pub fn enclosed(self) -> Self {
        match self.base {
            Base::Folder(folder) => ScenarioSource { base: Base::Enclosed(folder), ..self },
            Base::Enclosed(_) | Base::Bundled => self,
        }
    }

    /// The same scenario with values set over it: pairs of a dotted path (`policies.hold.overdraft.limit`) and a TOML
    /// value (`200`); text that is no TOML value is taken as a string. Elements of lists go by name or index.
    #[must_use]
    pub fn with_overrides(mut self, overrides: &[(String, String)]) -> Self {
        self.overrides.extend_from_slice(overrides);
        self
    }

    /// Names of the usage histories that it declares, as far as it can be read.
    #[must_use]
    pub fn histories(&self) -> Vec<String> {
        let root = self.parse(&Reader::new());
        let tables = root.as_ref().and_then(Node::as_table).and_then(|root| root.get("histories"));
        let entries = tables.and_then(Node::as_table).map(|table| table.entries.as_slice());
        entries.unwrap_or_default().iter().map(|(name, _)| name.clone()).collect()
    }

    /// The name for messages.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file's text, without overrides.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// What was set over it: dotted paths and TOML values, in order.
    #[must_use]
    pub fn overrides(&self) -> &[(String, String)] {
        &self.overrides
    }

    /// SHA-256 of the text alone, hexadecimal.
    #[must_use]
    pub fn text_hash(&self) -> String {
        hex(&Sha256::digest(&self.text))
    }

    /// SHA-256 of the text and what was set over it, hexadecimal.
    #[must_use]
    pub fn content_hash(&self) -> String {
        let mut hash = Sha256::new();
        hash.update(self.text.as_bytes());
        for (path, value) in &self.overrides {
            hash.update(format!("\n{path}={value}").as_bytes());
        }
        hex(&hash.finalize())
    }

    pub(crate) fn base(&self) -> &Base {
        &self.base
    }

    /// Parses the text and sets the overrides; registers the sources with `reader`.
    pub(crate) fn parse(&self, reader: &Reader) -> Option<Node> {
        if self.base.is_enclosed() && self.text.len() as u64 > sandbox::SCENARIO_BYTES {
            let most = sandbox::SCENARIO_BYTES >> 20;
            reader.report(Problem::of_file(
                &self.name,
                1,
                format!("is larger than {most} MiB, the most in a sandbox"),
            ));
            return None;
        }
        let source = reader.add_source(&self.name, &self.text);
        let mut root = match parse(&self.name, source, &self.text) {
            Ok(root) => root,
            Err(problems) => {
                let shown = looks_like_one(&self.text);
                problems
                    .into_iter()
                    .for_each(|problem| reader.report(if shown { problem } else { hidden(problem) }));
                return None;
            }
        };
        for (path, value) in &self.overrides {
            let source = reader.add_source(format!("{path}={value}"), "");
            let place = SourcePlace { source, path: path.as_str().into(), ..SourcePlace::default() };
            let quoted = || parse_value(&format!("{value:?}"), place.clone());
            let Some(node) = parse_value(value, place.clone()).or_else(quoted) else {
                reader.error(&place, "cannot be set to this text", None);
                continue;
            };
            if let Err(what) = set_path(&mut root, &split_path(path), node) {
                reader.error(&place, format!("cannot be set: {what}"), None);
            }
        }
        Some(root)
    }
}
