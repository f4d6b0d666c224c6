//! The form of a part: a line that names it, then blocks.
//!
//! A block is its kind (1 byte), the length of its contents (8 bytes, little-endian), the contents, and the CRC-32 of all
//! that (4 bytes, little-endian). Numbers that are not rows are in the encoding of `postcard`.

use serde::{Deserialize, Serialize};

/// The first bytes of every part; the last one is the version of the form.
pub(super) const MAGIC: &[u8; 16] = b"creditsim part\x00\x03";

/// What a block holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum BlockKind {
    /// A [`Header`]; the first block.
    Header,
    /// A [`RowsHead`] and rows of one file.
    Rows,
    /// An [`OutcomeHead`] and the bytes of an outcome.
    Outcome,
    /// The number of blocks before it; the last block.
    End,
}

impl BlockKind {
    pub const ALL: [BlockKind; 4] = [BlockKind::Header, BlockKind::Rows, BlockKind::Outcome, BlockKind::End];

    pub const fn tag(self) -> u8 {
        match self {
            BlockKind::Header => b'H',
            BlockKind::Rows => b'R',
            BlockKind::Outcome => b'O',
            BlockKind::End => b'E',
        }
    }
}

/// What a part belongs to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Header {
    /// What the run is to answer, in the words of whoever asks; parts of other questions are of no use to it.
    pub question: String,
    /// Organizations of a whole replication.
    pub organizations: u64,
    /// Organizations in a unit: spans begin at its multiples.
    pub unit: u32,
    /// Names of the files that have rows, in the order of the numbers that blocks give them.
    pub files: Vec<String>,
    /// Which shard of a command it is; absent in the parts that `--resume` takes up.
    pub shard: Option<ShardHead>,
}

/// What a shard is a part of, complete enough to put all of them together without anything else but usage histories.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShardHead {
    /// From 1; beyond `of` where replications are added in batches of so many shards.
    pub number: u32,
    /// How many there are, of a batch if there are batches.
    pub of: u32,
    /// The command in canonical form, word by word, without the program's name.
    pub command: Vec<String>,
    /// The scenario file's text, without what was set over it.
    pub scenario_text: String,
}

/// Consecutive organizations of one replication.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct Span {
    /// From 0.
    pub replication: u32,
    /// The first, counted over all cohorts in file order.
    pub first: u64,
    /// How many.
    pub count: u32,
}

/// What stands before the rows of a block.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct RowsHead {
    pub span: Span,
    /// Which file, by its place in [`Header::files`].
    pub file: u32,
}

/// What stands before an outcome.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct OutcomeHead {
    /// Of one replication, ascending.
    pub spans: Vec<Span>,
    /// Operations that these organizations demanded.
    pub operations: u64,
    /// Which of the command's groups of settings; 0 where there is one.
    pub group: u32,
}
