//! The manifest: what a run was, written last, and read again by whoever comes later.

use std::fs::{self, File};
use std::io;
use std::path::Path;
use std::time::SystemTime;

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::outcome::RELATIVE_ERROR;
use crate::report::table::pretty;
use crate::units::hex;

use super::question::Question;

/// Name of the manifest; a folder that has one is a run.
pub const MANIFEST: &str = "manifest.json";

/// What `manifest.json` says about a run, apart from its files.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct Manifest {
    /// Version of the program.
    pub version: String,
    /// Name of the scenario.
    pub scenario: String,
    /// SHA-256 of the scenario file and what was set over it, hexadecimal.
    pub content_hash: String,
    /// The command in canonical form, word by word, without the program's name and without what results do not depend on
    /// (threads, layout, output folder, form of printing).
    pub command: Vec<String>,
    /// The scenario file's text, without what was set over it.
    pub scenario_text: String,
    /// Versions of what is read and written.
    pub formats: Formats,
    /// What the run answers: everything that its results depend on.
    pub question: Question,
    /// Seed of every stream.
    pub seed: u64,
    /// Replications that were run.
    pub replications: u32,
    /// Nothing was drawn, so that any number of replications would be this one; left out otherwise.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub exact: bool,
    /// Resamples of the organizations by `--bootstrap`; left out without.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub resamples: Option<u32>,
    /// Worker threads.
    pub threads: u32,
    /// Operations drawn, over all replications.
    pub operations: u64,
    /// Operations drawn per second of wall time.
    pub operations_per_second: f64,
    /// Operations times policies per second of wall time.
    pub policy_operations_per_second: f64,
    /// Wall time (s).
    pub wall_s: f64,
    /// Largest resident memory of the process (bytes); absent where the system does not say.
    pub peak_memory_bytes: Option<u64>,
    /// What became of the rows of usage histories; left out if there are none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub histories: Vec<HistoryRecord>,
    /// Features of closed loops that wait for what their operations meet: their demand differs by policy.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub reactive_features: Vec<String>,
    /// Draws that met a bound, a sentence each; left out if there were none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub cut_draws: Vec<String>,
    /// Why a `[precision]` ended the run after these replications; left out without one.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub stopped: Option<String>,
    /// What defaults decided under each policy, what lies behind the end, what has no price: a sentence each; left out if
    /// there is none.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<String>,
    /// Why it ended before its end: `signal`, or the limit that was reached; left out otherwise.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub ended_by: Option<&'static str>,
    /// What was taken up from a killed or partial run: it took none of the wall time. Left out if nothing was.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub taken_up: Option<TakenUpRecord>,
    /// `finished`, or `partial` if the run was interrupted.
    pub status: Status,
}

/// Versions of formats; each grows when something that was right before would be read wrongly.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct Formats {
    /// Of the scenario file (its key `version`).
    pub scenario: u32,
    /// Of the CSV files.
    pub csv: u32,
    /// Of the manifest.
    pub manifest: u32,
}

impl Formats {
    /// What this program reads and writes.
    pub const CURRENT: Formats = Formats { scenario: crate::scenario::FORMAT, csv: 1, manifest: 1 };
}

/// What a run has taken up from another one.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
pub struct TakenUpRecord {
    /// Organizations, over all replications.
    pub organizations: u64,
    /// Operations that they demanded.
    pub operations: u64,
}

/// A usage history that was replayed.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub struct HistoryRecord {
    /// Its name in the scenario.
    pub name: String,
    /// The file, as the program found it.
    pub file: String,
    /// Size of the file as it was read (bytes).
    pub bytes: u64,
    /// SHA-256 of the file as it was read, hexadecimal.
    pub sha256: String,
    /// What became of every row.
    pub counts: serde_json::Value,
}

/// Whether a run came to its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Status {
    /// All replications are in.
    Finished,
    /// Interrupted: what was complete is in.
    Partial,
}

/// A file of a run as the manifest lists it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FileRecord {
    /// Path inside the folder, with `/` on every system.
    pub name: String,
    /// Size (bytes).
    pub bytes: u64,
    /// SHA-256, hexadecimal.
    pub sha256: String,
}

/// A file that a run has not, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct MissingFile {
    /// Path inside the folder.
    pub name: String,
    /// What kept it from being written.
    pub why: String,
}

