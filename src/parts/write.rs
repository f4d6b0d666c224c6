//! Writing a part.

use std::fs::{self, File};
use std::io::{self, BufWriter, Write};
use std::path::{Path, PathBuf};

use serde::Serialize;

use crate::outcome::Outcome;

use super::format::{BlockKind, Header, MAGIC, OutcomeHead, RowsHead, Span};

/// A part that is not complete yet. Dropped before [`PartWriter::finish`], it leaves nothing.
#[derive(Debug)]
pub struct PartWriter {
    out: BufWriter<File>,
    crc: crc32fast::Hasher,
    blocks: u64,
    outcomes: u64,
    aside: PathBuf,
    target: PathBuf,
    finished: bool,
}

impl PartWriter {
    /// Begins a part that will be `folder/name`.
    ///
    /// # Errors
    /// The file cannot be made or written.
    pub fn begin(folder: &Path, name: &str, header: &Header) -> io::Result<Self> {
        fs::create_dir_all(folder)?;
        let aside = folder.join(format!(".{name}.writing"));
        let out = BufWriter::with_capacity(1 << 16, File::create(&aside)?);
        let (target, crc) = (folder.join(name), crc32fast::Hasher::new());
        let mut part = PartWriter { out, crc, blocks: 0, outcomes: 0, aside, target, finished: false };
        part.out.write_all(MAGIC)?;
        let header = packed(header)?;
        part.block(BlockKind::Header, &[&header])?;
        Ok(part)
    }

    /// Adds rows of a span for one file: `length` bytes that `pour` hands over piece by piece. They count once an outcome
    /// covers the span.
    ///
    /// # Errors
    /// What `pour` says, or the file cannot be written.
    pub fn rows<E: From<io::Error>>(
        &mut self,
        span: Span,
        file: u32,
        length: u64,
        pour: impl FnOnce(&mut dyn FnMut(&[u8]) -> Result<(), E>) -> Result<(), E>,
    ) -> Result<(), E> {
        let head = packed(&RowsHead { span, file })?;
        self.begin_block(BlockKind::Rows, head.len() as u64 + length)?;
        self.put(&head)?;
        pour(&mut |rows| self.put(rows).map_err(E::from))?;
        Ok(self.end_block()?)
    }

    /// Adds what the organizations of some spans of one replication did together. `group` is 0 where all settings are one.
    ///
    /// # Errors
    /// The file cannot be written.
    pub fn outcome(
        &mut self,
        group: u32,
        spans: Vec<Span>,
        operations: u64,
        outcome: &Outcome,
    ) -> io::Result<()> {
        let head = packed(&OutcomeHead { spans, operations, group })?;
        let bytes = outcome.pack().map_err(io::Error::other)?;
        self.outcomes += 1;
        self.block(BlockKind::Outcome, &[&head, &bytes])
    }

    /// True if nothing in it would be of use.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.outcomes == 0
    }

    /// Completes the part and gives it its name; the file, for whoever wants the disk to hold it.
    ///
    /// # Errors
    /// The file cannot be written or renamed.
    pub fn finish(mut self) -> io::Result<File> {
        let blocks = self.blocks.to_le_bytes();
        self.block(BlockKind::End, &[&blocks])?;
        self.out.flush()?;
        fs::rename(&self.aside, &self.target)?;
        self.finished = true;
        self.out.get_ref().try_clone()
    }

    fn block(&mut self, kind: BlockKind, contents: &[&[u8]]) -> io::Result<()> {
        self.begin_block(kind, contents.iter().map(|piece| piece.len() as u64).sum())?;
        contents.iter().try_for_each(|piece| self.put(piece))?;
        self.end_block()
    }

    fn begin_block(&mut self, kind: BlockKind, length: u64) -> io::Result<()> {
        self.crc.reset();
        self.put(&[kind.tag()])?;
        self.put(&length.to_le_bytes())
    }

    fn put(&mut self, bytes: &[u8]) -> io::Result<()> {
        self.crc.update(bytes);
        self.out.write_all(bytes)
    }

    fn end_block(&mut self) -> io::Result<()> {
        self.blocks += 1;
        let sum = self.crc.clone().finalize();
        self.out.write_all(&sum.to_le_bytes())
    }
}

impl Drop for PartWriter {
    fn drop(&mut self) {
        if !self.finished {
            // What cannot be removed has no name of a part, and goes with its folder.
            let _ = fs::remove_file(&self.aside);
        }
    }
}

fn packed(value: &impl Serialize) -> io::Result<Vec<u8>> {
    postcard::to_stdvec(value).map_err(io::Error::other)
}
