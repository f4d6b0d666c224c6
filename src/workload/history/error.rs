//! What can go wrong with a usage history.

use std::collections::BTreeMap;
use std::fmt;
use std::path::{Path, PathBuf};

use super::reading::ReadingStopped;
use crate::units::visible;

/// Most problems that are told with their lines; further ones are counted.
const MOST_TOLD: usize = 20;
/// Most of them that are alike, so that one mistake in every row hides no other.
const MOST_ALIKE: u32 = 3;

/// One thing that is wrong with a usage history.
#[derive(Debug, thiserror::Error)]
pub enum HistoryError {
    /// The file, or the folder for its partitions, cannot be read or written.
    #[error("`{}`: {source}", visible(&path.display().to_string()))]
    World {
        /// The file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// Whoever watched wanted no more.
    #[error("stopped while the usage history `{}` was read; nothing was finished", path.display())]
    Stopped {
        /// The file.
        path: PathBuf,
    },
    /// A row, or the header, is not what the scenario says.
    #[error("`{}:{line}`: {}{}{}{}", visible(&path.display().to_string()), named(column.as_deref()), visible(what), line_of("\n  wanted ", wanted.as_deref()), line_of("\nhint: ", hint.as_deref()))]
    Row {
        /// The file.
        path: PathBuf,
        /// The line, from 1.
        line: u64,
        /// The column, if one is to blame.
        column: Option<Box<str>>,
        /// What is wrong, or was found in the column.
        what: String,
        /// What is wanted instead.
        wanted: Option<Box<str>>,
        /// What would repair it.
        hint: Option<String>,
    },
}

fn named(column: Option<&str>) -> String {
    column.map(|column| format!("`{}` ", visible(column))).unwrap_or_default()
}

fn line_of(before: &str, text: Option<&str>) -> String {
    text.map(|text| format!("{before}{}", visible(text))).unwrap_or_default()
}

impl HistoryError {
    /// A failure of the disk.
    pub(super) fn world(path: &Path, source: std::io::Error) -> Self {
        if ReadingStopped::is(&source) {
            return HistoryError::Stopped { path: path.to_owned() };
        }
        HistoryError::World { path: path.to_owned(), source }
    }

    /// A failure of a row.
    pub(in crate::workload) fn row(path: &Path, line: u64, what: impl Into<String>) -> Self {
        HistoryError::Row {
            path: path.to_owned(),
            line,
            column: None,
            what: what.into(),
            wanted: None,
            hint: None,
        }
    }

    /// With the column to blame.
    pub(in crate::workload) fn in_column(mut self, name: &str) -> Self {
        if let HistoryError::Row { column, .. } = &mut self {
            *column = Some(name.into());
        }
        self
    }

    /// With what is wanted.
    pub(in crate::workload) fn wanting(mut self, text: &str) -> Self {
        if let HistoryError::Row { wanted, .. } = &mut self {
            *wanted = Some(text.into());
        }
        self
    }

    /// With what would repair it.
    pub(in crate::workload) fn with_hint(mut self, text: impl Into<String>) -> Self {
        if let HistoryError::Row { hint, .. } = &mut self {
            *hint = Some(text.into());
        }
        self
    }

    /// True if the disk is to blame, not the scenario or the file's content.
    #[must_use]
    pub fn is_world(&self) -> bool {
        matches!(self, HistoryError::World { .. })
    }

    /// True if nothing is wrong but that whoever watched wanted no more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        matches!(self, HistoryError::Stopped { .. })
    }

    /// Equal for problems that one repair is likely to end: the same column with the same wish.
    fn kind(&self) -> String {
        match self {
            HistoryError::World { source, .. } => source.to_string(),
            HistoryError::Stopped { .. } => String::new(),
            HistoryError::Row { column: Some(column), wanted: Some(wanted), .. } => {
                format!("{column} {wanted}")
            }
            HistoryError::Row { column, what, .. } => format!("{column:?} {what}"),
        }
    }
}

/// Everything that keeps a usage history from being replayed: the first problems of each kind, and how many more.
#[derive(Debug)]
pub struct HistoryProblems {
    /// What is told, in the order of the file; at least one.
    pub told: Vec<HistoryError>,
    /// Rows with problems beside those.
    pub more: u64,
}

impl HistoryProblems {
    /// True if the disk is to blame.
    #[must_use]
    pub fn is_world(&self) -> bool {
        self.told.iter().any(HistoryError::is_world)
    }

    /// True if nothing is wrong but that whoever watched wanted no more.
    #[must_use]
    pub fn is_stopped(&self) -> bool {
        self.told.iter().any(HistoryError::is_stopped)
    }

    /// The sentence about problems that are not told, if there are any.
    #[must_use]
    pub fn rest(&self) -> Option<String> {
        let problems = if self.more == 1 { "problem" } else { "problems" };
        (self.more > 0).then(|| format!("{} more {problems} like these", self.more))
    }
}

impl From<HistoryError> for HistoryProblems {
    fn from(error: HistoryError) -> Self {
        HistoryProblems { told: vec![error], more: 0 }
    }
}

impl fmt::Display for HistoryProblems {
    /// As the command tells them: whoever prints it writes the first `error: `.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let mut told: Vec<String> = self.told.iter().map(ToString::to_string).collect();
        told.extend(self.rest());
        write!(f, "{}", told.join("\nerror: "))
    }
}

impl std::error::Error for HistoryProblems {}

/// Gathers problems while a file is read.
#[derive(Debug, Default)]
pub(in crate::workload) struct GatheredProblems {
    told: Vec<HistoryError>,
    alike: BTreeMap<String, u32>,
    more: u64,
}

impl GatheredProblems {
    /// Keeps a problem, or counts it if enough are told.
    pub fn add(&mut self, error: HistoryError) {
        // Kinds are as many as columns, or as unknown features of which none beyond those told is remembered.
        if self.told.len() >= MOST_TOLD {
            self.more += 1;
            return;
        }
        let alike = self.alike.entry(error.kind()).or_default();
        *alike += 1;
        if *alike > MOST_ALIKE {
            self.more += 1;
        } else {
            self.told.push(error);
        }
    }

    /// Keeps the problem of a result; gives its value.
    pub fn keep<T>(&mut self, result: Result<T, HistoryError>) -> Option<T> {
        result.map_err(|error| self.add(error)).ok()
    }

    /// True if there is none so far.
    pub fn is_empty(&self) -> bool {
        self.told.is_empty()
    }

    /// An error if anything was gathered.
    pub fn finish(&mut self) -> Result<(), HistoryProblems> {
        if self.told.is_empty() {
            return Ok(());
        }
        Err(HistoryProblems { told: std::mem::take(&mut self.told), more: std::mem::take(&mut self.more) })
    }
}