/// What a later run reads of an earlier one's manifest.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub struct Earlier {
    /// What it answers.
    pub question: Question,
    /// Whether it came to its end.
    pub status: Status,
    /// Replications that are in.
    pub replications: u32,
    /// Operations drawn.
    pub operations: u64,
    /// Its files.
    pub files: Vec<FileRecord>,
}

impl Earlier {
    /// Reads the manifest of a folder.
    ///
    /// # Errors
    /// If the folder has none, or it is none of this version's.
    pub fn read(folder: &Path) -> io::Result<Self> {
        Ok(serde_json::from_slice(&fs::read(folder.join(MANIFEST))?)?)
    }

    /// How much work is in: a partial run gives way only to one with as much.
    pub(super) fn amount(&self) -> (u32, u64) {
        (self.replications, self.operations)
    }

    /// Why the folder's owner may have work of his own in it: a file that the manifest does not list, or one that is not
    /// as the run wrote it.
    ///
    /// # Errors
    /// If the folder cannot be read.
    pub fn touched(&self, folder: &Path) -> io::Result<Option<String>> {
        let mut found = Vec::new();
        names(folder, "", &mut found)?;
        if let Some(stranger) = found.iter().find(|name| {
            !(*name == MANIFEST || self.files.iter().any(|file| file.name == **name) || own(name))
        }) {
            return Ok(Some(format!("holds `{stranger}`, which is not of the run")));
        }
        for file in &self.files {
            if found.contains(&file.name) && !file.is_as_written(folder)? {
                return Ok(Some(format!("`{}` there was changed after its run", file.name)));
            }
        }
        Ok(None)
    }

    /// Files that are no longer there.
    #[must_use]
    pub fn absent(&self, folder: &Path) -> Vec<&str> {
        let gone = self.files.iter().filter(|file| !folder.join(&file.name).exists());
        gone.map(|file| file.name.as_str()).collect()
    }

    /// True if every file is there in its full size.
    pub(super) fn is_complete(&self, folder: &Path) -> bool {
        let sized = |file: &FileRecord| {
            fs::metadata(folder.join(&file.name)).is_ok_and(|found| found.len() == file.bytes)
        };
        self.files.iter().all(sized)
    }
}

/// Files that a run keeps for itself, listed or not.
fn own(name: &str) -> bool {
    [super::work::PARTS, super::work::SCRATCH].iter().any(|folder| name.starts_with(&format!("{folder}/")))
        || name == super::work::QUESTION
}

impl Manifest {
    /// The whole text of `manifest.json`.
    pub(super) fn text(&self, files: &[FileRecord], missing: &[MissingFile]) -> io::Result<String> {
        let mut value = serde_json::to_value(self)?;
        value["question_hash"] = self.question.hash().into();
        value["histogram_relative_error"] = RELATIVE_ERROR.into();
        value["files"] = serde_json::to_value(files)?;
        if !missing.is_empty() {
            value["missing_files"] = serde_json::to_value(missing)?;
        }
        Ok(pretty(&value))
    }
}

impl FileRecord {
    fn is_as_written(&self, folder: &Path) -> io::Result<bool> {
        let mut file = File::open(folder.join(&self.name))?;
        if file.metadata()?.len() != self.bytes {
            return Ok(false);
        }
        let mut digest = Sha256::new();
        let mut buffer = vec![0; 1 << 16];
        loop {
            match io::Read::read(&mut file, &mut buffer)? {
                0 => return Ok(hex(&digest.finalize()) == self.sha256),
                read => digest.update(&buffer[..read]),
            }
        }
    }
}

/// Paths of everything in a folder that is not a folder, with `/`; an empty folder counts as a name of its own.
pub(super) fn names(folder: &Path, below: &str, into: &mut Vec<String>) -> io::Result<()> {
    for entry in fs::read_dir(folder)? {
        let entry = entry?;
        let name = format!("{below}{}", entry.file_name().to_string_lossy());
        if entry.file_type()?.is_dir() {
            let before = into.len();
            names(&entry.path(), &format!("{name}/"), into)?;
            if into.len() == before && !super::work::OWN_FOLDERS.contains(&name.as_str()) {
                into.push(name);
            }
        } else {
            into.push(name);
        }
    }
    Ok(())
}

/// Tells one manifest from the next in the same place, without reading it.
pub(super) type Stamp = (Option<SystemTime>, u64);

/// The stamp of a folder's manifest; `None` if it has none.
pub(super) fn stamp(folder: &Path) -> Option<Stamp> {
    let found = fs::metadata(folder.join(MANIFEST)).ok()?;
    Some((found.modified().ok(), found.len()))
}
