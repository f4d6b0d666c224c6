//! Reading a part: every block is checked once, rows and outcomes stay on disk until they are wanted.

use std::fs::{self, File};
use std::io::{self, BufReader, Read, Seek, SeekFrom};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use serde::de::DeserializeOwned;

use crate::outcome::{Outcome, RunShape};

use super::ENDING;
use super::format::{BlockKind, Header, MAGIC, OutcomeHead, RowsHead, Span};

/// Most shards that a command is cut into, and the highest number of those of all its batches.
const MOST_SHARDS: u32 = 10_000_000;
const MOST_NUMBER: u32 = u32::MAX / 2;
/// Most bytes of a block that is in memory as a whole: a header with its scenario, an outcome.
const MOST_BYTES: u64 = 1 << 30;
/// Most bytes of a block's head that are looked at before its rows.
const HEAD: usize = 64;

/// Why a file is no part that can be used.
#[derive(Debug, thiserror::Error)]
pub enum PartError {
    /// It cannot be read.
    #[error("`{}`: {source}", .path.display())]
    Unreadable {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It is not what a part is.
    #[error("`{}` {what}", .path.display())]
    Broken {
        /// Which.
        path: PathBuf,
        /// In what way.
        what: &'static str,
    },
}

/// Bytes of a file.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Held {
    /// Which file.
    pub path: Arc<Path>,
    /// The first byte.
    pub offset: u64,
    /// How many.
    pub length: u64,
}

impl Held {
    /// A reader of exactly these bytes.
    ///
    /// # Errors
    /// The file cannot be read.
    pub fn open(&self) -> io::Result<impl Read + use<>> {
        let mut file = File::open(&self.path)?;
        file.seek(SeekFrom::Start(self.offset))?;
        Ok(file.take(self.length))
    }
}

/// What the organizations of some spans of one replication did together.
#[derive(Debug, Clone)]
pub struct Piece {
    /// Ascending, at least one.
    pub spans: Vec<Span>,
    /// Operations that they demanded.
    pub operations: u64,
    /// Which of the command's groups of settings.
    pub group: u32,
    outcome: Held,
}

impl Piece {
    /// Its replication.
    #[must_use]
    pub fn replication(&self) -> u32 {
        self.spans[0].replication
    }

    /// The organizations in it, if they stand side by side.
    #[must_use]
    pub fn only_span(&self) -> Option<Span> {
        if let [span] = self.spans[..] { Some(span) } else { None }
    }

    /// The part that holds it.
    #[must_use]
    pub fn path(&self) -> &Path {
        &self.outcome.path
    }

    /// Organizations in it.
    #[must_use]
    pub fn organizations(&self) -> u64 {
        self.spans.iter().map(|span| u64::from(span.count)).sum()
    }

    /// The outcome.
    ///
    /// # Errors
    /// The file cannot be read, or holds an outcome of another shape.
    pub fn outcome(&self, shape: Arc<RunShape>) -> Result<Outcome, PartError> {
        let path = self.outcome.path.to_path_buf();
        let mut bytes = Vec::new();
        let read = self.outcome.open().and_then(|mut held| held.read_to_end(&mut bytes));
        if let Err(source) = read {
            return Err(PartError::Unreadable { path, source });
        }
        Outcome::unpack(shape, &bytes)
            .map_err(|_| PartError::Broken { path, what: "holds outcomes of another shape" })
    }
}

/// A complete part.
#[derive(Debug, Clone)]
pub struct Part {
    /// What it belongs to.
    pub header: Header,
    /// Outcomes.
    pub pieces: Vec<Piece>,
    /// Rows: of which organizations, of which file.
    pub rows: Vec<(Span, u32, Held)>,
}

impl Part {
    /// Reads and checks a part.
    ///
    /// # Errors
    /// A file that cannot be read, is cut off, was altered, or is no part of this version.
    pub fn open(path: &Path) -> Result<Part, PartError> {
        let file =
            File::open(path).map_err(|source| PartError::Unreadable { path: path.to_owned(), source })?;
        let reader = PartBytes { path: path.into(), file: BufReader::with_capacity(1 << 16, file), at: 0 };
        reader.part()
    }
}

