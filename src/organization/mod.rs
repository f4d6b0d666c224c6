//! One organization under one policy, as a pure state machine.
//!
//! Owns the order of events at one instant (docs/semantics.md §10), attempts, queues, reactions, runs in flight, and the
//! counting of all that into `outcome`. Leaves decisions to `policy`, balances to `ledger`, demand to `workload`, and
//! every actor to `actors`. Invariants: no clock but the operation's, no randomness but keyed streams.

mod account;
mod agenda;
mod event;
mod flights;
mod inbox;
mod judging;
mod merge;
mod outages;
mod rule;
mod sums;
mod trace;
mod world;

pub use crate::outcome::OrganizationOutcome;
#[cfg(test)]
pub(crate) use account::SPOILS;
pub use account::{Account, Balances, Scrutiny, WaysTaken};
pub use event::*;
pub use inbox::*;
pub use judging::{JudgedAccounts, judged_features};
pub use merge::*;
pub use outages::*;
pub use rule::*;
pub use sums::*;
pub use trace::*;
pub use world::*;
