//! The place that results take: their own name, or the next free one if somebody else's work lies there.

use std::collections::BTreeMap;
use std::ffi::OsString;
use std::fs;
use std::io;
use std::path::{Path, PathBuf};

use super::manifest::{Earlier, MANIFEST, Stamp, Status, stamp};
use super::question::Question;
use super::sync_folder;

/// Names that are tried: `NAME`, `NAME-2`, and so on.
const MOST_NAMES: u32 = 10_000;

/// Where results went.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Placed {
    /// Their folder.
    pub path: PathBuf,
    /// Why it is not the usual one, and what else somebody should know: sentences.
    pub remarks: Vec<String>,
}

/// Results that are complete but could not take their place.
#[derive(Debug)]
pub struct Unplaced {
    /// The place they should have.
    pub target: PathBuf,
    /// Where they are.
    pub kept: PathBuf,
    /// Why.
    pub source: io::Error,
}

/// Results that want a place.
pub(super) struct Claimant<'a> {
    pub question: &'a Question,
    pub status: Status,
    /// How much is in: replications and operations.
    pub amount: (u32, u64),
}

impl Claimant<'_> {
    /// `NAME`, or `NAME-partial` for what is not finished.
    pub fn name(&self) -> String {
        let name = self.question.folder_name();
        if self.status == Status::Finished { name } else { format!("{name}-partial") }
    }
}

/// The folder that holds the results of a scenario, and what was there when a run began.
#[derive(Debug)]
pub(super) struct Home {
    pub path: PathBuf,
    /// Manifests by folder; one that is not among them came while the run went on.
    seen: BTreeMap<OsString, Stamp>,
}

/// What stands at a name.
enum There {
    Nothing,
    /// Results of the same question that may give way.
    Earlier(Earlier),
    /// Somebody's work; why it stays.
    Work(String),
}

impl Home {
    /// Makes the folder and looks around.
    pub fn open(path: &Path) -> io::Result<Self> {
        fs::create_dir_all(path)?;
        let mut seen = BTreeMap::new();
        for entry in fs::read_dir(path)? {
            let entry = entry?;
            seen.extend(stamp(&entry.path()).map(|stamp| (entry.file_name(), stamp)));
        }
        Ok(Home { path: path.to_owned(), seen })
    }

    /// Gives a complete folder its name.
    pub fn take(&self, work: &Path, own: &Claimant<'_>) -> io::Result<Placed> {
        let mut remarks = Vec::new();
        for target in self.names(&own.name()) {
            match self.look(&target, own)? {
                There::Nothing if !moved(work, &target)? => continue,
                There::Nothing => {}
                There::Earlier(earlier) => {
                    exchange(work, &target)?;
                    remarks.extend(self.part_with(work, &target, &earlier, own));
                }
                There::Work(why) => {
                    if remarks.is_empty() {
                        remarks.push(format!("`{}` {why}; it stays as it is", target.display()));
                    }
                    continue;
                }
            }
            if let Err(error) = sync_folder(&self.path) {
                remarks.push(format!("a power cut may still lose its name: {error}"));
            }
            return Ok(Placed { path: target, remarks });
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name is free"))
    }

    /// Gives a folder a free name that begins with `name`.
    pub fn keep(&self, work: &Path, name: &str) -> io::Result<PathBuf> {
        for target in self.names(name) {
            if fs::symlink_metadata(&target).is_err() && moved(work, &target)? {
                return Ok(target);
            }
        }
        Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name is free"))
    }

    /// True if the finished results of a question lie here, under any of their names.
    pub fn has_finished(&self, question: &Question) -> bool {
        let names = self.names(&question.folder_name());
        let is_there = |path: &PathBuf| fs::symlink_metadata(path).is_ok();
        names.take_while(is_there).any(|path| {
            Earlier::read(&path).is_ok_and(|earlier| {
                earlier.question == *question
                    && earlier.status == Status::Finished
                    && earlier.is_complete(&path)
            })
        })
    }

    fn names(&self, name: &str) -> impl Iterator<Item = PathBuf> + use<'_> {
        let name = name.to_owned();
        (1..=MOST_NAMES).map(move |number| match number {
            1 => self.path.join(&name),
            _ => self.path.join(format!("{name}-{number}")),
        })
    }

