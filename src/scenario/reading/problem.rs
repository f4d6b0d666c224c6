//! What is wrong with a scenario, and how to repair it.

use std::fmt;

use crate::units::{visible, visible_lines};

/// How bad a problem is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// The scenario cannot be run.
    Error,
    /// The scenario runs, but hardly as it is meant (`creditsim check` and `creditsim run`).
    Caution,
    /// The scenario runs, but a thought is worth it (`creditsim check`).
    Warning,
}

/// A line of a source, and the part of it that a problem is about.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Excerpt {
    /// The line, without its end.
    pub line: String,
    /// First byte of the part in the line.
    pub start: usize,
    /// The byte behind it, at most the line's length; equal to `start` where something is missing.
    pub end: usize,
}

/// One problem of a scenario: where it stands, what was found, what is wanted, and a hint.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Problem {
    /// Error or warning.
    pub level: Level,
    /// The file as it was named, or the layer the value came from (`preset openmeter`, `--set`).
    pub file: String,
    /// Line in the file, from 1; 0 if no line applies.
    pub line: usize,
    /// The line itself, if a part of it is to blame.
    pub excerpt: Option<Excerpt>,
    /// The key as its author wrote it, with its full path; empty for the file as a whole.
    pub key: String,
    /// What is wrong, continuing the sentence "`key` …": `is "montly"`, `is missing`.
    pub what: String,
    /// What was found, as written; absent if nothing was.
    pub found: Option<String>,
    /// What is wanted instead.
    pub wanted: Option<String>,
    /// How to repair it.
    pub hint: Option<String>,
}

impl Problem {
    /// A problem of the file as a whole: unreadable, not TOML.
    #[must_use]
    pub fn of_file(file: &str, line: usize, what: impl Into<String>) -> Self {
        Problem {
            level: Level::Error,
            file: file.to_owned(),
            line,
            excerpt: None,
            key: String::new(),
            what: what.into(),
            found: None,
            wanted: None,
            hint: None,
        }
    }

    /// The same problem with a hint.
    #[must_use]
    pub fn with_hint(mut self, hint: impl Into<String>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// True if the scenario cannot be run.
    #[must_use]
    pub fn is_error(&self) -> bool {
        self.level == Level::Error
    }
}

impl fmt::Display for Problem {
    /// Two to four lines: place, key and finding; what is wanted; a hint.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = if self.is_error() { "error" } else { "warning" };
        write!(f, "{level}: `{}", visible(&self.file))?;
        if self.line > 0 {
            write!(f, ":{}", self.line)?;
        }
        write!(f, "`: ")?;
        if !self.key.is_empty() {
            write!(f, "`{}` ", visible(&self.key))?;
        }
        write!(f, "{}", visible_lines(&self.what))?;
        if let Some(wanted) = &self.wanted {
            write!(f, "\n  wanted {}", visible_lines(wanted))?;
        }
        if let Some(hint) = &self.hint {
            write!(f, "\nhint: {}", visible_lines(hint))?;
        }
        Ok(())
    }
}

/// The word of `known` that `written` most likely means, if any is close.
pub(crate) fn did_you_mean<'k>(written: &str, known: impl IntoIterator<Item = &'k str>) -> Option<&'k str> {
    let similarity = |name: &str| {
        let (written, name) =
            (written.to_lowercase().replace('_', "-"), name.to_lowercase().replace('_', "-"));
        strsim::damerau_levenshtein(&written, &name) as f64 / written.chars().count().max(1) as f64
    };
    known
        .into_iter()
        .map(|name| (similarity(name), name))
        .filter(|(distance, _)| *distance <= 0.4)
        .min_by(|left, right| left.0.total_cmp(&right.0))
        .map(|(_, name)| name)
}
