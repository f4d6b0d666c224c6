//! Which finished parts of an earlier run are taken up, and how the rest is laid out.

use std::ops::Range;
use std::path::{Path, PathBuf};

use crate::actors::{Kept, Plan};
use crate::parts::{Header, Part, PartError, parts_in};

use super::Layout;

/// Where a run keeps what it has finished, and what lies there.
#[derive(Debug)]
pub struct Keep {
    folder: PathBuf,
    question: String,
    files: Vec<String>,
    parts: Vec<Part>,
    next: u64,
}

/// What an earlier run has finished.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct TakenUp {
    /// Organizations, over all replications.
    pub organizations: u64,
    /// Operations that they demanded.
    pub operations: u64,
}

/// Why a part is left alone.
#[derive(Debug)]
pub enum LeftAlone {
    /// It is none, or not whole.
    Broken(PartError),
    /// It belongs to another question, which it names.
    Foreign {
        /// The file.
        path: PathBuf,
        /// What it answers.
        question: String,
    },
}

/// A plan for what is left.
#[derive(Debug)]
pub(super) struct RemainderPlan {
    pub plan: Plan,
    pub kept: Kept,
    pub taken_up: TakenUp,
}

impl Keep {
    /// Keeps parts in a folder. `question` says what the run is to answer, everything that rows and outcomes depend on;
    /// `files` are the names of those that have rows.
    #[must_use]
    pub fn new(folder: &Path, question: &str, files: Vec<String>) -> Self {
        Keep { folder: folder.to_owned(), question: question.to_owned(), files, parts: Vec::new(), next: 1 }
    }

    /// Takes up the parts that lie in the folder; says which it leaves alone.
    ///
    /// # Errors
    /// The folder cannot be read.
    pub fn take_up(&mut self) -> std::io::Result<Vec<LeftAlone>> {
        let mut left = Vec::new();
        for path in parts_in(&self.folder)? {
            let number = path.file_stem().and_then(|name| name.to_str()?.split('-').next()?.parse().ok());
            self.next = self.next.max(number.map_or(0, |number: u64| number + 1));
            match Part::open(&path) {
                Err(error) => left.push(LeftAlone::Broken(error)),
                Ok(part) if part.header.question != self.question || part.header.files != self.files => {
                    left.push(LeftAlone::Foreign { path, question: part.header.question });
                }
                Ok(part) => self.parts.push(part),
            }
        }
        Ok(left)
    }

    /// True if there is nothing to go on from.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.parts.iter().all(|part| part.pieces.is_empty())
    }

    /// How many parts are taken up.
    #[must_use]
    pub fn parts(&self) -> usize {
        self.parts.len()
    }

    /// Organizations in them, over all replications.
    #[must_use]
    pub fn organizations(&self) -> u64 {
        self.parts.iter().flat_map(|part| &part.pieces).map(crate::parts::Piece::organizations).sum()
    }

    /// Lays out what is left. Units are those of the parts, whatever the layout would choose.
    pub(super) fn choose(self, sizes: &[u32], replications: Range<u32>, layout: &Layout) -> RemainderPlan {
        let organizations: u64 = sizes.iter().map(|&size| u64::from(size)).sum();
        let unit = self.parts.first().map(|part| part.header.unit);
        let mut plan = Plan::new(
            sizes,
            replications,
            unit.unwrap_or_else(|| layout.chunk_for(organizations)),
            layout.shuffle,
        );
        let header = Header {
            question: self.question,
            organizations,
            unit: plan.chunk(),
            files: self.files,
            shard: None,
        };
        let mut taken_up = TakenUp::default();
        let mut parts = self.parts;
        for part in &mut parts {
            let fits = part.header == header;
            // What two runs have both finished is taken from one of them.
            part.pieces.retain(|piece| fits && plan.leave_out(&piece.spans));
            for piece in &part.pieces {
                taken_up.organizations += piece.organizations();
                taken_up.operations += piece.operations;
            }
        }
        parts.retain(|part| !part.pieces.is_empty());
        // In about the order of replications, so that few wait for others in memory.
        parts.sort_by_key(|part| part.pieces[0].spans[0]);
        RemainderPlan { plan, kept: Kept { folder: self.folder, header, parts, next: self.next }, taken_up }
    }
}