    fn look(&self, target: &Path, own: &Claimant<'_>) -> io::Result<There> {
        match fs::symlink_metadata(target) {
            Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(There::Nothing),
            Err(error) => return Err(error),
            Ok(found) if !found.is_dir() => return Ok(There::Work(String::from("is no folder"))),
            Ok(_) => {}
        }
        if fs::read_dir(target)?.next().is_none() {
            return Ok(There::Nothing);
        }
        let work = |why: &str| Ok(There::Work(why.to_owned()));
        let Ok(earlier) = Earlier::read(target) else { return work("holds no run that this version reads") };
        if earlier.question != *own.question {
            return work("answers another question");
        }
        if self.came_since(target) {
            return work("came while this run went on");
        }
        if own.status == Status::Partial
            && (earlier.status != Status::Partial || earlier.amount() > own.amount)
        {
            return work("has more in it");
        }
        Ok(earlier.touched(target)?.map_or(There::Earlier(earlier), There::Work))
    }

    /// True if the manifest at `target`, or of what was exchanged for it, was not there when the run began.
    fn came_since(&self, target: &Path) -> bool {
        self.is_new(target, stamp(target))
    }

    fn is_new(&self, target: &Path, stamp: Option<Stamp>) -> bool {
        let name = target.file_name().unwrap_or_default();
        stamp.is_none() || self.seen.get(name).copied() != stamp
    }

    /// Removes the results that were replaced, unless somebody was quicker with work of his own.
    fn part_with(&self, old: &Path, target: &Path, earlier: &Earlier, own: &Claimant<'_>) -> Option<String> {
        let foreign = self.is_new(target, stamp(old)) || !matches!(earlier.touched(old), Ok(None));
        if foreign {
            return Some(match self.keep(old, &own.name()) {
                Ok(kept) => format!("what came there at the same time is kept in `{}`", kept.display()),
                Err(error) => {
                    format!("what came there at the same time is kept in `{}` ({error})", old.display())
                }
            });
        }
        match remove(old) {
            Ok(()) => None,
            Err(error) => {
                Some(format!("the earlier results in `{}` cannot be removed: {error}", old.display()))
            }
        }
    }
}

/// Removes a folder whose contents are known; one that is gone already is removed. The manifest goes first: what is left
/// after a kill is then nobody's result.
pub(super) fn remove(folder: &Path) -> io::Result<()> {
    let gone = |result: io::Result<()>| match result {
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        other => other,
    };
    gone(fs::remove_file(folder.join(MANIFEST)))?;
    gone(fs::remove_dir_all(folder))
}

/// Renames a folder to a name where nothing or an empty folder was a moment ago; false if something has come there.
fn moved(work: &Path, target: &Path) -> io::Result<bool> {
    use io::ErrorKind::{AlreadyExists, DirectoryNotEmpty, NotADirectory};
    match fs::rename(work, target) {
        Ok(()) => Ok(true),
        Err(error) if matches!(error.kind(), AlreadyExists | DirectoryNotEmpty | NotADirectory) => Ok(false),
        Err(error) => Err(error),
    }
}

/// Two folders change names at one instant.
fn exchange(work: &Path, target: &Path) -> io::Result<()> {
    #[cfg(target_os = "linux")]
    {
        use rustix::fs::{CWD, RenameFlags, renameat_with};
        use rustix::io::Errno;
        match renameat_with(CWD, work, CWD, target, RenameFlags::EXCHANGE) {
            // Some file systems cannot.
            Err(Errno::INVAL | Errno::NOSYS | Errno::NOTSUP) => {}
            result => return Ok(result?),
        }
    }
    exchange_in_steps(work, target)
}

/// Two folders change names one after the other. A kill in between leaves the earlier results in a work folder, with their
/// manifest, so that the next run finds them.
fn exchange_in_steps(work: &Path, target: &Path) -> io::Result<()> {
    let name = work.file_name().unwrap_or_default().to_string_lossy();
    let old = work.with_file_name(format!("{}-earlier.writing", name.trim_end_matches(".writing")));
    fs::rename(target, &old)?;
    if let Err(error) = fs::rename(work, target) {
        fs::rename(&old, target)?;
        return Err(error);
    }
    fs::rename(&old, work)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn both_ways_of_exchanging_swap_whole_folders() {
        for way in [exchange, exchange_in_steps] {
            let home = tempfile::tempdir().unwrap();
            let (work, target) = (home.path().join(".a.writing"), home.path().join("a"));
            for (folder, contents) in [(&work, "new"), (&target, "old")] {
                fs::create_dir(folder).unwrap();
                fs::write(folder.join("file"), contents).unwrap();
            }
            way(&work, &target).unwrap();
            assert_eq!(fs::read_to_string(target.join("file")).unwrap(), "new");
            assert_eq!(fs::read_to_string(work.join("file")).unwrap(), "old");
            assert_eq!(fs::read_dir(home.path()).unwrap().count(), 2);
        }
    }
}
