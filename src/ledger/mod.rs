//! Balances of one account: grants (lots), holds and debt. Pure.
//!
//! Owns the arithmetic of burning, reserving, settling, expiring (and taking that back), voiding, rolling over and repaying, and the burn
//! order. Leaves time, reasons and counting to `organization`: the ledger does not know why it is asked.
//! Invariants: no lot is negative; reserved ≤ remaining; Σ remaining, Σ held are kept beside the lots and agree with them.

mod book;
mod ceilings;
mod hold;
mod index;
mod late;
mod lot;
mod order;
mod refund;
mod rollover;
mod scopes;
mod sound;

pub use book::{Ledger, Take};
pub use ceilings::{ChargeBounds, HeldParts};
pub use hold::{Hold, HoldId, Settlement};
pub use late::LotMark;
pub use lot::{BurnEnd, Lot, LotKind, LotSerial, ScopeId};
pub use order::burn_order;
pub use rollover::RollRule;
pub use scopes::UsableCredits;
