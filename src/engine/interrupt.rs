//! The wish to end early, and whose it is.

use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering::SeqCst};

/// Why work is to end before its end.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Cause {
    /// A signal of the system: Ctrl-C, a shutdown, a closed terminal.
    Signal,
    /// The time that the user allowed is over.
    TimeLimit,
    /// The memory that the user allowed is used.
    MemoryLimit,
    /// The operations that the user allowed are done.
    OperationsLimit,
}

impl Cause {
    const ALL: [Cause; 4] = [Cause::Signal, Cause::TimeLimit, Cause::MemoryLimit, Cause::OperationsLimit];

    /// As the manifest says it.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Cause::Signal => "signal",
            Cause::TimeLimit => "time-limit",
            Cause::MemoryLimit => "max-memory",
            Cause::OperationsLimit => "max-operations",
        }
    }
}

/// A wish that anybody may utter and anybody may look at; the first one stays.
#[derive(Debug, Clone, Default)]
pub struct Interrupt(Arc<AtomicU8>);

impl Interrupt {
    /// Asks for an end; true if nobody had asked before.
    pub fn ask(&self, cause: Cause) -> bool {
        self.0.compare_exchange(0, cause as u8 + 1, SeqCst, SeqCst).is_ok()
    }

    /// Why to end; `None` as long as nobody asks.
    #[must_use]
    pub fn cause(&self) -> Option<Cause> {
        let asked = self.0.load(SeqCst).checked_sub(1)?;
        Cause::ALL.get(usize::from(asked)).copied()
    }

    /// True once somebody has asked.
    #[must_use]
    pub fn is_asked(&self) -> bool {
        self.cause().is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_cause_stays() {
        for first in Cause::ALL {
            let interrupt = Interrupt::default();
            assert_eq!(interrupt.cause(), None);
            assert!(interrupt.ask(first));
            assert!(!interrupt.clone().ask(Cause::Signal));
            assert_eq!(interrupt.cause(), Some(first));
        }
    }
}
