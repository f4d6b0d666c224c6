//! What dead runs left: removed, given its place, or kept for whoever takes it up.

use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::lock::{Lock, abandoned};
use super::manifest::Earlier;
use super::place::{Claimant, Home, Placed, remove};
use super::question::Question;
use super::work::{PARTS, QUESTION};

/// What was found in the work folders of dead runs.
#[derive(Debug, Default)]
pub struct Remains {
    /// Work folders without anything finished, removed.
    pub removed: u32,
    /// Complete results of runs that were killed at their last step; they have a name now.
    pub placed: Vec<Placed>,
    /// Work folders that cannot be removed, and why.
    pub stuck: Vec<(PathBuf, io::Error)>,
    /// Runs with finished parts; nobody else can take them as long as this is held.
    pub unfinished: Vec<Unfinished>,
}

/// A work folder of a dead run with finished parts.
#[derive(Debug)]
pub struct Unfinished {
    path: PathBuf,
    question: Question,
    _lock: Lock,
}

impl Unfinished {
    /// The folder; its parts are below [`PARTS`].
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What the run was to answer.
    #[must_use]
    pub fn question(&self) -> &Question {
        &self.question
    }

    /// Removes the folder, its parts having been taken up or outdone.
    ///
    /// # Errors
    /// If it cannot be removed.
    pub fn discard(self) -> io::Result<()> {
        remove(&self.path)
    }
}

impl Remains {
    /// Looks after every work folder of a dead run in `home`.
    pub(super) fn of(home: &Home) -> io::Result<Self> {
        let mut remains = Remains::default();
        for (path, lock) in abandoned(&home.path)? {
            if let Err(error) = remains.settle(home, path.clone(), lock) {
                remains.stuck.push((path, error));
            }
        }
        Ok(remains)
    }

    fn settle(&mut self, home: &Home, path: PathBuf, lock: Lock) -> io::Result<()> {
        if let Ok(earlier) = Earlier::read(&path).and_then(|earlier| complete(earlier, &path)) {
            let touched = earlier.touched(&path)?.is_some();
            if touched || !home.has_finished(&earlier.question) {
                let Earlier { question, status, .. } = &earlier;
                let own = Claimant { question, status: *status, amount: earlier.amount() };
                self.placed.push(home.take(&path, &own)?);
                return Ok(());
            }
        }
        match question(&path) {
            Some(question) if has_parts(&path) => {
                self.unfinished.push(Unfinished { path, question, _lock: lock });
            }
            _ => {
                remove(&path)?;
                self.removed += 1;
            }
        }
        Ok(())
    }
}

fn complete(earlier: Earlier, folder: &Path) -> io::Result<Earlier> {
    if earlier.is_complete(folder) { Ok(earlier) } else { Err(io::ErrorKind::InvalidData.into()) }
}

/// True if a work folder holds finished parts; those that were not finished have a dot before their name.
pub(super) fn has_parts(folder: &Path) -> bool {
    let is_finished = |entry: fs::DirEntry| !entry.file_name().to_string_lossy().starts_with('.');
    fs::read_dir(folder.join(PARTS))
        .is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(is_finished)))
}

/// What a work folder is to answer, once that is known.
pub(super) fn question(folder: &Path) -> Option<Question> {
    serde_json::from_slice(&fs::read(folder.join(QUESTION)).ok()?).ok()
}
