//! Where the files lie that a scenario names.

use std::path::PathBuf;

/// What file names inside a scenario are relative to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Base {
    /// The scenario's folder.
    Folder(PathBuf),
    /// The files bundled in the binary.
    Bundled,
}
