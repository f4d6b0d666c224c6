//! Writes what a slice comes to into a part, in the order of rows: the same bytes on any layout.

use std::io;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::actors::{Enough, RowParts, Sink, SpillError};
use crate::outcome::Outcome;
use crate::parts::{PartWriter, Span};

use super::cut::Slice;

/// A sink that can be asked, once its runs are over, for the part.
#[derive(Debug, Clone)]
pub struct ShardWriter(Arc<Mutex<ShardState>>);

#[derive(Debug)]
struct ShardState {
    part: Option<PartWriter>,
    /// What the disk did not take.
    broken: Option<io::Error>,
    group: u32,
    /// The replications that the slice touches and that are still to come.
    left: std::collections::VecDeque<Span>,
    demanded: u64,
}

impl ShardWriter {
    /// Fills a part.
    #[must_use]
    pub fn new(part: PartWriter) -> Self {
        let left = std::collections::VecDeque::new();
        let state = ShardState { part: Some(part), broken: None, group: 0, left, demanded: 0 };
        ShardWriter(Arc::new(Mutex::new(state)))
    }

    fn state(&self) -> MutexGuard<'_, ShardState> {
        // A panic of the collector has ended the run with an error already.
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// The sink for the next slice, of replications of so many organizations.
    #[must_use]
    pub fn sink(&self, slice: &Slice, organizations: u64) -> Box<dyn Sink> {
        let mut state = self.state();
        state.group = slice.group;
        state.left = slice.spans(organizations).collect();
        Box::new(self.clone())
    }

    /// The part, if all that was to come has come; once.
    ///
    /// # Errors
    /// What the disk did not take.
    pub fn finish(self) -> io::Result<Option<PartWriter>> {
        let mut state = self.state();
        match state.broken.take() {
            Some(broken) => Err(broken),
            None if state.left.is_empty() => Ok(state.part.take()),
            None => Ok(None),
        }
    }
}

impl ShardState {
    fn rows(&mut self, of: Span, rows: &RowParts) -> Result<(), SpillError> {
        let Some(part) = &mut self.part else { return Ok(()) };
        for (file, length) in rows.lengths().enumerate() {
            let length = length?;
            if length > 0 {
                part.rows(of, file as u32, length, |put| rows.copy(file, put))?;
            }
        }
        Ok(())
    }
}

impl Sink for ShardWriter {
    fn complete(&mut self, _: u32, outcome: Outcome) -> Enough {
        let mut state = self.state();
        let (group, demanded) = (state.group, state.demanded);
        let (Some(span), Some(part)) = (state.left.pop_front(), &mut state.part) else { return Enough::Yes };
        match part.outcome(group, vec![span], demanded, &outcome) {
            Ok(()) => Enough::No,
            Err(error) => {
                state.broken = Some(error);
                Enough::Yes
            }
        }
    }

    fn demanded(&mut self, operations: u64) {
        self.state().demanded = operations;
    }

    fn partial(&mut self, _: u32, _: Outcome) {}

    fn unit(&mut self, of: Span, rows: RowParts) -> Result<(), SpillError> {
        self.state().rows(of, &rows)?;
        rows.discard()
    }

    fn rows(&mut self, _: usize, _: &[u8]) -> Result<(), SpillError> {
        Ok(())
    }
}
