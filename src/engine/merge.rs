//! Puts shards together: rows and outcomes go to a sink as if a run had just brought them forth.
//!
//! Owns what a shard must hold to be the one that is wanted. Leaves finding parts to `parts`. Invariants: shards come in the
//! order of their numbers; one replication's outcome at a time is in memory; nothing is handed on of a part that holds
//! other organizations than its number says.

use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::actors::{Enough, Sink, SpillError, caught};
use crate::outcome::{Outcome, RunShape};
use crate::parts::{Part, PartError, Piece, Span};

use super::cut::{Cut, Slice};

/// Why shards cannot be put together.
#[derive(Debug, thiserror::Error)]
pub enum MergeError {
    /// A part that was whole before is not any more, or holds what its number does not say.
    #[error("{0}")]
    Part(#[from] PartError),
    /// A file of results does not take rows, or one of parts does not give them.
    #[error("`{}`: {source}", .path.display())]
    Io {
        /// Which.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
}

impl From<SpillError> for MergeError {
    fn from(SpillError { path, source }: SpillError) -> Self {
        MergeError::Io { path, source }
    }
}

/// Puts shards together, one after the other.
pub struct Merger<'a> {
    cut: &'a Cut,
    /// Of each group of settings: organizations of a replication, and the names behind the numbers of outcomes.
    groups: &'a [(u64, Arc<RunShape>)],
    sinks: &'a mut [Box<dyn Sink>],
    /// What has come of a replication that is not whole yet.
    open: Option<OpenReplication>,
    /// Organizations and operations so far, of each group.
    pub merged: Vec<(u64, u64)>,
}

struct OpenReplication {
    group: u32,
    replication: u32,
    organizations: u64,
    operations: u64,
    outcome: Outcome,
}

impl<'a> Merger<'a> {
    /// Fills a sink for each group of settings.
    #[must_use]
    pub fn new(cut: &'a Cut, groups: &'a [(u64, Arc<RunShape>)], sinks: &'a mut [Box<dyn Sink>]) -> Self {
        Merger { cut, groups, sinks, open: None, merged: vec![(0, 0); groups.len()] }
    }

    /// Takes the shard of a number, which is the one after the last that was taken. Says whether a sink has enough.
    ///
    /// # Errors
    /// The file is no longer what it was, or holds other organizations; a file of rows does not take them.
    pub fn take(&mut self, number: u32, path: &Path) -> Result<Enough, MergeError> {
        let part = Part::open(path)?;
        let slices = self.cut.slices(number);
        self.check(&slices, &part, path)?;
        let mut rows = part.rows.iter().peekable();
        for piece in &part.pieces {
            let replication = piece.replication();
            while let Some((_, file, held)) = rows.next_if(|(span, ..)| span.replication == replication) {
                let sink = &mut self.sinks[piece.group as usize];
                let broken = |source| MergeError::Io { path: path.to_owned(), source };
                let mut rows = held.open().map_err(broken)?;
                let mut buffer = vec![0; 1 << 16];
                loop {
                    match rows.read(&mut buffer).map_err(broken)? {
                        0 => break,
                        read => sink.rows(*file as usize, &buffer[..read])?,
                    }
                }
            }
            if self.add(piece)? == Enough::Yes {
                return Ok(Enough::Yes);
            }
        }
        Ok(Enough::No)
    }

    /// Compares what a part holds with what a shard of its number does.
    fn check(&self, slices: &[Slice], part: &Part, path: &Path) -> Result<(), PartError> {
        let broken = |what| PartError::Broken { path: path.to_owned(), what };
        let expected = slices.iter().flat_map(|slice| {
            slice.spans(self.groups[slice.group as usize].0).map(move |span| (slice.group, span))
        });
        let expected: Vec<(u32, Span)> = expected.collect();
        let found: Option<Vec<(u32, Span)>> =
            part.pieces.iter().map(|piece| piece.only_span().map(|span| (piece.group, span))).collect();
        if found.as_ref() != Some(&expected) {
            return Err(broken("holds other organizations than its number says"));
        }
        let within = |of: &Span| {
            expected.iter().any(|(_, span)| {
                let end = span.first + u64::from(span.count);
                of.replication == span.replication
                    && (span.first..end).contains(&of.first)
                    && of.first + u64::from(of.count) <= end
            })
        };
        let in_order = part.rows.windows(2).all(|pair| (pair[0].0, pair[0].1) < (pair[1].0, pair[1].1));
        if in_order && part.rows.iter().all(|(span, ..)| within(span)) {
            Ok(())
        } else {
            Err(broken("holds rows that are not its own"))
        }
    }

    fn add(&mut self, piece: &Piece) -> Result<Enough, PartError> {
        let (group, replication) = (piece.group, piece.replication());
        let (whole, shape) = &self.groups[group as usize];
        let outcome = piece.outcome(shape.clone())?;
        let merged = &mut self.merged[group as usize];
        *merged = (merged.0 + piece.organizations(), merged.1.saturating_add(piece.operations));
        let mut open = match self.open.take() {
            Some(mut open) if (open.group, open.replication) == (group, replication) => {
                let path = piece.path().to_owned();
                // Sums of a part that nobody has simulated may be larger than there is room for.
                caught(|| open.outcome.merge(&outcome))
                    .map_err(|_| PartError::Broken { path, what: "holds numbers that no run comes to" })?;
                open
            }
            _ => OpenReplication { group, replication, organizations: 0, operations: 0, outcome },
        };
        open.organizations += piece.organizations();
        open.operations = open.operations.saturating_add(piece.operations);
        if open.organizations < *whole {
            self.open = Some(open);
            return Ok(Enough::No);
        }
        let sink = &mut self.sinks[group as usize];
        sink.demanded(open.operations);
        Ok(sink.complete(replication, open.outcome))
    }
}