/// The complete parts in a folder, by name; none if it is not there.
///
/// # Errors
/// The folder cannot be read.
pub fn parts_in(folder: &Path) -> io::Result<Vec<PathBuf>> {
    let entries = match fs::read_dir(folder) {
        Err(error) if error.kind() == io::ErrorKind::NotFound => return Ok(Vec::new()),
        entries => entries?,
    };
    let mut found = Vec::new();
    for entry in entries {
        let path = entry?.path();
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        if name.ends_with(ENDING) && !name.starts_with('.') {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}

struct PartBytes {
    path: Arc<Path>,
    file: BufReader<File>,
    at: u64,
}

/// A block that was checked.
struct Block {
    kind: BlockKind,
    /// Its contents; of rows the beginning alone.
    contents: Vec<u8>,
    held: Held,
}

impl PartBytes {
    fn part(mut self) -> Result<Part, PartError> {
        let mut magic = [0; MAGIC.len()];
        self.fill(&mut magic)?;
        if magic[..MAGIC.len() - 1] != MAGIC[..MAGIC.len() - 1] {
            return Err(self.broken("is no part of a run"));
        }
        if magic != *MAGIC {
            return Err(self.broken("is a part in the form of another version"));
        }
        let first = self.block()?;
        let header: Header = match first.kind {
            BlockKind::Header => self.unpacked(&first.contents)?.0,
            _ => return Err(self.broken("has no header")),
        };
        if let Some(shard) = &header.shard
            && !(shard.number > 0 && shard.number <= MOST_NUMBER && (1..=MOST_SHARDS).contains(&shard.of))
        {
            return Err(self.broken("is a shard of a number that there cannot be"));
        }
        if header.shard.is_none() && header.unit == 0 {
            return Err(self.broken("has units of no organization"));
        }
        let mut part = Part { header, pieces: Vec::new(), rows: Vec::new() };
        let mut blocks = 1_u64;
        loop {
            let block = self.block()?;
            match block.kind {
                BlockKind::Header => return Err(self.broken("has two headers")),
                BlockKind::Rows => {
                    let (RowsHead { span, file }, head) = self.unpacked(&block.contents)?;
                    if !is_possible(&part.header, &span) {
                        return Err(self.broken("holds rows of organizations that there cannot be"));
                    }
                    part.rows.push((span, file, behind(block.held, head)));
                }
                BlockKind::Outcome => {
                    let (OutcomeHead { spans, operations, group }, head) = self.unpacked(&block.contents)?;
                    if !are_of_one_replication(&spans) {
                        return Err(self.broken("holds an outcome of nobody or of several replications"));
                    }
                    if !spans.iter().all(|span| is_possible(&part.header, span)) {
                        return Err(self.broken("holds an outcome of organizations that there cannot be"));
                    }
                    part.pieces.push(Piece { spans, operations, group, outcome: behind(block.held, head) });
                }
                BlockKind::End if block.contents == blocks.to_le_bytes() => break,
                BlockKind::End => return Err(self.broken("has fewer blocks than it had")),
            }
            blocks += 1;
        }
        Ok(part)
    }

    /// The next block, its checksum compared. Of rows only the beginning is kept in memory.
    fn block(&mut self) -> Result<Block, PartError> {
        let mut lead = [0; 9];
        self.fill(&mut lead)?;
        let kind = BlockKind::ALL.into_iter().find(|kind| kind.tag() == lead[0]);
        let kind = kind.ok_or_else(|| self.broken("was altered"))?;
        let mut length = [0; 8];
        length.copy_from_slice(&lead[1..]);
        let length = u64::from_le_bytes(length);
        let held = Held { path: self.path.clone(), offset: self.at, length };
        if kind != BlockKind::Rows && length > MOST_BYTES {
            return Err(self.broken("has a block that is too large"));
        }
        let mut crc = crc32fast::Hasher::new();
        crc.update(&lead);
        let (mut contents, mut left, mut piece) = (Vec::new(), length, vec![0; 1 << 16]);
        while left > 0 {
            let size = left.min(piece.len() as u64) as usize;
            self.fill(&mut piece[..size])?;
            crc.update(&piece[..size]);
            let kept =
                if kind == BlockKind::Rows { HEAD.saturating_sub(contents.len()).min(size) } else { size };
            contents.extend_from_slice(&piece[..kept]);
            left -= size as u64;
        }
        let mut sum = [0; 4];
        self.fill(&mut sum)?;
        if crc.finalize() != u32::from_le_bytes(sum) {
            return Err(self.broken("was altered"));
        }
        Ok(Block { kind, contents, held })
    }

    fn fill(&mut self, bytes: &mut [u8]) -> Result<(), PartError> {
        match self.file.read_exact(bytes) {
            Ok(()) => {
                self.at += bytes.len() as u64;
                Ok(())
            }
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Err(self.broken("is cut off")),
            Err(source) => Err(PartError::Unreadable { path: self.path.to_path_buf(), source }),
        }
    }

    /// A value at the beginning of some bytes, and how many bytes it takes.
    fn unpacked<T: DeserializeOwned>(&self, bytes: &[u8]) -> Result<(T, u64), PartError> {
        match postcard::take_from_bytes(bytes) {
            Ok((value, rest)) => Ok((value, (bytes.len() - rest.len()) as u64)),
            Err(_) => Err(self.broken("has a block that cannot be read")),
        }
    }

    fn broken(&self, what: &'static str) -> PartError {
        PartError::Broken { path: self.path.to_path_buf(), what }
    }
}

/// What lies behind the first `head` bytes.
fn behind(held: Held, head: u64) -> Held {
    Held { offset: held.offset + head, length: held.length - head, ..held }
}

/// False of a span beyond the organizations of a replication.
fn is_possible(header: &Header, span: &Span) -> bool {
    span.count > 0
        && span.first.checked_add(u64::from(span.count)).is_some_and(|end| end <= header.organizations)
}

fn are_of_one_replication(spans: &[Span]) -> bool {
    spans.first().is_some_and(|first| spans.iter().all(|span| span.replication == first.replication))
}

#[cfg(test)]
mod tests {
    use super::super::PartWriter;
    use super::*;
    use crate::outcome::synthetic;

    fn header() -> Header {
        Header {
            question: String::from("what?"),
            organizations: 40,
            unit: 20,
            files: vec![String::from("a.csv")],
            shard: None,
        }
    }

    fn span(first: u64) -> Span {
        Span { replication: 2, first, count: 20 }
    }

    /// Writes a part of two spans with rows; gives what it holds.
    fn written(folder: &Path) -> (PathBuf, Outcome) {
        let shape = synthetic::shape(&["block"]);
        let outcome = synthetic::replication(&shape, 3, 40);
        let mut part = PartWriter::begin(folder, "000001.part", &header()).unwrap();
        for first in [20, 0] {
            let rows = format!("row {first}\n").repeat(40_000);
            part.rows::<io::Error>(span(first), 0, rows.len() as u64, |put| put(rows.as_bytes())).unwrap();
        }
        part.outcome(0, vec![span(0), span(20)], 77, &outcome).unwrap();
        part.finish().unwrap();
        (folder.join("000001.part"), outcome)
    }

    #[test]
    fn a_part_comes_back_as_it_was_written() {
        let folder = tempfile::tempdir().unwrap();
        let (path, outcome) = written(folder.path());
        assert_eq!(parts_in(folder.path()).unwrap(), std::slice::from_ref(&path));
        let part = Part::open(&path).unwrap();
        assert_eq!(part.header, header());
        let [piece] = &part.pieces[..] else { panic!("{part:?}") };
        assert_eq!((piece.replication(), piece.organizations(), piece.operations), (2, 40, 77));
        assert_eq!(piece.outcome(synthetic::shape(&["block"])).unwrap(), outcome);
        assert!(piece.outcome(synthetic::shape(&["block", "other"])).is_err());
        let (of, file, held) = &part.rows[0];
        let mut rows = String::new();
        held.open().unwrap().read_to_string(&mut rows).unwrap();
        assert_eq!((*of, *file, rows), (span(20), 0, "row 20\n".repeat(40_000)));
    }

    #[test]
    fn a_part_that_is_cut_off_or_altered_anywhere_is_no_part() {
        let folder = tempfile::tempdir().unwrap();
        let (path, _) = written(folder.path());
        let bytes = fs::read(&path).unwrap();
        for length in [0, 5, 15, 16, 20, 100, bytes.len() / 2, bytes.len() - 1] {
            fs::write(&path, &bytes[..length]).unwrap();
            let said = Part::open(&path).expect_err("it is cut off").to_string();
            assert!(said.contains("is cut off"), "{length}: {said}");
        }
        for at in (0..bytes.len()).step_by(bytes.len() / 61) {
            let mut altered = bytes.clone();
            altered[at] ^= 0x10;
            fs::write(&path, &altered).unwrap();
            assert!(Part::open(&path).is_err(), "byte {at} was altered");
        }
    }

    #[test]
    fn a_part_that_was_not_finished_leaves_nothing() {
        let folder = tempfile::tempdir().unwrap();
        let part = PartWriter::begin(folder.path(), "000001.part", &header()).unwrap();
        assert_eq!(parts_in(folder.path()).unwrap(), Vec::<PathBuf>::new());
        drop(part);
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0);
    }
}
