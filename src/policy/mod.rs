//! Commercial and enforcement rules: what a policy says.
//!
//! Owns the terms (allowance, admission, charging, overdraft, top-ups, alerts), complete and typed. Leaves booking to
//! `ledger`, applying them and the order of events to `organization`. Invariants: names are resolved, defaults filled in.

mod changes;
mod commerce;
mod coverage;
mod customers;
mod enforcement;
mod grants;
mod limits;
mod overdraft;
mod own;
mod rates;
mod rollover;
mod scope;
mod terms;
mod view;

pub use changes::*;
pub use commerce::*;
pub use coverage::*;
pub use customers::*;
pub use enforcement::*;
pub use grants::*;
pub use limits::*;
pub use overdraft::*;
pub use own::*;
pub use rates::*;
pub use rollover::*;
pub use scope::*;
pub use terms::*;
pub use view::*;
