//! A sorted history that is kept, so that the next replay of the same file starts at once.
//!
//! Owns what is kept and when it may be used again. Leaves sorting to `pass`. Invariants: a kept history is told by the
//! program's version, by everything that decides how rows are read, and by the file's bytes; it is written aside, renamed, and
//! never changed.

use std::fs::{self, File};
use std::io::{self, Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use crate::units::{SimSpan, SimTime, hex};

use super::content::{Content, Hashing};
use super::counts::HistoryCounts;
use super::error::{HistoryError, HistoryProblems};
use super::partition::PartitionFiles;
use super::prepare::{Preparation, PreparedHistory};
use super::reading::WatchedReading;
use super::sketch::CostSketch;
use super::spec::HistorySpec;

/// Changes whenever the files do.
const FORMAT: u32 = 3;
/// The file that says what is kept; written last.
const SAID: &str = "kept.json";

/// How a history came to be ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeptAs {
    /// It was sorted before, and is in this folder.
    TakenUp(PathBuf),
    /// It has been sorted now, and is kept in this folder; if one was there, why it could not be used.
    Sorted(PathBuf, Option<String>),
}

/// What is kept beside the partitions.
#[derive(Serialize, Deserialize)]
struct KeptHistory {
    format: u32,
    /// Version of the program.
    program: String,
    /// Hash of everything that decides how rows are read.
    asked: String,
    content: Content,
    counts: HistoryCounts,
    costs: Vec<Option<Vec<CostSketch>>>,
    shift: i64,
    period: i64,
    span: Option<(i64, i64)>,
    unread: Vec<String>,
    length: Option<i64>,
    partitions: Vec<KeptPartition>,
}

/// A partition's files: name and size (bytes) of records and index.
#[derive(Serialize, Deserialize)]
struct KeptPartition {
    records: (String, u64),
    index: (String, u64),
    first: u32,
    organizations: u32,
    blocks: Vec<u64>,
}

impl PreparedHistory {
    /// As [`PreparedHistory::prepare`], from what an earlier run has kept below `shelf` if that is the same, else anew; it
    /// is kept then.
    ///
    /// # Errors
    /// As [`PreparedHistory::prepare`]; or the disk's.
    pub fn prepare_or_take_up(
        spec: &HistorySpec,
        preparation: &Preparation<'_>,
        shelf: &Path,
    ) -> Result<(PreparedHistory, KeptAs), HistoryProblems> {
        let world = |path: &Path, source| HistoryError::world(path, source);
        fs::create_dir_all(shelf).map_err(|error| world(shelf, error))?;
        let asked = asked(spec, preparation);
        let mut why = None;
        if spec.bundled.is_none() && has_any(shelf, &asked) {
            let content = content_of(spec, preparation)?;
            let folder = shelf.join(name_of(&asked, &content));
            if folder.exists() {
                match take_up(&folder, &asked, &content) {
                    Ok(kept) => return Ok((kept.ready(&folder, spec, preparation), KeptAs::TakenUp(folder))),
                    Err(problem) => why = Some(problem),
                }
            }
        }
        let aside = shelf.join(format!(".{}.{}.writing", &asked[..16], std::process::id()));
        let made = fs::remove_dir_all(&aside).or_else(absent).and_then(|()| fs::create_dir_all(&aside));
        made.map_err(|error| world(&aside, error))?;
        let sorted = PreparedHistory::prepare(spec, &Preparation { folder: &aside, ..*preparation });
        let mut history = match sorted {
            Ok(history) => history,
            Err(problems) => {
                // Nothing of it is of use; what stays behind does no harm.
                let _ = fs::remove_dir_all(&aside);
                return Err(problems);
            }
        };
        let folder = shelf.join(name_of(&asked, &history.content));
        keep(&history, &asked, &aside).and_then(|()| in_its_place(&aside, &folder)).map_err(|error| {
            let _ = fs::remove_dir_all(&aside);
            world(&folder, error)
        })?;
        for files in &mut history.partitions {
            files.records = moved(&files.records, &folder);
            files.index = moved(&files.index, &folder);
        }
        Ok((history, KeptAs::Sorted(folder, why)))
    }
}

/// Everything that decides what the sorted rows are, but for the file's bytes.
fn asked(spec: &HistorySpec, preparation: &Preparation<'_>) -> String {
    let reading = HistorySpec {
        name: String::new(),
        path: PathBuf::new(),
        bundled: None,
        most_text: None,
        ..spec.clone()
    };
    let mut digest = Sha256::new();
    digest.update(format!("{FORMAT} {} {reading:?}", env!("CARGO_PKG_VERSION")));
    for demand in preparation.demands {
        digest.update(format!("{:?}", demand.work));
    }
    digest.update(format!("{} {}", preparation.start, preparation.end));
    hex(&digest.finalize())
}

fn name_of(asked: &str, content: &Content) -> String {
    format!("{}-{}", &asked[..16], &content.sha256[..16])
}

