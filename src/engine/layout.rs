//! How a run is laid out on threads. Nothing here reaches a result.

use std::time::Duration;

use crate::actors::InjectedFault;

/// How a run is laid out on threads.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Layout {
    /// Arbiters; at least one.
    pub threads: usize,
    /// Most operations in a batch.
    pub batch: usize,
    /// Most organizations alive at once per arbiter.
    pub wave: usize,
    /// Consecutive organizations in a unit of work; chosen by [`Layout::chunk_for`] if absent.
    pub chunk: Option<u32>,
    /// Starts organizations in an order that depends on this number, to test that the order does not matter.
    pub shuffle: Option<u64>,
    /// Each arbiter stays on a core of its own.
    pub pin: bool,
    /// The core of the first arbiter; the others follow it.
    pub first_core: usize,
    /// Time between two parts of a run that keeps what is finished.
    pub part_every: Duration,
    /// A run in which nothing moves for this long ends with an error.
    pub stall_after: Duration,
    /// A fault put in on purpose, for tests.
    pub injection: Option<InjectedFault>,
}

impl Default for Layout {
    fn default() -> Self {
        Layout {
            threads: std::thread::available_parallelism().map_or(1, usize::from),
            batch: 1024,
            wave: 4,
            chunk: None,
            shuffle: None,
            pin: true,
            first_core: 0,
            part_every: Duration::from_secs(1),
            stall_after: Duration::from_secs(120),
            injection: None,
        }
    }
}

impl Layout {
    /// Organizations in a unit: small enough that the last ones are shared out evenly, large enough that handing
    /// units out costs nothing. It does not depend on threads, so that a run can be taken up on another machine.
    #[must_use]
    pub fn chunk_for(&self, organizations: u64) -> u32 {
        self.chunk.unwrap_or((organizations / 64).clamp(1, 256) as u32)
    }
}
