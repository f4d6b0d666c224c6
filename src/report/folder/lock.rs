//! Who owns a work folder: whoever holds the lock on the folder itself.
//!
//! The system lets go of the lock when its owner ends, however that happens. Where folders cannot be locked (Windows,
//! some network disks) nobody can tell a dead owner from a living one, so there nobody's folder is ever taken for dead.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};

/// How the name of a work folder ends; it begins with a dot.
const ENDING: &str = ".writing";

/// A lock on a folder; let go of when dropped.
#[derive(Debug)]
pub(super) struct Lock {
    _folder: Option<File>,
}

/// What became of an attempt to lock.
enum Attempt {
    Held(File),
    /// Somebody else has it.
    Taken,
    /// The folder is not there.
    Gone,
    /// The system cannot tell.
    Unknown,
}

#[cfg(unix)]
fn attempt(path: &Path) -> Attempt {
    use rustix::fs::{FlockOperation, flock};
    let folder = match File::open(path) {
        Ok(folder) => folder,
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Attempt::Gone,
        Err(_) => return Attempt::Unknown,
    };
    match flock(&folder, FlockOperation::NonBlockingLockExclusive) {
        // Whoever tidied up may have removed the folder between the two calls; then the lock is on nothing.
        Ok(()) if path.is_dir() => Attempt::Held(folder),
        Ok(()) => Attempt::Gone,
        Err(error) if error == rustix::io::Errno::WOULDBLOCK => Attempt::Taken,
        Err(_) => Attempt::Unknown,
    }
}

#[cfg(not(unix))]
fn attempt(path: &Path) -> Attempt {
    if path.is_dir() { Attempt::Unknown } else { Attempt::Gone }
}

/// Makes a work folder that nobody else has in an existing folder, and locks it. `stem` begins its name, for people.
pub(super) fn claim(home: &Path, stem: &str) -> io::Result<(PathBuf, Lock)> {
    const MOST: u32 = 100_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    for _ in 0..MOST {
        let number = NEXT.fetch_add(1, Relaxed);
        let path = home.join(format!(".{stem}.{}-{number}{ENDING}", std::process::id()));
        match fs::create_dir(&path) {
            Ok(()) => {}
            Err(error) if error.kind() == io::ErrorKind::AlreadyExists => continue,
            Err(error) => return Err(error),
        }
        match attempt(&path) {
            Attempt::Held(folder) => return Ok((path, Lock { _folder: Some(folder) })),
            Attempt::Unknown => return Ok((path, Lock { _folder: None })),
            // Somebody tidied up just now and took the folder, still empty and unlocked, for a dead one's.
            Attempt::Taken | Attempt::Gone => {}
        }
    }
    Err(io::Error::new(io::ErrorKind::AlreadyExists, "no name is free for a work folder"))
}

/// The work folders in `home` whose owners are dead, each locked.
pub(super) fn abandoned(home: &Path) -> io::Result<Vec<(PathBuf, Lock)>> {
    let mut found = Vec::new();
    for entry in fs::read_dir(home)? {
        let entry = entry?;
        let name = entry.file_name();
        let name = name.to_string_lossy();
        if !(name.starts_with('.') && name.ends_with(ENDING) && entry.file_type()?.is_dir()) {
            continue;
        }
        if let Attempt::Held(folder) = attempt(&entry.path()) {
            found.push((entry.path(), Lock { _folder: Some(folder) }));
        }
    }
    found.sort_by(|(a, _), (b, _)| a.cmp(b));
    Ok(found)
}
