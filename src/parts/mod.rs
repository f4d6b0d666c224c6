//! Finished pieces of a run on disk: what `--resume` takes up and `merge` puts together.
//!
//! Owns the form of a part: a header that says what it belongs to, rows and merged outcomes of ranges of organizations, a
//! checksum behind every block, and a last block without which it is not complete. Leaves who writes parts to `actors`, who
//! looks for them to `engine`, and what a question is to whoever asks it.
//! Invariants: a part is written aside and renamed when it is complete, and never changed after that; nothing in it depends
//! on threads; a part that is cut off or altered is told apart from a whole one.

mod catalogue;
mod format;
mod read;
mod write;

pub use catalogue::{Catalogue, PartFault};
pub use format::{Header, ShardHead, Span};
pub use read::{Held, Part, PartError, Piece, parts_in};
pub use write::PartWriter;

/// How the name of a complete part ends.
pub const ENDING: &str = ".part";