/// Whether anything is kept that was read so, of whatever file.
fn has_any(shelf: &Path, asked: &str) -> bool {
    let begins = |name: std::ffi::OsString| name.to_string_lossy().starts_with(&asked[..16]);
    fs::read_dir(shelf)
        .is_ok_and(|mut entries| entries.any(|entry| entry.is_ok_and(|e| begins(e.file_name()))))
}

/// The file's size and hash, read once through.
fn content_of(spec: &HistorySpec, preparation: &Preparation<'_>) -> Result<Content, HistoryError> {
    let world = |error| HistoryError::world(&spec.path, error);
    let file = File::open(&spec.path).map_err(world)?;
    let size = file.metadata().map_err(world)?.len();
    let mut watched = WatchedReading::new(preparation.watch, &spec.name, size);
    let (hashing, mut buffer) = (Hashing::default(), vec![0; 1 << 20]);
    let mut file = hashing.of(Box::new(file));
    while file.read(&mut buffer).map_err(world)? > 0 {
        watched.reading.bytes = hashing.bytes();
        watched.tell().map_err(world)?;
    }
    Ok(hashing.so_far())
}

/// What a folder keeps, if it may be used.
fn take_up(folder: &Path, asked: &str, content: &Content) -> Result<KeptHistory, String> {
    let text = fs::read(folder.join(SAID)).map_err(|error| format!("`{SAID}` cannot be read: {error}"))?;
    let kept: KeptHistory = serde_json::from_slice(&text)
        .map_err(|error| format!("`{SAID}` is not what it should be: {error}"))?;
    if (kept.format, kept.program.as_str()) != (FORMAT, env!("CARGO_PKG_VERSION")) {
        return Err(format!("it was written by version {}", kept.program));
    }
    if kept.asked != asked || kept.content != *content {
        return Err("it is of another file, or of one that was read in another way".to_owned());
    }
    for (name, bytes) in kept.partitions.iter().flat_map(|files| [&files.records, &files.index]) {
        let found = fs::metadata(folder.join(name)).map(|found| found.len());
        if found.as_ref().ok() != Some(bytes) {
            return Err(format!("`{name}` should have {bytes} bytes"));
        }
    }
    Ok(kept)
}

impl KeptHistory {
    fn ready(self, folder: &Path, spec: &HistorySpec, preparation: &Preparation<'_>) -> PreparedHistory {
        let files = |kept: KeptPartition| PartitionFiles {
            records: folder.join(kept.records.0),
            index: folder.join(kept.index.0),
            first: kept.first,
            organizations: kept.organizations,
            blocks: kept.blocks,
        };
        let instants = |(first, last)| (SimTime::from_micros(first), SimTime::from_micros(last));
        PreparedHistory {
            spec: spec.clone(),
            partitions: self.partitions.into_iter().map(files).collect(),
            counts: self.counts,
            content: self.content,
            costs: self.costs,
            shift: SimSpan::from_micros(self.shift),
            period: SimSpan::from_micros(self.period),
            span: self.span.map(instants),
            unread: self.unread,
            length: self.length.map(SimSpan::from_micros),
            horizon: (preparation.start, preparation.end),
        }
    }
}

/// Writes down what the partitions in `folder` are, and brings all of it to the disk.
fn keep(history: &PreparedHistory, asked: &str, folder: &Path) -> io::Result<()> {
    let file = |path: &Path| -> io::Result<(String, u64)> {
        let name = path.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let file = File::open(path)?;
        file.sync_all()?;
        Ok((name, file.metadata()?.len()))
    };
    let partition = |files: &PartitionFiles| -> io::Result<KeptPartition> {
        Ok(KeptPartition {
            records: file(&files.records)?,
            index: file(&files.index)?,
            first: files.first,
            organizations: files.organizations,
            blocks: files.blocks.clone(),
        })
    };
    let kept = KeptHistory {
        format: FORMAT,
        program: env!("CARGO_PKG_VERSION").to_owned(),
        asked: asked.to_owned(),
        content: history.content.clone(),
        counts: history.counts.clone(),
        costs: history.costs.clone(),
        shift: history.shift.micros(),
        period: history.period.micros(),
        span: history.span.map(|(first, last)| (first.micros(), last.micros())),
        unread: history.unread.clone(),
        length: history.length.map(SimSpan::micros),
        partitions: history.partitions.iter().map(partition).collect::<io::Result<_>>()?,
    };
    let mut said = File::create(folder.join(SAID))?;
    said.write_all(&serde_json::to_vec(&kept)?)?;
    said.sync_all()
}

/// Gives a folder its name; one that could not be used makes way.
fn in_its_place(aside: &Path, folder: &Path) -> io::Result<()> {
    if folder.exists() {
        let old = aside.with_extension("old");
        fs::rename(folder, &old)?;
        fs::rename(aside, folder)?;
        return fs::remove_dir_all(&old);
    }
    fs::rename(aside, folder)
}

fn absent(error: io::Error) -> io::Result<()> {
    if error.kind() == io::ErrorKind::NotFound { Ok(()) } else { Err(error) }
}

fn moved(path: &Path, folder: &Path) -> PathBuf {
    folder.join(path.file_name().unwrap_or_default())
}
