//! The folder of a run: written aside, complete when it gets its name.
//!
//! Owns where results lie: the question they answer ([`Question`]), the work folder of a living run ([`RunFolder`]) and
//! its lock, the manifest, the place that results take, and what dead runs left. Leaves what is written to `report`, and
//! what is said about it to `cli`.
//! Invariants: a folder without a dot before its name holds complete files and a manifest that lists them; nothing that a
//! manifest does not list is ever deleted, nor a result of another question, nor a finished result for a partial one, nor
//! one that came while the run went on; a work folder is touched by its owner alone as long as that one lives.

mod lock;
mod manifest;
mod place;
mod question;
mod remains;
mod work;

#[cfg(test)]
mod tests;

pub use manifest::{
    Earlier, FileRecord, Formats, HistoryRecord, MANIFEST, Manifest, MissingFile, Status, TakenUpRecord,
};
pub use place::{Placed, Unplaced};
pub use question::Question;
pub use remains::{Remains, Unfinished};
pub use work::{PARTS, RunFile, RunFolder, SCRATCH};

use std::fs::File;
use std::io;
use std::path::Path;

/// Asks the disk to hold the names of a folder's entries. A system that has no such call is not asked.
fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
